// SPDX-License-Identifier: Apache-2.0
// damped.h - statistics that forget: weight, mean and deviation of values under windows that fade, and what two directions of a
// channel have in common.
//
// After Y. Mirsky, T. Doitshman, Y. Elovici, A. Shabtai, "Kitsune: An Ensemble of Autoencoders for Online Network Intrusion
// Detection", NDSS 2018: what is dt seconds old counts 2^(-lambda dt), for five lambdas at once: half after 0.2, 0.33, 1, 10 and
// 100 s. Where they keep sums of values and of squares, we keep mean and variance, which are the same in exact arithmetic, lose no
// digits to cancellation and need no fading.
//
// Lanes: one a lambda, and one for nothing, so that vectors of two come out even. Only + - * /, sqrt and comparisons: the same bits
// everywhere.
#ifndef HG_TRAFFIC_DAMPED_H
#define HG_TRAFFIC_DAMPED_H
#include <stdint.h>

enum { HG_DAMPED_WINDOWS = 5, HG_DAMPED_LANES = 6 };

// A number for each lambda. (lanes)
typedef double hg__two_lanes __attribute__((vector_size(16)));
typedef union hg__lanes {
    double at[HG_DAMPED_LANES];
    hg__two_lanes two[HG_DAMPED_LANES / 2];
} hg__lanes;

// Per second: 5, 3, 1, 0.1, 0.01, and 0 for the lane that is not used.
extern const hg__lanes hg__damped_lambda;

// 2^(-lambda seconds) for seconds of 0 at least: exactly 1 for 0, relative error below 3e-16; 0 beyond 500 half-lives.
void hg__damped_factors(double seconds, hg__lanes *factor);

// Seconds from `before` to `now` (ns); 0 where the clock went back. No overflow, whatever the times.
double hg__seconds_between(int64_t before, int64_t now);

// All zero: nothing was seen.
typedef struct hg__damped {
    hg__lanes weight; // how many values, faded
    hg__lanes mean;
    hg__lanes variance; // around the mean
} hg__damped;

// Fades what is there, then counts the value.
void hg__damped_add(hg__damped *d, const hg__lanes *factor, double value);
void hg__damped_fade(hg__damped *d, const hg__lanes *factor);
// Weight, mean and standard deviation of each window, in the order of lambdas; 0 where nothing was seen. out (5, 3).
void hg__damped_read(const hg__damped *d, float *out);

// Both directions of a channel. All zero: nothing was seen.
typedef struct hg__damped_pair {
    hg__damped side[2];
    hg__lanes rest[2]; // what is left of each side's last value without the mean
    hg__lanes product; // sum of each value's rest times the other side's last, faded
} hg__damped_pair;

// Fades both sides, then counts the value of one: side 0 or 1.
void hg__damped_pair_add(hg__damped_pair *d, int side, const hg__lanes *factor, double value);
// Of each window, seen from a side: weight, mean and standard deviation of that side, then of both together
//   radius       sqrt(variance^2 + variance^2)
//   magnitude    sqrt(mean^2 + mean^2)
//   covariance   product / (weight + weight): approximate, as values of two sides come at different times
//   correlation  covariance / (deviation deviation), within -1 and 1; 0 where a side's values are all the same (to 1e-6)
// out (5, 7).
void hg__damped_pair_read(const hg__damped_pair *d, int side, float *out);
#endif
