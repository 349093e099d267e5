// SPDX-License-Identifier: Apache-2.0
// counts_internal.h - keys of entries, and from counts to surprise: the same for counts that grow and for those that do not.
#ifndef HG_TRAFFIC_COUNTS_INTERNAL_H
#define HG_TRAFFIC_COUNTS_INTERNAL_H
#include "base/log2.h"
#include "traffic/counts.h"

// Highest bits of a key: a value has its context's, so that where keys ascend values come next to their context.
enum { HG_GROUP_BITS = 24 };
#define HG_GROUP_MASK (~(UINT64_MAX >> HG_GROUP_BITS))

static inline uint64_t hg__context_key(uint64_t context) {
    return context ? context : 1;
}

// A value by itself: one product for all of its contexts.
static inline uint64_t hg__value_part(uint64_t value) {
    const uint64_t x = (value ^ 0xe7037ed1a0b428dbU) * 0x9e3779b97f4a7c15U; // odd constants
    return x ^ x >> 32;
}

static inline uint64_t hg__value_key(uint64_t context, uint64_t value_part) {
    const uint64_t key = (context & HG_GROUP_MASK) | ((context + value_part) & ~HG_GROUP_MASK);
    return key ? key : 1;
}

// What has been found out from the more general contexts on.
typedef struct hg__belief {
    double p, mean; // share of the value; mean of -log2 of shares
    hg__surprise so_far;
} hg__belief;

static inline hg__belief hg__belief_begin(void) {
    return (hg__belief){.p = 1.0 / 64, .mean = 6}; // where nothing at all is known
}

// In the next context: n values, `distinct` of them, `same` times the one in question.
static inline void hg__belief_add(hg__belief *b, double n, double distinct, double same,
                                  float bits) {
    const double share = 1 / (n + distinct);
    b->p = (same + distinct * b->p) * share;
    b->mean = (n * (double)bits + distinct * b->mean) * share;
    b->so_far.is_new = same == 0;
    b->so_far.seen = (int64_t)n;
}

static inline hg__surprise hg__belief_end(hg__belief *b) {
    const double bits = -hg__log2(b->p) - b->mean;
    b->so_far.bits = bits > 0 ? (float)bits : 0;
    return b->so_far;
}
#endif
