// SPDX-License-Identifier: Apache-2.0
// lru_table.c - chains of slots over a power of two of buckets; links are kept apart from entries, 16 bytes a slot, so that moving
// one to the front touches little memory.
#include "traffic/lru_table.h"

#include <string.h>

#include "base/int.h"
#include "base/mem.h"

enum { NONE = UINT32_MAX >> 1, LINE = 64, MOST_KEY = 256, MOST = 1 << 30 };

typedef struct {
    uint32_t chain;        // the next slot of the same bucket, or of the free ones
    uint32_t newer, older; // neighbours by age
    uint32_t
        tag; // high half of the hash: most that differ are told apart without looking at the key
} slot_links;

struct hg__lru {
    hg__lru_options o;
    hg__siphash_key key;
    size_t stride;        // of slots: entry, then key
    uint32_t mask;        // buckets - 1
    uint32_t count, free; // free: the first free slot
    uint32_t newest, oldest;
    uint64_t forgotten;
    uint32_t *buckets; // (mask + 1): the first slot of the chain
    slot_links *links; // (capacity)
    uint8_t *slots;    // (capacity, stride)
};

static uint32_t buckets_for(uint32_t capacity) {
    uint32_t n = 1;
    while (n < capacity) n *= 2;
    return n;
}

static size_t stride_of(size_t key_bytes, size_t entry_bytes) {
    return hg__round_up_size(entry_bytes + key_bytes, LINE);
}

size_t hg__lru_bytes(size_t key_bytes, size_t entry_bytes, uint32_t capacity) {
    return sizeof(hg__lru) + buckets_for(capacity) * sizeof(uint32_t) +
           capacity * (sizeof(slot_links) + stride_of(key_bytes, entry_bytes));
}

uint32_t hg__lru_fit(size_t key_bytes, size_t entry_bytes, size_t bytes) {
    uint32_t low = 0, high = MOST; // low fits
    while (low < high) {
        const uint32_t middle = low + (high - low + 1) / 2;
        if (hg__lru_bytes(key_bytes, entry_bytes, middle) <= bytes) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

void hg__lru_clear(hg__lru *t) {
    for (uint32_t i = 0; i <= t->mask; i++) t->buckets[i] = NONE;
    for (uint32_t i = 0; i < t->o.capacity; i++) {
        t->links[i].chain = i + 1 < t->o.capacity ? i + 1 : NONE;
    }
    t->free = 0;
    t->count = 0;
    t->newest = t->oldest = NONE;
    t->forgotten = 0;
}

hg__lru *hg__lru_new(const hg__lru_options *o, const hg__siphash_key *key, hg_error *err) {
    if (o->key_bytes < 1 || o->key_bytes > MOST_KEY || o->entry_bytes < 1 || o->capacity < 1 ||
        o->capacity > MOST) {
        hg__fail(err, HG_ERR_USAGE,
                 "table: expected keys of 1 to 256 bytes and 1 to 2^30 entries, got %zu and %u",
                 o->key_bytes, o->capacity);
        return NULL;
    }
    hg__lru *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->o = *o;
    t->key = *key;
    t->stride = stride_of(o->key_bytes, o->entry_bytes);
    t->mask = buckets_for(o->capacity) - 1;
    t->buckets = hg__alloc((size_t)t->mask + 1, sizeof *t->buckets, err);
    if (t->buckets) t->links = hg__alloc(o->capacity, sizeof *t->links, err);
    if (t->links) t->slots = hg__alloc(o->capacity, t->stride, err);
    if (!t->buckets || !t->links || !t->slots) {
        hg__lru_free(t);
        return NULL;
    }
    hg__lru_clear(t);
    return t;
}

void hg__lru_free(hg__lru *t) {
    if (!t) return;
    hg__free(t->buckets);
    hg__free(t->links);
    hg__free(t->slots);
    hg__free(t);
}

// ---- slots --------------------------------------------------------------------------------------

static uint8_t *entry_at(const hg__lru *t, uint32_t slot) {
    return t->slots + slot * t->stride;
}

static uint8_t *key_at(const hg__lru *t, uint32_t slot) {
    return entry_at(t, slot) + t->o.entry_bytes;
}

static uint32_t slot_of(const hg__lru *t, const void *entry) {
    return (uint32_t)((size_t)((const uint8_t *)entry - t->slots) / t->stride);
}

static uint32_t tag_of(uint64_t hash) {
    return (uint32_t)(hash >> 32);
}

static uint32_t *bucket_of(const hg__lru *t, uint64_t hash) {
    return t->buckets + ((uint32_t)hash & t->mask);
}

// Whole words first: keys are often 24 or 40 bytes, too few for a call.
static bool is_same(const uint8_t *a, const uint8_t *b, size_t size) {
    uint64_t x, y, differs = 0;
    for (; size >= sizeof x; size -= sizeof x, a += sizeof x, b += sizeof x) {
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        differs |= x ^ y;
    }
    return !differs && (size == 0 || memcmp(a, b, size) == 0);
}

static uint32_t find(const hg__lru *t, const void *key, uint64_t hash) {
    uint32_t at = *bucket_of(t, hash);
    while (at != NONE &&
           (t->links[at].tag != tag_of(hash) || !is_same(key_at(t, at), key, t->o.key_bytes))) {
        at = t->links[at].chain;
    }
    return at;
}

// ---- by age -------------------------------------------------------------------------------------

static void leave_list(hg__lru *t, uint32_t slot) {
    const slot_links *l = t->links + slot;
    *(l->newer == NONE ? &t->newest : &t->links[l->newer].older) = l->older;
    *(l->older == NONE ? &t->oldest : &t->links[l->older].newer) = l->newer;
}

static void join_list(hg__lru *t, uint32_t slot) {
    slot_links *l = t->links + slot;
    l->newer = NONE;
    l->older = t->newest;
    *(t->newest == NONE ? &t->oldest : &t->links[t->newest].newer) = slot;
    t->newest = slot;
}

static void touch(hg__lru *t, uint32_t slot) {
    if (t->newest == slot) return;
    leave_list(t, slot);
    join_list(t, slot);
}

// Out of its chain and of the list; it is the first free one then.
static void release(hg__lru *t, uint32_t slot) {
    uint32_t *from = bucket_of(t, hg__siphash(&t->key, key_at(t, slot), t->o.key_bytes));
    while (*from != slot) from = &t->links[*from].chain;
    *from = t->links[slot].chain;
    leave_list(t, slot);
    t->links[slot].chain = t->free;
    t->free = slot;
    t->count--;
}

static void *add(hg__lru *t, const void *key, uint64_t hash) {
    if (t->free == NONE) {
        const uint32_t oldest = t->oldest;
        if (t->o.forget) t->o.forget(t->o.context, key_at(t, oldest), entry_at(t, oldest));
        release(t, oldest);
        t->forgotten++;
    }
    const uint32_t slot = t->free;
    slot_links *l = t->links + slot;
    t->free = l->chain;
    uint32_t *bucket = bucket_of(t, hash);
    l->chain = *bucket;
    l->tag = tag_of(hash);
    *bucket = slot;
    join_list(t, slot);
    t->count++;
    memcpy(key_at(t, slot), key, t->o.key_bytes);
    return memset(entry_at(t, slot), 0, t->o.entry_bytes);
}

// ---- what users call ----------------------------------------------------------------------------

uint64_t hg__lru_hash(const hg__lru *t, const void *key) {
    return hg__siphash(&t->key, key, t->o.key_bytes);
}

void hg__lru_prefetch(const hg__lru *t, uint64_t hash) {
    const uint32_t slot = *bucket_of(t, hash);
    if (slot == NONE) return;
    const uint8_t *entry = entry_at(t, slot);
    __builtin_prefetch(t->links + slot);
    __builtin_prefetch(key_at(t, slot));
    for (size_t i = 0; i < t->stride && i < 8 * LINE; i += LINE) __builtin_prefetch(entry + i, 1);
}

void *hg__lru_find_or_add_hashed(hg__lru *t, const void *key, uint64_t hash, bool *is_new) {
    const uint32_t slot = find(t, key, hash);
    *is_new = slot == NONE;
    if (slot == NONE) return add(t, key, hash);
    touch(t, slot);
    return entry_at(t, slot);
}

void *hg__lru_find_or_add(hg__lru *t, const void *key, bool *is_new) {
    return hg__lru_find_or_add_hashed(t, key, hg__lru_hash(t, key), is_new);
}

void *hg__lru_peek(const hg__lru *t, const void *key) {
    const uint32_t slot = find(t, key, hg__lru_hash(t, key));
    return slot == NONE ? NULL : entry_at(t, slot);
}

void *hg__lru_find(hg__lru *t, const void *key) {
    void *entry = hg__lru_peek(t, key);
    if (entry) touch(t, slot_of(t, entry));
    return entry;
}

const void *hg__lru_key(const hg__lru *t, const void *entry) {
    return (const uint8_t *)entry + t->o.entry_bytes;
}

void hg__lru_remove(hg__lru *t, void *entry) {
    release(t, slot_of(t, entry));
}

void *hg__lru_oldest(const hg__lru *t) {
    return t->oldest == NONE ? NULL : entry_at(t, t->oldest);
}

void *hg__lru_younger(const hg__lru *t, const void *entry) {
    const uint32_t slot = t->links[slot_of(t, entry)].newer;
    return slot == NONE ? NULL : entry_at(t, slot);
}

uint32_t hg__lru_count(const hg__lru *t) {
    return t->count;
}

uint32_t hg__lru_capacity(const hg__lru *t) {
    return t->o.capacity;
}

uint64_t hg__lru_forgotten(const hg__lru *t) {
    return t->forgotten;
}
