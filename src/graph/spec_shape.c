// SPDX-License-Identifier: Apache-2.0
// spec_shape.c - layers that are known by type and arguments become a network: shapes, parameters, who takes from whom.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "graph/spec.h"

enum { MAX_WIDTH = 1 << 24 };

static int lay_out(hg__spec *s, hg__layer *l, hg_error *err) {
    for (int32_t i = 0; i < l->params; i++) {
        hg__param *param = &l->param[i];
        size_t count;
        if (!hg__shape_count(&param->shape, &count)) {
            return hg__fail(err, HG_ERR_USAGE, "the layer is too large");
        }
        param->offset = s->params;
        s->params += hg__whole_vectors(param->count);
        s->parameters += (int64_t)count;
    }
    return HG_OK;
}

// add, concat, recall: finds the keep they take from, of those with this slot the nearest that nobody takes from yet.
static int find_kept(const hg__spec *s, hg__layer *l, hg_error *err) {
    hg__layer *found = NULL;
    for (int32_t i = l->number - 1; i >= 0; i--) {
        hg__layer *keep = &s->layer[i];
        if (!keep->type->is_skip_source || keep->arg[0] != l->arg[0]) continue;
        if (!found || (found->skip_takers > 0 && keep->skip_takers == 0)) found = keep;
    }
    if (!found) {
        return hg__fail(err, HG_ERR_USAGE, "expected a 'keep %g' before it", l->arg[0]);
    }
    if (l->type->returns_skip && !l[-1].type->is_skip_source) {
        return hg__fail(err, HG_ERR_USAGE,
                        "expected a 'keep' directly before it, for what comes is dropped");
    }
    found->skip_takers++;
    l->from = found->number;
    l->in2 = found->out;
    return HG_OK;
}

// Of layers with weights to share: the encoder layer of this type that mirrors it, by their number from the neck.
static int find_mirrored(const hg__spec *s, hg__layer *l, hg_error *err) {
    const hg__layer *m = NULL;
    int32_t before = 0;
    for (int32_t i = s->neck; l->is_decoder && i < l->number; i++) {
        before += s->layer[i].type == l->type;
    }
    for (int32_t i = s->neck - 1; l->is_decoder && i >= 0 && !m; i--) {
        if (s->layer[i].type == l->type && before-- == 0) m = &s->layer[i];
    }
    if (!m) {
        return hg__fail(err, HG_ERR_USAGE,
                        "tied=1: expected a %s in the encoder that this one mirrors",
                        l->type->name);
    }
    if (!hg__shape_is_equal(&m->in, &l->out) || !hg__shape_is_equal(&m->out, &l->in)) {
        char in[128], out[128];
        hg__shape_format(&m->out, in);
        hg__shape_format(&m->in, out);
        return hg__fail(err, HG_ERR_USAGE,
                        "tied=1: expected %s in and %s out, as encoder.%d has them turned round",
                        in, out, (int)m->index);
    }
    l->tied = m->number;
    return HG_OK;
}

// Whether a dense layer and an activation that tells its slope, or none, are all there is before it. What reorders a row does not
// change how far it is from another.
static void find_only(const hg__spec *s, hg__layer *l) {
    const hg__layer_type *dense = hg__layer_type_find("dense");
    double (*slope)(double y, double *change) = hg__layer_type_find("linear")->slope;
    int32_t i = l->number - 1;
    memset(&l->only, 0, sizeof l->only);
    if (i > 0 && s->layer[i].type->slope) slope = s->layer[i--].type->slope;
    if (i < 0 || s->layer[i].type != dense) return;
    for (int32_t k = 0; k < i; k++) {
        if (s->layer[k].type->reorders == HG_REORDERS_NOT) return;
    }
    l->only.weight = s->layer[i].param[0];
    l->only.slope = slope;
    l->only.number = i;
}

int hg__spec_shape_layer(hg__spec *s, int32_t i, bool is_decoder, hg_error *err) {
    hg__layer *l = &s->layer[i];
    l->in = i > 0 ? l[-1].out : s->input;
    l->number = i;
    l->side = !s->has_neck ? "body" : is_decoder ? "decoder" : "encoder";
    l->is_decoder = is_decoder;
    l->index = i - (is_decoder ? s->neck : 0);
    l->from = -1;
    l->skip_takers = 0;
    if (l->type->takes_skip) HG_TRY(find_kept(s, l, err));
    l->tied = -1;
    HG_TRY(l->type->shape(l, err));
    if (l->type->tied_arg && l->arg[l->type->tied_arg] > 0) HG_TRY(find_mirrored(s, l, err));
    HG_TRY(lay_out(s, l, err));
    if (l->type->nudge) find_only(s, l);
    return HG_OK;
}

int hg__spec_check(hg__spec *s, hg_error *err) {
    size_t out, code;
    if (!hg__shape_count(&s->layer[s->layers - 1].out, &out) ||
        !hg__shape_count(&s->layer[s->neck - 1].out, &code) || out > MAX_WIDTH ||
        code > MAX_WIDTH) {
        return hg__fail(err, HG_ERR_USAGE, "model: expected rows and codes of at most %d numbers",
                        MAX_WIDTH);
    }
    s->code = (int32_t)code;
    if (s->is_features) return HG_OK;
    if (out != (size_t)s->width) {
        return hg__fail(err, HG_ERR_USAGE,
                        "model: expected as many outputs as a row has features (%d), got %zu; "
                        "'input' stands for that number",
                        (int)s->width, out);
    }
    for (int32_t i = 0; i < s->layers; i++) {
        if (!s->layer[i].type->is_skip_source || s->layer[i].skip_takers > 0) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "model: nothing takes what 'keep %g' keeps: expected an "
                        "'add', 'concat' or 'recall' behind it",
                        s->layer[i].arg[0]);
    }
    return HG_OK;
}

int hg__spec_set_input(hg__spec *s, const hg__shape *input, hg_error *err) {
    size_t width;
    char shape[128];
    s->input = *input;
    if (input->rank >= 1 && input->rank <= HG_MAX_RANK && hg__shape_count(input, &width) &&
        width >= 1 && width <= MAX_WIDTH) {
        s->width = (int32_t)width;
        return HG_OK;
    }
    hg__shape_format(input, shape);
    return hg__fail(err, HG_ERR_USAGE, "model: expected rows of 1 to %d features, got the shape %s",
                    MAX_WIDTH, input->rank < 0 || input->rank > HG_MAX_RANK ? "?" : shape);
}

int hg__spec_shape(hg__spec *s, const hg__shape *input, hg_error *err) {
    s->params = 0;
    s->parameters = 0;
    HG_TRY(hg__spec_set_input(s, input, err));
    for (int32_t i = 0; i < s->layers; i++) {
        HG_TRY(hg__spec_shape_layer(s, i, s->has_neck && i >= s->neck, err));
    }
    return hg__spec_check(s, err);
}

int hg__spec_reshape(hg__spec *s, const hg__spec *from, const hg__shape *input, hg_error *err) {
    *s = (hg__spec){.layers = from->layers,
                    .neck = from->neck,
                    .has_neck = from->has_neck,
                    .is_features = from->is_features};
    s->layer = hg__alloc((size_t)s->layers, sizeof *s->layer, err);
    int code = s->layer ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        memcpy(s->layer, from->layer, (size_t)s->layers * sizeof *s->layer);
        memcpy(s->text, from->text, sizeof s->text);
        code = hg__spec_shape(s, input, err);
    }
    if (code == HG_OK && s->params != from->params) {
        code = hg__fail(err, HG_ERR_MODEL, "the model works on images of one size only");
    }
    if (code < 0) hg__spec_clear(s);
    return code;
}

int hg__spec_gives_rows(const hg__spec *s, hg_error *err) {
    if (!s->is_features) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "model: expected a network that gives back what comes in, got one that gives "
                    "features of it");
}
