// SPDX-License-Identifier: Apache-2.0
// paired.h - errors of several models on the same rows, over several seeds: means, intervals, and whether a difference means anything.
//
// A mean over n seeds of R rows each varies for two reasons: other weights (A, the spread between the seeds' means over n) and other rows
// (B, the spread between rows over their number). Its standard error is sqrt(A + B), Student's t has the degrees of freedom of Welch and
// Satterthwaite ("An approximate distribution of estimates of variance components", 1946). Differences are taken row by row first, so that
// what makes a row hard for all models is no part of them. Where every seed has other rows, A has some of B in it: intervals are wide rather
// than narrow. Of one seed A is not known, and left out.
#ifndef HG_JOBS_PAIRED_H
#define HG_JOBS_PAIRED_H
#include "base/error.h"

typedef struct hg__paired {
    int32_t models, seeds; // seeds added so far
    int64_t rows;          // of each seed
    bool has_same_rows;    // in every seed
    double *mean;          // owned, (seeds there will be, models)
    double *
        spread; // owned, (models, models): sums over seeds of the variance between rows of a difference, or of a model itself
    double *sum; // owned, (models, rows): over seeds; NULL where rows are not the same
} hg__paired;

// 0 and infinities: of nothing.
typedef struct hg__estimate {
    double mean, low,
        high; // the interval has 95 %; low, high NaN where nothing is known of the spread
    double p; // two-sided, of the mean being 0; NaN likewise
} hg__estimate;

int hg__paired_init(hg__paired *p, int32_t models, int32_t seeds, int64_t rows, bool has_same_rows,
                    hg_error *err);
void hg__paired_clear(hg__paired *p); // {0} is fine
// error (models, rows) of the next seed; NaN throughout a model's: not known of this seed, and then of all.
void hg__paired_add(hg__paired *p, const double *error);

hg__estimate hg__paired_mean(const hg__paired *p, int32_t model);
// Of model a's error minus model b's.
hg__estimate hg__paired_difference(const hg__paired *p, int32_t a, int32_t b);

// p (count) becomes what Holm's step-down procedure makes of it ("A simple sequentially rejective multiple test procedure", 1979): the family of
// tests errs with probability x at most if those below x are taken for true. NaN stays, and does not count. order (count): room.
void hg__holm(double *p, int32_t *order, int32_t count);

// The probability that Student's t with df > 0 degrees of freedom is farther from 0 than t; relative error below 1e-9.
double hg__student_beyond(double t, double df);
// The t that is exceeded, on both sides, with probability p in (0, 1).
double hg__student_limit(double p, double df);
#endif
