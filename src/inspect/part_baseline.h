// SPDX-License-Identifier: Apache-2.0
// part_baseline.h - what stands beside every model of parts: maps of defects without training to speak of. part_baselines.def lists them.
#ifndef HG_INSPECT_PART_BASELINE_H
#define HG_INSPECT_PART_BASELINE_H
#include "detect/blocks.h"
#include "inspect/inspector.h"
#include "inspect/raster_source.h"

typedef struct hg__part_baseline {
    // "pca", "template", "patch_pca", "nearest_patch"
    const char *name;
    // what it is, and of whom
    const char *source;
    // Learns from good pictures, 1 or 3 channels each, 2 pictures at least, each read twice at most. NULL on failure; max_bytes: of what it
    // takes beside a picture.
    void *(*fit)(const hg__raster_source *good, uint64_t seed, size_t max_bytes, hg__pool *pool,
                 hg_error *err);
    // map (height, width, 1) of a picture (height, width, channels), the caller's to clear: higher is more unusual. The same bits for any
    // number of threads.
    int (*map)(const void *state, const hg__raster *picture, hg__raster *map, hg__blocks *b,
               hg_error *err);
    void (*free)(void *state); // NULL is fine
    // of the map's cells, the highest, whose mean is the picture's score; 1: all
    double share;
} hg__part_baseline;

const hg__part_baseline *const *hg__part_baselines(size_t *count);
const hg__part_baseline *hg__part_baseline_find(const char *name); // NULL if there is none

// A picture judged as a model judged it: map, made, as large as the model's, and the score of the cells that are seen.
int hg__part_baseline_judge(const hg__part_baseline *b, const void *state, const hg__inspected *of,
                            hg__raster *map, float *score, hg__blocks *blocks, hg_error *err);
#endif
