// SPDX-License-Identifier: Apache-2.0
// csv_names.h - what csv_head.c and csv_names.c share while a head is read.
#ifndef HG_CSV_CSV_NAMES_H
#define HG_CSV_CSV_NAMES_H
#include "csv/csv_head.h"
#include "csv/csv_header.h"
#include "csv/csv_layout.h"

// What a head is made from.
typedef struct hg__csv_reading {
    hg__csv_head *h;
    hg__csv_window *w;
    const hg__csv_wish *wish;
    hg__csv_layout layout;
    size_t text,
        first;     // where the text begins in the window (behind a byte order mark), and the table
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
#endif
