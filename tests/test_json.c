// SPDX-License-Identifier: Apache-2.0
// test_json.c - JSON values made, read and written, and what is refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "faults.h"

#include <cmocka.h>

static void expect_same(const char *text, const char *again) {
    hg_error err = {0};
    hg__json *v = hg__json_read(text, strlen(text), "t", &err);
    if (!v) fail_msg("%s: %s", text, err.message);
    char *written = hg__json_text(v, NULL);
    assert_string_equal(written, again);
    hg__json *copy = hg__json_copy(v);
    char *third = hg__json_text(copy, NULL);
    assert_string_equal(third, again);
    hg__free(written);
    hg__free(third);
    hg__json_free(copy);
    hg__json_free(v);
}

static void what_is_read_is_written_again(void **state) {
    (void)state;
    static const char *const same[] = {"null",
                                       "true",
                                       "[]",
                                       "{}",
                                       "-5",
                                       "[1,[2,[3]],{}]",
                                       "{\"a\":{\"b\":[]},\"c\":\"d\"}",
                                       "9223372036854775807",
                                       "0.10000000000000001",
                                       "1.0000000000000001e-5",
                                       "1e100",
                                       "\"\\\"\\\\\\b\\f\\n\\r\\t\\u001F/\xC3\xA9\""};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) expect_same(same[i], same[i]);
    expect_same(" { \"a\" : [ 1 , 2 ] }\n", "{\"a\":[1,2]}");
    expect_same("\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\\/\"",
                "\"A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80/\"");
    expect_same("[-0, 1.0, 1E+2, 1e-400]", "[0,1.0,100.0,0.0]");
}

static void what_is_no_json_is_refused_at_its_place(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"",                                                                                        "text that ends too early at byte 1"},
        {"[1,]",                                                                                    "something else at byte 4"          },
        {"[1 2]",                                                                                   "something else at byte 4"          },
        {"[1}",                                                                                     "something else at byte 3"          },
        {"{\"a\"}",                                                                                 "something else at byte 5"          },
        {"{\"a\":1,}",                                                                              "something else at byte 8"          },
        {"{a:1}",                                                                                   "something else at byte 2"          },
        {"1 1",                                                                                     "something else at byte 3"          },
        {"[\n",                                                                                     "text that never ends"              },
        {"\"\\ud83d\\n1234\"",                                                                      "an escape that is none at byte 1"  },
        {"\"\\ud83dx12345\"",                                                                       "an escape that is none at byte 1"  },
        {"\"\\u00g0\"",                                                                             "an escape that is none at byte 1"  },
        {"1e",                                                                                      "a number that is none at byte 1"   },
        {"nul",                                                                                     "something else at byte 1"          },
        {"01",                                                                                      "a number that is none at byte 1"   },
        {"1.",                                                                                      "a number that is none at byte 1"   },
        {"-",                                                                                       "a number that is none at byte 1"   },
        {"1e999",                                                                                   "a number too large at byte 1"      },
        {"9223372036854775808",                                                                     "an integer too large at byte 1"    },
        {"\"\\x\"",                                                                                 "an escape that is none at byte 1"  },
        {"\"\\u12\"",                                                                               "an escape that is none at byte 1"  },
        {"\"\\ud800\"",                                                                             "an escape that is none at byte 1"  },
        {"\"\\ud800\\u0041\"",                                                                      "an escape that is none at byte 1"  },
        {"\"\\u0000\"",                                                                             "a text with a zero byte at byte 1" },
        {"\"a\nb\"",                                                                                "a control byte in a text at byte 1"},
        {"\"\xFF\"",                                                                                "a text that is not UTF-8 at byte 1"},
        {"{\"a\":1,\"a\":2}",                                                                       "a key twice"                       },
        {"{\"a\":1,\"b\":2,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"\\u0063\":1}",
         "a key twice"                                                                                                                  },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg_error err = {0};
        assert_null(hg__json_read(bad[i][0], strlen(bad[i][0]), "t", &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
        if (!strstr(err.message, bad[i][1])) fail_msg("%s: %s", bad[i][0], err.message);
    }
    assert_null(hg__json_read("1\0", 2, "t", NULL));
}

// Every beginning of a text, in a block that ends where the text does: the sanitizers look on.
static void no_beginning_is_read_beyond(void **state) {
    (void)state;
    static const char text[] =
        "{\"a\":[1,-2.5e+3,\"\\u00e9\\ud83d\\ude00\\n\"],\"b\":null,\"c\":{}}";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *part = hg__grow(NULL, size, 1, NULL);
        memcpy(part, text, size);
        assert_null(hg__json_read(part, size, "t", NULL));
        hg__free(part);
    }
}

static void depth_is_bounded_and_costs_no_stack(void **state) {
    (void)state;
    char deep[2 * HG_MAX_JSON_DEPTH + 3] = "";
    memset(deep, '[', HG_MAX_JSON_DEPTH);
    memset(deep + HG_MAX_JSON_DEPTH, ']', HG_MAX_JSON_DEPTH);
    expect_same(deep, deep);
    memset(deep, '[', HG_MAX_JSON_DEPTH + 1);
    memset(deep + HG_MAX_JSON_DEPTH + 1, ']', HG_MAX_JSON_DEPTH + 1);
    assert_null(hg__json_read(deep, sizeof deep - 1, "t", NULL));
    hg__json *v = hg__json_array();
    for (int i = 0; i < 100000; i++) {
        hg__json *outer = hg__json_array();
        assert_int_equal(hg__json_append(outer, v), HG_OK);
        v = outer;
    }
    assert_null(hg__json_text(v, NULL)); // deeper than could be read again
    hg__json_free(v);
}

static void objects_are_made_and_changed(void **state) {
    (void)state;
    hg__json *part = hg__json_string("L\xE4nge", NULL); // Latin-1
    hg__json *o = hg__json_pack("{s:s, s:i, s:I, s:f, s:b, s:o}", "s", "x", "i", 3, "I",
                                (int64_t)1 << 40, "f", 0.5, "b", 1, "o", part);
    assert_int_equal(hg__json_set(o, "i", hg__json_integer(4)), HG_OK);
    hg__json_remove(o, "s");
    hg__json *shared = hg__json_share(hg__json_object_get(o, "o"));
    char *text = hg__json_text(o, NULL);
    assert_string_equal(
        text, "{\"i\":4,\"I\":1099511627776,\"f\":0.5,\"b\":true,\"o\":\"L\xC3\xA4nge\"}");
    hg__free(text);
    text = hg__json_lines(o, 9, NULL);
    assert_string_equal(text, "{\n  \"i\": 4,\n  \"I\": 1099511627776,\n  \"f\": 0.5,\n  \"b\": "
                              "true,\n  \"o\": \"L\xC3\xA4nge\"\n}");
    hg__free(text);
    hg__json_free(o);
    assert_int_equal(hg__json_string_size(shared), 6); // lives on
    hg__json_free(shared);
}

static void what_comes_is_written(void **state) {
    (void)state;
    hg__text t = {0};
    hg__json_writer w = {.to = &t};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_text(&w, "a\"\\\n", "x\n\"\xE2\x80\xAE");
    hg__json_add_real(&w, "b", 9, 0.1);
    hg__json_add_real(&w, "c", 9, (double)NAN);
    hg__json_begin(&w, "d", '[');
    hg__json_add_integer(&w, NULL, -1);
    hg__json_add_boolean(&w, NULL, true);
    hg__json_begin(&w, NULL, '{');
    hg__json_end(&w, '}');
    hg__json_end(&w, ']');
    hg__json_add_fixed(&w, "e", 2, 1);
    hg__json_end(&w, '}');
    assert_string_equal(t.data,
                        "{\"a\\\"\\\\\\u000a\":\"x\\u000a\\\"\\u202e\",\"b\":0.1,\"c\":null,"
                        "\"d\":[-1,true,{}],\"e\":1.00}");
    hg__text_clear(&t);
    w = (hg__json_writer){.to = &t, .is_spaced = true, .has_short_escapes = true};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_text(&w, "a", "\n\x1F");
    hg__json_add_string(&w, "b", "xy", 1);
    hg__json_break(&w, 2);
    hg__json_begin(&w, "c", '[');
    hg__json_break(&w, 4);
    hg__json_add_written(&w, NULL, "1e9", 3);
    hg__json_break(&w, 2);
    hg__json_end(&w, ']');
    hg__json_end(&w, '}');
    assert_string_equal(t.data, "{\"a\": \"\\n\\u001F\", \"b\": \"x\",\n  \"c\": [\n    1e9\n  ]}");
    hg__text_clear(&t);
    hg__json *none = hg__json_real_or_null((double)INFINITY);
    char *text = hg__json_text(none, NULL);
    assert_string_equal(text, "null");
    hg__free(text);
    hg__json_free(none);
}

static void what_was_read_is_changed_in_a_copy(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[1],\"b\":\"x\",\"c\":-2.5e1}";
    hg__json *v = hg__json_read(text, strlen(text), "t", NULL);
    assert_true(hg__json_set(v, "a", hg__json_null()) < 0);
    assert_true(hg__json_append(hg__json_object_get(v, "a"), hg__json_null()) < 0);
    hg__json_remove(v, "a");
    assert_int_equal(hg__json_object_size(v), 3);
    hg__json *copy = hg__json_copy(v), *array = hg__json_copy(hg__json_object_get(v, "a"));
    hg__json_free(v); // its values live on
    hg__json_remove(copy, "a");
    assert_int_equal(hg__json_set(copy, "d", array), HG_OK);
    assert_int_equal(hg__json_append(array, hg__json_share(hg__json_object_get(copy, "b"))), HG_OK);
    assert_int_equal(hg__json_set(copy, "b", hg__json_boolean(true)), HG_OK);
    char *written = hg__json_text(copy, NULL);
    assert_string_equal(written, "{\"b\":true,\"c\":-25.0,\"d\":[1,\"x\"]}");
    hg__free(written);
    hg__json_free(copy);
    assert_null(hg__json_copy(NULL));
}

// `part` so often, with commas between, in a list, or in an object: ":1" behind keys.
static hg__text repeat(const char *part, int times) {
    const bool is_object = *part == ':';
    hg__text t = {0};
    hg__text_add(&t, is_object ? "{" : "[");
    for (int i = 0; i < times; i++) {
        if (i) hg__text_add(&t, ",");
        if (is_object) hg__text_add(&t, "\"%x\"", i);
        hg__text_add(&t, "%s", part);
    }
    hg__text_add(&t, is_object ? "}" : "]");
    assert_false(t.failed);
    return t;
}

static void memory_is_in_proportion_to_the_text(void **state) {
    (void)state;
    static const char *const parts[] = {
        "[]",
        "{}",
        "1",
        "1e1",
        "\"\"",
        "null",
        "[1]",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        "{\"\":{\"\":1}}",
        ":1",
        "[\"a,b:[{\",{\"k\":[2,{\"k\":[]}]}]",
        " [ [\n] , { } ] "};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        hg__text t = repeat(parts[i], 20000);
        const uint64_t bytes = hg__alloc_bytes(), calls = hg__alloc_count();
        hg__json *v = hg__json_read(t.data, t.length, "t", NULL);
        assert_non_null(v);
        if (hg__alloc_bytes() - bytes > 5 * t.length + t.length / 10 + 2048) {
            fail_msg("%s: %d bytes for %d of text", parts[i], (int)(hg__alloc_bytes() - bytes),
                     (int)t.length);
        }
        assert_true(hg__alloc_count() - calls <= 4);
        char *written = hg__json_text(v, NULL);
        if (strcmp(parts[i], "1e1") != 0 && !strchr(parts[i], ' ')) {
            assert_string_equal(written, t.data);
        }
        hg__free(written);
        hg__json_free(v);
        hg__text_clear(&t);
    }
    hg_error err = {0};
    assert_null(hg__json_read("1", (size_t)HG_MAX_JSON_SIZE + 1, "t", &err));
    assert_string_equal(err.message,
                        "t: expected JSON of at most 1073741824 bytes, got 1073741825");
    hg__text t = repeat("1", HG_MAX_JSON_ITEMS + 2);
    assert_null(hg__json_read(t.data, t.length, "t", &err));
    assert_string_equal(err.message, "t: expected JSON of at most 2097152 items, got 2097153");
    hg__text_clear(&t);
}

// The child of the test below.
static int run_scenario(void) {
    hg_error err = {0};
    static const char text[] = "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,"
                               "\"i\":[1,{}]}";
    hg__json *v = hg__json_read(text, strlen(text), "t", &err), *copy = hg__json_copy(v);
    hg__json *part = hg__json_pack("{s:s, s:i, s:f, s:b, s:o, s:o}", "s", "x", "i", 3, "f", 0.5,
                                   "b", 0, "n", hg__json_null(), "o", hg__json_array());
    const int bad = hg__json_set(copy, "new", part);
    char *written = copy && !bad ? hg__json_text(copy, NULL) : NULL;
    const bool is_well = v || (err.code == HG_ERR_MEMORY && err.message[0]);
    const bool is_whole =
        written && strstr(written, "\"i\":[1,{}],\"new\":{\"s\":\"x\",\"i\":3,\"f\":0.5,"
                                   "\"b\":false,\"n\":null,\"o\":[]}}");
    const int code = is_whole ? CHILD_WORKED : CHILD_FAILED_WELL;
    hg__free(written);
    hg__json_free(copy);
    hg__json_free(v);
    return is_well && (is_whole || !written) ? code : CHILD_FAILED_BADLY;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(count_faults("json", "HG_FAIL_ALLOC", "") > 20);
}

// The i-th of 5, -2.5, "x", true, null; 5: a list of them; 6: none.
static void expect_kind(const hg__json *v, size_t i) {
    assert_int_equal(hg__json_is_integer(v), i == 0);
    assert_int_equal(hg__json_is_number(v), i <= 1);
    assert_int_equal(hg__json_is_string(v), i == 2);
    assert_int_equal(hg__json_is_boolean(v), i == 3);
    assert_int_equal(hg__json_is_array(v), i == 5);
    assert_false(hg__json_is_object(v));
}

static void expect_held(const hg__json *v, size_t i) {
    assert_int_equal(hg__json_integer_value(v), i == 0 ? 5 : 0);
    assert_true(hg__json_number_value(v) == (i == 0 ? 5 : i == 1 ? -2.5 : 0));
    assert_int_equal(hg__json_string_size(v), i == 2);
    assert_true((hg__json_string_value(v) != NULL) == (i == 2));
    assert_int_equal(hg__json_is_true(v), i == 3);
    assert_int_equal(hg__json_array_size(v), i == 5 ? 5 : 0);
    assert_int_equal(hg__json_object_size(v), 0);
    assert_null(hg__json_object_get(v, "a"));
    assert_null(hg__json_object_key(v, 0));
    assert_null(hg__json_object_value(v, 0));
}

static void what_is_of_another_kind_gives_nothing(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[5,-2.5,\"x\",true,null]}";
    hg__json *made = hg__json_pack("{s:o}", "a", hg__json_array()), *list;
    hg__json *read = hg__json_read(text, strlen(text), "t", NULL);
    list = hg__json_object_get(made, "a");
    assert_int_equal(hg__json_append(list, hg__json_integer(5)), HG_OK);
    assert_int_equal(hg__json_append(list, hg__json_real(-2.5)), HG_OK);
    assert_int_equal(hg__json_append(list, hg__json_string("x", NULL)), HG_OK);
    assert_int_equal(hg__json_append(list, hg__json_boolean(true)), HG_OK);
    assert_int_equal(hg__json_append(list, hg__json_null()), HG_OK);
    for (int k = 0; k < 2; k++) {
        const hg__json *o = k ? made : read, *a = hg__json_object_value(o, 0);
        assert_string_equal(hg__json_object_key(o, 0), "a");
        assert_true(hg__json_is_object(o) && hg__json_is_array(a));
        for (size_t i = 0; i < 7; i++) {
            const hg__json *v = i == 5 ? a : hg__json_array_get(a, i);
            expect_kind(v, i);
            expect_held(v, i);
        }
        assert_null(hg__json_array_get(o, 0));
        assert_null(hg__json_object_get(o, "b"));
    }
    assert_int_equal(hg__json_update(made, read), HG_OK); // "a" is another now, and shared
    assert_ptr_equal(hg__json_object_get(made, "a"), hg__json_object_get(read, "a"));
    assert_true(hg__json_update(NULL, read) < 0 && hg__json_update(made, NULL) < 0);
    assert_true(hg__json_update(read, made) < 0);
    hg__json_remove(made, "b");
    hg__json_remove(NULL, "b");
    assert_int_equal(hg__json_object_size(made), 1);
    assert_true(hg__json_set(made, "a", NULL) < 0);
    hg__json_free(NULL);
    hg__json_free(read);
    hg__json_free(made);
}

static void a_failed_part_fails_the_whole(void **state) {
    (void)state;
    hg__json *o = hg__json_object();
    assert_null(hg__json_real((double)NAN));
    assert_true(hg__json_set(o, "x", hg__json_real((double)INFINITY)) < 0);
    assert_null(hg__json_pack("{s:f, s:o}", "x", (double)NAN, "o", hg__json_array()));
    assert_true(hg__json_set(NULL, "x", hg__json_null()) < 0);
    assert_true(hg__json_append(o, hg__json_null()) < 0);
    hg__json_free(o);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc == 3) return run_scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_again),
        cmocka_unit_test(what_is_no_json_is_refused_at_its_place),
        cmocka_unit_test(no_beginning_is_read_beyond),
        cmocka_unit_test(depth_is_bounded_and_costs_no_stack),
        cmocka_unit_test(objects_are_made_and_changed),
        cmocka_unit_test(what_comes_is_written),
        cmocka_unit_test(what_was_read_is_changed_in_a_copy),
        cmocka_unit_test(memory_is_in_proportion_to_the_text),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(what_is_of_another_kind_gives_nothing),
        cmocka_unit_test(a_failed_part_fails_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
