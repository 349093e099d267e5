// SPDX-License-Identifier: Apache-2.0
// blocks.h - rows in blocks of equal size, each a task of the pool with room of its own.
#ifndef HG_DETECT_BLOCKS_H
#define HG_DETECT_BLOCKS_H
#include "backend/pool.h"
#include "base/error.h"

// Rows first .. first + rows - 1. scratch: `room` floats that no other thread touches meanwhile, of any content.
typedef void hg__block_task(const void *context, int64_t first, int32_t rows, float *scratch);

// What blocks are run with, kept from call to call: who runs as much again allocates nothing. {.pool = pool} is fine.
typedef struct hg__blocks {
    hg__pool *pool; // borrowed; NULL: the caller's thread
    float *scratch; // owned, (floats)
    size_t floats;
} hg__blocks;
void hg__blocks_clear(hg__blocks *b); // {0} is fine

// Runs task for all blocks of `block` rows (the last may be shorter). b NULL: on the caller's thread, and nothing is kept. Fails
// only for want of memory, before the first task.
int hg__blocks_run(hg__blocks *b, int64_t rows, int32_t block, size_t room, hg__block_task *task,
                   const void *context, hg_error *err);

// The same with a pool, and nothing is kept.
int hg__blocks_run_once(hg__pool *pool, int64_t rows, int32_t block, size_t room,
                        hg__block_task *task, const void *context, hg_error *err);
#endif
