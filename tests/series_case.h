// SPDX-License-Identifier: Apache-2.0
// series_case.h - drawn series with labels for the tests of their metrics: the same in C and in a few lines of Python.
//
//   x = 1
//   for t in range(T):
//       x = (x * 1103515245 + 12345) % 2**31
//       score[t] = (x >> 8) / 2**23 + 0.5 * label[t]     # levels: floor(score * levels) / levels
#ifndef HG_TESTS_SERIES_CASE_H
#define HG_TESTS_SERIES_CASE_H
#include <math.h>
#include <string.h>

#include "monitor/scored_series.h"

enum { SERIES_MOST = 12000 };

typedef struct series_case {
    float score[SERIES_MOST];
    uint8_t label[SERIES_MOST], alarm[SERIES_MOST], begins[SERIES_MOST];
} series_case;

static inline void mark_events(uint8_t *mark, int64_t steps, const hg__event *event, int count) {
    memset(mark, 0, (size_t)steps);
    for (int i = 0; i < count; i++) {
        for (int64_t t = event[i].first; t <= event[i].last; t++) mark[t] = 1;
    }
}

// levels: a power of two, or 0 for as many as there are. An alarm is a score above 0.9. One series.
static inline hg__scored_series draw_series(series_case *c, int64_t steps, const hg__event *event,
                                            int count, int levels) {
    uint32_t x = 1;
    mark_events(c->label, steps, event, count);
    for (int64_t t = 0; t < steps; t++) {
        x = (x * 1103515245U + 12345U) & 0x7fffffffU;
        const float score = (float)(x >> 8) / 8388608.0F + 0.5F * (float)c->label[t];
        c->score[t] = levels ? floorf(score * (float)levels) / (float)levels : score;
        c->alarm[t] = (double)c->score[t] > 0.9;
        c->begins[t] = t == 0;
    }
    return (hg__scored_series){steps, c->score, c->label, c->alarm, c->begins};
}
#endif
