// SPDX-License-Identifier: Apache-2.0
// map_metrics.h - how well maps show where defects are: pixel AUROC, average precision, F1, per-region and per-image
// overlap over many pictures, in bounded memory. A higher value is more unusual; a mask is 1 where the defect is.
#ifndef HG_INSPECT_MAP_METRICS_H
#define HG_INSPECT_MAP_METRICS_H
#include "detect/metrics.h"
#include "parts/raster.h"

// Pictures are added one after another, in any order; each is kept as a histogram of its values. The bins are floats that
// agree in their leading bits: at first each value has its own, and when all histograms together become too large,
// the last bit is dropped for all of them. So the bins depend on the pictures and not on their order, and the metrics
// are exact as long as nothing was dropped. After that, values of one bin count as equal; how far that can be from
// the exact metrics at the most is told beside them (hg__map_errors). It is of the order of 1e-6 in practice.
typedef struct hg__map_tally hg__map_tally;

// threshold: a pixel is an alarm where its value > it; NaN: none. most_bytes: of all histograms, 0 for 128 MB; while they
// change, up to twice that is in use. Where pictures are so many that their histograms stay larger with 4096 bins for
// all floats, they become larger.
hg__map_tally *hg__map_tally_new(double threshold, size_t most_bytes, hg_error *err);
void hg__map_tally_free(hg__map_tally *t); // NULL is fine

// map (H, W, 1), finite, at most 2^26 pixels; mask (H, W, 1) of 0 and 1, or NULL: no defect, as with a mask of zeros. seen (H, W, 1):
// pixels where it is 0 count for nothing, and are no defect; NULL or {0}: all count.
// HG_ERR_DATA (what and where; the picture is left out), HG_ERR_MEMORY. Takes 16 MB for a while, and for a mask 4 bytes a pixel.
int hg__map_tally_add(hg__map_tally *t, const hg__raster *map, const hg__raster *mask,
                      const hg__raster *seen, hg_error *err);

typedef struct hg__map_metrics_options {
    double level;      // of the intervals, e.g. 0.95
    int32_t resamples; // e.g. 1000; 0: no intervals by bootstrap
    uint64_t seed;
} hg__map_metrics_options;

// |metric - exact metric| at most, before rounding; 0 while every value has a bin of its own.
typedef struct hg__map_errors {
    double auroc, ap, aupro_30, aupro_5, best_f1, aupimo;
} hg__map_errors;

// NaN where there is nothing to measure: the false alarms without good pictures, all others without defects; of those the ones
// over all thresholds also without good pixels.
typedef struct hg__map_metrics {
    int64_t good_pictures, defect_pictures;
    int64_t good_pixels, defect_pixels,
        regions;        // good pixels: those of all pictures outside of masks
    hg__interval auroc; // of pixels; ties count half
    hg__interval ap;    // of pixels, as hg__metrics.ap
    // Mean overlap of the regions (8-connected; share of each that is beyond a threshold) over the share of good pixels
    // beyond it, integrated by trapezoids from 0 to 0.3 or 0.05, divided by that (Bergmann et al., "The MVTec anomaly
    // detection dataset", 2021).
    hg__interval aupro_30, aupro_5;
    hg__interval best_f1; // of pixels, over all thresholds
    // Alarm where value > it: halfway between the bins beside it. Of equally good ones the highest.
    double best_f1_threshold;
    // Mean over pictures with defects of the share of defect pixels beyond a threshold, over the logarithm of the mean share
    // of pixels beyond it in good pictures, from 1e-5 to 1e-4 (Bertoldo et al., "AUPIMO", 2024). NaN also where good
    // pictures have too few pixels, or too many of the same value, to tell 1e-5 from 0.
    hg__interval aupimo;
    // At the threshold; NaN without one.
    hg__interval f1, precision, recall; // of pixels
    hg__interval pixel_false_alarms;    // share of pixels of good pictures
    // Share of good pictures with any alarm: Clopper and Pearson's interval.
    hg__interval picture_false_alarms;
    int32_t resamples; // that the other intervals were made from
    hg__map_errors error;
} hg__map_metrics;

// Intervals by bootstrap over pictures, good ones and those with defects apart, percentiles; they come from histograms of
// some 1000 bins, moved so that the value itself agrees. The same for any order of the pictures. More pictures may follow.
int hg__map_tally_finish(hg__map_tally *t, const hg__map_metrics_options *o, hg__map_metrics *m,
                         hg_error *err);

// The i-th interval and its name, e.g. "pixel_auroc", for whoever prints all of them; false behind the last.
bool hg__map_metrics_at(const hg__map_metrics *m, int32_t i, const char **name, hg__interval *to);
#endif
