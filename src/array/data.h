// SPDX-License-Identifier: Apache-2.0
// data.h - rows of numbers, all of one width, wherever they live.
//
//   file ──sniff──> reader (readers.def) ──> hg__data: rows in memory or on disk ──> rows/row_source.h
//
// Bytes stay bytes: a u8 row is handed out as u8 and widened by the consumer (times data->scale).
#ifndef HG_ARRAY_DATA_H
#define HG_ARRAY_DATA_H
#include "base/error.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/tensor.h"
#include "csv/cell.h"

typedef struct hg__data_options {
    const char *label;  // name (or 1-based number) of the column that is a label, not a feature; ""
    const char *ignore; // names separated by commas, left out; ""
    const char *on_bad; // "stop" or "skip": what a row that cannot be used does; "" is stop
    size_t memory;      // bytes that may be held at a time; above, rows live on disk
    hg__header_options header; // text: whether the first row is names
    // for the sentence about a cell that is no number: "; without ..."; NULL: none
    const char *text_advice;
    const hg_listener *listener; // borrowed: told how far the reading is; or NULL
} hg__data_options;

typedef struct hg__data {
    char path[1024]; // for messages
    char format[16]; // "idx", "npy", "npz", "csv"
    int64_t rows;
    int32_t width;        // features a row
    hg__shape shape;      // of one row: {2, {28, 28}} for images, {1, {width}} otherwise
    hg__dtype dtype;      // HG_U8 or HG_F32: everything else was converted (unless raw)
    bool raw;             // opened by hg__data_open_raw()
    bool big_endian;      // raw: the order of a number's bytes
    char array[64];       // .npz: the name of the array; else ""
    float scale;          // what one stored unit is worth: 1/255 for u8, 1 for f32
    char **column;        // (width) owned names, or NULL where the file has none
    int64_t skipped;      // bad rows left out (on_bad=skip)
    char note[256];       // what a user should know of how the file is read; ""
    uint64_t fingerprint; // of shape and contents, for run.json

    const void *base; // all rows, contiguous, or NULL where they live on disk
    int fd;           // rows on disk: row i is width * size bytes at offset + i * that; else -1
    uint64_t offset;
    void *owned; // heap block behind base, or NULL
} hg__data;

// Opens a file known by its content. "fashion" is the Debian package's Fashion-MNIST training images and
// "fashion-test" its test images. Every value is finite when this returns.
hg__data *hg__data_open(const char *path, const hg__data_options *o, hg_error *err);
// The file behind such a word; any other path is itself.
const char *hg__data_file(const char *path);
void hg__data_close(hg__data *d); // NULL is fine

// NPY, NPZ (`array`: which one is meant; "" as above), IDX: the same, but numbers stay as the file has them, NaN too:
// dtype may be any, and there is no fingerprint. HG_ERR_USAGE if there is no such array.
hg__data *hg__data_open_raw(const char *path, const char *array, size_t memory, hg_error *err);

// A dataset over an array the caller keeps: x (rows, width).
int hg__data_wrap(hg__data *d, const float *x, int64_t rows, int32_t width, hg_error *err);

// out (width) of the width bytes that lie at its far end, times scale.
void hg__widen_bytes(float *out, size_t width, float scale);

// Copies row i to out (width), widened and scaled. May fail only for rows on disk.
int hg__data_row(const hg__data *d, int64_t i, float *out, hg_error *err);
#endif
