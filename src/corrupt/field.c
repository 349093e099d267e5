// SPDX-License-Identifier: Apache-2.0
// field.c - random fields whose values are alike near by.
#include "corrupt/field.h"

#include <string.h>

enum { SIDE = 2 * HG_FIELD_RADIUS + 1 };

static size_t wide_count(int32_t height, int32_t width, int32_t channels) {
    return hg__noise_padded((size_t)(height + SIDE - 1) * (size_t)(width + SIDE - 1) *
                            (size_t)channels);
}

size_t hg__field_count(int32_t height, int32_t width, int32_t channels) {
    return hg__noise_padded((size_t)height * (size_t)width * (size_t)channels);
}

size_t hg__field_scratch(int32_t height, int32_t width, int32_t channels) {
    return wide_count(height, width, channels);
}

// The sum of squares is 1: so is the variance of what comes of numbers of variance 1.
static void find_weights(double deviation, float weight[SIDE]) {
    double w[SIDE], squares = 0;
    for (int32_t i = 0; i < SIDE; i++) {
        const int32_t k = i - HG_FIELD_RADIUS;
        const double far = k == 0 ? 0 : deviation > 0 ? k * k / (2 * deviation * deviation) : 20;
        w[i] = far < 20 ? hg__noise_exp(far) : 0;
        squares += w[i] * w[i];
    }
    for (int32_t i = 0; i < SIDE; i++) weight[i] = (float)(w[i] / __builtin_sqrt(squares));
}

// to (n) = from at SIDE places, `step` floats apart.
static void add_places(const float *from, size_t step, const float weight[SIDE], float *to,
                       size_t n) {
    memset(to, 0, n * sizeof *to);
    for (size_t k = 0; k < SIDE; k++) {
        if (weight[k] <= 0) continue;
        const float *at = from + k * step, w = weight[k];
        for (size_t i = 0; i < n; i++) to[i] += w * at[i];
    }
}

void hg__field_make(const hg__noise_row *r, const hg__field *f, float *to, float *scratch) {
    float weight[SIDE];
    const size_t C = (size_t)f->channels, line = (size_t)f->width * C;
    const size_t wide = line + (SIDE - 1) * C, high = (size_t)f->height + SIDE - 1;
    hg__noise_normal(r, f->which, high * wide, scratch);
    find_weights(f->down, weight);
    for (size_t y = 0; y < (size_t)f->height; y++) { // a line that has been read holds the new one
        float *at = scratch + y * wide;
        for (size_t i = 0; i < wide; i++) {
            float sum = 0;
            for (size_t k = 0; k < SIDE; k++) sum += weight[k] * at[i + k * wide];
            at[i] = sum;
        }
    }
    find_weights(f->across, weight);
    for (size_t y = 0; y < (size_t)f->height; y++) {
        add_places(scratch + y * wide, C, weight, to + y * line, line);
    }
}
