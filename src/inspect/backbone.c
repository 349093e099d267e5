// SPDX-License-Identifier: Apache-2.0
// backbone.c - a backbone from its file: which one it is, its weights, and its maps of pictures.
#include "inspect/backbone.h"

#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "exec/plan_image.h"
#include "inspect/backbone_spec.h"
#include "inspect/feature_map.h"
#include "model/weights.h"

enum { CHANNELS = 3, SIDE = 64, STAGES_THAT_TELL = 3 };

// Of ImageNet's pictures, red, green and blue, 0 .. 1: what torchvision's backbones were trained with.
static const float mean[CHANNELS] = {0.485F, 0.456F, 0.406F};
static const float deviation[CHANNELS] = {0.229F, 0.224F, 0.225F};

struct hg__backbone {
    const hg__backbone_type *type;
    hg__network *net;                                         // owned: batch norms folded in
    hg__pool *pool;                                           // borrowed
    int32_t stage[HG_MAX_STAGES], tap[HG_MAX_STAGES], stages; // tap: layers of net
    int32_t stage_channels[HG_MAX_STAGES], channels;
    char stage_names[HG_MAX_STAGES * HG_BACKBONE_NAME];
    hg__image_plan *plan; // owned, for pictures of this size; NULL: none yet
    int32_t height, width;
    float *average; // owned: room for the means of any stage but the first
};

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
        3, {SIDE, SIDE, CHANNELS}
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

// ---- its stages -----------------------------------------------------------------------------------

static int fail_stage(const hg__backbone_type *type, const char *word, size_t length,
                      hg_error *err) {
    char first[HG_BACKBONE_NAME], last[HG_BACKBONE_NAME];
    hg__backbone_stage_name(type, 0, first);
    hg__backbone_stage_name(type, type->stages - 1, last);
    return hg__fail(err, HG_ERR_USAGE, "expected stages of a %s, %s to %s, got '%.*s'", type->name,
                    first, last, (int)(length < 40 ? length : 40), word);
}

// "layer2,layer3" into b->stage, ascending.
static int pick_stages(hg__backbone *b, const char *text, hg_error *err) {
    bool is_chosen[HG_MAX_STAGES] = {false};
    if (!text || !*text) text = b->type->standard;
    for (;;) {
        const size_t length = strcspn(text, ",");
        const int32_t stage = hg__backbone_stage_find(b->type, text, length);
        if (stage < 0) return fail_stage(b->type, text, length, err);
        is_chosen[stage] = true;
        text += length;
        if (!*text) break;
        text++;
    }
    for (int32_t i = 0; i < b->type->stages; i++) {
        char name[HG_BACKBONE_NAME];
        if (!is_chosen[i]) continue;
        hg__backbone_stage_name(b->type, i, name);
        const size_t used = strlen(b->stage_names);
        snprintf(b->stage_names + used, sizeof b->stage_names - used, "%s%s", used ? "," : "",
                 name);
        b->stage[b->stages++] = i;
    }
    return HG_OK;
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

// Batch norms into the weights: what is kept is the network without them, and where the stages end in it.
static int fold(hg__backbone *b, const candidate *c, hg_error *err) {
    hg__network *folded;
    if (!hg__network_fold(b->net, &folded, err)) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < b->stages; i++) {
        const int32_t end = c->layout.end[b->stage[i]];
        b->tap[i] = hg__network_folded_number(b->net, end);
        b->stage_channels[i] = hg__extent_of(&b->net->spec.layer[end].out).C;
        b->channels += b->stage_channels[i];
    }
    if (!folded) return HG_OK;
    hg__network_free(b->net);
    b->net = folded;
    return HG_OK;
}

static int open_with(hg__backbone *b, candidate *c, const hg__tensors *t, const char *stages,
                     hg_error *err) {
    HG_TRY(recognise(c, t, &b->type, err));
    HG_TRY(pick_stages(b, stages, err));
    const int32_t deepest = b->stage[b->stages - 1] + 1;
    HG_TRY(shape_candidate(c, b->type, deepest, err));
    if (check_candidate(c, b->type, deepest, t) < 0) {
        if (err) *err = c->why;
        return HG_ERR_MODEL;
    }
    b->net = hg__alloc(1, sizeof *b->net, err);
    if (!b->net) return HG_ERR_MEMORY;
    HG_TRY(fill_network(c, t, b->net, err));
    return fold(b, c, err);
}

hg__backbone *hg__backbone_open(const char *path, const char *stages, hg__pool *pool,
                                hg_error *err) {
    hg__tensors t = {0};
    hg__backbone *b = hg__alloc(1, sizeof *b, err);
    candidate *c = b ? hg__alloc(1, sizeof *c, err) : NULL;
    int code = c ? hg__weights_open(&t, path, err) : HG_ERR_MEMORY;
    if (b) b->pool = pool;
    if (code == HG_OK) code = open_with(b, c, &t, stages, err);
    if (c) hg__spec_clear(&c->spec);
    hg__tensors_close(&t);
    hg__free(c);
    if (code == HG_OK) return b;
    hg__backbone_close(b);
    return NULL;
}

void hg__backbone_close(hg__backbone *b) {
    if (!b) return;
    hg__image_plan_free(b->plan);
    hg__network_free(b->net);
    hg__free(b->average);
    hg__free(b);
}

// ---- what it is -----------------------------------------------------------------------------------

const char *hg__backbone_name(const hg__backbone *b) {
    return b->type->name;
}

const char *hg__backbone_stages(const hg__backbone *b) {
    return b->stage_names;
}

int32_t hg__backbone_channels(const hg__backbone *b) {
    return b->channels;
}

int32_t hg__backbone_stride(const hg__backbone *b) {
    return hg__backbone_stage_stride(b->type, b->stage[0]);
}

// Two places of the deepest stage at least: a layer takes an image of one line for a signal.
int32_t hg__backbone_least(const hg__backbone *b) {
    return 2 * hg__backbone_stage_stride(b->type, b->stage[b->stages - 1]);
}

// A ResNet halves sides rounded up, a VGG rounded down.
static hg__extent stage_extent(const hg__backbone *b, int32_t i, int32_t height, int32_t width) {
    const int32_t stride = hg__backbone_stage_stride(b->type, b->stage[i]);
    const int32_t more = b->type->kind == HG_VGG ? 0 : stride - 1;
    return (hg__extent){(height + more) / stride, (width + more) / stride, b->stage_channels[i]};
}

void hg__backbone_size(const hg__backbone *b, int32_t height, int32_t width, int32_t *rows,
                       int32_t *columns) {
    const hg__extent e = stage_extent(b, 0, height, width);
    *rows = e.H;
    *columns = e.W;
}

// Floats of the largest map that is averaged by itself.
static size_t average_count(const hg__backbone *b, int32_t height, int32_t width) {
    size_t most = 0;
    for (int32_t i = 1; i < b->stages; i++) {
        const size_t count = (size_t)hg__extent_count(stage_extent(b, i, height, width));
        if (count > most) most = count;
    }
    return most;
}

size_t hg__backbone_bytes(const hg__backbone *b, int32_t height, int32_t width) {
    const int32_t least = hg__backbone_least(b);
    if (height < least || width < least) return 0;
    const hg__extent e = stage_extent(b, 0, height, width);
    const size_t places = (size_t)e.H * (size_t)e.W;
    const size_t plan = hg__image_plan_tapped_bytes(
        b->net, height, width, hg__pool_threads(b->pool), &(hg__taps){b->tap, b->stages});
    const size_t floats = places * (size_t)b->channels + average_count(b, height, width);
    return plan ? plan + floats * sizeof(float) : 0;
}

// ---- maps -----------------------------------------------------------------------------------------

static int check_picture(const hg__backbone *b, const hg__raster *picture, hg_error *err) {
    const int32_t least = hg__backbone_least(b);
    if (picture->height < least || picture->width < least) {
        return hg__fail(err, HG_ERR_DATA,
                        "expected pictures of at least %d x %d pixels, got %d x %d", (int)least,
                        (int)least, (int)picture->width, (int)picture->height);
    }
    if (picture->channels == 1 || picture->channels == CHANNELS) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "expected pictures of 1 or 3 channels, got %d",
                    (int)picture->channels);
}

// The plan for pictures of this size, and room for means.
static int prepare(hg__backbone *b, int32_t height, int32_t width, hg_error *err) {
    if (b->plan && b->height == height && b->width == width) return HG_OK;
    hg__image_plan_free(b->plan);
    hg__free(b->average);
    b->plan = NULL;
    b->average = hg__alloc(average_count(b, height, width), sizeof *b->average, err);
    if (!b->average) return HG_ERR_MEMORY;
    hg_error own = {0};
    b->plan = hg__image_plan_new_tapped(b->net, b->pool, height, width,
                                        &(hg__taps){b->tap, b->stages}, &own);
    if (err && !b->plan) *err = own;
    if (!b->plan) return own.code;
    b->height = height;
    b->width = width;
    return HG_OK;
}

static int make_room(const hg__backbone *b, int32_t height, int32_t width, hg__raster *features,
                     hg_error *err) {
    const hg__extent e = stage_extent(b, 0, height, width);
    if (features->at && features->height == e.H && features->width == e.W &&
        features->channels == b->channels) {
        return HG_OK;
    }
    hg__raster_clear(features);
    return hg__raster_init(features, e.H, e.W, b->channels, err);
}

// Red, green and blue, or grey three times, as the backbone was trained with.
static void normalise(const hg__raster *picture, hg__real *to) {
    const size_t pixels = (size_t)picture->height * (size_t)picture->width;
    const size_t channels = (size_t)picture->channels;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c < CHANNELS; c++) {
            const float value = picture->at[i * channels + (channels == 1 ? 0 : c)];
            to[i * CHANNELS + c] = (value - mean[c]) / deviation[c];
        }
    }
}

int hg__backbone_maps(hg__backbone *b, const hg__raster *picture, hg__raster *features,
                      hg_error *err) {
    HG_TRY(check_picture(b, picture, err));
    HG_TRY(prepare(b, picture->height, picture->width, err));
    HG_TRY(make_room(b, picture->height, picture->width, features, err));
    normalise(picture, hg__image_plan_input(b->plan));
    (void)hg__image_plan_run(b->plan);
    int32_t channel = b->stage_channels[0];
    for (int32_t i = 0; i < b->stages; i++) {
        hg__extent e;
        const hg__real *map = hg__image_plan_tap(b->plan, i, &e);
        if (i == 0) { // the finest: as it is
            hg__feature_map_average(map, e, features->at, (size_t)b->channels, b->pool);
            continue;
        }
        hg__feature_map_average(map, e, b->average, (size_t)e.C, b->pool);
        hg__feature_map_enlarge(b->average, e, features, channel, b->pool);
        channel += e.C;
    }
    return HG_OK;
}
