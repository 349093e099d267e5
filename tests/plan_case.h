// SPDX-License-Identifier: Apache-2.0
// plan_case.h - models of every wiring, made-up rows for them, and a step that calls their layers one by one.
#ifndef HG_TESTS_PLAN_CASE_H
#define HG_TESTS_PLAN_CASE_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/rng.h"
#include "exec/plan.h"
#include "model/model.h"

#include <cmocka.h>

enum { WIDE = 5003, MOST_ROWS = 150, BATCH = 40 };

static float x[MOST_ROWS * WIDE];
static uint8_t bytes[MOST_ROWS * WIDE];
static const void *row[MOST_ROWS];

// Specs and the width of their rows: every kind of wiring between layers.
typedef struct wiring {
    const char *spec;
    int32_t width, batch;
} wiring;
// clang-format off
static const wiring wirings[] = {
    {"dense 12 relu | dense input sigmoid", 31, BATCH},
    {"dense 3 | dense input", 5, BATCH},
    {"dense 1 | dense input", 1, BATCH},
    {"dropout 0.3, dense 9 tanh | dense input", 20, BATCH},
    {"layernorm, dense 9 gelu | dense input sigmoid", 20, BATCH},
    {"layernorm, dense 9 | dense input", 130, BATCH},
    {"layernorm, dense 4 | dense input", WIDE, 33},
    {"relu, dense 7 silu | tanh, dense input", 17, BATCH},
    {"dense 70 relu dropout 0.2, layernorm, dense 66 relu sigmoid | "
     "softplus elu, dense 80 dropout 0.5 tanh, dense input sigmoid", 150, BATCH},
    {"dense 40 relu relu relu, dense 3 | dense 40 leaky_relu, dense input", 64, BATCH},
    {"dense 200, dense 129, dense 8 | layernorm, layernorm, dense 129, dense input tanh sigmoid", 65, BATCH},
    {"relu | sigmoid", 6, BATCH},
    {"dropout 0.1 | layernorm", 6, BATCH},
    {"dense 700 relu, dense 16 | dense 700 relu, dense input sigmoid", 300, 100},
    {"dense 20, batchnorm relu, dense 7 | dense 20, batchnorm tanh dropout 0.2, dense input sigmoid", 33, BATCH},
    {"batchnorm, dense 9 relu | dense 20, batchnorm, dense input, batchnorm", 20, BATCH},
    {"batchnorm, batchnorm | linear", 70, 33},
    {"dense 12 relu, vq 8 3 beta=0 | dense 9 relu, dense input sigmoid", 31, BATCH},
    {"vq 5 7 beta=0, dense 12, batchnorm, vq 70 4 beta=0 decay=0.5 | vq 9 beta=0, dense 20, batchnorm, dense input", 21, 33},
    {"dense 12, fsq 8 5 5 5 | dense input", 31, BATCH},
};
// clang-format on
enum { WIRINGS = sizeof wirings / sizeof *wirings };

// Cross-entropy needs outputs between 0 and 1.
static inline const char *loss_for(const wiring *w, int i) {
    const char *const names[] = {"mse", "huber", "mae"};
    const size_t n = strlen(w->spec);
    return strcmp(w->spec + n - 7, "sigmoid") == 0 ? "bce" : names[i % 3];
}

static inline hg__train_setup setup_of(const char *loss, const char *optim, int32_t batch) {
    return (hg__train_setup){
        .batch = batch,
        .objective = hg__objective_of(hg__loss_find(loss), hg__loss_find(loss)->standard_arg),
        .optim = hg__optim_find(optim),
        .optim_options = {.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .alpha = 0.99},
        .seed = 5
    };
}

static inline hg_model *new_model(const char *spec, int32_t width) {
    hg_error err = {0};
    const hg__shape shape = {1, {width}};
    hg_model *m = hg__model_from_spec(spec, &shape, 0, 3, &err);
    if (!m) fail_msg("%s: %s", spec, err.message);
    return m;
}

static inline hg__train_plan *new_plan(hg_model *m, hg__pool *pool, const hg__train_setup *s) {
    hg_error err = {0};
    hg__train_plan *p = hg__train_plan_new(&m->net, pool, s, &err);
    if (!p) fail_msg("%s", err.message);
    return p;
}

static inline hg__input rows_of(int32_t width, int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; i++) row[i] = x + (first + i) * width;
    return (hg__input){.row = row, .count = count, .dtype = HG_F32, .scale = 1};
}

static inline hg__input bytes_of(int32_t width, int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; i++) row[i] = bytes + (first + i) * width;
    return (hg__input){.row = row, .count = count, .dtype = HG_U8, .scale = 1 / 255.0F};
}

static inline int fill_rows(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MOST_ROWS * WIDE; i++) {
        bytes[i] = (uint8_t)(hg__philox_run(1, i, 0, 0, 0).word[0] >> 24);
        x[i] = (float)bytes[i] / 255;
    }
    return 0;
}

// ---- the layers called one by one, each boundary with a buffer of its own -------------------------

typedef struct naive {
    hg_model *m;
    const hg__kernels *k;
    hg__real *x[HG_MAX_LAYERS + 1], *dx[HG_MAX_LAYERS + 1], *transposed, *g;
    hg__real *statistics, *scratch, *noted; // of batchnorm and vq
    size_t transposed_at[HG_MAX_LAYERS], statistics_at[HG_MAX_LAYERS], noted_at[HG_MAX_LAYERS];
    double *measured;
    int32_t ld[HG_MAX_LAYERS + 1];
} naive;

static inline int32_t width_at(const hg__spec *s, int32_t boundary) {
    size_t n = 0;
    assert_true(hg__shape_count(boundary ? &s->layer[boundary - 1].out : &s->input, &n));
    return (int32_t)n;
}

static inline void for_tiles(naive *n,
                             void (*visit)(naive *, const hg__layer *, const hg__tile *)) {
    for (int32_t i = 0; i < n->m->net.spec.layers; i++) {
        const hg__layer *l = &n->m->net.spec.layer[i];
        for (int32_t t = 0; l->type->tile_count && t < l->type->tile_count(l); t++) {
            hg__tile tile = {0};
            l->type->tile(l, t, &tile);
            visit(n, l, &tile);
        }
    }
}

static inline void refresh(naive *n, const hg__layer *l, const hg__tile *t) {
    if (l->type->refresh) {
        l->type->refresh(l, n->k, t, n->m->net.params, n->transposed + n->transposed_at[l->number]);
    }
}

static inline void naive_init(naive *n, const char *spec, int32_t width) {
    enum { SCRATCH = 1 << 13, MEASURED = 1 << 12 };
    size_t transposed = 0, statistics = 0, noted = 0;
    *n = (naive){0};
    n->m = new_model(spec, width);
    n->k = hg__kernels_pick();
    for (int32_t i = 0; i <= n->m->net.spec.layers; i++) {
        n->ld[i] = hg__pad_columns(width_at(&n->m->net.spec, i));
        n->x[i] = hg__alloc((size_t)n->ld[i] * MOST_ROWS, sizeof *n->x[i], NULL);
        n->dx[i] = hg__alloc((size_t)n->ld[i] * MOST_ROWS, sizeof *n->x[i], NULL);
        assert_true(n->x[i] && n->dx[i]);
    }
    for (int32_t i = 0; i < n->m->net.spec.layers; i++) {
        const hg__layer *l = &n->m->net.spec.layer[i];
        n->transposed_at[i] = transposed;
        if (l->type->transposed_count) transposed += (l->type->transposed_count(l) + 15) / 16 * 16;
        n->statistics_at[i] = statistics;
        n->noted_at[i] = noted;
        if (!l->type->batch) continue;
        statistics += l->type->batch->statistics_count(l);
        if (l->type->batch->noted_count) noted += l->type->batch->noted_count(l) * MOST_ROWS;
    }
    n->statistics = hg__alloc(statistics + 1, sizeof *n->statistics, NULL);
    n->scratch = hg__alloc(SCRATCH, sizeof *n->scratch, NULL);
    n->noted = hg__alloc(noted + 1, sizeof *n->noted, NULL);
    n->measured = hg__alloc((size_t)MEASURED * MOST_ROWS, sizeof *n->measured, NULL);
    assert_true(n->statistics && n->scratch && n->noted && n->measured);
    n->transposed = hg__alloc(transposed, sizeof *n->transposed, NULL);
    n->g = hg__alloc(n->m->net.spec.params, sizeof *n->g, NULL);
    assert_true(n->transposed && n->g);
    for_tiles(n, refresh);
}

static inline void naive_clear(naive *n) {
    for (int32_t i = 0; i <= n->m->net.spec.layers; i++) hg__free(n->x[i]), hg__free(n->dx[i]);
    hg__free(n->transposed);
    hg__free(n->statistics);
    hg__free(n->scratch);
    hg__free(n->noted);
    hg__free(n->measured);
    hg__free(n->g);
    hg_model_free(n->m);
}

static inline hg__view x_at(const naive *n, int32_t boundary) {
    return (hg__view){n->x[boundary], n->ld[boundary]};
}

static inline hg__view dx_at(const naive *n, int32_t boundary) {
    return (hg__view){n->dx[boundary], n->ld[boundary]};
}

static inline void naive_widen(naive *n, const hg__input *in) {
    for (int64_t r = 0; r < in->count; r++) {
        hg__real *to = n->x[0] + r * n->ld[0];
        if (in->dtype == HG_U8) n->k->widen_u8(to, in->row[r], in->scale, n->m->net.spec.width);
        if (in->dtype == HG_F32) n->k->widen_f32(to, in->row[r], n->m->net.spec.width);
    }
}

// Layer after layer, the whole batch at a time.
static inline void naive_forward(naive *n, hg__pass *pass, int32_t last, int32_t rows) {
    for (int32_t i = 0; i < last; i++) {
        const hg__layer *l = &n->m->net.spec.layer[i];
        const hg__batch_type *batch = l->type->batch;
        pass->statistics = n->statistics + n->statistics_at[i];
        pass->noted = n->noted + n->noted_at[i];
        if (batch) batch->measure(l, pass, x_at(n, i), rows);
        if (batch) batch->combine(l, pass, rows);
        l->type->forward(l, pass, x_at(n, i), x_at(n, i + 1), rows);
        if (batch) batch->update_running(l, pass, rows, n->m->net.params);
    }
}

// The gradient of the whole batch into n->g; the loss.
static inline double naive_gradient(naive *n, const hg__train_setup *s, const hg__input *in,
                                    uint64_t step) {
    const hg__spec *spec = &n->m->net.spec;
    const int32_t rows = (int32_t)in->count;
    hg__pass pass = {.k = n->k,
                     .params = n->m->net.params,
                     .training = true,
                     .seed = s->seed,
                     .step = step,
                     .scratch = n->scratch,
                     .measured = n->measured};
    naive_widen(n, in);
    const hg__loss_rows what = {.k = n->k, .shape = spec->input, .n = spec->width};
    const bool logits = spec->layer[spec->layers - 1].type->is_logistic &&
                        hg__objective_takes_logits(&s->objective);
    const int32_t last = spec->layers - logits;
    naive_forward(n, &pass, last, rows);
    double sum = 0;
    for (int32_t r = 0; r < rows; r++) {
        sum += hg__objective_row(&s->objective, &what, logits, n->dx[last] + r * n->ld[last],
                                 n->x[last] + r * n->ld[last], n->x[0] + r * n->ld[0],
                                 (hg__real)(1 / ((double)rows * spec->width)), NULL);
    }
    for (int32_t i = last - 1; i >= 0; i--) {
        const hg__layer *l = &spec->layer[i];
        const hg__batch_type *batch = l->type->batch;
        pass.statistics = n->statistics + n->statistics_at[i];
        pass.transposed = n->transposed + n->transposed_at[i];
        pass.noted = n->noted + n->noted_at[i];
        if (batch && !batch->measure_back) batch = NULL;
        if (batch) batch->measure_back(l, &pass, x_at(n, i), dx_at(n, i + 1), rows);
        if (batch) batch->combine_back(l, &pass, rows);
        l->type->backward(l, &pass, l->type->in_place ? (hg__view){0} : x_at(n, i), x_at(n, i + 1),
                          dx_at(n, i + 1), dx_at(n, i), rows);
    }
    for (int32_t i = 0; i < last; i++) {
        const hg__layer *l = &spec->layer[i];
        pass.statistics = n->statistics + n->statistics_at[i];
        for (int32_t t = 0; l->type->tile_count && t < l->type->tile_count(l); t++) {
            hg__tile tile = {0};
            l->type->tile(l, t, &tile);
            const hg__view from = {n->x[i] + tile.x_first, n->ld[i]};
            l->type->gradient(l, &pass, &tile, from, dx_at(n, i + 1), rows, n->g + tile.offset);
        }
    }
    return sum;
}

static inline double naive_step(naive *n, const hg__train_setup *s, const hg__input *in, double lr,
                                int64_t step) {
    const double sum = naive_gradient(n, s, in, (uint64_t)step);
    const hg__optim_step o = hg__optim_step_at(s->optim, &s->optim_options, lr, step);
    s->optim->pick(n->k)(n->m->net.params, NULL, NULL, n->g, (int64_t)n->m->net.spec.params, &o);
    for_tiles(n, refresh);
    return sum;
}

static inline void expect_same_params(const char *what, const hg_model *a, const hg_model *b) {
    for (size_t i = 0; i < a->net.spec.params; i++) {
        const hg__real one = a->net.params[i], other = b->net.params[i];
        if (one == other || (isnan(one) && isnan(other))) continue;
        fail_msg("%s: parameter %zu is %a, not %a", what, i, (double)one, (double)other);
    }
}
#endif
