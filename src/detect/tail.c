// SPDX-License-Identifier: Apache-2.0
// tail.c - a generalised Pareto tail by probability-weighted moments, and its own logarithm and exponential.
#include <float.h>
#include <math.h>

#include "detect/calibration.h"

static const double least_shape =
    1e-4; // below, the formula loses digits and is exponential all the same
static const double ln2_high = 0x1.62e42feep-1,
                    ln2_low = 0x1.a39ef35793c76p-33; // their sum is ln 2

// x > 0. x = m 2^e with m near 1; log m = 2 (s + s^3 / 3 + s^5 / 5 ...) with s = (m - 1) / (m + 1), |s| < 0.172.
static double log_of(double x) {
    int e;
    double m = frexp(x, &e);
    if (m < 0.70710678118654752) m *= 2, e--;
    const double s = (m - 1) / (m + 1), z = s * s;
    double sum = 0;
    for (int k = 21; k >= 1; k -= 2) sum = sum * z + 1.0 / k;
    return (double)e * ln2_high + ((double)e * ln2_low + 2 * s * sum);
}

// x = k ln 2 + r with |r| < 0.35; Taylor's series of r to the 14th power. At most DBL_MAX, at least 0.
static double exp_of(double x) {
    if (x < -745) return 0;
    if (x > 709) return DBL_MAX;
    const double k = floor(x / (ln2_high + ln2_low) + 0.5), r = (x - k * ln2_high) - k * ln2_low;
    double sum = 1;
    for (int i = 14; i >= 1; i--) sum = 1 + sum * r / i;
    return ldexp(sum, (int)k);
}

double hg__tail_p(const hg__tail *t, double score) {
    const double y = (score - t->start) / t->scale, base = 1 + t->shape * y;
    if (!isfinite(base)) return DBL_MIN;
    const double decay = t->shape > 0 ? log_of(base) / t->shape : y;
    const double p = t->rate * exp_of(-decay);
    return p > DBL_MIN ? p : DBL_MIN;
}

double hg__tail_quantile(const hg__tail *t, double p) {
    const double decay = log_of(t->rate / p);
    const double y = t->shape > 0 ? (exp_of(t->shape * decay) - 1) / t->shape : decay;
    const double score = t->start + t->scale * y;
    return score < DBL_MAX ? score : DBL_MAX;
}

// Scores above start among the highest `peaks`; start is the one below them, so ties with it do not count.
static int64_t find_start(const float *score, int64_t count, int64_t peaks, double *start) {
    int64_t first = count - peaks;
    *start = (double)score[first - 1];
    while (first < count && score[first] == score[first - 1]) first++;
    return count - first;
}

hg__tail hg__tail_fit(const float *score, int64_t count) {
    int64_t peaks = count / 50, least = count / 4 < 20 ? count / 4 : 20;
    if (peaks < least) peaks = least;
    if (peaks > HG_TAIL_MOST) peaks = HG_TAIL_MOST;
    if (peaks < 1) return (hg__tail){0};
    double start;
    const int64_t n = find_start(score, count, peaks, &start);
    if (n < 1) return (hg__tail){0};
    // The mean of y = score - start, and that of y weighted with the share of peaks above it.
    double mean = 0, weighted = 0;
    for (int64_t i = 0; i < n; i++) {
        const double y = ((double)score[count - n + i] - start) / (double)n;
        const double below = ((double)i + 0.65) / (double)n;
        mean += y;
        weighted += y * (1 - below);
    }
    // The chance that one more score is above start, on average over all samples: as in the conformal p-value.
    hg__tail t = {start, 0, mean, ((double)n + 1) / ((double)count + 1), (int32_t)n};
    const double shape = 2 - mean / (mean - 2 * weighted);
    if (n >= HG_TAIL_EXPONENTIAL && shape > least_shape) {
        t.shape = shape;
        t.scale = 2 * mean * weighted / (mean - 2 * weighted);
    }
    return t;
}
