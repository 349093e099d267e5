// SPDX-License-Identifier: Apache-2.0
// test_usual.c - how unusual a distance is: the share of normal ones that lie farther out, rising, and little of what nobody knows.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "monitor/usual.h"

#include <cmocka.h>

enum { COUNT = 20000 };
static float distance[COUNT];

static void draw(int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const float u = hg__unit_float(hg__philox_run(9, (uint32_t)i, 0, 0, 0).word[0]);
        distance[i] = u * u;
    }
}

static void evidence_is_of_the_share_that_lies_farther_out(void **state) {
    (void)state;
    hg__usual u;
    draw(COUNT);
    hg__usual_fit(&u, distance, COUNT);
    // The root of a distance is uniform: a share of p lies below p^2.
    for (int p = 5; p <= 95; p += 5) {
        const float share = (float)p / 100;
        const double want = -log10(1 - (double)share);
        assert_true(fabs((double)hg__usual_evidence(&u, share * share) - want) < 0.03);
    }
    for (int64_t i = 1; i < COUNT; i++) assert_true(distance[i] >= distance[i - 1]);
}

static void a_larger_distance_says_no_less(void **state) {
    (void)state;
    hg__usual u;
    draw(COUNT);
    hg__usual_fit(&u, distance, COUNT);
    float last = 0;
    for (int i = 0; i < 5000; i++) {
        const float e = hg__usual_evidence(&u, (float)i / 100);
        assert_true(e >= last && isfinite(e));
        last = e;
    }
    assert_true(hg__usual_evidence(&u, 0) <= 0);
}

// Of what is once in a hundred thousand steps nobody knows how rare it is.
static void what_nobody_knows_counts_a_tenth(void **state) {
    (void)state;
    hg__usual u = {.spread = 1};
    for (int k = 0; k < HG_USUAL_SHARES; k++) u.at[k] = (float)k;
    float at[4];
    for (int k = 0; k < 4; k++) {
        const float x = k < 2 ? 11 + (float)k : 40 + (float)k;
        at[k] = hg__usual_evidence(&u, x * x);
    }
    const double near = (double)at[1] - (double)at[0], far = (double)at[3] - (double)at[2];
    assert_true(fabs(far / near - 0.1) < 1e-3);
}

static void few_distances_and_equal_ones_are_fine(void **state) {
    (void)state;
    hg__usual u;
    for (int64_t count = 0; count < 30; count++) {
        for (int is_equal = 0; is_equal < 2; is_equal++) {
            draw(count);
            for (int64_t i = 0; i < count && is_equal; i++) distance[i] = 0;
            hg__usual_fit(&u, distance, count);
            assert_true(u.spread > 0);
            for (int k = 1; k < HG_USUAL_SHARES; k++) assert_true(u.at[k] >= u.at[k - 1]);
            assert_true(isfinite(hg__usual_evidence(&u, 0)));
            assert_true(isfinite(hg__usual_evidence(&u, 0.5F)));
            assert_true(isfinite(hg__usual_evidence(&u, 1e30F)));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_is_of_the_share_that_lies_farther_out),
        cmocka_unit_test(a_larger_distance_says_no_less),
        cmocka_unit_test(what_nobody_knows_counts_a_tenth),
        cmocka_unit_test(few_distances_and_equal_ones_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
