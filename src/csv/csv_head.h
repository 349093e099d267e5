// SPDX-License-Identifier: Apache-2.0
// csv_head.h - what the beginning of a CSV file says: separator, decimal point, columns and their names.
#ifndef HG_CSV_CSV_HEAD_H
#define HG_CSV_CSV_HEAD_H
#include "csv/cell.h"
#include "csv/csv_text.h"

// What the reader is after.
typedef struct hg__csv_wish {
    const char *what; // "rows of numbers", for messages
    const char *label,
        *ignore; // names separated by commas: a first record with one of them is a header; ""
    bool commas; // numbers may be written 3,14
    hg__header_wish header;
} hg__csv_wish;

typedef struct hg__csv_head {
    char separator, point;
    int32_t columns;
    char **name;     // owned, (columns) owned, as they stand; NULL without a header
    uint64_t line;   // of the first record
    bool last_empty; // every line ends in a separator: the last column is none
    char note[256];  // what a user should know of how it is read; ""
} hg__csv_head;

// Fills *h (zeros before) from the text at the start of the window; a byte order mark, blank lines, what stands above the table and a header are
// used up. docs/DATA.md has the rules.
int hg__csv_head_read(hg__csv_head *h, hg__csv_window *w, const hg__csv_wish *wish, hg_error *err);
void hg__csv_head_clear(hg__csv_head *h);
#endif
