// SPDX-License-Identifier: Apache-2.0
// job_train.c - a training with its results folder: what is written when, and how a run is gone on with.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/job.h"
#include "jobs/trainer.h"

// ---- making ready -------------------------------------------------------------------------------

// resume=RUN: the run's own options, under those the caller set.
static int take_resumed_options(hg__trainer *t, const hg_options *o, hg_error *err) {
    static const char *const columns[] = {"columns", "label", "ignore", "normal", "groupby"};
    char path[1024];
    hg_option_info row = {.size = sizeof row};
    HG_TRY(hg__join_path(path, sizeof path, o->values.resume, "args.yaml", err));
    hg_options *own = hg_options_new("train", err);
    if (!own) return HG_ERR_MEMORY;
    int code = hg_options_load(own, path, err);
    for (size_t i = 0; code == HG_OK && hg_option_at("train", i, &row); i++) {
        if (!hg_options_is_set(o, row.name) || strcmp(row.name, "cfg") == 0) continue;
        code = hg__option_take(own, o, row.name, err);
    }
    if (code == HG_OK && !*own->values.data) {
        code = hg__fail(err, HG_ERR_USAGE,
                        "%s: expected the options of a run, got no data=: it is not whole", path);
    }
    if (code == HG_OK && hg__is_database(own->values.data) && strstr(own->values.data, "=***")) {
        code = hg__fail(err, HG_ERR_USAGE,
                        "%s: its password was not kept: expected data= once more", path);
    }
    t->o = *own;
    t->keeps_columns = true;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (hg_options_is_set(o, columns[i])) t->keeps_columns = false;
    }
    hg_options_free(own);
    return code;
}

static void tell_lockless(const hg__train_run *r) {
    char sentence[1400];
    snprintf(sentence, sizeof sentence,
             "%.1000s: cannot be locked (%s): nothing keeps a second training out of it", r->folder,
             r->lock.why);
    hg__trainer_note(&r->t, sentence);
}

// A folder that is there already is locked before anything is read.
static int lock_folder(hg__train_run *r, const hg_options *o, hg_error *err) {
    const bool resumes = *o->values.resume != 0;
    if (resumes) snprintf(r->folder, sizeof r->folder, "%s", o->values.resume);
    if (resumes ? !hg__is_folder(r->folder) : !hg__folder_is_there(o, r->folder)) return HG_OK;
    HG_TRY(hg__folder_lock(&r->lock, r->folder, err));
    if (resumes && r->lock.fd < 0) tell_lockless(r);
    return HG_OK;
}

static int make_folder(hg__train_run *r, hg_error *err) {
    HG_TRY(hg__folder_make(&r->t.o, r->folder, &r->lock, &r->made, err));
    if (r->lock.fd < 0) tell_lockless(r);
    hg__run_id(&r->t, r->t.model->run);
    return hg__folder_write_args(r->folder, &r->t.o, r->t.model->run, err);
}

// What on_bad=skip left out.
static void tell_skipped(const hg__trainer *t, const hg__dataset *data) {
    char sentence[600];
    const long long n = data->skipped;
    if (n == 0) return;
    snprintf(sentence, sizeof sentence, "%lld %s%s left out (on_bad=skip)%s%s", n,
             data->pictures ? "image" : "row", n > 1 ? "s were" : " was",
             data->first_skipped[0] ? ": " : "", data->first_skipped);
    hg__trainer_note(t, sentence);
}

static int take_options(hg__train_run *r, const hg_options *o, hg_error *err) {
    r->t.o = *o;
    if (*o->values.resume) HG_TRY(take_resumed_options(&r->t, o, err));
    HG_TRY(hg_options_check(&r->t.o, err));
    HG_TRY(hg__read_card(r, err));
    return hg__logs_open(r, err);
}

static int prepare(hg__train_run *r, const hg_options *o, hg_error *err) {
    hg__trainer *t = &r->t;
    HG_TRY(lock_folder(r, o, err));
    HG_TRY(take_options(r, o, err));
    HG_TRY(hg__trainer_open(t, err));
    HG_TRY(hg__read_page_classes(r, err));
    if (*o->values.resume) {
        t->earlier = hg__folder_seconds(r->folder);
    } else {
        HG_TRY(make_folder(r, err));
    }
    HG_TRY(hg__trim_write(t, r->folder, err));
    if (t->is_table) return HG_OK; // what was left out has been told
    tell_skipped(t, t->data);
    if (t->val_data && t->val_data != t->data) tell_skipped(t, t->val_data);
    return HG_OK;
}

// ---- training -----------------------------------------------------------------------------------

static int keep_epoch(void *context, const hg_train_event *e, hg_error *err) {
    hg__train_run *r = context;
    const hg__result_row row = {e->epoch,    e->seconds, e->train_loss,
                                e->val_loss, e->lr,      e->adversary_loss};
    HG_TRY(hg__folder_add_result(r->folder, &row, err));
    HG_TRY(hg__logs_epoch(r, e, err));
    return hg__epoch_save(r, e->is_best, err);
}

// Takes up the checkpoint. args.yaml then says what the run is now, so that it still repeats it.
static int take_up(hg__train_run *r, hg_error *err) {
    hg__trainer *t = &r->t;
    HG_TRY(hg__run_read(r->folder, t->model->run, err));
    HG_TRY(hg__checkpoint_load(r, err));
    if (!t->model->run[0]) hg__run_id(t, t->model->run);
    const hg__progress *p = &t->fit->progress;
    if (p->batch > 0 && p->rows != p->batch * t->o.values.batch) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%s: stopped within an epoch: expected batch=%lld as before, got batch=%lld", r->folder,
            (long long)(p->rows / p->batch), (long long)t->o.values.batch);
    }
    hg_options *now = hg__options_copy(&t->o, err);
    if (!now) return HG_ERR_MEMORY;
    now->values.resume[0] = '\0';
    const int code = hg__folder_write_args(r->folder, now, t->model->run, err);
    hg_options_free(now);
    return code;
}

static int stop_with_checkpoint(hg__train_run *r, hg_error *err) {
    r->pending_checkpoint = true;
    HG_TRY(hg__pending_save(r, err));
    return hg__fail(err, HG_ERR_STOPPED, "stopped in epoch %d of %d; go on with: resume=%s%s",
                    r->t.fit->progress.epoch + 1, hg__fit_epochs(r->t.fit), r->folder,
                    r->t.is_table || r->t.is_signal
                        ? " (and steps=1 to end here: scores and thresholds are made then)"
                        : "");
}

// Behind what diverged: what there is to go on from.
static int advise(const hg__train_run *r, hg_error *err) {
    const hg_error first = *err;
    char path[1024];
    HG_TRY(hg__folder_weights(r->folder, "last", path, err));
    return hg__fail(err, HG_ERR_DIVERGED, "%s. The last good checkpoint is %s", first.message,
                    path);
}

static int run_epochs(hg__train_run *r, hg_error *err) {
    hg__fit *f = r->t.fit;
    if (*r->t.o.values.resume) HG_TRY(take_up(r, err));
    f->progress.seconds = fmax(r->t.earlier, f->progress.seconds);
    HG_TRY(hg__folder_cut_results(r->folder, f->progress.epoch, f->adversary != NULL, err));
    HG_TRY(hg__logs_begin(r, err));
    if (f->progress.step == 0) { // from here on the run can be resumed
        HG_TRY(hg__checkpoint_save(r, err));
    }
    int code = hg__trainer_run(&r->t, err);
    if (code == HG_OK) code = hg__pending_save(r, err);
    if (code == HG_ERR_STOPPED) code = stop_with_checkpoint(r, err);
    if (code == HG_ERR_DIVERGED) code = advise(r, err);
    r->pending_checkpoint = false; // where it failed, the weights are not to go on from
    if (code < 0) (void)hg__pending_save(r, NULL);
    return code;
}

// PCA; and a model of features, and KitNET, whose weights finish_best() saves.
static int run_solved(hg__train_run *r, hg_error *err) {
    HG_TRY(hg__folder_cut_results(r->folder, 0, false, err));
    HG_TRY(hg__logs_begin(r, err));
    HG_TRY(hg__trainer_run(&r->t, err));
    if (r->t.is_parts || r->t.is_packets) return HG_OK;
    HG_TRY(hg__weights_save(r, "best", r->t.model, err));
    return hg__weights_save(r, "last", r->t.model, err);
}

// ---- afterwards ---------------------------------------------------------------------------------

// The PCA baseline: fits it on the training rows, saves weights/pca.safetensors, measures its MSE (NaN where there
// is no room for it: code size >= width).
static int compare_with_pca(hg__train_run *r, double *mse, hg_error *err) {
    hg__trainer *t = &r->t;
    const hg__spec *s = &t->model->net.spec;
    const int64_t rank = t->rows.count < s->width ? t->rows.count : s->width;
    if (t->has_targets || s->code >= rank) return HG_OK;
    hg_model *pca = NULL;
    const double began = hg__seconds();
    HG_TRY(hg__trainer_fit_pca(t, &pca, err));
    r->pca_seconds = hg__seconds() - began;
    hg__trainer_describe(pca, t->data);
    int code = hg__trainer_name_columns(pca, t->data, err);
    if (code == HG_OK) code = hg__weights_save(r, "pca", pca, err);
    hg__loader *own =
        code == HG_OK && !t->val_loader ? hg__loader_new(&t->rows, HG_EVAL_ROWS, NULL, err) : NULL;
    hg__loader *rows = t->val_loader ? t->val_loader : own;
    if (code == HG_OK && !rows) code = (int)err->code;
    if (code == HG_OK) code = hg__evaluate_mse(&pca->net, rows, t->pool, mse, err);
    hg__loader_free(own);
    hg_model_free(pca);
    return code;
}

// The best weights: measured beside PCA, or made a detector.
static int finish_best(hg__train_run *r, hg_result *result, hg_error *err) {
    hg__trainer *t = &r->t;
    if (t->fit && !t->fit->has_best) { // gone before the run was resumed, and nothing better since
        char path[1024];
        HG_TRY(hg__folder_weights(r->folder, "best", path, err));
        return hg__fail(err, HG_ERR_IO, "%s: expected the best weights, got no such file", path);
    }
    HG_TRY(hg__trainer_finish(t, &result->val_mse, err));
    const bool has_detector = t->is_table || t->is_parts || t->is_packets || t->is_signal;
    if (has_detector) HG_TRY(hg__weights_save(r, "best", t->model, err));
    HG_TRY(hg__write_samples(r, err));
    const bool compares = t->o.values.pca && strcmp(t->model->kind, "pca") != 0;
    return compares ? compare_with_pca(r, &result->pca_mse, err) : HG_OK;
}

static void fill_result(const hg__train_run *r, hg_result *result) {
    hg__trainer_fill(&r->t, result);
    snprintf(result->folder, sizeof result->folder, "%s", r->folder);
}

static int run(hg__train_run *r, hg_result *result, hg_error *err) {
    hg__trainer *t = &r->t;
    hg__format_now(r->start);
    hg__run_facts facts = {.options = &t->o,
                           .threads = hg__pool_threads(t->pool),
                           .isa = hg__kernels_pick()->name,
                           .start = r->start,
                           .fingerprint = t->data->fingerprint,
                           .result = result};
    fill_result(r, result);
    HG_TRY(hg__folder_write_run(r->folder, &facts, err)); // without an end: it is running
    int code = t->fit ? run_epochs(r, err) : run_solved(r, err);
    fill_result(r, result);
    facts.steps = hg__trainer_progress(t)->step;
    facts.exit_reason = code == HG_OK ? t->reason : code == HG_ERR_STOPPED ? "stopped" : "failed";
    snprintf(result->exit_reason, sizeof result->exit_reason, "%s", facts.exit_reason);
    if (code == HG_OK) {
        code = finish_best(r, result, err);
        facts.pca_seconds = r->pca_seconds;
        if (code == HG_OK) code = hg__folder_write_metrics(r->folder, &facts, err);
    }
    const int written = hg__folder_write_run(r->folder, &facts, code == HG_OK ? err : NULL);
    if (code == HG_OK) code = written;
    if (code == HG_OK) code = hg__write_page(r, &facts, err);
    const int logged = hg__logs_end(r, result, code, code == HG_OK ? err : NULL);
    return code == HG_OK ? logged : code;
}

int hg__job_train(const hg_options *o, const hg_listener *l, hg_result *result, hg_error *err) {
    hg__train_run *r = hg__alloc(1, sizeof *r, err);
    if (!r) return HG_ERR_MEMORY;
    r->t.l = l;
    r->t.keep = keep_epoch;
    r->t.keep_context = r;
    r->lock.fd = -1;
    int code = prepare(r, o, err);
    if (code == HG_OK) code = run(r, result, err);
    const bool is_refused = code == HG_ERR_USAGE || code == HG_ERR_DATA || code == HG_ERR_MISSING ||
                            code == HG_ERR_MEMORY;
    if (is_refused && hg__folder_unmake(&r->t.o, r->folder, &r->lock, &r->made)) {
        result->folder[0] = '\0';
    }
    hg__logs_clear(r);
    hg__trainer_clear(&r->t);
    hg__content_free(&r->card);
    hg__page_classes_clear(&r->classes);
    hg__lock_release(&r->lock);
    hg__free(r);
    return code;
}
