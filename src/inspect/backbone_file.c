// SPDX-License-Identifier: Apache-2.0
// backbone_file.c - a backbone's network from a weights file: which one it is, and its weights.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "inspect/backbone.h"
#include "inspect/backbone_spec.h"
#include "model/weights.h"

enum { STAGES_THAT_TELL = 3 };

// ---- which one it is ------------------------------------------------------------------------------

// A network being recognised in a file.
typedef struct candidate {
    hg__backbone_spec layout;
    hg__spec spec;
    hg_error why;  // the first thing that is not as the type has it
    int32_t found; // tensors before that
} candidate;

static int shape_candidate(candidate *c, const hg__backbone_type *type, int32_t stages,
                           hg_error *err) {
    const hg__shape input = {
        3, {HG_BACKBONE_SIDE, HG_BACKBONE_SIDE, HG_BACKBONE_CHANNELS}
    };
    hg__spec_clear(&c->spec);
    c->found = 0;
    HG_TRY(hg__backbone_spec_make(&c->layout, type, stages, err));
    return hg__spec_parse_features(&c->spec, c->layout.text, &input, err);
}

// Tensor `param` of the layer that stands at place `named` among those with parameters.
static const hg__tensor *find(const candidate *c, int32_t named, const hg__param *param,
                              const hg__tensors *t, char name[192]) {
    snprintf(name, 192, "%s.%s", c->layout.name[named], param->name);
    return hg__tensors_find(t, name);
}

static int check_tensor(const hg__tensor *found, const char *name, const hg__param *param,
                        const hg__backbone_type *type, const char *path, hg_error *err) {
    char want[128], got[128];
    hg__shape_format(&param->shape, want);
    if (!found) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a tensor '%s' of shape %s of a %s, got none", path, name,
                        want, type->name);
    }
    hg__shape_format(&found->shape, got);
    if (!hg__shape_is_equal(&found->shape, &param->shape)) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected the shape %s of a %s, got %s", path,
                        name, want, type->name, got);
    }
    if (hg__tensor_is_float(found)) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected F32, F64, F16 or BF16, got %s", path,
                    name, hg__dtype_name(found->dtype));
}

// Whether the file has all tensors of the shaped candidate, and no block more.
static int check_candidate(candidate *c, const hg__backbone_type *type, int32_t stages,
                           const hg__tensors *t) {
    int32_t named = 0;
    for (int32_t i = 0; i < c->spec.layers; i++) {
        const hg__layer *l = &c->spec.layer[i];
        for (int32_t k = 0; k < l->params; k++, c->found++) {
            char name[192];
            const hg__tensor *found = find(c, named, &l->param[k], t, name);
            HG_TRY(check_tensor(found, name, &l->param[k], type, t->path, &c->why));
        }
        named += l->params > 0;
    }
    for (int32_t i = 0; i < stages; i++) {
        if (!hg__tensors_find(t, c->layout.beyond[i])) continue;
        return hg__fail(&c->why, HG_ERR_MODEL, "%s: expected no '%s' in a %s, got one", t->path,
                        c->layout.beyond[i], type->name);
    }
    return HG_OK;
}

// Exporters that take batch norms into the weights give those names of their own: what was what cannot be told any more.
static bool has_lost_names(const hg__tensors *t) {
    for (size_t i = 0; i < t->count; i++) {
        if (strncmp(t->tensor[i].name, "onnx::", 6) == 0) return true;
    }
    return false;
}

static int fail_unknown(const hg__tensors *t, hg_error *err) {
    char known[300] = "";
    if (has_lost_names(t)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected tensors in torchvision's names, got an export whose batch "
                        "norms are folded and whose names are lost: torch.onnx.export(..., "
                        "training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False) "
                        "keeps them",
                        t->path);
    }
    for (int32_t i = 0; hg__backbone_types[i]; i++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                 hg__backbone_types[i]->name);
    }
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected the weights of a backbone (%s) in torchvision's names, got %zu "
                    "tensors%s%.100s%s",
                    t->path, known, t->count, t->count ? ", one of them '" : "",
                    t->count ? t->tensor[0].name : "", t->count ? "'" : "");
}

// The type whose first stages are all there. Where none is, the sentence is of the one of which most was found.
static int recognise(candidate *c, const hg__tensors *t, const hg__backbone_type **type,
                     hg_error *err) {
    int32_t most = 0;
    hg_error nearest = {0};
    for (int32_t i = 0; hg__backbone_types[i]; i++) {
        HG_TRY(shape_candidate(c, hg__backbone_types[i], STAGES_THAT_TELL, err));
        *type = hg__backbone_types[i];
        if (check_candidate(c, *type, STAGES_THAT_TELL, t) == HG_OK) return HG_OK;
        if (!c->found || c->found < most) continue; // of two that begin alike the smaller
        most = c->found;
        nearest = c->why;
    }
    if (!most || has_lost_names(t)) return fail_unknown(t, err);
    if (err) *err = nearest;
    return HG_ERR_MODEL;
}

// ---- its weights ----------------------------------------------------------------------------------

// A variance is no less than 0.
static int check_values(const hg__param *param, const char *name, const float *value, size_t count,
                        const char *path, hg_error *err) {
    if (strcmp(param->name, "running_var") != 0) return HG_OK;
    for (size_t i = 0; i < count; i++) {
        if (value[i] >= 0) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected variances, got %g at element %zu",
                        path, name, (double)value[i], i);
    }
    return HG_OK;
}

// buffer: room for the largest parameter.
static int read_weights(const candidate *c, const hg__tensors *t, hg__network *net, float *buffer,
                        hg_error *err) {
    int32_t named = 0;
    for (int32_t i = 0; i < net->spec.layers; i++) {
        const hg__layer *l = &net->spec.layer[i];
        for (int32_t k = 0; k < l->params; k++) {
            char name[192];
            size_t count = 0;
            const hg__tensor *found = find(c, named, &l->param[k], t, name);
            (void)hg__shape_count(&l->param[k].shape, &count); // as the file has it
            HG_TRY(hg__tensor_read_floats(found, t->path, buffer, count, err));
            HG_TRY(check_values(&l->param[k], name, buffer, count, t->path, err));
            hg__param_import(&l->param[k], net->params, buffer);
        }
        named += l->params > 0;
    }
    return HG_OK;
}

// Moves the shaped spec into net.
static int fill_network(candidate *c, const hg__tensors *t, hg__network *net, hg_error *err) {
    size_t largest = 0, count;
    net->spec = c->spec;
    c->spec = (hg__spec){0};
    for (int32_t i = 0; i < net->spec.layers; i++) {
        const hg__layer *l = &net->spec.layer[i];
        for (int32_t k = 0; k < l->params; k++) {
            if (hg__shape_count(&l->param[k].shape, &count) && count > largest) largest = count;
        }
    }
    float *buffer = hg__alloc(largest, sizeof *buffer, err);
    if (!buffer) return HG_ERR_MEMORY;
    net->params = hg__alloc(net->spec.params, sizeof *net->params, err);
    const int code = net->params ? read_weights(c, t, net, buffer, err) : HG_ERR_MEMORY;
    hg__free(buffer);
    return code;
}

// ---- all of it ------------------------------------------------------------------------------------

static int read_file(candidate *c, const hg__tensors *t, const char *stages, hg__backbone_file *f,
                     hg_error *err) {
    const hg__backbone_type *type = hg__backbone_types[0];
    hg__backbone_stages_picked picked;
    HG_TRY(recognise(c, t, &type, err));
    HG_TRY(hg__backbone_stages_pick(type, stages, &picked, err));
    const int32_t deepest = picked.stage[picked.stages - 1] + 1;
    HG_TRY(shape_candidate(c, type, deepest, err));
    if (check_candidate(c, type, deepest, t) < 0) {
        if (err) *err = c->why;
        return HG_ERR_MODEL;
    }
    snprintf(f->name, sizeof f->name, "%s", type->name);
    snprintf(f->stages, sizeof f->stages, "%s", picked.text);
    return fill_network(c, t, &f->net, err);
}

int hg__backbone_read(hg__backbone_file *f, const char *path, const char *stages, hg_error *err) {
    hg__tensors t = {0};
    *f = (hg__backbone_file){0};
    candidate *c = hg__alloc(1, sizeof *c, err);
    int code = c ? hg__weights_open(&t, path, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = read_file(c, &t, stages, f, err);
    if (c) hg__spec_clear(&c->spec);
    hg__tensors_close(&t);
    hg__free(c);
    if (code < 0) hg__network_clear(&f->net);
    return code;
}
