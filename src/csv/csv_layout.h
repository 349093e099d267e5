// SPDX-License-Identifier: Apache-2.0
// csv_layout.h - how the beginning of a text is a table: its dialect, what separates cells, where the table begins.
#ifndef HG_CSV_CSV_LAYOUT_H
#define HG_CSV_CSV_LAYOUT_H
#include "csv/csv_text.h"

typedef struct hg__csv_layout {
    hg__csv_dialect dialect; // without utf16
    char separator;
    int32_t width;          // cells of a record
    int64_t above;          // records above the first: no part of the table
    int64_t good, bad;      // records from the first on: of that width, of another
    size_t at;              // where the first record begins, in the text made plain
    bool numbers;           // behind the first record, cells are numbers, or missing
    int32_t number_columns; // columns of which that is so
    bool first_is_number;   // the first is one of them
    bool quoted;            // in single quotes: all cells of the first records
    size_t
        names; // where the comment right above the table begins in the text as it is; SIZE_MAX: there is none
    const char *
        divider; // what seems to divide the texts of the only column, though no cells are divided by it; or NULL
} hg__csv_layout;

// Finds the layout that loses the fewest records. separator: one that is known, or 0. The C locale must be in force.
int hg__csv_layout_find(hg__csv_layout *l, const char *text, size_t size, char separator,
                        hg_error *err);

// Whether text without a byte order mark has lines that end in CR alone.
bool hg__csv_has_lone_cr(const char *text, size_t size);
#endif
