// SPDX-License-Identifier: Apache-2.0
// test_part_baseline.c - what every baseline for parts promises, in one loop over the table.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "inspect/part_baseline.h"

#include <cmocka.h>

enum { SIDE = 48, PICTURES = 8 };

static int draw(const void *context, int32_t i, hg__raster *r, hg_error *err) {
    const int *side = context;
    const int code = hg__raster_init(r, SIDE, *side, 3, err);
    if (code < 0) return code;
    for (size_t j = 0; j < hg__raster_count(r); j++) {
        const hg__philox u = hg__philox_run(2, (uint32_t)i, (uint32_t)j, 0, 0);
        r->at[j] =
            ((j / 3 % (size_t)*side) / 6 % 2 ? 0.6F : 0.4F) + 0.05F * hg__unit_float(u.word[0]);
    }
    return HG_OK;
}

static const int side = SIDE;
static const hg__raster_source good = {"good", &side, PICTURES, draw};

static void a_spot_stands_out_and_any_threads_give_the_same_bits(void **state) {
    (void)state;
    size_t count;
    const hg__part_baseline *const *list = hg__part_baselines(&count);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__blocks b = {.pool = pool};
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(hg__part_baseline_find(list[i]->name), list[i]);
        assert_true(strlen(list[i]->source) > 20);
        void *one = list[i]->fit(&good, 3, 1 << 26, NULL, NULL);
        void *two = list[i]->fit(&good, 3, 1 << 26, pool, NULL);
        assert_true(one && two);
        hg__raster picture = {0}, map[2];
        assert_int_equal(draw(&side, 30, &picture, NULL), HG_OK);
        for (int32_t y = 20; y < 27; y++) {
            for (int32_t x = 18; x < 25; x++) memset(hg__raster_pixel(&picture, y, x), 0, 12);
        }
        assert_int_equal(list[i]->map(one, &picture, &map[0], NULL, NULL), HG_OK);
        assert_int_equal(list[i]->map(two, &picture, &map[1], &b, NULL), HG_OK);
        assert_int_equal(map[0].height, SIDE);
        assert_int_equal(map[0].width, SIDE);
        assert_int_equal(map[0].channels, 1);
        assert_memory_equal(map[0].at, map[1].at, SIDE * SIDE * sizeof(float));
        assert_true(*hg__raster_pixel(&map[0], 23, 21) > 2 * *hg__raster_pixel(&map[0], 44, 44));
        hg__raster_clear(&picture);
        for (int k = 0; k < 2; k++) hg__raster_clear(&map[k]);
        list[i]->free(one);
        list[i]->free(two);
        list[i]->free(NULL);
    }
    assert_null(hg__part_baseline_find("nearest"));
    hg__blocks_clear(&b);
    hg__pool_free(pool);
}

static void a_template_wants_pictures_of_one_size_and_two_of_them(void **state) {
    (void)state;
    const hg__part_baseline *t = hg__part_baseline_find("template");
    hg_error err;
    const hg__raster_source alone = {"alone", &side, 1, draw};
    assert_null(t->fit(&alone, 1, 1 << 26, NULL, &err));
    assert_string_equal(err.message, "alone: expected 2 good pictures at least, got 1");
    void *state_of = t->fit(&good, 1, 1 << 26, NULL, NULL);
    const int wider = SIDE + 1;
    hg__raster picture = {0}, map;
    assert_int_equal(draw(&wider, 0, &picture, NULL), HG_OK);
    assert_int_equal(t->map(state_of, &picture, &map, NULL, &err), HG_ERR_DATA);
    hg__raster_clear(&picture);
    t->free(state_of);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spot_stands_out_and_any_threads_give_the_same_bits),
        cmocka_unit_test(a_template_wants_pictures_of_one_size_and_two_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
