// SPDX-License-Identifier: Apache-2.0
// score_sheet.h - rows of cells going out: lines of CSV, lines of JSON, or a table of a database.
#ifndef HG_JOBS_SCORE_SHEET_H
#define HG_JOBS_SCORE_SHEET_H
#include "base/file.h"
#include "base/text.h"
#include "table/table_out.h"

typedef struct hg__score_sheet {
    const hg__out_column *column; // borrowed, (columns)
    int32_t columns;
    bool json;
    hg__writer file;         // of text
    hg__text text;           // owned: what is not in the file yet
    hg__table_out *database; // owned; NULL for text
} hg__score_sheet;

// Where they go.
typedef struct hg__sheet_target {
    const char *out;    // a file, "-", or a database
    const char *format; // "auto", "csv" or "json"
    const char *table;  // of a database
    bool appends;       // to the rows that this table has
} hg__sheet_target;

// Refuses append= for an `out` that is no table of a database.
int hg__append_check(bool appends, const char *out, hg_error *err);

bool hg__score_sheet_is_json(const char *out, const char *format); // of options out= and format=
int hg__score_sheet_open(hg__score_sheet *s, const hg__sheet_target *to,
                         const hg__out_column *column, int32_t columns, hg_error *err);
int hg__score_sheet_add(hg__score_sheet *s, const hg__cell *cell, hg_error *err); // cell (columns)

// The same for text in two steps, so that threads may share the first: cells become a line at the end of t, lines go
// out and are empty. Whether memory sufficed is asked by the second. Not to be mixed with the one above.
void hg__score_sheet_format(const hg__score_sheet *s, const hg__cell *cell, hg__text *t);
int hg__score_sheet_add_lines(hg__score_sheet *s, hg__text *lines, hg_error *err);

int hg__score_sheet_commit(hg__score_sheet *s,
                           hg_error *err);      // all of it is there, or none; closes in every case
void hg__score_sheet_abort(hg__score_sheet *s); // {0} is fine
#endif
