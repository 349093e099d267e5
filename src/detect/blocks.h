// SPDX-License-Identifier: Apache-2.0
// blocks.h - rows in blocks: room for them, and blocks of equal size as tasks of the pool, each with room of its own.
#ifndef HG_DETECT_BLOCKS_H
#define HG_DETECT_BLOCKS_H
#include "backend/pool.h"
#include "base/error.h"

enum { HG_BLOCK_MOST = 4096 }; // rows

// (rows, width), for hg__free(); kernels may read a vector beyond.
float *hg__numbers(size_t rows, size_t width, hg_error *err);

// How many rows of so many numbers are worked on at a time: many, but within a few megabytes.
int32_t hg__block_rows(int32_t width, int64_t rows);

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
