// SPDX-License-Identifier: Apache-2.0
// test_table_jsonl.c - lines of JSON as a table: columns by name, every kind of value, and every way a line can be wrong.
#include "base/mem.h"
#include "table_case.h"

#define LINES(text, says) expect_table(BYTES(text), "x.jsonl", NULL, says)

static void names_are_columns(void **state) {
    (void)state;
    LINES("{\"t\": 2, \"p\": 5}\n{\"t\": 3, \"p\": 4.5}\n", "# t|p\n2|5\n3|4.5\n");
    LINES("\xef\xbb\xbf\n { \"a\" :1,\"b\":\"x\" } \r\n\n{\"b\":\"y\",\"c\":-1e3,\"a\":0}",
          "# a|b|c\n1|'x'|?\n0|'y'|-1000\n");
    LINES("{\"a\":true,\"b\":null}\n{\"a\":false}\n{}\n", "# a|b\n1|?\n0|?\n?|?\n");
    LINES("{\"\":1,\"column 1\":2}\n", "# column 1|column 1.2\n1|2\n");
}

static void values_are_as_in_csv(void **state) {
    (void)state;
    LINES("{\"a\":\"12.5\"}\n{\"a\":\"NA\"}\n{\"a\":\"\"}\n{\"a\":NaN}\n{\"a\":\"INF\"}\n",
          "# a\n12.5\n?\n?\n?\n'INF'\n");
    LINES("{\"a\\u00e4\\n\":\"\\\"\\\\\\/\\u20ac\\ud83d\\ude00\"}\n",
          "# a\xc3\xa4\n\n'\"\\/\xe2\x82\xac\xf0\x9f\x98\x80'\n");
    LINES("{\"a\":0.1234567890123456789}\n", "# a\n0.12345678901234568\n");
}

static void objects_within_are_opened(void **state) {
    (void)state;
    LINES("{\"t\":1,\"flow\":{\"pkts\":2,\"tcp\": { \"syn\" : true , \"fin\":null}},\"end\":{}}\n"
          "{\"flow\":{\"tcp\":{\"fin\":\"x\"},\"pkts\":3},\"t\":4}\n{\"flow\":{}}\n{\"flow\":{"
          "\"tcp\":null}}\n",
          "# "
          "t|flow.pkts|flow.tcp.syn|flow.tcp.fin|flow.tcp\n1|2|1|?|?\n4|3|?|'x'|?\n?|?|?|?|?\n?|?|?"
          "|?|?\n");
    LINES("{\"a.b\":1,\"a\":{\"c\":2}}\n{\"a\":{\"b\":3},\"a.b\":4}\n{\"a\":{\"b\":5}}\n",
          "# a.b|a.c\n1|2\n! x.jsonl:2: column 'a.b': expected a name once, got it twice\n5|?\n");
}

static void lists_are_texts(void **state) {
    (void)state;
    LINES("{\"a\":[],\"b\":[1, \"]\\\"\", {\"c\":[2]}],\"d\":1}\n{\"b\":[\"\xff\"]}\n",
          "# a|b|d\n'[]'|'[1, \"]\\\"\", {\"c\":[2]}]'|1\n"
          "! x.jsonl:2: column 'b': expected a text in UTF-8, got other bytes\n");
}

static void too_deep_a_line_is_a_bad_row(void **state) {
    (void)state;
    enum { DEEP = 70 };
    hg__text text = {0};
    hg__text_add(&text, "{\"z\":1}\n");
    for (int i = 0; i < DEEP; i++) hg__text_add(&text, "{\"a\":");
    hg__text_add(&text, "1");
    for (int i = 0; i < DEEP; i++) hg__text_add(&text, "}");
    hg__text_add(&text, "\n{\"z\":");
    for (int i = 0; i < DEEP; i++) hg__text_add(&text, "[");
    for (int i = 0; i < DEEP; i++) hg__text_add(&text, "]");
    hg__text_add(&text, "}\n{\"");
    for (int i = 0; i < 200; i++) hg__text_add(&text, "n");
    hg__text_add(&text, "\":{\"");
    for (int i = 0; i < 60; i++) hg__text_add(&text, "m");
    hg__text_add(&text, "\":1}}\n");
    assert_false(text.failed);
    const sample_file f = save_sample(text.data, text.length, "x.jsonl");
    hg_error err = {0};
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(t->columns, 1);
    hg__cell cell;
    assert_int_equal(hg__table_next(t, &cell, &err), 1);
    for (int i = 0; i < 3; i++) {
        static const char *const why[] = {"objects 16 deep at most", "lists 64 deep at most",
                                          "of 255 bytes together"};
        assert_int_equal(hg__table_next(t, &cell, &err), HG_ERR_DATA);
        assert_non_null(strstr(err.message, why[i]));
    }
    assert_int_equal(hg__table_next(t, &cell, &err), 0);
    hg__table_close(t);
    remove_sample(&f);
    hg__text_clear(&text);
}

static void a_model_s_column_may_be_in_no_line(void **state) {
    (void)state;
    const char *const names[] = {"c", "d", "a"};
    const hg__table_options o = {
        .header = {.is_known = true, .name = names, .names = 3, .absent = 2}
    };
    const char lines[] = "{\"a\":1}\n{\"a\":2,\"b\":3}\n";
    expect_table(BYTES(lines), "x.jsonl", &o, "# a|b|c|d\n1|?|?|?\n2|3|?|?\n");
    LINES("{\"x\":1}\n", "# x\n1\n");
    const char others[] = "{\"x\":1}\n";
    expect_table(BYTES(others), "x.jsonl", &o, "# x\n1\n");
}

static void bad_lines_are_passed_over(void **state) {
    (void)state;
    LINES(
        "{\"a\":1}\n{\"a\":[1}}\n{\"a\":{\"b\":{}\n{\"a\":1e999}\n{\"a\":1,\"a\":2}\n{\"a\":"
        "\"\\ud800\"}"
        "\n"
        "{\"a\" 1}\n{\"a\":1,}\n{\"a\":.5}\nx\n{\"a\":1} 2\n{\"a\n{\"a\":-}\n{\"a\":\"\\u0000\"}\n"
        "{\"a\":\"\xff\"}\n{\"a\":\"\t\"}\n{\"a\":Infinity}\n{\"a\":2}\n",
        "# a\n1\n"
        "! x.jsonl:2: column 'a': expected a list, got brackets that do not match\n"
        "! x.jsonl:3: column 'a.b': expected a comma or }, got something else\n"
        "! x.jsonl:4: column 'a': expected a finite number, got one that is none\n"
        "! x.jsonl:5: column 'a': expected a name once, got it twice\n"
        "! x.jsonl:6: column 'a': expected a string, got a backslash that means nothing\n"
        "! x.jsonl:7: column 'a': expected a colon behind a name, got something else\n"
        "! x.jsonl:8: expected a name in quotes, got something else\n"
        "! x.jsonl:9: column 'a': expected a value, got something else\n"
        "! x.jsonl:10: expected an object in one line, got something else\n"
        "! x.jsonl:11: expected the end of the line behind an object, got more\n"
        "! x.jsonl:12: expected a closing quote, got the end of the line\n"
        "! x.jsonl:13: column 'a': expected a value, got something else\n"
        "! x.jsonl:14: column 'a': expected a string, got a backslash that means nothing\n"
        "! x.jsonl:15: column 'a': expected a text in UTF-8, got other bytes\n"
        "! x.jsonl:16: column 'a': expected a string, got a control character in it\n"
        "! x.jsonl:17: column 'a': expected a finite number, got one that is none\n"
        "2\n");
    LINES("{\"a\": [1,2\n",
          "! x.jsonl:1: column 'a': expected a closing bracket, got the end of the line");
    LINES("{\"\xff\": 1}\n", "! x.jsonl:1: expected names in UTF-8, got other bytes");
}

// Many columns, in another order in every line, some of which come late.
static void many_names_are_found(void **state) {
    (void)state;
    enum { COLUMNS = 700, ROWS = 40 };
    hg__text text = {0};
    for (int r = 0; r < ROWS; r++) {
        hg__text_add(&text, "{");
        for (int k = 0; k <= 20 * r && k < COLUMNS; k++) {
            const int c = (k + r) % (20 * r + 1);
            hg__text_add(&text, "%s\"c%d\":%d", k ? "," : "", c, 1000 * r + c);
        }
        hg__text_add(&text, "}\n");
    }
    const sample_file f = save_sample(text.data, text.length, "x.jsonl");
    hg_error err = {0};
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    hg__cell *cell = calloc((size_t)t->columns, sizeof *cell);
    assert_non_null(cell);
    for (int r = 0; r < ROWS; r++) {
        int found = 0;
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        for (int32_t i = 0; i < t->columns; i++) {
            if (cell[i].kind == HG_CELL_MISSING) continue;
            assert_true(cell[i].number == 1000.0 * r + (double)strtol(t->name[i] + 1, NULL, 10));
            found++;
        }
        assert_int_equal(found, 20 * r + 1 < COLUMNS ? 20 * r + 1 : COLUMNS);
    }
    assert_int_equal(hg__table_next(t, cell, &err), 0);
    free(cell);
    hg__table_close(t);
    remove_sample(&f);
    hg__text_clear(&text);
}

static void a_line_too_long_is_a_bad_row(void **state) {
    (void)state;
    hg__text text = {0};
    char block[4096];
    memset(block, 'x', sizeof block);
    hg__text_add(&text, "{\"a\":1}\n{\"a\":\"");
    for (int i = 0; i < 8500; i++) hg__text_add_bytes(&text, block, sizeof block);
    hg__text_add(&text, "\"}\n{\"a\":2}\n");
    assert_false(text.failed);
    expect_table(
        text.data, text.length, "x.jsonl", NULL,
        "# a\n1\n! x.jsonl:2: expected a line of at most 16777216 bytes, got a longer one\n2\n");
    hg__text_clear(&text);
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_table("table_csv/good.jsonl", "x.jsonl");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_columns),
        cmocka_unit_test(values_are_as_in_csv),
        cmocka_unit_test(objects_within_are_opened),
        cmocka_unit_test(lists_are_texts),
        cmocka_unit_test(too_deep_a_line_is_a_bad_row),
        cmocka_unit_test(a_model_s_column_may_be_in_no_line),
        cmocka_unit_test(bad_lines_are_passed_over),
        cmocka_unit_test(many_names_are_found),
        cmocka_unit_test(a_line_too_long_is_a_bad_row),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
