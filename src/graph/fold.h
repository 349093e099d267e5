// SPDX-License-Identifier: Apache-2.0
// fold.h - a network made quicker for scoring: batch norms taken into the weights before them.
//
// Outside training a batchnorm is a factor and a shift for each channel, and so are the rows of a weight and a bias. Where
// one stands directly behind a conv, deconv or dense on the same side of the neck it is multiplied in and left out.
// Outputs agree to about 1e-6 of the largest; the plans run on the one, files keep the other.
#ifndef HG_GRAPH_FOLD_H
#define HG_GRAPH_FOLD_H
#include "graph/network.h"

// What runs in place of net: *folded, made for that and the caller's to free, or net itself where there is nothing to fold and
// *folded is NULL. Returns NULL for want of memory.
const hg__network *hg__network_fold(const hg__network *net, hg__network **folded, hg_error *err);
#endif
