// SPDX-License-Identifier: Apache-2.0
// part_store.h - pictures of good parts as a model sees them, decoded once, for as long as it learns.
//
// Samples are kept in 16 bits, in memory or, where there are more than may be held, in a temporary file without a name, from which
// lines are read as they are wanted: the system keeps of it what there is room for.
#ifndef HG_INSPECT_PART_STORE_H
#define HG_INSPECT_PART_STORE_H
#include <stddef.h>

#include "inspect/raster_source.h"

// Values that 16 bits stand for: of black and white a little beyond, so that parts of a range that was fixed beforehand stay apart.
#define HG_STORE_LOW  (-0.125F)
#define HG_STORE_HIGH 1.125F

typedef struct hg__part_store hg__part_store;

// For `count` pictures of so many channels; more than `memory` bytes of them lie in a file.
hg__part_store *hg__part_store_new(int32_t count, int32_t channels, size_t memory, hg_error *err);
void hg__part_store_free(hg__part_store *s); // NULL is fine
// Picture i, each once, in any order. By one thread at a time. After a failure the store can only be freed.
int hg__part_store_put(hg__part_store *s, int32_t i, const hg__raster *picture, hg_error *err);
// The same line by line, (width, channels), from the top on: one picture after the other. What goes wrong is told at the end.
int hg__part_store_begin(hg__part_store *s, int32_t i, int32_t height, int32_t width,
                         hg_error *err);
void hg__part_store_add(hg__part_store *s, int32_t i, const float *line);
int hg__part_store_end(hg__part_store *s, int32_t i, hg_error *err);

// Of picture i, which was put.
void hg__part_store_size(const hg__part_store *s, int32_t i, int32_t *height, int32_t *width);
int32_t hg__part_store_channels(const hg__part_store *s);
uint64_t hg__part_store_fingerprint(const hg__part_store *s); // of sizes and samples
// Pixels of line y from x on, inside the picture.
typedef struct hg__part_line {
    int32_t y, x, count;
} hg__part_line;
// Their numbers to places `step` floats apart, which may be backwards. By many threads at once.
int hg__part_store_read(const hg__part_store *s, int32_t i, const hg__part_line *line,
                        ptrdiff_t step, float *to, hg_error *err);
// A piece of picture i, inside it, or all of it; `to` is made.
int hg__part_store_cut(const hg__part_store *s, int32_t i, int32_t top, int32_t left,
                       int32_t height, int32_t width, hg__raster *to, hg_error *err);
int hg__part_store_take(const hg__part_store *s, int32_t i, hg__raster *to, hg_error *err);
// The pictures number[0 .. count-1] of it, both borrowed.
typedef struct hg__part_store_some {
    const hg__part_store *store;
    const int32_t *number;
} hg__part_store_some;
hg__raster_source hg__part_store_source(const hg__part_store_some *some, int32_t count);
#endif
