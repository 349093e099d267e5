// SPDX-License-Identifier: Apache-2.0
// int.h - the smaller, the larger, shares rounded up and whole multiples of integers: int32_t, and by their suffix int64_t and size_t.
//
//   hg__ceil_div(7, 3) = 3     hg__round_up(7, 3) = 9     for n of 0 at least and a divisor of 1 at least, n + divisor within the type
#ifndef HG_BASE_INT_H
#define HG_BASE_INT_H
#include <stddef.h>
#include <stdint.h>

static inline int32_t hg__min(int32_t a, int32_t b) {
    return a < b ? a : b;
}
static inline int32_t hg__max(int32_t a, int32_t b) {
    return a > b ? a : b;
}
static inline int32_t hg__ceil_div(int32_t n, int32_t divisor) {
    return (n + divisor - 1) / divisor;
}
static inline int32_t hg__round_up(int32_t n, int32_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

static inline int64_t hg__min_64(int64_t a, int64_t b) {
    return a < b ? a : b;
}
static inline int64_t hg__ceil_div_64(int64_t n, int64_t divisor) {
    return (n + divisor - 1) / divisor;
}

static inline size_t hg__ceil_div_size(size_t n, size_t divisor) {
    return (n + divisor - 1) / divisor;
}
static inline size_t hg__round_up_size(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}
#endif
