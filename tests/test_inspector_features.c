// SPDX-License-Identifier: Apache-2.0
// test_inspector_features.c - a model of parts on a backbone: whole in its file, the same bits when it comes back, bad ones refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "backbone_case.h"
#include "detect/table_model.h"
#include "inspect/inspector.h"
#include "own_folder.h"
#include "part_case.h"
#include "sanitized.h"

#include <cmocka.h>

enum { HEIGHT = 44, WIDTH = 32, PICTURES = 9, TRAINED = 6 };
static const part_case drawn = {HEIGHT, WIDTH, PICTURES, 24, 8};

static hg__feature_options options(const char *features) {
    return (hg__feature_options){.weights = at("backbone.safetensors"),
                                 .stages = "block1,block2",
                                 .features = features,
                                 .height = HEIGHT,
                                 .width = WIDTH,
                                 .pictures = TRAINED,
                                 .has_places = true,
                                 .max_mem = CASE_MEMORY};
}

static hg_model *fitted(const char *features, bool has_places, hg__pool *pool) {
    hg_error err = {0};
    hg__feature_needs needs;
    hg__feature_options o = options(features);
    hg_model *m = hg__inspector_new_features(&o, pool, &needs, &err);
    if (!m) fail_msg("%s", err.message);
    assert_true(needs.picture > 0 && needs.fitting > needs.picture && needs.fitting < o.max_mem);
    const int code = case_fit(&drawn, m, 1, has_places, pool, &err);
    if (code < 0) fail_msg("%s", err.message);
    return m;
}

static hg__inspected judge(const hg_model *m, bool is_broken, hg__pool *pool) {
    hg_error err = {0};
    hg__inspector *s = hg__inspector_new(m, pool, CASE_MEMORY, "model", &err);
    if (!s) fail_msg("%s", err.message);
    assert_string_equal(hg__inspector_kind(s), "feature");
    hg__inspected r = {.picture = case_part(&drawn, 99, is_broken)};
    assert_int_equal(hg__inspector_run(s, &r, true, &err), HG_OK);
    assert_null(r.reconstruction.at);
    assert_int_equal(hg__inspector_thresholds(s)->groups, 1);
    assert_true(isfinite(hg__inspector_pixel_threshold(s)));
    hg__inspector_free(s);
    return r;
}

static hg_model *saved_and_loaded(const hg_model *m) {
    hg_model *back;
    hg_error err = {0};
    assert_int_equal(hg__model_save(m, at("model.safetensors"), NULL, NULL), HG_OK);
    back = hg_model_load(at("model.safetensors"), &err);
    if (!back) fail_msg("%s", err.message);
    return back;
}

static void check_same(const hg__inspected *a, const hg__inspected *b) {
    assert_int_equal(hg__raster_count(&a->map), HEIGHT / 2 * (WIDTH / 2));
    assert_memory_equal(a->map.at, b->map.at, hg__raster_count(&a->map) * sizeof(float));
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(&a->peak, &b->peak, sizeof a->peak);
}

// The row and column of the highest cell.
static void check_peak(const hg__raster *map) {
    size_t top = 0;
    for (size_t i = 0; i < hg__raster_count(map); i++) {
        if (map->at[i] > map->at[top]) top = i;
    }
    const int y = (int)(top / (size_t)map->width), x = (int)(top % (size_t)map->width);
    assert_true(y >= 10 && y < 18 && x >= 2 && x < 10);
}

// ---- what must hold -----------------------------------------------------------------------------

static void each_way_finds_the_defect_and_comes_back_the_same(void **state) {
    (void)state;
    static const char *const ways[] = {"memory", "gaussian", "error"};
    hg__pool *one = hg__pool_new(1, NULL), *three = hg__pool_new(3, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        // Under a sanitizer there is one, which three threads made.
        hg_model *m = fitted(ways[i], i == 1, IS_SANITIZED ? three : one);
        hg_model *again = IS_SANITIZED ? m : fitted(ways[i], i == 1, three);
        hg_model *back = saved_and_loaded(m);
        assert_string_equal(back->kind, "features");
        hg__inspected good = judge(m, false, one), bad = judge(m, true, one);
        hg__inspected more = judge(again, true, three), whole = judge(back, true, one);
        assert_true(bad.score > 2 * good.score && bad.score > 0);
        check_peak(&bad.map);
        check_same(&bad, &more);
        check_same(&bad, &whole);
        hg__inspected_clear(&good);
        hg__inspected_clear(&bad);
        hg__inspected_clear(&more);
        hg__inspected_clear(&whole);
        hg_model_free(m);
        if (again != m) hg_model_free(again);
        hg_model_free(back);
    }
    hg__pool_free(one);
    hg__pool_free(three);
}

static void expect_refused(const hg__feature_options *o, hg__pool *pool, const char *sentence) {
    hg_error err = {0};
    hg__feature_needs needs;
    assert_null(hg__inspector_new_features(o, pool, &needs, &err));
    if (!strstr(err.message, sentence)) fail_msg("'%s', not '%s'", err.message, sentence);
}

static void what_does_not_fit_is_refused_beforehand(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__feature_options o = options("nearest");
    expect_refused(&o, pool, "features: expected memory, gaussian or error, got 'nearest'");
    o = options("gaussian");
    o.has_places = false;
    expect_refused(&o, pool, "got gaussian, which judges each place by itself");
    o = options("memory");
    o.height = 3;
    expect_refused(&o, pool,
                   "expected pictures of at least 4 x 4 pixels at working size, got 32 x 3");
    o = options(NULL);
    o.max_mem = 100000;
    expect_refused(&o, pool, "a picture of 32 x 44 pixels takes about");
    o = options("gaussian");
    o.stages = "block9";
    expect_refused(&o, pool, "expected stages of a vgg16");
    hg__pool_free(pool);
}

static void features_are_no_rows(void **state) {
    (void)state;
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = fitted("memory", false, pool);
    hg_scorer *s = hg_scorer_new(m, 1, &err);
    assert_null(s);
    assert_non_null(strstr(err.message, "got one that gives features of it"));
    hg_model_free(m);
    hg__pool_free(pool);
}

static void expect_broken(const hg_model *m, hg__pool *pool, const char *sentence) {
    hg_error err = {0};
    assert_null(hg__inspector_new(m, pool, CASE_MEMORY, "model", &err));
    if (!strstr(err.message, sentence)) fail_msg("'%s', not '%s'", err.message, sentence);
}

static void say(const hg_model *m, const char *key, const char *text) {
    hg__json *parts = hg__json_object_get(hg__model_detector(m), "parts");
    assert_int_equal(hg__json_set(parts, key, hg__json_string(text, NULL)), 0);
}

// Texts or parts of another model, or none.
static void a_model_that_is_not_whole_is_refused(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = fitted("memory", false, pool);
    say(m, "stages", "block2");
    expect_broken(m, pool, "expected 128 numbers a place of the features, got 192");
    say(m, "stages", "block3");
    expect_broken(m, pool, "model: expected the network of a vgg16 as far as block3, got another");
    say(m, "stages", "block1,block2");
    say(m, "backbone", "vgg11");
    expect_broken(m, pool, "model: expected a known backbone, got 'vgg11'");
    say(m, "backbone", "vgg16");
    say(m, "features", "all");
    expect_broken(m, pool, "'features' memory, gaussian or error");
    say(m, "features", "memory");
    hg__model_drop_parts(m, "detector.memory.");
    expect_broken(m, pool, "'detector.memory.vector'");
    hg__model_drop_parts(m, "detector.features.");
    expect_broken(m, pool, "'detector.features.vector'");
    hg__model_drop_parts(m, "detector.usual");
    expect_broken(m, pool, "'detector.usual'");
    say(m, "kind", "new");
    expect_broken(m, pool, "'kind': expected repair, conv or feature, got new");
    hg_model_free(m);
    hg__pool_free(pool);
}

static int begin(void **state) {
    const int code = make_folder(state);
    return code == 0 ? write_backbone(at("backbone.safetensors"), NULL) : code;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_finds_the_defect_and_comes_back_the_same),
        cmocka_unit_test(what_does_not_fit_is_refused_beforehand),
        cmocka_unit_test(features_are_no_rows),
        cmocka_unit_test(a_model_that_is_not_whole_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, remove_folder);
}
