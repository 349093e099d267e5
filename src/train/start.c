// SPDX-License-Identifier: Apache-2.0
// start.c - where training starts (init=scaled).
//
// PyTorch's default draws weights from U(-1/sqrt(fan_in), 1/sqrt(fan_in)): each layer then passes on a third of its
// input's variance, and a deep autoencoder spends its first epochs growing back. Here the same draws are
// scaled so that the variance stays: U(-g sqrt(3/fan_in), g sqrt(3/fan_in)), g^2 = 2 before a ReLU and its kin
// (He et al., "Delving deep into rectifiers", 2015), 1 elsewhere (LeCun et al., "Efficient BackProp", 1998). Biases
// start at 0, but for the output's, which start where the output is the data's mean: otherwise the first
// steps, all in one direction, put ReLUs out for good.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "train/trainer.h"

enum { MEAN_ROWS = 4096 };

static bool is_any(const char *name, const char *const *names) {
    while (*names && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

// The type behind layer i, past what does not change the scale; NULL at the end.
static const char *behind(const hg__spec *s, int32_t i) {
    static const char *const same[] = {"dropout", "linear", NULL};
    for (i++; i < s->layers && is_any(s->layer[i].type->name, same);) i++;
    return i < s->layers ? s->layer[i].type->name : NULL;
}

static double gain_before(const char *activation) {
    static const char *const rectifiers[] = {"relu", "leaky_relu", "elu", "gelu", "silu", NULL};
    return activation && is_any(activation, rectifiers) ? sqrt(2) : 1;
}

static bool has_weights(const hg__layer *l) {
    return l->params > 0 && l->param[0].shape.rank >= 2;
}

static void scale_layer(const hg__layer *l, hg__real *params, double factor) {
    hg__real *weight = params + l->param[0].offset;
    for (size_t i = 0; i < l->param[0].count; i++) weight[i] *= (hg__real)factor;
    if (l->params > 1) memset(params + l->param[1].offset, 0, l->param[1].count * sizeof *params);
}

// mean (width) of up to MEAN_ROWS rows spread over the training rows.
static int find_mean(const hg__trainer *t, float *row, double *mean, hg_error *err) {
    const int32_t width = t->data->width;
    const int64_t n = t->rows.count < MEAN_ROWS ? t->rows.count : MEAN_ROWS;
    for (int64_t i = 0; i < n; i++) {
        HG_TRY(hg__data_row(t->data, hg__rows_at(&t->rows, i * t->rows.count / n), row, err));
        for (int32_t j = 0; j < width; j++) mean[j] += (double)row[j] / (double)n;
    }
    return HG_OK;
}

static double logit(double p) {
    const double least = 1e-3; // a pixel that is always black must still be able to learn otherwise
    const double q = p < least ? least : p > 1 - least ? 1 - least : p;
    return nearbyint(256 * log(q / (1 - q))) / 256; // coarse: no two C libraries may differ
}

static int start_at_mean(hg__trainer *t, const hg__layer *l, bool sigmoid, hg_error *err) {
    const size_t width = (size_t)t->data->width;
    double *mean = hg__alloc(width, sizeof *mean, err);
    float *row = mean ? hg__alloc(width, sizeof *row, err) : NULL;
    int code = row ? find_mean(t, row, mean, err) : HG_ERR_MEMORY;
    for (size_t j = 0; code == HG_OK && j < width; j++) {
        row[j] = (float)(sigmoid ? logit(mean[j]) : mean[j]);
    }
    if (code == HG_OK) hg__param_import(&l->param[1], t->model->params, row);
    hg__free(row);
    hg__free(mean);
    return code;
}

int hg__start_scaled(hg__trainer *t, hg_error *err) {
    const hg__spec *s = &t->model->spec;
    const hg__layer *last = NULL;
    for (int32_t i = 0; i < s->layers; i++) {
        if (!has_weights(&s->layer[i])) continue;
        last = &s->layer[i];
        scale_layer(last, t->model->params, sqrt(3) * gain_before(behind(s, i)));
    }
    if (!last || last->params < 2) return HG_OK;
    const char *activation = behind(s, (int32_t)(last - s->layer));
    const bool sigmoid = activation && strcmp(activation, "sigmoid") == 0;
    return activation && !sigmoid ? HG_OK : start_at_mean(t, last, sigmoid, err);
}
