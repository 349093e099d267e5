// SPDX-License-Identifier: Apache-2.0
// test_gradients.c - every layer's and every loss's gradient against central finite differences. Built
// with HG_DOUBLE: the same source in double, so that 1e-6 can be asked for.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "layer_case.h"
#include "nn/loss.h"
#include "nn/spans.h"
#include "sanitized.h"

#include <cmocka.h>

// That are tried, of a tile and of a batch; under a sanitizer fewer: numbers are the other builds' business.
enum { MOST_WEIGHTS = IS_SANITIZED ? 12 : 128, MOST_INPUTS = IS_SANITIZED ? 70 : 700 };

static const double step = 1e-5, limit = 1e-6;

static layer_case one;
static hg__real x[CASE_MOST], y[CASE_MOST], dy[CASE_MOST], dx[CASE_MOST], g[CASE_MOST];

// The scalar whose gradient is taken: sum of dy * y(x, params), and what the layer has to be paid for x. Of types that round y is
// what backward() takes it to be.
static double objective(void) {
    double sum = 0;
    const hg__view from = case_in(&one, x, 0), to = case_out(&one, y, 0);
    case_forward(&one, from, to, CASE_ROWS);
    if (one.l.type->smooth) one.l.type->smooth(&one.l, &one.pass, from, to, CASE_ROWS);
    for (int32_t i = 0; i < CASE_ROWS * (int32_t)one.ldy; i++) {
        if (i % one.ldy < one.out) sum += (double)dy[i] * (double)y[i];
    }
    for (int32_t r = 0; one.l.type->penalty && r < CASE_ROWS; r++) {
        one.pass.row = r;
        sum += (double)one.pass.penalty_scale *
               one.l.type->penalty(&one.l, &one.pass, hg__view_row(from, r));
    }
    one.pass.row = 0;
    return sum;
}

// d objective / d *at. The transposed weights, which only backward() reads, stay as they are.
static double difference(hg__real *at) {
    const hg__real kept = *at;
    *at = kept + (hg__real)step;
    double above = objective();
    *at = kept - (hg__real)step;
    double below = objective();
    *at = kept;
    return (above - below) / (2 * step);
}

// The largest error of a tensor over its largest gradient.
typedef struct deviation {
    double error, size;
} deviation;

static void add(deviation *d, double got, double want) {
    d->error = fmax(d->error, isnan(got - want) ? HUGE_VAL : fabs(got - want));
    d->size = fmax(d->size, fabs(want));
}

static void expect_small(const char *layer, const char *what, deviation d) {
    if (!(d.size > 0 && d.error <= limit * d.size)) {
        fail_msg("%s: gradient of %s is off by %.3g of %.3g", layer, what, d.error, d.size);
    }
}

static void check_dx(const char *item) {
    case_run(&one, case_in(&one, x, 0), case_out(&one, y, 0), case_out(&one, dy, 0),
             case_in(&one, dx, 0), CASE_ROWS);
    deviation d = {0};
    const int32_t inputs = CASE_ROWS * (int32_t)one.ldx, every = 1 + inputs / MOST_INPUTS * 2;
    for (int32_t i = 0; i < inputs; i += every) {
        if (i % one.ldx < one.in) add(&d, (double)dx[i], difference(&x[i]));
    }
    // What recall drops has none: 0, exactly.
    if (one.l.type->returns_skip && d.size + d.error > 0) fail_msg("%s: x has a gradient", item);
    if (!one.l.type->returns_skip) expect_small(item, "x", d);
    if (!one.in2) return;
    deviation d2 = {0};
    for (int32_t i = 0; i < CASE_ROWS * (int32_t)one.ldx2; i++) {
        if (i % one.ldx2 < one.in2) add(&d2, (double)one.dx2[i], difference(&one.x2[i]));
    }
    expect_small(item, "what was kept", d2);
}

static void check_parameters(const char *item) {
    const hg__layer_type *t = one.l.type;
    case_run(&one, case_in(&one, x, 0), case_out(&one, y, 0), case_out(&one, dy, 0),
             case_in(&one, dx, 0), CASE_ROWS);
    for (int32_t i = 0; t->tile_count && i < t->tile_count(&one.l); i++) {
        hg__tile tile = {0};
        deviation d = {0};
        t->tile(&one.l, i, &tile);
        case_gradient(&one, &tile, x, dy, CASE_ROWS, g);
        for (size_t j = 0; j < tile.count; j += 1 + tile.count / MOST_WEIGHTS) {
            hg__real *w = &one.param[tile.offset + j];
            if (*w != 0) add(&d, (double)g[j], difference(w)); // 0: padding
        }
        expect_small(item, one.l.param[tile.param].name, d);
    }
}

static void check_layer(const hg__layer_type *t, const hg__test_case *trial, bool training) {
    hg_error err = {0};
    if (case_build(&one, t, trial, hg__kernels_pick(), &err) != HG_OK) fail_msg("%s", err.message);
    if (hg__extent_of(&one.l.out).H > 32) return; // there for its bands
    one.pass.training = training;
    case_fill(x, one.ldx, CASE_ROWS, one.in, 20, 0);
    case_fill(dy, one.ldy, CASE_ROWS, one.out, 21, 0);
    check_dx(trial->item);
    check_parameters(trial->item);
}

static void layers_match_finite_differences(void **state) {
    (void)state;
    assert_int_equal(sizeof(hg__real), sizeof(double));
    for (const hg__layer_type *const *t = hg__layer_types(); *t; t++) {
        for (const hg__test_case *trial = test_cases_of(*t); trial->item; trial++) {
            check_layer(*t, trial, true);
        }
        if ((*t)->test_cases) continue; // those on vectors also with their defaults
        const bool needs = (*t)->args[0] && !strchr((*t)->args, '=');
        check_layer(*t, &(hg__test_case){.item = needs ? (*t)->example : (*t)->name}, false);
    }
    const hg__layer_type *dense = hg__layer_type_find("dense");
    check_layer(dense, &(hg__test_case){.item = "dense 70"}, true); // two panels
    check_layer(dense, &(hg__test_case){.item = "dense 1"}, true);
}

// Outputs and targets for a loss: inside (0, 1) where it takes probabilities.
static void fill_loss(bool unit, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        double u = (double)case_value(6, 1, (uint32_t)i), v = (double)case_value(6, 2, (uint32_t)i);
        y[i] = (hg__real)(unit ? 0.5 + u * 0.24 : u);
        x[i] = (hg__real)(unit ? 0.5 + v * 0.25 : v);
        if (fabs((double)(y[i] - x[i])) < 0.01) y[i] += (hg__real)0.02; // mae's kink
    }
}

// What losses are tried on: vectors, and images of one scale and of two.
static const hg__shape loss_shapes[] = {
    {1, {75}       },
    {2, {13, 12}   },
    {3, {12, 14, 3}},
    {3, {25, 22, 2}},
    {3, {44, 46, 1}}
};

static void check_loss(const char *name, const hg__objective *o, bool of_logits,
                       const hg__loss_rows *r, bool unit) {
    static hg__real scratch[1 << 17];
    const hg__real scale = (hg__real)0.3;
    const int32_t every = (r->n > 300 ? 7 : 1) * (IS_SANITIZED ? 5 : 1);
    deviation d = {0};
    assert_true(hg__objective_scratch(o, r) <= sizeof scratch / sizeof *scratch);
    fill_loss(unit, r->n);
    (void)hg__objective_row(o, r, of_logits, dy, y, x, scale, scratch);
    for (int32_t i = r->n; i % HG_LANES; i++) assert_true(dy[i] == 0);
    for (int32_t i = 0; i < r->n; i += every) {
        const hg__real kept = y[i];
        y[i] = kept + (hg__real)step;
        double above = hg__objective_row(o, r, of_logits, NULL, y, x, scale, scratch);
        y[i] = kept - (hg__real)step;
        double below = hg__objective_row(o, r, of_logits, NULL, y, x, scale, scratch);
        y[i] = kept;
        add(&d, (double)dy[i], (double)scale * (above - below) / (2 * step));
    }
    expect_small(name, "y", d);
}

static void losses_match_finite_differences(void **state) {
    (void)state;
    for (const hg__loss *const *l = hg__losses(); *l; l++) {
        int tried = (*l)->is_of_spans; // below
        for (size_t i = 0; i < sizeof loss_shapes / sizeof *loss_shapes; i++) {
            size_t n = 0;
            assert_true(hg__shape_count(&loss_shapes[i], &n));
            const hg__loss_rows r = {
                .k = hg__kernels_pick(), .shape = loss_shapes[i], .n = (int32_t)n};
            const bool fits = !(*l)->check || (*l)->check(&r, NULL) == HG_OK;
            if ((*l)->is_of_spans || !fits) continue;
            if (!(*l)->check && i > 0) break; // sees no image
            const hg__objective o = hg__objective_of(*l, (*l)->standard_arg);
            check_loss((*l)->name, &o, false, &r, (*l)->is_of_unit);
            if ((*l)->row_of_logits) check_loss("of logits", &o, true, &r, false);
            tried++;
        }
        assert_true(tried > 0);
    }
    const hg__loss_rows r = {
        .k = hg__kernels_pick(), .shape = {1, {75}},
             .n = 75
    };
    const hg__objective o = hg__objective_of(hg__loss_find("huber"), 0.3);
    check_loss("huber 0.3", &o, false, &r, false);
}

static void sums_of_losses_match_finite_differences(void **state) {
    (void)state;
    const char *const sums[] = {"0.84 ms_ssim + 0.16 mae", "ssim + 3 gradient + 0.5 huber"};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        hg__objective o;
        const hg__loss_rows r = {
            .k = hg__kernels_pick(), .shape = {3, {25, 22, 2}},
                 .n = 1100
        };
        assert_int_equal(hg__objective_parse(&o, sums[i], 0, NULL), HG_OK);
        check_loss(sums[i], &o, false, &r, false);
    }
}

// Columns of every kind, categories below and above a vector of levels; what was missing has no slope.
static void the_loss_by_columns_matches_finite_differences(void **state) {
    (void)state;
    static const hg__column_span list[] = {
        {0,  1,  HG_SPAN_NUMBER,   false},
        {1,  3,  HG_SPAN_CATEGORY, false},
        {4,  2,  HG_SPAN_NUMBER,   true },
        {6,  41, HG_SPAN_CATEGORY, true },
        {47, 6,  HG_SPAN_NUMBER,   true },
        {53, 17, HG_SPAN_CATEGORY, false},
        {70, 2,  HG_SPAN_NUMBER,   true }
    };
    enum { N = 72 };
    const hg__real scale = (hg__real)0.3;
    const hg__kernels *k = hg__kernels_pick();
    hg__real spare[2 * N + 4 * HG_LANES];
    for (int arg = 0; arg < 2; arg++) {
        const hg__real delta = (hg__real)(arg ? 0.3 : (double)INFINITY);
        deviation d = {0};
        hg__spans *s = hg__spans_new(list, 7, N, NULL);
        assert_non_null(s);
        fill_loss(false, N);
        for (int i = 1; i < 4; i++) x[i] = (hg__real)fabs((double)x[i]); // soft levels
        x[5] = x[71] = 1, x[46] = 0, x[52] = 0;
        (void)hg__spans_loss(s, k, dy, y, x, scale, delta, spare);
        assert_true(dy[70] == 0 && dy[4] == 0 && dy[5] != 0);
        for (int32_t i = 0; i < N; i++) {
            const hg__real kept = y[i];
            y[i] = kept + (hg__real)step;
            double above = hg__spans_loss(s, k, NULL, y, x, scale, delta, spare);
            y[i] = kept - (hg__real)step;
            double below = hg__spans_loss(s, k, NULL, y, x, scale, delta, spare);
            y[i] = kept;
            add(&d, (double)dy[i], (double)scale * (above - below) / (2 * step));
        }
        expect_small("columns", "y", d);
        hg__spans_free(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_match_finite_differences),
        cmocka_unit_test(losses_match_finite_differences),
        cmocka_unit_test(sums_of_losses_match_finite_differences),
        cmocka_unit_test(the_loss_by_columns_matches_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
