// SPDX-License-Identifier: Apache-2.0
// places.c - memory by lifetimes: the largest block first, each as low as those allow that live at the same time.
#include <stdlib.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "graph/program.h"

// The largest first; of equals the one that was asked for first, so that no two machines place them otherwise.
static int compare(const void *a, const void *b) {
    const hg__block *x = *(hg__block *const *)a, *y = *(hg__block *const *)b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x < y ? -1 : x > y;
}

static bool meet(const hg__block *a, const hg__block *b) {
    return a->first <= b->last && b->first <= a->last;
}

// The lowest place of block i where none of placed[0 .. i-1], which lie in the order of their beginnings, is in its way.
static size_t find_gap(hg__block *const *placed, int32_t i, const hg__block *block) {
    const size_t count = hg__whole_vectors(block->count);
    size_t at = 0;
    for (int32_t k = 0; k < i; k++) {
        const hg__block *other = placed[k];
        if (!meet(block, other)) continue;
        if (other->at >= at + count) break;
        const size_t end = other->at + hg__whole_vectors(other->count);
        if (end > at) at = end;
    }
    return at;
}

int hg__places_find(hg__block *list, int32_t count, size_t *total, hg_error *err) {
    enum { POINTER = sizeof(void *) };
    hg__block **order = hg__alloc((size_t)count + 1, 2 * POINTER, err);
    if (!order) return HG_ERR_MEMORY;
    hg__block **placed = order + count;
    *total = 0;
    for (int32_t i = 0; i < count; i++) order[i] = &list[i];
    qsort(order, (size_t)count, POINTER, compare);
    for (int32_t i = 0; i < count; i++) {
        hg__block *block = order[i];
        block->at = find_gap(placed, i, block);
        int32_t k = i;
        for (; k > 0 && placed[k - 1]->at > block->at; k--) placed[k] = placed[k - 1];
        placed[k] = block;
        const size_t end = block->at + hg__whole_vectors(block->count);
        if (end > *total) *total = end;
    }
    hg__free(order);
    return HG_OK;
}
