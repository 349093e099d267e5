// SPDX-License-Identifier: Apache-2.0
// reasons.h - the columns that made rows what they are: the largest shares of the score, and what was expected there.
//
// What was expected in a column, given the others: a row's own reconstruction will not do, a wide denoising network passes on
// half of what it sees. So the column is set to what stands for a missing value, and what the network makes of it is put in
// its place, a few times. Of rows of numbers, which no value stands for, it is the reconstruction.
#ifndef HG_DETECT_REASONS_H
#define HG_DETECT_REASONS_H
#include "detect/row_scorer.h"
#include "schema/schema.h"

enum { HG_REASON_CELL = 256 }; // bytes of a value as text

typedef struct hg__reasons {
    const hg__row_scorer *scorer; // borrowed
    int32_t rows, top;
    int32_t *best; // owned, (rows, top): columns, largest share first; -1: no more
    char (*expected)[HG_REASON_CELL]; // owned, (rows, top)
    char (*observed)[HG_REASON_CELL]; // owned, (rows, top)
    // owned, (rows, top): of a time, what the row has; has_date false: nothing
    hg__time_value *when;
    int32_t first, count; // the rows at hand, of those the scorer was given last
    // Room to predict `most` values at a time, owned.
    int32_t most;
    float *row;           // (most, width)
    float *made;          // (most, width)
    const void **pointer; // (most): to the rows
    int32_t *slot;        // (most): places in best of those that are being predicted
    int32_t slots;
} hg__reasons;

// Room for the reasons of `rows` rows at a time, `top` (1 at least) each. The scorer makes shares.
int hg__reasons_init(hg__reasons *r, const hg__row_scorer *s, int32_t rows, int32_t top,
                     hg_error *err);
void hg__reasons_clear(hg__reasons *r); // {0} is fine

// Rows first .. first + rows - 1 of those the scorer was given last are at hand; best of those that are wanted (rows; NULL: all),
// -1 of the others.
void hg__reasons_pick(hg__reasons *r, int32_t first, int32_t rows, const bool *wanted);
// observed of row i of them. cell: a row of a table; from (columns): which of its cells each of the schema's columns is.
void hg__reasons_observe(hg__reasons *r, int32_t i, const hg__cell *cell, const int32_t *from);
// Behind both: expected. The same for any cut into calls.
void hg__reasons_expect(hg__reasons *r);

// A reason's share as a part of all columns', from 0 to 1. row: of those at hand; column: one of its best.
double hg__reasons_part(const hg__reasons *r, int32_t row, int32_t column);
// part (scorer.columns): that of all columns; NaN where the score is.
void hg__reasons_parts(const hg__reasons *r, int32_t row, float *part);
#endif
