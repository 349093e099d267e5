// SPDX-License-Identifier: Apache-2.0
// layer_variance.c - behind a decoder's last layer: the variance of what comes out, as the loss gaussian takes it. It is the one under
// which training rows are most likely, their mean squared error, of all numbers or of each (Rybkin et al., "Simple and effective VAE
// training with calibrated decoders", 2021), followed step by step: v += momentum (mean (y - t)^2 - v).
//
// The layer sees no targets; but gaussian's slope is scale (y - t) / v, from which their differences come back.
#include <math.h>

#include "nn/layer.h"

enum { EACH, MOMENTUM };
static const double least = 1e-6; // a number that never changes is not infinitely likely

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    if ((l->arg[EACH] != 0 && l->arg[EACH] != 1) ||
        !(l->arg[MOMENTUM] > 0 && l->arg[MOMENTUM] <= 1)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "variance: expected each of 0 or 1 and a momentum above 0, at most 1, got "
                        "%g and %g",
                        l->arg[EACH], l->arg[MOMENTUM]);
    }
    const int64_t count = l->arg[EACH] > 0 ? hg__extent_count(e) : 1;
    l->out = l->in;
    l->params = 1;
    l->param[0] = (hg__param){
        .name = "running_var",
        .shape = {1, {count}},
        .count = hg__norm_count(count),
        .is_state = true
    };
    return HG_OK;
}

static int32_t count_of(const hg__layer *l) { // variances
    return (int32_t)l->param[0].shape.dim[0];
}

static void init(const hg__layer *l, hg__real *params, uint64_t seed) {
    (void)seed;
    hg__real *v = params + l->param[0].offset;
    for (size_t i = 0; i < l->param[0].count; i++) v[i] = (int32_t)i < count_of(l);
}

static const hg__real *variance(const hg__layer *l, const hg__real *params, int32_t *count) {
    *count = count_of(l);
    return params + l->param[0].offset;
}

static size_t measured_count(const hg__layer *l) {
    return (size_t)count_of(l);
}

static size_t statistics_count(const hg__layer *l) {
    return l->param[0].count;
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    (void)l, (void)p, (void)x, (void)rows; // nothing is known yet
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    (void)rows;
    for (int32_t i = 0; i < count_of(l); i++) p->statistics[i] = 0;
}

static void measure_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy,
                         int32_t rows) {
    (void)x;
    const int32_t n = (int32_t)hg__extent_count(hg__extent_of(&l->in)), count = count_of(l);
    const hg__real *v = p->params + l->param[0].offset;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *slope = hg__view_row(dy, r);
        double *to = p->measured + (p->row + r) * count;
        if (count == 1) {
            *to = p->k->sum_squares(slope, n) * ((double)v[0] * (double)v[0]);
            continue;
        }
        for (int32_t i = 0; i < n; i++) {
            const double error = (double)slope[i] * (double)v[i];
            to[i] = error * error;
        }
    }
}

// Mean squared errors.
static void combine_back(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const int32_t count = count_of(l);
    const double n = (double)hg__extent_count(hg__extent_of(&l->in)) / count * rows;
    const double scale = (double)p->penalty_scale;
    for (int32_t i = 0; i < count; i++) {
        double sum = 0;
        for (int32_t r = 0; r < rows; r++) sum += p->measured[(int64_t)r * count + i];
        p->statistics[i] = (hg__real)(sum / n / (scale * scale));
    }
}

static void update_running(const hg__layer *l, const hg__pass *p, int32_t rows, hg__real *params) {
    (void)rows;
    hg__real *v = params + l->param[0].offset;
    for (int32_t i = 0; i < count_of(l); i++) {
        const double now = (double)p->statistics[i], was = (double)v[i];
        v[i] = (hg__real)fmax(was + l->arg[MOMENTUM] * (now - was), least);
    }
}

static const hg__batch_type batch = {
    .measured_count = measured_count,
    .statistics_count = statistics_count,
    .measure = measure,
    .measure_back = measure_back,
    .combine = combine,
    .combine_back = combine_back,
    .update_running = update_running,
};

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)p, (void)x, (void)y;
    hg__copy_rows(dx, dy, hg__extent_count(hg__extent_of(&l->in)), rows);
}

// Nothing is trained by its gradient.
static int32_t tile_count(const hg__layer *l) {
    (void)l;
    return 0;
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "variance"},
    {.item = "variance 1 0.3", .in = {5, 4, 3}},
    {.item = "variance", .in = {37, 3, 5}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_variance;
const hg__layer_type hg__layer_variance = {
    .name = "variance",
    .args = "each=0 momentum=0.1",
    .summary = "no change; last layer, for loss=gaussian: the variance of what comes out, followed "
               "in training; each=1: of each number",
    .example = "variance",
    .test_cases = test_cases,
    .bands = true,
    .keeps_scale = true,
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .tile_count = tile_count,
    .variance = variance,
    .batch = &batch,
};
