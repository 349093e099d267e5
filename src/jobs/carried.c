// SPDX-License-Identifier: Apache-2.0
// carried.c - what of a table's own goes out beside its rows' scores: cells carried along, and a second look at the table.
#include <string.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "jobs/feed.h"
#include "model/model.h"
#include "schema/schema_internal.h"

enum { NUMBER_BYTES = 64 }; // of a number that has no text

static bool is_taken(const hg__carried *c, int32_t column) {
    for (int32_t i = 0; i < c->columns; i++) {
        if (c->from[i] == column) return true;
    }
    return false;
}

static void add(hg__carried *c, int32_t column) {
    if (column >= 0 && !is_taken(c, column)) c->from[c->columns++] = column;
}

// Ids that the table has under their name or, where there are none, in their place.
static void add_ids(hg__carried *c, const hg__schema *s, const hg__table *t) {
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *column = &s->column[i];
        if (column->kind != HG_COLUMN_ID) continue;
        const bool by_name = s->named && t->named;
        const bool in_place = !by_name && t->columns == s->table_columns;
        if (by_name) add(c, hg__table_find(t, column->name));
        if (in_place) add(c, column->position);
    }
}

// The model's name of a column that a table without names has in its place, as info and the reasons show it; -1: none.
static int32_t find_in_place(const hg__schema *s, const hg__table *t, const char *name) {
    int32_t *from =
        s->named && !t->named ? hg__alloc((size_t)s->columns, sizeof *from, NULL) : NULL;
    int32_t found = -1;
    const bool fits = from && hg__schema_match(s, t, from, NULL) == HG_OK;
    for (int32_t i = 0; fits && found < 0 && i < s->columns; i++) {
        if (strcmp(s->column[i].name, name) == 0) found = from[i];
    }
    hg__free(from);
    return found;
}

static int add_named(hg__carried *c, const hg__schema *s, const hg__table *t, const char *keep,
                     hg_error *err) {
    char name[256], rest[2];
    for (const char *p = keep; hg__list_next(&p, true, name, rest, sizeof name);) {
        int32_t column = hg__table_find(t, name);
        if (column < 0) column = find_in_place(s, t, name);
        if (column < 0) column = hg__table_column(t, "keep", name, err);
        if (column < 0) return column;
        add(c, column);
    }
    return HG_OK;
}

int hg__carried_init(hg__carried *c, const hg__schema *s, const hg__table *t, const char *keep,
                     int32_t rows, hg_error *err) {
    *c = (hg__carried){.has_line = t->line != NULL};
    c->from = hg__alloc((size_t)t->columns, sizeof *c->from, err);
    if (!c->from) return HG_ERR_MEMORY;
    if (strcmp(keep, "none") != 0 || hg__table_find(t, keep) >= 0) {
        add_ids(c, s, t);
        HG_TRY(add_named(c, s, t, keep, err));
    }
    const size_t cells = (size_t)rows * (size_t)c->columns;
    c->line = hg__alloc((size_t)rows, sizeof *c->line, err);
    if (c->line) c->at = hg__alloc(cells, sizeof *c->at, err);
    if (c->at) c->size = hg__alloc(cells, sizeof *c->size, err);
    return c->size ? HG_OK : HG_ERR_MEMORY;
}

void hg__carried_clear(hg__carried *c) {
    hg__free(c->from);
    hg__free(c->line);
    hg__free(c->at);
    hg__free(c->size);
    hg__free(c->room);
    hg__text_clear(&c->text);
    *c = (hg__carried){0};
}

static int take_cell(hg__carried *c, const hg__cell *cell, size_t slot, hg_error *err) {
    const size_t most = cell->text ? (size_t)cell->size + 1 : NUMBER_BYTES;
    c->at[slot] = SIZE_MAX;
    if (cell->kind == HG_CELL_MISSING) return HG_OK;
    if (most > c->roomy) {
        char *room = hg__grow(c->room, 2 * most, 1, err);
        if (!room) return HG_ERR_MEMORY;
        c->room = room;
        c->roomy = 2 * most;
    }
    hg__cell_write(cell, c->room, most);
    c->at[slot] = c->text.length;
    c->size[slot] = strlen(c->room);
    hg__text_add_bytes(&c->text, c->room, c->size[slot]);
    if (!c->text.failed) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a row's columns");
}

int hg__carried_take(hg__carried *c, const hg__table *t, const hg__cell *cell, int32_t i,
                     hg_error *err) {
    if (i == 0) c->text.length = 0;
    c->line[i] = t->line ? (int64_t)*t->line : 0;
    for (int32_t k = 0; k < c->columns; k++) {
        const size_t slot = (size_t)i * (size_t)c->columns + (size_t)k;
        HG_TRY(take_cell(c, &cell[c->from[k]], slot, err));
    }
    return HG_OK;
}

hg__cell hg__carried_cell(const hg__carried *c, int32_t i, int32_t k) {
    const size_t slot = (size_t)i * (size_t)c->columns + (size_t)k;
    if (c->at[slot] == SIZE_MAX) return (hg__cell){.kind = HG_CELL_MISSING};
    return (hg__cell){
        .kind = HG_CELL_TEXT, .text = c->text.data + c->at[slot], .size = (int32_t)c->size[slot]};
}

// ---- a second look at the table -----------------------------------------------------------------

int hg__observed_init(hg__observed *o, const hg__feed *f, hg_error *err) {
    const hg__schema *s = hg__model_schema(f->model);
    *o = (hg__observed){.table = f->table};
    o->from = hg__alloc((size_t)s->columns, sizeof *o->from, err);
    if (o->from) o->cell = hg__alloc((size_t)o->table->columns, sizeof *o->cell, err);
    if (!o->cell) return HG_ERR_MEMORY;
    HG_TRY(hg__schema_match(s, o->table, o->from, err));
    return hg__table_rewind(o->table, err);
}

void hg__observed_clear(hg__observed *o) {
    hg__free(o->from);
    hg__free(o->cell);
    *o = (hg__observed){0};
}

int hg__observed_row(hg__observed *o, int64_t row, hg_error *err) {
    while (o->next <= row) {
        hg_error why = {0};
        const int more = hg__table_next(o->table, o->cell, &why);
        if (more == 0 || (more == HG_ERR_DATA && o->next == row)) {
            return hg__fail(err, HG_ERR_IO, "%.200s: it was changed while it was being read",
                            o->table->path);
        }
        if (more < 0 && more != HG_ERR_DATA) { // a bad row was left out before as well
            if (err) *err = why;
            return more;
        }
        o->next++;
    }
    return HG_OK;
}
