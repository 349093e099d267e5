// SPDX-License-Identifier: Apache-2.0
// cell.c - a cell as its table has it, for people; names found by their bytes.
#include "csv/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"

// As many digits as it takes to read the number back: of a double, or of a float.
static void write_number(double x, bool is_single, char text[32]) {
    const int first = is_single ? 6 : 15, last = is_single ? 9 : 17;
    for (int digits = first; digits <= last; digits++) {
        snprintf(text, 32, "%.*g", digits, x + 0); // -0 is 0
        const double back = strtod(text, NULL);
        if (is_single ? (float)back == (float)x : back == x) return;
    }
}

static void write_plain(double x, bool is_single, char text[32]) {
    const bool whole = fabs(x) < 1e15 && x == floor(x);
    if (whole) {
        snprintf(text, 32, "%.0f", x + 0);
    } else {
        write_number(x, is_single, text);
    }
}

void hg__cell_write(const hg__cell *cell, char *text, size_t size) {
    if (cell->kind == HG_CELL_MISSING) {
        snprintf(text, size, "missing");
        return;
    }
    if (!cell->text) {
        char number[32];
        write_plain(cell->number, cell->size == HG_CELL_SINGLE, number);
        snprintf(text, size, "%s", number);
        return;
    }
    size_t n = (size_t)cell->size;
    const bool cut = n >= size;
    if (cut) {
        n = size - 4;
        // Not within a character.
        while (n > 0 && ((unsigned char)cell->text[n] & 0xc0) == 0x80) n--;
    }
    memcpy(text, cell->text, n);
    for (size_t i = 0; i < n; i++) {
        if (!text[i]) text[i] = '?';
    }
    snprintf(text + n, size - n, "%s", cut ? "..." : "");
    hg__printable(text, false);
}

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
