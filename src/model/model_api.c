// SPDX-License-Identifier: Apache-2.0
// model_api.c - a model from outside: made, its layers looked at, its tensors copied out and in by name.
#include <math.h>
#include <string.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/model.h"

hg_model *hg_model_new(const char *spec, const int64_t *shape, int32_t rank, int32_t latent,
                       uint64_t seed, hg_error *err) {
    HG_ENTRY;
    enum { MOST_LATENT = 1 << 24 };
    hg__shape input = {.rank = rank};
    if (rank < 1 || rank > HG_MAX_RANK) {
        hg__fail(err, HG_ERR_USAGE, "model: expected rows of 1 to %d dimensions, got %d",
                 HG_MAX_RANK, (int)rank);
        return NULL;
    }
    if (latent < 0 || latent > MOST_LATENT) {
        hg__fail(err, HG_ERR_USAGE, "model: expected latent from 0 to %d, got %d", MOST_LATENT,
                 (int)latent);
        return NULL;
    }
    memcpy(input.dim, shape, (size_t)rank * sizeof *shape);
    return hg__model_from_spec(spec, &input, latent, seed, err);
}

// ---- layers -------------------------------------------------------------------------------------

bool hg_model_layer_at(const hg_model *m, int32_t i, hg_layer_info *info) {
    HG_ENTRY;
    const hg__spec *s = &m->net.spec;
    if (i < 0 || i >= s->layers) return false;
    const hg__layer *l = &s->layer[i];
    hg_layer_info own = {.type = l->type->name,
                         .side = l->side,
                         .index = l->index,
                         .rank = l->out.rank,
                         .tensors = l->params};
    hg__spec_format_layer(l, own.spec);
    memcpy(own.shape, l->out.dim, sizeof own.shape);
    for (int32_t k = 0; k < l->params; k++) {
        size_t count = 0;
        (void)hg__shape_count(&l->param[k].shape, &count); // fits: the layer was made
        own.parameters += (int64_t)count;
    }
    return hg__fill(info, &own, sizeof own, "hg_layer_info", NULL) == HG_OK;
}

// ---- tensors ------------------------------------------------------------------------------------

// The i-th tensor of the whole network: its layer, and which of its parameters; NULL past the last.
static const hg__layer *find_at(const hg_model *m, int32_t i, int32_t *param) {
    *param = i;
    for (int32_t k = 0; i >= 0 && k < m->net.spec.layers; k++) {
        const hg__layer *l = &m->net.spec.layer[k];
        if (*param < l->params) return l;
        *param -= l->params;
    }
    return NULL;
}

// The sentence with the nearest name; without memory for all names it goes without.
static void fail_unknown(const hg_model *m, const char *name, hg_error *err) {
    char suggestion[HG_SUGGESTED] = "";
    const hg__layer *l;
    int32_t count = 0, known = 0, param;
    while (find_at(m, count, &param)) count++;
    char(*text)[HG_TENSOR_NAME] = hg__alloc((size_t)count, sizeof *text, NULL);
    const char **names = hg__alloc((size_t)count, sizeof *names, NULL);
    for (; text && names && (l = find_at(m, known, &param)) != NULL; known++) {
        hg__param_name(l, param, text[known]);
        names[known] = text[known];
    }
    if (known > 0) hg__suggest(name, names, (size_t)known, suggestion);
    hg__free(text);
    hg__free(names);
    hg__fail(err, HG_ERR_USAGE, "model: there is no tensor '%.80s'%s", name, suggestion);
}

// NULL and the sentence where there is none of that name.
static const hg__param *find(const hg_model *m, const char *name, hg_error *err) {
    char own[HG_TENSOR_NAME];
    const hg__layer *l;
    int32_t param;
    for (int32_t i = 0; (l = find_at(m, i, &param)) != NULL; i++) {
        hg__param_name(l, param, own);
        if (strcmp(own, name) == 0) return &l->param[param];
    }
    fail_unknown(m, name, err);
    return NULL;
}

bool hg_model_tensor_at(const hg_model *m, int32_t i, hg_tensor_info *info) {
    HG_ENTRY;
    int32_t k;
    const hg__layer *l = find_at(m, i, &k);
    if (!l) return false;
    const hg__param *param = &l->param[k];
    hg_tensor_info own = {
        .dtype = hg__dtype_name(HG_F32), .rank = param->shape.rank, .is_buffer = param->is_state};
    hg__param_name(l, k, own.name);
    own.module_name = hg__model_module_name(m, own.name);
    memcpy(own.shape, param->shape.dim, sizeof own.shape);
    (void)hg__shape_count(&param->shape, &own.count); // fits: the layer was made
    return hg__fill(info, &own, sizeof own, "hg_tensor_info", NULL) == HG_OK;
}

int hg_model_tensor_get(const hg_model *m, const char *name, float *to, size_t count,
                        hg_error *err) {
    HG_ENTRY;
    size_t want = 0;
    const hg__param *param = find(m, name, err);
    if (!param) return HG_ERR_USAGE;
    (void)hg__shape_count(&param->shape, &want); // fits: the layer was made
    if (count != want) {
        char shape[128];
        hg__shape_format(&param->shape, shape);
        return hg__fail(err, HG_ERR_USAGE,
                        "model: '%s': expected room for its %zu numbers of shape %s, got %zu", name,
                        want, shape, count);
    }
    hg__param_export(param, m->net.params, to);
    return HG_OK;
}

int hg_model_tensor_set(hg_model *m, const char *name, const float *from, const int64_t *shape,
                        int32_t rank, hg_error *err) {
    HG_ENTRY;
    size_t count = 0;
    hg__shape got = {.rank = rank};
    const hg__param *param = find(m, name, err);
    if (!param) return HG_ERR_USAGE;
    if (rank < 0 || rank > HG_MAX_RANK) {
        return hg__fail(err, HG_ERR_USAGE, "model: '%s': expected 0 to %d dimensions, got %d", name,
                        HG_MAX_RANK, (int)rank);
    }
    if (rank) memcpy(got.dim, shape, (size_t)rank * sizeof *shape);
    if (!hg__shape_is_equal(&got, &param->shape)) {
        char want[128], have[128];
        hg__shape_format(&param->shape, want);
        hg__shape_format(&got, have);
        return hg__fail(err, HG_ERR_USAGE, "model: '%s': expected the shape %s, got %s", name, want,
                        have);
    }
    (void)hg__shape_count(&got, &count); // fits: the layer was made
    for (size_t i = 0; i < count; i++) {
        if (isfinite(from[i])) continue;
        return hg__fail(err, HG_ERR_DATA,
                        "model: '%s': expected finite values, got %g at element %zu", name,
                        (double)from[i], i);
    }
    hg__param_import(param, m->net.params, from);
    return HG_OK;
}
