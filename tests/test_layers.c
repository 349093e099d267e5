// SPDX-License-Identifier: Apache-2.0
// test_layers.c - what every layer type must keep, one loop over layers.def.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "layer_case.h"

#include <cmocka.h>

static layer_case one;
static hg__real x[CASE_MOST], y[CASE_MOST], dy[CASE_MOST], dx[CASE_MOST], y2[CASE_MOST],
    dx2[CASE_MOST], g[CASE_MOST];

typedef void check(const hg__layer_type *t);

static void for_every_layer_and_table(check *run) {
    for (const hg__layer_type *const *t = hg__layer_types(); *t; t++) {
        for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
            hg_error err = {0};
            if (case_build(&one, *t, (*t)->example, *k, &err) != HG_OK) fail_msg("%s", err.message);
            case_fill(x, one.ldx, CASE_ROWS, one.in, 20, (hg__real)7);
            case_fill(dy, one.ldy, CASE_ROWS, one.out, 21, 0);
            memset(y, 0, sizeof y);
            memset(dx, 0, sizeof dx);
            case_run(&one, case_in(&one, x, 0), case_out(&one, y, 0), case_out(&one, dy, 0),
                     case_in(&one, dx, 0), CASE_ROWS);
            run(*t);
        }
    }
}

static void expect_equal(const char *name, const hg__real *a, const hg__real *b, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        if (!(a[i] == b[i])) fail_msg("%s [%d]: %a, %a", name, i, (double)a[i], (double)b[i]);
    }
}

static void check_rows(const hg__layer_type *t) {
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        one.pass.row = r;
        case_run(&one, case_in(&one, x, r), case_out(&one, y2, 0), case_out(&one, dy, r),
                 case_in(&one, dx2, 0), 1);
        expect_equal(t->name, y2, y + r * one.ldy, one.out);
        expect_equal(t->name, dx2, dx + r * one.ldx, (int32_t)one.ldx);
    }
}
static void a_batch_of_one_is_a_row_of_many(void **state) {
    (void)state;
    for_every_layer_and_table(check_rows);
}

static void check_padding(const hg__layer_type *t) {
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        int32_t end = (one.in + HG_LANES - 1) / HG_LANES * HG_LANES;
        for (int32_t i = one.in; i < end; i++) {
            if (dx[r * one.ldx + i] != 0) fail_msg("%s: dx is padded with other than 0", t->name);
        }
    }
    case_fill(x, one.ldx, CASE_ROWS, one.in, 20, (hg__real)-3);
    case_run(&one, case_in(&one, x, 0), case_out(&one, y2, 0), case_out(&one, dy, 0),
             case_in(&one, dx2, 0), CASE_ROWS);
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        expect_equal(t->name, y2 + r * one.ldy, y + r * one.ldy, one.out);
        expect_equal(t->name, dx2 + r * one.ldx, dx + r * one.ldx, one.in);
    }
}
static void padding_of_x_is_not_seen(void **state) {
    (void)state;
    for_every_layer_and_table(check_padding);
}

static void check_in_place(const hg__layer_type *t) {
    if (!t->in_place) return;
    memcpy(y2, x, sizeof x);
    memcpy(dx2, dy, sizeof dy);
    case_run(&one, case_in(&one, y2, 0), case_out(&one, y2, 0), case_out(&one, dx2, 0),
             case_in(&one, dx2, 0), CASE_ROWS);
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        expect_equal(t->name, y2 + r * one.ldy, y + r * one.ldy, one.out);
        expect_equal(t->name, dx2 + r * one.ldx, dx + r * one.ldx, one.in);
    }
}
static void in_place_changes_nothing(void **state) {
    (void)state;
    for_every_layer_and_table(check_in_place);
}

static void check_round_trip(const hg__layer_type *t) {
    for (int32_t i = 0; i < one.l.params; i++) {
        const hg__param *p = &one.l.param[i];
        static float from[CASE_MOST], to[CASE_MOST];
        static hg__real block[CASE_MOST];
        size_t n = 0;
        assert_true(hg__shape_count(&p->shape, &n) && n <= p->count);
        for (uint32_t j = 0; j < n; j++) from[j] = (float)case_value(4, (uint32_t)i, j);
        for (int j = 0; j < CASE_MOST; j++) block[j] = 99;
        hg__param_import(p, block, from);
        hg__param_export(p, block, to);
        if (memcmp(from, to, n * sizeof *to) != 0) fail_msg("%s.%s changed", t->name, p->name);
        size_t zeros = 0;
        for (size_t j = 0; j < CASE_MOST; j++) {
            const bool inside = j >= p->offset && j < p->offset + p->count;
            if (!inside && block[j] != 99) fail_msg("%s.%s wrote outside", t->name, p->name);
            zeros += inside && block[j] == 0;
        }
        assert_int_equal(zeros, p->count - n);
    }
}
static void parameters_survive_the_file(void **state) {
    (void)state;
    for_every_layer_and_table(check_round_trip);
}

static void check_tiles(const hg__layer_type *t) {
    static int covered[CASE_MOST];
    memset(covered, 0, sizeof covered);
    const int32_t tiles = t->tile_count ? t->tile_count(&one.l) : 0;
    assert_int_equal(tiles > 0, one.l.params > 0);
    for (int32_t i = 0; i < tiles; i++) {
        hg__tile tile = {0};
        t->tile(&one.l, i, &tile);
        assert_true(tile.count % HG_LANES == 0); // optimisers work on whole vectors
        for (size_t j = 0; j < tile.count; j++) covered[tile.offset + j]++;
        for (int j = 0; j < CASE_MOST; j++) g[j] = 99;
        t->gradient(&one.l, &one.pass, &tile, case_in(&one, x + tile.x_first, 0),
                    case_out(&one, dy, 0), CASE_ROWS, g);
        assert_true(g[tile.count] == 99);
        for (size_t j = 0; j < tile.count; j++) {
            if (one.param[tile.offset + j] == 0 && g[j] != 0) fail_msg("%s: padding", t->name);
        }
    }
    for (size_t j = 0; j < CASE_MOST; j++) {
        assert_int_equal(covered[j], j >= HG_LANES && j < one.params && one.l.params > 0);
    }
}
static void tiles_cover_every_parameter_once(void **state) {
    (void)state;
    for_every_layer_and_table(check_tiles);
}

static void check_start(const hg__layer_type *t) {
    if (!t->init) return;
    static hg__real again[CASE_MOST], other[CASE_MOST];
    memcpy(again, one.param, sizeof again);
    memcpy(other, one.param, sizeof other);
    t->init(&one.l, one.param, 8);
    t->init(&one.l, again, 8);
    t->init(&one.l, other, 9);
    expect_equal(t->name, one.param, again, CASE_MOST);
    const hg__real bound = (hg__real)(1 / sqrt(CASE_WIDTH));
    bool is_other = false;
    for (size_t i = HG_LANES; i < one.params; i++) {
        is_other = is_other || one.param[i] != other[i];
        if (strcmp(t->name, "dense") == 0) {
            assert_true(one.param[i] >= -bound && one.param[i] < bound);
        }
    }
    assert_true(is_other == (strcmp(t->name, "layernorm") != 0));
}
static void a_seed_gives_one_start(void **state) {
    (void)state;
    for_every_layer_and_table(check_start);
}

static void dropout_keeps_everything_outside_training(void **state) {
    (void)state;
    hg_error err;
    const hg__layer_type *t = hg__layer_type_find("dropout");
    assert_non_null(t);
    assert_int_equal(case_build(&one, t, "dropout 0.5", hg__kernels_pick(), &err), HG_OK);
    case_fill(x, one.ldx, CASE_ROWS, one.in, 20, 0);
    t->forward(&one.l, &one.pass, case_in(&one, x, 0), case_out(&one, y, 0), CASE_ROWS);
    int dropped = 0;
    for (int32_t i = 0; i < one.in; i++) {
        dropped += y[i] == 0;
        assert_true(y[i] == 0 || y[i] == 2 * x[i]);
    }
    assert_true(dropped > 5 && dropped < 24);
    one.pass.training = false;
    t->forward(&one.l, &one.pass, case_in(&one, x, 0), case_out(&one, y, 0), CASE_ROWS);
    expect_equal("dropout", y, x, one.in);
}

static void impossible_arguments_are_refused(void **state) {
    (void)state;
    const char *const bad[] = {"dense 0",        "dense 2.5",   "dense 1e12",  "dropout 1.5",
                               "dropout -0.1",   "dropout nan", "layernorm 0", "leaky_relu -0.1",
                               "leaky_relu nan", "elu -1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char name[32] = {0};
        memcpy(name, bad[i], strcspn(bad[i], " "));
        hg_error err = {0};
        const hg__layer_type *t = hg__layer_type_find(name);
        assert_non_null(t);
        assert_int_equal(case_build(&one, t, bad[i], hg__kernels_pick(), &err), HG_ERR_USAGE);
        assert_non_null(strstr(err.message, "expected"));
    }
}

static void names_are_found(void **state) {
    (void)state;
    for (const hg__layer_type *const *t = hg__layer_types(); *t; t++) {
        assert_ptr_equal(hg__layer_type_find((*t)->name), *t);
        assert_int_equal(strncmp((*t)->example, (*t)->name, strlen((*t)->name)), 0);
        assert_non_null((*t)->summary);
    }
    assert_null(hg__layer_type_find("denze"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_of_one_is_a_row_of_many),
        cmocka_unit_test(padding_of_x_is_not_seen),
        cmocka_unit_test(in_place_changes_nothing),
        cmocka_unit_test(parameters_survive_the_file),
        cmocka_unit_test(tiles_cover_every_parameter_once),
        cmocka_unit_test(a_seed_gives_one_start),
        cmocka_unit_test(dropout_keeps_everything_outside_training),
        cmocka_unit_test(impossible_arguments_are_refused),
        cmocka_unit_test(names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
