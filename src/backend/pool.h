// SPDX-License-Identifier: Apache-2.0
// pool.h - a few threads that run numbered tasks.
//
// Each thread starts with its own share of the task numbers, in order, so that data stays in its
// core's cache from step to step; who is done takes from the others' shares. Which thread runs a task never
// changes a result. A thread that waits spins for about 20 microseconds, then sleeps.
#ifndef HG_BACKEND_POOL_H
#define HG_BACKEND_POOL_H
#include "base/error.h"

enum { HG_MAX_THREADS = 256 };

typedef struct hg__pool hg__pool;
typedef void hg__task(void *context, int32_t task, int32_t thread); // thread: 0 .. threads-1

// threads 0: as many as the affinity mask and the cgroup's CPU quota allow. The caller of
// hg__pool_run() is one of them, so threads 1 starts none.
hg__pool *hg__pool_new(int32_t threads, hg_error *err);
void hg__pool_free(hg__pool *p); // NULL is fine
int32_t hg__pool_threads(const hg__pool *p);

// Runs task(context, i, thread) for every i in 0 .. count-1 and returns when all are done. One caller at a time.
void hg__pool_run(hg__pool *p, hg__task *task, void *context, int32_t count);

int32_t hg__usable_cpus(void); // what threads 0 means here
#endif
