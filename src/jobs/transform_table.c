// SPDX-License-Identifier: Apache-2.0
// transform_table.c - what a model makes of a table's rows, in the table's own columns and units.
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "jobs/job.h"
#include "jobs/score_sheet.h"
#include "model/model.h"
#include "schema/schema.h"

enum { CELL = HG_MAX_LEVEL_BYTES + 64 }; // bytes of a cell's text

typedef struct table_writer {
    const hg__schema *schema; // borrowed
    hg__score_sheet out;
    int32_t columns;        // with floats
    int32_t *from;          // owned, (columns): their place in the schema
    hg__out_column *column; // owned, (columns)
    hg__cell *cell;         // owned, (columns)
    char (*text)[CELL];     // owned, (columns)
    float *y;               // owned, (batch, width)
    bool is_database;
} table_writer;

static void clear(table_writer *w) {
    hg__score_sheet_abort(&w->out);
    hg__free(w->from);
    hg__free(w->column);
    hg__free(w->cell);
    hg__free(w->text);
    hg__free(w->y);
}

static int make_room(table_writer *w, const hg__feed *f, hg_error *err) {
    const size_t columns = (size_t)w->schema->columns;
    const size_t floats = (size_t)f->batch * (size_t)w->schema->width;
    w->from = hg__alloc(columns, sizeof *w->from, err);
    if (w->from) w->column = hg__alloc(columns, sizeof *w->column, err);
    if (w->column) w->cell = hg__alloc(columns, sizeof *w->cell, err);
    if (w->cell) w->text = hg__alloc(columns, sizeof *w->text, err);
    if (w->text) w->y = hg__alloc(floats, sizeof *w->y, err);
    return w->y ? HG_OK : HG_ERR_MEMORY;
}

// Numbers go out as text where the file is text: with the digits that float32 can vouch for.
static void name_columns(table_writer *w) {
    for (int32_t i = 0; i < w->schema->columns; i++) {
        const hg__column *c = &w->schema->column[i];
        if (c->width == 0) continue;
        const bool is_number = w->is_database && c->kind == HG_COLUMN_NUMBER;
        w->from[w->columns] = i;
        w->column[w->columns++] =
            (hg__out_column){c->name, is_number ? HG_OUT_NUMBER : HG_OUT_TEXT};
    }
}

static int write_row(table_writer *w, const float *y, hg_error *err) {
    for (int32_t i = 0; i < w->columns; i++) {
        const hg__column *c = &w->schema->column[w->from[i]];
        hg__cell *cell = &w->cell[i];
        hg__column_decode(c, y, w->text[i], CELL);
        *cell = (hg__cell){
            .kind = HG_CELL_TEXT, .text = w->text[i], .size = (int32_t)strlen(w->text[i])};
        if (c->may_miss && strcmp(w->text[i], "missing") == 0) *cell = (hg__cell){0};
        if (cell->kind != HG_CELL_TEXT || w->column[i].kind != HG_OUT_NUMBER) continue;
        const bool is_number = hg__column_number(c, y, &cell->number);
        cell->kind = is_number ? HG_CELL_NUMBER : HG_CELL_MISSING;
    }
    return hg__score_sheet_add(&w->out, w->cell, err);
}

static int write_all(table_writer *w, hg__feed *f, hg__goal goal, hg_error *err) {
    const size_t width = (size_t)w->schema->width;
    const hg__kernels *k = hg__kernels_pick();
    hg__input in;
    int more;
    while ((more = hg__feed_next(f, &in, err)) > 0) {
        hg__run(f->plan, goal, &in, w->y);
        for (int32_t i = 0; i < in.count; i++) {
            float *row = w->y + (size_t)i * width;
            hg__spans_finish(f->model->net.spans, k, row);
            HG_TRY(write_row(w, row, err));
        }
    }
    return more < 0 ? more : hg__score_sheet_commit(&w->out, err);
}

// A name that promises numbers only.
static bool is_of_numbers(const char *out) {
    static const char *const ends[] = {".npy", ".npz", ".idx", "-ubyte", ".tsv", ".parquet"};
    const size_t length = strlen(out);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t n = strlen(ends[i]);
        if (length >= n && strcasecmp(out + length - n, ends[i]) == 0) return true;
    }
    return false;
}

int hg__transform_table(hg__feed *f, hg__goal goal, const hg_options *o, hg_error *err) {
    const char *out = o->values.out;
    table_writer w = {.schema = hg__model_schema(f->model), .is_database = hg__table_out_is(out)};
    if (!w.is_database && is_of_numbers(out)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a name that ends in .csv, or a database: the rows are a "
                        "table's",
                        out);
    }
    int code = make_room(&w, f, err);
    if (code == HG_OK) {
        name_columns(&w);
        code = hg__score_sheet_open(
            &w.out, &(hg__sheet_target){out, "csv", o->values.table, o->values.append}, w.column,
            w.columns, err);
    }
    if (code == HG_OK) code = write_all(&w, f, goal, err);
    clear(&w);
    return code;
}
