// SPDX-License-Identifier: Apache-2.0
// near_order.h - rows put in an order in which neighbours lie together.
#ifndef HG_DETECT_NEAR_ORDER_H
#define HG_DETECT_NEAR_ORDER_H
#include <stdint.h>

#include "base/error.h"

// order (count): a permutation of the rows of x (count, width; readable a vector beyond), such that each HG_PANEL of it, from
// the first on, lie in a small box. Halves of halves: each range is cut across the line between the means of its two
// halves so far, which begin as what lies nearer to its first and to its last row.
int hg__near_order(const float *x, int32_t count, int32_t width, int32_t *order, hg_error *err);
#endif
