// SPDX-License-Identifier: Apache-2.0
// framed.c - blocks of samples to blocks of frames. What a sheet wants of a frame, row, time and label, is kept of the first sample of
// each hop until its frame is made.
#include "signal/framed.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "signal/recording_kind.h"

enum { WHEN = 40, PATH = 4096 };

// What a sample has beside its values.
typedef struct mark {
    int64_t row;
    double time;
    uint8_t label;
    char when[WHEN];
} mark;

typedef struct framed {
    hg__recording *of; // owned
    hg__frames *frames;
    hg__steps in; // the block at hand
    int32_t at;   // of it, what was taken
    int64_t came; // samples since it began
    bool is_ending, is_fresh;
    int32_t file;    // of what came
    char path[PATH]; // likewise: that of `of` is gone with its file
    mark *mark;      // owned, (marks): of sample k hop at k % marks
    mark last;       // of the sample that came last
    int32_t marks, room;
    float *value; // owned, (room, width)
    mark *out;    // owned, (room)
    int64_t *row; // owned, (room), and so on
    double *time;
    const char **when;
    uint8_t *label, *begins;
} framed;

// ---- samples ------------------------------------------------------------------------------------

static void begin(framed *f) {
    f->came = 0;
    f->is_ending = false;
    f->is_fresh = true;
}

static mark mark_of(const hg__steps *in, int32_t i) {
    mark m = {
        .row = in->row[i], .time = in->time ? in->time[i] : 0, .label = in->label && in->label[i]};
    if (in->when) snprintf(m.when, sizeof m.when, "%s", in->when[i]);
    return m;
}

// Of samples at .. at + count - 1 of the block, which are number came and so on.
static void keep_marks(framed *f, int32_t count) {
    const int32_t hop = hg__frames_setup_of(f->frames)->hop;
    for (int32_t i = f->at; i < f->at + count; i++, f->came++) {
        mark *m = &f->mark[f->came / hop % f->marks];
        if (f->came % hop == 0) {
            *m = mark_of(&f->in, i);
        } else if (f->in.label && f->in.label[i]) {
            m->label = 1;
        }
    }
    if (count > 0) f->last = mark_of(&f->in, f->at + count - 1);
}

// Frames first .. first + made - 1, whose values are there.
static void hand_out(framed *f, int64_t first, int32_t made, hg__steps *to) {
    const int32_t hop = hg__frames_setup_of(f->frames)->hop;
    for (int32_t i = 0; i < made; i++) {
        const int64_t k = first + i;
        f->out[i] = k * hop < f->came ? f->mark[k % f->marks] : f->last;
        f->row[i] = f->out[i].row;
        f->time[i] = f->out[i].time;
        f->label[i] = f->out[i].label;
        f->when[i] = f->out[i].when;
        f->begins[i] = f->is_fresh && i == 0;
    }
    f->is_fresh = false;
    *to = (hg__steps){.count = made,
                      .value = f->value,
                      .row = f->row,
                      .time = f->of->has_time ? f->time : NULL,
                      .when = f->of->has_when ? f->when : NULL,
                      .label = f->of->has_label ? f->label : NULL,
                      .begins = f->begins,
                      .file = f->file};
}

// The frames that are left of what came before.
static int32_t run_end(framed *f, hg__steps *to) {
    const int64_t first = hg__frames_next(f->frames);
    const int32_t made = hg__frames_flush(f->frames, f->value, f->room);
    if (made > 0) hand_out(f, first, made, to);
    if (made < f->room) begin(f);
    return made;
}

// Frames of the samples at hand up to where they begin anew.
static int32_t run_block(framed *f, hg__steps *to) {
    if (f->in.begins[f->at] && f->came > 0) {
        f->is_ending = true;
        return 0;
    }
    if (f->came == 0) {
        f->file = f->in.file;
        snprintf(f->path, sizeof f->path, "%s", f->of->path);
    }
    int32_t end = f->at + 1, taken;
    while (end < f->in.count && !f->in.begins[end]) end++;
    const int64_t first = hg__frames_next(f->frames);
    const float *x = f->in.value + (size_t)f->at * (size_t)f->of->channels;
    const int32_t made = hg__frames_push(f->frames, x, end - f->at, f->value, f->room, &taken);
    keep_marks(f, taken);
    f->at += taken;
    if (made > 0) hand_out(f, first, made, to);
    return made;
}

// ---- as a recording -----------------------------------------------------------------------------

static void write_note(hg__recording *r) {
    const framed *f = r->made;
    const hg__frames_setup *s = hg__frames_setup_of(f->frames);
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
        int32_t made = 0;
        if (f->is_ending) {
            made = run_end(f, to);
        } else if (f->at < f->in.count) {
            made = run_block(f, to);
        } else {
            f->at = f->in.count = 0;
            const int more = hg__recording_next(f->of, &f->in, err);
            if (more < 0) return more;
            if (more == 0 && f->came == 0) {
                write_note(r);
                return 0;
            }
            if (more == 0) {
                f->in.count = 0;
                f->is_ending = true;
            }
        }
        if (made == 0) continue;
        return 1;
    }
}

static int rewind_frames(hg__recording *r, hg_error *err) {
    framed *f = r->made;
    hg__frames_restart(f->frames);
    f->at = f->in.count = 0;
    begin(f);
    return hg__recording_rewind(f->of, err);
}

static void close_frames(hg__recording *r) {
    framed *f = r->made;
    if (!f) return;
    hg__recording_close(f->of);
    hg__frames_free(f->frames);
    hg__free(f->mark);
    hg__free(f->value);
    hg__free(f->out);
    hg__free(f->row);
    hg__free(f->time);
    hg__free(f->when);
    hg__free(f->label);
    hg__free(f->begins);
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

static int make_room(framed *f, const hg__frames_setup *s, hg_error *err) {
    const int32_t pad = hg__frames_pad(f->frames), width = hg__frames_width(f->frames);
    const int32_t pending = (s->fft + pad) / s->hop + 2;
    f->room = hg__max(1, hg__min(HG_STEPS / s->hop + pending, HG_BLOCK_CELLS / width));
    f->marks = HG_STEPS / s->hop + 2 * pending + 2;
    const size_t room = (size_t)f->room;
    f->value = hg__alloc(room * (size_t)width, sizeof *f->value, err);
    f->mark = hg__alloc((size_t)f->marks, sizeof *f->mark, err);
    f->out = hg__alloc(room, sizeof *f->out, err);
    f->row = hg__alloc(room, sizeof *f->row, err);
    f->time = hg__alloc(room, sizeof *f->time, err);
    f->when = hg__alloc(room, sizeof *f->when, err);
    f->label = hg__alloc(room, 1, err);
    f->begins = hg__alloc(room, 1, err);
    const bool is_there =
        f->value && f->mark && f->out && f->row && f->time && f->when && f->label && f->begins;
    return is_there ? HG_OK : HG_ERR_MEMORY;
}

// What it says of itself.
static int introduce(hg__recording *r, const hg__frames_setup *s, hg_error *err) {
    const framed *f = r->made;
    const hg__recording *of = f->of;
    const int32_t width = hg__frames_width(f->frames);
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
    f->frames = hg__frames_new(&s, f->of->channels, err);
    if (!f->frames) return err && err->code ? (int)err->code : HG_ERR_MEMORY;
    HG_TRY(make_room(f, &s, err));
    begin(f);
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
    return r->over == &over_frames ? hg__frames_setup_of(f->frames) : NULL;
}

const hg__recording *hg__framed_of(const hg__recording *r) {
    const framed *f = r->made;
    return r->over == &over_frames ? f->of : NULL;
}
