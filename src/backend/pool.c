// SPDX-License-Identifier: Apache-2.0
// pool.c - a few threads that run numbered tasks.
//
// One run is one generation. Each thread's share of the tasks is one 64-bit word, generation << 32 | tasks
// left, from which anybody claims one by compare-and-swap. A run is over when its tasks are done, not
// when all threads have come by: a thread that the system has put aside holds nobody up unless it is in
// the middle of a task, and when it comes back late the generation tells it to go and wait again.
// The job's fields are written before the shares are, and are not touched again before every claimed task is done,
// so whoever holds a claim may read them.
#include "backend/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/system.h"

enum { CACHE_LINE = 64 };
static const double spin_seconds = 20e-6;

typedef struct share {
    _Alignas(CACHE_LINE) atomic_uint_least64_t left; // generation << 32 | unclaimed tasks
    _Atomic int32_t end;                             // one past the share's last task
} share;

typedef struct worker {
    struct hg__pool *pool;
    pthread_t thread;
    int32_t number;
} worker;

// What different threads write lies on cache lines of its own: the padding is meant.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct hg__pool {
    int32_t threads;
    pid_t owner; // a forked child has the pool, but not its threads
    _Atomic(hg__task *) task;
    _Atomic(void *) context;
    int32_t count;
    share *share;   // owned, (threads)
    worker *worker; // owned, (threads); entry 0 is the caller and has no thread

    _Alignas(CACHE_LINE) atomic_uint generation;
    _Alignas(CACHE_LINE) _Atomic int32_t done;
    _Alignas(CACHE_LINE) atomic_int sleepers; // workers waiting on `work`
    atomic_bool caller_sleeps, closing;
    pthread_mutex_t lock;
    pthread_cond_t work, finished;
};

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Claims a task of thread `from`'s share; its number, or -1 if there is none left in this generation.
static int32_t claim(hg__pool *p, int32_t from, uint32_t generation) {
    share *s = &p->share[from];
    uint64_t left = atomic_load_explicit(&s->left, memory_order_acquire);
    while ((uint32_t)(left >> 32) == generation && (uint32_t)left > 0) {
        if (atomic_compare_exchange_weak_explicit(&s->left, &left, left - 1, memory_order_acq_rel,
                                                  memory_order_acquire)) {
            return atomic_load_explicit(&s->end, memory_order_relaxed) - (int32_t)(uint32_t)left;
        }
    }
    return -1;
}

static void finish_one(hg__pool *p, int32_t count) {
    if (atomic_fetch_add(&p->done, 1) + 1 < count || !atomic_load(&p->caller_sleeps)) return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&p->finished);
    pthread_mutex_unlock(&p->lock);
}

static void work(hg__pool *p, int32_t self, uint32_t generation) {
    for (int32_t i = 0; i < p->threads; i++) {
        const int32_t from = (self + i) % p->threads;
        for (int32_t task; (task = claim(p, from, generation)) >= 0;) {
            const int32_t count = p->count;
            hg__task *run = atomic_load_explicit(&p->task, memory_order_relaxed);
            run(atomic_load_explicit(&p->context, memory_order_relaxed), task, self);
            finish_one(p, count);
        }
    }
}

// Waits until there is a generation other than `seen`, or the pool closes.
static uint32_t wait_for_work(hg__pool *p, uint32_t seen) {
    const double until = hg__seconds() + spin_seconds;
    do {
        for (int i = 0; i < 16; i++) {
            uint32_t now = atomic_load_explicit(&p->generation, memory_order_acquire);
            if (now != seen) return now;
            relax();
        }
    } while (hg__seconds() < until);
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->sleepers, 1);
    while (atomic_load(&p->generation) == seen) pthread_cond_wait(&p->work, &p->lock);
    atomic_fetch_sub(&p->sleepers, 1);
    pthread_mutex_unlock(&p->lock);
    return atomic_load(&p->generation);
}

static void *run_worker(void *argument) {
    worker *w = argument;
    hg__pool *p = w->pool;
    uint32_t seen = 0;
    for (;;) {
        seen = wait_for_work(p, seen);
        if (atomic_load(&p->closing)) return NULL;
        work(p, w->number, seen);
    }
}

static void wait_until_done(hg__pool *p, int32_t count) {
    const double until = hg__seconds() + spin_seconds;
    do {
        for (int i = 0; i < 16; i++) {
            if (atomic_load_explicit(&p->done, memory_order_acquire) == count) return;
            relax();
        }
    } while (hg__seconds() < until);
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->caller_sleeps, true);
    while (atomic_load(&p->done) < count) pthread_cond_wait(&p->finished, &p->lock);
    atomic_store(&p->caller_sleeps, false);
    pthread_mutex_unlock(&p->lock);
}

static void wake_sleepers(hg__pool *p) {
    if (atomic_load(&p->sleepers) == 0) return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
}

// Whether the threads are there: not in a child of the process that started them.
static bool has_threads(const hg__pool *p) {
    return p->threads > 1 && p->owner == getpid();
}

void hg__pool_run(hg__pool *p, hg__task *task, void *context, int32_t count) {
    if (count <= 1 || !has_threads(p)) {
        for (int32_t i = 0; i < count; i++) task(context, i, 0);
        return;
    }
    const uint32_t generation = atomic_load_explicit(&p->generation, memory_order_relaxed) + 1;
    atomic_store_explicit(&p->task, task, memory_order_relaxed);
    atomic_store_explicit(&p->context, context, memory_order_relaxed);
    p->count = count;
    atomic_store_explicit(&p->done, 0, memory_order_relaxed);
    for (int32_t t = 0, begin = 0; t < p->threads; t++) {
        const int32_t end = (int32_t)((int64_t)count * (t + 1) / p->threads);
        atomic_store_explicit(&p->share[t].end, end, memory_order_relaxed);
        atomic_store_explicit(&p->share[t].left,
                              (uint64_t)generation << 32 | (uint32_t)(end - begin),
                              memory_order_release);
        begin = end;
    }
    atomic_store(&p->generation, generation);
    wake_sleepers(p);
    work(p, 0, generation);
    wait_until_done(p, count);
}

int32_t hg__pool_threads(const hg__pool *p) {
    return p->threads;
}

static int start_workers(hg__pool *p, int32_t threads, hg_error *err) {
    for (p->threads = 1; p->threads < threads; p->threads++) {
        worker *w = &p->worker[p->threads];
        *w = (worker){.pool = p, .number = p->threads};
        if (hg__thread_start(&w->thread, run_worker, w, NULL) == HG_OK) continue;
        return hg__fail(err, HG_ERR_MEMORY, "threads: expected %d threads, the system gave %d",
                        threads, p->threads);
    }
    return HG_OK;
}

hg__pool *hg__pool_new(int32_t threads, hg_error *err) {
    if (threads <= 0) threads = hg__usable_cpus();
    if (threads > HG_MAX_THREADS) threads = HG_MAX_THREADS;
    hg__pool *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->owner = getpid();
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->finished, NULL);
    p->share = hg__alloc((size_t)threads, sizeof *p->share, err);
    p->worker = p->share ? hg__alloc((size_t)threads, sizeof *p->worker, err) : NULL;
    p->threads = 1;
    if (!p->worker || start_workers(p, threads, err) < 0) {
        hg__pool_free(p);
        return NULL;
    }
    return p;
}

static void end_workers(hg__pool *p) {
    atomic_store(&p->closing, true);
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->generation, 1);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (int32_t t = 1; t < p->threads; t++) pthread_join(p->worker[t].thread, NULL);
}

// In a child the lock may be held, and the conditions waited for, by threads that are not there.
void hg__pool_free(hg__pool *p) {
    if (!p) return;
    if (has_threads(p)) end_workers(p);
    if (p->owner == getpid()) {
        pthread_cond_destroy(&p->finished);
        pthread_cond_destroy(&p->work);
        pthread_mutex_destroy(&p->lock);
    }
    hg__free(p->share);
    hg__free(p->worker);
    hg__free(p);
}

// ---- how many threads 0 means -------------------------------------------------------------------

static int32_t affinity(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return CPU_COUNT(&set);
}

// The tightest CPU quota of this process's cgroup and its parents, in whole CPUs, rounded up; 0: none.
// (cgroup v2: cpu.max holds "quota period" in microseconds, or "max period".)
static int32_t quota(void) {
    char line[512], path[640];
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (!f) return 0;
    const bool found = fgets(line, sizeof line, f) && strncmp(line, "0::", 3) == 0;
    (void)fclose(f);
    if (!found) return 0;
    line[strcspn(line, "\n")] = '\0';
    char *group = line + 3;
    int32_t least = 0;
    for (char *slash = group + strlen(group); slash; slash = strrchr(group, '/')) {
        *slash = '\0';
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        long long allowed, period;
        char text[64] = "";
        f = fopen(path, "re");
        if (!f) continue;
        const bool got = fgets(text, sizeof text, f) != NULL;
        (void)fclose(f);
        char *end = text;
        allowed = got ? strtoll(text, &end, 10) : 0;
        period = strtoll(end, NULL, 10);
        if (end == text || allowed <= 0 || period <= 0) continue;
        const int32_t cpus = (int32_t)((allowed + period - 1) / period);
        if (least == 0 || cpus < least) least = cpus;
    }
    return least;
}

int32_t hg__usable_cpus(void) {
    const int32_t mask = affinity(), limit = quota();
    return limit && limit < mask ? limit : mask;
}
