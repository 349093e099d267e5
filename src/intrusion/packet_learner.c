// SPDX-License-Identifier: Apache-2.0
// packet_learner.c - counts go on behind those of a model, and the scores of a period make its next thresholds.
#include "intrusion/packet_learner.h"

#include <string.h>

#include "base/mem.h"
#include "intrusion/packet_learner_internal.h"

enum {
    ENTRY_BYTES = 200,    // that an entry of counts takes while tables grow
    FORMER_LEAST = 100000 // scores of before that are kept, if there are so many
};

void hg__packet_detector_listen(hg__packet_detector *d, hg__answers *answers) {
    d->answers = answers;
}

// Their groups may point into themselves.
static void swap_thresholds(hg__thresholds *a, hg__thresholds *b) {
    const hg__thresholds was = *a;
    const hg__calibration *whole_a = &a->held.whole, *whole_b = &b->held.whole;
    *a = *b;
    *b = was;
    for (int32_t i = 0; i < a->groups; i++) {
        if (a->group[i].held == whole_b) a->group[i].held = whole_a;
    }
    for (int32_t i = 0; i < b->groups; i++) {
        if (b->group[i].held == whole_a) b->group[i].held = whole_b;
    }
}

void hg__packet_detector_adopt(hg__packet_detector *d, hg__packet_detector *next) {
    const hg__profile own = d->own;
    const hg__calibration alerts = d->alerts;
    swap_thresholds(&d->thresholds, &next->thresholds);
    d->own = next->own;
    d->alerts = next->alerts;
    d->seconds = next->seconds;
    d->median = next->median;
    next->own = own;
    next->alerts = alerts;
}

// ---- made ---------------------------------------------------------------------------------------

static int begin(hg__packet_learner *l, hg_error *err) {
    const hg__packet_detector *b = l->base;
    const bool halves = b->counted > 2 * b->memory;
    hg__profile grows;
    hg__held_packets *held = hg__held_packets_new(&b->key, HG_PERIOD_SCORES, err);
    if (!held) return HG_ERR_MEMORY;
    const int code = hg__profile_thaw(&grows, &b->own, halves, l->most, err);
    if (code < 0) {
        hg__held_packets_free(held);
        return code;
    }
    hg__held_packets_free(l->held);
    hg__profile_clear(&l->grows);
    l->held = held;
    l->grows = grows;
    l->before = halves ? b->counted / 2 : b->counted;
    l->lost = hg__counts_lost(grows.counts);
    l->counted = l->alarms = 0;
    l->passed = 0;
    l->has_begun = false;
    return HG_OK;
}

static int make(hg__packet_learner *l, const hg_model *m, const char *where, hg_error *err) {
    l->base = hg__packet_knowledge_new(err);
    if (!l->base) return HG_ERR_MEMORY;
    HG_TRY(hg__packet_detector_load(l->base, m, where, err));
    return begin(l, err);
}

hg__packet_learner *hg__packet_learner_new(const hg_model *m, double period, size_t max_bytes,
                                           const char *where, hg_error *err) {
    hg__packet_learner *l = hg__alloc(1, sizeof *l, err);
    if (!l) return NULL;
    l->period = period;
    l->most = (int64_t)(max_bytes / ENTRY_BYTES);
    if (make(l, m, where, err) == HG_OK) return l;
    hg__packet_learner_free(l);
    return NULL;
}

void hg__packet_learner_free(hg__packet_learner *l) {
    if (!l) return;
    hg__packet_detector_free(l->base);
    hg__profile_clear(&l->grows);
    hg__held_packets_free(l->held);
    hg__free(l);
}

// ---- at work ------------------------------------------------------------------------------------

// One that lasts longer than it was to has a last piece that does.
static int32_t piece_at(hg__packet_learner *l, int64_t now) {
    if (l->has_begun) l->passed += now - l->latest;
    l->has_begun = true;
    l->latest = now;
    const double piece = (double)l->passed * HG_FOLDS / l->period;
    return piece < HG_FOLDS ? (int32_t)piece : HG_FOLDS - 1;
}

int hg__packet_learner_take(hg__packet_learner *l, const hg__lessons *x, hg_error *err) {
    for (int32_t i = 0; i < x->count; i++) {
        const hg__scored_packet *scored = &x->lesson[i].scored;
        HG_TRY(hg__held_packets_add(l->held, scored, piece_at(l, scored->time), err));
        l->alarms += x->lesson[i].is_alarm;
        if (!x->lesson[i].is_counted) continue;
        HG_TRY(hg__profile_count(&l->grows, &x->answers[i], 1, err));
        l->counted++;
    }
    return HG_OK;
}

hg__learned hg__packet_learner_period(const hg__packet_learner *l) {
    return (hg__learned){.packets = l->held->seen,
                         .passed = l->passed,
                         .counted = l->counted,
                         .alarms = l->alarms,
                         .lost = hg__counts_lost(l->grows.counts) - l->lost};
}

// ---- the next -----------------------------------------------------------------------------------

// Scores that are worth as much each: of those of before as many, evenly, as there are new ones, or FORMER_LEAST, and behind them the new ones.
// *kept: how many are of before; the caller frees. NULL on failure.
static float *join(const hg__calibration *former, const hg__calibration *seen, int64_t *kept,
                   hg_error *err) {
    const int64_t most = seen->count > FORMER_LEAST ? seen->count : FORMER_LEAST;
    const int64_t n = former->count < most ? former->count : most;
    float *all = hg__alloc((size_t)(n + seen->count), sizeof *all, err);
    if (!all) return NULL;
    for (int64_t i = 0; i < n; i++) all[i] = former->score[(2 * i + 1) * former->count / (2 * n)];
    if (seen->count) memcpy(all + n, seen->score, (size_t)seen->count * sizeof *all);
    *kept = n;
    return all;
}

// Quantiles of as many as the packets of a period are worth as talks: a period whose new talks are few says little, those of before are
// believed as far as they go, and together they are worth their sum, since a new talk of either tells as much as any other.
static int next_thresholds(const hg__packet_learner *l, const hg__packet_detector *seen,
                           hg__packet_detector *next, hg_error *err) {
    const hg__thresholds *t = &l->base->thresholds;
    int64_t former;
    if (t->groups == 0) return HG_OK;
    const hg__calibration *new = &seen->thresholds.held.whole;
    float *all = join(t->group[0].held, new, &former, err);
    if (!all) return HG_ERR_MEMORY;
    const hg__held_out held = {.score = all, .rows = former + new->count};
    const int code = hg__thresholds_fit(&next->thresholds, &held, t->fpr, err);
    hg__free(all);
    next->median = new->count ? seen->median : l->base->median;
    return code;
}

// Sources' minutes. Those of before stand for as much time as their share of them is.
static int next_alerts(const hg__packet_learner *l, const hg__packet_detector *seen,
                       hg__packet_detector *next, hg_error *err) {
    const hg__calibration *former = &l->base->alerts;
    int64_t kept;
    if (former->count + seen->alerts.count == 0) return HG_OK;
    float *all = join(former, &seen->alerts, &kept, err);
    if (!all) return HG_ERR_MEMORY;
    const double part = former->count ? (double)kept / (double)former->count : 0;
    next->seconds = l->base->seconds * part + seen->seconds;
    const int code = hg__calibration_init(&next->alerts, all, kept + seen->alerts.count, err);
    hg__free(all);
    return code;
}

static int copy_rest(const hg__packet_learner *l, hg__packet_detector *next, hg_error *err) {
    const hg__packet_detector *b = l->base;
    next->key = b->key;
    memcpy(next->scale, b->scale, sizeof next->scale);
    next->counted = l->before + l->counted;
    next->memory = b->memory > l->counted ? b->memory : l->counted;
    next->periods = b->periods + 1;
    for (int32_t k = 0; k < HG_KINDS; k++) {
        const hg__calibration *c = &b->evidence[k];
        HG_TRY(hg__calibration_init(&next->evidence[k], c->score, c->count, err));
    }
    return HG_OK;
}

static hg__packet_detector *make_next(const hg__packet_learner *l, const hg__packet_detector *seen,
                                      hg_error *err) {
    hg__packet_detector *next = hg__packet_knowledge_new(err);
    if (!next) return NULL;
    int code = hg__profile_settle(&next->own, &l->grows, err);
    if (code == HG_OK) code = copy_rest(l, next, err);
    if (code == HG_OK) code = next_thresholds(l, seen, next, err);
    if (code == HG_OK) code = next_alerts(l, seen, next, err);
    if (code == HG_OK) return next;
    hg__packet_detector_free(next);
    return NULL;
}

// What the period's packets alone would have for thresholds.
static hg__packet_detector *see(const hg__packet_learner *l, hg_error *err) {
    hg__packet_detector *seen = hg__packet_knowledge_new(err);
    if (!seen || l->held->seen == 0) return seen;
    if (hg__held_packets_fit(l->held, l->base->thresholds.fpr, seen, err) == HG_OK) return seen;
    hg__packet_detector_free(seen);
    return NULL;
}

hg__packet_detector *hg__packet_learner_end(hg__packet_learner *l, hg_model *m, hg_error *err) {
    hg__packet_detector *seen = see(l, err);
    hg__packet_detector *next = seen ? make_next(l, seen, err) : NULL;
    hg__packet_detector *base = next ? make_next(l, seen, err) : NULL;
    hg__packet_detector_free(seen);
    if (base && hg__packet_detector_save(base, m, err) == HG_OK) {
        hg__packet_detector *before = l->base;
        l->base = base;
        if (begin(l, err) == HG_OK) {
            hg__packet_detector_free(before);
            return next;
        }
        l->base = before;
    }
    hg__packet_detector_free(next);
    hg__packet_detector_free(base);
    return NULL;
}

int hg__packet_learner_discard(hg__packet_learner *l, hg_error *err) {
    return begin(l, err);
}
