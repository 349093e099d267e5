// SPDX-License-Identifier: Apache-2.0
// map_curve.h - metrics of maps from one walk down the values of pixels, highest first (map_metrics.c).
#ifndef HG_INSPECT_MAP_CURVE_H
#define HG_INSPECT_MAP_CURVE_H
#include "base/error.h"

enum {
    HG_CURVE_AUROC,
    HG_CURVE_AP,
    HG_CURVE_AUPRO_30,
    HG_CURVE_AUPRO_5,
    HG_CURVE_BEST_F1,
    HG_CURVE_AUPIMO,
    HG_CURVE_METRICS
};

// What has one value, what has any value beyond a threshold, or all there is.
typedef struct hg__curve_mass {
    double good, defect; // pixels outside and inside of masks
    double overlap;      // of regions: the sum over their pixels of 1 / region's area, in any unit
    double good_rate;    // the sum over good pictures of pixels / picture's pixels
    double
        image_rate; // the sum over pictures with defects of defect pixels / picture's defect pixels
} hg__curve_mass;

typedef struct hg__curve {
    hg__curve_mass all, beyond;
    double value[HG_CURVE_METRICS];
    // How far the value may be from that of the same pixels told apart further, at the most.
    double error[HG_CURVE_METRICS];
    double f1_limit;  // no threshold has a better F1
    bool best_is_new; // the last step's F1 is the best so far
    bool coarse_rate; // the rate of good pictures goes from 0 past AUPIMO's lower limit at once
} hg__curve;

void hg__curve_init(hg__curve *c, const hg__curve_mass *all);

// All pixels of the next lower value.
void hg__curve_step(hg__curve *c, const hg__curve_mass *next);

// After the last step. NaN where a metric does not exist.
void hg__curve_finish(hg__curve *c);
#endif
