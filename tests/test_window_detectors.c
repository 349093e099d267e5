// SPDX-License-Identifier: Apache-2.0
// test_window_detectors.c - the moving z-score and the spectral residual by their definitions, term by term; which detectors a model has.
#include "faults.h"
#include "monitor/window_detector.h"
#include "signal_case.h"

enum { WINDOWS = 5, C = 2, LONG = 64 };

static hg__signal drawn_signal(int32_t length) {
    return (hg__signal){.kind = HG_SIGNAL_PLANT,
                        .read = C,
                        .channels = C,
                        .length = length,
                        .stride = 4,
                        .longest = 4000,
                        .detectors = UINT32_C(1) << HG_DETECTOR_moving_z |
                                     UINT32_C(1) << HG_DETECTOR_spectral_residual};
}

static hg__window_detector make(int32_t row, int32_t length) {
    hg_error err = {0};
    const hg__signal s = drawn_signal(length);
    hg__window_detector d = hg__window_detector_make(row, &s, NULL);
    assert_int_equal(d.type->load(&d, NULL, "m", &err), HG_OK);
    return d;
}

static void draw_windows(float *x, int32_t n) {
    for (int32_t i = 0; i < WINDOWS * n; i++) {
        for (int32_t c = 0; c < C; c++) {
            x[i * C + c] = (float)hg__sin_turn(i / (9.0 + c)) + drawn_number(11, i, c);
        }
    }
}

static void a_moving_z_score_is_of_the_last_step(void **state) {
    // before the last: 1, 3, 1, 3, whose mean is 2 and whose deviation is 1; the other channel rests
    const float x[5][C] = {
        {1, 7},
        {3, 7},
        {1, 7},
        {3, 7},
        {4, 7}
    };
    float far[HG_WINDOWS_AT_ONCE];
    const hg__window_said to = {.far = far};
    (void)state;
    hg__window_detector d = make(HG_DETECTOR_moving_z, 5);
    assert_int_equal(d.stride, 1);
    assert_int_equal(d.view.length, 5);
    assert_int_equal(d.width, 5 * C);
    d.type->measure(&d, &(hg__seen_windows){&x[0][0], (size_t)d.width, 1}, &to);
    assert_true(fabs((double)far[0] - (2 / 1.01) * (2 / 1.01) / 2) < 1e-6);
    hg__window_detector_clear(&d);
}

// ---- by the paper, with the C library's functions ---------------------------------------------------

static void transform(const double *re, const double *im, int32_t n, double sign, double *to_re,
                      double *to_im) {
    for (int32_t k = 0; k < n; k++) {
        to_re[k] = to_im[k] = 0;
        for (int32_t t = 0; t < n; t++) {
            const double angle = sign * 6.283185307179586 * k * t / n;
            to_re[k] += re[t] * cos(angle) - im[t] * sin(angle);
            to_im[k] += re[t] * sin(angle) + im[t] * cos(angle);
        }
    }
}

static double residual_of(const float *x, int32_t n, int32_t c) {
    double re[LONG], none[LONG] = {0}, f[LONG], fi[LONG], g[LONG], gi[LONG], s[LONG], si[LONG];
    const int32_t kept = n - 5, last = kept - 1;
    double gradient = 0, mean = 0;
    for (int32_t t = 0; t < kept; t++) re[t] = (double)x[(t + 5) * C + c];
    for (int32_t i = 1; i <= 5; i++) gradient += (re[last - 1] - re[last - 1 - i]) / i / 5;
    for (int32_t t = kept; t < n; t++) re[t] = re[last - 5] + 5 * gradient;
    transform(re, none, n, -1, f, fi);
    for (int32_t k = 0; k < n; k++) {
        double around = 0;
        for (int32_t i = k + n - 1; i <= k + n + 1; i++) {
            around += log(hypot(f[i % n], fi[i % n]) + 1e-8) / 3;
        }
        const double phase = atan2(fi[k], f[k]);
        const double size = exp(log(hypot(f[k], fi[k]) + 1e-8) - around);
        g[k] = size * cos(phase);
        gi[k] = size * sin(phase);
    }
    transform(g, gi, n, 1, s, si);
    for (int32_t t = last - 21; t < last; t++) mean += hypot(s[t], si[t]) / 21;
    const double over = (hypot(s[last], si[last]) - mean) / (mean + 1e-8);
    return over > 0 ? over : 0;
}

static void a_spectral_residual_is_the_papers(void **state) {
    float x[WINDOWS * LONG * C], far[HG_WINDOWS_AT_ONCE];
    const hg__window_said to = {.far = far};
    (void)state;
    hg__window_detector d =
        make(HG_DETECTOR_spectral_residual, 17); // 4 times that, as a power of two
    assert_int_equal(d.view.length, LONG);
    assert_int_equal(d.stride, 1);
    draw_windows(x, LONG);
    x[(2 * LONG + LONG - 1) * C] += 5; // the last step of the third
    d.type->measure(&d, &(hg__seen_windows){x, (size_t)d.width, WINDOWS}, &to);
    for (int32_t i = 0; i < WINDOWS; i++) {
        const float *window = x + i * LONG * C;
        const double wanted = (residual_of(window, LONG, 0) + residual_of(window, LONG, 1)) / 2;
        assert_true(fabs((double)far[i] - wanted) < 1e-6 * (1 + wanted));
        if (i != 2) assert_true(far[2] > 2 * far[i]);
    }
    hg__window_detector_clear(&d);
}

static void what_rests_has_no_residual(void **state) {
    float x[LONG * C] = {0}, far[HG_WINDOWS_AT_ONCE];
    const hg__window_said to = {.far = far};
    (void)state;
    hg__window_detector d = make(HG_DETECTOR_spectral_residual, 17);
    d.type->measure(&d, &(hg__seen_windows){x, (size_t)d.width, 1}, &to);
    assert_true(far[0] == 0);
    hg__window_detector_clear(&d);
    d = make(HG_DETECTOR_spectral_residual, 2); // 8 steps are too few for it
    assert_int_equal(d.view.length, 8);
    d.type->measure(&d, &(hg__seen_windows){x, (size_t)d.width, 1}, &to);
    assert_true(far[0] == 0);
    hg__window_detector_clear(&d);
}

// ---- which there are ----------------------------------------------------------------------------

static void detectors_are_named(void **state) {
    uint32_t rows = 7;
    hg_error err = {0};
    (void)state;
    assert_int_equal(hg__window_detectors_parse("auto", &rows, &err), HG_OK);
    assert_int_equal(rows, 0);
    assert_int_equal(hg__window_detectors_parse("principal,moving_z", &rows, &err), HG_OK);
    assert_int_equal(rows, 1 << HG_DETECTOR_principal | 1 << HG_DETECTOR_moving_z);
    assert_int_equal(hg__window_detectors_parse("principal,moving", &rows, &err), HG_ERR_USAGE);
    assert_string_equal(
        err.message,
        "detectors: expected auto, autoencoder, short_statistics, statistics, long_statistics, "
        "spectrum, principal, neighbours, long_neighbours, moving_z, spectral_residual, residuals, "
        "got "
        "'moving'");
    assert_string_equal(hg__window_detector_title(HG_DETECTOR_principal), "PCA on windows");
}

static void named_ones_count_the_same(void **state) {
    const hg__signal s = drawn_signal(32);
    hg__signal plain = s;
    (void)state;
    plain.detectors = 0;
    plain.beside = UINT32_C(1) << HG_DETECTOR_neighbours;
    for (int32_t row = 0; row < HG_WINDOW_DETECTORS; row++) {
        const hg__window_detector d = hg__window_detector_make(row, &s, NULL);
        const bool is_named = s.detectors >> row & 1;
        assert_true(d.weight == (is_named ? 1.0F : 0.0F));
        // the network explains, whatever scores
        assert_int_equal(d.is_there, is_named || row == HG_DETECTOR_autoencoder);
    }
    const hg__window_detector d = hg__window_detector_make(HG_DETECTOR_neighbours, &plain, NULL);
    assert_true(d.is_there && d.weight == 0 && !d.view.is_normalised);
}

static int load_residual(void) {
    const hg__signal s = drawn_signal(17);
    hg_error err = {0};
    hg__window_detector d = hg__window_detector_make(HG_DETECTOR_spectral_residual, &s, NULL);
    const int code = d.type->load(&d, NULL, "m", &err);
    hg__window_detector_clear(&d);
    if (code == HG_OK) return CHILD_WORKED;
    return code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(count_faults("load", "HG_FAIL_ALLOC", "") > 5);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 2) return load_residual();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moving_z_score_is_of_the_last_step),
        cmocka_unit_test(a_spectral_residual_is_the_papers),
        cmocka_unit_test(what_rests_has_no_residual),
        cmocka_unit_test(detectors_are_named),
        cmocka_unit_test(named_ones_count_the_same),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
