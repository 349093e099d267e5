// SPDX-License-Identifier: Apache-2.0
// test_yaml.c - what the settings reader takes, and the sentence for everything it refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"
#include "files/yaml.h"

#include <cmocka.h>

// Writes the pairs as "line key=value;".
static int collect(void *context, const char *key, const char *value, size_t line, hg_error *err) {
    (void)err;
    return hg__text_add(context, "%zu %s=%s;", line, key, value);
}

static int refuse(void *context, const char *key, const char *value, size_t line, hg_error *err) {
    (void)context;
    return hg__fail(err, HG_ERR_USAGE, "%zu %s %s", line, key, value);
}

static void takes(const char *yaml, const char *pairs) {
    hg__text got = {0};
    hg_error err = {0};
    hg__text_add(&got, "%s", "");
    int code = hg__yaml_read(yaml, strlen(yaml), "a.yaml", collect, &got, &err);
    if (code != HG_OK) fail_msg("%s: %s", yaml, err.message);
    assert_string_equal(got.data, pairs);
    hg__text_clear(&got);
}

static void refuses(const char *yaml, size_t size, const char *sentence) {
    hg__text got = {0};
    hg_error err = {0};
    assert_int_equal(hg__yaml_read(yaml, size, "a.yaml", collect, &got, &err), HG_ERR_USAGE);
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_string_equal(err.message, sentence);
    hg__text_clear(&got);
}

static void a_flat_mapping_gives_its_pairs_in_order(void **state) {
    (void)state;
    takes("lr: 1e-3\nname: my run\n", "1 lr=1e-3;2 name=my run;");
    takes("# a note\n\nlr: 1 # behind\n", "3 lr=1;");
    takes("{lr: 1, batch: 2}", "1 lr=1;1 batch=2;");
    takes("---\nlr: 1\n...\n", "2 lr=1;");
    takes("lr: 1\r\nbatch: 2\r\n", "1 lr=1;2 batch=2;");
    takes("\xEF\xBB\xBFlr: 1\n", "1 lr=1;");
}

static void an_empty_file_is_an_empty_mapping(void **state) {
    (void)state;
    takes("", "");
    takes("# nothing but a note\n", "");
    takes("{}", "");
}

static void quotes_keep_what_they_hold(void **state) {
    (void)state;
    takes("a: 'it''s'\nb: \"x\\ty\"\nc: \"\"\n", "1 a=it's;2 b=x\ty;3 c=;");
}

static void a_plain_null_is_an_empty_value(void **state) {
    (void)state;
    takes("a: ~\nb: null\nc:\nd: '~'\n", "1 a=;2 b=;3 c=;4 d=~;");
}

static void everything_else_of_yaml_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *sentence;
    } table[] = {
        {"[1, 2]",                 "a.yaml:1: expected lines of `key: value`, got a list"     },
        {"words",                  "a.yaml:1: expected lines of `key: value`, got one value"  },
        {"&a {lr: 1}",             "a.yaml:1: expected lines of `key: value`, got an anchor"  },
        {"!!map {lr: 1}",          "a.yaml:1: expected lines of `key: value`, got a tag"      },
        {"lr: [1]",                "a.yaml:1: expected one value for 'lr', got a list"        },
        {"lr: {a: 1}",             "a.yaml:1: expected one value for 'lr', got a mapping"     },
        {"lr: &a 1",               "a.yaml:1: expected one value for 'lr', got an anchor"     },
        {"lr: *a",                 "a.yaml:1: expected one value for 'lr', got an alias"      },
        {"lr: !!float 1",          "a.yaml:1: expected one value for 'lr', got a tag"         },
        {"lr: \"a\\0b\"",          "a.yaml:1: expected one value for 'lr', got a zero byte"   },
        {"[a]: 1",                 "a.yaml:1: expected an option's name, got a list"          },
        {"? {a: b}\n: 1",          "a.yaml:1: expected an option's name, got a mapping"       },
        {"&a lr: 1",               "a.yaml:1: expected an option's name, got an anchor"       },
        {"lr: 1\nbatch: 2\nlr: 1", "a.yaml:3: expected each option once, got 'lr' again"      },
        {"lr: 1\n---\nbatch: 2",   "a.yaml:2: expected one document, got a second"            },
        {"lr: \"1",                "a.yaml:1: expected YAML: found unexpected end of stream"  },
        {"lr: 1\n b: 2: 3",
         "a.yaml:2: expected YAML: mapping values are not allowed in this context"            },
        {"lr: 1\n\nb: \xFF",       "a.yaml:3: expected YAML: invalid leading UTF-8 octet"     },
        {"%YAML 9.9\n---\nlr: 1",  "a.yaml:1: expected YAML: found incompatible YAML document"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        refuses(table[i].yaml, strlen(table[i].yaml), table[i].sentence);
    }
}

static void a_file_over_the_limit_is_refused_unread(void **state) {
    (void)state;
    size_t size = HG_MAX_YAML + 1;
    char *text = hg__alloc(size, 1, NULL);
    memset(text, '#', size);
    refuses(text, size, "a.yaml: expected at most 1048576 bytes of YAML, got 1048577");
    hg__free(text);
}

static void more_keys_than_the_limit_are_refused(void **state) {
    (void)state;
    hg__text text = {0};
    for (int i = 0; i <= HG_MAX_YAML_KEYS; i++) hg__text_add(&text, "k%d: 1\n", i);
    refuses(text.data, text.length, "a.yaml:257: expected at most 256 options, got more");
    hg__text_clear(&text);
}

static void deep_nesting_ends_at_the_first_level(void **state) {
    (void)state;
    size_t size = HG_MAX_YAML;
    char *text = hg__alloc(size, 1, NULL);
    memset(text, '[', size);
    text[0] = 'a';
    text[1] = ':';
    text[2] = ' ';
    refuses(text, size, "a.yaml:1: expected one value for 'a', got a list");
    hg__free(text);
}

static void the_visitor_may_end_the_reading(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg__yaml_read("\na: 1\nb: 2", 10, "a.yaml", refuse, NULL, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "2 a 1");
}

static void every_beginning_of_a_file_is_taken_or_refused(void **state) {
    (void)state;
    const char *text = "lr: 1e-3\nname: \"a\\u00e4b\"\nlabel: 'x'\n{a: b}\n--- !t &x *y\n[";
    for (size_t size = 0; size <= strlen(text); size++) {
        hg__text got = {0};
        hg_error err = {0};
        int code = hg__yaml_read(text, size, "a.yaml", collect, &got, &err);
        assert_true(code == HG_OK || (code == HG_ERR_USAGE && err.message[0]));
        hg__text_clear(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flat_mapping_gives_its_pairs_in_order),
        cmocka_unit_test(an_empty_file_is_an_empty_mapping),
        cmocka_unit_test(quotes_keep_what_they_hold),
        cmocka_unit_test(a_plain_null_is_an_empty_value),
        cmocka_unit_test(everything_else_of_yaml_is_refused),
        cmocka_unit_test(a_file_over_the_limit_is_refused_unread),
        cmocka_unit_test(more_keys_than_the_limit_are_refused),
        cmocka_unit_test(deep_nesting_ends_at_the_first_level),
        cmocka_unit_test(the_visitor_may_end_the_reading),
        cmocka_unit_test(every_beginning_of_a_file_is_taken_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
