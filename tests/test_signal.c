// SPDX-License-Identifier: Apache-2.0
// test_signal.c - what is looked at of a recording, and how a model file that says something else of it is refused.
#include "own_folder.h"
#include "signal_case.h"

static drawn it;

static hg__signal look(int32_t window, int32_t stride, const char *refusal) {
    hg_error err = {0};
    hg__samples s;
    hg__signal d;
    hg__recording *r = play(&it, &err);
    const hg__signal_options o = {.window = window, .stride = stride, .memory = 1 << 20};
    if (hg__samples_load(&s, r, NULL, 0, 1 << 20, &err) < 0) fail_msg("%s", err.message);
    const int code = hg__signal_look(&d, &s, r, &o, &err);
    if (refusal) {
        assert_true(code < 0);
        assert_string_equal(err.message, refusal);
    } else if (code < 0) {
        fail_msg("%s", err.message);
    } else {
        assert_int_equal(s.channels, d.channels);
    }
    hg__samples_clear(&s);
    hg__recording_close(r);
    return d;
}

static void a_channel_is_scaled_by_its_mean_and_deviation(void **state) {
    (void)state;
    draw(&it, 2000, 2);
    for (int t = 0; t < 2000; t++) it.value[2 * t] = t % 2 ? 108 : 100;
    for (int t = 0; t < 2000; t++) it.value[2 * t + 1] = 40; // never varies
    hg__signal d = look(16, 0, NULL);
    assert_true(fabsf(d.scale[0].centre - 104) < 1e-3F);
    assert_true(fabsf(d.scale[0].inverse - 0.25F) < 1e-3F);
    assert_true(fabsf(d.scale[1].centre - 40) < 1e-3F);
    assert_true(d.scale[1].inverse > 0 && isfinite(d.scale[1].inverse));
    hg__signal_clear(&d);
}

static void flags_are_left_out_unless_there_is_nothing_else(void **state) {
    (void)state;
    draw(&it, 2000, 3);
    for (int t = 0; t < 2000; t++) it.value[3 * t + 1] = (float)(t / 64 % 2);
    hg__signal d = look(0, 0, NULL);
    assert_int_equal(d.read, 3);
    assert_int_equal(d.channels, 2);
    assert_int_equal(d.pick[0], 0);
    assert_int_equal(d.pick[1], 2);
    assert_string_equal(d.name[1], "c1");
    hg__signal_clear(&d);
    for (int t = 0; t < 3 * 2000; t++) it.value[t] = (float)(t / 3 / 64 % 2);
    d = look(0, 0, NULL);
    assert_int_equal(d.channels, 3);
    hg__signal_clear(&d);
}

static void a_window_is_a_period(void **state) {
    (void)state;
    draw(&it, 4000, 1);
    for (int t = 0; t < 4000; t++) it.value[t] = (float)hg__sin_turn(t / 50.0);
    hg__signal d = look(0, 0, NULL);
    assert_in_range(d.period, 49, 51);
    assert_in_range(d.length, 48, 52);
    assert_in_range(d.stride, 1, d.length);
    assert_true(fabs(d.step - 60) < 1e-9);
    assert_int_equal(d.longest, 4000);
    hg__signal_clear(&d);
    d = look(24, 5, NULL);
    assert_int_equal(d.length, 24);
    assert_int_equal(d.stride, 5);
    hg__signal_clear(&d);
}

static void what_no_window_fits_into_is_said(void **state) {
    (void)state;
    draw(&it, 90, 1);
    it.begins[50] = 1;
    hg__signal d = look(51, 0,
                        "drawn: expected a stretch of at least 51 steps without a gap, as "
                        "windows are long, got 50");
    assert_null(d.name);
    (void)look(20, 21, "stride: expected at most the window's 20 steps, got 21");
}

// ---- in a model file ----------------------------------------------------------------------------

static hg_model *new_model(const hg__signal *d) {
    hg_error err = {0};
    const hg__shape in = {
        3, {1, d->length, d->channels}
    };
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &in, 0, 1, &err);
    hg__json *detector = hg__json_object();
    assert_non_null(m);
    if (hg__signal_save(d, m, detector, &err) < 0) fail_msg("%s", err.message);
    hg__model_set_detector(m, detector);
    return m;
}

static hg__signal drawn_signal(void) {
    draw(&it, 2000, 3);
    for (int t = 0; t < 2000; t++) it.value[3 * t + 1] = (float)(t / 64 % 2);
    hg__signal d = look(16, 4, NULL);
    d.kind = HG_SIGNAL_PLANT;
    return d;
}

static void it_is_the_same_from_a_file(void **state) {
    (void)state;
    hg_error err = {0};
    hg__signal d = drawn_signal(), e;
    hg_model *m = new_model(&d);
    if (hg__model_save(m, at("m.safetensors"), NULL, &err) < 0) fail_msg("%s", err.message);
    hg_model_free(m);
    m = hg_model_load(at("m.safetensors"), &err);
    assert_non_null(m);
    assert_true(hg__is_signal_model(m));
    if (hg__signal_load(&e, m, "m", &err) < 0) fail_msg("%s", err.message);
    assert_int_equal(e.kind, d.kind);
    assert_int_equal(e.read, 3);
    assert_int_equal(e.channels, 2);
    assert_true(e.named);
    for (int i = 0; i < 3; i++) assert_string_equal(e.name[i], d.name[i]);
    assert_memory_equal(e.pick, d.pick, 2 * sizeof *d.pick);
    assert_memory_equal(e.scale, d.scale, 2 * sizeof *d.scale);
    assert_int_equal(e.length, 16);
    assert_int_equal(e.stride, 4);
    assert_int_equal(e.period, d.period);
    assert_int_equal(e.longest, 2000);
    assert_true(fabs(e.step - 60) < 1e-12 && fabs(e.resample) < 1e-12);
    hg__signal_clear(&e);
    hg__signal_clear(&d);
    hg_model_free(m);
}

static void expect_refused(const hg_model *m, const char *what, const char *says) {
    hg__signal d;
    hg_error err = {0};
    if (hg__signal_load(&d, m, "m", &err) != HG_ERR_MODEL) fail_msg("%s is taken", what);
    if (strcmp(err.message, says) != 0) fail_msg("%s: %s", what, err.message);
    assert_null(d.name);
}

static const char is_names[] = "m: signal: expected 1 to 4096 channels, got 0",
                  is_used[] = "m: signal: used: expected rising numbers of channels",
                  is_window[] = "m: signal: window: expected 2 to 65536",
                  is_stride[] = "m: signal: stride: expected 1 to 16",
                  is_period[] = "m: signal: period: expected 0 to 2147483647",
                  is_longest[] = "m: signal: longest: expected 1 to 9223372036854775807",
                  is_width[] = "m: signal: expected windows of 32 numbers, as the network takes, "
                               "got ";

static void damaged_words_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *says, *more;
    } damage[] = {
        {"kind",     "\"gas\"",           "m: signal: kind: expected plant, pulses or sound, got gas",  ""                      },
        {"kind",     "3",                 "m: signal: kind: expected plant, pulses or sound, got none", ""                      },
        {"channels", "[]",                is_names,                                                     ""                      },
        {"channels", "\"c0\"",            is_names,                                                     ""                      },
        {"channels", "[\"c0\",7,\"c2\"]", "m: signal: channel 2: expected a name",                      ""                      },
        {"used",     "[]",                "m: signal: used: expected 1 to 3 channels, got 0",           ""                      },
        {"used",     "[0,1,2,2]",         "m: signal: used: expected 1 to 3 channels, got 4",           ""                      },
        {"used",     "[2,0]",             is_used,                                                      ""                      },
        {"used",     "[0,0]",             is_used,                                                      ""                      },
        {"used",     "[0,3]",             is_used,                                                      ""                      },
        {"used",     "[-1,0]",            is_used,                                                      ""                      },
        {"used",     "[0]",               is_width,                                                     "16 steps of 1 channels"},
        {"window",   "1",                 is_window,                                                    ""                      },
        {"window",   "65537",             is_window,                                                    ""                      },
        {"window",   "16.5",              is_window,                                                    ""                      },
        {"window",   "\"16\"",            is_window,                                                    ""                      },
        {"window",   "18",                is_width,                                                     "18 steps of 2 channels"},
        {"stride",   "0",                 is_stride,                                                    ""                      },
        {"stride",   "17",                is_stride,                                                    ""                      },
        {"period",   "-1",                is_period,                                                    ""                      },
        {"period",   "null",              is_period,                                                    ""                      },
        {"longest",  "0",                 is_longest,                                                   ""                      },
        {"step",     "-1",                "m: signal: step: expected seconds",                          ""                      },
        {"step",     "\"60\"",            "m: signal: step: expected seconds",                          ""                      },
        {"resample", "-0.5",              "m: signal: resample: expected seconds",                      ""                      },
        {"resample", "null",              "m: signal: resample: expected seconds",                      ""                      },
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        hg_error err = {0};
        char says[256];
        hg__signal d = drawn_signal();
        hg_model *m = new_model(&d);
        hg__json *detector = hg__json_copy(hg__model_detector(m));
        hg__json *own = hg__json_copy(hg__json_object_get(detector, "signal"));
        const char *value = damage[i].value;
        assert_int_equal(
            hg__json_set(own, damage[i].key, hg__json_read(value, strlen(value), "test", &err)), 0);
        assert_int_equal(hg__json_set(detector, "signal", own), 0);
        hg__model_set_detector(m, detector);
        snprintf(says, sizeof says, "%s%s", damage[i].says, damage[i].more);
        expect_refused(m, damage[i].value, says);
        hg__signal_clear(&d);
        hg_model_free(m);
    }
}

static void a_missing_word_is_refused(void **state) {
    (void)state;
    static const char *const keys[] = {"kind",   "channels", "used", "window",  "stride",
                                       "period", "longest",  "step", "resample"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        hg__signal d = drawn_signal(), e;
        hg_model *m = new_model(&d);
        hg__json *detector = hg__json_copy(hg__model_detector(m));
        hg__json *own = hg__json_copy(hg__json_object_get(detector, "signal"));
        hg__json_remove(own, keys[i]);
        assert_int_equal(hg__json_set(detector, "signal", own), 0);
        hg__model_set_detector(m, detector);
        hg_error err = {0};
        if (hg__signal_load(&e, m, "m", &err) != HG_ERR_MODEL) fail_msg("no %s", keys[i]);
        hg__signal_clear(&d);
        hg_model_free(m);
    }
}

static void damaged_scales_are_refused(void **state) {
    (void)state;
    static const float value[][2] = {
        {0,   0       },
        {0,   -1      },
        {0,   NAN     },
        {0,   INFINITY},
        {NAN, 1       }
    };
    hg__signal d = drawn_signal();
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        hg_error err = {0};
        hg__signal e;
        hg_model *m = new_model(&d);
        const float part[4] = {0, 1, value[i][0], value[i][1]};
        assert_int_equal(hg__model_keep_part(m, "detector.channels", HG_F32, 2, 2, part, &err), 0);
        assert_int_equal(hg__signal_load(&e, m, "m", &err), HG_ERR_MODEL);
        assert_non_null(strstr(err.message, "m: 'detector.channels': expected "));
        hg_model_free(m);
    }
    hg_error err = {0};
    hg__signal e;
    hg_model *m = new_model(&d);
    hg__model_drop_parts(m, "detector.channels");
    assert_int_equal(hg__signal_load(&e, m, "m", &err), HG_ERR_MODEL);
    hg_model_free(m);
    hg__signal_clear(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_is_scaled_by_its_mean_and_deviation),
        cmocka_unit_test(flags_are_left_out_unless_there_is_nothing_else),
        cmocka_unit_test(a_window_is_a_period),
        cmocka_unit_test(what_no_window_fits_into_is_said),
        cmocka_unit_test(it_is_the_same_from_a_file),
        cmocka_unit_test(damaged_words_are_refused),
        cmocka_unit_test(a_missing_word_is_refused),
        cmocka_unit_test(damaged_scales_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
