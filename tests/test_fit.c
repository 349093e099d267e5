// SPDX-License-Identifier: Apache-2.0
// test_fit.c - training on arrays in memory: the same weights as from a file, pairs, steps that are told, ends and refusals.
#include "train_case.h"

// x: the rows of x.npy.
static float x[ROWS][WIDTH], y[ROWS][WIDTH];

static int fill(void **state) {
    for (uint32_t r = 0; r < ROWS; r++) {
        const float u = hg__unit_float(hg__philox_run(1, r, 0, 0, 0).word[0]);
        for (uint32_t i = 0; i < WIDTH; i++) {
            const float noise = hg__unit_float(hg__philox_run(1, r, i, 1, 0).word[0]);
            x[r][i] = 0.1F + u * (float)(i + 1) / (float)WIDTH + 0.1F * noise;
            y[r][i] = 1 - x[r][i];
        }
    }
    return make_folder(state);
}

static const hg_array rows = {.data = x[0], .rows = ROWS, .shape = {WIDTH}};
static const hg_array targets = {.data = y[0], .rows = ROWS, .shape = {WIDTH}};

// new_options() without what names files.
static hg_options *array_options(const char *more) {
    char text[512], *rest = text;
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    assert_non_null(o);
    assert_int_equal(hg_options_set(o, "model", "dense 3 tanh | dense input", &err), HG_OK);
    snprintf(text, sizeof text, "epochs=3 batch=8 threads=2 seed=4 %s", more);
    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');
        if (!value) continue;
        *value++ = '\0';
        if (hg_options_set(o, word, value, &err) < 0) fail_msg("%s", err.message);
    }
    return o;
}

static hg_model *fit(const char *more, const hg_array *target, const hg_listener *l, hg_result *r,
                     hg_error *err) {
    hg_options *o = array_options(more);
    *err = (hg_error){0};
    hg_model *m = hg_fit(o, &rows, target, l, r, err);
    hg_options_free(o);
    return m;
}

static void an_array_and_a_file_of_its_rows_give_the_same_model(void **state) {
    (void)state;
    static const char *const settings[] = {"", "noise=mask30", "steps=11 val=0",
                                           "optimizer=sgd lr=0.1 epochs=9 patience=1"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        hg_result own = {.size = sizeof own}, saved = {.size = sizeof saved};
        hg_error err;
        char more[128];
        snprintf(more, sizeof more, "name=file%zu %s", i, settings[i]);
        run(HG_OK, more, NULL, &saved);
        hg_model *m = fit(settings[i], NULL, NULL, &own, &err);
        hg_model *best = hg_model_load(at("runs/file%zu/weights/best.safetensors", i), &err);
        if (!m || !best) {
            fail_msg("%s", err.message);
            return;
        }
        assert_int_equal(m->net.spec.params, best->net.spec.params);
        assert_memory_equal(m->net.params, best->net.params,
                            m->net.spec.params * sizeof *m->net.params);
        assert_int_equal(own.best_epoch, saved.best_epoch);
        assert_true(own.train_loss == saved.train_loss);
        assert_true(own.val_mse == saved.val_mse || isnan(saved.val_mse));
        assert_string_equal(own.folder, "");
        assert_string_equal(own.exit_reason, saved.exit_reason);
        hg_model_free(best);
        hg_model_free(m);
    }
}

static void rows_become_their_targets(void **state) {
    (void)state;
    hg_result pairs = {.size = sizeof pairs}, plain = {.size = sizeof plain};
    hg_error err;
    float score[ROWS], made[ROWS][WIDTH];
    hg_model *m = fit("epochs=60 lr=0.02", &targets, NULL, &pairs, &err);
    if (!m) fail_msg("%s", err.message);
    hg_scorer *s = hg_scorer_new(m, 1, &err);
    assert_non_null(s);
    hg_score(s, x[0], ROWS, score);
    hg_reconstruct_rows(s, x[0], ROWS, made[0]);
    double off = 0;
    for (int r = 0; r < ROWS; r++) {
        for (int i = 0; i < WIDTH; i++) off += (double)fabsf(made[r][i] - y[r][i]);
    }
    assert_true(off / (ROWS * WIDTH) < 0.1); // y is 1 - x: itself is 0.4 away from it
    assert_true(pairs.val_mse < 0.02);
    hg_scorer_free(s);
    hg_model_free(m);
    hg_model_free(fit("epochs=60 lr=0.02", NULL, NULL, &plain, &err));
    assert_true(plain.val_mse < 0.02);
}

// ---- from a model that is there -----------------------------------------------------------------

#define MODULE \
 "{\"class\":\"Net\",\"layout\":\"channels_last\",\"names\":{\"w\":\"encoder.0.weight\"}}"

// With options that model= is not one of.
static hg_model *go_on(const hg_model *start, const char *more, hg_error *err) {
    hg_options *o = hg_options_new("train", NULL);
    assert_non_null(o);
    static const char *const set[][2] = {
        {"epochs", "2"},
        {"batch",  "8"},
        {"seed",   "5"}
    };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hg_options_set(o, set[i][0], set[i][1], NULL), HG_OK);
    }
    if (*more && hg_options_set(o, strstr(more, "model=") ? "model" : "pretrained",
                                strchr(more, '=') + 1, err) < 0) {
        fail_msg("%s", err->message);
    }
    hg_model *m = start ? hg_fit_from(start, o, &rows, NULL, NULL, NULL, err)
                        : hg_fit(o, &rows, NULL, NULL, NULL, err);
    hg_options_free(o);
    return m;
}

static void a_model_in_memory_is_trained_on_as_its_file_is(void **state) {
    (void)state;
    hg_error err;
    char more[300];
    hg_model *first = fit("", NULL, NULL, NULL, &err);
    assert_non_null(first);
    const size_t bytes = first->net.spec.params * sizeof *first->net.params;
    float *before = hg__alloc(bytes, 1, NULL);
    memcpy(before, first->net.params, bytes);
    assert_int_equal(hg_model_set_module(first, MODULE, &err), HG_OK);
    assert_int_equal(hg_model_save(first, at("first.safetensors"), &err), HG_OK);
    hg_model *second = go_on(first, "", &err);
    snprintf(more, sizeof more, "pretrained=%s", at("first.safetensors"));
    hg_model *filed = go_on(NULL, more, &err);
    if (!second || !filed) {
        fail_msg("%s", err.message);
        return;
    }
    assert_memory_equal(first->net.params, before, bytes);
    assert_memory_equal(second->net.params, filed->net.params, bytes);
    assert_memory_not_equal(second->net.params, before, bytes);
    assert_string_equal(hg_model_spec(second), hg_model_spec(first));
    assert_string_equal(hg_model_module(second), MODULE);
    assert_string_equal(hg_model_module(filed), MODULE);
    hg__free(before);
    hg_model_free(first);
    hg_model_free(second);
    hg_model_free(filed);
}

static void a_model_in_memory_says_itself_what_it_is(void **state) {
    (void)state;
    hg_error err = {0};
    const int64_t width = WIDTH + 1;
    hg_model *m = fit("", NULL, NULL, NULL, &err);
    hg_model *other = hg_model_new("dense 2 | dense input", &width, 1, 0, 1, &err);
    assert_true(m && other);
    assert_null(go_on(m, "model=ae", &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_string_equal(err.message, "model: expected none of it beside a model to start with");
    assert_null(go_on(m, "pretrained=x", &err));
    assert_string_equal(err.message,
                        "pretrained: expected none of it beside a model to start with");
    assert_null(go_on(other, "", &err)); // rows of another width
    assert_string_equal(err.message,
                        "model: expected as many outputs as a row has features (6), got 7; "
                        "'input' stands for that number");
    hg_model_free(m);
    hg_model_free(other);
}

// ---- what is told, and ends it ------------------------------------------------------------------

typedef struct steps {
    int64_t count, most;
    volatile sig_atomic_t stop;
    bool stops;
} steps;

static bool take_step(void *context, const hg_step_event *e) {
    steps *s = context;
    assert_int_equal(e->step, ++s->count);
    assert_int_equal(e->epoch, 1 + (e->step - 1) / 7); // 54 rows, 8 a batch
    assert_int_equal(e->rows, e->step % 7 ? 8 : 6);
    assert_true(e->loss > 0 && e->lr > 0 && e->seconds >= 0);
    if (s->stops && s->count == s->most) s->stop = 1;
    return !s->stops && s->count == s->most;
}

static void steps_are_told_and_may_end_it_with_the_best_so_far(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    hg_error err;
    steps s = {.most = 16};
    const hg_listener l = {.size = sizeof l, .context = &s, .step = take_step};
    hg_model *m = fit("epochs=90", NULL, &l, &r, &err);
    if (!m) fail_msg("%s", err.message);
    assert_int_equal(s.count, 16);
    assert_int_equal(r.epochs, 3);
    assert_string_equal(r.exit_reason, "callback");
    assert_true(isfinite(r.best_val_loss));
    hg_model_free(m);
}

static void the_command_ends_by_a_step_too(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    steps s = {.most = 9};
    const hg_listener l = {.size = sizeof l, .context = &s, .step = take_step};
    hg_options *o = new_options("name=step epochs=90");
    if (hg_run(o, &l, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    assert_string_equal(r.exit_reason, "callback");
    assert_int_equal(count_lines(at("runs/step/results.csv")), 1 + 2);
    expect_loads("step", "best");
}

static void a_fit_that_is_stopped_makes_nothing(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    hg_error err;
    steps s = {.most = 10, .stops = true};
    const hg_listener l = {.size = sizeof l, .context = &s, .step = take_step, .stop = &s.stop};
    assert_null(fit("epochs=90", NULL, &l, &r, &err));
    assert_int_equal(err.code, HG_ERR_STOPPED);
    assert_string_equal(r.exit_reason, "stopped");
    assert_int_equal(s.count, 10);
}

static void what_an_array_cannot_have_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *more, *sentence;
    } cases[] = {
        {"data=x.npy",    "data: expected none of it beside an array"           },
        {"resume=runs/a", "resume: expected none of it beside an array"         },
        {"val=val.npy",   "val: expected a fraction for an array, got 'val.npy'"},
        {"prepare=table", "prepare: expected none for an array, got table"      },
        {"clean=false",   "clean: expected true for what is no table, got false"},
    };
    hg_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(fit(cases[i].more, NULL, NULL, NULL, &err));
        assert_int_equal(err.code, HG_ERR_USAGE);
        assert_string_equal(err.message, cases[i].sentence);
    }
    const hg_array few = {.data = y[0], .rows = ROWS - 1, .shape = {WIDTH}};
    assert_null(fit("", &few, NULL, NULL, &err));
    assert_int_equal(err.code, HG_ERR_DATA);
    const float kept = y[3][2];
    y[3][2] = NAN;
    assert_null(fit("", &targets, NULL, NULL, &err));
    assert_int_equal(err.code, HG_ERR_DATA);
    y[3][2] = kept;
    assert_null(fit("epochs=50 lr=1000 optimizer=sgd", NULL, NULL, NULL, &err));
    assert_int_equal(err.code, HG_ERR_DIVERGED);
    assert_null(strstr(err.message, "checkpoint"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_and_a_file_of_its_rows_give_the_same_model),
        cmocka_unit_test(rows_become_their_targets),
        cmocka_unit_test(a_model_in_memory_is_trained_on_as_its_file_is),
        cmocka_unit_test(a_model_in_memory_says_itself_what_it_is),
        cmocka_unit_test(steps_are_told_and_may_end_it_with_the_best_so_far),
        cmocka_unit_test(the_command_ends_by_a_step_too),
        cmocka_unit_test(a_fit_that_is_stopped_makes_nothing),
        cmocka_unit_test(what_an_array_cannot_have_is_refused),
    };
    return cmocka_run_group_tests(tests, fill, remove_folder);
}
