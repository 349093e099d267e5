// SPDX-License-Identifier: Apache-2.0
// test_noise_camera.c - the camera: clean pictures pass, its noise follows the sensor's formulas, its bits are the same everywhere.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kernels.h"
#include "corrupt/camera.h"

#include <cmocka.h>

enum { SIDE = 64, MOST = SIDE * SIDE * 3 };

static float noisy[MOST], clean[MOST], scene[MOST];

static void apply(const char *text, const hg__noise_place *at, float *x, float *other) {
    hg__noise n;
    hg_error err = {0};
    if (hg__noise_parse(&n, text, &err) < 0) fail_msg("%s: %s", text, err.message);
    const size_t count = hg__noise_scratch(&n, at->height, at->width, at->channels);
    float *scratch = malloc((count + 1) * sizeof *scratch); // sanitizers see its end
    assert_non_null(scratch);
    if (hg__noise_apply(&n, at, x, other, scratch, &err) < 0) fail_msg("%s", err.message);
    free(scratch);
}

static hg__noise_place image(int32_t channels, uint64_t number) {
    return (hg__noise_place){
        .height = SIDE, .width = SIDE, .channels = channels, .epoch = 1, .seed = 7, .row = number};
}

// Soft colours, with an edge.
static void paint(int32_t channels) {
    for (int32_t i = 0; i < SIDE * SIDE; i++) {
        const float y = (float)i / SIDE / SIDE, x = (float)(i % SIDE) / SIDE;
        const float colour[3] = {0.1F + 0.8F * y, i % SIDE < 20 ? 0.3F : 0.6F, 0.8F - 0.5F * x};
        for (int32_t c = 0; c < channels; c++) scene[i * channels + c] = colour[c];
    }
    memcpy(noisy, scene, sizeof scene);
    memcpy(clean, scene, sizeof scene);
}

static double mean_square(const float *a, const float *b, int32_t n) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++) sum += pow((double)a[i] - (double)b[i], 2);
    return sum / n;
}

static void without_noise_the_noisy_picture_is_the_clean_one(void **state) {
    (void)state;
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        for (uint64_t k = 0; k < 12; k++) {
            const hg__noise_place at = image(channels, k);
            paint(channels);
            apply("camera iso 1", &at, noisy, clean);
            const int32_t n = SIDE * SIDE * channels;
            assert_true(mean_square(noisy, clean, n) < 1e-4);
            assert_true(mean_square(clean, scene, n) < 2e-3);
        }
    }
}

static void noise_grows_with_sensitivity(void **state) {
    (void)state;
    static const char *const text[] = {"camera iso 100", "camera iso 1600", "camera iso 12800"};
    double last = 0;
    for (int k = 0; k < 3; k++) {
        double sum = 0;
        for (uint64_t i = 0; i < 10; i++) {
            const hg__noise_place at = image(3, i);
            paint(3);
            apply(text[k], &at, noisy, clean);
            sum += mean_square(noisy, clean, MOST) / 10;
        }
        assert_true(sum > 3 * last);
        last = sum;
    }
    assert_true(last > 1e-3 && last < 5e-2);
}

static void a_clean_picture_is_taken_alike_with_and_without_a_partner(void **state) {
    (void)state;
    const hg__noise_place at = image(3, 5);
    paint(3);
    apply("camera", &at, noisy, clean);
    apply("camera", &at, scene, NULL);
    assert_memory_equal(noisy, scene, sizeof noisy);
}

// White, black and grey stay what they are, in colour and brightness.
static void flat_pictures_stay_flat(void **state) {
    (void)state;
    static const float level[] = {0, 0.2F, 0.5F, 0.8F, 1};
    for (uint64_t k = 0; k < 40; k++) {
        const hg__noise_place at = image(3, k);
        for (int i = 0; i < MOST; i++) noisy[i] = clean[i] = level[k % 5];
        apply("camera", &at, noisy, clean);
        for (int i = 0; i < MOST; i++) assert_true(fabsf(clean[i] - level[k % 5]) < 0.01F);
    }
}

// Foi et al.: variance = a x + b, on the mosaic, before any processing.
static void variance_follows_light_as_the_sensor_says(void **state) {
    (void)state;
    enum { H = 128, W = 128, N = H * W };
    static float mosaic[N], normal[N + 512];
    static const float light[] = {0.05F, 0.2F, 0.5F, 0.8F};
    hg__planes p = {.height = H, .width = W};
    hg__draws d = {.key = 3};
    for (int k = 0; k < 24; k++) {
        hg__camera c;
        hg__camera_draw(&c, 400, &d);
        c.hot = 0;
        const hg__noise_row r = {
            .key = (uint64_t)k, .counter = {1, 2, 3}
        };
        const float x = light[k % 4];
        for (int i = 0; i < N; i++) mosaic[i] = x;
        hg__camera_add_noise(&c, &r, &p, mosaic, normal);
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) {
            sum += (double)mosaic[i];
            squares += (double)mosaic[i] * (double)mosaic[i];
        }
        const double mean = sum / N, variance = squares / N - mean * mean;
        const float lines = c.row * c.row + c.column * c.column;
        const float expected = c.shot * x + c.read * c.read + lines + 1 / (12 * c.steps * c.steps);
        assert_true(fabs(mean / (double)x - 1) < 0.02);
        assert_true(fabs(variance / (double)expected - 1) < 0.06);
    }
}

enum { TALL = 25, BROAD = 23 };

// Three planes of one value each, through a mosaic and back.
static void expect_flat(const hg__camera *c) {
    static float plane[3][TALL * BROAD], mosaic[TALL * BROAD];
    hg__planes p = {
        TALL, BROAD, {plane[0], plane[1], plane[2]}
    };
    for (int i = 0; i < 3 * TALL * BROAD; i++) {
        const int k = i % 3;
        plane[k][i / 3] = 0.25F * (float)(k + 1);
    }
    hg__camera_sample(c, &p, mosaic);
    memset(plane, 0, sizeof plane);
    hg__camera_demosaic(c, mosaic, &p);
    for (int i = 0; i < 3 * TALL * BROAD; i++) {
        const int k = i % 3;
        assert_true(fabsf(plane[k][i / 3] - 0.25F * (float)(k + 1)) < 1e-6F);
    }
}

static void demosaicking_keeps_what_is_flat(void **state) {
    (void)state;
    for (int32_t i = 0; i < 12; i++) {
        const hg__camera c = {.demosaic = (hg__demosaic)(i / 4), .phase = i % 4};
        expect_flat(&c);
    }
}

static void curves_undo_each_other(void **state) {
    (void)state;
    static hg__curve back, forth;
    hg__camera_curves(0, &back, &forth);
    for (int i = 0; i <= HG_CAMERA_NODES; i++) {
        const double at = pow((double)i / HG_CAMERA_NODES, 2);
        const double srgb = at <= 0.0031308 ? 12.92 * at : 1.055 * pow(at, 1 / 2.4) - 0.055;
        assert_true(fabs((double)forth.node[i] - srgb) < 1e-6);
    }
    for (int tenths = 0; tenths < 9; tenths += 2) {
        hg__camera_curves((float)tenths / 10, &back, &forth);
        for (int i = 0; i <= HG_CAMERA_NODES; i++) {
            const double level = pow((double)i / HG_CAMERA_NODES, 2);
            const double root = sqrt((double)back.node[i]) * HG_CAMERA_NODES;
            const int node = (int)root;
            const double low = (double)forth.node[node], high = (double)forth.node[node + 1];
            assert_true(fabs(low + (root - node) * (high - low) - level) < 1e-3);
        }
    }
}

static void pictures_of_any_size_pass(void **state) {
    (void)state;
    for (int32_t h = 1; h < 8; h++) {
        for (int32_t w = 1; w < 8; w++) {
            for (int32_t channels = 1; channels <= 3; channels += 2) {
                const hg__noise_place at = {.height = h,
                                            .width = w,
                                            .channels = channels,
                                            .epoch = 1,
                                            .seed = 3,
                                            .row = (uint64_t)(h * 8 + w)};
                const size_t n = (size_t)h * (size_t)w * (size_t)channels;
                float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
                assert_true(x && y);
                for (size_t i = 0; i < n; i++) x[i] = y[i] = (i & 1) ? NAN : 0.5F;
                apply("lens 0-1.5 + camera 1-1000000", &at, x, y);
                for (size_t i = 0; i < n; i++) assert_true(x[i] >= 0 && x[i] <= 1);
                free(x);
                free(y);
            }
        }
    }
}

static void a_lens_blurs_both(void **state) {
    (void)state;
    const hg__noise_place at = image(3, 1);
    paint(3);
    apply("lens 1.2", &at, noisy, clean);
    assert_memory_equal(noisy, clean, sizeof noisy);
    assert_memory_not_equal(noisy, scene, sizeof noisy);
    paint(3);
    apply("gaussian 5 + gaussian_blur 1 + jpeg 50", &at, noisy, clean);
    assert_memory_equal(clean, scene, sizeof clean);
}

// FNV-1a over the bits.
static uint64_t hash(const float *x, size_t n) {
    uint64_t h = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * 0x100000001b3ULL;
    }
    return h;
}

// Models were trained with these: if a change of the camera changes them, say so in the change log.
static void the_bits_are_the_same_everywhere(void **state) {
    (void)state;
    static const struct {
        int32_t channels;
        uint64_t hash;
    } known[] = {
        {3, 0xf2f02ce561eeafbcULL},
        {1, 0xb573a5d9be3428f8ULL}
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        uint64_t got = 0;
        for (uint64_t i = 0; i < 40; i++) {
            const hg__noise_place at = image(known[k].channels, i);
            paint(known[k].channels);
            apply("camera", &at, noisy, clean);
            const size_t n = (size_t)SIDE * SIDE * (size_t)known[k].channels;
            got = got * 31 + hash(noisy, n) + 7 * hash(clean, n);
        }
        if (got != known[k].hash) {
            print_error("{%d, 0x%016llxULL}\n", (int)known[k].channels, (unsigned long long)got);
            fail();
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_noise_the_noisy_picture_is_the_clean_one),
        cmocka_unit_test(noise_grows_with_sensitivity),
        cmocka_unit_test(a_clean_picture_is_taken_alike_with_and_without_a_partner),
        cmocka_unit_test(flat_pictures_stay_flat),
        cmocka_unit_test(variance_follows_light_as_the_sensor_says),
        cmocka_unit_test(demosaicking_keeps_what_is_flat),
        cmocka_unit_test(curves_undo_each_other),
        cmocka_unit_test(pictures_of_any_size_pass),
        cmocka_unit_test(a_lens_blurs_both),
        cmocka_unit_test(the_bits_are_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
