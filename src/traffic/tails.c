// SPDX-License-Identifier: Apache-2.0
// tails.c - histograms of quantities by context, open addressing.
#include "traffic/tails.h"

#include <stdlib.h>
#include <string.h>

#include "base/log2.h"
#include "base/mem.h"

enum { FIRST_ROOM = 256 };
static const double unseen = 1.0 / 8,
                    mean_bits = 1.5; // of -log2 of a share that is uniform: 1 / ln 2

// Where a context's counts are.
typedef struct slot {
    uint64_t key; // 0: free
    int64_t at;   // of its row of counts
} slot;

// Folds lie side by side, so that a bin of all of them is half a line of memory; a model file's are added up, and so one.
struct hg__tails {
    slot *slot;      // owned, (room), room a power of two
    uint32_t *count; // owned, (room / 2, HG_TAIL_BINS, folds)
    int32_t folds;   // HG_FOLDS, with one more for what is in none, or 1
    int64_t room, used, most;
};

static size_t counts_of(const hg__tails *t) {
    return (size_t)HG_TAIL_BINS * (size_t)t->folds;
}

static int take_room(hg__tails *t, int64_t room, hg_error *err) {
    t->room = room;
    t->slot = hg__alloc((size_t)room, sizeof *t->slot, err);
    if (t->slot) t->count = hg__alloc((size_t)room / 2 * counts_of(t), sizeof *t->count, err);
    return t->count ? HG_OK : HG_ERR_MEMORY;
}

static hg__tails *new_tails(int64_t room, int64_t most, int32_t folds, hg_error *err) {
    hg__tails *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->folds = folds;
    t->most = most;
    if (take_room(t, room, err) == HG_OK) return t;
    hg__tails_free(t);
    return NULL;
}

hg__tails *hg__tails_new(int64_t most, hg_error *err) {
    return new_tails(FIRST_ROOM, most, HG_FOLDS, err);
}

void hg__tails_free(hg__tails *t) {
    if (!t) return;
    hg__free(t->slot);
    hg__free(t->count);
    hg__free(t);
}

static uint64_t key_of(uint64_t context) {
    return context ? context : 1;
}

static slot *place(const hg__tails *t, uint64_t key) {
    const uint64_t mask = (uint64_t)t->room - 1;
    uint64_t i = key & mask;
    while (t->slot[i].key != 0 && t->slot[i].key != key) i = (i + 1) & mask;
    return &t->slot[i];
}

// (folds): a context's counts in one bin.
static uint32_t *bin_of(const hg__tails *t, const slot *s, int32_t bin) {
    return t->count + (size_t)s->at * counts_of(t) + (size_t)bin * (size_t)t->folds;
}

static int make_room(hg__tails *t, hg_error *err) {
    if ((t->used + HG_MAX_CONTEXTS) * 2 <= t->room) return HG_OK;
    hg__tails larger = {.folds = t->folds};
    if (take_room(&larger, t->room * 2, err) != HG_OK) {
        hg__free(larger.slot);
        return HG_ERR_MEMORY;
    }
    for (int64_t i = 0; i < t->room; i++) {
        if (t->slot[i].key) *place(&larger, t->slot[i].key) = t->slot[i];
    }
    memcpy(larger.count, t->count, (size_t)t->used * counts_of(t) * sizeof *t->count);
    hg__free(t->slot);
    hg__free(t->count);
    t->slot = larger.slot;
    t->count = larger.count;
    t->room = larger.room;
    return HG_OK;
}

int32_t hg__tail_bin(double amount) {
    if (!(amount >= 1)) return 0; // nor what is no number
    if (amount > 0x1p30) return HG_TAIL_BINS - 1;
    uint64_t bits; // the exponent is how many whole octaves there are
    memcpy(&bits, &amount, sizeof bits);
    const int32_t octaves = (int32_t)(bits >> 52) - 1023;
    const double edge = (double)(INT64_C(1) << octaves);
    return 1 + 2 * octaves + (amount * amount >= 2 * edge * edge);
}

static slot *add(hg__tails *t, uint64_t key) {
    slot *s = place(t, key);
    if (s->key) return s;
    if (t->used >= t->most) return NULL;
    *s = (slot){key, t->used++};
    return s;
}

int hg__tails_add(hg__tails *t, const hg__measured *m, int32_t fold, hg_error *err) {
    const int32_t bin = hg__tail_bin(m->amount);
    HG_TRY(make_room(t, err));
    for (int32_t i = 0; i < m->contexts; i++) {
        const slot *s = add(t, key_of(m->context[i]));
        if (s) bin_of(t, s, bin)[fold]++;
    }
    return HG_OK;
}

void hg__tails_freeze(hg__tails *t) {
    const int32_t last = (HG_TAIL_BINS - 1) * t->folds; // the highest bin's first
    for (int64_t i = 0; i < t->used; i++) {
        uint32_t *row = t->count + (size_t)i * counts_of(t);
        for (int32_t b = last - 1; b >= 0; b--) row[b] += row[b + t->folds];
    }
}

// The same contexts, and no counts yet.
static hg__tails *new_like(const hg__tails *t, int64_t most, int32_t folds, hg_error *err) {
    hg__tails *to = new_tails(t->room, most > t->used ? most : t->used, folds, err);
    if (!to) return NULL;
    memcpy(to->slot, t->slot, (size_t)t->room * sizeof *t->slot);
    to->used = t->used;
    return to;
}

// In one bin, in all folds; row: of a context.
static uint32_t in_bin(const hg__tails *t, int64_t row, int32_t b) {
    const uint32_t *count = t->count + (size_t)row * counts_of(t) + (size_t)(b * t->folds);
    uint32_t sum = 0;
    for (int32_t f = 0; f < t->folds; f++) sum += count[f];
    return sum;
}

hg__tails *hg__tails_thaw(const hg__tails *frozen, bool halves, int64_t most, hg_error *err) {
    hg__tails *t = new_like(frozen, most, HG_FOLDS + 1, err);
    for (int64_t i = 0; t && i < t->used; i++) {
        for (int32_t b = 0; b < HG_TAIL_BINS; b++) {
            const uint32_t above = b + 1 < HG_TAIL_BINS ? in_bin(frozen, i, b + 1) : 0;
            const uint32_t n = in_bin(frozen, i, b) - above;
            t->count[(size_t)i * counts_of(t) + (size_t)(b * t->folds + HG_FOLDS)] =
                halves ? n / 2 + (n & 1) : n;
        }
    }
    return t;
}

hg__tails *hg__tails_settle(const hg__tails *t, hg_error *err) {
    hg__tails *to = new_like(t, t->used, 1, err);
    for (int64_t i = 0; to && i < t->used; i++) {
        for (int32_t b = 0; b < HG_TAIL_BINS; b++) {
            to->count[i * HG_TAIL_BINS + b] = in_bin(t, i, b);
        }
    }
    if (to) hg__tails_freeze(to);
    return to;
}

// In bin b and above, in all folds.
static int64_t from_bin(const hg__tails *t, const slot *s, int32_t b, int32_t without) {
    const uint32_t *count = bin_of(t, s, b);
    if (t->folds == 1) return count[0];
    int64_t sum = 0;
    for (int32_t f = 0; f < t->folds; f++) sum += f == without ? 0 : count[f];
    return sum;
}

hg__surprise hg__tails_surprise(const hg__tails *t, const hg__measured *m, int32_t without) {
    const int32_t bin = hg__tail_bin(m->amount);
    hg__surprise r = {0};
    double p = unseen;
    for (int32_t i = m->contexts - 1; i >= 0; i--) {
        const slot *s = place(t, key_of(m->context[i]));
        const int64_t n = s->key ? from_bin(t, s, 0, without) : 0;
        if (n == 0) continue;
        const int64_t larger = from_bin(t, s, bin, without);
        p = ((double)larger + p) / (double)(n + 1);
        r.is_new = larger == 0;
        r.seen = n;
    }
    const double bits = -hg__log2(p) - mean_bits;
    r.bits = bits > 0 ? (float)bits : 0;
    return r;
}

double hg__tails_most(const hg__tails *t, const hg__measured *m) {
    for (int32_t i = 0; i < m->contexts; i++) {
        const slot *s = place(t, key_of(m->context[i]));
        if (!s->key) continue;
        int32_t b = HG_TAIL_BINS - 1;
        while (b > 0 && from_bin(t, s, b, HG_NO_FOLD) == 0) b--;
        const double most = (double)(INT64_C(1) << (b / 2)); // the bin's upper edge
        return b % 2 == 0 ? most : most * 1.4142135623730951;
    }
    return -1;
}

int64_t hg__tails_entries(const hg__tails *t) {
    return t->used;
}

// ---- in a model file ----------------------------------------------------------------------------

static int ascending(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void hg__tails_export(const hg__tails *t, uint64_t *key, uint32_t *number) {
    int64_t at = 0;
    for (int64_t i = 0; i < t->room; i++) {
        if (t->slot[i].key) key[at++] = t->slot[i].key;
    }
    qsort(key, (size_t)at, sizeof *key, ascending);
    for (int64_t i = 0; i < at; i++) {
        const slot *s = place(t, key[i]);
        for (int32_t b = 0; b < HG_TAIL_BINS; b++) {
            number[i * HG_TAIL_BINS + b] = (uint32_t)from_bin(t, s, b, HG_NO_FOLD);
        }
    }
}

hg__tails *hg__tails_import(const uint64_t *key, const uint32_t *number, int64_t entries,
                            hg_error *err) {
    int64_t room = FIRST_ROOM;
    while (room < 2 * entries) room *= 2;
    hg__tails *t = new_tails(room, entries, 1, err);
    if (!t) return NULL;
    for (int64_t i = 0; i < entries; i++) {
        if (key[i] == 0 || (i > 0 && key[i] <= key[i - 1])) {
            hg__fail(err, HG_ERR_MODEL, "tails: expected keys in ascending order");
            hg__tails_free(t);
            return NULL;
        }
        add(t, key[i]);
    }
    memcpy(t->count, number, (size_t)entries * HG_TAIL_BINS * sizeof *number);
    return t;
}
