// SPDX-License-Identifier: Apache-2.0
// test_plan_image.c - outputs of layers on an image's way through a network are what the network cut off there gives.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "exec/plan_image.h"

#include <cmocka.h>

enum { SIDE = 48, HIGH = 64, CHANNELS = 3, MOST = 1 << 18 };

static float x[HIGH * SIDE * CHANNELS], whole[MOST];

// Cut off behind any of these: pieces of one network, in order.
static const char *const pieces[] = {
    "conv 8 k7 s2 bias=0, batchnorm relu",
    "maxpool 3 2 1",
    "keep 1",
    "conv 8 bias=0, batchnorm relu, conv 8 bias=0, batchnorm, add 1",
    "relu",
    "keep 1, conv 16 s2 bias=0, batchnorm, keep 2, recall 1",
    "conv 16 k1 s2 bias=0, batchnorm, add 2, relu",
    "conv 16",
    "sigmoid relu",
    "avgpool 2",
};
enum { PIECES = sizeof pieces / sizeof *pieces };

// Weights that depend on the layer alone are the same however many layers there are.
static hg__network new_network(int32_t count) {
    const hg__shape shape = {
        3, {SIDE, SIDE, CHANNELS}
    };
    char spec[1000] = "";
    hg_error err = {0};
    hg__network net;
    for (int32_t i = 0; i < count; i++) {
        const size_t used = strlen(spec);
        snprintf(spec + used, sizeof spec - used, "%s%s", i ? ", " : "", pieces[i]);
    }
    if (hg__network_init_features(&net, spec, &shape, 4, &err) < 0) {
        fail_msg("%s: %s", spec, err.message);
    }
    return net;
}

static hg__image_plan *new_plan(const hg__network *net, hg__pool *pool, const hg__taps *taps) {
    hg_error err = {0};
    hg__image_plan *p = taps->count ? hg__image_plan_new_tapped(net, pool, HIGH, SIDE, taps, &err)
                                    : hg__image_plan_new(net, pool, HIGH, SIDE, &err);
    if (!p) fail_msg("%s", err.message);
    memcpy(hg__image_plan_input(p), x, sizeof x);
    return p;
}

// The last layer of each piece.
static void find_taps(int32_t *tap) {
    for (int32_t i = 0; i < PIECES; i++) {
        hg__network net = new_network(i + 1);
        tap[i] = net.spec.layers - 1;
        hg__network_clear(&net);
    }
}

// Tap i of p, and the network cut off there.
static void expect_same(const hg__image_plan *p, int32_t tap, int32_t piece, hg__pool *pool) {
    hg__network cut = new_network(piece + 1);
    hg__image_plan *alone = new_plan(&cut, pool, &(hg__taps){0});
    hg__extent e;
    const hg__real *got = hg__image_plan_tap(p, tap, &e);
    const size_t count = (size_t)hg__extent_count(e);
    assert_in_range(count, 1, MOST);
    memcpy(whole, hg__image_plan_run(alone), count * sizeof *whole);
    if (memcmp(whole, got, count * sizeof *whole) != 0) fail_msg("tap behind '%s'", pieces[piece]);
    hg__image_plan_free(alone);
    hg__network_clear(&cut);
}

static void taps_are_what_networks_that_end_there_give(void **state) {
    (void)state;
    int32_t tap[PIECES];
    find_taps(tap);
    hg__network net = new_network(PIECES);
    for (int32_t threads = 1; threads <= 3; threads++) {
        hg__pool *pool = hg__pool_new(threads, NULL);
        hg__image_plan *p = new_plan(&net, pool, &(hg__taps){tap, PIECES});
        const hg__real *y = hg__image_plan_run(p);
        assert_ptr_equal(y, hg__image_plan_tap(p, PIECES - 1, NULL));
        for (int32_t i = 0; i < PIECES; i++) expect_same(p, i, i, pool);
        hg__image_plan_free(p);
        hg__pool_free(pool);
    }
    hg__network_clear(&net);
}

static void a_second_run_gives_the_same_taps(void **state) {
    (void)state;
    int32_t tap[PIECES];
    find_taps(tap);
    hg__network net = new_network(PIECES);
    hg__pool *pool = hg__pool_new(2, NULL);
    const hg__taps two = {
        (const int32_t[]){tap[4], tap[6]},
         2
    };
    hg__image_plan *p = new_plan(&net, pool, &two);
    hg__image_plan_run(p);
    hg__image_plan_run(p);
    expect_same(p, 0, 4, pool);
    expect_same(p, 1, 6, pool);
    hg__image_plan_free(p);
    hg__pool_free(pool);
    hg__network_clear(&net);
}

// Nothing that is behind the last tap takes memory.
static void a_network_is_run_no_further_than_its_last_tap(void **state) {
    (void)state;
    int32_t tap[PIECES];
    find_taps(tap);
    hg__network net = new_network(PIECES), cut = new_network(2);
    const size_t bytes = hg__image_plan_tapped_bytes(&net, HIGH, SIDE, 2, &(hg__taps){tap + 1, 1});
    assert_int_equal(bytes, hg__image_plan_bytes(&cut, HIGH, SIDE, 2));
    assert_true(bytes < hg__image_plan_tapped_bytes(&net, HIGH, SIDE, 2, &(hg__taps){tap, PIECES}));
    hg__network_clear(&cut);
    hg__network_clear(&net);
}

static void what_goes_into_a_batchnorm_that_folds_is_no_tap(void **state) {
    (void)state;
    hg__network net = new_network(PIECES);
    const int32_t tap = 0;
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(1, NULL);
    assert_null(hg__image_plan_new_tapped(&net, pool, HIGH, SIDE, &(hg__taps){&tap, 1}, &err));
    assert_string_equal(err.message,
                        "expected features behind the batchnorm of layer 0, got those before it");
    hg__pool_free(pool);
    hg__network_clear(&net);
}

static int fill_image(void **state) {
    (void)state;
    for (uint32_t i = 0; i < sizeof x / sizeof *x; i++) {
        x[i] = hg__unit_float(hg__philox_run(1, i, 0, 0, 0).word[0]);
    }
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taps_are_what_networks_that_end_there_give),
        cmocka_unit_test(a_second_run_gives_the_same_taps),
        cmocka_unit_test(a_network_is_run_no_further_than_its_last_tap),
        cmocka_unit_test(what_goes_into_a_batchnorm_that_folds_is_no_tap),
    };
    return cmocka_run_group_tests(tests, fill_image, NULL);
}
