// SPDX-License-Identifier: Apache-2.0
// test_period.c - the period of drawn channels, and none where there is none; TSB-AD's window.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "base/rng.h"
#include "faults.h"
#include "monitor/period.h"

#include <cmocka.h>

enum { MOST = 20000 };
static float x[MOST];

static float uniform(uint32_t seed, int t) {
    return hg__unit_float(hg__philox_run(seed, (uint32_t)t, 0, 0, 0).word[0]) - 0.5F;
}

static void draw_sine(int steps, double period, float noise) {
    for (int t = 0; t < steps; t++) {
        x[t] = (float)hg__sin_turn(t / period) + noise * uniform(1, t);
    }
}

static int period(int steps) {
    return hg__find_period(x, steps, NULL);
}

static void a_sine_has_its_period(void **state) {
    (void)state;
    const int periods[] = {4, 7, 24, 50, 288, 1440};
    for (int i = 0; i < 6; i++) {
        draw_sine(MOST, periods[i], 0);
        assert_true(abs(period(MOST) - periods[i]) <= periods[i] / 500);
        draw_sine(MOST, periods[i], 1);
        assert_true(abs(period(MOST) - periods[i]) <= periods[i] / 24);
    }
    draw_sine(1000, 100, 0.5F);
    assert_true(abs(period(1000) - 100) <= 2);
    draw_sine(MOST, 2.5, 0);
    assert_int_equal(period(MOST), 5);
}

static void drift_scale_and_spikes_do_not_matter(void **state) {
    (void)state;
    draw_sine(MOST, 50, 0.5F);
    for (int t = 0; t < MOST; t++) {
        x[t] = 1e6F + x[t] * 1e-3F * 1e4F + (float)t * 0.5F + (t % 1777 == 5 ? 3000 : 0);
    }
    assert_int_equal(period(MOST), 50);
}

static void a_daily_pattern_counts_before_a_weekly_one(void **state) {
    (void)state;
    for (int t = 0; t < MOST; t++) {
        x[t] =
            (float)(hg__sin_turn(t / 24.0) + 0.5 * hg__sin_turn(t / 168.0)) + 0.5F * uniform(2, t);
    }
    assert_int_equal(period(MOST), 24);
}

static void two_beats_in_a_period_are_one(void **state) {
    (void)state;
    for (int t = 0; t < MOST; t++) {
        const int place = t % 100;
        x[t] = (place < 10 ? 1 : place >= 40 && place < 50 ? 0.6F : 0) + 0.2F * uniform(3, t);
    }
    assert_int_equal(period(MOST), 100);
}

static void noise_and_walks_have_none(void **state) {
    (void)state;
    const int sizes[] = {10, 30, 100, 300, 1000, 5000};
    for (uint32_t seed = 0; seed < 10; seed++) {
        for (int i = 0; i < 6; i++) {
            for (int t = 0; t < sizes[i]; t++) x[t] = uniform(seed, t);
            assert_int_equal(period(sizes[i]), 0);
            for (int t = 1; t < sizes[i]; t++) x[t] = 0.95F * x[t - 1] + uniform(seed, t);
            assert_int_equal(period(sizes[i]), 0);
        }
    }
}

static void what_is_constant_missing_or_short_has_none(void **state) {
    (void)state;
    for (int t = 0; t < MOST; t++) x[t] = 3;
    for (int steps = 0; steps < 20; steps++) assert_int_equal(period(steps), 0);
    assert_int_equal(period(MOST), 0);
    for (int t = 0; t < MOST; t++) x[t] = NAN;
    assert_int_equal(period(MOST), 0);
    for (int t = 0; t < MOST; t++) x[t] = (float)t;
    assert_int_equal(period(MOST), 0);
}

static void missing_steps_are_left_out(void **state) {
    (void)state;
    draw_sine(MOST, 50, 0.2F);
    for (int t = 0; t < MOST; t++) {
        if (uniform(9, t) < -0.2F) x[t] = t % 3 ? NAN : INFINITY;
    }
    assert_int_equal(period(MOST), 50);
}

// find_length_rank(x, 1) of TSB-AD 1.5 (TSB_AD/utils/slidingWindows.py) over the same numbers.
static void the_window_of_vus_is_the_reference_s(void **state) {
    (void)state;
    uint32_t r = 1;
    for (int t = 0; t < 3000; t++) {
        r = (r * 1103515245U + 12345U) & 0x7fffffffU;
        const int place = t % 90;
        x[t] = (float)(r >> 8) / 8388608.0F + (float)(place < 45 ? place : 90 - place) / 32.0F;
    }
    assert_int_equal(hg__vus_window(x, 3000, NULL), 90);
    for (int t = 0; t < 3000; t++) x[t] = (float)(t % 350);
    assert_int_equal(hg__vus_window(x, 3000, NULL), 125);
    for (int t = 0; t < 3000; t++) x[t] = (float)(t % 4);
    assert_int_equal(hg__vus_window(x, 3000, NULL), 125);
    for (int t = 0; t < 3000; t++) x[t] = 1;
    assert_int_equal(hg__vus_window(x, 3000, NULL), 125);
    assert_int_equal(hg__vus_window(x, 1, NULL), 125);
}

static void memory_may_fail(void **state) {
    (void)state;
    assert_int_equal(count_faults("period", "HG_FAIL_ALLOC", ""), 6);
}

static int child(void) {
    hg_error err = {0};
    draw_sine(500, 20, 0);
    int found = hg__find_period(x, 500, &err);
    if (found >= 0) found = hg__vus_window(x, 500, &err);
    if (found >= 0) return CHILD_WORKED;
    return found == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sine_has_its_period),
        cmocka_unit_test(drift_scale_and_spikes_do_not_matter),
        cmocka_unit_test(a_daily_pattern_counts_before_a_weekly_one),
        cmocka_unit_test(two_beats_in_a_period_are_one),
        cmocka_unit_test(noise_and_walks_have_none),
        cmocka_unit_test(what_is_constant_missing_or_short_has_none),
        cmocka_unit_test(missing_steps_are_left_out),
        cmocka_unit_test(the_window_of_vus_is_the_reference_s),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
