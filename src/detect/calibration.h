// SPDX-License-Identifier: Apache-2.0
// calibration.h - from scores to alarms: thresholds and p-values from the scores of normal rows held out of training.
//
//   held-out scores, sorted    . .. ....:.::|::. ..   .  |            one more normal row is as likely to fall into
//                              n + 1 gaps between them   |tail ->     any gap as into any other
//
// Rows to be scored are taken as exchangeable with the held-out ones; rows in time and packets often are not. Then
// p = (1 + #{held-out >= s}) / (n + 1) is valid: a normal row has p <= a with probability at most a, for every n
// (Vovk et al., "Algorithmic learning in a random world", 2005), on average over held-out sets. What a threshold taken
// from one set really lets through varies: with n distinct scores and k = floor(fpr (n + 1)) it is Beta(k, n + 1 - k), and
// of m fresh rows the alarms are beta-binomial.
// Below 1 / (n + 1) there is no such guarantee; a tail fitted to the highest held-out scores goes on from there (peaks
// over threshold; Pickands, "Statistical inference using extreme order statistics", 1975), and the result says that it
// is an extrapolation.
#ifndef HG_DETECT_CALIBRATION_H
#define HG_DETECT_CALIBRATION_H
#include <stdint.h>

#include "base/error.h"

// What lies beyond the highest score seen: a generalised Pareto tail over a high score.
//
// Which estimator: probability-weighted moments (Hosking & Wallis, "Parameter and quantile estimation for the generalized
// Pareto distribution", 1987): two sums, and nothing that can fail to converge. How much of the rate it was asked for it lets
// through, at 1 / (10 n), n = 300 to 20 000, mean over draws: exponential scores 0.8 to 1.5, lognormal 1.2 to 3, Pareto with
// exponent 3 1.6 to 4, with exponent 1 3 to 5; normal ones a third and less, bounded ones none, since a shape below 0,
// which would say that no score can lie beyond some point, is taken as 0. An exponential tail alone lets through 5 to 10 times
// the rate of all the heavy ones; the quasi-Bayesian estimate of Zhang and Stephens (2009) does as well but takes a search.
//
// Only + - * / and exact scalings are used, no library's log or exp: the same bits on every machine.

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

// ---- calibration --------------------------------------------------------------------------------

// Of more held-out rows a random million is kept, which is as exchangeable as all of them.
enum { HG_CALIBRATION_MOST = 1000000 };

typedef struct hg__calibration {
    float *score; // owned, (count) ascending: of held-out normal rows
    int64_t count;
    hg__tail tail; // set count to 0 for p-values and thresholds without extrapolation
} hg__calibration;

typedef enum hg__threshold_method {
    HG_THRESHOLD_CONFORMAL,
    HG_THRESHOLD_TAIL
} hg__threshold_method;

typedef struct hg__threshold {
    double value; // alarm where score > value, strictly
    double fpr;   // asked for
    hg__threshold_method method;
    int64_t count; // held-out rows it comes from
    int64_t least; // rows it takes for the guarantee at this rate: ceil(1 / fpr) - 1
} hg__threshold;

// Copies and sorts score (count), every one finite; fits the tail. At least 1 row. The same whatever their order.
int hg__calibration_init(hg__calibration *c, const float *score, int64_t count, hg_error *err);
void hg__calibration_clear(hg__calibration *c); // {0} is fine

// In (0, 1], NaN for NaN. A step function of the score as far as held-out scores go; beyond, the tail's, continuous and
// falling, never above 1 / (count + 1). The same bits on every machine. p <= fpr exactly where the threshold of fpr is
// passed, but for rounding in the last bits.
double hg__calibration_p(const hg__calibration *c, double score);

// The same. *near, 0 at first, is how many held-out scores were at least the one before: where that is so again, as often over time, at once.
double hg__calibration_p_near(const hg__calibration *c, double score, int64_t *near);

// The same, but never below 1 / (10 (count + 1)), which is as far as tails were held against fresh scores (above): where few were held
// out, as of pictures, what lies beyond would be the tail's formula and nothing else.
double hg__calibration_p_bounded(const hg__calibration *c, double score);

// The threshold at which a normal row raises an alarm with probability fpr at most (conformal: guaranteed, by the order
// statistic of rank n + 1 - floor(fpr (n + 1)); tail: estimated, never below the highest held-out score, and that score
// where there is no tail). fpr in (0, 1). Computed afresh from a stored calibration it has the same bits on every machine.
int hg__calibration_threshold(const hg__calibration *c, double fpr, hg__threshold *t,
                              hg_error *err);

// Whether it has the rows for a conformal threshold at this rate.
bool hg__calibration_is_enough(const hg__calibration *c, double fpr);

// One sentence for people: where the threshold comes from and, if it is extrapolated, how many rows would do. what: "rows",
// "pictures" ...
void hg__threshold_describe(const hg__threshold *t, const char *what, char *text, size_t size);

// Benjamini-Hochberg: alarm where p <= it, when p (count), each in [0, 1], are tested together and the share of false alarms
// among all is to be at most fdr in the mean; 0 where none may be above 0. (Benjamini & Hochberg, "Controlling the false
// discovery rate", 1995; that it holds for conformal p-values, which share their held-out rows: Bates et al., "Testing for
// outliers with conformal p-values", 2023.) Negative, a code, on failure.
double hg__fdr_limit(const double *p, int64_t count, double fdr, hg_error *err);

// A false-alarm rate as people say it: so many alarms a day, at so many rows a minute.

// alarms=2/day rate=1000/min: *fpr = 2 / 1440000, the share of normal rows that may raise an alarm. A number, a stroke
// and a time: s, min, h, day, week (or sec, second, minute, hour, d). HG_ERR_USAGE for anything else, and where there
// would be an alarm a row.
int hg__alarms_fpr(const char *alarms, const char *rate, double *fpr, hg_error *err);
#endif
