// SPDX-License-Identifier: Apache-2.0
// plan_segments.c - a training step's way forward and back: chunk by chunk through the operations of the program.
//
// Without layers that see the whole batch there is one segment: a chunk goes all the way on one thread. A batchnorm cuts the
// way: all chunks come up to it, what they measured becomes statistics of the batch, in the order of the rows, and they go on.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "exec/plan_train.h"

// A chunk on its way.
typedef struct chunk {
    const hg__train_plan *plan;
    hg__pass pass; // of an operation without values; row: the chunk's first
    int32_t rows, thread;
    hg__real *partial; // its part of gradients that are summed up on the way
} chunk;

// The chunk's rows of a value.
static hg__view view_of(const chunk *c, int32_t value) {
    if (value == HG_NO_VALUE) return (hg__view){0};
    const hg__train_plan *p = c->plan;
    const hg__buffer *b = &p->buffer[value];
    const ptrdiff_t ld = p->program.value[value].ld;
    const ptrdiff_t from =
        b->is_whole ? c->pass.row * ld : (ptrdiff_t)c->thread * (ptrdiff_t)p->chunk_stride;
    return (hg__view){b->base + from, ld};
}

// What a layer is told besides its values: whose weights, where to work, what was kept for it.
static hg__pass pass_of(const chunk *c, const hg__op *op) {
    hg__pass own = c->pass;
    own.params = c->plan->params[op->block];
    own.training = op->block == 0;
    own.transposed = c->plan->transposed + op->transposed;
    own.prepared = hg__prepared_of(&c->plan->prepared, op);
    own.statistics = c->plan->statistics + op->statistics;
    own.noted = hg__train_noted(c->plan, op);
    if (op->is_second) own.penalty_scale = 0;
    own.x2 = view_of(c, op->x2);
    own.dx2 = view_of(c, op->dx2);
    return own;
}

// ---- operations -----------------------------------------------------------------------------------

static void run_input(const chunk *c, const hg__op *op) {
    const hg__view y = view_of(c, op->y);
    const hg__train_plan *p = c->plan;
    hg__widen_rows(p->k, p->in, c->pass.row, c->rows, p->net->spec.width, y.at, y.ld);
    memset(p->row_loss + c->pass.row, 0, (size_t)c->rows * sizeof *p->row_loss);
}

static void run_target(const chunk *c, const hg__op *op) {
    const hg__view y = view_of(c, op->y);
    const hg__train_plan *p = c->plan;
    hg__input in = *p->in;
    if (in.target) in.row = (const void *const *)in.target, in.dtype = HG_F32;
    hg__widen_rows(p->k, &in, c->pass.row, c->rows, p->net->spec.width, y.at, y.ld);
}

static void run_forward(const chunk *c, const hg__op *op) {
    const hg__pass own = pass_of(c, op);
    op->layer->type->forward(op->layer, &own, view_of(c, op->x), view_of(c, op->y), c->rows);
}

static void run_nudge(const chunk *c, const hg__op *op) {
    const hg__pass own = pass_of(c, op);
    const int32_t n = c->plan->program.value[op->x].n;
    op->layer->type->nudge(op->layer, &own, view_of(c, op->x), view_of(c, op->y), n, c->rows);
}

static void run_measure(const chunk *c, const hg__op *op) {
    const hg__pass own = pass_of(c, op);
    op->layer->type->batch->measure(op->layer, &own, view_of(c, op->x), c->rows);
}

static void run_penalty(const chunk *c, const hg__op *op) {
    const hg__pass own = pass_of(c, op);
    const hg__view x = view_of(c, op->x);
    for (int32_t r = 0; r < c->rows; r++) {
        c->plan->row_loss[c->pass.row + r] += hg__layer_pays(op->layer, &own, x, r);
    }
}

// Asks for a row of the next batch while this one is worked on, so that it is near when its turn comes.
static void fetch_ahead(const hg__train_plan *p, int64_t row) {
    if (!p->in->ahead || row >= p->in->ahead_count) return;
    hg__fetch(p->in->ahead[row], (size_t)p->net->spec.width * hg__dtype_size(p->in->dtype));
}

// The rows' own target, to where kernels may read beyond its end.
static const hg__real *target_of(const chunk *c, int64_t row, hg__real *room) {
    const hg__train_plan *p = c->plan;
    if (!p->in->target) return hg__view_row(view_of(c, 0), row - c->pass.row);
    return memcpy(room, p->in->target[row], (size_t)p->rows.n * sizeof *room);
}

// Each loss counts by its mean over the numbers it is taken of.
static void run_loss(const chunk *c, const hg__op *op) {
    const hg__train_plan *p = c->plan;
    const hg__value *value = &p->program.value[op->x];
    const hg__view y = view_of(c, op->x), t = view_of(c, op->x2), dy = view_of(c, op->y);
    const hg__objective *o = &p->program.objective[op->loss];
    const bool is_judge = op->loss == p->judge_loss;
    const bool of_logits = is_judge || (p->of_logits && op->loss == 0);
    const hg__real scale = (hg__real)(1 / ((double)p->in->count * value->n));
    const double weight = (double)p->rows.n / value->n;
    const size_t ld = hg__train_target_room(p);
    hg__real *room = p->spare + (size_t)c->thread * (ld + p->loss_scratch);
    const hg__loss_rows rows = hg__train_rows_of(p, op);
    if (op->loss == 0) memset(c->partial, 0, p->program.partial_count * sizeof *c->partial);
    for (int32_t r = 0; r < c->rows; r++) {
        const int64_t row = c->pass.row + r;
        if (op->loss == 0) fetch_ahead(p, row);
        const hg__real *target = is_judge ? p->ones
                                 : t.at   ? hg__view_row(t, r)
                                          : target_of(c, row, room);
        p->row_loss[row] +=
            weight * hg__objective_row(o, &rows, of_logits, hg__view_row(dy, r), hg__view_row(y, r),
                                       target, scale, room + ld);
    }
}

static void run_sum(const chunk *c, const hg__op *op) {
    const hg__view a = view_of(c, op->x), b = view_of(c, op->x2), y = view_of(c, op->y);
    for (int32_t r = 0; r < c->rows; r++) {
        c->plan->k->add(hg__view_row(y, r), hg__view_row(a, r), hg__view_row(b, r),
                        c->plan->program.value[op->y].n);
    }
}

static void run_measure_back(const chunk *c, const hg__op *op) {
    const hg__pass own = pass_of(c, op);
    op->layer->type->batch->measure_back(op->layer, &own, view_of(c, op->x), view_of(c, op->dy),
                                         c->rows);
}

static void run_backward(const chunk *c, const hg__op *op) {
    const hg__layer_type *type = op->layer->type;
    const hg__pass own = pass_of(c, op);
    const hg__view x = view_of(c, op->x), dy = view_of(c, op->dy);
    if (type->accumulate && op->block == 0) {
        type->accumulate(op->layer, &own, x, dy, c->rows, c->partial + op->partial);
    }
    if (op->dx == HG_NO_VALUE) return;
    type->backward(op->layer, &own, x, view_of(c, op->y), dy, view_of(c, op->dx), c->rows);
}

static void (*const run_op[])(const chunk *c, const hg__op *op) = {
    [HG_OP_INPUT] = run_input,       [HG_OP_TARGET] = run_target,
    [HG_OP_FORWARD] = run_forward,   [HG_OP_PENALTY] = run_penalty,
    [HG_OP_MEASURE] = run_measure,   [HG_OP_LOSS] = run_loss,
    [HG_OP_SUM] = run_sum,           [HG_OP_MEASURE_BACK] = run_measure_back,
    [HG_OP_BACKWARD] = run_backward, [HG_OP_NUDGE] = run_nudge,
};

// ---- segments -------------------------------------------------------------------------------------

static chunk chunk_at(const hg__train_plan *p, int32_t number, int32_t thread) {
    chunk c = {.plan = p, .pass = p->pass, .thread = thread};
    c.pass.row = (int64_t)number * p->chunk;
    c.pass.scratch = p->scratch + (size_t)thread * p->program.scratch_count;
    const int64_t left = p->in->count - c.pass.row;
    c.rows = left < p->chunk ? (int32_t)left : p->chunk;
    c.partial = p->partial + (size_t)number * p->program.partial_count;
    return c;
}

// A chunk, or what is to be done meanwhile.
static void run_task(void *context, int32_t number, int32_t thread) {
    const hg__train_plan *p = context;
    const int32_t chunks = hg__chunks_of(p, p->in->count);
    if (number >= chunks) {
        p->in->side_task(p->in->side_context, number - chunks, thread);
        return;
    }
    const chunk c = chunk_at(p, number, thread);
    for (int32_t i = p->first_op; i < p->end_op; i++) {
        run_op[p->program.op[i].kind](&c, &p->program.op[i]);
    }
}

// Behind a segment, on one thread: what its last operation measured.
static void combine(const hg__train_plan *p) {
    const hg__op *op = &p->program.op[p->end_op - 1];
    if (op->kind != HG_OP_MEASURE && op->kind != HG_OP_MEASURE_BACK) return;
    hg__pass own = p->pass;
    own.statistics = p->statistics + op->statistics;
    own.noted = hg__train_noted(p, op);
    own.scratch = p->scratch;
    const hg__batch_type *batch = op->layer->type->batch;
    (op->kind == HG_OP_MEASURE ? batch->combine : batch->combine_back)(op->layer, &own,
                                                                       (int32_t)p->in->count);
}

void hg__train_batch(hg__train_plan *p) {
    const hg__program *g = &p->program;
    const int32_t chunks = hg__chunks_of(p, p->in->count);
    for (p->first_op = 0; p->first_op < g->ops; p->first_op = p->end_op) {
        const int32_t segment = g->op[p->first_op].segment;
        p->end_op = p->first_op;
        while (p->end_op < g->ops && g->op[p->end_op].segment == segment) p->end_op++;
        const int32_t side = segment == g->segments / 2 ? p->in->side_count : 0;
        hg__pool_run(p->pool, run_task, p, chunks + side);
        combine(p);
    }
}

// ---- when it diverged ---------------------------------------------------------------------------

static bool find_in_op(const chunk *c, const hg__op *op, char name[64]) {
    const hg__train_plan *p = c->plan;
    const hg__layer *l = op->layer;
    for (int32_t q = 0; q < l->params; q++) {
        const hg__param *param = &l->param[q];
        const hg__real *at = p->params[op->block] + param->offset;
        if (p->k->first_not_finite(at, (int64_t)param->count) < 0) continue;
        hg__param_name(l, q, name);
        return true;
    }
    const hg__view y = view_of(c, op->y);
    run_forward(c, op);
    for (int32_t r = 0; r < c->rows; r++) {
        if (p->k->first_not_finite(hg__view_row(y, r), p->program.value[op->y].n) < 0) continue;
        snprintf(name, 64, "output of %s.%d (%s)", l->side, l->index, l->type->name);
        return true;
    }
    return false;
}

void hg__train_find_not_finite(hg__train_plan *p, const hg__input *in, char name[64]) {
    p->in = in;
    for (int32_t i = 0; i < hg__chunks_of(p, in->count); i++) {
        const chunk c = chunk_at(p, i, 0);
        for (int32_t k = 0; k < p->program.forward; k++) {
            const hg__op *op = &p->program.op[k];
            if (op->kind == HG_OP_INPUT || op->kind == HG_OP_NUDGE) run_op[op->kind](&c, op);
            if (op->kind == HG_OP_FORWARD && find_in_op(&c, op, name)) return;
        }
    }
    snprintf(name, 64, "the loss");
}
