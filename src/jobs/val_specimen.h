// SPDX-License-Identifier: Apache-2.0
// val_specimen.h - one image that val measures on: what is clean, what is to be cleaned, and how near something comes.
#ifndef HG_JOBS_VAL_SPECIMEN_H
#define HG_JOBS_VAL_SPECIMEN_H
#include "corrupt/noise.h"
#include "image/range.h"
#include "jobs/val_sheet.h"
#include "model/model.h"
#include "rows/pictures.h"

// How all images are taken.
typedef struct hg__specimen_source {
    const hg_model *model; // borrowed
    int32_t channels;      // that it takes
    hg__noise noise;
    uint64_t seed;
    // owned by who has this, made for the first image that is not of 8 bits
    hg__range_finder *finder;
} hg__specimen_source;

// All arrays are (height, width, channels), white or the end of the range = 1.
typedef struct hg__specimen {
    const char *name; // for messages, borrowed
    hg__frame frame;
    // how the image's own samples lie; {0} of 8 bits
    hg__page_samples page;
    // of the image that is to be cleaned, with its range
    hg__image_info info;
    // owned; 1 where either image's sample is no part of it; NULL: nowhere
    uint8_t *outside;
    // owned; one line of info's samples
    void *line;
    // of the peak that PSNR is told of over 1
    double decibels;
    // owned; x: what is to be cleaned
    float *clean, *x;
} hg__specimen;

// Reads image number `image`, and its partner or the noise that makes one of it. s is {0}, to be cleared also on failure.
int hg__specimen_read(hg__specimen *s, hg__specimen_source *from, const hg__picture_files *f,
                      int64_t image, hg_error *err);
void hg__specimen_clear(hg__specimen *s);

// PSNR and SSIM of y against what is clean. Samples outside become clean's in y and do not count.
int hg__specimen_measure(const hg__specimen *s, hg__pool *pool, float *y, hg__quality *q,
                         hg_error *err);
// y as a file would have it: clipped; 8 bits are not rounded.
void hg__specimen_put_into_file(const hg__specimen *s, float *y);
#endif
