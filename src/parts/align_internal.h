// SPDX-License-Identifier: Apache-2.0
// align_internal.h - what the search and the fit of an alignment share.
#ifndef HG_PARTS_ALIGN_INTERNAL_H
#define HG_PARTS_ALIGN_INTERNAL_H
#include "parts/align.h"
#include "parts/fourier.h"

// Small pixels of a picture's, for a frame of that size.
double hg__align_factor(int32_t height, int32_t width);
int32_t hg__align_small_side(int32_t side, double factor);
// A picture small and grey, without the plane of its edge.
int hg__align_reduce(const hg__raster *picture, double factor, hg__raster *to, hg_error *err);
// The same of a picture that was made small.
int hg__align_flatten(const hg__raster *small, hg__raster *to, hg_error *err);
// How a small picture lies, in small pixels.
int hg__align_search(const hg__alignment *a, const hg__raster *small, hg__pose *pose, double *score,
                     hg_error *err);
#endif
