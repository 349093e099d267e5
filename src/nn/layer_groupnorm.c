// SPDX-License-Identifier: Apache-2.0
// layer_groupnorm.c - y = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance of each row and
// group of channels over all its pixels, weight and bias of each channel (Wu & He 2018; PyTorch's GroupNorm).
//
// n values a group, xhat = (x - mean) / s, s = sqrt(variance + eps), g = dy weight:
//   dx = g / s - sum(g) / (n s) - (x - mean) sum(g xhat) / (n s^2)         sums over the group
//   dweight = sum(dy xhat), dbias = sum(dy)                                sums over the pixels
// A pixel needs the whole image, so there are no bands.
#include <math.h>
#include <string.h>

#include "nn/layer.h"

enum { GROUPS, EPS };  // arguments
enum { WEIGHT, BIAS }; // parameters
enum {
    MEAN,
    BY_DY,
    BY_X,
    CONSTANT,
    INVERSE,
    PARTS
};                                    // of the scratch (PARTS, stride): one number a channel
enum { SCALE = BY_DY, SHIFT = BY_X }; // the same places on the way forth

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t groups;
    HG_TRY(hg__layer_extent(l, &e, err));
    HG_TRY(hg__layer_whole(l, GROUPS, "groups", 1, 1 << 16, &groups, err));
    if (e.C % groups != 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "groupnorm: expected groups to divide the %d channels, got %d", (int)e.C,
                        (int)groups);
    }
    HG_TRY(hg__norm_check_eps("groupnorm", l->arg[EPS], err));
    hg__norm_shape(l, e.C);
    return HG_OK;
}

static void fill(hg__real *to, int32_t count, double value) {
    for (int32_t i = 0; i < count; i++) to[i] = (hg__real)value;
}

// Fills MEAN and INVERSE of the scratch from one row; a group's variance comes from differences to its mean.
static void measure(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    const int32_t C = hg__norm_channels(l), each = C / (int32_t)l->arg[GROUPS];
    const double n = (double)hg__norm_pixels(l) * each;
    hg__real *mean = p->scratch + MEAN * hg__norm_stride(l),
             *inverse = p->scratch + INVERSE * hg__norm_stride(l);
    double sums[HG_LANES], total = 0;
    for (int32_t c = 0; c < C; c++) {
        if (c % HG_LANES == 0) p->k->channel_sums(sums, x, hg__norm_pixels(l), C, c);
        total += sums[c % HG_LANES];
        if ((c + 1) % each) continue;
        fill(mean + c + 1 - each, each, total / n);
        total = 0;
    }
    for (int32_t c = 0; c < C; c++) {
        if (c % HG_LANES == 0) p->k->channel_squares(sums, x, mean, hg__norm_pixels(l), C, c);
        total += sums[c % HG_LANES];
        if ((c + 1) % each) continue;
        fill(inverse + c + 1 - each, each, 1 / sqrt(total / n + l->arg[EPS]));
        total = 0;
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const hg__real *weight = p->params + l->param[WEIGHT].offset;
    const hg__real *bias = p->params + l->param[BIAS].offset;
    const hg__real *inverse = p->scratch + INVERSE * hg__norm_stride(l);
    for (int32_t r = 0; r < rows; r++) {
        measure(l, p, hg__view_row(x, r));
        hg__real *scale = p->scratch + SCALE * hg__norm_stride(l),
                 *shift = p->scratch + SHIFT * hg__norm_stride(l);
        for (int32_t c = 0; c < hg__norm_channels(l); c++) {
            scale[c] = weight[c] * inverse[c];
            shift[c] = bias[c];
        }
        p->k->channel_affine(hg__view_row(y, r), hg__view_row(x, r), p->scratch, hg__norm_pixels(l),
                             hg__norm_channels(l));
    }
}

// Fills BY_DY, BY_X and CONSTANT of the scratch: dx = BY_DY dy + BY_X (x - mean) + CONSTANT.
static void weigh(const hg__layer *l, const hg__pass *p, const hg__real *dy, const hg__real *x) {
    const hg__real *weight = p->params + l->param[WEIGHT].offset;
    const int32_t C = hg__norm_channels(l), each = C / (int32_t)l->arg[GROUPS];
    const double n = (double)hg__norm_pixels(l) * each;
    hg__real *at = p->scratch;
    const size_t ld = hg__norm_stride(l);
    double sums[HG_LANES], dots[HG_LANES], sum = 0, dot = 0; // of g, of g (x - mean)
    for (int32_t c = 0; c < C; c++) {
        const int32_t lane = c % HG_LANES;
        if (lane == 0) {
            p->k->channel_dots(sums, dots, dy, x, at + MEAN * ld, hg__norm_pixels(l), C, c);
        }
        sum += (double)weight[c] * sums[lane];
        dot += (double)weight[c] * dots[lane];
        const double inverse = (double)at[INVERSE * ld + (size_t)c];
        at[BY_DY * ld + (size_t)c] = (hg__real)((double)weight[c] * inverse);
        if ((c + 1) % each) continue;
        const size_t first = (size_t)(c + 1 - each);
        fill(at + BY_X * ld + first, each, -dot * inverse * inverse * inverse / n);
        fill(at + CONSTANT * ld + first, each, -sum * inverse / n);
        sum = dot = 0;
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)y;
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(dx, r);
        measure(l, p, hg__view_row(x, r));
        weigh(l, p, hg__view_row(dy, r), hg__view_row(x, r));
        p->k->channel_affine_back(to, hg__view_row(dy, r), hg__view_row(x, r), p->scratch,
                                  hg__norm_pixels(l), hg__norm_channels(l));
        hg__zero_padding(to, hg__norm_pixels(l) * hg__norm_channels(l));
    }
}

// One tile a parameter.
static int32_t tile_count(const hg__layer *l) {
    return l->params;
}

static void tile(const hg__layer *l, int32_t i, hg__tile *t) {
    *t = (hg__tile){.param = i,
                    .offset = l->param[i].offset,
                    .count = l->param[i].count,
                    .x_count = (int32_t)(hg__norm_pixels(l) * hg__norm_channels(l))};
}

static void accumulate(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy, int32_t rows,
                       hg__real *g) {
    const hg__real *mean = p->scratch + MEAN * hg__norm_stride(l);
    const hg__real *inverse = p->scratch + INVERSE * hg__norm_stride(l);
    hg__real *dbias = g + (l->param[BIAS].offset - l->param[WEIGHT].offset);
    double sums[HG_LANES], dots[HG_LANES];
    for (int32_t r = 0; r < rows; r++) {
        measure(l, p, hg__view_row(x, r));
        for (int32_t c = 0; c < hg__norm_channels(l); c++) {
            const int32_t lane = c % HG_LANES;
            if (lane == 0) {
                p->k->channel_dots(sums, dots, hg__view_row(dy, r), hg__view_row(x, r), mean,
                                   hg__norm_pixels(l), hg__norm_channels(l), c);
            }
            g[c] += (hg__real)(dots[lane] * (double)inverse[c]);
            dbias[c] += (hg__real)sums[lane];
        }
    }
}

static size_t scratch_count(const hg__layer *l) {
    return PARTS * hg__norm_stride(l);
}

static void receptive_radius(const hg__layer *l, int32_t *neighbours, double *growth) {
    (void)l;
    *neighbours = -1; // the whole image
    *growth = 1;
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "groupnorm 2", .in = {6, 5, 6}},
    {.item = "groupnorm 4", .in = {3, 4, 20}},
    {.item = "groupnorm 1 0.01", .in = {4, 3, 16}},
    {.item = "groupnorm 3", .in = {1, 37, 3}},
    {.item = "groupnorm 1"},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_groupnorm;
const hg__layer_type hg__layer_groupnorm = {
    .name = "groupnorm",
    .args = "groups=8 eps=1e-5",
    .summary =
        "groups of channels of each image brought to mean 0 and variance 1, then weight and bias",
    .example = "groupnorm 8",
    .test_cases = test_cases,
    .keeps_scale = true,
    .shape = shape,
    .init = hg__norm_init,
    .forward = forward,
    .backward = backward,
    .tile_count = tile_count,
    .tile = tile,
    .accumulate = accumulate,
    .scratch_count = scratch_count,
    .receptive_radius = receptive_radius,
};
