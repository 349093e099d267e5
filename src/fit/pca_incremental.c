// SPDX-License-Identifier: Apache-2.0
// pca_incremental.c - principal components in one pass: each block of rows changes those found so far (Ross, Lim, Lin & Yang, "Incremental learning
// for robust visual tracking", 2008).
//
//           ┌ s V                              the components so far, each times its singular value      (L, N)
//   M (m,N) │ X - mean of the block            the block                                                 (b, N)
//           └ sqrt(n b / (n + b)) (mean - mean of the block)      n rows came before                     (1, N)
//
//   eigenvectors U of M M^T (m, m)   ──>   s = sqrt(values), V = 1/s U^T M
//
// More components are kept than are asked for, since what is dropped is lost. Products are of float.
#include <math.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "fit/pca_internal.h"

enum { MORE = 16, TILE = 64, LEAST = 16 };

typedef struct walk {
    const hg__kernels *kernels;
    hg__pool *pool;
    hg__batch batch;
    bool is_u8;
    int32_t N, L, stride, most; // stride: N padded; most: lines of M
    int64_t rows;               // that came before the block
    double *mean, *block;       // borrowed, owned, (N): of all before, of the block
    float *M;                   // owned, (most, stride)
    float *V;                   // owned, (L, stride)
    double *s;                  // owned, (L)
    int32_t lines;              // of M
    float *products;            // owned, (most / HG_THIN, most, HG_THIN): M M^T, four columns each
    double *gram;               // owned, (most, most)
    double *vector;             // owned, (L, most)
    float *turn;                // owned, (L, most)
} walk;

// ---- M ------------------------------------------------------------------------------------------

static void find_mean(void *context, int32_t task, int32_t thread) {
    const walk *w = context;
    const size_t end = (size_t)hg__min((task + 1) * TILE, w->N);
    (void)thread;
    for (size_t j = (size_t)task * TILE; j < end; j++) w->block[j] = 0;
    for (int32_t r = 0; r < w->batch.count; r++) {
        for (size_t j = (size_t)task * TILE; j < end; j++) {
            w->block[j] += hg__pca_number(w->batch.row[r], w->is_u8, j);
        }
    }
    for (size_t j = (size_t)task * TILE; j < end; j++) w->block[j] /= w->batch.count;
}

static void fill_line(void *context, int32_t i, int32_t thread) {
    const walk *w = context;
    float *to = w->M + (size_t)i * (size_t)w->stride;
    const int32_t r = i - w->L;
    const double n = (double)w->rows, b = w->batch.count, share = sqrt(n * b / (n + b));
    (void)thread;
    for (size_t j = 0; j < (size_t)w->N; j++) {
        if (r < 0) {
            to[j] = (float)(w->s[i] * (double)w->V[(size_t)i * (size_t)w->stride + j]);
        } else if (r < w->batch.count) {
            to[j] = (float)(hg__pca_number(w->batch.row[r], w->is_u8, j) - w->block[j]);
        } else {
            to[j] = (float)(share * (w->mean[j] - w->block[j]));
        }
    }
}

// ---- its singular vectors -----------------------------------------------------------------------

// Columns 4 task .. of M M^T, from the diagonal on.
static void multiply(void *context, int32_t task, int32_t thread) {
    const walk *w = context;
    const int32_t first = task * HG_THIN, columns = hg__min(HG_THIN, w->lines - first);
    float *product = w->products + (size_t)first * (size_t)w->most;
    const float *from = w->M + (size_t)first * (size_t)w->stride;
    (void)thread;
    const hg__dots d = {.M = w->lines - first,
                        .N = columns,
                        .K = w->N,
                        .blocks = 1,
                        .sets = 1,
                        .a = from,
                        .a_m = w->stride,
                        .b = from,
                        .b_n = w->stride,
                        .c = product,
                        .c_m = HG_THIN};
    w->kernels->dots(&d);
    for (int32_t c = 0; c < columns; c++) {
        double *to = w->gram + (size_t)(first + c) * (size_t)w->lines;
        for (int32_t i = c; i < d.M; i++) to[first + i] = (double)product[i * HG_THIN + c];
    }
}

// A panel of columns of V.
static void turn_columns(void *context, int32_t task, int32_t thread) {
    const walk *w = context;
    const int32_t first = task * HG_PANEL;
    (void)thread;
    const hg__gemm g = {.M = w->L,
                        .N = hg__min(HG_PANEL, w->stride - first),
                        .K = w->lines,
                        .blocks = 1,
                        .a = w->turn,
                        .a_m = w->most,
                        .a_k = 1,
                        .b = w->M + first,
                        .b_k = w->stride,
                        .c = w->V + first,
                        .c_m = w->stride};
    w->kernels->gemm(&g);
}

static int take_block(walk *w, hg_error *err) {
    w->lines = w->L + w->batch.count + 1;
    const size_t m = (size_t)w->lines;
    hg__pca_run(w->pool, find_mean, w, hg__ceil_div(w->N, TILE));
    hg__pca_run(w->pool, fill_line, w, w->lines);
    hg__pca_run(w->pool, multiply, w, hg__ceil_div(w->lines, HG_THIN));
    HG_TRY(hg__eigen_top(w->gram, w->lines, w->lines, w->L, w->s, w->vector, err));
    const double least = 1e-12 * fmax(w->s[0], 0);
    for (size_t i = 0; i < (size_t)w->L; i++) {
        const bool is_there = w->s[i] > least;
        w->s[i] = is_there ? sqrt(w->s[i]) : 0;
        for (size_t r = 0; r < m; r++) {
            const double part = is_there ? w->vector[i * m + r] / w->s[i] : 0;
            w->turn[i * (size_t)w->most + r] = (float)part;
        }
    }
    hg__pca_run(w->pool, turn_columns, w, hg__ceil_div(w->stride, HG_PANEL));
    const double share = w->batch.count / (double)(w->rows + w->batch.count);
    for (int32_t j = 0; j < w->N; j++) w->mean[j] += share * (w->block[j] - w->mean[j]);
    w->rows += w->batch.count;
    return HG_OK;
}

// ---- all of it ----------------------------------------------------------------------------------

static int make_room(walk *w, hg_error *err) {
    const size_t most = (size_t)w->most, L = (size_t)w->L, stride = (size_t)w->stride;
    const size_t groups = (size_t)hg__ceil_div(w->most, HG_THIN);
    w->block = hg__alloc((size_t)w->N, sizeof *w->block, err);
    w->M = w->block ? hg__alloc(most * stride + HG_LANES, sizeof *w->M, err) : NULL;
    w->V = w->M ? hg__alloc(L * stride, sizeof *w->V, err) : NULL;
    w->s = w->V ? hg__alloc(L, sizeof *w->s, err) : NULL;
    w->products = w->s ? hg__alloc(groups * most * HG_THIN, sizeof *w->products, err) : NULL;
    w->gram = w->products ? hg__alloc(most * most, sizeof *w->gram, err) : NULL;
    w->vector = w->gram ? hg__alloc(L * most, sizeof *w->vector, err) : NULL;
    w->turn = w->vector ? hg__alloc(L * most + HG_LANES, sizeof *w->turn, err) : NULL;
    return w->turn ? HG_OK : HG_ERR_MEMORY;
}

static void clear(walk *w) {
    hg__free(w->block);
    hg__free(w->M);
    hg__free(w->V);
    hg__free(w->s);
    hg__free(w->products);
    hg__free(w->gram);
    hg__free(w->vector);
    hg__free(w->turn);
}

static int find(walk *w, hg__loader *l, const hg__components *to, int32_t code, hg_error *err) {
    int more;
    hg__loader_start(l, false, 0, 0, 0);
    while ((more = hg__loader_next(l, &w->batch, err)) > 0) HG_TRY(take_block(w, err));
    for (size_t z = 0; more == HG_OK && z < (size_t)code; z++) {
        double *v = to->V + z * (size_t)w->N;
        const float *from = w->V + z * (size_t)w->stride;
        for (int32_t j = 0; j < w->N; j++) v[j] = (double)from[j];
        hg__component_finish(v, w->N);
    }
    return more;
}

int hg__pca_incremental(const hg__components *to, const hg__rows *rows, const hg__pca_how *how,
                        hg__pool *pool, hg_error *err) {
    const int32_t N = rows->source.width;
    const int32_t L = hg__min(hg__max(2 * how->code, how->code + MORE), N);
    const int32_t block = hg__max(hg__pca_chunk(N), hg__max(L, LEAST));
    walk w = {.kernels = hg__kernels_pick(),
              .pool = pool,
              .is_u8 = rows->source.dtype == HG_U8,
              .N = N,
              .L = L,
              .stride = hg__round_up(N, HG_LANES),
              .most = L + block + 1,
              .mean = to->mean};
    hg__loader *l = NULL;
    int code = make_room(&w, err);
    if (code == HG_OK && !(l = hg__loader_new(rows, block, NULL, err))) code = (int)err->code;
    if (code == HG_OK) code = find(&w, l, to, how->code, err);
    hg__loader_free(l);
    clear(&w);
    return code;
}
