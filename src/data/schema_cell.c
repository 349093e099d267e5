// SPDX-License-Identifier: Apache-2.0
// schema_cell.c - what a single cell is: a bit, a word for yes or no, a time, a text.
#include <stdio.h>
#include <strings.h>

#include "data/schema_internal.h"

bool hg__cell_is_word(const char *text, size_t size, const char *words) {
    if (size == 0 || memchr(text, ' ', size)) return false;
    for (const char *p = words; *p;) {
        p += strspn(p, " ");
        const size_t n = strcspn(p, " ");
        if (n == size && strncasecmp(p, text, n) == 0) return true;
        p += n;
    }
    return false;
}

int hg__cell_boolean(const hg__cell *cell) {
    if (cell->kind == HG_CELL_NUMBER) {
        return cell->number == 0 ? 0 : cell->number == 1 ? 1 : -1;
    }
    const size_t size = (size_t)cell->size;
    if (cell->kind != HG_CELL_TEXT || size > 5) return -1;
    if (hg__cell_is_word(cell->text, size, "no false f n")) return 0;
    return hg__cell_is_word(cell->text, size, "yes true t y") ? 1 : -1;
}

// ---- times --------------------------------------------------------------------------------------

typedef struct reading {
    const char *p, *end;
} reading;

// `digits` digits, at least `least` and at most `most` of value.
static bool take_number(reading *r, int digits, int least, int most, int *value) {
    if (r->end - r->p < digits) return false;
    int x = 0;
    for (int i = 0; i < digits; i++) {
        const char c = *r->p++;
        if (c < '0' || c > '9') return false;
        x = x * 10 + (c - '0');
    }
    *value = x;
    return x >= least && x <= most;
}

static bool take(reading *r, const char *any) {
    if (r->p == r->end || !*r->p || !strchr(any, *r->p)) return false;
    r->p++;
    return true;
}

// Days since 1970-01-01 in the Gregorian calendar; March begins the year, so that a leap day ends it. (H. Hinnant,
// "chrono-compatible low-level date algorithms", days_from_civil.)
static int64_t days_of(int year, int month, int day) {
    const int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
    const int64_t of_era = y - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool take_date(reading *r, double *seconds) {
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_number(r, 4, 0, 9999, &year) || !take(r, "-")) return false;
    if (!take_number(r, 2, 1, 12, &month) || !take(r, "-")) return false;
    if (!take_number(r, 2, 1, days[month - 1], &day)) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2 && day == 29 && !leap) return false;
    *seconds = (double)days_of(year, month, day) * 86400;
    return true;
}

// HH:MM[:SS[.fraction]]
static bool take_clock(reading *r, double *seconds) {
    int hour, minute, second = 0;
    if (!take_number(r, 2, 0, 23, &hour) || !take(r, ":")) return false;
    if (!take_number(r, 2, 0, 59, &minute)) return false;
    if (take(r, ":") && !take_number(r, 2, 0, 60, &second)) return false;
    *seconds += hour * 3600 + minute * 60 + second;
    if (!take(r, ".,")) return true;
    double part = 0, unit = 1;
    const char *first = r->p;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
        if (r->p - first >= 9) continue; // nanoseconds
        part = part * 10 + (*r->p - '0');
        unit *= 10;
    }
    *seconds += part / unit;
    return r->p > first;
}

// [blank] Z, +HH, +HHMM or +HH:MM, or nothing.
static bool take_zone(reading *r, double *seconds) {
    if (r->p == r->end) return true;
    (void)take(r, " ");
    if (take(r, "Zz")) return true;
    const bool west = r->p < r->end && *r->p == '-';
    int hour, minute = 0;
    if (!take(r, "+-") || !take_number(r, 2, 0, 23, &hour)) return false;
    if (r->p < r->end) {
        (void)take(r, ":");
        if (!take_number(r, 2, 0, 59, &minute)) return false;
    }
    const int offset = hour * 3600 + minute * 60;
    *seconds += west ? offset : -offset;
    return true;
}

bool hg__parse_time(const char *text, size_t size, double *seconds) {
    if (size < 10 || text[4] != '-' || text[7] != '-') return false;
    reading r = {text, text + size};
    if (!take_date(&r, seconds)) return false;
    if (r.p == r.end) return true;
    return take(&r, "Tt ") && take_clock(&r, seconds) && take_zone(&r, seconds) && r.p == r.end;
}

// ---- all of them --------------------------------------------------------------------------------

hg__cell_class hg__cell_classify(const hg__cell *cell, double *seconds) {
    if (cell->kind == HG_CELL_MISSING) return HG_CLASS_MISSING;
    if (cell->kind == HG_CELL_NUMBER) {
        return cell->number == 0 || cell->number == 1 ? HG_CLASS_BIT : HG_CLASS_NUMBER;
    }
    if (hg__parse_time(cell->text, (size_t)cell->size, seconds)) return HG_CLASS_TIME;
    return hg__cell_boolean(cell) >= 0 ? HG_CLASS_WORD : HG_CLASS_TEXT;
}

void hg__cell_show(const hg__cell *cell, char text[48]) {
    if (cell->kind == HG_CELL_MISSING) {
        snprintf(text, 48, "nothing");
        return;
    }
    char buffer[32];
    const char *from;
    size_t size = hg__level_text(cell, buffer, &from), n = 0;
    bool cut = size > 40;
    if (cut) size = 40;
    while (cut && size > 0 && (from[size] & 0xc0) == 0x80) size--; // not within a character
    text[n++] = '\'';
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)from[i];
        text[n++] = c < ' ' || c == 127 ? '?' : (char)c;
    }
    snprintf(text + n, 48 - n, "%s'", cut ? "..." : "");
}
