// SPDX-License-Identifier: Apache-2.0
// test_clues.c - which cells of a map count, what clues say together of one, and the score of those that count.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/rng.h"
#include "inspect/inspector_internal.h"

#include <cmocka.h>

enum { SIDE = 16 };

static hg__part_geometry straight(void) {
    return (hg__part_geometry){
        .height = SIDE,
        .width = SIDE,
        .crop = {0, 0, SIDE, SIDE},
        .working = {0, 0, SIDE, SIDE},
        .frame_height = SIDE,
        .frame_width = SIDE
    };
}

static int32_t count_seen(const hg__raster *seen) {
    int32_t count = 0;
    for (size_t i = 0; i < hg__raster_count(seen); i++) count += seen->at[i] > 0;
    return count;
}

static void all_cells_count_without_region_and_alignment(void **state) {
    (void)state;
    hg__raster seen;
    const hg__part_view v = {.channels = 1, .factor = 1};
    const hg__part_geometry g = straight();
    assert_int_equal(hg__cells_seen(&v, &g, &seen, NULL), HG_OK);
    assert_null(seen.at);
}

static void cells_beside_a_picture_that_lies_askew_do_not(void **state) {
    (void)state;
    hg__raster seen;
    const hg__part_view v = {.channels = 1, .factor = 1};
    hg__part_geometry g = straight();
    g.is_aligned = true;
    assert_int_equal(hg__cells_seen(&v, &g, &seen, NULL), HG_OK);
    assert_int_equal(seen.height, SIDE / HG_MAP_CELL);
    assert_int_equal(count_seen(&seen), 64);
    hg__raster_clear(&seen);
    g.pose.dy =
        5; // the frame begins five lines below the picture's top, and ends as many below its end
    assert_int_equal(hg__cells_seen(&v, &g, &seen, NULL), HG_OK);
    for (int32_t i = 0; i < 64; i++) assert_true(seen.at[i] == (i / 8 < 5 ? 1 : 0));
    hg__raster_clear(&seen);
    g.pose = (hg__pose){.turn = 0.125}; // corners
    assert_int_equal(hg__cells_seen(&v, &g, &seen, NULL), HG_OK);
    assert_true(seen.at[0] == 0 && seen.at[7] == 0 && seen.at[56] == 0 && seen.at[63] == 0);
    assert_true(seen.at[27] == 1 && count_seen(&seen) > 32);
    hg__raster_clear(&seen);
}

static void cells_across_the_edge_of_a_region_do_not(void **state) {
    (void)state;
    hg__raster seen, mask;
    hg__part_view v = {.channels = 1, .factor = 1, .height = SIDE, .width = SIDE};
    const hg__part_geometry g = straight();
    assert_int_equal(hg__raster_init(&mask, SIDE, SIDE, 1, NULL), HG_OK);
    for (int32_t i = 0; i < SIDE * SIDE; i++) mask.at[i] = i / SIDE < 7 ? 1 : 0;
    assert_int_equal(hg__part_view_set_region(&v, &mask, "region", NULL), HG_OK);
    hg__raster_clear(&mask);
    assert_int_equal(hg__cells_seen(&v, &g, &seen, NULL), HG_OK);
    for (int32_t i = 0; i < 64; i++) assert_true(seen.at[i] == (i / 8 < 3 ? 1 : 0));
    hg__raster_clear(&seen);
    hg__part_view_clear(&v);
}

// Two clues, of cells as many spreads of good pictures' peaks above what is usual of those: a root each, and of both the mean.
static void a_clue_beside_itself_does_not_outdo_two_that_agree(void **state) {
    (void)state;
    const hg__part_kind kind = {
        .clues = 2, .clue = {&hg__clue_mask, &hg__clue_patch}
    };
    float usual[] = {0.5F, -1, 0.25F, 2}; // means, spreads
    hg__inspector s = {
        .kind = &kind,
        .clues = {
                  .usual = {1, 1, 4, usual}, .centre = {4, 6}, .spread = {0.5, 2}, .weight = {0.5, 0.5}}
    };
    static const float above[][2] = {
        {0,  0 },
        {3,  3 },
        {-3, 0 },
        {99, 0 },
        {35, 35},
        {99, 99}
    };
    static const float want[] = {1, 2, 0.75F, 5.5F, 6, 0};
    enum { CELLS = sizeof want / sizeof *want };
    float at[CELLS][2], is[] = {1, 1, 1, 1, 1, 0}; // the last does not count
    for (int i = 0; i < CELLS; i++) {
        for (int k = 0; k < 2; k++) {
            const float peak = (float)s.clues.centre[k] + above[i][k] * (float)s.clues.spread[k];
            at[i][k] = usual[k] + peak * usual[2 + k];
        }
    }
    const hg__raster clue = {1, CELLS, 2, &at[0][0]}, seen = {1, CELLS, 1, is};
    const hg__clue_place whole = hg__clue_whole(&clue);
    hg__raster map = {0};
    hg__joining j = {&s, &seen, &map};
    assert_int_equal(hg__clues_join(&j, &clue, &whole, NULL), HG_OK);
    for (int i = 0; i < CELLS; i++) assert_true(fabsf(map.at[i] - want[i]) < 1e-5F);
    hg__raster_clear(&map);
}

// The same as of a map that has no other cells.
static void a_score_is_of_cells_that_count(void **state) {
    (void)state;
    float at[200], is[200], rest[200];
    size_t kept = 0;
    for (uint32_t i = 0; i < 200; i++) {
        at[i] = hg__unit_float(hg__philox_run(1, i, 0, 0, 0).word[0]) - 0.5F;
        is[i] = i % 3 ? 1 : 0;
        if (!(is[i] > 0)) at[i] += 4;
        if (is[i] > 0) rest[kept++] = at[i];
    }
    const hg__raster map = {10, 20, 1, at}, seen = {10, 20, 1, is}, all = {0};
    const hg__raster same = {1, (int32_t)kept, 1, rest};
    static const double share[] = {0, 0.001, 0.05, 0.5, 1};
    for (size_t k = 0; k < sizeof share / sizeof *share; k++) {
        float score[2], peak[2];
        assert_int_equal(hg__map_score(&map, &seen, share[k], &score[0], &peak[0], NULL), HG_OK);
        assert_int_equal(hg__map_score(&same, &all, share[k], &score[1], &peak[1], NULL), HG_OK);
        assert_true(score[0] == score[1] && peak[0] == peak[1] && peak[0] < 1);
    }
    memset(is, 0, sizeof is);
    float score = 1, peak = 1;
    assert_int_equal(hg__map_score(&map, &seen, 0.1, &score, &peak, NULL), HG_OK);
    assert_true(score == 0 && peak == 0);
}

static void a_median_is_of_the_cells_that_are_seen(void **state) {
    (void)state;
    float at[] = {3, -1, 7, 2, 100}, is[] = {1, 1, 1, 1, 0}, median;
    const hg__raster map = {1, 5, 1, at}, seen = {1, 5, 1, is}, all = {0};
    assert_int_equal(hg__map_median(&map, &all, &median, NULL), HG_OK);
    assert_true(median == 3);
    assert_int_equal(hg__map_median(&map, &seen, &median, NULL), HG_OK);
    assert_true(median == 3); // 2 and 3 are in the middle
    at[0] = -5;
    at[3] = -2;
    assert_int_equal(hg__map_median(&map, &seen, &median, NULL), HG_OK);
    assert_true(median == -1);
    for (int i = 0; i < 4; i++) is[i] = 0;
    assert_int_equal(hg__map_median(&map, &seen, &median, NULL), HG_OK);
    assert_true(median == 0);
}

// The encoder's last layer that halves the picture to no less than an eighth.
static void an_encoder_is_tapped_at_an_eighth(void **state) {
    (void)state;
    static const struct {
        const char *spec;
        int32_t side, channels; // of what is tapped, of a picture of 64 x 64; 0: nothing
    } cases[] = {
        {"repair",                                                                 8,  96},
        {"conv 4 k3 relu | conv input k3",                                         64, 4 },
        {"conv 4 k3 s2 relu, conv 8 k3 s4 relu, conv 8 k3 s2 | up 16, conv input", 8,  8 },
        {"conv 4 k3 s2, maxpool 2, up 2, conv 8 k3 s2 | up 4, conv input",         16, 4 },
        {"dense 8 | dense input",                                                  0,  0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hg__shape input = {
            3, {64, 64, 2}
        };
        hg__spec spec = {0};
        hg_error err = {0};
        if (hg__spec_parse(&spec, cases[i].spec, &input, 0, &err) < 0) fail_msg("%s", err.message);
        const int32_t tap = hg__encoder_tap(&spec);
        assert_true((tap > 0) == (cases[i].side > 0));
        const hg__extent e = tap ? hg__extent_of(&spec.layer[tap - 1].out) : (hg__extent){0};
        assert_true(e.H == cases[i].side && e.W == cases[i].side && e.C == cases[i].channels);
        hg__spec_clear(&spec);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_cells_count_without_region_and_alignment),
        cmocka_unit_test(cells_beside_a_picture_that_lies_askew_do_not),
        cmocka_unit_test(cells_across_the_edge_of_a_region_do_not),
        cmocka_unit_test(an_encoder_is_tapped_at_an_eighth),
        cmocka_unit_test(a_clue_beside_itself_does_not_outdo_two_that_agree),
        cmocka_unit_test(a_score_is_of_cells_that_count),
        cmocka_unit_test(a_median_is_of_the_cells_that_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
