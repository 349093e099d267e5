// SPDX-License-Identifier: Apache-2.0
// csv_text.h - CSV as text: a window that slides over the file, records, cells. (RFC 4180; csv_filter.h makes other dialects so.)
#ifndef HG_CSV_CSV_TEXT_H
#define HG_CSV_CSV_TEXT_H
#include "csv/csv_filter.h"

// The part of the text that is in memory. All records up to `complete` have their newline in it.
typedef struct hg__csv_window {
    hg__source *source; // borrowed
    hg__csv_filter
        *filter; // owned: between source and text; NULL where bytes are taken as they are
    char *text;  // owned, (capacity) and HG_CSV_PAD zeros
    size_t capacity;
    size_t start, end; // what is not used up yet
    size_t complete;   // one past the last newline
    bool at_end;       // the file has no more
    uint64_t line;     // of `start`, from 1
} hg__csv_window;

int hg__csv_window_init(hg__csv_window *w, hg__source *s, hg_error *err);
void hg__csv_window_clear(hg__csv_window *w);
// From the beginning of the text in this dialect; what the window holds was all that was read so far.
int hg__csv_window_filter(hg__csv_window *w, const hg__csv_dialect *d, hg_error *err);
// Reads on until there is a new newline; sets at_end (and adds a newline that is missing).
int hg__csv_window_more(hg__csv_window *w, hg_error *err);
// Lets go of the line at the start. False where its end has not been seen yet: what comes next belongs to it.
bool hg__csv_window_drop(hg__csv_window *w);

// One record: its length with the newline, its cells and its newlines (more than one within quotes).
typedef struct hg__csv_record {
    size_t size, lines;
    int64_t cells;
    bool blank;
} hg__csv_record;

// The record at `text`, of which `size` bytes are there; false if its quotes do not close in them.
bool hg__csv_find_record(const char *text, size_t size, char separator, hg__csv_record *r);

// Whether it is no row: an empty line or, where rows have several cells, one of blanks alone.
bool hg__csv_is_blank(const char *text, const hg__csv_record *r, int32_t columns);

// One cell, blanks and quotes taken off.
typedef struct hg__csv_cell {
    const char *text;
    size_t size;
    bool quoted;
} hg__csv_cell;

// The cell at `text`; returns where the next one (or the next record) begins. The record is complete.
const char *hg__csv_next_cell(const char *text, char separator, hg__csv_cell *cell);

typedef enum hg__csv_kind {
    HG_CSV_NUMBER,
    HG_CSV_INFINITE,
    HG_CSV_MISSING,
    HG_CSV_TEXT
} hg__csv_kind;

// What a cell is; its value in *x if it is a number.
hg__csv_kind hg__csv_read_cell(const hg__csv_cell *cell, float *x);

// The same to double; `point` is '.' or ','. The C locale must be in force (uselocale) for both.
hg__csv_kind hg__csv_read_double(const hg__csv_cell *cell, char point, double *x);

// The cell for a message: at most 40 bytes, control characters as '?'; "empty" if there is nothing.
void hg__csv_show_cell(const hg__csv_cell *cell, char buffer[48]);

// ',' ';' '|' or tab: the one every record of the sample has equally often; of several, tab before ';' before ',' before
// '|'.
char hg__csv_find_separator(const char *text, size_t size);
#endif
