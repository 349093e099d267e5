// SPDX-License-Identifier: Apache-2.0
// counts.c - a table of contexts and of values in them, open addressing.
#include "traffic/counts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/real.h"
#include "traffic/log2.h"
#include "traffic/mix.h"

enum { FIRST_ROOM = 4096 };
static const double unseen = 1.0 / 64; // a value's share where nothing at all is known
static const double unseen_bits = 6;
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
    by_fold *fold; // owned, (room); NULL: nothing can be counted any more
    int64_t room, used, most;
    int64_t lost;
};

static int take_room(hg__counts *c, int64_t room, bool has_folds, hg_error *err) {
    c->room = room;
    c->slot = hg__alloc((size_t)room, sizeof *c->slot, err);
    if (c->slot && has_folds) c->fold = hg__alloc((size_t)room, sizeof *c->fold, err);
    return c->slot && (c->fold || !has_folds) ? HG_OK : HG_ERR_MEMORY;
}

hg__counts *hg__counts_new(int64_t most, hg_error *err) {
    hg__counts *c = hg__alloc(1, sizeof *c, err);
    if (!c) return NULL;
    c->most = most;
    if (take_room(c, FIRST_ROOM, true, err) == HG_OK) return c;
    hg__counts_free(c);
    return NULL;
}

void hg__counts_free(hg__counts *c) {
    if (!c) return;
    hg__free(c->slot);
    hg__free(c->fold);
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
    int code = take_room(&larger, c->room * 2, true, err);
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

static uint64_t context_key(uint64_t context) {
    return context ? context : 1;
}

static uint64_t value_key(uint64_t context, uint64_t value) {
    const uint64_t key = hg__mix(context, value);
    return key ? key : 1;
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

static void count_in(hg__counts *c, uint64_t context, uint64_t value, int32_t fold) {
    const int64_t of = add(c, context_key(context));
    if (of < 0 || c->slot[of].count == UINT32_MAX) {
        c->lost++;
        return;
    }
    c->slot[of].count++;
    c->fold[of].count[fold]++;
    const int64_t v = add(c, value_key(context, value));
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
    HG_TRY(make_room(c, err));
    for (int32_t i = 0; i < s->contexts; i++) count_in(c, s->context[i], s->value, fold);
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

hg__counts *hg__counts_thaw(const hg__counts *frozen, bool halves, int64_t most, hg_error *err) {
    hg__counts *c = hg__alloc(1, sizeof *c, err);
    if (!c) return NULL;
    c->most = most > frozen->used ? most : frozen->used;
    if (take_room(c, frozen->room, true, err) < 0) {
        hg__counts_free(c);
        return NULL;
    }
    for (int64_t i = 0; i < frozen->room; i++) {
        slot s = frozen->slot[i];
        if (s.key == 0) continue;
        // A context is as often as its values, all of them odd, are then.
        if (halves) s.count = (uint32_t)(((uint64_t)s.count + s.distinct + 1) / 2);
        const int64_t to = place(c, s.key);
        c->slot[to] = s;
        const double n = s.count;
        if (s.distinct) c->fold[to].sum = n * (hg__log(n) * per_bit - (double)s.bits);
    }
    c->used = frozen->used;
    c->lost = frozen->lost;
    return c;
}

hg__counts *hg__counts_settle(const hg__counts *c, hg_error *err) {
    hg__counts *to = hg__alloc(1, sizeof *to, err);
    if (!to || take_room(to, c->room, false, err) < 0) {
        hg__counts_free(to);
        return NULL;
    }
    for (int64_t i = 0; i < c->room; i++) {
        to->slot[i] = c->slot[i];
        if (c->slot[i].distinct == 0) continue;
        to->slot[i].bits = (float)mean_bits(c->slot[i].count, c->fold[i].sum);
    }
    to->used = to->most = c->used;
    to->lost = c->lost;
    return to;
}

hg__surprise hg__counts_surprise(const hg__counts *c, const hg__seen *s, int32_t without) {
    hg__surprise r = {0};
    double p = unseen, mean = unseen_bits;
    for (int32_t i = s->contexts - 1; i >= 0; i--) {
        const int64_t of = place(c, context_key(s->context[i]));
        if (!c->slot[of].key) continue;
        const int64_t v = place(c, value_key(s->context[i], s->value));
        double n = c->slot[of].count, distinct = c->slot[of].distinct, same = c->slot[v].count;
        if (without != HG_NO_FOLD) {
            n -= c->fold[of].count[without];
            distinct -= c->fold[of].only[without];
            same -= c->fold[v].count[without];
        }
        if (n <= 0) continue;
        const double share = 1 / (n + distinct);
        p = (same + distinct * p) * share;
        mean = (n * (double)c->slot[of].bits + distinct * mean) * share;
        r.is_new = same == 0;
        r.seen = (int64_t)n;
    }
    const double bits = -hg__log2(p) - mean;
    r.bits = bits > 0 ? (float)bits : 0;
    return r;
}

void hg__counts_fetch(const hg__counts *c, const hg__seen *s) {
    const uint64_t mask = (uint64_t)c->room - 1;
    for (int32_t i = 0; i < s->contexts; i++) {
        __builtin_prefetch(&c->slot[context_key(s->context[i]) & mask]);
        __builtin_prefetch(&c->slot[value_key(s->context[i], s->value) & mask]);
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

void hg__counts_export(const hg__counts *c, hg__count *count) {
    int64_t at = 0;
    for (int64_t i = 0; i < c->room; i++) {
        const slot *s = &c->slot[i];
        if (s->key) count[at++] = (hg__count){s->key, s->count, s->distinct, s->bits};
    }
    qsort(count, (size_t)at, sizeof *count, ascending);
}

hg__counts *hg__counts_import(const hg__count *count, int64_t entries, hg_error *err) {
    hg__counts *c = hg__alloc(1, sizeof *c, err);
    int64_t room = FIRST_ROOM;
    while (room < 2 * entries) room *= 2;
    int code = c ? take_room(c, room, false, err) : HG_ERR_MEMORY;
    for (int64_t i = 0; code == HG_OK && i < entries; i++) {
        const hg__count *from = &count[i];
        if (from->key == 0 || (i > 0 && from->key <= count[i - 1].key)) {
            code = hg__fail(err, HG_ERR_MODEL, "counts: expected keys in ascending order");
            break;
        }
        c->slot[place(c, from->key)] = (slot){from->key, from->count, from->distinct, from->bits};
    }
    if (code == HG_OK) {
        c->used = c->most = entries;
        return c;
    }
    hg__counts_free(c);
    return NULL;
}
