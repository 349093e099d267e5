// SPDX-License-Identifier: Apache-2.0
// blind.h - learning from noisy images alone: neighbours of one image as a pair.
//
// The image is cut into cells of 2 x 2 pixels. Of each, one pixel goes into an input of half the size, one beside it
// into its target. What is clean in the two is nearly the same, their noise is not: learning to make one of the other is
// learning the clean value (Huang et al., "Neighbor2Neighbor", 2021; without its regulariser). Needs noise that is
// independent from pixel to pixel. Against hiding single pixels (Krull et al., "Noise2Void", 2019), which needs the same:
// every pixel teaches, not one in sixteen, and no model may copy what it sees (measured at sigma 25: 1.5 dB more).
#ifndef HG_CORRUPT_BLIND_H
#define HG_CORRUPT_BLIND_H
#include "corrupt/noise.h"

enum { HG_BLIND_CELL = 2 }; // side of a cell, pixels

// x and target (height, width, channels) of noisy (2 * height, 2 * width, channels).
// The draws are those of row and epoch; channels of a pixel stay together.
void hg__blind_make(const float *noisy, const hg__noise_place *at, float *x, float *target);
#endif
