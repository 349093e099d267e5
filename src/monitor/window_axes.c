// SPDX-License-Identifier: Apache-2.0
// window_axes.c - the axes along which windows of training differ most.
#include "monitor/window_axes.h"

#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/blocks.h"
#include "fit/pca.h"

enum { MOST_WINDOWS = 8000, MOST_AXES = 256, EXACT_WIDTH = 640 };
static const char of_axes[] = "axes", of_mean[] = "mean";

void hg__window_axes_clear(hg__window_axes *a) {
    hg__free(a->panel);
    hg__free(a->centre);
    hg__free(a->mean);
    hg__free(a->room);
    hg__free(a->place);
    *a = (hg__window_axes){0};
}

// axis (count, width), mean (width).
static int take(hg__window_axes *a, const float *axis, const float *mean, int32_t count,
                int32_t width, hg_error *err) {
    *a = (hg__window_axes){.count = count, .width = width};
    a->panel = hg__alloc(hg__panel_count(width, count), sizeof *a->panel, err);
    if (a->panel) a->centre = hg__alloc((size_t)count, sizeof *a->centre, err);
    if (a->centre) a->mean = hg__alloc((size_t)width, sizeof *a->mean, err);
    if (a->mean) a->room = hg__numbers(HG_WINDOWS_AT_ONCE, (size_t)hg__pad_columns(count), err);
    if (a->room) a->place = hg__numbers(HG_WINDOWS_AT_ONCE, (size_t)count, err);
    if (!a->panel || !a->centre || !a->mean || !a->place) return HG_ERR_MEMORY;
    memcpy(a->mean, mean, (size_t)width * sizeof *mean);
    for (int32_t i = 0; i < count; i++) {
        double at = 0;
        for (int32_t j = 0; j < width; j++) {
            const float v = axis[(size_t)i * (size_t)width + (size_t)j];
            a->panel[hg__panel_index(width, count, j, i)] = v;
            at += (double)v * (double)mean[j];
        }
        a->centre[i] = (float)at;
    }
    return HG_OK;
}

void hg__window_axes_place(const hg__window_axes *a, const hg__seen_windows *w) {
    const hg__kernels *k = hg__kernels_pick();
    const int32_t stride = hg__pad_columns(a->count);
    for (int32_t c = 0; c < a->count; c += HG_PANEL) {
        const hg__gemm g = {.M = w->count,
                            .N = hg__min(a->count - c, HG_PANEL),
                            .K = a->width,
                            .blocks = 1,
                            .a = w->x,
                            .a_m = (ptrdiff_t)w->pitch,
                            .a_k = 1,
                            .b = a->panel + hg__panel_index(a->width, a->count, 0, c),
                            .b_k = (ptrdiff_t)hg__panel_width(a->count, c),
                            .c = a->room + c,
                            .c_m = stride};
        k->gemm(&g);
    }
    for (int32_t i = 0; i < w->count; i++) {
        for (int32_t c = 0; c < a->count; c++) {
            a->place[i * a->count + c] = a->room[i * stride + c] - a->centre[c];
        }
    }
}

// |x - y|^2 over (count) numbers, in eight sums, so that it becomes vectors.
static double square_from(const float *x, const float *y, int32_t count) {
    enum { LANES = 8 };
    double part[LANES] = {0};
    int32_t j = 0;
    for (; j + LANES <= count; j += LANES) {
        for (int32_t k = 0; k < LANES; k++) {
            const double v = (double)x[j + k] - (double)y[j + k];
            part[k] += v * v;
        }
    }
    for (int32_t k = 0; j + k < count; k++) {
        const double v = (double)x[j + k] - (double)y[j + k];
        part[k] += v * v;
    }
    return ((part[0] + part[4]) + (part[1] + part[5])) +
           ((part[2] + part[6]) + (part[3] + part[7]));
}

float hg__window_axes_rest(const hg__window_axes *a, const hg__seen_windows *w, int32_t i) {
    const float *place = a->place + (size_t)i * (size_t)a->count;
    double rest = square_from(w->x + (size_t)i * w->pitch, a->mean, a->width);
    for (int32_t c = 0; c < a->count; c++) rest -= (double)place[c] * (double)place[c];
    return rest > 0 ? (float)rest : 0;
}

// ---- fitted -------------------------------------------------------------------------------------

// Of windows: how many, their squared length from the mean, and that along each axis.
typedef struct spread {
    double all;
    double *along; // (count)
} spread;

static int measure(hg__window_axes *a, hg__window_walk *w, spread *s, hg_error *err) {
    int32_t n;
    while ((n = hg__window_walk_next(w, err)) > 0) {
        const hg__seen_windows seen = hg__window_walk_seen(w, n);
        hg__window_axes_place(a, &seen);
        for (int32_t i = 0; i < n; i++) {
            s->all += (double)hg__window_axes_rest(a, &seen, i);
            for (int32_t c = 0; c < a->count; c++) {
                const double v = (double)a->place[i * a->count + c];
                s->along[c] += v * v;
                s->all += v * v;
            }
        }
    }
    return n;
}

// How many of the axes have that share.
static int choose(hg__window_axes *a, const hg__window_detector *d, const hg__window_data *data,
                  double variance, int32_t *count, hg_error *err) {
    hg__window_walk w = {0};
    spread s = {.along = hg__alloc((size_t)a->count, sizeof *s.along, err)};
    int code = s.along ? hg__window_walk_init(&w, data, d, MOST_WINDOWS, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = measure(a, &w, &s, err);
    double sum = 0;
    *count = 0;
    while (code == HG_OK && *count < a->count && sum < variance * s.all) sum += s.along[(*count)++];
    if (*count == 0) *count = 1;
    hg__window_walk_clear(&w);
    hg__free(s.along);
    return code;
}

static int keep(const hg__window_detector *d, const float *axis, const float *mean, int32_t count,
                hg_model *m, hg_error *err) {
    char name[HG_PART_NAME];
    hg__window_detector_part(d, of_axes, name);
    HG_TRY(hg__model_keep_part(m, name, HG_F32, count, d->width, axis, err));
    hg__window_detector_part(d, of_mean, name);
    return hg__model_keep_part(m, name, HG_F32, d->width, 0, mean, err);
}

static int take_and_keep(hg__window_axes *a, const hg__window_detector *d,
                         const hg__window_data *data, const hg_model *pca, double variance,
                         hg_model *m, hg_error *err) {
    const hg__layer *layer = pca->net.spec.layer;
    const size_t width = (size_t)d->width;
    int32_t count = pca->net.spec.code;
    float *axis = hg__alloc((size_t)count, width * sizeof *axis, err);
    float *mean = hg__alloc(width, sizeof *mean, err);
    int code = axis && mean ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        hg__param_export(&layer[0].param[0], pca->net.params, axis);
        hg__param_export(&layer[pca->net.spec.layers - 1].param[1], pca->net.params, mean);
        code = take(a, axis, mean, count, d->width, err);
    }
    if (code == HG_OK && variance < 1) code = choose(a, d, data, variance, &count, err);
    if (code == HG_OK) code = keep(d, axis, mean, count, m, err);
    hg__free(axis);
    hg__free(mean);
    return code;
}

int hg__window_axes_fit(hg__window_axes *a, const hg__window_detector *d,
                        const hg__window_data *data, int32_t most, double variance, hg_model *m,
                        hg_error *err) {
    int64_t *start = NULL;
    hg_model *pca = NULL;
    const char *path = data->samples->data.path;
    const int64_t count = hg__window_starts(d, data, MOST_WINDOWS, &start, err);
    const hg__windows windows = {data->samples, d->view, start, count};
    *a = (hg__window_axes){0};
    int code = count < 0 ? (int)count : HG_OK;
    if (code == HG_OK && count < 4) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected at least 4 windows of %d steps, got %d",
                        path, d->view.length, (int)count);
    }
    if (code == HG_OK) {
        const hg__rows rows = hg__rows_all(hg__windows_source(&windows, path));
        const int32_t least = (int32_t)hg__min_64(count - 1, d->width);
        const bool is_wide = d->width > EXACT_WIDTH;
        const hg__pca_how how = {.code = hg__min(most, least),
                                 .solver = is_wide ? HG_PCA_RANDOMIZED : HG_PCA_EXACT,
                                 .seed = data->seed};
        code = hg__pca_fit_by(&pca, &rows, &how, d->pool, err);
    }
    if (code == HG_OK) code = take_and_keep(a, d, data, pca, variance, m, err);
    hg_model_free(pca);
    hg__free(start);
    if (code < 0) hg__window_axes_clear(a);
    return code;
}

int hg__window_axes_load(hg__window_axes *a, const hg__window_detector *d, const hg_model *m,
                         const char *where, hg_error *err) {
    const hg__tensor *axis, *mean;
    char name[HG_PART_NAME];
    *a = (hg__window_axes){0};
    hg__window_detector_part(d, of_mean, name);
    HG_TRY(hg__model_take_numbers(m, name, d->width, 0, where, &mean, err));
    hg__window_detector_part(d, of_axes, name);
    HG_TRY(hg__model_take_numbers(m, name, -1, d->width, where, &axis, err));
    const int64_t count = axis->shape.dim[0];
    if (count < 1 || count > MOST_AXES) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected 1 to %d axes, got %lld", where, name,
                        MOST_AXES, (long long)count);
    }
    const int code = take(a, axis->data, mean->data, (int32_t)count, d->width, err);
    if (code < 0) hg__window_axes_clear(a);
    return code;
}
