// SPDX-License-Identifier: Apache-2.0
// plan_train.c - one training step: chunks of rows forward and backward, then tiles of weights.
//
// Values between layers live at boundaries 0 .. L: boundary i is the input of layer i, L the output. At
// each there is an activation x[i] and a gradient dx[i]. Those that phase 2 reads (inputs of layers with
// parameters, gradients at their outputs) span the batch; the rest only a chunk, one set a thread,
// and so never leave that core's cache. Layers that work in place share one buffer between two
// boundaries.
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
    task *task; // owned, (tasks): phase 2
    int32_t tasks;
    hg__real *block;    // owned: everything below lies in it
    hg__real *state[2]; // (params) each, or NULL
    hg__real *shadow;   // transposed weights
    hg__real *gradient; // (params), only where the norm is clipped
    size_t largest_tile;
    hg__real *tile;    // per thread (largest_tile): a gradient
    bool strips;       // phase 2 widens what it needs of the rows itself, instead of keeping x[0]
    hg__real *strip;   // per thread (batch, HG_PANEL): some columns of the rows
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

static bool shares(const hg__spec *s, int32_t layer) { // output in the input's buffer
    return layer > 0 && s->layer[layer].type->in_place && !s->layer[layer - 1].type->in_place;
}

// Chains of boundaries that share a buffer, and which of them phase 2 reads.
static void lay_boundaries(hg__train_plan *p) {
    const hg__spec *s = &p->model->spec;
    for (int32_t i = 0; i <= p->layers; i++) {
        p->x[i] = (buffer){.ld = hg__pad_columns(width_at(s, i)), .same_as = i};
        p->dx[i] = p->x[i];
        if (i > 0 && shares(s, i - 1)) p->x[i].same_as = p->x[i - 1].same_as;
        if (i > 0 && s->layer[i - 1].type->in_place) p->dx[i].same_as = p->dx[i - 1].same_as;
    }
    for (int32_t i = 0; i < p->layers; i++) {
        if (s->layer[i].params == 0) continue;
        if (i > 0 || !p->strips) p->x[p->x[i].same_as].whole = true;
        p->dx[p->dx[i + 1].same_as].whole = true;
    }
}

// Gives each buffer its place from `at` on (elements); how many elements are used. With base NULL it
// only counts.
static size_t place(buffer *b, int32_t count, int32_t batch, int32_t chunk, int32_t threads,
                    hg__real *base, size_t at) {
    for (int32_t i = 0; i < count; i++) {
        if (b[i].same_as != i) {
            b[i].base = b[b[i].same_as].base;
            b[i].whole = b[b[i].same_as].whole;
            b[i].stride = b[b[i].same_as].stride;
            continue;
        }
        b[i].stride = (size_t)chunk * (size_t)b[i].ld;
        b[i].base = base ? base + at : NULL;
        at += b[i].whole ? (size_t)batch * (size_t)b[i].ld : b[i].stride * (size_t)threads;
    }
    return at;
}

static hg__real *take(hg__real *base, size_t *at, size_t count) {
    hg__real *here = base ? base + *at : NULL;
    *at += (count + HG_LANES - 1) / HG_LANES * HG_LANES;
    return here;
}

// All memory of the plan, as one walk: first to count it, then to hand it out.
static size_t lay_out(hg__train_plan *p, hg__real *base) {
    const size_t params = p->model->spec.params;
    const int32_t threads = hg__pool_threads(p->pool);
    size_t at = 0, shadow = 0;
    for (int32_t i = 0; i < p->setup.optim->states; i++) p->state[i] = take(base, &at, params);
    if (p->setup.clip > 0) p->gradient = take(base, &at, params);
    for (int32_t i = 0; i < p->layers; i++) {
        hg__layer *l = &p->model->spec.layer[i];
        if (!l->type->shadow_count || !l->needs_dx) continue;
        l->shadow = shadow;
        shadow += (l->type->shadow_count(l) + HG_LANES - 1) / HG_LANES * HG_LANES;
    }
    p->shadow = take(base, &at, shadow);
    p->tile = take(base, &at, (size_t)threads * p->largest_tile);
    if (p->strips) p->strip = take(base, &at, (size_t)threads * (size_t)p->setup.batch * HG_PANEL);
    at = place(p->x, p->layers + 1, p->setup.batch, p->chunk, threads, base, at);
    return place(p->dx, p->layers + 1, p->setup.batch, p->chunk, threads, base, at);
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
            if (i == 0 && tile->x_count > HG_PANEL) p->strips = false;
        }
    }
    return HG_OK;
}

// Few rows a chunk share the work finely; many use each weight more often while it is near.
static int32_t pick_chunk(const hg_model *m, int32_t batch) {
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

static void forward(const hg__train_plan *p, const hg__pass *pass, int32_t rows, int32_t thread) {
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        l->type->forward(l, pass, chunk_of(&p->x[i], pass->row, thread),
                         chunk_of(&p->x[i + 1], pass->row, thread), rows);
    }
}

static void backward(const hg__train_plan *p, const hg__pass *pass, int32_t rows, int32_t thread) {
    for (int32_t i = p->layers - 1; i >= 0 && p->model->spec.layer[i].needs_dx; i--) {
        const hg__layer *l = &p->model->spec.layer[i];
        l->type->backward(l, pass, chunk_of(&p->x[i], pass->row, thread),
                          chunk_of(&p->x[i + 1], pass->row, thread),
                          chunk_of(&p->dx[i + 1], pass->row, thread),
                          chunk_of(&p->dx[i], pass->row, thread), rows);
    }
}

// Asks for a row of the next batch while this one is worked on, so that it is near when its turn comes.
static void fetch_ahead(const hg__train_plan *p, int64_t row) {
    if (!p->in->ahead || row >= p->in->ahead_count) return;
    hg__fetch(p->in->ahead[row], (size_t)p->model->spec.width * hg__dtype_size(p->in->dtype));
}

static void run_chunk(void *context, int32_t number, int32_t thread) {
    const hg__train_plan *p = context;
    hg__pass pass = p->pass;
    pass.row = (int64_t)number * p->chunk;
    const int64_t left = p->in->count - pass.row;
    const int32_t rows = left < p->chunk ? (int32_t)left : p->chunk, n = p->model->spec.width;
    const hg__view x = chunk_of(&p->x[0], pass.row, thread);
    const hg__view y = chunk_of(&p->x[p->layers], pass.row, thread);
    const hg__view dy = chunk_of(&p->dx[p->layers], pass.row, thread);
    hg__widen_rows(p->k, p->in, pass.row, rows, n, x.at, x.ld);
    forward(p, &pass, rows, thread);
    const hg__real scale = (hg__real)(1 / ((double)p->in->count * n));
    for (int32_t r = 0; r < rows; r++) {
        fetch_ahead(p, pass.row + r);
        p->row_loss[pass.row + r] =
            p->loss(hg__view_row(dy, r), hg__view_row(y, r), hg__view_row(x, r), scale,
                    (hg__real)p->setup.loss_arg, n);
    }
    backward(p, &pass, rows, thread);
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

static void find_gradient(const hg__train_plan *p, const task *t, int32_t thread, hg__real *g) {
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
    hg__pool_run(p->pool, run_chunk, p, (int32_t)((in->count + p->chunk - 1) / p->chunk));
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
    l->type->forward(l, pass, chunk_of(&p->x[i], pass->row, 0), y, rows);
    for (int32_t r = 0; r < rows; r++) {
        if (p->k->first_not_finite(hg__view_row(y, r), width_at(&p->model->spec, i + 1)) < 0) {
            continue;
        }
        snprintf(name, 64, "output of %s.%d (%s)", l->is_decoder ? "decoder" : "encoder", l->index,
                 l->type->name);
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
