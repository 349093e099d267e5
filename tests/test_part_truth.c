// SPDX-License-Identifier: Apache-2.0
// test_part_truth.c - masks and boxes of a picture in the cells of its map: cropped, reduced, turned; tiny defects stay.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "inspect/part_truth.h"

#include <cmocka.h>

static void fill(hg__raster *mask, int32_t top, int32_t left, int32_t height, int32_t width) {
    for (int32_t y = top; y < top + height; y++) {
        for (int32_t x = left; x < left + width; x++) *hg__raster_pixel(mask, y, x) = 1;
    }
}

static float sum_of(const hg__raster *r) {
    float sum = 0;
    for (size_t i = 0; i < hg__raster_count(r); i++) sum += r->at[i];
    return sum;
}

// A picture of 80 x 120 seen whole at half its size, cells of 2 pixels: 20 x 30 of them.
static const hg__part_geometry half = {
    .height = 80,
    .width = 120,
    .crop = {0, 0, 120, 80},
    .working = {0, 0, 60,  40},
    .frame_height = 40,
    .frame_width = 60,
    .score = 1
};

static void a_defect_is_in_its_cells(void **state) {
    (void)state;
    hg__raster mask, cells;
    assert_int_equal(hg__raster_init(&mask, 80, 120, 1, NULL), HG_OK);
    fill(&mask, 16, 40, 12, 20);
    assert_int_equal(hg__part_truth_of(&half, &mask, 20, 30, &cells, NULL), HG_OK);
    assert_int_equal(cells.height, 20);
    assert_int_equal(cells.width, 30);
    assert_float_equal(sum_of(&cells), 3 * 5, 0);
    for (int32_t y = 4; y < 7; y++) {
        for (int32_t x = 10; x < 15; x++) assert_true(*hg__raster_pixel(&cells, y, x) == 1);
    }
    hg__raster_clear(&cells);
    hg__raster_clear(&mask);
}

static void defects_smaller_than_a_cell_keep_one_each(void **state) {
    (void)state;
    hg__raster mask, cells;
    assert_int_equal(hg__raster_init(&mask, 80, 120, 1, NULL), HG_OK);
    fill(&mask, 9, 21, 1, 1);
    fill(&mask, 50, 70, 1, 2);
    fill(&mask, 16, 80, 12, 20);
    assert_int_equal(hg__part_truth_of(&half, &mask, 20, 30, &cells, NULL), HG_OK);
    assert_true(*hg__raster_pixel(&cells, 2, 5) == 1);
    assert_true(*hg__raster_pixel(&cells, 12, 17) == 1);
    assert_float_equal(sum_of(&cells), 2 + 3 * 5, 0);
    hg__raster_clear(&cells);
    hg__raster_clear(&mask);
}

static void a_crop_moves_it_and_what_is_outside_is_nowhere(void **state) {
    (void)state;
    hg__part_geometry g = half;
    hg__raster mask, cells;
    g.crop = (hg__crop){40, 16, 40, 40};
    g.working = (hg__crop){0, 0, 40, 40};
    g.frame_height = g.frame_width = 40;
    assert_int_equal(hg__raster_init(&mask, 80, 120, 1, NULL), HG_OK);
    fill(&mask, 20, 44, 4, 8);
    fill(&mask, 60, 100, 10, 10);
    assert_int_equal(hg__part_truth_of(&g, &mask, 20, 20, &cells, NULL), HG_OK);
    assert_float_equal(sum_of(&cells), 2 * 4, 0);
    assert_true(*hg__raster_pixel(&cells, 2, 2) == 1);
    hg__raster_clear(&cells);
    hg__raster_clear(&mask);
    hg__box box;
    const hg__part_box in = {44, 20, 8, 4}, out = {100, 60, 10, 10};
    assert_true(hg__part_truth_box(&g, &in, 20, 20, &box));
    assert_true(box.left == 2 && box.top == 2 && box.width == 4 && box.height == 2);
    assert_false(hg__part_truth_box(&g, &out, 20, 20, &box));
}

// By a quarter and a shift: mask and box are turned alike, and back to where the map's way back finds them.
static void what_is_turned_lies_where_the_way_back_says(void **state) {
    (void)state;
    hg__part_geometry g = half;
    hg__raster mask, cells;
    hg__box box;
    g.crop = (hg__crop){0, 0, 80, 80};
    g.working = (hg__crop){0, 0, 80, 80};
    g.frame_height = g.frame_width = 80;
    g.is_aligned = true;
    g.pose = (hg__pose){0.25, 6, -4};
    assert_int_equal(hg__raster_init(&mask, 80, 120, 1, NULL), HG_OK);
    fill(&mask, 20, 30, 8, 12);
    assert_int_equal(hg__part_truth_of(&g, &mask, 40, 40, &cells, NULL), HG_OK);
    const hg__part_box in = {30, 20, 12, 8};
    assert_true(hg__part_truth_box(&g, &in, 40, 40, &box));
    assert_true(box.width >= 4 && box.width <= 5 && box.height >= 6 && box.height <= 7);
    for (int32_t y = 0; y < 40; y++) {
        for (int32_t x = 0; x < 40; x++) {
            const bool is_in = x >= box.left && x < box.left + box.width && y >= box.top &&
                               y < box.top + box.height;
            if (*hg__raster_pixel(&cells, y, x) == 0) continue;
            const hg__point p = hg__part_place_back(&g, (hg__point){2 * y + 0.5, 2 * x + 0.5});
            assert_true(is_in);
            assert_true(p.y > 18.5 && p.y < 28.5 && p.x > 28.5 && p.x < 42.5);
        }
    }
    assert_true(sum_of(&cells) >= 20 && sum_of(&cells) <= 30);
    hg__raster_clear(&cells);
    hg__raster_clear(&mask);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_defect_is_in_its_cells),
        cmocka_unit_test(defects_smaller_than_a_cell_keep_one_each),
        cmocka_unit_test(a_crop_moves_it_and_what_is_outside_is_nowhere),
        cmocka_unit_test(what_is_turned_lies_where_the_way_back_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
