// SPDX-License-Identifier: Apache-2.0
// detector_fit.c - reference rows and usual sizes, from the rows of a training run.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/detector_internal.h"
#include "model/parts.h"

// References: a sample that size keeps both the model file and a row's search small.
enum { REFERENCES = 4096, SAMPLE = 16384 };

// What the constants mean, and where they matter, is in docs/ANOMALIES.md.
static const double weight_of_distance = 3, few_rows = 100, most_of_two = 2.5,
                    least_residual = 0.03;

// Rows first .. first + count - 1 of an order that is itself random, into x (count, width).
static int copy_rows(const hg__rows *rows, int64_t first, int64_t count, float *x, hg_error *err) {
    const int32_t width = rows->data->width;
    for (int64_t i = 0; i < count; i++) {
        HG_TRY(hg__data_row(rows->data, hg__rows_at(rows, first + i), x + i * width, err));
    }
    return HG_OK;
}

// The same, allocated.
static float *take_rows(const hg__rows *rows, int64_t first, int64_t count, hg_error *err) {
    float *x = hg__numbers((size_t)count, (size_t)rows->data->width, err);
    if (x && copy_rows(rows, first, count, x, err) == HG_OK) return x;
    hg__free(x);
    return NULL;
}

// What makes number j of x (rows, width) weigh as the others do: 1 / its standard deviation. Of two values, levels of a
// category among them, the rarer may lie far out: no farther than most_of_two. One that never varied may yet.
double hg__detector_scale(const float *x, int64_t rows, int32_t width, int32_t j) {
    double mean = 0, square = 0;
    float first = x[j], other = first;
    bool is_two = true;
    for (int64_t i = 0; i < rows; i++) {
        const float v = x[i * width + j];
        mean += (double)v / (double)rows;
        if (v == first || v == other) continue;
        is_two = is_two && other == first;
        other = v;
    }
    for (int64_t i = 0; i < rows; i++) {
        const double gap = (double)x[i * width + j] - mean;
        square += gap * gap / (double)rows;
    }
    const double deviation = sqrt(square);
    if (deviation < 1e-6) return most_of_two;
    if (!is_two) return 1 / deviation;
    const double farthest =
        fmax(fabs((double)first - mean), fabs((double)other - mean)) / deviation;
    return fmin(1, most_of_two / farthest) / deviation;
}

// inverse (width): 1 / the root mean square residual of x (rows, width). square (width) is room.
static void fit_residuals(hg__detector *d, const float *x, int64_t rows, double *square) {
    for (int32_t j = 0; j < d->width; j++) {
        d->inverse[j] = 1;
        square[j] = 0;
    }
    for (int64_t from = 0; from < rows; from += HG_DETECTOR_BLOCK) {
        const int64_t n = hg__at_most(rows - from, HG_DETECTOR_BLOCK);
        hg__detector_reconstruct(d, x + from * d->width, n);
        for (int64_t i = 0; i < n; i++) {
            const float *r = d->residual + i * d->width;
            for (int32_t j = 0; j < d->width; j++) square[j] += (double)r[j] * (double)r[j];
        }
    }
    for (int32_t j = 0; j < d->width; j++) {
        d->inverse[j] = (float)(1 / sqrt(square[j] / (double)rows + least_residual));
    }
}

// The nearest others of the `count` references from `from` on, from what was found (count, near); copies of one are others.
static void keep_others(hg__detector *d, int64_t from, int64_t count, int32_t near) {
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

static int fit_spread(hg__detector *d, hg_error *err) {
    const int32_t near = (int32_t)hg__at_most(d->references, HG_DETECTOR_NEAR + 2);
    const size_t room = (size_t)d->references * (HG_DETECTOR_NEAR + 1);
    d->other = hg__alloc(room, sizeof *d->other, err);
    if (d->other) d->other_at = hg__numbers(room, 1, err);
    if (!d->other || !d->other_at) return HG_ERR_MEMORY;
    for (int64_t from = 0; from < d->references; from += HG_DETECTOR_BLOCK) {
        const int64_t n = hg__at_most(d->references - from, HG_DETECTOR_BLOCK);
        HG_TRY(hg__neighbours_find(d->in_rows, d->reference + from * d->width, n, near, d->distance,
                                   d->index, d->pool, err));
        keep_others(d, from, n, near);
    }
    for (int32_t i = 0; i < d->references; i++) d->spread[i] = hg__detector_spread(d, i, -1);
    hg__detector_average_spread(d);
    return HG_OK;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// unit (HG_TERMS): what is usual over x (rows, width), between median and mean; own: as hg__detector_measure() has it. term (HG_TERMS, rows) is
// room.
static int fit_units(hg__detector *d, const float *x, int64_t rows, int64_t own, double *term,
                     hg_error *err) {
    for (int64_t from = 0; from < rows; from += HG_DETECTOR_BLOCK) {
        const int64_t n = hg__at_most(rows - from, HG_DETECTOR_BLOCK);
        HG_TRY(hg__detector_measure(d, x + from * d->width, n, own < 0 ? -1 : own + from, err));
        for (int64_t i = 0; i < n; i++) {
            double of_row[HG_TERMS];
            hg__detector_terms(d, d->which[i], of_row);
            for (int32_t q = 0; q < HG_TERMS; q++) term[q * rows + from + i] = of_row[q];
        }
    }
    for (int32_t q = 0; q < HG_TERMS; q++) {
        double *all = term + q * rows, mean = 0;
        qsort(all, (size_t)rows, sizeof *all, compare);
        for (int64_t i = 0; i < rows; i++) mean += all[i] / (double)rows;
        d->unit[q] = 0.7 * (all[(rows - 1) / 2] + all[rows / 2]) / 2 + 0.3 * mean + 1e-9;
    }
    return HG_OK;
}

static int add_part(hg_model *m, const char *name, hg__dtype dtype, int64_t rows, int64_t columns,
                    const void *data, hg_error *err) {
    hg__tensor t = {
        .dtype = dtype, .shape = {columns ? 2 : 1, {rows, columns}},
             .data = data
    };
    snprintf(t.name, sizeof t.name, "%s", name);
    return hg__model_add_part(m, &t, err);
}

static int keep(hg_model *m, const hg__detector *d, const float *raw, json_t *detector,
                hg_error *err) {
    HG_TRY(add_part(m, "detector.reference", HG_F32, d->references, d->width, raw, err));
    HG_TRY(add_part(m, "detector.spread", HG_F32, d->references, 0, d->spread, err));
    HG_TRY(add_part(m, "detector.scale", HG_F32, d->width, 0, d->scale, err));
    HG_TRY(add_part(m, "detector.inverse", HG_F32, d->width, 0, d->inverse, err));
    HG_TRY(add_part(m, "detector.unit", HG_F64, HG_TERMS, 0, d->unit, err));
    HG_TRY(add_part(m, "detector.weight", HG_F64, HG_TERMS, 0, d->weight, err));
    if (json_object_set_new(detector, "score", json_string("distance and residual")) == 0) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping the detector");
}

// What a fit works on, and its room; all owned.
typedef struct sample {
    float *raw;   // (references, width): training rows, then held-out ones
    float *train; // (train_rows, width): the first of them are raw's
    float *usual; // (usual_rows, width): held-out rows, or training rows that are no references
    double *term; // (HG_TERMS, usual_rows) and at least (width)
    int64_t train_rows, usual_rows, own; // own: reference that the first of usual is, or -1
} sample;

// Held-out rows are references too, as far as there is room: none is its own neighbour when it says what is usual.
static int take_sample(sample *s, const hg__rows *train, const hg__rows *held, int32_t references,
                       hg_error *err) {
    const int64_t width = train->data->width;
    const bool has_held = held->count > 0;
    const int64_t trained = hg__at_most(train->count, references), others = references - trained;
    s->train_rows = hg__at_most(train->count, SAMPLE);
    s->usual_rows = has_held ? hg__at_most(held->count, SAMPLE)
                             : hg__at_most(train->count - references, SAMPLE);
    if (s->usual_rows < 1) s->usual_rows = 1; // one row is all there is
    s->own = others ? trained : -1;
    const int64_t first = has_held ? 0 : train->count - s->usual_rows;
    const int64_t room = HG_TERMS * s->usual_rows > width ? HG_TERMS * s->usual_rows : width;
    s->raw = hg__numbers((size_t)references, (size_t)width, err);
    if (!s->raw) return HG_ERR_MEMORY;
    HG_TRY(copy_rows(train, 0, trained, s->raw, err));
    HG_TRY(copy_rows(held, 0, others, s->raw + trained * width, err));
    s->train = take_rows(train, 0, s->train_rows, err);
    if (s->train) s->usual = take_rows(has_held ? held : train, first, s->usual_rows, err);
    if (s->usual) s->term = hg__alloc((size_t)room, sizeof *s->term, err);
    return s->term ? HG_OK : HG_ERR_MEMORY;
}

static int fit(hg_model *m, hg__detector *d, const sample *s, int64_t rows, json_t *detector,
               hg_error *err) {
    const double trust = (double)rows / ((double)rows + few_rows);
    const double weight[HG_TERMS] = {weight_of_distance, trust, trust};
    memcpy(d->weight, weight, sizeof weight);
    for (int32_t j = 0; j < d->width; j++) {
        d->scale[j] = (float)hg__detector_scale(s->train, s->train_rows, d->width, j);
    }
    fit_residuals(d, s->train, s->train_rows, s->term);
    HG_TRY(hg__detector_index(d, s->raw, err));
    HG_TRY(fit_spread(d, err));
    HG_TRY(fit_units(d, s->usual, s->usual_rows, s->own, s->term, err));
    return keep(m, d, s->raw, detector, err);
}

// score (held->count): what a row like these scores, which is no reference itself.
static int score_held(hg__detector *d, const hg__rows *held, int64_t own, float *score,
                      hg_error *err) {
    float *x = hg__numbers(HG_DETECTOR_BLOCK, (size_t)d->width, err);
    int code = x ? HG_OK : HG_ERR_MEMORY;
    for (int64_t from = 0; code == HG_OK && from < held->count; from += HG_DETECTOR_BLOCK) {
        const int64_t n = hg__at_most(held->count - from, HG_DETECTOR_BLOCK);
        code = copy_rows(held, from, n, x, err);
        if (code == HG_OK) {
            code =
                hg__detector_score_own(d, x, n, own < 0 ? -1 : own + from, score + from, NULL, err);
        }
    }
    hg__free(x);
    return code;
}

int hg__detector_fit(hg_model *m, const hg__rows *train, const hg__rows *held, float *score,
                     json_t *detector, hg__pool *pool, hg_error *err) {
    // Without held-out rows a tenth of the training rows takes their place.
    // And where training rows were chosen one by one, held-out rows may be such as were not.
    const bool joins = held->count && held->data == train->data && !train->row;
    const int64_t most = joins         ? train->count + held->count
                         : held->count ? train->count
                                       : train->count - train->count / 10;
    const int32_t references = (int32_t)hg__at_most(most, REFERENCES);
    sample s = {0};
    hg__detector *d = hg__detector_make(m, references, pool, err);
    int code = d ? take_sample(&s, train, held, references, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = fit(m, d, &s, train->count, detector, err);
    if (code == HG_OK && score) code = score_held(d, held, s.own, score, err);
    hg__free(s.raw);
    hg__free(s.train);
    hg__free(s.usual);
    hg__free(s.term);
    hg__detector_free(d);
    return code;
}
