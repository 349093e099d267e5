// SPDX-License-Identifier: Apache-2.0
// schema_tally.c - how often each value of a column comes, in bounded memory.
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "schema/schema_internal.h"

void hg__tally_clear(hg__tally *t) {
    hg__free(t->entry);
    hg__free(t->slot);
    hg__free(t->text);
    *t = (hg__tally){0};
}

static bool is_same(const hg__tally *t, const hg__tally_entry *e, const hg__tally_entry *key,
                    const char *text) {
    if (e->hash != key->hash || e->size != key->size) return false;
    if (key->size < 0) return e->number == key->number;
    return memcmp(t->text + e->at, text, (size_t)key->size) == 0;
}

static void put(hg__tally *t, int32_t index) {
    const uint64_t mask = (uint64_t)t->slots - 1;
    uint64_t at = t->entry[index].hash & mask;
    while (t->slot[at]) at = (at + 1) & mask;
    t->slot[at] = index + 1;
}

// Room for one more entry and its text.
static int make_room(hg__tally *t, size_t size, hg_error *err) {
    if (t->text_size + size > t->text_capacity) {
        const size_t capacity = 2 * t->text_capacity + size + 256;
        char *text = hg__grow(t->text, capacity, 1, err);
        if (!text) return HG_ERR_MEMORY;
        t->text = text;
        t->text_capacity = capacity;
    }
    if (t->entries < t->capacity) return HG_OK;
    const int32_t capacity = t->capacity ? 2 * t->capacity : 8;
    hg__tally_entry *entry = hg__grow(t->entry, (size_t)capacity, sizeof *entry, err);
    if (!entry) return HG_ERR_MEMORY;
    t->entry = entry;
    t->capacity = capacity;
    int32_t *slot = hg__alloc((size_t)capacity * 2, sizeof *slot, err);
    if (!slot) return HG_ERR_MEMORY;
    hg__free(t->slot);
    t->slot = slot;
    t->slots = 2 * capacity;
    for (int32_t i = 0; i < t->entries; i++) put(t, i);
    return HG_OK;
}

// The entry of that value, or NULL.
static hg__tally_entry *find(const hg__tally *t, const hg__tally_entry *key, const char *text) {
    if (t->slots == 0) return NULL;
    const uint64_t mask = (uint64_t)t->slots - 1;
    for (uint64_t at = key->hash & mask; t->slot[at]; at = (at + 1) & mask) {
        hg__tally_entry *e = &t->entry[t->slot[at] - 1];
        if (is_same(t, e, key, text)) return e;
    }
    return NULL;
}

int32_t hg__tally_find_text(const hg__tally *t, const char *text, size_t size) {
    const hg__tally_entry key = {.hash = (uint32_t)hg__hash_bytes(text, size),
                                 .size = (int32_t)size};
    const hg__tally_entry *e = find(t, &key, text);
    return e ? (int32_t)(e - t->entry) : -1;
}

int hg__tally_add(hg__tally *t, const hg__cell *cell, hg_error *err) {
    hg__tally_entry key = {.count = 1, .size = -1};
    if (cell->kind == HG_CELL_NUMBER) {
        key.number = cell->number + 0; // -0 is 0
        key.hash = (uint32_t)hg__hash_bytes((const char *)&key.number, sizeof key.number);
    } else {
        key.size = cell->size;
        key.hash = (uint32_t)hg__hash_bytes(cell->text, (size_t)cell->size);
    }
    hg__tally_entry *known = find(t, &key, cell->text);
    if (known) {
        known->count++;
        return HG_OK;
    }
    const size_t size = key.size < 0 ? 0 : (size_t)key.size;
    if (t->entries >= t->limit || size > HG_MAX_LEVEL_BYTES || t->text_size + size > t->room ||
        (size && memchr(cell->text, '\0', size))) {
        t->rest++;
        return HG_OK;
    }
    HG_TRY(make_room(t, size, err));
    if (key.size >= 0) key.at = t->text_size; // a number stands in the same place
    if (size) memcpy(t->text + key.at, cell->text, size);
    t->text_size += size;
    t->entry[t->entries] = key;
    put(t, t->entries++);
    return HG_OK;
}

size_t hg__tally_text(const hg__tally *t, int32_t i, char text[HG_MAX_LEVEL_BYTES + 1]) {
    const hg__tally_entry *e = &t->entry[i];
    if (e->size < 0) {
        hg__format_float(text, e->number);
        return strlen(text);
    }
    if (e->size) memcpy(text, t->text + e->at, (size_t)e->size);
    text[e->size] = '\0';
    return (size_t)e->size;
}

static int compare(const void *a, const void *b, void *context) {
    const hg__tally_entry *x = a, *y = b;
    const hg__tally *t = context;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    if (x->size < 0 || y->size < 0) {
        if (x->size >= 0 || y->size >= 0) return x->size < 0 ? -1 : 1;
        return x->number < y->number ? -1 : 1;
    }
    const size_t n = (size_t)(x->size < y->size ? x->size : y->size);
    const int order = memcmp(t->text + x->at, t->text + y->at, n);
    return order ? order : x->size - y->size;
}

void hg__tally_sort(hg__tally *t) {
    if (t->entries == 0) return;
    qsort_r(t->entry, (size_t)t->entries, sizeof *t->entry, compare, t);
    memset(t->slot, 0, (size_t)t->slots * sizeof *t->slot);
    for (int32_t i = 0; i < t->entries; i++) put(t, i);
}

static size_t format_whole(int64_t x, char buffer[32]) {
    char digits[24];
    size_t n = 0, at = 0;
    const bool negative = x < 0;
    uint64_t left = negative ? 0 - (uint64_t)x : (uint64_t)x;
    do {
        digits[n++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (negative) buffer[at++] = '-';
    while (n > 0) buffer[at++] = digits[--n];
    buffer[at] = '\0';
    return at;
}

size_t hg__level_text(const hg__cell *cell, char buffer[32], const char **text) {
    if (cell->kind != HG_CELL_NUMBER) {
        *text = cell->text;
        return (size_t)cell->size;
    }
    *text = buffer;
    const double x = cell->number + 0; // -0 is 0
    if (x > -1e15 && x < 1e15 && x == (double)(int64_t)x) return format_whole((int64_t)x, buffer);
    hg__format_float(buffer, x);
    return strlen(buffer);
}
