// SPDX-License-Identifier: Apache-2.0
// windows.c - stretches of a recording as rows.
#include "rows/windows.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static const float least_deviation = 0.3F; // of a window that is normalised

// One channel: its values stand so far apart.
static void fill(float *x, int32_t count, int32_t apart, float centre) {
    int32_t i = 0;
    while (i < count && isnan(x[(size_t)i * (size_t)apart])) i++;
    const float first = i < count ? x[(size_t)i * (size_t)apart] : centre;
    float last = first;
    for (i = 0; i < count; i++) {
        float *at = x + (size_t)i * (size_t)apart;
        if (isnan(*at)) *at = last;
        last = *at;
    }
}

void hg__window_fill(float *x, int32_t steps, int32_t channels, const hg__channel_scale *scale) {
    for (int32_t c = 0; c < channels; c++) {
        fill(x + c, steps, channels, scale ? scale[c].centre : 0);
    }
}

int32_t hg__window_width(const hg__window_view *v) {
    return v->length / v->every * v->channels;
}

void hg__window_scale(const hg__window_view *v, const float *x, int32_t steps, float *to) {
    for (int32_t i = 0; i < steps; i++, x += v->channels, to += v->channels) {
        for (int32_t c = 0; c < v->channels; c++) {
            const float y = (x[c] - v->scale[c].centre) * v->scale[c].inverse;
            to[c] = y > v->limit ? v->limit : y < -v->limit ? -v->limit : y;
        }
    }
}

static void average(const hg__window_view *v, const float *x, float *to) {
    const float over = 1 / (float)v->every;
    for (int32_t i = 0; i < v->length / v->every; i++, to += v->channels) {
        for (int32_t c = 0; c < v->channels; c++) {
            float sum = 0;
            for (int32_t k = 0; k < v->every; k++) sum += x[k * v->channels + c];
            to[c] = sum * over;
        }
        x += v->every * v->channels;
    }
}

float hg__window_shape_factor(float variance) {
    return 1 / (sqrtf(variance) + least_deviation);
}

// One channel of y (count, step).
static void normalise(float *y, int32_t count, int32_t step) {
    float sum = 0, square = 0;
    for (int32_t i = 0; i < count; i++) sum += y[(size_t)i * (size_t)step];
    const float mean = sum / (float)count;
    for (int32_t i = 0; i < count; i++) {
        float *at = y + (size_t)i * (size_t)step;
        *at -= mean;
        square += *at * *at;
    }
    const float factor = hg__window_shape_factor(square / (float)count);
    for (int32_t i = 0; i < count; i++) y[(size_t)i * (size_t)step] *= factor;
}

static bool lacks(const float *x, size_t count) {
    int32_t missing = 0;
    for (size_t i = 0; i < count; i++) missing += x[i] != x[i];
    return missing > 0;
}

void hg__window_see(const hg__window_view *v, float *x, float *to) {
    const int32_t C = v->channels, left = v->length / v->every;
    if (!v->keeps_missing && lacks(x, (size_t)v->length * (size_t)C)) {
        hg__window_fill(x, v->length, C, v->scale);
    }
    hg__window_scale(v, x, v->length, x);
    if (v->every > 1) {
        average(v, x, to);
    } else if (to != x) {
        memcpy(to, x, (size_t)left * (size_t)C * sizeof *to);
    }
    for (int32_t c = 0; c < C && v->is_normalised; c++) normalise(to + c, left, C);
}

static int make(const void *context, const hg__row_place *at, hg__row_room *to, hg_error *err) {
    const hg__windows *w = context;
    float *x = w->view.every > 1 ? to->scratch : to->x;
    HG_TRY(hg__samples_read(w->from, w->start[at->row], w->view.length, x, err));
    hg__window_see(&w->view, x, to->x);
    return HG_OK;
}

hg__row_source hg__windows_source(const hg__windows *w, const char *name) {
    const hg__window_view *v = &w->view;
    return (hg__row_source){
        .name = name,
        .context = w,
        .rows = w->count,
        .width = hg__window_width(v),
        .shape = {3, {1, v->length / v->every, v->channels}},
        .dtype = HG_F32,
        .scale = 1,
        .make = make,
        .scratch = v->every > 1 ? (size_t)v->length * (size_t)v->channels : 0,
    };
}

static bool is_there(const float *x, size_t count) {
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) missing += isnan(x[i]) ? 1 : 0;
    return 2 * missing <= count;
}

int64_t hg__windows_find(const hg__samples *s, int64_t first, int64_t end, int32_t length,
                         int64_t stride, int64_t *start, int64_t room, hg_error *err) {
    const size_t width = (size_t)length * (size_t)s->channels;
    const bool may_lack = s->missing > 0 || s->labelled > 0;
    float *x = may_lack ? hg__alloc(width, sizeof *x, err) : NULL;
    int64_t count = 0;
    int code = may_lack && !x ? HG_ERR_MEMORY : HG_OK;
    for (int64_t t = first; code == HG_OK && t + length <= end; t += stride) {
        if (may_lack) code = hg__samples_read(s, t, length, x, err);
        if (code < 0 || (may_lack && !is_there(x, width))) continue;
        if (count < room) start[count] = t;
        count++;
    }
    hg__free(x);
    return code < 0 ? code : count;
}
