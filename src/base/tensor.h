// SPDX-License-Identifier: Apache-2.0
// tensor.h - a box: shape, type, memory. No maths.
#ifndef HG_BASE_TENSOR_H
#define HG_BASE_TENSOR_H
#include <stdint.h>

#include "base/error.h"

// rank 0 is a scalar with one element.
typedef struct hg__shape {
    int32_t rank;
    int64_t dim[HG_MAX_RANK];
} hg__shape;

// One list: name, safetensors name, bytes an element.
#define HG_DTYPES(X) \
 X(U8, "U8", 1)      \
 X(I8, "I8", 1)      \
 X(BOOL, "BOOL", 1)  \
 X(U16, "U16", 2)    \
 X(I16, "I16", 2)    \
 X(F16, "F16", 2)    \
 X(BF16, "BF16", 2)  \
 X(U32, "U32", 4)    \
 X(I32, "I32", 4)    \
 X(F32, "F32", 4)    \
 X(U64, "U64", 8)    \
 X(I64, "I64", 8)    \
 X(F64, "F64", 8)

#define X(id, name, size) HG_##id,
typedef enum hg__dtype { HG_DTYPES(X) HG_DTYPE_COUNT } hg__dtype;
#undef X

const char *hg__dtype_name(hg__dtype t);
size_t hg__dtype_size(hg__dtype t);
bool hg__dtype_find(const char *name, hg__dtype *t); // false for an unknown name

bool hg__shape_count(const hg__shape *s, size_t *count); // elements; false if it overflows
bool hg__shape_is_equal(const hg__shape *a, const hg__shape *b);
void hg__shape_format(const hg__shape *s, char buffer[128]); // "[64, 784]"

// A named array, C order. `data` is borrowed unless its holder says otherwise.
typedef struct hg__tensor {
    char name[192];
    hg__dtype dtype;
    hg__shape shape;
    const void *data;
} hg__tensor;

// IEEE 754's 16-bit numbers.

float hg__half_to_float(uint16_t half);
// The nearest, ties to even; beyond 65504 infinity.
uint16_t hg__half_from_double(double value);
#endif
