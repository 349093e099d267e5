// SPDX-License-Identifier: Apache-2.0
// noise_blur.c - blur by a spread point (gaussian, motion, defocus, a lens), and a picture made smaller and back.
//
// A picture is mirrored at its edges. The spread point is a square of weights, (side, side), whose sum is 1.
#include <math.h>
#include <string.h>

#include "corrupt/noise_type.h"

// How far the point spreads, in pixels on each side.
static int32_t gaussian_radius(double deviation) {
    return (int32_t)ceil(3 * deviation);
}
static int32_t motion_radius(double length) {
    return (int32_t)ceil((length - 1) / 2);
}
static int32_t defocus_radius(double radius) {
    return (int32_t)ceil(radius);
}

static size_t padded_count(int32_t height, int32_t width, int32_t channels, int32_t radius) {
    return (size_t)(height + 2 * radius) * (size_t)(width + 2 * radius) * (size_t)channels;
}

static size_t spread_scratch(int32_t height, int32_t width, int32_t channels, int32_t radius) {
    const size_t side = 2 * (size_t)radius + 1;
    return side * side + padded_count(height, width, channels, radius);
}

// padded (height + 2 radius, width + 2 radius, channels) = x, mirrored around.
static void pad(const hg__noise_row *r, const float *x, int32_t radius, float *padded) {
    const size_t C = (size_t)r->channels, line = (size_t)(r->width + 2 * radius) * C;
    for (int32_t y = -radius; y < r->height + radius; y++, padded += line) {
        const float *from = x + (size_t)hg__noise_mirror(y, r->height) * (size_t)r->width * C;
        float *to = padded;
        for (int32_t i = -radius; i < r->width + radius; i++, to += C) {
            memcpy(to, from + (size_t)hg__noise_mirror(i, r->width) * C, C * sizeof *to);
        }
    }
}

static void add_line(float *to, const float *from, float weight, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] += weight * from[i];
}

// x = each pixel spread by weight (side, side).
static void spread(const hg__noise_row *r, float *x, const float *weight, int32_t radius,
                   float *padded) {
    const size_t C = (size_t)r->channels, side = 2 * (size_t)radius + 1;
    const size_t line = (size_t)r->width * C, wide = (size_t)(r->width + 2 * radius) * C;
    pad(r, x, radius, padded);
    for (int32_t y = 0; y < r->height; y++) {
        float *to = x + (size_t)y * line;
        memset(to, 0, line * sizeof *to);
        for (size_t k = 0; k < side * side; k++) {
            if (weight[k] <= 0) continue;
            add_line(to, padded + ((size_t)y + k / side) * wide + k % side * C, weight[k], line);
        }
    }
}

static void make_sum_one(float *weight, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)weight[i];
    for (size_t i = 0; i < n; i++) weight[i] = (float)((double)weight[i] / sum);
}

// ---- gaussian: along lines, then along columns ---------------------------------------------------

static size_t gaussian_scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    const int32_t radius = gaussian_radius(amount);
    return 2 * (size_t)radius + 1 + padded_count(height, width, channels, radius);
}

static int gaussian_blur(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const int32_t radius = gaussian_radius(r->amount);
    if (radius == 0) return HG_OK;
    const size_t C = (size_t)r->channels, side = 2 * (size_t)radius + 1;
    const size_t line = (size_t)r->width * C, wide = (size_t)(r->width + 2 * radius) * C;
    const size_t high = (size_t)r->height + 2 * (size_t)radius;
    float *weight = r->scratch, *padded = weight + side;
    for (int32_t i = -radius; i <= radius; i++) {
        const double far = i * i / (2 * r->amount * r->amount);
        weight[i + radius] = far < 20 || i == 0 ? (float)hg__noise_exp(i ? far : 0) : 0;
    }
    make_sum_one(weight, side);
    pad(r, x, radius, padded);
    for (size_t y = 0; y < high; y++) { // the line's new values lie in its first part
        float *at = padded + y * wide;
        for (size_t i = 0; i < line; i++) {
            float sum = 0;
            for (size_t k = 0; k < side; k++) sum += weight[k] * at[i + k * C];
            at[i] = sum;
        }
    }
    for (size_t y = 0; y < (size_t)r->height; y++) {
        memset(x + y * line, 0, line * sizeof *x);
        for (size_t k = 0; k < side; k++) {
            add_line(x + y * line, padded + (y + k) * wide, weight[k], line);
        }
    }
    return HG_OK;
}

// What is clean is blurred too: a picture becomes as soft as a camera's at full size.
static int lens(const hg__noise_row *r, float *x, hg_error *err) {
    HG_TRY(gaussian_blur(r, x, err));
    return r->clean ? gaussian_blur(r, r->clean, err) : HG_OK;
}

// ---- motion and defocus -------------------------------------------------------------------------

static size_t motion_scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    return spread_scratch(height, width, channels, motion_radius(amount));
}

// Adds 1 to the four weights around a point, by how near they are.
static void add_point(float *weight, int32_t radius, double dx, double dy) {
    const int32_t side = 2 * radius + 1;
    const double px = dx + radius, py = dy + radius;
    const int32_t left = (int32_t)floor(px), top = (int32_t)floor(py);
    for (int32_t k = 0; k < 4; k++) {
        const int32_t i = left + k % 2, j = top + k / 2;
        if (i < 0 || j < 0 || i >= side || j >= side) continue;
        weight[j * side + i] += (float)((1 - fabs(px - i)) * (1 - fabs(py - j)));
    }
}

static int motion_blur(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const int32_t radius = motion_radius(r->amount);
    if (radius == 0) return HG_OK;
    const size_t side = 2 * (size_t)radius + 1;
    const int32_t points = 8 * (radius + 1);
    float angle[16];
    double direction[2];
    hg__noise_uniform(r, 0, 1, angle);
    hg__noise_turn((double)angle[0] / 2 - 0.25, direction);
    memset(r->scratch, 0, side * side * sizeof(float));
    for (int32_t i = 0; i <= points; i++) {
        const double at = (r->amount - 1) * ((double)i / points - 0.5);
        add_point(r->scratch, radius, at * direction[0], at * direction[1]);
    }
    make_sum_one(r->scratch, side * side);
    spread(r, x, r->scratch, radius, r->scratch + side * side);
    return HG_OK;
}

static size_t defocus_scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    return spread_scratch(height, width, channels, defocus_radius(amount));
}

// How many of 8 x 8 points of the pixel at (i, j) are within the disc.
static float cover(int32_t i, int32_t j, double radius) {
    int32_t inside = 0;
    for (int32_t k = 0; k < 64; k++) {
        const int32_t column = k % 8, line = k / 8;
        const double dx = i + (column - 3.5) / 8, dy = j + (line - 3.5) / 8;
        inside += dx * dx + dy * dy <= radius * radius;
    }
    return (float)inside;
}

static int defocus_blur(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const int32_t radius = defocus_radius(r->amount);
    const size_t side = 2 * (size_t)radius + 1;
    if (r->amount < 0.5) return HG_OK; // within the pixel
    for (size_t k = 0; k < side * side; k++) {
        r->scratch[k] =
            cover((int32_t)(k % side) - radius, (int32_t)(k / side) - radius, r->amount);
    }
    make_sum_one(r->scratch, side * side);
    spread(r, x, r->scratch, radius, r->scratch + side * side);
    return HG_OK;
}

// ---- downscale ----------------------------------------------------------------------------------

static size_t downscale_scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)amount;
    return 2 * (size_t)height * (size_t)width * (size_t)channels;
}

// Lines of n cells (lines * n cells, each of `step` floats) to lines of m <= n: the mean of what each covers.
static void shrink(const float *from, float *to, size_t lines, int32_t n, int32_t m, size_t step) {
    const double ratio = (double)n / m;
    for (size_t l = 0; l < lines; l++, from += (size_t)n * step, to += (size_t)m * step) {
        memset(to, 0, (size_t)m * step * sizeof *to);
        for (int32_t j = 0; j < m; j++) {
            const double start = j * ratio, end = start + ratio;
            for (int32_t i = (int32_t)start; i < n && i < end; i++) {
                const double low = i > start ? i : start, high = i + 1 < end ? i + 1 : end;
                add_line(to + (size_t)j * step, from + (size_t)i * step,
                         (float)((high - low) / ratio), step);
            }
        }
    }
}

// The other way round: straight lines between the centres of the m cells.
static void stretch(const float *from, float *to, size_t lines, int32_t m, int32_t n, size_t step) {
    for (size_t l = 0; l < lines; l++, from += (size_t)m * step, to += (size_t)n * step) {
        memset(to, 0, (size_t)n * step * sizeof *to);
        for (int32_t i = 0; i < n; i++) {
            double at = (i + 0.5) * m / n - 0.5;
            at = at < 0 ? 0 : at > m - 1 ? m - 1 : at;
            const int32_t left = (int32_t)at, right = left + 1 < m ? left + 1 : left;
            const float weight = (float)(at - left);
            add_line(to + (size_t)i * step, from + (size_t)left * step, 1 - weight, step);
            add_line(to + (size_t)i * step, from + (size_t)right * step, weight, step);
        }
    }
}

static int32_t reduced(int32_t n, double factor) {
    const int32_t m = (int32_t)(n / factor + 0.5);
    return m < 1 ? 1 : m;
}

static int downscale(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const int32_t H = r->height, W = r->width;
    const int32_t h = reduced(H, r->amount), w = reduced(W, r->amount);
    const size_t C = (size_t)r->channels;
    float *one = r->scratch, *two = one + hg__noise_count(r);
    shrink(x, one, (size_t)H, W, w, C);        // (H, w, C)
    shrink(one, two, 1, H, h, (size_t)w * C);  // (h, w, C)
    stretch(two, one, 1, h, H, (size_t)w * C); // (H, w, C)
    stretch(one, x, (size_t)H, w, W, C);       // (H, W, C)
    return HG_OK;
}

const hg__noise_type hg__noise_gaussian_blur = {.name = "gaussian_blur",
                                                .summary = "blurred by a gaussian",
                                                .amount = "standard deviation, pixels",
                                                .most = 50,
                                                .needs_image = true,
                                                .scratch = gaussian_scratch,
                                                .apply = gaussian_blur};
const hg__noise_type hg__noise_lens = {.name = "lens",
                                       .summary =
                                           "blurred by a gaussian, and the clean picture too",
                                       .amount = "standard deviation, pixels",
                                       .most = 50,
                                       .needs_image = true,
                                       .changes_clean = true,
                                       .scratch = gaussian_scratch,
                                       .apply = lens};
const hg__noise_type hg__noise_motion_blur = {.name = "motion_blur",
                                              .summary = "blurred along a line of any angle",
                                              .amount = "length, pixels",
                                              .least = 1,
                                              .most = 200,
                                              .needs_image = true,
                                              .scratch = motion_scratch,
                                              .apply = motion_blur};
const hg__noise_type hg__noise_defocus_blur = {.name = "defocus_blur",
                                               .summary = "blurred by a disc",
                                               .amount = "radius, pixels",
                                               .most = 50,
                                               .needs_image = true,
                                               .scratch = defocus_scratch,
                                               .apply = defocus_blur};
const hg__noise_type hg__noise_downscale = {.name = "downscale",
                                            .summary = "made smaller and back",
                                            .amount = "factor",
                                            .least = 1,
                                            .most = 64,
                                            .needs_image = true,
                                            .scratch = downscale_scratch,
                                            .apply = downscale};
