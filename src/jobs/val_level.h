// SPDX-License-Identifier: Apache-2.0
// val_level.h - how well a model with a level says the noise of images whose clean ones are known.
#ifndef HG_JOBS_VAL_LEVEL_H
#define HG_JOBS_VAL_LEVEL_H
#include "restore/psnr.h"
#include "restore/tune.h"

enum { HG_VAL_LEVELS = 6 };

// By the true level of squares of 16 x 16 pixels, grey levels of 8 bits: how many, and sums of the estimate, of its error's size, and of
// that over the true one.
typedef struct hg__val_levels {
    int64_t count[HG_VAL_LEVELS];
    double truth[HG_VAL_LEVELS], estimate[HG_VAL_LEVELS], error[HG_VAL_LEVELS],
        relative[HG_VAL_LEVELS];
} hg__val_levels;

// An image that u's model has just cleaned: x and clean, shaped as f.
void hg__val_levels_add(hg__val_levels *v, const hg__tuner *u, const hg__frame *f, const float *x,
                        const float *clean);
// *text, which is freed or kept, with a table behind it, or within its object; nothing changes where no model estimated.
int hg__val_levels_end(const hg__val_levels *v, bool json, char **text, hg_error *err);
#endif
