// SPDX-License-Identifier: Apache-2.0
// val_parts_sheet.h - how well pictures of parts were judged, by a model and by what stands beside it: for people and programs.
#ifndef HG_JOBS_VAL_PARTS_SHEET_H
#define HG_JOBS_VAL_PARTS_SHEET_H
#include "base/text.h"
#include "detect/calibration.h"
#include "inspect/box_metrics.h"
#include "inspect/map_metrics.h"

// What was measured of one way to judge. NaN where there is nothing to measure.
typedef struct hg__part_figures {
    const char *name;    // "model", or a baseline's
    hg__metrics image;   // of pictures' scores
    double f1;           // of pictures, at the threshold
    hg__map_metrics map; // has_map
    hg__box_metrics box; // has_box
    double
        hit; // share of defects that are hit at a false region a picture; NaN: no regions were measured
    bool has_map, has_box;
} hg__part_figures;

typedef struct hg__part_sheet {
    const hg__part_figures *of; // (methods): the model, then the baselines
    int32_t methods;
    int32_t unlabelled, unseen, without_mask; // pictures
    bool taken_as_good;                       // no picture had a label
    bool has_rests;          // good ones are what lies away from the defects of the others
    const hg__threshold *at; // NULL: the model has none
    double pixel_threshold;  // NaN: the model has none
    double region_low;       // regions reach as far as pixels are above it; NaN likewise
    const char *note;        // why there are no baselines; ""
} hg__part_sheet;

// A heap string for hg_text_free().
char *hg__part_sheet_format(const hg__part_sheet *s, bool json, hg_error *err);
#endif
