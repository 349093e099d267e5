// SPDX-License-Identifier: Apache-2.0
// train_page.c - what report.html says of a training: gathered here, drawn by report/training_page.c.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "jobs/trainer.h"
#include "report/training_page.h"

enum { MOST_CARD = 1 << 16, MOST_COLUMNS = 200 };

int hg__read_card(hg__train_run *r, hg_error *err) {
    const char *path = r->t.o.values.card;
    if (!*path) return HG_OK;
    HG_TRY(hg__content_read_head(&r->card, path, MOST_CARD, err));
    if (hg__is_utf8((const char *)r->card.data, r->card.size) &&
        !memchr(r->card.data, 0, r->card.size)) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_DATA, "%s: expected a text of at most %d bytes in UTF-8", path,
                    (int)MOST_CARD);
}

// ---- the network --------------------------------------------------------------------------------

static int64_t parameters_of(const hg__layer *l) {
    int64_t sum = 0;
    for (int32_t i = 0; i < l->params; i++) {
        size_t count = 0;
        if (hg__shape_count(&l->param[i].shape, &count)) sum += (int64_t)count;
    }
    return sum;
}

// "14x14x32".
static void format_shape(const hg__shape *s, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < s->rank && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? "×" : "",
                                 (long long)s->dim[i]);
    }
}

static void set_output(hg__drawn_layer *d, const hg__shape *shape) {
    size_t width = 0;
    format_shape(shape, d->shape, sizeof d->shape);
    if (hg__shape_count(shape, &width)) d->width = (int64_t)width;
}

// Not a line of its own: what works on each number where it stands ("relu"), or gives it another scale ("batchnorm").
static bool is_activation(const hg__layer *l) {
    const bool is_norm = strstr(l->type->name, "norm") != NULL;
    return (!l->params || is_norm) && !l->type->takes_skip && !l->type->is_skip_source &&
           l->type->reorders == HG_REORDERS_NOT && hg__shape_is_equal(&l->in, &l->out);
}

// Nor what only turns numbers round, or keeps them.
static bool is_drawn(const hg__layer *l) {
    return !is_activation(l) && !l->type->is_skip_source && l->type->reorders == HG_REORDERS_NOT;
}

static void add_to_name(hg__drawn_layer *d, const char *what) {
    const size_t used = strlen(d->name);
    snprintf(d->name + used, sizeof d->name - used, " %s", what);
}

static int collect_network(hg__training_page *p, const hg__spec *s, hg_error *err) {
    int32_t place[HG_MAX_LAYERS], at = 0;
    p->layer = hg__alloc((size_t)s->layers + 1, sizeof *p->layer, err);
    if (!p->layer) return HG_ERR_MEMORY;
    snprintf(p->layer[0].name, sizeof p->layer[0].name, "input");
    p->layer[0].from = -1;
    set_output(&p->layer[0], &s->input);
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        char text[HG_LAYER_SPEC];
        hg__spec_format_layer(l, text);
        if (is_drawn(l)) {
            at++;
            snprintf(p->layer[at].name, sizeof p->layer[at].name, "%.47s", text);
            p->layer[at].from = l->type->takes_skip ? place[l->from] : -1;
        } else if (is_activation(l) && at > 0) {
            add_to_name(&p->layer[at], text);
        }
        p->layer[at].parameters += parameters_of(l);
        set_output(&p->layer[at], &l->out);
        p->layer[at].is_code = p->layer[at].is_code || (s->has_neck && i == s->neck - 1);
        place[i] = at;
    }
    p->layers = at + 1;
    p->spec = s->text;
    return HG_OK;
}

// ---- what is said -------------------------------------------------------------------------------

static const char *kind_of(const hg__trainer *t) {
    return t->is_table                          ? "a detector of unusual rows of a table"
           : t->is_parts                        ? "an inspector of photographs of parts"
           : t->is_packets                      ? "a detector of unusual packets"
           : t->is_signal                       ? "a detector of faults in a recording"
           : strcmp(t->model->kind, "pca") == 0 ? "principal components"
           : t->has_targets                     ? "a network that cleans rows"
                                                : "an autoencoder";
}

static const char *purpose_of(const hg__trainer *t) {
    return t->is_table
               ? "Says how unusual rows of such a table are, and which columns speak for it."
           : t->is_parts   ? "Says how unusual photographs of such parts are, and where."
           : t->is_packets ? "Says how unusual packets of such a network's traffic are."
           : t->is_signal  ? "Says where such a recording stops looking like itself."
           : t->has_targets
               ? "Gives rows back without the noise that training put on them."
               : "Codes such rows in fewer numbers, gives them back, and measures how far "
                 "a row is from what it learned.";
}

static void state_tiles(hg__training_page *p, const hg__trainer *t, const hg_result *r) {
    hg__state(&p->tiles, "Rows learned from", "%lld", (long long)r->rows);
    if (t->val_rows.count) hg__state(&p->tiles, "Held out", "%lld", (long long)t->val_rows.count);
    hg__state(&p->tiles, "Numbers a row", "%d", (int)p->width);
    if (p->code < p->width) hg__state(&p->tiles, "Numbers a code", "%d", (int)p->code);
    if (isfinite(r->val_mse)) hg__state(&p->tiles, "Error (MSE)", "%.4g", r->val_mse);
    if (r->epochs) hg__state(&p->tiles, "Epochs", "%d", (int)r->epochs);
    hg__state(&p->tiles, "Seconds", r->seconds < 100 ? "%.3g" : "%.0f", r->seconds);
    hg__state(&p->tiles, "Parameters", "%lld", (long long)r->parameters);
}

static void state_data(hg__training_page *p, const hg__trainer *t, const hg_result *r) {
    const struct hg__values *v = &t->o.values;
    char data[2 * HG_MAX_VALUE], shape[64];
    hg__mask_secrets(v->data, data, sizeof data);
    format_shape(&p->shape, shape, sizeof shape);
    hg__state(&p->data, "Data", "%s", data);
    hg__state(&p->data, "Read as", "%s", t->data->format);
    hg__state(&p->data, "Rows", "%lld learned from, %lld held out%s", (long long)r->rows,
              (long long)t->val_rows.count, t->val_data ? " (of val=)" : "");
    if (t->data->skipped) {
        hg__state(&p->data, "Left out", "%lld rows that could not be read",
                  (long long)t->data->skipped);
    }
    hg__state(&p->data, "Shape of a row", "%s", shape);
    hg__state(&p->data, "Fingerprint", "%016llx", (unsigned long long)t->data->fingerprint);
    if (*v->noise) hg__state(&p->data, "Noise", "%s", v->noise);
    if (!strcmp(t->model->kind, "pca")) return;
    hg__state(&p->data, "Loss", "%s", v->loss);
}

static void state_repeat(hg__training_page *p, const hg__train_run *r, const hg__run_facts *f) {
    const struct hg__values *v = &r->t.o.values;
    hg__state(&p->repeat, "Seed", "%lld", (long long)v->seed);
    hg__state(&p->repeat, "Data's fingerprint", "%016llx", (unsigned long long)f->fingerprint);
    hg__state(&p->repeat, "Version", "Hourglass %s", hg_version());
    hg__state(&p->repeat, "Run", "%s, begun %s", r->t.model->run[0] ? r->t.model->run : "-",
              f->start);
    hg__state(&p->repeat, "Was run with", "%d threads, %s", (int)f->threads, f->isa);
    hg__state(&p->repeat, "Ended", "%s", f->exit_reason);
    if (v->time > 0) {
        hg__state(&p->repeat, "Steps", "%lld: steps= in place of time= gives as many elsewhere",
                  (long long)f->steps);
    }
    if (*v->pretrained) {
        hg__state(&p->repeat, "Began with", "%s, which it takes, too", v->pretrained);
    }
    hg__state(&p->repeat, "All options", "args.yaml beside this page");
}

static void state_card(hg__training_page *p, const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    const bool is_said = *v->card != 0;
    char data[2 * HG_MAX_VALUE];
    hg__mask_secrets(v->data, data, sizeof data);
    hg__state(&p->about, "What it is", "%c%s, %lld parameters", kind_of(t)[0] - 'a' + 'A',
              kind_of(t) + 1, (long long)t->model->net.spec.parameters);
    hg__state(&p->about, "What it is for", "%s", purpose_of(t));
    hg__state(&p->about, "Trained on", "%s, %lld rows", data, (long long)t->rows.count);
    hg__state(&p->about, "Licence of the data", is_said ? "as said below" : "not stated");
    hg__state(&p->about, "Licence of the model", is_said ? "as said below" : "not stated");
    hg__state(&p->about, "Who answers for it", is_said ? "as said below" : "not stated");
    hg__state(&p->limits, "Other data",
              "It knows what its %lld rows show and nothing else; rows of other origin, scale or "
              "kind were not looked at.",
              (long long)t->rows.count);
    if (p->thresholds && p->thresholds->groups) {
        hg__state(&p->limits, "False alarms",
                  "A rate of %.3g was asked for; it holds for rows that come as those held out do.",
                  p->thresholds->fpr);
    }
    if (t->model->holds_rows) {
        hg__state(&p->limits, "Privacy",
                  "The model file holds rows of the training data: who has it has them.");
    }
    hg__state(&p->limits, "Figures", "Measured once, with one seed, on rows of the same source.");
}

static void state_columns(hg__training_page *p, const hg_model *m) {
    const hg__schema *s = hg__model_schema(m);
    char line[512];
    for (int32_t i = 0; s && i < s->columns && i < MOST_COLUMNS; i++) {
        const char *name = s->column[i].name;
        hg__column_describe(&s->column[i], line, sizeof line);
        const size_t skip = strncmp(line, name, strlen(name)) == 0 ? strlen(name) : 0;
        hg__state(&p->columns, name, "%s", line + skip + strspn(line + skip, " "));
    }
    if (s && s->columns > MOST_COLUMNS) {
        hg__state(&p->columns, "...", "%d more", (int)(s->columns - MOST_COLUMNS));
    }
}

static void state_head(hg__training_page *p, const hg__train_run *r) {
    const hg__trainer *t = &r->t;
    const char *slash = strrchr(r->folder, '/');
    char data[2 * HG_MAX_VALUE];
    hg__mask_secrets(t->o.values.data, data, sizeof data);
    snprintf(p->title, sizeof p->title, "%.100s: %s", slash && slash[1] ? slash + 1 : r->folder,
             kind_of(t));
    snprintf(p->lead, sizeof p->lead, "Trained on %.200s: %lld rows of %d numbers.", data,
             (long long)t->rows.count, (int)p->width);
}

// ---- the page -----------------------------------------------------------------------------------

// The bound of a model with a prior, of rows held out as they are.
static int collect_bound(hg__trainer *t, hg__training_page *p, hg_error *err) {
    const hg_model *m = t->model;
    const hg__spec *s = &m->net.spec;
    const hg__dataset *from = t->val_data ? t->val_data : t->data;
    double neg_elbo = (double)NAN;
    if (!s->has_neck || !s->layer[s->neck - 1].type->draw || from->source.has_target) return HG_OK;
    if (!t->val_rows.count) return HG_OK;
    const hg__rows rows = hg__rows_of(&t->val_rows, from->source);
    hg__loader *loader = hg__loader_new(&rows, HG_EVAL_ROWS, NULL, err);
    hg__run_plan *plan = loader ? hg__run_plan_new(&m->net, t->pool, NULL, err) : NULL;
    int code = plan ? HG_OK : (int)err->code;
    if (code == HG_OK) {
        code = hg__trained_neg_elbo(t, m, plan, loader, t->o.values.seed, &neg_elbo, err);
    }
    if (isfinite(neg_elbo)) hg__state(&p->tiles, "−ELBO (nats a row)", "%.5g", neg_elbo);
    hg__run_plan_free(plan);
    hg__loader_free(loader);
    return code;
}

static bool any_failed(const hg__training_page *p) {
    return p->tiles.failed || p->data.failed || p->quality.failed || p->repeat.failed ||
           p->columns.failed || p->about.failed || p->limits.failed;
}

static int collect(hg__train_run *r, const hg__run_facts *f, hg__training_page *p, hg_error *err) {
    const hg__trainer *t = &r->t;
    const hg_model *m = t->model;
    p->shape = m->net.spec.input;
    p->width = m->net.spec.width;
    if (m->net.has_level) { // samples are of pictures
        p->width -= p->width / (int32_t)p->shape.dim[2];
        p->shape.dim[2]--;
    }
    p->code = m->net.spec.code;
    p->mse = f->result->val_mse;
    p->pca_mse = f->result->pca_mse;
    p->error_words = "Mean squared error of a number of a row that was held out";
    p->loss = t->o.values.loss;
    state_head(p, r);
    state_tiles(p, t, f->result);
    state_data(p, t, f->result);
    state_repeat(p, r, f);
    state_card(p, t);
    state_columns(p, m);
    HG_TRY(hg__loss_curve_read(&p->losses, r->folder, err));
    if (hg__is_feature_run(t) || hg__is_kitnet_run(t)) return HG_OK; // no network that was trained
    HG_TRY(collect_network(p, &m->net.spec, err));
    HG_TRY(hg__collect_samples(r, p, err));
    HG_TRY(collect_bound(&r->t, p, err));
    return hg__collect_code(r, p, err);
}

static char *command_of(const hg__train_run *r, hg_error *err) {
    hg__text text = {0};
    hg_options *o = hg__options_copy(&r->t.o, err);
    if (!o) return NULL;
    o->values.resume[0] = '\0';
    o->set[HG_OPTION_resume] = false;
    hg__options_format_command(o, &text);
    hg_options_free(o);
    return hg__text_take(&text, err);
}

static int write_page(hg__train_run *r, const hg__run_facts *f, hg__training_page *p,
                      hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, r->folder, "report.html", err));
    HG_TRY(collect(r, f, p, err));
    if (any_failed(p)) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", path);
    return hg__training_page_save(p, path, err);
}

// What failed is the page alone.
static void add_comfort(const hg__train_run *r, hg_error *err) {
    char sentence[sizeof err->message];
    snprintf(sentence, sizeof sentence, "%s", err->message);
    hg__fail(err, err->code, "%s; the model is there: %s/weights", sentence, r->folder);
}

int hg__write_page(hg__train_run *r, const hg__run_facts *f, hg_error *err) {
    hg__training_page p = {0};
    hg__thresholds thresholds = {0};
    hg__text card = {0};
    if (!r->t.o.values.report) return HG_OK;
    char *command = command_of(r, err);
    int code = command ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__thresholds_load(&thresholds, r->t.model, r->folder, err);
    if (code == HG_OK && r->card.size) {
        hg__text_add_bytes(&card, (const char *)r->card.data, r->card.size);
        if (card.failed) code = hg__fail(err, HG_ERR_MEMORY, "card: out of memory");
    }
    p.thresholds = &thresholds;
    p.command = command;
    p.card = card.data;
    if (code == HG_OK) code = write_page(r, f, &p, err);
    if (code < 0 && err) add_comfort(r, err);
    hg__training_page_clear(&p);
    hg__thresholds_clear(&thresholds);
    hg__text_clear(&card);
    hg__free(command);
    return code;
}
