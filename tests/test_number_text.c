// SPDX-License-Identifier: Apache-2.0
// test_number_text.c - numbers as people write them: what they mean with each point, and what is none.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv/number_text.h"

#include <cmocka.h>

#define NONE ((double)NAN)

// What the text means where the point is '.', and where it is ','; NONE: nothing.
typedef struct sample {
    const char *text;
    double point, comma;
    const char *prefix, *suffix;
} sample;

// clang-format off
static const sample samples[] = {
    {"1,234.50",            1234.5,    NONE,     "",    ""},
    {"1.234,50",            NONE,      1234.5,   "",    ""},
    {"45,123",              45123,     45.123,   "",    ""},
    {"45.123",              45.123,    45123,    "",    ""},
    {"0,123",               NONE,      0.123,    "",    ""},
    {"3,14",                NONE,      3.14,     "",    ""},
    {"1,234,567",           1234567,   NONE,     "",    ""},
    {"1.234.567,8",         NONE,      1234567.8, "",   ""},
    {"12,34,567.50",        1234567.5, NONE,     "",    ""}, // as in India
    {"1,23,45,678",         12345678,  NONE,     "",    ""},
    {"999",                 999,       999,      "",    ""},
    {".5",                  0.5,       NONE,     "",    ""},
    {"5.",                  5,         NONE,     "",    ""},
    {"1.5e3",               1500,      NONE,     "",    ""},
    {"-2E-2",               -0.02,     -0.02,    "",    ""},
    {"1 234,5",             NONE,      1234.5,   "",    ""},
    {"1 234.5",             1234.5,    NONE,     "",    ""},
    {"1\xc2\xa0""234\xc2\xa0""567", 1234567, 1234567, "", ""},
    {"1\xe2\x80\xaf""234,5",  NONE,    1234.5,   "",    ""},
    {"1\xe2\x80\x89""234",    1234,    1234,     "",    ""},
    {"1'234.50",            1234.5,    NONE,     "",    ""},
    {"1\xe2\x80\x99""234",    1234,    1234,     "",    ""},
    {"'123",                123,       123,      "",    ""}, // a spreadsheet's
    {"(3.20)",              -3.2,      NONE,     "",    ""},
    {"3.20-",               -3.2,      NONE,     "",    ""},
    {"\xe2\x88\x92""3.20",    -3.2,    NONE,     "",    ""},
    {"+7",                  7,         7,        "",    ""},
    {"12.-",                12,        12,       "",    ""}, // Swiss
    {"$1,234.50",           1234.5,    NONE,     "$",   ""},
    {"-$5",                 -5,        -5,       "$",   ""},
    {"$-5",                 -5,        -5,       "$",   ""},
    {"($5.00)",             -5,        NONE,     "$",   ""},
    {"$(5.00)",             -5,        NONE,     "$",   ""},
    {"$-",                  0,         0,        "$",   ""}, // accounts have it so
    {"$ -  ",               0,         0,        "$",   ""},
    {"US$ 5",               5,         5,        "US$", ""},
    {"R$ 1.234,00",         NONE,      1234,     "R$",  ""},
    {"Rs.500",              500,       500,      "Rs.", ""},
    {"EUR 5",               5,         5,        "EUR", ""},
    {"5 EUR",               5,         5,        "",    "EUR"},
    {"1.234,50 \xe2\x82\xac", NONE,    1234.5,   "",    "\xe2\x82\xac"},
    {"12 z\xc5\x82",        12,        12,       "",    "z\xc5\x82"},
    {"40.1%",               40.1,      NONE,     "",    "%"},
    {"40,1\xc2\xa0%",       NONE,      40.1,     "",    "%"},
    {"70.2 kg",             70.2,      NONE,     "",    "kg"},
    {"12\xc2\xb0""C",       12,        12,       "",    "\xc2\xb0""C"},
    {"5 m/s2",              5,         5,        "",    "m/s2"},
    {"100ms",               100,       100,      "",    "ms"},
    {"5.00-$",              -5,        NONE,     "",    "$"},
    {"SN0001",              1,         1,        "SN",  ""},
    {"5th",                 5,         5,        "",    "th"},
    {"192.168.1.1",         NONE,      NONE,     "",    ""},
    {"192.168.100.200",     NONE,      NONE,     "",    ""},
    {"1.2.3",               NONE,      NONE,     "",    ""},
    {"12,34",               NONE,      12.34,    "",    ""},
    {"1,2,3",               NONE,      NONE,     "",    ""},
    {"012,345",             NONE,      12.345,   "",    ""},
    {"+48 600 123 456",     NONE,      NONE,     "",    ""}, // a telephone
    {"1,234 567",           NONE,      NONE,     "",    ""},
    {"1e999",               NONE,      NONE,     "",    ""},
};
// clang-format on

static void texts_mean_what_they_say_with_each_point(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const sample *s = &samples[i];
        hg__number_text n;
        bool good = hg__number_scan(s->text, strlen(s->text), &n) &&
                    strcmp(n.prefix, s->prefix) == 0 && strcmp(n.suffix, s->suffix) == 0;
        for (int k = 0; k < 2; k++) {
            const double wanted = k ? s->comma : s->point;
            hg__number_value v;
            const bool reads = hg__number_value_of(&n, k ? ',' : '.', &v);
            good = good && reads == !isnan(wanted) && (!reads || v.x == wanted);
        }
        if (!good) print_error("'%s'\n", s->text);
        assert_true(good);
    }
}

static void other_texts_are_no_numbers(void **state) {
    (void)state;
    static const char *const others[] = {"",
                                         "abc",
                                         "A12-B",
                                         "10-20",
                                         "2024-05-31",
                                         "12:30",
                                         "#123",
                                         "1.2*",
                                         "<0.01",
                                         ">100",
                                         "~5",
                                         "5 10 kg x",
                                         "5 kg 3 g",
                                         "(5",
                                         "5)",
                                         "((5))",
                                         "--5",
                                         "-(5)",
                                         "-5-",
                                         "\"5\"",
                                         "a@1",
                                         "5 = x",
                                         "$",
                                         "-",
                                         "1;2",
                                         "1_000",
                                         "5 very long unit indeed",
                                         "12-JAN",
                                         "31/12/2024 x",
                                         "5..",
                                         "()"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        hg__number_text n;
        hg__number_value v;
        const bool reads = hg__number_scan(others[i], strlen(others[i]), &n) &&
                           (hg__number_value_of(&n, '.', &v) || hg__number_value_of(&n, ',', &v));
        if (reads) print_error("'%s'\n", others[i]);
        assert_false(reads);
    }
}

static void a_format_reads_its_own_and_bare_numbers(void **state) {
    (void)state;
    static const hg__number_format dollars = {'.', "$", ""}, percent = {',', "", "%"},
                                   kilos = {'.', "", "kg"};
    static const struct {
        const hg__number_format *format;
        const char *text;
        double x; // NONE: refused
    } cases[] = {
        {&dollars, "$1,234.5", 1234.5},
        {&dollars, "1,234.5",  1234.5},
        {&dollars, "1.234,5",  NONE  },
        {&dollars, "5 EUR",    NONE  },
        {&percent, "40,1 %",   40.1  },
        {&percent, "0",        0     },
        {&percent, "0,4",      NONE  }, // a share, or four tenths of a hundredth?
        {&kilos,   "70.2kg",   70.2  },
        {&kilos,   "500 g",    NONE  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg__number_value v;
        const char *text = cases[i].text;
        const bool reads = hg__number_read(cases[i].format, text, strlen(text), &v);
        assert_int_equal(reads, !isnan(cases[i].x));
        assert_true(!reads || v.x == cases[i].x);
    }
}

static void only_what_can_be_read_in_one_way_is_sure(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double x;
    } cases[] = {
        {"1,234.50",    1234.5 },
        {"1.234,50",    1234.5 },
        {"1,234,567",   1234567},
        {"1 234",       1234   },
        {"(5)",         -5     },
        {"1,234",       NONE   },
        {"$5",          NONE   },
        {"192.168.0.1", NONE   },
        {"wet",         NONE   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x;
        const bool sure = hg__number_read_sure(cases[i].text, strlen(cases[i].text), &x);
        assert_int_equal(sure, !isnan(cases[i].x));
        assert_true(!sure || x == cases[i].x);
    }
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    static const hg__number_format formats[] = {
        {'.', "$",   ""            },
        {',', "",    "\xe2\x82\xac"},
        {'.', "",    "kg"          },
        {',', "",    "%"           },
        {'.', "EUR", ""            },
        {'.', "",
         "\xc2\xb0"
         "C"                       },
        {',', "",    ""            },
        {'.', "",    ""            }
    };
    static const char *const written[] = {
        "-$1234.5",    "-1234,5 \xe2\x82\xac", "-1234.5 kg", "-1234,5%",
        "-EUR 1234.5", "-1234.5\u00b0C",       "-1234,5",    "-1234.5"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char text[64];
        hg__number_value v;
        hg__number_write(&formats[i], "-1234.5", text, sizeof text);
        assert_string_equal(text, written[i]);
        assert_true(hg__number_read(&formats[i], text, strlen(text), &v) && v.x == -1234.5);
        assert_int_equal(v.decimals, 1);
    }
}

static void infinities_and_numbers_too_large_are_known(void **state) {
    (void)state;
    static const char *const endless[] = {"inf",   "INF",   "-Infinity", "+inf",
                                          "1e999", "1E464", "-2.5e400"};
    static const char *const others[] = {"",     "in",   "info",   "1e5", "12",
                                         "NaN1", "e999", "1e999x", "2B07"};
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        assert_true(hg__number_is_endless(endless[i], strlen(endless[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(hg__number_is_endless(others[i], strlen(others[i])));
    }
}

static void currencies_and_units_are_known(void **state) {
    (void)state;
    assert_true(hg__is_currency("$") && hg__is_currency("\xe2\x82\xac") && hg__is_currency("usd"));
    assert_true(hg__is_currency("kr") && hg__is_currency("\xe2\x82\xb9") && hg__is_currency("CHF"));
    assert_false(hg__is_currency("SN") || hg__is_currency("Room") || hg__is_currency(""));
    assert_true(hg__is_unit("kg", false) && hg__is_unit("%", false) && hg__is_unit("V", true));
    assert_false(hg__is_unit("A", false)); // seat 10A
    assert_false(hg__is_unit("th", false) || hg__is_unit("apples", true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_mean_what_they_say_with_each_point),
        cmocka_unit_test(other_texts_are_no_numbers),
        cmocka_unit_test(a_format_reads_its_own_and_bare_numbers),
        cmocka_unit_test(only_what_can_be_read_in_one_way_is_sure),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(infinities_and_numbers_too_large_are_known),
        cmocka_unit_test(currencies_and_units_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
