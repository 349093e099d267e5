// SPDX-License-Identifier: Apache-2.0
// layer.c - layer types, made from layers.def; a layer's row seen as an image, and the part of it a pass computes.
#include "nn/layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

hg__extent hg__extent_of(const hg__shape *s) {
    const int64_t *d = s->dim;
    if (s->rank == 3) return (hg__extent){(int32_t)d[0], (int32_t)d[1], (int32_t)d[2]};
    if (s->rank == 2) return (hg__extent){(int32_t)d[0], (int32_t)d[1], 1};
    size_t count = 0;
    return (hg__extent){1, 1, hg__shape_count(s, &count) ? (int32_t)count : 0};
}

hg__shape hg__shape_of(hg__extent e) {
    return (hg__shape){
        3, {e.H, e.W, e.C}
    };
}

size_t hg__layer_span(const hg__layer *l) {
    if (l->params == 0) return 0;
    const hg__param *last = &l->param[l->params - 1];
    return last->offset + hg__whole_vectors(last->count) - l->param[0].offset;
}

double hg__layer_pays(const hg__layer *l, const hg__pass *p, hg__view x, int32_t r) {
    hg__pass own = *p;
    own.row += r;
    if (own.x2.at) own.x2.at = hg__view_row(own.x2, r);
    return l->type->penalty(l, &own, hg__view_row(x, r));
}

void hg__pass_lines(const hg__pass *p, const hg__shape *out, int32_t *top, int32_t *bottom) {
    *top = p->bottom ? p->top : 0;
    *bottom = p->bottom ? p->bottom : hg__extent_of(out).H;
}

void hg__pass_span(const hg__pass *p, const hg__shape *out, int64_t *first, int64_t *count) {
    const hg__extent e = hg__extent_of(out);
    int32_t top, bottom;
    hg__pass_lines(p, out, &top, &bottom);
    *first = (int64_t)top * e.W * e.C;
    *count = (int64_t)(bottom - top) * e.W * e.C;
}

int64_t hg__extent_count(hg__extent e) {
    return (int64_t)e.H * e.W * e.C;
}

void hg__extent_format(hg__extent e, char buffer[64]) {
    snprintf(buffer, 64, "%d x %d x %d", (int)e.H, (int)e.W, (int)e.C);
}

static int fail_shape(const hg__layer *l, const char *wanted, hg_error *err) {
    char shape[128];
    hg__shape_format(&l->in, shape);
    return hg__fail(err, HG_ERR_USAGE, "%s: expected %s, got the shape %s", l->type->name, wanted,
                    shape);
}

// So many numbers that rows of them can be padded.
static bool fits_row(const hg__shape *s) {
    size_t count = 0;
    return hg__shape_count(s, &count) && count <= INT32_MAX - 4 * HG_LANES;
}

int hg__layer_extent(const hg__layer *l, hg__extent *e, hg_error *err) {
    size_t count = 0;
    if (l->in.rank > 3 || !hg__shape_count(&l->in, &count) || count < 1 || !fits_row(&l->in)) {
        return fail_shape(l, "an image or a vector of fewer than 2^31 numbers", err);
    }
    *e = hg__extent_of(&l->in);
    return HG_OK;
}

int hg__layer_image(const hg__layer *l, hg__extent *e, hg_error *err) {
    if (l->in.rank < 2) return fail_shape(l, "an image (height, width, channels)", err);
    return hg__layer_extent(l, e, err);
}

int hg__layer_whole(const hg__layer *l, int32_t i, const char *name, int32_t low, int32_t high,
                    int32_t *value, hg_error *err) {
    const double given = l->arg[i];
    if (!(given >= low && given <= high && given == floor(given))) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a whole %s from %d to %d, got %g",
                        l->type->name, name, (int)low, (int)high, given);
    }
    *value = (int32_t)given;
    return HG_OK;
}

int hg__layer_set_out(hg__layer *l, int64_t H, int64_t W, int64_t C, hg_error *err) {
    l->out = (hg__shape){
        3, {H, W, C}
    };
    if (fits_row(&l->out)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected an output of fewer than 2^31 numbers, got %lld x %lld x %lld",
                    l->type->name, (long long)H, (long long)W, (long long)C);
}

void hg__copy_rows(hg__view to, hg__view from, int64_t n, int32_t rows) {
    if (to.at == from.at) return;
    const size_t bytes = hg__whole_vectors((size_t)n) * sizeof *to.at;
    for (int32_t r = 0; r < rows; r++) memcpy(hg__view_row(to, r), hg__view_row(from, r), bytes);
}

void hg__zero_padding(hg__real *row, int64_t n) {
    for (; n % HG_LANES; n++) row[n] = 0;
}

#define LAYER(x) extern const hg__layer_type hg__layer_##x;
#include "nn/layers.def"
#undef LAYER

static const hg__layer_type *const types[] = {
#define LAYER(x) &hg__layer_##x,
#include "nn/layers.def"
#undef LAYER
    NULL,
};

const hg__layer_type *const *hg__layer_types(void) {
    return types;
}

const hg__layer_type *hg__layer_type_reordering(hg__reorders how) {
    const hg__layer_type *const *t = types;
    while (*t && (*t)->reorders != how) t++;
    return *t;
}

const hg__layer_type *hg__layer_type_find(const char *name) {
    for (const hg__layer_type *const *t = types; *t; t++) {
        if (strcmp((*t)->name, name) == 0) return *t;
    }
    return NULL;
}
