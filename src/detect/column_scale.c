// SPDX-License-Identifier: Apache-2.0
// column_scale.c - standard deviations of columns, row by row, so that the rows need not be held.
#include "detect/column_scale.h"

#include <math.h>

static const double most_of_two = 2.5;

void hg__column_scale_meet(hg__column_scale *c, const float *x, int32_t width, int64_t row,
                           int64_t rows) {
    for (int32_t j = 0; j < width; j++, c++) {
        const float v = x[j];
        if (row == 0) c->first = c->other = v;
        c->mean += (double)v / (double)rows;
        if (v == c->first || v == c->other) continue;
        c->has_more = c->has_more || c->other != c->first;
        c->other = v;
    }
}

void hg__column_scale_measure(hg__column_scale *c, const float *x, int32_t width, int64_t rows) {
    for (int32_t j = 0; j < width; j++) {
        const double gap = (double)x[j] - c[j].mean;
        c[j].square += gap * gap / (double)rows;
    }
}

float hg__column_scale_of(const hg__column_scale *c) {
    const double deviation = sqrt(c->square);
    if (deviation < 1e-6) return (float)most_of_two;
    if (c->has_more) return (float)(1 / deviation);
    const double farthest =
        fmax(fabs((double)c->first - c->mean), fabs((double)c->other - c->mean)) / deviation;
    return (float)(fmin(1, most_of_two / farthest) / deviation);
}
