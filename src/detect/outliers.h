// SPDX-License-Identifier: Apache-2.0
// outliers.h - which rows of a training set do not fit the rest.
//
// Nobody says which are normal, so a row is compared with all: by the distance to the k-th nearest of 1024 rows drawn from them,
// k a twentieth, so that anomalies that resemble each other do not hide each other; and by an isolation forest, which looks at
// columns one by one. An autoencoder is no help here: it learns the anomalies, too (docs/ANOMALIES.md has the figures).
#ifndef HG_DETECT_OUTLIERS_H
#define HG_DETECT_OUTLIERS_H
#include "backend/pool.h"
#include "data/data.h"

// score (data->rows), from 0 to below 1: the share of the rows that one of the two finds less odd, the larger of both shares.
int hg__outliers_score(const hg__data *data, uint64_t seed, hg__pool *pool, float *score,
                       hg_error *err);
#endif
