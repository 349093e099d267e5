// SPDX-License-Identifier: Apache-2.0
// mat_api.h - what we call of libmatio 1.5 (github.com/tbeu/matio), opened at the first .mat file of version 7.3. The declarations are
// our own: building needs no header, and tests/test_table_mat.c compares them with libmatio's where that is there.
#ifndef HG_TABLE_MAT_API_H
#define HG_TABLE_MAT_API_H
#include "base/error.h"

struct hg__matio;

// matvar_t as far as it is read. Its classes are those of mat.h.
typedef struct hg__mat_variable {
    size_t bytes; // of data
    int rank;
    int stored_type;
    int element; // bytes of one
    int class;   // HG_MAT_DOUBLE ...
    int is_complex, is_global, is_logical;
    size_t *dim; // (rank)
    char *name;
    void *data; // NULL where only the header was read
} hg__mat_variable;

// clang-format off
#define HG_MAT_FUNCTIONS(F)                                                       \
    F(void, GetLibraryVersion, (int *major, int *minor, int *release))            \
    F(struct hg__matio *, Open, (const char *path, int mode))                        \
    F(int, Close, (struct hg__matio *file))                                          \
    F(hg__mat_variable *, VarReadNextInfo, (struct hg__matio *file))                    \
    F(int, VarReadData, (struct hg__matio *file, hg__mat_variable *array, void *data,   \
                         int *start, int *stride, int *edge))
// clang-format on

// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define HG_MAT_MEMBER(result, name, arguments) result(*name) arguments;

typedef struct hg__mat {
    HG_MAT_FUNCTIONS(HG_MAT_MEMBER)
} hg__mat;

// NULL with HG_ERR_MISSING and a sentence about `path` where there is no libmatio 1.5.
const hg__mat *hg__mat_get(const char *path, hg_error *err);
const char *hg__mat_version(void); // "" where it is not there
#endif
