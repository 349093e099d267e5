// SPDX-License-Identifier: Apache-2.0
// vus.h - volume under the surface, and range-AUC: ROC and precision-recall where an alarm near an event counts in part.
//
// Paparrizos et al., "Volume under the surface: a new accuracy evaluation measure for time-series anomaly detection", VLDB 2022. The
// same numbers as RangeAUC_volume_opt() of TSB-AD 1.5, the benchmark that publishes them, so that figures can be compared. Of that come
// - 250 thresholds, at evenly spaced ranks of the sorted scores: with more steps than that the curves are coarse, and a perfect
//   order of the steps may come out a little below 1;
// - the ramp beside an event that falls from 1 to sqrt(1/2) over half a window, then to 0 at once;
// - the number of positives, which grows with the threshold: P + B / 2 of P labelled steps and a weight B of ramps under alarms;
// - the share of events found, by which recall is multiplied; events whose ramps touch are one;
// - precision summed as steps (average precision), the area under ROC by trapezoids.
// One thing differs: nothing crosses from one series to the next (`begins`), of which that function knows nothing.
#ifndef HG_MONITOR_VUS_H
#define HG_MONITOR_VUS_H
#include "monitor/scored_series.h"

typedef struct hg__vus {
    int32_t window;                         // the longest, in steps
    double roc, pr;                         // means over windows of 0, 1 .. `window`
    double range_auc_roc, range_auc_pr;     // at `window` alone
    double range_auc_roc_0, range_auc_pr_0; // at window 0: no ramps
} hg__vus;

// Needs score and label. NaN where there are only anomalies or only normal steps. window: 0 at least; hg__vus_window() in
// monitor/period.h finds what TSB-AD takes. O(steps log steps + window * (steps near events + 250)).
int hg__vus_of(const hg__scored_series *s, int32_t window, hg__vus *to, hg_error *err);
#endif
