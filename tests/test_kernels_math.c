// SPDX-License-Identifier: Apache-2.0
// test_kernels_math.c - the reference's exp, log and their kin against libm in double.
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sanitized.h"

#include <cmocka.h>

#define ISA_WORDS "backend/simd_ref.h"
#include "backend/kernels_math.inc"

// The distance in units of the last place of `want`.
static double ulps(float got, double want) {
    if (isnan(want) || isinf((float)want)) {
        return (isnan(got) && isnan(want)) || got == (float)want ? 0 : DBL_MAX;
    }
    int e;
    frexp(want, &e);
    double unit = ldexp(1, (e < -125 ? -125 : e) - 24);
    return fabs((double)got - want) / unit;
}

typedef vf function(vf x);
typedef double exact(double x);

// Every STRIDE-th float with |x| <= most, both signs where low < 0; the largest error in ulps.
enum { STRIDE = IS_SANITIZED ? 49999 : 4999 };
static double worst(function *f, exact *g, float low, float most, float *where) {
    double worst_so_far = 0;
    for (uint32_t bits = 0; bits <= hg__bits_of(most); bits += STRIDE) {
        for (int sign = 0; sign < (low < 0 ? 2 : 1); sign++) {
            float x = sign ? -hg__of_bits(bits) : hg__of_bits(bits);
            if (x < low) continue;
            double error = ulps(f(v_set(x)).v[5], g((double)x));
            if (error > worst_so_far) worst_so_far = error, *where = x;
        }
    }
    return worst_so_far;
}

static double exact_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double exact_softplus(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double exact_normal(double x) {
    return 0.5 * erfc(-x / sqrt(2));
}
static vf v_exp(vf x) {
    return m_exp(x);
}
static vf v_expm1(vf x) {
    return m_expm1(x);
}
static vf v_log(vf x) {
    return m_log(x);
}
static vf v_log1p(vf x) {
    return m_log1p(x);
}
static vf v_tanh(vf x) {
    return m_tanh(x);
}
static vf v_sigmoid(vf x) {
    return m_sigmoid(x);
}
static vf v_softplus(vf x) {
    return m_softplus(x);
}
static vf v_normal(vf x) {
    return m_normal(x);
}

static void functions_are_within_two_units_of_the_last_place(void **state) {
    (void)state;
    const struct {
        const char *name;
        function *f;
        exact *g;
        float low, most;
        double limit;
    } rows[] = {
        {"exp",      v_exp,      exp,            -FLT_MAX, FLT_MAX, 1.1},
        {"expm1",    v_expm1,    expm1,          -FLT_MAX, 87,      2  },
        {"log",      v_log,      log,            -FLT_MAX, FLT_MAX, 1.1},
        {"log1p",    v_log1p,    log1p,          -1,       1,       2  },
        {"tanh",     v_tanh,     tanh,           -FLT_MAX, FLT_MAX, 2.5},
        {"sigmoid",  v_sigmoid,  exact_sigmoid,  -87,      FLT_MAX, 2.5},
        {"softplus", v_softplus, exact_softplus, -FLT_MAX, FLT_MAX, 2.5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float where = 0;
        double error = worst(rows[i].f, rows[i].g, rows[i].low, rows[i].most, &where);
        print_message("%-8s %.2f ulp at %a\n", rows[i].name, error, (double)where);
        if (!(error <= rows[i].limit)) {
            fail_msg("%s: %g ulp at %a", rows[i].name, error, (double)where);
        }
    }
}

static void the_normal_distribution_is_within_1e_7(void **state) {
    (void)state;
    for (uint32_t i = 0, step = IS_SANITIZED ? 40009 : 4001; i <= 2 * (hg__bits_of(20) / step);
         i++) {
        float x = hg__of_bits(i / 2 * step);
        if (i % 2) x = -x;
        double want = exact_normal((double)x), got = (double)v_normal(v_set(x)).v[0];
        bool is_near = fabs(got - want) <= 1e-7 && (x < -8 || fabs(got / want - 1) <= 2e-3);
        if (!is_near) fail_msg("Phi(%g): expected %.9g, got %.9g", (double)x, want, got);
    }
}

static void the_ends_are_exact(void **state) {
    (void)state;
    assert_true(v_exp(v_set(-INFINITY)).v[0] == 0 && v_exp(v_set(-200)).v[0] == 0);
    assert_true(isinf(v_exp(v_set(INFINITY)).v[0]) && isinf(v_exp(v_set(89)).v[0]));
    assert_true(v_exp(v_set(-100)).v[0] > 0); // a denormal, not 0
    assert_true(v_exp(v_zero()).v[0] == 1);
    assert_true(v_sigmoid(v_set(-INFINITY)).v[0] == 0 && v_sigmoid(v_set(INFINITY)).v[0] == 1);
    assert_true(v_sigmoid(v_zero()).v[0] == 0.5F);
    assert_true(v_tanh(v_set(INFINITY)).v[0] == 1 && v_tanh(v_set(-30)).v[0] == -1);
    assert_true(signbit(v_tanh(v_set(-0.0F)).v[0]));
    assert_true(v_normal(v_set(-20)).v[0] == 0 && v_normal(v_set(20)).v[0] == 1);
    assert_true(isinf(v_log(v_zero()).v[0]) && isnan(v_log(v_set(-1)).v[0]));
    function *const all[] = {v_exp,  v_expm1,   v_log,      v_log1p,
                             v_tanh, v_sigmoid, v_softplus, v_normal};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(isnan(all[i](v_set(NAN)).v[7]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_within_two_units_of_the_last_place),
        cmocka_unit_test(the_normal_distribution_is_within_1e_7),
        cmocka_unit_test(the_ends_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
