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
    hg__box_curve_init(&c, 0.1);
    assert_true(isnan(hg__box_curve_hit(&c, 1)));
    assert_int_equal(add(&c, 0, 3, 2, true, NULL), HG_OK);
    assert_int_equal(add(&c, 0, 1.5F, 2, true, NULL), HG_OK);
    assert_true(c.steps > 16 && c.threshold[0] > 10 && c.threshold[c.steps - 1] < 1.5F);
    for (int32_t k = 1; k < c.steps; k++) assert_true(c.threshold[k] < c.threshold[k - 1]);
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
    hg__box_curve_init(&c, 0.1);
    assert_int_equal(add(&c, 1, 0, 0, false, NULL), HG_OK);
    assert_int_equal(add(&c, 1, 1.2F, 0, true, NULL), HG_OK);
    assert_int_equal(add(&c, 1, 9, 0, true, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 1);
    hg__box_curve_clear(&c);
}

static void what_is_not_seen_is_no_region(void **state) {
    (void)state;
    float at[PIXELS], is[PIXELS];
    const hg__raster map = draw(at, 0, 3, 4), seen = {SIDE, SIDE, 1, is};
    hg__box_curve c;
    hg__box_curve_init(&c, 0.1);
    for (int32_t i = 0; i < PIXELS; i++) is[i] = i / SIDE < 16 ? 1 : 0;
    assert_int_equal(hg__box_curve_add(&c, &map, &seen, &defects, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 1);
    hg__box_curve_clear(&c);
    hg__box_curve_init(&c, 0.1);
    assert_int_equal(hg__box_curve_add(&c, &map, NULL, &defects, NULL), HG_OK);
    assert_true(hg__box_curve_hit(&c, 0) == 0);
    hg__box_curve_clear(&c);
    hg__box_curve_init(&c, 0.1);
    memset(is, 0, sizeof is);
    assert_int_equal(hg__box_curve_add(&c, &map, &seen, &defects, NULL), HG_OK);
    assert_int_equal(c.steps, 0); // the next picture's will do
    hg__box_curve_clear(&c);
}

static void memory_that_fails_is_an_error(void **state) {
    (void)state;
    assert_true(count_faults("curve", "HG_FAIL_ALLOC", "") > 50);
}

static int scenario(void) {
    hg_error err = {0};
    hg__box_curve c;
    hg__box_curve_init(&c, 0.1);
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
        cmocka_unit_test(what_is_not_seen_is_no_region),
        cmocka_unit_test(memory_that_fails_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
