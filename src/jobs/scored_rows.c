// SPDX-License-Identifier: Apache-2.0
// scored_rows.c - a table's rows scored with a model, batch by batch, as options say.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "detect/calibration.h"
#include "detect/table_model.h"
#include "jobs/feed.h"
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

// The threshold of each group of the rows.
static int find_groups(hg__scored_rows *r, hg_error *err) {
    const hg__side_columns *side = &r->feed.side;
    if (!side->group || !r->scorer.thresholds.groups) return HG_OK;
    r->group = hg__alloc((size_t)side->groups, sizeof(void *), err);
    if (!r->group) return HG_ERR_MEMORY;
    for (int32_t g = 0; g < side->groups; g++) {
        r->group[g] = hg__row_scorer_group(&r->scorer, side->group_name[g]);
    }
    return HG_OK;
}

static int open_rows(hg__scored_rows *r, hg_model *m, const hg_options *o, bool wants_shares,
                     bool wants_table, const hg_listener *l, hg_error *err) {
    HG_TRY(hg__feed_open(&r->feed, m, o, HG_ERRORS, l, err));
    if (!wants_table) hg__feed_close_table(&r->feed);
    const hg__feed *f = &r->feed;
    if (!hg__model_schema(m)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a model of a table, got one of rows of numbers",
                        o->values.model);
    }
    hg__row_scorer_options how = {.by_error = strcmp(o->values.score, "error") == 0,
                                  .plan = f->plan};
    HG_TRY(hg__asked_fpr(o, &how.fpr, err));
    HG_TRY(hg__row_scorer_init(&r->scorer, m, &how, f->pool, o->values.model, err));
    HG_TRY(find_groups(r, err));
    return hg__row_scorer_make_room(&r->scorer, f->batch, wants_shares, err);
}

int hg__scored_rows_open(hg__scored_rows *r, hg_model *m, const hg_options *o, bool wants_shares,
                         bool wants_table, const hg_listener *l, hg_error *err) {
    *r = (hg__scored_rows){0};
    const int code = open_rows(r, m, o, wants_shares, wants_table, l, err);
    if (code < 0) hg__scored_rows_close(r);
    return code;
}

void hg__scored_rows_close(hg__scored_rows *r) {
    hg__row_scorer_clear(&r->scorer);
    hg__feed_close(&r->feed);
    hg__free(r->group);
    *r = (hg__scored_rows){0};
}

void hg__scored_rows_restart(hg__scored_rows *r) {
    hg__feed_restart(&r->feed);
}

int hg__scored_rows_next(hg__scored_rows *r, hg_error *err) {
    hg__input in;
    const int more = hg__feed_next(&r->feed, &in, err);
    if (more <= 0) return more;
    r->first = r->feed.now.first;
    HG_TRY(hg__row_scorer_run(&r->scorer, &in, err));
    return more;
}

// The results folder that a model file lies in, as a word of a command; RUN where it lies elsewhere.
static void name_run(const char *model, char quoted[160]) {
    char folder[160];
    const char *at = strstr(model, "/weights/");
    snprintf(folder, sizeof folder, "%.*s", at ? (int)(at - model) : 3, at ? model : "RUN");
    hg__shell_word(folder, quoted, 160);
}

void hg__scored_rows_lack(const hg__scored_rows *r, const hg_options *o, char text[HG_LACK]) {
    char word[160];
    text[0] = '\0';
    if (r->scorer.thresholds.groups || strcmp(o->values.score, "error") == 0) return;
    if (!r->scorer.detector) {
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

const hg__threshold_group *hg__scored_rows_group(const hg__scored_rows *r, int32_t i) {
    return r->group ? r->group[r->feed.side.group[r->first + i]]
                    : hg__row_scorer_group(&r->scorer, NULL);
}

const char *hg__scored_rows_group_name(const hg__scored_rows *r, int32_t i) {
    const hg__side_columns *side = &r->feed.side;
    return side->group ? side->group_name[side->group[r->first + i]] : NULL;
}
