// SPDX-License-Identifier: Apache-2.0
// code_quality.c - all that is known of how good codes are, in one struct; and that as text.
#include "latent/code_quality.h"

#include <math.h>

#include "base/int.h"
#include "base/mem.h"

int32_t hg__quality_rows(int32_t width, int64_t rows) {
    enum { NUMBERS = 1 << 24, LEAST = 2 };
    const int64_t fit = hg__min_64(NUMBERS / width, HG_QUALITY_ROWS);
    return (int32_t)hg__min_64(fit < LEAST ? LEAST : fit, rows);
}

hg__code_quality hg__code_quality_unset(void) {
    const double none = (double)NAN;
    return (hg__code_quality){.mse = none,
                              .explained_variance = none,
                              .effective_dimension = none,
                              .active_units = none,
                              .trustworthiness = none,
                              .continuity = none,
                              .knn_accuracy = none,
                              .probe_accuracy = none};
}

void hg__run_tasks(hg__pool *pool, hg__task *task, void *context, int32_t count) {
    if (pool) {
        hg__pool_run(pool, task, context, count);
        return;
    }
    for (int32_t i = 0; i < count; i++) task(context, i, 0);
}

// ---- what came back -----------------------------------------------------------------------------

int hg__row_spread_init(hg__row_spread *s, int32_t width, hg_error *err) {
    *s = (hg__row_spread){.width = width};
    s->mean = hg__alloc((size_t)width, sizeof *s->mean, err);
    return s->mean ? HG_OK : HG_ERR_MEMORY;
}

void hg__row_spread_clear(hg__row_spread *s) {
    hg__free(s->mean);
    *s = (hg__row_spread){0};
}

// Welford, "Note on a method for calculating corrected sums of squares and products", 1962.
void hg__row_spread_add(hg__row_spread *s, const float *x) {
    const double share = 1 / (double)++s->rows;
    double sum = 0;
    for (int32_t j = 0; j < s->width; j++) {
        const double before = (double)x[j] - s->mean[j];
        s->mean[j] += before * share;
        sum += before * ((double)x[j] - s->mean[j]);
    }
    s->squares += sum;
}

double hg__explained_variance(const hg__row_spread *s, double squared_error) {
    return s->squares > 0 ? 1 - squared_error / s->squares : (double)NAN;
}

static double squared_error(const hg__code_rows *r) {
    double all = 0;
    for (size_t i = 0; i < (size_t)r->rows; i++) {
        const float *x = r->x + i * (size_t)r->width, *y = r->y + i * (size_t)r->width;
        double sum = 0;
        for (int32_t j = 0; j < r->width; j++) {
            const double d = (double)x[j] - (double)y[j];
            sum += d * d;
        }
        all += sum;
    }
    return all;
}

static int measure_error(const hg__code_rows *r, hg__code_quality *q, hg_error *err) {
    hg__row_spread s;
    if (!r->y) return HG_OK;
    HG_TRY(hg__row_spread_init(&s, r->width, err));
    for (size_t i = 0; i < (size_t)r->rows; i++) {
        hg__row_spread_add(&s, r->x + i * (size_t)r->width);
    }
    const double error = squared_error(r);
    q->mse = error / ((double)r->rows * r->width);
    q->explained_variance = hg__explained_variance(&s, error);
    hg__row_spread_clear(&s);
    return HG_OK;
}

int hg__code_quality_of(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q,
                        hg_error *err) {
    *q = hg__code_quality_unset();
    q->rows = r->rows;
    HG_TRY(measure_error(r, q, err));
    if (!r->z) return HG_OK;
    q->code = r->code;
    HG_TRY(hg__code_spread(r, pool, q, err));
    HG_TRY(hg__code_places(r, pool, q, err));
    return hg__code_classes(r, pool, q, err);
}

// ---- as text ------------------------------------------------------------------------------------

typedef struct figure {
    const char *key, *title;
    size_t offset; // of a double
} figure;

static const figure figures[] = {
    {"explained_variance",  "explained var.", offsetof(hg__code_quality, explained_variance) },
    {"effective_dimension", "effective dim.", offsetof(hg__code_quality, effective_dimension)},
    {"active_units",        "active units",   offsetof(hg__code_quality, active_units)       },
    {"trustworthiness",     "trustworthy",    offsetof(hg__code_quality, trustworthiness)    },
    {"continuity",          "continuity",     offsetof(hg__code_quality, continuity)         },
    {"knn_accuracy",        "knn accuracy",   offsetof(hg__code_quality, knn_accuracy)       },
    {"probe_accuracy",      "probe accuracy", offsetof(hg__code_quality, probe_accuracy)     },
};
enum { FIGURES = sizeof figures / sizeof *figures };

static double value_of(const hg__code_quality *q, const figure *f) {
    return *(const double *)((const char *)q + f->offset);
}

static void add_count(hg__json_writer *w, const char *key, int32_t count) {
    if (count > 0) hg__json_add_integer(w, key, count);
}

void hg__code_quality_add_json(hg__json_writer *w, const hg__code_quality *q) {
    for (size_t i = 0; i < FIGURES; i++) {
        const double value = value_of(q, &figures[i]);
        if (isfinite(value)) hg__json_add_real(w, figures[i].key, 9, value);
    }
    if (q->code < 1) return;
    add_count(w, "code", q->code);
    add_count(w, "quality_rows", q->rows);
    add_count(w, "placed_rows", q->placed);
    add_count(w, "classes", q->classes);
    add_count(w, "tested_rows", q->tested);
}

// Which rows a figure is of, and out of how much.
static void add_remark(hg__text *t, const hg__code_quality *q, size_t offset) {
    if (offset == offsetof(hg__code_quality, effective_dimension) ||
        offset == offsetof(hg__code_quality, active_units)) {
        hg__text_add(t, "  of %d, %d rows", q->code, q->rows);
    } else if (offset == offsetof(hg__code_quality, trustworthiness) ||
               offset == offsetof(hg__code_quality, continuity)) {
        hg__text_add(t, "  %d nearest of %d rows", HG_QUALITY_NEIGHBOURS, q->placed);
    } else if (offset == offsetof(hg__code_quality, knn_accuracy)) {
        hg__text_add(t, "  %d nearest, %d classes, %d rows", HG_QUALITY_VOTES, q->classes,
                     q->tested);
    } else if (offset == offsetof(hg__code_quality, probe_accuracy)) {
        hg__text_add(t, "  %d classes, %d rows", q->classes, q->tested);
    }
}

void hg__code_quality_add_lines(hg__text *t, const hg__code_quality *q, int places) {
    for (size_t i = 0; i < FIGURES; i++) {
        const double value = value_of(q, &figures[i]);
        if (!isfinite(value)) continue;
        hg__text_add(t, "%-*s  %.5g", places, figures[i].title, value);
        add_remark(t, q, figures[i].offset);
        hg__text_add(t, "\n");
    }
}
