// SPDX-License-Identifier: Apache-2.0
// test_fold.c - a network whose batch norms were taken into the weights before them gives what it gave.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/rng.h"
#include "exec/plan.h"
#include "exec/plan_image.h"
#include "graph/network.h"

#include <cmocka.h>

enum { SIDE = 12, CHANNELS = 3, WIDTH = SIDE * SIDE * CHANNELS, ROWS = 3 };

static float x[ROWS * WIDTH], y[2][ROWS * WIDTH];

static hg__network new_network(const char *spec) {
    const hg__shape shape = {
        3, {SIDE, SIDE, CHANNELS}
    };
    hg_error err = {0};
    hg__network net;
    if (hg__network_init(&net, spec, &shape, 0, 4, &err) < 0) fail_msg("%s: %s", spec, err.message);
    // Statistics and weights unlike those at the start.
    for (int32_t i = 0; i < net.spec.layers; i++) {
        const hg__layer *l = &net.spec.layer[i];
        for (int32_t q = 0; l->type->batch && q < l->params; q++) {
            for (int32_t c = 0; c < l->param[q].shape.dim[0]; c++) {
                const uint32_t word =
                    hg__philox_run(3, (uint32_t)i, (uint32_t)q, (uint32_t)c, 0).word[0];
                net.params[l->param[q].offset + (size_t)c] = 0.2F + hg__unit_float(word);
            }
        }
    }
    return net;
}

static void run(const hg__network *net, hg__goal goal, float *to) {
    const void *row[ROWS];
    for (int32_t r = 0; r < ROWS; r++) row[r] = x + r * WIDTH;
    const hg__input in = {.row = row, .count = ROWS, .dtype = HG_F32, .scale = 1};
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__run_plan *p = hg__run_plan_new(net, pool, NULL, NULL);
    assert_non_null(p);
    hg__run(p, goal, &in, to);
    hg__run_plan_free(p);
    hg__pool_free(pool);
}

static void expect_near(const char *spec, int32_t count) {
    double largest = 0, off = 0;
    for (int32_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)y[0][i]));
        off = fmax(off, fabs((double)y[0][i] - (double)y[1][i]));
    }
    if (!(largest > 0 && off <= 1e-5 * largest)) {
        fail_msg("%s: off by %g of %g", spec, off, largest);
    }
}

static int32_t norms_of(const hg__network *net) {
    int32_t count = 0;
    for (int32_t i = 0; i < net->spec.layers; i++) count += net->spec.layer[i].type->batch != NULL;
    return count;
}

// clang-format off
static const struct {
    const char *spec;
    int32_t left; // batch norms behind something else, or behind the neck
} cases[] = {
    {"conv 8, batchnorm relu, conv 6 g2 bias=0, batchnorm 0.01 | conv input bias=0, batchnorm", 0},
    {"conv 8 s2, batchnorm relu | deconv 6 k4 s2 g2 bias=0, batchnorm silu, conv input", 0},
    {"conv 4 s4, batchnorm relu, dense 9, batchnorm | dense like, batchnorm relu, "
     "deconv input k4 s4, batchnorm sigmoid", 0},
    {"keep 1, conv 4, keep 2, batchnorm, add 2 | batchnorm, conv input bias=0, batchnorm, add 1", 2},
    {"conv 4 | batchnorm relu, conv input", 1},
    {"conv input, batchnorm, batchnorm", 1},
};
// clang-format on

static void folded_networks_give_what_they_gave(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_error err = {0};
        hg__network net = new_network(cases[i].spec), *folded;
        const hg__network *other = hg__network_fold(&net, &folded, &err);
        assert_non_null(other);
        assert_ptr_equal(other, folded ? folded : &net);
        assert_int_equal(norms_of(other), cases[i].left);
        assert_int_equal(other->spec.code, net.spec.code);
        run(&net, HG_RECONSTRUCT, y[0]);
        run(other, HG_RECONSTRUCT, y[1]);
        expect_near(cases[i].spec, ROWS * WIDTH);
        if (net.spec.code <= WIDTH) {
            run(&net, HG_ENCODE, y[0]);
            run(other, HG_ENCODE, y[1]);
            expect_near(cases[i].spec, ROWS * net.spec.code);
        }
        hg__network_free(folded);
        hg__network_clear(&net);
    }
}

static void what_has_nothing_to_fold_stays(void **state) {
    (void)state;
    hg__network net = new_network("conv 4 relu, batchnorm | conv input"), *folded = &net;
    assert_ptr_equal(hg__network_fold(&net, &folded, NULL), &net);
    assert_null(folded);
    hg__network_clear(&net);
}

static void rows_of_a_table_keep_their_columns(void **state) {
    (void)state;
    const hg__column_span span[2] = {
        {0,   200,         HG_SPAN_NUMBER,   false},
        {200, WIDTH - 200, HG_SPAN_CATEGORY, true }
    };
    hg_error err = {0};
    hg__network net = new_network("dense 9, batchnorm relu | dense input"), *folded;
    assert_int_equal(hg__network_set_spans(&net, span, 2, &err), HG_OK);
    const hg__network *other = hg__network_fold(&net, &folded, &err);
    assert_non_null(folded);
    run(&net, HG_ERRORS, y[0]);
    run(other, HG_ERRORS, y[1]);
    expect_near("errors of columns", ROWS * 2);
    run(&net, HG_SCORE, y[0]);
    run(other, HG_SCORE, y[1]);
    expect_near("their mean", ROWS);
    hg__network_free(folded);
    hg__network_clear(&net);
}

static void images_of_any_size_run_folded(void **state) {
    (void)state;
    hg__network net = new_network(cases[0].spec);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__image_plan *p = hg__image_plan_new(&net, pool, SIDE, SIDE, NULL);
    assert_non_null(p);
    memcpy(hg__image_plan_input(p), x, WIDTH * sizeof *x);
    memcpy(y[1], hg__image_plan_run(p), WIDTH * sizeof *x);
    run(&net, HG_RECONSTRUCT, y[0]);
    expect_near(cases[0].spec, WIDTH);
    hg__image_plan_free(p);
    hg__pool_free(pool);
    hg__network_clear(&net);
}

static int fill(void **state) {
    (void)state;
    for (uint32_t i = 0; i < ROWS * WIDTH; i++) {
        x[i] = hg__unit_float(hg__philox_run(1, i, 0, 0, 0).word[0]) - 0.5F;
    }
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folded_networks_give_what_they_gave),
        cmocka_unit_test(what_has_nothing_to_fold_stays),
        cmocka_unit_test(rows_of_a_table_keep_their_columns),
        cmocka_unit_test(images_of_any_size_run_folded),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
