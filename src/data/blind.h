// SPDX-License-Identifier: Apache-2.0
// blind.h - learning from noisy images alone: the blind spot.
//
// A few pixels of a noisy image are replaced by one of their neighbours, and the loss counts only there, against
// the noisy pixel itself. Its noise cannot be guessed from the neighbours, its clean value can: so that is what is
// learnt (Krull et al., "Noise2Void", 2019). A random neighbour, not N2V2's median (Hoeck et al., 2022): the median is
// a good guess itself, a residual model learns to believe the pixel it sees, and passes its noise on later (measured:
// 2 dB worse). Needs noise that is independent from pixel to pixel.
#ifndef HG_DATA_BLIND_H
#define HG_DATA_BLIND_H
#include "data/noise.h"

enum {
    HG_BLIND_CELL = 4,
    HG_BLIND_REACH = 2
}; // one spot in 4 x 4 pixels; a neighbour within 5 x 5

// x (height, width, channels) = noisy with its spots replaced in all channels; counts (the same shape) 1 there, else 0.
void hg__blind_make(const float *noisy, const hg__noise_place *at, float *x, uint8_t *counts);
#endif
