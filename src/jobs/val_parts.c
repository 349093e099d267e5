// SPDX-License-Identifier: Apache-2.0
// val_parts.c - how well a model of parts tells good pictures from defects, and where they are, beside what needs no network.
//
//   data= ──test split, or all──> map, score ─┬─> of pictures: AUROC, AP, F1; false alarms at the threshold
//     │                                       └─> masks ──> of cells: AUROC, AUPRO ...     masks, boxes ──> of regions
//     └──training split──> baselines (part_baselines.def) ──> the same of theirs
//
// Without a training split there are no baselines: good pictures that they learned from would look better than they are.
//
// A model that judges boards beside their templates has no good pictures where all of them have defects: a template beside itself
// differs from it less than any board does. There what lies away from a board's defects is judged as a good picture too.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "inspect/box_curve.h"
#include "inspect/part_baseline.h"
#include "inspect/regions.h"
#include "jobs/judge_parts.h"
#include "jobs/score_sheet.h"
#include "jobs/val_parts_sheet.h"
#include "jobs/val_parts_truth.h"

enum { METHODS = 16 };
static const double level = 0.95, least_overlap = 0.1; // of a region and a defect, to be the same

// The model, or a baseline.
typedef struct method {
    const char *name;
    const hg__part_baseline *baseline; // NULL: the model
    void *state;                       // owned: of the baseline
    float *score;                      // owned, (pictures, and as many rests)
    hg__map_tally *tally;              // owned
    hg__box_curve *curve;              // owned
} method;

typedef struct validation {
    const hg_options *o;
    const hg_listener *listener;
    hg_model *model;          // owned
    hg__pool *pool;           // owned
    hg__inspector *inspector; // owned
    hg__part_set set;
    hg__part_store *store; // owned: good pictures for the baselines
    int32_t stored;
    method method[METHODS];
    int32_t methods;
    uint8_t *label; // owned, as scores
    int64_t judged; // pictures with a label, and rests
    hg__box_tally boxes;
    int32_t *region; // owned, (cells): numbers of regions of the picture at hand
    size_t room;     // cells
    bool has_masks, has_boxes, taken_as_good;
    bool has_rests; // what lies away from defects stands for good pictures
    hg__score_sheet out;
    bool writes;
    hg__blocks blocks;
    hg__part_sheet sheet;
    char note[512];
} validation;

static void clear(validation *v) {
    for (int32_t k = 0; k < v->methods; k++) {
        method *m = &v->method[k];
        if (m->baseline) m->baseline->free(m->state);
        hg__free(m->score);
        hg__map_tally_free(m->tally);
        if (m->curve) hg__box_curve_clear(m->curve);
        hg__free(m->curve);
    }
    hg__score_sheet_abort(&v->out);
    hg__box_tally_clear(&v->boxes);
    hg__blocks_clear(&v->blocks);
    hg__part_store_free(v->store);
    hg__part_set_clear(&v->set);
    hg__inspector_free(v->inspector);
    hg__pool_free(v->pool);
    hg_model_free(v->model);
    hg__free(v->label);
    hg__free(v->region);
}

static bool skips(const validation *v) {
    return strcmp(v->o->values.on_bad, "skip") == 0;
}

// ---- what is asked for --------------------------------------------------------------------------

static int check_options(const hg_options *o, hg_error *err) {
    static const struct {
        int option;
        const char *name;
    } others[] = {
        {HG_OPTION_noise,   "noise"  },
        {HG_OPTION_label,   "label"  },
        {HG_OPTION_groupby, "groupby"},
    };
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        if (!o->set[others[k].option]) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model that takes it, got one of pictures of parts",
                        others[k].name);
    }
    return HG_OK;
}

static const hg__threshold *threshold_of(const validation *v) {
    const hg__thresholds *t = hg__inspector_thresholds(v->inspector);
    return t->groups ? &t->group[0].at : NULL;
}

static int open_inspector(validation *v, hg_error *err) {
    const struct hg__values *o = &v->o->values;
    double fpr;
    HG_TRY(check_options(v->o, err));
    HG_TRY(hg__asked_fpr(v->o, &fpr, err));
    if (*o->out && hg__is_folder(o->out)) {
        return hg__fail(err, HG_ERR_USAGE, "out: expected a file, got the folder %.200s", o->out);
    }
    v->pool = hg__pool_new((int32_t)o->threads, err);
    if (!v->pool) return HG_ERR_MEMORY;
    v->blocks.pool = v->pool;
    v->inspector = hg__inspector_new(v->model, v->pool, (size_t)o->max_mem, o->model, err);
    if (!v->inspector) return (int)err->code;
    return fpr > 0 ? hg__inspector_ask(v->inspector, fpr, err) : HG_OK;
}

static void look_at_set(validation *v) {
    const hg__part_set *s = &v->set;
    v->taken_as_good = s->unlabelled == s->count;
    for (int32_t i = 0; i < s->count; i++) {
        v->has_masks |= s->part[i].is_defect && (s->part[i].mask || s->part[i].outline);
        v->has_boxes |= s->part[i].boxes > 0;
    }
    v->has_rests =
        hg__inspector_has_pairs(v->inspector) && s->good == 0 && (v->has_masks || v->has_boxes);
}

// Room for one more way to judge; NULL without memory. Its state is b's to free in every case.
static method *add_method(validation *v, const char *name, const hg__part_baseline *b, void *state,
                          hg_error *err) {
    const double limit = b ? (double)NAN : hg__inspector_pixel_threshold(v->inspector);
    method *m = &v->method[v->methods++];
    *m = (method){.name = name, .baseline = b, .state = state};
    m->score = hg__alloc((size_t)v->set.count, 2 * sizeof *m->score, err);
    if (m->score) m->tally = hg__map_tally_new(limit, 0, err);
    if (m->tally) m->curve = hg__alloc(1, sizeof *m->curve, err);
    if (!m->curve) return NULL;
    hg__box_curve_init(m->curve, least_overlap, b ? NAN : hg__inspector_background(v->inspector));
    return m;
}

// ---- the baselines ------------------------------------------------------------------------------

static int store_one(void *context, int32_t slot, int32_t i, hg__inspected *r, hg_error *err) {
    validation *v = context;
    (void)slot, (void)i;
    HG_TRY(hg__part_store_put(v->store, v->stored, &r->picture, err));
    v->stored++;
    return HG_OK;
}

static int store_good(validation *v, const hg__part_set *train, hg_error *err) {
    hg__judging j = {.set = train,
                     .inspector = v->inspector,
                     .pool = v->pool,
                     .listener = v->listener,
                     .name = v->o->values.data,
                     .only_loads = true,
                     .skips = skips(v),
                     .memory = (size_t)v->o->values.max_mem / 4,
                     .each = store_one,
                     .context = v};
    v->store = hg__part_store_new(train->count, hg__inspector_view(v->inspector)->channels,
                                  (size_t)v->o->values.max_mem, err);
    return v->store ? hg__judge_parts(&j, err) : (int)err->code;
}

// A failure that is the pictures' ends a baseline, not the measuring.
static bool goes_on(validation *v, const char *name, int code, const hg_error *why) {
    if (code == HG_ERR_MEMORY || code == HG_ERR_STOPPED) return false;
    hg__judge_note(v->listener, "baseline %s is left out: %s", name, why->message);
    return true;
}

static int fit_all(validation *v, hg_error *err) {
    size_t count;
    const hg__part_baseline *const *list = hg__part_baselines(&count);
    int32_t *number = hg__alloc((size_t)v->stored, sizeof *number, err);
    if (!number) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < v->stored; i++) number[i] = i;
    const hg__part_store_some all = {v->store, number};
    hg__raster_source good = hg__part_store_source(&all, v->stored);
    good.name = "training pictures";
    int code = HG_OK;
    for (size_t k = 0; code == HG_OK && k < count && v->methods < METHODS; k++) {
        hg_error why = {0};
        void *state = list[k]->fit(&good, (uint64_t)v->o->values.seed, (size_t)v->o->values.max_mem,
                                   v->pool, &why);
        if (state) {
            code = add_method(v, list[k]->name, list[k], state, err) ? HG_OK : HG_ERR_MEMORY;
        } else if (!goes_on(v, list[k]->name, (int)why.code, &why)) {
            *err = why;
            code = (int)why.code;
        }
    }
    hg__free(number);
    return code;
}

static int fit_baselines(validation *v, hg_error *err) {
    hg__part_set train;
    hg_error why = {0};
    const struct hg__values *o = &v->o->values;
    const hg__part_options how = hg__parts_asked(v->o, HG_PARTS_TRAIN);
    const bool has_both = (v->set.good || v->has_rests) && v->set.defects;
    if (!o->baselines || !has_both) return HG_OK;
    int code = hg__part_set_open(&train, o->data, &how, &why);
    if (code == HG_ERR_MEMORY) {
        *err = why;
        return code;
    }
    if (code < 0 || train.part[0].split != HG_SPLIT_TRAIN) {
        snprintf(v->note, sizeof v->note,
                 "no baselines: they need a training split in data=, and there is none");
        hg__part_set_clear(&train);
        return HG_OK;
    }
    code = store_good(v, &train, err);
    hg__part_set_clear(&train);
    if (code == HG_OK) code = fit_all(v, err);
    hg__part_store_free(v->store);
    v->store = NULL;
    return code;
}

// ---- one picture --------------------------------------------------------------------------------

// Masks that cannot be used leave a picture out of what is measured by them, where on_bad=skip says so.
static int load_truth(validation *v, int32_t i, const hg__inspected *r, hg__part_known *t,
                      hg_error *err) {
    hg_error why = {0};
    const int code = hg__part_known_load(t, &v->set, i, v->has_masks, r, &why);
    if (code < 0 && code != HG_ERR_MEMORY && skips(v)) {
        hg__judge_note(v->listener, "left out of what is measured by masks (on_bad=skip): %s",
                       why.message);
        v->sheet.without_mask++;
        return HG_OK;
    }
    if (code < 0) *err = why;
    v->sheet.unseen += code == HG_OK && v->has_masks && !t->is_known;
    return code;
}

static float region_low(const validation *v) {
    return hg__region_low(hg__inspector_background(v->inspector),
                          (float)hg__inspector_pixel_threshold(v->inspector));
}

static int add_regions(validation *v, const hg__raster *map, const hg__part_known *t,
                       bool is_defect, hg_error *err) {
    const double limit = hg__inspector_pixel_threshold(v->inspector);
    const hg__defects d = {t->is_known ? &t->mask : NULL, t->box, t->boxes};
    const size_t cells = hg__raster_count(map);
    const hg__region_options o = {.threshold = (float)limit,
                                  .background = hg__inspector_background(v->inspector)};
    hg__regions found;
    if (isnan(limit) || (is_defect && !t->is_known && t->boxes == 0)) return HG_OK;
    if (cells > v->room) {
        hg__free(v->region);
        v->room = 0;
        v->region = hg__alloc(cells, sizeof *v->region, err);
        if (!v->region) return HG_ERR_MEMORY;
        v->room = cells;
    }
    HG_TRY(hg__regions_find(&found, map, &o, err));
    const int32_t regions = found.count;
    hg__regions_label(&found, v->region);
    hg__regions_clear(&found);
    return hg__box_tally_add(&v->boxes, v->region, map->height, map->width, regions,
                             is_defect ? &d : NULL, NULL, err);
}

// Rests are no pictures of their own here: their false regions are counted where their defects are.
static int add_to_curve(const validation *v, method *m, const hg__raster *map,
                        const hg__inspected *r, const hg__part_known *t, bool is_defect,
                        hg_error *err) {
    const hg__defects d = {t->is_known ? &t->mask : NULL, t->box, t->boxes};
    const bool is_measured = is_defect ? t->is_known || t->boxes > 0 : !v->has_rests;
    if (!(v->has_masks || v->has_boxes) || !is_measured) return HG_OK;
    return hg__box_curve_add(m->curve, map, &r->seen, is_defect ? &d : NULL, err);
}

// What baseline k says of the picture; one that cannot is no longer asked.
static int judge_baseline(validation *v, method *m, const hg__inspected *r, const hg__part_known *t,
                          bool is_defect, hg_error *err) {
    hg__raster map;
    hg_error why = {0};
    if (!m->state) return HG_OK;
    const int code = hg__part_baseline_judge(m->baseline, m->state, r, &map, &m->score[v->judged],
                                             &v->blocks, &why);
    if (code < 0 && goes_on(v, m->name, code, &why)) {
        m->baseline->free(m->state);
        m->state = NULL;
        return HG_OK;
    }
    if (code < 0) {
        *err = why;
        return code;
    }
    int added = HG_OK;
    if (v->has_masks && (!is_defect || t->is_known) && hg__part_sees_any(r)) {
        added = hg__map_tally_add(m->tally, &map, is_defect ? &t->mask : NULL, &r->seen, err);
    }
    if (added == HG_OK) added = add_to_curve(v, m, &map, r, t, is_defect, err);
    hg__raster_clear(&map);
    return added;
}

static int measure(validation *v, const hg__inspected *r, const hg__part_known *t, bool is_defect,
                   hg_error *err) {
    int code = HG_OK;
    if ((!is_defect || t->is_known) && hg__part_sees_any(r)) {
        code = hg__map_tally_add(v->method[0].tally, &r->map, is_defect ? &t->mask : NULL, &r->seen,
                                 err);
    }
    if (code == HG_OK) code = add_to_curve(v, &v->method[0], &r->map, r, t, is_defect, err);
    for (int32_t k = 1; code == HG_OK && k < v->methods; k++) {
        code = judge_baseline(v, &v->method[k], r, t, is_defect, err);
    }
    v->method[0].score[v->judged] = r->score;
    v->label[v->judged++] = is_defect;
    return code;
}

// What lies away from the defects of a picture that was judged, as a picture of its own.
static int measure_rest(validation *v, hg__inspected *r, const hg__part_known *t, hg_error *err) {
    const hg__part_known none = {0};
    const hg__raster own = r->seen;
    hg__raster rest;
    HG_TRY(hg__part_known_rest(t, r, &rest, err));
    r->seen = rest;
    int code = HG_OK;
    if (hg__part_sees_any(r)) {
        code = hg__map_score(&r->map, &rest, hg__inspector_share(v->inspector), &r->score, &r->peak,
                             err);
        if (code == HG_OK) code = measure(v, r, &none, false, err);
    }
    r->seen = own;
    hg__raster_clear(&rest);
    return code;
}

static int measure_one(validation *v, int32_t i, hg__inspected *r, hg_error *err) {
    const bool is_defect = v->set.part[i].is_defect;
    hg__part_known t = {0};
    int code = is_defect ? load_truth(v, i, r, &t, err) : HG_OK;
    if (code == HG_OK) code = add_regions(v, &r->map, &t, is_defect, err);
    if (code == HG_OK) code = measure(v, r, &t, is_defect, err);
    if (code == HG_OK && v->has_rests && (t.is_known || t.boxes)) {
        code = measure_rest(v, r, &t, err);
    }
    hg__part_known_clear(&t);
    return code;
}

// ---- a line a picture ---------------------------------------------------------------------------

static const hg__out_column columns[] = {
    {"file",    HG_OUT_TEXT   },
    {"kind",    HG_OUT_TEXT   },
    {"defect",  HG_OUT_INTEGER},
    {"score",   HG_OUT_NUMBER },
    {"peak",    HG_OUT_NUMBER },
    {"p_value", HG_OUT_NUMBER },
    {"alarm",   HG_OUT_INTEGER},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static hg__cell number(double x) {
    return (hg__cell){.kind = HG_CELL_NUMBER, .number = x};
}

static hg__cell text(const char *t) {
    return (hg__cell){.kind = HG_CELL_TEXT, .text = t, .size = (int32_t)strlen(t)};
}

static int write_line(validation *v, const hg__part *p, const hg__inspected *r, hg_error *err) {
    const hg__thresholds *t = hg__inspector_thresholds(v->inspector);
    const double score = (double)r->score;
    hg__cell cell[COLUMNS] = {text(p->path), text(p->kind)}; // the rest: missing
    if (p->has_label) cell[2] = number(p->is_defect);
    cell[3] = number(score);
    cell[4] = number((double)r->peak);
    if (t->groups) {
        cell[5] = number(hg__calibration_p_bounded(t->group[0].held, score));
        cell[6] = number(score > t->group[0].at.value);
    }
    return hg__score_sheet_add(&v->out, cell, err);
}

static int take_one(void *context, int32_t slot, int32_t i, hg__inspected *r, hg_error *err) {
    validation *v = context;
    (void)slot;
    const hg__part *p = &v->set.part[i];
    if (v->writes) HG_TRY(write_line(v, p, r, err));
    return p->has_label || v->taken_as_good ? measure_one(v, i, r, err) : HG_OK;
}

// ---- all ----------------------------------------------------------------------------------------

static int judge_all(validation *v, hg_error *err) {
    hg__judging j = {.set = &v->set,
                     .inspector = v->inspector,
                     .pool = v->pool,
                     .listener = v->listener,
                     .name = v->o->values.data,
                     .skips = skips(v),
                     .memory = (size_t)v->o->values.max_mem / 4,
                     .each = take_one,
                     .context = v};
    HG_TRY(hg__judge_some(&j, err));
    if (v->judged > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures with a label, got none",
                    v->o->values.data);
}

// With one label only what can be counted at the threshold.
static int image_figures(const validation *v, const method *m, hg__part_figures *f, hg_error *err) {
    const hg__threshold *at = m->baseline ? NULL : threshold_of(v);
    const hg__metrics_options how = {.threshold = at ? at->value : (double)NAN,
                                     .level = level,
                                     .resamples = (int32_t)v->o->values.resamples,
                                     .seed = (uint64_t)v->o->values.seed};
    const bool has_both = memchr(v->label, 0, (size_t)v->judged) != NULL &&
                          memchr(v->label, 1, (size_t)v->judged) != NULL;
    HG_TRY((has_both ? hg__metrics_of : hg__metrics_at)(m->score, v->label, v->judged, &how,
                                                        &f->image, err));
    if (!has_both) { // all alarms are right, or none
        f->image.precision = (hg__interval){(double)NAN, (double)NAN, (double)NAN};
    }
    const double p = f->image.precision.value, r = f->image.recall.value;
    f->f1 = p + r > 0 ? 2 * p * r / (p + r) : p + r; // NaN stays one
    return HG_OK;
}

static int figures_of(validation *v, const method *m, hg__part_figures *f, hg_error *err) {
    const struct hg__values *o = &v->o->values;
    const hg__map_metrics_options how = {level, (int32_t)o->resamples, (uint64_t)o->seed};
    *f = (hg__part_figures){.name = m->name};
    HG_TRY(image_figures(v, m, f, err));
    HG_TRY(hg__map_tally_finish(m->tally, &how, &f->map, err));
    f->has_map = true;
    f->hit = hg__box_curve_hit(m->curve, 1);
    f->has_box = !m->baseline && v->boxes.pictures > 0 && (v->has_masks || v->has_boxes);
    if (!f->has_box) return HG_OK;
    return hg__box_tally_finish(&v->boxes, level, how.resamples, how.seed, &f->box, err);
}

static int format(validation *v, hg_result *r, hg_error *err) {
    hg__part_figures *f = hg__alloc(METHODS, sizeof *f, err);
    hg__part_sheet *s = &v->sheet;
    int code = f ? HG_OK : HG_ERR_MEMORY;
    for (int32_t k = 0; code == HG_OK && k < v->methods; k++) {
        if (k > 0 && !v->method[k].state) continue;
        code = figures_of(v, &v->method[k], &f[s->methods++], err);
    }
    if (code == HG_OK) {
        s->of = f;
        s->unlabelled = v->set.unlabelled;
        s->taken_as_good = v->taken_as_good;
        s->has_rests = v->has_rests;
        s->at = threshold_of(v);
        s->pixel_threshold = hg__inspector_pixel_threshold(v->inspector);
        s->region_low = (double)region_low(v);
        s->note = v->note;
        r->text = hg__part_sheet_format(s, r->json, err);
        if (!r->text) code = HG_ERR_MEMORY;
    }
    hg__free(f);
    return code;
}

static int run(validation *v, hg_result *r, hg_error *err) {
    const struct hg__values *o = &v->o->values;
    const hg__sheet_target to = {.out = o->out, .format = "auto", .table = o->table};
    HG_TRY(open_inspector(v, err));
    HG_TRY(hg__judge_open(&v->set, v->o, hg__inspector_has_pairs(v->inspector), v->listener, err));
    look_at_set(v);
    hg__box_tally_init(&v->boxes, least_overlap);
    v->label = hg__alloc((size_t)v->set.count, 2 * sizeof *v->label, err);
    if (!v->label || !add_method(v, "model", NULL, NULL, err)) return HG_ERR_MEMORY;
    HG_TRY(fit_baselines(v, err));
    if (*o->out) {
        HG_TRY(hg__score_sheet_open(&v->out, &to, columns, COLUMNS, err));
        v->writes = true;
    }
    HG_TRY(judge_all(v, err));
    HG_TRY(format(v, r, err));
    return v->writes ? hg__score_sheet_commit(&v->out, err) : HG_OK;
}

int hg__val_parts(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                  hg_error *err) {
    validation *v = hg__alloc(1, sizeof *v, err);
    if (!v) {
        hg_model_free(m);
        return HG_ERR_MEMORY;
    }
    v->o = o;
    v->listener = l;
    v->model = m;
    const int code = run(v, r, err);
    clear(v);
    hg__free(v);
    return code;
}
