// SPDX-License-Identifier: Apache-2.0
// resize.h - rasters made smaller without aliasing, and larger: one triangle filter, line by line.
//
// Smaller: each new pixel is the mean of the old ones under a triangle twice as wide as itself. Larger: plain bilinear. Both as
// Pillow's BILINEAR has them (centres of pixels at halves, weights made to sum to 1 at the edges).
//
//   lines from a file ──> hg__resizer_add() ──> the few lines that they belong to ──> a line of the result
//
// The columns of a line of the result are made when its last line has come: no more than a few lines of the old width are held.
#ifndef HG_PARTS_RESIZE_H
#define HG_PARTS_RESIZE_H
#include "parts/raster.h"

typedef struct hg__resizer hg__resizer;

// From lines (width, channels of `to`) of a picture of `height` lines to all of `to`, which is borrowed and whose shape says
// how large the result is. Sides are 1 at least.
hg__resizer *hg__resizer_new(int32_t height, int32_t width, hg__raster *to, hg_error *err);
// The same, where lines of the result go to `take` as they come, none is kept; `shape` says how large it is.
typedef void hg__take_line(void *context, const float *line);
hg__resizer *hg__resizer_new_lines(int32_t height, int32_t width, const hg__raster *shape,
                                   hg__take_line *take, void *context, hg_error *err);
void hg__resizer_add(hg__resizer *r, const float *line); // the next line; `height` of them in all
void hg__resizer_free(hg__resizer *r);                   // NULL is fine

// All of it; `to` is made.
int hg__raster_resize(hg__raster *to, const hg__raster *from, int32_t height, int32_t width,
                      hg_error *err);
// Of that the lines first .. first + count - 1.
int hg__raster_resize_lines(hg__raster *to, const hg__raster *from, int32_t height, int32_t width,
                            int32_t first, int32_t count, hg_error *err);
// A mask of 0 and 1 stays one: 1 where more than `share` of what is under the triangle is 1.
int hg__raster_resize_mask(hg__raster *to, const hg__raster *from, int32_t height, int32_t width,
                           float share, hg_error *err);

// The colours' mean where there are several: (height, width, 1).
int hg__raster_grey(hg__raster *to, const hg__raster *from, hg_error *err);
#endif
