// SPDX-License-Identifier: Apache-2.0
// detect.c - a trained model of a table becomes a detector: references, usual sizes, thresholds.
#include "base/mem.h"
#include "detect/alarms.h"
#include "detect/detector.h"
#include "detect/thresholds.h"
#include "train/folder.h"
#include "train/trainer.h"

enum { BLOCK = 4096 };

// score (rows->count) of held-out rows, and group (same) of each where they have groups.
static int score_held(hg__trainer *t, hg__detector *d, float *score, int32_t *group,
                      hg_error *err) {
    const hg__rows *rows = &t->val_rows;
    const hg__side_columns *side = t->val_data ? &t->val_side : &t->side;
    const int32_t width = rows->data->width;
    float *x = hg__alloc((size_t)BLOCK * (size_t)width, sizeof *x, err);
    int code = x ? HG_OK : HG_ERR_MEMORY;
    for (int64_t from = 0; code == HG_OK && from < rows->count; from += BLOCK) {
        const int64_t n = rows->count - from < BLOCK ? rows->count - from : BLOCK;
        for (int64_t i = 0; code == HG_OK && i < n; i++) {
            const int64_t row = hg__rows_at(rows, from + i);
            if (side->group) group[from + i] = side->group[row];
            code = hg__data_row(rows->data, row, x + i * width, err);
        }
        if (code == HG_OK) code = hg__detector_score(d, x, n, score + from, NULL, err);
    }
    hg__free(x);
    return code;
}

static int asked_fpr(const hg__trainer *t, double *fpr, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    *fpr = v->fpr;
    if (!*v->alarms && !*v->rate) return HG_OK;
    return hg__alarms_fpr(v->alarms, v->rate, fpr, err);
}

static int fit_thresholds(hg__trainer *t, hg_model *best, json_t *detector, hg_error *err) {
    const hg__side_columns *side = t->val_data ? &t->val_side : &t->side;
    const size_t count = (size_t)t->val_rows.count;
    double fpr;
    hg__thresholds all = {0};
    HG_TRY(asked_fpr(t, &fpr, err));
    hg__detector *d = hg__detector_new(best, t->pool, t->folder, err);
    float *score = d ? hg__alloc(count, sizeof *score, err) : NULL;
    int32_t *group = score ? hg__alloc(count, sizeof *group, err) : NULL;
    int code = group ? score_held(t, d, score, group, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        const hg__held_out held = {
            score,        (int64_t)count,     side->group ? group : NULL, side->group_name,
            side->groups, t->o.values.groupby};
        code = hg__thresholds_fit(&all, &held, fpr, err);
    }
    if (code == HG_OK) code = hg__thresholds_save(&all, best, detector, err);
    if (code == HG_OK && t->l->note) {
        char line[300];
        hg__threshold_describe(&all.group[0].at, line, sizeof line);
        t->l->note(t->l->context, line);
    }
    hg__thresholds_clear(&all);
    hg__free(group);
    hg__free(score);
    hg__detector_free(d);
    return code;
}

int hg__fit_detector(hg__trainer *t, hg_model *best, hg_error *err) {
    char path[1024];
    json_t *detector = json_object();
    if (!detector) return hg__fail(err, HG_ERR_MEMORY, "out of memory while fitting the detector");
    int code = hg__detector_fit(best, &t->rows, &t->val_rows, detector, t->pool, err);
    if (code == HG_OK && t->val_rows.count) code = fit_thresholds(t, best, detector, err);
    if (code < 0) {
        json_decref(detector);
        return code;
    }
    HG_TRY(hg__model_attach(best, "detector", detector, err));
    HG_TRY(hg__folder_weights(t->folder, "best", path, err));
    return hg__model_save(best, path, NULL, err);
}
