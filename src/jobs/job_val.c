// SPDX-License-Identifier: Apache-2.0
// job_val.c - how well a model reproduces a file's rows: one pass, nothing kept but a number a row.
#include "base/entry.h"
#include "base/mem.h"
#include "base/secret.h"
#include "jobs/feed.h"
#include "options/options.h"

typedef struct tally {
    double *row_mse;           // (rows of the file)
    double *sums;              // (batch)
    double squares, absolutes; // summed over rows in the file's order
    double noise;              // squares of what noise= did to the rows
    int64_t rows;
} tally;

// x, clean: (width)
static double squares_between(const float *x, const float *clean, int32_t width) {
    double sum = 0;
    for (int32_t j = 0; j < width; j++) {
        const double d = (double)x[j] - (double)clean[j];
        sum += d * d;
    }
    return sum;
}

static void add_batch(hg__feed *f, const hg__input *in, tally *t) {
    const hg__objective mse = hg__objective_of(hg__loss_find("mse"), 0);
    const hg__objective mae = hg__objective_of(hg__loss_find("mae"), 0);
    hg__run_loss(f->plan, &mse, in, t->sums);
    for (int64_t i = 0; i < in->count; i++) {
        t->squares += t->sums[i];
        t->row_mse[t->rows + i] = t->sums[i] / f->width;
    }
    hg__run_loss(f->plan, &mae, in, t->sums);
    for (int64_t i = 0; i < in->count; i++) t->absolutes += t->sums[i];
    for (int64_t i = 0; in->target && i < in->count; i++) { // rows that were spoilt are floats
        t->noise += squares_between(in->row[i], in->target[i], f->width);
    }
    t->rows += in->count;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void conclude(const hg__feed *f, tally *t, hg_val_result *r) {
    const double numbers = (double)t->rows * f->width;
    const size_t n = (size_t)t->rows;
    qsort(t->row_mse, n, sizeof *t->row_mse, compare);
    *r = (hg_val_result){.rows = t->rows,
                         .width = f->width,
                         .input_mse = t->noise / numbers,
                         .mse = t->squares / numbers,
                         .mae = t->absolutes / numbers,
                         .row_mse_max = t->row_mse[n - 1],
                         .row_mse_median = (t->row_mse[(n - 1) / 2] + t->row_mse[n / 2]) / 2};
}

static int validate(hg__feed *f, hg_val_result *r, hg_error *err) {
    tally t = {.row_mse = hg__alloc((size_t)f->data->rows, sizeof *t.row_mse, err)};
    if (t.row_mse) t.sums = hg__alloc((size_t)f->batch, sizeof *t.sums, err);
    int more = HG_ERR_MEMORY;
    hg__input in;
    if (t.sums) {
        while ((more = hg__feed_next(f, &in, err)) > 0) add_batch(f, &in, &t);
    }
    if (more == HG_OK) conclude(f, &t, r);
    hg__free(t.sums);
    hg__free(t.row_mse);
    return more;
}

// What only hg_val_images() can do must not be passed over.
static int check_options(const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    const char *what = v->target[0] ? "target" : v->out[0] ? "out" : NULL;
    if (!what && v->noise[0] && hg__data_is_pictures(v->data)) what = "noise";
    if (!what) return HG_OK;
    char data[HG_MAX_VALUE], model[HG_MAX_VALUE];
    hg__mask_secrets(v->data, data, sizeof data); // whole, before a message cuts it
    hg__mask_secrets(v->model, model, sizeof model);
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected images, and a model that takes them in any size, got data=%.200s "
                    "and model=%.200s",
                    what, data, model);
}

int hg_val(const hg_options *o, const hg_listener *l, hg_val_result *result, hg_error *err) {
    HG_JOB_ENTRY(l);
    hg__feed f;
    hg_val_result unused;
    HG_TRY(check_options(o, err));
    HG_TRY(hg__feed_open(&f, o, HG_SCORE, l, err));
    const int code = validate(&f, result ? result : &unused, err);
    hg__feed_close(&f);
    return code;
}
