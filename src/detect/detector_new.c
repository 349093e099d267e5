// SPDX-License-Identifier: Apache-2.0
// detector_new.c - making an hg_detector: which of the columns of rows to come is each of the model's, room to work in.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "csv/cell.h"
#include "detect/detector.h"
#include "detect/table_model.h"

static void say_where(const hg__table *t, char *text, size_t size) {
    const hg_detector *d = t->state;
    snprintf(text, size, "row %lld", (long long)d->rows);
}

static const hg__table_type rows_to_come = {.name = "rows", .where = say_where};

// ---- columns ------------------------------------------------------------------------------------

// Of a model of rows of numbers: by name where both have names, else by position.
static int match_numbers(hg_detector *d, hg_error *err) {
    const hg_model *m = d->model;
    const hg__table *t = &d->table;
    const int32_t width = m->net.spec.width;
    if (!m->column || !t->named) {
        for (int32_t j = 0; j < width; j++) d->from[j] = j;
        if (t->columns == width) return HG_OK;
        return hg__fail(err, HG_ERR_DATA, "rows: expected %d columns, as the model has, got %d",
                        width, t->columns);
    }
    hg__names *names = hg__names_new(t->name, t->columns, err);
    if (!names) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int32_t j = 0; j < width && code == HG_OK; j++) {
        d->from[j] = hg__names_find(names, m->column[j], strlen(m->column[j]));
        if (d->from[j] >= 0) continue;
        code = hg__fail(err, HG_ERR_DATA,
                        "rows: expected a column '%.200s' as in training, got none", m->column[j]);
    }
    hg__names_free(names);
    return code;
}

// What column i is called: as the caller says; else of rows of numbers as the model does.
static char *name_column(const hg_detector *d, const char *const *name, int32_t i, hg_error *err) {
    const hg_model *m = d->model;
    char number[32];
    snprintf(number, sizeof number, "column %d", i + 1);
    const char *own =
        !hg__model_schema(m) && m->column && i < m->net.spec.width ? m->column[i] : number;
    return hg__copy_text(name ? name[i] : own, err);
}

static int name_columns(hg_detector *d, const char *const *name, int32_t columns, hg_error *err) {
    hg__table *t = &d->table;
    const hg__schema *s = hg__model_schema(d->model);
    const int32_t count = columns > 0 ? columns : s ? s->table_columns : d->model->net.spec.width;
    snprintf(t->path, sizeof t->path, "rows");
    t->type = &rows_to_come;
    t->state = d;
    t->named = name != NULL;
    t->point = '.';
    t->name = hg__alloc((size_t)count, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    for (; t->columns < count; t->columns++) {
        t->name[t->columns] = name_column(d, name, t->columns, err);
        if (!t->name[t->columns]) return HG_ERR_MEMORY;
    }
    return s ? hg__schema_match(s, t, d->from, err) : match_numbers(d, err);
}

static int find_group(hg_detector *d, hg_error *err) {
    const hg__thresholds *t = &d->scorer.thresholds;
    d->group = -1;
    if (t->groups < 2) return HG_OK;
    d->group = hg__table_find(&d->table, t->column);
    if (d->group >= 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "rows: expected a column '%.80s', which thresholds go by, got none", t->column);
}

static int find_needs(hg_detector *d, hg_error *err) {
    const size_t columns = (size_t)d->table.columns;
    d->need = hg__alloc(columns, sizeof *d->need, err);
    if (!d->need) return HG_ERR_MEMORY;
    d->place = hg__alloc(columns, sizeof *d->place, err);
    if (!d->place) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < d->scorer.columns; i++) {
        if (d->from[i] >= 0) d->place[d->from[i]] = 1;
    }
    if (d->group >= 0) d->place[d->group] = 1;
    for (int32_t i = 0; i < d->table.columns; i++) {
        if (d->place[i]) d->need[d->needs++] = i;
    }
    return HG_OK;
}

// ---- opening ------------------------------------------------------------------------------------

// Models whose rows are of something else have ways of their own.
static int check_model(const hg_model *m, hg_error *err) {
    static const struct {
        const char *key, *what;
    } others[] = {
        {"signal",  "a signal: hg_monitor_new() judges its steps"                },
        {"packets", "packets: hg_run() judges captures (modes predict and watch)"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!hg__json_object_get(hg__model_detector(m), others[i].key)) continue;
        return hg__fail(err, HG_ERR_MODEL, "detector: expected a model of rows, got one of %s",
                        others[i].what);
    }
    return HG_OK;
}

static int check(const char *const *name, int32_t columns, double fpr, int32_t threads,
                 hg_error *err) {
    if (columns < 0 || columns > HG_MAX_COLUMNS || (name && columns == 0)) {
        return hg__fail(err, HG_ERR_USAGE, "detector: expected %d to %d columns, got %d",
                        name ? 1 : 0, HG_MAX_COLUMNS, columns);
    }
    if (threads < 0 || threads > HG_MAX_THREADS) {
        return hg__fail(err, HG_ERR_USAGE, "detector: expected 0 to %d threads, got %d",
                        HG_MAX_THREADS, threads);
    }
    if (fpr >= 0 && fpr < 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "detector: expected fpr from 0 to below 1, got %g", fpr);
}

static void clear_room(hg_detector *d) {
    hg__reasons_clear(&d->reasons);
    hg__free(d->row);
    hg__free(d->notes);
    hg__free(d->verdict);
    d->row = NULL;
    d->notes = NULL;
    d->verdict = NULL;
    d->room = 0;
}

int hg__detector_make_room(hg_detector *d, int32_t rows, hg_error *err) {
    const size_t width = (size_t)d->model->net.spec.width, count = (size_t)rows;
    if (rows <= d->room) return HG_OK;
    clear_room(d);
    d->row = hg__alloc(count, sizeof *d->row, err);
    if (d->row) d->notes = hg__alloc(count, sizeof *d->notes, err);
    if (d->notes) d->verdict = hg__alloc(count, sizeof *d->verdict, err);
    int code = d->verdict ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__row_scorer_make_room(&d->scorer, rows, true, err);
    if (code == HG_OK) code = hg__reasons_init(&d->reasons, &d->scorer, rows, 1, err);
    if (code < 0) return code;
    for (size_t i = 0; i < count; i++) d->row[i] = d->scorer.x + i * width;
    d->room = rows;
    return HG_OK;
}

static int open_detector(hg_detector *d, const char *const *name, int32_t columns, double fpr,
                         int32_t threads, hg_error *err) {
    const hg__row_scorer_options how = {.fpr = fpr};
    HG_TRY(check(name, columns, fpr, threads, err));
    HG_TRY(check_model(d->model, err));
    d->pool = hg__pool_new(threads, err);
    if (!d->pool) return HG_ERR_MEMORY;
    HG_TRY(hg__row_scorer_init(&d->scorer, d->model, &how, d->pool, "model", err));
    d->from = hg__alloc((size_t)d->scorer.columns, sizeof *d->from, err);
    if (!d->from) return HG_ERR_MEMORY;
    HG_TRY(name_columns(d, name, columns, err));
    const size_t cells = (size_t)hg__pool_threads(d->pool) * (size_t)d->table.columns;
    d->cell = hg__alloc(cells, sizeof *d->cell, err);
    if (!d->cell) return HG_ERR_MEMORY;
    HG_TRY(find_group(d, err));
    HG_TRY(find_needs(d, err));
    return hg__detector_make_room(d, 1, err);
}

hg_detector *hg_detector_new(const hg_model *m, const char *const *name, int32_t columns,
                             double fpr, int32_t threads, hg_error *err) {
    HG_ENTRY;
    hg_error unused = {0};
    hg_detector *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    d->model = m;
    if (open_detector(d, name, columns, fpr, threads, err ? err : &unused) == HG_OK) return d;
    hg_detector_free(d);
    return NULL;
}

void hg_detector_free(hg_detector *d) {
    HG_ENTRY;
    if (!d) return;
    clear_room(d);
    for (int32_t i = 0; i < d->table.columns; i++) hg__free(d->table.name[i]);
    hg__free(d->table.name);
    hg__row_scorer_clear(&d->scorer);
    hg__pool_free(d->pool);
    hg__free(d->from);
    hg__free(d->need);
    hg__free(d->place);
    hg__free(d->text);
    hg__free(d->cell);
    hg__free(d);
}
