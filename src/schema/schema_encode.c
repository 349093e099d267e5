// SPDX-License-Identifier: Apache-2.0
// schema_encode.c - a row of cells as a row of floats, and what such floats say.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/real.h"
#include "csv/cell.h"
#include "schema/schema_internal.h"

enum { DAY = 86400 };

typedef struct encoding {
    const hg__table *table;
    bool lenient;
    hg__encoding_notes *notes;
    hg_error *err;
} encoding;

// ---- what is out of place -----------------------------------------------------------------------

static int refuse(const encoding *e, const hg__column *c, const char *expected,
                  const hg__cell *cell) {
    char where[1100], shown[48];
    hg__table_where(e->table, where, sizeof where);
    hg__cell_show(cell, shown);
    return hg__fail(
        e->err, HG_ERR_DATA,
        "%.200s: column '%.60s': expected %s, got %s; on_bad=score_missing takes it as missing, "
        "on_bad=skip leaves such rows out",
        where, c->name, expected, shown);
}

// A cell without a usable value, in a column that has floats.
static int note_missing(const encoding *e, const hg__column *c, const char *expected,
                        const hg__cell *cell) {
    if (cell->kind != HG_CELL_MISSING) {
        if (!e->lenient) return refuse(e, c, expected, cell);
        e->notes->strange++;
        return HG_OK;
    }
    if (c->may_miss) return HG_OK;
    if (!e->lenient) return refuse(e, c, "a value, as in all of training", cell);
    e->notes->missing++;
    return HG_OK;
}

// ---- each kind ----------------------------------------------------------------------------------

// Whether the cell is a number of the column's: read as its format says or, in a model that knows of such things, in the
// one way it can be read.
static bool read_number(const hg__column *c, const hg__cell *cell, double *number) {
    hg__number_value v;
    *number = cell->number;
    if (cell->kind == HG_CELL_MISSING) return false;
    if (cell->text && c->format.point) {
        const bool reads = hg__number_read(&c->format, cell->text, (size_t)cell->size, &v);
        *number = reads ? v.x : 0;
        return reads;
    }
    if (cell->kind == HG_CELL_NUMBER) return true;
    return c->decimals >= 0 && hg__number_read_sure(cell->text, (size_t)cell->size, number);
}

static int refuse_number(const encoding *e, const hg__column *c, const hg__cell *cell) {
    char expected[96];
    const bool endless =
        cell->kind == HG_CELL_TEXT && hg__number_is_endless(cell->text, (size_t)cell->size);
    hg__number_expected(&c->format, endless, expected, sizeof expected);
    return note_missing(e, c, expected, cell);
}

static int encode_number(const encoding *e, const hg__column *c, const hg__cell *cell, float *x) {
    double number;
    const bool is_number = read_number(c, cell, &number);
    if (!is_number) HG_TRY(refuse_number(e, c, cell));
    x[0] = hg__scale_apply(c, is_number ? number : c->fill);
    if (c->may_miss) x[1] = !is_number;
    return HG_OK;
}

// A number other than 0 and 1 is an odd value of a column of numbers, not a word that makes no sense.
static int encode_boolean(const encoding *e, const hg__column *c, const hg__cell *cell, float *x) {
    const bool is_number = cell->kind == HG_CELL_NUMBER;
    const int word = is_number ? 0 : hg__cell_boolean(cell);
    if (word < 0) HG_TRY(note_missing(e, c, "0 or 1, yes or no, true or false", cell));
    const double value = is_number ? cell->number : word < 0 ? c->fill : word;
    x[0] = (float)fmax(-HG_SCALED_LIMIT, fmin(HG_SCALED_LIMIT, value));
    if (c->may_miss) x[1] = word < 0;
    return HG_OK;
}

static int encode_category(const encoding *e, const hg__column *c, const hg__cell *cell, float *x) {
    memset(x, 0, (size_t)c->width * sizeof *x);
    if (cell->kind == HG_CELL_MISSING) {
        HG_TRY(note_missing(e, c, "a value", cell));
        x[c->may_miss ? c->levels + 1 : 0] = 1; // the most frequent where none ever missed
        return HG_OK;
    }
    char buffer[32];
    const char *text;
    size_t size = hg__level_text(cell, buffer, &text);
    if (c->spelt && cell->text) {
        text = cell->text;
        size = (size_t)cell->size;
    }
    const int32_t level = hg__names_find(c->index, text, size);
    e->notes->unseen += level < 0;
    x[level < 0 ? c->levels : level] = 1;
    return HG_OK;
}

static int encode_time(const encoding *e, const hg__column *c, const hg__cell *cell, float *x) {
    double seconds = 0;
    static const hg__cell none = {.kind = HG_CELL_MISSING};
    const int reads = hg__time_read_as(c->time_format, cell, &seconds);
    const bool is_time = reads == 1;
    if (!is_time) {
        const char *expected = hg__time_types[c->time_format].example;
        HG_TRY(note_missing(e, c, expected, reads == 0 ? &none : cell));
    }
    const double days = floor(seconds / DAY); // since a Thursday
    if (c->week) {
        const double turn = (days - 7 * floor(days / 7)) / 7;
        *x++ = is_time ? (float)hg__sin_turn(turn) : 0;
        *x++ = is_time ? (float)hg__cos_turn(turn) : 0;
    }
    if (c->clock) {
        const double turn = (seconds - days * DAY) / DAY;
        *x++ = is_time ? (float)hg__sin_turn(turn) : 0;
        *x++ = is_time ? (float)hg__cos_turn(turn) : 0;
    }
    if (c->may_miss) *x = !is_time;
    return HG_OK;
}

// 0 as in training, 1 for another value.
static void encode_constant(const encoding *e, const hg__column *c, const hg__cell *cell,
                            float *x) {
    char buffer[32];
    const char *text;
    x[0] = 0;
    if (c->may_miss) x[1] = cell->kind == HG_CELL_MISSING;
    if (cell->kind == HG_CELL_MISSING) {
        e->notes->missing += !c->may_miss;
        return;
    }
    const size_t size = hg__level_text(cell, buffer, &text);
    x[0] = (strlen(c->level[0]) != size || memcmp(c->level[0], text, size) != 0) &&
           !hg__csv_is_written(text, size, c->level[0]);
    e->notes->changed += x[0] > 0;
}

static int encode_cell(const encoding *e, const hg__column *c, const hg__cell *cell, float *x) {
    switch (c->kind) {
    case HG_COLUMN_NUMBER: return encode_number(e, c, cell, x);
    case HG_COLUMN_BOOLEAN: return encode_boolean(e, c, cell, x);
    case HG_COLUMN_CATEGORY: return encode_category(e, c, cell, x);
    case HG_COLUMN_CONSTANT: encode_constant(e, c, cell, x); return HG_OK;
    default: return encode_time(e, c, cell, x);
    }
}

int hg__schema_encode(const hg__schema *s, const hg__table *t, const int32_t *from,
                      const hg__cell *cell, bool lenient, float *x, hg__encoding_notes *notes,
                      hg_error *err) {
    hg__encoding_notes now = *notes; // a refused row leaves none
    const encoding e = {t, lenient, &now, err};
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *c = &s->column[i];
        if (c->width > 0) HG_TRY(encode_cell(&e, c, &cell[from[i]], x + c->first));
    }
    *notes = now;
    return HG_OK;
}

// ---- and back -----------------------------------------------------------------------------------

static double number_of(const hg__column *c, float x) {
    const double v = hg__scale_invert(c, (double)x), whole = floor(v + 0.5);
    const double step = fabs(hg__scale_invert(c, (double)nextafterf(x, INFINITY)) - v);
    return (fabs(v - whole) <= step ? whole : v) + 0; // what float32 rounded away
}

static void decode_number(const hg__column *c, float x, char *text, size_t size) {
    char plain[64];
    const double v = number_of(c, x);
    snprintf(plain, sizeof plain, fabs(v) >= 1e6 && fabs(v) < 1e15 ? "%.0f" : "%.6g", v);
    hg__number_write(&c->format, plain, text, size);
}

// In `most` decimals or, where that says more than a network can know, in fewer: 6 digits, but a whole number whole.
static void round_to(double v, int32_t most, char *text, size_t size) {
    enum { DIGITS = 6, LAST = 15 };
    char digits[32];
    snprintf(digits, sizeof digits, "%.*e", DIGITS - 1, v);
    const char *e = strchr(digits, 'e');
    const long ten = e ? strtol(e + 1, NULL, 10) : 0;
    long places = DIGITS - 1 - ten;
    if (ten < -4 && most > -ten && v != 0) places = -1; // small, and the column has such
    if (places > most) places = most;
    if (places < 0 && ten >= 0) places = 0;
    if (places < 0 || ten >= LAST) {
        snprintf(text, size, "%.*g", DIGITS, v);
    } else {
        snprintf(text, size, "%.*f", (int)places, v);
    }
    if (*text == '-' && strspn(text, "-0.") == strlen(text)) memmove(text, text + 1, strlen(text));
}

static void decode_category(const hg__column *c, const float *x, char *text, size_t size) {
    int32_t best = 0;
    for (int32_t i = 1; i < c->width; i++) best = x[i] > x[best] ? i : best;
    const char *name = best < c->levels    ? c->level[best]
                       : best == c->levels ? "(other)"
                                           : "missing";
    snprintf(text, size, "%s", name);
}

bool hg__column_number(const hg__column *c, const float *x, double *value) {
    x += c->first;
    if (c->kind != HG_COLUMN_NUMBER || (c->may_miss && x[c->width - 1] > 0.5F)) return false;
    *value = number_of(c, x[0]);
    return true;
}

void hg__column_decode_own(const hg__column *c, const float *x, char *text, size_t size) {
    double v;
    char plain[64];
    if (c->decimals < 0 || !hg__column_number(c, x, &v)) {
        hg__column_decode(c, x, text, size);
        return;
    }
    round_to(v, c->decimals, plain, sizeof plain);
    hg__number_write(&c->format, plain, text, size);
}

void hg__column_decode(const hg__column *c, const float *x, char *text, size_t size) {
    x += c->first;
    if (c->width == 0) {
        snprintf(text, size, "%s", "");
    } else if (c->kind == HG_COLUMN_CATEGORY) {
        decode_category(c, x, text, size);
    } else if (c->may_miss && x[c->width - 1] > 0.5F) {
        snprintf(text, size, "missing");
    } else if (c->kind == HG_COLUMN_NUMBER) {
        decode_number(c, x[0], text, size);
    } else if (c->kind == HG_COLUMN_TIME) {
        hg__time_value_decode(c, x, text, size);
    } else if (c->kind == HG_COLUMN_CONSTANT) {
        snprintf(text, size, "%s", x[0] > 0.5F ? "(another)" : c->level[0]);
    } else if (x[0] < -0.5F || x[0] > 1.5F) {
        snprintf(text, size, "%.6g", (double)x[0]);
    } else if (c->levels == 2) {
        snprintf(text, size, "%s", c->level[x[0] > 0.5F]);
    } else {
        snprintf(text, size, "%d", x[0] > 0.5F);
    }
}
