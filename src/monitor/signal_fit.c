// SPDX-License-Identifier: Apache-2.0
// signal_fit.c - a trained model of windows becomes a detector.
#include "monitor/signal_fit.h"

#include <math.h>
#include <stdlib.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "detect/table_model.h"
#include "monitor/signal_alarms.h"
#include "monitor/signal_scorer.h"
#include "monitor/window_detector.h"

enum { MOST_SCORED = 400000 }; // held-out steps
static const double usual_share = 0.9;

typedef struct fitting {
    hg_model *m;
    const hg__signal *d;
    const hg__samples *s;
    const hg__signal_split *split;
    const hg__time_list *blocks; // whose steps say what is usual
    hg__pool *pool;
    hg__meter *meter;
    hg__json *detector;
    float weight[HG_WINDOW_DETECTORS]; // 0: there is none
    double unit[HG_WINDOW_DETECTORS];
    int64_t count, room; // steps scored
    float *distance;     // owned, (room, HG_WINDOW_DETECTORS); negative: none
    float *score;        // owned, (room)
    bool *begins;        // owned, (room)
} fitting;

// ---- detectors ----------------------------------------------------------------------------------

static int fit_detectors(fitting *f, uint64_t seed, hg_error *err) {
    const hg__window_data data = {f->s, &f->split->learned, seed};
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        hg__window_detector d = hg__window_detector_make(i, f->d, f->pool);
        f->weight[i] = d.weight;
        f->unit[i] = 1;
        const bool learns = d.weight > 0 && d.type->fit;
        const int code = learns ? d.type->fit(&d, &data, f->m, err) : HG_OK;
        hg__window_detector_clear(&d);
        HG_TRY(code);
    }
    return HG_OK;
}

static int set_units(fitting *f, hg_error *err) {
    hg__json *units = hg__json_object();
    int bad = units ? 0 : -1;
    for (int32_t i = 0; !bad && i < HG_WINDOW_DETECTORS; i++) {
        const hg__window_detector d = hg__window_detector_make(i, f->d, f->pool);
        if (d.weight > 0) bad = hg__json_set(units, d.name, hg__json_real(f->unit[i]));
    }
    if (hg__json_set(f->detector, "units", units) == 0 && !bad) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping units");
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// What nine in ten of the steps stay below.
static int find_units(fitting *f, hg_error *err) {
    double *all = hg__alloc((size_t)f->count + 1, sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        int64_t n = 0;
        for (int64_t t = 0; t < f->count; t++) {
            const float far = f->distance[t * HG_WINDOW_DETECTORS + i];
            if (far >= 0) all[n++] = (double)far;
        }
        qsort(all, (size_t)n, sizeof *all, compare);
        const double unit = n ? hg__quantile(all, n, usual_share) : 0;
        f->unit[i] = unit > 1e-12 ? (double)(float)unit : 1;
    }
    hg__free(all);
    return HG_OK;
}

// As the scorer has it.
static void find_scores(fitting *f) {
    for (int64_t t = 0; t < f->count; t++) {
        float sum = 0, weight = 0;
        for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
            const float far = f->distance[t * HG_WINDOW_DETECTORS + i];
            if (f->weight[i] == 0 || far < 0) continue;
            sum += f->weight[i] * far / (float)f->unit[i];
            weight += f->weight[i];
        }
        f->score[t] = weight > 0 ? sum / weight : 0;
    }
}

// ---- held-out steps scored ----------------------------------------------------------------------

static void keep_distances(fitting *f, hg__signal_scorer *scorer) {
    const hg__scored_step *step;
    int32_t n;
    while ((n = hg__signal_scorer_next(scorer, &step)) > 0) {
        for (int32_t i = 0; i < n; i++) {
            if (isnan(step[i].score)) continue;
            float *to = f->distance + f->count * HG_WINDOW_DETECTORS;
            for (int32_t k = 0; k < HG_WINDOW_DETECTORS; k++) {
                to[k] = hg__signal_scorer_distance(scorer, k, i);
            }
            f->begins[f->count++] = step[i].begins;
        }
    }
}

typedef struct piece {
    float *picked;   // owned, (HG_STEPS, C)
    float *value;    // owned, (HG_STEPS, channels of the recording)
    int64_t *row;    // owned, (HG_STEPS)
    uint8_t *begins; // owned, (HG_STEPS)
} piece;

static int make_piece(piece *p, const hg__signal *d, hg_error *err) {
    p->picked = hg__alloc(HG_STEPS, (size_t)d->channels * sizeof *p->picked, err);
    if (p->picked) p->value = hg__alloc(HG_STEPS, (size_t)d->read * sizeof *p->value, err);
    if (p->value) p->row = hg__alloc(HG_STEPS, sizeof *p->row, err);
    if (p->row) p->begins = hg__alloc(HG_STEPS, sizeof *p->begins, err);
    return p->begins ? HG_OK : HG_ERR_MEMORY;
}

static void clear_piece(piece *p) {
    hg__free(p->picked);
    hg__free(p->value);
    hg__free(p->row);
    hg__free(p->begins);
}

// Channels where the recording has them.
static void spread(const hg__signal *d, const float *picked, int32_t count, float *value) {
    for (int32_t i = 0; i < count; i++, value += d->read, picked += d->channels) {
        for (int32_t c = 0; c < d->channels; c++) value[d->pick[c]] = picked[c];
    }
}

// Steps first .. end - 1, which are the next of the scorer; it takes channels that were picked already.
static int score_block(fitting *f, int64_t first, int64_t end, piece *p, hg__signal_scorer *scorer,
                       hg_error *err) {
    for (int64_t t = first; t < end; t += HG_STEPS) {
        const int32_t count = (int32_t)hg__min_64(end - t, HG_STEPS);
        const hg__steps steps = {
            .count = count, .value = p->value, .row = p->row, .begins = p->begins};
        HG_TRY(hg__samples_read(f->s, t, count, p->picked, err));
        spread(f->d, p->picked, count, p->value);
        p->begins[0] = t == first;
        for (int32_t taken = 0; taken < count;) {
            taken += hg__signal_scorer_take(scorer, &steps, taken);
            keep_distances(f, scorer);
        }
        hg__meter_at(f->meter, t);
    }
    hg__signal_scorer_end(scorer);
    keep_distances(f, scorer);
    return HG_OK;
}

static int64_t most_of_block(const fitting *f, int64_t b) {
    const hg__time_block *at = &f->blocks->block[b];
    return hg__min_64(at->end - at->first, MOST_SCORED / f->blocks->count + 1);
}

static int score_blocks(fitting *f, hg_error *err) {
    piece p = {0};
    hg__signal_scorer *scorer = hg__signal_scorer_new(f->m, f->pool, "training", err);
    int code = scorer ? make_piece(&p, f->d, err) : HG_ERR_MEMORY;
    for (int64_t b = 0; code == HG_OK && b < f->blocks->count; b++) {
        const int64_t first = f->blocks->block[b].first;
        code = score_block(f, first, first + most_of_block(f, b), &p, scorer, err);
    }
    clear_piece(&p);
    hg__signal_scorer_free(scorer);
    return code;
}

static int make_distances(fitting *f, hg_error *err) {
    for (int64_t b = 0; b < f->blocks->count; b++) f->room += most_of_block(f, b);
    const size_t room = (size_t)f->room;
    f->distance = hg__alloc(room, HG_WINDOW_DETECTORS * sizeof *f->distance, err);
    if (f->distance) f->score = hg__alloc(room, sizeof *f->score, err);
    if (f->score) f->begins = hg__alloc(room, sizeof *f->begins, err);
    return f->begins ? score_blocks(f, err) : HG_ERR_MEMORY;
}

// ---- all of it ----------------------------------------------------------------------------------

static int fit(fitting *f, const hg__signal_fit_options *o, hg_error *err) {
    const bool has_held = f->split->out.count > 0;
    f->blocks = has_held ? &f->split->out : &f->split->learned;
    HG_TRY(hg__signal_save(f->d, f->m, f->detector, err));
    hg__model_set_detector(f->m, hg__json_share(f->detector));
    HG_TRY(fit_detectors(f, o->seed, err));
    HG_TRY(set_units(f, err));
    HG_TRY(make_distances(f, err));
    HG_TRY(find_units(f, err));
    HG_TRY(set_units(f, err));
    if (f->count == 0 || !has_held) return HG_OK;
    find_scores(f);
    const int32_t hold = hg__max(1, f->d->length / 2);
    return hg__signal_alarms_fit(f->m, f->score, f->begins, f->count, o->fpr, hold, f->detector,
                                 err);
}

int hg__signal_fit(hg_model *m, const hg__signal *d, const hg__samples *s,
                   const hg__signal_split *split, const hg__signal_fit_options *o, hg__meter *meter,
                   hg__pool *pool, hg_error *err) {
    fitting f = {.m = m,
                 .d = d,
                 .s = s,
                 .split = split,
                 .pool = pool,
                 .meter = meter,
                 .detector = hg__json_object()};
    const int code =
        f.detector ? fit(&f, o, err) : hg__fail(err, HG_ERR_MEMORY, "out of memory while fitting");
    hg__json_free(f.detector);
    hg__free(f.distance);
    hg__free(f.score);
    hg__free(f.begins);
    return code;
}
