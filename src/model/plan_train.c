// SPDX-License-Identifier: Apache-2.0
// plan_train.c - one training step: chunks of rows forward and backward, then tiles of weights.
//
// Values between layers live at boundaries 0 .. L: boundary i is the input of layer i, L the output. At
// each there is an activation x[i] and a gradient dx[i]. Those that phase 2 reads (inputs of layers with
// parameters, gradients at their outputs) span the batch; the rest only a chunk, one set a thread,
// and so never leave that core's cache. Layers that work in place share one buffer between two
// boundaries; gradients of a chunk take turns in two. Where a layer sees the whole batch (plan_segments.c), all
// activations span it.
//
// Image layers have few weights and much data: each chunk adds up its share of their gradient while its
// activations are near, and phase 2 sums the shares in the order of the chunks. The number of chunks depends on
// the batch alone, never on the threads.
#include "model/plan_train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

// Whether the layer's output lies in its input's buffer. What was kept must stay as it is.
static bool shares(const hg__spec *s, int32_t layer) {
    if (hg__is_keep(&s->layer[layer])) return true;
    return layer > 0 && s->layer[layer].type->in_place && !s->layer[layer - 1].type->in_place;
}

// Gradients that live for a layer or two: each takes the buffer its neighbour does not.
static void take_turns(hg__train_plan *p) {
    int32_t turn = 0;
    for (int32_t i = p->layers; i >= 0; i--) {
        if (p->dx[i].same_as == i && !p->dx[i].whole) p->dx[i].turn = turn++ % 2;
    }
}

// Chains of boundaries that share a buffer, and which of them phase 2 reads.
static void lay_boundaries(hg__train_plan *p) {
    const hg__spec *s = &p->model->spec;
    for (int32_t i = 0; i <= p->layers; i++) {
        p->x[i] = (hg__buffer){.ld = hg__pad_columns(hg__width_at(s, i)), .same_as = i};
        p->dx[i] = p->x[i];
        if (i > 0 && shares(s, i - 1)) p->x[i].same_as = p->x[i - 1].same_as;
        if (i > 0 && s->layer[i - 1].type->in_place) p->dx[i].same_as = p->dx[i - 1].same_as;
        if (i < p->layers) p->kept[i] = (hg__buffer){.ld = p->x[i].ld, .same_as = i};
    }
    for (int32_t i = 0; i < p->layers; i++) {
        if (!s->layer[i].type->gradient) continue;
        if (i > 0 || !p->strips) p->x[p->x[i].same_as].whole = true;
        p->dx[p->dx[i + 1].same_as].whole = true;
    }
    for (int32_t i = 0; i <= p->layers && p->cuts > 0; i++) { // a later segment reads it
        p->x[p->x[i].same_as].whole = true;
        if (i < p->layers) p->kept[i].whole = true;
    }
    take_turns(p);
}

// Gives the buffer of boundary i its place from `at` on (elements); how many elements are used then. With base NULL
// it only counts.
static size_t place(const hg__train_plan *p, hg__buffer *list, int32_t i, hg__real *base,
                    size_t at) {
    hg__buffer *b = &list[i];
    if (b->same_as != i) {
        b->base = list[b->same_as].base;
        b->whole = list[b->same_as].whole;
        b->stride = list[b->same_as].stride;
        return at;
    }
    b->stride = (size_t)p->chunk * (size_t)b->ld;
    b->base = base ? base + at : NULL;
    if (b->whole) return at + (size_t)p->setup.batch * (size_t)b->ld;
    return at + b->stride * (size_t)hg__pool_threads(p->pool);
}

// Gradients: the whole ones, two buffers for all others, and those of what was kept.
static size_t place_gradients(hg__train_plan *p, hg__real *base, size_t at) {
    const size_t threads = (size_t)hg__pool_threads(p->pool);
    size_t most = 0;
    for (int32_t i = 0; i <= p->layers; i++) {
        const size_t count = (size_t)p->chunk * (size_t)p->dx[i].ld;
        if (!p->dx[p->dx[i].same_as].whole && count > most) most = count;
    }
    const size_t turns = at;
    at += 2 * most * threads;
    for (int32_t i = 0; i <= p->layers; i++) {
        hg__buffer *b = &p->dx[i];
        const hg__buffer *root = &p->dx[b->same_as];
        if (root->whole) {
            at = place(p, p->dx, i, base, at);
        } else {
            b->stride = most;
            b->base = base ? base + turns + (size_t)root->turn * most * threads : NULL;
        }
    }
    return at;
}

static hg__real *take(hg__real *base, size_t *at, size_t count) {
    hg__real *here = base ? base + *at : NULL;
    *at += (count + HG_LANES - 1) / HG_LANES * HG_LANES;
    return here;
}

// Where each layer's shadow weights and share of a gradient lie, and how much scratch the greediest takes.
static size_t lay_layers(hg__train_plan *p) {
    size_t shadow = 0;
    p->share_count = p->scratch_count = 0;
    for (int32_t i = 0; i < p->layers; i++) {
        hg__layer *l = &p->model->spec.layer[i];
        const size_t scratch = l->type->scratch_count ? l->type->scratch_count(l) : 0;
        if (scratch > p->scratch_count) p->scratch_count = scratch;
        if (l->type->accumulate) {
            l->share = p->share_count;
            p->share_count += hg__layer_span(l);
        }
        if (!l->type->shadow_count || !l->needs_dx) continue;
        l->shadow = shadow;
        shadow += (l->type->shadow_count(l) + HG_LANES - 1) / HG_LANES * HG_LANES;
    }
    return shadow;
}

// Which layers see the whole batch, and where what they know of it lies.
static void find_cuts(hg__train_plan *p) {
    for (int32_t i = 0; i < p->layers; i++) {
        hg__layer *l = &p->model->spec.layer[i];
        if (!l->type->batch) continue;
        const size_t measured = l->type->batch->measured_count(l);
        if (measured > p->measured_count) p->measured_count = measured;
        p->cut[p->cuts++] = i;
        l->joined = p->joined_count;
        p->joined_count += l->type->batch->joined_count(l);
    }
}

// Buffers of activations and gradients, from `at` on.
static size_t lay_buffers(hg__train_plan *p, hg__real *base, size_t at) {
    for (int32_t i = 0; i <= p->layers; i++) at = place(p, p->x, i, base, at);
    at = place_gradients(p, base, at);
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        if (hg__is_keep(l) && l->needs_dx) at = place(p, p->kept, i, base, at);
    }
    return at;
}

// All memory of the plan, as one walk: first to count it, then to hand it out.
static size_t lay_out(hg__train_plan *p, hg__real *base) {
    const size_t params = p->model->spec.params, batch = (size_t)p->setup.batch;
    const size_t threads = (size_t)hg__pool_threads(p->pool);
    size_t at = 0;
    for (int32_t i = 0; i < p->setup.optim->states; i++) p->state[i] = take(base, &at, params);
    if (p->setup.clip > 0) p->gradient = take(base, &at, params);
    p->shadow = take(base, &at, lay_layers(p));
    p->tile = take(base, &at, threads * p->largest_tile);
    if (p->strips) p->strip = take(base, &at, threads * batch * HG_PANEL);
    p->share = take(base, &at, (size_t)hg__chunks_of(p, (int64_t)batch) * p->share_count);
    p->joined = take(base, &at, p->joined_count);
    p->scratch = take(base, &at, threads * p->scratch_count);
    p->spare = take(base, &at, threads * 3 * (size_t)p->x[0].ld);
    return lay_buffers(p, base, at) + HG_LANES; // kernels read up to a vector beyond the last row
}

static int list_tiles(hg__train_plan *p, hg_error *err) {
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        if (l->type->tile_count) p->tasks += l->type->tile_count(l);
    }
    p->task = hg__alloc((size_t)p->tasks, sizeof *p->task, err);
    p->tile_norm = p->task ? hg__alloc((size_t)p->tasks, sizeof *p->tile_norm, err) : NULL;
    if (!p->tile_norm) return HG_ERR_MEMORY;
    int32_t n = 0;
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        for (int32_t t = 0; l->type->tile_count && t < l->type->tile_count(l); t++) {
            p->task[n] = (hg__weights_task){.layer = l, .boundary = i};
            hg__tile *tile = &p->task[n++].tile;
            l->type->tile(l, t, tile);
            if (tile->count > p->largest_tile) p->largest_tile = tile->count;
            if (i == 0 && (!l->type->gradient || tile->x_count > HG_PANEL)) p->strips = false;
        }
    }
    return HG_OK;
}

// Few rows a chunk share the work finely; many use each weight more often while it is near.
static int32_t pick_chunk(const hg_model *m, int32_t batch) {
    enum { MOST_SHARES = 16 };
    for (int32_t i = 0; i < m->spec.layers; i++) {
        if (m->spec.layer[i].type->accumulate) return (batch + MOST_SHARES - 1) / MOST_SHARES;
    }
    const int32_t rows = m->spec.params * sizeof(hg__real) > (1U << 20) ? 32 : 16;
    return rows < batch ? rows : batch;
}

hg__train_plan *hg__train_plan_new(hg_model *m, hg__pool *pool, const hg__train_setup *s,
                                   hg_error *err) {
    if (s->loss->by_columns && !m->spans) {
        hg__fail(err, HG_ERR_USAGE, "loss=columns: expected the rows of a table, got numbers only");
        return NULL;
    }
    hg__train_plan *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->model = m;
    p->pool = pool;
    p->k = hg__kernels_pick();
    p->setup = *s;
    p->loss = hg__loss_kernel_for(&m->spec, s->loss, p->k, &p->layers);
    p->update = s->optim->pick(p->k);
    p->chunk = pick_chunk(m, s->batch);
    find_cuts(p);
    p->strips = p->cuts == 0;
    if (list_tiles(p, err) < 0) {
        hg__train_plan_free(p);
        return NULL;
    }
    lay_boundaries(p);
    const size_t elements = lay_out(p, NULL);
    const size_t measured = p->measured_count * sizeof *p->measured;
    p->bytes = elements * sizeof(hg__real) + (size_t)s->batch * measured;
    p->block = hg__alloc(elements, sizeof(hg__real), err);
    p->row_loss = p->block ? hg__alloc((size_t)s->batch, sizeof *p->row_loss, err) : NULL;
    if (p->row_loss && measured) p->measured = hg__alloc((size_t)s->batch, measured, err);
    if (!p->row_loss || (measured && !p->measured)) {
        hg__train_plan_free(p);
        return NULL;
    }
    lay_out(p, p->block);
    hg__train_plan_refresh(p);
    return p;
}

void hg__train_plan_free(hg__train_plan *p) {
    if (!p) return;
    hg__free(p->task);
    hg__free(p->tile_norm);
    hg__free(p->row_loss);
    hg__free(p->measured);
    hg__free(p->block);
    hg__free(p);
}

void hg__train_plan_refresh(hg__train_plan *p) {
    for (int32_t i = 0; i < p->tasks; i++) {
        const hg__layer *l = p->task[i].layer;
        if (l->type->refresh && l->needs_dx) {
            l->type->refresh(l, p->k, &p->task[i].tile, p->model->params, p->shadow);
        }
    }
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

// g = the chunks' shares of the tile's gradient, summed in order.
static void sum_shares(const hg__train_plan *p, const hg__weights_task *t, hg__real *g) {
    const hg__tile *tile = &t->tile;
    const size_t at = t->layer->share + (tile->offset - t->layer->param[0].offset);
    const hg__real *share = p->share + at;
    memcpy(g, share, tile->count * sizeof *g);
    for (int32_t i = 1; i < hg__chunks_of(p, p->in->count); i++) {
        share += p->share_count;
        p->k->add(g, g, share, (int64_t)tile->count);
    }
}

static void find_gradient(const hg__train_plan *p, const hg__weights_task *t, int32_t thread,
                          hg__real *g) {
    if (t->layer->type->accumulate) {
        sum_shares(p, t, g);
        return;
    }
    const hg__buffer *x = &p->x[t->boundary], *dy = &p->dx[t->boundary + 1];
    const hg__tile *tile = &t->tile;
    hg__view from = {x->base + tile->x_first, x->ld};
    if (t->boundary == 0 && p->strips) {
        hg__real *strip = p->strip + (size_t)thread * (size_t)p->setup.batch * HG_PANEL;
        widen_strip(p, tile->x_first, tile->x_count, strip);
        from = (hg__view){strip, HG_PANEL};
    }
    const hg__pass pass = hg__pass_of_layer(p, t->layer);
    t->layer->type->gradient(t->layer, &pass, tile, from, (hg__view){dy->base, dy->ld},
                             (int32_t)p->in->count, g);
}

static void apply(hg__train_plan *p, const hg__weights_task *t, const hg__real *g) {
    const size_t o = t->tile.offset;
    p->update(p->model->params + o, p->state[0] ? p->state[0] + o : NULL,
              p->state[1] ? p->state[1] + o : NULL, g, (int64_t)t->tile.count, &p->step);
    const hg__layer *l = t->layer;
    if (l->type->refresh && l->needs_dx) {
        l->type->refresh(l, p->k, &t->tile, p->model->params, p->shadow);
    }
}

static void run_tile(void *context, int32_t number, int32_t thread) {
    hg__train_plan *p = context;
    const hg__tile *t = &p->task[number].tile;
    hg__real *g = p->tile + (size_t)thread * p->largest_tile;
    p->k->claim(p->model->params + t->offset, t->count);
    find_gradient(p, &p->task[number], thread, g);
    apply(p, &p->task[number], g);
}

static void run_gradient(void *context, int32_t number, int32_t thread) {
    hg__train_plan *p = context;
    const hg__weights_task *t = &p->task[number];
    hg__real *g = p->gradient + t->tile.offset;
    find_gradient(p, t, thread, g);
    p->tile_norm[number] = p->k->sum_squares(g, (int64_t)t->tile.count);
}

static void run_update(void *context, int32_t number, int32_t thread) {
    (void)thread;
    hg__train_plan *p = context;
    apply(p, &p->task[number], p->gradient + p->task[number].tile.offset);
}

// As torch.nn.utils.clip_grad_norm_: the whole gradient scaled by clip / (norm + 1e-6) where that is below 1.
static void clip_and_update(hg__train_plan *p) {
    hg__pool_run(p->pool, run_gradient, p, p->tasks);
    double squares = 0;
    for (int32_t i = 0; i < p->tasks; i++) squares += p->tile_norm[i];
    const double factor = p->setup.clip / (sqrt(squares) + 1e-6);
    p->step.grad_scale = factor < 1 ? (hg__real)factor : 1;
    hg__pool_run(p->pool, run_update, p, p->tasks);
}

// The running statistics follow the batch.
static void settle(hg__train_plan *p) {
    for (int32_t i = 0; i < p->cuts; i++) {
        const hg__layer *l = &p->model->spec.layer[p->cut[i]];
        const hg__pass own = hg__pass_of_layer(p, l);
        l->type->batch->settle(l, &own, (int32_t)p->in->count, p->model->params);
    }
}

double hg__train_step(hg__train_plan *p, const hg__input *in, double lr, int64_t step) {
    p->in = in;
    p->pass = (hg__pass){.k = p->k,
                         .params = p->model->params,
                         .shadow = p->shadow,
                         .training = true,
                         .seed = p->setup.seed,
                         .step = (uint64_t)step};
    p->step = hg__optim_step_at(p->setup.optim, &p->setup.optim_options, lr, step);
    hg__train_batch(p);
    double loss = 0;
    for (int64_t i = 0; i < in->count; i++) loss += p->row_loss[i];
    if (!isfinite(loss)) return loss; // the weights stay as they were
    settle(p);
    if (p->setup.clip > 0) {
        clip_and_update(p);
    } else {
        hg__pool_run(p->pool, run_tile, p, p->tasks);
    }
    return loss;
}
