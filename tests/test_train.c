// SPDX-License-Identifier: Apache-2.0
// test_train.c - whole training runs: what they leave, repeat, resume, refuse, and survive.
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/lock.h"
#include "faults.h"
#include "model/pca.h"
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
    hg_train_result r;
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
    hg_train_result r;
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
    hg_train_result r;
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
    hg_train_result r;
    if (hg_train(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
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
    hg_train_result r;
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
    hg_train_result r;
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
    hg__json *metrics = read_json(at("runs/none/metrics.json"));
    assert_true(hg__json_is_null(hg__json_object_get(metrics, "val_loss")));
    assert_true(hg__json_is_null(hg__json_object_get(metrics, "mse")));
    hg__json_free(metrics);
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
    hg_train_result r;
    run(HG_OK, "name=patience lr=0 epochs=50 patience=3", NULL, &r);
    assert_int_equal(r.epochs, 4);
    assert_int_equal(r.best_epoch, 1);
    assert_string_equal(r.exit_reason, "early stopping");
    assert_int_equal(count_lines(at("runs/patience/results.csv")), 1 + 4);
}

static void time_ends_a_run_but_not_before_its_first_epoch(void **state) {
    (void)state;
    hg_train_result r;
    run(HG_OK, "name=time epochs=50 time=1e-12", NULL, &r);
    assert_int_equal(r.epochs, 1);
    assert_string_equal(r.exit_reason, "time");
    expect_loads("time", "best");
}

// ---- resuming -----------------------------------------------------------------------------------

static const char long_run[] =
    "model=dense_5_relu_dropout_0.2_|_dense_input epochs=6 schedule=cosine warmup=5 lr=0.01 clip=1";

static void a_run_resumed_between_epochs_ends_in_the_same_bits(void **state) {
    (void)state;
    static told t;
    char more[512];
    hg_train_result r;
    for (int i = 0; i < 2; i++) {
        const char *optim = i ? "optimizer=sgd momentum=0.9 name=sgd" : "optimizer=adam name=adam";
        const char *name = i ? "sgd" : "adam";
        snprintf(more, sizeof more, "%s %s", long_run, optim);
        run(HG_OK, more, NULL, NULL);
        t = (told){.stop_after = 2};
        run(HG_ERR_STOPPED, more, &t, &r);
        assert_string_equal(r.exit_reason, "stopped");
        assert_string_equal(r.folder, at("runs/%s2", name));
        snprintf(more, sizeof more, "%s2", name);
        expect_loads(more, "last");
        hg_error err = {0};
        hg_options *o = hg_options_new("train", &err);
        assert_int_equal(hg_options_set(o, "resume", r.folder, &err), HG_OK);
        t = (told){.stop_after = 4};
        const hg_listener l = {.context = &t, .train = take_event, .stop = &t.stop};
        assert_int_equal(hg_train(o, &l, NULL, &err), HG_ERR_STOPPED);
        assert_int_equal(t.event[0].epoch, 3);
        if (hg_train(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
        assert_int_equal(r.epochs, 6);
        if (hg_train(o, NULL, &r, &err) < 0) fail_msg("a finished run: %s", err.message);
        hg_options_free(o);
        snprintf(more, sizeof more, "%s2", name);
        expect_same_best(name, more);
        expect_same_results(name, more);
    }
}

// Asks to stop some time into an epoch: waits for the first epoch's end, then `delay_us`.
typedef struct stopper {
    told told;
    long delay_us;
    pthread_t thread;
    bool started;
} stopper;

static void *stop_later(void *context) {
    stopper *s = context;
    const struct timespec delay = {0, s->delay_us * 1000};
    nanosleep(&delay, NULL);
    s->told.stop = 1;
    return NULL;
}

static void start_stopper(void *context, const hg_train_event *e) {
    stopper *s = context;
    if (!e->epoch_end || s->started) return;
    s->started = pthread_create(&s->thread, NULL, stop_later, s) == 0;
}

// Whether the run stopped within an epoch: what the checkpoint says about its batches.
static bool is_within_epoch(const char *run_folder) {
    hg__tensors t;
    char path[1100];
    snprintf(path, sizeof path, "%s/weights/last.safetensors", run_folder);
    assert_int_equal(hg__tensors_open(&t, path, NULL), HG_OK);
    const char *text = hg__tensors_metadata(&t, "hourglass.training");
    assert_non_null(text);
    const bool within = !strstr(text, "\"batch\": 0,");
    hg__tensors_close(&t);
    return within;
}

// A run with long_run's options and `name`, stopped within an epoch; its folder.
static void stop_within_epoch(const char *name, hg_train_result *r) {
    static stopper s;
    char more[768];
    hg_error err = {0};
    snprintf(more, sizeof more, "%s batch=2 data=%s name=%s", long_run, at("long.npy"), name);
    for (int attempt = 0, code = HG_OK; attempt < 200; attempt++) {
        s = (stopper){.delay_us = 1 + (attempt * 271) % 8000};
        const hg_listener l = {.context = &s, .train = start_stopper, .stop = &s.told.stop};
        hg_options *o = new_options(more);
        code = hg_train(o, &l, r, &err);
        hg_options_free(o);
        if (s.started) pthread_join(s.thread, NULL);
        if (code == HG_ERR_STOPPED && is_within_epoch(r->folder)) return;
    }
    fail_msg("no run stopped within an epoch: %s", err.message);
}

static void a_run_resumed_within_an_epoch_ends_in_the_same_bits(void **state) {
    (void)state;
    char more[768];
    hg_train_result r;
    hg_error err = {0};
    snprintf(more, sizeof more, "%s batch=2 data=%s name=straight", long_run, at("long.npy"));
    run(HG_OK, more, NULL, NULL);
    stop_within_epoch("within", &r);
    hg_options *o = hg_options_new("train", &err);
    assert_int_equal(hg_options_set(o, "resume", r.folder, &err), HG_OK);
    if (hg_train(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    const char *name = strrchr(r.folder, '/') + 1;
    expect_same_best("straight", name);
    expect_same_results("straight", name);
}

static int resume(const char *run_folder, const char *name, const char *value, hg_train_result *r,
                  hg_error *err) {
    hg_options *o = hg_options_new("train", err);
    assert_int_equal(hg_options_set(o, "resume", run_folder, err), HG_OK);
    if (name) assert_int_equal(hg_options_set(o, name, value, err), HG_OK);
    const int code = hg_train(o, NULL, r, err);
    hg_options_free(o);
    return code;
}

static void another_batch_size_within_an_epoch_is_refused(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    stop_within_epoch("batch", &r);
    char *before = read_text(at("runs/%s/args.yaml", strrchr(r.folder, '/') + 1));
    char stopped[1024];
    snprintf(stopped, sizeof stopped, "%s", r.folder);
    assert_int_equal(resume(stopped, "batch", "3", &r, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "batch"));
    char *after = read_text(at("runs/%s/args.yaml", strrchr(stopped, '/') + 1));
    assert_string_equal(before, after);
    hg_text_free(before);
    hg_text_free(after);
}

static void other_data_of_the_same_width_is_not_resumed_with(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    run(HG_OK, "name=data", NULL, &r);
    assert_int_equal(resume(at("runs/data"), "data", at("long.npy"), &r, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message, "long.npy: expected the data the run began with"));
}

static void a_run_may_be_resumed_for_more_epochs(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    run(HG_OK, "name=more epochs=3", NULL, &r);
    run(HG_OK, "name=whole epochs=5", NULL, NULL);
    if (resume(at("runs/more"), "epochs", "5", &r, &err) < 0) fail_msg("%s", err.message);
    assert_int_equal(r.epochs, 5);
    expect_same_best("more", "whole");
    expect_same_results("more", "whole");
    char *args = read_text(at("runs/more/args.yaml")); // still repeats the run
    assert_non_null(strstr(args, "\nepochs: 5\n"));
    assert_non_null(strstr(args, "\nresume: \"\"\n"));
    hg_text_free(args);
}

// ---- checkpoints that are none ------------------------------------------------------------------

// The checkpoint of a run written anew, whole and with its checksum: `progress` where it is not NULL, and without tensor `lost`, or
// with that of another shape (is_bent).
static void rewrite_checkpoint(const char *from, const char *to, const char *progress,
                               const char *lost, bool is_bent) {
    hg__tensors t;
    uint64_t hash;
    char sum[20];
    hg_error err = {0};
    assert_int_equal(hg__tensors_open(&t, from, &err), HG_OK);
    size_t kept = 0;
    for (size_t i = 0; i < t.count; i++) {
        hg__tensor one = t.tensor[i];
        const bool is_it = lost && strncmp(one.name, lost, strlen(lost)) == 0;
        size_t count = 0;
        assert_true(hg__shape_count(&one.shape, &count));
        if (is_it && is_bent) one.shape = hg__shape_of((hg__extent){1, 1, (int32_t)count});
        if (!is_it || is_bent) t.tensor[kept++] = one;
    }
    t.count = kept;
    size_t checksum = 0;
    for (size_t i = 0; i < t.pairs; i++) {
        if (strcmp(t.key[i], "hourglass.checksum") == 0) checksum = i;
        if (!progress || strcmp(t.key[i], "hourglass.training") != 0) continue;
        hg__free(t.value[i]);
        t.value[i] = hg__copy_text(progress, NULL);
    }
    const char *const *key = (const char *const *)t.key, *const *value =
                                                             (const char *const *)t.value;
    assert_int_equal(
        hg__tensors_hash(t.tensor, t.count, key, value, t.pairs, "hourglass.checksum", &hash, &err),
        HG_OK);
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)hash);
    hg__free(t.value[checksum]);
    t.value[checksum] = hg__copy_text(sum, NULL);
    assert_int_equal(hg__tensors_write(to, t.tensor, t.count, key, value, t.pairs, &err), HG_OK);
    hg__tensors_close(&t);
}

static void expect_no_checkpoint(const char *says) {
    hg_train_result r;
    hg_error err = {0};
    assert_int_equal(resume(at("runs/flaws"), "epochs", "5", &r, &err), HG_ERR_MODEL);
    if (!strstr(err.message, says)) fail_msg("%s", err.message);
}

// `text`, a flat object, with another value for `key`; to be freed.
static char *with_value(const char *text, const char *key, const char *value) {
    char start[64];
    snprintf(start, sizeof start, "\"%s\": ", key);
    const char *at = strstr(text, start);
    assert_non_null(at);
    at += strlen(start);
    hg__text t = {0};
    hg__text_add(&t, "%.*s%s%s", (int)(at - text), text, value, at + strcspn(at, ",}"));
    return hg__text_take(&t, NULL);
}

static void progress_that_is_none_is_refused(void **state) {
    (void)state;
    static const char says[] = "expected a checkpoint with 'hourglass.training' in its metadata";
    static const char *const counts[] = {"epoch", "best_epoch", "batch", "step", "rows"};
    static const char *const reals[] = {"loss_sum", "best_loss", "train_loss"};
    static const char *const no_counts[] = {"-1", "1.5", "\"x\"", "null", "4294967296"};
    static const char *const no_reals[] = {"1", "\"\"", "\"0x1p x\"", "\"nan\"", "null"};
    enum { FLAWS = 5 };
    char from[1024], to[1024];
    run(HG_OK, "name=flaws epochs=3", NULL, NULL);
    snprintf(to, sizeof to, "%s", at("runs/flaws/weights/last.safetensors"));
    snprintf(from, sizeof from, "%s", at("whole.safetensors"));
    assert_int_equal(rename(to, from), 0);
    hg__tensors t;
    assert_int_equal(hg__tensors_open(&t, from, NULL), HG_OK);
    char *whole = hg__copy_text(hg__tensors_metadata(&t, "hourglass.training"), NULL);
    hg__tensors_close(&t);
    for (size_t k = 0; k < 5 + 3; k++) {
        const bool is_count = k < 5;
        for (size_t i = 0; i < FLAWS; i++) {
            if (is_count && k > 1 && i == 4) continue; // steps may be as many
            char *text = with_value(whole, is_count ? counts[k] : reals[k - 5],
                                    is_count ? no_counts[i] : no_reals[i]);
            rewrite_checkpoint(from, to, text, NULL, false);
            expect_no_checkpoint(says);
            hg__free(text);
        }
    }
    hg__free(whole);
    rewrite_checkpoint(from, to, "{", NULL, false);
    expect_no_checkpoint(says);
    rewrite_checkpoint(from, to, NULL, "optimizer.exp_avg_sq.", false);
    expect_no_checkpoint("expected a tensor 'optimizer.exp_avg_sq.encoder.0.weight' in the "
                         "weight's shape, got none");
    rewrite_checkpoint(from, to, NULL, "optimizer.exp_avg.", true);
    expect_no_checkpoint("in the weight's shape, got another shape");
    rewrite_checkpoint(from, to, NULL, "encoder.0.weight", false);
    expect_no_checkpoint("encoder.0.weight");
    hg_train_result r;
    hg_error err = {0};
    rewrite_checkpoint(from, to, NULL, NULL, false);
    if (resume(at("runs/flaws"), "epochs", "5", &r, &err) < 0) fail_msg("%s", err.message);
    unlink(to); // it would begin anew, and write over the best weights
    assert_int_equal(resume(at("runs/flaws"), "epochs", "2", &r, &err), HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "got no such file; to begin with the best weights"));
    unlink(at("runs/flaws/weights/best.safetensors")); // stopped before the first one: begins anew
    assert_int_equal(resume(at("runs/flaws"), "epochs", "2", &r, &err), HG_OK);
}

static void a_run_that_is_another_now_is_not_resumed(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    run(HG_OK, "name=other", NULL, &r);
    run(HG_OK, "name=same", NULL, NULL);
    assert_int_equal(resume(at("runs/other"), "model", "dense 4 tanh | dense input", &r, &err),
                     HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "expected the model 'dense 4 tanh | dense 6'"));
    assert_int_equal(resume(at("runs/other"), "optimizer", "sgd", &r, &err), HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "optimizer.momentum_buffer."));
    assert_int_equal(resume(at("runs/other"), "data", at("wide.npy"), &r, &err), HG_ERR_MODEL);
    expect_same_best("other", "same");
    expect_same_results("other", "same");
    assert_int_equal(resume(at("runs/missing"), NULL, NULL, &r, &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "runs/missing/args.yaml"));
    assert_int_equal(hg__write_file(at("runs/other/weights/last.safetensors"), "broken", 6, &err),
                     HG_OK);
    assert_int_equal(resume(at("runs/other"), NULL, NULL, &r, &err), HG_ERR_MODEL);
    run(HG_OK, "name=best", NULL, NULL); // a model file without progress is no checkpoint
    assert_int_equal(
        rename(at("runs/best/weights/best.safetensors"), at("runs/best/weights/last.safetensors")),
        0);
    assert_int_equal(resume(at("runs/best"), NULL, NULL, &r, &err), HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "expected a checkpoint"));
}

static void copy_file(const char *from, const char *to) {
    hg__map m;
    hg_error err = {0};
    assert_int_equal(hg__map_open(&m, from, &err), HG_OK);
    assert_int_equal(hg__write_file(to, m.data, m.size, &err), HG_OK);
    hg__map_close(&m);
}

static void weights_and_options_of_two_runs_are_not_resumed(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    static const char *const files[] = {"args.yaml", "weights/last.safetensors",
                                        "weights/best.safetensors"};
    run(HG_OK, "name=alpha", NULL, NULL);
    run(HG_OK, "name=beta seed=5", NULL, NULL); // the same model and data
    for (int i = 0; i < 3; i++) {
        copy_file(at("runs/alpha/%s", files[i]), at("kept"));
        copy_file(at("runs/beta/%s", files[i]), at("runs/alpha/%s", files[i]));
        char *before = read_text(at("runs/alpha/args.yaml"));
        assert_int_equal(resume(at("runs/alpha"), "epochs", "4", &r, &err), HG_ERR_MODEL);
        assert_non_null(strstr(err.message, "they do not belong together"));
        char *after = read_text(at("runs/alpha/args.yaml"));
        assert_string_equal(before, after);
        hg_text_free(before);
        hg_text_free(after);
        copy_file(at("kept"), at("runs/alpha/%s", files[i]));
    }
    assert_int_equal(resume(at("runs/alpha"), "seed", "5", &r, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "expected the seed that the run began with, got seed=5"));
    if (resume(at("runs/alpha"), "epochs", "4", &r, &err) < 0) fail_msg("%s", err.message);
}

// As those of version 0.1.0 are: no run anywhere, and seconds among the progress.
static void a_run_that_does_not_say_which_it_is_goes_on(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    run(HG_OK, "name=plain epochs=3", NULL, NULL);
    run(HG_OK, "name=longer epochs=4", NULL, NULL);
    char *args = read_text(at("runs/plain/args.yaml"));
    const char *rest = strchr(args, '\n') + 1;
    assert_memory_equal(args, "# run ", 6);
    assert_int_equal(hg__write_file(at("runs/plain/args.yaml"), rest, strlen(rest), &err), HG_OK);
    hg_text_free(args);
    if (resume(at("runs/plain"), "epochs", "4", &r, &err) < 0) fail_msg("%s", err.message);
    expect_same_best("plain", "longer");
    expect_same_results("plain", "longer");
}

static void the_same_training_gives_the_same_checkpoint(void **state) {
    (void)state;
    run(HG_OK, "name=once", NULL, NULL);
    run(HG_OK, "name=twice threads=1", NULL, NULL);
    assert_true(is_same_file(at("runs/once/weights/last.safetensors"),
                             at("runs/twice/weights/last.safetensors")));
}

static void seconds_go_on_where_they_were(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    run(HG_OK, "name=long epochs=2", NULL, NULL);
    char *text = read_text(at("runs/long/results.csv"));
    hg__text slow = {0};
    const char *last = strstr(text, "\n2,") + 3;
    hg__text_add(&slow, "%.*s1000.5%s", (int)(last - text), text, strchr(last, ','));
    assert_int_equal(hg__write_file(at("runs/long/results.csv"), slow.data, slow.length, &err),
                     HG_OK);
    hg__text_clear(&slow);
    hg_text_free(text);
    if (resume(at("runs/long"), "epochs", "3", &r, &err) < 0) fail_msg("%s", err.message);
    assert_true(r.seconds >= 1000.5 && r.seconds < 2000);
}

static void a_folder_is_trained_in_by_one_at_a_time(void **state) {
    (void)state;
    hg__lock l;
    hg_train_result r;
    hg_error err = {0};
    run(HG_OK, "name=one", NULL, NULL);
    copy_file(at("runs/one/args.yaml"), at("kept"));
    assert_int_equal(hg__lock_folder(&l, at("runs/one"), &err), HG_OK);
    assert_int_equal(resume(at("runs/one"), NULL, NULL, &r, &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "runs/one: is being trained by process "));
    const char *sentence = run(HG_ERR_IO, "name=one exist_ok=true seed=8", NULL, NULL);
    assert_non_null(strstr(sentence, "runs/one: is being trained by process "));
    assert_true(is_same_file(at("runs/one/args.yaml"), at("kept")));
    hg__lock_release(&l);
    assert_int_equal(resume(at("runs/one"), NULL, NULL, &r, &err), HG_OK);
    assert_int_not_equal(access(at("runs/one/.lock"), F_OK), 0);
}

static void what_a_killed_run_left_is_taken_away(void **state) {
    (void)state;
    static const char *const left[] = {"args.yaml.1.tmp", "results.csv.1.2.tmp",
                                       "weights/last.safetensors.1.tmp",
                                       "weights/epoch12.safetensors.1.tmp"};
    static const char mine[] = "runs/left/notes.txt.1.tmp";
    hg_train_result r;
    hg_error err = {0};
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 0) run(HG_OK, "name=left", NULL, NULL);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(hg__append_line(at("runs/left/%s", left[i]), "x", &err), HG_OK);
        }
        assert_int_equal(hg__append_line(at("%s", mine), "x", &err), HG_OK);
        if (pass == 0) assert_int_equal(resume(at("runs/left"), NULL, NULL, &r, &err), HG_OK);
        if (pass == 1) run(HG_OK, "name=left exist_ok=true", NULL, NULL);
        for (int i = 0; i < 4; i++) {
            assert_int_not_equal(access(at("runs/left/%s", left[i]), F_OK), 0);
        }
        assert_int_equal(access(at("%s", mine), F_OK), 0);
        unlink(at("%s", mine));
    }
}

static void cut_off_data(void *context, const hg_train_event *e) {
    if (e->epoch_end) assert_int_equal(truncate(context, 4000), 0);
}

static void data_that_shrinks_is_an_error_or_in_memory(void **state) {
    (void)state;
    static const char *const memory[] = {"1M", "192M"};
    char path[256];
    hg_error err = {0};
    hg_train_result r;
    snprintf(path, sizeof path, "%s", at("large.npy"));
    for (int i = 0; i < 2; i++) {
        write_npy("large.npy", 50000, WIDTH, 3);
        hg_options *o = new_options("name=shrunk exist_ok=true epochs=2 batch=1000 pca=false");
        assert_int_equal(hg_options_set(o, "data", path, &err), HG_OK);
        assert_int_equal(hg_options_set(o, "max_mem", memory[i], &err), HG_OK);
        const hg_listener l = {.context = path, .train = cut_off_data};
        const int code = hg_train(o, &l, &r, &err);
        hg_options_free(o);
        assert_int_equal(code, i ? HG_OK : HG_ERR_IO);
        if (i == 0) assert_non_null(strstr(err.message, "got the end of the file"));
        assert_int_equal(count_temporary(), 0);
    }
    unlink(path);
}

static mode_t mode_of(const char *path) {
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    return s.st_mode & 0777;
}

// A table's model holds rows; others do not.
static void a_model_that_holds_rows_is_its_owners_alone(void **state) {
    (void)state;
    static const struct {
        const char *more;
        mode_t best, last;
    } runs[] = {
        {"name=modes exist_ok=true",                                                           0644, 0644},
        {"name=modes exist_ok=true prepare=table model=dense_3_tanh_|_dense_input",            0600, 0600},
        {"name=modes exist_ok=true prepare=table share=true model=dense_3_tanh_|_dense_input", 0644,
         0644                                                                                            },
    };
    const mode_t mask = umask(022);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        run(HG_OK, runs[i].more, NULL, NULL);
        assert_int_equal(mode_of(at("runs/modes/weights/best.safetensors")), runs[i].best);
        assert_int_equal(mode_of(at("runs/modes/weights/last.safetensors")), runs[i].last);
        assert_int_equal(mode_of(at("runs/modes/results.csv")), 0644);
        hg_model *m = hg_model_load(at("runs/modes/weights/best.safetensors"), NULL);
        assert_true(m && hg__model_holds_rows(m) == (i > 0));
        hg_model_free(m);
    }
    umask(mask);
}

static void rows_of_results_that_make_no_sense_are_dropped(void **state) {
    (void)state;
    hg_train_result r;
    hg_error err = {0};
    run(HG_OK, "name=cut epochs=3", NULL, NULL);
    run(HG_OK, "name=uncut epochs=3", NULL, NULL);
    char *kept = read_text(at("runs/cut/results.csv"));
    hg__text torn = {0};
    const int header = (int)strcspn(kept, "\n") + 1;
    hg__text_add(&torn, "\n%.*s\n%sx\n-1,2\n3000,4\n7,1,1,1,1\n", header, kept, kept + header);
    while (torn.length % 4096) hg__text_add(&torn, "\n"); // to the very end of the page
    hg_text_free(kept);
    assert_int_equal(hg__write_file(at("runs/cut/results.csv"), torn.data, torn.length, &err),
                     HG_OK);
    hg__text_clear(&torn);
    if (resume(at("runs/cut"), NULL, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    expect_same_results("cut", "uncut");
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
    assert_memory_equal(a->params, b->params, a->spec.params * sizeof *a->params);
    hg_model_free(a);
    hg_model_free(b);
    hg_options *o = hg_options_new("train", &err); // without model=: the weights' own
    hg_options_set(o, "data", at("x.npy"), &err);
    hg_options_set(o, "project", at("runs"), &err);
    hg_options_set(o, "epochs", "1", &err);
    hg_options_set(o, "lr", "0", &err);
    hg_options_set(o, "name", "third", &err);
    hg_options_set(o, "pretrained", at("runs/first/weights/last.safetensors"), &err);
    if (hg_train(o, NULL, NULL, &err) < 0) fail_msg("%s", err.message);
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

static void pca_is_trained_by_the_same_command(void **state) {
    (void)state;
    if (!hg__eigen_is_available()) {
        printf("skipped: no LAPACK\n");
        return;
    }
    char more[512];
    hg_error err = {0};
    hg_train_result r;
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
        const int code = hg_train(o, NULL, NULL, &err);
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
    hg_train_result r;
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
    hg__param_import(&m->spec.layer[0].param[0], m->params, huge);
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
    hg_train_result r;
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
    hg_train_result r;
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
    hg_train_result r;
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
    snprintf(more, sizeof more, "name=skip on_bad=skip model=ae latent=1 data=%s", at("bad.csv"));
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
    if (code == HG_OK) code = hg_train(o, NULL, NULL, &err);
    hg_options_free(o);
    if (code == HG_OK) return CHILD_WORKED;
    return code == err.code && *err.message && (code == HG_ERR_MEMORY || code == HG_ERR_IO)
               ? CHILD_FAILED_WELL
               : (printf("code %d, %d: %s\n", code, (int)err.code, err.message),
                  CHILD_FAILED_BADLY);
}

static void expect_faults(const char *variable, const char *suffix, int step, int least) {
    int met = 0;
    for (int n = 1, worked = 0; n < 5000 && worked < 3; n += worked ? 1 : step) {
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
        cmocka_unit_test(time_ends_a_run_but_not_before_its_first_epoch),
        cmocka_unit_test(a_run_resumed_between_epochs_ends_in_the_same_bits),
        cmocka_unit_test(a_run_resumed_within_an_epoch_ends_in_the_same_bits),
        cmocka_unit_test(another_batch_size_within_an_epoch_is_refused),
        cmocka_unit_test(other_data_of_the_same_width_is_not_resumed_with),
        cmocka_unit_test(a_run_may_be_resumed_for_more_epochs),
        cmocka_unit_test(progress_that_is_none_is_refused),
        cmocka_unit_test(a_run_that_is_another_now_is_not_resumed),
        cmocka_unit_test(weights_and_options_of_two_runs_are_not_resumed),
        cmocka_unit_test(a_run_that_does_not_say_which_it_is_goes_on),
        cmocka_unit_test(the_same_training_gives_the_same_checkpoint),
        cmocka_unit_test(seconds_go_on_where_they_were),
        cmocka_unit_test(a_folder_is_trained_in_by_one_at_a_time),
        cmocka_unit_test(what_a_killed_run_left_is_taken_away),
        cmocka_unit_test(data_that_shrinks_is_an_error_or_in_memory),
        cmocka_unit_test(a_model_that_holds_rows_is_its_owners_alone),
        cmocka_unit_test(rows_of_results_that_make_no_sense_are_dropped),
        cmocka_unit_test(a_run_may_start_from_pretrained_weights),
        cmocka_unit_test(pca_is_trained_by_the_same_command),
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
