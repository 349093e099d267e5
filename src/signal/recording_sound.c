// SPDX-License-Identifier: Apache-2.0
// recording_sound.c - sound: WAV, FLAC and what else libsndfile reads. A sample is a step; whole numbers become floats of [-1, 1).
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "files/source.h"
#include "signal/recording_kind.h"
#include "signal/sndfile_api.h"

enum { CHANNELS = 1024, RATE = 1 << 30 }; // at most

typedef struct sound {
    const hg__sf *api;
    int fd; // owned
    uint64_t size, at;
    struct hg__sndfile *file; // owned
    bool is_damaged;          // the file could not be read on
} sound;

// What it begins with, at which byte; NULL behind the last.
static const struct {
    const char *format;
    const char *head;
    size_t at;
    const char *then; // at byte 8
} magics[] = {
    {"wav",  "RIFF",                 0, "WAVE"},
    {"wav",  "RF64",                 0, "WAVE"},
    {"wav",  "RIFX",                 0, "WAVE"},
    {"aiff", "FORM",                 0, "AIF" },
    {"flac", "fLaC",                 0, NULL  },
    {"ogg",  "OggS",                 0, NULL  },
    {"au",   ".snd",                 0, NULL  },
    {"caf",  "caff",                 0, NULL  },
    {"w64",  "riff\x2e\x91\xcf\x11", 0, NULL  }
};

static const char *find_format(const uint8_t *head, size_t size) {
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const size_t n = strlen(magics[i].head);
        const char *then = magics[i].then;
        if (size < 12 || memcmp(head, magics[i].head, n) != 0) continue;
        if (!then || memcmp(head + 8, then, strlen(then)) == 0) return magics[i].format;
    }
    return NULL;
}

static hg__recording_claim sniff_sound(const char *path, const uint8_t *head, size_t size) {
    (void)path;
    return find_format(head, size) ? HG_CLAIM_SURE : HG_CLAIM_NONE;
}

// ---- the file as libsndfile reads it ------------------------------------------------------------

static int64_t tell_size(void *context) {
    return (int64_t)((sound *)context)->size;
}

static int64_t tell_place(void *context) {
    return (int64_t)((sound *)context)->at;
}

static int64_t seek_to(int64_t offset, int whence, void *context) {
    sound *s = context;
    const int64_t from = whence == SEEK_SET   ? 0
                         : whence == SEEK_CUR ? (int64_t)s->at
                                              : (int64_t)s->size;
    if (offset < -from || offset > INT64_MAX - from) return -1;
    s->at = (uint64_t)(from + offset);
    return (int64_t)s->at;
}

static int64_t read_bytes(void *to, int64_t count, void *context) {
    sound *s = context;
    if (count <= 0 || s->at >= s->size) return 0;
    const uint64_t left = s->size - s->at, most = (uint64_t)count < left ? (uint64_t)count : left;
    if (hg__read_at(s->fd, to, (size_t)most, s->at, "", NULL) < 0) {
        s->is_damaged = true;
        return 0;
    }
    s->at += most;
    return (int64_t)most;
}

static int64_t write_nothing(const void *from, int64_t count, void *context) {
    (void)from, (void)count, (void)context;
    return 0;
}

// ---- open ---------------------------------------------------------------------------------------

static int open_bytes(hg__recording_file *f, sound *s, hg_error *err) {
    hg__source source;
    const int fd = hg__open_read(f->source, err);
    if (fd < 0) return fd;
    int code = hg__source_open(&source, fd, f->path, err);
    if (code == HG_OK) {
        const char *format = find_format(source.head, source.head_size);
        if (format) f->format = format;
        s->size = source.size;
    }
    if (code == HG_OK && source.packed) {
        s->fd = hg__source_spill(&source, &s->size, err);
        code = s->fd < 0 ? s->fd : HG_OK;
    } else if (code == HG_OK) {
        s->fd = source.fd;
        source.fd = -1;
    }
    hg__source_close(&source);
    return code;
}

static int name_channels(hg__recording_file *f, int32_t channels, hg_error *err) {
    static const char *const pair[] = {"left", "right"};
    HG_TRY(hg__recording_name_channels(f, channels, err));
    for (int32_t i = 0; i < 2 && channels == 2; i++) {
        f->name[i] = hg__copy_text(pair[i], err);
        if (!f->name[i]) return HG_ERR_MEMORY;
    }
    if (f->o->channels == 0 || f->o->channels == channels) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %d channel%s, got %d", f->path, f->o->channels,
                    f->o->channels == 1 ? "" : "s", channels);
}

static int open_sound(hg__recording_file *f, hg_error *err) {
    static const hg__sf_virtual io = {tell_size, seek_to, read_bytes, write_nothing, tell_place};
    sound *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    f->state = s;
    s->fd = -1;
    s->api = hg__sf_get(f->path, err);
    if (!s->api) return HG_ERR_MISSING;
    HG_TRY(open_bytes(f, s, err));
    hg__sf_info info = {0};
    s->file = s->api->open_virtual(&io, HG_SF_READ, &info, s);
    if (!s->file) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected sound that libsndfile reads, got \"%.120s\"", f->path,
                        s->api->strerror(NULL));
    }
    if (info.channels < 1 || info.channels > CHANNELS || info.rate < 1 || info.rate > RATE) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected 1 to %d channels and a rate of 1 to %d, got %d and %d",
                        f->path, CHANNELS, RATE, info.channels, info.rate);
    }
    f->rate = info.rate;
    f->steps = info.frames < INT64_MAX / 2 && info.frames >= 0 ? info.frames : -1;
    return name_channels(f, info.channels, err);
}

static void close_sound(hg__recording_file *f) {
    sound *s = f->state;
    if (!s) return;
    if (s->file) (void)s->api->close(s->file);
    if (s->fd >= 0) close(s->fd);
    hg__free(s);
}

// ---- samples ------------------------------------------------------------------------------------

static int rewind_sound(hg__recording_file *f, hg_error *err) {
    sound *s = f->state;
    if (s->api->seek(s->file, 0, SEEK_SET) == 0) return HG_OK;
    return hg__fail(err, HG_ERR_IO, "%s: cannot be read again: %.120s", f->path,
                    s->api->strerror(s->file));
}

static int next_sound(hg__recording_file *f, hg__raw *raw, hg_error *err) {
    sound *s = f->state;
    const int64_t got = s->api->readf_float(s->file, raw->value, raw->room);
    if (s->is_damaged) return hg__fail(err, HG_ERR_IO, "%s: cannot be read on", f->path);
    if (got < 0 || s->api->error(s->file)) {
        return hg__fail(err, HG_ERR_DATA, "%s: cannot be decoded: %.120s", f->path,
                        s->api->strerror(s->file));
    }
    raw->count = (int32_t)got;
    const size_t count = (size_t)got * (size_t)f->channels;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(raw->value[i])) raw->value[i] = NAN; // of files of floats
    }
    return got > 0;
}

const hg__recording_kind hg__recording_sound = {"sound",    sniff_sound,  open_sound,
                                                next_sound, rewind_sound, close_sound};
