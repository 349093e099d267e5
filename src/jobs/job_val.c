// SPDX-License-Identifier: Apache-2.0
// job_val.c - how well a model does: at judging parts, at cleaning images, at finding labelled anomalies, or else at giving back a file's rows:
// one pass, nothing kept but a number a row.
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "detect/table_model.h"
#include "jobs/feed.h"
#include "jobs/job.h"
#include "jobs/judge_parts.h"
#include "jobs/packet_page.h"
#include "jobs/val.h"

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
    for (int64_t i = 0; in->target && i < in->count; i++) { // rows that were corrupted are floats
        t->noise += squares_between(in->row[i], in->target[i], f->width);
    }
    t->rows += in->count;
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

static int validate(hg__feed *f, hg_result *r, hg_error *err) {
    tally t = {.row_mse = hg__alloc((size_t)f->data->source.rows, sizeof *t.row_mse, err)};
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

// What only hg__val_images() can do must not be passed over.
static int check_options(const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    const char *what = v->target[0] ? "target" : v->out[0] ? "out" : NULL;
    if (!what && v->noise[0] && hg__dataset_is_pictures(v->data)) what = "noise";
    if (!what) return HG_OK;
    char data[HG_MAX_VALUE], model[HG_MAX_VALUE];
    hg__mask_secrets(v->data, data, sizeof data); // whole, before a message cuts it
    hg__mask_secrets(v->model, model, sizeof model);
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected images, and a model that takes them in any size, got data=%.200s "
                    "and model=%.200s",
                    what, data, model);
}

static void write_json(hg__text *t, const hg_result *r, const hg__likelihood *k) {
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "rows", r->rows);
    hg__json_add_integer(&w, "width", r->width);
    hg__json_add_real(&w, "mse", 15, r->mse);
    hg__json_add_real(&w, "mae", 15, r->mae);
    hg__json_add_real(&w, "row_mse_median", 15, r->row_mse_median);
    hg__json_add_real(&w, "row_mse_max", 15, r->row_mse_max);
    if (r->input_mse > 0) hg__json_add_real(&w, "input_mse", 15, r->input_mse);
    hg__likelihood_add_json(&w, k);
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

static void write_lines(hg__text *t, const hg_result *r, const hg__likelihood *k) {
    hg__text_add(t, "rows            %" PRId64 "\n", r->rows);
    hg__text_add(t, "width           %d\n", r->width);
    hg__text_add(t, "mse             %.9g\n", r->mse);
    hg__text_add(t, "mae             %.9g\n", r->mae);
    hg__text_add(t, "row mse median  %.9g\n", r->row_mse_median);
    hg__text_add(t, "row mse max     %.9g\n", r->row_mse_max);
    if (r->input_mse > 0) hg__text_add(t, "input mse       %.9g\n", r->input_mse);
    hg__likelihood_add_lines(t, k);
}

static int val_rows(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                    hg_error *err) {
    hg__feed f;
    hg__text t = {0};
    HG_TRY(hg__feed_open(&f, m, o, HG_SCORE, l, err));
    hg__likelihood k = {0};
    int code = validate(&f, r, err);
    if (code == HG_OK) code = hg__val_likelihood(&f, o, &k, err);
    hg__feed_close(&f);
    HG_TRY(code);
    (r->json ? write_json : write_lines)(&t, r, &k);
    r->text = hg__text_take(&t, err);
    return r->text ? HG_OK : HG_ERR_MEMORY;
}

// A sheet by its name, which only pictures of parts go into.
static bool is_sheet(const char *out) {
    static const char *const ends[] = {".csv", ".txt", ".json", ".jsonl"};
    const size_t length = strlen(out);
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        const size_t own = strlen(ends[k]);
        if (length > own && strcasecmp(out + length - own, ends[k]) == 0) return true;
    }
    return false;
}

int hg__job_val(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    hg_model *m = hg_model_load(o->values.model, err);
    if (!m) return (int)err->code;
    if (hg__is_packet_model(m)) return hg__val_packets(m, o, l, r, err);
    if (hg__packet_page_refuse(o, err) < 0) {
        hg_model_free(m);
        return HG_ERR_USAGE;
    }
    if (hg__is_part_model(m)) return hg__val_parts(m, o, l, r, err);
    if (hg__val_cleans_images(m, o) && is_sheet(o->values.out)) {
        hg_model_free(m);
        return hg__fail(err, HG_ERR_USAGE,
                        "out: expected a folder for pictures, got %.150s, a table as text",
                        o->values.out);
    }
    if (hg__val_cleans_images(m, o)) return hg__val_images(m, o, l, r, err);
    if (*o->values.label && hg__model_schema(m)) return hg__val_labels(m, o, l, r, err);
    const int code = check_options(o, err);
    if (code == HG_OK) return val_rows(m, o, l, r, err);
    hg_model_free(m);
    return code;
}
