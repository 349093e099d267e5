// SPDX-License-Identifier: Apache-2.0
// map_graph.c - each point's nearest others, weighed, made a graph in which a pair has one weight.
//
//   nearest (n, k) ──weigh──> own (n, k) ──turned──> incoming: row j has who has j
//                              own row sorted by number, merged with incoming row = row of the graph
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/neighbours.h"
#include "latent/map_internal.h"

enum { BLOCK = 512 }; // rows of a task

typedef struct maker {
    const hg__map_work *w;
    hg__map_graph *g;
    hg__map_weigh *weigh;
    const void *context;
    int32_t k;
    bool is_union;
    float *x; // owned, (n, width), readable beyond; only while neighbours are sought
    float *own_weight, *in_weight; // owned, (n, k); in start order
    int32_t *own_index, *in_index; // owned, likewise
    int64_t *in_start;             // owned, (n + 1)
} maker;

void hg__map_graph_clear(hg__map_graph *g) {
    hg__free(g->start);
    hg__free(g->index);
    hg__free(g->weight);
    *g = (hg__map_graph){0};
}

static void clear(maker *m) {
    hg__free(m->x);
    hg__free(m->own_weight);
    hg__free(m->in_weight);
    hg__free(m->own_index);
    hg__free(m->in_index);
    hg__free(m->in_start);
}

// Takes row i itself out of its k + 1 nearest; of more copies than that, the last. To (k).
static void leave_self(const maker *m, int32_t i, const float *distance, const int32_t *index) {
    float *d = m->own_weight + (size_t)i * (size_t)m->k;
    int32_t *at = m->own_index + (size_t)i * (size_t)m->k, to = 0;
    for (int32_t j = 0; j <= m->k && to < m->k; j++) {
        if (index[j] == i) continue;
        d[to] = distance[j];
        at[to++] = index[j];
    }
}

static int find_nearest(maker *m, hg_error *err) {
    enum { PART = 8192 }; // rows of a call
    const hg__map_work *w = m->w;
    const size_t all = (size_t)w->n * (size_t)w->width, most = (size_t)m->k + 1;
    float *distance = hg__alloc(PART * most, sizeof *distance, err);
    int32_t *index = distance ? hg__alloc(PART * most, sizeof *index, err) : NULL;
    m->x = index ? hg__numbers((size_t)w->n, (size_t)w->width, err) : NULL;
    hg__neighbours *find = NULL;
    if (m->x) {
        memcpy(m->x, w->x, all * sizeof *m->x);
        find = hg__neighbours_new(m->x, w->n, w->width, err);
    }
    int code = find ? HG_OK : HG_ERR_MEMORY;
    hg__blocks blocks = {.pool = w->pool};
    hg__meter meter;
    hg__meter_start(&meter, w->listener, "finding neighbours", "points", w->n);
    for (int32_t first = 0; code == HG_OK && first < w->n; first += PART) {
        const int32_t rows = hg__min(PART, w->n - first);
        if (hg__is_stopped(w->listener)) {
            code = hg__fail(err, HG_ERR_STOPPED, "a map: stopped on request");
        }
        if (code == HG_OK) {
            code = hg__neighbours_find(find, m->x + (size_t)first * (size_t)w->width, rows,
                                       (int32_t)most, distance, index, &blocks, err);
        }
        for (int32_t i = 0; code == HG_OK && i < rows; i++) {
            leave_self(m, first + i, distance + (size_t)i * most, index + (size_t)i * most);
        }
        hg__meter_add(&meter, rows);
    }
    if (code == HG_OK) hg__meter_end(&meter);
    hg__blocks_clear(&blocks);
    hg__neighbours_free(find);
    hg__free(index);
    hg__free(distance);
    hg__free(m->x);
    m->x = NULL;
    return code;
}

// A row's neighbours by number, their weights with them.
static void sort_row(int32_t *index, float *weight, int32_t k) {
    for (int32_t i = 1; i < k; i++) {
        const int32_t number = index[i];
        const float own = weight[i];
        int32_t at = i;
        for (; at > 0 && index[at - 1] > number; at--) {
            index[at] = index[at - 1];
            weight[at] = weight[at - 1];
        }
        index[at] = number;
        weight[at] = own;
    }
}

static void weigh_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const maker *m = context;
    const int32_t first = task * BLOCK, end = hg__min(first + BLOCK, m->w->n);
    float scratch[HG_MAX_NEIGHBOURS + HG_LANES];
    for (int32_t i = first; i < end; i++) {
        const size_t at = (size_t)i * (size_t)m->k;
        m->weigh(m->context, m->own_weight + at, m->k, scratch);
        sort_row(m->own_index + at, m->own_weight + at, m->k);
    }
}

// Who has j among its nearest, ascending.
static void turn(maker *m) {
    const size_t all = (size_t)m->w->n * (size_t)m->k;
    int64_t sum = 0;
    for (size_t i = 0; i < all; i++) m->in_start[m->own_index[i]]++;
    for (int32_t j = 0; j < m->w->n; j++) {
        const int64_t count = m->in_start[j];
        m->in_start[j] = sum;
        sum += count;
    }
    for (size_t i = 0; i < all; i++) {
        const int64_t to = m->in_start[m->own_index[i]]++;
        m->in_index[to] = (int32_t)(i / (size_t)m->k);
        m->in_weight[to] = m->own_weight[i];
    }
    memmove(m->in_start + 1, m->in_start, (size_t)m->w->n * sizeof *m->in_start);
    m->in_start[0] = 0;
}

// Row i of the graph; index NULL: only how long it is.
static int32_t merge(const maker *m, int32_t i, int32_t *index, float *weight) {
    const size_t own = (size_t)i * (size_t)m->k, end = own + (size_t)m->k;
    size_t a = own;
    int64_t b = m->in_start[i];
    const int64_t b_end = m->in_start[i + 1];
    int32_t count = 0;
    while (a < end || b < b_end) {
        const int32_t left = a < end ? m->own_index[a] : INT32_MAX;
        const int32_t right = b < b_end ? m->in_index[b] : INT32_MAX;
        const float p = left <= right ? m->own_weight[a] : 0;
        const float q = right <= left ? m->in_weight[b] : 0;
        if (index) {
            index[count] = hg__min(left, right);
            weight[count] = m->is_union ? p + q - p * q : p + q;
        }
        a += left <= right;
        b += right <= left;
        count++;
    }
    return count;
}

static void count_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const maker *m = context;
    const int32_t first = task * BLOCK, end = hg__min(first + BLOCK, m->w->n);
    for (int32_t i = first; i < end; i++) m->g->start[i + 1] = merge(m, i, NULL, NULL);
}

static void merge_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const maker *m = context;
    const int32_t first = task * BLOCK, end = hg__min(first + BLOCK, m->w->n);
    for (int32_t i = first; i < end; i++) {
        merge(m, i, m->g->index + m->g->start[i], m->g->weight + m->g->start[i]);
    }
}

static int join(maker *m, hg_error *err) {
    const int32_t n = m->w->n, tasks = hg__ceil_div(n, BLOCK);
    const size_t all = (size_t)n * (size_t)m->k;
    hg__map_graph *g = m->g;
    m->in_start = hg__alloc((size_t)n + 1, sizeof *m->in_start, err);
    if (m->in_start) m->in_index = hg__alloc(all, sizeof *m->in_index, err);
    if (m->in_index) m->in_weight = hg__alloc(all, sizeof *m->in_weight, err);
    if (m->in_weight) g->start = hg__alloc((size_t)n + 1, sizeof *g->start, err);
    if (!m->in_start || !m->in_index || !m->in_weight || !g->start) return HG_ERR_MEMORY;
    turn(m);
    hg__map_run(m->w->pool, count_block, m, tasks);
    for (int32_t i = 0; i < n; i++) g->start[i + 1] += g->start[i];
    const size_t edges = (size_t)g->start[n] + HG_LANES;
    g->index = hg__alloc(edges, sizeof *g->index, err);
    if (g->index) g->weight = hg__alloc(edges, sizeof *g->weight, err);
    if (!g->weight) return HG_ERR_MEMORY;
    hg__map_run(m->w->pool, merge_block, m, tasks);
    return HG_OK;
}

int hg__map_graph_make(hg__map_graph *g, const hg__map_work *w, int32_t k, hg__map_weigh *weigh,
                       const void *context, bool is_union, hg_error *err) {
    maker m = {.w = w, .g = g, .weigh = weigh, .context = context, .k = k, .is_union = is_union};
    const size_t all = (size_t)w->n * (size_t)k;
    *g = (hg__map_graph){0};
    m.own_weight = hg__alloc(all, sizeof *m.own_weight, err);
    if (m.own_weight) m.own_index = hg__alloc(all, sizeof *m.own_index, err);
    int code = m.own_index ? find_nearest(&m, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        hg__map_run(w->pool, weigh_block, &m, hg__ceil_div(w->n, BLOCK));
        code = join(&m, err);
    }
    clear(&m);
    if (code < 0) hg__map_graph_clear(g);
    return code;
}
