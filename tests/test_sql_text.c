// SPDX-License-Identifier: Apache-2.0
// test_sql_text.c - names are quoted, statements put together, long queries shown short.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "table/table_out.h"

#include <cmocka.h>

static const hg__sql_style sqlite = {.quote = '"'}, odbc = {.quote = '"', .dotted = true},
                           mysql = {.quote = '`', .dotted = true}, bare = {.dotted = true};

static void expect_table(const char *table, const hg__sql_style *style, const char *expected) {
    hg__text t = {0};
    hg__sql_add_table(&t, table, style);
    assert_string_equal(t.data, expected);
    hg__text_clear(&t);
}

static void a_quote_within_a_name_is_doubled(void **state) {
    (void)state;
    expect_table("scores", &sqlite, "\"scores\"");
    expect_table("a\"; drop table b; --", &sqlite, "\"a\"\"; drop table b; --\"");
    expect_table("a`b\"c", &mysql, "`a``b\"c`");
}

static void a_dot_divides_names_where_the_database_has_schemas(void **state) {
    (void)state;
    expect_table("a.b", &sqlite, "\"a.b\"");
    expect_table("a.b", &odbc, "\"a\".\"b\"");
    expect_table("x.a.b", &mysql, "`x`.`a`.`b`");
    expect_table("a.b", &bare, "a.b");
}

static const hg__out_column columns[] = {
    {"row",         HG_OUT_INTEGER},
    {"score",       HG_OUT_NUMBER },
    {"the \"why\"", HG_OUT_TEXT   }
};

static void a_table_is_created_with_types_every_database_has(void **state) {
    (void)state;
    hg__text t = {0};
    hg__sql_add_create(&t, "s.t", columns, 3, &odbc);
    assert_string_equal(t.data,
                        "CREATE TABLE \"s\".\"t\" (\"row\" BIGINT, \"score\" DOUBLE PRECISION, "
                        "\"the \"\"why\"\"\" VARCHAR(1000))");
    hg__text_clear(&t);
}

static void rows_go_in_by_parameters(void **state) {
    (void)state;
    const char *const names[] = {"row", "Score"};
    hg__text t = {0};
    hg__sql_add_insert(&t, "t", names, 2, &sqlite);
    assert_string_equal(t.data, "INSERT INTO \"t\" (\"row\", \"Score\") VALUES (?, ?)");
    hg__text_clear(&t);
}

static void a_query_is_shown_on_one_line(void **state) {
    (void)state;
    char shown[HG_SQL_SHOWN];
    hg__sql_show("  select a,\n\t  b\r\n from t", shown);
    assert_string_equal(shown, "select a, b from t");
    char endless[400];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    hg__sql_show(endless, shown);
    assert_int_equal(strlen(shown), HG_SQL_SHOWN - 1);
    assert_string_equal(shown + HG_SQL_SHOWN - 5, "x...");
    for (size_t shift = 0; shift < 4; shift++) { // never within a character
        memset(endless, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof endless; i += 3) {
            memcpy(endless + i, "\xE2\x82\xAC", 3);
        }
        hg__sql_show(endless, shown);
        assert_true(hg__is_utf8(shown, strlen(shown)));
        assert_string_equal(shown + strlen(shown) - 3, "...");
    }
    hg__sql_show("", shown);
    assert_string_equal(shown, "");
}

static void columns_are_found_whatever_their_case(void **state) {
    (void)state;
    hg__table_out t = {.path = "x.db", .columns = 2};
    const char *name[2];
    const char *const have[] = {"SCORE", "other", "row", "score"};
    hg_error err;
    assert_int_equal(hg__sql_match(&t, "s", columns, have, 4, name, &err), HG_OK);
    assert_string_equal(name[0], "row");
    assert_string_equal(name[1], "score"); // the one that is spelt so goes first
    assert_int_equal(hg__sql_match(&t, "s", columns, have, 3, name, &err), HG_OK);
    assert_string_equal(name[1], "SCORE");
    assert_int_equal(hg__sql_match(&t, "s", columns, have, 2, name, &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "x.db: table s: expected a column \"row\", found SCORE, other");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_within_a_name_is_doubled),
        cmocka_unit_test(a_dot_divides_names_where_the_database_has_schemas),
        cmocka_unit_test(a_table_is_created_with_types_every_database_has),
        cmocka_unit_test(rows_go_in_by_parameters),
        cmocka_unit_test(a_query_is_shown_on_one_line),
        cmocka_unit_test(columns_are_found_whatever_their_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
