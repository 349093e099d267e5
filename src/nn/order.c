// SPDX-License-Identifier: Apache-2.0
// order.c - the k-th largest, digit by digit from the top, as radix sort takes them: time is linear whatever the numbers are.
#include "nn/order.h"

#include <string.h>

// A float as a double has 29 bits of zeros at its end.
enum { BITS = 8, VALUES = 1 << BITS, DIGITS = sizeof(hg__real) == sizeof(double) ? 8 : 5 };

// Larger for larger numbers.
static uint64_t key_of(double x) {
    uint64_t bits;
    x = x != x ? __builtin_inf() : x + 0.0; // -0 + 0 is 0
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | 1ULL << 63;
}

static double number_of(uint64_t key) {
    const uint64_t bits = key >> 63 ? key & ~(1ULL << 63) : ~key;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double hg__kth_largest(const hg__numbers *n, size_t k, size_t *above) {
    // What lies below the digits that are looked at is the same for all: 0, or for numbers below 0 ones.
    uint64_t prefix = 0;
    *above = 0;
    for (int32_t digit = 0; digit < DIGITS; digit++) {
        size_t found[VALUES] = {0};
        const int32_t shift = 64 - BITS * (digit + 1);
        for (size_t i = 0; i < n->count; i++) {
            const uint64_t key = key_of(hg__number_at(n, i));
            if (digit > 0 && key >> (shift + BITS) != prefix) continue;
            found[key >> shift & (VALUES - 1)]++;
        }
        int32_t value = VALUES - 1;
        for (; value > 0 && *above + found[value] < k; value--) *above += found[value];
        prefix = prefix << BITS | (uint64_t)value;
    }
    const int32_t rest = 64 - BITS * DIGITS;
    if (rest == 0) return number_of(prefix);
    const bool is_below = prefix >> (BITS * DIGITS - 1) == 0;
    return number_of(prefix << rest | (is_below ? (1ULL << rest) - 1 : 0));
}
