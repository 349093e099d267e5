// SPDX-License-Identifier: Apache-2.0
// signal_plot.c - lines, bands and shades over time as paths of SVG, and where time has names.
#include "report/signal_plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/traffic_page.h"

enum { HIGH = 400, BAND = 16, TICKS = 6 };
#define DAY 86400

hg__signal_plot hg__signal_plot_of(hg__text *to, const hg__signal_shown *shown,
                                   const hg__signal_series *s, int32_t most) {
    const int32_t bins = hg__signal_series_bins(s);
    hg__signal_plot o = {.to = to,
                         .shown = shown,
                         .series = s,
                         .each = (bins + most - 1) / most,
                         .high = HIGH,
                         .grain = 1,
                         .band = BAND};
    if (o.each < 1) o.each = 1;
    o.columns = (bins + o.each - 1) / o.each;
    o.wide = o.columns;
    return o;
}

bool hg__signal_plot_has_bands(const hg__signal_plot *o) {
    return o->each * o->series->width > 1;
}

bool hg__signal_has_expected(const hg__signal_shown *s) {
    const int32_t bins = hg__signal_series_bins(s->series);
    const int32_t line = HG_SIGNAL_CHANNELS + 1;
    return !isnan(hg__signal_series_of(s->series, line, 0, bins).low);
}

static int32_t end_of(const hg__signal_plot *o, int32_t column) {
    const int32_t bins = hg__signal_series_bins(o->series), end = (column + 1) * o->each;
    return end < bins ? end : bins;
}

static hg__low_high value_at(const hg__signal_plot *o, int32_t line, int32_t column) {
    return hg__signal_series_of(o->series, line, column * o->each, end_of(o, column));
}

static uint8_t flags_at(const hg__signal_plot *o, int32_t column) {
    return hg__signal_series_flags(o->series, column * o->each, end_of(o, column));
}

static hg__low_high range_of(const hg__signal_plot *o, int32_t line) {
    return hg__signal_series_of(o->series, line, 0, hg__signal_series_bins(o->series));
}

// ---- time ---------------------------------------------------------------------------------------

static void format_time(const hg__signal_shown *s, double time, double span, char *text,
                        size_t size) {
    hg__text t = {0};
    if (!s->is_date || !(fabs(time) < 9e9)) {
        snprintf(text, size, "%.6g", time);
        return;
    }
    hg__traffic_add_time(&t, (int64_t)floor(time) * INT64_C(1000000000), 0);
    const char *all = t.data ? t.data : "";
    if (strlen(all) < 19) {
        snprintf(text, size, "%.6g", time);
    } else if (span > 4 * DAY) {
        snprintf(text, size, "%.10s", all);
    } else if (span > 2 * 3600) {
        snprintf(text, size, "%.11s", all + 5);
    } else {
        snprintf(text, size, "%.8s", all + 11);
    }
    hg__text_clear(&t);
}

// The distance of two dates on the axis: the first of these with which there are few.
static double date_step(double span) {
    static const double step[] = {1,       2,       5,        10,       15,       30,
                                  60,      120,     300,      600,      900,      1800,
                                  3600,    7200,    10800,    21600,    43200,    DAY,
                                  2 * DAY, 5 * DAY, 10 * DAY, 20 * DAY, 50 * DAY, 100 * DAY};
    for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
        if (span / step[i] <= TICKS) return step[i];
    }
    return ceil(span / TICKS / (365.0 * DAY)) * 365 * DAY;
}

bool hg__signal_plot_is_timed(const hg__signal_plot *o) {
    const double *time = o->series->time;
    const int32_t bins = hg__signal_series_bins(o->series);
    if (!o->shown->has_time || bins < 2) return false;
    for (int32_t i = 1; i < bins; i++) {
        if (!(time[i] > time[i - 1])) return false;
    }
    return true;
}

static int32_t name_times(const hg__signal_plot *o, hg__signal_tick to[HG_TICKS]) {
    const double *time = o->series->time;
    const int32_t bins = hg__signal_series_bins(o->series);
    const double span = time[bins - 1] - time[0];
    const hg__axis axis = hg__axis_over(time[0], time[bins - 1], false);
    double tick[HG_TICKS];
    int32_t ticks = 0, at = 0;
    if (o->shown->is_date) {
        const double step = date_step(span), first = ceil(time[0] / step) * step;
        while (ticks <= TICKS && first + ticks * step <= time[bins - 1]) {
            tick[ticks] = first + ticks * step;
            ticks++;
        }
    } else {
        ticks = hg__axis_ticks(&axis, tick);
    }
    for (int32_t i = 0; i < ticks; i++) {
        while (at < bins - 1 && time[at] < tick[i]) at++;
        format_time(o->shown, tick[i], span, to[i].words, sizeof to[i].words);
        to[i].share = (double)at / o->each / o->columns;
    }
    return ticks;
}

static int32_t name_steps(const hg__signal_plot *o, hg__signal_tick to[HG_TICKS]) {
    const hg__axis axis = {0, (double)o->series->steps, false, true};
    double tick[HG_TICKS];
    const int32_t ticks = hg__axis_ticks(&axis, tick);
    for (int32_t i = 0; i < ticks; i++) {
        snprintf(to[i].words, sizeof to[i].words, "%.10g", tick[i]);
        to[i].share = tick[i] / (double)o->series->width / o->each / o->columns;
    }
    return ticks;
}

int32_t hg__signal_plot_ticks(const hg__signal_plot *o, hg__signal_tick tick[HG_TICKS]) {
    return hg__signal_plot_is_timed(o) ? name_times(o, tick) : name_steps(o, tick);
}

// ---- places -------------------------------------------------------------------------------------

static double rounded(const hg__signal_plot *o, double place) {
    return floor(place * o->grain + 0.5) / o->grain;
}

static double at_x(const hg__signal_plot *o, int32_t column) {
    return rounded(o, o->left + o->wide * column / o->columns);
}

double hg__signal_plot_y(const hg__signal_plot *o, double value) {
    const double share = fmin(fmax(hg__axis_share(&o->y, value), 0), 1);
    return rounded(o, o->top + (1 - share) * o->high);
}

// ---- lines --------------------------------------------------------------------------------------

// Where no column is wider than a step: a line. Else a band from the lowest to the highest.
static int32_t add_run(const hg__signal_plot *o, int32_t line, int32_t from, bool is_band) {
    hg__text *t = o->to;
    int32_t end = from;
    for (; end < o->columns; end++) {
        const hg__low_high v = value_at(o, line, end);
        if (isnan(v.low) || (end > from && flags_at(o, end) & HG_STEP_BEGINS)) break;
        hg__text_add(t, "%c%.6g %.6g", end > from ? 'L' : 'M', at_x(o, end),
                     hg__signal_plot_y(o, (double)v.high));
    }
    if (end == from + 1) hg__text_add(t, "h%.6g", rounded(o, o->wide / o->columns));
    for (int32_t i = end - 1; is_band && i >= from; i--) {
        hg__text_add(t, "L%.6g %.6g", at_x(o, i),
                     hg__signal_plot_y(o, (double)value_at(o, line, i).low));
    }
    if (is_band && end > from) hg__text_add(t, "z");
    return end;
}

static void add_line(const hg__signal_plot *o, int32_t line, const char *kind) {
    const bool is_band = hg__signal_plot_has_bands(o) && line != HG_SIGNAL_LIMIT;
    hg__text_add(o->to, "<path class=\"%s %s\" d=\"", is_band ? "area" : "line", kind);
    for (int32_t i = 0; i < o->columns;) {
        const int32_t end = add_run(o, line, i, is_band);
        i = end > i ? end : i + 1;
    }
    hg__text_add(o->to, "\"/>\n");
}

// Columns of which any step has the flag.
static void add_shades(const hg__signal_plot *o, uint8_t flag, const char *kind, double from,
                       double high) {
    hg__text *t = o->to;
    bool is_any = false;
    for (int32_t i = 0; i < o->columns;) {
        int32_t end = i;
        while (end < o->columns && flags_at(o, end) & flag) end++;
        if (end > i) {
            if (!is_any) hg__text_add(t, "<path class=\"%s\" d=\"", kind);
            is_any = true;
            const double left = at_x(o, i), wide = rounded(o, at_x(o, end) - left);
            hg__text_add(t, "M%.6g %.6gh%.6gv%.6gh-%.6gz", left, from, wide, high, wide);
        }
        i = end > i ? end : i + 1;
    }
    if (is_any) hg__text_add(t, "\"/>\n");
}

void hg__signal_plot_add_ground(const hg__signal_plot *o) {
    const double foot = rounded(o, o->top + o->high - o->band);
    double tick[HG_TICKS];
    const int32_t ticks = hg__axis_ticks(&o->y, tick);
    hg__text_add(o->to, "<path class=\"rule\" d=\"");
    for (int32_t i = 0; i < ticks; i++) {
        hg__text_add(o->to, "M%.6g %.6gH%.6g", o->left,
                     hg__signal_plot_y(o, (double)(float)tick[i]), o->left + o->wide);
    }
    hg__text_add(o->to, "\"/>\n");
    add_shades(o, HG_STEP_MISSING, "gap", o->top, o->high);
    add_shades(o, HG_STEP_ALARM, "event", o->top, o->high);
    if (o->shown->has_labels) add_shades(o, HG_STEP_LABEL, "label", foot, o->band);
}

// ---- score and channels -------------------------------------------------------------------------

void hg__signal_plot_score(hg__signal_plot *o, char *sense, size_t size) {
    const hg__low_high now = range_of(o, HG_SIGNAL_NOW), all = range_of(o, HG_SIGNAL_ALL);
    const hg__low_high limit = range_of(o, HG_SIGNAL_LIMIT);
    const float top = fmaxf(fmaxf(now.high, all.high), limit.high);
    o->y = hg__axis_over(0, isfinite(top) && top > 0 ? 1.05 * (double)top : 1, false);
    if (isnan(limit.low)) {
        snprintf(sense, size, "The score reaches %.4g.", (double)all.high);
        return;
    }
    snprintf(sense, size,
             "The score reaches %.4g; the threshold lies between %.4g and %.4g. Events are shaded.",
             (double)now.high, (double)limit.low, (double)limit.high);
}

void hg__signal_plot_add_score(const hg__signal_plot *o) {
    add_line(o, HG_SIGNAL_ALL, "whole");
    add_line(o, HG_SIGNAL_NOW, "now");
    if (!isnan(range_of(o, HG_SIGNAL_LIMIT).low)) add_line(o, HG_SIGNAL_LIMIT, "limit");
}

void hg__signal_plot_channel(hg__signal_plot *o, int32_t channel, char *sense, size_t size) {
    const int32_t line = HG_SIGNAL_CHANNELS + 2 * channel;
    const hg__low_high seen = range_of(o, line), made = range_of(o, line + 1);
    o->y = hg__axis_over((double)fminf(seen.low, made.low), (double)fmaxf(seen.high, made.high),
                         false);
    snprintf(sense, size, "%.100s lies between %.5g and %.5g%s", o->shown->name[channel],
             (double)seen.low, (double)seen.high,
             isnan(made.low) ? "." : "; what was expected is drawn with it.");
}

void hg__signal_plot_add_channel(const hg__signal_plot *o, int32_t channel) {
    const int32_t line = HG_SIGNAL_CHANNELS + 2 * channel;
    if (!isnan(range_of(o, line + 1).low)) add_line(o, line + 1, "made");
    add_line(o, line, "seen");
}
