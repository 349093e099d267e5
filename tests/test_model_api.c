// SPDX-License-Identifier: Apache-2.0
// test_model_api.c - a model as a program sees it: made, saved and loaded in memory, its layers and tensors by name.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "hourglass.h"

#include "base/file.h"
#include "base/mem.h"
#include "faults.h"
#include "model/model.h"
#include "own_folder.h"

#include <cmocka.h>

static const char *const released[] = {"blind", "dense",  "groups", "noise", "norm",
                                       "pca",   "pooled", "signal", "skip",  "table"};
enum { RELEASED = sizeof released / sizeof *released };

static const char *path_of(const char *name) {
    static char path[200];
    snprintf(path, sizeof path, "tests/released/0.1.0/%s.safetensors", name);
    return path;
}

static hg_model *load(const char *name) {
    hg_error err = {0};
    hg_model *m = hg_model_load(path_of(name), &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

static hg_model *make(const char *spec, int64_t width) {
    hg_error err = {0};
    hg_model *m = hg_model_new(spec, &width, 1, 0, 7, &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

static hg_model_info info_of(const hg_model *m) {
    hg_model_info info = {.size = sizeof info};
    assert_int_equal(hg_model_get_info(m, &info, NULL), HG_OK);
    return info;
}

// ---- files and memory ---------------------------------------------------------------------------

// From the file and from its bytes at an odd address, which are gone before the model is used.
static void a_released_model_goes_through_memory_and_comes_out_as_its_file(void **state) {
    (void)state;
    for (size_t i = 0; i < RELEASED; i++) {
        hg__content file, again;
        size_t size[2] = {0};
        hg_error err = {0};
        assert_int_equal(hg__content_read(&file, path_of(released[i]), NULL), HG_OK);
        char *odd = hg__alloc(file.size + 1, 1, NULL);
        memcpy(odd + 1, file.data, file.size);
        hg_model *m = load(released[i]), *n = hg_model_load_memory(odd + 1, file.size, &err);
        memset(odd, 0xFF, file.size + 1);
        hg__free(odd);
        if (!n) fail_msg("%s", err.message);
        void *bytes[2] = {hg_model_save_memory(m, &size[0], NULL),
                          hg_model_save_memory(n, &size[1], NULL)};
        for (int k = 0; k < 2; k++) {
            assert_true(bytes[k] && size[k] == file.size);
            assert_memory_equal(bytes[k], file.data, file.size);
            hg_bytes_free(bytes[k]);
        }
        assert_int_equal(hg_model_save(n, at("again.safetensors"), &err), HG_OK);
        assert_int_equal(hg__content_read(&again, at("again.safetensors"), NULL), HG_OK);
        assert_int_equal(again.size, file.size);
        assert_memory_equal(again.data, file.data, file.size);
        hg__content_free(&again);
        hg__content_free(&file);
        hg_model_free(m);
        hg_model_free(n);
    }
    hg_bytes_free(NULL);
}

static mode_t mode_of(const char *path) {
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    return s.st_mode & 0777;
}

static void a_saved_model_that_holds_rows_is_its_owners_alone(void **state) {
    (void)state;
    const mode_t mask = umask(022);
    hg_model *m = load("table");
    assert_true(info_of(m).holds_rows);
    assert_int_equal(hg_model_save(m, at("rows.safetensors"), NULL), HG_OK);
    assert_int_equal(mode_of(at("rows.safetensors")), 0600);
    hg_model_free(m);
    m = load("dense");
    assert_false(info_of(m).holds_rows);
    assert_int_equal(hg_model_save(m, at("plain.safetensors"), NULL), HG_OK);
    assert_int_equal(mode_of(at("plain.safetensors")), 0644);
    hg_model_free(m);
    umask(mask);
}

static void what_is_no_model_is_refused_as_a_file_is(void **state) {
    (void)state;
    hg__content c;
    assert_int_equal(hg__content_read(&c, path_of("pca"), NULL), HG_OK);
    for (size_t cut = 0; cut < c.size; cut += cut < 400 ? 1 : 97) {
        hg_error file = {0}, memory = {0};
        const char *path = at("cut");
        assert_int_equal(hg__write_file(path, c.data, cut, NULL), HG_OK);
        assert_null(hg_model_load(path, &file));
        assert_null(hg_model_load_memory(cut ? c.data : NULL, cut, &memory));
        assert_int_equal(memory.code, HG_ERR_MODEL);
        assert_int_equal(file.code, HG_ERR_MODEL);
        assert_memory_equal(memory.message, "memory: ", 8);
        assert_memory_equal(file.message, path, strlen(path));
        assert_string_equal(memory.message + 6, file.message + strlen(path));
    }
    hg__content_free(&c);
}

static void a_failed_save_leaves_what_was_there(void **state) {
    (void)state;
    hg_error err = {0};
    hg_model *m = make("ae", 5);
    assert_int_equal(hg_model_save(m, at("no/such/folder"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "no/such"));
    assert_int_equal(hg_model_save(m, folder, &err), HG_ERR_IO);
    assert_int_equal(hg_model_save(m, "", &err), HG_ERR_USAGE);
    hg_model_free(m);
}

// ---- a fresh model ------------------------------------------------------------------------------

static void a_fresh_model_has_pytorchs_shapes_and_draws(void **state) {
    (void)state;
    hg_model *m = make("dense 4 relu | dense input", 100),
             *same = make("dense 4 relu | dense input", 100);
    float w[400], again[400], sum = 0;
    assert_int_equal(hg_model_tensor_get(m, "encoder.0.weight", w, 400, NULL), HG_OK);
    assert_int_equal(hg_model_tensor_get(same, "encoder.0.weight", again, 400, NULL), HG_OK);
    assert_memory_equal(w, again, sizeof w);
    for (int i = 0; i < 400; i++) { // uniform within 1 / sqrt(100)
        assert_true(fabsf(w[i]) <= 0.1F);
        sum += fabsf(w[i]);
    }
    assert_true(sum / 400 > 0.04F && sum / 400 < 0.06F);
    hg_model_free(m);
    hg_model_free(same);
    const int64_t image[] = {12, 16, 3};
    m = hg_model_new("conv", image, 3, 20, 0, NULL);
    assert_non_null(m);
    assert_int_equal(hg_model_width(m), 12 * 16 * 3);
    assert_int_equal(hg_model_code_size(m), 20);
    assert_int_equal(info_of(m).rank, 3);
    assert_memory_equal(info_of(m).shape, image, sizeof image);
    hg_model_free(m);
}

static void expect_not_made(const char *spec, const int64_t *shape, int32_t rank, int32_t latent,
                            const char *sentence) {
    hg_error err = {0};
    assert_null(hg_model_new(spec, shape, rank, latent, 0, &err));
    assert_string_equal(err.message, sentence);
    assert_int_equal(err.code, HG_ERR_USAGE);
}

static void a_model_that_cannot_be_meant_is_refused(void **state) {
    (void)state;
    const int64_t good[] = {5}, none[] = {0}, negative[] = {3, -1};
    expect_not_made("ae", good, 0, 0, "model: expected rows of 1 to 8 dimensions, got 0");
    expect_not_made("ae", good, 9, 0, "model: expected rows of 1 to 8 dimensions, got 9");
    expect_not_made("ae", good, 1, -1, "model: expected latent from 0 to 16777216, got -1");
    expect_not_made("ae", none, 1, 0,
                    "model: expected rows of 1 to 16777216 features, got the shape [0]");
    expect_not_made("ae", negative, 2, 0,
                    "model: expected rows of 1 to 16777216 features, got the shape [3, -1]");
    expect_not_made("dens 4 | dense input", good, 1, 0,
                    "model: at 'dens 4': there is no layer 'dens'; did you mean 'dense'?");
    expect_not_made("dense 4 | dense 3", good, 1, 0,
                    "model: expected as many outputs as a row has features (5), got 3; 'input' "
                    "stands for that number");
}

// ---- what it is ---------------------------------------------------------------------------------

static void a_model_says_what_its_rows_are(void **state) {
    (void)state;
    hg_model *m = load("table");
    const hg_model_info table = info_of(m);
    assert_true(table.is_table && table.has_thresholds && table.holds_rows);
    assert_string_equal(table.kind, "autoencoder");
    assert_string_equal(table.spec, hg_model_spec(m));
    assert_true(table.columns > 1 && table.columns <= table.width);
    assert_non_null(hg_model_column_at(m, 0));
    assert_null(hg_model_column_at(m, table.columns));
    assert_null(hg_model_column_at(m, -1));
    hg_model_free(m);
    m = load("pca");
    const hg_model_info pca = info_of(m);
    assert_string_equal(pca.kind, "pca");
    assert_true(!pca.is_table && !pca.has_thresholds && pca.columns == 0);
    assert_null(hg_model_column_at(m, 0));
    assert_true(pca.width == 40 && pca.code_size == 4 && pca.rank == 1 && pca.shape[0] == 40);
    assert_true(pca.layers == 2 && pca.tensors == 4 && pca.parameters == 4 * 40 * 2 + 4 + 40);
    assert_true(pca.input_scale == (double)(1.0F / 255));
    hg_model_info unset = {0};
    hg_error err = {0};
    assert_int_equal(hg_model_get_info(m, &unset, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "hg_model_info: expected size to be sizeof(hg_model_info), got 0");
    assert_null(unset.kind);
    hg_model_free(m);
}

// Of rows of numbers every number has a name, or none has.
static void columns_of_numbers_keep_their_names(void **state) {
    (void)state;
    const char *const name[] = {"x", "r\xC3\xA4ume", ""};
    hg_model *m = make("dense 2 | dense input", 3), *n;
    size_t size = 0;
    m->column = hg__alloc(3, sizeof *m->column, NULL);
    for (int i = 0; i < 3; i++) m->column[i] = hg__copy_text(name[i], NULL);
    void *bytes = hg_model_save_memory(m, &size, NULL);
    n = hg_model_load_memory(bytes, size, NULL);
    assert_true(info_of(n).columns == 3 && !info_of(n).is_table);
    for (int i = 0; i < 3; i++) assert_string_equal(hg_model_column_at(n, i), name[i]);
    assert_null(hg_model_column_at(n, 3));
    hg_bytes_free(bytes);
    hg_model_free(m);
    hg_model_free(n);
}

// Behind one another the layers are the model: their specs its spec, their parameters its parameters.
static void layers_say_what_they_are_and_what_comes_out(void **state) {
    (void)state;
    static const struct {
        const char *spec, *type, *side;
        int32_t index, rank, tensors;
        int64_t shape[3], parameters;
    } want[] = {
        {"conv 6 s=2",            "conv",       "encoder", 0, 3, 2, {6, 8, 6}, 6 * 9 * 3 + 6},
        {"relu",                  "relu",       "encoder", 1, 3, 0, {6, 8, 6}, 0            },
        {"flatten",               "flatten",    "encoder", 2, 1, 0, {288},     0            },
        {"dense 5",               "dense",      "encoder", 3, 1, 2, {5},       288 * 5 + 5  },
        {"dense 576",             "dense",      "decoder", 0, 1, 2, {576},     5 * 576 + 576},
        {"leaky_relu slope=0.25", "leaky_relu", "decoder", 1, 1, 0, {576},     0            },
    };
    const int64_t image[] = {12, 16, 3};
    hg_layer_info l = {.size = sizeof l};
    hg_model *m = hg_model_new("conv 6 s=2 relu, dense 5 | dense input leaky_relu slope=0.25",
                               image, 3, 0, 0, NULL);
    assert_non_null(m);
    int32_t i = 0;
    for (; hg_model_layer_at(m, i, &l); i++) {
        assert_in_range(i, 0, sizeof want / sizeof *want - 1);
        assert_string_equal(l.spec, want[i].spec);
        assert_string_equal(l.type, want[i].type);
        assert_string_equal(l.side, want[i].side);
        assert_int_equal(l.index, want[i].index);
        assert_int_equal(l.tensors, want[i].tensors);
        assert_int_equal(l.parameters, want[i].parameters);
        assert_int_equal(l.rank, want[i].rank);
        assert_memory_equal(l.shape, want[i].shape, (size_t)l.rank * sizeof *l.shape);
    }
    assert_int_equal(i, sizeof want / sizeof *want);
    assert_int_equal(i, info_of(m).layers);
    assert_false(hg_model_layer_at(m, -1, &l));
    l.size = 0;
    assert_false(hg_model_layer_at(m, 0, &l));
    hg_model_free(m);
}

// HG_LAYER_SPEC has room for any layer: its type and each argument's name with the longest number there is.
static void every_layers_spec_has_room(void **state) {
    (void)state;
    for (const hg__layer_type *const *t = hg__layer_types(); *t; t++) {
        size_t length = strlen((*t)->name) + 1;
        for (const char *a = (*t)->args; a && *a; a += *a == ' ') {
            const size_t word = strcspn(a, " ");
            length += strcspn(a, " =") + sizeof " =-1.7976931348623157e+308";
            a += word;
        }
        assert_in_range(length, 1, HG_LAYER_SPEC);
    }
}

// ---- tensors ------------------------------------------------------------------------------------

// What a binding does for state_dict() and load_state_dict(): all tensors out of one model and into another by name.
static void tensors_go_from_one_model_into_another_by_name(void **state) {
    (void)state;
    for (size_t i = 0; i < RELEASED; i++) {
        hg_model *m = load(released[i]);
        const hg_model_info info = info_of(m);
        hg_model *n = hg_model_new(info.spec, info.shape, info.rank, 0, 3, NULL);
        hg_tensor_info t = {.size = sizeof t};
        int64_t numbers = 0;
        int32_t k = 0;
        assert_non_null(n);
        for (; hg_model_tensor_at(m, k, &t); k++) {
            float *w = hg__alloc(t.count, sizeof *w, NULL),
                  *v = hg__alloc(t.count, sizeof *v, NULL);
            assert_string_equal(t.dtype, "F32");
            assert_int_equal(hg_model_tensor_get(m, t.name, w, t.count, NULL), HG_OK);
            assert_int_equal(hg_model_tensor_set(n, t.name, w, t.shape, t.rank, NULL), HG_OK);
            assert_int_equal(hg_model_tensor_get(n, t.name, v, t.count, NULL), HG_OK);
            assert_memory_equal(v, w, t.count * sizeof *w);
            assert_int_equal(t.is_buffer, strstr(t.name, "running_") != NULL);
            numbers += (int64_t)t.count;
            hg__free(w);
            hg__free(v);
        }
        assert_int_equal(k, info.tensors);
        assert_int_equal(numbers, info.parameters);
        assert_false(hg_model_tensor_at(m, -1, &t));
        // The same network: the same scores.
        float *x = hg__alloc((size_t)info.width, sizeof *x, NULL), score[2];
        for (int32_t j = 0; j < info.width; j++) x[j] = (float)(j % 7) / 7;
        hg_scorer *a = hg_scorer_new(m, 1, NULL), *b = hg_scorer_new(n, 1, NULL);
        hg_score(a, x, 1, &score[0]);
        hg_score(b, x, 1, &score[1]);
        if (!info.is_table) assert_memory_equal(&score[0], &score[1], sizeof *score);
        hg_scorer_free(a);
        hg_scorer_free(b);
        hg__free(x);
        hg_model_free(m);
        hg_model_free(n);
    }
}

static void a_tensor_is_laid_out_as_pytorch_has_it(void **state) {
    (void)state;
    hg_model *m = make("dense 2 | dense input", 3);
    hg_tensor_info t = {.size = sizeof t};
    const float w[] = {1, 2, 3, 4, 5, 6}, zero[] = {0, 0, 0}, x[] = {1, 10, 100};
    const int64_t shape[] = {2, 3}, two = 2;
    float z[2];
    assert_true(hg_model_tensor_at(m, 0, &t));
    assert_string_equal(t.name, "encoder.0.weight");
    assert_true(t.rank == 2 && t.shape[0] == 2 && t.shape[1] == 3 && t.count == 6);
    assert_true(hg_model_tensor_at(m, 3, &t));
    assert_string_equal(t.name, "decoder.0.bias");
    assert_false(hg_model_tensor_at(m, 4, &t));
    assert_int_equal(hg_model_tensor_set(m, "encoder.0.weight", w, shape, 2, NULL), HG_OK);
    assert_int_equal(hg_model_tensor_set(m, "encoder.0.bias", zero, &two, 1, NULL), HG_OK);
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    hg_encode_rows(s, x, 1, z);
    assert_true(z[0] == 321 && z[1] == 654);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void a_tensor_that_does_not_fit_changes_nothing(void **state) {
    (void)state;
    hg_model *m = make("dense 2 | dense input", 3);
    const int64_t turned[] = {3, 2}, right[] = {2, 3};
    float w[6] = {1, 2, 3, 4, 5, 6}, before[6], after[6];
    hg_error err = {0};
    assert_int_equal(hg_model_tensor_get(m, "encoder.0.weight", before, 6, NULL), HG_OK);
    assert_int_equal(hg_model_tensor_set(m, "encoder.0.wieght", w, right, 2, &err), HG_ERR_USAGE);
    assert_string_equal(
        err.message,
        "model: there is no tensor 'encoder.0.wieght'; did you mean 'encoder.0.weight'?");
    assert_int_equal(hg_model_tensor_get(m, "x", w, 6, &err), HG_ERR_USAGE);
    assert_string_equal(
        err.message, "model: there is no tensor 'x'; there are encoder.0.weight, encoder.0.bias, "
                     "decoder.0.weight, decoder.0.bias");
    assert_int_equal(hg_model_tensor_set(m, "encoder.0.weight", w, turned, 2, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "model: 'encoder.0.weight': expected the shape [2, 3], got [3, 2]");
    assert_int_equal(hg_model_tensor_set(m, "encoder.0.weight", w, NULL, 0, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "model: 'encoder.0.weight': expected the shape [2, 3], got []");
    assert_int_equal(hg_model_tensor_set(m, "encoder.0.weight", w, right, 9, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "model: 'encoder.0.weight': expected 0 to 8 dimensions, got 9");
    w[4] = INFINITY;
    assert_int_equal(hg_model_tensor_set(m, "encoder.0.weight", w, right, 2, &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "model: 'encoder.0.weight': expected finite values, got inf at element 4");
    assert_int_equal(hg_model_tensor_get(m, "encoder.0.weight", after, 5, &err), HG_ERR_USAGE);
    assert_string_equal(
        err.message,
        "model: 'encoder.0.weight': expected room for its 6 numbers of shape [2, 3], got 5");
    assert_int_equal(hg_model_tensor_get(m, "encoder.0.weight", after, 6, NULL), HG_OK);
    assert_memory_equal(before, after, sizeof after);
    hg_model_free(m);
}

// ---- the module that weights came from ----------------------------------------------------------

#define MODULE                                                                             \
 "{\"class\":\"Net\",\"layout\":\"channels_first\",\"names\":{\"out.weight\":\"decoder.0." \
 "weight\","                                                                               \
 "\"in.weight\":\"encoder.0.weight\",\"norm.num_batches_tracked\":7},\"more\":[1]}"

static void expect_names(const hg_model *m) {
    static const char *const names[] = {"in.weight", "", "out.weight", ""};
    assert_string_equal(hg_model_module(m), MODULE);
    for (int32_t i = 0; i < 4; i++) {
        hg_tensor_info t = {.size = sizeof t};
        assert_true(hg_model_tensor_at(m, i, &t));
        assert_string_equal(t.module_name, names[i]);
    }
}

static void names_of_a_module_are_kept_in_the_file_and_in_memory(void **state) {
    (void)state;
    hg_error err = {0};
    size_t size = 0;
    hg_model *m = make("dense 2 | dense input", 3);
    hg_tensor_info t = {.size = sizeof t};
    assert_null(hg_model_module(m));
    assert_true(hg_model_tensor_at(m, 0, &t));
    assert_string_equal(t.module_name, "");
    assert_int_equal(hg_model_set_module(m, MODULE, &err), HG_OK);
    expect_names(m);
    assert_int_equal(hg_model_save(m, at("named.safetensors"), &err), HG_OK);
    hg_model *n = hg_model_load(at("named.safetensors"), &err);
    if (!n) fail_msg("%s", err.message);
    expect_names(n);
    void *bytes = hg_model_save_memory(n, &size, &err);
    hg_model *again = hg_model_load_memory(bytes, size, &err);
    if (!again) fail_msg("%s", err.message);
    expect_names(again);
    hg_bytes_free(bytes);
    hg_model_free(again);
    hg_model_free(n);
    assert_int_equal(hg_model_set_module(m, NULL, &err), HG_OK);
    assert_null(hg_model_module(m));
    hg_model_free(m);
}

static void names_of_a_module_that_do_not_fit_change_nothing(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"[",                                                                       "model: expected JSON at most 64 deep, got text that never ends"},
        {"3",                                                                       "model: module: expected an object"                             },
        {"{\"class\":\"A\",\"layout\":\"channels_first\",\"names\":{\"a\":\"b\"}}",
         "model: module: names: 'a': expected a tensor of the model, each once, or a whole number "
         "from 0, got 'b'"                                                                                                                          },
    };
    hg_model *m = make("dense 2 | dense input", 3);
    assert_int_equal(hg_model_set_module(m, MODULE, NULL), HG_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg_error err = {0};
        assert_int_equal(hg_model_set_module(m, bad[i][0], &err), HG_ERR_USAGE);
        assert_string_equal(err.message, bad[i][1]);
        expect_names(m);
    }
    hg_model_free(m);
}

// ---- faults: the scenario runs in a child -------------------------------------------------------

// Made, written to memory, read back, asked for a name it has not.
static int go_round(void) {
    hg_error err = {0};
    const int64_t width = 5;
    size_t size = 0;
    float x;
    hg_model *m = hg_model_new("ae", &width, 1, 2, 1, &err), *n = NULL;
    const bool named = m && hg_model_set_module(m, MODULE, &err) == HG_OK;
    void *bytes = named ? hg_model_save_memory(m, &size, &err) : NULL;
    if (bytes) n = hg_model_load_memory(bytes, size, &err);
    const bool worked = n != NULL;
    if (n && hg_model_tensor_get(n, "x", &x, 1, &err) != HG_ERR_USAGE) return CHILD_FAILED_BADLY;
    hg_bytes_free(bytes);
    hg_model_free(m);
    hg_model_free(n);
    if (worked) return strstr(err.message, "; there are ") ? CHILD_WORKED : CHILD_FAILED_WELL;
    return err.code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_failing_allocation_is_an_error(void **state) {
    (void)state;
    assert_true(count_faults("round", "HG_FAIL_ALLOC", "") > 40);
    assert_true(count_faults("round", "HG_FAIL_ALLOC", "+") > 40);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc == 3) return go_round();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_released_model_goes_through_memory_and_comes_out_as_its_file),
        cmocka_unit_test(a_saved_model_that_holds_rows_is_its_owners_alone),
        cmocka_unit_test(what_is_no_model_is_refused_as_a_file_is),
        cmocka_unit_test(a_failed_save_leaves_what_was_there),
        cmocka_unit_test(a_fresh_model_has_pytorchs_shapes_and_draws),
        cmocka_unit_test(a_model_that_cannot_be_meant_is_refused),
        cmocka_unit_test(a_model_says_what_its_rows_are),
        cmocka_unit_test(columns_of_numbers_keep_their_names),
        cmocka_unit_test(layers_say_what_they_are_and_what_comes_out),
        cmocka_unit_test(every_layers_spec_has_room),
        cmocka_unit_test(tensors_go_from_one_model_into_another_by_name),
        cmocka_unit_test(a_tensor_is_laid_out_as_pytorch_has_it),
        cmocka_unit_test(a_tensor_that_does_not_fit_changes_nothing),
        cmocka_unit_test(names_of_a_module_are_kept_in_the_file_and_in_memory),
        cmocka_unit_test(names_of_a_module_that_do_not_fit_change_nothing),
        cmocka_unit_test(every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
