// SPDX-License-Identifier: Apache-2.0
// test_val_sheet.c - which setting counts, means and their intervals, and how they are written.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "faults.h"
#include "jobs/val.h"

#include <cmocka.h>

enum { IMAGES = 40, COLUMNS = 5 };

static const hg__val_column columns[COLUMNS] = {
    {HG_INPUT,    ""         },
    {HG_OUTPUT,   ""         },
    {HG_GAUSSIAN, "sigma 0.5"},
    {HG_GAUSSIAN, "sigma 1"  },
    {HG_GAUSSIAN, "sigma 2"  }
};

typedef struct example {
    hg__val_sheet sheet;
    hg__quality quality[IMAGES * COLUMNS];
    const char *name[IMAGES];
    hg__frame frame[IMAGES];
} example;

// Input: 20 dB, and every second image 22. Output: 3 dB more. Gaussian: 24, 25 and 24.5 dB.
static void fill(example *e, int64_t images) {
    *e = (example){0};
    for (int64_t i = 0; i < images; i++) {
        hg__quality *q = e->quality + i * COLUMNS;
        const double input = i % 2 ? 22 : 20;
        q[0] = (hg__quality){input, 0.5};
        q[1] = (hg__quality){input + 3, 0.75};
        q[2] = (hg__quality){24, 0.6};
        q[3] = (hg__quality){25, 0.5};
        q[4] = (hg__quality){24.5, 0.9};
        e->name[i] = "a \"name\".png";
        e->frame[i] = (hg__frame){30, 40, 3};
    }
    e->sheet = (hg__val_sheet){images, COLUMNS, columns, e->quality, e->name, e->frame, "", 7};
}

static hg__json *to_json(const example *e) {
    char *text = hg__val_sheet_format(&e->sheet, true, NULL);
    assert_non_null(text);
    hg__json *o = hg__json_read(text, strlen(text) - 1, "test", NULL);
    assert_non_null(o);
    hg_text_free(text);
    return o;
}

static double number_at(const hg__json *o, const char *a, const char *b, const char *c) {
    const hg__json *of = hg__json_object_get(hg__json_object_get(o, a), b);
    of = c ? hg__json_object_get(hg__json_object_get(of, "psnr"), c)
           : hg__json_object_get(of, "mean");
    return hg__json_is_number(of) ? hg__json_number_value(of) : (double)NAN;
}

static bool is_near(double x, double y) {
    return fabs(x - y) < 1e-9;
}

static void the_setting_with_the_best_mean_psnr_counts(void **state) {
    (void)state;
    static example e;
    fill(&e, IMAGES);
    hg__json *o = to_json(&e);
    const hg__json *gaussian = hg__json_object_get(hg__json_object_get(o, "mean"), "gaussian");
    assert_string_equal(hg__json_string_value(hg__json_object_get(gaussian, "setting")), "sigma 1");
    assert_true(is_near(number_at(o, "mean", "gaussian", "mean"), 25));
    assert_true(is_near(number_at(o, "gain", "gaussian", NULL), 24 - 25));
    assert_true(is_near(number_at(o, "gain", "input", NULL), 3));
    assert_int_equal(hg__json_array_size(hg__json_object_get(o, "settings")), 3);
    assert_int_equal(hg__json_array_size(hg__json_object_get(o, "rows")), IMAGES);
    hg__json_free(o);
}

// Half 20, half 22: the mean of 40 has a standard error of 1 / sqrt(40) = 0.158.
static void intervals_are_two_standard_errors_to_each_side(void **state) {
    (void)state;
    static example e;
    fill(&e, IMAGES);
    hg__json *o = to_json(&e);
    assert_true(is_near(number_at(o, "mean", "input", "mean"), 21));
    assert_true(fabs(number_at(o, "mean", "input", "low") - (21 - 1.96 * 0.158)) < 0.06);
    assert_true(fabs(number_at(o, "mean", "input", "high") - (21 + 1.96 * 0.158)) < 0.06);
    // What is the same for every image has no width.
    assert_true(is_near(number_at(o, "mean", "gaussian", "low"), 25));
    assert_true(is_near(number_at(o, "mean", "gaussian", "high"), 25));
    hg__json_free(o);
}

static void the_same_seed_draws_the_same_intervals(void **state) {
    (void)state;
    static example e;
    fill(&e, 9);
    for (int i = 0; i < 9; i++) { // no two sums alike
        e.quality[i * COLUMNS].psnr = 20 + 0.1 * i * i * i;
    }
    char *one = hg__val_sheet_format(&e.sheet, true, NULL);
    char *two = hg__val_sheet_format(&e.sheet, true, NULL);
    assert_string_equal(one, two);
    hg__json *before = to_json(&e);
    e.sheet.seed = 8;
    hg__json *after = to_json(&e);
    const double moved =
        number_at(before, "mean", "input", "high") - number_at(after, "mean", "input", "high");
    assert_true(fabs(moved) > 0 && fabs(moved) < 3);
    hg__json_free(before);
    hg__json_free(after);
    hg_text_free(one);
    hg_text_free(two);
}

static void what_is_no_number_is_null(void **state) {
    (void)state;
    static example e;
    fill(&e, 1);
    e.quality[0] = (hg__quality){(double)INFINITY, (double)NAN};
    hg__json *o = to_json(&e);
    const hg__json *row = hg__json_array_get(hg__json_object_get(o, "rows"), 0);
    char *input = hg__json_text(hg__json_object_get(row, "input"), NULL);
    assert_non_null(strstr(input, "\"psnr\":null"));
    assert_non_null(strstr(input, "\"ssim\":null"));
    hg_text_free(input);
    assert_true(isnan(number_at(o, "mean", "output", "low"))); // one image has no interval
    assert_string_equal(hg__json_string_value(hg__json_object_get(row, "name")), "a \"name\".png");
    hg__json_free(o);
}

static void the_table_is_for_people(void **state) {
    (void)state;
    static example e;
    fill(&e, 2);
    e.quality[0] = (hg__quality){(double)INFINITY, 1};
    e.quality[5].ssim = (double)NAN;
    char *text = hg__val_sheet_format(&e.sheet, false, NULL);
    const char *const want[] = {
        "PSNR in dB, SSIM",
        "a \"name\".png ",
        " 40 x 30      inf  1.0000    23.00  0.7500    25.00  0.5000\n",
        " 40 x 30    22.00       -    25.00  0.7500    25.00  0.5000\n",
        "mean of 2 ",
        "  inf  1.0000    24.00  0.7500    25.00  0.5000\n",
        "    -  1.0000    23.00  0.7500    25.00  0.5000\n",
        "output is -1.00 dB against gaussian (95 %: -2.00 to +0.00), at its best sigma 1\n",
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        if (strstr(text, want[i])) continue;
        fail_msg("expected \"%s\" in:\n%s", want[i], text);
    }
    hg_text_free(text);
}

// The child of the test below.
static int run_scenario(void) {
    example e;
    hg_error err = {0};
    fill(&e, 2);
    char *text = hg__val_sheet_format(&e.sheet, true, &err);
    const bool is_whole = text && strstr(text, "\"setting\":\"sigma 1\"");
    hg_text_free(text);
    if (is_whole) return CHILD_WORKED;
    return !text && err.code == HG_ERR_MEMORY ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(count_faults("sheet", "HG_FAIL_ALLOC", "") > 20);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc == 3) return run_scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_setting_with_the_best_mean_psnr_counts),
        cmocka_unit_test(intervals_are_two_standard_errors_to_each_side),
        cmocka_unit_test(the_same_seed_draws_the_same_intervals),
        cmocka_unit_test(what_is_no_number_is_null),
        cmocka_unit_test(the_table_is_for_people),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
