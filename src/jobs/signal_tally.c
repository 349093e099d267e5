// SPDX-License-Identifier: Apache-2.0
// signal_tally.c - scores of steps beside their labels, held until they are measured.
#include "jobs/signal_tally.h"

#include <math.h>

#include "base/mem.h"
#include "monitor/period.h"

enum {
    LOOKED_AT = 20000,
    WINDOW = 100
}; // steps that the window of VUS is found in; that window where there is no period

void hg__signal_tally_clear(hg__signal_tally *t) {
    hg__free(t->score);
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) hg__free(t->alone[i]);
    for (int32_t i = 0; i < HG_TALLY_MARKS; i++) hg__free(t->mark[i]);
    *t = (hg__signal_tally){0};
}

// ---- steps --------------------------------------------------------------------------------------

static int grow(float **x, int64_t to, hg_error *err) {
    float *grown = hg__grow(*x, (size_t)to, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    *x = grown;
    return HG_OK;
}

static int make_room(hg__signal_tally *t, const hg__signal_scorer *s, hg_error *err) {
    const int64_t more = t->room ? 2 * t->room : HG_STEPS;
    HG_TRY(grow(&t->score, more, err));
    for (int32_t k = 0; k < hg__signal_scorer_detectors(s); k++) {
        HG_TRY(grow(&t->alone[hg__signal_scorer_row(s, k)], more, err));
    }
    for (int32_t i = 0; i < HG_TALLY_MARKS; i++) {
        uint8_t *mark = hg__grow(t->mark[i], (size_t)more, sizeof *mark, err);
        if (!mark) return HG_ERR_MEMORY;
        t->mark[i] = mark;
    }
    t->room = more;
    return HG_OK;
}

int hg__signal_tally_add(hg__signal_tally *t, const hg__signal_judging *in,
                         const hg__judged_step *j, int32_t i, hg_error *err) {
    const hg__scored_step *step = j->step;
    const hg__signal_scorer *s = in->scorer;
    t->begins |= step->begins;
    if (j->event > t->events) t->events = j->event;
    if (step->row < 0 || !isfinite(step->score)) {
        t->left_out += step->row >= 0;
        return HG_OK;
    }
    if (t->steps == t->room) HG_TRY(make_room(t, s, err));
    t->score[t->steps] = step->score;
    for (int32_t k = 0; k < hg__signal_scorer_detectors(s); k++) {
        const float says = hg__signal_scorer_says(s, i, k);
        t->alone[hg__signal_scorer_row(s, k)][t->steps] = isfinite(says) ? says : 0;
    }
    t->mark[HG_TALLY_LABEL][t->steps] = step->label != 0;
    t->mark[HG_TALLY_ALARM][t->steps] = j->is_alarm;
    t->mark[HG_TALLY_BEGINS][t->steps] = t->begins;
    t->begins = false;
    t->alarms += j->is_alarm;
    t->steps++;
    return HG_OK;
}

hg__scored_series hg__signal_tally_series(const hg__signal_tally *t, int32_t row, bool has_alarms) {
    return (hg__scored_series){
        t->steps, row < 0 ? t->score : t->alone[row], t->mark[HG_TALLY_LABEL],
        row < 0 && has_alarms ? t->mark[HG_TALLY_ALARM] : NULL, t->mark[HG_TALLY_BEGINS]};
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

int hg__signal_tally_window(hg__recording *r, int32_t period, int32_t *window, hg_error *err) {
    float *x = hg__alloc(LOOKED_AT, sizeof *x, err);
    if (!x) return HG_ERR_MEMORY;
    const int64_t count = read_again(r, x);
    *window = count > 0 ? hg__vus_window(x, count, err) : period ? period : WINDOW;
    hg__free(x);
    return *window < 0 ? *window : HG_OK;
}
