// SPDX-License-Identifier: Apache-2.0
// signal_chart.c - lines over time as SVG that is stretched, with words of HTML around it, and what is said of events.
#include "report/signal_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/traffic_page.h"

enum { HIGH = 400, COLUMNS = 1000, NEAR_COLUMNS = 400, CAUSES_DRAWN = 3, WORDS = 400, TICKS = 6 };
#define DAY 86400

// One of the plots that share an axis of time.
typedef struct plot {
    hg__page *page;
    const hg__signal_shown *shown;
    const hg__signal_series *series;
    int32_t each, columns; // bins of a column
    hg__axis y;
    bool is_tall, has_times;
} plot;

static plot plot_of(hg__page *p, const hg__signal_shown *shown, const hg__signal_series *s,
                    int32_t most) {
    const int32_t bins = hg__signal_series_bins(s);
    plot to = {.page = p, .shown = shown, .series = s, .each = (bins + most - 1) / most};
    if (to.each < 1) to.each = 1;
    to.columns = (bins + to.each - 1) / to.each;
    return to;
}

static int32_t end_of(const plot *o, int32_t column) {
    const int32_t bins = hg__signal_series_bins(o->series), end = (column + 1) * o->each;
    return end < bins ? end : bins;
}

static hg__low_high value_at(const plot *o, int32_t line, int32_t column) {
    return hg__signal_series_of(o->series, line, column * o->each, end_of(o, column));
}

static uint8_t flags_at(const plot *o, int32_t column) {
    return hg__signal_series_flags(o->series, column * o->each, end_of(o, column));
}

static hg__low_high range_of(const plot *o, int32_t line) {
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

static void add_tick(plot *o, double column, int32_t number, const char *words) {
    const double share = column / o->columns;
    if (share > 0.94) return;
    hg__text_add(&o->page->body, "<span class=\"along%s\" style=\"left:%.2f%%\">",
                 number % 2 ? " other" : "", 100 * share);
    hg__html_add(&o->page->body, words);
    hg__text_add(&o->page->body, "</span>");
}

// Time goes by from the first column to the last.
static bool goes_on(const plot *o) {
    const double *time = o->series->time;
    const int32_t bins = hg__signal_series_bins(o->series);
    if (!o->shown->has_time || bins < 2) return false;
    for (int32_t i = 1; i < bins; i++) {
        if (!(time[i] > time[i - 1])) return false;
    }
    return true;
}

static void add_times(plot *o) {
    const double *time = o->series->time;
    const int32_t bins = hg__signal_series_bins(o->series);
    const double span = time[bins - 1] - time[0];
    const hg__axis axis = hg__axis_over(time[0], time[bins - 1], false);
    double tick[HG_TICKS];
    char words[HG_SIGNAL_TIME];
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
        format_time(o->shown, tick[i], span, words, sizeof words);
        add_tick(o, (double)at / o->each, i, words);
    }
}

static void add_steps(plot *o) {
    const hg__axis axis = {0, (double)o->series->steps, false, true};
    double tick[HG_TICKS];
    char words[HG_SIGNAL_TIME];
    const int32_t ticks = hg__axis_ticks(&axis, tick);
    for (int32_t i = 0; i < ticks; i++) {
        snprintf(words, sizeof words, "%.10g", tick[i]);
        add_tick(o, tick[i] / (double)o->series->width / o->each, i, words);
    }
}

// ---- lines --------------------------------------------------------------------------------------

static int at_y(const plot *o, float value) {
    const double share = fmin(fmax(hg__axis_share(&o->y, (double)value), 0), 1);
    return (int)lround((1 - share) * HIGH);
}

// Where no column is wider than a step: a line. Else a band from the lowest to the highest.
static int32_t add_run(plot *o, int32_t line, int32_t from, bool is_band) {
    hg__text *t = &o->page->body;
    int32_t end = from;
    for (; end < o->columns; end++) {
        const hg__low_high v = value_at(o, line, end);
        if (isnan(v.low) || (end > from && flags_at(o, end) & HG_STEP_BEGINS)) break;
        hg__text_add(t, "%c%d %d", end > from ? 'L' : 'M', (int)end, at_y(o, v.high));
    }
    if (end == from + 1) hg__text_add(t, "h1");
    for (int32_t i = end - 1; is_band && i >= from; i--) {
        hg__text_add(t, "L%d %d", (int)i, at_y(o, value_at(o, line, i).low));
    }
    if (is_band && end > from) hg__text_add(t, "z");
    return end;
}

static void add_line(plot *o, int32_t line, const char *kind) {
    const bool is_band = o->each * o->series->width > 1 && line != HG_SIGNAL_LIMIT;
    hg__text_add(&o->page->body, "<path class=\"%s %s\" d=\"", is_band ? "area" : "line", kind);
    for (int32_t i = 0; i < o->columns;) {
        const int32_t end = add_run(o, line, i, is_band);
        i = end > i ? end : i + 1;
    }
    hg__text_add(&o->page->body, "\"/>\n");
}

// Columns of which any step has the flag.
static void add_shades(plot *o, uint8_t flag, const char *kind, int from, int high) {
    hg__text *t = &o->page->body;
    bool is_any = false;
    for (int32_t i = 0; i < o->columns;) {
        int32_t end = i;
        while (end < o->columns && flags_at(o, end) & flag) end++;
        if (end > i) {
            if (!is_any) hg__text_add(t, "<path class=\"%s\" d=\"", kind);
            is_any = true;
            hg__text_add(t, "M%d %dh%dv%dh-%dz", (int)i, from, (int)(end - i), high,
                         (int)(end - i));
        }
        i = end > i ? end : i + 1;
    }
    if (is_any) hg__text_add(t, "\"/>\n");
}

// ---- a plot -------------------------------------------------------------------------------------

static void begin_plot(plot *o, const char *title, const char *sense) {
    hg__page *p = o->page;
    const int id = ++p->charts;
    hg__text *t = &p->body;
    double tick[HG_TICKS];
    hg__text_add(
        t,
        "<div class=\"plot%s%s\">\n<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
        "role=\"img\" aria-labelledby=\"t%d\" aria-describedby=\"d%d\"><title id=\"t%d\">",
        o->is_tall ? " tall" : "", o->has_times ? " last" : "", (int)o->columns, (int)HIGH, id, id,
        id);
    hg__html_add(t, title);
    hg__text_add(t, "</title><desc id=\"d%d\">", id);
    hg__html_add(t, sense);
    hg__text_add(t, "</desc>\n<path class=\"rule\" d=\"");
    const int32_t ticks = hg__axis_ticks(&o->y, tick);
    for (int32_t i = 0; i < ticks; i++) {
        hg__text_add(t, "M0 %dH%d", at_y(o, (float)tick[i]), (int)o->columns);
    }
    hg__text_add(t, "\"/>\n");
    add_shades(o, HG_STEP_MISSING, "gap", 0, HIGH);
    add_shades(o, HG_STEP_ALARM, "event", 0, HIGH);
    if (o->shown->has_labels) add_shades(o, HG_STEP_LABEL, "label", HIGH - 16, 16);
}

static void end_plot(plot *o, const char *name) {
    hg__text *t = &o->page->body;
    double tick[HG_TICKS];
    const int32_t ticks = hg__axis_ticks(&o->y, tick);
    hg__text_add(t, "</svg>\n<div aria-hidden=\"true\">");
    if (*name) {
        hg__text_add(t, "<span class=\"who\">");
        hg__html_add(t, name);
        hg__text_add(t, "</span>");
    }
    for (int32_t i = 0; i < ticks; i++) {
        if (!o->is_tall && i > 0 && i + 1 < ticks) continue;
        hg__text_add(t, "<span class=\"up\" style=\"top:%.2f%%\">%.5g</span>",
                     100 * (1 - hg__axis_share(&o->y, tick[i])), tick[i]);
    }
    if (o->has_times && goes_on(o)) {
        add_times(o);
    } else if (o->has_times) {
        add_steps(o);
    }
    hg__text_add(t, "</div></div>\n");
}

static void add_score(plot *o, const char *title) {
    char sense[WORDS];
    const hg__low_high now = range_of(o, HG_SIGNAL_NOW), all = range_of(o, HG_SIGNAL_ALL);
    const hg__low_high limit = range_of(o, HG_SIGNAL_LIMIT);
    const float top = fmaxf(fmaxf(now.high, all.high), limit.high);
    const bool has_limit = !isnan(limit.low);
    o->is_tall = true;
    o->y = hg__axis_over(0, isfinite(top) && top > 0 ? 1.05 * (double)top : 1, false);
    if (has_limit) {
        snprintf(sense, sizeof sense,
                 "The score reaches %.4g; the threshold lies between %.4g and %.4g. Events are "
                 "shaded.",
                 (double)now.high, (double)limit.low, (double)limit.high);
    } else {
        snprintf(sense, sizeof sense, "The score reaches %.4g.", (double)all.high);
    }
    begin_plot(o, title, sense);
    add_line(o, HG_SIGNAL_ALL, "whole");
    add_line(o, HG_SIGNAL_NOW, "now");
    if (has_limit) add_line(o, HG_SIGNAL_LIMIT, "limit");
    end_plot(o, "score");
}

static void add_channel(plot *o, int32_t channel) {
    const int32_t line = HG_SIGNAL_CHANNELS + 2 * channel;
    const char *name = o->shown->name[channel];
    const hg__low_high seen = range_of(o, line), made = range_of(o, line + 1);
    char title[WORDS], sense[WORDS];
    o->is_tall = false;
    o->y = hg__axis_over((double)fminf(seen.low, made.low), (double)fmaxf(seen.high, made.high),
                         false);
    snprintf(title, sizeof title, "%.100s over time", name);
    snprintf(sense, sizeof sense, "%.100s lies between %.5g and %.5g%s", name, (double)seen.low,
             (double)seen.high, isnan(made.low) ? "." : "; what was expected is drawn with it.");
    begin_plot(o, title, sense);
    if (!isnan(made.low)) add_line(o, line + 1, "made");
    add_line(o, line, "seen");
    end_plot(o, name);
}

// ---- sections -----------------------------------------------------------------------------------

static void add_found(hg__page *p, const hg__signal_shown *s) {
    const int64_t steps = s->series->steps, there = steps - s->missing;
    hg__page_section(p, "found", "What was found");
    hg__page_begin_list(p, true);
    hg__page_fact(p, "Steps", "%lld", (long long)there);
    if (s->missing) hg__page_fact(p, "Missing steps", "%lld", (long long)s->missing);
    hg__page_fact(p, "Channels", "%d", (int)s->channels);
    hg__page_fact(p, "Stretches", "%lld", (long long)s->stretches);
    if (!isnan(s->threshold)) {
        hg__page_fact(p, "Events", "%lld", (long long)s->events);
        hg__page_fact(p, "Steps in alarm", "%lld", (long long)s->alarms);
        hg__page_fact(p, "Share of steps", "%.3g %%",
                      there ? 100.0 * (double)s->alarms / (double)there : 0);
        hg__page_fact(p, "Threshold", "%.4g", s->threshold);
        hg__page_fact(p, "Drift at the end", "%.3g", s->drift);
    }
    hg__page_end_list(p);
    if (*s->threshold_words) hg__page_paragraph(p, "%s.", s->threshold_words);
    if (isnan(s->threshold)) {
        hg__page_paragraph(p, "There is no threshold, and no alarm: nothing was held out.");
    } else {
        hg__page_note(p, "Steps in a row with an alarm are one event. The threshold follows the "
                         "scores as they drift: each event raises it, quiet lowers it. Drift is "
                         "what multiplies it.");
    }
}

static void add_key(hg__page *p, const char *kind, const char *words) {
    hg__text_add(&p->body,
                 "<li><svg viewBox=\"0 0 24 10\" aria-hidden=\"true\"><path class=\"%s\" "
                 "d=\"M1 %sh22%s\"/></svg>%s</li>\n",
                 kind, strchr(kind, ' ') ? "5" : "1", strchr(kind, ' ') ? "" : "v8h-22z", words);
}

// A model that looks at shapes alone expects no values.
static bool has_expected(const hg__signal_shown *s) {
    const int32_t bins = hg__signal_series_bins(s->series);
    const int32_t line = HG_SIGNAL_CHANNELS + 1;
    return !isnan(hg__signal_series_of(s->series, line, 0, bins).low);
}

static void add_keys(hg__page *p, const hg__signal_shown *s) {
    const bool has_alarms = !isnan(s->threshold);
    hg__text_add(&p->body, "<ul class=\"legend signal\">\n");
    add_key(p, "line now", "score by what was known when the step came: alarms are of it");
    add_key(p, "line whole", "score by all windows that the step lies in");
    if (has_alarms) add_key(p, "line limit", "threshold");
    add_key(p, "line seen", "observed");
    if (has_expected(s)) add_key(p, "line made", "expected by the model");
    if (has_alarms) add_key(p, "event", "event");
    if (s->missing) add_key(p, "gap", "missing");
    if (s->has_labels) add_key(p, "label", "labelled as an anomaly");
    hg__text_add(&p->body, "</ul>\n");
}

static void add_overview(hg__page *p, const hg__signal_shown *s) {
    plot o = plot_of(p, s, s->series, COLUMNS);
    hg__page_section(p, "time", "Over time");
    if (o.columns == 0) {
        hg__page_paragraph(p, "There was no step.");
        return;
    }
    add_keys(p, s);
    hg__text_add(&p->body, "<figure class=\"across\">\n");
    o.has_times = s->overviews == 0;
    add_score(&o, "Score over time");
    for (int32_t i = 0; i < s->overviews; i++) {
        o.has_times = i + 1 == s->overviews;
        add_channel(&o, s->overview[i]);
    }
    hg__page_end_figure(
        p, "%s%s%s",
        !s->has_time ? "Along: the number of the step."
        : s->is_date ? "Along: time, step by step."
                     : "Along: time in seconds, step by step.",
        o.each * s->series->width > 1
            ? " What is drawn as a band goes from the lowest to the highest value of some steps."
            : "",
        s->overviews < s->channels ? " The channels are those that spoke most for events." : "");
}

static void add_reasons(hg__text *to, const hg__signal_shown *s, const hg__signal_event *e) {
    for (int32_t i = 0; i < e->causes; i++) {
        const hg__signal_cause *c = &e->cause[i];
        hg__text_add(to, "%s%.100s ", i ? "; " : "", s->name[c->channel]);
        if (isnan(c->observed)) {
            hg__text_add(to, "is missing");
        } else {
            hg__text_add(to, "is %.5g", (double)c->observed);
        }
        if (!isnan(c->expected)) hg__text_add(to, ", expected %.5g", (double)c->expected);
        hg__text_add(to, " (%.0f\u00a0%%)", 100 * c->share);
    }
}

static void add_event(hg__page *p, const hg__signal_shown *s, const hg__signal_event *e) {
    plot o = plot_of(p, s, e->near, NEAR_COLUMNS);
    char title[WORDS];
    const int32_t causes = e->causes < CAUSES_DRAWN ? e->causes : CAUSES_DRAWN;
    snprintf(title, sizeof title, "Event %lld", (long long)e->number);
    hg__page_begin_figure(p);
    hg__page_heading(p, title);
    o.has_times = causes == 0;
    snprintf(title, sizeof title, "Score around event %lld", (long long)e->number);
    add_score(&o, title);
    for (int32_t i = 0; i < causes; i++) {
        o.has_times = i + 1 == causes;
        add_channel(&o, e->cause[i].channel);
    }
    hg__page_end_figure(p, "%s to %s: %lld steps, the score up to %.4g.", e->first, e->last,
                        (long long)e->steps, e->peak);
}

static void add_table(hg__page *p, const hg__signal_shown *s) {
    const char *const column[] = {
        "event", "from", "to", "steps", "highest score", "p-value", "what speaks for it"};
    hg__page_begin_table(p,
                         "In brackets how much of the event's errors a channel makes; observed and "
                         "expected are those where the score is highest",
                         column, 7, 1 | 1 << 3 | 1 << 4 | 1 << 5);
    for (int32_t i = 0; i < s->shown; i++) {
        const hg__signal_event *e = &s->event[i];
        hg__text why = {0};
        hg__page_row(p);
        hg__page_cell(p, "%lld", (long long)e->number);
        hg__page_cell(p, "%s", e->first);
        hg__page_cell(p, "%s", e->last);
        hg__page_cell(p, "%lld", (long long)e->steps);
        hg__page_cell(p, "%.4g", e->peak);
        hg__page_cell(p, "%.2g", e->p);
        add_reasons(&why, s, e);
        hg__page_cell(p, "%s", why.data ? why.data : "");
        if (why.failed) p->body.failed = true;
        hg__text_clear(&why);
    }
    hg__page_end_table(p);
}

static void add_events(hg__page *p, const hg__signal_shown *s) {
    bool has_near = false;
    if (isnan(s->threshold)) return;
    hg__page_section(p, "events", "Events");
    if (s->shown == 0) {
        hg__page_paragraph(p, "None.");
        return;
    }
    if (s->events > s->shown) {
        hg__page_paragraph(p, "The %d with the highest scores, of %lld.", (int)s->shown,
                           (long long)s->events);
    }
    add_table(p, s);
    for (int32_t i = 0; i < s->shown; i++) has_near = has_near || s->event[i].near;
    if (!has_near) return;
    hg__page_section(p, "near", "Events from near");
    add_keys(p, s);
    hg__page_begin_grid(p);
    for (int32_t i = 0; i < s->shown; i++) {
        if (s->event[i].near) add_event(p, s, &s->event[i]);
    }
    hg__page_end_grid(p);
}

void hg__signal_chart_add(hg__page *p, const hg__signal_shown *s) {
    add_found(p, s);
    add_overview(p, s);
    add_events(p, s);
}
