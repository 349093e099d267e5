// SPDX-License-Identifier: Apache-2.0
// mix.h - small keys become one of 64 bits: a product of 128 bits, folded.
#ifndef HG_TRAFFIC_MIX_H
#define HG_TRAFFIC_MIX_H
#include <stdint.h>

// Not for what an attacker may choose freely: see siphash.h.
static inline uint64_t hg__mix(uint64_t a, uint64_t b) {
    const uint64_t x = a ^ 0x9e3779b97f4a7c15U, y = b ^ 0xe7037ed1a0b428dbU; // odd constants
    const unsigned __int128 product =
        (unsigned __int128)(x * 0xd6e8feb86659fd93U + (y >> 32)) * (y * 0xa0761d6478bd642fU + x);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#endif
