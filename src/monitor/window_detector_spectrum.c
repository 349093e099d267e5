// SPDX-License-Identifier: Apache-2.0
// window_detector_spectrum.c - how loud each frequency of each channel is in a window, held against how loud it usually is.
//
//   of a channel:  ln(|FFT(Hann . (x - mean))|^2 / n + 0.001),  n / 2 + 1 frequencies
//   distance: the mean over all of ((value - its mean in training) / (its deviation there + 0.1))^2
#include <math.h>
#include <string.h>

#include "base/log2.h"
#include "base/mem.h"
#include "monitor/window_detector.h"
#include "signal/spectrum.h"

enum { MOST_WINDOWS = 4000 };
static const double ln_2 = 0.6931471805599453;
static const double least_power = 1e-3, least_deviation = 0.1;

typedef struct usual {
    float mean, inverse;
} usual;

typedef struct spectrum {
    hg__spectrum fourier;
    usual *usual;  // owned, (C, n / 2 + 1)
    float *value;  // owned, likewise
    float *x;      // owned, (n): one channel
    double *power; // owned, (n / 2 + 1)
} spectrum;

static void free_state(void *state) {
    spectrum *s = state;
    if (!s) return;
    hg__spectrum_clear(&s->fourier);
    hg__free(s->usual);
    hg__free(s->value);
    hg__free(s->x);
    hg__free(s->power);
    hg__free(s);
}

static int32_t lines_of(const hg__window_detector *d) {
    return d->view.length / 2 + 1;
}

static int make_state(hg__window_detector *d, hg_error *err) {
    const size_t lines = (size_t)lines_of(d), all = lines * (size_t)d->view.channels;
    spectrum *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    HG_TRY(hg__spectrum_init(&s->fourier, d->view.length, err));
    s->usual = hg__alloc(all, sizeof *s->usual, err);
    if (s->usual) s->value = hg__alloc(all, sizeof *s->value, err);
    if (s->value) s->x = hg__alloc((size_t)d->view.length, sizeof *s->x, err);
    if (s->x) s->power = hg__alloc(lines, sizeof *s->power, err);
    return s->power ? HG_OK : HG_ERR_MEMORY;
}

// x (n, C) -> value (C, n / 2 + 1).
static void look(const hg__window_detector *d, const float *x, float *value) {
    spectrum *s = d->state;
    const int32_t C = d->view.channels, n = d->view.length, lines = lines_of(d);
    for (int32_t c = 0; c < C; c++, value += lines) {
        float mean = 0;
        for (int32_t t = 0; t < n; t++) mean += x[t * C + c];
        mean /= (float)n;
        for (int32_t t = 0; t < n; t++) s->x[t] = x[t * C + c] - mean;
        (void)hg__spectrum_run(&s->fourier, s->x, s->power); // windows have no missing values
        for (int32_t k = 0; k < lines; k++) {
            value[k] = (float)(ln_2 * hg__log2(s->power[k] / n + least_power));
        }
    }
}

// sum (C * lines, 2): of values and of their squares.
static int add_up(hg__window_detector *d, hg__window_walk *w, double (*sum)[2], hg_error *err) {
    const spectrum *s = d->state;
    const int32_t all = lines_of(d) * d->view.channels;
    int32_t count;
    while ((count = hg__window_walk_next(w, err)) > 0) {
        for (int32_t i = 0; i < count; i++) {
            look(d, w->x + (size_t)i * (size_t)d->width, s->value);
            for (int32_t k = 0; k < all; k++) {
                sum[k][0] += (double)s->value[k];
                sum[k][1] += (double)s->value[k] * (double)s->value[k];
            }
        }
    }
    return count;
}

static usual usual_of(const double sum[2], double n) {
    if (n < 1) return (usual){0};
    const double mean = sum[0] / n, variance = sum[1] / n - mean * mean;
    return (usual){(float)mean,
                   (float)(1 / (least_deviation + (variance > 0 ? sqrt(variance) : 0)))};
}

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    const size_t all = (size_t)lines_of(d) * (size_t)d->view.channels;
    hg__window_walk w = {0};
    char part[HG_PART_NAME];
    hg__window_detector_part(d, "", part);
    HG_TRY(make_state(d, err));
    const spectrum *s = d->state;
    double(*sum)[2] = hg__alloc(all, sizeof *sum, err);
    int code = sum ? hg__window_walk_init(&w, data, d, MOST_WINDOWS, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = add_up(d, &w, sum, err);
    for (size_t k = 0; code == HG_OK && k < all; k++) {
        s->usual[k] = usual_of(sum[k], (double)w.count);
    }
    if (code == HG_OK) {
        code = hg__model_keep_part(m, part, HG_F32, (int64_t)all, 2, s->usual, err);
    }
    hg__window_walk_clear(&w);
    hg__free(sum);
    return code;
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    const int64_t all = (int64_t)lines_of(d) * d->view.channels;
    const hg__tensor *part;
    char name[HG_PART_NAME];
    hg__window_detector_part(d, "", name);
    HG_TRY(make_state(d, err));
    HG_TRY(hg__model_take_numbers(m, name, all, 2, where, &part, err));
    const spectrum *s = d->state;
    memcpy(s->usual, part->data, (size_t)all * sizeof *s->usual);
    return HG_OK;
}

static void measure(hg__window_detector *d, const float *x, int32_t count,
                    const hg__window_said *to) {
    const spectrum *s = d->state;
    const int32_t all = lines_of(d) * d->view.channels;
    for (int32_t i = 0; i < count; i++) {
        float sum = 0;
        look(d, x + (size_t)i * (size_t)d->width, s->value);
        for (int32_t k = 0; k < all; k++) {
            const float z = (s->value[k] - s->usual[k].mean) * s->usual[k].inverse;
            sum += z * z;
        }
        to->far[i] = sum / (float)all;
    }
}

const hg__window_detector_type hg__window_spectrum = {
    .fit = fit, .load = load, .measure = measure, .free = free_state};
