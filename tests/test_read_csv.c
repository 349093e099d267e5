// SPDX-License-Identifier: Apache-2.0
// test_read_csv.c - the CSV reader: values to the last bit, headers, quotes, and every way a row can be wrong.
#include <float.h>
#include <math.h>

#include "base/rng.h"
#include "csv/csv_number.h"
#include "data_samples.h"

#define CSV(text, rows, width, ...) \
 expect_rows(BYTES(text), "x.csv", &in_memory, rows, width, (const float[]){__VA_ARGS__})

static void columns_are_found(void **state) {
    (void)state;
    CSV("1,2.5,-3\n4,5e-1,+6\n", 2, 3, 1, 2.5F, -3, 4, 0.5F, 6);
    CSV("1;2\n3;4", 2, 2, 1, 2, 3, 4);
    CSV("1\t2\r\n3\t4\r\n", 2, 2, 1, 2, 3, 4);
    CSV("7\n8\n", 2, 1, 7, 8);
    CSV("1, 2 ,3\n\n\r\n4,5, 6\n", 2, 3, 1, 2, 3, 4, 5, 6);
    CSV(".5,5.,-0\n", 1, 3, 0.5F, 5, -0.0F);
    CSV("\xef\xbb\xbf"
        "1,2\n",
        1, 2, 1, 2);
    CSV("\"1\",\"2\"\n3,\" 4\"\n", 2, 2, 1, 2, 3, 4);
    CSV("1e39e,1\n2,3\n", 1, 2, 2, 3); // text above a number: a header
    CSV("a;b\n1;2\n", 1, 2, 1, 2);
}

static void the_header_is_told_from_the_rows(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t rows;
        const char *name; // of the first column, or NULL without a header
    } cases[] = {
        {"a,b\n1,2\n",               1, "a"      },
        {"1,2\n3,4\n",               2, NULL     },
        {"a,2\n1,2\n",               1, "a"      },
        {"\"a \"\"q\"\"\",b\n1,2\n", 1, "a \"q\""},
        {"\"a\nb\",c\n1,2\n",        1, "a b"    },
        {"2020,x\n1,2\n",            1, "2020"   },
        {"NA,b\n1,2\n",              1, "NA"     },
        {" a , b \n1,2\n",           1, "a"      },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_error err = {0};
        hg__data *d = open_bytes(cases[i].text, strlen(cases[i].text), "x.csv", &in_memory, &err);
        if (!d) refused(cases[i].text, &err);
        assert_int_equal(d->rows, cases[i].rows);
        assert_true(!d->column == !cases[i].name);
        if (d->column) assert_string_equal(d->column[0], cases[i].name);
        hg__data_close(d);
    }
}

static void label_and_ignored_columns_are_left_out(void **state) {
    (void)state;
    hg__data_options o = in_memory;
    const char text[] = "id,x,\"y, z\",class\na,1,2,ok\nb,3,4,bad\n";
    const float values[] = {1, 2, 3, 4};
    o.label = "class";
    o.ignore = "id";
    expect_rows(text, sizeof text - 1, "x.csv", &o, 2, 2, values);
    o.label = "4";
    o.ignore = "1";
    expect_rows(text, sizeof text - 1, "x.csv", &o, 2, 2, values);
    expect_rows(BYTES("0,1,2,\"x,\"\n0,3,4,\"y\"\"\n\"\n"), "x.csv", &o, 2, 2, values);
    o.label = "";
    o.ignore = "1,3,4";
    expect_rows(text, sizeof text - 1, "x.csv", &o, 2, 1, (const float[]){1, 3});
    hg_error err;
    hg__data *d = open_bytes(text, sizeof text - 1, "x.csv", &o, &err);
    assert_string_equal(d->column[0], "x");
    hg__data_close(d);
    o.ignore = "clas";
    expect_refusal(text, sizeof text - 1, "x.csv", &o,
                   "x.csv: ignore=clas: expected the name of a column or a number from 1 to 4; did "
                   "you mean 'class'?");
    o.ignore = "";
    o.label = "5";
    expect_refusal(BYTES("1,2\n"), "x.csv", &o,
                   "x.csv: label=5: expected the name of a column or a number from 1 to 2");
    o.label = "1";
    o.ignore = "2";
    expect_refusal(
        BYTES("1,2\n"), "x.csv", &o,
        "x.csv: expected at least one column to be left, got label= and ignore= for all 2");
}

#define SKIP "; on_bad=skip leaves such rows out"

static void bad_rows_are_refused_with_a_sentence(void **state) {
    (void)state;
    static const bad_input bad[] = {
        {BYTES("a,b\n"),                                               "x.csv: expected rows of numbers, got only a header"            },
        {BYTES("\n\n"),                                                "x.csv: expected rows of numbers, got only empty lines"         },
        {BYTES("\xef\xbb\xbf"),                                        "x.csv: expected rows of numbers, got only empty lines"         },
        {BYTES("\"1,2\n3,4\n"),                                        "x.csv: expected rows of numbers, got a quote that never closes"},
        {BYTES("1,2\n\"3,4\n5,6\n"),                                   "x.csv:2: expected a closing quote, got the end of the file"    },
        {BYTES("1,2\n3\n"),                                            "x.csv:2: expected 2 columns, got 1"                            },
        {BYTES("1,2\n\n3,4,5\n"),                                      "x.csv:3: expected 2 columns, got 3"                            },
        {BYTES("1\n3,4\n"),                                            "x.csv:2: expected 1 column, got 2"                             },
        {BYTES("a,\"b\nc\"\n1,2\n3\n"),                                "x.csv:4: expected 2 columns, got 1"                            },
        {BYTES("a,b\n1,NA\n"),                                         "x.csv:2: column 'b' is missing (NA)" SKIP                      },
        {BYTES("1,2\n,4\n"),                                           "x.csv:2: column 1 is missing (empty)" SKIP                     },
        {BYTES("1,2\n5,\n"),                                           "x.csv:2: column 2 is missing (empty)" SKIP                     },
        {BYTES("1,2\n5,?\n"),                                          "x.csv:2: column 2 is missing (?)" SKIP                         },
        {BYTES("1,2\n5,nan\n"),                                        "x.csv:2: column 2 is missing (nan)" SKIP                       },
        {BYTES("1,2\n-,1\n"),                                          "x.csv:2: column 1 is missing (-)" SKIP                         },
        {BYTES("1,2\nNone,1\n"),                                       "x.csv:2: column 1 is missing (None)" SKIP                      },
        {BYTES("1,2\n3,-inf\n"),                                       "x.csv:2: column 2 is not a finite float32 (-inf)" SKIP         },
        {BYTES("1,2\n3,1e39\n"),                                       "x.csv:2: column 2 is not a finite float32 (1e39)" SKIP         },
        {BYTES("1,2\n3,340282356779733661637539395458142568448\n"),
         "x.csv:2: column 2 is not a finite float32 "
         "(340282356779733661637539395458142568448)" SKIP                                                                              },
        {BYTES("1,2\n3,x\n"),
         "x.csv:2: expected a number in column 2, got 'x'; ignore=2 leaves the column out"                                             },
        {BYTES("a,b\n1,1.2.3\n"),
         "x.csv:2: expected a number in column 'b', got '1.2.3'; ignore=b leaves the column out"                                       },
        {BYTES("1,2\n3,0x10\n"),
         "x.csv:2: expected a number in column 2, got '0x10'; ignore=2 leaves the column out"                                          },
        {BYTES("1,2\n3,1e\n"),
         "x.csv:2: expected a number in column 2, got '1e'; ignore=2 leaves the column out"                                            },
        {BYTES("1,2\n3,--1\n"),
         "x.csv:2: expected a number in column 2, got '--1'; ignore=2 leaves the column out"                                           },
        {BYTES("1,2\n3,\"4\"x\n"),
         "x.csv:2: expected a number in column 2, got '\"4\"x'; ignore=2 leaves the column out"                                        },
        {BYTES("0,tcp,1\n0,udp,2\n"),
         "x.csv:1: expected a number in column 2, got 'tcp'; ignore=2 leaves the column out"                                           },
        {BYTES("1,2\n3,abcdefghijabcdefghijabcdefghijabcdefghij\1\n"),
         "x.csv:2: expected a number in column 2, got "
         "'abcdefghijabcdefghijabcdefghijabcdefghij...'; ignore=2 leaves the column out"                                               },
        {BYTES("\xff\xfe\0\0"
               "1\0\0\0"),
         "x.csv: expected idx, npy, npz, csv or tsv, got UTF-32 text; save it as UTF-8 first"                                          },
    };
    expect_refusals(bad, sizeof bad / sizeof *bad, "x.csv");
}

static void bad_rows_may_be_left_out(void **state) {
    (void)state;
    hg__data_options o = in_memory;
    o.on_bad = "skip";
    const char text[] = "a,b\n1,2\n3\nx,4\n,\n5,inf\n6,7\n8,9,10\n";
    expect_rows(text, sizeof text - 1, "x.csv", &o, 2, 2, (const float[]){1, 2, 6, 7});
    hg_error err;
    hg__data *d = open_bytes(text, sizeof text - 1, "x.csv", &o, &err);
    assert_int_equal(d->skipped, 5);
    hg__data_close(d);
    expect_refusal(BYTES("a,b\nx,y\nz,1\n"), "x.csv", &o,
                   "x.csv: none of 2 rows can be used; the first: x.csv:2: expected a number in "
                   "column 'a', got 'x'; "
                   "ignore=a leaves the column out");
}

// An open quote costs its own line, a line too long to be held itself; the rows behind them are read.
static void lines_without_an_end_may_be_left_out(void **state) {
    (void)state;
    enum { LONG = 33 << 20 };
    hg__data_options o = in_memory;
    o.on_bad = "skip";
    expect_rows(BYTES("a,b\n1,2\n\"3,4\n5,6\n"), "x.csv", &o, 2, 2, (const float[]){1, 2, 5, 6});
    expect_rows(BYTES("a,b\n1,2\n5,6\n7,\"8"), "x.csv", &o, 2, 2, (const float[]){1, 2, 5, 6});
    char *text = malloc(LONG + 32);
    assert_non_null(text);
    snprintf(text, LONG + 32, "1,2\n");
    memset(text + 4, '7', LONG);
    snprintf(text + 4 + LONG, 28, "\n5,6\n");
    expect_rows(text, LONG + 9, "x.csv", &o, 2, 2, (const float[]){1, 2, 5, 6});
    o.on_bad = "stop";
    expect_refusal(text, LONG + 9, "x.csv", &o,
                   "x.csv:2: expected a line of at most 16777216 bytes, got a longer one");
    free(text);
}

static void lines_longer_than_the_window_are_read(void **state) {
    (void)state;
    enum { CELLS = 300000, LONG = 40 << 20 };
    char *text = malloc(LONG);
    assert_non_null(text);
    size_t n = 0;
    for (int line = 0; line < 3; line++) {
        for (int i = 0; i < CELLS; i++) {
            n += (size_t)snprintf(text + n, 16, "%d%c", i % 100, i + 1 < CELLS ? ',' : '\n');
        }
    }
    hg_error err;
    hg__data *d = open_bytes(text, n, "x.csv", &in_memory, &err);
    assert_non_null(d);
    assert_int_equal(d->rows, 3);
    assert_int_equal(d->width, CELLS);
    assert_true(((const float *)d->base)[3 * CELLS - 1] == (float)((CELLS - 1) % 100));
    hg__data_close(d);
    memset(text, '1', LONG);
    expect_refusal(text, LONG, "x.csv", &in_memory,
                   "x.csv:1: expected a line of at most 16777216 bytes, got a longer one");
    free(text);
}

// Rows that lie across the window's borders come out whole.
static void many_rows_are_read(void **state) {
    (void)state;
    enum { ROWS = 200000 };
    char *text = malloc(ROWS * 32);
    assert_non_null(text);
    size_t n = 0;
    for (int i = 0; i < ROWS; i++) {
        n += (size_t)snprintf(text + n, 32, "%d,%s%d.25%s\n", i, i % 7 ? "" : "\"", -i,
                              i % 7 ? "" : "\"");
    }
    for (int k = 0; k < 2; k++) {
        hg_error err;
        hg__data_options o = {.memory = k ? 100000 : 64 << 20};
        hg__data *d = open_bytes(text, n, "x.csv", &o, &err);
        assert_non_null(d);
        assert_int_equal(d->rows, ROWS);
        assert_true(!d->base == (k == 1));
        for (int i = 0; i < ROWS; i += 17) {
            float row[2];
            assert_int_equal(hg__data_row(d, i, row, &err), HG_OK);
            assert_true(row[0] == (float)i && row[1] == (i ? -(float)i - 0.25F : 0.25F));
        }
        hg__data_close(d);
    }
    free(text);
}

// ---- numbers ------------------------------------------------------------------------------------

static int wrong;

// The same number, and the same zero.
static bool is_same(float a, float b) {
    return a == b && signbit(a) == signbit(b);
}

static void expect_as_strtof(const char *text) {
    char padded[256 + HG_CSV_PAD] = {0};
    snprintf(padded, 256, "%s,", text);
    float fast = 0, general = 0, right = strtof(text, NULL);
    const char *end = hg__csv_plain(padded, &fast);
    const char *stop = hg__csv_number(padded, &general);
    bool good = stop == padded + strlen(text) && is_same(general, right);
    if (isfinite(right)) {
        good = good && end == stop && is_same(fast, right);
    } else {
        good = good && !end;
    }
    if (!good && wrong++ < 10) {
        printf("'%s': %.9g %.9g, strtof %.9g\n", text, (double)fast, (double)general,
               (double)right);
    }
}

static void numbers_are_rounded_as_strtof_does(void **state) {
    (void)state;
    enum { ROUNDS = 300000 };
    wrong = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        const hg__philox random = hg__philox_run(1, i, 0, 0, 0);
        const uint32_t *w = random.word;
        float x;
        memcpy(&x, w, sizeof x);
        char text[256];
        snprintf(text, sizeof text, "%.*g", (int)(w[1] % 25) + 1, (double)x);
        if (isfinite(x)) expect_as_strtof(text);
        snprintf(text, sizeof text, "%.*f", (int)(w[1] % 20), (double)(int32_t)w[2] * 1e-6);
        expect_as_strtof(text);
        snprintf(text, sizeof text, "%s%u.%u%ue%d", w[3] & 1 ? "-" : "", w[0] >> (w[3] % 32), w[1],
                 w[2], (int)(w[3] >> 8) % 50 - 25);
        expect_as_strtof(text);
        // Exactly between two floats, and a hair to either side.
        if (!isfinite(x) || fabsf(x) > 1e30F) continue;
        double middle = ((double)x + (double)nextafterf(x, INFINITY)) / 2;
        int places = (int)(w[2] % 40);
        snprintf(text, sizeof text, "%.*e", places, middle);
        expect_as_strtof(text);
        snprintf(text, sizeof text, "%.*g", places + 1,
                 nextafter(middle, w[3] & 2 ? 1e300 : -1e300));
        expect_as_strtof(text);
    }
    assert_int_equal(wrong, 0);
}

static void awkward_numbers_are_read(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "00012",
        "1e0",
        "1E+2",
        "1e-2",
        "16777217",
        "16777219",
        "9007199254740993",
        "18446744073709551616",
        "123456789012345678",
        "1234567890123456789",
        "12345678901234567890",
        "0.000000000000000000000000000000000001",
        "0.0000000012345678901234567890123",
        "1e-45",
        "7e-46",
        "7.1e-46",
        "1.17549435e-38",
        "3.4028235e38",
        "3.4028236e38",
        "1e400",
        "1e-400",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e999999",
        ".5",
        "5.",
        "100000000000000000000000",
        "0.50000002980232238769531250",
        "1.00000005960464477539062500000001",
        "1.00000005960464477539062499999999",
        "00000000000000000000000000000000000001.5",
        "0.00000000000000000000000000000000000000000000001e47",
    };
    wrong = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) expect_as_strtof(texts[i]);
    assert_int_equal(wrong, 0);
    float x;
    static const char none[][80] = {"", "-", "+", ".", "-.", "e5", "nan", "inf", "x1", "--1", " 1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_null(hg__csv_number(none[i], &x));
    }
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_seed("csv/good_plain.csv");
    damage_seed("csv/good_header.csv");
    damage_seed("csv/good_quotes.csv");
    damage_seed("csv/good_tab.tsv");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found),
        cmocka_unit_test(the_header_is_told_from_the_rows),
        cmocka_unit_test(label_and_ignored_columns_are_left_out),
        cmocka_unit_test(bad_rows_are_refused_with_a_sentence),
        cmocka_unit_test(bad_rows_may_be_left_out),
        cmocka_unit_test(lines_without_an_end_may_be_left_out),
        cmocka_unit_test(lines_longer_than_the_window_are_read),
        cmocka_unit_test(many_rows_are_read),
        cmocka_unit_test(numbers_are_rounded_as_strtof_does),
        cmocka_unit_test(awkward_numbers_are_read),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
