// SPDX-License-Identifier: Apache-2.0
// baseline.h - what stands beside every autoencoder: detectors that need no training to speak of. baselines.def lists them.
#ifndef HG_DETECT_BASELINE_H
#define HG_DETECT_BASELINE_H
#include "array/data.h"
#include "backend/pool.h"
#include "base/error.h"

typedef struct hg__baseline {
    const char *name;           // "pca", "mahalanobis", "knn", "iforest", "ecod"
    const char *source;         // the paper
    bool (*is_available)(void); // on this machine; NULL: everywhere
    // Bytes that learning from rows of `width` numbers takes beside the rows, SIZE_MAX where it cannot; NULL: a few times the rows.
    size_t (*room)(int32_t width);
    // Learns from x (rows, width), at least 1 by 1, every number finite; it may keep pointers to them. NULL on failure.
    void *(*fit)(const float *x, int64_t rows, int32_t width, uint64_t seed, hg__pool *pool,
                 hg_error *err);
    // score (rows): higher is more anomalous. The same bits for any number of threads and any cut into calls.
    int (*score)(const void *state, const float *x, int64_t rows, float *score, hg__pool *pool,
                 hg_error *err);
    void (*free)(void *state); // NULL is fine
} hg__baseline;

const hg__baseline *const *hg__baselines(size_t *count);
const hg__baseline *hg__baseline_find(const char *name); // NULL if there is none

// ---- their parts ----------------------------------------------------------------------------------

// Columns to mean 0 and standard deviation 1 on the training rows; a column that is constant there becomes 0 everywhere.
typedef struct hg__zscore {
    int32_t width;
    float *mean, *factor; // owned, (width): 1 / standard deviation, or 0
} hg__zscore;

int hg__zscore_fit(hg__zscore *z, const float *x, int64_t rows, int32_t width, hg__pool *pool,
                   hg_error *err);
void hg__zscore_run(const hg__zscore *z, const float *x, float *to); // one row (width)
void hg__zscore_clear(hg__zscore *z);                                // {0} is fine

// Which rows of a training set do not fit the rest.
//
// Nobody says which are normal, so three that see different things compare a row with all:
//   the distance to the k-th nearest of 1024 rows drawn from them, k a twentieth: anomalies that resemble each other are
//     not to hide each other
//   an isolation forest, which looks at columns one by one
//   the Mahalanobis distance to the four fifths of the rows that lie closest together: columns that do not go together
// An autoencoder is no help here: it learns the anomalies, too (docs/ANOMALIES.md has the figures).

// score (data->rows), from 0 to below 1: the share of the rows that are less odd, in the eyes of the one that finds the row oddest.
int hg__outliers_score(const hg__data *data, uint64_t seed, hg__pool *pool, float *score,
                       hg_error *err);
#endif
