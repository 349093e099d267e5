// SPDX-License-Identifier: Apache-2.0
// mat_api.h - what we call of libmatio 1.5 (github.com/tbeu/matio), opened at the first .mat file. The declarations are
// our own: building needs no header, and tests/test_table_mat.c compares them with libmatio's where that is there.
#ifndef HG_DATA_MAT_API_H
#define HG_DATA_MAT_API_H
#include "base/error.h"

struct hg__mat_file;

// matvar_t as far as it is read.
typedef struct hg__mat_array {
    size_t bytes; // of data
    int rank;
    int stored_type;
    int element; // bytes of one
    int class;   // HG_MAT_DOUBLE ...
    int is_complex, is_global, is_logical;
    size_t *dim; // (rank)
    char *name;
    void *data; // NULL where only the header was read
} hg__mat_array;

enum { // matio_classes
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

// clang-format off
#define HG_MAT_FUNCTIONS(F)                                                       \
    F(void, GetLibraryVersion, (int *major, int *minor, int *release))            \
    F(struct hg__mat_file *, Open, (const char *path, int mode))                        \
    F(int, Close, (struct hg__mat_file *file))                                          \
    F(hg__mat_array *, VarReadNextInfo, (struct hg__mat_file *file))                    \
    F(int, VarReadData, (struct hg__mat_file *file, hg__mat_array *array, void *data,   \
                         int *start, int *stride, int *edge))                     \
    F(void, VarFree, (hg__mat_array *array))
// clang-format on

// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define HG_MAT_MEMBER(result, name, arguments) result(*name) arguments;

typedef struct hg__mat {
    HG_MAT_FUNCTIONS(HG_MAT_MEMBER)
} hg__mat;

// NULL with HG_ERR_MISSING and a sentence about `path` where there is no libmatio 1.5.
const hg__mat *hg__mat_get(const char *path, hg_error *err);
// libhdf5, which libmatio reads version 7.3 with, prints its errors. Not any more.
void hg__mat_quiet(void);
const char *hg__mat_version(void); // "" where it is not there
#endif
