// SPDX-License-Identifier: Apache-2.0
// test_code_quality.c - what codes are worth, on rows of which it is known.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/blocks.h"
#include "latent/code_quality.h"

#include <cmocka.h>

enum { ROWS = 400, WIDTH = 6, CODE = 3, CLASSES = 4 };

typedef struct table {
    float *x, *z; // owned, (ROWS, WIDTH), (ROWS, CODE)
    int32_t *label;
} table;

static double noise(uint32_t i, uint32_t j) {
    return 2 * (double)hg__unit_float(hg__philox_run(7, i, j, 0, 0).word[0]) - 1;
}

// Rows of classes that lie apart; their codes are the first numbers.
static int set_up(void **state) {
    table *t = hg__alloc(1, sizeof *t, NULL);
    assert_non_null(t);
    t->x = hg__numbers(ROWS, WIDTH, NULL);
    t->z = hg__numbers(ROWS, CODE, NULL);
    t->label = hg__alloc(ROWS, sizeof *t->label, NULL);
    assert_true(t->x && t->z && t->label);
    for (uint32_t i = 0; i < ROWS; i++) {
        t->label[i] = (int32_t)(i * 7 % CLASSES);
        for (uint32_t j = 0; j < WIDTH; j++) {
            const int where = j < 2 ? t->label[i] >> j & 1 : 0;
            t->x[i * WIDTH + j] = (float)(noise(i, j) + 4.0 * where);
            if (j < CODE) t->z[i * CODE + j] = t->x[i * WIDTH + j];
        }
    }
    *state = t;
    return 0;
}

static int tear_down(void **state) {
    table *t = *state;
    hg__free(t->x);
    hg__free(t->z);
    hg__free(t->label);
    hg__free(t);
    return 0;
}

static hg__code_rows rows_of(const table *t) {
    return (hg__code_rows){.rows = ROWS,
                           .width = WIDTH,
                           .code = CODE,
                           .x = t->x,
                           .z = t->z,
                           .label = t->label,
                           .seed = 3};
}

static hg__code_quality measure(const hg__code_rows *r, hg__pool *pool) {
    hg__code_quality q;
    assert_int_equal(hg__code_quality_of(r, pool, &q, NULL), HG_OK);
    return q;
}

static void classes_that_lie_apart_are_told_from_the_code(void **state) {
    hg__code_rows r = rows_of(*state);
    const hg__code_quality q = measure(&r, NULL);
    assert_int_equal(q.classes, CLASSES);
    assert_int_equal(q.tested, ROWS / 2);
    assert_true(q.knn_accuracy == 1 && q.probe_accuracy == 1);
    r.label = NULL;
    const hg__code_quality without = measure(&r, NULL);
    assert_true(isnan(without.knn_accuracy) && isnan(without.probe_accuracy));
    assert_int_equal(without.classes, 0);
}

static void classes_that_the_code_knows_nothing_of_are_guessed(void **state) {
    table *t = *state;
    hg__code_rows r = rows_of(t);
    int32_t label[ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        label[i] = (int32_t)(hg__philox_run(1, i, 9, 0, 0).word[0] % 2);
    }
    r.label = label;
    const hg__code_quality q = measure(&r, NULL);
    assert_true(fabs(q.knn_accuracy - 0.5) < 0.15 && fabs(q.probe_accuracy - 0.5) < 0.15);
}

static void rows_without_a_class_do_not_count(void **state) {
    table *t = *state;
    hg__code_rows r = rows_of(t);
    int32_t label[ROWS];
    for (int32_t i = 0; i < ROWS; i++) label[i] = i < 100 ? t->label[i] : -1;
    r.label = label;
    assert_int_equal(measure(&r, NULL).tested, 50);
    for (int32_t i = 0; i < ROWS; i++) label[i] = -1;
    assert_true(isnan(measure(&r, NULL).knn_accuracy));
    for (int32_t i = 0; i < ROWS; i++) label[i] = 5; // one class is none
    assert_true(isnan(measure(&r, NULL).probe_accuracy));
}

static void a_code_that_is_the_row_keeps_all_neighbours_and_a_random_one_none(void **state) {
    table *t = *state;
    hg__code_rows r = rows_of(t);
    float *z = hg__numbers(ROWS, WIDTH, NULL);
    assert_non_null(z);
    memcpy(z, t->x, ROWS * WIDTH * sizeof *z);
    r.z = z;
    r.code = WIDTH;
    hg__code_quality q = measure(&r, NULL);
    assert_int_equal(q.placed, ROWS);
    assert_true(q.trustworthiness == 1 && q.continuity == 1);
    for (uint32_t i = 0; i < ROWS * WIDTH; i++) z[i] = (float)noise(i, 77);
    q = measure(&r, NULL);
    assert_true(fabs(q.trustworthiness - 0.5) < 0.05 && fabs(q.continuity - 0.5) < 0.05);
    hg__free(z);
}

static void the_effective_dimension_counts_what_varies(void **state) {
    table *t = *state;
    hg__code_rows r = rows_of(t);
    float *z = hg__numbers(ROWS, 8, NULL);
    assert_non_null(z);
    r.z = z;
    r.code = 8; // two that vary alike, one that is small, five that do not
    for (uint32_t i = 0; i < ROWS; i++) {
        z[i * 8] = (i & 1) ? 1 : -1;
        z[i * 8 + 1] = (i & 2) ? 1 : -1;
        z[i * 8 + 2] = (i & 4) ? 0.05F : -0.05F;
    }
    const hg__code_quality q = measure(&r, NULL);
    const double trace = 2 + 0.0025, squares = 2 + 0.0025 * 0.0025;
    assert_true(fabs(q.effective_dimension - trace * trace / squares) < 1e-6);
    assert_true(q.active_units == 2); // 0.05^2 is below 0.01
    r.rows = 6;                       // fewer than numbers: by the rows' products
    r.label = NULL;
    const double few = measure(&r, NULL).effective_dimension;
    assert_true(few > 1 && few < 3);
    memset(z, 0, ROWS * 8 * sizeof *z);
    assert_true(isnan(measure(&r, NULL).effective_dimension));
    hg__free(z);
}

static void explained_variance_is_what_the_error_leaves(void **state) {
    table *t = *state;
    hg__code_rows r = rows_of(t);
    float y[ROWS * WIDTH];
    double mean[WIDTH] = {0};
    memcpy(y, t->x, sizeof y);
    r.y = y;
    assert_true(measure(&r, NULL).explained_variance == 1 && measure(&r, NULL).mse == 0);
    for (int i = 0; i < ROWS * WIDTH; i++) mean[i % WIDTH] += (double)t->x[i] / ROWS;
    for (int i = 0; i < ROWS * WIDTH; i++) y[i] = (float)mean[i % WIDTH];
    assert_true(fabs(measure(&r, NULL).explained_variance) < 1e-6);
    r.z = NULL; // a model without a code
    const hg__code_quality q = measure(&r, NULL);
    assert_true(q.code == 0 && isnan(q.trustworthiness) && isnan(q.active_units));
}

static void the_bits_do_not_depend_on_the_threads(void **state) {
    const hg__code_rows r = rows_of(*state);
    const hg__code_quality alone = measure(&r, NULL);
    for (int32_t threads = 1; threads <= 3; threads++) {
        hg__pool *pool = hg__pool_new(threads, NULL);
        assert_non_null(pool);
        const hg__code_quality q = measure(&r, pool);
        assert_true(q.effective_dimension == alone.effective_dimension);
        assert_true(q.trustworthiness == alone.trustworthiness);
        assert_true(q.continuity == alone.continuity);
        assert_true(q.knn_accuracy == alone.knn_accuracy);
        assert_true(q.probe_accuracy == alone.probe_accuracy);
        hg__pool_free(pool);
    }
}

static void rows_that_are_few_are_not_judged(void **state) {
    hg__code_rows r = rows_of(*state);
    r.rows = 15;
    const hg__code_quality q = measure(&r, NULL);
    assert_true(isnan(q.trustworthiness) && isnan(q.knn_accuracy));
    assert_int_equal(q.placed, 0);
    assert_int_equal(hg__quality_rows(784, 60000), HG_QUALITY_ROWS);
    assert_int_equal(hg__quality_rows(1 << 24, 50), 2);
    assert_int_equal(hg__quality_rows(3, 1), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_that_lie_apart_are_told_from_the_code),
        cmocka_unit_test(classes_that_the_code_knows_nothing_of_are_guessed),
        cmocka_unit_test(rows_without_a_class_do_not_count),
        cmocka_unit_test(a_code_that_is_the_row_keeps_all_neighbours_and_a_random_one_none),
        cmocka_unit_test(the_effective_dimension_counts_what_varies),
        cmocka_unit_test(explained_variance_is_what_the_error_leaves),
        cmocka_unit_test(the_bits_do_not_depend_on_the_threads),
        cmocka_unit_test(rows_that_are_few_are_not_judged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
