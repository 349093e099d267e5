// SPDX-License-Identifier: Apache-2.0
// test_train_repair.c - a network that is trained on good parts repairs broken ones: what comes out of it is nearer to the good part.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "grey_image.h"
#include "inspect/clue_weights.h"
#include "own_folder.h"
#include "part_case.h"
#include "sanitized.h"

#include <cmocka.h>

enum { BROKEN = 20, NUMBERS = 48 * 48 };
static const part_case parts = {48, 48, 12, 20, 12};

static void write_parts(void) {
    hg_error err = {0};
    for (int32_t i = 0; i < parts.pictures; i++) {
        uint8_t pixels[NUMBERS];
        char name[32];
        hg__raster r = case_part(&parts, (uint32_t)i, false);
        hg__image image = grey_image(parts.height, parts.width, pixels);
        assert_int_equal(hg__raster_count(&r), NUMBERS);
        for (int32_t k = 0; k < NUMBERS; k++) pixels[k] = (uint8_t)(r.at[k] * 255 + 0.5F);
        snprintf(name, sizeof name, "part%d.png", i);
        if (hg__image_save(&image, at(name), &err) < 0) fail_msg("%s", err.message);
        hg__raster_clear(&r);
    }
}

static hg_model *trained(void) {
    const char *const set[][2] = {
        {"data",    at("")    },
        {"project", at("runs")},
        {"steps",   "400"     },
        {"crop",    "32"      },
        {"threads", "2"       }
    };
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    hg_result r = {.size = sizeof r};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        if (hg_options_set(o, set[i][0], set[i][1], &err) < 0) fail_msg("%s", err.message);
    }
    if (hg_run(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    hg_model *m = hg_model_load(at("runs/latest/weights/best.safetensors"), &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

// Of the pixels where `broken` is not as `good`: the sum of x's squares from good.
static double off(const hg__raster *x, const hg__raster *good, const hg__raster *broken) {
    double sum = 0;
    for (size_t i = 0; i < hg__raster_count(good); i++) {
        const double d = (double)(x->at[i] - good->at[i]);
        if (broken->at[i] != good->at[i]) sum += d * d;
    }
    return sum;
}

static void what_comes_out_of_a_broken_part_is_nearer_to_the_good_one(void **state) {
    (void)state;
    if (IS_SANITIZED) skip(); // training is; and these steps would take minutes
    double before = 0, after = 0;
    hg_error err = {0};
    write_parts();
    hg_model *m = trained();
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__inspector *s = hg__inspector_new(m, pool, CASE_MEMORY, "model", &err);
    if (!s) fail_msg("%s", err.message);
    for (int32_t n = 0; n < BROKEN; n++) {
        hg__raster good = case_part(&parts, 100 + (uint32_t)n, false);
        hg__inspected r = {.picture = case_part(&parts, 100 + (uint32_t)n, false)};
        assert_int_equal(hg__clue_damage(&r.picture, 3, n, &err), HG_OK);
        assert_int_equal(hg__inspector_run(s, &r, true, &err), HG_OK);
        before += off(&r.picture, &good, &r.picture);
        after += off(&r.reconstruction, &good, &r.picture);
        hg__inspected_clear(&r);
        hg__raster_clear(&good);
    }
    assert_true(before > 0 && after < 0.5 * before);
    hg__inspector_free(s);
    hg_model_free(m);
    hg__pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_out_of_a_broken_part_is_nearer_to_the_good_one),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
