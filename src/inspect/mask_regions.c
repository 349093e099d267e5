// SPDX-License-Identifier: Apache-2.0
// mask_regions.c - connected regions by union of neighbours, in the very array that the labels are put into.
//
// While regions grow, label[i] - 1 is a pixel of the same region at or before i (its parent); a pixel that is its own
// parent is the region's first. So one pass in order finds every parent numbered before its children.
#include "inspect/mask_regions.h"

#include "base/int.h"

static int32_t first_of(int32_t *label, int32_t i) {
    while (label[i] != i + 1) {
        label[i] = label[label[i] - 1]; // halves the path
        i = label[i] - 1;
    }
    return i;
}

static void join(int32_t *label, int32_t i, int32_t k) {
    const int32_t a = first_of(label, i), b = first_of(label, k);
    label[hg__max(a, b)] = hg__min(a, b) + 1;
}

// Pixel i = (y, x) with those of its neighbours that came before it.
static void join_before(int32_t *label, int32_t width, int32_t y, int32_t x) {
    const int32_t i = y * width + x;
    if (x > 0 && label[i - 1]) join(label, i, i - 1);
    if (y == 0) return;
    const int32_t above = i - width;
    for (int32_t k = hg__max(x - 1, 0); k <= hg__min(x + 1, width - 1); k++) {
        if (label[above + k - x]) join(label, i, above + k - x);
    }
}

int32_t hg__mask_regions(const hg__raster *mask, int32_t *label) {
    const int32_t count = mask->height * mask->width;
    for (int32_t y = 0; y < mask->height; y++) {
        for (int32_t x = 0; x < mask->width; x++) {
            const int32_t i = y * mask->width + x;
            label[i] = mask->at[i] != 0 ? i + 1 : 0;
            if (label[i]) join_before(label, mask->width, y, x);
        }
    }
    int32_t regions = 0;
    for (int32_t i = 0; i < count; i++) { // numbered below 0 for now: parents are above
        if (label[i] == 0) continue;
        label[i] = label[i] == i + 1 ? -(++regions) : label[label[i] - 1];
    }
    for (int32_t i = 0; i < count; i++) label[i] = -label[i];
    return regions;
}

void hg__mask_region_sizes(const int32_t *label, int32_t height, int32_t width, int32_t regions,
                           hg__mask_region *region) {
    for (int32_t r = 0; r < regions; r++) region[r] = (hg__mask_region){.box = {0}, .area = 0};
    for (int32_t y = 0; y < height; y++) {
        for (int32_t x = 0; x < width; x++) {
            const int32_t r = label[(int64_t)y * width + x] - 1;
            if (r < 0) continue;
            hg__box *b = &region[r].box;
            if (region[r].area++ == 0) *b = (hg__box){x, y, 1, 1};
            b->height = y - b->top + 1;
            b->width = hg__max(b->left + b->width, x + 1) - hg__min(b->left, x);
            b->left = hg__min(b->left, x);
        }
    }
}
