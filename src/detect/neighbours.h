// SPDX-License-Identifier: Apache-2.0
// neighbours.h - rows compared with one another: the k nearest of many references, copies, columns that weigh alike, few rows for many.
#ifndef HG_DETECT_NEIGHBOURS_H
#define HG_DETECT_NEIGHBOURS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "detect/blocks.h"

enum { HG_MAX_NEIGHBOURS = 256 };

typedef struct hg__neighbours hg__neighbours;

// Borrows ref (count, width), which kernels read up to HG_LANES numbers beyond its end (hg__numbers() makes room for it), and
// takes hg__neighbours_panels() bytes beside it. count and width: 1 at least.
hg__neighbours *hg__neighbours_new(const float *ref, int32_t count, int32_t width, hg_error *err);
size_t hg__neighbours_panels(int32_t count,
                             int32_t width); // as much as ref, or nothing where that is much
void hg__neighbours_free(hg__neighbours *n); // NULL is fine

// For each row of x (rows, width) its k nearest references: distance (rows, k), squared, ascending, and their numbers
// index (rows, k), or NULL; of equals the lower number first. Squared distances are sums of squared differences, so
// a copy of a reference is at 0 from it; one that is not a number counts as infinite. k: 1 .. HG_MAX_NEIGHBOURS and at most count.
// The same bits for any number of threads and any cut into calls. b NULL: the caller's thread. Many calls may run at once
// as far as each has its own b.
int hg__neighbours_find(const hg__neighbours *n, const float *x, int64_t rows, int32_t k,
                        float *distance, int32_t *index, hg__blocks *b, hg_error *err);

// Rows put in an order in which neighbours lie together.

// order (count): a permutation of the rows of x (count, width; readable a vector beyond), such that each HG_PANEL of it, from
// the first on, lie in a small box. Halves of halves: each range is cut across the line between the means of its two
// halves so far, which begin as what lies nearer to its first and to its last row.
int hg__near_order(const float *x, int32_t count, int32_t width, int32_t *order, hg_error *err);

// Which rows are copies of an earlier one: what is dear is then done once for all of them.

// distinct: positions of the rows of x (rows, width) that are no copies, bit for bit, ascending; how many is returned.
// which (rows): for each row the number in `distinct` of the one it equals. slot (2 rows) is room.
int32_t hg__repeats_find(const float *x, int32_t rows, int32_t width, int32_t *distinct,
                         int32_t *which, int32_t *slot);

// Many rows become few, of which none is a row of the table.

enum { HG_QUANTISE_ROWS = 4, HG_QUANTISE_STEPS = 16 };

// Puts rows / HG_QUANTISE_ROWS rows in place of the first of x (rows, width): each the mean of that many rows that lie
// near each other (the last of up to twice as many), rounded to whole 1 / HG_QUANTISE_STEPS. scale (width): what numbers
// are multiplied by before distances are taken. rows: HG_QUANTISE_ROWS at least. Microaggregation: Domingo-Ferrer,
// Mateo-Sanz, "Practical data-oriented microaggregation for statistical disclosure control", 2002.
int hg__quantise(float *x, int32_t rows, int32_t width, const float *scale, hg_error *err);

// What makes the columns of a table weigh alike in a distance, from rows that are seen twice.

typedef struct hg__column_scale {
    double mean, square; // square: mean squared distance from the mean
    float first, other;  // the first value, and the last that was neither
    bool has_more;       // than those two
} hg__column_scale;

// One of `rows` rows, x (width), of a table; c (width), zeros before the first. Every row in order, then every row again.
void hg__column_scale_meet(hg__column_scale *c, const float *x, int32_t width, int64_t row,
                           int64_t rows);
void hg__column_scale_measure(hg__column_scale *c, const float *x, int32_t width, int64_t rows);

// 1 / the standard deviation. Of two values, levels of a category among them, the rarer may lie far out: no farther than 2.5. One
// that never varied may yet.
float hg__column_scale_of(const hg__column_scale *c);
#endif
