// SPDX-License-Identifier: Apache-2.0
// noise_ct.c - computed tomography at a low dose: noise of the projections, reconstructed by filtered back-projection.
//
// A ray that is weakened by e^-p brings a count of photons whose logarithm has a variance in proportion to e^p. Noise of that variance is
// drawn for every ray of parallel beams, filtered as reconstruction filters it (Ramachandran & Lakshminarayanan 1971, and its neighbours' mean
// against the finest), and smeared back over the picture: fine grain, with streaks along the directions in which most is absorbed. That is
// what reconstruction, which is linear, makes of the noise alone; the picture is not reconstructed itself. The picture is taken as a part of a
// larger, elliptic body, whose directions and thickness are drawn. (Kak & Slaney, "Principles of computerized tomographic imaging", 1988, ch. 3, 5.)
#include <math.h>
#include <string.h>

#include "base/real.h"
#include "corrupt/noise_type.h"

enum { TAPS = 12, MOST_ANGLES = 180, LEAST_ANGLES = 48 };

static int32_t angles_of(int32_t height, int32_t width) {
    const int32_t side = height > width ? height : width;
    return side < LEAST_ANGLES ? LEAST_ANGLES : side > MOST_ANGLES ? MOST_ANGLES : side;
}

// Rays of a beam: the picture's diagonal, and what the filter takes in.
static int32_t rays_of(int32_t height, int32_t width) {
    const double diagonal = __builtin_sqrt((double)height * height + (double)width * width);
    return (int32_t)ceil(diagonal) + 4 + 2 * TAPS;
}

static size_t scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)channels;
    (void)amount;
    const size_t rays = hg__noise_padded((size_t)rays_of(height, width));
    return 2 * rays + rays * (size_t)angles_of(height, width) +
           hg__noise_padded((size_t)height * (size_t)width);
}

typedef struct beam {
    double cosine, sine, middle; // the ray of a place is cosine x + sine y + middle
    int32_t rays;
    float thickness; // p of the body around the picture
} beam;

static beam find_beam(const hg__noise_row *r, int32_t i, int32_t angles, const float u[4]) {
    const double turns = (double)i / angles / 2;
    beam b = {.cosine = hg__cos_turn(turns), .sine = hg__sin_turn(turns)};
    b.rays = rays_of(r->height, r->width);
    b.middle =
        0.5 * (b.rays - 1) - 0.5 * (r->width - 1) * b.cosine - 0.5 * (r->height - 1) * b.sine;
    const double oval = 0.5 * (double)u[1] * hg__cos_turn(2 * turns - (double)u[2]);
    b.thickness = (float)((2 + 3 * (double)u[0]) * (1 + oval));
    return b;
}

// sum (rays) of the picture along the beam: its first channel, each place on the nearest ray.
static void project(const hg__noise_row *r, const beam *b, const float *x, float *sum) {
    memset(sum, 0, (size_t)b->rays * sizeof *sum);
    for (int32_t j = 0; j < r->height; j++) {
        const double first = b->middle + j * b->sine + 0.5;
        for (int32_t i = 0; i < r->width; i++, x += r->channels) {
            sum[(int32_t)(first + i * b->cosine)] += *x > 0 ? *x < 1 ? *x : 1 : 0; // not NaN
        }
    }
}

static void add_noise_of_rays(const beam *b, const float *sum, const float *normal, float *ray) {
    for (int32_t i = 0; i < b->rays; i++) {
        // a body of 500 pixels that are white absorbs p = 8
        const double p = (double)(b->thickness + sum[i] * (8.0F / 500));
        const double half = p < 19 ? p / 2 : 9.5;
        ray[i] = normal[i] / (float)hg__noise_exp(half);
    }
}

static void filter(const beam *b, const float *ray, float *to) {
    float h[TAPS + 2] = {0.25F}, soft[TAPS + 1];
    for (int32_t k = 1; k <= TAPS + 1; k += 2) h[k] = -1 / (9.8696044F * (float)(k * k));
    for (int32_t k = 0; k <= TAPS; k++) {
        soft[k] = 0.5F * h[k] + 0.25F * (h[k ? k - 1 : 1] + h[k + 1]);
    }
    memset(to, 0, (size_t)b->rays * sizeof *to);
    for (int32_t i = TAPS; i < b->rays - TAPS; i++) {
        float sum = soft[0] * ray[i];
        for (int32_t k = 1; k <= TAPS; k++) sum += soft[k] * (ray[i - k] + ray[i + k]);
        to[i] = sum;
    }
}

static void smear(const hg__noise_row *r, const beam *b, const float *ray, float *field) {
    for (int32_t j = 0; j < r->height; j++) {
        const double first = b->middle + j * b->sine;
        for (int32_t i = 0; i < r->width; i++) {
            const double at = first + i * b->cosine;
            const int32_t left = (int32_t)at;
            const float part = (float)(at - left);
            *field++ += ray[left] + part * (ray[left + 1] - ray[left]);
        }
    }
}

static int ct(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t pixels = (size_t)r->height * (size_t)r->width, C = (size_t)r->channels;
    const int32_t angles = angles_of(r->height, r->width);
    const size_t rays = hg__noise_padded((size_t)rays_of(r->height, r->width));
    float u[16], *sum = r->scratch, *ray = sum + rays, *normal = ray + rays;
    float *field = normal + rays * (size_t)angles;
    hg__noise_uniform(r, 0, 3, u);
    hg__noise_normal(r, 1, rays * (size_t)angles, normal);
    memset(field, 0, pixels * sizeof *field);
    for (int32_t i = 0; i < angles; i++) {
        const beam b = find_beam(r, i, angles, u);
        project(r, &b, x, sum);
        add_noise_of_rays(&b, sum, normal + (size_t)i * rays, ray);
        filter(&b, ray, sum);
        smear(r, &b, sum, field);
    }
    double squares = 1e-30;
    for (size_t i = 0; i < pixels; i++) squares += (double)field[i] * (double)field[i];
    const float scale = (float)(r->amount / 255 / __builtin_sqrt(squares / (double)pixels));
    for (size_t i = 0; i < pixels * C; i++) x[i] += scale * field[i / C];
    return HG_OK;
}

const hg__noise_type hg__noise_ct = {.name = "ct",
                                     .summary = "of tomography at a low dose: grain and streaks",
                                     .amount = "root mean square, 8-bit grey levels",
                                     .most = 1000,
                                     .needs_image = true,
                                     .scratch = scratch,
                                     .apply = ct};
