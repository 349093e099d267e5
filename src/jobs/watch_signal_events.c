// SPDX-License-Identifier: Apache-2.0
// watch_signal_events.c - events that begin and end, and a threshold that has moved, as lines of JSON.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/show.h"
#include "jobs/watch_signal.h"

static const double hour = 3600; // seconds; of unknown steps: so many

static void add_time(hg__json_writer *j, const hg__signal_watch *w, const char *when, double time) {
    if (when[0]) {
        hg__json_add_text(j, "time", when);
    } else if (w->has_times || hg__signal_scorer_signal(w->scorer)->step > 0) {
        hg__json_add_real(j, "time", 15, time);
    }
}

static void add_reasons(hg__json_writer *j, const hg__signal_watch *w, int32_t i) {
    hg__signal_reason reason[HG_SIGNAL_REASONS];
    const hg__signal *d = hg__signal_scorer_signal(w->scorer);
    const int32_t n = hg__signal_scorer_explain(w->scorer, i, (int32_t)w->o->values.top, reason);
    hg__json_begin(j, "reasons", '[');
    for (int32_t k = 0; k < n; k++) {
        hg__json_begin(j, NULL, '{');
        hg__json_add_text(j, "column", d->name[reason[k].channel]);
        hg__json_add_real(j, "observed", 9, (double)reason[k].observed);
        hg__json_add_real(j, "expected", 9, (double)reason[k].expected);
        hg__json_add_real(j, "share", 9, (double)reason[k].share);
        hg__json_end(j, '}');
    }
    hg__json_end(j, ']');
}

static void end_line(hg__json_writer *j) {
    hg__json_end(j, '}');
    hg__text_add_bytes(j->to, "\n", 1);
}

static void begin(hg__signal_watch *w, const hg__scored_step *step, const hg__alarm *a, int32_t i) {
    hg__json_writer j = {.to = &w->line, .has_short_escapes = true};
    w->event =
        (hg__signal_event){.number = a->event, .first = step->row, .p = a->p, .score = a->score};
    hg__json_begin(&j, NULL, '{');
    hg__json_add_text(&j, "event", "alert");
    hg__json_add_integer(&j, "alert", a->event);
    add_time(&j, w, step->when, step->time);
    hg__json_add_integer(&j, "row", step->row);
    hg__json_add_real(&j, "score", 9, (double)a->score);
    hg__json_add_real(&j, "p_value", 9, a->p);
    add_reasons(&j, w, i);
    end_line(&j);
}

void hg__signal_watch_end(hg__signal_watch *w) {
    hg__json_writer j = {.to = &w->line, .has_short_escapes = true};
    const hg__signal_event *e = &w->event;
    if (e->number == 0) return;
    hg__json_begin(&j, NULL, '{');
    hg__json_add_text(&j, "event", "end");
    hg__json_add_integer(&j, "alert", e->number);
    add_time(&j, w, e->when, e->time);
    hg__json_add_integer(&j, "first", e->first);
    hg__json_add_integer(&j, "row", e->last);
    hg__json_add_integer(&j, "steps", e->steps);
    hg__json_add_real(&j, "score", 9, (double)e->score);
    hg__json_add_real(&j, "p_value", 9, e->p);
    end_line(&j);
    w->event.number = 0;
}

void hg__signal_watch_say_model(hg__signal_watch *w) {
    hg__json_writer j = {.to = &w->line, .has_short_escapes = true};
    hg__json_begin(&j, NULL, '{');
    hg__json_add_text(&j, "event", "model");
    hg__json_add_integer(&j, "steps", w->steps);
    hg__json_add_text(&j, "model", w->o->values.model);
    end_line(&j);
}

static void go_on(hg__signal_event *e, const hg__scored_step *step, const hg__alarm *a) {
    if (a->score > e->score) e->score = a->score;
    if (a->p < e->p) e->p = a->p;
    e->steps++;
    if (step->row < 0) return;
    e->last = step->row;
    e->time = step->time;
    memcpy(e->when, step->when, sizeof e->when);
}

// The threshold follows what the scores do slowly. That they have is no fault of the plant's, or a slow one.
static void look_at_drift(hg__signal_watch *w, const hg__scored_step *step) {
    const double drift = w->alarms->state.drift, by = drift / w->drift_said;
    const double length = hg__signal_scorer_signal(w->scorer)->step;
    const double apart = length > 0 ? hour / length : hour;
    char line[300];
    if ((by < 2 && by > 0.5) || step->row < 0) return;
    if (w->drift_at > 0 && (double)(w->steps - w->drift_at) < apart) return;
    hg__json_writer j = {.to = &w->line, .has_short_escapes = true};
    hg__json_begin(&j, NULL, '{');
    hg__json_add_text(&j, "event", "drift");
    add_time(&j, w, step->when, step->time);
    hg__json_add_integer(&j, "row", step->row);
    hg__json_add_real(&j, "drift", 4, drift);
    end_line(&j);
    w->drift_said = drift;
    w->drift_at = w->steps;
    snprintf(line, sizeof line,
             "row %lld: scores have drifted: the threshold is %.3g times that of training",
             (long long)step->row, drift);
    hg__tell(w->listener, line);
}

void hg__signal_watch_take(hg__signal_watch *w, const hg__scored_step *step, int32_t i) {
    const hg__alarm a = hg__signal_alarms_take(w->alarms, step);
    w->steps++;
    w->alarmed += a.is_alarm;
    if (w->event.number && a.event != w->event.number) hg__signal_watch_end(w);
    if (a.event && !w->event.number) begin(w, step, &a, i);
    if (a.event) go_on(&w->event, step, &a);
    look_at_drift(w, step);
}
