// SPDX-License-Identifier: Apache-2.0
// loss_columns.c - the loss of a table's rows, each column counting the same (spans.h).
#include <math.h>

#include "nn/loss.h"

static double row(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                  hg__real scale, hg__real arg, hg__real *scratch) {
    return hg__spans_loss(r->spans, r->k, dy, y, t, scale, arg, scratch);
}

static size_t scratch(const hg__loss_rows *r) {
    return 2 * (size_t)hg__pad_columns(r->n);
}

extern const hg__loss hg__loss_columns;
const hg__loss hg__loss_columns = {
    .name = "columns",
    .formula = "numbers: (y - t)^2 within delta, else delta (2 |y - t| - delta); categories: "
               "-sum t log softmax(y); the mean of the columns",
    .standard_arg = (double)INFINITY,
    .is_of_spans = true,
    .row = row,
    .scratch = scratch,
};
