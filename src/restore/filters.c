// SPDX-License-Identifier: Apache-2.0
// filters.c - Gaussian blur and median.
#include "restore/filters.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

// A task is one line of y.
typedef struct filter {
    const hg__frame *f;
    const float *x;
    float *y;
    int32_t radius;
    float *window;  // (2 radius + 1), sums to 1; NULL for the median
    float *scratch; // (threads, scratch_floats)
    size_t scratch_floats;
} filter;

static int run(hg__pool *pool, filter *s, hg__task *task, hg_error *err) {
    s->scratch =
        hg__alloc((size_t)hg__pool_threads(pool), s->scratch_floats * sizeof *s->scratch, err);
    if (!s->scratch) return HG_ERR_MEMORY;
    hg__pool_run(pool, task, s, s->f->height);
    hg__free(s->scratch);
    return HG_OK;
}

// `line` (width + 2 radius, channels) has its pixels from `radius` on: fills in both ends.
static void mirror_ends(const filter *s, float *line) {
    const int32_t width = s->f->width, r = s->radius, c = s->f->channels;
    for (int32_t n = 0; n < 2 * r; n++) {
        const int32_t i = n < r ? n - r : width + n - r, from = hg__mirror(i, width);
        for (int32_t k = 0; k < c; k++) line[(i + r) * c + k] = line[(from + r) * c + k];
    }
}

static const float *line_of(const filter *s, int32_t i) {
    return s->x +
           (size_t)hg__mirror(i, s->f->height) * (size_t)s->f->width * (size_t)s->f->channels;
}

// ---- Gaussian -----------------------------------------------------------------------------------

static void blur_line(void *context, int32_t task, int32_t thread) {
    const filter *s = context;
    const size_t channels = (size_t)s->f->channels, count = (size_t)s->f->width * channels;
    float *padded = s->scratch + (size_t)thread * s->scratch_floats;
    float *restrict middle = padded + (size_t)s->radius * channels;
    float *restrict y = s->y + (size_t)task * count;
    for (size_t j = 0; j < count; j++) middle[j] = y[j] = 0;
    for (int32_t k = -s->radius; k <= s->radius; k++) {
        const float *restrict x = line_of(s, task + k);
        const float w = s->window[k + s->radius];
        for (size_t j = 0; j < count; j++) middle[j] += w * x[j];
    }
    mirror_ends(s, padded);
    for (size_t k = 0; k <= 2 * (size_t)s->radius; k++) {
        const float *restrict x = padded + k * channels;
        const float w = s->window[k];
        for (size_t j = 0; j < count; j++) y[j] += w * x[j];
    }
}

int hg__filter_gaussian(hg__pool *pool, const hg__frame *f, const float *x, double sigma, float *y,
                        hg_error *err) {
    filter s = {.f = f, .x = x, .radius = (int32_t)(4 * sigma + 0.5)};
    s.y = y;
    const int32_t taps = 2 * s.radius + 1;
    s.scratch_floats = ((size_t)f->width + 2 * (size_t)s.radius) * (size_t)f->channels;
    s.window = hg__alloc((size_t)taps, sizeof *s.window, err);
    if (!s.window) return HG_ERR_MEMORY;
    double sum = 0;
    for (int32_t k = -s.radius; k <= s.radius; k++) sum += exp(-k * k / (2 * sigma * sigma));
    for (int32_t k = -s.radius; k <= s.radius; k++) {
        s.window[k + s.radius] = (float)(exp(-k * k / (2 * sigma * sigma)) / sum);
    }
    const int code = run(pool, &s, blur_line, err);
    hg__free(s.window);
    return code;
}

// ---- median -------------------------------------------------------------------------------------

enum { MOST = (2 * HG_MAX_MEDIAN + 1) * (2 * HG_MAX_MEDIAN + 1) };

// The element that sorting would put at `place`: Hoare's selection. Changes the order of v (count).
static float pick(float *v, int32_t count, int32_t place) {
    int32_t low = 0, high = count - 1;
    while (low < high) {
        const float pivot = v[(low + high) / 2];
        int32_t i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (pivot < v[j]) j--;
            if (i > j) break;
            const float swap = v[i];
            v[i++] = v[j];
            v[j--] = swap;
        }
        if (place <= j) {
            high = j;
        } else if (place >= i) {
            low = i;
        } else {
            break; // between the two all are equal to the pivot
        }
    }
    return v[place];
}

// The lines of the square are laid out one after the other, their ends mirrored.
static void median_line(void *context, int32_t task, int32_t thread) {
    const filter *s = context;
    const size_t channels = (size_t)s->f->channels, count = (size_t)s->f->width * channels;
    const size_t side = 2 * (size_t)s->radius + 1, pitch = s->scratch_floats / side;
    float *lines = s->scratch + (size_t)thread * s->scratch_floats, v[MOST];
    for (size_t k = 0; k < side; k++) {
        float *line = lines + k * pitch;
        const float *from = line_of(s, task + (int32_t)k - s->radius);
        memcpy(line + (size_t)s->radius * channels, from, count * sizeof *line);
        mirror_ends(s, line);
    }
    float *y = s->y + (size_t)task * count;
    for (size_t j = 0; j < count; j++) {
        int32_t n = 0;
        for (size_t k = 0; k < side; k++) {
            for (size_t i = 0; i < side; i++) v[n++] = lines[k * pitch + j + i * channels];
        }
        y[j] = pick(v, n, n / 2);
    }
}

int hg__filter_median(hg__pool *pool, const hg__frame *f, const float *x, int32_t radius, float *y,
                      hg_error *err) {
    assert(radius >= 0 && radius <= HG_MAX_MEDIAN);
    const size_t side = 2 * (size_t)radius + 1;
    const size_t pitch = ((size_t)f->width + 2 * (size_t)radius) * (size_t)f->channels;
    filter s = {.f = f, .x = x, .radius = radius, .scratch_floats = side * pitch};
    s.y = y;
    return run(pool, &s, median_line, err);
}
