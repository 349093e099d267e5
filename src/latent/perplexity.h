// SPDX-License-Identifier: Apache-2.0
// perplexity.h - how many of its symbols a model with a codebook uses (vq, fsq).
//
// Of the symbols at all places of all rows: p[j] is the share that are j, and the perplexity exp(-sum p log p) is how many symbols
// used alike would be as varied: from 1, all the same, to the number of codes.
#ifndef HG_LATENT_PERPLEXITY_H
#define HG_LATENT_PERPLEXITY_H
#include "base/error.h"
#include "graph/network.h"

typedef struct hg__code_usage {
    int64_t codes;           // symbols there are
    int32_t places;          // a row has a symbol in each
    int64_t *count;          // owned, (codes): how often each was seen
    const hg__layer *neck;   // borrowed: the layer that says them
    const hg__real *params;  // borrowed: the network's
    hg__real *row, *scratch; // owned: a row of the code, for kernels; the layer's own
    int32_t *symbol;         // owned, (places)
} hg__code_usage;

typedef struct hg__code_figures {
    int64_t codes, used; // symbols there are; seen at all
    double perplexity;   // from 1 to codes; 0: no row was added
    double active;       // share: used / codes
} hg__code_figures;

// Whether a network's code is of symbols: its last layer before the neck says so.
bool hg__has_symbols(const hg__network *net);
// For a network that has them; borrows it. HG_ERR_MEMORY.
int hg__code_usage_init(hg__code_usage *u, const hg__network *net, hg_error *err);
void hg__code_usage_clear(hg__code_usage *u); // {0} is fine
// Adds rows of codes (rows, code) as HG_ENCODE gives them, one behind the other.
void hg__code_usage_add(hg__code_usage *u, const float *code, int64_t rows);
hg__code_figures hg__code_usage_find(const hg__code_usage *u);
#endif
