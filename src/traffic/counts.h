// SPDX-License-Identifier: Apache-2.0
// counts.h - how often which value was seen in which context, and how surprising a value is therefore.
//
// A context is, for instance, "what this client asks of this server"; a value "Modbus function 5". Contexts back off to more general
// ones: the same server whoever asks, any server of that service. With n values seen in a context, T of them distinct and n_v times v,
//
//   p(v | context) = (n_v + T p(v | more general context)) / (n + T)
//
// (Witten & Bell, "The zero-frequency problem", IEEE Trans. Information Theory 37, 1991): where something new came often, something
// new is no surprise. What is counted as evidence is by how much -log2 p is above its mean in that context, so that fields which
// are random anyway say nothing.
//
// Counts are kept by fold, so that a packet of the training capture can be measured by the other folds alone.
#ifndef HG_TRAFFIC_COUNTS_H
#define HG_TRAFFIC_COUNTS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { HG_FOLDS = 8, HG_MAX_CONTEXTS = 4, HG_NO_FOLD = -1 };

typedef struct hg__counts hg__counts;

// Keys of contexts, the most specific first, and of a value: hashes, equal only for what is equal.
typedef struct hg__seen {
    int32_t contexts; // 1 .. HG_MAX_CONTEXTS
    uint64_t context[HG_MAX_CONTEXTS];
    uint64_t value;
} hg__seen;

// most: entries that may be held (a context, or a value in one, is an entry); what is beyond that is only counted.
hg__counts *hg__counts_new(int64_t most, hg_error *err);
void hg__counts_free(hg__counts *c); // NULL is fine

// Counts a value in all its contexts, for fold 0 .. HG_FOLDS - 1. HG_ERR_MEMORY leaves the counts as they were.
int hg__counts_add(hg__counts *c, const hg__seen *s, int32_t fold, hg_error *err);

typedef struct hg__surprise {
    float bits;   // -log2 p above its mean in these contexts; 0 at least
    bool is_new;  // never seen in the most specific context that was seen at all
    int64_t seen; // how often that context was
} hg__surprise;

// Once all is counted, before anything is measured.
void hg__counts_freeze(hg__counts *c);

// What was frozen, to be counted on from: it is in no fold, so that nothing is measured without it. halves: as if each value had come half as often (rounded up, so that
// none is forgotten), and with the same shares. most: as above, but never less than there is.
hg__counts *hg__counts_thaw(const hg__counts *frozen, bool halves, int64_t most, hg_error *err);
// A frozen copy of what was counted so far, without folds, of counts that are not frozen and stay as they are.
hg__counts *hg__counts_settle(const hg__counts *c, hg_error *err);

// Measured without what fold `without` counted, or HG_NO_FOLD.
hg__surprise hg__counts_surprise(const hg__counts *c, const hg__seen *s, int32_t without);

// Says that s is about to be asked for: nothing is waited for.
void hg__counts_fetch(const hg__counts *c, const hg__seen *s);

int64_t hg__counts_entries(const hg__counts *c);
int64_t hg__counts_lost(const hg__counts *c); // values that were not counted for want of room

// What a model file keeps of an entry.
typedef struct hg__count {
    uint64_t key;
    uint32_t count, distinct; // times counted; of a context, its distinct values
    float bits;               // of a context: mean of -log2 of its values' shares
} hg__count;

// count (entries), in ascending order of keys. c is frozen.
void hg__counts_export(const hg__counts *c, hg__count *count);
// Frozen, without folds: nothing can be added. NULL on failure: HG_ERR_MODEL where keys do not ascend.
hg__counts *hg__counts_import(const hg__count *count, int64_t entries, hg_error *err);
#endif
