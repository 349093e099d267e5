// SPDX-License-Identifier: Apache-2.0
// blind.c - the blind spot: which pixels are hidden, and what stands there instead.
#include "data/blind.h"

#include <stddef.h>
#include <string.h>

#include "base/rng.h"

enum { SIDE = 2 * HG_BLIND_REACH + 1 };

// The coordinate `shift` away from at, on the other side where that is outside, else the nearest.
static int32_t beside(int32_t at, int32_t shift, int32_t size) {
    int32_t to = at + shift;
    if (to < 0 || to >= size) to = at - shift;
    return to < 0 ? 0 : to >= size ? size - 1 : to;
}

// Pixel (j, i) gets the value of a neighbour, picked by a random word.
static void hide(const float *noisy, const hg__noise_place *at, int32_t j, int32_t i, uint32_t word,
                 float *x, uint8_t *counts) {
    int32_t k = (int32_t)(word % (SIDE * SIDE - 1));
    if (k >= SIDE * SIDE / 2) k++; // not the middle
    const int32_t row = beside(j, k / SIDE - HG_BLIND_REACH, at->height);
    const int32_t column = beside(i, k % SIDE - HG_BLIND_REACH, at->width);
    const ptrdiff_t first = ((ptrdiff_t)j * at->width + i) * at->channels;
    const ptrdiff_t from = ((ptrdiff_t)row * at->width + column) * at->channels;
    for (int32_t c = 0; c < at->channels; c++) {
        x[first + c] = noisy[from + c];
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
            if (i < at->width && j < at->height) hide(noisy, at, j, i, draw.word[2], x, counts);
        }
    }
}
