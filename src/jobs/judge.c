// SPDX-License-Identifier: Apache-2.0
// judge.c - a model's whole opinion of a table's rows.
#include "jobs/judge.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "detect/alarms.h"
#include "detect/table_model.h"
#include "schema/schema.h"

int hg__asked_fpr(const hg_options *o, double *fpr, hg_error *err) {
    const struct hg__values *v = &o->values;
    *fpr = o->set[HG_OPTION_fpr] ? v->fpr : 0;
    if (!*v->alarms && !*v->rate) return HG_OK;
    if (*fpr > 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "fpr: expected either fpr= or alarms= with rate=, got both");
    }
    return hg__alarms_fpr(v->alarms, v->rate, fpr, err);
}

const char *hg__threshold_option(const hg_options *o) {
    static const struct {
        int option;
        const char *name;
    } all[] = {
        {HG_OPTION_fpr,     "fpr"    },
        {HG_OPTION_alarms,  "alarms" },
        {HG_OPTION_rate,    "rate"   },
        {HG_OPTION_fdr,     "fdr"    },
        {HG_OPTION_groupby, "groupby"}
    };
    if (o->values.fail_on_anomaly) return "fail_on_anomaly";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (o->set[all[i].option]) return all[i].name;
    }
    return NULL;
}

static int open_thresholds(hg__judge *j, const hg_options *o, hg_error *err) {
    double fpr;
    HG_TRY(hg__asked_fpr(o, &fpr, err));
    if (!j->detector) return HG_OK; // score=error has none
    HG_TRY(hg__thresholds_load(&j->thresholds, j->feed.model, o->values.model, err));
    if (fpr > 0 && j->thresholds.groups) HG_TRY(hg__thresholds_ask(&j->thresholds, fpr, err));
    const hg__side_columns *side = &j->feed.side;
    if (!side->group || !j->thresholds.groups) return HG_OK;
    j->group = hg__alloc((size_t)side->groups, sizeof(void *), err);
    if (!j->group) return HG_ERR_MEMORY;
    for (int32_t g = 0; g < side->groups; g++) {
        j->group[g] = hg__thresholds_find(&j->thresholds, side->group_name[g]);
    }
    return HG_OK;
}

static int make_room(hg__judge *j, hg_error *err) {
    const size_t batch = (size_t)j->feed.batch, width = (size_t)j->feed.width;
    const size_t columns = (size_t)hg__model_schema(j->feed.model)->columns;
    j->x = hg__alloc(batch * width, sizeof *j->x, err);
    if (j->x) j->score = hg__alloc(batch, sizeof *j->score, err);
    if (!j->score) return HG_ERR_MEMORY;
    if (!j->wants_shares) return HG_OK;
    j->share = hg__alloc(batch * columns, sizeof *j->share, err);
    return j->share ? HG_OK : HG_ERR_MEMORY;
}

static int open_judge(hg__judge *j, hg_model *m, const hg_options *o, bool wants_table,
                      const hg_listener *l, hg_error *err) {
    HG_TRY(hg__feed_open(&j->feed, m, o, HG_ERRORS, l, err));
    if (!wants_table) hg__feed_close_table(&j->feed);
    if (!hg__model_schema(m)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a model of a table, got one of rows of numbers",
                        o->values.model);
    }
    if (strcmp(o->values.score, "error") != 0 && hg__detector_is_in(m)) {
        j->detector = hg__detector_new(m, j->feed.pool, o->values.model, err);
        if (!j->detector) return HG_ERR_MODEL;
    }
    HG_TRY(open_thresholds(j, o, err));
    return make_room(j, err);
}

int hg__judge_open(hg__judge *j, hg_model *m, const hg_options *o, bool wants_shares,
                   bool wants_table, const hg_listener *l, hg_error *err) {
    *j = (hg__judge){.wants_shares = wants_shares};
    const int code = open_judge(j, m, o, wants_table, l, err);
    if (code < 0) hg__judge_close(j);
    return code;
}

void hg__judge_close(hg__judge *j) {
    hg__detector_free(j->detector);
    hg__thresholds_clear(&j->thresholds);
    hg__feed_close(&j->feed);
    hg__free(j->group);
    hg__free(j->x);
    hg__free(j->score);
    hg__free(j->share);
    *j = (hg__judge){0};
}

void hg__judge_restart(hg__judge *j) {
    hg__feed_restart(&j->feed);
}

// score=error: the mean over columns of their errors, each column's its share.
static void judge_by_error(hg__judge *j, const hg__input *in) {
    const hg__feed *f = &j->feed;
    const int64_t columns = hg__model_schema(f->model)->columns;
    hg__run(f->plan, HG_SCORE, in, j->score);
    if (!j->wants_shares) return;
    hg__run(f->plan, HG_ERRORS, in, j->share);
    for (int64_t i = 0; i < j->count * columns; i++) j->share[i] /= (float)columns;
}

int hg__judge_next(hg__judge *j, hg_error *err) {
    hg__feed *f = &j->feed;
    const size_t width = (size_t)f->width;
    hg__input in;
    const int more = hg__feed_next(f, &in, err);
    if (more <= 0) return more;
    j->first = f->now.first;
    j->count = f->now.count;
    for (int32_t i = 0; i < j->count; i++) {
        memcpy(j->x + (size_t)i * width, in.row[i], width * sizeof *j->x);
    }
    if (j->detector) {
        HG_TRY(hg__detector_score(j->detector, j->x, j->count, j->score, j->share, err));
    } else {
        judge_by_error(j, &in);
    }
    return more;
}

// The results folder that a model file lies in, as a word of a command; RUN where it lies elsewhere.
static void name_run(const char *model, char quoted[160]) {
    char folder[160];
    const char *at = strstr(model, "/weights/");
    snprintf(folder, sizeof folder, "%.*s", at ? (int)(at - model) : 3, at ? model : "RUN");
    hg__shell_word(folder, quoted, 160);
}

void hg__judge_lack(const hg__judge *j, const hg_options *o, char text[HG_LACK]) {
    char word[160];
    text[0] = '\0';
    if (j->thresholds.groups || strcmp(o->values.score, "error") == 0) return;
    if (!j->detector) {
        const size_t length = strlen(o->values.model);
        const bool is_last =
            length >= 16 && strcmp(o->values.model + length - 16, "last.safetensors") == 0;
        name_run(o->values.model, word);
        snprintf(
            text, HG_LACK,
            "the model has neither anomaly scores nor thresholds%s; \"hourglass train resume=%s "
            "steps=1\" ends it here and makes them in best.safetensors",
            is_last ? ", which best.safetensors has once training has ended"
                    : ": its training did not end",
            word);
        return;
    }
    hg__shell_word(o->values.model, word, sizeof word);
    snprintf(text, HG_LACK,
             "the model has no thresholds: no rows were held out (val=0); \"hourglass calibrate "
             "model=%s data=NORMAL\" makes them",
             word);
}

const hg__threshold_group *hg__judge_group(const hg__judge *j, int32_t i) {
    if (!j->thresholds.groups) return NULL;
    return j->group ? j->group[j->feed.side.group[j->first + i]] : &j->thresholds.group[0];
}

const char *hg__judge_group_name(const hg__judge *j, int32_t i) {
    const hg__side_columns *side = &j->feed.side;
    return side->group ? side->group_name[side->group[j->first + i]] : NULL;
}
