// SPDX-License-Identifier: Apache-2.0
// tied.h - two layers of one weight: the decoder's is the encoder's, turned round (hg__layer.tied). Files, optimisers and inference see
// two; they begin equal and are given the same gradient, so they stay equal to the bit.
#ifndef HG_NN_TIED_H
#define HG_NN_TIED_H
#include "nn/layer.h"

// `to`, tied to `from`: its weight becomes that of `from`, turned round; or whether it is that.
void hg__tied_copy(const hg__layer *from, const hg__layer *to, hg__real *params);
bool hg__tied_is_equal(const hg__layer *from, const hg__layer *to, const hg__real *params);
// Of the weights in tile t of `from`: g (params), the gradient of each use, becomes the sum of both at both places.
void hg__tied_add(const hg__layer *from, const hg__layer *to, const hg__tile *t, hg__real *g);
#endif
