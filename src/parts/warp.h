// SPDX-License-Identifier: Apache-2.0
// warp.h - where a part lies in its picture, and the picture turned and shifted so that the part lies in its place.
//
//   picture          the part in its place (the frame)
//   +---------+      +-------+
//   |   ,-.   |      | +---+ |       q = centre of picture + (dy, dx) + R(turn) (p - centre of frame)
//   |  <   >  |  <-- | |   | |
//   |   `-'   |      | +---+ |       for each pixel p of the frame the place q in the picture that it is taken from
//   +---------+      +-------+
#ifndef HG_PARTS_WARP_H
#define HG_PARTS_WARP_H
#include "parts/raster.h"

typedef struct hg__pose {
    // clockwise as one sees it, in the picture against the frame; 1 is all the way round
    double turn;
    double dy, dx; // pixels
} hg__pose;

typedef struct hg__point {
    double y, x; // pixels; the middle of the first is 0, 0
} hg__point;

// From the picture's places to the frame's.
hg__pose hg__pose_inverse(const hg__pose *pose);
// The same at another size: pixels times `factor`.
hg__pose hg__pose_scale(const hg__pose *pose, double factor);
// Where p of a frame (height, width) is in a picture (from_height, from_width).
hg__point hg__pose_place(const hg__pose *pose, int32_t height, int32_t width, int32_t from_height,
                         int32_t from_width, hg__point p);

// The whole frame, whose size `to` has; bilinear. What lies outside the picture takes the value of its nearest edge. real: NULL,
// or (height, width, 1) that becomes 1 where the picture is, else 0.
void hg__raster_warp_into(hg__raster *to, hg__raster *real, const hg__raster *from,
                          const hg__pose *pose);
// The same, where `to` (height, width) and `real` (may be NULL) are made.
int hg__raster_warp(hg__raster *to, hg__raster *real, const hg__raster *from, const hg__pose *pose,
                    int32_t height, int32_t width, hg_error *err);
// A line of `real` alone, (width of `to`); of both rasters no more than the shapes.
void hg__warp_real_line(const hg__raster *to, const hg__raster *from, const hg__pose *pose,
                        int32_t line, float *real);
#endif
