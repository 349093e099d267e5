// SPDX-License-Identifier: Apache-2.0
// event_metrics.c - counts of events and alarms, and of steps.
//
//   label   . . # # # . . . . . # # . .
//   alarm   . . . # . . . # # . . . # .     slack 1: two events found after 1 and 2 steps, one false alarm
#include "monitor/event_metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/real.h"

// ---- events -------------------------------------------------------------------------------------

// The last step at which an alarm counts for the event: up to `slack` behind it, in the same series, before the next event.
static int64_t last_that_counts(const hg__scored_series *s, const hg__event *e, int64_t slack) {
    int64_t t = e->last + 1, left = slack;
    while (left-- > 0 && t < s->steps && !s->label[t] && !(s->begins && s->begins[t])) t++;
    return t - 1;
}

// Delays of the events found, delay (events); their number.
static int64_t find_events(const hg__scored_series *s, const hg__events *e, int64_t slack,
                           double *delay) {
    int64_t found = 0;
    for (int64_t i = 0; i < e->count; i++) {
        const int64_t last = last_that_counts(s, &e->at[i], slack);
        int64_t t = e->at[i].first;
        while (t <= last && !s->alarm[t]) t++;
        if (t <= last) delay[found++] = (double)(t - e->at[i].first);
    }
    return found;
}

// Events and alarms both come in order: one walk.
static void count_alarms(const hg__scored_series *s, const hg__events *e, int64_t slack,
                         hg__event_metrics *m) {
    hg__event alarm = {0, -1};
    int64_t i = 0, last = e->count ? last_that_counts(s, &e->at[0], slack) : -1;
    while (hg__event_next(s, s->alarm, alarm.last + 1, &alarm)) {
        while (i < e->count && last < alarm.first) {
            if (++i < e->count) last = last_that_counts(s, &e->at[i], slack);
        }
        m->alarms++;
        m->false_alarms += i == e->count || e->at[i].first > alarm.last;
    }
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_delays(double *delay, hg__event_metrics *m) {
    m->delay_min = m->delay_median = m->delay_max = (double)NAN;
    if (m->found == 0) return;
    qsort(delay, (size_t)m->found, sizeof *delay, ascending);
    m->delay_min = delay[0];
    m->delay_median = hg__quantile(delay, m->found, 0.5);
    m->delay_max = delay[m->found - 1];
}

static double share(double of, double whole) {
    return whole > 0 ? of / whole : (double)NAN;
}

static double event_f1(const hg__event_metrics *m) {
    if (m->events == 0) return (double)NAN;
    if (m->found == 0) return 0;
    const double precision = m->precision.value, recall = m->recall.value;
    return 2 * precision * recall / (precision + recall);
}

int hg__event_metrics_of(const hg__scored_series *s, int64_t slack, double level,
                         hg__event_metrics *m, hg_error *err) {
    *m = (hg__event_metrics){.steps = s->steps};
    HG_TRY(hg__scored_series_check(s, err));
    hg__events e;
    HG_TRY(hg__events_init(&e, s, s->label, err));
    double *delay = hg__alloc((size_t)e.count, sizeof *delay, err); // (events)
    if (delay) {
        m->events = e.count;
        m->found = find_events(s, &e, slack, delay);
        add_delays(delay, m);
        count_alarms(s, &e, slack, m);
        for (int64_t t = 0; t < s->steps; t++) m->normal_steps += !s->label[t];
        m->false_alarms_a_million = 1e6 * share((double)m->false_alarms, (double)m->normal_steps);
        m->recall = hg__proportion(m->found, m->events, level);
        m->precision = hg__proportion(m->alarms - m->false_alarms, m->alarms, level);
        m->f1 = event_f1(m);
    }
    hg__free(delay);
    hg__events_clear(&e);
    return delay ? HG_OK : HG_ERR_MEMORY;
}

// ---- steps --------------------------------------------------------------------------------------

int hg__step_metrics_of(const hg__scored_series *s, hg__step_metrics *m, hg_error *err) {
    *m = (hg__step_metrics){0};
    HG_TRY(hg__scored_series_check(s, err));
    int64_t count[2][2] = {{0}}; // label, alarm
    for (int64_t t = 0; t < s->steps; t++) count[s->label[t]][s->alarm[t]]++;
    m->hits = count[1][1];
    m->misses = count[1][0];
    m->false_alarms = count[0][1];
    m->quiet = count[0][0];
    const double tp = (double)m->hits, fn = (double)m->misses, fp = (double)m->false_alarms;
    m->precision = share(tp, tp + fp);
    m->recall = share(tp, tp + fn);
    m->f1 = share(tp, tp + (fn + fp) / 2);
    m->far = 100 * share(fp, fp + (double)m->quiet);
    m->mar = 100 * share(fn, fn + tp);
    return HG_OK;
}

int hg__point_adjusted_f1(const hg__scored_series *s, double *f1, hg_error *err) {
    HG_TRY(hg__scored_series_check(s, err));
    double hits = 0, misses = 0, false_alarms = 0;
    hg__event e = {0, -1};
    while (hg__event_next(s, s->label, e.last + 1, &e)) {
        int64_t t = e.first;
        while (t <= e.last && !s->alarm[t]) t++;
        *(t <= e.last ? &hits : &misses) += (double)(e.last - e.first + 1);
    }
    for (int64_t t = 0; t < s->steps; t++) false_alarms += s->alarm[t] && !s->label[t];
    *f1 = share(hits, hits + (misses + false_alarms) / 2);
    return HG_OK;
}
