// SPDX-License-Identifier: Apache-2.0
// observed.c - what rows have in the table's own words: a second look at it, in step with their scores.
#include "jobs/observed.h"

#include "base/mem.h"
#include "detect/table_model.h"
#include "model/model.h"

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
