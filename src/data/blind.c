// SPDX-License-Identifier: Apache-2.0
// blind.c - the blind spot: which pixels are hidden, and what stands there instead.
#include "data/blind.h"

#include <stddef.h>
#include <string.h>

#include "base/rng.h"

enum { SIDE = 2 * HG_BLIND_REACH + 1 };

// The middle of n sorted values, or the mean of the two in the middle. Sorts them.
static float median(float *value, int32_t n) {
    for (int32_t i = 1; i < n; i++) {
        const float v = value[i];
        int32_t j = i;
        for (; j > 0 && value[j - 1] > v; j--) value[j] = value[j - 1];
        value[j] = v;
    }
    return n % 2 ? value[n / 2] : 0.5F * (value[n / 2 - 1] + value[n / 2]);
}

// Of the pixels around (y, x), as far as they are in the image; 0 if there are none.
static float median_around(const float *noisy, const hg__noise_place *at, int32_t y, int32_t x,
                           int32_t channel) {
    float value[SIDE * SIDE];
    int32_t n = 0;
    for (int32_t k = 0; k < SIDE * SIDE; k++) {
        const int32_t i = x + k % SIDE - HG_BLIND_REACH, j = y + k / SIDE - HG_BLIND_REACH;
        if (i < 0 || j < 0 || i >= at->width || j >= at->height || (i == x && j == y)) continue;
        value[n++] = noisy[((ptrdiff_t)j * at->width + i) * at->channels + channel];
    }
    return n ? median(value, n) : 0;
}

static void hide(const float *noisy, const hg__noise_place *at, int32_t j, int32_t i, float *x,
                 uint8_t *counts) {
    const ptrdiff_t first = ((ptrdiff_t)j * at->width + i) * at->channels;
    for (int32_t c = 0; c < at->channels; c++) {
        x[first + c] = median_around(noisy, at, j, i, c);
        counts[first + c] = 1;
    }
}

void hg__blind_make(const float *noisy, const hg__noise_place *at, float *x, uint8_t *counts) {
    const size_t n = (size_t)at->height * (size_t)at->width * (size_t)at->channels;
    const uint64_t key = at->seed ^ (at->row >> 32) * 0x9E3779B97F4A7C15ULL;
    memcpy(x, noisy, n * sizeof *x);
    memset(counts, 0, n);
    uint32_t cell = 0;
    for (int32_t top = 0; top < at->height; top += HG_BLIND_CELL) {
        for (int32_t left = 0; left < at->width; left += HG_BLIND_CELL, cell++) {
            const hg__philox draw = hg__philox_run(key, (uint32_t)HG_STREAM_BLIND << 16, at->epoch,
                                                   (uint32_t)at->row, cell);
            const int32_t i = left + (int32_t)(draw.word[0] % HG_BLIND_CELL);
            const int32_t j = top + (int32_t)(draw.word[1] % HG_BLIND_CELL);
            // The rest of the cell may lie outside the image.
            if (i < at->width && j < at->height) hide(noisy, at, j, i, x, counts);
        }
    }
}
