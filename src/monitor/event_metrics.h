// SPDX-License-Identifier: Apache-2.0
// event_metrics.h - how well alarms tell anomalies from what is normal: by events, and by steps.
#ifndef HG_MONITOR_EVENT_METRICS_H
#define HG_MONITOR_EVENT_METRICS_H
#include "detect/metrics.h"
#include "monitor/scored_series.h"

// True events are runs of label 1, alarms runs of alarm 1. An event is found where an alarm is on in it, or up to `slack`
// steps behind it and before the next one; an alarm that is on in none of these is false.
typedef struct hg__event_metrics {
    int64_t steps, normal_steps;
    int64_t events, found;
    int64_t alarms, false_alarms;
    double false_alarms_a_million; // 10^6 normal steps
    hg__interval recall;           // found of events: Clopper and Pearson's interval
    hg__interval precision;        // alarms that are not false, of all: as above
    double f1;                     // harmonic mean of both; 0 where no event is found
    // Steps from an event's first to the first with an alarm, over the events found; NaN where none is.
    double delay_min, delay_median, delay_max;
} hg__event_metrics;

// By steps; F1, FAR and MAR as the leaderboard of SKAB defines them (Katser & Kozitsin, "Skoltech Anomaly Benchmark", 2020).
typedef struct hg__step_metrics {
    int64_t hits, false_alarms, misses, quiet; // TP, FP, FN, TN
    double precision;                          // TP / (TP + FP)
    double recall;                             // TP / (TP + FN)
    double f1;                                 // TP / (TP + (FN + FP) / 2)
    double far, mar;                           // %: 100 FP / (FP + TN), 100 FN / (FN + TP)
} hg__step_metrics;

// Both need label and alarm. A rate of what does not occur is NaN. `level` is of the intervals, e.g. 0.95.
int hg__event_metrics_of(const hg__scored_series *s, int64_t slack, double level,
                         hg__event_metrics *m, hg_error *err);
int hg__step_metrics_of(const hg__scored_series *s, hg__step_metrics *m, hg_error *err);

// F1 by steps after every step of an event counts as found where one is (Xu et al., "Unsupervised anomaly detection via
// variational auto-encoder for seasonal KPIs in web applications", WWW 2018). Only to compare with papers that have nothing else: with
// long events even random alarms do well (Kim et al., "Towards a rigorous evaluation of time-series anomaly detection", AAAI 2022).
int hg__point_adjusted_f1(const hg__scored_series *s, double *f1, hg_error *err);
#endif
