// SPDX-License-Identifier: Apache-2.0
// plan_train.h - the training plan from inside: plan_layout.c lays it out, plan_train.c makes it and updates
// the weights (phase 2), plan_segments.c takes the batch forward and back (phase 1).
#ifndef HG_MODEL_PLAN_TRAIN_H
#define HG_MODEL_PLAN_TRAIN_H
#include "model/plan_internal.h"

typedef struct hg__buffer {
    hg__real *base; // row 0 of the batch, or of thread 0's chunk
    int32_t ld;
    bool whole;      // spans the batch
    int32_t same_as; // boundary whose buffer this is (itself, or a lower one)
    int32_t turn;    // gradients of a chunk: which of the two buffers
    size_t stride;   // between threads, where not whole
} hg__buffer;

typedef struct hg__weights_task {
    const hg__layer *layer;
    int32_t boundary; // of the layer's input
    hg__tile tile;
} hg__weights_task;

struct hg__train_plan {
    hg_model *model; // borrowed
    hg__pool *pool;  // borrowed
    int32_t threads; // of it
    const hg__kernels *k;
    hg__train_setup setup;
    hg__loss_rows rows; // what they are to a loss
    size_t loss_scratch;
    hg__optim_kernel *update;
    int32_t layers; // that run before the loss
    int32_t chunk;  // rows a task of phase 1 carries
    hg__buffer x[HG_MAX_LAYERS + 1], dx[HG_MAX_LAYERS + 1];
    hg__buffer kept[HG_MAX_LAYERS]; // of keep layers: the gradient that comes back past the others
    hg__weights_task *task;         // owned, (tasks): phase 2
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
    double *measured; // owned, (batch, largest measured_count): of the layer whose turn it is
    size_t measured_count, joined_count;
    hg__real *joined;           // what types with batch know of theirs
    int32_t cut[HG_MAX_LAYERS]; // layers that see the whole batch, in order
    int32_t cuts;
    hg__real *scratch; // per thread (scratch_count): for the layers
    size_t scratch_count;
    hg__real *spare;   // per thread (ld of the rows, loss_scratch): a target, and a loss's scratch
    double *row_loss;  // owned, (batch)
    double *tile_norm; // owned, (tasks)
    size_t bytes;      // of all of it; SIZE_MAX where a size_t is too small

    // The step being run.
    const hg__input *in;
    hg__pass pass;
    int32_t segment; // of phase 1
    hg__optim_step step;
};

static inline int32_t hg__width_at(const hg__spec *s, int32_t boundary) {
    size_t n = 0;
    (void)hg__shape_count(boundary ? &s->layer[boundary - 1].out : &s->input, &n);
    return (int32_t)n;
}

// Chunks that so many rows make.
static inline int32_t hg__chunks_of(const hg__train_plan *p, int64_t rows) {
    return (int32_t)((rows + p->chunk - 1) / p->chunk);
}

// Fills in all of p (zeros before) that needs no memory, and counts: elements of p->block.
size_t hg__train_lay(hg__train_plan *p, hg_model *m, int32_t threads, const hg__train_setup *s);
// All memory of the block as one walk: with base NULL to count it (elements), then to hand it out.
size_t hg__train_lay_out(hg__train_plan *p, hg__real *base);

// Phase 1 of p->in: row_loss, the gradients phase 2 reads, chunks' shares.
void hg__train_batch(hg__train_plan *p);
// What a layer is told in phase 2 and at the end: the step's pass, with what the layer knows of the batch.
hg__pass hg__pass_of_layer(const hg__train_plan *p, const hg__layer *l);
#endif
