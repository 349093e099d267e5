// SPDX-License-Identifier: Apache-2.0
// row_picture.h - a row of numbers as a picture, where its shape is one's.
#ifndef HG_REPORT_ROW_PICTURE_H
#define HG_REPORT_ROW_PICTURE_H
#include "base/tensor.h"
#include "report/canvas.h"

typedef struct hg__row_picture {
    int32_t H, W, channels;       // of a picture; H is 0 where rows are none
    int32_t to_channel, to_pixel; // elements from one channel, from one pixel to the next
    int32_t zoom, shrink;         // one of them is 1
    int32_t width, height;        // as drawn
    float low, high;              // values drawn as black and white
} hg__row_picture;

// Of rows of this shape: (H, W), (H, W, 1 or 3), (1 or 3, H, W). low and high are 0 and 1; zoom and shrink 1.
hg__row_picture hg__row_picture_of(const hg__shape *shape);
// Magnified by a whole number to `side` pixels at most where it is smaller, at most `most` times; made smaller where it is more
// than twice as large.
void hg__row_picture_fit(hg__row_picture *p, int32_t side, int32_t most);
// The same, but never larger than `side`.
void hg__row_picture_shrink(hg__row_picture *p, int32_t side);
// x: the row's numbers. (left, top): its corner.
void hg__row_picture_draw(hg__canvas *c, const hg__row_picture *p, const float *x, int32_t left,
                          int32_t top);
#endif
