// SPDX-License-Identifier: Apache-2.0
// train_detector.c - a trained model of a table becomes a detector: references, usual sizes, thresholds.
#include "base/mem.h"
#include "base/show.h"
#include "detect/calibration.h"
#include "detect/table_detector.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "jobs/trainer.h"

// group (rows->count): that of each held-out row.
static void take_groups(const hg__rows *rows, const hg__side_columns *side, int32_t *group) {
    for (int64_t i = 0; i < rows->count; i++) group[i] = side->group[hg__rows_at(rows, i)];
}

static int asked_fpr(const hg__trainer *t, double *fpr, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    *fpr = v->fpr;
    if (!*v->alarms && !*v->rate) return HG_OK;
    return hg__alarms_fpr(v->alarms, v->rate, fpr, err);
}

// score (val_rows.count): of the held-out rows.
static int fit_thresholds(hg__trainer *t, const float *score, hg__json *detector, hg_error *err) {
    const hg__side_columns *side = t->val_data ? &t->val_side : &t->side;
    const int64_t count = t->val_rows.count;
    double fpr;
    hg__thresholds all = {0};
    HG_TRY(asked_fpr(t, &fpr, err));
    int32_t *group = hg__alloc((size_t)count, sizeof *group, err);
    if (!group) return HG_ERR_MEMORY;
    if (side->group) take_groups(&t->val_rows, side, group);
    const hg__held_out held = {score,
                               count,
                               side->group ? group : NULL,
                               side->group_name,
                               side->groups,
                               t->o.values.groupby};
    int code = hg__thresholds_fit(&all, &held, fpr, err);
    if (code == HG_OK) code = hg__thresholds_save(&all, t->model, detector, err);
    if (code == HG_OK && t->l->note) {
        char line[300];
        hg__threshold_describe(&all.group[0].at, "rows", line, sizeof line);
        hg__tell(t->l, line);
    }
    hg__thresholds_clear(&all);
    hg__free(group);
    return code;
}

int hg__fit_detector(hg__trainer *t, hg_error *err) {
    const size_t held = (size_t)t->val_rows.count;
    float *score = hg__alloc(held + 1, sizeof *score, err);
    if (!score) return HG_ERR_MEMORY;
    hg__json *detector = hg__json_object();
    int code =
        detector ? HG_OK : hg__fail(err, HG_ERR_MEMORY, "out of memory while fitting the detector");
    if (code == HG_OK) {
        code = hg__table_detector_fit(t->model, &t->rows, &t->val_rows,
                                      hg__references_find(t->o.values.references), score, detector,
                                      t->pool, err);
    }
    if (code == HG_OK && held) code = fit_thresholds(t, score, detector, err);
    hg__free(score);
    if (code < 0) {
        hg__json_free(detector);
        return code;
    }
    hg__model_set_detector(t->model, detector);
    return HG_OK;
}
