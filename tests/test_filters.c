// SPDX-License-Identifier: Apache-2.0
// test_filters.c - the classical filters against their definitions, pixel by pixel, edges included.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "restore/filters.h"

#include <cmocka.h>

// Sizes of one pixel, one line, one column, less than a window, more than a tile.
static const hg__frame frames[] = {
    {1,  1,   1},
    {1,  9,   3},
    {7,  1,   1},
    {2,  3,   3},
    {18, 21,  3},
    {35, 131, 1}
};
enum { FRAMES = sizeof frames / sizeof *frames };

typedef double at_pixel(const hg__frame *f, const float *x, const double *argument, int i, int j,
                        int c);
typedef int filter(hg__pool *pool, const hg__frame *f, const float *x, const double *argument,
                   float *y);

static double pixel(const hg__frame *f, const float *x, int i, int j, int c) {
    const int line = hg__mirror(i, f->height), column = hg__mirror(j, f->width);
    return (double)x[(line * f->width + column) * f->channels + c];
}

// Fills in x: blocks of two greys and noise.
static void draw(const hg__frame *f, float *x) {
    for (int k = 0; k < f->height * f->width; k++) {
        const hg__philox p = hg__philox_run(5, (uint32_t)k, 0, 0, 0);
        const bool light = (k / f->width / 6 + k % f->width / 6) % 2;
        for (int c = 0; c < f->channels; c++) {
            x[k * f->channels + c] = (light ? 0.7F : 0.3F) + 0.2F * hg__unit_float(p.word[c]);
        }
    }
}

static void expect_pixels(const hg__frame *f, const float *x, const float *y, at_pixel *exact,
                          const double *argument) {
    for (size_t k = 0; k < hg__frame_samples(f); k++) {
        const int p = (int)(k / (size_t)f->channels), c = (int)(k % (size_t)f->channels);
        const double want = exact(f, x, argument, p / f->width, p % f->width, c);
        if (fabs((double)y[k] - want) <= 2e-6) continue;
        fail_msg("%d x %d, pixel %d: expected %.9g, got %.9g", f->height, f->width, p, want,
                 (double)y[k]);
    }
}

static void expect_filter(filter *run, at_pixel *exact, const double *argument) {
    for (int n = 0; n < FRAMES; n++) {
        const hg__frame *f = frames + n;
        const size_t samples = hg__frame_samples(f);
        float *x = hg__alloc(3 * samples, sizeof *x, NULL), *y = x + samples, *again = y + samples;
        assert_non_null(x);
        draw(f, x);
        hg__pool *one = hg__pool_new(1, NULL), *three = hg__pool_new(3, NULL);
        assert_int_equal(run(one, f, x, argument, y), 0);
        assert_int_equal(run(three, f, x, argument, again), 0);
        assert_memory_equal(y, again, samples * sizeof *y);
        expect_pixels(f, x, y, exact, argument);
        hg__pool_free(one);
        hg__pool_free(three);
        hg__free(x);
    }
}

// ---- Gaussian -----------------------------------------------------------------------------------

static double gaussian_at(const hg__frame *f, const float *x, const double *argument, int i, int j,
                          int c) {
    const double sigma = *argument;
    const int r = (int)(4 * sigma + 0.5);
    double sum = 0, weight = 0;
    for (int di = -r; di <= r; di++) {
        for (int dj = -r; dj <= r; dj++) {
            const double w = exp(-(di * di + dj * dj) / (2 * sigma * sigma));
            weight += w;
            sum += w * pixel(f, x, i + di, j + dj, c);
        }
    }
    return sum / weight;
}

static int run_gaussian(hg__pool *pool, const hg__frame *f, const float *x, const double *argument,
                        float *y) {
    return hg__filter_gaussian(pool, f, x, *argument, y, NULL);
}

static void gaussian_is_a_weighted_mean(void **state) {
    (void)state;
    const double sigmas[] = {0.4, 1, 2.5};
    for (int i = 0; i < 3; i++) expect_filter(run_gaussian, gaussian_at, sigmas + i);
}

// ---- median -------------------------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_at(const hg__frame *f, const float *x, const double *argument, int i, int j,
                        int c) {
    const int r = (int)*argument, side = 2 * r + 1;
    double v[(2 * HG_MAX_MEDIAN + 1) * (2 * HG_MAX_MEDIAN + 1)];
    for (int k = 0; k < side * side; k++) {
        v[k] = pixel(f, x, i + k / side - r, j + k % side - r, c);
    }
    qsort(v, (size_t)side * (size_t)side, sizeof *v, compare);
    return v[side * side / 2];
}

static int run_median(hg__pool *pool, const hg__frame *f, const float *x, const double *argument,
                      float *y) {
    return hg__filter_median(pool, f, x, (int32_t)*argument, y, NULL);
}

static void median_is_the_middle_one(void **state) {
    (void)state;
    const double radii[] = {0, 1, 2, 3, HG_MAX_MEDIAN};
    for (int i = 0; i < 5; i++) expect_filter(run_median, median_at, radii + i);
}

// ---- non-local means ----------------------------------------------------------------------------

typedef struct nl_case {
    double patch, search, sigma, h;
} nl_case;

static double patch_distance(const hg__frame *f, const float *x, int r, const int from[2],
                             const int to[2]) {
    double sum = 0;
    for (int k = 0; k < (2 * r + 1) * (2 * r + 1); k++) {
        const int i = k / (2 * r + 1) - r, j = k % (2 * r + 1) - r;
        for (int c = 0; c < f->channels; c++) {
            const double d =
                pixel(f, x, from[0] + i, from[1] + j, c) - pixel(f, x, to[0] + i, to[1] + j, c);
            sum += d * d;
        }
    }
    return sum / ((2 * r + 1) * (2 * r + 1) * f->channels);
}

static double nl_means_at(const hg__frame *f, const float *x, const double *argument, int i, int j,
                          int c) {
    const nl_case n = {argument[0], argument[1], argument[2], argument[3]};
    const int r = (int)n.search;
    double sum = 0, weight = 0;
    for (int di = -r; di <= r; di++) {
        for (int dj = -r; dj <= r; dj++) {
            const int from[2] = {i, j}, to[2] = {i + di, j + dj};
            const double d = patch_distance(f, x, (int)n.patch, from, to);
            const double w = exp(-fmax(d - 2 * n.sigma * n.sigma, 0) / (n.h * n.h));
            weight += w;
            sum += w * pixel(f, x, to[0], to[1], c);
        }
    }
    return sum / weight;
}

static int run_nl_means(hg__pool *pool, const hg__frame *f, const float *x, const double *argument,
                        float *y) {
    const hg__nl_means n = {(int32_t)argument[0], (int32_t)argument[1], argument[2], argument + 3,
                            1};
    return hg__filter_nl_means(pool, f, x, &n, &y, NULL);
}

static void nl_means_weighs_pixels_by_their_patches(void **state) {
    (void)state;
    const double cases[][4] = {
        {0, 2, 0,    0.1 },
        {1, 3, 0,    0.05},
        {2, 4, 0.05, 0.06},
        {3, 2, 0.03, 0.3 }
    };
    for (int i = 0; i < 4; i++) expect_filter(run_nl_means, nl_means_at, cases[i]);
}

static void nl_means_of_several_h_are_those_of_one_each(void **state) {
    (void)state;
    const hg__frame f = {20, 33, 3};
    const double h[3] = {0.02, 0.07, 0.2};
    static float x[1980], one[1980], all[3][1980];
    hg__pool *pool = hg__pool_new(2, NULL);
    draw(&f, x);
    hg__nl_means n = {2, 5, 0.05, h, 3};
    assert_int_equal(
        hg__filter_nl_means(pool, &f, x, &n, (float *[]){all[0], all[1], all[2]}, NULL), 0);
    n.count = 1;
    for (int k = 0; k < 3; k++, n.h++) {
        assert_int_equal(hg__filter_nl_means(pool, &f, x, &n, (float *[]){one}, NULL), 0);
        assert_memory_equal(one, all[k], sizeof one);
    }
    assert_memory_not_equal(all[0], all[1], sizeof one);
    hg__pool_free(pool);
}

// ---- BM3D ---------------------------------------------------------------------------------------

static int run_bm3d(const hg__frame *f, const float *x, double sigma, int threads, float *y) {
    hg__pool *pool = hg__pool_new(threads, NULL);
    const int code = hg__filter_bm3d(pool, f, x, sigma, y, NULL);
    hg__pool_free(pool);
    return code;
}

static void bm3d_gives_the_same_bits_for_any_threads(void **state) {
    (void)state;
    const hg__frame larger[] = {
        {8,   8,   1},
        {9,   61,  3},
        {115, 103, 1}
    };
    for (int n = 0; n < FRAMES + 3; n++) {
        const hg__frame *f = n < FRAMES ? frames + n : larger + n - FRAMES;
        const size_t samples = hg__frame_samples(f);
        float *x = hg__alloc(3 * samples, sizeof *x, NULL), *y = x + samples, *again = y + samples;
        assert_non_null(x);
        draw(f, x);
        assert_int_equal(run_bm3d(f, x, 0.06, 1, y), 0);
        assert_int_equal(run_bm3d(f, x, 0.06, 3, again), 0);
        assert_memory_equal(y, again, samples * sizeof *y);
        for (size_t k = 0; k < samples; k++) assert_true(y[k] > 0 && y[k] < 1.2F);
        hg__free(x);
    }
}

// Flat images stay as they are: every pixel is covered, in each plane of a colour.
static void bm3d_keeps_what_is_flat(void **state) {
    (void)state;
    const hg__frame f = {50, 71, 3};
    const float colour[] = {0.8F, 0.25F, 0.5F};
    static float x[50 * 71 * 3], y[50 * 71 * 3];
    for (int k = 0; k < 50 * 71 * 3; k++) x[k] = colour[k % 3];
    assert_int_equal(run_bm3d(&f, x, 0.1, 2, y), 0);
    for (int k = 0; k < 50 * 71 * 3; k++) { // Wiener's rule shrinks a little
        assert_true(fabsf(y[k] - x[k]) < 1e-4F);
    }
    assert_int_equal(run_bm3d(&f, x, 0, 2, y), 0); // no noise is told
    assert_memory_equal(x, y, sizeof x);
}

// Noise of 0.1 on a disc and stripes, in grey and in colour: 20 dB before.
static void bm3d_takes_noise_away(void **state) {
    (void)state;
    enum { SIZE = 96 };
    static float clean[SIZE * SIZE * 3], x[SIZE * SIZE * 3], y[SIZE * SIZE * 3];
    for (int channels = 1; channels <= 3; channels += 2) {
        const hg__frame f = {SIZE, SIZE, channels};
        for (int k = 0; k < SIZE * SIZE * channels; k++) {
            const int i = k / channels / SIZE - SIZE / 2, j = k / channels % SIZE - SIZE / 2;
            const bool is_light = i * i + j * j < 900 || (j > 20 && i / 4 % 2);
            float noise = -6; // of 12 even numbers: a standard deviation of 1
            for (uint32_t n = 0; n < 3; n++) {
                const hg__philox p = hg__philox_run(8, (uint32_t)k, n, 0, 0);
                for (int w = 0; w < 4; w++) noise += hg__unit_float(p.word[w]);
            }
            clean[k] = is_light ? 0.75F : 0.25F + 0.1F * (float)(k % channels);
            x[k] = clean[k] + 0.1F * noise;
        }
        assert_int_equal(run_bm3d(&f, x, 0.1, 2, y), 0);
        const double before = hg__psnr(&f, x, clean), after = hg__psnr(&f, y, clean);
        if (before < 20.3 && after > before + 10) continue;
        fail_msg("%d channels: expected 10 dB more than %.2f, got %.2f", channels, before, after);
    }
}

static void edges_are_mirrored_however_far(void **state) {
    (void)state;
    const int want[] = {0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0};
    for (int i = -6; i <= 6; i++) {
        assert_int_equal(hg__mirror(i, 4), want[i + 6]);
        assert_int_equal(hg__mirror(i, 1), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_is_a_weighted_mean),
        cmocka_unit_test(median_is_the_middle_one),
        cmocka_unit_test(nl_means_weighs_pixels_by_their_patches),
        cmocka_unit_test(nl_means_of_several_h_are_those_of_one_each),
        cmocka_unit_test(bm3d_gives_the_same_bits_for_any_threads),
        cmocka_unit_test(bm3d_keeps_what_is_flat),
        cmocka_unit_test(bm3d_takes_noise_away),
        cmocka_unit_test(edges_are_mirrored_however_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
