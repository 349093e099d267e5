// SPDX-License-Identifier: Apache-2.0
// baseline.c - the list of baselines, and the z-scores some of them begin with.
#include "detect/baseline.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

#define BASELINE(name) extern const hg__baseline hg__baseline_##name;
#include "detect/baselines.def"
#undef BASELINE

static const hg__baseline *const list[] = {
#define BASELINE(name) &hg__baseline_##name,
#include "detect/baselines.def"
#undef BASELINE
};
enum {
#define BASELINE(name) AT_##name,
#include "detect/baselines.def"
#undef BASELINE
    COUNT
};

const hg__baseline *const *hg__baselines(size_t *count) {
    *count = COUNT;
    return list;
}

const hg__baseline *hg__baseline_find(const char *name) {
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(list[i]->name, name) == 0) return list[i];
    }
    return NULL;
}

// ---- z-scores -------------------------------------------------------------------------------------

enum { COLUMNS = 16 }; // of a task: a cache line of each row

typedef struct job {
    const hg__zscore *z;
    const float *x; // (rows, width)
    int64_t rows;
} job;

// Two passes in double, rows in order.
static void learn_columns(void *context, int32_t task, int32_t thread) {
    const job *w = context;
    (void)thread;
    const int32_t width = w->z->width, first = task * COLUMNS;
    const int32_t count = width - first < COLUMNS ? width - first : COLUMNS;
    double mean[COLUMNS] = {0}, square[COLUMNS] = {0};
    for (int64_t i = 0; i < w->rows; i++) {
        const float *x = w->x + (size_t)i * (size_t)width + first;
        for (int32_t j = 0; j < count; j++) mean[j] += (double)x[j];
    }
    for (int32_t j = 0; j < count; j++) mean[j] /= (double)w->rows;
    for (int64_t i = 0; i < w->rows; i++) {
        const float *x = w->x + (size_t)i * (size_t)width + first;
        for (int32_t j = 0; j < count; j++) {
            square[j] += ((double)x[j] - mean[j]) * ((double)x[j] - mean[j]);
        }
    }
    for (int32_t j = 0; j < count; j++) {
        const double deviation = sqrt(square[j] / (double)w->rows);
        // The mean of equal numbers may be off by a rounding.
        const bool varies = deviation > 1e-12 * fabs(mean[j]) && deviation > 0;
        w->z->mean[first + j] = (float)mean[j];
        w->z->factor[first + j] = varies ? (float)(1 / deviation) : 0;
    }
}

int hg__zscore_fit(hg__zscore *z, const float *x, int64_t rows, int32_t width, hg__pool *pool,
                   hg_error *err) {
    *z = (hg__zscore){.width = width};
    z->mean = hg__alloc((size_t)width, sizeof *z->mean, err);
    z->factor = z->mean ? hg__alloc((size_t)width, sizeof *z->factor, err) : NULL;
    if (!z->factor) {
        hg__zscore_clear(z);
        return HG_ERR_MEMORY;
    }
    job w = {z, x, rows};
    hg__pool_run(pool, learn_columns, &w, hg__ceil_div(width, COLUMNS));
    return HG_OK;
}

void hg__zscore_run(const hg__zscore *z, const float *x, float *to) {
    for (int32_t j = 0; j < z->width; j++) to[j] = (x[j] - z->mean[j]) * z->factor[j];
}

void hg__zscore_clear(hg__zscore *z) {
    hg__free(z->mean);
    hg__free(z->factor);
    *z = (hg__zscore){0};
}
