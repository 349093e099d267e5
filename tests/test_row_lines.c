// SPDX-License-Identifier: Apache-2.0
// test_row_lines.c - lines of CSV and JSON as rows and steps: what is read, what is refused and how that is said, gaps, late rows.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/csv_number.h"
#include "csv/time_text.h"
#include "faults.h"
#include "streams/row_lines.h"

#include <cmocka.h>

static const char *const two[] = {"flow", "pressure"};

static hg__row_lines *make(hg__row_lines_options o) {
    hg_error err;
    if (!o.name) {
        o.name = two;
        o.channels = 2;
    }
    if (!o.place) o.place = "rig";
    hg__row_lines *r = hg__row_lines_new(&o, &err);
    assert_non_null(r);
    return r;
}

static const hg__row_lines_options any = {.format = HG_ROW_TIME_ANY};

static int add(hg__row_lines *r, const char *line, hg_error *err) {
    static char text[8192 + HG_CSV_PAD];
    const size_t size = strlen(line);
    assert_true(size < 8192);
    memcpy(text, line, size + 1);
    text[size] = '\n';
    memset(text + size + 1, 0, HG_CSV_PAD - 1);
    return hg__row_lines_add(r, text, size, err);
}

static void expect_row(hg__row_lines *r, const char *line) {
    hg_error err = {0};
    const int code = add(r, line, &err);
    if (code < 0) print_message("%s\n", err.message);
    assert_int_equal(code, 1);
}

static void expect_none(hg__row_lines *r, const char *line) {
    hg_error err = {0};
    const int code = add(r, line, &err);
    if (code < 0) print_message("%s\n", err.message);
    assert_int_equal(code, 0);
}

static void expect_bad(hg__row_lines *r, const char *line, const char *sentence) {
    hg_error err = {0};
    assert_int_equal(add(r, line, &err), HG_ERR_DATA);
    assert_string_equal(err.message, sentence);
}

static bool is_same(float a, float b) {
    return a == b || (isnan(a) && isnan(b));
}

// The only step of what was added.
static void expect_step(hg__row_lines *r, float first, float second, double time) {
    hg__steps s;
    assert_int_equal(hg__row_lines_take(r, &s), 1);
    assert_int_equal(s.count, 1);
    assert_true(is_same(s.value[0], first) && is_same(s.value[1], second));
    if (time >= 0) assert_true(s.time[0] == time);
    assert_int_equal(hg__row_lines_take(r, &s), 0);
}

static void columns_of_a_header_are_found_by_name(void **state) {
    (void)state;
    hg__row_lines *r = make(any);
    expect_none(r, "\xef\xbb\xbfid,pressure,timestamp,note,flow");
    expect_row(r, "7,1.5,2026-01-31T12:00:00Z,\"a, b\",-2e3");
    expect_step(r, -2000, 1.5F, 1769860800);
    expect_row(r, "8,,2026-01-31 12:00:01.25,,NaN");
    expect_step(r, NAN, NAN, 1769860801.25);
    expect_row(r, "9, 3 ,2026-01-31T12:00:02+01:00,x,\"4\"");
    expect_step(r, 4, 3, 1769857202);
    expect_none(r, "");
    hg__row_lines_free(r);
    r = make(any);
    expect_none(r, "pressure;flow");
    expect_row(r, "3,14;2");
    expect_step(r, 2, 3.14F, -1);
    hg__row_lines_free(r);
}

static void without_a_header_cells_are_taken_in_order(void **state) {
    (void)state;
    hg__row_lines *r = make(any);
    expect_row(r, "1,2");
    expect_step(r, 1, 2, -1);
    expect_bad(r, "1,2,3", "rig: line 2: expected 2 cells, got 3");
    hg__row_lines_free(r);
    r = make(any);
    expect_row(r, "100.5,1,2");
    expect_step(r, 1, 2, 100.5);
    hg__row_lines_free(r);
    hg__row_lines_options o = any;
    o.time = "none";
    r = make(o);
    expect_bad(r, "100.5,1,2", "rig: line 1: expected a header, or 2 cells, got 3");
    expect_row(r, "1\t2");
    expect_step(r, 1, 2, -1);
    hg__row_lines_free(r);
}

static void a_header_may_come_again_in_another_order(void **state) {
    (void)state;
    hg__row_lines *r = make(any);
    expect_none(r, "flow,pressure");
    expect_row(r, "1,2");
    expect_step(r, 1, 2, -1);
    expect_none(r, "flow,pressure");
    expect_none(r, "pressure,time,flow");
    expect_row(r, "1,5,2");
    expect_step(r, 2, 1, 5);
    assert_int_equal(hg__row_lines_count(r).bad, 0);
    hg__row_lines_free(r);
}

static void members_of_an_object_are_found_by_key(void **state) {
    (void)state;
    hg__row_lines *r = make(any);
    expect_row(r, "{\"time\": 1769860800, \"flow\": 1, \"pressure\": 2.5, \"unit\": \"bar\"}");
    expect_step(r, 1, 2.5F, 1769860800);
    expect_row(r,
               " {\"pressure\": null, \"other\": [1, 2], \"flow\": true , \"time\":1769860801}\r");
    expect_step(r, 1, NAN, 1769860801);
    expect_row(r, "{\"flow\":\"3.5\",\"time\":1769860802}");
    expect_step(r, 3.5F, NAN, 1769860802);
    expect_bad(r, "{\"flow\":", "rig: line 4: expected a value, got something else");
    expect_bad(r, "{\"flows\":1}",
               "rig: line 5: expected an object with 'flow' or others of the model's channels, got "
               "none of "
               "them");
    expect_bad(r, "{\"flow\":[1]}", "rig: line 6: column 'flow': expected a number, got '[1]'");
    expect_bad(r, "{\"flow\":1,\"time\":\"soon\"}",
               "rig: line 7: column 'time': expected a time, got 'soon'");
    hg__row_lines_free(r);
}

static void bad_lines_are_said_and_reading_goes_on(void **state) {
    (void)state;
    hg__row_lines *r = make(any);
    expect_bad(r, "flow,pressur",
               "rig: line 1: expected a header with column 'pressure', got one without");
    expect_none(r, "flow,pressure");
    expect_bad(r, "1", "rig: line 3: expected 2 cells, got 1");
    expect_bad(r, "1,2,3", "rig: line 4: expected 2 cells, got 3");
    expect_bad(r, "1,x", "rig: line 5: column 'pressure': expected a number, got 'x'");
    expect_bad(r, "1,1e999", "rig: line 6: column 'pressure': expected a number, got '1e999'");
    expect_bad(r, "1,\"2", "rig: line 7: expected quotes that close, got the end of the line");
    expect_bad(r, "1,2\n3,4", "rig: line 8: expected one line, got several");
    expect_bad(r, "inf,2", "rig: line 9: column 'flow': expected a number, got 'inf'");
    expect_row(r, "1,2");
    hg__steps s;
    assert_int_equal(hg__row_lines_take(r, &s), 1);
    assert_int_equal(s.row[0], 8);
    assert_int_equal(hg__row_lines_count(r).bad, 8);
    assert_int_equal(hg__row_lines_take(r, &s), 0);
    hg__row_lines_free(r);
}

static void on_bad_skips_or_takes_as_missing(void **state) {
    (void)state;
    hg__row_lines_options o = any;
    o.on_bad = "skip";
    hg__row_lines *r = make(o);
    expect_none(r, "flow,pressure");
    expect_none(r, "1,x");
    expect_none(r, "1");
    expect_row(r, "1,2");
    expect_step(r, 1, 2, -1);
    assert_int_equal(hg__row_lines_count(r).bad, 2);
    hg__row_lines_free(r);
    o.on_bad = "score_missing";
    r = make(o);
    expect_none(r, "time,flow,pressure");
    expect_row(r, "1,2,x");
    expect_step(r, 2, NAN, 1);
    expect_row(r, "soon,2,3");
    expect_step(r, 2, 3, -1);
    expect_bad(r, "1,2", "rig: line 4: expected 3 cells, got 2");
    assert_int_equal(hg__row_lines_count(r).bad_cells, 2);
    hg__row_lines_free(r);
}

static void times_are_read_as_they_are_written(void **state) {
    (void)state;
    static const struct {
        const char *text[2];
        double seconds[2];
    } rows[] = {
        {{"1769860800", "1769860801.5"},                            {1769860800, 1769860801.5}      },
        {{"1769860800123", "1769860801123"},                        {1769860800.123, 1769860801.123}},
        {{"0.5", "0.75"},                                           {0.5, 0.75}                     },
        {{"31.01.2026 12:00:00", "31.01.2026 12:00:01"},            {1769860800, 1769860801}        },
        {{"2026-01-31T12:00:59.999999999Z", "2026-01-31T12:01:00"},
         {1769860859.999999999, 1769860860}                                                         },
        {{"2026-01-31T12:00:00", "2026-01-31T12:00:07.125Z"},       {1769860800, 1769860807.125}    },
        {{"23:59:59", "00:00:01"},                                  {86399, 86401}                  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hg__row_lines *r = make(any);
        for (int j = 0; j < 2; j++) {
            char line[100];
            hg__steps s;
            snprintf(line, sizeof line, "%s,1,2", rows[i].text[j]);
            expect_row(r, line);
            assert_int_equal(hg__row_lines_take(r, &s), 1);
            assert_true(s.time[0] == rows[i].seconds[j]);
            assert_string_equal(s.when[0], rows[i].text[j]);
            assert_int_equal(hg__row_lines_take(r, &s), 0);
        }
        hg__row_lines_free(r);
    }
    hg__row_lines_options o = {.format = HG_ROW_TIME_NUMBER, .unit = 1e-3};
    hg__row_lines *r = make(o);
    expect_row(r, "1500,1,2");
    expect_step(r, 1, 2, 1.5);
    hg__row_lines_free(r);
}

static void gaps_are_bridged_and_late_rows_dropped(void **state) {
    (void)state;
    hg__row_lines_options o = any;
    o.step = 10;
    o.bridge = 3;
    hg__row_lines *r = make(o);
    hg__steps s;
    static const char *const lines[] = {"1000,1,1", "1010,2,2", "1010,3,3", "1000,3,3",
                                        "1030,4,4", "1080,5,5", "100,6,6",  "110,7,7"};
    for (int i = 0; i < 8; i++) assert_int_equal(add(r, lines[i], NULL), 1);
    static const struct {
        int64_t row;
        double time;
        int value, begins; // 0: missing
    } steps[] = {
        {0,  1000, 1, 1},
        {1,  1010, 2, 0},
        {-1, 1020, 0, 0},
        {4,  1030, 4, 0},
        {5,  1080, 5, 1},
        {6,  100,  6, 1},
        {7,  110,  7, 0}
    };
    assert_int_equal(hg__row_lines_take(r, &s), 1);
    assert_int_equal(s.count, 7);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(s.row[i], steps[i].row);
        assert_true(s.time[i] == steps[i].time);
        assert_int_equal(s.begins[i], steps[i].begins);
        assert_true(is_same(s.value[2 * i], steps[i].value ? (float)steps[i].value : NAN));
    }
    assert_string_equal(s.when[2], "");
    assert_int_equal(hg__row_lines_take(r, &s), 0);
    const hg__row_lines_counts c = hg__row_lines_count(r);
    assert_int_equal(c.duplicates, 1);
    assert_int_equal(c.late, 1);
    assert_int_equal(c.bridged, 1);
    assert_int_equal(c.rows, 6);
    assert_int_equal(c.gaps, 2);
    assert_int_equal(c.restarts, 1);
    // The same rows one at a time are the same steps.
    hg__row_lines_free(r);
    r = make(o);
    int at = 0;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(add(r, lines[i], NULL), 1);
        while (hg__row_lines_take(r, &s) == 1) {
            for (int j = 0; j < s.count; j++, at++) {
                assert_int_equal(s.row[j], steps[at].row);
                assert_int_equal(s.begins[j], steps[at].begins);
            }
        }
    }
    assert_int_equal(at, 7);
    hg__row_lines_break(r);
    expect_row(r, "110,7,7");
    assert_int_equal(hg__row_lines_take(r, &s), 1);
    assert_int_equal(s.begins[0], 1);
    assert_int_equal(hg__row_lines_take(r, &s), 0);
    hg__row_lines_free(r);
}

static void without_times_rows_are_steps(void **state) {
    (void)state;
    hg__row_lines_options o = any;
    o.step = 0.5;
    hg__row_lines *r = make(o);
    hg__steps s;
    expect_row(r, "1,2");
    assert_int_equal(add(r, "1,x", NULL), HG_ERR_DATA);
    expect_row(r, "1,2");
    assert_int_equal(hg__row_lines_take(r, &s), 1);
    assert_int_equal(s.count, 2);
    assert_true(s.time[1] == 1);
    assert_int_equal(s.row[1], 2);
    assert_null(s.when);
    assert_false(s.begins[1]);
    hg__row_lines_free(r);
}

static void a_block_is_filled_and_taken(void **state) {
    (void)state;
    hg__row_lines_options o = any;
    o.step = 1;
    hg__row_lines *r = make(o);
    hg__steps s;
    int64_t steps = 0, last = -1;
    uint64_t allocated = 0;
    for (int i = 0; i < 20000; i++) {
        char line[64];
        snprintf(line, sizeof line, "%d,%d,2", i + i / 100, i); // a step is missing now and then
        expect_row(r, line);
        if (!hg__row_lines_is_full(r) && i < 19999) continue;
        while (hg__row_lines_take(r, &s) == 1) {
            for (int32_t j = 0; j < s.count; j++) {
                if (s.row[j] < 0) continue;
                assert_true(s.row[j] == last + 1 && s.value[2 * j] == (float)s.row[j]);
                last = s.row[j];
            }
            steps += s.count;
        }
        if (i > 5000 && !allocated) allocated = hg__alloc_count();
    }
    assert_int_equal(last, 19999);
    assert_int_equal(steps, 20000 + 199);
    assert_int_equal(hg__alloc_count(), allocated);
    hg__row_lines_free(r);
}

// Each number as strtof() has it, whichever way it is read.
static void numbers_are_rounded_correctly(void **state) {
    (void)state;
    static const char *const numbers[] = {"0.1",
                                          "-0",
                                          "16777217",
                                          "3.4028235e38",
                                          "1e-45",
                                          "1.17549435e-38",
                                          "123456789012345678901234567890",
                                          "0.000000000000000000000000000000000000001",
                                          "8388609.5"};
    hg__row_lines *r = make(any);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char line[200];
        snprintf(line, sizeof line, "%s,\"%s\"", numbers[i], numbers[i]);
        expect_row(r, line);
        expect_step(r, strtof(numbers[i], NULL), strtof(numbers[i], NULL), -1);
        snprintf(line, sizeof line, "{\"flow\":%s,\"pressure\":\"%s\"}", numbers[i], numbers[i]);
        expect_row(r, line);
        expect_step(r, strtof(numbers[i], NULL), strtof(numbers[i], NULL), -1);
    }
    hg__row_lines_free(r);
}

// A line cut at every byte is a row, or bad, and what comes next is read.
static void lines_cut_anywhere_do_no_harm(void **state) {
    (void)state;
    static const char *const lines[] = {
        "{\"time\": \"2026-01-31T12:00:00.5Z\", \"flow\": [\"a\", {\"b\": 1}]}",
        "\"2026-01-31T12:00:00\",\"1.5\", 2e5", "1769860800,1,2"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        for (size_t cut = 0; cut <= strlen(lines[i]); cut++) {
            char line[200];
            hg__row_lines *r = make(any);
            hg__steps s;
            expect_none(r, "time,flow,pressure");
            snprintf(line, sizeof line, "%.*s", (int)cut, lines[i]);
            (void)add(r, line, NULL);
            while (hg__row_lines_take(r, &s) == 1) assert_int_equal(s.count, 1);
            hg__row_lines_break(r);
            expect_row(r, ",1,2");
            expect_step(r, 1, 2, -1);
            hg__row_lines_free(r);
        }
    }
}

static int run_child_scenario(void) {
    hg_error err = {0};
    const hg__row_lines_options o = {
        .place = "rig", .name = two, .channels = 2, .format = HG_ROW_TIME_ANY};
    hg__row_lines *r = hg__row_lines_new(&o, &err);
    static char lines[3][32 + HG_CSV_PAD] = {"pressure,time,flow\n", "1,1769860800,2\n",
                                             "{\"flow\":1}\n"};
    int code = r ? HG_OK : HG_ERR_MEMORY;
    for (int i = 0; i < 3 && code >= 0; i++) {
        code = hg__row_lines_add(r, lines[i], strlen(lines[i]) - 1, &err);
    }
    hg__row_lines_free(r);
    if (code >= 0) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(count_faults("rows", "HG_FAIL_ALLOC", "") > 10);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return run_child_scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_a_header_are_found_by_name),
        cmocka_unit_test(without_a_header_cells_are_taken_in_order),
        cmocka_unit_test(a_header_may_come_again_in_another_order),
        cmocka_unit_test(members_of_an_object_are_found_by_key),
        cmocka_unit_test(bad_lines_are_said_and_reading_goes_on),
        cmocka_unit_test(on_bad_skips_or_takes_as_missing),
        cmocka_unit_test(times_are_read_as_they_are_written),
        cmocka_unit_test(gaps_are_bridged_and_late_rows_dropped),
        cmocka_unit_test(without_times_rows_are_steps),
        cmocka_unit_test(a_block_is_filled_and_taken),
        cmocka_unit_test(numbers_are_rounded_correctly),
        cmocka_unit_test(lines_cut_anywhere_do_no_harm),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
