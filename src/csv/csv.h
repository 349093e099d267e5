// SPDX-License-Identifier: Apache-2.0
// csv.h - CSV as text (RFC 4180): other dialects made so, a window that slides over the file, records, cells, what the beginning says.
//
//   UTF-16 ──> UTF-8     lines that end in CR alone ──> LF     comment lines ──> empty lines
//   blanks between cells ──> a tab     'quoted' ──> "quoted"     \" within quotes ──> ""
//
// Files in no such dialect never come here.
#ifndef HG_CSV_CSV_H
#define HG_CSV_CSV_H
#include "base/error.h"
#include "csv/cell.h"
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

// CSV as text: a window that slides over the file, records, cells.

// The part of the text that is in memory. All records up to `complete` have their newline in it.
typedef struct hg__csv_window {
    hg__source *source; // borrowed
    // owned: between source and text; NULL where bytes are taken as they are
    hg__csv_filter *filter;
    char *text; // owned, (capacity) and HG_CSV_PAD zeros
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

// What the beginning of a CSV file says: separator, decimal point, columns and their names.

// What the reader is after.
typedef struct hg__csv_options {
    const char *what; // "rows of numbers", for messages
    // names separated by commas: a first record with one of them is a header; ""
    const char *label, *ignore;
    bool commas; // numbers may be written 3,14
    hg__header_options header;
} hg__csv_options;

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
int hg__csv_head_read(hg__csv_head *h, hg__csv_window *w, const hg__csv_options *options,
                      hg_error *err);
void hg__csv_head_clear(hg__csv_head *h);

// Texts in another format than lines of cells, by name.

// "an XML file", "lines of JSON" ..., or NULL where the text may be a table. *advice: what to do with it; "" where that is plain.
const char *hg__text_other_format(const char *text, size_t size, const char **advice);

// "UTF-16LE" ... of text in units of two bytes or four, without a byte order mark, as iconv calls it; NULL of anything else.
const char *hg__text_wide(const uint8_t *text, size_t size);

// The line that makes UTF-8 of a file in that encoding: "iconv -f UTF-16LE -t UTF-8 'my file.csv' > utf8.csv".
enum { HG_ICONV = 264 };
void hg__text_iconv(const char *encoding, const char *path, char line[HG_ICONV]);
#endif
