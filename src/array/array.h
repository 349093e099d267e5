// SPDX-License-Identifier: Apache-2.0
// array.h - the body of an array file: from (type, byte order, element order, shape) to rows.
#ifndef HG_ARRAY_ARRAY_H
#define HG_ARRAY_ARRAY_H
#include "array/reader.h"

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
#endif
