// SPDX-License-Identifier: Apache-2.0
// sql_text.c - statements put together, and shown in messages.
#include <strings.h>

#include "table/table_out.h"

// `size` bytes of a name.
static void add_part(hg__text *t, const char *part, size_t size, char quote) {
    if (quote) hg__text_add_bytes(t, &quote, 1);
    for (size_t i = 0; i < size; i++) {
        if (quote && part[i] == quote) hg__text_add_bytes(t, &quote, 1);
        hg__text_add_bytes(t, part + i, 1);
    }
    if (quote) hg__text_add_bytes(t, &quote, 1);
}

void hg__sql_add_name(hg__text *t, const char *name, const hg__sql_style *style) {
    add_part(t, name, strlen(name), style->quote);
}

void hg__sql_add_table(hg__text *t, const char *table, const hg__sql_style *style) {
    const char *dot = style->dotted ? strchr(table, '.') : NULL;
    while (dot) {
        add_part(t, table, (size_t)(dot - table), style->quote);
        hg__text_add_bytes(t, ".", 1);
        table = dot + 1;
        dot = strchr(table, '.');
    }
    hg__sql_add_name(t, table, style);
}

void hg__sql_add_create(hg__text *t, const char *table, const hg__out_column *column,
                        int32_t columns, const hg__sql_style *style) {
    hg__text_add(t, "CREATE TABLE ");
    hg__sql_add_table(t, table, style);
    for (int32_t i = 0; i < columns; i++) {
        hg__text_add(t, i ? ", " : " (");
        hg__sql_add_name(t, column[i].name, style);
        switch (column[i].kind) {
        case HG_OUT_INTEGER: hg__text_add(t, " BIGINT"); break;
        case HG_OUT_NUMBER: hg__text_add(t, " DOUBLE PRECISION"); break;
        case HG_OUT_TEXT: hg__text_add(t, " VARCHAR(%d)", HG_SQL_TEXT); break;
        }
    }
    hg__text_add(t, ")");
}

void hg__sql_add_insert(hg__text *t, const char *table, const char *const *name, int32_t columns,
                        const hg__sql_style *style) {
    hg__text_add(t, "INSERT INTO ");
    hg__sql_add_table(t, table, style);
    for (int32_t i = 0; i < columns; i++) {
        hg__text_add(t, i ? ", " : " (");
        hg__sql_add_name(t, name[i], style);
    }
    hg__text_add(t, ") VALUES (");
    for (int32_t i = 0; i < columns; i++) hg__text_add(t, i ? ", ?" : "?");
    hg__text_add(t, ")");
}

void hg__sql_show(const char *query, char buffer[HG_SQL_SHOWN]) {
    size_t used = 0;
    const char *at = query + strspn(query, " \t\r\n");
    for (; *at && used < HG_SQL_SHOWN - 4; at++) {
        const bool blank = strchr(" \t\r\n", *at) != NULL;
        if (blank && used && buffer[used - 1] == ' ') continue;
        buffer[used++] = (char)(blank ? ' ' : *at);
    }
    while (*at && used && ((unsigned char)*at & 0xC0) == 0x80) { // within a character
        at--;
        used--;
    }
    snprintf(buffer + used, HG_SQL_SHOWN - used, "%s", *at ? "..." : "");
}

static const char *find(const char *wanted, const char *const *have, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (have[i] && strcmp(have[i], wanted) == 0) return have[i];
    }
    for (int32_t i = 0; i < count; i++) {
        if (have[i] && strcasecmp(have[i], wanted) == 0) return have[i];
    }
    return NULL;
}

int hg__sql_match(const hg__table_out *t, const char *table, const hg__out_column *column,
                  const char *const *have, int32_t count, const char **name, hg_error *err) {
    for (int32_t i = 0; i < t->columns; i++) {
        name[i] = find(column[i].name, have, count);
        if (name[i]) continue;
        hg__text all = {0};
        for (int32_t k = 0; k < count; k++) {
            hg__text_add(&all, "%s%s", k ? ", " : "", have[k] ? have[k] : "");
        }
        hg__fail(err, HG_ERR_DATA, "%s: table %s: expected a column \"%s\", found %s", t->path,
                 table, column[i].name, all.data ? all.data : "none");
        hg__text_clear(&all);
        return HG_ERR_DATA;
    }
    return HG_OK;
}
