// SPDX-License-Identifier: Apache-2.0
// sql_text.h - statements put together, and shown in messages.
#ifndef HG_TABLE_SQL_TEXT_H
#define HG_TABLE_SQL_TEXT_H
#include "base/text.h"
#include "table/table_out.h"

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
