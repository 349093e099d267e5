// SPDX-License-Identifier: Apache-2.0
// damage.c - defects put on a picture one after the other, with the mask of what they changed; the grain on top.
#include "corrupt/damage.h"

#include <string.h>

#include "corrupt/damage_internal.h"

enum { MOST_DEFECTS = 4, RATIO_BITS = 8 };

// Mean change inside a defect from which on it counts in full; weaker ones than a part of it are no defects at all.
static const float plain_change = 0.05F, least_share = 0.4F;

// ---- draws --------------------------------------------------------------------------------------

uint32_t hg__draw_word(hg__draws *d) {
    if (d->used % 4 == 0) {
        d->block = hg__philox_run(d->key, HG_STREAM_DAMAGE, d->counter[0], d->counter[1],
                                  d->counter[2] << 16 ^ d->used / 4);
    }
    return d->block.word[d->used++ % 4];
}

float hg__draw_unit(hg__draws *d) {
    return hg__unit_float(hg__draw_word(d));
}

float hg__draw_between(hg__draws *d, float low, float high) {
    return low + (high - low) * hg__draw_unit(d);
}

// Each bit halves the range at its geometric mean: no logarithm is needed.
float hg__draw_ratio(hg__draws *d, float low, float high) {
    const uint32_t word = hg__draw_word(d);
    for (int32_t i = 0; i < RATIO_BITS; i++) {
        const float middle = __builtin_sqrtf(low * high);
        if (word >> (31 - i) & 1) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + (high - low) * hg__unit_float(word << RATIO_BITS);
}

int32_t hg__draw_below(hg__draws *d, int32_t count) {
    return (int32_t)((uint64_t)hg__draw_word(d) * (uint64_t)count >> 32);
}

const hg__damage_type *hg__damage_pick(hg__damage *g, const hg__damage_type *types, size_t count) {
    int32_t all = 0;
    for (size_t i = 0; i < count; i++) all += types[i].weight;
    int32_t at = hg__draw_below(&g->draws, all);
    while (at >= types->weight) at -= types++->weight;
    return types;
}

// The sum of four uniform numbers has variance 1/3.
float hg__draw_bell(hg__draws *d) {
    float sum = -2;
    for (int32_t i = 0; i < 4; i++) sum += hg__draw_unit(d);
    return sum * 1.7320508F;
}

// sin(pi x) for x in -1 .. 1: a parabola, and a second one on it.
static float sine_of(float x) {
    const float y = 4 * x * (1 - (x < 0 ? -x : x));
    return 0.225F * (y * (y < 0 ? -y : y) - y) + y;
}

void hg__direction_of(float turns, float *cosine, float *sine) {
    const float quarter = turns < 0.75F ? turns + 0.25F : turns - 0.75F;
    *sine = -sine_of(2 * turns - 1);
    *cosine = -sine_of(2 * quarter - 1);
}

void hg__draw_direction(hg__draws *d, float *cosine, float *sine) {
    hg__direction_of(hg__draw_unit(d), cosine, sine);
}

// ---- noise --------------------------------------------------------------------------------------

float hg__grid_noise(uint32_t key, int32_t y, int32_t x) {
    uint32_t h = key ^ (uint32_t)y * 0x9E3779B1U ^ (uint32_t)x * 0x85EBCA77U;
    h = (h ^ h >> 15) * 0x2C1B3C6DU;
    h = (h ^ h >> 12) * 0x297A2D39U;
    return hg__unit_float(h ^ h >> 15);
}

static float smooth_noise(uint32_t key, float y, float x) {
    const int32_t i = (int32_t)y, j = (int32_t)x;
    const float v = y - (float)i, u = x - (float)j;
    const float down = v * v * (3 - 2 * v), along = u * u * (3 - 2 * u);
    const float a = hg__grid_noise(key, i, j), b = hg__grid_noise(key, i, j + 1);
    const float c = hg__grid_noise(key, i + 1, j), d = hg__grid_noise(key, i + 1, j + 1);
    const float upper = a + (b - a) * along, lower = c + (d - c) * along;
    return 2 * (upper + (lower - upper) * down) - 1;
}

float hg__fractal_noise(uint32_t key, float y, float x, float scale) {
    float sum = 0, weight = 1, weights = 0;
    for (uint32_t octave = 0; octave < 3 && (octave == 0 || scale >= 1.2F); octave++) {
        sum += weight * smooth_noise(key + 77 * octave, y / scale, x / scale);
        weights += weight;
        weight *= 0.55F;
        scale *= 0.5F;
    }
    return sum / weights;
}

// ---- one defect ---------------------------------------------------------------------------------

static float largest_change(const hg__damage *g, int32_t y, int32_t x) {
    const float *old = hg__damage_pixel(g, y, x), *new = hg__damage_fill_at(g, y, x);
    float most = 0;
    for (int32_t c = 0; c < g->at->channels; c++) {
        const float change = new[c] < old[c] ? old[c] - new[c] : new[c] - old[c];
        if (change > most) most = change;
    }
    return most;
}

// How plain it is to see: the mean change inside it, 1 from plain_change on. Clips what is to be there to black and white.
static float visibility(const hg__damage *g, float opacity) {
    float sum = 0, inside = 1e-6F;
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            const float share = *hg__damage_shape_at(g, y, x);
            float *fill = hg__damage_fill_at(g, y, x);
            if (share <= 0) continue;
            for (int32_t c = 0; c < g->at->channels; c++) fill[c] = hg__clamp_unit(fill[c]);
            sum += share * opacity * largest_change(g, y, x);
            inside += share;
        }
    }
    return hg__clamp_unit(sum / inside / plain_change);
}

static void blend(hg__damage *g, float opacity, float visible, float *mask) {
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            const float share = *hg__damage_shape_at(g, y, x), *fill = hg__damage_fill_at(g, y, x);
            if (share <= 0) continue;
            const size_t at = (size_t)y * (size_t)g->at->width + (size_t)x;
            float *pixel = g->x + at * (size_t)g->at->stride;
            for (int32_t c = 0; c < g->at->channels; c++) {
                pixel[c] += share * opacity * (fill[c] - pixel[c]);
            }
            if (share * visible > mask[at]) mask[at] = share * visible;
        }
    }
}

static void add_defect(hg__damage *g, float *mask) {
    const hg__damage_place *p = g->at;
    memset(g->shape, 0, (size_t)p->height * (size_t)p->width * sizeof *g->shape);
    hg__damage_draw_shape(g);
    hg__damage_draw_filling(g);
    const float opacity = hg__draw_below(&g->draws, 2) ? 1 : hg__draw_between(&g->draws, 0.35F, 1);
    const float visible = visibility(g, opacity);
    if (visible >= least_share) blend(g, opacity, visible, mask);
}

// ---- the picture --------------------------------------------------------------------------------

// Three uniform numbers a sample: about normal, and quick.
static void add_grain(hg__damage *g) {
    const hg__damage_place *p = g->at;
    const float amount = 2 * hg__draw_between(&g->draws, 0, p->grain);
    const uint32_t key = hg__draw_word(&g->draws);
    for (int32_t i = 0; i < p->height * p->width; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            float sum = -1.5F;
            for (int32_t k = 0; k < 3; k++) sum += hg__grid_noise(key, i, 4 * c + k);
            g->x[(size_t)i * (size_t)p->stride + (size_t)c] += amount * sum;
        }
    }
}

size_t hg__damage_scratch(int32_t height, int32_t width, int32_t channels) {
    return (size_t)height * (size_t)width * (size_t)(channels + 1);
}

// NOLINTNEXTLINE(readability-non-const-parameter): both are written through g
void hg__damage_apply(const hg__damage_place *at, float *x, float *mask, float *scratch) {
    const size_t pixels = (size_t)at->height * (size_t)at->width;
    hg__damage g = {.at = at, .x = x, .shape = scratch, .fill = scratch + pixels};
    g.draws = (hg__draws){
        .key = at->seed, .counter = {at->epoch, (uint32_t)at->row, (uint32_t)(at->row >> 32)}
    };
    memset(mask, 0, pixels * sizeof *mask);
    if (hg__draw_unit(&g.draws) >= at->whole) {
        const int32_t defects = 1 + hg__draw_below(&g.draws, MOST_DEFECTS);
        for (int32_t i = 0; i < defects; i++) add_defect(&g, mask);
    }
    if (at->grain > 0) add_grain(&g);
}
