// SPDX-License-Identifier: Apache-2.0
// train_checkpoint.c - weights/last.safetensors: the weights, the optimiser's state and where the run stands.
//
// Beside the weights the file has "optimizer.<state>.<parameter>" tensors in the weights' own layout, and
// the metadata key "hourglass.training" with the progress as JSON; of a discriminator trained beside (fit/adversary.h)
// "optimizer.adversary.<parameter>" and "optimizer.adversary.<state>.<parameter>". Everything is exact, so a run that goes on from
// it ends in the same bits as one that was never stopped.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/system.h"
#include "detect/table_model.h"
#include "fit/adversary.h"
#include "jobs/trainer.h"
#include "model/model_file.h"

static const char progress_key[] = "hourglass.training";
static const double checkpoint_period =
    1; // seconds from one to the next at least, but for the last

// %a keeps every bit of a double; JSON has no infinity.
static void add_exact(hg__json_writer *w, const char *key, double x) {
    char text[40];
    snprintf(text, sizeof text, "%a", x);
    hg__json_add_text(w, key, text);
}

static char *format_progress(const hg__progress *p, hg_error *err) {
    hg__text t = {0};
    hg__json_writer w = {.to = &t, .is_spaced = true};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "epoch", p->epoch);
    hg__json_add_integer(&w, "batch", p->batch);
    hg__json_add_integer(&w, "step", p->step);
    hg__json_add_integer(&w, "rows", p->rows);
    hg__json_add_integer(&w, "best_epoch", p->best_epoch);
    add_exact(&w, "loss_sum", p->loss_sum);
    add_exact(&w, "adversary_sum", p->adversary_sum);
    add_exact(&w, "best_loss", p->best_loss);
    add_exact(&w, "train_loss", p->train_loss);
    hg__json_end(&w, '}');
    return hg__text_take(&t, err);
}

static bool get_count(const hg__json *root, const char *key, int64_t *value) {
    const hg__json *item = hg__json_object_get(root, key);
    *value = hg__json_integer_value(item);
    return hg__json_is_integer(item) && *value >= 0;
}

static bool get_real(const hg__json *root, const char *key, double *value) {
    const char *text = hg__json_string_value(hg__json_object_get(root, key));
    char *end = NULL;
    if (text) *value = strtod(text, &end);
    return text && end != text && !*end && !isnan(*value);
}

static bool parse_progress(const char *text, hg__progress *p) {
    hg__json *root = hg__json_read(text, strlen(text), progress_key, NULL);
    int64_t epoch = 0, best_epoch = 0;
    const bool good =
        get_count(root, "epoch", &epoch) && get_count(root, "batch", &p->batch) &&
        get_count(root, "step", &p->step) && get_count(root, "rows", &p->rows) &&
        get_count(root, "best_epoch", &best_epoch) && get_real(root, "loss_sum", &p->loss_sum) &&
        get_real(root, "best_loss", &p->best_loss) && get_real(root, "train_loss", &p->train_loss);
    if (!get_real(root, "seconds", &p->seconds)) p->seconds = 0; // version 0.1.0 kept it here
    if (!get_real(root, "adversary_sum", &p->adversary_sum)) p->adversary_sum = 0; // nor had this
    hg__json_free(root);
    p->epoch = (int32_t)epoch;
    p->best_epoch = (int32_t)best_epoch;
    return good && epoch <= INT32_MAX && best_epoch <= epoch;
}

// A network that is trained, and what the names of its tensors begin with: the model ("optimizer.") or its adversary
// ("optimizer.adversary."), whose weights are nowhere else.
typedef struct trained {
    const hg__network *net; // borrowed, as is the plan
    hg__train_plan *plan;
    const hg__optim *optim;
    const char *prefix;
    bool keeps_weights;
} trained;

enum { TRAINED = 2 };

static int list_trained(const hg__train_run *r, trained list[TRAINED]) {
    const hg__fit *f = r->t.fit;
    const hg__adversary *a = f->adversary;
    list[0] = (trained){&r->t.model->net, f->plan, f->setup.optim, "optimizer.", false};
    if (a) list[1] = (trained){&a->net, a->plan, a->optim, "optimizer.adversary.", true};
    return a ? 2 : 1;
}

// "optimizer.exp_avg.encoder.0.weight"; state -1: the weight itself.
static void tensor_name(const trained *of, int32_t state, const hg__layer *l, int32_t param,
                        char name[192]) {
    char weight[64];
    hg__param_name(l, param, weight);
    if (state < 0) {
        snprintf(name, 192, "%s%s", of->prefix, weight);
    } else {
        snprintf(name, 192, "%s%s.%s", of->prefix, of->optim->state_name[state], weight);
    }
}

static hg__real *block_of(const trained *of, int32_t state) {
    return state < 0 ? of->net->params : hg__train_state(of->plan, state);
}

static int32_t first_state(const trained *of) {
    return of->keeps_weights ? -1 : 0;
}

// Tensors, and numbers in them, at most.
static size_t most_tensors(const trained *of) {
    return (size_t)(of->optim->states - first_state(of)) * (size_t)of->net->spec.layers *
           HG_MAX_PARAMS;
}

static size_t most_numbers(const trained *of) {
    return (size_t)(of->optim->states - first_state(of)) * (size_t)of->net->spec.parameters;
}

// What is being put together.
typedef struct sheet {
    hg__tensor *tensor;
    size_t count;
    float *space; // what is left of it
} sheet;

static void add_tensor(sheet *to, const trained *of, int32_t state, const hg__layer *l, int32_t q) {
    hg__tensor *t = &to->tensor[to->count++];
    size_t n = 0;
    *t = (hg__tensor){.dtype = HG_F32, .shape = l->param[q].shape, .data = to->space};
    tensor_name(of, state, l, q, t->name);
    hg__param_export(&l->param[q], block_of(of, state), to->space);
    (void)hg__shape_count(&t->shape, &n);
    to->space += n;
}

static void add_trained(sheet *to, const trained *of) {
    const hg__spec *s = &of->net->spec;
    for (int32_t state = first_state(of); state < of->optim->states; state++) {
        for (int32_t i = 0; i < s->layers; i++) {
            const hg__layer *l = &s->layer[i];
            for (int32_t q = 0; q < l->params; q++) {
                if (!l->param[q].is_state) add_tensor(to, of, state, l, q);
            }
        }
    }
}

static int save(hg__train_run *r, const sheet *s, const char *path, hg_error *err) {
    char *progress = format_progress(&r->t.fit->progress, err);
    if (!progress) return HG_ERR_MEMORY;
    const char *key = progress_key, *value = progress;
    const hg__extra extra = {
        .tensor = s->tensor, .tensors = s->count, .key = &key, .value = &value, .pairs = 1};
    const int code = hg__model_save(r->t.model, path, &extra, err);
    hg__free(progress);
    return code;
}

int hg__checkpoint_save(hg__train_run *r, hg_error *err) {
    char path[1024];
    HG_TRY(hg__folder_weights(r->folder, "last", path, err));
    trained list[TRAINED];
    const int count = list_trained(r, list);
    size_t tensors = 0, numbers = 0;
    for (int i = 0; i < count; i++) {
        tensors += most_tensors(&list[i]);
        numbers += most_numbers(&list[i]);
    }
    sheet s = {.tensor = hg__alloc(tensors, sizeof *s.tensor, err)};
    float *space = s.tensor ? hg__alloc(numbers, sizeof *space, err) : NULL;
    s.space = space;
    for (int i = 0; space && i < count; i++) add_trained(&s, &list[i]);
    const int code = space ? save(r, &s, path, err) : HG_ERR_MEMORY;
    hg__free(s.tensor);
    hg__free(space);
    r->pending_checkpoint = false;
    r->saved_at = hg__seconds();
    return code;
}

int hg__weights_save(const hg__train_run *r, const char *name, const hg_model *m, hg_error *err) {
    char path[1024];
    HG_TRY(hg__folder_weights(r->folder, name, path, err));
    return hg__model_save(m, path, NULL, err);
}

// First the best: a checkpoint says which epoch that is.
int hg__pending_save(hg__train_run *r, hg_error *err) {
    if (r->pending_best) {
        hg_model *m = r->t.model;
        hg__real *now = m->net.params;
        m->net.params = r->t.fit->best;
        const int code = hg__weights_save(r, "best", m, err);
        m->net.params = now;
        HG_TRY(code);
        r->pending_best = false;
    }
    return r->pending_checkpoint ? hg__checkpoint_save(r, err) : HG_OK;
}

int hg__epoch_save(hg__train_run *r, bool is_best, hg_error *err) {
    const int64_t period = r->t.o.values.save_period;
    const int32_t epoch = r->t.fit->progress.epoch;
    if (period && epoch % period == 0) {
        char name[32];
        snprintf(name, sizeof name, "epoch%d", epoch);
        HG_TRY(hg__weights_save(r, name, r->t.model, err));
    }
    r->pending_checkpoint = true;
    r->pending_best = r->pending_best || is_best;
    return hg__seconds() - r->saved_at < checkpoint_period ? HG_OK : hg__pending_save(r, err);
}

static int take_state(const trained *to, const hg__tensors *file, int32_t state, const hg__layer *l,
                      int32_t q, hg_error *err) {
    char name[192];
    tensor_name(to, state, l, q, name);
    const hg__tensor *from = hg__tensors_find(file, name);
    if (!from || from->dtype != HG_F32 || !hg__shape_is_equal(&from->shape, &l->param[q].shape)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a tensor '%s' in the weight's shape, got %s", file->path,
                        name,
                        !from                   ? "none"
                        : from->dtype != HG_F32 ? "another type of number"
                                                : "another shape");
    }
    hg__param_import(&l->param[q], block_of(to, state), from->data);
    return HG_OK;
}

// The weights, if the checkpoint is of this model and this data.
static int take_model(hg__train_run *r, const hg__tensors *file, hg_error *err) {
    hg_model *saved = NULL, *m = r->t.model;
    HG_TRY(hg__model_from_tensors(&saved, file, err));
    int code = hg__run_compare(file->path, saved->run, m->run, err);
    if (code == HG_OK && strcmp(saved->net.spec.text, m->net.spec.text) != 0) {
        code = hg__fail(err, HG_ERR_MODEL, "%s: expected the model '%.150s', got '%.150s'",
                        file->path, m->net.spec.text, saved->net.spec.text);
    } else if (code == HG_OK && strcmp(saved->fingerprint, m->fingerprint) != 0) {
        code = hg__fail(
            err, HG_ERR_DATA,
            "%s: expected the data the run began with (fingerprint %s), got other data (%s)",
            r->t.data->path, saved->fingerprint, m->fingerprint);
    } else if (code == HG_OK && saved->run[0]) {
        code = hg__run_check(r, saved->run, err);
    }
    if (code == HG_OK) {
        memcpy(m->net.params, saved->net.params,
               saved->net.spec.params * sizeof *saved->net.params);
        if (!m->run[0]) snprintf(m->run, sizeof m->run, "%s", saved->run);
    }
    hg_model_free(saved);
    return code;
}

// The optimiser's state of every trained parameter of a layer.
static int take_layer(const trained *to, const hg__tensors *file, const hg__layer *l,
                      hg_error *err) {
    for (int32_t state = first_state(to); state < to->optim->states; state++) {
        for (int32_t q = 0; q < l->params; q++) {
            if (!l->param[q].is_state) HG_TRY(take_state(to, file, state, l, q, err));
        }
    }
    return HG_OK;
}

static int take_trained(hg__train_run *r, const hg__tensors *file, hg_error *err) {
    trained list[TRAINED];
    const int count = list_trained(r, list);
    for (int i = 0; i < count; i++) {
        const hg__spec *s = &list[i].net->spec;
        for (int32_t k = 0; k < s->layers; k++) {
            HG_TRY(take_layer(&list[i], file, &s->layer[k], err));
        }
    }
    return HG_OK;
}

static int load(hg__train_run *r, const hg__tensors *file, hg_error *err) {
    const char *progress = hg__tensors_metadata(file, progress_key);
    if (!progress || !parse_progress(progress, &r->t.fit->progress)) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a checkpoint with '%s' in its metadata",
                        file->path, progress_key);
    }
    HG_TRY(take_model(r, file, err));
    HG_TRY(take_trained(r, file, err));
    hg__fit_refresh(r->t.fit);
    return HG_OK;
}

static int take_best(hg__train_run *r, const hg__tensors *file, hg_error *err) {
    const hg_model *m = r->t.model;
    const char *run = hg__tensors_metadata(file, HG_META_RUN);
    hg_model *best = NULL;
    if (run) HG_TRY(hg__run_compare(file->path, run, m->run, err));
    HG_TRY(hg__model_from_tensors(&best, file, err));
    int code = HG_OK;
    if (strcmp(best->net.spec.text, m->net.spec.text) != 0) {
        code = hg__fail(err, HG_ERR_MODEL, "%s: expected the model '%.150s', got '%.150s'",
                        file->path, m->net.spec.text, best->net.spec.text);
    } else {
        memcpy(r->t.fit->best, best->net.params, m->net.spec.params * sizeof *best->net.params);
        r->t.fit->has_best = true;
    }
    hg_model_free(best);
    return code;
}

// The best weights, where there are any yet, are of the same run too: what is trained on may never be better.
static int load_best(hg__train_run *r, hg_error *err) {
    char path[1024];
    hg__tensors file = {0};
    HG_TRY(hg__folder_weights(r->folder, "best", path, err));
    if (!hg__is_file(path)) return HG_OK;
    HG_TRY(hg__tensors_open(&file, path, err));
    const int code = take_best(r, &file, err);
    hg__tensors_close(&file);
    return code;
}

// A run stopped before its first checkpoint has no best weights either: it may begin anew. Any other would lose them.
static int check_missing(const hg__train_run *r, const char *last, hg_error *err) {
    char best[1024];
    HG_TRY(hg__folder_weights(r->folder, "best", best, err));
    if (!hg__is_file(best)) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected the weights and state to go on from, got no such file; to begin "
                    "with the best weights: pretrained=%s",
                    last, best);
}

int hg__checkpoint_load(hg__train_run *r, hg_error *err) {
    char path[1024];
    hg__tensors file = {0};
    HG_TRY(hg__folder_weights(r->folder, "last", path, err));
    if (!hg__is_file(path)) return check_missing(r, path, err);
    HG_TRY(hg__tensors_open(&file, path, err));
    const int code = load(r, &file, err);
    hg__tensors_close(&file);
    return code == HG_OK && r->t.fit->progress.best_epoch > 0 ? load_best(r, err) : code;
}
