// SPDX-License-Identifier: Apache-2.0
// layer_layernorm.c - y = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance of each
// row (Ba, Kiros & Hinton 2016; PyTorch's LayerNorm over all features). Backward computes mean and
// variance again from x: cheaper than keeping them.
#include <string.h>

#include "nn/layer.h"

enum { WEIGHT, BIAS };

static int32_t width(const hg__layer *l) {
    return (int32_t)l->param[WEIGHT].shape.dim[0];
}

static int shape(hg__layer *l, hg_error *err) {
    size_t n;
    HG_TRY(hg__norm_check_eps("layernorm", l->arg[0], err));
    if (!hg__shape_count(&l->in, &n) || n < 1 || n > 1 << 24) {
        return hg__fail(err, HG_ERR_USAGE, "layernorm: expected 1 to %d inputs", 1 << 24);
    }
    hg__norm_shape(l, (int64_t)n);
    return HG_OK;
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const hg__real *weight = p->params + l->param[WEIGHT].offset;
    const hg__real *bias = p->params + l->param[BIAS].offset;
    for (int32_t r = 0; r < rows; r++) {
        p->k->layernorm(hg__view_row(y, r), hg__view_row(x, r), weight, bias, (hg__real)l->arg[0],
                        width(l));
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)y;
    const hg__real *weight = p->params + l->param[WEIGHT].offset;
    for (int32_t r = 0; r < rows; r++) {
        p->k->layernorm_back(hg__view_row(dx, r), hg__view_row(dy, r), hg__view_row(x, r), weight,
                             (hg__real)l->arg[0], width(l));
    }
}

// One tile a parameter.
static int32_t tile_count(const hg__layer *l) {
    return l->params;
}

static void tile(const hg__layer *l, int32_t i, hg__tile *t) {
    *t = (hg__tile){.param = i,
                    .offset = l->param[i].offset,
                    .count = l->param[i].count,
                    .x_count = (int32_t)l->param[i].shape.dim[0]};
}

static void gradient(const hg__layer *l, const hg__pass *p, const hg__tile *t, hg__view x,
                     hg__view dy, int32_t rows, hg__real *g) {
    if (t->param == BIAS) {
        p->k->column_sums(g, dy.at, dy.ld, rows, (int32_t)t->count);
        return;
    }
    memset(g, 0, t->count * sizeof *g);
    for (int32_t r = 0; r < rows; r++) {
        p->k->layernorm_params(g, NULL, hg__view_row(dy, r), hg__view_row(x, r),
                               (hg__real)l->arg[0], width(l));
    }
}

extern const hg__layer_type hg__layer_layernorm;
const hg__layer_type hg__layer_layernorm = {
    .name = "layernorm",
    .args = "eps=1e-5",
    .summary = "each row brought to mean 0 and variance 1, then weight and bias",
    .example = "layernorm",
    .keeps_scale = true,
    .shape = shape,
    .init = hg__norm_init,
    .forward = forward,
    .backward = backward,
    .tile_count = tile_count,
    .tile = tile,
    .gradient = gradient,
};
