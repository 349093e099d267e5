// SPDX-License-Identifier: Apache-2.0
// test_tune.c - strength, sigma and detail of a denoiser in memory: any windows, in place, refusals, faults.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hourglass.h"

#include "base/rng.h"
#include "model/model.h"

#include <cmocka.h>

enum { H = 75, W = 90 };

static const char with_level[] =
    "keep 1, unshuffle 2, conv 8 k3 p1 relu | conv %d k3 p1, shuffle 2, add 1";
static const char without[] = "keep 1, conv 6 k3 p1 relu | conv input k3 p1, add 1";

static hg_model *made(const char *spec, int32_t channels, bool has_level) {
    hg_error err = {0};
    const hg__shape shape = {
        3, {16, 16, channels + has_level}
    };
    char text[160];
    const char *number = strstr(spec, "%d"); // channels of what is shuffled
    if (number) {
        snprintf(text, sizeof text, "%.*s%d%s", (int)(number - spec), spec, (int)(4 * shape.dim[2]),
                 number + 2);
    } else {
        snprintf(text, sizeof text, "%s", spec);
    }
    hg_model *m = hg__model_from_spec(text, &shape, 0, 3, &err);
    if (!m) {
        fail_msg("%s", err.message);
        return NULL;
    }
    m->net.has_level = has_level;
    return m;
}

static void draw(float *x, int32_t channels) {
    for (uint32_t i = 0; i < (uint32_t)(H * W * channels); i++) {
        x[i] = 0.3F + 0.4F * hg__unit_float(hg__philox_run(5, i, 0, 0, 0).word[0]);
    }
}

static hg_pixels pixels(float *x, int32_t channels) {
    return (hg_pixels){.data = x,
                       .width = W,
                       .height = H,
                       .layout = channels == 1 ? HG_PIXELS_GREY : HG_PIXELS_RGB,
                       .type = HG_PIXELS_F32};
}

typedef struct way {
    double strength, sigma, detail;
} way;

static hg_denoiser *opened(const hg_model *m, size_t memory, const way *w) {
    hg_error err = {0};
    hg_denoiser *d = hg_denoiser_new(m, memory ? 1 : 3, memory, &err);
    assert_non_null(d);
    if (hg_denoiser_set(d, w->strength, w->sigma, w->detail, &err) < 0) fail_msg("%s", err.message);
    return d;
}

// From x to y; false where the memory is too small.
static bool cleaned(const hg_model *m, size_t memory, const way *w, float *x, float *y,
                    int32_t channels) {
    hg_denoiser *d = opened(m, memory, w);
    const hg_pixels from = pixels(x, channels), to = pixels(y, channels);
    const bool done = hg_denoise_pixels(d, &from, &to, NULL) == HG_OK;
    hg_denoiser_free(d);
    return done;
}

static const way ways[] = {
    {1,   0,  0  },
    {1.6, 0,  0  },
    {0.7, 0,  0  },
    {0.2, 0,  0.5},
    {1,   20, 1  },
    {1.9, 35, 0.3},
};

static void windows_leave_no_trace(void **state) {
    (void)state;
    static float x[H * W * 3], whole[H * W * 3], y[H * W * 3];
    for (int32_t kind = 0; kind < 4; kind++) { // a model's channels, a picture's
        const int32_t own = kind & 1 ? 3 : 1, channels = kind & 2 ? 3 : 1;
        hg_model *m = made(with_level, own, true);
        draw(x, channels);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            int32_t tried = 0;
            assert_true(cleaned(m, 0, &ways[i], x, whole, channels));
            for (size_t memory = 1 << 12; memory < 1 << 20; memory += memory / 4) {
                if (!cleaned(m, memory, &ways[i], x, y, channels)) continue;
                assert_memory_equal(whole, y, sizeof *y * (size_t)(H * W * channels));
                tried++;
            }
            assert_true(tried > 3);
            memcpy(y, x, sizeof y); // in place
            assert_true(cleaned(m, 0, &ways[i], y, y, channels));
            assert_memory_equal(whole, y, sizeof *y * (size_t)(H * W * channels));
        }
        hg_model_free(m);
    }
}

static void nothing_is_taken_away_at_0_and_all_of_it_at_1(void **state) {
    (void)state;
    static float x[H * W], y[H * W], all[H * W];
    const way none = {0, 0, 0}, half = {0.5, 0, 0}, usual = {1, 0, 0};
    for (int32_t level = 0; level <= 1; level++) {
        hg_model *m = made(level ? with_level : without, 1, level);
        draw(x, 1);
        assert_true(cleaned(m, 0, &none, x, y, 1));
        assert_memory_equal(x, y, sizeof x);
        assert_true(cleaned(m, 0, &usual, x, all, 1));
        assert_true(cleaned(m, 0, &half, x, y, 1));
        for (int32_t i = 0; !level && i < H * W; i++) { // mixed
            assert_true(fabsf(y[i] - 0.5F * (x[i] + all[i])) < 1e-6F);
        }
        hg_model_free(m);
    }
}

// What (1 4 6 4 1) / 16 along both sides leaves of x - y, mirrored at the edges.
static double blurred(const float *x, const float *y, int32_t i, int32_t j) {
    static const double weight[] = {1.0 / 16, 4.0 / 16, 6.0 / 16, 4.0 / 16, 1.0 / 16};
    double sum = 0;
    for (int32_t k = -2; k <= 2; k++) {
        for (int32_t l = -2; l <= 2; l++) {
            int32_t a = abs(i + k), b = abs(j + l);
            if (a >= H) a = 2 * (H - 1) - a;
            if (b >= W) b = 2 * (W - 1) - b;
            sum += weight[k + 2] * weight[l + 2] * ((double)x[a * W + b] - (double)y[a * W + b]);
        }
    }
    return sum;
}

static void detail_is_the_fine_luma_that_was_taken(void **state) {
    (void)state;
    static float x[H * W], y[H * W], got[H * W];
    const way usual = {1, 0, 0}, fine = {1, 0, 0.5};
    hg_model *m = made(without, 1, false);
    draw(x, 1);
    assert_true(cleaned(m, 0, &usual, x, y, 1));
    assert_true(cleaned(m, 0, &fine, x, got, 1));
    for (int32_t i = 0; i < H; i++) {
        for (int32_t j = 0; j < W; j++) {
            const int32_t at = i * W + j;
            const double taken = (double)x[at] - (double)y[at];
            const double want = (double)y[at] + 0.5 * (taken - blurred(x, y, i, j));
            assert_true(fabs((double)got[at] - want) < 1e-5);
        }
    }
    hg_model_free(m);
}

static void the_level_is_said_where_it_was_estimated(void **state) {
    (void)state;
    static float x[H * W], y[H * W];
    const way usual = {1, 0, 0}, told = {1, 30, 0};
    hg_model *m = made(with_level, 1, true), *other = made(without, 1, false);
    const hg_pixels from = pixels(x, 1), to = pixels(y, 1);
    draw(x, 1);
    hg_denoiser *d = opened(m, 0, &usual);
    assert_true(isnan(hg_denoiser_level(d)));
    assert_int_equal(hg_denoise_pixels(d, &from, &to, NULL), HG_OK);
    assert_true(hg_denoiser_level(d) >= 0);
    assert_int_equal(hg_denoiser_set(d, told.strength, told.sigma, 0, NULL), HG_OK);
    assert_int_equal(hg_denoise_pixels(d, &from, &to, NULL), HG_OK);
    assert_true(isnan(hg_denoiser_level(d)));
    hg_denoiser_free(d);
    d = opened(other, 0, &usual);
    assert_int_equal(hg_denoise_pixels(d, &from, &to, NULL), HG_OK);
    assert_true(isnan(hg_denoiser_level(d)));
    hg_denoiser_free(d);
    hg_model_free(m);
    hg_model_free(other);
}

static void expect_refused(hg_denoiser *d, way w, const char *sentence) {
    hg_error err = {0};
    assert_int_equal(hg_denoiser_set(d, w.strength, w.sigma, w.detail, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, sentence);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    const way usual = {1, 0, 0};
    hg_model *m = made(with_level, 3, true), *other = made(without, 1, false);
    hg_model *all = made("keep 1, conv 4 p1, groupnorm 1 relu | conv input p1, add 1", 1, false);
    hg_denoiser *d = opened(m, 0, &usual);
    expect_refused(d, (way){2.5, 0, 0}, "strength: expected 0 to 2, got 2.5");
    expect_refused(d, (way){(double)NAN, 0, 0}, "strength: expected 0 to 2, got nan");
    expect_refused(d, (way){1, 0, -1}, "detail: expected 0 to 1, got -1");
    expect_refused(d, (way){1, 300, 0}, "sigma: expected up to 255 grey levels of 8 bits, got 300");
    hg_denoiser_free(d);
    d = opened(other, 0, &usual);
    expect_refused(d, (way){1.5, 0, 0},
                   "strength: expected 0 to 1 for a model without a level of noise (trained with "
                   "level=), got 1.5");
    expect_refused(d, (way){1, 10, 0},
                   "sigma: expected a model that can be told the level of noise (trained with "
                   "level=), got one without");
    hg_denoiser_free(d);
    d = opened(all, 0, &usual);
    expect_refused(
        d, (way){1, 0, 0.5},
        "detail: expected a model that sees a neighbourhood, got one that sees the whole "
        "picture (groupnorm)");
    hg_denoiser_free(d);
    hg_model_free(m);
    hg_model_free(other);
    hg_model_free(all);
}

static void a_file_keeps_the_level(void **state) {
    (void)state;
    size_t size;
    hg_error err = {0};
    hg_model *m = made(with_level, 3, true);
    void *bytes = hg_model_save_memory(m, &size, &err);
    assert_non_null(bytes);
    hg_model *again = hg_model_load_memory(bytes, size, &err);
    if (!again) fail_msg("%s", err.message);
    assert_true(again && again->net.has_level);
    hg_bytes_free(bytes);
    hg_model_free(again);
    hg_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_leave_no_trace),
        cmocka_unit_test(nothing_is_taken_away_at_0_and_all_of_it_at_1),
        cmocka_unit_test(detail_is_the_fine_luma_that_was_taken),
        cmocka_unit_test(the_level_is_said_where_it_was_estimated),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_file_keeps_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
