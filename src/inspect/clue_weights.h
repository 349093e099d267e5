// SPDX-License-Identifier: Apache-2.0
// clue_weights.h - how much each clue counts: how well it tells drawn defects from good pictures.
//
// Of a surface whole pictures' axes say nothing, of parts in their place they say most; a network that learned little says little. Good
// pictures alone tell which, by defects that are drawn on them (src/corrupt/damage.h).
#ifndef HG_INSPECT_CLUE_WEIGHTS_H
#define HG_INSPECT_CLUE_WEIGHTS_H
#include "inspect/inspector_internal.h"

// Draws defects on a picture, in place; which ones is a function of (seed, number).
int hg__clue_damage(hg__raster *picture, uint64_t seed, int32_t number, hg_error *err);
size_t hg__clue_damage_bytes(int32_t height, int32_t width, int32_t channels); // that it takes

// Of a clue's highest cells, in good pictures and damaged ones, the odds that a damaged one's is above a good one's: from about 0.03 to
// 30; 1 without damaged ones.
double hg__clue_odds(const float *good, int32_t goods, const float *damaged, int32_t damages);
// Of pictures the scores by each of several choices: (choices, room), of which each has `count`.
typedef struct hg__score_table {
    const float *at;
    int32_t count, room;
} hg__score_table;
// The choice of the highest odds, the first of several.
int32_t hg__clue_most_telling(const hg__score_table *good, const hg__score_table *damaged,
                              int32_t choices);
// Odds in m->weight become shares of 1, of which those clues that know damage have a third together at most: their network
// learned from such defects on such pictures, so their odds say less of real ones, and least where good pictures to come are others.
void hg__clue_weights_end(hg__clue_model *m, const hg__part_kind *kind);
#endif
