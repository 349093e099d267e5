// SPDX-License-Identifier: Apache-2.0
// test_outliers.c - rows that do not fit the rest of a training set.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "detect/baseline.h"

#include <cmocka.h>

enum { NORMAL = 1970, APART = 10, CLUMP = 20, ROWS = NORMAL + APART + CLUMP, WIDTH = 4 };

static double draw(uint64_t *state) { // -1 .. 1, about
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
        sum += (double)(*state >> 40) / (1 << 24) - 0.5;
    }
    return sum;
}

// x (ROWS, WIDTH): normal rows along a line, rows far out in one column each, and rows close to each other off the line.
static void make_rows(float *x) {
    uint64_t state = 7;
    for (int i = 0; i < ROWS; i++) {
        float *row = x + (ptrdiff_t)i * WIDTH;
        const double at = draw(&state);
        for (int j = 0; j < WIDTH; j++) row[j] = (float)((j % 2 ? -at : at) + 0.1 * draw(&state));
        if (i >= NORMAL && i < NORMAL + APART) row[i % WIDTH] += (float)(i % 2 ? 9 : -9);
        if (i < NORMAL + APART) continue;
        for (int j = 0; j < WIDTH; j++) row[j] = (float)(2.5 + 0.02 * draw(&state));
    }
}

static void score_rows(const float *x, int64_t rows, int32_t threads, float *score) {
    hg__data d;
    hg_error err;
    hg__pool *pool = hg__pool_new(threads, &err);
    assert_non_null(pool);
    assert_int_equal(hg__data_wrap(&d, x, rows, WIDTH, &err), HG_OK);
    assert_int_equal(hg__outliers_score(&d, 3, pool, score, &err), HG_OK);
    hg__pool_free(pool);
}

static void planted_rows_come_first_also_where_they_resemble_each_other(void **state) {
    static float x[ROWS * WIDTH], score[ROWS];
    (void)state;
    make_rows(x);
    score_rows(x, ROWS, 2, score);
    float least = 1;
    for (int i = NORMAL; i < ROWS; i++) least = fminf(least, score[i]);
    int above = 0;
    for (int i = 0; i < NORMAL; i++) above += score[i] >= least;
    assert_in_range(above, 0, 10);
}

static void scores_are_shares_and_the_same_for_any_number_of_threads(void **state) {
    static float x[ROWS * WIDTH], score[ROWS], other[ROWS];
    (void)state;
    make_rows(x);
    score_rows(x, ROWS, 1, score);
    score_rows(x, ROWS, 3, other);
    assert_memory_equal(score, other, sizeof score);
    int low = 0;
    for (int i = 0; i < ROWS; i++) {
        assert_true(score[i] >= 0 && score[i] < 1);
        low += score[i] < 0.5F;
    }
    assert_in_range(low, ROWS / 4, ROWS / 2); // at most half are below the middle in both
}

static void a_row_or_two_and_rows_that_are_all_alike_have_scores_too(void **state) {
    static float x[100 * WIDTH], score[100];
    (void)state;
    score[0] = 5;
    score_rows(x, 1, 1, score);
    assert_float_equal(score[0], 0, 0);
    score_rows(x, 2, 1, score);
    assert_float_equal(score[0], 0, 0);
    score_rows(x, 100, 1, score);
    for (int i = 0; i < 100; i++) assert_float_equal(score[i], 0, 0);
    x[40 * WIDTH] = 1;
    score_rows(x, 100, 1, score);
    for (int i = 0; i < 100; i++) assert_float_equal(score[i], i == 40 ? 0.99F : 0, 1e-6F);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_rows_come_first_also_where_they_resemble_each_other),
        cmocka_unit_test(scores_are_shares_and_the_same_for_any_number_of_threads),
        cmocka_unit_test(a_row_or_two_and_rows_that_are_all_alike_have_scores_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
