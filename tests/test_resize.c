// SPDX-License-Identifier: Apache-2.0
// test_resize.c - rasters made smaller and larger against the filter's definition, and by lines in little memory.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "parts/resize.h"

#include <cmocka.h>

static hg__raster noise(int32_t height, int32_t width, int32_t channels) {
    hg__raster r;
    assert_int_equal(hg__raster_init(&r, height, width, channels, NULL), HG_OK);
    for (size_t i = 0; i < hg__raster_count(&r); i++) {
        r.at[i] = hg__unit_float(hg__philox_run(9, (uint32_t)i, 0, 0, 0).word[0]);
    }
    return r;
}

static hg__raster resized(const hg__raster *from, int32_t height, int32_t width) {
    hg__raster to;
    assert_int_equal(hg__raster_resize(&to, from, height, width, NULL), HG_OK);
    return to;
}

// The weight of old pixel i for the new one o, not yet divided by the sum.
static double weight(int32_t i, int32_t o, int32_t from, int32_t to) {
    const double ratio = (double)from / to, scale = ratio > 1 ? ratio : 1;
    const double x = fabs((i + 0.5 - (o + 0.5) * ratio) / scale);
    return x < 1 ? 1 - x : 0;
}

static double exact(const hg__raster *from, const hg__raster *to, int32_t y, int32_t x, int32_t c) {
    double sum = 0, all = 0;
    for (int32_t i = 0; i < from->height; i++) {
        for (int32_t j = 0; j < from->width; j++) {
            const double w =
                weight(i, y, from->height, to->height) * weight(j, x, from->width, to->width);
            sum += w * (double)hg__raster_pixel(from, i, j)[c];
            all += w;
        }
    }
    return sum / all;
}

static void expect_exact(const int32_t size[4], int32_t channels) {
    hg__raster from = noise(size[0], size[1], channels);
    hg__raster to = resized(&from, size[2], size[3]);
    for (int32_t i = 0; i < (int32_t)hg__raster_count(&to); i++) {
        const int32_t p = i / channels, c = i % channels;
        const double want = exact(&from, &to, p / to.width, p % to.width, c);
        if (fabs((double)to.at[i] - want) <= 1e-6) continue;
        fail_msg("%d x %d, number %d: expected %.8g, got %.8g", to.width, to.height, i, want,
                 (double)to.at[i]);
    }
    hg__raster_clear(&from);
    hg__raster_clear(&to);
}

static void every_pixel_is_what_the_triangle_says(void **state) {
    (void)state;
    static const int32_t sizes[][4] = {
        {1,  1,  4,  5 },
        {4,  5,  1,  1 },
        {20, 31, 7,  13},
        {7,  13, 20, 31},
        {9,  40, 31, 3 },
        {12, 12, 12, 12}
    };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        expect_exact(sizes[k], 1);
        expect_exact(sizes[k], 3);
    }
}

// What is finer than the new pixels becomes grey, not stripes.
static void fine_stripes_do_not_alias(void **state) {
    (void)state;
    hg__raster from = noise(60, 600, 1);
    for (int32_t i = 0; i < 60 * 600; i++) from.at[i] = i % 3 == 0;
    hg__raster to = resized(&from, 13, 127);
    for (int32_t i = 0; i < 13 * 127; i++) assert_true(fabsf(to.at[i] - 1 / 3.0F) < 0.05F);
    hg__raster_clear(&from);
    hg__raster_clear(&to);
}

static void one_value_stays_that_value(void **state) {
    (void)state;
    hg__raster from = noise(50, 41, 3);
    for (size_t i = 0; i < hg__raster_count(&from); i++) from.at[i] = 0.7F;
    static const int32_t sides[] = {1, 7, 49, 50, 200};
    for (int k = 0; k < 5; k++) {
        hg__raster to = resized(&from, sides[k], sides[4 - k]);
        for (size_t i = 0; i < hg__raster_count(&to); i++) {
            assert_true(fabsf(to.at[i] - 0.7F) < 1e-6F);
        }
        hg__raster_clear(&to);
    }
    hg__raster_clear(&from);
}

// 6000 x 8000 in colour would be 576 MB.
static void a_large_picture_takes_the_memory_of_a_few_lines(void **state) {
    (void)state;
    enum { HEIGHT = 6000, WIDTH = 8000, COLUMNS = WIDTH * 3 };
    hg__raster to;
    float *line = hg__alloc(COLUMNS, sizeof *line, NULL);
    assert_non_null(line);
    for (int32_t i = 0; i < COLUMNS; i++) {
        const int32_t x = i / 3;
        line[i] = (float)x / WIDTH;
    }
    assert_int_equal(hg__raster_init(&to, 12, 16, 3, NULL), HG_OK);
    const uint64_t before = hg__alloc_bytes();
    hg__resizer *r = hg__resizer_new(HEIGHT, WIDTH, &to, NULL);
    assert_non_null(r);
    assert_true(hg__alloc_bytes() - before < 1 << 20);
    for (int32_t y = 0; y < HEIGHT; y++) hg__resizer_add(r, line);
    hg__resizer_free(r);
    for (int32_t i = 3; i < 12 * 16 * 3 - 3; i++) { // a ramp stays one, but for its ends
        const int32_t x = i / 3 % 16;
        if (x == 0 || x == 15) continue;
        assert_true(fabs((double)to.at[i] - (x + 0.5) / 16) < 1e-4);
    }
    hg__raster_clear(&to);
    hg__free(line);
}

static void a_mask_stays_one(void **state) {
    (void)state;
    hg__raster from = noise(64, 64, 1), half, any;
    for (int32_t i = 0; i < 64 * 64; i++) from.at[i] = i % 64 < 32; // the left half
    from.at[40 * 64 + 50] = 1;                                      // and one pixel
    assert_int_equal(hg__raster_resize_mask(&half, &from, 8, 8, 0.5F, NULL), HG_OK);
    assert_int_equal(hg__raster_resize_mask(&any, &from, 8, 8, 0, NULL), HG_OK);
    for (int32_t i = 0; i < 64; i++) assert_true(half.at[i] == (i % 8 < 4 ? 1.0F : 0.0F));
    assert_true(any.at[5 * 8 + 6] == 1 && any.at[2 * 8 + 7] == 0);
    hg__raster_clear(&from);
    hg__raster_clear(&half);
    hg__raster_clear(&any);
}

static void grey_is_the_mean_of_the_colours(void **state) {
    (void)state;
    hg__raster from = noise(3, 4, 3), to;
    assert_int_equal(hg__raster_grey(&to, &from, NULL), HG_OK);
    assert_int_equal(to.channels, 1);
    for (int i = 0; i < 12; i++) {
        const float *p = from.at + (size_t)i * 3;
        assert_true(fabsf(to.at[i] - (p[0] + p[1] + p[2]) / 3) < 1e-6F);
    }
    hg__raster_clear(&from);
    hg__raster_clear(&to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pixel_is_what_the_triangle_says),
        cmocka_unit_test(fine_stripes_do_not_alias),
        cmocka_unit_test(one_value_stays_that_value),
        cmocka_unit_test(a_large_picture_takes_the_memory_of_a_few_lines),
        cmocka_unit_test(a_mask_stays_one),
        cmocka_unit_test(grey_is_the_mean_of_the_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
