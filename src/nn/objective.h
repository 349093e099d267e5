// SPDX-License-Identifier: Apache-2.0
// objective.h - what training makes small: a weighted sum of losses, "0.84 ms_ssim + 0.16 mae".
#ifndef HG_NN_OBJECTIVE_H
#define HG_NN_OBJECTIVE_H
#include "nn/layer.h"
#include "nn/loss.h"

enum { HG_MAX_TERMS = 8 };

typedef struct hg__term {
    const hg__loss *loss;
    double weight, arg;
} hg__term;

typedef struct hg__objective {
    hg__term term[HG_MAX_TERMS];
    int32_t terms;
} hg__objective;

// delta: the argument of losses that have one; 0: each one's own.
int hg__objective_parse(hg__objective *o, const char *text, double delta, hg_error *err);
hg__objective hg__objective_of(const hg__loss *loss, double arg); // that loss alone
// Whether a model of such rows that ends in such a layer (NULL: whichever) can be trained to it; else one sentence.
int hg__objective_check(const hg__objective *o, const hg__loss_rows *r, const hg__layer_type *last,
                        hg_error *err);
// Whether all its losses can take the logits of a last layer that is logistic.
bool hg__objective_takes_logits(const hg__objective *o);
size_t hg__objective_scratch(const hg__objective *o, const hg__loss_rows *r); // elements
// As a loss's function; of_logits: y is what goes into the last layer.
double hg__objective_row(const hg__objective *o, const hg__loss_rows *r, bool of_logits,
                         hg__real *dy, const hg__real *y, const hg__real *t, hg__real scale,
                         hg__real *scratch);
#endif
