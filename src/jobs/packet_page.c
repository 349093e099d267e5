// SPDX-License-Identifier: Apache-2.0
// packet_page.c - packets counted by time, by who sent them and by what spoke for an alarm; alerts with the highest scores are kept.
#include "jobs/packet_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "intrusion/alerts.h"
#include "jobs/pages.h"
#include "traffic/levels.h"
#include "traffic/lru_table.h"

enum { MOST_ALERTS = 200, TALKERS = 16384, SHOWN = 10, FLAWS = 5, WORDS = 400 };

static const char *const flaw_words[FLAWS] = {
    "a header is cut off", "lengths contradict each other", "a link type that is not read",
    "a fragment of IP behind the first", "options contradict their lengths"};
typedef struct kept_alert {
    hg__traffic_alert alert;
    uint64_t number;
} kept_alert;

typedef struct talker {
    uint64_t count[HG_RANKINGS]; // packets, bytes, alarms
} talker;

struct hg__packet_page {
    const hg__packet_judging *in; // borrowed
    const hg_options *o;          // borrowed
    hg__series series;
    hg__alerts *alerts; // owned; NULL: somebody else has them, and tells of them
    kept_alert *kept;   // owned, (MOST_ALERTS)
    int32_t kept_count;
    hg__lru *talkers; // owned: talker by hg__verdict_source
    uint64_t packets, bytes, alarms, ended, flaw[FLAWS], evidence[HG_KINDS];
};

// ---- alerts -------------------------------------------------------------------------------------

static void name_service(const hg__verdict *v, const char *protocol, char text[HG_TRAFFIC_NAME]) {
    const bool has_port = v->packet.layers & (HG_LAYER_TCP | HG_LAYER_UDP);
    const char *words = v->protocol ? v->protocol->name : "";
    if (has_port) {
        snprintf(text, HG_TRAFFIC_NAME, "%s %u%s%s", protocol, v->server_port, *words ? ", " : "",
                 words);
    } else {
        snprintf(text, HG_TRAFFIC_NAME, "%s", protocol);
    }
}

static void describe_alert(const hg__packet_page *p, const hg__alert *a, hg__traffic_alert *to) {
    const hg__verdict *v = a->verdict;
    char from[HG_ADDRESS_TEXT], at[HG_ADDRESS_TEXT], protocol[16];
    *to = (hg__traffic_alert){.first = a->first,
                              .last = a->last,
                              .packets = (uint64_t)a->packets,
                              .score = (double)v->score,
                              .p = a->p};
    hg__verdict_names(v, from, at, protocol);
    snprintf(to->source, sizeof to->source, "%s", a->is_from_sender ? from : at);
    snprintf(to->destination, sizeof to->destination, "%s", a->is_from_sender ? at : from);
    name_service(v, protocol, to->service);
    // An alert outlives what KitNET would say of it.
    if (p->in->type->has_bits) hg__verdict_explain(v, 3, to->why);
}

// Where there are too many the one with the lowest score makes room, of several the latest.
static int keep_alert(void *context, const hg__alert *a, hg_error *err) {
    hg__packet_page *p = context;
    (void)err;
    if (!a->is_end) return HG_OK;
    p->ended++;
    int32_t at = p->kept_count;
    if (at == MOST_ALERTS) {
        at = 0;
        for (int32_t i = 1; i < MOST_ALERTS; i++) {
            const double x = p->kept[i].alert.score, lowest = p->kept[at].alert.score;
            if (x < lowest || (x <= lowest && p->kept[i].number > p->kept[at].number)) at = i;
        }
        if (p->kept[at].alert.score >= (double)a->verdict->score) return HG_OK;
    } else {
        p->kept_count++;
    }
    p->kept[at].number = a->number;
    describe_alert(p, a, &p->kept[at].alert);
    return HG_OK;
}

static int by_number(const void *a, const void *b) {
    const kept_alert *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

// ---- opened -------------------------------------------------------------------------------------

static int open_alerts(hg__packet_page *p, hg_error *err) {
    hg__alerts_options how = hg__alerts_usual();
    p->kept = hg__alloc(MOST_ALERTS, sizeof *p->kept, err);
    if (!p->kept) return HG_ERR_MEMORY;
    if (p->in->is_watched) return HG_OK;
    how.sure = hg__packet_judging_fpr(p->in) / 100; // as `watch` has it
    how.tell = keep_alert;
    how.context = p;
    p->alerts = hg__alerts_new(&how, err);
    return p->alerts ? HG_OK : HG_ERR_MEMORY;
}

static int open_talkers(hg__packet_page *p, hg_error *err) {
    hg__siphash_key key;
    const hg__lru_options table = {.key_bytes = sizeof(hg__verdict_source),
                                   .entry_bytes = sizeof(talker),
                                   .capacity = TALKERS};
    HG_TRY(hg__siphash_key_draw(&key, err));
    p->talkers = hg__lru_new(&table, &key, err);
    return p->talkers ? HG_OK : HG_ERR_MEMORY;
}

int hg__packet_page_refuse(const hg_options *o, hg_error *err) {
    if (!*o->values.page) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "page: expected a model of packets or of a table, and for val label= or "
                    "images to clean, got another");
}

int hg__packet_page_open(hg__packet_page **page, const hg__packet_judging *j, const hg_options *o,
                         hg_error *err) {
    *page = NULL;
    if (!*o->values.page) return HG_OK;
    HG_TRY(hg__job_page_check(o, err));
    hg__packet_page *p = hg__alloc(1, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    p->in = j;
    p->o = o;
    int code = hg__series_init(&p->series, err);
    if (code == HG_OK) code = open_alerts(p, err);
    if (code == HG_OK) code = open_talkers(p, err);
    if (code == HG_OK) {
        *page = p;
        return HG_OK;
    }
    hg__packet_page_free(p);
    return code;
}

void hg__packet_page_free(hg__packet_page *p) {
    if (!p) return;
    hg__series_clear(&p->series);
    hg__alerts_free(p->alerts);
    hg__lru_free(p->talkers);
    hg__free(p->kept);
    hg__free(p);
}

// ---- packets come in ----------------------------------------------------------------------------

static talker *find_talker(hg__packet_page *p, hg__verdict_source who) {
    bool is_new;
    return hg__lru_find_or_add(p->talkers, &who, &is_new);
}

static void count_packet(hg__packet_page *p, const hg__packet *packet) {
    static const uint16_t flaws[FLAWS] = {HG_FLAW_CUT, HG_FLAW_LENGTH, HG_FLAW_UNKNOWN,
                                          HG_FLAW_FRAGMENT, HG_FLAW_OPTIONS};
    talker *from = find_talker(p, hg__packet_sender(packet));
    from->count[0]++;
    from->count[1] += packet->length;
    p->packets++;
    p->bytes += packet->length;
    for (int i = 0; i < FLAWS; i++) p->flaw[i] += (packet->flaws & flaws[i]) != 0;
}

static void count_alarm(hg__packet_page *p, const hg__verdict *v) {
    p->alarms++;
    find_talker(p, hg__verdict_source_of(v))->count[2]++;
    int strongest = 0;
    for (int k = 1; k < HG_KINDS; k++) {
        if (v->evidence[k] > v->evidence[strongest]) strongest = k;
    }
    p->evidence[strongest]++;
}

int hg__packet_page_add(hg__packet_page *p, const hg__verdict *v, bool is_attack, hg_error *err) {
    if (!p) return HG_OK;
    const double score = (double)v->score;
    const bool is_alarm = hg__packet_judging_is_alarm(p->in, score);
    count_packet(p, &v->packet);
    hg__series_add(&p->series, v->packet.time, v->score, is_alarm, is_attack);
    if (is_alarm) count_alarm(p, v);
    if (!p->alerts) return HG_OK;
    if (!is_alarm) return hg__alerts_at(p->alerts, v->packet.time, err);
    return hg__alerts_add(p->alerts, v, hg__packet_judging_p(p->in, score), err);
}

void hg__packet_page_alert(hg__packet_page *p, const hg__alert *a) {
    if (p) (void)keep_alert(p, a, NULL);
}

// ---- shown --------------------------------------------------------------------------------------

typedef struct ranked {
    const hg__verdict_source *who;
    const talker *talker;
} ranked;

// More before less; of equals by address.
static bool is_before(const ranked *a, const ranked *b, int by) {
    const uint64_t x = a->talker->count[by], y = b->talker->count[by];
    return x != y ? x > y : memcmp(a->who, b->who, sizeof *a->who) < 0;
}

static void name_talker(const ranked *r, hg__traffic_talker *to) {
    char name[HG_ADDRESS_TEXT];
    *to = (hg__traffic_talker){.packets = r->talker->count[0],
                               .bytes = r->talker->count[1],
                               .alarms = r->talker->count[2]};
    if (r->who->is_mac) {
        hg__mac_format(r->who->address, name);
    } else {
        hg__address_format(r->who->address, name);
    }
    snprintf(to->name, sizeof to->name, "%s", name);
}

// The SHOWN largest; how many there are.
static int32_t rank(const hg__packet_page *p, int by, hg__traffic_talker to[SHOWN]) {
    ranked best[SHOWN + 1];
    int32_t count = 0;
    for (talker *t = hg__lru_oldest(p->talkers); t; t = hg__lru_younger(p->talkers, t)) {
        const ranked one = {hg__lru_key(p->talkers, t), t};
        if (t->count[by] == 0) continue;
        int32_t at = count;
        for (; at > 0 && is_before(&one, &best[at - 1], by); at--) best[at] = best[at - 1];
        best[at] = one;
        if (count < SHOWN) count++;
    }
    for (int32_t i = 0; i < count; i++) name_talker(&best[i], &to[i]);
    return count;
}

typedef struct shown {
    hg__traffic_talker talker[HG_RANKINGS][SHOWN];
    hg__traffic_alert alert[MOST_ALERTS];
    hg__traffic_count evidence[HG_KINDS], flaw[FLAWS];
    char kind[WORDS], threshold[WORDS];
} shown;

static int by_count(const void *a, const void *b) {
    const hg__traffic_count *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void show_counts(hg__packet_page *p, shown *s, hg__traffic_page *page) {
    for (int i = 0; i < HG_RANKINGS; i++) {
        page->talkers[i] = rank(p, i, s->talker[i]);
        page->talker[i] = s->talker[i];
    }
    for (int i = 0; i < HG_KINDS; i++) {
        s->evidence[i] = (hg__traffic_count){hg__evidence_words(i), p->evidence[i]};
    }
    for (int i = 0; i < FLAWS; i++) s->flaw[i] = (hg__traffic_count){flaw_words[i], p->flaw[i]};
    qsort(s->evidence, HG_KINDS, sizeof *s->evidence, by_count);
    qsort(p->kept, (size_t)p->kept_count, sizeof *p->kept, by_number);
    for (int32_t i = 0; i < p->kept_count; i++) s->alert[i] = p->kept[i].alert;
    page->evidence = s->evidence;
    page->evidences = p->in->type->has_bits ? HG_KINDS : 0;
    page->flaw = s->flaw;
    page->flaws = FLAWS;
    page->alert = s->alert;
    page->alerts = p->kept_count;
}

static int show(hg__packet_page *p, const hg__packet_measures *m, shown *s, hg_error *err) {
    const struct hg__values *v = &p->o->values;
    const hg__thresholds *all = hg__packet_judging_thresholds(p->in);
    const hg__threshold *at = p->in->has_thresholds ? &all->group[0].at : NULL;
    hg__traffic_page page = {.data = hg__input_name(v->data),
                             .model = p->in->from,
                             .kind = s->kind,
                             .threshold_words = s->threshold,
                             .threshold = at ? at->value : (double)NAN,
                             .is_anonymised = *v->anonymise != '\0',
                             .has_labels = m != NULL,
                             .series = &p->series,
                             .packets = p->packets,
                             .bytes = p->bytes,
                             .alarms = p->alarms,
                             .talkers_forgotten = hg__lru_forgotten(p->talkers)};
    if (p->alerts) HG_TRY(hg__alerts_end(p->alerts, err));
    page.alert_count = p->ended;
    if (at) hg__threshold_describe(at, "packets", s->threshold, sizeof s->threshold);
    HG_TRY(p->in->type->describe(p->in->model, p->in->from, s->kind, sizeof s->kind, err));
    show_counts(p, s, &page);
    if (m) {
        page.measure = m->measure;
        page.measures = m->measures;
        page.baseline = m->baseline;
        page.baselines = m->baselines;
    }
    return hg__traffic_page_save(v->page, &page, err);
}

int hg__packet_page_save(hg__packet_page *p, const hg__packet_measures *m, hg_error *err) {
    if (!p) return HG_OK;
    shown *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    const int code = show(p, m, s, err);
    hg__free(s);
    return code;
}
