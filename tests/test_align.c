// SPDX-License-Identifier: Apache-2.0
// test_align.c - drawn parts, turned and shifted by known amounts, are brought back; and it is told where that is of no use.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "base/rng.h"
#include "parts/align.h"

#include <cmocka.h>

enum { SIDE = 160, PARTS = 8 };

static double unit(uint32_t a, uint32_t b) { // evenly in -1 .. 1
    return 2 * (double)hg__unit_float(hg__philox_run(11, a, b, 0, 0).word[0]) - 1;
}

// How far (x, y) is inside a box around (cx, cy), from 0 to 1 over a pixel.
static double box(double x, double y, double cx, double cy, double w, double h) {
    const double d = fmin(w - fabs(x - cx), h - fabs(y - cy)) + 0.5;
    return d < 0 ? 0 : d > 1 ? 1 : d;
}

static double disc(double x, double y, double cx, double cy, double r) {
    const double d = r - sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy)) + 0.5;
    return d < 0 ? 0 : d > 1 ? 1 : d;
}

typedef double shape(double x, double y);

// A bracket: two arms, a hole, a nose.
static double bracket(double x, double y) {
    double v = 0.75 - 0.45 * fmax(box(x, y, 0, 12, 42, 11), box(x, y, -30, -10, 11, 30));
    v += 0.4 * disc(x, y, 24, 12, 6);
    v -= 0.25 * disc(x, y, 20, -8, 9);
    return v + 0.05 * hg__sin_turn(x / 9) * box(x, y, 0, 12, 42, 11);
}

// A screw: a head, a shaft with a thread, a tip.
static double screw(double x, double y) {
    double v = 0.8 - 0.5 * box(x, y, 8, 0, 38, 5 + 1.5 * hg__sin_turn(x / 6));
    v -= 0.4 * box(x, y, -36, 0, 7, 13) * (1 - 0.5 * box(x, y, -38, 0, 2, 13));
    return v;
}

static void draw(hg__raster *r, shape *what, const hg__pose *pose, uint32_t number, double noise) {
    const double sine = hg__sin_turn(pose->turn), cosine = hg__cos_turn(pose->turn);
    for (int32_t i = 0; i < r->height; i++) {
        for (int32_t j = 0; j < r->width; j++) {
            const double y = i - 0.5 * (r->height - 1) - pose->dy;
            const double x = j - 0.5 * (r->width - 1) - pose->dx;
            const double v = what(cosine * x + sine * y, cosine * y - sine * x);
            const uint32_t at = (uint32_t)(i * r->width + j);
            *hg__raster_pixel(r, i, j) = (float)(v + noise * unit(at, number));
        }
    }
}

// Light that falls from another side in each picture, up to `amount` darker or lighter at the edges.
static void light(hg__raster *r, uint32_t number, double amount) {
    const double down = amount * unit(number, 3000) / (0.5 * SIDE);
    const double across = amount * unit(number, 3001) / (0.5 * SIDE);
    for (int32_t i = 0; i < r->height; i++) {
        for (int32_t j = 0; j < r->width; j++) {
            const double d = down * (i - 0.5 * r->height) + across * (j - 0.5 * r->width);
            *hg__raster_pixel(r, i, j) += (float)d;
        }
    }
}

static hg__raster drawn(shape *what, const hg__pose *pose, uint32_t number, double noise) {
    hg__raster r;
    assert_int_equal(hg__raster_init(&r, SIDE, SIDE, 1, NULL), HG_OK);
    draw(&r, what, pose, number, noise);
    return r;
}

static hg__pose drawn_pose(uint32_t k, double turn, double shift) {
    return (hg__pose){turn * unit(k, 1000), shift * unit(k, 1001), shift * unit(k, 1002)};
}

// Of parts turned and shifted by up to so much.
typedef struct table {
    double turn, shift, noise, light;
} table;

static const table straight_table = {0.001, 0.3, 0.1, 0};
static const table any_table = {0.5, 10, 0.05, 0};

static hg__alignment fitted(shape *what, const table *t, int32_t threads) {
    hg__alignment a;
    hg__aligner *fit = hg__aligner_new(NULL);
    hg__pool *pool = hg__pool_new(threads, NULL);
    assert_true(fit && pool);
    for (uint32_t k = 0; k < PARTS; k++) {
        const hg__pose pose = drawn_pose(k, t->turn, t->shift);
        hg__raster r = drawn(what, &pose, k, t->noise);
        light(&r, k, t->light);
        assert_int_equal(hg__aligner_add(fit, &r, NULL), HG_OK);
        hg__raster_clear(&r);
    }
    assert_int_equal(hg__aligner_run(fit, pool, &a, NULL), HG_OK);
    hg__aligner_free(fit);
    hg__pool_free(pool);
    return a;
}

static double turn_between(double a, double b) { // in degrees
    const double d = a - b - floor(a - b + 0.5);
    return 360 * fabs(d);
}

typedef struct worst {
    double turn, shift, score; // degrees, pixels
} worst;

// The frame is the mean's own: its middle is `middle` off the drawn part's, and it is turned by base->turn.
static void compare(const hg__pose *found, const hg__pose *base, const hg__pose *truth, worst *w) {
    const double half = 0.5 * (SIDE - 1);
    const hg__pose back = hg__pose_inverse(base);
    const hg__point middle = hg__pose_place(&back, SIDE, SIDE, SIDE, SIDE, (hg__point){half, half});
    const hg__point at = hg__pose_place(found, SIDE, SIDE, SIDE, SIDE, middle);
    const double dy = at.y - half - truth->dy, dx = at.x - half - truth->dx;
    w->turn = fmax(w->turn, turn_between(found->turn - base->turn, truth->turn));
    w->shift = fmax(w->shift, sqrt(dy * dy + dx * dx));
}

static hg__pose found_in(const hg__alignment *a, const hg__raster *r, double *score) {
    hg__pose pose;
    assert_int_equal(hg__align_find(a, r, &pose, score, NULL), HG_OK);
    return pose;
}

// New parts at any angle, against one that lies straight.
static void expect_found(shape *what, double noise, double side_light) {
    const table t = {0.5, 14, noise, side_light};
    hg__alignment a = fitted(what, &t, 2);
    worst w = {.score = 1};
    const hg__pose straight = {0};
    hg__pose base = {0};
    for (uint32_t k = 0; k < 12; k++) {
        const hg__pose truth = k ? drawn_pose(100 + k, 0.5, 14) : straight;
        double score;
        hg__raster r = drawn(what, &truth, 100 + k, noise);
        light(&r, 100 + k, side_light);
        const hg__pose found = found_in(&a, &r, &score);
        hg__raster_clear(&r);
        w.score = fmin(w.score, score);
        if (k == 0) base = found;
        compare(&found, &base, &truth, &w);
    }
    print_message(
        "worst: %.2f degrees, %.2f pixels, score %.3f; explained %.3f, then %.3f, kept %.3f\n",
        w.turn, w.shift, w.score, a.before, a.after, a.kept);
    assert_true(w.turn < 1 && w.shift < 1);
    assert_true(a.after > a.before + 0.5 && a.kept > 0.92);
    assert_int_equal(hg__align_use_of(&a), HG_ALIGN_NEEDED);
    hg__alignment_clear(&a);
}

static void parts_at_any_angle_are_found_within_a_degree_and_a_pixel(void **state) {
    (void)state;
    expect_found(bracket, 0.05, 0.4);
    expect_found(bracket, 0.25, 0);
    expect_found(screw, 0.05, 0.4);
    expect_found(screw, 0.25, 0);
}

static void parts_in_their_place_stay_there(void **state) {
    (void)state;
    hg__alignment a = fitted(bracket, &straight_table, 1);
    assert_int_equal(hg__align_use_of(&a), HG_ALIGN_AS_IS);
    assert_true(a.before > 0.8 && a.turn * 360 < 1 && a.shift < 1);
    hg__alignment_clear(&a);
}

// Waves in all directions, other ones in each picture.
static uint32_t surface_number;
static double surface(double x, double y) {
    double v = 0.5;
    for (uint32_t k = 0; k < 12; k++) {
        const uint32_t n = surface_number * 16 + k;
        const double fx = 0.1 * unit(n, 2000), fy = 0.1 * unit(n, 2001);
        v += 0.05 * hg__sin_turn(fx * x + fy * y + unit(n, 2002));
    }
    return v;
}

static void surfaces_have_nothing_to_be_aligned_by(void **state) {
    (void)state;
    hg__alignment a;
    const hg__pose straight = {0};
    hg__aligner *fit = hg__aligner_new(NULL);
    hg__pool *pool = hg__pool_new(2, NULL);
    for (uint32_t k = 0; k < PARTS; k++) {
        surface_number = k;
        hg__raster r = drawn(surface, &straight, k, 0.02);
        assert_int_equal(hg__aligner_add(fit, &r, NULL), HG_OK);
        hg__raster_clear(&r);
    }
    assert_int_equal(hg__aligner_run(fit, pool, &a, NULL), HG_OK);
    print_message("explained %.3f, then %.3f\n", a.before, a.after);
    assert_int_equal(hg__align_use_of(&a), HG_ALIGN_NONE);
    hg__alignment_clear(&a);
    hg__aligner_free(fit);
    hg__pool_free(pool);
}

// They lie on top of each other once they are shifted, but there is no part that would lie in its place.
static void crops_of_one_surface_are_not_aligned(void **state) {
    (void)state;
    const table crops = {0, SIDE / 2.0, 0.02, 0};
    surface_number = 0;
    hg__alignment a = fitted(surface, &crops, 2);
    print_message("explained %.3f, then %.3f; in the frame %.3f\n", a.before, a.after, a.kept);
    assert_true(hg__alignment_holds(&a) && a.kept < 0.88);
    assert_int_equal(hg__align_use_of(&a), HG_ALIGN_NONE);
    hg__alignment_clear(&a);
}

// What a file keeps: the frame's size and the mean.
static hg__alignment kept(const hg__alignment *a) {
    hg__alignment b = {.height = a->height, .width = a->width};
    const hg__raster *m = &a->mean;
    assert_int_equal(hg__raster_init(&b.mean, m->height, m->width, 1, NULL), HG_OK);
    for (size_t i = 0; i < hg__raster_count(m); i++) {
        b.mean.at[i] = (float)(int32_t)(m->at[i] * 65536) / 65536;
    }
    assert_int_equal(hg__alignment_prepare(&b, NULL), HG_OK);
    return b;
}

static uint64_t hash_of(const hg__alignment *a, const hg__pose *pose) {
    uint64_t h = 14695981039346656037U;
    const uint8_t *bytes = (const uint8_t *)a->mean.at;
    for (size_t i = 0; i < hg__raster_count(&a->mean) * sizeof(float); i++) {
        h = (h ^ bytes[i]) * 1099511628211U;
    }
    bytes = (const uint8_t *)pose;
    for (size_t i = 0; i < sizeof *pose; i++) h = (h ^ bytes[i]) * 1099511628211U;
    return h;
}

// On any machine, with any compiler, by any number of threads, and by what a file keeps.
static void the_bits_are_always_the_same(void **state) {
    (void)state;
    hg__alignment a = fitted(screw, &any_table, 1), b = fitted(screw, &any_table, 3);
    hg__alignment c = kept(&a);
    const hg__pose truth = drawn_pose(77, 0.5, 10);
    double score[3];
    hg__raster r = drawn(screw, &truth, 77, 0.05);
    const hg__pose one = found_in(&a, &r, &score[0]), two = found_in(&b, &r, &score[1]);
    const hg__pose three = found_in(&c, &r, &score[2]);
    assert_memory_equal(&one, &two, sizeof one);
    assert_memory_equal(&one, &three, sizeof one);
    assert_memory_equal(a.mean.at, b.mean.at, hg__raster_count(&a.mean) * sizeof(float));
    assert_true(score[0] == score[1] && score[0] == score[2]);
    const uint64_t bits = hash_of(&a, &one);
    assert_true(bits == 0x8a9dcb9432500418);
    hg__raster_clear(&r);
    hg__alignment_clear(&a);
    hg__alignment_clear(&b);
    hg__alignment_clear(&c);
}

static hg__alignment kept_bracket; // fitted once for the tests below

static hg__alignment any_bracket(void) {
    if (!hg__alignment_has(&kept_bracket)) kept_bracket = fitted(bracket, &any_table, 1);
    return kept(&kept_bracket);
}

static int clear_bracket(void **state) {
    (void)state;
    hg__alignment_clear(&kept_bracket);
    return 0;
}

static void a_broken_part_is_found_too(void **state) {
    (void)state;
    hg__alignment a = any_bracket();
    const hg__pose truth = {0.3, 6, -9};
    double score[2];
    hg__raster r = drawn(bracket, &truth, 500, 0.05);
    const hg__pose whole = found_in(&a, &r, &score[0]);
    for (int32_t y = 60; y < 84; y++) {
        for (int32_t x = 50; x < 72; x++) *hg__raster_pixel(&r, y, x) = 0.95F;
    }
    const hg__pose broken = found_in(&a, &r, &score[1]);
    assert_true(turn_between(whole.turn, broken.turn) < 3);
    assert_true(fabs(whole.dy - broken.dy) + fabs(whole.dx - broken.dx) < 3);
    assert_true(score[1] < score[0] - 0.01);
    hg__raster_clear(&r);
    hg__alignment_clear(&a);
}

// Larger pictures of the same scale: the pose is against the picture's middle.
static void pictures_of_other_sizes_are_found(void **state) {
    (void)state;
    hg__alignment a = any_bracket();
    const hg__pose truth = {0.2, 12, -7};
    hg__raster large, small = drawn(bracket, &truth, 3, 0.05);
    double score;
    assert_int_equal(hg__raster_init(&large, 181, 240, 1, NULL), HG_OK);
    draw(&large, bracket, &truth, 3, 0.05);
    const hg__pose one = found_in(&a, &small, &score), two = found_in(&a, &large, &score);
    assert_true(turn_between(one.turn, two.turn) < 1 && score > 0.9);
    assert_true(fabs(one.dy - two.dy) + fabs(one.dx - two.dx) < 1);
    hg__raster_clear(&small);
    hg__raster_clear(&large);
    hg__alignment_clear(&a);
}

static void one_value_lies_as_it_is(void **state) {
    (void)state;
    hg__alignment a = any_bracket();
    static const int32_t sides[][2] = {
        {SIDE, SIDE},
        {1,    1   },
        {1,    200 },
        {3,    2   }
    };
    for (int k = 0; k < 4; k++) {
        hg__raster r;
        double score = 9;
        assert_int_equal(hg__raster_init(&r, sides[k][0], sides[k][1], 3, NULL), HG_OK);
        const hg__pose pose = found_in(&a, &r, &score);
        assert_true(score == 0 && pose.turn == 0 && pose.dy == 0 && pose.dx == 0);
        hg__raster_clear(&r);
    }
    hg__alignment_clear(&a);
}

static void of_many_pictures_some_are_kept(void **state) {
    (void)state;
    hg__alignment a;
    hg__aligner *fit = hg__aligner_new(NULL);
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__raster r;
    assert_int_equal(hg__raster_init(&r, 12, 9, 1, NULL), HG_OK);
    for (uint32_t k = 0; k < 3 * HG_ALIGN_KEPT; k++) {
        for (uint32_t i = 0; i < 12 * 9; i++) {
            r.at[i] = (float)(0.5 + 0.2 * unit(i, 1) + 0.01 * unit(i, k + 2));
        }
        assert_int_equal(hg__aligner_add(fit, &r, NULL), HG_OK);
    }
    assert_int_equal(hg__aligner_run(fit, pool, &a, NULL), HG_OK);
    assert_int_equal(hg__align_use_of(&a), HG_ALIGN_AS_IS);
    assert_true(a.before > 0.9);
    hg__alignment_clear(&a);
    hg__aligner_free(fit);
    hg__pool_free(pool);
    hg__raster_clear(&r);
}

static void one_picture_explains_nothing(void **state) {
    (void)state;
    hg__alignment a;
    const hg__pose straight = {0};
    hg__aligner *fit = hg__aligner_new(NULL);
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__raster r = drawn(bracket, &straight, 1, 0.05);
    assert_int_equal(hg__aligner_add(fit, &r, NULL), HG_OK);
    assert_int_equal(hg__aligner_run(fit, pool, &a, NULL), HG_OK);
    assert_int_equal(hg__align_use_of(&a), HG_ALIGN_NONE);
    assert_true(a.before == 0 && a.after == 0);
    hg__alignment_clear(&a);
    hg__aligner_free(fit);
    hg__pool_free(pool);
    hg__raster_clear(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_at_any_angle_are_found_within_a_degree_and_a_pixel),
        cmocka_unit_test(parts_in_their_place_stay_there),
        cmocka_unit_test(surfaces_have_nothing_to_be_aligned_by),
        cmocka_unit_test(crops_of_one_surface_are_not_aligned),
        cmocka_unit_test(the_bits_are_always_the_same),
        cmocka_unit_test(a_broken_part_is_found_too),
        cmocka_unit_test(pictures_of_other_sizes_are_found),
        cmocka_unit_test(one_value_lies_as_it_is),
        cmocka_unit_test(of_many_pictures_some_are_kept),
        cmocka_unit_test(one_picture_explains_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, clear_bracket);
}
