// SPDX-License-Identifier: Apache-2.0
// binomial.h - how sure a share is that was counted: Clopper and Pearson's interval.
#ifndef HG_DETECT_BINOMIAL_H
#define HG_DETECT_BINOMIAL_H
#include <stdint.h>

typedef struct hg__interval {
    double value, low, high; // NaN where there is none
} hg__interval;

// The regularised incomplete beta function I_x(a, b); a, b > 0, x in [0, 1]. To about 1e-13, less beyond a + b = 1e6.
double hg__incomplete_beta(double a, double b, double x);

// hits of trials as a share, and the exact interval that covers the true share with probability `level` at least
// (Clopper & Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934).
// NaN throughout for 0 trials.
hg__interval hg__share(int64_t hits, int64_t trials, double level);
#endif
