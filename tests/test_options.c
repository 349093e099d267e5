// SPDX-License-Identifier: Apache-2.0
// test_options.c - the option table: defaults, checks, every way in and out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "image/image.h"
#include "options/options.h"
#include "options/options_internal.h"

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

// Every row of every job: its default is a value it takes, and reading it back changes nothing.
static void every_default_can_be_set_and_read_back(void **state) {
    (void)state;
    hg_job_info job = {.size = sizeof job};
    hg_option_info info = {.size = sizeof info};
    for (size_t m = 0; hg_job_at(m, &job); m++) {
        hg_options *o = make(job.name);
        size_t i = 0;
        for (; hg_option_at(job.name, i, &info); i++) {
            set(o, info.name, info.standard);
            assert_true(hg_options_is_set(o, info.name));
            char text[HG_MAX_VALUE];
            snprintf(text, sizeof text, "%s", hg_options_get(o, info.name));
            set(o, info.name, text);
            assert_string_equal(hg_options_get(o, info.name), text);
            assert_true(info.help[0] != '\0');
        }
        assert_int_equal(hg_option_count(job.name), i);
        assert_true(i > 0 && job.summary[0]);
        hg_options_free(o);
    }
}

// Structs are filled as far as the caller knows them, and not at all where it did not say how far.
static void a_struct_is_filled_as_far_as_its_size_goes(void **state) {
    (void)state;
    struct {
        hg_job_info known;
        char later[16];
    } room;
    memset(&room, 'x', sizeof room);
    room.known.size = offsetof(hg_job_info, needs);
    assert_true(hg_job_at(0, &room.known));
    assert_string_equal(room.known.name, "train");
    assert_int_equal(room.known.size, offsetof(hg_job_info, needs));
    assert_memory_equal(&room.known.needs, "xxxxxxxx", sizeof room.known.needs);
    room.known.size = sizeof room;
    assert_true(hg_job_at(0, &room.known));
    assert_non_null(strstr(room.known.needs, "data"));
    for (size_t i = 0; i < sizeof room.later; i++) assert_int_equal(room.later[i], 0);
    hg_option_info option = {0};
    hg_group_info group = {0};
    hg_example_info example = {0};
    hg_word_info word = {0};
    room.known = (hg_job_info){0};
    assert_false(hg_job_at(0, &room.known) || hg_option_at("train", 0, &option));
    assert_false(hg_group_at(0, &group) || hg_example_at(0, &example));
    assert_false(hg_word_at("model", 0, &word) || option.name || word.name);
}

// A refused value leaves everything as it was.
static void bad_values_are_refused_with_one_sentence(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *sentence;
    } table[] = {
        {"epoch",      "1",                 "train: there is no option 'epoch'; did you mean 'epochs'?"                  },
        {"batch-size", "1",                 "train: there is no option 'batch-size'; did you mean 'batch'?"              },
        {"file",       "1",                 "train: there is no option 'file'; did you mean 'data'?"                     },
        {"zebra",      "1",                 "train: there is no option 'zebra' (`hourglass help train` lists them)"      },
        {"",           "1",                 "train: there is no option '' (`hourglass help train` lists them)"           },
        {"seconds",    "1",                 "train: there is no option 'seconds' (`hourglass help train` lists them)"    },
        {"epochs",     "-1",                "epochs: expected a whole number from 0 to 1000000, got '-1'"                },
        {"epochs",     "1000001",           "epochs: expected a whole number from 0 to 1000000, got '1000001'"           },
        {"epochs",     "1e3",               "epochs: expected a whole number from 0 to 1000000, got '1e3'"               },
        {"epochs",     " 1",                "epochs: expected a whole number from 0 to 1000000, got ' 1'"                },
        {"epochs",     "",                  "epochs: expected a whole number from 0 to 1000000, got ''"                  },
        {"lr",         "1x",                "lr: expected a number from 0 to 1000, got '1x'"                             },
        {"lr",         "inf",               "lr: expected a number from 0 to 1000, got 'inf'"                            },
        {"lr",         "-1e-9",             "lr: expected a number from 0 to 1000, got '-1e-9'"                          },
        {"fraction",   "0",
         "fraction: expected a number from 1e-9 to 1 (a share, or as 1%), got '0'"                                       },
        {"nesterov",   "si",                "nesterov: expected true or false, got 'si'"                                 },
        {"optimizer",  "l2",                "optimizer: expected sgd|adam|adamw|rmsprop, got 'l2'"                       },
        {"optimizer",  "sgd|adam",          "optimizer: expected sgd|adam|adamw|rmsprop, got 'sgd|adam'"                 },
        {"optimizer",  "",                  "optimizer: expected sgd|adam|adamw|rmsprop, got ''"                         },
        {"optimizer",  "sg",                "optimizer: expected sgd|adam|adamw|rmsprop, got 'sg'"                       },
        {"val",        "1",                 "val: expected a number from 0 to 0.9 (a share, or as 1%) or a file, got '1'"},
        {"max_mem",    "1",                 "max_mem: expected a size from 1M to 1T, got '1'"                            },
        {"max_mem",    "M",                 "max_mem: expected a size from 1M to 1T, got 'M'"                            },
        {"max_mem",    "-1M",               "max_mem: expected a size from 1M to 1T, got '-1M'"                          },
        {"max_mem",    "9007199254740993T",
         "max_mem: expected a size from 1M to 1T, got '9007199254740993T'"                                               },
        {"name",       "a\xC0\x80",         "name: expected UTF-8 text, got other bytes"                                 },
        {"name",       "\xED\xA0\x80",      "name: expected UTF-8 text, got other bytes"                                 },
        {"name",       "\xF4\x90\x80\x80",  "name: expected UTF-8 text, got other bytes"                                 },
        {"name",       "\xE2\x82",          "name: expected UTF-8 text, got other bytes"                                 },
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
    hg_option_info info = {.size = sizeof info};
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

static void numbers_are_taken_in_their_units(void **state) {
    (void)state;
    static const struct {
        const char *text, *unit;
        double value; // below 0: refused
    } cases[] = {
        {"1%",      "share", 0.01        },
        {"0.1 %",   "share", 0.1 / 100   },
        {"0.5",     "share", 0.5         },
        {"1%%",     "share", -1          },
        {"5m",      "share", -1          },
        {"%",       "share", -1          },
        {"90s",     "hours", 90 / 3600.0 },
        {"1h30m",   "hours", 1.5         },
        {"2 days",  "hours", 48          },
        {"5m5",     "hours", -1          },
        {"-5m",     "hours", -1          },
        {"1e1m",    "hours", -1          },
        {"1.2.3s",  "hours", -1          },
        {"",        "hours", -1          },
        {"200ms",   "s",     200 / 1000.0},
        {"1%",      "rows",  -1          },
        {"12 rows", "rows",  -1          },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = -1;
        const bool taken = hg__parse_quantity(cases[i].text, cases[i].unit, &value);
        if (taken != (cases[i].value >= 0)) fail_msg("'%s' in %s", cases[i].text, cases[i].unit);
        if (taken && value != cases[i].value) fail_msg("'%s' is %.17g", cases[i].text, value);
    }
    static const struct {
        const char *text;
        int64_t bytes; // below 0: refused
    } sizes[] = {
        {"512",      512                },
        {"2k",       2048               },
        {"512M",     (int64_t)512 << 20 },
        {"512MB",    (int64_t)512 << 20 },
        {"2 GiB",    (int64_t)2 << 30   },
        {"1.5G",     (int64_t)1536 << 20},
        {"1.3",      -1                 },
        {"2iB",      -1                 },
        {"M",        -1                 },
        {"2Q",       -1                 },
        {"2MM",      -1                 },
        {"1e3",      -1                 },
        {"9999999T", -1                 },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t bytes = -1;
        const bool taken = hg__parse_size(sizes[i].text, &bytes);
        if (taken != (sizes[i].bytes >= 0)) fail_msg("size '%s'", sizes[i].text);
        if (taken && bytes != sizes[i].bytes) {
            fail_msg("'%s' is %lld", sizes[i].text, (long long)bytes);
        }
    }
}

static bool is_a_group(const char *name) {
    hg_group_info group = {.size = sizeof group};
    for (size_t i = 0; hg_group_at(i, &group); i++) {
        if (strcmp(group.name, name) == 0) return *group.title != '\0';
    }
    return false;
}

static void every_option_says_what_it_takes(void **state) {
    (void)state;
    hg_job_info job = {.size = sizeof job};
    hg_option_info o = {.size = sizeof o};
    for (size_t m = 0; hg_job_at(m, &job); m++) {
        for (size_t i = 0; hg_option_at(job.name, i, &o); i++) {
            const bool is_text = strcmp(o.type, "text") == 0;
            if (strlen(o.help) < 8) fail_msg("%s has no help", o.name);
            if (!is_text && !*o.range) fail_msg("%s has no range", o.name);
            if (!is_a_group(o.group)) fail_msg("%s is in no group", o.name);
        }
    }
}

// Each example of help is a line that its mode takes: all but its files.
static void examples_are_lines_that_are_taken(void **state) {
    (void)state;
    hg_example_info e = {.size = sizeof e};
    hg_error err = {0};
    for (size_t i = 0; hg_example_at(i, &e); i++) {
        char line[512], *mode, *at;
        assert_true(is_a_group(e.group) && *e.summary);
        const char *own = strstr(e.line, "hourglass ");
        assert_non_null(own);
        assert_true(strlen(own) < sizeof line);
        snprintf(line, sizeof line, "%s", own + 10);
        mode = line;
        at = line + strcspn(line, " ");
        *at++ = '\0';
        assert_string_equal(mode, e.job);
        hg_options *o = make(mode);
        while (*at && *at != '|') { // key=value key='a value'
            char *key = at, *value = strchr(at, '=');
            assert_non_null(value);
            *value++ = '\0';
            const char *end = *value == '\'' ? "'" : " ";
            value += *end == '\'';
            at = value + strcspn(value, end);
            if (*at) *at++ = '\0';
            at += strspn(at, " ");
            if (hg_options_set(o, key, value, &err) != HG_OK) fail_msg("%s", err.message);
        }
        hg_options_free(o);
    }
}

static void words_of_an_option_come_from_its_tables(void **state) {
    (void)state;
    hg_word_info w = {.size = sizeof w};
    bool has_unet = false, has_dense = false, has_blind = false;
    for (size_t i = 0; hg_word_at("model", i, &w); i++) {
        if (!*w.summary || !*w.name) fail_msg("%s has no summary", w.name);
        has_unet |= strcmp(w.list, "presets") == 0 && strcmp(w.name, "unet") == 0;
        has_dense |= strcmp(w.list, "layers") == 0 && strcmp(w.name, "dense") == 0;
    }
    for (size_t i = 0; hg_word_at("noise", i, &w); i++) {
        if (!*w.summary) fail_msg("%s has no summary", w.name);
        has_blind |= strcmp(w.name, "blind") == 0;
    }
    assert_true(has_unet && has_dense && has_blind);
    assert_false(hg_word_at("lr", 0, &w));
}

// What denoise is said to write is what the codecs write, and video.
static void outputs_are_what_codecs_write(void **state) {
    (void)state;
    static const char *const written[] = {".png", ".jpg", ".tif", ".webp", ".pgm", ".ppm"};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%s", written[i]);
        assert_true(hg__output_takes("denoise", written[i]) && hg__image_is_image_path(name));
        assert_false(hg__output_takes("predict", written[i]));
    }
    assert_true(hg__output_takes("denoise", ".Y4M") && hg__output_takes("predict", ".csv"));
    assert_false(hg__output_takes("denoise", ".gif") || hg__output_takes("denoise", ""));
}

static void variables_that_mean_nothing_are_told(void **state) {
    (void)state;
    char sentence[HG_SENTENCE];
    size_t before = 0, after = 0;
    while (hg_environment_at(before, sentence)) before++;
    setenv("HG_TREADS", "2", 1);
    setenv("HG_THREADS", "2", 1);
    setenv("HG_EPOCHZ", "", 1); // empty: as if it were not there
    bool found = false;
    for (; hg_environment_at(after, sentence); after++) {
        found |= strcmp(sentence, "HG_TREADS in the environment is no option; did you mean "
                                  "HG_THREADS?") == 0;
    }
    assert_true(found);
    assert_int_equal(after, before + 1);
    unsetenv("HG_TREADS");
    unsetenv("HG_THREADS");
    unsetenv("HG_EPOCHZ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_taken_in_their_units),
        cmocka_unit_test(every_option_says_what_it_takes),
        cmocka_unit_test(examples_are_lines_that_are_taken),
        cmocka_unit_test(words_of_an_option_come_from_its_tables),
        cmocka_unit_test(outputs_are_what_codecs_write),
        cmocka_unit_test(variables_that_mean_nothing_are_told),
        cmocka_unit_test(the_defaults_are_those_of_the_page),
        cmocka_unit_test(a_mode_may_have_its_own_default),
        cmocka_unit_test(every_default_can_be_set_and_read_back),
        cmocka_unit_test(a_struct_is_filled_as_far_as_its_size_goes),
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
