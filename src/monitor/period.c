// SPDX-License-Identifier: Apache-2.0
// period.c - autocorrelation by direct sums, and which of its maxima is the period.
//
//   r  1 \                          lag p is the first candidate: the largest within p/4 on either side, well above the valley before it;
//         \    /\        /\         2p is one too, and may be a little higher by chance
//          \__/  \__/\__/  \__
//      0       p         2p
#include "monitor/period.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

enum { MOST_STEPS = 20000, MOST_LAG = 2000, SHARE_OF_STEPS = 3, SHORTEST = 4 };
static const double clip = 3, least = 0.2, enough = 0.6, above_valley = 0.2, of_highest = 0.9;

typedef struct series {
    int32_t n, count; // steps, and how many of them are finite
    int32_t lags;
    double *value;   // (n)
    uint8_t *weight; // (n) 1: finite
    double *r;       // (lags + 1)
} series;

static int series_init(series *s, int32_t n, int32_t lags, hg_error *err) {
    *s = (series){.n = n, .lags = lags};
    s->value = hg__alloc((size_t)n, sizeof *s->value, err);
    s->weight = s->value ? hg__alloc((size_t)n, sizeof *s->weight, err) : NULL;
    s->r = s->weight ? hg__alloc((size_t)lags + 1, sizeof *s->r, err) : NULL;
    return s->r ? HG_OK : HG_ERR_MEMORY;
}

static void series_clear(series *s) {
    hg__free(s->value);
    hg__free(s->weight);
    hg__free(s->r);
}

// ---- autocorrelation ----------------------------------------------------------------------------

// value: x without mean and straight line, 0 where it is not finite.
static void take_out_line(series *s, const float *x) {
    double t_sum = 0, x_sum = 0, tt = 0, tx = 0;
    for (int32_t t = 0; t < s->n; t++) {
        s->weight[t] = isfinite(x[t]) != 0;
        if (!s->weight[t]) continue;
        s->count++;
        t_sum += t;
        x_sum += (double)x[t];
    }
    if (s->count < 2) return;
    const double t_mean = t_sum / s->count, x_mean = x_sum / s->count;
    for (int32_t t = 0; t < s->n; t++) {
        if (!s->weight[t]) continue;
        s->value[t] = (double)x[t] - x_mean;
        tt += (t - t_mean) * (t - t_mean);
        tx += (t - t_mean) * s->value[t];
    }
    for (int32_t t = 0; t < s->n; t++) {
        if (s->weight[t]) s->value[t] -= tx / tt * (t - t_mean);
    }
}

static double largest(const double *value, int32_t n) {
    double most = 0;
    for (int32_t t = 0; t < n; t++) most = fabs(value[t]) > most ? fabs(value[t]) : most;
    return most;
}

static void scale(double *value, int32_t n, int32_t count) {
    const double most =
        largest(value, n); // squares of what is very large or small would not be finite
    if (most == 0) return;
    double squares = 0;
    for (int32_t t = 0; t < n; t++) squares += value[t] / most * (value[t] / most);
    const double deviation = sqrt(squares / count);
    for (int32_t t = 0; t < n; t++) value[t] = value[t] / most / deviation;
}

// Deviation 1, nothing beyond 3 of them: a few spikes do not hide the rest.
static void scale_and_clip(double *value, int32_t n, int32_t count) {
    scale(value, n, count);
    for (int32_t t = 0; t < n; t++) value[t] = fmax(-clip, fmin(clip, value[t]));
    scale(value, n, count);
}

// Four sums side by side: an addition need not wait for the one before.
static double lagged_sum(const double *x, int32_t n, int32_t lag) {
    double sum[4] = {0};
    int32_t t = 0;
    for (; t + 4 <= n - lag; t += 4) {
        for (int32_t i = 0; i < 4; i++) sum[i] += x[t + i] * x[t + i + lag];
    }
    for (; t < n - lag; t++) sum[0] += x[t] * x[t + lag];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static int32_t pairs_at(const uint8_t *weight, int32_t n, int32_t lag) {
    int32_t pairs = 0;
    for (int32_t t = 0; t < n - lag; t++) pairs += weight[t] & weight[t + lag];
    return pairs;
}

static void autocorrelate(series *s) {
    for (int32_t k = 0; k <= s->lags; k++) {
        const int32_t pairs = pairs_at(s->weight, s->n, k);
        s->r[k] = pairs ? lagged_sum(s->value, s->n, k) / pairs : 0;
    }
}

// ---- which maximum ------------------------------------------------------------------------------

// Noise has an r of about 1 / sqrt(n), and what wanders slowly one of about sqrt(k / n) at lag k: that proves nothing.
static double by_chance(int32_t n, int32_t k) {
    return fmax(4 / sqrt(n), 1.5 * sqrt((double)k / n));
}

static bool is_candidate(const series *s, int32_t k, double valley) {
    const double *r = s->r;
    const int32_t beside = k / 4 > 1 ? k / 4 : 1;
    if (r[k] < least || r[k] < fmin(enough, by_chance(s->count, k))) return false;
    if (r[k] < valley + above_valley || k + beside > s->lags) return false;
    for (int32_t i = k - beside; i <= k + beside; i++) {
        if (r[i] > r[k] || (r[i] == r[k] && i < k)) return false;
    }
    return true;
}

// The first candidate of `lowest` at least; 0: none. *highest: the largest r of all candidates.
static int32_t first_candidate(const series *s, double lowest, double *highest) {
    double valley = 1;
    int32_t first = 0;
    *highest = 0;
    for (int32_t k = 1; k <= s->lags; k++) {
        if (k >= SHORTEST && is_candidate(s, k, valley)) {
            if (!first && s->r[k] >= lowest) first = k;
            if (s->r[k] > *highest) *highest = s->r[k];
        }
        if (s->r[k] < valley) valley = s->r[k];
    }
    return first;
}

int32_t hg__find_period(const float *x, int64_t steps, hg_error *err) {
    const int32_t n = (int32_t)(steps < MOST_STEPS ? steps : MOST_STEPS);
    const int32_t lags = n / SHARE_OF_STEPS < MOST_LAG ? n / SHARE_OF_STEPS : MOST_LAG;
    series s;
    int32_t period = series_init(&s, n, lags, err);
    if (period == HG_OK) {
        double highest;
        take_out_line(&s, x);
        scale_and_clip(s.value, n, s.count);
        autocorrelate(&s);
        (void)first_candidate(&s, 0, &highest);
        period = first_candidate(&s, of_highest * highest, &highest);
    }
    series_clear(&s);
    return period;
}

// ---- as TSB-AD ----------------------------------------------------------------------------------

enum { FIRST_LAG = 3, LAST_LAG = 400, DEFAULT_WINDOW = 125, LEAST_PLACE = 3, MOST_PLACE = 300 };

static int32_t highest_maximum(const double *r, int32_t lags) {
    int32_t best = 0;
    for (int32_t k = FIRST_LAG + 1; k < lags; k++) {
        const bool is_maximum = r[k] > r[k - 1] && r[k] > r[k + 1];
        if (is_maximum && (!best || r[k] > r[best])) best = k;
    }
    const int32_t place = best - FIRST_LAG;
    return best && place >= LEAST_PLACE && place <= MOST_PLACE ? best : DEFAULT_WINDOW;
}

int32_t hg__vus_window(const float *x, int64_t steps, hg_error *err) {
    const int32_t n = (int32_t)(steps < MOST_STEPS ? steps : MOST_STEPS);
    const int32_t lags = n - 1 < LAST_LAG ? n - 1 : LAST_LAG;
    if (n < 2) return DEFAULT_WINDOW;
    series s;
    int32_t window = series_init(&s, n, lags, err);
    if (window == HG_OK) {
        double sum = 0;
        for (int32_t t = 0; t < n; t++) sum += (double)x[t];
        for (int32_t t = 0; t < n; t++) s.value[t] = (double)x[t] - sum / n;
        for (int32_t k = 0; k <= lags; k++) s.r[k] = lagged_sum(s.value, n, k);
        window = highest_maximum(s.r, lags);
    }
    series_clear(&s);
    return window;
}
