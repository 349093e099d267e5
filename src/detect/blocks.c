// SPDX-License-Identifier: Apache-2.0
// blocks.c - rows in blocks, scratch a thread.
#include "detect/blocks.h"

#include "base/mem.h"

typedef struct job {
    hg__block_task *task;
    const void *context;
    int64_t rows;
    int32_t block;
    size_t room;
    float *scratch; // (threads, room)
} job;

static void run_one(void *context, int32_t task, int32_t thread) {
    const job *w = context;
    const int64_t first = (int64_t)task * w->block, left = w->rows - first;
    w->task(w->context, first, (int32_t)(left < w->block ? left : w->block),
            w->scratch + (size_t)thread * w->room);
}

int hg__blocks_run(hg__pool *pool, int64_t rows, int32_t block, size_t room, hg__block_task *task,
                   const void *context, hg_error *err) {
    const size_t threads = pool ? (size_t)hg__pool_threads(pool) : 1;
    const size_t apart = (room + 15) / 16 * 16; // threads write to cache lines of their own
    job w = {task, context, rows, block, apart, hg__alloc(threads, apart * sizeof(float), err)};
    if (!w.scratch) return HG_ERR_MEMORY;
    const int32_t tasks = (int32_t)((rows + block - 1) / block);
    if (pool) {
        hg__pool_run(pool, run_one, &w, tasks);
    } else {
        for (int32_t t = 0; t < tasks; t++) run_one(&w, t, 0);
    }
    hg__free(w.scratch);
    return HG_OK;
}
