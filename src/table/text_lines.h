// SPDX-License-Identifier: Apache-2.0
// text_lines.h - a file of text line by line, as often as wanted: what tables of lines read.
#ifndef HG_TABLE_TEXT_LINES_H
#define HG_TABLE_TEXT_LINES_H
#include "csv/csv.h"
#include "table/table.h"

typedef struct hg__text_lines {
    int fd; // owned: one file for all passes
    hg__source source;
    hg__csv_window window;
    bool lost;     // in a line too long to be held: pass on to its end
    uint64_t line; // of the line given last, from 1
} hg__text_lines;

// The table's file; its bytes and line become the table's own.
int hg__text_lines_open(hg__text_lines *l, hg__table *t, hg_error *err);
void hg__text_lines_close(hg__text_lines *l);
// Before the first line; a byte order mark is passed over.
int hg__text_lines_begin(hg__text_lines *l, const char *path, hg_error *err);

// The next line that is not of blanks alone, without its newline: 1, 0 at the end, or an error. *text may be written to. A line too
// long is HG_ERR_DATA, and the next call goes on behind it; HG_ERR_IO: the file is damaged.
int hg__text_lines_next(hg__text_lines *l, char **text, size_t *size, hg_error *err);
#endif
