// SPDX-License-Identifier: Apache-2.0
// observed.h - what rows have in the table's own words: a second look at it, in step with their scores.
//
// Encoded rows are rounded and held within limits, and levels that training never saw are all one; the table is read again
// rather than kept, so that memory does not grow with it.
#ifndef HG_JOBS_OBSERVED_H
#define HG_JOBS_OBSERVED_H
#include "jobs/feed.h"

typedef struct hg__observed {
    hg__table *table; // borrowed: the feed's
    int32_t *from;    // owned, (columns of the schema): which of the table's each is
    hg__cell *cell;   // owned, (columns of the table): the row looked at
    int64_t next;     // row of the table that comes next
} hg__observed;

// f has a table (feed.h), which is read from its beginning.
int hg__observed_init(hg__observed *o, const hg__feed *f, hg_error *err);
void hg__observed_clear(hg__observed *o); // {0} is fine

// Looks at row `row` of the table, which is in cell then; rows only go forward.
int hg__observed_row(hg__observed *o, int64_t row, hg_error *err);
#endif
