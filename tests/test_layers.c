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

static void build(const hg__layer_type *t, const hg__test_case *trial, const hg__kernels *k) {
    hg_error err = {0};
    if (case_build(&one, t, trial, k, &err) != HG_OK) fail_msg("%s: %s", trial->item, err.message);
    case_fill(x, one.ldx, CASE_ROWS, one.in, 20, (hg__real)7);
    case_fill(dy, one.ldy, CASE_ROWS, one.out, 21, 0);
    memset(y, 0, sizeof y);
    for (int32_t i = 0; i < CASE_MOST; i++) dx[i] = dx2[i] = one.dx2[i] = 99; // to be written over
}

static void build_item(const char *item, hg__extent in) {
    char name[32] = {0};
    memcpy(name, item, strcspn(item, " "));
    const hg__layer_type *t = hg__layer_type_find(name);
    assert_non_null(t);
    build(t, &(hg__test_case){item, in, {0}}, hg__kernels_pick());
}

static void for_every_layer_and_table(check *run) {
    for (const hg__layer_type *const *t = hg__layer_types(); *t; t++) {
        for (const hg__test_case *trial = test_cases_of(*t); trial->item; trial++) {
            for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
                build(*t, trial, *k);
                case_run(&one, case_in(&one, x, 0), case_out(&one, y, 0), case_out(&one, dy, 0),
                         case_in(&one, dx, 0), CASE_ROWS);
                run(*t);
            }
        }
    }
}

static void expect_equal(const char *name, const hg__real *a, const hg__real *b, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        if (!(a[i] == b[i])) fail_msg("%s [%d]: %a, %a", name, i, (double)a[i], (double)b[i]);
    }
}

// What measure() and measure_back() say of a row does not depend on its chunk: two rows at a time, and the batch's statistics are
// the same. And it takes the whole batch: a row alone gives something else.
static void check_measured(const hg__layer_type *t) {
    static hg__real statistics[CASE_MOST];
    const size_t bytes = t->batch->statistics_count(&one.l) * sizeof *statistics;
    memcpy(statistics, one.statistics, bytes);
    memset(one.statistics, 0, bytes);
    for (int way = 0; way < (t->batch->measure_back ? 2 : 1); way++) {
        for (int32_t r = CASE_ROWS - 1; r >= 0; r -= 2) {
            const int32_t first = r > 0 ? r - 1 : 0;
            const hg__view from = case_in(&one, x, first), slope = case_out(&one, dy, first);
            one.pass.row = first;
            if (way == 0) t->batch->measure(&one.l, &one.pass, from, r - first + 1);
            if (way == 1) t->batch->measure_back(&one.l, &one.pass, from, slope, r - first + 1);
        }
        if (way == 0) t->batch->combine(&one.l, &one.pass, CASE_ROWS);
        if (way == 1) t->batch->combine_back(&one.l, &one.pass, CASE_ROWS);
    }
    assert_memory_equal(one.statistics, statistics, bytes);
    one.pass.row = 0;
    t->batch->combine(&one.l, &one.pass, 1);
    assert_memory_not_equal(one.statistics, statistics, bytes);
}

static void check_rows(const hg__layer_type *t) {
    static hg__real second[CASE_MOST];
    if (t->batch) {
        check_measured(t);
        return;
    }
    memcpy(second, one.dx2, sizeof second);
    for (int32_t i = 0; i < CASE_MOST; i++) one.dx2[i] = 99;
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        case_begin(&one, r);
        case_run(&one, case_in(&one, x, r), case_out(&one, y2, 0), case_out(&one, dy, r),
                 case_in(&one, dx2, 0), 1);
        expect_equal(t->name, y2, y + r * one.ldy, one.out);
        expect_equal(t->name, dx2, dx + r * one.ldx, (int32_t)one.ldx);
    }
    expect_equal(t->name, one.dx2, second, CASE_MOST);
}
static void a_batch_of_one_is_a_row_of_many(void **state) {
    (void)state;
    for_every_layer_and_table(check_rows);
}

// d (CASE_ROWS, ld): after the n columns of each row come zeros, up to whole vectors.
static void expect_zero_padding(const char *name, const hg__real *d, ptrdiff_t ld, int32_t n) {
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        for (int32_t i = n; i % HG_LANES; i++) {
            if (d[r * ld + i] != 0) fail_msg("%s: dx is padded with other than 0", name);
        }
    }
}

static void check_padding(const hg__layer_type *t) {
    expect_zero_padding(t->name, dx, one.ldx, one.in);
    expect_zero_padding(t->name, one.dx2, one.ldx2, one.in2);
    case_fill(x, one.ldx, CASE_ROWS, one.in, 20, (hg__real)-3);
    case_fill(one.x2, one.ldx2, CASE_ROWS, one.in2, 22, (hg__real)-3);
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
    one.pass.dx2.at = NULL; // not wanted, this time
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

// Bands in another order than from top to bottom; y2 is x at first, for types that work in place.
static void run_bands(hg__view from, hg__view to, int32_t H) {
    for (int32_t odd = 1; odd >= 0; odd--) {
        for (int32_t top = 16 * odd; top < H; top += 32) {
            one.pass.top = top;
            one.pass.bottom = H - top < 16 ? H : top + 16;
            one.l.type->forward(&one.l, &one.pass, from, to, CASE_ROWS);
        }
    }
    one.pass.top = one.pass.bottom = 0;
}

static bool had_bands;
static void check_bands(const hg__layer_type *t) {
    const hg__extent out = hg__extent_of(&one.l.out);
    if (!t->bands) return;
    had_bands = had_bands || (out.H > 16 && out.H % 16);
    one.pass.training = false;
    t->forward(&one.l, &one.pass, case_in(&one, x, 0), case_out(&one, y, 0), CASE_ROWS);
    for (int32_t i = 0; i < CASE_MOST; i++) y2[i] = 99;
    run_bands(case_in(&one, x, 0), case_out(&one, y2, 0), out.H);
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        expect_equal(t->name, y2 + r * one.ldy, y + r * one.ldy, one.out);
    }
    if (!t->in_place) return;
    memcpy(y2, x, sizeof x);
    run_bands(case_in(&one, y2, 0), case_out(&one, y2, 0), out.H);
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        expect_equal(t->name, y2 + r * one.ldy, y + r * one.ldy, one.out);
    }
}
// Where vectors begin at multiples of one in memory, and where they do not.
static void check_far(const hg__layer_type *t) {
    static _Alignas(64) hg__real streamed_y[CASE_MOST + HG_LANES];
    if (!t->bands) return;
    one.pass.training = false;
    t->forward(&one.l, &one.pass, case_in(&one, x, 0), case_out(&one, y, 0), CASE_ROWS);
    one.pass.bottom = hg__extent_of(&one.l.out).H;
    one.pass.nontemporal = true;
    for (int32_t shift = 0; shift < 2; shift++) {
        for (int32_t i = 0; i < CASE_MOST + HG_LANES; i++) streamed_y[i] = 99;
        t->forward(&one.l, &one.pass, case_in(&one, x, 0), case_out(&one, streamed_y + shift, 0),
                   CASE_ROWS);
        for (int32_t r = 0; r < CASE_ROWS; r++) {
            expect_equal(t->name, streamed_y + shift + r * one.ldy, y + r * one.ldy, one.out);
        }
    }
}
static void what_goes_past_the_cache_is_the_same(void **state) {
    (void)state;
    for_every_layer_and_table(check_far);
}

static void bands_make_up_the_whole(void **state) {
    (void)state;
    had_bands = false;
    for_every_layer_and_table(check_bands);
    assert_true(had_bands);
    for (const hg__layer_type *const *t = hg__layer_types(); *t; t++) {
        int32_t most = 0;
        for (const hg__test_case *trial = test_cases_of(*t); trial->item; trial++) {
            build(*t, trial, hg__kernels_pick());
            const int32_t lines = hg__extent_of(&one.l.out).H;
            most = lines > most ? lines : most;
        }
        if ((*t)->bands && most < 33) fail_msg("%s: no trial has three bands", (*t)->name);
    }
}

static void check_tables(const hg__layer_type *t) {
    static hg__real forth[CASE_MOST], back[CASE_MOST], second[CASE_MOST];
    const bool is_reference = one.pass.k == hg__kernels_all()[0];
    const size_t bytes = sizeof forth;
    if (is_reference) {
        memcpy(forth, y, bytes), memcpy(back, dx, bytes), memcpy(second, one.dx2, bytes);
        return;
    }
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        const int32_t at = r * (int32_t)one.ldy;
        if (memcmp(y + at, forth + at, (size_t)one.out * sizeof *y) != 0) {
            fail_msg("%s: %s is not the reference", t->name, one.pass.k->name);
        }
    }
    assert_memory_equal(dx, back, bytes);
    assert_memory_equal(one.dx2, second, bytes);
}
static void every_table_gives_the_same_bits(void **state) {
    (void)state;
    for_every_layer_and_table(check_tables);
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

// g (tile->count and one more): stays within the tile, and leaves padding alone.
static void check_tile(const hg__layer_type *t, const hg__tile *tile) {
    static hg__real reference[CASE_MOST];
    for (int j = 0; j < CASE_MOST; j++) g[j] = 99;
    case_gradient(&one, tile, x, dy, CASE_ROWS, g);
    assert_true(g[tile->count] == 99);
    for (size_t j = 0; j < tile->count; j++) {
        if (one.param[tile->offset + j] == 0 && g[j] != 0) fail_msg("%s: padding", t->name);
    }
    if (one.pass.k == hg__kernels_all()[0]) {
        memcpy(reference + tile->offset, g, tile->count * sizeof *g);
    } else if (memcmp(reference + tile->offset, g, tile->count * sizeof *g) != 0) {
        fail_msg("%s: the gradient of %s is not the reference", t->name, one.pass.k->name);
    }
}

static bool is_trained(size_t at) {
    for (int32_t i = 0; i < one.l.params; i++) {
        const hg__param *p = &one.l.param[i];
        if (at >= p->offset && at < p->offset + p->count) return !p->is_state;
    }
    return false;
}

static bool has_trained(void) {
    bool has = false;
    for (int32_t i = 0; i < one.l.params; i++) has = has || !one.l.param[i].is_state;
    return has;
}

static void check_tiles(const hg__layer_type *t) {
    static int covered[CASE_MOST];
    memset(covered, 0, sizeof covered);
    const int32_t tiles = t->tile_count ? t->tile_count(&one.l) : 0;
    assert_int_equal(tiles > 0, has_trained());
    for (int32_t i = 0; i < tiles; i++) {
        hg__tile tile = {0};
        t->tile(&one.l, i, &tile);
        assert_true(tile.count % HG_LANES == 0); // optimisers work on whole vectors
        for (size_t j = 0; j < tile.count; j++) covered[tile.offset + j]++;
        check_tile(t, &tile);
    }
    for (size_t j = 0; j < CASE_MOST; j++) assert_int_equal(covered[j], is_trained(j));
}
static void tiles_cover_every_parameter_once(void **state) {
    (void)state;
    for_every_layer_and_table(check_tiles);
}

// Adds to what is there, so that chunks in order give the sum over the batch.
static void check_accumulate(const hg__layer_type *t) {
    static hg__real whole[CASE_MOST], parts[CASE_MOST];
    if (!t->accumulate) return;
    assert_null(t->gradient);
    memset(whole, 0, sizeof whole);
    memset(parts, 0, sizeof parts);
    t->accumulate(&one.l, &one.pass, case_in(&one, x, 0), case_out(&one, dy, 0), CASE_ROWS, whole);
    for (int32_t r = 0; r < CASE_ROWS; r += 2) {
        const int32_t rows = CASE_ROWS - r < 2 ? CASE_ROWS - r : 2;
        case_begin(&one, r);
        t->accumulate(&one.l, &one.pass, case_in(&one, x, r), case_out(&one, dy, r), rows, parts);
    }
    double largest = 0;
    for (int j = 0; j < CASE_MOST; j++) largest = fmax(largest, fabs((double)whole[j]));
    for (int j = 0; j < CASE_MOST; j++) {
        const double off = fabs((double)whole[j] - (double)parts[j]);
        if (!(off <= 1e-5 * largest)) fail_msg("%s [%d]: off by %g", t->name, j, off);
    }
    assert_true(largest > 0);
}
static void chunks_accumulate_to_the_batch(void **state) {
    (void)state;
    for_every_layer_and_table(check_accumulate);
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
    // Norms start at 1 and 0, codebooks with their first batch.
    assert_true(is_other == (has_trained() && strstr(t->name, "norm") == NULL));
}
static void a_seed_gives_one_start(void **state) {
    (void)state;
    for_every_layer_and_table(check_start);
}

static void batchnorm_follows_the_batches_as_pytorch_does(void **state) {
    (void)state;
    build_item("batchnorm 1e-5 0.25", (hg__extent){1, 2, 1}); // 7 rows of 2 pixels
    hg__real *mean = one.param + one.l.param[2].offset, *var = one.param + one.l.param[3].offset;
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        x[r * one.ldx] = (hg__real)(1000 + r); // 1000 .. 1006 and 1001 .. 1007
        x[r * one.ldx + 1] = (hg__real)(1001 + r);
    }
    *mean = 2, *var = 8;
    case_forward(&one, case_in(&one, x, 0), case_out(&one, y, 0), CASE_ROWS);
    assert_true(*mean == 2 && *var == 8); // not before the step is known to be good
    one.l.type->batch->update_running(&one.l, &one.pass, CASE_ROWS, one.param);
    const double variance = (2 * 28 + 14 * 0.25) / 13; // around 1003.5
    assert_true(fabs((double)*mean - (0.75 * 2 + 0.25 * 1003.5)) < 1e-4);
    assert_true(fabs((double)*var - (0.75 * 8 + 0.25 * variance)) < 1e-5);
    build_item("batchnorm", (hg__extent){1, 1, 3}); // one value has no variance
    hg__real kept[CASE_MOST];
    memcpy(kept, one.param, sizeof kept);
    case_forward(&one, case_in(&one, x, 0), case_out(&one, y, 0), 1);
    one.l.type->batch->update_running(&one.l, &one.pass, 1, one.param);
    assert_memory_equal(kept, one.param, sizeof kept);
}

static void dropout_keeps_everything_outside_training(void **state) {
    (void)state;
    build_item("dropout 0.5", (hg__extent){0});
    const hg__layer_type *t = one.l.type;
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

static void flatten_has_the_order_of_pytorch(void **state) {
    (void)state;
    build_item("flatten", (hg__extent){2, 2, 3}); // pixels of channels in, channels of pixels out
    for (int i = 0; i < 12; i++) x[i] = (hg__real)i;
    one.l.type->forward(&one.l, &one.pass, case_in(&one, x, 0), case_out(&one, y, 0), 1);
    expect_equal("flatten", y, (const hg__real[]){0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}, 12);
    memcpy(y2, y, sizeof y);
    build_item("unflatten 3 2 2", (hg__extent){1, 1, 12});
    one.l.type->forward(&one.l, &one.pass, case_in(&one, y2, 0), case_out(&one, y, 0), 1);
    for (int i = 0; i < 12; i++) assert_true(y[i] == (hg__real)i);
}

static void keep_adds_the_gradient_of_what_was_taken(void **state) {
    (void)state;
    static hg__real taken[CASE_MOST];
    build_item("keep 1", (hg__extent){6, 5, 3});
    case_fill(taken, one.ldx, CASE_ROWS, one.in, 23, 0);
    one.pass.dx2 = case_in(&one, taken, 0);
    case_run(&one, case_in(&one, x, 0), case_out(&one, y, 0), case_out(&one, dy, 0),
             case_in(&one, dx, 0), CASE_ROWS);
    for (int32_t i = 0; i < CASE_ROWS * (int32_t)one.ldx; i++) {
        if (i % one.ldx < one.in) assert_true(dx[i] == dy[i] + taken[i] && y[i] == x[i]);
    }
}

static void expect_refused(const hg__test_case *trial, const char *sentence) {
    char name[32] = {0};
    hg_error err = {0};
    memcpy(name, trial->item, strcspn(trial->item, " "));
    const hg__layer_type *t = hg__layer_type_find(name);
    assert_non_null(t);
    assert_int_equal(case_build(&one, t, trial, hg__kernels_pick(), &err), HG_ERR_USAGE);
    assert_string_equal(err.message, sentence);
}

static void images_that_do_not_fit_are_refused(void **state) {
    (void)state;
    expect_refused(
        &(hg__test_case){
            "add 1", {32, 32, 1},
             {32, 32, 3}
    },
        "add 1: expected an image of 32 x 32 x 3 as kept, got 32 x 32 x 1");
    expect_refused(
        &(hg__test_case){
            "concat 2", {16, 32, 1},
             {32, 32, 3}
    },
        "concat 2: expected an image of 32 x 32 x 3 (or other channels) as kept, got "
        "16 x 32 x 1");
    expect_refused(&(hg__test_case){"maxpool 2", {0}, {0}},
                   "maxpool: expected an image (height, width, channels), got the shape [29]");
    expect_refused(
        &(hg__test_case){
            "avgpool 5", {4,  9, 1},
             {0}
    },
        "avgpool: expected an image no smaller than its k=5, got 4 x 9 x 1");
    expect_refused(
        &(hg__test_case){
            "reflect 4", {9,  4, 1},
             {0}
    },
        "reflect: expected an image of sides above the 4 pixels reflected, got 9 x 4 x 1");
    expect_refused(
        &(hg__test_case){
            "maxpool 3 p=2", {8,  8, 1},
             {0}
    },
        "maxpool: expected a whole p from 0 to 1, got 2");
    expect_refused(
        &(hg__test_case){
            "up 64", {32768, 32768, 1},
             {0   }
    },
        "up: expected an output of fewer than 2^31 numbers, got 2097152 x 2097152 x 1");
}

static void impossible_arguments_are_refused(void **state) {
    (void)state;
    const char *const bad[] = {"dense 0",
                               "dense 2.5",
                               "dense 1e12",
                               "dropout 1.5",
                               "dropout -0.1",
                               "dropout nan",
                               "layernorm 0",
                               "leaky_relu -0.1",
                               "leaky_relu nan",
                               "elu -1",
                               "keep 0",
                               "unflatten 5 5 1",
                               "unflatten 29 0 1",
                               "maxpool",
                               "maxpool 0",
                               "avgpool 2 -1",
                               "up 0",
                               "batchnorm 0",
                               "batchnorm 1e-5 0",
                               "reflect 0.5",
                               "reflect 1",
                               "topk 0",
                               "topk 30",
                               "topk 1.5",
                               "batch_topk 30",
                               "batch_topk 3 momentum=0",
                               "kl_sparse 0",
                               "kl_sparse 1",
                               "kl_sparse 0.1 weight=-1",
                               "nested 1.5",
                               "nested nan",
                               "nested prefix=30"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char name[32] = {0};
        memcpy(name, bad[i], strcspn(bad[i], " "));
        hg_error err = {0};
        const hg__layer_type *t = hg__layer_type_find(name);
        assert_non_null(t);
        assert_int_equal(
            case_build(&one, t, &(hg__test_case){.item = bad[i]}, hg__kernels_pick(), &err),
            HG_ERR_USAGE);
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
        cmocka_unit_test(bands_make_up_the_whole),
        cmocka_unit_test(what_goes_past_the_cache_is_the_same),
        cmocka_unit_test(every_table_gives_the_same_bits),
        cmocka_unit_test(parameters_survive_the_file),
        cmocka_unit_test(tiles_cover_every_parameter_once),
        cmocka_unit_test(chunks_accumulate_to_the_batch),
        cmocka_unit_test(a_seed_gives_one_start),
        cmocka_unit_test(batchnorm_follows_the_batches_as_pytorch_does),
        cmocka_unit_test(dropout_keeps_everything_outside_training),
        cmocka_unit_test(flatten_has_the_order_of_pytorch),
        cmocka_unit_test(keep_adds_the_gradient_of_what_was_taken),
        cmocka_unit_test(images_that_do_not_fit_are_refused),
        cmocka_unit_test(impossible_arguments_are_refused),
        cmocka_unit_test(names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
