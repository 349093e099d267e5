// SPDX-License-Identifier: Apache-2.0
// scorer.c - a model on arrays in memory: the run plan with row pointers made for it.
#include "base/host.h"
#include "base/mem.h"
#include "exec/plan.h"
#include "graph/network.h"
#include "model/model.h"

enum { BLOCK = 4096 }; // rows a run

struct hg_scorer {
    const hg_model *model; // borrowed
    hg__network *folded;   // owned: what runs, where it is another
    hg__pool *pool;        // owned
    hg__run_plan *plan;    // owned
    const void **row;      // owned, (BLOCK)
};

hg_scorer *hg_scorer_new(const hg_model *m, int32_t threads, hg_error *err) {
    HG_ENTRY;
    if (threads < 0 || threads > HG_MAX_THREADS) {
        hg__fail(err, HG_ERR_USAGE, "scorer: expected 0 to %d threads, got %d", HG_MAX_THREADS,
                 threads);
        return NULL;
    }
    hg_scorer *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    s->model = m;
    s->row = hg__alloc(BLOCK, sizeof *s->row, err);
    const hg__network *net = s->row ? hg__network_fold(&m->net, &s->folded, err) : NULL;
    if (net) s->pool = hg__pool_new(threads, err);
    if (s->pool) s->plan = hg__run_plan_new(net, s->pool, NULL, err);
    if (s->plan) {
        hg__run_plan_finish(s->plan);
        return s;
    }
    hg_scorer_free(s);
    return NULL;
}

void hg_scorer_free(hg_scorer *s) {
    HG_ENTRY;
    if (!s) return;
    hg__run_plan_free(s->plan);
    hg__pool_free(s->pool);
    hg__network_free(s->folded);
    hg__free(s->row);
    hg__free(s);
}

// in, out: numbers a row that goes in and comes out.
static void run(hg_scorer *s, hg__goal goal, const float *x, int64_t rows, float *out,
                int32_t width_in, int32_t width_out) {
    while (rows > 0) {
        const int64_t n = rows < BLOCK ? rows : BLOCK;
        for (int64_t i = 0; i < n; i++) s->row[i] = x + i * width_in;
        const hg__input in = {.row = s->row, .count = n, .dtype = HG_F32, .scale = 1};
        hg__run(s->plan, goal, &in, out);
        x += n * width_in;
        out += n * width_out;
        rows -= n;
    }
}

void hg_score(hg_scorer *s, const float *x, int64_t rows, float *score) {
    HG_ENTRY;
    run(s, HG_SCORE, x, rows, score, s->model->net.spec.width, 1);
}

void hg_reconstruct_rows(hg_scorer *s, const float *x, int64_t rows, float *y) {
    HG_ENTRY;
    run(s, HG_RECONSTRUCT, x, rows, y, s->model->net.spec.width, s->model->net.spec.width);
}

void hg_encode_rows(hg_scorer *s, const float *x, int64_t rows, float *z) {
    HG_ENTRY;
    run(s, HG_ENCODE, x, rows, z, s->model->net.spec.width, s->model->net.spec.code);
}

void hg_decode_rows(hg_scorer *s, const float *z, int64_t rows, float *y) {
    HG_ENTRY;
    run(s, HG_DECODE, z, rows, y, s->model->net.spec.code, s->model->net.spec.width);
}
