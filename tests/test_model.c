// SPDX-License-Identifier: Apache-2.0
// test_model.c - the model file: what is saved comes back bit for bit, and nothing else is taken.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "faults.h"
#include "jobs/trainer.h"
#include "model/model.h"
#include "model/model_file.h"

#include <cmocka.h>

static char folder[] = "/tmp/hg-model-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[2][200];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static hg_model *make(const char *spec, int64_t width) {
    const hg__shape input = {1, {width}};
    hg_error err = {0};
    hg_model *m = hg__model_from_spec(spec, &input, 0, 7, &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

// A model with everything a file can say about it.
static hg_model *make_full(void) {
    hg_model *m = make("dense 3 relu, dense 2 | dense input sigmoid", 5);
    m->input_scale = 1 / 255.0F;
    m->options = hg__copy_text("{\"epochs\":20,\"lr\":0.001}", NULL);
    m->column = hg__alloc(5, sizeof *m->column, NULL);
    static const char *const names[] = {"a", "b \"c\"", "", "d\xC3\xA9", "e,f"};
    for (int i = 0; i < 5; i++) m->column[i] = hg__copy_text(names[i], NULL);
    snprintf(m->fingerprint, sizeof m->fingerprint, "00ff");
    return m;
}

// An attachment of our own: a text of at most 3 bytes.
static void *parse_note(hg__json *entry, const char *where, hg_error *err) {
    const char *text = hg__json_string_value(entry);
    if (text && strlen(text) <= 3) return hg__copy_text(text, err);
    hg__fail(err, HG_ERR_MODEL, "%s: note: expected at most 3 bytes", where);
    return NULL;
}

static hg__json *format_note(void *note, hg_error *err) {
    return hg__json_string(note, err);
}

static const hg__attachment notes = {"note", parse_note, format_note, hg__free};

static hg_model *read_noted(const char *path, hg_error *err) {
    static const hg__attachment *const types[] = {&notes, NULL};
    hg__tensors t;
    hg_model *m = NULL;
    assert_int_equal(hg__tensors_open(&t, path, err), HG_OK);
    (void)hg__model_read(&m, &t, types, false, err);
    hg__tensors_close(&t);
    return m;
}

static void what_is_attached_is_kept_and_checked(void **state) {
    (void)state;
    hg_model *m = make_full();
    hg_error err = {0};
    hg__model_attach(m, &notes, hg__copy_text("one", NULL));
    hg__model_attach(m, &notes, hg__copy_text("two", NULL)); // takes its place
    assert_int_equal(m->attachments, 1);
    assert_int_equal(hg__model_save(m, in_folder("n"), NULL, &err), HG_OK);
    hg_model *n = read_noted(in_folder("n"), &err);
    assert_non_null(n);
    assert_string_equal(hg__model_attached(n, &notes), "two");
    char *own = hg__model_detach(n, &notes);
    assert_string_equal(own, "two");
    assert_null(hg__model_attached(n, &notes));
    hg__free(own);
    hg_model_free(n);
    n = hg_model_load(in_folder("n"), &err); // an entry that nobody there knows
    assert_non_null(n);
    hg_model_free(n);
    hg__model_attach(m, &notes, hg__copy_text("three", NULL));
    assert_int_equal(hg__model_save(m, in_folder("n"), NULL, &err), HG_OK);
    assert_null(read_noted(in_folder("n"), &err));
    assert_non_null(strstr(err.message, "/n: note: expected at most 3 bytes"));
    hg_model_free(m);
}

static void the_detectors_parts_are_kept(void **state) {
    (void)state;
    hg_model *m = make_full();
    hg_error err = {0};
    const double values[6] = {1, -2.5, 0x1p-60, 4, 5, 6};
    const hg__tensor *got;
    hg__tensor t = {
        .name = "detector.a", .dtype = HG_F64, .shape = {2, {3, 2}},
                .data = values
    };
    assert_int_equal(hg__model_add_part(m, &t, &err), HG_OK);
    t.data = values + 2; // takes the place of the first
    t.shape.dim[0] = 2;
    assert_int_equal(hg__model_add_part(m, &t, &err), HG_OK);
    hg__model_set_detector(m, hg__json_pack("{s:i}", "width", 5));
    assert_int_equal(hg__model_save(m, in_folder("p"), NULL, &err), HG_OK);
    hg_model_free(m);
    m = hg_model_load(in_folder("p"), &err);
    assert_string_equal(err.message, "");
    if (!m) return;
    assert_int_equal(m->parts, 1);
    assert_int_equal(hg__model_take_part(m, "detector.a", HG_F64, -1, 2, "p", &got, &err), HG_OK);
    assert_memory_equal(got->data, values + 2, 4 * sizeof *values);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(hg__model_detector(m), "width")),
                     5);
    assert_int_equal(hg__model_take_part(m, "detector.a", HG_F64, 3, 2, "p", &got, &err),
                     HG_ERR_MODEL);
    assert_string_equal(err.message,
                        "p: 'detector.a': expected F64 of shape [3, 2], got F64 [2, 2]");
    assert_int_equal(hg__model_take_part(m, "detector.b", HG_F32, -1, 0, "p", &got, &err),
                     HG_ERR_MODEL);
    assert_string_equal(err.message, "p: 'detector.b': expected F32 of shape [any], got none");
    hg_model_free(m);
}

static void parts_of_numbers_are_finite(void **state) {
    (void)state;
    hg_model *m = make_full();
    hg_error err = {0};
    float values[6] = {1, 2, 3, 4, 5, 6};
    const hg__tensor *got;
    assert_int_equal(hg__model_keep_part(m, "detector.a", HG_F32, 2, 3, values, &err), HG_OK);
    assert_int_equal(hg__model_take_numbers(m, "detector.a", -1, 3, "p", &got, &err), HG_OK);
    assert_memory_equal(got->data, values, sizeof values);
    values[5] = -INFINITY;
    assert_int_equal(hg__model_keep_part(m, "detector.a", HG_F32, 6, 0, values, &err), HG_OK);
    assert_int_equal(hg__model_take_numbers(m, "detector.a", 6, 0, "p", &got, &err), HG_ERR_MODEL);
    assert_string_equal(err.message, "p: 'detector.a': expected finite numbers, got -inf");
    hg_model_free(m);
}

static void what_is_saved_is_loaded_bit_for_bit(void **state) {
    (void)state;
    hg_model *m = make_full();
    hg_error err = {0};
    m->range = (hg__range_rule){
        .kind = HG_RANGE_FIXED, .dtype = HG_I16, .white = 32767, .low = -1024.1, .high = 1e-300};
    assert_int_equal(hg__model_save(m, in_folder("m"), NULL, &err), HG_OK);
    hg_model *n = hg_model_load(in_folder("m"), &err);
    assert_string_equal(err.message, "");
    if (!n) return;
    assert_int_equal(n->range.kind, HG_RANGE_FIXED);
    assert_true(n->range.dtype == HG_I16 && n->range.white == 32767);
    assert_true(n->range.low == -1024.1 && n->range.high == 1e-300);
    assert_memory_equal(m->net.params, n->net.params, m->net.spec.params * sizeof *m->net.params);
    assert_string_equal(hg_model_spec(n), "dense 3 relu, dense 2 | dense 5 sigmoid");
    assert_int_equal(hg_model_width(n), 5);
    assert_int_equal(hg_model_code_size(n), 2);
    assert_string_equal(n->kind, "autoencoder");
    assert_true(n->input_scale == m->input_scale);
    assert_string_equal(n->options, m->options);
    assert_string_equal(n->fingerprint, "00ff");
    for (int i = 0; i < 5; i++) assert_string_equal(n->column[i], m->column[i]);
    hg_model_free(m);
    hg_model_free(n);
}

static void the_way_of_computing_is_kept(void **state) {
    (void)state;
    static const hg__compute ways[] = {
        {HG_IN_FP32, false},
        {HG_IN_FP32, true },
        {HG_IN_BF16, false},
        {HG_IN_INT8, true }
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        hg_model *m = make_full();
        hg_error err = {0};
        hg__network_set_compute(&m->net, ways[i]);
        assert_int_equal(hg__model_save(m, in_folder("m"), NULL, &err), HG_OK);
        hg_model *n = hg_model_load(in_folder("m"), &err);
        assert_non_null(n);
        assert_int_equal(n->net.compute.precision, ways[i].precision);
        assert_int_equal(n->net.compute.fast, ways[i].fast);
        const hg__compute of_layer = n->net.spec.layer[1].compute;
        assert_true(of_layer.precision == ways[i].precision && of_layer.fast == ways[i].fast);
        hg_model_free(m);
        hg_model_free(n);
    }
}

static uint8_t *read_file(const char *path, size_t *size) {
    hg__content content;
    assert_int_equal(hg__content_read(&content, path, NULL), HG_OK);
    uint8_t *bytes = hg__alloc(content.size, 1, NULL);
    memcpy(bytes, content.data, content.size);
    *size = content.size;
    hg__content_free(&content);
    return bytes;
}

static void the_same_model_gives_the_same_bytes(void **state) {
    (void)state;
    hg_model *m = make_full();
    size_t sizes[3];
    uint8_t *bytes[3];
    assert_int_equal(hg__model_save(m, in_folder("1"), NULL, NULL), HG_OK);
    assert_int_equal(hg__model_save(m, in_folder("2"), NULL, NULL), HG_OK);
    hg_model *n = hg_model_load(in_folder("1"), NULL);
    assert_int_equal(hg__model_save(n, in_folder("3"), NULL, NULL), HG_OK);
    static const char *const names[] = {"1", "2", "3"};
    for (int i = 0; i < 3; i++) {
        bytes[i] = read_file(in_folder(names[i]), &sizes[i]);
        assert_int_equal(sizes[i], sizes[0]);
        assert_memory_equal(bytes[i], bytes[0], sizes[0]);
    }
    for (int i = 0; i < 3; i++) hg__free(bytes[i]);
    hg_model_free(m);
    hg_model_free(n);
}

static void weights_lie_in_the_file_as_pytorch_has_them(void **state) {
    (void)state;
    hg_model *m = make("dense 2 | dense input", 3);
    const float weight[] = {1, 2, 3, 4, 5, 6}; // row n: the weights of output n
    hg__tensors t;
    hg__param_import(&m->net.spec.layer[0].param[0], m->net.params, weight);
    assert_int_equal(hg__model_save(m, in_folder("m"), NULL, NULL), HG_OK);
    assert_int_equal(hg__tensors_open(&t, in_folder("m"), NULL), HG_OK);
    assert_string_equal(hg__tensors_metadata(&t, "format"), "pt");
    const hg__tensor *w = hg__tensors_find(&t, "encoder.0.weight");
    assert_non_null(w);
    assert_int_equal(w->shape.dim[0], 2);
    assert_int_equal(w->shape.dim[1], 3);
    assert_memory_equal(w->data, weight, sizeof weight);
    hg__tensors_close(&t);
    hg_model_free(m);
}

static void the_seed_alone_says_what_the_weights_are(void **state) {
    (void)state;
    const hg__shape input = {1, {20}};
    hg_model *a = hg__model_from_spec("ae", &input, 3, 1, NULL);
    hg_model *b = hg__model_from_spec("ae", &input, 3, 1, NULL);
    hg_model *c = hg__model_from_spec("ae", &input, 3, 2, NULL);
    assert_memory_equal(a->net.params, b->net.params, a->net.spec.params * sizeof *a->net.params);
    assert_memory_not_equal(a->net.params, c->net.params,
                            a->net.spec.params * sizeof *a->net.params);
    hg_model_free(a);
    hg_model_free(b);
    hg_model_free(c);
}

static void any_flipped_bit_anywhere_is_found(void **state) {
    (void)state;
    hg_model *m = make("dense 1 relu | dense input", 2);
    m->column = hg__alloc(2, sizeof *m->column, NULL);
    m->column[0] = hg__copy_text("a", NULL);
    m->column[1] = hg__copy_text("tab\there", NULL);
    size_t size;
    assert_int_equal(hg__model_save(m, in_folder("m"), NULL, NULL), HG_OK);
    uint8_t *bytes = read_file(in_folder("m"), &size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        hg__tensors t;
        hg_model *n = NULL;
        hg_error err = {0};
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        int code = hg__tensors_parse(&t, bytes, size, "x", &err);
        if (code == HG_OK) code = hg__model_from_tensors(&n, &t, &err);
        hg__tensors_close(&t);
        if (code != HG_ERR_MODEL || !err.message[0]) fail_msg("bit %zu: %d", bit, code);
        assert_null(n);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    hg__free(bytes);
    hg_model_free(m);
}

static void a_model_cut_at_any_byte_is_refused(void **state) {
    (void)state;
    hg_model *m = make("dense 1 | dense input", 2);
    size_t size;
    assert_int_equal(hg__model_save(m, in_folder("m"), NULL, NULL), HG_OK);
    uint8_t *bytes = read_file(in_folder("m"), &size);
    for (size_t cut = 0; cut < size; cut++) {
        hg_error err = {0};
        assert_int_equal(hg__write_file(in_folder("cut"), bytes, cut, NULL), HG_OK);
        assert_null(hg_model_load(in_folder("cut"), &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
    }
    hg__free(bytes);
    hg_model_free(m);
}

// Writes tensors and metadata with a right checksum, and expects the sentence behind the path.
static void expect_refused(const hg__tensor *tensors, size_t count, const char *json,
                           const char *sentence) {
    const char *path = in_folder("bad");
    char sum[20], want[500];
    const char *keys[] = {HG_META_MODEL, HG_META_CHECKSUM}, *values[] = {json, sum};
    uint64_t hash;
    hg_error err = {0};
    assert_int_equal(hg__tensors_hash(tensors, count, keys, values, 1, "", &hash, NULL), HG_OK);
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)hash);
    assert_int_equal(hg__tensors_write(path, tensors, count, keys, values, 2, NULL), HG_OK);
    snprintf(want, sizeof want, "%s: %s", path, sentence);
    hg_model *m = hg_model_load(path, &err);
    if (m) fail_msg("loaded in spite of: %s", sentence);
    assert_string_equal(err.message, want);
    assert_int_equal(err.code, HG_ERR_MODEL);
}

#define HEAD                                                           \
 "{\"version\":1,\"kind\":\"autoencoder\",\"spec\":\"dense 1 | dense " \
 "2\",\"input\":[2],\"input_scale\":1"

static const float some[] = {1, 2};
static const float not_finite[] = {1, (float)INFINITY};
static const hg__tensor good[] = {
    {"encoder.0.weight", HG_F32, {2, {1, 2}}, some},
    {"encoder.0.bias",   HG_F32, {1, {1}},    some},
    {"decoder.0.weight", HG_F32, {2, {2, 1}}, some},
    {"decoder.0.bias",   HG_F32, {1, {2}},    some},
    {"spare",            HG_F32, {1, {2}},    some},
};

static void a_model_that_does_not_fit_its_weights_is_refused(void **state) {
    (void)state;
    const char *json = HEAD "}";
    hg__tensor t[5];
    memcpy(t, good, sizeof good);
    expect_refused(t, 3, json, "expected a tensor 'decoder.0.bias' of shape [2], got none");
    expect_refused(t, 5, json, "'spare': the model 'dense 1 | dense 2' has no such parameter");
    t[0].shape = (hg__shape){
        2, {2, 1}
    };
    expect_refused(t, 4, json, "'encoder.0.weight': expected the shape [1, 2], got [2, 1]");
    t[0] = good[0];
    t[1].dtype = HG_I32;
    expect_refused(t, 4, json, "'encoder.0.bias': expected F32, got I32");
    t[1] = good[1];
    t[3].data = not_finite;
    expect_refused(t, 4, json, "'decoder.0.bias': expected finite values, got inf at element 1");
}

static void tensors_of_the_optimizer_may_be_there(void **state) {
    (void)state;
    hg_model *m = make_full();
    const hg__tensor state_tensor = {
        "optimizer.exp_avg.encoder.0.weight", HG_F32, {1, {2}},
          some
    };
    const char *const keys[] = {"epoch"}, *const values[] = {"3"};
    const hg__extra extra = {&state_tensor, 1, keys, values, 1};
    hg__tensors t;
    hg_model *n;
    assert_int_equal(hg__model_save(m, in_folder("m"), &extra, NULL), HG_OK);
    assert_int_equal(hg__tensors_open(&t, in_folder("m"), NULL), HG_OK);
    assert_string_equal(hg__tensors_metadata(&t, "epoch"), "3");
    assert_non_null(hg__tensors_find(&t, state_tensor.name));
    assert_int_equal(hg__model_from_tensors(&n, &t, NULL), HG_OK);
    hg__tensors_close(&t);
    hg_model_free(m);
    hg_model_free(n);
}

#define MODULE ",\"module\":{\"class\":\"A\",\"layout\":\"channels_first\",\"names\":"
#define COMPUTE                                                                                  \
 "compute: expected precision (fp32, bf16 or int8) and fast (true or false): a newer Hourglass " \
 "may have written it"

static void a_bad_description_is_refused_with_its_sentence(void **state) {
    (void)state;
    // clang-format off
    static const char *const bad[][2] = {
        {"[]", "hourglass: expected an object"},
        {"{}", "expected a model with a version"},
        {"{\"version\":\"1\"}", "expected a model with a version"},
        {"{\"version\":7}", "expected a model of version 1, got 7: a newer Hourglass wrote it"},
        {"{\"version\":1}", "input: expected a list of 1 to 8 sizes"},
        {"{\"version\":1,\"input\":[0]}", "input: expected sizes from 1"},
        {"{\"version\":1,\"input\":[2.5]}", "input: expected sizes from 1"},
        {"{\"version\":1,\"input\":[2]}", "spec: expected a text"},
        {"{\"version\":1,\"input\":[2],\"spec\":\"dens 1 | dense 2\"}", "model: at 'dens 1': there is no layer 'dens'; did you mean 'dense'?"},
        {"{\"version\":1,\"input\":[2],\"spec\":\"dense 1 | dense 3\"}", "model: expected as many outputs as a row has features (2), got 3; 'input' stands for that number"},
        {"{\"version\":1,\"input\":[2],\"spec\":\"dense 1 | dense 2\"}", "kind: expected autoencoder, pca or features"},
        {"{\"version\":1,\"kind\":\"gan\",\"input\":[2],\"spec\":\"dense 1 | dense 2\"}", "kind: expected autoencoder, pca or features"},
        {"{\"version\":1,\"kind\":\"pca\",\"input\":[2],\"spec\":\"dense 1 | dense 2\"}", "input_scale: expected a number above 0"},
        {"{\"version\":1,\"kind\":\"pca\",\"input\":[2],\"spec\":\"dense 1 | dense 2\",\"input_scale\":0}", "input_scale: expected a number above 0"},
        {"{\"version\":1,\"kind\":\"pca\",\"input\":[2],\"spec\":\"dense 1 | dense 2\",\"input_scale\":1e99}", "input_scale: expected a number above 0"},
        {HEAD ",\"columns\":[\"a\"]}", "columns: expected as many names as a row has features"},
        {HEAD ",\"columns\":[\"a\",3]}", "columns: expected names"},
        {HEAD ",\"options\":[]}", "options: expected an object"},
        {HEAD ",\"range\":3}", "range: expected samples (a type, or mixed), white, low and high"},
        {HEAD ",\"range\":{\"samples\":\"U16\",\"white\":65535,\"low\":2,\"high\":2}}", "range: expected samples (a type, or mixed), white, low and high"},
        {HEAD ",\"compute\":3}", COMPUTE},
        {HEAD ",\"compute\":{\"precision\":\"fp64\"}}", COMPUTE},
        {HEAD ",\"compute\":{\"fast\":1}}", COMPUTE},
        {HEAD ",\"compute\":{\"fast\":true,\"slow\":true}}", COMPUTE},
        {HEAD ",\"data\":3}", "data: expected a fingerprint"},
        {HEAD ",\"data\":\"0123456789012345678901234567890\"}", "data: expected a fingerprint"},
        {HEAD ",\"module\":[]}", "module: expected an object"},
        {HEAD ",\"module\":{}}", "module: expected class, a text"},
        {HEAD ",\"module\":{\"class\":\"A\",\"layout\":\"NCHW\"}}", "module: expected layout, channels_first or channels_last"},
        {HEAD MODULE "[]}}", "module: expected names, an object"},
        {HEAD MODULE "{\"\":3}}}", "module: expected names of 1 to 191 bytes"},
        {HEAD MODULE "{\"a\":-1}}}", "module: names: 'a': expected a tensor of the model, each once, or a whole number from 0, got 'another value'"},
        {HEAD MODULE "{\"a\":\"encoder.1.bias\"}}}", "module: names: 'a': expected a tensor of the model, each once, or a whole number from 0, got 'encoder.1.bias'"},
        {HEAD MODULE "{\"a\":\"encoder.0.bias\",\"b\":\"encoder.0.bias\"}}}", "module: names: 'b': expected a tensor of the model, each once, or a whole number from 0, got 'encoder.0.bias'"},
        {HEAD MODULE "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}}}", "module: expected no more than two names a tensor"},
        {"{", "expected JSON at most 64 deep, got text that never ends"},
        {"{}{", "expected JSON, got something else at byte 3"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(good, 4, bad[i][0], bad[i][1]);
    }
}

static void weights_without_a_description_point_to_import(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg__tensors_write(in_folder("w"), good, 4, NULL, NULL, 0, NULL), HG_OK);
    assert_null(hg_model_load(in_folder("w"), &err));
    assert_int_equal(err.code, HG_ERR_MODEL);
    assert_non_null(strstr(err.message, "`hourglass import` makes a model of weights"));
}

// ---- what model= may be -------------------------------------------------------------------------

static void model_may_be_a_yaml_file(void **state) {
    (void)state;
    const hg__shape input = {1, {9}};
    const char *path = in_folder("net.yaml"), *text = "# ours\nmodel: ae\nlatent: 4\n";
    hg_error err = {0};
    assert_int_equal(hg__write_file(path, text, strlen(text), NULL), HG_OK);
    hg_model *m = hg__model_new(path, &input, 0, 1, &err);
    if (!m) fail_msg("%s", err.message);
    assert_string_equal(hg_model_spec(m), "dense 4 relu | dense 9 sigmoid");
    hg_model_free(m);
    m = hg__model_new(path, &input, 5, 1, NULL); // the command line goes first
    assert_int_equal(hg_model_code_size(m), 5);
    hg_model_free(m);
    text = "latent: 4\n";
    assert_int_equal(hg__write_file(path, text, strlen(text), NULL), HG_OK);
    assert_null(hg__model_new(path, &input, 0, 1, &err));
    assert_non_null(strstr(err.message, "net.yaml: expected a line `model: SPEC`, got none"));
    text = "model: ae\nlayers: 3\n";
    assert_int_equal(hg__write_file(path, text, strlen(text), NULL), HG_OK);
    assert_null(hg__model_new(path, &input, 0, 1, &err));
    assert_non_null(
        strstr(err.message, "net.yaml:2: expected `model` and `latent` once, got `layers`"));
}

static void model_may_be_a_model_file_whose_spec_is_taken(void **state) {
    (void)state;
    const hg__shape input = {1, {9}}, other = {1, {8}};
    const char *path = in_folder("like.safetensors");
    hg_error err = {0};
    hg_model *m = make("pca", 9);
    assert_string_equal(m->kind, "pca");
    assert_int_equal(hg__model_save(m, path, NULL, NULL), HG_OK);
    hg_model *n = hg__model_new(path, &input, 0, 99, NULL);
    assert_non_null(n);
    assert_string_equal(n->net.spec.text, m->net.spec.text);
    assert_string_equal(n->kind, "pca");
    assert_memory_not_equal(n->net.params, m->net.params,
                            m->net.spec.params * sizeof *m->net.params);
    assert_null(hg__model_new(path, &other, 0, 99, &err));
    assert_non_null(strstr(err.message, "expected a model of 8 features, got one of 9"));
    hg_model_free(m);
    hg_model_free(n);
}

// ---- faults: the scenario runs in a child -------------------------------------------------------

static int save_and_load(const char *path) {
    hg_error err = {0};
    const hg__shape input = {1, {5}};
    static char letters[] = "a\0b\0c\0d\xFF\0e";
    static char *columns[] = {letters, letters + 2, letters + 4, letters + 6, letters + 9};
    static char options[] = "{\"lr\":1}";
    hg_model *m = hg__model_from_spec("ae", &input, 2, 1, &err), *n = NULL;
    int code = m ? HG_OK : (int)err.code;
    if (m) {
        m->column = columns;
        m->options = options;
        code = hg__model_save(m, path, NULL, &err);
        m->column = NULL;
        m->options = NULL;
        if (code == HG_OK) n = hg_model_load(path, &err);
        if (code == HG_OK && !n) code = err.code;
        hg_model_free(m);
        hg_model_free(n);
    }
    if (code == HG_OK) return CHILD_WORKED;
    const bool right = code == HG_ERR_MEMORY || code == HG_ERR_IO;
    if (!right) printf("%d: %s\n", code, err.message);
    return right && (int)err.code == code && err.message[0] ? CHILD_FAILED_WELL
                                                            : CHILD_FAILED_BADLY;
}

static void every_failing_allocation_read_and_write_is_an_error(void **state) {
    (void)state;
    const char *path = in_folder("fault");
    assert_true(count_faults(path, "HG_FAIL_ALLOC", "") > 60);
    assert_true(count_faults(path, "HG_FAIL_ALLOC", "+") > 60);
    assert_true(count_faults(path, "HG_FAIL_IO", "") >= 5);
}

// Its outputs are of any number, and it has no decoder: whoever wants rows back is told.
static void a_model_of_features_comes_back_and_gives_no_rows(void **state) {
    (void)state;
    const hg__shape input = {
        3, {8, 8, 1}
    };
    hg__network net;
    hg_error err = {0};
    assert_int_equal(hg__network_init_features(&net, "conv 2 k3, relu, maxpool", &input, 1, NULL),
                     HG_OK);
    hg_model *m = hg__model_from_features(&net, NULL);
    assert_non_null(m);
    assert_null(net.params);
    assert_int_equal(hg__model_save(m, in_folder("m"), NULL, NULL), HG_OK);
    hg_model *n = hg_model_load(in_folder("m"), NULL);
    assert_non_null(n);
    assert_string_equal(n->kind, "features");
    assert_true(n->net.spec.is_features);
    assert_string_equal(hg_model_spec(n), hg_model_spec(m));
    assert_memory_equal(n->net.params, m->net.params, m->net.spec.params * sizeof *m->net.params);
    assert_null(hg_scorer_new(n, 1, &err));
    assert_int_equal(err.code, HG_ERR_MODEL);
    assert_string_equal(err.message, "model: expected a network that gives back what comes in, got "
                                     "one that gives features of it");
    hg_model_free(m);
    hg_model_free(n);
}

int main(int argc, char **argv) {
    if (argc == 3) return save_and_load(argv[2]);
    if (!mkdtemp(folder)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_is_loaded_bit_for_bit),
        cmocka_unit_test(the_way_of_computing_is_kept),
        cmocka_unit_test(what_is_attached_is_kept_and_checked),
        cmocka_unit_test(the_detectors_parts_are_kept),
        cmocka_unit_test(parts_of_numbers_are_finite),
        cmocka_unit_test(the_same_model_gives_the_same_bytes),
        cmocka_unit_test(weights_lie_in_the_file_as_pytorch_has_them),
        cmocka_unit_test(the_seed_alone_says_what_the_weights_are),
        cmocka_unit_test(any_flipped_bit_anywhere_is_found),
        cmocka_unit_test(a_model_cut_at_any_byte_is_refused),
        cmocka_unit_test(a_model_that_does_not_fit_its_weights_is_refused),
        cmocka_unit_test(tensors_of_the_optimizer_may_be_there),
        cmocka_unit_test(a_model_of_features_comes_back_and_gives_no_rows),
        cmocka_unit_test(a_bad_description_is_refused_with_its_sentence),
        cmocka_unit_test(weights_without_a_description_point_to_import),
        cmocka_unit_test(model_may_be_a_yaml_file),
        cmocka_unit_test(model_may_be_a_model_file_whose_spec_is_taken),
        cmocka_unit_test(every_failing_allocation_read_and_write_is_an_error),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    static const char *const made[] = {
        "m", "1", "2", "3", "cut", "bad", "w", "net.yaml", "like.safetensors", "fault"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) unlink(in_folder(made[i]));
    rmdir(folder);
    return failed;
}
