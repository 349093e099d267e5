// SPDX-License-Identifier: Apache-2.0
// backbone_spec.c - ResNets and VGGs, written out layer by layer and name by name as torchvision has them.
#include "inspect/backbone_spec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// clang-format off
static const hg__backbone_type
    wide_resnet50_2 = {"wide_resnet50_2", HG_RESNET_BOTTLENECK, 4, {3, 4, 6, 3, 0}, 128, "layer2,layer3"},
    resnet50 = {"resnet50", HG_RESNET_BOTTLENECK, 4, {3, 4, 6, 3, 0}, 64, "layer2,layer3"},
    resnet34 = {"resnet34", HG_RESNET_BASIC, 4, {3, 4, 6, 3, 0}, 64, "layer2,layer3"},
    resnet18 = {"resnet18", HG_RESNET_BASIC, 4, {2, 2, 2, 2, 0}, 64, "layer2,layer3"},
    vgg19 = {"vgg19", HG_VGG, 5, {2, 2, 4, 4, 4}, 64, "block3,block4"},
    vgg16 = {"vgg16", HG_VGG, 5, {2, 2, 3, 3, 3}, 64, "block3,block4"};
// clang-format on

const hg__backbone_type *const hg__backbone_types[] = {
    &wide_resnet50_2, &resnet50, &resnet34, &resnet18, &vgg19, &vgg16, NULL};

// ---- writing --------------------------------------------------------------------------------------

// So many layers more.
__attribute__((format(printf, 3, 4))) static void add(hg__backbone_spec *s, int32_t layers,
                                                      const char *format, ...) {
    char item[HG_LAYER_SPEC];
    va_list list;
    va_start(list, format);
    const int length = vsnprintf(item, sizeof item, format, list);
    va_end(list);
    const char *between = s->layers ? ", " : "";
    const size_t more = strlen(between) + (size_t)length;
    s->layers += layers;
    s->is_too_long |= s->length + more >= sizeof s->text || s->layers > HG_MAX_LAYERS;
    if (s->is_too_long) return;
    snprintf(s->text + s->length, sizeof s->text - s->length, "%s%s", between, item);
    s->length += more;
}

// The name of the next layer with parameters: "layer1.0.conv1".
__attribute__((format(printf, 2, 3))) static void name(hg__backbone_spec *s, const char *format,
                                                       ...) {
    va_list list;
    if (s->named == HG_MAX_LAYERS) return; // is_too_long already
    va_start(list, format);
    vsnprintf(s->name[s->named++], sizeof s->name[0], format, list);
    va_end(list);
}

// ---- ResNet ---------------------------------------------------------------------------------------

// conv<i> and bn<i> of a block.
static void add_conv(hg__backbone_spec *s, const char *block, int i, int32_t channels, int32_t k,
                     int32_t stride) {
    add(s, 1, "conv %d k=%d s=%d bias=0", (int)channels, (int)k, (int)stride);
    name(s, "%s.conv%d", block, i);
    add(s, 1, "batchnorm");
    name(s, "%s.bn%d", block, i);
}

// What goes around the block, where it cannot go as it is: a projection.
static void add_projection(hg__backbone_spec *s, const char *block, int32_t channels,
                           int32_t stride) {
    add(s, 2, "keep 2, recall 1");
    add(s, 1, "conv %d k=1 s=%d bias=0", (int)channels, (int)stride);
    name(s, "%s.downsample.0", block);
    add(s, 1, "batchnorm");
    name(s, "%s.downsample.1", block);
    add(s, 2, "add 2, relu");
}

static void add_block(hg__backbone_spec *s, const hg__backbone_type *type, int32_t stage,
                      int32_t i) {
    const bool is_basic = type->kind == HG_RESNET_BASIC;
    const int32_t width = type->width << stage, out = 64 * (is_basic ? 1 : 4) << stage;
    const int32_t stride = i == 0 && stage > 0 ? 2 : 1;
    const bool projects = i == 0 && (stage > 0 || !is_basic);
    char block[HG_BACKBONE_NAME / 2];
    snprintf(block, sizeof block, "layer%d.%d", (int)stage + 1, (int)(i % 100));
    add(s, 1, "keep 1");
    if (is_basic) {
        add_conv(s, block, 1, width, 3, stride);
        add(s, 1, "relu");
        add_conv(s, block, 2, width, 3, 1);
    } else {
        add_conv(s, block, 1, width, 1, 1);
        add(s, 1, "relu");
        add_conv(s, block, 2, width, 3, stride);
        add(s, 1, "relu");
        add_conv(s, block, 3, out, 1, 1);
    }
    if (projects) {
        add_projection(s, block, out, stride);
    } else {
        add(s, 2, "add 1, relu");
    }
}

static void make_resnet(hg__backbone_spec *s, const hg__backbone_type *type, int32_t stages) {
    add(s, 1, "conv 64 k=7 s=2 bias=0");
    name(s, "conv1");
    add(s, 2, "batchnorm relu");
    name(s, "bn1");
    add(s, 1, "maxpool 3 2 1");
    for (int32_t stage = 0; stage < stages; stage++) {
        const int32_t blocks = type->blocks[stage];
        for (int32_t i = 0; i < blocks; i++) add_block(s, type, stage, i);
        s->end[stage] = s->layers - 1;
        snprintf(s->beyond[stage], sizeof s->beyond[0], "layer%d.%d.conv1.weight", (int)stage + 1,
                 (int)blocks);
    }
}

// ---- VGG ------------------------------------------------------------------------------------------

static void make_vgg(hg__backbone_spec *s, const hg__backbone_type *type, int32_t stages) {
    int feature = 0; // number in torchvision's `features`
    for (int32_t stage = 0; stage < stages; stage++) {
        if (stage > 0) add(s, 1, "maxpool 2"), feature++;
        for (int32_t i = 0; i < type->blocks[stage]; i++) {
            add(s, 2, "conv %d relu", (int)(type->width << (stage < 3 ? stage : 3)));
            name(s, "features.%d", feature);
            feature += 2;
        }
        s->end[stage] = s->layers - 1;
        snprintf(s->beyond[stage], sizeof s->beyond[0], "features.%d.weight", feature);
    }
}

// ---- all of them ----------------------------------------------------------------------------------

int hg__backbone_spec_make(hg__backbone_spec *s, const hg__backbone_type *type, int32_t stages,
                           hg_error *err) {
    *s = (hg__backbone_spec){0};
    if (type->kind == HG_VGG) {
        make_vgg(s, type, stages);
    } else {
        make_resnet(s, type, stages);
    }
    if (!s->is_too_long) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected a network of at most %d layers", type->name,
                    HG_MAX_LAYERS);
}

void hg__backbone_stage_name(const hg__backbone_type *type, int32_t stage,
                             char name[HG_BACKBONE_NAME]) {
    snprintf(name, HG_BACKBONE_NAME, "%s%d", type->kind == HG_VGG ? "block" : "layer",
             (int)stage + 1);
}

int32_t hg__backbone_stage_find(const hg__backbone_type *type, const char *name, size_t length) {
    for (int32_t i = 0; i < type->stages; i++) {
        char own[HG_BACKBONE_NAME];
        hg__backbone_stage_name(type, i, own);
        const size_t whole = strlen(own);
        const bool is_name = length == whole && memcmp(name, own, whole) == 0;
        const bool is_number = length == 1 && name[0] == own[whole - 1];
        if (is_name || is_number) return i;
    }
    return -1;
}

int32_t hg__backbone_stage_stride(const hg__backbone_type *type, int32_t stage) {
    return (type->kind == HG_VGG ? 1 : 4) << stage;
}

// ---- stages ---------------------------------------------------------------------------------------

static int fail_stage(const hg__backbone_type *type, const char *word, size_t length,
                      hg_error *err) {
    char first[HG_BACKBONE_NAME], last[HG_BACKBONE_NAME];
    hg__backbone_stage_name(type, 0, first);
    hg__backbone_stage_name(type, type->stages - 1, last);
    return hg__fail(err, HG_ERR_USAGE, "expected stages of a %s, %s to %s, got '%.*s'", type->name,
                    first, last, (int)(length < 40 ? length : 40), word);
}

int hg__backbone_stages_pick(const hg__backbone_type *type, const char *text,
                             hg__backbone_stages_picked *to, hg_error *err) {
    bool is_chosen[HG_MAX_STAGES] = {false};
    *to = (hg__backbone_stages_picked){0};
    if (!text || !*text) text = type->standard;
    for (;;) {
        const size_t length = strcspn(text, ",");
        const int32_t stage = hg__backbone_stage_find(type, text, length);
        if (stage < 0) return fail_stage(type, text, length, err);
        is_chosen[stage] = true;
        text += length;
        if (!*text) break;
        text++;
    }
    for (int32_t i = 0; i < type->stages; i++) {
        char name[HG_BACKBONE_NAME];
        if (!is_chosen[i]) continue;
        hg__backbone_stage_name(type, i, name);
        const size_t used = strlen(to->text);
        snprintf(to->text + used, sizeof to->text - used, "%s%s", used ? "," : "", name);
        to->stage[to->stages++] = i;
    }
    return HG_OK;
}
