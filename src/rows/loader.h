// SPDX-License-Identifier: Apache-2.0
// loader.h - batches of rows of any source, the next one ready while the last one is still being used.
//
// Rows in memory: pointers straight into the source. Rows on disk: a thread of the loader reads the next batch while this one is
// used. Rows that are made: whoever works on this batch makes the next one's rows too (hg__loader_work()).
#ifndef HG_ROWS_LOADER_H
#define HG_ROWS_LOADER_H
#include "backend/pool.h"
#include "rows/row_source.h"

typedef struct hg__loader hg__loader;

typedef struct hg__batch {
    const void *const *row; // (count) pointers to rows of `dtype`, valid until the next call
    hg__dtype dtype;        // the source's
    float scale;
    const float *const
        *target;           // (count) what should come out, where the source has that; else NULL
    const int64_t *number; // (count) their numbers in the source
    int32_t count;
    int64_t first;            // position of row[0] in this epoch's order
    const void *const *ahead; // (ahead_count) rows in memory: the next batch's; NULL at the end
    int32_t ahead_count;
} hg__batch;

// How rows are made; of no account where they are stored.
typedef struct hg__loader_options {
    // Validation: every epoch makes the same rows.
    bool fixed;
    // Borrowed, does what is left of the making in hg__loader_next(); NULL: the caller's thread does.
    hg__pool *pool;
} hg__loader_options;

// options may be NULL: fixed, by the caller's thread.
hg__loader *hg__loader_new(const hg__rows *rows, int32_t batch, const hg__loader_options *options,
                           hg_error *err);
int64_t hg__loader_rows(const hg__loader *l); // rows of an epoch: rows->count * draws
void hg__loader_free(hg__loader *l);          // NULL is fine

// Starts an epoch: shuffled by (seed, epoch) or in order; `skip` batches are passed over (resume).
void hg__loader_start(hg__loader *l, bool shuffle, uint64_t seed, int32_t epoch, int64_t skip);

// 1 with the next batch (the last may be smaller), 0 at the end, negative if a row cannot be read or made. Allocates
// nothing.
int hg__loader_next(hg__loader *l, hg__batch *b, hg_error *err);

// Rows that are made: the next batch can be made by the threads that work on this one. Number of tasks (0: nothing
// to do), and a task for hg__pool_run() whose context is the loader. A failure shows in the next call of next().
int32_t hg__loader_work(hg__loader *l);
void hg__loader_make(void *loader, int32_t task, int32_t thread);
#endif
