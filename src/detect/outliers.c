// SPDX-License-Identifier: Apache-2.0
// outliers.c - which rows of a training set do not fit the rest.
#include "detect/outliers.h"

#include <stdlib.h>

#include "base/mem.h"
#include "detect/baseline.h"
#include "detect/detector_internal.h"

enum { OTHERS = 1024, SAMPLE = 16384, BLOCK = 4096, NEAR_SHARE = 20, LEAST_NEAR = 10 };

typedef struct search {
    const hg__data *data; // borrowed
    hg__pool *pool;       // borrowed
    hg__shuffle order;    // the first `others` rows of it are those that all are compared with
    int32_t others, near;
    hg__neighbours *in;           // owned
    const hg__baseline *baseline; // the forest
    void *forest;                 // owned
    float *scale;                 // owned, (width)
    float *x;                     // owned, (BLOCK, width): rows
    float *distance;              // owned, (BLOCK, near + 1): to others, squared
    int32_t *index;               // owned, the same: which others
    float *far, *alone; // owned, (rows): by place in the order: distance; score of the forest
} search;

static void clear(search *s) {
    hg__neighbours_free(s->in);
    if (s->forest) s->baseline->free(s->forest);
    hg__free(s->scale);
    hg__free(s->x);
    hg__free(s->distance);
    hg__free(s->index);
    hg__free(s->far);
    hg__free(s->alone);
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

// The forest and the neighbours, from a sample x (rows, width), which is scaled by it.
static int learn(search *s, float *x, int64_t rows, uint64_t seed, hg_error *err) {
    const int32_t width = s->data->width;
    s->forest = s->baseline->fit(x, rows, width, seed, s->pool, err);
    if (!s->forest) return HG_ERR_MEMORY;
    for (int32_t j = 0; j < width; j++) {
        s->scale[j] = (float)hg__detector_scale(x, rows, width, j);
    }
    scale_rows(s, s->others, x);
    s->in = hg__neighbours_new(x, s->others, width, err);
    return s->in ? HG_OK : HG_ERR_MEMORY;
}

// far (rows) of x (rows, width), scaled: the distance to the near-th nearest other; own: which of the others row 0 is, row 1 the
// next and so on; -1: none is any.
static int measure_distance(search *s, int64_t rows, int64_t own, float *far, hg_error *err) {
    const int32_t found = s->near + 1;
    HG_TRY(hg__neighbours_find(s->in, s->x, rows, found, s->distance, s->index, s->pool, err));
    for (int64_t i = 0; i < rows; i++) {
        const int32_t *index = s->index + i * found;
        int32_t k = s->near - 1;
        for (int32_t j = 0; own >= 0 && j < s->near; j++) k += index[j] == own + i;
        far[i] = s->distance[i * found + k];
    }
    return HG_OK;
}

static int measure_all(search *s, hg_error *err) {
    const int64_t rows = s->data->rows;
    for (int64_t from = 0; from < rows; from += BLOCK) {
        const int64_t n = hg__at_most(rows - from, BLOCK);
        HG_TRY(copy_rows(s, from, n, s->x, err));
        HG_TRY(s->baseline->score(s->forest, s->x, n, s->alone + from, s->pool, err));
        scale_rows(s, n, s->x);
        HG_TRY(measure_distance(s, n, from < s->others ? from : -1, s->far + from, err));
    }
    return HG_OK;
}

// ---- both together --------------------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

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
    hg__free(sorted);
    return HG_OK;
}

static int make_room(search *s, hg_error *err) {
    const size_t rows = (size_t)s->data->rows, width = (size_t)s->data->width;
    const size_t found = (size_t)s->near + 1;
    s->scale = hg__numbers(width, 1, err);
    if (s->scale) s->x = hg__numbers(BLOCK, width, err);
    if (s->x) s->distance = hg__numbers(BLOCK, found, err);
    if (s->distance) s->index = hg__alloc(BLOCK * found, sizeof *s->index, err);
    if (s->index) s->far = hg__numbers(rows, 1, err);
    if (s->far) s->alone = hg__numbers(rows, 1, err);
    return s->alone ? HG_OK : HG_ERR_MEMORY;
}

static int run(search *s, uint64_t seed, float *score, hg_error *err) {
    const int64_t rows = hg__at_most(s->data->rows, SAMPLE);
    HG_TRY(make_room(s, err));
    float *x = hg__numbers((size_t)rows, (size_t)s->data->width, err);
    int code = x ? copy_rows(s, 0, rows, x, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = learn(s, x, rows, seed, err);
    hg__free(x);
    HG_TRY(code);
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
    const int32_t others = (int32_t)hg__at_most(rows, OTHERS), share = others / NEAR_SHARE;
    search s = {.data = data,
                .pool = pool,
                .order = hg__shuffle_init(seed, HG_STREAM_SPLIT, 1, (uint64_t)rows),
                .others = others,
                .near = (int32_t)hg__at_most(others - 1, share < LEAST_NEAR ? LEAST_NEAR : share),
                .baseline = hg__baseline_find("iforest")};
    const int code = run(&s, seed, score, err);
    clear(&s);
    return code;
}
