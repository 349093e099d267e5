// SPDX-License-Identifier: Apache-2.0
// hiding.c - windows of which some steps are hidden.
#include "rows/hiding.h"

#include <math.h>
#include <string.h>

const char *const hg__hide_names[HG_HIDE_KINDS] = {"none", "masked", "next"};

int32_t hg__hiding_passes(const hg__hiding *h) {
    return h->kind == HG_HIDE_MASKED ? h->parts : 1;
}

void hg__hiding_steps(const hg__hiding *h, int32_t steps, int32_t pass, int32_t *first,
                      int32_t *end) {
    const int64_t part = h->kind == HG_HIDE_NEXT ? h->parts - 1 : pass;
    const bool hides = h->kind != HG_HIDE_NONE;
    *first = hides ? (int32_t)(part * steps / h->parts) : 0;
    *end = hides ? (int32_t)((part + 1) * steps / h->parts) : 0;
}

hg__window_view hg__hiding_view(const hg__hiding *h, hg__window_view v) {
    if (h->kind == HG_HIDE_NONE) return v;
    v.is_normalised = false;
    v.keeps_missing = true;
    return v;
}

static void put_missing(float *x, int32_t first, int32_t end, int32_t channels) {
    for (int32_t i = first * channels; i < end * channels; i++) x[i] = NAN;
}

static void rescale(float *x, int32_t steps, int32_t channels, const hg__channel_scale *scale) {
    for (int32_t i = 0; i < steps; i++, x += channels) {
        for (int32_t c = 0; c < channels; c++) x[c] = (x[c] - scale[c].centre) * scale[c].inverse;
    }
}

// By the steps that are seen. x: filled.
static hg__channel_scale shape_scale(const float *x, int32_t steps, int32_t channels, int32_t first,
                                     int32_t end) {
    float sum = 0, square = 0;
    const float over = 1 / (float)(steps - (end - first));
    for (int32_t i = 0; i < steps; i++) {
        if (i < first || i >= end) sum += x[(size_t)i * (size_t)channels];
    }
    const float mean = sum * over;
    for (int32_t i = 0; i < steps; i++) {
        const float r = x[(size_t)i * (size_t)channels] - mean;
        if (i < first || i >= end) square += r * r;
    }
    return (hg__channel_scale){mean, hg__window_shape_factor(square * over)};
}

void hg__hiding_see(const hg__hiding *h, int32_t steps, int32_t channels, int32_t pass,
                    const float *x, float *seen, hg__channel_scale *scale) {
    int32_t first, end;
    hg__hiding_steps(h, steps, pass, &first, &end);
    memcpy(seen, x, (size_t)steps * (size_t)channels * sizeof *seen);
    put_missing(seen, first, end, channels);
    hg__window_fill(seen, steps, channels, NULL);
    for (int32_t c = 0; c < channels; c++) {
        scale[c] = h->is_normalised ? shape_scale(seen + c, steps, channels, first, end)
                                    : (hg__channel_scale){0, 1};
    }
    rescale(seen, steps, channels, scale);
    for (int32_t i = first * channels; i < end * channels; i++) seen[i] = 0;
}

// ---- rows ---------------------------------------------------------------------------------------

static int make(const void *context, const hg__row_place *at, hg__row_room *to, hg_error *err) {
    const hg__hidden_windows *w = context;
    const hg__window_view *v = &w->windows.view;
    const int32_t steps = v->length / v->every, C = v->channels;
    const int32_t passes = hg__hiding_passes(&w->hiding);
    const int32_t pass = (int32_t)((at->row + at->epoch) % passes);
    float *x = to->scratch;
    hg__channel_scale *scale = (void *)(x + (size_t)v->length * (size_t)C);
    HG_TRY(hg__samples_read(w->windows.from, w->windows.start[at->row], v->length, x, err));
    hg__window_see(v, x, x);
    hg__hiding_see(&w->hiding, steps, C, pass, x, to->x, scale);
    memcpy(to->target, x, (size_t)steps * (size_t)C * sizeof *x);
    hg__window_fill(to->target, steps, C, NULL);
    rescale(to->target, steps, C, scale);
    return HG_OK;
}

hg__row_source hg__hidden_source(const hg__hidden_windows *w, const char *name) {
    const hg__window_view *v = &w->windows.view;
    hg__row_source s = hg__windows_source(&w->windows, name);
    s.context = w;
    s.make = make;
    s.has_target = true;
    s.scratch = ((size_t)v->length + 2) * (size_t)v->channels;
    return s;
}
