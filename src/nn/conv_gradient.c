// SPDX-License-Identifier: Apache-2.0
// conv_gradient.c - the weights' gradient of a convolution: for each kernel position one product over the pixels.
//
// At kernel position k, pixel o of the small side meets pixel o*s + k*d - p of the large one; both sides are
// read where they stand, as far as they meet inside. Where one side has one to four channels, those products would
// be of so few rows that the machine waits: there one product takes all positions at once, the thick side's pixels times
// the windows of the thin side they see, which are copied together first. Order of the sums: pixel by pixel, both ways.
#include <string.h>

#include "base/int.h"
#include "nn/conv.h"

// NEAR: elements of `out` a product reads again and again, 24 KB; BAND: of both sides that all products do, 512 KB
enum { NEAR = 6144, BAND = 131072 };

// Thin ends: lines between two paddings, or as many as have FEW_PIXELS; elements of a window, pixels of a product.
enum { PADDED_LINES = 4, FEW_PIXELS = 256, MOST_WINDOW = 1024, LEAST_PIXELS = 32 };

// The pixels of the small side that meet the large one at kernel position k: *o0 .. *o1-1.
static void meeting(const hg__conv_axis *s, int32_t k, int32_t *o0, int32_t *o1) {
    const int32_t shift = k * s->d - s->p;
    *o0 = shift < 0 ? hg__ceil_div(-shift, s->s) : 0;
    *o1 = s->large - 1 - shift < 0 ? 0 : hg__min(s->small, (s->large - 1 - shift) / s->s + 1);
    *o0 = hg__min(*o0, *o1);
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
    g.N = hg__min(b.channels, HG_PANEL);
    g.c = exact ? spare : to;
    g.c_m = exact ? HG_PANEL : step;
    const int32_t wide = hg__max(1, NEAR / g.N), most = hg__max(1, wide / hg__max(1, r.columns));
    for (int32_t line = 0; line < r.lines; line += g.blocks) {
        g.blocks = hg__min(most, r.lines - line);
        for (int32_t x = 0; x < r.columns; x += g.K) {
            g.K = hg__min(wide, r.columns - x);
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
        b.channels = hg__min(N - n, HG_PANEL);
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
    y0 = hg__max(y0, lines.top);
    y1 = hg__min(y1, lines.bottom);
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

// ---- thin ends ----------------------------------------------------------------------------------

// One direction: pixel o of the thick side sees pixels o * stride + offset .. + k - 1 of the thin one.
typedef struct sight {
    int32_t thin, thick;
    int32_t stride, offset, k;
} sight;

static sight sight_of(const hg__conv_axis *s, bool thin_is_large) {
    if (thin_is_large) return (sight){s->large, s->small, s->s, -s->p, s->k};
    return (sight){s->small, s->large, 1, s->p - s->k + 1, s->k}; // a stride of 1
}

// Windows on the thin side, out of padded lines: y.k lines of `run` neighbours each. The products with the thick side are
// a matrix of panels, (window, channels of the thick side).
typedef struct windows {
    const hg__plane *thin, *thick;
    sight y, x;
    hg__matrix matrix;
    int32_t width;     // pixels of a padded line
    ptrdiff_t line;    // its elements
    int32_t run;       // elements
    int32_t pixels;    // of the thick side that a product sums over, about
    hg__real *padded;  // lines
    hg__real *at;      // (pixels, window)
    hg__real *product; // of `matrix`
} windows;

// Lines of the thick side between two paddings, by its width.
static int32_t lines_at_once(int32_t width) {
    return hg__max(PADDED_LINES, FEW_PIXELS / hg__max(1, width));
}

static size_t padded_count(const sight *y, const sight *x, int32_t lines) { // pixels
    const size_t width = (size_t)(x->thick - 1) * (size_t)x->stride + (size_t)x->k;
    return ((size_t)(lines - 1) * (size_t)y->stride + (size_t)y->k) * width;
}

static bool has_small_windows(const hg__conv *c) {
    return c->x.d == 1 && c->y.d == 1 && c->y.k * c->x.k * HG_THIN <= MOST_WINDOW;
}

static size_t padded_most(const hg__conv *c, bool thin_is_large) {
    const sight y = sight_of(&c->y, thin_is_large), x = sight_of(&c->x, thin_is_large);
    return padded_count(&y, &x, lines_at_once(x.thick)) * HG_THIN;
}

size_t hg__conv_gradient_scratch(const hg__conv *c, int32_t in_channels, int32_t out_channels) {
    if (!has_small_windows(c) || hg__min(in_channels, out_channels) > HG_THIN) return 0;
    const size_t padded = padded_most(c, true), other = padded_most(c, false);
    const int32_t window = HG_THIN * c->y.k * c->x.k;
    const hg__matrix product = {window, hg__max(HG_PANEL, hg__max(in_channels, out_channels))};
    return (padded > other ? padded : other) + (size_t)hg__max(NEAR, LEAST_PIXELS * window) +
           hg__matrix_count(product) + (size_t)3 * HG_LANES;
}

// Lines y0 .. y0+lines-1 of the thin side, columns from x.offset on, without gaps; zero outside.
static void copy_lines(const windows *w, int32_t y0, int32_t lines) {
    const int32_t C = w->thin->channels, first = hg__max(0, -w->x.offset);
    const int32_t last = hg__max(first, hg__min(w->width, w->x.thin - w->x.offset));
    hg__real *to = w->padded;
    for (int32_t y = y0; y < y0 + lines; y++, to += w->line) {
        memset(to, 0, (size_t)w->line * sizeof *to);
        if (y < 0 || y >= w->y.thin || first == last) continue;
        const hg__real *from =
            w->thin->at + y * w->thin->line + (first + w->x.offset) * w->thin->pixel;
        if (w->thin->pixel == C) {
            memcpy(to + first * C, from, (size_t)((last - first) * C) * sizeof *to);
            continue;
        }
        for (int32_t x = first; x < last; x++, from += w->thin->pixel) {
            memcpy(to + x * C, from, (size_t)C * sizeof *to);
        }
    }
}

// The windows of `columns` pixels in turn, each `size` elements a line: the first `run` count, the next line goes over the
// others.
static inline __attribute__((always_inline)) void
copy_runs(const windows *w, const hg__real *from, hg__real *to, int32_t columns, size_t size) {
    const ptrdiff_t step = (ptrdiff_t)w->x.stride * w->thin->channels;
    for (int32_t x = 0; x < columns; x++, from += step) {
        const hg__real *here = from;
        for (int32_t ky = 0; ky < w->y.k; ky++, here += w->line, to += w->run) {
            memcpy(to, here, size * sizeof *to);
        }
    }
}

static void copy_windows(const windows *w, const hg__real *from, hg__real *to, int32_t columns) {
    if (w->run <= 4) {
        copy_runs(w, from, to, columns, 4);
    } else if (w->run <= 12) {
        copy_runs(w, from, to, columns, 12);
    } else {
        copy_runs(w, from, to, columns, (size_t)w->run);
    }
}

static void add_windows(const hg__conv_products *v, const windows *w, const hg__real *thick,
                        region r) {
    const int32_t window = w->matrix.K, N = w->matrix.N;
    hg__gemm g = {.M = window,
                  .K = r.columns,
                  .blocks = r.lines,
                  .a = w->at,
                  .a_m = 1,
                  .a_k = window,
                  .a_block = (ptrdiff_t)r.columns * window,
                  .b_k = w->thick->pixel,
                  .b_block = w->thick->line,
                  .add = true};
    g.b_ahead = g.K * g.b_k;
    for (int32_t n = 0; n < N; n += HG_PANEL) {
        g.N = hg__min(N - n, HG_PANEL);
        g.b = thick + n;
        g.c = w->product + hg__panel_index(window, N, 0, n);
        g.c_m = (ptrdiff_t)hg__panel_width(N, n);
        v->kernels->gemm(&g);
    }
}

// Lines y .. y+lines-1 of the thick side, whose thin neighbours are padded.
static void add_lines(const hg__conv_products *v, const windows *w, int32_t y, int32_t lines) {
    const int32_t most = hg__max(1, w->pixels / hg__max(1, w->x.thick));
    for (int32_t l = 0; l < lines; l += most) {
        region r = {0, hg__min(most, lines - l)};
        for (int32_t x = 0; x < w->x.thick; x += r.columns) {
            r.columns = hg__min(w->pixels, w->x.thick - x);
            const hg__real *thick = w->thick->at + (y + l) * w->thick->line + x * w->thick->pixel;
            const hg__real *from = w->padded + x * w->x.stride * w->thin->channels;
            for (int32_t i = 0; i < r.lines; i++) {
                copy_windows(w, from + (l + i) * w->y.stride * w->line,
                             w->at + (ptrdiff_t)i * r.columns * w->matrix.K, r.columns);
            }
            add_windows(v, w, thick, r);
        }
    }
}

// A thin output's gradient to the product's panels, or back: element (position * outputs + n, i) is (n, last - position, i).
static void exchange(const hg__conv_products *v, hg__matrix m, const windows *w, bool back) {
    const int32_t C = v->in.channels, outputs = m.N, last = m.K / C - 1;
    for (int32_t row = 0; row < w->matrix.K; row++) {
        const int32_t k = (last - row / outputs) * C;
        for (int32_t i = 0; i < C; i += HG_PANEL) {
            hg__real *g = v->g + hg__matrix_index(m, k + i, row % outputs);
            hg__real *p = w->product + hg__panel_index(w->matrix.K, C, row, i);
            memcpy(back ? g : p, back ? p : g, (size_t)hg__min(HG_PANEL, C - i) * sizeof *g);
        }
    }
}

static void add_thin_end(const hg__conv *c, const hg__conv_products *v, hg__matrix m) {
    const bool thin_in = m.N > HG_THIN, large = thin_in != v->scatters;
    windows w = {.thin = thin_in ? &v->in : &v->out,
                 .thick = thin_in ? &v->out : &v->in,
                 .y = sight_of(&c->y, large),
                 .x = sight_of(&c->x, large),
                 .padded = v->scratch};
    const int32_t step = lines_at_once(w.x.thick), C = w.thin->channels;
    w.width = (w.x.thick - 1) * w.x.stride + w.x.k;
    w.line = (ptrdiff_t)w.width * C;
    w.run = w.x.k * C;
    w.matrix = (hg__matrix){w.y.k * w.run, w.thick->channels};
    w.pixels = hg__max(LEAST_PIXELS, NEAR / (hg__min(w.matrix.N, HG_PANEL) + w.matrix.K));
    w.at = w.padded + padded_count(&w.y, &w.x, step) * (size_t)C;
    w.product = thin_in ? v->g : w.at + hg__max(NEAR, w.pixels * w.matrix.K) + HG_LANES;
    if (!thin_in) exchange(v, m, &w, false);
    for (int32_t y = 0; y < w.y.thick; y += step) {
        const int32_t lines = hg__min(step, w.y.thick - y);
        copy_lines(&w, y * w.y.stride + w.y.offset, (lines - 1) * w.y.stride + w.y.k);
        add_lines(v, &w, y, lines);
    }
    if (!thin_in) exchange(v, m, &w, true);
}

// Products of whole windows: where one side is thin, and each pixel of the other sees one.
static bool is_thin_end(const hg__conv *c, const hg__conv_products *v, hg__matrix m) {
    if (!has_small_windows(c)) return false;
    const bool thin_in = v->in.channels <= HG_THIN, thin_out = m.N <= HG_THIN;
    if (thin_in == thin_out) return false;
    return thin_in != v->scatters || (c->y.s == 1 && c->x.s == 1);
}

// All kernel positions go over some lines, which stay in the cache meanwhile, and then over the next.
static int32_t lines_of_band(const hg__conv *c, const hg__conv_products *v) {
    const int64_t in = v->in.channels, out = v->out.channels;
    const int64_t small = c->x.small * (v->scatters ? in : out);
    const int64_t large = (int64_t)c->x.large * (v->scatters ? out : in) * c->y.s;
    const int64_t lines = BAND / (small + large);
    return lines < 1 ? 1 : lines > c->y.small ? hg__max(1, c->y.small) : (int32_t)lines;
}

void hg__conv_gradient(const hg__conv *c, const hg__conv_products *v) {
    const hg__matrix m = {c->y.k * c->x.k * v->in.channels, v->out.channels};
    if (is_thin_end(c, v, m)) {
        add_thin_end(c, v, m);
        return;
    }
    const int32_t step = lines_of_band(c, v);
    for (int32_t y = 0; y < c->y.small; y += step) {
        const band lines = {y, hg__min(c->y.small, y + step)};
        for (int32_t ky = 0; ky < c->y.k; ky++) {
            for (int32_t kx = 0; kx < c->x.k; kx++) add_position(c, v, m, lines, ky, kx);
        }
    }
}
