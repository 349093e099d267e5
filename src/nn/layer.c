// SPDX-License-Identifier: Apache-2.0
// layer.c - a layer's row seen as an image, and the part of it a pass computes.
#include "nn/layer.h"

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
