// SPDX-License-Identifier: Apache-2.0
// test_vus.c - volume under the surface: the reference's numbers, and what must hold of any score.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "faults.h"
#include "monitor/vus.h"
#include "series_case.h"

#include <cmocka.h>

static series_case drawn;

static hg__vus vus_of(const hg__scored_series *s, int32_t window) {
    hg__vus v;
    assert_int_equal(hg__vus_of(s, window, &v, NULL), HG_OK);
    return v;
}

static void assert_near(double x, double y) {
    if (!(fabs(x - y) < 1e-9)) fail_msg("expected %.17g, got %.17g", y, x);
}

// ---- the reference ------------------------------------------------------------------------------

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
static const hg__event near_ones[] = {
    {0,   9  },
    {20,  20 },
    {22,  24 },
    {26,  26 },
    {300, 420}
};

typedef struct expected {
    int64_t steps;
    const hg__event *event;
    int events, levels;
    int32_t window;
    double roc, pr, range_auc_roc, range_auc_pr;
} expected;

// TSB-AD 1.5, TSB_AD/evaluation/basic_metrics.py: RangeAUC_volume_opt(label, score, window, 250) with NumPy 2.4; range-AUC: the last window
// alone, from the curves that it returns. Also vus 0.0.6, whose function is the same.
static const expected reference[] = {
    {600, four,      4, 0, 40,  0.93028173220030996, 0.67853644466825602, 0.960600834070511,
     0.74982472855689231},
    {600, four,      4, 8, 40,  0.92953710759362795, 0.63580468834867454, 0.95978013934106499,
     0.70534099677416418},
    {100, two,       2, 0, 25,  0.90949858211609858, 0.76999278372820845, 0.94359529495718486,
     0.8336839638287924 },
    {600, near_ones, 5, 0, 101, 0.91273120216788928, 0.81394725185181194, 0.93893491909580695,
     0.85421386997381521},
};
enum { REFERENCES = sizeof reference / sizeof *reference };

static void the_numbers_are_those_of_the_reference(void **state) {
    (void)state;
    for (int i = 0; i < REFERENCES; i++) {
        const expected *e = &reference[i];
        const hg__scored_series s = draw_series(&drawn, e->steps, e->event, e->events, e->levels);
        const hg__vus v = vus_of(&s, e->window);
        assert_near(v.roc, e->roc);
        assert_near(v.pr, e->pr);
        assert_near(v.range_auc_roc, e->range_auc_roc);
        assert_near(v.range_auc_pr, e->range_auc_pr);
    }
}

static void a_constant_score_has_the_reference_s_numbers(void **state) {
    (void)state;
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    for (int t = 0; t < 600; t++) drawn.score[t] = 0.25F;
    const hg__vus v = vus_of(&s, 10);
    assert_near(v.roc, 0.50601015745920719);
    assert_near(v.pr, 0.1000939281593176);
    assert_near(v.range_auc_roc, 0.51332801145160634);
    assert_near(v.range_auc_pr, 0.12619350699952445);
}

// ---- properties ---------------------------------------------------------------------------------

static void a_score_that_is_the_label_is_perfect(void **state) {
    (void)state;
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    for (int t = 0; t < 600; t++) drawn.score[t] = drawn.label[t];
    const hg__vus v = vus_of(&s, 30);
    assert_near(v.roc, 1);
    assert_near(v.pr, 1);
    assert_near(v.range_auc_pr_0, 1);
    assert_near(v.range_auc_roc_0, 1);
}

static void random_scores_have_the_base_rate(void **state) {
    (void)state;
    const hg__event one[] = {
        {3000, 4999}
    };
    const hg__scored_series s = draw_series(&drawn, 10000, one, 1, 0);
    for (int t = 0; t < 10000; t++) {
        drawn.score[t] = hg__unit_float(hg__philox_run(3, (uint32_t)t, 0, 0, 0).word[0]);
    }
    const hg__vus v = vus_of(&s, 0);
    assert_true(fabs(v.roc - 0.5) < 0.03);
    assert_true(fabs(v.pr - 0.2) < 0.03);
}

static void only_the_order_of_scores_counts(void **state) {
    (void)state;
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    const hg__vus before = vus_of(&s, 20);
    for (int t = 0; t < 600; t++) {
        drawn.score[t] = drawn.score[t] < 0.75F ? drawn.score[t] * 2 - 8 : drawn.score[t] * 64;
    }
    const hg__vus after = vus_of(&s, 20);
    assert_true(before.roc == after.roc && before.pr == after.pr);
}

static void near_an_event_an_alarm_counts_in_part(void **state) {
    (void)state;
    const hg__event one[] = {
        {300, 309}
    };
    const hg__scored_series s = draw_series(&drawn, 600, one, 1, 0);
    memset(drawn.score, 0, sizeof drawn.score);
    for (int t = 296; t < 306; t++) drawn.score[t] = 1;
    const hg__vus early = vus_of(&s, 20);
    for (int t = 296; t < 306; t++) drawn.score[t] = 0, drawn.score[t - 100] = 1;
    const hg__vus far_away = vus_of(&s, 20);
    assert_true(early.pr > early.range_auc_pr_0 + 0.05);
    assert_true(early.pr > far_away.pr + 0.3);
}

static void nothing_crosses_from_one_series_to_the_next(void **state) {
    (void)state;
    const hg__event apart[] = {
        {100, 119},
        {300, 310}
    };
    const hg__scored_series s = draw_series(&drawn, 600, apart, 2, 0);
    const hg__vus whole = vus_of(&s, 40);
    drawn.begins[200] = 1; // far from all events
    const hg__vus as_far = vus_of(&s, 40);
    assert_true(whole.roc == as_far.roc && whole.pr == as_far.pr);
    drawn.begins[120] = 1; // the ramp behind the first is cut off
    assert_true(vus_of(&s, 40).pr != whole.pr);
}

static void an_event_across_two_series_is_two(void **state) {
    (void)state;
    const hg__event one[] = {
        {100, 119}
    };
    const hg__scored_series s = draw_series(&drawn, 600, one, 1, 0);
    memset(drawn.score, 0, sizeof drawn.score);
    drawn.score[115] = 1; // 250 thresholds: the first is 1, all others 0
    assert_near(vus_of(&s, 0).pr, 1.0 / 20 + 19.0 / 20 * (20.0 / 600));
    drawn.begins[110] = 1;
    assert_near(vus_of(&s, 0).pr, 1.0 / 40 + 39.0 / 40 * (20.0 / 600));
}

// Two series of the same length behind each other: with the same values ramps and shares are the same as of one.
static void a_series_twice_has_the_ramps_of_one(void **state) {
    (void)state;
    const hg__event twice[] = {
        {2,   9  },
        {40,  44 },
        {62,  69 },
        {100, 104}
    };
    const hg__scored_series s = draw_series(&drawn, 120, twice, 4, 0);
    for (int t = 0; t < 120; t++) drawn.score[t] = drawn.label[t];
    drawn.begins[60] = 1;
    assert_near(vus_of(&s, 30).pr, 1);
}

static void one_kind_of_label_has_no_vus(void **state) {
    (void)state;
    hg__scored_series s = draw_series(&drawn, 600, four, 0, 0);
    assert_true(isnan(vus_of(&s, 10).pr));
    memset(drawn.label, 1, 600);
    assert_true(isnan(vus_of(&s, 10).roc));
    s.steps = 0;
    assert_true(isnan(vus_of(&s, 10).range_auc_pr));
}

static void what_is_no_score_is_refused(void **state) {
    (void)state;
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    hg__vus v;
    hg_error err;
    drawn.score[17] = NAN;
    assert_int_equal(hg__vus_of(&s, 10, &v, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "score of step 17: expected a finite number, got nan");
    drawn.score[17] = 0, drawn.label[3] = 2;
    assert_int_equal(hg__vus_of(&s, 10, &v, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "label of step 3: expected 0 or 1, got 2");
}

static void memory_may_fail(void **state) {
    (void)state;
    assert_int_equal(count_faults("vus", "HG_FAIL_ALLOC", ""), 7);
    assert_int_equal(count_faults("vus", "HG_FAIL_ALLOC", "+"), 7);
}

static int child(void) {
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    hg__vus v;
    hg_error err = {0};
    if (hg__vus_of(&s, 10, &v, &err) == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_are_those_of_the_reference),
        cmocka_unit_test(a_constant_score_has_the_reference_s_numbers),
        cmocka_unit_test(a_score_that_is_the_label_is_perfect),
        cmocka_unit_test(random_scores_have_the_base_rate),
        cmocka_unit_test(only_the_order_of_scores_counts),
        cmocka_unit_test(near_an_event_an_alarm_counts_in_part),
        cmocka_unit_test(nothing_crosses_from_one_series_to_the_next),
        cmocka_unit_test(an_event_across_two_series_is_two),
        cmocka_unit_test(a_series_twice_has_the_ramps_of_one),
        cmocka_unit_test(one_kind_of_label_has_no_vus),
        cmocka_unit_test(what_is_no_score_is_refused),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
