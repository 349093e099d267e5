// SPDX-License-Identifier: Apache-2.0
// test_framed.c - frames as a recording: rows, times, labels and names beside values that frames.h makes of the same samples.
#include <math.h>

#include "base/mem.h"
#include "faults.h"
#include "recording_case.h"
#include "signal/framed.h"
#include "sound_case.h"

enum { BANDS = 8, HOP = 100, FFT = 256, PAD = FFT / 2 };

static hg__frames_setup setup(bool centred) {
    hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_SPECTRUM, 0);
    s.fft = FFT;
    s.low = 1.5 / FFT;
    s.hop = HOP;
    s.bands = BANDS;
    s.centred = centred;
    return s;
}

// Numbers of two digits that are the same everywhere, for row i of channel c.
static int number(int32_t i, int32_t c) {
    const uint32_t x = ((uint32_t)i * 2 + (uint32_t)c + 1) * 2654435761U;
    return (int)(x >> 16) % 200 - 100;
}

// "t,a,b,l": rows at half seconds, from row `jump` on so many seconds later; rows 500 to 520 are anomalies.
static sample_file save_table(int32_t rows, int32_t jump, double seconds) {
    hg__text text = {0};
    hg__text_add(&text, "t,a,b,l\n");
    for (int32_t i = 0; i < rows; i++) {
        hg__text_add(&text, "%.1f,%d,%d,%d\n", i * 0.5 + (i >= jump ? seconds : 0), number(i, 0),
                     number(i, 1), i >= 500 && i <= 520);
    }
    const sample_file f = save_sample(text.data, text.length, "x.csv");
    hg__text_clear(&text);
    return f;
}

static hg__recording *open_frames(const char *path, const hg__frames_setup *s) {
    const hg__recording_options o = {.label = "l"};
    hg_error err = {0};
    hg__recording *of = hg__recording_open(path, &o, &err);
    if (!of) fail_msg("%s", err.message);
    hg__recording *r = hg__framed_new(of, s, &err);
    if (!r) fail_msg("%s", err.message);
    return r;
}

// Frames of rows from .. to - 1 of save_table().
static float *frames_of(const hg__frames_setup *s, int32_t from, int32_t to, int32_t *count) {
    hg__frames *f = hg__frames_new(s, 2, NULL);
    const int32_t room = (to - from) / HOP + 3;
    float *out = hg__alloc((size_t)room * 2 * BANDS, sizeof *out, NULL);
    int32_t taken;
    *count = 0;
    for (int32_t i = from; i < to; i++) {
        const float x[2] = {(float)number(i, 0), (float)number(i, 1)};
        *count += hg__frames_push(f, x, 1, out + (size_t)*count * 2 * BANDS, room - *count, &taken);
        assert_int_equal(taken, 1);
    }
    *count += hg__frames_flush(f, out + (size_t)*count * 2 * BANDS, room - *count);
    hg__frames_free(f);
    return out;
}

// The next frames of r are those of rows from .. to - 1, which begin anew there.
static void expect_part(hg__recording *r, int32_t from, int32_t to, double later, int32_t file) {
    const hg__frames_setup *s = hg__framed_setup(r);
    int32_t count, seen = 0;
    float *known = frames_of(s, from, to, &count);
    hg__steps in;
    while (seen < count) {
        assert_int_equal(hg__recording_next(r, &in, NULL), 1);
        assert_int_equal(in.file, file);
        for (int32_t i = 0; i < in.count; i++, seen++) {
            const int32_t first = from + seen * HOP;
            const int32_t row = first < to ? first : to - 1;
            assert_int_equal(in.row[i], row);
            assert_true(in.time[i] == row * 0.5 + later);
            assert_int_equal(in.begins[i], seen == 0);
            char when[32];
            snprintf(when, sizeof when, "%.1f", row * 0.5 + later);
            assert_string_equal(in.when[i], when);
            if (first < to) assert_int_equal(in.label[i], row <= 520 && row + HOP > 500);
            assert_memory_equal(in.value + (size_t)i * 2 * BANDS, known + (size_t)seen * 2 * BANDS,
                                2 * BANDS * sizeof *known);
        }
    }
    assert_int_equal(seen, count);
    hg__free(known);
}

static void frames_are_steps_with_row_time_and_label(void **state) {
    (void)state;
    enum { ROWS = 9050 };
    const sample_file f = save_table(ROWS, ROWS, 0);
    for (int centred = 0; centred < 2; centred++) {
        const hg__frames_setup s = setup(centred);
        hg__recording *r = open_frames(f.path, &s);
        assert_int_equal(r->channels, 2 * BANDS);
        assert_string_equal(r->name[0], "a band 1");
        assert_string_equal(r->name[15], "b band 8");
        assert_true(r->step == 50 && r->has_time && r->has_label && r->files == 1);
        assert_string_equal(hg__framed_of(r)->name[1], "b");
        for (int pass = 0; pass < 2; pass++) {
            hg__steps in;
            expect_part(r, 0, ROWS, 0, 0);
            assert_int_equal(hg__recording_next(r, &in, NULL), 0);
            assert_int_equal(hg__recording_next(r, &in, NULL), 0);
            assert_int_equal(hg__recording_rewind(r, NULL), HG_OK);
        }
        hg__steps some; // and from anywhere in between
        assert_int_equal(hg__recording_next(r, &some, NULL), 1);
        assert_int_equal(hg__recording_rewind(r, NULL), HG_OK);
        expect_part(r, 0, ROWS, 0, 0);
        assert_non_null(strstr(r->note, "frames of 256 samples, one every 100: 8 bands from "));
        assert_non_null(strstr(r->note, "time column 't'"));
        hg__recording_close(r);
    }
    remove_sample(&f);
}

static void after_a_long_gap_frames_begin_anew(void **state) {
    (void)state;
    const sample_file f = save_table(3000, 1130, 1000);
    const hg__frames_setup s = setup(true);
    hg__recording *r = open_frames(f.path, &s);
    hg__steps in;
    expect_part(r, 0, 1130, 0, 0);
    expect_part(r, 1130, 3000, 1000, 0);
    assert_int_equal(hg__recording_next(r, &in, NULL), 0);
    hg__recording_close(r);
    remove_sample(&f);
}

static void a_short_gap_leaves_frames_out(void **state) {
    (void)state;
    const sample_file f = save_table(1000, 450, 1); // two steps are missing
    const hg__frames_setup s = setup(false);
    hg__recording *r = open_frames(f.path, &s);
    hg__steps in;
    int32_t seen = 0;
    while (hg__recording_next(r, &in, NULL) > 0) {
        for (int32_t i = 0; i < in.count; i++, seen++) {
            const int32_t first = seen * HOP;
            const bool has = first <= 451 && 450 < first + FFT;
            const float x = in.value[(size_t)i * 2 * BANDS];
            assert_int_equal(isnan(x) != 0, has);
            assert_int_equal(in.row[i], first < 450 ? first : first - 2);
            assert_int_equal(in.begins[i], seen == 0);
        }
    }
    assert_int_equal(seen, (1002 - FFT) / HOP + 1);
    hg__recording_close(r);
    remove_sample(&f);
}

static void each_file_begins_anew(void **state) {
    (void)state;
    const sample_file f = save_table(700, 700, 0), g = save_table(50, 50, 0);
    char both[300];
    snprintf(both, sizeof both, "%s,%s", f.path, g.path);
    const hg__frames_setup s = setup(true);
    hg__recording *r = open_frames(both, &s);
    hg__steps in;
    for (int pass = 0; pass < 2; pass++) {
        expect_part(r, 0, 700, 0, 0);
        assert_string_equal(r->path, f.path);
        expect_part(r, 0, 50, 0, 1); // shorter than a frame: mirrored all over
        assert_string_equal(r->path, g.path);
        assert_int_equal(hg__recording_next(r, &in, NULL), 0);
        assert_int_equal(hg__recording_rewind(r, NULL), HG_OK);
    }
    hg__recording_close(r);
    remove_sample(&f);
    remove_sample(&g);
}

static void a_floor_of_0_is_found(void **state) {
    (void)state;
    const sample_file f = save_table(3000, 3000, 0);
    hg__frames_setup s = setup(false);
    s.floor = 0;
    hg__recording *r = open_frames(f.path, &s);
    double level = 0;
    for (int c = 0; c < 2; c++) {
        double sum = 0, squares = 0;
        for (int32_t i = 0; i < 3000; i++) {
            sum += number(i, c);
            squares += number(i, c) * number(i, c);
        }
        level += (squares / 3000 - sum / 3000 * (sum / 3000)) / 2;
    }
    assert_true(fabs(hg__framed_setup(r)->floor / (1e-10 * level) - 1) < 1e-9);
    const hg__frames_setup found = *hg__framed_setup(r);
    hg__recording_close(r);
    r = open_frames(f.path, &found); // the same again, by what a model file keeps
    expect_part(r, 0, 3000, 0, 0);
    hg__recording_close(r);
    remove_sample(&f);
}

static void setups_that_do_not_fit_are_refused(void **state) {
    (void)state;
    const sample_file f = save_table(300, 300, 0);
    const hg__recording_options o = {.label = "l"};
    hg_error err = {0};
    hg__frames_setup s = setup(false);
    s.fft = 1000;
    assert_null(hg__framed_new(hg__recording_open(f.path, &o, NULL), &s, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    s.floor = 0;
    assert_null(hg__framed_new(hg__recording_open(f.path, &o, NULL), &s, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    s = hg__frames_setup_default(HG_FRAMES_OCTAVES, 3);
    assert_null(hg__framed_new(hg__recording_open(f.path, &o, NULL), &s, &err));
    assert_int_equal(err.code, HG_ERR_DATA);
    assert_string_equal(plain_message(&f, err.message),
                        "x.csv: expected 3 samples a second, got 2");
    hg__recording *files = hg__recording_open(f.path, &o, NULL);
    assert_null(hg__framed_setup(files));
    assert_null(hg__framed_of(files));
    hg__recording_close(files);
    remove_sample(&f);
}

static void a_clip_of_sound_is_frames(void **state) {
    (void)state;
    char path[2048];
    int32_t count = 0, taken;
    snprintf(path, sizeof path, "%s/normal_id_01_00000000.wav", clip_folder());
    float *x = read_clip(path, &count);
    hg_error err = {0};
    hg__recording *of = x ? hg__recording_open(path, NULL, &err) : NULL;
    if (!of) {
        print_message("skipped: %s\n", x ? err.message : "no clip");
        hg__free(x);
        skip();
        return;
    }
    const hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, of->rate);
    hg__frames *f = hg__frames_new(&s, 1, NULL);
    float *known = hg__alloc((size_t)(count / 512 + 2) * 128, sizeof *known, NULL);
    int32_t made = hg__frames_push(f, x, count, known, count / 512 + 2, &taken);
    made += hg__frames_flush(f, known + (size_t)made * 128, 2);
    hg__recording *r = hg__framed_new(of, &s, NULL);
    assert_int_equal(r->steps, made);
    assert_string_equal(r->name[16], "mel 17");
    assert_true(r->rate == 31.25 && r->step == 0.032);
    int32_t seen = 0;
    hg__steps in;
    while (hg__recording_next(r, &in, NULL) > 0) {
        assert_memory_equal(in.value, known + (size_t)seen * 128,
                            (size_t)in.count * 128 * sizeof *known);
        for (int32_t i = 0; i < in.count; i++, seen++) {
            assert_int_equal(in.row[i], seen * 512);
            assert_true(fabs(in.time[i] - seen * 0.032) < 1e-9);
        }
    }
    assert_int_equal(seen, made);
    hg__recording_close(r);
    hg__frames_free(f);
    hg__free(known);
    hg__free(x);
}

// ---- faults -------------------------------------------------------------------------------------

static int judge(const hg_error *err) {
    return err->code < 0 && err->message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static int run_scenario(const char *path) {
    const hg__recording_options o = {.label = "l"};
    hg_error err = {0};
    hg__recording *of = hg__recording_open(path, &o, &err);
    if (!of) return judge(&err);
    hg__frames_setup s = setup(true);
    s.floor = 0;
    hg__recording *r = hg__framed_new(of, &s, &err);
    if (!r) return judge(&err);
    hg__steps in;
    int code;
    while ((code = hg__recording_next(r, &in, &err)) > 0) {
    }
    hg__recording_close(r);
    return code < 0 ? judge(&err) : CHILD_WORKED;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    const sample_file f = save_table(600, 600, 0);
    assert_true(count_faults(f.path, "HG_FAIL_ALLOC", "") > 20);
    assert_true(count_faults(f.path, "HG_FAIL_ALLOC", "+") > 20);
    remove_sample(&f);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "child") == 0) return run_scenario(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_steps_with_row_time_and_label),
        cmocka_unit_test(after_a_long_gap_frames_begin_anew),
        cmocka_unit_test(a_short_gap_leaves_frames_out),
        cmocka_unit_test(each_file_begins_anew),
        cmocka_unit_test(a_floor_of_0_is_found),
        cmocka_unit_test(setups_that_do_not_fit_are_refused),
        cmocka_unit_test(a_clip_of_sound_is_frames),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
