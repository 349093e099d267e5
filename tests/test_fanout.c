// SPDX-License-Identifier: Apache-2.0
// test_fanout.c - how many distinct ones there were lately: near the truth, and forgotten in time.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "traffic/fanout.h"
#include "traffic/mix.h"

#include <cmocka.h>

#define SPAN INT64_C(1000)
static const double standard_error = 0.13;

// Of ten hosts at a time, from 1 to 10000: none is further off than three standard errors, nearly all within two.
static void estimates_are_within_three_standard_errors(void **state) {
    (void)state;
    enum { MOST = 10000, SEEDS = 10 };
    int looks = 0, far = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        hg__fanout f = {0};
        uint64_t next = 1;
        for (uint64_t n = 1; n <= MOST; n++) {
            hg__fanout_add(&f, hg__mix(n, seed));
            if (n < 10) assert_true(fabs((double)f.count - (double)n) <= 2);
            if (n != next) continue;
            const double error = fabs((double)f.count - (double)n) / (double)n;
            if (n >= 10) assert_true(error <= 3 * standard_error);
            far += error > 2 * standard_error && n >= 10;
            looks++;
            next = next * 3 / 2 + 1;
        }
    }
    assert_true(far * 10 < looks);
}

static void the_same_again_changes_nothing(void **state) {
    (void)state;
    hg__fanout f = {0};
    for (uint64_t n = 0; n < 100; n++) hg__fanout_add(&f, hg__mix(n, 1));
    const hg__fanout before = f;
    for (uint64_t n = 0; n < 10000; n++) hg__fanout_add(&f, hg__mix(n % 100, 1));
    assert_memory_equal(&f, &before, sizeof f);
}

static void what_came_in_the_span_before_still_counts(void **state) {
    (void)state;
    hg__fanout f = {0};
    hg__fanout_turn(&f, 5 * SPAN + 7, SPAN);
    for (uint64_t n = 0; n < 50; n++) hg__fanout_add(&f, hg__mix(n, 2));
    const float before = f.count;
    hg__fanout_turn(&f, 6 * SPAN - 1, SPAN);
    assert_true(f.count == before);
    hg__fanout_turn(&f, 6 * SPAN, SPAN);
    assert_true(f.count == before);
    for (uint64_t n = 50; n < 100; n++) hg__fanout_add(&f, hg__mix(n, 2));
    assert_true(f.count > before * 1.5F);
    hg__fanout_turn(&f, 7 * SPAN, SPAN); // the first fifty are forgotten
    assert_true(f.count < 75 && f.count > 30);
}

static void what_is_two_spans_old_is_forgotten(void **state) {
    (void)state;
    for (int64_t later = 2; later < 1000; later *= 3) {
        hg__fanout f = {0};
        hg__fanout_turn(&f, 5 * SPAN, SPAN);
        for (uint64_t n = 0; n < 500; n++) hg__fanout_add(&f, hg__mix(n, 3));
        hg__fanout_turn(&f, (5 + later) * SPAN, SPAN);
        assert_true(f.count == 0);
        hg__fanout_add(&f, hg__mix(1, 3));
        assert_true(f.count > 0 && f.count < 3);
    }
}

static void every_hash_is_taken(void **state) {
    (void)state;
    const uint64_t hash[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63, 63, 64};
    hg__fanout f = {0};
    for (int i = 0; i < 6; i++) hg__fanout_add(&f, hash[i]);
    assert_true(f.count > 0 && isfinite(f.count));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_are_within_three_standard_errors),
        cmocka_unit_test(the_same_again_changes_nothing),
        cmocka_unit_test(what_came_in_the_span_before_still_counts),
        cmocka_unit_test(what_is_two_spans_old_is_forgotten),
        cmocka_unit_test(every_hash_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
