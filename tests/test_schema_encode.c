// SPDX-License-Identifier: Apache-2.0
// test_schema_encode.c - cells become floats, floats become words again, and columns are found wherever they stand.
#include <math.h>

#include "schema_case.h"

// Rows from 100 on: what training never saw.
static bool write_later(int64_t row, int32_t column, char text[64]) {
    static const char *const first[] = {"gre", "100", "", NULL, NULL, "443", "2", NULL};
    static const char *const next[] = {"", "100", "abc", NULL, NULL, "443", "2", NULL};
    const char *said = row == 100 ? first[column] : next[column];
    if (said) snprintf(text, 64, "%s", said);
    return said != NULL;
}

// Training: 100 rows.
static void write_row(int64_t row, int32_t column, char text[64]) {
    static const char *const protocols[] = {"tcp", "udp", "tcp", "icmp"};
    const int r = (int)row;
    if (row >= 100 && write_later(row, column, text)) return;
    switch (column) {
    case 0: snprintf(text, 64, "%s", protocols[r % 4]); break;
    case 1: snprintf(text, 64, "%d", r % 10); break;
    case 2: snprintf(text, 64, "%s", r % 4 ? "0" : "2"); break;
    case 3: snprintf(text, 64, "%s", r % 5 ? r % 2 ? "True" : "false" : ""); break;
    case 4: snprintf(text, 64, "2024-05-%02dT%02d:00:00Z", 1 + r % 28, r % 24); break;
    case 5: snprintf(text, 64, "%d", r % 3 ? 80 : 53); break;
    case 6: snprintf(text, 64, "1"); break;
    default: snprintf(text, 64, "%s", r % 3 ? "normal" : "attack"); break;
    }
}

static const char *const names = "proto size load up when port fixed class";
static const hg__schema_options options = {.override = "port category", .ignore = "class"};

static hg__schema *learn(schema_case *c) {
    case_open(c, names, 0, 100, write_row);
    hg__schema *s = case_infer(c, &options);
    c->count = 110;
    return s;
}

static void expect_text(const hg__schema *s, const char *name, const float *x, const char *text) {
    char got[64];
    hg__column_decode(case_column(s, name), x, got, sizeof got);
    assert_string_equal(got, text);
}

static void cells_become_floats_and_words_again(void **state) {
    (void)state;
    schema_case c;
    float x[64];
    hg__encoding_notes notes = {0};
    hg__schema *s = learn(&c);
    assert_int_equal(s->width, 4 + 1 + 1 + 2 + 4 + 3 + 1);
    assert_int_equal(case_encode(&c, s, 7, false, x, &notes, NULL), HG_OK);
    static const float proto[] = {0, 1, 0, 0}; // "tcp", "icmp", "udp", others
    assert_memory_equal(x, proto, sizeof proto);
    expect_text(s, "proto", x, "icmp");
    expect_text(s, "size", x, "7");
    expect_text(s, "load", x, "0");
    expect_text(s, "up", x, "True");
    expect_text(s, "when", x, "Wed 07:00");
    expect_text(s, "port", x, "80");
    assert_true(x[case_column(s, "fixed")->first] == 0);
    assert_int_equal(case_encode(&c, s, 10, false, x, &notes, NULL), HG_OK);
    expect_text(s, "up", x, "missing");
    assert_int_equal(notes.missing + notes.unseen + notes.strange + notes.changed, 0);
    hg__schema_free(s);
}

static void what_training_never_saw_is_counted(void **state) {
    (void)state;
    schema_case c;
    float x[64];
    hg__encoding_notes notes = {0};
    hg__schema *s = learn(&c);
    assert_int_equal(case_encode(&c, s, 100, true, x, &notes, NULL), HG_OK);
    assert_int_equal(notes.unseen, 2); // gre, 443
    assert_int_equal(notes.missing, 1);
    assert_int_equal(notes.changed, 1);
    assert_true(x[case_column(s, "fixed")->first] == 1);
    expect_text(s, "fixed", x, "(another)");
    expect_text(s, "proto", x, "(other)");
    expect_text(s, "port", x, "(other)");
    expect_text(s, "load", x, "0"); // the median stands for what is missing
    assert_int_equal(case_encode(&c, s, 101, true, x, &notes, NULL), HG_OK);
    assert_int_equal(notes.strange, 1);
    assert_int_equal(notes.missing, 2);
    expect_text(s, "proto", x, "tcp"); // so does the most frequent level
    hg__schema_free(s);
}

static void a_strict_reader_says_where_a_value_is_out_of_place(void **state) {
    (void)state;
    schema_case c;
    float x[64];
    hg_error err = {0};
    hg__encoding_notes notes = {0};
    hg__schema *s = learn(&c);
    assert_int_equal(case_encode(&c, s, 100, false, x, &notes, &err), HG_ERR_DATA);
    assert_string_equal(
        err.message,
        "x.csv:102: column 'load': expected a value, as in all of training, got nothing; "
        "on_bad=score_missing takes it as missing, on_bad=skip leaves such rows out");
    assert_int_equal(notes.unseen, 0); // a refused row leaves no notes
    c.order[0] = 2;
    c.order[2] = 0;
    c.write = write_row;
    assert_int_equal(case_encode(&c, s, 101, false, x, &notes, &err), HG_ERR_DATA);
    assert_string_equal(
        err.message,
        "x.csv:103: column 'load': expected a value, as in all of training, got nothing; "
        "on_bad=score_missing takes it as missing, on_bad=skip leaves such rows out");
    assert_int_equal(case_encode(&c, s, 3, false, x, &notes, &err), HG_ERR_DATA);
    assert_string_equal(
        err.message,
        "x.csv:5: column 'load': expected a number, got 'icmp'; on_bad=score_missing takes it "
        "as missing, on_bad=skip leaves such rows out");
    hg__schema_free(s);
}

// ---- which column is which ----------------------------------------------------------------------

static void columns_in_another_order_give_the_same_bits(void **state) {
    (void)state;
    schema_case c, other;
    float x[64], y[64];
    hg__encoding_notes a = {0}, b = {0};
    hg__schema *s = learn(&c);
    case_open(&other, "new port class when up load size fixed proto", 0, 110, write_row);
    static const int32_t order[] = {7, 5, 7, 4, 3, 2, 1, 6, 0};
    memcpy(other.order, order, sizeof order);
    for (int64_t row = 0; row < 102; row++) {
        memset(x, 0xff, sizeof x);
        memset(y, 0xff, sizeof y);
        assert_int_equal(case_encode(&c, s, row, true, x, &a, NULL), HG_OK);
        assert_int_equal(case_encode(&other, s, row, true, y, &b, NULL), HG_OK);
        assert_memory_equal(x, y, sizeof x);
    }
    assert_memory_equal(&a, &b, sizeof a);
    hg__schema_free(s);
}

static void learning_from_another_order_gives_the_same_columns(void **state) {
    (void)state;
    schema_case c, other;
    hg__schema *s = learn(&c);
    case_open(&other, "port class when up load size fixed proto", 0, 100, write_row);
    static const int32_t order[] = {5, 7, 4, 3, 2, 1, 6, 0};
    memcpy(other.order, order, sizeof order);
    hg__schema *t = case_infer(&other, &options);
    assert_int_equal(s->width, t->width);
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *p = &s->column[i], *q = case_column(t, p->name);
        assert_true(p->kind == q->kind && p->centre == q->centre && p->scale == q->scale);
        assert_true(p->fill == q->fill && p->levels == q->levels && p->width == q->width);
        for (int32_t k = 0; k < p->levels; k++) assert_string_equal(p->level[k], q->level[k]);
    }
    hg__schema_free(s);
    hg__schema_free(t);
}

static void a_missing_column_is_named_with_its_nearest(void **state) {
    (void)state;
    schema_case c;
    int32_t from[CASE_COLUMNS];
    hg_error err = {0};
    hg__schema *s = learn(&c);
    case_open(&c, "proto sizes load up when port class", 0, 10, write_row);
    assert_int_equal(hg__schema_match(s, &c.table, from, &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "x.csv: expected a column 'size' as in training; nearest is 'sizes'");
    hg__schema_free(s);
}

static void without_names_columns_count_with_or_without_the_label(void **state) {
    (void)state;
    schema_case c;
    int32_t from[CASE_COLUMNS];
    hg_error err = {0};
    case_open(&c, NULL, 8, 100, write_row);
    c.order[2] = 7; // the label stands third
    c.order[7] = 2;
    const hg__schema_options o = {.label = "3", .ignore = "1,4"};
    hg__schema *s = case_infer(&c, &o);
    assert_int_equal(s->columns, 5);
    assert_int_equal(s->label, 2);
    assert_int_equal(hg__schema_match(s, &c.table, from, &err), HG_OK);
    static const int32_t all[] = {1, 4, 5, 6, 7}, less[] = {1, 3, 4, 5, 6};
    assert_memory_equal(from, all, sizeof all);
    case_open(&c, NULL, 7, 100, write_row);
    assert_int_equal(hg__schema_match(s, &c.table, from, &err), HG_OK);
    assert_memory_equal(from, less, sizeof less);
    case_open(&c, NULL, 6, 100, write_row);
    assert_int_equal(hg__schema_match(s, &c.table, from, &err), HG_ERR_DATA);
    assert_string_equal(
        err.message,
        "x.csv: expected 8 columns as in training, or one less without the label, got 6");
    hg__schema_free(s);
}

// ---- single cells -------------------------------------------------------------------------------

static void numbers_are_levels_in_one_form_however_written(void **state) {
    (void)state;
    static const double values[] = {0, -0.0, 7, -7, 443, 1e15, 1e300, 0.1, 1.5, -123456789012345};
    static const char *const texts[] = {"0",     "0",      "7",   "-7",  "443",
                                        "1e+15", "1e+300", "0.1", "1.5", "-123456789012345"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char buffer[32];
        const char *text;
        const hg__cell cell = {HG_CELL_NUMBER, 0, values[i], NULL};
        const size_t size = hg__level_text(&cell, buffer, &text);
        assert_string_equal(text, texts[i]);
        assert_int_equal(size, strlen(texts[i]));
    }
}

static void times_are_read_in_every_iso_form(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds; // -1: none
    } times[] = {
        {"1970-01-01",                0            },
        {"2000-02-29",                951782400    },
        {"1969-12-31",                -86400       },
        {"2024-05-31 14:30",          1717165800   },
        {"2024-05-31T14:30:15",       1717165815   },
        {"2024-05-31 14:30:15.25",    1717165815.25},
        {"2024-05-31T14:30:15Z",      1717165815   },
        {"2024-05-31T14:30:15+02:00", 1717158615   },
        {"2024-05-31T14:30:15-0530",  1717185615   },
        {"2024-05-31 14:30:15 +02",   1717158615   },
        {"2023-02-29",                -1           },
        {"2024-13-01",                -1           },
        {"2024-5-31 12:00",           -1           },
        {"2024-05-31x14:30",          -1           },
        {"2024-05-31 24:30",          -1           },
        {"2024-05-31 14:30:15.",      -1           },
        {"2024-05-31 14:30:15 later", -1           },
        {"2024-05-3",                 -1           },
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        double seconds = -1;
        const bool good = hg__parse_time(times[i].text, strlen(times[i].text), &seconds);
        if (good != (times[i].seconds != -1)) print_error("%s\n", times[i].text);
        assert_int_equal(good, times[i].seconds != -1);
        if (good) assert_true(seconds == times[i].seconds);
    }
}

static void lists_of_columns_may_quote_their_names(void **state) {
    (void)state;
    char name[32], words[32];
    const char *p = " port category,\"a \"\"b\"\", c\" log  robust ,, x ";
    assert_true(hg__list_next(&p, false, name, words, sizeof name));
    assert_string_equal(name, "port");
    assert_string_equal(words, "category");
    assert_true(hg__list_next(&p, false, name, words, sizeof name));
    assert_string_equal(name, "a \"b\", c");
    assert_string_equal(words, "log  robust");
    assert_true(hg__list_next(&p, false, name, words, sizeof name));
    assert_string_equal(name, "x");
    assert_string_equal(words, "");
    assert_false(hg__list_next(&p, false, name, words, sizeof name));
    p = "two words,\"x";
    assert_true(hg__list_next(&p, true, name, words, sizeof name));
    assert_string_equal(name, "two words");
    assert_true(hg__list_next(&p, true, name, words, sizeof name));
    assert_string_equal(name, "x");
}

static void absurd_numbers_stay_finite_and_in_order(void **state) {
    (void)state;
    static const double values[] = {-1.7e308, -1e300, -1e30, -1e5, 0, 3, 1e5, 1e30, 1e300, 1.7e308};
    static const char *const ways[] = {"size", "size log", "size robust", "size quantile",
                                       "size log quantile"};
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        schema_case c;
        case_open(&c, names, 0, 100, write_row);
        char said[64];
        snprintf(said, sizeof said, "%s number", ways[w]);
        const hg__schema_options o = {.override = said};
        hg__schema *s = case_infer(&c, &o);
        float before = -HG_SCALED_LIMIT;
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            const float x = hg__scale_apply(case_column(s, "size"), values[i]);
            assert_true(isfinite(x) && x >= before && x <= (float)HG_SCALED_LIMIT);
            before = x;
        }
        hg__schema_free(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_become_floats_and_words_again),
        cmocka_unit_test(what_training_never_saw_is_counted),
        cmocka_unit_test(a_strict_reader_says_where_a_value_is_out_of_place),
        cmocka_unit_test(columns_in_another_order_give_the_same_bits),
        cmocka_unit_test(learning_from_another_order_gives_the_same_columns),
        cmocka_unit_test(a_missing_column_is_named_with_its_nearest),
        cmocka_unit_test(without_names_columns_count_with_or_without_the_label),
        cmocka_unit_test(numbers_are_levels_in_one_form_however_written),
        cmocka_unit_test(times_are_read_in_every_iso_form),
        cmocka_unit_test(lists_of_columns_may_quote_their_names),
        cmocka_unit_test(absurd_numbers_stay_finite_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
