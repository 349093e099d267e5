// SPDX-License-Identifier: Apache-2.0
// psnr.h - how far an image is from the one it should be: PSNR and SSIM.
#ifndef HG_RESTORE_PSNR_H
#define HG_RESTORE_PSNR_H
#include "backend/pool.h"

// The shape of an image in floats, white = 1: (height, width, channels), channels 1 or 3.
typedef struct hg__frame {
    int32_t height, width, channels;
} hg__frame;

static inline size_t hg__frame_samples(const hg__frame *f) {
    return (size_t)f->height * (size_t)f->width * (size_t)f->channels;
}

// 10 log10(1 / mean squared difference), in dB, over all samples; infinity where the two are equal.
double hg__psnr(const hg__frame *f, const float *x, const float *y);

// Mean structural similarity of x and y, at most 1: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from
// error visibility to structural similarity", 2004. Gaussian window of 11 x 11 with sigma 1.5, K1 = 0.01, K2 = 0.03, over
// the places where the window is inside the image; the mean over channels. NaN where a side is below 11. May only fail
// for want of memory.
int hg__ssim(hg__pool *pool, const hg__frame *f, const float *x, const float *y, double *ssim,
             hg_error *err);
#endif
