// SPDX-License-Identifier: Apache-2.0
// feature_map.h - maps of features: averaged over neighbours, enlarged, put beside each other.
#ifndef HG_INSPECT_FEATURE_MAP_H
#define HG_INSPECT_FEATURE_MAP_H
#include "backend/pool.h"
#include "nn/layer.h"
#include "parts/raster.h"

// The mean over 3 x 3 places of from, of those that are within it. from: (e.H, e.W, e.C); to: the same, with `place` floats from
// place to place.
void hg__feature_map_average(const float *from, hg__extent e, float *to, size_t place,
                             hg__pool *pool);
// from (e.H, e.W, e.C), enlarged bilinearly to the size of `to`, into its channels `channel` .. channel + e.C - 1.
// Corners are not aligned: PyTorch's interpolate(align_corners=False).
void hg__feature_map_enlarge(const float *from, hg__extent e, hg__raster *to, int32_t channel,
                             hg__pool *pool);
#endif
