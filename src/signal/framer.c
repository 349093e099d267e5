// SPDX-License-Identifier: Apache-2.0
// framer.c - blocks of samples to blocks of frames. What a sheet wants of a frame, row, time and label, is kept of the first sample of
// each hop until its frame is made.
#include "signal/framer.h"

#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "signal/recording_kind.h"

enum { WHEN = 40 };

// What a sample has beside its values.
typedef struct mark {
    int64_t row;
    double time;
    uint8_t label;
    char when[WHEN];
} mark;

struct hg__framer {
    hg__frames *frames; // owned
    int32_t channels;
    int64_t came; // samples since it began
    bool is_ending, is_fresh;
    bool has_time, has_when, has_label; // of what came
    int32_t file;                       // likewise
    mark *mark;                         // owned, (marks): of sample k hop at k % marks
    mark last;                          // of the sample that came last
    int32_t marks, room;
    float *value; // owned, (room, width)
    mark *out;    // owned, (room)
    int64_t *row; // owned, (room), and so on
    double *time;
    const char **when;
    uint8_t *label, *begins;
};

static void begin(hg__framer *f) {
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
static void keep_marks(hg__framer *f, const hg__steps *in, int32_t at, int32_t count) {
    const int32_t hop = hg__frames_setup_of(f->frames)->hop;
    for (int32_t i = at; i < at + count; i++, f->came++) {
        mark *m = &f->mark[f->came / hop % f->marks];
        if (f->came % hop == 0) {
            *m = mark_of(in, i);
        } else if (in->label && in->label[i]) {
            m->label = 1;
        }
    }
    if (count > 0) f->last = mark_of(in, at + count - 1);
}

// Frames first .. first + made - 1, whose values are there.
static void hand_out(hg__framer *f, int64_t first, int32_t made, hg__steps *to) {
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
                      .time = f->has_time ? f->time : NULL,
                      .when = f->has_when ? f->when : NULL,
                      .label = f->has_label ? f->label : NULL,
                      .begins = f->begins,
                      .file = f->file};
}

// The frames that are left of what came before.
static int32_t run_end(hg__framer *f, hg__steps *to) {
    const int64_t first = hg__frames_next(f->frames);
    const int32_t made = hg__frames_flush(f->frames, f->value, f->room);
    if (made > 0) hand_out(f, first, made, to);
    if (made < f->room) begin(f);
    return made;
}

// Frames of the samples from *at on, up to where they begin anew.
static int32_t run_block(hg__framer *f, const hg__steps *in, int32_t *at, hg__steps *to) {
    if (in->begins[*at] && f->came > 0) {
        f->is_ending = true;
        return 0;
    }
    if (f->came == 0) f->file = in->file;
    f->has_time = in->time != NULL;
    f->has_when = in->when != NULL;
    f->has_label = in->label != NULL;
    int32_t end = *at + 1, taken;
    while (end < in->count && !in->begins[end]) end++;
    const int64_t first = hg__frames_next(f->frames);
    const float *x = in->value + (size_t)*at * (size_t)f->channels;
    const int32_t made = hg__frames_push(f->frames, x, end - *at, f->value, f->room, &taken);
    keep_marks(f, in, *at, taken);
    *at += taken;
    if (made > 0) hand_out(f, first, made, to);
    return made;
}

int hg__framer_run(hg__framer *f, const hg__steps *in, int32_t *at, hg__steps *to) {
    int32_t made = 0;
    while (made == 0 && (f->is_ending || *at < in->count)) {
        made = f->is_ending ? run_end(f, to) : run_block(f, in, at, to);
    }
    return made > 0;
}

int hg__framer_end(hg__framer *f, hg__steps *to) {
    if (f->came == 0) return 0;
    f->is_ending = true;
    return run_end(f, to) > 0;
}

bool hg__framer_is_empty(const hg__framer *f) {
    return f->came == 0;
}

void hg__framer_restart(hg__framer *f) {
    hg__frames_restart(f->frames);
    begin(f);
}

const hg__frames *hg__framer_frames(const hg__framer *f) {
    return f->frames;
}

// ---- what it needs to go on ---------------------------------------------------------------------

// FIELD(of f), in this order
// clang-format off
#define FIELDS(FIELD) FIELD(came) FIELD(file) FIELD(last)
#define FLAGS(FLAG) FLAG(is_ending) FLAG(is_fresh) FLAG(has_time) FLAG(has_when) FLAG(has_label)
// clang-format on

void hg__framer_write(const hg__framer *f, hg__text *to) {
#define PUT(field) HG_PUT(to, f->field);
    FIELDS(PUT)
    FLAGS(PUT)
#undef PUT
    hg__put(to, f->mark, (size_t)f->marks * sizeof *f->mark);
    hg__frames_write(f->frames, to);
}

bool hg__framer_read(hg__framer *f, hg__bytes *from) {
#define GET(field)     HG_GET(from, f->field);
#define GET_FLAG(flag) hg__get_bool(from, &f->flag);
    FIELDS(GET)
    FLAGS(GET_FLAG)
#undef GET
#undef GET_FLAG
    hg__get(from, f->mark, (size_t)f->marks * sizeof *f->mark);
    bool is_there = hg__frames_read(f->frames, from) && f->came >= 0;
    for (int32_t i = 0; i < f->marks; i++) f->mark[i].when[WHEN - 1] = '\0';
    f->last.when[WHEN - 1] = '\0';
    if (!is_there) hg__framer_restart(f);
    return is_there;
}

// ---- making -------------------------------------------------------------------------------------

static int make_room(hg__framer *f, const hg__frames_setup *s, hg_error *err) {
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

hg__framer *hg__framer_new(const hg__frames_setup *s, int32_t channels, hg_error *err) {
    hg__framer *f = hg__alloc(1, sizeof *f, err);
    if (!f) return NULL;
    f->channels = channels;
    f->frames = hg__frames_new(s, channels, err);
    if (f->frames && make_room(f, s, err) == HG_OK) {
        begin(f);
        return f;
    }
    hg__framer_free(f);
    return NULL;
}

void hg__framer_free(hg__framer *f) {
    if (!f) return;
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
