// SPDX-License-Identifier: Apache-2.0
// data.h - rows of numbers, all of one width, wherever they live.
//
//   file ──sniff──> reader (readers.def) ──> hg__data: rows in memory or on disk
//                                               │
//                        split (val=, fraction=) ──> hg__rows: which rows, in which order
//                                               │
//                              hg__loader: the next batch as pointers to rows, ready while
//                                          the last one is still being used
//
// Bytes stay bytes: a u8 row is handed out as u8 and widened by the consumer (times data->scale).
#ifndef HG_ARRAY_DATA_H
#define HG_ARRAY_DATA_H
#include "base/error.h"
#include "base/limits.h"
#include "base/rng.h"
#include "base/tensor.h"
#include "csv/cell.h"

typedef struct hg__data_options {
    const char *label;  // name (or 1-based number) of the column that is a label, not a feature; ""
    const char *ignore; // names separated by commas, left out; ""
    const char *on_bad; // "stop" or "skip": what a row that cannot be used does; "" is stop
    size_t memory;      // bytes that may be held at a time; above, rows live on disk
    struct hg__picture_options *pictures; // borrowed; for folders of images; NULL: the defaults
    hg__header_wish header;               // text: whether the first row is names
    const char *
        text_advice; // for the sentence about a cell that is no number: "; without ..."; NULL: none
    const hg_listener *listener; // borrowed: told how far the reading is; or NULL
} hg__data_options;

typedef struct hg__data {
    char path[1024]; // for messages
    char format[16]; // "idx", "npy", "npz", "csv"
    int64_t rows;
    int32_t width;                 // features a row
    hg__shape shape;               // of one row: {2, {28, 28}} for images, {1, {width}} otherwise
    hg__dtype dtype;               // HG_U8 or HG_F32: everything else was converted (unless raw)
    bool raw;                      // opened by hg__data_open_raw()
    bool big_endian;               // raw: the order of a number's bytes
    char array[64];                // .npz: the name of the array; else ""
    float scale;                   // what one stored unit is worth: 1/255 for u8, 1 for f32
    char **column;                 // (width) owned names, or NULL where the file has none
    int64_t skipped;               // bad rows left out (on_bad=skip)
    char first_skipped[500];       // of images: what was wrong with the first of them
    char note[256];                // what a user should know of how the file is read; ""
    uint64_t fingerprint;          // of shape and contents, for run.json
    struct hg__pictures *pictures; // owned: rows are made from images (pictures.h); else NULL
    int32_t
        crops; // rows an epoch for each of `rows`, where rows are made: crops of a picture, ways to spoil a row; 0 is 1

    // Borrowed, (rows, width): what each row is to become; NULL: itself.
    const float *pair;

    const void *base; // all rows, contiguous, or NULL where they live on disk
    int fd;           // rows on disk: row i is width * size bytes at offset + i * that; else -1
    uint64_t offset;
    void *owned; // heap block behind base, or NULL
} hg__data;

// Opens a file known by its content. "fashion" is the Debian package's Fashion-MNIST training images and
// "fashion-test" its test images. Every value is finite when this returns.
hg__data *hg__data_open(const char *path, const hg__data_options *o, hg_error *err);
void hg__data_close(hg__data *d); // NULL is fine

// NPY, NPZ (`array`: which one is meant; "" as above), IDX: the same, but numbers stay as the file has them, NaN too:
// dtype may be any, and there is no fingerprint. HG_ERR_USAGE if there is no such array.
hg__data *hg__data_open_raw(const char *path, const char *array, size_t memory, hg_error *err);

// Whether hg__data_open() would make rows of images: a folder, an image, or a list of images' names.
bool hg__data_is_pictures(const char *path);

// A dataset over an array the caller keeps: x (rows, width).
int hg__data_wrap(hg__data *d, const float *x, int64_t rows, int32_t width, hg_error *err);

// Copies row i to out (width), widened and scaled. May fail only for rows on disk.
int hg__data_row(const hg__data *d, int64_t i, float *out, hg_error *err);

// Which rows of a dataset, by a keyed permutation or a list: position p in 0 .. count-1 -> row number.
typedef struct hg__rows {
    const hg__data *data; // borrowed
    int64_t first, count; // of the permuted order
    bool permuted;        // false: rows first .. first+count-1 as they stand
    hg__shuffle order;    // the permutation
    const int64_t *row;   // borrowed, (count): row numbers, instead of all that; or NULL
} hg__rows;

hg__rows hg__rows_all(const hg__data *d);

// Cuts the dataset into training rows and round(val_fraction * rows) validation rows (at least 1 if the
// fraction is above 0 and there are 2 rows), then keeps `fraction` of the training rows.
int hg__rows_split(const hg__data *d, double val_fraction, double fraction, uint64_t seed,
                   hg__rows *train, hg__rows *val, hg_error *err);
int64_t hg__rows_at(const hg__rows *r, int64_t position); // the row's number in the file

// Hands out batches of row pointers. Rows in memory: pointers straight into the data. Rows on disk: a
// thread of the loader reads the next batch while this one is used.
typedef struct hg__loader hg__loader;

typedef struct hg__batch {
    const void *const *row; // (count) pointers to rows of `dtype`, valid until the next call
    hg__dtype dtype;        // data->dtype, but HG_F32 where rows are made
    float scale;
    const float *const *target; // (count) clean rows, where rows were spoilt or paired; else NULL
    const int64_t *number;      // (count) their numbers in the file
    int32_t count;
    int64_t first;            // position of row[0] in this epoch's order
    const void *const *ahead; // (ahead_count) rows in memory: the next batch's; NULL at the end
    int32_t ahead_count;
} hg__batch;

// How rows are made on the way: pictures are decoded and cropped; rows of any data spoilt by `noise` (borrowed,
// may be NULL). `fixed`: validation, every epoch makes the same rows.
typedef struct hg__making {
    const struct hg__noise *noise;
    uint64_t seed;
    bool fixed;
    struct hg__pool
        *pool; // does what is left of the making in hg__loader_next(); needed if rows are made
    // Borrowed, (groups): the columns of a table's rows, which are spoilt as wholes; or NULL.
    const struct hg__column_group *group;
    int32_t groups;
} hg__making;

hg__loader *hg__loader_new(const hg__rows *rows, int32_t batch, const hg__making *making,
                           hg_error *err);    // making may be NULL: rows as they are
int64_t hg__loader_rows(const hg__loader *l); // rows of an epoch: rows->count * crops

// Rows that are made: the next batch can be made by the threads that work on this one. Number of tasks (0: nothing
// to do), and a task for hg__pool_run() whose context is the loader. A failure shows in the next call of next().
int32_t hg__loader_work(hg__loader *l);
void hg__loader_make(void *loader, int32_t task, int32_t thread);
void hg__loader_free(hg__loader *l); // NULL is fine

// Starts an epoch: shuffled by (seed, epoch) or in order; `skip` batches are passed over (resume).
void hg__loader_start(hg__loader *l, bool shuffle, uint64_t seed, int32_t epoch, int64_t skip);

// 1 with the next batch (the last may be smaller), 0 at the end, negative if the disk failed. Allocates
// nothing.
int hg__loader_next(hg__loader *l, hg__batch *b, hg_error *err);
#endif
