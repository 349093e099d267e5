// SPDX-License-Identifier: Apache-2.0
// layer_nested.c - in training each row keeps a prefix of its numbers only, the others become 0, so that every prefix of the code
// reconstructs as well as so many numbers can: one model, every code size (Rippel, Gelbart & Adams, "Learning ordered
// representations with nested dropout", 2014). An image (H, W, C) keeps a prefix of its channels.
//
// Lengths are even over 1 .. C, but that a share `whole` of the rows keeps all. Rows of a batch take turns: row r draws
// u = (u0 + r phi) mod 1 with phi the golden ratio and u0 of seed, step and layer, so a batch of any size has its share of each
// length. Outside training the first `prefix` stay, with 0 all.
#include "base/rng.h"
#include "nn/layer.h"

enum { WHOLE, PREFIX };

static int32_t channels(const hg__layer *l) {
    return hg__extent_of(&l->in).C;
}

static int64_t pixels(const hg__layer *l) {
    const hg__extent e = hg__extent_of(&l->in);
    return (int64_t)e.H * e.W;
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t prefix;
    HG_TRY(hg__layer_extent(l, &e, err));
    if (!(l->arg[WHOLE] >= 0 && l->arg[WHOLE] <= 1)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "nested: expected a share of whole codes from 0 to 1, got %g",
                        l->arg[WHOLE]);
    }
    HG_TRY(hg__layer_whole(l, PREFIX, "prefix", 0, e.C, &prefix, err));
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

// Channels that row `row` of the batch keeps.
static int32_t kept(const hg__layer *l, const hg__pass *p, int64_t row) {
    const int32_t C = channels(l);
    if (!p->training) return l->arg[PREFIX] > 0 ? (int32_t)l->arg[PREFIX] : C;
    const uint32_t golden = 0x9E3779B9U; // phi - 1 of 2^32
    const uint32_t first = hg__philox_run(p->seed, HG_STREAM_LATENT | (uint32_t)l->number << 8,
                                          (uint32_t)p->step, 0, 0)
                               .word[0];
    const uint32_t turn = first + (uint32_t)row * golden;
    const double u = (double)turn * 0x1p-32, whole = l->arg[WHOLE];
    if (u >= 1 - whole) return C;
    const int32_t length = 1 + (int32_t)(u / (1 - whole) * C);
    return length < C ? length : C;
}

// to = from in the prefix, else 0.
static void keep_prefix(const hg__layer *l, const hg__pass *p, hg__view from, hg__view to,
                        int32_t rows) {
    const int32_t C = channels(l);
    for (int32_t r = 0; r < rows; r++) {
        const int32_t prefix = kept(l, p, p->row + r);
        const hg__real *x = hg__view_row(from, r);
        hg__real *y = hg__view_row(to, r);
        for (int64_t i = 0; i < pixels(l); i++, x += C, y += C) {
            for (int32_t c = 0; c < C; c++) y[c] = c < prefix ? x[c] : 0;
        }
        hg__zero_padding(hg__view_row(to, r), pixels(l) * C);
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    keep_prefix(l, p, x, y, rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    keep_prefix(l, p, dy, dx, rows);
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "nested"},
    {.item = "nested 0.4", .in = {1, 1, 3}},
    {.item = "nested 0.1", .in = {6, 5, 3}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_nested;
const hg__layer_type hg__layer_nested = {
    .name = "nested",
    .args = "whole=0 prefix=0",
    .summary = "in training each row keeps a prefix of its numbers (channels), the others 0; else "
               "all, or the first `prefix`",
    .example = "nested",
    .test_cases = test_cases,
    .in_place = true,
    .keeps_scale = true,
    .prefix_arg = PREFIX,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
