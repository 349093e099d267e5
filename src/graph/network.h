// SPDX-License-Identifier: Apache-2.0
// network.h - a network: layers with shapes, their parameters, and the columns its rows are of; and the same made quicker.
#ifndef HG_GRAPH_NETWORK_H
#define HG_GRAPH_NETWORK_H
#include "graph/spec.h"
#include "nn/spans.h"

typedef struct hg__network {
    hg__spec spec;
    // owned, (spec.params): all of it, one block; NULL where only its shape is known
    hg__real *params;
    // owned: rows are a table's and outputs logits (loss=columns); NULL: rows of numbers
    hg__spans *spans;
    hg__compute compute; // how it is computed; its layers have the same
    // of images: the last channel of a row is the level of its noise, of what comes out the estimate of that (rows/levelled.h)
    bool has_level;
} hg__network;

// A network with its weights drawn (PyTorch's default initialisation) from seed. spec, latent: as hg__spec_parse() has
// them. Fills all of net, which is cleared on failure.
int hg__network_init(hg__network *net, const char *spec, const hg__shape *input, int32_t latent,
                     uint64_t seed, hg_error *err);
// The same of a network whose outputs are features: any number of them (hg__spec_parse_features()).
int hg__network_init_features(hg__network *net, const char *spec, const hg__shape *input,
                              uint64_t seed, hg_error *err);
void hg__network_clear(hg__network *net); // {0} is fine
void hg__network_free(hg__network *net);  // one that hg__network_fold() made; NULL is fine

// It is computed like this from now on.
void hg__network_set_compute(hg__network *net, hg__compute how);

// Its rows are of these columns from now on (copied), in place of what they were before.
int hg__network_set_spans(hg__network *net, const hg__column_span *span, int32_t columns,
                          hg_error *err);

// Tied weights (hg__layer.tied) become equal, those of the encoder; or fails where they are not.
void hg__network_tie(hg__network *net);
int hg__network_check_ties(const hg__network *net, hg_error *err);

// From now on the first `prefix` numbers of its nested code are used, 0: all. Refused without such a code, and beyond its size.
int hg__network_set_prefix(hg__network *net, int32_t prefix, hg_error *err);

// Full name of a parameter, as PyTorch has it: "encoder.0.weight".
void hg__param_name(const hg__layer *l, int32_t param, char buffer[64]);

// A network made quicker for scoring: batch norms taken into the weights before them.
//
// Outside training a batchnorm is a factor and a shift for each channel, and so are the rows of a weight and a bias. Where
// one stands directly behind a conv, deconv or dense on the same side of the neck it is multiplied in and left out.
// Outputs agree to about 1e-6 of the largest; the plans run on the one, files keep the other.

// What runs in place of net: *folded, made for that and the caller's to free, or net itself where there is nothing to fold and
// *folded is NULL. Returns NULL for want of memory.
const hg__network *hg__network_fold(const hg__network *net, hg__network **folded, hg_error *err);
// The number that layer `i` of net has in that; -1: its output is nowhere, for the layer behind it was taken in.
int32_t hg__network_folded_number(const hg__network *net, int32_t i);
#endif
