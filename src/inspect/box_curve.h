// SPDX-License-Identifier: Apache-2.0
// box_curve.h - how many defects are hit at so many false regions a picture, over thresholds: of any map, whatever its scale
// (the free-response curve: Bunch et al., 1978; Chakraborty, 1989).
//
// Thresholds are the numbers 2^(k / 16), so that they are the same whatever picture comes first. A region is what regions.h takes as
// one, as far as half way from the background up to the threshold. A picture is looked at from its highest cell down to its
// median, HG_BOX_STEPS thresholds at most; of what is below, where half of it is above, no more is known than that it has a
// false region and hits nothing. So what is told can be reached.
#ifndef HG_INSPECT_BOX_CURVE_H
#define HG_INSPECT_BOX_CURVE_H
#include "inspect/box_metrics.h"

enum { HG_BOX_STEPS = 64 };

// What was found at a threshold, of all pictures.
typedef struct hg__box_level {
    int64_t hits, false_regions;
    // pictures that are not looked at from here on down
    int64_t ended;
} hg__box_level;

typedef struct hg__box_curve {
    // of good pictures; NaN: each picture's median cell
    float background;
    int64_t pictures, defects;
    hg__box_level *level; // owned: one for each threshold there is; NULL before the first picture
    hg__box_tally one;    // of the picture at hand
    int32_t *label;       // owned, (room)
    size_t room;          // cells
} hg__box_curve;

void hg__box_curve_init(hg__box_curve *c, double least_overlap, // as hg__box_tally's
                        float background);
void hg__box_curve_clear(hg__box_curve *c); // {0} is fine

// map (height, width, 1); seen: as the map, 0 where a cell does not count; NULL or {0}: all do. defects NULL: a good picture.
int hg__box_curve_add(hg__box_curve *c, const hg__raster *map, const hg__raster *seen,
                      const hg__defects *defects, hg_error *err);

// The largest share of defects that are hit at a threshold with at most so many false regions a picture; NaN without defects.
double hg__box_curve_hit(const hg__box_curve *c, double false_regions);
#endif
