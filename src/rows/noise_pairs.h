// SPDX-License-Identifier: Apache-2.0
// noise_pairs.h - a source of noisy pictures as one of pairs, by noise that was measured on them (corrupt/recorrupt.h).
#ifndef HG_ROWS_NOISE_PAIRS_H
#define HG_ROWS_NOISE_PAIRS_H
#include "corrupt/measure_noise.h"
#include "rows/row_source.h"

// The context of such a source; in the caller's memory, where it stays.
typedef struct hg__noise_pairs {
    hg__row_source from;
    hg__noise_level level;
    uint64_t seed;
} hg__noise_pairs;

// The noise of a source of pictures, from about `crops` of its rows as validation has them.
int hg__noise_measure(const hg__row_source *from, int32_t crops, hg__noise_level *l, hg_error *err);

// *to: pairs of the rows of `from`, which has no targets.
void hg__pair_noise(hg__noise_pairs *p, const hg__row_source *from, const hg__noise_level *l,
                    uint64_t seed, hg__row_source *to);
#endif
