// SPDX-License-Identifier: Apache-2.0
// test_spec.c - the line that says what a network is: what it means, and what is wrong with it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "faults.h"
#include "graph/spec.h"

#include <cmocka.h>

static const hg__shape row = {1, {784}};

static void a_spec_becomes_layers_with_parameters_as_pytorch_has_them(void **state) {
    (void)state;
    hg__spec s;
    assert_int_equal(hg__spec_parse(&s, "dense 64 relu | dense input sigmoid", &row, 0, NULL),
                     HG_OK);
    assert_int_equal(s.layers, 4);
    assert_int_equal(s.neck, 2);
    assert_int_equal(s.width, 784);
    assert_int_equal(s.code, 64);
    assert_int_equal(s.parameters, 784 * 64 + 64 + 64 * 784 + 784);
    assert_string_equal(s.text, "dense 64 relu | dense 784 sigmoid");
    const hg__shape weight = {
        2, {64, 784}
    }; // [out, in]
    assert_true(hg__shape_is_equal(&s.layer[0].param[0].shape, &weight));
    hg__spec_clear(&s);
}

static void layers_are_numbered_on_their_side_and_in_the_whole(void **state) {
    (void)state;
    hg__spec s;
    assert_int_equal(hg__spec_parse(&s, "dense 9 relu, dense 4 | relu, dense 9 tanh, dense input",
                                    &row, 0, NULL),
                     HG_OK);
    static const int32_t index[] = {0, 1, 2, 0, 1, 2, 3};
    assert_int_equal(s.layers, 7);
    for (int32_t i = 0; i < s.layers; i++) {
        assert_int_equal(s.layer[i].number, i);
        assert_int_equal(s.layer[i].index, index[i]);
        assert_int_equal(s.layer[i].is_decoder, i >= 3);
    }
    hg__spec_clear(&s);
}

static void parameters_lie_on_whole_vectors_one_behind_the_other(void **state) {
    (void)state;
    const hg__shape odd = {1, {7}};
    hg__spec s;
    size_t end = 0;
    assert_int_equal(
        hg__spec_parse(&s, "dense 3 relu, dense 5 | dense 17, dense input", &odd, 0, NULL), HG_OK);
    for (int32_t i = 0; i < s.layers; i++) {
        for (int32_t k = 0; k < s.layer[i].params; k++) {
            const hg__param *p = &s.layer[i].param[k];
            assert_int_equal(p->offset % HG_LANES, 0);
            assert_int_equal(p->offset, end);
            end += (p->count + HG_LANES - 1) / HG_LANES * HG_LANES;
        }
    }
    assert_int_equal(s.params, end);
    hg__spec_clear(&s);
}

// text -> canonical text, which then gives itself.
static void canonical_text_is_a_fixed_point(void **state) {
    (void)state;
    // clang-format off
    static const char *const pairs[][2] = {
        {"ae", "dense 64 relu | dense 784 sigmoid"},
        {" \n pca\t", "dense 64 | dense 784"},
        {"deep", "dense 512, silu, dense 256, silu, dense 64 | dense 256, silu, dense 512, silu, dense 784 sigmoid"},
        {"dense 64,relu|dense input,sigmoid", "dense 64 relu | dense 784 sigmoid"},
        {"dense units=64 | dense units=input", "dense 64 | dense 784"},
        {"dense 6.4e1 | dense 784", "dense 64 | dense 784"},
        {"dense 8 leaky_relu, dense 4 leaky_relu 0.2 | dense like leaky_relu slope=0.3, dense like",
         "dense 8 leaky_relu, dense 4 leaky_relu slope=0.2 | dense 8 leaky_relu slope=0.3, dense 784"},
        {"dense 8, layernorm, dense 4 | layernorm, dense like, dense like",
         "dense 8, layernorm, dense 4 | layernorm, dense 8, dense 784"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        hg__spec s, again;
        hg_error err = {0};
        if (hg__spec_parse(&s, pairs[i][0], &row, 0, &err) < 0) fail_msg("%s", err.message);
        assert_string_equal(s.text, pairs[i][1]);
        assert_int_equal(hg__spec_parse(&again, s.text, &row, 0, NULL), HG_OK);
        assert_string_equal(again.text, s.text);
        assert_int_equal(again.params, s.params);
        hg__spec_clear(&s);
        hg__spec_clear(&again);
    }
}

static void every_preset_takes_a_code_size(void **state) {
    (void)state;
    size_t count;
    const hg__shape image = {
        3, {32, 32, 1}
    };
    const hg__shape window = {
        3, {1, 50, 3}
    };
    const hg__preset *presets = hg__presets(&count);
    assert_true(count >= 6);
    for (size_t i = 0; i < count; i++) {
        hg__spec s;
        const bool is_signal = strncmp(presets[i].spec, "conv1d", 6) == 0;
        const hg__shape *in = is_signal ? &window : &image;
        assert_int_equal(hg__spec_parse(&s, presets[i].name, in, 0, NULL), HG_OK);
        const bool has_code = presets[i].latent > 0;
        if (has_code) assert_int_equal(s.code, presets[i].latent);
        hg__spec_clear(&s);
        if (!has_code) continue;
        assert_int_equal(hg__spec_parse(&s, presets[i].name, in, 24, NULL), HG_OK);
        assert_int_equal(s.code, 24);
        hg__spec_clear(&s);
    }
}

static void expect_windows(const hg__shape *in) {
    static const char *const models[] = {"signal", "conv1d", "unet1d"};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        hg__spec s, again;
        hg_error err = {0};
        const int code = hg__spec_parse(&s, models[i], in, 0, &err);
        if (code < 0) fail_msg("%s", err.message);
        assert_true(s.parameters < (i == 0 ? 27000000 : 400000));
        // as the model file has it
        assert_int_equal(hg__spec_parse(&again, s.text, in, 0, NULL), HG_OK);
        assert_string_equal(again.text, s.text);
        hg__spec_clear(&s);
        hg__spec_clear(&again);
    }
}

static void windows_may_have_any_length_and_any_channels(void **state) {
    (void)state;
    for (int64_t N = 1; N <= 512; N += N < 70 ? 1 : 37) {
        for (int64_t C = 1; C <= 200; C += C < 4 ? 1 : 196) {
            const hg__shape in = {
                3, {1, N, C}
            };
            expect_windows(&in);
        }
    }
}

static void a_length_can_be_like_the_mirrored_ones(void **state) {
    (void)state;
    // clang-format off
    static const char *const bad[][2] = {
        {"deconv1d 3 k5 s2 op=like, conv1d input", "model: at 'op=like': 'like' copies a width of the encoder: it goes behind the '|'"},
        {"conv1d 4 s2 | deconv1d like k5 s2 op=like, deconv1d 3 k3 s1 op=like, conv1d input", "model: at 'deconv1d 3 k3 s1 op=like': the encoder has no layer that 'like' could mirror"},
        {"conv1d 4 s4 | deconv1d input k5 s2 op=like", "model: at 'deconv1d input k5 s2 op=like': deconv1d: expected output padding of -1 to 1, got 11"},
    };
    // clang-format on
    const hg__shape in = {
        3, {1, 22, 3}
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg__spec s;
        hg_error err = {0};
        assert_int_equal(hg__spec_parse(&s, bad[i][0], &in, 0, &err), HG_ERR_USAGE);
        assert_string_equal(err.message, bad[i][1]);
    }
}

static void images_count_as_rows_of_all_their_pixels(void **state) {
    (void)state;
    const hg__shape image = {
        2, {28, 28}
    };
    hg__spec s;
    assert_int_equal(hg__spec_parse(&s, "ae", &image, 0, NULL), HG_OK);
    assert_int_equal(s.width, 784);
    assert_int_equal(s.input.rank, 2);
    hg__spec_clear(&s);
}

static void what_is_wrong_is_said_with_its_place(void **state) {
    (void)state;
    // clang-format off
    static const char *const bad[][2] = {
        {"", "model: expected a preset or a spec, got nothing"},
        {" \t", "model: expected a preset or a spec, got nothing"},
        {"dense 64", "model: expected as many outputs as a row has features (784), got 64; 'input' stands for that number"},
        {"keep 1, dense input", "model: nothing takes what 'keep 1' keeps: expected an 'add', 'concat' or 'recall' behind it"},
        {"keep 1, dense 9, recall 1, dense input", "model: at 'recall 1': expected a 'keep' directly before it, for what comes is dropped"},
        {"keep 1, dense input, add 2", "model: at 'add 2': expected a 'keep 2' before it"},
        {"conv 3 k3 s2 q5, conv input", "model: at 'q5': there is no layer 'q5'"},
        {"dens 64 | dense input", "model: at 'dens 64': there is no layer 'dens'; did you mean 'dense'?"},
        {"dense 64 rellu | dense input", "model: at 'rellu': there is no layer 'rellu'; did you mean 'relu'?"},
        {"dense 64 | zzzzzz 3", "model: at 'zzzzzz 3': there is no layer 'zzzzzz'"},
        {"dense 64 dense 32 | dense input", "model: at 'dense 32': expected ',' before the layer 'dense'"},
        {"dense 64 | dense 32", "model: expected as many outputs as a row has features (784), got 32; 'input' stands for that number"},
        {"dense 64 |", "model: at the end: expected a layer"},
        {"| dense 64", "model: at '|': expected a layer before it"},
        {"dense 64,, relu | dense input", "model: at ',': expected a layer before it"},
        {"dense 64 | dense 32 | dense input", "model: at '|': expected one '|', got a second"},
        {"64 | dense input", "model: at '64': expected a layer's name, got '64'"},
        {"dense | dense input", "model: at 'dense': dense needs units, as in 'dense 37'"},
        {"dense 64 32 | dense input", "model: at 'dense 64 32': dense: expected tied=0 or tied=1, got 32"},
        {"dense 64 units=32 | dense input", "model: at 'units=32': units is given twice"},
        {"dense bias=0 | dense input", "model: at 'bias=0': dense takes only units, tied, got 'bias=0'"},
        {"dense units=x | dense input", "model: at 'units=x': expected a number, 'input' or 'like', got 'x'"},
        {"dense 6x | dense input", "model: at '6x': expected a number, 'input' or 'like', got '6x'"},
        {"dense 64 relu 3 | dense input", "model: at '3': relu takes no argument, got '3'"},
        {"dense like | dense input", "model: at 'like': 'like' copies a width of the encoder: it goes behind the '|'"},
        {"dense 3 | dense like, dense like", "model: at 'like': the encoder has no layer that 'like' could mirror"},
        {"dense 0 | dense input", "model: at 'dense 0': dense: expected 1 to 16777216 units, got 0"},
        {"dense 1.5 | dense input", "model: at 'dense 1.5': dense: expected 1 to 16777216 units, got 1.5"},
        {"dense -3 | dense input", "model: at 'dense -3': dense: expected 1 to 16777216 units, got -3"},
        {"dense 1e99 | dense input", "model: at 'dense 1e99': dense: expected 1 to 16777216 units, got 1e+99"},
        {"dense 16777216 | dense input", "model: at 'dense 16777216': dense: 16777216 x 784 weights are more than 2^31"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg__spec s;
        hg_error err = {0};
        assert_int_equal(hg__spec_parse(&s, bad[i][0], &row, 0, &err), HG_ERR_USAGE);
        assert_string_equal(err.message, bad[i][1]);
        assert_null(s.layer);
    }
}

static void a_word_that_is_no_preset_is_told_the_presets(void **state) {
    (void)state;
    size_t count;
    const hg__preset *presets = hg__presets(&count);
    hg__spec s;
    hg_error err = {0};
    assert_int_equal(hg__spec_parse(&s, "aee", &row, 0, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "model: there is no preset 'aee' (ae, deep, "));
    assert_non_null(strstr(err.message, "); did you mean 'ae'?"));
    assert_int_equal(hg__spec_parse(&s, "model.pt", &row, 0, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "model: expected a preset (ae, deep, "));
    assert_non_null(strstr(err.message,
                           ") or a spec such as 'dense 64 relu | dense input sigmoid', "
                           "got 'model.pt'"));
    for (size_t i = 0; i < count; i++) assert_non_null(strstr(err.message, presets[i].name));
}

static void a_code_size_that_a_spec_does_not_have_is_refused(void **state) {
    (void)state;
    hg__spec s;
    hg_error err = {0};
    assert_int_equal(hg__spec_parse(&s, "dense 64 | dense input", &row, 32, &err), HG_ERR_USAGE);
    assert_string_equal(
        err.message,
        "model: latent=32 goes with a preset's name, but this spec has a code of 64 numbers");
    assert_int_equal(hg__spec_parse(&s, "dense 64 | dense input", &row, 64, &err), HG_OK);
    hg__spec_clear(&s);
}

static void limits_hold(void **state) {
    (void)state;
    char text[8192] = "dense 2";
    hg__spec s;
    hg_error err = {0};
    const hg__shape none =
                        {
                            1, {0}
    },
                    wide = {2, {1 << 20, 1 << 20}};
    for (int i = 0; i < 255; i++) strncat(text, ",elu", sizeof text - strlen(text) - 1);
    strncat(text, "|dense 784", sizeof text - strlen(text) - 1);
    assert_int_equal(hg__spec_parse(&s, text, &row, 0, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "model: expected at most 256 layers, got more");
    assert_int_equal(hg__spec_parse(&s, "dense 784", &row, 0, &err), HG_OK);
    hg__spec_clear(&s);
    memset(text, ',', 5000);
    memcpy(text + 5000, "dense 784", 10);
    assert_int_equal(hg__spec_parse(&s, text, &row, 0, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "model: expected a spec of at most 4095 bytes, got 5009");
    memset(text, ' ', 2000);
    text[2000] = '\0';
    assert_int_equal(hg__spec_parse(&s, text, &row, 0, &err), HG_ERR_USAGE);
    memset(text, 'x', 200);
    memcpy(text + 200, "|a", 3);
    assert_int_equal(hg__spec_parse(&s, text, &row, 0, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "the word is too long"));
    assert_int_equal(hg__spec_parse(&s, "ae", &none, 0, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "model: expected rows of 1 to 16777216 features, got the shape [0]");
    assert_int_equal(hg__spec_parse(&s, "ae", &wide, 0, &err), HG_ERR_USAGE);
}

static void no_allocation_that_fails_is_overlooked(void **state) {
    (void)state;
    assert_true(count_faults("deep", "HG_FAIL_ALLOC", "") >= 2);
    assert_true(count_faults("deep", "HG_FAIL_ALLOC", "+") >= 2);
}

static int parse_in_child(const char *text) {
    hg__spec s;
    hg_error err = {0};
    int code = hg__spec_parse(&s, text, &row, 0, &err);
    hg__spec_clear(&s);
    if (code == HG_OK) return CHILD_WORKED;
    return code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int argc, char **argv) {
    if (argc == 3) return parse_in_child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spec_becomes_layers_with_parameters_as_pytorch_has_them),
        cmocka_unit_test(layers_are_numbered_on_their_side_and_in_the_whole),
        cmocka_unit_test(parameters_lie_on_whole_vectors_one_behind_the_other),
        cmocka_unit_test(canonical_text_is_a_fixed_point),
        cmocka_unit_test(every_preset_takes_a_code_size),
        cmocka_unit_test(windows_may_have_any_length_and_any_channels),
        cmocka_unit_test(a_length_can_be_like_the_mirrored_ones),
        cmocka_unit_test(images_count_as_rows_of_all_their_pixels),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_word_that_is_no_preset_is_told_the_presets),
        cmocka_unit_test(a_code_size_that_a_spec_does_not_have_is_refused),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(no_allocation_that_fails_is_overlooked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
