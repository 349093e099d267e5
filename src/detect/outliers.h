// SPDX-License-Identifier: Apache-2.0
// outliers.h - which rows of a training set do not fit the rest.
//
// Nobody says which are normal, so three that see different things compare a row with all:
//   the distance to the k-th nearest of 1024 rows drawn from them, k a twentieth: anomalies that resemble each other are
//     not to hide each other
//   an isolation forest, which looks at columns one by one
//   the Mahalanobis distance to the four fifths of the rows that lie closest together: columns that do not go together
// An autoencoder is no help here: it learns the anomalies, too (docs/ANOMALIES.md has the figures).
#ifndef HG_DETECT_OUTLIERS_H
#define HG_DETECT_OUTLIERS_H
#include "array/data.h"
#include "backend/pool.h"

// score (data->rows), from 0 to below 1: the share of the rows that are less odd, in the eyes of the one that finds the row oddest.
int hg__outliers_score(const hg__data *data, uint64_t seed, hg__pool *pool, float *score,
                       hg_error *err);
#endif
