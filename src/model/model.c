// SPDX-License-Identifier: Apache-2.0
// model.c - a network with its weights: made, freed, asked, filled from tensors.
#include "model/model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/tensor.h"
#include "model/model_file.h"
#include "model/weights.h"

// Whether the text, which was parsed, is the name of the preset of principal components.
static bool is_pca(const char *text) {
    return strncmp(text + strspn(text, " \t\r\n"), "pca", 3) == 0 && !strchr(text, '|');
}

hg_model *hg__model_from_spec(const char *spec, const hg__shape *input, int32_t latent,
                              uint64_t seed, hg_error *err) {
    hg_model *m = hg__alloc(1, sizeof *m, err);
    if (!m) return NULL;
    if (hg__network_init(&m->net, spec, input, latent, seed, err) < 0) {
        hg__free(m);
        return NULL;
    }
    snprintf(m->kind, sizeof m->kind, "%s", is_pca(spec) ? "pca" : "autoencoder");
    m->input_scale = 1;
    return m;
}

hg_model *hg__model_from_features(hg__network *net, hg_error *err) {
    hg_model *m = hg__alloc(1, sizeof *m, err);
    if (!m) {
        hg__network_clear(net);
        return NULL;
    }
    m->net = *net;
    *net = (hg__network){0};
    snprintf(m->kind, sizeof m->kind, "features");
    m->input_scale = 1;
    return m;
}

void hg_model_free(hg_model *m) {
    if (!m) return;
    for (int32_t i = 0; m->column && i < m->net.spec.width; i++) hg__free(m->column[i]);
    hg__free(m->column);
    hg__model_drop_parts(m, "");
    hg__free(m->part);
    hg__free(m->options);
    hg__model_drop_module(m);
    for (int32_t i = 0; i < m->attachments; i++) m->attached[i].type->free(m->attached[i].value);
    hg__network_clear(&m->net);
    hg__free(m);
}

static int32_t find_attached(const hg_model *m, const hg__attachment *type) {
    int32_t i = 0;
    while (i < m->attachments && m->attached[i].type != type) i++;
    return i;
}

void *hg__model_attached(const hg_model *m, const hg__attachment *type) {
    const int32_t i = find_attached(m, type);
    return i < m->attachments ? m->attached[i].value : NULL;
}

void *hg__model_detach(hg_model *m, const hg__attachment *type) {
    const int32_t i = find_attached(m, type);
    if (i == m->attachments) return NULL;
    void *value = m->attached[i].value;
    m->attachments--;
    for (int32_t k = i; k < m->attachments; k++) m->attached[k] = m->attached[k + 1];
    return value;
}

void hg__model_attach(hg_model *m, const hg__attachment *type, void *value) {
    const int32_t i = find_attached(m, type);
    if (i < m->attachments) {
        type->free(m->attached[i].value);
    } else {
        assert(i < HG_MAX_ATTACHED); // as many as there are types
        m->attachments++;
    }
    m->attached[i] = (hg__attached){type, value};
}

int32_t hg_model_width(const hg_model *m) {
    return m->net.spec.width;
}

int32_t hg_model_code_size(const hg_model *m) {
    return m->net.spec.code;
}

const char *hg_model_spec(const hg_model *m) {
    return m->net.spec.text;
}

// ---- weights out of tensors ---------------------------------------------------------------------

// The tensor of a parameter. The short name is that of a side with one layer that has parameters.
static const hg__tensor *find_weights(const hg__spec *s, const hg__layer *l, int32_t param,
                                      const hg__tensors *t, bool foreign) {
    char name[64];
    int32_t with_params = 0;
    hg__param_name(l, param, name);
    const hg__tensor *found = hg__tensors_find(t, name);
    if (found || !foreign) return found;
    for (int32_t i = 0; i < s->layers; i++) {
        with_params += s->layer[i].is_decoder == l->is_decoder && s->layer[i].params > 0;
    }
    if (with_params != 1) return NULL;
    snprintf(name, sizeof name, "%s.%s", l->side, l->param[param].name);
    return hg__tensors_find(t, name);
}

static bool is_taken(const hg__tensor *tensor, bool foreign) {
    return tensor->dtype == HG_F32 || (foreign && hg__tensor_is_float(tensor));
}

static int check_one(const hg__spec *s, const hg__layer *l, int32_t param, const hg__tensors *t,
                     bool foreign, hg_error *err) {
    const hg__shape *shape = &l->param[param].shape;
    const hg__tensor *found = find_weights(s, l, param, t, foreign);
    char name[64], want[128], got[128];
    hg__param_name(l, param, name);
    hg__shape_format(shape, want);
    if (!found) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a tensor '%s' of shape %s, got none",
                        t->path, name, want);
    }
    hg__shape_format(&found->shape, got);
    if (!hg__shape_is_equal(&found->shape, shape)) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected the shape %s, got %s", t->path,
                        found->name, want, got);
    }
    if (!is_taken(found, foreign)) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected %s, got %s", t->path, found->name,
                        foreign ? "F32, F64, F16 or BF16" : "F32", hg__dtype_name(found->dtype));
    }
    return HG_OK;
}

// What is no weight: the optimiser's state, other rooms' parts and, in other programs' files, PyTorch's count of the batches.
static bool is_aside(const hg__tensor *tensor, bool foreign) {
    static const char count[] = ".num_batches_tracked";
    const size_t length = strlen(tensor->name), end = sizeof count - 1;
    if (strncmp(tensor->name, "optimizer.", 10) == 0) return true;
    if (hg__is_part(tensor->name)) return true;
    return foreign && length > end && strcmp(tensor->name + length - end, count) == 0;
}

static bool is_used(const hg__spec *s, const hg__tensors *t, const hg__tensor *tensor,
                    bool foreign) {
    if (is_aside(tensor, foreign)) return true;
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t k = 0; k < s->layer[i].params; k++) {
            if (find_weights(s, &s->layer[i], k, t, foreign) == tensor) return true;
        }
    }
    return false;
}

int hg__weights_check(const hg__spec *s, const hg__tensors *t, bool foreign, hg_error *err) {
    size_t wanted = 0, there = 0;
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t k = 0; k < s->layer[i].params; k++) {
            HG_TRY(check_one(s, &s->layer[i], k, t, foreign, err));
            wanted++;
        }
    }
    for (size_t i = 0; i < t->count; i++) {
        there += !is_aside(&t->tensor[i], foreign);
    }
    if (there == wanted) return HG_OK; // every name was found, and names differ
    for (size_t i = 0; i < t->count; i++) {
        if (is_used(s, t, &t->tensor[i], foreign)) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': the model '%.200s' has no such parameter",
                        t->path, t->tensor[i].name, s->text);
    }
    return HG_OK;
}

// All parameters: looked at, and put into `params` by way of `buffer` if that is not NULL.
static int walk(const hg__spec *s, const hg__tensors *t, bool foreign, float *buffer,
                hg__real *params, hg_error *err) {
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        for (int32_t k = 0; k < l->params; k++) {
            const hg__tensor *tensor = find_weights(s, l, k, t, foreign);
            size_t count;
            if (!tensor || !hg__shape_count(&tensor->shape, &count)) continue; // was checked
            HG_TRY(hg__tensor_read_floats(tensor, t->path, buffer, count, err));
            if (buffer) hg__param_import(&l->param[k], params, buffer);
        }
    }
    return HG_OK;
}

int hg__weights_read(const hg__spec *s, const hg__tensors *t, bool foreign, hg__real *params,
                     hg_error *err) {
    size_t largest = 0;
    HG_TRY(walk(s, t, foreign, NULL, NULL, err));
    if (!params) return HG_OK;
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t k = 0; k < s->layer[i].params; k++) {
            size_t count;
            bool fits = hg__shape_count(&s->layer[i].param[k].shape, &count);
            if (fits && count > largest) largest = count;
        }
    }
    float *buffer = hg__alloc(largest, sizeof *buffer, err);
    if (!buffer) return HG_ERR_MEMORY;
    const int code = walk(s, t, foreign, buffer, params, err);
    hg__free(buffer);
    return code;
}

int hg__model_copy_weights(hg_model *m, const hg_model *from, hg_error *err) {
    const hg__spec *to = &m->net.spec, *s = &from->net.spec;
    bool fits = to->layers == s->layers && to->params == s->params;
    for (int32_t i = 0; fits && i < s->layers; i++) {
        fits = to->layer[i].params == s->layer[i].params;
        for (int32_t k = 0; fits && k < s->layer[i].params; k++) {
            fits = hg__shape_is_equal(&to->layer[i].param[k].shape, &s->layer[i].param[k].shape);
        }
    }
    if (!fits) {
        return hg__fail(err, HG_ERR_MODEL,
                        "model: expected rows for which its weights have the shapes they have");
    }
    memcpy(m->net.params, from->net.params, s->params * sizeof *m->net.params);
    return HG_OK;
}

int hg__model_take_weights(hg_model *m, const hg__tensors *t, hg_error *err) {
    HG_TRY(hg__weights_check(&m->net.spec, t, true, err));
    return hg__weights_read(&m->net.spec, t, true, m->net.params, err);
}
