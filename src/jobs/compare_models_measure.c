// SPDX-License-Identifier: Apache-2.0
// compare_models_measure.c - a model on the rows that were held out: the error of each, and what its codes are worth.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/system.h"
#include "detect/blocks.h"
#include "jobs/compare_models.h"
#include "jobs/trainer.h"
#include "jobs/val.h"

// Rows at a time where each is made; numbers of a code that is looked at, at most.
enum { MADE_ROWS = 64, MOST_CODE = 1024 };

// x (width)
static void widen(float *x, const void *row, hg__dtype dtype, float scale, int32_t width) {
    if (dtype == HG_F32) {
        memcpy(x, row, (size_t)width * sizeof *x);
        return;
    }
    const uint8_t *byte = row;
    for (int32_t j = 0; j < width; j++) x[j] = scale * (float)byte[j];
}

// The same rows every time, clean.
static hg__loader *open_rows(const hg__trainer *t, const hg__rows *rows, hg_error *err) {
    const hg__loader_options options = {.fixed = true, .pool = t->pool};
    return hg__loader_new(rows, rows->source.make ? MADE_ROWS : HG_EVAL_ROWS, &options, err);
}

hg__loader *hg__contest_open_held(const hg__contest *c, const hg__trainer *t, hg_error *err) {
    const hg__dataset *from = t->val_data ? t->val_data : t->data;
    const hg__rows held = c->is_noisy ? hg__rows_of(&t->val_rows, from->learned) : t->val_rows;
    return open_rows(t, &held, err);
}

int hg__contest_mean(const hg__trainer *t, float *mean, hg_error *err) {
    const int32_t width = t->rows.source.width;
    double *sum = hg__alloc((size_t)width, sizeof *sum, err);
    hg__loader *rows = sum ? open_rows(t, &t->rows, err) : NULL;
    hg__batch b;
    int more;
    if (!rows) {
        hg__free(sum);
        return (int)err->code;
    }
    hg__loader_start(rows, false, 0, 0, 0);
    while ((more = hg__loader_next(rows, &b, err)) > 0) {
        for (int32_t i = 0; i < b.count; i++) {
            widen(mean, b.row[i], b.dtype, b.scale, width);
            for (int32_t j = 0; j < width; j++) sum[j] += (double)mean[j];
        }
    }
    const double count = (double)hg__loader_rows(rows);
    for (int32_t j = 0; more == HG_OK && j < width; j++) mean[j] = (float)(sum[j] / count);
    hg__loader_free(rows);
    hg__free(sum);
    return more;
}

// ---- rows held out --------------------------------------------------------------------------------

// What is made of a pass over them.
typedef struct pass {
    hg__contest *c;
    const hg_model *model;
    hg__run_plan *plan; // owned, as is all that follows
    double *sums;       // (HG_EVAL_ROWS): squared errors of a batch
    float *means;       // (HG_EVAL_ROWS): mean ones, of a table's rows
    double *error;      // borrowed, (held)
    // Rows whose codes are looked at: the place of each, or -1, in an order by chance.
    int32_t *place; // (held), or NULL
    int32_t placed, code;
    float *z;       // (HG_EVAL_ROWS, code): codes of a batch
    float *x;       // (placed, width)
    float *codes;   // (placed, code)
    int32_t *label; // (placed), or NULL
    hg__row_spread spread;
    float *row; // (width)
    int64_t done;
    double seconds;
} pass;

static void clear(pass *p) {
    hg__run_plan_free(p->plan);
    hg__free(p->sums);
    hg__free(p->means);
    hg__free(p->place);
    hg__free(p->z);
    hg__free(p->x);
    hg__free(p->codes);
    hg__free(p->label);
    hg__free(p->row);
    hg__row_spread_clear(&p->spread);
}

// The same rows for every model of a seed.
static int place_rows(pass *p, int32_t seed, hg_error *err) {
    const hg__contest *c = p->c;
    const size_t width = (size_t)c->width, code = (size_t)p->code;
    p->placed = hg__quality_rows(c->width, c->held);
    p->place = hg__alloc((size_t)c->held, sizeof *p->place, err);
    p->z = p->place ? hg__alloc((size_t)HG_EVAL_ROWS, code * sizeof *p->z, err) : NULL;
    p->x = p->z ? hg__numbers((size_t)p->placed, width, err) : NULL;
    p->codes = p->x ? hg__numbers((size_t)p->placed, code, err) : NULL;
    if (!p->codes) return HG_ERR_MEMORY;
    if (c->classes) p->label = hg__alloc((size_t)p->placed, sizeof *p->label, err);
    if (c->classes && !p->label) return HG_ERR_MEMORY;
    const hg__shuffle order =
        hg__shuffle_init((uint64_t)(c->first_seed + seed), HG_STREAM_SAMPLE, 0, (uint64_t)c->held);
    for (int64_t i = 0; i < c->held; i++) p->place[i] = -1;
    for (int32_t i = 0; i < p->placed; i++) p->place[hg__shuffle_at(&order, (uint64_t)i)] = i;
    return HG_OK;
}

static int open_pass(pass *p, const hg__trainer *t, int32_t seed, hg_error *err) {
    const hg__spec *s = &p->model->net.spec;
    p->sums = hg__alloc(HG_EVAL_ROWS, sizeof *p->sums, err);
    p->means = hg__alloc(HG_EVAL_ROWS, sizeof *p->means, err);
    p->row = hg__alloc((size_t)s->width, sizeof *p->row, err);
    if (!p->sums || !p->means || !p->row) return HG_ERR_MEMORY;
    p->plan = hg__run_plan_new(&p->model->net, t->pool, NULL, err);
    if (!p->plan) return HG_ERR_MEMORY;
    if (p->model->net.spans) hg__run_plan_finish(p->plan);
    HG_TRY(hg__row_spread_init(&p->spread, s->width, err));
    return p->code ? place_rows(p, seed, err) : HG_OK;
}

// Errors of a batch, from the position p->done on.
static void add_errors(pass *p, const hg__input *in) {
    const hg__objective squared = hg__objective_of(hg__loss_find("mse"), 0);
    const double width = p->c->width;
    const double began = hg__seconds();
    if (p->model->net.spans) {
        hg__run(p->plan, HG_SCORE, in, p->means);
        for (int64_t i = 0; i < in->count; i++) p->error[p->done + i] = (double)p->means[i];
    } else {
        hg__run_loss_from(p->plan, &squared, 0, in, p->sums); // without penalties
        for (int64_t i = 0; i < in->count; i++) p->error[p->done + i] = p->sums[i] / width;
    }
    p->seconds += hg__seconds() - began;
}

static void add_batch(pass *p, const hg__batch *b) {
    const int32_t width = p->c->width;
    const hg__input in = {.row = b->row,
                          .count = b->count,
                          .dtype = b->dtype,
                          .scale = b->scale,
                          .target = b->target};
    add_errors(p, &in);
    if (p->code) hg__run(p->plan, HG_ENCODE, &in, p->z);
    for (int32_t i = 0; i < b->count; i++) {
        const int32_t place = p->code ? p->place[p->done + i] : -1;
        if (b->target) {
            memcpy(p->row, b->target[i], (size_t)width * sizeof *p->row);
        } else {
            widen(p->row, b->row[i], b->dtype, b->scale, width);
        }
        if (!p->code) hg__row_spread_add(&p->spread, p->row);
        if (place < 0) continue;
        if (p->label) p->label[place] = p->c->classes[b->number[i]];
        memcpy(p->x + (ptrdiff_t)place * width, p->row, (size_t)width * sizeof *p->row);
        memcpy(p->codes + (ptrdiff_t)place * p->code, p->z + (ptrdiff_t)i * p->code,
               (size_t)p->code * sizeof *p->codes);
    }
    p->done += b->count;
}

static int conclude(pass *p, hg__contest_figure *f, int32_t seed, hg__pool *pool, hg_error *err) {
    hg__contest *c = p->c;
    double sum = 0;
    for (int64_t i = 0; i < c->held; i++) sum += p->error[i];
    f->error = sum / (double)c->held;
    f->measure = p->seconds;
    if (!p->code) c->squares[seed] = p->spread.squares;
    f->explained = c->squares[seed] > 0 ? 1 - sum * c->width / c->squares[seed] : (double)NAN;
    if (!p->code) return HG_OK;
    const hg__code_rows rows = {.rows = p->placed,
                                .width = c->width,
                                .code = p->code,
                                .x = p->x,
                                .z = p->codes,
                                .label = p->label,
                                .seed = (uint64_t)(c->first_seed + seed)};
    return hg__code_quality_of(&rows, pool, &f->quality, err);
}

static int look(pass *p, hg__loader *rows, hg_error *err) {
    hg__batch b;
    int more;
    hg__loader_start(rows, false, 0, 0, 0);
    while ((more = hg__loader_next(rows, &b, err)) > 0) {
        if (p->done + b.count > p->c->held) break;
        add_batch(p, &b);
    }
    if (more < 0 || p->done == p->c->held) return more < 0 ? more : HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%.200s: expected %lld rows held out in every seed",
                    p->c->data, (long long)p->c->held);
}

// The bound of a model with a sample layer, by one draw a row; NaN for others, and of noisy rows.
static int find_elbo(const pass *p, hg__loader *rows, const hg__trainer *t, int32_t seed,
                     hg__contest_figure *f, hg_error *err) {
    if (p->c->is_noisy || p->model->net.spans) return HG_OK;
    return hg__trained_neg_elbo(t, p->model, p->plan, rows, p->c->first_seed + seed, &f->neg_elbo,
                                err);
}

int hg__contest_measure(hg__contest *c, int32_t contestant, int32_t seed, const hg__trainer *t,
                        const hg_model *m, hg_error *err) {
    const hg__contestant *k = &c->contestant[contestant];
    hg__contest_figure *f = &c->contestant[contestant].figure[seed];
    hg__loader *rows = hg__contest_open_held(c, t, err);
    if (!rows) return (int)err->code;
    const bool is_looked_at = k->kind != HG_MEAN_ROW && k->code <= MOST_CODE;
    pass p = {.c = c,
              .model = m,
              .error = c->error + contestant * c->held,
              .code = is_looked_at ? k->code : 0};
    int code = open_pass(&p, t, seed, err);
    if (code == HG_OK) code = look(&p, rows, err);
    if (code == HG_OK) code = conclude(&p, f, seed, t->pool, err);
    if (code == HG_OK) code = find_elbo(&p, rows, t, seed, f, err);
    clear(&p);
    hg__loader_free(rows);
    return code;
}
