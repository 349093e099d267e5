// SPDX-License-Identifier: Apache-2.0
// csv_filter.c - text in another dialect made the text that the CSV readers know, line for line, as it is read.
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "csv/csv.h"

enum { BLOCK = 1 << 16, SUBSTITUTE = 0xFFFD };

struct hg__csv_filter {
    hg__csv_dialect dialect;
    hg__source *source; // borrowed
    hg__csv_state state;
    char *text; // owned, (capacity): decoded, not translated yet
    size_t capacity, start, end;
    bool at_end;        // the source has no more
    size_t odd;         // bytes of `rest` that are in use
    uint8_t rest[4];    // UTF-16: the beginning of a unit or a pair
    uint8_t raw[BLOCK]; // UTF-16: bytes as they are in the file
    uint16_t unit[BLOCK / 2 + 2];
};

bool hg__csv_dialect_is_plain(const hg__csv_dialect *d) {
    return !d->utf16 && !d->cr && !d->blanks && !*d->comment && !d->quote && !d->escapes;
}

// ---- byte for byte ------------------------------------------------------------------------------

// A byte becomes two at most, and what the line began with may come before it.
size_t hg__csv_room(size_t size) {
    return 2 * size + HG_CSV_LEAD + 2;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

// What may stand before a cell.
static bool is_separator(char c) {
    return c == ',' || c == ';' || c == '\t' || c == '|' || c == '^' || c == '~' || c == '\x1f' ||
           c == '\1' || c == ':';
}

static char *start_line(hg__csv_state *s, char *to) {
    *s = (hg__csv_state){.line_start = true, .cell_start = true, .after_cr = s->after_cr};
    *to++ = '\n';
    return to;
}

// The line's first bytes, which were held back, are no comment.
static char *give_lead(const hg__csv_dialect *d, hg__csv_state *s, char *to) {
    for (uint8_t i = 0; i < s->leads; i++) {
        if (!d->blanks || !is_blank(s->lead[i])) *to++ = s->lead[i];
    }
    s->cell_start = s->leads == 0 || (d->quote && is_blank(s->lead[s->leads - 1]));
    s->leads = 0;
    s->line_start = false;
    return to;
}

// Where only blanks and the first byte of a mark were seen so far. True if c is held back, or begins a comment.
static bool begins_comment(const hg__csv_dialect *d, hg__csv_state *s, char c) {
    const bool half = s->leads > 0 && !is_blank(s->lead[s->leads - 1]);
    const bool may_be = d->comment[half] && c == d->comment[half];
    if (may_be && !d->comment[half + 1]) {
        s->in_comment = true;
        return true;
    }
    if (!may_be && (half || !is_blank(c))) return false;
    if (s->leads == HG_CSV_LEAD) return false;
    s->lead[s->leads++] = c;
    return true;
}

static char *put_in_quotes(const hg__csv_dialect *d, hg__csv_state *s, char c, char *to) {
    if (s->after_escape) {
        s->after_escape = false;
        if (c == '"') *to++ = '"';
        if (c != '"' && c != '\\' && c != '\'') *to++ = '\\';
        *to++ = c;
    } else if (d->escapes && c == '\\') {
        s->after_escape = true;
    } else if (c == (d->quote ? d->quote : '"')) {
        s->after_quote = true; // the end, or the first of two that mean one
    } else {
        if (c == '"') *to++ = '"';
        *to++ = c;
    }
    return to;
}

// Behind a quote within quotes. True if c is used up.
static bool ends_quotes(const hg__csv_dialect *d, hg__csv_state *s, char c, char **to) {
    const char quote = d->quote ? d->quote : '"';
    s->after_quote = false;
    if (c == quote) {
        if (quote == '"') *(*to)++ = '"';
        *(*to)++ = c;
        return true;
    }
    *(*to)++ = '"';
    s->in_quotes = false;
    return false;
}

static char *put_outside(const hg__csv_dialect *d, hg__csv_state *s, char c, char *to) {
    if (d->blanks && is_blank(c)) {
        s->after_blank = true;
        s->cell_start = true;
        return to;
    }
    if (s->after_blank) *to++ = '\t';
    s->after_blank = false;
    if (s->cell_start && c == (d->quote ? d->quote : '"')) {
        s->in_quotes = true;
        *to++ = '"';
    } else {
        *to++ = c;
    }
    s->cell_start = is_separator(c) || (s->cell_start && is_blank(c) && d->quote);
    return to;
}

static char *put(const hg__csv_dialect *d, hg__csv_state *s, char c, char *to) {
    if (d->cr) {
        const bool second = s->after_cr && c == '\n';
        s->after_cr = c == '\r';
        if (second) return to;
        if (c == '\r') c = '\n';
    }
    if (s->in_comment) return c == '\n' ? start_line(s, to) : to;
    if (s->after_quote && ends_quotes(d, s, c, &to)) return to;
    if (s->in_quotes) return put_in_quotes(d, s, c, to);
    if (c == '\n') {
        if (s->line_start) to = give_lead(d, s, to);
        return start_line(s, to);
    }
    if (s->line_start) {
        if (!s->leads && d->blanks && is_blank(c)) return to;
        if (*d->comment && begins_comment(d, s, c)) return to;
        to = give_lead(d, s, to);
    }
    return put_outside(d, s, c, to);
}

size_t hg__csv_translate(const hg__csv_dialect *d, hg__csv_state *s, const char *from, size_t size,
                         char *to) {
    char *at = to;
    for (size_t i = 0; i < size; i++) at = put(d, s, from[i], at);
    return (size_t)(at - to);
}

// ---- from the source ----------------------------------------------------------------------------

static int make_room(hg__csv_filter *f, size_t room, hg_error *err) {
    if (f->capacity >= room) return HG_OK;
    char *grown = hg__grow(f->text, room, 1, err);
    if (!grown) return HG_ERR_MEMORY;
    f->text = grown;
    f->capacity = room;
    return HG_OK;
}

hg__csv_filter *hg__csv_filter_new(hg__source *source, hg_error *err) {
    hg__csv_filter *f = hg__alloc(1, sizeof *f, err);
    if (!f) return NULL;
    f->source = source;
    f->state = (hg__csv_state){.line_start = true, .cell_start = true};
    return f;
}

int hg__csv_filter_begin(hg__csv_filter *f, const hg__csv_dialect *d, const char *text, size_t size,
                         bool at_end, hg_error *err) {
    const size_t block = (size_t)BLOCK / 2 * HG_UTF8_A_UNIT + 16, left = f->end - f->start;
    HG_TRY(make_room(f, size + left > block ? size + left : block, err));
    f->dialect = *d;
    f->state = (hg__csv_state){.line_start = true, .cell_start = true};
    memmove(f->text + size, f->text + f->start, left);
    if (size) memcpy(f->text, text, size);
    f->start = 0;
    f->end = size + left;
    f->at_end = f->at_end || at_end;
    return HG_OK;
}

const hg__csv_dialect *hg__csv_filter_dialect(const hg__csv_filter *f) {
    return &f->dialect;
}

void hg__csv_filter_free(hg__csv_filter *f) {
    if (!f) return;
    hg__free(f->text);
    hg__free(f);
}

// `size` bytes of UTF-16 at raw, of which what is cut off at its end is left for the next time. A half of a pair that stands
// alone becomes the character that says so.
static void decode(hg__csv_filter *f, size_t size) {
    const int low = f->dialect.utf16 == 'b';
    size_t units = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        f->unit[units++] = (uint16_t)(f->raw[i + (size_t)low] | f->raw[i + 1 - (size_t)low] << 8);
    }
    size_t keep = size % 2;
    if (units > 0 && !f->at_end && (f->unit[units - 1] & 0xFC00) == 0xD800) {
        units--;
        keep += 2;
    }
    memcpy(f->rest, f->raw + size - keep, keep);
    f->odd = keep;
    for (size_t i = 0; i < units;) {
        const bool pair =
            i + 1 < units && (f->unit[i] & 0xFC00) == 0xD800 && (f->unit[i + 1] & 0xFC00) == 0xDC00;
        const bool half = (f->unit[i] & 0xF800) == 0xD800 && !pair;
        if (half) f->unit[i] = SUBSTITUTE;
        i += pair ? 2 : 1;
    }
    f->end = (size_t)hg__utf16_to_utf8(f->unit, units, f->text);
}

static int fetch(hg__csv_filter *f, hg_error *err) {
    f->start = f->end = 0;
    if (f->at_end) return HG_OK;
    if (f->dialect.utf16) {
        memcpy(f->raw, f->rest, f->odd);
        const size_t want = BLOCK - f->odd;
        const int64_t n = hg__source_read(f->source, f->raw + f->odd, want, err);
        if (n < 0) return (int)n;
        f->at_end = (size_t)n < want;
        decode(f, f->odd + (size_t)n);
        if (f->at_end && f->odd) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected UTF-16, of two bytes each, got an odd number of bytes",
                            f->source->path);
        }
        return HG_OK;
    }
    const int64_t n = hg__source_read(f->source, f->text, BLOCK, err);
    if (n < 0) return (int)n;
    f->at_end = n < BLOCK;
    f->end = (size_t)n;
    return HG_OK;
}

// What was held back and turns out to be the last.
static size_t end_text(const hg__csv_dialect *d, hg__csv_state *s, char *to) {
    char *at = to;
    if (s->after_quote) *at++ = '"';
    if (s->line_start && !s->in_comment) at = give_lead(d, s, at);
    s->after_quote = false;
    return (size_t)(at - to);
}

int64_t hg__csv_filter_read(hg__csv_filter *f, char *to, size_t room, bool *at_end, hg_error *err) {
    size_t used = 0;
    for (;;) {
        if (f->start == f->end) HG_TRY(fetch(f, err));
        if (f->start == f->end && f->at_end) break;
        if (room - used < hg__csv_room(1)) break;
        size_t n = (room - used - hg__csv_room(0)) / 2;
        if (n > f->end - f->start) n = f->end - f->start;
        used += hg__csv_translate(&f->dialect, &f->state, f->text + f->start, n, to + used);
        f->start += n;
    }
    *at_end = f->start == f->end && f->at_end && room - used >= hg__csv_room(1);
    if (*at_end) used += end_text(&f->dialect, &f->state, to + used);
    return (int64_t)used;
}
