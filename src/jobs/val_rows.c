// SPDX-License-Identifier: Apache-2.0
// val_rows.c - how well a model gives back a file's rows: one pass, nothing kept but a number a row and a sample of rows.
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "jobs/feed.h"
#include "jobs/val.h"
#include "jobs/val_code.h"

// What is measured besides what is in the result.
typedef struct figures {
    hg__code_quality quality;
    hg__code_figures usage;
    hg__likelihood likelihood;
} figures;

typedef struct tally {
    double *row_mse;           // (rows of the file)
    double *sums;              // (batch)
    double squares, absolutes; // summed over rows in the file's order
    double noise;              // squares of what noise= did to the rows
    int64_t rows;
    hg__code_sample sample;
    figures found;
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
    hg__run_loss_from(f->plan, &mse, 0, in, t->sums); // without penalties
    for (int64_t i = 0; i < in->count; i++) {
        t->squares += t->sums[i];
        t->row_mse[t->rows + i] = t->sums[i] / f->width;
    }
    hg__run_loss_from(f->plan, &mae, 0, in, t->sums);
    for (int64_t i = 0; i < in->count; i++) t->absolutes += t->sums[i];
    for (int64_t i = 0; in->target && i < in->count; i++) { // rows that were corrupted are floats
        t->noise += squares_between(in->row[i], in->target[i], f->width);
    }
    t->rows += in->count;
    hg__code_sample_add(&t->sample, f, in);
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void conclude(const hg__feed *f, tally *t, hg_result *r) {
    const double numbers = (double)t->rows * f->width;
    const size_t n = (size_t)t->rows;
    qsort(t->row_mse, n, sizeof *t->row_mse, compare);
    r->rows = t->rows;
    r->width = f->width;
    if (f->corruption.noise.steps > 0) r->input_mse = t->noise / numbers;
    r->mse = t->squares / numbers;
    r->mae = t->absolutes / numbers;
    r->row_mse_max = t->row_mse[n - 1];
    r->row_mse_median = (t->row_mse[(n - 1) / 2] + t->row_mse[n / 2]) / 2;
}

static int measure(hg__feed *f, const hg_options *o, tally *t, hg_result *r, hg_error *err) {
    hg__input in;
    int more;
    HG_TRY(hg__code_sample_init(&t->sample, f, o, err));
    while ((more = hg__feed_next(f, &in, err)) > 0) add_batch(f, &in, t);
    HG_TRY(more);
    conclude(f, t, r);
    HG_TRY(hg__code_sample_finish(&t->sample, f, t->squares, &t->found.quality, err));
    return hg__code_sample_usage(&t->sample, f, &t->found.usage, err);
}

static int validate(hg__feed *f, const hg_options *o, figures *found, hg_result *r, hg_error *err) {
    tally t = {.row_mse = hg__alloc((size_t)f->data->source.rows, sizeof *t.row_mse, err)};
    if (t.row_mse) t.sums = hg__alloc((size_t)f->batch, sizeof *t.sums, err);
    const int code = t.sums ? measure(f, o, &t, r, err) : HG_ERR_MEMORY;
    *found = t.found;
    hg__code_sample_clear(&t.sample);
    hg__free(t.sums);
    hg__free(t.row_mse);
    return code;
}

static void write_json(hg__text *t, const hg_result *r, const figures *f) {
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "rows", r->rows);
    hg__json_add_integer(&w, "width", r->width);
    hg__json_add_real(&w, "mse", 15, r->mse);
    hg__json_add_real(&w, "mae", 15, r->mae);
    hg__json_add_real(&w, "row_mse_median", 15, r->row_mse_median);
    hg__json_add_real(&w, "row_mse_max", 15, r->row_mse_max);
    if (r->input_mse > 0) hg__json_add_real(&w, "input_mse", 15, r->input_mse);
    hg__likelihood_add_json(&w, &f->likelihood);
    hg__code_quality_add_json(&w, &f->quality);
    if (f->usage.codes > 0) {
        hg__json_add_integer(&w, "codes", f->usage.codes);
        hg__json_add_integer(&w, "codes_used", f->usage.used);
        hg__json_add_real(&w, "perplexity", 15, f->usage.perplexity);
    }
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

static void write_lines(hg__text *t, const hg_result *r, const figures *f) {
    hg__text_add(t, "rows            %" PRId64 "\n", r->rows);
    hg__text_add(t, "width           %d\n", r->width);
    hg__text_add(t, "mse             %.9g\n", r->mse);
    hg__text_add(t, "mae             %.9g\n", r->mae);
    hg__text_add(t, "row mse median  %.9g\n", r->row_mse_median);
    hg__text_add(t, "row mse max     %.9g\n", r->row_mse_max);
    if (r->input_mse > 0) hg__text_add(t, "input mse       %.9g\n", r->input_mse);
    hg__likelihood_add_lines(t, &f->likelihood);
    hg__code_quality_add_lines(t, &f->quality, 14);
    if (f->usage.codes > 0) {
        hg__text_add(t, "codes           %" PRId64 "\n", f->usage.codes);
        hg__text_add(t, "codes used      %" PRId64 "\n", f->usage.used);
        hg__text_add(t, "perplexity      %.9g\n", f->usage.perplexity);
    }
}

int hg__val_rows(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                 hg_error *err) {
    hg__feed f;
    hg__text t = {0};
    figures found = {0};
    HG_TRY(hg__feed_open(&f, m, o, HG_SCORE, l, err));
    int code = validate(&f, o, &found, r, err);
    if (code == HG_OK) {
        code = hg__val_likelihood(&f, o->values.seed, (int32_t)o->values.draws, &found.likelihood,
                                  err);
    }
    hg__feed_close(&f);
    HG_TRY(code);
    (r->json ? write_json : write_lines)(&t, r, &found);
    r->text = hg__text_take(&t, err);
    return r->text ? HG_OK : HG_ERR_MEMORY;
}
