// SPDX-License-Identifier: Apache-2.0
// pictures.h - a folder of images as training rows: random crops, spoilt on the way.
//
//   file ──decode──> picture (kept while max_mem allows) ──crop, flip, turn──> target ──noise──> row
//
// A row is made when it is wanted, by any thread: (picture, seed, epoch, draw) says everything about it.
// Headers of all files are read when the folder is opened; pixels later, and never all at once unless
// they fit into max_mem.
#ifndef HG_ROWS_PICTURES_H
#define HG_ROWS_PICTURES_H
#include "array/data.h"
#include "corrupt/noise.h"
#include "image/range.h"

typedef struct hg__pictures hg__pictures;

// What opening a folder is told; part of hg__data_options.
typedef struct hg__picture_options {
    const char *target; // folder of clean partners, matched by name without extension; ""
    const char *noise;  // see noise.h; ""
    // Side of a training crop, pixels; 0: whole images, which must all be of one size. noise=blind takes twice as much
    // of the image each way.
    int32_t crop;
    int32_t crops;    // crops of each image an epoch; 0: about as many as cover the mean image once
    int32_t channels; // 1, 3, or 0: 3 if any image has colour
    bool flip;        // mirror and quarter turns, at random
    double
        grey; // 3 channels: share of the crops in colour that are turned grey. Grey ones have one noise for all
    // three channels, as a grey image has that such a model is given
    uint64_t seed;
    // What becomes 0 and 1 (image/range.h). find_range: training, which finds the rule that hg__pictures_range() then tells.
    // Else by `range`, a model's; of an unknown kind: 0 .. white, whatever the samples.
    bool find_range;
    hg__range_rule range;
} hg__picture_options;

// Fills d: rows (number of images), shape (crop, crop, channels), dtype HG_F32, scale 1, pictures. d->crops.
int hg__pictures_open(hg__data *d, const char *path, const hg__data_options *o, hg_error *err);
void hg__pictures_free(hg__pictures *p); // NULL is fine

// Makes one row: x (height, width, channels) and its target the same. Either may be NULL: not wanted; x then is what
// noise makes of the target. With noise=blind both are halves (blind.h) of a crop of twice the size, and x wants its
// target; without x the target is a crop as it stands, with that noise too. scratch: of hg__pictures_scratch() floats,
// for x. Thread-safe. Fails if the file cannot be read (any more).
// Epoch 0 is for validation: no flips; crop 0 is the middle, the others are fixed.
typedef struct hg__picture_place {
    int64_t image;
    int32_t draw;
    uint32_t epoch;
} hg__picture_place;
int hg__pictures_make(const hg__pictures *p, const hg__picture_place *at, float *x, float *target,
                      float *scratch, hg_error *err);
size_t hg__pictures_scratch(const hg__pictures *p);
// Pictures that may be in use at the same time so that each is decoded once an epoch; no fewer than 4.
int64_t hg__pictures_block(const hg__pictures *p);

// The files behind an image, for those who want it whole. Names are borrowed.
typedef struct hg__picture_files {
    const char *folder, *name;          // the image is folder/name
    const char *target_folder, *target; // its clean partner; NULL without pairs
    int32_t height, width;              // upright
} hg__picture_files;
hg__picture_files hg__pictures_files(const hg__pictures *p, int64_t image);
// What was found, or given.
hg__range_rule hg__pictures_range(const hg__pictures *p);
// Rows are not their own targets: noise or pairs.
bool hg__pictures_is_spoilt(const hg__pictures *p);
#endif
