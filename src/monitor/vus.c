// SPDX-License-Identifier: Apache-2.0
// vus.c - each step is known by the first threshold that it reaches, so that a window takes one walk along the events.
//
//   label             . . . . # # # . . . .          window 4: two steps on either side count
//   weight beside it  . . w v       v w . .          v = sqrt(1 - 1/4), w = sqrt(1 - 2/4); where two ramps meet their sum, 1 at most
//   first threshold   9 9 3 5 0 0 1 4 8 9 9          ramps[3] += w, ramps[5] += v, ramps[4] += v, ramps[8] += w
#include "monitor/vus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

enum { THRESHOLDS = 250 };

typedef struct surface {
    const hg__scored_series *s; // borrowed
    hg__events events;
    int64_t *from, *end;         // (events) the series that each lies in: [from, end)
    uint8_t *first;              // (steps) the first threshold that the score reaches
    double *weight;              // (steps) of ramps; 0 between walks
    double *ramp;                // (half a window + 1)
    double positives;            // steps with label 1
    double hits[THRESHOLDS];     // of them, at or above each threshold
    double alarms[THRESHOLDS];   // of all steps
    double ramps[THRESHOLDS];    // weight beside events, at or above each threshold
    double existing[THRESHOLDS]; // groups of events with an alarm
    double groups;
} surface;

// ---- thresholds ---------------------------------------------------------------------------------

static int highest_first(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

// The scores at ranks 0 to steps - 1, evenly, rounded down: as numpy.linspace() has them.
static int find_thresholds(const hg__scored_series *s, float threshold[THRESHOLDS], hg_error *err) {
    float *sorted = hg__alloc((size_t)s->steps, sizeof *sorted, err);
    if (!sorted) return HG_ERR_MEMORY;
    memcpy(sorted, s->score, (size_t)s->steps * sizeof *sorted);
    qsort(sorted, (size_t)s->steps, sizeof *sorted, highest_first);
    const double step = (double)(s->steps - 1) / (THRESHOLDS - 1);
    for (int32_t j = 0; j + 1 < THRESHOLDS; j++) threshold[j] = sorted[(int64_t)(j * step)];
    threshold[THRESHOLDS - 1] = sorted[s->steps - 1];
    hg__free(sorted);
    return HG_OK;
}

static uint8_t first_reached(const float threshold[THRESHOLDS], float score) {
    int32_t low = 0, high = THRESHOLDS - 1; // the last is reached by all
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (score >= threshold[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return (uint8_t)low;
}

static void add_up(double sum[THRESHOLDS]) {
    for (int32_t j = 1; j < THRESHOLDS; j++) sum[j] += sum[j - 1];
}

static int count_steps(surface *f, hg_error *err) {
    float threshold[THRESHOLDS];
    HG_TRY(find_thresholds(f->s, threshold, err));
    for (int64_t t = 0; t < f->s->steps; t++) {
        f->first[t] = first_reached(threshold, f->s->score[t]);
        f->alarms[f->first[t]] += 1;
        f->hits[f->first[t]] += f->s->label[t];
        f->positives += f->s->label[t];
    }
    add_up(f->alarms);
    add_up(f->hits);
    return HG_OK;
}

// ---- a window -----------------------------------------------------------------------------------

static void add_ramps(surface *f, int64_t half) {
    for (int64_t i = 0; i < f->events.count; i++) {
        const hg__event e = f->events.at[i];
        const int64_t right = hg__min_64(half, f->end[i] - 1 - e.last);
        const int64_t left = hg__min_64(half, e.first - f->from[i]);
        for (int64_t d = 1; d <= right; d++) f->weight[e.last + d] += f->ramp[d];
        for (int64_t d = 1; d <= left; d++) f->weight[e.first - d] += f->ramp[d];
    }
}

// Steps [from, to]: events whose ramps touch, and the ramps.
static void add_group(surface *f, int64_t from, int64_t to) {
    uint8_t earliest = THRESHOLDS - 1;
    for (int64_t t = from; t <= to; t++) {
        if (f->first[t] < earliest) earliest = f->first[t];
        if (!f->s->label[t]) f->ramps[f->first[t]] += f->weight[t] < 1 ? f->weight[t] : 1;
        f->weight[t] = 0;
    }
    f->existing[earliest] += 1;
    f->groups += 1;
}

static void add_groups(surface *f, int64_t half) {
    const hg__event *e = f->events.at;
    int64_t begun = 0; // the first event of the group at hand
    for (int64_t i = 0; i < f->events.count; i++) {
        const bool is_last = i + 1 == f->events.count || f->from[i + 1] != f->from[i] ||
                             e[i].last + half < e[i + 1].first - half;
        if (!is_last) continue;
        const int64_t left = hg__min_64(half, e[begun].first - f->from[i]);
        add_group(f, e[begun].first - left, hg__min_64(e[i].last + half, f->end[i] - 1));
        begun = i + 1;
    }
}

static void measure(surface *f, int32_t window, double *auc, double *ap) {
    const int64_t half = window / 2;
    for (int64_t d = 1; d <= half; d++) f->ramp[d] = sqrt(1 - (double)d / window);
    memset(f->ramps, 0, sizeof f->ramps);
    memset(f->existing, 0, sizeof f->existing);
    f->groups = 0;
    add_ramps(f, half);
    add_groups(f, half);
    add_up(f->ramps);
    add_up(f->existing);
    double tpr = 0, fpr = 0;
    *auc = *ap = 0;
    for (int32_t j = 0; j < THRESHOLDS; j++) {
        const double tp = f->hits[j] + f->ramps[j];
        const double positives = (f->positives + (f->positives + f->ramps[j])) / 2;
        const double recall = tp < positives ? tp / positives : 1;
        const double now = recall * (f->existing[j] / f->groups);
        const double false_ones = (f->alarms[j] - tp) / ((double)f->s->steps - positives);
        *auc += (false_ones - fpr) * (now + tpr) / 2;
        *ap += (now - tpr) * (tp / f->alarms[j]);
        tpr = now;
        fpr = false_ones;
    }
    *auc += (1 - fpr) * (1 + tpr) / 2;
}

// ---- the whole ----------------------------------------------------------------------------------

static void surface_clear(surface *f) {
    hg__events_clear(&f->events);
    hg__free(f->from);
    hg__free(f->end);
    hg__free(f->first);
    hg__free(f->weight);
    hg__free(f->ramp);
}

static void find_series(surface *f) {
    int64_t from = 0, end = hg__series_end(f->s, 0);
    for (int64_t i = 0; i < f->events.count; i++) {
        while (end <= f->events.at[i].first) {
            from = end;
            end = hg__series_end(f->s, from);
        }
        f->from[i] = from;
        f->end[i] = end;
    }
}

static int surface_init(surface *f, const hg__scored_series *s, int32_t window, hg_error *err) {
    const size_t steps = (size_t)s->steps;
    *f = (surface){.s = s};
    HG_TRY(hg__events_init(&f->events, s, s->label, err));
    const size_t events = (size_t)f->events.count;
    f->from = hg__alloc(events, sizeof *f->from, err);
    f->end = f->from ? hg__alloc(events, sizeof *f->end, err) : NULL;
    f->first = f->end ? hg__alloc(steps, sizeof *f->first, err) : NULL;
    f->weight = f->first ? hg__alloc(steps, sizeof *f->weight, err) : NULL;
    f->ramp = f->weight ? hg__alloc((size_t)window / 2 + 1, sizeof *f->ramp, err) : NULL;
    if (!f->ramp) return HG_ERR_MEMORY;
    find_series(f);
    return count_steps(f, err);
}

static void measure_windows(surface *f, hg__vus *to) {
    double roc = 0, pr = 0;
    for (int32_t w = 0; w <= to->window; w++) {
        measure(f, w, &to->range_auc_roc, &to->range_auc_pr);
        roc += to->range_auc_roc;
        pr += to->range_auc_pr;
        if (w == 0) to->range_auc_roc_0 = roc, to->range_auc_pr_0 = pr;
    }
    to->roc = roc / ((double)to->window + 1);
    to->pr = pr / ((double)to->window + 1);
}

static bool has_both(const hg__scored_series *s) {
    const size_t steps = (size_t)s->steps;
    return steps > 0 && memchr(s->label, 0, steps) && memchr(s->label, 1, steps);
}

int hg__vus_of(const hg__scored_series *s, int32_t window, hg__vus *to, hg_error *err) {
    const double none = (double)NAN;
    *to = (hg__vus){window, none, none, none, none, none, none};
    HG_TRY(hg__scored_series_check(s, err));
    if (!has_both(s)) return HG_OK;
    surface f;
    const int code = surface_init(&f, s, window, err);
    if (code == HG_OK) measure_windows(&f, to);
    surface_clear(&f);
    return code;
}
