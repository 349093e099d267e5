// SPDX-License-Identifier: Apache-2.0
// test_detect_rows.c - hg_detector: texts as cells, missing and strange ones, groups with thresholds of their own, rows of
// numbers one at a time or many, models of tables and of numbers, what is refused.
#include <math.h>

#include "hourglass.h"

#include "detect/table_model.h"
#include "model/model.h"
#include "schema/schema.h"
#include "table_case.h"

#include <cmocka.h>

static hg_model *model; // of size, kind and site; thresholds by site

// size about 10 at the site "north", within 0.1 of 10 at "south"; the kind goes with nothing.
static void write_training(const char *path) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("size,kind,site\n", f);
    for (int i = 0; i < 900; i++) {
        const double wide = sin(i * 7.77) * (i % 2 ? 0.1 : 5);
        fprintf(f, "%.4f,%s,%s\n", 10 + wide, i % 3 ? "box" : "bag", i % 2 ? "south" : "north");
    }
    fclose(f);
}

static int train_model(void **state) {
    static char folder[] = "/tmp/hourglass-test-XXXXXX";
    char path[128];
    hg_error err = {0};
    hg_result result = {.size = sizeof result};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.csv", folder);
    write_training(path);
    hg_options *o = hg_options_new("train", &err);
    const char *const options[][2] = {
        {"data",    path  },
        {"project", folder},
        {"name",    "run" },
        {"steps",   "200" },
        {"groupby", "site"},
        {"val",     "0.4" },
        {"fpr",     "0.02"},
        {"threads", "1"   }
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        assert_int_equal(hg_options_set(o, options[i][0], options[i][1], &err), HG_OK);
    }
    assert_int_equal(hg_run(o, NULL, &result, &err), HG_OK);
    hg_options_free(o);
    snprintf(path, sizeof path, "%s/run/weights/best.safetensors", folder);
    model = hg_model_load(path, &err);
    assert_non_null(model);
    snprintf(path, sizeof path, "rm -r %s", folder);
    assert_int_equal(system(path), 0); // NOLINT(cert-env33-c): a folder of our own
    *state = NULL;
    return 0;
}

static int free_model(void **state) {
    (void)state;
    hg_model_free(model);
    return 0;
}

static const char *const columns[] = {"size", "kind", "site"};

static hg_detector *detector(double fpr) {
    hg_error err = {0};
    hg_detector *d = hg_detector_new(model, columns, 3, fpr, 1, &err);
    if (!d) print_error("%s\n", err.message);
    assert_non_null(d);
    return d;
}

static hg_verdict detect(hg_detector *d, const char *size, const char *kind, const char *site) {
    const char *const cell[] = {size, kind, site};
    hg_verdict v = {.size = sizeof v};
    hg_error err = {0};
    assert_int_equal(hg_detect_text(d, cell, &v, &err), HG_OK);
    return v;
}

static void an_ordinary_row_passes_and_a_far_one_says_which_column(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    const hg_verdict usual = detect(d, "10.02", "box", "north"),
                     far = detect(d, "90", "box", "north");
    assert_false(usual.alarm);
    assert_true(usual.p_value > 0.02 && usual.unseen == 0 && usual.missing == 0);
    assert_true(far.alarm && far.p_value < 0.02 && far.score > far.threshold);
    assert_string_equal(far.reason, "size");
    assert_true(far.reason_share > 0.5 && far.reason_share <= 1);
    hg_detector_free(d);
}

static void what_was_never_seen_is_counted_and_scores_higher(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    const hg_verdict usual = detect(d, "10.02", "box", "north"),
                     odd = detect(d, "10.02", "tin", "north");
    assert_int_equal(odd.unseen, 1);
    assert_true(odd.score > usual.score);
    assert_string_equal(odd.reason, "kind");
    hg_detector_free(d);
}

// Of rows of a table too: what comes out is comparable with what went in, and the score is their distance.
static void a_scorer_gives_probabilities_and_the_squared_error_of_these(void **state) {
    (void)state;
    enum { ROWS = 70 };
    hg_error err = {0};
    const int32_t width = hg_model_width(model), code = hg_model_code_size(model);
    const hg__schema *s = hg__model_schema(model);
    hg_scorer *scorer = hg_scorer_new(model, 2, &err);
    float *x = calloc(ROWS, (size_t)width * sizeof *x), score[ROWS],
          *y = calloc(ROWS, (size_t)width * sizeof *y), *z = calloc(ROWS, sizeof *z * (size_t)code),
          *decoded = calloc(ROWS, (size_t)width * sizeof *y);
    assert_true(scorer && x && y && z && decoded);
    for (int32_t i = 0; i < ROWS; i++) {
        x[i * width + s->column[0].first] = (float)sin(i);
        x[i * width + s->column[1].first + i % 2] = 1;
    }
    hg_score(scorer, x, ROWS, score);
    hg_reconstruct_rows(scorer, x, ROWS, y);
    hg_encode_rows(scorer, x, ROWS, z);
    hg_decode_rows(scorer, z, ROWS, decoded);
    assert_memory_equal(y, decoded, ROWS * (size_t)width * sizeof *y);
    const hg__column *kind = &s->column[1];
    for (int32_t i = 0; i < ROWS; i++) {
        const float *from = x + i * width, *to = y + i * width;
        double squares = 0, kinds = 0;
        for (int32_t j = 0; j < width; j++) squares += pow((double)(from[j] - to[j]), 2);
        for (int32_t j = 0; j < kind->width - kind->may_miss; j++) {
            kinds += (double)to[kind->first + j];
        }
        assert_true(fabs(squares / width - (double)score[i]) < 1e-5);
        assert_true(fabs(kinds - 1) < 1e-5);
    }
    hg_scorer_free(scorer);
    free(x);
    free(y);
    free(z);
    free(decoded);
}

static void no_value_and_a_word_for_a_number_count_as_missing(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    const hg_verdict none = detect(d, NULL, "box", "north"), empty = detect(d, "", "box", "north"),
                     word = detect(d, "wide", "box", "north"),
                     large = detect(d, "1e999", "box", "north");
    assert_true(none.missing == 1 && empty.missing == 1 && word.missing == 1);
    assert_true(none.score == empty.score && none.score == word.score);
    assert_true(large.missing == 1 && large.score == none.score);
    hg_detector_free(d);
}

static void each_group_has_its_threshold_and_a_new_one_that_of_all(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    const hg_verdict north = detect(d, "10", "box", "north"),
                     south = detect(d, "10", "box", "south"), west = detect(d, "10", "box", "west"),
                     none = detect(d, "10", "box", NULL);
    assert_true(north.threshold != south.threshold);
    assert_true(west.threshold == none.threshold);
    assert_true(west.threshold != north.threshold);
    hg_detector_free(d);
}

static void an_alarm_says_what_was_expected_where(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    const hg_verdict usual = detect(d, "10.02", "box", "north"),
                     far = detect(d, "90", "box", "north"), odd = detect(d, "90", "box", "west");
    assert_string_equal(usual.expected, "");
    assert_true(far.alarm && odd.alarm);
    assert_int_equal(far.column, 0);
    const double expected = strtod(far.expected, NULL);
    assert_true(expected > 5 && expected < 15);
    hg_detector_free(d);
}

static void no_more_is_written_than_the_caller_knows(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    const char *const cell[] = {"90", "box", "north"};
    const double x[3] = {0};
    hg_error err = {0};
    hg_verdict v, whole = detect(d, "90", "box", "north");
    memset(&v, 0x55, sizeof v);
    v.size = offsetof(hg_verdict, p_value);
    assert_int_equal(hg_detect_text(d, cell, &v, &err), HG_OK);
    assert_true(v.score == whole.score && v.size == offsetof(hg_verdict, p_value));
    for (size_t i = v.size; i < sizeof v; i++) assert_int_equal(((const char *)&v)[i], 0x55);
    v.size = 0;
    assert_int_equal(hg_detect_text(d, cell, &v, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "hg_verdict: expected size to be sizeof(hg_verdict), got 0");
    assert_int_equal(hg_detect(d, x, 1, &v, &err), HG_ERR_USAGE);
    assert_int_equal(hg_detect(d, NULL, 0, NULL, &err), HG_OK);
    hg_detector_free(d);
}

static void assert_same(const hg_verdict *a, const hg_verdict *b) {
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(&a->p_value, &b->p_value, sizeof a->p_value);
    assert_memory_equal(&a->reason_share, &b->reason_share, sizeof a->reason_share);
    assert_true(a->alarm == b->alarm && a->column == b->column && a->missing == b->missing);
    assert_int_equal(a->unseen, b->unseen);
    assert_string_equal(a->expected, b->expected);
}

enum { MANY = 5000 };

// x (MANY, 3), with a number missing here and there, and one that is none.
static double *make_numbers(void) {
    double *x = calloc((size_t)MANY * 3, sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < MANY * 3; i++) {
        x[i] = i % 3 ? i % 5 : 10 + 8 * sin(i) + (i % 400 == 0) * 50;
        if (i % 11 == 0) x[i] = (double)NAN;
        if (i % 501 == 0) x[i] = (double)INFINITY;
    }
    return x;
}

static void many_rows_on_threads_are_what_each_is_alone_and_as_text(void **state) {
    (void)state;
    hg_error err = {0};
    double *x = make_numbers();
    hg_verdict *all = calloc(MANY, sizeof *all);
    hg_detector *many = hg_detector_new(model, columns, 3, 0, 3, &err), *one = detector(0);
    assert_non_null(all);
    assert_non_null(many);
    all[0].size = sizeof *all;
    assert_int_equal(hg_detect(many, x, MANY, all, &err), HG_OK);
    int alarms = 0;
    for (int i = 0; i < MANY; i += i < 500 ? 1 : 37) {
        char text[3][40];
        const char *cell[3];
        hg_verdict alone = {.size = sizeof alone};
        assert_int_equal(hg_detect(one, x + (ptrdiff_t)i * 3, 1, &alone, &err), HG_OK);
        assert_same(&all[i], &alone);
        for (int c = 0; c < 3; c++) {
            snprintf(text[c], sizeof text[c], "%.17g", x[i * 3 + c]);
            cell[c] = isnan(x[i * 3 + c]) ? NULL : text[c];
        }
        assert_int_equal(hg_detect_text(one, cell, &alone, &err), HG_OK);
        assert_same(&all[i], &alone);
        alarms += alone.alarm;
    }
    assert_true(alarms > 0);
    hg_detector_free(many);
    hg_detector_free(one);
    free(all);
    free(x);
}

static void after_the_first_a_row_allocates_nothing(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    double *x = make_numbers();
    hg_error err = {0};
    hg_verdict v = {.size = sizeof v};
    (void)detect(d, "10", "box", "north");
    const uint64_t before = hg__alloc_count();
    assert_true(detect(d, "90", "tin", "north").alarm);
    assert_true(detect(d, NULL, "bag", "west").missing);
    for (int i = 0; i < 100; i++) assert_int_equal(hg_detect(d, x + i * 3, 1, &v, &err), HG_OK);
    assert_true(hg__alloc_count() == before);
    hg_detector_free(d);
    free(x);
}

// Without a schema: scores of hg_score(), reasons by column.
static void rows_of_numbers_have_the_scores_of_a_scorer_and_reasons(void **state) {
    (void)state;
    enum { WIDTH = 21, ROWS = 300 };
    const int64_t shape[] = {WIDTH};
    hg_error err = {0};
    hg_model *m = hg_model_new("dense 6 tanh | dense input", shape, 1, 0, 3, &err);
    static float x[ROWS * WIDTH], y[ROWS * WIDTH], score[ROWS];
    static double wide[ROWS * WIDTH];
    static hg_verdict v[ROWS];
    assert_non_null(m);
    for (int i = 0; i < ROWS * WIDTH; i++) x[i] = (float)sin(i * 0.7);
    for (int i = 0; i < ROWS * WIDTH; i++) wide[i] = (double)x[i];
    hg_scorer *s = hg_scorer_new(m, 1, &err);
    hg_detector *d = hg_detector_new(m, NULL, 0, 0.01, 2, &err);
    assert_true(s && d);
    hg_score(s, x, ROWS, score);
    hg_reconstruct_rows(s, x, ROWS, y);
    v[0].size = sizeof *v;
    wide[5 * WIDTH + 7] = (double)NAN;
    assert_int_equal(hg_detect(d, wide, ROWS, v, &err), HG_OK);
    for (int i = 0; i < ROWS; i++) {
        char name[32];
        int most = 0;
        for (int j = 0; j < WIDTH; j++) {
            const int at = i * WIDTH;
            if (fabsf(x[at + j] - y[at + j]) > fabsf(x[at + most] - y[at + most])) most = j;
        }
        if (i == 5) most = 7;
        snprintf(name, sizeof name, "column %d", most + 1);
        assert_int_equal(v[i].column, most);
        assert_string_equal(v[i].reason, name);
        assert_true(isnan(v[i].p_value) && isnan(v[i].threshold) && !v[i].alarm);
        assert_int_equal(v[i].missing, i == 5);
        if (i == 5) continue;
        assert_true(v[i].score == (double)score[i]);
        assert_true(fabs(strtod(v[i].expected, NULL) - (double)y[i * WIDTH + most]) < 1e-5);
    }
    assert_true(isnan(v[5].score));
    hg_detector_free(d);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void a_lower_rate_has_a_higher_threshold(void **state) {
    (void)state;
    hg_detector *usual = detector(0), *as_trained = detector(0.02), *strict = detector(0.0001);
    const double threshold = detect(usual, "10", "box", "north").threshold;
    assert_true(detect(as_trained, "10", "box", "north").threshold == threshold);
    assert_true(detect(strict, "10", "box", "north").threshold > threshold);
    hg_detector_free(usual);
    hg_detector_free(as_trained);
    hg_detector_free(strict);
}

static void without_names_columns_stand_as_in_training(void **state) {
    (void)state;
    hg_error err = {0};
    hg_detector *named = detector(0), *plain = hg_detector_new(model, NULL, 0, 0, 1, &err);
    assert_null(plain); // thresholds go by a column that must be known by its name
    assert_string_equal(err.message,
                        "rows: expected a column 'site', which thresholds go by, got none");
    hg_detector_free(named);
}

static void a_bad_cell_is_named_and_the_next_row_comes(void **state) {
    (void)state;
    hg_detector *d = detector(0);
    hg_verdict v = {.size = sizeof v};
    hg_error err = {0};
    const char *const bytes[] = {"10", "\xFF\xFE", "north"};
    assert_int_equal(hg_detect_text(d, bytes, &v, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "row 1: column 'kind': expected UTF-8 text, got other bytes");
    assert_false(detect(d, "10", "box", "north").alarm);
    hg_detector_free(d);
}

static void what_makes_no_detector_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    static const char *const other[] = {"size", "kid", "site"};
    assert_null(hg_detector_new(model, other, 3, 0, 1, &err));
    assert_string_equal(err.message,
                        "rows: expected a column 'kind' as in training; nearest is 'kid'");
    assert_null(hg_detector_new(model, columns, 0, 0, 1, &err));
    assert_string_equal(err.message, "detector: expected 1 to 65536 columns, got 0");
    assert_null(hg_detector_new(model, columns, 3, 1, 1, &err));
    assert_string_equal(err.message, "detector: expected fpr from 0 to below 1, got 1");
    assert_null(hg_detector_new(model, columns, 3, (double)NAN, 1, NULL));
    hg_detector_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_row_passes_and_a_far_one_says_which_column),
        cmocka_unit_test(what_was_never_seen_is_counted_and_scores_higher),
        cmocka_unit_test(a_scorer_gives_probabilities_and_the_squared_error_of_these),
        cmocka_unit_test(no_value_and_a_word_for_a_number_count_as_missing),
        cmocka_unit_test(each_group_has_its_threshold_and_a_new_one_that_of_all),
        cmocka_unit_test(an_alarm_says_what_was_expected_where),
        cmocka_unit_test(no_more_is_written_than_the_caller_knows),
        cmocka_unit_test(many_rows_on_threads_are_what_each_is_alone_and_as_text),
        cmocka_unit_test(after_the_first_a_row_allocates_nothing),
        cmocka_unit_test(rows_of_numbers_have_the_scores_of_a_scorer_and_reasons),
        cmocka_unit_test(a_lower_rate_has_a_higher_threshold),
        cmocka_unit_test(without_names_columns_stand_as_in_training),
        cmocka_unit_test(a_bad_cell_is_named_and_the_next_row_comes),
        cmocka_unit_test(what_makes_no_detector_is_refused),
    };
    return cmocka_run_group_tests(tests, train_model, free_model);
}
