// SPDX-License-Identifier: Apache-2.0
// table_odbc.c - rows of a query, or of a table, of any database that has an ODBC driver.
//
//   query ──> blocks of rows, a column after the other, as the driver fills them ──> a row of cells
//
// All passes run in one transaction, repeatable where the driver has that. What the database does not promise we check:
// a pass with another number of rows than the one before is an error.
#include <math.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "table/odbc_api.h"
#include "table/table_out.h"

enum {
    BLOCK_BYTES = 4 << 20,
    BLOCK_ROWS = 1024,
    SHORTEST = 1024,   // units of a cell of text at least: some databases take sizes for advice
    LONGEST = 1 << 15, // and at most
    NAME = 256
};

// A column of a block.
typedef struct bound {
    bool is_text;
    bool is_real;  // a float32, as the database says
    size_t width;  // bytes of a cell
    uint8_t *cell; // owned, (block) of double, or (block, width / 2) units of UTF-16
    long *length;  // owned, (block) bytes, or HG_ODBC_NULL_DATA
    char *text;    // owned: the current row's, UTF-8
} bound;

typedef struct source {
    hg__odbc_link link;
    char *sql; // owned
    bound *column;
    int32_t bound_columns;
    unsigned long block, fetched; // rows that fit, rows that are there
    unsigned long at;             // the next of them
    uint16_t *status;             // owned, (block)
    int64_t row;                  // the one given last, from 1
    int64_t rows;                 // of the last whole pass, -1 before
    char what[HG_SQL_SHOWN + 16]; // "table flows", "query"
    bool ended, failed;
} source;

static bool sniff(const char *path, const uint8_t *head, size_t size) {
    (void)head;
    (void)size;
    return hg__odbc_is(path);
}

// ---- columns ------------------------------------------------------------------------------------

static bool is_number(short type) {
    return (type >= HG_ODBC_NUMERIC && type <= HG_ODBC_DOUBLE) ||
           (type >= HG_ODBC_BIT && type <= HG_ODBC_BIGINT);
}

// PostgreSQL's driver calls its booleans text.
static bool is_boolean(source *s, unsigned short column) {
    uint16_t wide[32] = {0};
    char name[32 * HG_UTF8_A_UNIT];
    short length;
    s->link.api->ColAttributeW(s->link.statement, column, HG_ODBC_TYPE_NAME, wide, sizeof wide - 2,
                               &length, NULL);
    hg__utf16_show(wide, 32, name, sizeof name);
    return strcmp(name, "bool") == 0 || strcmp(name, "boolean") == 0;
}

// Fills in a column's name and the kind and width of its cells.
static int describe(hg__table *t, int32_t i, hg_error *err) {
    source *s = t->state;
    uint16_t wide[NAME] = {0};
    char name[NAME * HG_UTF8_A_UNIT];
    short length, type = 0, digits, nullable;
    unsigned long size = 0;
    const unsigned short number = (unsigned short)(i + 1);
    if (!hg__odbc_worked(s->link.api->DescribeColW(s->link.statement, number, wide, NAME, &length,
                                                   &type, &size, &digits, &nullable))) {
        return hg__odbc_fail(&s->link, HG_ERR_IO, "its columns", err);
    }
    hg__utf16_show(wide, NAME, name, sizeof name);
    t->name[i] = hg__copy_text(name, err);
    if (!t->name[i]) return HG_ERR_MEMORY;
    if (type <= HG_ODBC_BINARY && type >= HG_ODBC_LONGVARBINARY) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s, %s: column %s: expected numbers or text, got bytes (leave the column "
                        "out by query=)",
                        t->path, s->what, name);
    }
    bound *b = &s->column[i];
    b->is_real = type == HG_ODBC_REAL;
    b->is_text = !is_number(type) && !is_boolean(s, number);
    const bool any = type == HG_ODBC_LONGVARCHAR || type == HG_ODBC_WLONGVARCHAR || size >= LONGEST;
    const size_t units = any ? LONGEST : size < SHORTEST ? SHORTEST : size + 1; // and its zero
    b->width = b->is_text ? units * sizeof(uint16_t) : sizeof(double);
    return HG_OK;
}

static int bind(hg__table *t, int32_t i, hg_error *err) {
    source *s = t->state;
    bound *b = &s->column[i];
    b->cell = hg__alloc(s->block, b->width, err);
    b->length = b->cell ? hg__alloc(s->block, sizeof *b->length, err) : NULL;
    if (!b->length) return HG_ERR_MEMORY;
    const short type = b->is_text ? HG_ODBC_C_WCHAR : HG_ODBC_DOUBLE;
    if (b->is_text && !(b->text = hg__alloc(b->width / 2, HG_UTF8_A_UNIT, err))) {
        return HG_ERR_MEMORY;
    }
    if (hg__odbc_worked(s->link.api->BindCol(s->link.statement, (unsigned short)(i + 1), type,
                                             b->cell, (long)b->width, b->length))) {
        return HG_OK;
    }
    return hg__odbc_fail(&s->link, HG_ERR_IO, "its columns", err);
}

static void set_statement(source *s, int attribute, void *value) {
    s->link.api->SetStmtAttrW(s->link.statement, attribute, value, 0);
}

static int bind_all(hg__table *t, hg_error *err) {
    source *s = t->state;
    size_t bytes = sizeof *s->status; // of a row
    for (int32_t i = 0; i < t->columns; i++) bytes += s->column[i].width + sizeof(long);
    s->block = BLOCK_BYTES / bytes;
    if (s->block > BLOCK_ROWS) s->block = BLOCK_ROWS;
    if (s->block < 1) s->block = 1;
    s->status = hg__alloc(s->block, sizeof *s->status, err);
    if (!s->status) return HG_ERR_MEMORY;
    // A driver without blocks gives one row at a time, and says so in `fetched`.
    set_statement(s, HG_ODBC_ATTR_ROW_ARRAY, hg__odbc_number(s->block));
    set_statement(s, HG_ODBC_ATTR_ROWS_FETCHED, &s->fetched);
    set_statement(s, HG_ODBC_ATTR_ROW_STATUS, s->status);
    for (int32_t i = 0; i < t->columns; i++) HG_TRY(bind(t, i, err));
    return HG_OK;
}

// ---- open ---------------------------------------------------------------------------------------

static int make_sql(hg__table *t, const hg__table_options *o, hg_error *err) {
    source *s = t->state;
    hg__text sql = {0};
    if (o->query[0]) {
        snprintf(s->what, sizeof s->what, "query");
        hg__text_add(&sql, "%s", o->query);
    } else if (o->table[0]) {
        const hg__sql_style style = {.quote = hg__odbc_quote(&s->link), .dotted = true};
        snprintf(s->what, sizeof s->what, "table %.*s", HG_SQL_SHOWN, o->table);
        hg__text_add(&sql, "SELECT * FROM ");
        hg__sql_add_table(&sql, o->table, &style);
    } else {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected query= or table=: what to read", t->path);
    }
    s->sql = hg__text_take(&sql, err);
    return s->sql ? HG_OK : HG_ERR_MEMORY;
}

static int count_columns(hg__table *t, short *columns, hg_error *err) {
    source *s = t->state;
    char shown[HG_SQL_SHOWN];
    if (!hg__odbc_worked(s->link.api->NumResultCols(s->link.statement, columns))) {
        return hg__odbc_fail(&s->link, HG_ERR_IO, "its columns", err);
    }
    if (*columns > 0) return HG_OK;
    hg__sql_show(s->sql, shown);
    return hg__fail(err, HG_ERR_USAGE, "%s: query=: expected a query that gives rows, got: %s",
                    t->path, shown);
}

static int open_table(hg__table *t, const hg__table_options *o, hg_error *err) {
    source *s = t->state = hg__alloc(1, sizeof *s, err);
    short columns = 0;
    if (!s) return HG_ERR_MEMORY;
    s->rows = -1;
    hg__mask_secrets(t->source, t->path, sizeof t->path);
    HG_TRY(hg__odbc_open(&s->link, t->source, t->path, true, err));
    HG_TRY(make_sql(t, o, err));
    HG_TRY(hg__odbc_execute(&s->link, s->sql, err));
    HG_TRY(count_columns(t, &columns, err));
    t->name = hg__alloc((size_t)columns, sizeof *t->name, err);
    s->column = t->name ? hg__alloc((size_t)columns, sizeof *s->column, err) : NULL;
    if (!s->column) return HG_ERR_MEMORY;
    t->columns = s->bound_columns = columns;
    for (int32_t i = 0; i < columns; i++) HG_TRY(describe(t, i, err));
    return bind_all(t, err);
}

// ---- rows ---------------------------------------------------------------------------------------

static void say_where(const hg__table *t, char *text, size_t size) {
    const source *s = t->state;
    snprintf(text, size, "%s, %s, row %lld", t->path, s->what, (long long)s->row);
}

static int refuse(const hg__table *t, int32_t column, const char *what, hg_error *err) {
    char where[1400];
    say_where(t, where, sizeof where);
    return hg__fail(err, HG_ERR_DATA, "%s, column %s: expected %s", where, t->name[column], what);
}

static int rewind_table(hg__table *t, hg_error *err) {
    source *s = t->state;
    short columns = 0;
    s->link.api->FreeStmt(s->link.statement, HG_ODBC_CLOSE);
    s->row = 0;
    s->at = s->fetched = 0;
    s->ended = false;
    s->failed = true; // unless all of this works
    HG_TRY(hg__odbc_execute(&s->link, s->sql, err));
    HG_TRY(count_columns(t, &columns, err));
    if (columns != t->columns) {
        return hg__fail(err, HG_ERR_IO, "%s, %s: expected %d columns as before, got %d", t->path,
                        s->what, t->columns, columns);
    }
    s->failed = false;
    return HG_OK;
}

// The next block: 1, or 0 at the end.
static int fetch(hg__table *t, hg_error *err) {
    source *s = t->state;
    if (s->failed) {
        return hg__fail(err, HG_ERR_IO, "%s, %s: cannot be read on", t->path, s->what);
    }
    s->at = s->fetched = 0;
    const int result = s->link.api->Fetch(s->link.statement);
    if (result == HG_ODBC_NO_DATA || (hg__odbc_worked(result) && !s->fetched)) {
        s->ended = true;
        if (s->rows >= 0 && s->rows != s->row) {
            s->failed = true;
            return hg__fail(err, HG_ERR_IO,
                            "%s, %s: expected %lld rows as in the first pass, got %lld: somebody "
                            "writes, and the database does not keep passes apart",
                            t->path, s->what, (long long)s->rows, (long long)s->row);
        }
        s->rows = s->row;
        return 0;
    }
    if (hg__odbc_worked(result)) return 1;
    s->failed = true;
    char what[HG_SQL_SHOWN + 64];
    snprintf(what, sizeof what, "%s, behind row %lld", s->what, (long long)s->row);
    return hg__odbc_fail(&s->link, HG_ERR_IO, what, err);
}

static int read_text(hg__table *t, int32_t i, size_t row, hg__cell *cell, hg_error *err) {
    source *s = t->state;
    const bound *b = &s->column[i];
    const long length = b->length[row];
    if (length < 0 || (size_t)length >= b->width) { // its zero is in the width
        char what[80];
        snprintf(what, sizeof what, "text of at most %zu characters, got more",
                 b->width / sizeof(uint16_t) - 1);
        return refuse(t, i, what, err);
    }
    const uint16_t *units = (const uint16_t *)(const void *)(b->cell + row * b->width);
    const int64_t size = hg__utf16_to_utf8(units, (size_t)length / sizeof *units, b->text);
    if (size < 0) return refuse(t, i, "Unicode, got text that is not", err);
    if (memchr(b->text, 0, (size_t)size)) return refuse(t, i, "text without a zero byte", err);
    *cell = (hg__cell){.kind = HG_CELL_TEXT, .text = b->text, .size = (int32_t)size};
    return HG_OK;
}

static int read_cell(hg__table *t, int32_t i, size_t row, hg__cell *cell, hg_error *err) {
    source *s = t->state;
    const bound *b = &s->column[i];
    *cell = (hg__cell){.kind = HG_CELL_MISSING};
    if (b->length[row] == HG_ODBC_NULL_DATA) return HG_OK;
    if (b->is_text) return read_text(t, i, row, cell, err);
    double number;
    memcpy(&number, b->cell + row * b->width, sizeof number);
    if (isnan(number)) return HG_OK;
    if (isinf(number)) return refuse(t, i, "a finite number, got an infinite one", err);
    const bool is_single = b->is_real && number == (double)(float)number;
    *cell = (hg__cell){
        .kind = HG_CELL_NUMBER, .size = is_single ? HG_CELL_SINGLE : 0, .number = number};
    return HG_OK;
}

static int next_row(hg__table *t, hg__cell *cell, hg_error *err) {
    source *s = t->state;
    if (s->ended) return 0;
    if (s->at == s->fetched) {
        const int code = fetch(t, err);
        if (code <= 0) return code;
    }
    const size_t row = s->at++;
    s->row++;
    if (s->status[row] == HG_ODBC_ROW_ERROR) {
        char where[1400];
        say_where(t, where, sizeof where);
        return hg__fail(err, HG_ERR_DATA, "%s: the driver cannot give this row", where);
    }
    for (int32_t i = 0; i < t->columns; i++) HG_TRY(read_cell(t, i, row, cell + i, err));
    return 1;
}

static void close_table(hg__table *t) {
    source *s = t->state;
    if (!s) return;
    hg__odbc_close(&s->link);
    for (int32_t i = 0; i < s->bound_columns; i++) {
        hg__free(s->column[i].cell);
        hg__free(s->column[i].length);
        hg__free(s->column[i].text);
    }
    hg__free(s->column);
    hg__free(s->status);
    hg__free(s->sql);
    hg__free(s);
    t->state = NULL;
}

const hg__table_type hg__table_odbc = {.name = "odbc",
                                       .sniff = sniff,
                                       .open = open_table,
                                       .rewind = rewind_table,
                                       .next = next_row,
                                       .where = say_where,
                                       .close = close_table};
