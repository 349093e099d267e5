// SPDX-License-Identifier: Apache-2.0
// pca_covariance.c - the covariance of many rows, in double, two passes: mean, then products of what
// is left.
//
//   chunk of rows ──> minus mean, packed into strips of 4 columns: (strips, CHUNK, 4)
//                          │ every pair of tiles with i <= j, one task each
//                          └──> C tile (64, 64) += strip_i^T . strip_j, rows in order
//
// A tile belongs to one task and sums over the rows in order: the result is the same for any number
// of threads.
#include "base/int.h"
#include "base/mem.h"
#include "fit/pca_internal.h"

enum { CHUNK = 256, STRIP = 4, TILE = 64, STRIPS_PER_TILE = TILE / STRIP };

typedef double pair __attribute__((vector_size(16)));

typedef struct job {
    hg__covariance *v;
    hg__batch batch; // the chunk
    bool is_u8;
    double *packed; // (strips, CHUNK, STRIP)
    int32_t tiles;  // in each direction
} job;

// Doubles it takes.
typedef struct sizes {
    size_t mean, c, packed;
} sizes;

static int32_t stride_of(int32_t width) {
    return hg__round_up(width, TILE);
}

static sizes sizes_of(int32_t width) {
    const size_t S = (size_t)stride_of(width);
    return (sizes){S, S * S, S * CHUNK};
}

size_t hg__covariance_bytes(int32_t width) {
    const sizes s = sizes_of(width);
    return (s.mean + s.c + s.packed) * sizeof(double);
}

static void add_to_mean(void *context, int32_t task, int32_t thread) {
    const job *w = context;
    (void)thread;
    const int32_t first = task * TILE;
    const int32_t end = first + TILE < w->v->N ? first + TILE : w->v->N;
    for (int32_t r = 0; r < w->batch.count; r++) {
        for (int32_t j = first; j < end; j++) {
            w->v->mean[j] += hg__pca_number(w->batch.row[r], w->is_u8, (size_t)j);
        }
    }
}

static void pack(void *context, int32_t task, int32_t thread) {
    const job *w = context;
    (void)thread;
    const int32_t end = (task + 1) * TILE < w->v->N ? (task + 1) * TILE : w->v->N;
    for (int32_t j = task * TILE; j < end; j++) {
        const double mean = w->v->mean[j];
        double *to = w->packed + (size_t)(j / STRIP) * CHUNK * STRIP + (size_t)(j % STRIP);
        for (int32_t r = 0; r < w->batch.count; r++) {
            to[(size_t)r * STRIP] = hg__pca_number(w->batch.row[r], w->is_u8, (size_t)j) - mean;
        }
    }
}

// Written out so that all sixteen sums stay in registers at -O2.
// c (4, 4) with row stride ldc += sum over rows of a (rows, 4)^T . b (rows, 4).
static void multiply_strips(double *c, size_t ldc, const double *a, const double *b, int32_t rows) {
    pair s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0}, s20 = {0}, s21 = {0}, s30 = {0}, s31 = {0};
    for (int32_t r = 0; r < rows; r++, a += STRIP, b += STRIP) {
        const pair b0 = {b[0], b[1]}, b1 = {b[2], b[3]};
        const pair a0 = {a[0], a[0]}, a1 = {a[1], a[1]}, a2 = {a[2], a[2]}, a3 = {a[3], a[3]};
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
        s20 += a2 * b0;
        s21 += a2 * b1;
        s30 += a3 * b0;
        s31 += a3 * b1;
    }
    const pair sums[] = {s00, s01, s10, s11, s20, s21, s30, s31};
    double s[STRIP * STRIP];
    memcpy(s, sums, sizeof s);
    for (size_t i = 0; i < STRIP; i++) {
        for (size_t j = 0; j < STRIP; j++) c[i * ldc + j] += s[i * STRIP + j];
    }
}

// Task numbers run over the tiles with row <= column, row by row.
static void multiply_tile(void *context, int32_t task, int32_t thread) {
    const job *w = context;
    (void)thread;
    int32_t row = 0;
    while (task >= w->tiles - row) task -= w->tiles - row++;
    const int32_t column = row + task;
    const size_t stride = (size_t)w->v->stride, strip = (size_t)CHUNK * STRIP;
    for (int32_t i = 0; i < STRIPS_PER_TILE; i++) {
        const size_t si = (size_t)row * STRIPS_PER_TILE + (size_t)i;
        for (int32_t j = 0; j < STRIPS_PER_TILE; j++) {
            const size_t sj = (size_t)column * STRIPS_PER_TILE + (size_t)j;
            multiply_strips(w->v->c + si * STRIP * stride + sj * STRIP, stride,
                            w->packed + si * strip, w->packed + sj * strip, w->batch.count);
        }
    }
}

static int mean_pass(job *w, hg__loader *l, hg__pool *pool, hg_error *err) {
    int more;
    hg__loader_start(l, false, 0, 0, 0);
    while ((more = hg__loader_next(l, &w->batch, err)) > 0) {
        hg__pca_run(pool, add_to_mean, w, w->tiles);
        w->v->rows += w->batch.count;
    }
    for (int32_t j = 0; j < w->v->N; j++) w->v->mean[j] /= (double)w->v->rows;
    return more;
}

static int product_pass(job *w, hg__loader *l, hg__pool *pool, hg_error *err) {
    int more;
    hg__loader_start(l, false, 0, 0, 0);
    while ((more = hg__loader_next(l, &w->batch, err)) > 0) {
        hg__pca_run(pool, pack, w, w->tiles);
        hg__pca_run(pool, multiply_tile, w, w->tiles * (w->tiles + 1) / 2);
    }
    return more;
}

void hg__covariance_clear(hg__covariance *v) {
    hg__free(v->mean);
    hg__free(v->c);
    *v = (hg__covariance){0};
}

static int passes(job *w, const hg__rows *rows, hg__pool *pool, hg_error *err) {
    hg__loader *l = hg__loader_new(rows, CHUNK, NULL, err);
    if (!l) return (int)err->code;
    int code = mean_pass(w, l, pool, err);
    if (code == HG_OK) code = product_pass(w, l, pool, err);
    hg__loader_free(l);
    return code;
}

int hg__covariance_fit(hg__covariance *v, const hg__rows *rows, hg__pool *pool, hg_error *err) {
    const int32_t N = rows->source.width, stride = stride_of(N), tiles = stride / TILE;
    const sizes s = sizes_of(N);
    hg_error own;
    if (!err) err = &own;
    double *mean = hg__alloc(s.mean, sizeof *mean, err);
    double *c = mean ? hg__alloc(s.c, sizeof *c, err) : NULL;
    double *packed = c ? hg__alloc(s.packed, sizeof *packed, err) : NULL;
    *v = (hg__covariance){.N = N, .stride = stride, .mean = mean, .c = c};
    int code = HG_ERR_MEMORY;
    if (mean && packed) {
        job w = {.v = v, .is_u8 = rows->source.dtype == HG_U8, .packed = packed, .tiles = tiles};
        code = passes(&w, rows, pool, err);
    }
    hg__free(packed);
    if (code < 0) hg__covariance_clear(v);
    return code;
}
