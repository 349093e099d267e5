// SPDX-License-Identifier: Apache-2.0
// layer_contractive.c - what goes through stays as it is, but it is paid for how much it changes with the row: at the neck
// penalty weight * |J|^2, the sum of squares of the encoder's Jacobian J (Rifai et al., "Contractive auto-encoders", 2011). The encoder
// f runs a second time, on the row with noise, and the difference is what J does to that:
//
//   weight |f(x + sigma e) - f(x)|^2 / sigma^2, e standard normal;  E |J e|^2 = |J|^2 (Hutchinson 1990), up to sigma^2 |f''|^2
//
// Both runs are differentiated. Where a dense layer of weights W and an activation f that tells its slope are all of the encoder, there
// is one run and the norm is exact:
//
//   weight sum over units j of f'_j^2 |W_j|^2
//
// Outside training there is one run, and nothing is paid. What is drawn is a function of seed, step, layer, row and column.
#include "base/rng.h"
#include "nn/layer.h"

enum { WEIGHT, SIGMA };

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    if (!(l->arg[WEIGHT] >= 0 && l->arg[WEIGHT] <= 1e6) ||
        !(l->arg[SIGMA] >= 1e-4 && l->arg[SIGMA] <= 1e3)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "contractive: expected a weight from 0 to 1000000 and sigma from 0.0001 to "
                        "1000, got %g and %g",
                        l->arg[WEIGHT], l->arg[SIGMA]);
    }
    l->out = l->in2 = l->in;
    l->params = 0;
    return HG_OK;
}

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

// y = x + sigma e
static void nudge(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int64_t n,
                  int32_t rows) {
    for (int32_t r = 0; r < rows; r++) {
        const uint32_t counter[3] = {HG_STREAM_LATENT | (uint32_t)l->number << 8, (uint32_t)p->step,
                                     (uint32_t)(p->row + r)};
        const hg__real *from = hg__view_row(x, r), sigma = (hg__real)l->arg[SIGMA];
        hg__real *to = hg__view_row(y, r);
        p->k->normal(to, p->seed, counter, (int32_t)n);
        for (int64_t i = 0; i < n; i++) to[i] = from[i] + sigma * to[i];
        hg__zero_padding(to, n);
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

// ---- exact: for each unit |W_j|^2 and, behind those, the sum of f'_j^2 over the batch -------------------

static size_t measured_count(const hg__layer *l) {
    return (size_t)width(l);
}

static size_t statistics_count(const hg__layer *l) {
    return l->only.slope ? 2 * (size_t)width(l) : 0;
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    double change;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *at = hg__view_row(x, r);
        double *square = p->measured + (size_t)(p->row + r) * measured_count(l);
        for (int64_t j = 0; j < width(l); j++) {
            const double slope = l->only.slope((double)at[j], &change);
            square[j] = slope * slope;
        }
    }
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const int32_t N = (int32_t)width(l), K = (int32_t)l->only.weight.shape.dim[1];
    const hg__real *weight = p->params + l->only.weight.offset;
    for (int32_t j = 0; j < N; j++) {
        const size_t step = hg__panel_width(N, j);
        const hg__real *w = weight + hg__panel_index(K, N, 0, j);
        double norm = 0, squares = 0;
        for (int32_t k = 0; k < K; k++, w += step) norm += (double)*w * (double)*w;
        for (int32_t r = 0; r < rows; r++) {
            squares += p->measured[(size_t)r * (size_t)N + (size_t)j];
        }
        p->statistics[j] = (hg__real)norm;
        p->statistics[N + j] = (hg__real)squares;
    }
}

static void add_gradient(const hg__layer *l, const hg__pass *p, const hg__tile *t, hg__real *g) {
    const int32_t N = (int32_t)width(l), columns = hg__min(N - t->column, HG_PANEL);
    const size_t step = hg__panel_width(N, t->column);
    const hg__real *w = p->params + t->offset,
                   factor = (hg__real)(2 * l->arg[WEIGHT]) * p->penalty_scale;
    const hg__real *squares = p->statistics + N + t->column;
    for (int32_t k = 0; k < t->x_count; k++, w += step, g += step) {
        for (int32_t j = 0; j < columns; j++) g[j] += factor * squares[j] * w[j];
    }
}

static void add_slope(const hg__layer *l, const hg__pass *p, const hg__real *x, hg__real *dx) {
    const double factor = 2 * l->arg[WEIGHT] * (double)p->penalty_scale;
    for (int64_t j = 0; j < width(l); j++) {
        double change;
        const double slope = l->only.slope((double)x[j], &change);
        dx[j] += (hg__real)(factor * slope * change * (double)p->statistics[j]);
    }
}

static double exact(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    double sum = 0, change;
    for (int64_t j = 0; j < width(l); j++) {
        const double slope = l->only.slope((double)x[j], &change);
        sum += slope * slope * (double)p->statistics[j];
    }
    return l->arg[WEIGHT] * sum;
}

static const hg__batch_type batch = {
    .measured_count = measured_count,
    .statistics_count = statistics_count,
    .measure = measure,
    .combine = combine,
};

// ---- backward, penalty ---------------------------------------------------------------------------

// Without a second run, as within one, nothing is paid.
static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)y;
    const double slope = 2 * l->arg[WEIGHT] / (l->arg[SIGMA] * l->arg[SIGMA]);
    const hg__real factor = (hg__real)slope * p->penalty_scale;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *at = hg__view_row(x, r), *other = p->x2.at ? hg__view_row(p->x2, r) : at;
        const hg__real *from = hg__view_row(dy, r);
        hg__real *to = hg__view_row(dx, r), *to2 = p->dx2.at ? hg__view_row(p->dx2, r) : NULL;
        for (int64_t i = 0; i < width(l); i++) {
            const hg__real paid = factor * (other[i] - at[i]);
            to[i] = from[i] - paid;
            if (to2) to2[i] = paid;
        }
        if (p->training && l->only.slope) add_slope(l, p, at, to);
        hg__zero_padding(to, width(l));
        if (to2) hg__zero_padding(to2, width(l));
    }
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    if (l->only.slope) return p->training ? exact(l, p, x) : 0;
    double sum = 0;
    for (int64_t i = 0; p->x2.at && i < width(l); i++) {
        const double off = (double)p->x2.at[i] - (double)x[i];
        sum += off * off;
    }
    return l->arg[WEIGHT] * sum / (l->arg[SIGMA] * l->arg[SIGMA]);
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "contractive 0.1 sigma=0.5"},
    {.item = "contractive 2 sigma=1", .in = {6, 5, 3}, .in2 = {6, 5, 3}},
    {.item = "contractive 1 sigma=1", .in = {37, 3, 5}, .in2 = {37, 3, 5}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_contractive;
const hg__layer_type hg__layer_contractive = {
    .name = "contractive",
    .args = "weight sigma=0.01",
    .summary = "no change; penalty: weight times the squared Jacobian of what is before it, exact "
               "for one dense layer, else by a second run beside each row",
    .example = "contractive 0.1",
    .test_cases = test_cases,
    .bands = true,
    .keeps_scale = true,
    .nudge = nudge,
    .add_gradient = add_gradient,
    .batch = &batch,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
};
