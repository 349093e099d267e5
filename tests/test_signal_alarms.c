// SPDX-License-Identifier: Apache-2.0
// test_signal_alarms.c - events that begin and end, come at the rate that is asked for, and are kept in a model file.
#include "monitor/signal_alarms.h"
#include "own_folder.h"
#include "signal_case.h"

enum { HELD = 20000, LONG_RUN = 1000000 };
static float held[HELD];
static bool begins[HELD];

static float exponential(uint32_t seed, uint32_t i) {
    const double u = (double)hg__unit_float(hg__philox_run(seed, i, 0, 0, 0).word[0]);
    return (float)-hg__log(1 - u);
}

// A model whose held-out scores are exponential.
static hg_model *new_model(double fpr, int32_t hold) {
    hg_error err = {0};
    const hg__shape in = {1, {4}};
    const hg__held_steps steps = {held, begins, HELD, 1};
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &in, 0, 1, &err);
    hg__json *detector = hg__json_object();
    assert_non_null(m);
    assert_non_null(detector);
    for (uint32_t i = 0; i < HELD; i++) {
        held[i] = exponential(1, i);
        begins[i] = i == 0;
    }
    if (hg__signal_alarms_fit(m, &steps, &(hg__alarm_rate){fpr, 0, hold}, detector, &err) < 0) {
        fail_msg("%s", err.message);
    }
    hg__model_set_detector(m, detector);
    return m;
}

static void load(hg__signal_alarms *a, const hg_model *m) {
    hg_error err = {0};
    if (hg__signal_alarms_init(a, m, "m", &err) < 0) fail_msg("%s", err.message);
    assert_true(hg__signal_alarms_has(a));
}

static hg__alarm take(hg__signal_alarms *a, double score, bool is_first) {
    const hg__scored_step step = {.now = (float)score, .score = (float)score, .begins = is_first};
    return hg__signal_alarms_take(a, &step);
}

static double threshold(const hg__signal_alarms *a) {
    return a->thresholds.group[0].at.value;
}

// ---- events -------------------------------------------------------------------------------------

// '#' above the threshold, '-' between it and the lower one, '.' below that, '?' no score, '|' a stretch begins.
static void expect_events(const char *scores, const char *events) {
    hg_model *m = new_model(0.01, 3);
    hg__signal_alarms a;
    load(&a, m);
    a.is_fixed = true;
    assert_true(a.lower > 0.1 && a.lower < 1);
    const double high = threshold(&a);
    bool is_first = true;
    for (const char *s = scores; *s; s++) {
        if (*s == '|') {
            is_first = true;
            continue;
        }
        const double score = *s == '#'   ? high * 1.2
                             : *s == '-' ? high * (1 + a.lower) / 2
                             : *s == '?' ? (double)NAN
                                         : high * a.lower * 0.9;
        const hg__alarm got = take(&a, score, is_first);
        assert_int_equal(got.is_alarm, *events != '0');
        assert_int_equal(got.event, *events - '0');
        assert_true(isnan(got.p) == (*s == '?'));
        is_first = false;
        events++;
    }
    assert_int_equal(*events, 0);
    hg__signal_alarms_clear(&a);
    hg_model_free(m);
}

static void an_event_begins_above_the_threshold(void **state) {
    (void)state;
    expect_events("..-.-..#", "00000001");
    expect_events("------", "000000");
}

static void an_event_ends_after_some_steps_below_the_lower_one(void **state) {
    (void)state;
    expect_events("#...-..", "1110000");
    expect_events("#--------...", "111111111110");
    expect_events("#..-..#..", "111111111"); // never three in a row
    expect_events("#....#", "111002");
}

static void a_new_stretch_ends_an_event(void **state) {
    (void)state;
    expect_events("##|..|#", "11002");
    expect_events("##|#", "112");
    expect_events("#|--", "100");
}

static void a_missing_score_changes_nothing(void **state) {
    (void)state;
    expect_events("?#??..?.?", "011111100");
}

static void a_p_value_is_of_the_share_that_scores_higher(void **state) {
    (void)state;
    hg_model *m = new_model(0.01, 3);
    hg__signal_alarms a;
    load(&a, m);
    a.is_fixed = true;
    for (int k = 1; k < 5; k++) {
        const double want = 1 / (double)(1 << k), got = take(&a, k * hg__log(2), false).p;
        assert_true(fabs(got / want - 1) < 0.1);
    }
    hg__signal_alarms_clear(&a);
    hg_model_free(m);
}

static void more_alarms_take_a_lower_threshold(void **state) {
    (void)state;
    hg_model *m = new_model(0.01, 3);
    hg__signal_alarms a;
    load(&a, m);
    double last = 0;
    double fpr = 0.3;
    for (int k = 0; k < 11; k++) {
        assert_int_equal(hg__signal_alarms_ask(&a, fpr, NULL), HG_OK);
        assert_true(threshold(&a) > last);
        assert_true(a.lower > 0 && a.lower <= 1 && a.rate > 0 && a.rate < fpr * 1.001);
        last = threshold(&a);
        fpr /= 3;
    }
    assert_int_equal(hg__signal_alarms_ask_events(&a, 1, NULL), HG_OK);
    assert_int_equal(hg__signal_alarms_ask_events(&a, 1e-4, NULL), HG_OK);
    hg__signal_alarms_clear(&a);
    hg_model_free(m);
}

// ---- in the long run ----------------------------------------------------------------------------

static void events_come_at_the_rate_that_is_asked_for_while_the_scores_drift(void **state) {
    (void)state;
    static const double rate[] = {1e-2, 2e-3};
    for (int k = 0; k < 2; k++) {
        hg_model *m = new_model(rate[k], 2);
        hg__signal_alarms a;
        load(&a, m);
        for (uint32_t i = 0; i < LONG_RUN; i++) {
            const double scale = 1 + 2 * (double)i / LONG_RUN; // 1 to 3
            (void)take(&a, scale * (double)exponential(2, i), i == 0);
        }
        const double want = rate[k] / a.length * LONG_RUN, got = (double)a.state.events;
        if (fabs(got / want - 1) > 0.2) fail_msg("%g events, not %g", got, want);
        const double moved = hg__signal_alarms_threshold(&a, a.state.drift) / threshold(&a);
        assert_true(moved > 2 && moved < 4.5);
        hg__signal_alarms_clear(&a);
        hg_model_free(m);
    }
}

// Scores stay for some steps, and few were held out: none of them may pass the threshold.
static void what_few_steps_say_of_lengths_is_enough(void **state) {
    (void)state;
    enum { STAY = 10, FEW = 2000 };
    for (uint32_t seed = 10; seed < 20; seed++) {
        hg_error err = {0};
        const hg__shape in = {1, {4}};
        const hg__held_steps steps = {held, begins, FEW, STAY};
        hg_model *m = hg__model_from_spec("dense 2 | dense input", &in, 0, 1, &err);
        hg__json *detector = hg__json_object();
        for (uint32_t i = 0; i < FEW; i++) held[i] = exponential(seed, i / STAY);
        assert_int_equal(
            hg__signal_alarms_fit(m, &steps, &(hg__alarm_rate){0.01, 0, 3}, detector, &err), HG_OK);
        hg__model_set_detector(m, detector);
        hg__signal_alarms a;
        load(&a, m);
        assert_true(a.length >= STAY);
        int64_t alarms = 0;
        for (uint32_t i = 0; i < LONG_RUN / 4; i++) {
            alarms += take(&a, (double)exponential(2, i / STAY), i == 0).is_alarm;
        }
        assert_in_range(alarms, LONG_RUN / 4 / 300, LONG_RUN / 4 / 50); // 0.3 to 2 %
        hg__signal_alarms_clear(&a);
        hg_model_free(m);
    }
}

static void a_fault_that_lasts_is_one_event_and_raises_the_threshold_slowly(void **state) {
    (void)state;
    hg_model *m = new_model(0.01, 3);
    hg__signal_alarms a;
    load(&a, m);
    for (int i = 0; i < 100; i++) (void)take(&a, 0.1, i == 0);
    const double before = a.state.drift;
    (void)take(&a, 100, false);
    const double after = a.state.drift;
    assert_true(after > before * 1.01 && after < before * 2);
    for (int i = 0; i < 500; i++) assert_int_equal(take(&a, 100, false).event, 1);
    assert_true(a.state.drift >= after && a.state.drift < 2 * after);
    hg__signal_alarms_clear(&a);
    hg_model_free(m);
}

static void drift_is_followed_only_so_far(void **state) {
    (void)state;
    hg_model *m = new_model(0.1, 1);
    hg__signal_alarms a;
    load(&a, m);
    for (int i = 0; i < 3000; i++) (void)take(&a, i % 2 ? 1e6 : 0, i == 0);
    const double highest = a.state.drift;
    (void)take(&a, 1e6, true);
    assert_true(highest > 1 && a.state.drift <= highest && a.state.drift < 1e3);
    for (int i = 0; i < LONG_RUN; i++) (void)take(&a, 0, false);
    assert_true(a.state.drift > 1e-3 && a.state.drift <= 1);
    hg__signal_alarms_clear(&a);
    hg_model_free(m);
}

// ---- in a model file ----------------------------------------------------------------------------

static void they_are_the_same_from_a_file(void **state) {
    (void)state;
    hg_error err = {0};
    hg_model *m = new_model(0.003, 3);
    if (hg__model_save(m, at("m.safetensors"), NULL, &err) < 0) fail_msg("%s", err.message);
    hg_model *read = hg_model_load(at("m.safetensors"), &err);
    assert_non_null(read);
    hg__signal_alarms a, b;
    load(&a, m);
    load(&b, read);
    for (uint32_t i = 0; i < 20000; i++) {
        const double score = (double)exponential(3, i);
        const hg__alarm one = take(&a, score, i == 0), other = take(&b, score, i == 0);
        assert_memory_equal(&one.p, &other.p, sizeof one.p);
        assert_int_equal(one.event, other.event);
    }
    assert_true(a.state.events > 0);
    hg__signal_alarms_clear(&a);
    hg__signal_alarms_clear(&b);
    hg_model_free(m);
    hg_model_free(read);
}

static void a_model_without_thresholds_has_no_alarms(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__shape in = {1, {4}};
    hg__signal_alarms a;
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &in, 0, 1, &err);
    hg__model_set_detector(m, hg__json_object());
    assert_int_equal(hg__signal_alarms_init(&a, m, "m", &err), HG_OK);
    assert_false(hg__signal_alarms_has(&a));
    const hg__alarm got = take(&a, 1e9, true);
    assert_true(isnan(got.p) && !got.is_alarm && got.event == 0);
    assert_int_equal(hg__signal_alarms_ask(&a, 0.1, &err), HG_OK);
    hg__signal_alarms_clear(&a);
    hg_model_free(m);
}

static hg__json *value_of(const char *text) {
    hg_error err = {0};
    hg__json *value = hg__json_read(text, strlen(text), "test", &err);
    if (!value) fail_msg("%s", err.message);
    return value;
}

static void damaged_numbers_are_refused(void **state) {
    (void)state;
    static const char *const damage[][2] = {
        {"length",    "0"         },
        {"length",    "-1"        },
        {"length",    "\"long\""  },
        {"length",    "null"      },
        {"stretches", "0"         },
        {"stretches", "-3"        },
        {"stretches", "[1]"       },
        {"fpr",       "0"         },
        {"fpr",       "1"         },
        {"fpr",       "true"      },
        {"hold",      "0"         },
        {"hold",      "-1"        },
        {"hold",      "3000000000"},
        {"hold",      "\"3\""     },
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        hg_model *m = new_model(0.01, 3);
        hg__json *detector = hg__json_copy(hg__model_detector(m));
        hg__json *own = hg__json_copy(hg__json_object_get(detector, "events"));
        assert_int_equal(hg__json_set(own, damage[i][0], value_of(damage[i][1])), 0);
        assert_int_equal(hg__json_set(detector, "events", own), 0);
        hg__model_set_detector(m, detector);
        hg__signal_alarms a;
        hg_error err = {0};
        if (hg__signal_alarms_init(&a, m, "m", &err) != HG_ERR_MODEL) {
            fail_msg("%s = %s is taken", damage[i][0], damage[i][1]);
        }
        assert_string_equal(err.message,
                            "m: events: expected lengths of at least one step and a rate");
        assert_false(hg__signal_alarms_has(&a));
        hg_model_free(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_begins_above_the_threshold),
        cmocka_unit_test(an_event_ends_after_some_steps_below_the_lower_one),
        cmocka_unit_test(a_new_stretch_ends_an_event),
        cmocka_unit_test(a_missing_score_changes_nothing),
        cmocka_unit_test(a_p_value_is_of_the_share_that_scores_higher),
        cmocka_unit_test(more_alarms_take_a_lower_threshold),
        cmocka_unit_test(events_come_at_the_rate_that_is_asked_for_while_the_scores_drift),
        cmocka_unit_test(what_few_steps_say_of_lengths_is_enough),
        cmocka_unit_test(a_fault_that_lasts_is_one_event_and_raises_the_threshold_slowly),
        cmocka_unit_test(drift_is_followed_only_so_far),
        cmocka_unit_test(they_are_the_same_from_a_file),
        cmocka_unit_test(a_model_without_thresholds_has_no_alarms),
        cmocka_unit_test(damaged_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
