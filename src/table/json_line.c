// SPDX-License-Identifier: Apache-2.0
// json_line.c - an object in one line of JSON, member by member.
#include "table/json_line.h"

#include <string.h>

void hg__json_walk_begin(hg__json_walk *w, char *line, size_t size) {
    w->at = line;
    w->end = line + size;
    w->first = false;
    w->depth = 0;
    w->prefix[0] = 0;
    w->expected = w->got = "";
}

static int fail(hg__json_walk *w, const char *expected, const char *got) {
    w->expected = expected;
    w->got = got;
    return -1;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void pass_blanks(hg__json_walk *w) {
    while (w->at < w->end && is_blank(*w->at)) w->at++;
}

static bool take(hg__json_walk *w, char c) {
    pass_blanks(w);
    if (w->at == w->end || *w->at != c) return false;
    w->at++;
    return true;
}

// ---- strings ------------------------------------------------------------------------------------

// Four hexadecimal digits at p; false if they are none.
static bool read_unit(const char *p, const char *end, uint32_t *unit) {
    *unit = 0;
    if (end - p < 4) return false;
    for (int i = 0; i < 4; i++) {
        const char c = p[i], low = (char)(c | 0x20);
        const bool digit = c >= '0' && c <= '9';
        if (!digit && (low < 'a' || low > 'f')) return false;
        *unit = *unit << 4 | (uint32_t)(digit ? c - '0' : low - 'a' + 10);
    }
    return true;
}

static char *put_code(char *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint32_t marks[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(marks[more] | code >> (6 * more));
    for (int i = more - 1; i >= 0; i--) *to++ = (char)(0x80 | (code >> (6 * i) & 0x3F));
    return to;
}

// \uXXXX, of which `from` is the first digit, maybe a pair of them; where it ends, NULL if it is none.
static char *read_code(char *from, const char *end, uint32_t *code) {
    uint32_t low;
    if (!read_unit(from, end, code)) return NULL;
    from += 4;
    if ((*code & 0xF800) != 0xD800) return *code ? from : NULL;
    const bool pair = *code < 0xDC00 && end - from >= 6 && from[0] == '\\' && from[1] == 'u' &&
                      read_unit(from + 2, end, &low) && (low & 0xFC00) == 0xDC00;
    if (!pair) return NULL;
    *code = 0x10000 + ((*code & 0x3FF) << 10) + (low & 0x3FF);
    return from + 6;
}

// The string whose opening quote is behind us, decoded where it stands: never longer than it is written.
static int read_string(hg__json_walk *w, const char **text, size_t *size) {
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char *to = w->at;
    *text = to;
    while (w->at < w->end && *w->at != '"') {
        const char c = *w->at++;
        if ((unsigned char)c < ' ') return fail(w, "a string", "a control character in it");
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        const char *letter = w->at < w->end ? memchr(letters, *w->at, sizeof letters - 1) : NULL;
        uint32_t code = letter ? (uint32_t)meant[letter - letters] : 0;
        char *next = w->at + 1;
        if (!letter) {
            next = w->at < w->end && *w->at == 'u' ? read_code(w->at + 1, w->end, &code) : NULL;
        }
        if (!next) return fail(w, "a string", "a backslash that means nothing");
        w->at = next;
        to = put_code(to, code);
    }
    if (w->at == w->end) return fail(w, "a closing quote", "the end of the line");
    w->at++;
    *size = (size_t)(to - *text);
    return 1;
}

// ---- values -------------------------------------------------------------------------------------

static bool pass_digits(hg__json_walk *w) {
    const char *start = w->at;
    while (w->at < w->end && *w->at >= '0' && *w->at <= '9') w->at++;
    return w->at > start;
}

static bool pass_one(hg__json_walk *w, const char *set) {
    if (w->at == w->end || !*w->at || !strchr(set, *w->at)) return false;
    w->at++;
    return true;
}

static int read_number(hg__json_walk *w, hg__json_member *m) {
    m->kind = HG_MEMBER_NUMBER;
    m->text = w->at;
    (void)pass_one(w, "-");
    bool good = pass_digits(w);
    if (good && pass_one(w, ".")) good = pass_digits(w);
    if (good && pass_one(w, "eE")) {
        (void)pass_one(w, "+-");
        good = pass_digits(w);
    }
    m->size = (size_t)(w->at - m->text);
    return good ? 1 : fail(w, "a value", "something else");
}

// Behind the string whose opening quote was just passed; nothing is decoded.
static int pass_string(hg__json_walk *w) {
    for (; w->at < w->end && *w->at != '"'; w->at++) {
        if ((unsigned char)*w->at < ' ') return fail(w, "a string", "a control character in it");
        if (*w->at == '\\' && w->at + 1 < w->end) w->at++;
    }
    if (w->at == w->end) return fail(w, "a closing quote", "the end of the line");
    w->at++;
    return 1;
}

// A list as it stands, whatever is in it, as long as its brackets match.
static int read_list(hg__json_walk *w, hg__json_member *m) {
    enum { DEEPEST = 64 };
    uint64_t is_object = 0; // a bit for each that is open, the innermost lowest
    int open = 0;
    m->kind = HG_MEMBER_LIST;
    m->text = w->at;
    while (w->at < w->end) {
        const char c = *w->at++;
        if ((unsigned char)c < ' ' && c != '\t' && c != '\r') {
            return fail(w, "a list", "a control character in it");
        }
        if (c == '"') HG_TRY(pass_string(w));
        if (c == '[' || c == '{') {
            if (open++ == DEEPEST) return fail(w, "lists 64 deep at most", "a deeper one");
            is_object = is_object << 1 | (c == '{');
        }
        if (c != ']' && c != '}') continue;
        if ((is_object & 1) != (c == '}')) return fail(w, "a list", "brackets that do not match");
        is_object >>= 1;
        if (--open > 0) continue;
        m->size = (size_t)(w->at - m->text);
        return 1;
    }
    return fail(w, "a closing bracket", "the end of the line");
}

static int read_value(hg__json_walk *w, hg__json_member *m) {
    static const struct {
        const char *word;
        hg__member_kind kind;
    } words[] = {
        {"null",      HG_MEMBER_NULL  },
        {"false",     HG_MEMBER_FALSE },
        {"true",      HG_MEMBER_TRUE  },
        {"NaN",       HG_MEMBER_NUMBER},
        {"Infinity",  HG_MEMBER_NUMBER},
        {"-Infinity", HG_MEMBER_NUMBER}
    };
    const size_t left = (size_t)(w->end - w->at);
    if (left && *w->at == '"') {
        w->at++;
        m->kind = HG_MEMBER_TEXT;
        return read_string(w, &m->text, &m->size);
    }
    if (left && *w->at == '[') return read_list(w, m);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strlen(words[i].word);
        if (left < n || memcmp(w->at, words[i].word, n) != 0) continue;
        m->kind = words[i].kind;
        m->text = w->at;
        m->size = n;
        w->at += n;
        return 1;
    }
    return read_number(w, m);
}

// ---- members ------------------------------------------------------------------------------------

// Puts the member's name behind those of the objects it is in.
static int join_name(hg__json_walk *w, hg__json_member *m) {
    const size_t before = w->prefix[w->depth - 1];
    if (m->key_size >= sizeof w->name - before) {
        return fail(w, "names of objects and members of 255 bytes together", "more");
    }
    memcpy(w->name + before, m->key, m->key_size);
    m->key = w->name;
    m->key_size += before;
    return 1;
}

static int open_object(hg__json_walk *w, hg__json_member *m) {
    if (w->depth == HG_JSON_DEPTH) return fail(w, "objects 16 deep at most", "a deeper one");
    if (w->depth == 1) HG_TRY(join_name(w, m));
    if (m->key_size + 1 >= sizeof w->name) {
        return fail(w, "names of objects and members of 255 bytes together", "more");
    }
    w->name[m->key_size] = '.';
    w->prefix[w->depth++] = m->key_size + 1;
    w->at++;
    w->first = true;
    return 0;
}

// The next name and its value: 1; 0 where that is an object, which is open now.
static int read_member(hg__json_walk *w, hg__json_member *m) {
    if (!w->first && !take(w, ',')) return fail(w, "a comma or }", "something else");
    w->first = false;
    if (!take(w, '"')) return fail(w, "a name in quotes", "something else");
    const int code = read_string(w, &m->key, &m->key_size);
    if (code < 0) m->key = NULL;
    if (code < 0) return code;
    if (w->depth > 1) HG_TRY(join_name(w, m));
    if (!take(w, ':')) return fail(w, "a colon behind a name", "something else");
    pass_blanks(w);
    return w->at < w->end && *w->at == '{' ? open_object(w, m) : read_value(w, m);
}

int hg__json_walk_next(hg__json_walk *w, hg__json_member *m) {
    *m = (hg__json_member){0};
    if (w->depth == 0) {
        if (!take(w, '{')) return fail(w, "an object in one line", "something else");
        w->depth = 1;
        w->first = true;
    }
    for (;;) {
        if (!take(w, '}')) {
            const int code = read_member(w, m);
            if (code) return code;
            continue;
        }
        w->first = false;
        if (w->depth > 1) {
            w->depth--;
            continue;
        }
        pass_blanks(w);
        *m = (hg__json_member){0};
        return w->at == w->end ? 0 : fail(w, "the end of the line behind an object", "more");
    }
}
