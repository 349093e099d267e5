// SPDX-License-Identifier: Apache-2.0
// network.c - a network, its weights and names; and batch norms taken into the weights before them.
#include "graph/network.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/tied.h"

void hg__network_tie(hg__network *net) {
    for (int32_t i = 0; i < net->spec.layers; i++) {
        const hg__layer *l = &net->spec.layer[i];
        if (l->tied >= 0) hg__tied_copy(&net->spec.layer[l->tied], l, net->params);
    }
}

int hg__network_check_ties(const hg__network *net, hg_error *err) {
    for (int32_t i = 0; i < net->spec.layers; i++) {
        const hg__layer *l = &net->spec.layer[i];
        if (l->tied < 0 || hg__tied_is_equal(&net->spec.layer[l->tied], l, net->params)) continue;
        return hg__fail(err, HG_ERR_MODEL,
                        "model: expected %s.%d.weight to be encoder.%d.weight turned round, for it "
                        "is tied to it, got other numbers",
                        l->side, (int)l->index, (int)net->spec.layer[l->tied].index);
    }
    return HG_OK;
}

// code: of parsing net->spec.
static int draw(hg__network *net, int code, uint64_t seed, hg_error *err) {
    if (code == HG_OK) {
        net->params = hg__alloc(net->spec.params, sizeof *net->params, err);
        if (!net->params) code = HG_ERR_MEMORY;
    }
    for (int32_t i = 0; code == HG_OK && i < net->spec.layers; i++) {
        const hg__layer *l = &net->spec.layer[i];
        if (l->type->init) l->type->init(l, net->params, seed);
    }
    if (code == HG_OK) hg__network_tie(net);
    if (code < 0) hg__network_clear(net);
    return code;
}

int hg__network_init(hg__network *net, const char *spec, const hg__shape *input, int32_t latent,
                     uint64_t seed, hg_error *err) {
    *net = (hg__network){0};
    return draw(net, hg__spec_parse(&net->spec, spec, input, latent, err), seed, err);
}

int hg__network_init_features(hg__network *net, const char *spec, const hg__shape *input,
                              uint64_t seed, hg_error *err) {
    *net = (hg__network){0};
    return draw(net, hg__spec_parse_features(&net->spec, spec, input, err), seed, err);
}

void hg__network_clear(hg__network *net) {
    hg__free(net->params);
    hg__spans_free(net->spans);
    hg__spec_clear(&net->spec);
    *net = (hg__network){0};
}

void hg__network_free(hg__network *net) {
    if (!net) return;
    hg__network_clear(net);
    hg__free(net);
}

void hg__network_set_compute(hg__network *net, hg__compute how) {
    net->compute = how;
    for (int32_t i = 0; i < net->spec.layers; i++) net->spec.layer[i].compute = how;
}

int hg__network_set_spans(hg__network *net, const hg__column_span *span, int32_t columns,
                          hg_error *err) {
    hg__spans_free(net->spans);
    net->spans = hg__spans_new(span, columns, net->spec.width, err);
    return net->spans ? HG_OK : HG_ERR_MEMORY;
}

int hg__network_set_prefix(hg__network *net, int32_t prefix, hg_error *err) {
    for (int32_t i = 0; i < net->spec.layers; i++) {
        hg__layer *l = &net->spec.layer[i];
        const int32_t channels = hg__extent_of(&l->in).C;
        if (!l->type->prefix_arg) continue;
        if (prefix > channels) {
            return hg__fail(err, HG_ERR_USAGE,
                            "prefix: expected 0 to %d numbers of the code, got %d", (int)channels,
                            (int)prefix);
        }
        l->arg[l->type->prefix_arg] = prefix;
        return HG_OK;
    }
    if (!prefix) return HG_OK;
    return hg__fail(
        err, HG_ERR_USAGE,
        "prefix: expected a model with a nested code, such as 'dense 64, nested | dense "
        "input', got '%s'",
        net->spec.text);
}

void hg__param_name(const hg__layer *l, int32_t param, char buffer[64]) {
    snprintf(buffer, 64, "%s.%d.%s", l->side, (int)l->index, l->param[param].name);
}

// Batch norms taken into the weights before them: with f = weight / sqrt(variance + eps) of a channel,
//
//   (W x + b - mean) f + bias  =  (f W) x + (b - mean) f + bias

// Whether layer i is one that the layer before it can take in. Not over the neck: the code stays what it is.
static bool is_folded(const hg__spec *s, int32_t i) {
    return i > 0 && i < s->layers && s->layer[i].type->affine && i != s->neck &&
           s->layer[i - 1].type->channel;
}

// The network without the layers that are taken in, those before them with a bias.
static int shorten(const hg__spec *s, hg__spec *shorter, hg_error *err) {
    *shorter = (hg__spec){.neck = s->neck, .has_neck = s->has_neck, .is_features = s->is_features};
    shorter->layer = hg__alloc((size_t)s->layers, sizeof *shorter->layer, err);
    if (!shorter->layer) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->layers; i++) {
        if (is_folded(s, i)) {
            shorter->neck -= i < s->neck;
            continue;
        }
        hg__layer *l = &shorter->layer[shorter->layers++];
        *l = s->layer[i];
        if (is_folded(s, i + 1) && l->params < 2) l->arg[l->type->bias_arg] = 1;
    }
    if (!s->has_neck) shorter->neck = shorter->layers;
    HG_TRY(hg__spec_shape(shorter, &s->input, err));
    return hg__spec_format(shorter, err);
}

// values: room for the largest parameter. to, from: layers of `folded` and of net; norm: what follows, or NULL.
static void fill_layer(hg__network *folded, const hg__layer *to, const hg__network *net,
                       const hg__layer *from, const hg__layer *norm, float *values) {
    const hg__real *p = net->params;
    for (int32_t q = 0; q < to->params; q++) {
        size_t count = 0;
        (void)hg__shape_count(&to->param[q].shape, &count);
        memset(values, 0, count * sizeof *values);
        if (q < from->params) hg__param_export(&from->param[q], p, values);
        for (size_t i = 0; norm && i < count; i++) {
            hg__affine a;
            norm->type->affine(norm, p, q == 0 ? from->type->channel(from, i) : i, &a);
            if (q == 0) a.centre = a.bias = 0;
            values[i] = (float)(((double)values[i] - a.centre) * a.factor + a.bias);
        }
        hg__param_import(&to->param[q], folded->params, values);
    }
}

static int fill(hg__network *folded, const hg__network *net, hg_error *err) {
    const hg__spec *s = &net->spec;
    float *values = hg__alloc((size_t)folded->spec.parameters + 1, sizeof *values, err);
    if (!values) return HG_ERR_MEMORY;
    const hg__layer *to = folded->spec.layer;
    for (int32_t i = 0; i < s->layers; i++) {
        if (is_folded(s, i)) continue;
        const hg__layer *norm = is_folded(s, i + 1) ? &s->layer[i + 1] : NULL;
        fill_layer(folded, to++, net, &s->layer[i], norm, values);
    }
    hg__free(values);
    return HG_OK;
}

int32_t hg__network_folded_number(const hg__network *net, int32_t i) {
    int32_t taken = 0;
    if (is_folded(&net->spec, i + 1)) return -1;
    for (int32_t k = 0; k <= i; k++) taken += is_folded(&net->spec, k);
    return i - taken;
}

const hg__network *hg__network_fold(const hg__network *net, hg__network **folded, hg_error *err) {
    int32_t count = 0;
    *folded = NULL;
    for (int32_t i = 0; i < net->spec.layers; i++) count += is_folded(&net->spec, i);
    if (!count) return net;
    hg__network *f = hg__alloc(1, sizeof *f, err);
    if (!f) return NULL;
    int code = shorten(&net->spec, &f->spec, err);
    f->compute = net->compute; // as its layers, which are copies
    if (code == HG_OK) f->params = hg__alloc(f->spec.params, sizeof *f->params, err);
    if (code == HG_OK) code = f->params ? fill(f, net, err) : HG_ERR_MEMORY;
    if (code == HG_OK && net->spans) {
        code = hg__network_set_spans(f, net->spans->span, net->spans->columns, err);
    }
    f->has_level = net->has_level;
    if (code == HG_OK) return *folded = f;
    hg__network_free(f);
    return NULL;
}
