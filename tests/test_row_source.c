// SPDX-License-Identifier: Apache-2.0
// test_row_source.c - a source of one's own, windows of a signal: loaded, corrupted and trained on like any other.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "exec/plan.h"
#include "model/model.h"
#include "rows/corrupted.h"
#include "rows/loader.h"

#include <cmocka.h>

// ---- the source: all that it takes --------------------------------------------------------------

typedef struct recording {
    const float *sample; // borrowed, (samples)
    int64_t samples, hop;
    int32_t width;
} recording;

// Window at->row begins at row * hop in validation, up to hop - 1 samples later in training.
static int make_window(const void *context, const hg__row_place *at, hg__row_room *to,
                       hg_error *err) {
    const recording *s = context;
    const int64_t late = ((int64_t)at->epoch + at->draw) % s->hop;
    const int64_t first = at->row * s->hop + late;
    if (first + s->width > s->samples) {
        return hg__fail(err, HG_ERR_DATA, "signal: expected %d samples from %lld on, got %lld",
                        s->width, (long long)first, (long long)(s->samples - first));
    }
    memcpy(to->x, s->sample + first, (size_t)s->width * sizeof *to->x);
    return HG_OK;
}

static hg__row_source windows_of(const recording *s, int32_t draws) {
    return (hg__row_source){
        .name = "signal",
        .context = s,
        .rows = (s->samples - s->width) / s->hop,
        .width = s->width,
        .shape = {1, {s->width}},
        .dtype = HG_F32,
        .scale = 1,
        .make = make_window,
        .draws = draws
    };
}

// ---- what it is used for ------------------------------------------------------------------------

enum { SAMPLES = 2020, HOP = 5, WIDTH = 20, ROWS = 400, BATCH = 32, DRAWS = 2, THREADS = 3 };

static float samples[SAMPLES];
static const recording sines = {samples, SAMPLES, HOP, WIDTH};

static int make_signal(void **state) {
    (void)state;
    for (int i = 0; i < SAMPLES; i++) samples[i] = (float)(sin(i * 0.31) + 0.5 * sin(i * 0.83));
    return 0;
}

typedef struct epoch {
    float x[ROWS * DRAWS][WIDTH], target[ROWS * DRAWS][WIDTH];
    int64_t number[ROWS * DRAWS];
    int64_t rows;
} epoch;

static void run_epoch(const hg__rows *rows, int32_t threads, int32_t number, epoch *e) {
    hg_error err = {0};
    hg__batch b;
    hg__pool *pool = threads ? hg__pool_new(threads, &err) : NULL;
    const hg__loader_options making = {.pool = pool};
    hg__loader *l = hg__loader_new(rows, BATCH, &making, &err);
    assert_non_null(l);
    const uint64_t before = hg__alloc_count();
    e->rows = 0;
    hg__loader_start(l, true, 1, number, 0);
    while (hg__loader_next(l, &b, &err) > 0) {
        assert_true(b.dtype == HG_F32 && b.scale == 1);
        assert_true(!b.target == !rows->source.has_target);
        for (int32_t i = 0; i < b.count; i++, e->rows++) {
            memcpy(e->x[e->rows], b.row[i], sizeof e->x[0]);
            if (b.target) memcpy(e->target[e->rows], b.target[i], sizeof e->x[0]);
            e->number[e->rows] = b.number[i];
        }
        if (pool) hg__pool_run(pool, hg__loader_make, l, hg__loader_work(l));
    }
    assert_true(hg__alloc_count() == before);
    assert_int_equal(e->rows, hg__loader_rows(l));
    hg__loader_free(l);
    hg__pool_free(pool);
}

static void every_window_comes_as_often_as_it_has_draws(void **state) {
    (void)state;
    static epoch want, got;
    int times[ROWS] = {0};
    const hg__rows rows = hg__rows_all(windows_of(&sines, DRAWS));
    assert_int_equal(rows.count, ROWS);
    run_epoch(&rows, 0, 1, &want);
    assert_int_equal(want.rows, ROWS * DRAWS);
    for (int i = 0; i < ROWS * DRAWS; i++) {
        const float *own = samples + want.number[i] * HOP + 1; // epoch 1: a sample later, or two
        times[want.number[i]]++;
        assert_memory_equal(want.x[i], own + (want.x[i][0] == own[1]), sizeof want.x[0]);
    }
    for (int i = 0; i < ROWS; i++) assert_int_equal(times[i], DRAWS);
    for (int32_t threads = 1; threads <= THREADS; threads++) {
        run_epoch(&rows, threads, 1, &got);
        assert_memory_equal(&got, &want, sizeof got);
    }
}

// Rows that were not held out take values of each other, and of no other row.
static void corruption_goes_round_any_source(void **state) {
    (void)state;
    static epoch clean, noisy;
    hg_error err = {0};
    hg__rows train, val;
    hg__corruption how = {.seed = 3};
    hg__corrupted corrupted;
    hg__row_source source;
    const hg__row_source windows = windows_of(&sines, 1);
    assert_int_equal(hg__rows_split(windows, 0.99, 1, 7, &train, &val, &err), HG_OK);
    assert_int_equal(train.count, 4);
    assert_int_equal(hg__noise_parse(&how.noise, "swap 50", &err), HG_OK);
    assert_int_equal(hg__corrupt(&corrupted, &windows, &how, &source, &err), HG_OK);
    const hg__rows noisy_rows = hg__rows_of(&train, source);
    run_epoch(&train, 0, 1, &clean);
    run_epoch(&noisy_rows, THREADS, 1, &noisy);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(noisy.number[i], clean.number[i]);
        assert_memory_equal(noisy.target[i], clean.x[i], sizeof clean.x[0]);
        for (int j = 0; j < WIDTH; j++) {
            int known = 0;
            for (int k = 0; k < 4; k++) known += noisy.x[i][j] == clean.x[k][j];
            assert_true(known > 0);
        }
    }
    assert_memory_not_equal(noisy.x, clean.x, 4 * sizeof clean.x[0]);
}

// Mean squared error of an epoch of steps.
static double train_epoch(hg__train_plan *p, hg__loader *l, int32_t number, int64_t *step) {
    hg__batch b;
    double sum = 0;
    int64_t rows = 0;
    hg__loader_start(l, true, 1, number, 0);
    while (hg__loader_next(l, &b, NULL) > 0) {
        const hg__input in = {.row = b.row,
                              .count = b.count,
                              .dtype = b.dtype,
                              .scale = b.scale,
                              .target = b.target,
                              .side_task = hg__loader_make,
                              .side_context = l,
                              .side_count = hg__loader_work(l)};
        sum += hg__train_step(p, &in, 0.01, ++*step) * b.count;
        rows += b.count;
    }
    return sum / (double)rows;
}

static void a_model_learns_windows_of_a_signal(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__rows rows = hg__rows_all(windows_of(&sines, DRAWS));
    hg_model *m = hg__model_from_spec("dense 4 | dense input", &rows.source.shape, 0, 1, &err);
    hg__pool *pool = hg__pool_new(2, &err);
    const hg__loader_options making = {.pool = pool};
    hg__loader *l = hg__loader_new(&rows, BATCH, &making, &err);
    const hg__train_setup setup = {
        .batch = BATCH,
        .objective = hg__objective_of(hg__loss_find("mse"), 0),
        .optim = hg__optim_find("adam"),
        .optim_options = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8}
    };
    hg__train_plan *p = m && pool ? hg__train_plan_new(&m->net, pool, &setup, &err) : NULL;
    assert_true(p && l);
    int64_t step = 0;
    const double first = train_epoch(p, l, 1, &step);
    double last = first;
    for (int32_t e = 2; e <= 20; e++) last = train_epoch(p, l, e, &step);
    assert_true(last < first / 20); // two sines are four numbers
    hg__train_plan_free(p);
    hg__loader_free(l);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void a_window_that_is_not_there_is_an_error(void **state) {
    (void)state;
    hg_error err = {0};
    hg__batch b;
    recording cut = sines;
    const hg__rows rows = hg__rows_all(windows_of(&cut, 1));
    hg__loader *l = hg__loader_new(&rows, ROWS, NULL, &err);
    cut.samples = 1000;
    hg__loader_start(l, false, 0, 0, 0);
    assert_int_equal(hg__loader_next(l, &b, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "signal: expected 20 samples from 985 on, got 15");
    hg__loader_free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_window_comes_as_often_as_it_has_draws),
        cmocka_unit_test(corruption_goes_round_any_source),
        cmocka_unit_test(a_model_learns_windows_of_a_signal),
        cmocka_unit_test(a_window_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_signal, NULL);
}
