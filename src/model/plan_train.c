// SPDX-License-Identifier: Apache-2.0
// plan_train.c - one training step: chunks of rows forward and backward, then tiles of weights.
//
// Values between layers live at boundaries 0 .. L: boundary i is the input of layer i, L the output. At
// each there is an activation x[i] and a gradient dx[i]. Those that phase 2 reads (inputs of layers with
// parameters, gradients at their outputs) span the batch; the rest only a chunk, one set a thread,
// and so never leave that core's cache. Layers that work in place share one buffer between two
// boundaries; gradients of a chunk take turns in two.
//
// Image layers have few weights and much data: each chunk adds up its share of their gradient while its
// activations are near, and phase 2 sums the shares in the order of the chunks. The number of chunks depends on
// the batch alone, never on the threads.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/plan_internal.h"

typedef struct buffer {
    hg__real *base; // row 0 of the batch, or of thread 0's chunk
    int32_t ld;
    bool whole;      // spans the batch
    int32_t same_as; // boundary whose buffer this is (itself, or a lower one)
    int32_t turn;    // gradients of a chunk: which of the two buffers
    size_t stride;   // between threads, where not whole
} buffer;

typedef struct task {
    const hg__layer *layer;
    int32_t boundary; // of the layer's input
    hg__tile tile;
} task;

struct hg__train_plan {
    hg_model *model; // borrowed
    hg__pool *pool;  // borrowed
    const hg__kernels *k;
    hg__train_setup setup;
    hg__loss_kernel *loss;
    hg__optim_kernel *update;
    int32_t layers; // that run before the loss
    int32_t chunk;  // rows a task of phase 1 carries
    buffer x[HG_MAX_LAYERS + 1], dx[HG_MAX_LAYERS + 1];
    buffer kept[HG_MAX_LAYERS]; // of keep layers: the gradient that comes back past the others
    task *task;                 // owned, (tasks): phase 2
    int32_t tasks;
    hg__real *block;    // owned: everything below lies in it
    hg__real *state[2]; // (params) each, or NULL
    hg__real *shadow;   // transposed weights
    hg__real *gradient; // (params), only where the norm is clipped
    size_t largest_tile;
    hg__real *tile;  // per thread (largest_tile): a gradient
    bool strips;     // phase 2 widens what it needs of the rows itself, instead of keeping x[0]
    hg__real *strip; // per thread (batch, HG_PANEL): some columns of the rows
    hg__real *share; // per chunk (share_count): gradients of image layers
    size_t share_count;
    hg__real *scratch; // per thread (scratch_count): for the layers
    size_t scratch_count;
    hg__real *picked;  // per thread (4, ld of the rows): what the loss counts, and a target
    double *row_loss;  // owned, (batch)
    double *tile_norm; // owned, (tasks)
    size_t bytes;

    // The step being run.
    const hg__input *in;
    hg__pass pass;
    hg__optim_step step;
};

static int32_t width_at(const hg__spec *s, int32_t boundary) {
    size_t n = 0;
    (void)hg__shape_count(boundary ? &s->layer[boundary - 1].out : &s->input, &n);
    return (int32_t)n;
}

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
        p->x[i] = (buffer){.ld = hg__pad_columns(width_at(s, i)), .same_as = i};
        p->dx[i] = p->x[i];
        if (i > 0 && shares(s, i - 1)) p->x[i].same_as = p->x[i - 1].same_as;
        if (i > 0 && s->layer[i - 1].type->in_place) p->dx[i].same_as = p->dx[i - 1].same_as;
        if (i < p->layers) p->kept[i] = (buffer){.ld = p->x[i].ld, .same_as = i};
    }
    for (int32_t i = 0; i < p->layers; i++) {
        if (!s->layer[i].type->gradient) continue;
        if (i > 0 || !p->strips) p->x[p->x[i].same_as].whole = true;
        p->dx[p->dx[i + 1].same_as].whole = true;
    }
    take_turns(p);
}

// Gives the buffer of boundary i its place from `at` on (elements); how many elements are used then. With base NULL
// it only counts.
static size_t place(const hg__train_plan *p, buffer *list, int32_t i, hg__real *base, size_t at) {
    buffer *b = &list[i];
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
        buffer *b = &p->dx[i];
        const buffer *root = &p->dx[b->same_as];
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

static int32_t chunks_of(const hg__train_plan *p, int64_t rows) {
    return (int32_t)((rows + p->chunk - 1) / p->chunk);
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
    p->share = take(base, &at, (size_t)chunks_of(p, (int64_t)batch) * p->share_count);
    p->scratch = take(base, &at, threads * p->scratch_count);
    p->picked = take(base, &at, threads * 4 * (size_t)p->x[0].ld);
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
            p->task[n] = (task){.layer = l, .boundary = i};
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
    hg__train_plan *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->model = m;
    p->pool = pool;
    p->k = hg__kernels_pick();
    p->setup = *s;
    p->loss = hg__loss_kernel_for(&m->spec, s->loss, p->k, &p->layers);
    p->update = s->optim->pick(p->k);
    p->chunk = pick_chunk(m, s->batch);
    p->strips = true;
    if (list_tiles(p, err) < 0) {
        hg__train_plan_free(p);
        return NULL;
    }
    lay_boundaries(p);
    const size_t elements = lay_out(p, NULL);
    p->bytes = elements * sizeof(hg__real);
    p->block = hg__alloc(elements, sizeof(hg__real), err);
    p->row_loss = p->block ? hg__alloc((size_t)s->batch, sizeof *p->row_loss, err) : NULL;
    if (!p->row_loss) {
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

// ---- phase 1: a chunk of rows -------------------------------------------------------------------

// The chunk's rows at a boundary; row is the first.
static hg__view chunk_of(const buffer *b, int64_t row, int32_t thread) {
    return (hg__view){b->base + (b->whole ? row * b->ld : (ptrdiff_t)thread * (ptrdiff_t)b->stride),
                      b->ld};
}

// What layer i is told besides: where to work, and what was kept for it.
static hg__pass pass_of(const hg__train_plan *p, const hg__pass *pass, int32_t i, int32_t thread) {
    const hg__layer *l = &p->model->spec.layer[i];
    hg__pass own = *pass;
    own.scratch = p->scratch + (size_t)thread * p->scratch_count;
    const int32_t keep = l->type->takes ? l->from : hg__is_keep(l) ? i : -1;
    if (keep < 0) return own;
    own.x2 = chunk_of(&p->x[keep], pass->row, thread);
    if (p->kept[keep].base) own.dx2 = chunk_of(&p->kept[keep], pass->row, thread);
    return own;
}

static void forward(const hg__train_plan *p, const hg__pass *pass, int32_t rows, int32_t thread) {
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        const hg__pass own = pass_of(p, pass, i, thread);
        l->type->forward(l, &own, chunk_of(&p->x[i], pass->row, thread),
                         chunk_of(&p->x[i + 1], pass->row, thread), rows);
    }
}

static void backward(const hg__train_plan *p, const hg__pass *pass, int32_t rows, int32_t thread) {
    hg__real *share = p->share + (size_t)(pass->row / p->chunk) * p->share_count;
    memset(share, 0, p->share_count * sizeof *share);
    for (int32_t i = p->layers - 1; i >= 0; i--) {
        const hg__layer *l = &p->model->spec.layer[i];
        const hg__pass own = pass_of(p, pass, i, thread);
        const hg__view x = chunk_of(&p->x[i], pass->row, thread);
        const hg__view dy = chunk_of(&p->dx[i + 1], pass->row, thread);
        if (l->type->accumulate) l->type->accumulate(l, &own, x, dy, rows, share + l->share);
        if (!l->needs_dx) continue;
        l->type->backward(l, &own, x, chunk_of(&p->x[i + 1], pass->row, thread), dy,
                          chunk_of(&p->dx[i], pass->row, thread), rows);
    }
}

// Asks for a row of the next batch while this one is worked on, so that it is near when its turn comes.
static void fetch_ahead(const hg__train_plan *p, int64_t row) {
    if (!p->in->ahead || row >= p->in->ahead_count) return;
    hg__fetch(p->in->ahead[row], (size_t)p->model->spec.width * hg__dtype_size(p->in->dtype));
}

// One row's loss, and dy. Where it does not count everywhere, the features that do are gathered first; the sum is
// scaled up, so that it compares with others.
static double row_loss(const hg__train_plan *p, int64_t r, hg__real *dy, const hg__real *y,
                       const hg__real *target, hg__real *picked) {
    const int32_t n = p->model->spec.width;
    const ptrdiff_t ld = p->x[0].ld;
    const uint8_t *counts = p->in->counts ? p->in->counts[r] : NULL;
    const double scale = 1 / ((double)p->in->count * n);
    const hg__real arg = (hg__real)p->setup.loss_arg;
    if (!counts) return p->loss(dy, y, target, (hg__real)scale, arg, n);
    hg__real *py = picked, *pt = picked + ld, *pdy = picked + 2 * ld;
    int32_t m = 0;
    for (int32_t i = 0; i < n; i++) {
        py[m] = y[i];
        pt[m] = target[i];
        m += counts[i] != 0;
    }
    memset(dy, 0, (size_t)p->dx[p->layers].ld * sizeof *dy);
    if (m == 0) return 0;
    const double more = (double)n / m;
    const double loss = p->loss(pdy, py, pt, (hg__real)(scale * more), arg, m);
    for (int32_t i = 0, j = 0; i < n; i++) {
        if (counts[i]) dy[i] = pdy[j++];
    }
    return loss * more;
}

// The losses of a chunk's rows, and the gradient at the model's output.
static void find_losses(const hg__train_plan *p, const hg__pass *pass, int32_t rows,
                        int32_t thread) {
    const hg__view x = chunk_of(&p->x[0], pass->row, thread);
    const hg__view y = chunk_of(&p->x[p->layers], pass->row, thread);
    const hg__view dy = chunk_of(&p->dx[p->layers], pass->row, thread);
    hg__real *picked = p->picked + (size_t)thread * 4 * (size_t)p->x[0].ld;
    hg__real *spare = picked + 3 * (ptrdiff_t)p->x[0].ld;
    for (int32_t r = 0; r < rows; r++) {
        const int64_t row = pass->row + r;
        fetch_ahead(p, row);
        const hg__real *target = hg__view_row(x, r);
        if (p->in->target) { // to where kernels may read beyond its end
            target =
                memcpy(spare, p->in->target[row], (size_t)p->model->spec.width * sizeof *spare);
        }
        p->row_loss[row] =
            row_loss(p, row, hg__view_row(dy, r), hg__view_row(y, r), target, picked);
    }
}

static void run_chunk(hg__train_plan *p, int32_t number, int32_t thread) {
    hg__pass pass = p->pass;
    pass.row = (int64_t)number * p->chunk;
    const int64_t left = p->in->count - pass.row;
    const int32_t rows = left < p->chunk ? (int32_t)left : p->chunk;
    const hg__view x = chunk_of(&p->x[0], pass.row, thread);
    hg__widen_rows(p->k, p->in, pass.row, rows, p->model->spec.width, x.at, x.ld);
    forward(p, &pass, rows, thread);
    find_losses(p, &pass, rows, thread);
    backward(p, &pass, rows, thread);
}

// A chunk, or what is to be done meanwhile.
static void run_task(void *context, int32_t number, int32_t thread) {
    hg__train_plan *p = context;
    const int32_t chunks = chunks_of(p, p->in->count);
    if (number < chunks) {
        run_chunk(p, number, thread);
    } else {
        p->in->side_task(p->in->side_context, number - chunks, thread);
    }
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
static void sum_shares(const hg__train_plan *p, const task *t, hg__real *g) {
    const hg__tile *tile = &t->tile;
    const size_t at = t->layer->share + (tile->offset - t->layer->param[0].offset);
    const hg__real *share = p->share + at;
    memcpy(g, share, tile->count * sizeof *g);
    for (int32_t i = 1; i < chunks_of(p, p->in->count); i++) {
        share += p->share_count;
        p->k->add(g, g, share, (int64_t)tile->count);
    }
}

static void find_gradient(const hg__train_plan *p, const task *t, int32_t thread, hg__real *g) {
    if (t->layer->type->accumulate) {
        sum_shares(p, t, g);
        return;
    }
    const buffer *x = &p->x[t->boundary], *dy = &p->dx[t->boundary + 1];
    const hg__tile *tile = &t->tile;
    hg__view from = {x->base + tile->x_first, x->ld};
    if (t->boundary == 0 && p->strips) {
        hg__real *strip = p->strip + (size_t)thread * (size_t)p->setup.batch * HG_PANEL;
        widen_strip(p, tile->x_first, tile->x_count, strip);
        from = (hg__view){strip, HG_PANEL};
    }
    t->layer->type->gradient(t->layer, &p->pass, tile, from, (hg__view){dy->base, dy->ld},
                             (int32_t)p->in->count, g);
}

static void apply(hg__train_plan *p, const task *t, const hg__real *g) {
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
    const task *t = &p->task[number];
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

double hg__train_step(hg__train_plan *p, const hg__input *in, double lr, int64_t step) {
    p->in = in;
    p->pass = (hg__pass){.k = p->k,
                         .params = p->model->params,
                         .shadow = p->shadow,
                         .training = true,
                         .seed = p->setup.seed,
                         .step = (uint64_t)step};
    p->step = hg__optim_step_at(p->setup.optim, &p->setup.optim_options, lr, step);
    hg__pool_run(p->pool, run_task, p, chunks_of(p, in->count) + in->side_count);
    double loss = 0;
    for (int64_t i = 0; i < in->count; i++) loss += p->row_loss[i];
    if (!isfinite(loss)) return loss; // the weights stay as they were
    if (p->setup.clip > 0) {
        clip_and_update(p);
    } else {
        hg__pool_run(p->pool, run_tile, p, p->tasks);
    }
    return loss;
}

// ---- when it diverged ---------------------------------------------------------------------------

static bool find_in_layer(const hg__train_plan *p, int32_t i, const hg__pass *pass, int32_t rows,
                          char name[64]) {
    const hg__layer *l = &p->model->spec.layer[i];
    for (int32_t q = 0; q < l->params; q++) {
        const hg__param *param = &l->param[q];
        if (p->k->first_not_finite(p->model->params + param->offset, (int64_t)param->count) < 0) {
            continue;
        }
        hg__param_name(l, q, name);
        return true;
    }
    const hg__view y = chunk_of(&p->x[i + 1], pass->row, 0);
    const hg__pass own = pass_of(p, pass, i, 0);
    l->type->forward(l, &own, chunk_of(&p->x[i], pass->row, 0), y, rows);
    for (int32_t r = 0; r < rows; r++) {
        if (p->k->first_not_finite(hg__view_row(y, r), width_at(&p->model->spec, i + 1)) < 0) {
            continue;
        }
        snprintf(name, 64, "output of %s.%d (%s)", l->side, l->index, l->type->name);
        return true;
    }
    return false;
}

void hg__train_find_not_finite(hg__train_plan *p, const hg__input *in, char name[64]) {
    hg__pass pass = p->pass;
    for (pass.row = 0; pass.row < in->count; pass.row += p->chunk) {
        const int64_t left = in->count - pass.row;
        const int32_t rows = left < p->chunk ? (int32_t)left : p->chunk;
        const hg__view x = chunk_of(&p->x[0], pass.row, 0);
        hg__widen_rows(p->k, in, pass.row, rows, p->model->spec.width, x.at, x.ld);
        for (int32_t i = 0; i < p->layers; i++) {
            if (find_in_layer(p, i, &pass, rows, name)) return;
        }
    }
    snprintf(name, 64, "the loss");
}
