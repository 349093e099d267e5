// SPDX-License-Identifier: Apache-2.0
// blocks.h - rows in blocks of equal size, each a task of the pool with room of its own.
#ifndef HG_DETECT_BLOCKS_H
#define HG_DETECT_BLOCKS_H
#include "backend/pool.h"
#include "base/error.h"

// Rows first .. first + rows - 1. scratch: `room` floats that no other thread touches meanwhile, of any content.
typedef void hg__block_task(const void *context, int64_t first, int32_t rows, float *scratch);

// Runs task for all blocks of `block` rows (the last may be shorter). pool NULL: on the caller's thread. Fails only for
// want of memory, before the first task.
int hg__blocks_run(hg__pool *pool, int64_t rows, int32_t block, size_t room, hg__block_task *task,
                   const void *context, hg_error *err);
#endif
