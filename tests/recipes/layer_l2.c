// SPDX-License-Identifier: Apache-2.0
// layer_l2.c - what goes through stays as it is, but its square is paid for: penalty weight * sum x^2.
#include "nn/layer.h"

enum { WEIGHT };

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    const hg__real step = (hg__real)(2 * l->arg[WEIGHT]) * p->penalty_scale;
    (void)x;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *at = hg__view_row(y, r), *slope = hg__view_row(dy, r);
        hg__real *to = hg__view_row(dx, r);
        for (int64_t i = 0; i < width(l); i++) to[i] = slope[i] + step * at[i];
        hg__zero_padding(to, width(l));
    }
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    double sum = 0;
    (void)p;
    for (int64_t i = 0; i < width(l); i++) sum += (double)x[i] * (double)x[i];
    return l->arg[WEIGHT] * sum;
}

extern const hg__layer_type hg__layer_l2;
const hg__layer_type hg__layer_l2 = {
    .name = "l2",
    .args = "weight",
    .summary = "no change; penalty: weight times the sum of x^2",
    .example = "l2 0.01",
    .in_place = true,
    .bands = true,
    .keeps_scale = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
};
