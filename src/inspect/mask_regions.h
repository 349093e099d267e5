// SPDX-License-Identifier: Apache-2.0
// mask_regions.h - the connected regions of a mask: pixels that touch, along an edge or at a corner, belong together.
#ifndef HG_INSPECT_MASK_REGIONS_H
#define HG_INSPECT_MASK_REGIONS_H
#include "parts/raster.h"

typedef struct hg__mask_region {
    hg__box box;
    int64_t area; // pixels
} hg__mask_region;

// mask (H, W, 1): pixels other than 0 belong to regions; fewer than 2^31 pixels. label (H, W) becomes 0 beside the regions
// and the region's number in them, from 1, in the order in which lines from the top meet them. Returns how many there are.
int32_t hg__mask_regions(const hg__raster *mask, int32_t *label);

// Areas and boxes of `regions` regions, as numbered in label (height, width), into region (regions). A number that does not occur
// has area 0.
void hg__mask_region_sizes(const int32_t *label, int32_t height, int32_t width, int32_t regions,
                           hg__mask_region *region);
#endif
