// SPDX-License-Identifier: Apache-2.0
// loss_pointwise.c - losses of each number for itself: a kernel is all there is to them (backend/kernels_loss.inc).
#include "nn/loss.h"

// NOLINTBEGIN(readability-non-const-parameter): as all losses have it
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

extern const hg__loss hg__loss_mse, hg__loss_mae, hg__loss_bce, hg__loss_huber;
const hg__loss hg__loss_mse = {
    .name = "mse",
    .formula = "(y - t)^2",
    .row = mse,
    .row_of_logits = mse_logits,
};
const hg__loss hg__loss_mae = {
    .name = "mae",
    .formula = "|y - t|",
    .row = mae,
    .row_of_logits = mae_logits,
};
const hg__loss hg__loss_bce = {
    .name = "bce",
    .formula = "-t log y - (1 - t) log(1 - y), logarithms not below -100",
    .is_of_unit = true,
    .row = bce,
    .row_of_logits = bce_logits,
};
const hg__loss hg__loss_huber = {
    .name = "huber",
    .formula = "(y - t)^2 / 2 within delta, else delta (|y - t| - delta / 2)",
    .standard_arg = 1,
    .row = huber,
    .row_of_logits = huber_logits,
};
