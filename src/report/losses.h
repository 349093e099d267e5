// SPDX-License-Identifier: Apache-2.0
// losses.h - results.csv of a training: the losses an epoch at a time.
#ifndef HG_REPORT_LOSSES_H
#define HG_REPORT_LOSSES_H
#include "base/error.h"

// Of which three columns are drawn.
typedef struct hg__losses {
    // owned (one block, epoch's), (count); val is NaN without validation
    double *epoch, *train, *val;
    int32_t count;
} hg__losses;

int hg__losses_read(hg__losses *l, const char *folder, hg_error *err);
void hg__losses_clear(hg__losses *l); // {0} is fine
// Lowest and highest of both losses, and the epoch of the lowest validation loss, -1 where there is none. count is 1 at least.
int32_t hg__losses_find(const hg__losses *l, double *low, double *high);
#endif
