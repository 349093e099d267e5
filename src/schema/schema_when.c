// SPDX-License-Identifier: Apache-2.0
// schema_when.c - what floats of a column of times say: a day of the week, a time of day, or the date that they mean.
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/real.h"
#include "schema/schema_internal.h"

enum { DAY = 86400, WEEK = 7 };

static const char days[WEEK][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};

// Takes part i of `steps` for *best where it lies nearer to where (sine, cosine) points; the first of equals.
static void take_nearer(const float *x, int i, int steps, int *best, double *most) {
    const double turn = (double)i / steps;
    const double along = (double)x[0] * hg__sin_turn(turn) + (double)x[1] * hg__cos_turn(turn);
    if (along > *most || (along == *most && i < *best)) {
        *most = along;
        *best = i;
    }
}

// Where (sine, cosine) points, in turns: the arc tangent within 0.0007. (S. Rajan, S. Wang, R. Inkol, A. Joyal, "Efficient
// approximations for the arctangent function", 2006.)
static double turn_of(const float *x) {
    const double sine = fabs((double)x[0]), cosine = fabs((double)x[1]), most = fmax(sine, cosine);
    const double slope = most > 0 ? fmin(sine, cosine) / most : 0;
    double turn = slope * (0.125 + 0.0434 * (1 - slope));
    if (sine > cosine) turn = 0.25 - turn;
    if (x[1] < 0) turn = 0.5 - turn;
    return x[0] < 0 ? 1 - turn : turn;
}

// Of `steps` equal parts of a turn, at most 1440, the one that (sine, cosine) points at.
static int nearest_turn(const float *x, int steps) {
    enum { AROUND = 3 };
    int best = 0;
    double most = -(double)INFINITY;
    const double turn = turn_of(x);
    const int guess =
        turn >= 0 && turn <= 1 ? (int)(turn * steps + 0.5) : 0; // no number is neither
    for (int i = guess - AROUND; i <= guess + AROUND; i++) {
        take_nearer(x, (i + steps) % steps, steps, &best, &most);
    }
    return best;
}

// The day since a Thursday and the minute of the day that x, a column's floats, point at; -1 where the column has none.
static void point_at(const hg__column *c, const float *x, int *day, int *minute) {
    *day = c->week ? nearest_turn(x, WEEK) : -1;
    *minute = c->clock ? nearest_turn(x + (c->week ? 2 : 0), DAY / 60) : -1;
}

void hg__time_value_decode(const hg__column *c, const float *x, char *text, size_t size) {
    int day, minute;
    char clock[16] = "";
    point_at(c, x, &day, &minute);
    if (minute >= 0) snprintf(clock, sizeof clock, "%02d:%02d", minute / 60, minute % 60);
    snprintf(text, size, "%s%s%s", day < 0 ? "" : days[day], day >= 0 && *clock ? " " : "", clock);
}

// Whether the text names its offset from UTC behind a time of day: "14:30Z", "14:30:00 +0200", "14:30-05:00".
static bool has_offset(const char *text, size_t size) {
    const char *p = memchr(text, ':', size), *end = text + size;
    if (!p) return false;
    while (p < end && (*p == ':' || *p == '.' || *p == ',' || (*p >= '0' && *p <= '9'))) p++;
    while (p < end && *p == ' ') p++;
    if (p == end) return false;
    if (*p == 'Z' || *p == 'z') return true;
    return (*p == '+' || *p == '-') && end - p >= 3 && p[1] >= '0' && p[1] <= '9' && p[2] >= '0' &&
           p[2] <= '9';
}

bool hg__column_time(const hg__column *c, const hg__cell *cell, hg__time_value *when) {
    const hg__time_type *type = &hg__time_types[c->time_format];
    if (c->kind != HG_COLUMN_TIME || hg__time_read_as(c->time_format, cell, &when->seconds) != 1) {
        return false;
    }
    when->has_date = type->has_day;
    const bool is_epoch = c->time_format >= HG_TIME_EPOCH && c->time_format <= HG_TIME_EPOCH_NS;
    when->is_utc =
        cell->kind == HG_CELL_NUMBER ? is_epoch : has_offset(cell->text, (size_t)cell->size);
    return true;
}

// The nearest day to `seconds` that is the week's day `day`; the same day where that is -1. Days since 1970.
static int64_t nearest_day(double seconds, int day) {
    const int64_t today = (int64_t)floor(seconds / DAY);
    if (day < 0) return today;
    const int64_t of_week = ((today % WEEK) + WEEK) % WEEK, ahead = (day - of_week + WEEK) % WEEK;
    return today + (ahead > WEEK / 2 ? ahead - WEEK : ahead);
}

void hg__column_decode_time(const hg__column *c, const float *x, const hg__time_value *near,
                            char *text, size_t size) {
    int day, minute;
    struct tm date;
    char clock[16] = "";
    const bool is_missing = c->may_miss && x[c->first + c->width - 1] > 0.5F;
    point_at(c, x + c->first, &day, &minute);
    const double seconds = near->has_date ? near->seconds : 0;
    const time_t noon = (time_t)(nearest_day(seconds, day) * DAY + DAY / 2);
    if (is_missing || !near->has_date || !gmtime_r(&noon, &date)) {
        hg__column_decode(c, x, text, size);
        return;
    }
    if (minute >= 0) snprintf(clock, sizeof clock, " %02d:%02d", minute / 60, minute % 60);
    snprintf(text, size, "%04d-%02d-%02d%s%s (%s%s%s)", date.tm_year + 1900, date.tm_mon + 1,
             date.tm_mday, clock, *clock && near->is_utc ? " UTC" : "", day < 0 ? "" : "weekday",
             day >= 0 && minute >= 0 ? " and " : "", minute < 0 ? "" : "hour");
}
