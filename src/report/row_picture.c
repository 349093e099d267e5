// SPDX-License-Identifier: Apache-2.0
// row_picture.c - rows drawn as pictures.
#include "report/row_picture.h"

#include <math.h>

#include "base/int.h"

static void measure(hg__row_picture *p) {
    p->height = hg__ceil_div(p->H, p->shrink) * p->zoom;
    p->width = hg__ceil_div(p->W, p->shrink) * p->zoom;
}

hg__row_picture hg__row_picture_of(const hg__shape *shape) {
    const int32_t r = shape->rank;
    const bool is_last = r == 3 && (shape->dim[2] == 1 || shape->dim[2] == 3); // channels last
    const bool is_first = r == 3 && !is_last && (shape->dim[0] == 1 || shape->dim[0] == 3);
    hg__row_picture p = {.channels = 1, .zoom = 1, .shrink = 1, .low = 0, .high = 1};
    if (r != 2 && !is_last && !is_first) return p;
    p.channels = is_last ? (int32_t)shape->dim[2] : is_first ? (int32_t)shape->dim[0] : 1;
    p.H = (int32_t)shape->dim[is_first];
    p.W = (int32_t)shape->dim[is_first + 1];
    p.to_channel = is_first ? p.H * p.W : 1;
    p.to_pixel = is_last ? p.channels : 1;
    measure(&p);
    return p;
}

void hg__row_picture_fit(hg__row_picture *p, int32_t side, int32_t most) {
    const int32_t longest = p->H > p->W ? p->H : p->W;
    p->zoom = longest < side ? hg__min(side / longest, most) : 1;
    p->shrink = longest > 2 * side ? hg__ceil_div(longest, 2 * side) : 1;
    measure(p);
}

void hg__row_picture_shrink(hg__row_picture *p, int32_t side) {
    p->zoom = 1;
    p->shrink = hg__ceil_div(p->H > p->W ? p->H : p->W, side);
    measure(p);
}

// Mean of a shrink x shrink block of one channel, as 0..255.
static uint8_t shade(const hg__row_picture *p, const float *x, int32_t row, int32_t column,
                     int32_t channel) {
    float sum = 0;
    int32_t count = 0;
    for (int32_t i = row * p->shrink; i < (row + 1) * p->shrink && i < p->H; i++) {
        for (int32_t j = column * p->shrink; j < (column + 1) * p->shrink && j < p->W; j++) {
            sum += x[(ptrdiff_t)channel * p->to_channel + ((ptrdiff_t)i * p->W + j) * p->to_pixel];
            count++;
        }
    }
    const float value = (sum / (float)count - p->low) / (p->high - p->low);
    return (uint8_t)lrintf(255 * fminf(fmaxf(value, 0), 1));
}

void hg__row_picture_draw(hg__canvas *c, const hg__row_picture *p, const float *x, int32_t left,
                          int32_t top) {
    const int32_t rows = hg__ceil_div(p->H, p->shrink);
    const int32_t columns = hg__ceil_div(p->W, p->shrink);
    const int32_t second = p->channels == 3 ? 1 : 0, third = p->channels == 3 ? 2 : 0;
    for (int32_t i = 0; i < rows; i++) {
        for (int32_t j = 0; j < columns; j++) {
            const hg__colour colour = {shade(p, x, i, j, 0), shade(p, x, i, j, second),
                                       shade(p, x, i, j, third)};
            hg__canvas_box(c, left + j * p->zoom, top + i * p->zoom, p->zoom, p->zoom, colour);
        }
    }
}
