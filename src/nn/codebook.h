// SPDX-License-Identifier: Apache-2.0
// codebook.h - the nearest of many vectors: products with all of them, 64 at a time.
#ifndef HG_NN_CODEBOOK_H
#define HG_NN_CODEBOOK_H
#include "backend/kernels.h"

enum { HG_CODEBOOK_GROUP = 32 }; // vectors that are searched for together

// Vectors e[j], and room for one thread's search.
typedef struct hg__codebook {
    const hg__kernels *k;
    const hg__real *panels; // (width, codes) as panels (kernels.h)
    int32_t codes, width;
    hg__real *start; // -|e|^2 / 2 of each code
    // Of a group of vectors products with a panel of codes, the best in each column of the panels so far, and in which panel that
    // was: (HG_CODEBOOK_GROUP, HG_PANEL) each.
    hg__real *product, *best, *panel;
} hg__codebook;

size_t hg__codebook_room(int32_t codes); // elements
// Takes up to that many elements of room.
hg__codebook hg__codebook_of(const hg__kernels *k, const hg__real *panels, int32_t codes,
                             int32_t width, hg__real *room);
// code (count) of vectors x, `step` apart: where x e - |e|^2 / 2 is largest, of equals the first. A row's result does not depend on
// the others.
void hg__codebook_search(const hg__codebook *c, const hg__real *x, ptrdiff_t step, int32_t count,
                         hg__real *code);
// Code j's first number; the next is *step elements on.
const hg__real *hg__codebook_at(const hg__codebook *c, int32_t j, size_t *step);
// y (count, width) = the codes, one behind the other.
void hg__codebook_read(const hg__codebook *c, const hg__real *code, int32_t count, hg__real *y);
#endif
