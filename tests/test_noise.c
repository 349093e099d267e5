// SPDX-License-Identifier: Apache-2.0
// test_noise.c - the noise grammar, and what each step does to a row: its statistics, its bits, its bounds.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kernels.h"
#include "corrupt/noise.h"
#include "corrupt/noise_type.h"

#include <cmocka.h>

enum { SIDE = 64, MOST = SIDE * SIDE * 3 };

static float row[MOST];

static hg__noise parsed(const char *text) {
    hg__noise n;
    hg_error err = {0};
    if (hg__noise_parse(&n, text, &err) < 0) fail_msg("%s: %s", text, err.message);
    return n;
}

static void apply(const char *text, const hg__noise_place *at, float *x) {
    const hg__noise n = parsed(text);
    hg_error err = {0};
    const size_t count = hg__noise_scratch(&n, at->height, at->width, at->channels);
    float *scratch = malloc((count + 1) * sizeof *scratch); // sanitizers see its end
    assert_non_null(scratch);
    if (hg__noise_apply(&n, at, x, NULL, scratch, &err) < 0) fail_msg("%s: %s", text, err.message);
    free(scratch);
}

static hg__noise_place image(int32_t channels, uint64_t number) {
    return (hg__noise_place){
        .height = SIDE, .width = SIDE, .channels = channels, .epoch = 1, .seed = 7, .row = number};
}

static hg__noise_place place_of(int32_t height, int32_t width, int32_t channels, uint64_t number) {
    return (hg__noise_place){.height = height,
                             .width = width,
                             .channels = channels,
                             .epoch = 1,
                             .seed = 1,
                             .row = number};
}

static void fill(float value, size_t n) {
    for (size_t i = 0; i < n; i++) row[i] = value;
}

static void measure(size_t n, double *mean, double *deviation) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)row[i];
        squares += (double)row[i] * (double)row[i];
    }
    *mean = sum / (double)n;
    *deviation = sqrt(squares / (double)n - *mean * *mean);
}

// ---- the grammar --------------------------------------------------------------------------------

static void a_noise_is_steps_with_ranges_and_probabilities(void **state) {
    (void)state;
    const hg__noise n = parsed(" gaussian 0-55 + jpeg 30 - 90@0.5 +mask .5");
    assert_int_equal(n.steps, 3);
    assert_string_equal(n.step[0].type->name, "gaussian");
    assert_true(n.step[0].low == 0 && n.step[0].high == 55 && n.step[0].probability == 1);
    assert_true(n.step[1].low == 30 && n.step[1].high == 90 && n.step[1].probability == 0.5);
    assert_true(n.step[2].low == 0.5 && n.step[2].high == 0.5 && !n.blind);
    assert_int_equal(parsed("").steps, 0);
    assert_true(parsed("blind").blind && parsed("blind ").steps == 0);
}

static void a_noise_may_have_several_ways(void **state) {
    (void)state;
    const hg__noise n =
        parsed("gaussian 0-55 + clip | 2.5: camera iso 100-12800 + jpeg 60-98 @ 0.7|camera");
    assert_int_equal(n.ways, 3);
    assert_int_equal(n.steps, 5);
    assert_true(n.way[0].first == 0 && n.way[0].steps == 2 && n.way[0].weight == 1);
    assert_true(n.way[1].first == 2 && n.way[1].steps == 2 && n.way[1].weight == 2.5);
    assert_true(n.way[2].first == 4 && n.way[2].steps == 1 && n.way[2].weight == 1);
    assert_true(n.step[2].low == 100 && n.step[2].high == 12800);
    assert_true(n.step[4].low == 100 && n.step[4].high == 12800);
}

static void ways_are_drawn_by_their_weights(void **state) {
    (void)state;
    enum { ROWS = 4000 };
    int count[3] = {0};
    for (uint64_t k = 0; k < ROWS; k++) {
        const hg__noise_place at = place_of(1, 1, 3, k);
        float x[3] = {0.2F, 0.2F, 0.2F};
        apply("mask 100 | 2: salt_pepper 100 + mask 0 | jpeg 100", &at, x);
        const int way = x[0] <= 0 ? 0 : x[0] >= 1 ? 1 : 2;
        count[way]++;
    }
    assert_true(abs(count[0] - ROWS / 2) < ROWS / 30); // its own, and half of the grains
    assert_true(abs(count[1] - ROWS / 4) < ROWS / 30);
    assert_true(abs(count[2] - ROWS / 4) < ROWS / 30);
}

static void every_mistake_has_its_sentence(void **state) {
    (void)state;
#define ALL                                                                                       \
 "gaussian, camera, camera_jpeg, lens, film, banding, rician, ultrasound, ct, poisson, speckle, " \
 "salt_pepper, "                                                                                  \
 "gaussian_blur, motion_blur, "                                                                   \
 "defocus_blur, jpeg, "                                                                           \
 "downscale, mask, patches, swap, jitter, clip, blind"
#define EIGHT "mask 1+mask 1+mask 1+mask 1+mask 1+mask 1+mask 1+mask 1"
#define RANGE "expected a number or a range such as 10-50, got "
    static const struct {
        const char *text, *sentence;
    } wrong[] = {
        {"gausian 5",                                                    "noise: expected " ALL ", got 'gausian'; did you mean 'gaussian'?"         },
        {"fog 5",                                                        "noise: expected " ALL ", got 'fog'"                                       },
        {"gaussian",                                                     "noise: gaussian: " RANGE "the end; did you mean noise=\"gaussian 10-50\"?"},
        {"gaussian x",                                                   "noise: gaussian: " RANGE "'x'"                                            },
        {"gaussian 1.2.3",                                               "noise: gaussian: " RANGE "'1.2.3'"                                        },
        {"gaussian 10-",
         "noise: gaussian: " RANGE "the end; did you mean noise=\"gaussian 10-50\"?"                                                                },
        {"gaussian 50-10",                                               "noise: gaussian: expected the smaller number first, got 50-10"            },
        {"gaussian 1001",                                                "noise: gaussian: expected 0 to 1000, got 1001"                            },
        {"jpeg 0-50",                                                    "noise: jpeg: expected 1 to 100, got 0"                                    },
        {"mask 5 @ 2",
         "noise: mask: expected a probability above 0 and at most 1 behind '@', got '2'"                                                            },
        {"mask 5 @",
         "noise: mask: expected a probability above 0 and at most 1 behind '@', got ''"                                                             },
        {"0: mask 5",                                                    "noise: expected a weight above 0 and at most 1000000 before ':', got '0'" },
        {"mask 5 | : jpeg 5",
         "noise: expected a weight above 0 and at most 1000000 before ':', got ''"                                                                  },
        {"mask 5 | ",                                                    "noise: expected a step, got the end"                                      },
        {"mask 5 | blind",                                               "noise: blind: expected no other step beside it, got 'mask 5 | blind'"     },
        {"mask 1|mask 1|mask 1|mask 1|mask 1|mask 1|mask 1|mask 1|clip",
         "noise: expected at most 8 ways, got another, 'clip'"                                                                                      },
        {"camera iso",                                                   "noise: camera: " RANGE "the end; did you mean noise=\"camera 10-50\"?"    },
        {"camera 0-50",                                                  "noise: camera: expected 1 to 1e+06, got 0"                                },
        {"lens",                                                         "noise: lens: " RANGE "the end; did you mean noise=\"lens 10-50\"?"        },
        {"mask 5 jpeg 5",                                                "noise: expected '+', '|' or the end behind a step, got 'jpeg 5'"          },
        {"25",
         "noise: expected a kind before its amount, got '25'; did you mean noise=\"gaussian 25\"?"                                                  },
        {"mask 5 +",                                                     "noise: expected a step, got the end"                                      },
        {"+ mask 5",                                                     "noise: expected a step, got '+ mask 5'"                                   },
        {"blind + mask 5",                                               "noise: blind: expected no other step beside it, got 'blind + mask 5'"     },
        {"mask 5 + blind",                                               "noise: blind: expected no other step beside it, got 'mask 5 + blind'"     },
        {EIGHT "+" EIGHT "+jpeg 1",                                      "noise: expected at most 16 steps, got another 'jpeg'"                     },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hg__noise n;
        hg_error err = {0};
        assert_int_equal(hg__noise_parse(&n, wrong[i].text, &err), HG_ERR_USAGE);
        assert_string_equal(err.message, wrong[i].sentence);
    }
}

static void steps_on_images_refuse_other_rows(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__noise jpeg = parsed("gaussian 5 + jpeg 50"), point = parsed("gaussian 5 + mask 3");
    const hg__noise blind = parsed("blind");
    assert_int_equal(hg__noise_check(&jpeg, 28, 28, 1, &err), HG_OK);
    assert_int_equal(hg__noise_check(&point, 1, 784, 1, &err), HG_OK);
    assert_int_equal(hg__noise_check(&jpeg, 1, 784, 1, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "noise: jpeg: expected images of 1 or 3 channels, got rows of 1 x 784 x 1");
    assert_int_equal(hg__noise_check(&blind, 28, 28, 1, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "noise: blind: expected images from a folder, got rows of 28 x 28 x 1");
}

// ---- statistics ---------------------------------------------------------------------------------

static void normal_numbers_are_normal(void **state) {
    (void)state;
    enum { N = 1 << 20 };
    static float x[N];
    double moment[5] = {0}, cross = 0;
    int beyond[6] = {0};
    const uint32_t counter[3] = {1, 2, 3};
    hg__kernels_pick()->normal(x, 42, counter, N);
    for (int i = 0; i < N; i++) {
        double power = 1;
        for (int k = 1; k < 5; k++) moment[k] += power *= (double)x[i];
        if (i > 0) cross += (double)x[i] * (double)x[i - 1];
        for (int k = 0; k < 6; k++) beyond[k] += fabs((double)x[i]) > k;
    }
    for (int k = 1; k < 5; k++) moment[k] /= N;
    assert_true(fabs(moment[1]) < 0.005 && fabs(moment[2] - 1) < 0.007);
    assert_true(fabs(moment[3]) < 0.015 && fabs(moment[4] - 3) < 0.05);
    assert_true(fabs(cross / N) < 0.005);
    for (int k = 1; k < 5; k++) { // four deviations of a count around what erfc says
        const double expected = N * erfc(k / sqrt(2));
        if (fabs(beyond[k] - expected) > 4 * sqrt(expected)) {
            fail_msg("%d beyond %d deviations, expected %g", beyond[k], k, expected);
        }
    }
}

static void gaussian_has_its_deviation_in_grey_levels(void **state) {
    (void)state;
    double mean, deviation;
    const hg__noise_place at = image(3, 1);
    fill(0.5F, MOST);
    apply("gaussian 25", &at, row);
    measure(MOST, &mean, &deviation);
    assert_true(fabs(mean - 0.5) < 4 * 25 / 255.0 / sqrt(MOST));
    assert_true(fabs(deviation * 255 / 25 - 1) < 0.03);
    int outside = 0;
    fill(1, MOST);
    apply("gaussian 25", &at, row);
    for (int i = 0; i < MOST; i++) outside += row[i] > 1;
    assert_true(outside > MOST * 0.45); // never clipped
}

static void speckle_grows_with_the_value(void **state) {
    (void)state;
    double mean, deviation;
    const hg__noise_place at = image(3, 2);
    fill(0.8F, MOST);
    apply("speckle 10", &at, row);
    measure(MOST, &mean, &deviation);
    assert_true(fabs(mean - 0.8) < 0.003 && fabs(deviation - 0.08) < 0.0025);
    fill(0, MOST);
    apply("speckle 10", &at, row);
    for (int i = 0; i < MOST; i++) assert_true(row[i] == 0);
}

// Mean and variance of a Poisson count are the same; checked on both sides of the change of method.
static void poisson_has_its_mean_and_variance(void **state) {
    (void)state;
    static const double means[] = {0.3, 3, 19, 21, 40, 900};
    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        double mean, deviation;
        char text[32];
        const hg__noise_place at = image(3, 3 + k);
        fill(0.5F, MOST);
        snprintf(text, sizeof text, "poisson %g", 2 * means[k]);
        apply(text, &at, row);
        for (int i = 0; i < MOST; i++) {
            row[i] *= (float)(2 * means[k]);
            assert_true(row[i] >= 0 && fabsf(row[i] - roundf(row[i])) < 1e-3F); // photons are whole
        }
        measure(MOST, &mean, &deviation);
        if (fabs(mean - means[k]) > 4.5 * sqrt(means[k] / MOST) ||
            fabs(deviation * deviation / means[k] - 1) > 0.06) {
            fail_msg("mean %g: got mean %g, variance %g", means[k], mean, deviation * deviation);
        }
    }
    const hg__noise_place at = image(3, 1);
    fill(-0.5F, MOST);
    apply("poisson 30", &at, row);
    for (int i = 0; i < MOST; i++) assert_true(row[i] == 0);
}

static void exponentials_are_near_the_librarys(void **state) {
    (void)state;
    for (int i = 0; i <= 2000; i++) {
        assert_true(fabs(hg__noise_exp(i / 100.0) / exp(-i / 100.0) - 1) < 1e-5);
    }
    for (int i = -100; i <= 100; i++) {
        double direction[2];
        hg__noise_turn(i / 400.0, direction);
        assert_true(fabs(direction[0] - cos(acos(-1) * i / 200)) < 1e-14);
        assert_true(fabs(direction[1] - sin(acos(-1) * i / 200)) < 1e-14);
    }
}

static void patches_take_whole_squares(void **state) {
    (void)state;
    hg__noise_place at = place_of(62, 61, 3, 4);
    const size_t n = (size_t)62 * 61 * 3;
    int masked = 0;
    fill(0.5F, n);
    apply("patches 75 size 5", &at, row);
    for (size_t i = 0; i < n; i++) {
        const size_t line = i / (61 * 3) / 5 * 5, column = i / 3 % 61 / 5 * 5;
        assert_true(row[i] == row[(line * 61 + column) * 3]);
        masked += row[i] == 0;
    }
    assert_true(abs(masked - (int)n * 3 / 4) < (int)n / 10);
    fill(0.5F, n);
    at = place_of(1, 61, 1, 4);
    apply("patches 50", &at, row);
    for (size_t i = 0; i < 61; i++) assert_true(row[i] == row[i / 4 * 4]);
    hg_error err = {0};
    hg__noise noise;
    assert_int_equal(hg__noise_parse(&noise, "patches 50 size 0", &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "noise: patches: expected a whole size from 1 to 4096, got 0");
}

static void salt_pepper_and_mask_take_whole_pixels(void **state) {
    (void)state;
    int black = 0, white = 0, masked = 0;
    const hg__noise_place at = image(3, 4);
    fill(0.5F, MOST);
    apply("salt_pepper 20", &at, row);
    for (int i = 0; i < MOST; i += 3) {
        assert_true(row[i] == row[i + 1] && row[i] == row[i + 2]);
        assert_true(row[i] == 0 || row[i] == 0.5F || row[i] == 1);
        black += row[i] == 0;
        white += row[i] == 1;
    }
    assert_true(abs(black - 410) < 80 && abs(white - 410) < 80); // of 4096
    fill(0.5F, MOST);
    apply("mask 30", &at, row);
    for (int i = 0; i < MOST; i += 3) {
        assert_true(row[i] == row[i + 1] && row[i] == row[i + 2]);
        masked += row[i] == 0;
    }
    assert_true(abs(masked - 1229) < 120);
}

// ---- tables -------------------------------------------------------------------------------------

static void jitter_has_its_deviation_and_small_levels_are_as_likely(void **state) {
    (void)state;
    enum { LEVELS = 400, N = 512 };
    double mean, deviation;
    int below = 0;
    hg__noise_place at = {.height = 1, .width = N, .channels = 1, .seed = 7};
    for (at.row = 0; at.row < LEVELS; at.row++) {
        fill(3, N);
        apply("jitter 0.1-10", &at, row);
        measure(N, &mean, &deviation);
        assert_true(deviation > 0.08 && deviation < 11);
        below += deviation < 1;
    }
    assert_true(abs(below - LEVELS / 2) < 40); // four deviations
    fill(3, MOST);
    at.width = MOST;
    apply("jitter 2", &at, row);
    measure(MOST, &mean, &deviation);
    assert_true(fabs(mean - 3) < 4 * 2 / sqrt(MOST) && fabs(deviation / 2 - 1) < 0.03);
    fill(3, MOST);
    apply("jitter 0", &at, row);
    for (int i = 0; i < MOST; i++) assert_true(row[i] == 3);
}

// Whether all of a column's floats were replaced; part of them never are.
static bool is_taken(const hg__column_group *c, float by) {
    const float *x = row + c->first;
    for (int i = 1; i < c->width; i++) assert_true(x[i] == x[0]);
    assert_true(x[0] == 3 || x[0] == by);
    return x[0] != 3;
}

static void a_column_is_taken_as_a_whole(void **state) {
    (void)state;
    enum { N = 20, TRIES = 1000, COLUMNS = 3 };
    static float donor[N];
    static const hg__column_group columns[COLUMNS] = {
        {0,  1 },
        {1,  16},
        {17, 3 }
    };
    int taken[2][COLUMNS] = {{0}};
    hg__noise_place at = {.height = 1, .width = N, .channels = 1, .seed = 2};
    for (int i = 0; i < N; i++) donor[i] = 9;
    at.group = columns;
    at.groups = COLUMNS;
    at.donor = donor;
    for (at.row = 0; at.row < TRIES; at.row++) {
        for (int way = 0; way < 2; way++) {
            fill(3, N);
            apply(way ? "swap 30" : "mask 30", &at, row);
            for (int c = 0; c < COLUMNS; c++) taken[way][c] += is_taken(&columns[c], way ? 9 : 0);
        }
    }
    for (int c = 0; c < 2 * COLUMNS; c++) { // four deviations around 300
        assert_true(abs(taken[c / COLUMNS][c % COLUMNS] - 300) < 60);
    }
}

static void other_rows_are_drawn_from_all(void **state) {
    (void)state;
    enum { ROWS = 10, TRIES = 10000 };
    int count[ROWS] = {0};
    hg_error err = {0};
    const hg__noise swap = parsed("jitter 1 + swap 10");
    assert_true(hg__noise_needs_donor(&swap));
    const hg__noise others = parsed("jitter 1 + mask 10");
    assert_false(hg__noise_needs_donor(&others));
    hg__noise_place at = {.seed = 5};
    for (at.row = 0; at.row < TRIES; at.row++) count[hg__noise_donor(&at, ROWS)]++;
    for (int i = 0; i < ROWS; i++) assert_true(abs(count[i] - TRIES / ROWS) < 120);
    assert_true(hg__noise_donor(&at, 1) == 0);
    assert_int_equal(hg__noise_check(&swap, 28, 28, 1, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "noise: swap: expected rows of a table, got images");
}

// A grey edge and a point, to blur.
static void draw_point(void) {
    fill(0, MOST);
    row[(32 * SIDE + 32) * 3] = row[(32 * SIDE + 32) * 3 + 1] = row[(32 * SIDE + 32) * 3 + 2] = 1;
}

// Sum, and spread around the middle in both directions, of the first channel.
static void measure_point(double *sum, double spread[2]) {
    *sum = spread[0] = spread[1] = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double v = (double)row[3 * i];
        assert_true(row[3 * i] == row[3 * i + 1] && row[3 * i] == row[3 * i + 2]);
        *sum += v;
        const int column = i % SIDE - 32, line = i / SIDE - 32;
        spread[0] += v * column * column;
        spread[1] += v * line * line;
    }
}

static void blurs_spread_a_point_as_far_as_they_say(void **state) {
    (void)state;
    double sum, spread[2];
    const hg__noise_place at = image(3, 5);
    draw_point();
    apply("gaussian_blur 2", &at, row);
    measure_point(&sum, spread);
    assert_true(fabs(sum - 1) < 1e-5);
    assert_true(fabs(sqrt(spread[0]) - 2) < 0.05 && fabs(sqrt(spread[1]) - 2) < 0.05);
    draw_point();
    apply("defocus_blur 4", &at, row); // a disc's variance along an axis is r^2 / 4
    measure_point(&sum, spread);
    assert_true(fabs(sum - 1) < 1e-5 && fabs(spread[0] - 4) < 0.15 && fabs(spread[1] - 4) < 0.15);
    for (uint64_t i = 0; i < 20; i++) { // a line's is length^2 / 12, whatever its angle
        const hg__noise_place one = image(3, 100 + i);
        draw_point();
        apply("motion_blur 9", &one, row);
        measure_point(&sum, spread);
        assert_true(fabs(sum - 1) < 1e-5 && fabs(spread[0] + spread[1] - 5.6) < 1.2);
    }
}

static void expect_even(const char *step, const hg__noise_place *at) {
    fill(0.4F, MOST);
    apply(step, at, row);
    for (int i = 0; i < at->height * at->width * at->channels; i++) {
        if (fabsf(row[i] - 0.4F) > 2e-5F) fail_msg("%s: 0.4 became %g", step, (double)row[i]);
    }
}

static void what_is_even_stays_even(void **state) {
    (void)state;
    static const char *const steps[] = {"gaussian_blur 3", "motion_blur 15", "defocus_blur 5",
                                        "downscale 3.3",   "downscale 64",   "jpeg 50",
                                        "gaussian_blur 0", "motion_blur 1",  "defocus_blur 0.3",
                                        "downscale 1",     "speckle 0",      "gaussian 0"};
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        const hg__noise_place grey = place_of(33, 17, 1, k), colour = place_of(33, 17, 3, k);
        expect_even(steps[k], &grey);
        expect_even(steps[k], &colour);
    }
}

static void every_step_takes_images_of_one_pixel(void **state) {
    (void)state;
    static const char *const steps[] = {"gaussian_blur 5", "motion_blur 30", "defocus_blur 9",
                                        "downscale 8",     "jpeg 20",        "poisson 20",
                                        "salt_pepper 50",  "mask 50"};
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        const hg__noise_place at = place_of(1, 1, 3, k);
        fill(0.4F, 3);
        apply(steps[k], &at, row);
        for (int i = 0; i < 3; i++) assert_true(isfinite(row[i]));
    }
}

static void downscale_is_the_mean_of_blocks(void **state) {
    (void)state;
    const hg__noise_place at = place_of(4, 4, 1, 1);
    for (int i = 0; i < 16; i++) row[i] = (float)(i % 4 < 2 ? 0 : 1);
    apply("downscale 2", &at, row); // columns 0 0 1 1 become 0 1, and back: 0 1/4 3/4 1
    const float expected[] = {0, 0.25F, 0.75F, 1};
    for (int i = 0; i < 16; i++) assert_true(fabsf(row[i] - expected[i % 4]) < 1e-6F);
}

static void jpeg_gives_grey_levels_and_loses_more_at_lower_quality(void **state) {
    (void)state;
    static float start[MOST];
    double error[2] = {0};
    const hg__noise_place at = image(3, 6);
    for (int i = 0; i < MOST; i++) {
        const int column = i / 3 % SIDE, line = i / 3 / SIDE;
        start[i] = (float)(0.5 + 0.4 * sin(column / 6.0) * cos(line / 9.0));
    }
    for (int k = 0; k < 2; k++) {
        memcpy(row, start, sizeof row);
        apply(k ? "jpeg 10" : "jpeg 90", &at, row);
        for (int i = 0; i < MOST; i++) {
            const float level = row[i] * 255;
            assert_true(fabsf(level - roundf(level)) < 1e-4F && row[i] >= 0 && row[i] <= 1);
            error[k] += fabs((double)row[i] - (double)start[i]) / MOST;
        }
    }
    assert_true(error[0] > 0.001 && error[0] < 0.02 && error[1] > 2 * error[0]);
    for (int i = 0; i < MOST; i++) row[i] = i % 2 ? 1e30F : -(float)INFINITY; // clipped first
    apply("jpeg 50", &at, row);
}

static void a_range_is_drawn_anew_for_each_row_and_a_chance_taken(void **state) {
    (void)state;
    enum { TIMES = 400 };
    int untouched = 0;
    double sum = 0, least = 1e9, most = 0;
    for (uint64_t k = 0; k < TIMES; k++) {
        double mean, deviation;
        const hg__noise_place at = image(1, k);
        fill(0.5F, SIDE * SIDE);
        apply("gaussian 10-50 @ 0.7", &at, row);
        measure(SIDE * SIDE, &mean, &deviation);
        if (deviation < 1e-6) {
            untouched++;
            continue;
        }
        sum += deviation * 255;
        least = fmin(least, deviation * 255);
        most = fmax(most, deviation * 255);
    }
    assert_true(abs(untouched - 120) < 40);
    assert_true(fabs(sum / (TIMES - untouched) - 30) < 3);
    assert_true(least > 9 && least < 14 && most > 46 && most < 52);
}

// ---- bits ---------------------------------------------------------------------------------------

static uint64_t hash(const float *x, size_t n) {
    uint64_t h = 1469598103934665603ULL;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * 1099511628211ULL;
    }
    return h;
}

static void a_row_is_a_function_of_seed_epoch_and_number(void **state) {
    (void)state;
    static const char all[] =
        "motion_blur 1-9 + poisson 30-90 + speckle 5 + jpeg 40-80 + gaussian 1-9";
    hg__noise_place place[5];
    for (int k = 0; k < 5; k++) place[k] = image(3, 5);
    place[1].seed = 8;
    place[2].row = 6;
    place[3].epoch = 2;
    place[4].row = 5 + (1ULL << 32);
    uint64_t seen[5];
    for (int k = 0; k < 5; k++) {
        for (int twice = 0; twice < 2; twice++) {
            fill(0.5F, MOST);
            apply(all, &place[k], row);
            if (twice) assert_true(seen[k] == hash(row, MOST));
            seen[k] = hash(row, MOST);
        }
        for (int other = 0; other < k; other++) assert_true(seen[k] != seen[other]);
    }
}

// What these steps give with any compiler on any processor (JPEG: libjpeg-turbo's accurate transform). If a change
// of the steps changes these, runs with noise no longer repeat: say so in the change log.
static void the_bits_are_the_same_everywhere(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } known[] = {
        {"gaussian 25",       0x99bee04ba526dcb5ULL},
        {"poisson 10",        0xea0ec6960d0e12c2ULL},
        {"poisson 200",       0x02af430b2a4a9f15ULL},
        {"speckle 20",        0x3869b2de0138070dULL},
        {"salt_pepper 10",    0xdd90a4c7601e300eULL},
        {"gaussian_blur 1.5", 0xbc46de7e3b5da333ULL},
        {"motion_blur 7",     0xd7c14950760f2726ULL},
        {"defocus_blur 2.5",  0xa8861548d6c14e21ULL},
        {"jpeg 30",           0xd3b5e2754cde93c3ULL},
        {"downscale 2.7",     0x84beaa21d7445a87ULL},
        {"mask 20",           0x346fd5991e4b8663ULL},
        {"camera_jpeg 80",    0x465f672336023677ULL},
        {"film 12",           0x523a139344d740adULL},
        {"banding 8",         0x1179e055e2696aedULL},
        {"rician 15",         0x12ad54f07f0936f3ULL},
        {"ultrasound 25",     0x86fb9ab975cafa75ULL},
        {"ct 12",             0x44d4a5b3df2181c8ULL},
        {"lens 0.7",          0xdb3d7a0536575826ULL},
        {"jitter 0.1-2",      0x7556025ce78d62dbULL},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const hg__noise_place at = image(3, 77);
        for (int i = 0; i < MOST; i++) row[i] = (float)(i * 37 % 256) / 255;
        apply(known[k].text, &at, row);
        const uint64_t got = hash(row, MOST);
        if (got != known[k].hash) {
            fail_msg("{\"%s\", 0x%016llxULL},", known[k].text, (unsigned long long)got);
        }
    }
}

// ---- noisy images alone -------------------------------------------------------------------------

static void a_noisy_image_becomes_two_of_neighbours(void **state) {
    (void)state;
    enum { HALF = SIDE / 2, EPOCHS = 50, DRAWS = EPOCHS * HALF * HALF };
    static float x[HALF * HALF * 3], target[HALF * HALF * 3];
    const int pixels = HALF * HALF;
    int pairs[4][4] = {{0}};
    for (int i = 0; i < MOST; i++) row[i] = (float)i;
    for (uint32_t epoch = 1; epoch <= EPOCHS; epoch++) {
        const hg__noise_place at = {
            .height = HALF, .width = HALF, .channels = 3, .epoch = epoch, .seed = 7, .row = 9};
        hg__blind_make(row, &at, x, target);
        for (int i = 0; i < pixels; i++) {
            int place[2];
            for (int k = 0; k < 2; k++) {
                const float *pixel = (k ? target : x) + (ptrdiff_t)3 * i;
                const int from = (int)pixel[0] / 3, line = from / SIDE, column = from % SIDE;
                assert_true(pixel[1] == pixel[0] + 1 && pixel[2] == pixel[0] + 2);
                assert_true(line / 2 == i / HALF && column / 2 == i % HALF);
                place[k] = line % 2 * 2 + column % 2;
            }
            pairs[place[0]][place[1]]++;
        }
    }
    for (int one = 0; one < 4; one++) { // eight ordered pairs share a side, each as often
        for (int other = 0; other < 4; other++) {
            const int apart = one ^ other;
            if (apart == 1 || apart == 2) {
                assert_true(abs(pairs[one][other] - DRAWS / 8) < DRAWS / 80);
            } else {
                assert_int_equal(pairs[one][other], 0);
            }
        }
    }
}

static void halves_are_a_function_of_seed_epoch_and_row(void **state) {
    (void)state;
    enum { HALF = SIDE / 2 };
    static float x[2][HALF * HALF], target[2][HALF * HALF];
    hg__noise_place place[4];
    for (int k = 0; k < 4; k++) {
        place[k] = (hg__noise_place){
            .height = HALF, .width = HALF, .channels = 1, .epoch = 1, .seed = 7, .row = 1};
    }
    place[1].epoch = 2;
    place[2].seed = 8;
    place[3].row += 1ULL << 32;
    for (int i = 0; i < SIDE * SIDE; i++) row[i] = (float)i;
    hg__blind_make(row, &place[0], x[0], target[0]);
    hg__blind_make(row, &place[0], x[1], target[1]);
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    assert_memory_equal(target[0], target[1], sizeof x[0]);
    for (int k = 1; k < 4; k++) {
        hg__blind_make(row, &place[k], x[1], target[1]);
        assert_memory_not_equal(x[0], x[1], sizeof x[0]);
    }
}

static void halves_may_have_any_size(void **state) {
    (void)state;
    for (int32_t h = 1; h < 6; h++) {
        for (int32_t w = 1; w < 6; w++) {
            const size_t n = (size_t)h * (size_t)w;
            const hg__noise_place at = {
                .height = h, .width = w, .channels = 1, .epoch = 1, .seed = 3, .row = 1};
            float *noisy = malloc(4 * n * sizeof *noisy); // sanitizers see their ends
            float *x = malloc(n * sizeof *x), *target = malloc(n * sizeof *target);
            assert_true(noisy && x && target);
            for (size_t i = 0; i < 4 * n; i++) noisy[i] = 0.5F;
            hg__blind_make(noisy, &at, x, target);
            for (size_t i = 0; i < n; i++) assert_true(x[i] == 0.5F && target[i] == 0.5F);
            free(noisy);
            free(x);
            free(target);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_noise_is_steps_with_ranges_and_probabilities),
        cmocka_unit_test(a_noise_may_have_several_ways),
        cmocka_unit_test(ways_are_drawn_by_their_weights),
        cmocka_unit_test(every_mistake_has_its_sentence),
        cmocka_unit_test(steps_on_images_refuse_other_rows),
        cmocka_unit_test(normal_numbers_are_normal),
        cmocka_unit_test(gaussian_has_its_deviation_in_grey_levels),
        cmocka_unit_test(speckle_grows_with_the_value),
        cmocka_unit_test(poisson_has_its_mean_and_variance),
        cmocka_unit_test(exponentials_are_near_the_librarys),
        cmocka_unit_test(patches_take_whole_squares),
        cmocka_unit_test(salt_pepper_and_mask_take_whole_pixels),
        cmocka_unit_test(jitter_has_its_deviation_and_small_levels_are_as_likely),
        cmocka_unit_test(a_column_is_taken_as_a_whole),
        cmocka_unit_test(other_rows_are_drawn_from_all),
        cmocka_unit_test(blurs_spread_a_point_as_far_as_they_say),
        cmocka_unit_test(what_is_even_stays_even),
        cmocka_unit_test(every_step_takes_images_of_one_pixel),
        cmocka_unit_test(downscale_is_the_mean_of_blocks),
        cmocka_unit_test(jpeg_gives_grey_levels_and_loses_more_at_lower_quality),
        cmocka_unit_test(a_range_is_drawn_anew_for_each_row_and_a_chance_taken),
        cmocka_unit_test(a_row_is_a_function_of_seed_epoch_and_number),
        cmocka_unit_test(the_bits_are_the_same_everywhere),
        cmocka_unit_test(a_noisy_image_becomes_two_of_neighbours),
        cmocka_unit_test(halves_are_a_function_of_seed_epoch_and_row),
        cmocka_unit_test(halves_may_have_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
