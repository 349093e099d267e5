// SPDX-License-Identifier: Apache-2.0
// part_internal.h - what looking at training pictures and loading any have in common.
#ifndef HG_PARTS_PART_INTERNAL_H
#define HG_PARTS_PART_INTERNAL_H
#include "parts/part_view.h"

// Every line of the page, into the finder where it is not NULL.
int hg__part_read_page(hg__image_reader *r, hg__range_finder *f, hg_error *err);
// Refuses a picture that the crop reaches out of.
int hg__part_check_crop(const hg__crop *c, const char *path, int32_t height, int32_t width,
                        hg_error *err);

// A side at working size.
static inline int32_t hg__part_scaled(int32_t side, double factor) {
    const int32_t scaled = (int32_t)(side * factor + 0.5);
    return scaled > 1 ? scaled : 1;
}
#endif
