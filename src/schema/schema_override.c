// SPDX-License-Identifier: Apache-2.0
// schema_override.c - columns= and ignore=: what a person says about columns, in a line or a YAML file.
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "files/yaml.h"
#include "schema/schema_internal.h"

enum { MAX_NAME = 512 };

static const char *const words[] = {
    "number",   "category", "boolean",  "time", "id",     "constant",      "text",         "ignore",
    "standard", "robust",   "quantile", "log",  "linear", "decimal_point", "decimal_comma"};
enum {
    WORD_IGNORE = HG_COLUMN_KINDS,
    WORD_STANDARD,
    WORD_LOG = WORD_STANDARD + HG_SCALINGS,
    WORD_LINEAR,
    WORD_POINT,
    WORD_COMMA,
    WORDS
};

_Static_assert(sizeof words / sizeof *words == WORDS, "a word for each kind and scaling");

// ---- lists --------------------------------------------------------------------------------------

// Text between double quotes at p, two of them meaning one; where it ends.
static const char *take_quoted(const char *p, char *name, size_t size) {
    size_t n = 0;
    for (p++; *p && !(*p == '"' && p[1] != '"'); p++) {
        if (*p == '"') p++;
        if (n + 1 < size) name[n++] = *p;
    }
    name[n] = '\0';
    return *p ? p + 1 : p;
}

static void take_trimmed(const char *from, size_t length, char *to, size_t size) {
    while (length > 0 && from[0] == ' ') {
        from++;
        length--;
    }
    while (length > 0 && from[length - 1] == ' ') length--;
    if (length >= size) length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

bool hg__list_next(const char **list, bool whole, char *name, char *rest, size_t size) {
    const char *p = *list + strspn(*list, " ,\n");
    *list = p;
    if (!*p) return false;
    if (*p == '"') {
        p = take_quoted(p, name, size);
    } else {
        const size_t n = strcspn(p, whole ? "," : ", ");
        take_trimmed(p, n, name, size);
        p += n;
    }
    const size_t n = strcspn(p, ",");
    take_trimmed(p, n, rest, size);
    p += n;
    *list = *p ? p + 1 : p;
    return true;
}

const char *hg__list_quote(const char *name, char quoted[HG_QUOTED]) {
    if (!*name || strpbrk(name, " ,\"")) {
        snprintf(quoted, HG_QUOTED, "\\\"%.60s\\\"", name);
    } else {
        snprintf(quoted, HG_QUOTED, "%.60s", name);
    }
    return quoted;
}

// ---- which column -------------------------------------------------------------------------------

int32_t hg__table_column(const hg__table *t, const char *option, const char *name, hg_error *err) {
    const int32_t at = hg__table_find(t, name);
    if (at >= 0) return at;
    char names[HG_SUGGESTED] = "";
    if (t->named) hg__suggest(name, (const char *const *)t->name, (size_t)t->columns, names);
    return hg__fail(err, HG_ERR_USAGE,
                    "%.200s: %s=%.60s: expected the name of a column or a number from 1 to %d%s",
                    t->path, option, name, t->columns, names);
}

// ---- what is said about it ----------------------------------------------------------------------

// A format of times.
static bool add_format(hg__override *o, int format) {
    if (o->kind < 0) o->kind = HG_COLUMN_TIME;
    const bool good = o->kind == HG_COLUMN_TIME && (o->time_format < 0 || o->time_format == format);
    o->time_format = format;
    return good;
}

// One word about a column; false if it contradicts what was said before.
static bool add_word(hg__override *o, int word) {
    if (word >= WORDS) return add_format(o, word - WORDS);
    if (word == WORD_IGNORE) {
        o->ignore = true;
        return true;
    }
    if (word < HG_COLUMN_KINDS) {
        if (o->kind >= 0 && o->kind != word) return false;
        o->kind = word;
    } else {
        if (o->kind < 0) o->kind = HG_COLUMN_NUMBER;
        if (word < WORD_LOG) o->scaling = word - WORD_STANDARD;
        if (word == WORD_LOG || word == WORD_LINEAR) o->log = word == WORD_LOG;
        if (word >= WORD_POINT) o->point = word == WORD_POINT ? '.' : ',';
    }
    if (o->kind != HG_COLUMN_TIME && o->time_format >= 0) return false;
    return o->kind == HG_COLUMN_NUMBER || (o->scaling < 0 && o->log < 0 && !o->point);
}

// Formats of times come behind WORDS.
static int find_word(const char *word, size_t size) {
    for (int i = 0; i < WORDS; i++) {
        if (strlen(words[i]) == size && memcmp(words[i], word, size) == 0) return i;
    }
    const int format = hg__time_find(word, size);
    return format < 0 ? -1 : WORDS + format;
}

static const char *nearest_word(const char *word) {
    const char *all[WORDS + HG_TIME_FORMATS];
    for (int i = 0; i < WORDS; i++) all[i] = words[i];
    for (int f = 0; f < HG_TIME_FORMATS; f++) all[WORDS + f] = hg__time_types[f].name;
    return hg__nearest_name(word, all, sizeof all / sizeof *all);
}

static int read_words(hg__override *o, const char *name, const char *said, const char *where,
                      hg_error *err) {
    for (const char *p = said + strspn(said, " "); *p; p += strspn(p, " ")) {
        char word[64];
        const size_t n = strcspn(p, " ");
        const int found = find_word(p, n);
        snprintf(word, sizeof word, "%.*s", n < 60 ? (int)n : 60, p);
        if (found < 0) {
            const char *near = nearest_word(word);
            return hg__fail(err, HG_ERR_USAGE,
                            "%s: column '%.60s': expected number, category, boolean, time, id, "
                            "text or ignore, and for a number "
                            "standard, robust or quantile, log or linear, decimal_point or "
                            "decimal_comma, for a time its format; got '%s'%s%s%s",
                            where, name, word, near ? "; did you mean '" : "", near ? near : "",
                            near ? "'?" : "");
        }
        if (!add_word(o, found)) {
            return hg__fail(err, HG_ERR_USAGE,
                            "%s: column '%.60s': expected one kind, a scaling for a number only, a "
                            "format for a time, got '%.100s'",
                            where, name, said);
        }
        p += n;
    }
    return HG_OK;
}

typedef struct reader {
    const hg__table *table;
    hg__override *way; // (columns)
    const char *where;
} reader;

static int take_one(const reader *r, const char *where, const char *name, const char *said,
                    hg_error *err) {
    const int32_t at = hg__table_column(r->table, "columns", name, err);
    if (at < 0) return at;
    if (!*said) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: column '%.60s': expected a kind, such as 'category', got nothing",
                        where, name);
    }
    return read_words(&r->way[at], name, said, where, err);
}

static int visit(void *context, const char *key, const char *value, size_t line, hg_error *err) {
    const reader *r = context;
    char where[300];
    snprintf(where, sizeof where, "%.250s:%zu", r->where, line);
    return take_one(r, where, key, value, err);
}

static bool is_yaml(const char *text) {
    const size_t n = strlen(text);
    return (n > 5 && strcmp(text + n - 5, ".yaml") == 0) ||
           (n > 4 && strcmp(text + n - 4, ".yml") == 0);
}

static int read_file(reader *r, hg_error *err) {
    hg__content m;
    HG_TRY(hg__content_read_head(&m, r->where, HG_MAX_YAML + 1, err));
    const int code = hg__yaml_read((const char *)m.data, m.size, r->where, visit, r, err);
    hg__content_free(&m);
    return code;
}

int hg__override_read(const hg__table *t, const hg__schema_options *o, hg__override *way,
                      hg_error *err) {
    char name[MAX_NAME], said[MAX_NAME];
    static const hg__override none = {.kind = -1, .scaling = -1, .log = -1, .time_format = -1};
    for (int32_t i = 0; i < t->columns; i++) way[i] = none;
    for (const char *p = o->ignore; hg__list_next(&p, true, name, said, sizeof name);) {
        const int32_t at = hg__table_column(t, "ignore", name, err);
        if (at < 0) return at;
        way[at].ignore = true;
    }
    reader r = {t, way, o->override};
    if (is_yaml(o->override)) return read_file(&r, err);
    for (const char *p = o->override; hg__list_next(&p, false, name, said, sizeof name);) {
        HG_TRY(take_one(&r, "columns=", name, said, err));
    }
    return HG_OK;
}
