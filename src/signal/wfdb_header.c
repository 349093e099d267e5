// SPDX-License-Identifier: Apache-2.0
// wfdb_header.c - the header of a WFDB record: a line of the record, then one a signal.
//
//   100 2 360 650000 [12:00:00 [31/01/2020]]
//   100.dat 212[x2][:skew][+offset] 200[(baseline)][/mV] 11 1024 995 -22131 0 MLII
//
// What is missing has a default: 250 samples a second, 200 units a physical unit.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "csv/time_text.h"
#include "signal/wfdb.h"

enum { WORD = 256 };

#define RATE 250.0
#define GAIN 200.0

typedef struct reading {
    const char *p, *end; // of the line at hand
    const char *next, *last;
    int32_t line; // from 1
    const char *path;
} reading;

static int fail(const reading *r, hg_error *err, const char *expected, const char *got) {
    return hg__fail(err, HG_ERR_DATA, "%s:%d: expected %s, got '%.60s'", r->path, r->line, expected,
                    got);
}

// The next line that is neither empty nor a comment.
static bool next_line(reading *r) {
    while (r->next < r->last) {
        const char *end = memchr(r->next, '\n', (size_t)(r->last - r->next));
        r->p = r->next;
        r->end = end ? end : r->last;
        r->next = end ? end + 1 : r->last;
        r->line++;
        while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r')) r->p++;
        if (r->p < r->end && *r->p != '#') return true;
    }
    return false;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

// The next word of the line, cut where it is too long; false where there is none.
static bool next_word(reading *r, char word[WORD]) {
    size_t n = 0;
    while (r->p < r->end && is_blank(*r->p)) r->p++;
    for (; r->p < r->end && !is_blank(*r->p); r->p++) {
        if (n < WORD - 1) word[n++] = *r->p;
    }
    word[n] = '\0';
    return n > 0;
}

static bool to_whole(const char *text, int64_t least, int64_t most, int64_t *x) {
    return hg__parse_int(text, x) && *x >= least && *x <= most;
}

// ---- the record ---------------------------------------------------------------------------------

// "12:00:00[.5]" and "31/01/2020".
static void read_start(hg__wfdb_header *h, const char *clock, const char *date) {
    const size_t length = strlen(date);
    double time;
    char text[64];
    if (length != 10 || date[2] != '/' || date[5] != '/') return;
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%s%.20s", date + 6, date + 3, date,
             clock[1] == ':' ? "0" : "", clock);
    if (hg__parse_time(text, strlen(text), &time)) h->start = time;
}

static int read_record(hg__wfdb_header *h, reading *r, hg_error *err) {
    char word[WORD], date[WORD];
    int64_t signals, frames = 0;
    if (!next_line(r)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected the line of a record, got none", r->path);
    }
    (void)next_word(r, word);
    if (strchr(word, '/')) return fail(r, err, "a record of one segment", word);
    if (!next_word(r, word) || !to_whole(word, 1, HG_WFDB_SIGNALS, &signals)) {
        return fail(r, err, "a number of signals from 1 to 4096", word);
    }
    h->rate = RATE;
    if (next_word(r, word)) {
        word[strcspn(word, "/(")] = '\0'; // the counter's
        if (!hg__parse_float(word, &h->rate) || !(h->rate > 0 && h->rate < 1e12)) {
            return fail(r, err, "samples a second", word);
        }
    }
    if (next_word(r, word) && !to_whole(word, 0, INT64_MAX >> 16, &frames)) {
        return fail(r, err, "a number of samples", word);
    }
    if (next_word(r, word) && next_word(r, date)) read_start(h, word, date);
    h->frames = frames;
    h->signal = hg__alloc((size_t)signals, sizeof *h->signal, err);
    if (!h->signal) return HG_ERR_MEMORY;
    h->signals = (int32_t)signals;
    return HG_OK;
}

// ---- a signal -----------------------------------------------------------------------------------

// The number at *p with nothing behind it but what `stops` names; *p moves to that.
static bool take_number(const char **p, const char *stops, double *x) {
    char text[64];
    const size_t size = strcspn(*p, stops);
    if (size == 0 || size >= sizeof text) return false;
    memcpy(text, *p, size);
    text[size] = '\0';
    *p += size;
    return hg__parse_float(text, x);
}

// "212x2:1+24"
static bool read_format(hg__wfdb_signal *s, const char *p) {
    double x;
    if (!take_number(&p, "x:+", &x) || x < 0 || x > 1e6) return false;
    s->format = (int32_t)x;
    s->per_frame = 1;
    if (*p == 'x') {
        p++;
        if (!take_number(&p, ":+", &x) || x < 1 || x > HG_WFDB_PER_FRAME || x != floor(x)) {
            return false;
        }
        s->per_frame = (int32_t)x;
    }
    if (*p == ':') {
        p++;
        if (!take_number(&p, "+", &x)) return false;
    }
    if (*p == '+') {
        p++;
        if (!take_number(&p, "", &x) || x < 0 || x > 9e15 || x != floor(x)) return false;
        s->offset = (uint64_t)x;
    }
    return !*p;
}

// "200(1024)/mV"; *has_baseline: it says one.
static bool read_gain(hg__wfdb_signal *s, const char *p, bool *has_baseline) {
    if (!take_number(&p, "(/", &s->gain)) return false;
    if (s->gain == 0) s->gain = GAIN; // not calibrated
    *has_baseline = *p == '(';
    if (!*has_baseline) return true;
    p++;
    return take_number(&p, ")", &s->baseline) && *p == ')';
}

// The file lies beside the header and nowhere else.
static bool is_own_file(const char *name) {
    return *name && !strchr(name, '/') && strcmp(name, "~") != 0 && strcmp(name, "-") != 0 &&
           !hg__path_is_climbing(name);
}

static int copy_name(hg__wfdb_signal *s, reading *r, hg_error *err) {
    char name[WORD];
    while (r->p < r->end && is_blank(*r->p)) r->p++;
    while (r->end > r->p && is_blank(r->end[-1])) r->end--;
    snprintf(name, sizeof name, "%.*s", (int)(r->end - r->p), r->p);
    if (!hg__is_utf8(name, strlen(name))) *name = '\0';
    s->name = hg__copy_text(name, err);
    return s->name ? HG_OK : HG_ERR_MEMORY;
}

static int read_signal(hg__wfdb_signal *s, reading *r, hg_error *err) {
    char word[WORD], formats[64], expected[128];
    bool has_baseline = false;
    int64_t x;
    if (!next_line(r)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a line for each signal, got fewer",
                        r->path);
    }
    (void)next_word(r, word);
    if (!is_own_file(word)) return fail(r, err, "the name of a file beside the header", word);
    s->file = hg__copy_text(word, err);
    if (!s->file) return HG_ERR_MEMORY;
    hg__wfdb_list_formats(formats);
    snprintf(expected, sizeof expected, "one of the formats %s", formats);
    const bool has_format = next_word(r, word) && read_format(s, word);
    if (!has_format || !hg__wfdb_find_format(s->format)) return fail(r, err, expected, word);
    s->gain = GAIN;
    if (next_word(r, word) && !read_gain(s, word, &has_baseline)) {
        return fail(r, err, "a gain such as 200(0)/mV", word);
    }
    // Resolution, zero, first value, checksum, size of blocks.
    for (int i = 0; i < 5 && next_word(r, word); i++) {
        if (!to_whole(word, INT32_MIN, INT32_MAX, &x)) return fail(r, err, "a whole number", word);
        if (i == 1 && !has_baseline) s->baseline = (double)x;
        if (i == 1) s->first = (int32_t)x;
        if (i == 2) s->first = (int32_t)x;
    }
    return copy_name(s, r, err);
}

int hg__wfdb_header_parse(hg__wfdb_header *h, const char *text, size_t size, const char *path,
                          hg_error *err) {
    reading r = {.next = text, .last = text + size, .path = path};
    HG_TRY(read_record(h, &r, err));
    for (int32_t i = 0; i < h->signals; i++) HG_TRY(read_signal(&h->signal[i], &r, err));
    return HG_OK;
}

void hg__wfdb_header_clear(hg__wfdb_header *h) {
    for (int32_t i = 0; h->signal && i < h->signals; i++) {
        hg__free(h->signal[i].file);
        hg__free(h->signal[i].name);
    }
    hg__free(h->signal);
    *h = (hg__wfdb_header){0};
}
