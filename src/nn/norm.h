// SPDX-License-Identifier: Apache-2.0
// norm.h - what the layers that bring numbers to mean 0 and variance 1 share: a weight and a bias for each number or channel.
#ifndef HG_NN_NORM_H
#define HG_NN_NORM_H
#include "nn/layer.h"

int hg__norm_check_eps(const char *name, double eps, hg_error *err);
// n numbers with HG_LANES' padding.
size_t hg__norm_count(int64_t n);
// Two parameters, weight and bias, of n numbers each; out is in.
void hg__norm_shape(hg__layer *l, int64_t n);
void hg__norm_init(const hg__layer *l, hg__real *params, uint64_t seed); // weight 1, bias 0

// Of a layer whose first parameter has a number a channel.
static inline int32_t hg__norm_channels(const hg__layer *l) {
    return (int32_t)l->param[0].shape.dim[0];
}
static inline size_t hg__norm_stride(const hg__layer *l) { // channels with padding
    return l->param[0].count;
}
static inline int64_t hg__norm_pixels(const hg__layer *l) {
    const hg__extent e = hg__extent_of(&l->in);
    return (int64_t)e.H * e.W;
}
#endif
