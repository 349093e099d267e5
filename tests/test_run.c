// SPDX-License-Identifier: Apache-2.0
// test_run.c - hg_run(): every row of the job table, sizes of structs, abort(), and how often a model file is opened.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/file.h"
#include "base/text.h"
#include "own_folder.h"

#include <cmocka.h>

enum { ROWS = 60 };

static hg_options *options(const char *job, const char *const pair[][2], size_t pairs) {
    hg_error err = {0};
    hg_options *o = hg_options_new(job, &err);
    for (size_t i = 0; o && i < pairs; i++) {
        if (hg_options_set(o, pair[i][0], pair[i][1], &err) < 0) fail_msg("%s", err.message);
    }
    assert_non_null(o);
    return o;
}
#define OPTIONS(job, ...)                            \
 options(job, (const char *const[][2]){__VA_ARGS__}, \
         sizeof((const char *const[][2]){__VA_ARGS__}) / (2 * sizeof(char *)))

static void train(const char *data, const char *name, const char *model, const char *label) {
    hg_error err = {0};
    hg_options *o =
        OPTIONS("train", {"data", at(data)}, {"project", folder}, {"name", name}, {"model", model},
                {"label", label}, {"epochs", "1"}, {"threads", "1"}, {"samples", "0"},
                {"crop", "16"}, {"val", "0.2"}, {"prepare", *label ? "table" : "none"},
                {"noise", strstr(model, "keep") ? "gaussian 25" : ""});
    if (hg_run(o, NULL, NULL, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
}

// Rows, a table and images, and a model of each.
static int make_files(void **state) {
    hg__text rows = {0}, table = {0}, image = {0};
    if (make_folder(state) < 0) return -1;
    hg__text_add(&table, "size,kind,odd\n");
    for (int i = 0; i < ROWS; i++) {
        hg__text_add(&rows, "0.%02d,0.%02d,0.5\n", i * 7 % 100, i * 13 % 100);
        hg__text_add(&table, "%d.5,%s,%d\n", i % 10 == 5 ? 90 : i % 9, i % 3 ? "a" : "b",
                     i % 10 == 5);
    }
    hg__text_add(&image, "P5\n24 24\n255\n");
    for (int i = 0; i < 24 * 24; i++) hg__text_add(&image, "%c", ' ' + i * 7 % 90);
    int code = hg__write_file(at("x.csv"), rows.data, rows.length, NULL);
    if (code == HG_OK) code = hg__write_file(at("t.csv"), table.data, table.length, NULL);
    if (code == HG_OK) code = hg__make_folder(at("images"), NULL);
    if (code == HG_OK) code = hg__write_file(at("images/a.pgm"), image.data, image.length, NULL);
    if (code == HG_OK) code = hg__write_file(at("images/b.pgm"), image.data, image.length, NULL);
    hg__text_clear(&rows);
    hg__text_clear(&table);
    hg__text_clear(&image);
    if (code < 0) return -1;
    train("x.csv", "dense", "dense 2 | dense input", "");
    train("t.csv", "table", "dense 2 | dense input", "odd");
    train("images", "image", "keep 1, conv 2 relu | conv input, add 1", "");
    return 0;
}

// ---- the table ----------------------------------------------------------------------------------

static void every_job_answers_or_says_why_not(void **state) {
    (void)state;
    const volatile sig_atomic_t stop = 1; // bench has much to do
    const hg_listener l = {.size = sizeof l, .stop = &stop};
    hg_job_info job = {.size = sizeof job};
    size_t jobs = 0, answers = 0;
    for (; hg_job_at(jobs, &job); jobs++) {
        hg_error err = {0};
        hg_result r = {.size = sizeof r, .json = jobs % 2};
        hg_options *o = hg_options_new(job.name, &err);
        assert_non_null(o);
        const int code = hg_run(o, &l, &r, &err);
        if (code < 0 && (!err.message[0] || (int)err.code != code)) fail_msg("%s", job.name);
        assert_int_equal(code == HG_OK, r.text != NULL);
        assert_int_equal(r.size, sizeof r);
        assert_true(isnan(r.val_mse) && r.rows == 0 && !r.folder[0]); // nobody's figures
        answers += r.text != NULL;
        assert_int_equal(hg_run(o, &l, NULL, NULL), code);
        hg_text_free(r.text);
        hg_options_free(o);
    }
    assert_int_equal(jobs, 17);
    assert_int_equal(answers, 1); // checks
}

static void a_result_is_the_jobs_own(void **state) {
    (void)state;
    hg_error err = {0};
    hg_result r = {.size = sizeof r};
    hg_options *o = OPTIONS("predict", {"model", at("table")}, {"data", at("t.csv")},
                            {"label", "odd"}, {"out", at("s.csv")});
    if (hg_run(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    assert_int_equal(r.rows, ROWS);
    assert_true(r.has_thresholds && r.alarms > 0);
    assert_null(r.text);
    assert_true(isnan(r.mse) && isnan(r.seconds) && !r.exit_reason[0]);
    hg_options_free(o);
}

// ---- sizes --------------------------------------------------------------------------------------

static void a_size_of_0_is_refused(void **state) {
    (void)state;
    hg_options *o = OPTIONS("checks", {"cfg", ""});
    hg_error err = {0};
    const hg_listener unsized = {.context = &err};
    assert_int_equal(hg_run(o, &unsized, NULL, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "hg_listener: expected size to be sizeof(hg_listener), got 0");
    hg_result r = {.json = true, .rows = 7};
    assert_int_equal(hg_run(o, NULL, &r, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "hg_result: expected size to be sizeof(hg_result), got 0");
    assert_int_equal(r.rows, 7);
    hg_options_free(o);
}

static void no_more_than_the_callers_size_is_written(void **state) {
    (void)state;
    hg_options *o = OPTIONS("val", {"model", at("dense")}, {"data", at("x.csv")});
    hg_result r = {.size = offsetof(hg_result, mse), .mae = 7};
    assert_int_equal(hg_run(o, NULL, &r, NULL), HG_OK);
    assert_int_equal(r.size, offsetof(hg_result, mse));
    assert_int_equal(r.rows, ROWS);
    assert_int_equal(r.width, 3);
    assert_true(r.mse == 0 && r.mae == 7);
    assert_non_null(strstr(r.text, "row mse max"));
    hg_text_free(r.text);
    hg_options_free(o);
}

static void count_event(void *context, const hg_progress_event *e) {
    assert_int_equal(e->size, sizeof *e);
    ++*(int *)context;
}

static void count_epoch(void *context, const hg_train_event *e) {
    assert_int_equal(e->size, sizeof *e);
    ++*(int *)context;
}

static void no_more_than_the_listeners_size_is_read(void **state) {
    (void)state;
    int count = 0;
    hg_listener l = {.size = sizeof l, .context = &count, .progress = count_event};
    hg_options *o = OPTIONS("val", {"model", at("dense")}, {"data", at("x.csv")});
    assert_int_equal(hg_run(o, &l, NULL, NULL), HG_OK);
    assert_true(count > 0);
    count = 0;
    l.size = offsetof(hg_listener, progress);
    assert_int_equal(hg_run(o, &l, NULL, NULL), HG_OK);
    assert_int_equal(count, 0);
    hg_options_free(o);
}

// ---- abort --------------------------------------------------------------------------------------

typedef struct patience {
    int asked, most;
} patience;

// True once only: the library remembers.
static bool lose_patience(void *context) {
    patience *p = context;
    return ++p->asked == p->most;
}

static void abort_ends_training_with_a_checkpoint(void **state) {
    (void)state;
    patience p = {.most = 5};
    const hg_listener l = {.size = sizeof l, .context = &p, .abort = lose_patience};
    hg_error err = {0};
    hg_result r = {.size = sizeof r};
    hg_options *o = OPTIONS("train", {"data", at("x.csv")}, {"project", folder}, {"name", "left"},
                            {"model", "dense 2 | dense input"}, {"epochs", "3"}, {"batch", "8"},
                            {"threads", "1"});
    assert_int_equal(hg_run(o, &l, &r, &err), HG_ERR_STOPPED);
    hg_options_free(o);
    assert_int_equal(p.asked, p.most);
    assert_string_equal(r.exit_reason, "stopped");
    assert_string_equal(r.folder, at("left"));
    int epochs = 0;
    const hg_listener counts = {.size = sizeof l, .context = &epochs, .train = count_epoch};
    o = OPTIONS("train", {"resume", at("left")});
    if (hg_run(o, &counts, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    assert_int_equal(r.epochs, 3);
    assert_true(epochs >= 3);
}

static void expect_aborted(const char *job, const char *model, const char *data, const char *out) {
    patience never = {.most = -1}, first = {.most = 1};
    hg_listener l = {.size = sizeof l, .context = &first, .abort = lose_patience};
    hg_error err = {0};
    hg_options *o =
        OPTIONS(job, {"model", at(model)}, {"data", at(data)}, {"out", *out ? at(out) : ""});
    assert_int_equal(hg_run(o, &l, NULL, &err), HG_ERR_STOPPED);
    assert_non_null(strstr(err.message, "stopped on request"));
    assert_int_equal(first.asked, 1);
    assert_false(*out && hg__is_file(at(out)));
    l.context = &never;
    if (hg_run(o, &l, NULL, &err) < 0) fail_msg("%s", err.message);
    assert_true(never.asked > 0);
    hg_options_free(o);
}

static void abort_ends_scoring_and_cleaning(void **state) {
    (void)state;
    expect_aborted("predict", "dense", "x.csv", "aborted.csv");
    expect_aborted("predict", "table", "t.csv", "aborted2.csv");
    expect_aborted("encode", "dense", "x.csv", "aborted.npy");
    expect_aborted("denoise", "image", "images/a.pgm", "aborted.pgm");
    expect_aborted("val", "image", "images", "");
}

// ---- the model file -----------------------------------------------------------------------------

// Opens of a file since it was watched. Between two there are always other events: it is read, and closed.
static int count_opens(int watch) {
    char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    int opens = 0;
    for (ssize_t n; (n = read(watch, room, sizeof room)) > 0;) {
        const struct inotify_event *e;
        for (const char *c = room; c < room + n; c += sizeof *e + e->len) {
            e = (const struct inotify_event *)(const void *)c;
            opens += (e->mask & IN_OPEN) != 0;
        }
    }
    return opens;
}

static void expect_one_opening(const char *job, const char *model, const char *const more[3][2]) {
    char path[300];
    snprintf(path, sizeof path, "%s/weights/best.safetensors", at(model));
    const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0) skip(); // none left on this machine
    assert_true(inotify_add_watch(watch, path, IN_OPEN | IN_ACCESS | IN_CLOSE) >= 0);
    hg_error err = {0};
    hg_options *o = OPTIONS(job, {strcmp(job, "import") == 0 ? "source" : "model", path});
    for (int i = 0; i < 3 && more[i][0]; i++) {
        if (hg_options_set(o, more[i][0], more[i][1], &err) < 0) fail_msg("%s", err.message);
    }
    if (hg_run(o, NULL, NULL, &err) < 0) fail_msg("%s: %s", job, err.message);
    hg_options_free(o);
    const int opens = count_opens(watch);
    close(watch);
    if (opens != 1) fail_msg("%s opens the model %d times", job, opens);
}

static void a_model_is_read_once(void **state) {
    (void)state;
    char x[256], t[256], images[256], out[256], table_out[256], picture[256];
    const struct {
        const char *job, *model, *const more[3][2];
    } cases[] = {
        {"val",         "dense", {{"data", x}}                                                         },
        {"val",         "table", {{"data", t}, {"label", "odd"}, {"resamples", "10"}}                  },
        {"val",         "table", {{"data", t}}                                                         },
        {"val",         "image", {{"data", images}, {"noise", "gaussian 25"}, {"baselines", "false"}}  },
        {"predict",     "dense", {{"data", x}, {"out", table_out}}                                     },
        {"predict",     "table", {{"data", t}, {"out", table_out}}                                     },
        {"reconstruct", "table", {{"data", t}, {"out", table_out}}                                     },
        {"encode",      "dense", {{"data", x}, {"out", out}}                                           },
        {"decode",      "dense", {{"data", out}, {"out", table_out}}                                   },
        {"denoise",     "image", {{"data", images}, {"out", picture}}                                  },
        {"import",      "dense", {{"model", "dense 2 | dense input"}, {"input", "3"}, {"out", picture}}},
        {"info",        "table", {{NULL}}                                                              },
        {"verify",      "image", {{NULL}}                                                              },
        {"calibrate",   "table", {{"data", t}, {"label", "odd"}}                                       },
    };
    snprintf(x, sizeof x, "%s", at("x.csv"));
    snprintf(t, sizeof t, "%s", at("t.csv"));
    snprintf(images, sizeof images, "%s", at("images"));
    snprintf(out, sizeof out, "%s", at("codes.npy"));
    snprintf(table_out, sizeof table_out, "%s", at("out.csv"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool is_model = strcmp(cases[i].job, "import") == 0;
        snprintf(picture, sizeof picture, "%s", at(is_model ? "i.safetensors" : "clean"));
        expect_one_opening(cases[i].job, cases[i].model, cases[i].more);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_answers_or_says_why_not),
        cmocka_unit_test(a_result_is_the_jobs_own),
        cmocka_unit_test(a_size_of_0_is_refused),
        cmocka_unit_test(no_more_than_the_callers_size_is_written),
        cmocka_unit_test(no_more_than_the_listeners_size_is_read),
        cmocka_unit_test(abort_ends_training_with_a_checkpoint),
        cmocka_unit_test(abort_ends_scoring_and_cleaning),
        cmocka_unit_test(a_model_is_read_once),
    };
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
