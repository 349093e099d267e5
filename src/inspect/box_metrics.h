// SPDX-License-Identifier: Apache-2.0
// box_metrics.h - how many defects were found as regions, and how many regions are false, over many pictures.
#ifndef HG_INSPECT_BOX_METRICS_H
#define HG_INSPECT_BOX_METRICS_H
#include "detect/metrics.h"
#include "inspect/mask_regions.h"

// A region and a defect are the same where the intersection of their boxes is `least_overlap` of their union at least, or that
// of their pixels. So a defect that is known as a box may be met by a box or by an outline. A defect is hit where any
// region is the same, a region false where no defect is.
typedef struct hg__box_tally {
    double least_overlap; // e.g. 0.1
    size_t pictures, room;
    struct hg__box_counts *counts; // owned (room)
} hg__box_tally;

typedef struct hg__box_counts {
    int32_t defects, hits, regions, false_regions;
} hg__box_counts;

// The defects of a picture: the regions of a mask of 0 and 1 (height, width, 1), or where that is NULL boxes (count), which
// lie within the picture and have a pixel at least; all pixels of a box belong to the defect.
typedef struct hg__defects {
    const hg__raster *mask;
    const hg__box *box;
    int32_t count;
} hg__defects;

void hg__box_tally_init(hg__box_tally *t, double least_overlap);
void hg__box_tally_clear(hg__box_tally *t); // {0} is fine

// label (height, width): 1 .. regions where a region is, 0 elsewhere. defects NULL: a good picture. counts (NULL is fine)
// becomes those of this picture. HG_ERR_DATA for a label, a box or a mask that does not fit; HG_ERR_MEMORY.
int hg__box_tally_add(hg__box_tally *t, const int32_t *label, int32_t height, int32_t width,
                      int32_t regions, const hg__defects *defects, hg__box_counts *counts,
                      hg_error *err);

typedef struct hg__box_metrics {
    int64_t pictures, defects, hits, regions, false_regions;
    hg__interval hit;        // share of the defects; NaN without any
    hg__interval false_ones; // a picture
    hg__interval
        good_alarms; // share of pictures without defects that have any region: Clopper and Pearson's interval
} hg__box_metrics;

// The first two intervals by bootstrap over pictures, percentiles; 0 resamples: none (NaN). The same for any order of pictures.
int hg__box_tally_finish(hg__box_tally *t, double level, int32_t resamples, uint64_t seed,
                         hg__box_metrics *m, hg_error *err);

// As hg__map_metrics_at().
bool hg__box_metrics_at(const hg__box_metrics *m, int32_t i, const char **name, hg__interval *to);
#endif
