// SPDX-License-Identifier: Apache-2.0
// test_loader.c - the loader: each row once an epoch, one order for one seed, memory or disk alike.
#include <math.h>

#include "backend/kernels.h"
#include "backend/pool.h"
#include "base/mem.h"
#include "data_samples.h"
#include "rows/corrupted.h"
#include "rows/loader.h"

enum { ROWS = 1003, WIDTH = 5, BATCH = 64 };

static float values[ROWS][WIDTH];

// The same rows in memory and on disk.
static hg__data *open_rows(size_t memory) {
    static uint8_t bytes[72 + sizeof values];
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < WIDTH; k++) values[i][k] = (float)(i * 10 + k);
    }
    memset(bytes, ' ', 72);
    const char head[] =
        "\x93NUMPY\2\0\x3c\0\0\0{'descr':'<f4','fortran_order':False,'shape':(1003,5)}";
    memcpy(bytes, head, sizeof head - 1);
    memcpy(bytes + 72, values, sizeof values);
    hg_error err = {0};
    const hg__data_options o = {.memory = memory};
    hg__data *d = open_bytes(bytes, sizeof bytes, "x.npy", &o, &err);
    if (!d) printf("%s\n", err.message);
    assert_non_null(d);
    return d;
}

// Row numbers of an epoch, in the order in which they come; checks the batches on the way.
static int64_t run_epoch(hg__loader *l, int64_t *numbers, int64_t count, int64_t skip) {
    hg__batch b;
    hg_error err;
    int64_t n = 0;
    int code;
    while ((code = hg__loader_next(l, &b, &err)) > 0) {
        assert_int_equal(b.first, skip * BATCH + n);
        assert_int_equal(b.count, count - b.first < BATCH ? count - b.first : BATCH);
        for (int32_t i = 0; i < b.count; i++) {
            assert_true(b.number[i] >= 0 && b.number[i] < ROWS);
            assert_memory_equal(b.row[i], values[b.number[i]], sizeof values[0]);
            numbers[n++] = b.number[i];
        }
    }
    assert_int_equal(code, 0);
    assert_int_equal(hg__loader_next(l, &b, &err), 0);
    return n;
}

static void check_epochs(size_t memory) {
    hg_error err;
    hg__data *d = open_rows(memory);
    const hg__rows rows = hg__rows_all(hg__array_source(d));
    hg__loader *l = hg__loader_new(&rows, BATCH, NULL, &err);
    assert_non_null(l);
    int64_t order[4][ROWS];
    for (int e = 0; e < 4; e++) {
        int times[ROWS] = {0};
        hg__loader_start(l, e < 3, 5, e, 0);
        assert_int_equal(run_epoch(l, order[e], ROWS, 0), ROWS);
        for (int i = 0; i < ROWS; i++) times[order[e][i]]++;
        for (int i = 0; i < ROWS; i++) assert_int_equal(times[i], 1);
    }
    for (int i = 0; i < ROWS; i++) assert_int_equal(order[3][i], i);
    assert_memory_not_equal(order[0], order[1], sizeof order[0]);
    int64_t again[ROWS];
    hg__loader_start(l, true, 5, 1, 0);
    run_epoch(l, again, ROWS, 0);
    assert_memory_equal(again, order[1], sizeof again);
    for (int64_t skip = 0; skip <= 17;
         skip += skip < 14 ? 7 : 1) { // resumed in the middle, at the last batch, past the end
        const int64_t passed = skip * BATCH < ROWS ? skip * BATCH : ROWS;
        hg__loader_start(l, true, 5, 1, skip);
        assert_int_equal(run_epoch(l, again, ROWS, skip), ROWS - passed);
        assert_memory_equal(again, order[1] + passed, (size_t)(ROWS - passed) * sizeof *again);
    }
    hg__loader_free(l);
    hg__data_close(d);
}

static void rows_in_memory_come_once_an_epoch_in_the_seeds_order(void **state) {
    (void)state;
    check_epochs(1 << 20);
}

static void rows_on_disk_come_once_an_epoch_in_the_seeds_order(void **state) {
    (void)state;
    check_epochs(1);
}

static void memory_and_disk_give_the_same_order(void **state) {
    (void)state;
    int64_t order[2][ROWS];
    int64_t counts[2];
    for (int k = 0; k < 2; k++) {
        hg_error err;
        hg__data *d = open_rows(k ? 1 : 1 << 20);
        hg__rows train, val;
        assert_int_equal(hg__rows_split(hg__array_source(d), 0.2, 0.7, 3, &train, &val, &err),
                         HG_OK);
        hg__loader *l = hg__loader_new(&train, BATCH, NULL, &err);
        hg__loader_start(l, true, 9, 2, 0);
        counts[k] = run_epoch(l, order[k], train.count, 0);
        assert_int_equal(counts[k], train.count);
        hg__loader_free(l);
        hg__data_close(d);
    }
    assert_memory_equal(order[0], order[1], (size_t)counts[0] * sizeof order[0][0]);
}

static void an_epoch_may_be_left_at_any_batch(void **state) {
    (void)state;
    hg_error err;
    hg__data *d = open_rows(1);
    const hg__rows rows = hg__rows_all(hg__array_source(d));
    hg__loader *l = hg__loader_new(&rows, BATCH, NULL, &err);
    int64_t numbers[ROWS];
    for (int e = 0; e < 200; e++) {
        hg__batch b;
        hg__loader_start(l, true, 1, e, 0);
        for (int k = 0; k < e % 18; k++) (void)hg__loader_next(l, &b, &err);
    }
    hg__loader_start(l, false, 1, 0, 0);
    assert_int_equal(run_epoch(l, numbers, ROWS, 0), ROWS);
    hg__loader_start(l, true, 1, 0, 0); // and freed in the middle of one
    hg__loader_free(l);
    hg__data_close(d);
}

static void a_step_allocates_nothing(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        hg_error err;
        hg__data *d = open_rows(k ? 1 : 1 << 20);
        const hg__rows rows = hg__rows_all(hg__array_source(d));
        hg__loader *l = hg__loader_new(&rows, BATCH, NULL, &err);
        const uint64_t before = hg__alloc_count();
        int64_t numbers[ROWS];
        hg__loader_start(l, true, 1, 0, 0);
        run_epoch(l, numbers, ROWS, 0);
        assert_true(hg__alloc_count() == before);
        hg__loader_free(l);
        hg__data_close(d);
    }
}

static void a_file_that_shrinks_is_an_error(void **state) {
    (void)state;
    hg_error err = {0};
    hg__data *d = open_rows(1);
    const hg__rows rows = hg__rows_all(hg__array_source(d));
    hg__loader *l = hg__loader_new(&rows, BATCH, NULL, &err);
    assert_int_equal(ftruncate(d->fd, 2000), 0);
    hg__loader_start(l, false, 1, 0, 0);
    hg__batch b;
    assert_int_equal(hg__loader_next(l, &b, &err), 1);
    assert_int_equal(hg__loader_next(l, &b, &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "x.npy: expected"));
    hg__loader_free(l);
    hg__data_close(d);
}

static void impossible_batches_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    hg__data *d = open_rows(1 << 20);
    const hg__rows rows = hg__rows_all(hg__array_source(d));
    assert_null(hg__loader_new(&rows, 0, NULL, &err));
    assert_string_equal(err.message, "batch: expected at least 1 row, got 0");
    hg__loader *l = hg__loader_new(&rows, INT32_MAX, NULL, &err); // no more than there are rows
    assert_non_null(l);
    hg__batch b;
    hg__loader_start(l, true, 1, 0, 0);
    assert_int_equal(hg__loader_next(l, &b, &err), 1);
    assert_int_equal(b.count, ROWS);
    assert_int_equal(hg__loader_next(l, &b, &err), 0);
    hg__loader_free(l);
    hg__data_close(d);
}

// Rows of an epoch with noise, and their targets; `memory` as open_rows().
static void run_noisy(size_t memory, const char *text, int32_t threads, int64_t skip,
                      float (*x)[WIDTH], float (*target)[WIDTH]) {
    hg_error err = {0};
    hg__corruption how = {.seed = 3};
    hg__corrupted noisy;
    hg__row_source source;
    hg__batch b;
    hg__data *d = open_rows(memory);
    const hg__row_source clean = hg__array_source(d);
    assert_int_equal(hg__noise_parse(&how.noise, text, &err), HG_OK);
    assert_int_equal(hg__corrupt(&noisy, &clean, &how, &source, &err), HG_OK);
    hg__pool *pool = threads ? hg__pool_new(threads, &err) : NULL;
    const hg__loader_options making = {.pool = pool};
    const hg__rows rows = hg__rows_all(source);
    hg__loader *l = hg__loader_new(&rows, BATCH, &making, &err);
    assert_non_null(l);
    const uint64_t before = hg__alloc_count();
    hg__loader_start(l, true, 3, 2, skip);
    while (hg__loader_next(l, &b, &err) > 0) {
        for (int32_t i = 0; i < b.count; i++) {
            memcpy(x[b.first + i], b.row[i], sizeof x[0]);
            memcpy(target[b.first + i], b.target[i], sizeof x[0]);
            assert_memory_equal(b.target[i], values[b.number[i]], sizeof x[0]);
            float whole[WIDTH + HG_LANES]; // as a loss reads it; a sanitizer sees what is not ours
            memcpy(whole, b.target[i], sizeof whole);
            assert_memory_equal(whole, b.target[i], sizeof x[0]);
        }
        if (pool && b.first % 2 == 0) hg__pool_run(pool, hg__loader_make, l, hg__loader_work(l));
    }
    assert_true(hg__alloc_count() == before);
    hg__loader_free(l);
    hg__pool_free(pool);
    hg__data_close(d);
}

// The same by any number of threads, from memory or disk, and when the epoch is taken up in its middle.
static void expect_noise_everywhere(const char *text, float (*want)[WIDTH],
                                    float (*target)[WIDTH]) {
    static float got[ROWS][WIDTH], other[ROWS][WIDTH];
    for (int32_t threads = 1; threads < 4; threads++) {
        run_noisy(threads == 2 ? 1 : 1 << 20, text, threads, 0, got, other);
        assert_memory_equal(got, want, sizeof got);
        assert_memory_equal(other, target, sizeof got);
        memset(got, 0, sizeof got);
        run_noisy(1 << 20, text, threads, 5, got, other);
        assert_memory_equal(got[5 * BATCH], want[5 * BATCH],
                            sizeof got - 5 * sizeof got[0] * BATCH);
    }
}

static void rows_of_any_file_may_be_corrupted(void **state) {
    (void)state;
    static float want[ROWS][WIDTH], target[ROWS][WIDTH];
    double squares = 0;
    run_noisy(1 << 20, "gaussian 255", 0, 0, want, target);
    for (int i = 0; i < ROWS * WIDTH; i++) {
        const double noise = (double)(want[i / WIDTH][i % WIDTH] - target[i / WIDTH][i % WIDTH]);
        squares += noise * noise / (ROWS * WIDTH);
    }
    assert_true(squares > 0.9 && squares < 1.1);
    expect_noise_everywhere("gaussian 255", want, target);
}

// Whether `row` differs from `target` only where it has the values of `donor`; *taken counts them.
static bool is_mixed(const float *row, const float *target, const float *donor, int32_t *taken) {
    int32_t own = 0;
    for (int32_t j = 0; j < WIDTH; j++) {
        own += row[j] != target[j];
        if (row[j] != target[j] && row[j] != donor[j]) return false;
    }
    *taken += own;
    return true;
}

static void swapped_values_come_from_one_row(void **state) {
    (void)state;
    static float want[ROWS][WIDTH], target[ROWS][WIDTH];
    int32_t taken = 0;
    int64_t last = -1, moved = 0;
    run_noisy(1 << 20, "swap 40", 0, 0, want, target);
    for (int32_t i = 0; i < ROWS; i++) {
        int32_t donor = 0;
        while (donor < ROWS && !is_mixed(want[i], target[i], values[donor], &taken)) donor++;
        assert_true(donor < ROWS);
        moved += donor != last;
        last = donor;
    }
    assert_true(fabs((double)taken / (ROWS * WIDTH) - 0.4) < 0.06);
    assert_true(moved > ROWS / 2); // not the same for all
    expect_noise_everywhere("swap 40", want, target);
}

static void noise_for_images_refuses_other_rows(void **state) {
    (void)state;
    hg_error err = {0};
    hg__corruption how = {0};
    hg__corrupted noisy;
    hg__row_source source;
    hg__data *d = open_rows(1 << 20);
    const hg__row_source clean = hg__array_source(d);
    assert_int_equal(hg__noise_parse(&how.noise, "jpeg 50", &err), HG_OK);
    assert_int_equal(hg__corrupt(&noisy, &clean, &how, &source, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "noise: jpeg: expected images of 1 or 3 channels, got rows of 1 x 5 x 1");
    assert_int_equal(hg__noise_parse(&how.noise, "blind", &err), HG_OK);
    assert_int_equal(hg__corrupt(&noisy, &clean, &how, &source, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "noise: blind: expected images from a folder, got rows of 1 x 5 x 1");
    hg__data_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_memory_come_once_an_epoch_in_the_seeds_order),
        cmocka_unit_test(rows_on_disk_come_once_an_epoch_in_the_seeds_order),
        cmocka_unit_test(memory_and_disk_give_the_same_order),
        cmocka_unit_test(an_epoch_may_be_left_at_any_batch),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(a_file_that_shrinks_is_an_error),
        cmocka_unit_test(impossible_batches_are_refused),
        cmocka_unit_test(rows_of_any_file_may_be_corrupted),
        cmocka_unit_test(swapped_values_come_from_one_row),
        cmocka_unit_test(noise_for_images_refuses_other_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
