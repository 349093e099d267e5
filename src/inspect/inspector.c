// SPDX-License-Identifier: Apache-2.0
// inspector.c - a model of parts from its file, and a picture through it.
//
// In the file: "parts" of the detector's JSON, {"version": 1, "kind": "repair", "conv" or "feature", "view": {...}, "pairs": bool, "share": x,
// "centre": [x ...], "spread": [x ...], "weight": [x ...]}, with a number for each clue, of features {"backbone": "vgg16", "stages": "block3,block4",
// "features": "memory", "gaussian" or "error"} besides, and tensors
//   detector.expected  F32 (h, w, 1)         the reference, half as large as the frame; absent without one
//   detector.usual     F32 (h, w, 2 clues)  means, then spreads, of the clues in each cell, or in all (h = w = 1)
//   detector.peaks     F32 (n)              of held-out pictures, ascending
//   detector.background F32 (1)             the median cell of their maps
// beside those of clues and calibrations.
#include "inspect/inspector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "inspect/clue_pieces.h"
#include "inspect/inspector_internal.h"
#include "parts/resize.h"

enum { VERSION = 1, MOST_SIDE = 1 << 15 };
static const char expected_name[] = "detector.expected", usual_name[] = "detector.usual",
                  peaks_name[] = "detector.peaks", background_name[] = "detector.background";

bool hg__is_part_model(const hg_model *m) {
    return hg__json_object_get(hg__model_detector(m), "parts") != NULL;
}

void hg__inspector_free(hg__inspector *s) {
    if (!s) return;
    hg__tiles_free(s->tiles);
    hg__network_free(s->folded);
    hg__part_view_clear(&s->view);
    hg__raster_clear(&s->expected);
    hg__raster_clear(&s->reference);
    hg__raster_clear(&s->residual);
    hg__raster_clear(&s->encoded);
    hg__patch_memory_free(s->encodings);
    hg__raster_clear(&s->rebuilt);
    hg__feature_error_clear(&s->leftover);
    hg__patches_clear(&s->patches);
    hg__patch_memory_free(s->memory);
    hg__eigenpictures_clear(&s->pictures);
    hg__raster_clear(&s->unexplained);
    hg__features_clear(s);
    hg__raster_clear(&s->clues.usual);
    hg__thresholds_clear(&s->thresholds);
    hg__calibration_clear(&s->peaks);
    hg__blocks_clear(&s->blocks);
    hg__free(s);
}

// ---- what a model says --------------------------------------------------------------------------

hg__inspector *hg__inspector_begin(const hg_model *m, hg__part_view *view, hg__raster *expected,
                                   hg__pool *pool, size_t max_mem, const char *where,
                                   hg_error *err) {
    const hg__part_kind *kind = hg__part_kind_of(m, view->channels, where, err);
    hg__inspector *s = kind ? hg__alloc(1, sizeof *s, err) : NULL;
    if (!s) {
        hg__part_view_clear(view);
        hg__raster_clear(expected);
        return NULL;
    }
    *s = (hg__inspector){.kind = kind,
                         .pool = pool,
                         .max_mem = max_mem,
                         .where = where,
                         .view = *view,
                         .expected = *expected};
    *view = (hg__part_view){0};
    *expected = (hg__raster){0};
    s->blocks.pool = pool;
    s->pixel_threshold = (double)NAN;
    s->background = NAN;
    if (kind->begin(s, m, err) == HG_OK) return s;
    hg__inspector_free(s);
    return NULL;
}

// ---- into a file and back -----------------------------------------------------------------------

static hg__json *numbers_json(const double *x, int32_t count) {
    hg__json *array = hg__json_array();
    for (int32_t k = 0; array && k < count; k++) {
        if (hg__json_append(array, hg__json_real(x[k])) == 0) continue;
        hg__json_free(array);
        return NULL;
    }
    return array;
}

static int bad_json(const char *where, const char *key, const char *expected, hg_error *err) {
    return hg__fail(err, HG_ERR_MODEL, "%s: parts: '%s': expected %s, got another", where, key,
                    expected);
}

hg__json *hg__inspector_json(const hg__inspector *s, hg_error *err) {
    hg__json *o = hg__json_object();
    bool bad = !o;
    if (o) {
        bad = hg__json_set(o, "version", hg__json_integer(VERSION)) < 0 ||
              hg__json_set(o, "kind", hg__json_string(s->kind->name, NULL)) < 0 ||
              hg__json_set(o, "view", hg__part_view_json(&s->view, err)) < 0 ||
              hg__json_set(o, "pairs", hg__json_boolean(s->has_pairs)) < 0 ||
              hg__json_set(o, "share", hg__json_real(s->clues.share)) < 0 ||
              hg__json_set(o, "centre", numbers_json(s->clues.centre, s->kind->clues)) < 0 ||
              hg__json_set(o, "spread", numbers_json(s->clues.spread, s->kind->clues)) < 0 ||
              hg__json_set(o, "weight", numbers_json(s->clues.weight, s->kind->clues)) < 0;
    }
    if (!bad && s->kind->to_json) bad = s->kind->to_json(s, o, err) < 0;
    if (!bad) return o;
    hg__json_free(o);
    hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a model of parts");
    return NULL;
}

static int read_numbers(const hg__inspector *s, const hg__json *o, const char *key,
                        bool is_positive, double *x, hg_error *err) {
    const hg__json *array = hg__json_object_get(o, key);
    bool fits = hg__json_is_array(array) && hg__json_array_size(array) == (size_t)s->kind->clues;
    for (int32_t k = 0; fits && k < s->kind->clues; k++) {
        const hg__json *v = hg__json_array_get(array, (size_t)k);
        x[k] = hg__json_number_value(v);
        fits = hg__json_is_number(v) && fabs(x[k]) < 1e9 && (!is_positive || x[k] > 1e-9);
    }
    return fits ? HG_OK : bad_json(s->where, key, "a number for each clue, within its limits", err);
}

static int read_json(hg__inspector *s, const hg__json *o, hg_error *err) {
    const hg__json *share = hg__json_object_get(o, "share");
    s->has_pairs = hg__json_is_true(hg__json_object_get(o, "pairs"));
    s->clues.share = hg__json_number_value(share);
    if (hg__json_integer_value(hg__json_object_get(o, "version")) != VERSION) {
        return bad_json(s->where, "version", "1", err);
    }
    if (!hg__json_is_number(share) || !(s->clues.share >= 0 && s->clues.share <= 1)) {
        return bad_json(s->where, "share", "a number from 0 to 1", err);
    }
    HG_TRY(read_numbers(s, o, "centre", false, s->clues.centre, err));
    HG_TRY(read_numbers(s, o, "spread", true, s->clues.spread, err));
    return read_numbers(s, o, "weight", true, s->clues.weight, err);
}

static int add_raster(hg_model *m, const char *name, const hg__raster *r, hg_error *err) {
    hg__tensor t = {
        .dtype = HG_F32, .shape = {.rank = 3, .dim = {r->height, r->width, r->channels}}
    };
    t.data = r->at;
    snprintf(t.name, sizeof t.name, "%s", name);
    return hg__model_add_part(m, &t, err);
}

// Rasters of at most MOST_SIDE a side, every number finite.
static int take_raster(const hg_model *m, const char *name, int32_t channels, hg__raster *to,
                       const char *where, hg_error *err) {
    const hg__tensor *t = hg__model_part(m, name);
    const bool fits = t && t->dtype == HG_F32 && t->shape.rank == 3 &&
                      t->shape.dim[2] == channels && t->shape.dim[0] >= 1 && t->shape.dim[1] >= 1 &&
                      t->shape.dim[0] <= MOST_SIDE && t->shape.dim[1] <= MOST_SIDE;
    if (!fits) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected F32 (height, width, %d), got %s",
                        where, name, channels, t ? "another tensor" : "none");
    }
    HG_TRY(hg__raster_init(to, (int32_t)t->shape.dim[0], (int32_t)t->shape.dim[1], channels, err));
    memcpy(to->at, t->data, hg__raster_count(to) * sizeof *to->at);
    for (size_t i = 0; i < hg__raster_count(to); i++) {
        if (fabsf(to->at[i]) < 1e9F) continue; // NaN is not
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite numbers, got %g", where, name,
                        (double)to->at[i]);
    }
    return HG_OK;
}

static int check_usual(const hg__inspector *s, hg_error *err) {
    const hg__raster *u = &s->clues.usual;
    const size_t clues = (size_t)s->kind->clues;
    for (size_t i = 0; i < hg__raster_count(u); i++) {
        if (i % (2 * clues) < clues || u->at[i] > 1e-9F) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected spreads above 0, got %g", s->where,
                        usual_name, (double)u->at[i]);
    }
    return HG_OK;
}

int hg__peaks_to_parts(const hg__calibration *c, float background, hg_model *m, hg_error *err) {
    HG_TRY(hg__model_keep_part(m, peaks_name, HG_F32, c->count, 0, c->score, err));
    return hg__model_keep_part(m, background_name, HG_F32, 1, 0, &background, err);
}

int hg__inspector_to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    if (s->expected.at) HG_TRY(add_raster(m, expected_name, &s->expected, err));
    HG_TRY(add_raster(m, usual_name, &s->clues.usual, err));
    if (s->peaks.count) HG_TRY(hg__peaks_to_parts(&s->peaks, s->background, m, err));
    for (int32_t k = 0; k < s->kind->clues; k++) {
        const hg__clue_type *clue = s->kind->clue[k];
        if (clue->to_parts) HG_TRY(clue->to_parts(s, m, err));
    }
    return HG_OK;
}

static int take_peaks(hg__inspector *s, const hg_model *m, hg_error *err) {
    const hg__tensor *t = hg__model_part(m, peaks_name);
    if (!t) return HG_OK;
    HG_TRY(hg__model_take_part(m, peaks_name, HG_F32, -1, 0, s->where, &t, err));
    const float *peak = t->data;
    for (int64_t i = 0; i < t->shape.dim[0]; i++) {
        if (fabsf(peak[i]) < 1e9F) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite numbers, got %g", s->where,
                        peaks_name, (double)peak[i]);
    }
    if (t->shape.dim[0] == 0) return HG_OK;
    return hg__calibration_init(&s->peaks, peak, t->shape.dim[0], err);
}

static int take_background(hg__inspector *s, const hg_model *m, hg_error *err) {
    const hg__tensor *t = hg__model_part(m, background_name);
    if (!t) return HG_OK;
    HG_TRY(hg__model_take_part(m, background_name, HG_F32, 1, 0, s->where, &t, err));
    s->background = *(const float *)t->data;
    if (fabsf(s->background) < 1e9F) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected a finite number, got %g", s->where,
                    background_name, (double)s->background);
}

static int read_fitted(hg__inspector *s, const hg_model *m, hg_error *err) {
    const hg__json *o = hg__json_object_get(hg__model_detector(m), "parts");
    HG_TRY(read_json(s, o, err));
    HG_TRY(take_raster(m, usual_name, 2 * s->kind->clues, &s->clues.usual, s->where, err));
    HG_TRY(check_usual(s, err));
    for (int32_t k = 0; k < s->kind->clues; k++) {
        const hg__clue_type *clue = s->kind->clue[k];
        if (clue->from_parts) HG_TRY(clue->from_parts(s, m, err));
    }
    HG_TRY(take_peaks(s, m, err));
    HG_TRY(take_background(s, m, err));
    HG_TRY(hg__thresholds_load(&s->thresholds, m, s->where, err));
    return s->thresholds.groups ? hg__inspector_ask(s, s->thresholds.fpr, err) : HG_OK;
}

hg__inspector *hg__inspector_new(const hg_model *m, hg__pool *pool, size_t max_mem,
                                 const char *where, hg_error *err) {
    hg__part_view view = {0};
    hg__raster expected = {0};
    const hg__json *o = hg__json_object_get(hg__model_detector(m), "parts");
    if (hg__part_view_parse(&view, hg__json_object_get(o, "view"), where, err) < 0) return NULL;
    if (hg__model_part(m, expected_name) &&
        take_raster(m, expected_name, 1, &expected, where, err) < 0) {
        hg__raster_clear(&expected);
        hg__part_view_clear(&view);
        return NULL;
    }
    hg__inspector *s = hg__inspector_begin(m, &view, &expected, pool, max_mem, where, err);
    if (s && read_fitted(s, m, err) == HG_OK) return s;
    hg__inspector_free(s);
    return NULL;
}

// ---- what it says of itself ---------------------------------------------------------------------

const char *hg__inspector_kind(const hg__inspector *s) {
    return s->kind->name;
}

const hg__part_view *hg__inspector_view(const hg__inspector *s) {
    return &s->view;
}

bool hg__inspector_has_pairs(const hg__inspector *s) {
    return s->has_pairs;
}

const hg__thresholds *hg__inspector_thresholds(const hg__inspector *s) {
    return &s->thresholds;
}

const hg__calibration *hg__inspector_peaks(const hg__inspector *s) {
    return &s->peaks;
}

double hg__inspector_share(const hg__inspector *s) {
    return s->clues.share;
}

double hg__inspector_pixel_threshold(const hg__inspector *s) {
    return s->pixel_threshold;
}

float hg__inspector_background(const hg__inspector *s) {
    return s->background;
}

int hg__inspector_ask(hg__inspector *s, double fpr, hg_error *err) {
    hg__threshold peak;
    if (s->thresholds.groups) HG_TRY(hg__thresholds_ask(&s->thresholds, fpr, err));
    if (s->peaks.count == 0) return HG_OK;
    HG_TRY(hg__calibration_threshold(&s->peaks, fpr, &peak, err));
    s->pixel_threshold = peak.value;
    return HG_OK;
}

// ---- a picture ----------------------------------------------------------------------------------

static void free_large(hg__inspected *r) {
    hg__part_store_free(r->large);
    hg__part_store_free(r->large_pair);
    r->large = r->large_pair = NULL;
}

void hg__inspected_clear(hg__inspected *r) {
    hg__raster_clear(&r->picture);
    hg__raster_clear(&r->pair);
    hg__raster_clear(&r->reconstruction);
    hg__raster_clear(&r->map);
    hg__raster_clear(&r->seen);
    free_large(r);
}

static int check_pair(const char *pair, const hg__inspected *r, const hg__part_geometry *where,
                      hg_error *err) {
    if (where->height == r->where.height && where->width == r->where.width) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %d x %d pixels as its partner has, got %d x %d",
                    pair, r->where.width, r->where.height, where->width, where->height);
}

static int load_pair(const hg__inspector *s, const char *pair, hg__inspected *r, hg_error *err) {
    hg__part_geometry where;
    hg__raster colours = {0};
    HG_TRY(hg__part_load(&s->view, pair, &colours, &where, err));
    int code = check_pair(pair, r, &where, err);
    if (code == HG_OK) code = hg__raster_grey(&r->pair, &colours, err);
    hg__raster_clear(&colours);
    return code;
}

// Whether the frame is to be kept in 16 bits, in a file maybe: as floats it would take too much.
static bool is_large(const hg__inspector *s, const hg__part_geometry *g) {
    const size_t numbers =
        (size_t)g->working.height * (size_t)g->working.width * (size_t)s->view.channels;
    return !hg__alignment_has(&s->view.alignment) && numbers > s->max_mem / 2 / sizeof(float) &&
           !hg__clues_fit(s, g->working.height, g->working.width);
}

static int load_large(const hg__inspector *s, const char *path, const char *pair, hg__inspected *r,
                      hg_error *err) {
    hg__part_geometry where;
    const size_t memory = s->max_mem / 4;
    HG_TRY(hg__part_store_load(&r->large, &s->view, path, &r->where, false, memory, err));
    if (!s->has_pairs) return HG_OK;
    HG_TRY(hg__part_measure(&s->view, pair, &where, err));
    HG_TRY(check_pair(pair, r, &where, err));
    return hg__part_store_load(&r->large_pair, &s->view, pair, &where, true, memory / 2, err);
}

int hg__inspector_load(const hg__inspector *s, const char *path, const char *pair, hg__inspected *r,
                       hg_error *err) {
    *r = (hg__inspected){0};
    if (s->has_pairs && !pair) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a template beside it, as in training (target=), found none",
                        path);
    }
    int code = hg__part_measure(&s->view, path, &r->where, err);
    if (code == HG_OK && is_large(s, &r->where)) {
        code = load_large(s, path, pair, r, err);
    } else if (code == HG_OK) {
        code = hg__part_load(&s->view, path, &r->picture, &r->where, err);
        if (code == HG_OK && s->has_pairs) code = load_pair(s, pair, r, err);
    }
    if (code < 0) hg__inspected_clear(r);
    return code;
}

static int run_whole(hg__inspector *s, hg__inspected *r, bool wants_reconstruction, hg_error *err) {
    hg__raster clue;
    hg__joining j = {s, &r->seen, &r->map};
    HG_TRY(hg__clues_of(s, r, &clue, wants_reconstruction ? &r->reconstruction : NULL, err));
    const hg__clue_place at = hg__clue_whole(&clue);
    const int code = hg__clues_join(&j, &clue, &at, err);
    hg__raster_clear(&clue);
    return code;
}

// The picture gives its room to the map.
static int run_pieces(hg__inspector *s, hg__inspected *r, bool wants_reconstruction,
                      hg_error *err) {
    hg__joining j = {s, &r->seen, &r->map};
    hg__shown shown = {.wants_reconstruction = wants_reconstruction};
    const hg__piece_work w = {
        .frame = {r->large ? NULL : &r->picture,   r->large,      0},
        .pair = {r->large_pair ? NULL : &r->pair, r->large_pair, 0},
        .take = hg__clues_join,
        .context = &j,
        .shown = &shown
    };
    const int code = hg__pieces_run(s, &w, err);
    hg__raster_clear(&r->picture);
    hg__raster_clear(&r->pair);
    free_large(r);
    r->picture = shown.picture;
    r->reconstruction = shown.reconstruction;
    return code;
}

int hg__inspector_run(hg__inspector *s, hg__inspected *r, bool wants_reconstruction,
                      hg_error *err) {
    const bool fits = !r->large && hg__clues_fit(s, r->picture.height, r->picture.width);
    HG_TRY(hg__cells_seen(&s->view, &r->where, &r->seen, err));
    HG_TRY(fits ? run_whole(s, r, wants_reconstruction, err)
                : run_pieces(s, r, wants_reconstruction, err));
    return hg__map_score(&r->map, &r->seen, s->clues.share, &r->score, &r->peak, err);
}
