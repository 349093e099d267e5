// SPDX-License-Identifier: Apache-2.0
// code_places.c - whether rows that are near each other in the code were so in the input, and the other way round.
//
//   trustworthiness = 1 - 2 / (n k (2n - 3k - 1)) * sum over i, over j in U(i) of (r(i, j) - k)
//
// U(i): those of the k nearest to row i in the code that are not so in the input; r: the rank of j among i's neighbours there,
// from 1. Continuity: input and code change places. (Venna & Kaski 2001.)
#include <math.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/blocks.h"
#include "latent/code_quality.h"

enum { K = HG_QUALITY_NEIGHBOURS, DRAW = 2 };

typedef struct places {
    const hg__kernels *kernels;
    int32_t n, width, code;
    const float *x, *z;  // (n, width), (n, code): the rows that are placed
    int64_t *far, *lost; // (n): how far beyond the k-th neighbours are in the input, in the code
} places;

static void distances(const places *p, const float *from, int32_t width, int32_t i, float *d) {
    const float *own = from + (size_t)i * (size_t)width;
    for (int32_t j = 0; j < p->n; j++) {
        d[j] = (float)p->kernels->sum_square_diff(own, from + (size_t)j * (size_t)width, width);
    }
    d[i] = -1; // before all others
}

static bool is_nearer(const float *d, int32_t a, int32_t b) {
    return d[a] < d[b] || (d[a] == d[b] && a < b);
}

static void find_nearest(const float *d, int32_t n, int32_t i, int32_t nearest[K]) {
    int32_t found = 0;
    for (int32_t j = 0; j < n; j++) {
        if (j == i || (found == K && !is_nearer(d, j, nearest[K - 1]))) continue;
        int32_t at = found < K ? found++ : K - 1;
        for (; at > 0 && is_nearer(d, j, nearest[at - 1]); at--) nearest[at] = nearest[at - 1];
        nearest[at] = j;
    }
}

// How far beyond the k-th the k rows are by the distances d.
static int64_t ranks_beyond(const float *d, int32_t n, const int32_t nearest[K]) {
    int64_t sum = 0;
    for (int32_t m = 0; m < K; m++) {
        const int32_t j = nearest[m];
        int32_t rank =
            0; // the row itself is before all, and stands for the 1 that ranks begin with
        for (int32_t l = 0; l < n; l++) rank += d[l] < d[j] || (d[l] == d[j] && l < j);
        sum += hg__max(rank - K, 0);
    }
    return sum;
}

static void place(const void *context, int64_t first, int32_t rows, float *scratch) {
    const places *p = context;
    float *dx = scratch, *dz = scratch + p->n;
    int32_t nearest[K] = {0};
    for (int32_t i = (int32_t)first; i < (int32_t)first + rows; i++) {
        distances(p, p->x, p->width, i, dx);
        distances(p, p->z, p->code, i, dz);
        find_nearest(dz, p->n, i, nearest);
        p->far[i] = ranks_beyond(dx, p->n, nearest);
        find_nearest(dx, p->n, i, nearest);
        p->lost[i] = ranks_beyond(dz, p->n, nearest);
    }
}

static double share(const int64_t *beyond, int32_t n) {
    int64_t sum = 0;
    for (int32_t i = 0; i < n; i++) sum += beyond[i];
    return 1 - 2.0 * (double)sum / ((double)n * K * (2.0 * n - 3.0 * K - 1));
}

// Fewer of very wide rows: each is held against each.
static int32_t pick_count(const hg__code_rows *r) {
    const double work = 1e10, wide = (double)r->width + r->code;
    const double most = sqrt(work / wide);
    return (int32_t)fmin(fmin(most, HG_QUALITY_PLACED), r->rows);
}

static void draw(const hg__code_rows *r, int32_t n, float *x, float *z) {
    const size_t N = (size_t)r->width, Z = (size_t)r->code;
    const hg__shuffle order = hg__shuffle_init(r->seed, HG_STREAM_SAMPLE, DRAW, (uint64_t)r->rows);
    for (size_t i = 0; i < (size_t)n; i++) {
        const size_t row = (size_t)hg__shuffle_at(&order, i);
        memcpy(x + i * N, r->x + row * N, N * sizeof *x);
        memcpy(z + i * Z, r->z + row * Z, Z * sizeof *z);
    }
}

int hg__code_places(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q, hg_error *err) {
    enum { BLOCK = 8, LEAST = 4 * K };
    const int32_t n = pick_count(r);
    if (n < LEAST) return HG_OK;
    places p = {.kernels = hg__kernels_pick(), .n = n, .width = r->width, .code = r->code};
    int code = HG_ERR_MEMORY;
    float *x = hg__numbers((size_t)n, (size_t)r->width, err);
    float *z = x ? hg__numbers((size_t)n, (size_t)r->code, err) : NULL;
    p.far = z ? hg__alloc(2 * (size_t)n, sizeof *p.far, err) : NULL;
    if (p.far) {
        draw(r, n, x, z);
        p.x = x;
        p.z = z;
        p.lost = p.far + n;
        code = hg__blocks_run_once(pool, n, BLOCK, 2 * (size_t)n, place, &p, err);
    }
    if (code == HG_OK) {
        q->placed = n;
        q->trustworthiness = share(p.far, n);
        q->continuity = share(p.lost, n);
    }
    hg__free(p.far);
    hg__free(z);
    hg__free(x);
    return code;
}
