// SPDX-License-Identifier: Apache-2.0
// bench_step.c - a training step on bytes made from a seed, data and loss included.
#include "base/mem.h"
#include "base/rng.h"
#include "jobs/bench.h"
#include "model/model.h"

void hg__bench_setup_clear(hg__bench_setup *s) {
    hg__train_plan_free(s->plan);
    hg__loader_free(s->loader);
    hg__free(s->images);
    hg_model_free(s->model);
}

static void draw_bytes(uint8_t *to, size_t count) { // count: a multiple of 4
    for (size_t i = 0; i < count / 4; i++) {
        const hg__philox r = hg__philox_run(0, HG_STREAM_SYNTHETIC, (uint32_t)i, 0, 0);
        for (size_t j = 0; j < 4; j++) {
            to[4 * i + j] = (uint8_t)(r.word[j] < (1U << 30) ? r.word[j] >> 22 : 0);
        }
    }
}

hg__train_plan *hg__bench_plan(hg_model *m, int32_t batch, hg__pool *pool, hg_error *err) {
    const hg__optim_options adam = {.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
    const hg__train_setup setup = {.batch = batch,
                                   .objective = hg__objective_of(hg__loss_find("mse"), 0),
                                   .optim = hg__optim_find("adam"),
                                   .optim_options = adam};
    return hg__train_plan_new(&m->net, pool, &setup, err);
}

int hg__bench_setup_make(hg__bench_setup *s, const hg__bench_case *c, hg__pool *pool,
                         hg_error *err) {
    *s = (hg__bench_setup){.model = hg__model_from_spec(c->model, &c->shape, 0, 0, err)};
    if (!s->model) return err ? (int)err->code : HG_ERR_MEMORY;
    const size_t width = (size_t)s->model->net.spec.width;
    s->images = hg__alloc((size_t)c->rows, width, err);
    if (!s->images) return HG_ERR_MEMORY;
    draw_bytes(s->images, (size_t)c->rows * width);
    s->data = (hg__data){.rows = c->rows,
                         .width = (int32_t)width,
                         .shape = c->shape,
                         .dtype = HG_U8,
                         .scale = 1 / 255.0F,
                         .base = s->images,
                         .fd = -1};
    s->rows = hg__rows_all(hg__array_source(&s->data));
    s->loader = hg__loader_new(&s->rows, c->batch, NULL, err);
    s->plan = s->loader ? hg__bench_plan(s->model, c->batch, pool, err) : NULL;
    return s->plan ? HG_OK : HG_ERR_MEMORY;
}

static void run_epoch(void *context) {
    hg__bench_setup *s = context;
    hg__batch batch;
    hg__loader_start(s->loader, true, 0, ++s->epoch, 0);
    while (hg__loader_next(s->loader, &batch, NULL) > 0) {
        const hg__input in = {.row = batch.row,
                              .count = batch.count,
                              .dtype = HG_U8,
                              .scale = s->data.scale,
                              .ahead = batch.ahead,
                              .ahead_count = batch.ahead_count};
        (void)hg__train_step(s->plan, &in, 1e-3, ++s->step);
    }
}

// The weights have as many elements as a pixel of the smaller side has multiply-adds: conv's output, deconv's
// input, and a dense layer is one pixel.
double hg__layer_flops(const hg__layer *l) {
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const double from = (double)in.H * in.W, to = (double)out.H * out.W;
    size_t weights;
    if (l->params == 0 || l->param[0].shape.rank < 2) return 0;
    if (!hg__shape_count(&l->param[0].shape, &weights)) return 0;
    return 2 * (from < to ? from : to) * (double)weights;
}

// Forward, the weights' gradient, and backward where something before has parameters.
static double flops_of_row(const hg__spec *s) {
    double sum = 0;
    bool wants_dx = false;
    for (int32_t i = 0; i < s->layers; i++) {
        sum += hg__layer_flops(&s->layer[i]) * (wants_dx ? 3 : 2);
        wants_dx = wants_dx || s->layer[i].params > 0;
    }
    return sum;
}

void hg__bench_step(hg__bench *b, hg__bench_setup *s, const hg__bench_case *c) {
    const double steps = (c->rows + c->batch - 1) / c->batch; // NOLINT(bugprone-integer-division)
    const double rows = c->rows / steps;
    const hg__bench_line f = {
        .name = c->name, .flops = flops_of_row(&s->model->net.spec) * rows, .rows = rows};
    hg__bench_measure(b, f, steps, run_epoch, s);
}
