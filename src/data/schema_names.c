// SPDX-License-Identifier: Apache-2.0
// schema_names.c - names found by their bytes: columns of a table, levels of a category.
#include "base/mem.h"
#include "data/schema_internal.h"

typedef struct slot {
    uint64_t hash;
    int32_t index; // -1: free
    int32_t size;
} slot;

struct hg__names {
    char *const *name; // borrowed, (count)
    size_t mask;       // slots - 1
    slot slot[];       // linear probing: of equal names the earlier comes first
};

hg__names *hg__names_new(char *const *name, int32_t count, hg_error *err) {
    size_t slots = 4;
    while (slots < 2 * (size_t)count) slots *= 2;
    hg__names *n = hg__alloc(1, sizeof *n + slots * sizeof(slot), err);
    if (!n) return NULL;
    n->name = name;
    n->mask = slots - 1;
    for (size_t i = 0; i < slots; i++) n->slot[i].index = -1;
    for (int32_t i = 0; i < count; i++) {
        const size_t size = strlen(name[i]);
        const uint64_t hash = hg__hash_bytes(name[i], size);
        size_t at = hash & n->mask;
        while (n->slot[at].index >= 0) at = (at + 1) & n->mask;
        n->slot[at] = (slot){hash, i, (int32_t)size};
    }
    return n;
}

void hg__names_free(hg__names *n) {
    hg__free(n);
}

int32_t hg__names_find(const hg__names *n, const char *text, size_t size) {
    const uint64_t hash = hg__hash_bytes(text, size);
    for (size_t at = hash & n->mask; n->slot[at].index >= 0; at = (at + 1) & n->mask) {
        const slot *s = &n->slot[at];
        if (s->hash != hash || (size_t)s->size != size) continue;
        if (memcmp(n->name[s->index], text, size) == 0) return s->index;
    }
    return -1;
}
