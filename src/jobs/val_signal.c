// SPDX-License-Identifier: Apache-2.0
// val_signal.c - how well a model of a recording finds the anomalies of label=, or how often it raises an alarm where nobody has labels.
//
// Steps that nobody measured, and those without a score, are left out. Each file is a series of its own, and so is what follows a gap too
// long to bridge.
#include <math.h>

#include "base/mem.h"
#include "jobs/judge_signal.h"
#include "monitor/period.h"
#include "monitor/series_metrics.h"

enum {
    LOOKED_AT = 20000,
    WINDOW = 100
}; // steps that the window of VUS is found in; that window where there is no period
static const double level = 0.95;

typedef struct tally {
    hg__signal_judging in;
    float *score;     // owned, (room)
    uint8_t *mark[3]; // owned, (room) each: MARKS
    int64_t steps, room;
    bool begins; // what was left out began anew
    int64_t left_out, alarms, events;
} tally;

enum { LABEL, ALARM, BEGINS, MARKS };

// ---- steps --------------------------------------------------------------------------------------

static int make_room(tally *t, hg_error *err) {
    const int64_t more = t->room ? 2 * t->room : HG_STEPS;
    float *score = hg__grow(t->score, (size_t)more, sizeof *score, err);
    if (!score) return HG_ERR_MEMORY;
    t->score = score;
    for (int32_t i = 0; i < MARKS; i++) {
        uint8_t *mark = hg__grow(t->mark[i], (size_t)more, sizeof *mark, err);
        if (!mark) return HG_ERR_MEMORY;
        t->mark[i] = mark;
    }
    t->room = more;
    return HG_OK;
}

static int take(tally *t, const hg__judged_step *j, hg_error *err) {
    const hg__scored_step *step = j->step;
    t->begins |= step->begins;
    if (j->event > t->events) t->events = j->event;
    if (step->row < 0 || !isfinite(step->score)) {
        t->left_out += step->row >= 0;
        return HG_OK;
    }
    if (t->steps == t->room) HG_TRY(make_room(t, err));
    t->score[t->steps] = step->score;
    t->mark[LABEL][t->steps] = step->label != 0;
    t->mark[ALARM][t->steps] = j->is_alarm;
    t->mark[BEGINS][t->steps] = t->begins;
    t->begins = false;
    t->alarms += j->is_alarm;
    t->steps++;
    return HG_OK;
}

static int take_all(tally *t, hg_error *err) {
    const hg__judged_step *step;
    int32_t count;
    int more;
    while ((more = hg__signal_judging_next(&t->in, &step, &count, err)) > 0) {
        for (int32_t i = 0; i < count; i++) HG_TRY(take(t, &step[i], err));
    }
    if (more < 0) return more;
    if (t->steps > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected steps that have a score, got none",
                    t->in.recording->path);
}

// ---- the window of VUS --------------------------------------------------------------------------

// The first channel's first steps, what is missing as it was last; how many. Nothing of what cannot be read again.
static int64_t read_again(hg__recording *r, float *x) {
    hg_error ignored;
    hg__steps steps;
    int64_t count = 0;
    float last = 0;
    if (hg__recording_rewind(r, &ignored) < 0) return 0;
    while (count < LOOKED_AT && hg__recording_next(r, &steps, &ignored) > 0) {
        for (int32_t i = 0; i < steps.count && count < LOOKED_AT; i++) {
            const float now = steps.value[(int64_t)i * r->channels];
            if (isfinite(now)) last = now;
            x[count++] = last;
        }
    }
    return count;
}

static int find_window(tally *t, int32_t *window, hg_error *err) {
    const int32_t period = hg__signal_scorer_signal(t->in.scorer)->period;
    float *x = hg__alloc(LOOKED_AT, sizeof *x, err);
    if (!x) return HG_ERR_MEMORY;
    const int64_t count = read_again(t->in.recording, x);
    *window = count > 0 ? hg__vus_window(x, count, err) : period ? period : WINDOW;
    hg__free(x);
    return *window < 0 ? *window : HG_OK;
}

// ---- told ---------------------------------------------------------------------------------------

// What can be said without labels: all steps are taken as normal ones.
static void add_alarm_lines(hg__text *t, const tally *of) {
    hg__text_add(t, "%-21s  %lld\n", "steps", (long long)of->steps);
    if (!hg__signal_alarms_has(&of->in.alarms)) return;
    hg__text_add(t, "%-21s  %lld\n", "events", (long long)of->events);
    hg__text_add(t, "%-21s  %lld, %.5g %% of all\n", "steps in alarms", (long long)of->alarms,
                 100 * (double)of->alarms / (double)of->steps);
}

static void add_alarm_json(hg__json_writer *w, const tally *of) {
    hg__json_add_integer(w, "steps", of->steps);
    if (!hg__signal_alarms_has(&of->in.alarms)) return;
    hg__json_add_integer(w, "events", of->events);
    hg__json_add_integer(w, "alarm_steps", of->alarms);
    hg__json_add_real(w, "alarm_share", 9, (double)of->alarms / (double)of->steps);
}

static int measure(tally *t, hg__series_metrics *m, hg_error *err) {
    hg__recording *r = t->in.recording;
    const bool has_alarms = hg__signal_alarms_has(&t->in.alarms);
    const hg__scored_series s = {t->steps, t->score, t->mark[LABEL],
                                 has_alarms ? t->mark[ALARM] : NULL, t->mark[BEGINS]};
    hg__series_metrics_options o = {.step = r->step, .level = level, .has_nab = true};
    HG_TRY(find_window(t, &o.window, err));
    return hg__series_metrics_of(&s, &o, m, err);
}

static void write_lines(hg__text *t, const tally *of, const hg__series_metrics *m) {
    if (m) {
        hg__series_metrics_add_lines(t, m);
    } else {
        add_alarm_lines(t, of);
    }
    if (of->left_out) {
        hg__text_add(t, "%-21s  %lld, which have no score\n", "left out", (long long)of->left_out);
    }
}

static void write_json(hg__text *t, const tally *of, const hg__series_metrics *m) {
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    if (m) {
        hg__series_metrics_add_json(&w, m);
    } else {
        add_alarm_json(&w, of);
    }
    if (of->left_out) hg__json_add_integer(&w, "left_out", of->left_out);
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

static int validate(tally *t, hg_result *r, hg_error *err) {
    const bool has_label = t->in.recording->has_label;
    hg__series_metrics m;
    hg__text text = {0};
    HG_TRY(take_all(t, err));
    if (has_label) HG_TRY(measure(t, &m, err));
    (r->json ? write_json : write_lines)(&text, t, has_label ? &m : NULL);
    r->rows = t->steps;
    r->left_out = t->left_out;
    r->alarms = t->alarms;
    r->has_thresholds = hg__signal_alarms_has(&t->in.alarms);
    r->text = hg__text_take(&text, err);
    return r->text ? HG_OK : HG_ERR_MEMORY;
}

int hg__val_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                   hg_error *err) {
    tally t = {0};
    HG_TRY(hg__signal_judging_open(&t.in, m, o, l, err));
    const int code = validate(&t, result, err);
    hg__signal_judging_close(&t.in);
    hg__free(t.score);
    for (int32_t i = 0; i < MARKS; i++) hg__free(t.mark[i]);
    return code;
}
