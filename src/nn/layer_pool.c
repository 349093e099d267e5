// SPDX-License-Identifier: Apache-2.0
// layer_pool.c - the largest or the mean of k x k pixels, every s pixels, for each channel: PyTorch's MaxPool2d and
// AvgPool2d (the padding counts as zeros in a mean). Images of one line are pooled along it only.
#include "nn/layer.h"

enum { K, S, P, MOST_K = 64 };

// The windows of a shaped layer.
static hg__window window_of(const hg__layer *l) {
    const hg__extent in = hg__extent_of(&l->in), out = hg__extent_of(&l->out);
    const int32_t k = (int32_t)l->arg[K], p = (int32_t)l->arg[P];
    const int32_t s = l->arg[S] > 0 ? (int32_t)l->arg[S] : k;
    hg__window w = {.H = in.H,
                    .W = in.W,
                    .C = in.C,
                    .out_H = out.H,
                    .out_W = out.W,
                    .kh = k,
                    .kw = k,
                    .sh = s,
                    .sw = s,
                    .ph = p,
                    .pw = p,
                    .bottom = out.H};
    if (in.H == 1) w.kh = 1, w.sh = 1, w.ph = 0;
    return w;
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t k, s, p;
    HG_TRY(hg__layer_image(l, &e, err));
    HG_TRY(hg__layer_whole(l, K, "k", 1, MOST_K, &k, err));
    HG_TRY(hg__layer_whole(l, S, "s", 0, MOST_K, &s, err));
    HG_TRY(hg__layer_whole(l, P, "p", 0, k / 2, &p, err));
    const hg__window w = window_of(l);
    const int64_t high = (int64_t)w.H + 2 * w.ph - w.kh, wide = (int64_t)w.W + 2 * w.pw - w.kw;
    if (high < 0 || wide < 0) {
        char got[64];
        hg__extent_format(e, got);
        return hg__fail(err, HG_ERR_USAGE, "%s: expected an image no smaller than its k=%d, got %s",
                        l->type->name, (int)k, got);
    }
    l->params = 0;
    return hg__layer_set_out(l, high / w.sh + 1, wide / w.sw + 1, e.C, err);
}

static void receptive_radius(const hg__layer *l, int32_t *neighbours, double *growth) {
    const hg__window w = window_of(l);
    const int32_t after = w.kw - w.pw - w.sw;
    *neighbours = after > w.pw ? after : w.pw;
    *growth = 1.0 / w.sw;
}

static void maxpool(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    hg__window w = window_of(l);
    hg__pass_lines(p, &l->out, &w.top, &w.bottom);
    for (int32_t r = 0; r < rows; r++) p->k->maxpool(hg__view_row(y, r), hg__view_row(x, r), &w);
}

static void maxpool_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                         hg__view dx, int32_t rows) {
    (void)y;
    const hg__window w = window_of(l);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(dx, r);
        p->k->maxpool_back(to, hg__view_row(dy, r), hg__view_row(x, r), &w);
        hg__zero_padding(to, (int64_t)w.H * w.W * w.C);
    }
}

static hg__real share(const hg__window *w) {
    return 1 / (hg__real)(w->kh * w->kw);
}

static void avgpool(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    hg__window w = window_of(l);
    hg__pass_lines(p, &l->out, &w.top, &w.bottom);
    for (int32_t r = 0; r < rows; r++) {
        p->k->window_sum(hg__view_row(y, r), hg__view_row(x, r), share(&w), &w);
    }
}

static void avgpool_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                         hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const hg__window w = window_of(l);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(dx, r);
        p->k->window_spread(to, hg__view_row(dy, r), share(&w), &w);
        hg__zero_padding(to, (int64_t)w.H * w.W * w.C);
    }
}

// clang-format off
#define TRIALS(name)                            \
    static const hg__test_case name##_cases[] = {  \
        {.item = #name " 2", .in = {67, 5, 3}}, \
        {.item = #name " 3 2 1", .in = {6, 5, 17}}, \
        {.item = #name " 2 1", .in = {4, 6, 16}}, \
        {.item = #name " k=3 s=4 p=1", .in = {1, 23, 20}}, \
        {.item = #name " 5 1 2", .in = {3, 4, 1}}, \
        {.item = NULL},                         \
    }
// clang-format on

TRIALS(maxpool);
extern const hg__layer_type hg__layer_maxpool, hg__layer_avgpool;
const hg__layer_type hg__layer_maxpool = {
    .name = "maxpool",
    .args = "k=2 s=0 p=0",
    .summary = "the largest of k x k pixels, every s (0: k) pixels",
    .example = "maxpool 2",
    .test_cases = maxpool_cases,
    .bands = true,
    .shape = shape,
    .forward = maxpool,
    .backward = maxpool_back,
    .receptive_radius = receptive_radius,
};
TRIALS(avgpool);
const hg__layer_type hg__layer_avgpool = {
    .name = "avgpool",
    .args = "k=2 s=0 p=0",
    .summary = "the mean of k x k pixels, every s (0: k) pixels",
    .example = "avgpool 2",
    .test_cases = avgpool_cases,
    .bands = true,
    .is_linear = true,
    .shape = shape,
    .forward = avgpool,
    .backward = avgpool_back,
    .receptive_radius = receptive_radius,
};
