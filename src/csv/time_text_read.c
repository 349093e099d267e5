// SPDX-License-Identifier: Apache-2.0
// time_text_read.c - a text as a time, in any of the formats that it may be in.
//
// A text is read once into a spelling: its numbers in their order, a month by name, a time of day, a zone. Which number is
// the day and which the month is another question, answered in every way that gives a day of the calendar:
// 02/03/2024 reads by day first and by month first, and the column says which it is.
#include <stdlib.h>
#include <string.h>

#include "csv/time_text.h"

enum { SHORTEST = 3, LONGEST = 80, LONGEST_WORD = 18, FIRST_YEAR = 1700, PIVOT = 69 };

typedef struct spelling {
    const char *p, *end;
    int number[3], digits[3], numbers; // of the date
    char mark, between[2]; // since the last number; between numbers; 0: nothing but blanks
    int marks;             // since the last number or word
    int month;             // by name; 0: none
    char part;             // 'W': a week, 'Q': a quarter
    bool has_weekday, has_clock, has_zone, half_day;
    double clock, offset; // seconds of the day; of the zone, east of Greenwich
} spelling;

// ---- words --------------------------------------------------------------------------------------

enum { WEEKDAY = 100, FILLER };

// Small letters, of ASCII; in the order of their bytes. "mar" is March here, and Tuesday in three languages.
// clang-format off
static const struct word {
    char text[LONGEST_WORD + 1];
    uint8_t what; // 1 to 12: a month
} words[] = {
    {"abr", 4}, {"abril", 4}, {"ago", 8}, {"agosto", 8}, {"aout", 8}, {"aoÛt", 8}, {"août", 8}, {"apr", 4},
    {"april", 4}, {"aprile", 4}, {"at", FILLER}, {"aug", 8}, {"august", 8}, {"augusti", 8}, {"augustus", 8},
    {"avr", 4}, {"avril", 4}, {"czerwca", 6}, {"de", FILLER}, {"dec", 12}, {"december", 12}, {"decembre", 12},
    {"del", FILLER}, {"dez", 12}, {"dezember", 12}, {"dezembro", 12}, {"di", WEEKDAY}, {"dic", 12}, {"dicembre", 12},
    {"diciembre", 12}, {"dienstag", WEEKDAY}, {"dim", WEEKDAY}, {"dimanche", WEEKDAY}, {"do", WEEKDAY},
    {"dom", WEEKDAY}, {"domingo", WEEKDAY}, {"donnerstag", WEEKDAY}, {"dÉc", 12}, {"dÉcembre", 12}, {"déc", 12},
    {"décembre", 12}, {"el", FILLER}, {"ene", 1}, {"enero", 1}, {"er", FILLER}, {"feb", 2}, {"febbraio", 2},
    {"febrero", 2}, {"februar", 2}, {"februari", 2}, {"february", 2}, {"fev", 2}, {"fevereiro", 2}, {"fevrier", 2},
    {"fr", WEEKDAY}, {"freitag", WEEKDAY}, {"fri", WEEKDAY}, {"friday", WEEKDAY}, {"fÉvrier", 2}, {"févr", 2},
    {"février", 2}, {"gen", 1}, {"gennaio", 1}, {"gio", WEEKDAY}, {"giovedi", WEEKDAY}, {"giovedì", WEEKDAY},
    {"giu", 6}, {"giugno", 6}, {"grudnia", 12}, {"h", FILLER}, {"hrs", FILLER}, {"jan", 1}, {"janeiro", 1},
    {"januar", 1}, {"januari", 1}, {"january", 1}, {"janv", 1}, {"janvier", 1}, {"jeu", WEEKDAY}, {"jeudi", WEEKDAY},
    {"jue", WEEKDAY}, {"jueves", WEEKDAY}, {"juil", 7}, {"juillet", 7}, {"juin", 6}, {"jul", 7}, {"julho", 7},
    {"juli", 7}, {"julio", 7}, {"july", 7}, {"jun", 6}, {"june", 6}, {"junho", 6}, {"juni", 6}, {"junio", 6},
    {"kl", FILLER}, {"kwietnia", 4}, {"le", FILLER}, {"lipca", 7}, {"listopada", 11}, {"lug", 7}, {"luglio", 7},
    {"lun", WEEKDAY}, {"lundi", WEEKDAY}, {"lunedi", WEEKDAY}, {"lunedì", WEEKDAY}, {"lunes", WEEKDAY}, {"lutego", 2},
    {"maart", 3}, {"mag", 5}, {"maggio", 5}, {"mai", 5}, {"maio", 5}, {"maj", 5}, {"maja", 5}, {"mar", 3},
    {"marca", 3}, {"march", 3}, {"marco", 3}, {"mardi", WEEKDAY}, {"mars", 3}, {"martedi", WEEKDAY},
    {"martedì", WEEKDAY}, {"martes", WEEKDAY}, {"marzo", 3}, {"março", 3}, {"may", 5}, {"mayo", 5}, {"mei", 5},
    {"mer", WEEKDAY}, {"mercoledi", WEEKDAY}, {"mercoledì", WEEKDAY}, {"mercredi", WEEKDAY}, {"mi", WEEKDAY},
    {"miercoles", WEEKDAY}, {"mittwoch", WEEKDAY}, {"mié", WEEKDAY}, {"miércoles", WEEKDAY}, {"mo", WEEKDAY},
    {"mon", WEEKDAY}, {"monday", WEEKDAY}, {"montag", WEEKDAY}, {"mrt", 3}, {"mrz", 3}, {"mÄr", 3}, {"mÄrz", 3},
    {"mär", 3}, {"märz", 3}, {"nd", FILLER}, {"nov", 11}, {"november", 11}, {"novembre", 11}, {"novembro", 11},
    {"noviembre", 11}, {"o", FILLER}, {"oct", 10}, {"october", 10}, {"octobre", 10}, {"octubre", 10}, {"of", FILLER},
    {"okt", 10}, {"oktober", 10}, {"ott", 10}, {"ottobre", 10}, {"out", 10}, {"outubro", 10}, {"października", 10},
    {"r", FILLER}, {"rd", FILLER}, {"sa", WEEKDAY}, {"sab", WEEKDAY}, {"sabado", WEEKDAY}, {"sabato", WEEKDAY},
    {"sam", WEEKDAY}, {"samedi", WEEKDAY}, {"samstag", WEEKDAY}, {"sat", WEEKDAY}, {"saturday", WEEKDAY}, {"sep", 9},
    {"sept", 9}, {"september", 9}, {"septembre", 9}, {"septiembre", 9}, {"set", 9}, {"setembro", 9}, {"settembre", 9},
    {"sierpnia", 8}, {"so", WEEKDAY}, {"sonnabend", WEEKDAY}, {"sonntag", WEEKDAY}, {"st", FILLER}, {"stycznia", 1},
    {"sun", WEEKDAY}, {"sunday", WEEKDAY}, {"sáb", WEEKDAY}, {"sábado", WEEKDAY}, {"th", FILLER}, {"the", FILLER},
    {"thu", WEEKDAY}, {"thur", WEEKDAY}, {"thurs", WEEKDAY}, {"thursday", WEEKDAY}, {"tue", WEEKDAY},
    {"tues", WEEKDAY}, {"tuesday", WEEKDAY}, {"uhr", FILLER}, {"um", FILLER}, {"ven", WEEKDAY}, {"vendredi", WEEKDAY},
    {"venerdi", WEEKDAY}, {"venerdì", WEEKDAY}, {"vie", WEEKDAY}, {"viernes", WEEKDAY}, {"wed", WEEKDAY},
    {"wednesday", WEEKDAY}, {"weds", WEEKDAY}, {"września", 9}, {"ª", FILLER}, {"º", FILLER}, {"à", FILLER},
    {"августа", 8}, {"апреля", 4}, {"г", FILLER}, {"декабря", 12}, {"июля", 7}, {"июня", 6}, {"марта", 3}, {"мая", 5},
    {"ноября", 11}, {"октября", 10}, {"сентября", 9}, {"февраля", 2}, {"января", 1}, {"年", FILLER}, {"日", FILLER},
    {"月", FILLER}, {"년", FILLER}, {"월", FILLER}, {"일", FILLER},
};
// clang-format on

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int compare_words(const void *key, const void *row) {
    return strcmp(key, ((const struct word *)row)->text);
}

static int find_word(const char *word, size_t size) {
    char small[LONGEST_WORD + 1];
    if (size > LONGEST_WORD) return 0;
    for (size_t i = 0; i < size; i++) small[i] = lower(word[i]);
    small[size] = '\0';
    const struct word *found =
        bsearch(small, words, sizeof words / sizeof *words, sizeof *words, compare_words);
    return found ? found->what : 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

// ---- pieces -------------------------------------------------------------------------------------

static char peek(const spelling *s, int ahead) {
    return s->end - s->p > ahead ? s->p[ahead] : '\0';
}

// A blank, a tab, or Unicode's that do not break: how many bytes.
static int blank_at(const char *p, const char *end) {
    if (p < end && (*p == ' ' || *p == '\t')) return 1;
    if (end - p >= 2 && memcmp(p, "\xc2\xa0", 2) == 0) return 2;
    return end - p >= 3 && memcmp(p, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

static void skip_blanks(spelling *s) {
    for (int n; (n = blank_at(s->p, s->end)) > 0;) s->p += n;
}

// At most `most` digits: how many.
static int take_digits(spelling *s, int most, int *value) {
    int n = 0;
    *value = 0;
    for (; n < most && is_digit(peek(s, 0)); n++) *value = *value * 10 + (*s->p++ - '0');
    return n;
}

static double take_fraction(spelling *s) {
    double part = 0, unit = 1;
    for (int n = 0; is_digit(peek(s, 0)); s->p++, n++) {
        if (n >= 9) continue; // nanoseconds
        part = part * 10 + (*s->p - '0');
        unit *= 10;
    }
    return part / unit;
}

// AM, p.m., P. M. behind a time of day: 'a', 'p' or 0.
static char take_half_day(spelling *s) {
    const char *from = s->p;
    skip_blanks(s);
    const char half = lower(peek(s, 0));
    if (half == 'a' || half == 'p') {
        s->p += peek(s, 1) == '.' ? 2 : 1;
        skip_blanks(s);
        if (lower(peek(s, 0)) == 'm' && !is_letter(peek(s, 1))) {
            s->p += peek(s, 1) == '.' ? 2 : 1;
            return half;
        }
    }
    s->p = from;
    return 0;
}

static bool is_dated(const spelling *s) {
    return s->numbers + (s->month > 0) == 3 || (s->numbers == 1 && s->digits[0] == 8);
}

static bool set_clock(spelling *s, int hour, int minute, int second, double fraction) {
    const char half = take_half_day(s);
    if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && minute + second > 0)) {
        return false;
    }
    if (half && hour <= 12) hour = hour % 12 + (half == 'p' ? 12 : 0);
    s->half_day = half != 0;
    s->clock = hour * 3600 + minute * 60 + second + fraction;
    s->has_clock = true;
    s->marks = 0;
    return true;
}

// HH:MM[:SS[.fraction]], HH.MM.SS, HH-MM-SS, 14h30.
static bool take_clock(spelling *s, int hour) {
    const char joint = *s->p++;
    int minute, second = 0;
    double fraction = 0;
    if (take_digits(s, 2, &minute) != 2) return false;
    if (peek(s, 0) == joint && is_digit(peek(s, 1))) {
        s->p++;
        if (take_digits(s, 2, &second) != 2) return false;
        const char c = peek(s, 0);
        const bool thousandths = c == ':' && is_digit(peek(s, 2)) && is_digit(peek(s, 3));
        if ((c == '.' || c == ',' || thousandths) && is_digit(peek(s, 1))) {
            s->p++;
            fraction = take_fraction(s);
        }
    }
    return !is_digit(peek(s, 0)) && set_clock(s, hour, minute, second, fraction);
}

// 1430, 143000, 143000.25 behind a date.
static bool set_clock_digits(spelling *s, int value, int digits) {
    double fraction = 0;
    if (digits == 4) value *= 100;
    if ((peek(s, 0) == '.' || peek(s, 0) == ',') && is_digit(peek(s, 1))) {
        s->p++;
        fraction = take_fraction(s);
    }
    return set_clock(s, value / 10000, value / 100 % 100, value % 100, fraction);
}

static bool add_number(spelling *s, int value, int digits) {
    if (s->numbers == 3 || s->marks > 1) return false;
    if (s->numbers > 0) s->between[s->numbers - 1] = s->mark;
    s->number[s->numbers] = value;
    s->digits[s->numbers++] = digits;
    s->mark = 0;
    s->marks = 0;
    return true;
}

static bool is_clock_joint(const spelling *s, char c) {
    if (!is_digit(peek(s, 1)) || !is_digit(peek(s, 2))) return false;
    return c == ':' || c == 'h' || c == 'H' || (is_dated(s) && (c == '.' || c == '-'));
}

static bool take_number(spelling *s) {
    int value, rest = 0;
    const int digits = take_digits(s, 8, &value);
    if (digits <= 2 && !s->has_clock) {
        if (is_clock_joint(s, peek(s, 0))) return take_clock(s, value);
        const char *behind = s->p;
        const char half = take_half_day(s);
        s->p = behind;
        if (half) return value <= 12 && set_clock(s, value, 0, 0, 0); // 2 PM
    }
    const bool dated = is_dated(s);
    if (dated && !s->has_clock && digits == 2 && s->marks == 0) { // 2024-01-31 14
        return set_clock(s, value, 0, 0, 0);
    }
    if (dated && !s->has_clock && (digits == 4 || digits == 6)) {
        return set_clock_digits(s, value, digits);
    }
    if (is_digit(peek(s, 0))) { // 202401311430, 20240131143000
        if (s->numbers || s->month || s->has_clock || digits != 8) return false;
        const int more = take_digits(s, 6, &rest);
        return (more == 4 || more == 6) && !is_digit(peek(s, 0)) && add_number(s, value, digits) &&
               set_clock_digits(s, rest, more);
    }
    if (digits == 8 && (s->numbers || s->month)) return false;
    const bool day_of_year = digits == 3 && s->numbers == 1 && s->digits[0] == 4 && !s->month;
    const bool good = digits == 1 || digits == 2 || digits == 4 || digits == 8 || day_of_year;
    return good && !dated && add_number(s, value, digits);
}

// +HH, +HHMM or +HH:MM behind a time of day.
static bool take_offset(spelling *s) {
    const bool west = *s->p++ == '-';
    int hour, minute = 0;
    const int digits = take_digits(s, 2, &hour);
    if (digits == 0 || hour > 23) return false;
    const bool joint = peek(s, 0) == ':' && is_digit(peek(s, 1));
    if (joint) s->p++;
    if (is_digit(peek(s, 0)) && (take_digits(s, 2, &minute) != 2 || minute > 59)) return false;
    s->offset = hour * 3600 + minute * 60;
    if (west) s->offset = -s->offset;
    s->has_zone = true;
    return !is_digit(peek(s, 0));
}

// "(CET)", "[Europe/Berlin]": says it once more.
static bool take_comment(spelling *s) {
    const char close = *s->p == '(' ? ')' : ']';
    const char *end = memchr(s->p, close, (size_t)(s->end - s->p));
    if (!end) return false;
    s->p = end + 1;
    skip_blanks(s);
    return s->p == s->end;
}

static bool take_mark(spelling *s) {
    const int blank = blank_at(s->p, s->end);
    if (blank) {
        s->p += blank;
        return true;
    }
    const char c = *s->p;
    if (s->has_clock && (c == '+' || c == '-') && is_digit(peek(s, 1)) && !s->has_zone) {
        return take_offset(s);
    }
    if ((s->has_clock || is_dated(s)) && (c == '(' || c == '[')) return take_comment(s);
    if (!c || !strchr("-/.,_:", c) || (c == ':' && !is_dated(s))) return false;
    if (!s->numbers && !s->month && !s->has_weekday && !s->has_clock) return false;
    s->mark = c;
    s->marks++;
    s->p++;
    return s->marks == 1;
}

// A zone's label: two to five capitals behind a time of day.
static bool is_label(const spelling *s, const char *word, size_t size) {
    bool capitals = s->has_clock && !s->has_zone && size >= 2 && size <= 5;
    for (size_t i = 0; i < size; i++) capitals = capitals && word[i] >= 'A' && word[i] <= 'Z';
    return capitals;
}

// T before a time of day, Z behind it, 2024-W05-3, 2024-Q1.
static bool take_sign(spelling *s, char sign) {
    const bool before_digit = is_digit(peek(s, 0));
    if (sign == 't') return is_dated(s) && before_digit && s->marks == 0;
    if (sign == 'z') {
        const bool good = s->has_clock && !s->has_zone;
        s->has_zone = true;
        return good;
    }
    const bool year = s->numbers == 1 && s->digits[0] == 4 && !s->month;
    if (!before_digit || s->part || !(year || (sign == 'q' && s->numbers == 0))) return false;
    s->part = sign == 'q' ? 'Q' : 'W';
    s->marks = 0;
    return true;
}

static bool take_word(spelling *s) {
    const char *from = s->p;
    while (s->p < s->end && is_letter(*s->p) && !blank_at(s->p, s->end)) s->p++;
    const size_t size = (size_t)(s->p - from);
    if (size == 1 && strchr("tzwq", lower(*from))) return take_sign(s, lower(*from));
    const int what = find_word(from, size);
    if (what == 0) return is_label(s, from, size);
    s->marks = 0;
    if (what == WEEKDAY) {
        const bool twice = s->has_weekday;
        s->has_weekday = true;
        return !twice;
    }
    if (what == FILLER) return s->numbers > 0 || s->month || s->has_clock || s->has_weekday;
    if (s->month) return false;
    s->month = what;
    return true;
}

static bool read_spelling(spelling *s) {
    while (s->p < s->end) {
        const char c = *s->p;
        const bool good = is_digit(c)                               ? take_number(s)
                          : is_letter(c) && !blank_at(s->p, s->end) ? take_word(s)
                                                                    : take_mark(s);
        if (!good) return false;
    }
    return s->marks == 0 || s->mark == '.'; // "31. 1. 2024."
}

// ---- days ---------------------------------------------------------------------------------------

static void set(const spelling *s, hg__time_format format, double day, hg__time_reading *r) {
    r->formats |= 1U << format;
    r->seconds[format] = day + s->clock - s->offset;
}

static int year_of(int number, int digits) {
    if (digits == 4) return number;
    return number + (number < PIVOT ? 2000 : 1900); // as POSIX has it
}

static void set_day(const spelling *s, hg__time_format format, const int at[3],
                    hg__time_reading *r) {
    const int year = year_of(s->number[at[0]], s->digits[at[0]]);
    double day;
    if (year < FIRST_YEAR || s->digits[at[1]] > 2 || s->digits[at[2]] > 2) return;
    if (hg__time_of_day(year, s->number[at[1]], s->number[at[2]], &day)) set(s, format, day, r);
}

static void read_three(const spelling *s, hg__time_reading *r) {
    static const int ymd[] = {0, 1, 2}, dmy[] = {2, 1, 0}, mdy[] = {2, 0, 1};
    if (s->between[0] != s->between[1]) return;
    const char mark = s->between[0];
    const int *digits = s->digits;
    const bool apart = mark || (digits[0] == 2 && digits[1] == 2 && digits[2] == 4); // 31 01 2024
    if (mark && !strchr("-/._", mark)) return;
    r->mark = mark;
    r->zero = s->number[0] + s->number[1] + s->number[2] == 0 && s->clock == 0 &&
              (digits[0] == 4 || digits[2] == 4);
    if (digits[0] == 4) set_day(s, HG_TIME_YMD, ymd, r);
    if (digits[0] == 4 || !apart || (digits[2] != 4 && digits[2] != 2)) return;
    if (digits[0] == 2 && digits[2] == 2) set_day(s, HG_TIME_YYMD, ymd, r);
    set_day(s, HG_TIME_DMY, dmy, r);
    set_day(s, HG_TIME_MDY, mdy, r);
    r->weak = digits[2] == 2 && mark != '/' && digits[0] + digits[1] < 4;
}

static void read_month(const spelling *s, int year, int month, hg__time_reading *r) {
    double day;
    if (s->has_clock || year < FIRST_YEAR || year > 2200) return;
    if (hg__time_of_day(year, month, 1, &day)) set(s, HG_TIME_MONTH, day, r);
}

// A month by name with a day, a year or both.
static void read_named(const spelling *s, hg__time_reading *r) {
    const int *x = s->number, *digits = s->digits;
    double day;
    if (s->numbers == 2) {
        const int year = digits[0] == 4 ? 0 : 1;
        if (digits[year] != 4 && digits[year] != 2) return;
        const int in = year_of(x[year], digits[year]);
        if (digits[1 - year] > 2 || in < FIRST_YEAR) return;
        if (hg__time_of_day(in, s->month, x[1 - year], &day)) set(s, HG_TIME_NAMED, day, r);
        return;
    }
    if (s->numbers != 1) return;
    if (digits[0] == 4) read_month(s, x[0], s->month, r);
    if (digits[0] > 2) return;
    r->weak = !s->has_clock;                                          // "Set 2"
    if (digits[0] == 2) read_month(s, year_of(x[0], 2), s->month, r); // Jan-24
    if (hg__time_of_day(1972, s->month, x[0], &day)) set(s, HG_TIME_NO_YEAR, day, r);
}

// 2024-W05-3, 2024-W05, 2024-Q1, Q1 2024.
static void read_part(const spelling *s, hg__time_reading *r) {
    const int *x = s->number, *digits = s->digits;
    const int year = digits[0] == 4 ? x[0] : x[1], part = digits[0] == 4 ? x[1] : x[0];
    double first;
    if (s->numbers < 2 || s->month || digits[0] == digits[1] || year < FIRST_YEAR || year > 2200) {
        return;
    }
    if (s->part == 'Q') {
        if (s->numbers == 2 && part <= 4) read_month(s, year, 3 * part - 2, r);
        return;
    }
    if (part < 1 || part > 53 || digits[1] != 2) return;
    (void)hg__time_of_day(year, 1, 4, &first); // always in the first week
    const int64_t day = (int64_t)(first / 86400);
    const int64_t monday = day - ((day + 3) % 7 + 7) % 7 + 7 * (int64_t)(part - 1);
    if (s->numbers == 2 && !s->has_clock) set(s, HG_TIME_MONTH, (double)monday * 86400, r);
    if (s->numbers == 2 || x[2] < 1 || x[2] > 7 || digits[2] != 1) return;
    set(s, HG_TIME_YMD, (double)(monday + x[2] - 1) * 86400, r);
}

// 2024-031: ISO 8601's day of the year.
static void read_day_of_year(const spelling *s, hg__time_reading *r) {
    const int year = s->number[0], of_year = s->number[1];
    double first, next;
    if (year < 1900 || year > 2100 || of_year < 1) return;
    (void)hg__time_of_day(year, 1, 1, &first);
    (void)hg__time_of_day(year + 1, 1, 1, &next);
    const double day = first + (of_year - 1) * 86400.0;
    r->weak = true; // or the number of an invoice
    if (day < next) set(s, HG_TIME_YMD, day, r);
}

// 31.01., 01/31: both mean the same here, for nothing is learned of it but the time of day.
static void read_no_year(const spelling *s, hg__time_reading *r) {
    const int a = s->number[0], b = s->number[1];
    double day;
    const bool reads = hg__time_of_day(1972, a, b, &day) || hg__time_of_day(1972, b, a, &day);
    r->weak = true; // or a fraction, a size
    if (reads) set(s, HG_TIME_NO_YEAR, day, r);
}

static void read_two(const spelling *s, hg__time_reading *r) {
    const int *digits = s->digits;
    if (!s->between[0] || !strchr("-/.", s->between[0])) return;
    if (digits[0] == 4 && digits[1] == 3) read_day_of_year(s, r);
    if (digits[0] <= 2 && digits[1] <= 2) read_no_year(s, r);
    if (digits[0] == 4 && digits[1] <= 2) read_month(s, s->number[0], s->number[1], r);
    if (digits[1] == 4 && digits[0] <= 2) read_month(s, s->number[1], s->number[0], r);
}

static void read_one(const spelling *s, hg__time_reading *r) {
    const int x = s->number[0], year = x / 10000;
    double day;
    if (s->digits[0] != 8) return;
    r->zero = x == 0;
    if (year < 1900 || year > 2100) return;
    if (hg__time_of_day(year, x / 100 % 100, x % 100, &day)) set(s, HG_TIME_YMD, day, r);
}

// A text of nothing but as many digits as seconds to nanoseconds since 1970 have.
static bool is_epoch(const char *text, size_t size, double *x) {
    if (size != 10 && size != 13 && size != 16 && size != 19) return false;
    *x = 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i])) return false;
        *x = *x * 10 + (text[i] - '0');
    }
    return true;
}

static bool may_be_time(const char *text, size_t size) {
    if (size < SHORTEST || size > LONGEST) return false;
    if (!is_digit(*text) && !is_letter(*text)) return false;
    bool digit = is_digit(*text);
    for (size_t i = 1; !digit && i < size; i++) digit = is_digit(text[i]);
    return digit;
}

void hg__time_read_text(const char *text, size_t size, hg__time_reading *r) {
    double x;
    if (size > 1 && (*text == '[' || *text == '\'')) { // a log's, a spreadsheet's
        const bool closed = text[size - 1] == (*text == '[' ? ']' : '\'');
        text++;
        size -= closed ? 2 : 1;
    }
    r->formats = 0;
    r->zero = r->weak = r->half_day = false;
    r->mark = 0;
    if (!may_be_time(text, size)) return;
    if (hg__parse_time(text, size, &x)) {
        r->formats = 1U << HG_TIME_ISO;
        r->seconds[HG_TIME_ISO] = x;
        return;
    }
    if (is_epoch(text, size, &x)) {
        hg__time_read_number(x, HG_SAYS_TIME, r);
        return;
    }
    spelling s = {.p = text, .end = text + size};
    if (!read_spelling(&s)) return;
    r->half_day = s.half_day;
    if (s.part) {
        read_part(&s, r);
    } else if (s.month) {
        read_named(&s, r);
    } else if (s.numbers == 3) {
        read_three(&s, r);
    } else if (s.numbers == 2) {
        read_two(&s, r);
    } else if (s.numbers == 1) {
        read_one(&s, r);
    } else if (s.has_clock && !s.has_weekday) {
        set(&s, HG_TIME_CLOCK, 0, r);
    }
}
