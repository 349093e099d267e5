// SPDX-License-Identifier: Apache-2.0
// test_backbone.c - a backbone is known by its weights; what is not as it should be is named; maps are where they should be.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "inspect/backbone.h"
#include "inspect/backbone_spec.h"
#include "inspect/feature_map.h"
#include "model/safetensors.h"
#include "own_folder.h"

#include <cmocka.h>

enum { MOST = 128 };

static hg__pool *pool;

// A weights file being made: tensors of one block of numbers.
typedef struct weights {
    hg__tensor tensor[MOST];
    size_t count;
    float *value; // as many as the largest tensor has
} weights;

static const hg__backbone_type *type_of(const char *name) {
    for (int i = 0; hg__backbone_types[i]; i++) {
        if (strcmp(hg__backbone_types[i]->name, name) == 0) return hg__backbone_types[i];
    }
    fail_msg("no %s", name);
    return NULL;
}

static void add(weights *w, const char *layer, const hg__param *param) {
    hg__tensor *t = &w->tensor[w->count++];
    *t = (hg__tensor){.dtype = HG_F32, .shape = param->shape, .data = w->value};
    snprintf(t->name, sizeof t->name, "%s.%s", layer, param->name);
    assert_true(w->count < MOST);
}

// The first `stages` stages of a network, small random weights.
static weights make(const char *name, int32_t stages) {
    enum { LARGEST = 512 * 512 * 9 };
    const hg__shape input = {
        3, {64, 64, 3}
    };
    hg__backbone_spec *s = hg__alloc(1, sizeof *s, NULL);
    hg__spec spec;
    weights w = {.value = hg__alloc(LARGEST, sizeof *w.value, NULL)};
    assert_true(s && w.value);
    for (uint32_t i = 0; i < LARGEST; i++) {
        w.value[i] = hg__unit_float(hg__philox_run(6, i, 0, 0, 0).word[0]) / 9;
    }
    assert_int_equal(hg__backbone_spec_make(s, type_of(name), stages, NULL), HG_OK);
    assert_int_equal(hg__spec_parse_features(&spec, s->text, &input, NULL), HG_OK);
    assert_int_equal(spec.layers, s->layers);
    int32_t named = 0;
    for (int32_t i = 0; i < spec.layers; i++) {
        const hg__layer *l = &spec.layer[i];
        for (int32_t k = 0; k < l->params; k++) add(&w, s->name[named], &l->param[k]);
        named += l->params > 0;
    }
    assert_int_equal(named, s->named);
    hg__spec_clear(&spec);
    hg__free(s);
    return w;
}

static hg__tensor *tensor(weights *w, const char *name) {
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->tensor[i].name, name) == 0) return &w->tensor[i];
    }
    fail_msg("no %s", name);
    return NULL;
}

static hg__backbone *open_saved(const weights *w, const char *stages, hg_error *err) {
    assert_int_equal(
        hg__tensors_write(at("w.safetensors"), w->tensor, w->count, NULL, NULL, 0, NULL), HG_OK);
    return hg__backbone_open(at("w.safetensors"), stages, pool, err);
}

static void expect_refused(const weights *w, const char *stages, const char *sentence) {
    hg_error err = {0};
    assert_null(open_saved(w, stages, &err));
    if (!strstr(err.message, sentence)) fail_msg("'%s', not '%s'", err.message, sentence);
}

static hg__raster new_picture(int32_t height, int32_t width, int32_t channels) {
    hg__raster r;
    assert_int_equal(hg__raster_init(&r, height, width, channels, NULL), HG_OK);
    for (uint32_t i = 0; i < hg__raster_count(&r); i++) {
        r.at[i] = hg__unit_float(hg__philox_run(8, i, 0, 0, 0).word[0]);
    }
    return r;
}

// ---- files ----------------------------------------------------------------------------------------

static void what_it_is_is_told_by_names_and_shapes(void **state) {
    (void)state;
    static const struct {
        const char *name, *asked, *stages;
        int32_t channels;
    } known[] = {
        {"resnet18", "layer3,1", "layer1,layer3", 64 + 256},
        {"vgg16",    "block3",   "block3",        256     },
        {"vgg19",    "3,3",      "block3",        256     },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        hg_error err = {0};
        weights w = make(known[i].name, 3);
        hg__backbone *b = open_saved(&w, known[i].asked, &err);
        if (!b) fail_msg("%s", err.message);
        assert_string_equal(hg__backbone_name(b), known[i].name);
        assert_string_equal(hg__backbone_stages(b), known[i].stages);
        assert_int_equal(hg__backbone_channels(b), known[i].channels);
        assert_int_equal(hg__backbone_stride(b), 4);
        hg__backbone_close(b);
        hg__free(w.value);
    }
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    weights w = make("resnet18", 3);
    expect_refused(&w, "layer5", "expected stages of a resnet18, layer1 to layer4, got 'layer5'");
    expect_refused(&w, "layer2,", "expected stages of a resnet18, layer1 to layer4, got ''");
    expect_refused(&w, "layer4",
                   "expected a tensor 'layer4.0.conv1.weight' of shape "
                   "[512, 256, 3, 3] of a resnet18, got none");
    hg__tensor *t = tensor(&w, "layer2.0.conv1.weight");
    t->shape.dim[2] = 1;
    expect_refused(&w, NULL,
                   "'layer2.0.conv1.weight': expected the shape [128, 64, 3, 3] of a "
                   "resnet18, got [128, 64, 1, 3]");
    t->shape.dim[2] = 3;
    t = tensor(&w, "layer3.1.bn1.running_var");
    t->dtype = HG_I32;
    expect_refused(&w, NULL, "'layer3.1.bn1.running_var': expected F32, F64, F16 or BF16, got I32");
    t->dtype = HG_F32;
    w.value[1] = -1;
    expect_refused(&w, NULL, "expected variances, got -1 at element 1");
    w.value[1] = NAN;
    expect_refused(&w, NULL, "'conv1.weight': expected finite values, got nan at element 1");
    w.value[1] = 0.1F;
    snprintf(tensor(&w, "layer1.0.conv1.weight")->name, sizeof t->name, "layer1.0.conv9.weight");
    expect_refused(&w, NULL, "expected a tensor 'layer1.0.conv1.weight' of shape");
    hg__free(w.value);
}

static void what_is_like_none_is_refused_with_their_names(void **state) {
    (void)state;
    weights w = make("vgg16", 3);
    w.count = 0;
    expect_refused(&w, NULL,
                   "expected the weights of a backbone (wide_resnet50_2, resnet50, resnet34, "
                   "resnet18, vgg19, vgg16) in torchvision's names, got 0 tensors");
    hg__free(w.value);
    hg_error err = {0};
    assert_null(hg__backbone_open("tests/museum/torch_zip.safetensors", NULL, pool, &err));
    assert_non_null(strstr(err.message, "pickles can run code and are never read"));
    assert_null(hg__backbone_open("tests/fuzz/corpus/onnx/good_two.onnx", NULL, pool, &err));
    assert_non_null(strstr(err.message, "got 2 tensors, one of them 'a'"));
}

// A deeper network of the same kind begins alike, and has a block more.
static void a_deeper_network_is_not_taken_for_a_known_one(void **state) {
    (void)state;
    weights w = make("resnet18", 3);
    w.tensor[w.count] = *tensor(&w, "layer3.1.conv1.weight");
    snprintf(w.tensor[w.count++].name, sizeof w.tensor[0].name, "layer3.2.conv1.weight");
    expect_refused(&w, NULL, "expected no 'layer3.2.conv1.weight' in a resnet18, got one");
    hg__free(w.value);
}

// ---- maps -----------------------------------------------------------------------------------------

static void pictures_that_do_not_fit_are_refused(void **state) {
    (void)state;
    weights w = make("vgg16", 3);
    hg_error err = {0};
    hg__raster features = {0}, picture = new_picture(7, 80, 3);
    hg__backbone *b = open_saved(&w, "block2,block3", &err);
    assert_non_null(b);
    assert_int_equal(hg__backbone_maps(b, &picture, &features, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "expected pictures of at least 8 x 8 pixels, got 80 x 7");
    assert_int_equal(hg__backbone_bytes(b, 7, 80), 0);
    hg__raster_clear(&picture);
    picture = new_picture(20, 20, 2);
    assert_int_equal(hg__backbone_maps(b, &picture, &features, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "expected pictures of 1 or 3 channels, got 2");
    assert_null(features.at);
    hg__raster_clear(&picture);
    hg__backbone_close(b);
    hg__free(w.value);
}

// Sizes change, threads change: the same bits, and as much memory as was said.
static void maps_do_not_depend_on_what_came_before(void **state) {
    (void)state;
    weights w = make("vgg16", 3);
    const int32_t sides[] = {33, 20, 33};
    hg__raster first = {0}, features = {0};
    for (int threads = 1; threads <= 3; threads++) {
        hg__pool *own = hg__pool_new(threads, NULL);
        assert_int_equal(
            hg__tensors_write(at("w.safetensors"), w.tensor, w.count, NULL, NULL, 0, NULL), HG_OK);
        hg__backbone *b = hg__backbone_open(at("w.safetensors"), "2,3", own, NULL);
        assert_non_null(b);
        for (int i = 0; i < 3; i++) {
            hg__raster picture = new_picture(40, sides[i], 1), *to = first.at ? &features : &first;
            int32_t rows, columns;
            assert_int_equal(hg__backbone_maps(b, &picture, to, NULL), HG_OK);
            hg__backbone_size(b, 40, sides[i], &rows, &columns);
            assert_true(to->height == rows && to->width == columns && to->channels == 128 + 256);
            assert_true(hg__backbone_bytes(b, 40, sides[i]) > hg__raster_count(to) * sizeof(float));
            hg__raster_clear(&picture);
        }
        assert_int_equal(hg__raster_count(&features), hg__raster_count(&first));
        assert_memory_equal(features.at, first.at, hg__raster_count(&first) * sizeof(float));
        hg__backbone_close(b);
        hg__pool_free(own);
    }
    hg__raster_clear(&first);
    hg__raster_clear(&features);
    hg__free(w.value);
}

// ---- averaging and enlarging ----------------------------------------------------------------------

static void means_are_of_the_neighbours_that_are_there(void **state) {
    (void)state;
    const float from[] = {9, 0, 0, 0, 0, 0}; // 2 x 3 x 1
    float to[12] = {0};
    hg__feature_map_average(from, (hg__extent){2, 3, 1}, to, 2, pool);
    const float want[] = {9 / 4.0F, 0, 9 / 6.0F, 0, 0, 0, 9 / 4.0F, 0, 9 / 6.0F, 0, 0, 0};
    for (int i = 0; i < 12; i++) assert_true(fabsf(to[i] - want[i]) < 1e-6F);
}

static void enlarging_lies_between_the_places(void **state) {
    (void)state;
    const float from[] = {0, 1}; // 1 x 2 x 1
    const float want[] = {0, 0.25F, 0.75F, 1};
    hg__raster to;
    assert_int_equal(hg__raster_init(&to, 1, 4, 2, NULL), HG_OK);
    hg__feature_map_enlarge(from, (hg__extent){1, 2, 1}, &to, 1, pool);
    for (int i = 0; i < 4; i++) {
        assert_true(to.at[2 * i] == 0 && fabsf(to.at[2 * i + 1] - want[i]) < 1e-6F);
    }
    hg__raster_clear(&to);
}

static int begin(void **state) {
    pool = hg__pool_new(2, NULL);
    return pool ? make_folder(state) : -1;
}

static int end(void **state) {
    hg__pool_free(pool);
    return remove_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_is_is_told_by_names_and_shapes),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(what_is_like_none_is_refused_with_their_names),
        cmocka_unit_test(a_deeper_network_is_not_taken_for_a_known_one),
        cmocka_unit_test(pictures_that_do_not_fit_are_refused),
        cmocka_unit_test(maps_do_not_depend_on_what_came_before),
        cmocka_unit_test(means_are_of_the_neighbours_that_are_there),
        cmocka_unit_test(enlarging_lies_between_the_places),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
