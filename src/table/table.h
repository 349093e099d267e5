// SPDX-License-Identifier: Apache-2.0
// table.h - rows of mixed cells under named columns: CSV with text in it, lines of JSON, databases, arrays.
//
//   source ──> hg__table: cell by cell, row by row, twice over ──> schema.h: rows of floats for a network
//
// A table is read in passes: hg__table_next() to the end, hg__table_rewind(), and again. Nothing but the current
// row (and the reader's window) is held in memory.
#ifndef HG_TABLE_TABLE_H
#define HG_TABLE_TABLE_H
#include "base/host.h"
#include "csv/cell.h"
#include "files/source.h"

typedef struct hg__table_options {
    const char *query; // odbc:, sqlite: what to select; ""
    // sqlite file, odbc:, .mat, .npz: which table or array; "" where there is but one
    const char *table;
    hg__header_options header; // text: whether the first row is names
    // .mat: where no array is named, that which is far larger than all others, a line of numbers as a column
    bool is_signal;
} hg__table_options;

typedef struct hg__table hg__table;

// One kind of source; tables.def lists them.
typedef struct hg__table_type {
    const char *name; // "csv", "jsonl", "zeek", "mat", "sqlite", "odbc", "array"
    // Whether `source` (a path, or "odbc:DSN=...") is of this kind; head: its first bytes, none where it is no file.
    bool (*sniff)(const char *source, const uint8_t *head, size_t size);
    // Fills columns, name (NULL: none; empty ones and two alike are seen to by the caller), rows and state. Whatever it
    // left is given to close on failure.
    int (*open)(hg__table *t, const hg__table_options *o, hg_error *err);
    int (*rewind)(hg__table *t, hg_error *err);
    int (*next)(hg__table *t, hg__cell *cell, hg_error *err);
    void (*where)(const hg__table *t, char *text, size_t size);
    void (*close)(hg__table *t);
} hg__table_type;

struct hg__table {
    char *source; // owned: what to open
    // for messages: a file's is set, the others' is for open() to set, without a password
    char path[1024];
    const hg__table_type *type;
    int32_t columns;
    // owned, (columns) owned, no two alike; "column 1" ... where the source has no names
    char **name;
    bool named;     // the source has names
    char point;     // of a text's numbers: '.' or ','; 0: the source has numbers of its own
    char note[256]; // what a user should know of how it is read; ""
    int64_t rows;   // as far as known without reading; else -1
    double rate;    // rows a second, where the source says so; else 0
    void *state;    // the type's own
    // Of text, the type's own, else NULL: where it is read from, and the line in which the row given last begins, from 1.
    const hg__source *bytes;
    const uint64_t *line;
    hg__meter *meter; // borrowed: told of rows that are read, and asked whether to stop; or NULL
};

#define TABLE(name) extern const hg__table_type hg__table_##name;
#include "table/tables.def"
#undef TABLE

// Opens data=: a CSV file, a .mat, an SQLite file, "odbc:CONNECTION STRING", or a file of numbers (NPY, NPZ, IDX)
// as a table of numbers. `o` may be NULL. Names that are empty become "column 3", the second "x" becomes "x.2".
hg__table *hg__table_open(const char *source, const hg__table_options *o, hg_error *err);
void hg__table_close(hg__table *t); // NULL is fine

// For what makes a table of its own: gives columns without a name one, and tells equal ones apart.
int hg__table_settle_names(hg__table *t, hg_error *err);

// For types of text: the source's file, or the text that a zip archive is of; a descriptor or a negative code.
int hg__table_open_text(const hg__table *t, hg_error *err);

// What kind of table a source would be, by its first bytes; NULL where it is none.
const hg__table_type *hg__table_find_type(const char *source, hg_error *err);

// Back to before the first row; a query runs again.
int hg__table_rewind(hg__table *t, hg_error *err);

// The next row, cell (columns): 1, 0 at the end, negative if it cannot be had. After HG_ERR_DATA (a row too short
// or too long, text that is not UTF-8, a number out of range) the next call goes on behind the bad row. Any other
// code, HG_ERR_IO where the source is damaged, ends the reading.
int hg__table_next(hg__table *t, hg__cell *cell, hg_error *err);

// From here on `m` says how far the reading is, and a request to stop ends it with HG_ERR_STOPPED; until it ends.
void hg__table_start_meter(hg__table *t, hg__meter *m, const hg_listener *l, const char *stage);
void hg__table_end_meter(hg__table *t);

// Where the row given last stands: "x.csv:17", "x.db, table flows, row 17".
void hg__table_where(const hg__table *t, char *text, size_t size);

// The column of that name, or of that number from 1 where no name is it; -1 if there is none.
int32_t hg__table_find(const hg__table *t, const char *name);

// Some of a table's rows as a table.

// Whether a row belongs to the view: its cells (columns of the table), its number among the table's rows from 0 (bad rows
// count). Negative: an error was put into err, and the reading ends with it.
typedef int hg__row_filter(void *context, const hg__table *t, const hg__cell *cell, int64_t row,
                           hg_error *err);

// The rows of t that `keep` lets through. t and context are borrowed; t is rewound, and again with each rewind of the view.
hg__table *hg__table_view(hg__table *t, hg__row_filter *keep, void *context, hg_error *err);
#endif
