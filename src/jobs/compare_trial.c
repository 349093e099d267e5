// SPDX-License-Identifier: Apache-2.0
// compare_trial.c - one table, every seed, every method.
//
// Half of the normal rows, drawn by the seed, are for training; the other half and all anomalies are the test. What the columns
// are and how they are scaled is learned from the training rows alone.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/show.h"
#include "base/system.h"
#include "detect/metrics.h"
#include "jobs/compare.h"

// The rows of a table that can be used, as one reading gave them.
typedef struct reading {
    hg__data *data; // owned
    hg__side_columns side;
} reading;

static void close_reading(reading *r) {
    hg__data_close(r->data);
    hg__side_columns_clear(&r->side);
    *r = (reading){0};
}

static int64_t number_of(const reading *r, int64_t row) {
    return r->side.number ? r->side.number[row] : row;
}

static bool is_used(const void *context, int64_t row) {
    const hg__comparison_trial *t = context;
    return row < t->table_rows && t->is_train[row];
}

static hg__schema *learn(hg__comparison_trial *t, hg_error *err) {
    const struct hg__values *v = &t->o->values;
    const hg__schema_options how = {.label = v->label,
                                    .ignore = v->ignore,
                                    .normal = v->normal,
                                    .group = "",
                                    .override = v->columns,
                                    .on_bad = v->on_bad,
                                    .seed = t->seed,
                                    .use = t->is_train ? is_used : NULL,
                                    .use_context = t};
    if (hg__table_rewind(t->table, err) < 0) return NULL;
    return hg__schema_infer(t->table, &how, NULL, err);
}

// A test row may hold what the training rows never held; it is scored all the same.
hg__encode_options hg__comparison_trial_encoding(const hg__comparison_trial *t) {
    const struct hg__values *v = &t->o->values;
    const bool skips = strcmp(v->on_bad, "skip") == 0;
    return (hg__encode_options){.label = v->label,
                                .normal = v->normal,
                                .group = "",
                                .on_bad = skips ? v->on_bad : "score_missing",
                                .memory = (size_t)v->max_mem};
}

static int read_all(hg__comparison_trial *t, reading *r, hg_error *err) {
    const hg__encode_options how = hg__comparison_trial_encoding(t);
    hg__encoding_notes notes = {0};
    *r = (reading){0};
    r->data = hg__schema_read(t->schema, t->table, &how, &r->side, &notes, err);
    return r->data ? HG_OK : (int)err->code;
}

// ---- which rows train -----------------------------------------------------------------------------

// The labels of a table, from a reading with a schema of all rows.
typedef struct labels {
    int64_t *normal; // owned, (normals): numbers of the normal rows in the table
    int64_t normals, anomalies, table_rows;
} labels;

static int sort_labels(labels *k, const reading *r, const char *path, hg_error *err) {
    k->normal = hg__alloc((size_t)r->data->rows, sizeof *k->normal, err);
    if (!k->normal) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < r->data->rows; i++) {
        if (!r->side.label[i]) k->normal[k->normals++] = number_of(r, i);
    }
    k->anomalies = r->data->rows - k->normals;
    k->table_rows = number_of(r, r->data->rows - 1) + 1;
    if (k->normals >= 2 && k->anomalies >= 1) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%.300s: expected at least 2 normal rows and 1 anomaly, got %lld and %lld",
                    path, (long long)k->normals, (long long)k->anomalies);
}

static int find_labels(hg__compared_table *s, labels *k, hg__comparison_trial *t, hg_error *err) {
    reading r = {0};
    hg__schema *schema = learn(t, err);
    if (!schema) return (int)err->code;
    t->schema = schema;
    int code = read_all(t, &r, err);
    if (code == HG_OK) code = sort_labels(k, &r, t->table->path, err);
    if (code == HG_OK) {
        s->rows = r.data->rows;
        s->anomalies = k->anomalies;
        s->columns = schema->columns;
        t->table_rows = k->table_rows;
    }
    close_reading(&r);
    hg__schema_free(schema);
    t->schema = NULL;
    return code;
}

// is_train (table_rows): half of the normal rows, rounded down.
static void draw(uint8_t *is_train, const labels *k, uint64_t seed) {
    const hg__shuffle s = hg__shuffle_init(seed, HG_STREAM_SPLIT, 0, (uint64_t)k->normals);
    memset(is_train, 0, (size_t)k->table_rows);
    for (int64_t i = 0; i < k->normals / 2; i++) {
        is_train[k->normal[hg__shuffle_at(&s, (uint64_t)i)]] = 1;
    }
}

// ---- one seed -------------------------------------------------------------------------------------

typedef struct rows {
    float *train, *test; // owned, (train_rows, width), (test_rows, width)
    uint8_t *label;      // owned, (test_rows)
    float *score;        // owned, (test_rows)
} rows;

static void clear_rows(rows *r) {
    hg__free(r->train);
    hg__free(r->test);
    hg__free(r->label);
    hg__free(r->score);
}

static int make_rows(rows *to, hg__comparison_trial *t, int64_t all, hg_error *err) {
    const size_t width = (size_t)t->width, tests = (size_t)(all - t->train_rows);
    t->test_rows = all - t->train_rows;
    to->train = hg__alloc((size_t)t->train_rows, width * sizeof *to->train, err);
    if (to->train) to->test = hg__alloc(tests, width * sizeof *to->test, err);
    if (to->test) to->label = hg__alloc(tests, sizeof *to->label, err);
    if (to->label) to->score = hg__alloc(tests, sizeof *to->score, err);
    return to->score ? HG_OK : HG_ERR_MEMORY;
}

// Parts the rows of a reading, each part in the table's order.
static int part(rows *to, hg__comparison_trial *t, const reading *r, hg_error *err) {
    const size_t width = (size_t)r->data->width;
    t->width = r->data->width;
    t->train_rows = 0;
    for (int64_t i = 0; i < r->data->rows; i++) t->train_rows += is_used(t, number_of(r, i));
    if (t->train_rows == 0 || t->width == 0) {
        return hg__fail(err, HG_ERR_DATA, "%.300s: expected columns to learn from, found none",
                        t->table->path);
    }
    HG_TRY(make_rows(to, t, r->data->rows, err));
    float *train = to->train, *test = to->test;
    uint8_t *label = to->label;
    for (int64_t i = 0; i < r->data->rows; i++) {
        const bool trains = is_used(t, number_of(r, i));
        HG_TRY(hg__data_row(r->data, i, trains ? train : test, err));
        train += trains ? width : 0;
        test += trains ? 0 : width;
        if (!trains) *label++ = r->side.label[i];
    }
    t->train = to->train;
    t->test = to->test;
    return HG_OK;
}

static int measure(const hg__method *m, const hg__comparison_trial *t, const rows *r, hg__figure *f,
                   hg_error *err) {
    const hg__metrics_options how = {.threshold = (double)NAN, .level = 0.95};
    hg__metrics metrics;
    HG_TRY(m->run(m, t, r->score, f, err));
    HG_TRY(hg__metrics_of(r->score, r->label, t->test_rows, &how, &metrics, err));
    f->auroc = metrics.auroc.value;
    f->ap = metrics.ap.value;
    return HG_OK;
}

// Where a table is too wide for what a method needs, it is left out of the whole comparison: means are over the same tables.
static bool is_too_wide(hg__comparison *c, const hg__comparison_trial *t, int32_t method) {
    const hg__baseline *b = c->method[method].baseline;
    const size_t room = b && b->room ? b->room(t->width) : 0;
    const size_t most = (size_t)t->o->values.max_mem;
    char line[300], why[48] = "it is not made";
    if (c->left_out[method]) return true;
    if (room <= most) return false;
    c->left_out[method] = true;
    if (room < SIZE_MAX) snprintf(why, sizeof why, "it needs max_mem=%zuM", (room >> 20) + 1);
    snprintf(line, sizeof line, "%.120s: %s is left out: %s for rows of %d numbers", t->table->path,
             c->method[method].name, why, t->width);
    hg__tell(t->l, line);
    return true;
}

static int run_methods(hg__comparison *c, hg__comparison_trial *t, rows *r, hg__figure *f,
                       hg_error *err) {
    for (int32_t m = 0; m < c->methods; m++) {
        if (hg__is_stopped(t->l)) return hg__fail(err, HG_ERR_STOPPED, "stopped on request");
        if (!is_too_wide(c, t, m)) HG_TRY(measure(&c->method[m], t, r, &f[m], err));
        hg__meter_add(&c->meter, 1);
        if (c->left_out[m]) continue;
        if (!t->l->detail) continue;
        char line[300];
        snprintf(line, sizeof line,
                 "%.120s: seed %llu: %s: AUROC %.4f, average precision %.4f, %.2f s",
                 t->table->path, (unsigned long long)t->seed, c->method[m].name, f[m].auroc,
                 f[m].ap, f[m].fit + f[m].score);
        hg__tell_detail(t->l, line);
    }
    return HG_OK;
}

static int run_seed(hg__compared_table *s, hg__comparison *c, hg__comparison_trial *t,
                    hg__figure *f, hg_error *err) {
    reading r = {0};
    rows parts = {0};
    hg__schema *schema = learn(t, err);
    if (!schema) return (int)err->code;
    t->schema = schema;
    int code = read_all(t, &r, err);
    if (code == HG_OK) code = part(&parts, t, &r, err);
    close_reading(&r);
    if (code == HG_OK) code = run_methods(c, t, &parts, f, err);
    s->width = t->width;
    clear_rows(&parts);
    hg__schema_free(schema);
    return code;
}

int hg__compared_table_run(hg__compared_table *s, hg__comparison *c, hg__table *table,
                           const hg_options *o, const hg_listener *l, hg__pool *pool,
                           hg_error *err) {
    hg__comparison_trial t = {
        .o = o, .l = l, .table = table, .pool = pool, .seed = (uint64_t)o->values.seed};
    labels k = {0};
    uint8_t *is_train = NULL;
    int code = find_labels(s, &k, &t, err);
    if (code == HG_OK) {
        is_train = hg__alloc((size_t)k.table_rows, sizeof *is_train, err);
        code = is_train ? HG_OK : HG_ERR_MEMORY;
    }
    t.is_train = is_train;
    for (int32_t i = 0; code == HG_OK && i < c->seeds; i++) {
        t.seed = (uint64_t)o->values.seed + (uint64_t)i;
        draw(is_train, &k, t.seed);
        code = run_seed(s, c, &t, s->figure + (ptrdiff_t)i * c->methods, err);
    }
    hg__free(is_train);
    hg__free(k.normal);
    return code;
}
