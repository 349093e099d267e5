// SPDX-License-Identifier: Apache-2.0
// table_out_sqlite.c - rows of cells into a table of an SQLite file, in one transaction.
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "table/sqlite_api.h"
#include "table/table_out.h"

static const hg__sql_style style = {.quote = '"'};

typedef struct target {
    const hg__sqlite *api;
    struct sqlite3 *db;
    struct sqlite3_stmt *insert;
    bool is_new;       // the file was not there before
    bool is_committed; // all was said
} target;

// A file with this content, or one that is called so: where it is something else it cannot be opened.
static bool is_sqlite(const char *out) {
    static const char *const endings[] = {".db", ".sqlite", ".sqlite3"};
    uint8_t head[16];
    const int fd = open(out, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const ssize_t size = fd >= 0 ? read(fd, head, sizeof head) : 0;
    if (fd >= 0) close(fd);
    if (size > 0 && hg__sqlite_is_file(head, (size_t)size)) return true;
    const char *dot = strrchr(out, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(dot, endings[i]) == 0) return true;
    }
    return false;
}

// Prepares the statement that `sql` holds, and frees it.
static int prepare(hg__table_out *t, hg__text *sql, struct sqlite3_stmt **statement,
                   hg_error *err) {
    target *s = t->state;
    char *text = hg__text_take(sql, err);
    if (!text) return HG_ERR_MEMORY;
    int code = HG_OK;
    if (s->api->prepare_v2(s->db, text, -1, statement, NULL) != HG_SQLITE_OK) {
        char shown[HG_SQL_SHOWN];
        hg__sql_show(text, shown);
        code = hg__sqlite_fail(s->api, s->db, t->path, shown, err);
    }
    hg__free(text);
    return code;
}

static int is_there(hg__table_out *t, const char *table, bool *found, hg_error *err) {
    target *s = t->state;
    struct sqlite3_stmt *list = NULL;
    hg__text sql = {0};
    hg__text_add(&sql, "SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE");
    HG_TRY(prepare(t, &sql, &list, err));
    int step = s->api->bind_text(list, 1, table, -1, NULL);
    if (step == HG_SQLITE_OK) step = s->api->step(list);
    *found = step == HG_SQLITE_ROW;
    const bool failed = step != HG_SQLITE_ROW && step != HG_SQLITE_DONE;
    if (failed) hg__sqlite_fail(s->api, s->db, t->path, "cannot be read", err);
    s->api->finalize(list);
    return failed ? HG_ERR_IO : HG_OK;
}

// A table that is there must be empty, or be added to.
static int check_rows(hg__table_out *t, const char *table, hg_error *err) {
    target *s = t->state;
    struct sqlite3_stmt *count = NULL;
    hg__text sql = {0};
    if (t->appends) return HG_OK;
    hg__text_add(&sql, "SELECT count(*) FROM ");
    hg__sql_add_table(&sql, table, &style);
    HG_TRY(prepare(t, &sql, &count, err));
    const bool done = s->api->step(count) == HG_SQLITE_ROW;
    const int64_t rows = done ? (int64_t)s->api->column_double(count, 0) : 0;
    if (!done) hg__sqlite_fail(s->api, s->db, t->path, "cannot be read", err);
    s->api->finalize(count);
    if (!done) return HG_ERR_IO;
    return rows ? hg__table_out_refuse(t, table, rows, err) : HG_OK;
}

static int create(hg__table_out *t, const char *table, const hg__out_column *column,
                  hg_error *err) {
    struct sqlite3_stmt *statement = NULL;
    target *s = t->state;
    hg__text sql = {0};
    hg__sql_add_create(&sql, table, column, t->columns, &style);
    HG_TRY(prepare(t, &sql, &statement, err));
    const bool failed = s->api->step(statement) != HG_SQLITE_DONE;
    if (failed) hg__sqlite_fail(s->api, s->db, t->path, "cannot be written", err);
    s->api->finalize(statement);
    return failed ? HG_ERR_IO : HG_OK;
}

// The table's columns, have (count), are borrowed from `statement`.
static int prepare_insert(hg__table_out *t, const char *table, const hg__out_column *column,
                          struct sqlite3_stmt *statement, hg_error *err) {
    target *s = t->state;
    const int32_t count = s->api->column_count(statement);
    const char **have = hg__alloc((size_t)count + (size_t)t->columns, sizeof *have, err);
    if (!have) return HG_ERR_MEMORY;
    const char **name = have + count; // (columns)
    for (int32_t i = 0; i < count; i++) have[i] = s->api->column_name(statement, i);
    hg__text sql = {0};
    int code = hg__sql_match(t, table, column, have, count, name, err);
    if (code == HG_OK) {
        hg__sql_add_insert(&sql, table, name, t->columns, &style);
        code = prepare(t, &sql, &s->insert, err);
    }
    hg__free(have);
    return code;
}

static int open_insert(hg__table_out *t, const char *table, const hg__out_column *column,
                       hg_error *err) {
    target *s = t->state;
    struct sqlite3_stmt *statement = NULL;
    hg__text sql = {0};
    hg__text_add(&sql, "SELECT * FROM ");
    hg__sql_add_table(&sql, table, &style);
    HG_TRY(prepare(t, &sql, &statement, err));
    const int code = prepare_insert(t, table, column, statement, err);
    s->api->finalize(statement);
    return code;
}

static int open_out(hg__table_out *t, const char *out, const char *table,
                    const hg__out_column *column, hg_error *err) {
    target *s = t->state = hg__alloc(1, sizeof *s, err);
    struct stat file;
    bool found = false;
    if (!s) return HG_ERR_MEMORY;
    if (snprintf(t->path, sizeof t->path, "%s", out) >= (int)sizeof t->path) {
        return hg__fail(err, HG_ERR_USAGE, "%.60s...: expected a shorter path", out);
    }
    s->api = hg__sqlite_get(t->path, err);
    if (!s->api) return HG_ERR_MISSING;
    s->is_new = stat(out, &file) != 0 && errno == ENOENT;
    if (s->api->open_v2(out, &s->db, HG_SQLITE_READ_WRITE | HG_SQLITE_CREATE, NULL) !=
        HG_SQLITE_OK) {
        return hg__sqlite_fail(s->api, s->db, t->path, "cannot be opened", err);
    }
    s->api->busy_timeout(s->db, HG_SQLITE_WAIT_MS);
    if (s->api->exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != HG_SQLITE_OK) {
        return hg__sqlite_fail(s->api, s->db, t->path, "cannot be written", err);
    }
    HG_TRY(is_there(t, table, &found, err));
    if (!found) HG_TRY(create(t, table, column, err));
    HG_TRY(open_insert(t, table, column, err));
    return check_rows(t, table, err);
}

static int bind(const hg__table_out *t, int32_t i, const hg__cell *cell) {
    const target *s = t->state;
    if (cell->kind == HG_CELL_MISSING) return s->api->bind_null(s->insert, i + 1);
    switch (t->kind[i]) {
    case HG_OUT_INTEGER: return s->api->bind_int64(s->insert, i + 1, (long long)cell->number);
    case HG_OUT_NUMBER: return s->api->bind_double(s->insert, i + 1, cell->number);
    default: return s->api->bind_text(s->insert, i + 1, cell->text, cell->size, NULL);
    }
}

static int add_row(hg__table_out *t, const hg__cell *cell, hg_error *err) {
    target *s = t->state;
    int code = HG_SQLITE_OK;
    for (int32_t i = 0; code == HG_SQLITE_OK && i < t->columns; i++) code = bind(t, i, cell + i);
    if (code == HG_SQLITE_OK) code = s->api->step(s->insert);
    if (code != HG_SQLITE_DONE) {
        return hg__sqlite_fail(s->api, s->db, t->path, "cannot be written", err);
    }
    s->api->reset(s->insert);
    return HG_OK;
}

static int commit(hg__table_out *t, hg_error *err) {
    target *s = t->state;
    if (s->api->exec(s->db, "COMMIT", NULL, NULL, NULL) != HG_SQLITE_OK) {
        return hg__sqlite_fail(s->api, s->db, t->path, "cannot be written", err);
    }
    s->is_committed = true;
    return HG_OK;
}

// Closing the connection takes back what was not committed.
static void close_out(hg__table_out *t) {
    target *s = t->state;
    struct stat file;
    if (s->api) {
        s->api->finalize(s->insert);
        if (!s->is_committed && s->db) s->api->exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        s->api->close(s->db);
    }
    // A file that is empty was made here, or holds nothing all the same.
    if (s->is_new && !s->is_committed && stat(t->path, &file) == 0 && file.st_size == 0) {
        unlink(t->path);
    }
    hg__free(s);
}

const hg__table_out_type hg__table_out_sqlite = {
    .is = is_sqlite, .open = open_out, .add = add_row, .commit = commit, .close = close_out};
