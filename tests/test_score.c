// SPDX-License-Identifier: Apache-2.0
// test_score.c - scorers, the scoring jobs and the files they write.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include "array/data.h"
#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/rng.h"
#include "exec/plan.h"
#include "jobs/score_sheet.h"
#include "model/model.h"
#include "own_folder.h"

#include <cmocka.h>

enum { H = 5, W = 7, WIDTH = H * W, CODE = 6, ROWS = 700 };

static float x[ROWS * WIDTH]; // what bytes.idx and floats.npy hold
static uint8_t bytes[ROWS * WIDTH];

static void write_text(const char *name, const char *text) {
    assert_int_equal(hg__write_file(at(name), text, strlen(text), NULL), HG_OK);
}

static hg_model *new_model(void) {
    const hg__shape shape = {
        2, {H, W}
    };
    hg_error err = {0};
    hg_model *m = hg__model_from_spec("dense 6 tanh | dense input sigmoid", &shape, 0, 3, &err);
    if (!m) fail_msg("%s", err.message);
    if (m) m->input_scale = 1 / 255.0F;
    return m;
}

static void write_rows(const char *name, hg__dtype dtype) {
    const hg__row_layout l = {
        .rows = ROWS, .shape = {2, {H, W}},
             .dtype = dtype, .unit = 1 / 255.0F
    };
    hg__row_writer w;
    assert_int_equal(
        hg__row_writer_open(&w, at(name), hg__row_format_find(name, "", NULL), &l, NULL), HG_OK);
    assert_int_equal(hg__row_writer_add(&w, x, ROWS, NULL), HG_OK);
    assert_int_equal(hg__row_writer_commit(&w, NULL), HG_OK);
}

static int make_files(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    for (uint32_t i = 0; i < ROWS * WIDTH; i++) {
        bytes[i] = (uint8_t)(hg__philox_run(1, i, 0, 0, 0).word[0] >> 24);
        x[i] = (float)bytes[i] * (1 / 255.0F);
    }
    write_rows("bytes.idx", HG_U8);
    write_rows("floats.npy", HG_F32);
    hg_model *m = new_model();
    const int code = hg__model_save(m, at("m.safetensors"), NULL, NULL);
    hg_model_free(m);
    return code;
}

// ---- jobs ---------------------------------------------------------------------------------------

static hg_options *options(const char *mode, const char *model, const char *data, const char *out) {
    hg_options *o = hg_options_new(mode, NULL);
    assert_non_null(o);
    assert_int_equal(hg_options_set(o, "model", at(model), NULL), HG_OK);
    assert_int_equal(hg_options_set(o, "data", at(data), NULL), HG_OK);
    if (out) assert_int_equal(hg_options_set(o, "out", at(out), NULL), HG_OK);
    return o;
}

static int run(const char *job, const char *model, const char *data, const char *out,
               hg_error *err) {
    hg_options *o = options(job, model, data, out);
    const int code = hg_run(o, NULL, NULL, err);
    hg_options_free(o);
    return code;
}

static void must_run(const char *job, const char *model, const char *data, const char *out) {
    hg_error err = {0};
    if (run(job, model, data, out, &err) < 0) fail_msg("%s", err.message);
}

static hg__data *open_rows(const char *name) {
    const hg__data_options o = {.label = "", .ignore = "", .on_bad = "stop", .memory = 192 << 20};
    hg_error err = {0};
    hg__data *d = hg__data_open(at(name), &o, &err);
    if (!d) fail_msg("%s", err.message);
    return d;
}

static void same_rows(const char *name, const float *expected, int32_t width) {
    hg__data *d = open_rows(name);
    assert_int_equal(d->rows, ROWS);
    assert_int_equal(d->width, width);
    float row[WIDTH];
    for (int64_t i = 0; i < ROWS; i++) {
        assert_int_equal(hg__data_row(d, i, row, NULL), HG_OK);
        assert_memory_equal(row, expected + i * width, (size_t)width * sizeof *row);
    }
    hg__data_close(d);
}

// ---- scorers ------------------------------------------------------------------------------------

static void all_of(hg_scorer *s, int64_t rows, float *score, float *y, float *z) {
    hg_score(s, x, rows, score);
    hg_reconstruct_rows(s, x, rows, y);
    hg_encode_rows(s, x, rows, z);
}

static void one_row_and_many_rows_and_any_threads_give_the_same_bits(void **state) {
    (void)state;
    static float score[3][ROWS], y[3][ROWS * WIDTH], z[3][ROWS * CODE];
    hg_model *m = new_model();
    hg_scorer *one = hg_scorer_new(m, 1, NULL), *three = hg_scorer_new(m, 3, NULL);
    assert_non_null(one);
    assert_non_null(three);
    all_of(one, ROWS, score[0], y[0], z[0]);
    all_of(three, ROWS, score[1], y[1], z[1]);
    for (int i = 0; i < ROWS; i++) {
        hg_score(one, x + (size_t)i * WIDTH, 1, score[2] + i);
        hg_reconstruct_rows(one, x + (size_t)i * WIDTH, 1, y[2] + (size_t)i * WIDTH);
        hg_encode_rows(one, x + (size_t)i * WIDTH, 1, z[2] + (size_t)i * CODE);
    }
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(score[0], score[i], sizeof score[0]);
        assert_memory_equal(y[0], y[i], sizeof y[0]);
        assert_memory_equal(z[0], z[i], sizeof z[0]);
    }
    assert_true(score[0][0] > 0 && score[0][0] != score[0][1]);
    hg_scorer_free(one);
    hg_scorer_free(three);
    hg_model_free(m);
}

static void a_score_is_the_mean_square_of_what_reconstruct_misses(void **state) {
    (void)state;
    static float score[ROWS], y[ROWS * WIDTH];
    hg_model *m = new_model();
    hg_scorer *s = hg_scorer_new(m, 2, NULL);
    hg_score(s, x, ROWS, score);
    hg_reconstruct_rows(s, x, ROWS, y);
    for (int i = 0; i < ROWS; i++) {
        double sum = 0;
        for (int j = 0; j < WIDTH; j++) {
            const double d = (double)x[i * WIDTH + j] - (double)y[i * WIDTH + j];
            sum += d * d;
        }
        assert_true(fabs(sum / WIDTH - (double)score[i]) < 1e-6 * sum);
    }
    hg_scorer_free(s);
    hg_model_free(m);
}

static void decoding_the_codes_is_reconstructing(void **state) {
    (void)state;
    static float y[ROWS * WIDTH], z[ROWS * CODE], back[ROWS * WIDTH];
    hg_model *m = new_model();
    hg_scorer *s = hg_scorer_new(m, 2, NULL);
    hg_reconstruct_rows(s, x, ROWS, y);
    hg_encode_rows(s, x, ROWS, z);
    hg_decode_rows(s, z, ROWS, back);
    assert_memory_equal(y, back, sizeof y);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void a_scorer_is_the_run_plan(void **state) {
    (void)state;
    static float score[ROWS], expected[ROWS];
    static const void *row[ROWS];
    for (int i = 0; i < ROWS; i++) row[i] = bytes + (size_t)i * WIDTH;
    hg_model *m = new_model();
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__run_plan *plan = hg__run_plan_new(&m->net, pool, NULL, NULL);
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    const hg__input in = {.row = row, .count = ROWS, .dtype = HG_U8, .scale = 1 / 255.0F};
    hg__run(plan, HG_SCORE, &in, expected);
    hg_score(s, x, ROWS, score);
    assert_memory_equal(score, expected, sizeof score);
    hg_scorer_free(s);
    hg__run_plan_free(plan);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void a_scorer_allocates_nothing_once_it_is_made(void **state) {
    (void)state;
    static float score[ROWS];
    hg_model *m = new_model();
    hg_scorer *s = hg_scorer_new(m, 2, NULL);
    const uint64_t before = hg__alloc_count();
    hg_score(s, x, ROWS, score);
    assert_int_equal(hg__alloc_count(), before);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void a_negative_number_of_threads_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    hg_model *m = new_model();
    assert_null(hg_scorer_new(m, -1, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_string_equal(err.message, "scorer: expected 0 to 256 threads, got -1");
    hg_model_free(m);
}

// ---- predict, val -------------------------------------------------------------------------------

static void expected_scores(float *score) {
    hg_model *m = new_model();
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    hg_score(s, x, ROWS, score);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void predict_writes_the_scorers_numbers(void **state) {
    (void)state;
    static float score[ROWS];
    const char *data[] = {"bytes.idx", "floats.npy"};
    expected_scores(score);
    for (int k = 0; k < 2; k++) {
        must_run("predict", "m.safetensors", data[k], "scores.csv");
        hg__content content;
        assert_int_equal(hg__content_read(&content, at("scores.csv"), NULL), HG_OK);
        const char *text = (const char *)content.data, *end = text + content.size;
        assert_memory_equal(text, "row,score\n", 10);
        text += 10;
        for (int i = 0; i < ROWS; i++) {
            char line[64];
            const int length = snprintf(line, sizeof line, "%d,%.9g\n", i, (double)score[i]);
            assert_true(end - text >= length);
            assert_memory_equal(text, line, (size_t)length);
            text += length;
        }
        assert_ptr_equal(text, end);
        hg__content_free(&content);
    }
}

static void val_is_the_mean_and_median_of_the_scores(void **state) {
    (void)state;
    static float score[ROWS];
    expected_scores(score);
    double sum = 0, most = 0;
    for (int i = 0; i < ROWS; i++) {
        sum += (double)score[i];
        most = fmax(most, (double)score[i]);
    }
    hg_options *o = options("val", "m.safetensors", "bytes.idx", NULL);
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    if (hg_run(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    hg_text_free(r.text);
    assert_int_equal(r.rows, ROWS);
    assert_int_equal(r.width, WIDTH);
    assert_true(fabs(r.mse - sum / ROWS) < 1e-6 * r.mse);
    assert_true(fabs(r.row_mse_max - most) < 1e-6 * most);
    int below = 0, above = 0;
    for (int i = 0; i < ROWS; i++) {
        below += (double)score[i] < r.row_mse_median;
        above += (double)score[i] > r.row_mse_median;
    }
    assert_int_equal(below, ROWS / 2);
    assert_int_equal(above, ROWS / 2);
    assert_true(r.mae > 0 && r.mae * r.mae <= r.mse);
}

static void a_job_stops_when_asked_and_leaves_no_file(void **state) {
    (void)state;
    const volatile sig_atomic_t stop = 1;
    const hg_listener l = {.size = sizeof l, .stop = &stop};
    hg_error err = {0};
    hg_options *o = options("predict", "m.safetensors", "bytes.idx", "stopped.csv");
    assert_int_equal(hg_run(o, &l, NULL, &err), HG_ERR_STOPPED);
    hg_options_free(o);
    assert_false(hg__is_file(at("stopped.csv")));
}

// What a listener heard.
typedef struct heard {
    int ends, events;
    int64_t done, total;
    double last; // seconds of the event before
    char stage[32], unit[16];
} heard;

static void hear(void *context, const hg_progress_event *e) {
    heard *h = context;
    h->events++;
    h->ends += e->end;
    assert_true(e->done >= 0 && (e->total == 0 || e->done <= e->total) && e->part <= 1);
    assert_true(e->end || e->seconds > h->last + 0.0999); // ten times a second, but for rounding
    h->last = e->end ? 0 : e->seconds;
    h->done = e->done;
    h->total = e->total;
    snprintf(h->stage, sizeof h->stage, "%s", e->stage);
    snprintf(h->unit, sizeof h->unit, "%s", e->unit);
}

static void a_job_tells_how_far_it_is(void **state) {
    (void)state;
    heard h = {0};
    const hg_listener l = {.size = sizeof l, .context = &h, .progress = hear};
    hg_options *o = options("predict", "m.safetensors", "bytes.idx", "told.csv");
    assert_int_equal(hg_run(o, &l, NULL, NULL), HG_OK);
    hg_options_free(o);
    assert_true(h.ends >= 1);
    assert_int_equal(h.done, ROWS);
    assert_int_equal(h.total, ROWS);
    assert_string_equal(h.stage, "scoring");
    assert_string_equal(h.unit, "rows");
}

static void a_meter_speaks_now_and_then_and_at_the_end(void **state) {
    (void)state;
    heard h = {0};
    const hg_listener l = {.size = sizeof l, .context = &h, .progress = hear};
    hg__meter m = {0};
    hg__meter_end(&m); // nothing began
    hg__meter_start(&m, &l, "reading", "rows", 0);
    for (int i = 0; i < 100000; i++) {
        hg__meter_part(&m, i / 1e5);
        hg__meter_add(&m, 1);
    }
    assert_true(h.events < 50);
    hg__meter_end(&m);
    hg__meter_end(&m);
    assert_int_equal(h.ends, 1);
    assert_int_equal(h.done, 100000);
    hg__meter_start(&m, NULL, "reading", "rows", 3); // nobody listens
    hg__meter_add(&m, 3);
    hg__meter_end(&m);
    assert_false(hg__meter_is_stopped(&m));
}

// ---- reconstruct, encode, decode ----------------------------------------------------------------

static void rows_come_out_as_the_scorer_has_them(void **state) {
    (void)state;
    static float y[ROWS * WIDTH], z[ROWS * CODE];
    hg_model *m = new_model();
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    hg_reconstruct_rows(s, x, ROWS, y);
    hg_encode_rows(s, x, ROWS, z);
    must_run("reconstruct", "m.safetensors", "bytes.idx", "y.npy");
    same_rows("y.npy", y, WIDTH);
    must_run("encode", "m.safetensors", "floats.npy", "z.npy");
    same_rows("z.npy", z, CODE);
    must_run("decode", "m.safetensors", "z.npy", "back.npy");
    same_rows("back.npy", y, WIDTH);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void pictures_keep_their_shape(void **state) {
    (void)state;
    const hg__shape shape = {
        2, {H, W}
    };
    const char *out[] = {"y.npy", "y.idx", "back.npy", "back.idx"};
    must_run("encode", "m.safetensors", "bytes.idx", "z.npy");
    for (int i = 0; i < 4; i++) {
        if (i < 2) {
            must_run("reconstruct", "m.safetensors", "bytes.idx", out[i]);
        } else {
            must_run("decode", "m.safetensors", "z.npy", out[i]);
        }
        hg__data *d = open_rows(out[i]);
        assert_true(hg__shape_is_equal(&d->shape, &shape));
        assert_int_equal(d->dtype, i % 2 ? HG_U8 : HG_F32);
        hg__data_close(d);
    }
}

static void bytes_that_go_out_as_idx_are_bytes_again_to_the_nearest(void **state) {
    (void)state;
    static float y[ROWS * WIDTH];
    hg_model *m = new_model();
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    hg_reconstruct_rows(s, x, ROWS, y);
    must_run("reconstruct", "m.safetensors", "bytes.idx", "y.idx");
    hg__data *d = open_rows("y.idx");
    float row[WIDTH];
    for (int64_t i = 0; i < ROWS; i++) {
        assert_int_equal(hg__data_row(d, i, row, NULL), HG_OK);
        for (int j = 0; j < WIDTH; j++) {
            assert_true(fabsf(row[j] - y[i * WIDTH + j]) <= 0.5001F / 255);
        }
    }
    hg__data_close(d);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void a_name_that_says_nothing_gets_the_inputs_format(void **state) {
    (void)state;
    must_run("reconstruct", "m.safetensors", "bytes.idx", "same");
    hg__data *d = open_rows("same");
    assert_string_equal(d->format, "idx");
    hg__data_close(d);
}

static void a_compressed_output_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    char expected[256];
    snprintf(expected, sizeof expected,
             "out: expected a name that ends in .npy, .csv, .tsv, .idx or .parquet, for rows of a "
             "table .csv or "
             "a database, got %s, a packed file",
             at("y.npy.gz"));
    assert_int_equal(run("reconstruct", "m.safetensors", "bytes.idx", "y.npy.gz", &err),
                     HG_ERR_USAGE);
    assert_string_equal(err.message, expected);
    assert_false(hg__is_file(at("y.npy.gz")));
}

static void a_folder_that_is_not_there_is_an_error(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(run("predict", "m.safetensors", "bytes.idx", "no/s.csv", &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "no/s.csv: cannot create"));
}

// ---- widths and columns -------------------------------------------------------------------------

static void rows_of_another_width_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    char expected[256];
    must_run("encode", "m.safetensors", "bytes.idx", "z.npy");
    snprintf(expected, sizeof expected,
             "%s: expected rows of 35 numbers (the model's width), got 6", at("z.npy"));
    assert_int_equal(run("predict", "m.safetensors", "z.npy", "s.csv", &err), HG_ERR_DATA);
    assert_string_equal(err.message, expected);
    assert_false(hg__is_file(at("s.csv")));
    snprintf(expected, sizeof expected, "%s: expected rows of 6 numbers (the model's code), got 35",
             at("floats.npy"));
    assert_int_equal(run("decode", "m.safetensors", "floats.npy", "y.npy", &err), HG_ERR_DATA);
    assert_string_equal(err.message, expected);
}

static void write_named_model(void) {
    const hg__shape shape = {1, {3}};
    const char *name[] = {"a", "b", "c, or d"};
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &shape, 0, 1, NULL);
    assert_non_null(m);
    m->column = hg__alloc(3, sizeof *m->column, NULL);
    for (int i = 0; i < 3; i++) m->column[i] = hg__copy_text(name[i], NULL);
    assert_int_equal(hg__model_save(m, at("named.safetensors"), NULL, NULL), HG_OK);
    hg_model_free(m);
}

static void columns_are_matched_by_name(void **state) {
    (void)state;
    const hg__data_options o = {.label = "", .ignore = "", .on_bad = "stop", .memory = 1 << 20};
    write_named_model();
    write_text("right.csv", "a,b,\"c, or d\"\n1,2,3\n4,5,6.5\n");
    write_text("mixed.csv", "b,more,\"c, or d\",a\n2,9,3,1\n5,9,6.5,4\n");
    hg__data *d = hg__data_open(at("right.csv"), &o, NULL);
    if (!d) {
        puts("skipped: no reader of csv");
        skip();
    }
    hg__data_close(d);
    must_run("reconstruct", "named.safetensors", "right.csv", "right_out.csv");
    must_run("reconstruct", "named.safetensors", "mixed.csv", "mixed_out.csv");
    hg__content right, mixed;
    assert_int_equal(hg__content_read(&right, at("right_out.csv"), NULL), HG_OK);
    assert_int_equal(hg__content_read(&mixed, at("mixed_out.csv"), NULL), HG_OK);
    assert_int_equal(right.size, mixed.size);
    assert_memory_equal(right.data, mixed.data, right.size);
    assert_memory_equal(right.data, "a,b,\"c, or d\"\n", 14);
    hg__content_free(&right);
    hg__content_free(&mixed);
}

static void a_missing_column_is_named(void **state) {
    (void)state;
    const hg__data_options o = {.label = "", .ignore = "", .on_bad = "stop", .memory = 1 << 20};
    hg_error err = {0};
    char expected[256];
    write_named_model();
    write_text("short.csv", "a,\"c, or d\",B\n1,2,3\n");
    hg__data *d = hg__data_open(at("short.csv"), &o, NULL);
    if (!d) {
        puts("skipped: no reader of csv");
        skip();
    }
    hg__data_close(d);
    snprintf(expected, sizeof expected,
             "%s: expected a column named \"b\" (the model has it), found none", at("short.csv"));
    assert_int_equal(run("predict", "named.safetensors", "short.csv", "s.csv", &err), HG_ERR_DATA);
    assert_string_equal(err.message, expected);
}

// ---- text of numbers ----------------------------------------------------------------------------

static void check_g9(float value) {
    char got[40], expected[40];
    got[hg__format_g9(got, value)] = '\0';
    snprintf(expected, sizeof expected, "%.9g", (double)value);
    assert_string_equal(got, expected);
}

static void numbers_are_written_as_printf_writes_them(void **state) {
    (void)state;
    const float special[] = {0.0F,   -0.0F,        1,          9.99999999e8F, 1e9F,        1e-18F,
                             1e-19F, 0.0001F,      0.0000999F, 1e-5F,         999999.994F, 0.5F,
                             1e38F,  1.17549e-38F, 1e-45F,     16777216,      33554432,    0.1F,
                             1e8F,   99999992,     8388608.5F, 123456.789F,   -1.5e-7F,    3};
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        check_g9(special[i]);
        check_g9(nextafterf(special[i], 1e30F));
        check_g9(-nextafterf(special[i], -1e30F));
    }
    for (uint32_t i = 0; i < 200000; i++) {
        float value;
        uint32_t word = hg__philox_run(2, i, 0, 0, 0).word[0];
        if (i & 1) word = (word & 0x807fffffU) | ((67U + word % 90U) << 23); // the fast range
        memcpy(&value, &word, sizeof value);
        if (isfinite(value)) check_g9(value);
    }
    char text[24];
    text[hg__format_count(text, UINT64_MAX)] = '\0';
    assert_string_equal(text, "18446744073709551615");
    text[hg__format_count(text, 0)] = '\0';
    assert_string_equal(text, "0");
}

static void halves_are_rounded_to_even(void **state) {
    (void)state;
    for (int i = 1; i < 4096; i++) {
        check_g9((float)i / 1024 + 1024); // 10 binary places: ties at the ninth digit and none
        check_g9((float)i / 4096 + 256);
        check_g9((float)i / 16 + 524288);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_row_and_many_rows_and_any_threads_give_the_same_bits),
        cmocka_unit_test(a_score_is_the_mean_square_of_what_reconstruct_misses),
        cmocka_unit_test(decoding_the_codes_is_reconstructing),
        cmocka_unit_test(a_scorer_is_the_run_plan),
        cmocka_unit_test(a_scorer_allocates_nothing_once_it_is_made),
        cmocka_unit_test(a_negative_number_of_threads_is_refused),
        cmocka_unit_test(predict_writes_the_scorers_numbers),
        cmocka_unit_test(val_is_the_mean_and_median_of_the_scores),
        cmocka_unit_test(a_job_stops_when_asked_and_leaves_no_file),
        cmocka_unit_test(a_job_tells_how_far_it_is),
        cmocka_unit_test(a_meter_speaks_now_and_then_and_at_the_end),
        cmocka_unit_test(rows_come_out_as_the_scorer_has_them),
        cmocka_unit_test(pictures_keep_their_shape),
        cmocka_unit_test(bytes_that_go_out_as_idx_are_bytes_again_to_the_nearest),
        cmocka_unit_test(a_name_that_says_nothing_gets_the_inputs_format),
        cmocka_unit_test(a_compressed_output_is_refused),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
        cmocka_unit_test(rows_of_another_width_are_refused),
        cmocka_unit_test(columns_are_matched_by_name),
        cmocka_unit_test(a_missing_column_is_named),
        cmocka_unit_test(numbers_are_written_as_printf_writes_them),
        cmocka_unit_test(halves_are_rounded_to_even),
    };
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
