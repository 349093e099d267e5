// SPDX-License-Identifier: Apache-2.0
// mat.h - the arrays of a MATLAB file, one after the other, and the numbers of those that are wanted.
//
// Versions 4 and 5 are read here: nothing is taken that the file's own length does not vouch for. Version 7.3 is HDF5, which
// libmatio reads; it runs in a process of its own (table_mat.c).
#ifndef HG_TABLE_MAT_H
#define HG_TABLE_MAT_H
#include "base/error.h"
#include "base/tensor.h"

enum {
    HG_MAT_NAME = 256,    // bytes of a name that are kept; MATLAB's have 63
    HG_MAT_HEADER = 128,  // bytes of a file of version 5
    HG_MAT_RATIO = 1032,  // deflate makes at most so many bytes of one
    HG_MAT_ARRAYS = 1024, // a file may have
};

enum { // classes of arrays, as version 5 numbers them
    HG_MAT_CHAR = 4,
    HG_MAT_SPARSE = 5,
    HG_MAT_DOUBLE = 6,
    HG_MAT_SINGLE,
    HG_MAT_INT8,
    HG_MAT_UINT8,
    HG_MAT_INT16,
    HG_MAT_UINT16,
    HG_MAT_INT32,
    HG_MAT_UINT32,
    HG_MAT_INT64,
    HG_MAT_UINT64
};

typedef struct hg__mat_array {
    char name[HG_MAT_NAME]; // in whatever encoding
    int32_t class, rank;
    uint64_t dim[2]; // the first two
    bool is_complex;
    // Version 4: of its numbers; 5: of its element.
    uint64_t at, size;
    hg__dtype stored; // version 4
    bool big;         // so are its bytes
    void *handle;     // 7.3: libmatio's
} hg__mat_array;

typedef struct hg__mat_file {
    const struct hg__mat_kind *kind;
    const char *path;  // borrowed, for messages
    int fd;            // borrowed
    uint64_t size, at; // of the file; of the next array
    bool big;
    void *state; // 7.3: libmatio's
} hg__mat_file;

// Numbers column by column, in the type and order of bytes that the file has them in.
typedef struct hg__mat_numbers {
    uint8_t *bytes; // owned
    hg__dtype dtype;
    bool big;
} hg__mat_numbers;

typedef struct hg__mat_kind {
    int (*open)(hg__mat_file *f, hg_error *err);
    // 1, or 0 at the end.
    int (*next)(hg__mat_file *f, hg__mat_array *a, hg_error *err);
    // The first `count` numbers of a matrix of a class of numbers, all of which must be there.
    int (*read)(hg__mat_file *f, const hg__mat_array *a, size_t count, hg__mat_numbers *to,
                hg_error *err);
} hg__mat_kind;

extern const hg__mat_kind hg__mat_4, hg__mat_5, hg__mat_7;

// Version 4 has no magic: its first array's header and name must be what they can be.
bool hg__mat_4_sniff(const uint8_t *head, size_t size);
// Version 5 (and 7.3), by the mark behind 124 bytes of text. head (HG_MAT_HEADER)
bool hg__mat_has_mark(const uint8_t *head, uint8_t version);

// "X", with question marks for what is no text. text (64)
const char *hg__mat_show_name(const hg__mat_array *a, char text[64]);
int hg__mat_fail_short(const hg__mat_file *f, const hg__mat_array *a, hg_error *err);
#endif
