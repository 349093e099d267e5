// SPDX-License-Identifier: Apache-2.0
// test_part_rows.c - rows of good parts are windows of their picture and of its reference, turned, go on beyond the edge as said, and
// are the same from memory and from a file.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/blocks.h"
#include "inspect/part_rows.h"

#include <cmocka.h>

enum { CROP = 16, DRAWS = 12, TURNS = 8 };

// Numbers that are all different and lie on no line: (height, width, channels).
static hg__raster unlike(int32_t height, int32_t width, int32_t channels) {
    hg__raster r;
    assert_int_equal(hg__raster_init(&r, height, width, channels, NULL), HG_OK);
    for (size_t i = 0; i < hg__raster_count(&r); i++) {
        r.at[i] = (float)((i * 7919 + 13) % 4099) / 4099;
    }
    return r;
}

// memory 0: in a file.
static hg__part_store *store_of(const hg__raster *r, size_t memory) {
    hg__part_store *s = hg__part_store_new(1, r->channels, memory, NULL);
    assert_non_null(s);
    assert_int_equal(hg__part_store_put(s, 0, r, NULL), HG_OK);
    return s;
}

static int32_t mirror(int32_t i, int32_t n) {
    while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i;
}

static int32_t hold(int32_t i, int32_t n) {
    return hg__max(0, hg__min(i, n - 1));
}

// Pixel (i, j) of the window at (top, left), turned: mirrored each way, rows and columns exchanged.
static const float *seen(const hg__raster *r, int turn, int32_t top, int32_t left, int32_t i,
                         int32_t j, int32_t (*beyond)(int32_t, int32_t)) {
    int32_t y = turn & 4 ? j : i, x = turn & 4 ? i : j;
    if (turn & 1) x = CROP - 1 - x;
    if (turn & 2) y = CROP - 1 - y;
    return hg__raster_pixel(r, beyond(top + y, r->height), beyond(left + x, r->width));
}

// Whether colours (CROP, CROP, of `stride`) are the window but for a factor and an offset of all.
static bool is_window(const hg__raster *r, const float *colours, int32_t stride, int turn,
                      int32_t top, int32_t left, int32_t (*beyond)(int32_t, int32_t),
                      bool is_same) {
    const float *a = seen(r, turn, top, left, 0, 0, beyond);
    const float *b = seen(r, turn, top, left, 0, 1, beyond);
    const float factor = is_same ? 1 : (colours[stride] - colours[0]) / (*b - *a);
    const float offset = is_same ? 0 : colours[0] - factor * *a;
    if (!(factor > 0.5F && factor < 2)) return false;
    for (int32_t i = 0; i < CROP; i++) {
        for (int32_t j = 0; j < CROP; j++) {
            const float *p = seen(r, turn, top, left, i, j, beyond);
            for (int32_t c = 0; c < r->channels; c++) {
                const float got = colours[(i * CROP + j) * stride + c];
                if (fabsf(factor * p[c] + offset - got) > 2e-3F) return false;
            }
        }
    }
    return true;
}

// How it is turned, or -1 where it is no window.
static int turn_of(const hg__raster *r, const float *colours, int32_t stride,
                   int32_t (*beyond)(int32_t, int32_t), bool is_same, int32_t most) {
    for (int turn = 0; turn < TURNS; turn++) {
        for (int32_t top = -most; top <= hg__max(0, r->height - CROP) + most; top++) {
            for (int32_t left = -most; left <= hg__max(0, r->width - CROP) + most; left++) {
                if (is_window(r, colours, stride, turn, top, left, beyond, is_same)) return turn;
            }
        }
    }
    return -1;
}

static void check_rows(hg__raster picture, bool has_pairs) {
    hg__raster reference = unlike(picture.height, picture.width, 1);
    hg__part_store *store = store_of(&picture, 1 << 20), *pairs = store_of(&reference, 1 << 20);
    hg__part_store *store_file = store_of(&picture, 0), *pairs_file = store_of(&reference, 0);
    assert_true(hg__part_store_fingerprint(store) == hg__part_store_fingerprint(store_file));
    const hg__part_rows rows = {.store = store,
                                .count = 1,
                                .reference = has_pairs ? NULL : &reference,
                                .pairs = has_pairs ? pairs : NULL,
                                .crop = CROP,
                                .draws = DRAWS,
                                .flips = true,
                                .seed = 5};
    hg__part_rows filed = rows;
    filed.store = store_file;
    filed.pairs = has_pairs ? pairs_file : NULL;
    const hg__row_source source = hg__part_rows_source(&rows);
    const hg__row_source from_file = hg__part_rows_source(&filed);
    const int32_t stride = picture.channels + 1;
    const ptrdiff_t width = source.width;
    float *x = hg__numbers(4 * (size_t)width + source.scratch, 1, NULL);
    assert_non_null(x);
    int32_t turned = 0;
    for (int32_t draw = 0; draw < DRAWS; draw++) {
        const hg__row_place at = {.draw = draw, .epoch = 3};
        hg__row_room to = {.x = x, .target = x + width, .scratch = x + 4 * width};
        hg__row_room twin = {.x = x + 2 * width, .target = x + 3 * width, .scratch = x + 4 * width};
        assert_int_equal(source.make(source.context, &at, &to, NULL), HG_OK);
        assert_int_equal(from_file.make(from_file.context, &at, &twin, NULL), HG_OK);
        assert_memory_equal(to.x, twin.x, 2 * (size_t)width * sizeof *x);
        const int turn = turn_of(&picture, to.target, stride, mirror, false, 0);
        assert_in_range(turn, 0, TURNS - 1);
        const int beside = turn_of(&reference, x + picture.channels, stride, hold, true, 1);
        assert_int_equal(beside, turn);
        turned |= 1 << turn;
    }
    assert_true((turned & (turned - 1)) != 0); // more than one way
    hg__free(x);
    hg__part_store_free(store);
    hg__part_store_free(pairs);
    hg__part_store_free(store_file);
    hg__part_store_free(pairs_file);
    hg__raster_clear(&reference);
    hg__raster_clear(&picture);
}

static void rows_are_windows_of_a_picture_and_of_its_reference(void **state) {
    (void)state;
    check_rows(unlike(23, 19, 1), false);
    check_rows(unlike(19, 23, 3), false);
    check_rows(unlike(21, 17, 3), true);
}

static void crops_of_surfaces_are_turned_by_a_little_or_not(void **state) {
    (void)state;
    enum { ROWS = 40 };
    hg__raster picture = unlike(23, 19, 3);
    hg__part_store *store = store_of(&picture, 1 << 20);
    const hg__part_rows rows = {
        .store = store, .count = 1, .crop = CROP, .draws = ROWS, .turns = true, .seed = 5};
    const hg__row_source source = hg__part_rows_source(&rows);
    float *x = hg__numbers(2 * (size_t)source.width + source.scratch, 1, NULL);
    assert_non_null(x);
    int windows = 0;
    for (int32_t draw = 0; draw < ROWS; draw++) {
        const hg__row_place at = {.draw = draw, .epoch = 3};
        hg__row_room to = {.x = x, .target = x + source.width, .scratch = x + 2 * source.width};
        assert_int_equal(source.make(source.context, &at, &to, NULL), HG_OK);
        for (int32_t i = 0; i < source.width; i++) assert_true(fabsf(to.target[i]) < 2);
        windows += turn_of(&picture, to.target, picture.channels + 1, mirror, false, 0) == 0;
    }
    assert_in_range(windows, ROWS / 10, ROWS / 2); // three in ten
    hg__free(x);
    hg__part_store_free(store);
    hg__raster_clear(&picture);
}

static void a_picture_smaller_than_a_crop_goes_on_as_its_mirror_image(void **state) {
    (void)state;
    check_rows(unlike(11, 13, 1), false);
    check_rows(unlike(40, 9, 3), true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_windows_of_a_picture_and_of_its_reference),
        cmocka_unit_test(crops_of_surfaces_are_turned_by_a_little_or_not),
        cmocka_unit_test(a_picture_smaller_than_a_crop_goes_on_as_its_mirror_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
