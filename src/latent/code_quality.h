// SPDX-License-Identifier: Apache-2.0
// code_quality.h - what codes of rows are worth: what they give back, who is near whom, what of the classes they know, how much of their room they
// use.
#ifndef HG_LATENT_CODE_QUALITY_H
#define HG_LATENT_CODE_QUALITY_H
#include "backend/pool.h"
#include "base/json.h"
#include "base/text.h"

enum {
    HG_QUALITY_ROWS = 10000,  // rows that are looked at: fewer of wide ones, hg__quality_rows()
    HG_QUALITY_PLACED = 2000, // of them those that are held against each other
    HG_QUALITY_CLASSES = 1000,
    HG_QUALITY_NEIGHBOURS = 12, // of trustworthiness and continuity
    HG_QUALITY_VOTES = 5        // of the k-NN accuracy
};

// Rows and their codes. Arrays are borrowed; x and z are readable a vector beyond their ends (hg__numbers()).
typedef struct hg__code_rows {
    int32_t rows;        // drawn, so that any of them stand for all
    int32_t width, code; // numbers a row, numbers a code
    const float *x;      // (rows, width)
    const float *y;      // (rows, width): what came back; NULL: not known
    const float *z;      // (rows, code)
    // (rows): the class of each, from 0, below HG_QUALITY_CLASSES; negative: none. NULL: no classes are known
    const int32_t *label;
    uint64_t seed; // of what is drawn: who is placed, who is learned from
} hg__code_rows;

// NaN, or 0 rows, for what does not apply.
typedef struct hg__code_quality {
    int32_t rows; // that were looked at
    double mse;   // mean squared error of a number of a row
    double
        explained_variance; // 1 - mse / variance, both of all numbers, each about its column's mean
    int32_t code;
    // Participation ratio of the eigenvalues of the codes' covariance, (sum)^2 / sum of squares: 1 .. code (Gao et al., "A theory
    // of multineuronal dimensionality, dynamics and measurement", 2017).
    double effective_dimension;
    double active_units; // numbers of the code whose variance is above 0.01 (Burda et al. 2016)
    int32_t placed;      // rows held against each other in input and code
    // Of the HG_QUALITY_NEIGHBOURS nearest in the code, how few were far in the input, and the other way round: 1 is best
    // (Venna & Kaski, "Neighborhood preservation in nonlinear projection methods", 2001).
    double trustworthiness, continuity;
    int32_t classes, tested; // classes that were learned; rows that were not
    double knn_accuracy;     // of the vote of the HG_QUALITY_VOTES nearest learned codes
    double probe_accuracy;   // of multinomial logistic regression on standardised codes
} hg__code_quality;

// How many rows of that width are worth looking at and stay within 64 MiB: 2 at least.
int32_t hg__quality_rows(int32_t width, int64_t rows);

// Fails only for want of memory. The same bits for any pool; NULL is the caller's thread.
int hg__code_quality_of(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q, hg_error *err);

hg__code_quality hg__code_quality_unset(void);

// As fields of a JSON object, and as lines "name  value", names in so many places; what does not apply is left out.
void hg__code_quality_add_json(hg__json_writer *w, const hg__code_quality *q);
void hg__code_quality_add_lines(hg__text *t, const hg__code_quality *q, int places);

// ---- its parts ----------------------------------------------------------------------------------

// Variance of rows that come once, one after the other.
typedef struct hg__row_spread {
    int32_t width;
    int64_t rows;
    double *mean;   // owned, (width)
    double squares; // sum of squared distances from the mean
} hg__row_spread;

int hg__row_spread_init(hg__row_spread *s, int32_t width, hg_error *err);
void hg__row_spread_clear(hg__row_spread *s); // {0} is fine
void hg__row_spread_add(hg__row_spread *s, const float *x);
// 1 - squared error (summed over all rows) / squares; NaN where rows do not vary.
double hg__explained_variance(const hg__row_spread *s, double squared_error);

// hg__pool_run(), or one after the other where pool is NULL.
void hg__run_tasks(hg__pool *pool, hg__task *task, void *context, int32_t count);

// Each sets its own fields of q, where they apply.
int hg__code_spread(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q, hg_error *err);
int hg__code_places(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q, hg_error *err);
int hg__code_classes(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q, hg_error *err);

// Codes that are learned from and codes that are asked about. z: readable a vector beyond.
typedef struct hg__code_half {
    int32_t rows, code;
    float *z;       // owned, (rows, code)
    int32_t *label; // owned, (rows)
} hg__code_half;

// Of each row of `test` the class that the others vote for; of equals that of the nearest. Gives the share that is right.
int hg__knn_accuracy(const hg__code_half *train, const hg__code_half *test, hg__pool *pool,
                     double *accuracy, hg_error *err);
// The same by a linear probe. classes: labels are below it.
int hg__probe_accuracy(const hg__code_half *train, const hg__code_half *test, int32_t classes,
                       hg__pool *pool, double *accuracy, hg_error *err);
#endif
