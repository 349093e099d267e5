// SPDX-License-Identifier: Apache-2.0
// corrupted.h - a source round another: its rows corrupted on the way, with what they were as targets.
#ifndef HG_ROWS_CORRUPTED_H
#define HG_ROWS_CORRUPTED_H
#include "corrupt/noise.h"
#include "rows/row_source.h"

// How rows are corrupted.
typedef struct hg__corruption {
    hg__noise noise;
    uint64_t seed;
    // ways to corrupt each row in an epoch, where the rows themselves have one; 0 is 1
    int32_t draws;
    // Borrowed, (groups): columns of a table, which are taken as wholes; or NULL.
    const hg__column_group *group;
    int32_t groups;
} hg__corruption;

// The context of a corrupted source; in the caller's memory, where it stays.
typedef struct hg__corrupted {
    hg__row_source from;
    hg__corruption how;
    hg__noise_place place; // the shape of a row, the seed
    int32_t draws;
    size_t donor_at, from_at; // floats into the scratch: another row, what `from` needs
    bool needs_donor;
} hg__corrupted;

// *to: the rows of `from` with noise, their target what they were; of a source with targets, the target is its own.
// Refused where rows of this shape cannot be corrupted so; noise=blind is hg__part_blindly()'s.
int hg__corrupt(hg__corrupted *c, const hg__row_source *from, const hg__corruption *how,
                hg__row_source *to, hg_error *err);

// *to: halves of noisy images of twice the size each way, as hg__blind_make() has it.
void hg__part_blindly(hg__corrupted *c, const hg__row_source *from, const hg__corruption *how,
                      hg__row_source *to);
#endif
