// SPDX-License-Identifier: Apache-2.0
// signal_page.c - steps of a recording gathered for a page: all of them in bins of time, and those around the events with the highest scores
// as they are.
//
//   steps ──> bins of all of them
//         ──> the last few, in a ring ──> at an event's begin: a series of its own, which goes on until some steps behind its end
#include "jobs/signal_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/show.h"
#include "jobs/pages.h"
#include "report/signal_figure.h"

// Of events those with the highest scores are kept, and the one that goes on; of bins and steps as many as there are numbers for.
enum {
    EVENTS = 12,
    SLOTS = EVENTS + 1,
    BINS = 4000,
    LEAST_BINS = 64,
    NEAR = 2000,
    LEAST_NEAR = 64
};
enum { NUMBERS = 1 << 20 };

typedef struct kept_event {
    hg__signal_event event;
    hg__signal_series near; // owned
    double *share;          // owned, (read): of each channel, sums of errors
    float *peak;            // owned, (lines): the step with the highest score
    int32_t left;           // steps that follow its end, to come
    bool is_used, is_on;
} kept_event;

struct hg__signal_page {
    const hg__signal_judging *in; // borrowed
    const hg_options *o;          // borrowed
    const hg__signal *signal;     // borrowed
    hg__signal_series all;
    kept_event kept[SLOTS];
    kept_event *now;       // the event that goes on, or NULL
    double *share;         // owned, (read): of all events
    float *line;           // owned, (lines): the step's
    float *ring;           // owned, (before, lines): steps that came last
    uint8_t *ring_flags;   // owned, (before)
    double *ring_time;     // owned, (before)
    int32_t lines, before; // steps before an event
    int64_t ringed;        // that came since the ring was empty
    int64_t steps, missing, stretches, alarms, events;
    bool is_date, has_time;
};

// ---- opened -------------------------------------------------------------------------------------

static int32_t even(int64_t n, int32_t least, int32_t most) {
    return (int32_t)(n < least ? least : n > most ? most : n) & ~1;
}

static int open_ring(hg__signal_page *p, hg_error *err) {
    const size_t lines = (size_t)p->lines, before = (size_t)p->before;
    p->line = hg__alloc(lines, sizeof *p->line, err);
    if (p->line) p->ring = hg__alloc(before, lines * sizeof *p->ring, err);
    if (p->ring) p->ring_flags = hg__alloc(before, sizeof *p->ring_flags, err);
    if (p->ring_flags) p->ring_time = hg__alloc(before, sizeof *p->ring_time, err);
    if (p->ring_time) p->share = hg__alloc((size_t)p->signal->read, sizeof *p->share, err);
    return p->share ? HG_OK : HG_ERR_MEMORY;
}

static int open_all(hg__signal_page *p, hg_error *err) {
    const int32_t near = even(NUMBERS / SLOTS / p->lines, LEAST_NEAR, NEAR);
    p->before = hg__min(hg__max(2 * p->signal->length, LEAST_NEAR / 4), near / 4);
    HG_TRY(open_ring(p, err));
    HG_TRY(hg__signal_series_init(&p->all, p->lines, even(4 * NUMBERS / p->lines, LEAST_BINS, BINS),
                                  err));
    if (!hg__signal_alarms_has(&p->in->alarms)) return HG_OK;
    for (int32_t i = 0; i < SLOTS; i++) {
        kept_event *k = &p->kept[i];
        HG_TRY(hg__signal_series_init(&k->near, p->lines, near, err));
        k->share = hg__alloc((size_t)p->signal->read, sizeof *k->share, err);
        if (k->share) k->peak = hg__alloc((size_t)p->lines, sizeof *k->peak, err);
        if (!k->peak) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

int hg__signal_page_open(hg__signal_page **page, const hg__signal_judging *j, const hg_options *o,
                         hg_error *err) {
    *page = NULL;
    if (!*o->values.page) return HG_OK;
    HG_TRY(hg__job_figure_check(o, err));
    hg__signal_page *p = hg__alloc(1, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    p->in = j;
    p->o = o;
    p->signal = hg__signal_scorer_signal(j->scorer);
    p->lines = HG_SIGNAL_CHANNELS + 2 * p->signal->channels;
    const int code = open_all(p, err);
    if (code == HG_OK) {
        *page = p;
    } else {
        hg__signal_page_free(p);
    }
    return code;
}

void hg__signal_page_free(hg__signal_page *p) {
    if (!p) return;
    for (int32_t i = 0; i < SLOTS; i++) {
        hg__signal_series_clear(&p->kept[i].near);
        hg__free(p->kept[i].share);
        hg__free(p->kept[i].peak);
    }
    hg__signal_series_clear(&p->all);
    hg__free(p->line);
    hg__free(p->ring);
    hg__free(p->ring_flags);
    hg__free(p->ring_time);
    hg__free(p->share);
    hg__free(p);
}

// ---- events -------------------------------------------------------------------------------------

// One is free: of SLOTS that were used the one with the lowest score makes room, of several the latest.
static kept_event *free_slot(hg__signal_page *p) {
    kept_event *least = &p->kept[0];
    for (int32_t i = 0; i < SLOTS; i++) {
        kept_event *k = &p->kept[i];
        if (!k->is_used) return k;
        if (k->event.peak < least->event.peak ||
            (k->event.peak <= least->event.peak && k->event.number > least->event.number)) {
            least = k;
        }
    }
    return least;
}

static void begin_event(hg__signal_page *p, int64_t number) {
    kept_event *k = free_slot(p);
    const int64_t held = hg__min_64(p->ringed, p->before);
    k->event = (hg__signal_event){.number = number, .p = 1, .near = &k->near};
    k->is_used = k->is_on = true;
    k->left = 0;
    memset(k->share, 0, (size_t)p->signal->read * sizeof *k->share);
    hg__signal_series_restart(&k->near);
    for (int64_t i = p->ringed - held; i < p->ringed; i++) {
        const size_t at = (size_t)(i % p->before);
        hg__signal_series_add(&k->near, p->ring + at * (size_t)p->lines, p->ring_flags[at],
                              p->ring_time[at]);
    }
    p->now = k;
    p->events++;
}

// Channels are counted as the recording has them, and shown as they are looked at.
static int32_t place_of(const hg__signal *d, int32_t read) {
    int32_t at = 0;
    while (at + 1 < d->channels && d->pick[at] != read) at++;
    return at;
}

static int32_t largest(const double *share, int32_t count) {
    int32_t most = 0;
    for (int32_t c = 1; c < count; c++) {
        if (share[c] > share[most]) most = c;
    }
    return most;
}

static void add_cause(const hg__signal_page *p, kept_event *k, int32_t read, double share) {
    const int32_t channel = place_of(p->signal, read);
    const float *seen = k->peak + HG_SIGNAL_CHANNELS + 2 * channel;
    k->event.cause[k->event.causes++] = (hg__signal_cause){channel, share, seen[0], seen[1]};
}

// The channels that made most of its errors, and those of all events.
static void end_event(hg__signal_page *p) {
    kept_event *k = p->now;
    double sum = 0;
    p->now = NULL;
    if (!k) return;
    k->is_on = false;
    k->left = p->before;
    for (int32_t c = 0; c < p->signal->read; c++) {
        sum += k->share[c];
        p->share[c] += k->share[c];
    }
    while (sum > 0 && k->event.causes < HG_SIGNAL_CAUSES) {
        const int32_t most = largest(k->share, p->signal->read);
        if (!(k->share[most] >= 0.02 * sum)) break;
        add_cause(p, k, most, k->share[most] / sum);
        k->share[most] = 0;
    }
}

static void name_step(const hg__scored_step *step, char text[HG_SIGNAL_TIME]) {
    if (step->when[0]) {
        snprintf(text, HG_SIGNAL_TIME, "%s", step->when);
    } else if (!isnan(step->time)) {
        snprintf(text, HG_SIGNAL_TIME, "%.9g\u00a0s", step->time);
    } else {
        snprintf(text, HG_SIGNAL_TIME, "row\u00a0%lld", (long long)step->row);
    }
}

static void go_on(hg__signal_page *p, const hg__judged_step *j, int32_t i) {
    hg__signal_reason reason[HG_SIGNAL_REASONS];
    kept_event *k = p->now;
    hg__signal_event *e = &k->event;
    if (j->step->row < 0) return;
    const int32_t n = hg__signal_scorer_explain(p->in->scorer, i, HG_SIGNAL_REASONS, reason);
    const double error = (double)hg__signal_scorer_error(p->in->scorer, i);
    for (int32_t r = 0; r < n; r++) k->share[reason[r].channel] += error * (double)reason[r].share;
    if (e->steps++ == 0) name_step(j->step, e->first);
    name_step(j->step, e->last);
    if (j->p < e->p) e->p = j->p;
    if (e->steps > 1 && !((double)j->now > e->peak)) return;
    e->peak = (double)j->now;
    memcpy(k->peak, p->line, (size_t)p->lines * sizeof *k->peak);
}

// ---- steps --------------------------------------------------------------------------------------

static void read_line(hg__signal_page *p, const hg__judged_step *j, int32_t i) {
    const hg__signal_alarms *a = &p->in->alarms;
    const int32_t C = p->signal->channels;
    float *seen = p->line + HG_SIGNAL_CHANNELS;
    const bool has_limit = hg__signal_alarms_has(a);
    p->line[HG_SIGNAL_NOW] = j->now;
    p->line[HG_SIGNAL_ALL] = j->step->score;
    p->line[HG_SIGNAL_LIMIT] = has_limit ? (float)hg__signal_alarms_threshold(a, j->drift) : NAN;
    hg__signal_scorer_values(p->in->scorer, i, seen, seen + C);
    if (C == 1) return;
    // Observed and expected side by side: from (2, C) to (C, 2), with the ring's row to come as room.
    float *room = p->ring + (size_t)(p->ringed % p->before) * (size_t)p->lines;
    for (int32_t c = 0; c < C; c++) {
        room[2 * c] = seen[c];
        room[2 * c + 1] = seen[C + c];
    }
    memcpy(seen, room, 2 * (size_t)C * sizeof *seen);
}

static void keep_in_ring(hg__signal_page *p, uint8_t flags, double time) {
    const size_t at = (size_t)(p->ringed++ % p->before);
    memcpy(p->ring + at * (size_t)p->lines, p->line, (size_t)p->lines * sizeof *p->line);
    p->ring_flags[at] = flags;
    p->ring_time[at] = time;
}

static uint8_t flags_of(const hg__judged_step *j) {
    return (uint8_t)((j->is_alarm ? HG_STEP_ALARM : 0) | (j->step->row < 0 ? HG_STEP_MISSING : 0) |
                     (j->step->begins ? HG_STEP_BEGINS : 0) | (j->step->label ? HG_STEP_LABEL : 0));
}

// A new stretch: what came before is nobody's past.
static void begin_stretch(hg__signal_page *p) {
    p->stretches++;
    p->ringed = 0;
    for (int32_t k = 0; k < SLOTS; k++) p->kept[k].left = 0;
}

void hg__signal_page_add(hg__signal_page *p, const hg__judged_step *j, int32_t i) {
    if (!p) return;
    const uint8_t flags = flags_of(j);
    const double time = j->step->time;
    if (p->now && (j->event != p->now->event.number || j->step->begins)) end_event(p);
    if (j->step->begins) begin_stretch(p);
    if (j->event && !p->now) begin_event(p, j->event);
    read_line(p, j, i);
    if (p->now) go_on(p, j, i);
    hg__signal_series_add(&p->all, p->line, flags, time);
    for (int32_t k = 0; k < SLOTS; k++) {
        kept_event *one = &p->kept[k];
        if (!one->is_used || (!one->is_on && one->left == 0)) continue;
        hg__signal_series_add(&one->near, p->line, flags, time);
        if (!one->is_on) one->left--;
    }
    keep_in_ring(p, flags, time);
    p->missing += j->step->row < 0;
    p->alarms += j->is_alarm && j->step->row >= 0;
    p->has_time = p->has_time || !isnan(time);
    p->is_date = p->is_date || strpbrk(j->step->when, ":-/");
}

// ---- shown --------------------------------------------------------------------------------------

typedef struct shown {
    hg__signal_event event[SLOTS];
    const char **name; // owned
    char threshold[400];
} shown;

static int by_peak(const void *a, const void *b) {
    const hg__signal_event *x = a, *y = b;
    if (x->peak > y->peak || x->peak < y->peak) return x->peak > y->peak ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int by_number(const void *a, const void *b) {
    const hg__signal_event *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void show_events(const hg__signal_page *p, shown *s, hg__signal_shown *to) {
    for (int32_t i = 0; i < SLOTS; i++) {
        if (p->kept[i].is_used && p->kept[i].event.steps) s->event[to->shown++] = p->kept[i].event;
    }
    qsort(s->event, (size_t)to->shown, sizeof *s->event, by_peak);
    to->shown = hg__min(to->shown, EVENTS);
    qsort(s->event, (size_t)to->shown, sizeof *s->event, by_number);
    to->event = s->event;
}

// Those that spoke most for events, and then the first.
static void show_channels(hg__signal_page *p, shown *s, hg__signal_shown *to) {
    const hg__signal *d = p->signal;
    to->channels = d->channels;
    to->name = s->name;
    for (int32_t c = 0; c < d->channels; c++) s->name[c] = d->name[d->pick[c]];
    for (int32_t c = 0; c < d->channels; c++) p->share[d->pick[c]] += 1e-9;
    while (to->overviews < hg__min(HG_SIGNAL_OVERVIEW, d->channels)) {
        const int32_t read = largest(p->share, d->read);
        to->overview[to->overviews++] = place_of(d, read);
        p->share[read] = -1;
    }
}

static int write_page(const hg__signal_page *p, const hg__signal_shown *what,
                      const hg__signal_measured *m, hg_error *err) {
    hg__page page = {0};
    char title[300], data[2 * HG_MAX_VALUE];
    hg__mask_secrets(p->o->values.data, data, sizeof data);
    snprintf(title, sizeof title, "%.200s: a recording %s", data, m ? "measured" : "judged");
    const hg__page_head head = {title,
                                "How unusual each step is for a model of what is normal, when that "
                                "was an event, and which channels speak for it."};
    if (hg__is_figure_path(p->o->values.page)) {
        return hg__signal_figure_save(p->o->values.page, title, what, err);
    }
    if (m) hg__signal_page_add_figures(&page, m);
    hg__signal_chart_add(&page, what);
    if (m) hg__signal_page_add_table(&page, &m->all);
    const int code = hg__job_page_save(&page, p->o, &head, p->in->model, "", err);
    hg__page_clear(&page);
    return code;
}

static int show(hg__signal_page *p, shown *s, const hg__signal_measured *m, hg_error *err) {
    const hg__signal_alarms *a = &p->in->alarms;
    const bool has_alarms = hg__signal_alarms_has(a);
    const hg__threshold *at = has_alarms ? &a->thresholds.group[0].at : NULL;
    hg__signal_shown to = {.series = &p->all,
                           .missing = p->missing,
                           .stretches = p->stretches,
                           .alarms = p->alarms,
                           .events = p->events,
                           .threshold = at ? at->value : (double)NAN,
                           .drift = a->state.drift,
                           .threshold_words = s->threshold,
                           .is_date = p->is_date,
                           .has_time = p->has_time,
                           .has_labels = p->in->recording->has_label};
    end_event(p);
    if (at) hg__threshold_describe(at, "steps", s->threshold, sizeof s->threshold);
    show_channels(p, s, &to);
    show_events(p, s, &to);
    return write_page(p, &to, m, err);
}

int hg__signal_page_save(hg__signal_page *p, const hg__signal_measured *m, hg_error *err) {
    int code = HG_ERR_MEMORY;
    if (!p) return HG_OK;
    shown *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    s->name = hg__alloc((size_t)p->signal->channels, sizeof *s->name, err);
    if (s->name) code = show(p, s, m, err);
    hg__free(s->name);
    hg__free(s);
    return code;
}
