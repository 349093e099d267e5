// SPDX-License-Identifier: Apache-2.0
// pictures.h - a folder of images as rows: random crops, and those of clean partners as targets.
//
//   file ──decode──> picture (kept while max_mem allows) ──crop, flip, turn──> row
//
// A row is made when it is wanted, by any thread: (picture, seed, epoch, draw) says everything about it.
// Headers of all files are read when the folder is opened; pixels later, and never all at once unless
// they fit into max_mem.
#ifndef HG_ROWS_PICTURES_H
#define HG_ROWS_PICTURES_H
#include "image/range.h"
#include "rows/row_source.h"

typedef struct hg__pictures hg__pictures;

// What opening a folder is told.
typedef struct hg__picture_options {
    const char *target; // folder of clean partners, matched by name without extension; ""
    // noise=blind: rows are to be parted from crops of twice their size each way, hg__pictures_doubled().
    bool is_blind;
    // Side of a training crop, pixels; 0: whole images, which must all be of one size.
    int32_t crop;
    int32_t crops;    // crops of each image an epoch; 0: about as many as cover the mean image once
    int32_t channels; // 1, 3, or 0: 3 if any image has colour
    bool flip;        // mirror and quarter turns, at random
    // 3 channels: share of the crops in colour that are turned grey. Grey ones have one noise for all
    double grey;
    // three channels, as a grey image has that such a model is given
    uint64_t seed;
    // What becomes 0 and 1 (image/range.h). find_range: training, which finds the rule that hg__pictures_range() then tells.
    // Else by `range`, a model's; of an unknown kind: 0 .. white, whatever the samples.
    bool find_range;
    hg__range_rule range;
} hg__picture_options;

// own: NULL for whole images as they are. Of `o` what a folder can be told: on_bad, memory, listener.
hg__pictures *hg__pictures_open(const char *path, const hg__data_options *o,
                                const hg__picture_options *own, hg_error *err);
void hg__pictures_free(hg__pictures *p); // NULL is fine

// Rows of p, which is borrowed; shape (height, width, channels). Epoch 0 is for validation: no flips; draw 0 is the
// middle, the others are fixed. A row fails if its file cannot be read (any more).
hg__row_source hg__pictures_source(const hg__pictures *p);  // clean ones, where there are partners
hg__row_source hg__pictures_pairs(const hg__pictures *p);   // with their clean partners as targets
hg__row_source hg__pictures_doubled(const hg__pictures *p); // is_blind: twice as high and wide
bool hg__pictures_has_pairs(const hg__pictures *p);

// What opening them met.
typedef struct hg__picture_facts {
    int64_t skipped;           // bad images left out (on_bad=skip)
    const char *first_skipped; // borrowed: what was wrong with the first of them
    uint64_t fingerprint;      // of names, sizes and contents
} hg__picture_facts;
hg__picture_facts hg__pictures_facts(const hg__pictures *p);

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
// Says behind a file's failure how to go on without it; gives back the code.
int hg__pictures_advise(int code, hg_error *err);
#endif
