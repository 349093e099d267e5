// SPDX-License-Identifier: Apache-2.0
// window_detector_neighbours.c - a window's squared distance to the nearest of training, along the axes in which windows differ most.
//
//   window ──> its place along the first principal axes of training's ──> nearest reference; and what the axes leave out
//
// That a stretch without a like is a discord: Keogh, Lin & Fu, "HOT SAX", 2005; to a recording of its own: Yeh et al., "Matrix
// profile I", 2016.
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/neighbours.h"
#include "fit/pca.h"
#include "monitor/window_detector.h"

enum { AXES = 32, REFERENCES = 2000, MOST_WINDOWS = 20000 };
static const char of_axes[] = "axes", of_centre[] = "centre", of_references[] = "references";

typedef struct near_windows {
    int32_t axes, references;
    float *panel;     // owned, panels of (width, axes)
    float *centre;    // owned, (axes): where the mean window lies along them
    float *place;     // owned, (HG_WINDOWS_AT_ONCE, axes padded)
    float *packed;    // owned, (HG_WINDOWS_AT_ONCE, axes)
    float *reference; // owned, (references, axes)
    hg__neighbours *neighbours;
    hg__blocks blocks;
} near_windows;

static void free_state(void *state) {
    near_windows *s = state;
    if (!s) return;
    hg__neighbours_free(s->neighbours);
    hg__blocks_clear(&s->blocks);
    hg__free(s->panel);
    hg__free(s->centre);
    hg__free(s->place);
    hg__free(s->packed);
    hg__free(s->reference);
    hg__free(s);
}

// axis (axes, width); centre (axes).
static int take_axes(hg__window_detector *d, const float *axis, const float *centre, int32_t axes,
                     hg_error *err) {
    const int32_t width = d->width;
    near_windows *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    s->axes = axes;
    s->panel = hg__alloc(hg__panel_count(width, axes), sizeof *s->panel, err);
    if (s->panel) s->centre = hg__alloc((size_t)axes, sizeof *s->centre, err);
    if (s->centre) s->place = hg__numbers(HG_WINDOWS_AT_ONCE, (size_t)hg__pad_columns(axes), err);
    if (s->place) s->packed = hg__numbers(HG_WINDOWS_AT_ONCE, (size_t)axes, err);
    if (!s->packed) return HG_ERR_MEMORY;
    memcpy(s->centre, centre, (size_t)axes * sizeof *centre);
    for (int32_t i = 0; i < axes; i++) {
        for (int32_t j = 0; j < width; j++) {
            s->panel[hg__panel_index(width, axes, j, i)] =
                axis[(size_t)i * (size_t)width + (size_t)j];
        }
    }
    return HG_OK;
}

// x (count, width) -> s->packed (count, axes).
static void place(const hg__window_detector *d, const float *x, int32_t count) {
    const near_windows *s = d->state;
    const hg__kernels *k = hg__kernels_pick();
    const int32_t stride = hg__pad_columns(s->axes);
    for (int32_t c = 0; c < s->axes; c += HG_PANEL) {
        const hg__gemm g = {.M = count,
                            .N = hg__min(s->axes - c, HG_PANEL),
                            .K = d->width,
                            .blocks = 1,
                            .a = x,
                            .a_m = d->width,
                            .a_k = 1,
                            .b = s->panel + hg__panel_index(d->width, s->axes, 0, c),
                            .b_k = (ptrdiff_t)hg__panel_width(s->axes, c),
                            .c = s->place + c,
                            .c_m = stride};
        k->gemm(&g);
    }
    for (int32_t i = 0; i < count; i++) {
        for (int32_t c = 0; c < s->axes; c++) {
            s->packed[i * s->axes + c] = s->place[i * stride + c] - s->centre[c];
        }
    }
}

// ---- fitted -------------------------------------------------------------------------------------

static int keep_axes(hg__window_detector *d, const hg_model *pca, hg_model *m, hg_error *err) {
    const hg__layer *l = &pca->net.spec.layer[0];
    const int32_t axes = pca->net.spec.code;
    char name[HG_PART_NAME];
    float *axis = hg__alloc((size_t)axes, (size_t)d->width * sizeof *axis, err);
    float *centre = hg__alloc((size_t)axes, sizeof *centre, err);
    int code = axis && centre ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        hg__param_export(&l->param[0], pca->net.params, axis);
        hg__param_export(&l->param[1], pca->net.params, centre);
        for (int32_t i = 0; i < axes; i++) centre[i] = -centre[i];
        hg__window_detector_part(d, of_axes, name);
        code = hg__model_keep_part(m, name, HG_F32, axes, d->width, axis, err);
    }
    if (code == HG_OK) {
        hg__window_detector_part(d, of_centre, name);
        code = hg__model_keep_part(m, name, HG_F32, axes, 0, centre, err);
    }
    if (code == HG_OK) code = take_axes(d, axis, centre, axes, err);
    hg__free(axis);
    hg__free(centre);
    return code;
}

static int find_axes(hg__window_detector *d, const hg__window_data *data, hg_model *m,
                     hg_error *err) {
    int64_t *start = NULL;
    hg_model *pca = NULL;
    const char *path = data->samples->data.path;
    const int64_t count = hg__window_starts(d, data, MOST_WINDOWS, &start, err);
    const hg__windows windows = {data->samples, d->view, start, count};
    int code = count < 0 ? (int)count : HG_OK;
    if (code == HG_OK && count < 4) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected at least 4 windows of %d steps, got %d",
                        path, d->view.length, (int)count);
    }
    if (code == HG_OK) {
        const hg__rows rows = hg__rows_all(hg__windows_source(&windows, path));
        const int32_t least = (int32_t)hg__min_64(count - 1, d->width);
        const hg__pca_how how = {.code = hg__min(AXES, least), .seed = data->seed};
        code = hg__pca_fit_by(&pca, &rows, &how, d->pool, err);
    }
    if (code == HG_OK) code = keep_axes(d, pca, m, err);
    hg_model_free(pca);
    hg__free(start);
    return code;
}

static int add_references(hg__window_detector *d, hg__window_walk *w, float *to, hg_error *err) {
    const near_windows *s = d->state;
    int32_t count;
    while ((count = hg__window_walk_next(w, err)) > 0) {
        const size_t room = (size_t)count * (size_t)s->axes;
        place(d, w->x, count);
        memcpy(to, s->packed, room * sizeof *to);
        to += room;
    }
    return count;
}

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    hg__window_walk w = {0};
    char name[HG_PART_NAME];
    HG_TRY(find_axes(d, data, m, err));
    HG_TRY(hg__window_walk_init(&w, data, d, REFERENCES, err));
    const near_windows *s = d->state;
    float *reference = hg__numbers((size_t)w.count, (size_t)s->axes, err);
    int code = reference ? add_references(d, &w, reference, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        hg__window_detector_part(d, of_references, name);
        code = hg__model_keep_part(m, name, HG_F32, w.count, s->axes, reference, err);
    }
    hg__window_walk_clear(&w);
    hg__free(reference);
    return code;
}

// ---- loaded -------------------------------------------------------------------------------------

static int take_references(hg__window_detector *d, const hg_model *m, const char *where,
                           hg_error *err) {
    near_windows *s = d->state;
    const hg__tensor *part;
    char name[HG_PART_NAME];
    hg__window_detector_part(d, of_references, name);
    HG_TRY(hg__model_take_numbers(m, name, -1, s->axes, where, &part, err));
    const int64_t count = part->shape.dim[0];
    if (count < 1 || count > 1 << 20) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected references, got %lld", where, name,
                        (long long)count);
    }
    s->references = (int32_t)count;
    s->reference = hg__numbers((size_t)count, (size_t)s->axes, err);
    if (!s->reference) return HG_ERR_MEMORY;
    memcpy(s->reference, part->data, (size_t)count * (size_t)s->axes * sizeof *s->reference);
    s->neighbours = hg__neighbours_new(s->reference, s->references, s->axes, err);
    if (!s->neighbours) return HG_ERR_MEMORY;
    float far[HG_WINDOWS_AT_ONCE]; // makes the room that measuring needs
    return hg__neighbours_find(s->neighbours, s->packed, HG_WINDOWS_AT_ONCE, 1, far, NULL,
                               &s->blocks, err);
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *axis, *centre;
    char name[HG_PART_NAME];
    hg__window_detector_part(d, of_axes, name);
    HG_TRY(hg__model_take_numbers(m, name, -1, d->width, where, &axis, err));
    const int64_t axes = axis->shape.dim[0];
    if (axes < 1 || axes > AXES) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected 1 to %d axes, got %lld", where, name,
                        AXES, (long long)axes);
    }
    hg__window_detector_part(d, of_centre, name);
    HG_TRY(hg__model_take_numbers(m, name, axes, 0, where, &centre, err));
    HG_TRY(take_axes(d, axis->data, centre->data, (int32_t)axes, err));
    return take_references(d, m, where, err);
}

static void measure(hg__window_detector *d, const float *x, int32_t count, float *far, float *y) {
    near_windows *s = d->state;
    (void)y;
    place(d, x, count);
    // one block, whose room is there since the first call
    (void)hg__neighbours_find(s->neighbours, s->packed, count, 1, far, NULL, &s->blocks, NULL);
}

const hg__window_detector_type hg__window_neighbours = {
    .fit = fit, .load = load, .measure = measure, .free = free_state};
