// SPDX-License-Identifier: Apache-2.0
// map_axes.c - the two axes along which points spread the widest, without the covariance: V <- orthonormal C V, again and again.
//
// Subspace iteration (Golub & Van Loan, "Matrix computations", 8.2): C V is a pass over the points for a few vectors V at once,
// and takes as many times the memory of a point as there are blocks. Sums are in double and in one order: LAPACK's are in another on another
// machine.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "latent/map_internal.h"

enum { VECTORS = 8, ROUNDS = 40, BLOCKS = 64, LEAST = 256 };

typedef struct axes {
    const hg__map_work *w;
    int32_t vectors, block, blocks;
    double *mean; // owned, (width)
    double *v;    // owned, (width, VECTORS)
    double *sum;  // owned, (blocks, width, VECTORS)
    float *y;
} axes;

static void clear(axes *a) {
    hg__free(a->mean);
    hg__free(a->v);
    hg__free(a->sum);
}

static const float *row_of(const axes *a, int32_t i) {
    return a->w->x + (size_t)i * (size_t)a->w->width;
}

static void along(const axes *a, const float *x, double to[VECTORS]) {
    double sum[VECTORS] = {0};
    for (int32_t j = 0; j < a->w->width; j++) {
        const double d = (double)x[j] - a->mean[j], *v = a->v + (size_t)j * VECTORS;
        for (int k = 0; k < VECTORS; k++) sum[k] += d * v[k];
    }
    memcpy(to, sum, sizeof sum);
}

static void sum_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const axes *a = context;
    const int32_t first = task * a->block, end = hg__min(first + a->block, a->w->n);
    const size_t count = (size_t)a->w->width * VECTORS;
    double *sum = a->sum + (size_t)task * count;
    memset(sum, 0, count * sizeof *sum);
    for (int32_t i = first; i < end; i++) {
        const float *x = row_of(a, i);
        double t[VECTORS];
        along(a, x, t);
        for (int32_t j = 0; j < a->w->width; j++) {
            const double d = (double)x[j] - a->mean[j];
            double *s = sum + (size_t)j * VECTORS;
            for (int k = 0; k < VECTORS; k++) s[k] += d * t[k];
        }
    }
}

static void place_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const axes *a = context;
    const int32_t first = task * a->block, end = hg__min(first + a->block, a->w->n);
    for (int32_t i = first; i < end; i++) {
        double t[VECTORS];
        along(a, row_of(a, i), t);
        a->y[2 * (size_t)i] = (float)t[0];
        a->y[2 * (size_t)i + 1] = (float)t[1];
    }
}

static void find_mean(axes *a) {
    for (int32_t i = 0; i < a->w->n; i++) {
        const float *x = row_of(a, i);
        for (int32_t j = 0; j < a->w->width; j++) a->mean[j] += (double)x[j];
    }
    for (int32_t j = 0; j < a->w->width; j++) a->mean[j] /= a->w->n;
}

static double dot(const axes *a, const double *p, const double *q) {
    double sum = 0;
    for (int32_t j = 0; j < a->w->width; j++) sum += p[j * VECTORS] * q[j * VECTORS];
    return sum;
}

// Gram-Schmidt, twice over. What is left of a vector that the earlier ones make up is 0.
static void make_orthonormal(axes *a) {
    for (int k = 0; k < VECTORS; k++) {
        double *own = a->v + k;
        const double before = dot(a, own, own);
        for (int e = 0; e < 2 * k; e++) {
            const double *other = a->v + e % k, share = dot(a, own, other);
            for (int32_t j = 0; j < a->w->width; j++) {
                own[j * VECTORS] -= share * other[j * VECTORS];
            }
        }
        const double left = dot(a, own, own);
        const double scale = left > 1e-24 * before && left > 0 ? 1 / sqrt(left) : 0;
        for (int32_t j = 0; j < a->w->width; j++) own[j * VECTORS] *= scale;
    }
}

// Jacobi's rotations make b (VECTORS, VECTORS), symmetric, diagonal; turn: its eigenvectors as columns.
static void diagonalise(double b[VECTORS][VECTORS], double turn[VECTORS][VECTORS]) {
    enum { SWEEPS = 12 };
    for (int i = 0; i < VECTORS; i++) {
        for (int j = 0; j < VECTORS; j++) turn[i][j] = i == j;
    }
    for (int at = 0; at < SWEEPS * VECTORS * VECTORS; at++) {
        const int p = at / VECTORS % VECTORS, q = at % VECTORS;
        if (p >= q || b[p][q] == 0) continue;
        const double theta = (b[q][q] - b[p][p]) / (2 * b[p][q]);
        const double size = 1 / (fabs(theta) + sqrt(theta * theta + 1)),
                     t = theta < 0 ? -size : size;
        const double c = 1 / sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < VECTORS; k++) {
            const double bp = b[k][p], bq = b[k][q], tp = turn[k][p], tq = turn[k][q];
            b[k][p] = c * bp - s * bq;
            b[k][q] = s * bp + c * bq;
            turn[k][p] = c * tp - s * tq;
            turn[k][q] = s * tp + c * tq;
        }
        for (int k = 0; k < VECTORS; k++) {
            const double bp = b[p][k], bq = b[q][k];
            b[p][k] = c * bp - s * bq;
            b[q][k] = s * bp + c * bq;
        }
    }
}

// v turned within its space, widest first. cv: C v.
static void sort_axes(axes *a, const double *cv, double spread[VECTORS]) {
    double b[VECTORS][VECTORS], turn[VECTORS][VECTORS];
    int order[VECTORS];
    for (int p = 0; p < VECTORS; p++) {
        for (int q = 0; q < VECTORS; q++) {
            b[p][q] = 0.5 * (dot(a, a->v + p, cv + q) + dot(a, a->v + q, cv + p));
        }
    }
    diagonalise(b, turn);
    for (int k = 0; k < VECTORS; k++) {
        int at = k;
        for (; at > 0 && b[order[at - 1]][order[at - 1]] < b[k][k]; at--) order[at] = order[at - 1];
        order[at] = k;
    }
    for (int k = 0; k < VECTORS; k++) spread[k] = b[order[k]][order[k]];
    for (int32_t j = 0; j < a->w->width; j++) {
        double was[VECTORS], *v = a->v + (size_t)j * VECTORS;
        memcpy(was, v, sizeof was);
        for (int k = 0; k < VECTORS; k++) {
            v[k] = 0;
            for (int e = 0; e < VECTORS; e++) v[k] += was[e] * turn[e][order[k]];
        }
    }
}

// The largest number of each axis is positive.
static void fix_signs(axes *a) {
    for (int k = 0; k < 2; k++) {
        double most = 0;
        for (int32_t j = 0; j < a->w->width; j++) {
            const double v = a->v[(size_t)j * VECTORS + (size_t)k];
            if (fabs(v) > fabs(most)) most = v;
        }
        if (most >= 0) continue;
        for (int32_t j = 0; j < a->w->width; j++) a->v[(size_t)j * VECTORS + (size_t)k] *= -1;
    }
}

static void find_axes(axes *a) {
    const size_t count = (size_t)a->w->width * VECTORS;
    double spread[VECTORS], before[2] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        make_orthonormal(a);
        hg__map_run(a->w->pool, sum_block, a, a->blocks);
        for (int32_t b = 1; b < a->blocks; b++) {
            const double *more = a->sum + (size_t)b * count;
            for (size_t i = 0; i < count; i++) a->sum[i] += more[i];
        }
        sort_axes(a, a->sum, spread);
        const double change = fabs(spread[0] - before[0]) + fabs(spread[1] - before[1]);
        if (change <= 1e-9 * spread[0]) break;
        memcpy(before, spread, sizeof before);
        if (round + 1 < ROUNDS) memcpy(a->v, a->sum, count * sizeof *a->v);
    }
    fix_signs(a);
}

static void draw(axes *a) {
    for (int32_t j = 0; j < a->w->width; j++) {
        for (int k = 0; k < VECTORS; k++) {
            const hg__philox r = hg__philox_run(1, HG_STREAM_MAP, 1, (uint32_t)j, (uint32_t)k);
            a->v[(size_t)j * VECTORS + (size_t)k] = (double)hg__unit_float(r.word[0]) - 0.5;
        }
    }
}

int hg__map_axes(const hg__map_work *w, float *y, hg_error *err) {
    axes a = {.w = w};
    const size_t width = (size_t)w->width;
    a.y = y;
    a.block = hg__max(LEAST, hg__ceil_div(w->n, BLOCKS));
    a.blocks = hg__ceil_div(w->n, a.block);
    a.mean = hg__alloc(width, sizeof *a.mean, err);
    if (a.mean) a.v = hg__alloc(width * VECTORS, sizeof *a.v, err);
    if (a.v) a.sum = hg__alloc((size_t)a.blocks * width * VECTORS, sizeof *a.sum, err);
    const int code = a.sum ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        find_mean(&a);
        draw(&a);
        find_axes(&a);
        hg__map_run(w->pool, place_block, &a, a.blocks);
    }
    clear(&a);
    return code;
}
