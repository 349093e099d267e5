// SPDX-License-Identifier: Apache-2.0
// test_signal_split.c - blocks of time: which windows are learned, which held out, and that none lies in both.
#include "signal_case.h"

static drawn it;

typedef struct halves {
    hg__samples samples;
    hg__signal signal;
    hg__signal_split split;
} halves;

// Windows of 16 steps.
static void split(halves *h, double share, int64_t most) {
    hg_error err = {0};
    hg__recording *r = play(&it, &err);
    const hg__signal_options o = {.window = 16, .memory = 1 << 20};
    int code = hg__samples_load(&h->samples, r, NULL, 0, 1 << 20, &err);
    if (code == HG_OK) code = hg__signal_look(&h->signal, &h->samples, r, &o, &err);
    if (code == HG_OK) {
        h->signal.kind = HG_SIGNAL_PLANT;
        code = hg__signal_split_init(&h->split, &h->samples, &h->signal, share, most, &err);
    }
    if (code < 0) fail_msg("%s", err.message);
    hg__recording_close(r);
}

static void clear(halves *h) {
    hg__signal_split_clear(&h->split);
    hg__signal_clear(&h->signal);
    hg__samples_clear(&h->samples);
}

// The fold of step t, which must lie in one block.
static int32_t fold_of(const hg__signal_split *p, int64_t t) {
    int32_t fold = -2, found = 0;
    for (int64_t b = 0; b < p->blocks.count; b++) {
        const hg__time_block *k = &p->blocks.block[b];
        if (t < k->first || t >= k->end) continue;
        fold = k->fold;
        found++;
    }
    assert_int_equal(found, 1);
    return fold;
}

static void expect_apart(const halves *h) {
    const hg__signal_split *p = &h->split;
    static uint8_t is_held[MOST_STEPS];
    for (int64_t t = 0; t < h->samples.steps; t++) {
        const int32_t fold = fold_of(p, t);
        assert_true(fold == HG_NO_FOLD || (fold >= 0 && fold < p->folds));
        is_held[t] = fold == 0;
    }
    for (int64_t i = 0; i < p->trained + p->held; i++) {
        for (int64_t t = p->start[i]; t < p->start[i] + h->signal.length; t++) {
            assert_in_range(t, 0, h->samples.steps - 1);
            assert_int_equal(is_held[t], i >= p->trained);
            assert_true(t == p->start[i] || !it.begins[t]); // no window over a gap
        }
    }
    assert_true(p->trained > 0);
}

static void no_step_is_learned_and_held_out(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        halves h = {0};
        draw(&it, 3000, 2);
        for (int s = 1; s < 3000 && k; s++) {
            it.begins[s] = s % (k == 1 ? 1000 : k == 2 ? 210 : 40) == 0;
        }
        split(&h, 0.25, 50000);
        assert_int_equal(h.split.folds, 4);
        assert_true(h.split.held > 0);
        expect_apart(&h);
        int64_t held = 0;
        for (int64_t t = 0; t < 3000; t++) held += fold_of(&h.split, t) == 0;
        assert_true(held > 400 && held < 1100); // about a quarter
        clear(&h);
    }
}

static void what_comes_last_is_held_out(void **state) {
    (void)state;
    halves h = {0};
    draw(&it, 2000, 1);
    split(&h, 0.25, 50000);
    assert_int_equal(fold_of(&h.split, 1999), 0);
    assert_int_equal(fold_of(&h.split, 0), 3);
    clear(&h);
}

static void nothing_is_held_out_where_none_is_asked_for(void **state) {
    (void)state;
    halves h = {0};
    draw(&it, 2000, 1);
    split(&h, 0, 50000);
    assert_int_equal(h.split.folds, 0);
    assert_int_equal(h.split.held, 0);
    assert_int_equal(h.split.trained, 2000 - 15);
    clear(&h);
}

static void nothing_is_held_out_of_a_short_one(void **state) {
    (void)state;
    halves h = {0};
    draw(&it, 50, 1);
    split(&h, 0.25, 50000);
    assert_int_equal(h.split.folds, 0);
    assert_int_equal(h.split.held, 0);
    assert_int_equal(h.split.trained, 50 - 15);
    clear(&h);
}

static void no_more_windows_are_learned_than_asked_for(void **state) {
    (void)state;
    for (int64_t most = 100; most < 2000; most += 450) {
        halves h = {0};
        draw(&it, 3000, 1);
        split(&h, 0.25, most);
        assert_in_range(h.split.trained, most / 3, most);
        expect_apart(&h);
        clear(&h);
    }
}

static void folds_and_all_others_are_all_there_is(void **state) {
    (void)state;
    halves h = {0};
    draw(&it, 3000, 1);
    it.begins[1500] = 1;
    split(&h, 0.25, 50000);
    for (int32_t fold = 0; fold <= h.split.folds; fold++) {
        hg__time_list of, others;
        int64_t steps = 0;
        assert_int_equal(hg__signal_split_list(&h.split, fold, true, &of, NULL), HG_OK);
        assert_int_equal(hg__signal_split_list(&h.split, fold, false, &others, NULL), HG_OK);
        for (int64_t i = 0; i < of.count; i++) {
            assert_int_equal(of.block[i].fold, fold);
            steps += of.block[i].end - of.block[i].first;
        }
        for (int64_t i = 0; i < others.count; i++) {
            steps += others.block[i].end - others.block[i].first;
            assert_true(others.block[i].end <= 1500 || others.block[i].first >= 1500);
        }
        assert_int_equal(steps, 3000);
        if (fold == h.split.folds) assert_int_equal(others.count, 2);
        hg__free(of.block);
        hg__free(others.block);
    }
    clear(&h);
}

static void a_stretch_without_values_is_said(void **state) {
    (void)state;
    hg_error err = {0};
    hg__samples s;
    hg__signal d;
    hg__signal_split p;
    draw(&it, 300, 1);
    for (int t = 0; t < 300; t++) it.label[t] = 1;
    hg__recording *r = play(&it, &err);
    const hg__signal_options o = {.window = 16, .memory = 1 << 20};
    assert_int_equal(hg__samples_load(&s, r, NULL, 0, 1 << 20, &err), HG_OK);
    assert_int_equal(hg__signal_look(&d, &s, r, &o, &err), HG_OK);
    assert_int_equal(hg__signal_split_init(&p, &s, &d, 0.25, 1000, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "drawn: expected windows of 16 steps to learn from, got none");
    hg__signal_clear(&d);
    hg__samples_clear(&s);
    hg__recording_close(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_step_is_learned_and_held_out),
        cmocka_unit_test(what_comes_last_is_held_out),
        cmocka_unit_test(nothing_is_held_out_where_none_is_asked_for),
        cmocka_unit_test(nothing_is_held_out_of_a_short_one),
        cmocka_unit_test(no_more_windows_are_learned_than_asked_for),
        cmocka_unit_test(folds_and_all_others_are_all_there_is),
        cmocka_unit_test(a_stretch_without_values_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
