// SPDX-License-Identifier: Apache-2.0
// read_npy.c - NumPy's .npy, versions 1 to 3: magic, the length of a header, the header as a Python
// dictionary {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, the data.
// (NumPy Enhancement Proposal 1 and numpy.lib.format.)
#include <string.h>

#include "array/reader.h"
#include "base/mem.h"

static const char magic[6] = {(char)0x93, 'N', 'U', 'M', 'P', 'Y'};

// A cursor over the header; every read is checked against `end`.
typedef struct cursor {
    const char *at, *end;
} cursor;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(cursor *c) {
    while (c->at < c->end && is_blank(*c->at)) c->at++;
}

static bool take(cursor *c, char wanted) {
    skip_blanks(c);
    if (c->at == c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

static bool is_next(cursor *c, char wanted) {
    skip_blanks(c);
    return c->at < c->end && *c->at == wanted;
}

// A quoted Python string without escapes, at most size - 1 bytes.
static bool take_string(cursor *c, char *text, size_t size) {
    char quote = is_next(c, '"') ? '"' : '\'';
    if (!take(c, quote)) return false;
    size_t n = 0;
    while (c->at < c->end && *c->at != quote) {
        if (*c->at == '\\' || *c->at == '\0' || n + 1 >= size) return false;
        text[n++] = *c->at++;
    }
    text[n] = '\0';
    return take(c, quote);
}

static bool take_word(cursor *c, const char *word) {
    skip_blanks(c);
    size_t n = strlen(word);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0) return false;
    c->at += n;
    return true;
}

static bool take_bool(cursor *c, bool *value) {
    *value = take_word(c, "True");
    return *value || take_word(c, "False");
}

static bool take_size(cursor *c, int64_t *value) {
    skip_blanks(c);
    const char *start = c->at;
    *value = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (*value > (INT64_MAX - 9) / 10) return false;
        *value = *value * 10 + (*c->at - '0');
    }
    bool any = c->at > start;
    if (any && c->at < c->end && *c->at == 'L') c->at++; // Python 2 wrote 3L
    return any;
}

// (), (3,), (3, 4) or (3, 4,). Dimensions past HG_MAX_RANK are counted, not kept.
static bool take_shape(cursor *c, hg__shape *s) {
    if (!take(c, '(')) return false;
    *s = (hg__shape){0};
    while (!take(c, ')')) {
        int64_t n;
        if (s->rank > 0 && !take(c, ',')) return false;
        if (take(c, ')')) return true;
        if (!take_size(c, &n)) return false;
        if (s->rank < HG_MAX_RANK) s->dim[s->rank] = n;
        s->rank++;
        if (s->rank == 1 && !is_next(c, ',')) return false; // (3) is a number, not a tuple
    }
    return true;
}

static bool find_type(const char *descr, hg__array *a) {
    static const struct {
        char name[3];
        hg__dtype dtype;
    } types[] = {
        {"u1", HG_U8  },
        {"i1", HG_I8  },
        {"b1", HG_BOOL},
        {"u2", HG_U16 },
        {"i2", HG_I16 },
        {"f2", HG_F16 },
        {"u4", HG_U32 },
        {"i4", HG_I32 },
        {"f4", HG_F32 },
        {"u8", HG_U64 },
        {"i8", HG_I64 },
        {"f8", HG_F64 }
    };
    if (!*descr || !strchr("<>|=", *descr)) return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, descr + 1) != 0) continue;
        a->dtype = types[i].dtype;
        a->big_endian = *descr == '>';
        return true;
    }
    return false;
}

static int set_type(const char *descr, hg__array *a, const char *path, hg_error *err) {
    if (find_type(descr, a)) return HG_OK;
    if (strcmp(descr, "|O") == 0 || strcmp(descr, "O") == 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected numbers, got Python objects ('|O'), which are never read",
                        path);
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected integers, floats or booleans, got elements of type '%s'", path,
                    descr);
}

static int bad_header(const char *path, const char *what, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s: expected %s in the .npy header", path, what);
}

static int parse_type(cursor *c, hg__array *a, const char *path, hg_error *err) {
    char descr[24];
    if (is_next(c, '[')) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected numbers of one type, got a structured array", path);
    }
    if (!take_string(c, descr, sizeof descr)) return bad_header(path, "a type such as '<f4'", err);
    for (char *p = descr; *p; p++) {
        if (*p < ' ' || *p > '~') *p = '?';
    }
    return set_type(descr, a, path, err);
}

// One "key: value" of the dictionary; *seen has a bit for each key that was there.
static int parse_item(cursor *c, hg__array *a, unsigned *seen, const char *path, hg_error *err) {
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    char key[16];
    if (!take_string(c, key, sizeof key)) return bad_header(path, "a quoted key", err);
    unsigned k = 0;
    while (k < 3 && strcmp(key, keys[k]) != 0) k++;
    if (k == 3 || (*seen >> k & 1U) || !take(c, ':')) {
        return bad_header(path, "'descr', 'fortran_order' and 'shape' once each", err);
    }
    *seen |= 1U << k;
    if (k == 0) return parse_type(c, a, path, err);
    if (k == 1) return take_bool(c, &a->fortran) ? HG_OK : bad_header(path, "True or False", err);
    return take_shape(c, &a->shape) ? HG_OK : bad_header(path, "a shape such as (3, 4)", err);
}

static int parse_header(const char *text, size_t size, hg__array *a, const char *path,
                        hg_error *err) {
    cursor c = {text, text + size};
    unsigned seen = 0;
    if (!take(&c, '{')) return bad_header(path, "a dictionary", err);
    while (!is_next(&c, '}')) {
        if (seen && !take(&c, ',')) return bad_header(path, "a comma between the keys", err);
        if (is_next(&c, '}')) break;
        HG_TRY(parse_item(&c, a, &seen, path, err));
    }
    (void)take(&c, '}');
    skip_blanks(&c);
    if (seen != 7) return bad_header(path, "'descr', 'fortran_order' and 'shape' once each", err);
    return c.at == c.end ? HG_OK : bad_header(path, "nothing after the dictionary", err);
}

bool hg__npy_sniff(const uint8_t *head, size_t size) {
    return size >= sizeof magic && memcmp(head, magic, sizeof magic) == 0;
}

int hg__npy_read_header(hg__array *a, hg__source *s, hg_error *err) {
    uint8_t start[8], length[4] = {0};
    *a = (hg__array){0};
    HG_TRY(hg__source_need(s, start, sizeof start, "the 8 bytes a .npy file begins with", err));
    if (!hg__npy_sniff(start, sizeof start)) return bad_header(s->path, "NumPy's magic bytes", err);
    if (start[6] < 1 || start[6] > 3) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected .npy version 1, 2 or 3, got %d.%d", s->path,
                        start[6], start[7]);
    }
    HG_TRY(hg__source_need(s, length, start[6] == 1 ? 2 : 4, "the length of the .npy header", err));
    size_t size = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 |
                  (size_t)length[3] << 24;
    if (size > hg__data_limit.header) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a header of at most %zu bytes, got %zu",
                        s->path, hg__data_limit.header, size);
    }
    char *text = hg__alloc(size, 1, err);
    if (!text) return HG_ERR_MEMORY;
    int code = hg__source_need(s, text, size, "the .npy header", err);
    if (code == HG_OK) code = parse_header(text, size, a, s->path, err);
    hg__free(text);
    return code;
}

static int open_npy(hg__data *d, hg__source *s, const hg__data_options *o, hg_error *err) {
    hg__array a;
    HG_TRY(hg__npy_read_header(&a, s, err));
    return hg__array_open(&a, d, s, o, err);
}

const hg__reader hg__reader_npy = {"npy", ".npy.", hg__npy_sniff, open_npy};
