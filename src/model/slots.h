// SPDX-License-Identifier: Apache-2.0
// slots.h - running without training: which buffer holds what goes from layer to layer.
//
// Boundary i is the input of layer i, `layers` the output. A buffer is used again as soon as nothing needs what
// is in it: layers that work in place write over their input, what was kept stays until it is taken.
#ifndef HG_MODEL_SLOTS_H
#define HG_MODEL_SLOTS_H
#include "model/spec.h"

typedef struct hg__slots {
    int32_t of[HG_MAX_LAYERS + 1]; // boundary -> slot
    int32_t count;
    size_t width[HG_MAX_LAYERS + 1]; // of each slot, numbers a row
} hg__slots;

// The slots of boundaries 0 .. layers. The first one, the input, is not written over.
void hg__slots_find(hg__slots *s, const hg__spec *spec);
#endif
