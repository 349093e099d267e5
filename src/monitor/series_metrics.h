// SPDX-License-Identifier: Apache-2.0
// series_metrics.h - all that is measured of a series' scores and alarms against labels, and how it is written down.
#ifndef HG_MONITOR_SERIES_METRICS_H
#define HG_MONITOR_SERIES_METRICS_H
#include "base/json.h"
#include "base/text.h"
#include "monitor/affiliation.h"
#include "monitor/event_metrics.h"
#include "monitor/nab_score.h"
#include "monitor/vus.h"

typedef struct hg__series_metrics_options {
    int32_t window; // of VUS, in steps (hg__vus_window()); negative: no VUS
    int64_t slack;  // steps behind an event in which an alarm still finds it
    double step;    // seconds between steps; 0: nobody knows, delays are in steps alone
    double level;   // of intervals, e.g. 0.95
    bool has_nab;   // score each series as one of the Numenta Anomaly Benchmark
} hg__series_metrics_options;

typedef struct hg__series_metrics {
    int64_t steps, anomalies; // anomalies: steps with label 1
    // By scores; NaN without both labels, or without scores. No intervals: steps beside each other are not independent.
    double auroc, ap, best_f1, best_f1_threshold;
    hg__vus vus;
    // By alarms; NaN without alarms.
    hg__event_metrics event;
    hg__step_metrics by_step;
    hg__affiliation affiliation;
    hg__nab_score nab[HG_NAB_PROFILES]; // by alarms
    bool has_alarms, has_nab;
    double step; // seconds; 0: nobody knows
} hg__series_metrics;

// Needs label, and score or alarm. What cannot be had is NaN. HG_ERR_DATA as hg__scored_series_check(), HG_ERR_MEMORY.
int hg__series_metrics_of(const hg__scored_series *s, const hg__series_metrics_options *o,
                          hg__series_metrics *m, hg_error *err);

// The i-th of the figures by its title, in the order of lines; x: NaN where this series has none. False: there are no more.
bool hg__series_metrics_at(const hg__series_metrics *m, size_t i, const char **title,
                           hg__interval *x);
// A line a figure, and the fields of an object that is open; what is NaN is left out.
void hg__series_metrics_add_lines(hg__text *t, const hg__series_metrics *m);
void hg__series_metrics_add_json(hg__json_writer *w, const hg__series_metrics *m);
#endif
