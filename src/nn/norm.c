// SPDX-License-Identifier: Apache-2.0
// norm.c - what the layers that bring numbers to mean 0 and variance 1 share.
#include "nn/norm.h"

#include <string.h>

enum { WEIGHT, BIAS };

int hg__norm_check_eps(const char *name, double eps, hg_error *err) {
    if (eps > 0 && eps <= 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected eps above 0, at most 1, got %g", name, eps);
}

size_t hg__norm_count(int64_t n) {
    return hg__whole_vectors((size_t)n);
}

void hg__norm_shape(hg__layer *l, int64_t n) {
    const hg__shape vector = {1, {n}};
    l->out = l->in;
    l->params = 2;
    l->param[WEIGHT] = (hg__param){.name = "weight", .shape = vector, .count = hg__norm_count(n)};
    l->param[BIAS] = (hg__param){.name = "bias", .shape = vector, .count = hg__norm_count(n)};
}

void hg__norm_init(const hg__layer *l, hg__real *params, uint64_t seed) {
    (void)seed;
    hg__real *weight = params + l->param[WEIGHT].offset, *bias = params + l->param[BIAS].offset;
    memset(weight, 0, l->param[WEIGHT].count * sizeof *weight);
    memset(bias, 0, l->param[BIAS].count * sizeof *bias);
    for (int64_t i = 0; i < l->param[WEIGHT].shape.dim[0]; i++) weight[i] = 1;
}
