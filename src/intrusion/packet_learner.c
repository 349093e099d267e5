// SPDX-License-Identifier: Apache-2.0
// packet_learner.c - counts go on behind those of a model, and the scores of a period make its next thresholds.
#include "intrusion/packet_learner.h"

#include <string.h>

#include "base/mem.h"
#include "intrusion/packet_learner_internal.h"
#include "traffic/mix.h"

enum {
    ENTRY_BYTES = 200,     // that an entry of counts takes while tables grow
    FORMER_LEAST = 100000, // scores of before that are kept, if there are so many
    SOURCES = 4096         // whose minutes are remembered, as alerts.h has it
};
#define MINUTE INT64_C(60000000000) // ns

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
    next->own = own;
    next->alerts = alerts;
}

// ---- a sample -----------------------------------------------------------------------------------

// Of more than there is room for each is as likely to be kept.
static void keep(hg__sample *s, float value) {
    const int64_t at = s->seen < HG_SAMPLE
                           ? s->seen
                           : (int64_t)(hg__mix((uint64_t)s->seen, 1) % (uint64_t)(s->seen + 1));
    s->seen++;
    if (at < HG_SAMPLE) s->value[at] = value;
}

static int64_t kept(const hg__sample *s) {
    return s->seen < HG_SAMPLE ? s->seen : HG_SAMPLE;
}

// ---- made ---------------------------------------------------------------------------------------

static void end_minute(void *context, const void *key, void *entry) {
    hg__packet_learner *l = context;
    (void)key;
    keep(&l->highest, ((const hg__source_minute *)entry)->opening);
}

static int begin(hg__packet_learner *l, hg_error *err) {
    const hg__packet_detector *b = l->base;
    const bool halves = b->counted > 2 * b->memory;
    hg__profile grows;
    HG_TRY(hg__profile_thaw(&grows, &b->own, halves, l->most, err));
    hg__profile_clear(&l->grows);
    l->grows = grows;
    l->before = halves ? b->counted / 2 : b->counted;
    l->scores.seen = l->highest.seen = 0;
    l->lost = hg__counts_lost(grows.counts);
    l->counted = 0;
    l->minutes_seen = 0;
    l->minute = l->latest = INT64_MIN;
    hg__lru_clear(l->minutes);
    return HG_OK;
}

static int make(hg__packet_learner *l, const hg_model *m, const char *where, hg_error *err) {
    const hg__lru_options o = {.key_bytes = sizeof(hg__verdict_source),
                               .entry_bytes = sizeof(hg__source_minute),
                               .capacity = SOURCES,
                               .forget = end_minute,
                               .context = l};
    l->alert = hg__alerts_usual();
    l->base = hg__packet_knowledge_new(err);
    if (!l->base) return HG_ERR_MEMORY;
    HG_TRY(hg__packet_detector_load(l->base, m, where, err));
    l->minutes = hg__lru_new(&o, &l->base->key, err);
    if (l->minutes) l->scores.value = hg__alloc(HG_SAMPLE, sizeof *l->scores.value, err);
    if (l->scores.value) l->highest.value = hg__alloc(HG_SAMPLE, sizeof *l->highest.value, err);
    return l->highest.value ? begin(l, err) : (int)HG_ERR_MEMORY;
}

hg__packet_learner *hg__packet_learner_new(const hg_model *m, size_t max_bytes, const char *where,
                                           hg_error *err) {
    hg__packet_learner *l = hg__alloc(1, sizeof *l, err);
    if (!l) return NULL;
    l->most = (int64_t)(max_bytes / ENTRY_BYTES);
    if (make(l, m, where, err) == HG_OK) return l;
    hg__packet_learner_free(l);
    return NULL;
}

void hg__packet_learner_free(hg__packet_learner *l) {
    if (!l) return;
    hg__packet_detector_free(l->base);
    hg__profile_clear(&l->grows);
    hg__lru_free(l->minutes);
    hg__free(l->scores.value);
    hg__free(l->highest.value);
    hg__free(l);
}

// ---- at work ------------------------------------------------------------------------------------

static void keep_opening(hg__packet_learner *l, const hg__lesson *x) {
    bool is_new;
    if (x->time > l->latest) l->latest = x->time;
    const int64_t number = l->latest / MINUTE;
    l->minutes_seen += number != l->minute;
    l->minute = number;
    hg__source_minute *m = hg__lru_find_or_add(l->minutes, &x->source, &is_new);
    if (!is_new && m->number != number) {
        end_minute(l, NULL, m);
        m->opening = 0;
    }
    const float opening = hg__opening_find(m, &l->alert, x->score, l->latest);
    if (opening > m->opening) m->opening = opening;
    m->number = number;
}

int hg__packet_learner_take(hg__packet_learner *l, const hg__lessons *x, hg_error *err) {
    for (int32_t i = 0; i < x->count; i++) {
        keep(&l->scores, x->lesson[i].score);
        keep_opening(l, &x->lesson[i]);
        if (!x->lesson[i].is_counted) continue;
        HG_TRY(hg__profile_count(&l->grows, &x->answers[i], 1, err));
        l->counted++;
    }
    return HG_OK;
}

hg__learned hg__packet_learner_period(const hg__packet_learner *l) {
    return (hg__learned){.packets = l->scores.seen,
                         .counted = l->counted,
                         .lost = hg__counts_lost(l->grows.counts) - l->lost};
}

// ---- the next -----------------------------------------------------------------------------------

// Of the scores of before as many, evenly, as there are new ones, or `least`: (count) ascending -> behind to's (n).
static int64_t add_former(const hg__calibration *former, int64_t least, float *to, int64_t n) {
    const int64_t wanted = n > least ? n : least;
    const int64_t some = former->count < wanted ? former->count : wanted;
    for (int64_t i = 0; i < some; i++) {
        const int64_t at = (2 * i + 1) * former->count / (2 * some);
        to[n + i] = former->score[at];
    }
    return n + some;
}

static int next_thresholds(const hg__packet_learner *l, hg__packet_detector *next, float *room,
                           hg_error *err) {
    const hg__thresholds *t = &l->base->thresholds;
    int64_t n = kept(&l->scores);
    memcpy(room, l->scores.value, (size_t)n * sizeof *room);
    if (t->groups) n = add_former(t->group[0].held, FORMER_LEAST, room, n);
    const hg__held_out held = {.score = room, .rows = n};
    if (n == 0 || t->fpr <= 0) return HG_OK;
    return hg__thresholds_fit(&next->thresholds, &held, t->fpr, err);
}

// The minutes of before stand for as much time as their share of them is. Minutes that are not over count, too.
static int next_alerts(const hg__packet_learner *l, hg__packet_detector *next, float *room,
                       hg_error *err) {
    const hg__calibration *former = &l->base->alerts;
    int64_t n = kept(&l->highest);
    memcpy(room, l->highest.value, (size_t)n * sizeof *room);
    for (void *m = hg__lru_oldest(l->minutes); m; m = hg__lru_younger(l->minutes, m)) {
        if (n < HG_SAMPLE) room[n++] = ((const hg__source_minute *)m)->opening;
    }
    const int64_t all = add_former(former, FORMER_LEAST, room, n);
    const double part = former->count ? (double)(all - n) / (double)former->count : 0;
    next->seconds = l->base->seconds * part + (double)l->minutes_seen * ((double)MINUTE / 1e9);
    return all ? hg__calibration_init(&next->alerts, room, all, err) : HG_OK;
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

static hg__packet_detector *make_next(const hg__packet_learner *l, float *room, hg_error *err) {
    hg__packet_detector *next = hg__packet_knowledge_new(err);
    if (!next) return NULL;
    int code = hg__profile_settle(&next->own, &l->grows, err);
    if (code == HG_OK) code = copy_rest(l, next, err);
    if (code == HG_OK) code = next_thresholds(l, next, room, err);
    if (code == HG_OK) code = next_alerts(l, next, room, err);
    if (code == HG_OK) return next;
    hg__packet_detector_free(next);
    return NULL;
}

hg__packet_detector *hg__packet_learner_end(hg__packet_learner *l, hg_model *m, hg_error *err) {
    const size_t room = HG_SAMPLE + HG_CALIBRATION_MOST;
    float *some = hg__alloc(room, sizeof *some, err);
    hg__packet_detector *next = some ? make_next(l, some, err) : NULL;
    hg__packet_detector *base = next ? make_next(l, some, err) : NULL;
    hg__free(some);
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
