// SPDX-License-Identifier: Apache-2.0
// clue_patch.c - how far each patch is from any of good pictures: patches without a trained network, and a memory of them.
#include "inspect/inspector_internal.h"

enum { SMOOTH = 2 }; // passes of a binomial filter over cells

static const char memory_name[] = "memory"; // of its tensors in a model

static int read_patches(const void *context, int32_t i, hg__raster *map, hg_error *err) {
    const hg__clue_work *w = context;
    hg__raster picture = {0};
    HG_TRY(hg__clue_work_take(w, i, &picture, err));
    const int code = hg__patches_run(&w->s->patches, &picture, map, &w->s->blocks, err);
    hg__raster_clear(&picture);
    return code;
}

static int fit(const hg__clue_work *w, hg_error *err) {
    const hg__raster_source pictures = hg__clue_work_source(w);
    const hg__raster_source maps = {
        .name = "pictures", .context = w, .count = w->pieces, .read = read_patches};
    const hg__patch_memory_options memory = hg__patch_memory_defaults(w->d->seed, w->d->max_bytes);
    hg__patch_options o = hg__patch_defaults(HG_PATCH_PIXELS);
    o.seed = w->d->seed;
    HG_TRY(hg__patches_learn(&w->s->patches, &o, &pictures, w->s->pool, err));
    w->s->memory = hg__patch_memory_fit(&maps, &memory, w->s->pool, err);
    return w->s->memory ? HG_OK : (int)err->code;
}

// A grid over the frame's pixels, between whose places are cells.
static int run(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
               hg__raster *reconstruction, hg_error *err) {
    (void)reconstruction;
    hg__raster patches = {0}, distance = {0};
    const int32_t stride = s->patches.options.stride / HG_MAP_CELL;
    int code = hg__patches_run(&s->patches, &r->picture, &patches, &s->blocks, err);
    if (code == HG_OK) code = hg__patch_memory_run(s->memory, &patches, &distance, &s->blocks, err);
    hg__raster_clear(&patches);
    if (code == HG_OK) {
        code = hg__patch_map_smooth(&distance, stride, r->picture.height / HG_MAP_CELL,
                                    r->picture.width / HG_MAP_CELL, SMOOTH, clue, s->pool, err);
    }
    hg__raster_clear(&distance);
    return code;
}

static int to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    HG_TRY(hg__patches_to_parts(&s->patches, m, err));
    return hg__patch_memory_to_parts(s->memory, memory_name, m, err);
}

static int from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    HG_TRY(hg__patches_from_parts(&s->patches, m, s->where, err));
    s->memory = hg__patch_memory_from_parts(m, memory_name, s->where, err);
    if (!s->memory) return (int)err->code;
    if (hg__patch_memory_width(s->memory) == hg__patches_width(&s->patches) &&
        s->patches.channels == s->view.channels) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_MODEL, "%s: expected patches and a memory of %d numbers, got %d",
                    s->where, hg__patches_width(&s->patches), hg__patch_memory_width(s->memory));
}

const hg__clue_type hg__clue_patch = {
    .name = "patch", .fit = fit, .run = run, .to_parts = to_parts, .from_parts = from_parts};
