// SPDX-License-Identifier: Apache-2.0
// test_thresholds.c - thresholds for all rows and for groups of them, asked for anew, in a model and out of it.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"

#include <cmocka.h>

enum { ROWS = 399 };
static char north[] = "north", south[] = "south", rare[] = "rare";
static char *const names[] = {north, south, rare};

// Scores 1 ... 399: the higher half but for the highest are "south", the nine lowest "rare".
static void make_rows(float score[ROWS], int32_t group[ROWS], hg__held_out *held) {
    for (int i = 0; i < ROWS; i++) {
        score[i] = (float)(1 + (i * 5) % ROWS);
        group[i] = score[i] > 200 ? 1 : score[i] < 10 ? 2 : 0;
    }
    *held = (hg__held_out){score, ROWS, group, names, 3, "site"};
}

static hg_model *small_model(void) {
    const hg__shape input = {1, {3}};
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &input, 0, 1, NULL);
    assert_non_null(m);
    return m;
}

static double value_of(const hg__thresholds *t, const char *name) {
    return hg__thresholds_find(t, name)->at.value;
}

static void a_threshold_is_the_order_statistic_of_its_rate(void **state) {
    (void)state;
    float score[ROWS];
    int32_t group[ROWS];
    hg__held_out held;
    hg__thresholds t;
    make_rows(score, group, &held);
    held.group = NULL;
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.05, NULL), HG_OK);
    assert_int_equal(t.groups, 1);
    assert_string_equal(t.column, "");
    assert_true(t.group[0].at.value == 380); // 20 of 400 gaps lie above it
    assert_int_equal(t.group[0].at.method, HG_THRESHOLD_CONFORMAL);
    assert_int_equal(hg__thresholds_ask(&t, 0.0025, NULL), HG_OK);
    assert_true(t.group[0].at.value == 399 && t.fpr == 0.0025);
    assert_int_equal(hg__thresholds_ask(&t, 0.0024, NULL), HG_OK);
    assert_int_equal(t.group[0].at.method, HG_THRESHOLD_TAIL);
    assert_true(t.group[0].at.value >= 399);
    hg__thresholds_clear(&t);
    hg__thresholds_clear(&t);
}

static void each_group_has_its_own_where_it_has_the_rows(void **state) {
    (void)state;
    float score[ROWS];
    int32_t group[ROWS];
    hg__held_out held;
    hg__thresholds t;
    make_rows(score, group, &held);
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.05, NULL), HG_OK);
    assert_int_equal(t.groups, 4);
    assert_string_equal(t.column, "site");
    assert_true(value_of(&t, "south") == 399 - 10 + 1); // 199 rows: 10 of 200
    assert_true(value_of(&t, "north") == 200 - 9 + 1);  // 191 rows: 9 of 192
    assert_true(value_of(&t, "rare") == 380); // 9 rows say nothing of 1 in 20: that of all
    assert_true(value_of(&t, "never seen") == 380 && value_of(&t, "") == 380);
    assert_ptr_equal(hg__thresholds_find(&t, "rare")->held, &t.held.whole);
    assert_ptr_not_equal(hg__thresholds_find(&t, "south")->held, &t.held.whole);
    assert_int_equal(hg__thresholds_ask(&t, 0.1, NULL), HG_OK);
    assert_true(value_of(&t, "rare") == 9); // 1 of 10
    hg__thresholds_clear(&t);
}

static void rates_that_are_none_are_refused(void **state) {
    (void)state;
    static const double wrong[] = {0, 1, -0.5, 2};
    float score[ROWS];
    int32_t group[ROWS];
    hg__held_out held;
    make_rows(score, group, &held);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hg__thresholds t;
        hg_error err = {0};
        assert_int_equal(hg__thresholds_fit(&t, &held, wrong[i], &err), HG_ERR_USAGE);
        assert_non_null(strstr(err.message, "expected a number between 0 and 1"));
        assert_true(!t.group && !t.column && t.groups == 0);
    }
    hg__thresholds t;
    score[5] = (float)NAN;
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.05, NULL), HG_ERR_DATA);
    held.rows = 0;
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.05, NULL), HG_ERR_DATA);
}

// Saved into a model, that into a file and back.
static hg_model *round_trip(hg_model *m) {
    char path[] = "/tmp/hourglass-test-XXXXXX";
    hg_error err = {0};
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(hg__model_save(m, path, NULL, &err), HG_OK);
    hg_model *back = hg_model_load(path, &err);
    unlink(path);
    assert_non_null(back);
    hg_model_free(m);
    return back;
}

static void a_model_file_gives_them_back(void **state) {
    (void)state;
    float score[ROWS];
    int32_t group[ROWS];
    hg__held_out held;
    hg__thresholds t, back;
    make_rows(score, group, &held);
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.013, NULL), HG_OK);
    hg_model *m = small_model();
    hg__json *detector = hg__json_object();
    assert_int_equal(hg__thresholds_save(&t, m, detector, NULL), HG_OK);
    hg__model_set_detector(m, detector);
    m = round_trip(m);
    assert_int_equal(hg__thresholds_load(&back, m, "x.safetensors", NULL), HG_OK);
    assert_int_equal(back.groups, t.groups);
    assert_true(back.fpr == t.fpr);
    assert_string_equal(back.column, "site");
    for (int32_t g = 0; g < t.groups; g++) {
        assert_string_equal(back.group[g].name, t.group[g].name);
        assert_true(back.group[g].at.value == t.group[g].at.value);
        for (int i = 0; i < 70; i++) {
            const double s = 7.3 * i;
            assert_true(hg__calibration_p(back.group[g].held, s) ==
                        hg__calibration_p(t.group[g].held, s));
        }
    }
    hg__thresholds_clear(&back);

    // New ones without groups take the place of all of it.
    held.group = NULL;
    hg__thresholds_clear(&t);
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.05, NULL), HG_OK);
    detector = hg__json_copy(hg__model_detector(m));
    assert_int_equal(hg__thresholds_save(&t, m, detector, NULL), HG_OK);
    hg__model_set_detector(m, detector);
    m = round_trip(m);
    assert_int_equal(hg__thresholds_load(&back, m, "x.safetensors", NULL), HG_OK);
    assert_int_equal(back.groups, 1);
    assert_string_equal(back.column, "");
    assert_null(hg__model_part(m, "detector.calibration.group"));
    hg__thresholds_clear(&back);
    hg__thresholds_clear(&t);
    hg_model_free(m);
}

static void a_model_without_any_has_none(void **state) {
    (void)state;
    hg_model *m = small_model();
    hg__thresholds t;
    assert_int_equal(hg__thresholds_load(&t, m, "x.safetensors", NULL), HG_OK);
    assert_int_equal(t.groups, 0);
    hg__thresholds_clear(&t);
    hg_model_free(m);
}

static void a_file_with_scores_and_no_rate_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"{}",
                                        "{\"fpr\": 0}",
                                        "{\"fpr\": 1}",
                                        "{\"fpr\": -3}",
                                        "{\"fpr\": \"0.1\"}",
                                        "{\"fpr\": null}"};
    float score[ROWS];
    int32_t group[ROWS];
    hg__held_out held;
    hg__thresholds t;
    make_rows(score, group, &held);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hg_model *m = small_model();
        hg_error err = {0};
        assert_int_equal(hg__thresholds_fit(&t, &held, 0.05, NULL), HG_OK);
        hg__json *detector = hg__json_object();
        assert_int_equal(hg__thresholds_save(&t, m, detector, NULL), HG_OK);
        hg__json_free(detector);
        hg__thresholds_clear(&t);
        hg__model_set_detector(m, hg__json_read(texts[i], strlen(texts[i]), "test", NULL));
        assert_int_equal(hg__thresholds_load(&t, m, "x.safetensors", &err), HG_ERR_MODEL);
        assert_non_null(
            strstr(err.message, "x.safetensors: detector: expected fpr between 0 and 1"));
        assert_true(!t.group && t.groups == 0);
        hg_model_free(m);
    }
}

static void they_are_told_a_line_each(void **state) {
    (void)state;
    float score[ROWS];
    int32_t group[ROWS];
    hg__held_out held;
    hg__thresholds t;
    hg__text text = {0};
    make_rows(score, group, &held);
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.05, NULL), HG_OK);
    hg__thresholds_write(&t, "rows", "  ", &text);
    assert_string_equal(
        text.data,
        "  threshold 380: at most 0.05 of normal rows raise an alarm (399 held-out rows)\n"
        "  site=north: threshold 192: at most 0.05 of normal rows raise an alarm (191 held-out "
        "rows)\n"
        "  site=south: threshold 390: at most 0.05 of normal rows raise an alarm (199 held-out "
        "rows)\n"
        "  site=rare: too few rows, so that of all: threshold 380: at most 0.05 of normal rows "
        "raise an "
        "alarm (399 held-out rows)\n");
    hg__text_clear(&text);
    hg__thresholds_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_threshold_is_the_order_statistic_of_its_rate),
        cmocka_unit_test(each_group_has_its_own_where_it_has_the_rows),
        cmocka_unit_test(rates_that_are_none_are_refused),
        cmocka_unit_test(a_model_file_gives_them_back),
        cmocka_unit_test(a_model_without_any_has_none),
        cmocka_unit_test(a_file_with_scores_and_no_rate_is_refused),
        cmocka_unit_test(they_are_told_a_line_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
