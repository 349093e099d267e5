// SPDX-License-Identifier: Apache-2.0
// test_real.c - logarithm, exponential, sine and the normal quantile beside libm's, and the same bits everywhere.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/tensor.h"

#include <cmocka.h>

static void expect_near(double got, double wanted, double relative) {
    if (fabs(got - wanted) <= relative * fabs(wanted)) return;
    print_error("got %.17g, expected %.17g\n", got, wanted);
    fail();
}

static void logarithms_are_right_over_all_magnitudes(void **state) {
    (void)state;
    for (int i = -3100; i < 3000; i++) {
        const double x = pow(10, i * 0.1 + 1e-4), y = 0.5 + (i + 3100) * 2.3e-4;
        expect_near(hg__log(x), log(x), 1e-15);
        expect_near(hg__log(y), log(y), 1e-15);
        expect_near(hg__log1p(x), log1p(x), 1e-15);
    }
    assert_true(hg__log(1) == 0 && hg__log1p(0) == 0);
}

static void exponentials_undo_logarithms(void **state) {
    (void)state;
    for (int i = -2000; i < 285; i++) {
        const double x = pow(10, i * 0.01);
        expect_near(hg__expm1(x), expm1(x), 1e-15);
    }
    assert_true(hg__expm1(0) == 0);
    assert_true(isinf(hg__expm1(1000)));
}

static void turns_are_sines_and_cosines(void **state) {
    (void)state;
    const double pi = 3.14159265358979323846;
    for (int i = -1500; i < 1500; i++) {
        const double t = i * 1.3e-3;
        assert_true(fabs(hg__sin_turn(t) - sin(2 * pi * t)) < 1e-14);
        assert_true(fabs(hg__cos_turn(t) - cos(2 * pi * t)) < 1e-14);
    }
    assert_true(hg__sin_turn(0.5) == 0 && hg__cos_turn(0.5) == -1 && hg__sin_turn(0.25) == 1);
}

static void normal_quantiles_lie_where_the_distribution_says(void **state) {
    (void)state;
    for (int i = 1; i < 2000; i++) {
        const double p = i < 1000 ? pow(10, -i * 0.009) : (i - 1000) * 1e-3 + 1e-4;
        expect_near(0.5 * erfc(-hg__normal_quantile(p) / sqrt(2)), p, 1e-12);
    }
    assert_true(hg__normal_quantile(0.5) == 0);
    assert_true(hg__normal_quantile(0) == hg__normal_quantile(1e-11));
    assert_true(hg__normal_quantile(0) > -7 && hg__normal_quantile(1) < 7);
}

// The sum of the bits of many results: a machine or compiler that rounds another way would change it.
static void results_are_the_same_bits_on_every_machine(void **state) {
    (void)state;
    uint64_t sum = 0;
    for (int i = 1; i < 20000; i++) {
        const double x = i * 0.01733, all[] = {hg__log(x), hg__log1p(x), hg__expm1(x),
                                               hg__sin_turn(x), hg__normal_quantile(i / 20000.0)};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
            union {
                double value;
                uint64_t bits;
            } u = {all[k]};
            sum = (sum << 7 | sum >> 57) ^ u.bits;
        }
    }
    assert_true(sum == 0x6333fffd867d0dcaULL);
}

static void halves_come_back_and_numbers_become_the_nearest(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h++) {
        const float value = hg__half_to_float((uint16_t)h);
        const uint16_t back = hg__half_from_double((double)value);
        if (isnan(value)) assert_true(isnan(hg__half_to_float(back)));
        if (!isnan(value)) assert_int_equal(back, h);
    }
    assert_int_equal(hg__half_from_double(1), 0x3C00);
    assert_int_equal(hg__half_from_double(-65504), 0xFBFF);
    assert_int_equal(hg__half_from_double(65519.99), 0x7BFF);
    assert_int_equal(hg__half_from_double(65520), 0x7C00);
    assert_int_equal(hg__half_from_double(1 + 0x1p-11), 0x3C00); // a tie, to even
    assert_int_equal(hg__half_from_double(1 + 3 * 0x1p-11), 0x3C02);
    assert_int_equal(hg__half_from_double(2 - 0x1p-12), 0x4000); // into the next exponent
    assert_int_equal(hg__half_from_double(0x1p-14 - 0x1p-26), 0x0400);
    assert_int_equal(hg__half_from_double(0x1p-25), 0);
    assert_int_equal(hg__half_from_double(0x1.1p-25), 1);
}

static void quantiles_lie_on_lines_between_neighbours(void **state) {
    (void)state;
    static const double x[] = {-2, 0, 1, 5};
    assert_true(hg__quantile(x, 4, 0) == -2 && hg__quantile(x, 4, 1) == 5);
    assert_true(hg__quantile(x, 4, 0.5) == 0.5 && hg__quantile(x, 4, 0.75) == 2);
    assert_true(hg__quantile(x, 1, 0.3) == -2);
    static const double endless[] = {0, (double)INFINITY};
    assert_true(isinf(hg__quantile(endless, 2, 1))); // not infinity less itself
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms_are_right_over_all_magnitudes),
        cmocka_unit_test(exponentials_undo_logarithms),
        cmocka_unit_test(turns_are_sines_and_cosines),
        cmocka_unit_test(normal_quantiles_lie_where_the_distribution_says),
        cmocka_unit_test(quantiles_lie_on_lines_between_neighbours),
        cmocka_unit_test(halves_come_back_and_numbers_become_the_nearest),
        cmocka_unit_test(results_are_the_same_bits_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
