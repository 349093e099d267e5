// SPDX-License-Identifier: Apache-2.0
// score_sheet.h - rows going out: lines of CSV or of JSON, or a table of a database; rows of floats to a file; and floats as text, quickly.
#ifndef HG_JOBS_SCORE_SHEET_H
#define HG_JOBS_SCORE_SHEET_H
#include <stddef.h>
#include <stdint.h>

#include "array/parquet.h"
#include "base/file.h"
#include "base/tensor.h"
#include "base/text.h"
#include "table/table_out.h"

// A number and how it was written: the next row often has the same.
typedef struct hg__written_number {
    double number;
    int32_t size; // 0: none was written
    char text[32];
} hg__written_number;

typedef struct hg__score_sheet {
    const hg__out_column *column; // borrowed, (columns)
    int32_t columns;
    bool json;
    hg__writer file;          // of text
    hg__text text;            // owned: what is not in the file yet
    hg__written_number *last; // owned, (columns): of text
    hg__table_out *database;  // owned; NULL for text
} hg__score_sheet;

// Where they go.
typedef struct hg__sheet_target {
    const char *out;    // a file, "-", or a database
    const char *format; // "auto", "csv" or "json"
    const char *table;  // of a database
    bool appends;       // to the rows that this table has
} hg__sheet_target;

// Refuses append= for an `out` that is no table of a database.
int hg__append_check(bool appends, const char *out, hg_error *err);

bool hg__score_sheet_is_json(const char *out, const char *format); // of options out= and format=
int hg__score_sheet_open(hg__score_sheet *s, const hg__sheet_target *to,
                         const hg__out_column *column, int32_t columns, hg_error *err);
int hg__score_sheet_add(hg__score_sheet *s, const hg__cell *cell, hg_error *err); // cell (columns)

// The same for text in two steps, so that threads may share the first: cells become a line at the end of t, lines go
// out and are empty. Whether memory sufficed is asked by the second. Not to be mixed with the one above.
void hg__score_sheet_format(const hg__score_sheet *s, const hg__cell *cell, hg__text *t);
int hg__score_sheet_add_lines(hg__score_sheet *s, hg__text *lines, hg_error *err);

int hg__score_sheet_commit(hg__score_sheet *s,
                           hg_error *err);      // all of it is there, or none; closes in every case
void hg__score_sheet_abort(hg__score_sheet *s); // {0} is fine

// A float as text, quickly.

enum { HG_MAX_G9 = 16 }; // bytes of the longest, "-1.17549435e-38", with a separator

// Writes x exactly as printf's "%.9g" does, without an end, and returns the length. Nine digits bring the same
// float back. Writes up to 32 bytes.
size_t hg__format_g9(char *to, float x);

size_t hg__format_count(char *to, uint64_t n); // decimal, without an end; up to 20 bytes

// Rows of floats to a .npy, .csv, .tsv, .idx or .parquet file.

// How a file of rows looks.
typedef struct hg__row_layout {
    int64_t rows;
    hg__shape shape; // of one row
    hg__dtype dtype; // HG_F32; HG_U8 only for idx: value / unit, rounded, within 0..255
    float unit;      // what one stored byte is worth, such as 1/255
    const char *const *
        column; // (features of a row) names for the first line of csv and the columns of parquet, or NULL; borrowed
    char letter; // parquet, without names: columns are this (0: x) and a number from 0
} hg__row_layout;

typedef struct hg__row_format hg__row_format;

// By the end of `path`; where that says nothing, the format of the name `family` ("csv", "npz", ...).
const hg__row_format *hg__row_format_find(const char *path, const char *family, hg_error *err);
bool hg__row_format_has_bytes(const hg__row_format *f); // whether it can hold HG_U8

typedef struct hg__row_writer {
    hg__writer file;
    const hg__row_format *format;
    hg__row_layout layout;
    int32_t width;
    hg__parquet parquet; // its own, {0} for other formats
} hg__row_writer;

int hg__row_writer_open(hg__row_writer *w, const char *path, const hg__row_format *format,
                        const hg__row_layout *layout, hg_error *err);
int hg__row_writer_add(hg__row_writer *w, const float *x, int64_t rows,
                       hg_error *err);                       // (rows, width)
int hg__row_writer_commit(hg__row_writer *w, hg_error *err); // closes in every case
void hg__row_writer_abort(hg__row_writer *w);                // {0} is fine
#endif
