// SPDX-License-Identifier: Apache-2.0
// judge_signal.c - a recording judged by a model of one, some steps at a time.
#include "jobs/judge_signal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "signal/framed.h"

hg__recording_options hg__signal_reading(const hg_options *o, const hg__signal *d,
                                         const hg_listener *l) {
    const struct hg__values *v = &o->values;
    hg__recording_options how = {.time = v->timestamp,
                                 .label = v->label,
                                 .labels = v->labels,
                                 .normal = v->normal,
                                 .ignore = v->ignore,
                                 .table = v->table,
                                 .header = {.say = v->header},
                                 .on_bad = v->on_bad,
                                 .resample = v->resample,
                                 .listener = l};
    if (!d) return how;
    const hg__signal_frames *f = &d->frames;
    const bool has_frames = f->setup.bands > 0;
    how.step = has_frames ? d->step / f->setup.hop : d->step;
    how.resample = d->resample;
    how.channel = (const char *const *)(has_frames ? f->name : d->name);
    how.channels = has_frames ? f->channels : d->read;
    how.header.is_known = true;
    if (!(has_frames ? f->named : d->named)) return how;
    how.header.name = how.channel;
    how.header.names = how.channels;
    return how;
}

int hg__signal_events_asked(const hg_options *o, double step, double *per_step, hg_error *err) {
    const struct hg__values *v = &o->values;
    char rate[64];
    *per_step = 0;
    if (!*v->alarms && !*v->rate) return HG_OK;
    snprintf(rate, sizeof rate, "%.12g/s", step > 0 ? 1 / step : 0);
    return hg__alarms_fpr(v->alarms, *v->rate || step <= 0 ? v->rate : rate, per_step, err);
}

static const char none[] = "none";

// Sound is looked at in log-mel frames unless something else is asked for.
static const char *frames_for(const hg__recording *r, const char *asked) {
    const bool is_sound = strcmp(r->format, "wav") == 0 || strcmp(r->format, "flac") == 0;
    if (strcmp(asked, "auto") != 0) return asked;
    return is_sound ? hg__frames_kind_names[HG_FRAMES_LOGMEL] : none;
}

// Takes r.
static hg__recording *frame(hg__recording *r, const char *text, hg_error *err) {
    hg__frames_setup setup;
    const double rate = r->rate > 0 ? r->rate : r->step > 0 ? 1 / r->step : 0;
    if (hg__frames_setup_parse(text, rate, &setup, err) == HG_OK) {
        return hg__framed_new(r, &setup, err);
    }
    hg__recording_close(r);
    return NULL;
}

hg__recording *hg__signal_open(const hg_options *o, const hg__signal *d, const hg_listener *l,
                               hg_error *err) {
    const hg__recording_options how = hg__signal_reading(o, d, l);
    hg__recording *r = hg__recording_open(o->values.data, &how, err);
    if (!r) return NULL;
    if (d) return d->frames.setup.bands > 0 ? hg__framed_new(r, &d->frames.setup, err) : r;
    const char *text = frames_for(r, o->values.frames);
    return strcmp(text, none) == 0 ? r : frame(r, text, err);
}

static int check_channels(const hg__signal_judging *j, hg_error *err) {
    const int32_t wanted = hg__signal_scorer_signal(j->scorer)->read;
    if (j->recording->channels == wanted) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %d channels, as the model knows, got %d",
                    j->recording->path, wanted, j->recording->channels);
}

int hg__signal_ask(hg__signal_alarms *a, const hg_options *o, double step, double *fpr,
                   hg_error *err) {
    double events;
    HG_TRY(hg__signal_events_asked(o, step, &events, err));
    *fpr = events > 0 ? events : o->set[HG_OPTION_fpr] ? o->values.fpr : 0;
    if (events > 0) return hg__signal_alarms_ask_events(a, events, err);
    return *fpr > 0 ? hg__signal_alarms_ask(a, *fpr, err) : HG_OK;
}

static int open_all(hg__signal_judging *j, const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    j->pool = hg__pool_new((int32_t)v->threads, err);
    if (!j->pool) return HG_ERR_MEMORY;
    j->scorer = hg__signal_scorer_new(j->model, j->pool, v->model, err);
    if (!j->scorer) return (int)err->code;
    HG_TRY(hg__signal_alarms_init(&j->alarms, j->model, v->model, err));
    HG_TRY(hg__signal_ask(&j->alarms, o, hg__signal_scorer_signal(j->scorer)->step, &j->fpr, err));
    j->recording = hg__signal_open(o, hg__signal_scorer_signal(j->scorer), j->listener, err);
    if (!j->recording) return (int)err->code;
    HG_TRY(check_channels(j, err));
    hg__meter_start(&j->meter, j->listener, "scoring", "steps",
                    j->recording->steps > 0 ? j->recording->steps : 0);
    j->step = hg__alloc((size_t)hg__signal_scorer_room(j->scorer), sizeof *j->step, err);
    return j->step ? HG_OK : HG_ERR_MEMORY;
}

int hg__signal_judging_open(hg__signal_judging *j, hg_model *m, const hg_options *o,
                            const hg_listener *l, hg_error *err) {
    hg_error own;
    *j = (hg__signal_judging){.model = m, .listener = l};
    const int code = open_all(j, o, err ? err : &own);
    if (code < 0) hg__signal_judging_close(j);
    return code;
}

void hg__signal_judging_close(hg__signal_judging *j) {
    hg__meter_end(&j->meter);
    hg__recording_close(j->recording);
    hg__signal_alarms_clear(&j->alarms);
    hg__signal_scorer_free(j->scorer);
    hg__pool_free(j->pool);
    hg_model_free(j->model);
    hg__free(j->step);
    for (int32_t i = 0; i < j->paths; i++) hg__free(j->path[i]);
    hg__free(j->path);
    *j = (hg__signal_judging){0};
}

// Scores come later than steps, so that the recording may be at the next file by then.
static int keep_path(hg__signal_judging *j, hg_error *err) {
    const int32_t file = j->steps.file;
    if (file < j->paths) return HG_OK;
    char **grown = hg__grow(j->path, (size_t)file + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    j->path = grown;
    while (j->paths <= file) {
        grown[j->paths] = hg__copy_text(j->recording->path, err);
        if (!grown[j->paths]) return HG_ERR_MEMORY;
        j->paths++;
    }
    return HG_OK;
}

const char *hg__signal_judging_path(const hg__signal_judging *j, int32_t file) {
    return file < j->paths ? j->path[file] : "";
}

// Scores that are there become verdicts.
static int32_t judge(hg__signal_judging *j, int32_t count, const hg__scored_step *scored) {
    for (int32_t i = 0; i < count; i++) {
        const double drift = j->alarms.state.drift;
        const hg__alarm a = hg__signal_alarms_take(&j->alarms, &scored[i]);
        j->step[i] = (hg__judged_step){&scored[i], a.score, a.p, a.is_alarm, a.event, drift};
    }
    return count;
}

int hg__signal_judging_next(hg__signal_judging *j, const hg__judged_step **step, int32_t *count,
                            hg_error *err) {
    const hg__scored_step *scored;
    *step = j->step;
    for (;;) {
        const int32_t n = hg__signal_scorer_next(j->scorer, &scored);
        if (n > 0) {
            *count = judge(j, n, scored);
            return 1;
        }
        if (j->is_at_end) return 0;
        if (j->taken == j->steps.count) {
            const int more = hg__recording_next(j->recording, &j->steps, err);
            HG_TRY(more);
            j->taken = 0;
            if (more == 0) {
                j->steps.count = 0;
                j->is_at_end = true;
                hg__signal_scorer_end(j->scorer);
                continue;
            }
            HG_TRY(keep_path(j, err));
            hg__meter_add(&j->meter, j->steps.count);
        }
        j->taken += hg__signal_scorer_take(j->scorer, &j->steps, j->taken);
    }
}
