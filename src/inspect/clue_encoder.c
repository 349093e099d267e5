// SPDX-License-Identifier: Apache-2.0
// clue_encoder.c - how far what the network's encoder makes of a place is from what it made of any of good pictures': a memory of
// features as PatchCore has it (patch_memory.h), of a network that has seen nothing but these parts.
#include "base/int.h"
#include "inspect/clue_pieces.h"
#include "inspect/feature_map.h"

enum {
    SMOOTH = 2,  // passes of a binomial filter over cells
    COARSEST = 8 // pixels a side, for a place of the features
};

static const char memory_name[] = "encoder"; // of its tensors in a model

// ---- which layer --------------------------------------------------------------------------------

// Pixels a side for a place of layer i's outputs; 0: they are no grid of cells.
static int32_t pixels_of(const hg__spec *spec, int32_t i) {
    const hg__extent in = hg__extent_of(&spec->input), out = hg__extent_of(&spec->layer[i].out);
    const int32_t pixels = in.H / out.H;
    const bool is_grid = pixels * out.H == in.H && pixels * out.W == in.W;
    return is_grid && (pixels == 1 || pixels % HG_MAP_CELL == 0) ? pixels : 0;
}

int32_t hg__encoder_tap(const hg__spec *spec) {
    int32_t tap = 0, last = 1;
    for (int32_t i = 0; i < spec->neck; i++) {
        const int32_t pixels = pixels_of(spec, i);
        if (pixels < last || pixels > COARSEST) break;
        last = pixels;
        tap = i + 1;
    }
    return tap;
}

int hg__encoder_begin(hg__inspector *s, hg_error *err) {
    const hg__spec *spec = &s->net->spec;
    s->tap = hg__encoder_tap(spec);
    if (s->tap == 0) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a network whose first layer gives images",
                        s->where);
    }
    const int32_t pixels = pixels_of(spec, s->tap - 1);
    s->tap_step = pixels < HG_MAP_CELL ? HG_MAP_CELL : 1; // 1 pixel, or cells
    s->tap_pixels = pixels * s->tap_step;
    s->tap_channels = hg__extent_of(&spec->layer[s->tap - 1].out).C;
    return HG_OK;
}

int hg__encoder_room(hg__inspector *s, const hg__raster *picture, hg_error *err) {
    hg__raster_clear(&s->encoded);
    return hg__raster_init(&s->encoded, hg__ceil_div(picture->height, s->tap_pixels),
                           hg__ceil_div(picture->width, s->tap_pixels), s->tap_channels, err);
}

// ---- its memory ---------------------------------------------------------------------------------

// Features of what is learnt from, by the mask's run.
static int read_encoded(const void *context, int32_t i, hg__raster *map, hg_error *err) {
    const hg__clue_work *w = context;
    hg__inspector *s = w->s;
    const hg__learnt_piece *piece = &w->piece[i];
    const hg__crop *at = &piece->at;
    hg__inspected r = {0};
    hg__raster clue = {0};
    int32_t height, width;
    hg__part_store_size(w->d->store, piece->picture, &height, &width);
    s->in_pieces = at->height < height || at->width < width;
    int code = hg__clue_work_take(w, i, &r.picture, err);
    if (code == HG_OK && s->has_pairs) {
        code = hg__part_store_cut(w->d->pairs, piece->picture, at->top, at->left, at->height,
                                  at->width, &r.pair, err);
    }
    if (code == HG_OK) code = hg__piece_reference(s, at, height, width, err);
    if (code == HG_OK) code = hg__clue_mask.run(s, &r, &clue, NULL, err);
    if (code == HG_OK) {
        *map = s->encoded;
        s->encoded = (hg__raster){0};
    }
    hg__raster_clear(&clue);
    hg__raster_clear(&s->reference);
    hg__inspected_clear(&r);
    s->in_pieces = false;
    return code;
}

static int fit(const hg__clue_work *w, hg_error *err) {
    const hg__raster_source maps = {
        .name = "pictures", .context = w, .count = w->pieces, .read = read_encoded};
    const hg__patch_memory_options o = hg__patch_memory_defaults(w->d->seed, w->d->max_bytes);
    w->s->encodings = hg__patch_memory_fit(&maps, &o, w->s->pool, err);
    return w->s->encodings ? HG_OK : (int)err->code;
}

// ---- the clue -----------------------------------------------------------------------------------

// Of the features that the mask's run left. Cells lie between the middles of places.
static int run(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
               hg__raster *reconstruction, hg_error *err) {
    (void)reconstruction;
    hg__raster distance = {0}, cells = {0};
    const int32_t stride = s->tap_pixels / HG_MAP_CELL;
    const hg__extent e = {s->encoded.height, s->encoded.width, 1};
    int code = hg__patch_memory_run(s->encodings, &s->encoded, &distance, &s->blocks, err);
    if (code == HG_OK) code = hg__raster_init(&cells, e.H * stride, e.W * stride, 1, err);
    if (code == HG_OK) {
        hg__feature_map_enlarge(distance.at, e, &cells, 0, s->pool);
        code = hg__patch_map_smooth(&cells, 1, r->picture.height / HG_MAP_CELL,
                                    r->picture.width / HG_MAP_CELL, SMOOTH, clue, s->pool, err);
    }
    hg__raster_clear(&distance);
    hg__raster_clear(&cells);
    return code;
}

static int to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    return hg__patch_memory_to_parts(s->encodings, memory_name, m, err);
}

static int from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    s->encodings = hg__patch_memory_from_parts(m, memory_name, s->where, err);
    if (!s->encodings) return (int)err->code;
    if (hg__patch_memory_width(s->encodings) == s->tap_channels) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: expected a memory of the encoder's %d numbers, got %d",
                    s->where, s->tap_channels, hg__patch_memory_width(s->encodings));
}

const hg__clue_type hg__clue_encoder = {.name = "encoder",
                                        .knows_damage = true,
                                        .fit = fit,
                                        .run = run,
                                        .to_parts = to_parts,
                                        .from_parts = from_parts};
