// SPDX-License-Identifier: Apache-2.0
// test_spectrum.c - the transform of real numbers beside its definition in long double, and Parseval's sum.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"
#include "signal/spectrum.h"

#include <cmocka.h>

enum { MOST = 8192 };

static double x[MOST], to[MOST + 2];

static void draw(int32_t n, uint64_t seed) {
    uint64_t state = seed;
    for (int32_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        x[i] = (double)(int64_t)state * 0x1p-63;
    }
}

// The largest difference from sum x[i] e^(-2 pi j i k / n), k = 0, step, ...
static long double worst(int32_t n, int32_t step) {
    long double most = 0;
    for (int32_t k = 0; k <= n / 2; k += step) {
        long double re = 0, im = 0;
        for (int32_t i = 0; i < n; i++) {
            const long double turn = (long double)((int64_t)i * k % n) / n;
            re += (long double)x[i] * cosl(2 * 3.14159265358979323846264L * turn);
            im -= (long double)x[i] * sinl(2 * 3.14159265358979323846264L * turn);
        }
        const long double a = fabsl(re - (long double)to[2 * k]);
        const long double b = fabsl(im - (long double)to[2 * k + 1]);
        most = fmaxl(most, fmaxl(a, b));
    }
    return most;
}

static void transforms_are_what_their_definition_says(void **state) {
    (void)state;
    for (int32_t n = 4; n <= MOST; n *= 2) {
        hg__turns t;
        assert_int_equal(hg__turns_init(&t, n, NULL), HG_OK);
        draw(n, (uint64_t)n);
        hg__fourier_real(&t, x, to);
        const long double got = worst(n, n > 1024 ? 61 : 1);
        if (!(got < 3e-13L)) fail_msg("%d: %Lg", n, got);
        hg__turns_clear(&t);
    }
}

static void energy_is_the_same_on_both_sides(void **state) {
    (void)state;
    for (int32_t n = 4; n <= MOST; n *= 2) {
        hg__turns t;
        assert_int_equal(hg__turns_init(&t, n, NULL), HG_OK);
        draw(n, 7);
        hg__fourier_real(&t, x, to);
        double of_x = 0, of_line = 0;
        for (int32_t i = 0; i < n; i++) of_x += x[i] * x[i];
        for (int32_t k = 0; k <= n / 2; k++) {
            const double square = to[2 * k] * to[2 * k] + to[2 * k + 1] * to[2 * k + 1];
            of_line += (k == 0 || k == n / 2 ? 1 : 2) * square;
        }
        assert_true(fabs(of_line / n - of_x) < 1e-13 * of_x);
        hg__turns_clear(&t);
    }
}

static void an_impulse_and_a_constant_are_exact(void **state) {
    (void)state;
    hg__turns t;
    assert_int_equal(hg__turns_init(&t, 256, NULL), HG_OK);
    for (int32_t i = 0; i < 256; i++) x[i] = i == 0;
    hg__fourier_real(&t, x, to);
    for (int32_t k = 0; k <= 128; k++) assert_true(to[2 * k] == 1 && to[2 * k + 1] == 0);
    for (int32_t i = 0; i < 256; i++) x[i] = 3;
    hg__fourier_real(&t, x, to);
    assert_true(to[0] == 768 && to[1] == 0);
    for (int32_t k = 1; k <= 128; k++) assert_true(to[2 * k] == 0 && to[2 * k + 1] == 0);
    hg__turns_clear(&t);
}

// Hann's window has the constant in bins 0 and 1 alone: n / 2 and a quarter of n.
static void a_windowed_constant_is_in_two_bins(void **state) {
    (void)state;
    hg__spectrum s;
    float piece[512];
    double power[257];
    assert_int_equal(hg__spectrum_init(&s, 512, NULL), HG_OK);
    for (int i = 0; i < 512; i++) piece[i] = 1;
    assert_true(hg__spectrum_run(&s, piece, power));
    assert_true(fabs(power[0] - 256.0 * 256) < 1e-9 && fabs(power[1] - 128.0 * 128) < 1e-9);
    for (int k = 2; k <= 256; k++) assert_true(power[k] < 1e-24);
    hg__spectrum_clear(&s);
}

static void what_is_not_finite_has_no_spectrum(void **state) {
    (void)state;
    hg__spectrum s;
    float piece[256] = {0};
    double power[129];
    assert_int_equal(hg__spectrum_init(&s, 256, NULL), HG_OK);
    assert_true(hg__spectrum_run(&s, piece, power));
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        piece[0] = bad[i]; // where the window is 0
        assert_false(hg__spectrum_run(&s, piece, power));
        piece[0] = 0;
        piece[255] = bad[i];
        assert_false(hg__spectrum_run(&s, piece, power));
        piece[255] = 0;
    }
    hg__spectrum_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_are_what_their_definition_says),
        cmocka_unit_test(energy_is_the_same_on_both_sides),
        cmocka_unit_test(an_impulse_and_a_constant_are_exact),
        cmocka_unit_test(a_windowed_constant_is_in_two_bins),
        cmocka_unit_test(what_is_not_finite_has_no_spectrum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
