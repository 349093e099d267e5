// SPDX-License-Identifier: Apache-2.0
// csv_internal.h - what the files that read the beginning of a CSV file share: its layout, whether it has a header, names of columns, ARFF.
#ifndef HG_CSV_CSV_INTERNAL_H
#define HG_CSV_CSV_INTERNAL_H
#include "csv/cell.h"
#include "csv/csv.h"

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
    // where the comment right above the table begins in the text as it is; SIZE_MAX: there is none
    size_t names;
    // what seems to divide the texts of the only column, though no cells are divided by it; or NULL
    const char *divider;
} hg__csv_layout;

// Finds the layout that loses the fewest records. separator: one that is known, or 0. The C locale must be in force.
int hg__csv_layout_find(hg__csv_layout *l, const char *text, size_t size, char separator,
                        hg_error *err);

// Whether text without a byte order mark has lines that end in CR alone.
bool hg__csv_has_lone_cr(const char *text, size_t size);

// Whether the first record of a CSV file is a row or names of columns; docs/DATA.md has the rules.

// Records in memory, from the first of the table on.
typedef struct hg__csv_sample {
    const char *text;
    size_t size;
    char separator, point;
    int32_t columns;
} hg__csv_sample;

// The record at or behind *at that is not blank and has as many cells as there are columns; *at is where it begins. False at
// the end.
bool hg__csv_sample_next(const hg__csv_sample *s, size_t *at, hg__csv_record *r);

typedef struct hg__csv_header_finding {
    bool is_header;
    const char *why; // what a user should know about it; NULL: nothing
} hg__csv_header_finding;

// label, ignore: names separated by commas; a first record with one of them is a header.
int hg__csv_classify_header(const hg__csv_sample *s, const hg__header_options *options,
                            const char *label, const char *ignore, hg__csv_header_finding *v,
                            hg_error *err);

// A header of several records: names, units, titles that were padded with separators. How many records it has, 1 for what is
// usual, and which of them, from 0, has the names.
int hg__csv_find_header_block(const hg__csv_sample *s, int *records, int *names, hg_error *err);

// Whether all words of the record at p differ, are texts, and none is missing.
bool hg__csv_are_names(const hg__csv_sample *s, const char *p, int32_t columns);

// What csv_head.c and csv_names.c share while a head is read.

// What a head is made from.
typedef struct hg__csv_reading {
    hg__csv_head *h;
    hg__csv_window *w;
    const hg__csv_options *options;
    hg__csv_layout layout;
    // where the text begins in the window (behind a byte order mark), and the table
    size_t text, first;
    char *comment; // owned: the comment right above it, as a record; NULL
} hg__csv_reading;

// The records from `at` on.
hg__csv_sample hg__csv_sample_of(const hg__csv_reading *r, size_t at);
// What is read from now on begins at `at`.
void hg__csv_begin_at(hg__csv_reading *r, size_t at);

// Finds names, passes over the records that have them.
int hg__csv_read_names(hg__csv_reading *r, hg_error *err);
// Whether nothing stands behind the last separator of any row from `at` on.
bool hg__csv_is_last_empty(const hg__csv_sample *s, size_t at);
void hg__csv_add_note(hg__csv_head *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ARFF: lines that name the columns, then CSV.

// Whether the text begins as ARFF does: @relation, behind comments.
bool hg__csv_is_arff(const char *text, size_t size);

// Reads all that stands before the rows from a window of such text: h gets separator, point, columns and names.
int hg__csv_arff_read(hg__csv_head *h, hg__csv_window *w, hg_error *err);
#endif
