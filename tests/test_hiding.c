// SPDX-License-Identifier: Apache-2.0
// test_hiding.c - windows some of whose steps are hidden: which, that they enter in no way, and scores of models that predict them.
#include "faults.h"
#include "fit/pca.h"
#include "monitor/window_detector.h"
#include "own_folder.h"
#include "signal_case.h"

enum { N = 16, C = 3 };

static drawn learned;
static fitted it;

static float number(int32_t i) {
    return drawn_number(11, i, 0);
}

static bool is_same(float a, float b) {
    return !(a < b) && !(a > b) && isnan(a) == isnan(b);
}

// ---- which steps --------------------------------------------------------------------------------

static void parts_cover_a_window_once(void **state) {
    (void)state;
    const hg__hiding h = {HG_HIDE_MASKED, HG_HIDDEN_PARTS, false};
    assert_int_equal(hg__hiding_passes(&h), HG_HIDDEN_PARTS);
    for (int32_t steps = HG_HIDDEN_PARTS; steps < 70; steps++) {
        int32_t at = 0;
        for (int32_t pass = 0; pass < HG_HIDDEN_PARTS; pass++) {
            int32_t first, end;
            hg__hiding_steps(&h, steps, pass, &first, &end);
            assert_int_equal(first, at);
            assert_true(end > first);
            at = end;
        }
        assert_int_equal(at, steps);
    }
}

static void the_next_steps_are_the_last(void **state) {
    (void)state;
    const hg__hiding h = {HG_HIDE_NEXT, HG_HIDDEN_PARTS, false}, none = {0};
    int32_t first, end;
    assert_int_equal(hg__hiding_passes(&h), 1);
    hg__hiding_steps(&h, 32, 0, &first, &end);
    assert_int_equal(first, 24);
    assert_int_equal(end, 32);
    assert_int_equal(hg__hiding_passes(&none), 1);
    hg__hiding_steps(&none, 32, 0, &first, &end);
    assert_int_equal(first, end);
}

// ---- what enters --------------------------------------------------------------------------------

// Missing values in channel 0 behind what is hidden, and before it in channel 1; channel 2 is missing but for what is hidden.
static void fill_window(float *x, int32_t first, int32_t end) {
    for (int32_t i = 0; i < N * C; i++) x[i] = number(i);
    for (int32_t t = end; t < N && t < end + 2; t++) x[t * C] = NAN;
    for (int32_t t = first - 2; t < first; t++) {
        if (t >= 0) x[t * C + 1] = NAN;
    }
    for (int32_t t = 0; t < N; t++) {
        if (t < first || t >= end) x[t * C + 2] = NAN;
    }
}

static void hidden_steps_enter_in_no_way(void **state) {
    (void)state;
    float x[N * C], other[N * C], seen[N * C], again[N * C];
    hg__channel_scale scale[C], same[C];
    for (int k = 0; k < 4; k++) {
        const hg__hiding h = {k % 2 ? HG_HIDE_NEXT : HG_HIDE_MASKED, HG_HIDDEN_PARTS, k / 2};
        for (int32_t pass = 0; pass < hg__hiding_passes(&h); pass++) {
            int32_t first, end;
            hg__hiding_steps(&h, N, pass, &first, &end);
            fill_window(x, first, end);
            memcpy(other, x, sizeof x);
            for (int32_t i = first * C; i < end * C; i++) other[i] = i % 5 ? 1000 : NAN;
            hg__hiding_see(&h, N, C, pass, x, seen, scale);
            hg__hiding_see(&h, N, C, pass, other, again, same);
            assert_memory_equal(seen, again, sizeof seen);
            assert_memory_equal(scale, same, sizeof scale);
            for (int32_t i = 0; i < N * C; i++) assert_true(isfinite(seen[i]));
            for (int32_t i = first * C; i < end * C; i++) assert_true(is_same(seen[i], 0));
        }
    }
}

static void rows_hide_another_part_each_epoch(void **state) {
    (void)state;
    static float x[N * C], target[N * C], scratch[(N + 2) * C];
    hg_error err = {0};
    hg__hidden_windows w = {
        {&it.samples, hg__signal_view(&it.signal), it.split.start, it.split.trained},
        {HG_HIDE_MASKED,           HG_HIDDEN_PARTS,                         false             }
    };
    w.windows.view = hg__hiding_view(&w.hiding, w.windows.view);
    const hg__row_source s = hg__hidden_source(&w, "drawn");
    assert_true(s.has_target);
    assert_int_equal(s.scratch, sizeof scratch / sizeof *scratch);
    for (uint32_t epoch = 0; epoch < HG_HIDDEN_PARTS; epoch++) {
        const hg__row_place at = {.row = 5, .epoch = epoch};
        hg__row_room room = {.x = x, .target = target, .scratch = scratch};
        assert_int_equal(hg__row_source_make(&s, &at, &room, &err), HG_OK);
        int32_t first, end;
        hg__hiding_steps(&w.hiding, N, (int32_t)((5 + epoch) % HG_HIDDEN_PARTS), &first, &end);
        for (int32_t i = 0; i < N * C; i++) {
            const bool is_hidden = i >= first * C && i < end * C;
            assert_true(is_same(x[i], is_hidden ? 0 : target[i]));
        }
    }
}

// ---- models -------------------------------------------------------------------------------------

static void predictions_do_not_know_what_is_hidden(void **state) {
    (void)state;
    static float x[2 * N * C], made[2][2 * N * C], far[2];
    hg_error err = {0};
    for (int k = 0; k < 4; k++) {
        fitted f;
        const hg__hide hide = k % 2 ? HG_HIDE_NEXT : HG_HIDE_MASKED;
        fit_hidden(&f, &learned, N, k / 2 ? HG_SIGNAL_PULSES : HG_SIGNAL_PLANT, hide);
        hg__window_detector d =
            hg__window_detector_make(HG_DETECTOR_autoencoder, &f.signal, f.pool);
        assert_int_equal(d.type->load(&d, f.model, "m", &err), HG_OK);
        const int32_t steps = d.width / C;
        for (int32_t pass = 0; pass < hg__hiding_passes(&d.hiding); pass++) {
            int32_t first, end;
            hg__hiding_steps(&d.hiding, steps, pass, &first, &end);
            for (int round = 0; round < 2; round++) {
                for (int32_t i = 0; i < 2 * d.width; i++) x[i] = number(i);
                for (int32_t i = first * C; round && i < end * C; i++) x[i] = 3;
                d.type->measure(&d, &(hg__seen_windows){x, (size_t)d.width, 2},
                                &(hg__window_said){far, made[round]});
                assert_true(isfinite(far[0]) && far[0] > 0);
            }
            const size_t bytes = (size_t)((end - first) * C) * sizeof(float);
            assert_memory_equal(made[0] + first * C, made[1] + first * C, bytes);
        }
        hg__window_detector_clear(&d);
        clear_fitted(&f);
    }
}

static int64_t score(const fitted *f, const drawn *d, int32_t at_a_time, int32_t threads,
                     hg__scored_step *to) {
    hg_error err = {0};
    int64_t count = 0;
    hg__pool *pool = hg__pool_new(threads, &err);
    hg__signal_scorer *s = hg__signal_scorer_new(f->model, pool, "m", &err);
    if (!s) fail_msg("%s", err.message);
    for (int64_t t = 0; t <= d->steps; t += at_a_time) {
        const int64_t left = d->steps - t;
        const hg__steps steps = {.count = (int32_t)(left < at_a_time ? left : at_a_time),
                                 .value = d->value + t * d->channels,
                                 .row = d->row + t,
                                 .begins = d->begins + t};
        const hg__scored_step *step;
        for (int32_t taken = 0; taken < steps.count;) {
            taken += hg__signal_scorer_take(s, &steps, taken);
            for (int32_t n; (n = hg__signal_scorer_next(s, &step)) > 0; count += n) {
                memcpy(to + count, step, (size_t)n * sizeof *to);
            }
        }
        if (left > at_a_time) continue;
        hg__signal_scorer_end(s);
        for (int32_t n; (n = hg__signal_scorer_next(s, &step)) > 0; count += n) {
            memcpy(to + count, step, (size_t)n * sizeof *to);
        }
        break;
    }
    hg__signal_scorer_free(s);
    hg__pool_free(pool);
    return count;
}

static void scores_are_the_same_at_any_number_of_threads(void **state) {
    (void)state;
    static hg__scored_step one[MOST_STEPS], other[MOST_STEPS];
    static drawn seen;
    draw(&seen, 1500, C);
    seen.begins[400] = seen.begins[405] = 1;
    for (int i = 0; i < 300; i++) seen.value[C * 700 + 2 * i] = NAN;
    for (int hide = HG_HIDE_MASKED; hide < HG_HIDE_KINDS; hide++) {
        for (int kind = 0; kind < HG_SIGNAL_KINDS; kind++) {
            fitted f;
            fit_hidden(&f, &learned, N, (hg__signal_kind)kind, (hg__hide)hide);
            assert_int_equal(score(&f, &seen, 1500, 1, one), 1500);
            assert_int_equal(score(&f, &seen, 7, 3, other), 1500);
            for (int t = 0; t < 1500; t++) {
                assert_true(is_same(one[t].score, other[t].score));
                assert_true(is_same(one[t].now, other[t].now));
            }
            clear_fitted(&f);
        }
    }
}

static hg_model *with_hide(const fitted *f, const char *kind, int32_t parts) {
    hg_error err = {0};
    assert_int_equal(hg__model_save(f->model, at("m.safetensors"), NULL, &err), HG_OK);
    hg_model *m = hg_model_load(at("m.safetensors"), &err);
    if (!m) fail_msg("%s", err.message);
    hg__json *detector = hg__json_copy(hg__model_detector(m));
    hg__json *own = hg__json_copy(hg__json_object_get(detector, "signal"));
    hg__json *hide = hg__json_pack("{s:s, s:i}", "kind", kind, "parts", parts);
    assert_int_equal(hg__json_set(own, "hide", hide), 0);
    assert_int_equal(hg__json_set(detector, "signal", own), 0);
    hg__model_set_detector(m, detector);
    return m;
}

static void what_is_hidden_is_in_the_model_file(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        int32_t parts;
        bool is_good;
    } cases[] = {
        {"masked",  4,  true },
        {"next",    2,  true },
        {"masked",  16, true },
        {"masked",  1,  false},
        {"masked",  17, false},
        {"masked",  65, false},
        {"masked",  -1, false},
        {"nothing", 4,  false},
        {"none",    4,  false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_error err = {0};
        hg__signal s;
        hg_model *m = with_hide(&it, cases[i].kind, cases[i].parts);
        const int code = hg__signal_load(&s, m, "m", &err);
        assert_int_equal(code, cases[i].is_good ? HG_OK : HG_ERR_MODEL);
        if (code == HG_OK) assert_int_equal(s.hiding.parts, cases[i].parts);
        if (code == HG_OK) assert_string_equal(hg__hide_names[s.hiding.kind], cases[i].kind);
        if (code < 0) assert_non_null(strstr(err.message, "m: signal: hide: expected masked"));
        hg__signal_clear(&s);
        hg_model_free(m);
    }
}

// A child's.
static int open_scorer(void) {
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(2, &err);
    hg_model *m = pool ? hg_model_load(getenv("HG_TEST_MODEL"), &err) : NULL;
    hg__signal_scorer *s = m ? hg__signal_scorer_new(m, pool, "m", &err) : NULL;
    const bool failed_well = err.code == HG_ERR_MEMORY && err.message[0];
    const int code = s ? CHILD_WORKED : failed_well ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
    hg__signal_scorer_free(s);
    hg_model_free(m);
    hg__pool_free(pool);
    return code;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    hg_error err = {0};
    fitted f;
    fit_hidden(&f, &learned, N, HG_SIGNAL_PLANT, HG_HIDE_MASKED);
    assert_int_equal(hg__model_save(f.model, at("m.safetensors"), NULL, &err), HG_OK);
    assert_int_equal(setenv("HG_TEST_MODEL", at("m.safetensors"), 1), 0);
    assert_true(count_faults("open", "HG_FAIL_ALLOC", "") > 30);
    clear_fitted(&f);
}

static int begin(void **state) {
    draw(&learned, MOST_STEPS, C);
    fit_drawn(&it, &learned, N, HG_SIGNAL_PLANT);
    return make_folder(state);
}

static int end(void **state) {
    clear_fitted(&it);
    return remove_folder(state);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 2) return open_scorer();
    if (!hg__eigen_is_available()) {
        puts("skipped: no LAPACK, which detectors of windows are fitted with");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_cover_a_window_once),
        cmocka_unit_test(the_next_steps_are_the_last),
        cmocka_unit_test(hidden_steps_enter_in_no_way),
        cmocka_unit_test(rows_hide_another_part_each_epoch),
        cmocka_unit_test(predictions_do_not_know_what_is_hidden),
        cmocka_unit_test(scores_are_the_same_at_any_number_of_threads),
        cmocka_unit_test(what_is_hidden_is_in_the_model_file),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
