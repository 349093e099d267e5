// SPDX-License-Identifier: Apache-2.0
// crop_turn.h - a crop of a surface turned by a little, and made larger or smaller by a little.
//
// A surface has no place and no angle: what was learned of one photograph is to hold for the next, which shows the same at a slightly
// other distance and angle. Mirroring and quarter turns alone leave every grain of a few photographs to be learned by heart.
#ifndef HG_INSPECT_CROP_TURN_H
#define HG_INSPECT_CROP_TURN_H
#include "base/rng.h"

// Of the square that a crop of this side is taken from, about its middle.
int32_t hg__crop_turn_side(int32_t side);

// from: (s, s, channels), s = hg__crop_turn_side(side). to: (side, side), pixels of `stride` floats, the first `channels` of which are
// written: cubic (Keys 1981, a = -1/2). drawn: the angle, its sine up to 0.15 each way, by word 0; pixels of `from` for one of `to`, 0.85
// to 1.15, by word 1.
void hg__crop_turn(const float *from, int32_t side, int32_t channels, int32_t stride,
                   const hg__philox *drawn, float *to);
#endif
