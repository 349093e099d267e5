// SPDX-License-Identifier: Apache-2.0
// feature_map.c - means over neighbours and bilinear enlarging; each line of the result is a task.
#include "inspect/feature_map.h"

#include <string.h>

#include "base/int.h"

// ---- means ----------------------------------------------------------------------------------------

typedef struct average {
    const float *from; // (e.H, e.W, e.C)
    float *to;
    size_t place; // floats of `to` a place
    hg__extent e;
} average;

static void average_line(void *context, int32_t y, int32_t thread) {
    (void)thread;
    const average *a = context;
    const size_t C = (size_t)a->e.C, line = (size_t)a->e.W * C;
    const int32_t top = hg__max(y - 1, 0), bottom = hg__min(y + 1, a->e.H - 1);
    for (int32_t x = 0; x < a->e.W; x++) {
        const int32_t left = hg__max(x - 1, 0), right = hg__min(x + 1, a->e.W - 1);
        float *to = a->to + ((size_t)y * (size_t)a->e.W + (size_t)x) * a->place;
        memset(to, 0, C * sizeof *to);
        for (int32_t v = top; v <= bottom; v++) {
            for (int32_t u = left; u <= right; u++) {
                const float *from = a->from + (size_t)v * line + (size_t)u * C;
                for (size_t c = 0; c < C; c++) to[c] += from[c];
            }
        }
        const float share = 1 / (float)((bottom - top + 1) * (right - left + 1));
        for (size_t c = 0; c < C; c++) to[c] *= share;
    }
}

void hg__feature_map_average(const float *from, hg__extent e, float *to, size_t place,
                             hg__pool *pool) {
    average a = {.from = from, .place = place, .e = e};
    a.to = to;
    hg__pool_run(pool, average_line, &a, e.H);
}

// ---- enlarging ------------------------------------------------------------------------------------

typedef struct enlargement {
    const float *from; // (e.H, e.W, e.C)
    hg__raster *to;
    hg__extent e;
    int32_t channel;
} enlargement;

// Place i of `large` lies between two of `small`: the first, the second, and the second's share.
typedef struct between {
    int32_t first, second;
    float share;
} between;

static between find_between(int32_t i, int32_t small, int32_t large) {
    const float at = ((float)i + 0.5F) * ((float)small / (float)large) - 0.5F;
    const float within = at > 0 ? at : 0;
    const int32_t first = hg__min((int32_t)within, small - 1);
    return (between){first, hg__min(first + 1, small - 1), within - (float)first};
}

static void enlarge_line(void *context, int32_t y, int32_t thread) {
    (void)thread;
    const enlargement *n = context;
    const size_t C = (size_t)n->e.C, line = (size_t)n->e.W * C;
    const between v = find_between(y, n->e.H, n->to->height);
    const float *above = n->from + (size_t)v.first * line;
    const float *below = n->from + (size_t)v.second * line;
    for (int32_t x = 0; x < n->to->width; x++) {
        const between u = find_between(x, n->e.W, n->to->width);
        const size_t left = (size_t)u.first * C, right = (size_t)u.second * C;
        const float a = (1 - v.share) * (1 - u.share), b = (1 - v.share) * u.share;
        const float c = v.share * (1 - u.share), d = v.share * u.share;
        float *to = hg__raster_pixel(n->to, y, x) + n->channel;
        for (size_t i = 0; i < C; i++) {
            to[i] = a * above[left + i] + b * above[right + i] + c * below[left + i] +
                    d * below[right + i];
        }
    }
}

void hg__feature_map_enlarge(const float *from, hg__extent e, hg__raster *to, int32_t channel,
                             hg__pool *pool) {
    enlargement n = {from, to, e, channel};
    hg__pool_run(pool, enlarge_line, &n, to->height);
}
