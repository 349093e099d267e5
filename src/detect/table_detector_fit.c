// SPDX-License-Identifier: Apache-2.0
// table_detector_fit.c - reference rows and usual sizes, from the rows of a training run.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/neighbours.h"
#include "detect/table_detector_internal.h"
#include "model/model.h"

// References: a sample that size keeps both the model file and a row's search small.
enum { REFERENCES = 4096, SAMPLE = 16384 };

// What the constants mean, and where they matter, is in docs/ANOMALIES.md.
static const double weight_of_distance = 3, few_rows = 100, least_residual = 0.03;

// The references three times: as they are, scaled, and their residuals; and panels of the last two.
size_t hg__table_detector_room(int64_t rows, int32_t width) {
    const size_t kept = (size_t)hg__min_64(rows, REFERENCES) * (size_t)width * sizeof(float);
    return 3 * kept + 2 * hg__neighbours_panels((int32_t)hg__min_64(rows, REFERENCES), width);
}

// Rows first .. first + count - 1 of an order that is itself random, into x (count, width).
static int copy_rows(const hg__rows *rows, int64_t first, int64_t count, float *x, hg_error *err) {
    const int32_t width = rows->source.width;
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = hg__rows_at(rows, first + i);
        HG_TRY(hg__row_source_row(&rows->source, row, x + i * width, err));
    }
    return HG_OK;
}

// The first `count` rows, a block of `at_once` at a time. x: (at_once, width).
typedef struct walk {
    const hg__rows *rows;
    int64_t first, count, at_once, from, now; // now: rows of this block, which begins at from
    float *x;
} walk;

// 1 with the next block in x, 0 at the end.
static int walk_on(walk *w, hg_error *err) {
    w->from += w->now;
    w->now = hg__min_64(w->count - w->from, w->at_once);
    if (w->now < 1) return 0;
    HG_TRY(copy_rows(w->rows, w->first + w->from, w->now, w->x, err));
    return 1;
}

static walk walk_from(const hg__table_detector *d, const hg__rows *rows, int64_t first,
                      int64_t count, float *x) {
    return (walk){.rows = rows, .first = first, .count = count, .at_once = d->block, .x = x};
}

// What a fit works on.
typedef struct sample {
    // borrowed; usual: held-out rows, or training rows that are no references
    const hg__rows *train, *usual;
    int64_t train_rows, usual_first, usual_rows; // how many of them, from where on
    int64_t own;                                 // reference that the first of usual is, or -1
    int64_t drawn;                               // rows of raw, of which the references are made
    float *raw;  // owned, (drawn, width): training rows, then held-out ones
    float *x;    // owned, (block, width): the rows at hand
    double *all; // owned, (HG_TERMS, usual_rows) and at least (width)
} sample;

// The rows at hand, for the first time or the second.
static void see(hg__column_scale *scale, const walk *w, int32_t width, bool again) {
    for (int64_t i = 0; i < w->now; i++) {
        const float *x = w->x + i * width;
        if (again) {
            hg__column_scale_measure(scale, x, width, w->count);
        } else {
            hg__column_scale_meet(scale, x, width, w->from + i, w->count);
        }
    }
}

// scale: what makes the numbers of the training rows weigh alike.
static int fit_scale(hg__table_detector *d, const sample *s, hg_error *err) {
    hg__column_scale *scale = hg__alloc((size_t)d->width, sizeof *scale, err);
    if (!scale) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int pass = 0; pass < 2 && code == HG_OK; pass++) {
        walk w = walk_from(d, s->train, 0, s->train_rows, s->x);
        while ((code = walk_on(&w, err)) > 0) see(scale, &w, d->width, pass > 0);
    }
    for (int32_t j = 0; j < d->width; j++) d->scale[j] = hg__column_scale_of(&scale[j]);
    hg__free(scale);
    return code;
}

// inverse: 1 / the root mean square residual of the training rows.
static int fit_residuals(hg__table_detector *d, const sample *s, hg_error *err) {
    double *square = s->all;
    int code;
    for (int32_t j = 0; j < d->width; j++) {
        d->inverse[j] = 1;
        square[j] = 0;
    }
    walk w = walk_from(d, s->train, 0, s->train_rows, s->x);
    while ((code = walk_on(&w, err)) > 0) {
        hg__table_detector_reconstruct(d, s->x, w.now);
        for (int64_t i = 0; i < w.now; i++) {
            const float *r = d->residual + i * d->width;
            for (int32_t j = 0; j < d->width; j++) square[j] += (double)r[j] * (double)r[j];
        }
    }
    for (int32_t j = 0; j < d->width; j++) {
        d->inverse[j] = (float)(1 / sqrt(square[j] / (double)s->train_rows + least_residual));
    }
    return code;
}

// The nearest others of the `count` references from `from` on, from what was found (count, near); copies of one are others.
static void keep_others(hg__table_detector *d, int64_t from, int64_t count, int32_t near) {
    for (int64_t i = 0; i < count; i++) {
        int32_t *other = d->other + (from + i) * (HG_DETECTOR_NEAR + 1);
        float *at = d->other_at + (from + i) * (HG_DETECTOR_NEAR + 1);
        int32_t n = 0;
        for (int32_t k = 0; k < near && n <= HG_DETECTOR_NEAR; k++) {
            if (d->index[i * near + k] == from + i) continue;
            other[n] = d->index[i * near + k];
            at[n++] = sqrtf(d->distance[i * near + k]);
        }
        for (; n <= HG_DETECTOR_NEAR; n++) other[n] = -1;
    }
}

static int fit_spread(hg__table_detector *d, hg_error *err) {
    const int32_t near = (int32_t)hg__min_64(d->references, HG_DETECTOR_NEAR + 2);
    const size_t room = (size_t)d->references * (HG_DETECTOR_NEAR + 1);
    d->other = hg__alloc(room, sizeof *d->other, err);
    if (d->other) d->other_at = hg__numbers(room, 1, err);
    if (!d->other || !d->other_at) return HG_ERR_MEMORY;
    for (int64_t from = 0; from < d->references; from += d->block) {
        const int64_t n = hg__min_64(d->references - from, d->block);
        HG_TRY(hg__neighbours_find(d->in_rows, d->reference + from * d->width, n, near, d->distance,
                                   d->index, &d->blocks, err));
        keep_others(d, from, n, near);
    }
    for (int32_t i = 0; i < d->references; i++) d->spread[i] = hg__table_detector_spread(d, i, -1);
    hg__table_detector_average_spread(d);
    return HG_OK;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// unit (HG_TERMS): what is usual, between median and mean.
static int fit_units(hg__table_detector *d, const sample *s, hg_error *err) {
    const int64_t rows = s->usual_rows, own = s->own;
    int code;
    walk w = walk_from(d, s->usual, s->usual_first, rows, s->x);
    while ((code = walk_on(&w, err)) > 0) {
        HG_TRY(hg__table_detector_measure(d, s->x, w.now, own < 0 ? -1 : own + w.from, err));
        for (int64_t i = 0; i < w.now; i++) {
            double of_row[HG_TERMS];
            hg__table_detector_terms(d, d->which[i], of_row);
            for (int32_t q = 0; q < HG_TERMS; q++) s->all[q * rows + w.from + i] = of_row[q];
        }
    }
    for (int32_t q = 0; q < HG_TERMS; q++) {
        double *all = s->all + q * rows, mean = 0;
        qsort(all, (size_t)rows, sizeof *all, compare);
        for (int64_t i = 0; i < rows; i++) mean += all[i] / (double)rows;
        d->unit[q] = 0.7 * (all[(rows - 1) / 2] + all[rows / 2]) / 2 + 0.3 * mean + 1e-9;
    }
    return code;
}

// What of the rows is kept beside their usual sizes.
static int keep_references(hg_model *m, const hg__table_detector *d, sample *s, hg_error *err) {
    const hg__tensor references = {
        .dtype = HG_F32,
        .name = "detector.reference",
        .shape = {2, {d->references, d->width}},
        .data = s->raw
    };
    HG_TRY(hg__model_give_part(m, &references, err));
    s->raw = NULL;
    return hg__model_keep_part(m, "detector.spread", HG_F32, d->references, 0, d->spread, err);
}

static int keep(hg_model *m, const hg__table_detector *d, sample *s, hg__reference_kind kind,
                hg__json *detector, hg_error *err) {
    static const char both[] = "distance and residual";
    if (d->references) HG_TRY(keep_references(m, d, s, err));
    HG_TRY(hg__model_keep_part(m, "detector.scale", HG_F32, d->width, 0, d->scale, err));
    HG_TRY(hg__model_keep_part(m, "detector.inverse", HG_F32, d->width, 0, d->inverse, err));
    HG_TRY(hg__model_keep_part(m, "detector.unit", HG_F64, HG_TERMS, 0, d->unit, err));
    HG_TRY(hg__model_keep_part(m, "detector.weight", HG_F64, HG_TERMS, 0, d->weight, err));
    int bad =
        hg__json_set(detector, "score", hg__json_string(d->references ? both : "residual", NULL));
    if (kind != HG_REFERENCES_EXACT) {
        bad |= hg__json_set(detector, "rows", hg__json_string(hg__reference_words[kind], NULL));
    }
    if (!bad) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping the detector");
}

// Held-out rows are references too, as far as there is room: none is its own neighbour when it says what is usual.
static int take_sample(sample *s, const hg__table_detector *d, const hg__rows *train,
                       const hg__rows *held, hg_error *err) {
    const int64_t width = d->width;
    const bool has_held = held->count > 0;
    const int64_t trained = hg__min_64(train->count, s->drawn), others = s->drawn - trained;
    s->train = train;
    s->usual = has_held ? held : train;
    s->train_rows = hg__min_64(train->count, SAMPLE);
    s->usual_rows = hg__min_64(has_held ? held->count : train->count - s->drawn, SAMPLE);
    if (s->usual_rows < 1) s->usual_rows = 1; // one row is all there is
    s->usual_first = has_held ? 0 : train->count - s->usual_rows;
    s->own = others ? trained : -1;
    const int64_t room = HG_TERMS * s->usual_rows > width ? HG_TERMS * s->usual_rows : width;
    s->raw = hg__numbers((size_t)s->drawn, (size_t)width, err);
    if (!s->raw) return HG_ERR_MEMORY;
    HG_TRY(copy_rows(train, 0, trained, s->raw, err));
    HG_TRY(copy_rows(held, 0, others, s->raw + trained * width, err));
    s->x = hg__numbers((size_t)d->block, (size_t)width, err);
    if (s->x) s->all = hg__alloc((size_t)room, sizeof *s->all, err);
    return s->all ? HG_OK : HG_ERR_MEMORY;
}

static int fit_references(hg__table_detector *d, const sample *s, hg_error *err) {
    if (d->references < s->drawn) {
        HG_TRY(hg__quantise(s->raw, (int32_t)s->drawn, d->width, d->scale, err));
    }
    HG_TRY(hg__table_detector_index(d, s->raw, err));
    return fit_spread(d, err);
}

static int fit(hg__table_detector *d, const sample *s, int64_t rows, hg_error *err) {
    const double trust = (double)rows / ((double)rows + few_rows);
    const double weight[HG_TERMS] = {d->references ? weight_of_distance : 0,
                                     d->references ? trust : 0, trust};
    memcpy(d->weight, weight, sizeof weight);
    HG_TRY(fit_scale(d, s, err));
    HG_TRY(fit_residuals(d, s, err));
    if (d->references) HG_TRY(fit_references(d, s, err));
    return fit_units(d, s, err);
}

// score (held->count): what a row like these scores, which is no reference itself.
static int score_held(hg__table_detector *d, const sample *s, const hg__rows *held, float *score,
                      hg_error *err) {
    int code;
    walk w = walk_from(d, held, 0, held->count, s->x);
    while ((code = walk_on(&w, err)) > 0) {
        HG_TRY(hg__table_detector_score_own(d, s->x, w.now, s->own < 0 ? -1 : s->own + w.from,
                                            score + w.from, NULL, err));
    }
    return code;
}

// Rows that references are made of. Means are taken of more rows, as far as finding those that lie together takes seconds.
static int64_t count_drawn(int64_t most, int32_t width, hg__reference_kind kind) {
    const double bearable = 3e10;
    int64_t drawn = hg__min_64(most, (int64_t)REFERENCES * HG_QUANTISE_ROWS);
    if (kind != HG_REFERENCES_QUANTISED) return hg__min_64(drawn, REFERENCES);
    while (drawn > 64 && (double)drawn * (double)drawn * width > bearable) drawn /= 2;
    return drawn;
}

// How many references so many rows make, or HG_ERR_DATA.
static int32_t count_references(int64_t drawn, hg__reference_kind kind, hg_error *err) {
    if (kind == HG_REFERENCES_NONE) return 0;
    if (kind == HG_REFERENCES_EXACT) return (int32_t)drawn;
    if (drawn >= HG_QUANTISE_ROWS) return (int32_t)(drawn / HG_QUANTISE_ROWS);
    return hg__fail(err, HG_ERR_DATA,
                    "references=quantised: expected at least %d training rows to take means of, "
                    "got %lld; references=none needs none",
                    HG_QUANTISE_ROWS, (long long)drawn);
}

int hg__table_detector_fit(hg_model *m, const hg__rows *train, const hg__rows *held,
                           hg__reference_kind kind, float *score, hg__json *detector,
                           hg__pool *pool, hg_error *err) {
    // Without held-out rows a tenth of the training rows takes their place.
    // And where training rows were chosen one by one, held-out rows may be such as were not. A row cannot be taken out of a
    // mean to be scored as if it was none.
    const bool joins = held->count && held->source.context == train->source.context &&
                       !train->row && kind == HG_REFERENCES_EXACT;
    const int64_t most = joins         ? train->count + held->count
                         : held->count ? train->count
                                       : train->count - train->count / 10;
    const int64_t rows = train->count > held->count ? train->count : held->count;
    sample s = {.drawn = count_drawn(most, m->net.spec.width, kind)};
    const int32_t references = count_references(s.drawn, kind, err);
    if (references < 0) return references;
    hg__table_detector *d = hg__table_detector_make(m, references, rows, pool, err);
    int code = d ? take_sample(&s, d, train, held, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = fit(d, &s, train->count, err);
    if (code == HG_OK) code = keep(m, d, &s, kind, detector, err);
    if (code == HG_OK && score) code = score_held(d, &s, held, score, err);
    hg__free(s.raw);
    hg__free(s.x);
    hg__free(s.all);
    hg__table_detector_free(d);
    return code;
}
