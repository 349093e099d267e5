// SPDX-License-Identifier: Apache-2.0
// code_classes.c - what codes know of classes that no model was told: codes of half of the rows are learned from, the others are asked about.
#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/neighbours.h"
#include "latent/code_quality.h"

enum { SPLIT = 1, LEAST = 10 }; // rows of a half

static void half_clear(hg__code_half *h) {
    hg__free(h->z);
    hg__free(h->label);
}

static int half_init(hg__code_half *h, int32_t rows, int32_t code, hg_error *err) {
    h->code = code;
    h->z = hg__numbers((size_t)rows, (size_t)code, err);
    h->label = h->z ? hg__alloc((size_t)rows, sizeof *h->label, err) : NULL;
    return h->label ? HG_OK : HG_ERR_MEMORY;
}

static int32_t count_labelled(const hg__code_rows *r) {
    int32_t count = 0;
    for (int32_t i = 0; r->label && i < r->rows; i++) count += r->label[i] >= 0;
    return count;
}

// Rows with a class go by turns to the two halves, in an order of their own.
static void split(const hg__code_rows *r, hg__code_half half[2]) {
    const hg__shuffle order = hg__shuffle_init(r->seed, HG_STREAM_SAMPLE, SPLIT, (uint64_t)r->rows);
    int32_t met = 0;
    for (int32_t i = 0; i < r->rows; i++) {
        const size_t row = (size_t)hg__shuffle_at(&order, (uint64_t)i), Z = (size_t)r->code;
        if (r->label[row] < 0) continue;
        hg__code_half *to = &half[met++ % 2];
        memcpy(to->z + (size_t)to->rows * Z, r->z + row * Z, Z * sizeof *to->z);
        to->label[to->rows++] = r->label[row];
    }
}

// The classes that are learned, and one more than the largest of both halves' numbers.
static int32_t count_classes(const hg__code_half half[2], int32_t *limit) {
    bool seen[HG_QUALITY_CLASSES] = {false};
    int32_t classes = 0;
    *limit = 0;
    for (int32_t h = 0; h < 2; h++) {
        for (int32_t i = 0; i < half[h].rows; i++) {
            const int32_t label = half[h].label[i];
            *limit = hg__max(*limit, label + 1);
            classes += h == 0 && !seen[label];
            seen[label] = seen[label] || h == 0;
        }
    }
    return classes;
}

static int measure(const hg__code_half half[2], hg__pool *pool, hg__code_quality *q,
                   hg_error *err) {
    int32_t limit;
    const int32_t classes = count_classes(half, &limit);
    if (classes < 2) return HG_OK;
    HG_TRY(hg__knn_accuracy(&half[0], &half[1], pool, &q->knn_accuracy, err));
    HG_TRY(hg__probe_accuracy(&half[0], &half[1], limit, pool, &q->probe_accuracy, err));
    q->classes = classes;
    q->tested = half[1].rows;
    return HG_OK;
}

int hg__code_classes(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q, hg_error *err) {
    const int32_t labelled = count_labelled(r);
    hg__code_half half[2] = {{0}, {0}};
    if (labelled < 2 * LEAST) return HG_OK;
    int code = HG_OK;
    for (int32_t h = 0; code == HG_OK && h < 2; h++) {
        code = half_init(&half[h], labelled / 2 + 1, r->code, err);
    }
    if (code == HG_OK) {
        split(r, half);
        code = measure(half, pool, q, err);
    }
    half_clear(&half[0]);
    half_clear(&half[1]);
    return code;
}

// The class most of these neighbours have; of equals the one that comes first.
static int32_t vote(const int32_t *label, const int32_t *nearest, int32_t k) {
    int32_t best = 0, most = 0;
    for (int32_t m = 0; m < k; m++) {
        int32_t count = 0;
        for (int32_t o = 0; o < k; o++) count += label[nearest[o]] == label[nearest[m]];
        if (count <= most) continue;
        most = count;
        best = label[nearest[m]];
    }
    return best;
}

int hg__knn_accuracy(const hg__code_half *train, const hg__code_half *test, hg__pool *pool,
                     double *accuracy, hg_error *err) {
    const int32_t k = hg__min(HG_QUALITY_VOTES, train->rows);
    hg__blocks blocks = {.pool = pool};
    int code = HG_ERR_MEMORY;
    int32_t *nearest = NULL, right = 0;
    float *distance = hg__alloc((size_t)test->rows * (size_t)k, sizeof *distance, err);
    if (distance) nearest = hg__alloc((size_t)test->rows * (size_t)k, sizeof *nearest, err);
    hg__neighbours *n =
        nearest ? hg__neighbours_new(train->z, train->rows, train->code, err) : NULL;
    if (n) code = hg__neighbours_find(n, test->z, test->rows, k, distance, nearest, &blocks, err);
    for (int32_t i = 0; code == HG_OK && i < test->rows; i++) {
        right += vote(train->label, nearest + (size_t)i * (size_t)k, k) == test->label[i];
    }
    if (code == HG_OK) *accuracy = (double)right / test->rows;
    hg__blocks_clear(&blocks);
    hg__neighbours_free(n);
    hg__free(nearest);
    hg__free(distance);
    return code;
}
