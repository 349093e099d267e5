// SPDX-License-Identifier: Apache-2.0
// test_schema_json.c - a schema survives the model file to the last bit, and a foreign one is not trusted.
#include "base/json.h"
#include "faults.h"
#include "schema_case.h"

static void write_row(int64_t row, int32_t column, char text[64]) {
    static const char *const words[] = {"tcp", "udp", "t\xc3\xb6r", "a \"b\""};
    const int r = (int)row;
    switch (column) {
    case 0: snprintf(text, 64, "%s", r % 7 ? words[r % 4] : ""); break;
    case 1: snprintf(text, 64, "%.17g", 1.0 / (1 + r * 13 % 100)); break;
    case 2: snprintf(text, 64, "%s", r % 3 ? "1" : r % 2 ? "0" : ""); break;
    case 3: snprintf(text, 64, "2024-%02d-11 10:%02d", 1 + r % 12, r % 60); break;
    case 4: snprintf(text, 64, "%d", r * r * r); break;
    case 5: snprintf(text, 64, "%s", r % 2 ? "yes" : "no"); break;
    case 6: snprintf(text, 64, "k"); break;
    default: snprintf(text, 64, "%d", r % 9); break;
    }
}

static const char *const names = "proto third bit when cube word fixed label";
static const hg__schema_options options = {
    .label = "label", .normal = "0,1,2,3,4,5", .override = "third quantile, cube log number"};

static char *write_json(const hg__schema *s) {
    hg__json *json = hg__schema_to_json(s, NULL);
    assert_non_null(json);
    char *text = hg__json_text(json, NULL);
    hg__json_free(json);
    assert_non_null(text);
    return text;
}

static hg__schema *read_json(const char *text, hg_error *err) {
    hg__json *json = hg__json_read(text, strlen(text), "m.safetensors", NULL);
    assert_non_null(json);
    hg__schema *s = hg__schema_from_json(json, "m.safetensors", err);
    hg__json_free(json);
    return s;
}

static void a_schema_comes_back_from_json_to_the_last_bit(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, names, 0, 300, write_row);
    hg__schema *s = case_infer(&c, &options);
    char *text = write_json(s);
    hg_error err = {0};
    hg__schema *back = read_json(text, &err);
    assert_string_equal(err.message, "");
    assert_non_null(back);
    char *again = write_json(back);
    assert_string_equal(text, again);
    assert_int_equal(back->width, s->width);
    for (int64_t row = 0; row < c.count; row++) {
        float x[64] = {0}, y[64] = {0};
        hg__encoding_notes notes = {0};
        assert_int_equal(case_encode(&c, s, row, false, x, &notes, NULL), HG_OK);
        assert_int_equal(case_encode(&c, back, row, false, y, &notes, NULL), HG_OK);
        assert_memory_equal(x, y, sizeof x);
    }
    hg__free(text);
    hg__free(again);
    hg__schema_free(s);
    hg__schema_free(back);
}

#define NUMBER                                                                 \
 "{\"name\":\"a\",\"kind\":\"number\",\"position\":0,\"first\":0,\"width\":1," \
 "\"scaling\":\"standard\",\"centre\":0,\"scale\":1,\"fill\":0,\"least\":0,\"most\":1}"
#define AROUND(columns, width) \
 "{\"table_columns\":2,\"named\":true,\"label\":1,\"width\":" width ",\"columns\":[" columns "]}"

// What is right, what is put in its place in NUMBER, and what is said.
static void a_foreign_schema_is_not_trusted(void **state) {
    (void)state;
    static const struct {
        const char *right, *wrong, *sentence;
    } slips[] = {
        {"\"scale\":1",         "\"scale\":0",                                                             "column 1: expected a number in range as 'scale'"          },
        {"\"scale\":1",         "\"scale\":-1",                                                            "column 1: expected a number in range as 'scale'"          },
        {"\"scale\":1",         "\"scale\":\"1\"",                                                         "column 1: expected a number in range as 'scale'"          },
        {"\"centre\":0",        "\"centre\":1e301",                                                        "column 1: expected a number in range as 'centre'"         },
        {"\"fill\":0,",         "",                                                                        "column 1: expected a number in range as 'fill'"           },
        {"standard",            "usual",                                                                   "column 1: expected a known word as 'scaling'"             },
        {"\"number\"",          "\"numbers\"",                                                             "column 1: expected a known word as 'kind'"                },
        {"\"number\"",          "7",                                                                       "column 1: expected a known word as 'kind'"                },
        {"\"name\":\"a\"",      "\"name\":1",                                                              "column 1: expected a text as 'name'"                      },
        {"\"position\":0",      "\"position\":2",
         "column 1: expected a whole number in range as 'position'"                                                                                                   },
        {"\"position\":0",      "\"position\":1",
         "column 1: expected a column that is not the label as 'position'"                                                                                            },
        {"\"first\":0",         "\"first\":1",                                                             "column 1: expected a whole number in range as 'first'"    },
        {"\"width\":1,\"s",     "\"width\":2,\"s",
         "column 1: expected a whole number in range as 'width'"                                                                                                      },
        {"\"fill\":0",          "\"fill\":0,\"unit\":0",                                                   "column 1: expected a number in range as 'unit'"           },
        {"\"fill\":0",          "\"fill\":0,\"missing\":2",
         "column 1: expected a number in range as 'missing'"                                                                                                          },
        {"\"fill\":0",          "\"fill\":0,\"decimals\":16",
         "column 1: expected a whole number in range as 'decimals'"                                                                                                   },
        {"\"fill\":0",          "\"fill\":0,\"format\":{\"point\":\"x\"}",
         "column 1: expected a known word as 'point'"                                                                                                                 },
        {"\"fill\":0",          "\"fill\":0,\"format\":{\"point\":\".\",\"prefix\":\"0123456789abcdef\"}",
         "column 1: expected a text of at most 15 bytes as 'prefix'"                                                                                                  },
        {"\"fill\":0",
         "\"fill\":0,\"format\":{\"point\":\".\",\"prefix\":\"$\",\"suffix\":\"a b\"}",                    "column 1: expected a text of at most 15 bytes as 'suffix'"},
        {"\"number\"",          "\"category\",\"spelt\":1,\"levels\":[]",
         "column 1: expected true or false as 'spelt'"                                                                                                                },
        {"standard",            "quantile",                                                                "column 1: expected a list of 2 to 257 numbers as 'knots'" },
        {"standard\"",          "quantile\",\"knots\":[1,1],\"scores\":[0,1]",
         "column 1: expected numbers that ascend as 'knots'"                                                                                                          },
        {"standard\"",          "quantile\",\"knots\":[1,2],\"scores\":[0]",
         "column 1: expected as many numbers as knots as 'scores'"                                                                                                    },
        {"standard\"",          "quantile\",\"knots\":[1,2],\"scores\":[0,true]",
         "column 1: expected numbers that ascend as 'scores'"                                                                                                         },
        {"\"number\"",          "\"category\"",
         "column 1: expected a list of texts of the right length as 'levels'"                                                                                         },
        {"\"number\"",          "\"category\",\"levels\":[\"x\"]",
         "column 1: expected a whole number in range as 'width'"                                                                                                      },
        {"\"number\"",          "\"category\",\"levels\":[\"x\",\"x\"]",
         "column 1: expected texts that differ as 'levels'"                                                                                                           },
        {"\"number\"",          "\"category\",\"levels\":[\"x\",1]",
         "column 1: expected a text as 'levels'"                                                                                                                      },
        {"\"number\"",          "\"boolean\",\"levels\":[\"x\"]",
         "column 1: expected a list of texts of the right length as 'levels'"                                                                                         },
        {"\"number\"",          "\"time\",\"week\":1",                                                     "column 1: expected true or false as 'week'"               },
        {"\"table_columns\":2", "\"table_columns\":0",
         "expected a whole number in range as 'table_columns'"                                                                                                        },
        {"\"label\":1",         "\"label\":2",                                                             "expected a whole number in range as 'label'"              },
        {"\"named\":true",      "\"named\":1",                                                             "expected true or false as 'named'"                        },
        {"\"columns\":[",       "\"columns\":[1,2,",
         "expected a list of 1 to table_columns columns as 'columns'"                                                                                                 },
        {"\"columns\":[",       "\"column\":[",
         "expected a list of 1 to table_columns columns as 'columns'"                                                                                                 },
        {"\"columns\":[",       "\"columns\":[7,",                                                         "column 1: expected a text as 'name'"                      },
    };
    hg_error err = {0};
    hg__schema *good = read_json(AROUND(NUMBER, "1"), &err);
    assert_non_null(good);
    hg__schema_free(good);
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        char text[1024];
        const char *whole = AROUND(NUMBER, "1"), *at = strstr(whole, slips[i].right);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, slips[i].wrong,
                 at + strlen(slips[i].right));
        hg__schema *s = read_json(text, &err);
        if (s) print_error("taken: %s\n", text);
        assert_null(s);
        assert_int_equal(err.code, HG_ERR_MODEL);
        assert_int_equal(strncmp(err.message, "m.safetensors: schema", 21), 0);
        assert_string_equal(err.message + 23, slips[i].sentence); // behind ": " or ", "
    }
}

static void a_schema_that_is_no_object_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"[]",
                                        "1",
                                        "null",
                                        "\"x\"",
                                        "{}",
                                        AROUND(NUMBER "," NUMBER, "2"),
                                        AROUND(NUMBER, "2"),
                                        AROUND("{}", "1"),
                                        AROUND("", "0")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hg_error err = {0};
        assert_null(read_json(texts[i], &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
    }
}

// ---- memory that runs out -----------------------------------------------------------------------

static const hg__schema_options few = {
    .label = "label", .normal = "0,1,2", .override = "third quantile"};

// Learns, writes and reads a schema, and ends with one of the CHILD_ statuses.
static int run_out(void) {
    schema_case c;
    hg_error err = {0};
    case_open(&c, "proto third label", 0, 60, write_row);
    c.order[2] = 7;
    hg__schema *s = hg__schema_infer(&c.table, &few, NULL, &err), *back = NULL;
    hg__json *json = s ? hg__schema_to_json(s, &err) : NULL;
    if (json) back = hg__schema_from_json(json, "m", &err);
    const bool good = back != NULL;
    hg__json_free(json);
    hg__schema_free(s);
    hg__schema_free(back);
    if (good) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void memory_that_runs_out_is_an_error_and_no_leak(void **state) {
    (void)state;
    assert_true(count_faults("schema", "HG_FAIL_ALLOC", "") > 50);
    assert_true(count_faults("schema", "HG_FAIL_ALLOC", "+") > 50);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "child") == 0) return run_out();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_comes_back_from_json_to_the_last_bit),
        cmocka_unit_test(a_foreign_schema_is_not_trusted),
        cmocka_unit_test(a_schema_that_is_no_object_is_refused),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
