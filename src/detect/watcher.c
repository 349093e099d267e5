// SPDX-License-Identifier: Apache-2.0
// watcher.c - rows of a table that come one at a time: score, p-value, alarm, and the column that says most.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hourglass.h"

#include "base/entry.h"
#include "base/limits.h"
#include "base/mem.h"
#include "csv/csv_number.h"
#include "csv/csv_text.h"
#include "detect/detector.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "model/model.h"
#include "schema/schema.h"

enum { LONGEST = 1000 }; // bytes of a number

struct hg_watcher {
    const hg_model *model;  // borrowed
    hg__pool *pool;         // owned
    hg__detector *detector; // owned
    hg__thresholds thresholds;
    hg__table table;  // of no source: what the columns of rows to come are called
    int32_t *from;    // owned, (the schema's columns): which of them is each of the schema's
    int32_t group;    // which of them says what group a row belongs to; -1: none
    hg__cell *cell;   // owned, (table.columns)
    float *x, *share; // owned, (width), (the schema's columns)
    int64_t rows;     // watched so far
};

static void say_where(const hg__table *t, char *text, size_t size) {
    const hg_watcher *w = t->state;
    snprintf(text, size, "row %lld", (long long)w->rows);
}

static const hg__table_type rows_to_come = {.name = "rows", .where = say_where};

// ---- columns ------------------------------------------------------------------------------------

static int name_columns(hg_watcher *w, const char *const *name, int32_t columns, hg_error *err) {
    hg__table *t = &w->table;
    const hg__schema *s = hg__model_schema(w->model);
    const int32_t count = columns > 0 ? columns : s->table_columns;
    snprintf(t->path, sizeof t->path, "rows");
    t->type = &rows_to_come;
    t->state = w;
    t->named = name != NULL;
    t->point = '.';
    t->name = hg__alloc((size_t)count, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    for (; t->columns < count; t->columns++) {
        char number[32];
        snprintf(number, sizeof number, "column %d", t->columns + 1);
        t->name[t->columns] = hg__copy_text(name ? name[t->columns] : number, err);
        if (!t->name[t->columns]) return HG_ERR_MEMORY;
    }
    return hg__schema_match(s, t, w->from, err);
}

static int find_group(hg_watcher *w, hg_error *err) {
    const hg__thresholds *t = &w->thresholds;
    w->group = -1;
    if (t->groups < 2) return HG_OK;
    w->group = hg__table_find(&w->table, t->column);
    if (w->group >= 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "rows: expected a column '%.80s', which thresholds go by, got none", t->column);
}

// ---- opening ------------------------------------------------------------------------------------

static int check(const hg_model *m, const char *const *name, int32_t columns, double fpr,
                 hg_error *err) {
    if (!hg__model_schema(m) || !hg__detector_is_in(m)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "watcher: expected a model trained on a table, got one %s",
                        hg__model_schema(m) ? "without anomaly scores" : "of rows of numbers");
    }
    if (columns < 0 || columns > HG_MAX_COLUMNS || (name && columns == 0)) {
        return hg__fail(err, HG_ERR_USAGE, "watcher: expected %d to %d columns, got %d",
                        name ? 1 : 0, HG_MAX_COLUMNS, columns);
    }
    if (fpr >= 0 && fpr < 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "watcher: expected fpr from 0 to below 1, got %g", fpr);
}

static int make_room(hg_watcher *w, hg_error *err) {
    const size_t columns = (size_t)hg__model_schema(w->model)->columns;
    w->from = hg__alloc(columns, sizeof *w->from, err);
    if (w->from) w->share = hg__alloc(columns, sizeof *w->share, err);
    if (w->share) w->x = hg__alloc((size_t)w->model->net.spec.width, sizeof *w->x, err);
    return w->x ? HG_OK : HG_ERR_MEMORY;
}

static int open_watcher(hg_watcher *w, const char *const *name, int32_t columns, double fpr,
                        hg_error *err) {
    HG_TRY(check(w->model, name, columns, fpr, err));
    HG_TRY(make_room(w, err));
    HG_TRY(name_columns(w, name, columns, err));
    w->cell = hg__alloc((size_t)w->table.columns, sizeof *w->cell, err);
    w->pool = w->cell ? hg__pool_new(1, err) : NULL;
    w->detector = w->pool ? hg__detector_new(w->model, w->pool, "model", err) : NULL;
    if (!w->detector) return (int)err->code;
    HG_TRY(hg__thresholds_load(&w->thresholds, w->model, "model", err));
    if (fpr > 0 && w->thresholds.groups) HG_TRY(hg__thresholds_ask(&w->thresholds, fpr, err));
    return find_group(w, err);
}

hg_watcher *hg_watcher_new(const hg_model *m, const char *const *name, int32_t columns, double fpr,
                           hg_error *err) {
    HG_ENTRY;
    hg_error unused = {0};
    hg_watcher *w = hg__alloc(1, sizeof *w, err);
    if (!w) return NULL;
    w->model = m;
    if (open_watcher(w, name, columns, fpr, err ? err : &unused) == HG_OK) return w;
    hg_watcher_free(w);
    return NULL;
}

void hg_watcher_free(hg_watcher *w) {
    HG_ENTRY;
    if (!w) return;
    for (int32_t i = 0; i < w->table.columns; i++) hg__free(w->table.name[i]);
    hg__free(w->table.name);
    hg__detector_free(w->detector);
    hg__thresholds_clear(&w->thresholds);
    hg__pool_free(w->pool);
    hg__free(w->from);
    hg__free(w->cell);
    hg__free(w->x);
    hg__free(w->share);
    hg__free(w);
}

// ---- a row --------------------------------------------------------------------------------------

// As a cell of a CSV file with a decimal point. No number is longer than LONGEST: the reader of numbers looks beyond what it
// reads, so they are copied.
static hg__csv_kind classify(const char *text, size_t size, double *number) {
    char room[LONGEST + HG_CSV_PAD] = {0};
    const hg__csv_cell raw = {.text = room, .size = size};
    if (size > LONGEST) return HG_CSV_TEXT;
    memcpy(room, text, size);
    return hg__csv_read_double(&raw, '.', number);
}

static int read_cell(const hg_watcher *w, int32_t column, const char *text, hg_error *err) {
    static const hg__cell_kind kinds[] = {[HG_CSV_NUMBER] = HG_CELL_NUMBER,
                                          [HG_CSV_MISSING] = HG_CELL_MISSING,
                                          [HG_CSV_TEXT] = HG_CELL_TEXT,
                                          [HG_CSV_INFINITE] = HG_CELL_TEXT};
    hg__cell *cell = &w->cell[column];
    *cell = (hg__cell){.kind = HG_CELL_MISSING};
    if (!text) return HG_OK;
    const size_t size = strlen(text);
    const hg__csv_kind kind = classify(text, size, &cell->number);
    if (size > INT32_MAX || !hg__is_utf8(text, size)) {
        return hg__fail(err, HG_ERR_DATA,
                        "row %lld: column '%.60s': expected UTF-8 text, got other bytes",
                        (long long)w->rows, w->table.name[column]);
    }
    cell->kind = kinds[kind];
    cell->text = text;
    cell->size = (int32_t)size;
    return HG_OK;
}

// Into w->x.
static int read_row(const hg_watcher *w, const char *const *cell, hg__encoding_notes *notes,
                    hg_error *err) {
    int code = HG_OK;
    for (int32_t i = 0; i < w->table.columns && code == HG_OK; i++) {
        code = read_cell(w, i, cell[i], err);
    }
    if (code == HG_OK) {
        code = hg__schema_encode(hg__model_schema(w->model), &w->table, w->from, w->cell, true,
                                 w->x, notes, err);
    }
    return code;
}

static const hg__threshold_group *group_of(const hg_watcher *w, const char *const *cell) {
    if (!w->thresholds.groups) return NULL;
    const char *name = w->group >= 0 ? cell[w->group] : NULL;
    return name ? hg__thresholds_find(&w->thresholds, name) : &w->thresholds.group[0];
}

int hg_watch(hg_watcher *w, const char *const *cell, hg_verdict *v, hg_error *err) {
    HG_ENTRY;
    const hg__schema *s = hg__model_schema(w->model);
    hg__encoding_notes notes = {0};
    float score;
    w->rows++;
    HG_TRY(read_row(w, cell, &notes, err));
    HG_TRY(hg__detector_score(w->detector, w->x, 1, &score, w->share, err));
    int32_t most = 0;
    for (int32_t i = 1; i < s->columns; i++) {
        if (w->share[i] > w->share[most]) most = i;
    }
    const hg__threshold_group *group = group_of(w, cell);
    *v = (hg_verdict){
        .score = (double)score,
        .p_value = group ? hg__calibration_p(group->held, (double)score) : (double)NAN,
        .threshold = group ? group->at.value : (double)NAN,
        .alarm = group && (double)score > group->at.value,
        .reason = s->column[most].name,
        .reason_share = hg__part_of((double)w->share[most], (double)score),
        .unseen = (int32_t)(notes.unseen + notes.changed),
        .missing = (int32_t)(notes.missing + notes.strange),
    };
    return HG_OK;
}
