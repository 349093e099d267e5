// SPDX-License-Identifier: Apache-2.0
// part_rows.h - pictures of good parts as rows to learn from: crops with drawn defects, and what they were with a mask as targets.
//
//   crop of a good picture ──light──> target colours ──damage──> x colours
//   reference, out of place by a little ──────────────────────> x's last channel      mask of the damage ──> target's last channel
//
// The reference is what is expected there: of pairs the template; where parts lie in their place the mean good part; else nothing,
// 0. It is handed out a little out of place, as parts to come will lie.
#ifndef HG_INSPECT_PART_ROWS_H
#define HG_INSPECT_PART_ROWS_H
#include "inspect/part_store.h"
#include "rows/row_source.h"

typedef struct hg__part_rows {
    const hg__part_store *store; // borrowed
    int32_t count;               // pictures
    // Borrowed: (height, width, 1) of all pictures; or NULL. With `pairs`, (count) of them are in that store, grey.
    const hg__raster *reference;
    const hg__part_store *pairs;
    // Borrowed: the only picture of it in place of `reference`, where that is large; or NULL.
    const hg__part_store *large_reference;
    // Side of a crop, pixels; ways to cut each picture in an epoch.
    int32_t crop, draws;
    // Mirrored and turned by quarters at random.
    bool flips;
    // Seven in ten also turned by a little and scaled (crop_turn.h), of pictures without a reference.
    bool turns;
    // crops as they are, their own targets: (crop, crop, channels)
    bool is_plain;
    uint64_t seed;
} hg__part_rows;

// The least crop that all pictures have, down to a multiple, no more than `most`.
int32_t hg__part_rows_crop(const hg__part_store *s, int32_t count, int32_t most, int32_t multiple);

// Rows of shape (crop, crop, channels + 1) unless they are plain, one a picture and draw, with targets. Borrows p. Smaller pictures go on as their mirror
// images.
hg__row_source hg__part_rows_source(const hg__part_rows *p);
#endif
