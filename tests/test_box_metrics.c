// SPDX-License-Identifier: Apache-2.0
// test_box_metrics.c - which defects count as hit and which regions as false.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "faults.h"
#include "inspect/box_metrics.h"

#include <cmocka.h>

enum { SIDE = 20, PIXELS = SIDE * SIDE };
static int32_t label[PIXELS];

static void fill(int32_t left, int32_t top, int32_t width, int32_t height, int32_t number) {
    for (int32_t y = top; y < top + height; y++) {
        for (int32_t x = left; x < left + width; x++) label[y * SIDE + x] = number;
    }
}

static hg__box_counts add(hg__box_tally *t, int32_t regions, const hg__defects *d) {
    hg__box_counts c;
    assert_int_equal(hg__box_tally_add(t, label, SIDE, SIDE, regions, d, &c, NULL), HG_OK);
    return c;
}

static bool is(hg__box_counts c, int32_t defects, int32_t hits, int32_t regions,
               int32_t false_regions) {
    return c.defects == defects && c.hits == hits && c.regions == regions &&
           c.false_regions == false_regions;
}

static void a_defect_is_hit_from_a_tenth_of_the_union_on(void **state) {
    (void)state;
    hg__box_tally t;
    hg__box_tally_init(&t, 0.1);
    const hg__box box[] = {
        {0, 0, 10, 10}
    };
    const hg__defects d = {.box = box, .count = 1};
    memset(label, 0, sizeof label);
    fill(0, 0, 5, 2, 1); // 10 of 100
    assert_true(is(add(&t, 1, &d), 1, 1, 1, 0));
    label[0] = label[1] = label[2] = label[3] = label[4] = 0; // 5 of 100
    assert_true(is(add(&t, 1, &d), 1, 0, 1, 1));
    fill(12, 12, 3, 3, 2); // beside it
    assert_true(is(add(&t, 2, &d), 1, 0, 2, 2));
    assert_true(is(add(&t, 3, &d), 1, 0, 2, 2)); // a number without pixels is no region
    hg__box_tally_clear(&t);
}

// A diagonal has few pixels of its box: its box meets the defect. A frame's box is far larger than the defect: neither does.
static void the_box_or_the_pixels_meet(void **state) {
    (void)state;
    hg__box_tally t;
    hg__box_tally_init(&t, 0.1);
    const hg__box square[] =
        {
            {0, 0, 12, 12}
    },
                  far[] = {{0, 0, 3, 3}};
    const hg__defects whole = {.box = square, .count = 1}, corner = {.box = far, .count = 1};
    memset(label, 0, sizeof label);
    for (int32_t i = 0; i < 12; i++) label[i * SIDE + i] = 1;
    assert_true(is(add(&t, 1, &whole), 1, 1, 1, 0));
    memset(label, 0, sizeof label);
    fill(0, 0, SIDE, 1, 1), fill(0, 0, 1, SIDE, 1);
    assert_true(
        is(add(&t, 1, &corner), 1, 1, 1, 0)); // 5 of 39 + 9 - 5 pixels; 9 of 400 of the boxes
    fill(0, SIDE - 1, SIDE, 1, 1), fill(SIDE - 1, 0, 1, SIDE, 1);
    assert_true(is(add(&t, 1, &corner), 1, 0, 1, 1)); // 5 of 80
    hg__box_tally_clear(&t);
}

static void the_regions_of_a_mask_are_defects(void **state) {
    (void)state;
    hg__box_tally t;
    hg__box_tally_init(&t, 0.1);
    float at[PIXELS] = {0};
    for (int32_t i = 0; i < SIDE; i++) at[i] = 1;
    at[15 * SIDE + 15] = at[16 * SIDE + 16] = 1;
    const hg__raster mask = {SIDE, SIDE, 1, at};
    const hg__defects d = {.mask = &mask};
    memset(label, 0, sizeof label);
    fill(0, 0, 4, 1, 1);
    assert_true(is(add(&t, 1, &d), 2, 1, 1, 0));
    fill(15, 15, 1, 1, 2);
    assert_true(is(add(&t, 2, &d), 2, 2, 2, 0));
    hg__box_tally_clear(&t);
}

static void sums_intervals_and_good_pictures(void **state) {
    (void)state;
    hg__box_tally t;
    hg__box_metrics m, again;
    for (int32_t turn = 0; turn < 2; turn++) {
        hg__box_tally_init(&t, 0.1);
        for (int32_t i = 0; i < 8; i++) {
            const int32_t k = turn ? 7 - i : i;
            const hg__box box[] = {
                {0,  0,  4, 4},
                {10, 10, 4, 4}
            };
            const hg__defects d = {.box = box, .count = 2};
            memset(label, 0, sizeof label);
            fill(0, 0, 4, 4, 1);
            if (k == 2) fill(10, 10, 4, 4, 2);
            add(&t, 2, k < 4 ? &d : NULL);
        }
        assert_int_equal(hg__box_tally_finish(&t, 0.95, 200, 1, turn ? &again : &m, NULL), HG_OK);
        hg__box_tally_clear(&t);
    }
    assert_memory_equal(&m, &again, sizeof m);
    const hg__interval all = hg__proportion(4, 4, 0.95);
    assert_true(m.defects == 8 && m.hits == 5 && m.regions == 9 && m.false_regions == 4);
    assert_true(m.hit.value == 5.0 / 8 && m.hit.low < 0.6 && m.hit.high > 0.7 && m.hit.high <= 1);
    assert_true(m.false_ones.value == 0.5 && m.false_ones.low < 0.4 && m.false_ones.high > 0.6);
    assert_memory_equal(&m.good_alarms, &all, sizeof all);
    const char *name;
    hg__interval x;
    int32_t count = 0;
    while (hg__box_metrics_at(&m, count, &name, &x)) count++;
    assert_int_equal(count, 3);
}

static void nothing_has_no_metrics(void **state) {
    (void)state;
    hg__box_tally t;
    hg__box_metrics m;
    hg__box_tally_init(&t, 0.1);
    assert_int_equal(hg__box_tally_finish(&t, 0.95, 10, 1, &m, NULL), HG_OK);
    assert_true(isnan(m.hit.value) && isnan(m.false_ones.value) && isnan(m.good_alarms.value));
    hg__box_tally_clear(&t);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    hg__box_tally t;
    hg_error err = {0};
    hg__box_tally_init(&t, 0.1);
    const hg__box out[] = {
        {0,  0, 2, 2},
        {18, 4, 3, 2}
    };
    const hg__defects d = {.box = out, .count = 2};
    float at[6] = {0};
    const hg__raster small = {2, 3, 1, at};
    const hg__defects mask = {.mask = &small};
    memset(label, 0, sizeof label);
    assert_int_equal(hg__box_tally_add(&t, label, SIDE, SIDE, 0, &d, NULL, &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "box 2: expected it within 20 x 20 pixels, got 3 x 2 at 18, 4");
    assert_int_equal(hg__box_tally_add(&t, label, SIDE, SIDE, 0, &mask, NULL, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "mask: expected 20 x 20 pixels of 1 channel, got 2 x 3 of 1");
    label[3] = 2;
    assert_int_equal(hg__box_tally_add(&t, label, SIDE, SIDE, 1, NULL, NULL, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "label of pixel 4: expected 0 to 1, got 2");
    assert_true(t.pictures == 0);
    hg__box_tally_clear(&t);
}

static void memory_that_fails_is_an_error_and_leaks_nothing(void **state) {
    (void)state;
    assert_int_equal(count_faults("boxes", "HG_FAIL_ALLOC", ""), 7);
}

static int scenario(void) {
    float at[PIXELS] = {1};
    const hg__raster mask = {SIDE, SIDE, 1, at};
    const hg__defects d = {.mask = &mask};
    hg__box_tally t;
    hg__box_metrics m;
    hg_error err = {0};
    hg__box_tally_init(&t, 0.1);
    int code = hg__box_tally_add(&t, label, SIDE, SIDE, 0, &d, NULL, &err);
    if (code == HG_OK) code = hg__box_tally_finish(&t, 0.95, 5, 1, &m, &err);
    hg__box_tally_clear(&t);
    if (code == HG_OK) return CHILD_WORKED;
    return code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int count, char **word) {
    if (count == 3 && !strcmp(word[1], "child")) return scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_defect_is_hit_from_a_tenth_of_the_union_on),
        cmocka_unit_test(the_box_or_the_pixels_meet),
        cmocka_unit_test(the_regions_of_a_mask_are_defects),
        cmocka_unit_test(sums_intervals_and_good_pictures),
        cmocka_unit_test(nothing_has_no_metrics),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(memory_that_fails_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
