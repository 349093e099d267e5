// SPDX-License-Identifier: Apache-2.0
// near_order.c - halves of halves of a set of rows.
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/neighbours.h"

enum { REFINEMENTS = 2, MOST_RANGES = 64 };

typedef struct keyed {
    float key;
    int32_t row;
} keyed;

typedef struct sorter {
    const hg__kernels *kernels;
    const float *x;       // (count, width)
    size_t width, stride; // stride: width padded
    keyed *item;          // owned, (count)
    float *centre;        // owned, (2, stride)
} sorter;

static const float *row_of(const sorter *s, int32_t i) {
    return s->x + (size_t)s->item[i].row * s->width;
}

// key: how much farther a row lies from the first centre than from the second.
static void set_keys(const sorter *s, int32_t from, int32_t end) {
    const int32_t width = (int32_t)s->width;
    for (int32_t i = from; i < end; i++) {
        const float *x = row_of(s, i);
        const double key = s->kernels->sum_square_diff(x, s->centre, width) -
                           s->kernels->sum_square_diff(x, s->centre + s->stride, width);
        s->item[i].key = isnan(key) ? 0 : (float)key;
    }
}

// Moves the lowest keys of from .. end - 1 before `middle` (Hoare, "Algorithm 65: find", 1961).
static void part(keyed *item, int32_t from, int32_t middle, int32_t end) {
    int32_t first = from, last = end - 1;
    while (first < last) {
        const float pivot = item[first + (last - first) / 2].key;
        int32_t i = first, j = last;
        while (i <= j) {
            while (item[i].key < pivot) i++;
            while (item[j].key > pivot) j--;
            if (i > j) break;
            const keyed other = item[i];
            item[i++] = item[j];
            item[j--] = other;
        }
        if (middle <= j) {
            last = j;
        } else if (middle >= i) {
            first = i;
        } else {
            return;
        }
    }
}

static void set_centre(const sorter *s, float *centre, int32_t from, int32_t end) {
    const float each = 1 / (float)(end - from);
    memset(centre, 0, s->stride * sizeof *centre);
    for (int32_t i = from; i < end; i++) {
        const float *x = row_of(s, i);
        for (size_t j = 0; j < s->width; j++) centre[j] += x[j];
    }
    for (size_t j = 0; j < s->width; j++) centre[j] *= each;
}

// Rows from .. end - 1 become two sets of whole panels; where the second begins.
static int32_t cut(const sorter *s, int32_t from, int32_t end) {
    const int32_t panels = hg__ceil_div(end - from, HG_PANEL);
    const int32_t middle = from + panels / 2 * HG_PANEL;
    float *second = s->centre + s->stride;
    memcpy(s->centre, row_of(s, from), s->width * sizeof(float));
    memcpy(second, row_of(s, end - 1), s->width * sizeof(float));
    for (int r = 0;; r++) {
        set_keys(s, from, end);
        part(s->item, from, middle, end);
        if (r == REFINEMENTS) return middle;
        set_centre(s, s->centre, from, middle);
        set_centre(s, second, middle, end);
    }
}

static void sort(const sorter *s, int32_t count) {
    struct {
        int32_t from, end;
    } left[MOST_RANGES] = {
        {0, count}
    };
    for (int32_t ranges = 1; ranges;) {
        const int32_t from = left[ranges - 1].from, end = left[ranges - 1].end;
        ranges--;
        if (end - from <= HG_PANEL) continue;
        const int32_t middle = cut(s, from, end);
        left[ranges].from = from; // a range is half of the one before it, so there are few
        left[ranges++].end = middle;
        left[ranges].from = middle;
        left[ranges++].end = end;
    }
}

int hg__near_order(const float *x, int32_t count, int32_t width, int32_t *order, hg_error *err) {
    sorter s = {.kernels = hg__kernels_pick(), .x = x, .width = (size_t)width};
    s.stride = (size_t)hg__pad_columns(width);
    s.item = hg__alloc((size_t)count, sizeof *s.item, err);
    if (s.item) s.centre = hg__alloc(2 * s.stride, sizeof *s.centre, err);
    if (s.centre) {
        for (int32_t i = 0; i < count; i++) s.item[i].row = i;
        sort(&s, count);
        for (int32_t i = 0; i < count; i++) order[i] = s.item[i].row;
    }
    const int code = s.centre ? HG_OK : HG_ERR_MEMORY;
    hg__free(s.item);
    hg__free(s.centre);
    return code;
}
