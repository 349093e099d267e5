// SPDX-License-Identifier: Apache-2.0
// plan_train.h - the training plan from inside: plan_layout.c lays it out, plan_train.c makes it and updates
// the weights (phase 2), plan_segments.c takes the batch forward and back (phase 1).
#ifndef HG_EXEC_PLAN_TRAIN_H
#define HG_EXEC_PLAN_TRAIN_H
#include "base/int.h"
#include "exec/plan.h"
#include "exec/prepared.h"
#include "graph/program.h"

// Where a value lies.
typedef struct hg__buffer {
    hg__real *base; // row 0 of the batch, or of thread 0's chunk
    bool is_whole;  // spans the batch
} hg__buffer;

typedef struct hg__weights_task {
    const hg__trained *of; // borrowed
    hg__tile tile;
    const hg__layer
        *partner; // borrowed: the layer whose weights are tied to those of the tile; else NULL
    bool is_tied; // its weights are those of another layer
    const hg__op *payer; // borrowed: of a layer that is paid for these weights; else NULL
} hg__weights_task;

struct hg__train_plan {
    const hg__network *net; // borrowed
    hg__real *weights;      // borrowed: the network's, which are trained
    hg__pool *pool;         // borrowed
    int32_t threads;        // of it
    const hg__kernels *k;
    hg__train_setup setup;
    hg__loss_rows rows; // what they are to a loss
    hg__optim_kernel *update;
    hg__program program;                   // owned
    const hg__real *params[HG_MAX_BLOCKS]; // borrowed: of each block
    bool of_logits;                        // the last layer is left to the loss
    int32_t judge_loss;                    // number of the judge's; -1: there is none
    int32_t chunk;                         // rows a task of phase 1 carries
    hg__buffer *buffer;                    // owned, (values)
    size_t *value_at;       // owned, (values): offset among the whole, or in a thread's
    size_t whole_count;     // elements of all whole values
    size_t chunk_stride;    // elements of a thread's chunk's values
    hg__real *chunk_values; // per thread (chunk_stride)
    hg__weights_task *task; // owned, (tasks): phase 2
    int32_t tasks;
    hg__real *block;       // owned: everything below lies in it
    hg__real *state[2];    // (params) each, or NULL
    hg__real *transposed;  // transposed weights
    hg__prepared prepared; // of the program
    // (params), only where the whole gradient is wanted before an update: its norm is clipped, or weights are tied
    hg__real *gradient;
    bool has_ties;
    size_t largest_tile;
    hg__real *
        tile; // per thread (largest_tile): a gradient; where layers run again, as many behind them for those runs
    hg__real *strip;      // per thread (batch, HG_PANEL): some columns of the rows
    hg__real *partial;    // per chunk (partial_count): gradients that are summed up on the way
    double *measured;     // owned, (batch, largest measured_count): of the layer whose turn it is
    hg__real *statistics; // statistics of the batch, of types with batch
    hg__real
        *noted; // per row of the batch: what these note of it, one layer's rows behind another's
    hg__real *scratch; // per thread (scratch_count): for the layers
    size_t loss_scratch;
    size_t ones_count;
    hg__real *ones;    // (ones_count): what the judge is to say
    hg__real *spare;   // per thread (ld of the rows, loss_scratch): a target, and a loss's scratch
    double *row_loss;  // owned, (batch)
    double *tile_norm; // owned, (tasks)
    size_t bytes;      // of all of it; SIZE_MAX where a size_t is too small

    // The step being run.
    const hg__input *in;
    hg__pass pass;
    int32_t first_op, end_op; // of phase 1: the segment being run
    hg__optim_step step;
};

// Chunks that so many rows make.
static inline int32_t hg__chunks_of(const hg__train_plan *p, int64_t rows) {
    return (int32_t)hg__ceil_div_64(rows, p->chunk);
}

// What the operation's layer noted of the batch's rows.
static inline hg__real *hg__train_noted(const hg__train_plan *p, const hg__op *op) {
    return p->noted + op->noted * (size_t)p->setup.batch;
}

// Elements that a target may take in a thread's `spare`.
static inline size_t hg__train_target_room(const hg__train_plan *p) {
    const int32_t row = p->program.value[0].ld, target = hg__pad_columns(p->rows.n);
    return (size_t)(row > target ? row : target);
}

// What the rows are that a loss is taken of: those of the network, or features of them, which are no table's.
static inline hg__loss_rows hg__train_rows_of(const hg__train_plan *p, const hg__op *loss) {
    const hg__value *v = &p->program.value[loss->x];
    hg__loss_rows rows = p->rows;
    rows.shape = v->shape;
    rows.n = v->n;
    if (loss->loss > 0) rows.spans = NULL;
    if (loss->loss > 0) rows.has_level = false;
    return rows;
}

// Fills in all of p (zeros before) that needs no block, and counts its elements.
int hg__train_layout_init(hg__train_plan *p, const hg__network *net, int32_t threads,
                          const hg__train_setup *s, size_t *elements, hg_error *err);
// All memory of the block as one walk: with base NULL to count it (elements), then to hand it out.
size_t hg__train_layout_place(hg__train_plan *p, hg__real *base);
void hg__train_layout_clear(hg__train_plan *p); // what hg__train_layout_init() took

// Phase 1 of p->in: row_loss, the gradients phase 2 reads, chunks' partial gradients.
void hg__train_batch(hg__train_plan *p);

// What plans share.

// Asks for bytes that will be read soon.
void hg__fetch(const void *from, size_t bytes);

// Rows first .. first+rows-1 of `in`, n features each, widened to x (rows, ldx).
void hg__widen_rows(const hg__kernels *k, const hg__input *in, int64_t first, int32_t rows,
                    int32_t n, hg__real *x, ptrdiff_t ldx);

// What a network's rows are to a loss.
hg__loss_rows hg__loss_rows_of(const hg__network *net, const hg__kernels *k);
// How many layers run before the objective: one fewer where the last is logistic and the losses take its logits.
int32_t hg__layers_before(const hg__spec *s, const hg__objective *o);
#endif
