// SPDX-License-Identifier: Apache-2.0
// signal_series.h - lines over steps as the lowest and highest of each in so many bins at most, however many steps come: when
// there are too many, two become one.
#ifndef HG_REPORT_SIGNAL_SERIES_H
#define HG_REPORT_SIGNAL_SERIES_H
#include "base/error.h"

typedef struct hg__low_high {
    float low, high; // NaN: nothing is there
} hg__low_high;

// What is said of a step, or of any step of a bin.
enum { HG_STEP_ALARM = 1, HG_STEP_MISSING = 2, HG_STEP_BEGINS = 4, HG_STEP_LABEL = 8 };

typedef struct hg__signal_series {
    int32_t lines, most; // of a step; bins
    int64_t width;       // steps of a bin
    int64_t steps;       // that came
    hg__low_high *bin;   // owned, (most, lines)
    uint8_t *flags;      // owned, (most)
    double *time;        // owned, (most): of its first step; NaN: nobody knows
} hg__signal_series;

// most: even. s is cleared on failure.
int hg__signal_series_init(hg__signal_series *s, int32_t lines, int32_t most, hg_error *err);
void hg__signal_series_clear(hg__signal_series *s);   // {0} is fine
void hg__signal_series_restart(hg__signal_series *s); // as if nothing had come
int32_t hg__signal_series_bins(const hg__signal_series *s);
// value (lines), NaN: missing.
void hg__signal_series_add(hg__signal_series *s, const float *value, uint8_t flags, double time);
// All of to - from bins of a line as one.
hg__low_high hg__signal_series_of(const hg__signal_series *s, int32_t line, int32_t from,
                                  int32_t to);
uint8_t hg__signal_series_flags(const hg__signal_series *s, int32_t from, int32_t to);
#endif
