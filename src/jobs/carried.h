// SPDX-License-Identifier: Apache-2.0
// carried.h - what of a table's own goes out beside its rows' scores: the line they stand in, their ids, and what keep= names.
#ifndef HG_JOBS_CARRIED_H
#define HG_JOBS_CARRIED_H
#include "base/text.h"
#include "schema/schema.h"

typedef struct hg__carried {
    bool has_line;   // rows have lines in a file
    int32_t columns; // that are carried along
    int32_t *from;   // owned, (columns): which of the table's each is
    // Of the rows at hand, (rows) and (rows, columns), owned.
    int64_t *line;
    size_t *at, *size; // in text; at SIZE_MAX: missing
    hg__text text;
    char *room; // owned, (roomy): for a cell on its way there
    size_t roomy;
} hg__carried;

// keep: names separated by commas, "none" for none at all; the schema's ids come first unless it is that. rows: at hand at most.
int hg__carried_init(hg__carried *c, const hg__schema *s, const hg__table *t, const char *keep,
                     int32_t rows, hg_error *err);
void hg__carried_clear(hg__carried *c);                    // {0} is fine
static inline bool hg__carried_any(const hg__carried *c) { // else nobody need look at the table
    return c->has_line || c->columns > 0;
}

// The row t has given, cell (columns of the table), is row i of those at hand; row 0 first: with it the others are forgotten.
int hg__carried_take(hg__carried *c, const hg__table *t, const hg__cell *cell, int32_t i,
                     hg_error *err);
// Column k of row i: its text as the table has it, or a missing cell. Until the next row is taken.
hg__cell hg__carried_cell(const hg__carried *c, int32_t i, int32_t k);
#endif
