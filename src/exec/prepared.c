// SPDX-License-Identifier: Apache-2.0
// prepared.c - tasks of all operations that want prepared weights.
#include "exec/prepared.h"

#include "base/mem.h"

static bool is_wanted(const hg__op *op) {
    return op->kind == HG_OP_FORWARD && op->has_prepared;
}

static int32_t count_tasks(const hg__program *g) {
    int32_t count = 0;
    for (int32_t i = 0; i < g->ops; i++) {
        const hg__op *op = &g->op[i];
        if (is_wanted(op)) count += op->layer->type->prepare_tasks(op->layer, g->trains);
    }
    return count;
}

size_t hg__prepared_bytes(const hg__program *g) {
    return g->prepared_count * sizeof(hg__real) + (size_t)count_tasks(g) * sizeof(hg__prepare_task);
}

int hg__prepared_init(hg__prepared *p, const hg__program *program, const hg__kernels *k,
                      hg_error *err) {
    p->program = program;
    p->k = k;
    if (!program->prepared_count) return HG_OK;
    p->weights = hg__alloc(program->prepared_count, sizeof *p->weights, err);
    p->task = p->weights ? hg__alloc((size_t)count_tasks(program), sizeof *p->task, err) : NULL;
    if (!p->task) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < program->ops; i++) {
        const hg__op *op = &program->op[i];
        const int32_t count =
            is_wanted(op) ? op->layer->type->prepare_tasks(op->layer, program->trains) : 0;
        for (int32_t t = 0; t < count; t++) p->task[p->tasks++] = (hg__prepare_task){op, t};
    }
    return HG_OK;
}

void hg__prepared_clear(hg__prepared *p) {
    hg__free(p->weights);
    hg__free(p->task);
    *p = (hg__prepared){0};
}

static void run_task(void *context, int32_t number, int32_t thread) {
    (void)thread;
    const hg__prepared *p = context;
    const hg__prepare_task *t = &p->task[number];
    const hg__layer *l = t->op->layer;
    l->type->prepare(l, p->k, p->program->trains, t->number, p->params,
                     p->weights + t->op->prepared);
}

void hg__prepared_run(hg__prepared *p, const hg__real *params, hg__pool *pool) {
    p->params = params;
    if (p->tasks) hg__pool_run(pool, run_task, p, p->tasks);
}
