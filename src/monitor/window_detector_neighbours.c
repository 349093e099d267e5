// SPDX-License-Identifier: Apache-2.0
// window_detector_neighbours.c - a window's squared distance to the nearest of training, along the axes in which windows differ most.
//
// That a stretch without a like is a discord: Keogh, Lin & Fu, "HOT SAX", 2005; to a recording of its own: Yeh et al., "Matrix
// profile I", 2016.
#include <string.h>

#include "base/mem.h"
#include "detect/neighbours.h"
#include "monitor/window_axes.h"

enum { AXES = 32, REFERENCES = 2000, MOST_REFERENCES = 1 << 20 };
static const char of_references[] = "references";

typedef struct near_windows {
    hg__window_axes axes;
    float *reference; // owned, (references, axes)
    hg__neighbours *neighbours;
    hg__blocks blocks;
} near_windows;

static void free_state(void *state) {
    near_windows *s = state;
    if (!s) return;
    hg__neighbours_free(s->neighbours);
    hg__blocks_clear(&s->blocks);
    hg__window_axes_clear(&s->axes);
    hg__free(s->reference);
    hg__free(s);
}

// to (windows of w, axes).
static int add_references(near_windows *s, hg__window_walk *w, float *to, hg_error *err) {
    int32_t count;
    while ((count = hg__window_walk_next(w, err)) > 0) {
        const size_t room = (size_t)count * (size_t)s->axes.count;
        const hg__seen_windows seen = hg__window_walk_seen(w, count);
        hg__window_axes_place(&s->axes, &seen);
        memcpy(to, s->axes.place, room * sizeof *to);
        to += room;
    }
    return count;
}

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    hg__window_walk w = {0};
    char name[HG_PART_NAME];
    near_windows *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    HG_TRY(hg__window_axes_fit(&s->axes, d, data, AXES, 1, m, err));
    HG_TRY(hg__window_walk_init(&w, data, d, REFERENCES, err));
    const int64_t count = w.count;
    float *reference = hg__numbers((size_t)count, (size_t)s->axes.count, err);
    int code = reference ? add_references(s, &w, reference, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        hg__window_detector_part(d, of_references, name);
        code = hg__model_keep_part(m, name, HG_F32, count, s->axes.count, reference, err);
    }
    hg__window_walk_clear(&w);
    hg__free(reference);
    return code;
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *part;
    char name[HG_PART_NAME];
    near_windows *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    HG_TRY(hg__window_axes_load(&s->axes, d, m, where, err));
    hg__window_detector_part(d, of_references, name);
    HG_TRY(hg__model_take_numbers(m, name, -1, s->axes.count, where, &part, err));
    const int64_t count = part->shape.dim[0];
    if (count < 1 || count > MOST_REFERENCES) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected 1 to %d references, got %lld", where,
                        name, MOST_REFERENCES, (long long)count);
    }
    s->reference = hg__numbers((size_t)count, (size_t)s->axes.count, err);
    if (!s->reference) return HG_ERR_MEMORY;
    memcpy(s->reference, part->data, (size_t)count * (size_t)s->axes.count * sizeof *s->reference);
    s->neighbours = hg__neighbours_new(s->reference, (int32_t)count, s->axes.count, err);
    if (!s->neighbours) return HG_ERR_MEMORY;
    float far[HG_WINDOWS_AT_ONCE]; // makes the room that measuring needs
    return hg__neighbours_find(s->neighbours, s->axes.place, HG_WINDOWS_AT_ONCE, 1, far, NULL,
                               &s->blocks, err);
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    near_windows *s = d->state;
    hg__window_axes_place(&s->axes, w);
    // cannot fail: one block, whose room is there since load()
    (void)hg__neighbours_find(s->neighbours, s->axes.place, w->count, 1, to->far, NULL, &s->blocks,
                              NULL);
}

const hg__window_detector_type hg__window_neighbours = {
    .fit = fit, .load = load, .measure = measure, .free = free_state};
