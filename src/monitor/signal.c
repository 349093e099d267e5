// SPDX-License-Identifier: Apache-2.0
// signal.c - a recording's channels, their scale, and windows: looked at, kept in a model file, read back.
#include "monitor/signal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "detect/table_model.h"
#include "monitor/period.h"
#include "monitor/signal_frames.h"
#include "monitor/window_detector.h"

enum {
    LOOKED_AT = 1 << 16,  // steps that scales are measured on
    PERIOD_STEPS = 20000, // that periods are looked for in
    MOST_CHANNELS = 4096,
    MOST_NAME = 256,
    SHORTEST = 16, // windows, unless they are asked for
    LONGEST = 128,
    USUAL = 32,
    PULSE = 40, // steps from one pulse to the next at least
    PULSES = 6, // that there are at least
    SOUND = 5,  // frames
    MOST_WIDTH = 1 << 20
};

const float hg__signal_limit = 20;
const char *const hg__signal_kind_names[HG_SIGNAL_KINDS] = {"plant", "pulses", "sound"};
static const char scale_part[] = "detector.channels", key[] = "signal";

void hg__signal_clear(hg__signal *d) {
    for (int32_t i = 0; d->name && i < d->read; i++) hg__free(d->name[i]);
    hg__free(d->name);
    hg__free(d->pick);
    hg__free(d->scale);
    hg__signal_frames_clear(&d->frames);
    hg__free(d->group);
    *d = (hg__signal){0};
}

// Pulses are looked at four at a time, at a quarter of their steps.
hg__window_view hg__signal_view(const hg__signal *d) {
    const bool is_long = d->kind == HG_SIGNAL_PULSES && 4 * (int64_t)d->length <= d->longest / 6;
    const int32_t every = is_long ? 4 : 1;
    return (hg__window_view){.length = every * d->length / every * every,
                             .channels = d->channels,
                             .every = every,
                             .is_normalised = d->kind == HG_SIGNAL_PULSES,
                             .scale = d->scale,
                             .limit = d->is_plain ? FLT_MAX : hg__signal_limit};
}

static int make_room(hg__signal *d, int32_t read, hg_error *err) {
    d->read = read;
    d->name = hg__alloc((size_t)read, sizeof *d->name, err);
    if (d->name) d->pick = hg__alloc((size_t)read, sizeof *d->pick, err);
    if (d->pick) d->scale = hg__alloc((size_t)read, sizeof *d->scale, err);
    return d->scale ? HG_OK : HG_ERR_MEMORY;
}

// ---- scales -------------------------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The standard deviation of value (count).
static double spread_of(const double *value, int64_t count, double *mean) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < count; i++) sum += value[i];
    *mean = count ? sum / (double)count : 0;
    for (int64_t i = 0; i < count; i++) square += (value[i] - *mean) * (value[i] - *mean);
    return count ? sqrt(square / (double)count) : 0;
}

// Mean and standard deviation, without the farthest values where these are nearly all of it: -9999, 1e30, a sensor that was off. sorted
// (count). One that never varied may yet: by a twentieth of what it is.
static hg__channel_scale scale_of(const double *sorted, int64_t count) {
    enum { ONE_IN = 500, FAR = 20 }; // at either end; so many times what the others spread
    const int64_t cut = count / ONE_IN;
    double mean, middle = 0;
    double deviation = spread_of(sorted, count, &mean);
    const double inner = cut ? spread_of(sorted + cut, count - 2 * cut, &middle) : 0;
    if (inner > 1e-9 * (1 + fabs(middle)) && deviation > FAR * inner) {
        deviation = inner;
        mean = middle;
    }
    if (deviation > 1e-9 * (1 + fabs(mean))) {
        return (hg__channel_scale){(float)mean, (float)(1 / deviation)};
    }
    return (hg__channel_scale){(float)mean, (float)(1 / fmax(0.05 * fabs(mean), 0.05))};
}

// 0 and 1, and both of them: one that never changed is as any other channel that stood still.
static bool is_flag(const double *sorted, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (sorted[i] != 0 && sorted[i] != 1) return false;
    }
    return count == 0 || sorted[0] != sorted[count - 1];
}

// x (steps, read): evenly taken from all of the recording. value (steps): room. Flags and commands say little of how a plant is, and what
// training saw of them is seldom all they do.
static void measure_scales(hg__signal *d, const float *x, int64_t steps, double *value,
                           bool takes_flags) {
    d->channels = 0;
    for (int32_t c = 0; c < d->read; c++) {
        int64_t count = 0;
        for (int64_t i = 0; i < steps; i++) {
            const double v = (double)x[i * d->read + c];
            if (isfinite(v)) value[count++] = v;
        }
        qsort(value, (size_t)count, sizeof *value, compare); // sums that no order changes
        if (!takes_flags && is_flag(value, count)) continue;
        d->pick[d->channels] = c;
        d->scale[d->channels++] = scale_of(value, count);
    }
}

static int look_at_scales(hg__signal *d, const hg__samples *s, hg_error *err) {
    const int64_t every = hg__ceil_div_64(s->steps, LOOKED_AT);
    const int64_t steps = hg__ceil_div_64(s->steps, every);
    float *x = hg__alloc((size_t)steps, (size_t)d->read * sizeof *x, err);
    double *value = hg__alloc((size_t)steps, sizeof *value, err);
    int code = x && value ? HG_OK : HG_ERR_MEMORY;
    for (int64_t i = 0; code == HG_OK && i < steps; i++) {
        code = hg__samples_read(s, i * every, 1, x + i * d->read, err);
    }
    if (code == HG_OK) measure_scales(d, x, steps, value, false);
    if (code == HG_OK && d->channels == 0) measure_scales(d, x, steps, value, true);
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

// The fourth moment over the squared second of x, `lag` 0, or of its differences, `lag` 1: 3 for a normal distribution.
static double kurtosis(const float *x, int64_t steps, int64_t lag) {
    double sum = 0, square = 0, fourth = 0;
    const int64_t n = steps - lag;
    for (int64_t i = lag; i < steps; i++) sum += (double)x[i] - (lag ? (double)x[i - 1] : 0);
    for (int64_t i = lag; i < steps; i++) {
        const double v = (double)x[i] - (lag ? (double)x[i - 1] : 0) - sum / (double)n;
        square += v * v;
        fourth += v * v * v * v;
    }
    return square > 0 ? fourth * (double)n / (square * square) : 0;
}

static int compare_whole(const void *a, const void *b) {
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

// x (steps, C); one (steps) and found (C): room. The period is the median of those that channels have, where half of them have one; how
// many channels are pulses is told as well: rest most of the time, and short edges.
static int look_at_shapes(hg__signal *d, const float *x, int64_t steps, float *one, int32_t *found,
                          int32_t *pulses, hg_error *err) {
    int32_t periods = 0;
    for (int32_t c = 0; c < d->channels; c++) {
        take_channel(x, steps, d->channels, c, one);
        const int32_t period = hg__find_period(one, steps, err);
        if (period < 0) return period;
        if (period > 0) found[periods++] = period;
        *pulses += kurtosis(one, steps, 0) >= 3 && kurtosis(one, steps, 1) >= 8;
    }
    if (periods == 0 || 2 * periods < d->channels) return HG_OK;
    qsort(found, (size_t)periods, sizeof *found, compare_whole);
    d->period = found[periods / 2];
    return HG_OK;
}

static int find_kind(hg__signal *d, const hg__samples *s, hg_error *err) {
    int64_t first = 0;
    int32_t pulses = 0;
    const int64_t steps = hg__min_64(longest(s, &first), PERIOD_STEPS);
    float *x = hg__alloc((size_t)steps, (size_t)d->channels * sizeof *x, err);
    float *one = hg__alloc((size_t)steps, sizeof *one, err);
    int32_t *found = hg__alloc((size_t)d->channels, sizeof *found, err);
    int code = x && one && found ? hg__samples_read(s, first, steps, x, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = look_at_shapes(d, x, steps, one, found, &pulses, err);
    const bool is_pulses = 2 * pulses > d->channels && d->channels == d->read &&
                           d->period >= PULSE && d->longest / d->period >= PULSES;
    d->kind = is_pulses ? HG_SIGNAL_PULSES : HG_SIGNAL_PLANT;
    hg__free(x);
    hg__free(one);
    hg__free(found);
    return code;
}

static void choose_window(hg__signal *d, const hg__signal_options *o) {
    const int32_t usual = o->is_sound ? SOUND : d->period ? d->period : USUAL;
    int32_t length = o->is_sound ? SOUND : hg__min(hg__max(usual, SHORTEST), LONGEST);
    if (length > d->longest / 8) length = (int32_t)(d->longest > 32 ? d->longest / 8 : 4);
    d->length = o->window ? o->window : o->is_sound ? length : length / 2 * 2;
    d->stride = o->stride ? o->stride : hg__max(1, d->length / 8);
    if (o->is_sound) d->kind = HG_SIGNAL_SOUND;
}

static void choose_hiding(hg__signal *d, hg__hide kind) {
    d->hiding = (hg__hiding){.kind = kind,
                             .parts = kind == HG_HIDE_NONE ? 0 : HG_HIDDEN_PARTS,
                             .is_normalised = d->kind == HG_SIGNAL_PULSES};
}

static int check_hiding(const hg__signal *d, hg_error *err) {
    const hg__window_view v = hg__signal_view(d);
    if (d->hiding.kind == HG_HIDE_NONE || v.length / v.every >= HG_HIDDEN_PARTS) return HG_OK;
    return hg__fail(
        err, HG_ERR_USAGE,
        "hide: expected windows of at least %d steps, of which parts are hidden, got %d",
        HG_HIDDEN_PARTS, v.length / v.every);
}

// Those that were named must be able to say something of it.
static int check_detectors(const hg__signal *d, hg_error *err) {
    for (int32_t row = 0; row < HG_WINDOW_DETECTORS; row++) {
        if (!(d->detectors >> row & 1) || hg__window_detector_suits(row, d)) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "detectors: %s: expected at least 2 channels, at most 256, and a stretch "
                        "of 10 windows for each, got %d channels and %lld steps",
                        hg__window_detector_name(row), d->channels, (long long)d->longest);
    }
    return HG_OK;
}

static int check(const hg__signal *d, const hg__samples *s, hg_error *err) {
    HG_TRY(check_hiding(d, err));
    HG_TRY(check_detectors(d, err));
    if (d->longest < d->length) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a stretch of at least %d steps without a gap, as windows are "
                        "long, got %lld",
                        s->data.path, d->length, (long long)d->longest);
    }
    if (d->stride > d->length) {
        return hg__fail(err, HG_ERR_USAGE, "stride: expected at most the window's %d steps, got %d",
                        d->length, d->stride);
    }
    if ((int64_t)d->length * d->channels <= MOST_WIDTH) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "window: expected at most %d numbers a window, got %d steps of %d channels",
                    MOST_WIDTH, d->length, d->channels);
}

static int take_names(hg__signal *d, const hg__recording *r, hg_error *err) {
    if (r->channels > MOST_CHANNELS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d %s, got %d", r->path,
                        MOST_CHANNELS, r->made ? "bands of all channels" : "channels", r->channels);
    }
    HG_TRY(make_room(d, r->channels, err));
    for (int32_t i = 0; i < d->read; i++) {
        d->name[i] = hg__copy_text(r->name[i], err);
        if (!d->name[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static int look(hg__signal *d, hg__samples *s, hg__recording *r, const hg__signal_options *o,
                hg_error *err) {
    int64_t first = 0;
    HG_TRY(take_names(d, r, err));
    HG_TRY(hg__signal_frames_take(&d->frames, r, err));
    HG_TRY(look_at_scales(d, s, err));
    if (d->channels < d->read) {
        hg__samples_clear(s);
        HG_TRY(hg__recording_rewind(r, err));
        HG_TRY(hg__samples_load(s, r, d->pick, d->channels, o->memory, err));
    }
    d->longest = longest(s, &first);
    if (!o->is_sound) HG_TRY(find_kind(d, s, err));
    choose_window(d, o);
    choose_hiding(d, o->hide);
    return check(d, s, err);
}

int hg__signal_look(hg__signal *d, hg__samples *s, hg__recording *r, const hg__signal_options *o,
                    hg_error *err) {
    *d = (hg__signal){.named = r->named,
                      .step = r->step,
                      .resample = o->resample,
                      .detectors = o->detectors,
                      .beside = o->beside,
                      .is_coarse = r->is_coarse,
                      .is_irregular = r->is_irregular};
    int code = HG_OK;
    if (o->group && *o->group && !(d->group = hg__copy_text(o->group, err))) code = HG_ERR_MEMORY;
    if (code == HG_OK) code = look(d, s, r, o, err);
    if (code < 0) hg__signal_clear(d);
    return code;
}

static int name_bands(hg__signal *d, hg_error *err) {
    HG_TRY(make_room(d, d->frames.setup.bands, err));
    for (int32_t i = 0; i < d->read; i++) {
        char name[HG_BAND_NAME];
        hg__frames_band_name(&d->frames.setup, i, NULL, name);
        d->name[i] = hg__copy_text(name, err);
        if (!d->name[i]) return HG_ERR_MEMORY;
        d->pick[i] = i;
        d->scale[i] = (hg__channel_scale){.centre = 0, .inverse = 1};
    }
    d->channels = d->read;
    return HG_OK;
}

int hg__signal_of_frames(hg__signal *d, const hg__frames_setup *frames, int32_t window,
                         hg_error *err) {
    *d = (hg__signal){.kind = HG_SIGNAL_SOUND,
                      .named = true,
                      .length = window,
                      .stride = 1,
                      .longest = frames->most > 0 ? frames->most : window,
                      .is_plain = true};
    int code = hg__signal_frames_set(&d->frames, frames, err);
    if (code == HG_OK) code = name_bands(d, err);
    if (code < 0) hg__signal_clear(d);
    return code;
}

// ---- in a model file ----------------------------------------------------------------------------

bool hg__is_signal_model(const hg_model *m) {
    return hg__json_object_get(hg__model_detector(m), key) != NULL;
}

static hg__json *names_json(const hg__signal *d) {
    hg__json *all = hg__json_array();
    for (int32_t i = 0; all && i < d->read; i++) {
        if (hg__json_append(all, hg__json_string(d->name[i], NULL)) == 0) continue;
        hg__json_free(all);
        return NULL;
    }
    return all;
}

static hg__json *pick_json(const hg__signal *d) {
    hg__json *all = hg__json_array();
    for (int32_t i = 0; all && i < d->channels; i++) {
        if (hg__json_append(all, hg__json_integer(d->pick[i])) == 0) continue;
        hg__json_free(all);
        return NULL;
    }
    return all;
}

static hg__json *detectors_json(uint32_t rows) {
    hg__json *all = hg__json_array();
    for (int32_t i = 0; all && i < HG_WINDOW_DETECTORS; i++) {
        if (!(rows >> i & 1)) continue;
        const char *name = hg__window_detector_name(i);
        if (hg__json_append(all, hg__json_string(name, NULL)) == 0) continue;
        hg__json_free(all);
        return NULL;
    }
    return all;
}

static hg__json *hiding_json(const hg__signal *d) {
    return hg__json_pack("{s:s, s:i}", "kind", hg__hide_names[d->hiding.kind], "parts",
                         d->hiding.parts);
}

static const char coarse[] = "coarse", irregular[] = "irregular"; // clocks

int hg__signal_save(const hg__signal *d, hg_model *m, hg__json *detector, hg_error *err) {
    hg__json *own =
        hg__json_pack("{s:s, s:o, s:b, s:o, s:i, s:i, s:i, s:I, s:f, s:f}", "kind",
                      hg__signal_kind_names[d->kind], "channels", names_json(d), "named", d->named,
                      "used", pick_json(d), "window", d->length, "stride", d->stride, "period",
                      d->period, "longest", d->longest, "step", d->step, "resample", d->resample);
    int code = hg__signal_frames_save(&d->frames, own, err);
    if ((d->is_coarse || d->is_irregular) &&
        hg__json_set(own, "clock", hg__json_string(d->is_coarse ? coarse : irregular, NULL)) < 0) {
        code = HG_ERR_MEMORY;
    }
    if (d->group && hg__json_set(own, "groupby", hg__json_string(d->group, NULL)) < 0) {
        code = HG_ERR_MEMORY;
    }
    if (d->is_plain && hg__json_set(own, "score", hg__json_string("error", NULL)) < 0) {
        code = HG_ERR_MEMORY;
    }
    if (d->detectors && hg__json_set(own, "detectors", detectors_json(d->detectors)) < 0) {
        code = HG_ERR_MEMORY;
    }
    if (d->hiding.kind != HG_HIDE_NONE && hg__json_set(own, "hide", hiding_json(d)) < 0) {
        code = HG_ERR_MEMORY;
    }
    if (d->beside && hg__json_set(own, "beside", detectors_json(d->beside)) < 0) {
        code = HG_ERR_MEMORY;
    }
    if (hg__json_set(detector, key, own) < 0 || code < 0) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a recording's channels");
    }
    return hg__model_keep_part(m, scale_part, HG_F32, d->channels, 2, d->scale, err);
}

typedef struct loading {
    hg__signal *d;
    const hg__json *from;
    const char *where;
} loading;

static int load_names(const loading *l, const hg__json *names, hg_error *err) {
    for (int32_t i = 0; i < l->d->read; i++) {
        const hg__json *name = hg__json_array_get(names, (size_t)i);
        if (!hg__json_is_string(name) || hg__json_string_size(name) >= MOST_NAME) {
            return hg__fail(err, HG_ERR_MODEL, "%s: signal: channel %d: expected a name", l->where,
                            i + 1);
        }
        l->d->name[i] = hg__copy_text(hg__json_string_value(name), err);
        if (!l->d->name[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static int load_pick(const loading *l, hg_error *err) {
    const hg__json *used = hg__json_object_get(l->from, "used");
    const size_t count = hg__json_array_size(used);
    if (count < 1 || count > (size_t)l->d->read) {
        return hg__fail(err, HG_ERR_MODEL, "%s: signal: used: expected 1 to %d channels, got %zu",
                        l->where, l->d->read, count);
    }
    l->d->channels = (int32_t)count;
    for (size_t i = 0; i < count; i++) {
        const int64_t c = hg__json_integer_value(hg__json_array_get(used, i));
        const bool rises = i == 0 || c > l->d->pick[i - 1];
        if (c < 0 || c >= l->d->read || !rises) {
            return hg__fail(err, HG_ERR_MODEL,
                            "%s: signal: used: expected rising numbers of channels", l->where);
        }
        l->d->pick[i] = (int32_t)c;
    }
    return HG_OK;
}

static int load_whole(const loading *l, const char *name, int64_t least, int64_t most, int64_t *to,
                      hg_error *err) {
    const hg__json *value = hg__json_object_get(l->from, name);
    *to = hg__json_integer_value(value);
    if (hg__json_is_integer(value) && *to >= least && *to <= most) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: signal: %s: expected %lld to %lld", l->where, name,
                    (long long)least, (long long)most);
}

static int load_seconds(const loading *l, const char *name, double *to, hg_error *err) {
    const hg__json *value = hg__json_object_get(l->from, name);
    *to = hg__json_number_value(value);
    if (hg__json_is_number(value) && *to >= 0) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: signal: %s: expected seconds", l->where, name);
}

static int load_kind(const loading *l, hg_error *err) {
    const char *name = hg__json_string_value(hg__json_object_get(l->from, "kind"));
    for (int32_t i = 0; name && i < HG_SIGNAL_KINDS; i++) {
        l->d->kind = (hg__signal_kind)i;
        if (strcmp(name, hg__signal_kind_names[i]) == 0) return HG_OK;
    }
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: signal: kind: expected plant, pulses or sound, got %.40s", l->where,
                    name ? name : "none");
}

// Behind the windows.
static int load_hiding(const loading *l, hg_error *err) {
    const hg__json *hide = hg__json_object_get(l->from, "hide");
    const char *name = hg__json_string_value(hg__json_object_get(hide, "kind"));
    const int64_t parts = hg__json_integer_value(hg__json_object_get(hide, "parts"));
    const hg__window_view v = hg__signal_view(l->d);
    hg__hide kind = HG_HIDE_NONE;
    for (int32_t i = HG_HIDE_MASKED; name && i < HG_HIDE_KINDS; i++) {
        if (strcmp(name, hg__hide_names[i]) == 0) kind = (hg__hide)i;
    }
    l->d->hiding = (hg__hiding){kind, (int32_t)parts, l->d->kind == HG_SIGNAL_PULSES};
    const bool is_whole = kind != HG_HIDE_NONE && parts >= 2 && parts <= HG_MOST_HIDDEN_PARTS &&
                          parts <= v.length / v.every;
    if (!hide || is_whole) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: signal: hide: expected masked or next, and 2 to %d parts of the window",
                    l->where, HG_MOST_HIDDEN_PARTS);
}

static int load_clock(const loading *l, hg_error *err) {
    const hg__json *clock = hg__json_object_get(l->from, "clock");
    const char *text = hg__json_string_value(clock);
    l->d->is_coarse = text && strcmp(text, coarse) == 0;
    l->d->is_irregular = text && strcmp(text, irregular) == 0;
    if (!clock || l->d->is_coarse || l->d->is_irregular) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: signal: clock: expected coarse, irregular, or none",
                    l->where);
}

static int load_windows(const loading *l, hg_error *err) {
    int64_t length, stride, period;
    HG_TRY(load_whole(l, "window", 2, HG_MAX_WINDOW, &length, err));
    HG_TRY(load_whole(l, "stride", 1, length, &stride, err));
    HG_TRY(load_whole(l, "period", 0, INT32_MAX, &period, err));
    HG_TRY(load_whole(l, "longest", 1, INT64_MAX, &l->d->longest, err));
    l->d->length = (int32_t)length;
    l->d->stride = (int32_t)stride;
    l->d->period = (int32_t)period;
    HG_TRY(load_seconds(l, "step", &l->d->step, err));
    HG_TRY(load_seconds(l, "resample", &l->d->resample, err));
    HG_TRY(load_clock(l, err));
    return load_hiding(l, err);
}

static int load_group(const loading *l, hg_error *err) {
    const hg__json *group = hg__json_object_get(l->from, "groupby");
    if (!group) return HG_OK;
    if (!hg__json_is_string(group) || hg__json_string_size(group) >= MOST_NAME) {
        return hg__fail(err, HG_ERR_MODEL, "%s: signal: expected a column's name as groupby",
                        l->where);
    }
    l->d->group = hg__copy_text(hg__json_string_value(group), err);
    return l->d->group ? HG_OK : HG_ERR_MEMORY;
}

static int load_score(const loading *l, hg_error *err) {
    const hg__json *score = hg__json_object_get(l->from, "score");
    l->d->is_plain = score != NULL;
    const char *text = hg__json_string_value(score);
    if (!score || (text && strcmp(text, "error") == 0)) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: signal: score: expected error, or none", l->where);
}

// Those that were named, where they were.
static int load_detectors(const loading *l, const char *name_of, uint32_t *to, hg_error *err) {
    const hg__json *names = hg__json_object_get(l->from, name_of);
    hg_error why;
    for (size_t i = 0; i < hg__json_array_size(names); i++) {
        const char *name = hg__json_string_value(hg__json_array_get(names, i));
        uint32_t rows = 0;
        if (name) (void)hg__window_detectors_parse(name, &rows, &why);
        if (rows == 0) {
            return hg__fail(err, HG_ERR_MODEL,
                            "%s: signal: %s: expected names of detectors, got %.40s", l->where,
                            name_of, name ? name : "none");
        }
        *to |= rows;
    }
    return HG_OK;
}

// What not every model has.
static int load_rest(const loading *l, hg_error *err) {
    HG_TRY(load_score(l, err));
    HG_TRY(load_group(l, err));
    HG_TRY(load_detectors(l, "detectors", &l->d->detectors, err));
    return load_detectors(l, "beside", &l->d->beside, err);
}

static int load_scale(const loading *l, const hg_model *m, hg_error *err) {
    const hg__tensor *part;
    hg__signal *d = l->d;
    HG_TRY(hg__model_take_numbers(m, scale_part, d->channels, 2, l->where, &part, err));
    memcpy(d->scale, part->data, (size_t)d->channels * sizeof *d->scale);
    for (int32_t i = 0; i < d->channels; i++) {
        if (d->scale[i].inverse > 0) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected scales above 0, got %g", l->where,
                        scale_part, (double)d->scale[i].inverse);
    }
    return HG_OK;
}

static int load(const loading *l, const hg_model *m, hg_error *err) {
    const hg__json *names = hg__json_object_get(l->from, "channels");
    const size_t channels = hg__json_array_size(names);
    if (channels < 1 || channels > MOST_CHANNELS) {
        return hg__fail(err, HG_ERR_MODEL, "%s: signal: expected 1 to %d channels, got %zu",
                        l->where, MOST_CHANNELS, channels);
    }
    HG_TRY(make_room(l->d, (int32_t)channels, err));
    HG_TRY(load_kind(l, err));
    HG_TRY(load_names(l, names, err));
    l->d->named = hg__json_is_true(hg__json_object_get(l->from, "named"));
    HG_TRY(load_pick(l, err));
    HG_TRY(load_windows(l, err));
    HG_TRY(hg__signal_frames_load(&l->d->frames, l->from, l->d->read, l->where, err));
    HG_TRY(load_rest(l, err));
    const hg__window_view view = hg__signal_view(l->d);
    if ((int64_t)view.length / view.every * view.channels != m->net.spec.width) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: signal: expected windows of %d numbers, as the network takes, got %d "
                        "steps of %d channels",
                        l->where, m->net.spec.width, view.length / view.every, view.channels);
    }
    return load_scale(l, m, err);
}

int hg__signal_load(hg__signal *d, const hg_model *m, const char *where, hg_error *err) {
    *d = (hg__signal){0};
    const loading l = {d, hg__json_object_get(hg__model_detector(m), key), where};
    const int code = load(&l, m, err);
    if (code < 0) hg__signal_clear(d);
    return code;
}
