// SPDX-License-Identifier: Apache-2.0
// blocks.c - rows in blocks: room for them, and scratch a thread.
#include "detect/blocks.h"

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"

float *hg__numbers(size_t rows, size_t width, hg_error *err) {
    size_t count;
    const bool fits = hg__multiply(rows, width, &count) && count <= SIZE_MAX - HG_LANES;
    return hg__alloc(fits ? count + HG_LANES : SIZE_MAX, sizeof(float), err);
}

int32_t hg__block_rows(int32_t width, int64_t rows) {
    enum { NUMBERS = 1 << 21, LEAST = 64 };
    const int64_t fit = NUMBERS / width < LEAST ? LEAST : NUMBERS / width;
    return (int32_t)hg__min_64(hg__min_64(fit, HG_BLOCK_MOST), rows < 1 ? 1 : rows);
}

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
    w->task(w->context, first, (int32_t)hg__min_64(left, w->block),
            w->scratch + (size_t)thread * w->room);
}

void hg__blocks_clear(hg__blocks *b) {
    hg__free(b->scratch);
    b->scratch = NULL;
    b->floats = 0;
}

// At least so many floats.
static int make_room(hg__blocks *b, size_t threads, size_t room, hg_error *err) {
    size_t floats;
    if (!hg__multiply(threads, room, &floats)) floats = SIZE_MAX;
    if (floats <= b->floats && b->scratch) return HG_OK;
    hg__blocks_clear(b);
    b->scratch = hg__alloc(floats, sizeof(float), err);
    if (!b->scratch) return HG_ERR_MEMORY;
    b->floats = floats;
    return HG_OK;
}

int hg__blocks_run(hg__blocks *b, int64_t rows, int32_t block, size_t room, hg__block_task *task,
                   const void *context, hg_error *err) {
    if (!b) return hg__blocks_run_once(NULL, rows, block, room, task, context, err);
    const size_t threads = b->pool ? (size_t)hg__pool_threads(b->pool) : 1;
    const size_t apart = (room + 15) / 16 * 16; // threads write to cache lines of their own
    HG_TRY(make_room(b, threads, apart, err));
    job w = {task, context, rows, block, apart, b->scratch};
    const int32_t tasks = (int32_t)hg__ceil_div_64(rows, block);
    if (b->pool) {
        hg__pool_run(b->pool, run_one, &w, tasks);
    } else {
        for (int32_t t = 0; t < tasks; t++) run_one(&w, t, 0);
    }
    return HG_OK;
}

int hg__blocks_run_once(hg__pool *pool, int64_t rows, int32_t block, size_t room,
                        hg__block_task *task, const void *context, hg_error *err) {
    hg__blocks own = {.pool = pool};
    const int code = hg__blocks_run(&own, rows, block, room, task, context, err);
    hg__blocks_clear(&own);
    return code;
}
