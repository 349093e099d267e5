// SPDX-License-Identifier: Apache-2.0
// frames.c - samples as they come, kept until the frames that need them are made.
#include "signal/frames.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "signal/mel.h"
#include "signal/spectrum.h"

#define LOG_10 2.302585092994046

struct hg__frames {
    hg__frames_setup setup;
    int32_t channels, pad;
    int32_t capacity; // samples that x has room for
    float *x;         // owned, (channels, capacity): samples from .. end - 1
    int64_t from, end;
    int64_t next;     // the frame to be made
    bool is_mirrored; // what lies before sample 0 is there
    bool has_ended;   // so is what lies behind the last one
    hg__spectrum spectrum;
    hg__bands bands;
    double *power; // owned, (fft / 2 + 1)
    double *level; // owned, (bands)
};

void hg__frames_restart(hg__frames *f) {
    f->from = -f->pad;
    f->end = 0;
    f->next = f->setup.skip;
    f->is_mirrored = f->pad == 0;
    f->has_ended = false;
}

static int init_frames(hg__frames *f, const hg__frames_setup *s, int32_t channels, hg_error *err) {
    f->setup = *s;
    f->channels = channels;
    f->pad = s->centred ? s->fft / 2 : 0;
    f->capacity = 2 * (s->fft + f->pad + 1);
    HG_TRY(hg__spectrum_init(&f->spectrum, s->fft, err));
    HG_TRY(hg__bands_init(&f->bands, s, err));
    size_t count;
    if (!hg__multiply((size_t)channels, (size_t)f->capacity, &count)) count = SIZE_MAX;
    f->x = hg__alloc(count, sizeof *f->x, err);
    f->power = hg__alloc((size_t)s->fft / 2 + 1, sizeof *f->power, err);
    f->level = hg__alloc((size_t)s->bands, sizeof *f->level, err);
    if (!f->x || !f->power || !f->level) return HG_ERR_MEMORY;
    hg__frames_restart(f);
    return HG_OK;
}

hg__frames *hg__frames_new(const hg__frames_setup *s, int32_t channels, hg_error *err) {
    assert(channels >= 1);
    if (hg__frames_setup_check(s, "", HG_ERR_USAGE, err) < 0) return NULL;
    hg__frames *f = hg__alloc(1, sizeof *f, err);
    if (!f) return NULL;
    if (init_frames(f, s, channels, err) == HG_OK) return f;
    hg__frames_free(f);
    return NULL;
}

void hg__frames_free(hg__frames *f) {
    if (!f) return;
    hg__spectrum_clear(&f->spectrum);
    hg__bands_clear(&f->bands);
    hg__free(f->x);
    hg__free(f->power);
    hg__free(f->level);
    hg__free(f);
}

int64_t hg__frames_count(const hg__frames_setup *s, int64_t samples) {
    const int64_t whole = s->centred ? samples : samples - s->fft;
    if (samples == 0 || whole < 0) return 0;
    const int64_t left = whole / s->hop + 1 - s->skip;
    if (left < 0) return 0;
    return s->most > 0 ? hg__min_64(left, s->most) : left;
}

const hg__frames_setup *hg__frames_setup_of(const hg__frames *f) {
    return &f->setup;
}

int32_t hg__frames_width(const hg__frames *f) {
    return f->channels * f->setup.bands;
}

int32_t hg__frames_pad(const hg__frames *f) {
    return f->pad;
}

int64_t hg__frames_next(const hg__frames *f) {
    return f->next;
}

// ---- samples ------------------------------------------------------------------------------------

// The first sample of the frame to be made.
static int64_t start_of(const hg__frames *f) {
    return f->next * f->setup.hop - f->pad;
}

// As many as were asked for are made.
static bool is_enough(const hg__frames *f) {
    return f->setup.most > 0 && f->next - f->setup.skip >= f->setup.most;
}

static bool is_complete(const hg__frames *f) {
    return f->is_mirrored && !is_enough(f) && start_of(f) + f->setup.fft <= f->end;
}

static float *channel(const hg__frames *f, int32_t c) {
    return f->x + (size_t)c * (size_t)f->capacity;
}

// Forgets what neither a frame nor the end's mirror needs.
static void move_down(hg__frames *f) {
    int64_t keep = f->end - f->pad - 1;
    if (start_of(f) < keep) keep = start_of(f);
    if (keep <= f->from) return;
    for (int32_t c = 0; c < f->channels; c++) {
        float *x = channel(f, c);
        memmove(x, x + (keep - f->from), (size_t)(f->end - keep) * sizeof *x);
    }
    f->from = keep;
}

static int32_t room_left(const hg__frames *f) {
    return f->capacity - (int32_t)(f->end - f->from);
}

// Sample i of `count`, which go forth and back for ever.
static int64_t mirrored(int64_t i, int64_t count) {
    if (count == 1) return 0;
    const int64_t around = 2 * (count - 1);
    i %= around;
    if (i < 0) i += around;
    return i < count ? i : around - i;
}

static void mirror_start(hg__frames *f) {
    for (int32_t c = 0; c < f->channels; c++) {
        float *x = channel(f, c);
        for (int64_t i = -f->pad; i < 0; i++) x[i - f->from] = x[mirrored(i, f->end) - f->from];
    }
    f->is_mirrored = true;
}

static void mirror_end(hg__frames *f) {
    if (room_left(f) < f->pad) move_down(f);
    for (int32_t c = 0; c < f->channels; c++) {
        float *x = channel(f, c);
        for (int64_t i = f->end; i < f->end + f->pad; i++) {
            x[i - f->from] = x[mirrored(i, f->end) - f->from];
        }
    }
    f->end += f->pad;
    f->has_ended = true;
}

// Takes of x (count, channels) what the next frame lacks and there is room for; how many.
static int32_t take(hg__frames *f, const float *x, int32_t count) {
    if (is_enough(f)) return count;
    const int64_t lacks =
        f->is_mirrored ? start_of(f) + f->setup.fft - f->end : f->pad + 1 - f->end;
    int32_t n = (int32_t)hg__min_64(count, lacks);
    if (room_left(f) < n) move_down(f);
    n = hg__min(n, room_left(f));
    for (int32_t c = 0; c < f->channels; c++) {
        float *to = channel(f, c) + (f->end - f->from);
        for (int32_t i = 0; i < n; i++) to[i] = x[(size_t)i * (size_t)f->channels + (size_t)c];
    }
    f->end += n;
    if (!f->is_mirrored && f->end > f->pad) mirror_start(f);
    return n;
}

// ---- frames -------------------------------------------------------------------------------------

// 20 / power log10(level + floor), or NaN where a sample is not finite: out (bands).
static void make_bands(hg__frames *f, const float *x, float *out) {
    const int32_t bands = f->setup.bands, bins = f->setup.fft / 2 + 1;
    if (!hg__spectrum_run(&f->spectrum, x, f->power)) {
        for (int32_t i = 0; i < bands; i++) out[i] = NAN;
        return;
    }
    for (int32_t k = 0; f->setup.power == 1 && k < bins; k++) f->power[k] = sqrt(f->power[k]);
    hg__bands_run(&f->bands, f->power, f->level);
    const double scale = 20.0 / f->setup.power / LOG_10;
    for (int32_t i = 0; i < bands; i++) {
        out[i] = (float)(scale * hg__log(f->level[i] + f->setup.floor));
    }
}

// Frames that are complete: out (room, channels, bands); how many.
static int32_t make_frames(hg__frames *f, float *out, int32_t room) {
    int32_t made = 0;
    for (; made < room && is_complete(f); made++, f->next++) {
        const size_t at = (size_t)(start_of(f) - f->from);
        for (int32_t c = 0; c < f->channels; c++, out += f->setup.bands) {
            make_bands(f, channel(f, c) + at, out);
        }
    }
    return made;
}

int32_t hg__frames_push(hg__frames *f, const float *x, int32_t count, float *out, int32_t room,
                        int32_t *taken) {
    assert(!f->has_ended);
    const size_t width = (size_t)hg__frames_width(f);
    int32_t made = 0, at = 0;
    for (;;) {
        made += make_frames(f, out + (size_t)made * width, room - made);
        if (at == count || is_complete(f)) break;
        at += take(f, x + (size_t)at * (size_t)f->channels, count - at);
    }
    *taken = at;
    return made;
}

int32_t hg__frames_flush(hg__frames *f, float *out, int32_t room) {
    if (!f->has_ended && f->end > 0) {
        if (!f->is_mirrored) mirror_start(f);
        mirror_end(f);
    }
    const int32_t made = make_frames(f, out, room);
    if (made < room) hg__frames_restart(f);
    return made;
}

// ---- what it needs to go on ---------------------------------------------------------------------

// FIELD(of f), in this order
#define FIELDS(FIELD) FIELD(channels) FIELD(capacity) FIELD(from) FIELD(end) FIELD(next)

void hg__frames_write(const hg__frames *f, hg__text *to) {
#define PUT(field) HG_PUT(to, f->field);
    FIELDS(PUT)
    PUT(is_mirrored)
    PUT(has_ended)
#undef PUT
    for (int32_t c = 0; c < f->channels; c++) {
        hg__put(to, channel(f, c), (size_t)(f->end - f->from) * sizeof *f->x);
    }
}

static bool read_state(hg__frames *f, hg__bytes *from) {
    const int32_t channels = f->channels, capacity = f->capacity;
    hg__frames got = *f;
#define GET(field) HG_GET(from, got.field);
    FIELDS(GET)
#undef GET
    hg__get_bool(from, &got.is_mirrored);
    hg__get_bool(from, &got.has_ended);
    if (from->failed || got.channels != channels || got.capacity != capacity ||
        got.from > got.end || got.from < -f->pad || got.end > INT64_MAX / 2 ||
        got.end - got.from > capacity || got.next < 0 || got.next > INT64_MAX / HG_MAX_HOP / 2) {
        return false;
    }
    if (got.is_mirrored && !is_enough(&got) && start_of(&got) < got.from) return false;
    *f = got;
    for (int32_t c = 0; c < channels; c++) {
        hg__get(from, channel(f, c), (size_t)(f->end - f->from) * sizeof *f->x);
    }
    return !from->failed;
}

bool hg__frames_read(hg__frames *f, hg__bytes *from) {
    const bool is_there = read_state(f, from);
    if (!is_there) hg__frames_restart(f);
    return is_there;
}
