// SPDX-License-Identifier: Apache-2.0
// tails.h - how large a quantity usually is in a context, and how surprising it is that it is so large.
//
//   P(as large or larger | context) = (n_larger + P(... | more general context)) / (n + 1)
//
// Quantities are counted in half octaves, by fold as in counts.h.
#ifndef HG_TRAFFIC_TAILS_H
#define HG_TRAFFIC_TAILS_H
#include "traffic/counts.h"

enum { HG_TAIL_BINS = 64 }; // of half an octave: 0, 1, 1.4, 2 ... 2^31

typedef struct hg__tails hg__tails;

typedef struct hg__measured {
    int32_t contexts; // 1 .. HG_MAX_CONTEXTS, the most specific first
    uint64_t context[HG_MAX_CONTEXTS];
    double amount; // 0 at least
} hg__measured;

hg__tails *hg__tails_new(int64_t most, hg_error *err); // contexts that may be held
void hg__tails_free(hg__tails *t);                     // NULL is fine
int hg__tails_add(hg__tails *t, const hg__measured *m, int32_t fold, hg_error *err);
// Once all is counted, before anything is measured.
void hg__tails_freeze(hg__tails *t);
// As hg__counts_thaw() and hg__counts_settle().
hg__tails *hg__tails_thaw(const hg__tails *frozen, bool halves, int64_t most, hg_error *err);
hg__tails *hg__tails_settle(const hg__tails *t, hg_error *err);
hg__surprise hg__tails_surprise(const hg__tails *t, const hg__measured *m, int32_t without);
// Up to which amount the most specific context that is known has seen; negative: none is known.
double hg__tails_most(const hg__tails *t, const hg__measured *m);
int32_t hg__tail_bin(double amount);

int64_t hg__tails_entries(const hg__tails *t);
// Frozen ones, in ascending order of keys: key (entries), number (entries, HG_TAIL_BINS) times each bin or a higher one was counted.
void hg__tails_export(const hg__tails *t, uint64_t *key, uint32_t *number);
hg__tails *hg__tails_import(const uint64_t *key, const uint32_t *number, int64_t entries,
                            hg_error *err);
#endif
