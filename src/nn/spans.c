// SPDX-License-Identifier: Apache-2.0
// spans.c - the loss of rows of mixed columns, column by column. The work is in backend/kernels_loss.inc.
#include "nn/spans.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

// Floats of the value itself.
static int32_t value_width(const hg__column_span *c) {
    return c->width > 0 ? c->width - c->may_miss : 0;
}

static int check(const hg__column_span *span, int32_t columns, int32_t width, hg_error *err) {
    int32_t end = 0;
    for (int32_t i = 0; i < columns; i++) {
        const hg__column_span *c = &span[i];
        if (c->width == 0) continue;
        if (c->first < end || c->width < 1 + c->may_miss || c->width > width - c->first) {
            return hg__fail(err, HG_ERR_DATA,
                            "column %d: expected floats of its own below %d, got %d from %d on",
                            i + 1, width, c->width, c->first);
        }
        end = c->first + c->width;
    }
    return HG_OK;
}

static void fill(hg__spans *s) {
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column_span *c = &s->span[i];
        const int32_t n = value_width(c);
        if (n == 0) continue;
        s->counted++;
        for (int32_t j = 0; j < n && c->kind == HG_SPAN_NUMBER; j++) {
            s->weight[c->first + j] = (hg__real)1 / (hg__real)n;
        }
        if (c->may_miss) s->weight[c->first + n] = -1;
        if (c->kind == HG_SPAN_CATEGORY) {
            s->group[s->groups++] = (hg__softmax_group){
                .first = c->first, .n = n, .flag = c->may_miss ? c->first + n : -1};
        }
        s->may_miss = s->may_miss || c->may_miss;
    }
}

hg__spans *hg__spans_new(const hg__column_span *span, int32_t columns, int32_t width,
                         hg_error *err) {
    if (check(span, columns, width, err) < 0) return NULL;
    hg__spans *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    s->columns = columns;
    s->width = width;
    s->span = hg__alloc((size_t)columns, sizeof *s->span, err);
    s->weight = s->span ? hg__alloc((size_t)hg__pad_columns(width), sizeof *s->weight, err) : NULL;
    s->group = s->weight ? hg__alloc((size_t)columns, sizeof *s->group, err) : NULL;
    if (!s->group) {
        hg__spans_free(s);
        return NULL;
    }
    if (columns > 0) memcpy(s->span, span, (size_t)columns * sizeof *span);
    fill(s);
    return s;
}

void hg__spans_free(hg__spans *s) {
    if (!s) return;
    hg__free(s->span);
    hg__free(s->weight);
    hg__free(s->group);
    hg__free(s);
}

static bool is_missing(const hg__column_span *c, const hg__real *t) {
    return c->may_miss && t[c->first + c->width - 1] > (hg__real)0.5;
}

static hg__real *second(const hg__spans *s, hg__real *spare) {
    return spare + hg__pad_columns(s->width);
}

// The weights without those of values that are missing in t.
static const hg__real *weights_of(const hg__spans *s, const hg__real *t, hg__real *spare) {
    if (!s->may_miss) return s->weight;
    memcpy(spare, s->weight, (size_t)hg__pad_columns(s->width) * sizeof *spare);
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column_span *c = &s->span[i];
        if (c->width == 0 || !is_missing(c, t)) continue;
        memset(spare + c->first, 0, (size_t)value_width(c) * sizeof *spare);
    }
    return spare;
}

double hg__spans_loss(const hg__spans *s, const hg__kernels *k, hg__real *dy, const hg__real *y,
                      const hg__real *t, hg__real scale, hg__real delta, hg__real *spare) {
    if (s->counted == 0) return 0;
    const double share = (double)s->width / s->counted;
    const hg__real own = (hg__real)((double)scale * share);
    const double sum = k->loss_columns(dy, y, t, weights_of(s, t, spare), own, delta, s->width) +
                       k->loss_groups(dy, y, t, s->group, s->groups, own, NULL, second(s, spare));
    return sum * share;
}

static double number_error(const hg__column_span *c, const hg__real *y, const hg__real *t,
                           double delta) {
    const int32_t n = value_width(c);
    double sum = 0;
    for (int32_t i = c->first; i < c->first + n; i++) {
        const double d = (double)y[i] - (double)t[i], size = fabs(d);
        sum += size > delta ? delta * (2 * size - delta) : d * d;
    }
    return sum / n;
}

static double flag_error(const hg__kernels *k, hg__real y, hg__real t) {
    hg__real own_y[HG_LANES] = {y}, own_t[HG_LANES] = {t};
    return k->loss_bce_logits(NULL, own_y, own_t, 1, 0, 1);
}

void hg__spans_errors(const hg__spans *s, const hg__kernels *k, const hg__real *y,
                      const hg__real *t, hg__real delta, float *error, hg__real *spare) {
    const hg__real *of_group = spare;
    (void)k->loss_groups(NULL, y, t, s->group, s->groups, 1, spare, second(s, spare));
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column_span *c = &s->span[i];
        const int32_t n = value_width(c), at = c->first;
        double sum = 0;
        if (n > 0 && c->kind == HG_SPAN_CATEGORY) {
            sum = (double)*of_group++;
        } else if (n > 0 && !is_missing(c, t)) {
            sum = number_error(c, y, t, (double)delta);
        }
        if (n > 0 && c->may_miss) sum += flag_error(k, y[at + n], t[at + n]);
        error[i] = (float)sum;
    }
}

void hg__spans_finish_column(const hg__spans *s, const hg__kernels *k, int32_t column,
                             hg__real *y) {
    const hg__column_span *c = &s->span[column];
    const int32_t n = value_width(c);
    if (n == 0) return;
    if (c->kind == HG_SPAN_CATEGORY) k->softmax(y + c->first, n);
    if (!c->may_miss) return;
    hg__real own[HG_LANES] = {y[c->first + n]};
    k->sigmoid(own, own, 0, HG_LANES);
    y[c->first + n] = own[0];
}

void hg__spans_finish(const hg__spans *s, const hg__kernels *k, hg__real *y) {
    for (int32_t i = 0; i < s->columns; i++) hg__spans_finish_column(s, k, i, y);
}
