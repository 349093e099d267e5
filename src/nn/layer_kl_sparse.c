// SPDX-License-Identifier: Apache-2.0
// layer_kl_sparse.c - what goes through stays as it is, but it is paid for units whose mean activation q over the batch is not the
// target t (Ng, "Sparse autoencoder", 2011). For codes between 0 and 1, such as a sigmoid's.
//
//   penalty: weight * sum over units of KL = t log(t / q) + (1 - t) log((1 - t) / (1 - q))
//   dKL / dx = ((1 - t) / (1 - q) - t / q) / (activations of the unit in the batch)
//
// A unit of an image (H, W, C) is a channel: its activations are those of all pixels. Nearer to 0 and 1 than 0.0001, and beyond,
// KL goes on as a straight line.
#include "base/real.h"
#include "nn/layer.h"

enum { TARGET, WEIGHT };
static const double nearest = 1e-4;

static int32_t units(const hg__layer *l) {
    return hg__extent_of(&l->in).C;
}

static int64_t pixels(const hg__layer *l) {
    const hg__extent e = hg__extent_of(&l->in);
    return (int64_t)e.H * e.W;
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    if (!(l->arg[TARGET] > 0 && l->arg[TARGET] < 1) ||
        !(l->arg[WEIGHT] >= 0 && l->arg[WEIGHT] <= 1e6)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "kl_sparse: expected a target between 0 and 1 and a weight from 0 to "
                        "1000000, got %g and %g",
                        l->arg[TARGET], l->arg[WEIGHT]);
    }
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

// ---- of the batch: for each unit the slope of what every row pays, and behind them what it pays ---------

static size_t measured_count(const hg__layer *l) {
    return (size_t)units(l);
}

static size_t statistics_count(const hg__layer *l) {
    return (size_t)units(l) + 1;
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    const int32_t C = units(l);
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *at = hg__view_row(x, r);
        double *sum = p->measured + (size_t)(p->row + r) * measured_count(l);
        for (int32_t c = 0; c < C; c++) sum[c] = 0;
        for (int64_t i = 0; i < pixels(l); i++, at += C) {
            for (int32_t c = 0; c < C; c++) sum[c] += (double)at[c];
        }
    }
}

static double clamp(double q) {
    return q > nearest ? (q < 1 - nearest ? q : 1 - nearest) : nearest;
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const double t = l->arg[TARGET], weight = l->arg[WEIGHT];
    const double n = (double)pixels(l) * rows;
    double paid = 0;
    for (int32_t c = 0; c < units(l); c++) {
        const double *at = p->measured + c;
        double sum = 0;
        for (int32_t r = 0; r < rows; r++, at += measured_count(l)) sum += *at;
        const double mean = sum / n, q = clamp(mean);
        const double slope = (1 - t) / (1 - q) - t / q;
        paid += t * hg__log(t / q) + (1 - t) * hg__log((1 - t) / (1 - q)) + slope * (mean - q);
        p->statistics[c] = (hg__real)(weight * slope / (double)pixels(l)); // rows times, over rows
    }
    p->statistics[units(l)] = (hg__real)(weight * paid);
}

static void measure_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy,
                         int32_t rows) {
    (void)l, (void)p, (void)x, (void)dy, (void)rows;
}

static void combine_back(const hg__layer *l, const hg__pass *p, int32_t rows) {
    (void)l, (void)p, (void)rows;
}

static void update_running(const hg__layer *l, const hg__pass *p, int32_t rows, hg__real *params) {
    (void)l, (void)p, (void)rows, (void)params;
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

// ---- forward, backward ---------------------------------------------------------------------------

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const int32_t C = units(l);
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *slope = hg__view_row(dy, r);
        hg__real *to = hg__view_row(dx, r);
        for (int64_t i = 0; i < pixels(l); i++) {
            for (int32_t c = 0; c < C; c++) {
                to[i * C + c] = slope[i * C + c] + p->penalty_scale * p->statistics[c];
            }
        }
        hg__zero_padding(to, pixels(l) * C);
    }
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    (void)x;
    return (double)p->statistics[units(l)];
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "kl_sparse"},
    {.item = "kl_sparse 0.1 weight=3", .in = {1, 1, 40}},
    {.item = "kl_sparse 0.2", .in = {6, 5, 3}},
    {.item = "kl_sparse 0.2", .in = {37, 3, 5}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_kl_sparse;
const hg__layer_type hg__layer_kl_sparse = {
    .name = "kl_sparse",
    .args = "target=0.05 weight=1",
    .summary =
        "no change; penalty: weight times the divergence of mean activations from the target",
    .example = "kl_sparse 0.05",
    .test_cases = test_cases,
    .in_place = true,
    .bands = true,
    .keeps_scale = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
    .batch = &batch,
};
