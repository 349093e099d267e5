// SPDX-License-Identifier: Apache-2.0
// loss_gradient.c - edges: the mean over pixels and channels of (m(y) - m(t))^2, where m is the length of the image's gradient,
// sqrt(gx^2 + gy^2 + eps), by Sobel's operator (Sobel & Feldman 1968) divided by 8, so that a slope of 1 a pixel has length 1.
// Pixels at the border have none.
#include <math.h>
#include <string.h>

#include "nn/layer.h"
#include "nn/loss.h"

enum { LEAST = 3 };
static const double eps =
    1e-6; // smooths the length at 0; as if there were a slope of 0.001 everywhere

static int check(const hg__loss_rows *r, hg_error *err) {
    return hg__loss_images(r, LEAST, err);
}

typedef struct slope {
    double x, y, length;
} slope;

// At a pixel; line: numbers from it to the one below, C: to the one beside.
static slope slope_at(const hg__real *at, ptrdiff_t line, ptrdiff_t C) {
    const double a = (double)at[-line - C], b = (double)at[-line], c = (double)at[-line + C];
    const double d = (double)at[-C], e = (double)at[C];
    const double f = (double)at[line - C], g = (double)at[line], h = (double)at[line + C];
    const double x = ((c - a) + 2 * (e - d) + (h - f)) / 8;
    const double y = ((f - a) + 2 * (g - b) + (h - c)) / 8;
    return (slope){x, y, sqrt(x * x + y * y + eps)};
}

// What changes the slope at a pixel, times (x, y) for the two.
static void spread(double *at, ptrdiff_t line, ptrdiff_t C, double x, double y) {
    at[-line - C] -= (x + y) / 8;
    at[-line] -= 2 * y / 8;
    at[-line + C] += (x - y) / 8;
    at[-C] -= 2 * x / 8;
    at[C] += 2 * x / 8;
    at[line - C] += (y - x) / 8;
    at[line] += 2 * y / 8;
    at[line + C] += (x + y) / 8;
}

static double row(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                  hg__real scale, hg__real arg, hg__real *scratch) {
    const hg__extent e = hg__extent_of(&r->shape);
    const ptrdiff_t C = e.C, line = (ptrdiff_t)e.W * C;
    const double count = (double)(e.H - 2) * (e.W - 2) * e.C, factor = (double)r->n / count;
    double *slopes = (double *)(void *)scratch; // (n): of the loss at y
    double sum = 0;
    (void)arg;
    if (dy) memset(slopes, 0, (size_t)r->n * sizeof *slopes);
    for (int32_t i = 1; i < e.H - 1; i++) {
        for (ptrdiff_t j = C; j < line - C; j++) {
            const ptrdiff_t at = i * line + j;
            const slope of_y = slope_at(y + at, line, C), of_t = slope_at(t + at, line, C);
            const double off = of_y.length - of_t.length, way = 2 * off / of_y.length;
            sum += off * off;
            if (dy) spread(slopes + at, line, C, way * of_y.x, way * of_y.y);
        }
    }
    for (int32_t i = 0; dy && i < r->n; i++) dy[i] = (hg__real)((double)scale * factor * slopes[i]);
    if (dy) hg__zero_padding(dy, r->n);
    return factor * sum;
}

static size_t scratch(const hg__loss_rows *r) {
    return (size_t)r->n * (sizeof(double) / sizeof(hg__real));
}

extern const hg__loss hg__loss_gradient;
const hg__loss hg__loss_gradient = {
    .name = "gradient",
    .formula = "images: (m(y) - m(t))^2, m the length of the gradient, by Sobel's operator",
    .check = check,
    .row = row,
    .scratch = scratch,
};
