// SPDX-License-Identifier: Apache-2.0
// metrics.h - how well scores tell anomalies from normal rows. A higher score is more anomalous; label 1 is an anomaly.
#ifndef HG_DETECT_METRICS_H
#define HG_DETECT_METRICS_H
#include <stdint.h>

#include "base/error.h"

// How sure a share is that was counted: Clopper and Pearson's interval.

typedef struct hg__interval {
    double value, low, high; // NaN where there is none
} hg__interval;

// The regularised incomplete beta function I_x(a, b); a, b > 0, x in [0, 1]. To about 1e-13, less beyond a + b = 1e6.
double hg__incomplete_beta(double a, double b, double x);

// hits of trials as a share, and the exact interval that covers the true share with probability `level` at least
// (Clopper & Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934).
// NaN throughout for 0 trials.
hg__interval hg__proportion(int64_t hits, int64_t trials, double level);

// low and high of what resamples gave, value (n), which is sorted: as much is left out at either end as `level` leaves (percentiles;
// Efron & Tibshirani, "An introduction to the bootstrap", 1993). NaN and infinities do not count; false, and `to` as it was, where they
// are half or more.
bool hg__percentile_interval(double *value, int32_t n, double level, hg__interval *to);

typedef struct hg__metrics {
    int64_t normal, anomalies;
    hg__interval auroc; // ties count half
    // Average precision: the sum over distinct scores of precision times the step in recall.
    hg__interval ap;
    hg__interval best_f1; // over all thresholds
    // Alarm where score > it: halfway between two neighbouring distinct scores; below the lowest where all are alarms.
    // Of equally good ones the highest.
    double best_f1_threshold;
    hg__interval precision_at_n; // among the n highest, n = number of anomalies; ties in proportion
    // smallest false-alarm rate at which 95 % of the anomalies are found
    hg__interval fpr_at_95_tpr;
    int32_t resamples; // that the intervals above were made from
    // At `threshold`: alarm where score > threshold, strictly. NaN where nothing can be counted: a rate of rows that do
    // not occur, the precision of no alarms.
    hg__interval false_alarm_rate, recall, precision;
} hg__metrics;

typedef struct hg__metrics_options {
    double threshold;  // NaN: none
    double level;      // of the intervals, e.g. 0.95
    int32_t resamples; // e.g. 1000; 0: no intervals by bootstrap
    uint64_t seed;
} hg__metrics_options;

// score, label (rows): finite, 0 or 1; both labels must occur, at most 2^31 - 1 rows. Intervals by bootstrap over rows,
// stratified by label, percentiles. Many rows get fewer
// resamples: as many as make 1e8 rows in all, 200 at the least. The last three have Clopper and Pearson's intervals.
// The same values whatever the order of the rows.
int hg__metrics_of(const float *score, const uint8_t *label, int64_t rows,
                   const hg__metrics_options *o, hg__metrics *m, hg_error *err);

// Only normal, anomalies and the last three, at o->threshold and o->level; the rest NaN. One label is enough.
int hg__metrics_at(const float *score, const uint8_t *label, int64_t rows,
                   const hg__metrics_options *o, hg__metrics *m, hg_error *err);
#endif
