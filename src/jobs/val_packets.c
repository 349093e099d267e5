// SPDX-License-Identifier: Apache-2.0
// val_packets.c - how well a model tells a capture's attacks from its other packets, and how well mere counting does.
//
// Counting: packets a second of the whole capture, packets a second of the same two hosts, and whether the two hosts, and the service
// between them, were seen in training. What a model adds to these is what it is worth (Arp et al., "Dos and don'ts of machine
// learning in computer security", USENIX Security 2022).
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "jobs/judge_packets.h"
#include "jobs/packet_page.h"
#include "jobs/val.h"
#include "schema/schema.h"
#include "table/table.h"
#include "traffic/mix.h"

enum { NOVELTY = 2, BASELINES };
#define SECOND INT64_C(1000000000)
static const char *const baseline_name[BASELINES] = {
    "packets a second", "packets a second of a pair", "new pair or service"};
static const char *const baseline_key[BASELINES] = {"rate", "pair_rate", "novelty"};
static const double level = 0.95;

// Packets within the second of each packet's time.
typedef struct counting {
    int64_t second;
    float packets;
    hg__lru *pair; // owned
} counting;

typedef struct pair_count {
    int64_t second;
    float packets;
} pair_count;

typedef struct tally {
    uint8_t *label; // owned, (rows)
    int64_t labels, rows, room;
    float *score;              // owned, (rows)
    float *counted[BASELINES]; // owned, (rows)
    counting now;
    int64_t alarms;
    hg__packet_page *page; // owned, or NULL
    bool has_novelty;      // this kind of model says what was seen in training
} tally;

// ---- labels -------------------------------------------------------------------------------------

static int take_label(tally *t, const hg__table *table, const hg__cell *cell, int32_t row_column,
                      int32_t label_column, const char *normal, hg_error *err) {
    const hg__cell *row = row_column >= 0 ? &cell[row_column] : NULL;
    const double number = row ? row->number : (double)t->labels;
    char where[1200];
    if (number == (double)t->labels && (!row || row->kind == HG_CELL_NUMBER)) {
        if (t->labels == t->room) {
            const int64_t more = t->room ? 2 * t->room : 4096;
            uint8_t *label = hg__grow(t->label, (size_t)more, sizeof *label, err);
            if (!label) return HG_ERR_MEMORY;
            t->label = label;
            t->room = more;
        }
        t->label[t->labels++] = !hg__label_is_normal(&cell[label_column], normal);
        return HG_OK;
    }
    hg__table_where(table, where, sizeof where);
    return hg__fail(err, HG_ERR_DATA, "%s: expected the label of packet %lld", where,
                    (long long)t->labels);
}

static int read_rows(tally *t, hg__table *table, const char *normal, hg_error *err) {
    const int32_t row = hg__table_find(table, "row"), label = hg__table_find(table, "label");
    hg__cell *cell = hg__alloc((size_t)table->columns, sizeof *cell, err);
    if (!cell) return HG_ERR_MEMORY;
    int more = label < 0 ? hg__fail(err, HG_ERR_DATA, "%s: expected a column 'label'", table->path)
                         : HG_OK;
    while (more >= 0 && (more = hg__table_next(table, cell, err)) > 0) {
        more = take_label(t, table, cell, row, label, normal, err);
    }
    hg__free(cell);
    return more;
}

static int read_labels(tally *t, const struct hg__values *v, hg_error *err) {
    if (!*v->labels) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "labels: expected a CSV file with the columns row and label, a row a packet, "
            "got none");
    }
    hg__table *table = hg__table_open(v->labels, NULL, err);
    if (!table) return (int)err->code;
    const int code = read_rows(t, table, v->normal, err);
    hg__table_close(table);
    return code;
}

// ---- counting -----------------------------------------------------------------------------------

static float add_one(int64_t *second, float *packets, int64_t time) {
    if (time / SECOND != *second) *packets = 0;
    *second = time / SECOND;
    return ++*packets;
}

// Of the levels whose bits are what is new; of a table that has them, whose names are few.
static float bits_of_new(const hg__verdict *v) {
    static const char *const names[] = {"peer", "offer", "service"};
    float sum = 0;
    for (int32_t i = 0; i < hg__level_count; i++) {
        if (hg__levels[i].kind != HG_EVIDENCE_WHO) continue;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            if (strcmp(hg__levels[i].name, names[k]) == 0) sum += v->bits[i];
        }
    }
    return sum;
}

static void count(tally *t, const hg__verdict *v) {
    const hg__packet *p = &v->packet;
    uint64_t ends[4] = {0};
    memcpy(ends, p->from, sizeof p->from);
    memcpy(ends + 2, p->to, sizeof p->to);
    const uint64_t key = hg__mix(hg__mix(ends[0], ends[1]), hg__mix(ends[2], ends[3]));
    bool is_new;
    pair_count *pair = hg__lru_find_or_add(t->now.pair, &key, &is_new);
    t->counted[0][t->rows] = add_one(&t->now.second, &t->now.packets, p->time);
    t->counted[1][t->rows] = add_one(&pair->second, &pair->packets, p->time);
    if (!t->has_novelty) return;
    t->counted[NOVELTY][t->rows] = bits_of_new(v);
}

static int make_room(tally *t, hg_error *err) {
    enum { PAIRS = 1 << 16 };
    const size_t rows = (size_t)t->labels;
    const hg__lru_options o = {
        .key_bytes = sizeof(uint64_t), .entry_bytes = sizeof(pair_count), .capacity = PAIRS};
    const hg__siphash_key key = {0};
    t->now.pair = hg__lru_new(&o, &key, err);
    t->score = t->now.pair ? hg__alloc(rows, sizeof *t->score, err) : NULL;
    bool has_room = t->score != NULL;
    for (int32_t i = 0; i < BASELINES && has_room; i++) {
        t->counted[i] = hg__alloc(rows, sizeof *t->counted[i], err);
        has_room = t->counted[i] != NULL;
    }
    return has_room ? HG_OK : HG_ERR_MEMORY;
}

static int score_all(tally *t, hg__packet_judging *j, const struct hg__values *v, hg_error *err) {
    const hg__verdict *verdict;
    int32_t some;
    int more = 0;
    bool is_longer = false; // than there are labels
    while (!is_longer && (more = hg__packet_judging_next(j, &verdict, &some, err)) > 0) {
        is_longer = some > t->labels - t->rows;
        for (int32_t i = 0; i < some && !is_longer; i++, t->rows++) {
            t->score[t->rows] = verdict[i].score;
            t->alarms += hg__packet_judging_is_alarm(j, (double)verdict[i].score);
            count(t, &verdict[i]);
            HG_TRY(hg__packet_page_add(t->page, &verdict[i], t->label[t->rows] != 0, err));
        }
    }
    if (more < 0) return more;
    if (t->rows == t->labels && !is_longer && t->rows > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected a label for each of the packets of %s, got %lld", v->labels,
                    v->data, (long long)t->labels);
}

// ---- told ---------------------------------------------------------------------------------------

typedef struct figures {
    hg__metrics model, baseline[BASELINES];
    const hg__threshold *at;
    bool has_novelty;
} figures;

static bool is_counted(const figures *f, int32_t baseline) {
    return baseline != NOVELTY || f->has_novelty;
}

static int measure(const tally *t, const struct hg__values *v, figures *f, hg_error *err) {
    const hg__metrics_options o = {.threshold = f->at ? f->at->value : (double)NAN,
                                   .level = level,
                                   .resamples = (int32_t)v->resamples,
                                   .seed = (uint64_t)v->seed};
    const hg__metrics_options quick = {.threshold = (double)NAN, .level = level};
    if (!t->label || !memchr(t->label, 1, (size_t)t->rows)) {
        return hg__metrics_at(t->score, t->label, t->rows, &o, &f->model, err);
    }
    HG_TRY(hg__metrics_of(t->score, t->label, t->rows, &o, &f->model, err));
    for (int32_t i = 0; i < BASELINES; i++) {
        if (!is_counted(f, i)) continue;
        HG_TRY(hg__metrics_of(t->counted[i], t->label, t->rows, &quick, &f->baseline[i], err));
    }
    return HG_OK;
}

static void write_json(hg__text *t, const figures *f) {
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    hg__metrics_add_json(&w, &f->model, f->at);
    if (f->model.anomalies > 0) {
        hg__json_begin(&w, "counting_auroc", '{');
        for (int32_t i = 0; i < BASELINES; i++) {
            if (!is_counted(f, i)) continue;
            hg__json_add_real(&w, baseline_key[i], 9, f->baseline[i].auroc.value);
        }
        hg__json_end(&w, '}');
    }
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

static void write_lines(hg__text *t, const figures *f) {
    hg__metrics_add_lines(t, &f->model, f->at, "packets");
    if (f->model.anomalies == 0) return;
    hg__text_add(t, "counting, AUROC\n");
    for (int32_t i = 0; i < BASELINES; i++) {
        if (!is_counted(f, i)) continue;
        hg__text_add(t, "  %-26s  %-8.5g\n", baseline_name[i], f->baseline[i].auroc.value);
    }
}

enum { MEASURES = 7 };

static int save_page(const tally *t, const figures *f, hg_error *err) {
    const hg__metrics *m = &f->model;
    const bool has_attacks = m->anomalies > 0;
    const double none = (double)NAN;
    const hg__traffic_measure measure[MEASURES] = {
        {"packets labelled as attacks",        (double)m->anomalies                 },
        {"other packets",                      (double)m->normal                    },
        {"attack packets that raise an alarm", m->recall.value                      },
        {"other packets that raise one",       m->false_alarm_rate.value            },
        {"alarms that are attacks",            m->precision.value                   },
        {"average precision",                  has_attacks ? m->ap.value : none     },
        {"best F1",                            has_attacks ? m->best_f1.value : none},
    };
    hg__traffic_measure baseline[1 + BASELINES] = {
        {"the model", m->auroc.value}
    };
    for (int32_t i = 0; i < BASELINES; i++) {
        baseline[1 + i] = (hg__traffic_measure){
            baseline_name[i], is_counted(f, i) ? f->baseline[i].auroc.value : none};
    }
    const hg__packet_measures all = {measure, baseline, MEASURES, has_attacks ? 1 + BASELINES : 0};
    return hg__packet_page_save(t->page, &all, err);
}

static int validate(tally *t, hg__packet_judging *j, const hg_options *o, hg_result *r,
                    hg_error *err) {
    const struct hg__values *v = &o->values;
    const hg__thresholds *all = hg__packet_judging_thresholds(j);
    t->has_novelty = j->type->has_bits;
    figures f = {.at = all->groups ? &all->group[0].at : NULL, .has_novelty = t->has_novelty};
    hg__text text = {0};
    HG_TRY(hg__packet_page_open(&t->page, j, o, err));
    HG_TRY(read_labels(t, v, err));
    HG_TRY(make_room(t, err));
    HG_TRY(score_all(t, j, v, err));
    HG_TRY(measure(t, v, &f, err));
    (r->json ? write_json : write_lines)(&text, &f);
    r->rows = t->rows;
    r->text = hg__text_take(&text, err);
    if (!r->text) return HG_ERR_MEMORY;
    const int code = save_page(t, &f, err); // last: a page that was there stands until all is well
    if (code < 0) {
        hg_text_free(r->text);
        r->text = NULL;
    }
    return code;
}

int hg__val_packets(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                    hg_error *err) {
    hg__packet_judging j;
    tally t = {0};
    HG_TRY(hg__packet_judging_open(&j, m, o, l, err));
    const int code = validate(&t, &j, o, result, err);
    hg__packet_page_free(t.page);
    hg__packet_judging_close(&j);
    hg__lru_free(t.now.pair);
    hg__free(t.label);
    hg__free(t.score);
    for (int32_t i = 0; i < BASELINES; i++) hg__free(t.counted[i]);
    return code;
}
