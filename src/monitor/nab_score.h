// SPDX-License-Identifier: Apache-2.0
// nab_score.h - the score of the Numenta Anomaly Benchmark, of one series or of a corpus under one threshold.
//
// Lavin & Ahmad, "Evaluating real-time anomaly detection algorithms - the Numenta Anomaly Benchmark", ICMLA 2015; the numbers of its
// own code (nab/sweeper.py, commit d62afec, and the normalisation of nab/runner.py). With S(x) = 2 / (1 + e^5x) - 1:
// - in a window of label only the first alarm counts, by tp S(-x) / S(-1) where a share x of the window is left, its own step included;
// - every alarm elsewhere costs fp |S(x)|, x widths behind the last window, and fp in full beyond 3 widths or before the first window;
// - a window without alarm costs fn;
// - the first 15 % of a series, of 5000 steps at most, are probation and count in no way;
// - an alarm at a threshold is a score of it or above, elsewhere in this program one above it; of equally good ones the highest is best.
// What differs: scores need not lie in [0, 1], so the threshold without any alarm is infinite, not 1.1; behind a window of one step,
// where that code divides by zero, alarms cost fp in full; a window that lies in the probation altogether counts in neither the null
// nor the perfect score (the benchmark has none).
#ifndef HG_MONITOR_NAB_SCORE_H
#define HG_MONITOR_NAB_SCORE_H
#include "monitor/scored_series.h"

typedef struct hg__nab_profile {
    const char *key;
    double tp, fp, fn; // weights
} hg__nab_profile;

enum { HG_NAB_STANDARD, HG_NAB_LOW_FP, HG_NAB_LOW_FN, HG_NAB_PROFILES };
extern const hg__nab_profile hg__nab_profiles[HG_NAB_PROFILES];

typedef struct hg__nab_series {
    int64_t steps;
    const float *score;      // (steps) finite
    const hg__event *window; // (windows) ascending, apart from each other, within the series
    int64_t windows;
} hg__nab_series;

typedef struct hg__nab_score {
    double threshold;
    double raw, null, perfect; // sums over the corpus; null: no alarm at all
    double
        value; // 100 (raw - null) / (perfect - null): 0 to 100, below 0 where silence were better; NaN without windows
    int64_t windows, found;
    int64_t hits, false_alarms, misses, quiet; // steps
} hg__nab_score;

// At a threshold that is known. HG_ERR_DATA for scores that are not finite and windows that do not fit.
int hg__nab_score_at(const hg__nab_series *series, int32_t count, const hg__nab_profile *profile,
                     double threshold, hg__nab_score *to, hg_error *err);

// At the one threshold that is best for the whole corpus: the benchmark's figure, an upper bound of what a detector can reach by
// itself, since labels chose it. O(n log n) in the steps of all series.
int hg__nab_score_best(const hg__nab_series *series, int32_t count, const hg__nab_profile *profile,
                       hg__nab_score *to, hg_error *err);
#endif
