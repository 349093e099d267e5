// SPDX-License-Identifier: Apache-2.0
// signal.c - a recording's channels, their scale, and windows: looked at, kept in a model file, read back.
#include "monitor/signal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "detect/table_model.h"
#include "monitor/period.h"

enum {
    LOOKED_AT = 1 << 16,  // steps that scales are measured on
    PERIOD_STEPS = 20000, // that periods are looked for in
    MOST_CHANNELS = 4096,
    MOST_NAME = 256,
    SHORTEST = 16,
    LONGEST = 256,
    USUAL = 64, // windows, unless they are asked for
    MOST_WIDTH = 1 << 20
};

const float hg__signal_limit = 16;
static const char scale_part[] = "detector.channels", key[] = "signal";

void hg__signal_clear(hg__signal *d) {
    for (int32_t i = 0; d->name && i < d->channels; i++) hg__free(d->name[i]);
    hg__free(d->name);
    hg__free(d->scale);
    *d = (hg__signal){0};
}

hg__window_view hg__signal_view(const hg__signal *d) {
    return (hg__window_view){d->length, d->channels, d->scale, hg__signal_limit};
}

static int make_room(hg__signal *d, int32_t channels, hg_error *err) {
    d->channels = channels;
    d->name = hg__alloc((size_t)channels, sizeof *d->name, err);
    if (d->name) d->scale = hg__alloc((size_t)channels, sizeof *d->scale, err);
    return d->scale ? HG_OK : HG_ERR_MEMORY;
}

// ---- scales -------------------------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The mean and standard deviation. value (count); one that never varies has no scale.
static hg__channel_scale scale_of(const double *value, int64_t count) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < count; i++) sum += value[i];
    const double mean = count ? sum / (double)count : 0;
    for (int64_t i = 0; i < count; i++) square += (value[i] - mean) * (value[i] - mean);
    const double deviation = count ? sqrt(square / (double)count) : 0;
    const bool varies = deviation > 1e-9 * (1 + fabs(mean));
    return (hg__channel_scale){(float)mean, varies ? (float)(1 / deviation) : 0};
}

// x (steps, C): evenly taken from all of the recording. value (steps): room.
static void measure_scales(hg__signal *d, const float *x, int64_t steps, double *value) {
    for (int32_t c = 0; c < d->channels; c++) {
        int64_t count = 0;
        for (int64_t i = 0; i < steps; i++) {
            const double v = (double)x[i * d->channels + c];
            if (isfinite(v)) value[count++] = v;
        }
        qsort(value, (size_t)count, sizeof *value, compare); // sums that no order changes
        d->scale[c] = scale_of(value, count);
    }
}

static int look_at_scales(hg__signal *d, const hg__samples *s, hg_error *err) {
    const int64_t every = hg__ceil_div_64(s->steps, LOOKED_AT);
    const int64_t steps = hg__ceil_div_64(s->steps, every);
    float *x = hg__alloc((size_t)steps, (size_t)d->channels * sizeof *x, err);
    double *value = hg__alloc((size_t)steps, sizeof *value, err);
    int code = x && value ? HG_OK : HG_ERR_MEMORY;
    for (int64_t i = 0; code == HG_OK && i < steps; i++) {
        code = hg__samples_read(s, i * every, 1, x + i * d->channels, err);
    }
    if (code == HG_OK) measure_scales(d, x, steps, value);
    hg__free(x);
    hg__free(value);
    return code;
}

// ---- windows ------------------------------------------------------------------------------------

// The longest stretch, or as much of it as is looked at.
static int64_t longest(const hg__samples *s, int64_t *first) {
    int64_t most = 0;
    for (int64_t k = 0; k < s->stretches; k++) {
        const int64_t steps = s->first[k + 1] - s->first[k];
        if (steps <= most) continue;
        most = steps;
        *first = s->first[k];
    }
    return most;
}

static void take_channel(const float *x, int64_t steps, int32_t channels, int32_t c, float *to) {
    float last = 0;
    for (int64_t i = 0; i < steps; i++) {
        const float v = x[i * channels + c];
        if (!isnan(v)) last = v;
        to[i] = last;
    }
}

static int compare_whole(const void *a, const void *b) {
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

// The median of the periods of the channels that have one, where at least half of those that vary do.
static int find_period(hg__signal *d, const hg__samples *s, hg_error *err) {
    int64_t first = 0;
    const int64_t steps = hg__min_64(longest(s, &first), PERIOD_STEPS);
    float *x = hg__alloc((size_t)steps, (size_t)d->channels * sizeof *x, err);
    float *one = hg__alloc((size_t)steps, sizeof *one, err);
    int32_t *found = hg__alloc((size_t)d->channels, sizeof *found, err);
    int32_t periods = 0, vary = 0;
    int code = x && one && found ? hg__samples_read(s, first, steps, x, err) : HG_ERR_MEMORY;
    for (int32_t c = 0; code == HG_OK && c < d->channels; c++) {
        if (d->scale[c].inverse == 0) continue;
        vary++;
        take_channel(x, steps, d->channels, c, one);
        const int32_t period = hg__find_period(one, steps, err);
        if (period > 0) found[periods++] = period;
        if (period < 0) code = (int)period;
    }
    if (code == HG_OK && periods && 2 * periods >= vary) {
        qsort(found, (size_t)periods, sizeof *found, compare_whole);
        d->period = found[periods / 2];
    }
    hg__free(x);
    hg__free(one);
    hg__free(found);
    return code;
}

static void choose_window(hg__signal *d, const hg__samples *s, const hg__signal_options *o) {
    int64_t first = 0;
    const int64_t most = longest(s, &first) / 4;
    const int32_t usual = d->period ? d->period : USUAL;
    int32_t length = hg__min(hg__max(usual, SHORTEST), LONGEST);
    if (length > most) length = (int32_t)(most > 2 ? most : 2);
    d->length = o->window ? o->window : length;
    d->stride = o->stride ? o->stride : hg__max(1, d->length / 8);
}

static int check(const hg__signal *d, const hg__samples *s, hg_error *err) {
    int64_t first = 0;
    const int64_t most = longest(s, &first);
    if (most < d->length) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a stretch of at least %d steps without a gap, as windows are "
                        "long, got %lld",
                        s->data.path, d->length, (long long)most);
    }
    if (d->stride > d->length) {
        return hg__fail(err, HG_ERR_USAGE, "stride: expected at most the window's %d steps, got %d",
                        d->length, d->stride);
    }
    if ((int64_t)d->length * d->channels > MOST_WIDTH) {
        return hg__fail(err, HG_ERR_DATA,
                        "window: expected at most %d numbers a window, got %d steps of %d channels",
                        MOST_WIDTH, d->length, d->channels);
    }
    for (int32_t c = 0; c < d->channels; c++) {
        if (d->scale[c].inverse > 0) return HG_OK;
    }
    return hg__fail(err, HG_ERR_DATA, "%s: expected a channel that varies, got none", s->data.path);
}

int hg__signal_look(hg__signal *d, const hg__samples *s, const hg__recording *r,
                    const hg__signal_options *o, hg_error *err) {
    *d = (hg__signal){.named = r->named, .step = r->step, .resample = o->resample};
    int code = make_room(d, r->channels, err);
    for (int32_t i = 0; code == HG_OK && i < d->channels; i++) {
        d->name[i] = hg__copy_text(r->name[i], err);
        if (!d->name[i]) code = HG_ERR_MEMORY;
    }
    if (code == HG_OK) code = look_at_scales(d, s, err);
    if (code == HG_OK && !o->window) code = find_period(d, s, err);
    if (code == HG_OK) {
        choose_window(d, s, o);
        code = check(d, s, err);
    }
    if (code < 0) hg__signal_clear(d);
    return code;
}

// ---- in a model file ----------------------------------------------------------------------------

bool hg__is_signal_model(const hg_model *m) {
    return hg__json_object_get(hg__model_detector(m), key) != NULL;
}

static hg__json *names_json(const hg__signal *d) {
    hg__json *all = hg__json_array();
    for (int32_t i = 0; all && i < d->channels; i++) {
        if (hg__json_append(all, hg__json_string(d->name[i], NULL)) == 0) continue;
        hg__json_free(all);
        return NULL;
    }
    return all;
}

int hg__signal_save(const hg__signal *d, hg_model *m, hg__json *detector, hg_error *err) {
    hg__json *own = hg__json_pack("{s:o, s:b, s:i, s:i, s:i, s:f, s:f}", "channels", names_json(d),
                                  "named", d->named, "window", d->length, "stride", d->stride,
                                  "period", d->period, "step", d->step, "resample", d->resample);
    if (hg__json_set(detector, key, own) < 0) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a recording's channels");
    }
    return hg__model_keep_part(m, scale_part, HG_F32, d->channels, 2, d->scale, err);
}

static int load_names(hg__signal *d, const hg__json *names, const char *where, hg_error *err) {
    for (int32_t i = 0; i < d->channels; i++) {
        const hg__json *name = hg__json_array_get(names, (size_t)i);
        if (!hg__json_is_string(name) || hg__json_string_size(name) >= MOST_NAME) {
            return hg__fail(err, HG_ERR_MODEL, "%s: signal: channel %d: expected a name", where,
                            i + 1);
        }
        d->name[i] = hg__copy_text(hg__json_string_value(name), err);
        if (!d->name[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static int load_whole(const hg__json *from, const char *name, int64_t least, int64_t most,
                      int32_t *to, const char *where, hg_error *err) {
    const hg__json *value = hg__json_object_get(from, name);
    const int64_t n = hg__json_integer_value(value);
    if (!hg__json_is_integer(value) || n < least || n > most) {
        return hg__fail(err, HG_ERR_MODEL, "%s: signal: %s: expected %lld to %lld", where, name,
                        (long long)least, (long long)most);
    }
    *to = (int32_t)n;
    return HG_OK;
}

static int load_seconds(const hg__json *from, const char *name, double *to, const char *where,
                        hg_error *err) {
    const hg__json *value = hg__json_object_get(from, name);
    *to = hg__json_number_value(value);
    if (hg__json_is_number(value) && *to >= 0) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: signal: %s: expected seconds", where, name);
}

static int load_scale(hg__signal *d, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *part;
    HG_TRY(hg__model_take_numbers(m, scale_part, d->channels, 2, where, &part, err));
    memcpy(d->scale, part->data, (size_t)d->channels * sizeof *d->scale);
    for (int32_t i = 0; i < d->channels; i++) {
        if (d->scale[i].inverse >= 0) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected scales of 0 or more, got %g", where,
                        scale_part, (double)d->scale[i].inverse);
    }
    return HG_OK;
}

static int load(hg__signal *d, const hg_model *m, const char *where, hg_error *err) {
    const hg__json *from = hg__json_object_get(hg__model_detector(m), key);
    const hg__json *names = hg__json_object_get(from, "channels");
    const size_t channels = hg__json_array_size(names);
    if (channels < 1 || channels > MOST_CHANNELS) {
        return hg__fail(err, HG_ERR_MODEL, "%s: signal: expected 1 to %d channels, got %zu", where,
                        MOST_CHANNELS, channels);
    }
    HG_TRY(make_room(d, (int32_t)channels, err));
    HG_TRY(load_names(d, names, where, err));
    d->named = hg__json_is_true(hg__json_object_get(from, "named"));
    HG_TRY(load_whole(from, "window", 2, HG_MAX_WINDOW, &d->length, where, err));
    HG_TRY(load_whole(from, "stride", 1, d->length, &d->stride, where, err));
    HG_TRY(load_whole(from, "period", 0, INT32_MAX, &d->period, where, err));
    HG_TRY(load_seconds(from, "step", &d->step, where, err));
    HG_TRY(load_seconds(from, "resample", &d->resample, where, err));
    if ((int64_t)d->length * d->channels != m->net.spec.width) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: signal: expected windows of %d numbers, as the network takes, got %d "
                        "steps of %d channels",
                        where, m->net.spec.width, d->length, d->channels);
    }
    return load_scale(d, m, where, err);
}

int hg__signal_load(hg__signal *d, const hg_model *m, const char *where, hg_error *err) {
    *d = (hg__signal){0};
    const int code = load(d, m, where, err);
    if (code < 0) hg__signal_clear(d);
    return code;
}
