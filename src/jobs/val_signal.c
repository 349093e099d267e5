// SPDX-License-Identifier: Apache-2.0
// val_signal.c - how well a model of a recording finds the anomalies of label=, or how often it raises an alarm where nobody has labels.
//
// Steps that nobody measured, and those without a score, are left out. Each file is a series of its own, and so is what follows a gap too
// long to bridge.
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "jobs/signal_page.h"

static const double level = 0.95;

typedef struct tally {
    hg__signal_judging in;
    hg__signal_tally of;
    hg__signal_measured found;
    hg__signal_page *page; // owned, or NULL
} tally;

static int take_all(tally *t, hg_error *err) {
    const hg__judged_step *step;
    int32_t count;
    int more;
    while ((more = hg__signal_judging_next(&t->in, &step, &count, err)) > 0) {
        for (int32_t i = 0; i < count; i++) {
            hg__signal_page_add(t->page, &step[i], i);
            HG_TRY(hg__signal_tally_add(&t->of, &t->in, &step[i], i, err));
        }
    }
    if (more < 0) return more;
    if (t->of.steps > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected steps that have a score, got none",
                    t->in.recording->path);
}

// ---- measured -----------------------------------------------------------------------------------

static void conclude(tally *t) {
    const double own = t->found.all.vus.pr;
    int32_t best = -1;
    for (int32_t row = 0; row < HG_WINDOW_DETECTORS; row++) {
        if (t->found.alone[row] > (best < 0 ? own : t->found.alone[best])) best = row;
    }
    if (best < 0) return;
    snprintf(t->found.sentence, sizeof t->found.sentence,
             "%s alone ranks %s better than the model: VUS-PR %.5g against %.5g "
             "(train with detectors=%s)",
             hg__window_detector_title(best),
             t->in.recording->files > 1 ? "these recordings" : "this recording",
             t->found.alone[best], own, hg__window_detector_name(best));
}

static int measure_alone(tally *t, hg_error *err) {
    const hg__signal_scorer *s = t->in.scorer;
    const int32_t detectors = hg__signal_scorer_detectors(s);
    for (int32_t k = 0; detectors > 1 && k < detectors; k++) {
        const int32_t row = hg__signal_scorer_row(s, k);
        const hg__scored_series series = hg__signal_tally_series(&t->of, row, false);
        hg__vus vus;
        HG_TRY(hg__vus_of(&series, t->found.all.vus.window, &vus, err));
        t->found.alone[row] = vus.pr;
    }
    conclude(t);
    return HG_OK;
}

static int measure(tally *t, hg_error *err) {
    hg__recording *r = t->in.recording;
    const bool has_alarms = hg__signal_alarms_has(&t->in.alarms);
    const int32_t period = hg__signal_scorer_signal(t->in.scorer)->period;
    const hg__scored_series s = hg__signal_tally_series(&t->of, -1, has_alarms);
    hg__series_metrics_options o = {.step = r->step, .level = level, .has_nab = true};
    HG_TRY(hg__signal_tally_window(r, period, &o.window, err));
    HG_TRY(hg__series_metrics_of(&s, &o, &t->found.all, err));
    return isfinite(t->found.all.vus.pr) ? measure_alone(t, err) : HG_OK;
}

// ---- told ---------------------------------------------------------------------------------------

// What can be said without labels: all steps are taken as normal ones.
static void add_alarm_lines(hg__text *t, const tally *of) {
    hg__text_add(t, "%-21s  %lld\n", "steps", (long long)of->of.steps);
    if (!hg__signal_alarms_has(&of->in.alarms)) return;
    hg__text_add(t, "%-21s  %lld\n", "events", (long long)of->of.events);
    hg__text_add(t, "%-21s  %lld, %.5g %% of all\n", "steps in alarms", (long long)of->of.alarms,
                 100 * (double)of->of.alarms / (double)of->of.steps);
}

static void add_alarm_json(hg__json_writer *w, const tally *of) {
    hg__json_add_integer(w, "steps", of->of.steps);
    if (!hg__signal_alarms_has(&of->in.alarms)) return;
    hg__json_add_integer(w, "events", of->of.events);
    hg__json_add_integer(w, "alarm_steps", of->of.alarms);
    hg__json_add_real(w, "alarm_share", 9, (double)of->of.alarms / (double)of->of.steps);
}

static void add_alone_lines(hg__text *t, const tally *of) {
    bool has_title = false;
    for (int32_t row = 0; row < HG_WINDOW_DETECTORS; row++) {
        if (!isfinite(of->found.alone[row])) continue;
        if (!has_title) hg__text_add(t, "VUS-PR of each detector alone\n");
        has_title = true;
        hg__text_add(t, "  %-19s  %.5g\n", hg__window_detector_title(row), of->found.alone[row]);
    }
    if (*of->found.sentence) hg__text_add(t, "%s\n", of->found.sentence);
}

static void add_alone_json(hg__json_writer *w, const tally *of) {
    if (hg__signal_scorer_detectors(of->in.scorer) < 2) return;
    hg__json_begin(w, "detectors", '[');
    for (int32_t row = 0; row < HG_WINDOW_DETECTORS; row++) {
        if (!isfinite(of->found.alone[row])) continue;
        hg__json_begin(w, NULL, '{');
        hg__json_add_text(w, "name", hg__window_detector_name(row));
        hg__json_add_real(w, "vus_pr", 9, of->found.alone[row]);
        hg__json_end(w, '}');
    }
    hg__json_end(w, ']');
    if (*of->found.sentence) hg__json_add_text(w, "sentence", of->found.sentence);
}

static void write_lines(hg__text *t, const tally *of, bool has_label) {
    if (has_label) {
        hg__series_metrics_add_lines(t, &of->found.all);
        add_alone_lines(t, of);
    } else {
        add_alarm_lines(t, of);
    }
    if (of->of.left_out) {
        hg__text_add(t, "%-21s  %lld, which have no score\n", "left out",
                     (long long)of->of.left_out);
    }
}

static void write_json(hg__text *t, const tally *of, bool has_label) {
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    if (has_label) {
        hg__series_metrics_add_json(&w, &of->found.all);
        add_alone_json(&w, of);
    } else {
        add_alarm_json(&w, of);
    }
    if (of->of.left_out) hg__json_add_integer(&w, "left_out", of->of.left_out);
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

static int validate(tally *t, const hg_options *o, hg_result *r, hg_error *err) {
    const bool has_label = t->in.recording->has_label;
    hg__text text = {0};
    HG_TRY(hg__signal_page_open(&t->page, &t->in, o, err));
    HG_TRY(take_all(t, err));
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) t->found.alone[i] = (double)NAN;
    if (has_label) HG_TRY(measure(t, err));
    (r->json ? write_json : write_lines)(&text, t, has_label);
    r->rows = t->of.steps;
    r->left_out = t->of.left_out;
    r->alarms = t->of.alarms;
    r->has_thresholds = hg__signal_alarms_has(&t->in.alarms);
    char *said = hg__text_take(&text, err);
    int code = said ? HG_OK : HG_ERR_MEMORY;
    if (said) code = hg__signal_page_save(t->page, has_label ? &t->found : NULL, err);
    if (code < 0) {
        hg__free(said);
        return code;
    }
    r->text = said;
    return HG_OK;
}

int hg__val_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                   hg_error *err) {
    tally t = {0};
    HG_TRY(hg__signal_judging_open(&t.in, m, o, l, err));
    const int code = validate(&t, o, result, err);
    hg__signal_page_free(t.page);
    hg__signal_judging_close(&t.in);
    hg__signal_tally_clear(&t.of);
    return code;
}
