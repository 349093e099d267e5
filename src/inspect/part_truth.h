// SPDX-License-Identifier: Apache-2.0
// part_truth.h - where a picture's defects are, as the map over it sees them.
//
//   mask of the picture ──crop──> ──resize──> working pixels ──pose──> frame ──> share of each cell that is defect ──> 0 and 1
//
// Maps are not enlarged to the mask, the mask is reduced to the map's cells: that needs no values between cells, and a set's
// metrics do not depend on how many pixels its camera had. A cell is 1 where more than half of it is defect. A defect that is
// so small that no cell is, keeps the cell that has most of it: none vanishes.
#ifndef HG_INSPECT_PART_TRUTH_H
#define HG_INSPECT_PART_TRUTH_H
#include "inspect/mask_regions.h"
#include "parts/part_set.h"
#include "parts/part_view.h"

// mask (height, width, 1) of the upright picture, 0 and 1; `to` (rows, columns, 1) of 0 and 1 is made. Defects outside of what
// is seen are in no cell.
int hg__part_truth_of(const hg__part_geometry *g, const hg__raster *mask, int32_t rows,
                      int32_t columns, hg__raster *to, hg_error *err);

// The cells that a box of the picture touches, within the map; false where it is outside of what is seen.
bool hg__part_truth_box(const hg__part_geometry *g, const hg__part_box *box, int32_t rows,
                        int32_t columns, hg__box *to);
#endif
