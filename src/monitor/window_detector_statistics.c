// SPDX-License-Identifier: Apache-2.0
// window_detector_statistics.c - level, spread and roughness of each channel in a window, held against what they usually are.
//
//   of a channel:  mean,  ln(0.05 + standard deviation),  ln(0.02 + standard deviation of the differences from step to step)
//   distance: the mean over all of ((value - its mean in training) / (its deviation there + 0.05))^2
//
// Slower than any one value, and told by hardly anything else: a channel that stands still, trembles, or stays at a level that is usual
// only for a moment.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/log2.h"
#include "base/mem.h"
#include "monitor/window_detector.h"

enum { OF_CHANNEL = 3, MOST_WINDOWS = 4000 };
static const double ln_2 = 0.6931471805599453;
static const double least_spread = 0.05, least_roughness = 0.02, least_deviation = 0.05;

typedef struct usual {
    float mean, inverse;
} usual;

typedef struct statistics {
    usual *usual; // owned, (OF_CHANNEL * C)
    float *value; // owned, likewise
    double *sum;  // owned, (4, C): sums of x, x^2, and of differences
} statistics;

static void free_state(void *state) {
    statistics *s = state;
    if (!s) return;
    hg__free(s->usual);
    hg__free(s->value);
    hg__free(s->sum);
    hg__free(s);
}

static int make_state(hg__window_detector *d, hg_error *err) {
    const size_t C = (size_t)d->view.channels;
    statistics *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    s->usual = hg__alloc(OF_CHANNEL * C, sizeof *s->usual, err);
    if (s->usual) s->value = hg__alloc(OF_CHANNEL * C, sizeof *s->value, err);
    if (s->value) s->sum = hg__alloc(4 * C, sizeof *s->sum, err);
    return s->sum ? HG_OK : HG_ERR_MEMORY;
}

static double deviation(double sum, double square, double n) {
    const double variance = square / n - sum / n * (sum / n);
    return variance > 0 ? sqrt(variance) : 0;
}

// x (n, C) -> value (OF_CHANNEL * C).
static void look(const hg__window_detector *d, const float *x, float *value) {
    const statistics *s = d->state;
    const int32_t C = d->view.channels, n = d->view.length;
    double *sum = s->sum, *square = sum + C, *step = square + C, *steps = step + C;
    memset(sum, 0, 4 * (size_t)C * sizeof *sum);
    for (int32_t t = 0; t < n; t++, x += C) {
        for (int32_t c = 0; c < C; c++) {
            const double v = (double)x[c], by = t ? v - (double)x[c - C] : 0;
            sum[c] += v;
            square[c] += v * v;
            step[c] += by;
            steps[c] += by * by;
        }
    }
    for (int32_t c = 0; c < C; c++, value += OF_CHANNEL) {
        value[0] = (float)(sum[c] / n);
        value[1] = (float)(ln_2 * hg__log2(least_spread + deviation(sum[c], square[c], n)));
        value[2] = (float)(ln_2 * hg__log2(least_roughness + deviation(step[c], steps[c], n - 1)));
    }
}

// ---- fitted -------------------------------------------------------------------------------------

// sum (OF_CHANNEL * C, 2): of values and of their squares.
static int add_up(hg__window_detector *d, hg__window_walk *w, double (*sum)[2], hg_error *err) {
    const statistics *s = d->state;
    const size_t width = (size_t)d->width;
    int32_t count;
    while ((count = hg__window_walk_next(w, err)) > 0) {
        for (int32_t i = 0; i < count; i++) {
            look(d, w->x + (size_t)i * width, s->value);
            for (int32_t k = 0; k < OF_CHANNEL * d->view.channels; k++) {
                sum[k][0] += (double)s->value[k];
                sum[k][1] += (double)s->value[k] * (double)s->value[k];
            }
        }
    }
    return count;
}

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    const size_t all = OF_CHANNEL * (size_t)d->view.channels;
    hg__window_walk w = {0};
    char part[HG_PART_NAME];
    hg__window_detector_part(d, "", part);
    HG_TRY(make_state(d, err));
    const statistics *s = d->state;
    double(*sum)[2] = hg__alloc(all, sizeof *sum, err);
    int code = sum ? hg__window_walk_init(&w, data, d, MOST_WINDOWS, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = add_up(d, &w, sum, err);
    for (size_t k = 0; code == HG_OK && k < all; k++) {
        const double n = (double)w.count;
        s->usual[k].mean = n > 0 ? (float)(sum[k][0] / n) : 0;
        s->usual[k].inverse =
            n > 0 ? (float)(1 / (least_deviation + deviation(sum[k][0], sum[k][1], n))) : 0;
    }
    if (code == HG_OK) {
        code = hg__model_keep_part(m, part, HG_F32, (int64_t)all, 2, s->usual, err);
    }
    hg__window_walk_clear(&w);
    hg__free(sum);
    return code;
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    const int64_t all = OF_CHANNEL * (int64_t)d->view.channels;
    const hg__tensor *part;
    char name[HG_PART_NAME];
    hg__window_detector_part(d, "", name);
    HG_TRY(make_state(d, err));
    HG_TRY(hg__model_take_numbers(m, name, all, 2, where, &part, err));
    const statistics *s = d->state;
    memcpy(s->usual, part->data, (size_t)all * sizeof *s->usual);
    return HG_OK;
}

static void measure(hg__window_detector *d, const float *x, int32_t count,
                    const hg__window_said *to) {
    const statistics *s = d->state;
    const size_t width = (size_t)d->width;
    const int32_t all = OF_CHANNEL * d->view.channels;
    for (int32_t i = 0; i < count; i++) {
        float sum = 0;
        look(d, x + (size_t)i * width, s->value);
        for (int32_t k = 0; k < all; k++) {
            const float z = (s->value[k] - s->usual[k].mean) * s->usual[k].inverse;
            sum += z * z;
        }
        to->far[i] = sum / (float)all;
    }
}

const hg__window_detector_type hg__window_statistics = {
    .fit = fit,
    .load = load,
    .measure = measure,
    .free = free_state,
};
