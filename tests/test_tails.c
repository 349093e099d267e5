// SPDX-License-Identifier: Apache-2.0
// test_tails.c - quantities by context: how large is usual, folds, bounds, and the same after a model file.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/mix.h"
#include "traffic/tails.h"

#include <cmocka.h>

enum { ROOM = 1000, TIMES = 800 };

static hg__tails *new_tails(int64_t most) {
    hg__tails *t = hg__tails_new(most, NULL);
    assert_non_null(t);
    return t;
}

static hg__measured measured(uint64_t context, double amount) {
    return (hg__measured){.contexts = 1, .context = {context}, .amount = amount};
}

static void add(hg__tails *t, uint64_t context, double amount, int32_t fold) {
    const hg__measured m = measured(context, amount);
    assert_int_equal(hg__tails_add(t, &m, fold, NULL), HG_OK);
}

static hg__surprise ask(const hg__tails *t, uint64_t context, double amount, int32_t without) {
    const hg__measured m = measured(context, amount);
    return hg__tails_surprise(t, &m, without);
}

// 0, then from 0.1 on in steps by that factor.
static double amount_at(int i, double factor) {
    double x = 0.1;
    for (int k = 1; k < i; k++) x *= factor;
    return i == 0 ? 0 : x;
}

static void bins_are_half_octaves_that_ascend_and_take_any_number(void **state) {
    (void)state;
    int32_t last = 0;
    assert_int_equal(hg__tail_bin(0), 0);
    for (int i = 0; i < 1500; i++) {
        const double x = amount_at(i, 1.02);
        const int32_t bin = hg__tail_bin(x);
        assert_true(bin >= last && (bin <= last + 1 || x > 0x1p30) && bin < HG_TAIL_BINS);
        last = bin;
    }
    assert_int_equal(last, HG_TAIL_BINS - 1);
    assert_int_equal(hg__tail_bin(2), hg__tail_bin(2.8));
    assert_int_equal(hg__tail_bin(2.9), hg__tail_bin(2) + 1);
    assert_int_equal(hg__tail_bin(4), hg__tail_bin(2) + 2);
    const double odd[] = {-1, 1e300, (double)INFINITY, (double)NAN};
    for (int i = 0; i < 4; i++) {
        assert_in_range(hg__tail_bin(odd[i]), 0, HG_TAIL_BINS - 1);
    }
}

static void what_is_larger_than_ever_surprises_and_what_is_small_does_not(void **state) {
    (void)state;
    hg__tails *t = new_tails(ROOM);
    for (uint64_t i = 0; i < TIMES; i++) add(t, 1, (double)(hg__mix(i, 1) % 100), (int32_t)(i % 8));
    hg__tails_freeze(t);
    const hg__surprise huge = ask(t, 1, 5000, HG_NO_FOLD), small = ask(t, 1, 1, HG_NO_FOLD);
    assert_true(huge.bits > 6 && huge.is_new && huge.seen == TIMES);
    assert_true(small.bits == 0 && !small.is_new);
    assert_true(ask(t, 1, 95, HG_NO_FOLD).bits < 3);
    hg__tails_free(t);
}

static void surprise_never_falls_as_the_amount_grows(void **state) {
    (void)state;
    hg__tails *t = new_tails(ROOM);
    for (uint64_t i = 0; i < TIMES; i++) add(t, 1, (double)(hg__mix(i, 2) % 3000), 0);
    hg__tails_freeze(t);
    float last = 0;
    for (int i = 0; i < 130; i++) {
        const double x = amount_at(i, 1.1);
        const float bits = ask(t, 1, x, HG_NO_FOLD).bits;
        assert_true(bits >= last);
        last = bits;
    }
    hg__tails_free(t);
}

static void what_nothing_is_known_of_is_judged_by_the_more_general_context(void **state) {
    (void)state;
    hg__tails *t = new_tails(ROOM);
    const hg__measured unknown = {
        .contexts = 2, .context = {5, 6},
             .amount = 1e6
    };
    assert_true(hg__tails_most(t, &unknown) < 0);
    assert_true(hg__tails_surprise(t, &unknown, HG_NO_FOLD).seen == 0);
    for (int i = 0; i < TIMES; i++) add(t, 6, 10, 0);
    hg__tails_freeze(t);
    assert_true(hg__tails_surprise(t, &unknown, HG_NO_FOLD).bits > 6);
    const double most = hg__tails_most(t, &unknown);
    assert_true(most >= 10 && most <= 10 * 1.5);
    hg__tails_free(t);
}

static void without_a_fold_is_as_if_it_had_never_been_counted(void **state) {
    (void)state;
    hg__tails *all = new_tails(ROOM), *rest = new_tails(ROOM);
    for (uint64_t i = 0; i < 4 * TIMES; i++) {
        const int32_t fold = (int32_t)(i % HG_FOLDS);
        const uint64_t context = hg__mix(i, 3) % 5;
        const double amount = (double)(hg__mix(i, 4) % (fold == 2 ? 100000 : 500));
        add(all, context, amount, fold);
        if (fold != 2) add(rest, context, amount, fold);
    }
    hg__tails_freeze(all);
    hg__tails_freeze(rest);
    for (uint64_t context = 0; context < 6; context++) {
        for (int i = 0; i < 80; i++) {
            const double x = amount_at(i, 1.2);
            const hg__surprise a = ask(all, context, x, 2), b = ask(rest, context, x, HG_NO_FOLD);
            assert_memory_equal(&a.bits, &b.bits, sizeof a.bits);
            assert_true(a.is_new == b.is_new && a.seen == b.seen);
        }
    }
    hg__tails_free(all);
    hg__tails_free(rest);
}

static void no_more_is_held_than_may_be(void **state) {
    (void)state;
    hg__tails *t = new_tails(30);
    for (uint64_t i = 0; i < 100; i++) add(t, i, 1, 0);
    hg__tails_freeze(t);
    assert_int_equal(hg__tails_entries(t), 30);
    assert_true(ask(t, 99, 1, HG_NO_FOLD).seen == 0);
    hg__tails_free(t);
}

static void what_was_exported_surprises_as_before_to_the_bit(void **state) {
    (void)state;
    hg__tails *t = new_tails(ROOM);
    for (uint64_t i = 0; i < 2000; i++) {
        add(t, hg__mix(i, 5) % 400, (double)(hg__mix(i, 6) % 70000), (int32_t)(i % HG_FOLDS));
    }
    const size_t n = (size_t)hg__tails_entries(t);
    uint64_t *key = calloc(n, sizeof *key);
    uint32_t *number = calloc(n * HG_TAIL_BINS, sizeof *number);
    assert_true(key && number);
    hg__tails_freeze(t);
    hg__tails_export(t, key, number);
    hg__tails *again = hg__tails_import(key, number, (int64_t)n, NULL);
    assert_non_null(again);
    for (uint64_t context = 0; context < 401; context++) {
        for (int i = 0; i < 40; i++) {
            const double x = amount_at(i, 1.5);
            const hg__measured m = measured(context, x);
            const hg__surprise a = ask(t, context, x, HG_NO_FOLD);
            const hg__surprise b = ask(again, context, x, HG_NO_FOLD);
            assert_memory_equal(&a.bits, &b.bits, sizeof a.bits);
            assert_true(hg__tails_most(t, &m) == hg__tails_most(again, &m));
        }
    }
    hg__tails_free(again);
    hg__tails_free(t);
    free(key);
    free(number);
}

static void keys_that_do_not_ascend_are_refused(void **state) {
    (void)state;
    static const uint32_t number[3 * HG_TAIL_BINS] = {1};
    const uint64_t keys[][3] = {
        {0, 1, 2},
        {1, 3, 2},
        {1, 2, 2}
    };
    for (int k = 0; k < 3; k++) {
        hg_error err = {0};
        assert_null(hg__tails_import(keys[k], number, 3, &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
        assert_non_null(strstr(err.message, "ascending"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_are_half_octaves_that_ascend_and_take_any_number),
        cmocka_unit_test(what_is_larger_than_ever_surprises_and_what_is_small_does_not),
        cmocka_unit_test(surprise_never_falls_as_the_amount_grows),
        cmocka_unit_test(what_nothing_is_known_of_is_judged_by_the_more_general_context),
        cmocka_unit_test(without_a_fold_is_as_if_it_had_never_been_counted),
        cmocka_unit_test(no_more_is_held_than_may_be),
        cmocka_unit_test(what_was_exported_surprises_as_before_to_the_bit),
        cmocka_unit_test(keys_that_do_not_ascend_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
