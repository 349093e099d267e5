// SPDX-License-Identifier: Apache-2.0
// test_novelty.c - what is far from all that was seen is told once, begins an event, and goes on with the same bits from a file and a state.
#include "monitor/novelty.h"
#include "monitor/signal_alarms.h"
#include "signal_case.h"

static float usual(int64_t t) {
    return (float)hg__sin_turn((double)t / 50) + 0.2F * drawn_number(5, t, 0);
}

static hg__novelty learned(int64_t steps) {
    hg_error err = {0};
    hg__novelty n;
    if (hg__novelty_init(&n, 20, &err) < 0) fail_msg("%s", err.message);
    for (int64_t t = 0; t < steps; t++) (void)hg__novelty_take(&n, usual(t));
    return n;
}

static void what_is_far_from_all_is_told_once(void **state) {
    (void)state;
    hg__novelty n = learned(5000);
    assert_true(hg__novelty_take(&n, 5) > 4);
    assert_true(hg__novelty_take(&n, 5) == 0);
    for (int64_t t = 5000; t < 5100; t++) assert_true(hg__novelty_take(&n, usual(t)) < 2);
    assert_true(hg__novelty_take(&n, 5.0F) == 0);
    assert_true(hg__novelty_take(&n, -30) > 4);
    hg__novelty_clear(&n);
}

static void it_goes_on_with_the_same_bits(void **state) {
    (void)state;
    hg__novelty one = learned(3000), other = learned(0);
    hg__text bytes = {0};
    hg__novelty_write(&one, &bytes);
    assert_false(bytes.failed);
    hg__bytes from = {.at = (const uint8_t *)bytes.data, .left = bytes.length};
    assert_true(hg__novelty_read(&other, &from));
    assert_int_equal(from.left, 0);
    for (int64_t t = 3000; t < 6000; t++) {
        const float x = t % 700 == 0 ? (float)t : usual(t);
        const float a = hg__novelty_take(&one, x), b = hg__novelty_take(&other, x);
        assert_memory_equal(&a, &b, sizeof a);
    }
    for (size_t size = 0; size < bytes.length; size += size < 64 ? 1 : 997) {
        from = (hg__bytes){.at = (const uint8_t *)bytes.data, .left = size};
        assert_false(hg__novelty_read(&other, &from));
        (void)hg__novelty_take(&other, 1);
    }
    hg__text_clear(&bytes);
    hg__novelty_clear(&one);
    hg__novelty_clear(&other);
}

static void the_highest_that_training_told_are_kept(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__shape in = {1, {4}};
    hg__novelty_told t = {0}, read;
    for (int i = 0; i < 1000; i++) hg__novelty_told_add(&t, (float)(i * 7919 % 1000) - 500);
    assert_int_equal(t.count, HG_NOVELTY_TOLD);
    for (int i = 0; i < HG_NOVELTY_TOLD; i++) assert_true(t.value[i] == (float)(499 - i));
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &in, 0, 1, &err);
    assert_int_equal(hg__novelty_told_load(&read, m, "m", &err), HG_OK);
    assert_true(read.steps == 0);
    assert_int_equal(hg__novelty_told_save(&t, m, &err), HG_OK);
    assert_int_equal(hg__novelty_told_load(&read, m, "m", &err), HG_OK);
    assert_memory_equal(&t, &read, sizeof t);
    t.value[3] = 1e9F;
    assert_int_equal(hg__novelty_told_save(&t, m, &err), HG_OK);
    assert_int_equal(hg__novelty_told_load(&read, m, "m", &err), HG_ERR_MODEL);
    assert_string_equal(err.message,
                        "m: 'detector.novelty.told': expected steps and falling values");
    hg_model_free(m);
}

// ---- in alarms ----------------------------------------------------------------------------------

static void novelty_begins_an_event(void **state) {
    (void)state;
    static drawn d;
    hg_error err = {0};
    fitted f;
    hg__signal_alarms a;
    draw(&d, MOST_STEPS, 1);
    for (int t = 0; t < MOST_STEPS; t++) d.value[t] = usual(t);
    fit_drawn(&f, &d, 32, HG_SIGNAL_PLANT);
    assert_int_equal(hg__signal_alarms_init(&a, f.model, "m", &err), HG_OK);
    assert_int_equal((int64_t)a.told.steps, MOST_STEPS / 2);
    hg__scored_step step = {.now = 0.3F, .score = 0.3F};
    assert_false(hg__signal_alarms_take(&a, &step).is_alarm);
    step.novelty = 20;
    const double before = a.state.novel;
    const hg__alarm got = hg__signal_alarms_take(&a, &step);
    assert_true(got.is_alarm && got.event == 1);
    assert_true(got.score > 1 && got.p < 0.01);
    assert_true(a.state.novel > 1.3 * before);
    hg__signal_alarms_clear(&a);
    clear_fitted(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_far_from_all_is_told_once),
        cmocka_unit_test(it_goes_on_with_the_same_bits),
        cmocka_unit_test(the_highest_that_training_told_are_kept),
        cmocka_unit_test(novelty_begins_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
