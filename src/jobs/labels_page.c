// SPDX-License-Identifier: Apache-2.0
// labels_page.c - scores held against labels, as a page: metrics with intervals, ROC and precision by recall, both kinds' scores.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "jobs/pages.h"
#include "report/svg.h"

enum { POINTS = 200 }; // of a curve, at most

typedef struct scored {
    float score;
    uint8_t label;
} scored;

static int higher(const void *a, const void *b) {
    const float x = ((const scored *)a)->score, y = ((const scored *)b)->score;
    return (x < y) - (x > y);
}

// Curves over all thresholds, from the highest down; of more points than are drawn every so many.
typedef struct curves {
    double false_rate[POINTS + 2], recall[POINTS + 2], precision[POINTS + 2];
    int32_t count;
} curves;

static void trace(const scored *s, int64_t rows, const hg__metrics *m, curves *c) {
    int64_t found = 0, false_ones = 0;
    const int64_t each = rows / POINTS + 1;
    c->count = 1; // nothing is an alarm
    c->precision[0] = (double)NAN;
    c->false_rate[0] = c->recall[0] = 0;
    for (int64_t i = 0; i < rows; i++) {
        found += s[i].label;
        false_ones += !s[i].label;
        const bool is_step = i + 1 == rows || s[i + 1].score < s[i].score; // equal scores at once
        const bool is_drawn = i + 1 == rows || (i + 1) / each > (i / each) || rows <= POINTS;
        if (!is_step || !is_drawn || c->count > POINTS + 1) continue;
        c->false_rate[c->count] = (double)false_ones / (double)m->normal;
        c->recall[c->count] = (double)found / (double)m->anomalies;
        c->precision[c->count++] = (double)found / (double)(i + 1);
    }
}

static void add_curves(hg__page *to, const curves *c, const hg__metrics *m) {
    char sense[120];
    const double ends[] = {0, 1}, base = (double)m->anomalies / (double)(m->anomalies + m->normal);
    const double flat[] = {base, base};
    const hg__axis share = hg__axis_over(0, 1, false);
    const hg__series roc[] = {
        {"this model", c->false_rate, c->recall, c->count, 1, false, false},
        {"by chance",  ends,          ends,      2,        2, true,  false}
    };
    const hg__series pr[] = {
        {"this model", c->recall, c->precision, c->count, 1, false, false},
        {"by chance",  ends,      flat,         2,        2, true,  false}
    };
    snprintf(sense, sizeof sense, "The area below is %.4g.", m->auroc.value);
    const hg__chart one = {
        "Found, by false alarms (ROC)", sense, "share of normal rows that raise an alarm",
        "share of anomalies found",     share, share};
    hg__page_section(to, "curves", "At every threshold");
    hg__page_begin_grid(to);
    hg__page_begin_figure(to);
    hg__svg_curves(to, &one, roc, 2);
    hg__page_end_figure(to, "Area below (AUROC): %.4g.", m->auroc.value);
    snprintf(sense, sizeof sense, "Average precision is %.4g.", m->ap.value);
    const hg__chart two = {
        "Precision, by recall",           sense, "share of anomalies found (recall)",
        "share of alarms that are right", share, share};
    hg__page_begin_figure(to);
    hg__svg_curves(to, &two, pr, 2);
    hg__page_end_figure(to, "Average precision: %.4g; by chance %.4g.", m->ap.value, base);
    hg__page_end_grid(to);
}

static void add_metrics(hg__page *to, const hg__metrics *m, const hg__threshold *at) {
    const char *const column[] = {"figure", "value", "95 % from", "to"};
    const struct {
        const char *name;
        const hg__interval *of;
    } lines[] = {
        {"AUROC",                                   &m->auroc           },
        {"average precision",                       &m->ap              },
        {"best F1",                                 &m->best_f1         },
        {"precision among as many as there are",    &m->precision_at_n  },
        {"false alarms where 95 % are found",       &m->fpr_at_95_tpr   },
        {"at the threshold: false-alarm rate",      &m->false_alarm_rate},
        {"at the threshold: found (recall)",        &m->recall          },
        {"at the threshold: alarms that are right", &m->precision       },
    };
    hg__page_section(to, "figures", "How well anomalies are told");
    hg__page_begin_list(to, true);
    hg__page_fact(to, "Normal rows", "%lld", (long long)m->normal);
    hg__page_fact(to, "Anomalies", "%lld", (long long)m->anomalies);
    if (isfinite(m->auroc.value)) hg__page_fact(to, "AUROC", "%.4g", m->auroc.value);
    if (isfinite(m->recall.value)) hg__page_fact(to, "Found", "%.3g %%", 100 * m->recall.value);
    if (isfinite(m->false_alarm_rate.value)) {
        hg__page_fact(to, "False alarms", "%.3g %%", 100 * m->false_alarm_rate.value);
    }
    hg__page_end_list(to);
    hg__page_begin_table(to, "Figures with their intervals", column, 4, 14);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const hg__interval *v = lines[i].of;
        if (!isfinite(v->value)) continue;
        hg__page_row(to);
        hg__page_cell(to, "%s", lines[i].name);
        hg__page_cell(to, "%.4g", v->value);
        hg__page_cell(to, isfinite(v->low) ? "%.4g" : "–", v->low);
        hg__page_cell(to, isfinite(v->high) ? "%.4g" : "–", v->high);
    }
    hg__page_end_table(to);
    if (at) {
        hg__page_note(to, "Threshold %.6g, asked for a false-alarm rate of %.3g.", at->value,
                      at->fpr);
    }
}

// Both kinds, each in a chart of its own.
static int add_scores(hg__page *to, const scored *s, int64_t rows, const hg__threshold *at,
                      hg_error *err) {
    static const char *const title[] = {"Normal rows", "Anomalies"};
    float *kind = hg__alloc((size_t)rows, sizeof *kind, err);
    char words[64] = "";
    int code = kind ? HG_OK : HG_ERR_MEMORY;
    if (at) snprintf(words, sizeof words, "threshold %.4g", at->value);
    const hg__mark mark = {at ? at->value : 0, words};
    hg__page_section(to, "scores", "Scores");
    hg__page_begin_grid(to);
    for (int label = 0; code == HG_OK && label < 2; label++) {
        int64_t n = 0, above = 0;
        for (int64_t i = 0; i < rows; i++) {
            if (s[i].label != label) continue;
            kind[n++] = s[i].score;
            above += at && (double)s[i].score > at->value;
        }
        if (!n) continue;
        hg__chart c = {
            .title = title[label], .sense = title[label], .along = "score", .up = "rows"};
        hg__page_begin_figure(to);
        code = hg__svg_histogram_of(to, &c, kind, n, true, &mark, at ? 1 : 0, err);
        hg__page_end_figure(to, "%lld of %lld above the threshold.", (long long)above,
                            (long long)n);
    }
    hg__page_end_grid(to);
    hg__free(kind);
    return code;
}

static int save(const hg_options *o, const hg__scored_rows *in, const hg__metrics *m, scored *s,
                int64_t rows, curves *c, hg_error *err) {
    const hg__thresholds *t = &in->scorer.thresholds;
    const hg__threshold *at = t->groups && !in->group ? &t->group[0].at : NULL;
    char title[300], data[2 * HG_MAX_VALUE], fingerprint[32];
    hg__page page = {0};
    hg__mask_secrets(o->values.data, data, sizeof data);
    snprintf(title, sizeof title, "%.200s: a model measured", data);
    const hg__page_head head = {
        title, "How well the scores of a model tell labelled anomalies from normal rows."};
    add_metrics(&page, m, t->groups ? &t->group[0].at : NULL);
    if (m->anomalies && m->normal) {
        trace(s, rows, m, c);
        add_curves(&page, c, m);
    }
    int code = add_scores(&page, s, rows, at, err);
    if (code == HG_OK) {
        snprintf(fingerprint, sizeof fingerprint, "%016llx",
                 (unsigned long long)in->feed.data->fingerprint);
        code = hg__job_page_save(&page, o, &head, in->feed.model, fingerprint, err);
    }
    hg__page_clear(&page);
    return code;
}

int hg__labels_page_save(const hg_options *o, const hg__scored_rows *in, const hg__metrics *m,
                         const float *score, int64_t rows, hg_error *err) {
    if (!*o->values.page) return HG_OK;
    scored *s = hg__alloc((size_t)rows, sizeof *s, err);
    curves *c = s ? hg__alloc(1, sizeof *c, err) : NULL;
    for (int64_t i = 0; c && i < rows; i++) s[i] = (scored){score[i], in->feed.side.label[i]};
    if (c) qsort(s, (size_t)rows, sizeof *s, higher);
    const int code = c ? save(o, in, m, s, rows, c, err) : HG_ERR_MEMORY;
    hg__free(c);
    hg__free(s);
    return code;
}
