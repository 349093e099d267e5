// SPDX-License-Identifier: Apache-2.0
// inspection.c - a model of parts opened as options say, and what it finds in a picture, in that picture's own pixels.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "jobs/feed.h"
#include "jobs/job.h"
#include "jobs/predict_parts.h"

void hg__inspection_note(const hg__inspection *j, const char *format, ...) {
    char line[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    hg__tell(j->l, line);
}

// ---- the model ----------------------------------------------------------------------------------

static int check_options(const hg_options *o, hg_error *err) {
    static const struct {
        int option;
        const char *name;
    } table[] = {
        {HG_OPTION_groupby, "groupby"},
        {HG_OPTION_top,     "top"    },
        {HG_OPTION_reasons, "reasons"},
        {HG_OPTION_keep,    "keep"   },
        {HG_OPTION_label,   "label"  },
        {HG_OPTION_ignore,  "ignore" },
        {HG_OPTION_query,   "query"  },
        {HG_OPTION_score,   "score"  },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!o->set[table[i].option]) continue;
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a model of a table, got one of parts",
                        table[i].name);
    }
    if (strcmp(o->values.on_bad, "score_missing") != 0) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "on_bad: expected stop or skip for pictures, got score_missing");
}

static int find_thresholds(hg__inspection *j, hg_error *err) {
    const hg__thresholds *t = hg__inspector_thresholds(j->inspector);
    double fpr;
    HG_TRY(hg__asked_fpr(j->o, &fpr, err));
    if (fpr > 0) HG_TRY(hg__inspector_ask(j->inspector, fpr, err));
    const double pixel = hg__inspector_pixel_threshold(j->inspector);
    j->has_thresholds = t->groups > 0;
    j->threshold = t->groups ? t->group[0].at.value : (double)NAN;
    j->pixel_threshold = isfinite(pixel) ? (float)pixel : INFINITY;
    j->background = hg__inspector_background(j->inspector);
    j->heat = hg__heat_of(isfinite(pixel) && pixel > 0 ? (float)pixel : 1);
    const char *in_vain = j->has_thresholds ? NULL : hg__threshold_option(j->o);
    if (!in_vain) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected a model with thresholds, got one for which no pictures were held "
                    "out; `hourglass calibrate` makes them",
                    in_vain);
}

int hg__inspection_open(hg__inspection *j, hg_model *m, const hg_options *o, const hg_listener *l,
                        hg_error *err) {
    const struct hg__values *v = &o->values;
    *j = (hg__inspection){.o = o, .l = l, .model = m, .max_mem = HG_PARTS_MEMORY};
    if (o->set[HG_OPTION_max_mem]) j->max_mem = (size_t)v->max_mem;
    int code = check_options(o, err);
    if (code == HG_OK) {
        j->pool = hg__pool_new((int32_t)v->threads, err);
        code = j->pool ? HG_OK : (int)err->code;
    }
    if (code == HG_OK) {
        j->inspector = hg__inspector_new(m, j->pool, j->max_mem - j->max_mem / 4, v->model, err);
        code = j->inspector ? HG_OK : (int)err->code;
    }
    if (code == HG_OK) code = find_thresholds(j, err);
    if (code < 0) hg__inspection_close(j);
    return code;
}

void hg__inspection_close(hg__inspection *j) {
    hg__inspector_free(j->inspector);
    hg__pool_free(j->pool);
    hg_model_free(j->model);
    *j = (hg__inspection){0};
}

double hg__inspection_p(const hg__inspection *j, double score) {
    if (!j->has_thresholds) return (double)NAN;
    return hg__calibration_p_bounded(hg__inspector_thresholds(j->inspector)->group[0].held, score);
}

double hg__inspection_region_p(const hg__inspection *j, float peak) {
    const hg__calibration *peaks = hg__inspector_peaks(j->inspector);
    return peaks->count ? hg__calibration_p_bounded(peaks, (double)peak) : (double)NAN;
}

bool hg__inspection_is_alarm(const hg__inspection *j, double score, double p) {
    if (!j->has_thresholds) return false;
    return j->by_fdr ? p <= j->limit : score > j->threshold;
}

// ---- what was found -----------------------------------------------------------------------------

void hg__found_clear(hg__found *f) {
    hg__regions_clear(&f->regions);
    hg__raster_clear(&f->map);
    *f = (hg__found){0};
}

// Of the cells, where those lie straight on the picture.
static hg__map_frame straight_frame(const hg__part_geometry *g, const hg__raster *map) {
    return (hg__map_frame){.left = g->crop.left,
                           .top = g->crop.top,
                           .across = (double)g->crop.width / map->width,
                           .down = (double)g->crop.height / map->height,
                           .width = g->width,
                           .height = g->height};
}

int hg__found_make(hg__found *f, const hg__inspection *j, const hg__inspected *r, bool wants_map,
                   hg_error *err) {
    const hg__part_geometry *g = &r->where;
    const hg__region_options o = {.threshold = j->pixel_threshold, .background = j->background};
    *f = (hg__found){0};
    if (wants_map || g->is_aligned) HG_TRY(hg__part_map_back(g, &r->map, &f->map, err));
    const hg__raster *map = g->is_aligned ? &f->map : &r->map;
    f->frame = g->is_aligned ? hg__map_frame_over(map->width, map->height, g->width, g->height)
                             : straight_frame(g, map);
    const int code = hg__regions_find(&f->regions, map, &o, err);
    if (code < 0) hg__found_clear(f);
    return code;
}

void hg__part_row_of(hg__part_row *row, const hg__inspection *j, const hg__inspected *r,
                     const hg__found *f) {
    row->score = (double)r->score;
    row->p_value = hg__inspection_p(j, (double)r->score);
    row->peak = r->peak;
    row->regions = f->regions.count;
    row->box = f->regions.count ? hg__region_box(&f->regions.at[0], &f->frame) : (hg__box){0};
}
