// SPDX-License-Identifier: Apache-2.0
// layer_topk.c - of each row the k largest numbers stay, the others become 0 (Makhzani & Frey, "k-sparse autoencoders", 2014), in
// training and outside. Of equal numbers the first stay. Of an image (H, W, C) all H W C numbers of a row are ranked together.
//
//   y = x where x is one of the k largest, else 0;  dx = dy there, else 0
#include "nn/layer.h"
#include "nn/order.h"

enum { K };

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t k;
    HG_TRY(hg__layer_extent(l, &e, err));
    HG_TRY(hg__layer_whole(l, K, "k", 1, (int32_t)hg__extent_count(e), &k, err));
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

// to = from where x is one of its k largest; else 0. All are rows.
static void keep_largest(const hg__layer *l, const hg__real *x, const hg__real *from,
                         hg__real *to) {
    const int64_t n = width(l);
    size_t above;
    const hg__numbers all = {.reals = x, .count = (size_t)n};
    const double least = hg__kth_largest(&all, (size_t)l->arg[K], &above);
    size_t ties = (size_t)l->arg[K] - above;
    for (int64_t i = 0; i < n; i++) {
        const bool is_tie = (double)x[i] == least;
        const bool is_kept = !((double)x[i] <= least) || (is_tie && ties > 0); // a NaN is kept
        ties -= is_tie && is_kept;
        to[i] = is_kept ? from[i] : 0;
    }
    hg__zero_padding(to, n);
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    (void)p;
    for (int32_t r = 0; r < rows; r++) {
        keep_largest(l, hg__view_row(x, r), hg__view_row(x, r), hg__view_row(y, r));
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)p, (void)y;
    for (int32_t r = 0; r < rows; r++) {
        keep_largest(l, hg__view_row(x, r), hg__view_row(dy, r), hg__view_row(dx, r));
    }
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "topk 7"},
    {.item = "topk 29"},
    {.item = "topk 11", .in = {6, 5, 3}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_topk;
const hg__layer_type hg__layer_topk = {
    .name = "topk",
    .args = "k",
    .summary = "the k largest numbers of each row, the others 0",
    .example = "topk 8",
    .test_cases = test_cases,
    .keeps_scale = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
