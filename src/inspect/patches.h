// SPDX-License-Identifier: Apache-2.0
// patches.h - what a place of a picture looks like, in a few dozen numbers, without a trained network.
//
//   picture ──halved, level by level──> planes of each level ──cells round each place──> raw (gh, gw, width) ──axes──> (gh, gw, dims)
//
// Planes are the colours themselves, or slopes in eight directions and ridges as well, blurred, which hardly change where the picture
// moves by a pixel. The axes are the principal ones of good pictures' patches (principal.h).
#ifndef HG_INSPECT_PATCHES_H
#define HG_INSPECT_PATCHES_H
#include "inspect/principal.h"
#include "inspect/raster_source.h"
#include "model/model.h"

typedef enum hg__patch_kind { HG_PATCH_PIXELS, HG_PATCH_SLOPES } hg__patch_kind;

enum { HG_MAX_PATCH_LEVELS = 6 };

typedef struct hg__patch_options {
    hg__patch_kind kind;
    // pixels from place to place: place (i, j) is pixel (i stride, j stride)
    int32_t stride;
    // of the picture's halves of halves, the first seen, 0 being the picture, and how many from there on
    int32_t first_level, levels;
    // a side: so many of a level's samples, `spacing` apart, make a patch
    int32_t cells, spacing;
    // numbers a patch becomes, and quarters of whitening (hg__principal_fit())
    int32_t dims, whitening;
    // Where pictures are aligned: what crossing the picture is worth beside what patches usually differ by; two more numbers a patch. 0: none.
    float position;
    uint64_t seed;
} hg__patch_options;

hg__patch_options hg__patch_defaults(hg__patch_kind kind);
// Of 16 x 16 pixels, halved once, whose numbers are taken as they are: for what principal axes leave over (feature_error.h).
hg__patch_options hg__patch_squares(void);

typedef struct hg__patches {
    hg__patch_options options;
    // of pictures
    int32_t channels;
    hg__principal axes;
    // what numbers are multiplied by, so that their mean square is 1 on what was learnt from
    float unit;
} hg__patches;

bool hg__patch_is_sound(const hg__patch_options *o); // each within its limits
int32_t hg__patch_raw_width(const hg__patch_options *o, int32_t channels);
int32_t hg__patches_width(const hg__patches *p); // numbers a place of a map
int32_t hg__patch_grid(int32_t side, int32_t stride);

// raw (gh, gw, width) of a picture (h, w, channels), the caller's to clear; beyond its edges it goes on as its mirror image.
int hg__patches_raw(const hg__patch_options *o, const hg__raster *picture, hg__raster *raw,
                    hg__pool *pool, hg_error *err);
// Learns the axes from a sample of the pictures' patches, all of as many channels; each is read once.
int hg__patches_learn(hg__patches *p, const hg__patch_options *o, const hg__raster_source *good,
                      hg__pool *pool, hg_error *err);
// map (gh, gw, hg__patches_width()), the caller's to clear.
int hg__patches_run(const hg__patches *p, const hg__raster *picture, hg__raster *map, hg__blocks *b,
                    hg_error *err);
void hg__patches_clear(hg__patches *p); // {0} is fine

// As parts of a model, "detector.patches.", and back. `where` begins sentences.
int hg__patches_to_parts(const hg__patches *p, hg_model *model, hg_error *err);
int hg__patches_from_parts(hg__patches *p, const hg_model *model, const char *where, hg_error *err);

// A map of one channel over places, `stride` apart, as one over pixels (height, width): between places by straight lines, then blurred
// by so many passes of a binomial filter (1 4 6 4 1) / 16 along each side. to is the caller's to clear.
int hg__patch_map_smooth(const hg__raster *map, int32_t stride, int32_t height, int32_t width,
                         int32_t passes, hg__raster *to, hg__pool *pool, hg_error *err);
#endif
