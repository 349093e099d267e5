// SPDX-License-Identifier: Apache-2.0
// recorrupt.h - two noisy pictures of one that is noisy already, whose noise is independent: one learns to be made of the other.
//
// Where y = clean + n and the covariance S of n is known, z of the same covariance is drawn and
//   x = y + a z        target = y - z / a
// have noise whose covariance is S - S = 0: what is learned of such pairs is what would be learned of clean targets with noise of
// sqrt(1 + a^2) times the strength (Pang et al., "Recorrupted-to-Recorrupted", CVPR 2021). It holds for noise that is correlated
// and, nearly, for noise that grows with brightness, where neighbours as targets would teach the noise too.
#ifndef HG_CORRUPT_RECORRUPT_H
#define HG_CORRUPT_RECORRUPT_H
#include "corrupt/measure_noise.h"
#include "corrupt/noise.h"

// Floats of scratch for a picture of that size.
size_t hg__noise_pair_scratch(int32_t height, int32_t width);
// y, x, target (height, width, channels) as `at` says; x may be y. is_grey: all channels are the first, and stay so. The draws are
// those of seed, row and epoch.
void hg__noise_pair_make(const hg__noise_level *l, const hg__noise_place *at, bool is_grey,
                         const float *y, float *x, float *target, float *scratch);
#endif
