// SPDX-License-Identifier: Apache-2.0
// tail.h - what lies beyond the highest score seen: a generalised Pareto tail over a high score.
//
// Which estimator: probability-weighted moments (Hosking & Wallis, "Parameter and quantile estimation for the generalized
// Pareto distribution", 1987): two sums, and nothing that can fail to converge. How much of the rate it was asked for it lets
// through, at 1 / (10 n), n = 300 to 20 000, mean over draws: exponential scores 0.8 to 1.5, lognormal 1.2 to 3, Pareto with
// exponent 3 1.6 to 4, with exponent 1 3 to 5; normal ones a third and less, bounded ones none, since a shape below 0,
// which would say that no score can lie beyond some point, is taken as 0. An exponential tail alone lets through 5 to 10 times
// the rate of all the heavy ones; the quasi-Bayesian estimate of Zhang and Stephens (2009) does as well but takes a search.
//
// Only + - * / and exact scalings are used, no library's log or exp: the same bits on every machine.
#ifndef HG_DETECT_TAIL_H
#define HG_DETECT_TAIL_H
#include <stdint.h>

// P(score > x) = rate (1 + shape (x - start) / scale)^(-1 / shape) for x > start; rate exp(-(x - start) / scale) for shape 0.
typedef struct hg__tail {
    double start, shape, scale, rate;
    int32_t count; // scores above start that it was fitted to; 0: there is no tail
} hg__tail;

enum {
    HG_TAIL_MOST =
        2000, // peaks: a fiftieth of the scores, but 20 (or a quarter) at least and this at most
    HG_TAIL_EXPONENTIAL = 10 // with fewer peaks than this the shape is 0
};

// score (count) ascending. No tail for fewer than 4 scores, nor where the highest are all equal.
hg__tail hg__tail_fit(const float *score, int64_t count);

// Above 0. For score > start.
double hg__tail_p(const hg__tail *t, double score);

// The score that is passed with probability p, 0 < p < rate.
double hg__tail_quantile(const hg__tail *t, double p);
#endif
