// SPDX-License-Identifier: Apache-2.0
// table_out_odbc.c - rows of cells into a table of any database that has an ODBC driver, in one transaction: many rows a
// call, as arrays of parameters, where the driver takes them, else row by row.
#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "table/odbc_api.h"
#include "table/table_out.h"

enum { BLOCK_ROWS = 1024, NAME = 256 };

// A column of the rows that wait.
typedef struct bound {
    size_t width; // bytes of a cell
    // owned, (BLOCK_ROWS) of int64_t or double, or (BLOCK_ROWS, width / 2) units of UTF-16
    uint8_t *cell;
    long *length; // owned, (BLOCK_ROWS) bytes, or HG_ODBC_NULL_DATA
} bound;

typedef struct target {
    hg__odbc_link link;
    bound *column; // owned, (columns)
    uint16_t *status;
    int64_t had;        // rows that the table has already, unless they are to be added to
    unsigned long done; // rows that the driver has seen to
    size_t used;        // rows that wait
    bool in_blocks;
    char what[HG_SQL_SHOWN + 16]; // "table scores"
} target;

static void set_statement(target *s, int attribute, void *value) {
    s->link.api->SetStmtAttrW(s->link.statement, attribute, value, 0);
}

// ---- the table ----------------------------------------------------------------------------------

static hg__sql_style style_of(const hg__odbc_link *l) {
    return (hg__sql_style){.quote = hg__odbc_quote(l), .dotted = true};
}

// Runs the statement that `sql` holds, and frees it.
static int run(target *s, hg__text *sql, hg_error *err) {
    char *text = hg__text_take(sql, err);
    if (!text) return HG_ERR_MEMORY;
    const int code = hg__odbc_execute(&s->link, text, err);
    hg__free(text);
    return code;
}

static int probe(target *s, const char *table, hg_error *err) {
    const hg__sql_style style = style_of(&s->link);
    hg__text sql = {0};
    hg__text_add(&sql, "SELECT * FROM ");
    hg__sql_add_table(&sql, table, &style);
    hg__text_add(&sql, " WHERE 1 = 0");
    return run(s, &sql, err);
}

// The rows that the table has; before the statement is prepared for more.
static int count_rows(hg__table_out *t, const char *table, hg_error *err) {
    target *s = t->state;
    const hg__sql_style style = style_of(&s->link);
    const hg__odbc *api = s->link.api;
    long length = HG_ODBC_NULL_DATA;
    hg__text sql = {0};
    api->FreeStmt(s->link.statement, HG_ODBC_CLOSE);
    hg__text_add(&sql, "SELECT COUNT(*) FROM ");
    hg__sql_add_table(&sql, table, &style);
    HG_TRY(run(s, &sql, err));
    const bool done = hg__odbc_worked(api->BindCol(s->link.statement, 1, HG_ODBC_C_SBIGINT, &s->had,
                                                   sizeof s->had, &length)) &&
                      hg__odbc_worked(api->Fetch(s->link.statement));
    if (!done) hg__odbc_fail(&s->link, HG_ERR_IO, s->what, err);
    api->FreeStmt(s->link.statement, HG_ODBC_CLOSE);
    api->FreeStmt(s->link.statement, HG_ODBC_UNBIND);
    if (!done) return HG_ERR_IO;
    return probe(s, table, err);
}

// The catalogue's answers differ from driver to driver; whether a select works does not. One that fails may ruin the
// transaction, in which nothing was done yet.
static int find_or_create(hg__table_out *t, const char *table, const hg__out_column *column,
                          hg_error *err) {
    target *s = t->state;
    const hg__sql_style style = style_of(&s->link);
    const int code = probe(s, table, NULL);
    if (code == HG_ERR_MEMORY) return hg__fail(err, HG_ERR_MEMORY, "out of memory");
    if (code == HG_OK) return t->appends ? HG_OK : count_rows(t, table, err);
    s->link.api->FreeStmt(s->link.statement, HG_ODBC_CLOSE);
    s->link.api->EndTran(HG_ODBC_CONNECTION, s->link.connection, HG_ODBC_ROLLBACK);
    hg__text sql = {0};
    hg__sql_add_create(&sql, table, column, t->columns, &style);
    HG_TRY(run(s, &sql, err));
    s->link.api->FreeStmt(s->link.statement, HG_ODBC_CLOSE);
    return probe(s, table, err);
}

// names (count): owned texts of the table's columns.
static int read_names(hg__table_out *t, char **names, int32_t count, hg_error *err) {
    target *s = t->state;
    for (int32_t i = 0; i < count; i++) {
        uint16_t wide[NAME] = {0};
        char name[NAME * HG_UTF8_A_UNIT];
        short length, type, digits, nullable;
        unsigned long size;
        if (!hg__odbc_worked(s->link.api->DescribeColW(s->link.statement, (unsigned short)(i + 1),
                                                       wide, NAME, &length, &type, &size, &digits,
                                                       &nullable))) {
            return hg__odbc_fail(&s->link, HG_ERR_IO, s->what, err);
        }
        hg__utf16_show(wide, NAME, name, sizeof name);
        names[i] = hg__copy_text(name, err);
        if (!names[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

// have (count), name (columns): room for the names of the table's columns, and of those that are written.
static int prepare_named(hg__table_out *t, const char *table, const hg__out_column *column,
                         char **have, int32_t count, const char **name, hg_error *err) {
    target *s = t->state;
    const hg__sql_style style = style_of(&s->link);
    HG_TRY(read_names(t, have, count, err));
    s->link.api->FreeStmt(s->link.statement, HG_ODBC_CLOSE);
    HG_TRY(hg__sql_match(t, table, column, (const char *const *)have, count, name, err));
    hg__text sql = {0};
    hg__sql_add_insert(&sql, table, name, t->columns, &style);
    char *text = hg__text_take(&sql, err);
    uint16_t *wide = text ? hg__utf16_copy(text, s->what, err) : NULL;
    int code = wide ? HG_OK : HG_ERR_MEMORY;
    if (wide && !hg__odbc_worked(s->link.api->PrepareW(s->link.statement, wide, HG_ODBC_NTS))) {
        code = hg__odbc_fail(&s->link, HG_ERR_IO, s->what, err);
    }
    hg__free(wide);
    hg__free(text);
    return code;
}

static int prepare_insert(hg__table_out *t, const char *table, const hg__out_column *column,
                          hg_error *err) {
    target *s = t->state;
    short count = 0;
    if (!hg__odbc_worked(s->link.api->NumResultCols(s->link.statement, &count))) {
        return hg__odbc_fail(&s->link, HG_ERR_IO, s->what, err);
    }
    char **have = hg__alloc((size_t)count, sizeof *have, err);
    const char **name = have ? hg__alloc((size_t)t->columns, sizeof *name, err) : NULL;
    const int code = name ? prepare_named(t, table, column, have, count, name, err) : HG_ERR_MEMORY;
    for (int32_t i = 0; have && i < count; i++) hg__free(have[i]);
    hg__free(name);
    hg__free(have);
    return code;
}

// ---- parameters ---------------------------------------------------------------------------------

// From row `first` of the waiting ones on.
static int bind(hg__table_out *t, int32_t i, size_t first, hg_error *err) {
    static const struct {
        short type, sql_type;
        unsigned long size;
    } kinds[] = {
        [HG_OUT_INTEGER] = {HG_ODBC_C_SBIGINT, HG_ODBC_BIGINT,   19         },
        [HG_OUT_NUMBER] = {HG_ODBC_DOUBLE,    HG_ODBC_DOUBLE,   15         },
        [HG_OUT_TEXT] = {HG_ODBC_C_WCHAR,   HG_ODBC_WVARCHAR, HG_SQL_TEXT},
    };
    target *s = t->state;
    const bound *b = &s->column[i];
    const hg__out_kind kind = t->kind[i];
    if (hg__odbc_worked(s->link.api->BindParameter(
            s->link.statement, (unsigned short)(i + 1), HG_ODBC_INPUT, kinds[kind].type,
            kinds[kind].sql_type, kinds[kind].size, 0, b->cell + first * b->width, (long)b->width,
            b->length + first))) {
        return HG_OK;
    }
    return hg__odbc_fail(&s->link, HG_ERR_IO, s->what, err);
}

static int make_room(hg__table_out *t, hg_error *err) {
    target *s = t->state;
    s->column = hg__alloc((size_t)t->columns, sizeof *s->column, err);
    s->status = s->column ? hg__alloc(BLOCK_ROWS, sizeof *s->status, err) : NULL;
    if (!s->status) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < t->columns; i++) {
        bound *b = &s->column[i];
        b->width = t->kind[i] == HG_OUT_TEXT ? HG_SQL_TEXT * sizeof(uint16_t) : sizeof(double);
        b->cell = hg__alloc(BLOCK_ROWS, b->width, err);
        b->length = b->cell ? hg__alloc(BLOCK_ROWS, sizeof *b->length, err) : NULL;
        if (!b->length) return HG_ERR_MEMORY;
    }
    set_statement(s, HG_ODBC_ATTR_PARAM_STATUS, s->status);
    set_statement(s, HG_ODBC_ATTR_PARAMS_DONE, &s->done);
    s->in_blocks = s->link.api->SetStmtAttrW(s->link.statement, HG_ODBC_ATTR_PARAM_ARRAY,
                                             hg__odbc_number(BLOCK_ROWS), 0) == HG_ODBC_SUCCESS;
    for (int32_t i = 0; i < t->columns; i++) HG_TRY(bind(t, i, 0, err));
    return HG_OK;
}

static int open_out(hg__table_out *t, const char *out, const char *table,
                    const hg__out_column *column, hg_error *err) {
    target *s = t->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    hg__mask_secrets(out, t->path, sizeof t->path);
    snprintf(s->what, sizeof s->what, "table %.*s", HG_SQL_SHOWN, table);
    HG_TRY(hg__odbc_open(&s->link, out, t->path, false, err));
    HG_TRY(find_or_create(t, table, column, err));
    HG_TRY(prepare_insert(t, table, column, err));
    if (s->had > 0) return hg__table_out_refuse(t, table, s->had, err);
    return make_room(t, err);
}

// ---- rows ---------------------------------------------------------------------------------------

static int execute(hg__table_out *t, hg_error *err) {
    target *s = t->state;
    const int result = s->link.api->Execute(s->link.statement);
    if (hg__odbc_worked(result) || result == HG_ODBC_NO_DATA) return HG_OK;
    return hg__odbc_fail(&s->link, HG_ERR_IO, s->what, err);
}

static int flush_block(hg__table_out *t, hg_error *err) {
    target *s = t->state;
    set_statement(s, HG_ODBC_ATTR_PARAM_ARRAY, hg__odbc_number(s->used));
    HG_TRY(execute(t, err));
    for (size_t i = 0; i < s->used; i++) {
        if (s->status[i] != HG_ODBC_ROW_ERROR) continue;
        return hg__odbc_fail(&s->link, HG_ERR_IO, s->what, err);
    }
    return HG_OK;
}

static int flush_rows(hg__table_out *t, hg_error *err) {
    target *s = t->state;
    for (size_t row = 0; row < s->used; row++) {
        for (int32_t i = 0; i < t->columns; i++) HG_TRY(bind(t, i, row, err));
        HG_TRY(execute(t, err));
    }
    return HG_OK;
}

static int flush(hg__table_out *t, hg_error *err) {
    target *s = t->state;
    if (s->used) HG_TRY(s->in_blocks ? flush_block(t, err) : flush_rows(t, err));
    s->used = 0;
    return HG_OK;
}

static int put_text(hg__table_out *t, int32_t i, const hg__cell *cell, hg_error *err) {
    target *s = t->state;
    const bound *b = &s->column[i];
    // Cut by bytes only where it cannot fit by units either way.
    uint16_t units[HG_SQL_TEXT * HG_UTF8_A_UNIT];
    size_t count = HG_SQL_TEXT + 1;
    if (cell->size <= HG_SQL_TEXT * HG_UTF8_A_UNIT) {
        count = hg__utf16_from(cell->text, (size_t)cell->size, units);
    }
    if (count > HG_SQL_TEXT) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s, %s, row %lld: expected text of at most %d characters, got more",
                        t->path, s->what, (long long)t->rows + 1, HG_SQL_TEXT);
    }
    memcpy(b->cell + s->used * b->width, units, count * sizeof *units);
    b->length[s->used] = (long)(count * sizeof *units);
    return HG_OK;
}

static int put(hg__table_out *t, int32_t i, const hg__cell *cell, hg_error *err) {
    const target *s = t->state;
    const bound *b = &s->column[i];
    uint8_t *to = b->cell + s->used * b->width;
    b->length[s->used] = HG_ODBC_NULL_DATA;
    if (cell->kind == HG_CELL_MISSING) return HG_OK;
    if (t->kind[i] == HG_OUT_TEXT) return put_text(t, i, cell, err);
    const int64_t whole = (int64_t)cell->number;
    const bool is_whole = t->kind[i] == HG_OUT_INTEGER;
    memcpy(to, is_whole ? (const void *)&whole : &cell->number, b->width);
    b->length[s->used] = (long)b->width;
    return HG_OK;
}

static int add_row(hg__table_out *t, const hg__cell *cell, hg_error *err) {
    target *s = t->state;
    for (int32_t i = 0; i < t->columns; i++) HG_TRY(put(t, i, cell + i, err));
    s->used++;
    return s->used == BLOCK_ROWS ? flush(t, err) : HG_OK;
}

static int commit(hg__table_out *t, hg_error *err) {
    target *s = t->state;
    HG_TRY(flush(t, err));
    return hg__odbc_commit(&s->link, err);
}

static void close_out(hg__table_out *t) {
    target *s = t->state;
    hg__odbc_close(&s->link);
    for (int32_t i = 0; s->column && i < t->columns; i++) {
        hg__free(s->column[i].cell);
        hg__free(s->column[i].length);
    }
    hg__free(s->column);
    hg__free(s->status);
    hg__free(s);
}

const hg__table_out_type hg__table_out_odbc = {
    .is = hg__odbc_is, .open = open_out, .add = add_row, .commit = commit, .close = close_out};
