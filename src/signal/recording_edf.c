// SPDX-License-Identifier: Apache-2.0
// recording_edf.c - EDF, EDF+ and BDF (edfplus.info): signals in physical units, record by record, each signal at its own rate.
//
//   256 bytes of the file, 256 a signal, records of: all samples of signal 1, all of signal 2 ...
//
// The fastest signal sets the steps; the others hold their values. Annotations are no signal; in a file with interruptions (EDF+D) they
// say when a record begins.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "csv/time_text.h"
#include "files/source.h"
#include "signal/recording_kind.h"

enum { HEAD = 256, SIGNALS = 4096, RECORD = 64 << 20 }; // bytes; bytes of a record, at most

typedef struct edf_signal {
    int64_t samples;    // a record
    uint64_t at;        // its first byte in a record
    double scale, zero; // physical = scale * x + zero
    int32_t channel;    // -1: annotations
} edf_signal;

typedef struct edf {
    int fd;              // owned
    uint64_t size, body; // bytes of the file, of its header
    int32_t width;       // bytes of a sample: 2, of BDF 3
    int32_t signals;
    edf_signal *signal;    // owned, (signals)
    int64_t records, most; // most: samples a record of the fastest signal: steps
    uint64_t record_bytes;
    double duration;   // of a record, seconds
    bool is_broken_up; // EDF+D
    int32_t times;     // the signal of annotations; -1: none
    uint8_t *record;   // owned, (record_bytes)
    int64_t held;      // the record in it; -1: none
    double onset;      // of that one
    int64_t step;      // the next
} edf;

static hg__recording_claim sniff_edf(const char *path, const uint8_t *head, size_t size) {
    (void)path;
    if (size < HEAD) return HG_CLAIM_NONE;
    const bool is_edf = memcmp(head, "0       ", 8) == 0 && head[170] == '.' && head[173] == '.' &&
                        head[178] == '.';
    const bool is_bdf = memcmp(head,
                               "\xff"
                               "BIOSEMI",
                               8) == 0;
    return is_edf || is_bdf ? HG_CLAIM_SURE : HG_CLAIM_NONE;
}

// ---- the header ---------------------------------------------------------------------------------

// `size` bytes as a text without the blanks around it. text (size + 1)
static void trim(const uint8_t *from, size_t size, char *text) {
    while (size > 0 && (from[size - 1] == ' ' || from[size - 1] == 0)) size--;
    while (size > 0 && *from == ' ') {
        from++;
        size--;
    }
    memcpy(text, from, size);
    text[size] = '\0';
}

static int read_number(const hg__recording_file *f, const uint8_t *from, const char *what,
                       double *x, hg_error *err) {
    char text[9];
    trim(from, 8, text);
    if (hg__parse_float(text, x)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got '%s'", f->path, what, text);
}

static int read_whole(const hg__recording_file *f, const uint8_t *from, const char *what,
                      int64_t least, int64_t most, int64_t *x, hg_error *err) {
    char text[9];
    trim(from, 8, text);
    if (hg__parse_int(text, x) && *x >= least && *x <= most) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got '%s'", f->path, what, text);
}

// "31.01.02" and "14.30.00": years from 1985 on.
static void read_start(hg__recording_file *f, const uint8_t *head) {
    char text[32];
    const char *d = (const char *)head + 168, *t = (const char *)head + 176;
    snprintf(text, sizeof text, "%s%.2s-%.2s-%.2sT%.2s:%.2s:%.2s",
             d[6] >= '8' && (d[6] > '8' || d[7] >= '5') ? "19" : "20", d + 6, d + 3, d, t, t + 3,
             t + 6);
    double start;
    if (hg__parse_time(text, strlen(text), &start)) f->start = start;
}

static int read_fixed(hg__recording_file *f, edf *e, const uint8_t *head, hg_error *err) {
    int64_t signals, bytes;
    char count[5];
    trim(head + 252, 4, count);
    if (!hg__parse_int(count, &signals) || signals < 1 || signals > SIGNALS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected 1 to %d signals, got '%s'", f->path,
                        SIGNALS, count);
    }
    HG_TRY(read_whole(f, head + 184, "the size of the header", HEAD, HEAD * (SIGNALS + 1LL), &bytes,
                      err));
    const int64_t whole = HEAD * (signals + 1);
    if (bytes != whole) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a header of %lld bytes for %lld signals, got %lld", f->path,
                        (long long)whole, (long long)signals, (long long)bytes);
    }
    HG_TRY(read_whole(f, head + 236, "a number of records", -1, 99999999, &e->records, err));
    HG_TRY(read_number(f, head + 244, "seconds of a record", &e->duration, err));
    if (e->duration < 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected seconds of a record, got %g", f->path,
                        e->duration);
    }
    e->signals = (int32_t)signals;
    e->body = (uint64_t)bytes;
    e->width = *head == '0' ? 2 : 3;
    e->is_broken_up = memcmp(head + 192, "EDF+D", 5) == 0 || memcmp(head + 192, "BDF+D", 5) == 0;
    f->format = *head == '0' ? "edf" : "bdf";
    read_start(f, head);
    return HG_OK;
}

// Of signal i, the field that begins at byte `at` of all signals' part: `size` bytes each.
static const uint8_t *field(const edf *e, const uint8_t *part, int32_t i, size_t at, size_t size) {
    return part + at * (size_t)e->signals + size * (size_t)i;
}

static int read_scale(const hg__recording_file *f, const edf *e, const uint8_t *part, int32_t i,
                      edf_signal *s, hg_error *err) {
    double least, most;
    int64_t low, high;
    HG_TRY(read_number(f, field(e, part, i, 104, 8), "a physical minimum", &least, err));
    HG_TRY(read_number(f, field(e, part, i, 112, 8), "a physical maximum", &most, err));
    HG_TRY(read_whole(f, field(e, part, i, 120, 8), "a digital minimum", -(1 << 23), 1 << 23, &low,
                      err));
    HG_TRY(read_whole(f, field(e, part, i, 128, 8), "a digital maximum", -(1 << 23), 1 << 23, &high,
                      err));
    if (low == high || least == most) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: signal %d: expected a minimum other than the maximum, got two of them alike",
            f->path, i + 1);
    }
    s->scale = (most - least) / (double)(high - low);
    s->zero = least - s->scale * (double)low;
    return HG_OK;
}

static bool is_annotations(const char *label) {
    return strcmp(label, "EDF Annotations") == 0 || strcmp(label, "BDF Annotations") == 0;
}

static int read_signal(hg__recording_file *f, edf *e, const uint8_t *part, int32_t i,
                       hg_error *err) {
    edf_signal *s = &e->signal[i];
    char label[17];
    trim(field(e, part, i, 0, 16), 16, label);
    s->at = e->record_bytes;
    HG_TRY(read_whole(f, field(e, part, i, 216, 8), "a number of samples a record", 1, RECORD,
                      &s->samples, err));
    e->record_bytes += (uint64_t)s->samples * (uint64_t)e->width;
    if (e->record_bytes > RECORD) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a record of at most %d bytes, got more",
                        f->path, RECORD);
    }
    s->channel = is_annotations(label) ? -1 : f->channels;
    if (s->channel < 0) {
        if (e->times < 0) e->times = i;
        return HG_OK;
    }
    HG_TRY(read_scale(f, e, part, i, s, err));
    if (s->samples > e->most) e->most = s->samples;
    if (*label && hg__is_utf8(label, strlen(label))) {
        f->named = true;
        f->name[s->channel] = hg__copy_text(label, err);
        if (!f->name[s->channel]) return HG_ERR_MEMORY;
    }
    f->channels++;
    return HG_OK;
}

static int read_signals(hg__recording_file *f, edf *e, hg_error *err) {
    const size_t size = (size_t)e->body - HEAD;
    if (e->size < e->body) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a header of %llu bytes, got %llu", f->path,
                        (unsigned long long)e->body, (unsigned long long)e->size);
    }
    e->signal = hg__alloc((size_t)e->signals, sizeof *e->signal, err);
    uint8_t *part = e->signal ? hg__alloc(size, 1, err) : NULL;
    if (!part) return HG_ERR_MEMORY;
    e->times = -1;
    int code = hg__read_at(e->fd, part, size, HEAD, f->path, err);
    if (code == HG_OK) code = hg__recording_name_channels(f, e->signals, err);
    f->channels = 0;
    for (int32_t i = 0; code == HG_OK && i < e->signals; i++) {
        code = read_signal(f, e, part, i, err);
    }
    hg__free(part);
    if (code == HG_OK && f->channels == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected signals, got annotations alone", f->path);
    }
    return code;
}

// ---- open ---------------------------------------------------------------------------------------

static int open_bytes(hg__recording_file *f, edf *e, uint8_t head[HEAD], hg_error *err) {
    hg__source s;
    const int fd = hg__open_read(f->source, err);
    if (fd < 0) return fd;
    int code = hg__source_open(&s, fd, f->path, err);
    if (code == HG_OK && s.head_size < HEAD) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected a header of %d bytes, got %zu", f->path,
                        HEAD, s.head_size);
    }
    if (code == HG_OK) memcpy(head, s.head, HEAD);
    e->size = s.size;
    if (code == HG_OK && s.packed) {
        e->fd = hg__source_spill(&s, &e->size, err);
        code = e->fd < 0 ? e->fd : HG_OK;
    } else if (code == HG_OK) {
        e->fd = s.fd;
        s.fd = -1;
    }
    hg__source_close(&s);
    return code;
}

static int count_records(hg__recording_file *f, edf *e, hg_error *err) {
    const int64_t there = (int64_t)((e->size - e->body) / e->record_bytes);
    if (e->records < 0) e->records = there; // it was still being written
    if (there < e->records || e->records == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %s%lld records of %llu bytes, got %lld",
                        f->path, e->records ? "" : "at least ",
                        (long long)(e->records ? e->records : 1),
                        (unsigned long long)e->record_bytes, (long long)there);
    }
    e->record = hg__alloc((size_t)e->record_bytes, 1, err);
    e->held = -1;
    return e->record ? HG_OK : HG_ERR_MEMORY;
}

static int open_edf(hg__recording_file *f, hg_error *err) {
    uint8_t head[HEAD] = {0};
    edf *e = hg__alloc(1, sizeof *e, err);
    if (!e) return HG_ERR_MEMORY;
    f->state = e;
    e->fd = -1;
    HG_TRY(open_bytes(f, e, head, err));
    HG_TRY(read_fixed(f, e, head, err));
    HG_TRY(read_signals(f, e, err));
    HG_TRY(count_records(f, e, err));
    f->steps = e->records * e->most;
    f->has_time = e->is_broken_up && e->times >= 0 && e->duration > 0;
    f->rate = e->duration > 0 ? (double)e->most / e->duration : 0;
    return HG_OK;
}

static void close_edf(hg__recording_file *f) {
    edf *e = f->state;
    if (!e) return;
    if (e->fd >= 0) close(e->fd);
    hg__free(e->signal);
    hg__free(e->record);
    hg__free(e);
}

static int rewind_edf(hg__recording_file *f, hg_error *err) {
    (void)err;
    ((edf *)f->state)->step = 0;
    return HG_OK;
}

// ---- samples ------------------------------------------------------------------------------------

// "+12.5\x14...": when the record begins, the first text of its annotations. Where it does not say so, one behind the last.
static void read_onset(edf *e, int64_t record) {
    const edf_signal *s = &e->signal[e->times];
    const char *from = (const char *)e->record + s->at;
    const size_t size = (size_t)s->samples * (size_t)e->width;
    char text[32];
    size_t n = 0;
    while (n < size && n < sizeof text - 1 && from[n] != 0x14 && from[n] != 0x15) {
        text[n] = from[n];
        n++;
    }
    text[n] = '\0';
    const double expected = record == 0 ? 0 : e->onset + e->duration;
    if (!hg__parse_float(text + (*text == '+'), &e->onset)) e->onset = expected;
}

static int hold(hg__recording_file *f, edf *e, int64_t record, hg_error *err) {
    if (e->held == record) return HG_OK;
    e->held = -1;
    const uint64_t at = e->body + (uint64_t)record * e->record_bytes;
    HG_TRY(hg__read_at(e->fd, e->record, (size_t)e->record_bytes, at, f->path, err));
    if (f->has_time) read_onset(e, record);
    e->held = record;
    return HG_OK;
}

static int32_t sample(const edf *e, const edf_signal *s, int64_t at) {
    const uint8_t *p = e->record + s->at + (uint64_t)at * (uint64_t)e->width;
    const uint32_t low = (uint32_t)p[0] | (uint32_t)p[1] << 8;
    if (e->width == 2) return (int32_t)(low ^ 0x8000U) - 0x8000;
    return (int32_t)((low | (uint32_t)p[2] << 16) ^ 0x800000U) - 0x800000;
}

// `count` steps of the record that is held, from its step `first` on.
static void fill(hg__recording_file *f, const edf *e, int64_t first, int32_t count, hg__raw *raw) {
    for (int32_t k = 0; k < e->signals; k++) {
        const edf_signal *s = &e->signal[k];
        if (s->channel < 0) continue;
        float *to = raw->value + (size_t)raw->count * (size_t)f->channels + s->channel;
        for (int32_t i = 0; i < count; i++) {
            const int64_t at = (first + i) * s->samples / e->most;
            const float x = (float)(s->scale * sample(e, s, at) + s->zero);
            to[(size_t)i * (size_t)f->channels] = isfinite(x) ? x : NAN;
        }
    }
    for (int32_t i = 0; i < count && f->has_time; i++) {
        raw->time[raw->count + i] = f->start + e->onset + (double)(first + i) / f->rate;
    }
}

static int next_edf(hg__recording_file *f, hg__raw *raw, hg_error *err) {
    edf *e = f->state;
    while (raw->count < raw->room && e->step < e->records * e->most) {
        const int64_t record = e->step / e->most, first = e->step % e->most;
        const int64_t left = e->most - first, fit = raw->room - raw->count;
        const int32_t count = (int32_t)(left < fit ? left : fit);
        HG_TRY(hold(f, e, record, err));
        fill(f, e, first, count, raw);
        raw->count += count;
        e->step += count;
    }
    return raw->count > 0;
}

const hg__recording_kind hg__recording_edf = {"edf",    sniff_edf,  open_edf,
                                              next_edf, rewind_edf, close_edf};
