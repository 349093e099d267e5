// SPDX-License-Identifier: Apache-2.0
// val_parts_truth.h - what is known of a picture's defects, in the cells of its map that are seen; and what lies away from them.
#ifndef HG_JOBS_VAL_PARTS_TRUTH_H
#define HG_JOBS_VAL_PARTS_TRUTH_H
#include "inspect/inspector.h"
#include "inspect/mask_regions.h"
#include "parts/part_set.h"

typedef struct hg__part_known {
    hg__raster mask; // owned: (rows, columns, 1) of 0 and 1; {0}: there is none
    hg__box *box;    // owned, (boxes)
    int32_t boxes;
    bool is_known; // by the mask: maps can be measured
} hg__part_known;

// Of part i, which has a defect and was judged: its mask, or its boxes. HG_ERR_DATA for a mask that is missing or does not fit.
int hg__part_known_load(hg__part_known *t, const hg__part_set *set, int32_t i, bool by_mask,
                        const hg__inspected *r, hg_error *err);
void hg__part_known_clear(hg__part_known *t); // {0} is fine

// Whether any cell of a picture that was judged counts.
bool hg__part_sees_any(const hg__inspected *r);
// 1 for each cell that is seen and lies 8 cells at least away from what is known to be defect, else 0; made.
int hg__part_known_rest(const hg__part_known *t, const hg__inspected *r, hg__raster *rest,
                        hg_error *err);
#endif
