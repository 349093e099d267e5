// SPDX-License-Identifier: Apache-2.0
// recording_wfdb.c - a record of WFDB: signals in physical units, of one file or several; label=atr marks beats that are not normal.
//
// Signals with more samples a frame than others set the steps; the others hold their values.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "files/source.h"
#include "signal/wfdb.h"

enum { PATH = 4096, FRAME = 1 << 22 }; // bytes; samples of a frame, at most

#define AROUND 0.3 // seconds on each side of a beat

// Signals that share a file: frame by frame, in each the samples of one after those of the other.
typedef struct group {
    const hg__wfdb_format *format;
    char *path; // owned
    int fd;     // owned
    uint64_t offset, size;
    int32_t first, signals;
    int32_t per_frame; // samples of all
    uint8_t *bytes;    // owned, (room)
    size_t room;
} group;

typedef struct place {
    int32_t group, at; // at: the first of its samples in a frame
    int64_t seen;      // samples that were added up
    int32_t sum;
} place;

typedef struct wfdb {
    char *path; // owned: of the header
    hg__wfdb_header h;
    group *group; // owned, (groups)
    int32_t groups;
    place *place;   // owned, (signals)
    int32_t most;   // samples a frame of the fastest signal: steps
    int64_t frames; // of the record
    int64_t step;   // the next
    hg__wfdb_spans spans;
    size_t span; // the first that may hold the next step
} wfdb;

// ---- which file ---------------------------------------------------------------------------------

static bool ends_in(const char *path, const char *end) {
    const size_t size = strlen(path), most = strlen(end);
    return size > most && strcasecmp(path + size - most, end) == 0;
}

// Record 100 is 100.hea.
static bool is_record(const char *path) {
    char header[PATH];
    if (hg__is_file(path) || hg__is_folder(path) || !*path) return false;
    const int size = snprintf(header, sizeof header, "%s.hea", path);
    return size > 0 && size < PATH && hg__is_file(header);
}

static hg__recording_claim sniff_wfdb(const char *path, const uint8_t *head, size_t size) {
    const bool is_it =
        head ? ends_in(path, ".hea") && hg__magic_is_text(head, size) : is_record(path);
    return is_it ? HG_CLAIM_SURE : HG_CLAIM_NONE;
}

// The file `name` beside the header; owned.
static char *beside(const wfdb *w, const char *name, hg_error *err) {
    const char *slash = strrchr(w->path, '/');
    hg__text text = {0};
    hg__text_add(&text, "%.*s%s", slash ? (int)(slash + 1 - w->path) : 0, w->path, name);
    return hg__text_take(&text, err);
}

// ---- open ---------------------------------------------------------------------------------------

static int read_header(hg__recording_file *f, wfdb *w, hg_error *err) {
    hg__text path = {0};
    hg__content c = {0};
    hg__text_add(&path, "%s%s", f->source, ends_in(f->source, ".hea") ? "" : ".hea");
    w->path = hg__text_take(&path, err);
    if (!w->path) return HG_ERR_MEMORY;
    f->path = w->path;
    HG_TRY(hg__content_read_head(&c, w->path, HG_WFDB_HEADER, err));
    const int code = hg__wfdb_header_parse(&w->h, (const char *)c.data, c.size, w->path, err);
    hg__content_free(&c);
    return code;
}

static int open_bytes(group *g, hg_error *err) {
    hg__source s;
    const int fd = hg__open_read(g->path, err);
    if (fd < 0) return fd;
    int code = hg__source_open(&s, fd, g->path, err);
    g->size = s.size;
    if (code == HG_OK && s.packed) {
        g->fd = hg__source_spill(&s, &g->size, err);
        code = g->fd < 0 ? g->fd : HG_OK;
    } else if (code == HG_OK) {
        g->fd = s.fd;
        s.fd = -1;
    }
    hg__source_close(&s);
    return code;
}

// Signals of one file follow each other.
static int make_groups(wfdb *w, hg_error *err) {
    w->group = hg__alloc((size_t)w->h.signals, sizeof *w->group, err);
    w->place = hg__alloc((size_t)w->h.signals, sizeof *w->place, err);
    if (!w->group || !w->place) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < w->h.signals; i++) {
        const hg__wfdb_signal *s = &w->h.signal[i];
        const bool is_next = i == 0 || strcmp(s->file, w->h.signal[i - 1].file) != 0;
        if (is_next) {
            group *made = &w->group[w->groups++];
            *made = (group){.format = hg__wfdb_find_format(s->format),
                            .fd = -1,
                            .offset = s->offset,
                            .first = i};
            made->path = beside(w, s->file, err);
            if (!made->path) return HG_ERR_MEMORY;
        }
        group *g = &w->group[w->groups - 1];
        if (g->format->number != s->format) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected one format for all signals of %s, got %d and %d", w->path,
                            s->file, g->format->number, s->format);
        }
        w->place[i] = (place){.group = w->groups - 1, .at = g->per_frame};
        g->signals++;
        g->per_frame += s->per_frame;
        if (s->per_frame > w->most) w->most = s->per_frame;
        if (g->per_frame <= FRAME) continue;
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d samples a frame, got more",
                        w->path, FRAME);
    }
    return HG_OK;
}

// Bytes that hold `samples` from the beginning of a group on.
static uint64_t bytes_of(const hg__wfdb_format *k, uint64_t samples) {
    const uint64_t groups = samples / (uint64_t)k->count, rest = samples % (uint64_t)k->count;
    const uint64_t part = (rest * (uint64_t)k->bytes + (uint64_t)k->count - 1) / (uint64_t)k->count;
    return groups * (uint64_t)k->bytes + part;
}

static int open_groups(wfdb *w, hg_error *err) {
    int64_t frames = w->h.frames > 0 ? w->h.frames : INT64_MAX;
    for (int32_t i = 0; i < w->groups; i++) {
        group *g = &w->group[i];
        HG_TRY(open_bytes(g, err));
        const uint64_t bytes = g->size > g->offset ? g->size - g->offset : 0;
        const uint64_t samples = bytes / (uint64_t)g->format->bytes * (uint64_t)g->format->count +
                                 bytes % (uint64_t)g->format->bytes * (uint64_t)g->format->count /
                                     (uint64_t)g->format->bytes;
        const int64_t there = (int64_t)(samples / (uint64_t)g->per_frame);
        if (there < w->h.frames) {
            return hg__fail(err, HG_ERR_DATA, "%s: expected %lld samples of each signal, got %lld",
                            g->path, (long long)w->h.frames, (long long)there);
        }
        if (there < frames) frames = there;
    }
    w->frames = frames;
    if (frames > 0 && frames < INT64_MAX / w->most) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected samples, got none", w->path);
}

static int read_labels(hg__recording_file *f, wfdb *w, hg_error *err) {
    hg__text path = {0};
    if (!*f->o->label) return HG_OK;
    if (strchr(f->o->label, '/')) {
        return hg__fail(err, HG_ERR_USAGE,
                        "label=%.60s: expected the end of a file of annotations, such as atr",
                        f->o->label);
    }
    f->has_label = true;
    hg__text_add(&path, "%.*s.%s", (int)(strlen(w->path) - 4), w->path, f->o->label);
    char *name = hg__text_take(&path, err);
    if (!name) return HG_ERR_MEMORY;
    const int code =
        hg__wfdb_beats_read(&w->spans, name, (int64_t)floor(AROUND * w->h.rate + 0.5), err);
    hg__free(name);
    return code;
}

static int name_channels(hg__recording_file *f, const wfdb *w, hg_error *err) {
    HG_TRY(hg__recording_name_channels(f, w->h.signals, err));
    for (int32_t i = 0; i < f->channels; i++) {
        const char *name = w->h.signal[i].name;
        if (!*name) continue;
        f->named = true;
        f->name[i] = hg__copy_text(name, err);
        if (!f->name[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static void begin(wfdb *w) {
    w->step = 0;
    w->span = 0;
    for (int32_t i = 0; i < w->h.signals; i++) {
        w->place[i].seen = 0;
        w->place[i].sum = w->h.signal[i].first;
    }
}

static int open_wfdb(hg__recording_file *f, hg_error *err) {
    wfdb *w = hg__alloc(1, sizeof *w, err);
    if (!w) return HG_ERR_MEMORY;
    f->state = w;
    HG_TRY(read_header(f, w, err));
    HG_TRY(make_groups(w, err));
    HG_TRY(open_groups(w, err));
    HG_TRY(read_labels(f, w, err));
    f->steps = w->frames * w->most;
    f->rate = w->h.rate * w->most;
    f->start = w->h.start;
    begin(w);
    return name_channels(f, w, err);
}

static void close_wfdb(hg__recording_file *f) {
    wfdb *w = f->state;
    if (!w) return;
    for (int32_t i = 0; i < w->groups; i++) {
        if (w->group[i].fd >= 0) close(w->group[i].fd);
        hg__free(w->group[i].path);
        hg__free(w->group[i].bytes);
    }
    hg__wfdb_spans_clear(&w->spans);
    hg__wfdb_header_clear(&w->h);
    hg__free(w->group);
    hg__free(w->place);
    hg__free(w->path);
    hg__free(w);
}

static int rewind_wfdb(hg__recording_file *f, hg_error *err) {
    (void)err;
    begin(f->state);
    return HG_OK;
}

// ---- samples ------------------------------------------------------------------------------------

// The bytes of frames from `first` to `end`, from the group of samples on in which they begin: *sample is its first. What the
// file ends within is zeros.
static int read_frames(group *g, int64_t first, int64_t end, int64_t *sample, hg_error *err) {
    const hg__wfdb_format *k = g->format;
    const uint64_t from = (uint64_t)(first * g->per_frame) / (uint64_t)k->count;
    const uint64_t samples = (uint64_t)(end * g->per_frame) - from * (uint64_t)k->count;
    const size_t room = (size_t)(samples / (uint64_t)k->count + 1) * (size_t)k->bytes;
    const uint64_t offset = g->offset + from * (uint64_t)k->bytes;
    uint64_t size = bytes_of(k, samples);
    if (room > g->room) {
        hg__free(g->bytes);
        g->room = 0;
        g->bytes = hg__alloc(room, 1, err);
        if (!g->bytes) return HG_ERR_MEMORY;
        g->room = room;
    }
    memset(g->bytes, 0, room);
    if (size > g->size - offset) size = g->size - offset;
    *sample = (int64_t)(from * (uint64_t)k->count);
    return hg__read_at(g->fd, g->bytes, (size_t)size, offset, g->path, err);
}

static float value_of(const group *g, const hg__wfdb_signal *s, place *p, int64_t sample,
                      int64_t first) {
    const hg__wfdb_format *k = g->format;
    const int64_t at = sample - first;
    if (!k->adds_up || sample >= p->seen) {
        const int32_t x = k->get(g->bytes + at / k->count * k->bytes, (int32_t)(at % k->count));
        if (!k->adds_up) {
            return x == k->missing ? NAN : (float)(((double)x - s->baseline) / s->gain);
        }
        const uint32_t sum = (uint32_t)p->sum + (uint32_t)x; // wraps where the file is damaged
        memcpy(&p->sum, &sum, sizeof sum);
        p->seen = sample + 1;
    }
    return (float)(((double)p->sum - s->baseline) / s->gain);
}

static void fill_signal(wfdb *w, int32_t i, int64_t first, int32_t channels, hg__raw *raw) {
    const hg__wfdb_signal *s = &w->h.signal[i];
    place *p = &w->place[i];
    const group *g = &w->group[p->group];
    for (int32_t n = 0; n < raw->count; n++) {
        const int64_t frame = (w->step + n) / w->most, within = (w->step + n) % w->most;
        const int64_t sample = frame * g->per_frame + p->at + within * s->per_frame / w->most;
        float x = value_of(g, s, p, sample, first);
        if (!isfinite(x)) x = NAN;
        raw->value[(size_t)n * (size_t)channels + (size_t)i] = x;
    }
}

static void fill_labels(wfdb *w, hg__raw *raw) {
    for (int32_t n = 0; n < raw->count; n++) {
        const int64_t frame = (w->step + n) / w->most;
        while (w->span < w->spans.count && w->spans.at[2 * w->span + 1] <= frame) w->span++;
        raw->label[n] = w->span < w->spans.count && w->spans.at[2 * w->span] <= frame;
    }
}

static int next_wfdb(hg__recording_file *f, hg__raw *raw, hg_error *err) {
    wfdb *w = f->state;
    const int64_t left = w->frames * w->most - w->step;
    if (left <= 0) return 0;
    raw->count = left < raw->room ? (int32_t)left : raw->room;
    const int64_t first = w->step / w->most, end = (w->step + raw->count - 1) / w->most + 1;
    for (int32_t k = 0; k < w->groups; k++) {
        group *g = &w->group[k];
        int64_t sample;
        HG_TRY(read_frames(g, first, end, &sample, err));
        for (int32_t i = g->first; i < g->first + g->signals; i++) {
            fill_signal(w, i, sample, f->channels, raw);
        }
    }
    if (f->has_label) fill_labels(w, raw);
    w->step += raw->count;
    return 1;
}

const hg__recording_kind hg__recording_wfdb = {"wfdb",    sniff_wfdb,  open_wfdb,
                                               next_wfdb, rewind_wfdb, close_wfdb};
