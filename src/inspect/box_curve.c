// SPDX-License-Identifier: Apache-2.0
// box_curve.c - regions of maps at many thresholds beside the defects.
#include "inspect/box_curve.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#include "base/int.h"
#include "base/mem.h"
#include "inspect/inspector.h"
#include "inspect/regions.h"

// ---- thresholds ---------------------------------------------------------------------------------

enum {
    OCTAVE = 16,           // thresholds from one power of two to the next
    FIRST = -126,          // exponents of floats as frexp() has them
    LEVELS = 254 * OCTAVE, // up to 2^128
};

static const float root[OCTAVE] = {
    // 2^(j / 16) / 2
    0.5F,         0.522136891F, 0.545253866F, 0.569394317F, 0.594603558F, 0.620928906F,
    0.64841978F,  0.677127773F, 0.707106781F, 0.738413073F, 0.771105413F, 0.805245166F,
    0.840896415F, 0.87812608F,  0.917004043F, 0.957603281F,
};

static float threshold_at(int32_t k) {
    assert(k >= 0 && k < LEVELS);
    return ldexpf(root[k % OCTAVE], FIRST + k / OCTAVE);
}

// The highest threshold that is no higher than x; -1: none.
static int32_t level_of(float x) {
    int exponent;
    if (!(x > 0)) return -1;
    const float share = frexpf(fminf(x, FLT_MAX), &exponent);
    int32_t j = OCTAVE - 1;
    while (root[j] > share) j--;
    const int32_t k = (exponent - FIRST) * OCTAVE + j;
    return hg__max(-1, hg__min(k, LEVELS - 1));
}

// ---- pictures -----------------------------------------------------------------------------------

void hg__box_curve_init(hg__box_curve *c, double least_overlap, float background) {
    *c = (hg__box_curve){.background = background};
    hg__box_tally_init(&c->one, least_overlap);
}

void hg__box_curve_clear(hg__box_curve *c) {
    hg__box_tally_clear(&c->one);
    hg__free(c->level);
    hg__free(c->label);
    *c = (hg__box_curve){0};
}

static int reserve(hg__box_curve *c, size_t cells, hg_error *err) {
    if (!c->level) c->level = hg__alloc(LEVELS, sizeof *c->level, err);
    if (!c->level) return HG_ERR_MEMORY;
    if (cells <= c->room) return HG_OK;
    hg__free(c->label);
    c->room = 0;
    c->label = hg__alloc(cells, sizeof *c->label, err);
    if (!c->label) return HG_ERR_MEMORY;
    c->room = cells;
    return HG_OK;
}

static int count_at(hg__box_curve *c, const hg__raster *map, float threshold, float background,
                    const hg__defects *defects, hg__box_counts *counts, hg_error *err) {
    const hg__region_options o = {.threshold = threshold, .background = background};
    hg__regions r;
    HG_TRY(hg__regions_find(&r, map, &o, err));
    const int32_t regions = r.count;
    hg__regions_label(&r, c->label);
    hg__regions_clear(&r);
    c->one.pictures = 0;
    return hg__box_tally_add(&c->one, c->label, map->height, map->width, regions, defects, counts,
                             err);
}

// Of the cells that are seen; the others are -infinity.
static int run_down(hg__box_curve *c, const hg__raster *map, float peak, float median,
                    const hg__defects *defects, hg_error *err) {
    const float background = isnan(c->background) ? median : c->background;
    const int32_t top = level_of(peak), least = level_of(median);
    hg__box_counts counts;
    HG_TRY(count_at(c, map, INFINITY, background, defects, &counts, err));
    const int32_t defect_count = counts.defects;
    int32_t k = top;
    for (; k > least && k > top - HG_BOX_STEPS; k--) {
        HG_TRY(count_at(c, map, threshold_at(k), background, defects, &counts, err));
        c->level[k].hits += counts.hits;
        c->level[k].false_regions += counts.false_regions;
    }
    if (k >= 0 && peak > -INFINITY) c->level[k].ended++;
    c->pictures++;
    c->defects += defect_count;
    return HG_OK;
}

int hg__box_curve_add(hg__box_curve *c, const hg__raster *map, const hg__raster *seen,
                      const hg__defects *defects, hg_error *err) {
    static const hg__raster all = {0};
    const size_t cells = hg__raster_count(map);
    const hg__raster *cell = seen ? seen : &all;
    float peak = -INFINITY, median;
    hg__raster own;
    HG_TRY(reserve(c, cells, err));
    HG_TRY(hg__map_median(map, cell, &median, err));
    HG_TRY(hg__raster_init(&own, map->height, map->width, 1, err));
    for (size_t i = 0; i < cells; i++) {
        own.at[i] = !cell->at || cell->at[i] > 0 ? map->at[i] : -INFINITY;
        if (own.at[i] > peak) peak = own.at[i];
    }
    const int code = run_down(c, &own, peak, median, defects, err);
    hg__raster_clear(&own);
    return code;
}

// ---- the curve ----------------------------------------------------------------------------------

double hg__box_curve_hit(const hg__box_curve *c, double false_regions) {
    int64_t most = 0, ended = 0;
    if (c->defects == 0) return (double)NAN;
    for (int32_t k = LEVELS - 1; k >= 0; k--) {
        const hg__box_level *level = &c->level[k];
        ended += level->ended;
        const int64_t wrong = level->false_regions + ended;
        if ((double)wrong <= false_regions * (double)c->pictures && level->hits > most) {
            most = level->hits;
        }
    }
    return (double)most / (double)c->defects;
}
