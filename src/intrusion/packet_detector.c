// SPDX-License-Identifier: Apache-2.0
// packet_detector.c - packets in, verdicts out.
#include <math.h>
#include <string.h>

#include "base/log2.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "intrusion/packet_detector_internal.h"
#include "traffic/mix.h"

enum { AHEAD = 8 }; // verdicts whose talks and flows are on their way from memory
// Of the memory: an eighth for talks, one for their flows, the rest for what is observed.
enum { TALKS_SHARE = 8 };
// A packet's weight in its talk's or flow's mean: above it, below it.
static const float rising = 0.3F, fading = 0.1F;
static const double ln_2 = 0.693147180559945309;
static const float slack = 0.5F, modesty = 0.9F; // of bits
static const float nats_per_bit = 1.5F;          // evidence that a bit of surprise is, at most
static const double most_share = 0.5;            // of sources' minutes that may pass a threshold
static const double hour = 3600;                 // s
static const double usual_alerts = 2;            // in the time of the training capture
static const float strong = 6, beyond = 0.25F;   // evidence, and what of more is believed
static const float telling = 3; // bits from which on it is asked how large things usually are
static const float least_error = 1e-3F;

bool hg__is_packet_model(const hg_model *m) {
    return hg__json_object_get(hg__model_detector(m), "packets") != NULL;
}

// ---- made ---------------------------------------------------------------------------------------

typedef struct talk {
    float score;
} talk;

static hg__lru *new_talks(const hg__packet_detector *d, size_t max_bytes, hg_error *err) {
    const uint32_t fit = hg__lru_fit(sizeof(uint64_t), sizeof(talk), max_bytes);
    const hg__lru_options o = {
        .key_bytes = sizeof(uint64_t), .entry_bytes = sizeof(talk), .capacity = fit ? fit : 1};
    return hg__lru_new(&o, &d->key, err);
}

static int make_memory(hg__packet_detector *d, size_t max_bytes, hg_error *err) {
    const size_t share = max_bytes / TALKS_SHARE;
    d->talks = new_talks(d, share, err);
    if (d->talks) d->flows = new_talks(d, share, err);
    if (d->flows) d->observer = hg__observer_new(&d->key, max_bytes - 2 * share, err);
    return d->observer ? HG_OK : HG_ERR_MEMORY;
}

static int make_room(hg__packet_detector *d, hg_error *err) {
    const size_t levels = (size_t)hg__level_count;
    d->row = hg__alloc(HG_VERDICTS * levels, sizeof *d->row, err);
    if (d->row) d->pointer = hg__alloc(HG_VERDICTS, sizeof *d->pointer, err);
    if (d->pointer) d->error = hg__alloc(HG_VERDICTS, sizeof *d->error, err);
    if (d->error) d->verdict = hg__alloc(HG_VERDICTS, sizeof *d->verdict, err);
    if (!d->pointer || !d->verdict) return HG_ERR_MEMORY;
    for (size_t i = 0; i < HG_VERDICTS; i++) d->pointer[i] = d->row + i * levels;
    return HG_OK;
}

hg__packet_detector *hg__packet_detector_begin(const hg_model *m, hg__pool *pool,
                                               const hg__siphash_key *key, size_t max_bytes,
                                               hg_error *err) {
    hg__packet_detector *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    d->key = *key;
    d->without = HG_NO_FOLD;
    d->median = (double)NAN;
    d->plan = hg__run_plan_new(&m->net, pool, NULL, err);
    if (d->plan && make_memory(d, max_bytes, err) == HG_OK && make_room(d, err) == HG_OK) return d;
    hg__packet_detector_free(d);
    return NULL;
}

hg__packet_detector *hg__packet_knowledge_new(hg_error *err) {
    hg__packet_detector *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    d->without = HG_NO_FOLD;
    d->median = (double)NAN;
    d->profile = &d->own;
    return d;
}

int hg__packet_detector_restart(hg__packet_detector *d, size_t max_bytes, hg_error *err) {
    hg__lru_free(d->talks);
    hg__lru_free(d->flows);
    hg__observer_free(d->observer);
    d->talks = d->flows = NULL;
    d->observer = NULL;
    d->waiting = 0;
    return make_memory(d, max_bytes, err);
}

hg__packet_detector *hg__packet_detector_new(const hg_model *m, hg__pool *pool, size_t max_bytes,
                                             const char *where, hg_error *err) {
    const hg__siphash_key none = {0};
    hg__packet_detector *d = hg__packet_detector_begin(m, pool, &none, max_bytes, err);
    if (!d) return NULL;
    int code = hg__packet_detector_load(d, m, where, err);
    if (code == HG_OK) code = hg__packet_detector_restart(d, max_bytes, err); // with its own key
    if (code == HG_OK) return d;
    hg__packet_detector_free(d);
    return NULL;
}

void hg__packet_detector_free(hg__packet_detector *d) {
    if (!d) return;
    hg__profile_clear(&d->own);
    hg__observer_free(d->observer);
    hg__lru_free(d->talks);
    hg__lru_free(d->flows);
    for (int32_t k = 0; k < HG_KINDS; k++) hg__calibration_clear(&d->evidence[k]);
    hg__run_plan_free(d->plan);
    hg__thresholds_clear(&d->thresholds);
    hg__calibration_clear(&d->alerts);
    hg__free(d->row);
    hg__free(d->pointer);
    hg__free(d->error);
    hg__free(d->verdict);
    hg__free(d);
}

uint64_t hg__packet_detector_forgotten(const hg__packet_detector *d) {
    return hg__lru_forgotten(d->talks);
}

const hg__thresholds *hg__packet_detector_thresholds(const hg__packet_detector *d) {
    return &d->thresholds;
}

double hg__packet_detector_median(const hg__packet_detector *d) {
    return d->median;
}

int hg__packet_detector_ask(hg__packet_detector *d, double fpr, hg_error *err) {
    return d->thresholds.groups ? hg__thresholds_ask(&d->thresholds, fpr, err) : HG_OK;
}

int hg__packet_detector_ask_alerts(hg__packet_detector *d, double per_second, hg_error *err) {
    hg__threshold at;
    if (d->alerts.count == 0 || d->thresholds.groups == 0 || d->seconds <= 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "alarms: expected a model that was trained on packets of some time");
    }
    const double share = per_second * d->seconds / (double)d->alerts.count;
    HG_TRY(
        hg__calibration_threshold(&d->alerts, share < most_share ? share : most_share, &at, err));
    hg__threshold_group *g = &d->thresholds.group[0];
    g->at.value = at.value;
    g->at.fpr = hg__calibration_p(g->held, at.value);
    return HG_OK;
}

int hg__packet_detector_ask_usual(hg__packet_detector *d, hg_error *err) {
    if (d->alerts.count == 0 || d->thresholds.groups == 0 || d->seconds <= 0) return HG_OK;
    const double as_often = usual_alerts / d->seconds, least = 1 / hour;
    return hg__packet_detector_ask_alerts(d, as_often > least ? as_often : least, err);
}

// ---- at work ------------------------------------------------------------------------------------

void hg__levels_to_row(const float *bits, const float (*scale)[2], float *row) {
    for (int32_t i = 0; i < hg__level_count; i++) {
        const float x = bits[i] > 0 ? (float)hg__log2(1 + (double)bits[i]) : 0; // mostly 0
        row[i] = (x - scale[i][0]) / scale[i][1];
    }
}

void hg__levels_sum(const float *bits, float *sum) {
    for (int32_t k = 0; k < HG_EVIDENCE_COUNT; k++) sum[k] = 0;
    for (int32_t i = 0; i < hg__level_count; i++) sum[hg__levels[i].kind] += bits[i];
}

float hg__error_evidence(float error) {
    const float most = 1e30F, x = error < most ? error : most;
    return (float)hg__log2((double)(x + least_error));
}

// How many others are met tells more of an attack than how many packets that takes.
static bool is_more_telling(const hg__verdict *v, int32_t a, int32_t b) {
    const bool is_many = hg__levels[a].kind == HG_EVIDENCE_MANY,
               is_other_many = hg__levels[b].kind == HG_EVIDENCE_MANY;
    return is_many != is_other_many ? is_many : v->bits[a] > v->bits[b];
}

static void find_largest(const hg__packet_detector *d, const hg__observation *o, hg__verdict *v) {
    hg__measured m;
    v->largest = -1;
    for (int32_t i = 0; i < hg__level_count; i++) {
        if (!hg__levels[i].measure || v->bits[i] < telling) continue;
        if (v->largest < 0 || is_more_telling(v, i, v->largest)) v->largest = i;
    }
    if (v->largest < 0) return;
    if (!hg__profile_amount(o, v->largest, &m)) return;
    v->amount = m.amount;
    v->most = hg__tails_most(d->profile->tails, &m);
}

// A connection has a port of the client's own.
static uint64_t flow_of(const hg__observation *o) {
    const uint64_t port = o->to_server ? o->packet->port_from : o->packet->port_to;
    return port ? hg__mix(o->talk, port) : 0;
}

bool hg__packet_detector_take(hg__packet_detector *d, const hg__packet *p) {
    hg__observation seen;
    hg__observer_run(d->observer, p, &seen);
    hg__verdict *v = &d->verdict[d->waiting];
    v->packet = *p;
    v->packet.payload = NULL;
    v->talk = seen.talk;
    v->flow = flow_of(&seen);
    v->server_port = seen.server_port;
    v->to_server = seen.to_server;
    v->protocol = seen.glimpse.protocol;
    v->action = seen.glimpse.action;
    if (d->answers) hg__profile_answer(&seen, &d->answers[d->waiting]);
    hg__profile_measure(d->profile, &seen, d->without, v->bits);
    find_largest(d, &seen, v);
    hg__levels_to_row(v->bits, (const float(*)[2])d->scale,
                      d->row + (size_t)d->waiting * (size_t)hg__level_count);
    return ++d->waiting == HG_VERDICTS;
}

void hg__packet_detector_observe(hg__packet_detector *d, const hg__packet *p) {
    hg__observation seen;
    hg__observer_run(d->observer, p, &seen);
}

// -ln p, which is bounded: by how many normal packets there were. Where normal packets all say about the same, a little more is nothing
// unusual yet: hence the slack.
static float evidence_of(const hg__calibration *c, float value) {
    const double less = (double)(value - slack) * (double)(value > 0 ? modesty : 1);
    const double e = c->count ? -ln_2 * hg__log2(hg__calibration_p_bounded(c, less)) : 0;
    return e > 0 ? (float)e : 0;
}

// What is new for a harmless reason, such as a host, says as much of one kind as can be said: beyond `strong` it is believed less.
static float tempered(float evidence) {
    return evidence <= strong ? evidence : strong + (evidence - strong) * beyond;
}

// A talk's mean, or a flow's, with a packet more.
static float follow(hg__lru *talks, uint64_t key, float own) {
    bool is_new;
    talk *t = hg__lru_find_or_add(talks, &key, &is_new);
    const float weight = is_new ? 1 : own > t->score ? rising : fading;
    t->score += weight * (own - t->score);
    return t->score;
}

static void weigh(hg__packet_detector *d, hg__verdict *v, float error) {
    float sum[HG_KINDS];
    hg__levels_sum(v->bits, sum);
    sum[HG_EVIDENCE_COUNT] = hg__error_evidence(error);
    v->own = 0;
    for (int32_t k = 0; k < HG_KINDS; k++) {
        v->evidence[k] = 0;
        if (k < HG_EVIDENCE_COUNT && sum[k] <= 0) continue; // nothing was surprising
        v->evidence[k] = evidence_of(&d->evidence[k], sum[k]);
        if (k < HG_EVIDENCE_COUNT) v->evidence[k] = fminf(v->evidence[k], nats_per_bit * sum[k]);
        v->evidence[k] = tempered(v->evidence[k]);
        v->own += v->evidence[k] * sqrtf(v->evidence[k]);
    }
    v->score = follow(d->talks, v->talk, v->own);
    if (v->flow) v->score = fmaxf(v->score, follow(d->flows, v->flow, v->own));
}

static void fetch_talk(const hg__packet_detector *d, int32_t i) {
    hg__lru_prefetch(d->talks, hg__lru_hash(d->talks, &d->verdict[i].talk));
    if (d->verdict[i].flow) {
        hg__lru_prefetch(d->flows, hg__lru_hash(d->flows, &d->verdict[i].flow));
    }
}

hg__verdict *hg__packet_detector_judge(hg__packet_detector *d, int32_t *count) {
    const hg__input in = {.row = d->pointer, .count = d->waiting, .dtype = HG_F32, .scale = 1};
    *count = d->waiting;
    if (d->waiting == 0) return d->verdict;
    hg__run(d->plan, HG_SCORE, &in, d->error);
    for (int32_t i = 0; i < d->waiting; i++) {
        if (i + AHEAD < d->waiting) fetch_talk(d, i + AHEAD);
        weigh(d, &d->verdict[i], d->error[i]);
    }
    d->waiting = 0;
    return d->verdict;
}
