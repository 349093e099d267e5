// SPDX-License-Identifier: Apache-2.0
// field.h - random fields whose values are alike near by: normal numbers blurred by a gaussian, of mean 0 and variance 1.
#ifndef HG_CORRUPT_FIELD_H
#define HG_CORRUPT_FIELD_H
#include "corrupt/noise_type.h"

enum { HG_FIELD_RADIUS = 7 }; // pixels that a blur takes in on each side
#define HG_FIELD_MOST 2.3     // the largest deviation of a blur, pixels

typedef struct hg__field {
    int32_t height, width, channels;
    double down, across; // standard deviations of the blur, pixels; 0: none
    uint32_t which;      // random row
} hg__field;

size_t hg__field_count(int32_t height, int32_t width, int32_t channels);
// Floats that hg__field_make() needs beside the field.
size_t hg__field_scratch(int32_t height, int32_t width, int32_t channels);
// to (height, width, channels).
void hg__field_make(const hg__noise_row *r, const hg__field *f, float *to, float *scratch);
#endif
