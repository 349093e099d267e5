// SPDX-License-Identifier: Apache-2.0
// model_file.c - the model file: weights as tensors, everything else as one JSON object beside them.
#include "model/model_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/show.h"
#include "model/model.h"

enum { MAX_DIM = INT32_MAX, MAX_COLUMNS = 1 << 20 };

// ---- writing ------------------------------------------------------------------------------------

static int add(hg__json *object, const char *key, hg__json *value, hg_error *err) {
    if (value && hg__json_set(object, key, value) == 0) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing '%s'", key);
}

static hg__json *columns_json(const hg_model *m, hg_error *err) {
    hg__json *list = hg__json_array();
    for (int32_t i = 0; list && i < m->net.spec.width; i++) {
        hg__json *name = hg__json_string(m->column[i], err);
        if (name && hg__json_append(list, name) == 0) continue;
        hg__json_free(list);
        return NULL;
    }
    return list;
}

static int add_input(const hg_model *m, hg__json *o, hg_error *err) {
    hg__json *input = hg__json_array();
    HG_TRY(add(o, "input", input, err));
    for (int32_t i = 0; i < m->net.spec.input.rank; i++) {
        if (hg__json_append(input, hg__json_integer(m->net.spec.input.dim[i])) < 0) {
            return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing 'input'");
        }
    }
    return HG_OK;
}

hg__json *hg__model_range_json(const hg__range_rule *r) {
    if (r->kind == HG_RANGE_PAGE) return hg__json_pack("{s:s}", "samples", "mixed");
    return hg__json_pack("{s:s, s:f, s:f, s:f}", "samples", hg__dtype_name(r->dtype), "white",
                         (double)r->white, "low", r->low, "high", r->high);
}

// A text of the model's that was checked, as a value.
static int add_text(hg__json *o, const char *key, const char *text, hg_error *err) {
    hg__json *value = hg__json_read(text, strlen(text), key, err);
    return value ? add(o, key, value, err) : HG_ERR_MEMORY;
}

hg__json *hg__model_compute_json(hg__compute c) {
    hg__json *o = hg__json_pack("{s:s}", "precision", hg__precision_name(c.precision));
    if (!o || hg__json_set(o, "fast", hg__json_boolean(c.fast)) == 0) return o;
    hg__json_free(o);
    return NULL;
}

// What stands in the object only where there is one.
static int add_optional(const hg_model *m, hg__json *o, hg_error *err) {
    if (m->net.has_level) HG_TRY(add(o, "level", hg__json_boolean(true), err));
    if (m->module_text) HG_TRY(add_text(o, "module", m->module_text, err));
    if (!hg__compute_is_default(m->net.compute)) {
        HG_TRY(add(o, "compute", hg__model_compute_json(m->net.compute), err));
    }
    if (m->range.kind != HG_RANGE_UNKNOWN) {
        HG_TRY(add(o, "range", hg__model_range_json(&m->range), err));
    }
    for (int32_t i = 0; i < m->attachments; i++) {
        const hg__attached *a = &m->attached[i];
        HG_TRY(add(o, a->type->key, a->type->format(a->value, err), err));
    }
    return HG_OK;
}

static int fill_object(const hg_model *m, hg__json *o, hg_error *err) {
    int code = add(o, "version", hg__json_integer(HG_MODEL_VERSION), err);
    if (code == HG_OK) code = add(o, "kind", hg__json_string(m->kind, NULL), err);
    if (code == HG_OK) code = add(o, "spec", hg__json_string(m->net.spec.text, NULL), err);
    if (code == HG_OK) code = add_input(m, o, err);
    if (code == HG_OK) code = add(o, "input_scale", hg__json_real((double)m->input_scale), err);
    if (code == HG_OK && m->column) code = add(o, "columns", columns_json(m, err), err);
    if (code == HG_OK && m->fingerprint[0]) {
        code = add(o, "data", hg__json_string(m->fingerprint, NULL), err);
    }
    if (code == HG_OK && m->options) code = add_text(o, "options", m->options, err);
    return code == HG_OK ? add_optional(m, o, err) : code;
}

static char *model_json(const hg_model *m, hg_error *err) {
    hg__json *o = hg__json_object();
    char *text = NULL;
    if (!o) {
        hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a model");
    } else if (fill_object(m, o, err) == HG_OK) {
        text = hg__json_text(o, err);
    }
    hg__json_free(o);
    return text;
}

// Everything that goes into one file.
typedef struct sheet {
    hg__tensor *tensor;        // owned, (tensors)
    float *values;             // owned: the weights in the file's layout
    const char **key, **value; // owned, (pairs); texts borrowed
    size_t tensors, pairs;
    char *json; // owned
    char checksum[20];
} sheet;

static void clear_sheet(sheet *s) {
    hg__free(s->tensor);
    hg__free(s->values);
    hg__free(s->key);
    hg__free(s->value);
    hg__free(s->json);
}

static void add_weights(sheet *s, const hg_model *m) {
    float *to = s->values;
    for (int32_t i = 0; i < m->net.spec.layers; i++) {
        const hg__layer *l = &m->net.spec.layer[i];
        for (int32_t k = 0; k < l->params; k++) {
            hg__tensor *t = &s->tensor[s->tensors++];
            size_t count = 0;
            *t = (hg__tensor){.dtype = HG_F32, .shape = l->param[k].shape, .data = to};
            hg__param_name(l, k, t->name);
            hg__param_export(&l->param[k], m->net.params, to);
            (void)hg__shape_count(&t->shape, &count); // fits: the layer was made
            to += count;
        }
    }
}

static void add_pair(sheet *s, const char *key, const char *value) {
    s->key[s->pairs] = key;
    s->value[s->pairs++] = value;
}

static int fill_sheet(sheet *s, const hg_model *m, const hg__extra *extra, hg_error *err) {
    size_t weights = 0;
    uint64_t hash;
    for (int32_t i = 0; i < m->net.spec.layers; i++) weights += (size_t)m->net.spec.layer[i].params;
    s->tensor = hg__alloc(weights + (size_t)m->parts + extra->tensors, sizeof *s->tensor, err);
    s->values = hg__alloc((size_t)m->net.spec.parameters, sizeof *s->values, err);
    s->key = hg__alloc(extra->pairs + 4, sizeof *s->key, err);
    s->value = hg__alloc(extra->pairs + 4, sizeof *s->value, err);
    if (!s->tensor || !s->values || !s->key || !s->value) return HG_ERR_MEMORY;
    s->json = model_json(m, err);
    if (!s->json) return HG_ERR_MEMORY;
    add_weights(s, m);
    for (int32_t i = 0; i < m->parts; i++) s->tensor[s->tensors++] = m->part[i];
    for (size_t i = 0; i < extra->tensors; i++) s->tensor[s->tensors++] = extra->tensor[i];
    add_pair(s, "format", "pt");
    add_pair(s, HG_META_MODEL, s->json);
    if (m->run[0]) add_pair(s, HG_META_RUN, m->run);
    for (size_t i = 0; i < extra->pairs; i++) add_pair(s, extra->key[i], extra->value[i]);
    HG_TRY(hg__tensors_hash(s->tensor, s->tensors, s->key, s->value, s->pairs, HG_META_CHECKSUM,
                            &hash, err));
    snprintf(s->checksum, sizeof s->checksum, "%016" PRIx64, hash);
    add_pair(s, HG_META_CHECKSUM, s->checksum);
    return HG_OK;
}

static int save(const hg_model *m, const char *path, hg__file_mode mode, const hg__extra *extra,
                hg_error *err) {
    sheet s = {0};
    int code = fill_sheet(&s, m, extra, err);
    if (code == HG_OK) {
        code =
            hg__tensors_write_mode(path, mode, s.tensor, s.tensors, s.key, s.value, s.pairs, err);
    }
    clear_sheet(&s);
    return code;
}

int hg__model_save(const hg_model *m, const char *path, const hg__extra *extra, hg_error *err) {
    const hg__extra none = {0};
    const hg__file_mode mode = !m->holds_rows ? HG_MODE_KEEP
                               : m->is_shared ? HG_MODE_OPEN
                                              : HG_MODE_PRIVATE;
    return save(m, path, mode, extra ? extra : &none, err);
}

int hg__model_save_over(const hg_model *m, const char *path, hg_error *err) {
    const hg__extra none = {0};
    return save(m, path, m->is_shared ? HG_MODE_OPEN : HG_MODE_KEEP, &none, err);
}

int hg_model_save(const hg_model *m, const char *path, hg_error *err) {
    HG_ENTRY;
    return hg__model_save(m, path, NULL, err);
}

void *hg_model_save_memory(const hg_model *m, size_t *size, hg_error *err) {
    HG_ENTRY;
    const hg__extra none = {0};
    sheet s = {0};
    void *bytes = NULL;
    if (fill_sheet(&s, m, &none, err) == HG_OK) {
        bytes = hg__tensors_write_memory(size, s.tensor, s.tensors, s.key, s.value, s.pairs, err);
    }
    clear_sheet(&s);
    return bytes;
}

// ---- reading ------------------------------------------------------------------------------------

static int check_version(const hg__json *o, const char *path, hg_error *err) {
    const hg__json *version = hg__json_object_get(o, "version");
    if (!hg__json_is_integer(version) || hg__json_integer_value(version) < 1) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a model with a version", path);
    }
    if (hg__json_integer_value(version) <= HG_MODEL_VERSION) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected a model of version %d, got %lld: a newer Hourglass wrote it",
                    path, HG_MODEL_VERSION, (long long)hg__json_integer_value(version));
}

static int check_hash(const hg__tensors *t, hg_error *err) {
    char got[20];
    uint64_t hash;
    const char *said = hg__tensors_metadata(t, HG_META_CHECKSUM);
    if (!said) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a checksum (" HG_META_CHECKSUM "), got none", t->path);
    }
    HG_TRY(hg__tensors_hash(t->tensor, t->count, (const char *const *)t->key,
                            (const char *const *)t->value, t->pairs, HG_META_CHECKSUM, &hash, err));
    snprintf(got, sizeof got, "%016" PRIx64, hash);
    if (strcmp(said, got) == 0) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected the checksum %.32s, got %s: the file was damaged or changed",
                    t->path, said, got);
}

static int fail_field(const char *path, const char *field, const char *what, hg_error *err) {
    return hg__fail(err, HG_ERR_MODEL, "%s: %s: expected %s", path, field, what);
}

static int read_input(const hg__json *o, hg__shape *shape, const char *path, hg_error *err) {
    const hg__json *input = hg__json_object_get(o, "input");
    const size_t rank = hg__json_array_size(input);
    if (rank < 1 || rank > HG_MAX_RANK) {
        return fail_field(path, "input", "a list of 1 to 8 sizes", err);
    }
    for (size_t i = 0; i < rank; i++) {
        const hg__json *dim = hg__json_array_get(input, i);
        const int64_t size = hg__json_integer_value(dim);
        if (!hg__json_is_integer(dim) || size < 1 || size > MAX_DIM) {
            return fail_field(path, "input", "sizes from 1", err);
        }
        shape->dim[i] = size;
    }
    shape->rank = (int32_t)rank;
    return HG_OK;
}

static int read_kind(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    static const char *const kinds[] = {"autoencoder", "pca", "features"};
    const char *kind = hg__json_string_value(hg__json_object_get(o, "kind"));
    for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i]) != 0) continue;
        snprintf(m->kind, sizeof m->kind, "%s", kind);
        return HG_OK;
    }
    return fail_field(path, "kind", "autoencoder, pca or features", err);
}

static int read_spec(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    const char *text = hg__json_string_value(hg__json_object_get(o, "spec"));
    hg__shape input = {0};
    hg_error why;
    HG_TRY(read_input(o, &input, path, err));
    if (!text) return fail_field(path, "spec", "a text", err);
    const char *kind = hg__json_string_value(hg__json_object_get(o, "kind"));
    const bool is_features = kind && strcmp(kind, "features") == 0; // the rest is checked later
    int code = is_features ? hg__spec_parse_features(&m->net.spec, text, &input, &why)
                           : hg__spec_parse(&m->net.spec, text, &input, 0, &why);
    if (code == HG_OK) return HG_OK;
    return hg__fail(err, code == HG_ERR_MEMORY ? HG_ERR_MEMORY : HG_ERR_MODEL, "%s: %s", path,
                    why.message);
}

static int read_columns(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    const hg__json *columns = hg__json_object_get(o, "columns");
    if (!columns) return HG_OK;
    if (hg__json_array_size(columns) != (size_t)m->net.spec.width) {
        return fail_field(path, "columns", "as many names as a row has features", err);
    }
    m->column = hg__alloc((size_t)m->net.spec.width, sizeof *m->column, err);
    if (!m->column) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < m->net.spec.width; i++) {
        const char *name = hg__json_string_value(hg__json_array_get(columns, (size_t)i));
        if (!name) return fail_field(path, "columns", "names", err);
        m->column[i] = hg__copy_text(name, err);
        if (!m->column[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

// Whoever wrote the file may have kept a connection string as it was.
static hg__json *hide_secrets(const hg__json *options, hg_error *err) {
    hg__json *own = hg__json_object();
    int bad = own == NULL;
    for (size_t i = 0; !bad && i < hg__json_object_size(options); i++) {
        hg__json *value = hg__json_object_value(options, i);
        const char *text = hg__json_string_value(value);
        const size_t room = text ? strlen(text) + 1 : 1;
        char *masked = text ? hg__alloc(room, 4, err) : NULL; // each secret becomes three stars
        bad = text && !masked;
        if (masked) hg__mask_secrets(text, masked, 4 * room);
        if (!bad) {
            value = masked ? hg__json_string(masked, err) : hg__json_share(value);
            bad = hg__json_set(own, hg__json_object_key(options, i), value) < 0;
        }
        hg__free(masked);
    }
    if (!bad) return own;
    hg__json_free(own);
    hg__fail(err, HG_ERR_MEMORY, "out of memory while reading JSON");
    return NULL;
}

static int read_small(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    const hg__json *scale = hg__json_object_get(o, "input_scale"),
                   *data = hg__json_object_get(o, "data"),
                   *options = hg__json_object_get(o, "options");
    const double value = hg__json_number_value(scale);
    HG_TRY(read_kind(m, o, path, err));
    m->input_scale = (float)value;
    if (!hg__json_is_number(scale) || !isfinite(m->input_scale) || !(m->input_scale > 0)) {
        return fail_field(path, "input_scale", "a number above 0", err);
    }
    if (data) {
        if (!hg__json_is_string(data) || hg__json_string_size(data) >= sizeof m->fingerprint) {
            return fail_field(path, "data", "a fingerprint", err);
        }
        snprintf(m->fingerprint, sizeof m->fingerprint, "%s", hg__json_string_value(data));
    }
    if (!options) return HG_OK;
    if (!hg__json_is_object(options)) return fail_field(path, "options", "an object", err);
    hg__json *own = hide_secrets(options, err);
    if (own) m->options = hg__json_text(own, err);
    hg__json_free(own);
    return m->options ? HG_OK : HG_ERR_MEMORY;
}

static int read_range(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    const hg__json *range = hg__json_object_get(o, "range"),
                   *white = hg__json_object_get(range, "white"),
                   *low = hg__json_object_get(range, "low"),
                   *high = hg__json_object_get(range, "high");
    const char *samples = hg__json_string_value(hg__json_object_get(range, "samples"));
    hg__range_rule *r = &m->range;
    if (!range) return HG_OK;
    if (samples && strcmp(samples, "mixed") == 0) {
        r->kind = HG_RANGE_PAGE;
        return HG_OK;
    }
    *r = (hg__range_rule){.kind = HG_RANGE_FIXED,
                          .white = (float)hg__json_number_value(white),
                          .low = hg__json_number_value(low),
                          .high = hg__json_number_value(high)};
    if (samples && hg__dtype_find(samples, &r->dtype) && hg__json_is_number(low) &&
        hg__json_is_number(high) && isfinite(r->white) && r->white > 0 && r->low < r->high) {
        return HG_OK;
    }
    return fail_field(path, "range", "samples (a type, or mixed), white, low and high", err);
}

// What is not known here may change every number: it is refused.
static int read_compute(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    const hg__json *how = hg__json_object_get(o, "compute"),
                   *precision = hg__json_object_get(how, "precision"),
                   *fast = hg__json_object_get(how, "fast");
    const char *name = hg__json_string_value(precision);
    hg__compute c = {HG_IN_FP32, hg__json_is_true(fast)};
    if (!how) return HG_OK;
    const size_t known = (precision != NULL) + (size_t)(fast != NULL);
    if (!hg__json_is_object(how) || hg__json_object_size(how) != known ||
        (precision && (!name || !hg__precision_find(name, &c.precision))) ||
        (fast && !hg__json_is_boolean(fast))) {
        return fail_field(path, "compute",
                          "precision (fp32, bf16 or int8) and fast (true or false): a newer "
                          "Hourglass may have written it",
                          err);
    }
    hg__network_set_compute(&m->net, c);
    return HG_OK;
}

static int read_level(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    const hg__json *level = hg__json_object_get(o, "level");
    const hg__shape *row = &m->net.spec.input;
    m->net.has_level = level && hg__json_is_true(level);
    if (!level || (hg__json_is_boolean(level) && !m->net.has_level)) return HG_OK;
    if (m->net.has_level && row->rank == 3 && (row->dim[2] == 2 || row->dim[2] == 4)) return HG_OK;
    return fail_field(path, "level",
                      "true or false; true: of images of 1 or 3 channels and the level", err);
}

static int read_attached(hg_model *m, const hg__json *o, const hg__attachment *const *types,
                         const char *path, hg_error *err) {
    for (; *types; types++) {
        hg__json *entry = hg__json_object_get(o, (*types)->key);
        void *value = entry ? (*types)->parse(entry, path, err) : NULL;
        if (entry && !value) return (int)err->code;
        if (value) hg__model_attach(m, *types, value);
    }
    return HG_OK;
}

static int read_module(hg_model *m, const hg__json *o, const char *path, hg_error *err) {
    const hg__json *module = hg__json_object_get(o, "module");
    if (!module) return HG_OK;
    char *text = hg__json_text(module, err);
    const int code = text ? hg__model_take_module(m, text, path, err) : HG_ERR_MEMORY;
    hg__free(text);
    return code;
}

static int read_parts(hg_model *m, const hg__tensors *t, hg_error *err) {
    for (size_t i = 0; i < t->count; i++) {
        if (!hg__is_part(t->tensor[i].name)) continue;
        HG_TRY(m->is_look ? hg__model_give_part(m, &t->tensor[i], err)
                          : hg__model_add_part(m, &t->tensor[i], err));
    }
    return HG_OK;
}

// What stands beside the network.
static int read_beside(hg_model *m, const hg__json *o, const hg__tensors *t,
                       const hg__attachment *const *types, hg_error *err) {
    HG_TRY(read_compute(m, o, t->path, err));
    HG_TRY(read_range(m, o, t->path, err));
    HG_TRY(read_level(m, o, t->path, err));
    HG_TRY(read_module(m, o, t->path, err));
    HG_TRY(read_attached(m, o, types, t->path, err));
    return read_parts(m, t, err);
}

// A text that is no number of a run is as good as none.
static void read_run(hg_model *m, const hg__tensors *t) {
    const char *run = hg__tensors_metadata(t, HG_META_RUN);
    const size_t digits = run ? strspn(run, "0123456789abcdef") : 0;
    if (digits == HG_RUN_ID - 1 && !run[digits]) snprintf(m->run, sizeof m->run, "%s", run);
}

static int read_weights(hg_model *m, const hg__tensors *t, hg_error *err) {
    if (!m->is_look) m->net.params = hg__alloc(m->net.spec.params, sizeof *m->net.params, err);
    if (!m->is_look && !m->net.params) return HG_ERR_MEMORY;
    return hg__weights_read(&m->net.spec, t, false, m->net.params, err);
}

static int read_model(hg_model *m, const hg__json *o, const hg__tensors *t,
                      const hg__attachment *const *types, hg_error *err) {
    if (!hg__json_is_object(o)) return fail_field(t->path, HG_META_MODEL, "an object", err);
    HG_TRY(check_version(o, t->path, err));
    HG_TRY(check_hash(t, err));
    HG_TRY(read_spec(m, o, t->path, err));
    HG_TRY(hg__weights_check(&m->net.spec, t, false, err));
    HG_TRY(read_small(m, o, t->path, err));
    HG_TRY(read_columns(m, o, t->path, err));
    HG_TRY(read_beside(m, o, t, types, err));
    return read_weights(m, t, err);
}

int hg__model_read(hg_model **m, const hg__tensors *t, const hg__attachment *const *types,
                   bool is_look, hg_error *err) {
    hg_error own;
    const char *text = hg__tensors_metadata(t, HG_META_MODEL);
    *m = NULL;
    err = err ? err : &own;
    if (!text) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected an Hourglass model, got tensors without its metadata; "
                        "`hourglass import` makes a model of weights",
                        t->path);
    }
    hg__json *o = hg__json_read(text, strlen(text), t->path, err);
    if (!o) return err->code;
    *m = hg__alloc(1, sizeof **m, err);
    if (*m) {
        (*m)->is_look = is_look;
        read_run(*m, t);
    }
    int code = *m ? read_model(*m, o, t, types, err) : HG_ERR_MEMORY;
    hg__json_free(o);
    if (code < 0) {
        hg_model_free(*m);
        *m = NULL;
    }
    return code;
}
