// SPDX-License-Identifier: Apache-2.0
// signal_chart.h - a recording that was judged, as sections of a page: scores and channels over time, and events from near.
#ifndef HG_REPORT_SIGNAL_CHART_H
#define HG_REPORT_SIGNAL_CHART_H
#include "report/page.h"
#include "report/signal_series.h"

// Lines of its series: the score that alarms are of, the score by all windows, the threshold, and of each channel what was
// observed and what was expected.
enum { HG_SIGNAL_NOW, HG_SIGNAL_ALL, HG_SIGNAL_LIMIT, HG_SIGNAL_CHANNELS, HG_SIGNAL_OVERVIEW = 8 };

enum { HG_SIGNAL_CAUSES = 4, HG_SIGNAL_TIME = 40 };

typedef struct hg__signal_cause {
    int32_t channel;          // that is looked at
    double share;             // of the event's errors
    float observed, expected; // where the score was highest; NaN: missing
} hg__signal_cause;

typedef struct hg__signal_event {
    int64_t number, steps;                            // from 1; in alarm
    char first[HG_SIGNAL_TIME], last[HG_SIGNAL_TIME]; // when, or the row's number
    double peak, p;                                   // the highest score; the least p-value
    hg__signal_cause cause[HG_SIGNAL_CAUSES];
    int32_t causes;
    const hg__signal_series *near; // borrowed: steps around it; NULL: none are kept
} hg__signal_event;

// All borrowed.
typedef struct hg__signal_shown {
    const hg__signal_series *series;
    const char *const *name; // (channels)
    int32_t channels;
    int32_t overview[HG_SIGNAL_OVERVIEW]; // channels that are drawn
    int32_t overviews;
    int64_t missing, stretches, alarms, events;
    double threshold, drift;     // NaN: there are no alarms
    const char *threshold_words; // ""
    bool is_date, has_time, has_labels;
    const hg__signal_event *event; // (shown): those with the highest peaks, in the order of time
    int32_t shown;
} hg__signal_shown;

void hg__signal_chart_add(hg__page *p, const hg__signal_shown *s);
#endif
