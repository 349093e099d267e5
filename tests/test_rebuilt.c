// SPDX-License-Identifier: Apache-2.0
// test_rebuilt.c - how much of held-out windows a network leaves beside PCA: measured, kept, said.
#include "fit/pca.h"
#include "monitor/rebuilt.h"
#include "own_folder.h"
#include "signal_case.h"

static drawn learned;

static bool is_equal(double a, double b) {
    return !(a < b) && !(a > b) && isnan(a) == isnan(b);
}

static hg__rebuilt measure(const fitted *f, int32_t threads) {
    hg_error err = {0};
    hg__rebuilt r;
    hg__pool *pool = hg__pool_new(threads, &err);
    if (hg__rebuilt_measure(&r, f->model, &f->signal, &f->samples, &f->split, pool, &err) < 0) {
        fail_msg("%s", err.message);
    }
    hg__pool_free(pool);
    return r;
}

// Its weights are those it began with, so that nearly anything is better.
static void pca_rebuilds_better_than_a_network_without_training(void **state) {
    (void)state;
    for (int kind = 0; kind < HG_SIGNAL_KINDS; kind++) {
        fitted f;
        char text[HG_REBUILT_TEXT];
        fit_drawn(&f, &learned, 16, (hg__signal_kind)kind);
        const hg__rebuilt r = measure(&f, 1), threads = measure(&f, 3),
                          kept = hg__rebuilt_load(f.model);
        assert_true(r.pca > 0.001 && r.pca < 0.9 && r.network > r.pca);
        assert_int_equal(r.axes, 8);
        assert_true(is_equal(r.network, threads.network) && is_equal(r.pca, threads.pca));
        assert_true(is_equal(r.network, kept.network) && is_equal(r.pca, kept.pca));
        assert_int_equal(kept.axes, 8);
        hg__rebuilt_describe(&kept, text);
        assert_non_null(strstr(text, ", PCA of 8 axes 0."));
        assert_non_null(strstr(text, ": PCA rebuilds these better"));
        clear_fitted(&f);
    }
}

// The network is PCA itself.
static void pca_leaves_what_pca_leaves(void **state) {
    (void)state;
    fitted f;
    hg_error err = {0};
    hg_model *pca = NULL;
    fit_drawn(&f, &learned, 16, HG_SIGNAL_PLANT);
    const hg__windows w = {&f.samples, hg__signal_view(&f.signal), f.split.start, f.split.trained};
    const hg__rows rows = hg__rows_all(hg__windows_source(&w, "drawn"));
    assert_int_equal(hg__pca_fit(&pca, &rows, 8, f.pool, &err), HG_OK);
    hg_model_free(f.model);
    f.model = pca;
    const hg__rebuilt r = measure(&f, 1);
    assert_true(fabs(r.network - r.pca) < 2e-4);
    clear_fitted(&f);
}

static void where_steps_are_hidden_there_is_no_pca(void **state) {
    (void)state;
    for (int hide = HG_HIDE_MASKED; hide < HG_HIDE_KINDS; hide++) {
        fitted f;
        char text[HG_REBUILT_TEXT];
        fit_hidden(&f, &learned, 16, HG_SIGNAL_PLANT, (hg__hide)hide);
        const hg__rebuilt kept = hg__rebuilt_load(f.model);
        assert_int_equal(kept.axes, 0);
        assert_true(kept.network > 0.01);
        hg__rebuilt_describe(&kept, text);
        assert_non_null(strstr(text, " of what is hidden from it"));
        clear_fitted(&f);
    }
}

static void who_says_nothing_is_not_repeated(void **state) {
    (void)state;
    char text[HG_REBUILT_TEXT] = "x";
    const hg__shape in = {1, {4}};
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &in, 0, 1, NULL);
    const hg__rebuilt r = hg__rebuilt_load(m);
    hg__rebuilt_describe(&r, text);
    assert_string_equal(text, "");
    const hg__rebuilt good = {0.25, 0.5, 1, false};
    hg__rebuilt_describe(&good, text);
    assert_string_equal(text, "held-out windows: the network leaves 0.25 of the variance, PCA of 1 "
                              "axis 0.5: the network rebuilds these better");
    hg_model_free(m);
}

static int begin(void **state) {
    draw(&learned, MOST_STEPS, 3);
    return make_folder(state);
}

int main(void) {
    if (!hg__eigen_is_available()) {
        puts("skipped: no LAPACK, which detectors of windows are fitted with");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pca_rebuilds_better_than_a_network_without_training),
        cmocka_unit_test(pca_leaves_what_pca_leaves),
        cmocka_unit_test(where_steps_are_hidden_there_is_no_pca),
        cmocka_unit_test(who_says_nothing_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, begin, remove_folder);
}
