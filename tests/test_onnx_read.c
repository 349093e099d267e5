// SPDX-License-Identifier: Apache-2.0
// test_onnx_read.c - weights in ONNX files: what is read, and the sentence for what is not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/onnx_read.h"
#include "model/weights.h"

#include <cmocka.h>

#define CORPUS "tests/fuzz/corpus/onnx/"

static void expect_floats(const hg__tensors *t, const char *name, hg__dtype dtype,
                          const float *want, size_t count) {
    const hg__tensor *found = hg__tensors_find(t, name);
    float got[4];
    size_t there = 0;
    assert_non_null(found);
    assert_int_equal(found->dtype, dtype);
    assert_true(hg__shape_count(&found->shape, &there) && there == count && count <= 4);
    assert_int_equal(hg__tensor_read_floats(found, t->path, got, count, NULL), HG_OK);
    assert_memory_equal(got, want, count * sizeof *got);
}

static void weights_are_read_by_name(void **state) {
    (void)state;
    const float want[] = {1, 2, 3, 4};
    hg__tensors t;
    hg_error err = {0};
    if (hg__weights_open(&t, CORPUS "good_two.onnx", &err) < 0) fail_msg("%s", err.message);
    assert_int_equal(t.count, 2);
    expect_floats(&t, "a", HG_F32, want, 4);
    expect_floats(&t, "b", HG_F32, want, 1); // a number, as float_data
    assert_int_equal(t.tensor[0].shape.rank, 2);
    hg__tensors_close(&t);
    assert_int_equal(hg__weights_open(&t, CORPUS "good_packed_dims.onnx", &err), HG_OK);
    expect_floats(&t, "p", HG_F32, want, 4);
    hg__tensors_close(&t);
}

static void what_is_no_weight_is_passed_over(void **state) {
    (void)state;
    hg__tensors t;
    assert_int_equal(hg__onnx_open(&t, CORPUS "good_types.onnx", NULL), HG_OK);
    assert_int_equal(t.count, 4);
    assert_null(hg__tensors_find(&t, "shape")); // of whole numbers
    assert_int_equal(hg__tensors_find(&t, "half")->dtype, HG_F16);
    assert_int_equal(hg__tensors_find(&t, "wide")->dtype, HG_F64);
    assert_int_equal(hg__tensors_find(&t, "brain")->dtype, HG_BF16);
    hg__tensors_close(&t);
}

// Files that broke other readers: tests/museum/README.md says which and how.
// clang-format off
static const struct {
    const char *path, *sentence;
} bad[] = {
    {"tests/museum/external.onnx", "'a': expected its data in the file, got a place in another: onnx.save(..., save_as_external_data=False) writes one file"},
    {"tests/museum/shape_overflow.onnx", "'a': expected the bytes of F32 [4294967296, 4294967296], got 0"},
    {"tests/museum/negative_shape.onnx", "'a': expected a shape of whole numbers from 0"},
    {"tests/museum/short_data.onnx", "'a': expected the bytes of F32 [1024, 1024], got 16"},
    {"tests/museum/rank_nine.onnx", "'a': expected a shape of at most 8 numbers"},
    {"tests/museum/length_past_end.onnx", "byte 8: expected a whole field of an ONNX file, got its end"},
    {"tests/museum/endless_number.onnx", "byte 13: expected a number of at most 10 bytes"},
    {"tests/museum/group.onnx", "byte 3: expected a field of an ONNX file, got the key 59"},
    {"tests/museum/two_pieces.onnx", "'a': expected its data in one piece"},
    {"tests/museum/twice.onnx", "'a': expected each name once, got it twice"},
    {"tests/museum/long_name.onnx", "expected tensors' names of at most 191 bytes"},
    {CORPUS "no_graph.onnx", "expected an ONNX file with a graph, got none"},
};
// clang-format on

static void what_is_wrong_is_said_with_its_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char sentence[300];
        hg__tensors t;
        hg_error err = {0};
        snprintf(sentence, sizeof sentence, "%s: %s", bad[i].path, bad[i].sentence);
        assert_int_equal(hg__weights_open(&t, bad[i].path, &err), HG_ERR_MODEL);
        assert_string_equal(err.message, sentence);
        assert_null(t.tensor);
    }
    hg__tensors t;
    hg_error err = {0};
    assert_int_equal(hg__onnx_open(&t, "tests/museum/pickle.safetensors", &err), HG_ERR_MODEL);
    assert_string_equal(
        err.message, "tests/museum/pickle.safetensors: expected an ONNX file, got something else");
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    hg__content c;
    hg__tensors t;
    assert_int_equal(hg__content_read(&c, CORPUS "good_two.onnx", NULL), HG_OK);
    assert_int_equal(hg__onnx_parse(&t, c.data, c.size, "x", NULL), HG_OK);
    hg__tensors_close(&t);
    const size_t behind_graph = c.size - 6; // the operator set, which nobody asks for
    for (size_t size = 0; size < behind_graph; size++) {
        hg_error err = {0};
        assert_int_equal(hg__onnx_parse(&t, c.data, size, "x", &err), HG_ERR_MODEL);
        assert_true(err.message[0] && !t.tensor);
    }
    hg__content_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_read_by_name),
        cmocka_unit_test(what_is_no_weight_is_passed_over),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
