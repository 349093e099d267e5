// SPDX-License-Identifier: Apache-2.0
// resize.c - the triangle filter along both sides.
//
// A new pixel o has its centre at (o + 1/2) * from / to of the old ones, and reaches `scale` = max(from / to, 1) to both sides:
//
//   weight(i) = max(0, 1 - |i + 1/2 - centre| / scale) / their sum
//
// Lines are added up first, as vectors, and columns afterwards: of most pictures many lines come and few go.
#include "parts/resize.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

typedef struct window {
    int32_t first, count; // of the old pixels
} window;

typedef struct axis {
    int32_t from, to;
    size_t taps;    // the most of a window
    window *window; // owned, (to)
    float *weight;  // owned, (to, taps)
} axis;

struct hg__resizer {
    axis down, across;
    hg__raster *to; // borrowed, or `shape`
    hg__raster shape;
    hg__take_line *take; // NULL: lines of the result are kept
    void *context;
    float *made;    // owned, where they are taken: one of them
    int32_t last;   // line of the result
    int32_t line;   // how many have come
    int32_t done;   // lines of the result that are made
    int32_t open;   // lines of the result that one line may belong to
    size_t samples; // of an old line
    float *sum;     // owned, (open, samples): line o of the result is in o % open
};

static double triangle(double x) {
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static void fill_axis(axis *a) {
    const double ratio = (double)a->from / a->to, scale = ratio > 1 ? ratio : 1;
    for (int32_t o = 0; o < a->to; o++) {
        const double centre = (o + 0.5) * ratio;
        const double low = centre - scale + 0.5, high = centre + scale + 0.5;
        const int32_t first = low > 0 ? (int32_t)low : 0;
        const int32_t end = high < a->from ? (int32_t)high : a->from;
        float *weight = a->weight + (size_t)o * a->taps;
        double sum = 0;
        for (int32_t i = first; i < end; i++) sum += triangle((i + 0.5 - centre) / scale);
        for (int32_t i = first; i < end; i++) {
            weight[i - first] = (float)(triangle((i + 0.5 - centre) / scale) / sum);
        }
        a->window[o] = (window){first, end - first};
    }
}

static int init_axis(axis *a, int32_t from, int32_t to, hg_error *err) {
    const double ratio = (double)from / to;
    a->from = from;
    a->to = to;
    a->taps = 2 * (size_t)ceil(ratio > 1 ? ratio : 1) + 1;
    a->window = hg__alloc((size_t)to, sizeof *a->window, err);
    a->weight = hg__alloc((size_t)to, a->taps * sizeof *a->weight, err);
    if (!a->window || !a->weight) return HG_ERR_MEMORY;
    fill_axis(a);
    return HG_OK;
}

// The most lines of the result that are begun and not made at any time.
static int32_t count_open(const axis *a) {
    int32_t most = 1;
    for (int32_t o = 0, next = 0; o < a->to; o++) {
        while (next < a->to && a->window[next].first < a->window[o].first + a->window[o].count) {
            next++;
        }
        most = hg__max(most, next - o);
    }
    return most;
}

hg__resizer *hg__resizer_new(int32_t height, int32_t width, hg__raster *to, hg_error *err) {
    hg__resizer *r = hg__alloc(1, sizeof *r, err);
    if (!r) return NULL;
    r->to = to;
    r->samples = (size_t)width * (size_t)to->channels;
    int code = init_axis(&r->down, height, to->height, err);
    if (code == HG_OK) code = init_axis(&r->across, width, to->width, err);
    if (code == HG_OK) {
        r->open = count_open(&r->down);
        r->sum = hg__alloc((size_t)r->open, r->samples * sizeof *r->sum, err);
    }
    r->last = to->height - 1;
    if (r->sum) return r;
    hg__resizer_free(r);
    return NULL;
}

hg__resizer *hg__resizer_new_lines(int32_t height, int32_t width, const hg__raster *shape,
                                   hg__take_line *take, void *context, hg_error *err) {
    hg__raster own = *shape;
    hg__resizer *r = hg__resizer_new(height, width, &own, err);
    if (!r) return NULL;
    r->shape = own;
    r->to = &r->shape;
    r->take = take;
    r->context = context;
    r->made = hg__alloc((size_t)own.width, (size_t)own.channels * sizeof *r->made, err);
    if (r->made) return r;
    hg__resizer_free(r);
    return NULL;
}

void hg__resizer_free(hg__resizer *r) {
    if (!r) return;
    hg__free(r->down.window);
    hg__free(r->down.weight);
    hg__free(r->across.window);
    hg__free(r->across.weight);
    hg__free(r->sum);
    hg__free(r->made);
    hg__free(r);
}

static float *sum_at(const hg__resizer *r, int32_t o) {
    return r->sum + (size_t)(o % r->open) * r->samples;
}

// from (from, C) -> to (to, C).
static void reduce_line(const axis *a, size_t C, const float *from, float *to) {
    for (int32_t o = 0; o < a->to; o++, to += C) {
        const float *weight = a->weight + (size_t)o * a->taps;
        const float *x = from + (size_t)a->window[o].first * C;
        const size_t taps = (size_t)a->window[o].count;
        for (size_t c = 0; c < C; c++) {
            float sum = 0;
            for (size_t i = 0; i < taps; i++) sum += weight[i] * x[i * C + c];
            to[c] = sum;
        }
    }
}

void hg__resizer_add(hg__resizer *r, const float *line) {
    const axis *a = &r->down;
    const size_t C = (size_t)r->to->channels;
    const int32_t y = r->line++;
    for (int32_t o = r->done; o <= r->last && a->window[o].first <= y; o++) {
        const window w = a->window[o];
        const float weight = a->weight[(size_t)o * a->taps + (size_t)(y - w.first)];
        float *sum = sum_at(r, o);
        for (size_t i = 0; i < r->samples; i++) sum[i] += weight * line[i];
    }
    while (r->done <= r->last && a->window[r->done].first + a->window[r->done].count <= y + 1) {
        float *sum = sum_at(r, r->done);
        float *to = r->take ? r->made : hg__raster_pixel(r->to, r->done, 0);
        reduce_line(&r->across, C, sum, to);
        if (r->take) r->take(r->context, to);
        memset(sum, 0, r->samples * sizeof *sum);
        r->done++;
    }
}

int hg__raster_resize(hg__raster *to, const hg__raster *from, int32_t height, int32_t width,
                      hg_error *err) {
    HG_TRY(hg__raster_init(to, height, width, from->channels, err));
    if (height == from->height && width == from->width) {
        memcpy(to->at, from->at, hg__raster_count(from) * sizeof *to->at);
        return HG_OK;
    }
    hg__resizer *r = hg__resizer_new(from->height, from->width, to, err);
    if (!r) {
        hg__raster_clear(to);
        return HG_ERR_MEMORY;
    }
    for (int32_t y = 0; y < from->height; y++) hg__resizer_add(r, hg__raster_pixel(from, y, 0));
    hg__resizer_free(r);
    return HG_OK;
}

typedef struct lines {
    hg__raster *to;
    int32_t line;
} lines;

static void keep_line(void *context, const float *line) {
    lines *l = context;
    const size_t samples = (size_t)l->to->width * (size_t)l->to->channels;
    memcpy(hg__raster_pixel(l->to, l->line++, 0), line, samples * sizeof *line);
}

int hg__raster_resize_lines(hg__raster *to, const hg__raster *from, int32_t height, int32_t width,
                            int32_t first, int32_t count, hg_error *err) {
    const hg__raster shape = {height, width, from->channels, NULL};
    lines kept = {.to = to};
    HG_TRY(hg__raster_init(to, count, width, from->channels, err));
    hg__resizer *r =
        hg__resizer_new_lines(from->height, from->width, &shape, keep_line, &kept, err);
    if (!r) {
        hg__raster_clear(to);
        return HG_ERR_MEMORY;
    }
    const window *last = &r->down.window[first + count - 1];
    r->done = first;
    r->last = first + count - 1;
    r->line = r->down.window[first].first;
    for (int32_t y = r->line; y < last->first + last->count; y++) {
        hg__resizer_add(r, hg__raster_pixel(from, y, 0));
    }
    hg__resizer_free(r);
    return HG_OK;
}

int hg__raster_resize_mask(hg__raster *to, const hg__raster *from, int32_t height, int32_t width,
                           float share, hg_error *err) {
    HG_TRY(hg__raster_resize(to, from, height, width, err));
    const size_t count = hg__raster_count(to);
    for (size_t i = 0; i < count; i++) to->at[i] = to->at[i] > share ? 1 : 0;
    return HG_OK;
}

int hg__raster_grey(hg__raster *to, const hg__raster *from, hg_error *err) {
    const size_t C = (size_t)from->channels;
    HG_TRY(hg__raster_init(to, from->height, from->width, 1, err));
    const size_t count = hg__raster_count(to);
    for (size_t i = 0; i < count; i++) {
        float sum = 0;
        for (size_t c = 0; c < C; c++) sum += from->at[i * C + c];
        to->at[i] = sum / (float)from->channels;
    }
    return HG_OK;
}
