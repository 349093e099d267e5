// SPDX-License-Identifier: Apache-2.0
// start.c - where training starts (init=scaled).
//
// PyTorch's default draws weights from U(-1/sqrt(fan_in), 1/sqrt(fan_in)): each layer then passes on a third of its
// input's variance, and a deep autoencoder spends its first epochs growing back. Here the same draws are
// scaled so that the variance stays: U(-g sqrt(3/fan_in), g sqrt(3/fan_in)), g^2 = 2 before a ReLU and its kin
// (He et al., "Delving deep into rectifiers", 2015), 1 elsewhere (LeCun et al., "Efficient BackProp", 1998). Biases
// start at 0, but for the output's, which start where the output is the data's mean: otherwise the first
// steps, all in one direction, put ReLUs out for good. A model that ends in `add` learns what to change of its input: its last
// weights start at a tenth, so that it begins near changing nothing.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "fit/fit.h"

enum { MEAN_ROWS = 4096, MEAN_PICTURES = 64 };

// The type behind layer i, past what does not change the scale; NULL at the end.
static const hg__layer_type *behind(const hg__spec *s, int32_t i) {
    for (i++; i < s->layers && s->layer[i].type->keeps_scale;) i++;
    return i < s->layers ? s->layer[i].type : NULL;
}

static bool has_weights(const hg__layer *l) {
    return l->params > 0 && !l->param[0].is_state && l->param[0].shape.rank >= 2;
}

// What the draws are multiplied by: sqrt(3) times the gain.
static double scale_before(const hg__layer *l, const hg__layer_type *activation) {
    const double squared = activation ? activation->squared_gain : 0;
    const double factor = sqrt(3) * (squared > 0 ? sqrt(squared) : 1);
    return l->type->init_scale ? factor * l->type->init_scale(l) : factor;
}

static void scale_layer(const hg__layer *l, hg__real *params, double factor) {
    hg__real *weight = params + l->param[0].offset;
    for (size_t i = 0; i < l->param[0].count; i++) weight[i] *= (hg__real)factor;
    if (l->params > 1) memset(params + l->param[1].offset, 0, l->param[1].count * sizeof *params);
}

// mean (width) of up to MEAN_ROWS rows spread over the training rows.
static int find_mean(const hg__rows *rows, float *row, double *mean, hg_error *err) {
    const int32_t width = rows->source.width;
    const int64_t most = rows->source.make ? MEAN_PICTURES : MEAN_ROWS;
    const int64_t n = rows->count < most ? rows->count : most;
    for (int64_t i = 0; i < n; i++) {
        HG_TRY(hg__row_source_row(&rows->source, hg__rows_at(rows, i * rows->count / n), row, err));
        for (int32_t j = 0; j < width; j++) mean[j] += (double)row[j] / (double)n;
    }
    return HG_OK;
}

// The mean for each of `count` outputs that a bias has: of a feature, of a channel, or of everything. mean (width) is
// overwritten.
static void join_means(const hg__shape *row, double *mean, size_t width, size_t count) {
    const size_t channels = row->rank == 3 ? (size_t)row->dim[2] : 1;
    const size_t groups = count == channels ? channels : 1;
    if (count == width) return;
    for (size_t j = groups; j < width; j++) mean[j % groups] += mean[j];
    const size_t each = width / groups;
    for (size_t j = 0; j < groups; j++) mean[j] /= (double)each;
    for (size_t j = groups; j < count; j++) mean[j] = mean[j % groups];
}

static double coarse(double x) { // no two C libraries may differ
    return nearbyint(256 * x) / 256;
}

static double logit(double p) {
    const double least = 1e-3; // a pixel that is always black must still be able to learn otherwise
    const double q = p < least ? least : p > 1 - least ? 1 - least : p;
    return coarse(log(q / (1 - q)));
}

// The bias that makes feature j's mean of the model's output.
static double bias_for(const hg__spans *s, size_t j, double mean, bool logistic) {
    if (logistic || (s && s->weight[j] < 0)) return logit(mean);
    if (!s || s->weight[j] > 0) return mean;
    return coarse(log(mean < 1e-3 ? 1e-3 : mean)); // a level: of softmax
}

static int start_at_mean(hg__network *net, const hg__layer *l, const hg__rows *rows, bool logistic,
                         hg_error *err) {
    const size_t width = (size_t)rows->source.width;
    const size_t count = (size_t)l->param[1].shape.dim[0], most = count > width ? count : width;
    double *mean = hg__alloc(most, sizeof *mean, err);
    float *row = mean ? hg__alloc(most, sizeof *row, err) : NULL;
    int code = row ? find_mean(rows, row, mean, err) : HG_ERR_MEMORY;
    if (code == HG_OK) join_means(&rows->source.shape, mean, width, count);
    for (size_t j = 0; code == HG_OK && j < count; j++) {
        row[j] = (float)bias_for(net->spans, j, mean[j], logistic);
    }
    if (code == HG_OK) hg__param_import(&l->param[1], net->params, row);
    hg__free(row);
    hg__free(mean);
    return code;
}

int hg__start_scaled(hg__network *net, const hg__rows *rows, hg_error *err) {
    const hg__spec *s = &net->spec;
    const hg__layer *last = NULL;
    for (int32_t i = 0; i < s->layers; i++) {
        if (!has_weights(&s->layer[i])) continue;
        last = &s->layer[i];
        scale_layer(last, net->params, scale_before(last, behind(s, i)));
    }
    if (!last) return HG_OK;
    hg__network_tie(net);
    const hg__layer_type *activation = behind(s, (int32_t)(last - s->layer));
    if (activation && activation->is_residual) scale_layer(last, net->params, 0.1);
    if (last->params < 2) return HG_OK;
    const bool logistic = activation && activation->is_logistic;
    return activation && !logistic ? HG_OK : start_at_mean(net, last, rows, logistic, err);
}
