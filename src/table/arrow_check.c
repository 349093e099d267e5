// SPDX-License-Identifier: Apache-2.0
// arrow_check.c - what Arrow's columns may be, and whether what came can be read as such. Of buffers nobody says how long they are:
// what can be asked is that they are there, that offsets do not fall, that indices are in range.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "table/arrow.h"

#define MOST ((int64_t)1 << 56) // rows, bytes

// ---- formats ------------------------------------------------------------------------------------

typedef struct named_type {
    const char *format;
    hg__arrow_type type;
} named_type;

static const named_type types[] = {
    {"n",   {HG_ARROW_NULL, 0, false, false, 0, 0}          },
    {"b",   {HG_ARROW_BOOL, 0, false, false, 0, 0}          },
    {"c",   {HG_ARROW_INT, 1, false, false, 0, 0}           },
    {"s",   {HG_ARROW_INT, 2, false, false, 0, 0}           },
    {"i",   {HG_ARROW_INT, 4, false, false, 0, 0}           },
    {"l",   {HG_ARROW_INT, 8, false, false, 0, 0}           },
    {"C",   {HG_ARROW_UINT, 1, false, false, 0, 0}          },
    {"S",   {HG_ARROW_UINT, 2, false, false, 0, 0}          },
    {"I",   {HG_ARROW_UINT, 4, false, false, 0, 0}          },
    {"L",   {HG_ARROW_UINT, 8, false, false, 0, 0}          },
    {"e",   {HG_ARROW_FLOAT, 2, false, false, 0, 0}         },
    {"f",   {HG_ARROW_FLOAT, 4, false, false, 0, 0}         },
    {"g",   {HG_ARROW_FLOAT, 8, false, false, 0, 0}         },
    {"u",   {HG_ARROW_TEXT, 4, false, false, 0, 0}          },
    {"U",   {HG_ARROW_TEXT, 8, false, false, 0, 0}          },
    {"vu",  {HG_ARROW_VIEW, 0, false, false, 0, 0}          },
    {"tdD", {HG_ARROW_DATE, 4, false, false, 0, 1}          },
    {"tdm", {HG_ARROW_DATE, 8, false, false, 0, 1000}       },
    {"tts", {HG_ARROW_CLOCK, 4, false, false, 0, 1}         },
    {"ttm", {HG_ARROW_CLOCK, 4, false, false, 0, 1000}      },
    {"ttu", {HG_ARROW_CLOCK, 8, false, false, 0, 1000000}   },
    {"ttn", {HG_ARROW_CLOCK, 8, false, false, 0, 1000000000}},
};

static int64_t per_second(char unit) {
    return unit == 's'   ? 1
           : unit == 'm' ? 1000
           : unit == 'u' ? 1000000
           : unit == 'n' ? 1000000000
                         : 0;
}

// "d:19,10" or "d:19,10,128": digits, of them behind the point, bits.
static bool read_decimal(const char *format, hg__arrow_type *t) {
    enum { MOST_DIGITS = 76 };
    char *end;
    const long digits = strtol(format + 2, &end, 10);
    if (*end != ',' || digits < 1 || digits > MOST_DIGITS) return false;
    const long scale = strtol(end + 1, &end, 10),
               bits = *end == ',' ? strtol(end + 1, &end, 10) : 128;
    const bool is_width = bits == 32 || bits == 64 || bits == 128 || bits == 256;
    if (*end || !is_width || scale < -MOST_DIGITS || scale > MOST_DIGITS) return false;
    *t = (hg__arrow_type){
        .kind = HG_ARROW_DECIMAL, .width = (uint8_t)(bits / 8), .scale = (int32_t)scale};
    return true;
}

static bool read_type(const char *format, hg__arrow_type *t) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].format, format) != 0) continue;
        *t = types[i].type;
        return true;
    }
    if (strncmp(format, "d:", 2) == 0) return read_decimal(format, t);
    const bool is_time = strncmp(format, "ts", 2) == 0, is_length = strncmp(format, "tD", 2) == 0;
    if ((!is_time && !is_length) || !per_second(format[2])) return false;
    *t = (hg__arrow_type){.kind = is_time ? HG_ARROW_TIME : HG_ARROW_DURATION,
                          .width = 8,
                          .per_second = per_second(format[2])};
    if (is_length) return !format[3];
    t->zoned = format[3] == ':' && format[4];
    return format[3] == ':';
}

// What a format that is not taken is called, and what makes a column of it that is.
static const char *describe(const char *format) {
    static const char *const known[][2] = {
        {"+r", " (run-end encoded: decode it)"               },
        {"+s", " (a struct: give its fields as columns)"     },
        {"+",  " (nested: give what counts of it as columns)"},
        {"z",  " (bytes)"                                    },
        {"Z",  " (bytes)"                                    },
        {"vz", " (bytes)"                                    },
        {"w:", " (bytes)"                                    },
        {"ti", " (a calendar's interval)"                    },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(format, known[i][0], strlen(known[i][0])) == 0) return known[i][1];
    }
    return "";
}

static int refuse_format(const char *name, const char *what, const char *format, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA,
                    "table: column '%.60s': expected %s, got Arrow's format '%.40s'%s", name, what,
                    format, describe(format));
}

int hg__arrow_column_init(hg__arrow_column *c, const struct ArrowSchema *s, const char *name,
                          hg_error *err) {
    static const char simple[] = "numbers, texts, booleans or times";
    const struct ArrowSchema *values = s->dictionary ? s->dictionary : s;
    *c = (hg__arrow_column){0};
    if (!s->format || !values->format) {
        return hg__fail(err, HG_ERR_DATA, "table: column '%.60s': expected a format, got none",
                        name);
    }
    if (values->n_children != 0 || !read_type(values->format, &c->value)) {
        return refuse_format(name, simple, values->format, err);
    }
    if (!s->dictionary) return HG_OK;
    const bool reads = read_type(s->format, &c->index);
    if (!reads || (c->index.kind != HG_ARROW_INT && c->index.kind != HG_ARROW_UINT)) {
        return refuse_format(name, "whole numbers as a dictionary's indices", s->format, err);
    }
    if (!values->dictionary) return HG_OK;
    return refuse_format(name, "a dictionary of values, not of another dictionary", s->format, err);
}

// ---- arrays -------------------------------------------------------------------------------------

typedef struct check {
    const char *name;           // the column's
    const hg__arrow_type *type; // of what is looked at
    const struct ArrowArray *a;
    const char *format;
    hg_error *err;
} check;

static int refuse(const check *k, const char *expected, int64_t got) {
    return hg__fail(k->err, HG_ERR_DATA,
                    "table: column '%.60s' (Arrow's format '%.40s'): expected %s, got %lld",
                    k->name, k->format, expected, (long long)got);
}

static int64_t buffers_of(const hg__arrow_type *t) {
    return t->kind == HG_ARROW_NULL ? 0 : t->kind == HG_ARROW_TEXT ? 3 : 2;
}

static int check_buffers(const check *k, int64_t length) {
    const struct ArrowArray *a = k->a;
    const bool is_view = k->type->kind == HG_ARROW_VIEW;
    if (a->n_children != 0) return refuse(k, "no children", a->n_children);
    if (a->offset < 0 || a->offset > MOST) return refuse(k, "an offset from 0", a->offset);
    if (a->length > MOST || a->length < length) {
        return refuse(k, "as many elements as there are rows", a->length);
    }
    const int64_t want = buffers_of(k->type);
    const bool is_count = is_view ? a->n_buffers > want : a->n_buffers == want;
    if (!is_count || (want > 0 && !a->buffers)) {
        return refuse(k, "the buffers of that format", a->buffers ? a->n_buffers : 0);
    }
    // Data alone may be missing, where there is none.
    if (length > 0 && want > 0 && !a->buffers[1]) return refuse(k, "a buffer of values", 0);
    return HG_OK;
}

// Texts from..end of the buffers: where they begin and end first, then what they are.
static int check_offsets(const check *k, int64_t from, int64_t end) {
    const void *offsets = k->a->buffers[1];
    int64_t last = from < end ? hg__arrow_integer(k->type, offsets, from) : 0;
    if (last < 0) return refuse(k, "offsets from 0", last);
    for (int64_t i = from; i < end; i++) {
        const int64_t next = hg__arrow_integer(k->type, offsets, i + 1);
        if (next < last) return refuse(k, "offsets that do not fall", next);
        if (next - last > INT32_MAX) return refuse(k, "texts below 2 GB", next - last);
        if (next > last && !k->a->buffers[2]) return refuse(k, "a buffer of texts", 0);
        last = next;
    }
    return HG_OK;
}

enum { VIEW_INLINE = 12, VIEW_BYTES = 16 };

// Views lie in buffers behind the first two; the last buffer says how long these are.
static int check_view(const check *k, int64_t i) {
    const struct ArrowArray *a = k->a;
    int32_t part[4]; // bytes, the first four of them, which buffer, where in it
    int64_t room;
    memcpy(part, (const uint8_t *)a->buffers[1] + i * VIEW_BYTES, sizeof part);
    if (part[0] < 0) return refuse(k, "texts of at least 0 bytes", part[0]);
    if (part[0] <= VIEW_INLINE) return HG_OK;
    const int64_t buffers = a->n_buffers - 3;
    const uint8_t *sizes = a->buffers[a->n_buffers - 1];
    if (part[2] < 0 || part[2] >= buffers || !sizes || !a->buffers[2 + part[2]]) {
        return refuse(k, "views into buffers that are there", part[2]);
    }
    memcpy(&room, sizes + part[2] * (ptrdiff_t)sizeof room, sizeof room);
    if (part[3] < 0 || (int64_t)part[3] + part[0] > room) {
        return refuse(k, "views that end within their buffer", (int64_t)part[3] + part[0]);
    }
    return HG_OK;
}

static int check_texts(const check *k, int64_t from, int64_t end) {
    if (k->type->kind == HG_ARROW_TEXT) HG_TRY(check_offsets(k, from, end));
    for (int64_t i = from; i < end; i++) {
        if (!hg__arrow_is_valid(k->a, i)) continue;
        if (k->type->kind == HG_ARROW_VIEW) HG_TRY(check_view(k, i));
        size_t size;
        const char *text = hg__arrow_text(k->type, k->a, i, &size);
        if (!hg__is_utf8(text, size)) {
            return refuse(k, "texts in UTF-8 alone; other bytes are in element", i - from);
        }
        if (memchr(text, 0, size)) {
            return refuse(k, "texts without a zero byte; there is one in element", i - from);
        }
    }
    return HG_OK;
}

static int check_values(const check *k, int64_t from, int64_t count) {
    HG_TRY(check_buffers(k, from + count));
    const bool is_text = k->type->kind == HG_ARROW_TEXT || k->type->kind == HG_ARROW_VIEW;
    return is_text ? check_texts(k, k->a->offset + from, k->a->offset + from + count) : HG_OK;
}

static int check_indices(const check *k, int64_t from, int64_t count, int64_t values) {
    for (int64_t i = k->a->offset + from; i < k->a->offset + from + count; i++) {
        if (!hg__arrow_is_valid(k->a, i)) continue;
        const int64_t index = hg__arrow_integer(k->type, k->a->buffers[1], i);
        if (index < 0 || index >= values) {
            return refuse(k, "indices within the dictionary", index);
        }
    }
    return HG_OK;
}

static int check_column(const hg__arrow_column *c, check *k, const struct ArrowSchema *s,
                        int64_t from, int64_t count) {
    const struct ArrowArray *a = k->a;
    k->format = s->format;
    if (!c->index.width) return check_values(k, from, count);
    if (!a->dictionary) {
        return hg__fail(k->err, HG_ERR_DATA,
                        "table: column '%.60s': expected a dictionary, got none", k->name);
    }
    const check values = {k->name, &c->value, a->dictionary, s->dictionary->format, k->err};
    HG_TRY(check_values(&values, 0, a->dictionary->length < 0 ? 0 : a->dictionary->length));
    k->type = &c->index;
    HG_TRY(check_buffers(k, from + count));
    return check_indices(k, from, count, a->dictionary->length);
}

int hg__arrow_check(const hg_table *t, const struct ArrowSchema *s, const struct ArrowArray *batch,
                    hg_error *err) {
    const int32_t columns = t->names.columns;
    const uint8_t *valid = batch->n_buffers == 1 && batch->buffers ? batch->buffers[0] : NULL;
    const bool is_sound = batch->length >= 0 && batch->length <= MOST && batch->offset >= 0 &&
                          batch->offset <= MOST && batch->n_children == columns && batch->children;
    if (!is_sound || batch->length > MOST - t->rows) {
        return hg__fail(
            err, HG_ERR_DATA,
            "table: expected batches of %d columns, got one of %lld, of %lld rows from %lld on",
            columns, (long long)batch->n_children, (long long)batch->length,
            (long long)batch->offset);
    }
    for (int64_t i = batch->offset; valid && i < batch->offset + batch->length; i++) {
        if (valid[i / 8] >> i % 8 & 1) continue;
        return hg__fail(err, HG_ERR_DATA, "table: expected rows, got one that is null as a whole");
    }
    for (int32_t i = 0; i < columns; i++) {
        const hg__arrow_column *c = &t->column[i];
        check k = {t->names.name[i], &c->value, batch->children[i], NULL, err};
        if (!k.a) {
            return hg__fail(err, HG_ERR_DATA, "table: column '%.60s': expected an array, got none",
                            k.name);
        }
        HG_TRY(check_column(c, &k, s->children[i], batch->offset, batch->length));
    }
    return HG_OK;
}
