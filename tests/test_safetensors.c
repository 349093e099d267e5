// SPDX-License-Identifier: Apache-2.0
// test_safetensors.c - the reader refuses whatever is not exactly right; the writer's files are read back.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "base/mem.h"
#include "faults.h"
#include "model/safetensors.h"

#include <cmocka.h>

static char folder[] = "/tmp/hg-safetensors-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

// A file in memory: length, header, `data` zero bytes. The caller frees it.
static uint8_t *make(const char *header, size_t data, size_t *size) {
    const size_t length = strlen(header);
    *size = 8 + length + data;
    uint8_t *bytes = hg__alloc(*size, 1, NULL);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length); // NOLINT(bugprone-not-null-terminated-result)
    return bytes;
}

static void expect_refused(const uint8_t *bytes, size_t size, const char *sentence) {
    hg__tensors t;
    hg_error err = {0};
    assert_int_equal(hg__tensors_parse(&t, bytes, size, "x", &err), HG_ERR_MODEL);
    assert_string_equal(err.message, sentence);
    assert_int_equal(err.code, HG_ERR_MODEL);
    assert_null(t.tensor);
    assert_null(t.key);
}

#define F32(name, shape, from, to) \
 "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #from "," #to "]}"

static void a_bad_header_is_refused_with_its_sentence(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *header;
        size_t data;
        const char *sentence;
    } bad[] = {
        {"", 2, "x: expected a header of 2 to 100000000 bytes, got 0"},
        {"  {}", 0, "x: expected a header that starts with '{'"},
        {"{]", 0, "x: header byte 1: expected a name"},
        {"{\"a\"}", 0, "x: header byte 4: expected ':'"},
        {"{\"a\":}", 0, "x: 'a': expected JSON, got text that ends too early at byte 1"},
        {"{\"a\":{}", 0, "x: 'a': expected dtype, shape and data_offsets and nothing else"},
        {"{\"a\":1}", 0, "x: 'a': expected dtype, shape and data_offsets and nothing else"},
        {"{\"a", 0, "x: header byte 1: the name is too long"},
        {"{} x", 0, "x: header byte 3: expected only spaces behind the object"},
        {"{}\n", 0, "x: header byte 2: expected only spaces behind the object"},
        {"{}", 1, "x: expected 0 bytes of data, as the header says, got 1"},
        {"{" F32("a", "[1]", 0, 4) ",}", 4, "x: header byte 54: expected a name"},
        {"{" F32("a", "[1]", 0, 4) " " F32("b", "[1]", 4, 8) "}", 8, "x: header byte 54: expected ','"},
        {"{" F32("a", "[1]", 0, 4), 4, "x: header byte 53: expected ','"},
        {"{" F32("a", "1", 0, 4) "}", 4, "x: 'a': expected shape to be a list"},
        {"{" F32("a", "[1.0]", 0, 4) "}", 4, "x: 'a': expected shape to hold whole numbers from 0"},
        {"{" F32("a", "[-1]", 0, 4) "}", 4, "x: 'a': expected shape to hold whole numbers from 0"},
        {"{" F32("a", "[1]", 4, 0) "}", 4,
         "x: 'a': expected data_offsets to be two growing whole numbers"},
        {"{" F32("a", "[1]", 0, "4") "}", 4,
         "x: 'a': expected data_offsets to be two growing whole numbers"},
        {"{" F32("a", "[2]", 0, 4) "}", 4, "x: 'a': expected the bytes of F32 [2], got 4"},
        {"{" F32("a", "[1]", 0, 8) "}", 4, "x: 'a': expected data within 4 bytes, got an end at 8"},
        {"{" F32("a", "[1]", 0, 4) "," F32("b", "[1]", 0, 4) "}", 4,
         "x: 'b': expected its data at byte 4, got 0: tensors overlap"},
        {"{" F32("a", "[1]", 4, 8) "}", 8, "x: 'a': expected its data at byte 0, got 4: there is a hole"},
        {"{" F32("a", "[1]", 0, 4) "," F32("\\u0061", "[1]", 4, 8) "}", 8,
         "x: 'a': expected each name once, got it twice"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "x: expected one __metadata__, got two"},
        {"{\"__metadata__\":[]}", 0, "x: expected __metadata__ to be an object"},
        {"{\"__metadata__\":{\"a\":null}}", 0, "x: expected __metadata__ 'a' to be a string"},
        {"{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0,
         "x: __metadata__: expected JSON, got a key twice at byte 15"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t size;
        uint8_t *bytes = make(bad[i].header, bad[i].data, &size);
        expect_refused(bytes, size, bad[i].sentence);
        hg__free(bytes);
    }
}

// Files that broke other loaders: tests/museum/README.md says which and how.
// clang-format off
static const struct {
    const char *name, *sentence;
} museum[] = {
    {"deep_nesting", "header byte 5: expected a value at most 64 deep that ends"},
    {"dtype_twice", "'a': expected JSON, got a key twice at byte 61"},
    {"empty", "expected a safetensors file, got an empty file; hourglass train writes one into the weights folder of its results"},
    {"endless_header", "expected a header of 2 to 100000000 bytes, got 4611686018427387904"},
    {"external_path", "'a': expected dtype, shape and data_offsets and nothing else"},
    {"from_the_future", "expected a model of version 1, got 2: a newer Hourglass wrote it"},
    {"gguf_counts", "expected a safetensors file, got a GGUF file"},
    {"hdf5", "expected a safetensors file, got an HDF5 file"},
    {"header_not_object", "expected a header that starts with '{'"},
    {"header_past_end", "expected a header of 1000 bytes, got the end of the file after 58"},
    {"hole", "'b': expected its data at byte 4, got 8: there is a hole"},
    {"html_page", "expected a safetensors file, got a web page"},
    {"input_overflow", "model: expected rows of 1 to 16777216 features, got the shape [2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647]"},
    {"integer_too_big", "'a': expected JSON, got an integer too large at byte 25"},
    {"lfs_pointer", "expected a safetensors file, got a Git LFS pointer, not the file itself"},
    {"metadata_many", "expected __metadata__ of at most 33554432 bytes and 4096 pairs"},
    {"metadata_number", "expected __metadata__ 'step' to be a string"},
    {"name_with_nul", "expected JSON, got a text with a zero byte at byte 1"},
    {"negative_offset", "'a': expected data_offsets to be two growing whole numbers"},
    {"not_utf8", "expected JSON, got a text that is not UTF-8 at byte 1"},
    {"offset_past_end", "'a': expected data within 0 bytes, got an end at 9223372036854775807"},
    {"overlap", "'b': expected its data at byte 8, got 4: tensors overlap"},
    {"pickle", "expected a safetensors file, got a Python pickle; pickles can run code and are never read: safetensors.torch.save_file() writes the weights, hourglass import takes them"},
    {"rank_nine", "'a': expected a shape of at most 8 numbers, got 9"},
    {"shape_larger_than_bytes", "'encoder.0.weight': expected the bytes of F32 [1024, 1024], got 16"},
    {"shape_overflow", "'a': expected the bytes of F32 [4294967296, 4294967296], got 0"},
    {"size_wraps_to_right", "'a': expected the bytes of F32 [4611686018427387905], got 4"},
    {"spec_bomb", "expected a tensor 'encoder.0.weight' of shape [127, 16777216], got none"},
    {"spec_path", "model: expected a preset (ae, deep, pca, linear, nested, tied, sparse, topk, contractive, denoising, masked, conv, table, traffic, signal, conv1d, unet1d, unet, dncnn, repair, bottleneck, vae, gaussian_vae, table_vae, convvae, wae, vq, convvq, fsq, aae, vaegan) or a spec such as 'dense 64 relu | dense input sigmoid', got '/etc/secret.yaml'"},
    {"tail", "expected 4 bytes of data, as the header says, got 26"},
    {"tail_in_header", "header byte 53: expected only spaces behind the object"},
    {"torch_zip", "expected a safetensors file, got a zip archive (PyTorch's .pt, Keras' .keras); pickles can run code and are never read: safetensors.torch.save_file() writes the weights, hourglass import takes them"},
    {"twice", "'a': expected each name once, got it twice"},
    {"unknown_dtype", "'a': expected a known dtype such as F32, got 'F4'"},
};
// clang-format on

static void every_piece_in_the_museum_is_refused_with_its_sentence(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof museum / sizeof *museum; i++) {
        char path[200], sentence[500];
        hg_error err = {0};
        snprintf(path, sizeof path, "tests/museum/%s.safetensors", museum[i].name);
        snprintf(sentence, sizeof sentence, "%s: %s", path, museum[i].sentence);
        hg_model *m = hg_model_load(path, &err);
        assert_null(m);
        assert_string_equal(err.message, sentence);
        assert_int_equal(err.code, HG_ERR_MODEL);
    }
}

static const char sample[] = "{\"__metadata__\":{\"format\":\"pt\"}," F32(
    "a", "[2,3]", 0, 24) ",\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[24,27]}}  ";

static void a_good_file_is_read(void **state) {
    (void)state;
    size_t size;
    hg__tensors t;
    uint8_t *bytes = make(sample, 27, &size);
    assert_int_equal(hg__tensors_parse(&t, bytes, size, "x", NULL), HG_OK);
    assert_int_equal(t.count, 2);
    assert_string_equal(hg__tensors_metadata(&t, "format"), "pt");
    assert_null(hg__tensors_metadata(&t, "none"));
    const hg__tensor *b = hg__tensors_find(&t, "b");
    assert_non_null(b);
    assert_int_equal(b->dtype, HG_U8);
    assert_ptr_equal(b->data, bytes + size - 3);
    assert_null(hg__tensors_find(&t, "c"));
    hg__tensors_close(&t);
    hg__free(bytes);
}

static void a_file_cut_at_any_byte_is_refused(void **state) {
    (void)state;
    size_t size;
    uint8_t *bytes = make(sample, 27, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut ? cut : 1); // its own block: reading past the end is caught
        hg__tensors t;
        hg_error err = {0};
        memcpy(part, bytes, cut);
        assert_int_equal(hg__tensors_parse(&t, part, cut, "x", &err), HG_ERR_MODEL);
        assert_true(strlen(err.message) > 5);
        free(part);
    }
    hg__free(bytes);
}

// A changed name or type is another valid file; then every tensor still lies inside.
static void any_flipped_bit_gives_an_error_or_tensors_within_the_file(void **state) {
    (void)state;
    size_t size, refused = 0;
    uint8_t *bytes = make(sample, 27, &size);
    for (size_t bit = 0; bit < 8 * (size - 27); bit++) {
        hg__tensors t;
        hg_error err = {0};
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (hg__tensors_parse(&t, bytes, size, "x", &err) == HG_OK) {
            for (size_t i = 0; i < t.count; i++) {
                size_t count;
                assert_true(hg__shape_count(&t.tensor[i].shape, &count));
                const uint8_t *from = t.tensor[i].data;
                assert_true(from >= bytes + size - 27);
                assert_true(from + count * hg__dtype_size(t.tensor[i].dtype) <= bytes + size);
            }
        } else {
            assert_true(strlen(err.message) > 5);
            refused++;
        }
        hg__tensors_close(&t);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_true(refused > 4 * (size - 27));
    hg__free(bytes);
}

static void too_many_tensors_are_refused_before_they_cost_memory(void **state) {
    (void)state;
    enum { COUNT = 65537, EACH = 64 };
    char *header = hg__alloc(COUNT, EACH, NULL);
    size_t used = 0, size;
    for (int i = 0; i < COUNT; i++) {
        used += (size_t)snprintf(header + used, EACH,
                                 "%c\"%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                                 i ? ',' : '{', i);
    }
    header[used++] = '}';
    uint8_t *bytes = make(header, 0, &size);
    expect_refused(bytes, size, "x: expected at most 65536 tensors, got more");
    hg__free(bytes);
    hg__free(header);
}

static const float four[] = {1, -2, 0x1p-149F, 3.5F};
static const double wide[] = {1e300, -0.0};
static const uint8_t byte[] = {1, 2, 3};
static const hg__tensor three[] = {
    {"z",                     HG_U8,  {1, {3}},    byte},
    {"b \"quoted\" \xC3\xA9", HG_F32, {2, {2, 2}}, four},
    {"c",                     HG_F64, {1, {2}},    wide},
};
static const char *const keys[] = {"format", "a\nb"}, *const values[] = {"pt", "{\"x\":\"\\\\\"}"};

static void what_is_written_is_read_back_bit_for_bit(void **state) {
    (void)state;
    hg__tensors t;
    hg_error err = {0};
    const char *path = in_folder("three.safetensors");
    assert_int_equal(hg__tensors_write(path, three, 3, keys, values, 2, &err), HG_OK);
    assert_int_equal(hg__tensors_open(&t, path, &err), HG_OK);
    assert_int_equal(t.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const hg__tensor *back = hg__tensors_find(&t, three[i].name);
        size_t count;
        assert_non_null(back);
        assert_int_equal(back->dtype, three[i].dtype);
        assert_true(hg__shape_is_equal(&back->shape, &three[i].shape));
        assert_true(hg__shape_count(&back->shape, &count));
        assert_memory_equal(back->data, three[i].data, count * hg__dtype_size(back->dtype));
    }
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(hg__tensors_metadata(&t, keys[i]), values[i]);
    }
    hg__tensors_close(&t);
}

static void the_writer_aligns_and_leaves_no_holes(void **state) {
    (void)state;
    hg__tensors t;
    const char *path = in_folder("aligned.safetensors");
    assert_int_equal(hg__tensors_write(path, three, 3, keys, values, 2, NULL), HG_OK);
    assert_int_equal(hg__tensors_open(&t, path, NULL), HG_OK);
    uint64_t header = 0;
    memcpy(&header, t.content.data, 8);
    assert_int_equal(header % 8, 0);
    assert_string_equal(t.tensor[0].name, "c"); // doubles first, bytes last
    assert_string_equal(t.tensor[2].name, "z");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal((uintptr_t)t.tensor[i].data % hg__dtype_size(t.tensor[i].dtype), 0);
    }
    hg__tensors_close(&t);
}

static void the_hash_does_not_mind_order_but_minds_every_bit(void **state) {
    (void)state;
    const hg__tensor turned[] = {three[2], three[0], three[1]};
    const char *const other_keys[] = {keys[1], "skip", keys[0]};
    const char *const other_values[] = {values[1], "anything", values[0]};
    uint64_t a, b, c;
    float changed[4];
    assert_int_equal(hg__tensors_hash(three, 3, keys, values, 2, "skip", &a, NULL), HG_OK);
    assert_int_equal(hg__tensors_hash(turned, 3, other_keys, other_values, 3, "skip", &b, NULL),
                     HG_OK);
    assert_true(a == b);
    memcpy(changed, four, sizeof four);
    hg__tensor other[] = {three[0], three[1], three[2]};
    other[1].data = changed;
    for (size_t bit = 0; bit < 8 * sizeof changed; bit++) {
        ((uint8_t *)changed)[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(hg__tensors_hash(other, 3, keys, values, 2, "skip", &c, NULL), HG_OK);
        assert_true(c != a);
        ((uint8_t *)changed)[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void a_name_that_is_no_utf8_is_not_written(void **state) {
    (void)state;
    const hg__tensor bad = {
        "a\xFF", HG_U8, {1, {3}},
          byte
    };
    hg_error err = {0};
    assert_int_equal(hg__tensors_write(in_folder("no"), &bad, 1, NULL, NULL, 0, &err),
                     HG_ERR_USAGE);
    assert_string_equal(err.message, "'a?': expected a name in UTF-8");
    assert_int_not_equal(access(in_folder("no"), F_OK), 0);
}

static void a_missing_file_is_an_io_error(void **state) {
    (void)state;
    hg__tensors t;
    hg_error err = {0};
    assert_int_equal(hg__tensors_open(&t, "/no/such.safetensors", &err), HG_ERR_IO);
    assert_string_equal(err.message,
                        "/no/such.safetensors: cannot open: No such file or directory");
}

// The official library opens what we write, and we open what it writes.
static void the_safetensors_package_and_we_read_each_other(void **state) {
    (void)state;
    char command[1400];
    const char *python =
        access("build/venv/bin/python", X_OK) == 0 ? "build/venv/bin/python" : "python3";
    snprintf(command, sizeof command, "%s -c 'import numpy, safetensors' 2>/dev/null", python);
    if (system(command) != 0) { // NOLINT(cert-env33-c)
        printf("skipped: Python has no numpy or no safetensors\n");
        skip();
    }
    const char *ours = in_folder("ours.safetensors");
    assert_int_equal(hg__tensors_write(ours, three, 3, keys, values, 2, NULL), HG_OK);
    snprintf(command, sizeof command,
             "%s -c 'import sys\n"
             "from safetensors import safe_open\n"
             "from safetensors.numpy import save_file\n"
             "f = safe_open(sys.argv[1] + \"/ours.safetensors\", \"numpy\")\n"
             "assert f.metadata()[\"format\"] == \"pt\"\n"
             "t = {k: f.get_tensor(k) for k in f.keys()}\n"
             "assert t[\"c\"][0] == 1e300 and t[\"z\"].tolist() == [1, 2, 3]\n"
             "save_file(t, sys.argv[1] + \"/theirs.safetensors\", metadata=f.metadata())' %s",
             python, folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
    hg__tensors t;
    uint64_t a, b;
    assert_int_equal(hg__tensors_open(&t, in_folder("theirs.safetensors"), NULL), HG_OK);
    assert_int_equal(hg__tensors_hash(t.tensor, t.count, (const char *const *)t.key,
                                      (const char *const *)t.value, t.pairs, "", &a, NULL),
                     HG_OK);
    assert_int_equal(hg__tensors_hash(three, 3, keys, values, 2, "", &b, NULL), HG_OK);
    assert_true(a == b);
    hg__tensors_close(&t);
}

// ---- faults: the scenario runs in a child -------------------------------------------------------

static int read_and_write(const char *path) {
    size_t size = 8 + strlen(sample) + 27;
    uint8_t bytes[400] = {(uint8_t)strlen(sample)};
    hg_error err = {0};
    hg__tensors t;
    memcpy(bytes + 8, sample, sizeof sample - 1);
    int code = hg__tensors_parse(&t, bytes, size, "x", &err);
    if (code == HG_OK) {
        code = hg__tensors_write(path, t.tensor, t.count, (const char *const *)t.key,
                                 (const char *const *)t.value, t.pairs, &err);
        hg__tensors_close(&t);
    }
    if (code == HG_OK) return CHILD_WORKED;
    const bool right = code == HG_ERR_MEMORY || code == HG_ERR_IO;
    return right && err.code == code && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_failing_allocation_and_write_is_an_error(void **state) {
    (void)state;
    const char *path = in_folder("fault.safetensors");
    assert_true(count_faults(path, "HG_FAIL_ALLOC", "") > 20);
    assert_true(count_faults(path, "HG_FAIL_ALLOC", "+") > 20);
    assert_true(count_faults(path, "HG_FAIL_IO", "") >= 3);
    assert_int_equal(access(path, F_OK), 0); // the runs that worked
}

int main(int argc, char **argv) {
    if (argc == 3) return read_and_write(argv[2]);
    if (!mkdtemp(folder)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_header_is_refused_with_its_sentence),
        cmocka_unit_test(every_piece_in_the_museum_is_refused_with_its_sentence),
        cmocka_unit_test(a_good_file_is_read),
        cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
        cmocka_unit_test(any_flipped_bit_gives_an_error_or_tensors_within_the_file),
        cmocka_unit_test(too_many_tensors_are_refused_before_they_cost_memory),
        cmocka_unit_test(what_is_written_is_read_back_bit_for_bit),
        cmocka_unit_test(the_writer_aligns_and_leaves_no_holes),
        cmocka_unit_test(the_hash_does_not_mind_order_but_minds_every_bit),
        cmocka_unit_test(a_name_that_is_no_utf8_is_not_written),
        cmocka_unit_test(a_missing_file_is_an_io_error),
        cmocka_unit_test(the_safetensors_package_and_we_read_each_other),
        cmocka_unit_test(every_failing_allocation_and_write_is_an_error),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    static const char *const made[] = {"three", "aligned", "ours", "theirs", "fault"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s.safetensors", made[i]);
        unlink(in_folder(name));
    }
    rmdir(folder);
    return failed;
}
