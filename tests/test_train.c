// SPDX-License-Identifier: Apache-2.0
// test_train.c - whole training runs: what they leave, repeat, refuse, and survive.
#include <sys/resource.h>
#include <sys/wait.h>

#include "faults.h"
#include "fit/pca.h"
#include "train_case.h"

// ---- the results folder -------------------------------------------------------------------------

static void the_results_folder_holds_everything(void **state) {
    (void)state;
    const char *const files[] = {"args.yaml",
                                 "results.csv",
                                 "run.json",
                                 "metrics.json",
                                 "samples.npy",
                                 "weights/best.safetensors",
                                 "weights/last.safetensors",
                                 "weights/pca.safetensors"};
    char link[256] = "";
    hg_result r = {.size = sizeof r};
    run(HG_OK, "name=all", NULL, &r);
    assert_string_equal(r.folder, at("runs/all"));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!hg__is_file(at("runs/all/%s", files[i]))) fail_msg("no %s", files[i]);
    }
    assert_int_equal(count_temporary(), 0);
    assert_int_equal(readlink(at("runs/latest"), link, sizeof link - 1), 3);
    assert_string_equal(link, "all");
    char *results = read_text(at("runs/all/results.csv"));
    assert_int_equal(strncmp(results, "epoch,time,train/loss,val/loss,lr\n1,", 36), 0);
    hg_text_free(results);
    assert_int_equal(count_lines(at("runs/all/results.csv")), 1 + 3);
    hg__json *info = read_json(at("runs/all/run.json"));
    assert_string_equal(hg__json_string_value(hg__json_object_get(info, "exit_reason")), "done");
    assert_string_equal(hg__json_string_value(hg__json_object_get(info, "version")), HG_VERSION);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(info, "seed")), 4);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(info, "threads")), 2);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(info, "rows")), 54);
    const char *const keys[] = {"host", "cpu", "data_fingerprint", "start", "end", "data"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_true(hg__json_string_size(hg__json_object_get(info, keys[i])) > 0);
    }
    assert_true(hg__json_integer_value(hg__json_object_get(info, "peak_memory_bytes")) > 0);
    hg__json_free(info);
    hg__json *metrics = read_json(at("runs/all/metrics.json"));
    const hg__json *pca = hg__json_object_get(hg__json_object_get(metrics, "baselines"), "pca");
    assert_true(fabs(hg__json_number_value(hg__json_object_get(metrics, "mse")) - r.val_mse) <
                1e-6);
    assert_true(hg__eigen_is_available() == (pca != NULL));
    assert_true(fabs(hg__json_number_value(hg__json_object_get(pca, "mse")) - r.pca_mse) < 1e-6);
    hg__json_free(metrics);
    expect_loads("all", "best");
    expect_loads("all", "last");
    expect_loads("all", "pca");
}

static void the_result_says_what_happened(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    run(HG_OK, "name=result fraction=0.5 epochs=5", NULL, &r);
    assert_int_equal(r.epochs, 5);
    assert_true(r.best_epoch >= 1 && r.best_epoch <= 5);
    assert_int_equal(r.rows, 27); // half of 60 - 6
    assert_int_equal(r.parameters, WIDTH * 3 + 3 + 3 * WIDTH + WIDTH);
    assert_string_equal(r.exit_reason, "done");
    assert_true(r.train_loss > 0 && r.best_val_loss > 0 && r.seconds > 0 && r.rows_per_second > 0);
    assert_true(fabs(r.val_mse - r.best_val_loss) < 1e-9); // the loss is mse
    run(HG_OK, "name=rate batch=2 steps=5", NULL, &r);     // an epoch that was not finished
    assert_true(r.rows_per_second * r.seconds < 11);
}

static void folders_are_numbered_unless_they_may_exist(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    char link[256] = "";
    run(HG_OK, "name=n epochs=1", NULL, &r);
    run(HG_OK, "name=n epochs=1", NULL, &r);
    assert_string_equal(r.folder, at("runs/n2"));
    run(HG_OK, "name=n epochs=1", NULL, &r);
    assert_string_equal(r.folder, at("runs/n3"));
    assert_int_equal(readlink(at("runs/latest"), link, sizeof link - 1), 2);
    assert_string_equal(link, "n3");
    run(HG_OK, "name=n epochs=2 exist_ok=true", NULL, &r);
    assert_string_equal(r.folder, at("runs/n"));
    assert_int_equal(count_lines(at("runs/n/results.csv")), 1 + 2);
}

static void args_yaml_repeats_the_run_bit_for_bit(void **state) {
    (void)state;
    hg_error err = {0};
    run(HG_OK, "name=args optimizer=rmsprop lr=0.0123456789 clip=0.3 loss=huber delta=0.1", NULL,
        NULL);
    hg_options *o = hg_options_new("train", &err);
    assert_int_equal(hg_options_load(o, at("runs/args/args.yaml"), &err), HG_OK);
    hg_result r = {.size = sizeof r};
    if (hg_run(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    assert_string_equal(r.folder, at("runs/args2"));
    expect_same_best("args", "args2");
    expect_same_results("args", "args2");
    assert_true(is_same_file(at("runs/args/args.yaml"), at("runs/args2/args.yaml")));
}

static void the_weights_of_every_other_epoch_are_kept(void **state) {
    (void)state;
    run(HG_OK, "name=period save_period=2 epochs=5", NULL, NULL);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(hg__is_file(at("runs/period/weights/epoch%d.safetensors", i)), i % 2 == 0);
    }
    expect_loads("period", "epoch4");
}

// ---- validation ---------------------------------------------------------------------------------

static void rows_may_be_held_out_or_come_from_a_file_or_be_none(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    char more[512];
    run(HG_OK, "name=val val=0.5", NULL, &r);
    assert_int_equal(r.rows, 30);
    snprintf(more, sizeof more, "name=val val=%s", at("val.npy"));
    run(HG_OK, more, NULL, &r);
    assert_int_equal(r.rows, ROWS);
    assert_true(r.best_val_loss > 0);
}

static void without_validation_the_last_is_the_best_and_figures_are_empty(void **state) {
    (void)state;
    static told t;
    hg_result r = {.size = sizeof r};
    t = (told){0};
    run(HG_OK, "name=none val=0", &t, &r);
    assert_int_equal(r.rows, ROWS);
    assert_int_equal(r.best_epoch, 3);
    assert_true(isnan(r.best_val_loss) && isnan(r.val_mse) && r.train_loss > 0);
    for (int i = 0; i < t.events; i++) assert_true(isnan(t.event[i].val_loss));
    char *results = read_text(at("runs/none/results.csv"));
    assert_non_null(strstr(results, ",,0.001\n"));
    assert_null(strstr(results, "nan"));
    hg_text_free(results);
    char *metrics = read_text(at("runs/none/metrics.json"));
    assert_non_null(strstr(metrics, "\"val_loss\": null"));
    assert_non_null(strstr(metrics, "\"mse\": null"));
    hg_text_free(metrics);
}

static void validation_rows_of_another_width_are_refused(void **state) {
    (void)state;
    char more[512];
    snprintf(more, sizeof more, "name=width val=%s", at("wide.npy"));
    const char *sentence = run(HG_ERR_DATA, more, NULL, NULL);
    assert_non_null(strstr(sentence, "expected rows of 6 numbers"));
    assert_non_null(strstr(sentence, "got 7"));
    assert_false(hg__is_folder(at("runs/width")));
}

// ---- when to end --------------------------------------------------------------------------------

static void patience_ends_a_run_that_gets_no_better(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    run(HG_OK, "name=patience lr=0 epochs=50 patience=3", NULL, &r);
    assert_int_equal(r.epochs, 4);
    assert_int_equal(r.best_epoch, 1);
    assert_string_equal(r.exit_reason, "early stopping");
    assert_int_equal(count_lines(at("runs/patience/results.csv")), 1 + 4);
}

static void expect_same_weights(const char *a, const char *b) {
    hg_model *of_a = hg_model_load(at("runs/%s/weights/best.safetensors", a), NULL);
    hg_model *of_b = hg_model_load(at("runs/%s/weights/best.safetensors", b), NULL);
    if (of_a && of_b) {
        assert_memory_equal(of_a->net.params, of_b->net.params,
                            of_a->net.spec.params * sizeof *of_a->net.params);
    } else {
        fail_msg("%s or %s has no weights", a, b);
    }
    hg_model_free(of_a);
    hg_model_free(of_b);
}

// Epochs so short are not saved each: what is the best so far waits in memory, and any end of the run writes it.
static void the_best_weights_are_those_of_the_best_epoch(void **state) {
    (void)state;
    static const struct {
        const char *name, *options;
        int code, stop_after;
    } ends[] = {
        {"worse",  "epochs=200 patience=4 lr=1",    HG_OK,           0},
        {"ctrl_c", "epochs=200 lr=1",               HG_ERR_STOPPED,  8},
        {"blown",  "epochs=200 optimizer=sgd lr=4", HG_ERR_DIVERGED, 0},
    };
    static told t;
    for (int i = 0; i < 3; i++) {
        char more[200], short_name[32];
        hg_result r = {.size = sizeof r}, again = r;
        t = (told){.stop_after = ends[i].stop_after};
        snprintf(more, sizeof more, "name=%s %s", ends[i].name, ends[i].options);
        run(ends[i].code, more, &t, &r);
        assert_true(r.best_epoch >= 1 && r.best_epoch < r.epochs);
        snprintf(short_name, sizeof short_name, "%s_short", ends[i].name);
        snprintf(more, sizeof more, "name=%s %s epochs=%d", short_name, ends[i].options,
                 r.best_epoch);
        run(HG_OK, more, NULL, &again);
        expect_same_weights(ends[i].name, short_name);
    }
}

static void time_ends_a_run_but_not_before_its_first_epoch(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    run(HG_OK, "name=time epochs=50 time=1e-12", NULL, &r);
    assert_int_equal(r.epochs, 1);
    assert_string_equal(r.exit_reason, "time");
    expect_loads("time", "best");
}

// ---- where it starts ----------------------------------------------------------------------------

static void a_run_may_start_from_pretrained_weights(void **state) {
    (void)state;
    char more[512];
    hg_error err = {0};
    run(HG_OK, "name=first", NULL, NULL);
    snprintf(more, sizeof more, "name=second lr=0 epochs=1 pretrained=%s",
             at("runs/first/weights/best.safetensors"));
    run(HG_OK, more, NULL, NULL);
    hg_model *a = hg_model_load(at("runs/first/weights/best.safetensors"), &err);
    hg_model *b = hg_model_load(at("runs/second/weights/best.safetensors"), &err);
    assert_true(a && b);
    assert_memory_equal(a->net.params, b->net.params, a->net.spec.params * sizeof *a->net.params);
    hg_model_free(a);
    hg_model_free(b);
    hg_options *o = hg_options_new("train", &err); // without model=: the weights' own
    hg_options_set(o, "data", at("x.npy"), &err);
    hg_options_set(o, "project", at("runs"), &err);
    hg_options_set(o, "epochs", "1", &err);
    hg_options_set(o, "lr", "0", &err);
    hg_options_set(o, "name", "third", &err);
    hg_options_set(o, "pretrained", at("runs/first/weights/last.safetensors"), &err);
    if (hg_run(o, NULL, NULL, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    hg_model *m = hg_model_load(at("runs/third/weights/best.safetensors"), &err);
    assert_string_equal(hg_model_spec(m), "dense 3 tanh | dense 6");
    hg_model_free(m);
    snprintf(more, sizeof more, "name=refused model=ae latent=2 pretrained=%s",
             at("runs/first/weights/best.safetensors"));
    const char *sentence = run(HG_ERR_MODEL, more, NULL, NULL);
    assert_non_null(strstr(sentence, "encoder.0.weight"));
    assert_false(hg__is_folder(at("runs/refused")));
}

// All that norms do is to undo a scale: what is behind them decides, as it does behind none.
static void norms_leave_the_first_weights_to_what_is_behind_them(void **state) {
    (void)state;
    static const char *const norms[] = {"", ",_layernorm", ",_groupnorm_1,", ",_batchnorm"};
    hg_model *m[4];
    for (int i = 0; i < 4; i++) {
        char more[200];
        hg_error err = {0};
        snprintf(more, sizeof more, "name=norm%d lr=0 epochs=1 model=dense_8%s_relu_|_dense_input",
                 i, norms[i]);
        run(HG_OK, more, NULL, NULL);
        m[i] = hg_model_load(at("runs/norm%d/weights/best.safetensors", i), &err);
        if (!m[i]) fail_msg("%s", err.message);
        if (!m[i] || !m[0]) return; // which the analyser does not know
        const hg__param *first = &m[0]->net.spec.layer[0].param[0];
        assert_memory_equal(m[i]->net.params, m[0]->net.params,
                            first->count * sizeof *m[0]->net.params);
    }
    for (int i = 0; i < 4; i++) hg_model_free(m[i]);
}

static void pca_is_trained_by_the_same_command(void **state) {
    (void)state;
    if (!hg__eigen_is_available()) {
        printf("skipped: no LAPACK\n");
        return;
    }
    char more[512];
    hg_error err = {0};
    hg_result r = {.size = sizeof r};
    snprintf(more, sizeof more, "name=pca model=pca latent=2 label=label data=%s", at("x.csv"));
    run(HG_OK, more, NULL, &r);
    assert_string_equal(r.exit_reason, "done");
    assert_true(r.val_mse > 0 && isnan(r.pca_mse) && r.rows_per_second > 0);
    expect_loads("pca", "last");
    hg_model *m = hg_model_load(at("runs/pca/weights/best.safetensors"), &err);
    assert_non_null(m);
    assert_string_equal(m->kind, "pca");
    assert_true(m->column && strcmp(m->column[2], "c") == 0);
    hg_model_free(m);
    assert_int_equal(count_lines(at("runs/pca/results.csv")), 1);
}

static void a_refused_run_takes_its_folder_away_again(void **state) {
    (void)state;
    static const char refused[] = "model=pca latent=7 fraction=1", said[] = "PCA expects a code";
    char more[512], to[64];
    hg_result r = {.size = sizeof r};
    run(HG_OK, "name=kept epochs=1", NULL, NULL);
    snprintf(more, sizeof more, "name=wide %s", refused);
    assert_non_null(strstr(run(HG_ERR_USAGE, more, NULL, &r), said));
    assert_string_equal(r.folder, "");
    assert_int_not_equal(access(at("runs/wide"), F_OK), 0);
    const ssize_t length = readlink(at("runs/latest"), to, sizeof to);
    assert_true(length == 4 && strncmp(to, "kept", 4) == 0);
    snprintf(more, sizeof more, "project=%s %s", at("other"), refused);
    run(HG_ERR_USAGE, more, NULL, NULL);
    assert_int_not_equal(access(at("other"), F_OK), 0);
    // One that was there stays, with what the run wrote.
    assert_int_equal(hg__make_folder(at("runs/there"), NULL), HG_OK);
    snprintf(more, sizeof more, "name=there exist_ok=true %s", refused);
    run(HG_ERR_USAGE, more, NULL, &r);
    assert_string_equal(r.folder, at("runs/there"));
    assert_true(hg__is_file(at("runs/there/run.json")));
}

static void names_of_columns_go_into_the_model(void **state) {
    (void)state;
    char more[512];
    hg_error err = {0};
    snprintf(more, sizeof more, "name=columns ignore=b data=%s", at("x.csv"));
    run(HG_OK, more, NULL, NULL);
    hg_model *m = hg_model_load(at("runs/columns/weights/best.safetensors"), &err);
    assert_true(m && m->column);
    assert_int_equal(hg_model_width(m), 3);
    assert_string_equal(m->column[0], "a");
    assert_string_equal(m->column[1], "c");
    hg_model_free(m);
}

static void a_batch_larger_than_the_data_takes_no_more_memory(void **state) {
    (void)state;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        struct rusage before, after;
        getrusage(RUSAGE_SELF, &before);
        hg_error err = {0};
        hg_options *o = new_options("name=batch batch=1048576");
        const int code = hg_run(o, NULL, NULL, &err);
        hg_options_free(o);
        getrusage(RUSAGE_SELF, &after);
        _exit(code < 0 ? 2 : after.ru_maxrss - before.ru_maxrss > 300 << 10);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

// ---- divergence ---------------------------------------------------------------------------------

static void a_run_that_diverges_says_where_and_keeps_its_checkpoint(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    const char *sentence =
        run(HG_ERR_DIVERGED, "name=diverged optimizer=sgd lr=1000 epochs=100", NULL, &r);
    assert_non_null(strstr(sentence, "training diverged in epoch "));
    assert_non_null(strstr(sentence, " is not finite"));
    assert_non_null(strstr(sentence, at("runs/diverged/weights/last.safetensors")));
    expect_loads("diverged", "last");
    assert_string_equal(r.exit_reason, "failed");
    hg__json *info = read_json(at("runs/diverged/run.json"));
    assert_string_equal(hg__json_string_value(hg__json_object_get(info, "exit_reason")), "failed");
    hg__json_free(info);
}

// One step makes the weights infinite while the loss, taken before it, is fine.
static void weights_that_are_not_finite_are_never_saved(void **state) {
    (void)state;
    hg_error err = {0};
    char more[512];
    const hg__shape shape = {1, {WIDTH}};
    hg_model *m = hg__model_from_spec("dense 3 tanh | dense input", &shape, 0, 1, &err);
    assert_non_null(m);
    float huge[WIDTH * 3];
    for (int i = 0; i < WIDTH * 3; i++) huge[i] = 1e36F;
    hg__param_import(&m->net.spec.layer[0].param[0], m->net.params, huge);
    assert_int_equal(hg__model_save(m, at("huge.safetensors"), NULL, &err), HG_OK);
    hg_model_free(m);
    for (int i = 0; i < 2; i++) {
        snprintf(more, sizeof more,
                 "name=huge%c val=%s epochs=1 batch=100 optimizer=sgd lr=1000 weight_decay=1000 "
                 "pretrained=%s",
                 'a' + i, i ? "0.5" : "0", at("huge.safetensors"));
        const char *sentence = run(HG_ERR_DIVERGED, more, NULL, NULL);
        assert_non_null(strstr(sentence, "epoch 1"));
        assert_non_null(strstr(sentence, "encoder.0.weight is not finite"));
        snprintf(more, sizeof more, "huge%c", 'a' + i);
        expect_loads(more, "last");
        assert_false(hg__is_file(at("runs/%s/weights/best.safetensors", more)));
    }
}

static void a_validation_loss_that_is_not_finite_is_a_divergence(void **state) {
    (void)state;
    const char *sentence =
        run(HG_ERR_DIVERGED, "name=valloss optimizer=sgd lr=1000 epochs=100 batch=100 val=0.5",
            NULL, NULL);
    assert_non_null(strstr(sentence, "is not finite"));
    expect_loads("valloss", "last");
}

// ---- what cannot be -----------------------------------------------------------------------------

static void a_project_that_cannot_be_made_is_refused(void **state) {
    (void)state;
    char more[512];
    hg_result r = {.size = sizeof r};
    snprintf(more, sizeof more, "project=%s", at("x.csv/runs"));
    const char *sentence = run(HG_ERR_IO, more, NULL, &r);
    assert_non_null(strstr(sentence, "x.csv"));
    assert_string_equal(r.folder, "");
    snprintf(more, sizeof more, "data=%s", at("missing.npy"));
    sentence = run(HG_ERR_IO, more, NULL, NULL);
    assert_non_null(strstr(sentence, "missing.npy"));
}

// ---- events -------------------------------------------------------------------------------------

static void events_come_in_order_and_are_filled_in(void **state) {
    (void)state;
    static told t;
    t = (told){0};
    hg_result r = {.size = sizeof r};
    run(HG_OK, "name=events epochs=4 lr=0.01 schedule=step step_every=2 gamma=0.5", &t, &r);
    int ends = 0;
    double best = (double)INFINITY, seconds = 0;
    for (int i = 0; i < t.events; i++) {
        const hg_train_event *e = &t.event[i];
        assert_int_equal(e->epochs, 4);
        assert_int_equal(e->steps, 7); // 54 rows in batches of 8
        assert_int_equal(e->epoch, ends + 1);
        assert_true(e->step >= 1 && e->step <= 7 && e->train_loss > 0 && e->seconds >= seconds);
        assert_true(e->rows_per_second > 0);
        seconds = e->seconds;
        if (!e->epoch_end) continue;
        ends++;
        assert_int_equal(e->step, 7);
        assert_int_equal(e->is_best, e->val_loss < best);
        if (e->is_best) best = e->val_loss;
        assert_true(fabs(e->lr - (ends <= 2 ? 0.01 : 0.005)) < 1e-12);
    }
    assert_int_equal(ends, 4);
    assert_true(r.best_val_loss == best);
    assert_int_equal(t.notes, 0);
}

static void an_epoch_that_steps_end_has_so_many(void **state) {
    (void)state;
    static told t;
    t = (told){0};
    hg_result r = {.size = sizeof r};
    run(HG_OK, "name=shortened epochs=0 steps=10", &t, &r);
    const hg_train_event *last = &t.event[t.events - 1];
    assert_true(t.events > 1 && last->epoch_end);
    assert_int_equal(t.event[0].steps, 7);
    assert_int_equal(last->steps, 3);
    assert_int_equal(last->step, 3);
}

static void rows_left_out_are_noted(void **state) {
    (void)state;
    static told t;
    t = (told){0};
    const char text[] = "a,b\n1,2\n3,x\n4,5\n6,7\n8,9\n";
    char more[512];
    assert_int_equal(hg__write_file(at("bad.csv"), text, sizeof text - 1, NULL), HG_OK);
    snprintf(more, sizeof more, "name=skip on_bad=skip model=pca latent=1 data=%s", at("bad.csv"));
    run(HG_OK, more, &t, NULL);
    assert_int_equal(t.notes, 1);
}

// ---- faults -------------------------------------------------------------------------------------

// The child: one run into a folder that holds another run's weights.
static int child(void) {
    snprintf(folder, sizeof folder, "%s", getenv("HG_TEST_FOLDER"));
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    int code = o ? HG_OK : HG_ERR_MEMORY;
    const char *const set[][2] = {
        {"data",        at("x.npy")                 },
        {"project",     at("runs")                  },
        {"name",        "fault"                     },
        {"exist_ok",    "true"                      },
        {"model",       "dense 2 relu | dense input"},
        {"epochs",      "2"                         },
        {"batch",       "32"                        },
        {"threads",     "2"                         },
        {"save_period", "1"                         },
        {"clip",        "1"                         },
    };
    for (size_t i = 0; o && code == HG_OK && i < sizeof set / sizeof *set; i++) {
        code = hg_options_set(o, set[i][0], set[i][1], &err);
    }
    if (code == HG_OK) code = hg_run(o, NULL, NULL, &err);
    hg_options_free(o);
    if (code == HG_OK) return CHILD_WORKED;
    return code == err.code && *err.message && (code == HG_ERR_MEMORY || code == HG_ERR_IO)
               ? CHILD_FAILED_WELL
               : (printf("code %d, %d: %s\n", code, (int)err.code, err.message),
                  CHILD_FAILED_BADLY);
}

// Looks at what data= is come first, each of which may fail and be no harm: another reader says what is wrong.
enum { LOOKS = 12 };

static void expect_faults(const char *variable, const char *suffix, int step, int least) {
    int met = 0;
    for (int n = 1, worked = 0; n < 5000 && worked < LOOKS; n += worked ? 1 : step) {
        char value[32];
        snprintf(value, sizeof value, "%d%s", n, suffix);
        const int status = run_child("train", variable, value);
        if (status != CHILD_WORKED && status != CHILD_FAILED_WELL) {
            fail_msg("%s=%s: exit %d", variable, value, status);
        }
        worked = status == CHILD_WORKED ? worked + 1 : 0;
        met += status == CHILD_FAILED_WELL;
        expect_loads("fault", "best"); // the old one or the new one
        assert_int_equal(count_temporary(), 0);
    }
    if (met < least) fail_msg("%s=n%s met %d faults only", variable, suffix, met);
}

static void every_fault_is_an_error_and_leaves_whole_files(void **state) {
    (void)state;
    setenv("HG_TEST_FOLDER", folder, 1);
    run(HG_OK, "name=fault model=dense_2_relu_|_dense_input epochs=1", NULL, NULL);
    expect_faults("HG_FAIL_ALLOC", "", 5, 8);
    expect_faults("HG_FAIL_ALLOC", "+", 11, 4);
    expect_faults("HG_FAIL_IO", "", 1, 20);
    expect_faults("HG_FAIL_IO", "+", 5, 4);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_results_folder_holds_everything),
        cmocka_unit_test(the_result_says_what_happened),
        cmocka_unit_test(folders_are_numbered_unless_they_may_exist),
        cmocka_unit_test(args_yaml_repeats_the_run_bit_for_bit),
        cmocka_unit_test(the_weights_of_every_other_epoch_are_kept),
        cmocka_unit_test(rows_may_be_held_out_or_come_from_a_file_or_be_none),
        cmocka_unit_test(without_validation_the_last_is_the_best_and_figures_are_empty),
        cmocka_unit_test(validation_rows_of_another_width_are_refused),
        cmocka_unit_test(patience_ends_a_run_that_gets_no_better),
        cmocka_unit_test(the_best_weights_are_those_of_the_best_epoch),
        cmocka_unit_test(time_ends_a_run_but_not_before_its_first_epoch),
        cmocka_unit_test(a_run_may_start_from_pretrained_weights),
        cmocka_unit_test(norms_leave_the_first_weights_to_what_is_behind_them),
        cmocka_unit_test(pca_is_trained_by_the_same_command),
        cmocka_unit_test(a_refused_run_takes_its_folder_away_again),
        cmocka_unit_test(names_of_columns_go_into_the_model),
        cmocka_unit_test(a_batch_larger_than_the_data_takes_no_more_memory),
        cmocka_unit_test(a_run_that_diverges_says_where_and_keeps_its_checkpoint),
        cmocka_unit_test(weights_that_are_not_finite_are_never_saved),
        cmocka_unit_test(a_validation_loss_that_is_not_finite_is_a_divergence),
        cmocka_unit_test(a_project_that_cannot_be_made_is_refused),
        cmocka_unit_test(events_come_in_order_and_are_filled_in),
        cmocka_unit_test(an_epoch_that_steps_end_has_so_many),
        cmocka_unit_test(rows_left_out_are_noted),
        cmocka_unit_test(every_fault_is_an_error_and_leaves_whole_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
