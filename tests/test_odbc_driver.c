// SPDX-License-Identifier: Apache-2.0
// test_odbc_driver.c - tables of a driver that is made up: every kind of cell it can give, every call of it that can fail, drivers
// without blocks, without quotes, that change their mind. What real drivers do is in test_databases.sh.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/text.h"
#include "faults.h"
#include "table/odbc_api.h"
#include "table/table_out.h"

#include <cmocka.h>

enum { FAILED = -1, COLUMNS = 5, MOST_ROWS = 1500 };
enum { NUMBER, REAL, TEXT, FLAG, LONG_TEXT }; // the columns
enum flaw { NO_FLAW, INFINITE, TOO_LONG, HALF, WITH_ZERO, ROW_ERROR, MISSING, NO_NUMBER };

// ---- the driver ---------------------------------------------------------------------------------

static struct {
    // what it is
    const char *name, *missing; // missing: the table is not there before it is created
    bool has_blocks, has_quote, is_silent, is_first_bytes, changes_columns;
    short columns;
    int rows, rows_later; // of the first pass, of later ones
    int odd_row;          // a row with a flaw in
    enum flaw flaw;
    bool gives_no_data, rejects_row, appends;
    int64_t had; // rows of a table to be written
    uint32_t isolations;
    // what was done to it
    int calls, fail_at; // that can fail
    int passes, at, executed, connects;
    bool is_counting;
    unsigned long array, *fetched;
    uint16_t *row_status, *param_status;
    struct {
        uint8_t *cell;
        long width, *length;
    } bound[COLUMNS];
} driver;

// NOLINTBEGIN(readability-non-const-parameter,readability-function-size): ODBC's signatures
static short gate(void) {
    return ++driver.calls == driver.fail_at ? FAILED : HG_ODBC_SUCCESS;
}

static short alloc_handle(short kind, void *from, void **handle) {
    (void)kind, (void)from;
    static char any;
    *handle = &any;
    return gate();
}

static short free_handle(short kind, void *handle) {
    (void)kind, (void)handle;
    return HG_ODBC_SUCCESS;
}

static short set_attribute(void *handle, int attribute, void *value, int size) {
    (void)handle, (void)size;
    if (attribute == HG_ODBC_ATTR_ROW_ARRAY) memcpy(&driver.array, &value, sizeof value);
    if (attribute == HG_ODBC_ATTR_PARAM_ARRAY) memcpy(&driver.array, &value, sizeof value);
    if (attribute == HG_ODBC_ATTR_ROWS_FETCHED) driver.fetched = value;
    if (attribute == HG_ODBC_ATTR_ROW_STATUS) driver.row_status = value;
    if (attribute == HG_ODBC_ATTR_PARAM_STATUS) driver.param_status = value;
    if (attribute == HG_ODBC_ATTR_PARAM_ARRAY && !driver.has_blocks) return FAILED;
    return attribute == HG_ODBC_ATTR_VERSION ? gate() : HG_ODBC_SUCCESS;
}

static short connect_driver(void *connection, void *window, uint16_t *text, short size,
                            uint16_t *out, short capacity, short *length, unsigned short prompt) {
    (void)connection, (void)window, (void)text, (void)size, (void)out, (void)capacity;
    (void)length, (void)prompt;
    driver.connects++;
    return gate();
}

static short disconnect(void *connection) {
    (void)connection;
    return HG_ODBC_SUCCESS;
}

static short get_info(void *connection, unsigned short what, void *value, short size,
                      short *length) {
    (void)connection, (void)size, (void)length;
    if (what == HG_ODBC_INFO_QUOTE) *(uint16_t *)value = driver.has_quote ? '"' : ' ';
    if (what == HG_ODBC_INFO_ISOLATIONS) memcpy(value, &driver.isolations, 4);
    if (what == HG_ODBC_INFO_DRIVER) hg__utf16_from(driver.name, strlen(driver.name), value);
    return HG_ODBC_SUCCESS;
}

static short get_record(short kind, void *handle, short number, uint16_t *state, int *native,
                        uint16_t *text, short size, short *length) {
    (void)kind, (void)handle, (void)number, (void)native, (void)size, (void)length;
    static const char says[] = "[maker][driver] it broke; PWD was geheim.\n and more";
    if (driver.is_silent) return FAILED;
    hg__utf16_from("HY000", 5, state);
    hg__utf16_from(says, sizeof says - 1, text);
    return HG_ODBC_SUCCESS;
}

static short end_transaction(short kind, void *handle, short how) {
    (void)kind, (void)handle;
    return how == HG_ODBC_COMMIT ? gate() : HG_ODBC_SUCCESS;
}

static short run_sql(void *statement, uint16_t *text, int size) {
    (void)statement, (void)size;
    driver.passes++;
    driver.at = 0;
    driver.is_counting = text[0] == 'S' && text[7] == 'C'; // SELECT COUNT(*)
    if (text[0] == 'C') driver.missing = NULL;             // CREATE TABLE
    if (text[0] == 'S' && driver.missing) return FAILED;
    return driver.gives_no_data && text[0] == 'C' ? HG_ODBC_NO_DATA : gate();
}

static short prepare(void *statement, uint16_t *text, int size) {
    (void)statement, (void)text, (void)size;
    return gate();
}

static short execute(void *statement) {
    (void)statement;
    const int rows = driver.has_blocks ? (int)driver.array : 1;
    for (int i = 0; driver.has_blocks && i < rows; i++) {
        driver.param_status[i] = driver.rejects_row && i == rows - 1 ? HG_ODBC_ROW_ERROR : 0;
    }
    driver.executed += rows;
    return driver.gives_no_data ? HG_ODBC_NO_DATA : gate();
}

static short count_columns(void *statement, short *columns) {
    (void)statement;
    *columns = (short)(driver.columns + (driver.changes_columns && driver.passes > 1));
    return gate();
}

static short describe(void *statement, unsigned short column, uint16_t *name, short capacity,
                      short *length, short *type, unsigned long *size, short *digits,
                      short *nullable) {
    (void)statement, (void)capacity, (void)length, (void)digits, (void)nullable;
    static const struct {
        const char *name;
        short type;
        unsigned long size;
    } columns[COLUMNS] = {
        {"n", HG_ODBC_DOUBLE,       15},
        {"r", HG_ODBC_REAL,         7 },
        {"t", HG_ODBC_WVARCHAR,     10},
        {"f", HG_ODBC_WVARCHAR,     5 },
        {"l", HG_ODBC_WLONGVARCHAR, 0 }
    };
    const int i = column - 1;
    hg__utf16_from(columns[i].name, 1, name);
    *type = driver.is_first_bytes && i == 0 ? HG_ODBC_BINARY : columns[i].type;
    *size = columns[i].size;
    return gate();
}

static short type_name(void *statement, unsigned short column, unsigned short what, void *text,
                       short size, short *length, long *number) {
    (void)statement, (void)what, (void)size, (void)length, (void)number;
    const char *name = column == FLAG + 1 ? "bool" : "varchar";
    hg__utf16_from(name, strlen(name), text);
    return HG_ODBC_SUCCESS;
}

static short bind_column(void *statement, unsigned short column, short type, void *to, long size,
                         long *length) {
    (void)statement, (void)type;
    driver.bound[column - 1].cell = to;
    driver.bound[column - 1].width = size;
    driver.bound[column - 1].length = length;
    return gate();
}

static short bind_parameter(void *statement, unsigned short number, short way, short type,
                            short sql_type, unsigned long size, short digits, void *from,
                            long capacity, long *length) {
    (void)statement, (void)number, (void)way, (void)type, (void)sql_type, (void)size;
    (void)digits, (void)from, (void)capacity, (void)length;
    return gate();
}

static void give_number(int column, size_t row, double x) {
    memcpy(driver.bound[column].cell + row * sizeof x, &x, sizeof x);
    driver.bound[column].length[row] = sizeof x;
}

static void give_text(int column, size_t row, const char *text) {
    uint16_t *to =
        (uint16_t *)(void *)(driver.bound[column].cell + row * (size_t)driver.bound[column].width);
    driver.bound[column].length[row] = (long)(2 * hg__utf16_from(text, strlen(text), to));
}

static void corrupt(size_t row) {
    uint16_t *text =
        (uint16_t *)(void *)(driver.bound[TEXT].cell + row * (size_t)driver.bound[TEXT].width);
    switch (driver.flaw) {
    case NO_FLAW: break;
    case INFINITE: give_number(NUMBER, row, (double)INFINITY); break;
    case NO_NUMBER: give_number(NUMBER, row, (double)NAN); break;
    case TOO_LONG: driver.bound[TEXT].length[row] = 1 << 20; break;
    case HALF: text[0] = 0xd800; break;
    case WITH_ZERO: text[0] = 0; break;
    case ROW_ERROR: driver.row_status[row] = HG_ODBC_ROW_ERROR; break;
    case MISSING:
        for (int i = 0; i < driver.columns; i++) driver.bound[i].length[row] = HG_ODBC_NULL_DATA;
    }
}

static short fetch(void *statement) {
    (void)statement;
    const int all = driver.passes > 1 && driver.rows_later ? driver.rows_later : driver.rows;
    if (gate() == FAILED) return FAILED;
    if (driver.is_counting) {
        memcpy(driver.bound[0].cell, &driver.had, sizeof driver.had);
        return HG_ODBC_SUCCESS;
    }
    *driver.fetched = 0;
    for (; driver.at < all && *driver.fetched < driver.array; driver.at++) {
        const size_t row = (*driver.fetched)++;
        driver.row_status[row] = 0;
        give_number(NUMBER, row, driver.at);
        give_number(REAL, row, (double)0.1F);
        give_text(TEXT, row, "w\xc3\xb6rd");
        give_number(FLAG, row, 1);
        give_text(LONG_TEXT, row, "");
        if (driver.at == driver.odd_row) corrupt(row);
    }
    return *driver.fetched || driver.gives_no_data ? HG_ODBC_SUCCESS : HG_ODBC_NO_DATA;
}

static short free_statement(void *statement, unsigned short how) {
    (void)statement, (void)how;
    return HG_ODBC_SUCCESS;
}

// NOLINTEND(readability-non-const-parameter,readability-function-size)

static void be_a_driver(void) {
    memset(&driver, 0, sizeof driver);
    driver.name = "made up";
    driver.has_blocks = driver.has_quote = true;
    driver.columns = COLUMNS;
    driver.rows = 3;
    driver.odd_row = 1;
}

// The functions of the driver manager that is there become the driver's.
static bool replace_manager(void) {
    static bool is_done;
    hg__odbc_link l;
    if (!*hg__odbc_version()) return false;
    if (is_done) return true;
    (void)hg__odbc_open(&l, "odbc:Driver=/nowhere/none.so", "x", false, NULL);
    *(hg__odbc *)l.api = (hg__odbc){.AllocHandle = alloc_handle,
                                    .FreeHandle = free_handle,
                                    .SetEnvAttr = set_attribute,
                                    .SetConnectAttrW = set_attribute,
                                    .SetStmtAttrW = set_attribute,
                                    .DriverConnectW = connect_driver,
                                    .Disconnect = disconnect,
                                    .GetInfoW = get_info,
                                    .GetDiagRecW = get_record,
                                    .EndTran = end_transaction,
                                    .ExecDirectW = run_sql,
                                    .PrepareW = prepare,
                                    .Execute = execute,
                                    .NumResultCols = count_columns,
                                    .DescribeColW = describe,
                                    .ColAttributeW = type_name,
                                    .BindCol = bind_column,
                                    .BindParameter = bind_parameter,
                                    .Fetch = fetch,
                                    .FreeStmt = free_statement};
    hg__odbc_close(&l);
    is_done = true;
    return true;
}

// ---- reading ------------------------------------------------------------------------------------

static const char source[] = "odbc:Driver=x;PWD=geheim";
static const hg__table_options options = {.table = "a.b"};

// Two passes over all of it: rows of the second, or the code of what went wrong.
static int read_twice(hg_error *err) {
    hg__cell cell[COLUMNS];
    hg__table *t = hg__table_open(source, &options, err);
    if (!t) return err->code;
    int rows = 0, code = 1;
    for (int pass = 0; pass < 2 && code >= 0; pass++) {
        code = pass ? hg__table_rewind(t, err) : HG_OK;
        for (rows = 0; code >= 0 && (code = hg__table_next(t, cell, err)) > 0;) rows++;
    }
    if (code < 0) assert_true(hg__table_next(t, cell, &(hg_error){0}) != 1 || code == HG_ERR_DATA);
    hg__table_close(t);
    return code < 0 ? code : rows;
}

static void expect_code(int code, hg_code wanted, const hg_error *err, const char *says) {
    if (code != (int)wanted || !strstr(err->message, says)) {
        fail_msg("%d, '%s' where '%s' was expected", code, err->message, says);
    }
    assert_null(strstr(err->message, "geheim"));
    assert_int_equal(err->code, wanted);
}

static void cells_of_every_type_are_read(void **state) {
    (void)state;
    hg_error err = {0};
    hg__cell cell[COLUMNS];
    be_a_driver();
    driver.rows = MOST_ROWS; // more than a block
    driver.isolations = HG_ODBC_SERIALIZABLE;
    driver.has_quote = false;
    driver.name = "psqlodbcw.so"; // which is asked to fetch in blocks
    hg__table *t = hg__table_open(source, &options, &err);
    assert_non_null(t);
    assert_int_equal(driver.connects, 2);
    for (int i = 0; i < MOST_ROWS; i++) {
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        assert_true(cell[NUMBER].number == i && cell[NUMBER].size == 0);
        assert_int_equal(cell[REAL].size, HG_CELL_SINGLE);
        assert_int_equal(cell[TEXT].size, 5);
        assert_true(cell[FLAG].kind == HG_CELL_NUMBER && cell[FLAG].number == 1);
        assert_true(cell[LONG_TEXT].kind == HG_CELL_TEXT && cell[LONG_TEXT].size == 0);
    }
    assert_int_equal(hg__table_next(t, cell, &err), 0);
    assert_int_equal(hg__table_next(t, cell, &err), 0);
    hg__table_close(t);
    be_a_driver();
    driver.isolations = HG_ODBC_REPEATABLE_READ;
    driver.gives_no_data = true; // an end that is a block of no rows
    assert_int_equal(read_twice(&err), 3);
}

static void what_is_no_cell_is_refused(void **state) {
    (void)state;
    static const struct {
        enum flaw flaw;
        const char *says; // NULL: nothing is there
    } flaws[] = {
        {INFINITE,  "row 2, column n: expected a finite number, got an infinite one"     },
        {TOO_LONG,  "row 2, column t: expected text of at most 1023 characters, got more"},
        {HALF,      "row 2, column t: expected Unicode, got text that is not"            },
        {WITH_ZERO, "row 2, column t: expected text without a zero byte"                 },
        {ROW_ERROR, "row 2: the driver cannot give this row"                             },
        {MISSING,   NULL                                                                 },
        {NO_NUMBER, NULL                                                                 },
    };
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
        hg_error err = {0};
        hg__cell cell[COLUMNS];
        be_a_driver();
        driver.flaw = flaws[i].flaw;
        hg__table *t = hg__table_open(source, &options, &err);
        assert_non_null(t);
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        const int code = hg__table_next(t, cell, &err);
        if (flaws[i].says) expect_code(code, HG_ERR_DATA, &err, flaws[i].says);
        if (!flaws[i].says) assert_int_equal(cell[NUMBER].kind, HG_CELL_MISSING);
        assert_int_equal(hg__table_next(t, cell, &err), 1); // and on
        hg__table_close(t);
    }
}

static void what_is_no_table_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    be_a_driver();
    assert_null(hg__table_open(source, NULL, &err));
    expect_code((int)err.code, HG_ERR_USAGE, &err, "expected query= or table=: what to read");
    driver.columns = 0;
    assert_null(hg__table_open(source, &(hg__table_options){.query = "delete"}, &err));
    expect_code((int)err.code, HG_ERR_USAGE, &err, "expected a query that gives rows, got: delete");
    be_a_driver();
    driver.is_first_bytes = true;
    assert_null(hg__table_open(source, &options, &err));
    expect_code((int)err.code, HG_ERR_DATA, &err, "column n: expected numbers or text, got bytes");
    assert_null(hg__table_open(source, &(hg__table_options){.query = "\xff"}, &err));
    assert_true(err.code < 0);
}

static void a_second_pass_must_be_like_the_first(void **state) {
    (void)state;
    hg_error err = {0};
    be_a_driver();
    driver.rows_later = 2;
    expect_code(read_twice(&err), HG_ERR_IO, &err, "expected 3 rows as in the first pass, got 2");
    be_a_driver();
    driver.changes_columns = true;
    expect_code(read_twice(&err), HG_ERR_IO, &err, "expected 5 columns as before, got 6");
}

// ---- writing ------------------------------------------------------------------------------------

static const hg__out_column columns[] = {
    {"n", HG_OUT_INTEGER},
    {"r", HG_OUT_NUMBER },
    {"t", HG_OUT_TEXT   }
};
enum { WRITTEN = sizeof columns / sizeof *columns };

static int write_rows(int rows, const char *text, hg_error *err) {
    const hg__cell cell[] = {
        {.kind = HG_CELL_NUMBER, .number = 7        },
        {                                  .kind = HG_CELL_MISSING                     },
        { .kind = HG_CELL_TEXT,                      .text = text, .size = (int32_t)strlen(text)},
    };
    hg__table_out *out =
        hg__table_out_open(source, "scores", columns, WRITTEN, driver.appends, err);
    int code = out ? HG_OK : (int)err->code;
    for (int i = 0; code == HG_OK && i < rows; i++) code = hg__table_out_add(out, cell, err);
    if (code == HG_OK) code = hg__table_out_commit(out, err);
    hg__table_out_close(out);
    return code;
}

static void rows_are_written_in_blocks_or_one_by_one(void **state) {
    (void)state;
    hg_error err = {0};
    for (int blocks = 0; blocks < 2; blocks++) {
        for (int missing = 0; missing < 2; missing++) {
            be_a_driver();
            driver.has_blocks = blocks;
            driver.missing = missing ? "yes" : NULL;
            driver.gives_no_data = missing;
            if (write_rows(MOST_ROWS, "x", &err) < 0) fail_msg("%s", err.message);
            assert_int_equal(driver.executed, MOST_ROWS);
        }
    }
    be_a_driver();
    assert_int_equal(write_rows(0, "x", &err), HG_OK);
    assert_int_equal(driver.executed, 0);
    be_a_driver();
    driver.had = 9;
    expect_code(write_rows(1, "x", &err), HG_ERR_USAGE, &err,
                "a table without rows, got scores with 9");
    driver.appends = true;
    assert_int_equal(write_rows(1, "x", &err), HG_OK);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    char text[4000];
    memset(text, 'x', sizeof text);
    be_a_driver();
    text[1001] = '\0';
    expect_code(write_rows(1, text, &err), HG_ERR_DATA, &err,
                "row 1: expected text of at most 1000");
    text[1001] = 'x';
    text[3999] = '\0';
    expect_code(write_rows(1, text, &err), HG_ERR_DATA, &err,
                "row 1: expected text of at most 1000");
    driver.rejects_row = true;
    expect_code(write_rows(2, "x", &err), HG_ERR_IO, &err, "it broke");
    be_a_driver();
    driver.columns = 2; // no column t
    expect_code(write_rows(1, "x", &err), HG_ERR_DATA, &err, "expected a column \"t\", found n, r");
}

// ---- what fails ---------------------------------------------------------------------------------

static int do_job(int job, hg_error *err) {
    if (job == 0) return read_twice(err);
    driver.has_blocks = job == 1;
    driver.missing = job == 2 ? "yes" : NULL;
    return write_rows(3, "x", err);
}

// Call number n of a job fails; whether there are more. *met: those that ended the job.
static bool fail_call(int job, bool is_silent, int n, int *met) {
    hg_error err = {0};
    be_a_driver();
    driver.is_silent = is_silent;
    driver.fail_at = n;
    const int code = do_job(job, &err);
    *met += code < 0;
    if (code < 0) {
        const char *why = is_silent ? "does not say why" : "it broke";
        assert_true(err.code == code && err.message[0]);
        assert_null(strstr(err.message, "geheim"));
        if (driver.calls > 3) assert_non_null(strstr(err.message, why));
    }
    return driver.calls >= n;
}

// Whichever call of the driver fails: one sentence without the password, or the job is done without it.
static void every_call_may_fail(void **state) {
    (void)state;
    for (int i = 0; i < 3 * 2; i++) {
        int met = 0, n = 1;
        while (fail_call(i / 2, i % 2, n, &met)) n++;
        assert_true(met > 8);
    }
}

// The child of the test below.
static int run_scenario(const char *scenario) {
    hg_error err = {0};
    if (!replace_manager()) return CHILD_WORKED;
    be_a_driver();
    const int code = do_job(*scenario - '0', &err);
    if (code >= 0) return CHILD_WORKED;
    return err.code == code && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void memory_that_runs_out_is_an_error(void **state) {
    (void)state;
    static const char *const jobs[] = {"0", "1", "2"};
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        assert_true(count_faults(jobs[i], "HG_FAIL_ALLOC", "") > 5);
    }
}

int main(int argc, char **argv) {
    if (argc == 3) return run_scenario(argv[2]);
    if (!replace_manager()) {
        printf("skipped: no ODBC (libodbc2)\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_of_every_type_are_read),
        cmocka_unit_test(what_is_no_cell_is_refused),
        cmocka_unit_test(what_is_no_table_is_refused),
        cmocka_unit_test(a_second_pass_must_be_like_the_first),
        cmocka_unit_test(rows_are_written_in_blocks_or_one_by_one),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_call_may_fail),
        cmocka_unit_test(memory_that_runs_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
