// SPDX-License-Identifier: Apache-2.0
// test_show.c - what comes from outside is fit for a terminal and a spreadsheet, and says no password.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/show.h"
#include "csv/cell.h"

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

// ---- passwords ----------------------------------------------------------------------------------

// Each with "s3cr" somewhere in its secret, and what must stay.
static const char *const spellings[][2] = {
    {"odbc:DSN=x;PWD=s3cr3t;UID=me",                      "UID=me"       },
    {"odbc:DSN=x;Password = s3cr3t ;UID=me",              "UID=me"       },
    {"ODBC:DSN=x;pass=s3cr3t",                            "DSN=x"        },
    {"  odbc:DSN=x;PASSWD=s3cr3t",                        "DSN=x"        },
    {"odbc:DSN=x;apikey=s3cr3t;Port=3",                   "Port=3"       },
    {"odbc:DSN=x;api_key=s3cr3t;Port=3",                  "Port=3"       },
    {"odbc:DSN=x;Api Key=s3cr3t;Port=3",                  "Port=3"       },
    {"odbc:DSN=x;AccessKey=s3cr3t;Port=3",                "Port=3"       },
    {"odbc:DSN=x;Access-Key=s3cr3t;Port=3",               "Port=3"       },
    {"odbc:DSN=x;AccountKey=s3cr3t==;Port=3",             "Port=3"       },
    {"odbc:DSN=x;Auth=s3cr3t;Port=3",                     "Port=3"       },
    {"odbc:DSN=x;OAuth=s3cr3t;Port=3",                    "Port=3"       },
    {"odbc:DSN=x;Auth_AccessToken=s3cr3t;Port=3",         "Port=3"       },
    {"odbc:DSN=x;Client_Secret=s3cr3t;Port=3",            "Port=3"       },
    {"odbc:DSN=x;pw=s3cr3t;Port=3",                       "Port=3"       },
    {"odbc:DSN=x;PWD={s3;cr3}}t s3cr};Port=3",            "Port=3"       },
    {"odbc:DSN=x;PWD=\"s3;cr s3cr\";Port=3",              "Port=3"       },
    {"odbc:DSN=x;PWD='s3;cr s3cr';Port=3",                "Port=3"       },
    {"odbc:DSN=x;PWD=s3cr;3t s3cr",                       "DSN=x"        },
    {"odbc:PWD={s3cr never closed;UID=me",                "odbc:"        },
    {"Driver={A};Server=h;PWD=s3cr3t s3cr;Port=3",        "Port=3"       },
    {"postgresql://me:s3cr3t@host/db",                    "@host/db"     },
    {"postgres://me:s3%40cr3ts3cr@host:5432/db",          "@host:5432/db"},
    {"mysql://me:s3cr/3t@3t@host/db",                     "@host/db"     },
    {"mongodb+srv://me:s3cr 3t@host/db",                  "@host/db"     },
    {"https://me:s3cr3t@host/a.csv",                      "@host/a.csv"  },
    {"https://s3cr3t@host/a.csv",                         "@host/a.csv"  },
    {"https://host/a.csv?token=s3cr3t&x=1",               "&x=1"         },
    {"jdbc:postgresql://host/db?user=me&password=s3cr3t", "user=me"      },
    {"jdbc:oracle:thin:scott/s3cr3t@host:1521:orcl",      "@host:1521"   },
    {"odbc:DSN=x;Bearer=s3cr3t;Port=3",                   "Port=3"       },
    {"odbc:DSN=x;Licence_Key=s3cr3t;Port=3",              "Port=3"       },
    {"odbc:DSN=x;Contrase\303\261a=s3cr3t;Port=3",        "Port=3"       },
    {"ODBC:Server=https://me:s3cr3t@host/;Port=3",        "Port=3"       },
};

static void no_spelling_of_a_password_is_kept(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        char text[200];
        hg__mask_secrets(spellings[i][0], text, sizeof text);
        if (strstr(text, "s3") || strstr(text, "3t")) fail_msg("%s", text);
        if (!strstr(text, spellings[i][1])) fail_msg("%s", text);
    }
}

static void no_sentence_says_one(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        hg_error err = {0};
        hg__fail(&err, HG_ERR_USAGE, "where: got %s", spellings[i][0]);
        if (strstr(err.message, "s3cr")) fail_msg("%s", err.message);
        assert_non_null(strstr(err.message, "where: got "));
        char masked[200], before[sizeof err.message];
        hg__mask_secrets(spellings[i][0], masked, sizeof masked);
        snprintf(before, sizeof before, "got data=%s and model=m", masked);
        char *after = strdup(before);
        hg__clean(after); // what was hidden well is not hidden again
        if (!strstr(after, " and model=m")) fail_msg("%s", after);
        free(after);
        const bool is_host =
            strncmp(spellings[i][0], "https://s3", 10) == 0; // as far as anyone can tell
        for (int cut = 1; cut < 60 && !is_host; cut++) {     // nor the beginning of one
            hg__fail(&err, HG_ERR_USAGE, "got '%.*s'", cut, spellings[i][0]);
            if (strstr(err.message, "s3c")) fail_msg("%s", err.message);
        }
    }
}

static void what_is_no_password_stays(void **state) {
    (void)state;
    static const char *const plain[] = {
        "train.csv:17: expected 28 columns, got 27",
        "noise: expected key=value, got gaussian=25",
        "query: SELECT a FROM t WHERE author=5: no such table: t",
        "columns: token: expected a number, got x",
        "host: postgresql://host:5432: cannot connect",
        "see http://[::1]:80/x=1 and https://host:8080/a",
        "out: expected images, got data=odbc:DSN=x;PWD=*** and model=m",
        "me@host: password: expected",
        "passes: 3, compass = north",
    };
    for (size_t i = 0; i + 1 < COUNT(plain); i++) {
        char *text = strdup(plain[i]);
        hg__clean(text);
        assert_string_equal(text, plain[i]);
        free(text);
    }
    char same[64];
    hg__mask_secrets("columns of pass=1", same,
                     sizeof same); // no connection: a query reads again as it was
    assert_string_equal(same, "columns of pass=1");
}

// Pieces in any order: whatever comes, a sentence is no longer than it was, printable, and clean when it is cleaned again.
static void nothing_is_too_odd_to_be_cleaned(void **state) {
    (void)state;
    static const char *const piece[] = {
        "odbc:", "PWD", "=",    "{", "}",    "}}",       ";",   "://",   "https",  "@",
        ":",     "/",   "\"",   "'", " ",    "\n",       "***", "a",     "apikey", "%3A",
        "&",     "key", "\033", "ü", "\xff", "\302\233", "12",  "jdbc:", "?",      "\303"};
    uint32_t random = 1;
    for (int i = 0; i < 20000; i++) {
        char odd[160] = "", masked[100], again[160];
        size_t used = 0;
        for (int k = 0; k < 14; k++) {
            random = random * 1664525U + 1013904223U;
            const char *next = piece[(random >> 16) % COUNT(piece)];
            used += (size_t)snprintf(odd + used, sizeof odd - used, "%s", next);
        }
        hg__mask_secrets(odd, masked, 1 + (random >> 8) % sizeof masked);
        hg__refuse_address("x", odd, NULL);
        hg__clean(odd);
        assert_true(strlen(odd) <= used);
        assert_true(hg__is_utf8(odd, strlen(odd)));
        snprintf(again, sizeof again, "%s", odd);
        hg__printable(again, false);
        assert_string_equal(again, odd);
    }
}

static void addresses_are_refused_with_the_way_out(void **state) {
    (void)state;
    static const char *const no[][2] = {
        {"postgresql://me:s3cr3t@h/db",     "odbc:DSN="     },
        {" MySQL+pymysql://me:s3cr3t@h/db", "odbc:DSN="     },
        {"jdbc:sqlserver://h;pwd=s3cr3t",   "odbc:DSN="     },
        {"mongodb+srv://me:s3cr3t@h",       "export"        },
        {"https://me:s3cr3t@h/a.csv",       "fetch"         },
        {"s3://bucket/a.csv",               "fetch"         },
        {"sqlite:///a.db",                  "the path alone"},
        {"DRIVER={x};UID=me;pwd=s3cr3t",    "odbc:"         },
        {"Server = h; Password = s3cr3t",   "odbc:"         },
    };
    static const char *const yes[] = {
        "a.csv",    "odbc:DSN=x;PWD=y", " ODBC:DSN=x",    "-",
        "c:/a.csv", "a=b.csv",          "out/driver.csv", "dense 64 relu | dense input",
        ""};
    for (size_t i = 0; i < COUNT(no); i++) {
        hg_error err = {0};
        assert_int_equal(hg__refuse_address("data", no[i][0], &err), HG_ERR_USAGE);
        if (!strstr(err.message, no[i][1])) fail_msg("%s", err.message);
        assert_null(strstr(err.message, "s3cr"));
    }
    for (size_t i = 0; i < COUNT(yes); i++) {
        assert_int_equal(hg__refuse_address("data", yes[i], NULL), HG_OK);
    }
}

// ---- terminals ----------------------------------------------------------------------------------

static void what_a_terminal_obeys_becomes_a_question_mark(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"a\033[31mb\a",                      "a?[31mb?"                         },
        {"a\nb\tc\rd\177",                    "a?b?c?d?"                         },
        {"a\302\233b",                        "a?b"                              }, // C1: CSI
        {"a\342\200\256b\342\201\246c",       "a?b?c"                            }, // U+202E, U+2066
        {"a\342\200\250b",                    "a?b"                              }, // U+2028
        {"a\377\200b\303",                    "a??b?"                            }, // no UTF-8
        {"Zür\342\202\254 \360\237\230\200", "Zür\342\202\254 \360\237\230\200"},
        {"",                                  ""                                 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        hg__printable(text, false);
        assert_string_equal(text, cases[i][1]);
        hg_error err = {0};
        hg__fail(&err, HG_ERR_DATA, "x: %s", cases[i][0]);
        assert_string_equal(err.message + 3, cases[i][1]);
        errno = ENOENT;
        hg__fail_errno(&err, HG_ERR_DATA, "%s", cases[i][0]);
        assert_memory_equal(err.message, cases[i][1], strlen(cases[i][1]));
    }
    char lines[] = "a\n\tb\033c";
    hg_text_clean(lines);
    assert_string_equal(lines, "a\n\tb?c");
}

static void a_sentence_ends_with_a_whole_character(void **state) {
    (void)state;
    char wide[600];
    for (size_t i = 0; i + 2 < sizeof wide; i += 2) memcpy(wide + i, "ü", 3);
    for (int lead = 0; lead < 2; lead++) {
        hg_error err = {0};
        hg__fail(&err, HG_ERR_DATA, "%s%s", lead ? "x" : "", wide);
        assert_null(strchr(err.message, '?'));
        assert_true(strlen(err.message) >= sizeof err.message - 2);
    }
}

static void note(void *context, const char *sentence) {
    snprintf(context, 200, "%s", sentence);
}

static void notes_are_clean_too(void **state) {
    (void)state;
    char said[200] = "";
    const hg_listener l = {.context = said, .note = note, .detail = note};
    hg__tell(&l, "col\033umn odbc:PWD=s3cr3t");
    assert_string_equal(said, "col?umn odbc:PWD=***");
    hg__tell_detail(&l, "a\nb");
    assert_string_equal(said, "a?b");
    hg__tell(NULL, "nobody");
    hg__tell(&(hg_listener){0}, "nobody");
}

static void json_says_the_same_without_such_bytes(void **state) {
    (void)state;
    hg__text t = {0};
    const char *text = "a\033\302\233\342\200\256\177ü";
    hg__text_add_json(&t, text, strlen(text));
    assert_string_equal(t.data, "a\\u001b\\u009b\\u202e\\u007fü");
    hg__text_clear(&t);
}

// ---- spreadsheets -------------------------------------------------------------------------------

static void a_cell_is_no_formula(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"=1+1",            "\"'=1+1\""           },
        {"@SUM(A1)",        "\"'@SUM(A1)\""       },
        {"+cmd|' /C x'!A0", "\"'+cmd|' /C x'!A0\""},
        {"-2+3",            "\"'-2+3\""           },
        {"-A1",             "\"'-A1\""            },
        {"-1-1",            "\"'-1-1\""           },
        {"\tx",             "\"'\tx\""            },
        {"\rx",             "\"'\rx\""            },
        {"=a,\"b\"",        "\"'=a,\"\"b\"\"\""   },
        {"\357\274\235x",   "\"'\357\274\235x\""  }, // a full-width =
        {"-1.5",            "-1.5"                },
        {"+3",              "+3"                  },
        {"-1e-5",           "-1e-5"               },
        {"-.5",             "-.5"                 },
        {"-1,234.50",       "\"-1,234.50\""       },
        {"-$1.50",          "-$1.50"              },
        {"-3 kg",           "-3 kg"               },
        {"-12 €",         "-12 €"             },
        {"-inf",            "-inf"                },
        {"-",               "-"                   },
        {"a=1",             "a=1"                 },
        {"a,b",             "\"a,b\""             },
        {"a\nb",            "\"a\nb\""            },
        {"a\033b",          "a?b"                 },
        {"",                "\"\""                },
        {" a",              "\" a\""              },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg__text t = {0};
        hg__text_add_csv(&t, cases[i][0], strlen(cases[i][0]), ',');
        assert_string_equal(t.data, cases[i][1]);
        hg__text_clear(&t);
    }
    assert_true(hg__csv_is_written("'=1+1", 5, "=1+1"));
    assert_true(hg__csv_is_written("a?b", 3, "a\033b"));
    assert_false(hg__csv_is_written("'-1.5", 5, "-1.5"));
    assert_false(hg__csv_is_written("=1+1", 4, "=1+1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_spelling_of_a_password_is_kept),
        cmocka_unit_test(no_sentence_says_one),
        cmocka_unit_test(what_is_no_password_stays),
        cmocka_unit_test(nothing_is_too_odd_to_be_cleaned),
        cmocka_unit_test(addresses_are_refused_with_the_way_out),
        cmocka_unit_test(what_a_terminal_obeys_becomes_a_question_mark),
        cmocka_unit_test(a_sentence_ends_with_a_whole_character),
        cmocka_unit_test(notes_are_clean_too),
        cmocka_unit_test(json_says_the_same_without_such_bytes),
        cmocka_unit_test(a_cell_is_no_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
