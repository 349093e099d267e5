// SPDX-License-Identifier: Apache-2.0
// pca_randomized.c - principal components of rows too wide for their covariance: subspace iteration from random directions (Halko, Martinsson &
// Tropp, "Finding structure with randomness", 2011).
//
//   Q (N, L) random, L = code + 16
//   POWER times:  Y = C Q, a pass over the rows;  Q = Y made orthonormal          C = sum over rows of (x - mean) (x - mean)^T
//   last:         Y = C Q;  eigenvectors U of Q^T Y;  V = (Q U)^T                 Rayleigh and Ritz
//
// C is never there: a chunk of rows X adds X^T (X Q). Products are of float within a chunk, sums over chunks of double. Each number
// has one owner and one order, so that threads change nothing.
#include <math.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fit/pca_internal.h"

enum { MORE = 16, POWER = 4, TILE = 64, BLOCK = 16, ABREAST = 8, DRAW = 4 };

typedef struct walk {
    const hg__kernels *kernels;
    hg__pool *pool;
    hg__loader *loader;
    hg__batch batch;
    bool is_u8;
    int32_t N, L, stride, chunk; // stride: L padded
    double *mean;                // borrowed, (N)
    double *V;                   // borrowed, (code, N)
    float *x;                    // owned, (chunk, N): rows less their mean
    float *Q;                    // owned, (N, stride)
    float *product;              // owned, (chunk, stride): X Q
    float *part;                 // owned, (N, stride): X^T X Q
    double *Y;                   // owned, (N, stride): its sum
    double *gram;                // owned, (L, L)
    double *value, *vector;      // owned, (L), (L, L): eigenvalues and vectors of it
    double *turn;                // owned, (L, stride): Y times it is the new Y
    double *room;                // owned, (threads, stride)
} walk;

static int32_t directions(int32_t width, int32_t code) {
    return hg__min(code + MORE, width);
}

static int32_t tiles(const walk *w) {
    return hg__ceil_div(w->N, TILE);
}

static int32_t tile_end(const walk *w, int32_t tile) {
    return hg__min((tile + 1) * TILE, w->N);
}

// ---- passes over the rows -----------------------------------------------------------------------

static void add_to_mean(void *context, int32_t task, int32_t thread) {
    const walk *w = context;
    (void)thread;
    for (int32_t r = 0; r < w->batch.count; r++) {
        for (int32_t j = task * TILE; j < tile_end(w, task); j++) {
            w->mean[j] += hg__pca_number(w->batch.row[r], w->is_u8, (size_t)j);
        }
    }
}

// A block of rows less their mean, and their products with Q.
static void project(void *context, int32_t task, int32_t thread) {
    const walk *w = context;
    const int32_t first = task * BLOCK, rows = hg__min(BLOCK, w->batch.count - first);
    const size_t N = (size_t)w->N;
    (void)thread;
    for (int32_t r = first; r < first + rows; r++) {
        float *x = w->x + (size_t)r * N;
        for (size_t j = 0; j < N; j++) {
            x[j] = (float)(hg__pca_number(w->batch.row[r], w->is_u8, j) - w->mean[j]);
        }
    }
    for (int32_t c = 0; c < w->stride; c += HG_PANEL) {
        const hg__gemm g = {.M = rows,
                            .N = hg__min(HG_PANEL, w->stride - c),
                            .K = w->N,
                            .blocks = 1,
                            .a = w->x + (size_t)first * N,
                            .a_m = w->N,
                            .a_k = 1,
                            .b = w->Q + c,
                            .b_k = w->stride,
                            .c = w->product + (size_t)first * (size_t)w->stride + (size_t)c,
                            .c_m = w->stride};
        w->kernels->gemm(&g);
    }
}

// A tile of lines of Y.
static void add_back(void *context, int32_t task, int32_t thread) {
    const walk *w = context;
    const size_t first = (size_t)task * TILE, stride = (size_t)w->stride;
    const int32_t lines = tile_end(w, task) - task * TILE;
    (void)thread;
    for (int32_t c = 0; c < w->stride; c += HG_PANEL) {
        const hg__gemm g = {.M = lines,
                            .N = hg__min(HG_PANEL, w->stride - c),
                            .K = w->batch.count,
                            .blocks = 1,
                            .a = w->x + first,
                            .a_m = 1,
                            .a_k = w->N,
                            .b = w->product + c,
                            .b_k = w->stride,
                            .c = w->part + first * stride + (size_t)c,
                            .c_m = w->stride};
        w->kernels->gemm(&g);
    }
    for (size_t i = first * stride; i < (first + (size_t)lines) * stride; i++) {
        w->Y[i] += (double)w->part[i];
    }
}

static int find_mean(walk *w, hg_error *err) {
    int64_t rows = 0;
    int more;
    hg__loader_start(w->loader, false, 0, 0, 0);
    while ((more = hg__loader_next(w->loader, &w->batch, err)) > 0) {
        hg__pca_run(w->pool, add_to_mean, w, tiles(w));
        rows += w->batch.count;
    }
    for (int32_t j = 0; j < w->N; j++) w->mean[j] /= (double)rows;
    return more;
}

// Y = C Q.
static int multiply(walk *w, hg_error *err) {
    int more;
    memset(w->Y, 0, (size_t)w->N * (size_t)w->stride * sizeof *w->Y);
    hg__loader_start(w->loader, false, 0, 0, 0);
    while ((more = hg__loader_next(w->loader, &w->batch, err)) > 0) {
        hg__pca_run(w->pool, project, w, hg__ceil_div(w->batch.count, BLOCK));
        hg__pca_run(w->pool, add_back, w, tiles(w));
    }
    return more;
}

// ---- the subspace -------------------------------------------------------------------------------

// Line i of Y^T Y, from its diagonal on.
static void square_line(void *context, int32_t i, int32_t thread) {
    const walk *w = context;
    const size_t L = (size_t)w->L, stride = (size_t)w->stride;
    double *to = w->gram + (size_t)i * L;
    (void)thread;
    memset(to, 0, L * sizeof *to);
    for (size_t n = 0; n < (size_t)w->N; n++) {
        const double *y = w->Y + n * stride, own = y[i];
        for (size_t j = (size_t)i; j < L; j++) to[j] += own * y[j];
    }
}

// The same of Q^T Y.
static void ritz_line(void *context, int32_t i, int32_t thread) {
    const walk *w = context;
    const size_t L = (size_t)w->L, stride = (size_t)w->stride;
    double *to = w->gram + (size_t)i * L;
    (void)thread;
    memset(to, 0, L * sizeof *to);
    for (size_t n = 0; n < (size_t)w->N; n++) {
        const double *y = w->Y + n * stride, own = (double)w->Q[n * stride + (size_t)i];
        for (size_t j = (size_t)i; j < L; j++) to[j] += own * y[j];
    }
}

// A tile of lines of Y, each times `turn`.
static void turn_lines(void *context, int32_t task, int32_t thread) {
    const walk *w = context;
    const size_t L = (size_t)w->L, stride = (size_t)w->stride;
    double *to = w->room + (size_t)thread * stride;
    for (int32_t n = task * TILE; n < tile_end(w, task); n++) {
        double *y = w->Y + (size_t)n * stride;
        for (size_t j = 0; j < stride; j += ABREAST) {
            double sum[ABREAST] = {0};
            for (size_t i = 0; i < L; i++) {
                const double *turn = w->turn + i * stride + j;
                for (size_t k = 0; k < ABREAST; k++) sum[k] += y[i] * turn[k];
            }
            memcpy(to + j, sum, sizeof sum);
        }
        memcpy(y, to, stride * sizeof *y);
    }
}

// Y's columns become orthonormal: Y E / sqrt(values), with the eigenvectors E of Y^T Y; those that are nothing become zeros.
static int orthonormalise(walk *w, hg_error *err) {
    const size_t L = (size_t)w->L, stride = (size_t)w->stride;
    hg__pca_run(w->pool, square_line, w, w->L);
    HG_TRY(hg__eigen_top(w->gram, w->L, w->L, w->L, w->value, w->vector, err));
    for (size_t j = 0; j < L; j++) {
        const bool is_there = w->value[j] > 0 && w->value[j] > 1e-13 * w->value[0];
        const double scale = is_there ? 1 / sqrt(w->value[j]) : 0;
        for (size_t i = 0; i < L; i++) w->turn[i * stride + j] = w->vector[j * L + i] * scale;
    }
    hg__pca_run(w->pool, turn_lines, w, tiles(w));
    return HG_OK;
}

// Twice: what rounding left of the first time is gone after the second.
static int find_subspace(walk *w, hg_error *err) {
    HG_TRY(multiply(w, err));
    HG_TRY(orthonormalise(w, err));
    HG_TRY(orthonormalise(w, err));
    for (size_t i = 0; i < (size_t)w->N * (size_t)w->stride; i++) w->Q[i] = (float)w->Y[i];
    return HG_OK;
}

static void fill_components(void *context, int32_t z, int32_t thread) {
    const walk *w = context;
    const double *own = w->vector + (size_t)z * (size_t)w->L;
    double *v = w->V + (size_t)z * (size_t)w->N;
    (void)thread;
    for (size_t n = 0; n < (size_t)w->N; n++) {
        const float *q = w->Q + n * (size_t)w->stride;
        double sum = 0;
        for (int32_t i = 0; i < w->L; i++) sum += own[i] * (double)q[i];
        v[n] = sum;
    }
    hg__component_finish(v, w->N);
}

static int find(walk *w, const hg__pca_how *how, hg_error *err) {
    for (int32_t n = 0; n < w->N; n++) {
        const uint32_t counter[3] = {HG_STREAM_SAMPLE, DRAW, (uint32_t)n};
        w->kernels->normal(w->Q + (size_t)n * (size_t)w->stride, how->seed, counter, w->L);
    }
    HG_TRY(find_mean(w, err));
    for (int32_t i = 0; i < POWER; i++) HG_TRY(find_subspace(w, err));
    HG_TRY(multiply(w, err));
    hg__pca_run(w->pool, ritz_line, w, w->L);
    HG_TRY(hg__eigen_top(w->gram, w->L, w->L, how->code, w->value, w->vector, err));
    hg__pca_run(w->pool, fill_components, w, how->code);
    return HG_OK;
}

// ---- memory -------------------------------------------------------------------------------------

typedef struct sizes {
    size_t x, q, product, square, turn;
} sizes;

static sizes sizes_of(int32_t width, int32_t code) {
    const size_t N = (size_t)width, chunk = (size_t)hg__pca_chunk(width);
    const size_t L = (size_t)directions(width, code);
    const size_t stride = hg__whole_vectors(L);
    return (sizes){chunk * N + HG_LANES, N * stride, chunk * stride, L * L, L * stride};
}

size_t hg__pca_randomized_bytes(int32_t width, int32_t code) {
    const sizes s = sizes_of(width, code);
    return (s.x + 2 * s.q + s.product) * sizeof(float) +
           (s.q + 2 * s.square + s.turn) * sizeof(double) +
           hg__eigen_bytes(directions(width, code), directions(width, code));
}

static int make_room(walk *w, int32_t code, hg_error *err) {
    const sizes s = sizes_of(w->N, code);
    const size_t threads = w->pool ? (size_t)hg__pool_threads(w->pool) : 1;
    w->x = hg__alloc(s.x, sizeof *w->x, err);
    w->Q = w->x ? hg__alloc(s.q, sizeof *w->Q, err) : NULL;
    w->part = w->Q ? hg__alloc(s.q, sizeof *w->part, err) : NULL;
    w->product = w->part ? hg__alloc(s.product, sizeof *w->product, err) : NULL;
    w->Y = w->product ? hg__alloc(s.q, sizeof *w->Y, err) : NULL;
    w->gram = w->Y ? hg__alloc(s.square, sizeof *w->gram, err) : NULL;
    w->vector = w->gram ? hg__alloc(s.square, sizeof *w->vector, err) : NULL;
    w->turn = w->vector ? hg__alloc(s.turn, sizeof *w->turn, err) : NULL;
    w->value = w->turn ? hg__alloc((size_t)w->L, sizeof *w->value, err) : NULL;
    w->room = w->value ? hg__alloc(threads * (size_t)w->stride, sizeof *w->room, err) : NULL;
    return w->room ? HG_OK : HG_ERR_MEMORY;
}

static void clear(walk *w) {
    hg__loader_free(w->loader);
    hg__free(w->x);
    hg__free(w->Q);
    hg__free(w->part);
    hg__free(w->product);
    hg__free(w->Y);
    hg__free(w->gram);
    hg__free(w->vector);
    hg__free(w->turn);
    hg__free(w->value);
    hg__free(w->room);
}

int hg__pca_randomized(const hg__components *to, const hg__rows *rows, const hg__pca_how *how,
                       hg__pool *pool, hg_error *err) {
    const int32_t N = rows->source.width, L = directions(N, how->code);
    walk w = {.kernels = hg__kernels_pick(),
              .pool = pool,
              .is_u8 = rows->source.dtype == HG_U8,
              .N = N,
              .L = L,
              .stride = hg__round_up(L, HG_LANES),
              .chunk = hg__pca_chunk(N),
              .mean = to->mean,
              .V = to->V};
    int code = make_room(&w, how->code, err);
    if (code == HG_OK && !(w.loader = hg__loader_new(rows, w.chunk, NULL, err))) {
        code = (int)err->code;
    }
    if (code == HG_OK) code = find(&w, how, err);
    clear(&w);
    return code;
}
