// SPDX-License-Identifier: Apache-2.0
// test_table_detector.c - the detector of a table on small made data: what it scores high and why, the same bits however it is
// asked, and foreign files that are refused.
#include <math.h>
#include <stdint.h>
#include <unistd.h>

#include "base/rng.h"
#include "detect/neighbours.h"
#include "detect/table_detector.h"
#include "detect/table_model.h"
#include "model/model.h"
#include "schema_case.h"

enum { ROWS = 500, HELD = 60, WIDTH = 9, ODD = 3, COLUMNS = 4 };

static double uniform(int64_t row, uint32_t what) {
    return (double)hg__unit_float(hg__philox_run(9, (uint32_t)row, what, 0, 0).word[0]);
}

// size, weight = 3 size, kind, level. Rows from ROWS on: as the others; a weight that belongs to no such size; a kind that
// hardly comes with a level far out; a size far out.
static void write_row(int64_t row, int32_t column, char text[64]) {
    const int64_t odd = row - ROWS;
    const double size = odd == 3 ? 60 : 1 + 9 * uniform(row, 0);
    if (column == 0) snprintf(text, 64, "%.4f", size);
    if (column == 1) snprintf(text, 64, "%.4f", odd == 1 ? 33 - 3 * size : 3 * size);
    if (column == 2) snprintf(text, 64, "%s", uniform(row, 2) < 0.6 ? "box" : "bag");
    if (column == 3) snprintf(text, 64, "%.4f", odd == 2 ? 90 : 20 + uniform(row, 3));
}

typedef struct bench {
    schema_case table;
    hg__pool *pool;
    hg_model *model;
    hg__data *data;
    hg__rows train, held;
    float odd[4 * WIDTH]; // (4, width): rows ROWS ... ROWS + 3
    int32_t width;
} bench;

static void keep_detector(hg_model *m, hg__json *detector) {
    hg__model_set_detector(m, detector);
}

// A network with the weights it starts with: the score's rules hold for any.
static void open_bench_as(bench *b, hg__reference_kind kind, int64_t rows, int32_t threads,
                          float *held_score) {
    const hg__schema_options learn = {0};
    const hg__encode_options how = {.memory = 1 << 24};
    hg__side_columns side;
    hg_error err = {0};
    *b = (bench){0};
    case_open(&b->table, "size weight kind level", 0, rows, write_row);
    hg__schema *s = case_infer(&b->table, &learn);
    b->data = hg__schema_read(s, &b->table.table, &how, &side, NULL, &err);
    assert_non_null(b->data);
    b->width = s->width;
    assert_true(b->width <= WIDTH);
    b->table.count = ROWS + 4;
    for (int64_t i = 0; i < 4; i++) {
        hg__encoding_notes notes = {0};
        assert_int_equal(
            case_encode(&b->table, s, ROWS + i, false, b->odd + i * b->width, &notes, &err), HG_OK);
    }
    b->pool = hg__pool_new(threads, &err);
    b->model = hg__model_from_spec("table", &b->data->shape, 0, 1, &err);
    assert_non_null(b->pool);
    assert_non_null(b->model);
    assert_int_equal(hg__model_take_schema(b->model, s, &err), HG_OK);
    const double part = rows == ROWS ? (double)HELD / ROWS : 0;
    assert_int_equal(
        hg__rows_split(hg__array_source(b->data), part, 1, 3, &b->train, &b->held, &err), HG_OK);
    hg__json *detector = hg__json_object();
    assert_int_equal(hg__table_detector_fit(b->model, &b->train, &b->held, kind, held_score,
                                            detector, b->pool, &err),
                     HG_OK);
    keep_detector(b->model, detector);
    hg__side_columns_clear(&side);
}

static void open_bench(bench *b, int64_t rows, int32_t threads, float *held_score) {
    open_bench_as(b, HG_REFERENCES_EXACT, rows, threads, held_score);
}

static void close_bench(bench *b) {
    hg_model_free(b->model);
    hg__data_close(b->data);
    hg__pool_free(b->pool);
}

static hg__table_detector *make(const bench *b) {
    hg_error err = {0};
    hg__table_detector *d = hg__table_detector_new(b->model, b->pool, "x.safetensors", &err);
    if (!d) print_error("%s\n", err.message);
    assert_non_null(d);
    return d;
}

// All rows of the data, then the odd ones: score, share as hg__table_detector_score() has them.
static void score_all(const bench *b, float *score, float *share) {
    hg__table_detector *d = make(b);
    const int64_t rows = b->data->rows;
    assert_int_equal(hg__table_detector_score(d, b->data->base, rows, score, share, NULL), HG_OK);
    assert_int_equal(hg__table_detector_score(d, b->odd, 4, score + rows,
                                              share ? share + rows * COLUMNS : NULL, NULL),
                     HG_OK);
    hg__table_detector_free(d);
}

static int by_size(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void what_is_odd_scores_higher_than_what_is_not(void **state) {
    (void)state;
    bench b;
    float score[ROWS + 4], sorted[ROWS], share[(ROWS + 4) * COLUMNS], held[HELD];
    open_bench(&b, ROWS, 1, held);
    score_all(&b, score, share);
    memcpy(sorted, held, sizeof held);
    qsort(sorted, HELD, sizeof *sorted, by_size);
    assert_true(score[ROWS] <= sorted[HELD - 1]);
    assert_true(sorted[HELD / 2] > 0.2F && sorted[HELD / 2] < 3); // usual rows score about 1
    static const int culprit[] = {1, 3, 0};
    for (int i = 0; i < ODD; i++) {
        const float *of = share + (ROWS + 1 + i) * COLUMNS;
        assert_true(score[ROWS + 1 + i] > 3 * sorted[HELD - 1]);
        const bool is_pair = culprit[i] < 2; // size and weight belong together: either may be wrong
        for (int c = 0; c < COLUMNS; c++) {
            const bool may_be_more = c == culprit[i] || (is_pair && c < 2);
            assert_true(may_be_more || of[c] < of[culprit[i]]);
        }
    }
    close_bench(&b);
}

static void the_columns_shares_are_the_score(void **state) {
    (void)state;
    bench b;
    static float score[ROWS + 4], share[(ROWS + 4) * COLUMNS];
    open_bench(&b, ROWS, 1, NULL);
    score_all(&b, score, share);
    for (int i = 0; i < ROWS + 4; i++) {
        double sum = 0;
        for (int c = 0; c < COLUMNS; c++) {
            assert_true(share[i * COLUMNS + c] >= 0);
            sum += (double)share[i * COLUMNS + c];
        }
        assert_true(fabs(sum - (double)score[i]) <= 1e-4 * (double)score[i] + 1e-12);
    }
    close_bench(&b);
}

static void held_out_rows_are_scored_as_if_they_were_no_references(void **state) {
    (void)state;
    bench b;
    float held[HELD], score[ROWS + 4];
    open_bench(&b, ROWS, 1, held);
    score_all(&b, score, NULL);
    assert_int_equal(hg__model_part(b.model, "detector.reference")->shape.dim[0], ROWS);
    for (int i = 0; i < HELD; i++) {
        const int64_t row = hg__rows_at(&b.held, i);
        assert_true(held[i] >
                    score[row]); // which finds itself among the references, at no distance
    }
    close_bench(&b);
}

static void the_bits_do_not_depend_on_how_rows_are_given(void **state) {
    (void)state;
    bench b, other;
    static float score[ROWS + 4], again[ROWS + 4], share[(ROWS + 4) * COLUMNS],
        shares[(ROWS + 4) * COLUMNS];
    static float mixed[ROWS * WIDTH];
    float held[HELD], held_by_three[HELD];
    open_bench(&b, ROWS, 1, held);
    score_all(&b, score, share);
    open_bench(&other, ROWS, 3, held_by_three);
    score_all(&other, again, shares);
    assert_memory_equal(score, again, sizeof score);
    assert_memory_equal(share, shares, sizeof share);
    assert_memory_equal(held, held_by_three, sizeof held);
    close_bench(&other);

    hg__table_detector *d = make(&b);
    const float *x = b.data->base;
    const int64_t width = b.width;
    for (int64_t from = 0, n = 1; from < ROWS; from += n, n = 2 * n + 1) { // cut into calls
        if (n > ROWS - from) n = ROWS - from;
        assert_int_equal(hg__table_detector_score(d, x + from * width, n, again + from,
                                                  shares + from * COLUMNS, NULL),
                         HG_OK);
    }
    assert_memory_equal(score, again, ROWS * sizeof *score);
    assert_memory_equal(share, shares, (size_t)ROWS * COLUMNS * sizeof *share);
    for (int64_t i = 0; i < ROWS; i++) { // in another order, each of the first three four times
        memcpy(mixed + i * width, x + (i < 12 ? i % 3 : ROWS - 1 - i) * width,
               (size_t)width * sizeof *x);
    }
    assert_int_equal(hg__table_detector_score(d, mixed, ROWS, again, NULL, NULL), HG_OK);
    for (int64_t i = 0; i < ROWS; i++) {
        assert_memory_equal(&again[i], &score[i < 12 ? i % 3 : ROWS - 1 - i], sizeof *score);
    }
    hg__table_detector_free(d);
    close_bench(&b);
}

static void a_model_file_gives_the_same_bits(void **state) {
    (void)state;
    bench b;
    float score[ROWS + 4], again[ROWS + 4];
    char path[] = "/tmp/hourglass-test-XXXXXX";
    hg_error err = {0};
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    open_bench(&b, ROWS, 1, NULL);
    score_all(&b, score, NULL);
    assert_int_equal(hg__model_save(b.model, path, NULL, &err), HG_OK);
    hg_model *was = b.model;
    b.model = hg_model_load(path, &err);
    assert_non_null(b.model);
    assert_true(hg__table_detector_is_in(b.model));
    score_all(&b, again, NULL);
    assert_memory_equal(score, again, sizeof score);
    unlink(path);
    hg_model_free(was);
    close_bench(&b);
}

static bool is_row_of(const bench *b, const float *x) {
    const float *row = b->data->base;
    for (int64_t i = 0; i < b->data->rows; i++, row += b->width) {
        if (memcmp(row, x, (size_t)b->width * sizeof *x) == 0) return true;
    }
    return false;
}

static void sums_are_scores(const float *score, const float *share) {
    for (int i = 0; i < ROWS + 4; i++) {
        double sum = 0;
        for (int c = 0; c < COLUMNS; c++) sum += (double)share[i * COLUMNS + c];
        assert_true(fabs(sum - (double)score[i]) <= 1e-4 * (double)score[i] + 1e-12);
    }
}

// Saved and loaded, the model scores as `score` has it.
static void a_file_scores_so(bench *b, const float *score) {
    char path[] = "/tmp/hourglass-test-XXXXXX";
    float again[ROWS + 4];
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(hg__model_save(b->model, path, NULL, NULL), HG_OK);
    hg_model_free(b->model);
    b->model = hg_model_load(path, NULL);
    assert_non_null(b->model);
    assert_true(hg__table_detector_is_in(b->model));
    score_all(b, again, NULL);
    assert_memory_equal(score, again, sizeof again);
    unlink(path);
}

// first: the first of the odd rows that is told.
static void check_kind(hg__reference_kind kind, int32_t references, int first) {
    bench b;
    float score[ROWS + 4], share[(ROWS + 4) * COLUMNS], held[HELD], most = 0;
    open_bench_as(&b, kind, ROWS, 1, held);
    score_all(&b, score, share);
    sums_are_scores(score, share);
    for (int i = 0; i < HELD; i++) { // a row to come scores as the held-out ones did
        assert_true(held[i] == score[hg__rows_at(&b.held, i)]);
        most = held[i] > most ? held[i] : most;
    }
    for (int i = first; i < ODD; i++) assert_true(score[ROWS + 1 + i] > most);
    const hg__tensor *kept = hg__model_part(b.model, "detector.reference");
    assert_int_equal(kept ? kept->shape.dim[0] : 0, references);
    for (int64_t i = 0; i < references; i++) {
        assert_false(is_row_of(&b, (const float *)kept->data + i * b.width));
    }
    a_file_scores_so(&b, score);
    assert_int_equal(hg__table_detector_references(b.model), kind);
    close_bench(&b);
}

static void a_model_may_keep_means_of_rows_or_none(void **state) {
    (void)state;
    check_kind(HG_REFERENCES_QUANTISED, (ROWS - HELD) / HG_QUANTISE_ROWS, 0);
    // The residual of a network that was not trained tells what is far out, not what belongs together.
    check_kind(HG_REFERENCES_NONE, 0, 1);
}

// Groups of four take in all rows: those of a few clusters become their means.
static void rows_that_lie_together_become_their_mean(void **state) {
    (void)state;
    enum { N = 23 };
    float x[N * 2];
    const float scale[] = {1, 0.5F};
    for (int i = 0; i < N; i++) { // by turns at 0, 10 and 20; the last one too many of each
        const int turn = i / 3;
        x[2 * i] = (float)(10 * (i % 3)) + (float)turn / 64;
        x[2 * i + 1] = (float)(i % 3);
    }
    assert_int_equal(hg__quantise(x, N, 2, scale, NULL), HG_OK);
    int at[3] = {0};
    for (int i = 0; i < N / HG_QUANTISE_ROWS; i++) {
        assert_true(x[2 * i] * HG_QUANTISE_STEPS == floorf(x[2 * i] * HG_QUANTISE_STEPS));
        for (int c = 0; c < 3; c++) at[c] += fabsf(x[2 * i] - (float)(10 * c)) < 0.5F;
    }
    assert_true(at[0] >= 1 && at[2] >= 1 && at[0] + at[1] + at[2] >= 4);
}

static void too_few_rows_have_no_mean(void **state) {
    (void)state;
    bench b;
    hg_error err = {0};
    open_bench(&b, 3, 1, NULL);
    hg__json *unused = hg__json_object();
    assert_int_equal(hg__table_detector_fit(b.model, &b.train, &b.held, HG_REFERENCES_QUANTISED,
                                            NULL, unused, b.pool, &err),
                     HG_ERR_DATA);
    assert_non_null(strstr(err.message, "references=none"));
    hg__json_free(unused);
    close_bench(&b);
}

static void a_table_of_few_rows_has_a_detector_too(void **state) {
    (void)state;
    for (int64_t rows = 2; rows < 14;
         rows++) { // of one row there is no schema: every column is constant
        bench b;
        float score[ROWS + 4], share[(ROWS + 4) * COLUMNS];
        open_bench(&b, rows, 2, NULL);
        score_all(&b, score, share);
        for (int64_t i = 0; i < rows + 4; i++) assert_true(isfinite(score[i]) && score[i] >= 0);
        assert_true(score[rows + 3] > score[0]);
        close_bench(&b);
    }
}

// ---- foreign files ------------------------------------------------------------------------------

static void put(hg_model *m, const char *name, hg__dtype dtype, hg__shape shape, const void *data) {
    hg__tensor t = {.dtype = dtype, .shape = shape, .data = data};
    snprintf(t.name, sizeof t.name, "%s", name);
    assert_int_equal(hg__model_add_part(m, &t, NULL), HG_OK);
}

static void refused(const bench *b, const char *sentence) {
    hg_error err = {0};
    assert_null(hg__table_detector_new(b->model, b->pool, "x.safetensors", &err));
    assert_int_equal(err.code, HG_ERR_MODEL);
    assert_string_equal(err.message, sentence);
}

// The part with number `at` as `value`, and what is then said.
static void corrupt(bench *b, const char *name, size_t at, double value, const char *sentence) {
    const hg__tensor *was = hg__model_part(b->model, name);
    const bool is_double = was->dtype == HG_F64;
    const size_t size = is_double ? sizeof(double) : sizeof(float);
    size_t count;
    assert_true(hg__shape_count(&was->shape, &count));
    uint8_t *bytes = calloc(count, size), *good = calloc(count, size);
    assert_true(bytes && good && at < count);
    const hg__shape shape = was->shape;
    const hg__dtype dtype = was->dtype;
    memcpy(good, was->data, count * size);
    memcpy(bytes, was->data, count * size);
    const float narrow = (float)value;
    memcpy(bytes + at * size, is_double ? (const void *)&value : &narrow, size);
    put(b->model, name, dtype, shape, bytes);
    refused(b, sentence);
    put(b->model, name, dtype, shape, good);
    hg__table_detector_free(make(b));
    free(bytes);
    free(good);
}

static void numbers_that_make_no_score_are_refused(void **state) {
    (void)state;
    bench b;
    open_bench(&b, ROWS, 1, NULL);
    corrupt(&b, "detector.scale", 1, (double)NAN,
            "x.safetensors: 'detector.scale': expected numbers from 0 to 1e+07, got nan");
    corrupt(&b, "detector.scale", 0, -1,
            "x.safetensors: 'detector.scale': expected numbers from 0 to 1e+07, got -1");
    corrupt(&b, "detector.inverse", 2, (double)INFINITY,
            "x.safetensors: 'detector.inverse': expected numbers from 0 to 1e+07, got inf");
    corrupt(&b, "detector.spread", 0, -2,
            "x.safetensors: 'detector.spread': expected numbers from 0 to 1e+12, got -2");
    corrupt(
        &b, "detector.reference", 7, 1e30,
        "x.safetensors: 'detector.reference': expected numbers from -10000 to 10000, got 1e+30");
    corrupt(&b, "detector.unit", 2, 0,
            "x.safetensors: 'detector.unit': expected numbers from 1e-12 to 1e+12, got 0");
    corrupt(&b, "detector.weight", 0, (double)NAN,
            "x.safetensors: 'detector.weight': expected numbers from 1e-12 to 1e+12, got nan");
    close_bench(&b);
}

static void parts_that_are_missing_or_of_another_shape_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"detector.scale", "detector.inverse", "detector.spread",
                                        "detector.unit",  "detector.weight",  "detector.reference"};
    static const float zero[64];
    bench b;
    open_bench(&b, ROWS, 1, NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        hg_error err = {0};
        const hg__tensor *was = hg__model_part(b.model, names[i]);
        const hg__shape shape = was->shape;
        const hg__dtype dtype = was->dtype;
        size_t count;
        assert_true(hg__shape_count(&shape, &count));
        uint8_t *good = calloc(count, 8);
        assert_non_null(good);
        memcpy(good, was->data, count * (dtype == HG_F64 ? 8 : 4));
        put(b.model, names[i], HG_F32,
            (hg__shape){
                2, {2, 2}
        },
            zero);
        assert_null(hg__table_detector_new(b.model, b.pool, "x.safetensors", &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
        assert_non_null(strstr(err.message, names[i]));
        hg__model_drop_parts(b.model, names[i]);
        err = (hg_error){0};
        assert_null(hg__table_detector_new(b.model, b.pool, "x.safetensors", &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
        assert_non_null(strstr(err.message, names[i]));
        put(b.model, names[i], dtype, shape, good);
        hg__table_detector_free(make(&b));
        free(good);
    }
    put(b.model, "detector.reference", HG_F32,
        (hg__shape){
            2, {0, b.width}
    },
        zero);
    refused(&b, "x.safetensors: 'detector.reference': expected rows, got 0");
    hg__model_drop_parts(b.model, "detector.reference");
    assert_false(hg__table_detector_is_in(b.model));
    close_bench(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_odd_scores_higher_than_what_is_not),
        cmocka_unit_test(the_columns_shares_are_the_score),
        cmocka_unit_test(held_out_rows_are_scored_as_if_they_were_no_references),
        cmocka_unit_test(the_bits_do_not_depend_on_how_rows_are_given),
        cmocka_unit_test(a_model_file_gives_the_same_bits),
        cmocka_unit_test(a_model_may_keep_means_of_rows_or_none),
        cmocka_unit_test(rows_that_lie_together_become_their_mean),
        cmocka_unit_test(too_few_rows_have_no_mean),
        cmocka_unit_test(a_table_of_few_rows_has_a_detector_too),
        cmocka_unit_test(numbers_that_make_no_score_are_refused),
        cmocka_unit_test(parts_that_are_missing_or_of_another_shape_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
