// SPDX-License-Identifier: Apache-2.0
// window_detector_residuals.c - how far the mean of each channel in a window lies from what the means of the other channels say of it.
//
//   of a channel c:  z = (P (m - mean of training))_c / sqrt(P_cc),  m: the means (C) of the window, P: the inverse of their covariance in training
//   distance: the largest z^2
//
// That is the residual of the linear regression of one channel on all others, in its own standard deviations (Whittaker, "Graphical models in
// applied multivariate statistics", 1990): a sensor that reads a little high, by less than it usually moves, where the others do not. What is added
// to the diagonal of the covariance is the square of a twentieth of a standard deviation of the channel, so that nothing is known more surely.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "monitor/window_detector.h"

enum { MOST_WINDOWS = 4000, MOST_CHANNELS = 256, WINDOWS_PER_CHANNEL = 10 };
static const double least_deviation = 0.05;

typedef struct residuals {
    float
        *row; // owned, (C, C + 1): of each channel the weights of all means, and what is taken away
    float *mean; // owned, (C)
} residuals;

static void free_state(void *state) {
    residuals *r = state;
    if (!r) return;
    hg__free(r->row);
    hg__free(r->mean);
    hg__free(r);
}

static int make_state(hg__window_detector *d, hg_error *err) {
    const size_t C = (size_t)d->view.channels;
    residuals *r = d->state = hg__alloc(1, sizeof *r, err);
    if (!r) return HG_ERR_MEMORY;
    r->row = hg__alloc(C * (C + 1), sizeof *r->row, err);
    if (r->row) r->mean = hg__alloc(C, sizeof *r->mean, err);
    return r->mean ? HG_OK : HG_ERR_MEMORY;
}

// x (N, C) -> the means (C).
static void look(const hg__window_detector *d, const float *x, float *mean) {
    const int32_t C = d->view.channels, n = d->view.length;
    memset(mean, 0, (size_t)C * sizeof *mean);
    for (int32_t t = 0; t < n; t++, x += C) {
        for (int32_t c = 0; c < C; c++) mean[c] += x[c];
    }
    for (int32_t c = 0; c < C; c++) mean[c] /= (float)n;
}

// ---- fitted -------------------------------------------------------------------------------------

// sum (C + 1, C): of products, below them of the means themselves.
static int add_up(hg__window_detector *d, hg__window_walk *w, double *sum, hg_error *err) {
    const residuals *r = d->state;
    const size_t C = (size_t)d->view.channels, width = (size_t)d->width;
    int32_t count;
    while ((count = hg__window_walk_next(w, err)) > 0) {
        for (int32_t i = 0; i < count; i++) {
            look(d, w->x + (size_t)i * width, r->mean);
            for (size_t a = 0; a < C; a++) {
                const double x = (double)r->mean[a];
                for (size_t b = 0; b < C; b++) sum[a * C + b] += x * (double)r->mean[b];
                sum[C * C + a] += x;
            }
        }
    }
    return count;
}

// In place, by Gauss and Jordan; of a matrix (C, C) that is positive definite, so that no pivot is zero.
static void invert(double *a, size_t C) {
    for (size_t k = 0; k < C; k++) {
        const double over = 1 / a[k * C + k];
        a[k * C + k] = 1;
        for (size_t j = 0; j < C; j++) a[k * C + j] *= over;
        for (size_t i = 0; i < C; i++) {
            const double by = a[i * C + k];
            if (i == k || by == 0) continue;
            a[i * C + k] = 0;
            for (size_t j = 0; j < C; j++) a[i * C + j] -= by * a[k * C + j];
        }
    }
}

// The sums become rows.
static void solve(const residuals *r, double *sum, double n, size_t C) {
    double *mean = sum + C * C;
    for (size_t a = 0; a < C; a++) mean[a] /= n;
    for (size_t a = 0; a < C; a++) {
        for (size_t b = 0; b < C; b++) sum[a * C + b] = sum[a * C + b] / n - mean[a] * mean[b];
        sum[a * C + a] += least_deviation * least_deviation;
    }
    invert(sum, C);
    for (size_t a = 0; a < C; a++) {
        const double *p = sum + a * C;
        const double over = p[a] > 0 ? 1 / sqrt(p[a]) : 0;
        float *row = r->row + a * (C + 1);
        double away = 0;
        for (size_t b = 0; b < C; b++) {
            row[b] = (float)(p[b] * over);
            away += p[b] * over * mean[b];
        }
        row[C] = (float)away;
    }
}

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    const size_t C = (size_t)d->view.channels;
    hg__window_walk w = {0};
    char part[HG_PART_NAME];
    hg__window_detector_part(d, "", part);
    HG_TRY(make_state(d, err));
    const residuals *r = d->state;
    double *sum = hg__alloc(C + 1, C * sizeof *sum, err);
    int code = sum ? hg__window_walk_init(&w, data, d, MOST_WINDOWS, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = add_up(d, &w, sum, err);
    if (code == HG_OK) {
        solve(r, sum, w.count > 0 ? (double)w.count : 1, C);
        code = hg__model_keep_part(m, part, HG_F32, (int64_t)C, (int64_t)C + 1, r->row, err);
    }
    hg__window_walk_clear(&w);
    hg__free(sum);
    return code;
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    const int64_t C = d->view.channels;
    const hg__tensor *part;
    char name[HG_PART_NAME];
    hg__window_detector_part(d, "", name);
    HG_TRY(make_state(d, err));
    HG_TRY(hg__model_take_numbers(m, name, C, C + 1, where, &part, err));
    const residuals *r = d->state;
    memcpy(r->row, part->data, (size_t)(C * (C + 1)) * sizeof *r->row);
    return HG_OK;
}

// ---- at work ------------------------------------------------------------------------------------

static float measure_one(const hg__window_detector *d, const float *x) {
    const residuals *r = d->state;
    const int32_t C = d->view.channels;
    const float *row = r->row;
    float most = 0;
    look(d, x, r->mean);
    for (int32_t c = 0; c < C; c++, row += C + 1) {
        float z = -row[C];
        for (int32_t b = 0; b < C; b++) z += row[b] * r->mean[b];
        if (z * z > most) most = z * z;
    }
    return most;
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    for (int32_t i = 0; i < w->count; i++) to->far[i] = measure_one(d, w->x + (size_t)i * w->pitch);
}

// A regression takes ten windows a channel that do not overlap.
static bool suits(const hg__signal *s) {
    const int64_t least = (int64_t)WINDOWS_PER_CHANNEL * s->channels * s->length;
    return s->channels > 1 && s->channels <= MOST_CHANNELS && s->longest >= least;
}

const hg__window_detector_type hg__window_residuals = {.fit = fit,
                                                       .load = load,
                                                       .measure = measure,
                                                       .free = free_state,
                                                       .suits = suits,
                                                       .speaks_alone = true};
