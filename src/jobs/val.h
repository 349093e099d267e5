// SPDX-License-Identifier: Apache-2.0
// val.h - the ways of `hourglass val`; one image that it measures on, and what is made of all.
#ifndef HG_JOBS_VAL_H
#define HG_JOBS_VAL_H
#include "base/json.h"
#include "corrupt/noise.h"
#include "detect/calibration.h"
#include "detect/metrics.h"
#include "image/range.h"
#include "jobs/feed.h"
#include "model/model.h"
#include "options/options.h"
#include "restore/psnr.h"
#include "rows/pictures.h"

// Whether data= holds images, and the model takes them whole, in any size, of 1 or 3 channels.
bool hg__val_cleans_images(const hg_model *m, const hg_options *o);

// val_images.c: PSNR and SSIM of such images, of what is made of them, and of what classical filters do.
int hg__val_images(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                   hg_error *err);

// val_labels.c: how well the scores of a table's rows tell the anomalies of label= from the others. The model has a schema.
int hg__val_labels(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                   hg_error *err);

// val_rows.c: how well a model gives back rows. Takes m, also on failure.
int hg__val_rows(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                 hg_error *err);

// How well scores tell anomalies, as fields of a JSON object and as lines; at: the threshold, or NULL; rows: what they are, "rows" or
// "packets".
void hg__metrics_add_json(hg__json_writer *w, const hg__metrics *m, const hg__threshold *at);
void hg__metrics_add_lines(hg__text *t, const hg__metrics *m, const hg__threshold *at,
                           const char *rows);

// val_likelihood.c: how likely the model holds a row to be, where it has a `sample` layer.
typedef struct hg__likelihood {
    const char *likelihood; // "bernoulli" or "gaussian"; NULL: none is known, and the rest is unset
    int32_t draws;          // of each row; 0: no more than the bound was asked for
    double neg_elbo, neg_log_likelihood; // nats a row, means over rows
} hg__likelihood;
// Goes through the rows again, on the feed's plan and threads, with so many codes of each; the draws are a function of seed. The same
// bits for any threads.
int hg__val_likelihood(hg__feed *f, int64_t seed, int32_t draws, hg__likelihood *to, hg_error *err);
void hg__likelihood_add_json(hg__json_writer *w, const hg__likelihood *k);
void hg__likelihood_add_lines(hg__text *t, const hg__likelihood *k);

// PSNR and SSIM of many images under many treatments: what is made of them for people and programs.
//
//            noisy   output   gaussian 0.5 ... 3   median 1 ... 3   nl_means ... bm3d
//   image 0  ─────────────────────────────────────────────────────────────────      one pass fills it in;
//   image 1  ─────────────────────────────────────────────────────────────────      then of each filter the column
//   ...                                                                             with the best mean PSNR counts

// What stands in a column. The columns of one method are neighbours.
typedef enum hg__val_method {
    HG_INPUT,
    HG_OUTPUT,
    HG_GAUSSIAN,
    HG_MEDIAN,
    HG_NL_MEANS,
    HG_BM3D
} hg__val_method;

enum { HG_METHODS = HG_BM3D + 1 };

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

// Means over the images, of each method at its best setting.
typedef struct hg__val_mean {
    const char *name, *setting; // borrowed
    bool is_there;
    hg__interval psnr, ssim; // low and high: NaN for one image
} hg__val_mean;
int hg__val_sheet_means(const hg__val_sheet *s, hg__val_mean mean[HG_METHODS], hg_error *err);

// folder/NAME.png: what went in, what came out and what should have, side by side. part: (height, width, channels) each,
// cut off below black and above white.
int hg__val_picture(const char *folder, const char *name, const hg__frame *f,
                    const float *const part[3], hg_error *err);

// One image that val measures on: what is clean, what is to be cleaned, and how near something comes.

// How all images are taken.
typedef struct hg__image_pair_source {
    const hg_model *model; // borrowed
    int32_t channels;      // that it takes
    hg__noise noise;
    uint64_t seed;
    // owned by who has this, made for the first image that is not of 8 bits
    hg__range_finder *finder;
} hg__image_pair_source;

// All arrays are (height, width, channels), white or the end of the range = 1.
typedef struct hg__image_pair {
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
} hg__image_pair;

// Reads image number `image`, and its partner or the noise that makes one of it. s is {0}, to be cleared also on failure.
int hg__image_pair_read(hg__image_pair *s, hg__image_pair_source *from, const hg__picture_files *f,
                        int64_t image, hg_error *err);
void hg__image_pair_clear(hg__image_pair *s);

// PSNR and SSIM of y against what is clean. Samples outside become clean's in y and do not count.
int hg__image_pair_measure(const hg__image_pair *s, hg__pool *pool, float *y, hg__quality *q,
                           hg_error *err);
// y as a file would have it: clipped; 8 bits are not rounded.
void hg__image_pair_put_into_file(const hg__image_pair *s, float *y);
#endif
