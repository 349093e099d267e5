// SPDX-License-Identifier: Apache-2.0
// blind.c - a noisy image becomes two of half its size: which pixels of each cell they get.
#include <stddef.h>
#include <string.h>

#include "base/rng.h"
#include "corrupt/noise.h"

// Pixels of a cell are numbered 0 to 3: bit 0 is right, bit 1 below. So the one beside it differs in one bit.
enum { RIGHT = 1, BELOW = 2, CELLS_A_DRAW = 4 };

void hg__blind_make(const float *noisy, const hg__noise_place *at, float *x, float *target) {
    const uint64_t key = at->seed ^ (at->row >> 32) * 0x9E3779B97F4A7C15ULL;
    const ptrdiff_t pixel = at->channels, line = HG_BLIND_CELL * at->width * pixel;
    const size_t bytes = (size_t)pixel * sizeof *x;
    hg__philox draw = {{0}};
    uint32_t cell = 0;
    for (int32_t j = 0; j < at->height; j++) {
        const float *from = noisy + j * HG_BLIND_CELL * line;
        for (int32_t i = 0; i < at->width; i++, cell++, from += HG_BLIND_CELL * pixel) {
            if (cell % CELLS_A_DRAW == 0) {
                draw = hg__philox_run(key, (uint32_t)HG_STREAM_BLIND << 16, at->epoch,
                                      (uint32_t)at->row, cell / CELLS_A_DRAW);
            }
            const uint32_t word = draw.word[cell % CELLS_A_DRAW];
            const uint32_t one = word >> 30, other = one ^ (word >> 29 & 1 ? RIGHT : BELOW);
            const ptrdiff_t to = (ptrdiff_t)cell * pixel;
            memcpy(x + to, from + (one & RIGHT) * pixel + (one >> 1) * line, bytes);
            memcpy(target + to, from + (other & RIGHT) * pixel + (other >> 1) * line, bytes);
        }
    }
}
