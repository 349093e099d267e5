// SPDX-License-Identifier: Apache-2.0
// nab_score.c - what an alarm at each step would be worth, then one walk down the scores.
#include "monitor/nab_score.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/real.h"

const hg__nab_profile hg__nab_profiles[HG_NAB_PROFILES] = {
    {"standard",           1.0, 0.11, 1.0},
    {"reward_low_fp_rate", 1.0, 0.22, 1.0},
    {"reward_low_fn_rate", 1.0, 0.11, 2.0},
};

typedef struct point {
    double worth; // of an alarm here
    float score;
    int64_t window; // of the corpus, which it lies in; -1: none
    int64_t order;  // in the corpus
} point;

typedef struct sweep {
    point *at;    // owned (points): steps behind the probation, highest score first
    double *best; // owned (windows): worth of the alarms so far
    int64_t points, windows, scored;
    const hg__nab_profile *profile;
} sweep;

// ---- worth of steps -----------------------------------------------------------------------------

// 2 / (1 + e^5x) - 1
static double sigmoid(double x) {
    if (x > 3) return -1;
    const double e = hg__expm1(5 * fabs(x));
    return x < 0 ? e / (e + 2) : -e / (e + 2);
}

static int64_t probation_of(int64_t steps) {
    const double part = floor(0.15 * (double)steps), most = 0.15 * 5000;
    return (int64_t)(part < most ? part : most);
}

static double worth_in(const hg__event *w, int64_t t, const hg__nab_profile *p) {
    const double width = (double)(w->last - w->first + 1);
    return sigmoid(-(double)(w->last - t + 1) / width) * p->tp / sigmoid(-1);
}

static double worth_behind(const hg__event *w, int64_t t, const hg__nab_profile *p) {
    if (!w || w->last == w->first) return -p->fp;
    return sigmoid((double)(t - w->last) / (double)(w->last - w->first)) * p->fp;
}

static void add_series(sweep *f, const hg__nab_series *s) {
    const int64_t probation = probation_of(s->steps);
    int64_t w = 0; // the first window that ends at t or later
    for (int64_t t = 0; t < s->steps; t++) {
        while (w < s->windows && s->window[w].last < t) w++;
        if (t < probation) continue;
        const bool is_in = w < s->windows && s->window[w].first <= t;
        point *p = &f->at[f->points];
        p->score = s->score[t];
        p->order = f->points++;
        p->window = is_in ? f->windows + w : -1;
        p->worth = is_in ? worth_in(&s->window[w], t, f->profile)
                         : worth_behind(w > 0 ? &s->window[w - 1] : NULL, t, f->profile);
        if (is_in && t == s->window[w].last) f->scored++;
    }
    f->windows += s->windows;
}

// ---- the sweep ----------------------------------------------------------------------------------

static int check(const hg__nab_series *s, int32_t which, hg_error *err) {
    const hg__scored_series scores = {.steps = s->steps, .score = s->score};
    HG_TRY(hg__scored_series_check(&scores, err));
    int64_t behind = 0;
    for (int64_t i = 0; i < s->windows; i++) {
        const hg__event w = s->window[i];
        if (w.first < behind || w.last < w.first || w.last >= s->steps) {
            return hg__fail(err, HG_ERR_DATA,
                            "window %lld of series %d: expected ascending steps from %lld to "
                            "%lld, got %lld to %lld",
                            (long long)i + 1, which + 1, (long long)behind, (long long)s->steps - 1,
                            (long long)w.first, (long long)w.last);
        }
        behind = w.last + 1;
    }
    return HG_OK;
}

static int highest_first(const void *a, const void *b) {
    const point *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

static int sweep_init(sweep *f, const hg__nab_series *series, int32_t count, hg_error *err) {
    size_t steps = 0, windows = 0;
    for (int32_t i = 0; i < count; i++) {
        HG_TRY(check(&series[i], i, err));
        steps += (size_t)series[i].steps;
        windows += (size_t)series[i].windows;
    }
    f->at = hg__alloc(steps, sizeof *f->at, err);
    f->best = f->at ? hg__alloc(windows, sizeof *f->best, err) : NULL;
    if (!f->best) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < count; i++) add_series(f, &series[i]);
    for (size_t w = 0; w < windows; w++) f->best[w] = -f->profile->fn;
    qsort(f->at, (size_t)f->points, sizeof *f->at, highest_first);
    return HG_OK;
}

static void sweep_clear(sweep *f) {
    hg__free(f->at);
    hg__free(f->best);
}

// Costs of false alarms and worths of windows are summed apart, as what is far larger would eat the last digits of the other.
typedef struct state {
    double windows, others; // sums
    hg__nab_score score;
} state;

static state silence(const sweep *f) {
    state s = {-f->profile->fn * (double)f->scored, 0, {.threshold = (double)INFINITY}};
    s.score.windows = f->scored;
    s.score.raw = s.score.null = s.windows;
    s.score.perfect = f->profile->tp * (double)f->scored;
    for (int64_t i = 0; i < f->points; i++) {
        *(f->at[i].window >= 0 ? &s.score.misses : &s.score.quiet) += 1;
    }
    return s;
}

static void add_alarm(sweep *f, const point *p, state *s) {
    if (p->window < 0) {
        s->others += p->worth;
        s->score.false_alarms++;
        s->score.quiet--;
        return;
    }
    double *best = &f->best[p->window];
    s->score.found += *best == -f->profile->fn;
    s->score.hits++;
    s->score.misses--;
    if (p->worth <= *best) return;
    s->windows += p->worth - *best;
    *best = p->worth;
}

static double value_of(const hg__nab_score *s) {
    return s->windows ? 100 * (s->raw - s->null) / (s->perfect - s->null) : (double)NAN;
}

// Down to `lowest`; the state there, or the best on the way.
static hg__nab_score walk(sweep *f, double lowest, bool is_best) {
    state s = silence(f);
    hg__nab_score best = s.score;
    for (int64_t i = 0; i < f->points && (double)f->at[i].score >= lowest; i++) {
        add_alarm(f, &f->at[i], &s);
        s.score.threshold = (double)f->at[i].score;
        s.score.raw = s.windows + s.others;
        if (i + 1 < f->points && f->at[i + 1].score == f->at[i].score) continue;
        if (!is_best || s.score.raw > best.raw) best = s.score;
    }
    best.value = value_of(&best);
    return best;
}

static int score(const hg__nab_series *series, int32_t count, sweep *f, double lowest, bool is_best,
                 hg__nab_score *to, hg_error *err) {
    const int code = sweep_init(f, series, count, err);
    *to = (hg__nab_score){0};
    if (code == HG_OK) *to = walk(f, lowest, is_best);
    sweep_clear(f);
    return code;
}

int hg__nab_score_at(const hg__nab_series *series, int32_t count, const hg__nab_profile *profile,
                     double threshold, hg__nab_score *to, hg_error *err) {
    sweep f = {.profile = profile};
    HG_TRY(score(series, count, &f, threshold, false, to, err));
    to->threshold = threshold;
    return HG_OK;
}

int hg__nab_score_best(const hg__nab_series *series, int32_t count, const hg__nab_profile *profile,
                       hg__nab_score *to, hg_error *err) {
    sweep f = {.profile = profile};
    return score(series, count, &f, (double)-INFINITY, true, to, err);
}
