// SPDX-License-Identifier: Apache-2.0
// order.h - the k-th largest of many numbers, found without moving them.
#ifndef HG_NN_ORDER_H
#define HG_NN_ORDER_H
#include "backend/kernels.h"

// Numbers that lie as one of the two; the other is NULL.
typedef struct hg__numbers {
    const hg__real *reals;
    const double *doubles;
    size_t count;
} hg__numbers;

static inline double hg__number_at(const hg__numbers *n, size_t i) {
    return n->reals ? (double)n->reals[i] : n->doubles[i];
}

// The k-th largest, 1 <= k <= count; *above: how many are larger. Doubles must be values of an hg__real. -0 is 0, a NaN is
// larger than all.
double hg__kth_largest(const hg__numbers *n, size_t k, size_t *above);
#endif
