// SPDX-License-Identifier: Apache-2.0
// test_noise_grain.c - noise that has a size or a direction: fields, film, banding, ultrasound, ct; and that of magnitudes.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "corrupt/field.h"
#include "corrupt/noise.h"

#include <cmocka.h>

enum { SIDE = 96, N = SIDE * SIDE };

static float picture[3 * N];

static void apply_to(const char *text, const hg__noise_place *at, float *x, float *clean) {
    hg__noise n;
    hg_error err = {0};
    if (hg__noise_parse(&n, text, &err) < 0) fail_msg("%s: %s", text, err.message);
    const size_t count = hg__noise_scratch(&n, at->height, at->width, at->channels);
    float *scratch = malloc((count + 1) * sizeof *scratch); // sanitizers see its end
    assert_non_null(scratch);
    if (hg__noise_apply(&n, at, x, clean, scratch, &err) < 0) fail_msg("%s", err.message);
    free(scratch);
}

// What is added to a flat picture of `level`, in grey levels.
static void add_to_flat(const char *text, float level, int32_t channels, uint64_t row) {
    const hg__noise_place at = {
        .height = SIDE, .width = SIDE, .channels = channels, .epoch = 1, .seed = 7, .row = row};
    for (int32_t i = 0; i < channels * N; i++) picture[i] = level;
    apply_to(text, &at, picture, NULL);
    for (int32_t i = 0; i < channels * N; i++) picture[i] = (picture[i] - level) * 255;
}

static double mean_product(const float *x, int32_t down, int32_t across) {
    double sum = 0;
    int32_t count = 0;
    for (int32_t i = 0; i + down < SIDE; i++) {
        for (int32_t j = 0; j + across < SIDE; j++, count++) {
            sum += (double)x[i * SIDE + j] * (double)x[(i + down) * SIDE + j + across];
        }
    }
    return sum / count;
}

static double deviation_at(const char *text, float level) {
    double sum = 0;
    for (uint64_t k = 0; k < 8; k++) {
        add_to_flat(text, level, 1, k);
        sum += mean_product(picture, 0, 0) / 8;
    }
    return sqrt(sum);
}

static void fields_have_variance_one_and_are_alike_near_by(void **state) {
    (void)state;
    static const double deviation[] = {0, 0.3, 1, HG_FIELD_MOST};
    float *scratch = malloc(hg__field_scratch(SIDE, SIDE, 1) * sizeof *scratch);
    assert_non_null(scratch);
    for (int k = 0; k < 4; k++) {
        double sum[3] = {0};
        for (uint64_t key = 0; key < 20; key++) {
            const hg__noise_row r = {.key = key};
            const hg__field f = {SIDE, SIDE, 1, deviation[k], deviation[k] / 2, 1};
            hg__field_make(&r, &f, picture, scratch);
            sum[0] += mean_product(picture, 0, 0) / 20;
            sum[1] += mean_product(picture, 2, 0) / 20;
            sum[2] += mean_product(picture, 0, 2) / 20;
        }
        // two gaussians together are one of twice the variance
        const double d = deviation[k], down = d > 0 ? exp(-1 / (d * d)) : 0;
        const double across = d > 0 ? exp(-4 / (d * d)) : 0;
        assert_true(fabs(sum[0] - 1) < 0.05);
        assert_true(fabs(sum[1] - down) < 0.05 && fabs(sum[2] - across) < 0.05);
    }
    free(scratch);
}

static void film_is_strongest_in_the_middle_tones(void **state) {
    (void)state;
    const double black = deviation_at("film 12", 0), middle = deviation_at("film 12", 0.5F);
    const double white = deviation_at("film 12", 1);
    assert_true(fabs(middle - 12) < 0.6);
    assert_true(fabs(black - 3) < 0.2 && fabs(white - 3) < 0.2);
}

static void banding_is_the_same_along_a_line_or_a_column(void **state) {
    (void)state;
    int32_t lines = 0;
    for (uint64_t k = 0; k < 20; k++) {
        add_to_flat("banding 8", 0.5F, 1, k);
        const float *x = picture;
        const int32_t step = fabsf(x[0] - x[1]) < 1e-3F && fabsf(x[5] - x[6]) < 1e-3F ? 1 : SIDE;
        lines += step == 1;
        for (int32_t i = 0; i < N; i++) {
            const int32_t first = step == 1 ? i - i % SIDE : i % SIDE;
            assert_true(fabsf(x[i] - x[first]) < 1e-3F);
        }
    }
    assert_true(lines > 3 && lines < 17);
    assert_true(fabs(deviation_at("banding 8", 0.5F) - 8) < 1);
}

// Of black: Rayleigh's mean and mean square; of white nearly normal.
static void magnitudes_are_rician(void **state) {
    (void)state;
    add_to_flat("rician 10", 0, 1, 1);
    double mean = 0;
    for (int32_t i = 0; i < N; i++) {
        assert_true(picture[i] >= 0);
        mean += (double)picture[i] / N;
    }
    assert_true(fabs(mean - 10 * 1.2533) < 0.3);
    assert_true(fabs(mean_product(picture, 0, 0) - 200) < 8);
    assert_true(fabs(deviation_at("rician 10", 1) - 10) < 0.3);
}

static void ultrasound_has_grains_wider_than_high(void **state) {
    (void)state;
    assert_true(fabs(deviation_at("ultrasound 20", 1) - 20) < 1);
    assert_true(fabs(deviation_at("ultrasound 20", 0.25F) - 10) < 0.5);
    assert_true(deviation_at("ultrasound 20", 0) <= 0);
    double down = 0, across = 0;
    for (uint64_t k = 0; k < 20; k++) {
        add_to_flat("ultrasound 20", 0.5F, 1, k);
        down += mean_product(picture, 1, 0);
        across += mean_product(picture, 0, 1);
    }
    assert_true(across > 1.2 * down && down > 0);
}

// No noise of large scale comes through the ramp; along some direction it is alike farther than along the other.
static void tomography_has_grain_without_clouds(void **state) {
    (void)state;
    for (uint64_t k = 0; k < 4; k++) {
        add_to_flat("ct 12", 0.4F, 1, k);
        double mean = 0;
        for (int32_t i = 0; i < N; i++) mean += (double)picture[i] / N;
        assert_true(fabs(mean) < 0.3);
        const double square = mean_product(picture, 0, 0);
        assert_true(fabs(square - 144) < 0.1);
        assert_true(mean_product(picture, 1, 0) > 0.2 * square);
        assert_true(mean_product(picture, 0, 1) > 0.2 * square);
        assert_true(fabs(mean_product(picture, 0, 24)) < 0.1 * square);
    }
}

static void pictures_of_any_size_pass_and_clean_ones_stay(void **state) {
    (void)state;
    static const char text[] = "film 5 + banding 5 + rician 5 + ultrasound 5 + ct 5";
    for (int32_t i = 0; i < 36; i++) {
        const int32_t channels = i % 2 ? 3 : 1, h = 1 + i / 6, w = 1 + i % 6;
        const hg__noise_place at = {.height = h,
                                    .width = w,
                                    .channels = channels,
                                    .epoch = 1,
                                    .seed = 3,
                                    .row = (uint64_t)i};
        float x[3 * 36], clean[3 * 36];
        for (int32_t k = 0; k < h * w * channels; k++) x[k] = clean[k] = (float)k / 108;
        if (h == 1 && channels == 1) continue; // no image
        apply_to(text, &at, x, clean);
        for (int32_t k = 0; k < h * w * channels; k++) {
            assert_true(isfinite(x[k]) && clean[k] == (float)k / 108);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_have_variance_one_and_are_alike_near_by),
        cmocka_unit_test(film_is_strongest_in_the_middle_tones),
        cmocka_unit_test(banding_is_the_same_along_a_line_or_a_column),
        cmocka_unit_test(magnitudes_are_rician),
        cmocka_unit_test(ultrasound_has_grains_wider_than_high),
        cmocka_unit_test(tomography_has_grain_without_clouds),
        cmocka_unit_test(pictures_of_any_size_pass_and_clean_ones_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
