// SPDX-License-Identifier: Apache-2.0
// table_out.c - rows of cells into a table of a database: all of them, or none.
#include "table/table_out.h"

#include <assert.h>

#include "base/mem.h"

extern const hg__table_out_type hg__table_out_odbc, hg__table_out_sqlite;

static const hg__table_out_type *find_type(const char *out) {
    if (hg__table_out_odbc.is(out)) return &hg__table_out_odbc;
    if (hg__table_out_sqlite.is(out)) return &hg__table_out_sqlite;
    return NULL;
}

bool hg__table_out_is(const char *out) {
    return find_type(out) != NULL;
}

static int open_it(hg__table_out *t, const char *out, const char *table,
                   const hg__out_column *column, hg_error *err) {
    t->kind = hg__alloc((size_t)t->columns, sizeof *t->kind, err);
    if (!t->kind) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < t->columns; i++) t->kind[i] = column[i].kind;
    return t->type->open(t, out, table, column, err);
}

hg__table_out *hg__table_out_open(const char *out, const char *table, const hg__out_column *column,
                                  int32_t columns, bool appends, hg_error *err) {
    const hg__table_out_type *type = find_type(out);
    assert(type && columns > 0);
    if (!table[0]) {
        hg__fail(err, HG_ERR_USAGE, "out=: a database needs table=, the name of the table to fill");
        return NULL;
    }
    hg__table_out *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->type = type;
    t->columns = columns;
    t->appends = appends;
    if (open_it(t, out, table, column, err) == HG_OK) return t;
    hg__table_out_close(t);
    return NULL;
}

int hg__table_out_refuse(const hg__table_out *t, const char *table, int64_t rows, hg_error *err) {
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected a table without rows, got %.100s with %lld: append=true adds to "
                    "them, table= names another",
                    t->path, table, (long long)rows);
}

int hg__table_out_add(hg__table_out *t, const hg__cell *cell, hg_error *err) {
    HG_TRY(t->type->add(t, cell, err));
    t->rows++;
    return HG_OK;
}

int hg__table_out_commit(hg__table_out *t, hg_error *err) {
    return t->type->commit(t, err);
}

void hg__table_out_close(hg__table_out *t) {
    if (!t) return;
    if (t->state) t->type->close(t);
    hg__free(t->kind);
    hg__free(t);
}
