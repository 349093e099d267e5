// SPDX-License-Identifier: Apache-2.0
// alerts.c - alarms gathered by who caused them.
#include "intrusion/alerts.h"

#include <string.h>

#include "base/mem.h"
#include "traffic/lru_table.h"

enum { MOST_NEEDED = 8 };
static const int64_t second = 1000000000; // ns

typedef struct source {
    hg__verdict strongest;
    double p; // of it
    bool is_from_sender;
    bool is_open;
    uint64_t number;
    int64_t first, last;
    int64_t packets;
    int64_t recent[MOST_NEEDED]; // times of the last alarms, a ring
    int32_t alarms, next;        // in the ring; where the next goes
} source;

struct hg__alerts {
    hg__alerts_options o;
    hg__lru *sources; // owned: by who raised an alarm last
    int64_t now;
    uint64_t count;
    uint32_t open;
    int failed;    // of telling, while the table made room
    hg_error *err; // borrowed, during a call
};

hg__alerts_options hg__alerts_usual(void) {
    return (hg__alerts_options){
        .needed = 3, .within = 10 * second, .silence = 60 * second, .capacity = 4096};
}

// ---- telling ------------------------------------------------------------------------------------

static hg__alert alert_of(const source *s, bool is_end) {
    return (hg__alert){.is_end = is_end,
                       .verdict = &s->strongest,
                       .is_from_sender = s->is_from_sender,
                       .p = s->p,
                       .first = s->first,
                       .last = s->last,
                       .packets = s->packets,
                       .number = s->number};
}

static int tell(hg__alerts *a, const source *s, bool is_end, hg_error *err) {
    const hg__alert alert = alert_of(s, is_end);
    return a->o.tell(a->o.context, &alert, err);
}

static int end(hg__alerts *a, source *s, hg_error *err) {
    if (!s->is_open) return HG_OK;
    s->is_open = false;
    a->open--;
    return tell(a, s, true, err);
}

static void forget(void *context, const void *key, void *entry) {
    hg__alerts *a = context;
    (void)key;
    const int code = end(a, entry, a->err);
    if (code < 0) a->failed = code;
}

// ---- made ---------------------------------------------------------------------------------------

hg__alerts *hg__alerts_new(const hg__alerts_options *o, hg_error *err) {
    hg__siphash_key key;
    hg__alerts *a = hg__alloc(1, sizeof *a, err);
    if (!a) return NULL;
    a->o = *o;
    if (a->o.needed > MOST_NEEDED) a->o.needed = MOST_NEEDED;
    if (a->o.needed < 1) a->o.needed = 1;
    a->now = INT64_MIN;
    if (hg__siphash_key_draw(&key, err) < 0) {
        hg__alerts_free(a);
        return NULL;
    }
    const hg__lru_options table = {.key_bytes = sizeof(hg__verdict_source),
                                   .entry_bytes = sizeof(source),
                                   .capacity = o->capacity,
                                   .forget = forget,
                                   .context = a};
    a->sources = hg__lru_new(&table, &key, err);
    if (a->sources) return a;
    hg__alerts_free(a);
    return NULL;
}

void hg__alerts_free(hg__alerts *a) {
    if (!a) return;
    hg__lru_free(a->sources);
    hg__free(a);
}

// ---- at work ------------------------------------------------------------------------------------

// Of a clock that was ahead when they were kept: one that was never silent would keep the others open, too.
static void take_up(hg__alerts *a, int64_t now) {
    for (source *s = hg__lru_oldest(a->sources); s; s = hg__lru_younger(a->sources, s)) {
        if (s->last > now) s->last = now;
        if (s->first > s->last) s->first = s->last;
    }
}

int hg__alerts_at(hg__alerts *a, int64_t now, hg_error *err) {
    source *s;
    if (a->now == INT64_MIN) take_up(a, now);
    if (now > a->now) a->now = now;
    while ((s = hg__lru_oldest(a->sources)) && a->now - s->last >= a->o.silence) {
        const int code = end(a, s, err);
        hg__lru_remove(a->sources, s);
        HG_TRY(code);
    }
    return HG_OK;
}

void hg__alerts_sure(hg__alerts *a, double p) {
    a->o.sure = p;
}

int hg__alerts_end(hg__alerts *a, hg_error *err) {
    int code = HG_OK;
    for (source *s = hg__lru_oldest(a->sources); s; s = hg__lru_younger(a->sources, s)) {
        const int ended = end(a, s, code == HG_OK ? err : NULL);
        if (code == HG_OK) code = ended;
    }
    return code;
}

// Whether as many alarms as are needed came within the time.
static bool add_time(const hg__alerts *a, source *s) {
    const int32_t needed = a->o.needed;
    s->recent[s->next] = s->last;
    s->next = (s->next + 1) % needed;
    if (s->alarms < needed) s->alarms++;
    return s->alarms == needed && s->last - s->recent[s->next] <= a->o.within;
}

static void keep_strongest(source *s, const hg__verdict *v, double p, bool is_sender) {
    if (s->packets > 1 && v->score <= s->strongest.score) return;
    s->strongest = *v;
    s->p = p;
    s->is_from_sender = is_sender;
}

int hg__alerts_add(hg__alerts *a, const hg__verdict *v, double p, hg_error *err) {
    const bool is_sender = hg__verdict_is_from_source(v);
    const hg__verdict_source key = hg__verdict_source_of(v);
    bool is_new;
    HG_TRY(hg__alerts_at(a, v->packet.time, err));
    a->failed = HG_OK;
    a->err = err;
    source *s = hg__lru_find_or_add(a->sources, &key, &is_new);
    a->err = NULL;
    if (is_new) s->first = a->now;
    s->last = a->now;
    s->packets++;
    keep_strongest(s, v, p, is_sender);
    const bool is_enough = add_time(a, s) || p < a->o.sure;
    if (a->failed < 0) return a->failed;
    if (s->is_open || !is_enough) return HG_OK;
    s->is_open = true;
    s->number = ++a->count;
    a->open++;
    return tell(a, s, false, err);
}

uint64_t hg__alerts_count(const hg__alerts *a) {
    return a->count;
}

uint32_t hg__alerts_open(const hg__alerts *a) {
    return a->open;
}

// ---- kept ---------------------------------------------------------------------------------------

void hg__alerts_visit(const hg__alerts *a, void (*see)(void *context, const hg__alert *alert),
                      void *context) {
    for (const source *s = hg__lru_oldest(a->sources); s; s = hg__lru_younger(a->sources, s)) {
        const hg__alert alert = alert_of(s, false);
        if (s->is_open) see(context, &alert);
    }
}

void hg__alerts_restore(hg__alerts *a, const hg__alert *alert) {
    const hg__verdict_source key = hg__verdict_source_of(alert->verdict);
    bool is_new;
    source *s = hg__lru_find_or_add(a->sources, &key, &is_new);
    a->open += is_new || !s->is_open;
    *s = (source){.strongest = *alert->verdict,
                  .p = alert->p,
                  .is_from_sender = hg__verdict_is_from_source(alert->verdict),
                  .is_open = true,
                  .number = alert->number,
                  .first = alert->first,
                  .last = alert->last,
                  .packets = alert->packets};
    if (alert->number > a->count) a->count = alert->number;
}

void hg__alerts_count_from(hg__alerts *a, uint64_t count) {
    if (count > a->count) a->count = count;
}
