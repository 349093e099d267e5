// SPDX-License-Identifier: Apache-2.0
// repeats.c - copies among rows, by a hash table with open addresses.
#include <stddef.h>
#include <string.h>

#include "detect/neighbours.h"

// Multiply and fold, a word at a time, in two chains.
static uint64_t hash_row(const float *x, int32_t width) {
    uint64_t even = 0x9E3779B97F4A7C15ULL, odd = 0xC2B2AE3D27D4EB4FULL;
    for (int32_t j = 0; j < width; j += 2) {
        uint32_t word[2] = {0};
        memcpy(word, x + j, j + 1 < width ? sizeof word : sizeof *word);
        even = (even ^ word[0]) * 0xFF51AFD7ED558CCDULL;
        odd = (odd ^ word[1]) * 0xC4CEB9FE1A85EC53ULL;
        even ^= even >> 29;
        odd ^= odd >> 31;
    }
    return (even ^ odd >> 7) * 0x9E3779B97F4A7C15ULL;
}

int32_t hg__repeats_find(const float *x, int32_t rows, int32_t width, int32_t *distinct,
                         int32_t *which, int32_t *slot) {
    const size_t stride = (size_t)width, bytes = stride * sizeof *x;
    const uint64_t slots = 2 * (uint64_t)rows;
    int32_t count = 0;
    memset(slot, -1, slots * sizeof *slot);
    for (int32_t i = 0; i < rows; i++) {
        const float *row = x + (size_t)i * stride;
        uint64_t at = (hash_row(row, width) >> 32) * slots >> 32;
        while (slot[at] >= 0 && memcmp(x + (size_t)distinct[slot[at]] * stride, row, bytes) != 0) {
            at = at + 1 < slots ? at + 1 : 0;
        }
        if (slot[at] < 0) {
            slot[at] = count;
            distinct[count++] = i;
        }
        which[i] = slot[at];
    }
    return count;
}
