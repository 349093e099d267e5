// SPDX-License-Identifier: Apache-2.0
// test_windows.c - recordings held, in memory and on disk, and windows cut from them.
#include "rows/windows.h"
#include "signal_case.h"

static drawn it;

static bool is_same(float a, float b) {
    return !(a < b) && !(a > b) && isnan(a) == isnan(b);
}

static void hold(hg__samples *s, const int32_t *pick, int32_t channels, size_t memory) {
    hg_error err = {0};
    hg__recording *r = play(&it, &err);
    if (hg__samples_load(s, r, pick, channels, memory, &err) < 0) fail_msg("%s", err.message);
    hg__recording_close(r);
}

// ---- samples ------------------------------------------------------------------------------------

static void samples_are_the_same_in_memory_and_on_disk(void **state) {
    (void)state;
    static float value[2][MOST_STEPS * MOST_CHANNELS];
    hg__samples s;
    draw(&it, MOST_STEPS, MOST_CHANNELS);
    it.value[77] = NAN;
    for (int k = 0; k < 2; k++) {
        hold(&s, NULL, 0, k ? 4096 : 1 << 24);
        assert_int_equal(s.steps, MOST_STEPS);
        assert_int_equal(s.missing, 1);
        assert_int_equal(hg__samples_read(&s, 0, MOST_STEPS, value[k], NULL), HG_OK);
        hg__samples_clear(&s);
    }
    assert_memory_equal(value[0], value[1], sizeof value[0]);
    for (size_t i = 0; i < sizeof value[0] / sizeof(float); i++) {
        assert_true(is_same(value[0][i], it.value[i]));
    }
}

static void channels_are_picked(void **state) {
    (void)state;
    static const int32_t pick[] = {1, 3};
    hg__samples s;
    float x[2 * 10];
    draw(&it, 300, 4);
    hold(&s, pick, 2, 1 << 20);
    assert_int_equal(s.channels, 2);
    assert_int_equal(hg__samples_read(&s, 200, 10, x, NULL), HG_OK);
    for (int t = 0; t < 10; t++) {
        assert_true(is_same(x[2 * t], it.value[(200 + t) * 4 + 1]));
        assert_true(is_same(x[2 * t + 1], it.value[(200 + t) * 4 + 3]));
    }
    hg__samples_clear(&s);
}

static void labelled_steps_are_missing(void **state) {
    (void)state;
    hg__samples s;
    float x[3 * 4];
    draw(&it, 300, 3);
    it.label[11] = 1;
    it.value[3 * 12] = NAN;
    hold(&s, NULL, 0, 1 << 20);
    assert_int_equal(s.labelled, 1);
    assert_int_equal(s.missing, 1);
    assert_int_equal(hg__samples_read(&s, 10, 4, x, NULL), HG_OK);
    for (int i = 0; i < 12; i++) assert_true(isnan(x[i]) == ((i >= 3 && i < 6) || i == 6));
    hg__samples_clear(&s);
}

static void stretches_begin_behind_gaps(void **state) {
    (void)state;
    hg__samples s;
    draw(&it, 3000, 1);
    it.begins[100] = it.begins[1000] = 1; // the second where a block begins
    hold(&s, NULL, 0, 1 << 20);
    assert_int_equal(s.stretches, 3);
    const int64_t want[] = {0, 100, 1000, 3000};
    for (int k = 0; k < 4; k++) assert_int_equal(s.first[k], want[k]);
    hg__samples_clear(&s);
}

// ---- windows ------------------------------------------------------------------------------------

static void windows_lie_within_what_they_are_looked_for_in(void **state) {
    (void)state;
    int64_t start[8];
    hg__samples s;
    draw(&it, 300, 2);
    hold(&s, NULL, 0, 1 << 20);
    assert_int_equal(hg__windows_find(&s, 10, 30, 8, 4, start, 8, NULL), 4);
    for (int i = 0; i < 4; i++) assert_int_equal(start[i], 10 + 4 * i);
    assert_int_equal(hg__windows_find(&s, 10, 17, 8, 4, start, 8, NULL), 0);
    // However few fit, all are counted.
    start[2] = -7;
    assert_int_equal(hg__windows_find(&s, 10, 30, 8, 4, start, 2, NULL), 4);
    assert_int_equal(start[2], -7);
    hg__samples_clear(&s);
}

static void windows_have_half_of_their_values(void **state) {
    (void)state;
    int64_t start[64];
    hg__samples s;
    draw(&it, 40, 2);
    for (int i = 0; i < 16; i++) it.value[2 * 10 + i] = NAN; // steps 10 .. 17
    hold(&s, NULL, 0, 1 << 20);
    const int64_t count = hg__windows_find(&s, 0, 40, 8, 1, start, 64, NULL);
    // Left out: those that begin at 7 .. 13, which lack 5 of 8 steps at least.
    assert_int_equal(count, 33 - 7);
    for (int i = 0; i < count; i++) assert_int_equal(start[i], i < 7 ? i : i + 7);
    hg__samples_clear(&s);
}

static void missing_values_are_filled(void **state) {
    (void)state;
    static const hg__channel_scale scale[3] = {
        {0,  1},
        {10, 1},
        {7,  1},
    };
    const hg__window_view v = {
        .length = 4, .channels = 3, .every = 1, .scale = scale, .limit = 100};
    float x[12] = {NAN, 11, NAN, 2, NAN, NAN, NAN, NAN, NAN, 4, 13, NAN};
    const float want[12] = {2, 1, 0, 2, 1, 0, 2, 1, 0, 4, 3, 0};
    assert_int_equal(hg__window_width(&v), 12);
    hg__window_see(&v, x, x);
    for (int i = 0; i < 12; i++) assert_true(is_same(x[i], want[i]));
}

static void values_are_scaled_and_limited(void **state) {
    (void)state;
    static const hg__channel_scale scale = {100, 0.5F};
    const hg__window_view v = {.length = 4, .channels = 1, .every = 1, .scale = &scale, .limit = 5};
    float x[4] = {102, 98, 1000, -1000}, y[4];
    const float want[4] = {1, -1, 5, -5};
    hg__window_see(&v, x, y);
    assert_memory_equal(y, want, sizeof y);
}

static void steps_are_averaged(void **state) {
    (void)state;
    static const hg__channel_scale scale[2] = {
        {0, 1},
        {0, 1}
    };
    const hg__window_view v = {.length = 4, .channels = 2, .every = 2, .scale = scale, .limit = 9};
    float x[8] = {1, 10, 3, 2, 5, NAN, 7, -100};
    const float want[4] = {2, 5.5F, 6, -3.5F}; // 10 and -100 are taken as 9 and -9
    assert_int_equal(hg__window_width(&v), 4);
    hg__window_see(&v, x, x);
    assert_memory_equal(x, want, sizeof want);
}

static void a_normalised_window_is_its_shape(void **state) {
    (void)state;
    static const hg__channel_scale scale[2] = {
        {0, 1},
        {0, 1}
    };
    const hg__window_view v = {.length = 64,
                               .channels = 2,
                               .every = 1,
                               .is_normalised = true,
                               .scale = scale,
                               .limit = 1e6F};
    float x[128];
    for (int t = 0; t < 64; t++) {
        const float wave = (float)hg__sin_turn(t / 16.0);
        x[2 * t] = 1000 * wave + 50;
        x[2 * t + 1] = 7;
    }
    hg__window_see(&v, x, x);
    for (int t = 0; t < 64; t++) {
        const double wave = hg__sin_turn(t / 16.0) * sqrt(2);
        assert_true(fabs((double)x[2 * t] - wave) < 2e-3);
        assert_true(is_same(x[2 * t + 1], 0)); // what never varies is no noise made large
    }
}

static void rows_are_windows(void **state) {
    (void)state;
    static const int64_t start[3] = {5, 1000, 1976};
    static const hg__channel_scale scale[3] = {
        {0, 2},
        {1, 1},
        {2, 1}
    };
    float x[24 * 3], scratch[24 * 3], want[24 * 3];
    draw(&it, 2000, 3);
    it.value[3 * 1003 + 1] = NAN;
    for (int disk = 0; disk < 2; disk++) {
        for (int32_t every = 1; every <= 4; every += 3) {
            hg__samples s;
            hg_error err = {0};
            hold(&s, NULL, 0, disk ? 4096 : 1 << 20);
            const hg__windows w = {
                .from = &s,
                .view = {.length = 24,
                         .channels = 3,
                         .every = every,
                         .is_normalised = every > 1,
                         .scale = scale,
                         .limit = 20},
                .start = start,
                .count = 3
            };
            const hg__row_source source = hg__windows_source(&w, "drawn");
            assert_int_equal(source.rows, 3);
            assert_int_equal(source.width, 24 / every * 3);
            assert_int_equal(source.scratch, every > 1 ? 24 * 3 : 0);
            for (int64_t i = 0; i < 3; i++) {
                const hg__row_place at = {.row = i};
                hg__row_room room = {.x = x, .scratch = scratch};
                memcpy(want, it.value + start[i] * 3, sizeof want);
                hg__window_see(&w.view, want, want);
                assert_int_equal(source.make(source.context, &at, &room, &err), HG_OK);
                assert_memory_equal(x, want, (size_t)source.width * sizeof *x);
            }
            hg__samples_clear(&s);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_the_same_in_memory_and_on_disk),
        cmocka_unit_test(channels_are_picked),
        cmocka_unit_test(labelled_steps_are_missing),
        cmocka_unit_test(stretches_begin_behind_gaps),
        cmocka_unit_test(windows_lie_within_what_they_are_looked_for_in),
        cmocka_unit_test(windows_have_half_of_their_values),
        cmocka_unit_test(missing_values_are_filled),
        cmocka_unit_test(values_are_scaled_and_limited),
        cmocka_unit_test(steps_are_averaged),
        cmocka_unit_test(a_normalised_window_is_its_shape),
        cmocka_unit_test(rows_are_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
