// SPDX-License-Identifier: Apache-2.0
// test_box_curve.c - defects that are hit at so many false regions, by hand.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "faults.h"
#include "inspect/box_curve.h"

#include <cmocka.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE };

// A slope from 0 on, a square of `height` where the defect is and one of `other` where none is.
static hg__raster draw(float *at, float slope, float height, float other) {
    for (int32_t i = 0; i < PIXELS; i++) {
        const int32_t y = i / SIDE, x = i % SIDE;
        at[i] = slope * (float)i / PIXELS;
        if (y >= 4 && y < 8 && x >= 4 && x < 8) at[i] = height;
        if (y >= 20 && y < 24 && x >= 20 && x < 24) at[i] = other;
    }
    return (hg__raster){SIDE, SIDE, 1, at};
}

static const hg__box box[] = {
    {4, 4, 4, 4}
};
static const hg__defects defects = {.box = box, .count = 1};

static int add(hg__box_curve *c, float slope, float height, float other, bool is_defect,
               hg_error *err) {
    float at[PIXELS];
    const hg__raster map = draw(at, slope, height, other);
    return hg__box_curve_add(c, &map, NULL, is_defect ? &defects : NULL, err);
}

static void hits_and_false_regions_are_traded(void **state) {
    (void)state;
    hg__box_curve c;
    hg__box_curve_init(&c, 0.1, NAN);
    assert_true(isnan(hg__box_curve_hit(&c, 1)));
    assert_int_equal(add(&c, 0, 3, 2, true, NULL), HG_OK);
    assert_int_equal(add(&c, 0, 1.5F, 2, true, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 0.5);   // above 2: the first alone
    assert_true(hg__box_curve_hit(&c, 0.5) == 0.5); // below: two false ones
    assert_true(hg__box_curve_hit(&c, 1) == 1);
    assert_int_equal(add(&c, 0, 2, 2, false, NULL), HG_OK); // a good picture has two more
    assert_true(hg__box_curve_hit(&c, 1) == 0.5 && hg__box_curve_hit(&c, 4.0 / 3) == 1);
    hg__box_curve_clear(&c);
}

// Of a scale that the first picture does not show defects are found all the same.
static void the_first_picture_may_be_a_good_one(void **state) {
    (void)state;
    hg__box_curve c;
    hg__box_curve_init(&c, 0.1, NAN);
    assert_int_equal(add(&c, 1, 0, 0, false, NULL), HG_OK);
    assert_int_equal(add(&c, 1, 1.2F, 0, true, NULL), HG_OK);
    assert_int_equal(add(&c, 1, 9, 0, true, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 1);
    hg__box_curve_clear(&c);
}

static void the_order_of_pictures_changes_nothing(void **state) {
    (void)state;
    static const float height[] = {3, 0.8F, 1.4F, 2.2F, 0.3F};
    enum { N = sizeof height / sizeof *height };
    hg__box_curve c[2];
    for (int k = 0; k < 2; k++) {
        hg__box_curve_init(&c[k], 0.1, NAN);
        for (int i = 0; i < N; i++) {
            const float h = height[k ? N - 1 - i : i];
            assert_int_equal(add(&c[k], 1, h, 2 - 0.5F * h, h > 0.5F, NULL), HG_OK);
        }
    }
    for (int k = 0; k < 15; k++) {
        const double wrong = 0.2 * k;
        assert_true(hg__box_curve_hit(&c[0], wrong) == hg__box_curve_hit(&c[1], wrong));
    }
    assert_true(hg__box_curve_hit(&c[0], 0) == 0.5 && hg__box_curve_hit(&c[0], 1) == 1);
    hg__box_curve_clear(&c[0]);
    hg__box_curve_clear(&c[1]);
}

// One pixel of 16 is above all that is good, those around it are half as high above the background.
static void a_core_is_a_hit_by_what_lies_around_it(void **state) {
    (void)state;
    float at[PIXELS];
    const hg__raster map = draw(at, 0, 2.2F, 0);
    hg__box_curve c;
    at[5 * SIDE + 5] = 4;
    at[21 * SIDE + 21] = 2.4F; // beside the defect
    hg__box_curve_init(&c, 0.1, 0);
    assert_int_equal(hg__box_curve_add(&c, &map, NULL, &defects, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 1);
    hg__box_curve_clear(&c);
    hg__box_curve_init(&c, 0.1, 2.4F); // half way down to there the core is alone, 1 of 16
    assert_int_equal(hg__box_curve_add(&c, &map, NULL, &defects, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 0 && hg__box_curve_hit(&c, 1) == 1);
    hg__box_curve_clear(&c);
}

// Below a picture's median it counts as one false region.
static void a_threshold_below_half_of_a_picture_is_not_looked_at(void **state) {
    (void)state;
    hg__box_curve c;
    hg__box_curve_init(&c, 0.1, NAN);
    assert_int_equal(add(&c, 0, 1, 0, true, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 1);
    float at[PIXELS];
    for (int32_t i = 0; i < PIXELS; i++) at[i] = 8;
    const hg__raster flat = {SIDE, SIDE, 1, at};
    assert_int_equal(hg__box_curve_add(&c, &flat, NULL, &defects, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 0 && hg__box_curve_hit(&c, 0.5) == 0.5);
    hg__box_curve_clear(&c);
}

static void what_is_not_seen_is_no_region(void **state) {
    (void)state;
    float at[PIXELS], is[PIXELS];
    const hg__raster map = draw(at, 0, 3, 4), seen = {SIDE, SIDE, 1, is};
    hg__box_curve c;
    hg__box_curve_init(&c, 0.1, NAN);
    for (int32_t i = 0; i < PIXELS; i++) is[i] = i / SIDE < 16 ? 1 : 0;
    assert_int_equal(hg__box_curve_add(&c, &map, &seen, &defects, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 1);
    hg__box_curve_clear(&c);
    hg__box_curve_init(&c, 0.1, NAN);
    assert_int_equal(hg__box_curve_add(&c, &map, NULL, &defects, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 0);
    hg__box_curve_clear(&c);
    hg__box_curve_init(&c, 0.1, NAN);
    memset(is, 0, sizeof is);
    assert_int_equal(hg__box_curve_add(&c, &map, &seen, &defects, NULL), HG_OK);
    assert_true(c.pictures == 1 && c.defects == 1 && hg__box_curve_hit(&c, 9) == 0);
    hg__box_curve_clear(&c);
}

static void memory_that_fails_is_an_error(void **state) {
    (void)state;
    assert_true(count_faults("curve", "HG_FAIL_ALLOC", "") > 50);
}

static int scenario(void) {
    hg_error err = {0};
    hg__box_curve c;
    hg__box_curve_init(&c, 0.1, NAN);
    const int code = add(&c, 0, 3, 2, true, &err);
    hg__box_curve_clear(&c);
    if (code == HG_OK) return CHILD_WORKED;
    return code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int count, char **word) {
    if (count == 3 && !strcmp(word[1], "child")) return scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_and_false_regions_are_traded),
        cmocka_unit_test(the_first_picture_may_be_a_good_one),
        cmocka_unit_test(the_order_of_pictures_changes_nothing),
        cmocka_unit_test(a_core_is_a_hit_by_what_lies_around_it),
        cmocka_unit_test(a_threshold_below_half_of_a_picture_is_not_looked_at),
        cmocka_unit_test(what_is_not_seen_is_no_region),
        cmocka_unit_test(memory_that_fails_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
