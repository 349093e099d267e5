// SPDX-License-Identifier: Apache-2.0
// backbone_case.h - the weights of a VGG-16 as far as its third block, all of which tells that it is one, drawn at random.
#ifndef HG_TESTS_BACKBONE_CASE_H
#define HG_TESTS_BACKBONE_CASE_H
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "inspect/backbone_spec.h"
#include "model/safetensors.h"

enum { BACKBONE_STAGES = 3, BACKBONE_LARGEST = 256 * 256 * 9, BACKBONE_TENSORS = 32 };

static inline int write_backbone_of(const hg__spec *spec, const hg__backbone_spec *s,
                                    const float *value, const char *path, hg_error *err) {
    hg__tensor tensor[BACKBONE_TENSORS];
    size_t count = 0;
    int32_t named = 0;
    for (int32_t i = 0; i < spec->layers; i++) {
        const hg__layer *l = &spec->layer[i];
        for (int32_t k = 0; k < l->params; k++) {
            hg__tensor *t = &tensor[count++];
            *t = (hg__tensor){.dtype = HG_F32, .shape = l->param[k].shape, .data = value};
            snprintf(t->name, sizeof t->name, "%s.%s", s->name[named], l->param[k].name);
        }
        named += l->params > 0;
    }
    return hg__tensors_write(path, tensor, count, NULL, NULL, 0, err);
}

// As safetensors. HG_OK, or err says why not.
static inline int write_backbone(const char *path, hg_error *err) {
    const hg__shape input = {
        3, {HG_BACKBONE_SIDE, HG_BACKBONE_SIDE, HG_BACKBONE_CHANNELS}
    };
    hg__backbone_spec *s = hg__alloc(1, sizeof *s, err);
    hg__spec *spec = hg__alloc(1, sizeof *spec, err);
    float *value = hg__alloc(BACKBONE_LARGEST, sizeof *value, err);
    int32_t vgg16 = 0;
    while (strcmp(hg__backbone_types[vgg16]->name, "vgg16") != 0) vgg16++;
    for (uint32_t i = 0; value && i < BACKBONE_LARGEST; i++) {
        value[i] = (hg__unit_float(hg__philox_run(6, i, 0, 0, 0).word[0]) - 0.5F) / 9;
    }
    int code = s && spec && value ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = hg__backbone_spec_make(s, hg__backbone_types[vgg16], BACKBONE_STAGES, err);
    }
    if (code == HG_OK) code = hg__spec_parse_features(spec, s->text, &input, err);
    if (code == HG_OK) code = write_backbone_of(spec, s, value, path, err);
    if (spec) hg__spec_clear(spec);
    hg__free(spec);
    hg__free(s);
    hg__free(value);
    return code;
}
#endif
