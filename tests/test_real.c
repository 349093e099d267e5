// SPDX-License-Identifier: Apache-2.0
// test_real.c - logarithm, exponential, sine and the normal quantile beside libm's, and the same bits everywhere.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms_are_right_over_all_magnitudes),
        cmocka_unit_test(exponentials_undo_logarithms),
        cmocka_unit_test(turns_are_sines_and_cosines),
        cmocka_unit_test(normal_quantiles_lie_where_the_distribution_says),
        cmocka_unit_test(results_are_the_same_bits_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
