// SPDX-License-Identifier: Apache-2.0
// layer_shape.c - images to vectors and back: flatten and unflatten. A vector has PyTorch's order, channel by
// channel (C, H, W), so that a dense layer behind it reads the columns that PyTorch's reads.
#include "nn/layer.h"

static int flatten_shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    l->out = (hg__shape){1, {hg__extent_count(e)}};
    l->params = 0;
    return HG_OK;
}

static int unflatten_shape(hg__layer *l, hg_error *err) {
    hg__extent e, to;
    const int32_t most = 1 << 24;
    HG_TRY(hg__layer_extent(l, &e, err));
    HG_TRY(hg__layer_whole(l, 0, "C", 1, most, &to.C, err));
    HG_TRY(hg__layer_whole(l, 1, "H", 1, most, &to.H, err));
    HG_TRY(hg__layer_whole(l, 2, "W", 1, most, &to.W, err));
    HG_TRY(hg__layer_set_out(l, to.H, to.W, to.C, err));
    if (hg__extent_count(to) != hg__extent_count(e)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "unflatten: expected C x H x W to be the %lld numbers that come in, got "
                        "%d x %d x %d",
                        (long long)hg__extent_count(e), (int)to.C, (int)to.H, (int)to.W);
    }
    l->params = 0;
    return HG_OK;
}

// vector (C, H W) = image (H W, C) of each row.
static void to_vectors(const hg__pass *p, hg__extent e, hg__view image, hg__view vector,
                       int32_t rows) {
    const int32_t pixels = e.H * e.W;
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(vector, r);
        p->k->transpose(to, pixels, hg__view_row(image, r), e.C, pixels, e.C);
        hg__zero_padding(to, hg__extent_count(e));
    }
}

static void to_images(const hg__pass *p, hg__extent e, hg__view vector, hg__view image,
                      int32_t rows) {
    const int32_t pixels = e.H * e.W;
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(image, r);
        p->k->transpose(to, e.C, hg__view_row(vector, r), pixels, e.C, pixels);
        hg__zero_padding(to, hg__extent_count(e));
    }
}

static void flatten(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    to_vectors(p, hg__extent_of(&l->in), x, y, rows);
}

static void flatten_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                         hg__view dx, int32_t rows) {
    (void)x, (void)y;
    to_images(p, hg__extent_of(&l->in), dy, dx, rows);
}

// What comes in is read as a vector; an image must be flattened first, or its order is the memory's.
static void unflatten(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    to_images(p, hg__extent_of(&l->out), x, y, rows);
}

static void unflatten_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y,
                           hg__view dy, hg__view dx, int32_t rows) {
    (void)x, (void)y;
    to_vectors(p, hg__extent_of(&l->out), dy, dx, rows);
}

// clang-format off
static const hg__test_case flatten_cases[] = {
    {.item = "flatten", .in = {6, 5, 3}},
    {.item = "flatten", .in = {1, 9, 20}},
    {.item = "flatten", .in = {5, 4, 1}},
    {.item = "flatten"},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_flatten;
const hg__layer_type hg__layer_flatten = {
    .name = "flatten",
    .args = "",
    .summary = "an image (H, W, C) as a vector, in PyTorch's order C, H, W",
    .example = "flatten",
    .test_cases = flatten_cases,
    .reorders = HG_TO_VECTOR,
    .keeps_scale = true,
    .is_linear = true,
    .shape = flatten_shape,
    .forward = flatten,
    .backward = flatten_back,
};

// clang-format off
static const hg__test_case unflatten_cases[] = {
    {.item = "unflatten 1 1 29"},
    {.item = "unflatten 6 5 3", .in = {1, 1, 90}},
    {.item = "unflatten 20 1 9", .in = {1, 1, 180}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_unflatten;
const hg__layer_type hg__layer_unflatten = {
    .name = "unflatten",
    .args = "C H W",
    .summary = "a vector in PyTorch's order C, H, W as an image",
    .example = "unflatten 32 7 7",
    .test_cases = unflatten_cases,
    .reorders = HG_TO_IMAGE,
    .keeps_scale = true,
    .is_linear = true,
    .shape = unflatten_shape,
    .forward = unflatten,
    .backward = unflatten_back,
};
