// SPDX-License-Identifier: Apache-2.0
// crop_turn.c - cubic resampling of a square about its middle.
#include "inspect/crop_turn.h"

#include <stddef.h>

static const float most_sine = 0.15F, most_zoom = 0.15F;

int32_t hg__crop_turn_side(int32_t side) {
    return side + side / 2;
}

static float between(uint32_t word, float most) { // -most .. most
    return most * (2 * hg__unit_float(word) - 1);
}

// At t, 0 .. 1, between the second and the third of four values, `step` floats apart.
static float cubic(const float *p, int32_t step, float t) {
    const float a = p[0], b = p[step], c = p[2 * step], d = p[3 * step];
    return b +
           0.5F * t * ((c - a) + t * ((2 * a - 5 * b) + (4 * c - d) + t * (3 * (b - c) + (d - a))));
}

static float held_in(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
}

// How a crop lies in its square: a step along it and across it, pixels.
typedef struct lie {
    float along, across;
    int32_t side;
} lie;

static lie drawn_lie(const hg__philox *drawn, int32_t side) {
    const float sine = between(drawn->word[0], most_sine);
    const float zoom = 1 + between(drawn->word[1], most_zoom);
    return (lie){zoom * __builtin_sqrtf(1 - sine * sine), zoom * sine, side};
}

// The square's pixel at (y, x), between 1 and the last but two: channel `from` begins with.
static float sample(const float *from, int32_t s, int32_t channels, float y, float x) {
    const int32_t top = (int32_t)y - 1, left = (int32_t)x - 1;
    float line[4];
    for (int32_t k = 0; k < 4; k++) {
        line[k] = cubic(from + ((ptrdiff_t)(top + k) * s + left) * channels, channels,
                        x - (float)(left + 1));
    }
    return cubic(line, 1, y - (float)(top + 1));
}

static void turn_line(const float *from, const lie *l, int32_t i, int32_t channels, int32_t stride,
                      float *to) {
    const int32_t s = hg__crop_turn_side(l->side);
    const float middle = 0.5F * (float)(l->side - 1), own = 0.5F * (float)(s - 1);
    const float dy = (float)i - middle;
    for (int32_t j = 0; j < l->side; j++, to += stride) {
        const float dx = (float)j - middle;
        const float y = held_in(own + l->along * dy + l->across * dx, 1, (float)(s - 3));
        const float x = held_in(own + l->along * dx - l->across * dy, 1, (float)(s - 3));
        for (int32_t c = 0; c < channels; c++) to[c] = sample(from + c, s, channels, y, x);
    }
}

void hg__crop_turn(const float *from, int32_t side, int32_t channels, int32_t stride,
                   const hg__philox *drawn, float *to) {
    const lie l = drawn_lie(drawn, side);
    for (int32_t i = 0; i < side; i++) {
        turn_line(from, &l, i, channels, stride, to + (ptrdiff_t)i * side * stride);
    }
}
