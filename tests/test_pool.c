// SPDX-License-Identifier: Apache-2.0
// test_pool.c - the thread pool: every task once, for any number of threads, run after run.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>

#include "backend/pool.h"

#include <cmocka.h>

enum { MOST = 1000 };

typedef struct tally {
    atomic_int times[MOST];
    atomic_int bad_thread;
    int32_t threads;
} tally;

static void count_task(void *context, int32_t task, int32_t thread) {
    tally *t = context;
    atomic_fetch_add(&t->times[task], 1);
    if (thread < 0 || thread >= t->threads) atomic_store(&t->bad_thread, 1);
}

static void every_task_runs_exactly_once_for_any_thread_count(void **state) {
    (void)state;
    static const int32_t threads[] = {1, 2, 3, 8, 33}, counts[] = {0, 1, 2, 3, 7, 64, MOST};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        hg__pool *p = hg__pool_new(threads[i], NULL);
        assert_non_null(p);
        assert_int_equal(hg__pool_threads(p), threads[i]);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            tally t = {.threads = threads[i]};
            hg__pool_run(p, count_task, &t, counts[c]);
            for (int32_t k = 0; k < MOST; k++) assert_int_equal(t.times[k], k < counts[c]);
            assert_int_equal(t.bad_thread, 0);
        }
        hg__pool_free(p);
    }
}

static void add_up(void *context, int32_t task, int32_t thread) {
    (void)thread;
    int64_t *cell = context;
    cell[task]++; // not atomic: the pool itself must order runs
}

static void what_one_run_wrote_the_next_one_sees(void **state) {
    (void)state;
    enum { TASKS = 5, RUNS = 20000 };
    int64_t cell[TASKS] = {0};
    hg__pool *p = hg__pool_new(3, NULL);
    assert_non_null(p);
    for (int i = 0; i < RUNS; i++) hg__pool_run(p, add_up, cell, TASKS);
    for (int i = 0; i < TASKS; i++) assert_int_equal(cell[i], RUNS);
    hg__pool_free(p);
}

static void a_pool_may_be_freed_at_once_and_null_is_fine(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) hg__pool_free(hg__pool_new(4, NULL));
    hg__pool_free(NULL);
}

static void zero_threads_means_what_this_process_may_use(void **state) {
    (void)state;
    hg__pool *p = hg__pool_new(0, NULL);
    assert_non_null(p);
    assert_int_equal(hg__pool_threads(p), hg__usable_cpus());
    assert_true(hg__usable_cpus() >= 1);
    hg__pool_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_exactly_once_for_any_thread_count),
        cmocka_unit_test(what_one_run_wrote_the_next_one_sees),
        cmocka_unit_test(a_pool_may_be_freed_at_once_and_null_is_fine),
        cmocka_unit_test(zero_threads_means_what_this_process_may_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
