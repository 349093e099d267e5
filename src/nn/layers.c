// SPDX-License-Identifier: Apache-2.0
// layers.c - the registry of layer types, made from layers.def.
#include <string.h>

#include "nn/layer.h"

#define LAYER(x) extern const hg__layer_type hg__layer_##x;
#include "nn/layers.def"
#undef LAYER

static const hg__layer_type *const types[] = {
#define LAYER(x) &hg__layer_##x,
#include "nn/layers.def"
#undef LAYER
    NULL,
};

const hg__layer_type *const *hg__layer_types(void) {
    return types;
}

const hg__layer_type *hg__layer_type_reordering(hg__reorders how) {
    const hg__layer_type *const *t = types;
    while (*t && (*t)->reorders != how) t++;
    return *t;
}

const hg__layer_type *hg__layer_type_find(const char *name) {
    for (const hg__layer_type *const *t = types; *t; t++) {
        if (strcmp((*t)->name, name) == 0) return *t;
    }
    return NULL;
}
