// SPDX-License-Identifier: Apache-2.0
// whole_mask.h - what of a frame is looked at, its lines put together.
#ifndef HG_TESTS_WHOLE_MASK_H
#define HG_TESTS_WHOLE_MASK_H
#include <string.h>

#include "parts/part_view.h"

typedef struct mask_lines {
    hg__raster *to;
    int32_t y; // the next
} mask_lines;

static inline void keep_mask_line(void *context, const float *line) {
    mask_lines *k = context;
    memcpy(hg__raster_pixel(k->to, k->y++, 0), line, (size_t)k->to->width * sizeof *line);
}

// mask (frame_height, frame_width, 1), the caller's to clear; {0} on failure.
static inline int whole_mask(const hg__part_view *v, const hg__part_geometry *where,
                             hg__raster *mask) {
    mask_lines k = {mask, 0};
    HG_TRY(hg__raster_init(mask, where->frame_height, where->frame_width, 1, NULL));
    const int code = hg__part_mask_lines(v, where, keep_mask_line, &k, NULL);
    if (code < 0) hg__raster_clear(mask);
    return code;
}
#endif
