// SPDX-License-Identifier: Apache-2.0
// test_crop_turn.c - crops turned and scaled about their middle: planes stay planes, and what was drawn says how they lie.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "inspect/crop_turn.h"

#include <cmocka.h>

enum { SIDE = 32, CHANNELS = 2, STRIDE = 3 };

// Words that draw a sine and a zoom: 0, the middle, and the most.
static const uint32_t least_word = 0, middle_word = 0x80000000U, most_word = 0xFFFFFFFFU;

// Of a plane with slopes (1, 0) in channel 0 and (0, 1) in channel 1.
static void turn(uint32_t sine, uint32_t zoom, float to[SIDE][SIDE][STRIDE]) {
    static float from[SIDE * 3 / 2][SIDE * 3 / 2][CHANNELS];
    const hg__philox drawn = {
        {sine, zoom, 0, 0}
    };
    const int s = hg__crop_turn_side(SIDE);
    assert_int_equal(s, SIDE * 3 / 2);
    for (int i = 0; i < s; i++) {
        for (int j = 0; j < s; j++) {
            from[i][j][0] = (float)i - 0.5F * (float)(s - 1);
            from[i][j][1] = (float)j - 0.5F * (float)(s - 1);
        }
    }
    for (int i = 0; i < SIDE * SIDE; i++) to[i / SIDE][i % SIDE][CHANNELS] = 7;
    hg__crop_turn(&from[0][0][0], SIDE, CHANNELS, STRIDE, &drawn, &to[0][0][0]);
}

static void expect(uint32_t sine_word, uint32_t zoom_word, double sine, double zoom) {
    static float to[SIDE][SIDE][STRIDE];
    const double cosine = sqrt(1 - sine * sine);
    turn(sine_word, zoom_word, to);
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            const double y = i - 0.5 * (SIDE - 1), x = j - 0.5 * (SIDE - 1);
            assert_true(fabs((double)to[i][j][0] - zoom * (cosine * y + sine * x)) < 1e-4);
            assert_true(fabs((double)to[i][j][1] - zoom * (cosine * x - sine * y)) < 1e-4);
            assert_true(to[i][j][CHANNELS] == 7); // what lies beside is left
        }
    }
}

static void planes_are_turned_and_scaled(void **state) {
    (void)state;
    expect(middle_word, middle_word, 0, 1);
    expect(least_word, middle_word, -0.15, 1);
    expect(most_word, middle_word, 0.15, 1);
    expect(middle_word, least_word, 0, 0.85);
    expect(most_word, most_word, 0.15, 1.15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_are_turned_and_scaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
