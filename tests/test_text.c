// SPDX-License-Identifier: Apache-2.0
// test_text.c - growing text, strict numbers, nearest names, errors as sentences.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

#include <cmocka.h>

static void whole_numbers_are_read(void **state) {
    (void)state;
    const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0",                    0        },
        {"-0",                   0        },
        {"42",                   42       },
        {"-7",                   -7       },
        {"007",                  7        },
        {"9223372036854775807",  INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    const char *const bad[] = {"",
                               " ",
                               "-",
                               "+1",
                               " 1",
                               "1 ",
                               "1.0",
                               "1e3",
                               "0x10",
                               "--1",
                               "-+1",
                               "- 1",
                               "1a",
                               "a",
                               "1\n",
                               "one",
                               "1,000",
                               "9223372036854775808",
                               "-9223372036854775809",
                               "99999999999999999999999999"};
    int64_t value = 99;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(hg__parse_int(good[i].text, &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value = 99;
        if (hg__parse_int(bad[i], &value)) fail_msg("'%s' was taken", bad[i]);
        assert_true(value == 99); // left alone
    }
}

static void real_numbers_are_read(void **state) {
    (void)state;
    const struct {
        const char *text;
        double value;
    } good[] = {
        {"0",       0      },
        {"1e-3",    1e-3   },
        {"+2.5",    2.5    },
        {"-.5",     -0.5   },
        {"5.",      5      },
        {"1E6",     1e6    },
        {"1e-400",  0      },
        {"1.7e308", 1.7e308},
    };
    const char *const bad[] = {"",         " ",     ".",      "+",   "-",   "e3",   "1e",   " 1",
                               "1 ",       "1.0f",  "0x10",   "nan", "inf", "-inf", "+nan", "-nan",
                               "infinity", "1e999", "-1e999", "1,5", "1_0", "--1",  "1.2.3"};
    double value = 99;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!hg__parse_float(good[i].text, &value)) fail_msg("'%s'", good[i].text);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value = 99;
        if (hg__parse_float(bad[i], &value)) fail_msg("'%s' was taken", bad[i]);
        assert_true(value == 99);
    }
}

static void a_number_comes_back_from_its_text(void **state) {
    (void)state;
    const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.1,       "0.1"                  },
        {1e-3,      "0.001"                },
        {1,         "1"                    },
        {-2.5,      "-2.5"                 },
        {0.1 + 0.2, "0.30000000000000004"  },
        {1e300,     "1e+300"               },
        {5e-324,    "4.94065645841247e-324"},
        {1.0 / 3,   "0.33333333333333331"  },
    };
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg__format_float(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
    }
    for (uint32_t i = 0; i < 5000; i++) { // any bits at all
        const hg__philox random = hg__philox_run(7, i, 0, 0, 0);
        uint64_t bits = (uint64_t)random.word[0] << 32 | random.word[1];
        double value, back = 0;
        memcpy(&value, &bits, sizeof value);
        hg__format_float(text, value);
        assert_true(strlen(text) < sizeof text);
        if (!isfinite(value)) continue;
        assert_true(hg__parse_float(text, &back));
        assert_true(back == value);
    }
    hg__format_float(text, (double)NAN);
    assert_non_null(strstr(text, "nan"));
    hg__format_float(text, -(double)INFINITY);
    assert_string_equal(text, "-inf");
}

static void the_nearest_name_is_found_if_one_is_near(void **state) {
    (void)state;
    static const char *const names[] = {"epochs",    "batch",        "patience", "lr",
                                        "optimizer", "weight_decay", "momentum"};
    const size_t count = sizeof names / sizeof *names;
    const struct {
        const char *wrong, *want;
    } cases[] = {
        {"epoch",        "epochs"      },
        {"epcohs",       "epochs"      }, // swapped
        {"bacth",        "batch"       },
        {"batchh",       "batch"       },
        {"optimiser",    "optimizer"   },
        {"opt",          "optimizer"   }, // the beginning
        {"weightdecay",  "weight_decay"},
        {"rl",           "lr"          },
        {"zzzzzz",       NULL          },
        {"banana split", NULL          },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = hg__nearest_name(cases[i].wrong, names, count);
        if (!cases[i].want) assert_null(got);
        if (cases[i].want && (!got || strcmp(got, cases[i].want) != 0)) {
            fail_msg("%s: %s", cases[i].wrong, got ? got : "none");
        }
    }
    assert_null(hg__nearest_name("epochs", names, 0));
    char endless[300];
    memset(endless, 'e', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    (void)hg__nearest_name(endless, names, count); // longer than its table: no harm
    assert_null(hg__nearest_name(endless, names, 1));
}

static void text_grows_by_formats_and_by_bytes(void **state) {
    (void)state;
    hg__text t = {0};
    for (int i = 0; i < 1000; i++) assert_int_equal(hg__text_add(&t, "%d,", i), HG_OK);
    assert_int_equal(t.length, strlen(t.data));
    assert_int_equal(strncmp(t.data, "0,1,2,3,", 8), 0);
    assert_int_equal(hg__text_add_bytes(&t, "a\0b", 3), HG_OK);
    assert_int_equal(hg__text_add_bytes(&t, NULL, 0), HG_OK);
    assert_memory_equal(t.data + t.length - 3, "a\0b", 4);
    char *room = hg__text_room(&t, 5000);
    assert_true(room == t.data + t.length && t.capacity > t.length + 5000);
    memset(room, 'y', 5000);
    t.length += 5000;
    const size_t length = t.length;
    char *data = hg__text_take(&t, NULL);
    assert_non_null(data);
    assert_true(t.data == NULL && t.length == 0 && data[length] == '\0');
    hg_text_free(data);
    data = hg__text_take(&t, NULL); // nothing was added: an empty string
    assert_string_equal(data, "");
    hg_text_free(data);
    hg__text_clear(&t);
}

static void text_that_failed_once_stays_failed(void **state) {
    (void)state;
    hg_error err = {0};
    hg__text t = {.failed = true};
    assert_int_equal(hg__text_add(&t, "x"), HG_ERR_MEMORY);
    assert_int_equal(hg__text_add_bytes(&t, "x", 1), HG_ERR_MEMORY);
    assert_null(hg__text_room(&t, 1));
    assert_null(hg__text_take(&t, &err));
    assert_int_equal(err.code, HG_ERR_MEMORY);
    assert_true(!t.failed && !t.data); // as new
}

static void an_error_is_a_code_and_a_sentence(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg__fail(NULL, HG_ERR_DATA, "nobody listens"), HG_ERR_DATA);
    assert_int_equal(hg__fail(&err, HG_ERR_DATA, "x.csv:%d: bad", 17), HG_ERR_DATA);
    assert_int_equal(err.code, HG_ERR_DATA);
    assert_string_equal(err.message, "x.csv:17: bad");
    errno = ENOSPC;
    assert_int_equal(hg__fail_errno(NULL, HG_ERR_IO, "nobody"), HG_ERR_IO);
    errno = ENOSPC;
    assert_int_equal(hg__fail_errno(&err, HG_ERR_IO, "%s: cannot write", "x"), HG_ERR_IO);
    assert_string_equal(err.message, "x: cannot write: No space left on device");
    char endless[2000];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    errno = ENOSPC;
    hg__fail_errno(&err, HG_ERR_IO, "%s", endless);
    assert_int_equal(strlen(err.message), sizeof err.message - 1); // cut, not overrun
}

// The header's text, its number and the library's two are one version.
static void the_version_is_the_same_in_all_its_forms(void **state) {
    (void)state;
    char text[32];
    assert_string_equal(hg_version(), HG_VERSION);
    assert_int_equal(hg_version_number(), HG_VERSION_NUMBER);
    const int number = hg_version_number();
    snprintf(text, sizeof text, "%d.%d.%d", number / 10000, number / 100 % 100, number % 100);
    assert_string_equal(text, HG_VERSION);
#if HG_VERSION_NUMBER < 100
# error "expected a number that the preprocessor can compare"
#endif
}

static void utf8_is_told_from_other_bytes(void **state) {
    (void)state;
    // The borders of each row of Unicode's table 3-7, and one step beyond them.
    static const char *const good[] = {
        "",
        "plain",
        "\x7F",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "a\xC3\xA9z",
    };
    static const char *const wrong[] = {
        "\x80",
        "\xC1\xBF",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xC3",
        "\xE2\x82",
        "\xF0\x9F\x98",
        "a\xE9z",
        "\xE2\x82z",
        "\xC3\xA9\xFF",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(hg__is_utf8(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(hg__is_utf8(wrong[i], strlen(wrong[i])));
    }
    assert_true(hg__is_utf8("a\0b", 3));
}

static void names_are_suggested_or_listed(void **state) {
    (void)state;
    static const char *const names[] = {"load", "temperature", "kind", "label"};
    char text[HG_SUGGESTED];
    hg__suggest("labl", names, 4, text);
    assert_string_equal(text, "; did you mean 'label'?");
    hg__suggest("zzz", names, 4, text);
    assert_string_equal(text, "; there are load, temperature, kind, label");
    hg__suggest("zzz", names, 0, text);
    assert_string_equal(text, "");
    const char *many[100];
    for (size_t i = 0; i < 100; i++) many[i] = "a name that is rather long, longer than is shown";
    hg__suggest("zzz", many, 100, text);
    assert_non_null(strstr(text, " more"));
}

static void words_of_the_shell_are_quoted_where_they_must_be(void **state) {
    (void)state;
    char text[40];
    hg__shell_word("runs/a_b-1.csv", text, sizeof text);
    assert_string_equal(text, "runs/a_b-1.csv");
    hg__shell_word("my clip.mov", text, sizeof text);
    assert_string_equal(text, "'my clip.mov'");
    hg__shell_word("a'b$(c)", text, sizeof text);
    assert_string_equal(text, "'a'\\''b$(c)'");
    hg__shell_word("", text, sizeof text);
    assert_string_equal(text, "''");
    hg__shell_word("a word that is longer than there is room for it", text, sizeof text);
    assert_true(strlen(text) < sizeof text && text[strlen(text) - 1] == '\'');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_suggested_or_listed),
        cmocka_unit_test(words_of_the_shell_are_quoted_where_they_must_be),
        cmocka_unit_test(whole_numbers_are_read),
        cmocka_unit_test(real_numbers_are_read),
        cmocka_unit_test(a_number_comes_back_from_its_text),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(the_nearest_name_is_found_if_one_is_near),
        cmocka_unit_test(text_grows_by_formats_and_by_bytes),
        cmocka_unit_test(text_that_failed_once_stays_failed),
        cmocka_unit_test(an_error_is_a_code_and_a_sentence),
        cmocka_unit_test(the_version_is_the_same_in_all_its_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
