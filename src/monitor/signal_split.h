// SPDX-License-Identifier: Apache-2.0
// signal_split.h - which of a recording's windows are learned and which are held out: by blocks of time, for neighbouring windows share most of
// their steps.
//
//   time  |  learned  |  learned  |  learned  |  learned  | held out |  learned  | ...      each stretch ends with a block held out
#ifndef HG_MONITOR_SIGNAL_SPLIT_H
#define HG_MONITOR_SIGNAL_SPLIT_H
#include "monitor/signal.h"

typedef struct hg__time_block {
    int64_t first, end; // steps first .. end - 1
} hg__time_block;

typedef struct hg__time_list {
    hg__time_block *block; // owned, (count)
    int64_t count;
} hg__time_list;

typedef struct hg__signal_split {
    int64_t *start; // owned, (trained + held): windows that are learned, then those held out
    int64_t trained, held;
    hg__time_list learned, out; // blocks of time, each without a gap: what is learned, what is held out
} hg__signal_split;

// About `share` of s is held out; where s is too short for that nothing is. At most `most` windows are learned. s is cleared on
// failure.
int hg__signal_split_init(hg__signal_split *p, const hg__samples *s, const hg__signal *d,
                          double share, int64_t most, hg_error *err);
void hg__signal_split_clear(hg__signal_split *p); // {0} is fine
#endif
