// SPDX-License-Identifier: Apache-2.0
// row_lines_json.c - an object of JSON in one line as a row.
#include <math.h>
#include <string.h>

#include "streams/row_lines_internal.h"
#include "table/json_line.h"

static void forget(const hg__row_lines *r, hg__row *row) {
    for (int32_t i = 0; i < r->channels; i++) row->value[i] = NAN;
    row->when = NULL;
}

// ---- member by member ---------------------------------------------------------------------------

// Most objects have their members in the order of the one before.
static int32_t find_member(const hg__row_lines *r, const hg__json_member *m, int32_t guess) {
    const char *name = guess <= r->channels ? r->name[guess] : NULL;
    const bool is_guess =
        name && strlen(name) == m->key_size && memcmp(name, m->key, m->key_size) == 0;
    return is_guess ? guess : hg__names_find(r->names, m->key, m->key_size);
}

static int read_number(hg__row_lines *r, int32_t channel, const hg__json_member *m, float *x,
                       hg_error *err) {
    const hg__csv_cell cell = {m->text, m->size, false};
    if (m->kind == HG_MEMBER_NUMBER && hg__csv_plain(m->text, x) == m->text + m->size) return HG_OK;
    hg__csv_kind kind = HG_CSV_TEXT;
    *x = NAN;
    if (m->kind == HG_MEMBER_NUMBER || m->kind == HG_MEMBER_TEXT) {
        kind = hg__csv_read_cell(&cell, x);
    }
    if (m->kind == HG_MEMBER_TEXT && m->size == 0) kind = HG_CSV_MISSING;
    if (kind == HG_CSV_NUMBER) return HG_OK;
    *x = m->kind == HG_MEMBER_TRUE ? 1 : m->kind == HG_MEMBER_FALSE ? 0 : NAN;
    if (!isnan(*x) || m->kind == HG_MEMBER_NULL || kind == HG_CSV_MISSING) return HG_OK;
    return hg__row_lines_bad_cell(r, channel, m->text, m->size, err);
}

static bool says_time(const hg__row_lines *r, const hg__json_member *m) {
    char name[64];
    if (r->has_no_time || *r->time || m->key_size >= sizeof name) return false;
    memcpy(name, m->key, m->key_size);
    name[m->key_size] = '\0';
    return hg__time_name(name) != 0;
}

static bool may_be_time(const hg__json_member *m) {
    return m->kind == HG_MEMBER_TEXT || m->kind == HG_MEMBER_NUMBER;
}

// The member m, which stands at `at`; whether it is a channel.
static int take_member(hg__row_lines *r, int32_t at, const hg__json_member *m, hg__row *row,
                       hg_error *err) {
    const bool is_time = at == r->channels || (at < 0 && !row->when && says_time(r, m));
    if (is_time && m->kind == HG_MEMBER_LIST) {
        HG_TRY(hg__row_lines_bad_cell(r, -1, m->text, m->size, err));
    }
    if (is_time && may_be_time(m)) hg__row_set_when(row, m->text, m->size);
    if (at < 0 || is_time) return 0;
    HG_TRY(read_number(r, at, m, row->value + at, err));
    return 1;
}

static int read_careful(hg__row_lines *r, char *text, size_t size, hg__row *row, hg_error *err) {
    hg__json_walk w;
    hg__json_member m;
    int32_t found = 0, guess = 0;
    int code;
    forget(r, row);
    hg__json_walk_begin(&w, text, size);
    while ((code = hg__json_walk_next(&w, &m)) > 0) {
        const int32_t at = find_member(r, &m, guess);
        if (at >= 0) guess = at + 1;
        code = take_member(r, at, &m, row, err);
        if (code < 0) return code;
        found += code;
    }
    if (code < 0) return hg__row_lines_fail(r, err, "expected %s, got %s", w.expected, w.got);
    if (found) return HG_OK;
    return hg__row_lines_fail(
        r, err,
        "expected an object with '%.100s' or others of the model's channels, got none of them",
        r->name[0]);
}

// ---- the plain way ------------------------------------------------------------------------------

static const char *pass_blanks(const char *p) {
    while (*p == ' ' || *p == '\t') p++;
    return p;
}

// A text without backslashes at the quote p; where it ends, NULL.
static const char *pass_text(const char *p, const char *end, const char **text, size_t *size) {
    if (*p != '"') return NULL;
    *text = ++p;
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ') p++;
    *size = (size_t)(p - *text);
    return p < end && *p == '"' ? p + 1 : NULL;
}

// A number of JSON; where it ends, NULL.
static const char *pass_number(const char *p, float *x) {
    const char *digit = p + (*p == '-');
    if ((unsigned char)(*digit - '0') > 9) return NULL;
    if (*digit == '0' && (unsigned char)(digit[1] - '0') <= 9) return NULL;
    p = hg__csv_plain(p, x);
    return p && (unsigned char)(p[-1] - '0') <= 9 ? p : NULL;
}

// The value at p of the channel (or the time) that stands at `at`; where it ends, NULL.
static const char *pass_value(const hg__row_lines *r, const char *p, const char *end, int32_t at,
                              hg__row *row) {
    if (at < r->channels) return pass_number(p, &row->value[at]);
    if (*p == '"') return pass_text(p, end, &row->when, &row->when_size);
    float ignored;
    const char *behind = pass_number(p, &ignored);
    row->when = p;
    row->when_size = behind ? (size_t)(behind - p) : 0;
    return behind;
}

// An object of known members alone, each a number, and the time: where all that is so, and nothing is within something.
static bool read_plain(const hg__row_lines *r, const char *text, size_t size, hg__row *row) {
    const char *p = pass_blanks(text), *const end = text + size, *key;
    size_t key_size;
    int32_t at = 0;
    do {
        p = pass_text(pass_blanks(p + 1), end, &key, &key_size);
        if (!p || *(p = pass_blanks(p)) != ':') return false;
        const hg__json_member m = {.key = key, .key_size = key_size};
        at = find_member(r, &m, at);
        if (at < 0) return false;
        p = pass_value(r, pass_blanks(p + 1), end, at++, row);
        if (!p) return false;
        p = pass_blanks(p);
    } while (*p == ',');
    if (*p != '}') return false;
    p = pass_blanks(p + 1);
    return p == end || (*p == '\r' && p + 1 == end);
}

int hg__row_lines_read_json(hg__row_lines *r, char *text, size_t size, hg__row *row,
                            hg_error *err) {
    forget(r, row);
    if (!read_plain(r, text, size, row)) HG_TRY(read_careful(r, text, size, row, err));
    r->is_timed |= row->when != NULL;
    if (row->when) HG_TRY(hg__row_lines_read_time(r, row->when, row->when_size, row, err));
    return 1;
}
