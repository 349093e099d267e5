// SPDX-License-Identifier: Apache-2.0
// frames_setup.c - what frames are made by: defaults, ranges, and as JSON for the model file, with nothing taken on trust.
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "signal/frames.h"

#define FLOOR 0x1p-52 // a double's spacing at 1

#define X(id, name, bands) name,
const char *const hg__frames_kind_names[HG_FRAME_KIND_COUNT] = {HG_FRAME_KINDS(X)};
#undef X

#define X(id, name, bands) bands,
static const int32_t usual_bands[HG_FRAME_KIND_COUNT] = {HG_FRAME_KINDS(X)};
#undef X

hg__frames_setup hg__frames_setup_default(hg__frames_kind kind, double rate) {
    hg__frames_setup s = {.kind = kind,
                          .rate = rate > 0 ? rate : 1,
                          .fft = 1024,
                          .bands = usual_bands[kind],
                          .power = 2,
                          .floor = FLOOR};
    if (kind == HG_FRAMES_LOGMEL) {
        s.centred = true;
        s.fft = HG_MIN_FRAME;
        while (s.fft < HG_MAX_FRAME && s.fft * 2 <= 0.064 * s.rate) s.fft *= 2;
    } else {
        s.low = 1.5 * s.rate / s.fft;
    }
    s.hop = s.fft / 2;
    s.high = s.rate / 2;
    return s;
}

void hg__frames_setup_level(hg__frames_setup *s, double mean_square) {
    if (mean_square > 1e-200 && mean_square < 1e200) s->floor = 1e-10 * mean_square;
}

// ---- the fields, in the order of the file -------------------------------------------------------

typedef enum field_kind { REAL, WHOLE } field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t at;
    double least, most;
} field;

static const field fields[] = {
    {"rate",  REAL,  offsetof(hg__frames_setup, rate),  1e-6,         1e9         },
    {"fft",   WHOLE, offsetof(hg__frames_setup, fft),   HG_MIN_FRAME, HG_MAX_FRAME},
    {"hop",   WHOLE, offsetof(hg__frames_setup, hop),   1,            HG_MAX_HOP  },
    {"bands", WHOLE, offsetof(hg__frames_setup, bands), 1,            HG_MAX_BANDS},
    {"low",   REAL,  offsetof(hg__frames_setup, low),   0,            1e9         },
    {"high",  REAL,  offsetof(hg__frames_setup, high),  1e-9,         1e9         },
    {"power", WHOLE, offsetof(hg__frames_setup, power), 1,            2           },
    {"floor", REAL,  offsetof(hg__frames_setup, floor), 1e-300,       1e200       },
    {"skip",  WHOLE, offsetof(hg__frames_setup, skip),  0,            1e9         },
    {"most",  WHOLE, offsetof(hg__frames_setup, most),  0,            1e9         },
};
enum { FIELDS = (int)(sizeof fields / sizeof *fields) };

static double get_field(const hg__frames_setup *s, const field *f) {
    const char *at = (const char *)s + f->at;
    double real;
    int32_t whole;
    if (f->kind == REAL) {
        memcpy(&real, at, sizeof real);
        return real;
    }
    memcpy(&whole, at, sizeof whole);
    return whole;
}

static void set_field(hg__frames_setup *s, const field *f, double x) {
    char *at = (char *)s + f->at;
    const int32_t whole = f->kind == WHOLE ? (int32_t)x : 0;
    if (f->kind == REAL) {
        memcpy(at, &x, sizeof x);
    } else {
        memcpy(at, &whole, sizeof whole);
    }
}

static int check_field(const field *f, double x, const char *where, hg_code code, hg_error *err) {
    if (x >= f->least && x <= f->most) return HG_OK;
    return hg__fail(err, code, "%.200s: frames: expected '%s' from %g to %g, got %g", where,
                    f->name, f->least, f->most, x);
}

int hg__frames_setup_check(const hg__frames_setup *s, const char *where, hg_code code,
                           hg_error *err) {
    for (int i = 0; i < FIELDS; i++) {
        HG_TRY(check_field(&fields[i], get_field(s, &fields[i]), where, code, err));
    }
    if (s->fft & (s->fft - 1)) {
        return hg__fail(err, code, "%.200s: frames: expected a power of two as 'fft', got %d",
                        where, s->fft);
    }
    if (s->high > s->rate / 2) {
        return hg__fail(err, code,
                        "%.200s: frames: expected 'high' up to half the rate, %g, got %g", where,
                        s->rate / 2, s->high);
    }
    if (!(s->low < s->high) || (s->kind == HG_FRAMES_OCTAVES && !(s->low > 0))) {
        return hg__fail(err, code, "%.200s: frames: expected 'low' %s 'high', %g, got %g", where,
                        s->kind == HG_FRAMES_OCTAVES ? "above 0 and below" : "below", s->high,
                        s->low);
    }
    if (s->power != 2 && s->kind != HG_FRAMES_LOGMEL) {
        return hg__fail(err, code, "%.200s: frames: expected 2 as 'power' of '%s', got %d", where,
                        hg__frames_kind_names[s->kind], s->power);
    }
    return HG_OK;
}

// ---- JSON ---------------------------------------------------------------------------------------

hg__json *hg__frames_setup_to_json(const hg__frames_setup *s, hg_error *err) {
    hg__json *to =
        hg__json_pack("{s:s, s:b}", "kind", hg__frames_kind_names[s->kind], "centred", s->centred);
    bool good = to != NULL;
    for (int i = 0; i < FIELDS && good; i++) {
        const double x = get_field(s, &fields[i]);
        hg__json *value = fields[i].kind == WHOLE ? hg__json_integer((int64_t)x) : hg__json_real(x);
        good = hg__json_set(to, fields[i].name, value) == 0;
    }
    if (good) return to;
    hg__json_free(to);
    hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a setup of frames");
    return NULL;
}

static int read_kind(const hg__json *from, const char *where, hg__frames_setup *to, hg_error *err) {
    const char *name = hg__json_string_value(hg__json_object_get(from, "kind"));
    for (int i = 0; name && i < HG_FRAME_KIND_COUNT; i++) {
        if (strcmp(name, hg__frames_kind_names[i]) != 0) continue;
        to->kind = (hg__frames_kind)i;
        return HG_OK;
    }
    return hg__fail(
        err, HG_ERR_MODEL,
        "%.200s: frames: expected 'logmel', 'spectrum' or 'octaves' as 'kind', got %s%.40s%s",
        where, name ? "'" : "", name ? name : "none", name ? "'" : "");
}

static int read_field(const hg__json *from, const field *f, const char *where, hg__frames_setup *to,
                      hg_error *err) {
    const hg__json *value = hg__json_object_get(from, f->name);
    if (!(f->kind == WHOLE ? hg__json_is_integer(value) : hg__json_is_number(value))) {
        return hg__fail(err, HG_ERR_MODEL, "%.200s: frames: expected a %snumber as '%s', got %s",
                        where, f->kind == WHOLE ? "whole " : "", f->name,
                        value ? "something else" : "none");
    }
    const double x = hg__json_number_value(value);
    HG_TRY(check_field(f, x, where, HG_ERR_MODEL, err));
    set_field(to, f, x);
    return HG_OK;
}

int hg__frames_setup_from_json(const hg__json *from, const char *where, hg__frames_setup *to,
                               hg_error *err) {
    *to = (hg__frames_setup){0};
    if (!hg__json_is_object(from)) {
        return hg__fail(err, HG_ERR_MODEL, "%.200s: frames: expected an object", where);
    }
    HG_TRY(read_kind(from, where, to, err));
    const hg__json *centred = hg__json_object_get(from, "centred");
    if (!hg__json_is_boolean(centred)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%.200s: frames: expected true or false as 'centred', got %s", where,
                        centred ? "something else" : "none");
    }
    to->centred = hg__json_is_true(centred);
    for (int i = 0; i < FIELDS; i++) HG_TRY(read_field(from, &fields[i], where, to, err));
    return hg__frames_setup_check(to, where, HG_ERR_MODEL, err);
}

// ---- names --------------------------------------------------------------------------------------

void hg__frames_band_name(const hg__frames_setup *s, int32_t band, const char *channel,
                          char name[HG_BAND_NAME]) {
    const bool has = channel && *channel;
    snprintf(name, HG_BAND_NAME, "%.96s%s%s %d", has ? channel : "", has ? " " : "",
             s->kind == HG_FRAMES_LOGMEL ? "mel" : "band", band + 1);
}
