// SPDX-License-Identifier: Apache-2.0
// json_write.c - JSON to text: as it comes; and of values in memory, on one line or for people.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_internal.h"
#include "base/show.h"
#include "base/text.h"

enum { DEEPEST = HG_MAX_JSON_DEPTH + 16 }; // what is built around a value that was read

// ---- as it comes --------------------------------------------------------------------------------

static void add(hg__json_writer *w, const char *text) {
    hg__text_add_bytes(w->to, text, strlen(text));
}

static void add_quoted(hg__json_writer *w, const char *text, size_t size) {
    static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    add(w, "\"");
    for (size_t i = 0, begin = 0; i <= size; i++) {
        const unsigned char c = i < size ? (unsigned char)text[i] : '\0';
        const bool is_short = w->has_short_escapes && c < 0x20;
        if (i < size && c != '"' && c != '\\' && !is_short) continue;
        hg__text_add_json(w->to, text + begin, i - begin);
        begin = i + 1;
        if (i == size) break;
        const char *known = memchr(named, c, sizeof named - 1);
        if (known) {
            const char escape[2] = {'\\', names[known - named]};
            hg__text_add_bytes(w->to, escape, 2);
        } else {
            hg__text_add(w->to, "\\u%04X", c);
        }
    }
    add(w, "\"");
}

static void add_break(hg__json_writer *w) {
    if (w->begins_line) hg__text_add(w->to, "\n%*s", w->blanks, "");
    w->begins_line = false;
}

// What stands before a value.
static void lead_in(hg__json_writer *w, const char *key) {
    if (w->follows) add(w, w->is_spaced && !w->begins_line ? ", " : ",");
    add_break(w);
    w->follows = true;
    if (!key) return;
    add_quoted(w, key, strlen(key));
    add(w, w->is_spaced ? ": " : ":");
}

void hg__json_begin(hg__json_writer *w, const char *key, char bracket) {
    lead_in(w, key);
    hg__text_add_bytes(w->to, &bracket, 1);
    w->follows = false;
}

void hg__json_end(hg__json_writer *w, char bracket) {
    add_break(w);
    hg__text_add_bytes(w->to, &bracket, 1);
    w->follows = true;
}

void hg__json_break(hg__json_writer *w, int blanks) {
    w->begins_line = true;
    w->blanks = blanks;
}

void hg__json_add_string(hg__json_writer *w, const char *key, const char *text, size_t size) {
    lead_in(w, key);
    add_quoted(w, text, size);
}

void hg__json_add_text(hg__json_writer *w, const char *key, const char *text) {
    hg__json_add_string(w, key, text, strlen(text));
}

void hg__json_add_written(hg__json_writer *w, const char *key, const char *json, size_t size) {
    lead_in(w, key);
    hg__text_add_bytes(w->to, json, size);
}

void hg__json_add_boolean(hg__json_writer *w, const char *key, bool x) {
    lead_in(w, key);
    add(w, x ? "true" : "false");
}

void hg__json_add_integer(hg__json_writer *w, const char *key, int64_t x) {
    lead_in(w, key);
    hg__text_add(w->to, "%lld", (long long)x);
}

static bool add_if_none(hg__json_writer *w, const char *key, double x) {
    lead_in(w, key);
    if (!isfinite(x)) add(w, "null");
    return !isfinite(x);
}

void hg__json_add_real(hg__json_writer *w, const char *key, int digits, double x) {
    if (!add_if_none(w, key, x)) hg__text_add(w->to, "%.*g", digits, x);
}

void hg__json_add_fixed(hg__json_writer *w, const char *key, int decimals, double x) {
    if (!add_if_none(w, key, x)) hg__text_add(w->to, "%.*f", decimals, x);
}

// ---- of values ----------------------------------------------------------------------------------

typedef struct walk {
    hg__json_writer to;
    int digits;   // of a real
    bool compact; // else a line a value
    struct {
        const hg__json *list;
        size_t next;
    } open[DEEPEST];
    int depth;
} walk;

// A point or an exponent tells a real from an integer; the exponent has no plus and no zeros in front.
static void add_value_real(walk *w, const char *key, double x) {
    char text[40];
    snprintf(text, sizeof text, "%.*g", w->digits, x);
    char *exponent = strchr(text, 'e');
    if (exponent) {
        char *from = exponent + 1, *to = exponent + 1;
        if (*from == '-') to++;
        if (*from == '-' || *from == '+') from++;
        while (*from == '0' && from[1]) from++;
        memmove(to, from, strlen(from) + 1);
    }
    if (!strpbrk(text, ".e")) memcpy(text + strlen(text), ".0", 3);
    hg__json_add_written(&w->to, key, text, strlen(text));
}

static void add_value(walk *w, const char *key, const hg__json *v) {
    switch ((hg__json_kind)v->kind) {
    case HG_JSON_NULL: hg__json_add_written(&w->to, key, "null", 4); break;
    case HG_JSON_BOOLEAN: hg__json_add_boolean(&w->to, key, hg__json_is_true(v)); break;
    case HG_JSON_INTEGER: hg__json_add_integer(&w->to, key, hg__json_integer_value(v)); break;
    case HG_JSON_REAL: add_value_real(w, key, hg__json_number_value(v)); break;
    case HG_JSON_STRING:
        hg__json_add_string(&w->to, key, hg__json_string_value(v), hg__json_string_size(v));
        break;
    case HG_JSON_ARRAY:
    case HG_JSON_OBJECT:
        hg__json_begin(&w->to, key, v->kind == HG_JSON_OBJECT ? '{' : '[');
        if (w->depth == DEEPEST) {
            w->to.to->failed = true;
            break;
        }
        w->open[w->depth].list = v;
        w->open[w->depth++].next = 0;
        break;
    }
}

// The next of the innermost list, or its end.
static void go_on(walk *w) {
    const hg__json *list = w->open[w->depth - 1].list;
    const size_t i = w->open[w->depth - 1].next++, count = hg__json_count(list);
    const bool is_object = list->kind == HG_JSON_OBJECT;
    if (i == count) w->depth--;
    if (!w->compact && count > 0) hg__json_break(&w->to, 2 * w->depth);
    if (i == count) {
        hg__json_end(&w->to, is_object ? '}' : ']');
    } else {
        add_value(w, is_object ? hg__json_key(list, i) : NULL, hg__json_item(list, i));
    }
}

static char *write_all(const hg__json *value, int digits, bool compact, hg_error *err) {
    hg__text text = {0};
    walk w = {
        .to = {.to = &text, .is_spaced = !compact, .has_short_escapes = true},
        .digits = digits,
        .compact = compact
    };
    if (value) {
        add_value(&w, NULL, value);
    } else {
        text.failed = true;
    }
    while (w.depth > 0 && !text.failed) go_on(&w);
    return hg__text_take(&text, err);
}

char *hg__json_text(const hg__json *value, hg_error *err) {
    return write_all(value, 17, true, err);
}

char *hg__json_lines(const hg__json *value, int digits, hg_error *err) {
    return write_all(value, digits, false, err);
}
