// SPDX-License-Identifier: Apache-2.0
// reader.h - what a file format must say about itself; readers.def lists them.
#ifndef HG_ARRAY_READER_H
#define HG_ARRAY_READER_H
#include "array/data.h"
#include "base/file.h"
#include "files/source.h"

typedef struct hg__reader {
    const char *name;                                // also hg__data.format
    const char *extensions;                          // ".csv.tsv.": each between dots
    bool (*sniff)(const uint8_t *head, size_t size); // does a file that starts so belong here?
    // Fills d's shape, width, dtype, scale, names and rows. Whatever it left in d is freed by the
    // caller on failure. d->path and d->format are set. May take s->fd (and set it to -1).
    int (*open)(hg__data *d, hg__source *s, const hg__data_options *o, hg_error *err);
} hg__reader;

#define READER(name) extern const hg__reader hg__reader_##name;
#include "array/readers.def"
#undef READER

// Whether a file whose content nobody knew is the reader's by its extension.
bool hg__reader_is_meant(const hg__reader *r, const char *path, const uint8_t *head, size_t size);

// A source over a zip archive of one text becomes one over that text, in a temporary file.
int hg__zip_text(hg__source *s, hg_error *err);

enum { HG_DESCRIBED = 360 };

// What the file that begins so is, for a message: "a Parquet file; save it as CSV first", "a file that begins with 01 02 03 04".
// path: its name in a line to copy, where there is one.
void hg__data_describe(const char *path, const uint8_t *head, size_t size, char text[HG_DESCRIBED]);

// What can be said about a path before it is opened.
int hg__data_check_path(const char *path, hg_error *err);

bool hg__data_is_built_in(const char *path); // "fashion", "fashion-test"

// As hg__open_read(), of a file of rows: where nothing is there and a built-in name is near, that is told too.
int hg__data_open_read(const char *path, hg_error *err);

// As hg__data_open() over an open descriptor, which it takes; `name` is for messages and its extension.
hg__data *hg__data_open_descriptor(int fd, const char *name, const hg__data_options *o,
                                   hg_error *err);

// The body of an array file: from (type, byte order, element order, shape) to rows.

// What a header said. The body begins at the source's position.
typedef struct hg__array {
    hg__dtype dtype;
    bool big_endian;
    bool fortran;    // first index fastest
    hg__shape shape; // of the whole: (rows, ...); rank 1 is one column
} hg__array;

// Fills d from the body and checks that the file ends with it. u8 stays u8, everything else becomes f32 (with d->raw:
// everything stays as it is).
// Bytes that can be used as they lie are read at once (up to o->memory) or left where they are.
int hg__array_open(const hg__array *a, hg__data *d, hg__source *s, const hg__data_options *o,
                   hg_error *err);

// Widens `count` elements at `from` (unaligned) to floats; big_endian is the file's byte order.
void hg__array_convert(hg__dtype dtype, bool big_endian, const uint8_t *from, size_t count,
                       float *to);
// The same to doubles.
void hg__array_widen(hg__dtype dtype, bool big_endian, const uint8_t *from, size_t count,
                     double *to);

// The header of a .npy file, for .npy and for the entries of .npz.

bool hg__npy_sniff(const uint8_t *head, size_t size);

// Reads the header from the start of the source; the body is next.
int hg__npy_read_header(hg__array *a, hg__source *s, hg_error *err);
#endif
