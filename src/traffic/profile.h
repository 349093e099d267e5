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

// What a packet answers, apart from it: to be counted later, or elsewhere, or not at all.
typedef struct hg__answers {
    int32_t seens, measures;
    hg__seen seen[HG_MOST_ANSWERS];
    hg__measured measured[HG_MOST_LEVELS];
} hg__answers;

void hg__profile_answer(const hg__observation *o, hg__answers *a);
int hg__profile_count(hg__profile *f, const hg__answers *a, int32_t fold, hg_error *err);

// Counting goes on behind what was frozen, whose own counts are in no fold; to is frozen's copy: frozen may go on measuring. Counts of
// A, thawed, with B's added are those of both. halves: A counts half (counts.h). to is cleared on failure.
int hg__profile_thaw(hg__profile *to, const hg__profile *frozen, bool halves, int64_t most,
                     hg_error *err);
// A frozen copy of one that is not, and goes on counting.
int hg__profile_settle(hg__profile *to, const hg__profile *f, hg_error *err);

// Once all is counted, before anything is measured.
void hg__profile_freeze(hg__profile *f);

// bits (hg__level_count): how surprising each level's answer is, by what all folds but `without` counted (or HG_NO_FOLD); 0 where
// the packet has no answer.
void hg__profile_measure(const hg__profile *f, const hg__observation *o, int32_t without,
                         float *bits);
// What a level that is measured makes of it, and its contexts as f->tails knows them; false: the packet has no answer.
bool hg__profile_amount(const hg__observation *o, int32_t level, hg__measured *m);
#endif
