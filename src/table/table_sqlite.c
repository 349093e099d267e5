// SPDX-License-Identifier: Apache-2.0
// table_sqlite.c - rows of a table, or of a query, of an SQLite file. Read-only, all passes in one transaction: whoever
// writes meanwhile, each pass sees the same rows.
#include <math.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "table/sqlite_api.h"
#include "table/table_out.h"

typedef struct source {
    const hg__sqlite *api;
    struct sqlite3 *db;
    struct sqlite3_stmt *rows;
    char what[HG_SQL_SHOWN + 16]; // "table flows", "query"
    int64_t row;                  // the one given last, from 1
    bool ended, failed;           // a statement that ended would begin again
} source;

static bool sniff(const char *path, const uint8_t *head, size_t size) {
    (void)path;
    return hg__sqlite_is_file(head, size);
}

static int prepare(hg__table *t, const char *sql, struct sqlite3_stmt **to, const char **tail,
                   hg_error *err) {
    source *s = t->state;
    if (s->api->prepare_v2(s->db, sql, -1, to, tail) == HG_SQLITE_OK) return HG_OK;
    char shown[HG_SQL_SHOWN];
    hg__sql_show(sql, shown);
    return hg__sqlite_fail(s->api, s->db, t->path, shown, err);
}

typedef struct table_list {
    hg__text names; // joined by ", "
    int64_t count;
    bool found; // the one that was looked for
} table_list;

static int list_tables(hg__table *t, const char *wanted, table_list *l, hg_error *err) {
    source *s = t->state;
    struct sqlite3_stmt *list = NULL;
    HG_TRY(prepare(t,
                   "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                   "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
                   &list, NULL, err));
    int step;
    while ((step = s->api->step(list)) == HG_SQLITE_ROW) {
        const char *each = (const char *)s->api->column_text(list, 0);
        if (!each) continue;
        l->found = l->found || strcasecmp(each, wanted) == 0;
        hg__text_add(&l->names, "%s%s", l->count++ ? ", " : "", each);
    }
    const bool failed = step != HG_SQLITE_DONE;
    if (failed) hg__sqlite_fail(s->api, s->db, t->path, "its list of tables", err);
    s->api->finalize(list);
    return failed ? HG_ERR_IO : HG_OK;
}

// The table that is wanted, or the only one.
static int check_list(const hg__table *t, const char *wanted, const table_list *l, hg_error *err) {
    const char *names = l->names.data ? l->names.data : "";
    if (l->count == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a table, found none", t->path);
    }
    if (wanted[0] && !l->found) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a table \"%s\", found %s", t->path, wanted,
                        names);
    }
    if (wanted[0] || l->count == 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected table= or query=, as there are several tables: %s", t->path,
                    names);
}

// *name is owned by the caller.
static int find_table(hg__table *t, const char *wanted, char **name, hg_error *err) {
    table_list l = {0};
    int code = list_tables(t, wanted, &l, err);
    if (code == HG_OK) code = check_list(t, wanted, &l, err);
    if (code == HG_OK) {
        *name = wanted[0] ? hg__copy_text(wanted, err) : hg__text_take(&l.names, err);
        if (!*name) code = HG_ERR_MEMORY;
    }
    hg__text_clear(&l.names);
    return code;
}

static int prepare_table(hg__table *t, const char *wanted, hg_error *err) {
    static const hg__sql_style style = {.quote = '"'};
    source *s = t->state;
    char *name = NULL;
    HG_TRY(find_table(t, wanted, &name, err));
    hg__text sql = {0};
    hg__text_add(&sql, "SELECT * FROM ");
    hg__sql_add_table(&sql, name, &style);
    snprintf(s->what, sizeof s->what, "table %.*s", HG_SQL_SHOWN, name);
    hg__free(name);
    char *statement = hg__text_take(&sql, err);
    const int code = statement ? prepare(t, statement, &s->rows, NULL, err) : HG_ERR_MEMORY;
    hg__free(statement);
    return code;
}

static int prepare_query(hg__table *t, const char *query, hg_error *err) {
    source *s = t->state;
    const char *tail = NULL;
    char shown[HG_SQL_SHOWN];
    snprintf(s->what, sizeof s->what, "query");
    HG_TRY(prepare(t, query, &s->rows, &tail, err));
    struct sqlite3_stmt *second = NULL;
    hg__sql_show(query, shown);
    const bool more = s->api->prepare_v2(s->db, tail, -1, &second, NULL) != HG_SQLITE_OK || second;
    s->api->finalize(second);
    if (more) {
        return hg__fail(err, HG_ERR_USAGE, "%s: query=: expected one statement, got several: %s",
                        t->path, shown);
    }
    if (!s->rows || s->api->column_count(s->rows) < 1) {
        return hg__fail(err, HG_ERR_USAGE, "%s: query=: expected a query that gives rows, got: %s",
                        t->path, shown);
    }
    return HG_OK;
}

static int copy_names(hg__table *t, hg_error *err) {
    source *s = t->state;
    const int columns = s->api->column_count(s->rows);
    t->name = hg__alloc((size_t)columns, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    for (t->columns = 0; t->columns < columns; t->columns++) {
        const char *name = s->api->column_name(s->rows, t->columns);
        if (!name) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", t->path);
        t->name[t->columns] = hg__copy_text(name, err);
        if (!t->name[t->columns]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static int connect_to(hg__table *t, int flags, hg_error *err) {
    source *s = t->state;
    if (s->api->open_v2(t->source, &s->db, flags, NULL) != HG_SQLITE_OK) {
        return hg__sqlite_fail(s->api, s->db, t->path, "cannot be opened", err);
    }
    s->api->busy_timeout(s->db, HG_SQLITE_WAIT_MS);
    s->api->limit(s->db, HG_SQLITE_LIMIT_LENGTH, HG_SQLITE_LONGEST);
    // The transaction sees the file as it is at its first read, until it ends with the connection.
    if (s->api->exec(s->db,
                     "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; BEGIN; "
                     "SELECT 1 FROM sqlite_master",
                     NULL, NULL, NULL) != HG_SQLITE_OK) {
        return hg__sqlite_fail(s->api, s->db, t->path, "cannot be read", err);
    }
    return HG_OK;
}

static int open_table(hg__table *t, const hg__table_options *o, hg_error *err) {
    source *s = t->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    s->api = hg__sqlite_get(t->path, err);
    if (!s->api) return HG_ERR_MISSING;
    if (hg__is_stream(t->source)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected the name of a file for SQLite, got a database from a stream",
                        t->path);
    }
    // Whoever wrote last may have been killed: taking back what it left needs a connection that may write.
    if (connect_to(t, HG_SQLITE_READ_ONLY, NULL) < 0) {
        s->api->close(s->db);
        s->db = NULL;
        HG_TRY(connect_to(t, HG_SQLITE_READ_WRITE, err));
    }
    HG_TRY(o->query[0] ? prepare_query(t, o->query, err) : prepare_table(t, o->table, err));
    return copy_names(t, err);
}

static int rewind_table(hg__table *t, hg_error *err) {
    source *s = t->state;
    (void)err; // what reset would say was said when it happened
    s->api->reset(s->rows);
    s->row = 0;
    s->ended = s->failed = false;
    return HG_OK;
}

static void say_where(const hg__table *t, char *text, size_t size) {
    const source *s = t->state;
    snprintf(text, size, "%s, %s, row %lld", t->path, s->what, (long long)s->row);
}

static int refuse(const hg__table *t, int32_t column, const char *what, hg_error *err) {
    char where[1400];
    say_where(t, where, sizeof where);
    return hg__fail(err, HG_ERR_DATA, "%s, column %s: expected %s", where, t->name[column], what);
}

static int read_cell(hg__table *t, int32_t i, hg__cell *cell, hg_error *err) {
    source *s = t->state;
    *cell = (hg__cell){.kind = HG_CELL_MISSING};
    switch (s->api->column_type(s->rows, i)) {
    case HG_SQLITE_INTEGER:
    case HG_SQLITE_FLOAT:
        cell->kind = HG_CELL_NUMBER;
        cell->number = s->api->column_double(s->rows, i);
        if (isfinite(cell->number)) return HG_OK;
        return refuse(t, i, "a finite number, got an infinite one", err);
    case HG_SQLITE_TEXT:
        cell->kind = HG_CELL_TEXT;
        cell->text = (const char *)s->api->column_text(s->rows, i);
        cell->size = s->api->column_bytes(s->rows, i);
        if (!cell->text) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", t->path);
        if (!hg__is_utf8(cell->text, (size_t)cell->size)) {
            return refuse(t, i, "UTF-8, got text that is not", err);
        }
        if (!memchr(cell->text, 0, (size_t)cell->size)) return HG_OK;
        return refuse(t, i, "text without a zero byte", err);
    case HG_SQLITE_BLOB:
        return refuse(t, i, "a number or text, got a blob (leave the column out by query=)", err);
    default: return HG_OK;
    }
}

static int next_row(hg__table *t, hg__cell *cell, hg_error *err) {
    source *s = t->state;
    if (s->ended) return 0;
    const int step = s->failed ? HG_SQLITE_OK : s->api->step(s->rows);
    s->ended = step == HG_SQLITE_DONE;
    if (s->ended) return 0;
    if (step != HG_SQLITE_ROW) {
        s->failed = true;
        return hg__sqlite_fail(s->api, s->db, t->path, "cannot be read on", err);
    }
    s->row++;
    for (int32_t i = 0; i < t->columns; i++) HG_TRY(read_cell(t, i, cell + i, err));
    return 1;
}

static void close_table(hg__table *t) {
    source *s = t->state;
    if (s && s->api) {
        s->api->finalize(s->rows);
        s->api->close(s->db);
    }
    hg__free(s);
    t->state = NULL;
}

const hg__table_type hg__table_sqlite = {.name = "sqlite",
                                         .sniff = sniff,
                                         .open = open_table,
                                         .rewind = rewind_table,
                                         .next = next_row,
                                         .where = say_where,
                                         .close = close_table};
