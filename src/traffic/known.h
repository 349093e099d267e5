// SPDX-License-Identifier: Apache-2.0
// known.h - counts that grow no more, as a model file has them, laid out to be asked.
//
// Most of what is asked for is what is usual in its context, or something in a context that has had one value only. So each context has
// its most usual value beside it, and half a line of memory answers; other values are in a table of their own.
#ifndef HG_TRAFFIC_KNOWN_H
#define HG_TRAFFIC_KNOWN_H
#include "traffic/counts.h"

typedef struct hg__known hg__known;

// count (entries), in ascending order of keys above 0. NULL: no memory.
hg__known *hg__known_new(const hg__count *count, int64_t entries, hg_error *err);
void hg__known_free(hg__known *k); // NULL is fine

void hg__known_list(const hg__known *k, hg__count *count); // (entries), in any order

hg__surprise hg__known_surprise(const hg__known *k, const hg__seen *s);
void hg__known_fetch(const hg__known *k, const hg__seen *s); // as hg__counts_fetch()
#endif
