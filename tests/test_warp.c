// SPDX-License-Identifier: Apache-2.0
// test_warp.c - poses and their inverses, pictures turned and shifted, and the Fourier transform against its sum.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "parts/fourier.h"
#include "parts/warp.h"

#include <cmocka.h>

static double unit(uint32_t i) {
    return (double)hg__unit_float(hg__philox_run(4, i, 0, 0, 0).word[0]);
}

static hg__raster noise(int32_t height, int32_t width, int32_t channels) {
    hg__raster r;
    assert_int_equal(hg__raster_init(&r, height, width, channels, NULL), HG_OK);
    for (size_t i = 0; i < hg__raster_count(&r); i++) r.at[i] = (float)unit((uint32_t)i);
    return r;
}

static void a_place_and_back_is_the_place(void **state) {
    (void)state;
    for (uint32_t k = 0; k < 50; k++) {
        const hg__pose pose = {unit(k), 9 * unit(k + 100), -7 * unit(k + 200)};
        const hg__pose back = hg__pose_inverse(&pose);
        const hg__point p = {30 * unit(k + 300), 20 * unit(k + 400)};
        const hg__point q = hg__pose_place(&pose, 20, 31, 44, 17, p);
        const hg__point r = hg__pose_place(&back, 44, 17, 20, 31, q);
        assert_true(fabs(r.y - p.y) < 1e-9 && fabs(r.x - p.x) < 1e-9);
    }
}

static void no_pose_leaves_the_picture(void **state) {
    (void)state;
    const hg__pose none = {0};
    hg__raster from = noise(9, 14, 3), to, real;
    assert_int_equal(hg__raster_warp(&to, &real, &from, &none, 9, 14, NULL), HG_OK);
    for (size_t i = 0; i < hg__raster_count(&to); i++) assert_true(to.at[i] == from.at[i]);
    for (size_t i = 0; i < hg__raster_count(&real); i++) assert_true(real.at[i] == 1);
    hg__raster_clear(&from);
    hg__raster_clear(&to);
    hg__raster_clear(&real);
}

// A part turned clockwise by a quarter: its top is at the picture's right.
static void a_quarter_turn_takes_the_top_from_the_right(void **state) {
    (void)state;
    const hg__pose quarter = {.turn = 0.25};
    hg__raster from = noise(7, 5, 1), to;
    assert_int_equal(hg__raster_warp(&to, NULL, &from, &quarter, 5, 7, NULL), HG_OK);
    for (int32_t y = 0; y < 5; y++) {
        for (int32_t x = 0; x < 7; x++) {
            const float want = *hg__raster_pixel(&from, x, 4 - y);
            assert_true(fabsf(*hg__raster_pixel(&to, y, x) - want) < 1e-6F);
        }
    }
    hg__raster_clear(&from);
    hg__raster_clear(&to);
}

static void outside_is_the_edge_and_marked(void **state) {
    (void)state;
    const hg__pose pose = {0, -2, 3.5};
    hg__raster from = noise(6, 8, 1), to, real;
    assert_int_equal(hg__raster_warp(&to, &real, &from, &pose, 6, 8, NULL), HG_OK);
    for (int32_t y = 0; y < 6; y++) {
        for (int32_t x = 0; x < 8; x++) {
            const int32_t i = y < 2 ? 0 : y - 2;
            const float a = *hg__raster_pixel(&from, i, x + 3 < 8 ? x + 3 : 7);
            const float b = *hg__raster_pixel(&from, i, x + 4 < 8 ? x + 4 : 7);
            assert_true(fabsf(*hg__raster_pixel(&to, y, x) - (a + b) / 2) < 1e-6F);
            assert_true(*hg__raster_pixel(&real, y, x) == (y >= 2 && x + 3.5 <= 7.5 ? 1 : 0));
        }
    }
    hg__raster_clear(&from);
    hg__raster_clear(&to);
    hg__raster_clear(&real);
}

static void a_picture_of_one_pixel_is_all_its_own(void **state) {
    (void)state;
    const hg__pose pose = {0.1, 3, 4};
    hg__raster from = noise(1, 1, 3), to;
    assert_int_equal(hg__raster_warp(&to, NULL, &from, &pose, 4, 4, NULL), HG_OK);
    for (int i = 0; i < 4 * 4 * 3; i++) assert_true(to.at[i] == from.at[i % 3]);
    hg__raster_clear(&from);
    hg__raster_clear(&to);
}

// ---- the transform ------------------------------------------------------------------------------

// Its sum at (v, u), real and imaginary.
static void exact(const double *x, int32_t n, int32_t v, int32_t u, double sum[2]) {
    sum[0] = sum[1] = 0;
    for (int32_t i = 0; i < n * n; i++) {
        const int32_t steps = v * (i / n) + u * (i % n);
        const double a = hg__cos_turn((double)steps / n), b = -hg__sin_turn((double)steps / n);
        sum[0] += a * x[i] - b * x[n * n + i];
        sum[1] += a * x[n * n + i] + b * x[i];
    }
}

static void expect_transform(int32_t n) {
    hg__turns f;
    const int32_t count = n * n;
    double *x = hg__alloc((size_t)count, 4 * sizeof *x, NULL), *y = x + 2 * count;
    assert_int_equal(hg__turns_init(&f, n, NULL), HG_OK);
    for (int32_t i = 0; i < 2 * count; i++) x[i] = y[i] = unit((uint32_t)i) - 0.5;
    hg__fourier_run(&f, y, false);
    for (int32_t i = 0; i < count; i++) {
        double sum[2];
        exact(x, n, i / n, i % n, sum);
        assert_true(fabs(y[i] - sum[0]) < 1e-10 && fabs(y[count + i] - sum[1]) < 1e-10);
    }
    hg__fourier_run(&f, y, true);
    for (int32_t i = 0; i < 2 * count; i++) assert_true(fabs(y[i] / count - x[i]) < 1e-12);
    hg__turns_clear(&f);
    hg__free(x);
}

static void the_transform_is_its_sum_and_goes_back(void **state) {
    (void)state;
    for (int32_t n = 2; n <= 16; n *= 2) expect_transform(n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_and_back_is_the_place),
        cmocka_unit_test(no_pose_leaves_the_picture),
        cmocka_unit_test(a_quarter_turn_takes_the_top_from_the_right),
        cmocka_unit_test(outside_is_the_edge_and_marked),
        cmocka_unit_test(a_picture_of_one_pixel_is_all_its_own),
        cmocka_unit_test(the_transform_is_its_sum_and_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
