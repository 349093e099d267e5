// SPDX-License-Identifier: Apache-2.0
// test_clips.c - scores of whole clips, and frames in a model file.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "faults.h"
#include "jobs/trainer.h"
#include "monitor/clips.h"
#include "monitor/signal_frames.h"

#include <cmocka.h>

static hg_model *make_model(void) {
    const hg__shape input = {1, {12}};
    hg_model *m = hg__model_new("dense 2 | dense input", &input, 0, 0, NULL);
    assert_non_null(m);
    return m;
}

// A mean is over what has a score; of an imported model over windows.
static void means(void **state) {
    (void)state;
    const hg__scored_step step[3] = {
        {.score = 1,   .now = NAN},
        {.score = NAN, .now = NAN},
        {.score = 2,   .now = 7  }
    };
    hg__clip_mean c = {0};
    hg__signal d = {0};
    assert_true(isnan(hg__clip_mean_take(&c)));
    for (int i = 0; i < 3; i++) hg__clip_mean_add(&c, &d, &step[i]);
    assert_true(hg__clip_mean_take(&c) == 1.5);
    d.is_plain = true;
    for (int i = 0; i < 3; i++) hg__clip_mean_add(&c, &d, &step[i]);
    assert_true(hg__clip_mean_take(&c) == 7);
    assert_true(isnan(hg__clip_mean_take(&c)));
}

static void verdicts(void **state) {
    (void)state;
    const float held[4] = {1, 2, 3, 4};
    const hg__clips c = {held, 4};
    assert_true(hg__clips_judge(&c, 0.5, 0.01).p == 1);
    assert_true(hg__clips_judge(&c, 3, 0.01).p == 0.6);
    assert_false(hg__clips_judge(&c, 4, 0.01).is_alarm); // one had as much
    assert_true(hg__clips_judge(&c, 4.5, 0.01).p == 0.2);
    assert_true(hg__clips_judge(&c, 4.5, 0.01).is_alarm);
    assert_true(hg__clips_judge(&c, 4.5, 0.2).is_alarm);
    assert_false(hg__clips_judge(&c, 3.5, 0.2).is_alarm);
    assert_true(hg__clips_judge(&c, 3.5, 0.4).is_alarm);
}

static void kept(void **state) {
    (void)state;
    hg_model *m = make_model();
    float mean[5] = {3, 1, 2, 5, 4};
    hg__clips c;
    hg_error err = {0};
    assert_int_equal(hg__clips_save(m, mean, 3, NULL), HG_OK); // too few
    assert_int_equal(hg__clips_load(&c, m, "m", NULL), HG_OK);
    assert_int_equal(c.count, 0);
    assert_int_equal(hg__clips_save(m, mean, 5, NULL), HG_OK);
    assert_int_equal(hg__clips_load(&c, m, "m", NULL), HG_OK);
    assert_int_equal(c.count, 5);
    for (int i = 0; i < 5; i++) assert_true(c.held[i] == (float)(i + 1));
    hg__model_drop_parts(m, "detector.clips");
    const float falling[4] = {4, 3, 2, 1};
    assert_int_equal(hg__model_keep_part(m, "detector.clips", HG_F32, 4, 0, falling, NULL), HG_OK);
    assert_int_equal(hg__clips_load(&c, m, "m", &err), HG_ERR_MODEL);
    hg_model_free(m);
}

// ---- frames in a model file ---------------------------------------------------------------------

static hg__json *save(hg_model *m, hg__signal *d) {
    hg__frames_setup setup;
    assert_int_equal(hg__frames_setup_parse("logmel rate=1000 fft=256 bands=4", 0, &setup, NULL),
                     HG_OK);
    assert_int_equal(hg__signal_of_frames(d, &setup, 3, NULL), HG_OK);
    hg__json *detector = hg__json_object();
    assert_int_equal(hg__signal_save(d, m, detector, NULL), HG_OK);
    hg__model_set_detector(m, hg__json_share(detector));
    return detector;
}

static void comes_back(void **state) {
    (void)state;
    hg_model *m = make_model();
    hg__signal d, e;
    hg__json *detector = save(m, &d);
    assert_int_equal(hg__signal_load(&e, m, "m", NULL), HG_OK);
    assert_true(e.is_plain);
    assert_int_equal(e.read, 4);
    assert_string_equal(e.name[3], "mel 4");
    assert_int_equal(e.frames.channels, 1);
    assert_string_equal(e.frames.name[0], d.frames.name[0]);
    assert_false(e.frames.named);
    assert_memory_equal(&e.frames.setup.rate, &d.frames.setup.rate, sizeof(double));
    assert_int_equal(e.frames.setup.fft, 256);
    hg__json_free(detector);
    hg__signal_clear(&d);
    hg__signal_clear(&e);
    hg_model_free(m);
}

static hg__json *names(const char *a, const char *b) {
    hg__json *all = hg__json_array();
    assert_int_equal(hg__json_append(all, hg__json_string(a, NULL)), 0);
    if (b) assert_int_equal(hg__json_append(all, hg__json_string(b, NULL)), 0);
    return all;
}

// What a damaged file may say.
static void refused(void **state) {
    (void)state;
    for (int k = 0; k < 5; k++) {
        hg_model *m = make_model();
        hg__signal d, e;
        hg_error err = {0};
        hg__json *detector = save(m, &d), *own = hg__json_object_get(detector, "signal");
        hg__json *frames = hg__json_object_get(own, "frames");
        int code = 0;
        if (k == 0) code = hg__json_set(frames, "channels", hg__json_array());
        if (k == 1) code = hg__json_set(frames, "channels", names("left", "right"));
        if (k == 2) code = hg__json_set(frames, "fft", hg__json_integer(300));
        if (k == 3) code = hg__json_set(own, "score", hg__json_string("mean", NULL));
        if (k == 4) code = hg__json_set(own, "frames", hg__json_array());
        assert_int_equal(code, 0);
        assert_int_equal(hg__signal_load(&e, m, "m", &err), HG_ERR_MODEL);
        hg__json_free(detector);
        hg__signal_clear(&d);
        hg_model_free(m);
    }
}

// ---- memory that runs out -----------------------------------------------------------------------

static int there_and_back(hg_model *m, hg_error *err) {
    hg__frames_setup setup;
    hg__signal d = {0}, e = {0};
    float mean[4] = {4, 3, 2, 1};
    hg__clips c;
    hg__json *detector = hg__json_object();
    int code = hg__frames_setup_parse("logmel rate=1000 fft=256 bands=4", 0, &setup, err);
    if (code == HG_OK && !detector) code = hg__fail(err, HG_ERR_MEMORY, "no room");
    if (code == HG_OK) code = hg__signal_of_frames(&d, &setup, 3, err);
    if (code == HG_OK) code = hg__signal_save(&d, m, detector, err);
    if (code == HG_OK) code = hg__clips_save(m, mean, 4, err);
    hg__model_set_detector(m, hg__json_share(detector));
    if (code == HG_OK) code = hg__signal_load(&e, m, "m", err);
    if (code == HG_OK) code = hg__clips_load(&c, m, "m", err);
    hg__json_free(detector);
    hg__signal_clear(&d);
    hg__signal_clear(&e);
    return code;
}

static int child(void) {
    const hg__shape input = {1, {12}};
    hg_error err = {0};
    hg_model *m = hg__model_new("dense 2 | dense input", &input, 0, 0, &err);
    const int code = m ? there_and_back(m, &err) : (int)err.code;
    hg_model_free(m);
    if (code == HG_OK) return CHILD_WORKED;
    return code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void without_memory(void **state) {
    (void)state;
    assert_true(count_faults("all", "HG_FAIL_ALLOC", "") > 20);
    assert_true(count_faults("all", "HG_FAIL_ALLOC", "+") > 20);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means),      cmocka_unit_test(verdicts), cmocka_unit_test(kept),
        cmocka_unit_test(comes_back), cmocka_unit_test(refused),  cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
