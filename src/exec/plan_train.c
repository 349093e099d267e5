// SPDX-License-Identifier: Apache-2.0
// plan_train.c - one training step: chunks of rows forward and backward, then tiles of weights.
//
// Image layers have few weights and much data: each chunk adds up its partial gradient of them while its
// activations are near, and phase 2 sums the partial gradients in the order of the chunks. The number of chunks depends on
// the batch alone, never on the threads.
#include "exec/plan_train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/tied.h"

// The layer whose weights are those of l, turned round; else NULL.
static const hg__layer *tied_to(const hg__train_plan *p, const hg__layer *l) {
    for (int32_t i = 0; i < p->net->spec.layers; i++) {
        if (p->net->spec.layer[i].tied == l->number) return &p->net->spec.layer[i];
    }
    return NULL;
}

// The first layer that is paid for the weights of l by formula; else NULL.
static const hg__op *payer_of(const hg__train_plan *p, const hg__layer *l) {
    for (int32_t i = 0; i < p->program.forward; i++) {
        const hg__op *op = &p->program.op[i];
        if (op->kind == HG_OP_MEASURE && op->layer->only.slope &&
            op->layer->only.number == l->number) {
            return op;
        }
    }
    return NULL;
}

// Every tile of every layer: p->tasks of them.
static int list_tiles(hg__train_plan *p, hg_error *err) {
    p->task = hg__alloc((size_t)p->tasks, sizeof *p->task, err);
    p->tile_norm = p->task ? hg__alloc((size_t)p->tasks, sizeof *p->tile_norm, err) : NULL;
    if (!p->tile_norm) return HG_ERR_MEMORY;
    hg__weights_task *task = p->task;
    for (int32_t i = 0; i < p->program.layers; i++) {
        const hg__layer *l = p->program.trained[i].layer;
        for (int32_t t = 0; !p->program.trained[i].is_again && t < l->type->tile_count(l); t++) {
            task->of = &p->program.trained[i];
            l->type->tile(l, t, &task->tile);
            task->is_tied = l->tied >= 0 && task->tile.param == 0;
            task->payer = task->tile.param == 0 ? payer_of(p, l) : NULL;
            task->partner = task->tile.param == 0 ? tied_to(p, l) : NULL;
            task++;
        }
    }
    return HG_OK;
}

// The memory that the layout asks for.
static int take_memory(hg__train_plan *p, size_t elements, hg_error *err) {
    const size_t batch = (size_t)p->setup.batch,
                 measured = p->program.measured_count * sizeof *p->measured;
    HG_TRY(list_tiles(p, err));
    p->block = hg__alloc(elements, sizeof *p->block, err);
    p->row_loss = p->block ? hg__alloc(batch, sizeof *p->row_loss, err) : NULL;
    if (p->row_loss && measured) p->measured = hg__alloc(batch, measured, err);
    return p->row_loss && (!measured || p->measured) ? HG_OK : HG_ERR_MEMORY;
}

// The next run of the same layer; NULL: there is none.
static const hg__trained *next_run(const hg__train_plan *p, const hg__trained *of) {
    return of->next ? &p->program.trained[of->next] : NULL;
}

// Brings the transposed copies of a tile up to date, one for each run.
static void refresh(hg__train_plan *p, const hg__weights_task *t) {
    const hg__layer *l = t->of->layer;
    for (const hg__trained *of = t->of; l->type->refresh && of; of = next_run(p, of)) {
        if (!of->has_transposed) continue;
        l->type->refresh(l, p->k, &t->tile, p->weights, p->transposed + of->transposed);
    }
}

void hg__train_plan_refresh(hg__train_plan *p) {
    for (int32_t i = 0; i < p->tasks; i++) refresh(p, &p->task[i]);
    hg__prepared_run(&p->prepared, p->weights, p->pool);
}

void hg__train_plan_refresh_frozen(hg__train_plan *p) {
    for (int32_t i = p->program.forward; i < p->program.ops; i++) {
        const hg__op *op = &p->program.op[i];
        if (op->kind != HG_OP_BACKWARD || op->block == 0) continue;
        const hg__layer_type *type = op->layer->type;
        if (!type->refresh) continue;
        for (int32_t t = 0; t < type->tile_count(op->layer); t++) {
            hg__tile tile = {0};
            type->tile(op->layer, t, &tile);
            type->refresh(op->layer, p->k, &tile, p->params[op->block],
                          p->transposed + op->transposed);
        }
    }
}

hg__train_plan *hg__train_plan_new(hg__network *net, hg__pool *pool, const hg__train_setup *s,
                                   hg_error *err) {
    if (!s->is_of_targets && hg__spec_gives_rows(&net->spec, err) < 0) return NULL;
    if (hg__network_check_ties(net, err) < 0) return NULL;
    const hg__loss_rows rows = hg__loss_rows_of(net, hg__kernels_pick());
    if (hg__objective_check(&s->objective, &rows, NULL, err) < 0) return NULL;
    hg__train_plan *p = hg__alloc(1, sizeof *p, err);
    size_t elements = 0;
    if (!p) return NULL;
    p->pool = pool;
    p->weights = net->params;
    p->params[0] = net->params;
    if (s->features.network) p->params[1] = s->features.network->params;
    if (s->judge.network) p->params[2] = s->judge.network->params;
    p->update = s->optim->pick(hg__kernels_pick());
    int code = hg__train_layout_init(p, net, hg__pool_threads(pool), s, &elements, err);
    if (code == HG_OK) code = hg__prepared_init(&p->prepared, &p->program, p->k, err);
    if (code == HG_OK) code = take_memory(p, elements, err);
    if (code < 0) {
        hg__train_plan_free(p);
        return NULL;
    }
    (void)hg__train_layout_place(p, p->block);
    for (size_t i = 0; i < p->ones_count; i++) p->ones[i] = 1;
    hg__train_plan_refresh_frozen(p);
    hg__train_plan_refresh(p);
    return p;
}

void hg__train_plan_free(hg__train_plan *p) {
    if (!p) return;
    hg__prepared_clear(&p->prepared);
    hg__train_layout_clear(p);
    hg__free(p->task);
    hg__free(p->tile_norm);
    hg__free(p->row_loss);
    hg__free(p->measured);
    hg__free(p->block);
    hg__free(p);
}

hg__real *hg__train_state(hg__train_plan *p, int32_t i) {
    return p->state[i];
}

size_t hg__train_plan_bytes(const hg__train_plan *p) {
    return p->bytes;
}

// ---- phase 2: a tile of weights -----------------------------------------------------------------

// Columns first .. first+count-1 of all rows of the batch, widened to strip (rows, HG_PANEL).
static void widen_strip(const hg__train_plan *p, int32_t first, int32_t count, hg__real *strip) {
    enum { FETCH = 12 };
    const hg__input *in = p->in;
    const size_t size = hg__dtype_size(in->dtype), bytes = (size_t)count * size;
    for (int64_t r = 0; r < in->count; r++, strip += HG_PANEL) {
        if (r + FETCH < in->count) {
            hg__fetch((const uint8_t *)in->row[r + FETCH] + (size_t)first * size, bytes);
        }
        if (in->dtype == HG_U8) {
            p->k->widen_u8(strip, (const uint8_t *)in->row[r] + first, in->scale, count);
        } else {
            p->k->widen_f32(strip, (const float *)in->row[r] + first, count);
        }
    }
}

// g = the chunks' partial gradients of the tile, summed in order.
static void sum_partials(const hg__train_plan *p, const hg__trained *of, const hg__tile *tile,
                         hg__real *g) {
    const size_t at = of->partial + (tile->offset - of->layer->param[0].offset);
    const hg__real *partial = p->partial + at;
    memcpy(g, partial, tile->count * sizeof *g);
    for (int32_t i = 1; i < hg__chunks_of(p, p->in->count); i++) {
        partial += p->program.partial_count;
        p->k->add(g, g, partial, (int64_t)tile->count);
    }
}

// Of one run of the layer.
static void find_of_run(const hg__train_plan *p, const hg__trained *of, const hg__tile *tile,
                        int32_t thread, hg__real *g) {
    const hg__layer *l = of->layer;
    if (l->type->accumulate) {
        sum_partials(p, of, tile, g);
        return;
    }
    const hg__value *value = p->program.value;
    const hg__view dy = {p->buffer[of->dy].base, value[of->dy].ld};
    hg__view x = {p->buffer[of->x].base + tile->x_first, value[of->x].ld};
    if (of->x == 0 && p->program.widens_again) {
        hg__real *strip = p->strip + (size_t)thread * (size_t)p->setup.batch * HG_PANEL;
        widen_strip(p, tile->x_first, tile->x_count, strip);
        x = (hg__view){strip, HG_PANEL};
    }
    hg__pass pass = p->pass;
    pass.statistics = p->statistics + of->statistics;
    l->type->gradient(l, &pass, tile, x, dy, (int32_t)p->in->count, g);
}

// The sum over its runs, in their order, and what is paid for the weights themselves.
static void find_gradient(const hg__train_plan *p, const hg__weights_task *t, int32_t thread,
                          hg__real *g) {
    find_of_run(p, t->of, &t->tile, thread, g);
    for (const hg__trained *of = next_run(p, t->of); of; of = next_run(p, of)) {
        hg__real *more = p->tile + ((size_t)p->threads + (size_t)thread) * p->largest_tile;
        find_of_run(p, of, &t->tile, thread, more);
        p->k->add(g, g, more, (int64_t)t->tile.count);
    }
    if (!t->payer) return;
    hg__pass pass = p->pass;
    pass.statistics = p->statistics + t->payer->statistics;
    t->payer->layer->type->add_gradient(t->payer->layer, &pass, &t->tile, g);
}

static void apply(hg__train_plan *p, const hg__weights_task *t, const hg__real *g) {
    const size_t o = t->tile.offset;
    p->update(p->weights + o, p->state[0] ? p->state[0] + o : NULL,
              p->state[1] ? p->state[1] + o : NULL, g, (int64_t)t->tile.count, &p->step);
    refresh(p, t);
}

static void run_tile(void *context, int32_t number, int32_t thread) {
    hg__train_plan *p = context;
    const hg__tile *t = &p->task[number].tile;
    hg__real *g = p->tile + (size_t)thread * p->largest_tile;
    p->k->claim(p->weights + t->offset, t->count);
    find_gradient(p, &p->task[number], thread, g);
    apply(p, &p->task[number], g);
}

static void run_gradient(void *context, int32_t number, int32_t thread) {
    hg__train_plan *p = context;
    const hg__weights_task *t = &p->task[number];
    hg__real *g = p->gradient + t->tile.offset;
    find_gradient(p, t, thread, g);
    p->tile_norm[number] = t->is_tied ? 0 : p->k->sum_squares(g, (int64_t)t->tile.count);
}

// Weights that are tied have the sum of both gradients, and count once for the norm.
static void run_tie(void *context, int32_t number, int32_t thread) {
    (void)thread;
    hg__train_plan *p = context;
    const hg__weights_task *t = &p->task[number];
    if (!t->partner) return;
    hg__tied_add(t->of->layer, t->partner, &t->tile, p->gradient);
    p->tile_norm[number] = p->k->sum_squares(p->gradient + t->tile.offset, (int64_t)t->tile.count);
}

static void run_update(void *context, int32_t number, int32_t thread) {
    (void)thread;
    hg__train_plan *p = context;
    apply(p, &p->task[number], p->gradient + p->task[number].tile.offset);
}

// As torch.nn.utils.clip_grad_norm_: the whole gradient scaled by clip / (norm + 1e-6) where that is below 1.
static void clip(hg__train_plan *p) {
    double squares = 0;
    for (int32_t i = 0; i < p->tasks; i++) squares += p->tile_norm[i];
    const double factor = p->setup.clip / (sqrt(squares) + 1e-6);
    p->step.grad_scale = factor < 1 ? (hg__real)factor : 1;
}

// The whole gradient first, then the update.
static void update_by_whole(hg__train_plan *p) {
    hg__pool_run(p->pool, run_gradient, p, p->tasks);
    if (p->has_ties) hg__pool_run(p->pool, run_tie, p, p->tasks);
    if (p->setup.clip > 0) clip(p);
    hg__pool_run(p->pool, run_update, p, p->tasks);
}

// The running statistics follow the batch.
static void update_running(hg__train_plan *p) {
    for (int32_t i = 0; i < p->program.forward; i++) {
        const hg__op *op = &p->program.op[i];
        if (op->kind != HG_OP_MEASURE) continue;
        const hg__batch_type *batch = op->layer->type->batch;
        hg__pass own = p->pass;
        own.statistics = p->statistics + op->statistics;
        if (batch->update_running) {
            batch->update_running(op->layer, &own, (int32_t)p->in->count, p->weights);
        }
    }
}

double hg__train_step(hg__train_plan *p, const hg__input *in, double lr, int64_t step) {
    p->in = in;
    p->pass = (hg__pass){.k = p->k,
                         .params = p->weights,
                         .measured = p->measured,
                         .penalty_scale = (hg__real)(1 / ((double)in->count * p->rows.n)),
                         .training = true,
                         .seed = p->setup.seed,
                         .step = (uint64_t)step};
    p->step = hg__optim_step_at(p->setup.optim, &p->setup.optim_options, lr, step);
    hg__train_batch(p);
    double loss = 0;
    for (int64_t i = 0; i < in->count; i++) loss += p->row_loss[i];
    if (!isfinite(loss)) return loss; // the weights stay as they were
    update_running(p);
    if (p->gradient) {
        update_by_whole(p);
    } else {
        hg__pool_run(p->pool, run_tile, p, p->tasks);
    }
    hg__prepared_run(&p->prepared, p->weights, p->pool);
    return loss;
}
