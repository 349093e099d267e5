// SPDX-License-Identifier: Apache-2.0
// test_counts.c - values counted in contexts: what is a surprise and what is not, folds, bounds, and the same after a model file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/counts.h"
#include "traffic/mix.h"
#include "traffic/tails.h"

#include <cmocka.h>

enum { ROOM = 1 << 20, TIMES = 1000 };

static hg__counts *new_counts(int64_t most) {
    hg__counts *c = hg__counts_new(most, NULL);
    assert_non_null(c);
    return c;
}

static hg__seen seen_in(uint64_t context, uint64_t value) {
    return (hg__seen){.contexts = 1, .context = {context}, .value = value};
}

static void add(hg__counts *c, uint64_t context, uint64_t value, int32_t fold) {
    const hg__seen s = seen_in(context, value);
    assert_int_equal(hg__counts_add(c, &s, fold, NULL), HG_OK);
}

static hg__surprise ask(const hg__counts *c, uint64_t context, uint64_t value, int32_t without) {
    const hg__seen s = seen_in(context, value);
    return hg__counts_surprise(c, &s, without);
}

static void what_is_new_surprises_where_nothing_new_ever_came(void **state) {
    (void)state;
    hg__counts *c = new_counts(ROOM);
    for (uint64_t i = 0; i < TIMES; i++) {
        add(c, 10, 5, (int32_t)(i % HG_FOLDS));       // always the same
        add(c, 11, 100 + i, (int32_t)(i % HG_FOLDS)); // always another
    }
    hg__counts_freeze(c);
    const hg__surprise strange = ask(c, 10, 6, HG_NO_FOLD), usual = ask(c, 10, 5, HG_NO_FOLD);
    const hg__surprise other = ask(c, 11, 6, HG_NO_FOLD);
    assert_true(strange.bits > 8 && strange.is_new && strange.seen == TIMES);
    assert_true(usual.bits < 0.1F && !usual.is_new);
    assert_true(other.bits < 1 && other.is_new);
    hg__counts_free(c);
}

static void what_nothing_is_known_of_is_no_evidence(void **state) {
    (void)state;
    hg__counts *c = new_counts(ROOM);
    hg__counts_freeze(c);
    const hg__surprise nothing = ask(c, 1, 2, HG_NO_FOLD);
    assert_true(nothing.bits == 0 && !nothing.is_new && nothing.seen == 0);
    hg__counts_free(c);
}

static void a_new_context_is_judged_by_the_more_general_one(void **state) {
    (void)state;
    hg__counts *c = new_counts(ROOM);
    for (uint64_t i = 0; i < TIMES; i++) {
        const hg__seen s = {
            .contexts = 2, .context = {i % 10 + 1, 77},
                 .value = 5
        };
        assert_int_equal(hg__counts_add(c, &s, 0, NULL), HG_OK);
    }
    hg__counts_freeze(c);
    const hg__seen usual = {
        .contexts = 2, .context = {99, 77},
             .value = 5
    };
    const hg__seen strange = {
        .contexts = 2, .context = {99, 77},
             .value = 6
    };
    assert_true(hg__counts_surprise(c, &usual, HG_NO_FOLD).bits < 0.1F);
    const hg__surprise s = hg__counts_surprise(c, &strange, HG_NO_FOLD);
    assert_true(s.bits > 8 && s.is_new && s.seen == TIMES);
    hg__counts_free(c);
}

static void fields_that_are_random_anyway_say_nothing(void **state) {
    (void)state;
    enum { VALUES = 20000, ASKED = 2000 };
    hg__counts *c = new_counts(ROOM);
    double byte = 0, word = 0;
    for (uint64_t i = 0; i < VALUES; i++) {
        add(c, 1, hg__mix(i, 1) % 256, (int32_t)(i % HG_FOLDS));
        add(c, 2, hg__mix(i, 2) % 65536, (int32_t)(i % HG_FOLDS));
    }
    hg__counts_freeze(c);
    for (uint64_t i = 0; i < ASKED; i++) {
        byte += (double)ask(c, 1, hg__mix(i, 3) % 256, HG_NO_FOLD).bits;
        word += (double)ask(c, 2, hg__mix(i, 4) % 65536, HG_NO_FOLD).bits;
    }
    assert_true(byte / ASKED < 0.2);
    assert_true(word / ASKED < 1);
    hg__counts_free(c);
}

// But for the entropy that is usual in the context, which is all folds'.
static void without_a_fold_is_as_if_it_had_never_been_counted(void **state) {
    (void)state;
    hg__counts *all = new_counts(ROOM), *rest = new_counts(ROOM);
    for (uint64_t i = 0; i < 4 * TIMES; i++) {
        const int32_t fold = (int32_t)(hg__mix(i, 5) % HG_FOLDS);
        const uint64_t context = 1 + i % 7, value = hg__mix(i, 6) % 12 + (fold == 3 ? 4 : 0);
        add(all, context, value, fold);
        if (fold != 3) add(rest, context, value, fold);
    }
    hg__counts_freeze(all);
    hg__counts_freeze(rest);
    for (uint64_t context = 1; context <= 8; context++) {
        for (uint64_t value = 0; value < 20; value++) {
            const hg__surprise a = ask(all, context, value, 3);
            const hg__surprise b = ask(rest, context, value, HG_NO_FOLD);
            assert_true(a.is_new == b.is_new && a.seen == b.seen);
            assert_true(a.bits - b.bits < 0.3F && b.bits - a.bits < 0.3F);
        }
    }
    hg__counts_free(all);
    hg__counts_free(rest);
}

static void what_only_one_fold_has_is_new_to_it(void **state) {
    (void)state;
    hg__counts *c = new_counts(ROOM);
    for (int i = 0; i < TIMES; i++) add(c, 1, 5, i % HG_FOLDS);
    for (int i = 0; i < 50; i++) add(c, 1, 6, 2);
    hg__counts_freeze(c);
    assert_true(ask(c, 1, 6, 2).is_new);
    assert_true(ask(c, 1, 6, 2).bits > 4);
    assert_true(!ask(c, 1, 6, HG_NO_FOLD).is_new && !ask(c, 1, 6, 1).is_new);
    add(c, 1, 6, 4); // now another fold has it too
    hg__counts_freeze(c);
    assert_true(!ask(c, 1, 6, 2).is_new);
    hg__counts_free(c);
}

static void no_more_is_held_than_may_be_and_the_rest_is_counted_as_lost(void **state) {
    (void)state;
    enum { MOST = 100 };
    hg__counts *c = new_counts(MOST);
    for (uint64_t i = 0; i < 3 * MOST; i++) add(c, 1, i, 0);
    assert_int_equal(hg__counts_entries(c), MOST);
    assert_int_equal(hg__counts_lost(c), 3 * MOST - (MOST - 1)); // the context takes one
    add(c, 2, 1, 0);                                             // a context without room
    assert_int_equal(hg__counts_entries(c), MOST);
    assert_true(hg__counts_lost(c) > 3 * MOST - (MOST - 1));
    hg__counts_freeze(c);
    // What did not fit still made the context one where new values come.
    assert_true(ask(c, 1, 100000, HG_NO_FOLD).bits < 2);
    hg__counts_free(c);
}

static void the_keys_0_of_a_context_and_a_value_are_keys_too(void **state) {
    (void)state;
    hg__counts *c = new_counts(ROOM);
    for (int i = 0; i < TIMES; i++) add(c, 0, 0, 0);
    hg__counts_freeze(c);
    assert_true(!ask(c, 0, 0, HG_NO_FOLD).is_new && ask(c, 0, 0, HG_NO_FOLD).seen == TIMES);
    assert_true(ask(c, 0, 1, HG_NO_FOLD).bits > 8);
    hg__counts_free(c);
}

// ---- counted on ---------------------------------------------------------------------------------

enum { CONTEXTS = 40, VALUES = 300 };

static void add_some(hg__counts *c, uint64_t first, uint64_t end, int32_t fold) {
    for (uint64_t i = first; i < end; i++) {
        add(c, hg__mix(i, 1) % CONTEXTS, hg__mix(i, 2) % VALUES, fold);
    }
}

static void expect_same(const hg__counts *a, const hg__counts *b, float slack) {
    assert_int_equal(hg__counts_entries(a), hg__counts_entries(b));
    for (uint64_t context = 0; context <= CONTEXTS; context++) {
        for (uint64_t value = 0; value < VALUES + 10; value++) {
            const hg__surprise x = ask(a, context, value, HG_NO_FOLD);
            const hg__surprise y = ask(b, context, value, HG_NO_FOLD);
            assert_true(x.is_new == y.is_new && x.seen == y.seen);
            assert_true(x.bits - y.bits <= slack && y.bits - x.bits <= slack);
        }
    }
}

static hg__counts *settled(const hg__counts *c) {
    hg__counts *to = hg__counts_settle(c, NULL);
    assert_non_null(to);
    return to;
}

static void what_is_counted_on_is_as_if_it_had_been_counted_at_once(void **state) {
    (void)state;
    hg__counts *one = new_counts(ROOM), *both = new_counts(ROOM);
    add_some(one, 0, 3 * TIMES, 2);
    add_some(both, 0, 5 * TIMES, 0);
    hg__counts *frozen = settled(one), *on = hg__counts_thaw(frozen, false, ROOM, NULL);
    assert_non_null(on);
    add_some(on, 3 * TIMES, 5 * TIMES, 1);
    hg__counts *a = settled(on), *b = settled(both);
    expect_same(a, b, 1e-4F);
    hg__counts *first = settled(one); // which nothing was added to
    expect_same(frozen, first, 0);
    hg__counts *all[] = {one, both, frozen, on, a, b, first};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) hg__counts_free(all[i]);
}

static void half_as_often_forgets_no_value_and_surprises_as_much(void **state) {
    (void)state;
    hg__counts *c = new_counts(ROOM);
    for (uint64_t i = 0; i < TIMES; i++) add(c, 1, i % 10, 0);
    add(c, 1, 77, 0);
    hg__counts *whole = settled(c), *thawed = hg__counts_thaw(whole, true, ROOM, NULL);
    assert_non_null(thawed);
    hg__counts *half = settled(thawed);
    const hg__surprise usual = ask(half, 1, 5, HG_NO_FOLD), rare = ask(half, 1, 77, HG_NO_FOLD);
    assert_in_range(usual.seen, TIMES / 2, TIMES / 2 + 10);
    assert_true(!usual.is_new && usual.bits < 0.3F && !rare.is_new);
    assert_true(ask(half, 1, 99, HG_NO_FOLD).is_new);
    for (int i = 0; i < 40; i++) { // however often
        hg__counts_free(thawed);
        thawed = hg__counts_thaw(half, true, ROOM, NULL);
        assert_non_null(thawed);
        hg__counts_free(half);
        half = settled(thawed);
    }
    assert_true(!ask(half, 1, 77, HG_NO_FOLD).is_new);
    assert_in_range(ask(half, 1, 5, HG_NO_FOLD).seen, 11, 13);
    hg__counts_free(c);
    hg__counts_free(whole);
    hg__counts_free(thawed);
    hg__counts_free(half);
}

static void measure(hg__tails *t, uint64_t first, uint64_t end) {
    for (uint64_t i = first; i < end; i++) {
        const hg__measured m = {
            .contexts = 2,
            .context = {hg__mix(i, 1) % 7, 99},
            .amount = (double)(hg__mix(i, 2) % 1000)
        };
        assert_int_equal(hg__tails_add(t, &m, (int32_t)(i % HG_FOLDS), NULL), HG_OK);
    }
}

static void amounts_are_counted_on_too(void **state) {
    (void)state;
    hg__tails *one = hg__tails_new(ROOM, NULL), *both = hg__tails_new(ROOM, NULL);
    assert_true(one && both);
    measure(one, 0, TIMES);
    measure(both, 0, 2 * TIMES);
    hg__tails *frozen = hg__tails_settle(one, NULL);
    assert_non_null(frozen);
    hg__tails *on = hg__tails_thaw(frozen, false, ROOM, NULL);
    hg__tails *half = hg__tails_thaw(frozen, true, ROOM, NULL);
    assert_true(on && half);
    measure(on, TIMES, 2 * TIMES);
    hg__tails_freeze(on);
    hg__tails_freeze(both);
    hg__tails_freeze(half);
    assert_int_equal(hg__tails_entries(on), hg__tails_entries(both));
    for (uint64_t i = 0; i < 1100; i += 7) {
        const hg__measured m = {
            .contexts = 2, .context = {i % 8, 99},
                 .amount = (double)i
        };
        const hg__surprise x = hg__tails_surprise(on, &m, HG_NO_FOLD);
        const hg__surprise y = hg__tails_surprise(both, &m, HG_NO_FOLD);
        assert_true(x.bits == y.bits && x.seen == y.seen && x.is_new == y.is_new);
        const hg__surprise z = hg__tails_surprise(half, &m, HG_NO_FOLD);
        const hg__surprise w = hg__tails_surprise(frozen, &m, HG_NO_FOLD);
        assert_true(z.is_new == w.is_new && z.seen <= w.seen / 2 + HG_TAIL_BINS);
    }
    hg__tails *all[] = {one, both, frozen, on, half};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) hg__tails_free(all[i]);
}

// ---- in a model file ----------------------------------------------------------------------------

static void what_was_exported_surprises_as_before_to_the_bit(void **state) {
    (void)state;
    hg__counts *c = new_counts(ROOM);
    for (uint64_t i = 0; i < 6 * TIMES; i++) {
        add(c, hg__mix(i, 1) % 40, hg__mix(i, 2) % 300, (int32_t)(i % HG_FOLDS));
    }
    const int64_t n = hg__counts_entries(c);
    hg__count *all = calloc((size_t)n, sizeof *all);
    assert_non_null(all);
    hg__counts_freeze(c);
    hg__counts_export(c, all);
    hg__counts *again = hg__counts_import(all, n, NULL);
    assert_non_null(again);
    assert_int_equal(hg__counts_entries(again), n);
    for (uint64_t context = 0; context < 41; context++) {
        for (uint64_t value = 0; value < 310; value++) {
            const hg__surprise a = ask(c, context, value, HG_NO_FOLD);
            const hg__surprise b = ask(again, context, value, HG_NO_FOLD);
            assert_memory_equal(&a.bits, &b.bits, sizeof a.bits);
            assert_true(a.is_new == b.is_new && a.seen == b.seen);
        }
    }
    hg__counts_free(again);
    hg__counts_free(c);
    free(all);
}

static hg__seen seen_in_three(uint64_t which, uint64_t mask, uint64_t value) {
    const uint64_t first = hg__mix(which, 2), second = hg__mix(which % 20, 3);
    return (hg__seen){
        .contexts = 3,
        .context = {first & mask, second & mask, hg__mix(7, 4) & mask},
        .value = value
    };
}

// Contexts of one value, of several and of very many; back-off; values and contexts that never came; groups of several contexts.
static void what_no_longer_grows_answers_as_what_did(void **state) {
    (void)state;
    enum { ADDED = 20000, ASKED = 20000 };
    for (int few = 0; few <= 1; few++) { // groups
        const uint64_t mask = few ? UINT64_MAX >> 20 : UINT64_MAX;
        hg__counts *c = new_counts(few ? ROOM : ADDED / 2); // some is lost
        for (uint64_t i = 0; i < ADDED; i++) {
            const uint64_t which = hg__mix(i, 1) % 300;
            const uint64_t values = which % 3 == 0 ? 1 : which % 3 == 1 ? 4 : 5000;
            const hg__seen s = seen_in_three(which, mask, hg__mix(i, 5) % values);
            assert_int_equal(hg__counts_add(c, &s, (int32_t)(i % HG_FOLDS), NULL), HG_OK);
        }
        hg__counts_freeze(c);
        const int64_t n = hg__counts_entries(c);
        hg__count *all = calloc((size_t)n, sizeof *all);
        assert_non_null(all);
        hg__counts_export(c, all);
        hg__counts *again = hg__counts_import(all, n, NULL);
        assert_non_null(again);
        for (uint64_t i = 0; i < ASKED; i++) {
            const uint64_t which = hg__mix(i, 6) % 400;
            const hg__seen s = seen_in_three(which, mask, hg__mix(i, 7) % (i % 2 ? 8 : 6000));
            const hg__surprise a = hg__counts_surprise(c, &s, HG_NO_FOLD);
            const hg__surprise b = hg__counts_surprise(again, &s, HG_NO_FOLD);
            hg__counts_fetch(again, &s);
            assert_memory_equal(&a.bits, &b.bits, sizeof a.bits);
            assert_true(a.is_new == b.is_new && a.seen == b.seen);
        }
        hg__counts_free(again);
        hg__counts_free(c);
        free(all);
    }
}

static void keys_that_do_not_ascend_are_refused(void **state) {
    (void)state;
    const uint64_t keys[][3] = {
        {0, 1, 2},
        {1, 3, 2},
        {1, 2, 2}
    };
    for (int k = 0; k < 3; k++) {
        hg__count all[3];
        hg_error err = {0};
        for (int i = 0; i < 3; i++) {
            all[i] = (hg__count){.key = keys[k][i], .count = 1, .distinct = 1};
        }
        assert_null(hg__counts_import(all, 3, &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
        assert_non_null(strstr(err.message, "ascending"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_new_surprises_where_nothing_new_ever_came),
        cmocka_unit_test(what_nothing_is_known_of_is_no_evidence),
        cmocka_unit_test(a_new_context_is_judged_by_the_more_general_one),
        cmocka_unit_test(fields_that_are_random_anyway_say_nothing),
        cmocka_unit_test(without_a_fold_is_as_if_it_had_never_been_counted),
        cmocka_unit_test(what_only_one_fold_has_is_new_to_it),
        cmocka_unit_test(no_more_is_held_than_may_be_and_the_rest_is_counted_as_lost),
        cmocka_unit_test(the_keys_0_of_a_context_and_a_value_are_keys_too),
        cmocka_unit_test(what_is_counted_on_is_as_if_it_had_been_counted_at_once),
        cmocka_unit_test(half_as_often_forgets_no_value_and_surprises_as_much),
        cmocka_unit_test(amounts_are_counted_on_too),
        cmocka_unit_test(what_was_exported_surprises_as_before_to_the_bit),
        cmocka_unit_test(what_no_longer_grows_answers_as_what_did),
        cmocka_unit_test(keys_that_do_not_ascend_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
