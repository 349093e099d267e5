// SPDX-License-Identifier: Apache-2.0
// calibration.h - from scores to alarms: thresholds and p-values from the scores of normal rows held out of training.
//
// Rows to be scored are taken as exchangeable with the held-out ones. Then p = (1 + #{held-out >= s}) / (n + 1) is valid: a
// normal row has p <= a with probability at most a, for every n (Vovk et al., "Algorithmic learning in a random world", 2005).
// Below 1 / (n + 1) there is no such guarantee; a generalised Pareto tail over the highest held-out scores goes on from
// there (peaks over threshold; Grimshaw's fit, as in Siffer et al., "Anomaly detection in streams with extreme value
// theory", 2017), and the result says that it is an extrapolation.
#ifndef HG_DETECT_CALIBRATION_H
#define HG_DETECT_CALIBRATION_H
#include "base/error.h"

typedef struct
    hg__tail { // P(score > x) = rate * (1 + shape (x - start) / scale)^(-1 / shape), for x > start
    double start, shape, scale, rate;
    int32_t count; // peaks it was fitted to; 0: there is no tail
} hg__tail;

typedef struct hg__calibration {
    float *score; // owned, (count) ascending: of held-out normal rows
    int64_t count;
    hg__tail tail;
} hg__calibration;

typedef enum hg__threshold_method {
    HG_THRESHOLD_CONFORMAL,
    HG_THRESHOLD_TAIL
} hg__threshold_method;

typedef struct hg__threshold {
    double value; // alarm where score > value, strictly
    double fpr;   // asked for
    hg__threshold_method method;
    int64_t least; // rows it takes for the guarantee at this rate: ceil(1 / fpr) - 1
} hg__threshold;

// Copies and sorts score (count), every one finite; fits the tail. At least 1 row.
int hg__calibration_init(hg__calibration *c, const float *score, int64_t count, hg_error *err);
void hg__calibration_clear(hg__calibration *c); // {0} is fine

// In (0, 1]. Where the held-out scores end, the tail's, never above 1 / (count + 1).
double hg__calibration_p(const hg__calibration *c, double score);

// The threshold at which a normal row raises an alarm with probability fpr at most (conformal: guaranteed, by the order
// statistic of rank ceil((count + 1) (1 - fpr)); tail: estimated). fpr in (0, 1).
int hg__calibration_threshold(const hg__calibration *c, double fpr, hg__threshold *t,
                              hg_error *err);

// Benjamini-Hochberg: the largest p that may raise an alarm when p (count) are tested together and the share of false ones
// among the alarms is to be at most fdr in the mean; 0 if none may. (Benjamini & Hochberg, 1995.)
double hg__fdr_limit(const double *p, int64_t count, double fdr,
                     hg_error *err); // negative: out of memory
#endif
