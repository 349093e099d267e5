// SPDX-License-Identifier: Apache-2.0
// scored_series.h - what was said of a series, step by step, beside what is true; its events.
#ifndef HG_MONITOR_SCORED_SERIES_H
#define HG_MONITOR_SCORED_SERIES_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

// Several series (files) may lie one behind another: nothing that has a length in time crosses from one to the next.
typedef struct hg__scored_series {
    int64_t steps;
    const float
        *score; // (steps) finite, higher is more anomalous; NULL where only alarms are known
    const uint8_t *label;  // (steps) 1: an anomaly, else 0
    const uint8_t *alarm;  // (steps) 1: an alarm, else 0; NULL where only scores are known
    const uint8_t *begins; // (steps) 1: what came before is not its past; NULL: one series
} hg__scored_series;

// HG_ERR_DATA for a score that is not finite, a label or an alarm that is neither 0 nor 1.
int hg__scored_series_check(const hg__scored_series *s, hg_error *err);

// An event is a run of steps of one series that are marked: [first, last].
typedef struct hg__event {
    int64_t first, last;
} hg__event;

// The first event of mark (steps) at or behind step `from`; false where none is left.
bool hg__event_next(const hg__scored_series *s, const uint8_t *mark, int64_t from, hg__event *to);

typedef struct hg__events {
    int64_t count;
    hg__event *at; // owned (count)
} hg__events;

int hg__events_init(hg__events *e, const hg__scored_series *s, const uint8_t *mark, hg_error *err);
void hg__events_clear(hg__events *e); // {0} is fine

// The step behind the last of the series that has step `at`.
int64_t hg__series_end(const hg__scored_series *s, int64_t at);
#endif
