// SPDX-License-Identifier: Apache-2.0
// levelled.h - a source round one of noisy images: the level of each pixel's noise as one channel more.
//
// The level of a pixel is the root mean square of noisy - clean, white being 1, over the channels and over a square of 15 x 15 pixels
// round it, or as much of that as lies within the row. A row's last channel is the level that the network is told, or 0: not told; its
// target's last channel is the level. Of rows that are told theirs every second has one number everywhere, the level of the
// whole row, as a user would give it.
#ifndef HG_ROWS_LEVELLED_H
#define HG_ROWS_LEVELLED_H
#include "rows/row_source.h"

enum { HG_LEVEL_RADIUS = 7 }; // pixels, of the square

// x, clean (height, width, channels) -> level (height, width). sum: (height + 1, width + 1). Gives back that of the whole.
float hg__level_of(const float *x, const float *clean, int32_t height, int32_t width,
                   int32_t channels, double *sum, float *level);

// The context of such a source; in the caller's memory, where it stays.
typedef struct hg__levelled {
    hg__row_source from;
    double share;
    uint64_t seed;
    size_t from_at; // floats into the scratch: what `from` needs
} hg__levelled;

// *to: rows (height, width, channels + 1) of `from`, which are images with targets. share: of rows, that are told their level.
void hg__tell_levels(hg__levelled *c, const hg__row_source *from, double share, uint64_t seed,
                     hg__row_source *to);
#endif
