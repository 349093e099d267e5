// SPDX-License-Identifier: Apache-2.0
// clue_plain.c - clues that no network makes: what principal axes of good pictures' patches leave over, and how light a place is.
#include "inspect/inspector_internal.h"
#include "parts/resize.h"

enum { SMOOTH = 2 }; // passes of a binomial filter over cells

// ---- error --------------------------------------------------------------------------------------

static int read_raw(const void *context, int32_t i, hg__raster *map, hg_error *err) {
    const hg__clue_work *w = context;
    const hg__patch_options o = hg__patch_squares();
    hg__raster picture = {0};
    HG_TRY(hg__clue_work_take(w, i, &picture, err));
    const int code = hg__patches_raw(&o, &picture, map, w->s->pool, err);
    hg__raster_clear(&picture);
    return code;
}

static int fit_error(const hg__clue_work *w, hg_error *err) {
    const hg__raster_source maps = {
        .name = "pictures", .context = w, .count = w->pieces, .read = read_raw};
    hg__feature_error_options o = hg__feature_error_defaults();
    o.seed = w->d->seed;
    return hg__feature_error_fit(&w->s->leftover, &maps, &o, w->s->pool, err);
}

static int run_error(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                     hg__raster *reconstruction, hg_error *err) {
    (void)reconstruction;
    const hg__patch_options o = hg__patch_squares();
    hg__raster raw = {0}, error = {0};
    int code = hg__patches_raw(&o, &r->picture, &raw, s->pool, err);
    if (code == HG_OK) code = hg__feature_error_run(&s->leftover, &raw, &error, &s->blocks, err);
    hg__raster_clear(&raw);
    if (code == HG_OK) {
        code = hg__patch_map_smooth(&error, o.stride / HG_MAP_CELL, r->picture.height / HG_MAP_CELL,
                                    r->picture.width / HG_MAP_CELL, SMOOTH, clue, s->pool, err);
    }
    hg__raster_clear(&error);
    return code;
}

static int error_to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    return hg__feature_error_to_parts(&s->leftover, m, err);
}

static int error_from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    const hg__patch_options o = hg__patch_squares();
    HG_TRY(hg__feature_error_from_parts(&s->leftover, m, s->where, err));
    const int32_t width = hg__patch_raw_width(&o, s->view.channels);
    if (s->leftover.axes.width == width) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: expected axes of %d numbers, got %d", s->where, width,
                    s->leftover.axes.width);
}

const hg__clue_type hg__clue_error = {.name = "error",
                                      .fit = fit_error,
                                      .run = run_error,
                                      .to_parts = error_to_parts,
                                      .from_parts = error_from_parts};

// ---- light --------------------------------------------------------------------------------------

static int run_light(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                     hg__raster *reconstruction, hg_error *err) {
    (void)reconstruction;
    hg__raster grey = {0}, cells = {0};
    const int32_t h = r->picture.height / HG_MAP_CELL, w = r->picture.width / HG_MAP_CELL;
    int code = hg__raster_grey(&grey, &r->picture, err);
    if (code == HG_OK) code = hg__raster_resize(&cells, &grey, h, w, err);
    if (code == HG_OK) code = hg__patch_map_smooth(&cells, 1, h, w, SMOOTH, clue, s->pool, err);
    hg__raster_clear(&grey);
    hg__raster_clear(&cells);
    return code;
}

const hg__clue_type hg__clue_light = {.name = "light", .is_two_sided = true, .run = run_light};
