// SPDX-License-Identifier: Apache-2.0
// test_table_view.c - some of a table's rows as a table: which, where they stand, twice over, and what goes wrong in them.
#include "schema_case.h"
#include "table/table.h"

enum { ROWS = 12 };

static void write_row(int64_t row, int32_t column, char text[64]) {
    snprintf(text, 64, "%lld", 100LL * column + row);
    if (row == 4) snprintf(text, 64, "!"); // cannot be read
}

typedef struct row_choice {
    int64_t every;   // rows whose number it divides
    int64_t fail_at; // -1: never
    int64_t asked;
} row_choice;

static int keep(void *context, const hg__table *t, const hg__cell *cell, int64_t row,
                hg_error *err) {
    row_choice *w = context;
    assert_string_equal(t->name[1], "b");
    assert_true(cell[0].number == (double)row); // bad rows count
    w->asked++;
    if (row == w->fail_at) return hg__fail(err, HG_ERR_IO, "the disk is gone");
    return row % w->every == 0;
}

static hg__table *open_view(schema_case *c, row_choice *w) {
    case_open(c, "a b", 0, ROWS, write_row);
    c->next = 7; // wherever it was
    hg__table *v = hg__table_view(&c->table, keep, w, NULL);
    assert_non_null(v);
    return v;
}

static void a_view_has_the_names_and_some_of_the_rows(void **state) {
    (void)state;
    schema_case c;
    row_choice w = {.every = 3, .fail_at = -1};
    hg__table *v = open_view(&c, &w);
    assert_int_equal(v->columns, 2);
    assert_true(v->named && v->rows == -1);
    assert_string_equal(v->path, "x.csv");
    assert_int_equal(hg__table_find(v, "b"), 1);
    for (int pass = 0; pass < 2; pass++) {
        static const double expected[] = {0, 3, 6, 9};
        hg__cell cell[2];
        hg_error err = {0};
        int n = 0, bad = 0, code;
        while ((code = hg__table_next(v, cell, &err)) != 0) {
            bad += code == HG_ERR_DATA;
            if (code < 0) continue;
            char where[64];
            assert_true(cell[0].number == expected[n] && cell[1].number == 100 + expected[n]);
            hg__table_where(v, where, sizeof where);
            char wanted[64];
            snprintf(wanted, sizeof wanted, "x.csv:%lld", (long long)expected[n] + 2);
            assert_string_equal(where, wanted);
            n++;
        }
        assert_int_equal(n, 4);
        assert_int_equal(bad, 1); // the row that cannot be read may be anybody's
        assert_string_equal(err.message, "x.csv:6: expected better");
        assert_int_equal(hg__table_next(v, cell, &err), 0);
        assert_int_equal(hg__table_rewind(v, &err), HG_OK);
    }
    assert_int_equal(w.asked, 2 * (ROWS - 1));
    hg__table_close(v);
    assert_string_equal(c.table.name[0], "a"); // the table is its owner's
}

static void what_the_filter_cannot_say_ends_the_reading(void **state) {
    (void)state;
    schema_case c;
    row_choice w = {.every = 1, .fail_at = 2};
    hg__table *v = open_view(&c, &w);
    hg__cell cell[2];
    hg_error err = {0};
    assert_int_equal(hg__table_next(v, cell, &err), 1);
    assert_int_equal(hg__table_next(v, cell, &err), 1);
    assert_int_equal(hg__table_next(v, cell, &err), HG_ERR_IO);
    assert_string_equal(err.message, "the disk is gone");
    hg__table_close(v);
}

static void a_view_may_be_empty_and_a_view_of_a_view(void **state) {
    (void)state;
    schema_case c;
    row_choice all = {.every = 1, .fail_at = -1}, none = {.every = 1000, .fail_at = -1};
    hg__table *outer = open_view(&c, &all);
    hg__table *inner = hg__table_view(outer, keep, &none, NULL);
    assert_non_null(inner);
    hg__cell cell[2];
    hg_error err = {0};
    int n = 0, code;
    while ((code = hg__table_next(inner, cell, &err)) != 0) n += code > 0;
    assert_int_equal(n, 1); // row 0
    hg__table_close(inner);
    hg__table_close(outer);
}

static void a_schema_is_learned_from_a_view_alone(void **state) {
    (void)state;
    schema_case c;
    row_choice w = {.every = 3, .fail_at = -1};
    hg__table *v = open_view(&c, &w);
    const hg__schema_options learn = {.on_bad = "skip"};
    hg_error err = {0};
    int64_t bad;
    hg__schema *s = hg__schema_infer(v, &learn, &bad, &err);
    assert_non_null(s);
    assert_int_equal(bad, 1);
    assert_true(case_column(s, "a")->most == 9 && case_column(s, "b")->least == 100);
    hg__schema_free(s);
    hg__table_close(v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_has_the_names_and_some_of_the_rows),
        cmocka_unit_test(what_the_filter_cannot_say_ends_the_reading),
        cmocka_unit_test(a_view_may_be_empty_and_a_view_of_a_view),
        cmocka_unit_test(a_schema_is_learned_from_a_view_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
