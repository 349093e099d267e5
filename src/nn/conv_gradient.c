// SPDX-License-Identifier: Apache-2.0
// conv_gradient.c - the weights' gradient of a convolution: for each kernel position one product over the pixels.
//
// At kernel position k, pixel o of the small side meets pixel o*s + k*d - p of the large one; both sides are
// read where they stand, as far as they meet inside. Inputs of one to four channels would make products of so
// few rows: they are copied to padded lines first, where a whole row of the kernel is one product.
#include <string.h>

#include "nn/conv.h"

// NEAR: elements of `out` a product reads again and again, 24 KB; BAND: of both sides that all products do, 512 KB
enum { NEAR = 6144, BAND = 131072, PADDED_LINES = 4 };

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

// The pixels of the small side that meet the large one at kernel position k: *o0 .. *o1-1.
static void meeting(const hg__span *s, int32_t k, int32_t *o0, int32_t *o1) {
    const int32_t shift = k * s->d - s->p;
    *o0 = shift < 0 ? (-shift + s->s - 1) / s->s : 0;
    *o1 = s->large - 1 - shift < 0 ? 0 : smaller(s->small, (s->large - 1 - shift) / s->s + 1);
    *o0 = smaller(*o0, *o1);
}

// Where one operand of the product begins, and its steps from pixel to pixel and from line to line.
typedef struct operand {
    const hg__real *at;
    ptrdiff_t pixel, line;
    int32_t channels;
} operand;

static operand small_side(const hg__plane *p, int32_t oy, int32_t ox) {
    return (operand){p->at + oy * p->line + ox * p->pixel, p->pixel, p->line, p->channels};
}

static operand large_side(const hg__conv *c, const hg__plane *p, int32_t oy, int32_t ox, int32_t ky,
                          int32_t kx) {
    const int32_t y = oy * c->y.s + ky * c->y.d - c->y.p, x = ox * c->x.s + kx * c->x.d - c->x.p;
    return (operand){p->at + y * p->line + x * p->pixel, c->x.s * p->pixel, c->y.s * p->line,
                     p->channels};
}

// The pixels a product sums over.
typedef struct region {
    int32_t columns, lines;
} region;

// to (b.channels wide, rows a.channels every `step`) += sum over the region of a (.) b. Where `exact`, nothing beyond
// b.channels may be written.
static void add_product(const hg__conv_products *v, operand a, operand b, region r, hg__real *to,
                        ptrdiff_t step, bool exact) {
    hg__gemm g = {.M = a.channels,
                  .a_m = 1,
                  .a_k = a.pixel,
                  .a_block = a.line,
                  .b_k = b.pixel,
                  .b_block = b.line};
    hg__real spare[HG_THIN * HG_PANEL];
    g.N = smaller(b.channels, HG_PANEL);
    g.c = exact ? spare : to;
    g.c_m = exact ? HG_PANEL : step;
    const int32_t wide = larger(1, NEAR / g.N), most = larger(1, wide / larger(1, r.columns));
    for (int32_t line = 0; line < r.lines; line += g.blocks) {
        g.blocks = smaller(most, r.lines - line);
        for (int32_t x = 0; x < r.columns; x += g.K) {
            g.K = smaller(wide, r.columns - x);
            g.add = !exact || x > 0;
            g.ahead = g.K * g.a_k;
            g.b_ahead = g.K * g.b_k;
            g.a = a.at + line * a.line + x * a.pixel;
            g.b = b.at + line * b.line + x * b.pixel;
            v->kernels->gemm(&g);
        }
        if (!exact) continue;
        for (int32_t i = 0; i < g.M; i++) {
            for (int32_t j = 0; j < g.N; j++) to[i * step + j] += spare[i * HG_PANEL + j];
        }
    }
}

// All columns of b, a panel at a time. to: thin weights (a: out, b: in), or panels (a: in, b: out).
static void add_block(const hg__conv_products *v, hg__matrix m, int32_t row, operand a, operand b,
                      region r) {
    const bool thin = m.N <= HG_THIN;
    const int32_t N = b.channels;
    const ptrdiff_t column = (ptrdiff_t)hg__matrix_index(m, 0, thin && m.N > 1 ? 1 : 0);
    for (int32_t n = 0; n < N; n += HG_PANEL, b.at += HG_PANEL) {
        b.channels = smaller(N - n, HG_PANEL);
        if (thin) {
            add_product(v, a, b, r, v->g + row + n, column, b.channels % HG_LANES != 0);
        } else {
            add_product(v, a, b, r, v->g + hg__matrix_index(m, row, n),
                        (ptrdiff_t)hg__panel_width(m.N, n), false);
        }
    }
}

// Lines top .. bottom-1 of the small side.
typedef struct band {
    int32_t top, bottom;
} band;

static void add_position(const hg__conv *c, const hg__conv_products *v, hg__matrix m, band lines,
                         int32_t ky, int32_t kx) {
    int32_t y0, y1, x0, x1;
    meeting(&c->y, ky, &y0, &y1);
    y0 = larger(y0, lines.top);
    y1 = smaller(y1, lines.bottom);
    meeting(&c->x, kx, &x0, &x1);
    if (y0 >= y1 || x0 == x1) return;
    const int32_t forwards = ky * c->x.k + kx, backwards = c->y.k * c->x.k - 1 - forwards;
    const operand in =
        v->scatters ? small_side(&v->in, y0, x0) : large_side(c, &v->in, y0, x0, ky, kx);
    const operand out =
        v->scatters ? large_side(c, &v->out, y0, x0, ky, kx) : small_side(&v->out, y0, x0);
    const region r = {x1 - x0, y1 - y0};
    const int32_t row = (v->scatters ? backwards : forwards) * v->in.channels;
    if (m.N <= HG_THIN) {
        add_block(v, m, row, out, in, r);
    } else {
        add_block(v, m, row, in, out, r);
    }
}

// ---- thin inputs --------------------------------------------------------------------------------

static int32_t padded_width(const hg__conv *c) {
    return (c->x.small - 1) * c->x.s + (c->x.k - 1) * c->x.d + 1;
}

size_t hg__conv_gradient_scratch(const hg__conv *c) {
    const int32_t lines = (PADDED_LINES - 1) * c->y.s + (c->y.k - 1) * c->y.d + 1;
    return (size_t)lines * (size_t)padded_width(c) * HG_THIN + HG_LANES;
}

// Lines of `in` from y0 on, columns from -p on, without gaps; zero outside.
static void copy_lines(const hg__conv *c, const hg__conv_products *v, int32_t y0, int32_t lines) {
    const hg__plane *in = &v->in;
    const int32_t C = in->channels, width = padded_width(c);
    const int32_t inside = larger(0, smaller(c->x.large, width - c->x.p));
    hg__real *to = v->scratch;
    for (int32_t y = y0; y < y0 + lines; y++, to += (ptrdiff_t)width * C) {
        memset(to, 0, (size_t)width * (size_t)C * sizeof *to);
        if (y < 0 || y >= c->y.large) continue;
        const hg__real *from = in->at + y * in->line;
        for (int32_t x = 0; x < inside; x++) {
            for (int32_t i = 0; i < C; i++) to[(c->x.p + x) * C + i] = from[x * in->pixel + i];
        }
    }
}

static void add_thin_input(const hg__conv *c, const hg__conv_products *v, hg__matrix m) {
    const int32_t C = v->in.channels;
    const ptrdiff_t line = (ptrdiff_t)padded_width(c) * C;
    for (int32_t oy = 0; oy < c->y.small; oy += PADDED_LINES) {
        const region r = {c->x.small, smaller(PADDED_LINES, c->y.small - oy)};
        copy_lines(c, v, oy * c->y.s - c->y.p, (r.lines - 1) * c->y.s + (c->y.k - 1) * c->y.d + 1);
        const operand out = small_side(&v->out, oy, 0);
        for (int32_t ky = 0; ky < c->y.k; ky++) {
            const operand in = {v->scratch + ky * c->y.d * line, (ptrdiff_t)c->x.s * C,
                                c->y.s * line, c->x.k * C};
            add_block(v, m, ky * c->x.k * C, in, out, r);
        }
    }
}

// All kernel positions go over some lines, which stay in the cache meanwhile, and then over the next.
static int32_t lines_of_band(const hg__conv *c, const hg__conv_products *v) {
    const int64_t in = v->in.channels, out = v->out.channels;
    const int64_t small = c->x.small * (v->scatters ? in : out);
    const int64_t large = (int64_t)c->x.large * (v->scatters ? out : in) * c->y.s;
    const int64_t lines = BAND / (small + large);
    return lines < 1 ? 1 : lines > c->y.small ? larger(1, c->y.small) : (int32_t)lines;
}

void hg__conv_gradient(const hg__conv *c, const hg__conv_products *v) {
    const hg__matrix m = {c->y.k * c->x.k * v->in.channels, v->out.channels};
    if (!v->scatters && v->in.channels <= HG_THIN && m.N > HG_THIN && c->x.d == 1) {
        add_thin_input(c, v, m);
        return;
    }
    const int32_t step = lines_of_band(c, v);
    for (int32_t y = 0; y < c->y.small; y += step) {
        const band lines = {y, smaller(c->y.small, y + step)};
        for (int32_t ky = 0; ky < c->y.k; ky++) {
            for (int32_t kx = 0; kx < c->x.k; kx++) add_position(c, v, m, lines, ky, kx);
        }
    }
}
