// SPDX-License-Identifier: Apache-2.0
// json_read.c - JSON from text (RFC 8259): strict, bounded in depth and size, without recursion.
//
// What may stand in the text is counted first, and there are as many cells. From their beginning on stand the values of the
// lists that are open, one list behind the other; where a list is closed, its values move behind all of that, to the end of what is
// free, and its own cell says where. So both ends grow towards one another, and never meet.
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_internal.h"
#include "base/mem.h"
#include "base/text.h"

enum { LONGEST_NUMBER = 400 }; // bytes: more than any double needs

typedef struct reader {
    char *text; // the document's
    size_t size, at;
    hg__json_document *d;
    size_t top;                     // cells of values whose list is open
    size_t low;                     // where those of lists that are closed begin
    size_t open[HG_MAX_JSON_DEPTH]; // cells of the lists that are open, (depth)
    int depth;
    const char *wrong; // what came instead of JSON; NULL and failed: no memory
    size_t wrong_at;
    bool failed;
} reader;

// The first thing wrong is the last: nothing is read behind it.
static bool fail(reader *r, const char *wrong) {
    r->wrong = wrong;
    r->wrong_at = r->at;
    r->failed = true;
    return false;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The next byte that is no blank; 0 at the end.
static char look(reader *r) {
    while (r->at < r->size && is_blank(r->text[r->at])) r->at++;
    return r->at < r->size ? r->text[r->at] : '\0';
}

static bool fail_here(reader *r) {
    return fail(r, r->at < r->size ? "something else" : "text that ends too early");
}

static bool push(reader *r, hg__json_kind kind, size_t at) {
    assert(r->top < r->low);
    *hg__json_cell(r->d, r->top++) = (hg__json){.kind = kind, .is_read = true, .at = (uint32_t)at};
    return true;
}

// ---- strings ------------------------------------------------------------------------------------

static int hex(const char *digits, size_t left) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char *all = "0123456789abcdefABCDEF";
        const char *at = (size_t)i < left && digits[i] ? strchr(all, digits[i]) : NULL;
        if (!at) return -1;
        const int digit = (int)(at - all);
        value = 16 * value + (digit < 16 ? digit : digit - 6);
    }
    return value;
}

// The character of the \u at `from`, of one escape or of a pair; its bytes in *used. Negative: none.
static int32_t read_escaped(const char *from, size_t left, size_t *used) {
    const int32_t first = hex(from + 2, left - 2);
    *used = 6;
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first > 0xDBFF || left < 8 || from[6] != '\\' || from[7] != 'u') return -1;
    const int32_t second = hex(from + 8, left - 8);
    *used = 12;
    if (second < 0xDC00 || second > 0xDFFF) return -1;
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static size_t write_utf8(char *to, int32_t c) {
    const size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const int32_t first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size; i-- > 1; c >>= 6) to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)(first[size] | c);
    return size;
}

// Undoes one escape at text + *from.
static bool unescape(reader *r, size_t *from, size_t end, char *to, size_t *size) {
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char name = r->text[*from + 1];
    if (name == 'u') {
        size_t used;
        const int32_t c = read_escaped(r->text + *from, end - *from, &used);
        if (c <= 0) {
            fail(r, c == 0 ? "a text with a zero byte" : "an escape that is none");
            return false;
        }
        *size += write_utf8(to + *size, c);
        *from += used;
        return true;
    }
    const char *known = memchr(names, name, sizeof names - 1);
    if (!known) {
        fail(r, "an escape that is none");
        return false;
    }
    to[(*size)++] = means[known - names];
    *from += 2;
    return true;
}

// The closing quote of the string whose first byte is at `at`; r->size: none.
static size_t closing_quote(const reader *r, size_t at) {
    while (at < r->size && r->text[at] != '"') at += r->text[at] == '\\' ? 2 : 1;
    return at < r->size ? at : r->size;
}

// The string at the opening quote, which is undone where it stands: escapes are longer than what they mean.
static bool read_string(reader *r) {
    const size_t begin = r->at + 1, end = closing_quote(r, begin);
    if (end == r->size) return fail(r, "a text that never ends");
    if (!hg__is_utf8(r->text + begin, end - begin)) return fail(r, "a text that is not UTF-8");
    char *to = r->text + begin;
    size_t size = 0;
    for (size_t from = begin; from < end;) {
        if (r->text[from] == '\\') {
            if (!unescape(r, &from, end, to, &size)) return false;
        } else if ((unsigned char)r->text[from] < 0x20) {
            return fail(r, "a control byte in a text");
        } else {
            to[size++] = r->text[from++];
        }
    }
    to[size] = '\0';
    r->at = end + 1;
    return push(r, HG_JSON_STRING, begin);
}

// ---- numbers and words --------------------------------------------------------------------------

// Bytes of the number as JSON has it; 0: none. whole: without a point or exponent.
static size_t number_size(const char *c, bool *whole) {
    size_t n = c[0] == '-' ? 1 : 0;
    if (c[n] < '0' || c[n] > '9') return 0;
    if (c[n] == '0' && c[n + 1] >= '0' && c[n + 1] <= '9') return 0;
    n += strspn(c + n, "0123456789");
    *whole = c[n] != '.' && c[n] != 'e' && c[n] != 'E';
    if (c[n] == '.') {
        const size_t digits = strspn(c + n + 1, "0123456789");
        if (digits == 0) return 0;
        n += 1 + digits;
    }
    if (c[n] == 'e' || c[n] == 'E') {
        n += c[n + 1] == '+' || c[n + 1] == '-' ? 2 : 1;
        const size_t digits = strspn(c + n, "0123456789");
        if (digits == 0) return 0;
        n += digits;
    }
    return n;
}

static bool read_number(reader *r) {
    char digits[LONGEST_NUMBER + 1];
    const size_t left = r->size - r->at, most = left < LONGEST_NUMBER ? left : LONGEST_NUMBER;
    memcpy(digits, r->text + r->at, most);
    digits[most] = '\0';
    bool whole = false;
    const size_t size = number_size(digits, &whole);
    if (size == 0 || size == LONGEST_NUMBER) return fail(r, "a number that is none");
    digits[size] = '\0';
    errno = 0;
    if (whole) (void)strtoll(digits, NULL, 10);
    if (errno) return fail(r, "an integer too large");
    if (!whole && !isfinite(strtod(digits, NULL))) return fail(r, "a number too large");
    r->at += size;
    return push(r, whole ? HG_JSON_INTEGER : HG_JSON_REAL, r->at - size);
}

static bool read_word(reader *r) {
    static const char *const words[] = {"null", "false", "true"};
    for (int i = 0; i < 3; i++) {
        const size_t size = strlen(words[i]);
        if (r->size - r->at < size || memcmp(r->text + r->at, words[i], size) != 0) continue;
        r->at += size;
        return push(r, i == 0 ? HG_JSON_NULL : HG_JSON_BOOLEAN, i == 2);
    }
    return fail_here(r);
}

// ---- values -------------------------------------------------------------------------------------

// NULL: none is open.
static hg__json *innermost(const reader *r) {
    return r->depth > 0 ? hg__json_cell(r->d, r->open[r->depth - 1]) : NULL;
}

static bool open_list(reader *r, hg__json_kind kind) {
    if (r->depth == HG_MAX_JSON_DEPTH) return fail(r, "a value too deep");
    r->at++;
    r->open[r->depth++] = r->top;
    return push(r, kind, 0);
}

static bool read_value(reader *r) {
    const char c = look(r);
    if (c == '{') return open_list(r, HG_JSON_OBJECT);
    if (c == '[') return open_list(r, HG_JSON_ARRAY);
    if (c == '"') return read_string(r);
    if (c == '-' || (c >= '0' && c <= '9')) return read_number(r);
    return read_word(r);
}

static bool read_key(reader *r) {
    if (look(r) != '"') return fail_here(r);
    if (!read_string(r)) return false;
    if (look(r) != ':') return fail_here(r);
    r->at++;
    return true;
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Of an object that is closed. Few are compared with one another, many are sorted.
static void check_keys(reader *r, const hg__json *object) {
    enum { FEW = 8 };
    const size_t n = object->count;
    const char *few[FEW];
    bool twice = false;
    const char **key = n > FEW ? hg__grow(NULL, n, sizeof *key, NULL) : few;
    if (!key) {
        fail(r, NULL);
        return;
    }
    for (size_t i = 0; i < n; i++) key[i] = hg__json_key(object, i);
    if (n > FEW) qsort(key, n, sizeof *key, compare_keys);
    for (size_t i = 1; i < n; i++) {
        for (size_t k = n > FEW ? i - 1 : 0; k < i; k++) twice |= strcmp(key[i], key[k]) == 0;
    }
    if (n > FEW) hg__free(key);
    if (twice) fail(r, "a key twice");
}

// The innermost list: its values move to where they stay.
static void close_list(reader *r) {
    const size_t own = r->open[--r->depth], n = r->top - own - 1;
    hg__json *list = hg__json_cell(r->d, own);
    r->low -= n;
    for (size_t i = n; i-- > 0;) { // they may overlap
        *hg__json_cell(r->d, r->low + i) = *hg__json_cell(r->d, own + 1 + i);
    }
    r->top = own + 1;
    const bool is_object = list->kind == HG_JSON_OBJECT;
    list->at = (uint32_t)r->low;
    list->count = (uint32_t)(is_object ? n / 2 : n) & 0xFFFFFF;
    if (is_object) check_keys(r, list);
}

// Closes what closes here; whether a value is to come.
static bool close_lists(reader *r) {
    char next = look(r);
    while (r->depth > 0 && !r->failed) {
        if (next != (innermost(r)->kind == HG_JSON_OBJECT ? '}' : ']')) break;
        close_list(r);
        if (!r->failed) r->at++;
        next = look(r);
    }
    if (r->depth == 0 || r->failed) return false;
    if (next != ',') return fail_here(r);
    r->at++;
    return true;
}

static bool read_all(reader *r) {
    bool more = true;
    while (more) {
        const hg__json *list = innermost(r);
        if (list && list->kind == HG_JSON_OBJECT && !read_key(r)) break;
        const int depth = r->depth;
        if (!read_value(r)) break;
        const bool opens = r->depth > depth;
        const char end = opens && innermost(r)->kind == HG_JSON_OBJECT ? '}' : ']';
        more = (opens && look(r) != end) || close_lists(r);
    }
    look(r);
    if (!r->failed && r->at < r->size) fail_here(r);
    return !r->failed;
}

// ---- bounds -------------------------------------------------------------------------------------

// Behind the closing quote of the string that starts at i, or size + 1.
static size_t string_end(const char *text, size_t size, size_t i) {
    for (i++; i < size && text[i] != '"'; i++) {
        if (text[i] == '\\') i++;
    }
    return i < size ? i + 1 : size + 1;
}

ptrdiff_t hg__json_extent(const char *text, size_t size, size_t *items) {
    int depth = 0;
    size_t i = 0;
    *items = 0;
    while (i < size) {
        const char c = text[i];
        const bool ends = c == ',' || c == '}' || c == ']';
        if (depth == 0 && ends) return (ptrdiff_t)i;
        if (c == '"') {
            i = string_end(text, size, i);
        } else {
            if (c == '{' || c == '[') depth++;
            if (c == '}' || c == ']') depth--;
            *items += c == ',';
            i++;
        }
        if (depth > HG_MAX_JSON_DEPTH || i > size) return -1;
        if (depth == 0 && (c == '"' || ends)) return (ptrdiff_t)i;
    }
    return depth == 0 ? (ptrdiff_t)size : -1;
}

// Values and keys that may stand in the text: each is the first, or behind one of these, and what is none of them fails.
static size_t count_values(const char *text, size_t size) {
    size_t count = 1;
    for (size_t i = 0; i < size;) {
        const char c = text[i];
        i = c == '"' ? string_end(text, size, i) : i + 1;
        if (c == '{' || c == '[') {
            while (i < size && is_blank(text[i])) i++;
            if (i < size && text[i] != '}' && text[i] != ']') count++;
        } else {
            count += c == ',' || c == ':';
        }
    }
    return count;
}

hg__json *hg__json_read(const char *text, size_t size, const char *where, hg_error *err) {
    size_t items;
    if (size > HG_MAX_JSON_SIZE) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected JSON of at most %d bytes, got %zu", where,
                 HG_MAX_JSON_SIZE, size);
        return NULL;
    }
    if (hg__json_extent(text, size, &items) < 0) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected JSON at most %d deep, got text that never ends",
                 where, HG_MAX_JSON_DEPTH);
        return NULL;
    }
    if (items > HG_MAX_JSON_ITEMS) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected JSON of at most %d items, got %zu", where,
                 HG_MAX_JSON_ITEMS, items);
        return NULL;
    }
    const size_t cells = count_values(text, size);
    hg__json_document *d = hg__json_document_new(text, size, cells);
    reader r = {.text = d ? d->text : NULL, .size = size, .d = d, .low = cells};
    if (d && read_all(&r)) return hg__json_cell(d, 0);
    if (d) hg__json_document_free(d);
    if (r.wrong) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected JSON, got %s at byte %zu", where, r.wrong,
                 r.wrong_at + 1);
    } else {
        hg__fail(err, HG_ERR_MEMORY, "%s: out of memory while reading JSON", where);
    }
    return NULL;
}
