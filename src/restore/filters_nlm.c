// SPDX-License-Identifier: Apache-2.0
// filters_nlm.c - non-local means, exactly, one offset of the window after the other.
//
// For one offset all patches of a tile are compared with their neighbours at once: squared differences of the
// pixels, summed down the patch, then along it. Neighbouring patches share these sums, so that a patch costs
// 2 x 7 additions instead of 49.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "restore/filters.h"

// A task is one tile of y: what it adds up stays in the core's own cache.
enum { TILE_HEIGHT = 16, TILE_WIDTH = 128 };

typedef struct search {
    const hg__frame *f;
    const hg__nl_means *n;
    float *const *y; // (count)
    // (channels, height + 2 pad, pitch): x with mirrored edges, pixel (0, 0) at (pad, pad)
    float *padded;
    size_t pad, pitch, plane;
    float *scale;   // (count) what a summed difference is multiplied by: 1 / (h^2 numbers a patch)
    float discount; // 2 sigma^2, for a patch
    int32_t across; // tiles in a line of tiles
    float *scratch; // (threads, scratch_floats)
    size_t scratch_floats;
} search;

typedef struct tile {
    const search *s;
    size_t top, left, height, width; // of the tile in y
    float *squares;                  // (height + 2 patch, width + 2 patch)
    float *down;                     // (width + 2 patch): squares summed over the lines of a patch
    float *distance;                 // (width)
    float *sum; // (count, 1 + channels, height, width): weights, weighted pixels
} tile;

// exp(-t), t >= 0: 2^n 2^f, |f| <= 1/2, the Taylor series of 2^f to the sixth power, relative error 4e-8 and
// the rounding of t. Plain operations that the compiler makes vectors of; below 2^-125 it stays there.
static inline float exp_minus(float t) {
    float u = t * -0x1.715476p0F; // log2 e
    u = u > -125 ? u : -125;
    const float shifted = u + 0x1.8p23F; // the nearest whole number is in the low bits
    const float f = u - (shifted - 0x1.8p23F);
    float p = 1.5403530e-4F;
    p = p * f + 1.3333558e-3F;
    p = p * f + 9.6181291e-3F;
    p = p * f + 5.5504109e-2F;
    p = p * f + 2.4022651e-1F;
    p = p * f + 6.9314718e-1F;
    p = p * f + 1;
    uint32_t n, bits;
    memcpy(&n, &shifted, sizeof n);
    memcpy(&bits, &p, sizeof bits);
    bits += n << 23;
    memcpy(&p, &bits, sizeof p);
    return p;
}

// The padded image's plane c at line i, column j of the image, which may lie outside.
static const float *at(const search *s, size_t c, size_t i, size_t j, int32_t di, int32_t dj) {
    const ptrdiff_t offset = di * (ptrdiff_t)s->pitch + dj;
    return s->padded + c * s->plane + (i + s->pad) * s->pitch + j + s->pad + offset;
}

static void square(const tile *t, int32_t di, int32_t dj) {
    const int32_t r = t->s->n->patch;
    const size_t channels = (size_t)t->s->f->channels, count = t->width + 2 * (size_t)r;
    for (size_t i = 0; i < t->height + 2 * (size_t)r; i++) {
        float *restrict to = t->squares + i * count;
        for (size_t c = 0; c < channels; c++) {
            const float *restrict a = at(t->s, c, t->top + i, t->left, -r, -r);
            const float *restrict b = at(t->s, c, t->top + i, t->left, di - r, dj - r);
            for (size_t j = 0; j < count; j++) {
                const float d = a[j] - b[j], before = c ? to[j] : 0;
                to[j] = before + d * d;
            }
        }
    }
}

// The distance of line i's patches from those at the offset.
static void measure(const tile *t, size_t i) {
    const size_t side = 2 * (size_t)t->s->n->patch + 1, count = t->width + side - 1;
    float *restrict down = t->down, *restrict distance = t->distance;
    memcpy(down, t->squares + i * count, count * sizeof *down);
    for (size_t k = 1; k < side; k++) {
        const float *restrict from = t->squares + (i + k) * count;
        for (size_t j = 0; j < count; j++) down[j] += from[j];
    }
    memcpy(distance, down, t->width * sizeof *distance);
    for (size_t k = 1; k < side; k++) {
        for (size_t j = 0; j < t->width; j++) distance[j] += down[j + k];
    }
    const float discount = t->s->discount;
    for (size_t j = 0; j < t->width; j++) {
        const float d = distance[j] - discount;
        distance[j] = d > 0 ? d : 0;
    }
}

static void add(const tile *t, size_t i, int32_t di, int32_t dj) {
    const search *s = t->s;
    const size_t channels = (size_t)s->f->channels, area = t->height * t->width;
    const float *restrict distance = t->distance;
    float *restrict weight = t->down;
    for (size_t k = 0; k < (size_t)s->n->count; k++) {
        float *restrict sum = t->sum + k * (1 + channels) * area + i * t->width;
        const float scale = s->scale[k];
        for (size_t j = 0; j < t->width; j++) {
            weight[j] = exp_minus(distance[j] * scale);
            sum[j] += weight[j];
        }
        for (size_t c = 0; c < channels; c++) {
            float *restrict to = sum + (c + 1) * area;
            const float *restrict from = at(s, c, t->top + i, t->left, di, dj);
            for (size_t j = 0; j < t->width; j++) to[j] += weight[j] * from[j];
        }
    }
}

static void finish(const tile *t) {
    const search *s = t->s;
    const size_t channels = (size_t)s->f->channels, area = t->height * t->width;
    for (size_t k = 0; k < (size_t)s->n->count; k++) {
        const float *sum = t->sum + k * (1 + channels) * area;
        for (size_t p = 0; p < area; p++) {
            const size_t i = t->top + p / t->width, j = t->left + p % t->width;
            float *to = s->y[k] + (i * (size_t)s->f->width + j) * channels;
            for (size_t c = 0; c < channels; c++) to[c] = sum[(c + 1) * area + p] / sum[p];
        }
    }
}

static void run_tile(void *context, int32_t task, int32_t thread) {
    const search *s = context;
    const int32_t r = s->n->search;
    tile t = {.s = s, .squares = s->scratch + (size_t)thread * s->scratch_floats};
    t.top = (size_t)(task / s->across) * TILE_HEIGHT;
    t.left = (size_t)(task % s->across) * TILE_WIDTH;
    t.height = (size_t)s->f->height - t.top;
    t.width = (size_t)s->f->width - t.left;
    if (t.height > TILE_HEIGHT) t.height = TILE_HEIGHT;
    if (t.width > TILE_WIDTH) t.width = TILE_WIDTH;
    const size_t around = 2 * (size_t)s->n->patch, width = t.width + around;
    t.down = t.squares + (t.height + around) * width;
    t.distance = t.down + width;
    t.sum = t.distance + t.width;
    const size_t sums = (size_t)s->n->count * (1 + (size_t)s->f->channels) * t.height * t.width;
    memset(t.sum, 0, sums * sizeof *t.sum);
    for (int32_t di = -r; di <= r; di++) {
        for (int32_t dj = -r; dj <= r; dj++) {
            square(&t, di, dj);
            for (size_t i = 0; i < t.height; i++) {
                measure(&t, i);
                add(&t, i, di, dj);
            }
        }
    }
    finish(&t);
}

static void pad(const search *s, const float *x) {
    const int32_t by = (int32_t)s->pad, height = s->f->height, width = s->f->width;
    const size_t channels = (size_t)s->f->channels;
    for (int32_t i = -by; i < height + by; i++) {
        const float *line = x + (size_t)hg__mirror(i, height) * (size_t)width * channels;
        float *to = s->padded + (size_t)(i + by) * s->pitch;
        for (int32_t j = -by; j < width + by; j++, to++) {
            const float *from = line + (size_t)hg__mirror(j, width) * channels;
            for (size_t c = 0; c < channels; c++) to[c * s->plane] = from[c];
        }
    }
}

static int prepare(search *s, hg__pool *pool, hg_error *err) {
    const size_t around = 2 * (size_t)s->n->patch, count = (size_t)s->n->count;
    const size_t channels = (size_t)s->f->channels, width = TILE_WIDTH + around;
    s->pad = (size_t)s->n->patch + (size_t)s->n->search;
    s->pitch = (size_t)s->f->width + 2 * s->pad;
    s->plane = ((size_t)s->f->height + 2 * s->pad) * s->pitch;
    s->across = hg__ceil_div(s->f->width, TILE_WIDTH);
    s->scratch_floats = (TILE_HEIGHT + around + 1) * width + TILE_WIDTH;
    s->scratch_floats += count * (1 + channels) * TILE_HEIGHT * TILE_WIDTH;
    const double numbers = (double)((around + 1) * (around + 1) * channels);
    s->discount = (float)(2 * s->n->sigma * s->n->sigma * numbers);
    s->scale = hg__alloc(count, sizeof *s->scale, err);
    if (!s->scale) return HG_ERR_MEMORY;
    for (size_t k = 0; k < count; k++) {
        s->scale[k] = (float)(1 / (s->n->h[k] * s->n->h[k] * numbers));
    }
    s->padded = hg__alloc(channels * s->plane, sizeof *s->padded, err);
    if (!s->padded) return HG_ERR_MEMORY;
    s->scratch =
        hg__alloc((size_t)hg__pool_threads(pool), s->scratch_floats * sizeof *s->scratch, err);
    return s->scratch ? HG_OK : HG_ERR_MEMORY;
}

int hg__filter_nl_means(hg__pool *pool, const hg__frame *f, const float *x, const hg__nl_means *n,
                        float *const *y, hg_error *err) {
    search s = {.f = f, .n = n, .y = y};
    const int code = prepare(&s, pool, err);
    if (code == HG_OK) {
        pad(&s, x);
        hg__pool_run(pool, run_tile, &s, s.across * hg__ceil_div(f->height, TILE_HEIGHT));
    }
    hg__free(s.scratch);
    hg__free(s.padded);
    hg__free(s.scale);
    return code;
}
