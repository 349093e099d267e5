// SPDX-License-Identifier: Apache-2.0
// row_source.h - rows of one shape, wherever they come from, and which of them in which order.
//
//   array (array/data.h) ──┐
//   pictures (pictures.h) ─┼─> hg__row_source ──(corrupted.h: noise, a source round another)──> hg__row_source
//   anything of your own ──┘                                                                         │
//                                   split (val=, fraction=) ──> hg__rows: which rows, in which order ┴─> loader.h
//
// Rows are either stored, in memory or to be read in runs, and handed out as they are: bytes stay bytes and are widened by
// the consumer (times scale). Or they are made when they are wanted, by any thread: (row, draw, epoch) says everything.
#ifndef HG_ROWS_ROW_SOURCE_H
#define HG_ROWS_ROW_SOURCE_H
#include "array/data.h"

struct hg__rows;

// Which row is made.
typedef struct hg__row_place {
    int64_t row;
    int32_t draw;   // 0 .. draws-1
    uint32_t epoch; // 0: validation, the same every time
    // Borrowed: the rows that this one is handed out with, for what takes values of another; NULL: none.
    const struct hg__rows *among;
} hg__row_place;

// Where it is made.
typedef struct hg__row_room {
    float *x;       // (width)
    float *target;  // (width), where the source has targets; else NULL
    float *scratch; // (scratch of the source); may be NULL where that is 0
    // Set by the source: a pixel's channels are one. What is done to x is to keep it so.
    bool is_grey;
} hg__row_room;

// A plain value: copies are as good as the first, as long as the context lives.
typedef struct hg__row_source {
    const char *name;    // borrowed: where the rows come from, for messages
    const void *context; // borrowed: what the functions below are given
    int64_t rows;
    int32_t width; // numbers a row
    // Of one row: (height, width, channels) of images, (height, width), or (width).
    hg__shape shape;

    // Rows that are stored: their numbers, what one unit is worth, and where they lie, one after the other; or NULL, and
    // `read` copies rows first .. first + count - 1. It never allocates; another thread may call it.
    hg__dtype dtype;
    float scale;
    const void *base;
    int (*read)(const void *context, int64_t first, int64_t count, void *to, hg_error *err);

    // Rows that are made: dtype is HG_F32, scale 1. Else NULL. Thread-safe; allocates nothing that it keeps.
    int (*make)(const void *context, const hg__row_place *at, hg__row_room *to, hg_error *err);
    int32_t draws;   // ways to make each row, all in an epoch: crops of a picture; 0 is 1
    bool has_target; // what should come out of a row is another row
    size_t scratch;  // floats that `make` needs
    // Rows that are best made near each other: draws are mixed within so many. 0: all.
    int64_t block;
} hg__row_source;

// The rows of an array, which is borrowed.
hg__row_source hg__array_source(const hg__data *d);

// Makes a row, or widens and scales one that is stored.
int hg__row_source_make(const hg__row_source *s, const hg__row_place *at, hg__row_room *to,
                        hg_error *err);
// Row i into out (width) as validation has it. The source needs no targets.
int hg__row_source_row(const hg__row_source *s, int64_t i, float *out, hg_error *err);

// Which rows of a source, by a keyed permutation or a list: position p in 0 .. count-1 -> row number.
typedef struct hg__rows {
    hg__row_source source;
    int64_t first, count; // of the permuted order
    bool permuted;        // false: rows first .. first+count-1 as they stand
    hg__shuffle order;    // the permutation
    const int64_t *row;   // borrowed, (count): row numbers, instead of all that; or NULL
} hg__rows;

hg__rows hg__rows_all(hg__row_source source);

// The same rows of another source, which has as many: one wrapped round theirs.
hg__rows hg__rows_of(const hg__rows *r, hg__row_source source);

// Cuts a source into training rows and round(val_fraction * rows) validation rows (at least 1 if the
// fraction is above 0 and there are 2 rows), then keeps `fraction` of the training rows.
int hg__rows_split(hg__row_source source, double val_fraction, double fraction, uint64_t seed,
                   hg__rows *train, hg__rows *val, hg_error *err);
int64_t hg__rows_at(const hg__rows *r, int64_t position); // the row's number in its source
#endif
