// SPDX-License-Identifier: Apache-2.0
// layer_sample.c - a code drawn from what the encoder says of it (Kingma & Welling, "Auto-encoding variational Bayes", 2014): of 2 Z
// inputs Z are means m and Z logarithms v of variances.
//
//   y = m + e^(v / 2) e, with e standard normal; outside training y = m
//   penalty: beta times the divergence from the standard normal, KL = 1/2 sum (m^2 + e^v - 1 - v)
//
// What is drawn is a function of seed, step, layer, row and column, so backward draws it again and nothing is kept. Over the first
// `warmup` steps beta rises from 0, that the code is used before it is paid for (Bowman et al. 2016). free: nats that each unit may
// say for nothing (Kingma et al., "Improved variational inference with inverse autoregressive flow", 2016): in training a unit pays
// max(free, its mean KL over the batch), so that below that it is not pushed any lower. Outside training KL is what it is.
#include "base/real.h"
#include "base/rng.h"
#include "nn/layer.h"

enum { CODE, BETA, WARMUP, FREE, MOST_WIDTH = 1 << 24 };
// With free bits, what is known of the batch: (PARTS, Z padded).
enum { PAYS, MEAN_KL, PARTS }; // 1 where a unit is above its free nats, else 0; its mean KL

static int32_t width(const hg__layer *l) { // Z
    return (int32_t)l->out.dim[0];
}

static int shape(hg__layer *l, hg_error *err) {
    size_t n = 0;
    if (!hg__shape_count(&l->in, &n) || n < 2 || n > MOST_WIDTH || n % 2 != 0) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "sample: expected an even number of inputs, as many means as variances, got %zu", n);
    }
    if (l->arg[CODE] != 0 && 2 * l->arg[CODE] != (double)n) {
        return hg__fail(err, HG_ERR_USAGE,
                        "sample: expected a code of whole numbers, half of the %zu inputs, got %g",
                        n, l->arg[CODE]);
    }
    if (!(l->arg[BETA] >= 0 && l->arg[BETA] <= 1e6) ||
        !(l->arg[WARMUP] >= 0 && l->arg[WARMUP] <= 1e9) ||
        !(l->arg[FREE] >= 0 && l->arg[FREE] <= 1e6)) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "sample: expected beta from 0 to 1000000, warmup from 0 to 1000000000 steps and free "
            "from 0 to 1000000 nats, got %g, %g and %g",
            l->arg[BETA], l->arg[WARMUP], l->arg[FREE]);
    }
    l->out = (hg__shape){1, {(int64_t)n / 2}};
    l->params = 0;
    return HG_OK;
}

// e^x, and e^x - 1.
static double exp_of(double x) {
    return x >= 0 ? 1 + hg__expm1(x) : 1 / (1 + hg__expm1(-x));
}

static double expm1_of(double x) {
    if (x >= 0) return hg__expm1(x);
    const double up = hg__expm1(-x);
    return up <= 1e300 ? -up / (1 + up) : -1;
}

// From the standard normal, of one unit.
static double divergence(double mean, double variance) {
    return (mean * mean + (expm1_of(variance) - variance)) / 2;
}

// ---- free bits -----------------------------------------------------------------------------------

static size_t stride(const hg__layer *l) {
    return (size_t)hg__pad_columns(width(l));
}

static size_t measured_count(const hg__layer *l) {
    return l->arg[FREE] > 0 ? (size_t)width(l) : 0;
}

static size_t statistics_count(const hg__layer *l) {
    return l->arg[FREE] > 0 ? PARTS * stride(l) : 0;
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    const int32_t Z = (int32_t)measured_count(l);
    for (int32_t r = 0; r < rows; r++) {
        double *to = p->measured + (p->row + r) * Z;
        const hg__real *mean = hg__view_row(x, r), *variance = mean + Z;
        for (int32_t i = 0; i < Z; i++) to[i] = divergence((double)mean[i], (double)variance[i]);
    }
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const int32_t Z = (int32_t)measured_count(l);
    for (int32_t i = 0; i < Z; i++) {
        double sum = 0;
        for (int32_t r = 0; r < rows; r++) sum += p->measured[(int64_t)r * Z + i];
        p->statistics[PAYS * stride(l) + (size_t)i] = sum / rows > l->arg[FREE];
        p->statistics[MEAN_KL * stride(l) + (size_t)i] = (hg__real)(sum / rows);
    }
}

static void measure_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy,
                         int32_t rows) {
    (void)l, (void)p, (void)x, (void)dy, (void)rows; // forward has said it all
}

static void combine_back(const hg__layer *l, const hg__pass *p, int32_t rows) {
    (void)l, (void)p, (void)rows;
}

static const hg__batch_type batch = {
    .measured_count = measured_count,
    .statistics_count = statistics_count,
    .measure = measure,
    .measure_back = measure_back,
    .combine = combine,
    .combine_back = combine_back,
};

// Which units pay, (Z); NULL: all.
static const hg__real *gates(const hg__layer *l, const hg__pass *p) {
    return p->training && l->arg[FREE] > 0 ? p->statistics + PAYS * stride(l) : NULL;
}

// ---- forward, backward ---------------------------------------------------------------------------

// The row's draws, (Z).
static const hg__real *draw(const hg__layer *l, const hg__pass *p, int32_t row) {
    const uint32_t counter[3] = {HG_STREAM_LATENT | (uint32_t)l->number << 8, (uint32_t)p->step,
                                 (uint32_t)(p->row + row)};
    p->k->normal(p->scratch, p->seed, counter, width(l));
    return p->scratch;
}

static void draw_prior(const hg__layer *l, const hg__pass *p, int64_t row, hg__real *y) {
    hg__draw_normal(p, row, width(l), y);
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const int32_t Z = width(l);
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *mean = hg__view_row(x, r), *variance = mean + Z;
        const hg__real *e = p->training ? draw(l, p, r) : NULL;
        hg__real *to = hg__view_row(y, r);
        for (int32_t i = 0; i < Z; i++) {
            to[i] = mean[i];
            if (e) to[i] += (hg__real)exp_of((double)variance[i] / 2) * e[i];
        }
        hg__zero_padding(to, Z);
    }
}

static double beta_at(const hg__layer *l, const hg__pass *p) {
    const double done = (double)p->step, warmup = l->arg[WARMUP];
    return p->training && done < warmup ? l->arg[BETA] * (done / warmup) : l->arg[BETA];
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)y;
    const int32_t Z = width(l);
    const double beta = beta_at(l, p) * (double)p->penalty_scale;
    const hg__real *pays = gates(l, p);
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *mean = hg__view_row(x, r), *variance = mean + Z,
                       *slope = hg__view_row(dy, r);
        const hg__real *e = p->training ? draw(l, p, r) : NULL;
        hg__real *to = hg__view_row(dx, r);
        for (int32_t i = 0; i < Z; i++) {
            const double v = (double)variance[i], half = exp_of(v / 2) / 2;
            const double drawn = e ? (double)slope[i] * half * (double)e[i] : 0;
            const double own = pays ? beta * (double)pays[i] : beta;
            to[i] = (hg__real)((double)slope[i] + own * (double)mean[i]);
            to[Z + i] = (hg__real)(drawn + own / 2 * expm1_of(v));
        }
        hg__zero_padding(to, 2 * (int64_t)Z);
    }
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    const int32_t Z = width(l);
    const hg__real *pays = gates(l, p);
    double sum = 0;
    for (int32_t i = 0; i < Z; i++) {
        const bool is_free = pays && !(pays[i] > 0);
        sum += is_free ? l->arg[FREE] : divergence((double)x[i], (double)x[Z + i]);
    }
    return beta_at(l, p) * sum;
}

static size_t scratch_count(const hg__layer *l) {
    return stride(l);
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "sample", .in = {1, 1, 26}},
    {.item = "sample 1 0.5", .in = {1, 1, 2}},
    {.item = "sample beta=4 warmup=10", .in = {1, 1, 70}},
    {.item = "sample beta=0.7 free=0.9", .in = {1, 1, 44}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_sample;
const hg__layer_type hg__layer_sample = {
    .name = "sample",
    .args = "code=0 beta=1 warmup=0 free=0",
    .summary = "a code drawn from means and log variances, half of the inputs each; code: numbers "
               "of it, a dense layer of twice that is put "
               "before; penalty: beta KL, free nats a unit for nothing",
    .example = "sample 20",
    .test_cases = test_cases,
    .flat = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
    .draw = draw_prior,
    .takes_code = true,
    .scratch_count = scratch_count,
    .batch = &batch,
};
