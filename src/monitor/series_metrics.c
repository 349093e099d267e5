// SPDX-License-Identifier: Apache-2.0
// series_metrics.c - all metrics of a series, and one table that says how each is called.
#include "monitor/series_metrics.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

// ---- measuring ----------------------------------------------------------------------------------

static int add_scores(const hg__scored_series *s, const hg__series_metrics_options *o,
                      hg__series_metrics *m, hg_error *err) {
    const hg__metrics_options how = {.threshold = (double)NAN, .level = o->level};
    hg__metrics of_rows;
    if (!s->score || m->anomalies == 0 || m->anomalies == m->steps) return HG_OK;
    HG_TRY(hg__metrics_of(s->score, s->label, s->steps, &how, &of_rows, err));
    m->auroc = of_rows.auroc.value;
    m->ap = of_rows.ap.value;
    m->best_f1 = of_rows.best_f1.value;
    m->best_f1_threshold = of_rows.best_f1_threshold;
    return o->window < 0 ? HG_OK : hg__vus_of(s, o->window, &m->vus, err);
}

// Each series is one of the corpus. What alarms tell is that an event begins: its first step scores 1, all else 0.
static int score_corpus(const hg__scored_series *s, const hg__events *e, float *score,
                        hg__nab_series *series, hg__series_metrics *m, hg_error *err) {
    int32_t count = 0;
    int64_t next = 0;
    for (int64_t from = 0; from < s->steps; count++) {
        const int64_t end = hg__series_end(s, from);
        for (int64_t t = from; t < end; t++) {
            score[t] = s->alarm[t] && !(t > from && s->alarm[t - 1]);
        }
        hg__nab_series *one = &series[count];
        *one = (hg__nab_series){end - from, score + from, e->at + next, 0};
        for (; next < e->count && e->at[next].first < end; next++, one->windows++) {
            e->at[next].first -= from;
            e->at[next].last -= from;
        }
        from = end;
    }
    for (int32_t p = 0; p < HG_NAB_PROFILES; p++) {
        HG_TRY(hg__nab_score_at(series, count, &hg__nab_profiles[p], 1, &m->nab[p], err));
    }
    return HG_OK;
}

static int add_nab(const hg__scored_series *s, hg__series_metrics *m, hg_error *err) {
    size_t count = 1;
    for (int64_t t = 1; s->begins && t < s->steps; t++) count += s->begins[t];
    hg__events e;
    HG_TRY(hg__events_init(&e, s, s->label, err));
    float *score = hg__alloc((size_t)s->steps, sizeof *score, err);
    hg__nab_series *series = score ? hg__alloc(count, sizeof *series, err) : NULL;
    const int code = series ? score_corpus(s, &e, score, series, m, err) : HG_ERR_MEMORY;
    hg__free(series);
    hg__free(score);
    hg__events_clear(&e);
    return code;
}

int hg__series_metrics_of(const hg__scored_series *s, const hg__series_metrics_options *o,
                          hg__series_metrics *m, hg_error *err) {
    const double none = (double)NAN;
    *m = (hg__series_metrics){.steps = s->steps, .step = o->step, .has_alarms = s->alarm != NULL};
    m->auroc = m->ap = m->best_f1 = m->best_f1_threshold = none;
    m->vus = (hg__vus){o->window, none, none, none, none, none, none};
    HG_TRY(hg__scored_series_check(s, err));
    for (int64_t t = 0; t < s->steps; t++) m->anomalies += s->label[t];
    HG_TRY(add_scores(s, o, m, err));
    if (!s->alarm) return HG_OK;
    HG_TRY(hg__event_metrics_of(s, o->slack, o->level, &m->event, err));
    HG_TRY(hg__step_metrics_of(s, &m->by_step, err));
    HG_TRY(hg__affiliation_of(s, &m->affiliation, err));
    m->has_nab = o->has_nab;
    return m->has_nab ? add_nab(s, m, err) : HG_OK;
}

// ---- writing down -------------------------------------------------------------------------------

typedef enum kind { SHARE, INTERVAL, DELAY, BY_ALARMS, NAB } kind;

typedef struct figure {
    const char *key, *title;
    kind kind; // DELAY, BY_ALARMS: a double of alarms; INTERVAL: an hg__interval of alarms
    size_t offset;
} figure;

#define AT(member) offsetof(hg__series_metrics, member)
static const figure figures[] = {
    {"auroc",                    "AUROC",                 SHARE,     AT(auroc)                       },
    {"average_precision",        "average precision",     SHARE,     AT(ap)                          },
    {"best_f1",                  "best F1",               SHARE,     AT(best_f1)                     },
    {"vus_roc",                  "VUS-ROC",               SHARE,     AT(vus.roc)                     },
    {"vus_pr",                   "VUS-PR",                SHARE,     AT(vus.pr)                      },
    {"range_auc_roc",            "range-AUC-ROC",         SHARE,     AT(vus.range_auc_roc)           },
    {"range_auc_pr",             "range-AUC-PR",          SHARE,     AT(vus.range_auc_pr)            },
    {"event_recall",             "event recall",          INTERVAL,  AT(event.recall)                },
    {"event_precision",          "event precision",       INTERVAL,  AT(event.precision)             },
    {"event_f1",                 "event F1",              BY_ALARMS, AT(event.f1)                    },
    {"delay_min",                "delay, least",          DELAY,     AT(event.delay_min)             },
    {"delay_median",             "delay, median",         DELAY,     AT(event.delay_median)          },
    {"delay_max",                "delay, most",           DELAY,     AT(event.delay_max)             },
    {"false_alarms_per_million", "false alarms",          BY_ALARMS, AT(event.false_alarms_a_million)},
    {"recall",                   "recall",                BY_ALARMS, AT(by_step.recall)              },
    {"precision",                "precision",             BY_ALARMS, AT(by_step.precision)           },
    {"f1",                       "F1",                    BY_ALARMS, AT(by_step.f1)                  },
    {"far",                      "FAR, %",                BY_ALARMS, AT(by_step.far)                 },
    {"mar",                      "MAR, %",                BY_ALARMS, AT(by_step.mar)                 },
    {"affiliation_precision",    "affiliation precision", BY_ALARMS, AT(affiliation.precision)       },
    {"affiliation_recall",       "affiliation recall",    BY_ALARMS, AT(affiliation.recall)          },
    {"nab_standard",             "NAB, standard",         NAB,       AT(nab[HG_NAB_STANDARD].value)  },
    {"nab_reward_low_fp_rate",   "NAB, low FP rate",      NAB,       AT(nab[HG_NAB_LOW_FP].value)    },
    {"nab_reward_low_fn_rate",   "NAB, low FN rate",      NAB,       AT(nab[HG_NAB_LOW_FN].value)    },
};
enum { FIGURES = sizeof figures / sizeof *figures };

// As an interval; NaN where this series has none.
static hg__interval figure_of(const hg__series_metrics *m, const figure *f) {
    hg__interval x = {(double)NAN, (double)NAN, (double)NAN};
    const char *at = (const char *)m + f->offset;
    if (f->kind != SHARE && (f->kind == NAB ? !m->has_nab : !m->has_alarms)) return x;
    memcpy(&x, at, f->kind == INTERVAL ? sizeof x : sizeof x.value);
    return x;
}

bool hg__series_metrics_at(const hg__series_metrics *m, size_t i, const char **title,
                           hg__interval *x) {
    if (i >= FIGURES) return false;
    *title = figures[i].title;
    *x = figure_of(m, &figures[i]);
    return true;
}

static void add_counts(hg__text *t, const hg__series_metrics *m) {
    hg__text_add(t, "%-21s  %lld normal, %lld anomalies\n", "steps",
                 (long long)(m->steps - m->anomalies), (long long)m->anomalies);
    if (!m->has_alarms) return;
    hg__text_add(t, "%-21s  %lld, %lld found\n", "events", (long long)m->event.events,
                 (long long)m->event.found);
    hg__text_add(t, "%-21s  %lld, %lld false\n", "alarms", (long long)m->event.alarms,
                 (long long)m->event.false_alarms);
}

void hg__series_metrics_add_lines(hg__text *t, const hg__series_metrics *m) {
    add_counts(t, m);
    for (size_t i = 0; i < FIGURES; i++) {
        const figure *f = &figures[i];
        const hg__interval x = figure_of(m, f);
        if (!isfinite(x.value)) continue;
        hg__text_add(t, "%-21s  %-8.5g", f->title, x.value);
        if (isfinite(x.low)) hg__text_add(t, "  (95 %%: %.5g to %.5g)", x.low, x.high);
        if (f->kind == DELAY) hg__text_add(t, "  steps");
        if (f->kind == DELAY && m->step > 0) hg__text_add(t, ", %.5g s", x.value * m->step);
        if (f->offset == AT(event.false_alarms_a_million)) {
            hg__text_add(t, "  in 10^6 normal steps");
        }
        if (f->offset == AT(vus.roc) || f->offset == AT(vus.pr)) {
            hg__text_add(t, "  windows of 0 to %d steps", m->vus.window);
        }
        hg__text_add(t, "\n");
    }
}

static void add_finite(hg__json_writer *w, const char *key, double x) {
    if (isfinite(x)) hg__json_add_real(w, key, 9, x);
}

void hg__series_metrics_add_json(hg__json_writer *w, const hg__series_metrics *m) {
    hg__json_add_integer(w, "normal", m->steps - m->anomalies);
    hg__json_add_integer(w, "anomalies", m->anomalies);
    if (isfinite(m->vus.roc)) hg__json_add_integer(w, "vus_window", m->vus.window);
    if (m->has_alarms) {
        hg__json_add_integer(w, "events", m->event.events);
        hg__json_add_integer(w, "events_found", m->event.found);
        hg__json_add_integer(w, "alarms", m->event.alarms);
        hg__json_add_integer(w, "false_alarms", m->event.false_alarms);
    }
    for (size_t i = 0; i < FIGURES; i++) {
        const hg__interval x = figure_of(m, &figures[i]);
        if (!isfinite(x.value)) continue;
        hg__json_begin(w, figures[i].key, '{');
        add_finite(w, "value", x.value);
        add_finite(w, "low", x.low);
        add_finite(w, "high", x.high);
        if (figures[i].kind == DELAY && m->step > 0) add_finite(w, "seconds", x.value * m->step);
        hg__json_end(w, '}');
    }
}
