// SPDX-License-Identifier: Apache-2.0
// layer_join.c - ways around other layers: keep remembers what goes through it, add (He et al. 2015) and
// concat (Ronneberger, Fischer & Brox 2015) take it up again further on.
//
//   keep 1, conv 8, add 1:    x --> keep --> conv --> y = conv(x) + x
//                                     \_______________/
//
// recall takes it up in place of what comes, so that a way around can have layers of its own (a ResNet's projection):
//
//   keep 1, conv 8, keep 2, recall 1, conv 8 k1, add 2:    y = conv1(x) + conv(x)
//
// The layers see two inputs, x and pass->x2; who remembers it is the plan's affair.
#include <string.h>

#include "nn/layer.h"

enum { MOST_SLOT = 1000 };

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

static int keep_shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t slot;
    HG_TRY(hg__layer_extent(l, &e, err));
    HG_TRY(hg__layer_whole(l, 0, "slot", 1, MOST_SLOT, &slot, err));
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

static int fail_other_image(const hg__layer *l, hg__extent kept, const char *unlike,
                            hg_error *err) {
    char want[64], got[64];
    hg__extent_format(kept, want);
    hg__extent_format(hg__extent_of(&l->in), got);
    return hg__fail(err, HG_ERR_USAGE, "%s %g: expected an image of %s%s as kept, got %s",
                    l->type->name, l->arg[0], want, unlike, got);
}

// Argument 1 of add and concat: 0 or 1.
static bool is_set(const hg__layer *l) {
    return l->arg[1] > 0;
}

static int join_shape(hg__layer *l, const char *name, hg_error *err) {
    int32_t value;
    HG_TRY(keep_shape(l, err));
    return hg__layer_whole(l, 1, name, 0, 1, &value, err);
}

static int add_shape(hg__layer *l, hg_error *err) {
    const hg__extent kept = hg__extent_of(&l->in2), e = hg__extent_of(&l->in);
    HG_TRY(join_shape(l, "minus", err));
    if (e.H == kept.H && e.W == kept.W && e.C == kept.C) return HG_OK;
    return fail_other_image(l, kept, "", err);
}

static int concat_shape(hg__layer *l, hg_error *err) {
    const hg__extent kept = hg__extent_of(&l->in2), e = hg__extent_of(&l->in);
    HG_TRY(join_shape(l, "first", err));
    if (e.H != kept.H || e.W != kept.W) {
        return fail_other_image(l, kept, " (or other channels)", err);
    }
    HG_TRY(hg__layer_set_out(l, e.H, e.W, (int64_t)e.C + kept.C, err));
    if (l->in.rank == 1 && l->in2.rank == 1) l->out = (hg__shape){1, {l->out.dim[2]}};
    return HG_OK;
}

static void keep(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

// What went on, and what was taken up again.
static void keep_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                      hg__view dx, int32_t rows) {
    (void)x, (void)y;
    if (!p->dx2.at) {
        hg__copy_rows(dx, dy, width(l), rows);
        return;
    }
    for (int32_t r = 0; r < rows; r++) {
        p->k->add(hg__view_row(dx, r), hg__view_row(dy, r), hg__view_row(p->dx2, r), width(l));
    }
}

// y = b - x, elementwise: y may be x.
static void subtract(hg__real *y, const hg__real *b, const hg__real *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = b[i] - x[i];
}

static void add(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(y, r) + first;
        const hg__real *own = hg__view_row(x, r) + first, *kept = hg__view_row(p->x2, r) + first;
        if (is_set(l)) {
            subtract(to, kept, own, n);
        } else {
            p->k->add(to, own, kept, n);
        }
    }
}

// dx may be dy, which dx2 is a copy of.
static void add_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    if (p->dx2.at) hg__copy_rows(p->dx2, dy, width(l), rows);
    hg__copy_rows(dx, dy, width(l), rows);
    for (int32_t r = 0; is_set(l) && r < rows; r++) {
        hg__real *g = hg__view_row(dx, r);
        for (int64_t i = 0; i < width(l); i++) g[i] = -g[i];
    }
}

static int recall_shape(hg__layer *l, hg_error *err) {
    HG_TRY(keep_shape(l, err));
    l->out = l->in2;
    return HG_OK;
}

static void recall(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    (void)x;
    keep(l, p, p->x2, y, rows);
}

// Nothing of what came went on.
static void recall_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                        hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const size_t n = (size_t)hg__pad_columns((int32_t)width(l));
    for (int32_t r = 0; r < rows; r++) memset(hg__view_row(dx, r), 0, n * sizeof *dx.at);
    if (p->dx2.at) hg__copy_rows(p->dx2, dy, hg__extent_count(hg__extent_of(&l->out)), rows);
}

// The channels of a pixel: those of the layer's input and those that were kept, in the order of the output.
typedef struct parts {
    size_t C, rest;   // of the input, and kept
    size_t own, kept; // where each begin in the output
} parts;

static parts parts_of(const hg__layer *l) {
    const size_t C = (size_t)hg__extent_of(&l->in).C;
    const size_t rest = (size_t)hg__extent_of(&l->out).C - C;
    return (parts){C, rest, is_set(l) ? rest : 0, is_set(l) ? 0 : C};
}

static void concat(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const parts c = parts_of(l);
    const size_t all = c.C + c.rest;
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    for (int32_t r = 0; r < rows; r++) {
        const size_t pixel = (size_t)first / all, end = pixel + (size_t)n / all;
        hg__real *to = hg__view_row(y, r) + first;
        const hg__real *a = hg__view_row(x, r) + pixel * c.C;
        const hg__real *b = hg__view_row(p->x2, r) + pixel * c.rest;
        for (size_t i = pixel; i < end; i++, a += c.C, b += c.rest, to += all) {
            memcpy(to + c.own, a, c.C * sizeof *to);
            memcpy(to + c.kept, b, c.rest * sizeof *to);
        }
    }
}

static void concat_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                        hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const hg__extent e = hg__extent_of(&l->in);
    const parts c = parts_of(l);
    const size_t pixels = (size_t)e.H * (size_t)e.W;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *from = hg__view_row(dy, r);
        hg__real *a = hg__view_row(dx, r), *b = p->dx2.at ? hg__view_row(p->dx2, r) : NULL;
        for (size_t i = 0; i < pixels; i++, from += c.C + c.rest) {
            memcpy(a + i * c.C, from + c.own, c.C * sizeof *a);
            if (b) memcpy(b + i * c.rest, from + c.kept, c.rest * sizeof *b);
        }
        hg__zero_padding(a, (int64_t)(pixels * c.C));
        if (b) hg__zero_padding(b, (int64_t)(pixels * c.rest));
    }
}

extern const hg__layer_type hg__layer_keep, hg__layer_recall, hg__layer_add, hg__layer_concat;
const hg__layer_type hg__layer_keep = {
    .name = "keep",
    .args = "slot",
    .summary = "remembers what goes through it, for the add, concat or recall of the same slot",
    .example = "keep 1",
    .in_place = true,
    .bands = true,
    .is_skip_source = true,
    .keeps_scale = true,
    .shape = keep_shape,
    .forward = keep,
    .backward = keep_back,
};

// clang-format off
static const hg__test_case recall_cases[] = {
    {.item = "recall 1"},
    {.item = "recall 1", .in = {37, 3, 5}, .in2 = {37, 3, 4}},
    {.item = "recall 2", .in = {3, 2, 16}, .in2 = {6, 5, 20}},
    {.item = "recall 3", .in = {1, 21, 3}, .in2 = {1, 42, 1}},
    {.item = NULL},
};
// clang-format on
const hg__layer_type hg__layer_recall = {
    .name = "recall",
    .args = "slot",
    .summary = "what the keep of the same slot saw, in place of what comes",
    .example = "recall 1",
    .test_cases = recall_cases,
    .bands = true,
    .takes_skip = true,
    .returns_skip = true,
    .keeps_scale = true,
    .is_linear = true,
    .shape = recall_shape,
    .forward = recall,
    .backward = recall_back,
};

// clang-format off
static const hg__test_case add_cases[] = {
    {.item = "add 1"},
    {.item = "add 1", .in = {37, 3, 5}, .in2 = {37, 3, 5}},
    {.item = "add 2 minus=1"},
    {.item = "add 3 minus=1", .in = {6, 5, 3}, .in2 = {6, 5, 3}},
    {.item = NULL},
};
// clang-format on
const hg__layer_type hg__layer_add = {
    .name = "add",
    .args = "slot minus=0",
    .summary = "adds what the keep of the same slot saw; minus=1: that, less what comes",
    .example = "add 1",
    .test_cases = add_cases,
    .in_place = true,
    .bands = true,
    .takes_skip = true,
    .is_residual = true,
    .is_linear = true,
    .shape = add_shape,
    .forward = add,
    .backward = add_back,
};

// clang-format off
static const hg__test_case concat_cases[] = {
    {.item = "concat 1"},
    {.item = "concat 1", .in = {37, 3, 5}, .in2 = {37, 3, 4}},
    {.item = "concat 2", .in = {6, 5, 16}, .in2 = {6, 5, 20}},
    {.item = "concat 3", .in = {1, 21, 3}, .in2 = {1, 21, 1}},
    {.item = "concat 1 first=1"},
    {.item = "concat 2 first=1", .in = {37, 3, 5}, .in2 = {37, 3, 4}},
    {.item = NULL},
};
// clang-format on
const hg__layer_type hg__layer_concat = {
    .name = "concat",
    .args = "slot first=0",
    .summary =
        "puts the channels that the keep of the same slot saw behind its own; first=1: before them",
    .example = "concat 1",
    .test_cases = concat_cases,
    .bands = true,
    .takes_skip = true,
    .is_linear = true,
    .shape = concat_shape,
    .forward = concat,
    .backward = concat_back,
};
