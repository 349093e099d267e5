// SPDX-License-Identifier: Apache-2.0
// judge_packets.c - a capture and a model of packets, brought together.
#include "jobs/judge_packets.h"

#ifdef __GLIBC__
# include <malloc.h>
#endif
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/show.h"
#include "jobs/feed.h"

// Of hg__packet_load. 50 ms: an alert is late by no more. So many in a row take that long to be judged, so that one who keeps up never
// leaves any out; 100 ms of 2.5 Gbit/s are what the kernel's ring holds.
enum { MANY = 8192, GLANCE = 16 };   // packets; packets between two looks at the clock
static const int64_t old = 50000000; // ns

// What judges packets by a model: made beside the one at work, which it then replaces.
typedef struct at_work {
    const hg__packet_judge_type *type;
    void *detector; // owned
} at_work;

// fpr=, or alarms= with rate= of packets, or alarms= alone: of alerts. Who watches and asks for nothing is told of alerts, too.
static int ask(const at_work *g, const hg_options *o, bool is_watched, hg_error *err) {
    const struct hg__values *v = &o->values;
    const bool is_asked = *v->alarms || *v->rate || o->set[HG_OPTION_fpr];
    double fpr = 0;
    if (is_watched && !is_asked && g->type->ask_usual) return g->type->ask_usual(g->detector, err);
    if (!*v->alarms || *v->rate) {
        HG_TRY(hg__asked_fpr(o, &fpr, err));
        return fpr > 0 ? g->type->ask(g->detector, fpr, err) : HG_OK;
    }
    if (o->set[HG_OPTION_fpr]) {
        return hg__fail(err, HG_ERR_USAGE, "fpr: expected either fpr= or alarms=, got both");
    }
    HG_TRY(hg__alarms_fpr(v->alarms, "1/s", &fpr, err));
    if (g->type->ask_alerts) return g->type->ask_alerts(g->detector, fpr, err);
    return hg__fail(
        err, HG_ERR_USAGE,
        "alarms: expected rate= of packets beside it for a model of KitNET, which knows no "
        "alerts");
}

static int make_at_work(const hg__packet_judging *j, const hg_model *m, at_work *g, hg_error *err) {
    const struct hg__values *v = &j->options->values;
    *g = (at_work){.type = hg__packet_judge_of(m)};
    if (!g->type) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a model of packets of a kind that is known: it may be of a "
                        "newer version",
                        v->model);
    }
    g->detector = g->type->make(m, j->pool, (size_t)v->max_mem / 2, v->model, err);
    if (!g->detector) return (int)err->code;
    const int code = ask(g, j->options, j->is_watched, err);
    if (code < 0) g->type->free(g->detector);
    return code;
}

static int open_all(hg__packet_judging *j, const hg__capture_options *how, hg_error *err) {
    const struct hg__values *v = &j->options->values;
    at_work g;
    HG_TRY(hg__anonymiser_init(&j->anonymiser, v->anonymise, err));
    j->pool = hg__pool_new(1, err); // packets come one after the other
    if (!j->pool) return HG_ERR_MEMORY;
    HG_TRY(make_at_work(j, j->model, &g, err));
    j->type = g.type;
    j->detector = g.detector;
    j->has_thresholds = hg__packet_judging_thresholds(j)->groups > 0;
    j->capture = hg__capture_open(v->data, how, err);
    if (!j->capture) return (int)err->code;
    j->load.is_live = hg__capture_is_live(j->capture);
    return HG_OK;
}

static int check_next(const at_work *g, const hg__packet_judging *j, hg_error *err) {
    if (!j->has_thresholds || g->type->thresholds(g->detector)->groups > 0) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected a model with a threshold, got one for which no packets were "
                    "held out",
                    j->options->values.model);
}

// Tables of other sizes would not fit into what the old ones leave behind: the system has it back.
static void give_memory_back(void) {
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

int hg__packet_judging_ask(hg__packet_judging *j, hg_error *err) {
    const at_work g = {j->type, j->detector};
    return ask(&g, j->options, j->is_watched, err);
}

int hg__packet_judging_replace(hg__packet_judging *j, hg_model *m, hg_error *err) {
    at_work g;
    int code = make_at_work(j, m, &g, err);
    if (code == HG_OK && (code = check_next(&g, j, err)) < 0) g.type->free(g.detector);
    if (code < 0) {
        hg_model_free(m);
        return code;
    }
    j->forgotten += j->type->forgotten(j->detector);
    j->type->free(j->detector);
    hg_model_free(j->model);
    j->type = g.type;
    j->detector = g.detector;
    j->model = m;
    j->generation++;
    j->load.busy = 0;
    give_memory_back();
    j->has_thresholds = hg__packet_judging_thresholds(j)->groups > 0;
    return HG_OK;
}

int hg__packet_judging_open(hg__packet_judging *j, hg_model *m, const hg_options *o,
                            const hg_listener *l, hg_error *err) {
    const hg__capture_options how = {.filter = o->values.filter, .listener = l};
    return hg__packet_judging_open_how(j, m, o, &how, l, err);
}

int hg__packet_judging_open_how(hg__packet_judging *j, hg_model *m, const hg_options *o,
                                const hg__capture_options *how, const hg_listener *l,
                                hg_error *err) {
    *j = (hg__packet_judging){.model = m,
                              .is_watched = how->is_live,
                              .options = o,
                              .listener = l,
                              .from = o->values.model};
    const int code = open_all(j, how, err);
    if (code < 0) {
        hg__packet_judging_close(j);
        return code;
    }
    hg__meter_start(&j->meter, l, "scoring", "packets", 0);
    return HG_OK;
}

void hg__packet_judging_close(hg__packet_judging *j) {
    hg__meter_end(&j->meter);
    hg__capture_close(j->capture);
    if (j->detector) j->type->free(j->detector);
    hg__pool_free(j->pool);
    hg_model_free(j->model);
    *j = (hg__packet_judging){0};
}

static int judge(hg__packet_judging *j, const hg__verdict **v, int32_t *count, hg_error *err) {
    uint64_t at, size;
    hg__packet_judging_flush(j, v, count);
    hg__capture_place(j->capture, &at, &size);
    if (size > 0) hg__meter_part(&j->meter, (double)at / (double)size);
    hg__meter_add(&j->meter, *count);
    if (hg__meter_is_stopped(&j->meter)) {
        return hg__fail(err, HG_ERR_STOPPED, "stopped on request while packets were scored");
    }
    return HG_OK;
}

// Whether the packet is to be left out, since it and many before it waited too long; then it is observed, if there is time for that.
static bool leave_out(hg__packet_judging *j, const hg__packet *p) {
    hg__packet_load *l = &j->load;
    if (!l->is_live || ++l->busy < MANY) return false;
    struct timespec now;
    if (l->busy % GLANCE == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0) {
        l->now = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    }
    const int64_t age = l->now - p->time;
    if (age <= old) return false;
    if (age <= 2 * old) j->type->observe(j->detector, p);
    l->skipped++;
    return true;
}

void hg__packet_judging_rest(hg__packet_judging *j) {
    j->load.busy = 0;
}

int hg__packet_judging_next(hg__packet_judging *j, const hg__verdict **v, int32_t *count,
                            hg_error *err) {
    hg__packet p;
    int more = 0;
    for (uint32_t left_out = 0; !j->is_at_end && left_out < HG_VERDICTS;) {
        if ((more = hg__capture_next(j->capture, &p, err)) <= 0) break;
        if (leave_out(j, &p)) {
            left_out++;
        } else if (j->type->take(j->detector, &p)) {
            break;
        }
    }
    if (more < 0) return more;
    if (more > 0) {
        HG_TRY(judge(j, v, count, err));
        return 1;
    }
    if (!j->is_at_end && j->listener && *hg__capture_note(j->capture)) {
        hg__tell(j->listener, hg__capture_note(j->capture));
    }
    j->is_at_end = true;
    HG_TRY(judge(j, v, count, err));
    return *count > 0;
}

const hg__thresholds *hg__packet_judging_thresholds(const hg__packet_judging *j) {
    return j->type->thresholds(j->detector);
}

void hg__packet_judging_explain(const hg__packet_judging *j, const hg__verdict *v, int32_t most,
                                char text[HG_WHY]) {
    j->type->explain(j->detector, v, most, text);
}

void hg__packet_judging_flush(hg__packet_judging *j, const hg__verdict **v, int32_t *count) {
    hg__verdict *all = j->type->judge(j->detector, count);
    for (int32_t i = 0; i < *count; i++) hg__anonymise_packet(&j->anonymiser, &all[i].packet);
    *v = all;
}

double hg__packet_judging_fpr(const hg__packet_judging *j) {
    const hg__thresholds *t = hg__packet_judging_thresholds(j);
    return t->groups ? t->group[0].at.fpr : 0;
}

uint64_t hg__packet_judging_forgotten(const hg__packet_judging *j) {
    return j->forgotten + j->type->forgotten(j->detector);
}

double hg__packet_judging_p(const hg__packet_judging *j, double score) {
    const hg__thresholds *t = hg__packet_judging_thresholds(j);
    return t->groups ? hg__calibration_p(t->group[0].held, score) : (double)NAN;
}

bool hg__packet_judging_is_alarm(const hg__packet_judging *j, double score) {
    const hg__thresholds *t = hg__packet_judging_thresholds(j);
    return t->groups && score > t->group[0].at.value;
}

void hg__verdict_names(const hg__verdict *v, char from[HG_ADDRESS_TEXT], char to[HG_ADDRESS_TEXT],
                       char protocol[16]) {
    const hg__packet *p = &v->packet;
    if (p->layers & HG_LAYER_IP) {
        hg__address_format(p->from, from);
        hg__address_format(p->to, to);
    } else {
        hg__mac_format(p->mac_from, from);
        hg__mac_format(p->mac_to, to);
    }
    const char *name = p->layers & HG_LAYER_TCP    ? "TCP"
                       : p->layers & HG_LAYER_UDP  ? "UDP"
                       : p->layers & HG_LAYER_ICMP ? "ICMP"
                       : p->layers & HG_LAYER_ARP  ? "ARP"
                                                   : NULL;
    if (name) {
        snprintf(protocol, 16, "%s", name);
    } else if (p->layers & HG_LAYER_IP) {
        snprintf(protocol, 16, "IP %u", p->protocol);
    } else {
        snprintf(protocol, 16, "0x%04x", p->ether_type);
    }
}
