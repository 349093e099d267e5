// SPDX-License-Identifier: Apache-2.0
// detector.c - how unusual a row of a table is.
#include "detect/detector.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/schema.h"
#include "detect/neighbours.h"
#include "detect/repeats.h"
#include "model/fold.h"
#include "model/parts.h"

// References: a sample that size keeps both the model file and a row's search small.
enum { REFERENCES = 4096, NEAR = 5, BLOCK = 4096, SAMPLE = 16384 };

enum { FAR, FAR_RESIDUAL, RESIDUAL, TERMS }; // a, b and c of the header

// What the constants mean, and where they matter, is in docs/ANOMALIES.md.
static const double weight_of_distance = 3, few_rows = 100, most_of_two = 2.5,
                    least_residual = 0.03;

struct hg__detector {
    const hg_model *model;     // borrowed
    hg__pool *pool;            // borrowed
    hg_model *folded;          // owned, or NULL
    hg__run_plan *plan;        // owned
    int32_t width, references; // numbers a row; rows
    int32_t near;              // neighbours that say how densely rows lie
    // What is kept in the model file, owned:
    float *reference; // (references, width): training rows, scaled
    float *spread;    // (references): mean distance of each to its nearest others
    float *scale;     // (width): what makes all numbers of a row weigh alike
    float *inverse;   // (width): 1 / usual size of the residual
    double unit[TERMS], weight[TERMS];
    // Made of it:
    hg__neighbours *in_rows, *in_residuals; // owned
    float *residual_of;                     // owned, (references, width)
    double mean_spread;
    // Room for a block of rows, owned:
    const void **row; // (BLOCK)
    int32_t *
        distinct; // (BLOCK): positions of the rows that are no copies of others; below, i counts these
    int32_t *which;  // (BLOCK): of each row which of those it is
    int32_t *slot;   // (2 BLOCK): to find them
    float *made;     // (BLOCK, width): reconstructions
    float *scaled;   // (BLOCK, width): rows, scaled
    float *residual; // (BLOCK, width)
    float *distance; // (BLOCK, NEAR + 1): to rows; then (BLOCK, 2): to residuals
    int32_t *index;  // the same
};

void hg__detector_free(hg__detector *d) {
    if (!d) return;
    hg__neighbours_free(d->in_rows);
    hg__neighbours_free(d->in_residuals);
    hg__run_plan_free(d->plan);
    hg_model_free(d->folded);
    void *const owned[] = {d->reference,   d->spread,   d->scale,  d->inverse,  d->residual_of,
                           (void *)d->row, d->made,     d->scaled, d->residual, d->distance,
                           d->index,       d->distinct, d->which,  d->slot};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) hg__free(owned[i]);
    hg__free(d);
}

bool hg__detector_is_in(const hg_model *m) {
    return m->schema && hg__model_part(m, "detector.reference");
}

static float *numbers(size_t rows, size_t width, hg_error *err) {
    size_t count;
    return hg__multiply(rows, width, &count) ? hg__alloc(count, sizeof(float), err)
                                             : hg__alloc(SIZE_MAX, sizeof(float), err);
}

static hg__detector *make(const hg_model *m, int32_t references, hg__pool *pool, hg_error *err) {
    hg__detector *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    *d = (hg__detector){.model = m, .pool = pool, .width = m->spec.width, .references = references};
    d->near = references < NEAR ? references : NEAR;
    const size_t width = (size_t)d->width, rows = (size_t)references;
    const struct {
        float **at;
        size_t rows, width;
    } room[] = {
        {&d->reference,   rows,  width   },
        {&d->spread,      rows,  1       },
        {&d->scale,       1,     width   },
        {&d->inverse,     1,     width   },
        {&d->residual_of, rows,  width   },
        {&d->made,        BLOCK, width   },
        {&d->scaled,      BLOCK, width   },
        {&d->residual,    BLOCK, width   },
        {&d->distance,    BLOCK, NEAR + 3},
    };
    bool has_all = true;
    for (size_t i = 0; has_all && i < sizeof room / sizeof *room; i++) {
        *room[i].at = numbers(room[i].rows, room[i].width, err);
        has_all = *room[i].at != NULL;
    }
    if (has_all) d->index = hg__alloc((size_t)BLOCK * (NEAR + 3), sizeof *d->index, err);
    if (d->index) d->distinct = hg__alloc(BLOCK, sizeof *d->distinct, err);
    if (d->distinct) d->which = hg__alloc(BLOCK, sizeof *d->which, err);
    if (d->which) d->slot = hg__alloc(2 * BLOCK, sizeof *d->slot, err);
    if (d->slot) d->row = hg__alloc(BLOCK, sizeof *d->row, err);
    if (d->row && hg__model_fold(m, &d->folded, err) == HG_OK) {
        d->plan = hg__run_plan_new(d->folded ? d->folded : m, pool, err);
    }
    if (d->plan) return d;
    hg__detector_free(d);
    return NULL;
}

// ---- a block of rows ----------------------------------------------------------------------------

// Of the rows that `row` points at, as encoded: scaled, made and residual. What a column that hardly varies loses is not
// blown up.
static void reconstruct(hg__detector *d, int64_t rows) {
    const int32_t width = d->width;
    const hg__kernels *k = hg__kernels_pick();
    const hg__input in = {.row = d->row, .count = rows, .dtype = HG_F32, .scale = 1};
    hg__run(d->plan, HG_RECONSTRUCT, &in, d->made);
    for (int64_t i = 0; i < rows; i++) {
        const float *from = d->row[i];
        float *y = d->made + i * width, *r = d->residual + i * width, *s = d->scaled + i * width;
        hg__spans_finish(d->model->spans, k, y);
        for (int32_t j = 0; j < width; j++) {
            s[j] = from[j] * d->scale[j];
            r[j] = (from[j] - y[j]) * d->scale[j] * d->inverse[j];
        }
    }
}

// The same of all rows of x (rows, width).
static void reconstruct_all(hg__detector *d, const float *x, int64_t rows) {
    for (int64_t i = 0; i < rows; i++) d->row[i] = x + i * d->width;
    reconstruct(d, rows);
}

static int64_t at_most(int64_t n, int64_t most) {
    return n < most ? n : most;
}

static double square_of(const float *r, int32_t width) {
    double sum = 0;
    for (int32_t j = 0; j < width; j++) sum += (double)r[j] * (double)r[j];
    return sum;
}

static const float *distance_of(const hg__detector *d, int64_t i) {
    return d->distance + i * d->near;
}

static const int32_t *nearest_of(const hg__detector *d, int64_t i) {
    return d->index + i * d->near;
}

enum { OF_RESIDUALS = BLOCK * (NEAR + 1) }; // where those begin in distance and index

// What a squared distance from row i of the block is divided by: 1 and more where training rows lie far apart.
static double thinness(const hg__detector *d, int64_t i) {
    const int32_t *nearest = nearest_of(d, i);
    double sum = 0;
    for (int32_t n = 0; n < d->near; n++) sum += (double)d->spread[nearest[n]];
    return d->mean_spread > 0 ? 1 + sum / d->near / d->mean_spread : 1;
}

// The terms of row i of the block: term (TERMS).
static void terms_of(const hg__detector *d, int64_t i, double *term) {
    term[FAR] = (double)distance_of(d, i)[0] / thinness(d, i);
    term[FAR_RESIDUAL] = (double)d->distance[OF_RESIDUALS + i];
    term[RESIDUAL] = square_of(d->residual + i * d->width, d->width);
}

// Of the `found` nearest of a row, in distance and index, the `near` that are not `own`; where they do not reach, the last one
// again. to_*: where they are put, at or before the found ones.
static void pass_own(int32_t found, int32_t near, int64_t own, const float *distance,
                     const int32_t *index, float *to_distance, int32_t *to_index) {
    int32_t n = 0;
    for (int32_t k = 0; k < found && n < near; k++) {
        if (index[k] == own) continue;
        to_distance[n] = distance[k];
        to_index[n++] = index[k];
    }
    for (; n && n < near; n++) {
        to_distance[n] = to_distance[n - 1];
        to_index[n] = to_index[n - 1];
    }
}

// The `near` nearest of x (rows, width), as hg__neighbours_find(); row i is not its own neighbour where it is reference own + i
// (own -1: none is any).
static int find_near(const hg__detector *d, const hg__neighbours *in, const float *x, int64_t rows,
                     int32_t near, int64_t own, size_t at, hg_error *err) {
    float *distance = d->distance + at;
    int32_t *index = d->index + at;
    const int32_t found = own >= 0 && near < d->references ? near + 1 : near;
    HG_TRY(hg__neighbours_find(in, x, rows, found, distance, index, d->pool, err));
    for (int64_t i = 0; own >= 0 && i < rows; i++) {
        pass_own(found, near, own + i, distance + i * found, index + i * found, distance + i * near,
                 index + i * near);
    }
    return HG_OK;
}

static int32_t find_distinct(hg__detector *d, const float *x, int32_t rows, int64_t own) {
    if (own < 0) return hg__repeats_find(x, rows, d->width, d->distinct, d->which, d->slot);
    for (int32_t i = 0; i < rows; i++) d->distinct[i] = d->which[i] = i; // each has another own
    return rows;
}

// Of x (rows, width): everything above for its distinct rows. Tables of events repeat theirs often. own: number of the reference
// that the first row is, the second is the next and so on; -1, or that of none: no row is a reference.
static int measure_block(hg__detector *d, const float *x, int64_t rows, int64_t own,
                         hg_error *err) {
    if (own >= d->references) own = -1;
    const int32_t count = find_distinct(d, x, (int32_t)rows, own);
    for (int32_t i = 0; i < count; i++) d->row[i] = x + (ptrdiff_t)d->distinct[i] * d->width;
    reconstruct(d, count);
    HG_TRY(find_near(d, d->in_rows, d->scaled, count, d->near, own, 0, err));
    return find_near(d, d->in_residuals, d->residual, count, 1, own, OF_RESIDUALS, err);
}

static double factor(const hg__detector *d, int32_t term) {
    double all = 0;
    for (int32_t q = 0; q < TERMS; q++) all += d->weight[q];
    return d->weight[term] / (all * d->unit[term]);
}

// ---- shares of the columns ----------------------------------------------------------------------

// Adds each number's part of the squared distance between a and b (width; NULL: 0), times weight, to its column's share.
static void add_distance(const hg__schema *s, const float *a, const float *b, double weight,
                         float *share) {
    for (int32_t c = 0; c < s->columns; c++) {
        const hg__column *column = &s->column[c];
        double sum = 0;
        for (int32_t j = column->first; j < column->first + column->width; j++) {
            const double gap = (double)a[j] - (b ? (double)b[j] : 0);
            sum += gap * gap;
        }
        share[c] += (float)(sum * weight);
    }
}

static void share_row(const hg__detector *d, int64_t i, float *share) {
    const hg__schema *s = d->model->schema;
    const ptrdiff_t width = d->width;
    const float *r = d->residual + i * width;
    memset(share, 0, (size_t)s->columns * sizeof *share);
    add_distance(s, d->scaled + i * width, d->reference + nearest_of(d, i)[0] * width,
                 factor(d, FAR) / thinness(d, i), share);
    add_distance(s, r, d->residual_of + d->index[OF_RESIDUALS + i] * width, factor(d, FAR_RESIDUAL),
                 share);
    add_distance(s, r, NULL, factor(d, RESIDUAL), share);
}

// own: as measure_block() has it.
static int score_rows(hg__detector *d, const float *x, int64_t rows, int64_t own, float *score,
                      float *share, hg_error *err) {
    const ptrdiff_t width = d->width, columns = d->model->schema->columns;
    double times[TERMS];
    for (int32_t q = 0; q < TERMS; q++) times[q] = factor(d, q);
    for (int64_t from = 0; from < rows; from += BLOCK) {
        const int64_t n = rows - from < BLOCK ? rows - from : BLOCK;
        HG_TRY(measure_block(d, x + from * width, n, own < 0 ? -1 : own + from, err));
        for (int64_t r = 0; r < n; r++) {
            const int64_t i = d->which[r];
            double term[TERMS];
            terms_of(d, i, term);
            score[from + r] =
                (float)(term[FAR] * times[FAR] + term[FAR_RESIDUAL] * times[FAR_RESIDUAL] +
                        term[RESIDUAL] * times[RESIDUAL]);
            if (share) share_row(d, i, share + (from + r) * columns);
        }
    }
    return HG_OK;
}

int hg__detector_score(hg__detector *d, const float *x, int64_t rows, float *score, float *share,
                       hg_error *err) {
    return score_rows(d, x, rows, -1, score, share, err);
}

// ---- fitting ------------------------------------------------------------------------------------

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
    float *x = numbers((size_t)count, (size_t)rows->data->width, err);
    if (x && copy_rows(rows, first, count, x, err) == HG_OK) return x;
    hg__free(x);
    return NULL;
}

// What makes number j of x (rows, width) weigh as the others do: 1 / its standard deviation. Of two values, levels of a
// category among them, the rarer may lie far out: no farther than most_of_two. One that never varied may yet.
static double scale_of(const float *x, int64_t rows, int32_t width, int32_t j) {
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
    for (int64_t from = 0; from < rows; from += BLOCK) {
        const int64_t n = at_most(rows - from, BLOCK);
        reconstruct_all(d, x + from * d->width, n);
        for (int64_t i = 0; i < n; i++) {
            const float *r = d->residual + i * d->width;
            for (int32_t j = 0; j < d->width; j++) square[j] += (double)r[j] * (double)r[j];
        }
    }
    for (int32_t j = 0; j < d->width; j++) {
        d->inverse[j] = (float)(1 / sqrt(square[j] / (double)rows + least_residual));
    }
}

// raw (references, width), as encoded: reference, residual_of and what finds the nearest of them.
static int index_references(hg__detector *d, const float *raw, hg_error *err) {
    const size_t width = (size_t)d->width;
    for (int64_t from = 0; from < d->references; from += BLOCK) {
        const int64_t n = at_most(d->references - from, BLOCK);
        const size_t at = (size_t)from * width, bytes = (size_t)n * width * sizeof(float);
        reconstruct_all(d, raw + at, n);
        memcpy(d->reference + at, d->scaled, bytes);
        memcpy(d->residual_of + at, d->residual, bytes);
    }
    d->in_rows = hg__neighbours_new(d->reference, d->references, d->width, err);
    if (!d->in_rows) return HG_ERR_MEMORY;
    d->in_residuals = hg__neighbours_new(d->residual_of, d->references, d->width, err);
    return d->in_residuals ? HG_OK : HG_ERR_MEMORY;
}

static void average_spread(hg__detector *d) {
    d->mean_spread = 0;
    for (int32_t i = 0; i < d->references; i++) {
        d->mean_spread += (double)d->spread[i] / d->references;
    }
}

// Mean distance of each reference to its nearest others; copies of it are others.
static int fit_spread(hg__detector *d, hg_error *err) {
    const int32_t near = d->references > NEAR ? NEAR + 1 : d->references;
    for (int64_t from = 0; from < d->references; from += BLOCK) {
        const int64_t n = at_most(d->references - from, BLOCK);
        HG_TRY(hg__neighbours_find(d->in_rows, d->reference + from * d->width, n, near, d->distance,
                                   d->index, d->pool, err));
        for (int64_t i = 0; i < n; i++) {
            double sum = 0;
            int32_t others = 0;
            for (int32_t k = 0; k < near; k++) {
                if (d->index[i * near + k] == from + i || others == near - 1) continue;
                sum += sqrt((double)d->distance[i * near + k]);
                others++;
            }
            d->spread[from + i] = others ? (float)(sum / others) : 0;
        }
    }
    average_spread(d);
    return HG_OK;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// unit (TERMS): what is usual over x (rows, width), between median and mean; own: as measure_block() has it. term (TERMS, rows) is
// room.
static int fit_units(hg__detector *d, const float *x, int64_t rows, int64_t own, double *term,
                     hg_error *err) {
    for (int64_t from = 0; from < rows; from += BLOCK) {
        const int64_t n = at_most(rows - from, BLOCK);
        HG_TRY(measure_block(d, x + from * d->width, n, own < 0 ? -1 : own + from, err));
        for (int64_t i = 0; i < n; i++) {
            double of_row[TERMS];
            terms_of(d, d->which[i], of_row);
            for (int32_t q = 0; q < TERMS; q++) term[q * rows + from + i] = of_row[q];
        }
    }
    for (int32_t q = 0; q < TERMS; q++) {
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
    HG_TRY(add_part(m, "detector.unit", HG_F64, TERMS, 0, d->unit, err));
    HG_TRY(add_part(m, "detector.weight", HG_F64, TERMS, 0, d->weight, err));
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
    double *term; // (TERMS, usual_rows) and at least (width)
    int64_t train_rows, usual_rows, own; // own: reference that the first of usual is, or -1
} sample;

// Held-out rows are references too, as far as there is room: none is its own neighbour when it says what is usual.
static int take_sample(sample *s, const hg__rows *train, const hg__rows *held, int32_t references,
                       hg_error *err) {
    const int64_t width = train->data->width;
    const bool has_held = held->count > 0;
    const int64_t trained = at_most(train->count, references), others = references - trained;
    s->train_rows = at_most(train->count, SAMPLE);
    s->usual_rows =
        has_held ? at_most(held->count, SAMPLE) : at_most(train->count - references, SAMPLE);
    if (s->usual_rows < 1) s->usual_rows = 1; // one row is all there is
    s->own = others ? trained : -1;
    const int64_t first = has_held ? 0 : train->count - s->usual_rows;
    const int64_t room = TERMS * s->usual_rows > width ? TERMS * s->usual_rows : width;
    s->raw = numbers((size_t)references, (size_t)width, err);
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
    const double weight[TERMS] = {weight_of_distance, trust, trust};
    memcpy(d->weight, weight, sizeof weight);
    for (int32_t j = 0; j < d->width; j++) {
        d->scale[j] = (float)scale_of(s->train, s->train_rows, d->width, j);
    }
    fit_residuals(d, s->train, s->train_rows, s->term);
    HG_TRY(index_references(d, s->raw, err));
    HG_TRY(fit_spread(d, err));
    HG_TRY(fit_units(d, s->usual, s->usual_rows, s->own, s->term, err));
    return keep(m, d, s->raw, detector, err);
}

// score (held->count): what a row like these scores, which is no reference itself.
static int score_held(hg__detector *d, const hg__rows *held, int64_t own, float *score,
                      hg_error *err) {
    float *x = numbers(BLOCK, (size_t)d->width, err);
    int code = x ? HG_OK : HG_ERR_MEMORY;
    for (int64_t from = 0; code == HG_OK && from < held->count; from += BLOCK) {
        const int64_t n = at_most(held->count - from, BLOCK);
        code = copy_rows(held, from, n, x, err);
        if (code == HG_OK) {
            code = score_rows(d, x, n, own < 0 ? -1 : own + from, score + from, NULL, err);
        }
    }
    hg__free(x);
    return code;
}

int hg__detector_fit(hg_model *m, const hg__rows *train, const hg__rows *held, float *score,
                     json_t *detector, hg__pool *pool, hg_error *err) {
    // Without held-out rows a tenth of the training rows takes their place.
    const bool joins = held->count && held->data == train->data;
    const int64_t most = joins         ? train->count + held->count
                         : held->count ? train->count
                                       : train->count - train->count / 10;
    const int32_t references = (int32_t)at_most(most, REFERENCES);
    sample s = {0};
    hg__detector *d = make(m, references, pool, err);
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

// ---- from a model file --------------------------------------------------------------------------

// Copies a part of F32 into to (rows, columns), every number finite and least at least.
static int take_floats(const hg_model *m, const char *name, int64_t rows, int64_t columns,
                       float least, float *to, const char *where, hg_error *err) {
    const hg__tensor *t;
    const size_t count = (size_t)(rows * (columns ? columns : 1));
    HG_TRY(hg__model_take_part(m, name, HG_F32, rows, columns, where, &t, err));
    memcpy(to, t->data, count * sizeof *to);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(to[i]) && to[i] >= least) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite numbers from %g, got %g",
                        where, name, (double)least, (double)to[i]);
    }
    return HG_OK;
}

static int take_terms(const hg_model *m, const char *name, double to[TERMS], const char *where,
                      hg_error *err) {
    const hg__tensor *t;
    HG_TRY(hg__model_take_part(m, name, HG_F64, TERMS, 0, where, &t, err));
    memcpy(to, t->data, TERMS * sizeof *to);
    for (int32_t q = 0; q < TERMS; q++) {
        if (isfinite(to[q]) && to[q] > 0) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected numbers above 0, got %g", where,
                        name, to[q]);
    }
    return HG_OK;
}

static int take(hg__detector *d, const char *where, hg_error *err) {
    const hg_model *m = d->model;
    const int64_t rows = d->references, width = d->width;
    HG_TRY(take_floats(m, "detector.scale", width, 0, 0, d->scale, where, err));
    HG_TRY(take_floats(m, "detector.inverse", width, 0, 0, d->inverse, where, err));
    HG_TRY(take_floats(m, "detector.spread", rows, 0, 0, d->spread, where, err));
    HG_TRY(take_terms(m, "detector.unit", d->unit, where, err));
    HG_TRY(take_terms(m, "detector.weight", d->weight, where, err));
    float *raw = numbers((size_t)rows, (size_t)width, err);
    int code = raw ? take_floats(m, "detector.reference", rows, width, -FLT_MAX, raw, where, err)
                   : HG_ERR_MEMORY;
    if (code == HG_OK) code = index_references(d, raw, err);
    average_spread(d);
    hg__free(raw);
    return code;
}

hg__detector *hg__detector_new(const hg_model *m, hg__pool *pool, const char *where,
                               hg_error *err) {
    const hg__tensor *t;
    if (hg__model_take_part(m, "detector.reference", HG_F32, -1, m->spec.width, where, &t, err) <
        0) {
        return NULL;
    }
    const int64_t rows = t->shape.dim[0];
    if (rows < 1 || rows > INT32_MAX) {
        hg__fail(err, HG_ERR_MODEL, "%s: 'detector.reference': expected rows, got %lld", where,
                 (long long)rows);
        return NULL;
    }
    hg__detector *d = make(m, (int32_t)rows, pool, err);
    if (d && take(d, where, err) == HG_OK) return d;
    hg__detector_free(d);
    return NULL;
}
