// SPDX-License-Identifier: Apache-2.0
// test_window_features.c - what detectors say of windows where they stand, beside the same windows alone and the formulas.
#include "base/log2.h"
#include "monitor/window_features.h"
#include "signal/spectrum.h"
#include "signal_case.h"

static drawn learned;
static float x[MOST_STEPS * MOST_CHANNELS]; // scaled

// A detector of row `row`, loaded.
static hg__window_detector open(const fitted *f, int32_t row) {
    hg_error err = {0};
    hg__window_detector d = hg__window_detector_make(row, &f->signal, f->pool);
    if (d.type->load(&d, f->model, "m", &err) < 0) fail_msg("%s", err.message);
    return d;
}

// window: 16, of whole blocks; 23, with a rest; 12, whose spectrum is longer.
static void fit_with(fitted *f, int32_t window) {
    draw(&learned, 2500, 3);
    fit_drawn(f, &learned, window, HG_SIGNAL_PLANT);
    const hg__window_view view = hg__signal_view(&f->signal);
    hg__window_scale(&view, learned.value, 2500, x);
}

static void expect_same(hg__window_detector *d) {
    const size_t width = (size_t)d->width, pitch = (size_t)d->stride * (size_t)d->view.channels;
    const int32_t fits = (int32_t)((2500 * 3 - width) / pitch) + 1;
    const int32_t count = fits < HG_WINDOWS_AT_ONCE ? fits : HG_WINDOWS_AT_ONCE;
    float far[HG_WINDOWS_AT_ONCE], one;
    float *y = hg__alloc(HG_WINDOWS_AT_ONCE, width * sizeof *y, NULL);
    float *copy = hg__alloc(width, sizeof *copy, NULL);
    assert_true(y && copy);
    const hg__seen_windows all = {x, pitch, count};
    d->type->measure(d, &all, &(hg__window_said){far, y});
    for (int32_t i = 0; i < count; i++) {
        memcpy(copy, x + (size_t)i * pitch, width * sizeof *copy);
        const hg__seen_windows alone = {copy, width, 1};
        d->type->measure(d, &alone, &(hg__window_said){&one, y});
        assert_memory_equal(&one, &far[i], sizeof one);
    }
    hg__free(y);
    hg__free(copy);
}

static void windows_that_overlap_are_as_they_are_alone(void **state) {
    (void)state;
    static const int32_t window[] = {16, 23, 12};
    for (size_t k = 0; k < sizeof window / sizeof *window; k++) {
        fitted f;
        fit_with(&f, window[k]);
        for (int32_t row = 0; row < HG_WINDOW_DETECTORS; row++) {
            if (hg__window_detector_make(row, &f.signal, f.pool).weight == 0) continue;
            hg__window_detector d = open(&f, row);
            expect_same(&d);
            hg__window_detector_clear(&d);
        }
        clear_fitted(&f);
    }
}

// ---- beside the formulas ------------------------------------------------------------------------

// (value - mean) / (deviation + least), squared; k: which of the part's rows.
static double square_of(const fitted *f, const char *part, int32_t k, double value) {
    const hg__tensor *usual = hg__model_part(f->model, part);
    assert_non_null(usual);
    const float *at = (const float *)usual->data + 2 * k;
    const double z = (value - (double)at[0]) * (double)at[1];
    return z * z;
}

// Of channel c of the window at w: mean, ln of the deviation, ln of that of the differences.
static void describe(const float *w, int32_t n, int32_t c, double value[3]) {
    double sum = 0, square = 0, steps = 0;
    const double step = ((double)w[(n - 1) * 3 + c] - (double)w[c]) / (n - 1);
    for (int32_t t = 0; t < n; t++) sum += (double)w[t * 3 + c];
    for (int32_t t = 0; t < n; t++) {
        const double v = (double)w[t * 3 + c], by = t ? v - (double)w[(t - 1) * 3 + c] - step : 0;
        square += (v - sum / n) * (v - sum / n);
        steps += by * by;
    }
    value[0] = sum / n;
    value[1] = log(0.05 + sqrt(square / n));
    value[2] = log(0.02 + sqrt(steps / (n - 1)));
}

static void statistics_are_those_of_the_window(void **state) {
    (void)state;
    fitted f;
    fit_with(&f, 23);
    hg__window_detector d = open(&f, HG_DETECTOR_statistics);
    const size_t pitch = (size_t)d.stride * 3;
    const hg__seen_windows w = {x, pitch, 20};
    float far[20];
    d.type->measure(&d, &w, &(hg__window_said){.far = far});
    for (int32_t i = 0; i < 20; i++) {
        double sum = 0, value[3];
        for (int32_t c = 0; c < 3; c++) {
            describe(x + (size_t)i * pitch, d.view.length, c, value);
            for (int32_t k = 0; k < 3; k++) {
                sum += square_of(&f, "detector.statistics", 3 * c + k, value[k]);
            }
        }
        assert_true(fabs((double)far[i] - sum / 9) < 1e-4 * (1 + sum / 9));
    }
    hg__window_detector_clear(&d);
    clear_fitted(&f);
}

static void spectra_are_those_of_the_window(void **state) {
    (void)state;
    enum { MOST = 128 };
    fitted f;
    hg__spectrum s;
    fit_with(&f, 16);
    hg__window_detector d = open(&f, HG_DETECTOR_spectrum);
    const int32_t n = d.view.length, lines = n / 2 + 1;
    assert_true(n <= MOST && hg__spectrum_init(&s, n, NULL) == HG_OK);
    const size_t pitch = (size_t)d.stride * 3;
    const hg__seen_windows w = {x, pitch, 7};
    float far[7], one[MOST];
    double power[MOST / 2 + 1];
    d.type->measure(&d, &w, &(hg__window_said){.far = far});
    for (int32_t i = 0; i < 7; i++) {
        double sum = 0;
        for (int32_t c = 0; c < 3; c++) {
            const float *from = x + (size_t)i * pitch + c;
            double mean = 0;
            for (int32_t t = 0; t < n; t++) mean += (double)from[3 * t] / n;
            for (int32_t t = 0; t < n; t++) one[t] = from[3 * t] - (float)mean;
            assert_true(hg__spectrum_run(&s, one, power));
            for (int32_t k = 0; k < lines; k++) {
                sum += square_of(&f, "detector.spectrum", c * lines + k, log(power[k] / n + 1e-3));
            }
        }
        sum /= 3 * lines;
        assert_true(fabs((double)far[i] - sum) < 1e-4 * (1 + sum));
    }
    hg__spectrum_clear(&s);
    hg__window_detector_clear(&d);
    clear_fitted(&f);
}

static void logarithms_are_right_to_a_millionth(void **state) {
    (void)state;
    double v = 1e-30;
    for (int i = 0; i < 10700; i++) {
        const double want = log((double)(float)v);
        assert_true(fabs((double)hg__ln((float)v) - want) < 4e-7 * (1 + fabs(want)));
        v *= 1.013;
    }
    assert_true(hg__ln(1) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_that_overlap_are_as_they_are_alone),
        cmocka_unit_test(statistics_are_those_of_the_window),
        cmocka_unit_test(spectra_are_those_of_the_window),
        cmocka_unit_test(logarithms_are_right_to_a_millionth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
