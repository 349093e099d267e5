// SPDX-License-Identifier: Apache-2.0
// samples.h - a recording held: every step of every channel, in memory or on disk, as what windows are cut from.
#ifndef HG_SIGNAL_SAMPLES_H
#define HG_SIGNAL_SAMPLES_H
#include "array/data.h"
#include "signal/recording.h"

typedef struct hg__samples {
    hg__data data; // owned: (steps, channels) floats, NaN where one is missing
    int64_t steps;
    int32_t channels;
    // owned, (stretches + 1): the first step of each stretch that has no gap too long to bridge; the last is `steps`
    int64_t *first;
    int64_t stretches;
    int64_t missing;  // values
    int64_t labelled; // steps that label= calls anomalies: all of their values are missing here
} hg__samples;

// Reads r from its first step to its end: the channels pick (channels), or all where it is NULL. Up to `memory` bytes are held; more live
// in a temporary file. s is cleared on failure.
int hg__samples_load(hg__samples *s, hg__recording *r, const int32_t *pick, int32_t channels,
                     size_t memory, hg_error *err);
void hg__samples_clear(hg__samples *s); // {0} is fine

// to (count, channels): steps first .. first + count - 1. May fail only where they live on disk. Thread-safe, allocates nothing.
int hg__samples_read(const hg__samples *s, int64_t first, int64_t count, float *to, hg_error *err);
#endif
