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

// Which arrays of a file are a signal, where none is called X: the one that has ten times as many numbers as any other, or all lines of
// numbers of one length where all other arrays are a tenth of it.

enum { HG_MAT_LINES = 12 };

typedef struct hg__mat_signal {
    hg__mat_array largest, rate;
    hg__mat_array line[HG_MAT_LINES]; // (lines) of `most` numbers each
    int32_t lines, mosts;             // mosts: arrays of `most` numbers
    uint64_t most, second;            // numbers of the largest, and of the largest that has fewer
    bool has_rate;                    // one number that says how many rows a second are
} hg__mat_signal;

void hg__mat_signal_look(hg__mat_signal *s, const hg__mat_array *a); // a matrix of numbers
bool hg__mat_signal_has_largest(const hg__mat_signal *s);
bool hg__mat_signal_has_lines(const hg__mat_signal *s);
// Names of the lines (lines) as columns: what all begin with, up to "_", is left off where a digit is in it: "X097_DE_time".
void hg__mat_signal_name(const hg__mat_signal *s, char name[HG_MAT_LINES][64]);

// Version 4 has no magic: its first array's header and name must be what they can be.
bool hg__mat_4_sniff(const uint8_t *head, size_t size);
// Version 5 (and 7.3), by the mark behind 124 bytes of text. head (HG_MAT_HEADER)
bool hg__mat_has_mark(const uint8_t *head, uint8_t version);

// "X", with question marks for what is no text. text (64)
const char *hg__mat_show_name(const hg__mat_array *a, char text[64]);
int hg__mat_fail_short(const hg__mat_file *f, const hg__mat_array *a, hg_error *err);

// What we call of libmatio 1.5 (github.com/tbeu/matio), opened at the first .mat file of version 7.3. The declarations are
// our own: building needs no header, and tests/test_table_mat.c compares them with libmatio's where that is there.

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
