// SPDX-License-Identifier: Apache-2.0
// tiff_samples.c - TIFF's two odd ways with samples: white as zero, and colours that hold their alpha.
#include "image/tiff.h"

// A colour of more than its alpha is not possible: clipped.
static uint32_t divide(uint32_t colour, uint32_t alpha, uint32_t white) {
    if (alpha == 0) return colour;
    const uint32_t v = (uint32_t)(((uint64_t)colour * white + alpha / 2) / alpha);
    return v < white ? v : white;
}

static uint32_t multiply(uint32_t colour, uint32_t alpha, uint32_t white) {
    return (uint32_t)(((uint64_t)colour * alpha + white / 2) / white);
}

static float divide_real(float colour, float alpha) {
    return alpha > 0 ? colour / alpha : colour;
}

// pixels: (count, samples); the last sample is alpha.
void hg__tiff_divide_by_alpha(const hg__image_info *info, void *pixels, size_t count) {
    const size_t n = (size_t)hg__image_samples(info), colours = n - 1;
    uint8_t *u8 = pixels;
    uint16_t *u16 = pixels;
    float *f32 = pixels;
    for (size_t i = 0; i < count * n; i += n) {
        for (size_t k = i; k < i + colours; k++) {
            if (info->dtype == HG_U8) u8[k] = (uint8_t)divide(u8[k], u8[i + colours], 255);
            if (info->dtype == HG_U16) u16[k] = (uint16_t)divide(u16[k], u16[i + colours], 65535);
            if (info->dtype == HG_F32) f32[k] = divide_real(f32[k], f32[i + colours]);
        }
    }
}

// Gives back what was read: half a step times an alpha of at most white is less than half a step. Where alpha
// is 0, the colours stay what they are.
void hg__tiff_multiply_by_alpha(const hg__image_info *info, void *pixels, size_t count) {
    const size_t n = (size_t)hg__image_samples(info), colours = n - 1;
    uint8_t *u8 = pixels;
    uint16_t *u16 = pixels;
    float *f32 = pixels;
    for (size_t i = 0; i < count * n; i += n) {
        for (size_t k = i; k < i + colours; k++) {
            if (info->dtype == HG_U8) {
                u8[k] = (uint8_t)multiply(u8[k], u8[i + colours], 255);
            } else if (info->dtype == HG_U16) {
                u16[k] = (uint16_t)multiply(u16[k], u16[i + colours], 65535);
            } else {
                f32[k] *= f32[i + colours];
            }
        }
    }
}

void hg__tiff_turn_grey(const hg__image_info *info, void *pixels, size_t count) {
    const size_t n = (size_t)hg__image_samples(info);
    uint8_t *u8 = pixels;
    uint16_t *u16 = pixels;
    float *f32 = pixels;
    for (size_t i = 0; i < count * n; i += n) {
        if (info->dtype == HG_U8) u8[i] = (uint8_t)(255 - u8[i]);
        if (info->dtype == HG_U16) u16[i] = (uint16_t)(65535 - u16[i]);
        if (info->dtype == HG_F32) f32[i] = 1 - f32[i];
    }
}
