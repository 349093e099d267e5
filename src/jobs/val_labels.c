// SPDX-License-Identifier: Apache-2.0
// val_labels.c - how well a model's scores tell labelled anomalies from normal rows.
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "detect/metrics.h"
#include "jobs/feed.h"
#include "jobs/pages.h"
#include "jobs/val.h"
#include "jobs/val_code.h"

static const double level = 0.95;

typedef struct line {
    const char *key, *title;
    size_t offset; // of an hg__interval
} line;

static const line lines[] = {
    {"auroc",             "AUROC",             offsetof(hg__metrics, auroc)           },
    {"average_precision", "average precision", offsetof(hg__metrics, ap)              },
    {"best_f1",           "best F1",           offsetof(hg__metrics, best_f1)         },
    {"precision_at_n",    "precision at n",    offsetof(hg__metrics, precision_at_n)  },
    {"fpr_at_95_tpr",     "FPR at 95 % TPR",   offsetof(hg__metrics, fpr_at_95_tpr)   },
    {"false_alarm_rate",  "false-alarm rate",  offsetof(hg__metrics, false_alarm_rate)},
    {"recall",            "recall",            offsetof(hg__metrics, recall)          },
    {"precision",         "precision",         offsetof(hg__metrics, precision)       },
};
enum { LINES = sizeof lines / sizeof *lines };

static const hg__interval *interval_of(const hg__metrics *m, const line *l) {
    return (const hg__interval *)((const char *)m + l->offset);
}

static void add_finite(hg__json_writer *w, const char *key, double x) {
    if (isfinite(x)) hg__json_add_real(w, key, 9, x);
}

void hg__metrics_add_json(hg__json_writer *w, const hg__metrics *m, const hg__threshold *at) {
    hg__json_add_integer(w, "normal", m->normal);
    hg__json_add_integer(w, "anomalies", m->anomalies);
    if (at) {
        add_finite(w, "fpr", at->fpr);
        add_finite(w, "threshold", at->value);
    }
    for (size_t i = 0; i < LINES; i++) {
        const hg__interval *v = interval_of(m, &lines[i]);
        if (!isfinite(v->value)) continue;
        hg__json_begin(w, lines[i].key, '{');
        add_finite(w, "value", v->value);
        add_finite(w, "low", v->low);
        add_finite(w, "high", v->high);
        hg__json_end(w, '}');
    }
}

// What is measured of a table's rows.
typedef struct figures {
    hg__metrics metrics;
    const hg__threshold *at; // borrowed, or NULL
    hg__code_quality quality;
} figures;

static void write_json(hg__text *t, const figures *f) {
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    hg__metrics_add_json(&w, &f->metrics, f->at);
    hg__code_quality_add_json(&w, &f->quality);
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

void hg__metrics_add_lines(hg__text *t, const hg__metrics *m, const hg__threshold *at,
                           const char *rows) {
    hg__text_add(t, "%-17s  %lld normal, %lld anomalies\n", rows, (long long)m->normal,
                 (long long)m->anomalies);
    for (size_t i = 0; i < LINES; i++) {
        const hg__interval *v = interval_of(m, &lines[i]);
        if (!isfinite(v->value)) continue;
        hg__text_add(t, "%-17s  %-8.5g", lines[i].title, v->value);
        if (isfinite(v->low)) hg__text_add(t, "  (95 %%: %.5g to %.5g)", v->low, v->high);
        if (lines[i].offset == offsetof(hg__metrics, false_alarm_rate) && at) {
            hg__text_add(t, "  asked for: %g", at->fpr);
        }
        hg__text_add(t, "\n");
    }
}

// The alarms of groups have thresholds of their own: each score is moved so that its group's threshold is 0.
static void move_scores(const hg__scored_rows *r, float *score) {
    for (int32_t i = 0; i < r->scorer.count; i++) {
        const hg__threshold_group *g = hg__scored_rows_group(r, i);
        score[i] =
            r->group ? (float)((double)r->scorer.score[i] - g->at.value) : r->scorer.score[i];
    }
}

// All rows scored: score (rows), and moved (rows) by their groups' thresholds; a sample of them encoded.
static int score_rows(hg__scored_rows *r, hg__code_sample *sample, float *score, float *moved,
                      hg_error *err) {
    const hg__batch *now = &r->feed.now;
    int64_t n = 0;
    int more;
    while ((more = hg__scored_rows_next(r, err)) > 0) {
        const hg__input in = {
            .row = now->row, .count = now->count, .dtype = now->dtype, .scale = now->scale};
        memcpy(score + n, r->scorer.score, (size_t)r->scorer.count * sizeof *score);
        move_scores(r, moved + n);
        n += r->scorer.count;
        hg__code_sample_add(sample, &r->feed, &in);
    }
    return more;
}

static int measure(hg__scored_rows *r, const hg_options *o, const float *score, const float *moved,
                   figures *f, hg_error *err) {
    const struct hg__values *v = &o->values;
    const uint8_t *label = r->feed.side.label;
    const int64_t n = r->feed.data->source.rows;
    hg__metrics_options how = {.threshold = f->at ? f->at->value : (double)NAN,
                               .level = level,
                               .resamples = (int32_t)v->resamples,
                               .seed = (uint64_t)v->seed};
    hg__metrics by_group;
    if (r->group) how.threshold = 0;
    HG_TRY(hg__metrics_at(moved, label, n, &how, &by_group, err));
    f->metrics = by_group;
    if (!memchr(label, 1, (size_t)n)) {
        return HG_OK; // nothing to find: only false alarms can be counted
    }
    HG_TRY(hg__metrics_of(score, label, n, &how, &f->metrics, err));
    f->metrics.false_alarm_rate = by_group.false_alarm_rate;
    f->metrics.recall = by_group.recall;
    f->metrics.precision = by_group.precision;
    return HG_OK;
}

static int find_figures(hg__scored_rows *r, const hg_options *o, figures *f, hg_error *err) {
    const size_t rows = (size_t)r->feed.data->source.rows;
    float *score = hg__alloc(rows, sizeof *score, err);
    float *moved = score ? hg__alloc(rows, sizeof *moved, err) : NULL;
    hg__code_sample sample = {0};
    int code = moved ? hg__code_sample_init(&sample, &r->feed, o, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = score_rows(r, &sample, score, moved, err);
    if (code == HG_OK) code = measure(r, o, score, moved, f, err);
    if (code == HG_OK) {
        code = hg__code_sample_finish(&sample, &r->feed, (double)NAN, &f->quality, err);
    }
    if (code == HG_OK) code = hg__labels_page_save(o, r, &f->metrics, score, (int64_t)rows, err);
    hg__code_sample_clear(&sample);
    hg__free(moved);
    hg__free(score);
    return code;
}

static int write_text(hg__scored_rows *r, const hg_options *o, bool json, char **text,
                      hg_error *err) {
    hg__text t = {0};
    figures f = {.at = r->scorer.thresholds.groups ? &r->scorer.thresholds.group[0].at : NULL};
    HG_TRY(find_figures(r, o, &f, err));
    if (json) {
        write_json(&t, &f);
    } else {
        hg__metrics_add_lines(&t, &f.metrics, f.at, "rows");
        hg__code_quality_add_lines(&t, &f.quality, 17);
    }
    *text = hg__text_take(&t, err);
    return *text ? HG_OK : HG_ERR_MEMORY;
}

int hg__val_labels(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                   hg_error *err) {
    hg__scored_rows in;
    HG_TRY(hg__scored_rows_open(&in, m, o, false, false, l, err));
    const int code = write_text(&in, o, r->json, &r->text, err);
    hg__scored_rows_close(&in);
    return code;
}
