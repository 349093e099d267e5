// SPDX-License-Identifier: Apache-2.0
// baseline_knn.c - the distance to the nearest training rows.
//
//   score = mean over the 5 nearest training rows r of |x - r|, columns as z-scores
//
// The largest of the five (Ramaswamy et al.) instead of their mean does a little worse on the 17 sets (AUROC 0.931 and AP
// 0.770 instead of 0.935 and 0.778, 2 seeds). Of many rows MOST are drawn: up to there more change nothing there.
#include <math.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/baseline.h"
#include "detect/neighbours.h"

enum { K = 5, MOST = 20000 };

typedef struct knn {
    hg__zscore z;
    float *sample;        // owned, (count, width)
    hg__neighbours *near; // owned
    int32_t k;
} knn;

static void free_knn(void *state) {
    knn *s = state;
    if (!s) return;
    hg__zscore_clear(&s->z);
    hg__neighbours_free(s->near);
    hg__free(s->sample);
    hg__free(s);
}

// `count` of the rows, all of them in order or a draw without repetition.
static int take(knn *s, const float *x, int64_t rows, int32_t count, uint64_t seed, hg_error *err) {
    const size_t width = (size_t)s->z.width;
    s->sample = hg__numbers((size_t)count, width, err);
    if (!s->sample) return HG_ERR_MEMORY;
    const hg__shuffle order = hg__shuffle_init(seed, HG_STREAM_SAMPLE, 0, (uint64_t)rows);
    for (int32_t i = 0; i < count; i++) {
        const uint64_t row = count < rows ? hg__shuffle_at(&order, (uint64_t)i) : (uint64_t)i;
        hg__zscore_run(&s->z, x + row * width, s->sample + (size_t)i * width);
    }
    s->near = hg__neighbours_new(s->sample, count, s->z.width, err);
    return s->near ? HG_OK : HG_ERR_MEMORY;
}

static void *fit(const float *x, int64_t rows, int32_t width, uint64_t seed, hg__pool *pool,
                 hg_error *err) {
    const int32_t count = rows < MOST ? (int32_t)rows : MOST;
    knn *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    s->k = count < K ? count : K;
    int code = hg__zscore_fit(&s->z, x, rows, width, pool, err);
    if (code == HG_OK) code = take(s, x, rows, count, seed, err);
    if (code == HG_OK) return s;
    free_knn(s);
    return NULL;
}

// z: (rows, width), distance: (rows, K): room
static int score_chunk(const knn *s, const float *x, int64_t rows, float *score, float *z,
                       float *distance, hg__blocks *b, hg_error *err) {
    const size_t width = (size_t)s->z.width, k = (size_t)s->k;
    for (size_t i = 0; i < (size_t)rows; i++) hg__zscore_run(&s->z, x + i * width, z + i * width);
    HG_TRY(hg__neighbours_find(s->near, z, rows, s->k, distance, NULL, b, err));
    for (size_t i = 0; i < (size_t)rows; i++) {
        float sum = 0;
        for (size_t j = 0; j < k; j++) sum += sqrtf(distance[i * k + j]);
        score[i] = sum / (float)s->k;
    }
    return HG_OK;
}

static int score(const void *state, const float *x, int64_t rows, float *to, hg__pool *pool,
                 hg_error *err) {
    const knn *s = state;
    const size_t width = (size_t)s->z.width;
    const int64_t block = hg__block_rows(s->z.width, rows);
    hg__blocks blocks = {.pool = pool};
    float *room = hg__numbers((size_t)block, width + K, err);
    int code = room ? HG_OK : HG_ERR_MEMORY;
    for (int64_t i = 0; code == HG_OK && i < rows; i += block) {
        const int64_t count = hg__min_64(rows - i, block);
        code = score_chunk(s, x + (size_t)i * width, count, to + i, room,
                           room + (size_t)block * width, &blocks, err);
    }
    hg__blocks_clear(&blocks);
    hg__free(room);
    return code;
}

const hg__baseline hg__baseline_knn = {
    .name = "knn",
    .source = "Ramaswamy, Rastogi & Shim, Efficient algorithms for mining outliers, 2000",
    .fit = fit,
    .score = score,
    .free = free_knn,
};
