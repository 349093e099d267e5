// SPDX-License-Identifier: Apache-2.0
// prepared.h - the weights of a program's layers as their way of computing wants them, made anew when the master weights changed.
#ifndef HG_EXEC_PREPARED_H
#define HG_EXEC_PREPARED_H
#include "backend/pool.h"
#include "graph/program.h"

// One piece of work: task `number` of an operation's layer.
typedef struct hg__prepare_task {
    const hg__op *op; // borrowed
    int32_t number;
} hg__prepare_task;

typedef struct hg__prepared {
    const hg__program *program; // borrowed
    const hg__kernels *k;
    const hg__real *params; // of the run in work; borrowed
    hg__prepare_task *task; // owned, (tasks)
    int32_t tasks;
    hg__real *weights; // owned, (program->prepared_count); NULL: no layer wants any
} hg__prepared;

// Takes the memory; {0} before, and may be cleared on failure.
int hg__prepared_init(hg__prepared *p, const hg__program *program, const hg__kernels *k,
                      hg_error *err);
void hg__prepared_clear(hg__prepared *p); // {0} is fine
// All of it, of these parameters (block 0), on the pool's threads.
void hg__prepared_run(hg__prepared *p, const hg__real *params, hg__pool *pool);
// What the layer of an operation reads as pass->prepared; NULL: the master weights as they are.
static inline const hg__real *hg__prepared_of(const hg__prepared *p, const hg__op *op) {
    return op->has_prepared ? p->weights + op->prepared : NULL;
}
size_t hg__prepared_bytes(const hg__program *g); // memory it takes
#endif
