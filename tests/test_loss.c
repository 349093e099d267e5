// SPDX-License-Identifier: Apache-2.0
// test_loss.c - the losses' values, ends included, against PyTorch's formulas in double.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"
#include "nn/loss.h"

#include <cmocka.h>

enum { N = 203, ROOM = 224 };

typedef double formula(double y, double t);

static double mse(double y, double t) {
    return (y - t) * (y - t);
}
static double mae(double y, double t) {
    return fabs(y - t);
}
static double bce(double y, double t) {
    return -(t * fmax(log(y), -100) + (1 - t) * fmax(log1p(-y), -100));
}
static double bce_logits(double y, double t) {
    return fmax(y, 0) - y * t + log1p(exp(-fabs(y)));
}
static double huber(double y, double t) { // delta = 1
    double d = fabs(y - t);
    return d <= 1 ? 0.5 * d * d : d - 0.5;
}
static double sigmoid(double y) {
    return 1 / (1 + exp(-y));
}
static double mse_logits(double y, double t) {
    return mse(sigmoid(y), t);
}
static double mae_logits(double y, double t) {
    return mae(sigmoid(y), t);
}
static double huber_logits(double y, double t) {
    return huber(sigmoid(y), t);
}

static void expect_loss(const char *name, hg__loss_function *f, const hg__kernels *k,
                        formula *exact, bool unit) {
    const hg__loss_rows r = {
        .k = k, .shape = {1, {N}},
             .n = N
    };
    hg__real y[ROOM], t[ROOM], dy[ROOM];
    double want = 0;
    for (uint32_t i = 0; i < ROOM; i++) {
        hg__philox p = hg__philox_run(9, i, unit, 0, 0);
        float u = hg__unit_float(p.word[0]), v = hg__unit_float(p.word[1]);
        y[i] = (hg__real)(unit ? u : u * 8 - 4);
        t[i] = (hg__real)v;
        if (i % 50 == 0) y[i] = 0, t[i] = i % 100 == 0; // bce: log(0) counts as -100
        if (i % 50 == 1) y[i] = 1, t[i] = i % 100 == 1;
        if (i < N) want += exact((double)y[i], (double)t[i]);
    }
    double got = f(&r, dy, y, t, (hg__real)0.01, 1, NULL);
    if (!(fabs(got / want - 1) < 1e-6)) fail_msg("%s: expected %.9g, got %.9g", name, want, got);
    for (int i = 0; i < N; i++) {
        if (!isfinite((double)dy[i])) fail_msg("%s: gradient [%d] is %g", name, i, (double)dy[i]);
    }
    for (int i = N; i % HG_LANES; i++) assert_true(dy[i] == 0);
    got = f(&r, y, y, t, (hg__real)0.01, 1, NULL); // the gradient may take y's place
    for (int i = 0; i < N; i++) assert_true(y[i] == dy[i]);
    assert_true(fabs(got / want - 1) < 1e-6);
}

static void values_are_pytorchs(void **state) {
    (void)state;
    const struct {
        const char *name;
        formula *exact, *from_logits;
        bool unit;
    } rows[] = {
        {"mse",   mse,   mse_logits,   false},
        {"mae",   mae,   mae_logits,   false},
        {"bce",   bce,   bce_logits,   true },
        {"huber", huber, huber_logits, false}
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const hg__loss *l = hg__loss_find(rows[i].name);
        assert_non_null(l);
        for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
            expect_loss(l->name, l->row, *k, rows[i].exact, rows[i].unit);
            expect_loss("of logits", l->row_of_logits, *k, rows[i].from_logits, false);
        }
    }
    assert_null(hg__loss_find("msee"));
}

enum { SIDE = 24, CHANNELS = 3, PIXELS = SIDE * SIDE * CHANNELS };
static hg__real picture[2][PIXELS + HG_LANES], slope[PIXELS + HG_LANES], scratch[1 << 17];
static const hg__shape image = {
    3, {SIDE, SIDE, CHANNELS}
};

static hg__loss_rows rows_of(const hg__shape *shape, const hg__kernels *k) {
    size_t n = 0;
    assert_true(hg__shape_count(shape, &n));
    return (hg__loss_rows){.k = k, .shape = *shape, .n = (int32_t)n};
}

static void fill_pictures(void) {
    for (uint32_t i = 0; i < PIXELS; i++) {
        const hg__philox p = hg__philox_run(5, i, 0, 0, 0);
        picture[0][i] = (hg__real)hg__unit_float(p.word[0]);
        picture[1][i] = (hg__real)((i / CHANNELS % SIDE) / (double)SIDE);
    }
}

static void a_value_that_is_not_a_number_shows_in_every_loss(void **state) {
    (void)state;
    const hg__loss_rows r = rows_of(&image, hg__kernels_pick());
    for (const hg__loss *const *l = hg__losses(); *l; l++) {
        if ((*l)->is_of_spans) continue;
        assert_true(!(*l)->scratch || (*l)->scratch(&r) <= sizeof scratch / sizeof *scratch);
        fill_pictures();
        assert_true(isfinite((*l)->row(&r, NULL, picture[0], picture[1], 1, 1, scratch)));
        picture[0][700] = (hg__real)NAN;
        assert_true(isnan((*l)->row(&r, NULL, picture[0], picture[1], 1, 1, scratch)));
        if (!(*l)->row_of_logits) continue;
        assert_true(isnan((*l)->row_of_logits(&r, NULL, picture[0], picture[1], 1, 1, NULL)));
    }
}

static void expect_same_bits(const hg__loss *l) {
    static hg__real want[PIXELS + HG_LANES];
    double value = 0;
    for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
        const hg__loss_rows r = rows_of(&image, *k);
        const double got = l->row(&r, slope, picture[0], picture[1], (hg__real)0.01, 1, scratch);
        if (k == hg__kernels_all()) value = got, memcpy(want, slope, sizeof want);
        if (got != value) fail_msg("%s, %s: %.17g, not %.17g", l->name, (*k)->name, got, value);
        assert_memory_equal(slope, want, sizeof want);
    }
}

static void every_instruction_set_gives_the_same_bits(void **state) {
    (void)state;
    fill_pictures();
    for (const hg__loss *const *l = hg__losses(); *l; l++) {
        if (!(*l)->is_of_spans) expect_same_bits(*l); // test_spans
    }
}

// Of an image with itself there is no loss and no slope; of its negative, more than of none.
static void images_are_compared_by_their_structure(void **state) {
    (void)state;
    static const char *const names[] = {"ssim", "ms_ssim", "gradient"};
    const hg__loss_rows r = rows_of(&image, hg__kernels_pick());
    for (int i = 0; i < 3; i++) {
        const hg__loss *l = hg__loss_find(names[i]);
        fill_pictures();
        assert_true(fabs(l->row(&r, slope, picture[0], picture[0], 1, 1, scratch)) < 1e-6 * PIXELS);
        for (int j = 0; j < PIXELS; j++) assert_true(fabs((double)slope[j]) < 1e-5);
        for (int j = 0; j < PIXELS; j++) picture[1][j] = 1 - picture[0][j];
        const double negative = l->row(&r, slope, picture[1], picture[0], 1, 1, scratch) / PIXELS;
        assert_true(i == 2 ? negative < 1e-6 : negative > 1); // which has the same edges
        double away = 0; // a step along the slope makes it smaller, where means are below 0 too
        for (int j = 0; j < PIXELS; j++) {
            picture[1][j] -= (hg__real)0.05 * slope[j];
            away += fabs((double)slope[j]);
        }
        const double then = l->row(&r, NULL, picture[1], picture[0], 1, 1, scratch) / PIXELS;
        assert_true(i == 2 || (away > 1 && then < negative));
    }
}

static void images_are_asked_for(void **state) {
    (void)state;
    static const char *const names[] = {"ssim", "ms_ssim", "gradient"};
    const hg__shape shapes[] = {
        {1, {500}      },
        {3, {10, 40, 1}},
        {3, {40, 10, 3}},
        {2, {2, 250}   }
    };
    for (int i = 0; i < 3; i++) {
        for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
            hg_error err = {0};
            const hg__loss_rows r = rows_of(&shapes[k], hg__kernels_pick());
            const hg__objective o = hg__objective_of(hg__loss_find(names[i]), 0);
            const bool fits = i == 2 && (k == 1 || k == 2);
            assert_int_equal(hg__objective_check(&o, &r, NULL, &err), fits ? HG_OK : HG_ERR_USAGE);
            assert_true(fits || strstr(err.message, k == 0 ? "expected images, got rows of 500"
                                                           : "expected images of at least"));
        }
    }
}

static void expect_refused(const char *text, const char *words) {
    hg__objective o;
    hg_error err = {0};
    assert_int_equal(hg__objective_parse(&o, text, 0, &err), HG_ERR_USAGE);
    if (!strstr(err.message, words)) fail_msg("%s: %s", text, err.message);
}

static void an_objective_is_a_sum_of_losses(void **state) {
    (void)state;
    hg__objective o;
    assert_int_equal(hg__objective_parse(&o, "huber", 0, NULL), HG_OK);
    assert_true(o.terms == 1 && o.term[0].weight == 1 && o.term[0].arg == 1);
    assert_int_equal(hg__objective_parse(&o, " 8.4e-1 mse +0.16 mae + huber", 0.5, NULL), HG_OK);
    assert_true(o.terms == 3 && o.term[0].weight == 0.84 && o.term[1].weight == 0.16);
    assert_true(o.term[2].weight == 1 && o.term[2].arg == 0.5);
    expect_refused("", "expected mse, mae, bce, huber, columns, ssim, ms_ssim, gradient, mse_mask, "
                       "gaussian, or a sum");
    expect_refused("mse + msa", "got 'msa'; did you mean 'm");
    expect_refused("mse +", "got ''");
    expect_refused("1 2 mse", "got '1 2 mse'");
    expect_refused("-1 mse", "expected a weight above 0");
    expect_refused("nan mse", "expected a weight above 0");
    expect_refused("mse + mse + mse + mse + mse + mse + mse + mse + mse", "at most 8");
}

static void the_slope_of_a_sum_is_the_sum_of_the_slopes(void **state) {
    (void)state;
    const hg__loss_rows r = {
        .k = hg__kernels_pick(), .shape = {1, {N}},
             .n = N
    };
    hg__real y[ROOM], t[ROOM], sum[ROOM], one[ROOM], room[ROOM];
    hg__objective o;
    for (uint32_t i = 0; i < ROOM; i++) {
        const hg__philox p = hg__philox_run(4, i, 0, 0, 0);
        y[i] = (hg__real)hg__unit_float(p.word[0]), t[i] = (hg__real)hg__unit_float(p.word[1]);
    }
    for (int of_logits = 0; of_logits < 2; of_logits++) {
        double want = 0;
        assert_int_equal(hg__objective_parse(&o, "0.7 mse + 0.2 mae", 0, NULL), HG_OK);
        assert_true(hg__objective_takes_logits(&o) && hg__objective_scratch(&o, &r) <= ROOM);
        const double got = hg__objective_row(&o, &r, of_logits, sum, y, t, 1, room);
        for (int i = 0; i < 2; i++) {
            const hg__objective alone = hg__objective_of(o.term[i].loss, 0);
            const double weight = o.term[i].weight;
            want += weight * hg__objective_row(&alone, &r, of_logits, one, y, t, 1, NULL);
            for (int j = 0; j < N; j++) sum[j] -= (hg__real)weight * one[j];
        }
        assert_true(fabs(got - want) < 1e-9);
        for (int j = 0; j < N; j++) assert_true(fabs((double)sum[j]) < 1e-6);
        assert_true(hg__objective_row(&o, &r, of_logits, NULL, y, t, 1, room) == got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_pytorchs),
        cmocka_unit_test(a_value_that_is_not_a_number_shows_in_every_loss),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(images_are_compared_by_their_structure),
        cmocka_unit_test(images_are_asked_for),
        cmocka_unit_test(an_objective_is_a_sum_of_losses),
        cmocka_unit_test(the_slope_of_a_sum_is_the_sum_of_the_slopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
