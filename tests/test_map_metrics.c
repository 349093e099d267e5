// SPDX-License-Identifier: Apache-2.0
// test_map_metrics.c - metrics of maps worked out by hand, regions of masks, what is refused, memory that fails.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"
#include "faults.h"
#include "inspect/map_metrics.h"
#include "inspect/mask_regions.h"

#include <cmocka.h>

enum { SIDE = 24, PIXELS = SIDE * SIDE };

static const hg__map_metrics_options once = {.level = 0.95};

static bool near(double x, double y) {
    return fabs(x - y) < 1e-11;
}

static hg__raster raster(int32_t height, int32_t width, float *at) {
    return (hg__raster){height, width, 1, at};
}

static int add(hg__map_tally *t, int32_t width, float *map, float *mask) {
    const hg__raster x = raster(1, width, map), y = raster(1, width, mask);
    return hg__map_tally_add(t, &x, mask ? &y : NULL, NULL, NULL);
}

static hg__map_metrics finish(hg__map_tally *t, const hg__map_metrics_options *o) {
    hg__map_metrics m;
    assert_int_equal(hg__map_tally_finish(t, o, &m, NULL), HG_OK);
    return m;
}

static float noise(uint32_t picture, uint32_t i) {
    return hg__unit_float(hg__philox_run(7, picture, i, 0, 0).word[0]);
}

// Noise; in every other picture a bright square, whose place and size depend on the picture.
static int add_drawn(hg__map_tally *t, uint32_t picture, hg_error *err) {
    static float map[PIXELS], mask[PIXELS];
    const uint32_t from = picture % 11, to = from + 2 + picture % 7;
    for (uint32_t i = 0; i < PIXELS; i++) {
        const uint32_t y = i / SIDE, x = i % SIDE;
        mask[i] = picture % 2 && y >= from && y < to && x >= from && x < to ? 1 : 0;
        map[i] = noise(picture, i) + mask[i] * 0.4F;
    }
    const hg__raster a = raster(SIDE, SIDE, map), b = raster(SIDE, SIDE, mask);
    return hg__map_tally_add(t, &a, &b, NULL, err);
}

// ---- by hand ------------------------------------------------------------------------------------

// Beyond thresholds from high to low: defects 5 (region A), good 4, defects 3 (A and B), good 2, good 1.
static void a_map_of_six_pixels_has_the_metrics_of_its_definition(void **state) {
    (void)state;
    float map[] = {5, 3, 1, 3, 4, 2}, mask[] = {1, 1, 0, 1, 0, 0};
    hg__map_tally *t = hg__map_tally_new(3.5, 0, NULL);
    assert_int_equal(add(t, 6, map, mask), HG_OK);
    const hg__map_metrics m = finish(t, &once);
    assert_true(near(m.auroc.value, 7.0 / 9));
    assert_true(near(m.ap.value, 1.0 / 3 + 2.0 / 3 * 3 / 4));
    assert_true(near(m.best_f1.value, 6.0 / 7) && near(m.best_f1_threshold, 2.5));
    assert_true(m.regions == 2 && m.defect_pixels == 3 && m.good_pixels == 3);
    // Overlap: 1/4 up to a third of the good pixels.
    assert_true(near(m.aupro_30.value, 0.25) && near(m.aupro_5.value, 0.25));
    assert_true(near(m.precision.value, 0.5) && near(m.recall.value, 1.0 / 3));
    assert_true(near(m.f1.value, 0.4));
    assert_true(isnan(m.picture_false_alarms.value) && isnan(m.aupimo.value));
    assert_true(isnan(m.auroc.low) && m.error.auroc == 0);
    hg__map_tally_free(t);
}

static void a_constant_map_knows_nothing(void **state) {
    (void)state;
    float map[] = {2, 2, 2, 2}, mask[] = {0, 1, 0, 0};
    hg__map_tally *t = hg__map_tally_new((double)NAN, 0, NULL);
    assert_int_equal(add(t, 4, map, mask), HG_OK);
    const hg__map_metrics m = finish(t, &once);
    assert_true(near(m.auroc.value, 0.5) && near(m.ap.value, 0.25));
    assert_true(near(m.aupro_30.value, 0.15) && near(m.aupro_5.value, 0.025));
    assert_true(m.best_f1_threshold < 2 && isnan(m.f1.value));
    hg__map_tally_free(t);
}

static void good_pictures_alone_have_false_alarms_and_no_other_metric(void **state) {
    (void)state;
    float map[] = {1, 2, 3, 4}, low[] = {0, 0, -1, 0}, zeros[] = {0, 0, 0, 0};
    hg__map_tally *t = hg__map_tally_new(2.0, 0, NULL);
    assert_int_equal(add(t, 4, map, NULL), HG_OK);
    assert_int_equal(add(t, 4, low, zeros), HG_OK);
    const hg__map_metrics m = finish(t, &(hg__map_metrics_options){0.95, 10, 1});
    const hg__interval half = hg__proportion(1, 2, 0.95);
    assert_true(isnan(m.auroc.value) && isnan(m.aupro_30.value) && isnan(m.f1.value));
    assert_true(near(m.pixel_false_alarms.value, 0.25) && m.pixel_false_alarms.high <= 0.5);
    assert_memory_equal(&m.picture_false_alarms, &half, sizeof half);
    assert_true(m.good_pictures == 2 && m.defect_pictures == 0);
    hg__map_tally_free(t);
}

// Good rate: 0.5e-5 at 9, then 2e-5, 1e-4; overlap 0.25, 0.5, 1.
static void aupimo_is_the_mean_overlap_over_the_logarithm_of_the_rate(void **state) {
    (void)state;
    enum { WIDTH = 200000 };
    static float map[WIDTH];
    float defect[] = {9, 5, 3, 3}, mask[] = {1, 1, 1, 1};
    for (int32_t i = 0; i < 20; i++) map[i] = i < 1 ? 9 : i < 4 ? 5 : 3;
    hg__map_tally *t = hg__map_tally_new((double)NAN, 0, NULL);
    assert_int_equal(add(t, WIDTH, map, NULL), HG_OK);
    assert_int_equal(add(t, 4, defect, mask), HG_OK);
    const hg__map_metrics m = finish(t, &once);
    const double first = log(2) / log(10), second = log(5) / log(10);
    // From 1e-5, halfway between 0.5e-5 and 2e-5, overlap 0.375.
    assert_true(near(m.aupimo.value, first * (0.375 + 0.5) / 2 + second * (0.5 + 1) / 2));
    hg__map_tally_free(t);
}

static void a_zero_may_have_a_sign(void **state) {
    (void)state;
    float map[] = {0.0F, -0.0F}, mask[] = {1, 0};
    hg__map_tally *t = hg__map_tally_new((double)NAN, 0, NULL);
    assert_int_equal(add(t, 2, map, mask), HG_OK);
    assert_true(near(finish(t, &once).auroc.value, 0.5));
    hg__map_tally_free(t);
}

// ---- regions ------------------------------------------------------------------------------------

static void regions_touch_at_corners_and_are_numbered_from_the_top(void **state) {
    (void)state;
    float at[] = {
        0, 0, 0, 1, 0, 1, //
        1, 0, 0, 1, 0, 1, //
        0, 1, 0, 1, 1, 1, //
        1, 0, 0, 0, 0, 0, //
        0, 0, 1, 0, 0, 1,
    };
    const int32_t want[] = {
        0, 0, 0, 1, 0, 1, //
        2, 0, 0, 1, 0, 1, //
        0, 2, 0, 1, 1, 1, //
        2, 0, 0, 0, 0, 0, //
        0, 0, 3, 0, 0, 4,
    };
    int32_t label[30];
    const hg__raster mask = raster(5, 6, at);
    assert_int_equal(hg__mask_regions(&mask, label), 4);
    assert_memory_equal(label, want, sizeof want);
    hg__mask_region r[4];
    hg__mask_region_sizes(label, 5, 6, 4, r);
    const hg__box boxes[] = {
        {3, 0, 3, 3},
        {0, 1, 2, 3},
        {2, 4, 1, 1},
        {5, 4, 1, 1}
    };
    const int64_t area[] = {7, 3, 1, 1};
    for (int32_t i = 0; i < 4; i++) {
        assert_memory_equal(&r[i].box, boxes + i, sizeof *boxes);
        assert_true(r[i].area == area[i]);
    }
}

// ---- many pictures ------------------------------------------------------------------------------

static void few_bins_stay_within_the_error_that_is_told(void **state) {
    (void)state;
    const hg__map_metrics_options o = {0.9, 200, 3};
    hg__map_tally *exact = hg__map_tally_new(0.95, 0, NULL),
                  *few = hg__map_tally_new(0.95, 20000, NULL);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(add_drawn(exact, i, NULL), HG_OK);
        assert_int_equal(add_drawn(few, i, NULL), HG_OK);
    }
    const hg__map_metrics a = finish(exact, &o), b = finish(few, &o);
    assert_true(a.error.auroc == 0 && b.error.auroc > 0 && b.error.auroc < 1e-2);
    assert_true(fabs(a.auroc.value - b.auroc.value) <= b.error.auroc);
    assert_true(fabs(a.ap.value - b.ap.value) <= b.error.ap);
    assert_true(fabs(a.aupro_5.value - b.aupro_5.value) <= b.error.aupro_5);
    assert_true(fabs(a.best_f1.value - b.best_f1.value) <= b.error.best_f1);
    assert_memory_equal(&a.f1, &b.f1, sizeof a.f1);
    const char *name;
    hg__interval x;
    int32_t count = 0;
    for (; hg__map_metrics_at(&a, count, &name, &x); count++) {
        if (!strcmp(name, "aupimo")) continue;
        assert_true(x.low <= x.value && x.value <= x.high);
        assert_true(x.low < x.high && name[0]);
    }
    assert_int_equal(count, 11);
    hg__map_tally_free(exact);
    hg__map_tally_free(few);
}

static void the_order_of_pictures_is_forgotten_and_more_may_follow(void **state) {
    (void)state;
    const hg__map_metrics_options o = {0.95, 40, 3};
    hg__map_tally *up = hg__map_tally_new(1.0, 30000, NULL),
                  *down = hg__map_tally_new(1.0, 30000, NULL);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(add_drawn(up, i, NULL), HG_OK);
        assert_int_equal(add_drawn(down, 9 - i, NULL), HG_OK);
        if (i % 4 == 3) finish(up, &o);
    }
    const hg__map_metrics a = finish(up, &o), b = finish(down, &o);
    assert_memory_equal(&a, &b, sizeof a);
    hg__map_tally_free(up);
    hg__map_tally_free(down);
}

// ---- bad input ----------------------------------------------------------------------------------

static void refused(hg__map_tally *t, const hg__raster *map, const hg__raster *mask,
                    const char *sentence) {
    hg_error err = {0};
    assert_int_equal(hg__map_tally_add(t, map, mask, NULL, &err), HG_ERR_DATA);
    assert_string_equal(err.message, sentence);
}

static void what_is_no_map_or_no_mask_of_it_is_refused_and_left_out(void **state) {
    (void)state;
    float good[] = {1, 2, 3, 4, 5, 6}, bad[] = {1, 2, 3, 4, (float)NAN, 6};
    float mask[] = {0, 1, 0, 0, 0, 0}, grey[] = {0, 0, 0.5F, 0, 0, 0};
    const hg__raster map = raster(2, 3, good), nan_map = raster(2, 3, bad);
    const hg__raster fits = raster(2, 3, mask), turned = raster(3, 2, mask);
    const hg__raster half = raster(2, 3, grey), colour = {1, 2, 3, good}, none = {0, 0, 1, good};
    hg__map_tally *t = hg__map_tally_new(3.0, 0, NULL);
    assert_int_equal(hg__map_tally_add(t, &map, &fits, NULL, NULL), HG_OK);
    refused(t, &nan_map, NULL, "map: line 2, column 2: expected a finite number, got nan");
    refused(t, &colour, NULL, "map: expected 1 to 67108864 pixels of 1 channel, got 1 x 2 of 3");
    refused(t, &none, NULL, "map: expected 1 to 67108864 pixels of 1 channel, got 0 x 0 of 1");
    refused(t, &map, &turned,
            "mask: expected 2 x 3 pixels as the map has, of 1 channel, got 3 x 2 of 1");
    refused(t, &map, &half, "mask: line 1, column 3: expected 0 or 1, got 0.5");
    const hg__map_metrics m = finish(t, &once);
    assert_true(m.defect_pictures == 1 && m.good_pictures == 0 && m.good_pixels == 5);
    hg__map_tally_free(t);
}

static void what_is_not_seen_counts_for_nothing(void **state) {
    (void)state;
    float wide[] = {9, 5, 3, 7, 1}, wide_mask[] = {0, 1, 0, 0, 0}, is[] = {0, 1, 1, 0, 1};
    float narrow[] = {5, 3, 1}, narrow_mask[] = {1, 0, 0}, none[] = {0, 0, 0, 0, 0};
    const hg__raster map = raster(1, 5, wide), mask = raster(1, 5, wide_mask);
    const hg__raster seen = raster(1, 5, is), dark = raster(1, 5, none), turned = raster(5, 1, is);
    hg__map_tally *t = hg__map_tally_new(4.0, 0, NULL), *same = hg__map_tally_new(4.0, 0, NULL);
    hg_error err = {0};
    assert_int_equal(hg__map_tally_add(t, &map, &mask, &seen, NULL), HG_OK);
    assert_int_equal(hg__map_tally_add(t, &map, NULL, &seen, NULL), HG_OK);
    assert_int_equal(add(same, 3, narrow, narrow_mask), HG_OK);
    assert_int_equal(add(same, 3, narrow, NULL), HG_OK);
    assert_int_equal(hg__map_tally_add(t, &map, &mask, &dark, &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "seen: line 1, column 2: expected a defect where pixels count, got one "
                        "outside");
    assert_int_equal(hg__map_tally_add(t, &map, NULL, &dark, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "seen: expected a pixel that counts, got none");
    assert_int_equal(hg__map_tally_add(t, &map, NULL, &turned, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "seen: expected 1 x 5 pixels as the map has, got 5 x 1 of 1");
    const hg__map_metrics a = finish(t, &once), b = finish(same, &once);
    assert_true(near(a.auroc.value, b.auroc.value) && near(a.auroc.value, 0.9));
    assert_true(near(a.f1.value, b.f1.value) && near(a.aupro_30.value, b.aupro_30.value));
    assert_true(a.good_pixels == 5 && b.good_pixels == 5);
    hg__map_tally_free(t);
    hg__map_tally_free(same);
}

static void memory_that_fails_is_an_error_and_leaks_nothing(void **state) {
    (void)state;
    assert_true(count_faults("tally", "HG_FAIL_ALLOC", "") > 20);
}

// One picture is tried again after it failed, so that a fault must leave the others whole.
static int scenario(void) {
    hg_error err = {0};
    hg__map_tally *t = hg__map_tally_new(1.0, 0, &err);
    hg__map_metrics m;
    int code = t ? HG_OK : HG_ERR_MEMORY;
    for (uint32_t i = 0; i < 4 && code == HG_OK; i++) {
        code = add_drawn(t, i, &err);
        if (code != HG_OK && (add_drawn(t, i, NULL) != HG_OK || !err.message[0])) {
            hg__map_tally_free(t);
            return CHILD_FAILED_BADLY;
        }
    }
    const hg__map_metrics_options o = {0.95, 5, 1};
    if (code == HG_OK) code = hg__map_tally_finish(t, &o, &m, &err);
    hg__map_tally_free(t);
    if (code == HG_OK) return CHILD_WORKED;
    return code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int count, char **word) {
    if (count == 3 && !strcmp(word[1], "child")) return scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_of_six_pixels_has_the_metrics_of_its_definition),
        cmocka_unit_test(a_constant_map_knows_nothing),
        cmocka_unit_test(good_pictures_alone_have_false_alarms_and_no_other_metric),
        cmocka_unit_test(aupimo_is_the_mean_overlap_over_the_logarithm_of_the_rate),
        cmocka_unit_test(a_zero_may_have_a_sign),
        cmocka_unit_test(regions_touch_at_corners_and_are_numbered_from_the_top),
        cmocka_unit_test(few_bins_stay_within_the_error_that_is_told),
        cmocka_unit_test(the_order_of_pictures_is_forgotten_and_more_may_follow),
        cmocka_unit_test(what_is_no_map_or_no_mask_of_it_is_refused_and_left_out),
        cmocka_unit_test(what_is_not_seen_counts_for_nothing),
        cmocka_unit_test(memory_that_fails_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
