// SPDX-License-Identifier: Apache-2.0
// layer_reflect.c - images grown by `by` pixels on each side, in which the edge is a mirror that is not repeated:
// c b | a b c d | c b. PyTorch's ReflectionPad2d and, on images of one line, ReflectionPad1d.
//
// Before a convolution without padding of its own it makes one with padding by reflection: reflect 1, conv 64 p0.
#include <string.h>

#include "nn/layer.h"

enum { BY, MOST_BY = 64 };

// How many lines and columns come before the image, and as many behind it.
typedef struct margin {
    int32_t lines, columns;
} margin;

static margin margin_of(const hg__layer *l, const hg__extent *in) {
    const int32_t by = (int32_t)l->arg[BY];
    return (margin){in->H == 1 ? 0 : by, by};
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t by;
    HG_TRY(hg__layer_image(l, &e, err));
    HG_TRY(hg__layer_whole(l, BY, "by", 0, MOST_BY, &by, err));
    const margin m = margin_of(l, &e);
    if (e.H <= m.lines || e.W <= m.columns) {
        char got[64];
        hg__extent_format(e, got);
        return hg__fail(err, HG_ERR_USAGE,
                        "reflect: expected an image of sides above the %d pixels reflected, got %s",
                        (int)by, got);
    }
    l->params = 0;
    return hg__layer_set_out(l, (int64_t)e.H + 2 * m.lines, (int64_t)e.W + 2 * m.columns, e.C, err);
}

static void receptive_radius(const hg__layer *l, int32_t *neighbours, double *growth) {
    *neighbours = (int32_t)l->arg[BY];
    *growth = 1;
}

// Where i, from 1 - size to 2 size - 2, stands in a side of `size` pixels.
static int32_t mirror(int32_t i, int32_t size) {
    if (i < 0) return -i;
    return i < size ? i : 2 * (size - 1) - i;
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const margin m = margin_of(l, &in);
    const size_t pixel = (size_t)in.C, line = (size_t)in.W * pixel;
    int32_t top, bottom;
    hg__pass_lines(p, &l->out, &top, &bottom);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(y, r) + (size_t)top * (size_t)out.W * pixel;
        for (int32_t i = top; i < bottom; i++, to += (size_t)out.W * pixel) {
            const hg__real *from = hg__view_row(x, r) + (size_t)mirror(i - m.lines, in.H) * line;
            hg__real *behind = to + (size_t)m.columns * pixel + line;
            memcpy(to + (size_t)m.columns * pixel, from, line * sizeof *to);
            for (int32_t j = 0; j < m.columns; j++) {
                const size_t left = (size_t)(m.columns - j), right = (size_t)(in.W - 2 - j);
                memcpy(to + (size_t)j * pixel, from + left * pixel, pixel * sizeof *to);
                memcpy(behind + (size_t)j * pixel, from + right * pixel, pixel * sizeof *to);
            }
        }
    }
}

static void add_to(hg__real *to, const hg__real *from, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] += from[i];
}

// Every pixel's gradient goes to where the pixel came from: line by line, so in one order.
static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)p, (void)x, (void)y;
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const margin m = margin_of(l, &in);
    const size_t pixel = (size_t)in.C, line = (size_t)in.W * pixel;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *from = hg__view_row(dy, r);
        memset(hg__view_row(dx, r), 0, (size_t)in.H * line * sizeof *from);
        for (int32_t i = 0; i < out.H; i++, from += (size_t)out.W * pixel) {
            hg__real *to = hg__view_row(dx, r) + (size_t)mirror(i - m.lines, in.H) * line;
            const hg__real *behind = from + (size_t)m.columns * pixel + line;
            add_to(to, from + (size_t)m.columns * pixel, line);
            for (int32_t j = 0; j < m.columns; j++) {
                const size_t left = (size_t)(m.columns - j), right = (size_t)(in.W - 2 - j);
                add_to(to + left * pixel, from + (size_t)j * pixel, pixel);
                add_to(to + right * pixel, behind + (size_t)j * pixel, pixel);
            }
        }
        hg__zero_padding(hg__view_row(dx, r), (int64_t)in.H * (int64_t)line);
    }
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "reflect 1", .in = {33, 3, 5}},
    {.item = "reflect 2", .in = {6, 5, 3}},
    {.item = "reflect 3", .in = {4, 5, 17}}, // every pixel but one is reflected
    {.item = "reflect 4", .in = {1, 7, 3}},
    {.item = "reflect 0", .in = {3, 4, 16}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_reflect;
const hg__layer_type hg__layer_reflect = {
    .name = "reflect",
    .args = "by=1",
    .summary = "grows an image by its mirrored edges; 'reflect 1, conv 64 p0' pads by reflection",
    .example = "reflect 1",
    .test_cases = test_cases,
    .bands = true,
    .is_linear = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .receptive_radius = receptive_radius,
};
