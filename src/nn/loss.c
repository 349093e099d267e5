// SPDX-License-Identifier: Apache-2.0
// loss.c - the table of losses. The work of those number by number is in backend/kernels_loss.inc, of columns in spans.c.
#include "nn/loss.h"

#include <math.h>
#include <string.h>

// Number by number: a kernel is all there is to it. NOLINTBEGIN(readability-non-const-parameter)
#define KERNEL(name)                                                                            \
 static double name(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t, \
                    hg__real scale, hg__real arg, hg__real *scratch) {                          \
  (void)scratch;                                                                                \
  return r->k->loss_##name(dy, y, t, scale, arg, r->n);                                         \
 }
KERNEL(mse)
KERNEL(mae)
KERNEL(bce)
KERNEL(huber)
KERNEL(mse_logits)
KERNEL(mae_logits)
KERNEL(bce_logits)
KERNEL(huber_logits)
// NOLINTEND(readability-non-const-parameter)

static double columns(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                      hg__real scale, hg__real arg, hg__real *scratch) {
    return hg__spans_loss(r->spans, r->k, dy, y, t, scale, arg, scratch);
}

static size_t columns_scratch(const hg__loss_rows *r) {
    return 2 * (size_t)hg__pad_columns(r->n);
}

// clang-format off
static const hg__loss losses[] = {
    {.name = "mse", .formula = "(y - t)^2", .row = mse, .row_of_logits = mse_logits},
    {.name = "mae", .formula = "|y - t|", .row = mae, .row_of_logits = mae_logits},
    {.name = "bce",
     .formula = "-t log y - (1 - t) log(1 - y), logarithms not below -100",
     .is_of_unit = true,
     .row = bce,
     .row_of_logits = bce_logits},
    {.name = "huber",
     .formula = "(y - t)^2 / 2 within delta, else delta (|y - t| - delta / 2)",
     .standard_arg = 1,
     .row = huber,
     .row_of_logits = huber_logits},
    {.name = "columns",
     .formula = "numbers: (y - t)^2 within delta, else delta (2 |y - t| - delta); categories: "
                "-sum t log softmax(y); the mean of the columns",
     .standard_arg = (double)INFINITY,
     .is_of_spans = true,
     .row = columns,
     .scratch = columns_scratch},
};
// clang-format on

const hg__loss *hg__losses(size_t *count) {
    *count = sizeof losses / sizeof *losses;
    return losses;
}

const hg__loss *hg__loss_find(const char *name) {
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        if (strcmp(losses[i].name, name) == 0) return &losses[i];
    }
    return NULL;
}
