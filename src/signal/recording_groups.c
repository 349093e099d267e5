// SPDX-License-Identifier: Apache-2.0
// recording_groups.c - groupby=: where the rows of each group lie, and these rows group after group.
#include "signal/recording_groups.h"

#include <string.h>

#include "base/mem.h"
#include "schema/schema.h"

// ---- by name ------------------------------------------------------------------------------------

static uint32_t place_of(const hg__recording_groups *g, const char *name, size_t size) {
    uint32_t at = (uint32_t)hg__hash_bytes(name, size) & (g->slots - 1);
    for (; g->slot[at] >= 0; at = (at + 1) & (g->slots - 1)) {
        const hg__row_group *one = &g->group[g->slot[at]];
        if (one->size == size && memcmp(one->name, name, size) == 0) break;
    }
    return at;
}

// Which group a row is of; -1: of none so far. Most rows are of the same as the one before.
static int32_t find(const hg__recording_groups *g, int32_t near, const hg__cell *cell) {
    char buffer[32];
    const char *name;
    const size_t size = hg__group_text(cell, buffer, &name);
    const hg__row_group *one = near < g->count ? &g->group[near] : NULL;
    if (one && one->size == size && memcmp(one->name, name, size) == 0) return near;
    return g->slot[place_of(g, name, size)];
}

static int grow(hg__recording_groups *g, hg_error *err) {
    const uint32_t slots = g->slots ? 2 * g->slots : 64;
    hg__row_group *group = hg__grow(g->group, slots / 2, sizeof *group, err);
    if (!group) return HG_ERR_MEMORY;
    g->group = group;
    int32_t *slot = hg__alloc(slots, sizeof *slot, err);
    if (!slot) return HG_ERR_MEMORY;
    hg__free(g->slot);
    g->slot = slot;
    g->slots = slots;
    for (uint32_t i = 0; i < slots; i++) slot[i] = -1;
    for (int32_t i = 0; i < g->count; i++) {
        slot[place_of(g, group[i].name, group[i].size)] = i;
    }
    return HG_OK;
}

static int add(hg__recording_groups *g, const hg__table *t, const hg__cell *cell, hg_error *err) {
    char buffer[32];
    const char *name;
    const size_t size = hg__group_text(cell, buffer, &name);
    if (g->count == HG_RECORDING_GROUPS) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: groupby=%.60s: expected at most %d groups, got more", t->path,
                        t->name[g->column], HG_RECORDING_GROUPS);
    }
    if (2 * (uint32_t)g->count >= g->slots) HG_TRY(grow(g, err));
    hg__row_group *one = &g->group[g->count];
    *one = (hg__row_group){.name = hg__alloc(size + 1, 1, err), .size = size, .first = g->row};
    if (!one->name) return HG_ERR_MEMORY;
    memcpy(one->name, name, size);
    g->slot[place_of(g, name, size)] = g->count++;
    return HG_OK;
}

// ---- where they lie -----------------------------------------------------------------------------

static int look(hg__recording_groups *g, hg__table *t, bool stops, hg__cell *cell,
                hg__group_row *met, void *context, hg_error *err) {
    int32_t near = 0;
    for (g->row = 0;; g->row++) {
        const int more = hg__table_next(t, cell, err);
        const bool is_bad = more == HG_ERR_DATA && !stops;
        g->bad += is_bad;
        if (is_bad) continue;
        if (more <= 0) return more;
        near = g->count ? find(g, near, &cell[g->column]) : -1;
        if (near < 0) HG_TRY(add(g, t, &cell[g->column], err));
        if (near < 0) near = g->count - 1;
        g->group[near].last = g->row;
        HG_TRY(met(context, near, g->row, err));
    }
}

int hg__recording_groups_find(hg__recording_groups *g, hg__table *t, int32_t column, bool stops,
                              hg__cell *cell, hg__group_row *met, void *context, hg_error *err) {
    int64_t end = -1;
    *g = (hg__recording_groups){.column = column};
    HG_TRY(look(g, t, stops, cell, met, context, err));
    for (int32_t i = 0; i < g->count; i++) {
        g->readings += i == 0 || g->group[i].first < end;
        end = g->group[i].last;
    }
    hg__recording_groups_rewind(g);
    return hg__table_rewind(t, err);
}

void hg__recording_groups_clear(hg__recording_groups *g) {
    for (int32_t i = 0; i < g->count; i++) hg__free(g->group[i].name);
    hg__free(g->group);
    hg__free(g->slot);
    *g = (hg__recording_groups){.column = -1};
}

// ---- row after row ------------------------------------------------------------------------------

void hg__recording_groups_rewind(hg__recording_groups *g) {
    g->at = 0;
    g->row = 0;
    g->has_begun = false;
}

// To the next group, if the one at hand has ended.
static int advance(hg__recording_groups *g, hg__table *t, hg_error *err) {
    if (g->row <= g->group[g->at].last) return HG_OK;
    g->at++;
    g->has_begun = false;
    if (g->at == g->count || g->group[g->at].first >= g->row) return HG_OK;
    g->row = 0;
    return hg__table_rewind(t, err);
}

int hg__recording_groups_next(hg__recording_groups *g, hg__table *t, hg__cell *cell, int64_t *row,
                              bool *begins, hg_error *err) {
    while (g->at < g->count) {
        HG_TRY(advance(g, t, err));
        if (g->at == g->count) break;
        const int more = hg__table_next(t, cell, err);
        if (more == 0) break; // what was read before has become shorter
        g->row++;
        if (more == HG_ERR_DATA) continue;
        HG_TRY(more);
        if (find(g, g->at, &cell[g->column]) != g->at) continue;
        *row = g->row - 1;
        *begins = !g->has_begun;
        g->has_begun = true;
        return 1;
    }
    return 0;
}
