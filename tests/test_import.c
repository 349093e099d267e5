// SPDX-License-Identifier: Apache-2.0
// test_import.c - weights of other programs become a model; info and verify say what is in one.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>

#include "base/json.h"
#include "base/mem.h"
#include "faults.h"
#include "model/model.h"

#include <cmocka.h>

static char folder[] = "/tmp/hg-import-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[2][200];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

// The textbook class: one linear layer a side, 3 features, a code of 2.
static const float encoder[] = {1, 2, 3, 4, 5, 6}, encoder_bias[] = {7, 8};
static const float decoder[] = {-1, -2, -3, -4, -5, -6}, decoder_bias[] = {0.5F, 0.25F, 0.125F};
static const double encoder_wide[] = {1, 2, 3, 4, 5, 6};
static const uint16_t encoder_half[] = {0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};
static const uint16_t encoder_brain[] = {0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0};

static const hg__tensor numbered[] = {
    {"encoder.0.weight", HG_F32, {2, {2, 3}}, encoder     },
    {"encoder.0.bias",   HG_F32, {1, {2}},    encoder_bias},
    {"decoder.0.weight", HG_F32, {2, {3, 2}}, decoder     },
    {"decoder.0.bias",   HG_F32, {1, {3}},    decoder_bias},
};

// import source=SOURCE model=MODEL input=3 out=m.safetensors
static int import(const char *source, const char *model, hg_error *err) {
    hg_options *o = hg_options_new("import", err);
    assert_non_null(o);
    assert_int_equal(hg_options_set(o, "source", source, err), HG_OK);
    assert_int_equal(hg_options_set(o, "model", model, err), HG_OK);
    assert_int_equal(hg_options_set(o, "input", "3", err), HG_OK);
    assert_int_equal(hg_options_set(o, "out", in_folder("m.safetensors"), err), HG_OK);
    int code = hg_run(o, NULL, NULL, err);
    hg_options_free(o);
    return code;
}

static void save(const hg__tensor *t, size_t count) {
    assert_int_equal(hg__tensors_write(in_folder("w.safetensors"), t, count, NULL, NULL, 0, NULL),
                     HG_OK);
}

static void expect_imported(const char *model) {
    hg_error err = {0};
    hg__tensors t;
    assert_int_equal(import(in_folder("w.safetensors"), model, &err), HG_OK);
    hg_model *m = hg_model_load(in_folder("m.safetensors"), &err);
    assert_string_equal(err.message, "");
    hg_model_free(m);
    assert_int_equal(hg__tensors_open(&t, in_folder("m.safetensors"), NULL), HG_OK);
    for (size_t i = 0; i < 4; i++) {
        const hg__tensor *back = hg__tensors_find(&t, numbered[i].name);
        size_t count;
        assert_true(hg__shape_count(&numbered[i].shape, &count));
        assert_non_null(back);
        assert_memory_equal(back->data, numbered[i].data, count * sizeof(float));
    }
    hg__tensors_close(&t);
}

static void names_as_nn_sequential_gives_them_are_taken(void **state) {
    (void)state;
    save(numbered, 4);
    expect_imported("dense 2 relu | dense input sigmoid");
}

static void names_without_a_number_are_taken_where_a_side_has_one_layer(void **state) {
    (void)state;
    hg__tensor t[4];
    static const char *const names[] = {"encoder.weight", "encoder.bias", "decoder.weight",
                                        "decoder.bias"};
    memcpy(t, numbered, sizeof t);
    for (int i = 0; i < 4; i++) snprintf(t[i].name, sizeof t[i].name, "%s", names[i]);
    save(t, 4);
    expect_imported("dense 2 relu | dense input sigmoid");
    hg_error err = {0};
    assert_int_equal(import(in_folder("w.safetensors"), "dense 2, dense 2 | dense input", &err),
                     HG_ERR_MODEL);
    assert_non_null(
        strstr(err.message,
               "w.safetensors: expected a tensor 'encoder.0.weight' of shape [2, 3], got none"));
}

static void doubles_and_both_halves_are_converted(void **state) {
    (void)state;
    static const struct {
        hg__dtype dtype;
        const void *data;
    } ways[] = {
        {HG_F64,  encoder_wide },
        {HG_F16,  encoder_half },
        {HG_BF16, encoder_brain}
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        hg__tensor t[4];
        memcpy(t, numbered, sizeof t);
        t[0].dtype = ways[i].dtype;
        t[0].data = ways[i].data;
        save(t, 4);
        expect_imported("dense 2 | dense input");
    }
}

// Every half, against the definition.
static void halves_are_exact(void **state) {
    (void)state;
    static uint16_t half[31 << 10];
    static float got[31 << 10];
    hg_error err = {0};
    const hg__shape input = {1, {31 << 10}};
    for (int i = 0; i < 31 << 10; i++) half[i] = (uint16_t)(i & 1 ? i | 0x8000 : i);
    static float zeros[31 << 10];
    hg__tensor t[] = {
        {"encoder.weight", HG_F16, {2, {1, 31 << 10}}, half },
        {"encoder.bias",   HG_F32, {1, {1}},           zeros},
        {"decoder.weight", HG_F32, {2, {31 << 10, 1}}, zeros},
        {"decoder.bias",   HG_F32, {1, {31 << 10}},    zeros},
    };
    hg_model *m = hg__model_from_spec("dense 1 | dense input", &input, 0, 0, &err);
    hg__tensors file = {.tensor = t, .count = 4, .path = "x"};
    assert_int_equal(hg__model_take_weights(m, &file, &err), HG_OK);
    hg__param_export(&m->net.spec.layer[0].param[0], m->net.params, got);
    for (int i = 0; i < 31 << 10; i++) {
        double want = (double)((i & 1023) + (i >> 10 ? 1024 : 0));
        for (int e = i >> 10 ? (i >> 10) : 1; e < 25; e++) want /= 2;
        for (int e = 25; e < i >> 10; e++) want *= 2;
        if (i & 1) want = -want;
        if ((double)got[i] != want) fail_msg("half %d: %g, not %g", i, (double)got[i], want);
    }
    hg_model_free(m);
}

static void what_does_not_fit_is_refused_and_nothing_is_written(void **state) {
    (void)state;
    static const float bad[] = {1, (float)NAN};
    hg__tensor t[5];
    hg_error err = {0};
    memcpy(t, numbered, sizeof numbered);
    t[4] = (hg__tensor){
        "running_mean", HG_F32, {1, {2}},
          encoder_bias
    };
    unlink(in_folder("m.safetensors"));
    save(t, 5);
    assert_int_equal(import(in_folder("w.safetensors"), "dense 2 | dense input", &err),
                     HG_ERR_MODEL);
    assert_non_null(strstr(
        err.message,
        "w.safetensors: 'running_mean': the model 'dense 2 | dense 3' has no such parameter"));
    save(t, 3);
    assert_int_equal(import(in_folder("w.safetensors"), "dense 2 | dense input", &err),
                     HG_ERR_MODEL);
    assert_non_null(
        strstr(err.message, "expected a tensor 'decoder.0.bias' of shape [3], got none"));
    t[1].data = bad;
    save(t, 4);
    assert_int_equal(import(in_folder("w.safetensors"), "dense 2 | dense input", &err),
                     HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "'encoder.0.bias': expected finite values, got"));
    t[1] = numbered[1];
    t[2].dtype = HG_I32;
    save(t, 4);
    assert_int_equal(import(in_folder("w.safetensors"), "dense 2 | dense input", &err),
                     HG_ERR_MODEL);
    assert_non_null(
        strstr(err.message, "'decoder.0.weight': expected F32, F64, F16 or BF16, got I32"));
    assert_int_equal(import("/no/such", "dense 2 | dense input", &err), HG_ERR_IO);
    assert_int_equal(import(in_folder("w.safetensors"), "dens 2 | dense input", &err),
                     HG_ERR_USAGE);
    assert_int_not_equal(access(in_folder("m.safetensors"), F_OK), 0);
}

// Weights that are refused half-way must not have changed the model.
static void a_model_keeps_its_weights_when_others_are_refused(void **state) {
    (void)state;
    static const float bad[] = {1, 2, (float)INFINITY};
    const hg__shape input = {1, {3}};
    hg_error err = {0};
    float before[2], after[2];
    hg__tensor t[4];
    memcpy(t, numbered, sizeof t);
    t[3].data = bad;
    hg__tensors file = {.tensor = t, .count = 4, .path = "x"};
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &input, 0, 5, &err);
    hg__param_export(&m->net.spec.layer[0].param[1], m->net.params, before);
    assert_int_equal(hg__model_take_weights(m, &file, &err), HG_ERR_MODEL);
    assert_string_equal(err.message,
                        "x: 'decoder.0.bias': expected finite values, got inf at element 2");
    hg__param_export(&m->net.spec.layer[0].param[1], m->net.params, after);
    assert_memory_equal(before, after, sizeof before);
    hg_model_free(m);
}

static char *ask(const char *job, const char *path, bool json, hg_error *err) {
    hg_result r = {.size = sizeof r, .json = json};
    hg_options *o = hg_options_new(job, err);
    assert_non_null(o);
    assert_int_equal(hg_options_set(o, "model", path, err), HG_OK);
    int code = hg_run(o, NULL, &r, err);
    assert_int_equal(code == HG_OK, r.text != NULL);
    hg_options_free(o);
    return r.text;
}

static void info_says_what_is_in_a_model(void **state) {
    (void)state;
    hg_error err = {0};
    save(numbered, 4);
    expect_imported("dense 2 relu | dense input sigmoid");
    char *text = ask("info", in_folder("m.safetensors"), false, &err);
    assert_non_null(text);
    assert_non_null(
        strstr(text, "\nkind        autoencoder\nmodel       dense 2 relu | dense 3 sigmoid\n"));
    assert_non_null(strstr(text, "\nparameters  17\n"));
    assert_non_null(strstr(text, "weight [2, 3], bias [2]\n"));
    hg_text_free(text);
    text = ask("info", in_folder("m.safetensors"), true, &err);
    hg__json *o = hg__json_read(text, strlen(text), "test", NULL);
    assert_non_null(o);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(o, "parameters")), 17);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(o, "width")), 3);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(o, "code")), 2);
    assert_int_equal(hg__json_array_size(hg__json_object_get(o, "layers")), 4);
    assert_true(hg__json_integer_value(
                    hg__json_object_get(hg__json_object_get(o, "memory"), "training")) > 0);
    hg__json_free(o);
    hg_text_free(text);
}

// A file of 2 KB whose training would take gigabytes, and one of a batch of a million rows.
static void looking_costs_nothing(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__shape input = {
        3, {1024, 1024, 1}
    };
    const char *path = in_folder("large.safetensors");
    hg_model *m = hg__model_from_spec("keep 1, conv 4 relu, batchnorm relu, conv input, add 1",
                                      &input, 0, 1, &err);
    assert_non_null(m);
    m->options =
        hg__copy_text("{\"batch\": 1048576, \"optimizer\": \"sgd\", \"loss\": \"columns\"}", NULL);
    assert_non_null(m->options);
    assert_int_equal(hg__model_save(m, path, NULL, &err), HG_OK);
    hg_model_free(m);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    char *text = ask("info", path, false, &err);
    assert_non_null(text);
    assert_non_null(strstr(text, "training with sgd, 1048576 rows a step"));
    hg_text_free(text);
    hg_text_free(ask("info", path, true, &err));
    hg_text_free(ask("verify", path, true, &err));
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 << 10); // KB
}

static void verify_says_whole_or_what_is_wrong(void **state) {
    (void)state;
    hg_error err = {0};
    save(numbered, 4);
    expect_imported("dense 2 | dense input");
    const char *path = in_folder("m.safetensors");
    char *text = ask("verify", path, false, &err);
    assert_non_null(text);
    assert_non_null(strstr(text, ": whole: "));
    hg_text_free(text);
    text = ask("verify", path, true, &err);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"whole\":true"));
    hg_text_free(text);
    FILE *f = fopen(path, "r+b"); // one bit of the last weight
    assert_non_null(f);
    fseek(f, -1, SEEK_END);
    int last = fgetc(f);
    fseek(f, -1, SEEK_END);
    fputc(last ^ 1, f);
    fclose(f);
    assert_null(ask("verify", path, false, &err));
    assert_int_equal(err.code, HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "the file was damaged or changed"));
}

int main(void) {
    if (!mkdtemp(folder)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_as_nn_sequential_gives_them_are_taken),
        cmocka_unit_test(names_without_a_number_are_taken_where_a_side_has_one_layer),
        cmocka_unit_test(doubles_and_both_halves_are_converted),
        cmocka_unit_test(halves_are_exact),
        cmocka_unit_test(what_does_not_fit_is_refused_and_nothing_is_written),
        cmocka_unit_test(a_model_keeps_its_weights_when_others_are_refused),
        cmocka_unit_test(info_says_what_is_in_a_model),
        cmocka_unit_test(looking_costs_nothing),
        cmocka_unit_test(verify_says_whole_or_what_is_wrong),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(in_folder("w.safetensors"));
    unlink(in_folder("m.safetensors"));
    rmdir(folder);
    return failed;
}
