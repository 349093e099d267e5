// SPDX-License-Identifier: Apache-2.0
// calibrate_parts.c - new thresholds of pictures and of their pixels, from new good pictures of parts.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/system.h"
#include "base/text.h"
#include "jobs/judge_parts.h"

typedef struct calibration {
    const hg_options *o;
    const hg_listener *listener;
    hg_model *model;          // owned
    hg__pool *pool;           // owned
    hg__inspector *inspector; // owned
    hg__part_set set;
    float *score; // owned, (pictures); peaks and medians of maps behind
    float *peak, *median;
    int32_t count; // good ones
} calibration;

static void clear(calibration *c) {
    hg__part_set_clear(&c->set);
    hg__inspector_free(c->inspector);
    hg__pool_free(c->pool);
    hg_model_free(c->model);
    hg__free(c->score);
}

static int take_one(void *context, int32_t slot, int32_t i, hg__inspected *r, hg_error *err) {
    calibration *c = context;
    (void)i, (void)slot;
    HG_TRY(hg__map_median(&r->map, &r->seen, &c->median[c->count], err));
    c->score[c->count] = r->score;
    c->peak[c->count++] = r->peak;
    return HG_OK;
}

static void keep_good(hg__part_set *s) {
    int32_t kept = 0;
    for (int32_t i = 0; i < s->count; i++) {
        hg__part part = s->part[i];
        if (part.is_defect) {
            hg__part_clear(&part);
        } else {
            s->part[kept++] = part;
        }
    }
    s->count = kept;
}

static int no_good(const calibration *c, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s: expected good pictures%s, got none", c->o->values.data,
                    hg__inspector_has_pairs(c->inspector) ? " beside their templates" : "");
}

static int open_all(calibration *c, double *fpr, hg_error *err) {
    const struct hg__values *v = &c->o->values;
    HG_TRY(hg__asked_fpr(c->o, fpr, err));
    if (c->o->set[HG_OPTION_groupby]) {
        return hg__fail(err, HG_ERR_USAGE,
                        "groupby: expected a table, got a model of pictures of parts");
    }
    c->pool = hg__pool_new((int32_t)v->threads, err);
    if (!c->pool) return HG_ERR_MEMORY;
    c->inspector = hg__inspector_new(c->model, c->pool, (size_t)v->max_mem, v->model, err);
    if (!c->inspector) return (int)err->code;
    const hg__thresholds *old = hg__inspector_thresholds(c->inspector);
    if (!(*fpr > 0)) *fpr = old->groups ? old->fpr : v->fpr;
    HG_TRY(hg__judge_open(&c->set, c->o, hg__inspector_has_pairs(c->inspector), c->listener, err));
    if (c->set.defects) {
        hg__judge_note(c->listener, "%s: %d pictures with defects do not count", v->data,
                       c->set.defects);
        keep_good(&c->set);
    }
    if (c->set.count == 0) return no_good(c, err);
    c->score = hg__alloc((size_t)c->set.count, 3 * sizeof *c->score, err);
    c->peak = c->score + c->set.count;
    c->median = c->peak + c->set.count;
    return c->score ? HG_OK : HG_ERR_MEMORY;
}

static int judge(calibration *c, hg_error *err) {
    hg__judging j = {.set = &c->set,
                     .inspector = c->inspector,
                     .pool = c->pool,
                     .listener = c->listener,
                     .name = c->o->values.data,
                     .skips = strcmp(c->o->values.on_bad, "skip") == 0,
                     .memory = (size_t)c->o->values.max_mem / 4,
                     .each = take_one,
                     .context = c};
    return hg__judge_some(&j, err);
}

static char *format(const hg__threshold *at, double pixel, bool json, hg_error *err) {
    hg__text t = {0};
    char sentence[512];
    hg__threshold_describe(at, "pictures", sentence, sizeof sentence);
    if (json) {
        hg__json_writer w = {.to = &t};
        hg__json_begin(&w, NULL, '{');
        hg__json_add_integer(&w, "pictures", at->count);
        hg__json_add_real(&w, "fpr", 9, at->fpr);
        hg__json_add_real(&w, "threshold", 9, at->value);
        hg__json_add_real(&w, "pixel_threshold", 9, pixel);
        hg__json_add_boolean(&w, "guaranteed", at->method == HG_THRESHOLD_CONFORMAL);
        hg__json_add_integer(&w, "pictures_needed", at->least);
        hg__json_add_text(&w, "sentence", sentence);
        hg__json_end(&w, '}');
        hg__text_add(&t, "\n");
    } else {
        hg__text_add(&t, "pictures         %lld good\n", (long long)at->count);
        hg__text_add(&t, "threshold        %.6g\npixel threshold  %.6g\n", at->value, pixel);
        hg__text_add(&t, "%s\n", sentence);
    }
    return hg__text_take(&t, err);
}

static int run(calibration *c, hg_result *r, hg_error *err) {
    const struct hg__values *v = &c->o->values;
    hg__calibration score = {0}, peak = {0};
    hg__threshold at = {0}, pixel = {0};
    double fpr;
    HG_TRY(open_all(c, &fpr, err));
    HG_TRY(judge(c, err));
    int code = hg__calibration_init(&score, c->score, c->count, err);
    if (code == HG_OK) code = hg__calibration_init(&peak, c->peak, c->count, err);
    if (code == HG_OK) code = hg__calibration_threshold(&score, fpr, &at, err);
    if (code == HG_OK) code = hg__calibration_threshold(&peak, fpr, &pixel, err);
    hg__calibration_clear(&score);
    hg__calibration_clear(&peak);
    HG_TRY(code);
    const hg__inspected_good good = {c->score, c->peak, c->median, c->count};
    HG_TRY(hg__inspector_calibrate(c->model, &good, fpr, err));
    r->text = format(&at, pixel.value, r->json, err);
    if (!r->text) return HG_ERR_MEMORY;
    // The model last: nothing behind it can fail, so that it is the old one or told of.
    c->model->is_shared = v->share;
    hg__sweep_beside(v->model);
    return hg__model_save_over(c->model, v->model, err);
}

int hg__calibrate_parts(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                        hg_error *err) {
    calibration c = {.o = o, .listener = l, .model = m};
    const int code = run(&c, r, err);
    clear(&c);
    return code;
}
