// SPDX-License-Identifier: Apache-2.0
// inspector_internal.h - an inspector from inside: shared by what makes clues, what judges by them and what fits them.
#ifndef HG_INSPECT_INSPECTOR_INTERNAL_H
#define HG_INSPECT_INSPECTOR_INTERNAL_H
#include "base/host.h"
#include "inspect/backbone.h"
#include "inspect/eigenpictures.h"
#include "inspect/feature_error.h"
#include "inspect/inspector.h"
#include "inspect/patch_gaussian.h"
#include "inspect/patch_memory.h"
#include "inspect/patches.h"
#include "restore/tiles.h"

enum { HG_MOST_CLUES = 7 };

// Where cells lie in the map of the whole picture, (height, width).
typedef struct hg__clue_place {
    int32_t top, left, height, width;
} hg__clue_place;

// What is usual of good pictures.
typedef struct hg__clue_model {
    // (h, w, 2 clues) over the frame, as coarse as it is kept: of each clue mean and spread; h = w = 1 where no place is like
    // another
    hg__raster usual;
    // of good pictures' highest cells of each clue, in spreads above the mean: median and spread
    double centre[HG_MOST_CLUES], spread[HG_MOST_CLUES];
    // how much each counts; 1 in all
    double weight[HG_MOST_CLUES];
    // of a map's cells, the highest, whose mean is the score
    double share;
} hg__clue_model;

// A backbone, and what its features usually are; by which of the means, `type` says.
typedef struct hg__feature_type hg__feature_type;
typedef struct hg__features {
    const hg__feature_type *type;
    hg__backbone *backbone;       // owned
    hg__patch_memory *memory;     // owned, or NULL
    hg__patch_gaussian *gaussian; // owned, or NULL
    hg__feature_error error;      // or {0}
    hg__raster map;               // of the last picture
} hg__features;

typedef struct hg__part_kind hg__part_kind;
typedef struct hg__frame hg__frame;

struct hg__inspector {
    const hg__part_kind *kind;
    hg__pool *pool; // borrowed
    size_t max_mem;
    bool in_pieces;          // what is judged now is a piece of a picture (clue_pieces.h)
    hg__clue_place piece_of; // its first cell, with its margin, of the picture's
    const char *where;       // borrowed
    // of mask
    const hg__network *net; // borrowed: the model's, or `folded`
    hg__network *folded;    // owned, or NULL
    hg__image_needs needs;
    hg__part_view view;
    bool has_pairs;
    hg__raster expected;  // the reference as it is kept, coarse; {0}: none
    hg__raster reference; // the same for the picture at hand
    hg__tiles *tiles;     // owned: of the last picture, for the next of its size; or NULL
    hg__raster residual;  // that came of the same run: for the clue of that name
    // of encoder
    int32_t tap;      // 1 + the layer of net whose outputs are its features; 0: none
    int32_t tap_step; // which of them: every so many a side
    int32_t tap_pixels, tap_channels; // a side for one of those, and its numbers
    hg__raster encoded;               // that came of mask's run
    hg__patch_memory *encodings;      // owned; NULL while it is made
    hg__raster
        rebuilt; // of conv: the last picture as its network gave it, for the clue of structure
    // of error
    hg__feature_error leftover;
    // of patch
    hg__patches patches;
    hg__patch_memory *memory; // owned; NULL while it is made
    // of pca
    hg__eigenpictures pictures; // {0}: good pictures have several sizes
    hg__raster unexplained;     // of the picture at hand, as small as the axes are
    // of feature
    hg__features features;
    // of all
    hg__clue_model clues;
    hg__thresholds thresholds;
    hg__calibration peaks;
    double pixel_threshold;
    float background; // NaN: not known
    hg__blocks blocks;
};

// ---- clues --------------------------------------------------------------------------------------

// What is learnt from.
typedef struct hg__clue_work {
    hg__inspector *s;
    const hg__inspector_data *d;
    hg__meter *meter;
    // borrowed, (pieces): what is learnt from, pictures or pieces of large ones: places in the store
    const struct hg__learnt_piece *piece;
    int32_t pieces;
} hg__clue_work;
typedef struct hg__learnt_piece {
    int32_t picture;
    hg__crop at;
} hg__learnt_piece;
// The i-th of them; `to` is made. Counts it, and asks whether to stop.
int hg__clue_work_take(const hg__clue_work *w, int32_t i, hg__raster *to, hg_error *err);
int hg__clue_work_stopped(const hg__clue_work *w, hg_error *err); // whether to stop
// All of them, neither counted nor asked.
hg__raster_source hg__clue_work_source(const hg__clue_work *w);

// One thing that speaks for a defect. What it learns lies in the inspector, and goes to the model's parts and back.
typedef struct hg__clue_type {
    const char *name;
    // too low is as unusual as too high
    bool is_two_sided;
    // its network was trained by drawn defects: that it finds such is no surprise
    bool knows_damage;
    // that a picture of this size takes; NULL: whatever there is room for
    size_t (*bytes)(const hg__inspector *s, int32_t height, int32_t width);
    int (*fit)(const hg__clue_work *w, hg_error *err); // NULL: there is nothing to be learnt
    // what it takes from a picture as a whole, before any of its cells are asked for; NULL: nothing
    int (*begin)(hg__inspector *s, const hg__frame *f, hg_error *err);
    // clue (h, w, 1) of a loaded picture, and reconstruction (NULL: not wanted) if it has one, are made
    int (*run)(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
               hg__raster *reconstruction, hg_error *err);
    // NULL as fit
    int (*to_parts)(const hg__inspector *s, hg_model *m, hg_error *err);
    int (*from_parts)(hg__inspector *s, const hg_model *m, hg_error *err);
} hg__clue_type;

extern const hg__clue_type hg__clue_mask, hg__clue_residual, hg__clue_encoder, hg__clue_patch,
    hg__clue_error, hg__clue_light, hg__clue_feature, hg__clue_rebuilt, hg__clue_structure,
    hg__clue_pca;
// Whether max_mem has room for a picture.
int hg__clue_check(const hg__inspector *s, const hg__clue_type *type, const hg__raster *picture,
                   hg_error *err);

// A kind of model of parts.
struct hg__part_kind {
    const char *name;
    int32_t clues;
    const hg__clue_type *clue[HG_MOST_CLUES];
    // it sees a picture's template where there are pairs
    bool sees_templates;
    // what is said of a place hangs on what lies near it: pictures may be judged piece by piece
    bool by_pieces;
    // what there is before anything is fitted, from the model's network
    int (*begin)(hg__inspector *s, const hg_model *m, hg_error *err);
    // what it says of itself in "parts"; NULL: nothing
    int (*to_json)(const hg__inspector *s, hg__json *o, hg_error *err);
};
extern const hg__part_kind hg__part_kind_feature;
// channels: of pictures; tells what a network is that was trained just now.
const hg__part_kind *hg__part_kind_of(const hg_model *m, int32_t channels, const char *where,
                                      hg_error *err);

// Windows of the network for a picture of this size, those of the last one if they fit: s->tiles.
int hg__clue_tiles(hg__inspector *s, const hg__raster *picture, hg_error *err);
int hg__mask_begin(hg__inspector *s, const hg_model *m, hg_error *err);
// 1 + the layer whose outputs are features: the last of those that halve the picture, but not to less than an eighth; 0: none.
int32_t hg__encoder_tap(const hg__spec *spec);
// That of s->net; and room for the features of a picture.
int hg__encoder_begin(hg__inspector *s, hg_error *err);
int hg__encoder_room(hg__inspector *s, const hg__raster *picture, hg_error *err);
int hg__conv_begin(hg__inspector *s, const hg_model *m, hg_error *err);
int hg__features_begin(hg__inspector *s, const hg_model *m, hg_error *err);
int hg__features_to_json(const hg__inspector *s, hg__json *o, hg_error *err);
void hg__features_clear(hg__inspector *s);

// ---- all of it ----------------------------------------------------------------------------------

// An inspector of a model without what is fitted. Takes over view and expected, also on failure.
hg__inspector *hg__inspector_begin(const hg_model *m, hg__part_view *view, hg__raster *expected,
                                   hg__pool *pool, size_t max_mem, const char *where,
                                   hg_error *err);

// Before a picture is judged at once or piece by piece: what its clues take from it as a whole.
int hg__clues_begin(hg__inspector *s, const hg__frame *f, hg_error *err);
// clue (h, w, clues) of a loaded picture, the caller's to clear: as they are, smoothed. reconstruction: NULL, or made if there is one.
int hg__clues_of(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                 hg__raster *reconstruction, hg_error *err);

typedef int hg__clue_take(void *context, const hg__raster *clue, const hg__clue_place *at,
                          hg_error *err);
static inline hg__clue_place hg__clue_whole(const hg__raster *clue) {
    return (hg__clue_place){0, 0, clue->height, clue->width};
}

// What is usual of a clue's cell: its mean, and as many numbers further as there are clues its spread.
static inline const float *hg__usual_at(const hg__raster *usual, const hg__clue_place *at,
                                        int32_t y, int32_t x) {
    return hg__raster_pixel(usual, (int32_t)((int64_t)(at->top + y) * usual->height / at->height),
                            (int32_t)((int64_t)(at->left + x) * usual->width / at->width));
}

// Clue k of a cell in spreads above its mean; too low counts as too high where that is as unusual.
static inline float hg__clue_above(const hg__inspector *s, const hg__raster *clue,
                                   const hg__clue_place *at, int32_t y, int32_t x, int32_t k) {
    const float *usual = hg__usual_at(&s->clues.usual, at, y, x);
    const float above = (hg__raster_pixel(clue, y, x)[k] - usual[k]) / usual[clue->channels + k];
    return s->kind->clue[k]->is_two_sided && above < 0 ? -above : above;
}

// Whether cell i counts.
static inline bool hg__cell_is_seen(const hg__raster *seen, size_t i) {
    return !seen->at || seen->at[i] > 0;
}

// The same of a clue's cell; seen: of the whole map.
static inline bool hg__clue_is_seen(const hg__raster *seen, const hg__clue_place *at, int32_t y,
                                    int32_t x) {
    const size_t line = (size_t)(at->top + y) * (size_t)at->width;
    return hg__cell_is_seen(seen, line + (size_t)(at->left + x));
}

// What cells become in the map.
typedef struct hg__joining {
    const hg__inspector *s;
    const hg__raster *seen; // of the whole map; {0}: all count
    hg__raster *map;        // made with the first cells; 0 where they do not count
} hg__joining;
// A hg__clue_take: the cells of clues (h, w, clues), into their place of the map; context: hg__joining.
int hg__clues_join(void *context, const hg__raster *clue, const hg__clue_place *at, hg_error *err);

// In the model's file: "parts" of the detector's JSON, and tensors.
hg__json *hg__inspector_json(const hg__inspector *s, hg_error *err);
int hg__inspector_to_parts(const hg__inspector *s, hg_model *m, hg_error *err);
int hg__peaks_to_parts(const hg__calibration *c, float background, hg_model *m, hg_error *err);
#endif
