// SPDX-License-Identifier: Apache-2.0
// test_table_csv.c - CSV as a table: numbers and texts, what the file is like, and every way a row can be wrong.
#include <math.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "csv/csv_number.h"
#include "table_case.h"

#define CSV(text, says) expect_table(BYTES(text), "x.csv", NULL, says)

static void numbers_and_texts_are_told_apart(void **state) {
    (void)state;
    CSV("0,tcp,1.5,normal.\n-2,udp,1e3,smurf.\n",
        "0|'tcp'|1.5|'normal.'\n-2|'udp'|1000|'smurf.'\n");
    CSV("a,b\n1,x\n", "# a|b\n1|'x'\n");
    CSV("a|b|c\n1|x, y|2\n", "# a|b|c\n1|'x, y'|2\n");
    CSV("a\tb\r\n x \t 7\r\n\r\n\ty z\r\n", "# a|b\n'x'|7\n?|'y z'\n");
    CSV("\xef\xbb\xbfk;n\n\xc3\xa4;1\n", "# k|n\n'\xc3\xa4'|1\n");
    CSV("1.2.3,0x10,1e,--1,12ab\n1,2,3,4,5", "# 1.2.3|0x10|1e|--1|12ab\n1|2|3|4|5\n");
    CSV("x,y\n7,8,\n", "# x|y\n! x.csv:2: expected 2 columns, got 3\n");
}

static void quotes_may_hold_anything(void **state) {
    (void)state;
    CSV("a,b\n\"x,\"\"y\"\"\n z\",1\n2,\"3\"\n", "# a|b\n'x,\"y\"\n z'|1\n2|3\n");
    CSV("a,b\n\"\",\"NA\"\n\"4\"x,\"\"\"\"\n1,2\n", "# a|b\n?|?\n'\"4\"x'|'\"'\n1|2\n");
    CSV("\"n \"\"q\"\"\",\"m\nm\"\n1,2\n", "# n \"q\"|m m\n1|2\n");
}

static void values_may_be_missing(void **state) {
    (void)state;
    CSV("a,b,c,d,e,f,g\n,?,-,NA,<NA>,#na,n/a\n1,2,3,4,5,6,7\n#N/A,NaN,-nan,nil,NULL,None,Missing\n",
        "# a|b|c|d|e|f|g\n?|?|?|?|?|?|?\n1|2|3|4|5|6|7\n?|?|?|?|?|?|?\n");
    CSV("a,b\n1,missing one\n----,naN0\n", "# a|b\n1|'missing one'\n'----'|'naN0'\n");
    // as databases, spreadsheets, statistics programs and printf() write it
    CSV("a,b,c,d,e,f,g\n\\N,(null),<null>,[NULL],--,.,NaT\n1,2,3,4,5,6,7\n"
        "#NULL!,#DIV/0!,#VALUE!,#REF!,#NAME?,#NUM!,#NV\n"
        "n.a.,-nan(ind),1.#QNAN,-1.#IND,{null},#WERT!,nan(ind)\n",
        "# a|b|c|d|e|f|g\n?|?|?|?|?|?|?\n1|2|3|4|5|6|7\n?|?|?|?|?|?|?\n?|?|?|?|?|?|?\n");
    CSV("x\n1\n\n2\n", "# x\n1\n2\n"); // an empty line is none
}

static void a_decimal_comma_is_seen(void **state) {
    (void)state;
    CSV("3,14;x\n-2,5e1;y\n", "3.14|'x'\n-25|'y'\n");
    CSV("a;b\n1,234;5\n", "# a|b\n1.234|5\n");
    CSV("a\tb\n1,5\t1.000\n0,25\t2\n7,5\t2.5\n", "# a|b\n1.5|'1.000'\n0.25|2\n7.5|'2.5'\n");
    CSV("a\tb\n1,234\t5\n12,345\t6\n", "# a|b\n'1,234'|5\n'12,345'|6\n"); // thousands, it may be
    CSV("a\tb\n0,234\t5\n", "# a|b\n0.234|5\n");
    CSV("a;b\n1.5;2\n2.5;3,5\n", "# a|b\n1.5|2\n2.5|'3,5'\n"); // more points: they are it
    CSV("a,b\n\"3,14\",2\n", "# a|b\n'3,14'|2\n");
    CSV("a;b\n123456789012345678,25;x\n", "# a|b\n1.2345678901234568e+17|'x'\n");
}

static void names_are_made_to_differ(void **state) {
    (void)state;
    CSV("x,x,,x.2,x\n1,2,3,4,5\n", "# x|x.3|column 3|x.2|x.4\n1|2|3|4|5\n");
    hg_error err;
    const sample_file f = save_sample(BYTES("b,2,a\n1,x,3\n"), "x.csv");
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(hg__table_find(t, "a"), 2);
    assert_int_equal(hg__table_find(t, "2"), 1);
    assert_int_equal(hg__table_find(t, "3"), 2);
    assert_int_equal(hg__table_find(t, "4"), -1);
    assert_int_equal(hg__table_find(t, "0"), -1);
    assert_int_equal(hg__table_find(t, "c"), -1);
    assert_int_equal(t->rows, -1);
    hg__table_close(t);
    remove_sample(&f);
}

static void a_row_says_where_it_stands(void **state) {
    (void)state;
    hg_error err;
    hg__cell cell[2];
    char text[256];
    const sample_file f = save_sample(BYTES("a,b\n\n1,\"x\ny\"\n\n2,z\n"), "x.csv");
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(hg__table_next(t, cell, &err), 1);
    hg__table_where(t, text, sizeof text);
    assert_string_equal(plain_message(&f, text), "x.csv:3");
    assert_int_equal(hg__table_next(t, cell, &err), 1);
    hg__table_where(t, text, sizeof text);
    assert_string_equal(plain_message(&f, text), "x.csv:6");
    assert_int_equal(hg__table_next(t, cell, &err), 0);
    assert_int_equal(hg__table_next(t, cell, &err), 0);
    hg__table_close(t);
    remove_sample(&f);
}

static void reading_goes_on_behind_a_bad_row(void **state) {
    (void)state;
    CSV("a,b\n1,2\n3\n4,5,6\n7,8\n", "# a|b\n1|2\n! x.csv:3: expected 2 columns, got 1\n! x.csv:4: "
                                     "expected 2 columns, got 3\n7|8\n");
    CSV("a,b\n1,\"2\n3\",x\n4,5\n", "# a|b\n! x.csv:2: expected 2 columns, got 3\n4|5\n");
    // What is too large for a number, or infinite, may be a code: the column decides.
    CSV("a,b\n1,1e999\n-inf,2\n3,4\n", "# a|b\n1|'1e999'\n'-inf'|2\n3|4\n");
    CSV("1,x\n1e309,\"y\"\n", "1|'x'\n'1e309'|'y'\n");
#define MEND "; \"iconv -f WINDOWS-1252 -t UTF-8 x.csv > utf8.csv\" mends most such files"
    CSV("a,b\n1,\xff\n2,\xed\xa0\x80\n\"\xc3\",3\n4,\xe2\x82\xac\n",
        "# a|b\n! x.csv:2: column 'b': expected UTF-8 text, got other bytes" MEND
        "\n! x.csv:3: column 'b': expected UTF-8 text, got other bytes" MEND
        "\n! x.csv:4: column 'a': expected UTF-8 text, got other bytes" MEND
        "\n4|'\xe2\x82\xac'\n");
    CSV("a,b\n1,x\0y\n2,3\n",
        "# a|b\n! x.csv:2: column 'b': expected text, got a zero byte\n2|3\n");
    CSV("a,b\n1,2\n\"3,4\n5,6\n",
        "# a|b\n1|2\n! x.csv:3: expected a closing quote, got the end of the file\n5|6\n");
}

static void files_that_are_no_table_are_refused(void **state) {
    (void)state;
    CSV("",
        "! x.csv: expected a table (csv, jsonl, sqlite, mat, npy, npz or idx), got an empty file");
    CSV("\n\n", "! x.csv: expected rows, got only empty lines");
    CSV("\"a,b\n", "! x.csv: expected rows, got a quote that never closes");
    CSV("a,\xff\n1,2\n", "! x.csv:1: column 2: expected a name in UTF-8, got other bytes" MEND);
    CSV("\xff\xfe\0\0a\0\0\0", "! x.csv: expected a table (csv, jsonl, sqlite, mat, npy, npz or "
                               "idx), got UTF-32 text; save it as UTF-8 first");
    expect_table(
        BYTES("\1\2\3\4"), "x.bin", NULL,
        "! x.bin: expected a table (csv, jsonl, sqlite, mat, npy, npz or idx), got a file that "
        "begins with 01 02 03 04");
    expect_table(BYTES("\x89PNG\r\n\x1a\n"), "x.png", NULL,
                 "! x.png: expected a table, got a PNG image");
    CSV("a,b\n", "# a|b\n");
    hg_error err = {0};
    assert_null(hg__table_open("/nowhere/x.csv", NULL, &err));
    assert_int_equal(err.code, HG_ERR_IO);
    assert_null(hg__table_open("/dev/null", NULL, &err));
    assert_string_equal(err.message, "/dev/null: expected a table (csv, jsonl, sqlite, mat, npy, "
                                     "npz or idx), got an empty file");
    assert_null(hg__table_open("/", NULL, &err));
    assert_non_null(strstr(err.message, "/: expected a table, got a folder"));
}

// A file of `before`, then `size` bytes of `byte`, then `after`.
static void expect_long(const char *before, char byte, size_t size, const char *after,
                        const char *says) {
    hg__text text = {0};
    char block[4096];
    memset(block, byte, sizeof block);
    hg__text_add(&text, "%s", before);
    for (size_t n; size; size -= n) {
        n = size < sizeof block ? size : sizeof block;
        hg__text_add_bytes(&text, block, n);
    }
    hg__text_add(&text, "%s", after);
    assert_false(text.failed);
    expect_table(text.data, text.length, "x.csv", NULL, says);
    hg__text_clear(&text);
}

static void numbers_without_end_are_texts(void **state) {
    (void)state;
    expect_long("a,b\n1,", '9', 300, "\n2,3\n", "# a|b\n1|1e+300\n2|3\n");
    expect_long("a,b\n1,0.", '3', 4000, "\n2,3\n", "# a|b\n1|0.33333333333333331\n2|3\n");
    expect_long("a,b\n1,", '0', 100000, "7\n2,3\n", "# a|b\n1|7\n2|3\n");
    char nines[5100] = "# a|b\n1|'";
    memset(nines + 9, '9', 5000);
    memcpy(nines + 5009, "'\n2|3\n", 7);
    expect_long("a,b\n1,", '9', 5000, "\n2,3\n", nines);
    expect_long(
        "a,b\n1,", '9', 34 << 20, ",3\n2,3\n",
        "# a|b\n! x.csv:2: expected a line of at most 16777216 bytes, got a longer one\n2|3\n");
    expect_long("a,b\n0,1\n\"", 'x', 34 << 20, "\n2,3\n",
                "# a|b\n0|1\n! x.csv:3: expected a line of at most 16777216 bytes, got a longer "
                "one\n2|3\n");
}

static void numbers_are_rounded_as_strtod_does(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        const hg__philox random = hg__philox_run(5, i, 0, 0, 0);
        const uint32_t *word = random.word;
        const double x = ((double)word[0] - 0x1p31) * pow(10, (double)(word[1] % 40) - 20);
        char text[128] = {0};
        double plain, full;
        switch (word[2] % 5) {
        case 0: snprintf(text, 64, "%.17g", x); break;
        case 1: snprintf(text, 64, "%.15g", x); break;
        case 2: snprintf(text, 64, "%.6f", x); break;
        case 3: snprintf(text, 64, "%.19g", x); break;
        default: snprintf(text, 64, "%g", x); break;
        }
        const double expected = strtod(text, NULL);
        const char *end = text + strlen(text);
        assert_ptr_equal(hg__csv_plain_double(text, '.', &plain), end);
        assert_ptr_equal(hg__csv_double(text, '.', &full), end);
        assert_memory_equal(&plain, &expected, sizeof plain);
        assert_memory_equal(&full, &expected, sizeof full);
    }
    static const char awkward[][80] = {"9007199254740993",
                                       "9007199254740992",
                                       "-0",
                                       "+5",
                                       ".5",
                                       "5.",
                                       "1e22",
                                       "1e23",
                                       "1e-22",
                                       "8.5e-23",
                                       "123456789012345678",
                                       "9007199254740993e-1",
                                       "2.2250738585072011e-308",
                                       "4.9e-324",
                                       "2e-324",
                                       "1.7976931348623157e308",
                                       "0e999999",
                                       "1e-400",
                                       "00000000000000000000000000001.5"};
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++) {
        double got, expected = strtod(awkward[i], NULL);
        assert_ptr_equal(hg__csv_plain_double(awkward[i], '.', &got),
                         awkward[i] + strlen(awkward[i]));
        assert_memory_equal(&got, &expected, sizeof got);
    }
}

static void a_file_that_shrinks_is_noticed(void **state) {
    (void)state;
    const sample_file f = save_sample(BYTES("a,b\n1,x\n"), "x.csv");
    hg_error err = {0};
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(truncate(f.path, 1), 0);
    assert_int_equal(hg__table_rewind(t, &err), HG_ERR_IO);
    assert_string_equal(plain_message(&f, err.message),
                        "x.csv: it was changed while it was being read");
    hg__table_close(t);
    remove_sample(&f);
}

static void a_damaged_archive_ends_the_reading(void **state) {
    (void)state;
    const sample_file f = save_sample(BYTES(""), "x.csv.gz");
    hg_error err = {0};
    hg__cell cell[2];
    gzFile file = gzopen(f.path, "wb");
    for (int i = 0; i < 200000; i++) gzprintf(file, "%d,x\n", i * 7919 % 100003);
    assert_int_equal(gzclose(file), Z_OK);
    assert_true(read_all_cells(f.path));
    struct stat st;
    assert_int_equal(stat(f.path, &st), 0);
    assert_int_equal(truncate(f.path, st.st_size - 1000), 0);
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    int code, rows = 0;
    while ((code = hg__table_next(t, cell, &err)) > 0) rows++;
    assert_int_equal(code, HG_ERR_IO); // not a row's error: nobody goes on behind it
    assert_true(rows > 10000);
    assert_non_null(strstr(err.message, "x.csv.gz: the gzip stream is cut off after"));
    hg__table_close(t);
    remove_sample(&f);
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_table("csv/good_plain.csv", "x.csv");
    damage_table("csv/good_quotes.csv", "x.csv");
}

static void remember_end(void *context, const hg_progress_event *e) {
    if (e->end) *(hg_progress_event *)context = *e;
}

static void a_reading_tells_how_far_it_is_and_stops(void **state) {
    (void)state;
    enum { ROWS = 1000 };
    static char text[8 * ROWS];
    size_t size = (size_t)snprintf(text, sizeof text, "a,b\n");
    for (int i = 0; i < ROWS; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size, "%d,x\n", i % 7);
    }
    const sample_file f = save_sample(text, size, "x.csv");
    volatile sig_atomic_t stop = 0;
    hg_progress_event end = {0};
    const hg_listener l = {
        .size = sizeof l, .context = &end, .progress = remember_end, .stop = &stop};
    hg_error err = {0};
    hg__meter meter;
    hg__cell cell[2];
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    hg__table_start_meter(t, &meter, &l, "reading");
    while (hg__table_next(t, cell, &err) > 0) continue;
    hg__table_end_meter(t);
    assert_int_equal(end.done, ROWS);
    assert_int_equal(end.total, 0);
    assert_true(end.part > 0.9);
    assert_int_equal(hg__table_rewind(t, &err), HG_OK);
    hg__table_start_meter(t, &meter, &l, "reading");
    stop = 1;
    int code = 1;
    for (int i = 0; i < ROWS && code > 0; i++) code = hg__table_next(t, cell, &err);
    assert_int_equal(code, HG_ERR_STOPPED);
    hg__table_close(t);
    remove_sample(&f);
}

static void a_row_knows_the_line_it_begins_in(void **state) {
    (void)state;
    const sample_file f = save_sample(BYTES("a,b\n1,x\n\n2,\"y\nz\"\n3,w\n"), "x.csv");
    static const uint64_t lines[] = {2, 4, 6};
    hg_error err = {0};
    hg__cell cell[2];
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        assert_int_equal(*t->line, lines[i]);
    }
    hg__table_close(t);
    remove_sample(&f);
}

static void what_nfdump_says_of_them_all_is_no_row(void **state) {
    (void)state;
    CSV("ts,te,td,sa\n2024-01-01,2024-01-01,0.5,::1\nSummary\nflows,bytes\n1,2\n",
        "# ts|te|td|sa\n'2024-01-01'|'2024-01-01'|0.5|'::1'\n");
    CSV("ts,te,td,sa\nSummary\nflows,bytes\n0,0\n", "# ts|te|td|sa\n");
    CSV("a,b\n1,x\nSummary\n2,y\n", "# a|b\n1|'x'\n! x.csv:3: expected 2 columns, got 1\n2|'y'\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts_are_told_apart),
        cmocka_unit_test(quotes_may_hold_anything),
        cmocka_unit_test(values_may_be_missing),
        cmocka_unit_test(a_decimal_comma_is_seen),
        cmocka_unit_test(names_are_made_to_differ),
        cmocka_unit_test(a_row_says_where_it_stands),
        cmocka_unit_test(reading_goes_on_behind_a_bad_row),
        cmocka_unit_test(what_nfdump_says_of_them_all_is_no_row),
        cmocka_unit_test(files_that_are_no_table_are_refused),
        cmocka_unit_test(numbers_without_end_are_texts),
        cmocka_unit_test(numbers_are_rounded_as_strtod_does),
        cmocka_unit_test(a_file_that_shrinks_is_noticed),
        cmocka_unit_test(a_damaged_archive_ends_the_reading),
        cmocka_unit_test(damaged_files_are_survived),
        cmocka_unit_test(a_reading_tells_how_far_it_is_and_stops),
        cmocka_unit_test(a_row_knows_the_line_it_begins_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
