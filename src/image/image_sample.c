// SPDX-License-Identifier: Apache-2.0
// image_sample.c - one sample of any type as a number and back.
#include <math.h>

#include "base/tensor.h"
#include "image/image.h"

// Types of whole numbers: C's type, its least and its most as a double (64 bits: the nearest below).
#define WHOLE_TYPES(X)                         \
 X(U8, uint8_t, 0.0, 255.0)                    \
 X(I8, int8_t, -128.0, 127.0)                  \
 X(U16, uint16_t, 0.0, 65535.0)                \
 X(I16, int16_t, -32768.0, 32767.0)            \
 X(U32, uint32_t, 0.0, 4294967295.0)           \
 X(I32, int32_t, -2147483648.0, 2147483647.0)  \
 X(U64, uint64_t, 0.0, 18446744073709549568.0) \
 X(I64, int64_t, -9223372036854775808.0, 9223372036854774784.0)

#define MOST(id, type, least, most) \
 case HG_##id: return (float)(most);
float hg__image_white_of(hg__dtype type) {
    switch (type) {
        WHOLE_TYPES(MOST)
    default: return 1;
    }
}

bool hg__image_is_real(hg__dtype type) {
    return type == HG_F16 || type == HG_F32 || type == HG_F64;
}

bool hg__image_is_signed(hg__dtype type) {
    return type == HG_I8 || type == HG_I16 || type == HG_I32 || type == HG_I64 ||
           hg__image_is_real(type);
}

#define GET(id, type, least, most) \
 case HG_##id: return (double)((const type *)samples)[i];
double hg__image_sample(hg__dtype type, const void *samples, size_t i) {
    switch (type) {
        WHOLE_TYPES(GET)
    case HG_F16: return (double)hg__half_to_float(((const uint16_t *)samples)[i]);
    case HG_F64: return ((const double *)samples)[i];
    default: return (double)((const float *)samples)[i]; // F32
    }
}

// Rounded, in the type's range; what is no number becomes 0.
static double fit(double value, double least, double most) {
    if (isnan(value)) return 0;
    return value < least ? least : value > most ? most : rint(value);
}

#define SET(id, type, least, most) \
 case HG_##id: ((type *)samples)[i] = (type)fit(value, least, most); break;
void hg__image_set_sample(hg__dtype type, void *samples, size_t i, double value) {
    switch (type) {
        WHOLE_TYPES(SET)
    case HG_F16: ((uint16_t *)samples)[i] = hg__half_from_double(value); break;
    case HG_F64: ((double *)samples)[i] = value; break;
    default: ((float *)samples)[i] = (float)value; break; // F32
    }
}
