// SPDX-License-Identifier: Apache-2.0
// plan_layout.c - where everything of a training plan lies, and how much it takes: one walk that counts, or hands out.
//
// Values between layers live at boundaries 0 .. L: boundary i is the input of layer i, L the output. At
// each there is an activation x[i] and a gradient dx[i]. Those that phase 2 reads (inputs of layers with
// parameters, gradients at their outputs) span the batch; the rest only a chunk, one set a thread,
// and so never leave that core's cache. Layers that work in place share one buffer between two
// boundaries; gradients of a chunk take turns in two. Where a layer sees the whole batch (plan_segments.c), all
// activations span it.
//
// Nothing here takes memory or looks at weights: `info` asks of a model what training would take.
#include "base/mem.h"
#include "model/plan_train.h"

// Whether the layer's output lies in its input's buffer. What was kept must stay as it is.
static bool shares(const hg__spec *s, int32_t layer) {
    if (s->layer[layer].type->remembers) return true;
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
    return at + b->stride * (size_t)p->threads;
}

// Gradients: the whole ones, two buffers for all others, and those of what was kept.
static size_t place_gradients(hg__train_plan *p, hg__real *base, size_t at) {
    const size_t threads = (size_t)p->threads;
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
        if (l->type->remembers && l->needs_dx) at = place(p, p->kept, i, base, at);
    }
    return at;
}

size_t hg__train_lay_out(hg__train_plan *p, hg__real *base) {
    const size_t params = p->model->spec.params, batch = (size_t)p->setup.batch;
    const size_t threads = (size_t)p->threads;
    size_t at = 0;
    for (int32_t i = 0; i < p->setup.optim->states; i++) p->state[i] = take(base, &at, params);
    if (p->setup.clip > 0) p->gradient = take(base, &at, params);
    p->shadow = take(base, &at, lay_layers(p));
    p->tile = take(base, &at, threads * p->largest_tile);
    if (p->strips) p->strip = take(base, &at, threads * batch * HG_PANEL);
    p->share = take(base, &at, (size_t)hg__chunks_of(p, (int64_t)batch) * p->share_count);
    p->joined = take(base, &at, p->joined_count);
    p->scratch = take(base, &at, threads * p->scratch_count);
    p->spare = take(base, &at, threads * ((size_t)p->x[0].ld + p->loss_scratch));
    return lay_buffers(p, base, at) + HG_LANES; // kernels read up to a vector beyond the last row
}

// How many tiles there are, the largest of them, and whether phase 2 can widen the rows itself.
static void measure_tiles(hg__train_plan *p) {
    p->strips = p->cuts == 0;
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        const int32_t count = l->type->tile_count ? l->type->tile_count(l) : 0;
        for (int32_t t = 0; t < count; t++) {
            hg__tile tile = {0};
            l->type->tile(l, t, &tile);
            if (tile.count > p->largest_tile) p->largest_tile = tile.count;
            if (i == 0 && (!l->type->gradient || tile.x_count > HG_PANEL)) p->strips = false;
        }
        p->tasks += count;
    }
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

// All that hg__train_plan_new() takes. A factor is below 2^32 and a sum of products below 2^63, whatever the model: batches are.
static size_t count_bytes(const hg__train_plan *p, size_t elements) {
    const size_t batch = (size_t)p->setup.batch, tasks = (size_t)p->tasks;
    size_t bytes;
    if (!hg__multiply(elements, sizeof(hg__real), &bytes)) return SIZE_MAX;
    const size_t rest[] = {sizeof *p, tasks * sizeof *p->task, tasks * sizeof *p->tile_norm,
                           batch * sizeof *p->row_loss,
                           batch * p->measured_count * sizeof *p->measured};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (__builtin_add_overflow(bytes, rest[i], &bytes)) return SIZE_MAX;
    }
    return bytes;
}

size_t hg__train_lay(hg__train_plan *p, hg_model *m, int32_t threads, const hg__train_setup *s) {
    p->model = m;
    p->threads = threads;
    p->k = hg__kernels_pick();
    p->setup = *s;
    p->layers = hg__layers_before(&m->spec, &s->objective);
    p->rows = hg__loss_rows_of(m, p->k);
    p->loss_scratch = hg__objective_scratch(&s->objective, &p->rows);
    p->chunk = pick_chunk(m, s->batch);
    find_cuts(p);
    measure_tiles(p);
    lay_boundaries(p);
    const size_t elements = hg__train_lay_out(p, NULL);
    p->bytes = count_bytes(p, elements);
    return elements;
}

int hg__train_plan_measure(hg_model *m, int32_t threads, const hg__train_setup *s, size_t *bytes,
                           hg_error *err) {
    hg__train_plan *p = hg__alloc(1, sizeof *p, err); // too large for a small thread's stack
    if (!p) return HG_ERR_MEMORY;
    (void)hg__train_lay(p, m, threads, s);
    *bytes = p->bytes;
    hg__free(p);
    return HG_OK;
}
