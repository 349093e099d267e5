// SPDX-License-Identifier: Apache-2.0
// write_rows.h - rows of floats to a .npy, .csv, .tsv or .idx file.
#ifndef HG_JOBS_WRITE_ROWS_H
#define HG_JOBS_WRITE_ROWS_H
#include "base/file.h"
#include "base/tensor.h"

// How a file of rows looks.
typedef struct hg__row_layout {
    int64_t rows;
    hg__shape shape; // of one row
    hg__dtype dtype; // HG_F32; HG_U8 only for idx: value / unit, rounded, within 0..255
    float unit;      // what one stored byte is worth, such as 1/255
    const char *const
        *column; // (features of a row) names for the first line of csv, or NULL; borrowed
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
} hg__row_writer;

int hg__row_writer_open(hg__row_writer *w, const char *path, const hg__row_format *format,
                        const hg__row_layout *layout, hg_error *err);
int hg__row_writer_add(hg__row_writer *w, const float *x, int64_t rows,
                       hg_error *err);                       // (rows, width)
int hg__row_writer_commit(hg__row_writer *w, hg_error *err); // closes in every case
void hg__row_writer_abort(hg__row_writer *w);                // {0} is fine
#endif
