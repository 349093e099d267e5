// SPDX-License-Identifier: Apache-2.0
// names.c - names found by their bytes: columns of a table, levels of a category.
#include "csv/names.h"

#include "base/mem.h"
#include "csv/csv_write.h"

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

static int32_t find(const hg__names *n, const char *text, size_t size) {
    const uint64_t hash = hg__hash_bytes(text, size);
    for (size_t at = hash & n->mask; n->slot[at].index >= 0; at = (at + 1) & n->mask) {
        const slot *s = &n->slot[at];
        if (s->hash != hash || (size_t)s->size != size) continue;
        if (memcmp(n->name[s->index], text, size) == 0) return s->index;
    }
    return -1;
}

// The name that `text` is in a CSV file of ours, or the other way round: with an apostrophe in front lest a spreadsheet runs
// it, with ? for control characters.
static int32_t find_written(const hg__names *n, const char *text, size_t size) {
    char written[HG_CSV_WRITTEN];
    const size_t length = hg__csv_written(text, size, written, sizeof written);
    if (length && (length != size || memcmp(written, text, size) != 0)) {
        return find(n, written, length);
    }
    if (*text != '\'' && !memchr(text, '?', size)) return -1;
    for (size_t at = 0; at <= n->mask; at++) {
        const int32_t i = n->slot[at].index;
        if (i >= 0 && hg__csv_is_written(text, size, n->name[i])) return i;
    }
    return -1;
}

int32_t hg__names_find(const hg__names *n, const char *text, size_t size) {
    const int32_t at = find(n, text, size);
    return at >= 0 || !size ? at : find_written(n, text, size);
}
