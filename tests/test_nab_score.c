// SPDX-License-Identifier: Apache-2.0
// test_nab_score.c - the score of the Numenta Anomaly Benchmark: its own tests' numbers, a corpus, what is refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "faults.h"
#include "monitor/nab_score.h"
#include "series_case.h"

#include <cmocka.h>

static series_case drawn, other;
static const hg__event four[] = {
    {40,  59 },
    {100, 100},
    {110, 125},
    {590, 599}
};
static const hg__event two[] = {
    {0,  4 },
    {60, 70}
};

static hg__nab_score at(const hg__nab_series *s, int32_t count, const hg__nab_profile *p,
                        double threshold) {
    hg__nab_score score;
    assert_int_equal(hg__nab_score_at(s, count, p, threshold, &score, NULL), HG_OK);
    return score;
}

static hg__nab_score best(const hg__nab_series *s, int32_t count, int profile) {
    hg__nab_score score;
    assert_int_equal(hg__nab_score_best(s, count, &hg__nab_profiles[profile], &score, NULL), HG_OK);
    return score;
}

static void assert_near(double x, double y) {
    if (!(fabs(x - y) < 1e-9)) fail_msg("expected %.17g, got %.17g", y, x);
}

static hg__nab_series draw(series_case *c, int64_t steps, const hg__event *event, int count) {
    const hg__scored_series s = draw_series(c, steps, event, count, 0);
    return (hg__nab_series){steps, s.score, event, count};
}

static hg__nab_series silent(int64_t steps, const hg__event *event, int count) {
    memset(drawn.score, 0, sizeof drawn.score);
    return (hg__nab_series){steps, drawn.score, event, count};
}

static void assert_counts(const hg__nab_score *s, int quiet, int hits, int false_alarms,
                          int misses) {
    assert_int_equal(s->quiet, quiet);
    assert_int_equal(s->hits, hits);
    assert_int_equal(s->false_alarms, false_alarms);
    assert_int_equal(s->misses, misses);
}

// ---- NAB's own numbers --------------------------------------------------------------------------

// tests/integration/scorer_test.py, testScoringAllMetrics: two windows of 5 steps, alarms at the first's beginning, a step later, and
// 3 steps behind it: 1 - 1 + S(3 / 4). All weights are 1.
static void its_own_test_of_all_metrics(void **state) {
    (void)state;
    const hg__nab_profile ones = {"ones", 1, 1, 1};
    const hg__event windows[] = {
        {33, 37},
        {66, 70}
    };
    const hg__nab_series s = silent(100, windows, 2);
    drawn.score[33] = drawn.score[34] = drawn.score[40] = 1;
    const hg__nab_score score = at(&s, 1, &ones, 0.5);
    assert_true(fabs(score.raw + 0.9540) < 5e-5);
    assert_counts(&score, 85 - 10 - 1, 2, 1, 8);
    assert_int_equal(score.found, 1);
    assert_near(score.value, 100 * (score.raw + 2) / 4);
}

// testRewardLowFalseNegatives and testRewardLowFalsePositives.
static void its_own_tests_of_weights(void **state) {
    (void)state;
    const hg__nab_profile ones = {"ones", 1, 1, 1}, low_fn = {"fn", 1, 0.055, 2},
                          low_fp = {"fp", 1, 2, 0.5};
    const hg__event window[] = {
        {40, 49}
    };
    hg__nab_series s = silent(100, window, 1);
    assert_true(at(&s, 1, &ones, 0.5).raw == 0.5 * at(&s, 1, &low_fn, 0.5).raw);
    s = silent(100, NULL, 0);
    drawn.score[20] = 1;
    assert_true(at(&s, 1, &ones, 0.5).raw == -1);
    assert_true(at(&s, 1, &low_fp, 0.5).raw == -2);
}

// nab/sweeper.py of NAB (commit d62afec), calcSweepScore() and calcScoreByThreshold(), step by step in Python over these series.
static void a_corpus_has_the_reference_s_numbers(void **state) {
    (void)state;
    const hg__nab_series corpus[] = {draw(&drawn, 600, four, 4), draw(&other, 100, two, 2)};
    const double raw[] = {1.992274602960567, 1.992274602960567, 0.9922746029605669};
    const double value[] = {74.90343253700709, 74.90343253700709, 74.93562169133806};
    const double at_raw[] = {1.9628484045445322, 1.9628484045445322, 0.9628484045445322};
    for (int p = 0; p < HG_NAB_PROFILES; p++) {
        const hg__nab_score b = best(corpus, 2, p);
        assert_near(b.threshold, 1.063082218170166);
        assert_near(b.raw, raw[p]);
        assert_near(b.value, value[p]);
        assert_int_equal(b.windows, 4); // the others lie in the probation
        const hg__nab_score a = at(corpus, 2, &hg__nab_profiles[p], 1.25);
        assert_near(a.raw, at_raw[p]);
        assert_counts(&a, 557, 10, 0, 28);
    }
}

static void false_alarms_behind_windows_cost_by_their_distance(void **state) {
    (void)state;
    const hg__event near_ones[] = {
        {0,   9  },
        {20,  20 },
        {22,  24 },
        {26,  26 },
        {300, 420}
    };
    hg__nab_series s = draw(&drawn, 600, four, 4);
    assert_near(best(&s, 1, HG_NAB_STANDARD).value, 66.666666666666671);
    assert_near(at(&s, 1, &hg__nab_profiles[0], 0.5).raw, -23.726727078618314);
    s = draw(&drawn, 100, two, 2);
    assert_near(best(&s, 1, HG_NAB_LOW_FN).value, 99.742486765352226);
    assert_near(at(&s, 1, &hg__nab_profiles[0], 0.5).raw, -3.3815212814647904);
    s = draw(&drawn, 600, near_ones, 5);
    assert_near(best(&s, 1, HG_NAB_STANDARD).raw, 0.99883959064711747);
    assert_near(at(&s, 1, &hg__nab_profiles[0], 0.5).raw, -19.265036319620872);
}

// ---- properties ---------------------------------------------------------------------------------

static void silence_is_0_and_an_alarm_at_each_beginning_100(void **state) {
    (void)state;
    const hg__event windows[] = {
        {120, 139},
        {200, 205}
    };
    const hg__nab_series s = silent(600, windows, 2);
    hg__nab_score score = at(&s, 1, &hg__nab_profiles[0], 0.5);
    assert_true(score.value == 0 && score.raw == -2 && score.null == -2 && score.perfect == 2);
    drawn.score[120] = drawn.score[200] = 1;
    for (int p = 0; p < HG_NAB_PROFILES; p++) assert_near(best(&s, 1, p).value, 100);
    drawn.score[200] = 0, drawn.score[203] = 1;
    score = best(&s, 1, HG_NAB_STANDARD);
    assert_true(score.value < 100 && score.value > 90 && score.threshold == 1);
}

static void of_equal_thresholds_the_highest_is_best(void **state) {
    (void)state;
    const hg__event windows[] = {
        {120, 139}
    };
    const hg__nab_series s = silent(600, windows, 1);
    for (int t = 120; t < 140; t++) drawn.score[t] = (float)(140 - t);
    assert_true(best(&s, 1, HG_NAB_STANDARD).threshold == 20);
    memset(drawn.score, 0, sizeof drawn.score);
    const hg__nab_score none = best(&s, 1, HG_NAB_STANDARD); // all alarms at once are worse
    assert_true(none.value == 0 && isinf(none.threshold) && none.threshold > 0);
}

static void the_probation_does_not_count(void **state) {
    (void)state;
    const hg__event windows[] = {
        {700,  748 },
        {2000, 2009}
    }; // 750 of 10000 steps are probation
    const hg__nab_series s = silent(10000, windows, 2);
    for (int t = 0; t < 750; t++) drawn.score[t] = 1;
    hg__nab_score score = at(&s, 1, &hg__nab_profiles[0], 0.5);
    assert_true(score.raw == -1 && score.perfect == 1 && score.windows == 1);
    drawn.score[750] = 1;
    score = at(&s, 1, &hg__nab_profiles[0], 0.5);
    assert_int_equal(score.false_alarms, 1);
    assert_true(score.raw > -1.0 - 0.11 && score.raw < -1);
}

static void only_the_order_of_scores_counts(void **state) {
    (void)state;
    const hg__nab_series s = draw(&drawn, 600, four, 4);
    const hg__nab_score before = best(&s, 1, HG_NAB_STANDARD);
    for (int t = 0; t < 600; t++) drawn.score[t] = drawn.score[t] * 4 - 8;
    const hg__nab_score after = best(&s, 1, HG_NAB_STANDARD);
    assert_true(before.raw == after.raw && after.threshold == before.threshold * 4 - 8);
}

static void windows_that_do_not_fit_are_refused(void **state) {
    (void)state;
    const hg__event behind[] =
        {
            {10, 20 },
            {95, 100}
    },
                    crossed[] = {{10, 20}, {20, 22}}, turned[] = {{5, 4}};
    const hg__event *const wrong[] = {behind, crossed, turned};
    const char *const message[] = {
        "window 2 of series 1: expected ascending steps from 21 to 99, got 95 to 100",
        "window 2 of series 1: expected ascending steps from 21 to 99, got 20 to 22",
        "window 1 of series 1: expected ascending steps from 0 to 99, got 5 to 4"};
    for (int i = 0; i < 3; i++) {
        const hg__nab_series s = silent(100, wrong[i], i < 2 ? 2 : 1);
        hg__nab_score score;
        hg_error err;
        assert_int_equal(hg__nab_score_best(&s, 1, &hg__nab_profiles[0], &score, &err),
                         HG_ERR_DATA);
        assert_string_equal(err.message, message[i]);
    }
}

static void without_windows_there_is_no_value(void **state) {
    (void)state;
    const hg__nab_series s = silent(100, NULL, 0);
    assert_true(isnan(best(&s, 1, HG_NAB_STANDARD).value));
    assert_true(isnan(best(NULL, 0, HG_NAB_STANDARD).value));
}

static void memory_may_fail(void **state) {
    (void)state;
    assert_int_equal(count_faults("nab", "HG_FAIL_ALLOC", ""), 2);
}

static int child(void) {
    const hg__nab_series s = draw(&drawn, 600, four, 4);
    hg__nab_score score;
    hg_error err = {0};
    if (hg__nab_score_best(&s, 1, &hg__nab_profiles[0], &score, &err) == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_own_test_of_all_metrics),
        cmocka_unit_test(its_own_tests_of_weights),
        cmocka_unit_test(a_corpus_has_the_reference_s_numbers),
        cmocka_unit_test(false_alarms_behind_windows_cost_by_their_distance),
        cmocka_unit_test(silence_is_0_and_an_alarm_at_each_beginning_100),
        cmocka_unit_test(of_equal_thresholds_the_highest_is_best),
        cmocka_unit_test(the_probation_does_not_count),
        cmocka_unit_test(only_the_order_of_scores_counts),
        cmocka_unit_test(windows_that_do_not_fit_are_refused),
        cmocka_unit_test(without_windows_there_is_no_value),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
