// SPDX-License-Identifier: Apache-2.0
// layer_squareplus.c - y = (x + sqrt(x^2 + b)) / 2 (Barron, "Squareplus: a softplus-like algebraic rectifier", 2021).
#include <math.h>

#include "nn/layer.h"

enum { B };

static int32_t width(const hg__layer *l) {
    return (int32_t)hg__extent_count(hg__extent_of(&l->in));
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    if (!(l->arg[B] > 0 && l->arg[B] <= 1e6)) {
        return hg__fail(err, HG_ERR_USAGE, "squareplus: expected b above 0, got %g", l->arg[B]);
    }
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *from = hg__view_row(x, r) + first;
        hg__real *to = hg__view_row(y, r) + first;
        for (int64_t i = 0; i < n; i++) {
            const double at = (double)from[i];
            to[i] = (hg__real)((at + sqrt(at * at + l->arg[B])) / 2);
        }
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    const int32_t n = width(l);
    (void)p, (void)y;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *from = hg__view_row(x, r), *slope = hg__view_row(dy, r);
        hg__real *to = hg__view_row(dx, r);
        for (int32_t i = 0; i < n; i++) {
            const double at = (double)from[i];
            to[i] = (hg__real)((double)slope[i] * (1 + at / sqrt(at * at + l->arg[B])) / 2);
        }
        hg__zero_padding(to, n);
    }
}

extern const hg__layer_type hg__layer_squareplus;
const hg__layer_type hg__layer_squareplus = {
    .name = "squareplus",
    .args = "b=4",
    .summary = "(x + sqrt(x^2 + b)) / 2",
    .example = "squareplus",
    .bands = true,
    .squared_gain = 2,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
