// SPDX-License-Identifier: Apache-2.0
// test_baseline.c - what every baseline promises, in one loop over the table, and what each is by hand.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/baseline.h"

#include <cmocka.h>

enum { ROWS = 600, WIDTH = 7, X = 203 };

static hg__pool *pool; // two threads

static int start(void **state) {
    (void)state;
    pool = hg__pool_new(2, NULL);
    return pool ? 0 : 1;
}

static int stop(void **state) {
    (void)state;
    hg__pool_free(pool);
    return 0;
}

static bool can_run(const hg__baseline *b) {
    return !b->is_available || b->is_available();
}

// Correlated columns of different sizes; column 3 is always 5, column 4 is 0 or 1.
static void make_rows(float *x, int64_t rows, uint32_t which) {
    float noise[HG_LANES];
    for (int64_t i = 0; i < rows; i++, x += WIDTH) {
        const uint32_t counter[3] = {which, (uint32_t)i, 0};
        hg__kernels_pick()->normal(noise, 7, counter, WIDTH);
        for (int32_t j = 0; j < WIDTH; j++) x[j] = (float)(j + 1) * noise[j] + noise[0] + 10;
        x[3] = 5;
        x[4] = noise[4] > 1 ? 1 : 0;
    }
}

static void *fit(const hg__baseline *b, const float *x, int64_t rows, int32_t width, hg__pool *p) {
    hg_error err = {0};
    void *s = b->fit(x, rows, width, 11, p, &err);
    if (!s) fail_msg("%s: %s", b->name, err.message);
    return s;
}

static void every_baseline_has_a_name_and_a_source_and_is_found(void **state) {
    (void)state;
    size_t count;
    const hg__baseline *const *list = hg__baselines(&count);
    assert_true(count >= 4);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(list[i]->name) > 1 && strlen(list[i]->source) > 20);
        assert_ptr_equal(hg__baseline_find(list[i]->name), list[i]);
    }
    assert_null(hg__baseline_find("pc"));
    assert_null(hg__baseline_find(""));
}

static void any_cut_and_any_threads_give_the_same_bits(void **state) {
    (void)state;
    static float train[ROWS * WIDTH], x[X * WIDTH], want[X], got[X];
    size_t count;
    const hg__baseline *const *list = hg__baselines(&count);
    make_rows(train, ROWS, 1);
    make_rows(x, X, 2);
    for (size_t i = 0; i < count; i++) {
        if (!can_run(list[i])) continue;
        hg__pool *alone = hg__pool_new(1, NULL);
        void *one = fit(list[i], train, ROWS, WIDTH, alone);
        void *two = fit(list[i], train, ROWS, WIDTH, pool);
        assert_int_equal(list[i]->score(one, x, X, want, alone, NULL), HG_OK);
        for (int32_t piece = 1; piece <= X; piece = 3 * piece + 10) {
            for (int32_t at = 0; at < X; at += piece) {
                const int32_t rows = X - at < piece ? X - at : piece;
                assert_int_equal(list[i]->score(two, x + at * WIDTH, rows, got + at, pool, NULL),
                                 HG_OK);
            }
            assert_memory_equal(got, want, sizeof want);
        }
        list[i]->free(one);
        list[i]->free(two);
        hg__pool_free(alone);
    }
}

static void a_row_far_out_has_the_highest_score(void **state) {
    (void)state;
    static float train[ROWS * WIDTH], x[X * WIDTH], score[X];
    size_t count;
    const hg__baseline *const *list = hg__baselines(&count);
    make_rows(train, ROWS, 1);
    make_rows(x, X, 2);
    for (int32_t j = 0; j < WIDTH; j++) {
        if (j != 3) x[77 * WIDTH + j] += j % 2 ? 60.0F : -60.0F;
    }
    for (size_t i = 0; i < count; i++) {
        if (!can_run(list[i])) continue;
        void *s = fit(list[i], train, ROWS, WIDTH, pool);
        assert_int_equal(list[i]->score(s, x, X, score, pool, NULL), HG_OK);
        list[i]->free(s);
        for (int32_t r = 0; r < X; r++) {
            assert_true(isfinite(score[r]));
            if (r != 77) assert_true(score[r] < score[77]);
        }
    }
}

static void a_column_that_was_constant_says_nothing(void **state) {
    (void)state;
    static float train[ROWS * WIDTH], x[X * WIDTH], want[X], got[X];
    size_t count;
    const hg__baseline *const *list = hg__baselines(&count);
    make_rows(train, ROWS, 1);
    make_rows(x, X, 2);
    for (size_t i = 0; i < count; i++) {
        if (!can_run(list[i])) continue;
        void *s = fit(list[i], train, ROWS, WIDTH, pool);
        assert_int_equal(list[i]->score(s, x, X, want, pool, NULL), HG_OK);
        for (int32_t r = 0; r < X; r++) x[r * WIDTH + 3] = (float)(100 * r) - 7;
        assert_int_equal(list[i]->score(s, x, X, got, pool, NULL), HG_OK);
        for (int32_t r = 0; r < X; r++) x[r * WIDTH + 3] = 5;
        list[i]->free(s);
        assert_memory_equal(got, want, sizeof want);
    }
}

static void tables_of_one_row_or_one_column_or_one_value_are_learned(void **state) {
    (void)state;
    static const struct {
        int32_t rows, width;
    } shapes[] = {
        {1, 1 },
        {1, 5 },
        {2, 3 },
        {3, 1 },
        {9, 40}
    };
    size_t count;
    const hg__baseline *const *list = hg__baselines(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t t = 0; t < 2 * sizeof shapes / sizeof *shapes; t++) {
            const int32_t rows = shapes[t / 2].rows, width = shapes[t / 2].width;
            float x[9 * 40], score[9];
            for (int32_t j = 0; j < rows * width; j++) {
                x[j] = t % 2 ? 0.1F : (float)((j * 7919) % 101);
            }
            if (!can_run(list[i])) continue;
            void *s = fit(list[i], x, rows, width, pool);
            assert_int_equal(list[i]->score(s, x, rows, score, pool, NULL), HG_OK);
            for (int32_t r = 0; r < rows; r++) assert_true(isfinite(score[r]));
            assert_int_equal(list[i]->score(s, x, 0, score, pool, NULL), HG_OK);
            list[i]->free(s);
        }
        list[i]->free(NULL);
    }
}

// ---- by hand --------------------------------------------------------------------------------------

static void score_with(const char *name, const float *train, int64_t rows, int32_t width,
                       const float *x, int64_t others, float *score) {
    const hg__baseline *b = hg__baseline_find(name);
    void *s = fit(b, train, rows, width, pool);
    assert_int_equal(b->score(s, x, others, score, pool, NULL), HG_OK);
    b->free(s);
}

static void knn_is_the_mean_of_five_distances(void **state) {
    (void)state;
    // Mean 3.5, deviation sqrt(35 / 12).
    const float train[] = {1, 2, 3, 4, 5, 6}, x[] = {0, 3};
    float score[2];
    score_with("knn", train, 6, 1, x, 2, score);
    const double deviation = sqrt(35.0 / 12);
    assert_true(fabs((double)score[0] - 3 / deviation) < 1e-6);   // 1 2 3 4 5
    assert_true(fabs((double)score[1] - 1.2 / deviation) < 1e-6); // 0 1 1 2 2
}

static void knn_of_many_rows_keeps_a_draw_of_them(void **state) {
    (void)state;
    enum { MANY = 21000 };
    static float train[MANY], score[MANY];
    for (int32_t i = 0; i < MANY; i++) train[i] = (float)i;
    score_with("knn", train, MANY, 1, train, MANY, score);
    const float step =
        (float)(1 / sqrt(((double)MANY * MANY - 1) / 12)); // between neighbours, as z-scores
    int32_t more = 0;
    for (int32_t i = 0; i < MANY; i++) {
        more += score[i] > 1.21F * step;
    } // 0 1 1 2 2 with all of them
    assert_true(more > 2000 && more < 9000);
}

static void ecod_adds_the_longer_tail_of_each_column(void **state) {
    (void)state;
    // Column 0 has a tail to the right; column 1 is even, where both tails count.
    const float train[] = {1, -1, 1, 1, 2, -1, 9, 1};
    const float x[] = {0, 0, 1, 1, 5, -1, 9, 7};
    float score[4];
    score_with("ecod", train, 4, 2, x, 4, score);
    const double five = log(5); // -log of (1 + count) / 5
    const double want[] = {(five - log(1)) + (five - log(3)) +
                               (five - log(3)), // left 0, right 4; left 2, right 2
                           (five - log(3)) + (five - log(5)) + (five - log(3)),
                           (five - log(2)) + (five - log(3)) + (five - log(5)),
                           (five - log(2)) + (five - log(5)) + (five - log(1))};
    for (int i = 0; i < 4; i++) assert_true(fabs((double)score[i] - want[i]) < 1e-6);
}

static void pca_scores_the_lower_half_and_mahalanobis_all(void **state) {
    (void)state;
    if (!can_run(hg__baseline_find("pca"))) skip();
    // Two columns with correlation 0.6: eigenvalues 1.6 along (1, 1), 0.4 along (1, -1).
    const float train[] = {2, 2, -2, -2, 1, -1, -1, 1};
    const float x[] = {1, 1, 1, -1, 3, 0};
    float pca[3], maha[3];
    score_with("pca", train, 4, 2, x, 3, pca);
    score_with("mahalanobis", train, 4, 2, x, 3, maha);
    const double square = 2.5; // of the deviation
    const double along[] = {2 / square, 0, 4.5 / square}, across[] = {0, 2 / square, 4.5 / square};
    for (int i = 0; i < 3; i++) {
        assert_true(fabs((double)pca[i] - across[i]) < 1e-5);
        assert_true(fabs((double)maha[i] - along[i] / 1.6 - across[i] / 0.4) < 1e-5);
    }
}

static void a_forest_isolates_the_lone_row_first(void **state) {
    (void)state;
    // c(4) = 2 (1 + 1/2 + 1/3) - 3/2. Of 4 rows the lone one is cut off at once in nearly all trees: depth 1.
    const float train[] = {0, 1, 2, 1000}, x[] = {1000, 1};
    float score[2];
    score_with("iforest", train, 4, 1, x, 2, score);
    const double c = 2 * (1 + 0.5 + 1.0 / 3) - 1.5;
    assert_true(fabs((double)score[0] + 1 / c) < 0.03);
    assert_true(fabs((double)score[1] + (2 + 1) / c) <
                0.03); // with another one after log2(4) cuts: c(2) = 1
}

static void another_seed_grows_another_forest(void **state) {
    (void)state;
    static float train[ROWS * WIDTH], a[ROWS], c[ROWS];
    const hg__baseline *b = hg__baseline_find("iforest");
    make_rows(train, ROWS, 1);
    for (uint64_t seed = 1; seed <= 2; seed++) {
        void *s = b->fit(train, ROWS, WIDTH, seed, pool, NULL);
        assert_non_null(s);
        assert_int_equal(b->score(s, train, ROWS, seed == 1 ? a : c, pool, NULL), HG_OK);
        b->free(s);
    }
    double difference = 0;
    for (int i = 0; i < ROWS; i++) difference += fabs((double)a[i] - (double)c[i]) / ROWS;
    assert_true(difference > 1e-3 && difference < 0.1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_baseline_has_a_name_and_a_source_and_is_found),
        cmocka_unit_test(any_cut_and_any_threads_give_the_same_bits),
        cmocka_unit_test(a_row_far_out_has_the_highest_score),
        cmocka_unit_test(a_column_that_was_constant_says_nothing),
        cmocka_unit_test(tables_of_one_row_or_one_column_or_one_value_are_learned),
        cmocka_unit_test(knn_is_the_mean_of_five_distances),
        cmocka_unit_test(knn_of_many_rows_keeps_a_draw_of_them),
        cmocka_unit_test(ecod_adds_the_longer_tail_of_each_column),
        cmocka_unit_test(pca_scores_the_lower_half_and_mahalanobis_all),
        cmocka_unit_test(a_forest_isolates_the_lone_row_first),
        cmocka_unit_test(another_seed_grows_another_forest),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
