// SPDX-License-Identifier: Apache-2.0
// quantise.c - many rows become few, of which none is a row of the table.
//
// Rows are taken from the outside in: the one that lies farthest from the mean of all forms a group with those nearest to
// it, so that what is left over in the end lies close together.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/neighbours.h"

typedef struct place {
    double distance; // squared
    int32_t row;
} place;

typedef struct groups {
    const float *x, *scale; // borrowed, (rows, width), (width)
    int32_t rows, width;
    place *order;   // owned, (rows): the outermost first
    place *nearest; // owned, (rows): room to work in
    int32_t *group; // owned, (rows): which group a row is in, or -1
    double *mean;   // owned, (width)
} groups;

static double distance(const groups *g, int32_t row, const double *to_mean, int32_t to_row) {
    const float *a = g->x + (ptrdiff_t)row * g->width, *b = g->x + (ptrdiff_t)to_row * g->width;
    double sum = 0;
    for (int32_t j = 0; j < g->width; j++) {
        const double other = to_mean ? to_mean[j] : (double)b[j];
        const double gap = ((double)a[j] - other) * (double)g->scale[j];
        sum += gap * gap;
    }
    return sum;
}

static int nearest_first(const void *a, const void *b) {
    const place *p = a, *q = b;
    const int order = (p->distance > q->distance) - (p->distance < q->distance);
    return order ? order : (p->row > q->row) - (p->row < q->row);
}

static int outermost_first(const void *a, const void *b) {
    const place *p = a, *q = b;
    const int order = (p->distance < q->distance) - (p->distance > q->distance);
    return order ? order : (p->row > q->row) - (p->row < q->row);
}

static void put_in_order(groups *g) {
    for (int32_t i = 0; i < g->rows; i++) {
        for (int32_t j = 0; j < g->width; j++) {
            g->mean[j] += (double)g->x[(ptrdiff_t)i * g->width + j] / g->rows;
        }
    }
    for (int32_t i = 0; i < g->rows; i++) g->order[i] = (place){distance(g, i, g->mean, 0), i};
    qsort(g->order, (size_t)g->rows, sizeof *g->order, outermost_first);
}

// The nearest of the first `count` come to stand in front, in order.
static void pick_nearest(place *list, int32_t count) {
    enum { MOST = HG_QUANTISE_ROWS };
    for (int32_t i = MOST; i < count; i++) {
        for (int32_t k = 0; k < MOST; k++) { // insertion into a list of few
            if (nearest_first(&list[i], &list[k]) >= 0) continue;
            const place swap = list[k];
            list[k] = list[i];
            list[i] = swap;
        }
    }
}

static void join(groups *g, int32_t first, int32_t group, int32_t from) {
    int32_t count = 0;
    for (int32_t i = from; i < g->rows; i++) {
        const int32_t row = g->order[i].row;
        if (g->group[row] >= 0) continue;
        g->nearest[count++] = (place){row == first ? -1 : distance(g, row, NULL, first), row};
    }
    const int32_t first_few = count < HG_QUANTISE_ROWS ? count : HG_QUANTISE_ROWS;
    qsort(g->nearest, (size_t)first_few, sizeof *g->nearest, nearest_first);
    pick_nearest(g->nearest, count);
    for (int32_t i = 0; i < first_few; i++) g->group[g->nearest[i].row] = group;
}

static void make_groups(groups *g) {
    const int32_t count = g->rows / HG_QUANTISE_ROWS;
    int32_t made = 0;
    put_in_order(g);
    for (int32_t i = 0; i < g->rows; i++) g->group[i] = -1;
    for (int32_t i = 0; i < g->rows && made < count - 1; i++) {
        if (g->group[g->order[i].row] < 0) join(g, g->order[i].row, made++, i);
    }
    for (int32_t i = 0; i < g->rows; i++) {
        if (g->group[i] < 0) g->group[i] = made; // those left are the last group
    }
}

// to (groups, width): means, rounded. size (groups): how many rows each has.
static void take_means(const groups *g, double *to, int32_t *size) {
    const int32_t count = g->rows / HG_QUANTISE_ROWS, width = g->width;
    for (int32_t i = 0; i < g->rows; i++) {
        double *sum = to + (ptrdiff_t)g->group[i] * width;
        size[g->group[i]]++;
        for (int32_t j = 0; j < width; j++) sum[j] += (double)g->x[(ptrdiff_t)i * width + j];
    }
    for (int32_t k = 0; k < count; k++) {
        for (int32_t j = 0; j < width; j++) {
            double *at = to + (ptrdiff_t)k * width + j;
            *at = nearbyint(*at / size[k] * HG_QUANTISE_STEPS) / HG_QUANTISE_STEPS;
        }
    }
}

static int run(groups *g, float *x, hg_error *err) {
    const size_t rows = (size_t)g->rows, width = (size_t)g->width;
    const size_t count = rows / HG_QUANTISE_ROWS;
    g->order = hg__alloc(rows, sizeof *g->order, err);
    if (g->order) g->nearest = hg__alloc(rows, sizeof *g->nearest, err);
    if (g->nearest) g->group = hg__alloc(rows, sizeof *g->group, err);
    if (g->group) g->mean = hg__alloc(width, sizeof *g->mean, err);
    double *to = g->mean ? hg__alloc(count, width * sizeof *to, err) : NULL;
    int32_t *size = to ? hg__alloc(count, sizeof *size, err) : NULL;
    if (size) {
        make_groups(g);
        take_means(g, to, size);
        for (size_t i = 0; i < count * width; i++) x[i] = (float)to[i];
    }
    hg__free(to);
    hg__free(size);
    return size ? HG_OK : HG_ERR_MEMORY;
}

int hg__quantise(float *x, int32_t rows, int32_t width, const float *scale, hg_error *err) {
    groups g = {.x = x, .scale = scale, .rows = rows, .width = width};
    const int code = run(&g, x, err);
    hg__free(g.order);
    hg__free(g.nearest);
    hg__free(g.group);
    hg__free(g.mean);
    return code;
}

static const double most_of_two = 2.5;

void hg__column_scale_meet(hg__column_scale *c, const float *x, int32_t width, int64_t row,
                           int64_t rows) {
    for (int32_t j = 0; j < width; j++, c++) {
        const float v = x[j];
        if (row == 0) c->first = c->other = v;
        c->mean += (double)v / (double)rows;
        if (v == c->first || v == c->other) continue;
        c->has_more = c->has_more || c->other != c->first;
        c->other = v;
    }
}

void hg__column_scale_measure(hg__column_scale *c, const float *x, int32_t width, int64_t rows) {
    for (int32_t j = 0; j < width; j++) {
        const double gap = (double)x[j] - c[j].mean;
        c[j].square += gap * gap / (double)rows;
    }
}

float hg__column_scale_of(const hg__column_scale *c) {
    const double deviation = sqrt(c->square);
    if (deviation < 1e-6) return (float)most_of_two;
    if (c->has_more) return (float)(1 / deviation);
    const double farthest =
        fmax(fabs((double)c->first - c->mean), fabs((double)c->other - c->mean)) / deviation;
    return (float)(fmin(1, most_of_two / farthest) / deviation);
}
