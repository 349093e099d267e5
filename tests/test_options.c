// SPDX-License-Identifier: Apache-2.0
// test_options.c - the option table: defaults, checks, every way in and out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "options/options.h"

#include <cmocka.h>

static hg_options *make(const char *mode) {
    hg_error err = {0};
    hg_options *o = hg_options_new(mode, &err);
    if (!o) fail_msg("%s", err.message);
    return o;
}

static void set(hg_options *o, const char *name, const char *value) {
    hg_error err = {0};
    if (hg_options_set(o, name, value, &err) != HG_OK) fail_msg("%s", err.message);
}

static void the_defaults_are_those_of_the_page(void **state) {
    (void)state;
    hg_options *o = make("train");
    const struct hg__values *v = &o->values;
    assert_int_equal(v->epochs, 20);
    assert_int_equal(v->batch, 128);
    assert_true(v->lr == 1e-3 && v->beta1 == 0.9 && v->beta2 == 0.999 && v->eps == 1e-8);
    assert_string_equal(v->optimizer, "adam");
    assert_string_equal(v->model, "ae");
    assert_string_equal(v->val, "0.1");
    assert_int_equal(v->max_mem, 192 << 20);
    assert_true(v->shuffle && !v->nesterov && v->pca && !v->exist_ok);
    assert_string_equal(v->project, "runs");
    for (int i = 0; i < HG_OPTION_COUNT; i++) assert_false(o->set[i]);
    hg_options_free(o);
}

static void a_mode_may_have_its_own_default(void **state) {
    (void)state;
    hg_options *o = make("predict");
    assert_string_equal(o->values.out, "scores.csv");
    assert_string_equal(o->values.model, "");
    hg_options_free(o);
    o = make("encode");
    assert_string_equal(o->values.out, "");
    hg_options_free(o);
}

// Every row of every mode: its default is a value it takes, and reading it back changes nothing.
static void every_default_can_be_set_and_read_back(void **state) {
    (void)state;
    hg_mode_info mode;
    hg_option_info info;
    for (size_t m = 0; hg_mode_at(m, &mode); m++) {
        hg_options *o = make(mode.name);
        size_t i = 0;
        for (; hg_option_at(mode.name, i, &info); i++) {
            set(o, info.name, info.standard);
            assert_true(hg_options_is_set(o, info.name));
            char text[HG_MAX_VALUE];
            snprintf(text, sizeof text, "%s", hg_options_get(o, info.name));
            set(o, info.name, text);
            assert_string_equal(hg_options_get(o, info.name), text);
            assert_true(info.help[0] != '\0');
        }
        assert_int_equal(hg_option_count(mode.name), i);
        assert_true(i > 0 && mode.summary[0]);
        hg_options_free(o);
    }
}

// A refused value leaves everything as it was.
static void bad_values_are_refused_with_one_sentence(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *sentence;
    } table[] = {
        {"epoch",    "1",                 "train: there is no option 'epoch'; did you mean 'epochs'?"       },
        {"zebra",    "1",                 "train: there is no option 'zebra'"                               },
        {"",         "1",                 "train: there is no option ''"                                    },
        {"seconds",  "1",                 "train: there is no option 'seconds'"                             },
        {"epochs",   "-1",                "epochs: expected a whole number from 0 to 1000000, got '-1'"     },
        {"epochs",   "1000001",           "epochs: expected a whole number from 0 to 1000000, got '1000001'"},
        {"epochs",   "1e3",               "epochs: expected a whole number from 0 to 1000000, got '1e3'"    },
        {"epochs",   " 1",                "epochs: expected a whole number from 0 to 1000000, got ' 1'"     },
        {"epochs",   "",                  "epochs: expected a whole number from 0 to 1000000, got ''"       },
        {"lr",       "1x",                "lr: expected a number from 0 to 1000, got '1x'"                  },
        {"lr",       "inf",               "lr: expected a number from 0 to 1000, got 'inf'"                 },
        {"lr",       "-1e-9",             "lr: expected a number from 0 to 1000, got '-1e-9'"               },
        {"fraction", "0",                 "fraction: expected a number from 1e-9 to 1, got '0'"             },
        {"nesterov", "si",                "nesterov: expected true or false, got 'si'"                      },
        {"loss",     "l2",                "loss: expected mse|mae|bce|huber|columns, got 'l2'"              },
        {"loss",     "mse|mae",           "loss: expected mse|mae|bce|huber|columns, got 'mse|mae'"         },
        {"loss",     "",                  "loss: expected mse|mae|bce|huber|columns, got ''"                },
        {"loss",     "ms",                "loss: expected mse|mae|bce|huber|columns, got 'ms'"              },
        {"val",      "1",                 "val: expected a number from 0 to 0.9 or a file, got '1'"         },
        {"max_mem",  "1",                 "max_mem: expected a size from 1M to 1T, got '1'"                 },
        {"max_mem",  "M",                 "max_mem: expected a size from 1M to 1T, got 'M'"                 },
        {"max_mem",  "-1M",               "max_mem: expected a size from 1M to 1T, got '-1M'"               },
        {"max_mem",  "9007199254740993T",
         "max_mem: expected a size from 1M to 1T, got '9007199254740993T'"                                  },
        {"name",     "a\xC0\x80",         "name: expected UTF-8 text, got other bytes"                      },
        {"name",     "\xED\xA0\x80",      "name: expected UTF-8 text, got other bytes"                      },
        {"name",     "\xF4\x90\x80\x80",  "name: expected UTF-8 text, got other bytes"                      },
        {"name",     "\xE2\x82",          "name: expected UTF-8 text, got other bytes"                      },
    };
    hg_options *o = make("train");
    const hg_options before = *o;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        hg_error err = {0};
        assert_int_equal(hg_options_set(o, table[i].name, table[i].value, &err), HG_ERR_USAGE);
        assert_string_equal(err.message, table[i].sentence);
        assert_memory_equal(&o->values, &before.values, sizeof before.values);
        assert_memory_equal(o->set, before.set, sizeof before.set);
    }
    hg_options_free(o);
}

static void numbers_sizes_and_truths_have_several_spellings(void **state) {
    (void)state;
    hg_options *o = make("train");
    set(o, "lr", "1e-2");
    assert_true(o->values.lr == 0.01);
    set(o, "max_mem", "2G");
    assert_int_equal(o->values.max_mem, (int64_t)2 << 30);
    assert_string_equal(hg_options_get(o, "max_mem"), "2G");
    set(o, "max_mem", "1048577");
    assert_string_equal(hg_options_get(o, "max_mem"), "1048577");
    set(o, "nesterov", "Yes");
    assert_true(o->values.nesterov);
    set(o, "nesterov", "0");
    assert_false(o->values.nesterov);
    set(o, "val", "0");
    set(o, "val", "rows.csv");
    assert_string_equal(o->values.val, "rows.csv");
    set(o, "on-bad", "skip");
    assert_string_equal(o->values.on_bad, "skip");
    hg_options_free(o);
}

static void source_and_data_are_one_option(void **state) {
    (void)state;
    hg_options *o = make("predict");
    set(o, "source", "x.csv");
    assert_string_equal(o->values.data, "x.csv");
    assert_true(hg_options_is_set(o, "data"));
    hg_options_free(o);
    o = make("import"); // where it is another thing
    set(o, "source", "w.safetensors");
    assert_string_equal(o->values.source, "w.safetensors");
    assert_string_equal(o->values.data, "");
    hg_options_free(o);
}

static void text_has_a_longest_length(void **state) {
    (void)state;
    char text[HG_MAX_VALUE + 1];
    memset(text, 'x', sizeof text);
    text[HG_MAX_VALUE] = '\0';
    hg_options *o = make("train");
    hg_error err = {0};
    assert_int_equal(hg_options_set(o, "data", text, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "data: expected at most 1023 bytes, got 1024");
    text[HG_MAX_VALUE - 1] = '\0';
    set(o, "data", text);
    assert_string_equal(o->values.data, text);
    hg_options_free(o);
}

static void what_a_mode_needs_is_asked_for(void **state) {
    (void)state;
    hg_error err = {0};
    hg_options *o = make("import");
    set(o, "source", "a");
    set(o, "model", "ae");
    assert_int_equal(hg_options_check(o, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "import: expected input=..., got none"));
    set(o, "input", "784");
    set(o, "out", "b");
    assert_int_equal(hg_options_check(o, &err), HG_OK);
    set(o, "out", "");
    assert_int_equal(hg_options_check(o, &err), HG_ERR_USAGE);
    hg_options_free(o);
    o = make("train");
    assert_int_equal(hg_options_check(o, &err), HG_ERR_USAGE);
    set(o, "resume", "runs/train"); // the run has its own data
    assert_int_equal(hg_options_check(o, &err), HG_OK);
    set(o, "nesterov", "true");
    assert_int_equal(hg_options_check(o, &err), HG_ERR_USAGE);
    set(o, "momentum", "0.9");
    assert_int_equal(hg_options_check(o, &err), HG_OK);
    hg_options_free(o);
}

static void unknown_names_find_nothing(void **state) {
    (void)state;
    hg_error err = {0};
    hg_option_info info;
    assert_null(hg_options_new("trian", &err));
    assert_string_equal(err.message, "there is no mode 'trian'; did you mean 'train'?");
    assert_int_equal(hg_option_count("trian"), 0);
    assert_false(hg_option_at("trian", 0, &info));
    hg_options *o = make("info");
    assert_null(hg_options_get(o, "epochs"));
    assert_false(hg_options_is_set(o, "epochs"));
    hg_options_free(o);
    hg_options_free(NULL);
}

static void yaml_gives_the_same_options_back(void **state) {
    (void)state;
    hg_options *o = make("train"), *back = make("train");
    set(o, "lr", "0.12345678901234567");
    set(o, "name",
        "a \"b\" \\ '\n\t\x01\x7F \xC3\xA4 \xC2\x85 \xE2\x80\xA8 \xEF\xBB\xBF \xF0\x9F\x98\x80");
    set(o, "label", "null");
    set(o, "data", "# no note");
    set(o, "model", "dense 64 relu | dense input sigmoid");
    hg__text yaml = {0};
    hg_error err = {0};
    hg__options_format_yaml(o, &yaml);
    int code = hg__options_parse_yaml(back, yaml.data, yaml.length, "args.yaml", &err);
    if (code != HG_OK) fail_msg("%s", err.message);
    assert_string_equal(back->values.name, o->values.name);
    assert_memory_equal(&back->values, &o->values, sizeof o->values);
    hg__text_clear(&yaml);
    hg_options_free(o);
    hg_options_free(back);
}

static void a_bad_line_undoes_the_file(void **state) {
    (void)state;
    hg_options *o = make("train");
    const char *yaml = "lr: 5\nepochs: 7\nbatch: none\n";
    hg_error err = {0};
    assert_int_equal(hg__options_parse_yaml(o, yaml, strlen(yaml), "a.yaml", &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "a.yaml:3: batch: expected a whole number from 1 to 1048576, got 'none'");
    assert_int_equal(o->values.epochs, 20);
    assert_false(hg_options_is_set(o, "lr"));
    hg_options_free(o);
}

static void the_environment_sets_the_modes_options(void **state) {
    (void)state;
    hg_options *o = make("train");
    hg_error err = {0};
    setenv("HG_LR", "0.5", 1);
    setenv("HG_WHAT", "nonsense", 1); // of another mode
    setenv("HG_LABEL", "", 1);
    setenv("HG_DATA", "somewhere", 1); // not an option
    assert_int_equal(hg_options_environment(o, &err), HG_OK);
    assert_false(hg_options_is_set(o, "data"));
    assert_true(o->values.lr == 0.5);
    assert_false(hg_options_is_set(o, "label"));
    setenv("HG_EPOCHS", "many", 1);
    setenv("HG_LR", "0.25", 1);
    assert_int_equal(hg_options_environment(o, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "HG_EPOCHS: epochs: expected a whole number from 0 to 1000000, got 'many'");
    assert_true(o->values.lr == 0.5);
    hg_options_free(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_those_of_the_page),
        cmocka_unit_test(a_mode_may_have_its_own_default),
        cmocka_unit_test(every_default_can_be_set_and_read_back),
        cmocka_unit_test(bad_values_are_refused_with_one_sentence),
        cmocka_unit_test(numbers_sizes_and_truths_have_several_spellings),
        cmocka_unit_test(source_and_data_are_one_option),
        cmocka_unit_test(text_has_a_longest_length),
        cmocka_unit_test(what_a_mode_needs_is_asked_for),
        cmocka_unit_test(unknown_names_find_nothing),
        cmocka_unit_test(yaml_gives_the_same_options_back),
        cmocka_unit_test(a_bad_line_undoes_the_file),
        cmocka_unit_test(the_environment_sets_the_modes_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
