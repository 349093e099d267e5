// SPDX-License-Identifier: Apache-2.0
// outliers.c - which rows of a training set do not fit the rest.
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/baseline.h"
#include "detect/neighbours.h"

enum { OTHERS = 1024, SAMPLE = 16384, NEAR_SHARE = 20, LEAST_NEAR = 10 };

// The ellipsoid: rows it is fitted to for each column at least, columns at most; how often, and to what share of the sample.
enum { ROWS_A_COLUMN = 5, MOST_WIDTH = 512, STEPS = 4 };
static const double core = 0.8;

typedef struct search {
    const hg__data *data; // borrowed
    hg__pool *pool;       // borrowed
    hg__blocks blocks;    // of that pool
    hg__shuffle order;    // the first `others` rows of it are those that all are compared with
    int32_t others, near;
    hg__neighbours *in;                  // owned
    const hg__baseline *trees, *squares; // isolation forest, Mahalanobis distance
    void *forest, *ellipsoid;            // owned, what these learned; ellipsoid may be NULL
    int64_t block;                       // rows at a time
    float *scale;                        // owned, (width)
    float *other;                        // owned, (others, width), scaled
    float *x;                            // owned, (block, width): rows
    float *distance;                     // owned, (block, near + 1): to others, squared
    int32_t *index;                      // owned, the same: which others
    float *far, *alone, *outside;        // owned, (rows): what the three say, by place in the order
} search;

static void clear(search *s) {
    hg__neighbours_free(s->in);
    hg__blocks_clear(&s->blocks);
    if (s->forest) s->trees->free(s->forest);
    if (s->ellipsoid) s->squares->free(s->ellipsoid);
    hg__free(s->scale);
    hg__free(s->other);
    hg__free(s->x);
    hg__free(s->distance);
    hg__free(s->index);
    hg__free(s->far);
    hg__free(s->alone);
    hg__free(s->outside);
}

static int64_t row_at(const search *s, int64_t position) {
    return (int64_t)hg__shuffle_at(&s->order, (uint64_t)position);
}

// x (count, width): rows first .. first + count - 1 of the order.
static int copy_rows(const search *s, int64_t first, int64_t count, float *x, hg_error *err) {
    for (int64_t i = 0; i < count; i++) {
        HG_TRY(hg__data_row(s->data, row_at(s, first + i), x + i * s->data->width, err));
    }
    return HG_OK;
}

// x (count, width), as encoded, is scaled.
static void scale_rows(const search *s, int64_t count, float *x) {
    const int32_t width = s->data->width;
    for (int64_t i = 0; i < count; i++) {
        for (int32_t j = 0; j < width; j++) x[i * width + j] *= s->scale[j];
    }
}

static int compare(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// kept (count, width): the rows of x (rows, width) that score lowest; sorted (rows) is room.
static void keep_lowest(const float *x, const float *score, int64_t rows, int32_t width,
                        int64_t count, float *sorted, float *kept) {
    memcpy(sorted, score, (size_t)rows * sizeof *sorted);
    qsort(sorted, (size_t)rows, sizeof *sorted, compare);
    const float highest = sorted[count - 1];
    int64_t below = 0, n = 0;
    for (int64_t i = 0; i < count; i++) below += sorted[i] < highest;
    for (int64_t i = 0, equal = count - below; i < rows; i++) {
        if (score[i] > highest || (score[i] == highest && equal-- <= 0)) continue;
        memcpy(kept + n++ * width, x + i * width, (size_t)width * sizeof *kept);
    }
}

// room: (2, rows) and then (rows, width).
static int fit_ellipsoid(search *s, const float *x, int64_t rows, float *room, hg_error *err) {
    const int32_t width = s->data->width;
    const int64_t count = (int64_t)(core * (double)rows);
    float *score = room, *sorted = room + rows, *kept = room + 2 * rows;
    for (int step = 0; step < STEPS; step++) {
        const bool is_first = step == 0;
        if (s->ellipsoid) s->squares->free(s->ellipsoid);
        s->ellipsoid =
            s->squares->fit(is_first ? x : kept, is_first ? rows : count, width, 0, s->pool, err);
        if (!s->ellipsoid) return HG_ERR_MEMORY;
        if (step == STEPS - 1) break;
        HG_TRY(s->squares->score(s->ellipsoid, x, rows, score, s->pool, err));
        keep_lowest(x, score, rows, width, count, sorted, kept);
    }
    return HG_OK;
}

// The ellipsoid of most of the sample x (rows, width): fitted, and again to the rows that lie deepest in it (Rousseeuw & Van
// Driessen, "A fast algorithm for the minimum covariance determinant estimator", 1999). None where rows are few or columns many.
static int learn_ellipsoid(search *s, const float *x, int64_t rows, hg_error *err) {
    const int32_t width = s->data->width;
    if (width > MOST_WIDTH || rows < ROWS_A_COLUMN * width) return HG_OK;
    if (s->squares->is_available && !s->squares->is_available()) return HG_OK;
    float *room = hg__numbers((size_t)rows, (size_t)width + 2, err);
    const int code = room ? fit_ellipsoid(s, x, rows, room, err) : HG_ERR_MEMORY;
    hg__free(room);
    return code;
}

static int learn_scale(search *s, const float *x, int64_t rows, hg_error *err) {
    const int32_t width = s->data->width;
    hg__column_scale *scale = hg__alloc((size_t)width, sizeof *scale, err);
    if (!scale) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < rows; i++) {
        hg__column_scale_meet(scale, x + i * width, width, i, rows);
    }
    for (int64_t i = 0; i < rows; i++) hg__column_scale_measure(scale, x + i * width, width, rows);
    for (int32_t j = 0; j < width; j++) s->scale[j] = hg__column_scale_of(&scale[j]);
    hg__free(scale);
    return HG_OK;
}

// All three, from a sample x (rows, width).
static int learn(search *s, const float *x, int64_t rows, uint64_t seed, hg_error *err) {
    s->forest = s->trees->fit(x, rows, s->data->width, seed, s->pool, err);
    if (!s->forest) return HG_ERR_MEMORY;
    HG_TRY(learn_ellipsoid(s, x, rows, err));
    return learn_scale(s, x, rows, err);
}

// What all are compared with: the first `others` rows of the order.
static int take_others(search *s, hg_error *err) {
    s->other = hg__numbers((size_t)s->others, (size_t)s->data->width, err);
    if (!s->other) return HG_ERR_MEMORY;
    HG_TRY(copy_rows(s, 0, s->others, s->other, err));
    scale_rows(s, s->others, s->other);
    s->in = hg__neighbours_new(s->other, s->others, s->data->width, err);
    return s->in ? HG_OK : HG_ERR_MEMORY;
}

// far (rows) of x (rows, width), scaled: the distance to the near-th nearest other; own: which of the others row 0 is, row 1 the
// next and so on; -1: none is any.
static int measure_distance(search *s, int64_t rows, int64_t own, float *far, hg_error *err) {
    const int32_t found = s->near + 1;
    HG_TRY(hg__neighbours_find(s->in, s->x, rows, found, s->distance, s->index, &s->blocks, err));
    for (int64_t i = 0; i < rows; i++) {
        const int32_t *index = s->index + i * found;
        int32_t k = s->near - 1;
        for (int32_t j = 0; own >= 0 && j < s->near; j++) k += index[j] == own + i;
        far[i] = s->distance[i * found + k];
    }
    return HG_OK;
}

// x (rows, width): rows from .. from + rows - 1 of the order; scaled afterwards.
static int measure_block(search *s, int64_t from, int64_t rows, hg_error *err) {
    HG_TRY(copy_rows(s, from, rows, s->x, err));
    HG_TRY(s->trees->score(s->forest, s->x, rows, s->alone + from, s->pool, err));
    if (s->ellipsoid) {
        HG_TRY(s->squares->score(s->ellipsoid, s->x, rows, s->outside + from, s->pool, err));
    }
    scale_rows(s, rows, s->x);
    return measure_distance(s, rows, from < s->others ? from : -1, s->far + from, err);
}

static int measure_all(search *s, hg_error *err) {
    const int64_t rows = s->data->rows;
    for (int64_t from = 0; from < rows; from += s->block) {
        HG_TRY(measure_block(s, from, hg__min_64(rows - from, s->block), err));
    }
    return HG_OK;
}

// ---- together -------------------------------------------------------------------------------------

// How many of x (count), ascending, are below v.
static int64_t count_below(const float *x, int64_t count, float v) {
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (x[middle] < v) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// Raises score (rows), by number, to the share of rows below in measured (rows), by place in the order. sorted (rows) is room.
static void raise_to(const search *s, const float *measured, float *sorted, float *score) {
    const int64_t rows = s->data->rows;
    for (int64_t i = 0; i < rows; i++) sorted[i] = measured[i];
    qsort(sorted, (size_t)rows, sizeof *sorted, compare);
    for (int64_t i = 0; i < rows; i++) {
        const float share = (float)count_below(sorted, rows, measured[i]) / (float)rows;
        float *to = &score[row_at(s, i)];
        if (share > *to) *to = share;
    }
}

static int join(const search *s, float *score, hg_error *err) {
    float *sorted = hg__alloc((size_t)s->data->rows, sizeof *sorted, err);
    if (!sorted) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < s->data->rows; i++) score[i] = 0;
    raise_to(s, s->far, sorted, score);
    raise_to(s, s->alone, sorted, score);
    if (s->ellipsoid) raise_to(s, s->outside, sorted, score);
    hg__free(sorted);
    return HG_OK;
}

static int make_room(search *s, hg_error *err) {
    const size_t rows = (size_t)s->data->rows, width = (size_t)s->data->width;
    const size_t found = (size_t)s->near + 1, block = (size_t)s->block;
    s->scale = hg__numbers(width, 1, err);
    if (s->scale) s->x = hg__numbers(block, width, err);
    if (s->x) s->distance = hg__numbers(block, found, err);
    if (s->distance) s->index = hg__alloc(block * found, sizeof *s->index, err);
    if (s->index) s->far = hg__numbers(rows, 1, err);
    if (s->far) s->alone = hg__numbers(rows, 1, err);
    if (s->alone) s->outside = hg__numbers(rows, 1, err);
    return s->outside ? HG_OK : HG_ERR_MEMORY;
}

static int run(search *s, uint64_t seed, float *score, hg_error *err) {
    const int64_t rows = hg__min_64(s->data->rows, SAMPLE);
    HG_TRY(make_room(s, err));
    float *x = hg__numbers((size_t)rows, (size_t)s->data->width, err);
    int code = x ? copy_rows(s, 0, rows, x, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = learn(s, x, rows, seed, err);
    hg__free(x);
    HG_TRY(code);
    HG_TRY(take_others(s, err));
    HG_TRY(measure_all(s, err));
    return join(s, score, err);
}

int hg__outliers_score(const hg__data *data, uint64_t seed, hg__pool *pool, float *score,
                       hg_error *err) {
    const int64_t rows = data->rows;
    if (rows < 2) { // nothing to compare it with
        for (int64_t i = 0; i < rows; i++) score[i] = 0;
        return HG_OK;
    }
    const int32_t others = (int32_t)hg__min_64(rows, OTHERS), share = others / NEAR_SHARE;
    search s = {.data = data,
                .pool = pool,
                .blocks = {.pool = pool},
                .order = hg__shuffle_init(seed, HG_STREAM_SPLIT, 1, (uint64_t)rows),
                .others = others,
                .block = hg__block_rows(data->width, rows),
                .near = (int32_t)hg__min_64(others - 1, share < LEAST_NEAR ? LEAST_NEAR : share),
                .trees = hg__baseline_find("iforest"),
                .squares = hg__baseline_find("mahalanobis")};
    const int code = run(&s, seed, score, err);
    clear(&s);
    return code;
}
