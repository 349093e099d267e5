// SPDX-License-Identifier: Apache-2.0
// plan_segments.c - a training step's way forward and back, chunk by chunk.
//
// Without layers that see the whole batch, a chunk goes all the way on one thread. A batchnorm cuts the way:
// all chunks come up to it, what they measured is joined in the order of the rows, and they go on. So there are
// 2 n + 1 segments for n of them, with a barrier between two, and everything that crosses one spans the batch.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/plan_train.h"

// ---- a chunk of rows ------------------------------------------------------------------------------

// The chunk's rows at a boundary; row is the first.
static hg__view chunk_of(const hg__buffer *b, int64_t row, int32_t thread) {
    return (hg__view){b->base + (b->whole ? row * b->ld : (ptrdiff_t)thread * (ptrdiff_t)b->stride),
                      b->ld};
}

// What layer i is told besides: where to work, and what was kept for it.
static hg__pass pass_of(const hg__train_plan *p, const hg__pass *pass, int32_t i, int32_t thread) {
    const hg__layer *l = &p->model->spec.layer[i];
    hg__pass own = *pass;
    own.scratch = p->scratch + (size_t)thread * p->scratch_count;
    own.measured = p->measured;
    own.joined = l->type->batch ? p->joined + l->joined : NULL;
    const int32_t keep = l->type->takes ? l->from : l->type->remembers ? i : -1;
    if (keep < 0) return own;
    own.x2 = chunk_of(&p->x[keep], pass->row, thread);
    if (p->kept[keep].base) own.dx2 = chunk_of(&p->kept[keep], pass->row, thread);
    return own;
}

// Layers first .. end-1.
static void forward(const hg__train_plan *p, const hg__pass *pass, int32_t first, int32_t end,
                    int32_t rows, int32_t thread) {
    for (int32_t i = first; i < end; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        const hg__pass own = pass_of(p, pass, i, thread);
        l->type->forward(l, &own, chunk_of(&p->x[i], pass->row, thread),
                         chunk_of(&p->x[i + 1], pass->row, thread), rows);
    }
}

static hg__real *share_of(const hg__train_plan *p, const hg__pass *pass) {
    return p->share + (size_t)(pass->row / p->chunk) * p->share_count;
}

// Layers last down to first.
static void backward(const hg__train_plan *p, const hg__pass *pass, int32_t first, int32_t last,
                     int32_t rows, int32_t thread) {
    hg__real *share = share_of(p, pass);
    for (int32_t i = last; i >= first; i--) {
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

// The losses of a chunk's rows, and the gradient at the model's output.
static void find_losses(const hg__train_plan *p, const hg__pass *pass, int32_t rows,
                        int32_t thread) {
    const hg__view x = chunk_of(&p->x[0], pass->row, thread);
    const hg__view y = chunk_of(&p->x[p->layers], pass->row, thread);
    const hg__view dy = chunk_of(&p->dx[p->layers], pass->row, thread);
    const bool of_logits = p->layers < p->model->spec.layers;
    const hg__real scale = (hg__real)(1 / ((double)p->in->count * p->rows.n));
    hg__real *own_target = p->spare + (size_t)thread * ((size_t)p->x[0].ld + p->loss_scratch);
    hg__real *scratch = own_target + p->x[0].ld;
    for (int32_t r = 0; r < rows; r++) {
        const int64_t row = pass->row + r;
        fetch_ahead(p, row);
        const hg__real *target = hg__view_row(x, r);
        if (p->in->target) { // to where kernels may read beyond its end
            target = memcpy(own_target, p->in->target[row],
                            (size_t)p->model->spec.width * sizeof *own_target);
        }
        p->row_loss[row] =
            hg__objective_row(&p->setup.objective, &p->rows, of_logits, hg__view_row(dy, r),
                              hg__view_row(y, r), target, scale, scratch);
    }
}

// ---- segments -------------------------------------------------------------------------------------

// With cuts at layers a < b of L there are five: 0 .. a-1 | a .. b-1 | b .. L-1, loss, L-1 .. b+1 | b .. a+1 | a .. 0.
// What comes before a bar ends in measuring what layer a or b sees.
static void forward_segment(const hg__train_plan *p, const hg__pass *pass, int32_t rows,
                            int32_t thread) {
    const int32_t s = p->segment;
    const int32_t end = s < p->cuts ? p->cut[s] : p->layers;
    if (s == 0) {
        const hg__view x = chunk_of(&p->x[0], pass->row, thread);
        hg__widen_rows(p->k, p->in, pass->row, rows, p->model->spec.width, x.at, x.ld);
    }
    forward(p, pass, s > 0 ? p->cut[s - 1] : 0, end, rows, thread);
    if (s == p->cuts) {
        find_losses(p, pass, rows, thread);
        return;
    }
    const hg__layer *l = &p->model->spec.layer[end];
    const hg__pass own = pass_of(p, pass, end, thread);
    l->type->batch->measure(l, &own, chunk_of(&p->x[end], pass->row, thread), rows);
}

static void backward_segment(const hg__train_plan *p, const hg__pass *pass, int32_t rows,
                             int32_t thread) {
    const int32_t left = 2 * p->cuts - p->segment; // cuts not yet passed on the way back
    const int32_t last = left < p->cuts ? p->cut[left] : p->layers - 1;
    if (left == p->cuts) memset(share_of(p, pass), 0, p->share_count * sizeof *p->share);
    backward(p, pass, left > 0 ? p->cut[left - 1] + 1 : 0, last, rows, thread);
    if (left == 0) return;
    const int32_t i = p->cut[left - 1];
    const hg__layer *l = &p->model->spec.layer[i];
    const hg__pass own = pass_of(p, pass, i, thread);
    l->type->batch->measure_back(l, &own, chunk_of(&p->x[i], pass->row, thread),
                                 chunk_of(&p->dx[i + 1], pass->row, thread), rows);
}

// A chunk, or what is to be done meanwhile.
static void run_task(void *context, int32_t number, int32_t thread) {
    hg__train_plan *p = context;
    const int32_t chunks = hg__chunks_of(p, p->in->count);
    if (number >= chunks) {
        p->in->side_task(p->in->side_context, number - chunks, thread);
        return;
    }
    hg__pass pass = p->pass;
    pass.row = (int64_t)number * p->chunk;
    const int64_t left = p->in->count - pass.row;
    const int32_t rows = left < p->chunk ? (int32_t)left : p->chunk;
    if (p->segment <= p->cuts) forward_segment(p, &pass, rows, thread);
    if (p->segment >= p->cuts) backward_segment(p, &pass, rows, thread);
}

hg__pass hg__pass_of_layer(const hg__train_plan *p, const hg__layer *l) {
    hg__pass own = p->pass;
    own.measured = p->measured;
    own.joined = l->type->batch ? p->joined + l->joined : NULL;
    return own;
}

// Between two segments, on one thread.
static void join(const hg__train_plan *p) {
    const int32_t s = p->segment, rows = (int32_t)p->in->count;
    if (s == 2 * p->cuts) return;
    const bool is_back = s >= p->cuts;
    const hg__layer *l = &p->model->spec.layer[p->cut[is_back ? 2 * p->cuts - 1 - s : s]];
    const hg__pass own = hg__pass_of_layer(p, l);
    if (is_back) {
        l->type->batch->join_back(l, &own, rows);
    } else {
        l->type->batch->join(l, &own, rows);
    }
}

void hg__train_batch(hg__train_plan *p) {
    const int32_t chunks = hg__chunks_of(p, p->in->count);
    for (p->segment = 0; p->segment <= 2 * p->cuts; p->segment++) {
        const int32_t side = p->segment == p->cuts ? p->in->side_count : 0;
        hg__pool_run(p->pool, run_task, p, chunks + side);
        join(p);
    }
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
        if (p->k->first_not_finite(hg__view_row(y, r), hg__width_at(&p->model->spec, i + 1)) < 0) {
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
