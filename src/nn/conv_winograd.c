// SPDX-License-Identifier: Apache-2.0
// conv_winograd.c - some tiles at a time: transformed, multiplied, transformed back, while they are near.
#include "nn/conv_winograd.h"

#include <string.h>

#include "base/int.h"

enum { TILE = HG_WINOGRAD_TILE, SIGHT = TILE + 2, PRODUCTS = SIGHT * SIGHT };

// Tiles at a time: as many as have NEAR elements, which stay in a core's cache beside the weights, within bounds.
enum { NEAR = 1 << 17, FEWEST = 12, MOST = 48 };

bool hg__winograd_fits(const hg__conv *c, int32_t C, int32_t N) {
    const hg__conv_axis *axis[] = {&c->y, &c->x};
    for (int i = 0; i < 2; i++) {
        const hg__conv_axis *a = axis[i];
        if (a->k != 3 || a->s != 1 || a->d != 1 || a->p != 1) return false;
    }
    return c->groups == 1 && C % HG_LANES == 0 && N % HG_LANES == 0;
}

// ---- weights ------------------------------------------------------------------------------------

size_t hg__winograd_count(int32_t C, int32_t N) {
    return PRODUCTS * hg__panel_count(C, N);
}

// u = G g, six of three: 1, +-a and +-b as powers, over what the point's factors are (kernels_winograd.inc).
static void transform(const double g[3], double u[SIGHT]) {
    static const double a = 0.70710678118654752440, b = 1.41421356237309504880;
    const double even_a = g[0] + g[2] / 2, odd_a = a * g[1];
    const double even_b = g[0] + g[2] * 2, odd_b = b * g[1];
    u[0] = g[0];
    u[1] = (even_a + odd_a) / -1.5;
    u[2] = (even_a - odd_a) / -1.5;
    u[3] = (even_b + odd_b) / 6;
    u[4] = (even_b - odd_b) / 6;
    u[5] = g[2];
}

static void transform_kernel(const double g[3][3], hg__real *to, size_t step) {
    double half[3][SIGHT], column[3], u[SIGHT];
    for (int i = 0; i < 3; i++) transform(g[i], half[i]);
    for (int j = 0; j < SIGHT; j++) {
        for (int i = 0; i < 3; i++) column[i] = half[i][j];
        transform(column, u);
        for (int i = 0; i < SIGHT; i++) to[(size_t)(i * SIGHT + j) * step] = (hg__real)u[i];
    }
}

void hg__winograd_prepare(int32_t C, int32_t N, const hg__real *from, bool back, int32_t n,
                          hg__real *to) {
    const int32_t K = back ? N : C, outputs = back ? C : N, end = hg__min(n + HG_PANEL, outputs);
    const size_t step = hg__panel_count(K, outputs);
    double g[3][3];
    for (int32_t k = 0; k < K; k++) {
        for (int32_t i = n; i < end; i++) {
            for (int32_t tap = 0; tap < 9; tap++) {
                // The way back reads the kernel from its end.
                const size_t at = back ? hg__panel_index(9 * C, N, (8 - tap) * C + i, k)
                                       : hg__panel_index(9 * C, N, tap * C + k, i);
                g[tap / 3][tap % 3] = (double)from[at];
            }
            transform_kernel((const double(*)[3])g, to + hg__panel_index(K, outputs, k, i), step);
        }
    }
}

// ---- tiles --------------------------------------------------------------------------------------

typedef struct work {
    const hg__convolve *v;   // of a gradient: out is read, too
    int32_t H, W;            // of the image, in and out alike
    int32_t columns, tiles;  // of this pass
    int32_t most;            // tiles at a time
    ptrdiff_t in_step, step; // between products: of the input's transforms, and the output's
    hg__real *in, *out;      // (PRODUCTS, most, C or N)
    hg__real *patch;         // (SIGHT, SIGHT, C) or (TILE, TILE, N): of a tile at the image's edge
} work;

static int32_t tiles_at_once(int32_t C, int32_t N) {
    const int32_t tiles = NEAR / (PRODUCTS * (C + N));
    return hg__min(hg__max(tiles, FEWEST), MOST);
}

// A vector more than the tiles take: products of one tile then lie in different cache sets.
static ptrdiff_t step_of(int32_t tiles, int32_t channels) {
    return (ptrdiff_t)tiles * channels + HG_LANES;
}

size_t hg__winograd_scratch(int32_t C, int32_t N) {
    const int32_t tiles = tiles_at_once(C, N);
    return PRODUCTS * (size_t)(step_of(tiles, C) + step_of(tiles, N)) +
           PRODUCTS * (size_t)hg__max(C, N) + HG_LANES;
}

// The pixels that the tile at (y, x) sees, and zeros beyond the image's edge.
static void copy_patch(const work *w, int32_t y, int32_t x) {
    const hg__plane *in = &w->v->in;
    const size_t C = (size_t)in->channels, size = C * sizeof(hg__real);
    hg__real *to = w->patch;
    for (int32_t i = y - 1; i < y - 1 + SIGHT; i++) {
        for (int32_t j = x - 1; j < x - 1 + SIGHT; j++, to += C) {
            if (i < 0 || i >= w->H || j < 0 || j >= w->W) {
                memset(to, 0, size);
            } else {
                memcpy(to, in->at + i * in->line + j * in->pixel, size);
            }
        }
    }
}

// Tile `number` of the pass begins at line *y, column *x.
static void find_tile(const work *w, int32_t number, int32_t *y, int32_t *x) {
    *y = w->v->top + number / w->columns * TILE;
    *x = number % w->columns * TILE;
}

static void transform_in(const work *w, int32_t number, hg__real *to) {
    const hg__plane *in = &w->v->in;
    int32_t y, x;
    find_tile(w, number, &y, &x);
    const bool inside = y > 0 && x > 0 && y + TILE < w->H && x + TILE < w->W;
    if (!inside) copy_patch(w, y, x);
    const hg__real *from = inside ? in->at + (y - 1) * in->line + (x - 1) * in->pixel : w->patch;
    w->v->kernels->winograd_in(to, w->in_step, from, inside ? in->line : SIGHT * in->channels,
                               inside ? in->pixel : in->channels, in->channels);
}

static void transform_out(const work *w, int32_t number, const hg__real *from) {
    const hg__plane *out = &w->v->out;
    const int32_t N = out->channels;
    int32_t y, x;
    find_tile(w, number, &y, &x);
    hg__real *to = out->at + y * out->line + x * out->pixel;
    const int32_t lines = hg__min(TILE, w->v->bottom - y), columns = hg__min(TILE, w->W - x);
    if (lines == TILE && columns == TILE) {
        w->v->kernels->winograd_out(to, out->line, out->pixel, from, w->step, w->v->start, N);
        return;
    }
    w->v->kernels->winograd_out(w->patch, TILE * N, N, from, w->step, w->v->start, N);
    for (int32_t i = 0; i < lines; i++) {
        for (int32_t j = 0; j < columns; j++) {
            memcpy(to + i * out->line + j * out->pixel, w->patch + (i * TILE + j) * N,
                   (size_t)N * sizeof *to);
        }
    }
}

static void multiply(const work *w, int32_t tiles) {
    const int32_t C = w->v->in.channels, N = w->v->out.channels;
    const size_t each = hg__panel_count(C, N);
    hg__gemm g = {.M = tiles, .K = C, .blocks = 1, .a_m = C, .a_k = 1, .c_m = N};
    for (int32_t i = 0; i < PRODUCTS; i++) {
        g.a = w->in + i * w->in_step;
        for (int32_t n = 0; n < N; n += HG_PANEL) {
            g.N = hg__min(N - n, HG_PANEL);
            g.b = w->v->weights + (size_t)i * each + hg__panel_index(C, N, 0, n);
            g.b_k = (ptrdiff_t)hg__panel_width(N, n);
            g.c = w->out + i * w->step + n;
            w->v->kernels->gemm(&g);
        }
    }
}

static work begin(const hg__conv *c, const hg__convolve *v, hg__real *scratch) {
    const int32_t C = v->in.channels, N = v->out.channels;
    work w = {.v = v,
              .H = c->y.large,
              .W = c->x.large,
              .columns = hg__ceil_div(c->x.large, TILE),
              .most = tiles_at_once(C, N)};
    w.tiles = hg__ceil_div(v->bottom - v->top, TILE) * w.columns;
    w.in_step = step_of(w.most, C);
    w.step = step_of(w.most, N);
    w.in = scratch;
    w.out = w.in + PRODUCTS * w.in_step;
    w.patch = w.out + PRODUCTS * w.step;
    return w;
}

void hg__winograd(const hg__conv *c, const hg__convolve *v) {
    const int32_t C = v->in.channels, N = v->out.channels;
    const work w = begin(c, v, v->scratch);
    for (int32_t first = 0, tiles; first < w.tiles; first += tiles) {
        tiles = hg__min(w.most, w.tiles - first);
        for (int32_t t = 0; t < tiles; t++) transform_in(&w, first + t, w.in + (ptrdiff_t)t * C);
        multiply(&w, tiles);
        for (int32_t t = 0; t < tiles; t++) transform_out(&w, first + t, w.out + (ptrdiff_t)t * N);
    }
}

// ---- the weights' gradient ------------------------------------------------------------------------

bool hg__winograd_gradient_fits(const hg__conv *c) {
    enum { FEW = 16 }; // tiles: fewer do not pay for taking the products back
    return hg__ceil_div(c->y.large, TILE) * hg__ceil_div(c->x.large, TILE) >= FEW;
}

size_t hg__winograd_gradient_scratch(int32_t C, int32_t N) {
    return hg__winograd_scratch(C, N) + PRODUCTS * ((size_t)C * (size_t)N + HG_LANES);
}

// The gradient at a tile of the output, zeros beyond the image's edge, as the products saw it.
static void spread_tile(const work *w, int32_t number, hg__real *to) {
    const hg__plane *out = &w->v->out;
    const int32_t N = out->channels;
    const size_t size = (size_t)N * sizeof *to;
    int32_t y, x;
    find_tile(w, number, &y, &x);
    const hg__real *from = out->at + y * out->line + x * out->pixel;
    if (y + TILE <= w->H && x + TILE <= w->W) {
        w->v->kernels->winograd_spread(to, w->step, from, out->line, out->pixel, N);
        return;
    }
    memset(w->patch, 0, TILE * TILE * size);
    for (int32_t i = 0; i < hg__min(TILE, w->H - y); i++) {
        for (int32_t j = 0; j < hg__min(TILE, w->W - x); j++) {
            memcpy(w->patch + (i * TILE + j) * N, from + i * out->line + j * out->pixel, size);
        }
    }
    w->v->kernels->winograd_spread(to, w->step, w->patch, TILE * N, N, N);
}

// sums (PRODUCTS, C, N) += of these tiles, product by product.
static void add_products(const work *w, int32_t tiles, hg__real *sums, ptrdiff_t step) {
    const int32_t C = w->v->in.channels, N = w->v->out.channels;
    hg__gemm g = {
        .M = C, .K = tiles, .blocks = 1, .a_m = 1, .a_k = C, .b_k = N, .c_m = N, .add = true};
    for (int32_t i = 0; i < PRODUCTS; i++) {
        g.a = w->in + i * w->in_step;
        for (int32_t n = 0; n < N; n += HG_PANEL) {
            g.N = hg__min(N - n, HG_PANEL);
            g.b = w->out + i * w->step + n;
            g.c = sums + i * step + n;
            w->v->kernels->gemm(&g);
        }
    }
}

void hg__winograd_gradient(const hg__conv *c, const hg__conv_products *p) {
    const int32_t C = p->in.channels, N = p->out.channels;
    const hg__convolve v = {
        .kernels = p->kernels, .in = p->in, .out = p->out, .bottom = c->y.large};
    const ptrdiff_t step = (ptrdiff_t)C * N + HG_LANES;
    work w = begin(c, &v, p->scratch + PRODUCTS * step);
    memset(p->scratch, 0, PRODUCTS * (size_t)step * sizeof *p->scratch);
    for (int32_t first = 0, tiles; first < w.tiles; first += tiles) {
        tiles = hg__min(w.most, w.tiles - first);
        for (int32_t t = 0; t < tiles; t++) {
            transform_in(&w, first + t, w.in + (ptrdiff_t)t * C);
            spread_tile(&w, first + t, w.out + (ptrdiff_t)t * N);
        }
        add_products(&w, tiles, p->scratch, step);
    }
    for (int32_t n = 0; n < N; n += HG_PANEL) {
        const int32_t width = (int32_t)hg__panel_width(N, n);
        for (int32_t k = 0; k < C; k++) {
            p->kernels->winograd_weights(p->g + hg__panel_index(9 * C, N, k, n),
                                         (ptrdiff_t)C * width, p->scratch + (ptrdiff_t)k * N + n,
                                         step, width);
        }
    }
}
