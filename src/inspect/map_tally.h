// SPDX-License-Identifier: Apache-2.0
// map_tally.h - what is kept of each picture, for the files that make metrics of it (map_metrics.h).
#ifndef HG_INSPECT_MAP_TALLY_H
#define HG_INSPECT_MAP_TALLY_H
#include "inspect/map_curve.h"
#include "inspect/map_metrics.h"

enum { HG_GOOD, HG_DEFECT, HG_PIXEL_KINDS };

typedef struct hg__map_cell {
    uint32_t bin, pixels;
} hg__map_cell;

// A histogram: the bins that occur, lowest first.
typedef struct hg__map_histogram {
    size_t count, room;
    hg__map_cell *cell; // owned (count)
    // (count), for defect pixels: the sum of 1 / area of the pixel's region, in the picture's units. An integer: sums are exact.
    uint64_t *overlap;
} hg__map_histogram;

typedef struct hg__map_picture {
    hg__map_histogram of[HG_PIXEL_KINDS];
    uint64_t
        hash; // of its pixels: pictures are sorted by it, so that the order in which they came is forgotten
    int64_t pixels[HG_PIXEL_KINDS], alarms[HG_PIXEL_KINDS];
    int32_t regions;
    double unit;    // of its histograms' overlaps
    double overlap; // of all its defect pixels: the number of its regions, but for rounding
} hg__map_picture;

struct hg__map_tally {
    double threshold;
    size_t most_bytes, bytes; // of all histograms
    uint32_t shift;           // a pixel's bin is the key of its value >> shift
    size_t pictures, room;
    hg__map_picture *picture; // owned (room)
};

// The number that floats of one order have, -0 as 0, and back; `key` is first taken to the nearest finite float.
uint32_t hg__map_key(float value);
float hg__map_key_value(uint64_t key);

// Histograms of few bins, made while walking down the many (map_bins.c).
typedef struct hg__map_bins {
    int32_t count, room;
    double *good, *defect, *overlap; // owned (pictures, room): pixels, and their overlap
} hg__map_bins;

typedef struct hg__map_walk {
    hg__curve curve;
    double best_threshold;
} hg__map_walk;

// t's pictures are sorted. bins: NULL, or for (t->pictures, bins->room) and zero.
int hg__map_walk_run(const hg__map_tally *t, hg__map_walk *out, hg__map_bins *bins, hg_error *err);

// `times` (pictures): how often each picture counts; NULL: once.
void hg__map_masses(const hg__map_tally *t, const int32_t *times, hg__curve_mass *all);

int hg__map_bootstrap(const hg__map_tally *t, const hg__map_bins *bins,
                      const hg__map_metrics_options *o, hg__map_metrics *m, hg_error *err);
#endif
