// SPDX-License-Identifier: Apache-2.0
// neighbours.c - exact nearest neighbours: a matrix product finds candidates, differences decide.
//
// For a row x and a reference r, both moved by the references' mean, |x - r|^2 - |x|^2 = |r|^2 - 2 x.r is one element of
// a product whose sums start at |r|^2. It cancels, so it only tells which references cannot be among the nearest:
//
//   block of rows ──product──> (ROWS, 64) a panel of references ──> a mask a row: not above its limit?
//                                     sum of squared differences for each bit <──┘     limit: the k-th best so far
//
// What the product can be wrong by, u = 2^-24, N columns (Higham, "Accuracy and stability of numerical algorithms", 2002,
// chapter 3; the bounds below are doubled, which also covers what is of order u^2):
//   its own N + 1 roundings                  (N + 1) u (|r|^2 + 2 |x| |r|)   <= (N + 1) u (2 |r|^2 + |x|^2)
//   moving x and r by the mean, rounded      2 u |x - r| (|x| + |r|)         <= 4 u (|r|^2 + |x|^2)
//   the sum of squared differences itself    (N / 64 + 12) u |x - r|^2
// The first two are taken off |r|^2 and |x|^2 beforehand, the last is added to the limit. So nothing near is ever lost, and the
// result depends on the sums of squared differences alone: not on blocks, threads or instruction sets.
#include "detect/neighbours.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "detect/blocks.h"

enum { ROWS = 96 }; // rows of a task: a panel of references is fetched once for all of them

struct hg__neighbours {
    int32_t count, width, stride; // stride: width padded
    float *mean;                  // owned, (width)
    float *ref;                   // owned, (count, stride), as given
    float *panel;                 // owned, panels of (width, count), less the mean
    float *start;                 // owned, (count padded): |r|^2 less what may be wrong
};

// 2 u times the roundings that an error bound counts.
static double share(double roundings) {
    return 2 * 0x1p-24 * roundings;
}

// A limit rounded up: a float that is not below it.
static float at_least(double x) {
    const float f = (float)x;
    return (double)f < x ? nextafterf(f, INFINITY) : f;
}

static void find_mean(hg__neighbours *n, const float *ref) {
    for (int32_t j = 0; j < n->width; j++) {
        double sum = 0;
        for (int32_t i = 0; i < n->count; i++) {
            sum += (double)ref[(size_t)i * (size_t)n->width + (size_t)j];
        }
        n->mean[j] = (float)(sum / n->count);
        if (!isfinite(n->mean[j])) n->mean[j] = 0;
    }
}

static void add_reference(hg__neighbours *n, int32_t i, const float *ref) {
    double square = 0;
    memcpy(n->ref + (size_t)i * (size_t)n->stride, ref, (size_t)n->width * sizeof *ref);
    for (int32_t j = 0; j < n->width; j++) {
        const float r = ref[j] - n->mean[j];
        n->panel[hg__panel_index(n->width, n->count, j, i)] = r;
        square += (double)r * (double)r;
    }
    n->start[i] = -at_least(-square * (1 - share(2 * (n->width + 1) + 4)));
}

hg__neighbours *hg__neighbours_new(const float *ref, int32_t count, int32_t width, hg_error *err) {
    hg__neighbours *n = hg__alloc(1, sizeof *n, err);
    if (!n) return NULL;
    *n = (hg__neighbours){.count = count, .width = width, .stride = hg__pad_columns(width)};
    const size_t panels = (size_t)hg__panel_count(1, count);
    n->mean = hg__alloc((size_t)width, sizeof *n->mean, err);
    n->ref = n->mean ? hg__alloc((size_t)count * (size_t)n->stride, sizeof *n->ref, err) : NULL;
    n->panel = n->ref ? hg__alloc(panels * (size_t)width, sizeof *n->panel, err) : NULL;
    n->start = n->panel ? hg__alloc(panels, sizeof *n->start, err) : NULL;
    if (!n->start) {
        hg__neighbours_free(n);
        return NULL;
    }
    find_mean(n, ref);
    for (int32_t i = 0; i < count; i++) add_reference(n, i, ref + (size_t)i * (size_t)width);
    return n;
}

void hg__neighbours_free(hg__neighbours *n) {
    if (!n) return;
    hg__free(n->mean);
    hg__free(n->ref);
    hg__free(n->panel);
    hg__free(n->start);
    hg__free(n);
}

// ---- a block of rows ------------------------------------------------------------------------------

typedef struct search {
    const hg__neighbours *n;
    const hg__kernels *kernels;
    const float *x; // (rows, width)
    int32_t k;
    float *distance; // (rows, k)
    int32_t *index;  // (rows, k) or NULL
} search;

typedef struct block {
    int32_t rows;
    float *x;                             // (ROWS, stride), as given
    float *product;                       // (ROWS, HG_PANEL)
    float *moved;                         // (ROWS, width): -2 (x - mean)
    float (*best)[HG_MAX_NEIGHBOURS];     // (ROWS, k) so far, ascending
    int32_t (*number)[HG_MAX_NEIGHBOURS]; // (ROWS, k)
    float limit[ROWS];
    double square[ROWS]; // |x - mean|^2 less what may be wrong
    int32_t found[ROWS];
} block;

static size_t room_for(const hg__neighbours *n) {
    return (size_t)ROWS *
               ((size_t)n->stride + HG_PANEL + 2 * HG_MAX_NEIGHBOURS + (size_t)n->width) +
           HG_LANES;
}

static void fill(block *b, const search *s, float *scratch, int64_t first) {
    const hg__neighbours *n = s->n;
    const size_t width = (size_t)n->width;
    b->x = scratch;
    b->product = b->x + (size_t)ROWS * (size_t)n->stride;
    b->best = (void *)(b->product + (size_t)ROWS * HG_PANEL);
    b->number = (void *)(b->best + ROWS);
    b->moved = (void *)(b->number + ROWS);
    for (int32_t i = 0; i < b->rows; i++) {
        const float *from = s->x + (size_t)(first + i) * width;
        float *moved = b->moved + (size_t)i * width;
        double square = 0;
        memcpy(b->x + (size_t)i * (size_t)n->stride, from, width * sizeof *from);
        for (size_t j = 0; j < width; j++) {
            const float y = from[j] - n->mean[j];
            square += (double)y * (double)y;
            moved[j] = -2 * y;
        }
        b->square[i] = square * (1 - share(n->width + 1 + 4));
        b->limit[i] = INFINITY;
        b->found[i] = 0;
    }
}

// A reference at distance d becomes one of the k nearest to row i, behind those that are as near. Numbers come in
// ascending order.
static void insert(block *b, const search *s, int32_t i, float d, int32_t number) {
    float *best = b->best[i];
    int32_t at = b->found[i] < s->k ? b->found[i]++ : s->k - 1;
    for (; at > 0 && best[at - 1] > d; at--) {
        best[at] = best[at - 1];
        b->number[i][at] = b->number[i][at - 1];
    }
    best[at] = d;
    b->number[i][at] = number;
    if (b->found[i] < s->k) return;
    const double most = (double)best[s->k - 1],
                 own = share((double)s->n->width / HG_PANEL + 14); // and to float
    b->limit[i] = at_least(most * (1 + own) - b->square[i] + (s->n->width + 16) * (double)FLT_MIN);
}

static void meet(block *b, const search *s, int32_t i, int32_t number) {
    const hg__neighbours *n = s->n;
    const float *x = b->x + (size_t)i * (size_t)n->stride;
    float d = (float)s->kernels->sum_square_diff(x, n->ref + (size_t)number * (size_t)n->stride,
                                                 n->width);
    if (isnan(d)) d = INFINITY;
    if (b->found[i] < s->k || d < b->best[i][s->k - 1]) insert(b, s, i, d, number);
}

static void meet_panel(block *b, const search *s, int32_t first) {
    const hg__neighbours *n = s->n;
    const int32_t columns = n->count - first < HG_PANEL ? n->count - first : HG_PANEL;
    uint64_t mask[ROWS];
    const hg__gemm g = {.M = b->rows,
                        .N = columns,
                        .K = n->width,
                        .blocks = 1,
                        .a = b->moved,
                        .a_m = n->width,
                        .a_k = 1,
                        .b = n->panel + hg__panel_index(n->width, n->count, 0, first),
                        .b_k = (ptrdiff_t)hg__panel_width(n->count, first),
                        .c = b->product,
                        .c_m = HG_PANEL,
                        .start = n->start + first};
    s->kernels->gemm(&g);
    s->kernels->mask_below(mask, b->product, HG_PANEL, b->limit, b->rows, columns);
    for (int32_t i = 0; i < b->rows; i++) {
        for (uint64_t left = mask[i]; left; left &= left - 1) {
            const int32_t j = __builtin_ctzll(left);
            if (b->product[i * HG_PANEL + j] > b->limit[i]) continue; // it has come down since
            meet(b, s, i, first + j);
        }
    }
}

static void run_block(const void *context, int64_t first, int32_t rows, float *scratch) {
    const search *s = context;
    const size_t k = (size_t)s->k;
    block b = {.rows = rows};
    fill(&b, s, scratch, first);
    for (int32_t r = 0; r < s->n->count; r += HG_PANEL) meet_panel(&b, s, r);
    for (int32_t i = 0; i < b.rows; i++) {
        memcpy(s->distance + (size_t)(first + i) * k, b.best[i], k * sizeof(float));
        if (s->index) memcpy(s->index + (size_t)(first + i) * k, b.number[i], k * sizeof(int32_t));
    }
}

int hg__neighbours_find(const hg__neighbours *n, const float *x, int64_t rows, int32_t k,
                        float *distance, int32_t *index, hg__pool *pool, hg_error *err) {
    assert(k >= 1 && k <= HG_MAX_NEIGHBOURS && k <= n->count);
    search s = {.n = n, .kernels = hg__kernels_pick(), .x = x, .k = k};
    s.distance = distance;
    s.index = index;
    return hg__blocks_run(pool, rows, ROWS, room_for(n), run_block, &s, err);
}
