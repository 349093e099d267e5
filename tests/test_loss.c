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
#include "nn/objective.h"

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

static void a_value_that_is_not_a_number_shows_in_every_loss(void **state) {
    (void)state;
    size_t count = 0;
    const hg__loss *l = hg__losses(&count);
    const hg__loss_rows r = {
        .k = hg__kernels_pick(), .shape = {1, {N}},
             .n = N
    };
    const hg__loss_rows before = {
        .k = r.k, .shape = {1, {100}},
             .n = 100
    };
    hg__real y[ROOM] = {0}, t[ROOM] = {0};
    y[100] = NAN;
    for (size_t i = 0; i < count; i++) {
        if (l[i].is_of_spans) continue;
        assert_true(isnan(l[i].row(&r, NULL, y, t, 1, 1, NULL)));
        assert_true(!isnan(l[i].row(&before, NULL, y, t, 1, 1, NULL)));
        assert_true(isnan(l[i].row_of_logits(&r, NULL, y, t, 1, 1, NULL)));
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
    expect_refused("", "expected mse, mae, bce, huber, columns, or a sum");
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
    hg__real y[ROOM], t[ROOM], sum[ROOM], one[ROOM], scratch[ROOM];
    hg__objective o;
    for (uint32_t i = 0; i < ROOM; i++) {
        const hg__philox p = hg__philox_run(4, i, 0, 0, 0);
        y[i] = (hg__real)hg__unit_float(p.word[0]), t[i] = (hg__real)hg__unit_float(p.word[1]);
    }
    for (int of_logits = 0; of_logits < 2; of_logits++) {
        double want = 0;
        assert_int_equal(hg__objective_parse(&o, "0.7 mse + 0.2 mae", 0, NULL), HG_OK);
        assert_true(hg__objective_takes_logits(&o) && hg__objective_scratch(&o, &r) <= ROOM);
        const double got = hg__objective_row(&o, &r, of_logits, sum, y, t, 1, scratch);
        for (int i = 0; i < 2; i++) {
            const hg__objective alone = hg__objective_of(o.term[i].loss, 0);
            const double weight = o.term[i].weight;
            want += weight * hg__objective_row(&alone, &r, of_logits, one, y, t, 1, NULL);
            for (int j = 0; j < N; j++) sum[j] -= (hg__real)weight * one[j];
        }
        assert_true(fabs(got - want) < 1e-9);
        for (int j = 0; j < N; j++) assert_true(fabs((double)sum[j]) < 1e-6);
        assert_true(hg__objective_row(&o, &r, of_logits, NULL, y, t, 1, scratch) == got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_pytorchs),
        cmocka_unit_test(a_value_that_is_not_a_number_shows_in_every_loss),
        cmocka_unit_test(an_objective_is_a_sum_of_losses),
        cmocka_unit_test(the_slope_of_a_sum_is_the_sum_of_the_slopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
