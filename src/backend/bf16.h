// SPDX-License-Identifier: Apache-2.0
// bf16.h - numbers of 16 bits: a float's sign, exponent and first seven bits of the fraction.
#ifndef HG_BACKEND_BF16_H
#define HG_BACKEND_BF16_H
#include <stdint.h>
#include <string.h>

// Rounded to nearest, ties to even; denormals become zero, NaN quiet, as vcvtneps2bf16 does.
static inline uint16_t hg__bf16_of(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    const uint32_t size = u & 0x7FFFFFFFU;
    const uint32_t rounded = (u + 0x7FFFU + (u >> 16 & 1U)) >> 16;
    const uint32_t small = size < 0x00800000U ? u >> 16 & 0x8000U : rounded;
    return (uint16_t)(size > 0x7F800000U ? u >> 16 | 0x40U : small);
}

// Two of them in the place of a float: the first in the low half.
static inline float hg__bf16_pair(float first, float second) {
    const uint32_t u = hg__bf16_of(first) | (uint32_t)hg__bf16_of(second) << 16;
    float word;
    memcpy(&word, &u, sizeof word);
    return word;
}
#endif
