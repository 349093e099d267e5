// SPDX-License-Identifier: Apache-2.0
// window_detector.c - the kinds of detectors of windows, and windows of training for them.
#include "monitor/window_detector.h"

#include "base/int.h"
#include "base/mem.h"

const hg__window_detector_type *const hg__window_detector_types[HG_WINDOW_DETECTORS] = {
#define DETECTOR(name) &hg__window_detector_##name,
#include "monitor/window_detectors.def"
#undef DETECTOR
};

hg__window_detector hg__window_detector_make(int32_t kind, const hg__signal *s, hg__pool *pool) {
    const hg__window_detector_type *type = hg__window_detector_types[kind];
    const int32_t times = type->times;
    return (hg__window_detector){.type = type,
                                 .channels = s->channels,
                                 .length = times * s->length,
                                 .stride = times * s->stride,
                                 .unit = 1,
                                 .pool = pool};
}

void hg__window_detector_clear(hg__window_detector *d) {
    if (d->type) d->type->free(d->state);
    *d = (hg__window_detector){0};
}

// ---- windows of training ------------------------------------------------------------------------

static int64_t steps_of(const hg__time_list *l) {
    int64_t steps = 0;
    for (int64_t i = 0; i < l->count; i++) steps += l->block[i].end - l->block[i].first;
    return steps;
}

static int find_windows(hg__window_walk *w, int64_t most, hg_error *err) {
    const hg__time_list *l = w->data->blocks;
    const int64_t every = hg__ceil_div_64(steps_of(l) + 1, most);
    const int64_t room = steps_of(l) / every + l->count;
    w->start = hg__alloc((size_t)room, sizeof *w->start, err);
    if (!w->start) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < l->count; i++) {
        const hg__time_block *b = &l->block[i];
        const int64_t n = hg__windows_find(w->data->samples, b->first, b->end, w->view.length,
                                           every, w->start + w->count, room - w->count, err);
        if (n < 0) return (int)n;
        w->count += n;
    }
    return HG_OK;
}

int hg__window_walk_init(hg__window_walk *w, const hg__window_data *data,
                         const hg__window_detector *d, int64_t most, hg_error *err) {
    *w = (hg__window_walk){.data = data, .view = hg__signal_view(data->signal)};
    w->view.length = d->length;
    const size_t width = (size_t)d->length * (size_t)d->channels;
    w->x = hg__alloc(HG_WINDOWS_AT_ONCE, width * sizeof *w->x, err);
    const int code = w->x ? find_windows(w, most, err) : HG_ERR_MEMORY;
    if (code < 0) hg__window_walk_clear(w);
    return code;
}

void hg__window_walk_clear(hg__window_walk *w) {
    hg__free(w->start);
    hg__free(w->x);
    *w = (hg__window_walk){0};
}

int32_t hg__window_walk_next(hg__window_walk *w, hg_error *err) {
    const size_t width = (size_t)w->view.length * (size_t)w->view.channels;
    const int32_t count = (int32_t)hg__min_64(w->count - w->at, HG_WINDOWS_AT_ONCE);
    for (int32_t i = 0; i < count; i++) {
        float *x = w->x + (size_t)i * width;
        HG_TRY(hg__samples_read(w->data->samples, w->start[w->at + i], w->view.length, x, err));
        hg__window_see(&w->view, x);
    }
    w->at += count;
    return count;
}
