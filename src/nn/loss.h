// SPDX-License-Identifier: Apache-2.0
// loss.h - losses, and what training makes small: a weighted sum of them, "0.84 ms_ssim + 0.16 mae".
//
// Adding a loss: loss_<name>.c and one line in losses.def. The shared tests then check its slope in double, and that no
// instruction set has other bits.
#ifndef HG_NN_LOSS_H
#define HG_NN_LOSS_H
#include "base/tensor.h"
#include "nn/layer.h"
#include "nn/spans.h"

// What the rows are that losses are taken of.
typedef struct hg__loss_rows {
    const hg__kernels *k;
    hg__shape shape;        // of one row: (H, W, C), or less
    int32_t n;              // its numbers
    const hg__spans *spans; // of a table's columns, borrowed; NULL: numbers
    const hg__real
        *variance; // of gaussian: (variances), borrowed from the last layer's parameters; NULL: 1
    int32_t variances; // 1: that of all numbers; n: of each
    // The last channel of these images is the level of their noise (rows/levelled.h): see hg__objective_row().
    bool has_level;
} hg__loss_rows;

// The loss of one row of outputs y (n) against t (n), summed over its numbers; dy (n, NULL: not wanted) = scale times its slope, with
// zeros up to whole vectors. dy may be y where the loss has no scratch. y, t: readable up to whole vectors. scratch: as the
// loss says, aligned for doubles.
typedef double hg__loss_function(const hg__loss_rows *r, hg__real *dy, const hg__real *y,
                                 const hg__real *t, hg__real scale, hg__real arg,
                                 hg__real *scratch);

typedef struct hg__loss {
    const char *name, *formula;
    double standard_arg; // of huber: delta = 1
    hg__loss_function *row;
    // The same loss where the last layer is logistic, in one pass: y is that layer's input (the logits). Faster, and for bce
    // without its overflows. NULL: there is no such pass.
    hg__loss_function *row_of_logits;
    bool is_of_unit;  // outputs must lie in (0, 1): the last layer is logistic
    bool is_of_spans; // rows must be a table's
    // Whether the rows are of a kind it can be taken of (NULL: any); else one sentence.
    int (*check)(const hg__loss_rows *r, hg_error *err);
    size_t (*scratch)(const hg__loss_rows *r); // elements; NULL: none
} hg__loss;

// Whether the rows are images of at least `least` pixels a side; else one sentence.
int hg__loss_images(const hg__loss_rows *r, int32_t least, hg_error *err);

const hg__loss *hg__loss_find(const char *name); // in any case; NULL if there is none
const hg__loss *const *hg__losses(void);         // all, NULL-terminated

// What training makes small: a weighted sum of losses, "0.84 ms_ssim + 0.16 mae".

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
// As a loss's function; of_logits: y is what goes into the last layer. Where rows have a level it is the objective of the picture
// alone, with (C + 1) / C of its numbers' weight, so that a mean over all numbers is the picture's mean; dy is also that of a
// quarter of the level's mean error, squared (or as the first loss has it, where that is mae or huber).
double hg__objective_row(const hg__objective *o, const hg__loss_rows *r, bool of_logits,
                         hg__real *dy, const hg__real *y, const hg__real *t, hg__real scale,
                         hg__real *scratch);
#endif
