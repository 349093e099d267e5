// SPDX-License-Identifier: Apache-2.0
// test_spans.c - the loss by columns: what it counts, its bits on every table, models that are trained with it.
#include "model/model.h"
#include "nn/spans.h"
#include "plan_case.h"

enum { N = 63, ROOM = N + 2 * HG_LANES, COLUMNS = 6 };

static const hg__column_span columns[COLUMNS] = {
    {0,  1,  HG_SPAN_NUMBER,   false},
    {1,  4,  HG_SPAN_CATEGORY, false},
    {5,  0,  HG_SPAN_NUMBER,   false}, // an id: no floats
    {5,  3,  HG_SPAN_NUMBER,   true },
    {8,  35, HG_SPAN_CATEGORY, true },
    {43, 20, HG_SPAN_CATEGORY, false}
};

static hg__spans *new_spans(void) {
    hg_error err = {0};
    hg__spans *s = hg__spans_new(columns, COLUMNS, N, &err);
    if (!s) fail_msg("%s", err.message);
    return s;
}

// A row as a table makes it: numbers, one level of each category, flags.
static void fill_target(hg__real *t, uint32_t number) {
    memset(t, 0, N * sizeof *t);
    const hg__philox draw = hg__philox_run(4, number, 0, 0, 0);
    const uint32_t *word = draw.word;
    t[0] = hg__unit_float(word[0]) * 2 - 1;
    t[1 + word[1] % 4] = 1;
    t[5] = hg__unit_float(word[2]), t[6] = 1 - t[5];
    t[7] = word[3] % 3 == 0;
    t[42] = word[3] % 5 == 0;
    if (t[42] == 0) t[8 + word[3] % 34] = 1;
    t[43 + word[0] % 20] = 1;
}

static void fill_output(hg__real *y, uint32_t number) {
    for (uint32_t i = 0; i < ROOM; i++) {
        y[i] = hg__unit_float(hg__philox_run(5, number, i, 0, 0).word[0]) * 6 - 3;
    }
}

static void each_column_counts_the_same(void **state) {
    (void)state;
    hg__real y[ROOM] = {0}, t[ROOM] = {0}, spare[2 * ROOM];
    float error[COLUMNS];
    hg__spans *s = new_spans();
    const hg__kernels *k = hg__kernels_pick();
    assert_int_equal(s->counted, COLUMNS - 1);
    t[0] = 3, t[1] = 1, t[5] = 1, t[6] = 2, t[8] = 1, t[43] = 1;
    hg__spans_errors(s, k, y, t, (hg__real)INFINITY, error, spare);
    const double want[COLUMNS] = {9, log(4), 0, 2.5 + log(2), log(34) + log(2), log(20)};
    double sum = 0;
    for (int i = 0; i < COLUMNS; i++) {
        if (fabs((double)error[i] - want[i]) > 1e-6) fail_msg("%d: %g", i, (double)error[i]);
        sum += want[i];
    }
    const double loss = hg__spans_loss(s, k, NULL, y, t, 1, (hg__real)INFINITY, spare);
    assert_true(fabs(loss / N - sum / (COLUMNS - 1)) < 1e-6);
    hg__spans_errors(s, k, y, t, 2, error, spare);
    assert_true(error[0] == 8 && fabs((double)error[3] - want[3]) < 1e-6); // 2 (2 * 3 - 2)
    hg__spans_free(s);
}

static void a_missing_value_does_not_count_and_its_flag_does(void **state) {
    (void)state;
    hg__real y[ROOM], t[ROOM], dy[ROOM], spare[2 * ROOM];
    float error[COLUMNS], other[COLUMNS];
    hg__spans *s = new_spans();
    const hg__kernels *k = hg__kernels_pick();
    fill_output(y, 1);
    fill_target(t, 1);
    t[7] = 1, t[42] = 1;
    const double loss = hg__spans_loss(s, k, dy, y, t, 1, (hg__real)INFINITY, spare);
    hg__spans_errors(s, k, y, t, (hg__real)INFINITY, error, spare);
    for (int i = 8; i < 42; i++) assert_true(dy[i] == 0);
    assert_true(dy[5] == 0 && dy[6] == 0 && dy[7] < 0 && dy[42] < 0);
    y[5] += 7, y[6] -= 3, y[20] = 9, t[6] = 4, t[11] = 1;
    hg__spans_errors(s, k, y, t, (hg__real)INFINITY, other, spare);
    assert_memory_equal(error, other, sizeof error);
    assert_true(hg__spans_loss(s, k, dy, y, t, 1, (hg__real)INFINITY, spare) == loss);
    y[42] += 1;
    hg__spans_errors(s, k, y, t, (hg__real)INFINITY, other, spare);
    assert_true(other[4] < error[4]);
    hg__spans_free(s);
}

static void every_table_gives_the_same_bits_and_the_errors_add_up(void **state) {
    (void)state;
    hg__real y[ROOM], t[ROOM] = {0}, dy[2][ROOM], spare[2 * ROOM];
    float error[2][COLUMNS];
    hg__spans *s = new_spans();
    for (uint32_t number = 0; number < 50; number++) {
        const hg__real delta = number % 2 ? (hg__real)0.8 : (hg__real)INFINITY;
        double first = 0;
        fill_target(t, number);
        for (int i = 0; hg__kernels_all()[i]; i++) {
            const hg__kernels *k = hg__kernels_all()[i];
            double sum = 0;
            fill_output(y, number);
            const double loss = hg__spans_loss(s, k, dy[i > 0], y, t, (hg__real)0.1, delta, spare);
            hg__spans_errors(s, k, y, t, delta, error[i > 0], spare);
            for (int c = 0; c < COLUMNS; c++) sum += (double)error[i > 0][c];
            assert_true(fabs(loss / N / (sum / s->counted) - 1) < 1e-6);
            assert_true(dy[i > 0][N] == 0); // padding
            if (i == 0) first = loss;
            assert_true(loss == first);
            assert_memory_equal(dy[0], dy[i > 0], 64 * sizeof dy[0][0]);
            assert_memory_equal(error[0], error[i > 0], sizeof error[0]);
        }
    }
    hg__spans_free(s);
}

static void finished_outputs_are_probabilities(void **state) {
    (void)state;
    hg__real y[ROOM];
    hg__spans *s = new_spans();
    fill_output(y, 9);
    const hg__real number = y[0], flag = y[7], behind = y[N], logit = y[44] - y[43];
    hg__spans_finish(s, hg__kernels_pick(), y);
    assert_true(y[0] == number && y[N] == behind);
    assert_true(fabs((double)y[7] - 1 / (1 + exp(-(double)flag))) < 1e-6);
    assert_true(fabs(log((double)y[44] / (double)y[43]) - (double)logit) < 1e-5);
    const int32_t from[] = {1, 8, 43}, to[] = {5, 42, 63};
    for (int c = 0; c < 3; c++) {
        double sum = 0;
        for (int32_t i = from[c]; i < to[c]; i++) sum += (double)y[i];
        assert_true(fabs(sum - 1) < 1e-6);
    }
    hg__spans_free(s);
}

static void columns_that_overlap_or_stick_out_are_refused(void **state) {
    (void)state;
    static const struct {
        hg__column_span span[2];
        const char *sentence;
    } wrong[] = {
        {{{0, 3, HG_SPAN_NUMBER, false}, {2, 1, HG_SPAN_NUMBER, false}},
         "column 2: expected floats of its own below 5, got 1 from 2 on" },
        {{{0, 3, HG_SPAN_NUMBER, false}, {3, 3, HG_SPAN_CATEGORY, false}},
         "column 2: expected floats of its own below 5, got 3 from 3 on" },
        {{{0, 1, HG_SPAN_NUMBER, true}, {3, 1, HG_SPAN_CATEGORY, false}},
         "column 1: expected floats of its own below 5, got 1 from 0 on" },
        {{{-1, 1, HG_SPAN_NUMBER, false}, {3, 1, HG_SPAN_CATEGORY, false}},
         "column 1: expected floats of its own below 5, got 1 from -1 on"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hg_error err = {0};
        assert_null(hg__spans_new(wrong[i].span, 2, 5, &err));
        assert_string_equal(err.message, wrong[i].sentence);
    }
}

// ---- models ---------------------------------------------------------------------------------------

enum { TABLE_ROWS = 40 };

static float table[TABLE_ROWS][N + HG_LANES], clean[TABLE_ROWS][N + HG_LANES];

static hg__input table_rows(bool corrupted, const float **target) {
    for (uint32_t i = 0; i < TABLE_ROWS; i++) {
        fill_target(clean[i], i);
        memcpy(table[i], clean[i], sizeof table[i]);
        if (corrupted) table[i][i % N] += 1;
        row[i] = table[i];
        target[i] = clean[i];
    }
    return (hg__input){.row = row,
                       .count = TABLE_ROWS,
                       .dtype = HG_F32,
                       .scale = 1,
                       .target = corrupted ? target : NULL};
}

static void train_on(const char *spec, int32_t threads, bool corrupted, float scores[TABLE_ROWS]) {
    const float *target[TABLE_ROWS];
    double sums[TABLE_ROWS] = {0}, first = 0, last = 0, want = 0;
    float errors[TABLE_ROWS][COLUMNS];
    hg__train_setup setup = setup_of("columns", "adam", TABLE_ROWS);
    hg_model *m = new_model(spec, N);
    m->net.spans = new_spans();
    hg__pool *pool = hg__pool_new(threads, NULL);
    hg__train_plan *t = new_plan(m, pool, &setup);
    hg__run_plan *p = hg__run_plan_new(&m->net, pool, NULL, NULL);
    const hg__input in = table_rows(corrupted, target);
    const bool has_batch = strstr(spec, "batchnorm") != NULL; // runs by other statistics
    if (!has_batch) hg__run_loss(p, &setup.objective, &in, sums);
    for (int r = 0; r < TABLE_ROWS; r++) want += sums[r];
    for (int step = 1; step <= 200; step++) {
        last = hg__train_step(t, &in, 1e-2, step);
        if (step == 1) first = last;
    }
    assert_true(has_batch || first == want);
    assert_true(last < 0.3 * first);
    hg__run(p, HG_SCORE, &in, scores);
    hg__run(p, HG_ERRORS, &in, errors[0]);
    for (int r = 0; r < TABLE_ROWS; r++) {
        double sum = 0;
        for (int c = 0; c < COLUMNS; c++) sum += (double)errors[r][c];
        assert_true(fabs(sum / (COLUMNS - 1) / (double)scores[r] - 1) < 1e-5);
    }
    hg__run_plan_free(p);
    hg__train_plan_free(t);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void a_model_learns_a_table_with_the_same_bits_on_any_threads(void **state) {
    (void)state;
    static const char *const specs[] = {
        "dense 32 relu, dense 8 | dense 32 relu, dense input",
        "dense 32, batchnorm relu, dense 8 | dense 32, batchnorm relu, dense input"};
    float one[TABLE_ROWS], three[TABLE_ROWS];
    for (int i = 0; i < 4; i++) {
        train_on(specs[i / 2], 1, i % 2, one);
        train_on(specs[i / 2], 3, i % 2, three);
        assert_memory_equal(one, three, sizeof one);
    }
}

static void a_model_without_columns_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__train_setup setup = setup_of("columns", "adam", 4);
    hg_model *m = new_model("dense 3 | dense input", 5);
    hg__pool *pool = hg__pool_new(1, NULL);
    assert_null(hg__train_plan_new(&m->net, pool, &setup, &err));
    assert_string_equal(err.message,
                        "loss=columns: expected the rows of a table, got numbers only");
    hg__pool_free(pool);
    hg_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_column_counts_the_same),
        cmocka_unit_test(a_missing_value_does_not_count_and_its_flag_does),
        cmocka_unit_test(every_table_gives_the_same_bits_and_the_errors_add_up),
        cmocka_unit_test(finished_outputs_are_probabilities),
        cmocka_unit_test(columns_that_overlap_or_stick_out_are_refused),
        cmocka_unit_test(a_model_learns_a_table_with_the_same_bits_on_any_threads),
        cmocka_unit_test(a_model_without_columns_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
