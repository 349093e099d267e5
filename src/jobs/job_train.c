// SPDX-License-Identifier: Apache-2.0
// job_train.c - the training loop: epochs of steps, validation, checkpoints, and when to stop.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/show.h"
#include "base/stream.h"
#include "detect/table_model.h"
#include "fit/pca.h"
#include "jobs/folder.h"
#include "jobs/job.h"
#include "jobs/model_source.h"
#include "jobs/trainer.h"
#include "rows/pictures.h"

static const double event_period = 0.1; // seconds between two events within an epoch

static double trained_seconds(const hg__trainer *t) {
    return t->earlier + hg__seconds() - t->began;
}

static int64_t steps_per_epoch(const hg__trainer *t) {
    return (hg__loader_rows(t->loader) + t->o.values.batch - 1) / t->o.values.batch;
}

// Neither epochs= nor steps= says when the run ends: the clock does.
static bool is_timed(const hg__trainer *t) {
    return t->o.values.epochs == 0 && t->o.values.steps == 0;
}

static bool is_late(const hg__trainer *t) {
    return t->o.values.time > 0 && trained_seconds(t) >= t->o.values.time * 3600;
}

// Whether to end before the epoch does.
static bool is_over(const hg__trainer *t) {
    const int64_t steps = t->o.values.steps;
    if (steps > 0 && t->progress.step >= steps) return true;
    return t->progress.batch > 0 && is_timed(t) && is_late(t);
}

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

static void describe_data(hg_model *m, const hg__data *d) {
    m->input_scale = d->scale;
    if (d->pictures) m->range = hg__pictures_range(d->pictures);
    snprintf(m->fingerprint, sizeof m->fingerprint, "%016llx", (unsigned long long)d->fingerprint);
}

static int copy_columns(hg_model *m, const hg__data *d, hg_error *err) {
    if (!d->column) return HG_OK;
    m->column = hg__alloc((size_t)d->width, sizeof *m->column, err);
    for (int32_t i = 0; m->column && i < d->width; i++) {
        m->column[i] = hg__copy_text(d->column[i], err);
        if (!m->column[i]) return HG_ERR_MEMORY;
    }
    return m->column ? HG_OK : HG_ERR_MEMORY;
}

// Where model= was left alone: images that are to be cleaned get unet, other images conv. It becomes an option that
// was set, so that args.yaml repeats the run.
static int pick_model(hg__trainer *t, hg_error *err) {
    if (t->is_table || t->o.set[HG_OPTION_model] || *t->o.values.pretrained) return HG_OK;
    const bool is_image = t->data->shape.rank >= 2;
    if (is_image && t->spoils) return hg_options_set(&t->o, "model", "unet", err);
    return t->data->pictures ? hg_options_set(&t->o, "model", "conv", err) : HG_OK;
}

// The spec: model=, or that of the pretrained model file where model= was left alone.
static int make_model(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__tensors weights = {0};
    hg_model *start = NULL;
    int code = *v->pretrained ? hg__tensors_open(&weights, v->pretrained, err) : HG_OK;
    const bool own_spec =
        *v->pretrained && !t->o.set[HG_OPTION_model] && hg__tensors_metadata(&weights, "hourglass");
    if (code == HG_OK && own_spec) code = hg__model_from_tensors(&start, &weights, err);
    if (code == HG_OK) {
        t->model = hg__model_new(start ? start->net.spec.text : v->model, &t->data->shape,
                                 (int32_t)v->latent, (uint64_t)v->seed, err);
        if (!t->model) code = err && err->code < 0 ? (int)err->code : HG_ERR_USAGE;
    }
    if (code == HG_OK && *v->pretrained) code = hg__model_take_weights(t->model, &weights, err);
    hg_model_free(start);
    hg__tensors_close(&weights);
    if (code == HG_OK && t->schema) {
        code = hg__model_take_schema(t->model, t->schema, err);
        t->schema = NULL; // it is the model's now
    } else if (code == HG_OK) {
        code = copy_columns(t->model, t->data, err);
    }
    if (code == HG_OK) {
        describe_data(t->model, t->data);
        t->model->holds_rows = t->is_table && strcmp(v->references, "exact") == 0;
        t->model->is_shared = v->share;
    }
    const bool scaled = !*v->pretrained && strcmp(v->init, "scaled") == 0;
    return code == HG_OK && scaled ? hg__start_scaled(t, err) : code;
}

static int pick_objective(hg__trainer *t, hg_error *err) {
    const hg__spec *s = &t->model->net.spec;
    const hg__loss_rows rows = {.shape = s->input, .n = s->width, .spans = t->model->net.spans};
    HG_TRY(hg__objective_parse(&t->objective, t->o.values.loss, t->o.values.delta, err));
    return hg__objective_check(&t->objective, &rows, s->layer[s->layers - 1].type, err);
}

static int make_plans(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    HG_TRY(pick_objective(t, err));
    t->loader = hg__open_loader(t, err);
    if (!t->loader) return err && err->code < 0 ? (int)err->code : HG_ERR_MEMORY;
    const int64_t rows = hg__loader_rows(t->loader), batch = v->batch < rows ? v->batch : rows;
    t->optim = hg__optim_find(v->optimizer);
    t->schedule = hg__schedule_find(v->schedule);
    const hg__train_setup setup = {
        .batch = (int32_t)batch,
        .objective = t->objective,
        .optim = t->optim,
        .optim_options = {.lr = v->lr,
                          .beta1 = v->beta1,
                          .beta2 = v->beta2,
                          .eps = v->eps,
                          .weight_decay = v->weight_decay,
                          .momentum = v->momentum,
                          .alpha = v->alpha,
                          .nesterov = v->nesterov},
        .clip = v->clip,
        .seed = (uint64_t)v->seed
    };
    t->plan = hg__train_plan_new(&t->model->net, t->pool, &setup, err);
    t->runner = t->plan ? hg__run_plan_new(&t->model->net, t->pool, &t->objective, err) : NULL;
    return t->runner ? HG_OK : HG_ERR_MEMORY;
}

static void tell_lockless(const hg__trainer *t) {
    char sentence[1400];
    snprintf(sentence, sizeof sentence,
             "%.1000s: cannot be locked (%s): nothing keeps a second training out of it", t->folder,
             t->lock.why);
    hg__trainer_note(t, sentence);
}

// A folder that is there already is locked before anything is read.
static int lock_folder(hg__trainer *t, const hg_options *o, hg_error *err) {
    const bool resumes = *o->values.resume != 0;
    if (resumes) snprintf(t->folder, sizeof t->folder, "%s", o->values.resume);
    if (resumes ? !hg__is_folder(t->folder) : !hg__folder_is_there(o, t->folder)) return HG_OK;
    HG_TRY(hg__folder_lock(&t->lock, t->folder, err));
    if (resumes && t->lock.fd < 0) tell_lockless(t);
    return HG_OK;
}

static int make_folder(hg__trainer *t, hg_error *err) {
    HG_TRY(hg__folder_make(&t->o, t->folder, &t->lock, &t->made, err));
    if (t->lock.fd < 0) tell_lockless(t);
    hg__run_id(t, t->model->run);
    return hg__folder_write_args(t->folder, &t->o, t->model->run, err);
}

// What ends the run: epochs= where it is set or nothing else is.
static int check_end(hg__trainer *t, hg_error *err) {
    struct hg__values *v = &t->o.values;
    const bool has_other = v->time > 0 || v->steps > 0;
    if (has_other && !t->o.set[HG_OPTION_epochs]) v->epochs = 0;
    if (has_other || v->epochs > 0) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "epochs: expected at least 1 where neither time= nor steps= is set, got 0");
}

static int take_options(hg__trainer *t, const hg_options *o, hg_error *err) {
    t->o = *o;
    if (*o->values.resume) HG_TRY(take_resumed_options(t, o, err));
    HG_TRY(hg_options_check(&t->o, err));
    return check_end(t, err);
}

// Data and a model for it.
static int open_run(hg__trainer *t, hg_error *err) {
    HG_TRY(hg__check_model(t, err));
    t->is_table = hg__is_table_run(t);
    if (t->is_table) HG_TRY(hg__set_table_options(t, err));
    HG_TRY(hg__trim_check(t, err));
    HG_TRY(hg__open_data(t, err));
    HG_TRY(pick_model(t, err));
    return make_model(t, err);
}

static int prepare(hg__trainer *t, const hg_options *o, hg_error *err) {
    HG_TRY(lock_folder(t, o, err));
    HG_TRY(take_options(t, o, err));
    t->pool = hg__pool_new((int32_t)t->o.values.threads, err);
    t->sums = t->pool ? hg__alloc(HG_EVAL_ROWS, sizeof *t->sums, err) : NULL;
    if (!t->sums) return HG_ERR_MEMORY;
    HG_TRY(open_run(t, err));
    if (t->val_rows.count) {
        t->val_loader = hg__open_fixed_loader(t, &t->val_rows, err);
        if (!t->val_loader) return err && err->code < 0 ? (int)err->code : HG_ERR_MEMORY;
    }
    if (strcmp(t->model->kind, "pca") != 0) HG_TRY(make_plans(t, err));
    if (*o->values.resume) t->earlier = hg__folder_seconds(t->folder);
    if (!*o->values.resume) HG_TRY(make_folder(t, err));
    return hg__trim_write(t, err);
}

static void clear(hg__trainer *t) {
    hg__stream_forget(&t->o);
    hg__loader_free(t->loader);
    hg__loader_free(t->val_loader);
    hg__train_plan_free(t->plan);
    hg__run_plan_free(t->runner);
    hg_model_free(t->model);
    hg__data_close(t->data);
    hg__data_close(t->val_data);
    hg__side_columns_clear(&t->side);
    hg__side_columns_clear(&t->val_side);
    hg__schema_free(t->schema);
    hg__trim_clear(&t->trim);
    hg__free(t->sums);
    hg__free(t->best);
    hg__pool_free(t->pool);
    hg__lock_release(&t->lock);
}

// ---- the loop -----------------------------------------------------------------------------------

static bool is_stopped(const hg__trainer *t) {
    return hg__is_stopped(t->l);
}

static void tell(hg__trainer *t, const hg_train_event *e) {
    if (t->l->train) t->l->train(t->l->context, e);
}

static void note(const hg__trainer *t, const char *sentence) {
    hg__tell(t->l, sentence);
}

static double mean_loss(const hg__trainer *t) {
    return t->progress.loss_sum / ((double)t->progress.rows * t->model->net.spec.width);
}

// How many epochs there will be, as far as one can tell.
static int32_t count_epochs(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    if (v->epochs > 0) return (int32_t)v->epochs;
    const double a_step = 1 / (double)steps_per_epoch(t);
    const double done = (double)t->progress.epoch + (double)t->progress.batch * a_step;
    const double all = v->steps > 0 ? (double)v->steps * a_step
                                    : done * v->time * 3600 / fmax(trained_seconds(t), 1e-3);
    const double least = t->progress.epoch + 1;
    return (int32_t)fmin(fmax(ceil(all), least), 1e6);
}

// Steps of this epoch: steps= may end it early.
static int64_t steps_of_epoch(const hg__trainer *t) {
    const int64_t wanted = t->o.values.steps, whole = steps_per_epoch(t);
    const int64_t begun = t->progress.step - t->progress.batch; // steps before it
    return wanted > 0 && wanted - begun < whole ? wanted - begun : whole;
}

static hg_train_event event_now(const hg__trainer *t, double lr, double epoch_began) {
    return (hg_train_event){.epoch = t->progress.epoch + 1,
                            .epochs = count_epochs(t),
                            .step = t->progress.batch,
                            .steps = steps_of_epoch(t),
                            .train_loss = mean_loss(t),
                            .val_loss = (double)NAN,
                            .lr = lr,
                            .seconds = trained_seconds(t),
                            .rows_per_second =
                                (double)t->progress.rows / (hg__seconds() - epoch_began)};
}

static double lr_now(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    const hg__progress *p = &t->progress;
    int64_t step = p->step, total = v->steps > 0 ? v->steps : v->epochs * steps_per_epoch(t);
    if (is_timed(t) && step >= v->warmup) { // the clock, in millionths
        const int64_t ticks = 1000000;
        const int64_t now = (int64_t)(trained_seconds(t) / (v->time * 3600) * (double)ticks);
        step = v->warmup + (now < ticks ? now : ticks - 1);
        total = v->warmup + ticks;
    }
    return v->lr * hg__schedule_at(t->schedule, step, total, v->warmup, p->epoch,
                                   (int32_t)v->step_every, v->gamma);
}

static int diverged(const hg__trainer *t, int64_t step, const char *name, hg_error *err) {
    char path[1024];
    HG_TRY(hg__folder_weights(t->folder, "last", path, err));
    return hg__fail(err, HG_ERR_DIVERGED,
                    "training diverged in epoch %d at step %lld: %s is not finite; try a smaller "
                    "lr or clip=1. The last "
                    "good checkpoint is %s",
                    t->progress.epoch + 1, (long long)step, name, path);
}

// A step whose loss was fine may still have made weights that are not: they are never saved.
static int check_weights(const hg__trainer *t, hg_error *err) {
    const hg__spec *s = &t->model->net.spec;
    const hg__kernels *k = hg__kernels_pick();
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t q = 0; q < s->layer[i].params; q++) {
            const hg__param *p = &s->layer[i].param[q];
            const hg__real *at = t->model->net.params + p->offset;
            char name[64];
            if (k->first_not_finite(at, (int64_t)p->count) < 0) continue;
            hg__param_name(&s->layer[i], q, name);
            return diverged(t, t->progress.batch, name, err);
        }
    }
    return HG_OK;
}

// The rest of the epoch begun. HG_ERR_STOPPED (and no sentence) where the listener asks to stop.
static int run_epoch(hg__trainer *t, double *lr, double epoch_began, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__progress *p = &t->progress;
    hg__batch batch;
    double told = hg__seconds();
    int more = 0;
    hg__loader_start(t->loader, v->shuffle, (uint64_t)v->seed, p->epoch + 1, p->batch);
    while (!is_over(t) && (more = hg__loader_next(t->loader, &batch, err)) > 0) {
        if (is_stopped(t)) return HG_ERR_STOPPED;
        const hg__input in = {.row = batch.row,
                              .count = batch.count,
                              .dtype = batch.dtype,
                              .scale = batch.scale,
                              .ahead = batch.ahead,
                              .ahead_count = batch.ahead_count,
                              .target = batch.target,
                              .side_task = hg__loader_make,
                              .side_context = t->loader,
                              .side_count = hg__loader_work(t->loader)};
        *lr = lr_now(t);
        const double loss = hg__train_step(t->plan, &in, *lr, p->step + 1);
        if (!isfinite(loss)) {
            char name[64];
            hg__train_find_not_finite(t->plan, &in, name);
            return diverged(t, p->batch + 1, name, err);
        }
        p->loss_sum += loss;
        p->rows += batch.count;
        t->seen += batch.count;
        p->batch++;
        p->step++;
        if ((p->batch & 15) == 0 && hg__seconds() - told > event_period) {
            const hg_train_event e = event_now(t, *lr, epoch_began);
            tell(t, &e);
            told = hg__seconds();
        }
    }
    return more < 0 ? more : HG_OK;
}

// *loss: over the validation rows; NaN where there are none.
static int validate(hg__trainer *t, double *loss, hg_error *err) {
    HG_TRY(check_weights(t, err));
    if (t->val_rows.count == 0) return HG_OK;
    HG_TRY(
        hg__evaluate(t->runner, t->val_loader, t->data->width, &t->objective, t->sums, loss, err));
    return isfinite(*loss) ? HG_OK : diverged(t, t->progress.batch, "the validation loss", err);
}

static int finish_epoch(hg__trainer *t, double lr, double epoch_began, hg_error *err) {
    hg__progress *p = &t->progress;
    hg_train_event e = event_now(t, lr, epoch_began);
    HG_TRY(validate(t, &e.val_loss, err));
    const bool validates = t->val_rows.count > 0;
    p->train_loss = e.train_loss;
    p->epoch++;
    p->batch = p->rows = 0;
    p->loss_sum = 0;
    e.epoch_end = true;
    e.is_best = !validates || e.val_loss < p->best_loss;
    if (e.is_best) {
        p->best_loss = validates ? e.val_loss : e.train_loss;
        p->best_epoch = p->epoch;
    }
    e.seconds = p->seconds = trained_seconds(t);
    HG_TRY(hg__folder_add_result(
        t->folder, &(hg__result_row){p->epoch, e.seconds, e.train_loss, e.val_loss, lr}, err));
    HG_TRY(hg__epoch_save(t, e.is_best, err));
    tell(t, &e);
    return HG_OK;
}

static const char *reason_to_end(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    if (v->epochs > 0 && t->progress.epoch >= v->epochs) return "done";
    if (v->steps > 0 && t->progress.step >= v->steps) return "done";
    if (v->patience && t->val_rows.count &&
        t->progress.epoch - t->progress.best_epoch >= v->patience) {
        return "early stopping";
    }
    return is_late(t) && t->progress.epoch > 0 ? "time"
                                               : NULL; // one epoch at least: there is a best
}

static int stop_with_checkpoint(hg__trainer *t, hg_error *err) {
    t->progress.seconds = trained_seconds(t);
    HG_TRY(check_weights(t, err));
    t->owes_checkpoint = true;
    HG_TRY(hg__owed_save(t, err));
    return hg__fail(err, HG_ERR_STOPPED, "stopped in epoch %d of %d; go on with: resume=%s%s",
                    t->progress.epoch + 1, count_epochs(t), t->folder,
                    t->is_table ? " (and steps=1 to end here: scores and thresholds are made then)"
                                : "");
}

// Takes up the checkpoint. args.yaml then says what the run is now, so that it still repeats it.
static int take_up(hg__trainer *t, hg_error *err) {
    HG_TRY(hg__run_read(t->folder, t->model->run, err));
    HG_TRY(hg__checkpoint_load(t, err));
    if (!t->model->run[0]) hg__run_id(t, t->model->run);
    const hg__progress *p = &t->progress;
    if (p->batch > 0 && p->rows != p->batch * t->o.values.batch) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%s: stopped within an epoch: expected batch=%lld as before, got batch=%lld", t->folder,
            (long long)(p->rows / p->batch), (long long)t->o.values.batch);
    }
    hg_options *now = hg__options_copy(&t->o, err);
    if (!now) return HG_ERR_MEMORY;
    now->values.resume[0] = '\0';
    const int code = hg__folder_write_args(t->folder, now, t->model->run, err);
    hg_options_free(now);
    return code;
}

static int run_until_end(hg__trainer *t, const char **reason, hg_error *err) {
    double lr = 0;
    while (!(*reason = reason_to_end(t))) {
        const double began = hg__seconds();
        const int code = run_epoch(t, &lr, began, err);
        if (code == HG_ERR_STOPPED) return stop_with_checkpoint(t, err);
        HG_TRY(code);
        HG_TRY(finish_epoch(t, lr, began, err));
    }
    return hg__owed_save(t, err);
}

static int run_epochs(hg__trainer *t, const char **reason, hg_error *err) {
    t->progress.best_loss = (double)INFINITY;
    if (*t->o.values.resume) HG_TRY(take_up(t, err));
    t->earlier = fmax(t->earlier, t->progress.seconds);
    HG_TRY(hg__folder_cut_results(t->folder, t->progress.epoch, err));
    if (t->progress.step == 0) { // from here on the run can be resumed
        HG_TRY(hg__checkpoint_save(t, err));
    }
    const int code = run_until_end(t, reason, err);
    t->owes_checkpoint = false; // where it failed, the weights are not to go on from
    if (code < 0) (void)hg__owed_save(t, NULL);
    return code;
}

// ---- afterwards ---------------------------------------------------------------------------------

// The best weights: measured beside PCA, or made a detector. *out: as hg__train() has it.
static int finish_best(hg__trainer *t, hg_result *r, hg_model **out, hg_error *err) {
    char path[1024];
    hg_model *best;
    HG_TRY(hg__folder_weights(t->folder, "best", path, err));
    hg__train_plan_free(t->plan); // give room to what is fitted now
    hg__run_plan_free(t->runner);
    hg__loader_free(t->loader);
    t->plan = NULL;
    t->runner = NULL;
    t->loader = NULL;
    best = hg_model_load(path, err);
    if (!best) return (int)err->code;
    best->is_shared = t->o.values.share;
    int code = t->is_table ? hg__fit_detector(t, best, err) : HG_OK;
    if (code == HG_OK && t->val_rows.count && !t->is_table) {
        const hg__objective mse = hg__objective_of(hg__loss_find("mse"), 0);
        hg__run_plan *runner = hg__run_plan_new(&best->net, t->pool, NULL, err);
        code = runner ? hg__evaluate(runner, t->val_loader, t->data->width, &mse, t->sums,
                                     &r->val_mse, err)
                      : HG_ERR_MEMORY;
        hg__run_plan_free(runner);
    }
    if (code == HG_OK) code = hg__write_samples(t, best, err);
    if (code == HG_OK && t->o.values.pca && strcmp(best->kind, "pca") != 0) {
        code = hg__evaluate_pca(t, &r->pca_mse, err);
    }
    if (code == HG_OK && out) {
        *out = best;
    } else {
        hg_model_free(best);
    }
    return code;
}

// model=pca: solved, not trained; the same folder, file and commands.
static int fit_pca(hg__trainer *t, const char **reason, hg_error *err) {
    hg_model *pca = NULL;
    HG_TRY(hg__folder_cut_results(t->folder, 0, err));
    HG_TRY(hg__pca_fit(&pca, &t->rows, t->model->net.spec.code, t->pool, err));
    int code = HG_OK;
    describe_data(pca, t->data);
    snprintf(pca->run, sizeof pca->run, "%s", t->model->run);
    hg_model_free(t->model);
    t->model = pca;
    if (code == HG_OK) code = hg__weights_save(t, "best", err);
    if (code == HG_OK) code = hg__weights_save(t, "last", err);
    t->seen = t->rows.count;
    *reason = "done";
    return code;
}

static void fill_result(const hg__trainer *t, hg_result *r) {
    const hg__progress *p = &t->progress;
    const double lately = hg__seconds() - t->began; // without what was before resume=
    snprintf(r->folder, sizeof r->folder, "%s", t->folder);
    r->best_epoch = p->best_epoch;
    r->epochs = p->epoch;
    r->best_val_loss = t->val_rows.count && p->best_epoch ? p->best_loss : (double)NAN;
    r->train_loss = p->epoch ? p->train_loss : (double)NAN;
    r->val_mse = r->pca_mse = (double)NAN;
    r->seconds = t->earlier + lately;
    r->rows_per_second = lately > 0 ? (double)t->seen / lately : 0;
    r->rows = t->rows.count;
    r->parameters = t->model->net.spec.parameters;
}

static int run(hg__trainer *t, hg_result *r, hg_model **best, hg_error *err) {
    const char *reason = NULL;
    const bool is_pca = strcmp(t->model->kind, "pca") == 0;
    hg__format_now(t->start);
    t->began = hg__seconds();
    hg__run_facts facts = {.options = &t->o,
                           .threads = hg__pool_threads(t->pool),
                           .isa = hg__kernels_pick()->name,
                           .start = t->start,
                           .fingerprint = t->data->fingerprint,
                           .result = r};
    fill_result(t, r);
    HG_TRY(hg__folder_write_run(t->folder, &facts, err)); // without an end: it is running
    int code = is_pca ? fit_pca(t, &reason, err) : run_epochs(t, &reason, err);
    fill_result(t, r);
    facts.steps = t->progress.step;
    facts.exit_reason = code == HG_OK ? reason : code == HG_ERR_STOPPED ? "stopped" : "failed";
    snprintf(r->exit_reason, sizeof r->exit_reason, "%s", facts.exit_reason);
    if (code == HG_OK) {
        code = finish_best(t, r, best, err);
        facts.pca_seconds = t->pca_seconds;
        if (code == HG_OK) code = hg__folder_write_metrics(t->folder, &facts, err);
    }
    const int written = hg__folder_write_run(t->folder, &facts, code == HG_OK ? err : NULL);
    return code == HG_OK ? written : code;
}

// What on_bad=skip left out.
static void tell_skipped(hg__trainer *t, const hg__data *data) {
    char sentence[600];
    const long long n = data->skipped;
    if (n == 0) return;
    snprintf(sentence, sizeof sentence, "%lld %s%s left out (on_bad=skip)%s%s", n,
             data->pictures ? "image" : "row", n > 1 ? "s were" : " was",
             data->first_skipped[0] ? ": " : "", data->first_skipped);
    note(t, sentence);
}

int hg__train(const hg_options *o, hg__table *given, const hg_listener *l, hg_result *result,
              hg_model **best, hg_error *err) {
    static const hg_listener nobody = {0};
    hg_result own = {0};
    hg_error kept = {0}; // so that errors have a code to return even where the caller wants none
    hg__trainer *t = hg__alloc(1, sizeof *t, &kept);
    int code = t ? HG_OK : HG_ERR_MEMORY;
    if (t) {
        if (result) own = *result;
        t->l = l ? l : &nobody;
        t->given = given;
        t->lock.fd = -1;
        code = prepare(t, o, &kept);
        if (code == HG_OK && !t->is_table) {
            tell_skipped(t, t->data);
            if (t->val_data && t->val_data != t->data) tell_skipped(t, t->val_data);
        }
        if (code == HG_OK) code = run(t, &own, best, &kept);
        const bool is_refused = code == HG_ERR_USAGE || code == HG_ERR_DATA ||
                                code == HG_ERR_MISSING || code == HG_ERR_MEMORY;
        if (is_refused && hg__folder_unmake(&t->o, t->folder, &t->lock, &t->made)) {
            own.folder[0] = '\0';
        }
        clear(t);
        hg__free(t);
        if (result) *result = own;
    }
    if (code < 0 && err) *err = kept;
    return code;
}

int hg__job_train(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    return hg__train(o, NULL, l, r, NULL, err);
}
