// SPDX-License-Identifier: Apache-2.0
// damage_internal.h - a defect being drawn: shared by its shapes, its fillings and what puts the two together.
#ifndef HG_CORRUPT_DAMAGE_INTERNAL_H
#define HG_CORRUPT_DAMAGE_INTERNAL_H
#include <stdbool.h>

#include "base/rng.h"
#include "corrupt/damage.h"
#include "corrupt/noise_type.h"

// Random numbers one after the other, of one picture.
typedef struct hg__draws {
    uint64_t key;
    uint32_t counter[3];
    uint32_t used;
    hg__philox block;
} hg__draws;

typedef struct hg__damage {
    const hg__damage_place *at; // borrowed
    hg__draws draws;
    float *x;     // borrowed: the picture, (height, width, stride)
    float *shape; // (height, width): 1 inside, soft at the edge, 0 outside
    float *fill;  // (height, width, channels): what is to be there, inside the box
    int32_t top, left, bottom, right; // the box: what the shape touches
} hg__damage;

uint32_t hg__draw_word(hg__draws *d);
float hg__draw_unit(hg__draws *d); // in [0, 1)
float hg__draw_between(hg__draws *d, float low, float high);
float hg__draw_ratio(hg__draws *d, float low, float high); // its logarithm is uniform; low above 0
int32_t hg__draw_below(hg__draws *d, int32_t count);       // 0 .. count-1
float hg__draw_bell(hg__draws *d);                         // about normal: of mean 0 and variance 1
void hg__draw_direction(hg__draws *d, float *cosine, float *sine);
// Cosine and sine of a whole turn times `turns`, 0 .. 1, to about 0.001.
void hg__direction_of(float turns, float *cosine, float *sine);

// A number in [0, 1) for each point of a grid.
float hg__grid_noise(uint32_t key, int32_t y, int32_t x);
// Smooth noise in -1 .. 1: octaves from `scale` pixels downwards, each half as large and half as fine (Perlin, "An image synthesizer", 1985,
// with values for gradients). y, x: 0 or more.
float hg__fractal_noise(uint32_t key, float y, float x, float scale);

static inline float hg__clamp_unit(float v) {
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

static inline const float *hg__damage_pixel(const hg__damage *g, int32_t y, int32_t x) {
    const hg__damage_place *p = g->at;
    const size_t line = (size_t)hg__noise_mirror(y, p->height) * (size_t)p->width;
    return g->x + (line + (size_t)hg__noise_mirror(x, p->width)) * (size_t)p->stride;
}

static inline float *hg__damage_shape_at(const hg__damage *g, int32_t y, int32_t x) {
    return g->shape + (size_t)y * (size_t)g->at->width + (size_t)x;
}

static inline float *hg__damage_fill_at(const hg__damage *g, int32_t y, int32_t x) {
    return g->fill + ((size_t)y * (size_t)g->at->width + (size_t)x) * (size_t)g->at->channels;
}

// A line of damages.def.
typedef struct hg__damage_type {
    void (*draw)(hg__damage *g);
    int32_t weight; // how often, beside the others
} hg__damage_type;
const hg__damage_type *hg__damage_pick(hg__damage *g, const hg__damage_type *types, size_t count);
// Draws one into g->shape, zeros before, and sets the box; fills g->fill inside the box.
void hg__damage_draw_shape(hg__damage *g);
void hg__damage_draw_filling(hg__damage *g);
#endif
