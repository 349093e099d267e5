// SPDX-License-Identifier: Apache-2.0
// test_regions.c - regions of small maps drawn as text, and of random ones against their definition pixel by pixel.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "inspect/regions.h"

#include <cmocka.h>

// A map from rows of digits, '.' is 0.
static hg__raster map_of(int32_t height, const char *const *rows) {
    hg__raster map;
    const int32_t width = (int32_t)strlen(rows[0]);
    assert_int_equal(hg__raster_init(&map, height, width, 1, NULL), HG_OK);
    for (int32_t y = 0; y < height; y++) {
        for (int32_t x = 0; x < width; x++) {
            *hg__raster_pixel(&map, y, x) = rows[y][x] == '.' ? 0.0F : (float)(rows[y][x] - '0');
        }
    }
    return map;
}

static hg__regions find_in(const hg__raster *map, float threshold, int64_t least, int32_t most) {
    const hg__region_options o = {threshold, NAN, least, most};
    hg__regions r;
    assert_int_equal(hg__regions_find(&r, map, &o, NULL), HG_OK);
    return r;
}

// Shoelace formula; above 0 where it goes clockwise, y going down.
static int64_t area_of_outline(const hg__regions *r, int32_t k) {
    const hg__corner *c = r->corner + r->at[k].first_corner;
    int64_t twice = 0;
    for (int32_t i = 0, n = r->at[k].corners; i < n; i++) {
        const hg__corner a = c[i], b = c[(i + 1) % n];
        twice += (int64_t)a.x * b.y - (int64_t)b.x * a.y;
    }
    return twice / 2;
}

static void pixels_that_touch_by_a_corner_are_one_region_with_one_outline(void **state) {
    (void)state;
    static const char *const rows[] = {
        ".11..5",
        ".1..1.",
        "......",
        "3.....",
    };
    static const hg__corner outline[] = {
        {5, 0},
        {6, 0},
        {6, 1},
        {5, 1},
        {5, 2},
        {4, 2},
        {4, 1},
        {5, 1}
    };
    hg__raster map = map_of(4, rows);
    hg__regions r = find_in(&map, 0.5F, 0, 0);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.found, 3);
    const hg__region *first = r.at;
    assert_int_equal(first->area, 2);
    assert_int_equal(first->left, 4);
    assert_int_equal(first->top, 0);
    assert_int_equal(first->width, 2);
    assert_int_equal(first->height, 2);
    assert_true(first->peak == 5.0F && first->peak_x == 5 && first->peak_y == 0);
    assert_true(first->mean == 3.0 && first->x == 5.0 && first->y == 1.0);
    assert_int_equal(first->corners, 8);
    assert_memory_equal(r.corner + first->first_corner, outline, sizeof outline);
    assert_true(r.at[1].peak == 3.0F && r.at[2].area == 3);
    hg__regions_clear(&r);
    hg__raster_clear(&map);
}

static void a_hole_is_inside_the_outline_and_not_in_the_area(void **state) {
    (void)state;
    static const char *const rows[] = {
        "1111",
        "1..1",
        "1.21",
        "1111",
    };
    hg__raster map = map_of(4, rows);
    hg__regions r = find_in(&map, 0.5F, 0, 0);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.at[0].area, 13);
    assert_int_equal(r.at[0].corners, 4);
    assert_int_equal(area_of_outline(&r, 0), 16);
    hg__regions_clear(&r);
    hg__raster_clear(&map);
}

static void small_regions_and_those_beyond_most_are_left_out(void **state) {
    (void)state;
    static const char *const rows[] = {"9.11.33.444"};
    hg__raster map = map_of(1, rows);
    hg__regions r = find_in(&map, 0.5F, 2, 2);
    assert_int_equal(r.found, 4);
    assert_int_equal(r.count, 2);
    assert_true(r.at[0].peak == 4.0F && r.at[1].peak == 3.0F);
    assert_int_equal(r.runs, 4);
    static const int32_t of[] = {-1, -1, 1, 0};
    for (int32_t i = 0; i < 4; i++) assert_int_equal(r.run[i].region, of[i]);
    hg__regions_clear(&r);
    hg__raster_clear(&map);
}

static void what_is_no_number_or_no_more_than_the_threshold_is_in_no_region(void **state) {
    (void)state;
    static const char *const rows[] = {"12345"};
    hg__raster map = map_of(1, rows);
    map.at[4] = NAN;
    hg__regions r = find_in(&map, 4, 0, 0);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.corners, 0);
    hg__regions_clear(&r);
    map.at[3] = INFINITY;
    r = find_in(&map, 4, 0, 0);
    assert_int_equal(r.count, 1);
    assert_true(isinf(r.at[0].peak));
    hg__regions_clear(&r);
    hg__raster_clear(&map);
}

static void find(hg__regions *r, const hg__raster *map, float threshold, float background) {
    const hg__region_options o = {.threshold = threshold, .background = background};
    assert_int_equal(hg__regions_find(r, map, &o, NULL), HG_OK);
}

static void a_region_reaches_half_way_down_where_it_has_a_pixel_above_the_threshold(void **state) {
    (void)state;
    static const char *const rows[] = {
        "3.33..3.",
        "3..5..3.",
        "3..3.2..",
        "3......4",
    };
    static const int32_t label[] = {
        0, 0, 1, 1, 0, 0, 0, 0, //
        0, 0, 0, 1, 0, 0, 0, 0, //
        0, 0, 0, 1, 0, 0, 0, 0, //
        0, 0, 0, 0, 0, 0, 0, 0,
    };
    int32_t of[32];
    hg__raster map = map_of(4, rows);
    hg__regions r;
    find(&r, &map, 4, 1);         // down to 2.5
    assert_int_equal(r.count, 1); // what equals the threshold is not above it
    assert_int_equal(r.found, 1);
    assert_int_equal(r.at[0].area, 4);
    assert_true(r.at[0].peak == 5 && r.at[0].mean == 3.5);
    assert_int_equal(area_of_outline(&r, 0), 4);
    hg__regions_label(&r, of);
    assert_memory_equal(of, label, sizeof label);
    hg__regions_clear(&r);
    // two places above it that touch by the lower one alone are one region
    *hg__raster_pixel(&map, 1, 4) = 3;
    *hg__raster_pixel(&map, 1, 5) = 5;
    find(&r, &map, 4, 1);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.at[0].area, 8);
    hg__regions_clear(&r);
    find(&r, &map, 5, -1); // none is above it
    assert_true(r.count == 0 && r.found == 0 && r.runs > 0);
    for (int32_t i = 0; i < r.runs; i++) assert_int_equal(r.run[i].region, -1);
    hg__regions_clear(&r);
    hg__raster_clear(&map);
}

// Whose slope is passed by what was blurred.
static void a_high_region_reaches_down_to_a_quarter_of_its_height(void **state) {
    (void)state;
    static const struct {
        const char *row;
        int32_t left, width;
    } table[] = {
        {"..22.3393322.", 5, 5 }, // 2.25: half way is 1.5
        {"..2233633222.", 2, 10}, // its quarter is as high
        {"22.223338.222", 5, 4 }, // 2
        {"..2239324222.", 2, 10}, // it would fall apart
        {"..22339322...", 4, 4 },
    };
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        hg__raster map = map_of(1, &table[k].row);
        hg__regions r;
        find(&r, &map, 3, 0);
        assert_int_equal(r.count, 1);
        assert_int_equal(r.at[0].left, table[k].left);
        assert_int_equal(r.at[0].width, table[k].width);
        assert_int_equal(area_of_outline(&r, 0), table[k].width);
        hg__regions_clear(&r);
        hg__raster_clear(&map);
    }
    const char *high = "2233943322"; // its quarter is 25
    hg__raster map = map_of(1, &high);
    hg__regions r;
    map.at[4] = 100;
    find(&r, &map, 3, 0);
    assert_true(r.count == 1 && r.at[0].area == 2); // all that is above the threshold
    hg__regions_clear(&r);
    hg__raster_clear(&map);
}

static void without_a_background_below_it_the_threshold_is_all(void **state) {
    (void)state;
    static const char *const rows[] = {"123.45"};
    hg__raster map = map_of(1, rows);
    const float background[] = {2, 7, NAN};
    for (size_t k = 0; k < sizeof background / sizeof *background; k++) {
        hg__regions r;
        find(&r, &map, 2, background[k]);
        assert_true(r.count == 2 && r.at[0].area == 2 && r.at[1].area == 1);
        hg__regions_clear(&r);
    }
    hg__raster_clear(&map);
    assert_true(hg__region_low(1, 3) == 2 && hg__region_low(-1, 0) == -0.5F);
    assert_true(hg__region_low(3, 3) == 3 && hg__region_low(4, 3) == 3);
    assert_true(hg__region_low(NAN, 3) == 3 && isinf(hg__region_low(1, INFINITY)));
}

// Spreads each label to its eight neighbours until nothing changes: label (H, W), 0 none.
static void flood(const hg__raster *map, float threshold, int32_t *label) {
    const int32_t H = map->height, W = map->width;
    for (int32_t i = 0; i < H * W; i++) label[i] = map->at[i] > threshold ? i + 1 : 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t i = 0; i < H * W; i++) {
            for (int32_t k = 0; k < 9 && label[i]; k++) {
                const int32_t y = i / W + k / 3 - 1, x = i % W + k % 3 - 1;
                if (y < 0 || x < 0 || y >= H || x >= W || label[y * W + x] <= label[i]) continue;
                label[i] = label[y * W + x];
                changed = true;
            }
        }
    }
}

static void random_maps_have_the_regions_that_flooding_finds(void **state) {
    (void)state;
    enum { H = 19, W = 31 };
    static int32_t label[H * W];
    hg__raster map;
    assert_int_equal(hg__raster_init(&map, H, W, 1, NULL), HG_OK);
    for (int32_t trial = 0; trial < 20; trial++) {
        for (uint32_t i = 0; i < H * W; i++) {
            map.at[i] = hg__unit_float(hg__philox_run(3, i, (uint32_t)trial, 0, 0).word[0]);
        }
        const float threshold = 0.04F * (float)(trial + 2);
        flood(&map, threshold, label);
        hg__regions r = find_in(&map, threshold, 0, 0);
        int32_t of[H * W + 1], seen = 0; // the region of a label, from 1
        int64_t area[H * W + 1];
        memset(of, 0, sizeof of);
        memset(area, 0, sizeof area);
        for (int32_t i = 0; i < r.runs; i++) {
            for (int32_t x = r.run[i].begin; x < r.run[i].end; x++) {
                const int32_t l = label[r.run[i].y * W + x], k = r.run[i].region;
                assert_true(l > 0);
                seen += !of[l];
                if (!of[l]) of[l] = k + 1;
                assert_int_equal(of[l], k + 1);
                area[k]++;
            }
        }
        assert_int_equal(seen, r.count);
        for (int32_t k = 0; k < r.count; k++) {
            assert_int_equal(area[k], r.at[k].area);
            assert_true(k == 0 || r.at[k - 1].peak >= r.at[k].peak);
            assert_true(area_of_outline(&r, k) >= r.at[k].area);
        }
        hg__regions_clear(&r);
    }
    hg__raster_clear(&map);
}

static void boxes_and_masks_are_those_of_the_picture_under_the_map(void **state) {
    (void)state;
    static const char *const rows[] = {
        "....",
        ".22.",
        "...2",
    };
    hg__raster map = map_of(3, rows);
    hg__regions r = find_in(&map, 1, 0, 0);
    // The map lies 1 to the right and 2 down, each of its pixels is 2 wide and 3 high; the picture ends within the last.
    const hg__map_frame f = {1, 2, 2, 3, 8, 10};
    const hg__box b = hg__region_box(r.at, &f);
    assert_int_equal(b.left, 3);
    assert_int_equal(b.top, 5);
    assert_int_equal(b.width, 5);
    assert_int_equal(b.height, 5);
    assert_int_equal(hg__region_area(r.at, &f), 18);
    static const char *const mask[] = {
        "........", "........", "........", "........", "........",
        "...####.", "...####.", "...####.", ".......#", ".......#",
    };
    uint8_t line[8];
    int32_t run = 0;
    for (int32_t y = 0; y < 10; y++) {
        hg__regions_mask_row(&r, &f, y, &run, line);
        for (int32_t x = 0; x < 8; x++) assert_int_equal(line[x], mask[y][x] == '#' ? 255 : 0);
    }
    const hg__map_frame third =
        hg__map_frame_over(4, 3, 12, 1); // three wide, a third of a line high
    const hg__box flat = hg__region_box(r.at, &third);
    assert_int_equal(flat.left, 3);
    assert_int_equal(flat.width, 9);
    assert_int_equal(flat.top, 0);
    assert_int_equal(flat.height, 1);
    hg__regions_clear(&r);
    hg__raster_clear(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_that_touch_by_a_corner_are_one_region_with_one_outline),
        cmocka_unit_test(a_hole_is_inside_the_outline_and_not_in_the_area),
        cmocka_unit_test(small_regions_and_those_beyond_most_are_left_out),
        cmocka_unit_test(what_is_no_number_or_no_more_than_the_threshold_is_in_no_region),
        cmocka_unit_test(a_region_reaches_half_way_down_where_it_has_a_pixel_above_the_threshold),
        cmocka_unit_test(a_high_region_reaches_down_to_a_quarter_of_its_height),
        cmocka_unit_test(without_a_background_below_it_the_threshold_is_all),
        cmocka_unit_test(random_maps_have_the_regions_that_flooding_finds),
        cmocka_unit_test(boxes_and_masks_are_those_of_the_picture_under_the_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
