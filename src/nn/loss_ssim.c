// SPDX-License-Identifier: Apache-2.0
// loss_ssim.c - structure: 1 - SSIM (Wang, Bovik, Sheikh & Simoncelli, "Image quality assessment: from error visibility to structural
// similarity", 2004), and 1 - MS-SSIM (Wang, Simoncelli & Bovik, "Multiscale structural similarity", 2003), of images whose
// black is 0 and white is 1. Each channel for itself; Gaussian windows of 11 x 11 with sigma 1.5, where they are inside the image:
//
//   S = l cs,   l = (2 my mt + c1) / (my^2 + mt^2 + c1),   cs = (2 syt + c2) / (syy + stt + c2)
//   SSIM = mean of S;   MS-SSIM = product over scales of (mean of cs, at the coarsest of S)^weight
//
// with means m and (co)variances s of a window. From scale to scale an image is halved, 2 x 2 pixels to their mean (an odd last line is
// left out), five times or as often as 11 pixels are left; the weights of the paper, brought to the sum 1. Where a mean is below
// 0, and the product has no meaning, the sum of weight times such means stands for it, which goes on from 0 and has a slope.
//
// All in double: variances are small differences. No sum is turned round, so no compiler's vectors give other bits.
#include <string.h>

#include "base/real.h"
#include "nn/layer.h"
#include "nn/loss.h"

enum { TAPS = 11, MOMENTS = 5, SLOPES = 3, MOST_SCALES = 5, LINES = 2 * MOMENTS + 2 * SLOPES + 1 };

static const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;

// exp(-d^2 / (2 1.5^2)) for d = -5 .. 5, brought to the sum 1.
static const double window[TAPS] = {
    0.0010283800844791101, 0.007598758135239185, 0.036000772128430829, 0.10936068950970002,
    0.21300553771125369,   0.26601172486179436,  0.21300553771125369,  0.10936068950970002,
    0.036000772128430829,  0.007598758135239185, 0.0010283800844791101};

static const double scale_weight[MOST_SCALES] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

// An image pair at one scale.
typedef struct level {
    hg__extent e;
    double *y, *t; // (H, W, C)
    double *slope; // (H, W, C): of the mean at y
    double *mean;  // (C): of cs, or of S
} level;

static size_t line_of(const level *v) {
    return (size_t)v->e.W * (size_t)v->e.C;
}

static size_t numbers_of(const level *v) {
    return (size_t)v->e.H * line_of(v);
}

// ---- one scale ------------------------------------------------------------------------------------

// down (MOMENTS, line): weighted sums over the window's lines of y, t, y^2, t^2 and y t.
static void sum_down(const level *v, size_t first, double *down) {
    const size_t n = line_of(v);
    double *restrict my = down, *restrict mt = my + n, *restrict yy = mt + n;
    double *restrict tt = yy + n, *restrict yt = tt + n;
    memset(down, 0, MOMENTS * n * sizeof *down);
    for (size_t k = 0; k < TAPS; k++) {
        const double *restrict y = v->y + (first + k) * n, *restrict t = v->t + (first + k) * n;
        for (size_t j = 0; j < n; j++) {
            const double wy = window[k] * y[j], wt = window[k] * t[j];
            my[j] += wy;
            mt[j] += wt;
            yy[j] += wy * y[j];
            tt[j] += wt * t[j];
            yt[j] += wy * t[j];
        }
    }
}

// to (count) = weighted sums along the line.
static void sum_along(const double *restrict from, double *restrict to, size_t count, size_t C) {
    memset(to, 0, count * sizeof *to);
    for (size_t k = 0; k < TAPS; k++) {
        for (size_t j = 0; j < count; j++) to[j] += window[k] * from[j + k * C];
    }
}

// The same backwards: to (line) from what it does to each window, (count).
static void spread_along(const double *restrict from, double *restrict to, size_t count, size_t C) {
    for (size_t k = 0; k < TAPS; k++) {
        for (size_t j = 0; j < count; j++) to[j + k * C] += window[k] * from[j];
    }
}

// A line of windows: moments m (MOMENTS, n), of which the first `count` are there, to the values and their slopes at the moments
// of y, y^2 and y t: out (1 + SLOPES, n).
static void compare(const double *m, double *out, size_t n, size_t count, bool with_means) {
    const double *my = m, *mt = my + n, *yy = mt + n, *tt = yy + n, *yt = tt + n;
    double *value = out, *at_y = value + n, *at_yy = at_y + n, *at_yt = at_yy + n;
    for (size_t j = 0; j < count; j++) {
        const double y = my[j], t = mt[j];
        const double a1 = 2 * y * t + c1, b1 = y * y + t * t + c1;
        const double a2 = 2 * (yt[j] - y * t) + c2, b2 = yy[j] - y * y + (tt[j] - t * t) + c2;
        const double cs = a2 / b2, l = with_means ? a1 / b1 : 1;
        const double of_l = with_means ? cs * (2 * t - l * 2 * y) / b1 : 0;
        value[j] = l * cs;
        at_y[j] = of_l + l * (2 * cs * y - 2 * t) / b2;
        at_yy[j] = -l * cs / b2;
        at_yt[j] = l * 2 / b2;
    }
}

// work: (LINES, line) and, where the slope is wanted, (SLOPES, H, W, C).
static void measure(const level *v, bool with_means, bool with_slope, double *work) {
    const size_t n = line_of(v), C = (size_t)v->e.C, count = n - (TAPS - 1) * C;
    const size_t lines = (size_t)v->e.H - TAPS + 1, all = numbers_of(v);
    double *down = work, *moment = down + MOMENTS * n, *value = moment + MOMENTS * n;
    double *part = value + (1 + SLOPES) * n, *whole = work + LINES * n;
    memset(v->mean, 0, C * sizeof *v->mean);
    if (with_slope) memset(whole, 0, SLOPES * all * sizeof *whole);
    for (size_t i = 0; i < lines; i++) {
        sum_down(v, i, down);
        for (size_t q = 0; q < MOMENTS; q++) sum_along(down + q * n, moment + q * n, count, C);
        compare(moment, value, n, count, with_means);
        for (size_t j = 0; j < count; j += C) {
            for (size_t c = 0; c < C; c++) v->mean[c] += value[j + c];
        }
        if (!with_slope) continue;
        memset(part, 0, SLOPES * n * sizeof *part);
        for (size_t q = 0; q < SLOPES; q++) {
            spread_along(value + (1 + q) * n, part + q * n, count, C);
            for (size_t k = 0; k < TAPS; k++) {
                double *restrict to = whole + q * all + (i + k) * n;
                const double *restrict from = part + q * n;
                for (size_t j = 0; j < n; j++) to[j] += window[k] * from[j];
            }
        }
    }
    const double windows = (double)lines * ((double)count / (double)C);
    for (size_t c = 0; c < C; c++) v->mean[c] /= windows;
    for (size_t j = 0; with_slope && j < all; j++) {
        v->slope[j] =
            (whole[j] + 2 * v->y[j] * whole[all + j] + v->t[j] * whole[2 * all + j]) / windows;
    }
}

// ---- scales ---------------------------------------------------------------------------------------

static level halved(const level *v, double *room) {
    level half = {
        .e = {v->e.H / 2, v->e.W / 2, v->e.C}
    };
    const size_t n = numbers_of(&half);
    half.y = room, half.t = room + n, half.slope = room + 2 * n, half.mean = room + 3 * n;
    const size_t C = (size_t)v->e.C, from = line_of(v), to = line_of(&half);
    for (int which = 0; which < 2; which++) {
        const double *a = which ? v->t : v->y;
        double *b = which ? half.t : half.y;
        for (size_t i = 0; i < (size_t)half.e.H; i++) {
            for (size_t j = 0; j < to; j++) {
                const double *at = a + 2 * i * from + j / C * 2 * C + j % C;
                b[i * to + j] = (at[0] + at[C] + (at[from] + at[from + C])) / 4;
            }
        }
    }
    return half;
}

// The slope at a scale from that at the next.
static void add_slope(const level *v, const level *half) {
    const size_t C = (size_t)v->e.C, to = line_of(v), from = line_of(half);
    for (size_t i = 0; i < (size_t)half->e.H; i++) {
        for (size_t j = 0; j < from; j++) {
            double *at = v->slope + 2 * i * to + j / C * 2 * C + j % C;
            const double share = half->slope[i * from + j] / 4;
            at[0] += share, at[C] += share, at[to] += share, at[to + C] += share;
        }
    }
}

static int32_t scales_of(hg__extent e) {
    int32_t scales = 0;
    while (scales < MOST_SCALES && e.H >> scales >= TAPS && e.W >> scales >= TAPS) scales++;
    return scales;
}

static double power(double x, double weight) { // 0 < x <= 1
    const double u = -weight * hg__log(x);
    return u > 0 ? 1 / (1 + hg__expm1(u)) : 1;
}

// The product of a channel's means, and in their place the slope at each.
static double multiply(level *v, int32_t scales, size_t c) {
    double total = 0, product = 1, below = 0;
    for (int32_t s = 0; s < scales; s++) total += scale_weight[s];
    for (int32_t s = 0; s < scales; s++) {
        const double mean = v[s].mean[c], weight = scale_weight[s] / total;
        if (mean > 0) product *= power(mean, weight);
        if (!(mean > 0)) below += weight * mean, product = 0;
    }
    for (int32_t s = 0; s < scales; s++) {
        const double mean = v[s].mean[c], weight = scale_weight[s] / total;
        v[s].mean[c] = product > 0 ? weight * product / mean : mean > 0 ? 0 : weight;
    }
    return product > 0 ? product : below;
}

// ---- losses ---------------------------------------------------------------------------------------

static int check(const hg__loss_rows *r, hg_error *err) {
    return hg__loss_images(r, TAPS, err);
}

// Mean over channels of the similarity at `scales` scales; first.slope becomes the slope of their sum. Behind first.mean
// there is room for the other scales, then for work.
static double similarity(level first, int32_t scales, bool with_slope) {
    level v[MOST_SCALES];
    v[0] = first;
    const size_t C = (size_t)first.e.C;
    double sum = 0;
    for (int32_t s = 1; s < scales; s++) v[s] = halved(&v[s - 1], v[s - 1].mean + C);
    double *work = v[scales - 1].mean + C;
    for (int32_t s = 0; s < scales; s++) measure(&v[s], s == scales - 1, with_slope, work);
    for (size_t c = 0; c < C; c++) sum += multiply(v, scales, c);
    for (int32_t s = scales - 1; with_slope && s >= 0; s--) {
        const size_t n = numbers_of(&v[s]);
        for (size_t j = 0; j < n; j += C) {
            for (size_t c = 0; c < C; c++) v[s].slope[j + c] *= v[s].mean[c];
        }
        if (s + 1 < scales) add_slope(&v[s], &v[s + 1]);
    }
    return sum / (double)C;
}

static double lose(const hg__loss_rows *r, int32_t scales, hg__real *dy, const hg__real *y,
                   const hg__real *t, hg__real scale, hg__real *scratch) {
    const size_t n = (size_t)r->n;
    double *room = (double *)(void *)scratch;
    level v = {.e = hg__extent_of(&r->shape)};
    v.y = room, v.t = room + n, v.slope = room + 2 * n, v.mean = room + 3 * n;
    for (size_t i = 0; i < n; i++) v.y[i] = (double)y[i], v.t[i] = (double)t[i];
    const double is = similarity(v, scales, dy != NULL);
    const double factor = -(double)scale * (double)r->n / v.e.C;
    for (size_t i = 0; dy && i < n; i++) dy[i] = (hg__real)(factor * v.slope[i]);
    if (dy) hg__zero_padding(dy, r->n);
    return (double)r->n * (1 - is);
}

static double ssim(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                   hg__real scale, hg__real arg, hg__real *scratch) {
    (void)arg;
    return lose(r, 1, dy, y, t, scale, scratch);
}

static double ms_ssim(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                      hg__real scale, hg__real arg, hg__real *scratch) {
    (void)arg;
    return lose(r, scales_of(hg__extent_of(&r->shape)), dy, y, t, scale, scratch);
}

// The scales' images, slopes and means are at most 4/3 of the first's; then what measuring the first takes.
static size_t scratch(const hg__loss_rows *r) {
    const hg__extent e = hg__extent_of(&r->shape);
    const size_t n = (size_t)r->n, line = (size_t)e.W * (size_t)e.C, C = (size_t)e.C;
    const size_t doubles = 4 * n + MOST_SCALES * C + LINES * line + SLOPES * n;
    return doubles * (sizeof(double) / sizeof(hg__real));
}

extern const hg__loss hg__loss_ssim, hg__loss_ms_ssim;
const hg__loss hg__loss_ssim = {
    .name = "ssim",
    .formula = "images: 1 - SSIM, Gaussian windows of 11 x 11",
    .check = check,
    .row = ssim,
    .scratch = scratch,
};
const hg__loss hg__loss_ms_ssim = {
    .name = "ms_ssim",
    .formula = "images: 1 - MS-SSIM, at five scales or as many as have 11 pixels",
    .check = check,
    .row = ms_ssim,
    .scratch = scratch,
};
