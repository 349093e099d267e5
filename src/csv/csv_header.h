// SPDX-License-Identifier: Apache-2.0
// csv_header.h - whether the first record of a CSV file is a row or names of columns; docs/DATA.md has the rules.
#ifndef HG_CSV_CSV_HEADER_H
#define HG_CSV_CSV_HEADER_H
#include "csv/cell.h"
#include "csv/csv_text.h"

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

typedef struct hg__csv_verdict {
    bool is_header;
    const char *why; // what a user should know about it; NULL: nothing
} hg__csv_verdict;

// label, ignore: names separated by commas; a first record with one of them is a header.
int hg__csv_judge_header(const hg__csv_sample *s, const hg__header_wish *wish, const char *label,
                         const char *ignore, hg__csv_verdict *v, hg_error *err);

// A header of several records: names, units, titles that were padded with separators. How many records it has, 1 for what is
// usual, and which of them, from 0, has the names.
int hg__csv_judge_block(const hg__csv_sample *s, int *records, int *names, hg_error *err);

// Whether all words of the record at p differ, are texts, and none is missing.
bool hg__csv_are_names(const hg__csv_sample *s, const char *p, int32_t columns);
#endif
