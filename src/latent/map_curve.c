// SPDX-License-Identifier: Apache-2.0
// map_curve.c - fits UMAP's curve to min_dist (Levenberg-Marquardt), and tabulates its slopes.
#include "latent/map_curve.h"

#include <math.h>

#include "base/mem.h"
#include "base/real.h"

enum { POINTS = 300, ROUNDS = 60 };

static double exponential(double x) {
    return x < 0 ? 1 / (1 + hg__expm1(-x)) : 1 + hg__expm1(x);
}

// x^p, x > 0.
static double power(double x, double p) {
    return exponential(p * hg__log(x));
}

typedef struct fit {
    double error, aa, ab, bb, a,
        b; // squares of the slopes along log a and b, and their products with what is missing
} fit;

static fit measure(double min_dist, double log_a, double b) {
    fit f = {0};
    for (int i = 1; i < POINTS; i++) { // at 0 the curve is 1 as it should be
        const double x = 3.0 * i / (POINTS - 1), u = exponential(log_a) * power(x, 2 * b),
                     w = 1 / (1 + u);
        const double wanted = x < min_dist ? 1 : exponential(min_dist - x), missing = wanted - w;
        const double slope_a = -w * w * u, slope_b = slope_a * 2 * hg__log(x);
        f.error += missing * missing;
        f.aa += slope_a * slope_a;
        f.ab += slope_a * slope_b;
        f.bb += slope_b * slope_b;
        f.a += slope_a * missing;
        f.b += slope_b * missing;
    }
    return f;
}

void hg__map_curve_fit(double min_dist, double *a, double *b) {
    double log_a = 0, damping = 1e-3;
    *b = 1;
    fit now = measure(min_dist, log_a, *b);
    for (int round = 0; round < ROUNDS; round++) {
        const double aa = now.aa * (1 + damping), bb = now.bb * (1 + damping);
        const double det = aa * bb - now.ab * now.ab;
        const double more_a = (now.a * bb - now.b * now.ab) / det;
        const double more_b = (now.b * aa - now.a * now.ab) / det;
        const fit next = measure(min_dist, log_a + more_a, *b + more_b);
        if (next.error < now.error) {
            log_a += more_a;
            *b += more_b;
            now = next;
            damping *= 0.1;
        } else {
            damping *= 10;
        }
    }
    *a = exponential(log_a);
}

hg__map_curve *hg__map_curve_new(double min_dist, hg_error *err) {
    hg__map_curve *c = hg__alloc(1, sizeof *c, err);
    if (!c) return NULL;
    hg__map_curve_fit(min_dist, &c->a, &c->b);
    for (int32_t i = 0; i < HG_CURVE_COUNT; i++) {
        const int32_t octave = i >> HG_CURVE_BITS, of = 1 << HG_CURVE_BITS;
        const double square = ldexp(1 + (i % of + 0.5) / of, octave - HG_CURVE_LOW);
        const double p = power(square, c->b), rest = 1 + c->a * p;
        c->pull[i] = (float)(2 * c->a * c->b * p / (square * rest));
        c->push[i] = (float)(2 * c->b / ((0.001 + square) * rest));
    }
    return c;
}
