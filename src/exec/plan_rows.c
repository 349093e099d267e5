// SPDX-License-Identifier: Apache-2.0
// plan_rows.c - running a network: chunks of rows through its program.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "exec/plan_train.h"
#include "exec/prepared.h"
#include "graph/program.h"

// Rows a task carries: enough to use each weight often, few enough for the cache.
enum { CHUNK = 32, CHUNK_NUMBERS = 1 << 18 };
// Rows are asked for this many rows ahead.
enum { FETCH = 4 };

struct hg__run_plan {
    const hg__network *net; // borrowed
    hg__pool *pool;         // borrowed
    const hg__kernels *k;
    hg__loss_rows rows;    // what the network's are to a loss
    hg__program program;   // owned
    hg__prepared prepared; // of the program
    int32_t chunk;         // rows a task carries
    bool finishes;         // outputs become what rows have
    size_t *value_at;      // owned, (values): offset of each in a thread's block
    int32_t *boundary;     // owned, (layers + 1): the value before each layer, and behind the last
    size_t layers_at, spare_at; // offsets of the layers' scratch, and of a loss's
    hg__real *block;            // owned: per thread the values, (chunk, ld) each, and scratch
    size_t block_stride;        // elements a thread
};

// What one run does; lives on the caller's stack.
typedef struct job {
    hg__run_plan *plan;
    hg__goal goal;
    const hg__input *in;
    int32_t x, y; // values: where the rows go in, and what comes out
    int32_t width_in, width_out;
    float *out;
    const hg__objective *objective; // hg__run_loss; else NULL
    double *sums;                   // (count): where losses go; else NULL
    bool pays;                      // and what layers are paid
} job;

static int32_t pick_chunk(const hg__program *p) {
    int32_t widest = 1;
    for (int32_t i = 0; i < p->values; i++) {
        if (p->value[i].n > widest) widest = p->value[i].n;
    }
    const int32_t rows = CHUNK_NUMBERS / widest;
    return rows < 1 ? 1 : rows < CHUNK ? rows : CHUNK;
}

// Lays a thread's block out.
static int lay_out(hg__run_plan *p, const hg__objective *o, hg_error *err) {
    const hg__spec *s = &p->net->spec;
    const size_t wanted = o ? hg__objective_scratch(o, &p->rows) : 0;
    const size_t least = 2 * (size_t)hg__pad_columns(s->width); // of scoring by columns
    p->chunk = pick_chunk(&p->program);
    HG_TRY(hg__program_place(&p->program, p->chunk, p->value_at, &p->block_stride, err));
    p->layers_at = p->block_stride + HG_LANES; // kernels read up to a vector beyond the last row
    p->spare_at = hg__whole_vectors(p->layers_at + p->program.scratch_count);
    p->block_stride = hg__whole_vectors(p->spare_at + (wanted > least ? wanted : least));
    return HG_OK;
}

static int lower(hg__run_plan *p, hg_error *err) {
    const hg__spec *s = &p->net->spec;
    p->boundary = hg__alloc((size_t)s->layers + 1, sizeof *p->boundary, err);
    if (!p->boundary) return HG_ERR_MEMORY;
    hg__program_begin(&p->program, &s->input, false);
    const int32_t y = hg__program_apply(&p->program, s, s->layers, 0, 0, p->boundary);
    HG_TRY(hg__program_finish(&p->program, y, err));
    p->value_at = hg__alloc((size_t)p->program.values, sizeof *p->value_at, err);
    return p->value_at ? HG_OK : HG_ERR_MEMORY;
}

hg__run_plan *hg__run_plan_new(const hg__network *net, hg__pool *pool, const hg__objective *o,
                               hg_error *err) {
    if (hg__spec_gives_rows(&net->spec, err) < 0) return NULL;
    hg__run_plan *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->net = net;
    p->pool = pool;
    p->k = hg__kernels_pick();
    p->rows = hg__loss_rows_of(net, p->k);
    int code = lower(p, err);
    if (code == HG_OK) code = lay_out(p, o, err);
    const size_t threads = (size_t)hg__pool_threads(pool);
    if (code == HG_OK) code = hg__prepared_init(&p->prepared, &p->program, p->k, err);
    if (code == HG_OK) p->block = hg__alloc(threads, p->block_stride * sizeof *p->block, err);
    if (p->block) {
        hg__run_plan_refresh(p);
        return p;
    }
    hg__run_plan_free(p);
    return NULL;
}

void hg__run_plan_refresh(hg__run_plan *p) {
    hg__prepared_run(&p->prepared, p->net->params, p->pool);
}

void hg__run_plan_finish(hg__run_plan *p) {
    p->finishes = p->net->spans != NULL;
}

void hg__run_plan_free(hg__run_plan *p) {
    if (!p) return;
    hg__prepared_clear(&p->prepared);
    hg__program_clear(&p->program);
    hg__free(p->value_at);
    hg__free(p->boundary);
    hg__free(p->block);
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

// A value in a thread's block.
static hg__view view_of(const hg__run_plan *p, int32_t value, hg__real *block) {
    if (value == HG_NO_VALUE) return (hg__view){0};
    return (hg__view){block + p->value_at[value], p->program.value[value].ld};
}

static void pay(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows, double *sums) {
    for (int32_t r = 0; r < rows; r++) sums[r] += l->type->penalty(l, p, hg__view_row(x, r));
}

// The chunk from behind j->x up to j->y.
static void flow(const job *j, hg__real *block, int32_t rows, int64_t row) {
    const hg__run_plan *p = j->plan;
    const hg__program *g = &p->program;
    hg__pass pass = {.k = p->k, .params = p->net->params, .row = row};
    pass.scratch = block + p->layers_at;
    for (int32_t i = g->value[j->x].op + 1; i <= g->value[j->y].op; i++) {
        const hg__op *op = &g->op[i];
        if (j->sums && j->pays && op->layer->type->penalty) {
            pay(op->layer, &pass, view_of(p, op->x, block), rows, j->sums + row);
        }
        pass.x2 = view_of(p, op->x2, block);
        pass.prepared = hg__prepared_of(&p->prepared, op);
        op->layer->type->forward(op->layer, &pass, view_of(p, op->x, block),
                                 view_of(p, op->y, block), rows);
    }
}

// What is to be made of row `row`: the target given, or the row itself, x.
static const hg__real *target_of(const job *j, int64_t row, const hg__real *x) {
    return j->in->target ? j->in->target[row] : x;
}

static double loss_of(const job *j, const hg__real *y, const hg__real *target, hg__real *spare) {
    const hg__run_plan *p = j->plan;
    const bool of_logits = j->y != p->boundary[p->net->spec.layers];
    return hg__objective_row(j->objective, &p->rows, of_logits, NULL, y, target, 1, spare);
}

static double score_of(const hg__run_plan *p, const hg__real *y, const hg__real *target, int32_t n,
                       hg__real *spare) {
    const hg__spans *s = p->net->spans;
    const hg__real no_delta = (hg__real)INFINITY;
    return (s && !p->finishes ? hg__spans_loss(s, p->k, NULL, y, target, 1, no_delta, spare)
                              : p->k->sum_square_diff(y, target, n)) /
           n;
}

static void deliver(const job *j, hg__real *block, int64_t row, int32_t rows) {
    const hg__run_plan *p = j->plan;
    const hg__spans *s = p->net->spans;
    const hg__view x = view_of(p, j->x, block), y = view_of(p, j->y, block);
    hg__real *spare = block + p->spare_at;
    const int32_t n = j->width_out;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *target = target_of(j, row + r, hg__view_row(x, r));
        hg__real *got = hg__view_row(y, r);
        if (p->finishes && j->goal != HG_ENCODE) hg__spans_finish(s, p->k, got);
        if (j->sums) {
            j->sums[row + r] += loss_of(j, got, target, spare);
        } else if (j->goal == HG_SCORE) {
            j->out[row + r] = (float)score_of(p, got, target, n, spare);
        } else if (j->goal == HG_ERRORS) {
            hg__spans_errors(s, p->k, got, target, (hg__real)INFINITY,
                             j->out + (row + r) * s->columns, spare);
        } else {
            memcpy(j->out + (row + r) * n, got, (size_t)n * sizeof *got);
        }
    }
}

static void run_chunk(void *context, int32_t task, int32_t thread) {
    const job *j = context;
    const hg__run_plan *p = j->plan;
    const int64_t row = (int64_t)task * p->chunk, left = j->in->count - row;
    const int32_t rows = left < p->chunk ? (int32_t)left : p->chunk;
    hg__real *block = p->block + (size_t)thread * p->block_stride;
    const hg__view x = view_of(p, j->x, block);
    hg__widen_rows(p->k, j->in, row, rows, j->width_in, x.at, x.ld);
    for (int32_t r = 0; j->sums && r < rows; r++) j->sums[row + r] = 0;
    flow(j, block, rows, row);
    deliver(j, block, row, rows);
}

static void run_job(job *j) {
    hg__pool_run(j->plan->pool, run_chunk, j,
                 (int32_t)hg__ceil_div_64(j->in->count, j->plan->chunk));
}

void hg__run(hg__run_plan *p, hg__goal goal, const hg__input *in, float *out) {
    const hg__spec *s = &p->net->spec;
    job j = {.plan = p,
             .goal = goal,
             .in = in,
             .x = p->boundary[goal == HG_DECODE ? s->neck : 0],
             .y = p->boundary[goal == HG_ENCODE ? s->neck : s->layers],
             .width_in = goal == HG_DECODE ? s->code : s->width,
             .width_out = goal == HG_ENCODE ? s->code : s->width};
    j.out = out;
    run_job(&j);
}

hg__loss_rows hg__loss_rows_of(const hg__network *net, const hg__kernels *k) {
    const hg__layer *last = &net->spec.layer[net->spec.layers - 1];
    hg__loss_rows rows = {
        .k = k, .shape = net->spec.input, .n = net->spec.width, .spans = net->spans};
    rows.has_level = net->has_level;
    if (last->type->variance && net->params) {
        rows.variance = last->type->variance(last, net->params, &rows.variances);
    }
    return rows;
}

int32_t hg__layers_before(const hg__spec *s, const hg__objective *o) {
    const bool fuses = s->layer[s->layers - 1].type->is_logistic && hg__objective_takes_logits(o);
    return s->layers - fuses;
}

static job loss_job(hg__run_plan *p, const hg__objective *o, int32_t from, const hg__input *in) {
    const hg__spec *s = &p->net->spec;
    return (job){.plan = p,
                 .goal = HG_SCORE,
                 .in = in,
                 .x = p->boundary[from],
                 .y = p->boundary[hg__layers_before(s, o)],
                 .width_in = p->program.value[p->boundary[from]].n,
                 .width_out = s->width,
                 .objective = o};
}

void hg__run_loss(hg__run_plan *p, const hg__objective *o, const hg__input *in, double *sums) {
    job j = loss_job(p, o, 0, in);
    j.sums = sums;
    j.pays = true;
    run_job(&j);
}

void hg__run_loss_from(hg__run_plan *p, const hg__objective *o, int32_t from, const hg__input *in,
                       double *sums) {
    job j = loss_job(p, o, from, in);
    j.sums = sums;
    run_job(&j);
}

void hg__run_layers(hg__run_plan *p, int32_t from, int32_t to, const hg__input *in, float *out) {
    job j = {.plan = p,
             .goal = HG_ENCODE,
             .in = in,
             .x = p->boundary[from],
             .y = p->boundary[to],
             .width_in = p->program.value[p->boundary[from]].n,
             .width_out = p->program.value[p->boundary[to]].n};
    j.out = out;
    run_job(&j);
}
