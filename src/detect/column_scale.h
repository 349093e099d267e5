// SPDX-License-Identifier: Apache-2.0
// column_scale.h - what makes the columns of a table weigh alike in a distance, from rows that are seen twice.
#ifndef HG_DETECT_COLUMN_SCALE_H
#define HG_DETECT_COLUMN_SCALE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct hg__column_scale {
    double mean, square; // square: mean squared distance from the mean
    float first, other;  // the first value, and the last that was neither
    bool has_more;       // than those two
} hg__column_scale;

// One of `rows` rows, x (width), of a table; c (width), zeros before the first. Every row in order, then every row again.
void hg__column_scale_meet(hg__column_scale *c, const float *x, int32_t width, int64_t row,
                           int64_t rows);
void hg__column_scale_measure(hg__column_scale *c, const float *x, int32_t width, int64_t rows);

// 1 / the standard deviation. Of two values, levels of a category among them, the rarer may lie far out: no farther than 2.5. One
// that never varied may yet.
float hg__column_scale_of(const hg__column_scale *c);
#endif
