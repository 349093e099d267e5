// SPDX-License-Identifier: Apache-2.0
// scored_series.c - checks, and runs of marked steps.
#include "monitor/scored_series.h"

#include <math.h>

#include "base/mem.h"

static int check_marks(const uint8_t *mark, int64_t steps, const char *what, hg_error *err) {
    for (int64_t t = 0; mark && t < steps; t++) {
        if (mark[t] > 1) {
            return hg__fail(err, HG_ERR_DATA, "%s of step %lld: expected 0 or 1, got %d", what,
                            (long long)t, mark[t]);
        }
    }
    return HG_OK;
}

int hg__scored_series_check(const hg__scored_series *s, hg_error *err) {
    for (int64_t t = 0; s->score && t < s->steps; t++) {
        if (!isfinite(s->score[t])) {
            return hg__fail(err, HG_ERR_DATA,
                            "score of step %lld: expected a finite number, got %g", (long long)t,
                            (double)s->score[t]);
        }
    }
    HG_TRY(check_marks(s->label, s->steps, "label", err));
    return check_marks(s->alarm, s->steps, "alarm", err);
}

bool hg__event_next(const hg__scored_series *s, const uint8_t *mark, int64_t from, hg__event *to) {
    int64_t t = from;
    while (t < s->steps && !mark[t]) t++;
    if (t == s->steps) return false;
    to->first = t++;
    while (t < s->steps && mark[t] && !(s->begins && s->begins[t])) t++;
    to->last = t - 1;
    return true;
}

int hg__events_init(hg__events *e, const hg__scored_series *s, const uint8_t *mark, hg_error *err) {
    *e = (hg__events){0};
    hg__event one = {0, -1};
    while (hg__event_next(s, mark, one.last + 1, &one)) e->count++;
    e->at = hg__alloc((size_t)e->count, sizeof *e->at, err);
    if (!e->at) return HG_ERR_MEMORY;
    one.last = -1;
    for (int64_t i = 0; hg__event_next(s, mark, one.last + 1, &one); i++) e->at[i] = one;
    return HG_OK;
}

void hg__events_clear(hg__events *e) {
    hg__free(e->at);
    *e = (hg__events){0};
}

int64_t hg__series_end(const hg__scored_series *s, int64_t at) {
    int64_t t = at + 1;
    if (!s->begins) return s->steps;
    while (t < s->steps && !s->begins[t]) t++;
    return t;
}
