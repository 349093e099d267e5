// SPDX-License-Identifier: Apache-2.0
// layer_l1.c - what goes through stays as it is, but its size is paid for: penalty weight * sum |x|. At the neck it makes a code sparse
// (Ng, "Sparse autoencoder", 2011, with the L1 norm of Tibshirani 1996).
#include <math.h>

#include "nn/layer.h"

enum { WEIGHT };

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    if (!(l->arg[WEIGHT] >= 0 && l->arg[WEIGHT] <= 1e6)) {
        return hg__fail(err, HG_ERR_USAGE, "l1: expected a weight from 0 to 1000000, got %g",
                        l->arg[WEIGHT]);
    }
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x;
    const hg__real step = (hg__real)l->arg[WEIGHT] * p->penalty_scale;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *at = hg__view_row(y, r), *slope = hg__view_row(dy, r);
        hg__real *to = hg__view_row(dx, r);
        for (int64_t i = 0; i < width(l); i++) {
            to[i] = slope[i] + (at[i] > 0 ? step : at[i] < 0 ? -step : 0);
        }
        hg__zero_padding(to, width(l));
    }
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    (void)p;
    double sum = 0;
    for (int64_t i = 0; i < width(l); i++) sum += fabs((double)x[i]);
    return l->arg[WEIGHT] * sum;
}

extern const hg__layer_type hg__layer_l1;
const hg__layer_type hg__layer_l1 = {
    .name = "l1",
    .args = "weight",
    .summary = "no change; penalty: weight times the sum of |x|",
    .example = "l1 0.01",
    .in_place = true,
    .bands = true,
    .keeps_scale = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
};
