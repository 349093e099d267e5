// SPDX-License-Identifier: Apache-2.0
// time_text.c - the table of time formats; days of the calendar, ISO 8601 and numbers that are times.
#include "csv/time_text.h"

#include <string.h>

#define FIRST_SECOND (-62135596800.0) // of the year 1
#define LAST_SECOND  253402300799.0   // of the year 9999
#define FROM_2001    978307200.0      // seconds
#define TO_2101      4133980800.0

enum { DAY = 86400, FOR_EVER = 99991231 };

// origin, unit, per, least, most
// NOLINTBEGIN(bugprone-macro-parentheses)
#define EPOCH(per) 0, 1, per, FROM_2001 *(per), TO_2101 *(per)
#define TEXT       0, 0, 1, 0, 0
// NOLINTEND(bugprone-macro-parentheses)

// clang-format off
const hg__time_type hg__time_types[HG_TIME_FORMATS] = {
    [HG_TIME_ISO]      = {"iso", "", "a date such as 2024-05-31 or 2024-05-31 14:30:00", TEXT, true, true, false, false},
    [HG_TIME_YMD]      = {"ymd", "year first", "a date such as 2024/05/31 or 20240531", TEXT, true, true, true, false},
    [HG_TIME_YYMD]     = {"yymd", "year first", "a date such as 24/05/31", TEXT, true, true, true, false},
    [HG_TIME_DMY]      = {"dmy", "day first", "a date such as 31/05/2024", TEXT, true, true, true, false},
    [HG_TIME_MDY]      = {"mdy", "month first", "a date such as 05/31/2024", TEXT, true, true, true, false},
    [HG_TIME_NAMED]    = {"named_month", "months by name", "a date such as 31 May 2024", TEXT, true, true, false, false},
    [HG_TIME_MONTH]    = {"year_month", "years and months", "a month such as 2024-05", TEXT, false, false, false, false},
    [HG_TIME_NO_YEAR]  = {"no_year", "without a year", "a date such as May 31 14:30:00", TEXT, false, true, false, false},
    [HG_TIME_CLOCK]    = {"clock", "times of day", "a time such as 14:30:00", TEXT, false, true, false, false},
    [HG_TIME_EPOCH]    = {"epoch", "seconds since 1970", "seconds since 1970", EPOCH(1.0), true, true, false, true},
    [HG_TIME_EPOCH_MS] = {"epoch_ms", "milliseconds since 1970", "milliseconds since 1970", EPOCH(1e3), true, true, false, true},
    [HG_TIME_EPOCH_US] = {"epoch_us", "microseconds since 1970", "microseconds since 1970", EPOCH(1e6), true, true, false, false},
    [HG_TIME_EPOCH_NS] = {"epoch_ns", "nanoseconds since 1970", "nanoseconds since 1970", EPOCH(1e9), true, true, false, false},
    // Days since 1899-12-30; those of 1920 to 2099.
    [HG_TIME_SERIAL]   = {"serial", "a spreadsheet's days", "a spreadsheet's day such as 45443", 25569, DAY, 1, 7306, 73050, true, true, false, false},
    // Days since the year 0; those of 1900 to 2100.
    [HG_TIME_DATENUM]  = {"datenum", "days since the year 0", "days since the year 0", 719529, DAY, 1, 693962, 767011, true, true, false, false},
    [HG_TIME_JULIAN]   = {"julian", "Julian days", "a Julian day such as 2460461.5", 2440587.5, DAY, 1, 2415020, 2488070, true, true, false, false},
    // Tenths of microseconds since 1601, and since the year 1; those of 2001 to 2100.
    [HG_TIME_FILETIME] = {"filetime", "100 ns since 1601", "100 ns since 1601", 116444736000000000.0, 1, 1e7, 126227808000000000.0, 157784544000000000.0, true, true, false, false},
    [HG_TIME_TICKS]    = {"ticks", "100 ns since the year 1", "100 ns since the year 1", 621355968000000000.0, 1, 1e7, 631139040000000000.0, 662695776000000000.0, true, true, false, false},
};
// clang-format on

int hg__time_find(const char *name, size_t size) {
    for (int f = 0; f < HG_TIME_FORMATS; f++) {
        const char *known = hg__time_types[f].name;
        if (strlen(known) == size && memcmp(known, name, size) == 0) return f;
    }
    return -1;
}

// ---- the calendar -------------------------------------------------------------------------------

// Days since 1970-01-01 in the Gregorian calendar; March begins the year, so that a leap day ends it. (H. Hinnant,
// "chrono-compatible low-level date algorithms", days_from_civil.)
static int64_t days_of(int year, int month, int day) {
    const int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
    const int64_t of_era = y - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool hg__time_of_day(int year, int month, int day, double *seconds) {
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1]) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2 && day == 29 && !leap) return false;
    *seconds = (double)days_of(year, month, day) * DAY;
    return true;
}

// ---- ISO 8601 -----------------------------------------------------------------------------------

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

static bool take_date(reading *r, double *seconds) {
    int year, month, day;
    if (!take_number(r, 4, 0, 9999, &year) || !take(r, "-")) return false;
    if (!take_number(r, 2, 1, 12, &month) || !take(r, "-")) return false;
    return take_number(r, 2, 1, 31, &day) && hg__time_of_day(year, month, day, seconds);
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

// ---- numbers ------------------------------------------------------------------------------------

static void set(hg__time_reading *r, hg__time_format format, double seconds) {
    r->formats |= 1U << format;
    r->seconds[format] = seconds;
}

// 20240131, with 14, 1430 or 143000 behind.
static void read_digits(int64_t date, int64_t clock, hg__time_reading *r) {
    const int year = (int)(date / 10000), month = (int)(date / 100 % 100);
    const int hour = (int)(clock / 10000), minute = (int)(clock / 100 % 100);
    double seconds;
    const bool in_range = year >= 1900 && (year <= 2100 || date == FOR_EVER);
    if (!in_range || hour > 23 || minute > 59 || clock % 100 > 60) return;
    if (!hg__time_of_day(year, month, (int)(date % 100), &seconds)) return;
    set(r, HG_TIME_YMD, seconds + hour * 3600 + minute * 60 + (double)(clock % 100));
}

// 31012024, 1312024 (01312024), 240131: what nobody takes for a date unless the name says so.
static void read_named_digits(int64_t x, hg__time_reading *r) {
    const int year = (int)(x % 10000), first = (int)(x / 1000000), second = (int)(x / 10000 % 100);
    double seconds;
    if (x >= 1010000 && x <= 31129999 && year >= 1900 && year <= 2100) {
        if (hg__time_of_day(year, second, first, &seconds)) set(r, HG_TIME_DMY, seconds);
        if (hg__time_of_day(year, first, second, &seconds)) set(r, HG_TIME_MDY, seconds);
    }
    const int of_year = (int)(x % 1000);
    if (x >= 1900001 && x <= 2100366 && of_year >= 1) { // 2024031
        double next;
        (void)hg__time_of_day((int)(x / 1000) + 1, 1, 1, &next);
        (void)hg__time_of_day((int)(x / 1000), 1, 1, &seconds);
        seconds += (of_year - 1) * (double)DAY;
        if (seconds < next) set(r, HG_TIME_YMD, seconds);
    }
    if (x < 100101 || x > 991231) return;
    if (x >= 190001 && x <= 210012 &&
        hg__time_of_day((int)(x / 100), (int)(x % 100), 1, &seconds)) {
        set(r, HG_TIME_MONTH, seconds); // 202401
    }
    const int of_century = (int)(x / 10000), month = (int)(x / 100 % 100);
    const int century = of_century < 69 ? 2000 : 1900; // as POSIX has it
    if (hg__time_of_day(century + of_century, month, (int)(x % 100), &seconds)) {
        set(r, HG_TIME_YYMD, seconds);
    }
}

void hg__time_read_number(double x, int says, hg__time_reading *r) {
    r->formats = 0;
    r->zero = x == 0;
    r->weak = r->half_day = false;
    r->mark = 0;
    if (!(x >= 7306 && x < 1e18 * 5) || (!says && x < 19000101)) return; // most numbers are none
    if (x < 21e12 && x == (double)(int64_t)x) {
        const int64_t whole = (int64_t)x;
        if (whole <= 21001231 || whole == FOR_EVER) read_digits(whole, 0, r);
        if (whole >= 1900010100 && whole <= 2100123123) {
            read_digits(whole / 100, whole % 100 * 10000, r);
        }
        if (whole >= 190001010000 && whole <= 210012312359) {
            read_digits(whole / 10000, whole % 10000 * 100, r);
        }
        if (whole >= 19000101000000) read_digits(whole / 1000000, whole % 1000000, r);
        if (says & HG_SAYS_DATE) read_named_digits(whole, r);
    }
    for (int f = HG_TIME_EPOCH; f < HG_TIME_FORMATS; f++) {
        const hg__time_type *t = &hg__time_types[f];
        if (x < t->least || x > t->most || (!t->any && !says)) continue;
        set(r, (hg__time_format)f, (x - t->origin) * t->unit / t->per);
    }
}

// ---- as a column has it -------------------------------------------------------------------------

static int read_number_as(int format, double x, double *seconds) {
    const hg__time_type *t = &hg__time_types[format];
    hg__time_reading r;
    if (x == 0) return 0;
    if (t->unit > 0) {
        *seconds = (x - t->origin) * t->unit / t->per;
        return *seconds >= FIRST_SECOND && *seconds <= LAST_SECOND ? 1 : -1;
    }
    if (!t->has_order && format != HG_TIME_MONTH) return -1;
    hg__time_read_number(x, HG_SAYS_DATE, &r);
    if (r.formats & 1U << format) {
        *seconds = r.seconds[format];
        return 1;
    }
    return -1;
}

int hg__time_read_as(int format, const hg__cell *cell, double *seconds) {
    hg__time_reading r;
    if (cell->kind == HG_CELL_MISSING) return 0;
    if (cell->kind == HG_CELL_NUMBER) return read_number_as(format, cell->number, seconds);
    hg__time_read_text(cell->text, (size_t)cell->size, &r);
    const int by = r.formats & 1U << HG_TIME_ISO ? HG_TIME_ISO : format;
    if (r.formats & 1U << by) {
        *seconds = r.seconds[by];
        return 1;
    }
    return r.zero ? 0 : -1;
}
