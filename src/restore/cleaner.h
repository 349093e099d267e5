// SPDX-License-Identifier: Apache-2.0
// cleaner.h - one way to clean an image among several: the model, or a classical filter with its setting.
#ifndef HG_RESTORE_CLEANER_H
#define HG_RESTORE_CLEANER_H
#include "restore/denoiser.h"
#include "restore/filters.h"

typedef enum hg__cleaner_kind {
    HG_BY_MODEL,
    HG_BY_GAUSSIAN,
    HG_BY_MEDIAN,
    HG_BY_NL_MEANS
} hg__cleaner_kind;

typedef struct hg__cleaner {
    hg__cleaner_kind kind;
    int32_t radius; // of the median, of a patch
    double amount;  // sigma of the Gaussian in pixels; h of non-local means, in units of the noise
    double noise;   // non-local means: standard deviation, white = 1
} hg__cleaner;

// "non-local means, patch 3 x 3, h 0.8 of the noise".
void hg__cleaner_describe(const hg__cleaner *c, char text[80]);

enum { HG_CLASSICAL = 22 }; // how many are worth a try
// Those with their settings, for noise of that standard deviation.
void hg__cleaners_classical(double noise, hg__cleaner list[HG_CLASSICAL]);

// How many of `count` from `list` on run at once, as they share most of the work: 1 to HG_ALIKE.
enum { HG_ALIKE = 5 };
int32_t hg__cleaners_alike(const hg__cleaner *list, int32_t count);
// y: (count), each as x, by so many classical ones. May only fail for want of memory.
int hg__cleaners_run(const hg__cleaner *list, int32_t count, hg__pool *pool, const hg__frame *f,
                     const float *x, float *const *y, hg_error *err);
// hg__denoiser_run_lines() by a classical one: the whole picture lies in memory. outside may be NULL.
int hg__cleaner_run_lines(const hg__cleaner *c, hg_denoiser *d, const hg__line_io *io,
                          int64_t *outside, hg_error *err);
#endif
