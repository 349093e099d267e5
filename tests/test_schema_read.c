// SPDX-License-Identifier: Apache-2.0
// test_schema_read.c - a whole table as rows: in memory or on disk, with labels, groups and numbers beside them.
#include <unistd.h>

#include "schema_case.h"

// "class" normal or an attack, "site" a to c, every 40th row unreadable, every 30th with a text for a number.
static void write_flow(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row;
    switch (column) {
    case 0: snprintf(text, 64, r % 30 == 29 ? "abc" : "%d.5", r % 17); break;
    case 1: snprintf(text, 64, "%s", r % 3 ? "tcp" : "udp"); break;
    case 2: snprintf(text, 64, "%s", r % 4 ? "Normal" : r % 8 ? "smurf" : "neptune"); break;
    case 3: snprintf(text, 64, "%.*s", r % 11 != 0, &"abc"[r % 3]); break;
    case 4: snprintf(text, 64, "%d", r % 4 == 0); break;
    default: snprintf(text, 64, "%s", r % 40 == 39 ? "!" : r % 2 ? "x" : ""); break;
    }
}

static const char *const names = "size proto class site bit note";
static const hg__schema_options learning = {.label = "class",
                                            .ignore = "bit",
                                            .group = "site",
                                            .on_bad = "score_missing",
                                            .override = "size number standard"};

static hg__schema *learn(schema_case *c, int64_t rows) {
    case_open(c, names, 0, rows, write_flow);
    return case_infer(c, &learning);
}

static hg__data *read_all(schema_case *c, const hg__schema *s, const hg__encode_options *o,
                          hg__side_columns *side, hg__encoding_notes *notes) {
    hg_error err = {0};
    case_rewind(&c->table, NULL);
    hg__data *d = hg__schema_read(s, &c->table, o, side, notes, &err);
    if (!d) print_error("%s\n", err.message);
    assert_non_null(d);
    return d;
}

static void a_table_becomes_rows_with_labels_groups_and_numbers(void **state) {
    (void)state;
    schema_case c;
    hg__side_columns side;
    hg__encoding_notes notes = {0};
    hg__schema *s = learn(&c, 2000);
    const hg__encode_options o = {
        .label = "class", .group = "site", .on_bad = "score_missing", .memory = 1 << 20};
    hg__data *d = read_all(&c, s, &o, &side, &notes);
    assert_int_equal(d->rows, 1950);
    assert_int_equal(d->skipped, 50);
    assert_int_equal(d->width, s->width);
    assert_string_equal(d->format, "table");
    assert_string_equal(d->column[0], "size");
    assert_string_equal(d->column[1], "size=(missing)");
    assert_string_equal(d->column[2], "proto=tcp");
    assert_string_equal(d->column[4], "proto=(other)");
    assert_int_equal(side.groups, 4);
    assert_int_equal(notes.strange,
                     2000 / 30 - 2000 / 120); // some stand in rows that cannot be read
    int64_t row = 0;
    for (int64_t i = 0; i < d->rows; i++, row++) {
        float x[32];
        char text[64], wanted[64];
        if (row % 40 == 39) row++;
        assert_int_equal(side.number[i], row);
        assert_int_equal(side.label[i], row % 4 == 0);
        write_flow(row, 3, wanted);
        assert_string_equal(side.group_name[side.group[i]], *wanted ? wanted : "(missing)");
        assert_int_equal(hg__data_row(d, i, x, NULL), HG_OK);
        write_flow(row, 0, wanted);
        hg__column_decode(case_column(s, "size"), x, text, sizeof text);
        assert_string_equal(text, strcmp(wanted, "abc") == 0 ? "missing" : wanted);
    }
    hg__data_close(d);
    hg__side_columns_clear(&side);
    hg__schema_free(s);
}

static void rows_on_disk_are_those_in_memory(void **state) {
    (void)state;
    schema_case c;
    hg__side_columns side, other;
    hg__schema *s = learn(&c, 2000);
    hg__encode_options o = {.on_bad = "skip", .memory = 1 << 20};
    hg__data *d = read_all(&c, s, &o, &side, NULL);
    o.memory = 1;
    hg__data *e = read_all(&c, s, &o, &other, NULL);
    assert_true(d->base && !e->base && e->fd >= 0);
    assert_int_equal(d->rows, e->rows);
    assert_int_equal(d->skipped, 50 + 2000 / 30 - 2000 / 120);
    assert_true(d->fingerprint == e->fingerprint && d->fingerprint != 0);
    assert_null(side.label);
    assert_null(side.group);
    for (int64_t i = 0; i < d->rows; i++) {
        float x[32], y[32];
        assert_int_equal(hg__data_row(d, i, x, NULL), HG_OK);
        assert_int_equal(hg__data_row(e, i, y, NULL), HG_OK);
        assert_memory_equal(x, y, (size_t)d->width * sizeof *x);
        assert_int_equal(side.number[i], other.number[i]);
    }
    hg__data_close(d);
    hg__data_close(e);
    hg__side_columns_clear(&side);
    hg__side_columns_clear(&other);
    hg__schema_free(s);
}

static void no_numbers_are_kept_where_no_row_was_passed_over(void **state) {
    (void)state;
    schema_case c;
    hg__side_columns side;
    hg__schema *s = learn(&c, 2000);
    const hg__encode_options o = {.memory = 1 << 20};
    c.count = 29;
    hg__data *d = read_all(&c, s, &o, &side, NULL);
    assert_int_equal(d->rows, 29);
    assert_null(side.number);
    hg__data_close(d);
    hg__schema_free(s);
}

static void expect_refusal(schema_case *c, const hg__schema *s, const hg__encode_options *o,
                           const char *sentence) {
    hg__side_columns side;
    hg_error err = {0};
    case_rewind(&c->table, NULL);
    assert_null(hg__schema_read(s, &c->table, o, &side, NULL, &err));
    assert_string_equal(err.message, sentence);
    assert_null(side.label);
}

static void the_first_bad_row_stops_where_it_should(void **state) {
    (void)state;
    schema_case c;
    hg__schema *s = learn(&c, 2000);
    const hg__encode_options stop = {.memory = 1 << 20},
                             skip = {.on_bad = "skip", .memory = 1 << 20};
    expect_refusal(
        &c, s, &stop,
        "x.csv:31: column 'size': expected a number, got 'abc'; on_bad=score_missing takes it as "
        "missing, on_bad=skip leaves such rows out");
    c.order[0] = 1;
    c.order[5] = 4;
    expect_refusal(
        &c, s, &skip,
        "x.csv: none of 2000 rows can be used; the first: x.csv:2: column 'size': expected a "
        "number, got 'udp'; on_bad=score_missing takes it as missing, on_bad=skip leaves such rows "
        "out");
    c.count = 0;
    expect_refusal(&c, s, &skip, "x.csv: expected rows, got none");
    hg__schema_free(s);
}

// ---- labels -------------------------------------------------------------------------------------

static void write_class(int64_t row, int32_t column, char text[64]) {
    static const char *const classes[] = {"setosa", "virginica", "versicolor"};
    const int r = (int)row;
    if (column == 0) snprintf(text, 64, "%d", r * 7 % 13);
    if (column == 1) snprintf(text, 64, "%s", classes[r % 3]);
    if (column == 2) snprintf(text, 64, "%s", r == 5 ? "" : "1");
}

static void labels_that_say_nothing_are_listed(void **state) {
    (void)state;
    schema_case c;
    hg__side_columns side;
    case_open(&c, "x class ones", 0, 30, write_class);
    const hg__schema_options o = {.ignore = "class,ones"};
    hg__schema *s = case_infer(&c, &o);
    hg__encode_options e = {.label = "class", .memory = 1 << 20};
    expect_refusal(
        &c, s, &e,
        "x.csv: label=class: expected 0 and 1 or names such as normal, got setosa, versicolor, "
        "virginica; normal= says which are normal");
    e.normal = "satosa";
    expect_refusal(
        &c, s, &e,
        "x.csv: label=class: expected values that are normal=, at least one, got setosa, "
        "versicolor, virginica");
    e.normal = "setosa, virginica";
    hg__data *d = read_all(&c, s, &e, &side, NULL);
    for (int64_t i = 0; i < d->rows; i++) assert_int_equal(side.label[i], i % 3 == 2);
    hg__side_columns_clear(&side);
    hg__data_close(d);
    e = (hg__encode_options){.label = "clas", .memory = 1 << 20};
    expect_refusal(
        &c, s, &e,
        "x.csv: label=clas: expected the name of a column or a number from 1 to 3; did you mean "
        "'class'?");
    e.label = "ones";
    expect_refusal(&c, s, &e, "x.csv:7: column 'ones': expected a label, got nothing");
    c.count = 5; // anomalies only: 1 says so
    d = read_all(&c, s, &e, &side, NULL);
    for (int64_t i = 0; i < d->rows; i++) assert_int_equal(side.label[i], 1);
    hg__side_columns_clear(&side);
    hg__data_close(d);
    hg__schema_free(s);
}

static void values_of_labels_are_words_or_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text, *normal;
        bool is_normal;
    } values[] = {
        {"0",       "",           true },
        {"0.0",     "",           true },
        {"1",       "",           false},
        {"Normal.", "",           true },
        {"BENIGN",  "",           true },
        {"normal",  "smurf",      false},
        {"2",       "smurf,2.0",  true },
        {"a b",     "c, \"a b\"", true },
        {"a,b",     "\"a,b\"",    true },
        {"",        "",           false},
        {"no rmal", "",           false},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        hg__cell cell = {HG_CELL_TEXT, (int32_t)strlen(values[i].text), 0, values[i].text};
        if (hg__parse_float(cell.text, &cell.number)) cell.kind = HG_CELL_NUMBER;
        if (cell.size == 0) cell.kind = HG_CELL_MISSING;
        assert_int_equal(hg__label_is_normal(&cell, values[i].normal), values[i].is_normal);
    }
}

// ---- from a file --------------------------------------------------------------------------------

static void a_csv_file_is_learned_and_read(void **state) {
    (void)state;
    char path[] = "/tmp/hourglass-test-XXXXXX.csv";
    const int fd = mkstemps(path, 4);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    fprintf(f, "id,when,amount,city\n");
    for (int i = 0; i < 500; i++) {
        fprintf(f, "%d,2024-0%d-%02d 12:00:00,%d,\"%s\"\n", 5000 + i, 1 + i % 6, 1 + i % 28, i * i,
                i % 3   ? "New York, NY"
                : i % 2 ? ""
                        : "Bonn");
    }
    fclose(f);
    hg_error err = {0};
    hg__side_columns side;
    hg__encoding_notes notes = {0};
    hg__table *t = hg__table_open(path, NULL, &err);
    assert_non_null(t);
    const hg__schema_options o = {0};
    hg__schema *s = hg__schema_infer(t, &o, NULL, &err);
    assert_string_equal(err.message, "");
    assert_non_null(s);
    assert_int_equal(s->columns, 4);
    assert_int_equal(s->column[0].kind, HG_COLUMN_ID);
    assert_int_equal(s->column[1].kind, HG_COLUMN_TIME);
    assert_string_equal(s->column[3].level[0], "New York, NY");
    assert_true(s->column[3].may_miss);
    const hg__encode_options e = {.memory = 1 << 20};
    hg__data *d = hg__schema_read(s, t, &e, &side, &notes, &err);
    assert_non_null(d);
    assert_int_equal(d->rows, 500);
    assert_int_equal(notes.missing + notes.unseen + notes.strange + notes.changed, 0);
    hg__data_close(d);
    hg__side_columns_clear(&side);
    hg__schema_free(s);
    hg__table_close(t);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_becomes_rows_with_labels_groups_and_numbers),
        cmocka_unit_test(rows_on_disk_are_those_in_memory),
        cmocka_unit_test(no_numbers_are_kept_where_no_row_was_passed_over),
        cmocka_unit_test(the_first_bad_row_stops_where_it_should),
        cmocka_unit_test(labels_that_say_nothing_are_listed),
        cmocka_unit_test(values_of_labels_are_words_or_numbers),
        cmocka_unit_test(a_csv_file_is_learned_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
