// SPDX-License-Identifier: Apache-2.0
// judge_signal.c - a recording judged by a model of one, some steps at a time.
#include "jobs/judge_signal.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

hg__recording_options hg__signal_reading(const hg_options *o, const hg__signal *d,
                                         const hg_listener *l) {
    const struct hg__values *v = &o->values;
    hg__recording_options how = {.time = v->timestamp,
                                 .label = v->label,
                                 .normal = v->normal,
                                 .ignore = v->ignore,
                                 .table = v->table,
                                 .header = {.say = v->header},
                                 .on_bad = v->on_bad,
                                 .resample = v->resample,
                                 .listener = l};
    if (!d) return how;
    how.step = d->step;
    how.resample = d->resample;
    how.channel = (const char *const *)d->name;
    how.channels = d->read;
    how.header.is_known = true;
    how.header.name = d->named ? how.channel : NULL;
    how.header.names = d->read;
    return how;
}

static int check_channels(const hg__signal_judging *j, hg_error *err) {
    const int32_t wanted = hg__signal_scorer_signal(j->scorer)->read;
    if (j->recording->channels == wanted) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %d channels, as the model knows, got %d",
                    j->recording->path, wanted, j->recording->channels);
}

int hg__signal_ask(hg__signal_alarms *a, const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    double fpr = o->set[HG_OPTION_fpr] ? v->fpr : 0;
    if (*v->alarms || *v->rate) HG_TRY(hg__alarms_fpr(v->alarms, v->rate, &fpr, err));
    return fpr > 0 ? hg__signal_alarms_ask(a, fpr, err) : HG_OK;
}

static int open_all(hg__signal_judging *j, const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    j->pool = hg__pool_new((int32_t)v->threads, err);
    if (!j->pool) return HG_ERR_MEMORY;
    j->scorer = hg__signal_scorer_new(j->model, j->pool, v->model, err);
    if (!j->scorer) return (int)err->code;
    HG_TRY(hg__signal_alarms_init(&j->alarms, j->model, v->model, err));
    HG_TRY(hg__signal_ask(&j->alarms, o, err));
    const hg__recording_options how =
        hg__signal_reading(o, hg__signal_scorer_signal(j->scorer), j->listener);
    j->recording = hg__recording_open(v->data, &how, err);
    if (!j->recording) return (int)err->code;
    HG_TRY(check_channels(j, err));
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
    hg__recording_close(j->recording);
    hg__signal_alarms_clear(&j->alarms);
    hg__signal_scorer_free(j->scorer);
    hg__pool_free(j->pool);
    hg_model_free(j->model);
    hg__free(j->step);
    *j = (hg__signal_judging){0};
}

// Scores that are there become verdicts.
static int32_t judge(hg__signal_judging *j, int32_t count, const hg__scored_step *scored) {
    for (int32_t i = 0; i < count; i++) {
        const hg__alarm a = hg__signal_alarms_take(&j->alarms, &scored[i]);
        j->step[i] = (hg__judged_step){&scored[i], a.p, a.is_alarm, a.event};
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
        }
        j->taken += hg__signal_scorer_take(j->scorer, &j->steps, j->taken);
    }
}
