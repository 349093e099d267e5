// SPDX-License-Identifier: Apache-2.0
// backbone_spec.h - known backbones as specs, with the names that torchvision gives their tensors.
#ifndef HG_INSPECT_BACKBONE_SPEC_H
#define HG_INSPECT_BACKBONE_SPEC_H
#include "graph/spec.h"

enum {
    HG_MAX_STAGES = 5,
    HG_BACKBONE_NAME = 40,
    HG_BACKBONE_SIDE = 64, // of the image that specs are shaped for: any other is as good
    HG_BACKBONE_CHANNELS = 3
};

typedef enum hg__backbone_kind {
    HG_RESNET_BASIC,      // blocks of two convolutions of 3 x 3 (He et al. 2015)
    HG_RESNET_BOTTLENECK, // of 1 x 1, 3 x 3 (which has the stride) and 1 x 1
    HG_VGG, // convolutions of 3 x 3 (Simonyan & Zisserman 2014), configurations D and E
} hg__backbone_kind;

typedef struct hg__backbone_type {
    const char *name;
    hg__backbone_kind kind;
    int32_t stages;                // "layer1" .., or "block1" ..
    int32_t blocks[HG_MAX_STAGES]; // of each stage: residual blocks, or convolutions
    int32_t width;                 // channels within the first stage's blocks
    const char *standard; // the stages whose maps are features where nothing else is asked for
} hg__backbone_type;

// All that are known; NULL behind the last. Of two that begin alike the larger comes first.
extern const hg__backbone_type *const hg__backbone_types[];

// A backbone from the image to a stage.
typedef struct hg__backbone_spec {
    char text[HG_MAX_SPEC];
    size_t length;
    int32_t layers;
    int32_t end[HG_MAX_STAGES];                 // number of each stage's last layer
    char name[HG_MAX_LAYERS][HG_BACKBONE_NAME]; // (named): of layers with parameters, in order
    int32_t named;
    char beyond[HG_MAX_STAGES]
               [HG_BACKBONE_NAME]; // what the stage would have if it had a block more
    bool is_too_long;
} hg__backbone_spec;

// Fills s for images of three channels; stages: how many of type->stages.
int hg__backbone_spec_make(hg__backbone_spec *s, const hg__backbone_type *type, int32_t stages,
                           hg_error *err);
void hg__backbone_stage_name(const hg__backbone_type *type, int32_t stage,
                             char name[HG_BACKBONE_NAME]); // stage: from 0
// The number of a stage, from 0, by its name or by its number from 1; -1: it has none of that name.
int32_t hg__backbone_stage_find(const hg__backbone_type *type, const char *name, size_t length);
int32_t hg__backbone_stage_stride(const hg__backbone_type *type, int32_t stage); // pixels a pixel

// Stages, ascending.
typedef struct hg__backbone_stages_picked {
    int32_t stage[HG_MAX_STAGES], stages;
    char text[HG_MAX_STAGES * HG_BACKBONE_NAME]; // "layer2,layer3"
} hg__backbone_stages_picked;
// Of their names or numbers, comma-separated; NULL or "": the network's own choice.
int hg__backbone_stages_pick(const hg__backbone_type *type, const char *text,
                             hg__backbone_stages_picked *to, hg_error *err);
#endif
