// SPDX-License-Identifier: Apache-2.0
// trainer.c - from options to a trained model, in memory.
#include "jobs/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "fit/pca.h"

void hg__trainer_note(const hg__trainer *t, const char *sentence) {
    if (*sentence) hg__tell(t->l, sentence);
}

void hg__trainer_tell_threshold(const hg__trainer *t, const char *what) {
    char line[300];
    hg__thresholds all = {0};
    if (hg__thresholds_load(&all, t->model, "training", NULL) == HG_OK && all.groups) {
        hg__threshold_describe(&all.group[0].at, what, line, sizeof line);
        hg__trainer_note(t, line);
    }
    hg__thresholds_clear(&all);
}

// ---- the model ----------------------------------------------------------------------------------

// Whether the model is made with the data, and something else than steps of descent makes it fit.
static bool is_fitted_run(const hg__trainer *t) {
    return hg__is_feature_run(t) || hg__is_kitnet_run(t);
}

void hg__trainer_describe(hg_model *m, const hg__dataset *d) {
    m->input_scale = d->source.scale;
    if (d->pictures) m->range = hg__pictures_range(d->pictures);
    snprintf(m->fingerprint, sizeof m->fingerprint, "%016llx", (unsigned long long)d->fingerprint);
}

int hg__trainer_name_columns(hg_model *m, const hg__dataset *d, hg_error *err) {
    if (!d->column) return HG_OK;
    m->column = hg__alloc((size_t)d->source.width, sizeof *m->column, err);
    for (int32_t i = 0; m->column && i < d->source.width; i++) {
        m->column[i] = hg__copy_text(d->column[i], err);
        if (!m->column[i]) return HG_ERR_MEMORY;
    }
    return m->column ? HG_OK : HG_ERR_MEMORY;
}

static bool begins_trained(const hg__trainer *t) {
    return t->start || *t->o.values.pretrained;
}

// Where model= was left alone: images that are to be cleaned get unet, other images conv. It becomes an option that
// was set, so that args.yaml repeats the run.
static int pick_model(hg__trainer *t, hg_error *err) {
    if (t->is_table || t->is_signal || t->o.set[HG_OPTION_model] || begins_trained(t)) return HG_OK;
    const bool is_image = t->data->source.shape.rank >= 2;
    if (is_image && t->has_targets) return hg_options_set(&t->o, "model", "unet", err);
    return t->data->pictures ? hg_options_set(&t->o, "model", "conv", err) : HG_OK;
}

// What cleans pictures is computed the fast way, where fast= was left alone; a run that goes on does as it did.
static int pick_compute(hg__trainer *t, hg_error *err) {
    const bool keeps = begins_trained(t) && !t->o.set[HG_OPTION_model];
    const bool cleans = t->data->pictures && t->has_targets && !t->is_parts;
    if (!cleans || keeps || *t->o.values.resume || t->o.set[HG_OPTION_fast]) return HG_OK;
    return hg_options_set(&t->o, "fast", "true", err);
}

// As options say; what nobody set is as in the file that training begins with.
static void set_compute(hg__trainer *t, const hg_model *start) {
    const struct hg__values *v = &t->o.values;
    hg__compute how = start ? start->net.compute : (hg__compute){0};
    if (!start || t->o.set[HG_OPTION_precision]) {
        (void)hg__precision_find(v->precision, &how.precision); // one of the option's choices
    }
    if (!start || t->o.set[HG_OPTION_fast]) how.fast = v->fast;
    hg__network_set_compute(&t->model->net, how);
}

static bool has_level(const hg__trainer *t) {
    return t->data->learned.context == &t->data->levelled;
}

// A model that has a level, or has none, stays so.
static int check_level(const hg__trainer *t, const hg_model *start, hg_error *err) {
    if (!start || start->net.has_level == has_level(t)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "level: expected %s, got level=%g",
                    has_level(t) ? "0 for pretrained= without a level of noise"
                                 : "a share above 0 for pretrained= with a level of noise",
                    t->o.values.level);
}

// The spec is model=, or where that was left alone that of the model to start with.
static int make_network(hg__trainer *t, const hg__tensors *weights, const hg_model *start,
                        hg_error *err) {
    const struct hg__values *v = &t->o.values;
    HG_TRY(check_level(t, start, err));
    t->model = hg__model_new(start ? start->net.spec.text : v->model, &t->data->learned.shape,
                             (int32_t)v->latent, (uint64_t)v->seed, err);
    if (!t->model) return err->code < 0 ? (int)err->code : HG_ERR_USAGE;
    set_compute(t, start);
    t->model->net.has_level = has_level(t);
    if (has_level(t) && strcmp(t->model->kind, "pca") == 0) {
        return hg__fail(err, HG_ERR_USAGE, "level: expected a network, got model=pca");
    }
    if (t->start) HG_TRY(hg__model_copy_weights(t->model, t->start, err));
    if (*v->pretrained) HG_TRY(hg__model_take_weights(t->model, weights, err));
    return start ? hg__model_keep_module(t->model, start, err) : HG_OK;
}

// Cells of a table are scaled and encoded: what goes on from its weights is a table too, unless prepare=none says otherwise.
static int check_own(const hg__trainer *t, const hg_model *own, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const bool is_other = t->is_table || t->is_parts || t->is_packets || t->is_signal;
    if (!own || !hg__model_schema(own) || is_other || strcmp(v->prepare, "none") == 0) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "pretrained: %s is the model of a table; prepare=table learns the rows as one, "
                    "prepare=none as they are",
                    v->pretrained);
}

// The network, with the weights that pretrained= or start have.
static int start_model(hg__trainer *t, hg_error *err) {
    const char *pretrained = t->o.values.pretrained;
    hg__tensors weights = {0};
    hg_model *own = NULL;
    int code = *pretrained ? hg__tensors_open(&weights, pretrained, err) : HG_OK;
    const bool own_spec =
        *pretrained && !t->o.set[HG_OPTION_model] && hg__tensors_metadata(&weights, "hourglass");
    if (code == HG_OK && own_spec) code = hg__model_from_tensors(&own, &weights, err);
    if (code == HG_OK) code = check_own(t, own, err);
    if (code == HG_OK) code = make_network(t, &weights, own ? own : t->start, err);
    hg_model_free(own);
    hg__tensors_close(&weights);
    return code;
}

static int make_model(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    if (is_fitted_run(t)) {
        hg__trainer_describe(t->model, t->data);
        return HG_OK;
    }
    HG_TRY(start_model(t, err));
    if (t->schema) {
        hg__schema *schema = t->schema;
        t->schema = NULL; // it is the model's now
        HG_TRY(hg__model_take_schema(t->model, schema, err));
    } else {
        HG_TRY(hg__trainer_name_columns(t->model, t->data, err));
    }
    hg__trainer_describe(t->model, t->data);
    t->model->holds_rows = t->is_table && strcmp(v->references, "exact") == 0;
    t->model->is_shared = v->share;
    const bool scaled = !begins_trained(t) && strcmp(v->init, "scaled") == 0;
    const hg__rows rows = has_level(t) ? hg__rows_of(&t->rows, t->data->learned) : t->rows;
    return scaled ? hg__start_scaled(&t->model->net, &rows, err) : HG_OK;
}

// ---- making ready -------------------------------------------------------------------------------

static hg__adversary_kind adversary_of(const char *word) {
    if (strcmp(word, "code") == 0) return HG_OF_CODE;
    return strcmp(word, "output") == 0 ? HG_OF_OUTPUT : HG_NO_ADVERSARY;
}

static hg__fit_setup setup_of(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    return (hg__fit_setup){
        .batch = (int32_t)v->batch,
        .epochs = v->epochs,
        .steps = v->steps,
        .seconds = v->time * 3600,
        .patience = v->patience,
        .objective = t->objective,
        .optim = hg__optim_find(v->optimizer),
        .optim_options = {.lr = v->lr,
                          .beta1 = v->beta1,
                          .beta2 = v->beta2,
                          .eps = v->eps,
                          .weight_decay = v->weight_decay,
                          .momentum = v->momentum,
                          .alpha = v->alpha,
                          .nesterov = v->nesterov},
        .schedule = hg__schedule_find(v->schedule),
        .warmup = v->warmup,
        .step_every = (int32_t)v->step_every,
        .gamma = v->gamma,
        .clip = v->clip,
        .shuffle = v->shuffle,
        .seed = (uint64_t)v->seed,
        .adversary = adversary_of(v->adversary),
        .adversary_weight = v->adversary_weight
    };
}

static int make_fit(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    if (is_fitted_run(t)) return HG_OK;
    if (t->val_rows.count && !t->leaves_held) {
        t->val_loader = hg__open_fixed_loader(t, &t->val_rows, err);
        if (!t->val_loader) return (int)err->code;
    }
    if (strcmp(t->model->kind, "pca") == 0) return HG_OK;
    if (v->patience && adversary_of(v->adversary) != HG_NO_ADVERSARY) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "patience: expected 0 with adversary=, what it teaches being no part of the "
            "validation loss, got %d",
            (int)v->patience);
    }
    HG_TRY(hg__objective_parse(&t->objective, v->loss, v->delta, err));
    HG_TRY(hg__check_range(t, err));
    t->loader = hg__open_loader(t, err);
    if (!t->loader) return (int)err->code;
    const hg__fit_setup setup = setup_of(t);
    t->fit = hg__fit_new(&t->model->net, t->loader, t->val_loader, &setup, t->pool, err);
    return t->fit ? HG_OK : (int)err->code;
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

static int check_packets(hg__trainer *t, hg_error *err) {
    const hg__preset_for is_for = t->o.set[HG_OPTION_model] ? HG_FOR_PACKETS : HG_FOR_ANY;
    if (!hg__is_kitnet_run(t)) { // which is no preset
        HG_TRY(hg__preset_check(t->o.values.model, is_for, "a capture", err));
    }
    HG_TRY(hg__set_packet_options(t, err));
    return check_end(t, err);
}

// Whether rows are a table's or cut from parts, or neither; and what is usual for these.
static int check_rows(hg__trainer *t, hg_error *err) {
    const bool may_be_parts = hg__is_parts_run(t);
    if (!may_be_parts) HG_TRY(hg__check_model(t, err));
    t->is_table = hg__is_table_run(t);
    if (t->is_table) HG_TRY(hg__set_table_options(t, err));
    t->is_parts = !t->is_table && may_be_parts;
    return t->is_parts ? hg__set_parts_options(t, err) : HG_OK;
}

static int check_signal(hg__trainer *t, hg_error *err) {
    HG_TRY(hg__preset_check(t->o.values.model, HG_FOR_ANY, "", err));
    return hg__set_signal_options(t, err);
}

static int leave_class_column_out(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    char name[HG_MAX_VALUE], ignore[2 * HG_MAX_VALUE];
    if (!hg__has_class_column(v)) return HG_OK;
    for (const char *at = v->ignore; hg__path_list_next(&at, name, sizeof name);) {
        if (strcmp(name, v->classes) == 0) return HG_OK;
    }
    snprintf(ignore, sizeof ignore, "%s%s%s", v->ignore, *v->ignore ? "," : "", v->classes);
    return hg_options_set(&t->o, "ignore", ignore, err);
}

// What can be said before anything is read.
static int check(hg__trainer *t, hg_error *err) {
    HG_TRY(leave_class_column_out(t, err));
    HG_TRY(hg__check_features(t, err));
    HG_TRY(hg__check_kitnet(t, err));
    t->is_packets = hg__is_packets_run(t);
    if (t->is_packets) return check_packets(t, err);
    t->is_signal = hg__is_signal_run(t);
    HG_TRY(t->is_signal ? check_signal(t, err) : check_rows(t, err));
    HG_TRY(hg__set_preset_options(t, err));
    HG_TRY(hg__check_hide(t, err));
    HG_TRY(check_end(t, err));
    return hg__trim_check(t, err);
}

int hg__trainer_open(hg__trainer *t, hg_error *err) {
    HG_TRY(check(t, err));
    t->pool = hg__pool_new((int32_t)t->o.values.threads, err);
    if (!t->pool) return HG_ERR_MEMORY;
    HG_TRY(hg__open_data(t, err));
    if (!t->is_parts && !t->is_packets && !t->is_signal) hg__tell_coding(t);
    HG_TRY(pick_model(t, err));
    HG_TRY(pick_compute(t, err));
    HG_TRY(make_model(t, err));
    HG_TRY(make_fit(t, err));
    t->began = hg__seconds();
    return HG_OK;
}

static void free_loaders(hg__trainer *t) {
    hg__loader_free(t->loader);
    hg__loader_free(t->val_loader);
    t->loader = t->val_loader = NULL;
}

void hg__trainer_clear(hg__trainer *t) {
    hg__stream_forget(&t->o);
    hg__fit_free(t->fit);
    free_loaders(t);
    hg_model_free(t->model);
    hg__dataset_close(t->data);
    hg__dataset_close(t->val_data);
    hg__parts_free(t->parts);
    hg__packets_free(t->packets);
    hg__signal_data_free(t->signal);
    hg__side_columns_clear(&t->side);
    hg__side_columns_clear(&t->val_side);
    hg__schema_free(t->schema);
    hg__trim_clear(&t->trim);
    hg__free(t->group);
    hg__pool_free(t->pool);
}

// ---- training -----------------------------------------------------------------------------------

static bool is_stopped(void *context) {
    const hg__trainer *t = context;
    return hg__is_stopped(t->l);
}

static bool take_step(void *context, const hg_step_event *e) {
    const hg__trainer *t = context;
    return t->l->step(t->l->context, e);
}

static void take_event(void *context, const hg_train_event *e) {
    const hg__trainer *t = context;
    t->l->train(t->l->context, e);
}

static int take_epoch(void *context, const hg_train_event *e, hg_error *err) {
    const hg__trainer *t = context;
    if (t->keep) HG_TRY(t->keep(t->keep_context, e, err));
    if (t->l->train) t->l->train(t->l->context, e);
    return HG_OK;
}

int hg__trainer_fit_pca(hg__trainer *t, hg_model **pca, hg_error *err) {
    const hg__pca_how how = {.code = t->model->net.spec.code,
                             .solver = hg__pca_solver_find(t->o.values.solver),
                             .seed = (uint64_t)t->o.values.seed};
    return hg__pca_fit_by(pca, &t->rows, &how, t->pool, err);
}

// model=pca: solved, not trained.
static int solve(hg__trainer *t, hg_error *err) {
    hg_model *pca = NULL;
    HG_TRY(hg__trainer_fit_pca(t, &pca, err));
    hg__trainer_describe(pca, t->data);
    snprintf(pca->run, sizeof pca->run, "%s", t->model->run);
    hg_model_free(t->model);
    t->model = pca;
    t->solved = t->rows.count;
    t->reason = "done";
    return hg__trainer_name_columns(pca, t->data, err);
}

static int fit(hg__trainer *t, hg_error *err) {
    HG_TRY(hg__is_kitnet_run(t) ? hg__fit_kitnet(t, err) : hg__fit_parts(t, err));
    t->solved = t->rows.count;
    t->reason = "done";
    return HG_OK;
}

int hg__trainer_run(hg__trainer *t, hg_error *err) {
    const hg__fit_hooks hooks = {.context = t,
                                 .is_stopped = is_stopped,
                                 .step = t->l->step ? take_step : NULL,
                                 .event = t->l->train ? take_event : NULL,
                                 .epoch = take_epoch};
    if (is_fitted_run(t)) return fit(t, err);
    if (!t->fit) return solve(t, err);
    t->earlier = t->fit->progress.seconds;
    const int code = hg__fit_run(t->fit, &hooks, err);
    t->reason = t->fit->reason;
    return code;
}

int hg__trainer_finish(hg__trainer *t, double *val_mse, hg_error *err) {
    if (t->fit) hg__fit_end(t->fit);
    hg__loader_free(t->loader); // gives room to what is fitted now
    t->loader = NULL;
    if (is_fitted_run(t)) return HG_OK;
    if (t->is_table) return hg__fit_detector(t, err);
    if (t->is_parts) return hg__fit_parts(t, err);
    if (t->is_packets) return hg__fit_packets(t, err);
    if (t->is_signal) return hg__fit_signal(t, err);
    return t->val_loader ? hg__evaluate_mse(&t->model->net, t->val_loader, t->pool, val_mse, err)
                         : HG_OK;
}

const hg__progress *hg__trainer_progress(const hg__trainer *t) {
    static const hg__progress none;
    return t->fit ? &t->fit->progress : &none;
}

void hg__trainer_fill(const hg__trainer *t, hg_result *r) {
    const hg__progress *p = hg__trainer_progress(t);
    const double lately = hg__seconds() - t->began; // without what was before resume=
    const int64_t seen = t->fit ? t->fit->seen : t->solved;
    r->best_epoch = p->best_epoch;
    r->epochs = p->epoch;
    r->best_val_loss = t->val_rows.count && p->best_epoch ? p->best_loss : (double)NAN;
    r->train_loss = p->epoch ? p->train_loss : (double)NAN;
    r->val_mse = r->pca_mse = (double)NAN;
    r->seconds = t->earlier + lately;
    r->rows_per_second = lately > 0 ? (double)seen / lately : 0;
    r->rows = t->rows.count;
    r->parameters = t->model->net.spec.parameters;
}

int hg__trainer_fit(hg__trainer *t, hg_result *r, hg_error *err) {
    double val_mse;
    HG_TRY(hg__trainer_open(t, err));
    const int code = hg__trainer_run(t, err);
    hg__trainer_fill(t, r);
    val_mse = r->val_mse;
    snprintf(r->exit_reason, sizeof r->exit_reason, "%s",
             code == HG_OK            ? t->reason
             : code == HG_ERR_STOPPED ? "stopped"
                                      : "failed");
    HG_TRY(code);
    HG_TRY(hg__trainer_finish(t, &val_mse, err));
    r->val_mse = val_mse;
    return HG_OK;
}

// Everything from options to the best model, which then is the caller's; NULL on failure.
static hg_model *train(hg__trainer *t, hg_error *err) {
    double unused;
    if (hg__trainer_open(t, err) < 0 || hg__trainer_run(t, err) < 0) return NULL;
    if (hg__trainer_finish(t, &unused, err) < 0) return NULL;
    hg_model *m = t->model;
    t->model = NULL;
    return m;
}

hg_model *hg__train_model(const hg_options *o, hg__table *given, const hg_listener *l,
                          hg_error *err) {
    static const hg_listener nobody = {0};
    hg_error own;
    if (!err) err = &own;
    hg__trainer *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->o = *o;
    t->l = l ? l : &nobody;
    t->given = given;
    hg_model *m = hg_options_check(&t->o, err) == HG_OK ? train(t, err) : NULL;
    hg__trainer_clear(t);
    hg__free(t);
    return m;
}
