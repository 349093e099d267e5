// SPDX-License-Identifier: Apache-2.0
// table_detector.c - how unusual a row of a table is.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/neighbours.h"
#include "detect/table_detector_internal.h"
#include "detect/table_model.h"
#include "graph/network.h"
#include "model/model.h"
#include "nn/spans.h"
#include "schema/schema.h"

void hg__table_detector_free(hg__table_detector *d) {
    if (!d) return;
    hg__neighbours_free(d->in_rows);
    hg__neighbours_free(d->in_residuals);
    hg__run_plan_free(d->plan);
    hg__network_free(d->folded);
    hg__blocks_clear(&d->blocks);
    void *const owned[] = {d->reference,   d->spread, d->scale,    d->inverse,  d->residual_of,
                           (void *)d->row, d->scaled, d->residual, d->distance, d->index,
                           d->distinct,    d->which,  d->slot,     d->other,    d->other_at};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) hg__free(owned[i]);
    hg__free(d);
}

hg__run_plan *hg__table_detector_plan(const hg__table_detector *d) {
    return d->plan;
}

const char *const hg__reference_words[] = {"exact", "quantised", "none"};

hg__reference_kind hg__references_find(const char *word) {
    for (int i = HG_REFERENCES_QUANTISED; i <= HG_REFERENCES_NONE; i++) {
        if (strcmp(word, hg__reference_words[i]) == 0) return (hg__reference_kind)i;
    }
    return HG_REFERENCES_EXACT;
}

hg__reference_kind hg__table_detector_references(const hg_model *m) {
    const char *word = hg__json_string_value(hg__json_object_get(hg__model_detector(m), "rows"));
    const hg__reference_kind kind = word ? hg__references_find(word) : HG_REFERENCES_EXACT;
    const bool has_none = !hg__model_part(m, "detector.reference");
    return kind == HG_REFERENCES_NONE && !has_none ? HG_REFERENCES_EXACT : kind; // whatever it says
}

bool hg__table_detector_is_in(const hg_model *m) {
    return hg__model_schema(m) && (hg__model_part(m, "detector.reference") ||
                                   hg__table_detector_references(m) == HG_REFERENCES_NONE);
}

hg__table_detector *hg__table_detector_make(const hg_model *m, int32_t references, int64_t rows,
                                            hg__pool *pool, hg_error *err) {
    hg__table_detector *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    *d = (hg__table_detector){.model = m,
                              .blocks = {.pool = pool},
                              .width = m->net.spec.width,
                              .references = references,
                              .own = -1};
    d->block = hg__block_rows(d->width, rows > references ? rows : references);
    d->near = references < HG_DETECTOR_NEAR ? references : HG_DETECTOR_NEAR;
    const size_t width = (size_t)d->width, kept = (size_t)references, block = (size_t)d->block;
    const struct {
        float **at;
        size_t rows, width;
    } room[] = {
        {&d->reference,   kept,          width               },
        {&d->spread,      kept,          1                   },
        {&d->scale,       1,             width               },
        {&d->inverse,     1,             width               },
        {&d->residual_of, kept,          width               },
        {&d->scaled,      block,         width               },
        {&d->residual,    block,         width               },
        {&d->distance,    HG_BLOCK_MOST, HG_DETECTOR_NEAR + 3},
    };
    bool has_all = true;
    for (size_t i = 0; has_all && i < sizeof room / sizeof *room; i++) {
        *room[i].at = hg__numbers(room[i].rows, room[i].width, err);
        has_all = *room[i].at != NULL;
    }
    if (has_all) {
        d->index = hg__alloc((size_t)HG_BLOCK_MOST * (HG_DETECTOR_NEAR + 3), sizeof *d->index, err);
    }
    if (d->index) d->distinct = hg__alloc(HG_BLOCK_MOST, sizeof *d->distinct, err);
    if (d->distinct) d->which = hg__alloc(HG_BLOCK_MOST, sizeof *d->which, err);
    if (d->which) d->slot = hg__alloc(2 * HG_BLOCK_MOST, sizeof *d->slot, err);
    if (d->slot) d->row = hg__alloc(HG_BLOCK_MOST, sizeof *d->row, err);
    const hg__network *net = d->row ? hg__network_fold(&m->net, &d->folded, err) : NULL;
    if (net) d->plan = hg__run_plan_new(net, pool, NULL, err);
    if (d->plan) return d;
    hg__table_detector_free(d);
    return NULL;
}

// ---- a block of rows ----------------------------------------------------------------------------

// Of the rows that `row` points at, as encoded: scaled and residual, which takes the place of the reconstruction. What a column that hardly varies loses is not
// blown up.
static void reconstruct(hg__table_detector *d, int64_t rows) {
    const int32_t width = d->width;
    const hg__kernels *k = hg__kernels_pick();
    const hg__input in = {.row = d->row, .count = rows, .dtype = HG_F32, .scale = 1};
    hg__run(d->plan, HG_RECONSTRUCT, &in, d->residual);
    for (int64_t i = 0; i < rows; i++) {
        const float *from = d->row[i];
        float *r = d->residual + i * width, *s = d->scaled + i * width;
        hg__spans_finish(d->model->net.spans, k, r);
        for (int32_t j = 0; j < width; j++) {
            s[j] = from[j] * d->scale[j];
            r[j] = (from[j] - r[j]) * d->scale[j] * d->inverse[j];
        }
    }
}

void hg__table_detector_reconstruct(hg__table_detector *d, const float *x, int64_t rows) {
    for (int64_t i = 0; i < rows; i++) d->row[i] = x + i * d->width;
    reconstruct(d, rows);
}

static double square_of(const float *r, int32_t width) {
    double sum = 0;
    for (int32_t j = 0; j < width; j++) sum += (double)r[j] * (double)r[j];
    return sum;
}

static const float *distance_of(const hg__table_detector *d, int64_t i) {
    return d->distance + i * d->near;
}

static const int32_t *nearest_of(const hg__table_detector *d, int64_t i) {
    return d->index + i * d->near;
}

enum {
    OF_RESIDUALS = HG_BLOCK_MOST * (HG_DETECTOR_NEAR + 1)
}; // where those begin in distance and index

float hg__table_detector_spread(const hg__table_detector *d, int32_t reference, int64_t without) {
    const size_t at = (size_t)reference * (HG_DETECTOR_NEAR + 1);
    double sum = 0;
    int32_t others = 0;
    for (size_t k = 0; k <= HG_DETECTOR_NEAR && others < HG_DETECTOR_NEAR; k++) {
        if (d->other[at + k] < 0) break;
        if (d->other[at + k] == without) continue;
        sum += (double)d->other_at[at + k];
        others++;
    }
    return others ? (float)(sum / others) : 0;
}

// What a squared distance from row i of the block is divided by: 1 and more where training rows lie far apart.
static double local_spread(const hg__table_detector *d, int64_t i) {
    const int32_t *nearest = nearest_of(d, i);
    double sum = 0;
    for (int32_t n = 0; n < d->near; n++) {
        sum += d->own >= 0 ? (double)hg__table_detector_spread(d, nearest[n], d->own + i)
                           : (double)d->spread[nearest[n]];
    }
    return d->mean_spread > 0 ? 1 + sum / d->near / d->mean_spread : 1;
}

void hg__table_detector_terms(const hg__table_detector *d, int64_t i, double *term) {
    term[HG_TERM_DISTANCE] = d->references ? (double)distance_of(d, i)[0] / local_spread(d, i) : 0;
    term[HG_TERM_RESIDUAL_DISTANCE] = d->references ? (double)d->distance[OF_RESIDUALS + i] : 0;
    term[HG_TERM_RESIDUAL] = square_of(d->residual + i * d->width, d->width);
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
static int find_near(hg__table_detector *d, const hg__neighbours *in, const float *x, int64_t rows,
                     int32_t near, int64_t own, size_t at, hg_error *err) {
    float *distance = d->distance + at;
    int32_t *index = d->index + at;
    const int32_t found = own >= 0 && near < d->references ? near + 1 : near;
    HG_TRY(hg__neighbours_find(in, x, rows, found, distance, index, &d->blocks, err));
    for (int64_t i = 0; own >= 0 && i < rows; i++) {
        pass_own(found, near, own + i, distance + i * found, index + i * found, distance + i * near,
                 index + i * near);
    }
    return HG_OK;
}

static int32_t find_distinct(hg__table_detector *d, const float *x, int32_t rows, int64_t own) {
    if (own < 0) return hg__repeats_find(x, rows, d->width, d->distinct, d->which, d->slot);
    for (int32_t i = 0; i < rows; i++) d->distinct[i] = d->which[i] = i; // each has another own
    return rows;
}

// Tables of events repeat their rows often.
int hg__table_detector_measure(hg__table_detector *d, const float *x, int64_t rows, int64_t own,
                               hg_error *err) {
    if (own >= d->references) own = -1;
    d->own = own;
    const int32_t count = find_distinct(d, x, (int32_t)rows, own);
    for (int32_t i = 0; i < count; i++) d->row[i] = x + (ptrdiff_t)d->distinct[i] * d->width;
    reconstruct(d, count);
    if (!d->references) return HG_OK;
    HG_TRY(find_near(d, d->in_rows, d->scaled, count, d->near, own, 0, err));
    return find_near(d, d->in_residuals, d->residual, count, 1, own, OF_RESIDUALS, err);
}

static double factor(const hg__table_detector *d, int32_t term) {
    double all = 0;
    for (int32_t q = 0; q < HG_TERMS; q++) all += d->weight[q];
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

static void share_row(const hg__table_detector *d, int64_t i, float *share) {
    const hg__schema *s = hg__model_schema(d->model);
    const ptrdiff_t width = d->width;
    const float *r = d->residual + i * width;
    memset(share, 0, (size_t)s->columns * sizeof *share);
    if (!d->references) {
        add_distance(s, r, NULL, factor(d, HG_TERM_RESIDUAL), share);
        return;
    }
    add_distance(s, d->scaled + i * width, d->reference + nearest_of(d, i)[0] * width,
                 factor(d, HG_TERM_DISTANCE) / local_spread(d, i), share);
    add_distance(s, r, d->residual_of + d->index[OF_RESIDUALS + i] * width,
                 factor(d, HG_TERM_RESIDUAL_DISTANCE), share);
    add_distance(s, r, NULL, factor(d, HG_TERM_RESIDUAL), share);
}

// own: as hg__table_detector_measure() has it.
int hg__table_detector_score_own(hg__table_detector *d, const float *x, int64_t rows, int64_t own,
                                 float *score, float *share, hg_error *err) {
    const ptrdiff_t width = d->width, columns = hg__model_schema(d->model)->columns;
    double times[HG_TERMS];
    for (int32_t q = 0; q < HG_TERMS; q++) times[q] = factor(d, q);
    for (int64_t from = 0; from < rows; from += d->block) {
        const int64_t n = hg__min_64(rows - from, d->block);
        HG_TRY(hg__table_detector_measure(d, x + from * width, n, own < 0 ? -1 : own + from, err));
        for (int64_t r = 0; r < n; r++) {
            const int64_t i = d->which[r];
            double term[HG_TERMS];
            hg__table_detector_terms(d, i, term);
            score[from + r] =
                (float)(term[HG_TERM_DISTANCE] * times[HG_TERM_DISTANCE] +
                        term[HG_TERM_RESIDUAL_DISTANCE] * times[HG_TERM_RESIDUAL_DISTANCE] +
                        term[HG_TERM_RESIDUAL] * times[HG_TERM_RESIDUAL]);
            if (share) share_row(d, i, share + (from + r) * columns);
        }
    }
    return HG_OK;
}

int hg__table_detector_score(hg__table_detector *d, const float *x, int64_t rows, float *score,
                             float *share, hg_error *err) {
    return hg__table_detector_score_own(d, x, rows, -1, score, share, err);
}

int hg__table_detector_index(hg__table_detector *d, const float *raw, hg_error *err) {
    const size_t width = (size_t)d->width;
    for (int64_t from = 0; from < d->references; from += d->block) {
        const int64_t n = hg__min_64(d->references - from, d->block);
        const size_t at = (size_t)from * width, bytes = (size_t)n * width * sizeof(float);
        hg__table_detector_reconstruct(d, raw + at, n);
        memcpy(d->reference + at, d->scaled, bytes);
        memcpy(d->residual_of + at, d->residual, bytes);
    }
    d->in_rows = hg__neighbours_new(d->reference, d->references, d->width, err);
    if (!d->in_rows) return HG_ERR_MEMORY;
    d->in_residuals = hg__neighbours_new(d->residual_of, d->references, d->width, err);
    return d->in_residuals ? HG_OK : HG_ERR_MEMORY;
}

void hg__table_detector_average_spread(hg__table_detector *d) {
    d->mean_spread = 0;
    for (int32_t i = 0; i < d->references; i++) {
        d->mean_spread += (double)d->spread[i] / d->references;
    }
}

// ---- from a model file --------------------------------------------------------------------------

// What a part may hold: with more no score would be a number.
typedef struct limits {
    double least, most;
} limits;

static const limits in_rows = {-HG_SCALED_LIMIT, HG_SCALED_LIMIT}, in_scales = {0, 1e7},
                    in_spreads = {0, 1e12}, in_terms = {1e-12, 1e12};

static int fail_number(const char *name, const limits *l, double x, const char *where,
                       hg_error *err) {
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected numbers from %g to %g, got %g", where,
                    name, l->least, l->most, x);
}

// *from (rows, columns): the numbers of a part of F32, the model's.
static int find_floats(const hg_model *m, const char *name, int64_t rows, int64_t columns,
                       const limits *l, const float **from, const char *where, hg_error *err) {
    const hg__tensor *t;
    const size_t count = (size_t)(rows * (columns ? columns : 1));
    HG_TRY(hg__model_take_part(m, name, HG_F32, rows, columns, where, &t, err));
    *from = t->data;
    for (size_t i = 0; i < count; i++) {
        const double x = (double)(*from)[i];
        if (!(x >= l->least && x <= l->most)) return fail_number(name, l, x, where, err);
    }
    return HG_OK;
}

// The same, copied into to (count).
static int take_floats(const hg_model *m, const char *name, int64_t count, const limits *l,
                       float *to, const char *where, hg_error *err) {
    const float *from;
    HG_TRY(find_floats(m, name, count, 0, l, &from, where, err));
    memcpy(to, from, (size_t)count * sizeof *to);
    return HG_OK;
}

// What is not kept stands at `without`: the distances of a model that has no references.
static int take_terms(const hg__table_detector *d, const char *name, double without,
                      double to[HG_TERMS], const char *where, hg_error *err) {
    const hg__tensor *t;
    HG_TRY(hg__model_take_part(d->model, name, HG_F64, HG_TERMS, 0, where, &t, err));
    memcpy(to, t->data, HG_TERMS * sizeof *to);
    if (!d->references) to[HG_TERM_DISTANCE] = to[HG_TERM_RESIDUAL_DISTANCE] = without;
    for (int32_t q = d->references ? 0 : HG_TERM_RESIDUAL; q < HG_TERMS; q++) {
        const limits *l = &in_terms;
        if (to[q] >= l->least && to[q] <= l->most) continue; // no number is neither
        return fail_number(name, l, to[q], where, err);
    }
    return HG_OK;
}

static int take(hg__table_detector *d, const char *where, hg_error *err) {
    const hg_model *m = d->model;
    const int64_t rows = d->references, width = d->width;
    const float *raw;
    HG_TRY(take_floats(m, "detector.scale", width, &in_scales, d->scale, where, err));
    HG_TRY(take_floats(m, "detector.inverse", width, &in_scales, d->inverse, where, err));
    HG_TRY(take_terms(d, "detector.unit", 1, d->unit, where, err));
    HG_TRY(take_terms(d, "detector.weight", 0, d->weight, where, err));
    if (!rows) return HG_OK;
    HG_TRY(take_floats(m, "detector.spread", rows, &in_spreads, d->spread, where, err));
    HG_TRY(find_floats(m, "detector.reference", rows, width, &in_rows, &raw, where, err));
    HG_TRY(hg__table_detector_index(d, raw, err));
    hg__table_detector_average_spread(d);
    return HG_OK;
}

// How many references there are. 0 only where the model says that it keeps none.
static int64_t count_references(const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *t;
    if (hg__table_detector_references(m) == HG_REFERENCES_NONE) return 0;
    HG_TRY(hg__model_take_part(m, "detector.reference", HG_F32, -1, m->net.spec.width, where, &t,
                               err));
    const int64_t rows = t->shape.dim[0];
    if (rows >= 1 && rows <= INT32_MAX) return rows;
    return hg__fail(err, HG_ERR_MODEL, "%s: 'detector.reference': expected rows, got %lld", where,
                    (long long)rows);
}

hg__table_detector *hg__table_detector_new(const hg_model *m, hg__pool *pool, const char *where,
                                           hg_error *err) {
    const int64_t rows = count_references(m, where, err);
    if (rows < 0) return NULL;
    hg__table_detector *d = hg__table_detector_make(m, (int32_t)rows, INT64_MAX, pool, err);
    if (d && take(d, where, err) == HG_OK) return d;
    hg__table_detector_free(d);
    return NULL;
}
