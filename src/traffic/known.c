// SPDX-License-Identifier: Apache-2.0
// known.c - two tables of open addressing, of just the size they need.
#include "traffic/known.h"

#include "base/mem.h"
#include "traffic/counts_internal.h"

// Two to a line of memory.
typedef struct context {
    uint64_t key; // 0: free
    uint32_t count, distinct;
    float bits;
    uint32_t usual_count; // 0: none is beside it
    uint64_t usual;       // key of its most usual value
} context;

typedef struct value {
    uint64_t key; // 0: free
    uint32_t count;
} value;

struct hg__known {
    context *context; // owned, (contexts)
    value *value;     // owned, (values)
    uint64_t contexts, values;
};

static uint64_t room_for(int64_t entries) {
    return (uint64_t)(entries * 4 + 1);
}

// A share of the room by the key's lower half: its upper one is shared within a group.
static uint64_t home(uint64_t key, uint64_t room) {
    return (uint64_t)((unsigned __int128)(key << 32 | key >> 32) * room >> 64);
}

static context *find_context(const hg__known *k, uint64_t key) {
    context *c = &k->context[home(key, k->contexts)];
    while (c->key != key && c->key != 0) c = c + 1 < k->context + k->contexts ? c + 1 : k->context;
    return c;
}

static value *find_value(const hg__known *k, uint64_t key) {
    value *v = &k->value[home(key, k->values)];
    while (v->key != key && v->key != 0) v = v + 1 < k->value + k->values ? v + 1 : k->value;
    return v;
}

static void put(const hg__known *k, const hg__count *c) {
    if (c->distinct > 0) {
        *find_context(k, c->key) = (context){c->key, c->count, c->distinct, c->bits, 0, 0};
    } else {
        *find_value(k, c->key) = (value){c->key, c->count};
    }
}

// The entries of one group. Where it has one context alone, its values are that one's.
static void put_group(const hg__known *k, const hg__count *count, int64_t entries) {
    const hg__count *usual = NULL, *of = NULL;
    int64_t contexts = 0;
    for (int64_t i = 0; i < entries; i++) {
        const hg__count *c = &count[i];
        put(k, c);
        if (c->distinct > 0) {
            of = c;
            contexts++;
        } else if (!usual || c->count > usual->count) {
            usual = c;
        }
    }
    if (contexts != 1 || !usual) return;
    context *c = find_context(k, of->key);
    c->usual = usual->key;
    c->usual_count = usual->count;
}

static uint64_t group_of(const hg__count *c) {
    return c->key & HG_GROUP_MASK;
}

hg__known *hg__known_new(const hg__count *count, int64_t entries, hg_error *err) {
    hg__known *k = hg__alloc(1, sizeof *k, err);
    int64_t contexts = 0;
    if (!k) return NULL;
    for (int64_t i = 0; i < entries; i++) contexts += count[i].distinct > 0;
    k->contexts = room_for(contexts);
    k->values = room_for(entries - contexts);
    k->context = hg__alloc(k->contexts, sizeof *k->context, err);
    if (k->context) k->value = hg__alloc(k->values, sizeof *k->value, err);
    if (!k->value) {
        hg__known_free(k);
        return NULL;
    }
    for (int64_t i = 0, some; i < entries; i += some) {
        for (some = 1; i + some < entries && group_of(&count[i + some]) == group_of(&count[i]);) {
            some++;
        }
        put_group(k, count + i, some);
    }
    return k;
}

void hg__known_list(const hg__known *k, hg__count *count) {
    for (uint64_t i = 0; i < k->contexts; i++) {
        const context *c = &k->context[i];
        if (c->key) *count++ = (hg__count){c->key, c->count, c->distinct, c->bits};
    }
    for (uint64_t i = 0; i < k->values; i++) {
        const value *v = &k->value[i];
        if (v->key) *count++ = (hg__count){.key = v->key, .count = v->count};
    }
}

void hg__known_free(hg__known *k) {
    if (!k) return;
    hg__free(k->context);
    hg__free(k->value);
    hg__free(k);
}

// How often a value was in a context. Where that had no other than the usual one, nothing more is looked at.
static uint32_t times(const hg__known *k, const context *c, uint64_t key) {
    if (c->usual == key) return c->usual_count;
    return c->usual_count == c->count ? 0 : find_value(k, key)->count;
}

hg__surprise hg__known_surprise(const hg__known *k, const hg__seen *s) {
    const uint64_t part = hg__value_part(s->value);
    hg__belief b = hg__belief_begin();
    for (int32_t i = s->contexts - 1; i >= 0; i--) {
        const context *c = find_context(k, hg__context_key(s->context[i]));
        if (!c->key) continue;
        const uint32_t same = times(k, c, hg__value_key(s->context[i], part));
        hg__belief_add(&b, c->count, c->distinct, same, c->bits);
    }
    return hg__belief_end(&b);
}

void hg__known_fetch(const hg__known *k, const hg__seen *s) {
    const uint64_t part = hg__value_part(s->value);
    for (int32_t i = 0; i < s->contexts; i++) {
        __builtin_prefetch(&k->value[home(hg__value_key(s->context[i], part), k->values)]);
        __builtin_prefetch(&k->context[home(hg__context_key(s->context[i]), k->contexts)]);
    }
}
