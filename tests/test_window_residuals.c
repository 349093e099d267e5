// SPDX-License-Identifier: Apache-2.0
// test_window_residuals.c - a channel that leaves the others is far, all of them together are not; short recordings have no such detector.
#include "monitor/window_detector.h"
#include "signal_case.h"

enum { CHANNELS = 3, LENGTH = 32 };
static drawn d;
static fitted it;

// Channels that follow one slow factor, and a little noise.
static void draw_plant(int64_t steps) {
    double factor = 0;
    d = (drawn){.steps = steps, .channels = CHANNELS};
    for (int64_t t = 0; t < steps; t++) {
        factor = 0.97 * factor + (double)drawn_number(3, t, 9);
        for (int32_t c = 0; c < CHANNELS; c++) {
            d.value[t * CHANNELS + c] = (float)factor + 0.3F * drawn_number(4, t, c);
        }
        d.begins[t] = t == 0;
        d.row[t] = t;
        d.time[t] = (double)t;
    }
}

static float far_of(hg__window_detector *of, const float by[CHANNELS]) {
    float x[LENGTH * CHANNELS], far = 0;
    for (int32_t t = 0; t < LENGTH; t++) {
        for (int32_t c = 0; c < CHANNELS; c++) {
            const hg__channel_scale *s = &it.signal.scale[c];
            const float value = d.value[(2000 + t) * CHANNELS + c] + by[c];
            x[t * CHANNELS + c] = (value - s->centre) * s->inverse;
        }
    }
    of->type->measure(of, &(hg__seen_windows){x, (size_t)of->width, 1},
                      &(hg__window_said){&far, NULL});
    return far;
}

static void a_channel_that_leaves_the_others_is_far(void **state) {
    (void)state;
    hg_error err = {0};
    draw_plant(MOST_STEPS);
    fit_drawn(&it, &d, LENGTH, HG_SIGNAL_PLANT);
    hg__window_detector of = hg__window_detector_make(HG_DETECTOR_residuals, &it.signal, it.pool);
    assert_true(of.weight > 0 && of.is_prompt && of.view.length == LENGTH);
    if (of.type->load(&of, it.model, "m", &err) < 0) fail_msg("%s", err.message);
    const float usual = far_of(&of, (float[]){0, 0, 0}), all = far_of(&of, (float[]){1, 1, 1});
    assert_true(usual < 10 && all < 20);
    for (int32_t c = 0; c < CHANNELS; c++) {
        float by[CHANNELS] = {0};
        by[c] = 0.4F;
        const float up = far_of(&of, by);
        by[c] = -0.4F;
        const float down = far_of(&of, by);
        if (!(up > 4 * usual && down > 4 * usual)) {
            fail_msg("channel %d: %g and %g beside %g", c, (double)up, (double)down, (double)usual);
        }
    }
    hg__window_detector_clear(&of);
    clear_fitted(&it);
}

static void one_channel_and_short_recordings_have_none(void **state) {
    (void)state;
    hg__signal s = {.channels = 1, .length = LENGTH, .longest = 1000000};
    assert_true(hg__window_detector_make(HG_DETECTOR_residuals, &s, NULL).weight == 0);
    s.channels = 4;
    assert_true(hg__window_detector_make(HG_DETECTOR_residuals, &s, NULL).weight > 0);
    s.longest = 10 * 4 * LENGTH - 1;
    assert_true(hg__window_detector_make(HG_DETECTOR_residuals, &s, NULL).weight == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_that_leaves_the_others_is_far),
        cmocka_unit_test(one_channel_and_short_recordings_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
