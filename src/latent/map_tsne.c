// SPDX-License-Identifier: Apache-2.0
// map_tsne.c - t-SNE: pairs have probabilities P in space and Q in the plane, and the points move so that KL(P || Q) falls.
//
//   p(j | i) ~ exp(-b_i |x_i - x_j|^2) over the 3 * perplexity nearest of i, b_i such that its entropy is log(perplexity)
//   P_ij = (p(j | i) + p(i | j)) / 2n,   q_ij = 1 / (1 + |y_i - y_j|^2),   Q_ij = q_ij / Z,   Z = sum of all q
//   slope of y_i, over 4:  e * sum_j P_ij q_ij (y_i - y_j)  -  sum_j q_ij^2 (y_i - y_j) / Z
//
// van der Maaten & Hinton, "Visualizing data using t-SNE", JMLR 9 (2008); gains of the step: Jacobs 1988. e: 12, then 1. The rate is n / 12:
// Belkina et al., "Automated optimized parameters for t-SNE", Nature Communications 10 (2019); also when e is 1, where n, which they take
// then, leaves maps a little less trustworthy (bench/embed/run.py).
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "detect/neighbours.h"
#include "latent/map_internal.h"

enum { EARLY = 250, LATER = 750, BLOCK = 256 };
#define EXAGGERATION 12
#define START        1e-4
#define MOMENTUM     0.8F
#define LEAST_GAIN   0.01F
#define MOST_STEP    5.0F // of a point at a time

// ---- how near is near -----------------------------------------------------------------------------

typedef struct target {
    const hg__kernels *kernels;
    double entropy; // log(perplexity)
} target;

// The entropy of p ~ exp(-b d) and its slope along b. p: (k padded).
static double entropy_of(const target *t, const float *d, int32_t k, double b, float *p,
                         double *slope) {
    double mean = 0, square = 0;
    for (int32_t j = 0; j < k; j++) p[j] = (float)(-b * (double)(d[j] - d[0]));
    t->kernels->softmax(p, k);
    for (int32_t j = 0; j < k; j++) {
        const double from = (double)(d[j] - d[0]), part = (double)p[j] * from;
        mean += part;
        square += part * from;
    }
    *slope = -b * (square - mean * mean);
    return b * mean - hg__log((double)p[0]);
}

// Newton's steps on b, halved or doubled where they leave what is known of it. From distances to p, which sum to 1.
static void weigh(const void *context, float *d, int32_t k, float *p) {
    enum { ROUNDS = 60 };
    const target *t = context;
    double low = 0, high = (double)INFINITY, b, mean = 0;
    for (int32_t j = 0; j < k; j++) mean += (double)(d[j] - d[0]) / k;
    b = mean > 0 ? 1 / mean : 1;
    for (int round = 0; round < ROUNDS; round++) {
        double slope;
        const double over = entropy_of(t, d, k, b, p, &slope) - t->entropy;
        if (fabs(over) < 1e-5) break;
        if (over > 0) {
            low = b;
        } else {
            high = b;
        }
        double next = slope < 0 ? b - over / slope : 2 * b;
        if (!(next > low && next < high)) next = isinf(high) ? 2 * b : 0.5 * (low + high);
        if (next > 1e30) break;
        b = next;
    }
    memcpy(d, p, (size_t)k * sizeof *d);
}

// ---- moving ---------------------------------------------------------------------------------------

typedef struct tsne {
    const hg__map_work *w;
    const hg__kernels *kernels;
    hg__map_graph graph;             // owned
    hg__repulsion *repulsion;        // owned
    float *x[2], *y[2];              // owned, (n, a vector beyond): now, and next
    float *step, *gain;              // owned, (2, n)
    float rate, exaggeration, apart; // apart: 1 / Z
} tsne;

static void clear(tsne *t) {
    hg__map_graph_clear(&t->graph);
    hg__repulsion_free(t->repulsion);
    for (int i = 0; i < 2; i++) {
        hg__free(t->x[i]);
        hg__free(t->y[i]);
    }
    hg__free(t->step);
    hg__free(t->gain);
}

// slope: over 4.
static float step_of(const tsne *t, float *step, float *gain, float slope) {
    *gain = (slope > 0) == (*step > 0) ? *gain * 0.8F : *gain + 0.2F;
    if (*gain < LEAST_GAIN) *gain = LEAST_GAIN;
    *step = MOMENTUM * *step - t->rate * *gain * slope;
    return *step;
}

static void move_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const tsne *t = context;
    const int32_t n = t->w->n, first = task * BLOCK, end = hg__min(first + BLOCK, n);
    float fx[BLOCK], fy[BLOCK];
    hg__repulsion_of(t->repulsion, first, end, fx, fy);
    for (int32_t i = first; i < end; i++) {
        const int64_t start = t->graph.start[i];
        float pull[2], *step = t->step + i, *other = t->step + n + i;
        t->kernels->map_pull(pull, t->x[0], t->y[0], t->x[0][i], t->y[0][i], t->graph.index + start,
                             t->graph.weight + start, (int32_t)(t->graph.start[i + 1] - start));
        const float slope_x = t->exaggeration * pull[0] - fx[i - first] * t->apart;
        const float slope_y = t->exaggeration * pull[1] - fy[i - first] * t->apart;
        step_of(t, step, t->gain + i, slope_x);
        step_of(t, other, t->gain + n + i, slope_y);
        const float size = sqrtf(*step * *step + *other * *other);
        if (size > MOST_STEP) {
            *step *= MOST_STEP / size;
            *other *= MOST_STEP / size;
        }
        t->x[1][i] = t->x[0][i] + *step;
        t->y[1][i] = t->y[0][i] + *other;
    }
}

static void swap(float *pair[2]) {
    float *const held = pair[0];
    pair[0] = pair[1];
    pair[1] = held;
}

static int iterate(tsne *t, hg_error *err) {
    double sum;
    HG_TRY(hg__repulsion_run(t->repulsion, t->x[0], t->y[0], &sum, err));
    t->apart = (float)(1 / sum);
    hg__map_run(t->w->pool, move_block, t, hg__ceil_div(t->w->n, BLOCK));
    swap(t->x);
    swap(t->y);
    return HG_OK;
}

static void begin(tsne *t, bool is_early) {
    const int32_t n = t->w->n;
    t->exaggeration = is_early ? EXAGGERATION : 1;
    for (size_t i = 0; i < 2 * (size_t)n; i++) {
        t->gain[i] = 1;
        t->step[i] = 0;
    }
}

static int run(tsne *t, hg_error *err) {
    const int32_t set = t->w->options->iterations;
    const int32_t all = set > 0 ? set : EARLY + LATER, early = hg__min(EARLY, all / 3);
    hg__meter meter;
    hg__meter_start(&meter, t->w->listener, "placing", "iterations", all);
    for (int32_t i = 0; i < all; i++) {
        if (hg__is_stopped(t->w->listener)) {
            return hg__fail(err, HG_ERR_STOPPED, "a map: stopped on request");
        }
        if (i == 0 || i == early) begin(t, i < early);
        HG_TRY(iterate(t, err));
        hg__meter_add(&meter, 1);
    }
    hg__meter_end(&meter);
    return HG_OK;
}

static int make_room(tsne *t, hg_error *err) {
    const size_t n = (size_t)t->w->n;
    float **const room[] = {&t->x[0], &t->x[1], &t->y[0], &t->y[1], &t->step, &t->gain};
    for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
        *room[i] = hg__alloc((i < 4 ? n : 2 * n) + HG_LANES, sizeof(float), err);
        if (!*room[i]) return HG_ERR_MEMORY;
    }
    t->repulsion = hg__repulsion_new(t->w->n, t->w->n <= HG_MAP_EXACT, t->w->pool, err);
    return t->repulsion ? HG_OK : HG_ERR_MEMORY;
}

static int make_graph(tsne *t, hg_error *err) {
    const int32_t n = t->w->n;
    const double set = t->w->options->perplexity, most = (double)(n - 1) / 3;
    const double perplexity = set < most ? set : most;
    const int32_t k = hg__min(hg__min(n - 1, HG_MAX_NEIGHBOURS - 1), (int32_t)(3 * perplexity));
    const target to = {t->kernels, hg__log(perplexity)};
    HG_TRY(hg__map_graph_make(&t->graph, t->w, k, weigh, &to, false, err));
    const float share = 0.5F / (float)n;
    for (int64_t i = 0; i < t->graph.start[n]; i++) t->graph.weight[i] *= share;
    return HG_OK;
}

int hg__map_tsne(const hg__map_work *w, float *y, hg_error *err) {
    tsne t = {.w = w, .kernels = hg__kernels_pick(), .rate = (float)w->n / EXAGGERATION};
    int code = make_graph(&t, err);
    if (code == HG_OK) code = make_room(&t, err);
    if (code == HG_OK) {
        hg__map_start(y, w->n, START, w->options->seed);
        for (int32_t i = 0; i < w->n; i++) {
            t.x[0][i] = y[2 * (size_t)i];
            t.y[0][i] = y[2 * (size_t)i + 1];
        }
        code = run(&t, err);
    }
    for (int32_t i = 0; code == HG_OK && i < w->n; i++) {
        y[2 * (size_t)i] = t.x[0][i];
        y[2 * (size_t)i + 1] = t.y[0][i];
    }
    clear(&t);
    return code;
}
