// SPDX-License-Identifier: Apache-2.0
// predict_packets.c - a row a packet: when, how odd, whether that is an alarm, who, and why.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/show.h"
#include "jobs/judge_packets.h"
#include "jobs/packet_page.h"
#include "jobs/score_sheet.h"

enum { COLUMNS = 10 };
static const hg__out_column columns[COLUMNS] = {
    {"row",         HG_OUT_INTEGER},
    {"time",        HG_OUT_TEXT   }, // s since 1970
    {"score",       HG_OUT_NUMBER },
    {"p_value",     HG_OUT_NUMBER },
    {"alarm",       HG_OUT_INTEGER},
    {"source",      HG_OUT_TEXT   },
    {"destination", HG_OUT_TEXT   },
    {"protocol",    HG_OUT_TEXT   },
    {"port",        HG_OUT_INTEGER}, // the server's
    {"reasons",     HG_OUT_TEXT   },
};

typedef struct sheet {
    hg__packet_judging in;
    hg__score_sheet out;
    hg__packet_page *page; // owned, or NULL
    hg_result *result;
    bool all_reasons;
    int32_t top;
} sheet;

static hg__cell text(const char *words) {
    return (hg__cell){.kind = HG_CELL_TEXT, .text = words, .size = (int32_t)strlen(words)};
}

static hg__cell number(double x) {
    return (hg__cell){.kind = HG_CELL_NUMBER, .number = x};
}

static int write_row(sheet *s, const hg__verdict *v, hg_error *err) {
    char when[40], from[HG_ADDRESS_TEXT], to[HG_ADDRESS_TEXT], protocol[16], why[HG_WHY] = "";
    const hg__packet *p = &v->packet;
    const double score = (double)v->score, pv = hg__packet_judging_p(&s->in, score);
    const bool is_alarm = hg__packet_judging_is_alarm(&s->in, score);
    snprintf(when, sizeof when, "%" PRId64 ".%09" PRId64, p->time / 1000000000,
             p->time % 1000000000);
    hg__verdict_names(v, from, to, protocol);
    if (is_alarm || s->all_reasons) hg__packet_judging_explain(&s->in, v, s->top, why);
    const bool has_port = p->layers & (HG_LAYER_TCP | HG_LAYER_UDP);
    const hg__cell cell[COLUMNS] = {
        number((double)s->result->rows),
        text(when),
        number(score),
        s->in.has_thresholds ? number(pv) : (hg__cell){0},
        s->in.has_thresholds ? number(is_alarm) : (hg__cell){0},
        text(from),
        text(to),
        text(protocol),
        has_port ? number(v->server_port) : (hg__cell){0},
        text(why),
    };
    s->result->rows++;
    s->result->alarms += is_alarm;
    HG_TRY(hg__packet_page_add(s->page, v, false, err));
    return hg__score_sheet_add(&s->out, cell, err);
}

static int write_all(sheet *s, hg_error *err) {
    const hg__verdict *v;
    int32_t count;
    int more;
    while ((more = hg__packet_judging_next(&s->in, &v, &count, err)) > 0) {
        for (int32_t i = 0; i < count; i++) HG_TRY(write_row(s, &v[i], err));
    }
    return more;
}

static void tell(const sheet *s, const hg_listener *l) {
    char line[400], from[250];
    if (!l || !l->note || !s->in.has_thresholds) return;
    const hg__thresholds *t = hg__packet_judging_thresholds(&s->in);
    hg__threshold_describe(&t->group[0].at, "packets", from, sizeof from);
    snprintf(line, sizeof line, "%lld of %lld packets raised an alarm; %s",
             (long long)s->result->alarms, (long long)s->result->rows, from);
    hg__tell(l, line);
}

int hg__predict_packets(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                        hg_error *err) {
    const struct hg__values *v = &o->values;
    sheet s = {
        .result = result, .all_reasons = strcmp(v->reasons, "all") == 0, .top = (int32_t)v->top};
    const hg__sheet_target to = {v->out, v->format, v->table, v->append};
    HG_TRY(hg__packet_judging_open(&s.in, m, o, l, err));
    int code = hg__packet_page_open(&s.page, &s.in, o, err);
    if (code == HG_OK) code = hg__score_sheet_open(&s.out, &to, columns, COLUMNS, err);
    if (code == HG_OK) code = write_all(&s, err);
    if (code == HG_OK) code = hg__packet_page_save(s.page, NULL, err);
    if (code == HG_OK) code = hg__score_sheet_commit(&s.out, err);
    hg__score_sheet_abort(&s.out);
    hg__packet_page_free(s.page);
    result->has_thresholds = s.in.has_thresholds;
    if (code == HG_OK) tell(&s, l);
    hg__packet_judging_close(&s.in);
    return code;
}
