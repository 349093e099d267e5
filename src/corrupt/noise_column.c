// SPDX-License-Identifier: Apache-2.0
// noise_column.c - noise that takes values as wholes: mask, patches, swap; and jitter in units of scaled columns.
//
// The unit is a column of a table with all of its floats (a level is never half gone), a pixel of an image with all of
// its channels, else a value. It goes where a uniform number, that of its first float or pixel, is below the share.
#include <string.h>

#include "corrupt/noise_type.h"

static size_t one_row(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)amount;
    return hg__noise_padded((size_t)height * (size_t)width * (size_t)channels);
}

// Puts what stands in `from` (NULL: zeros) over n floats of x from `first` on.
static void put(float *x, const float *from, size_t first, size_t n) {
    if (from) {
        memcpy(x + first, from + first, n * sizeof *x);
    } else {
        memset(x + first, 0, n * sizeof *x);
    }
}

static void replace(const hg__noise_row *r, float *x, const float *from) {
    const float share = (float)(r->amount / 100);
    const size_t units = (size_t)r->height * (size_t)r->width, each = (size_t)r->channels;
    hg__noise_uniform(r, 0, units, r->scratch);
    if (!r->group) {
        for (size_t i = 0; i < units; i++) {
            if (r->scratch[i] < share) put(x, from, i * each, each);
        }
        return;
    }
    for (int32_t i = 0; i < r->groups; i++) {
        const hg__column_group *c = &r->group[i];
        if (r->scratch[c->first] < share) put(x, from, (size_t)c->first, (size_t)c->width);
    }
}

static int mask(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    replace(r, x, NULL);
    return HG_OK;
}

// A square at the edge may be cut off. Each has a uniform number of its own.
static int patches(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const float share = (float)(r->amount / 100);
    const int32_t S = r->size, across = hg__ceil_div(r->width, S);
    const size_t each = (size_t)r->channels;
    hg__noise_uniform(r, 0, (size_t)across * (size_t)hg__ceil_div(r->height, S), r->scratch);
    for (int32_t i = 0; i < r->groups; i++) {
        const hg__column_group *c = &r->group[i];
        if (r->scratch[i / S] < share) put(x, NULL, (size_t)c->first, (size_t)c->width);
    }
    for (int32_t i = 0; !r->group && i < r->height * r->width; i++) {
        const int32_t line = i / r->width, column = i % r->width;
        const bool is_hidden = r->scratch[line / S * across + column / S] < share;
        if (is_hidden) put(x, NULL, (size_t)i * each, each);
    }
    return HG_OK;
}

static int swap(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    replace(r, x, r->donor);
    return HG_OK;
}

static int jitter(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t n = hg__noise_count(r);
    const float scale = (float)r->amount;
    hg__noise_normal(r, 0, n, r->scratch);
    for (size_t i = 0; i < n; i++) x[i] += scale * r->scratch[i];
    return HG_OK;
}

const hg__noise_type hg__noise_mask = {.name = "mask",
                                       .summary = "some values set to 0",
                                       .amount = "percent of the pixels, or of a table's columns",
                                       .most = 100,
                                       .scratch = one_row,
                                       .apply = mask};
const hg__noise_type hg__noise_patches = {.name = "patches",
                                          .summary = "some squares of `size` pixels set to 0",
                                          .amount = "percent of the squares",
                                          .most = 100,
                                          .size = 4,
                                          .scratch = one_row,
                                          .apply = patches};
const hg__noise_type hg__noise_swap = {.name = "swap",
                                       .summary =
                                           "some columns take the values of another row; tables",
                                       .amount = "percent of the columns",
                                       .most = 100,
                                       .needs_donor = true,
                                       .scratch = one_row,
                                       .apply = swap};
const hg__noise_type hg__noise_jitter = {.name = "jitter",
                                         .summary = "added noise to numbers as they are; tables",
                                         .amount = "standard deviation, in a column's own scale",
                                         .most = 1000,
                                         .by_ratio = true,
                                         .scratch = one_row,
                                         .apply = jitter};
