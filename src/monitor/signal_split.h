// SPDX-License-Identifier: Apache-2.0
// signal_split.h - which of a recording's windows are learned and which are held out: by blocks of time, for neighbouring windows share most of
// their steps.
//
//   time   | 4 | 3 | 2 | 1 | 0 | 4 | 3 | 2 | 1 | 0 |      each block of a stretch has a fold; fold 0 is held out of the network's training
//
// What is fitted in no time is fitted once for each fold, without it, so that all of a short recording says what is usual.
#ifndef HG_MONITOR_SIGNAL_SPLIT_H
#define HG_MONITOR_SIGNAL_SPLIT_H
#include "monitor/signal.h"

typedef struct hg__time_block {
    int64_t first, end; // steps first .. end - 1, without a gap
    int32_t fold;
    bool begins; // it is the first of a stretch
} hg__time_block;

typedef struct hg__time_list {
    hg__time_block *block; // owned, (count)
    int64_t count;
} hg__time_list;

typedef struct hg__signal_split {
    int32_t folds;         // 0: nothing is held out
    hg__time_list blocks;  // all of them
    hg__time_list learned; // those of the network, joined where they touch
    int64_t *start;        // owned, (trained + held): windows that are learned, then those held out
    int64_t trained, held;
} hg__signal_split;

enum { HG_NO_FOLD = -1 };

// About `share` of s is held out; where s is too short for that nothing is. At most `most` windows are learned. p is cleared on
// failure.
int hg__signal_split_init(hg__signal_split *p, const hg__samples *s, const hg__signal *d,
                          double share, int64_t most, hg_error *err);
void hg__signal_split_clear(hg__signal_split *p); // {0} is fine

// The blocks of a fold, or (is_of false) all others joined where they touch; of HG_NO_FOLD all. l is cleared on failure, and hg__free() takes
// its blocks.
int hg__signal_split_list(const hg__signal_split *p, int32_t fold, bool is_of, hg__time_list *l,
                          hg_error *err);
#endif
