// SPDX-License-Identifier: Apache-2.0
// measure_noise.c - the noise of a picture, measured on blocks that show little else.
//
// Each block becomes its DCT's energies. Its coefficients are parted like the squares of a chessboard: where the black ones say that a
// block is smooth the white ones are measured, and the other way round, so that choosing blocks does not make noise look weaker than it
// is (noise is independent from coefficient to coefficient, texture is not). Texture that is everywhere raises low frequencies more
// than high ones; so a spectrum that noise can have, V exp(-blur^2 w^2) + F, is laid under what was measured, touching it from
// below (quantile regression of logarithms), and only where the two agree is the variance measured that grows with brightness.
// Plain operations and base/real.h: the same bits everywhere.
#include "corrupt/measure_noise.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"

enum {
    SIDE = HG_NOISE_BLOCK,
    COEFFICIENTS = SIDE * SIDE,
    STEP = SIDE / 2, // from block to block
    LEAST = 32,      // blocks
    PASSES = 3,
    BINS = 6, // of brightness
    BLURS = 41,
    STRENGTHS = 60,
    SAMPLE = 2048 // blocks of the first look
};
static const double blur_step = 0.05, smooth_share = 0.08, below = 0.15, agreeing = 1.6;
static const double most_white = 0.03; // of blurred noise: rounding, and what else is white
static const double tiny = 1e-7;       // far below the rounding of 8 bits

struct hg__noise_gauge {
    int32_t most, blocks;
    float *energy; // owned, (most, COEFFICIENTS)
    float *mean;   // owned, (most)
    float cosine[SIDE][SIDE];
    double frequency[COEFFICIENTS]; // squared, radians a pixel
};

// ---- blocks -------------------------------------------------------------------------------------

static void make_tables(hg__noise_gauge *g) {
    const double pi = 3.14159265358979323846;
    for (int32_t k = 0; k < SIDE; k++) {
        const double scale = (double)__builtin_sqrt((k ? 2.0 : 1.0) / SIDE);
        for (int32_t i = 0; i < SIDE; i++) {
            g->cosine[k][i] = (float)(scale * hg__cos_turn((2 * i + 1) * k / (4.0 * SIDE)));
        }
    }
    for (int32_t k = 0; k < COEFFICIENTS; k++) {
        const int32_t down = k / SIDE, along = k % SIDE;
        const double y = pi * down / SIDE, x = pi * along / SIDE;
        g->frequency[k] = y * y + x * x;
    }
}

hg__noise_gauge *hg__noise_gauge_new(int32_t most, hg_error *err) {
    hg__noise_gauge *g = hg__alloc(1, sizeof *g, err);
    if (!g) return NULL;
    g->most = most;
    g->energy = hg__alloc((size_t)most, COEFFICIENTS * sizeof *g->energy, err);
    if (g->energy) g->mean = hg__alloc((size_t)most, sizeof *g->mean, err);
    if (g->mean) {
        make_tables(g);
        return g;
    }
    hg__noise_gauge_free(g);
    return NULL;
}

void hg__noise_gauge_free(hg__noise_gauge *g) {
    if (!g) return;
    hg__free(g->energy);
    hg__free(g->mean);
    hg__free(g);
}

// x: the block's first pixel. Energies of its two-dimensional DCT-II, orthonormal.
static void add_block(hg__noise_gauge *g, const float *x, ptrdiff_t line, ptrdiff_t pixel) {
    float rows[SIDE][SIDE], *energy = g->energy + (size_t)g->blocks * COEFFICIENTS;
    for (int32_t i = 0; i < SIDE; i++) {
        for (int32_t k = 0; k < SIDE; k++) {
            float sum = 0;
            for (int32_t j = 0; j < SIDE; j++) sum += g->cosine[k][j] * x[i * line + j * pixel];
            rows[i][k] = sum;
        }
    }
    for (int32_t l = 0; l < SIDE; l++) {
        float sum[SIDE] = {0};
        for (int32_t i = 0; i < SIDE; i++) {
            for (int32_t k = 0; k < SIDE; k++) sum[k] += g->cosine[l][i] * rows[i][k];
        }
        if (l == 0) g->mean[g->blocks] = sum[0] / SIDE;
        for (int32_t k = 0; k < SIDE; k++) energy[l * SIDE + k] = sum[k] * sum[k];
    }
    g->blocks++;
}

void hg__noise_gauge_add(hg__noise_gauge *g, const float *x, int32_t height, int32_t width,
                         int32_t pixel) {
    const ptrdiff_t line = (ptrdiff_t)width * pixel;
    for (int32_t i = 0; i + SIDE <= height; i += STEP) {
        for (int32_t j = 0; j + SIDE <= width && g->blocks < g->most; j += STEP) {
            add_block(g, x + i * line + (ptrdiff_t)j * pixel, line, pixel);
        }
    }
}

// ---- which blocks are smooth --------------------------------------------------------------------

typedef struct ranked {
    double score;
    int32_t block;
} ranked;

typedef struct survey {
    const hg__noise_gauge *g; // borrowed
    hg__noise_level level;    // so far; the spectrum's mean is 1
    double spectrum[COEFFICIENTS];
    bool is_good[COEFFICIENTS]; // noise and little else
    ranked *rank;               // owned, (blocks)
    ranked *half[2];            // owned, (blocks): of one bin, by black and by white
    double *sorted;             // owned, (SAMPLE)
} survey;

static int compare_ranked(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->score < y->score) return -1;
    if (x->score > y->score) return 1;
    return x->block < y->block ? -1 : x->block > y->block;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int32_t half_of(int32_t k) { // 0: black squares
    return (k / SIDE + k % SIDE) % 2;
}

// What of a block is above 1 where it holds more than noise: the mean of its energies, each by what noise has there.
static double excess(const survey *s, int32_t block, int32_t half) {
    const float *energy = s->g->energy + (size_t)block * COEFFICIENTS;
    double sum = 0, count = 0;
    for (int32_t k = 1; k < COEFFICIENTS; k++) {
        if (half_of(k) != half || !s->is_good[k]) continue;
        sum += (double)energy[k] / s->spectrum[k];
        count++;
    }
    const double noise = hg__noise_variance(&s->level, (double)s->g->mean[block]) + tiny;
    return count > 0 ? sum / count / noise : 0;
}

// half[h] of `from` (count), smoothest first.
static void rank_blocks(survey *s, const ranked *from, int32_t count) {
    for (int32_t h = 0; h < 2; h++) {
        for (int32_t i = 0; i < count; i++) {
            s->half[h][i].block = from[i].block;
            s->half[h][i].score = excess(s, from[i].block, h);
        }
        qsort(s->half[h], (size_t)count, sizeof **s->half, compare_ranked);
    }
}

static int32_t smooth_of(int32_t count) {
    const int32_t n = (int32_t)(smooth_share * count);
    return n > 8 ? n : count < 8 ? count : 8;
}

// ---- the spectrum -------------------------------------------------------------------------------

// The median over blocks, as the mean of an exponential distribution's square would have it.
static void look_first(survey *s) {
    const int32_t n = s->g->blocks < SAMPLE ? s->g->blocks : SAMPLE;
    for (int32_t k = 0; k < COEFFICIENTS; k++) {
        for (int32_t i = 0; i < n; i++) {
            const int64_t block = (int64_t)i * s->g->blocks / n;
            s->sorted[i] = (double)s->g->energy[block * COEFFICIENTS + k];
        }
        qsort(s->sorted, (size_t)n, sizeof *s->sorted, compare_doubles);
        s->spectrum[k] = s->sorted[n / 2] / 0.455 + tiny;
        s->is_good[k] = k > 0;
    }
}

// Each half of `to` from the blocks that the other half says are smooth; the same along lines and down columns.
static void measure_spectrum(survey *s, double to[COEFFICIENTS]) {
    const int32_t n = smooth_of(s->g->blocks);
    rank_blocks(s, s->rank, s->g->blocks);
    double sum[COEFFICIENTS] = {0};
    for (int32_t h = 0; h < 2; h++) {
        for (int32_t i = 0; i < n; i++) {
            const int32_t block = s->half[h][i].block;
            const float *energy = s->g->energy + (size_t)block * COEFFICIENTS;
            const double scale =
                hg__noise_variance(&s->level, (double)s->g->mean[block]) * n + tiny;
            for (int32_t k = 1; k < COEFFICIENTS; k++) {
                if (half_of(k) != h) sum[k] += (double)energy[k] / scale;
            }
        }
    }
    for (int32_t k = 1; k < COEFFICIENTS; k++) {
        to[k] = (sum[k] + sum[k % SIDE * SIDE + k / SIDE]) / 2 + tiny;
    }
    to[0] = to[1];
}

static double exp_minus(double x) { // x >= 0
    return 1 / (1 + hg__expm1(x));
}

// How far V exp(-blur^2 w^2) + F lies from a spectrum's logarithms: a point below counts 0.85 a unit, one above 0.15, and no more than
// one and a half units.
static double misfit(const double shape[COEFFICIENTS], const double logs[COEFFICIENTS], double v,
                     double f) {
    double sum = 0;
    for (int32_t k = 1; k < COEFFICIENTS; k++) {
        const double d = logs[k] - hg__log(v * shape[k] + f + 1e-12);
        sum += d < 0 ? (below - 1) * d : below * (d < 1.5 ? d : 1.5);
    }
    return sum;
}

typedef struct envelope {
    double misfit, v, f, blur;
} envelope;

static void try_blur(const hg__noise_gauge *g, const double logs[COEFFICIENTS], double blur,
                     const double range[3], envelope *best) {
    double shape[COEFFICIENTS];
    for (int32_t k = 0; k < COEFFICIENTS; k++) shape[k] = exp_minus(blur * blur * g->frequency[k]);
    for (int32_t i = 0; i < 2 * STRENGTHS; i++) {
        const int32_t which = i / 2;
        const double part = (double)which / (STRENGTHS - 1);
        const double v = 0.9 * range[0] * (1 + hg__expm1(part * hg__log(range[1] / range[0])));
        const double f = i % 2 ? 0.9 * range[2] : 0;
        // More would be white noise, and texture that is taken for what is blurred.
        const double m = f > most_white * v ? best->misfit : misfit(shape, logs, v, f);
        if (m < best->misfit) *best = (envelope){m, v, f, blur};
    }
}

// The noise under what was measured; s->spectrum is that, and s->is_good where nothing is above it.
static void lay_under(survey *s, const double measured[COEFFICIENTS]) {
    double logs[COEFFICIENTS], sorted[COEFFICIENTS];
    for (int32_t k = 0; k < COEFFICIENTS; k++) logs[k] = hg__log(measured[k]);
    memcpy(sorted, measured, sizeof sorted);
    qsort(sorted, COEFFICIENTS, sizeof *sorted, compare_doubles);
    const double range[] = {sorted[0], sorted[COEFFICIENTS - 1] * 1.01, sorted[COEFFICIENTS / 50]};
    envelope best = {.misfit = 1e300};
    for (int32_t i = 0; i < BLURS; i++) try_blur(s->g, logs, i * blur_step, range, &best);
    for (int32_t k = 0; k < COEFFICIENTS; k++) {
        const double noise =
            best.v * exp_minus(best.blur * best.blur * s->g->frequency[k]) + best.f;
        s->is_good[k] = k > 0 && measured[k] < agreeing * noise;
        s->spectrum[k] = measured[k] < noise ? measured[k] : noise;
    }
    s->level.blur = best.blur;
}

// ---- brightness ---------------------------------------------------------------------------------

typedef struct point {
    double x, variance;
} point;

static double line_misfit(const point p[BINS], double floor, double slope) {
    double sum = 0;
    for (int32_t i = 0; i < BINS; i++) {
        const double d = (p[i].variance - floor - slope * p[i].x) / p[i].variance;
        sum += d * d;
    }
    return sum;
}

// floor + slope x, neither below 0, by least squares of relative differences.
static void fit_line(const point p[BINS], hg__noise_level *l) {
    double w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0;
    for (int32_t i = 0; i < BINS; i++) {
        const double one = 1 / (p[i].variance * p[i].variance), x = p[i].x, y = p[i].variance;
        w += one;
        wx += one * x;
        wxx += one * x * x;
        wy += one * y;
        wxy += one * x * y;
    }
    const double det = w * wxx - wx * wx;
    l->floor = wy / w;
    l->slope = 0;
    if (!(det > 1e-9 * w * wxx)) return; // all are as bright
    const double floor = (wxx * wy - wx * wxy) / det, slope = (w * wxy - wx * wy) / det;
    if (floor >= 0 && slope >= 0) {
        l->floor = floor;
        l->slope = slope;
    } else if (line_misfit(p, 0, wxy / wxx) < line_misfit(p, l->floor, 0)) {
        l->floor = 0;
        l->slope = wxy / wxx;
    }
}

// The smooth blocks of a bin, ranked: how bright they are, and the variance of what one half of the other says is noise.
static point measure_bin(const survey *s, int32_t count) {
    point p = {0, 0};
    const int32_t n = smooth_of(count);
    for (int32_t h = 0; h < 2; h++) {
        for (int32_t i = 0; i < n; i++) {
            const int32_t block = s->half[h][i].block;
            const double x = (double)s->g->mean[block];
            p.x += (x > 0 ? x : 0) / (2 * n);
            p.variance += excess(s, block, 1 - h) * (hg__noise_variance(&s->level, x) + tiny);
        }
    }
    p.variance = p.variance / (2 * n) + tiny;
    return p;
}

static void measure_brightness(survey *s) {
    point p[BINS];
    const int64_t blocks = s->g->blocks;
    for (int32_t b = 0; b < BINS; b++) {
        const int64_t first = blocks * b / BINS, end = blocks * (b + 1) / BINS;
        rank_blocks(s, s->rank + first, (int32_t)(end - first));
        p[b] = measure_bin(s, (int32_t)(end - first));
    }
    fit_line(p, &s->level);
}

static void work(survey *s) {
    for (int32_t i = 0; i < s->g->blocks; i++) {
        s->rank[i].score = (double)s->g->mean[i];
        s->rank[i].block = i;
    }
    qsort(s->rank, (size_t)s->g->blocks, sizeof *s->rank, compare_ranked);
    s->level = (hg__noise_level){.floor = 1};
    look_first(s);
    for (int32_t pass = 0; pass < PASSES; pass++) {
        double measured[COEFFICIENTS], mean = 0;
        measure_spectrum(s, measured);
        lay_under(s, measured);
        measure_brightness(s);
        for (int32_t k = 0; k < COEFFICIENTS; k++) mean += s->spectrum[k] / COEFFICIENTS;
        for (int32_t k = 0; k < COEFFICIENTS; k++) s->spectrum[k] /= mean;
        s->level.floor *= mean;
        s->level.slope *= mean;
    }
}

int hg__noise_gauge_read(const hg__noise_gauge *g, hg__noise_level *l, hg_error *err) {
    if (g->blocks < LEAST) {
        return hg__fail(err, HG_ERR_DATA,
                        "noise: expected at least %d blocks of %d x %d pixels, got %d", LEAST, SIDE,
                        SIDE, g->blocks);
    }
    const size_t n = (size_t)g->blocks;
    survey *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    s->g = g;
    s->rank = hg__alloc(3 * n, sizeof *s->rank, err);
    if (s->rank) s->sorted = hg__alloc(SAMPLE, sizeof *s->sorted, err);
    const int code = s->rank && s->sorted ? HG_OK : HG_ERR_MEMORY;
    if (s->rank && s->sorted) {
        s->half[0] = s->rank + n;
        s->half[1] = s->half[0] + n;
        work(s);
        *l = s->level;
    }
    hg__free(s->sorted);
    hg__free(s->rank);
    hg__free(s);
    return code;
}
