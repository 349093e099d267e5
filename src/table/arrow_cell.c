// SPDX-License-Identifier: Apache-2.0
// arrow_cell.c - a cell of Arrow's columns, as a CSV file of the table would have it.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "csv/csv.h"
#include "csv/csv_number.h"
#include "table/arrow.h"

enum { LONGEST = 1000, DAY = 86400 }; // bytes of a number, seconds

bool hg__arrow_is_valid(const struct ArrowArray *a, int64_t i) {
    const uint8_t *bits = a->n_buffers > 0 ? a->buffers[0] : NULL;
    return !bits || bits[i / 8] >> i % 8 & 1;
}

int64_t hg__arrow_integer(const hg__arrow_type *t, const void *from, int64_t i) {
    const uint8_t *at = (const uint8_t *)from + i * t->width;
    const bool is_signed = t->kind != HG_ARROW_UINT;
    uint64_t x = 0;
    uint16_t two;
    uint32_t four;
    switch (t->width) {
    case 1: return is_signed ? (int64_t)(int8_t)*at : *at;
    case 2: memcpy(&two, at, sizeof two); return is_signed ? (int64_t)(int16_t)two : two;
    case 4: memcpy(&four, at, sizeof four); return is_signed ? (int64_t)(int32_t)four : four;
    default: memcpy(&x, at, sizeof x); return (int64_t)x;
    }
}

static int64_t offset_at(const hg__arrow_type *t, const void *offsets, int64_t i) {
    return hg__arrow_integer(t, offsets, i);
}

enum { VIEW_BYTES = 16, INLINE = 12 };

const char *hg__arrow_text(const hg__arrow_type *t, const struct ArrowArray *a, int64_t i,
                           size_t *size) {
    if (t->kind == HG_ARROW_TEXT) {
        const int64_t from = offset_at(t, a->buffers[1], i);
        const char *data = a->buffers[2];
        *size = (size_t)(offset_at(t, a->buffers[1], i + 1) - from);
        return *size ? data + from : "";
    }
    const uint8_t *view = (const uint8_t *)a->buffers[1] + i * VIEW_BYTES;
    int32_t part[4]; // bytes, the first four of them, which buffer, where in it
    memcpy(part, view, sizeof part);
    *size = (size_t)part[0];
    if (part[0] <= INLINE) return (const char *)view + sizeof part[0];
    return (const char *)a->buffers[2 + part[2]] + part[3];
}

// ---- numbers ------------------------------------------------------------------------------------

static void set_number(double x, int32_t size, hg__cell *cell) {
    if (x > DBL_MAX) {
        *cell = (hg__cell){.kind = HG_CELL_TEXT, .text = "inf", .size = 3};
    } else if (x < -DBL_MAX) {
        *cell = (hg__cell){.kind = HG_CELL_TEXT, .text = "-inf", .size = 4};
    } else {
        *cell = (hg__cell){
            .kind = isnan(x) ? HG_CELL_MISSING : HG_CELL_NUMBER, .size = size, .number = x};
    }
}

static double float_at(const hg__arrow_type *t, const void *from, int64_t i) {
    const uint8_t *at = (const uint8_t *)from + i * t->width;
    uint16_t half;
    float single;
    double x;
    switch (t->width) {
    case sizeof half: memcpy(&half, at, sizeof half); return hg__arrow_half(half);
    case sizeof single: memcpy(&single, at, sizeof single); return hg__arrow_single(single);
    default: memcpy(&x, at, sizeof x); return x;
    }
}

static double whole_at(const hg__arrow_type *t, const void *from, int64_t i) {
    const int64_t x = hg__arrow_integer(t, from, i);
    return t->kind == HG_ARROW_UINT ? (double)(uint64_t)x : (double)x;
}

// ---- texts --------------------------------------------------------------------------------------

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static bool may_be_number(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

// A text as a cell of CSV with a decimal point. The reader of numbers looks beyond what it reads, so they are copied.
static void set_text(const char *text, size_t size, hg__cell *cell) {
    static const hg__cell_kind kinds[] = {[HG_CSV_NUMBER] = HG_CELL_NUMBER,
                                          [HG_CSV_MISSING] = HG_CELL_MISSING,
                                          [HG_CSV_TEXT] = HG_CELL_TEXT,
                                          [HG_CSV_INFINITE] = HG_CELL_TEXT};
    enum { LONGEST_WORD = 9 };
    char room[LONGEST + HG_CSV_PAD];
    while (size > 0 && is_blank(text[size - 1])) size--;
    for (; size > 0 && is_blank(*text); size--) text++;
    *cell = (hg__cell){.kind = HG_CELL_TEXT, .size = (int32_t)size, .text = text};
    if (size > LONGEST || (size > LONGEST_WORD && !may_be_number(*text))) return;
    memcpy(room, text, size);
    memset(room + size, 0, HG_CSV_PAD);
    const hg__csv_cell raw = {.text = room, .size = size};
    cell->kind = kinds[hg__csv_read_double(&raw, '.', &cell->number)];
}

// ---- times --------------------------------------------------------------------------------------

static int64_t floor_div(int64_t x, int64_t by) {
    return x / by - (x % by < 0);
}

// Year, month and day of a day since 1970-01-01 in the Gregorian calendar; March begins the year, so that a leap day ends it. (H.
// Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.)
static size_t write_day(int64_t day, char *text, size_t size) {
    const int64_t z = day + 719468, era = floor_div(z, 146097), of_era = z - era * 146097;
    const int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    const int64_t month = (5 * of_year + 2) / 153, date = of_year - (153 * month + 2) / 5 + 1;
    const int64_t year = years + era * 400 + (month >= 10);
    return (size_t)snprintf(text, size, "%04lld-%02lld-%02lld", (long long)year,
                            (long long)(month < 10 ? month + 3 : month - 9), (long long)date);
}

// rest: units since midnight.
static size_t write_clock(int64_t rest, int64_t per_second, char *text, size_t size) {
    const int64_t second = rest / per_second, part = rest % per_second;
    size_t at = (size_t)snprintf(text, size, "%02lld:%02lld:%02lld", (long long)(second / 3600),
                                 (long long)(second / 60 % 60), (long long)(second % 60));
    if (part == 0) return at;
    const int64_t ns = part * (1000000000 / per_second);
    const bool is_coarse = ns % 1000 == 0;
    at += (size_t)snprintf(text + at, size - at, is_coarse ? ".%06lld" : ".%09lld",
                           (long long)(is_coarse ? ns / 1000 : ns));
    return at;
}

static void set_time(const hg__arrow_type *t, int64_t x, char text[HG_ARROW_CELL], hg__cell *cell) {
    const int64_t units = t->kind == HG_ARROW_DATE && t->width == 4 ? 1 : DAY * t->per_second;
    const int64_t day = t->kind == HG_ARROW_CLOCK ? 0 : floor_div(x, units);
    size_t at = 0;
    if (t->kind != HG_ARROW_CLOCK) at = write_day(day, text, HG_ARROW_CELL);
    if (t->kind == HG_ARROW_TIME && !t->whole_days) text[at++] = ' ';
    const bool has_clock = t->kind == HG_ARROW_CLOCK || !t->whole_days;
    if (t->kind != HG_ARROW_DATE && has_clock) {
        at += write_clock(x % units + (x % units < 0 ? units : 0), t->per_second, text + at,
                          HG_ARROW_CELL - at);
    }
    if (t->zoned) at += (size_t)snprintf(text + at, HG_ARROW_CELL - at, "+00:00");
    *cell = (hg__cell){.kind = HG_CELL_TEXT, .text = text, .size = (int32_t)at};
}

// ---- a cell -------------------------------------------------------------------------------------

static void set_bool(const struct ArrowArray *a, int64_t i, hg__cell *cell) {
    const bool is_true = ((const uint8_t *)a->buffers[1])[i / 8] >> i % 8 & 1;
    *cell = (hg__cell){
        .kind = HG_CELL_TEXT, .text = is_true ? "True" : "False", .size = is_true ? 4 : 5};
}

static void set_decimal(const hg__arrow_type *t, const void *from, int64_t i,
                        char text[HG_ARROW_CELL], hg__cell *cell) {
    const size_t size =
        hg__arrow_decimal((const uint8_t *)from + i * t->width, t->width, t->scale, text);
    set_text(text, size, cell);
}

// i: from the start of the buffers.
static void read_value(const hg__arrow_type *t, const struct ArrowArray *a, int64_t i,
                       char text[HG_ARROW_CELL], hg__cell *cell) {
    size_t size;
    const char *own;
    switch (t->kind) {
    case HG_ARROW_NULL: *cell = (hg__cell){.kind = HG_CELL_MISSING}; return;
    case HG_ARROW_BOOL: set_bool(a, i, cell); return;
    case HG_ARROW_INT:
    case HG_ARROW_UINT: set_number(whole_at(t, a->buffers[1], i), 0, cell); return;
    case HG_ARROW_FLOAT: set_number(float_at(t, a->buffers[1], i), HG_CELL_DOUBLE, cell); return;
    case HG_ARROW_DECIMAL: set_decimal(t, a->buffers[1], i, text, cell); return;
    case HG_ARROW_DURATION:
        set_number(whole_at(t, a->buffers[1], i) / (double)t->per_second, 0, cell);
        return;
    case HG_ARROW_DATE:
    case HG_ARROW_CLOCK:
    case HG_ARROW_TIME: set_time(t, hg__arrow_integer(t, a->buffers[1], i), text, cell); return;
    case HG_ARROW_TEXT:
    case HG_ARROW_VIEW:
        own = hg__arrow_text(t, a, i, &size);
        set_text(own, size, cell);
        return;
    }
}

void hg__arrow_cell(const hg_table *t, const hg__arrow_batch *b, int64_t row, int32_t column,
                    char text[HG_ARROW_CELL], hg__cell *cell) {
    const hg__arrow_column *c = &t->column[column];
    const struct ArrowArray *a = b->array.children[column];
    int64_t i = a->offset + b->array.offset + row;
    *cell = (hg__cell){.kind = HG_CELL_MISSING};
    if (!hg__arrow_is_valid(a, i)) return;
    if (c->index.width) {
        i = hg__arrow_integer(&c->index, a->buffers[1], i);
        a = a->dictionary;
        i += a->offset;
        if (!hg__arrow_is_valid(a, i)) return;
    }
    read_value(&c->value, a, i, text, cell);
}
