// SPDX-License-Identifier: Apache-2.0
// layer_ordered.c - what goes through stays as it is, but its size is paid for, the more the further back it stands: penalty
// weight * sum over i of i / n x_i^2, i = 0 .. n - 1. A linear code with tied weights then comes to the principal components
// themselves, in order of their variance, where without it any turn of them is as good: what is paid is least if the widest spread
// stands first (after Bao et al., "Regularized linear autoencoders recover the principal components, eventually", 2020, who weigh
// the weights so). Components are scaled by the square root of 1 - weight i / (2 n). Of an image i counts channels.
#include "nn/layer.h"

enum { WEIGHT };

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    if (!(l->arg[WEIGHT] >= 0 && l->arg[WEIGHT] <= 1)) {
        return hg__fail(err, HG_ERR_USAGE, "ordered: expected a weight from 0 to 1, got %g",
                        l->arg[WEIGHT]);
    }
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

static int32_t channels(const hg__layer *l) {
    return hg__extent_of(&l->in).C;
}

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

// What number i of a row pays for its square.
static double price(const hg__layer *l, int64_t i) {
    const int32_t C = channels(l);
    return l->arg[WEIGHT] * (double)(i % C) / C;
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *at = hg__view_row(y, r), *slope = hg__view_row(dy, r);
        hg__real *to = hg__view_row(dx, r);
        for (int64_t i = 0; i < width(l); i++) {
            to[i] = slope[i] + p->penalty_scale * (hg__real)(2 * price(l, i)) * at[i];
        }
        hg__zero_padding(to, width(l));
    }
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    (void)p;
    double sum = 0;
    for (int64_t i = 0; i < width(l); i++) sum += price(l, i) * (double)x[i] * (double)x[i];
    return sum;
}

extern const hg__layer_type hg__layer_ordered;
const hg__layer_type hg__layer_ordered = {
    .name = "ordered",
    .args = "weight=0.1",
    .summary = "no change; penalty: squares, the more the further back; a linear code with tied "
               "weights becomes that of PCA",
    .example = "ordered 0.1",
    .in_place = true,
    .bands = true,
    .keeps_scale = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
};
