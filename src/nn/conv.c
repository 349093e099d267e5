// SPDX-License-Identifier: Apache-2.0
// conv.c - gather and scatter: a line of output pixels at a time, as one product.
#include "nn/conv.h"

#include <string.h>

#include "base/int.h"

enum { AHEAD = 12 };      // pixels between what is computed and what is fetched meanwhile
enum { EDGE_LINES = 16 }; // lines whose edge columns go through one product

static int32_t divide_up(int32_t a, int32_t b) { // b > 0
    return hg__ceil_div(hg__max(a, 0), b);
}

size_t hg__matrix_index(hg__matrix m, int32_t k, int32_t n) {
    if (m.N <= HG_THIN) return (size_t)n * hg__whole_vectors((size_t)m.K) + (size_t)k;
    return hg__panel_index(m.K, m.N, k, n);
}

size_t hg__matrix_count(hg__matrix m) {
    if (m.N <= HG_THIN) return (size_t)m.N * hg__whole_vectors((size_t)m.K);
    return hg__panel_count(m.K, m.N);
}

// ---- one direction ------------------------------------------------------------------------------

// Outputs first + o * every, o < count, each the sum over taps t of input o*stride + offset + t*dilation, where
// tap t is kernel position tap + t * tap_step.
typedef struct axis {
    int32_t in;
    int32_t first, every, count;
    int32_t stride, offset, dilation;
    int32_t taps, tap, tap_step;
} axis;

static axis gather_axis(const hg__conv_axis *s) {
    return (axis){.in = s->large,
                  .every = 1,
                  .count = s->small,
                  .stride = s->s,
                  .offset = -s->p,
                  .dilation = s->d,
                  .taps = s->k,
                  .tap_step = 1};
}

static int32_t common_divisor(int32_t a, int32_t b) {
    while (b) {
        const int32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// Outputs phase, phase + s, ...: of the kernel read backwards, those positions that meet an input there.
static axis scatter_axis(const hg__conv_axis *s, int32_t phase) {
    axis a = {.in = s->small,
              .first = phase,
              .every = s->s,
              .count = divide_up(s->large - phase, s->s),
              .stride = 1,
              .tap_step = s->s / common_divisor(s->s, s->d)};
    a.dilation = a.tap_step * s->d / s->s;
    for (; a.tap < s->k; a.tap++) {
        const int32_t distance = phase + s->p - (s->k - 1 - a.tap) * s->d;
        if (distance % s->s != 0) continue;
        a.offset = distance / s->s;
        break;
    }
    a.taps = divide_up(s->k - a.tap, a.tap_step);
    return a;
}

// The taps t0 .. t1-1 of output o that lie inside.
static void taps_inside(const axis *a, int32_t o, int32_t *t0, int32_t *t1) {
    const int32_t from = o * a->stride + a->offset;
    *t0 = from < 0 ? divide_up(-from, a->dilation) : 0;
    *t1 = from < a->in ? hg__min(a->taps, divide_up(a->in - from, a->dilation)) : 0;
    if (*t0 > *t1) *t0 = *t1;
}

// Outputs whose taps all lie inside: *o0 .. *o1-1.
static void outputs_inside(const axis *a, int32_t *o0, int32_t *o1) {
    const int32_t last = a->in - 1 - a->offset - (a->taps - 1) * a->dilation; // of o * stride
    *o0 = hg__min(a->count, a->offset < 0 ? divide_up(-a->offset, a->stride) : 0);
    *o1 = last < 0 ? 0 : hg__min(a->count, last / a->stride + 1);
    if (a->taps == 0) *o0 = 0, *o1 = a->count;
    if (*o1 < *o0) *o1 = *o0;
}

// ---- a row of pixels ----------------------------------------------------------------------------

// M output pixels: pixel m reads at + m * step (+ set * set_step for each kernel row), and goes to out + m * out_step.
typedef struct stretch {
    int32_t M;
    const hg__real *at;
    ptrdiff_t step, pixel; // pixel: between neighbours of the input
    ptrdiff_t set_step;
    int32_t sets, first_set; // kernel rows used, counted in taps
    hg__real *out;
    ptrdiff_t out_step;
} stretch;

typedef struct pass {
    const hg__convolve *v;
    axis y, x;
    int32_t kernel_width; // kernel positions in a row
    hg__matrix weights;
} pass;

// Neighbouring taps on neighbouring pixels are one long sum.
static bool is_one_run(const pass *p, ptrdiff_t pixel) {
    return p->x.dilation == 1 && p->x.tap_step == 1 && pixel == p->v->in.channels;
}

// The kernel row and column at which the sum over a stretch begins, as a row of the weights.
static int32_t first_row(const pass *p, const stretch *s) {
    const int32_t ky = p->y.tap + s->first_set * p->y.tap_step;
    return (ky * p->kernel_width + p->x.tap) * p->v->in.channels;
}

static void multiply_thin(const pass *p, const stretch *s) {
    const hg__convolve *v = p->v;
    const int32_t C = v->in.channels;
    const bool run = is_one_run(p, s->pixel);
    const hg__dots d = {
        .M = s->M,
        .N = p->weights.N,
        .K = run ? p->x.taps * C : C,
        .blocks = run ? 1 : p->x.taps,
        .sets = p->x.taps ? s->sets : 0,
        .a = s->at,
        .a_m = s->step,
        .a_block = p->x.dilation * s->pixel,
        .a_set = s->set_step,
        .b = v->weights + hg__matrix_index(p->weights, first_row(p, s), 0),
        .b_n = (ptrdiff_t)hg__whole_vectors((size_t)p->weights.K),
        .b_block = (ptrdiff_t)p->x.tap_step * C,
        .b_set = (ptrdiff_t)p->y.tap_step * p->kernel_width * C,
        .c = s->out,
        .c_m = s->out_step,
        .start = v->start,
        .ahead = 2 * AHEAD * s->step,
    };
    v->kernels->dots(&d);
}

// Whether pixels of whole vectors stand at multiples of one.
static bool is_aligned(const stretch *s) {
    return (uintptr_t)s->out % (HG_LANES * sizeof *s->out) == 0 && s->out_step % HG_LANES == 0;
}

// Takes N of each 16-rounded pixel of `from` to where it belongs.
static void spread(const stretch *s, const hg__real *from, ptrdiff_t width, int32_t n, int32_t N) {
    for (int32_t m = 0; m < s->M; m++) {
        memcpy(s->out + m * s->out_step + n, from + m * width, (size_t)N * sizeof *from);
    }
}

static void multiply(const pass *p, const stretch *s, hg__real *spare) {
    const hg__convolve *v = p->v;
    const int32_t C = v->in.channels, N = p->weights.N, row = first_row(p, s);
    const bool run = is_one_run(p, s->pixel), is_empty = s->sets == 0;
    hg__gemm g = {
        .M = s->M,
        .K = run ? p->x.taps * C : C,
        .blocks = is_empty ? 0
                  : run    ? 1
                           : p->x.taps,
        .a = s->at,
        .a_m = s->step,
        .a_k = 1,
        .a_block = p->x.dilation * s->pixel,
        .a_set = s->set_step,
        .more_sets = is_empty ? 0 : s->sets - 1,
        .c_m = s->out_step,
        .ahead = AHEAD * s->step,
    };
    for (int32_t n = 0; n < N; n += HG_PANEL) {
        const ptrdiff_t width = (ptrdiff_t)hg__panel_width(N, n);
        g.N = hg__min(N - n, HG_PANEL);
        g.b = v->weights + (is_empty ? 0 : hg__matrix_index(p->weights, row, n));
        g.b_k = width;
        g.b_block = width * p->x.tap_step * C;
        g.b_set = width * p->y.tap_step * p->kernel_width * C;
        g.start = v->start ? v->start + n : NULL;
        const bool fits = g.N % HG_LANES == 0;
        g.c = fits ? s->out + n : spare;
        g.c_m = fits ? s->out_step : width;
        g.nontemporal = v->nontemporal && fits && is_aligned(s);
        (v->pairs ? v->kernels->gemm_bf16 : v->kernels->gemm)(&g);
        if (!fits) spread(s, spare, width, n, g.N);
    }
}

static void run_stretch(const pass *p, const stretch *s, hg__real *spare) {
    if (p->weights.N <= HG_THIN) {
        multiply_thin(p, s);
    } else {
        multiply(p, s, spare);
    }
}

// ---- lines and edges ----------------------------------------------------------------------------

static hg__real *output_at(const pass *p, int32_t oy, int32_t ox) {
    const hg__plane *out = &p->v->out;
    return out->at + (p->y.first + oy * p->y.every) * out->line +
           (p->x.first + ox * p->x.every) * out->pixel;
}

// Outputs o0 .. o1-1 of line oy, whose columns all lie inside.
static void run_line(const pass *p, int32_t oy, int32_t o0, int32_t o1, hg__real *spare) {
    int32_t t0, t1;
    const hg__plane *in = &p->v->in;
    taps_inside(&p->y, oy, &t0, &t1);
    const int32_t iy = oy * p->y.stride + p->y.offset + t0 * p->y.dilation;
    const int32_t ix = o0 * p->x.stride + p->x.offset;
    const stretch s = {.M = o1 - o0,
                       .at = t1 > t0 ? in->at + (iy - p->v->in_first) * in->line + ix * in->pixel
                                     : in->at,
                       .step = p->x.stride * in->pixel,
                       .pixel = in->pixel,
                       .set_step = p->y.dilation * in->line,
                       .sets = t1 - t0,
                       .first_set = t0,
                       .out = output_at(p, oy, o0),
                       .out_step = p->x.every * p->v->out.pixel};
    run_stretch(p, &s, spare);
}

// Input lines y0 .. y0+lines-1, columns x0 .. x0+columns-1, without gaps; zero outside the image.
static void copy_padded(const pass *p, int32_t y0, int32_t lines, int32_t x0, int32_t columns,
                        hg__real *to) {
    const hg__plane *in = &p->v->in;
    const size_t C = (size_t)in->channels, size = C * sizeof *to;
    for (int32_t y = y0; y < y0 + lines; y++) {
        for (int32_t x = x0; x < x0 + columns; x++, to += C) {
            if (y < 0 || y >= p->y.in || x < 0 || x >= p->x.in) {
                memset(to, 0, size);
            } else {
                memcpy(to, in->at + (y - p->v->in_first) * in->line + x * in->pixel, size);
            }
        }
    }
}

// Outputs o0 .. o1-1 of lines top .. bottom-1, column by column: a stretch runs down a column.
static void run_edge(const pass *p, int32_t top, int32_t bottom, int32_t o0, int32_t o1,
                     hg__real *scratch, hg__real *spare) {
    if (o0 == o1) return;
    const ptrdiff_t C = p->v->in.channels;
    const int32_t x0 = o0 * p->x.stride + p->x.offset;
    const int32_t columns = (o1 - 1 - o0) * p->x.stride + (p->x.taps - 1) * p->x.dilation + 1;
    for (int32_t oy = top; oy < bottom; oy += EDGE_LINES) {
        const int32_t M = hg__min(bottom - oy, EDGE_LINES);
        const int32_t lines = (M - 1) * p->y.stride + (p->y.taps - 1) * p->y.dilation + 1;
        if (p->y.taps) {
            copy_padded(p, oy * p->y.stride + p->y.offset, lines, x0, columns, scratch);
        }
        for (int32_t o = o0; o < o1; o++) {
            const stretch s = {.M = M,
                               .at = scratch + (o - o0) * p->x.stride * C,
                               .step = p->y.stride * columns * C,
                               .pixel = C,
                               .set_step = p->y.dilation * columns * C,
                               .sets = p->y.taps,
                               .out = output_at(p, oy, o),
                               .out_step = p->y.every * p->v->out.line};
            run_stretch(p, &s, spare);
        }
    }
}

// Elements of scratch for the padded copy of an edge, or of a whole image where it is narrower than the kernel.
static size_t edge_count(const hg__conv_axis *y, const hg__conv_axis *x, int32_t channels) {
    const int32_t ky = (y->k - 1) * y->d, kx = (x->k - 1) * x->d;
    const int32_t lines = (EDGE_LINES - 1) * y->s + ky + 1, columns = 2 * kx + 2 * x->s + 1;
    return (size_t)lines * (size_t)columns * (size_t)channels;
}

static size_t spare_count(int32_t width) { // a line of pixels, or a column, of one panel
    return (size_t)hg__max(width, EDGE_LINES) * HG_PANEL;
}

size_t hg__conv_scratch(const hg__conv *c, int32_t large_channels, int32_t small_channels) {
    const int32_t channels = hg__max(large_channels, small_channels);
    return hg__whole_vectors(edge_count(&c->y, &c->x, channels)) +
           spare_count(hg__max(c->x.large, c->x.small)) + HG_LANES;
}

// All outputs of one phase within lines top .. bottom-1 of the image.
static void run_phase(const pass *p, const hg__conv *c, int32_t top, int32_t bottom) {
    int32_t o0, o1;
    hg__real *spare = p->v->scratch, *edge = spare + spare_count(hg__max(c->x.large, c->x.small));
    const int32_t from = divide_up(top - p->y.first, p->y.every);
    const int32_t to = hg__min(p->y.count, divide_up(bottom - p->y.first, p->y.every));
    outputs_inside(&p->x, &o0, &o1);
    for (int32_t oy = from; oy < to && o1 > o0; oy++) run_line(p, oy, o0, o1, spare);
    if (to <= from) return;
    run_edge(p, from, to, 0, o0, edge, spare);
    run_edge(p, from, to, o1, p->x.count, edge, spare);
}

void hg__conv_gather(const hg__conv *c, const hg__convolve *v) {
    const pass p = {
        .v = v,
        .y = gather_axis(&c->y),
        .x = gather_axis(&c->x),
        .kernel_width = c->x.k,
        .weights = {c->y.k * c->x.k * v->in.channels, v->out.channels}
    };
    run_phase(&p, c, v->top, v->bottom);
}

void hg__conv_scatter(const hg__conv *c, const hg__convolve *v) {
    for (int32_t py = 0; py < c->y.s; py++) {
        for (int32_t px = 0; px < c->x.s; px++) {
            const pass p = {
                .v = v,
                .y = scatter_axis(&c->y, py),
                .x = scatter_axis(&c->x, px),
                .kernel_width = c->x.k,
                .weights = {c->y.k * c->x.k * v->in.channels, v->out.channels}
            };
            run_phase(&p, c, v->top, v->bottom);
        }
    }
}
