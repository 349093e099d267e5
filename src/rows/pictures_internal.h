// SPDX-License-Identifier: Apache-2.0
// pictures_internal.h - what a folder of images is, shared by opening it and making rows of it.
#ifndef HG_ROWS_PICTURES_INTERNAL_H
#define HG_ROWS_PICTURES_INTERNAL_H
#include "image/range.h"
#include "rows/pictures.h"

// Decoded pictures, kept while there is room.

typedef struct hg__picture_cache hg__picture_cache;

// For files numbered 0 .. count-1; keeps at most `memory` bytes of pixels beside those in use.
hg__picture_cache *hg__picture_cache_new(int64_t count, size_t memory, hg_error *err);
void hg__picture_cache_free(hg__picture_cache *c); // NULL is fine

// What is decoded, and how.
typedef struct hg__picture_file {
    int64_t number;
    const char *path;
    // what becomes 0 and 1, and samples outside are filled; NULL: they stay
    const hg__sample_range *range;
} hg__picture_file;

// The picture in the file, upright, decoded if it is not there. Thread-safe; two threads may decode the
// same file at once. Not to be written to; give back what was taken.
int hg__picture_cache_take(hg__picture_cache *c, const hg__picture_file *file, hg__image **image,
                           hg_error *err);
void hg__picture_cache_give_back(hg__picture_cache *c, int64_t number, hg__image *image);

// One file's samples.
typedef struct hg__picture_samples {
    hg__dtype dtype;
    float white;
    hg__page_samples page;  // what was found in it
    hg__sample_range range; // what becomes 0 and 1; {0}: 0 .. white
} hg__picture_samples;

typedef struct hg__picture {
    const char *name;      // borrowed from the list
    int32_t height, width; // upright
    bool is_grey;
    const char *partner_name; // of the clean picture of the same size; NULL without pairs
    hg__picture_samples samples, partner_samples;
} hg__picture;

struct hg__pictures {
    char path[1024]; // as it was given
    uint64_t seed;
    bool flip, has_pairs;
    // pixels of a picture, each way, for one of a row: HG_BLIND_CELL for noise=blind, else 1
    int32_t cell;
    bool skips;                      // images that cannot be used (on_bad=skip)
    double grey;                     // share of the crops in colour that are turned grey
    int32_t height, width, channels; // of a row
    int32_t crop, crops;
    hg__image_list list, partners;
    hg__picture *picture; // owned, (count)
    int64_t count;
    int64_t skipped;
    char first_skipped[500];
    uint64_t fingerprint;
    size_t bytes, memory;     // of all pictures decoded, with partners; that may be kept
    hg__range_rule range;     // of all pictures
    bool has_rule;            // samples outside are filled; else they are 0
    bool finds_range;         // while opening: the rule is found
    hg__range_finder *finder; // owned, while opening; made for the first file that is not of 8 bits
    hg__picture_cache *cache; // owned; file i is picture i, file count + i its partner
};

#endif
