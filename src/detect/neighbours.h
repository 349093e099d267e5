// SPDX-License-Identifier: Apache-2.0
// neighbours.h - the k nearest of many references to each of many rows, exactly, at the speed of a matrix product.
#ifndef HG_DETECT_NEIGHBOURS_H
#define HG_DETECT_NEIGHBOURS_H
#include "detect/blocks.h"

enum { HG_MAX_NEIGHBOURS = 64 };

typedef struct hg__neighbours hg__neighbours;

// Borrows ref (count, width), which kernels read up to HG_LANES numbers beyond its end (hg__numbers() makes room for it), and
// takes hg__neighbours_panels() bytes beside it. count and width: 1 at least.
hg__neighbours *hg__neighbours_new(const float *ref, int32_t count, int32_t width, hg_error *err);
size_t hg__neighbours_panels(int32_t count,
                             int32_t width); // as much as ref, or nothing where that is much
void hg__neighbours_free(hg__neighbours *n); // NULL is fine

// For each row of x (rows, width) its k nearest references: distance (rows, k), squared, ascending, and their numbers
// index (rows, k), or NULL; of equals the lower number first. Squared distances are sums of squared differences, so
// a copy of a reference is at 0 from it; one that is not a number counts as infinite. k: 1 .. HG_MAX_NEIGHBOURS and at most count.
// The same bits for any number of threads and any cut into calls. b NULL: the caller's thread. Many calls may run at once
// as far as each has its own b.
int hg__neighbours_find(const hg__neighbours *n, const float *x, int64_t rows, int32_t k,
                        float *distance, int32_t *index, hg__blocks *b, hg_error *err);
#endif
