// SPDX-License-Identifier: Apache-2.0
// inspector_internal.h - an inspector from inside: shared by what makes clues, what judges by them and what fits them.
#ifndef HG_INSPECT_INSPECTOR_INTERNAL_H
#define HG_INSPECT_INSPECTOR_INTERNAL_H
#include "inspect/inspector.h"
#include "inspect/patch_memory.h"
#include "inspect/patches.h"
#include "restore/tiles.h"

// What is usual of good pictures.
typedef struct hg__clue_model {
    // (h, w, 2 HG_CLUES) over the frame, as coarse as it is kept: of each clue mean and spread; h = w = 1 where no place is like
    // another
    hg__raster usual;
    // of good pictures' highest cells of each clue, in spreads above the mean: median and spread
    double centre[HG_CLUES], spread[HG_CLUES];
    // of a map's cells, the highest, whose mean is the score
    double share;
} hg__clue_model;

struct hg__inspector {
    const hg__network *net; // borrowed: the model's, or `folded`
    hg__network *folded;    // owned, or NULL
    hg__image_needs needs;
    hg__pool *pool; // borrowed
    size_t max_mem;
    const char *where; // borrowed
    hg__part_view view;
    bool has_pairs;
    hg__raster expected;  // the reference as it is kept, coarse; {0}: none
    hg__raster reference; // the same for the picture at hand
    hg__patches patches;
    hg__patch_memory *memory; // owned; NULL while it is made
    hg__clue_model clues;
    hg__thresholds thresholds;
    hg__calibration peaks;
    double pixel_threshold;
    hg__blocks blocks;
    hg__tiles *tiles; // owned: of the last picture, for the next of its size; or NULL
};

// An inspector of a model without what is fitted. Takes over view and expected, also on failure.
hg__inspector *hg__inspector_begin(const hg_model *m, hg__part_view *view, hg__raster *expected,
                                   hg__pool *pool, size_t max_mem, const char *where,
                                   hg_error *err);

// clue (h, w, HG_CLUES) of a loaded picture, the caller's to clear: as they are, smoothed. reconstruction: NULL, or made.
int hg__clues_of(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                 hg__raster *reconstruction, hg_error *err);

// What is usual of a clue's cell, of a raster (height, width): its mean, and HG_CLUES further its spread.
static inline const float *hg__usual_at(const hg__raster *usual, const hg__raster *clue, int32_t y,
                                        int32_t x) {
    return hg__raster_pixel(usual, (int32_t)((int64_t)y * usual->height / clue->height),
                            (int32_t)((int64_t)x * usual->width / clue->width));
}

// The map (h, w, 1) of clues (h, w, HG_CLUES), made.
int hg__clues_join(const hg__clue_model *m, const hg__raster *clue, hg__raster *map, hg_error *err);
// The mean of the highest share of the map's cells, one at least, and the highest.
int hg__map_score(const hg__raster *map, double share, float *score, float *peak, hg_error *err);

// In the model's file: "parts" of the detector's JSON, and tensors.
hg__json *hg__inspector_json(const hg__inspector *s, hg_error *err);
int hg__inspector_to_parts(const hg__inspector *s, hg_model *m, hg_error *err);
int hg__peaks_to_parts(const hg__calibration *c, hg_model *m, hg_error *err);
#endif
