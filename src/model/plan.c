// SPDX-License-Identifier: Apache-2.0
// plan.c - running a model: chunks of rows through its layers.
#include <string.h>

#include "base/mem.h"
#include "model/plan_internal.h"

// Rows a task carries: enough to use each weight often, few enough for the cache.
enum { CHUNK = 32 };
// Rows are asked for this many rows ahead.
enum { FETCH = 4 };

struct hg__run_plan {
    const hg_model *model; // borrowed
    hg__pool *pool;        // borrowed
    const hg__kernels *k;
    int32_t width, ld;     // of the widest row, and its stride
    hg__real *scratch;     // owned: per thread 3 x (CHUNK, ld): the input and two to and fro
    size_t scratch_stride; // elements a thread
};

// What one run does; lives on the caller's stack.
typedef struct job {
    hg__run_plan *plan;
    hg__goal goal;
    const hg__input *in;
    int32_t first, last; // layers
    int32_t width_in, width_out;
    float *out;
    hg__loss_kernel *kernel; // hg__run_loss: its results go to sums; else NULL
    double loss_arg, *sums;
} job;

hg__run_plan *hg__run_plan_new(const hg_model *m, hg__pool *pool, hg_error *err) {
    hg__run_plan *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->model = m;
    p->pool = pool;
    p->k = hg__kernels_pick();
    p->width = m->spec.width;
    for (int32_t i = 0; i < m->spec.layers; i++) {
        size_t n;
        if (hg__shape_count(&m->spec.layer[i].out, &n) && (int64_t)n > p->width) {
            p->width = (int32_t)n;
        }
    }
    p->ld = hg__pad_columns(p->width);
    p->scratch_stride = (size_t)3 * CHUNK * (size_t)p->ld;
    p->scratch =
        hg__alloc((size_t)hg__pool_threads(pool), p->scratch_stride * sizeof *p->scratch, err);
    if (p->scratch) return p;
    hg__run_plan_free(p);
    return NULL;
}

void hg__run_plan_free(hg__run_plan *p) {
    if (!p) return;
    hg__free(p->scratch);
    hg__free(p);
}

void hg__fetch(const void *from, size_t bytes) {
    enum { CACHE_LINE = 64 };
    for (size_t i = 0; i < bytes; i += CACHE_LINE) __builtin_prefetch((const char *)from + i, 0, 3);
}

void hg__widen_rows(const hg__kernels *k, const hg__input *in, int64_t first, int32_t rows,
                    int32_t n, hg__real *x, ptrdiff_t ldx) {
    const size_t bytes = (size_t)n * hg__dtype_size(in->dtype);
    for (int32_t r = 0; r < rows; r++) {
        if (r + FETCH < rows) hg__fetch(in->row[first + r + FETCH], bytes);
        const void *from = in->row[first + r];
        if (in->dtype == HG_U8) {
            k->widen_u8(x + r * ldx, from, in->scale, n);
        } else {
            k->widen_f32(x + r * ldx, from, n);
        }
    }
}

// The chunk through layers first .. last-1; where its output lies.
static hg__real *flow(const job *j, hg__real *x, hg__real *spare, int32_t rows, int64_t row) {
    const hg__run_plan *p = j->plan;
    const hg__pass pass = {.k = p->k, .params = p->model->params, .row = row};
    hg__real *now = x;
    for (int32_t i = j->first; i < j->last; i++) {
        const hg__layer *l = &p->model->spec.layer[i];
        hg__real *next = l->type->in_place && now != x ? now : spare;
        if (next == spare) spare = now == x ? spare + (size_t)CHUNK * (size_t)p->ld : now;
        l->type->forward(l, &pass, (hg__view){now, p->ld}, (hg__view){next, p->ld}, rows);
        now = next;
    }
    return now;
}

static void deliver(const job *j, const hg__real *x, const hg__real *y, int64_t row, int32_t rows) {
    const hg__run_plan *p = j->plan;
    const int32_t n = j->width_out;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *target = x + (size_t)r * (size_t)p->ld,
                       *got = y + (size_t)r * (size_t)p->ld;
        if (j->kernel) {
            j->sums[row + r] = j->kernel(NULL, got, target, 1, (hg__real)j->loss_arg, n);
        } else if (j->goal == HG_SCORE) {
            j->out[row + r] = (float)(p->k->sum_square_diff(got, target, n) / n);
        } else {
            memcpy(j->out + (row + r) * n, got, (size_t)n * sizeof *got);
        }
    }
}

static void run_chunk(void *context, int32_t task, int32_t thread) {
    const job *j = context;
    const hg__run_plan *p = j->plan;
    const int64_t row = (int64_t)task * CHUNK, left = j->in->count - row;
    const int32_t rows = left < CHUNK ? (int32_t)left : CHUNK;
    hg__real *x = p->scratch + (size_t)thread * p->scratch_stride;
    hg__widen_rows(p->k, j->in, row, rows, j->width_in, x, p->ld);
    const hg__real *y = flow(j, x, x + (size_t)CHUNK * (size_t)p->ld, rows, row);
    deliver(j, x, y, row, rows);
}

static void run_job(job *j) {
    hg__pool_run(j->plan->pool, run_chunk, j, (int32_t)((j->in->count + CHUNK - 1) / CHUNK));
}

void hg__run(hg__run_plan *p, hg__goal goal, const hg__input *in, float *out) {
    const hg__spec *s = &p->model->spec;
    job j = {.plan = p,
             .goal = goal,
             .in = in,
             .first = goal == HG_DECODE ? s->neck : 0,
             .last = goal == HG_ENCODE ? s->neck : s->layers,
             .width_in = goal == HG_DECODE ? s->code : s->width,
             .width_out = goal == HG_ENCODE ? s->code : s->width};
    j.out = out;
    run_job(&j);
}

hg__loss_kernel *hg__loss_kernel_for(const hg__spec *s, const hg__loss *loss, const hg__kernels *k,
                                     int32_t *layers) {
    const bool sigmoid = strcmp(s->layer[s->layers - 1].type->name, "sigmoid") == 0;
    *layers = s->layers - sigmoid;
    return *layers < s->layers ? loss->pick_from_logits(k) : loss->pick(k);
}

void hg__run_loss(hg__run_plan *p, const hg__loss *loss, double loss_arg, const hg__input *in,
                  double *sums) {
    const hg__spec *s = &p->model->spec;
    job j = {.plan = p,
             .goal = HG_SCORE,
             .in = in,
             .width_in = s->width,
             .width_out = s->width,
             .loss_arg = loss_arg};
    j.sums = sums;
    j.kernel = hg__loss_kernel_for(s, loss, p->k, &j.last);
    run_job(&j);
}
