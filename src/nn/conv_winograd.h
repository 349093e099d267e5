// SPDX-License-Identifier: Apache-2.0
// conv_winograd.h - convolutions of 3 x 3 by Winograd's F(4 x 4, 3 x 3): a quarter of the products.
//
// The output is cut into tiles of 4 x 4 pixels, counted from the image's corner; each comes of 6 x 6 pixels of the input, zero
// outside the image. Both are transformed along their sides, and in between 36 products of matrices, (tiles, C) by (C, N), take
// the place of nine on sixteen times the pixels. Rounding errors are about twice those of the plain sum (kernels_winograd.inc).
//
// A pixel's bits depend on the whole tile it lies in: images cut at other places than multiples of 4 come out otherwise.
#ifndef HG_NN_CONV_WINOGRAD_H
#define HG_NN_CONV_WINOGRAD_H
#include "nn/conv.h"

enum { HG_WINOGRAD_TILE = 4 };

// Whether a convolution may be done so, and is quicker: C, N channels in and out.
bool hg__winograd_fits(const hg__conv *c, int32_t C, int32_t N);
size_t hg__winograd_count(int32_t C, int32_t N); // elements of the transformed weights

// Transformed weights of HG_PANEL output channels from n on. from: the weights of a conv of C channels in and N out, as it
// reads them. Back: those that take a gradient at its output, N channels, to its input, C; n then counts these.
void hg__winograd_prepare(int32_t C, int32_t N, const hg__real *from, bool back, int32_t n,
                          hg__real *to);

// As hg__conv_gather(), with weights that were prepared; v->in.channels and v->out.channels are C and N. top is a multiple of 4,
// and so is bottom but at the image's end.
void hg__winograd(const hg__conv *c, const hg__convolve *v);
// The weights' gradient of an image, added to p->g, which is as hg__conv_gradient() has it. Quicker where there are enough tiles.
bool hg__winograd_gradient_fits(const hg__conv *c);
void hg__winograd_gradient(const hg__conv *c, const hg__conv_products *p);
size_t hg__winograd_gradient_scratch(int32_t C, int32_t N); // elements
size_t hg__winograd_scratch(int32_t C, int32_t N); // elements; the same with C and N exchanged
#endif
