// SPDX-License-Identifier: Apache-2.0
// map_bootstrap.c - metrics of pictures drawn with replacement: each picture's few bins count as often as it was drawn.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "inspect/map_tally.h"

// Behind the metrics of a curve.
enum { F1 = HG_CURVE_METRICS, PRECISION, RECALL, PIXEL_FALSE_ALARMS, POINTS };

typedef struct bootstrap {
    const hg__map_tally *t;
    const hg__map_bins *bins;
    size_t *group[2], pictures[2]; // owned (pictures): those without and those with defects
    int32_t *times;                // owned (t->pictures): how often each was drawn
    hg__curve_mass *mass;          // owned (bins)
    double *value;                 // owned (POINTS, resamples)
} bootstrap;

static void bootstrap_clear(bootstrap *b) {
    hg__free(b->group[0]);
    hg__free(b->group[1]);
    hg__free(b->times);
    hg__free(b->mass);
    hg__free(b->value);
}

static int bootstrap_init(bootstrap *b, int32_t resamples, hg_error *err) {
    const size_t pictures = b->t->pictures;
    for (int32_t g = 0; g < 2; g++) b->group[g] = hg__alloc(pictures, sizeof *b->group[g], err);
    b->times = hg__alloc(pictures, sizeof *b->times, err);
    b->mass = hg__alloc((size_t)b->bins->count, sizeof *b->mass, err);
    b->value = hg__alloc((size_t)resamples, POINTS * sizeof *b->value, err);
    if (!b->group[0] || !b->group[1] || !b->times || !b->mass || !b->value) return HG_ERR_MEMORY;
    for (size_t i = 0; i < pictures; i++) {
        const int32_t g = b->t->picture[i].regions > 0;
        b->group[g][b->pictures[g]++] = i;
    }
    return HG_OK;
}

// As many pictures of each group as there are: 32 random bits times the count, the upper half.
static void draw(bootstrap *b, uint64_t seed, int32_t resample) {
    memset(b->times, 0, b->t->pictures * sizeof *b->times);
    for (uint32_t g = 0; g < 2; g++) {
        const uint64_t n = b->pictures[g];
        for (uint64_t i = 0; i < n; i++) {
            const hg__philox r =
                hg__philox_run(seed, HG_STREAM_BOOTSTRAP, (uint32_t)resample, (uint32_t)(i / 4), g);
            b->times[b->group[g][r.word[i % 4] * n >> 32]]++;
        }
    }
}

static void add_picture(bootstrap *b, size_t picture, double times) {
    const hg__map_picture *p = b->t->picture + picture;
    const size_t at = picture * (size_t)b->bins->room;
    const double *good = b->bins->good + at, *defect = b->bins->defect + at;
    const double *overlap = b->bins->overlap + at;
    if (p->regions > 0) {
        const double rate = times / (double)p->pixels[HG_DEFECT];
        for (int32_t k = 0; k < b->bins->count; k++) {
            b->mass[k].good += times * good[k];
            b->mass[k].defect += times * defect[k];
            b->mass[k].overlap += times * overlap[k];
            b->mass[k].image_rate += rate * defect[k];
        }
        return;
    }
    const double rate = times / (double)p->pixels[HG_GOOD];
    for (int32_t k = 0; k < b->bins->count; k++) {
        b->mass[k].good += times * good[k];
        b->mass[k].good_rate += rate * good[k];
    }
}

static void measure_alarms(const bootstrap *b, double value[POINTS]) {
    double hits = 0, misses = 0, defects = 0, good_alarms = 0, good_pixels = 0;
    for (size_t i = 0; i < b->t->pictures; i++) {
        const hg__map_picture *p = b->t->picture + i;
        const double times = (double)b->times[i];
        hits += times * (double)p->alarms[HG_DEFECT];
        misses += times * (double)p->alarms[HG_GOOD];
        defects += times * (double)p->pixels[HG_DEFECT];
        if (p->regions > 0) continue;
        good_alarms += times * (double)p->alarms[HG_GOOD];
        good_pixels += times * (double)p->pixels[HG_GOOD];
    }
    value[F1] = 2 * hits / (defects + hits + misses);
    value[PRECISION] = hits / (hits + misses);
    value[RECALL] = hits / defects;
    value[PIXEL_FALSE_ALARMS] = good_alarms / good_pixels;
}

static void measure(bootstrap *b, double value[POINTS]) {
    memset(b->mass, 0, (size_t)b->bins->count * sizeof *b->mass);
    for (size_t i = 0; i < b->t->pictures; i++) {
        if (b->times[i] > 0) add_picture(b, i, (double)b->times[i]);
    }
    hg__curve c;
    hg__curve_mass all;
    hg__map_masses(b->t, b->times, &all);
    hg__curve_init(&c, &all);
    for (int32_t k = 0; k < b->bins->count; k++) hg__curve_step(&c, b->mass + k);
    hg__curve_finish(&c);
    memcpy(value, c.value, sizeof c.value);
    measure_alarms(b, value);
}

// ---- intervals ----------------------------------------------------------------------------------

// value (n): of the resamples.
static void add_interval(hg__interval *to, double *value, int32_t n, double few_bins,
                         double level) {
    if (!isfinite(to->value) || !isfinite(few_bins)) return;
    if (!hg__percentile_interval(value, n, level, to)) return;
    const double off = to->value - few_bins;
    to->low = fmax(0, to->low + off);
    to->high = fmin(1, to->high + off);
}

int hg__map_bootstrap(const hg__map_tally *t, const hg__map_bins *bins,
                      const hg__map_metrics_options *o, hg__map_metrics *m, hg_error *err) {
    hg__interval *const to[POINTS] = {
        [HG_CURVE_AUROC] = &m->auroc,
        [HG_CURVE_AP] = &m->ap,
        [HG_CURVE_AUPRO_30] = &m->aupro_30,
        [HG_CURVE_AUPRO_5] = &m->aupro_5,
        [HG_CURVE_BEST_F1] = &m->best_f1,
        [HG_CURVE_AUPIMO] = &m->aupimo,
        [F1] = &m->f1,
        [PRECISION] = &m->precision,
        [RECALL] = &m->recall,
        [PIXEL_FALSE_ALARMS] = &m->pixel_false_alarms,
    };
    bootstrap b = {.t = t, .bins = bins};
    const int code = bootstrap_init(&b, o->resamples, err);
    double once[POINTS], value[POINTS];
    if (code == HG_OK) {
        for (size_t i = 0; i < t->pictures; i++) b.times[i] = 1;
        measure(&b, once);
    }
    for (int32_t r = 0; r < o->resamples && code == HG_OK; r++) {
        draw(&b, o->seed, r);
        measure(&b, value);
        for (int32_t k = 0; k < POINTS; k++) b.value[k * o->resamples + r] = value[k];
    }
    for (int32_t k = 0; k < POINTS && code == HG_OK; k++) {
        add_interval(to[k], b.value + (int64_t)k * o->resamples, o->resamples, once[k], o->level);
    }
    bootstrap_clear(&b);
    return code;
}
