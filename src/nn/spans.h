// SPDX-License-Identifier: Apache-2.0
// spans.h - rows whose numbers belong together in columns, and the loss that counts each column the same.
//
//   number    its floats: squared error (their mean where there are several), a line beyond `delta`
//   category  one-hot: cross-entropy of softmax(outputs); the outputs are logits
//   and, where a value may be missing, a last float that says so: cross-entropy of its sigmoid, a logit too
//
// The loss of a column is the sum of its value's and its flag's. Where the target was missing its value does not count.
// The loss of a row is the mean over its columns. Nothing may follow the model's last linear layer.
#ifndef HG_NN_SPANS_H
#define HG_NN_SPANS_H
#include "backend/kernels.h"
#include "base/error.h"

typedef enum hg__span_kind { HG_SPAN_NUMBER, HG_SPAN_CATEGORY } hg__span_kind;

typedef struct hg__column_span {
    // its floats in a row, the flag among them; width 0: none, the column does not count
    int32_t first, width;
    hg__span_kind kind;
    bool may_miss; // its last float says that the value was missing
} hg__column_span;

typedef struct hg__spans {
    hg__column_span *span; // owned, (columns)
    int32_t columns;
    int32_t counted;  // columns with floats
    int32_t width;    // floats of a row
    bool may_miss;    // any column
    hg__real *weight; // owned, (width padded): numbers 1 / those in the column, flags -1, else 0
    hg__softmax_group *group; // owned, (groups): the levels of categories
    int32_t groups;
} hg__spans;

// Columns in the order of their floats, which they share out among them: refused where they overlap or go beyond `width`.
hg__spans *hg__spans_new(const hg__column_span *span, int32_t columns, int32_t width,
                         hg_error *err);
void hg__spans_free(hg__spans *s); // NULL is fine

// The loss of a row of outputs y against t, as other losses have it: width times the mean over the columns; dy (width padded; NULL:
// not wanted; not y) = scale times its slope. delta: where the square of a number becomes a line; INFINITY: nowhere.
// y, t: readable up to the next multiple of HG_LANES; spare (2, width padded).
double hg__spans_loss(const hg__spans *s, const hg__kernels *k, hg__real *dy, const hg__real *y,
                      const hg__real *t, hg__real scale, hg__real delta, hg__real *spare);

// The loss of each column: error (columns); their sum over s->counted is the row's. y: outputs as they are.
// spare (2, width padded).
void hg__spans_errors(const hg__spans *s, const hg__kernels *k, const hg__real *y,
                      const hg__real *t, hg__real delta, float *error, hg__real *spare);

// Outputs y (width) as a row has them: probabilities of the levels, and of the value being missing. In place.
void hg__spans_finish(const hg__spans *s, const hg__kernels *k, hg__real *y);
// The same for one column; the others stay outputs.
void hg__spans_finish_column(const hg__spans *s, const hg__kernels *k, int32_t column, hg__real *y);
#endif
