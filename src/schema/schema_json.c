// SPDX-License-Identifier: Apache-2.0
// schema_json.c - a schema as JSON for the model file, and back with nothing taken on trust.
#include <math.h>

#include "base/mem.h"
#include "schema/schema_internal.h"

#define LARGEST     1e300
#define SMALLEST    1e-300
#define LAST_SECOND 1e12 // years have four digits

// ---- out ----------------------------------------------------------------------------------------

static hg__json *numbers(const double *x, int32_t count) {
    hg__json *list = hg__json_array();
    for (int32_t i = 0; list && i < count; i++) {
        if (hg__json_append(list, hg__json_real(x[i])) == 0) continue;
        hg__json_free(list);
        list = NULL;
    }
    return list;
}

static hg__json *texts(char *const *text, int32_t count) {
    hg__json *list = hg__json_array();
    for (int32_t i = 0; list && i < count; i++) {
        if (hg__json_append(list, hg__json_string(text[i], NULL)) == 0) continue;
        hg__json_free(list);
        list = NULL;
    }
    return list;
}

// Adds the value (stolen; NULL: no memory) under the key.
static bool add(hg__json *to, const char *key, hg__json *value) {
    return hg__json_set(to, key, value) == 0;
}

static hg__json *write_format(const hg__number_format *f) {
    const char point[2] = {f->point, '\0'};
    hg__json *to = hg__json_object();
    if (to && add(to, "point", hg__json_string(point, NULL)) &&
        add(to, "prefix", hg__json_string(f->prefix, NULL)) &&
        add(to, "suffix", hg__json_string(f->suffix, NULL))) {
        return to;
    }
    hg__json_free(to);
    return NULL;
}

static bool add_number(hg__json *to, const hg__column *c) {
    bool good = add(to, "scaling", hg__json_string(hg__scaling_names[c->scaling], NULL));
    if (c->log) good = good && add(to, "unit", hg__json_real(c->unit));
    good = good && add(to, "centre", hg__json_real(c->centre)) &&
           add(to, "scale", hg__json_real(c->scale)) && add(to, "fill", hg__json_real(c->fill));
    if (c->decimals >= 0) good = good && add(to, "decimals", hg__json_integer(c->decimals));
    if (c->format.point) good = good && add(to, "format", write_format(&c->format));
    if (c->scaling != HG_SCALE_QUANTILE) return good;
    return good && add(to, "knots", numbers(c->knot, c->knots)) &&
           add(to, "scores", numbers(c->score, c->knots));
}

static bool add_time(hg__json *to, const hg__column *c) {
    const char *format = hg__time_types[c->time_format].name;
    bool good =
        add(to, "week", hg__json_boolean(c->week)) && add(to, "clock", hg__json_boolean(c->clock));
    if (c->time_format != HG_TIME_ISO) {
        good = good && add(to, "format", hg__json_string(format, NULL));
    }
    return c->unsure ? good && add(to, "unsure", hg__json_boolean(true)) : good;
}

static hg__json *write_column(const hg__column *c) {
    hg__json *to = hg__json_object();
    if (!to) return NULL;
    bool good = add(to, "name", hg__json_string(c->name, NULL)) &&
                add(to, "kind", hg__json_string(hg__column_kind_names[c->kind], NULL)) &&
                add(to, "position", hg__json_integer(c->position));
    good = good && add(to, "first", hg__json_integer(c->first)) &&
           add(to, "width", hg__json_integer(c->width));
    if (c->may_miss) good = good && add(to, "missing", hg__json_real(c->missing));
    if (c->kind == HG_COLUMN_NUMBER) good = good && add_number(to, c);
    if (c->kind == HG_COLUMN_BOOLEAN) good = good && add(to, "fill", hg__json_real(c->fill));
    if (c->forward) good = good && add(to, "forward", hg__json_boolean(true));
    if (c->kind == HG_COLUMN_TIME) good = good && add_time(to, c);
    if (c->kind == HG_COLUMN_NUMBER || c->kind == HG_COLUMN_TIME) {
        good = good && add(to, "least", hg__json_real(c->least)) &&
               add(to, "most", hg__json_real(c->most));
    }
    if (c->levels > 0 || c->kind == HG_COLUMN_CATEGORY) {
        good = good && add(to, "levels", texts(c->level, c->levels));
    }
    if (c->spelt) good = good && add(to, "spelt", hg__json_boolean(true));
    if (good) return to;
    hg__json_free(to);
    return NULL;
}

hg__json *hg__schema_to_json(const hg__schema *s, hg_error *err) {
    hg__json *to = hg__json_object(), *columns = hg__json_array();
    bool good = to && columns && add(to, "table_columns", hg__json_integer(s->table_columns)) &&
                add(to, "named", hg__json_boolean(s->named)) &&
                add(to, "label", hg__json_integer(s->label)) &&
                add(to, "width", hg__json_integer(s->width));
    for (int32_t i = 0; i < s->columns && good; i++) {
        good = hg__json_append(columns, write_column(&s->column[i])) == 0;
    }
    if (good && add(to, "columns", hg__json_share(columns))) {
        hg__json_free(columns);
        return to;
    }
    hg__json_free(columns);
    hg__json_free(to);
    hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a schema");
    return NULL;
}

// ---- in -----------------------------------------------------------------------------------------

typedef struct reading {
    const char *where;
    int32_t column; // its number, from 0; -1: none yet
    hg_error *err;
} reading;

static int refuse(const reading *r, const char *key, const char *expected) {
    if (r->column < 0) {
        return hg__fail(r->err, HG_ERR_MODEL, "%.200s: schema: expected %s as '%s'", r->where,
                        expected, key);
    }
    return hg__fail(r->err, HG_ERR_MODEL, "%.200s: schema, column %d: expected %s as '%s'",
                    r->where, r->column + 1, expected, key);
}

static int read_whole(const reading *r, const hg__json *from, const char *key, int64_t least,
                      int64_t most, int32_t *to) {
    const hg__json *value = hg__json_object_get(from, key);
    const int64_t x = hg__json_integer_value(value);
    if (!hg__json_is_integer(value) || x < least || x > most) {
        return refuse(r, key, "a whole number in range");
    }
    *to = (int32_t)x;
    return HG_OK;
}

static int read_real(const reading *r, const hg__json *from, const char *key, double least,
                     double most, double *to) {
    const hg__json *value = hg__json_object_get(from, key);
    const double x = hg__json_number_value(value);
    if (!hg__json_is_number(value) || !(x >= least && x <= most)) {
        return refuse(r, key, "a number in range");
    }
    *to = x;
    return HG_OK;
}

static int read_truth(const reading *r, const hg__json *from, const char *key, bool *to) {
    const hg__json *value = hg__json_object_get(from, key);
    if (!hg__json_is_boolean(value)) return refuse(r, key, "true or false");
    *to = hg__json_is_true(value);
    return HG_OK;
}

static int read_word(const reading *r, const hg__json *from, const char *key,
                     const char *const *word, int words, int *to) {
    const char *text = hg__json_string_value(hg__json_object_get(from, key));
    for (*to = 0; text && *to < words; ++*to) {
        if (strcmp(word[*to], text) == 0) return HG_OK;
    }
    return refuse(r, key, "a known word");
}

static int read_text(const reading *r, const hg__json *value, const char *key, size_t most,
                     char **to) {
    const char *text = hg__json_string_value(value);
    const size_t size = hg__json_string_size(value);
    if (!text || size > most || strlen(text) != size) return refuse(r, key, "a text");
    *to = hg__copy_text(text, r->err);
    return *to ? HG_OK : HG_ERR_MEMORY;
}

static int read_levels(const reading *r, const hg__json *from, size_t least, size_t most,
                       hg__column *c) {
    const hg__json *list = hg__json_object_get(from, "levels");
    const size_t count = hg__json_array_size(list);
    if (!hg__json_is_array(list) || count < least || count > most) {
        return refuse(r, "levels", "a list of texts of the right length");
    }
    c->level = hg__alloc(count, sizeof *c->level, r->err);
    if (!c->level) return HG_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        HG_TRY(
            read_text(r, hg__json_array_get(list, i), "levels", HG_MAX_LEVEL_BYTES, &c->level[i]));
        c->levels++;
    }
    hg__names *names = hg__names_new(c->level, c->levels, r->err);
    if (!names) return HG_ERR_MEMORY;
    bool twice = false;
    for (int32_t i = 0; i < c->levels; i++) {
        twice = twice || hg__names_find(names, c->level[i], strlen(c->level[i])) != i;
    }
    hg__names_free(names);
    return twice ? refuse(r, "levels", "texts that differ") : HG_OK;
}

// A list of `count` numbers that ascend.
static int read_ascending(const reading *r, const hg__json *from, const char *key, size_t count,
                          double **to) {
    const hg__json *list = hg__json_object_get(from, key);
    if (hg__json_array_size(list) != count) return refuse(r, key, "as many numbers as knots");
    *to = hg__alloc(count, sizeof **to, r->err);
    if (!*to) return HG_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const hg__json *value = hg__json_array_get(list, i);
        const double x = hg__json_number_value(value);
        if (!hg__json_is_number(value) || !(fabs(x) <= LARGEST) || (i > 0 && x <= (*to)[i - 1])) {
            return refuse(r, key, "numbers that ascend");
        }
        (*to)[i] = x;
    }
    return HG_OK;
}

static int read_knots(const reading *r, const hg__json *from, hg__column *c) {
    const size_t count = hg__json_array_size(hg__json_object_get(from, "knots"));
    if (count < 2 || count > HG_MAX_KNOTS) return refuse(r, "knots", "a list of 2 to 257 numbers");
    HG_TRY(read_ascending(r, from, "knots", count, &c->knot));
    HG_TRY(read_ascending(r, from, "scores", count, &c->score));
    c->knots = (int32_t)count;
    return HG_OK;
}

static int read_affix(const reading *r, const hg__json *from, const char *key, char to[HG_AFFIX]) {
    const hg__json *value = hg__json_object_get(from, key);
    const char *text = hg__json_string_value(value);
    const size_t size = hg__json_string_size(value);
    bool good = text && size < HG_AFFIX;
    for (size_t i = 0; good && i < size; i++) good = (unsigned char)text[i] > ' ' && text[i] != 127;
    if (!good) return refuse(r, key, "a text of at most 15 bytes");
    memcpy(to, text, size);
    return HG_OK;
}

// Both are absent in models of version 0.1.
static int read_format(const reading *r, const hg__json *from, hg__column *c) {
    static const char *const point[] = {".", ","};
    const hg__json *format = hg__json_object_get(from, "format");
    int which;
    if (hg__json_object_get(from, "decimals")) {
        HG_TRY(read_whole(r, from, "decimals", 0, 15, &c->decimals));
    }
    if (!format) return HG_OK;
    HG_TRY(read_word(r, format, "point", point, 2, &which));
    HG_TRY(read_affix(r, format, "prefix", c->format.prefix));
    HG_TRY(read_affix(r, format, "suffix", c->format.suffix));
    c->format.point = *point[which];
    return HG_OK;
}

static int read_number(const reading *r, const hg__json *from, hg__column *c) {
    int scaling;
    HG_TRY(read_word(r, from, "scaling", hg__scaling_names, HG_SCALINGS, &scaling));
    c->scaling = (hg__scaling)scaling;
    c->log = hg__json_object_get(from, "unit") != NULL;
    if (c->log) HG_TRY(read_real(r, from, "unit", SMALLEST, LARGEST, &c->unit));
    HG_TRY(read_real(r, from, "centre", -LARGEST, LARGEST, &c->centre));
    HG_TRY(read_real(r, from, "scale", SMALLEST, LARGEST, &c->scale));
    HG_TRY(read_real(r, from, "fill", -LARGEST, LARGEST, &c->fill));
    HG_TRY(read_format(r, from, c));
    return c->scaling == HG_SCALE_QUANTILE ? read_knots(r, from, c) : HG_OK;
}

static int read_boolean(const reading *r, const hg__json *from, hg__column *c) {
    HG_TRY(read_real(r, from, "fill", 0, 1, &c->fill));
    return hg__json_object_get(from, "levels") ? read_levels(r, from, 2, 2, c) : HG_OK;
}

static int read_time(const reading *r, const hg__json *from, hg__column *c) {
    const hg__json *format = hg__json_object_get(from, "format");
    if (format) {
        const char *name = hg__json_string_value(format);
        c->time_format = name ? hg__time_find(name, strlen(name)) : -1;
        if (c->time_format < 0) return refuse(r, "format", "a known word");
    }
    c->unsure = hg__json_is_true(hg__json_object_get(from, "unsure"));
    HG_TRY(read_truth(r, from, "week", &c->week));
    return read_truth(r, from, "clock", &c->clock);
}

static int read_kind(const reading *r, const hg__json *from, hg__column *c) {
    if (c->kind == HG_COLUMN_NUMBER || c->kind == HG_COLUMN_TIME) {
        const double limit = c->kind == HG_COLUMN_TIME ? LAST_SECOND : HUGE_VAL;
        HG_TRY(read_real(r, from, "least", -limit, limit, &c->least));
        HG_TRY(read_real(r, from, "most", -limit, limit, &c->most));
    }
    switch (c->kind) {
    case HG_COLUMN_NUMBER: return read_number(r, from, c);
    case HG_COLUMN_CATEGORY:
        if (hg__json_object_get(from, "spelt")) HG_TRY(read_truth(r, from, "spelt", &c->spelt));
        return read_levels(r, from, 0, HG_MAX_LEVELS, c);
    case HG_COLUMN_BOOLEAN: return read_boolean(r, from, c);
    case HG_COLUMN_TIME: return read_time(r, from, c);
    case HG_COLUMN_ID:
        c->forward = hg__json_is_true(hg__json_object_get(from, "forward"));
        return HG_OK;
    case HG_COLUMN_CONSTANT:
        return hg__json_object_get(from, "levels") ? read_levels(r, from, 0, 1, c) : HG_OK;
    default: return HG_OK;
    }
}

// `least`: the first position the column may have.
static int read_column(const reading *r, const hg__json *from, const hg__schema *s, int32_t least,
                       hg__column *c) {
    enum { MAX_NAME = 1 << 16 };
    int kind;
    c->unit = c->scale = 1;
    c->decimals = -1;
    HG_TRY(read_text(r, hg__json_object_get(from, "name"), "name", MAX_NAME, &c->name));
    HG_TRY(read_word(r, from, "kind", hg__column_kind_names, HG_COLUMN_KINDS, &kind));
    c->kind = (hg__column_kind)kind;
    HG_TRY(read_whole(r, from, "position", least, s->table_columns - 1, &c->position));
    if (c->position == s->label) return refuse(r, "position", "a column that is not the label");
    c->may_miss = hg__json_object_get(from, "missing") != NULL;
    if (c->may_miss) HG_TRY(read_real(r, from, "missing", 0, 1, &c->missing));
    return read_kind(r, from, c);
}

static int read_columns(reading *r, const hg__json *list, hg__schema *s) {
    const size_t count = hg__json_array_size(list);
    if (count < 1 || count > (size_t)s->table_columns) {
        return refuse(r, "columns", "a list of 1 to table_columns columns");
    }
    s->column = hg__alloc(count, sizeof *s->column, r->err);
    if (!s->column) return HG_ERR_MEMORY;
    for (int32_t least = 0; s->columns < (int32_t)count;) {
        r->column = s->columns++;
        hg__column *c = &s->column[r->column];
        HG_TRY(read_column(r, hg__json_array_get(list, (size_t)r->column), s, least, c));
        least = c->position + 1;
    }
    return HG_OK;
}

// The places of the floats follow from the columns; those in the file are for other readers, and must agree.
static int check_layout(reading *r, const hg__json *json, hg__schema *s) {
    const hg__json *list = hg__json_object_get(json, "columns");
    int32_t x;
    const int code = hg__schema_layout(s, r->err);
    if (code == HG_ERR_MEMORY) return code;
    if (code < 0) return refuse(r, "columns", "at most 16777216 floats");
    for (r->column = 0; r->column < s->columns; r->column++) {
        const hg__json *from = hg__json_array_get(list, (size_t)r->column);
        const hg__column *c = &s->column[r->column];
        HG_TRY(read_whole(r, from, "first", c->first, c->first, &x));
        HG_TRY(read_whole(r, from, "width", c->width, c->width, &x));
    }
    r->column = -1;
    HG_TRY(read_whole(r, json, "width", s->width, s->width, &x));
    return s->width > 0 ? HG_OK : refuse(r, "width", "a number above 0");
}

static int read_schema(reading *r, const hg__json *json, hg__schema *s) {
    HG_TRY(read_whole(r, json, "table_columns", 1, HG_MAX_COLUMNS, &s->table_columns));
    HG_TRY(read_truth(r, json, "named", &s->named));
    HG_TRY(read_whole(r, json, "label", -1, s->table_columns - 1, &s->label));
    HG_TRY(read_columns(r, hg__json_object_get(json, "columns"), s));
    return check_layout(r, json, s);
}

hg__schema *hg__schema_from_json(const hg__json *json, const char *where, hg_error *err) {
    reading r = {where, -1, err};
    hg__schema *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    if (read_schema(&r, json, s) == HG_OK) return s;
    hg__schema_free(s);
    return NULL;
}
