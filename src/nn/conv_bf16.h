// SPDX-License-Identifier: Apache-2.0
// conv_bf16.h - convolutions with products of bf16 numbers and sums in float: gather and scatter of conv.h, both.
//
// Input and weights are rounded to bf16, eight bits of a number's fraction; a pair of neighbouring channels then stands in the
// place of one float, and conv.c goes over an image of half as many channels. The error of a sum of products of mean 0 is about
// 1/400 of its size; sums lose nothing that float keeps. The same bits on every machine (backend/kernels_bf16.inc).
#ifndef HG_NN_CONV_BF16_H
#define HG_NN_CONV_BF16_H
#include "nn/conv.h"

// Whether a convolution of C channels in and N out is computed so: by shape alone, as pairs need, and where it is quicker.
bool hg__conv_bf16_fits(const hg__conv *c, int32_t C, int32_t N);
size_t hg__conv_bf16_count(int32_t taps, int32_t C, int32_t N); // elements of the prepared weights

// Prepared weights of HG_PANEL output channels from n on. from: weights (taps, C; N) as forward reads them. Back: those that
// take a gradient at the output, N channels, to the input, C, kernel positions backwards; n then counts these.
void hg__conv_bf16_prepare(int32_t taps, int32_t C, int32_t N, const hg__real *from, bool back,
                           int32_t n, hg__real *to);

// As hg__conv_gather() and hg__conv_scatter(), with weights that were prepared; v->in and v->out are of floats.
void hg__conv_bf16(const hg__conv *c, const hg__convolve *v, bool scatters);
size_t hg__conv_bf16_scratch(const hg__conv *c, int32_t large_channels, int32_t small_channels);
#endif
