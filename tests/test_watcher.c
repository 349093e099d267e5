// SPDX-License-Identifier: Apache-2.0
// test_watcher.c - rows judged one at a time: texts as cells, missing and strange ones, groups with thresholds of their
// own, what is refused.
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

static hg_watcher *watcher(double fpr) {
    hg_error err = {0};
    hg_watcher *w = hg_watcher_new(model, columns, 3, fpr, &err);
    if (!w) print_error("%s\n", err.message);
    assert_non_null(w);
    return w;
}

static hg_verdict judge(hg_watcher *w, const char *size, const char *kind, const char *site) {
    const char *const cell[] = {size, kind, site};
    hg_verdict v;
    hg_error err = {0};
    assert_int_equal(hg_watch(w, cell, &v, &err), HG_OK);
    return v;
}

static void an_ordinary_row_passes_and_a_far_one_says_which_column(void **state) {
    (void)state;
    hg_watcher *w = watcher(0);
    const hg_verdict usual = judge(w, "10.02", "box", "north"),
                     far = judge(w, "90", "box", "north");
    assert_false(usual.alarm);
    assert_true(usual.p_value > 0.02 && usual.unseen == 0 && usual.missing == 0);
    assert_true(far.alarm && far.p_value < 0.02 && far.score > far.threshold);
    assert_string_equal(far.reason, "size");
    assert_true(far.reason_share > 0.5 && far.reason_share <= 1);
    hg_watcher_free(w);
}

static void what_was_never_seen_is_counted_and_scores_higher(void **state) {
    (void)state;
    hg_watcher *w = watcher(0);
    const hg_verdict usual = judge(w, "10.02", "box", "north"),
                     odd = judge(w, "10.02", "tin", "north");
    assert_int_equal(odd.unseen, 1);
    assert_true(odd.score > usual.score);
    assert_string_equal(odd.reason, "kind");
    hg_watcher_free(w);
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
    hg_watcher *w = watcher(0);
    const hg_verdict none = judge(w, NULL, "box", "north"), empty = judge(w, "", "box", "north"),
                     word = judge(w, "wide", "box", "north"),
                     large = judge(w, "1e999", "box", "north");
    assert_true(none.missing == 1 && empty.missing == 1 && word.missing == 1);
    assert_true(none.score == empty.score && none.score == word.score);
    assert_true(large.missing == 1 && large.score == none.score);
    hg_watcher_free(w);
}

static void each_group_has_its_threshold_and_a_new_one_that_of_all(void **state) {
    (void)state;
    hg_watcher *w = watcher(0);
    const hg_verdict north = judge(w, "10", "box", "north"), south = judge(w, "10", "box", "south"),
                     west = judge(w, "10", "box", "west"), none = judge(w, "10", "box", NULL);
    assert_true(north.threshold != south.threshold);
    assert_true(west.threshold == none.threshold);
    assert_true(west.threshold != north.threshold);
    hg_watcher_free(w);
}

static void a_lower_rate_has_a_higher_threshold(void **state) {
    (void)state;
    hg_watcher *usual = watcher(0), *as_trained = watcher(0.02), *strict = watcher(0.0001);
    const double threshold = judge(usual, "10", "box", "north").threshold;
    assert_true(judge(as_trained, "10", "box", "north").threshold == threshold);
    assert_true(judge(strict, "10", "box", "north").threshold > threshold);
    hg_watcher_free(usual);
    hg_watcher_free(as_trained);
    hg_watcher_free(strict);
}

static void without_names_columns_stand_as_in_training(void **state) {
    (void)state;
    hg_error err = {0};
    hg_watcher *named = watcher(0), *plain = hg_watcher_new(model, NULL, 0, 0, &err);
    assert_null(plain); // thresholds go by a column that must be known by its name
    assert_string_equal(err.message,
                        "rows: expected a column 'site', which thresholds go by, got none");
    hg_watcher_free(named);
}

static void a_bad_cell_is_named_and_the_next_row_comes(void **state) {
    (void)state;
    hg_watcher *w = watcher(0);
    hg_verdict v;
    hg_error err = {0};
    const char *const bytes[] = {"10", "\xFF\xFE", "north"};
    assert_int_equal(hg_watch(w, bytes, &v, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "row 1: column 'kind': expected UTF-8 text, got other bytes");
    assert_false(judge(w, "10", "box", "north").alarm);
    hg_watcher_free(w);
}

static void what_makes_no_watcher_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    static const char *const other[] = {"size", "kid", "site"};
    assert_null(hg_watcher_new(model, other, 3, 0, &err));
    assert_string_equal(err.message,
                        "rows: expected a column 'kind' as in training; nearest is 'kid'");
    assert_null(hg_watcher_new(model, columns, 0, 0, &err));
    assert_string_equal(err.message, "watcher: expected 1 to 65536 columns, got 0");
    assert_null(hg_watcher_new(model, columns, 3, 1, &err));
    assert_string_equal(err.message, "watcher: expected fpr from 0 to below 1, got 1");
    assert_null(hg_watcher_new(model, columns, 3, (double)NAN, NULL));
    hg_watcher_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_row_passes_and_a_far_one_says_which_column),
        cmocka_unit_test(what_was_never_seen_is_counted_and_scores_higher),
        cmocka_unit_test(a_scorer_gives_probabilities_and_the_squared_error_of_these),
        cmocka_unit_test(no_value_and_a_word_for_a_number_count_as_missing),
        cmocka_unit_test(each_group_has_its_threshold_and_a_new_one_that_of_all),
        cmocka_unit_test(a_lower_rate_has_a_higher_threshold),
        cmocka_unit_test(without_names_columns_stand_as_in_training),
        cmocka_unit_test(a_bad_cell_is_named_and_the_next_row_comes),
        cmocka_unit_test(what_makes_no_watcher_is_refused),
    };
    return cmocka_run_group_tests(tests, train_model, free_model);
}
