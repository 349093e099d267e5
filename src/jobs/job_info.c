// SPDX-License-Identifier: Apache-2.0
// job_info.c - what is in a model file, and whether it is whole.
#include <inttypes.h>
#include <string.h>

#include "backend/pool.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "detect/table_model.h"
#include "exec/plan.h"
#include "fit/pca.h"
#include "inspect/inspector.h"
#include "intrusion/kitnet_detector.h"
#include "jobs/job.h"
#include "model/model_file.h"

enum { MAX_BATCH = 1 << 20 };

// A model file, read and checked.
typedef struct opened {
    hg__tensors tensors;
    hg_model *model;
    size_t bytes;           // of the file
    size_t training_bytes;  // memory of a training plan on this machine
    int32_t batch, threads; // that it was counted for
    const char *method;     // of training; NULL: there is none that takes more memory
    const char *instead;    // what is to be said then
} opened;

static void close_model(opened *o) {
    hg_model_free(o->model);
    hg__tensors_close(&o->tensors);
}

static int open_model(opened *o, const hg_options *options, hg_error *err) {
    *o = (opened){0};
    HG_TRY(hg__tensors_open(&o->tensors, options->values.model, err));
    o->bytes = o->tensors.content.size;
    const int code = hg__model_look(&o->model, &o->tensors, err);
    if (code < 0) close_model(o);
    return code;
}

static int64_t layer_parameters(const hg__layer *l) {
    int64_t sum = 0;
    for (int32_t i = 0; i < l->params; i++) {
        size_t count = 0;
        if (hg__shape_count(&l->param[i].shape, &count)) sum += (int64_t)count;
    }
    return sum;
}

// As the options say that the model was trained with, as far as they can be.
static hg__train_setup setup_of(const hg_model *m, const hg__json *options) {
    const int64_t batch = hg__json_integer_value(hg__json_object_get(options, "batch"));
    const char *loss = hg__json_string_value(hg__json_object_get(options, "loss"));
    const char *optim = hg__json_string_value(hg__json_object_get(options, "optimizer"));
    hg__train_setup s = {
        .batch = batch > 0 && batch <= MAX_BATCH ? (int32_t)batch
                 : hg__is_part_model(m)          ? 4
                                                 : 128,
        .optim = hg__optim_find(optim                  ? optim
                                : hg__is_part_model(m) ? "adamw"
                                                       : "adam"),
        .clip = hg__json_number_value(hg__json_object_get(options, "clip")),
    };
    const hg__loss_rows rows = {.shape = m->net.spec.input,
                                .n = m->net.spec.width,
                                .spans = m->net.spans,
                                .has_level = m->net.has_level};
    const hg__layer_type *last = m->net.spec.layer[m->net.spec.layers - 1].type;
    if (!loss || hg__objective_parse(&s.objective, loss, 0, NULL) < 0 ||
        hg__objective_check(&s.objective, &rows, last, NULL) < 0) {
        s.objective = hg__objective_of(hg__loss_find("mse"), 0);
    }
    if (!s.optim) s.optim = hg__optim_find("adam");
    return s;
}

// The memory that training takes: counted, not taken.
static int measure_training(opened *o, hg_error *err) {
    hg_model *m = o->model;
    o->threads = hg__usable_cpus();
    o->instead = "nothing of it is trained";
    if (strcmp(m->kind, "features") == 0) return HG_OK;
    if (hg__is_kitnet_model(m)) {
        o->instead = "it learned a packet at a time";
        return HG_OK;
    }
    if (strcmp(m->kind, "pca") == 0) {
        o->method = "principal components";
        o->training_bytes = hg__pca_bytes(m->net.spec.width, m->net.spec.code);
        return HG_OK;
    }
    hg__json *options =
        m->options ? hg__json_read(m->options, strlen(m->options), "options", err) : NULL;
    if (m->options && !options) return HG_ERR_MEMORY;
    const hg__train_setup setup = setup_of(m, options);
    hg__json_free(options);
    o->batch = setup.batch;
    o->method = setup.optim->name;
    return hg__train_plan_measure(&m->net, o->threads, &setup, &o->training_bytes, err);
}

// ---- for people ---------------------------------------------------------------------------------

static void add_layers(hg__text *t, const hg__spec *s) {
    hg__text_add(t, "\n%-12s %-10s %14s %14s %12s  %s\n", "layer", "type", "in", "out",
                 "parameters", "tensors");
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        char in[128], out[128], name[32];
        hg__shape_format(&l->in, in);
        hg__shape_format(&l->out, out);
        snprintf(name, sizeof name, "%s.%d", l->side, (int)l->index);
        hg__text_add(t, "%-12s %-10s %14s %14s %12" PRId64, name, l->type->name, in, out,
                     layer_parameters(l));
        for (int32_t k = 0; k < l->params; k++) {
            char shape[128];
            hg__shape_format(&l->param[k].shape, shape);
            hg__text_add(t, "%s%s %s", k ? ", " : "  ", l->param[k].name, shape);
        }
        hg__text_add(t, "\n");
    }
}

static void add_columns(hg__text *t, const hg_model *m) {
    enum { MOST = 10 };
    if (!m->column) return;
    hg__text_add(t, "columns     ");
    for (int32_t i = 0; i < m->net.spec.width && i < MOST; i++) {
        hg__text_add(t, "%s", i ? ", " : "");
        hg__text_add_shown(t, m->column[i]);
    }
    if (m->net.spec.width > MOST) hg__text_add(t, " and %d more", (int)m->net.spec.width - MOST);
    hg__text_add(t, "\n");
}

static size_t state_tensors(const hg__tensors *t) {
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        count += strncmp(t->tensor[i].name, "optimizer.", 10) == 0;
    }
    return count;
}

static void add_memory_line(hg__text *t, const opened *o) {
    char rows[48] = "";
    const double weights = (double)o->model->net.spec.params * sizeof(hg__real) / 1e6;
    if (!o->method) {
        hg__text_add(t, "memory      %.2f MB of weights; %s\n", weights, o->instead);
        return;
    }
    if (o->batch) snprintf(rows, sizeof rows, "%d rows a step and ", (int)o->batch);
    hg__text_add(t, "memory      %.2f MB of weights; training with %s, %s%d threads takes ",
                 weights, o->method, rows, (int)o->threads);
    hg__text_add(t, "%s%.2f MB more\n", o->training_bytes == SIZE_MAX ? "more than " : "",
                 (double)o->training_bytes / 1e6);
}

static void add_line(hg__text *t, const char *what, const char *text) {
    if (!*text) return;
    hg__text_add(t, "%s", what);
    hg__text_add_shown(t, text);
    hg__text_add(t, "\n");
}

static void add_module(hg__text *t, const hg_model *m) {
    const char *name = hg__json_string_value(hg__json_object_get(m->module, "class"));
    if (!name) return;
    hg__text_add(t, "module      ");
    hg__text_add_shown(t, name);
    hg__text_add(t, ", %s, with its names of %zu tensors\n",
                 hg__json_string_value(hg__json_object_get(m->module, "layout")),
                 hg__json_object_size(hg__json_object_get(m->module, "names")));
}

// Everything in it was shown name by name: what is left are passwords.
static char *take_clean(hg__text *t, hg_error *err) {
    char *text = hg__text_take(t, err);
    if (text) hg_text_clean(text);
    return text;
}

static hg__info_parts parts_of(const opened *o) {
    return (hg__info_parts){.model = o->model,
                            .where = o->tensors.path,
                            .plan = o->training_bytes,
                            .max_mem = HG_PARTS_MEMORY,
                            .threads = o->threads};
}

static void add_compute(hg__text *t, hg__compute c) {
    if (hg__compute_is_default(c)) return;
    hg__text_add(t, "computed    in %s%s\n", hg__precision_name(c.precision),
                 c.fast ? ", fast: convolutions by Winograd's fewer products" : "");
}

static char *info_text(const opened *o, hg_error *err) {
    const hg_model *m = o->model;
    const hg__info_parts parts = parts_of(o);
    hg__text t = {0};
    char shape[128];
    hg__shape_format(&m->net.spec.input, shape);
    hg__text_add(&t, "file        ");
    hg__text_add_shown(&t, o->tensors.path);
    hg__text_add(&t, ", %zu bytes\n", o->bytes);
    hg__text_add(&t, "kind        %s\n", m->kind);
    hg__text_add(&t, "model       %s\n", m->net.spec.text);
    hg__text_add(&t, "input       %s, %d features, a stored unit is worth %.6g\n", shape,
                 (int)m->net.spec.width, (double)m->input_scale);
    const hg__range_rule *r = &m->range;
    if (m->net.has_level) {
        hg__text_add(&t, "level       of noise: in (or 0: not told), and out: its estimate\n");
    }
    if (r->kind == HG_RANGE_PAGE) hg__text_add(&t, "range       of each image by itself\n");
    if (r->kind == HG_RANGE_FIXED) {
        hg__text_add(&t, "range       %.9g to %.9g of %s samples are 0 to 1\n", r->low, r->high,
                     hg__dtype_name(r->dtype));
    }
    add_compute(&t, m->net.compute);
    hg__text_add(&t, "code        %d numbers\n", (int)m->net.spec.code);
    hg__text_add(&t, "parameters  %" PRId64 "\n", m->net.spec.parameters);
    add_memory_line(&t, o);
    add_columns(&t, m);
    if (hg__info_table_text(&t, m, o->tensors.path, err) < 0 ||
        hg__info_packets_text(&t, m, o->tensors.path, err) < 0 ||
        hg__info_signal_text(&t, m, o->tensors.path, err) < 0 ||
        hg__info_parts_text(&t, &parts, err) < 0) {
        hg__text_clear(&t);
        return NULL;
    }
    if (m->holds_rows) {
        hg__text_add(&t,
                     "holds       training rows: whoever may read this file can read them back, "
                     "exactly\n");
    }
    add_module(&t, m);
    add_line(&t, "data        fingerprint ", m->fingerprint);
    add_line(&t, "options     ", m->options ? m->options : "");
    const size_t state = state_tensors(&o->tensors);
    if (state) hg__text_add(&t, "resume      %zu tensors of the optimizer\n", state);
    add_layers(&t, &m->net.spec);
    if (hg__info_hourglass(&t, m, err) < 0) {
        hg__text_clear(&t);
        return NULL;
    }
    return take_clean(&t, err);
}

// ---- for programs -------------------------------------------------------------------------------

// hg__json_set() takes NULL and then fails: one check at the end is enough.
static hg__json *shape_json(const hg__shape *shape) {
    hg__json *list = hg__json_array();
    for (int32_t i = 0; i < shape->rank; i++) {
        if (hg__json_append(list, hg__json_integer(shape->dim[i])) < 0) {
            hg__json_free(list);
            return NULL;
        }
    }
    return list;
}

static hg__json *layer_json(const hg__layer *l) {
    hg__json *o = hg__json_object(), *tensors = hg__json_object();
    char name[32];
    snprintf(name, sizeof name, "%s.%d", l->side, (int)l->index);
    int bad = hg__json_set(o, "name", hg__json_string(name, NULL));
    bad |= hg__json_set(o, "type", hg__json_string(l->type->name, NULL));
    bad |= hg__json_set(o, "in", shape_json(&l->in));
    bad |= hg__json_set(o, "out", shape_json(&l->out));
    bad |= hg__json_set(o, "parameters", hg__json_integer(layer_parameters(l)));
    for (int32_t i = 0; i < l->params; i++) {
        bad |= hg__json_set(tensors, l->param[i].name, shape_json(&l->param[i].shape));
    }
    bad |= hg__json_set(o, "tensors", tensors);
    if (!bad) return o;
    hg__json_free(o);
    return NULL;
}

static int add_network(hg__json *o, const hg_model *m) {
    hg__json *layers = hg__json_array();
    int bad = hg__json_set(o, "kind", hg__json_string(m->kind, NULL));
    bad |= hg__json_set(o, "spec", hg__json_string(m->net.spec.text, NULL));
    bad |= hg__json_set(o, "input", shape_json(&m->net.spec.input));
    bad |= hg__json_set(o, "width", hg__json_integer(m->net.spec.width));
    bad |= hg__json_set(o, "code", hg__json_integer(m->net.spec.code));
    bad |= hg__json_set(o, "input_scale", hg__json_real((double)m->input_scale));
    if (m->net.has_level) bad |= hg__json_set(o, "level", hg__json_boolean(true));
    if (m->range.kind != HG_RANGE_UNKNOWN) {
        bad |= hg__json_set(o, "range", hg__model_range_json(&m->range));
    }
    if (!hg__compute_is_default(m->net.compute)) {
        bad |= hg__json_set(o, "compute", hg__model_compute_json(m->net.compute));
    }
    bad |= hg__json_set(o, "parameters", hg__json_integer(m->net.spec.parameters));
    for (int32_t i = 0; i < m->net.spec.layers; i++) {
        bad |= hg__json_append(layers, layer_json(&m->net.spec.layer[i]));
    }
    return bad | hg__json_set(o, "layers", layers);
}

static int add_provenance(hg__json *o, const hg_model *m, hg_error *err) {
    int bad = 0;
    if (m->fingerprint[0]) bad |= hg__json_set(o, "data", hg__json_string(m->fingerprint, NULL));
    if (m->options) {
        hg__json *options = hg__json_read(m->options, strlen(m->options), "options", err);
        bad |= hg__json_set(o, "options", options);
    }
    if (m->module_text) {
        hg__json *module = hg__json_read(m->module_text, strlen(m->module_text), "module", err);
        bad |= hg__json_set(o, "module", module);
    }
    if (m->column) {
        hg__json *names = hg__json_array();
        for (int32_t i = 0; i < m->net.spec.width; i++) {
            bad |= hg__json_append(names, hg__json_string(m->column[i], err));
        }
        bad |= hg__json_set(o, "columns", names);
    }
    return bad;
}

static int add_memory(hg__json *o, const opened *model) {
    hg__json *memory = hg__json_object();
    const size_t weights = model->model->net.spec.params * sizeof(hg__real);
    int bad = hg__json_set(memory, "weights", hg__json_integer((int64_t)weights));
    const size_t most = INT64_MAX, training = model->training_bytes;
    bad |= hg__json_set(memory, "training",
                        hg__json_integer((int64_t)(training < most ? training : most)));
    if (model->batch) bad |= hg__json_set(memory, "batch", hg__json_integer(model->batch));
    bad |= hg__json_set(memory, "threads", hg__json_integer(model->threads));
    return bad | hg__json_set(o, "memory", memory);
}

// The object as a line of text; takes it. bad: building it failed.
static char *finish_json(hg__json *object, int bad, hg_error *err) {
    char *text = bad ? NULL : hg__json_text(object, err);
    hg__json_free(object);
    if (text) {
        hg__text t = {0};
        hg__text_add(&t, "%s\n", text);
        hg__free(text);
        return hg__text_take(&t, err);
    }
    hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON");
    return NULL;
}

static char *info_json(const opened *model, hg_error *err) {
    hg__json *o = hg__json_object();
    int bad = hg__json_set(o, "file", hg__json_string(model->tensors.path, err));
    bad |= hg__json_set(o, "bytes", hg__json_integer((int64_t)model->bytes));
    bad |= add_network(o, model->model);
    bad |= add_memory(o, model);
    bad |= hg__json_set(o, "holds_rows", hg__json_boolean(model->model->holds_rows));
    bad |= add_provenance(o, model->model, err);
    int code = hg__info_table_json(o, model->model, model->tensors.path, err);
    if (code == HG_OK) code = hg__info_packets_json(o, model->model, model->tensors.path, err);
    if (code == HG_OK) code = hg__info_signal_json(o, model->model, err);
    const hg__info_parts parts = parts_of(model);
    if (code == HG_OK) code = hg__info_parts_json(o, &parts, err);
    if (code < 0) {
        hg__json_free(o);
        return NULL;
    }
    bad |= hg__json_set(o, "resumable", hg__json_boolean(state_tensors(&model->tensors) > 0));
    return finish_json(o, bad, err);
}

// ---- the jobs -----------------------------------------------------------------------------------

int hg__job_info(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    opened model;
    (void)l;
    HG_TRY(open_model(&model, o, err));
    int code = measure_training(&model, err);
    if (code == HG_OK) {
        r->text = r->json ? info_json(&model, err) : info_text(&model, err);
        if (!r->text) code = (int)err->code;
    }
    close_model(&model);
    return code;
}

// open_model() has checked everything: that it came back is the answer.
static char *verify_text(const opened *o, hg_error *err) {
    hg__text t = {0};
    hg__text_add_shown(&t, o->tensors.path);
    hg__text_add(&t,
                 ": whole: %zu bytes, %zu tensors, %" PRId64
                 " parameters, all finite; the checksum %s agrees\n",
                 o->bytes, o->tensors.count, o->model->net.spec.parameters,
                 hg__tensors_metadata(&o->tensors, HG_META_CHECKSUM));
    return take_clean(&t, err);
}

static char *verify_json(const opened *o, hg_error *err) {
    hg__json *object = hg__json_object();
    const char *checksum = hg__tensors_metadata(&o->tensors, HG_META_CHECKSUM);
    int bad = hg__json_set(object, "file", hg__json_string(o->tensors.path, err));
    bad |= hg__json_set(object, "whole", hg__json_boolean(true));
    bad |= hg__json_set(object, "bytes", hg__json_integer((int64_t)o->bytes));
    bad |= hg__json_set(object, "tensors", hg__json_integer((int64_t)o->tensors.count));
    bad |= hg__json_set(object, "parameters", hg__json_integer(o->model->net.spec.parameters));
    bad |= hg__json_set(object, "checksum", hg__json_string(checksum, NULL));
    return finish_json(object, bad, err);
}

int hg__job_verify(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    opened model;
    (void)l;
    HG_TRY(open_model(&model, o, err));
    r->text = r->json ? verify_json(&model, err) : verify_text(&model, err);
    close_model(&model);
    return r->text ? HG_OK : HG_ERR_MEMORY;
}
