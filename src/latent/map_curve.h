// SPDX-License-Identifier: Apache-2.0
// map_curve.h - UMAP's w(d) = 1 / (1 + a d^2b), and how hard it draws and drives at a squared distance: tables.
#ifndef HG_LATENT_MAP_CURVE_H
#define HG_LATENT_MAP_CURVE_H
#include <stdint.h>
#include <string.h>

#include "base/error.h"

// An entry a 128th of an octave of d^2, from 2^-LOW to 2^HIGH; the nearest end beyond.
enum { HG_CURVE_LOW = 28, HG_CURVE_HIGH = 28, HG_CURVE_BITS = 7 };
enum { HG_CURVE_COUNT = (HG_CURVE_LOW + HG_CURVE_HIGH) << HG_CURVE_BITS };

typedef struct hg__map_curve {
    double a, b;
    float pull[HG_CURVE_COUNT], push[HG_CURVE_COUNT];
} hg__map_curve;

// a and b such that w is, by least squares up to 3, nearest to 1 below min_dist and exp(min_dist - d) from there on.
void hg__map_curve_fit(double min_dist, double *a, double *b);
hg__map_curve *hg__map_curve_new(double min_dist, hg_error *err); // for hg__free()

// Where d^2 is in the tables, by the bits of a float.
static inline int32_t hg__map_curve_at(float square) {
    const int32_t first = (127 - HG_CURVE_LOW) << HG_CURVE_BITS;
    int32_t bits;
    memcpy(&bits, &square, sizeof bits);
    const int32_t at = (bits >> (23 - HG_CURVE_BITS)) - first;
    return at < 0 ? 0 : at >= HG_CURVE_COUNT ? HG_CURVE_COUNT - 1 : at;
}

// What the difference of two points is multiplied by: 2ab d^(2b-2) / (1 + a d^2b), and 2b / ((0.001 + d^2)(1 + a d^2b)).
static inline float hg__map_curve_pull(const hg__map_curve *c, float square) {
    return c->pull[hg__map_curve_at(square)];
}
static inline float hg__map_curve_push(const hg__map_curve *c, float square) {
    return c->push[hg__map_curve_at(square)];
}
#endif
