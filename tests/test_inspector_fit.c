// SPDX-License-Identifier: Apache-2.0
// test_inspector_fit.c - which pictures say what clues say at most of good ones: those that were held out, where there are enough; and how
// much clues count.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "inspect/inspector_internal.h"
#include "repair_case.h"

#include <cmocka.h>

enum { TRAINED = 5, ENOUGH = 10 }; // as many held-out pictures scale clues

// What was fitted on pictures 0 to 4 and held out from there on, which are broken or good.
static hg__clue_model fitted(int32_t held_out, bool are_broken, hg__pool *pool) {
    const part_case c = {24, 20, TRAINED + ENOUGH, 8, 4};
    int32_t number[TRAINED + ENOUGH];
    hg_error err = {0};
    hg__part_store *store = hg__part_store_new(c.pictures, 1, (size_t)1 << 20, &err);
    assert_non_null(store);
    for (int32_t i = 0; i < c.pictures; i++) {
        hg__raster r = case_part(&c, (uint32_t)i, i >= TRAINED && are_broken);
        number[i] = i;
        assert_int_equal(hg__part_store_put(store, i, &r, &err), HG_OK);
        hg__raster_clear(&r);
    }
    const hg__inspector_data d = {.store = store,
                                  .train = number,
                                  .held = number + TRAINED,
                                  .trained = TRAINED,
                                  .held_out = held_out,
                                  .seed = 1,
                                  .fpr = 0.3,
                                  .max_bytes = CASE_MEMORY};
    hg__part_view view = {.channels = 1, .factor = 1, .height = c.height, .width = c.width};
    hg__raster none = {0};
    hg_model *m = repair_network(&err);
    assert_non_null(m);
    if (hg__inspector_fit(m, &view, &none, &d, NULL, pool, &err) < 0) fail_msg("%s", err.message);
    hg__inspector *s = hg__inspector_new(m, pool, CASE_MEMORY, "model", &err);
    if (!s) fail_msg("%s", err.message);
    hg__clue_model clues = s->clues;
    clues.usual = (hg__raster){0}; // the inspector's
    hg__inspector_free(s);
    hg_model_free(m);
    hg__part_store_free(store);
    return clues;
}

static bool is_same(const double *a, const double *b) {
    int k = 0;
    while (k < HG_MOST_CLUES && a[k] == b[k]) k++;
    return k == HG_MOST_CLUES;
}

static void held_out_pictures_scale_clues(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    const hg__clue_model good = fitted(ENOUGH, false, pool), bad = fitted(ENOUGH, true, pool);
    // 3 and 4: how far the nearest patch is, and what axes of patches leave over
    assert_true(bad.centre[3] > 2 * good.centre[3] && bad.centre[4] > 2 * good.centre[4]);
    assert_true(good.share >= 0 && good.share <= 0.01);
    hg__pool_free(pool);
}

static void fewer_of_them_do_not(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    const hg__clue_model good = fitted(ENOUGH - 1, false, pool),
                         bad = fitted(ENOUGH - 1, true, pool);
    assert_true(is_same(good.centre, bad.centre) && is_same(good.spread, bad.spread));
    assert_true(is_same(good.weight, bad.weight));
    assert_true(good.share == 0.001 && bad.share == 0.001);
    hg__pool_free(pool);
}

// By the same drawn defects, whatever is held out: not alike, and 1 in all.
static void clues_are_weighed(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(1, NULL);
    const hg__clue_model m = fitted(ENOUGH, false, pool), again = fitted(ENOUGH, false, pool);
    double sum = 0, least = 1, most = 0;
    for (int k = 0; k < HG_MOST_CLUES; k++) {
        assert_true(m.weight[k] > 0);
        sum += m.weight[k];
        least = fmin(least, m.weight[k]);
        most = fmax(most, m.weight[k]);
    }
    assert_true(fabs(sum - 1) < 1e-12 && most > 1.1 * least);
    assert_true(is_same(m.weight, again.weight) && m.share == again.share);
    hg__pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_out_pictures_scale_clues),
        cmocka_unit_test(fewer_of_them_do_not),
        cmocka_unit_test(clues_are_weighed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
