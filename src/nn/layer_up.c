// SPDX-License-Identifier: Apache-2.0
// layer_up.c - images grown by a whole factor: each pixel repeated, or bilinear between them. PyTorch's
// Upsample(scale_factor) with mode "nearest" or "bilinear" and align_corners=False. Images of one line grow along it.
#include <string.h>

#include "nn/layer.h"

enum { FACTOR, BILINEAR, MOST_FACTOR = 64 };

// From the small image (H, W) to the large one, in the terms of bilinear.
static hg__window window_of(const hg__layer *l) {
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const int32_t factor = (int32_t)l->arg[FACTOR];
    return (hg__window){.H = in.H,
                        .W = in.W,
                        .C = in.C,
                        .out_H = out.H,
                        .out_W = out.W,
                        .sh = in.H == 1 ? 1 : factor,
                        .sw = factor,
                        .bottom = out.H};
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t factor, bilinear;
    HG_TRY(hg__layer_image(l, &e, err));
    HG_TRY(hg__layer_whole(l, FACTOR, "factor", 1, MOST_FACTOR, &factor, err));
    HG_TRY(hg__layer_whole(l, BILINEAR, "bilinear", 0, 1, &bilinear, err));
    l->params = 0;
    return hg__layer_set_out(l, e.H == 1 ? 1 : (int64_t)e.H * factor, (int64_t)e.W * factor, e.C,
                             err);
}

static void receptive_radius(const hg__layer *l, int32_t *neighbours, double *growth) {
    *neighbours = l->arg[BILINEAR] > 0 ? 1 : 0;
    *growth = l->arg[FACTOR];
}

// One image: lines w->top .. of y (out_H, out_W, C) from x (H, W, C), each pixel sh x sw times.
static void repeat(hg__real *y, const hg__real *x, const hg__window *w) {
    const size_t pixel = (size_t)w->C, line = (size_t)w->out_W * pixel;
    for (int32_t i = w->top; i < w->bottom; i++) {
        hg__real *to = y + (size_t)i * line;
        if (i > w->top && i % w->sh) { // as the line above
            memcpy(to, to - line, line * sizeof *to);
            continue;
        }
        const hg__real *from = x + (size_t)(i / w->sh) * (size_t)w->W * pixel;
        for (int32_t j = 0; j < w->out_W; j++, to += pixel) {
            memcpy(to, from + (size_t)(j / w->sw) * pixel, pixel * sizeof *to);
        }
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    hg__window w = window_of(l);
    hg__pass_lines(p, &l->out, &w.top, &w.bottom);
    for (int32_t r = 0; r < rows; r++) {
        if (l->arg[BILINEAR] > 0) {
            p->k->bilinear(hg__view_row(y, r), hg__view_row(x, r), &w);
        } else {
            repeat(hg__view_row(y, r), hg__view_row(x, r), &w);
        }
    }
}

// What a pixel was repeated to, seen as the windows of the large image.
static hg__window repeated(const hg__window *w) {
    return (hg__window){.H = w->out_H,
                        .W = w->out_W,
                        .C = w->C,
                        .out_H = w->H,
                        .out_W = w->W,
                        .kh = w->sh,
                        .kw = w->sw,
                        .sh = w->sh,
                        .sw = w->sw,
                        .bottom = w->H};
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const hg__window w = window_of(l), back = repeated(&w);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(dx, r);
        if (l->arg[BILINEAR] > 0) {
            p->k->bilinear_back(to, hg__view_row(dy, r), &w);
        } else {
            p->k->window_sum(to, hg__view_row(dy, r), 1, &back);
        }
        hg__zero_padding(to, (int64_t)w.H * w.W * w.C);
    }
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "up 2", .in = {19, 3, 5}},
    {.item = "up 2 bilinear=1", .in = {19, 3, 5}},
    {.item = "up 3", .in = {13, 2, 1}}, // bands begin between the lines of a pixel
    {.item = "up 3", .in = {3, 4, 17}},
    {.item = "up 3 bilinear=1", .in = {3, 4, 17}},
    {.item = "up 4 bilinear=1", .in = {1, 7, 16}},
    {.item = "up 5", .in = {1, 7, 20}},
    {.item = "up bilinear=1", .in = {4, 1, 1}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_up;
const hg__layer_type hg__layer_up = {
    .name = "up",
    .args = "factor=2 bilinear=0",
    .summary = "grows an image: each pixel repeated, or bilinear",
    .example = "up 2",
    .test_cases = test_cases,
    .bands = true,
    .is_linear = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .receptive_radius = receptive_radius,
};
