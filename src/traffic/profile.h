// SPDX-License-Identifier: Apache-2.0
// profile.h - what a network's packets usually are: counts of every level's answers, and how surprising a packet is by each level.
#ifndef HG_TRAFFIC_PROFILE_H
#define HG_TRAFFIC_PROFILE_H
#include "traffic/levels.h"

typedef struct hg__profile {
    hg__counts *counts; // owned
    hg__tails *tails;   // owned
} hg__profile;

// most: entries of counts; a hundredth of that of tails.
int hg__profile_init(hg__profile *f, int64_t most, hg_error *err);
void hg__profile_clear(hg__profile *f); // {0} is fine

int hg__profile_add(hg__profile *f, const hg__observation *o, int32_t fold, hg_error *err);

// Once all is counted, before anything is measured.
void hg__profile_freeze(hg__profile *f);

// bits (hg__level_count): how surprising each level's answer is, by what all folds but `without` counted (or HG_NO_FOLD); 0 where
// the packet has no answer.
void hg__profile_measure(const hg__profile *f, const hg__observation *o, int32_t without,
                         float *bits);
// What a level that is measured makes of it, and its contexts as f->tails knows them; false: the packet has no answer.
bool hg__profile_amount(const hg__observation *o, int32_t level, hg__measured *m);
#endif
