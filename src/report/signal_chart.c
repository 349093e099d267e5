// SPDX-License-Identifier: Apache-2.0
// signal_chart.c - lines over time as SVG that is stretched, with words of HTML around it, and what is said of events.
#include "report/signal_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/signal_plot.h"

enum { COLUMNS = 1000, NEAR_COLUMNS = 400, CAUSES_DRAWN = 3, WORDS = 400 };

typedef struct plot {
    hg__page *page; // borrowed
    hg__signal_plot in;
    bool is_tall, has_times;
} plot;

static void add_ticks(plot *o) {
    hg__text *t = &o->page->body;
    hg__signal_tick tick[HG_TICKS];
    const int32_t ticks = hg__signal_plot_ticks(&o->in, tick);
    for (int32_t i = 0; i < ticks; i++) {
        if (tick[i].share > 0.94) continue;
        hg__text_add(t, "<span class=\"along%s\" style=\"left:%.2f%%\">", i % 2 ? " other" : "",
                     100 * tick[i].share);
        hg__html_add(t, tick[i].words);
        hg__text_add(t, "</span>");
    }
}

// ---- a plot -------------------------------------------------------------------------------------

static void begin_plot(plot *o, const char *title, const char *sense) {
    hg__page *p = o->page;
    const int id = ++p->charts;
    hg__text *t = &p->body;
    hg__text_add(
        t,
        "<div class=\"plot%s%s\">\n<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
        "role=\"img\" aria-labelledby=\"t%d\" aria-describedby=\"d%d\"><title id=\"t%d\">",
        o->is_tall ? " tall" : "", o->has_times ? " last" : "", (int)o->in.columns, (int)o->in.high,
        id, id, id);
    hg__html_add(t, title);
    hg__text_add(t, "</title><desc id=\"d%d\">", id);
    hg__html_add(t, sense);
    hg__text_add(t, "</desc>\n");
    hg__signal_plot_add_ground(&o->in);
}

static void end_plot(plot *o, const char *name) {
    hg__text *t = &o->page->body;
    double tick[HG_TICKS];
    const int32_t ticks = hg__axis_ticks(&o->in.y, tick);
    hg__text_add(t, "</svg>\n<div aria-hidden=\"true\">");
    if (*name) {
        hg__text_add(t, "<span class=\"who\">");
        hg__html_add(t, name);
        hg__text_add(t, "</span>");
    }
    for (int32_t i = 0; i < ticks; i++) {
        if (!o->is_tall && i > 0 && i + 1 < ticks) continue;
        hg__text_add(t, "<span class=\"up\" style=\"top:%.2f%%\">%.5g</span>",
                     100 * (1 - hg__axis_share(&o->in.y, tick[i])), tick[i]);
    }
    if (o->has_times) add_ticks(o);
    hg__text_add(t, "</div></div>\n");
}

static void add_score(plot *o, const char *title) {
    char sense[WORDS];
    o->is_tall = true;
    hg__signal_plot_score(&o->in, sense, sizeof sense);
    begin_plot(o, title, sense);
    hg__signal_plot_add_score(&o->in);
    end_plot(o, "score");
}

static void add_channel(plot *o, int32_t channel) {
    const char *name = o->in.shown->name[channel];
    char title[WORDS], sense[WORDS];
    o->is_tall = false;
    snprintf(title, sizeof title, "%.100s over time", name);
    hg__signal_plot_channel(&o->in, channel, sense, sizeof sense);
    begin_plot(o, title, sense);
    hg__signal_plot_add_channel(&o->in, channel);
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

static void add_keys(hg__page *p, const hg__signal_shown *s) {
    const bool has_alarms = !isnan(s->threshold);
    hg__text_add(&p->body, "<ul class=\"legend signal\">\n");
    add_key(p, "line now", "score by what was known when the step came: alarms are of it");
    add_key(p, "line whole", "score by all windows that the step lies in");
    if (has_alarms) add_key(p, "line limit", "threshold");
    add_key(p, "line seen", "observed");
    if (hg__signal_has_expected(s)) add_key(p, "line made", "expected by the model");
    if (has_alarms) add_key(p, "event", "event");
    if (s->missing) add_key(p, "gap", "missing");
    if (s->has_labels) add_key(p, "label", "labelled as an anomaly");
    hg__text_add(&p->body, "</ul>\n");
}

static void add_overview(hg__page *p, const hg__signal_shown *s) {
    plot o = {.page = p, .in = hg__signal_plot_of(&p->body, s, s->series, COLUMNS)};
    hg__page_section(p, "time", "Over time");
    if (o.in.columns == 0) {
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
        hg__signal_plot_has_bands(&o.in)
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
    plot o = {.page = p, .in = hg__signal_plot_of(&p->body, s, e->near, NEAR_COLUMNS)};
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
