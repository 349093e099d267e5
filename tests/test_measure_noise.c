// SPDX-License-Identifier: Apache-2.0
// test_measure_noise.c - noise measured on noisy pictures alone, and pairs whose noise is independent.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "corrupt/recorrupt.h"
#include "image/image.h"

#include <cmocka.h>

enum { SIDE = 256, PIXELS = SIDE * SIDE };

static float clean[PIXELS], noisy[PIXELS], white[PIXELS], target[PIXELS], input[PIXELS];

// Brightness from 0.1 to 0.9 with an edge in the middle.
static void draw(void) {
    for (int i = 0; i < PIXELS; i++) {
        const int x = i % SIDE, y = i / SIDE;
        clean[i] = 0.1F + 0.5F * (float)y / SIDE + (x > SIDE / 2 ? 0.3F : 0);
    }
}

// What a Gaussian of `blur` pixels makes of the white noise at (x, y).
static double filtered(double blur, int x, int y) {
    if (!(blur > 0)) return (double)white[y * SIDE + x];
    double sum = 0;
    for (int k = -5; k <= 5; k++) {
        for (int j = -5; j <= 5; j++) {
            const int at = (y + k + SIDE) % SIDE * SIDE + (x + j + SIDE) % SIDE;
            const double d = k * k + j * j;
            sum += exp(-d / (2 * blur * blur)) * (double)white[at];
        }
    }
    return sum;
}

// Normal noise, filtered by a Gaussian of `blur` pixels and brought to variance 1 again, times the level's standard deviation.
static void add_noise(const hg__noise_level *l, uint32_t seed) {
    const uint32_t counter[3] = {seed, 0, 0};
    hg__kernels_pick()->normal(white, 7, counter, PIXELS);
    double squares = 0;
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            const double sum = filtered(l->blur, x, y);
            input[y * SIDE + x] = (float)sum;
            squares += sum * sum;
        }
    }
    const double scale = 1 / sqrt(squares / PIXELS);
    for (int i = 0; i < PIXELS; i++) {
        const double deviation = sqrt(hg__noise_variance(l, (double)clean[i]));
        noisy[i] = clean[i] + (float)(scale * deviation * (double)input[i]);
    }
}

static void measure(hg__noise_level *l) {
    hg__noise_gauge *g = hg__noise_gauge_new(4096, NULL);
    assert_non_null(g);
    hg__noise_gauge_add(g, noisy, SIDE, SIDE, 1);
    assert_int_equal(hg__noise_gauge_read(g, l, NULL), HG_OK);
    hg__noise_gauge_free(g);
}

// At `count` brightnesses from `first` on, 0.3 apart.
static void expect_level(const hg__noise_level *want, double first, int count, double within) {
    hg__noise_level got;
    add_noise(want, 3);
    measure(&got);
    for (int i = 0; i < count; i++) {
        const double x = first + 0.3 * i, v = hg__noise_variance(want, x);
        const double ratio = hg__noise_variance(&got, x) / v;
        if (fabs(ratio - 1) > within || fabs(got.blur - want->blur) > 0.15) {
            fail_msg("at %g: expected %g blurred by %g, got %g times that, by %g", x, v, want->blur,
                     ratio, got.blur);
        }
    }
}

static void noise_is_measured_on_the_noisy_picture(void **state) {
    (void)state;
    static const hg__noise_level levels[] = {
        {.floor = 0.01 },
        {                           .floor = 0.0004             },
        {               .slope = 0.05},
        {              .floor = 0.002, .slope = 0.02},
        {                  .floor = 0.006, .blur = 1},
        { .floor = 0.001,              .slope = 0.02, .blur = 0.7},
        {                           .floor = 0.006,              .blur = 1.5}
    };
    draw();
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        expect_level(&levels[i], 0.2, 3, 0.3);
    }
}

static bool read_texture(const char *name) {
    char path[600];
    const char *data = getenv("HG_DATA");
    hg_error err;
    snprintf(path, sizeof path, "%s/skimage/%s", data ? data : "../shared/data", name);
    hg__image image;
    if (hg__image_load(&image, path, true, &err) < 0) {
        printf("skipped: %s\n", err.message);
        return false;
    }
    assert_true(image.info.width >= SIDE && image.info.height >= SIDE);
    hg__image_info narrow = image.info;
    narrow.width = SIDE;
    const size_t line = hg__image_line_bytes(&image.info);
    for (size_t y = 0; y < SIDE; y++) {
        hg__image_to_real(&narrow, (const uint8_t *)image.pixels + y * line, 1, 1,
                          clean + y * SIDE);
    }
    hg__image_clear(&image);
    return true;
}

static void texture_is_not_taken_for_noise(void **state) {
    (void)state;
    if (!read_texture("brick.png")) return;
    expect_level(&(hg__noise_level){.slope = 0.05}, 0.45, 1, 0.3);
    expect_level(&(hg__noise_level){.floor = 0.006, .blur = 1}, 0.45, 1, 0.3);
}

static void too_few_blocks_are_refused(void **state) {
    (void)state;
    hg_error err;
    hg__noise_level l;
    hg__noise_gauge *g = hg__noise_gauge_new(4096, NULL);
    draw();
    hg__noise_gauge_add(g, clean, 40, 40, 1);
    assert_int_equal(hg__noise_gauge_read(g, &l, &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "noise: expected at least 32 blocks of 16 x 16 pixels, got 16");
    hg__noise_gauge_free(g);
}

static void a_picture_without_noise_has_none(void **state) {
    (void)state;
    hg__noise_level l;
    for (int i = 0; i < PIXELS; i++) noisy[i] = 0.5F;
    measure(&l);
    assert_true(hg__noise_variance(&l, 0.5) < 1e-5);
}

// Means over the picture of a b, and of a b with b from the next pixel.
static double mean_product(const float *a, const float *b, int beside) {
    double sum = 0;
    for (int i = 0; i + beside < PIXELS; i++) {
        sum += (double)(a[i] - clean[i]) * (double)(b[i + beside] - clean[i + beside]);
    }
    return sum / PIXELS;
}

static void the_two_of_a_pair_have_independent_noise(void **state) {
    (void)state;
    static const hg__noise_level levels[] = {
        {.floor = 0.01},
        {  .floor = 0.006,             .blur = 1},
        { .floor = 0.001, .slope = 0.03, .blur = 0.7}
    };
    const hg__noise_place at = {SIDE, SIDE, 1, .seed = 5, .row = 2, .epoch = 1};
    float *scratch = hg__alloc(hg__noise_pair_scratch(SIDE, SIDE), sizeof *scratch, NULL);
    assert_non_null(scratch);
    draw();
    for (size_t i = 0; i < 3; i++) {
        add_noise(&levels[i], 9);
        hg__noise_pair_make(&levels[i], &at, false, noisy, input, target, scratch);
        const double v = mean_product(noisy, noisy, 0);
        for (int beside = 0; beside < 3; beside++) {
            assert_true(fabs(mean_product(input, target, beside)) < 0.06 * v);
        }
        assert_true(fabs(mean_product(input, input, 0) / v - 1.25) < 0.06);
        assert_true(fabs(mean_product(target, target, 0) / v - 5) < 0.3);
    }
    hg__free(scratch);
}

static void a_grey_row_of_three_channels_stays_grey(void **state) {
    (void)state;
    enum { N = 20 };
    const hg__noise_level l = {.floor = 0.01, .blur = 0.8};
    const hg__noise_place at = {N, N, 3, .seed = 1, .row = 1, .epoch = 1};
    float *scratch = hg__alloc(hg__noise_pair_scratch(N, N), sizeof *scratch, NULL);
    for (int i = 0; i < 3 * N * N; i++) noisy[i] = (float)(i / 3 % 7) / 7;
    hg__noise_pair_make(&l, &at, true, noisy, input, target, scratch);
    for (int i = 0; i < 3 * N * N; i++) {
        assert_memory_equal(&input[i], &input[i / 3 * 3], sizeof *input);
        assert_memory_equal(&target[i], &target[i / 3 * 3], sizeof *target);
    }
    hg__free(scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_measured_on_the_noisy_picture),
        cmocka_unit_test(texture_is_not_taken_for_noise),
        cmocka_unit_test(too_few_blocks_are_refused),
        cmocka_unit_test(a_picture_without_noise_has_none),
        cmocka_unit_test(the_two_of_a_pair_have_independent_noise),
        cmocka_unit_test(a_grey_row_of_three_channels_stays_grey),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
