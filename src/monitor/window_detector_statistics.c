// SPDX-License-Identifier: Apache-2.0
// window_detector_statistics.c - level, spread and roughness of each channel in a window, held against what they usually are.
//
//   of a channel:  mean,  ln(0.05 + standard deviation),  ln(0.02 + standard deviation of the differences from step to step)
//
// Slower than any one value, and told by hardly anything else: a channel that stands still, trembles, or stays at a level that is usual
// only for a moment. Sums of a window are those of its blocks, one after the other, and windows that overlap share them:
//
//   block of `stride` steps  | 0 | 1 | 2 | 3 | 4 |
//   window 0                 [---------------]
//   window 1                     [---------------]
#include <math.h>
#include <string.h>

#include "base/log2.h"
#include "base/mem.h"
#include "monitor/window_features.h"

enum {
    OF_CHANNEL = 3,
    SUMS = 3,        // of x, of x^2, and of squared differences within the block
    MOST_BLOCKS = 16 // of a window; where there would be more it is one
};
static const double least_deviation = 0.05;
static const float least_spread = 0.05F, least_roughness = 0.02F;

typedef struct statistics {
    hg__window_features features;
    int32_t steps, blocks; // of a block; whole ones of a window
    double *block; // owned, (blocks + 1, SUMS, C): a ring, and behind it what is no whole block
    double *sum;   // owned, (SUMS + 1, C): of a window, and of its differences
    float *spread; // owned, (2, C): the logarithms of deviations
} statistics;

static void free_state(void *state) {
    statistics *s = state;
    if (!s) return;
    hg__window_features_clear(&s->features);
    hg__free(s->block);
    hg__free(s->sum);
    hg__free(s->spread);
    hg__free(s);
}

static int make_state(hg__window_detector *d, hg_error *err) {
    const size_t C = (size_t)d->view.channels;
    statistics *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    s->steps = d->view.length > MOST_BLOCKS * d->stride ? d->view.length : d->stride;
    s->blocks = d->view.length / s->steps;
    s->block = hg__alloc((size_t)s->blocks + 1, SUMS * C * sizeof *s->block, err);
    if (s->block) s->sum = hg__alloc((SUMS + 1) * C, sizeof *s->sum, err);
    if (s->sum) s->spread = hg__alloc(2 * C, sizeof *s->spread, err);
    return s->spread ? HG_OK : HG_ERR_MEMORY;
}

// ---- sums ---------------------------------------------------------------------------------------

static void add_step(const float *restrict x, int32_t C, double *restrict sum,
                     double *restrict square) {
    for (int32_t c = 0; c < C; c++) {
        const double v = (double)x[c];
        sum[c] += v;
        square[c] += v * v;
    }
}

static void add_difference(const float *restrict x, int32_t C, double *restrict steps) {
    const float *before = x - C;
    for (int32_t c = 0; c < C; c++) {
        const double by = (double)x[c] - (double)before[c];
        steps[c] += by * by;
    }
}

// x (steps, C) -> block (SUMS, C).
static void sum_block(const float *x, int32_t steps, int32_t C, double *block) {
    memset(block, 0, SUMS * (size_t)C * sizeof *block);
    for (int32_t t = 0; t < steps; t++) {
        add_step(x + t * C, C, block, block + C);
        if (t > 0) add_difference(x + t * C, C, block + 2 * C);
    }
}

static void add_block(const double *restrict block, int32_t count, double *restrict sum) {
    for (int32_t k = 0; k < count; k++) sum[k] += block[k];
}

// The sums of the window at x, (n, C). Of its whole blocks `there`, the first, are at hand; block 0 is number `first` of the ring.
static void sum_window(const hg__window_detector *d, const float *x, int32_t there, int32_t first) {
    const statistics *s = d->state;
    const int32_t C = d->view.channels, rest = d->view.length - s->blocks * s->steps;
    const size_t size = SUMS * (size_t)C;
    memset(s->sum, 0, size * sizeof *s->sum);
    for (int32_t k = 0; k < s->blocks; k++, x += s->steps * C) {
        double *block = s->block + (size_t)((first + k) % s->blocks) * size;
        if (k >= there) sum_block(x, s->steps, C, block);
        if (k > 0) add_difference(x, C, s->sum + 2 * C);
        add_block(block, SUMS * C, s->sum);
    }
    if (rest == 0) return;
    sum_block(x, rest, C, s->block + (size_t)s->blocks * size);
    add_difference(x, C, s->sum + 2 * C);
    add_block(s->block + (size_t)s->blocks * size, SUMS * C, s->sum);
}

// ---- features -----------------------------------------------------------------------------------

// ln(least + standard deviation) of C channels, each of n numbers of which there are sums and sums of squares.
static void find_spread(const double *restrict sum, const double *restrict square, double n,
                        int32_t C, float least, float *restrict to) {
    const double over = 1 / n;
    for (int32_t c = 0; c < C; c++) {
        const double mean = sum[c] * over, variance = square[c] * over - mean * mean;
        to[c] = (float)sqrt(variance > 0 ? variance : 0);
    }
    for (int32_t c = 0; c < C; c++) to[c] = hg__ln(least + to[c]);
}

// Of the window at x, whose sums are there: value (C, OF_CHANNEL).
static void describe(const hg__window_detector *d, const float *x, float *value) {
    const statistics *s = d->state;
    const int32_t C = d->view.channels, n = d->view.length;
    const float *last = x + (n - 1) * C;
    double *sum = s->sum, *square = sum + C, *steps = square + C, *step = steps + C;
    const double over = 1.0 / n;
    float *spread = s->spread, *rough = spread + C;
    for (int32_t c = 0; c < C; c++) step[c] = (double)last[c] - (double)x[c]; // of all differences
    find_spread(sum, square, n, C, least_spread, spread);
    find_spread(step, steps, n - 1, C, least_roughness, rough);
    for (int32_t c = 0; c < C; c++, value += OF_CHANNEL) {
        value[0] = (float)(sum[c] * over);
        value[1] = spread[c];
        value[2] = rough[c];
    }
}

static void look(hg__window_detector *d, const hg__seen_windows *w, float *value) {
    const statistics *s = d->state;
    const size_t C = (size_t)d->view.channels;
    const bool shares = w->pitch == (size_t)s->steps * C;
    for (int32_t i = 0; i < w->count; i++) {
        const float *x = w->x + (size_t)i * w->pitch;
        sum_window(d, x, i > 0 && shares ? s->blocks - 1 : 0, shares ? i % s->blocks : 0);
        describe(d, x, value + (size_t)i * OF_CHANNEL * C);
    }
}

// ---- the type -----------------------------------------------------------------------------------

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    HG_TRY(make_state(d, err));
    statistics *s = d->state;
    return hg__window_features_fit(&s->features, OF_CHANNEL * d->view.channels, least_deviation,
                                   look, d, data, m, err);
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    HG_TRY(make_state(d, err));
    statistics *s = d->state;
    return hg__window_features_load(&s->features, OF_CHANNEL * d->view.channels, d, m, where, err);
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    statistics *s = d->state;
    hg__window_features_measure(&s->features, look, d, w, to->far);
}

const hg__window_detector_type hg__window_statistics = {
    .fit = fit,
    .load = load,
    .measure = measure,
    .free = free_state,
};
