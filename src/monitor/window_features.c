// SPDX-License-Identifier: Apache-2.0
// window_features.c - features of windows beside those of training. Sums go over eight lanes, in one order on every machine.
#include "monitor/window_features.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { MOST_WINDOWS = 4000, LANES = 8 };

void hg__window_features_clear(hg__window_features *f) {
    hg__free(f->mean);
    hg__free(f->inverse);
    hg__free(f->value);
    *f = (hg__window_features){0};
}

static int init(hg__window_features *f, int32_t count, hg_error *err) {
    const size_t all = (size_t)count;
    *f = (hg__window_features){.count = count};
    f->mean = hg__alloc(all, sizeof *f->mean, err);
    if (f->mean) f->inverse = hg__alloc(all, sizeof *f->inverse, err);
    if (f->inverse) f->value = hg__alloc(HG_WINDOWS_AT_ONCE, all * sizeof *f->value, err);
    if (f->value) return HG_OK;
    hg__window_features_clear(f);
    return HG_ERR_MEMORY;
}

// ---- distances ----------------------------------------------------------------------------------

static float sum_of(const float part[LANES]) {
    return ((part[0] + part[4]) + (part[1] + part[5])) +
           ((part[2] + part[6]) + (part[3] + part[7]));
}

float hg__window_apart(const float *x, const float *y, int32_t count) {
    float part[LANES] = {0};
    int32_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        for (int32_t i = 0; i < LANES; i++) {
            const float r = x[k + i] - y[k + i];
            part[i] += r * r;
        }
    }
    for (int32_t i = 0; k + i < count; i++) {
        const float r = x[k + i] - y[k + i];
        part[i] += r * r;
    }
    return sum_of(part);
}

static float far_of(const hg__window_features *f, const float *value) {
    float part[LANES] = {0};
    int32_t k = 0;
    for (; k + LANES <= f->count; k += LANES) {
        for (int32_t i = 0; i < LANES; i++) {
            const float z = (value[k + i] - f->mean[k + i]) * f->inverse[k + i];
            part[i] += z * z;
        }
    }
    for (int32_t i = 0; k + i < f->count; i++) {
        const float z = (value[k + i] - f->mean[k + i]) * f->inverse[k + i];
        part[i] += z * z;
    }
    return sum_of(part) / (float)f->count;
}

void hg__window_features_measure(hg__window_features *f, hg__window_look *look,
                                 hg__window_detector *d, const hg__seen_windows *w, float *far) {
    look(d, w, f->value);
    for (int32_t i = 0; i < w->count; i++) {
        far[i] = far_of(f, f->value + (size_t)i * (size_t)f->count);
    }
}

// ---- fitted -------------------------------------------------------------------------------------

// sum (count, 2): of values and of their squares.
static int add_up(hg__window_features *f, hg__window_look *look, hg__window_detector *d,
                  hg__window_walk *w, double (*sum)[2], hg_error *err) {
    int32_t windows;
    while ((windows = hg__window_walk_next(w, err)) > 0) {
        const hg__seen_windows seen = hg__window_walk_seen(w, windows);
        const float *value = f->value;
        look(d, &seen, f->value);
        for (int32_t i = 0; i < windows; i++, value += f->count) {
            for (int32_t k = 0; k < f->count; k++) {
                sum[k][0] += (double)value[k];
                sum[k][1] += (double)value[k] * (double)value[k];
            }
        }
    }
    return windows;
}

// usual (count, 2)
static void find_usual(hg__window_features *f, double (*sum)[2], int64_t windows,
                       double least_deviation, float (*usual)[2]) {
    const double n = (double)windows;
    for (int32_t k = 0; k < f->count && windows > 0; k++) {
        const double mean = sum[k][0] / n, variance = sum[k][1] / n - mean * mean;
        const double deviation = variance > 0 ? sqrt(variance) : 0;
        usual[k][0] = (float)mean;
        usual[k][1] = (float)(1 / (least_deviation + deviation));
    }
}

static void take(hg__window_features *f, float (*usual)[2]) {
    for (int32_t k = 0; k < f->count; k++) {
        f->mean[k] = usual[k][0];
        f->inverse[k] = usual[k][1];
    }
}

int hg__window_features_fit(hg__window_features *f, int32_t count, double least_deviation,
                            hg__window_look *look, hg__window_detector *d,
                            const hg__window_data *data, hg_model *m, hg_error *err) {
    hg__window_walk w = {0};
    char part[HG_PART_NAME];
    hg__window_detector_part(d, "", part);
    HG_TRY(init(f, count, err));
    double(*sum)[2] = hg__alloc((size_t)count, sizeof *sum, err);
    float(*usual)[2] = hg__alloc((size_t)count, sizeof *usual, err);
    int code = sum && usual ? hg__window_walk_init(&w, data, d, MOST_WINDOWS, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = add_up(f, look, d, &w, sum, err);
    if (code == HG_OK) {
        find_usual(f, sum, w.count, least_deviation, usual);
        take(f, usual);
        code = hg__model_keep_part(m, part, HG_F32, count, 2, usual, err);
    }
    hg__window_walk_clear(&w);
    hg__free(sum);
    hg__free(usual);
    if (code < 0) hg__window_features_clear(f);
    return code;
}

int hg__window_features_load(hg__window_features *f, int32_t count, const hg__window_detector *d,
                             const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *part;
    char name[HG_PART_NAME];
    hg__window_detector_part(d, "", name);
    HG_TRY(hg__model_take_numbers(m, name, count, 2, where, &part, err));
    HG_TRY(init(f, count, err));
    const float *usual = part->data;
    for (int32_t k = 0; k < count; k++) {
        f->mean[k] = usual[2 * k];
        f->inverse[k] = usual[2 * k + 1];
    }
    return HG_OK;
}
