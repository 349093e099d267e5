// SPDX-License-Identifier: Apache-2.0
// fold.h - a model made quicker for scoring: batch norms taken into the weights before them.
//
// Outside training a batchnorm is a factor and a shift for each channel, and so are the rows of a weight and a bias. Where
// one stands directly behind a conv, deconv or dense on the same side of the neck it is multiplied in and left out.
// Outputs agree to about 1e-6 of the largest; the plans run on the one, files keep the other.
#ifndef HG_GRAPH_FOLD_H
#define HG_GRAPH_FOLD_H
#include "model/model.h"

// *folded: a model of its own, for running only (no columns, no options), or NULL where there is nothing to fold. Fails
// for want of memory.
int hg__model_fold(const hg_model *m, hg_model **folded, hg_error *err);
#endif
