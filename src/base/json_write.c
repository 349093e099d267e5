// SPDX-License-Identifier: Apache-2.0
// json_write.c - JSON to text, on one line or for people.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_internal.h"
#include "base/show.h"
#include "base/text.h"

enum { DEEPEST = HG_MAX_JSON_DEPTH + 16 }; // what is built around a value that was read

typedef struct writer {
    hg__text out;
    int digits;   // of a real
    bool compact; // else a line a value
    struct {
        const hg__json *list;
        size_t next;
    } open[DEEPEST];
    int depth;
} writer;

static void add(writer *w, const char *text) {
    hg__text_add_bytes(&w->out, text, strlen(text));
}

static void add_string(writer *w, const char *text, size_t size) {
    static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    add(w, "\"");
    for (size_t i = 0, begin = 0; i <= size; i++) {
        const unsigned char c = i < size ? (unsigned char)text[i] : '\0';
        if (i < size && c >= 0x20 && c != '"' && c != '\\') continue;
        hg__text_add_json(&w->out, text + begin, i - begin);
        begin = i + 1;
        if (i == size) break;
        const char *known = memchr(named, c, sizeof named - 1);
        if (known) {
            const char escape[2] = {'\\', names[known - named]};
            hg__text_add_bytes(&w->out, escape, 2);
        } else {
            hg__text_add(&w->out, "\\u%04X", c);
        }
    }
    add(w, "\"");
}

// A point or an exponent tells a real from an integer; the exponent has no plus and no zeros in front.
static void add_real(writer *w, double x) {
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
    add(w, text);
    if (!strpbrk(text, ".e")) add(w, ".0");
}

static void add_break(writer *w) {
    if (!w->compact) hg__text_add(&w->out, "\n%*s", 2 * w->depth, "");
}

static void add_value(writer *w, const hg__json *v) {
    switch ((hg__json_kind)v->kind) {
    case HG_JSON_NULL: add(w, "null"); break;
    case HG_JSON_BOOLEAN: add(w, hg__json_is_true(v) ? "true" : "false"); break;
    case HG_JSON_INTEGER:
        hg__text_add(&w->out, "%lld", (long long)hg__json_integer_value(v));
        break;
    case HG_JSON_REAL: add_real(w, hg__json_number_value(v)); break;
    case HG_JSON_STRING: add_string(w, hg__json_string_value(v), hg__json_string_size(v)); break;
    case HG_JSON_ARRAY:
    case HG_JSON_OBJECT:
        add(w, v->kind == HG_JSON_OBJECT ? "{" : "[");
        if (w->depth == DEEPEST) {
            w->out.failed = true;
            break;
        }
        w->open[w->depth].list = v;
        w->open[w->depth++].next = 0;
        break;
    }
}

// The next of the innermost list, or its end.
static void go_on(writer *w) {
    const hg__json *list = w->open[w->depth - 1].list;
    const size_t i = w->open[w->depth - 1].next++;
    if (i == hg__json_count(list)) {
        w->depth--;
        if (i > 0) add_break(w);
        add(w, list->kind == HG_JSON_OBJECT ? "}" : "]");
        return;
    }
    if (i > 0) add(w, ",");
    add_break(w);
    if (list->kind == HG_JSON_OBJECT) {
        const char *key = hg__json_key(list, i);
        add_string(w, key, strlen(key));
        add(w, w->compact ? ":" : ": ");
    }
    add_value(w, hg__json_item(list, i));
}

static char *write_all(writer *w, const hg__json *value, hg_error *err) {
    if (value) {
        add_value(w, value);
    } else {
        w->out.failed = true;
    }
    while (w->depth > 0 && !w->out.failed) go_on(w);
    return hg__text_take(&w->out, err);
}

char *hg__json_text(const hg__json *value, hg_error *err) {
    writer w = {.digits = 17, .compact = true};
    return write_all(&w, value, err);
}

char *hg__json_lines(const hg__json *value, int digits, hg_error *err) {
    writer w = {.digits = digits};
    return write_all(&w, value, err);
}
