// SPDX-License-Identifier: Apache-2.0
// watch_drift.c - whether packets are still those that the model is of: the last hour held against training.
#include <math.h>
#include <string.h>

#include "base/show.h"
#include "jobs/watch.h"

static const int64_t minute = INT64_C(60000000000); // ns
static const double million = 1e6;
static const float strange = 10; // bits of who speaks to whom
enum {
    LEAST = 10000, // packets of an hour of which something can be said
    USUAL = 750000 // of a million above the median of training: half a million would be as it was
};

static float who_of(const hg__verdict *v) {
    float bits = 0;
    for (int32_t i = 0; i < hg__level_count; i++) {
        if (hg__levels[i].kind == HG_EVIDENCE_WHO) bits += v->bits[i];
    }
    return bits;
}

// Before 1970, too, one minute begins where the one before ends.
static int64_t minute_of(int64_t time) {
    return time / minute - (time % minute < 0);
}

static hg__drift_sums *sums_of(hg__watch_drift *d, int64_t number) {
    const int64_t at = number % HG_DRIFT_MINUTES;
    return &d->minute[at < 0 ? at + HG_DRIFT_MINUTES : at];
}

static void add(hg__drift_sums *to, const hg__drift_sums *x, int64_t sign) {
    to->packets += sign * x->packets;
    to->alarms += sign * x->alarms;
    to->above += sign * x->above;
    to->strangers += sign * x->strangers;
}

// Minutes that nothing came in are empty.
static void go_to(hg__watch_drift *d, int64_t now) {
    if (now < d->now || now - d->now > HG_DRIFT_MINUTES) {
        memset(d->minute, 0, sizeof d->minute);
        d->hour = (hg__drift_sums){0};
        d->now = now;
    }
    while (d->now < now) {
        hg__drift_sums *oldest = sums_of(d, ++d->now);
        add(&d->hour, oldest, -1);
        *oldest = (hg__drift_sums){0};
    }
}

static uint64_t share(int64_t part, int64_t of) {
    return of > 0 ? (uint64_t)(million * (double)part / (double)of + 0.5) : 0;
}

static void say(hg__watch_drift *d, const hg__watch_counters *c, const hg_listener *l) {
    char line[250];
    const uint64_t above = atomic_load(&c->hour_above);
    const bool is_said = d->now >= d->said && d->now - d->said < HG_DRIFT_MINUTES;
    if (d->hour.packets < LEAST || above < USUAL || is_said) return;
    d->said = d->now;
    snprintf(line, sizeof line,
             "%.0f of 100 packets of the last hour are odder than half of those of training: the "
             "model is of another time; train it anew, or let it learn (learn=)",
             (double)above * 100 / million);
    hg__tell(l, line);
}

void hg__watch_drift_take(hg__watch_drift *d, const hg__verdict *v, int32_t count,
                          const hg__threshold_group *g, double median, hg__watch_counters *c,
                          const hg_listener *l) {
    if (isnan(median)) median = (double)g->held->score[g->held->count / 2];
    for (int32_t i = 0; i < count; i++) {
        const int64_t now = minute_of(v[i].packet.time);
        const bool is_set_back = now < d->now - HG_DRIFT_MINUTES; // the clock
        if (now > d->now || is_set_back) go_to(d, now);
        const hg__drift_sums one = {.packets = 1,
                                    .alarms = (double)v[i].score > g->at.value,
                                    .above = (double)v[i].score > median,
                                    .strangers = who_of(&v[i]) >= strange};
        add(sums_of(d, d->now), &one, 1);
        add(&d->hour, &one, 1);
    }
    atomic_store(&c->hour_alarms, share(d->hour.alarms, d->hour.packets));
    atomic_store(&c->asked_alarms, (uint64_t)(million * g->at.fpr + 0.5));
    atomic_store(&c->hour_above, share(d->hour.above, d->hour.packets));
    atomic_store(&c->hour_strangers, share(d->hour.strangers, d->hour.packets));
    say(d, c, l);
}
