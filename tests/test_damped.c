// SPDX-License-Identifier: Apache-2.0
// test_damped.c - fading statistics beside sums over all that was ever seen.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "traffic/damped.h"

#include <cmocka.h>

enum { VALUES = 300 };

typedef struct {
    double time[VALUES], value[VALUES];
    int side[VALUES];
} series;

static double draw(uint32_t *random) {
    *random = *random * 1664525U + 1013904223U;
    return (double)(*random >> 8) / (1 << 24);
}

static void draw_series(series *s) {
    uint32_t random = 7;
    double now = 0;
    for (int i = 0; i < VALUES; i++) {
        now += draw(&random) < 0.02 ? 30 : draw(&random) * 0.3;
        s->time[i] = now;
        s->value[i] = 60 + floor(draw(&random) * 1400);
        s->side[i] = draw(&random) < 0.4;
    }
}

// Nothing here is smaller than a billionth but 0 and rounding.
static void assert_near(double got, double want, double relative) {
    const double least = relative > 1e-9 ? 1e-9 : 0;
    if (fabs(got - want) > relative * fabs(want) + least) {
        fail_msg("expected %.17g, got %.17g", want, got);
    }
}

static void assert_number(float got, double want, double relative) {
    assert_near((double)got, want, relative);
}

static void factors_are_powers_of_2(void **state) {
    (void)state;
    hg__lanes f;
    double t = 0;
    for (int step = 0; step < 2000; step++) {
        hg__damped_factors(t, &f);
        for (int i = 0; i < HG_DAMPED_LANES; i++) {
            const double x = -hg__damped_lambda.at[i] * t;
            if (x >= -500) assert_near(f.at[i], exp2(x), 5e-16);
            if (x < -500) assert_true(f.at[i] == 0);
        }
        t = t * 1.01 + 1e-6;
    }
}

static void no_time_leaves_everything_and_much_time_nothing(void **state) {
    (void)state;
    hg__lanes f;
    hg__damped_factors(0, &f);
    for (int i = 0; i < HG_DAMPED_LANES; i++) assert_true(f.at[i] == 1);
    hg__damped_factors(1.9e10, &f); // the longest that nanoseconds hold
    for (int i = 0; i < HG_DAMPED_WINDOWS; i++) assert_true(f.at[i] == 0);
}

static void a_clock_that_goes_back_counts_as_no_time(void **state) {
    (void)state;
    assert_true(hg__seconds_between(5000000000, 3000000000) == 0);
    assert_near(hg__seconds_between(3000000000, 5000000000), 2, 1e-15);
    assert_near(hg__seconds_between(INT64_MIN, INT64_MAX), 18446744073.709551615, 1e-15);
}

static void weight_mean_and_deviation_are_those_of_the_faded_sums(void **state) {
    (void)state;
    series s;
    draw_series(&s);
    hg__damped d = {0};
    for (int n = 0; n < VALUES; n++) {
        hg__lanes f;
        float out[15];
        hg__damped_factors(n ? s.time[n] - s.time[n - 1] : 0, &f);
        hg__damped_add(&d, &f, s.value[n]);
        hg__damped_read(&d, out);
        for (int i = 0; i < HG_DAMPED_WINDOWS; i++) {
            double weight = 0, sum = 0, squares = 0;
            for (int k = 0; k <= n; k++) {
                const double w = exp2(-hg__damped_lambda.at[i] * (s.time[n] - s.time[k]));
                weight += w, sum += w * s.value[k];
            }
            for (int k = 0; k <= n; k++) {
                const double w = exp2(-hg__damped_lambda.at[i] * (s.time[n] - s.time[k]));
                squares += w * (s.value[k] - sum / weight) * (s.value[k] - sum / weight);
            }
            assert_number(out[3 * i], weight, 1e-6);
            assert_number(out[3 * i + 1], sum / weight, 1e-6);
            assert_number(out[3 * i + 2], sqrt(squares / weight), 1e-6);
        }
    }
}

static void equal_values_have_no_deviation_and_no_correlation(void **state) {
    (void)state;
    hg__damped_pair d = {0};
    hg__lanes f;
    float out[35];
    hg__damped_factors(0.013, &f);
    for (int i = 0; i < 1000; i++) hg__damped_pair_add(&d, i % 3 == 0, &f, 1337);
    hg__damped_pair_read(&d, 0, out);
    for (int i = 0; i < HG_DAMPED_WINDOWS; i++) {
        assert_true(out[7 * i + 1] == 1337);
        assert_true(out[7 * i + 2] == 0);
        assert_true(out[7 * i + 3] == 0);
        assert_number(out[7 * i + 4], 1337 * sqrt(2), 1e-6);
        assert_true(out[7 * i + 5] == 0 && out[7 * i + 6] == 0);
    }
}

static void what_was_never_seen_is_0_everywhere(void **state) {
    (void)state;
    const hg__damped none = {0};
    const hg__damped_pair no_pair = {0};
    float out[35];
    hg__damped_read(&none, out);
    for (int i = 0; i < 15; i++) assert_true(out[i] == 0);
    hg__damped_pair_read(&no_pair, 1, out);
    for (int i = 0; i < 35; i++) assert_true(out[i] == 0);
}

static void directions_that_move_together_correlate_and_within_1(void **state) {
    (void)state;
    hg__lanes f;
    hg__damped_factors(0.001, &f);
    for (int sign = -1; sign <= 1; sign += 2) {
        hg__damped_pair d = {0};
        uint32_t random = 3;
        float out[35];
        for (int i = 0; i < 4000; i++) {
            const double up = floor(draw(&random) * 1000); // asked, and answered alike
            hg__damped_pair_add(&d, 0, &f, 60 + up);
            hg__damped_pair_add(&d, 1, &f, sign > 0 ? 60 + up : 1400 - up);
            hg__damped_pair_read(&d, 1, out);
            for (int k = 6; k < 35; k += 7) assert_true(out[k] >= -1 && out[k] <= 1);
        }
        // Half of the products pair an answer with the next, unrelated question.
        assert_number(out[4 * 7 + 6], 0.5 * sign, 0.15);
    }
}

static void the_two_sides_are_alike(void **state) {
    (void)state;
    series s;
    draw_series(&s);
    hg__damped_pair a = {0}, b = {0};
    float x[35], y[35];
    for (int n = 0; n < VALUES; n++) {
        hg__lanes f;
        hg__damped_factors(n ? s.time[n] - s.time[n - 1] : 0, &f);
        hg__damped_pair_add(&a, s.side[n], &f, s.value[n]);
        hg__damped_pair_add(&b, !s.side[n], &f, s.value[n]);
        hg__damped_pair_read(&a, 0, x);
        hg__damped_pair_read(&b, 1, y);
        assert_memory_equal(x, y, sizeof x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_are_powers_of_2),
        cmocka_unit_test(no_time_leaves_everything_and_much_time_nothing),
        cmocka_unit_test(a_clock_that_goes_back_counts_as_no_time),
        cmocka_unit_test(weight_mean_and_deviation_are_those_of_the_faded_sums),
        cmocka_unit_test(equal_values_have_no_deviation_and_no_correlation),
        cmocka_unit_test(what_was_never_seen_is_0_everywhere),
        cmocka_unit_test(directions_that_move_together_correlate_and_within_1),
        cmocka_unit_test(the_two_sides_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
