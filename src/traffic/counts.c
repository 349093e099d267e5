// SPDX-License-Identifier: Apache-2.0
// counts.c - a table of contexts and of values in them, open addressing.
#include "traffic/counts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "traffic/mix.h"

enum { FIRST_ROOM = 4096 };
static const double unseen = 1.0 / 64; // a value's share where nothing at all is known
static const double unseen_bits = 6;
static const double per_bit = 1.4426950408889634; // 1 / ln 2

typedef struct entry {
    uint64_t key; // 0: free
    uint32_t count[HG_FOLDS];
    // of a context: distinct values, and those that only one fold has
    uint32_t distinct, only[HG_FOLDS];
    double sum; // of a context: over its values, n_v log2 n_v
} entry;

struct hg__counts {
    entry *entry; // owned, (room), room a power of two
    int64_t room, used, most;
    int64_t lost;
};

hg__counts *hg__counts_new(int64_t most, hg_error *err) {
    hg__counts *c = hg__alloc(1, sizeof *c, err);
    if (!c) return NULL;
    c->most = most;
    c->room = FIRST_ROOM;
    c->entry = hg__alloc((size_t)c->room, sizeof *c->entry, err);
    if (c->entry) return c;
    hg__free(c);
    return NULL;
}

void hg__counts_free(hg__counts *c) {
    if (!c) return;
    hg__free(c->entry);
    hg__free(c);
}

static entry *place(const hg__counts *c, uint64_t key) {
    const uint64_t mask = (uint64_t)c->room - 1;
    uint64_t i = key & mask;
    while (c->entry[i].key != 0 && c->entry[i].key != key) i = (i + 1) & mask;
    return &c->entry[i];
}

static const entry *find(const hg__counts *c, uint64_t key) {
    const entry *e = place(c, key);
    return e->key ? e : NULL;
}

static int make_room(hg__counts *c, hg_error *err) {
    const int64_t new_ones = 2 * (int64_t)HG_MAX_CONTEXTS;
    if ((c->used + new_ones) * 2 <= c->room) return HG_OK;
    hg__counts larger = {.room = c->room * 2};
    larger.entry = hg__alloc((size_t)larger.room, sizeof *larger.entry, err);
    if (!larger.entry) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < c->room; i++) {
        if (c->entry[i].key) *place(&larger, c->entry[i].key) = c->entry[i];
    }
    hg__free(c->entry);
    c->entry = larger.entry;
    c->room = larger.room;
    return HG_OK;
}

static uint64_t context_key(uint64_t context) {
    return context ? context : 1;
}

static uint64_t value_key(uint64_t context, uint64_t value) {
    const uint64_t key = hg__mix(context, value);
    return key ? key : 1;
}

static entry *add(hg__counts *c, uint64_t key) {
    entry *e = place(c, key);
    if (e->key) return e;
    if (c->used >= c->most) return NULL;
    e->key = key;
    c->used++;
    return e;
}

static uint32_t total(const entry *e) {
    uint32_t sum = 0;
    for (int32_t f = 0; f < HG_FOLDS; f++) sum += e->count[f];
    return sum;
}

// The only fold that has counted it, or HG_NO_FOLD.
static int32_t only_fold(const entry *e) {
    int32_t fold = HG_NO_FOLD;
    for (int32_t f = 0; f < HG_FOLDS; f++) {
        if (e->count[f] == 0) continue;
        if (fold != HG_NO_FOLD) return HG_NO_FOLD;
        fold = f;
    }
    return fold;
}

static double n_log_n(uint32_t n) {
    return n < 2 ? 0 : (double)n * hg__log((double)n) * per_bit;
}

static void count_in(hg__counts *c, uint64_t context, uint64_t value, int32_t fold) {
    entry *of = add(c, context_key(context));
    if (!of || total(of) == UINT32_MAX) {
        c->lost += !of;
        return;
    }
    of->count[fold]++;
    entry *v = add(c, value_key(context, value));
    if (!v) { // new, as far as can be told
        c->lost++;
        of->distinct++;
        of->only[fold]++;
        return;
    }
    const uint32_t before = total(v);
    const int32_t only = only_fold(v);
    if (before == 0) {
        of->distinct++;
        of->only[fold]++;
    } else if (only != HG_NO_FOLD && only != fold) {
        of->only[only]--;
    }
    v->count[fold]++;
    of->sum += n_log_n(before + 1) - n_log_n(before);
}

int hg__counts_add(hg__counts *c, const hg__seen *s, int32_t fold, hg_error *err) {
    HG_TRY(make_room(c, err));
    for (int32_t i = 0; i < s->contexts; i++) count_in(c, s->context[i], s->value, fold);
    return HG_OK;
}

hg__surprise hg__counts_surprise(const hg__counts *c, const hg__seen *s, int32_t without) {
    hg__surprise r = {0};
    double p = unseen, mean = unseen_bits;
    for (int32_t i = s->contexts - 1; i >= 0; i--) {
        const entry *of = find(c, context_key(s->context[i]));
        if (!of) continue;
        double n = total(of), distinct = of->distinct, same = 0;
        const double all = n;
        const entry *v = find(c, value_key(s->context[i], s->value));
        if (v) same = total(v);
        if (without != HG_NO_FOLD) {
            n -= of->count[without];
            distinct -= of->only[without];
            if (v) same -= v->count[without];
        }
        if (n <= 0) continue;
        const double own = hg__log(all) * per_bit - of->sum / all;
        p = (same + distinct * p) / (n + distinct);
        mean = (n * own + distinct * mean) / (n + distinct);
        r.is_new = same == 0;
        r.seen = (int64_t)n;
    }
    const double bits = -hg__log(p) * per_bit - mean;
    r.bits = bits > 0 ? (float)bits : 0;
    return r;
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
        const entry *e = &c->entry[i];
        if (e->key) count[at++] = (hg__count){e->key, total(e), e->distinct, e->sum};
    }
    qsort(count, (size_t)at, sizeof *count, ascending);
}

hg__counts *hg__counts_import(const hg__count *count, int64_t entries, hg_error *err) {
    hg__counts *c = hg__counts_new(entries, err);
    if (!c) return NULL;
    for (int64_t i = 0; i < entries; i++) {
        const hg__count *from = &count[i];
        if (from->key == 0 || (i > 0 && from->key <= count[i - 1].key)) {
            hg__fail(err, HG_ERR_MODEL, "counts: expected keys in ascending order");
        } else if (make_room(c, err) == HG_OK) {
            entry *e = add(c, from->key);
            e->count[0] = from->count;
            e->distinct = from->distinct;
            e->sum = from->sum;
            continue;
        }
        hg__counts_free(c);
        return NULL;
    }
    return c;
}
