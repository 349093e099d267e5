// SPDX-License-Identifier: Apache-2.0
// bench_conv.c - layers and networks on images: how much of the machine's peak they reach.
//
// Layers run through the table of layer types as plans run them: forward in bands of 16 lines of one image, backward
// an image a thread. So the figures have no loader, no loss and no optimiser in them; those of networks do.
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "exec/plan_image.h"
#include "jobs/bench.h"
#include "model/model.h"

enum { BAND = 16 };

// ---- one layer ----------------------------------------------------------------------------------

// A layer, picked from a model that has it.
typedef struct layer_case {
    const char *name, *model;
    int32_t side, channels; // of the model's input
    int32_t layer;          // its number in the model
    int32_t inner;          // its side's divisor: what the model made of `side` before it
} layer_case;

static const layer_case layers[] = {
    {"conv k3 64-64",      "conv 64 k3 | conv input k3",         512, 64, 0, 1},
    {"conv k3 s2 64-64",   "conv 64 k3 s2 | deconv input k4 s2", 512, 64, 0, 1},
    {"deconv k4 s2 64-64", "conv 64 k3 s2 | deconv input k4 s2", 512, 64, 1, 2},
    {"conv k3 1-64",       "conv 64 k3 | conv input k3",         512, 1,  0, 1},
    {"conv k3 3-64",       "conv 64 k3 | conv input k3",         512, 3,  0, 1},
    {"conv k3 64-1",       "conv 64 k3 | conv input k3",         512, 1,  1, 1},
    {"conv k3 64-3",       "conv 64 k3 | conv input k3",         512, 3,  1, 1},
    {"conv k3 s2 3-32",    "conv 32 k3 s2 | deconv input k4 s2", 512, 3,  0, 1},
    {"deconv k4 s2 32-3",  "conv 32 k3 s2 | deconv input k4 s2", 512, 3,  1, 2},
};

typedef struct stage {
    hg_model *model;
    hg__layer layer; // a copy that passes a gradient on
    hg__pool *pool;
    hg__pass pass;
    int32_t images; // one a thread
    hg__view x, dy; // (images, in), (images, out)
    hg__view to;    // (images, in or out): what is computed
    hg__real *block;
    hg__real *share, *scratch; // a thread's gradient and scratch
    size_t share_count, scratch_count;
} stage;

static size_t share_count(const hg__layer *l) {
    const hg__param *last = &l->param[l->params - 1];
    return l->params ? last->offset + last->count - l->param[0].offset : 0;
}

static hg__real *take(stage *s, size_t *at, size_t count) {
    hg__real *here = s->block ? s->block + *at : NULL;
    *at += hg__whole_vectors(count);
    return here;
}

// All memory of a stage, counted first (no block) and then handed out.
static size_t lay_out(stage *s, hg__real **transposed) {
    const hg__layer *l = &s->layer;
    size_t in = 0, out = 0, at = 0;
    (void)hg__shape_count(&l->in, &in);
    (void)hg__shape_count(&l->out, &out);
    s->x.ld = hg__pad_columns((int32_t)in);
    s->dy.ld = hg__pad_columns((int32_t)out);
    s->to.ld = s->x.ld > s->dy.ld ? s->x.ld : s->dy.ld;
    s->share_count = hg__whole_vectors(share_count(l));
    s->scratch_count = l->type->scratch_count ? hg__whole_vectors(l->type->scratch_count(l)) : 0;
    const size_t images = (size_t)s->images;
    *transposed = take(s, &at, l->type->transposed_count ? l->type->transposed_count(l) : 0);
    s->share = take(s, &at, images * s->share_count);
    s->scratch = take(s, &at, images * s->scratch_count);
    s->x.at = take(s, &at, images * (size_t)s->x.ld);
    s->dy.at = take(s, &at, images * (size_t)s->dy.ld);
    s->to.at = take(s, &at, images * (size_t)s->to.ld);
    return at;
}

// Numbers between -0.5 and 0.5.
static void fill(hg__view v, int32_t rows) {
    uint32_t state = 1;
    for (ptrdiff_t i = 0; i < rows * v.ld; i++) {
        state = state * 1664525U + 1013904223U;
        v.at[i] = (hg__real)(state >> 8) * 0x1p-24F - 0.5F;
    }
}

static void refresh(stage *s, hg__real *transposed) {
    const hg__layer *l = &s->layer;
    hg__tile t;
    for (int32_t i = 0; l->type->refresh && i < l->type->tile_count(l); i++) {
        l->type->tile(l, i, &t);
        l->type->refresh(l, s->pass.k, &t, s->model->net.params, transposed);
    }
}

static void clear_stage(stage *s) {
    hg__free(s->block);
    hg_model_free(s->model);
}

// Large images on many threads would need more memory than a bench should take.
static int32_t pick_side(const layer_case *c, int32_t threads) {
    int32_t side = c->side;
    while (side > 64 && threads * (side / 256.0) * (side / 256.0) > 16) side /= 2;
    return side;
}

static int make_stage(stage *s, const layer_case *c, int32_t side, const hg__bench *b,
                      hg_error *err) {
    const hg__shape shape = {
        3, {side, side, c->channels}
    };
    hg__real *transposed;
    *s = (stage){.model = hg__model_from_spec(c->model, &shape, 0, 0, err),
                 .pool = b->pool,
                 .images = hg__pool_threads(b->pool)};
    if (!s->model) return err ? (int)err->code : HG_ERR_MEMORY;
    s->layer = s->model->net.spec.layer[c->layer];
    s->block = hg__alloc(lay_out(s, &transposed), sizeof *s->block, err);
    if (!s->block) return HG_ERR_MEMORY;
    (void)lay_out(s, &transposed);
    s->pass = (hg__pass){.k = b->k, .params = s->model->net.params, .transposed = transposed};
    refresh(s, transposed);
    fill(s->x, s->images);
    fill(s->dy, s->images);
    return HG_OK;
}

static hg__pass pass_of(const stage *s, int32_t thread) {
    hg__pass p = s->pass;
    p.scratch = s->scratch + (size_t)thread * s->scratch_count;
    return p;
}

static hg__view image_of(hg__view v, int32_t i) {
    return (hg__view){hg__view_row(v, i), v.ld};
}

// Task: a band of the first image.
static void forward_band(void *context, int32_t task, int32_t thread) {
    const stage *s = context;
    const int32_t lines = hg__extent_of(&s->layer.out).H;
    hg__pass p = pass_of(s, thread);
    p.top = task * BAND;
    p.bottom = p.top + BAND < lines ? p.top + BAND : lines;
    p.nontemporal = hg__exceeds_cache((size_t)s->dy.ld);
    s->layer.type->forward(&s->layer, &p, s->x, s->to, 1);
}

// Task: an image.
static void backward_image(void *context, int32_t task, int32_t thread) {
    const stage *s = context;
    const hg__pass p = pass_of(s, thread);
    s->layer.type->backward(&s->layer, &p, image_of(s->x, task), image_of(s->dy, task),
                            image_of(s->dy, task), image_of(s->to, task), 1);
}

static void accumulate_image(void *context, int32_t task, int32_t thread) {
    const stage *s = context;
    const hg__pass p = pass_of(s, thread);
    hg__real *share = s->share + (size_t)task * s->share_count;
    memset(share, 0, s->share_count * sizeof *share);
    s->layer.type->accumulate(&s->layer, &p, image_of(s->x, task), image_of(s->dy, task), 1, share);
}

static void run_forward(void *context) {
    const stage *s = context;
    const int32_t lines = hg__extent_of(&s->layer.out).H;
    hg__pool_run(s->pool, forward_band, context, hg__ceil_div(lines, BAND));
}

static void run_backward(void *context) {
    const stage *s = context;
    hg__pool_run(s->pool, backward_image, context, s->images);
}

static void run_accumulate(void *context) {
    const stage *s = context;
    hg__pool_run(s->pool, accumulate_image, context, s->images);
}

static const struct {
    const char *name;
    void (*run)(void *);
    bool per_thread; // every thread has an image of its own
} passes[] = {
    {"forward", run_forward,    false},
    {"data",    run_backward,   true },
    {"weights", run_accumulate, true },
};

enum { PASSES = sizeof passes / sizeof *passes };

static int bench_layer(hg__bench *b, const layer_case *c, hg_error *err) {
    stage s;
    char name[PASSES][80];
    bool wanted = false;
    const int32_t threads = hg__pool_threads(b->pool), side = pick_side(c, threads);
    for (int i = 0; i < PASSES; i++) {
        snprintf(name[i], sizeof name[i], "%s, %d^2, %s, %d thr", c->name, side / c->inner,
                 passes[i].name, threads);
        wanted = wanted || hg__bench_wants(b, name[i]);
    }
    if (!wanted) return HG_OK;
    const int code = make_stage(&s, c, side, b, err);
    for (int i = 0; code == HG_OK && i < PASSES; i++) {
        const hg__bench_line f = {.name = name[i], .flops = hg__layer_flops(&s.layer)};
        hg__bench_measure(b, f, passes[i].per_thread ? s.images : 1, passes[i].run, &s);
    }
    clear_stage(&s);
    return code;
}

static int bench_layers(hg__bench *b, hg_error *err) {
    int code = HG_OK;
    for (size_t i = 0; code == HG_OK && i < sizeof layers / sizeof *layers; i++) {
        code = bench_layer(b, &layers[i], err);
    }
    return code;
}

// ---- training steps -----------------------------------------------------------------------------

static const hg__bench_case scenes[] = {
    {"training step conv 28^2, batch 128",
     "conv 16 k3 s2 relu, conv 32 k3 s2 relu, dense 64 | dense like relu, deconv 16 k4 s2 relu, "
     "deconv input k4 s2 sigmoid", {3, {28, 28, 1}},
     128, 3840},
    {"training step conv 256^2 x 3, batch 8",
     "conv 32 k3 s2 relu, conv 64 k3 s2 relu, conv 128 k3 s2 relu, conv 256 k3 s2 relu | "
     "deconv 128 k4 s2 relu, deconv 64 k4 s2 relu, deconv 32 k4 s2 relu, deconv input k4 s2 "
     "sigmoid",                    {3, {256, 256, 3}},
     8,   16  },
};

static int bench_scenes(hg__bench *b, hg_error *err) {
    int code = HG_OK;
    for (size_t i = 0; code == HG_OK && i < sizeof scenes / sizeof *scenes; i++) {
        if (!hg__bench_wants(b, scenes[i].name)) continue;
        hg__bench_setup s;
        code = hg__bench_setup_make(&s, &scenes[i], b->pool, err);
        if (code == HG_OK) hg__bench_step(b, &s, &scenes[i]);
        hg__bench_setup_clear(&s);
    }
    return code;
}

// ---- one large image ----------------------------------------------------------------------------

#define CONV4 "conv 64 k3 relu, conv 64 k3 relu, conv 64 k3 relu, conv 64 k3 relu"

static const struct {
    const char *name, *model;
    int32_t side, channels;
} images[] = {
    {"DnCNN 17 x 64, 512^2 grey",         CONV4 ", " CONV4 " | " CONV4 ", " CONV4 ", conv input k3", 512,
     1                                                                                                     },
    {"U-Net (preset unet), 512^2 grey",   "unet",                                                    512, 1},
    {"U-Net (preset unet), 512^2 colour", "unet",                                                    512, 3},
};

static void run_image(void *context) {
    (void)hg__image_plan_run(context);
}

static double forward_flops(const hg__spec *s) {
    double sum = 0;
    for (int32_t i = 0; i < s->layers; i++) sum += hg__layer_flops(&s->layer[i]);
    return sum;
}

static int bench_image(hg__bench *b, size_t i, hg_error *err) {
    const int32_t side = images[i].side, channels = images[i].channels;
    const hg__shape shape = {
        3, {side, side, channels}
    };
    hg_model *m = hg__model_from_spec(images[i].model, &shape, 0, 0, err);
    if (!m) return err ? (int)err->code : HG_ERR_MEMORY;
    hg__image_plan *p = hg__image_plan_new(&m->net, b->pool, side, side, err);
    if (p) {
        const hg__bench_line f = {.name = images[i].name,
                                  .flops = forward_flops(&m->net.spec),
                                  .pixels = (double)side * side,
                                  .spec = m->net.spec.text};
        fill((hg__view){hg__image_plan_input(p), (ptrdiff_t)side * side * channels}, 1);
        hg__bench_measure(b, f, 1, run_image, p);
    }
    hg__image_plan_free(p);
    hg_model_free(m);
    return p ? HG_OK : HG_ERR_MEMORY;
}

int hg__bench_conv(hg__bench *b, hg_error *err) {
    int code = hg__bench_alone(b, bench_layers, err);
    if (code == HG_OK && hg__pool_threads(b->pool) > 1) code = bench_layers(b, err);
    if (code == HG_OK) code = bench_scenes(b, err);
    for (size_t i = 0; code == HG_OK && i < sizeof images / sizeof *images; i++) {
        if (hg__bench_wants(b, images[i].name)) code = bench_image(b, i, err);
    }
    return code;
}
