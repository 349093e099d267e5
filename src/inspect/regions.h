// SPDX-License-Identifier: Apache-2.0
// regions.h - connected regions of a map above two thresholds: how large, where, how high, and their outlines.
//
//   a map (H, W) > low ──> runs of pixels, row by row ──> runs that touch are one region ──> those with a pixel > threshold
//
// The threshold says whether there is a region, the lower one how far it reaches: what is above a threshold that good pictures hardly
// ever pass is the core of a defect only (hysteresis: Canny, "A computational approach to edge detection", 1986). Around a spot as high
// as twice the threshold and more the lower one is passed by what was blurred: a region reaches down to a quarter of its peak's height
// above the background, but not less far than the threshold, where it is in one piece then. So all pixels above the threshold belong
// to a region.
//
// Memory goes with the runs, not with the pixels: a map of 48 million with three spots takes a few kilobytes.
#ifndef HG_INSPECT_REGIONS_H
#define HG_INSPECT_REGIONS_H
#include <stdbool.h>
#include <stddef.h>

#include "parts/raster.h"

// Pixels [begin, end) of row y.
typedef struct hg__region_run {
    int32_t y, begin, end;
    // which one it belongs to; -1: to one that was left out
    int32_t region;
} hg__region_run;

// A corner of pixels: pixel (x, y) lies between the corners (x, y) and (x + 1, y + 1).
typedef struct hg__corner {
    int32_t x, y;
} hg__corner;

// All in pixels of the map.
typedef struct hg__region {
    int64_t area;
    int32_t left, top, width, height;
    // the highest value, and the first pixel from the top that has it
    float peak;
    int32_t peak_x, peak_y;
    double mean;
    // the centroid of the pixels' centres, in corners' coordinates: one pixel at (0, 0) has (0.5, 0.5)
    double x, y;
    // of the outline: corner[first_corner] and so on
    size_t first_corner;
    int32_t corners;
} hg__region;

typedef struct hg__regions {
    // the map's
    int32_t height, width;
    // the highest peak first; where two are equal, that which begins further up, then further left
    int32_t count;
    hg__region *at; // owned, (count)
    // Outlines, clockwise as seen: right along the top first. The region lies to the right hand; where pixels touch by a
    // corner only, the outline passes there twice. No three corners in a row lie on one line. Holes are not left out.
    hg__corner *corner; // owned, (corners)
    size_t corners;
    // of regions, and of places above the lower threshold only, from the top, from the left
    hg__region_run *run; // owned, (runs)
    int32_t runs;
    // how many reach above the threshold, before small ones and those beyond `most` were left out
    int32_t found;
} hg__regions;

typedef struct hg__region_options {
    // a region has a pixel above it; pixels that are no numbers do not count
    float threshold;
    // of good pictures' maps most pixels are as high; NaN where that is not known: a region is what is above the threshold
    float background;
    // regions of fewer pixels are left out; 0 and 1: none
    int64_t least_area;
    // so many at most, those with the highest peaks; 0: all
    int32_t most;
} hg__region_options;

// map: one channel, 2^31 - 1 pixels at most. Neighbours are the eight around a pixel. r is {0} on failure.
int hg__regions_find(hg__regions *r, const hg__raster *map, const hg__region_options *o,
                     hg_error *err);
void hg__regions_clear(hg__regions *r); // {0} is fine

// The lower threshold: half way down to what most of a good picture's map is, where the edge of a spot still lies after it was
// blurred. The threshold where the background is not below it, or not known (NaN).
float hg__region_low(float background, float threshold);

// label (height, width): 0 beside the regions that were kept, in them their number, from 1.
void hg__regions_label(const hg__regions *r, int32_t *label);

// Where a map lies on its picture: corner (x, y) of the map is (left + x * across, top + y * down) of the picture, in pixels.
typedef struct hg__map_frame {
    double left, top;
    double across, down; // above 0
    // the picture's
    int32_t width, height;
} hg__map_frame;

// Of a map that covers all of a picture.
hg__map_frame hg__map_frame_over(int32_t map_width, int32_t map_height, int32_t width,
                                 int32_t height);

// The whole pixels of the picture that a region's box touches, and those of its area, rounded, 1 at least.
hg__box hg__region_box(const hg__region *r, const hg__map_frame *f);
int64_t hg__region_area(const hg__region *r, const hg__map_frame *f);
// A corner of the map on the picture, within its sides: x and y.
void hg__corner_place(hg__corner corner, const hg__map_frame *f, double place[2]);

// One row of a mask over the picture: white where the centre of a pixel lies in a region that was kept, else 0; line
// (f->width). *at: the run to begin at, 0 for row 0; rows are asked for from the top.
void hg__regions_mask_row(const hg__regions *r, const hg__map_frame *f, int32_t row, int32_t *at,
                          uint8_t *line);
#endif
