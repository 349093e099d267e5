// SPDX-License-Identifier: Apache-2.0
// compare_models_run.c - one model of one seed: trained, solved or read; then measured on the rows held out.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/compare_models.h"
#include "jobs/trainer.h"

// ---- the options of a training --------------------------------------------------------------------

// What is the comparison's, and no training's.
static const char *const kept[] = {"models", "seeds",  "seed",   "out",     "cfg",
                                   "label",  "normal", "ignore", "classes", "progress"};

static bool is_kept(const char *name) {
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (strcmp(kept[i], name) == 0) return true;
    }
    return false;
}

// label= says which rows are anomalies, where normal= does; else it is a column of classes, which no model sees.
static int set_columns(hg_options *o, const struct hg__values *v, hg_error *err) {
    const char *list[] = {v->ignore, *v->normal ? "" : v->label,
                          hg__has_class_column(v) ? v->classes : ""};
    char ignored[3 * HG_MAX_VALUE] = "";
    size_t used = 0;
    if (*v->normal) {
        HG_TRY(hg_options_set(o, "label", v->label, err));
        HG_TRY(hg_options_set(o, "normal", v->normal, err));
    }
    for (int i = 0; i < 3; i++) {
        if (!*list[i]) continue;
        used += (size_t)snprintf(ignored + used, sizeof ignored - used, "%s%s", used ? "," : "",
                                 list[i]);
    }
    return *ignored ? hg_options_set(o, "ignore", ignored, err) : HG_OK;
}

// What was asked of all, but what is the comparison's own.
static int take_all(hg_options *o, const hg__contest *c, hg_error *err) {
    hg_option_info row = {.size = sizeof row};
    for (size_t i = 0; hg_option_at("train", i, &row); i++) {
        if (is_kept(row.name) || !hg_options_is_set(c->o, row.name)) continue;
        HG_TRY(hg__option_take(o, c->o, row.name, err));
    }
    return set_columns(o, &c->o->values, err);
}

// Rows as all models see them: tables encoded, images whole.
static int set_rows(hg_options *o, const hg__contest *c, int32_t seed, hg_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)c->first_seed + seed);
    HG_TRY(hg_options_set(o, "seed", text, err));
    const bool is_encoded = c->is_table && !c->o->set[HG_OPTION_prepare];
    if (is_encoded) HG_TRY(hg_options_set(o, "prepare", "table", err));
    const bool is_whole = hg__dataset_is_pictures(c->o->values.data) && !c->o->set[HG_OPTION_crop];
    return is_whole ? hg_options_set(o, "crop", "0", err) : HG_OK;
}

// What is trained; of what is not, PCA, of one number where none is asked for.
static int set_model(hg_options *o, const hg__contestant *k, hg_error *err) {
    char text[32];
    if (k && k->kind == HG_TRAINED) {
        HG_TRY(hg_options_set(o, "model", k->model, err));
        return hg__contestant_options(k, o, err);
    }
    snprintf(text, sizeof text, "%d", k && k->kind == HG_SOLVED ? (int)k->code : 1);
    HG_TRY(hg_options_set(o, "model", "pca", err));
    return hg_options_set(o, "latent", text, err);
}

static int set_all(hg_options *o, const hg__contest *c, const hg__contestant *k, int32_t seed,
                   hg_error *err) {
    HG_TRY(take_all(o, c, err));
    HG_TRY(set_rows(o, c, seed, err));
    return set_model(o, k, err);
}

hg_options *hg__contest_train_options(const hg__contest *c, const hg__contestant *k, int32_t seed,
                                      hg_error *err) {
    hg_options *o = hg_options_new("train", err);
    if (!o || set_all(o, c, k, seed, err) == HG_OK) return o;
    hg_options_free(o);
    return NULL;
}

// ---- while it trains ------------------------------------------------------------------------------

// What a training tells us goes on as how far all of them are.
static void take_event(void *context, const hg_train_event *e) {
    hg__contest *c = context;
    const double hours = c->o->values.time;
    const double within = e->steps > 0 ? (double)e->step / (double)e->steps : 0;
    double part = e->epochs > 0 ? (e->epoch - 1 + within) / e->epochs : 0;
    if (hours > 0) {
        const double spent = (hg__seconds() - c->run_began) / (hours * 3600);
        part = spent > part ? spent : part;
    }
    hg__meter_part(&c->meter,
                   (c->runs_done + (part < 1 ? part : 1)) / ((double)c->contestants * c->seeds));
    hg__meter_at(&c->meter, c->runs_done);
}

static bool is_stopped(void *context) {
    const hg__contest *c = context;
    return hg__is_stopped(c->l);
}

// ---- one model of one seed ------------------------------------------------------------------------

hg_model *hg__contest_read(const hg__contestant *k, hg_error *err) {
    hg_options *o =
        hg_options_new("verify", err); // whose model= is a file, or a folder that has one
    hg_model *m = NULL;
    if (o && hg_options_set(o, "model", k->model, err) == HG_OK &&
        hg_options_check(o, err) == HG_OK) {
        m = hg_model_load(o->values.model, err);
    }
    hg_options_free(o);
    return m;
}

// The row that is the same for all as a model: "dense 1 | dense input" without weights, and with the mean as its last bias.
static hg_model *make_mean(const hg__trainer *t, hg_error *err) {
    const int32_t width = t->rows.source.width;
    hg_model *m = hg__model_from_spec("pca", &t->rows.source.shape, 1, 0, err);
    float *mean = m ? hg__alloc((size_t)width, sizeof *mean, err) : NULL;
    if (!mean || hg__contest_mean(t, mean, err) < 0) {
        hg__free(mean);
        hg_model_free(m);
        return NULL;
    }
    const hg__spec *s = &m->net.spec;
    memset(m->net.params, 0, s->params * sizeof *m->net.params);
    hg__param_import(&s->layer[s->layers - 1].param[1], m->net.params, mean);
    hg__free(mean);
    return m;
}

// *other: what is measured, where that is not the trainer's model; the caller's to free.
static int make(hg__contest *c, const hg__contestant *k, hg__trainer *t, hg_model **other,
                hg__contest_figure *f, hg_error *err) {
    c->run_began = hg__seconds();
    if (k->kind == HG_READ) {
        *other = hg__contest_read(k, err);
        return *other ? HG_OK : (int)err->code;
    }
    if (k->kind == HG_MEAN_ROW) {
        *other = make_mean(t, err);
        f->fit = hg__seconds() - c->run_began;
        return *other ? HG_OK : (int)err->code;
    }
    HG_TRY(hg__trainer_run(t, err));
    f->fit = hg__seconds() - c->run_began;
    f->epochs = hg__trainer_progress(t)->epoch;
    if (t->fit) hg__fit_end(t->fit);
    return HG_OK;
}

// What the first seed says of all.
static int note_facts(hg__contest *c, hg__contestant *k, int32_t seed, const hg__trainer *t,
                      const hg_model *m, hg_error *err) {
    if (seed == 0) {
        snprintf(k->spec, sizeof k->spec, "%s", m->net.spec.text);
        k->parameters = k->kind == HG_MEAN_ROW ? m->net.spec.width : m->net.spec.parameters;
        c->rows = t->rows.count;
    }
    if (m->net.spec.width == c->width) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%.200s: expected rows of %d numbers in every seed, got %d",
                    c->data, (int)c->width, (int)m->net.spec.width);
}

static int run(hg__contest *c, int32_t contestant, int32_t seed, hg__trainer *t, hg_error *err) {
    hg__contestant *k = &c->contestant[contestant];
    hg__contest_figure *f = &k->figure[seed];
    hg_model *other = NULL;
    HG_TRY(hg__trainer_open(t, err));
    int code = make(c, k, t, &other, f, err);
    const hg_model *m = other ? other : t->model;
    if (code == HG_OK) code = note_facts(c, k, seed, t, m, err);
    if (code == HG_OK) code = hg__contest_measure(c, contestant, seed, t, m, err);
    hg_model_free(other);
    return code;
}

// A training that diverged is told of, and goes on without it.
static int lose(hg__contest *c, int32_t contestant, int32_t seed, const char *why) {
    hg__contestant *k = &c->contestant[contestant];
    char line[500];
    snprintf(k->lost, sizeof k->lost, "seed %lld: %.300s", (long long)c->first_seed + seed, why);
    snprintf(line, sizeof line, "%s: %s", k->name, k->lost);
    hg__tell(c->l, line);
    k->figure[seed].error = (double)NAN;
    for (int64_t i = 0; i < c->held; i++) c->error[contestant * c->held + i] = (double)NAN;
    return HG_OK;
}

int hg__contest_run(hg__contest *c, int32_t contestant, int32_t seed, hg_error *err) {
    const hg__contestant *k = &c->contestant[contestant];
    const hg_listener quiet = {
        .size = sizeof quiet, .context = c, .abort = is_stopped, .train = take_event};
    hg__trainer *t = hg__alloc(1, sizeof *t, err);
    hg_options *o = t ? hg__contest_train_options(c, k, seed, err) : NULL;
    int code = o ? HG_OK : (int)err->code;
    hg_error why = {0};
    if (o) {
        t->o = *o;
        t->l = &quiet;
        t->leaves_held = true;
        code = run(c, contestant, seed, t, &why);
        hg__trainer_clear(t);
    }
    hg_options_free(o);
    hg__free(t);
    if (code == HG_OK) return HG_OK;
    if (code == HG_ERR_DIVERGED) return lose(c, contestant, seed, why.message);
    if (code == HG_ERR_STOPPED || !why.code) {
        if (why.code) *err = why;
        return code;
    }
    return hg__fail(err, why.code, "models: %s: %.380s", k->name, why.message);
}
