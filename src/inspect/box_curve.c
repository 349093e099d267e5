// SPDX-License-Identifier: Apache-2.0
// box_curve.c - regions of maps at many thresholds beside the defects.
#include "inspect/box_curve.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

void hg__box_curve_init(hg__box_curve *c, double least_overlap) {
    *c = (hg__box_curve){0};
    for (int32_t k = 0; k < HG_BOX_STEPS; k++) hg__box_tally_init(&c->tally[k], least_overlap);
}

void hg__box_curve_clear(hg__box_curve *c) {
    for (int32_t k = 0; k < HG_BOX_STEPS; k++) hg__box_tally_clear(&c->tally[k]);
    hg__free(c->label);
    *c = (hg__box_curve){0};
}

static int falling(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static void add_threshold(hg__box_curve *c, float x) {
    const bool is_new = c->steps == 0 || x < c->threshold[c->steps - 1];
    if (is_new && c->steps < HG_BOX_STEPS) c->threshold[c->steps++] = x;
}

// value (count) falling: a region is above a threshold, so that the lowest hides what is at most as high.
static void pick_thresholds(hg__box_curve *c, const float *value, size_t count) {
    const size_t last = count / 16;
    const float range = value[0] - value[last];
    float step = 8 * range; // 2^(HG_BOX_ABOVE / 2) of the lowest step above
    for (int32_t k = 0; k < HG_BOX_ABOVE; k++) {
        add_threshold(c, value[0] + step);
        step *= 0.70710678F;
    }
    double rank = 1;
    for (int32_t k = 0; k < HG_BOX_RANKS && rank <= (double)last + 1; k++) {
        add_threshold(c, value[(size_t)rank - 1]);
        rank *= 1.4142135623730951;
    }
}

static int find_thresholds(hg__box_curve *c, const hg__raster *map, const hg__raster *seen,
                           hg_error *err) {
    const size_t cells = hg__raster_count(map);
    size_t count = 0;
    float *value = hg__alloc(cells, sizeof *value, err);
    if (!value) return HG_ERR_MEMORY;
    for (size_t i = 0; i < cells; i++) {
        if (!seen || !seen->at || seen->at[i] > 0) value[count++] = map->at[i];
    }
    qsort(value, count, sizeof *value, falling);
    if (count) pick_thresholds(c, value, count);
    hg__free(value);
    return HG_OK;
}

static int reserve(hg__box_curve *c, size_t cells, hg_error *err) {
    if (cells <= c->room) return HG_OK;
    hg__free(c->label);
    c->room = 0;
    c->label = hg__alloc(cells, sizeof *c->label, err);
    if (!c->label) return HG_ERR_MEMORY;
    c->room = cells;
    return HG_OK;
}

int hg__box_curve_add(hg__box_curve *c, const hg__raster *map, const hg__raster *seen,
                      const hg__defects *defects, hg_error *err) {
    const size_t cells = hg__raster_count(map);
    hg__raster above;
    if (c->steps == 0) HG_TRY(find_thresholds(c, map, seen, err));
    HG_TRY(reserve(c, cells, err));
    HG_TRY(hg__raster_init(&above, map->height, map->width, 1, err));
    int code = HG_OK;
    for (int32_t k = 0; code == HG_OK && k < c->steps; k++) {
        for (size_t i = 0; i < cells; i++) {
            const bool is_seen = !seen || !seen->at || seen->at[i] > 0;
            above.at[i] = is_seen && map->at[i] > c->threshold[k] ? 1 : 0;
        }
        const int32_t regions = hg__mask_regions(&above, c->label);
        code = hg__box_tally_add(&c->tally[k], c->label, map->height, map->width, regions, defects,
                                 NULL, err);
    }
    hg__raster_clear(&above);
    return code;
}

double hg__box_curve_hit(const hg__box_curve *c, double false_regions) {
    double best = (double)NAN;
    for (int32_t k = 0; k < c->steps; k++) {
        const hg__box_tally *t = &c->tally[k];
        int64_t defects = 0, hits = 0, wrong = 0;
        for (size_t i = 0; i < t->pictures; i++) {
            defects += t->counts[i].defects;
            hits += t->counts[i].hits;
            wrong += t->counts[i].false_regions;
        }
        if (defects == 0) continue;
        const double share = (double)wrong <= false_regions * (double)t->pictures
                                 ? (double)hits / (double)defects
                                 : 0;
        best = share > best || isnan(best) ? share : best;
    }
    return best;
}
