// SPDX-License-Identifier: Apache-2.0
// test_adversary.c - a discriminator trained beside: codes become standard normal, the same bits on any threads, what is refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hourglass.h"

#include "base/rng.h"
#include "model/model.h"
#include "sanitized.h"

#include <cmocka.h>

enum { ROWS = IS_SANITIZED ? 300 : 1500, WIDTH = 12, CODE = 3 };

static float x[ROWS][WIDTH];

// Near a curved sheet of CODE dimensions.
static int fill(void **state) {
    (void)state;
    for (uint32_t r = 0; r < ROWS; r++) {
        for (uint32_t i = 0; i < WIDTH; i++) {
            const hg__philox drawn = hg__philox_run(3, r, 0, 0, 0);
            const float u = hg__unit_float(drawn.word[i % CODE]);
            const float v = hg__unit_float(drawn.word[(i + i / CODE) % CODE]);
            x[r][i] = u * v + 0.3F * u;
        }
    }
    return 0;
}

static hg_model *fit(const char *model, const char *adversary, const char *weight,
                     const char *threads, const char *steps, hg_error *err) {
    const char *const pairs[][2] = {
        {"model",            model    },
        {"adversary",        adversary},
        {"adversary_weight", weight   },
        {"batch",            "64"     },
        {"threads",          threads  },
        {"steps",            steps    },
        {"val",              "0"      },
        {"seed",             "4"      }
    };
    const hg_array rows = {.data = x[0], .rows = ROWS, .shape = {WIDTH}};
    hg_options *o = hg_options_new("train", err);
    assert_non_null(o);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (hg_options_set(o, pairs[i][0], pairs[i][1], err) < 0) fail_msg("%s", err->message);
    }
    hg_model *m = hg_fit(o, &rows, NULL, NULL, NULL, err);
    hg_options_free(o);
    return m;
}

static const char spec[] = "dense 32 relu, dense 3 | dense 32 relu, dense input";

// The furthest that mean, variance and products of the code's numbers are from those of standard normal ones.
static double distance_from_normal(const char *adversary) {
    static float code[ROWS][CODE];
    hg_error err = {0};
    hg_model *m = fit(spec, adversary, "0.03", "2", IS_SANITIZED ? "30" : "900", &err);
    if (!m) fail_msg("%s", err.message);
    hg_scorer *s = hg_scorer_new(m, 1, &err);
    assert_non_null(s);
    hg_encode_rows(s, x[0], ROWS, code[0]);
    hg_scorer_free(s);
    hg_model_free(m);
    double furthest = 0;
    for (int i = 0; i < CODE; i++) {
        double mean = 0;
        for (int r = 0; r < ROWS; r++) mean += (double)code[r][i] / ROWS;
        furthest = fmax(furthest, fabs(mean));
        for (int j = 0; j <= i; j++) {
            double product = 0;
            for (int r = 0; r < ROWS; r++) {
                product += (double)code[r][i] * (double)code[r][j] / ROWS;
            }
            furthest = fmax(furthest, fabs(product - (i == j)));
        }
    }
    return furthest;
}

static void codes_become_standard_normal(void **state) {
    (void)state;
    const double with = distance_from_normal("code"), without = distance_from_normal("none");
    printf("furthest moment from the normal's: %.3f, without %.3f\n", with, without);
    if (IS_SANITIZED) return; // too few steps
    assert_true(with < 0.5 && with < without / 2);
}

static void expect_same_bits(const char *kind) {
    hg_error err = {0};
    hg_model *one = fit(spec, kind, "0.01", "1", "40", &err);
    hg_model *three = one ? fit(spec, kind, "0.01", "3", "40", &err) : NULL;
    if (!three) {
        fail_msg("%s", err.message);
        return;
    }
    assert_memory_equal(one->net.params, three->net.params,
                        one->net.spec.params * sizeof *one->net.params);
    hg_model_free(one);
    hg_model_free(three);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    expect_same_bits("code");
    expect_same_bits("output");
}

static void a_model_without_a_code_has_no_adversary_of_it(void **state) {
    (void)state;
    hg_error err = {0};
    assert_null(fit("dense 5 relu, dense input", "code", "0.01", "1", "40", &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "adversary=code"));
}

static void keep_loss(void *context, const hg_train_event *e) {
    double *last = context;
    if (e->epoch_end) *last = e->adversary_loss;
}

static void its_loss_is_told_and_patience_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    double loss = 0;
    const hg_listener l = {.size = sizeof l, .context = &loss, .train = keep_loss};
    for (int is_judged = 0; is_judged < 2; is_judged++) {
        hg_options *o = hg_options_new("train", &err);
        const hg_array rows = {.data = x[0], .rows = ROWS, .shape = {WIDTH}};
        assert_int_equal(hg_options_set(o, "model", spec, &err), HG_OK);
        assert_int_equal(hg_options_set(o, "epochs", "1", &err), HG_OK);
        assert_int_equal(hg_options_set(o, "adversary", is_judged ? "code" : "none", &err), HG_OK);
        hg_model *m = hg_fit(o, &rows, NULL, &l, NULL, &err);
        assert_non_null(m);
        hg_model_free(m);
        if (is_judged) {
            assert_true(loss > 0.01 && loss < 5); // nats: 0.69 where it can only guess
            assert_int_equal(hg_options_set(o, "patience", "3", &err), HG_OK);
            assert_null(hg_fit(o, &rows, NULL, NULL, NULL, &err));
            assert_int_equal(err.code, HG_ERR_USAGE);
            assert_non_null(strstr(err.message, "patience: expected 0 with adversary="));
        } else {
            assert_true(isnan(loss));
        }
        hg_options_free(o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(codes_become_standard_normal, fill),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(its_loss_is_told_and_patience_is_refused),
        cmocka_unit_test(a_model_without_a_code_has_no_adversary_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
