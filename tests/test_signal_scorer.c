// SPDX-License-Identifier: Apache-2.0
// test_signal_scorer.c - a step's score is the same however steps are cut into calls, and each that goes in comes out once.
#include "detect/thresholds.h"
#include "faults.h"
#include "fit/pca.h"
#include "monitor/signal_scorer.h"
#include "monitor/window_detector.h"
#include "own_folder.h"
#include "signal_case.h"

static drawn learned, seen;
static fitted it; // of learned

typedef struct scored {
    int64_t count;
    hg__scored_step step[MOST_STEPS];
    hg__signal_reason reason[MOST_STEPS][2];
    int32_t reasons[MOST_STEPS];
} scored;
static scored one, other;

typedef struct way {
    int32_t at_a_time, threads;
    bool is_live, is_lazy; // is_lazy: scores are asked for only where there is no room left
} way;

// What is final by now.
static void collect(hg__signal_scorer *s, scored *to) {
    const hg__scored_step *step;
    for (int32_t n; (n = hg__signal_scorer_next(s, &step)) > 0;) {
        assert_in_range(n, 1, hg__signal_scorer_room(s));
        for (int32_t i = 0; i < n; i++) {
            assert_true(to->count < MOST_STEPS);
            to->reasons[to->count] = hg__signal_scorer_explain(s, i, 2, to->reason[to->count]);
            to->step[to->count++] = step[i];
        }
    }
}

static void score(const drawn *d, const way *w, scored *to) {
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(w->threads, &err);
    hg__signal_scorer *s = hg__signal_scorer_new(it.model, pool, "m", &err);
    if (!s) fail_msg("%s", err.message);
    *to = (scored){0};
    if (w->is_live) hg__signal_scorer_go_live(s);
    for (int64_t t = 0; t < d->steps;) {
        const int64_t left = d->steps - t;
        const hg__steps steps = {.count = left < w->at_a_time ? (int32_t)left : w->at_a_time,
                                 .value = d->value + t * d->channels,
                                 .row = d->row + t,
                                 .time = d->time + t,
                                 .label = d->label + t,
                                 .begins = d->begins + t,
                                 .file = 3};
        for (int32_t taken = 0; taken < steps.count;) {
            const int32_t n = hg__signal_scorer_take(s, &steps, taken);
            taken += n;
            if (n == 0 || !w->is_lazy) collect(s, to);
            if (w->is_live && !w->is_lazy) assert_int_equal(to->count, t + taken);
            assert_true(to->count <= t + taken);
            assert_true(to->count + hg__signal_scorer_room(s) >= t + taken);
        }
        t += steps.count;
    }
    hg__signal_scorer_end(s);
    collect(s, to);
    assert_int_equal(to->count, d->steps);
    hg__signal_scorer_free(s);
    hg__pool_free(pool);
}

static bool is_same(float a, float b) {
    return !(a < b) && !(a > b) && isnan(a) == isnan(b);
}

static void expect_same(const scored *a, const scored *b) {
    assert_int_equal(a->count, b->count);
    for (int64_t t = 0; t < a->count; t++) {
        if (!is_same(a->step[t].score, b->step[t].score) ||
            !is_same(a->step[t].now, b->step[t].now)) {
            fail_msg("step %d: %.9g and %.9g, not %.9g and %.9g", (int)t, (double)a->step[t].score,
                     (double)a->step[t].now, (double)b->step[t].score, (double)b->step[t].now);
        }
        assert_int_equal(a->step[t].row, b->step[t].row);
        assert_int_equal(a->step[t].begins, b->step[t].begins);
        assert_int_equal(a->reasons[t], b->reasons[t]);
        for (int k = 0; k < a->reasons[t]; k++) {
            assert_int_equal(a->reason[t][k].channel, b->reason[t][k].channel);
            assert_true(is_same(a->reason[t][k].share, b->reason[t][k].share));
            assert_true(is_same(a->reason[t][k].observed, b->reason[t][k].observed));
            assert_true(is_same(a->reason[t][k].expected, b->reason[t][k].expected));
        }
    }
}

// Stretches, one of them shorter than a window and one of a single step, missing values and steps, a label.
static void draw_hard(drawn *d) {
    draw(d, 3500, 3);
    const int32_t begin[] = {400, 1000, 1005, 1006, 2500};
    for (int k = 0; k < 5; k++) d->begins[begin[k]] = 1;
    for (int i = 0; i < 30; i++) d->value[3 * 500 + i] = NAN;       // 10 steps
    for (int i = 0; i < 300; i++) d->value[3 * 2000 + 3 * i] = NAN; // of a channel
    for (int i = 0; i < 600; i++) d->value[3 * 3000 + i] = NAN;     // more than any window
    for (int k = 0; k < 10; k++) d->row[500 + k] = -1;
    d->label[42] = 1;
}

// ---- the same -----------------------------------------------------------------------------------

static void scores_are_the_same_however_steps_are_cut(void **state) {
    (void)state;
    static const way ways[] = {
        {1,    1, false, false},
        {7,    1, false, false},
        {7,    3, false, true },
        {999,  2, false, true },
        {4096, 2, false, false},
    };
    for (int k = 0; k < HG_SIGNAL_KINDS; k++) {
        clear_fitted(&it);
        fit_drawn(&it, &learned, 16, (hg__signal_kind)k);
        draw_hard(&seen);
        score(&seen, &(way){4096, 1, false, true}, &one);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            score(&seen, &ways[w], &other);
            expect_same(&other, &one);
        }
    }
    clear_fitted(&it);
    fit_drawn(&it, &learned, 16, HG_SIGNAL_PLANT);
}

static void a_live_score_is_that_of_now(void **state) {
    (void)state;
    static const way ways[] = {
        {1,    1, true, false},
        {7,    2, true, false},
        {4096, 1, true, true },
    };
    draw_hard(&seen);
    score(&seen, &(way){4096, 1, false, false}, &one);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        score(&seen, &ways[w], &other);
        for (int64_t t = 0; t < seen.steps; t++) {
            // At the ends of stretches that no window fits into there is none.
            const float want = t == 1004 || t == 1005 ? NAN : one.step[t].now;
            assert_true(is_same(other.step[t].now, want));
            assert_true(is_same(other.step[t].score, want));
        }
    }
}

static void a_stretch_knows_nothing_of_the_one_before(void **state) {
    (void)state;
    draw(&seen, 1600, 3);
    for (int i = 0; i < 3 * 800; i++) seen.value[3 * 800 + i] = seen.value[i];
    seen.begins[800] = 1;
    for (int live = 0; live < 2; live++) {
        score(&seen, &(way){100, 1, live, false}, &one);
        for (int t = 0; t < 800; t++) {
            assert_true(is_same(one.step[t].score, one.step[800 + t].score));
            assert_true(is_same(one.step[t].now, one.step[800 + t].now));
        }
    }
}

// ---- steps --------------------------------------------------------------------------------------

static void every_step_comes_out_once_and_in_order(void **state) {
    (void)state;
    draw_hard(&seen);
    score(&seen, &(way){333, 1, false, false}, &one);
    for (int64_t t = 0; t < seen.steps; t++) {
        const hg__scored_step *s = &one.step[t];
        assert_int_equal(s->row, seen.row[t]);
        assert_int_equal(s->label, seen.label[t]);
        assert_int_equal(s->begins, seen.begins[t]);
        assert_int_equal(s->file, 3);
        assert_true(fabs(s->time - seen.time[t]) < 1e-9);
        assert_string_equal(s->when, "");
    }
}

static void steps_without_a_value_have_no_score(void **state) {
    (void)state;
    draw_hard(&seen);
    score(&seen, &(way){4096, 1, false, false}, &one);
    for (int64_t t = 0; t < seen.steps; t++) {
        const bool is_missing = (t >= 500 && t < 510) || (t >= 3000 && t < 3200);
        if (isnan(one.step[t].score) != is_missing && !(t >= 1000 && t <= 1006)) {
            fail_msg("step %d: %g", (int)t, (double)one.step[t].score);
        }
        if (is_missing) assert_true(isnan(one.step[t].now));
    }
}

static void a_stretch_shorter_than_a_window_is_scored(void **state) {
    (void)state;
    for (int64_t steps = 1; steps < 40; steps++) {
        draw(&seen, steps, 3);
        score(&seen, &(way){7, 1, false, false}, &one);
        for (int64_t t = 0; t < steps; t++) {
            assert_true(isfinite(one.step[t].score) && one.step[t].score >= 0);
        }
    }
}

static void a_score_is_there_after_the_delay(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__scored_step *step;
    draw(&seen, 2000, 3);
    hg__signal_scorer *s = hg__signal_scorer_new(it.model, it.pool, "m", &err);
    assert_non_null(s);
    int64_t out = 0;
    for (int64_t t = 0; t < seen.steps; t++) {
        const hg__steps steps = {.count = 1,
                                 .value = seen.value + 3 * t,
                                 .row = seen.row + t,
                                 .begins = seen.begins + t};
        assert_int_equal(hg__signal_scorer_take(s, &steps, 0), 1);
        const int32_t n = hg__signal_scorer_next(s, &step);
        for (int32_t i = 0; i < n; i++) assert_true(isnan(step[i].time));
        out += n;
        assert_true(out + hg__signal_scorer_delay(s) + it.signal.length >= t + 1);
    }
    hg__signal_scorer_free(s);
    hg__signal_scorer_free(NULL);
}

// ---- faults in it -------------------------------------------------------------------------------

static void a_fault_scores_highest_and_its_channel_is_named(void **state) {
    (void)state;
    for (int32_t c = 0; c < 3; c++) {
        draw(&seen, 1500, 3);
        for (int64_t t = 700; t < 720; t++) seen.value[3 * t + c] += t % 2 ? 8 : -8;
        score(&seen, &(way){4096, 1, false, false}, &one);
        int64_t highest = 0;
        for (int64_t t = 0; t < 1500; t++) {
            if (one.step[t].score > one.step[highest].score) highest = t;
        }
        assert_in_range(highest, 700 - it.signal.length, 720 + it.signal.length);
        for (int64_t t = 704; t < 716; t++) {
            const hg__signal_reason *r = one.reason[t];
            assert_int_equal(one.reasons[t], 2);
            assert_int_equal(r[0].channel, c);
            assert_true(r[0].share > 0.5F && r[0].share <= 1 && r[1].share <= r[0].share);
            assert_true(is_same(r[0].observed, seen.value[3 * t + c]));
            assert_true(fabsf(r[0].expected - r[0].observed) > 1);
        }
    }
}

static void channels_have_the_numbers_that_the_recording_has(void **state) {
    (void)state;
    static drawn flagged;
    fitted f = it;
    draw(&flagged, 1500, 4);
    for (int64_t t = 0; t < 1500; t++) flagged.value[4 * t + 1] = (float)(t / 50 % 2); // a flag
    fit_drawn(&it, &flagged, 16, HG_SIGNAL_PLANT);
    assert_int_equal(it.signal.channels, 3);
    for (int64_t t = 700; t < 720; t++) flagged.value[4 * t + 3] += 8;
    score(&flagged, &(way){4096, 1, false, false}, &one);
    assert_int_equal(one.reason[710][0].channel, 3);
    assert_true(is_same(one.reason[710][0].observed, flagged.value[4 * 710 + 3]));
    clear_fitted(&it);
    it = f;
}

// ---- damaged models -----------------------------------------------------------------------------

static void expect_refused(const hg_model *m, const char *says) {
    hg_error err = {0};
    hg__signal_scorer *s = hg__signal_scorer_new(m, it.pool, "m", &err);
    if (s) fail_msg("taken: %s", says);
    assert_int_equal(err.code, HG_ERR_MODEL);
    if (!strstr(err.message, says)) fail_msg("%s", err.message);
}

static hg_model *reload(void) {
    hg_error err = {0};
    assert_int_equal(hg__model_save(it.model, at("m.safetensors"), NULL, &err), HG_OK);
    hg_model *m = hg_model_load(at("m.safetensors"), &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

static void what_is_usual_must_rise(void **state) {
    (void)state;
    static const char part[] = "detector.statistics.usual",
                      says[] = "m: 'detector.statistics.usual': expected ";
    hg_error err = {0};
    hg_model *m = reload();
    for (int k = 0; k < 5; k++) {
        float usual[HG_USUAL_SHARES + 1];
        for (int i = 0; i <= HG_USUAL_SHARES; i++) usual[i] = (float)i + 1;
        if (k == 0) usual[3] = 9;
        if (k == 1) usual[HG_USUAL_SHARES] = 0;
        if (k == 2) usual[HG_USUAL_SHARES] = -1;
        if (k == 3) usual[5] = NAN;
        const int64_t count = k == 4 ? HG_USUAL_SHARES : HG_USUAL_SHARES + 1;
        assert_int_equal(hg__model_keep_part(m, part, HG_F32, count, 0, usual, &err), HG_OK);
        expect_refused(m, says);
    }
    hg_model_free(m);
}

static void every_part_must_be_there(void **state) {
    (void)state;
    hg_model *m = reload();
    const int32_t parts = m->parts;
    hg_model_free(m);
    int32_t tried = 0;
    for (int32_t i = 0; i < parts; i++) {
        m = reload();
        char name[sizeof m->part->name];
        snprintf(name, sizeof name, "%s", m->part[i].name);
        if (strncmp(name, HG_CALIBRATION_PREFIX, strlen(HG_CALIBRATION_PREFIX)) != 0) {
            const int32_t number = 0; // of another type
            hg_error err = {0};
            assert_int_equal(hg__model_keep_part(m, name, HG_I32, 1, 0, &number, &err), HG_OK);
            expect_refused(m, name);
            tried++;
        }
        hg_model_free(m);
    }
    assert_true(tried > 8);
}

// ---- allocation faults --------------------------------------------------------------------------

static int open_scorer(void) {
    hg_error err = {0};
    int code = CHILD_FAILED_WELL;
    hg__pool *pool = hg__pool_new(2, &err);
    hg_model *m = pool ? hg_model_load(getenv("HG_TEST_MODEL"), &err) : NULL;
    hg__signal_scorer *s = m ? hg__signal_scorer_new(m, pool, "m", &err) : NULL;
    if (s) code = CHILD_WORKED;
    if (!s && (err.code != HG_ERR_MEMORY || !err.message[0])) code = CHILD_FAILED_BADLY;
    hg__signal_scorer_free(s);
    hg_model_free(m);
    hg__pool_free(pool);
    return code;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg__model_save(it.model, at("m.safetensors"), NULL, &err), HG_OK);
    assert_int_equal(setenv("HG_TEST_MODEL", at("m.safetensors"), 1), 0);
    assert_true(count_faults("open", "HG_FAIL_ALLOC", "") > 30);
}

static int begin(void **state) {
    draw(&learned, 2500, 3);
    fit_drawn(&it, &learned, 16, HG_SIGNAL_PLANT);
    return make_folder(state);
}

static int end(void **state) {
    clear_fitted(&it);
    return remove_folder(state);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 2) return open_scorer();
    if (!hg__eigen_is_available()) {
        puts("skipped: no LAPACK, which detectors of windows are fitted with");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_the_same_however_steps_are_cut),
        cmocka_unit_test(a_live_score_is_that_of_now),
        cmocka_unit_test(a_stretch_knows_nothing_of_the_one_before),
        cmocka_unit_test(every_step_comes_out_once_and_in_order),
        cmocka_unit_test(steps_without_a_value_have_no_score),
        cmocka_unit_test(a_stretch_shorter_than_a_window_is_scored),
        cmocka_unit_test(a_score_is_there_after_the_delay),
        cmocka_unit_test(a_fault_scores_highest_and_its_channel_is_named),
        cmocka_unit_test(channels_have_the_numbers_that_the_recording_has),
        cmocka_unit_test(what_is_usual_must_rise),
        cmocka_unit_test(every_part_must_be_there),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
