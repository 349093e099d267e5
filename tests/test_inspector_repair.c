// SPDX-License-Identifier: Apache-2.0
// test_inspector_repair.c - a model of parts with its own network: the same bits on any threads and when it comes back from its file, and
// refused where it is not whole.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "own_folder.h"
#include "repair_case.h"

#include <cmocka.h>

static hg_model *made(bool has_places, hg__pool *pool) {
    hg_error err = {0};
    hg_model *m = repair_case(has_places, pool, &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

static hg_model *saved_and_loaded(const hg_model *m) {
    hg_error err = {0};
    assert_int_equal(hg__model_save(m, at("model.safetensors"), NULL, NULL), HG_OK);
    hg_model *back = hg_model_load(at("model.safetensors"), &err);
    if (!back) fail_msg("%s", err.message);
    return back;
}

static hg__inspected judged(const hg_model *m, bool is_broken, hg__pool *pool) {
    hg_error err = {0};
    hg__inspector *s = hg__inspector_new(m, pool, CASE_MEMORY, "model", &err);
    if (!s) fail_msg("%s", err.message);
    assert_string_equal(hg__inspector_kind(s), "repair");
    assert_int_equal(hg__inspector_peaks(s)->count, 2);
    assert_true(isfinite(hg__inspector_pixel_threshold(s)));
    hg__inspected r = {.picture = case_part(&repair_parts, 99, is_broken)};
    assert_int_equal(hg__inspector_run(s, &r, true, &err), HG_OK);
    hg__inspector_free(s);
    return r;
}

static void check_same(const hg__inspected *a, const hg__inspected *b) {
    assert_int_equal(hg__raster_count(&a->map), repair_parts.height / 2 * (repair_parts.width / 2));
    assert_memory_equal(a->map.at, b->map.at, hg__raster_count(&a->map) * sizeof(float));
    assert_memory_equal(a->reconstruction.at, b->reconstruction.at,
                        hg__raster_count(&a->picture) * sizeof(float));
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(&a->peak, &b->peak, sizeof a->peak);
}

static void a_model_judges_with_the_same_bits_when_it_comes_back(void **state) {
    (void)state;
    hg__pool *one = hg__pool_new(1, NULL), *three = hg__pool_new(3, NULL);
    for (int k = 0; k < 2; k++) {
        hg_model *m = made(k == 1, one), *again = made(k == 1, three), *back = saved_and_loaded(m);
        hg__inspected good = judged(m, false, one), bad = judged(m, true, one);
        hg__inspected more = judged(again, true, three), whole = judged(back, true, three);
        assert_true(bad.score > good.score && bad.score > 0);
        check_same(&bad, &more);
        check_same(&bad, &whole);
        hg__inspected_clear(&good);
        hg__inspected_clear(&bad);
        hg__inspected_clear(&more);
        hg__inspected_clear(&whole);
        hg_model_free(m);
        hg_model_free(again);
        hg_model_free(back);
    }
    hg__pool_free(one);
    hg__pool_free(three);
}

static float background_of(const hg_model *m, hg__pool *pool) {
    hg__inspector *s = hg__inspector_new(m, pool, CASE_MEMORY, "model", NULL);
    const float background = hg__inspector_background(s);
    assert_true(isnan(background) || (double)background < hg__inspector_pixel_threshold(s));
    hg__inspector_free(s);
    return background;
}

static void the_background_is_the_median_of_medians_of_good_pictures(void **state) {
    (void)state;
    static const float score[] = {1, 2, 3}, peak[] = {2, 3, 4};
    float median[] = {0.7F, 0.25F, 0.5F};
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = made(true, pool);
    assert_true(background_of(m, pool) > 0);
    const hg__inspected_good good = {score, peak, median, 3};
    assert_int_equal(hg__inspector_calibrate(m, &good, 0.1, NULL), HG_OK);
    assert_true(background_of(m, pool) == 0.5F);
    hg__model_drop_parts(m, "detector.background"); // as of models that kept none
    assert_true(isnan(background_of(m, pool)));
    hg_model_free(m);
    hg__pool_free(pool);
}

static void expect_refused(const hg_model *m, hg__pool *pool, const char *word) {
    hg_error err = {0};
    assert_null(hg__inspector_new(m, pool, CASE_MEMORY, "model", &err));
    assert_int_equal(err.code, HG_ERR_MODEL);
    if (!strstr(err.message, word)) fail_msg("'%s' without '%s'", err.message, word);
}

// But for the reference, which surfaces have none of, and what was held out.
static void a_model_without_one_of_its_tensors_is_refused(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = made(true, pool);
    assert_true(m->parts > 12);
    for (int32_t i = m->parts - 1; i >= 0; i--) {
        hg__tensor *last = m->part + m->parts - 1, gone = m->part[i];
        m->part[i] = *last;
        m->parts--;
        const bool is_free = strcmp(gone.name, "detector.expected") == 0 ||
                             strcmp(gone.name, "detector.peaks") == 0 ||
                             strcmp(gone.name, "detector.background") == 0 ||
                             strstr(gone.name, "detector.calibration.");
        if (!is_free) expect_refused(m, pool, gone.name);
        m->parts++;
        m->part[i] = gone;
        if (i < m->parts - 1) m->part[m->parts - 1] = *last;
    }
    hg_model_free(m);
    hg__pool_free(pool);
}

static void a_number_that_is_none_is_refused_by_name(void **state) {
    (void)state;
    static const char *const names[] = {"detector.usual",          "detector.patches.axis",
                                        "detector.patches.unit",   "detector.memory.vector",
                                        "detector.encoder.vector", "detector.peaks",
                                        "detector.features.scale", "detector.background"};
    hg__pool *pool = hg__pool_new(1, NULL);
    hg_model *m = made(false, pool);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const hg__tensor *t = hg__model_part(m, names[i]);
        assert_non_null(t);
        float *x = (float *)t->data, kept = x[0];
        x[0] = NAN;
        expect_refused(m, pool, names[i]);
        x[0] = kept;
    }
    hg_model_free(m);
    hg__pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_judges_with_the_same_bits_when_it_comes_back),
        cmocka_unit_test(the_background_is_the_median_of_medians_of_good_pictures),
        cmocka_unit_test(a_model_without_one_of_its_tensors_is_refused),
        cmocka_unit_test(a_number_that_is_none_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
