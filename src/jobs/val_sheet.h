// SPDX-License-Identifier: Apache-2.0
// val_sheet.h - PSNR and SSIM of many images under many treatments: what is made of them for people and programs.
//
//            noisy   output   gaussian 0.5 ... 3   median 1 ... 3   nl_means ...
//   image 0  ─────────────────────────────────────────────────────────────────      one pass fills it in;
//   image 1  ─────────────────────────────────────────────────────────────────      then of each filter the column
//   ...                                                                             with the best mean PSNR counts
#ifndef HG_JOBS_VAL_SHEET_H
#define HG_JOBS_VAL_SHEET_H
#include "restore/psnr.h"

// What stands in a column. The columns of one method are neighbours.
typedef enum hg__val_method {
    HG_INPUT,
    HG_OUTPUT,
    HG_GAUSSIAN,
    HG_MEDIAN,
    HG_NL_MEANS
} hg__val_method;

enum { HG_METHODS = HG_NL_MEANS + 1 };

typedef struct hg__val_column {
    hg__val_method method;
    char setting[64]; // "sigma 1 px"; "" for input and output
} hg__val_column;

typedef struct hg__quality {
    double psnr; // dB; infinity for equal images
    double ssim; // NaN for images below 11 x 11
} hg__quality;

typedef struct hg__val_sheet {
    int64_t images;
    int32_t columns;
    const hg__val_column *column; // (columns) borrowed
    hg__quality *quality;         // (images, columns)
    const char **name;            // (images) borrowed
    hg__frame *frame;             // (images)
    const char *noise;            // as noise= says; ""
    uint64_t seed;                // of the noise and of the intervals' draws
} hg__val_sheet;

// A table for people or one JSON object: a heap string for hg_text_free(); NULL without memory. Means come with 95 %
// intervals: percentiles of the means of 2000 samples of the images, drawn with replacement.
char *hg__val_sheet_format(const hg__val_sheet *s, bool json, hg_error *err);

// folder/NAME.png: what went in, what came out and what should have, side by side. part: (height, width, channels) each,
// cut off below black and above white.
int hg__val_picture(const char *folder, const char *name, const hg__frame *f,
                    const float *const part[3], hg_error *err);
#endif
