// SPDX-License-Identifier: Apache-2.0
// adversary.c - the discriminator's network, its batch and its step.
#include "fit/adversary.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum { LEAST_SIDE = 8 }; // of an image that is looked at by patches

// Of images every patch of 18 pixels a side is judged by itself; of the rest the whole row.
static const char *spec_of(const hg__shape *shape, bool of_code) {
    const hg__extent e = hg__extent_of(shape);
    if (of_code) return "dense 128 leaky_relu 0.2, dense 128 leaky_relu 0.2, dense 1 sigmoid";
    if (shape->rank < 2 || e.H < LEAST_SIDE || e.W < LEAST_SIDE) {
        return "dense 256 leaky_relu 0.2, dense 64 leaky_relu 0.2, dense 1 sigmoid";
    }
    return "conv 32 k4 s2 leaky_relu 0.2, conv 64 k4 s2 leaky_relu 0.2, conv 1 k3 sigmoid";
}

static int make_network(hg__adversary *a, const hg__spec *s, hg_error *err) {
    const hg__shape shape = a->of_code ? s->layer[s->neck - 1].out : s->input;
    size_t width = 0;
    (void)hg__shape_count(&shape, &width); // of a network that is there
    a->width = (int32_t)width;
    return hg__network_init_features(&a->net, spec_of(&shape, a->of_code), &shape, ~a->seed, err);
}

// Adam with the first moment that this kind of training wants (Radford, Metz & Chintala 2016).
static int make_plan(hg__adversary *a, hg__pool *pool, int32_t batch, hg_error *err) {
    const hg__train_setup setup = {
        .batch = 2 * batch,
        .objective = hg__objective_of(hg__loss_find("bce"), 0),
        .is_of_targets = true,
        .optim = a->optim,
        .optim_options = {.beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8},
        .seed = ~a->seed
    };
    a->plan = hg__train_plan_new(&a->net, pool, &setup, err);
    return a->plan ? HG_OK : HG_ERR_MEMORY;
}

static int make_batch(hg__adversary *a, int32_t batch, hg_error *err) {
    const size_t rows = 2 * (size_t)batch, outputs = (size_t)a->net.spec.code;
    // Rows are widened, and normal numbers drawn, in whole vectors.
    a->rows = hg__alloc(rows * (size_t)a->width + HG_LANES, sizeof *a->rows, err);
    a->row = a->rows ? hg__alloc(rows, sizeof *a->row, err) : NULL;
    a->target = a->row ? hg__alloc(2 * outputs, sizeof *a->target, err) : NULL;
    a->target_row = a->target ? hg__alloc(rows, sizeof *a->target_row, err) : NULL;
    if (!a->target_row) return HG_ERR_MEMORY;
    for (size_t i = 0; i < outputs; i++) a->target[i] = 1;
    return HG_OK;
}

// Whether there is something to tell apart.
static int check(const hg__network *net, bool of_code, hg_error *err) {
    if (of_code && !net->spec.has_neck) {
        return hg__fail(err, HG_ERR_USAGE,
                        "adversary=code: expected a model with a `|` between encoder and decoder, "
                        "got one without");
    }
    if (!of_code && net->spans) {
        return hg__fail(err, HG_ERR_USAGE,
                        "adversary=output: expected rows of numbers, got a table's");
    }
    return HG_OK;
}

hg__adversary *hg__adversary_new(const hg__network *net, hg__pool *pool, const hg__fit_setup *s,
                                 int32_t batch, hg_error *err) {
    const bool of_code = s->adversary == HG_OF_CODE;
    if (check(net, of_code, err) < 0) return NULL;
    hg__adversary *a = hg__alloc(1, sizeof *a, err);
    if (!a) return NULL;
    a->optim = hg__optim_find("adam");
    a->of_code = of_code;
    a->seed = s->seed;
    int code = make_network(a, &net->spec, err);
    if (code == HG_OK) code = make_plan(a, pool, batch, err);
    if (code == HG_OK) code = make_batch(a, batch, err);
    if (code == HG_OK) return a;
    hg__adversary_free(a);
    return NULL;
}

void hg__adversary_free(hg__adversary *a) {
    if (!a) return;
    hg__train_plan_free(a->plan);
    hg__network_clear(&a->net);
    hg__free(a->rows);
    hg__free(a->row);
    hg__free(a->target);
    hg__free(a->target_row);
    hg__free(a);
}

// Row r of what is real, to where kernels may write beyond its end: the next is written later.
static void take_real(const hg__adversary *a, const hg__input *in, int64_t r, int64_t step) {
    const hg__kernels *k = hg__kernels_pick();
    float *to = a->rows + r * a->width;
    if (a->of_code) {
        const uint32_t counter[3] = {HG_STREAM_ADVERSARY, (uint32_t)step, (uint32_t)r};
        k->normal(to, a->seed, counter, a->width);
    } else if (in->target) {
        memcpy(to, in->target[r], (size_t)a->width * sizeof *to);
    } else if (in->dtype == HG_U8) {
        k->widen_u8(to, in->row[r], in->scale, a->width);
    } else {
        memcpy(to, in->row[r], (size_t)a->width * sizeof *to);
    }
}

double hg__adversary_answers(const hg__adversary *a, int64_t rows) {
    return 2.0 * (double)rows * a->net.spec.code; // a real row and a made one of each
}

double hg__adversary_step(hg__adversary *a, hg__run_plan *runner, const hg__input *in, double lr,
                          int64_t step) {
    const int64_t count = in->count;
    for (int64_t r = 0; r < count; r++) take_real(a, in, r, step);
    hg__run(runner, a->of_code ? HG_ENCODE : HG_RECONSTRUCT, in, a->rows + count * a->width);
    for (int64_t r = 0; r < 2 * count; r++) {
        a->row[r] = a->rows + r * a->width;
        a->target_row[r] = a->target + (r < count ? 0 : a->net.spec.code);
    }
    const hg__input own = {
        .row = a->row, .count = 2 * count, .dtype = HG_F32, .scale = 1, .target = a->target_row};
    return hg__train_step(a->plan, &own, lr, step);
}
