// SPDX-License-Identifier: Apache-2.0
// slots.c - the smallest set of buffers for a run from the input to the output.
#include "model/slots.h"

// Whether a boundary is needed behind layer i: kept by a layer before it for one behind it.
static bool is_kept(const hg__spec *spec, int32_t boundary, int32_t i) {
    for (int32_t k = 0; k < i; k++) {
        const hg__layer *l = &spec->layer[k];
        if (l->type->remembers && l->from > i && boundary == k + 1) return true;
    }
    return false;
}

// Whether slot holds, before layer i has run, something that is needed behind it or while it runs.
static bool is_busy(const hg__slots *s, const hg__spec *spec, int32_t slot, int32_t i) {
    if (s->of[i] == slot || slot == 0) return true;
    const hg__layer *l = &spec->layer[i];
    if (l->type->takes && s->of[l->from + 1] == slot) return true;
    for (int32_t b = 0; b < i; b++) {
        if (s->of[b] == slot && is_kept(spec, b, i)) return true;
    }
    return false;
}

static bool works_in_place(const hg__slots *s, const hg__spec *spec, int32_t i) {
    const hg__layer *l = &spec->layer[i];
    if (l->type->remembers) return true;
    if (!l->type->in_place || s->of[i] == 0) return false;
    for (int32_t b = 0; b <= i; b++) {
        if (s->of[b] == s->of[i] && is_kept(spec, b, i)) return false;
    }
    return !(l->type->takes && s->of[l->from + 1] == s->of[i]);
}

void hg__slots_find(hg__slots *s, const hg__spec *spec) {
    *s = (hg__slots){.count = 1};
    s->width[0] = (size_t)spec->width;
    for (int32_t i = 0; i < spec->layers; i++) {
        int32_t slot = s->of[i];
        if (!works_in_place(s, spec, i)) {
            for (slot = 0; slot < s->count && is_busy(s, spec, slot, i);) slot++;
        }
        size_t width = 0;
        (void)hg__shape_count(&spec->layer[i].out, &width);
        s->of[i + 1] = slot;
        if (slot == s->count) s->count++;
        if (width > s->width[slot]) s->width[slot] = width;
    }
}
