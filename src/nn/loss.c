// SPDX-License-Identifier: Apache-2.0
// loss.c - the table of losses. The work is in backend/kernels_loss.inc.
#include "nn/loss.h"

#include <math.h>
#include <string.h>

#define PICK(kernel)                                           \
 static hg__loss_kernel *pick_##kernel(const hg__kernels *k) { \
  return k->loss_##kernel;                                     \
 }
PICK(mse)
PICK(mae)
PICK(bce)
PICK(bce_logits)
PICK(huber)
PICK(mse_logits)
PICK(mae_logits)
PICK(huber_logits)

// clang-format off
static const hg__loss losses[] = {
    {"mse", "(y - t)^2", 0, pick_mse, pick_mse_logits, false},
    {"mae", "|y - t|", 0, pick_mae, pick_mae_logits, false},
    {"bce", "-t log y - (1 - t) log(1 - y), logarithms not below -100", 0, pick_bce, pick_bce_logits, false},
    {"huber", "(y - t)^2 / 2 within delta, else delta (|y - t| - delta / 2)", 1, pick_huber, pick_huber_logits, false},
};
// clang-format on
static const hg__loss columns = {
    .name = "columns",
    .formula = "numbers: (y - t)^2 within delta, else delta (2 |y - t| - delta); categories: "
               "-sum t log softmax(y); the mean of the columns",
    .standard_arg = (double)INFINITY,
    .by_columns = true,
};

const hg__loss *hg__losses(size_t *count) {
    *count = sizeof losses / sizeof *losses;
    return losses;
}

const hg__loss *hg__loss_find(const char *name) {
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        if (strcmp(losses[i].name, name) == 0) return &losses[i];
    }
    return strcmp(columns.name, name) == 0 ? &columns : NULL;
}
