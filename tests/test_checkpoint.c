// SPDX-License-Identifier: Apache-2.0
// test_checkpoint.c - how a run goes on: the same bits as without a stop, one run a folder, and what is no checkpoint.
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/system.h"
#include "model/model_file.h"
#include "train_case.h"

// ---- resuming -----------------------------------------------------------------------------------

static const char long_run[] = "model=dense_6_relu_dropout_0.2,_vq_8_2_|_dense_input epochs=6 "
                               "schedule=cosine warmup=5 lr=0.01 clip=1";

static void a_run_resumed_between_epochs_ends_in_the_same_bits(void **state) {
    (void)state;
    static told t;
    char more[512];
    hg_result r = {.size = sizeof r};
    static const char *const names[] = {"adam", "sgd", "tied"},
                             *const own[] = {"optimizer=adam adversary=code name=adam",
                                             "optimizer=sgd momentum=0.9 adversary=output name=sgd",
                                             "name=tied model=dense_5_relu_|_dense_input_tied=1"};
    for (int i = 0; i < 3; i++) {
        const char *optim = own[i], *name = names[i];
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
        const hg_listener l = {
            .size = sizeof l, .context = &t, .train = take_event, .stop = &t.stop};
        assert_int_equal(hg_run(o, &l, NULL, &err), HG_ERR_STOPPED);
        assert_int_equal(t.event[0].epoch, 3);
        if (hg_run(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
        assert_int_equal(r.epochs, 6);
        if (hg_run(o, NULL, &r, &err) < 0) fail_msg("a finished run: %s", err.message);
        hg_options_free(o);
        snprintf(more, sizeof more, "%s2", name);
        expect_same_best(name, more);
        expect_same_results(name, more);
    }
}

// Asks to stop some time into the second epoch. By a signal: a thread would have to get the processor meanwhile, and the run sleeps
// between epochs only.
static volatile sig_atomic_t asked;

static void ask_to_stop(int signal_number) {
    (void)signal_number;
    asked = 1;
}

static void start_timer(void *context, const hg_train_event *e) {
    const struct itimerval delay = {.it_value = {.tv_usec = *(const int *)context}};
    if (e->epoch_end && e->epoch == 1) assert_int_equal(setitimer(ITIMER_REAL, &delay, NULL), 0);
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
static void stop_within_epoch(const char *name, hg_result *r) {
    const struct sigaction take = {.sa_handler = ask_to_stop, .sa_flags = SA_RESTART};
    char more[768];
    hg_error err = {0};
    assert_int_equal(sigaction(SIGALRM, &take, NULL), 0);
    snprintf(more, sizeof more, "%s batch=2 data=%s name=%s", long_run, at("long.npy"), name);
    for (int attempt = 0, code = HG_OK; attempt < 200; attempt++) {
        int delay_us = 1000 + (attempt * 271) % 8000;
        const hg_listener l = {
            .size = sizeof l, .context = &delay_us, .train = start_timer, .stop = &asked};
        hg_options *o = new_options(more);
        asked = 0;
        code = hg_run(o, &l, r, &err);
        hg_options_free(o);
        setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
        if (code == HG_ERR_STOPPED && is_within_epoch(r->folder)) return;
    }
    fail_msg("no run stopped within an epoch: %s", err.message);
}

static void a_run_resumed_within_an_epoch_ends_in_the_same_bits(void **state) {
    (void)state;
    char more[768];
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    snprintf(more, sizeof more, "%s batch=2 data=%s name=straight", long_run, at("long.npy"));
    run(HG_OK, more, NULL, NULL);
    stop_within_epoch("within", &r);
    hg_options *o = hg_options_new("train", &err);
    assert_int_equal(hg_options_set(o, "resume", r.folder, &err), HG_OK);
    if (hg_run(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    const char *name = strrchr(r.folder, '/') + 1;
    expect_same_best("straight", name);
    expect_same_results("straight", name);
}

static int resume(const char *run_folder, const char *name, const char *value, hg_result *r,
                  hg_error *err) {
    hg_options *o = hg_options_new("train", err);
    assert_int_equal(hg_options_set(o, "resume", run_folder, err), HG_OK);
    if (name) assert_int_equal(hg_options_set(o, name, value, err), HG_OK);
    const int code = hg_run(o, NULL, r, err);
    hg_options_free(o);
    return code;
}

static void another_batch_size_within_an_epoch_is_refused(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
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
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    run(HG_OK, "name=data", NULL, &r);
    assert_int_equal(resume(at("runs/data"), "data", at("long.npy"), &r, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message, "long.npy: expected the data the run began with"));
}

static void a_run_may_be_resumed_for_more_epochs(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
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

// What is changed in a checkpoint that is written anew, whole and with its checksum.
typedef struct change {
    const char *progress; // instead of what it says; NULL: that
    const char *tensor;   // those whose names begin so are left out, or
    bool is_bent;         // have another shape, or
    bool is_whole;        // another type of number
    bool is_of_no_run;
} change;

static void rewrite_checkpoint(const char *from, const char *to, const change *c) {
    hg__tensors t;
    uint64_t hash;
    char sum[20];
    hg_error err = {0};
    assert_int_equal(hg__tensors_open(&t, from, &err), HG_OK);
    size_t kept = 0, pairs = 0, checksum = 0;
    for (size_t i = 0; i < t.count; i++) {
        hg__tensor one = t.tensor[i];
        const bool is_it = c->tensor && strncmp(one.name, c->tensor, strlen(c->tensor)) == 0;
        size_t count = 0;
        assert_true(hg__shape_count(&one.shape, &count));
        if (is_it && c->is_bent) one.shape = hg__shape_of((hg__extent){1, 1, (int32_t)count});
        if (is_it && c->is_whole) one.dtype = HG_I32;
        if (!is_it || c->is_bent || c->is_whole) t.tensor[kept++] = one;
    }
    t.count = kept;
    const char *key[16], *value[16];
    for (size_t i = 0; i < t.pairs; i++) {
        assert_true(pairs < 16);
        if (c->is_of_no_run && strcmp(t.key[i], HG_META_RUN) == 0) continue;
        if (strcmp(t.key[i], "hourglass.checksum") == 0) checksum = pairs;
        const bool is_it = c->progress && strcmp(t.key[i], "hourglass.training") == 0;
        key[pairs] = t.key[i];
        value[pairs++] = is_it ? c->progress : t.value[i];
    }
    assert_int_equal(
        hg__tensors_hash(t.tensor, t.count, key, value, pairs, "hourglass.checksum", &hash, &err),
        HG_OK);
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)hash);
    value[checksum] = sum;
    assert_int_equal(hg__tensors_write(to, t.tensor, t.count, key, value, pairs, &err), HG_OK);
    hg__tensors_close(&t);
}

// What the checkpoint says of the run's progress; to be freed.
static char *progress_of(const char *path) {
    hg__tensors t;
    assert_int_equal(hg__tensors_open(&t, path, NULL), HG_OK);
    char *text = hg__copy_text(hg__tensors_metadata(&t, "hourglass.training"), NULL);
    hg__tensors_close(&t);
    return text;
}

static void expect_no_checkpoint(const char *says) {
    hg_result r = {.size = sizeof r};
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
    char *progress = progress_of(from);
    for (size_t k = 0; k < 5 + 3; k++) {
        const bool is_count = k < 5;
        for (size_t i = 0; i < FLAWS; i++) {
            if (is_count && k > 1 && i == 4) continue; // steps may be as many
            char *text = with_value(progress, is_count ? counts[k] : reals[k - 5],
                                    is_count ? no_counts[i] : no_reals[i]);
            rewrite_checkpoint(from, to, &(change){.progress = text});
            expect_no_checkpoint(says);
            hg__free(text);
        }
    }
    hg__free(progress);
    rewrite_checkpoint(from, to, &(change){.progress = "{"});
    expect_no_checkpoint(says);
    rewrite_checkpoint(from, to, &(change){.tensor = "optimizer.exp_avg_sq."});
    expect_no_checkpoint("expected a tensor 'optimizer.exp_avg_sq.encoder.0.weight' in the "
                         "weight's shape, got none");
    const change bent = {.tensor = "optimizer.exp_avg.", .is_bent = true};
    const change whole = {.tensor = "optimizer.exp_avg.", .is_whole = true};
    rewrite_checkpoint(from, to, &bent);
    expect_no_checkpoint("in the weight's shape, got another shape");
    rewrite_checkpoint(from, to, &whole);
    expect_no_checkpoint("in the weight's shape, got another type of number");
    rewrite_checkpoint(from, to, &(change){.tensor = "encoder.0.weight"});
    expect_no_checkpoint("encoder.0.weight");
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    rewrite_checkpoint(from, to, &(change){0});
    if (resume(at("runs/flaws"), "epochs", "5", &r, &err) < 0) fail_msg("%s", err.message);
    unlink(to); // it would begin anew, and write over the best weights
    assert_int_equal(resume(at("runs/flaws"), "epochs", "2", &r, &err), HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "got no such file; to begin with the best weights"));
    unlink(at("runs/flaws/weights/best.safetensors")); // stopped before the first one: begins anew
    assert_int_equal(resume(at("runs/flaws"), "epochs", "2", &r, &err), HG_OK);
}

static void a_run_that_is_another_now_is_not_resumed(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
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
    hg__content m;
    hg_error err = {0};
    assert_int_equal(hg__content_read(&m, from, &err), HG_OK);
    assert_int_equal(hg__write_file(to, m.data, m.size, &err), HG_OK);
    hg__content_free(&m);
}

static void weights_and_options_of_two_runs_are_not_resumed(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
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
    hg_result r = {.size = sizeof r};
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

static void a_checkpoint_of_version_0_1_0_goes_on(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    char path[2][256];
    run(HG_OK, "name=aged epochs=2", NULL, NULL);
    run(HG_OK, "name=fresh epochs=3", NULL, NULL);
    char *progress = progress_of(at("runs/aged/weights/last.safetensors"));
    hg__text timed = {0}; // version 0.1.0 wrote the seconds too
    hg__text_add(&timed, "{\"seconds\": \"0x1.8p+1\", %s", progress + 1);
    for (int i = 0; i < 2; i++) {
        const change c = {.progress = timed.data, .is_of_no_run = true};
        snprintf(path[0], sizeof path[0], "%s", at("kept"));
        snprintf(path[1], sizeof path[1], "%s",
                 at("runs/aged/weights/%s.safetensors", i ? "best" : "last"));
        assert_int_equal(rename(path[1], path[0]), 0);
        rewrite_checkpoint(path[0], path[1], &c);
    }
    hg__text_clear(&timed);
    hg__free(progress);
    if (resume(at("runs/aged"), "epochs", "3", &r, &err) < 0) fail_msg("%s", err.message);
    assert_int_equal(r.epochs, 3);
    expect_same_results("aged", "fresh");
}

static void state_that_is_not_trained_is_no_state_of_the_optimiser(void **state) {
    (void)state;
    static const char normed[] = "model=dense_4,_batchnorm_relu_|_dense_input";
    char more[128];
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    snprintf(more, sizeof more, "name=normed epochs=2 %s", normed);
    run(HG_OK, more, NULL, NULL);
    snprintf(more, sizeof more, "name=straight4 epochs=4 %s", normed);
    run(HG_OK, more, NULL, NULL);
    if (resume(at("runs/normed"), "epochs", "4", &r, &err) < 0) fail_msg("%s", err.message);
    expect_same_best("normed", "straight4");
    expect_same_results("normed", "straight4");
}

// Gone, they are made anew; damaged, nothing is trained over them; none yet: there are none to look at.
static void best_weights_may_be_gone_but_not_damaged(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    char last[256], kept[256];
    run(HG_OK, "name=unbest epochs=2", NULL, NULL);
    assert_int_equal(hg__write_file(at("runs/unbest/weights/best.safetensors"), "broken", 6, &err),
                     HG_OK);
    assert_int_equal(resume(at("runs/unbest"), "epochs", "3", &r, &err), HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "best.safetensors"));
    snprintf(last, sizeof last, "%s", at("runs/unbest/weights/last.safetensors"));
    snprintf(kept, sizeof kept, "%s", at("kept"));
    copy_file(last, kept);
    unlink(at("runs/unbest/weights/best.safetensors"));
    if (resume(at("runs/unbest"), "epochs", "3", &r, &err) < 0) fail_msg("%s", err.message);
    char *progress = progress_of(kept), *none = with_value(progress, "best_epoch", "0");
    rewrite_checkpoint(kept, last, &(change){.progress = none});
    hg__free(progress);
    hg__free(none);
    if (resume(at("runs/unbest"), "epochs", "3", &r, &err) < 0) fail_msg("%s", err.message);
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
    hg_result r = {.size = sizeof r};
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
    hg_result r = {.size = sizeof r};
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
    hg_result r = {.size = sizeof r};
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
    hg_result r = {.size = sizeof r};
    snprintf(path, sizeof path, "%s", at("large.npy"));
    for (int i = 0; i < 2; i++) {
        write_npy("large.npy", 50000, WIDTH, 3);
        hg_options *o = new_options("name=shrunk exist_ok=true epochs=2 batch=1000 pca=false");
        assert_int_equal(hg_options_set(o, "data", path, &err), HG_OK);
        assert_int_equal(hg_options_set(o, "max_mem", memory[i], &err), HG_OK);
        const hg_listener l = {.size = sizeof l, .context = path, .train = cut_off_data};
        const int code = hg_run(o, &l, &r, &err);
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
        assert_true(m && m->holds_rows == (i > 0));
        hg_model_free(m);
    }
    umask(mask);
}

static void rows_of_results_that_make_no_sense_are_dropped(void **state) {
    (void)state;
    hg_result r = {.size = sizeof r};
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_resumed_between_epochs_ends_in_the_same_bits),
        cmocka_unit_test(a_run_resumed_within_an_epoch_ends_in_the_same_bits),
        cmocka_unit_test(another_batch_size_within_an_epoch_is_refused),
        cmocka_unit_test(other_data_of_the_same_width_is_not_resumed_with),
        cmocka_unit_test(a_run_may_be_resumed_for_more_epochs),
        cmocka_unit_test(progress_that_is_none_is_refused),
        cmocka_unit_test(a_run_that_is_another_now_is_not_resumed),
        cmocka_unit_test(weights_and_options_of_two_runs_are_not_resumed),
        cmocka_unit_test(a_run_that_does_not_say_which_it_is_goes_on),
        cmocka_unit_test(a_checkpoint_of_version_0_1_0_goes_on),
        cmocka_unit_test(state_that_is_not_trained_is_no_state_of_the_optimiser),
        cmocka_unit_test(best_weights_may_be_gone_but_not_damaged),
        cmocka_unit_test(the_same_training_gives_the_same_checkpoint),
        cmocka_unit_test(seconds_go_on_where_they_were),
        cmocka_unit_test(a_folder_is_trained_in_by_one_at_a_time),
        cmocka_unit_test(what_a_killed_run_left_is_taken_away),
        cmocka_unit_test(data_that_shrinks_is_an_error_or_in_memory),
        cmocka_unit_test(a_model_that_holds_rows_is_its_owners_alone),
        cmocka_unit_test(rows_of_results_that_make_no_sense_are_dropped),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
