// SPDX-License-Identifier: Apache-2.0
// traffic_series.h - packets over time in so many bins at most, however long they go on: when there are too many, two become one.
#ifndef HG_REPORT_TRAFFIC_SERIES_H
#define HG_REPORT_TRAFFIC_SERIES_H
#include <stdbool.h>

#include "base/error.h"

enum { HG_SERIES_BINS = 256, HG_SERIES_LEVELS = 256 };

typedef struct hg__series_bin {
    uint64_t packets, alarms, attacks;
    float highest; // score
} hg__series_bin;

typedef struct hg__series {
    int64_t start, step; // ns since 1970; ns a bin
    int32_t bins;        // from the first packet's to the last one's; some may be empty
    hg__series_bin *bin; // owned, (HG_SERIES_BINS)
    uint32_t *level;     // owned, (HG_SERIES_BINS, HG_SERIES_LEVELS): packets by their scores
    int64_t last;        // time of the packet before
    uint64_t counted;
    uint64_t
        left_out; // whose time lies a month or more from that of the others: a clock that was wrong
    uint32_t more; // of them than of the others, lately
} hg__series;

int hg__series_init(hg__series *s, hg_error *err);
void hg__series_clear(hg__series *s); // {0} is fine
// score: 0 or above.
void hg__series_add(hg__series *s, int64_t time, float score, bool is_alarm, bool is_attack);
// Of a bin's scores, to an eighth of an octave; never above the highest. 0 where it has none.
float hg__series_median(const hg__series *s, int32_t bin);
#endif
