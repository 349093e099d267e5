// SPDX-License-Identifier: Apache-2.0
// csv_filter.h - text in another dialect made the text that the CSV readers know, line for line, as it is read.
//
//   UTF-16 ──> UTF-8     lines that end in CR alone ──> LF     comment lines ──> empty lines
//   blanks between cells ──> a tab     'quoted' ──> "quoted"     \" within quotes ──> ""
//
// Files in no such dialect never come here.
#ifndef HG_CSV_CSV_FILTER_H
#define HG_CSV_CSV_FILTER_H
#include "files/source.h"

typedef struct hg__csv_dialect {
    char utf16;      // 'l' or 'b', the order of its bytes; 0: UTF-8
    bool cr;         // lines end in CR alone, or some do
    bool blanks;     // one or more blanks or tabs separate cells
    char comment[4]; // a line that begins so is a comment; "": none is
    char quote;      // '\'' where that quotes; else 0
    bool escapes;    // a backslash within quotes takes its meaning from the next byte
} hg__csv_dialect;

bool hg__csv_dialect_is_plain(const hg__csv_dialect *d);

enum { HG_CSV_LEAD = 64 }; // blanks before a comment, at most

// Where in the text it is: {.line_start = true, .cell_start = true} at its beginning.
typedef struct hg__csv_state {
    char lead[HG_CSV_LEAD]; // what the line began with: blanks, and the half of a comment mark
    uint8_t leads;
    bool line_start; // nothing but `lead` so far
    bool cell_start; // a quote would open here
    bool in_comment, in_quotes;
    bool after_cr, after_quote, after_escape, after_blank;
} hg__csv_state;

// `size` bytes at `from` into `to`, which has room for hg__csv_room(size); how many it became.
size_t hg__csv_room(size_t size);
size_t hg__csv_translate(const hg__csv_dialect *d, hg__csv_state *s, const char *from, size_t size,
                         char *to);

typedef struct hg__csv_filter hg__csv_filter;

hg__csv_filter *hg__csv_filter_new(hg__source *source, hg_error *err);

// From the beginning, in this dialect. `size` bytes, `text`, were had from the source or from this filter before, and come
// first; at_end: the source has no more.
int hg__csv_filter_begin(hg__csv_filter *f, const hg__csv_dialect *d, const char *text, size_t size,
                         bool at_end, hg_error *err);
const hg__csv_dialect *hg__csv_filter_dialect(const hg__csv_filter *f);
void hg__csv_filter_free(hg__csv_filter *f); // NULL is fine

// More text, at most `room` bytes (and hg__csv_room(1) at least); *at_end: there is no more behind it.
int64_t hg__csv_filter_read(hg__csv_filter *f, char *to, size_t room, bool *at_end, hg_error *err);
#endif
