// SPDX-License-Identifier: Apache-2.0
// codebook.c - the code nearest to x is that with the largest x e - |e|^2 / 2.
#include "nn/codebook.h"

#include <math.h>
#include <string.h>

static const size_t tile = (size_t)HG_CODEBOOK_GROUP * HG_PANEL;

size_t hg__codebook_room(int32_t codes) {
    return hg__whole_vectors((size_t)codes) + 3 * tile;
}

static void find_start(const hg__codebook *c) {
    for (int32_t n = 0; n < c->codes; n += HG_PANEL) {
        const size_t columns = hg__panel_width(c->codes, n);
        const hg__real *at = c->panels + (size_t)n * (size_t)c->width;
        hg__real *start = c->start + n;
        memset(start, 0, columns * sizeof *start);
        for (int32_t k = 0; k < c->width; k++, at += columns) {
            for (size_t i = 0; i < columns; i++) start[i] -= at[i] * at[i] / 2;
        }
    }
}

hg__codebook hg__codebook_of(const hg__kernels *k, const hg__real *panels, int32_t codes,
                             int32_t width, hg__real *room) {
    hg__codebook c = {.k = k, .panels = panels, .codes = codes, .width = width, .start = room};
    c.product = room + hg__whole_vectors((size_t)codes);
    c.best = c.product + tile;
    c.panel = c.best + tile;
    find_start(&c);
    return c;
}

const hg__real *hg__codebook_at(const hg__codebook *c, int32_t j, size_t *step) {
    *step = hg__panel_width(c->codes, j);
    return c->panels + hg__panel_index(c->width, c->codes, 0, j);
}

// The better of what a panel gives, column by column. Of equals the one before stays.
static void take_better(const hg__codebook *c, int32_t count, int32_t columns, int32_t number) {
    for (int32_t m = 0; m < count; m++) {
        hg__real *product = c->product + (ptrdiff_t)m * HG_PANEL;
        hg__real *best = c->best + (ptrdiff_t)m * HG_PANEL;
        hg__real *panel = c->panel + (ptrdiff_t)m * HG_PANEL;
        for (int32_t n = columns; n < HG_PANEL; n++) product[n] = (hg__real)-INFINITY;
        c->k->keep_larger(best, panel, product, (hg__real)number, HG_PANEL);
    }
}

// Of the columns' best the best, of equals the first code.
static hg__real best_of(const hg__real *best, const hg__real *panel) {
    hg__real top = best[0], code = panel[0] * HG_PANEL;
    for (int32_t n = 1; n < HG_PANEL; n++) {
        const hg__real own = panel[n] * HG_PANEL + (hg__real)n;
        if (best[n] > top || (best[n] == top && own < code)) top = best[n], code = own;
    }
    return code;
}

static void search_group(const hg__codebook *c, const hg__real *x, ptrdiff_t step, int32_t count,
                         hg__real *code) {
    hg__gemm g = {.M = count, .K = c->width, .blocks = 1, .a = x, .a_m = step, .a_k = 1};
    g.c = c->product, g.c_m = HG_PANEL;
    for (int32_t i = 0; i < count * HG_PANEL; i++) {
        c->best[i] = (hg__real)-INFINITY;
        c->panel[i] = 0;
    }
    for (int32_t n = 0; n < c->codes; n += HG_PANEL) {
        g.N = hg__min(c->codes - n, HG_PANEL);
        g.b = c->panels + (size_t)n * (size_t)g.K;
        g.b_k = (ptrdiff_t)hg__panel_width(c->codes, n);
        g.start = c->start + n;
        c->k->gemm(&g);
        take_better(c, count, g.N, n / HG_PANEL);
    }
    for (int32_t m = 0; m < count; m++) {
        const ptrdiff_t row = (ptrdiff_t)m * HG_PANEL;
        const hg__real best = best_of(c->best + row, c->panel + row);
        code[m] = best < (hg__real)c->codes ? best : 0; // where x is no number
    }
}

void hg__codebook_search(const hg__codebook *c, const hg__real *x, ptrdiff_t step, int32_t count,
                         hg__real *code) {
    for (int32_t v = 0; v < count; v += HG_CODEBOOK_GROUP) {
        const int32_t now = hg__min(count - v, HG_CODEBOOK_GROUP);
        search_group(c, x + v * step, step, now, code + v);
    }
}

void hg__codebook_read(const hg__codebook *c, const hg__real *code, int32_t count, hg__real *y) {
    for (int32_t v = 0; v < count; v++) {
        size_t step;
        const hg__real *e = hg__codebook_at(c, (int32_t)code[v], &step);
        for (int32_t k = 0; k < c->width; k++, e += step) *y++ = *e;
    }
}
