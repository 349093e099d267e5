// SPDX-License-Identifier: Apache-2.0
// levelled.c - the level of noise as a channel: measured, and told or not.
#include "rows/levelled.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/rng.h"

// sum (height + 1, width + 1): of the squares of all pixels above and left of a corner, the mean over channels each.
static void sum_squares(const float *x, const float *clean, int32_t height, int32_t width,
                        int32_t channels, double *sum) {
    const size_t step = (size_t)width + 1;
    memset(sum, 0, step * sizeof *sum);
    for (int32_t i = 0; i < height; i++) {
        const double *above = sum + (size_t)i * step;
        double *to = sum + ((size_t)i + 1) * step, line = 0;
        to[0] = 0;
        for (int32_t j = 0; j < width; j++) {
            double square = 0;
            for (int32_t c = 0; c < channels; c++) {
                const double error = (double)*x++ - (double)*clean++;
                square += error * error;
            }
            line += square / channels;
            to[j + 1] = above[j + 1] + line;
        }
    }
}

typedef struct box { // lines top .. bottom - 1, columns left .. right - 1
    int32_t top, bottom, left, right;
} box;

// The root of the mean over a box.
static float root_mean(const double *sum, size_t step, const box *b) {
    const double *above = sum + (size_t)b->top * step, *below = sum + (size_t)b->bottom * step;
    const double square = (below[b->right] - below[b->left]) - (above[b->right] - above[b->left]);
    const double mean = square / ((double)(b->bottom - b->top) * (double)(b->right - b->left));
    return mean > 0 ? (float)sqrt(mean) : 0; // rounding may leave less than nothing
}

float hg__level_of(const float *x, const float *clean, int32_t height, int32_t width,
                   int32_t channels, double *sum, float *level) {
    const size_t step = (size_t)width + 1;
    const int32_t r = HG_LEVEL_RADIUS;
    sum_squares(x, clean, height, width, channels, sum);
    for (int32_t i = 0; i < height; i++) {
        box b = {.top = hg__max(i - r, 0), .bottom = hg__min(i + r + 1, height)};
        for (int32_t j = 0; j < width; j++) {
            b.left = hg__max(j - r, 0);
            b.right = hg__min(j + r + 1, width);
            *level++ = root_mean(sum, step, &b);
        }
    }
    const box all = {.bottom = height, .right = width};
    return root_mean(sum, step, &all);
}

// ---- the source -----------------------------------------------------------------------------------

// from (pixels, channels), last (pixels) or the same number for all -> to (pixels, channels + 1)
static void interleave(const float *from, size_t channels, const float *last, float number,
                       size_t pixels, float *to) {
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c < channels; c++) *to++ = *from++;
        *to++ = last ? last[i] : number;
    }
}

static size_t pixels_of(const hg__row_source *s) {
    return (size_t)s->shape.dim[0] * (size_t)s->shape.dim[1];
}

// Doubles of the sums, in floats.
static size_t sum_room(const hg__row_source *s) {
    return 2 * ((size_t)s->shape.dim[0] + 1) * ((size_t)s->shape.dim[1] + 1);
}

static int make(const void *context, const hg__row_place *at, hg__row_room *to, hg_error *err) {
    const hg__levelled *c = context;
    const hg__row_source *from = &c->from;
    const int32_t height = (int32_t)from->shape.dim[0], width = (int32_t)from->shape.dim[1];
    const size_t channels = (size_t)from->shape.dim[2], pixels = pixels_of(from);
    double *sum = (double *)(void *)to->scratch; // the scratch begins where doubles may
    float *x = to->scratch + sum_room(from), *clean = x + pixels * channels;
    float *level = clean + pixels * channels;
    hg__row_room own = {.x = x, .target = clean, .scratch = to->scratch + c->from_at};
    HG_TRY(hg__row_source_make(from, at, &own, err));
    to->is_grey = own.is_grey;
    const float whole = hg__level_of(x, clean, height, width, (int32_t)channels, sum, level);
    const uint64_t row =
        (uint64_t)at->row * (uint64_t)(from->draws > 1 ? from->draws : 1) + (uint64_t)at->draw;
    const hg__philox w =
        hg__philox_run(c->seed, HG_STREAM_LEVEL, at->epoch, (uint32_t)row, (uint32_t)(row >> 32));
    const bool is_told = (double)hg__unit_float(w.word[0]) < c->share;
    const bool is_one = w.word[1] >> 31;
    interleave(x, channels, is_told && !is_one ? level : NULL, is_told ? whole : 0, pixels, to->x);
    if (to->target) interleave(clean, channels, level, 0, pixels, to->target);
    return HG_OK;
}

void hg__tell_levels(hg__levelled *c, const hg__row_source *from, double share, uint64_t seed,
                     hg__row_source *to) {
    const size_t pixels = pixels_of(from);
    *c = (hg__levelled){.from = *from, .share = share, .seed = seed};
    c->from_at = sum_room(from) + pixels * (2 * (size_t)from->shape.dim[2] + 1);
    *to = *from;
    to->context = c;
    to->make = make;
    to->shape.dim[2]++;
    to->width += (int32_t)pixels;
    to->scratch = c->from_at + from->scratch;
}
