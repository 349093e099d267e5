// SPDX-License-Identifier: Apache-2.0
// test_calibrations.c - calibrations of groups, in a model and out of it.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/rng.h"
#include "detect/thresholds.h"
#include "faults.h"
#include "model/model.h"

#include <cmocka.h>

enum { ROWS = 600 };
static char north[] = "north", south[] = "s\xC3\xBC\x64", nobody[] = "nobody";
static char *const names[] = {north, nobody, south};

// Rows of "north" (499), "süd" (about 100) and of no group (1); nobody has none.
static int draw(hg__calibrations *c, float score[ROWS], int32_t group[ROWS], hg_error *err) {
    for (int i = 0; i < ROWS; i++) {
        score[i] = hg__unit_float(hg__philox_run(4, (uint32_t)i, 0, 0, 0).word[0]);
        group[i] = i == 0 ? -1 : i % 6 == 1 ? 2 : 0;
        if (group[i] == 2) score[i] += 5;
    }
    return hg__calibrations_init(c, score, ROWS, group, names, 3, err);
}

static hg_model *small_model(hg_error *err) {
    const hg__shape input = {1, {3}};
    return hg__model_from_spec("dense 2 | dense input", &input, 0, 1, err);
}

static void each_group_is_calibrated_by_its_own_rows(void **state) {
    (void)state;
    float score[ROWS], own[ROWS];
    int32_t group[ROWS];
    hg__calibrations c;
    assert_int_equal(draw(&c, score, group, NULL), HG_OK);
    assert_int_equal(c.groups, 2);
    assert_int_equal(c.whole.count, ROWS);
    assert_string_equal(c.name[0], "north");
    assert_string_equal(c.name[1], south);
    for (int g = 0; g < 2; g++) {
        int64_t count = 0;
        for (int i = 0; i < ROWS; i++) {
            if (group[i] == 2 * g) own[count++] = score[i];
        }
        hg__calibration alone;
        assert_int_equal(hg__calibration_init(&alone, own, count, NULL), HG_OK);
        assert_int_equal(c.group[g].count, count);
        assert_memory_equal(alone.score, c.group[g].score, (size_t)count * sizeof *own);
        assert_true(alone.tail.scale == c.group[g].tail.scale);
        hg__calibration_clear(&alone);
    }
    hg__calibrations_clear(&c);
    assert_int_equal(hg__calibrations_init(&c, score, 5, NULL, NULL, 0, NULL), HG_OK);
    assert_true(c.groups == 0 && hg__calibrations_pick(&c, "north", 0.5) == &c.whole);
    hg__calibrations_clear(&c);
    hg__calibrations_clear(&c);
}

static void a_group_with_too_few_rows_for_the_rate_falls_back_to_the_whole(void **state) {
    (void)state;
    float score[ROWS];
    int32_t group[ROWS];
    hg__calibrations c;
    assert_int_equal(draw(&c, score, group, NULL), HG_OK);
    assert_int_equal(c.group[0].count, 499);
    assert_ptr_equal(hg__calibrations_pick(&c, "north", 0.002), c.group);
    assert_ptr_equal(hg__calibrations_pick(&c, "north", 0.00199), &c.whole);
    assert_ptr_equal(hg__calibrations_pick(&c, south, 0.01), c.group + 1);
    assert_ptr_equal(hg__calibrations_pick(&c, south, 0.005), &c.whole);
    assert_ptr_equal(hg__calibrations_pick(&c, "nobody", 0.1), &c.whole);
    assert_ptr_equal(hg__calibrations_pick(&c, "new", 0.1), &c.whole);
    assert_ptr_equal(hg__calibrations_pick(&c, NULL, 0.1), &c.whole);
    hg__calibrations_clear(&c);
}

static void a_model_keeps_calibrations_to_the_bit_through_its_file(void **state) {
    (void)state;
    float score[ROWS];
    int32_t group[ROWS];
    hg__calibrations c, back;
    hg_error err = {0};
    assert_int_equal(draw(&c, score, group, NULL), HG_OK);
    hg_model *m = small_model(NULL);
    assert_non_null(m);
    assert_int_equal(hg__calibrations_load(&back, m, "x", NULL), HG_OK);
    assert_true(back.whole.count == 0 && back.groups == 0);
    char path[] = "/tmp/hourglass-calibrations-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    for (int with_groups = 1; with_groups >= 0; with_groups--) {
        const int32_t groups = c.groups;
        if (!with_groups) c.groups = 0;
        assert_int_equal(hg__calibrations_save(&c, m, &err), HG_OK);
        assert_int_equal(hg__model_save(m, path, NULL, &err), HG_OK);
        hg_model *read = hg_model_load(path, &err);
        assert_non_null(read);
        assert_int_equal(hg__calibrations_load(&back, read, path, &err), HG_OK);
        assert_int_equal(back.groups, c.groups);
        for (int32_t i = -1; i < c.groups; i++) {
            const hg__calibration *a = i < 0 ? &c.whole : c.group + i;
            const hg__calibration *b = i < 0 ? &back.whole : back.group + i;
            assert_int_equal(a->count, b->count);
            assert_memory_equal(a->score, b->score, (size_t)a->count * sizeof *a->score);
            assert_memory_equal(&a->tail, &b->tail, offsetof(hg__tail, count));
            assert_int_equal(a->tail.count, b->tail.count);
            if (i >= 0) assert_string_equal(c.name[i], back.name[i]);
        }
        hg__calibrations_clear(&back);
        hg_model_free(read);
        c.groups = groups;
    }
    unlink(path);
    hg__calibrations_clear(&c);
    hg_model_free(m);
}

// What a foreign file may say: one number of one part changed, and the sentence it must be refused with.
static void parts_that_cannot_be_meant_are_refused(void **state) {
    (void)state;
    const struct {
        const char *part;
        int at;
        double value;
        const char *expected;
    } bad[] = {
        {"score", 3,   9,                "expected finite scores that ascend"           },
        {"score", 0,   (double)NAN,      "expected finite scores that ascend"           },
        {"score", 599, (double)INFINITY, "expected finite scores that ascend"           },
        {"score", 700, -9,               "expected finite scores that ascend"           },
        {"tail",  0,   0,                "expected 1 to 1000000 rows"                   },
        {"tail",  0,   2.5,              "expected 1 to 1000000 rows"                   },
        {"tail",  0,   (double)NAN,      "expected 1 to 1000000 rows"                   },
        {"tail",  0,   1e9,              "expected 1 to 1000000 rows"                   },
        {"tail",  0,   5000,             "expected 5000 scores or more, got 1199"       },
        {"tail",  12,  400,              "expected 1499 scores or more, got 1199"       },
        {"tail",  12,  90,               "expected 1189 scores in 2 groups"             },
        {"tail",  1,   (double)INFINITY, "expected a finite start"                      },
        {"tail",  1,   7,                "expected a start below the highest score"     },
        {"tail",  8,   1.5,              "expected a shape from 0 to 1"                 },
        {"tail",  8,   -0.1,             "expected a shape from 0 to 1"                 },
        {"tail",  3,   0,                "expected a scale above 0"                     },
        {"tail",  4,   1.1,              "expected a rate above 0, at most 1"           },
        {"tail",  5,   601,              "expected a number of peaks up to that of rows"},
        {"tail",  5,   -1,               "expected a number of peaks up to that of rows"},
        {"group", 5,   65,               "expected a name for each group"               },
        {"group", 10,  65,               "expected a name for each group"               },
        {"group", 7,   255,              "expected a name for each group"               },
        {"group", 2,   0,                "expected 1199 scores in 2 groups"             },
    };
    float score[ROWS];
    int32_t group[ROWS];
    hg__calibrations c, back;
    assert_int_equal(draw(&c, score, group, NULL), HG_OK);
    hg_model *m = small_model(NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(hg__calibrations_save(&c, m, NULL), HG_OK);
        char name[64];
        snprintf(name, sizeof name, HG_CALIBRATION_PREFIX "%s", bad[i].part);
        void *data = (void *)hg__model_part(m, name)->data;
        if (*bad[i].part == 's') ((float *)data)[bad[i].at] = (float)bad[i].value;
        if (*bad[i].part == 't') ((double *)data)[bad[i].at] = bad[i].value;
        if (*bad[i].part == 'g') ((uint8_t *)data)[bad[i].at] = (uint8_t)bad[i].value;
        hg_error err = {0};
        assert_int_equal(hg__calibrations_load(&back, m, "m.safetensors", &err), HG_ERR_MODEL);
        if (!strstr(err.message, bad[i].expected)) fail_msg("%zu: %s", i, err.message);
        assert_non_null(strstr(err.message, "m.safetensors: '" HG_CALIBRATION_PREFIX));
        assert_true(back.whole.score == NULL && back.groups == 0);
    }
    hg_error err = {0};
    hg__model_drop_parts(m, HG_CALIBRATION_PREFIX "group");
    assert_int_equal(hg__calibrations_load(&back, m, "m", &err), HG_ERR_MODEL);
    hg__model_drop_parts(m, HG_CALIBRATION_PREFIX "tail");
    assert_int_equal(hg__calibrations_load(&back, m, "m", &err), HG_ERR_MODEL);
    hg__calibrations_clear(&c);
    hg_model_free(m);
}

static int scenario(void) {
    float score[ROWS];
    int32_t group[ROWS];
    hg__calibrations c = {0}, back = {0};
    hg_error err = {0};
    hg_model *m = small_model(&err);
    int code = m ? draw(&c, score, group, &err) : (int)err.code;
    if (code == HG_OK) code = hg__calibrations_save(&c, m, &err);
    if (code == HG_OK) code = hg__calibrations_load(&back, m, "m", &err);
    hg__calibrations_clear(&c);
    hg__calibrations_clear(&back);
    hg_model_free(m);
    if (code == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void without_memory_there_is_an_error_and_nothing_is_lost(void **state) {
    (void)state;
    assert_true(count_faults("calibrations", "HG_FAIL_ALLOC", "") > 15);
}

int main(int count, char **word) {
    if (count == 3 && strcmp(word[1], "child") == 0) return scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_is_calibrated_by_its_own_rows),
        cmocka_unit_test(a_group_with_too_few_rows_for_the_rate_falls_back_to_the_whole),
        cmocka_unit_test(a_model_keeps_calibrations_to_the_bit_through_its_file),
        cmocka_unit_test(parts_that_cannot_be_meant_are_refused),
        cmocka_unit_test(without_memory_there_is_an_error_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
