// SPDX-License-Identifier: Apache-2.0
// coreset.h - a few of many vectors, such that none lies far from those.
#ifndef HG_INSPECT_CORESET_H
#define HG_INSPECT_CORESET_H
#include "backend/pool.h"
#include "base/error.h"

// Greedy k-centre (Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985; Sener & Savarese, "Active learning for
// convolutional neural networks: a core-set approach", 2018): first number 0, then always
// the one that is farthest from all picked. Distances are those of a fixed random projection where vectors are wide. picked (k): numbers
// of x (count, width), which is readable HG_LANES beyond, as they were picked. The same bits for any number of threads.
int hg__coreset_pick(const float *x, int32_t count, int32_t width, int32_t k, uint64_t seed,
                     int32_t *picked, hg__pool *pool, hg_error *err);
size_t hg__coreset_bytes(int32_t count, int32_t width,
                         int32_t k); // that it takes beside x and picked
#endif
