// SPDX-License-Identifier: Apache-2.0
// layer_mmd.c - a code that is pulled as a whole towards the standard normal (WAE-MMD: Tolstikhin et al., "Wasserstein auto-encoders",
// 2018): what goes through stays as it is, and weight times the maximum mean discrepancy between the batch's codes z and as many
// draws p from the standard normal is paid, with the kernel k(a, b) = C / (C + |a - b|^2), C = 2 Z:
//
//   MMD = sum over i != j of (k(z_i, z_j) + k(p_i, p_j)) / (M (M - 1)) - 2 sum over i, j of k(z_i, p_j) / M^2
//
// Every row pays weight MMD: over the batch that is weight MMD beside the mean of the rows' losses. Draws are a function of seed,
// step, layer and row. Of a batch of more than MOST rows the first MOST are taken (rows are shuffled): work grows as M^2.
#include <string.h>

#include "nn/layer.h"

enum { WEIGHT };
enum { MOST = 256, MOST_WIDTH = 1 << 20 };
// What is known of the batch: the first numbers, then codes (MOST, Z padded) and draws (MOST, Z padded).
enum { PAID, ROWS, TAKEN, HEAD = HG_LANES }; // weight MMD; rows of the batch; those that are taken

static int shape(hg__layer *l, hg_error *err) {
    size_t n = 0;
    if (!hg__shape_count(&l->in, &n) || n < 1 || n > MOST_WIDTH) {
        return hg__fail(err, HG_ERR_USAGE, "mmd: expected a code of 1 to %d numbers, got %zu",
                        MOST_WIDTH, n);
    }
    if (!(l->arg[WEIGHT] >= 0 && l->arg[WEIGHT] <= 1e9)) {
        return hg__fail(err, HG_ERR_USAGE, "mmd: expected a weight from 0 to 1000000000, got %g",
                        l->arg[WEIGHT]);
    }
    l->out = (hg__shape){1, {(int64_t)n}};
    l->params = 0;
    return HG_OK;
}

static int32_t width(const hg__layer *l) { // Z
    return (int32_t)l->out.dim[0];
}

static size_t stride(const hg__layer *l) {
    return (size_t)hg__pad_columns(width(l));
}

static hg__real *code_at(const hg__layer *l, const hg__pass *p, int32_t i) {
    return p->statistics + HEAD + (size_t)i * stride(l);
}

static hg__real *draw_at(const hg__layer *l, const hg__pass *p, int32_t i) {
    return code_at(l, p, MOST + i);
}

static double size_of(const hg__layer *l) { // C
    return 2.0 * width(l);
}

static double kernel(const hg__layer *l, const hg__pass *p, const hg__real *a, const hg__real *b) {
    return size_of(l) / (size_of(l) + p->k->sum_square_diff(a, b, width(l)));
}

// ---- of the batch --------------------------------------------------------------------------------

static size_t measured_count(const hg__layer *l) {
    return (size_t)width(l);
}

static size_t statistics_count(const hg__layer *l) {
    return HEAD + 2 * MOST * stride(l);
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    const int32_t Z = width(l);
    for (int32_t r = 0; r < rows && p->row + r < MOST; r++) {
        double *to = p->measured + (p->row + r) * Z;
        for (int32_t i = 0; i < Z; i++) to[i] = (double)hg__view_row(x, r)[i];
    }
}

static void take(const hg__layer *l, const hg__pass *p, int32_t taken) {
    const int32_t Z = width(l);
    for (int32_t i = 0; i < taken; i++) {
        const uint32_t counter[3] = {HG_STREAM_LATENT | (uint32_t)l->number << 8, (uint32_t)p->step,
                                     (uint32_t)i};
        hg__real *to = code_at(l, p, i);
        for (int32_t j = 0; j < Z; j++) to[j] = (hg__real)p->measured[(int64_t)i * Z + j];
        hg__zero_padding(to, Z);
        p->k->normal(draw_at(l, p, i), p->seed, counter, Z);
        hg__zero_padding(draw_at(l, p, i), Z);
    }
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const int32_t M = rows < MOST ? rows : MOST;
    double same = 0, across = 0;
    take(l, p, M);
    for (int32_t i = 0; i < M; i++) {
        for (int32_t j = 0; j < i; j++) {
            same += kernel(l, p, code_at(l, p, i), code_at(l, p, j)) +
                    kernel(l, p, draw_at(l, p, i), draw_at(l, p, j));
        }
        for (int32_t j = 0; j < M; j++) {
            across += kernel(l, p, code_at(l, p, i), draw_at(l, p, j));
        }
    }
    const double n = M, pairs = M > 1 ? n * (n - 1) / 2 : 1;
    p->statistics[PAID] = (hg__real)(l->arg[WEIGHT] * (same / pairs - 2 * across / (n * n)));
    p->statistics[ROWS] = (hg__real)rows;
    p->statistics[TAKEN] = (hg__real)M;
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

// ---- forward, backward ---------------------------------------------------------------------------

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    (void)p;
    hg__copy_rows(y, x, width(l), rows);
}

// to (Z) += by times the slope of k(a, b) at a: -2 C (a - b) / (C + |a - b|^2)^2
static void add_slope(const hg__layer *l, const hg__pass *p, const hg__real *a, const hg__real *b,
                      double by, hg__real *to) {
    const double k = kernel(l, p, a, b);
    const hg__real factor = (hg__real)(-2 * by * k * k / size_of(l));
    for (int32_t i = 0; i < width(l); i++) to[i] += factor * (a[i] - b[i]);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const int32_t M = p->training ? (int32_t)p->statistics[TAKEN] : 0;
    const double n = M;
    hg__copy_rows(dx, dy, width(l), rows);
    for (int32_t r = 0; r < rows && p->row + r < M; r++) {
        const int32_t i = (int32_t)(p->row + r);
        const double share =
            2 * l->arg[WEIGHT] * (double)p->statistics[ROWS] * (double)p->penalty_scale;
        const double by = M > 1 ? share / (n * (n - 1)) : 0;
        hg__real *to = hg__view_row(dx, r);
        for (int32_t j = 0; j < M; j++) {
            if (j != i) add_slope(l, p, code_at(l, p, i), code_at(l, p, j), by, to);
            add_slope(l, p, code_at(l, p, i), draw_at(l, p, j), -share / (n * n), to);
        }
    }
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    (void)l, (void)x;
    return p->training ? (double)p->statistics[PAID] : 0; // outside training there is no batch
}

static void draw_prior(const hg__layer *l, const hg__pass *p, int64_t row, hg__real *y) {
    hg__draw_normal(p, row, width(l), y);
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "mmd 10", .in = {1, 1, 9}},
    {.item = "mmd 0.5", .in = {1, 1, 14}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_mmd;
const hg__layer_type hg__layer_mmd = {
    .name = "mmd",
    .args = "weight=10",
    .summary = "no change; penalty: weight times the MMD of the batch's codes from the standard "
               "normal (WAE)",
    .example = "mmd 10",
    .test_cases = test_cases,
    .flat = true,
    .keeps_scale = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
    .draw = draw_prior,
    .batch = &batch,
};
