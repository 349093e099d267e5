// SPDX-License-Identifier: Apache-2.0
// table_out.h - rows of cells into a table of a database: all of them, or none.
//
//   open ──> add, add, ... ──> commit ──> close        without the commit nothing was ever there
//
// out: "odbc:CONNECTION STRING"; an SQLite file, new ones by their extension (.db, .sqlite, .sqlite3).
#ifndef HG_TABLE_TABLE_OUT_H
#define HG_TABLE_TABLE_OUT_H
#include "base/text.h"
#include "table/table.h"

typedef enum hg__out_kind { HG_OUT_INTEGER, HG_OUT_NUMBER, HG_OUT_TEXT } hg__out_kind;

typedef struct hg__out_column {
    const char *name;
    hg__out_kind kind;
} hg__out_column;

typedef struct hg__table_out hg__table_out;

// One kind of database.
typedef struct hg__table_out_type {
    bool (*is)(const char *out); // whether `out` means one of this kind
    // Fills path and state. Whatever it left is given to close on failure.
    int (*open)(hg__table_out *t, const char *out, const char *table, const hg__out_column *column,
                hg_error *err);
    int (*add)(hg__table_out *t, const hg__cell *cell, hg_error *err);
    int (*commit)(hg__table_out *t, hg_error *err);
    void (*close)(hg__table_out *t); // what was not committed is taken back
} hg__table_out_type;

struct hg__table_out {
    char path[1024]; // for messages, without a password
    const hg__table_out_type *type;
    hg__out_kind *kind; // owned, (columns)
    int32_t columns;
    int64_t rows; // added
    bool appends; // the table may have rows already
    void *state;  // the type's own
};

// Whether `out` is a database, and not a file of text.
bool hg__table_out_is(const char *out);

// Creates the table where it is missing; else it must have all of these columns (columns it has besides take their
// defaults) and, unless `appends`, no rows (HG_ERR_USAGE). A name is quoted, so it may be anything; odbc: a dot divides schema and table.
hg__table_out *hg__table_out_open(const char *out, const char *table, const hg__out_column *column,
                                  int32_t columns, bool appends, hg_error *err);
// For the types: refuses a table that has `rows` rows already.
int hg__table_out_refuse(const hg__table_out *t, const char *table, int64_t rows, hg_error *err);

// A row, cell (columns). Numbers and missing values go into columns of numbers, text and missing values into columns of
// text.
int hg__table_out_add(hg__table_out *t, const hg__cell *cell, hg_error *err);

int hg__table_out_commit(hg__table_out *t, hg_error *err); // from now on the rows are there
void hg__table_out_close(hg__table_out *t);                // NULL is fine

// Statements put together, and shown in messages.

enum { HG_SQL_SHOWN = 100, HG_SQL_TEXT = 1000 };

// How names are written in a kind of SQL.
typedef struct hg__sql_style {
    char quote;  // stands around names and is doubled within; '\0': names stand as they are
    bool dotted; // "schema.table" is two names
} hg__sql_style;

void hg__sql_add_name(hg__text *t, const char *name, const hg__sql_style *style);
void hg__sql_add_table(hg__text *t, const char *table, const hg__sql_style *style);

// "CREATE TABLE ..." with BIGINT, DOUBLE PRECISION and VARCHAR(HG_SQL_TEXT).
void hg__sql_add_create(hg__text *t, const char *table, const hg__out_column *column,
                        int32_t columns, const hg__sql_style *style);
// "INSERT INTO table (name, ...) VALUES (?, ...)".
void hg__sql_add_insert(hg__text *t, const char *table, const char *const *name, int32_t columns,
                        const hg__sql_style *style);

// A query for a message: on one line, cut with "..." where it is long.
void hg__sql_show(const char *query, char buffer[HG_SQL_SHOWN]);

// name (columns): what the columns of `column` are called in the table, whose columns are have (count). Letters may differ
// in case. A sentence where one is not there.
int hg__sql_match(const hg__table_out *t, const char *table, const hg__out_column *column,
                  const char *const *have, int32_t count, const char **name, hg_error *err);
#endif
