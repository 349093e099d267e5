// SPDX-License-Identifier: Apache-2.0
// conv.h - convolutions as products: what conv and deconv layers share. Images are NHWC.
//
// Forward and backward of both are one of two sums (k: kernel index, d: dilation, p: padding, s: stride):
//
//   gather    out[o] = sum over k of in[o*s + k*d - p] . W[k]                  conv forward, deconv backward
//   scatter   out[y] = sum over k, i with i*s + k*d - p = y of in[i] . W[k]    deconv forward, conv backward
//
// A scatter is s x s gathers, one for each residue (phase) of y and x modulo s, each with its own share of
// the kernel. So both are loops around one product: a line of output pixels, times the channels, summed over the
// kernel's rows (sets), columns (blocks) and the input channels (k). The image's edge is not padded: kernel rows
// outside are left out, and columns near the left and right edge go through a small padded copy, many lines
// at a time. (The idea: Georganas et al., "High-performance deep learning via a single building block", 2019.)
#ifndef HG_NN_CONV_H
#define HG_NN_CONV_H
#include "backend/kernels.h"
#include "nn/layer.h"

// Weights as a matrix: K rows (kernel position, input channel), N columns (output channel). Up to HG_THIN columns: each
// column by itself, padded to whole vectors; else panels (kernels.h).
typedef struct hg__matrix {
    int32_t K, N;
} hg__matrix;

size_t hg__matrix_index(hg__matrix m, int32_t k, int32_t n);
size_t hg__matrix_count(hg__matrix m); // elements with padding

// One direction of a convolution between a large side (of `large` pixels) and a small one: pixel o of the small
// side meets pixel o*s + k*d - p of the large one.
typedef struct hg__conv_axis {
    int32_t large, small;
    int32_t k, s, p, d;
} hg__conv_axis;

typedef struct hg__conv {
    hg__conv_axis y, x;
    int32_t groups;
} hg__conv;

// An image: pixel (y, x) at at + y * line + x * pixel; `channels` of it are meant.
typedef struct hg__plane {
    hg__real *at;
    ptrdiff_t line, pixel;
    int32_t channels;
} hg__plane;

// in -> out for lines top .. bottom-1 of out, one group. weights: K = kernel positions * in.channels rows. Scatter
// takes the kernel positions backwards (the last one first). start: (out.channels padded) or NULL.
typedef struct hg__convolve {
    const hg__kernels *kernels;
    hg__plane in, out;
    const hg__real *weights, *start;
    int32_t top, bottom;
    hg__real *scratch; // hg__conv_scratch() elements
    int32_t in_first;  // the line that in.at is, where only those that are looked at are there
    bool pairs; // in and weights are pairs of bf16 numbers (backend/bf16.h), channels of in too
    bool nontemporal; // out will not be read before the cache has lost it
} hg__convolve;

void hg__conv_gather(const hg__conv *c, const hg__convolve *v);
void hg__conv_scatter(const hg__conv *c, const hg__convolve *v);
size_t hg__conv_scratch(const hg__conv *c, int32_t large_channels, int32_t small_channels);

// The gradient of one group's weights, added to g (laid out as hg__matrix (K, N)): at kernel position k, the sum over
// pixels of in[.] (rows) times out[.] (columns). `scatters`: in is the small side, and positions stand
// backwards, as hg__conv_scatter() reads them.
typedef struct hg__conv_products {
    const hg__kernels *kernels;
    hg__plane in, out;
    bool scatters;
    hg__real *g, *scratch;
} hg__conv_products;

void hg__conv_gradient(const hg__conv *c, const hg__conv_products *v);
size_t hg__conv_gradient_scratch(const hg__conv *c, int32_t in_channels,
                                 int32_t out_channels); // elements
#endif
