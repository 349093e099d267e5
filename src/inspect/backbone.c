// SPDX-License-Identifier: Apache-2.0
// backbone.c - a backbone at work: from its network to its maps of pictures.
#include "inspect/backbone.h"

#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "exec/plan_image.h"
#include "inspect/feature_map.h"

enum { CHANNELS = HG_BACKBONE_CHANNELS };

// Of ImageNet's pictures, red, green and blue, 0 .. 1: what torchvision's backbones were trained with.
static const float mean[CHANNELS] = {0.485F, 0.456F, 0.406F};
static const float deviation[CHANNELS] = {0.229F, 0.224F, 0.225F};

struct hg__backbone {
    const hg__backbone_type *type;
    hg__network *own;       // owned: of the file it was opened with; NULL: borrowed
    const hg__network *net; // borrowed: what runs, batch norms folded in
    hg__network *folded;    // owned, or NULL where there was nothing to fold
    hg__pool *pool;         // borrowed
    hg__backbone_stages_picked picked;
    int32_t tap[HG_MAX_STAGES]; // layers of net
    int32_t stage_channels[HG_MAX_STAGES], channels;
    hg__image_plan *plan; // owned, for pictures of this size; NULL: none yet
    int32_t height, width;
    float *average; // owned: room for the means of any stage but the first
};

// ---- from its network -----------------------------------------------------------------------------

static int find_type(hg__backbone *b, const char *name, const char *where, hg_error *err) {
    for (int32_t i = 0; name && hg__backbone_types[i]; i++) {
        if (strcmp(hg__backbone_types[i]->name, name) == 0) b->type = hg__backbone_types[i];
    }
    if (b->type) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: expected a known backbone, got '%.40s'", where,
                    name ? name : "");
}

// The network is what the stages say; where they end in it.
static int take_layout(hg__backbone *b, const hg__network *net, const char *where, hg_error *err) {
    const hg__shape input = {
        3, {HG_BACKBONE_SIDE, HG_BACKBONE_SIDE, CHANNELS}
    };
    const int32_t deepest = b->picked.stage[b->picked.stages - 1] + 1;
    hg__spec spec = {0};
    hg__backbone_spec *layout = hg__alloc(1, sizeof *layout, err);
    int code = layout ? hg__backbone_spec_make(layout, b->type, deepest, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__spec_parse_features(&spec, layout->text, &input, err);
    if (code == HG_OK && (strcmp(spec.text, net->spec.text) != 0 || !net->spec.is_features ||
                          !hg__shape_is_equal(&spec.input, &net->spec.input))) {
        code = hg__fail(err, HG_ERR_MODEL,
                        "%s: expected the network of a %s as far as %s, got another", where,
                        b->type->name, b->picked.text);
    }
    for (int32_t i = 0; code == HG_OK && i < b->picked.stages; i++) {
        const int32_t end = layout->end[b->picked.stage[i]];
        b->tap[i] = hg__network_folded_number(net, end);
        b->stage_channels[i] = hg__extent_of(&net->spec.layer[end].out).C;
        b->channels += b->stage_channels[i];
    }
    hg__spec_clear(&spec);
    hg__free(layout);
    return code;
}

static int begin(hg__backbone *b, const hg__network *net, const char *name, const char *stages,
                 const char *where, hg_error *err) {
    HG_TRY(find_type(b, name, where, err));
    HG_TRY(hg__backbone_stages_pick(b->type, stages, &b->picked, err));
    HG_TRY(take_layout(b, net, where, err));
    b->net = hg__network_fold(net, &b->folded, err);
    return b->net ? HG_OK : HG_ERR_MEMORY;
}

hg__backbone *hg__backbone_new(const hg__network *net, const char *name, const char *stages,
                               hg__pool *pool, const char *where, hg_error *err) {
    hg__backbone *b = hg__alloc(1, sizeof *b, err);
    if (!b) return NULL;
    b->pool = pool;
    if (begin(b, net, name, stages, where, err) == HG_OK) return b;
    hg__backbone_close(b);
    return NULL;
}

hg__backbone *hg__backbone_open(const char *path, const char *stages, hg__pool *pool,
                                hg_error *err) {
    hg__backbone *b = NULL;
    hg__backbone_file *f = hg__alloc(1, sizeof *f, err);
    hg__network *own = f ? hg__alloc(1, sizeof *own, err) : NULL;
    if (own && hg__backbone_read(f, path, stages, err) == HG_OK) {
        *own = f->net;
        b = hg__backbone_new(own, f->name, f->stages, pool, path, err);
    }
    hg__free(f);
    if (b && !b->folded) {
        b->own = own;
    } else { // what was folded is a copy
        hg__network_free(own);
    }
    return b;
}

void hg__backbone_close(hg__backbone *b) {
    if (!b) return;
    hg__image_plan_free(b->plan);
    hg__network_free(b->folded);
    hg__network_free(b->own);
    hg__free(b->average);
    hg__free(b);
}

// ---- what it is -----------------------------------------------------------------------------------

const char *hg__backbone_name(const hg__backbone *b) {
    return b->type->name;
}

const char *hg__backbone_stages(const hg__backbone *b) {
    return b->picked.text;
}

int32_t hg__backbone_channels(const hg__backbone *b) {
    return b->channels;
}

int32_t hg__backbone_stride(const hg__backbone *b) {
    return hg__backbone_stage_stride(b->type, b->picked.stage[0]);
}

// Two places of the deepest stage at least: a layer takes an image of one line for a signal.
int32_t hg__backbone_least(const hg__backbone *b) {
    return 2 * hg__backbone_stage_stride(b->type, b->picked.stage[b->picked.stages - 1]);
}

// A ResNet halves sides rounded up, a VGG rounded down.
static hg__extent stage_extent(const hg__backbone *b, int32_t i, int32_t height, int32_t width) {
    const int32_t stride = hg__backbone_stage_stride(b->type, b->picked.stage[i]);
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
    for (int32_t i = 1; i < b->picked.stages; i++) {
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
        b->net, height, width, hg__pool_threads(b->pool), &(hg__taps){b->tap, b->picked.stages});
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
                                        &(hg__taps){b->tap, b->picked.stages}, &own);
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
    for (int32_t i = 0; i < b->picked.stages; i++) {
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
