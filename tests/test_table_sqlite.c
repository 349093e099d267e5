// SPDX-License-Identifier: Apache-2.0
// test_table_sqlite.c - our declarations of SQLite are its own; cells of every type; memory that runs out. More is in
// test_databases.sh.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "faults.h"
#include "table/sqlite_api.h"
#include "table/table_out.h"

#include <cmocka.h>

#if __has_include(<sqlite3.h>)
# include <sqlite3.h>

# define SAME_VALUE(ours, theirs) _Static_assert((int)(ours) == (theirs), # theirs);
SAME_VALUE(HG_SQLITE_OK, SQLITE_OK)
SAME_VALUE(HG_SQLITE_ROW, SQLITE_ROW)
SAME_VALUE(HG_SQLITE_DONE, SQLITE_DONE)
SAME_VALUE(HG_SQLITE_INTEGER, SQLITE_INTEGER)
SAME_VALUE(HG_SQLITE_FLOAT, SQLITE_FLOAT)
SAME_VALUE(HG_SQLITE_TEXT, SQLITE_TEXT)
SAME_VALUE(HG_SQLITE_BLOB, SQLITE_BLOB)
SAME_VALUE(HG_SQLITE_READ_ONLY, SQLITE_OPEN_READONLY)
SAME_VALUE(HG_SQLITE_READ_WRITE, SQLITE_OPEN_READWRITE)
SAME_VALUE(HG_SQLITE_CREATE, SQLITE_OPEN_CREATE)
SAME_VALUE(HG_SQLITE_LIMIT_LENGTH, SQLITE_LIMIT_LENGTH)

# define SAME_TYPE(result, name, arguments)                                            \
  _Static_assert(__builtin_types_compatible_p(__typeof__(&sqlite3_##name),             \
                                              __typeof__(((hg__sqlite *)NULL)->name)), \
                 #name);
HG_SQLITE_FUNCTIONS(SAME_TYPE)
#endif

enum { FAILED = 1 }; // SQLITE_ERROR

static char folder[64], path[80];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hg-sqlite-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/x.db", folder);
    return hg__sqlite_version()[0] ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

// Runs statements on the file, as another program would.
static void run_sql(const char *sql) {
    const hg__sqlite *api = hg__sqlite_get(path, NULL);
    struct sqlite3 *db = NULL;
    assert_int_equal(api->open_v2(path, &db, HG_SQLITE_READ_WRITE | HG_SQLITE_CREATE, NULL), 0);
    if (api->exec(db, sql, NULL, NULL, NULL) != HG_SQLITE_OK) fail_msg("%s", api->errmsg(db));
    api->close(db);
}

static void every_type_becomes_a_cell(void **state) {
    (void)state;
    hg_error err = {HG_OK, ""};
    unlink(path);
    run_sql(
        "create table t (a, b, a2 integer); insert into t values (1, 'x', -2.5), (null, '', '7'),"
        " (9223372036854775807, 'caf\xC3\xA9', 1e308)");
    hg__table *t = hg__table_open(path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(t->columns, 3);
    assert_string_equal(t->name[2], "a2");
    assert_true(t->named);
    hg__cell cell[3];
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        assert_int_equal(cell[0].kind, HG_CELL_NUMBER);
        assert_true(cell[0].number == 1 && cell[2].number == -2.5); // exact
        assert_int_equal(cell[1].kind, HG_CELL_TEXT);
        assert_int_equal(cell[1].size, 1);
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        assert_int_equal(cell[0].kind, HG_CELL_MISSING);
        assert_int_equal(cell[1].kind, HG_CELL_TEXT); // empty, but there
        assert_int_equal(cell[1].size, 0);
        assert_int_equal(cell[2].kind, HG_CELL_NUMBER); // the column's own type made it one
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        assert_true(cell[0].number == 0x1p63);
        assert_memory_equal(cell[1].text, "caf\xC3\xA9", 5);
        char where[200], expected[200];
        hg__table_where(t, where, sizeof where);
        snprintf(expected, sizeof expected, "%s, table t, row 3", path);
        assert_string_equal(where, expected);
        for (int again = 0; again < 3; again++) {
            assert_int_equal(hg__table_next(t, cell, &err), 0); // and not from the start
        }
        assert_int_equal(hg__table_rewind(t, &err), HG_OK);
    }
    hg__table_close(t);
}

// Texts with a zero in them were cut there; a view of 40 bytes makes any number of them.
static void cells_that_are_none_are_refused(void **state) {
    (void)state;
    hg_error err = {HG_OK, ""};
    hg__cell cell[1];
    unlink(path);
    run_sql("create table t (a); insert into t values (cast(x'610062' as text)), (x'00'), (9e999), "
            "(cast(x'ff' as text)), ('x')");
    static const char *const says[] = {"text without a zero byte", "got a blob", "infinite",
                                       "UTF-8"};
    hg__table *t = hg__table_open(path, NULL, &err);
    assert_non_null(t);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(hg__table_next(t, cell, &err), HG_ERR_DATA);
        assert_non_null(strstr(err.message, says[i]));
    }
    assert_int_equal(hg__table_next(t, cell, &err), 1);
    hg__table_close(t);
    unlink(path);
    run_sql("create view v as select hex(zeroblob(9000000)) as a");
    t = hg__table_open(path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(hg__table_next(t, cell, &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "too big"));
    hg__table_close(t);
}

static void a_query_may_join_and_order(void **state) {
    (void)state;
    hg_error err = {HG_OK, ""};
    unlink(path);
    run_sql("create table t (a); create table u (a, b); insert into t values (1), (2);"
            "insert into u values (1, 'one'), (2, 'two')");
    hg__table *t = hg__table_open(
        path,
        &(hg__table_options){.query =
                                 "select b, t.a + 1 as c from t join u using (a) order by b desc"},
        &err);
    assert_non_null(t);
    hg__cell cell[2];
    assert_int_equal(hg__table_find(t, "c"), 1);
    assert_int_equal(hg__table_next(t, cell, &err), 1);
    assert_memory_equal(cell[0].text, "two", 3);
    assert_true(cell[1].number == 3);
    hg__table_close(t);
}

static void a_query_that_fails_on_its_way_ends_the_reading(void **state) {
    (void)state;
    hg_error err = {HG_OK, ""};
    unlink(path);
    run_sql("create table t (a); insert into t values (1), (-9223372036854775808)");
    hg__table *t =
        hg__table_open(path, &(hg__table_options){.query = "select abs(a) from t"}, &err);
    assert_non_null(t);
    hg__cell cell[1];
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        for (int again = 0; again < 3; again++) {
            assert_int_equal(hg__table_next(t, cell, &err), HG_ERR_IO);
            assert_non_null(strstr(err.message, "cannot be read on: integer overflow"));
        }
        assert_int_equal(hg__table_rewind(t, &err), HG_OK);
    }
    hg__table_close(t);
}

static const hg__out_column columns[] = {
    {"row",  HG_OUT_INTEGER},
    {"text", HG_OUT_TEXT   }
};

static void what_was_committed_is_read_back(void **state) {
    (void)state;
    hg_error err = {HG_OK, ""};
    unlink(path);
    hg__table_out *out = hg__table_out_open(path, "s", columns, 2, false, &err);
    assert_non_null(out);
    hg__cell cell[2] = {
        {.kind = HG_CELL_NUMBER, .number = 0x1p53},
        {.kind = HG_CELL_MISSING                     }
    };
    assert_int_equal(hg__table_out_add(out, cell, &err), HG_OK);
    assert_int_equal(out->rows, 1);
    assert_int_equal(hg__table_out_commit(out, &err), HG_OK);
    hg__table_out_close(out);
    hg__table *t = hg__table_open(path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(hg__table_next(t, cell, &err), 1);
    assert_true(cell[0].number == 0x1p53);
    assert_int_equal(cell[1].kind, HG_CELL_MISSING);
    hg__table_close(t);
}

static void a_database_is_known_by_its_content_or_its_name(void **state) {
    (void)state;
    unlink(path);
    assert_true(hg__table_out_is(path)); // absent, .db
    assert_true(hg__table_out_is("scores.SQLite3"));
    assert_false(hg__table_out_is("scores.csv"));
    assert_false(hg__table_out_is("-"));
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("row,score\n", f);
    fclose(f);
    assert_true(hg__table_out_is(path)); // somebody's text, which is not written over
}

// ---- every call may fail ----------------------------------------------------------------------------

// SQLite, whose call number fail_at fails.
static hg__sqlite real;
static int calls, fail_at;

static bool is_due(void) {
    return ++calls == fail_at;
}

static int open_or_fail(const char *file, struct sqlite3 **db, int flags, const char *vfs) {
    const int code = real.open_v2(file, db, flags, vfs);
    return is_due() ? FAILED : code;
}

static int exec_or_fail(struct sqlite3 *db, const char *sql,
                        int (*callback)(void *, int, char **, char **), void *context,
                        char **message) {
    return is_due() ? FAILED : real.exec(db, sql, callback, context, message);
}

static int prepare_or_fail(struct sqlite3 *db, const char *sql, int size,
                           struct sqlite3_stmt **statement, const char **tail) {
    return is_due() ? FAILED : real.prepare_v2(db, sql, size, statement, tail);
}

static int step_or_fail(struct sqlite3_stmt *statement) {
    return is_due() ? FAILED : real.step(statement);
}

static const char *name_or_fail(struct sqlite3_stmt *statement, int column) {
    return is_due() ? NULL : real.column_name(statement, column);
}

static const unsigned char *text_or_fail(struct sqlite3_stmt *statement, int column) {
    return is_due() ? NULL : real.column_text(statement, column);
}

static int bind_or_fail(struct sqlite3_stmt *statement, int parameter, double value) {
    return is_due() ? FAILED : real.bind_double(statement, parameter, value);
}

static int read_or_write(int job, hg_error *err) {
    static const hg__table_options options[] = {{.query = ""}, {.query = "select * from t"}};
    hg__cell cell[2] = {
        {.kind = HG_CELL_NUMBER, .number = 1},
        { .kind = HG_CELL_TEXT,           .text = "x",   .size = 1}
    };
    if (job < 2) {
        hg__table *t = hg__table_open(path, &options[job], err);
        int code = t ? 1 : (int)err->code;
        while (code > 0) code = hg__table_next(t, cell, err);
        hg__table_close(t);
        return code;
    }
    hg__table_out *out = hg__table_out_open(path, job == 2 ? "t" : "new", columns, 2, true, err);
    int code = out ? hg__table_out_add(out, cell, err) : (int)err->code;
    if (code == HG_OK) code = hg__table_out_commit(out, err);
    hg__table_out_close(out);
    return code;
}

static void every_call_may_fail(void **state) {
    (void)state;
    hg__sqlite *api = (hg__sqlite *)hg__sqlite_get(path, NULL);
    real = *api;
    for (int job = 0; job < 4; job++) {
        int met = 0;
        for (int n = 1; n == 1 || calls >= n - 1; n++) {
            hg_error err = {HG_OK, ""};
            *api = real;
            unlink(path);
            run_sql("create table t (row, score); insert into t values (1, 'x')");
            *api = (hg__sqlite){0};
            *api = real;
            api->open_v2 = open_or_fail;
            api->exec = exec_or_fail;
            api->prepare_v2 = prepare_or_fail;
            api->step = step_or_fail;
            api->column_name = name_or_fail;
            api->column_text = text_or_fail;
            api->bind_double = bind_or_fail;
            calls = 0;
            fail_at = n;
            const int code = read_or_write(job, &err);
            met += code < 0;
            if (code < 0) assert_true(err.code == code && err.message[0]);
        }
        assert_true(met > 3);
    }
    *api = real;
    fail_at = 0;
}

static void what_is_no_query_or_table_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *sql, *query, *table, *says;
    } cases[] = {
        {"create table t (a); drop table t",       "",                   "",  "expected a table, found none"       },
        {"create table t (a)",                     "",                   "u", "expected a table \"u\", found t"    },
        {"create table t (a); create table u (a)", "",                   "",
         "expected table= or query=, as there are several tables: t, u"                                            },
        {"create table t (a)",                     "select 1; select 2", "",  "expected one statement, got several"},
        {"create table t (a)",                     "select 1; nonsense", "",  "expected one statement, got several"},
        {"create table t (a)",                     "-- nothing",         "",  "expected a query that gives rows"   },
        {"create table t (a)",                     "begin",              "",  "expected a query that gives rows"   },
        {"create table t (a)",                     "select b from t",    "",  "no such column"                     },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_error err = {HG_OK, ""};
        unlink(path);
        run_sql(cases[i].sql);
        assert_null(hg__table_open(
            path, &(hg__table_options){.query = cases[i].query, .table = cases[i].table}, &err));
        if (!strstr(err.message, cases[i].says)) fail_msg("%s", err.message);
    }
    unlink(path);
    run_sql("create table t (a); create table u (b); insert into u values (3)");
    hg_error err = {HG_OK, ""};
    hg__cell cell[1];
    hg__table *t = hg__table_open(path, &(hg__table_options){.table = "U"}, &err);
    assert_non_null(t);
    assert_int_equal(hg__table_next(t, cell, &err), 1);
    hg__table_close(t);
}

// ---- every allocation may fail --------------------------------------------------------------------

static int read_and_write(hg_error *err) {
    hg__cell cell[2] = {
        {.kind = HG_CELL_NUMBER, .number = 1},
        { .kind = HG_CELL_TEXT,           .text = "x",   .size = 1}
    };
    hg__table_out *out = hg__table_out_open(path, "s", columns, 2, true, err);
    int code = out ? hg__table_out_add(out, cell, err) : (int)err->code;
    if (code == HG_OK) code = hg__table_out_commit(out, err);
    hg__table_out_close(out);
    if (code != HG_OK) return code;
    hg__table *t = hg__table_open(path, &(hg__table_options){.table = "s"}, err);
    if (!t) return err->code;
    while ((code = hg__table_next(t, cell, err)) == 1) {
    }
    hg__table_close(t);
    return code;
}

// The child of the test below: in the folder its parent made.
static int run_scenario(const char *scenario) {
    hg_error err = {HG_OK, ""};
    snprintf(path, sizeof path, "%s", scenario);
    const int code = read_and_write(&err);
    if (code == HG_OK) return CHILD_WORKED;
    return err.code == code && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void memory_that_runs_out_is_an_error(void **state) {
    (void)state;
    unlink(path);
    assert_true(count_faults(path, "HG_FAIL_ALLOC", "") > 10);
    unlink(path);
    assert_true(count_faults(path, "HG_FAIL_ALLOC", "+") > 10);
}

int main(int argc, char **argv) {
    if (argc == 3) return run_scenario(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_becomes_a_cell),
        cmocka_unit_test(cells_that_are_none_are_refused),
        cmocka_unit_test(a_query_may_join_and_order),
        cmocka_unit_test(a_query_that_fails_on_its_way_ends_the_reading),
        cmocka_unit_test(what_was_committed_is_read_back),
        cmocka_unit_test(a_database_is_known_by_its_content_or_its_name),
        cmocka_unit_test(every_call_may_fail),
        cmocka_unit_test(what_is_no_query_or_table_is_refused),
        cmocka_unit_test(memory_that_runs_out_is_an_error),
    };
    if (!hg__sqlite_version()[0]) {
        printf("skipped: no SQLite (libsqlite3-0)\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
