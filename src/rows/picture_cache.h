// SPDX-License-Identifier: Apache-2.0
// picture_cache.h - decoded pictures, kept while there is room.
#ifndef HG_ROWS_PICTURE_CACHE_H
#define HG_ROWS_PICTURE_CACHE_H
#include "image/range.h"

typedef struct hg__picture_cache hg__picture_cache;

// For files numbered 0 .. count-1; keeps at most `memory` bytes of pixels beside those in use.
hg__picture_cache *hg__picture_cache_new(int64_t count, size_t memory, hg_error *err);
void hg__picture_cache_free(hg__picture_cache *c); // NULL is fine

// What is decoded, and how.
typedef struct hg__picture_file {
    int64_t number;
    const char *path;
    const hg__sample_range
        *range; // what becomes 0 and 1, and samples outside are filled; NULL: they stay
} hg__picture_file;

// The picture in the file, upright, decoded if it is not there. Thread-safe; two threads may decode the
// same file at once. Not to be written to; give back what was taken.
int hg__picture_cache_take(hg__picture_cache *c, const hg__picture_file *file, hg__image **image,
                           hg_error *err);
void hg__picture_cache_give_back(hg__picture_cache *c, int64_t number, hg__image *image);
#endif
