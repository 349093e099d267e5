// SPDX-License-Identifier: Apache-2.0
// loss.h - what training makes small; objective.h adds losses up.
//
// Adding a loss: loss_<name>.c and one line in losses.def. The shared tests then check its slope in double, and that no
// instruction set has other bits.
#ifndef HG_NN_LOSS_H
#define HG_NN_LOSS_H
#include "base/tensor.h"
#include "nn/spans.h"

// What the rows are that losses are taken of.
typedef struct hg__loss_rows {
    const hg__kernels *k;
    hg__shape shape;        // of one row: (H, W, C), or less
    int32_t n;              // its numbers
    const hg__spans *spans; // of a table's columns, borrowed; NULL: numbers
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
#endif
