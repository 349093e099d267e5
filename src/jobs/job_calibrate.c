// SPDX-License-Identifier: Apache-2.0
// job_calibrate.c - new thresholds from new normal rows, without training.
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/system.h"
#include "base/text.h"
#include "detect/table_model.h"
#include "jobs/feed.h"
#include "jobs/job.h"
#include "jobs/judge_parts.h"
#include "schema/schema.h"

static void write_lines(hg__text *t, const hg__thresholds *all) {
    hg__thresholds_write(all, "rows", "", t);
}

static void write_json(hg__text *t, const hg__thresholds *all) {
    if (all->groups == 0) return; // there is always that of all rows
    const hg__threshold *at = &all->group[0].at;
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "rows", at->count);
    hg__json_add_real(&w, "fpr", 9, at->fpr);
    hg__json_add_real(&w, "threshold", 9, at->value);
    hg__json_add_boolean(&w, "guaranteed", at->method == HG_THRESHOLD_CONFORMAL);
    hg__json_add_integer(&w, "rows_needed", at->least);
    hg__json_add_integer(&w, "groups", all->groups - 1);
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

// score, group (rows): of normal rows only.
static int64_t take_normal(const hg__scored_rows *r, float *score, int32_t *group, int64_t n) {
    const hg__side_columns *side = &r->feed.side;
    for (int32_t i = 0; i < r->scorer.count; i++) {
        const int64_t row = r->first + i;
        if (side->label && side->label[row]) continue;
        if (side->group) group[n] = side->group[row];
        score[n++] = r->scorer.score[i];
    }
    return n;
}

static int fit(hg__scored_rows *r, hg__thresholds *fresh, const char *column, double fpr,
               hg_error *err) {
    const size_t rows = (size_t)r->feed.data->source.rows;
    const hg__side_columns *side = &r->feed.side;
    float *score = hg__alloc(rows, sizeof *score, err);
    int32_t *group = score ? hg__alloc(rows, sizeof *group, err) : NULL;
    int more = group ? HG_OK : HG_ERR_MEMORY;
    int64_t n = 0;
    while (group && (more = hg__scored_rows_next(r, err)) > 0) n = take_normal(r, score, group, n);
    if (more == HG_OK && n == 0) {
        more = hg__fail(err, HG_ERR_DATA, "%s: expected normal rows, got none", r->feed.data->path);
    }
    if (more == HG_OK) {
        const hg__held_out held = {
            score, n, side->group ? group : NULL, side->group_name, side->groups, column};
        more = hg__thresholds_fit(fresh, &held, fpr, err);
    }
    hg__free(score);
    hg__free(group);
    return more;
}

// A run that is under way would write over the new thresholds, or they over its better weights.
static int check_folder(const char *model, hg_error *err) {
    static const char inside[] = "weights/";
    enum { LENGTH = sizeof inside - 1 };
    char folder[1024];
    const char *slash = strrchr(model, '/');
    const size_t length = slash ? (size_t)(slash + 1 - model) : 0, before = length - LENGTH;
    if (length < LENGTH || length >= sizeof folder) return HG_OK;
    if (strncmp(model + before, inside, LENGTH) != 0) return HG_OK;
    if (before > 0 && model[before - 1] != '/') return HG_OK;
    snprintf(folder, sizeof folder, "%.*s", before ? (int)before : 1, before ? model : ".");
    return hg__lock_check(folder, err);
}

// The model's "detector" with the new thresholds in place of the old ones, and the file written anew.
static int save(const hg__scored_rows *r, const hg__thresholds *fresh, const struct hg__values *v,
                hg_error *err) {
    hg_model *m = r->feed.model;
    HG_TRY(check_folder(v->model, err));
    m->is_shared = v->share;
    hg__json *detector = hg__json_copy(hg__model_detector(m));
    if (!detector) return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping thresholds");
    const int code = hg__thresholds_save(fresh, m, detector, err);
    if (code < 0) {
        hg__json_free(detector);
        return code;
    }
    hg__model_set_detector(m, detector);
    hg__sweep_beside(v->model);
    return hg__model_save_over(m, v->model, err);
}

static int calibrate(hg__scored_rows *r, const hg_options *o, hg__thresholds *fresh,
                     hg_error *err) {
    const struct hg__values *v = &o->values;
    double fpr;
    if (!r->scorer.detector && strcmp(v->score, "error") == 0) {
        return hg__fail(err, HG_ERR_USAGE, "score: expected auto, which has thresholds, got error");
    }
    if (!r->scorer.detector) {
        char lack[HG_LACK];
        hg__scored_rows_lack(r, o, lack);
        return hg__fail(err, HG_ERR_MODEL, "%.100s: expected anomaly scores to calibrate: %s",
                        v->model, lack);
    }
    HG_TRY(hg__asked_fpr(o, &fpr, err));
    if (!(fpr > 0)) fpr = r->scorer.thresholds.groups ? r->scorer.thresholds.fpr : v->fpr;
    return fit(r, fresh, hg__feed_group_column(&r->feed, o), fpr, err);
}

int hg__job_calibrate(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    hg__scored_rows in;
    hg__thresholds fresh = {0};
    hg__text t = {0};
    if (hg__is_stream(o->values.model)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model file, which is written anew, got a stream",
                        o->values.model);
    }
    hg_model *m = hg_model_load(o->values.model, err);
    if (!m) return (int)err->code;
    if (hg__is_part_model(m)) {
        const int is_free = check_folder(o->values.model, err);
        if (is_free == HG_OK) return hg__calibrate_parts(m, o, l, r, err);
        hg_model_free(m);
        return is_free;
    }
    HG_TRY(hg__scored_rows_open(&in, m, o, false, false, l, err));
    int code = calibrate(&in, o, &fresh, err);
    if (code == HG_OK) {
        (r->json ? write_json : write_lines)(&t, &fresh);
        r->text = hg__text_take(&t, err);
        if (!r->text) code = HG_ERR_MEMORY;
    }
    // The model last: nothing behind it can fail, so that it is the old one or told of.
    if (code == HG_OK) code = save(&in, &fresh, &o->values, err);
    hg__thresholds_clear(&fresh);
    hg__scored_rows_close(&in);
    return code;
}
