// SPDX-License-Identifier: Apache-2.0
// framed.c - a recording of frames: framer.h's, made of another recording's samples.
#include "signal/framed.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "signal/framer.h"
#include "signal/recording_kind.h"

enum { PATH = 4096 };

typedef struct framed {
    hg__recording *of;  // owned
    hg__framer *framer; // owned
    hg__steps in;       // the block at hand
    int32_t at;         // of it, what was taken
    char path[PATH];    // of what came: that of `of` is gone with its file
} framed;

static const hg__frames_setup *setup_of(const framed *f) {
    return hg__frames_setup_of(hg__framer_frames(f->framer));
}

// ---- as a recording -----------------------------------------------------------------------------

static void write_note(hg__recording *r) {
    const framed *f = r->made;
    const hg__frames_setup *s = setup_of(f);
    r->note[0] = '\0';
    hg__note_add(r->note, sizeof r->note,
                 "frames of %d samples, one every %d: %d %s from %.4g to %.4g%s", s->fft, s->hop,
                 s->bands, s->kind == HG_FRAMES_LOGMEL ? "mels" : "bands", s->low, s->high,
                 s->rate == 1 ? " cycles a sample" : " Hz");
    if (*f->of->note) hg__note_add(r->note, sizeof r->note, "%s", f->of->note);
}

static int next_frames(hg__recording *r, hg__steps *to, hg_error *err) {
    framed *f = r->made;
    for (;;) {
        if (hg__framer_is_empty(f->framer)) snprintf(f->path, sizeof f->path, "%s", f->of->path);
        if (hg__framer_run(f->framer, &f->in, &f->at, to)) return 1;
        f->at = f->in.count = 0;
        const int more = hg__recording_next(f->of, &f->in, err);
        if (more < 0) return more;
        if (more) continue;
        f->in.count = 0;
        if (hg__framer_end(f->framer, to)) return 1;
        write_note(r);
        return 0;
    }
}

static int rewind_frames(hg__recording *r, hg_error *err) {
    framed *f = r->made;
    hg__framer_restart(f->framer);
    f->at = f->in.count = 0;
    return hg__recording_rewind(f->of, err);
}

static void close_frames(hg__recording *r) {
    framed *f = r->made;
    if (!f) return;
    hg__recording_close(f->of);
    hg__framer_free(f->framer);
    hg__free(f);
}

static const hg__recording_over over_frames = {next_frames, rewind_frames, close_frames};

// ---- making -------------------------------------------------------------------------------------

static int check_rate(const hg__recording *of, const hg__frames_setup *s, hg_error *err) {
    const double rate = of->rate > 0 ? of->rate : of->step > 0 ? 1 / of->step : 0;
    if (s->rate == 1 || rate == 0 || fabs(rate - s->rate) <= 1e-3 * s->rate) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %.9g samples a second, got %.9g", of->path,
                    s->rate, rate);
}

typedef struct sums {
    double count, sum, squares;
} sums;

// Adds what is there of each channel, around the first that is.
static void add_block(sums *s, float *around, const hg__steps *in, int32_t channels) {
    for (size_t i = 0; i < (size_t)in->count * (size_t)channels; i++) {
        const size_t c = i % (size_t)channels;
        if (!isfinite(in->value[i])) continue;
        if (s[c].count == 0) around[c] = in->value[i];
        const double x = (double)in->value[i] - (double)around[c];
        s[c].count += 1;
        s[c].sum += x;
        s[c].squares += x * x;
    }
}

// The mean square of each channel around its mean, of all channels the mean.
static int measure_level(hg__recording *of, double *level, hg_error *err) {
    const size_t channels = (size_t)of->channels;
    sums *s = hg__alloc(channels, sizeof *s, err);
    float *around = hg__alloc(channels, sizeof *around, err);
    int more = s && around ? 1 : HG_ERR_MEMORY;
    hg__steps in;
    while (more > 0) {
        more = hg__recording_next(of, &in, err);
        if (more > 0) add_block(s, around, &in, of->channels);
    }
    *level = 0;
    for (size_t c = 0; c < channels && more == 0; c++) {
        if (s[c].count == 0) continue;
        const double mean = s[c].sum / s[c].count;
        *level += fmax(0, s[c].squares / s[c].count - mean * mean) / of->channels;
    }
    hg__free(s);
    hg__free(around);
    return more < 0 ? more : hg__recording_rewind(of, err);
}

// What it says of itself.
static int introduce(hg__recording *r, const hg__frames_setup *s, hg_error *err) {
    const framed *f = r->made;
    const hg__recording *of = f->of;
    const int32_t width = hg__frames_width(hg__framer_frames(f->framer));
    r->name = hg__alloc((size_t)width, sizeof *r->name, err);
    if (!r->name) return HG_ERR_MEMORY;
    for (r->channels = 0; r->channels < width; r->channels++) {
        char name[HG_BAND_NAME];
        const char *channel = of->channels > 1 ? of->name[r->channels / s->bands] : NULL;
        hg__frames_band_name(s, r->channels % s->bands, channel, name);
        r->name[r->channels] = hg__copy_text(name, err);
        if (!r->name[r->channels]) return HG_ERR_MEMORY;
    }
    r->path = f->path;
    r->format = of->format;
    r->named = true;
    r->steps = of->files == 1 && of->steps >= 0 ? hg__frames_count(s, of->steps) : -1;
    r->rate = of->rate / s->hop;
    r->step = of->step * s->hop;
    r->is_coarse = of->is_coarse;
    r->is_irregular = of->is_irregular;
    r->files = of->files;
    r->has_time = of->has_time;
    r->has_when = of->has_when;
    r->has_label = of->has_label;
    write_note(r);
    return HG_OK;
}

static int init_framed(hg__recording *r, const hg__frames_setup *setup, hg_error *err) {
    framed *f = r->made;
    hg__frames_setup s = *setup;
    HG_TRY(check_rate(f->of, &s, err));
    if (s.floor == 0) {
        double level;
        s.floor = hg__frames_setup_default(s.kind, s.rate).floor;
        HG_TRY(hg__frames_setup_check(&s, f->of->path, HG_ERR_USAGE, err));
        HG_TRY(measure_level(f->of, &level, err));
        hg__frames_setup_level(&s, level);
    }
    f->framer = hg__framer_new(&s, f->of->channels, err);
    if (!f->framer) return err && err->code ? (int)err->code : HG_ERR_MEMORY;
    return introduce(r, &s, err);
}

hg__recording *hg__framed_new(hg__recording *of, const hg__frames_setup *setup, hg_error *err) {
    hg__recording *r = hg__alloc(1, sizeof *r, err);
    framed *f = hg__alloc(1, sizeof *f, err);
    if (!r || !f) {
        hg__free(r);
        hg__free(f);
        hg__recording_close(of);
        return NULL;
    }
    f->of = of;
    snprintf(f->path, sizeof f->path, "%s", of->path);
    r->over = &over_frames;
    r->made = f;
    if (init_framed(r, setup, err) == HG_OK) return r;
    hg__recording_close(r);
    return NULL;
}

const hg__frames_setup *hg__framed_setup(const hg__recording *r) {
    const framed *f = r->made;
    return r->over == &over_frames ? setup_of(f) : NULL;
}

const hg__recording *hg__framed_of(const hg__recording *r) {
    const framed *f = r->made;
    return r->over == &over_frames ? f->of : NULL;
}
