// SPDX-License-Identifier: Apache-2.0
// loss.c - the registry of losses, made from losses.def, and those of each number for itself or of a table's columns.
#include "nn/loss.h"

#include <math.h>
#include <strings.h>

#include "nn/layer.h"

#define LOSS(x) extern const hg__loss hg__loss_##x;
#include "nn/losses.def"
#undef LOSS

static const hg__loss *const losses[] = {
#define LOSS(x) &hg__loss_##x,
#include "nn/losses.def"
#undef LOSS
    NULL,
};

const hg__loss *const *hg__losses(void) {
    return losses;
}

const hg__loss *hg__loss_find(const char *name) {
    for (const hg__loss *const *l = losses; *l; l++) {
        if (strcasecmp((*l)->name, name) == 0) return *l;
    }
    return NULL;
}

int hg__loss_images(const hg__loss_rows *r, int32_t least, hg_error *err) {
    const hg__extent e = hg__extent_of(&r->shape);
    if (r->shape.rank < 2) {
        return hg__fail(err, HG_ERR_USAGE, "loss: expected images, got rows of %d numbers",
                        (int)r->n);
    }
    if (e.H >= least && e.W >= least) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "loss: expected images of at least %d x %d pixels, got %d x %d", (int)least,
                    (int)least, (int)e.H, (int)e.W);
}

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
