// SPDX-License-Identifier: Apache-2.0
// box_curve.h - how many defects are hit at so many false regions a picture, over thresholds: of any map, whatever its scale
// (the free-response curve: Bunch et al., 1978; Chakraborty, 1989).
//
// The thresholds come from the first picture's map: its cells of the ranks 1, 1.4, 2, 2.8, 4 ... down to a sixteenth of them, and as
// many steps above the highest. What lies between two of them is not looked for, so that what is told can be reached.
#ifndef HG_INSPECT_BOX_CURVE_H
#define HG_INSPECT_BOX_CURVE_H
#include "inspect/box_metrics.h"

enum { HG_BOX_RANKS = 32, HG_BOX_ABOVE = 16, HG_BOX_STEPS = HG_BOX_RANKS + HG_BOX_ABOVE };

typedef struct hg__box_curve {
    hg__box_tally tally[HG_BOX_STEPS];
    float threshold[HG_BOX_STEPS]; // (steps), falling
    int32_t steps;                 // 0: no picture yet
    int32_t *label;                // owned, (room)
    size_t room;                   // cells
} hg__box_curve;

void hg__box_curve_init(hg__box_curve *c, double least_overlap); // as hg__box_tally's
void hg__box_curve_clear(hg__box_curve *c);                      // {0} is fine

// map (height, width, 1); seen: as the map, 0 where a cell does not count; NULL or {0}: all do. defects NULL: a good picture.
int hg__box_curve_add(hg__box_curve *c, const hg__raster *map, const hg__raster *seen,
                      const hg__defects *defects, hg_error *err);

// The largest share of defects that are hit at a threshold with at most so many false regions a picture; NaN without defects.
double hg__box_curve_hit(const hg__box_curve *c, double false_regions);
#endif
