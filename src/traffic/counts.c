// SPDX-License-Identifier: Apache-2.0
// counts.c - a table of contexts and of values in them, open addressing.
#include "traffic/counts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/real.h"
#include "traffic/counts_internal.h"
#include "traffic/known.h"

enum { FIRST_ROOM = 4096 };
static const double per_bit = 1.4426950408889634; // 1 / ln 2

// A context, or a value in one.
typedef struct slot {
    uint64_t key; // 0: free
    uint32_t count;
    uint32_t distinct; // of a context: values in it
    float bits;        // of a context, once frozen: mean of -log2 of its values' shares
} slot;

// The same by folds, while there are any.
typedef struct by_fold {
    uint32_t count[HG_FOLDS];
    uint32_t only[HG_FOLDS]; // of a context: values that no other fold has
    double sum;              // of a context: over its values, n log2 n
} by_fold;

struct hg__counts {
    slot *slot;    // owned, (room), room a power of two
    by_fold *fold; // owned, (room)
    int64_t room, used, most;
    int64_t lost;
    hg__known *known; // owned, of a model file, in place of slots; NULL: these count
};

static int take_room(hg__counts *c, int64_t room, hg_error *err) {
    c->room = room;
    c->slot = hg__alloc((size_t)room, sizeof *c->slot, err);
    if (c->slot) c->fold = hg__alloc((size_t)room, sizeof *c->fold, err);
    return c->fold ? HG_OK : HG_ERR_MEMORY;
}

hg__counts *hg__counts_new(int64_t most, hg_error *err) {
    hg__counts *c = hg__alloc(1, sizeof *c, err);
    if (!c) return NULL;
    c->most = most;
    if (take_room(c, FIRST_ROOM, err) == HG_OK) return c;
    hg__counts_free(c);
    return NULL;
}

void hg__counts_free(hg__counts *c) {
    if (!c) return;
    hg__free(c->slot);
    hg__free(c->fold);
    hg__known_free(c->known);
    hg__free(c);
}

static int64_t place(const hg__counts *c, uint64_t key) {
    const uint64_t mask = (uint64_t)c->room - 1;
    uint64_t i = key & mask;
    while (c->slot[i].key != 0 && c->slot[i].key != key) i = (i + 1) & mask;
    return (int64_t)i;
}

static int make_room(hg__counts *c, hg_error *err) {
    const int64_t new_ones = 2 * (int64_t)HG_MAX_CONTEXTS;
    if ((c->used + new_ones) * 2 <= c->room) return HG_OK;
    hg__counts larger = {0};
    int code = take_room(&larger, c->room * 2, err);
    for (int64_t i = 0; code == HG_OK && i < c->room; i++) {
        if (c->slot[i].key == 0) continue;
        const int64_t to = place(&larger, c->slot[i].key);
        larger.slot[to] = c->slot[i];
        larger.fold[to] = c->fold[i];
    }
    if (code == HG_OK) {
        hg__free(c->slot);
        hg__free(c->fold);
        c->slot = larger.slot;
        c->fold = larger.fold;
        c->room = larger.room;
        return HG_OK;
    }
    hg__free(larger.slot);
    hg__free(larger.fold);
    return code;
}

// Where a key is, or will be; -1: there is no room for it.
static int64_t add(hg__counts *c, uint64_t key) {
    const int64_t at = place(c, key);
    if (c->slot[at].key) return at;
    if (c->used >= c->most) return -1;
    c->slot[at].key = key;
    c->used++;
    return at;
}

// The only fold that has counted it, or HG_NO_FOLD; count: in all, folds or none.
static int32_t only_fold(const by_fold *e, uint32_t count) {
    for (int32_t f = 0; f < HG_FOLDS; f++) {
        if (e->count[f]) return e->count[f] == count ? f : HG_NO_FOLD;
    }
    return HG_NO_FOLD;
}

static double n_log_n(uint32_t n) {
    return n < 2 ? 0 : (double)n * hg__log((double)n) * per_bit;
}

// value: its key in that context.
static void count_in(hg__counts *c, uint64_t context, uint64_t value, int32_t fold) {
    const int64_t of = add(c, context);
    if (of < 0 || c->slot[of].count == UINT32_MAX) {
        c->lost++;
        return;
    }
    c->slot[of].count++;
    c->fold[of].count[fold]++;
    const int64_t v = add(c, value);
    const int32_t only = v < 0 ? HG_NO_FOLD : only_fold(&c->fold[v], c->slot[v].count);
    if (v < 0 || c->slot[v].count == 0) { // new, as far as can be told
        c->lost += v < 0;
        c->slot[of].distinct++;
        c->fold[of].only[fold]++;
    } else if (only != HG_NO_FOLD && only != fold) {
        c->fold[of].only[only]--;
    }
    if (v < 0) return;
    const uint32_t before = c->slot[v].count++;
    c->fold[v].count[fold]++;
    c->fold[of].sum += n_log_n(before + 1) - n_log_n(before);
}

int hg__counts_add(hg__counts *c, const hg__seen *s, int32_t fold, hg_error *err) {
    const uint64_t part = hg__value_part(s->value);
    HG_TRY(make_room(c, err));
    for (int32_t i = 0; i < s->contexts; i++) {
        const uint64_t value = hg__value_key(s->context[i], part);
        count_in(c, hg__context_key(s->context[i]), value, fold);
    }
    return HG_OK;
}

static double mean_bits(uint32_t count, double sum) {
    const double n = count;
    return hg__log(n) * per_bit - sum / n;
}

void hg__counts_freeze(hg__counts *c) {
    for (int64_t i = 0; i < c->room; i++) {
        slot *s = &c->slot[i];
        if (s->distinct > 0) s->bits = (float)mean_bits(s->count, c->fold[i].sum);
    }
}

hg__surprise hg__counts_surprise(const hg__counts *c, const hg__seen *s, int32_t without) {
    const uint64_t part = hg__value_part(s->value);
    hg__belief b = hg__belief_begin();
    if (c->known) return hg__known_surprise(c->known, s);
    for (int32_t i = s->contexts - 1; i >= 0; i--) {
        const int64_t of = place(c, hg__context_key(s->context[i]));
        if (!c->slot[of].key) continue;
        const int64_t v = place(c, hg__value_key(s->context[i], part));
        double n = c->slot[of].count, distinct = c->slot[of].distinct, same = c->slot[v].count;
        if (without != HG_NO_FOLD) {
            n -= c->fold[of].count[without];
            distinct -= c->fold[of].only[without];
            same -= c->fold[v].count[without];
        }
        if (n > 0) hg__belief_add(&b, n, distinct, same, c->slot[of].bits);
    }
    return hg__belief_end(&b);
}

static void fetch_entry(const hg__counts *c, uint64_t at) {
    __builtin_prefetch(&c->slot[at]);
    __builtin_prefetch(&c->fold[at]);
}

void hg__counts_fetch(const hg__counts *c, const hg__seen *s) {
    const uint64_t mask = (uint64_t)c->room - 1, part = hg__value_part(s->value);
    if (c->known) {
        hg__known_fetch(c->known, s);
        return;
    }
    for (int32_t i = 0; i < s->contexts; i++) {
        fetch_entry(c, hg__context_key(s->context[i]) & mask);
        fetch_entry(c, hg__value_key(s->context[i], part) & mask);
    }
}

int64_t hg__counts_entries(const hg__counts *c) {
    return c->used;
}

int64_t hg__counts_lost(const hg__counts *c) {
    return c->lost;
}

// ---- in a model file ----------------------------------------------------------------------------

static int ascending(const void *a, const void *b) {
    const uint64_t x = ((const hg__count *)a)->key, y = ((const hg__count *)b)->key;
    return (x > y) - (x < y);
}

// In any order.
static void list_entries(const hg__counts *c, hg__count *count) {
    int64_t at = 0;
    if (c->known) hg__known_list(c->known, count);
    for (int64_t i = 0; i < c->room; i++) {
        const slot *s = &c->slot[i];
        if (s->key) count[at++] = (hg__count){s->key, s->count, s->distinct, s->bits};
    }
}

void hg__counts_export(const hg__counts *c, hg__count *count) {
    list_entries(c, count);
    qsort(count, (size_t)c->used, sizeof *count, ascending);
}

hg__counts *hg__counts_import(const hg__count *count, int64_t entries, hg_error *err) {
    for (int64_t i = 0; i < entries; i++) {
        if (count[i].key != 0 && (i == 0 || count[i].key > count[i - 1].key)) continue;
        hg__fail(err, HG_ERR_MODEL, "counts: expected keys in ascending order");
        return NULL;
    }
    hg__counts *c = hg__alloc(1, sizeof *c, err);
    if (!c) return NULL;
    c->used = c->most = entries;
    c->known = hg__known_new(count, entries, err);
    if (c->known) return c;
    hg__counts_free(c);
    return NULL;
}

// ---- counted on ---------------------------------------------------------------------------------

static void thaw_entry(hg__counts *c, const hg__count *from, bool halves) {
    slot s = {from->key, from->count, from->distinct, from->bits};
    // A context is as often as its values, all of them odd, are then.
    if (halves) s.count = (uint32_t)(((uint64_t)s.count + s.distinct + 1) / 2);
    const int64_t to = place(c, s.key);
    const double n = s.count;
    c->slot[to] = s;
    if (s.distinct) c->fold[to].sum = n * (hg__log(n) * per_bit - (double)s.bits);
}

hg__counts *hg__counts_thaw(const hg__counts *frozen, bool halves, int64_t most, hg_error *err) {
    int64_t room = FIRST_ROOM;
    while (room < 2 * (frozen->used + 2 * HG_MAX_CONTEXTS)) room *= 2;
    hg__count *all = hg__alloc((size_t)frozen->used, sizeof *all, err);
    hg__counts *c = all ? hg__alloc(1, sizeof *c, err) : NULL;
    if (c && take_room(c, room, err) < 0) {
        hg__counts_free(c);
        c = NULL;
    }
    if (c) {
        list_entries(frozen, all);
        for (int64_t i = 0; i < frozen->used; i++) thaw_entry(c, &all[i], halves);
        c->most = most > frozen->used ? most : frozen->used;
        c->used = frozen->used;
        c->lost = frozen->lost;
    }
    hg__free(all);
    return c;
}

hg__counts *hg__counts_settle(const hg__counts *c, hg_error *err) {
    hg__count *all = hg__alloc((size_t)c->used, sizeof *all, err);
    int64_t at = 0;
    for (int64_t i = 0; all && i < c->room; i++) {
        const slot *s = &c->slot[i];
        if (s->key == 0) continue;
        const float bits = s->distinct ? (float)mean_bits(s->count, c->fold[i].sum) : 0;
        all[at++] = (hg__count){s->key, s->count, s->distinct, bits};
    }
    if (all) qsort(all, (size_t)at, sizeof *all, ascending);
    hg__counts *to = all ? hg__counts_import(all, at, err) : NULL;
    hg__free(all);
    if (to) to->lost = c->lost;
    return to;
}
