// SPDX-License-Identifier: Apache-2.0
// test_inspector_conv.c - a bottleneck autoencoder as a model of parts: what its clues say of pictures it gives back and of others, the same
// bits with any threads and from its file, another network refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "detect/table_model.h"
#include "inspect/inspector_internal.h"
#include "inspect/part_rows.h"
#include "model/model_file.h"
#include "own_folder.h"
#include "part_case.h"

#include <cmocka.h>

enum { HEIGHT = 48, WIDTH = 32, PICTURES = 9 };
static const part_case drawn = {HEIGHT, WIDTH, PICTURES, 24, 8};

// Gives back what it gets: a kernel of 1 x 1 with the weight 1 each way.
static const char identity[] = "conv 1 k1 | conv input k1";

static hg_model *new_model(const char *spec, int32_t channels) {
    const hg__shape input = {
        3, {16, 16, channels}
    };
    hg_error err = {0};
    hg_model *m = hg__model_from_spec(spec, &input, 0, 1, &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

static hg_model *new_identity(void) {
    hg_model *m = new_model(identity, 1);
    for (size_t i = 0; i < m->net.spec.params; i++) m->net.params[i] = 0;
    for (int32_t i = 0; i < m->net.spec.layers; i++) {
        const hg__layer *l = &m->net.spec.layer[i];
        if (l->params) m->net.params[l->param[0].offset] = 1; // the weight; biases are 0
    }
    return m;
}

static hg__inspected judge(const hg_model *m, bool is_broken, hg__pool *pool) {
    hg_error err = {0};
    hg__inspector *s = hg__inspector_new(m, pool, CASE_MEMORY, "model", &err);
    if (!s) fail_msg("%s", err.message);
    assert_string_equal(hg__inspector_kind(s), "conv");
    hg__inspected r = {.picture = case_part(&drawn, 99, is_broken)};
    assert_int_equal(hg__inspector_run(s, &r, true, &err), HG_OK);
    assert_int_equal(hg__raster_count(&r.reconstruction), HEIGHT * WIDTH);
    hg__inspector_free(s);
    return r;
}

// Clues 0 and 1 of a picture, (h, w, 1).
static void clues_of(const hg_model *m, hg__pool *pool, bool is_broken, hg__raster *residual,
                     hg__raster *structure) {
    hg__part_view view = {.channels = 1, .factor = 1};
    hg__raster none = {0};
    hg_error err = {0};
    hg__inspector *s = hg__inspector_begin(m, &view, &none, pool, CASE_MEMORY, "test", &err);
    if (!s) fail_msg("%s", err.message);
    hg__inspected r = {.picture = case_part(&drawn, 1, is_broken)};
    assert_int_equal(hg__clue_rebuilt.run(s, &r, residual, NULL, &err), HG_OK);
    assert_int_equal(hg__clue_structure.run(s, &r, structure, NULL, &err), HG_OK);
    assert_int_equal(hg__raster_count(residual), HEIGHT / 2 * (WIDTH / 2));
    assert_int_equal(hg__raster_count(structure), HEIGHT / 2 * (WIDTH / 2));
    hg__inspected_clear(&r);
    hg__inspector_free(s);
}

// ---- what must hold -----------------------------------------------------------------------------

static void what_comes_out_as_it_went_in_is_no_clue(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = new_identity();
    hg__raster residual = {0}, structure = {0};
    clues_of(m, pool, true, &residual, &structure);
    for (size_t i = 0; i < hg__raster_count(&residual); i++) {
        assert_true(residual.at[i] == 0);
        assert_true(fabsf(structure.at[i]) < 1e-3F);
    }
    hg__raster_clear(&residual);
    hg__raster_clear(&structure);
    hg_model_free(m);
    hg__pool_free(pool);
}

// Weights 0, a bias of 0.4: any picture becomes a grey one. The residual is what is left of it, and nothing of its structure is.
static void what_does_not_come_out_is_one(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = new_identity();
    hg__raster residual = {0}, structure = {0};
    for (size_t i = 0; i < m->net.spec.params; i++) m->net.params[i] = 0;
    const hg__layer *last = &m->net.spec.layer[m->net.spec.layers - 1];
    m->net.params[last->param[1].offset] = 0.4F;
    clues_of(m, pool, true, &residual, &structure);
    assert_true(*hg__raster_pixel(&residual, 14, 6) > 0.5F); // the white patch, smoothed
    assert_true(*hg__raster_pixel(&residual, 4, 4) < 0.2F);
    for (size_t i = 0; i < hg__raster_count(&structure); i++) {
        assert_true(structure.at[i] > 0.2F && structure.at[i] <= 1);
    }
    hg__raster_clear(&residual);
    hg__raster_clear(&structure);
    hg_model_free(m);
    hg__pool_free(pool);
}

static void a_defect_is_found_with_the_same_bits(void **state) {
    (void)state;
    hg_error err = {0};
    hg__pool *one = hg__pool_new(1, NULL), *three = hg__pool_new(3, NULL);
    hg_model *m = new_model("bottleneck", 1), *again = new_model("bottleneck", 1);
    int code = case_fit(&drawn, m, 1, false, one, &err);
    if (code == HG_OK) code = case_fit(&drawn, again, 1, false, three, &err);
    if (code < 0) fail_msg("%s", err.message);
    assert_int_equal(hg__model_save(m, at("model.safetensors"), NULL, NULL), HG_OK);
    hg_model *back = hg_model_load(at("model.safetensors"), &err);
    if (!back) fail_msg("%s", err.message);
    hg__inspected good = judge(m, false, one), bad = judge(m, true, one);
    hg__inspected more = judge(again, true, three), whole = judge(back, true, one);
    assert_true(bad.score > good.score);
    const size_t bytes = hg__raster_count(&bad.map) * sizeof(float);
    assert_memory_equal(bad.map.at, more.map.at, bytes);
    assert_memory_equal(bad.map.at, whole.map.at, bytes);
    hg__inspected_clear(&good);
    hg__inspected_clear(&bad);
    hg__inspected_clear(&more);
    hg__inspected_clear(&whole);
    hg_model_free(m);
    hg_model_free(again);
    hg_model_free(back);
    hg__pool_free(one);
    hg__pool_free(three);
}

static void a_network_for_other_pictures_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = new_model("bottleneck", 1);
    assert_int_equal(case_fit(&drawn, m, 1, false, pool, &err), HG_OK);
    hg_model *other = new_model("bottleneck", 3);
    hg__model_set_detector(other, hg__json_copy(hg__model_detector(m)));
    assert_null(hg__inspector_new(other, pool, CASE_MEMORY, "model", &err));
    assert_string_equal(err.message, "model: expected a network of 1 channels, got 3");
    hg_model *dense = new_model("dense 4 | dense input", 1);
    assert_true(case_fit(&drawn, dense, 1, false, pool, &err) < 0);
    hg_model_free(m);
    hg_model_free(other);
    hg_model_free(dense);
    hg__pool_free(pool);
}

static bool is_equal(const float *a, const float *b, int32_t count) {
    int32_t same = 0;
    while (same < count && a[same] == b[same]) same++;
    return same == count;
}

// Rows are the crops themselves, and what is learned of them is the same.
static void plain_rows_are_their_own_targets(void **state) {
    (void)state;
    enum { CROP = 16 };
    hg__part_store *store = case_store(&drawn, NULL);
    assert_non_null(store);
    const hg__part_rows p = {
        .store = store, .count = PICTURES, .crop = CROP, .draws = 2, .is_plain = true, .seed = 1};
    const hg__row_source source = hg__part_rows_source(&p);
    float x[CROP * CROP], target[CROP * CROP], alone[CROP * CROP], line[WIDTH];
    const hg__row_place place = {.row = 3};
    hg__row_room to = {0};
    to.x = x;
    to.target = target;
    assert_int_equal(source.width, CROP * CROP);
    assert_int_equal(hg__row_source_make(&source, &place, &to, NULL), HG_OK);
    assert_memory_equal(x, target, sizeof x);
    assert_int_equal(hg__row_source_row(&source, 3, alone, NULL), HG_OK);
    assert_memory_equal(x, alone, sizeof x);
    bool is_there = false;
    for (int32_t y = 0; y < HEIGHT; y++) {
        const hg__part_line at = {y, 0, WIDTH};
        assert_int_equal(hg__part_store_read(store, 3, &at, 1, line, NULL), HG_OK);
        for (int32_t left = 0; left + CROP <= WIDTH; left++) {
            is_there = is_there || is_equal(line + left, x, CROP);
        }
    }
    assert_true(is_there);
    hg__part_store_free(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_out_as_it_went_in_is_no_clue),
        cmocka_unit_test(what_does_not_come_out_is_one),
        cmocka_unit_test(a_defect_is_found_with_the_same_bits),
        cmocka_unit_test(a_network_for_other_pictures_is_refused),
        cmocka_unit_test(plain_rows_are_their_own_targets),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
