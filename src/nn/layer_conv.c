// SPDX-License-Identifier: Apache-2.0
// layer_conv.c - conv, conv1d, deconv, deconv1d: PyTorch's Conv2d, Conv1d, ConvTranspose2d, ConvTranspose1d.
//
//   conv     y[o] = b + sum over k of x[o*s + k*d - p] . W[k]
//   deconv   y[i*s + k*d - p] += x[i] . W[k], plus b
//
// With large = x for conv and y for deconv, conv gathers and deconv scatters forward, and the other way round
// backward (conv.h). The master weights stand as forward reads them; the transposed weights, with input and output
// channels exchanged, as backward does. Groups stand one after another.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "nn/conv_bf16.h"
#include "nn/conv_winograd.h"

enum { WEIGHT, BIAS };
enum { CHANNELS, KERNEL, STRIDE, PADDING, DILATION, GROUPS, WITH_BIAS, OUTPUT_PADDING };
enum { MOST_KERNEL = 256, MOST_CHANNELS = 1 << 16, MOST_SIDE = 1 << 24 };

extern const hg__layer_type hg__layer_conv, hg__layer_conv1d, hg__layer_deconv, hg__layer_deconv1d;

static bool is_deconv(const hg__layer *l) {
    return l->type == &hg__layer_deconv || l->type == &hg__layer_deconv1d;
}

static bool is_signal(const hg__layer *l) {
    return l->type == &hg__layer_conv1d || l->type == &hg__layer_deconv1d;
}

static int32_t arg(const hg__layer *l, int32_t i) {
    return (int32_t)l->arg[i];
}

// ---- shape --------------------------------------------------------------------------------------

static int32_t kernel_span(const hg__layer *l) { // of the first to the last pixel a kernel covers
    return arg(l, DILATION) * (arg(l, KERNEL) - 1);
}

// p=-1: a stride of 1 keeps the size, others divide (conv) or multiply (deconv) it exactly.
static int32_t padding(const hg__layer *l) {
    const int32_t rest = kernel_span(l) + 1 - arg(l, STRIDE);
    if (l->arg[PADDING] >= 0) return arg(l, PADDING);
    return is_deconv(l) ? (rest > 0 ? (rest + 1) / 2 : 0) : kernel_span(l) / 2;
}

static int32_t output_padding(const hg__layer *l) {
    if (l->arg[OUTPUT_PADDING] >= 0) return arg(l, OUTPUT_PADDING);
    return l->arg[PADDING] < 0 ? arg(l, STRIDE) - kernel_span(l) - 1 + 2 * padding(l) : 0;
}

static hg__conv_axis span(const hg__layer *l, int32_t in, int32_t out) {
    return (hg__conv_axis){.large = is_deconv(l) ? out : in,
                           .small = is_deconv(l) ? in : out,
                           .k = arg(l, KERNEL),
                           .s = arg(l, STRIDE),
                           .p = padding(l),
                           .d = arg(l, DILATION)};
}

static hg__conv conv_of(const hg__layer *l) {
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const hg__conv_axis flat = {.large = 1, .small = 1, .k = 1, .s = 1, .d = 1};
    return (hg__conv){.y = is_signal(l) ? flat : span(l, in.H, out.H),
                      .x = span(l, in.W, out.W),
                      .groups = arg(l, GROUPS)};
}

// The weights of one group as forward reads them, and as backward does.
static hg__matrix master(const hg__layer *l) {
    const hg__conv c = conv_of(l);
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    return (hg__matrix){c.y.k * c.x.k * (in.C / c.groups), out.C / c.groups};
}

static hg__matrix exchanged(const hg__layer *l) {
    const hg__conv c = conv_of(l);
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    return (hg__matrix){c.y.k * c.x.k * (out.C / c.groups), in.C / c.groups};
}

// Element i of PyTorch's weights: conv (N, C / groups, kh, kw), deconv (C, N / groups, kh, kw).
static size_t place_conv(const hg__param *p, size_t i) {
    const int32_t C = (int32_t)p->shape.dim[1], N = (int32_t)p->shape.dim[0] / p->groups;
    const int32_t tap = (int32_t)(i % (size_t)p->taps), c = (int32_t)(i / (size_t)p->taps) % C;
    const int32_t n = (int32_t)(i / (size_t)p->taps / (size_t)C);
    const hg__matrix m = {p->taps * C, N};
    return (size_t)(n / N) * hg__matrix_count(m) + hg__matrix_index(m, tap * C + c, n % N);
}

static size_t place_deconv(const hg__param *p, size_t i) {
    const int32_t N = (int32_t)p->shape.dim[1], C = (int32_t)p->shape.dim[0] / p->groups;
    const int32_t tap = (int32_t)(i % (size_t)p->taps), n = (int32_t)(i / (size_t)p->taps) % N;
    const int32_t c = (int32_t)(i / (size_t)p->taps / (size_t)N);
    const hg__matrix m = {p->taps * C, N};
    return (size_t)(c / C) * hg__matrix_count(m) +
           hg__matrix_index(m, (p->taps - 1 - tap) * C + c % C, n);
}

static int check_arg(const hg__layer *l, int32_t i, const char *what, double least, double most,
                     hg_error *err) {
    const double v = l->arg[i];
    if (v >= least && v <= most && v == floor(v)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected %s of %g to %g, got %g", l->type->name, what,
                    least, most, v);
}

static int64_t output_size(const hg__layer *l, int64_t in) {
    const int64_t wide = kernel_span(l) + 1, s = arg(l, STRIDE), p = padding(l);
    if (is_deconv(l)) return (in - 1) * s - 2 * p + wide + output_padding(l);
    return in + 2 * p < wide ? 0 : (in + 2 * p - wide) / s + 1;
}

// What each argument may be; padding and output padding depend on the others.
static const struct {
    int32_t arg;
    const char *what;
    double least, most;
} ranges[] = {
    {CHANNELS,  "channels",   1, MOST_CHANNELS},
    {KERNEL,    "a kernel",   1, MOST_KERNEL  },
    {STRIDE,    "a stride",   1, MOST_KERNEL  },
    {DILATION,  "a dilation", 1, MOST_KERNEL  },
    {GROUPS,    "groups",     1, MOST_CHANNELS},
    {WITH_BIAS, "bias",       0, 1            },
};

static int check_args(const hg__layer *l, const hg__extent *in, hg_error *err) {
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        HG_TRY(check_arg(l, ranges[i].arg, ranges[i].what, ranges[i].least, ranges[i].most, err));
    }
    const int32_t groups = arg(l, GROUPS), s = arg(l, STRIDE), d = arg(l, DILATION);
    HG_TRY(check_arg(l, PADDING, "padding", -1, kernel_span(l), err));
    if (is_deconv(l)) {
        HG_TRY(check_arg(l, OUTPUT_PADDING, "output padding", -1, (s > d ? s : d) - 1, err));
    }
    if (in->C % groups == 0 && arg(l, CHANNELS) % groups == 0) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected groups that divide the %d channels coming in and the %d going "
                    "out, got %d",
                    l->type->name, in->C, arg(l, CHANNELS), groups);
}

static int set_output(hg__layer *l, const hg__extent *in, hg_error *err) {
    const int64_t H = is_signal(l) ? 1 : output_size(l, in->H), W = output_size(l, in->W);
    if (H < 1 || W < 1 || H > MOST_SIDE || W > MOST_SIDE) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: an image of %d x %d is too small or too large for it", l->type->name,
                        in->W, in->H);
    }
    l->out = (hg__shape){
        3, {H, W, arg(l, CHANNELS)}
    };
    return HG_OK;
}

static void set_params(hg__layer *l, const hg__extent *in) {
    const int64_t k = arg(l, KERNEL), groups = arg(l, GROUPS), N = arg(l, CHANNELS), C = in->C;
    const int64_t first = is_deconv(l) ? C : N, second = (is_deconv(l) ? N : C) / groups;
    hg__shape shape = {
        4, {first, second, k, k}
    };
    if (is_signal(l)) shape.rank = 3;
    l->params = 1 + arg(l, WITH_BIAS);
    l->param[WEIGHT] = (hg__param){.name = "weight",
                                   .shape = shape,
                                   .place = is_deconv(l) ? place_deconv : place_conv,
                                   .taps = (int32_t)(is_signal(l) ? k : k * k),
                                   .groups = (int32_t)groups,
                                   .count = (size_t)groups * hg__matrix_count(master(l))};
    l->param[BIAS] = (hg__param){
        .name = "bias",
        .shape = {1, {N}},
        .count = hg__whole_vectors((size_t)N + (groups > 1 ? HG_LANES : 0))
    };
}

static int shape(hg__layer *l, hg_error *err) {
    if (is_signal(l) && l->in.rank <= 2) { // (T) or (T, C)
        const int64_t channels = l->in.rank == 2 ? l->in.dim[1] : 1;
        l->in = (hg__shape){
            3, {1, l->in.dim[0], channels}
        };
    }
    const hg__extent in = hg__extent_of(&l->in);
    if (!is_signal(l) && l->in.rank == 1) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected images, got rows of %d numbers; 'unflatten C H W' makes "
                        "images of them, and conv1d works on signals",
                        l->type->name, in.C);
    }
    if (is_signal(l) && in.H != 1) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected signals, got images of %d x %d",
                        l->type->name, in.W, in.H);
    }
    l->in = (hg__shape){
        3, {in.H, in.W, in.C}
    };
    HG_TRY(check_args(l, &in, err));
    HG_TRY(set_output(l, &in, err));
    const double k = arg(l, KERNEL), taps = is_signal(l) ? k : k * k;
    if (taps * in.C * arg(l, CHANNELS) > (double)(1 << 30)) {
        return hg__fail(err, HG_ERR_USAGE, "%s: more than 2^30 weights", l->type->name);
    }
    set_params(l, &in);
    return HG_OK;
}

// PyTorch's fan-in is taps * dim 1 of the weights, for transposed ones too.
static void init(const hg__layer *l, hg__real *params, uint64_t seed) {
    const hg__param *w = &l->param[WEIGHT];
    const double bound = 1 / sqrt((double)w->taps * (double)w->shape.dim[1]);
    for (int32_t i = 0; i < l->params; i++) hg__param_init_uniform(l, i, params, seed, bound);
}

// ---- forward, backward --------------------------------------------------------------------------

// Row r's image, group i of `groups`.
static hg__plane plane(hg__view v, const hg__shape *s, int32_t r, int32_t i, int32_t groups) {
    const hg__extent e = hg__extent_of(s);
    const int32_t channels = e.C / groups;
    return (hg__plane){.at = hg__view_row(v, r) + (ptrdiff_t)i * channels,
                       .line = (ptrdiff_t)e.W * e.C,
                       .pixel = e.C,
                       .channels = channels};
}

// Whether it is computed by Winograd's products, forward and back.
static bool is_fast(const hg__layer *l) {
    const hg__conv c = conv_of(l);
    return l->compute.fast && l->compute.precision == HG_IN_FP32 && !is_deconv(l) &&
           hg__winograd_fits(&c, hg__extent_of(&l->in).C, hg__extent_of(&l->out).C);
}

// Whether it is computed with products of bf16 numbers, forward and back.
static bool is_half(const hg__layer *l) {
    const hg__conv c = conv_of(l);
    return l->compute.precision == HG_IN_BF16 &&
           hg__conv_bf16_fits(&c, hg__extent_of(&l->in).C, hg__extent_of(&l->out).C);
}

// Elements of the prepared weights, forward or back.
static size_t ready_count(const hg__layer *l, bool back) {
    const int32_t C = hg__extent_of(&l->in).C, N = hg__extent_of(&l->out).C;
    const int32_t from = back ? N : C, to = back ? C : N;
    if (is_half(l)) return hg__conv_bf16_count((int32_t)l->param[WEIGHT].taps, from, to);
    return is_fast(l) ? hg__winograd_count(from, to) : 0;
}

// By Winograd's products, or those of bf16 numbers.
static void run_prepared(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y,
                         int32_t rows) {
    const hg__conv c = conv_of(l);
    const bool nontemporal =
        p->bottom ? p->nontemporal : hg__exceeds_cache((size_t)rows * (size_t)y.ld);
    for (int32_t r = 0; r < rows; r++) {
        const hg__convolve v = {.kernels = p->k,
                                .in = plane(x, &l->in, r, 0, 1),
                                .out = plane(y, &l->out, r, 0, 1),
                                .weights = p->prepared,
                                .start =
                                    l->params > BIAS ? p->params + l->param[BIAS].offset : NULL,
                                .top = p->top,
                                .bottom = p->bottom ? p->bottom : (int32_t)l->out.dim[0],
                                .scratch = p->scratch,
                                .nontemporal = nontemporal};
        if (is_half(l)) {
            hg__conv_bf16(&c, &v, is_deconv(l));
        } else {
            hg__winograd(&c, &v);
        }
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    if (p->prepared && (is_fast(l) || is_half(l))) {
        run_prepared(l, p, x, y, rows);
        return;
    }
    const hg__conv c = conv_of(l);
    const size_t each = hg__matrix_count(master(l));
    const hg__real *bias = l->params > BIAS ? p->params + l->param[BIAS].offset : NULL;
    const bool nontemporal =
        p->bottom ? p->nontemporal : hg__exceeds_cache((size_t)rows * (size_t)y.ld);
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t i = 0; i < c.groups; i++) {
            const hg__plane out = plane(y, &l->out, r, i, c.groups);
            const hg__convolve v = {.kernels = p->k,
                                    .in = plane(x, &l->in, r, i, c.groups),
                                    .out = out,
                                    .weights =
                                        p->params + l->param[WEIGHT].offset + (size_t)i * each,
                                    .start = bias ? bias + (ptrdiff_t)i * out.channels : NULL,
                                    .top = p->top,
                                    .bottom = p->bottom ? p->bottom : (int32_t)l->out.dim[0],
                                    .scratch = p->scratch,
                                    .nontemporal = nontemporal};
            (is_deconv(l) ? hg__conv_scatter : hg__conv_gather)(&c, &v);
        }
    }
}

// The gradient at the input is a convolution too, of as many lines and columns.
static void go_back_prepared(const hg__layer *l, const hg__pass *p, hg__view dy, hg__view dx,
                             int32_t r) {
    const hg__conv c = conv_of(l);
    const hg__convolve v = {.kernels = p->k,
                            .in = plane(dy, &l->out, r, 0, 1),
                            .out = plane(dx, &l->in, r, 0, 1),
                            .weights = p->prepared + ready_count(l, false),
                            .bottom = (int32_t)l->in.dim[0],
                            .scratch = p->scratch};
    if (is_half(l)) {
        hg__conv_bf16(&c, &v, !is_deconv(l));
    } else {
        hg__winograd(&c, &v);
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const hg__conv c = conv_of(l);
    const size_t each = hg__matrix_count(exchanged(l));
    size_t width = 0;
    (void)hg__shape_count(&l->in, &width);
    const bool is_ready = p->prepared && (is_fast(l) || is_half(l));
    for (int32_t r = 0; r < rows; r++) {
        if (is_ready) go_back_prepared(l, p, dy, dx, r);
        for (int32_t i = 0; !is_ready && i < c.groups; i++) {
            const hg__convolve v = {.kernels = p->k,
                                    .in = plane(dy, &l->out, r, i, c.groups),
                                    .out = plane(dx, &l->in, r, i, c.groups),
                                    .weights = p->transposed + (size_t)i * each,
                                    .bottom = (int32_t)l->in.dim[0],
                                    .scratch = p->scratch,
                                    .nontemporal = hg__exceeds_cache((size_t)rows * (size_t)dx.ld)};
            (is_deconv(l) ? hg__conv_gather : hg__conv_scatter)(&c, &v);
        }
        memset(hg__view_row(dx, r) + width, 0,
               (hg__whole_vectors(width) - width) * sizeof(hg__real));
    }
}

static size_t scratch_count(const hg__layer *l) {
    const hg__conv c = conv_of(l);
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const size_t a = hg__conv_scratch(&c, in.C, out.C);
    const size_t b = hg__conv_gradient_scratch(&c, in.C / c.groups, out.C / c.groups);
    const size_t fast = is_fast(l) ? hg__winograd_gradient_scratch(in.C, out.C) : 0;
    const size_t direct = (a > b ? a : b) + hg__whole_vectors((size_t)out.C) + HG_PANEL;
    const size_t half = is_half(l) ? hg__conv_bf16_scratch(&c, is_deconv(l) ? out.C : in.C,
                                                           is_deconv(l) ? in.C : out.C)
                                   : 0;
    const size_t prepared = fast > half ? fast : half;
    return prepared > direct ? prepared : direct;
}

// ---- gradient -----------------------------------------------------------------------------------

static void add_bias(const hg__layer *l, const hg__pass *p, const hg__real *dy, hg__real *g) {
    const int32_t N = arg(l, CHANNELS);
    const int32_t pixels = (int32_t)(l->out.dim[0] * l->out.dim[1]);
    hg__real *sums = p->scratch; // (N padded): what is beyond N is other pixels' and left out
    p->k->column_sums(sums, dy, N, pixels, N);
    for (int32_t n = 0; n < N; n++) g[n] += sums[n];
}

// The padding columns of the last panel met other pixels' channels.
static void clear_padding(hg__matrix m, hg__real *g) {
    if (m.N <= HG_THIN || m.N % HG_LANES == 0) return;
    const int32_t n = m.N / HG_PANEL * HG_PANEL;
    const size_t width = hg__panel_width(m.N, n);
    hg__real *panel = g + hg__panel_index(m.K, m.N, 0, n);
    for (int32_t k = 0; k < m.K; k++, panel += width) {
        memset(panel + (m.N - n), 0, (width - (size_t)(m.N - n)) * sizeof *panel);
    }
}

static void accumulate(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy, int32_t rows,
                       hg__real *g) {
    const hg__conv c = conv_of(l);
    const hg__matrix m = master(l);
    const bool fast = is_fast(l) && hg__winograd_gradient_fits(&c);
    for (int32_t i = 0; i < c.groups; i++) {
        hg__real *own = g + (size_t)i * hg__matrix_count(m);
        for (int32_t r = 0; r < rows; r++) {
            const hg__conv_products v = {.kernels = p->k,
                                         .in = plane(x, &l->in, r, i, c.groups),
                                         .out = plane(dy, &l->out, r, i, c.groups),
                                         .scatters = is_deconv(l),
                                         .g = own,
                                         .scratch = p->scratch};
            (fast ? hg__winograd_gradient : hg__conv_gradient)(&c, &v);
        }
        clear_padding(m, own);
    }
    if (l->params <= BIAS) return;
    hg__real *bias = g + (l->param[BIAS].offset - l->param[WEIGHT].offset);
    for (int32_t r = 0; r < rows; r++) add_bias(l, p, hg__view_row(dy, r), bias);
}

// ---- tiles --------------------------------------------------------------------------------------

// A tile is one kernel position of one panel of one group; thin weights are one tile a group. Then the bias.
static int32_t tiles_of_group(const hg__layer *l) {
    const hg__matrix m = master(l);
    if (m.N <= HG_THIN) return 1;
    return l->param[WEIGHT].taps * hg__ceil_div(m.N, HG_PANEL);
}

static int32_t tile_count(const hg__layer *l) {
    return tiles_of_group(l) * arg(l, GROUPS) + l->params - 1;
}

static void tile(const hg__layer *l, int32_t i, hg__tile *t) {
    const hg__matrix m = master(l);
    const int32_t each = tiles_of_group(l), group = i / each, taps = l->param[WEIGHT].taps;
    if (i == each * arg(l, GROUPS)) {
        const hg__param *b = &l->param[BIAS];
        *t = (hg__tile){.param = BIAS, .offset = b->offset, .count = b->count};
        return;
    }
    const size_t base = l->param[WEIGHT].offset + (size_t)group * hg__matrix_count(m);
    *t = (hg__tile){.param = WEIGHT, .offset = base, .count = hg__matrix_count(m)};
    if (m.N <= HG_THIN) return;
    const int32_t C = m.K / taps, n = i % each / taps * HG_PANEL;
    t->row = i % each % taps * C;
    t->column = n;
    t->offset = base + hg__panel_index(m.K, m.N, t->row, n);
    t->count = (size_t)C * hg__panel_width(m.N, n);
}

// Element (position, c, n) of one group goes to (last - position, n, c): backward reads the kernel the other way round.
static void copy_exchanged(const hg__layer *l, int32_t position, int32_t n0, int32_t n1,
                           const hg__real *from, hg__real *to) {
    const hg__matrix m = master(l), e = exchanged(l);
    const int32_t taps = l->param[WEIGHT].taps, C = m.K / taps;
    const int32_t back = taps - 1 - position;
    for (int32_t c = 0; c < C; c++) {
        for (int32_t n = n0; n < n1; n++) {
            to[hg__matrix_index(e, back * m.N + n, c)] =
                from[hg__matrix_index(m, position * C + c, n)];
        }
    }
}

static void transpose_tile(const hg__layer *l, const hg__kernels *k, const hg__tile *t,
                           const hg__real *from, hg__real *to) {
    const hg__matrix m = master(l), e = exchanged(l);
    const int32_t taps = l->param[WEIGHT].taps, C = m.K / taps;
    const int32_t row = (taps - 1 - t->row / C) * m.N + t->column;
    const int32_t wide = m.N - t->column < HG_PANEL ? m.N - t->column : HG_PANEL;
    const ptrdiff_t width = (ptrdiff_t)hg__panel_width(m.N, t->column);
    for (int32_t c = 0; c < C; c += HG_PANEL) {
        k->transpose(to + hg__panel_index(e.K, e.N, row, c), (ptrdiff_t)hg__panel_width(e.N, c),
                     from + c * width, width, C - c < HG_PANEL ? C - c : HG_PANEL, wide);
    }
}

static void refresh(const hg__layer *l, const hg__kernels *k, const hg__tile *t,
                    const hg__real *params, hg__real *transposed) {
    if (t->param != WEIGHT) return;
    const hg__matrix m = master(l), e = exchanged(l);
    const size_t each = hg__matrix_count(m);
    const size_t group = (t->offset - l->param[WEIGHT].offset) / each;
    const hg__real *from = params + l->param[WEIGHT].offset + group * each;
    hg__real *to = transposed + group * hg__matrix_count(e);
    if (m.N > HG_THIN && e.N > HG_THIN) {
        transpose_tile(l, k, t, params + t->offset, to);
        return;
    }
    const int32_t taps = l->param[WEIGHT].taps, C = m.K / taps;
    const bool whole = m.N <= HG_THIN; // the tile is the whole group
    const int32_t first = whole ? 0 : t->row / C, last = whole ? taps - 1 : first;
    const int32_t n1 = whole || m.N - t->column < HG_PANEL ? m.N : t->column + HG_PANEL;
    for (int32_t q = first; q <= last; q++) {
        copy_exchanged(l, q, whole ? 0 : t->column, n1, from, to);
    }
}

static size_t transposed_count(const hg__layer *l) {
    return (size_t)arg(l, GROUPS) * hg__matrix_count(exchanged(l));
}

// ---- prepared weights -----------------------------------------------------------------------------

static size_t prepared_count(const hg__layer *l, bool trains) {
    return ready_count(l, false) + (trains ? ready_count(l, true) : 0);
}

static int32_t prepare_tasks(const hg__layer *l, bool trains) {
    const int32_t C = hg__extent_of(&l->in).C, N = hg__extent_of(&l->out).C;
    return hg__ceil_div(N, HG_PANEL) + (trains ? hg__ceil_div(C, HG_PANEL) : 0);
}

// A task is a panel of those for forward, then for backward.
static void prepare(const hg__layer *l, const hg__kernels *k, bool trains, int32_t task,
                    const hg__real *params, hg__real *prepared) {
    (void)k, (void)trains;
    const int32_t C = hg__extent_of(&l->in).C, N = hg__extent_of(&l->out).C;
    const int32_t forth = hg__ceil_div(N, HG_PANEL);
    const hg__real *from = params + l->param[WEIGHT].offset;
    const bool back = task >= forth;
    const int32_t n = (back ? task - forth : task) * HG_PANEL;
    hg__real *to = back ? prepared + ready_count(l, false) : prepared;
    if (is_half(l)) {
        hg__conv_bf16_prepare((int32_t)l->param[WEIGHT].taps, C, N, from, back, n, to);
    } else {
        hg__winograd_prepare(C, N, from, back, n, to);
    }
}

// Lines and columns that are computed together: their bits depend on each other.
static int32_t grain(const hg__layer *l) {
    return is_fast(l) ? HG_WINOGRAD_TILE : 1;
}

static void receptive_radius(const hg__layer *l, int32_t *neighbours, double *growth) {
    const int32_t wide = kernel_span(l), s = arg(l, STRIDE), p = padding(l);
    *growth = is_deconv(l) ? s : 1.0 / s;
    *neighbours = is_deconv(l) ? hg__ceil_div(wide, s) : hg__max(p, wide - p);
}

// The weight is (out, in / groups, taps) or, transposed, (in, out / groups, taps).
static size_t channel(const hg__layer *l, size_t i) {
    const hg__param *w = &l->param[WEIGHT];
    const size_t rows = (size_t)w->shape.dim[0], columns = (size_t)w->shape.dim[1];
    const size_t taps = (size_t)w->taps, row = i / (columns * taps);
    if (!is_deconv(l)) return row;
    return row / (rows / (size_t)w->groups) * columns + i / taps % columns;
}

// PyTorch takes a transposed convolution's fan-in from the wrong side, and an output pixel sees a weight only where the
// stride puts it.
static double deconv_init_scale(const hg__layer *l) {
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const hg__shape *w = &l->param[WEIGHT].shape;
    const double groups = (double)out.C / (double)w->dim[1];
    const double shares = (double)in.H * in.W / ((double)out.H * out.W);
    return sqrt((double)w->dim[1] / ((double)w->dim[0] / groups * shares));
}

// clang-format off
static const hg__test_case conv_cases[] = {
    {"conv 20 3 s=2", {9, 7, 3}, {0}},        {"conv 3 3", {8, 6, 20}, {0}},
    {"conv 17 3", {5, 4, 18}, {0}},           {"conv 1 5", {6, 5, 2}, {0}},
    {"conv 6 3 g=3", {5, 4, 9}, {0}},         {"conv 5 3 d=2", {7, 6, 5}, {0}},
    {"conv 16 4 s=3 d=2 p=1", {12, 9, 1}, {0}}, {"conv 16 3", {37, 3, 4}, {0}},
    {"conv 7 5 bias=0", {4, 3, 6}, {0}},      {"conv 70 2 s=2", {4, 5, 33}, {0}},
    {"conv 8 3 g=8", {6, 5, 8}, {0}},         {"conv 2 3 s=2", {35, 4, 5}, {0}},
    {"conv 5 3", {6, 66, 1}, {0}},
    {0}};
static const hg__test_case deconv_cases[] = {
    {"deconv 18 4 s=2", {3, 4, 5}, {0}},      {"deconv 1 4 s=2", {5, 3, 7}, {0}},
    {"deconv 5 3 s=3 d=2", {3, 3, 6}, {0}},   {"deconv 6 2 s=2 g=2", {20, 3, 4}, {0}},
    {"deconv 7 1 s=2", {4, 3, 2}, {0}},       {"deconv 16 3 s=1", {5, 4, 70}, {0}},
    {"deconv 6 3 s=2 p=0 bias=0 op=1", {1, 2, 3}, {0}}, {"deconv 18 3 s=1", {5, 4, 3}, {0}},
    {0}};
static const hg__test_case conv1d_cases[] = {
    {"conv1d 5 5 s=2", {1, 23, 3}, {0}},      {"conv1d 16 3 d=3", {1, 40, 16}, {0}},
    {"conv1d 20 9", {1, 115, 4}, {0}},        {"conv1d 2 3", {1, 34, 66}, {0}}, {0}};
static const hg__test_case deconv1d_cases[] = {
    {"deconv1d 3 4 s=2", {1, 9, 5}, {0}},     {"deconv1d 17 5 s=3", {1, 7, 1}, {0}}, {0}};

// NOLINTBEGIN(bugprone-macro-parentheses)
#define CONV_TYPE(id, in_bands, args_text, summary_text, example_text, ...)                       \
 const hg__layer_type hg__layer_##id = {                                                          \
     .name = #id, .args = args_text, .summary = summary_text, .example = example_text,            \
     .test_cases = id##_cases, .bands = in_bands, .is_linear = true, .channel = channel,             \
     .bias_arg = WITH_BIAS, .shape = shape, .init = init, .forward = forward,                     \
     .backward = backward, .tile_count = tile_count, .tile = tile, .refresh = refresh,            \
     .transposed_count = transposed_count, .accumulate = accumulate, .scratch_count = scratch_count,      \
     .receptive_radius = receptive_radius, .prepared_count = prepared_count, .prepare_tasks = prepare_tasks, \
     .prepare = prepare, .grain = grain, __VA_ARGS__}
// NOLINTEND(bugprone-macro-parentheses)

CONV_TYPE(conv, true, "channels k=3 s=1 p=-1 d=1 g=1 bias=1",
          "convolution of images; p=-1 keeps the size", "conv 32 k3 s2", .init_scale = NULL);
CONV_TYPE(conv1d, false, "channels k=3 s=1 p=-1 d=1 g=1 bias=1",
          "convolution of signals; p=-1 keeps the length", "conv1d 32 k5", .init_scale = NULL);
CONV_TYPE(deconv, true, "channels k=4 s=2 p=-1 d=1 g=1 bias=1 op=-1",
          "transposed convolution of images; p=-1 makes them s times as large", "deconv 16 k4 s2",
          .init_scale = deconv_init_scale);
CONV_TYPE(deconv1d, false, "channels k=4 s=2 p=-1 d=1 g=1 bias=1 op=-1",
          "transposed convolution of signals; p=-1 makes them s times as long", "deconv1d 16 k4 s2",
          .init_scale = NULL);
// clang-format on
