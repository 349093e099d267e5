// SPDX-License-Identifier: Apache-2.0
// signal_series.c - lowest and highest of each line in bins of steps.
#include "report/signal_series.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

static const hg__low_high nothing = {NAN, NAN};

int hg__signal_series_init(hg__signal_series *s, int32_t lines, int32_t most, hg_error *err) {
    assert(most > 0 && most % 2 == 0 && lines > 0);
    *s = (hg__signal_series){.lines = lines, .most = most, .width = 1};
    s->bin = hg__alloc((size_t)most, (size_t)lines * sizeof *s->bin, err);
    if (s->bin) s->flags = hg__alloc((size_t)most, sizeof *s->flags, err);
    if (s->flags) s->time = hg__alloc((size_t)most, sizeof *s->time, err);
    if (s->time) return HG_OK;
    hg__signal_series_clear(s);
    return HG_ERR_MEMORY;
}

void hg__signal_series_clear(hg__signal_series *s) {
    hg__free(s->bin);
    hg__free(s->flags);
    hg__free(s->time);
    *s = (hg__signal_series){0};
}

void hg__signal_series_restart(hg__signal_series *s) {
    s->width = 1;
    s->steps = 0;
}

int32_t hg__signal_series_bins(const hg__signal_series *s) {
    return (int32_t)((s->steps + s->width - 1) / s->width);
}

static hg__low_high *bin_of(const hg__signal_series *s, int32_t bin) {
    return s->bin + (size_t)bin * (size_t)s->lines;
}

// What is NaN takes no part.
static hg__low_high both(hg__low_high a, hg__low_high b) {
    return (hg__low_high){fminf(a.low, b.low), fmaxf(a.high, b.high)};
}

// Two become one.
static void merge(hg__signal_series *s) {
    for (int32_t i = 0; i < s->most / 2; i++) {
        const hg__low_high *a = bin_of(s, 2 * i), *b = bin_of(s, 2 * i + 1);
        hg__low_high *to = bin_of(s, i);
        for (int32_t k = 0; k < s->lines; k++) to[k] = both(a[k], b[k]);
        s->flags[i] = s->flags[2 * i] | s->flags[2 * i + 1];
        s->time[i] = s->time[2 * i];
    }
    s->width *= 2;
}

void hg__signal_series_add(hg__signal_series *s, const float *value, uint8_t flags, double time) {
    if (s->steps == s->width * s->most) merge(s);
    const int32_t at = (int32_t)(s->steps / s->width);
    hg__low_high *bin = bin_of(s, at);
    if (s->steps % s->width == 0) {
        for (int32_t k = 0; k < s->lines; k++) bin[k] = nothing;
        s->flags[at] = 0;
        s->time[at] = time;
    }
    for (int32_t k = 0; k < s->lines; k++) {
        bin[k] = both(bin[k], (hg__low_high){value[k], value[k]});
    }
    s->flags[at] |= flags;
    s->steps++;
}

hg__low_high hg__signal_series_of(const hg__signal_series *s, int32_t line, int32_t from,
                                  int32_t to) {
    hg__low_high all = nothing;
    for (int32_t i = from; i < to; i++) all = both(all, bin_of(s, i)[line]);
    return all;
}

uint8_t hg__signal_series_flags(const hg__signal_series *s, int32_t from, int32_t to) {
    uint8_t all = 0;
    for (int32_t i = from; i < to; i++) all |= s->flags[i];
    return all;
}
