// SPDX-License-Identifier: Apache-2.0
// test_temporal.c - the running average of video: long where nothing changes, new where something does.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "backend/pool.h"
#include "base/mem.h"
#include "base/rng.h"
#include "restore/temporal.h"

#include <cmocka.h>

enum { HEIGHT = 67, WIDTH = 94, MOST = HEIGHT * WIDTH * 3, FRAMES = 12 };
static float scene[MOST], seen[MOST], other[MOST];

// About Gaussian, of deviation 1.
static float noise_at(uint32_t frame, uint32_t i) {
    const hg__philox p = hg__philox_run(7, i, frame, 0, 0);
    float sum = 0;
    for (int32_t k = 0; k < 4; k++) sum += (float)(p.word[k] >> 8) / 16777216.0F - 0.5F;
    return sum * sqrtf(3);
}

static void draw(const hg__frame *f, int32_t object, float light) {
    for (int32_t y = 0; y < f->height; y++) {
        for (int32_t x = 0; x < f->width; x++) {
            const bool is_object = x >= object && x < object + 20 && y >= 20 && y < 40;
            for (int32_t c = 0; c < f->channels; c++) {
                const float back = 0.3F + 0.4F * (float)(x + y) / (WIDTH + HEIGHT);
                scene[(y * f->width + x) * f->channels + c] = light * (is_object ? 0.9F : back);
            }
        }
    }
}

// A frame through the average, and what is clean told to it.
static const float *step(hg__temporal *t, const hg__frame *f, uint32_t frame) {
    float *x = hg__temporal_input(t);
    for (uint32_t i = 0; i < hg__frame_samples(f); i++) {
        x[i] = scene[i] + 0.08F * noise_at(frame, i);
    }
    const float *y = hg__temporal_average(t);
    memcpy(seen, y, hg__frame_samples(f) * sizeof *y);
    hg__temporal_learn(t, scene);
    return seen;
}

static hg__temporal *open_one(hg__pool *p, const hg__frame *f) {
    hg_error err = {0};
    hg__temporal *t = hg__temporal_new(p, f, 16, &err);
    if (!t) fail_msg("%s", err.message);
    return t;
}

static void noise_falls_where_nothing_moves(void **state) {
    (void)state;
    hg__pool *p = hg__pool_new(1, NULL);
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        const hg__frame f = {HEIGHT, WIDTH, channels};
        hg__temporal *t = open_one(p, &f);
        draw(&f, 30, 1);
        const double first = hg__psnr(&f, step(t, &f, 0), scene);
        double last = 0, before, after;
        assert_false(hg__temporal_flicker(t, &before, &after));
        for (uint32_t i = 1; i < FRAMES; i++) last = hg__psnr(&f, step(t, &f, i), scene);
        assert_true(last > first + 5);
        assert_true(hg__temporal_flicker(t, &before, &after));
        assert_true(before > 0.04 && before < 0.12 && after < 1e-6);
        hg__temporal_free(t);
    }
    hg__pool_free(p);
}

static void what_moves_leaves_no_trace(void **state) {
    (void)state;
    hg__pool *p = hg__pool_new(1, NULL);
    const hg__frame f = {HEIGHT, WIDTH, 3};
    hg__temporal *t = open_one(p, &f);
    for (int32_t i = 0; i < FRAMES; i++) {
        draw(&f, 4 + 5 * i, 1);
        step(t, &f, (uint32_t)i);
    }
    double sum = 0; // where it was in the frame before, and is no more
    for (int32_t y = 20; y < 40; y++) {
        for (int32_t x = 4 + 5 * (FRAMES - 2); x < 4 + 5 * (FRAMES - 1); x++) {
            const int32_t at = (y * WIDTH + x) * 3;
            sum += (double)(seen[at] - scene[at]) / (20 * 5);
        }
    }
    assert_true(fabs(sum) < 0.02); // of 0.4 or more
    hg__temporal_free(t);
    hg__pool_free(p);
}

static void a_cut_begins_anew_and_light_does_not(void **state) {
    (void)state;
    hg__pool *p = hg__pool_new(1, NULL);
    const hg__frame f = {HEIGHT, WIDTH, 3};
    hg__temporal *t = open_one(p, &f);
    draw(&f, 30, 1);
    for (uint32_t i = 0; i < FRAMES; i++) step(t, &f, i);
    draw(&f, 30, 0.85F);
    const double dimmed = hg__psnr(&f, step(t, &f, FRAMES), scene);
    assert_true(dimmed > 27); // noise alone is 21.9 dB
    for (int32_t i = 0; i < MOST; i++) scene[i] = i / 3 / 8 % 2 ? 0.1F : 0.8F;
    step(t, &f, FRAMES + 1);
    assert_memory_equal(seen, hg__temporal_input(t), sizeof seen);
    step(t, &f, FRAMES + 2);
    assert_memory_not_equal(seen, hg__temporal_input(t), sizeof seen);
    hg__temporal_reset(t);
    step(t, &f, FRAMES + 3);
    assert_memory_equal(seen, hg__temporal_input(t), sizeof seen);
    hg__temporal_free(t);
    hg__pool_free(p);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    hg__pool *one = hg__pool_new(1, NULL), *three = hg__pool_new(3, NULL);
    const hg__frame f = {HEIGHT, WIDTH, 3};
    hg__temporal *a = open_one(one, &f), *b = open_one(three, &f);
    const uint64_t count = hg__alloc_count();
    for (int32_t i = 0; i < 6; i++) {
        draw(&f, 10 + 3 * i, 1 - 0.02F * (float)i);
        memcpy(other, step(a, &f, (uint32_t)i), sizeof other);
        assert_memory_equal(step(b, &f, (uint32_t)i), other, sizeof other);
    }
    assert_int_equal(hg__alloc_count(), count);
    hg__temporal_free(a);
    hg__temporal_free(b);
    hg__pool_free(one);
    hg__pool_free(three);
}

static void any_size_and_any_number_pass(void **state) {
    (void)state;
    static const int32_t sides[] = {1, 2, 3, 5, 17};
    hg__pool *p = hg__pool_new(1, NULL);
    for (int32_t i = 0; i < 25; i++) {
        const hg__frame f = {sides[i / 5], sides[i % 5], i % 2 ? 3 : 1};
        const uint64_t before = hg__alloc_bytes();
        hg__temporal *t = open_one(p, &f);
        assert_true(hg__alloc_bytes() - before <= hg__temporal_bytes(&f));
        for (uint32_t k = 0; k < 5; k++) {
            const float far = k == 2 ? -1e30F : k == 3 ? 1e38F : 0.5F;
            for (size_t j = 0; j < hg__frame_samples(&f); j++) scene[j] = k ? far : 0;
            step(t, &f, k);
        }
        hg__temporal_free(t);
    }
    hg__pool_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_falls_where_nothing_moves),
        cmocka_unit_test(what_moves_leaves_no_trace),
        cmocka_unit_test(a_cut_begins_anew_and_light_does_not),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(any_size_and_any_number_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
