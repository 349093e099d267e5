// SPDX-License-Identifier: Apache-2.0
// module.c - the PyTorch module that weights came from: its class, its layout, and what it calls each tensor.
#include <string.h>

#include "base/host.h"
#include "base/mem.h"
#include "model/model.h"

enum { MOST_NAME = 191 }; // bytes of a tensor's name in a file

// The names that our file gives the tensors of the weights.
typedef struct own_names {
    char (*name)[HG_TENSOR_NAME]; // owned, (count)
    bool *is_taken;               // owned, (count)
    size_t count;
} own_names;

static void clear_names(own_names *n) {
    hg__free(n->name);
    hg__free(n->is_taken);
}

static int list_names(own_names *n, const hg__spec *s, hg_error *err) {
    size_t count = 0;
    for (int32_t i = 0; i < s->layers; i++) count += (size_t)s->layer[i].params;
    *n = (own_names){.name = hg__alloc(count, sizeof *n->name, err),
                     .is_taken = hg__alloc(count, sizeof *n->is_taken, err)};
    if (!n->name || !n->is_taken) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t k = 0; k < s->layer[i].params; k++) {
            hg__param_name(&s->layer[i], k, n->name[n->count++]);
        }
    }
    return HG_OK;
}

static int fail(const char *where, const char *what, hg_error *err) {
    return hg__fail(err, HG_ERR_MODEL, "%s: module: expected %s", where, what);
}

// A value is one of our names, each of which stands once, or a count (num_batches_tracked).
static int check_value(own_names *n, const char *key, const hg__json *value, const char *where,
                       hg_error *err) {
    const char *name = hg__json_string_value(value);
    if (hg__json_is_integer(value) && hg__json_integer_value(value) >= 0) return HG_OK;
    for (size_t i = 0; name && i < n->count; i++) {
        if (strcmp(n->name[i], name) != 0 || n->is_taken[i]) continue;
        n->is_taken[i] = true;
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: module: names: '%.80s': expected a tensor of the model, each once, or a "
                    "whole number from 0, got '%.80s'",
                    where, key, name ? name : "another value");
}

static int check_names(own_names *n, const hg__json *names, const char *where, hg_error *err) {
    const size_t size = hg__json_object_size(names);
    if (!hg__json_is_object(names)) return fail(where, "names, an object", err);
    if (size > 2 * n->count) return fail(where, "no more than two names a tensor", err);
    for (size_t i = 0; i < size; i++) {
        const char *key = hg__json_object_key(names, i);
        const size_t length = strlen(key);
        if (length < 1 || length > MOST_NAME) {
            return fail(where, "names of 1 to 191 bytes", err);
        }
        HG_TRY(check_value(n, key, hg__json_object_value(names, i), where, err));
    }
    return HG_OK;
}

static int check(const hg_model *m, const hg__json *o, const char *where, hg_error *err) {
    const char *layout = hg__json_string_value(hg__json_object_get(o, "layout"));
    own_names own;
    if (!hg__json_is_object(o)) return fail(where, "an object", err);
    if (!hg__json_is_string(hg__json_object_get(o, "class"))) {
        return fail(where, "class, a text", err);
    }
    if (!layout ||
        (strcmp(layout, "channels_first") != 0 && strcmp(layout, "channels_last") != 0)) {
        return fail(where, "layout, channels_first or channels_last", err);
    }
    int code = list_names(&own, &m->net.spec, err);
    if (code == HG_OK) code = check_names(&own, hg__json_object_get(o, "names"), where, err);
    clear_names(&own);
    return code;
}

void hg__model_drop_module(hg_model *m) {
    hg__free(m->module_text);
    hg__json_free(m->module);
    m->module_text = NULL;
    m->module = NULL;
}

int hg__model_take_module(hg_model *m, const char *json, const char *where, hg_error *err) {
    char *text = NULL;
    hg__json *o = hg__json_read(json, strlen(json), where, err);
    if (!o) return err->code;
    int code = check(m, o, where, err);
    if (code == HG_OK) {
        text = hg__json_text(o, err);
        code = text ? HG_OK : HG_ERR_MEMORY;
    }
    if (code < 0) {
        hg__json_free(o);
        return code;
    }
    hg__model_drop_module(m);
    m->module = o;
    m->module_text = text;
    return HG_OK;
}

int hg__model_keep_module(hg_model *m, const hg_model *from, hg_error *err) {
    if (!from->module_text || strcmp(m->net.spec.text, from->net.spec.text) != 0) return HG_OK;
    return hg__model_take_module(m, from->module_text, "module", err);
}

const char *hg__model_module_name(const hg_model *m, const char *name) {
    const hg__json *names = hg__json_object_get(m->module, "names");
    for (size_t i = 0; i < hg__json_object_size(names); i++) {
        const char *own = hg__json_string_value(hg__json_object_value(names, i));
        if (own && strcmp(own, name) == 0) return hg__json_object_key(names, i);
    }
    return "";
}

int hg_model_set_module(hg_model *m, const char *json, hg_error *err) {
    HG_ENTRY;
    hg_error why = {0};
    if (!json) {
        hg__model_drop_module(m);
        return HG_OK;
    }
    const int code = hg__model_take_module(m, json, "model", &why);
    if (code == HG_OK) return HG_OK;
    return hg__fail(err, code == HG_ERR_MEMORY ? HG_ERR_MEMORY : HG_ERR_USAGE, "%s", why.message);
}

const char *hg_model_module(const hg_model *m) {
    return m->module_text;
}
