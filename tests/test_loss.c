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

static void expect_loss(const char *name, hg__loss_kernel *f, formula *exact, bool unit) {
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
    double got = f(dy, y, t, (hg__real)0.01, 1, N);
    if (!(fabs(got / want - 1) < 1e-6)) fail_msg("%s: expected %.9g, got %.9g", name, want, got);
    for (int i = 0; i < N; i++) {
        if (!isfinite((double)dy[i])) fail_msg("%s: gradient [%d] is %g", name, i, (double)dy[i]);
    }
    for (int i = N; i % HG_LANES; i++) assert_true(dy[i] == 0);
    got = f(y, y, t, (hg__real)0.01, 1, N); // the gradient may take y's place
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
    size_t count = 0;
    hg__losses(&count);
    assert_int_equal(count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const hg__loss *l = hg__loss_find(rows[i].name);
        assert_non_null(l);
        for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
            expect_loss(l->name, l->pick(*k), rows[i].exact, rows[i].unit);
            expect_loss("from logits", l->pick_from_logits(*k), rows[i].from_logits, false);
        }
    }
    assert_null(hg__loss_find("msee"));
}

static void a_value_that_is_not_a_number_shows_in_every_loss(void **state) {
    (void)state;
    size_t count = 0;
    const hg__loss *l = hg__losses(&count);
    const hg__kernels *k = hg__kernels_pick();
    hg__real y[ROOM] = {0}, t[ROOM] = {0};
    y[100] = NAN;
    for (size_t i = 0; i < count; i++) {
        assert_true(isnan(l[i].pick(k)(NULL, y, t, 1, 1, N)));
        assert_true(!isnan(l[i].pick(k)(NULL, y, t, 1, 1, 100)));
        assert_true(isnan(l[i].pick_from_logits(k)(NULL, y, t, 1, 1, N)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_pytorchs),
        cmocka_unit_test(a_value_that_is_not_a_number_shows_in_every_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
