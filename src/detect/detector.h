// SPDX-License-Identifier: Apache-2.0
// detector.h - hg_detector: what it holds, and how rows from wherever become verdicts.
//
//   a row of texts, rows of numbers, a table in memory ──cells──> encoded ──row_scorer.h──> score, shares ──> verdicts
#ifndef HG_DETECT_DETECTOR_H
#define HG_DETECT_DETECTOR_H
#include "detect/reasons.h"
#include "detect/row_scorer.h"
#include "table/arrow.h"
#include "table/table.h"

struct hg_detector {
    const hg_model *model; // borrowed
    hg__pool *pool;        // owned
    hg__row_scorer scorer;
    hg__reasons reasons; // of each row the first
    hg__table table;     // of no source: what the columns of rows to come are called
    int32_t *from;       // owned, (scorer.columns): which of them is each of the model's; -1: none
    int32_t group;       // which of them says what group a row belongs to; -1: none
    int32_t *need;       // owned, (needs): those of them that count, in rising order
    int32_t needs;
    hg__cell *cell; // owned, (threads, table.columns)
    int64_t rows;   // so far
    // Of the rows at hand, at most `room`, owned:
    int32_t room, at_hand;
    const void **row;          // (room): to scorer.x
    hg__encoding_notes *notes; // (room)
    hg_verdict *verdict;       // (room)
    // Where they come from, borrowed: one of three.
    const char *const *texts; // (table.columns): one row of texts; or NULL
    const double *numbers;    // (rows, table.columns); or NULL
    const hg_table *memory;   // or NULL
    int64_t first;            // row of the first at hand
    int32_t *place;           // owned, (needs): which of memory's columns each is that counts
    char (*text)
        [HG_ARROW_CELL]; // owned, (threads, needs): room for its cells; NULL: there was no table yet
};

// detector_new.c: room for `rows` rows at a time, if there is less.
int hg__detector_make_room(hg_detector *d, int32_t rows, hg_error *err);

// detect_rows.c: `rows` rows of numbers or memory from `first` on, block by block: verdicts v (rows), NULL: none; the shares of the model's columns
// (rows, scorer.columns), NULL: none.
int hg__detect(hg_detector *d, int64_t rows, hg_verdict *v, float *share, hg_error *err);
// cell (table.columns): those that count of a row of memory, in the room of that thread.
void hg__detector_read_table(const hg_detector *d, int64_t row, int32_t thread, hg__cell *cell);
#endif
