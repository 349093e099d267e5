// SPDX-License-Identifier: Apache-2.0
// row_time.c - the time of a row: most often that of the row before, with other seconds.
#include <math.h>
#include <string.h>

#include "streams/row_lines_internal.h"

#define NOT_KNOWN ((double)NAN)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The minute of the time before, with other seconds. False: read it the long way.
static bool read_seconds(const hg__row_time *t, const char *text, size_t size, double *seconds) {
    const char *p = text + HG_MINUTE, *end = text + size;
    if (!t->has_minute || size < HG_MINUTE + 2 || memcmp(text, t->minute, HG_MINUTE) != 0) {
        return false;
    }
    if (!is_digit(p[0]) || !is_digit(p[1]) || p[0] > '5') return false;
    double part = 0, unit = 1;
    const double second = (p[0] - '0') * 10 + (p[1] - '0');
    p += 2;
    if (p < end && *p == '.') {
        const char *first = ++p;
        for (; p < end && is_digit(*p); p++) {
            part = part * 10 + (*p - '0');
            unit *= 10;
        }
        if (p == first || p - first > 9) return false;
    }
    if (p < end && (*p == 'Z' || *p == 'z')) p++;
    *seconds = t->minute_seconds + second + part / unit;
    return p == end;
}

static void keep_minute(hg__row_time *t, const char *text, size_t size) {
    char whole[HG_MINUTE + 3];
    t->has_minute = false;
    if (size < HG_MINUTE + 2 || text[HG_MINUTE - 1] != ':') return;
    memcpy(whole, text, HG_MINUTE);
    memcpy(whole + HG_MINUTE, "00", 3);
    t->has_minute = hg__parse_time(whole, HG_MINUTE + 2, &t->minute_seconds);
    memcpy(t->minute, text, HG_MINUTE);
}

// A time of day goes on behind midnight.
static double add_day(hg__row_time *t, double seconds) {
    enum { DAY = 86400 };
    seconds += t->day;
    if (seconds < t->shown - DAY * 0.5) {
        t->day += DAY;
        seconds += DAY;
    }
    t->shown = seconds;
    return seconds;
}

static bool read_number(const char *text, size_t size, double *x) {
    return size && hg__csv_plain_double(text, '.', x) == text + size && isfinite(*x);
}

// The first of a column says how it is written: which of the numbers that a time may be is told by how large they are.
static int find_format(const char *text, size_t size) {
    hg__time_reading r = {0};
    double x;
    if (hg__parse_time(text, size, &x)) return HG_TIME_ISO;
    const bool is_number = read_number(text, size, &x);
    if (is_number) {
        hg__time_read_number(x, HG_SAYS_TIME, &r);
        for (int f = HG_TIME_EPOCH; f <= HG_TIME_EPOCH_NS; f++) {
            if (r.formats & 1U << f) return f;
        }
        return HG_ROW_TIME_NUMBER;
    }
    hg__time_read_text(text, size, &r);
    for (int f = 0; f < HG_TIME_FORMATS; f++) {
        if ((r.formats & 1U << f) && f != HG_TIME_MONTH && f != HG_TIME_NO_YEAR) return f;
    }
    return HG_ROW_TIME_ANY;
}

bool hg__row_time_read(hg__row_time *t, const char *text, size_t size, double *seconds) {
    *seconds = NOT_KNOWN;
    if (size == 0) return true;
    if (t->format == HG_TIME_ISO && read_seconds(t, text, size, seconds)) return true;
    const hg__csv_cell raw = {text, size, false};
    double x = 0;
    const hg__csv_kind kind = hg__csv_read_double(&raw, '.', &x);
    if (kind == HG_CSV_MISSING) return true;
    if (size > HG_TIME_LONGEST || kind == HG_CSV_INFINITE) return false;
    if (t->format == HG_ROW_TIME_ANY) t->format = find_format(text, size);
    if (t->format == HG_ROW_TIME_ANY) return false;
    if (t->format == HG_ROW_TIME_NUMBER) {
        if (kind == HG_CSV_NUMBER) *seconds = x * t->unit;
        return kind == HG_CSV_NUMBER;
    }
    const hg__cell cell = {kind == HG_CSV_NUMBER ? HG_CELL_NUMBER : HG_CELL_TEXT, (int32_t)size, x,
                           text};
    const int code = hg__time_read_as(t->format, &cell, seconds);
    if (code != 1) *seconds = NOT_KNOWN;
    if (code == 1 && t->format == HG_TIME_ISO) keep_minute(t, text, size);
    if (code == 1 && t->format == HG_TIME_CLOCK) *seconds = add_day(t, *seconds);
    return code >= 0;
}
