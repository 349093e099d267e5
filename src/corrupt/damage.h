// SPDX-License-Identifier: Apache-2.0
// damage.h - defects drawn on pictures of good parts, for networks that learn to undo them and to say where they are.
//
//   shape (blob, box, stroke, specks)  x  filling (a patch of this or another picture, colour, texture, shade, blur, grain)
//
// What is drawn need not look like a real defect: a network that has seen enough of what a part is not marks what it has not seen
// (Zavrtanik, Kristan & Skocaj, "DRAEM", ICCV 2021; Schlueter et al., "Natural synthetic anomalies", ECCV 2022). Gaussian-like
// grain is kept on top of everything, also of what is whole, so that nothing is learned from how smooth a picture is (Bauer, Nakajima
// & Mueller, arXiv:2206.11723).
//
// Draws are a function of (seed; epoch, row); sums and products in a fixed order: the same bits everywhere.
#ifndef HG_CORRUPT_DAMAGE_H
#define HG_CORRUPT_DAMAGE_H
#include <stddef.h>
#include <stdint.h>

typedef struct hg__damage_place {
    int32_t height, width;
    // of the picture, 1 or 3; and floats from one pixel to the next: there may be more than its channels
    int32_t channels, stride;
    uint64_t seed, row;
    uint32_t epoch;
    // borrowed: another picture, (height, width, channels)
    const float *donor;
    // standard deviation of the grain, at most, white being 1
    float grain;
    // share of pictures that stay whole, but for the grain
    float whole;
} hg__damage_place;

// Floats that hg__damage_apply() needs beside the picture.
size_t hg__damage_scratch(int32_t height, int32_t width, int32_t channels);

// x (height, width, stride), in place: its first channels, white 1. mask (height, width): how much of each pixel is damaged, 0 .. 1.
void hg__damage_apply(const hg__damage_place *at, float *x, float *mask, float *scratch);
#endif
