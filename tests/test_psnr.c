// SPDX-License-Identifier: Apache-2.0
// test_psnr.c - PSNR and SSIM against their definitions, window by window.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/rng.h"
#include "restore/psnr.h"

#include <cmocka.h>

// An image (height, width, channels) of smooth waves, and `noise` of something else added.
static float *draw(const hg__frame *f, uint64_t seed, float noise) {
    const size_t n = hg__frame_samples(f);
    float *x = hg__alloc(n, sizeof *x, NULL);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        const float u = hg__unit_float(hg__philox_run(seed, (uint32_t)i, 0, 0, 0).word[0]) - 0.5F;
        x[i] = 0.5F + 0.3F * sinf((float)i * 0.05F) + noise * u;
    }
    return x;
}

static double ssim_of(const hg__frame *f, const float *x, const float *y, int32_t threads) {
    hg__pool *pool = hg__pool_new(threads, NULL);
    double ssim = 0;
    assert_int_equal(hg__ssim(pool, f, x, y, &ssim, NULL), 0);
    hg__pool_free(pool);
    return ssim;
}

static void psnr_is_20_db_for_a_difference_of_a_tenth(void **state) {
    (void)state;
    const hg__frame f = {5, 7, 3};
    float x[105], y[105];
    for (int i = 0; i < 105; i++) x[i] = 0.25F, y[i] = i % 2 ? 0.15F : 0.35F;
    assert_true(fabs(hg__psnr(&f, x, y) - 20) < 1e-5);
    y[17] = 0.25F; // one of 105 right
    assert_true(fabs(hg__psnr(&f, x, y) - (20 + 10 * log10(105.0 / 104))) < 1e-5);
}

static void psnr_of_equal_images_is_infinite_and_their_ssim_is_1(void **state) {
    (void)state;
    const hg__frame f = {13, 12, 1};
    float *x = draw(&f, 1, 0.2F);
    assert_true(isinf(hg__psnr(&f, x, x)) && hg__psnr(&f, x, x) > 0);
    assert_true(fabs(ssim_of(&f, x, x, 1) - 1) < 1e-12);
    hg__free(x);
}

// One window of one channel: the formula with its sums written out, means first.
static double window_ssim(const hg__frame *f, const float *x, const float *y, int top, int left,
                          int c) {
    double weight = 0, mx = 0, my = 0, vx = 0, vy = 0, xy = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < 121; k++) {
            const int i = k / 11, j = k % 11;
            const double w = exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / 4.5);
            const int at = ((top + i) * f->width + left + j) * f->channels + c;
            const double a = (double)x[at], b = (double)y[at];
            if (pass == 0) {
                weight += w, mx += w * a, my += w * b;
            } else {
                vx += w / weight * (a - mx) * (a - mx);
                vy += w / weight * (b - my) * (b - my);
                xy += w / weight * (a - mx) * (b - my);
            }
        }
        if (pass == 0) mx /= weight, my /= weight;
    }
    return (2 * mx * my + 1e-4) * (2 * xy + 9e-4) / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4));
}

static double mean_of_windows(const hg__frame *f, const float *x, const float *y) {
    double sum = 0;
    const int down = f->height - 10, along = f->width - 10, all = down * along * f->channels;
    for (int k = 0; k < all; k++) {
        const int place = k / f->channels;
        sum += window_ssim(f, x, y, place / along, place % along, k % f->channels);
    }
    return sum / all;
}

static void ssim_is_the_mean_over_all_whole_windows_and_channels(void **state) {
    (void)state;
    const hg__frame frames[] = {
        {11, 11, 1},
        {11, 30, 3},
        {25, 14, 1},
        {19, 23, 3}
    };
    for (size_t n = 0; n < sizeof frames / sizeof *frames; n++) {
        const hg__frame *f = frames + n;
        float *x = draw(f, 2, 0), *y = draw(f, 3, 0.4F);
        const double got = ssim_of(f, x, y, 1);
        assert_true(got > 0 && got < 1);
        assert_true(fabs(got - mean_of_windows(f, x, y)) < 1e-10);
        assert_true(ssim_of(f, x, y, 3) == got); // the same bits
        hg__free(x);
        hg__free(y);
    }
}

static void ssim_of_an_image_smaller_than_its_window_is_no_number(void **state) {
    (void)state;
    const hg__frame flat = {10, 40, 1}, narrow = {40, 10, 1};
    float *x = draw(&flat, 4, 0.1F);
    assert_true(isnan(ssim_of(&flat, x, x, 1)));
    assert_true(isnan(ssim_of(&narrow, x, x, 1)));
    hg__free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psnr_is_20_db_for_a_difference_of_a_tenth),
        cmocka_unit_test(psnr_of_equal_images_is_infinite_and_their_ssim_is_1),
        cmocka_unit_test(ssim_is_the_mean_over_all_whole_windows_and_channels),
        cmocka_unit_test(ssim_of_an_image_smaller_than_its_window_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
