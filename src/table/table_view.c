// SPDX-License-Identifier: Apache-2.0
// table_view.c - some of a table's rows as a table.
#include <stdio.h>

#include "base/mem.h"
#include "table/table.h"

typedef struct view {
    hg__table *of; // borrowed
    hg__row_filter *keep;
    void *context;
    int64_t row; // of the table, from 0: the next one
} view;

static int rewind_view(hg__table *t, hg_error *err) {
    view *v = t->state;
    v->row = 0;
    return hg__table_rewind(v->of, err);
}

static int next_of_view(hg__table *t, hg__cell *cell, hg_error *err) {
    view *v = t->state;
    for (;;) {
        const int more = hg__table_next(v->of, cell, err);
        if (more != HG_OK) v->row++;
        if (more <= 0) return more;
        const int kept = v->keep(v->context, v->of, cell, v->row - 1, err);
        if (kept) return kept;
    }
}

static void where_in_view(const hg__table *t, char *text, size_t size) {
    const view *v = t->state;
    hg__table_where(v->of, text, size);
}

static void close_view(hg__table *t) {
    hg__free(t->state);
}

static const hg__table_type view_type = {.name = "view",
                                         .rewind = rewind_view,
                                         .next = next_of_view,
                                         .where = where_in_view,
                                         .close = close_view};

static int copy_names(hg__table *to, const hg__table *from, hg_error *err) {
    to->name = hg__alloc((size_t)from->columns, sizeof *to->name, err);
    if (!to->name) return HG_ERR_MEMORY;
    for (to->columns = 0; to->columns < from->columns; to->columns++) {
        to->name[to->columns] = hg__copy_text(from->name[to->columns], err);
        if (!to->name[to->columns]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

hg__table *hg__table_view(hg__table *t, hg__row_filter *keep, void *context, hg_error *err) {
    hg__table *made = hg__alloc(1, sizeof *made, err);
    if (!made) return NULL;
    made->type = &view_type;
    made->named = t->named;
    made->point = t->point;
    made->rows = -1;
    snprintf(made->path, sizeof made->path, "%s", t->path);
    view *v = made->state = hg__alloc(1, sizeof *v, err);
    int code = v ? copy_names(made, t, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        *v = (view){.of = t, .keep = keep, .context = context};
        code = rewind_view(made, err);
    }
    if (code == HG_OK) return made;
    hg__table_close(made);
    return NULL;
}
