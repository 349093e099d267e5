// SPDX-License-Identifier: Apache-2.0
// loss_curve.h - results.csv of a training: the losses an epoch at a time.
#ifndef HG_REPORT_LOSS_CURVE_H
#define HG_REPORT_LOSS_CURVE_H
#include "base/error.h"

// Of which three columns are drawn.
typedef struct hg__loss_curve {
    // owned (one block, epoch's), (count); val is NaN without validation
    double *epoch, *train, *val;
    int32_t count;
} hg__loss_curve;

int hg__loss_curve_read(hg__loss_curve *l, const char *folder, hg_error *err);
void hg__loss_curve_clear(hg__loss_curve *l); // {0} is fine
// Lowest and highest of both losses, and the epoch of the lowest validation loss, -1 where there is none. count is 1 at least.
int32_t hg__loss_curve_find(const hg__loss_curve *l, double *low, double *high);
#endif
