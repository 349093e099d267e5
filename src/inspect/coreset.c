// SPDX-License-Identifier: Apache-2.0
// coreset.c - greedy k-centre: who lies nearer to a centre than half the way to the new one keeps it, and is passed over.
#include "inspect/coreset.h"

#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"

enum { PROJECTED = 64, SPARSE = 3, BLOCK = 2048 };

typedef struct centres {
    const hg__kernels *kernels;
    const float *x; // (count, width): as distances are taken
    int32_t count, width;
    float *near;       // (count): squared distance to the nearest centre
    int32_t *of;       // (count): which that is, by its place in picked
    float *apart;      // (k): squared distance of each centre from the new one
    int32_t *farthest; // (blocks): of each block
    int32_t fresh;     // the new centre, and its place in picked
    int32_t place;
} centres;

static int32_t width_of(int32_t width) {
    return hg__min(width, PROJECTED);
}

size_t hg__coreset_bytes(int32_t count, int32_t width, int32_t k) {
    const size_t n = (size_t)count, own = width > PROJECTED ? n * PROJECTED + HG_LANES : 0;
    return (own + n + (size_t)k) * sizeof(float) + (n + n / BLOCK + 1) * sizeof(int32_t);
}

// A third of the weights are +1 or -1, the others 0 (Achlioptas, "Database-friendly random projections", 2003); distances keep
// their proportions, which is all that is asked.
typedef struct projection {
    const float *x;
    float *y;
    int32_t count, width;
    uint64_t seed;
} projection;

static void project_block(void *context, int32_t task, int32_t thread) {
    const projection *w = context;
    const int32_t first = task * BLOCK, end = hg__min(first + BLOCK, w->count);
    (void)thread;
    for (int32_t j = 0; j < w->width; j++) {
        float weight[PROJECTED];
        for (int32_t z = 0; z < PROJECTED; z++) {
            const hg__philox r =
                hg__philox_run(w->seed, HG_STREAM_SAMPLE, 1, (uint32_t)j, (uint32_t)z);
            weight[z] = r.word[0] % (2 * SPARSE) == 0 ? 1 : r.word[0] % (2 * SPARSE) == 1 ? -1 : 0;
        }
        for (int32_t i = first; i < end; i++) {
            const float x = w->x[(size_t)i * (size_t)w->width + (size_t)j];
            float *y = w->y + (size_t)i * PROJECTED;
            for (int32_t z = 0; z < PROJECTED; z++) y[z] += weight[z] * x;
        }
    }
}

static const float *row(const centres *c, int32_t i) {
    return c->x + (size_t)i * (size_t)c->width;
}

// |a - c| >= |b - c| - |a - b|: with near < |b - c|^2 / 4 the new centre is no nearer. A little is left for roundings.
static void meet_block(void *context, int32_t task, int32_t thread) {
    const centres *c = context;
    const int32_t first = task * BLOCK, end = hg__min(first + BLOCK, c->count);
    const float *centre = row(c, c->fresh);
    int32_t farthest = first;
    (void)thread;
    for (int32_t i = first; i < end; i++) {
        if (c->place == 0 || c->near[i] * 3.999F >= c->apart[c->of[i]]) {
            const float d = (float)c->kernels->sum_square_diff(row(c, i), centre, c->width);
            if (c->place == 0 || d < c->near[i]) {
                c->near[i] = d;
                c->of[i] = c->place;
            }
        }
        if (c->near[i] > c->near[farthest]) farthest = i;
    }
    c->farthest[task] = farthest;
}

static void run_tasks(hg__pool *pool, hg__task *task, void *context, int32_t count) {
    if (pool) {
        hg__pool_run(pool, task, context, count);
        return;
    }
    for (int32_t i = 0; i < count; i++) task(context, i, 0);
}

static void pick_all(centres *c, int32_t k, int32_t *picked, hg__pool *pool) {
    const int32_t blocks = hg__ceil_div(c->count, BLOCK);
    c->fresh = 0;
    for (c->place = 0; c->place < k; c->place++) {
        for (int32_t j = 0; j < c->place; j++) {
            c->apart[j] =
                (float)c->kernels->sum_square_diff(row(c, picked[j]), row(c, c->fresh), c->width);
        }
        picked[c->place] = c->fresh;
        run_tasks(pool, meet_block, c, blocks);
        c->near[c->fresh] = -1; // never again
        int32_t next = c->farthest[0];
        for (int32_t b = 0; b < blocks; b++) {
            if (c->near[c->farthest[b]] > c->near[next]) next = c->farthest[b];
        }
        c->fresh = next;
    }
}

int hg__coreset_pick(const float *x, int32_t count, int32_t width, int32_t k, uint64_t seed,
                     int32_t *picked, hg__pool *pool, hg_error *err) {
    const int32_t blocks = hg__ceil_div(count, BLOCK);
    const size_t n = (size_t)count, own = width > PROJECTED ? n * PROJECTED + HG_LANES : 0;
    centres c = {.kernels = hg__kernels_pick(), .x = x, .count = count, .width = width_of(width)};
    float *room = hg__alloc(own + n + (size_t)k, sizeof *room, err);
    int32_t *numbers = room ? hg__alloc(n + (size_t)blocks, sizeof *numbers, err) : NULL;
    if (numbers) {
        if (own) {
            projection w = {x, room, count, width, seed};
            run_tasks(pool, project_block, &w, blocks);
            c.x = room;
        }
        c.near = room + own;
        c.apart = c.near + n;
        c.of = numbers;
        c.farthest = numbers + n;
        pick_all(&c, k, picked, pool);
    }
    hg__free(room);
    hg__free(numbers);
    return numbers ? HG_OK : HG_ERR_MEMORY;
}
