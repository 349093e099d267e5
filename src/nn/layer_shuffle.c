// SPDX-License-Identifier: Apache-2.0
// layer_shuffle.c - channels to pixels and back (Shi et al. 2016): PyTorch's PixelShuffle and PixelUnshuffle.
//
//   large (h r + i, w r + j, c)  =  small (h, w, c r r + i r + j)      (lines, columns, channels)
//
// Images of one line are shuffled along it only: large (w r + j, c) = small (w, c r + j).
#include "nn/layer.h"

enum { FACTOR, MOST_FACTOR = 64 };

// small: (H, W, C rh rw), large: (H rh, W rw, C).
typedef struct blocks {
    int32_t H, W, C, rh, rw;
} blocks;

static blocks blocks_of(const hg__layer *l, const hg__shape *small) {
    const hg__extent e = hg__extent_of(small);
    const int32_t factor = (int32_t)l->arg[FACTOR];
    const bool is_line = hg__extent_of(&l->in).H == 1;
    blocks b = {.H = e.H, .W = e.W, .rh = is_line ? 1 : factor, .rw = factor};
    b.C = e.C / (b.rh * b.rw);
    return b;
}

static int shuffle_shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t factor;
    HG_TRY(hg__layer_image(l, &e, err));
    HG_TRY(hg__layer_whole(l, FACTOR, "factor", 1, MOST_FACTOR, &factor, err));
    const blocks b = blocks_of(l, &l->in);
    if (e.C % (b.rh * b.rw) != 0) {
        return hg__fail(err, HG_ERR_USAGE, "shuffle: expected channels in groups of %d, got %d",
                        (int)(b.rh * b.rw), (int)e.C);
    }
    l->params = 0;
    return hg__layer_set_out(l, (int64_t)e.H * b.rh, (int64_t)e.W * b.rw, b.C, err);
}

static int unshuffle_shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t factor;
    HG_TRY(hg__layer_image(l, &e, err));
    HG_TRY(hg__layer_whole(l, FACTOR, "factor", 1, MOST_FACTOR, &factor, err));
    const blocks b = blocks_of(l, &l->in);
    if (e.H % b.rh != 0 || e.W % b.rw != 0) {
        char got[64];
        hg__extent_format(e, got);
        return hg__fail(err, HG_ERR_USAGE,
                        "unshuffle: expected an image whose sides are multiples of %d, got %s",
                        (int)factor, got);
    }
    l->params = 0;
    return hg__layer_set_out(l, e.H / b.rh, e.W / b.rw, (int64_t)e.C * b.rh * b.rw, err);
}

// Lines top .. bottom - 1 of the large image, from the small one.
static void enlarge(const blocks *b, const hg__real *small, hg__real *large, int32_t top,
                    int32_t bottom) {
    const size_t step = (size_t)b->rh * (size_t)b->rw, pixel = (size_t)b->C * step;
    hg__real *to = large + (size_t)top * (size_t)b->W * (size_t)b->rw * (size_t)b->C;
    for (int32_t line = top; line < bottom; line++) {
        const hg__real *from = small + (size_t)(line / b->rh) * (size_t)b->W * pixel +
                               (size_t)(line % b->rh) * (size_t)b->rw;
        for (int32_t w = 0; w < b->W; w++, from += pixel) {
            for (int32_t j = 0; j < b->rw; j++) {
                for (int32_t c = 0; c < b->C; c++) *to++ = from[(size_t)c * step + (size_t)j];
            }
        }
    }
}

// The small image from the same lines of the large one.
static void gather(const blocks *b, const hg__real *large, hg__real *small, int32_t top,
                   int32_t bottom) {
    const size_t step = (size_t)b->rh * (size_t)b->rw, pixel = (size_t)b->C * step;
    const hg__real *from = large + (size_t)top * (size_t)b->W * (size_t)b->rw * (size_t)b->C;
    for (int32_t line = top; line < bottom; line++) {
        hg__real *to = small + (size_t)(line / b->rh) * (size_t)b->W * pixel +
                       (size_t)(line % b->rh) * (size_t)b->rw;
        for (int32_t w = 0; w < b->W; w++, to += pixel) {
            for (int32_t j = 0; j < b->rw; j++) {
                for (int32_t c = 0; c < b->C; c++) to[(size_t)c * step + (size_t)j] = *from++;
            }
        }
    }
}

static void shuffle(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const blocks b = blocks_of(l, &l->in);
    int32_t top, bottom;
    hg__pass_lines(p, &l->out, &top, &bottom);
    for (int32_t r = 0; r < rows; r++) {
        enlarge(&b, hg__view_row(x, r), hg__view_row(y, r), top, bottom);
    }
}

static void unshuffle(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const blocks b = blocks_of(l, &l->out);
    int32_t top, bottom;
    hg__pass_lines(p, &l->out, &top, &bottom);
    for (int32_t r = 0; r < rows; r++) {
        gather(&b, hg__view_row(x, r), hg__view_row(y, r), top * b.rh, bottom * b.rh);
    }
}

static void shuffle_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                         hg__view dx, int32_t rows) {
    (void)p, (void)x, (void)y;
    const blocks b = blocks_of(l, &l->in);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(dx, r);
        gather(&b, hg__view_row(dy, r), to, 0, b.H * b.rh);
        hg__zero_padding(to, hg__extent_count(hg__extent_of(&l->in)));
    }
}

static void unshuffle_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y,
                           hg__view dy, hg__view dx, int32_t rows) {
    (void)p, (void)x, (void)y;
    const blocks b = blocks_of(l, &l->out);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(dx, r);
        enlarge(&b, hg__view_row(dy, r), to, 0, b.H * b.rh);
        hg__zero_padding(to, hg__extent_count(hg__extent_of(&l->in)));
    }
}

static void shuffle_receptive_radius(const hg__layer *l, int32_t *neighbours, double *growth) {
    *neighbours = 0;
    *growth = l->arg[FACTOR];
}

static void unshuffle_receptive_radius(const hg__layer *l, int32_t *neighbours, double *growth) {
    *neighbours = 0;
    *growth = 1 / l->arg[FACTOR];
}

// clang-format off
static const hg__test_case shuffle_cases[] = {
    {.item = "shuffle 2", .in = {19, 3, 12}},
    {.item = "shuffle 3", .in = {2, 3, 18}},
    {.item = "shuffle 4", .in = {1, 5, 12}},
    {.item = NULL},
};
static const hg__test_case unshuffle_cases[] = {
    {.item = "unshuffle 2", .in = {70, 4, 3}},
    {.item = "unshuffle 3", .in = {6, 9, 2}},
    {.item = "unshuffle 4", .in = {1, 20, 3}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_shuffle, hg__layer_unshuffle;
const hg__layer_type hg__layer_shuffle = {
    .name = "shuffle",
    .args = "factor=2",
    .summary = "groups of factor x factor channels as pixels (PixelShuffle)",
    .example = "shuffle 2",
    .test_cases = shuffle_cases,
    .bands = true,
    .keeps_scale = true,
    .is_linear = true,
    .shape = shuffle_shape,
    .forward = shuffle,
    .backward = shuffle_back,
    .receptive_radius = shuffle_receptive_radius,
};
const hg__layer_type hg__layer_unshuffle = {
    .name = "unshuffle",
    .args = "factor=2",
    .summary = "squares of factor x factor pixels as channels (PixelUnshuffle)",
    .example = "unshuffle 2",
    .test_cases = unshuffle_cases,
    .bands = true,
    .keeps_scale = true,
    .is_linear = true,
    .shape = unshuffle_shape,
    .forward = unshuffle,
    .backward = unshuffle_back,
    .receptive_radius = unshuffle_receptive_radius,
};
