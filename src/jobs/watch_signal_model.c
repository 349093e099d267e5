// SPDX-License-Identifier: Apache-2.0
// watch_signal_model.c - the model that judges a watched signal, and another that takes its place between two rows.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "jobs/watch_signal.h"

// What a model needs to be at work, before it is.
typedef struct ready {
    hg_model *model;           // owned, as all of it
    hg__signal_scorer *scorer; //
    hg__signal_alarms *alarms; //
    uint64_t digest;
} ready;

static void clear(ready *r) {
    if (r->alarms) hg__signal_alarms_clear(r->alarms);
    hg__free(r->alarms);
    hg__signal_scorer_free(r->scorer);
    hg_model_free(r->model);
    *r = (ready){0};
}

static int refuse_groups(const hg__signal *d, const char *path, hg_error *err) {
    if (!d->group) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected a model without groupby=, whose rows are all of one recording, "
                    "got one by '%.60s': train one on the rows of one of them",
                    path, d->group);
}

static int prepare(ready *r, const hg__signal_watch *w, hg_error *err) {
    const char *path = w->o->values.model;
    double fpr;
    r->scorer = hg__signal_scorer_new(r->model, w->pool, path, err);
    if (!r->scorer) return (int)err->code;
    HG_TRY(refuse_groups(hg__signal_scorer_signal(r->scorer), path, err));
    hg__signal_scorer_go_live(r->scorer);
    r->alarms = hg__alloc(1, sizeof *r->alarms, err);
    if (!r->alarms) return HG_ERR_MEMORY;
    HG_TRY(hg__signal_alarms_init(r->alarms, r->model, path, err));
    if (!hg__signal_alarms_has(r->alarms)) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%s: expected a model with a threshold, got one for which nothing was held out", path);
    }
    return hg__signal_ask(r->alarms, w->o, hg__signal_scorer_signal(r->scorer)->step, &fpr, err);
}

static void put_to_work(hg__signal_watch *w, const ready *r) {
    w->model = r->model;
    w->scorer = r->scorer;
    w->alarms = r->alarms;
}

int hg__signal_watch_use(hg__signal_watch *w, hg_model *m, hg_error *err) {
    ready r = {.model = m};
    const int code = prepare(&r, w, err);
    if (code == HG_OK) put_to_work(w, &r);
    if (code < 0) clear(&r);
    return code;
}

void hg__signal_watch_leave(hg__signal_watch *w) {
    ready r = {.model = w->model, .scorer = w->scorer, .alarms = w->alarms};
    clear(&r);
    w->model = NULL;
    w->scorer = NULL;
    w->alarms = NULL;
}

// ---- another ------------------------------------------------------------------------------------

static bool are_same_names(char *const *one, char *const *other, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(one[i], other[i]) != 0) return false;
    }
    return true;
}

static bool is_same(double one, double other) {
    return !(one < other || one > other);
}

static bool are_same_frames(const hg__signal_frames *a, const hg__signal_frames *b) {
    char one[HG_FRAMES_TEXT] = "", other[HG_FRAMES_TEXT] = "";
    if (a->channels != b->channels || !are_same_names(a->name, b->name, a->channels)) return false;
    if (a->setup.bands > 0) hg__frames_setup_format(&a->setup, one);
    if (b->setup.bands > 0) hg__frames_setup_format(&b->setup, other);
    return strcmp(one, other) == 0;
}

// Whether rows are read, averaged and framed for one as for the other.
static bool has_same_rows(const hg__signal *a, const hg__signal *b) {
    return a->read == b->read && are_same_names(a->name, b->name, a->read) &&
           is_same(a->step, b->step) && is_same(a->resample, b->resample) &&
           a->is_coarse == b->is_coarse && a->is_irregular == b->is_irregular &&
           are_same_frames(&a->frames, &b->frames);
}

static int load(ready *r, const hg__signal_watch *w, hg_error *err) {
    const char *path = w->o->values.model;
    hg__watch_kept kept = {0};
    HG_TRY(hg__signal_state_digest(path, &r->digest, err));
    r->model = hg__watch_load(w->o, &kept, w->listener, err);
    if (!r->model) return (int)err->code;
    if (!hg__is_signal_model(r->model)) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a model of a signal again", path);
    }
    HG_TRY(prepare(r, w, err));
    const hg__signal *d = hg__signal_scorer_signal(r->scorer);
    if (has_same_rows(hg__signal_scorer_signal(w->scorer), d)) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected a model of the same channels, steps and frames as before", path);
}

// The event that goes on ends, and all begins anew but what is counted.
static void replace(hg__signal_watch *w, const ready *r) {
    const int64_t events = w->alarms->state.events;
    hg__signal_watch_end(w);
    hg__signal_watch_leave(w);
    put_to_work(w, r);
    w->alarms->state.events = events;
    w->model_digest = r->digest;
    w->drift_said = 1;
    w->is_dirty = true;
    hg__row_lines_break(w->lines);
    if (w->framer) hg__framer_restart(w->framer);
    hg__signal_watch_say_model(w);
}

void hg__signal_watch_reload(hg__signal_watch *w) {
    char line[900], from[250];
    hg_error why = {0};
    ready r = {0};
    if (!hg__watch_is_asked(w->listener->reload, &w->reloads)) return;
    if (load(&r, w, &why) == HG_OK) {
        replace(w, &r);
        hg__threshold_describe(&w->alarms->thresholds.group[0].at, "steps", from, sizeof from);
        snprintf(line, sizeof line, "%.400s is at work; %s; what comes next has no past",
                 w->o->values.model, from);
    } else {
        clear(&r);
        snprintf(line, sizeof line, "%.500s; the model at work goes on", why.message);
    }
    hg__tell(w->listener, line);
}
