// SPDX-License-Identifier: Apache-2.0
// frames_setup.c - what frames are made by: defaults, ranges, and as JSON for the model file, with nothing taken on trust.
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "signal/frames.h"

// Begins a sentence: where, if that is something, and what it is about.
#define WHERE "%.200s%sframes: "

#define FLOOR 0x1p-52 // a double's spacing at 1

#define X(id, name, bands) name,
const char *const hg__frames_kind_names[HG_FRAME_KIND_COUNT] = {HG_FRAME_KINDS(X)};
#undef X

#define X(id, name, bands) bands,
static const int32_t usual_bands[HG_FRAME_KIND_COUNT] = {HG_FRAME_KINDS(X)};
#undef X

static const char *colon(const char *where) {
    return *where ? ": " : "";
}

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

typedef enum field_kind { REAL, WHOLE, TRUTH } field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t at;
    double least, most;
} field;

static const field fields[] = {
    {"centred", TRUTH, offsetof(hg__frames_setup, centred), 0,            1           },
    {"rate",    REAL,  offsetof(hg__frames_setup, rate),    1e-6,         1e9         },
    {"fft",     WHOLE, offsetof(hg__frames_setup, fft),     HG_MIN_FRAME, HG_MAX_FRAME},
    {"hop",     WHOLE, offsetof(hg__frames_setup, hop),     1,            HG_MAX_HOP  },
    {"bands",   WHOLE, offsetof(hg__frames_setup, bands),   1,            HG_MAX_BANDS},
    {"low",     REAL,  offsetof(hg__frames_setup, low),     0,            1e9         },
    {"high",    REAL,  offsetof(hg__frames_setup, high),    1e-9,         1e9         },
    {"power",   WHOLE, offsetof(hg__frames_setup, power),   1,            2           },
    {"floor",   REAL,  offsetof(hg__frames_setup, floor),   1e-300,       1e200       },
    {"skip",    WHOLE, offsetof(hg__frames_setup, skip),    0,            1e9         },
    {"most",    WHOLE, offsetof(hg__frames_setup, most),    0,            1e9         },
};
enum { FIELDS = (int)(sizeof fields / sizeof *fields) };

static double get_field(const hg__frames_setup *s, const field *f) {
    const char *at = (const char *)s + f->at;
    double real;
    int32_t whole;
    bool truth;
    switch (f->kind) {
    case REAL: memcpy(&real, at, sizeof real); return real;
    case WHOLE: memcpy(&whole, at, sizeof whole); return whole;
    default: memcpy(&truth, at, sizeof truth); return truth;
    }
}

// x is in the field's range.
static void set_field(hg__frames_setup *s, const field *f, double x) {
    char *at = (char *)s + f->at;
    const int32_t whole = f->kind == REAL ? 0 : (int32_t)x;
    const bool truth = whole != 0;
    switch (f->kind) {
    case REAL: memcpy(at, &x, sizeof x); break;
    case WHOLE: memcpy(at, &whole, sizeof whole); break;
    default: memcpy(at, &truth, sizeof truth); break;
    }
}

static int check_field(const field *f, double x, const char *where, hg_code code, hg_error *err) {
    if (x >= f->least && x <= f->most) return HG_OK;
    return hg__fail(err, code, WHERE "expected '%s' from %g to %g, got %g", where, colon(where),
                    f->name, f->least, f->most, x);
}

int hg__frames_setup_check(const hg__frames_setup *s, const char *where, hg_code code,
                           hg_error *err) {
    for (int i = 0; i < FIELDS; i++) {
        HG_TRY(check_field(&fields[i], get_field(s, &fields[i]), where, code, err));
    }
    if (s->fft & (s->fft - 1)) {
        return hg__fail(err, code, WHERE "expected a power of two as 'fft', got %d", where,
                        colon(where), s->fft);
    }
    if (s->high > s->rate / 2) {
        return hg__fail(err, code, WHERE "expected 'high' up to half the rate, %g, got %g", where,
                        colon(where), s->rate / 2, s->high);
    }
    if (!(s->low < s->high) || (s->kind == HG_FRAMES_OCTAVES && !(s->low > 0))) {
        return hg__fail(err, code, WHERE "expected 'low' %s 'high', %g, got %g", where,
                        colon(where), s->kind == HG_FRAMES_OCTAVES ? "above 0 and below" : "below",
                        s->high, s->low);
    }
    if (s->power != 2 && s->kind != HG_FRAMES_LOGMEL) {
        return hg__fail(err, code, WHERE "expected 2 as 'power' of '%s', got %d", where,
                        colon(where), hg__frames_kind_names[s->kind], s->power);
    }
    return HG_OK;
}

// ---- JSON ---------------------------------------------------------------------------------------

static hg__json *json_of(const field *f, double x) {
    if (f->kind == TRUTH) return hg__json_boolean(x != 0);
    return f->kind == WHOLE ? hg__json_integer((int64_t)x) : hg__json_real(x);
}

hg__json *hg__frames_setup_to_json(const hg__frames_setup *s, hg_error *err) {
    hg__json *to = hg__json_pack("{s:s}", "kind", hg__frames_kind_names[s->kind]);
    bool good = to != NULL;
    for (int i = 0; i < FIELDS && good; i++) {
        hg__json *value = json_of(&fields[i], get_field(s, &fields[i]));
        good = hg__json_set(to, fields[i].name, value) == 0;
    }
    if (good) return to;
    hg__json_free(to);
    hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a setup of frames");
    return NULL;
}

static bool find_kind(const char *name, hg__frames_kind *kind) {
    for (int i = 0; i < HG_FRAME_KIND_COUNT; i++) {
        if (strcmp(name, hg__frames_kind_names[i]) != 0) continue;
        *kind = (hg__frames_kind)i;
        return true;
    }
    return false;
}

static int read_field(const hg__json *from, const field *f, const char *where, hg__frames_setup *to,
                      hg_error *err) {
    static const struct {
        const char *name;
        bool (*is)(const hg__json *value);
    } kinds[] = {
        [REAL] = {"a number",       hg__json_is_number },
        [WHOLE] = {"a whole number", hg__json_is_integer},
        [TRUTH] = {"true or false",  hg__json_is_boolean}
    };
    const hg__json *value = hg__json_object_get(from, f->name);
    if (!kinds[f->kind].is(value)) {
        return hg__fail(err, HG_ERR_MODEL, WHERE "expected %s as '%s', got %s", where, colon(where),
                        kinds[f->kind].name, f->name, value ? "something else" : "none");
    }
    const double x = f->kind == TRUTH ? hg__json_is_true(value) : hg__json_number_value(value);
    HG_TRY(check_field(f, x, where, HG_ERR_MODEL, err));
    set_field(to, f, x);
    return HG_OK;
}

int hg__frames_setup_from_json(const hg__json *from, const char *where, hg__frames_setup *to,
                               hg_error *err) {
    *to = (hg__frames_setup){0};
    if (!hg__json_is_object(from)) {
        return hg__fail(err, HG_ERR_MODEL, WHERE "expected an object", where, colon(where));
    }
    const char *name = hg__json_string_value(hg__json_object_get(from, "kind"));
    if (!name || !find_kind(name, &to->kind)) {
        return hg__fail(err, HG_ERR_MODEL,
                        WHERE "expected 'logmel', 'spectrum' or 'octaves' as 'kind', got %s%.40s%s",
                        where, colon(where), name ? "'" : "", name ? name : "none",
                        name ? "'" : "");
    }
    for (int i = 0; i < FIELDS; i++) HG_TRY(read_field(from, &fields[i], where, to, err));
    return hg__frames_setup_check(to, where, HG_ERR_MODEL, err);
}

// ---- as a text ----------------------------------------------------------------------------------

typedef struct given {
    bool is[FIELDS];
    double value[FIELDS];
} given;

static const field *find_field(const char *name) {
    for (int i = 0; i < FIELDS; i++) {
        if (strcmp(name, fields[i].name) == 0) return &fields[i];
    }
    return NULL;
}

static int refuse_name(const char *name, hg_error *err) {
    const char *names[FIELDS];
    char near[HG_SUGGESTED];
    for (int i = 0; i < FIELDS; i++) names[i] = fields[i].name;
    hg__suggest(name, names, FIELDS, near);
    return hg__fail(err, HG_ERR_USAGE, "frames: expected a setting such as hop=512, got '%.40s'%s",
                    name, near);
}

// "hop=512"
static int take_setting(char *word, given *g, hg_error *err) {
    char *equals = strchr(word, '=');
    if (equals) *equals = '\0';
    const field *f = find_field(word);
    if (!f || !equals) return refuse_name(word, err);
    double x;
    if (!hg__parse_float(equals + 1, &x) || (f->kind != REAL && x != floor(x))) {
        return hg__fail(err, HG_ERR_USAGE, "frames: expected a %snumber as '%s', got '%.40s'",
                        f->kind == REAL ? "" : "whole ", word, equals + 1);
    }
    HG_TRY(check_field(f, x, "", HG_ERR_USAGE, err));
    g->is[f - fields] = true;
    g->value[f - fields] = x;
    return HG_OK;
}

static double value_of(const given *g, const char *name, double otherwise) {
    const ptrdiff_t i = find_field(name) - fields;
    return g->is[i] ? g->value[i] : otherwise;
}

// What was given, and what suits that.
static void complete(const given *g, hg__frames_kind kind, double rate, hg__frames_setup *to) {
    *to = hg__frames_setup_default(kind, value_of(g, "rate", rate));
    to->fft = (int32_t)value_of(g, "fft", to->fft);
    to->hop = to->fft / 2;
    if (kind != HG_FRAMES_LOGMEL) to->low = 1.5 * to->rate / to->fft;
    for (int i = 0; i < FIELDS; i++) {
        if (g->is[i]) set_field(to, &fields[i], g->value[i]);
    }
}

int hg__frames_setup_parse(const char *text, double rate, hg__frames_setup *to, hg_error *err) {
    char all[256], *at = all;
    given g = {0};
    hg__frames_kind kind = HG_FRAMES_LOGMEL;
    bool has_kind = false;
    if (snprintf(all, sizeof all, "%s", text) >= (int)sizeof all) {
        return hg__fail(err, HG_ERR_USAGE, "frames: expected up to %d characters, got %zu",
                        (int)sizeof all - 1, strlen(text));
    }
    for (char *word; (word = strsep(&at, " "));) {
        if (!*word) continue;
        if (has_kind) {
            HG_TRY(take_setting(word, &g, err));
            continue;
        }
        has_kind = find_kind(word, &kind);
        if (!has_kind) break;
    }
    if (!has_kind) {
        char near[HG_SUGGESTED];
        hg__suggest(all, hg__frames_kind_names, HG_FRAME_KIND_COUNT, near);
        return hg__fail(err, HG_ERR_USAGE,
                        "frames: expected logmel, spectrum or octaves, got '%.40s'%s", all, near);
    }
    complete(&g, kind, rate, to);
    HG_TRY(hg__frames_setup_check(to, "", HG_ERR_USAGE, err));
    if (kind != HG_FRAMES_LOGMEL) to->floor = value_of(&g, "floor", 0);
    return HG_OK;
}

void hg__frames_setup_format(const hg__frames_setup *s, char text[HG_FRAMES_TEXT]) {
    int at = snprintf(text, HG_FRAMES_TEXT, "%s", hg__frames_kind_names[s->kind]);
    for (int i = 0; i < FIELDS; i++) {
        char number[32];
        hg__format_float(number, get_field(s, &fields[i]));
        at += snprintf(text + at, (size_t)(HG_FRAMES_TEXT - at), " %s=%s", fields[i].name, number);
    }
}

// ---- names --------------------------------------------------------------------------------------

void hg__frames_band_name(const hg__frames_setup *s, int32_t band, const char *channel,
                          char name[HG_BAND_NAME]) {
    const bool has = channel && *channel;
    snprintf(name, HG_BAND_NAME, "%.96s%s%s %d", has ? channel : "", has ? " " : "",
             s->kind == HG_FRAMES_LOGMEL ? "mel" : "band", band + 1);
}
