// SPDX-License-Identifier: Apache-2.0
// metrics.h - how well scores tell anomalies from normal rows. A higher score is more anomalous; label 1 is an anomaly.
#ifndef HG_DETECT_METRICS_H
#define HG_DETECT_METRICS_H
#include "base/error.h"

typedef struct hg__interval {
    double value, low, high; // low and high: bootstrap percentile interval; NaN where there is none
} hg__interval;

typedef struct hg__metrics {
    int64_t normal, anomalies;
    hg__interval auroc; // ties count half
    hg__interval
        ap; // average precision: sum of precision times step in recall over distinct scores
    hg__interval best_f1; // over all thresholds
    double best_f1_threshold;
    hg__interval precision_at_n; // among the n highest, n = number of anomalies; ties in proportion
    hg__interval
        fpr_at_95_tpr; // smallest false-positive rate at which 95 % of the anomalies are found
    // at `threshold`, strictly score > threshold; Clopper-Pearson 95 %
    hg__interval false_alarm_rate, recall, precision;
} hg__metrics;

// score, label (rows). threshold may be NaN: the last three are NaN then. resamples: bootstrap over rows, stratified by
// label, e.g. 1000 (0: no intervals); level e.g. 0.95. Both labels must occur.
int hg__metrics_of(const float *score, const uint8_t *label, int64_t rows, double threshold,
                   int32_t resamples, double level, uint64_t seed, hg__metrics *m, hg_error *err);
#endif
