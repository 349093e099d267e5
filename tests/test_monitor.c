// SPDX-License-Identifier: Apache-2.0
// test_monitor.c - hg_monitor: steps of a signal judged as they come, however they are cut into calls; what is refused.
#include "hourglass.h"

#include "faults.h"
#include "fit/pca.h"
#include "monitor/signal_alarms.h"
#include "own_folder.h"
#include "signal_case.h"

static drawn learned, seen;
static fitted it; // of learned
static hg_step_verdict want[MOST_STEPS], got[MOST_STEPS];

static bool equal(double a, double b) {
    return !(a < b) && !(a > b) && isnan(a) == isnan(b);
}

static void expect_same(const hg_step_verdict *a, const hg_step_verdict *b, int64_t count) {
    for (int64_t t = 0; t < count; t++) {
        const bool is_same = equal(a[t].score, b[t].score) && equal(a[t].p_value, b[t].p_value) &&
                             equal(a[t].observed, b[t].observed) && a[t].event == b[t].event &&
                             a[t].channel == b[t].channel && strcmp(a[t].reason, b[t].reason) == 0;
        if (!is_same) fail_msg("step %lld", (long long)t);
    }
}

static int64_t judge(hg_step_verdict *v, int64_t at_a_time, int32_t threads) {
    hg_error err = {0};
    int64_t alarms = 0;
    hg_monitor *w = hg_monitor_new(it.model, 0, threads, &err);
    if (!w) fail_msg("%s", err.message);
    assert_int_equal(hg_monitor_channels(w), seen.channels);
    for (int64_t t = 0; t < seen.steps; t += at_a_time) {
        const int64_t left = seen.steps - t, count = left < at_a_time ? left : at_a_time;
        v[t].size = sizeof v[t];
        assert_int_equal(hg_monitor_push(w, seen.value + t * seen.channels, count, v + t, &err), 0);
    }
    for (int64_t t = 0; t < seen.steps; t++) {
        alarms += v[t].alarm;
        assert_int_equal(v[t].alarm, v[t].event > 0);
        assert_int_equal(v[t].alarm, v[t].channel >= 0);
        if (v[t].alarm) assert_string_equal(v[t].reason, hg_monitor_channel_at(w, v[t].channel));
    }
    // Reasons live as long as the monitor.
    for (int64_t t = 0; t < seen.steps; t++) v[t].reason = v[t].alarm ? "named" : "";
    hg_monitor_free(w);
    return alarms;
}

// As watch has it: the scorer, live, and its alarms.
static void judge_inside(hg_step_verdict *v) {
    hg_error err = {0};
    hg__signal_alarms alarms;
    hg__pool *pool = hg__pool_new(1, &err);
    hg__signal_scorer *s = hg__signal_scorer_new(it.model, pool, "m", &err);
    assert_non_null(s);
    hg__signal_scorer_go_live(s);
    assert_int_equal(hg__signal_alarms_init(&alarms, it.model, "m", &err), HG_OK);
    const hg__steps steps = {
        .count = (int32_t)seen.steps, .value = seen.value, .row = seen.row, .begins = seen.begins};
    int64_t at = 0;
    for (int32_t taken = 0; taken < steps.count;) {
        const hg__scored_step *step;
        taken += hg__signal_scorer_take(s, &steps, taken);
        const int32_t n = hg__signal_scorer_next(s, &step);
        for (int32_t i = 0; i < n; i++, at++) {
            const hg__alarm a = hg__signal_alarms_take(&alarms, &step[i]);
            assert_true(equal(a.p, v[at].p_value));
            assert_int_equal(a.is_alarm, v[at].alarm);
            assert_int_equal(a.event, v[at].event);
            assert_true(equal((double)a.score, v[at].score));
        }
    }
    assert_int_equal(at, seen.steps);
    hg__signal_alarms_clear(&alarms);
    hg__signal_scorer_free(s);
    hg__pool_free(pool);
}

static int open_all(void **state) {
    draw(&learned, 2000, 3);
    fit_drawn(&it, &learned, 16, HG_SIGNAL_PLANT);
    draw(&seen, 1500, 3);
    memset(seen.begins, 0, sizeof seen.begins);
    seen.begins[0] = 1;
    for (int64_t t = 900; t < 940; t++) seen.value[t * 3 + 1] += 3;
    for (int64_t t = 400; t < 420; t++) seen.value[t * 3] = NAN;
    return make_folder(state);
}

static int close_all(void **state) {
    clear_fitted(&it);
    return remove_folder(state);
}

static void a_fault_is_an_event_and_named(void **state) {
    (void)state;
    hg_error err = {0};
    int64_t in_fault = 0;
    hg_monitor *w = hg_monitor_new(it.model, 0, 1, &err);
    want[0].size = sizeof *want;
    assert_int_equal(hg_monitor_push(w, seen.value, seen.steps, want, &err), HG_OK);
    for (int64_t t = 900; t < 940; t++) {
        in_fault += want[t].alarm;
        if (!want[t].alarm) continue;
        assert_true(want[t].reason_share > 0 && want[t].reason_share <= 1);
        assert_int_equal(want[t].size, sizeof *want);
    }
    assert_true(in_fault > 10);
    assert_int_equal(want[930].channel, 1);
    assert_null(hg_monitor_channel_at(w, 3));
    assert_null(hg_monitor_channel_at(w, -1));
    hg_monitor_free(w);
}

static void it_is_the_same_however_steps_are_cut(void **state) {
    (void)state;
    const int64_t cuts[] = {1, 7, 256, 257, 1500};
    (void)judge(want, 1500, 1);
    judge_inside(want);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        assert_true(judge(got, cuts[i], 1 + (int32_t)i % 2) > 0);
        expect_same(want, got, seen.steps);
    }
}

static void what_begins_anew_has_no_past(void **state) {
    (void)state;
    hg_error err = {0};
    hg_monitor *w = hg_monitor_new(it.model, 0, 1, &err);
    want[0].size = got[0].size = sizeof *want;
    assert_int_equal(hg_monitor_push(w, seen.value, 800, want, &err), HG_OK);
    hg_monitor_restart(w);
    assert_int_equal(hg_monitor_push(w, seen.value, 800, got, &err), HG_OK);
    for (int64_t t = 0; t < 800; t++) {
        assert_true(equal(want[t].score, got[t].score));
    }
    hg_monitor_free(w);
}

static void infinity_is_missing(void **state) {
    (void)state;
    hg_error err = {0};
    float step[3] = {INFINITY, -INFINITY, NAN};
    hg_step_verdict v = {.size = sizeof v};
    hg_monitor *w = hg_monitor_new(it.model, 0, 1, &err);
    for (int i = 0; i < 100; i++) assert_int_equal(hg_monitor_push(w, step, 1, &v, &err), HG_OK);
    assert_true(isnan(v.score) && isnan(v.p_value) && !v.alarm);
    assert_int_equal(hg_monitor_push(w, step, 0, NULL, &err), HG_OK);
    hg_monitor_free(w);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    const int64_t shape[] = {4};
    hg_model *plain = hg_model_new("dense 2 | dense input", shape, 1, 0, 1, &err);
    hg_step_verdict v = {0};
    assert_null(hg_monitor_new(plain, 0, 1, &err));
    assert_string_equal(err.message,
                        "monitor: expected a model of a signal (train with window=), got another");
    assert_null(hg_monitor_new(it.model, 1, 1, &err));
    assert_string_equal(err.message, "monitor: expected fpr from 0 to below 1, got 1");
    assert_null(hg_monitor_new(it.model, 0, -1, &err));
    assert_null(hg_monitor_new(it.model, 0, -1, NULL));
    assert_null(hg_detector_new(it.model, NULL, 0, 0, 1, &err));
    assert_string_equal(err.message, "detector: expected a model of rows, got one of a signal: "
                                     "hg_monitor_new() judges its steps");
    assert_int_equal(err.code, HG_ERR_MODEL);
    hg_monitor *w = hg_monitor_new(it.model, 0.1, 1, &err);
    assert_int_equal(hg_monitor_push(w, seen.value, 1, &v, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "hg_step_verdict: expected size to be "
                                     "sizeof(hg_step_verdict), got 0");
    hg_monitor_free(w);
    hg_monitor_free(NULL);
    hg_model_free(plain);
}

// As a child, in which one allocation fails: of a model that was kept.
static int open_model(void) {
    hg_error err = {0};
    hg_model *m = hg_model_load(getenv("HG_TEST_MODEL"), &err);
    hg_monitor *w = m ? hg_monitor_new(m, 0.1, 1, &err) : NULL;
    hg_step_verdict v = {.size = sizeof v};
    const float step[3] = {0};
    const int code = w ? hg_monitor_push(w, step, 1, &v, &err) : HG_ERR_MEMORY;
    hg_monitor_free(w);
    hg_model_free(m);
    return code == HG_OK ? CHILD_WORKED : err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg_model_save(it.model, at("m.safetensors"), &err), HG_OK);
    assert_int_equal(setenv("HG_TEST_MODEL", at("m.safetensors"), 1), 0);
    assert_true(count_faults("new", "HG_FAIL_ALLOC", "") > 10);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 2) return open_model();
    if (!hg__eigen_is_available()) {
        puts("skipped: no LAPACK, which detectors of windows are fitted with");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_an_event_and_named),
        cmocka_unit_test(it_is_the_same_however_steps_are_cut),
        cmocka_unit_test(what_begins_anew_has_no_past),
        cmocka_unit_test(infinity_is_missing),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
