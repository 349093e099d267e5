// SPDX-License-Identifier: Apache-2.0
// test_neighbours.c - nearest neighbours against looking at every pair, and the same bits however they are asked for.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/neighbours.h"

#include <cmocka.h>

typedef struct table {
    int32_t rows, width;
    float *x; // owned, (rows, width)
} table;

// Numbers from -1 to 1 in steps of 1 / `levels`: few levels make ties.
static table new_table(int32_t rows, int32_t width, uint32_t levels, uint32_t which) {
    table t = {rows, width, hg__alloc((size_t)rows * (size_t)width + HG_LANES, sizeof *t.x, NULL)};
    assert_non_null(t.x);
    for (uint32_t i = 0; i < (uint32_t)(rows * width); i++) {
        const uint32_t word = hg__philox_run(3, which, i, 0, 0).word[0];
        t.x[i] = (float)(word % (2 * levels + 1)) / (float)levels - 1;
    }
    return t;
}

// ---- every pair in double -------------------------------------------------------------------------

typedef struct pair {
    double distance;
    int32_t number;
} pair;

static int compare(const void *a, const void *b) {
    const pair *p = a, *q = b;
    if (p->distance != q->distance) return p->distance < q->distance ? -1 : 1;
    return p->number - q->number;
}

static double square_of(const float *x, const float *r, int32_t width) {
    double sum = 0;
    for (int32_t j = 0; j < width; j++) {
        sum += ((double)x[j] - (double)r[j]) * ((double)x[j] - (double)r[j]);
    }
    return sum;
}

// The distances are those of double to a few bits; numbers are the same where `ties_are_exact`.
static void check(const table *ref, const table *x, int32_t k, int ties_are_exact) {
    hg__neighbours *n = hg__neighbours_new(ref->x, ref->rows, ref->width, NULL);
    float *distance = hg__alloc((size_t)x->rows * (size_t)k, sizeof *distance, NULL);
    int32_t *index = hg__alloc((size_t)x->rows * (size_t)k, sizeof *index, NULL);
    pair *all = hg__alloc((size_t)ref->rows, sizeof *all, NULL);
    assert_true(n && distance && index && all);
    assert_int_equal(hg__neighbours_find(n, x->x, x->rows, k, distance, index, NULL, NULL), HG_OK);
    for (int32_t i = 0; i < x->rows; i++) {
        const float *row = x->x + i * x->width;
        for (int32_t r = 0; r < ref->rows; r++) {
            all[r] = (pair){square_of(row, ref->x + r * ref->width, ref->width), r};
        }
        qsort(all, (size_t)ref->rows, sizeof *all, compare);
        for (int32_t j = 0; j < k; j++) {
            const double want = all[j].distance, got = (double)distance[i * k + j];
            assert_true(fabs(got - want) <= 4e-6 * want);
            if (ties_are_exact) assert_int_equal(index[i * k + j], all[j].number);
        }
    }
    hg__free(all);
    hg__free(index);
    hg__free(distance);
    hg__neighbours_free(n);
}

static void the_nearest_are_those_of_every_pair(void **state) {
    (void)state;
    static const int32_t counts[] = {1, 5, 63, 64, 65, 200, 700},
                         widths[] = {1, 2, 3, 15, 16, 17, 70, 130};
    static const int32_t most[] = {1, 5, 64, 200};
    for (uint32_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (uint32_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            // Quarters: all sums are exact, and there are many ties.
            table ref = new_table(counts[c], widths[w], 4, c),
                  x = new_table(100, widths[w], 4, 50 + w);
            for (uint32_t k = 0; k < sizeof most / sizeof *most; k++) {
                check(&ref, &x, most[k] < counts[c] ? most[k] : counts[c], 1);
            }
            hg__free(ref.x);
            hg__free(x.x);
        }
    }
}

// Close pairs far from the origin: |x|^2 + |r|^2 - 2 x.r alone would be off by more than they are apart.
static void what_cancels_in_the_product_is_exact_all_the_same(void **state) {
    (void)state;
    table ref = new_table(900, 40, 1000000, 1), x = new_table(150, 40, 1000000, 2);
    for (int32_t i = 0; i < ref.rows * ref.width; i++) ref.x[i] = 3000 + ref.x[i] / 64;
    for (int32_t i = 0; i < x.rows * x.width; i++) x.x[i] = 3000 + x.x[i] / 64;
    for (int32_t i = 0; i < ref.rows; i += 2) { // and two clusters, so that the mean is near none
        for (int32_t j = 0; j < ref.width; j++) ref.x[i * ref.width + j] -= 6000;
    }
    check(&ref, &x, 7, 0);
    hg__free(ref.x);
    hg__free(x.x);
}

// Clusters far apart, so that most panels are passed over, and every reference twice: the lower number comes first wherever it
// stands in the panels' order.
static void clusters_and_ties_between_panels_are_those_of_every_pair(void **state) {
    (void)state;
    table ref = new_table(1000, 19, 4, 1), x = new_table(400, 19, 4, 2);
    for (int32_t i = 0; i < 500; i++) {
        float *row = ref.x + i * 19;
        row[i % 7] += (float)(8 * (i % 11));
        for (int32_t j = 0; j < 19; j++) ref.x[(999 - i) * 19 + j] = row[j];
    }
    for (int32_t i = 0; i < 400; i++) x.x[i * 19 + i % 7] += (float)(8 * (i % 11));
    check(&ref, &x, 1, 1);
    check(&ref, &x, 6, 1);
    hg__free(ref.x);
    hg__free(x.x);
}

// So many numbers that panels are made when they are met; the last is not full.
static void wide_rows_meet_all_references(void **state) {
    (void)state;
    table ref = new_table(150, 60001, 1000000, 1), x = new_table(12, 60001, 1000000, 2);
    for (int32_t i = 0; i < 9; i++) { // near to one each, and so to one panel
        for (int32_t j = 0; j < 60001; j++) x.x[i * 60001 + j] += ref.x[i * 5 * 60001 + j] * 3;
    }
    check(&ref, &x, 1, 1);
    check(&ref, &x, 6, 1);
    hg__free(ref.x);
    hg__free(x.x);
}

static void a_copy_of_a_reference_is_at_distance_0(void **state) {
    (void)state;
    table ref = new_table(300, 33, 1000000, 1);
    float distance[300];
    int32_t index[300];
    hg__neighbours *n = hg__neighbours_new(ref.x, ref.rows, ref.width, NULL);
    assert_non_null(n);
    assert_int_equal(hg__neighbours_find(n, ref.x, ref.rows, 1, distance, index, NULL, NULL),
                     HG_OK);
    for (int32_t i = 0; i < ref.rows; i++) {
        assert_int_equal(index[i], i);
        assert_true(distance[i] == 0);
    }
    hg__neighbours_free(n);
    hg__free(ref.x);
}

static void any_cut_and_any_threads_give_the_same_bits(void **state) {
    (void)state;
    enum { X = 501, K = 6 };
    table ref = new_table(800, 27, 1000000, 1), x = new_table(X, 27, 1000000, 2);
    static float want[X * K], got[X * K];
    static int32_t want_index[X * K], got_index[X * K];
    hg__neighbours *n = hg__neighbours_new(ref.x, ref.rows, ref.width, NULL);
    assert_non_null(n);
    assert_int_equal(hg__neighbours_find(n, x.x, X, K, want, want_index, NULL, NULL), HG_OK);
    for (int32_t threads = 1; threads <= 3; threads++) {
        hg__pool *pool = hg__pool_new(threads, NULL);
        hg__blocks blocks = {.pool = pool};
        for (int32_t piece = 1; piece <= X; piece = piece * 5 + 2) {
            for (int32_t first = 0; first < X; first += piece) {
                const int32_t rows = X - first < piece ? X - first : piece;
                assert_int_equal(hg__neighbours_find(n, x.x + first * 27, rows, K, got + first * K,
                                                     got_index + first * K, &blocks, NULL),
                                 HG_OK);
            }
            assert_memory_equal(got, want, sizeof want);
            assert_memory_equal(got_index, want_index, sizeof want_index);
        }
        hg__blocks_clear(&blocks);
        hg__pool_free(pool);
    }
    hg__neighbours_free(n);
    hg__free(ref.x);
    hg__free(x.x);
}

static void what_is_not_a_number_is_infinitely_far(void **state) {
    (void)state;
    float ref[5 * 2 + HG_LANES] = {0, 0, NAN, 0, 1, 1, INFINITY, 0, 3e38F, -3e38F};
    const float x[4 * 2] = {1, 0, NAN, 2, 3e38F, -3e38F, -INFINITY, 1};
    float distance[4 * 5];
    int32_t index[4 * 5];
    hg__neighbours *n = hg__neighbours_new(ref, 5, 2, NULL);
    assert_non_null(n);
    assert_int_equal(hg__neighbours_find(n, x, 4, 5, distance, index, NULL, NULL), HG_OK);
    static const int32_t want[4 * 5] = {0, 2, 1, 3, 4, 0, 1, 2, 3, 4, 4, 0, 1, 2, 3, 0, 1, 2, 3, 4};
    assert_memory_equal(index, want, sizeof want);
    assert_true(distance[0] == 1 && distance[1] == 1 && isinf(distance[2]) && isinf(distance[5]));
    assert_true(distance[10] == 0 && isinf(distance[11]) && isinf(distance[15]));
    hg__neighbours_free(n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_are_those_of_every_pair),
        cmocka_unit_test(what_cancels_in_the_product_is_exact_all_the_same),
        cmocka_unit_test(clusters_and_ties_between_panels_are_those_of_every_pair),
        cmocka_unit_test(wide_rows_meet_all_references),
        cmocka_unit_test(a_copy_of_a_reference_is_at_distance_0),
        cmocka_unit_test(any_cut_and_any_threads_give_the_same_bits),
        cmocka_unit_test(what_is_not_a_number_is_infinitely_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
