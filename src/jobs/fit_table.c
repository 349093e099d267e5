// SPDX-License-Identifier: Apache-2.0
// fit_table.c - hg_fit_table(): training on a table in memory: no file is read but a pretrained model's, and none is written.
#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "jobs/job.h"
#include "jobs/trainer.h"
#include "table/arrow.h"

// What names files, or asks a database.
static const char *const refused[] = {"data",   "resume", "target",      "query",
                                      "table",  "header", "tensorboard", "mlflow",
                                      "window", "frames", "resample"};

static int check_options(const hg_options *o, hg_error *err) {
    double fraction;
    if (strcmp(o->job->name, "train") != 0) {
        return hg__fail(err, HG_ERR_USAGE, "hg_fit_table: expected options of train, got %s",
                        o->job->name);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (!hg_options_is_set(o, refused[i])) continue;
        return hg__fail(err, HG_ERR_USAGE, "%s: expected none of it beside a table in memory",
                        refused[i]);
    }
    if (strcmp(o->values.prepare, "none") == 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "prepare: expected table for a table in memory, got none; hg_fit() takes "
                        "numbers as they are");
    }
    if (!hg__parse_float(o->values.val, &fraction)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "val: expected a fraction for a table in memory, got '%.200s'",
                        o->values.val);
    }
    return hg__options_check_given(o, err);
}

static int fit_table(const hg_options *o, const hg_table *table, const hg_listener *l,
                     hg_result *result, hg_model **model, hg_error *err) {
    HG_JOB_ENTRY(l, err);
    HG_TRY(hg__result_check(result, err));
    HG_TRY(check_options(o, err));
    hg_result own = hg__result_unset(false);
    hg__table *rows = hg__table_of_arrow(table, err);
    hg__trainer *t = rows ? hg__alloc(1, sizeof *t, err) : NULL;
    int code = HG_ERR_MEMORY;
    if (t) {
        t->o = *o;
        t->l = l;
        t->given = rows;
        code = hg__trainer_fit(t, &own, err);
        if (code == HG_OK) {
            *model = t->model;
            t->model = NULL;
        }
        hg__trainer_clear(t);
    }
    hg__free(t);
    hg__table_close(rows);
    hg__result_hand_over(&own, result);
    return code;
}

hg_model *hg_fit_table(const hg_options *o, const hg_table *t, const hg_listener *l,
                       hg_result *result, hg_error *err) {
    HG_ENTRY;
    hg_error why = {0};
    hg_model *model = NULL;
    (void)fit_table(o, t, l, result, &model, err ? err : &why);
    return model;
}
