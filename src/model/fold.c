// SPDX-License-Identifier: Apache-2.0
// fold.c - batch norms taken into the weights before them: with f = weight / sqrt(variance + eps) of a channel,
//
//   (W x + b - mean) f + bias  =  (f W) x + (b - mean) f + bias
#include "model/fold.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { WEIGHT, BIAS, MEAN, VARIANCE, EPS = 0 }; // of a batchnorm

static bool is_transposed(const hg__layer *l) {
    return strncmp(l->type->name, "deconv", 6) == 0;
}

static bool is_linear(const hg__layer *l) {
    static const char *const names[] = {"dense", "conv", "conv1d", "deconv", "deconv1d"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(l->type->name, names[i]) == 0) return true;
    }
    return false;
}

// Whether layer i is a batchnorm that the one before it can take in. Not over the neck: the code stays what it is.
static bool is_folded(const hg__spec *s, int32_t i) {
    return i > 0 && i < s->layers && strcmp(s->layer[i].type->name, "batchnorm") == 0 &&
           i != s->neck && is_linear(&s->layer[i - 1]);
}

// Position of an argument in "channels k=3 bias=1"; there is one.
static int32_t argument(const hg__layer_type *type, const char *name) {
    const size_t length = strlen(name);
    int32_t i = 0;
    for (const char *at = type->args; *at && i + 1 < HG_MAX_ARGS; i++) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') break;
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    return i;
}

// The spec's text without the batch norms, every layer that takes one in with a bias.
static int write_text(const hg__spec *s, char text[HG_MAX_SPEC], hg_error *err) {
    hg__spec *shorter = hg__alloc(1, sizeof *shorter, err);
    if (!shorter) return HG_ERR_MEMORY;
    shorter->neck = s->neck;
    shorter->layer = hg__alloc((size_t)s->layers, sizeof *shorter->layer, err);
    int code = shorter->layer ? HG_OK : HG_ERR_MEMORY;
    for (int32_t i = 0; code == HG_OK && i < s->layers; i++) {
        if (is_folded(s, i)) {
            shorter->neck -= i < s->neck;
            continue;
        }
        hg__layer *l = &shorter->layer[shorter->layers++];
        *l = s->layer[i];
        if (is_folded(s, i + 1) && l->params < 2) l->arg[argument(l->type, "bias")] = 1;
    }
    if (!s->has_neck) shorter->neck = shorter->layers;
    if (code == HG_OK) code = hg__spec_format(shorter, err);
    if (code == HG_OK) memcpy(text, shorter->text, HG_MAX_SPEC);
    hg__spec_clear(shorter);
    hg__free(shorter);
    return code;
}

// The channel that element i of a weight goes to, in the file's order.
static size_t channel_of(const hg__layer *l, size_t i) {
    const int64_t *dim = l->param[0].shape.dim;
    size_t taps = 1; // of one pair of channels
    for (int32_t k = 2; k < l->param[0].shape.rank; k++) taps *= (size_t)dim[k];
    const size_t rows = (size_t)dim[0], columns = (size_t)dim[1];
    if (!is_transposed(l)) return i / (columns * taps);
    const size_t groups = (size_t)l->arg[argument(l->type, "g")];
    return i / (columns * taps) / (rows / groups) * columns + i / taps % columns;
}

// values: room for the largest parameter. to, from: layers of `folded` and of m; norm: what follows, or NULL.
static void fill_layer(hg_model *folded, const hg__layer *to, const hg_model *m,
                       const hg__layer *from, const hg__layer *norm, float *values) {
    const hg__real *p = m->params;
    for (int32_t q = 0; q < to->params; q++) {
        size_t count = 0;
        (void)hg__shape_count(&to->param[q].shape, &count);
        memset(values, 0, count * sizeof *values);
        if (q < from->params) hg__param_export(&from->param[q], p, values);
        for (size_t i = 0; norm && i < count; i++) {
            const size_t c = q == 0 ? channel_of(from, i) : i;
            const double variance = (double)p[norm->param[VARIANCE].offset + c];
            const double factor =
                (double)p[norm->param[WEIGHT].offset + c] / sqrt(variance + norm->arg[EPS]);
            const double mean = q == 0 ? 0 : (double)p[norm->param[MEAN].offset + c];
            const double shift = q == 0 ? 0 : (double)p[norm->param[BIAS].offset + c];
            values[i] = (float)(((double)values[i] - mean) * factor + shift);
        }
        hg__param_import(&to->param[q], folded->params, values);
    }
}

static int fill(hg_model *folded, const hg_model *m, hg_error *err) {
    const hg__spec *s = &m->spec;
    float *values = hg__alloc((size_t)folded->spec.parameters + 1, sizeof *values, err);
    if (!values) return HG_ERR_MEMORY;
    const hg__layer *to = folded->spec.layer;
    for (int32_t i = 0; i < s->layers; i++) {
        if (is_folded(s, i)) continue;
        const hg__layer *norm = is_folded(s, i + 1) ? &s->layer[i + 1] : NULL;
        fill_layer(folded, to++, m, &s->layer[i], norm, values);
    }
    hg__free(values);
    return HG_OK;
}

int hg__model_fold(const hg_model *m, hg_model **folded, hg_error *err) {
    char text[HG_MAX_SPEC];
    int32_t count = 0;
    *folded = NULL;
    for (int32_t i = 0; i < m->spec.layers; i++) count += is_folded(&m->spec, i);
    if (!count) return HG_OK;
    HG_TRY(write_text(&m->spec, text, err));
    *folded = hg__model_from_spec(text, &m->spec.input, 0, 0, err);
    if (!*folded) return HG_ERR_MEMORY;
    memcpy((*folded)->kind, m->kind, sizeof m->kind);
    (*folded)->input_scale = m->input_scale;
    const int code = fill(*folded, m, err);
    if (code == HG_OK) return HG_OK;
    hg_model_free(*folded);
    *folded = NULL;
    return code;
}
