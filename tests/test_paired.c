// SPDX-License-Identifier: Apache-2.0
// test_paired.c - Student's t against tables, Holm by hand, and intervals that hold the truth as often as they say.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/real.h"
#include "base/rng.h"
#include "jobs/paired.h"
#include "sanitized.h"

#include <cmocka.h>

static void assert_near(double x, double want, double relative) {
    if (fabs(x - want) <= relative * fabs(want)) return;
    fail_msg("expected %.12g, got %.12g", want, x);
}

// The closed forms of 1, 2 and 4 degrees of freedom; and quantiles that every table of Student's t has.
static void students_t_is_that_of_tables(void **state) {
    (void)state;
    assert_near(hg__student_beyond(1, 1), 0.5, 1e-12);
    assert_near(hg__student_beyond(3, 2), 1 - 3 / sqrt(11), 1e-12);
    for (int i = 0; i < 8; i++) {
        const double t = ldexp(0.25, i);
        assert_near(hg__student_beyond(t, 1), 2 * atan(1 / t) / acos(-1), 1e-10);
        assert_near(hg__student_beyond(-t, 2), 1 - t / sqrt(2 + t * t), 1e-9);
        const double root = sqrt(4 + t * t);
        assert_near(hg__student_beyond(t, 4), 1 - t * (t * t + 6) / (root * root * root), 1e-7);
    }
    const double limits[][3] = {
        {0.05, 1,       12.7062},
        {0.05, 2,       4.30265},
        {0.05, 5,       2.57058},
        {0.01, 10,      3.16927},
        {0.05, 30,      2.04227},
        {0.05, 1000000, 1.95996}
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_near(hg__student_limit(limits[i][0], limits[i][1]), limits[i][2], 2e-5);
    }
    assert_true(hg__student_beyond(0, 7) == 1 && hg__student_beyond((double)INFINITY, 7) == 0);
    assert_true(isnan(hg__student_beyond((double)NAN, 7)));
}

static void holm_is_that_by_hand(void **state) {
    (void)state;
    double p[] = {0.03, (double)NAN, 0.01, 0.04, 0.005};
    int32_t order[5];
    hg__holm(p, order, 5);
    assert_near(p[4], 0.02, 1e-15);
    assert_near(p[2], 0.03, 1e-15);
    assert_near(p[0], 0.06, 1e-15);
    assert_near(p[3], 0.06, 1e-15); // 0.04 alone, but none is below the one before it
    assert_true(isnan(p[1]));
}

// Two models, three rows, two seeds.
static const double first[] = {1, 2, 3, 2, 2, 5}, second[] = {3, 2, 1, 4, 4, 1};

static void the_parts_of_a_difference_are_those_by_hand(void **state) {
    (void)state;
    hg__paired p;
    for (int same = 0; same < 2; same++) {
        assert_int_equal(hg__paired_init(&p, 2, 2, 3, same, NULL), HG_OK);
        hg__paired_add(&p, first);
        const hg__estimate one = hg__paired_difference(&p, 1, 0);
        // differences 1, 0, 2: variance 1, of their mean 1/3, and 2 degrees of freedom
        assert_near(one.mean, 1, 1e-12);
        assert_near(one.high - one.mean, 4.30265 / sqrt(3), 1e-4);
        hg__paired_add(&p, second);
        // then 1, 2, 0: means 1 and 1, so nothing between seeds
        const hg__estimate two = hg__paired_difference(&p, 1, 0);
        assert_near(two.mean, 1, 1e-12);
        // of the same rows 2, 2, 2 together: nothing between rows either
        if (same) assert_true(two.high == 1 && two.low == 1 && two.p == 0);
        // of others the mean of both variances over six rows
        const double error = sqrt(1.0 / 6), limit = hg__student_limit(0.05, 4);
        if (!same) assert_near(two.high - two.mean, limit * error, 1e-9);
        if (!same) assert_near(two.p, hg__student_beyond(1 / error, 4), 1e-9);
        assert_near(hg__paired_difference(&p, 0, 1).mean, -1, 1e-12);
        assert_near(hg__paired_mean(&p, 0).mean, 2, 1e-12);
        hg__paired_clear(&p);
    }
}

static void what_is_not_known_stays_unknown(void **state) {
    (void)state;
    const double error[] = {1, 2, (double)NAN, (double)NAN, 1, 2};
    hg__paired p;
    assert_int_equal(hg__paired_init(&p, 3, 1, 2, false, NULL), HG_OK);
    hg__paired_add(&p, error);
    assert_true(isnan(hg__paired_mean(&p, 1).mean) && isnan(hg__paired_difference(&p, 0, 1).p));
    assert_true(hg__paired_difference(&p, 0, 2).p == 1); // the same errors
    assert_true(hg__paired_mean(&p, 0).high > 1.5);
    hg__paired_clear(&p);
}

// A normal number, the i-th of a stream.
static double draw(uint64_t i) {
    const hg__philox r = hg__philox_run(7, (uint32_t)i, 0, 0, 0);
    return hg__normal_quantile((r.word[0] + 0.5) / 4294967296.0);
}

// Seeds that differ as rows do: the difference's interval of 95 % misses its truth, 0.3, about once in twenty times.
static void intervals_hold_the_truth(void **state) {
    (void)state;
    enum { ROWS = 40, SEEDS = 4 };
    const int trials = IS_SANITIZED ? 100 : 1000;
    uint64_t next = 1;
    int missed = 0;
    for (int k = 0; k < trials; k++) {
        double hard[ROWS], error[2 * ROWS];
        hg__paired p;
        assert_int_equal(hg__paired_init(&p, 2, SEEDS, ROWS, true, NULL), HG_OK);
        for (int i = 0; i < ROWS; i++) hard[i] = draw(next++);
        for (int s = 0; s < SEEDS; s++) {
            const double of_seed = draw(next++) / 6;
            for (int i = 0; i < ROWS; i++) {
                error[i] = hard[i] + draw(next++) / 2;
                error[ROWS + i] = hard[i] + 0.3 + of_seed + draw(next++) / 2;
            }
            hg__paired_add(&p, error);
        }
        const hg__estimate e = hg__paired_difference(&p, 1, 0);
        missed += e.low > 0.3 || e.high < 0.3;
        hg__paired_clear(&p);
    }
    assert_in_range(missed, trials / 50, trials / 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(students_t_is_that_of_tables),
        cmocka_unit_test(holm_is_that_by_hand),
        cmocka_unit_test(the_parts_of_a_difference_are_those_by_hand),
        cmocka_unit_test(what_is_not_known_stays_unknown),
        cmocka_unit_test(intervals_hold_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
