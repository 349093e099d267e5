// SPDX-License-Identifier: Apache-2.0
// compare_models_survey.c - the data and every model once, before anything is trained: what cannot be is said then, and PCA of each size of code
// joins.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "detect/table_model.h"
#include "fit/pca.h"
#include "inspect/inspector.h"
#include "intrusion/packet_detector.h"
#include "jobs/compare_models.h"
#include "jobs/trainer.h"
#include "monitor/signal.h"

enum { PCA_WIDTH = 4096 }; // as train has it

// ---- the data -------------------------------------------------------------------------------------

// As train has it: with a model named, numbers are taken as they are, but by a preset for tables.
static bool is_table(const hg__contest *c) {
    const struct hg__values *v = &c->o->values;
    if (strcmp(v->prepare, "auto") != 0) return strcmp(v->prepare, "table") == 0;
    for (int32_t i = 0; i < c->contestants; i++) {
        if (hg__preset_kind(c->contestant[i].model) == HG_FOR_TABLES) return true;
    }
    return false;
}

// What is compared otherwise, or not at all.
static int check_data(const hg__trainer *t, hg_error *err) {
    const char *data = t->o.values.data;
    if (hg__is_packets_run(t)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "models: expected rows, a table or images of one size, got %.200s, a "
                        "capture; hourglass val measures its model beside counting",
                        data);
    }
    if (*data == '\0' || hg__is_file(data) || !hg__is_folder(data)) return HG_OK;
    if (hg__dataset_is_pictures(data)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%.300s: expected images in this folder, found none", data);
}

static void describe_budget(hg__contest *c, const hg_options *o) {
    const struct hg__values *v = &o->values;
    const bool has_other = v->time > 0 || v->steps > 0;
    size_t used = 0;
    c->budget[0] = '\0';
    if (v->time > 0) {
        used += (size_t)snprintf(c->budget, sizeof c->budget, "%g s", v->time * 3600);
    }
    if (v->steps > 0) {
        used += (size_t)snprintf(c->budget + used, sizeof c->budget - used, "%s%lld steps",
                                 used ? " or " : "", (long long)v->steps);
    }
    if (o->set[HG_OPTION_epochs] ? v->epochs > 0 : !has_other) {
        snprintf(c->budget + used, sizeof c->budget - used, "%s%lld epoch%s", used ? " or " : "",
                 (long long)v->epochs, v->epochs == 1 ? "" : "s");
    }
}

// PCA of one number reads the data as every training will.
static int open_data(hg__contest *c, hg__trainer *t, hg_error *err) {
    double fraction;
    hg_options *o = hg__contest_train_options(c, NULL, 0, err);
    if (!o) return (int)err->code;
    t->o = *o;
    hg_options_free(o);
    HG_TRY(check_data(t, err));
    HG_TRY(hg__trainer_open(t, err));
    c->is_noisy = c->o->set[HG_OPTION_noise] && *c->o->values.noise;
    c->has_same_rows = !hg__parse_float(c->o->values.val, &fraction) && !c->is_noisy;
    c->rows = t->rows.count;
    c->fingerprint = t->data->fingerprint;
    c->width = t->rows.source.width;
    hg__mask_secrets(c->o->values.data, c->data, sizeof c->data);
    describe_budget(c, &t->o);
    hg__loader *held = t->val_rows.count ? hg__contest_open_held(c, t, err) : NULL;
    if (t->val_rows.count && !held) return (int)err->code;
    c->held = held ? hg__loader_rows(held) : 0;
    hg__loader_free(held);
    if (c->held >= 2) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "val: expected at least 2 rows to be held out, got %lld of %.200s",
                    (long long)c->held, c->data);
}

// ---- the models -----------------------------------------------------------------------------------

// Presets that are no network for rows.
static int check_trained(const hg__contestant *k, hg_error *err) {
    static const char *const others[] = {"repair", "bottleneck", "feature", "kitnet", "traffic"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(k->model, others[i]) != 0) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "models: expected models of rows, got %s; hourglass val measures it beside "
                        "what suits its data",
                        others[i]);
    }
    return HG_OK;
}

// What a training says of it only when it begins.
static int check_end(const hg__contest *c, const hg__contestant *k, const hg_model *m,
                     hg_error *err) {
    const hg__spec *s = &m->net.spec;
    const hg__layer_type *last = s->layer[s->layers - 1].type;
    if (!c->is_table || last->is_linear) return HG_OK;
    return hg__fail(
        err, HG_ERR_USAGE,
        "models: %s: expected a model that ends in dense where columns are encoded, got "
        "one that ends in %s; prepare=none takes numbers as they are",
        k->name, last->name);
}

static int take_sizes(hg__contest *c, hg__contestant *k, const hg_model *m, hg_error *err) {
    const hg__spec *s = &m->net.spec;
    k->code = s->has_neck ? s->code : 0;
    k->parameters = s->parameters;
    snprintf(k->spec, sizeof k->spec, "%s", s->text);
    if (strcmp(m->kind, "pca") == 0 && k->kind == HG_TRAINED) k->kind = HG_SOLVED;
    if (s->width == c->width) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "models: %s: expected a model of %d numbers a row, got %d",
                    k->name, (int)c->width, (int)s->width);
}

static int look_at_trained(hg__contest *c, hg__contestant *k, const hg__trainer *t, hg_error *err) {
    HG_TRY(check_trained(k, err));
    hg_options *o = hg__contest_train_options(c, k, 0, err);
    if (!o) return (int)err->code;
    hg_model *m = hg__model_new(k->model, &t->rows.source.shape, (int32_t)o->values.latent, 0, err);
    int code = m ? take_sizes(c, k, m, err) : HG_ERR_USAGE;
    if (!m && err->code < 0) code = (int)err->code;
    if (code == HG_OK) code = check_end(c, k, m, err);
    if (code == HG_OK) code = hg__note_range(t, &m->net.spec, k->name, err);
    if (code == HG_OK && o->set[HG_OPTION_noise] && c->is_noisy &&
        strcmp(o->values.noise, c->o->values.noise) != 0) {
        code = hg__fail(err, HG_ERR_USAGE,
                        "models: %s: expected the noise= of all, or noise= of models alone: rows "
                        "come in with the one, and are as they are with the other",
                        k->name);
    }
    hg_model_free(m);
    hg_options_free(o);
    return code;
}

static int look_at_read(hg__contest *c, hg__contestant *k, const hg__trainer *t, hg_error *err) {
    hg_model *m = hg__contest_read(k, err);
    if (!m) return (int)err->code;
    const bool is_other = hg__model_schema(m) || hg__is_packet_model(m) || hg__is_part_model(m) ||
                          hg__is_signal_model(m) || strcmp(m->kind, "features") == 0;
    int code = HG_OK;
    if (is_other || c->is_table) {
        code = hg__fail(err, HG_ERR_MODEL,
                        "models: %s: expected a model of numbers as they are, and data of that "
                        "kind: one of a table, a recording, a capture or parts has columns and "
                        "scales of its own",
                        k->name);
    }
    if (code == HG_OK) code = take_sizes(c, k, m, err);
    char own[24], line[200];
    snprintf(own, sizeof own, "%016llx", (unsigned long long)t->data->fingerprint);
    if (code == HG_OK && !t->val_data && strcmp(own, m->fingerprint) == 0) {
        snprintf(line, sizeof line,
                 "%s is read: it may have been trained on rows that are held out here", k->name);
        hg__tell(c->l, line);
    }
    hg_model_free(m);
    return code;
}

// ---- who joins ------------------------------------------------------------------------------------

// Whether PCA of that size stands among the first `count` already.
static bool has_pca(const hg__contestant *list, int32_t count, int32_t code) {
    for (int32_t i = 0; i < count; i++) {
        if (list[i].kind == HG_SOLVED && list[i].code == code) return true;
    }
    return false;
}

// Whether one of the first `count` has codes of that size.
static bool has_code(const hg__contestant *list, int32_t count, int32_t code) {
    for (int32_t i = 0; i < count; i++) {
        if (list[i].code == code) return true;
    }
    return false;
}

// Why there is no PCA of that size; "" where there is.
static const char *why_not(const hg__contest *c, int32_t code) {
    const int64_t rank = c->rows < c->width ? c->rows : c->width;
    if (code >= rank) return "it would give back every row";
    if (c->width > PCA_WIDTH) return "rows are too wide for it";
    return hg__eigen_is_available() ? ""
                                    : "this machine has no LAPACK (Debian package: liblapack3)";
}

static bool is_named(const hg__contest *c, const char *name) {
    for (int32_t i = 0; i < c->contestants; i++) {
        if (strcmp(c->contestant[i].name, name) == 0) return true;
    }
    return false;
}

static void add_pca(const hg__contest *c, hg__contestant *all, int32_t *count, int32_t code) {
    const char *why = why_not(c, code);
    char line[200];
    if (*why) {
        snprintf(line, sizeof line, "no PCA of %d numbers stands beside the others: %s", (int)code,
                 why);
        hg__tell(c->l, line);
        return;
    }
    hg__contestant *k = &all[(*count)++];
    *k = (hg__contestant){.kind = HG_SOLVED, .code = code, .model = "pca"};
    snprintf(k->name, sizeof k->name, "pca %d", (int)code);
    if (is_named(c, k->name)) snprintf(k->name, sizeof k->name, "pca of %d", (int)code);
}

// The mean row and PCA go before those that were asked for.
static int join(hg__contest *c, hg_error *err) {
    const int32_t asked = c->contestants;
    int32_t count = 0;
    hg__contestant *all = hg__alloc(2 * (size_t)asked + 1, sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    all[count++] = (hg__contestant){.name = "mean row", .kind = HG_MEAN_ROW};
    for (int32_t i = 0; i < asked; i++) {
        const int32_t code = c->contestant[i].code;
        const bool is_there =
            has_code(c->contestant, i, code) || has_pca(c->contestant, asked, code);
        if (code > 0 && !is_there) add_pca(c, all, &count, code);
    }
    if (count == 2 && !is_named(c, "pca")) snprintf(all[1].name, sizeof all[1].name, "pca");
    memcpy(all + count, c->contestant, (size_t)asked * sizeof *all);
    hg__free(c->contestant);
    c->contestant = all;
    c->contestants = count + asked;
    return HG_OK;
}

static int look_at_all(hg__contest *c, hg__trainer *t, hg_error *err) {
    HG_TRY(open_data(c, t, err));
    HG_TRY(hg__contest_classes(c, t, err));
    for (int32_t i = 0; i < c->contestants; i++) {
        hg__contestant *k = &c->contestant[i];
        HG_TRY(k->kind == HG_READ ? look_at_read(c, k, t, err) : look_at_trained(c, k, t, err));
    }
    return join(c, err);
}

int hg__contest_survey(hg__contest *c, hg_error *err) {
    const hg_listener told = {.size = sizeof told,
                              .context = c->l->context,
                              .note = c->l->note,
                              .detail = c->l->detail,
                              .stop = c->l->stop,
                              .abort = c->l->abort};
    hg__trainer *t = hg__alloc(1, sizeof *t, err);
    if (!t) return HG_ERR_MEMORY;
    t->l = &told;
    t->leaves_held = true;
    c->is_table = is_table(c);
    const int code = look_at_all(c, t, err);
    hg__trainer_clear(t);
    hg__free(t);
    return code;
}
