// SPDX-License-Identifier: Apache-2.0
// test_clue_weights.c - defects drawn on whole pictures, and how much clues count by them.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "inspect/clue_weights.h"

#include <cmocka.h>

enum { HEIGHT = 40, WIDTH = 56 };

static hg__raster flat(int32_t channels) {
    hg__raster r;
    assert_int_equal(hg__raster_init(&r, HEIGHT, WIDTH, channels, NULL), HG_OK);
    for (size_t i = 0; i < hg__raster_count(&r); i++) r.at[i] = 0.5F;
    return r;
}

static size_t count_changed(const hg__raster *a, const hg__raster *b) {
    size_t count = 0;
    for (size_t i = 0; i < hg__raster_count(a); i++) count += a->at[i] != b->at[i];
    return count;
}

static void each_number_draws_defects_of_its_own(void **state) {
    (void)state;
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        const size_t all = (size_t)HEIGHT * WIDTH * (size_t)channels;
        hg__raster good = flat(channels);
        for (int32_t n = 0; n < 20; n++) {
            hg__raster one = flat(channels), same = flat(channels), other = flat(channels);
            assert_int_equal(hg__clue_damage(&one, 7, n, NULL), HG_OK);
            assert_int_equal(hg__clue_damage(&same, 7, n, NULL), HG_OK);
            assert_int_equal(hg__clue_damage(&other, 8, n, NULL), HG_OK);
            const size_t changed = count_changed(&one, &good);
            assert_true(changed > 3 && changed < all);
            assert_memory_equal(one.at, same.at, all * sizeof *one.at);
            assert_true(count_changed(&one, &other) > 0);
            hg__raster_clear(&one);
            hg__raster_clear(&same);
            hg__raster_clear(&other);
        }
        hg__raster_clear(&good);
    }
}

static bool is_near(double a, double b) {
    return fabs(a - b) < 1e-9;
}

static void odds_are_those_of_a_damaged_peak_above_a_good_one(void **state) {
    (void)state;
    static const float good[] = {1, 2, 3, 4}, above[] = {5, 6}, amid[] = {2.5F, 2}, below[] = {0};
    assert_true(is_near(hg__clue_odds(good, 4, above, 2), 33));
    assert_true(is_near(hg__clue_odds(good, 4, below, 1), 1.0 / 33));
    // 2 and 1.5 of 4: an AUROC of 3.5 / 8
    assert_true(
        is_near(hg__clue_odds(good, 4, amid, 2), (3.5 / 8 + 1 / 32.) / (4.5 / 8 + 1 / 32.)));
    assert_true(is_near(hg__clue_odds(good, 4, NULL, 0), 1)); // pictures too large
}

static void the_choice_that_tells_best_is_taken(void **state) {
    (void)state;
    static const float good[3][3] = {
        {1, 2, 9},
        {1, 2, 9},
        {1, 2, 9}
    };
    static const float damaged[3][4] = {
        {3, 0, -1, -1},
        {3, 4, -1, -1},
        {4, 3, -1, -1}
    };
    const hg__score_table goods = {&good[0][0], 3, 3}, found = {&damaged[0][0], 2, 4};
    const hg__score_table none = {&damaged[0][0], 0, 4};
    assert_int_equal(hg__clue_most_telling(&goods, &found, 1), 0);
    assert_int_equal(hg__clue_most_telling(&goods, &found, 3), 1); // the third tells no better
    assert_int_equal(hg__clue_most_telling(&goods, &none, 3), 0);
}

static void weights_are_shares(void **state) {
    (void)state;
    const hg__part_kind plain = {
        .clues = 3, .clue = {&hg__clue_patch, &hg__clue_error, &hg__clue_light}
    };
    hg__clue_model m = {
        .weight = {1, 4, 5, 99}
    };
    hg__clue_weights_end(&m, &plain);
    assert_true(is_near(m.weight[0], 0.1));
    assert_true(is_near(m.weight[1], 0.4));
    assert_true(is_near(m.weight[2], 0.5));
    assert_true(m.weight[3] == 99); // there are 3 clues
}

static void what_knows_damage_has_a_third_together_at_most(void **state) {
    (void)state;
    const hg__part_kind kind = {
        .clues = 4, .clue = {&hg__clue_mask, &hg__clue_patch, &hg__clue_residual, &hg__clue_light}
    };
    hg__clue_model sure = {
        .weight = {30, 3, 10, 1}
    };
    hg__clue_model doubtful = {
        .weight = {1, 3, 1, 5}
    };
    hg__clue_weights_end(&sure, &kind);
    assert_true(is_near(sure.weight[0], 1.0 / 4));
    assert_true(is_near(sure.weight[1], 1.0 / 2));
    assert_true(is_near(sure.weight[2], 1.0 / 12));
    assert_true(is_near(sure.weight[3], 1.0 / 6));
    hg__clue_weights_end(&doubtful, &kind); // a fifth: as it is
    assert_true(is_near(doubtful.weight[0], 0.1));
    assert_true(is_near(doubtful.weight[1], 0.3));
    assert_true(is_near(doubtful.weight[2], 0.1));
    assert_true(is_near(doubtful.weight[3], 0.5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_draws_defects_of_its_own),
        cmocka_unit_test(odds_are_those_of_a_damaged_peak_above_a_good_one),
        cmocka_unit_test(the_choice_that_tells_best_is_taken),
        cmocka_unit_test(weights_are_shares),
        cmocka_unit_test(what_knows_damage_has_a_third_together_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
