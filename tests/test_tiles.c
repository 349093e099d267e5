// SPDX-License-Identifier: Apache-2.0
// test_tiles.c - windows over a picture: none of them shows, all of them fit.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/model.h"
#include "restore/tiles.h"

#include <cmocka.h>

enum { SIDE = 150, MOST_CHANNELS = 3, THREADS = 2, MOST_TAPPED = 8 };

static float from[MOST_CHANNELS * SIDE * SIDE], to[MOST_CHANNELS * SIDE * SIDE];
static float whole[MOST_CHANNELS * SIDE * SIDE];
// of a layer on the way: (run, height, width, channels), as large as SIDE x SIDE places of MOST_TAPPED
static float tapped[MOST_CHANNELS * MOST_TAPPED * SIDE * SIDE];
static float whole_tapped[MOST_CHANNELS * MOST_TAPPED * SIDE * SIDE];
static int puts_of[3][SIDE * SIDE]; // how often each pixel of each run was put

typedef struct picture {
    int32_t height, width, channels;
    int32_t first, end, done;             // what need() and done() said last
    int32_t tap, tap_width, tap_channels; // tap: as hg__tile_job has it
} picture;

static size_t at(const picture *p, const hg__tile_piece *piece) {
    return ((size_t)piece->run * (size_t)(p->height * p->width) +
            (size_t)(piece->line * p->width + piece->left)) *
           (size_t)p->channels;
}

static void get(void *context, const hg__tile_piece *piece, float *numbers) {
    const picture *p = context;
    assert_in_range(piece->line, p->first, p->end - 1);
    assert_true(piece->left >= 0 && piece->width > 0 && piece->left + piece->width <= p->width);
    memcpy(numbers, from + at(p, piece), (size_t)(piece->width * p->channels) * sizeof *numbers);
}

static void put(void *context, const hg__tile_piece *piece, const float *numbers) {
    const picture *p = context;
    assert_true(piece->line >= p->done && piece->line < p->height);
    memcpy(to + at(p, piece), numbers, (size_t)(piece->width * p->channels) * sizeof *numbers);
    for (int32_t x = 0; x < piece->width; x++) {
        puts_of[piece->run][piece->line * p->width + piece->left + x]++;
    }
}

static void put_tap(void *context, const hg__tile_piece *piece, const float *numbers) {
    const picture *p = context;
    const size_t channels = (size_t)p->tap_channels;
    const size_t place = (size_t)piece->line * (size_t)p->tap_width + (size_t)piece->left;
    assert_true(p->tap && piece->left >= 0 && piece->left + piece->width <= p->tap_width);
    memcpy(tapped + ((size_t)piece->run * SIDE * SIDE + place) * channels, numbers,
           (size_t)piece->width * channels * sizeof *numbers);
}

static int need(void *context, int32_t first, int32_t end, hg_error *err) {
    (void)err;
    picture *p = context;
    assert_true(first >= p->first && first <= p->end && end >= p->end && end <= p->height);
    p->first = first;
    p->end = end;
    return HG_OK;
}

static int done(void *context, int32_t end, hg_error *err) {
    (void)err;
    picture *p = context;
    assert_true(end > p->done && end <= p->height);
    p->done = end;
    return HG_OK;
}

static hg_model *new_model(const char *spec, int32_t channels) {
    const hg__shape shape = {
        3, {16, 16, channels}
    };
    hg_error err = {0};
    hg_model *m = hg__model_from_spec(spec, &shape, 0, 5, &err);
    if (!m) fail_msg("%s: %s", spec, err.message);
    return m;
}

// Runs over the picture within `budget` bytes; the windows it took.
static hg__tiling run(const hg_model *m, picture p, int32_t runs, size_t budget) {
    hg_error err = {0};
    hg__image_needs needs;
    hg__tiling t;
    assert_int_equal(hg__image_needs_of(&m->net, &needs, &err), HG_OK);
    p.channels = needs.channels;
    const hg__tile_job job = {.height = p.height,
                              .width = p.width,
                              .runs = runs,
                              .line_bytes = (size_t)p.width * 2,
                              .budget = budget,
                              .tap = p.tap};
    if (!hg__tiling_pick(&t, &m->net, &needs, THREADS, &job)) {
        fail_msg("%s: %d x %d do not fit into %zu bytes: %zu", m->net.spec.text, p.width, p.height,
                 budget, t.bytes);
    }
    assert_true(t.bytes <= budget);
    hg__pool *pool = hg__pool_new(THREADS, &err);
    hg__tiles *tiles = hg__tiles_new(&m->net, pool, &t, &err);
    assert_non_null(tiles);
    const hg__tile_io io = {.context = &p,
                            .name = "test",
                            .get = get,
                            .put = put,
                            .put_tap = put_tap,
                            .need = need,
                            .done = done};
    memset(tapped, 0, sizeof tapped);
    memset(puts_of, 0, sizeof puts_of);
    assert_int_equal(hg__tiles_run(tiles, &io, &err), HG_OK);
    assert_int_equal(p.done, p.height);
    for (int32_t r = 0; r < runs; r++) {
        for (int32_t i = 0; i < p.height * p.width; i++) assert_int_equal(puts_of[r][i], 1);
    }
    hg__tiles_free(tiles);
    hg__pool_free(pool);
    return t;
}

static size_t smallest_budget(const hg_model *m, const picture *p, int32_t runs) {
    hg__image_needs needs;
    hg__tiling t;
    hg__tile_job job = {.height = p->height,
                        .width = p->width,
                        .runs = runs,
                        .line_bytes = (size_t)p->width * 2,
                        .budget = 1,
                        .tap = p->tap};
    assert_int_equal(hg__image_needs_of(&m->net, &needs, NULL), HG_OK);
    assert_false(hg__tiling_pick(&t, &m->net, &needs, THREADS, &job));
    job.budget = t.bytes - 1;
    assert_false(hg__tiling_pick(&t, &m->net, &needs, THREADS, &job));
    return t.bytes;
}

static size_t numbers_of(const picture *p, const hg_model *m, int32_t runs) {
    return (size_t)p->height * (size_t)p->width * (size_t)runs *
           (size_t)m->net.spec.input.dim[m->net.spec.input.rank - 1];
}

// ---- tests --------------------------------------------------------------------------------------

static const struct {
    const char *spec;
    int32_t channels, runs;
} exact[] = {
    {"keep 1, conv 8 k3 relu | conv input k3, add 1",                               1, 1},
    {"keep 1, conv 8 k3 relu | conv input k3, add 1",                               3, 1},
    {"conv 5 k5 d2 silu | conv input k3",                                           1, 3},
    {"keep 1, conv 6 k3 relu, maxpool 2, conv 8 k3 relu | up 2, conv input, add 1", 3, 1},
    {"keep 1, conv 6 k3 s2 relu, keep 2, conv 8 k3 s2 relu | deconv 6 k4 s2, add 2, deconv input "
     "k4 s2, add 1",                                                           1, 2},
    {"keep 1, reflect 1, conv 8 k3 p0 relu | reflect 2, conv input k5 p0, add 1",   1, 1},
    {"conv 6 k2 s2 relu, reflect 3, conv 6 k7 p0 g6 | deconv input k2 s2",          3, 1},
    {"linear | linear",                                                             3, 1},
};

static const struct {
    int32_t height, width;
} sizes[] = {
    {1,    1   },
    {1,    SIDE},
    {SIDE, 1   },
    {2,    3   },
    {33,   47  },
    {64,   64  },
    {SIDE, SIDE},
    {127,  149 },
    {149,  61  },
};

// The outputs of the layer halfway: places of how many pixels, and of how many channels.
static void tap_halfway(picture *p, const hg_model *m) {
    const hg__spec *s = &m->net.spec;
    const hg__extent in = hg__extent_of(&s->input);
    const hg__extent e = hg__extent_of(&s->layer[s->layers / 2].out);
    if (in.H % e.H || e.C > MOST_TAPPED) return;
    p->tap = s->layers / 2 + 1;
    p->tap_width = hg__ceil_div(p->width, in.H / e.H);
    p->tap_channels = e.C;
}

static bool is_same_bytes(const void *a, const void *b, size_t count) {
    return memcmp(a, b, count) == 0;
}

// The picture in windows of all sizes; how often there were more than two along both sides.
static int32_t compare_windows(const hg_model *m, picture p, int32_t runs) {
    const hg__tiling one = run(m, p, runs, (size_t)1 << 34);
    assert_int_equal(one.rows * one.columns, 1);
    memcpy(whole, to, sizeof whole);
    memcpy(whole_tapped, tapped, sizeof tapped);
    const size_t least = smallest_budget(m, &p, runs), n = numbers_of(&p, m, runs);
    int32_t many = 0;
    for (size_t budget = least; budget < 8 * least; budget += budget / 3) {
        const hg__tiling t = run(m, p, runs, budget);
        many += t.rows > 2 && t.columns > 2;
        const bool is_same = memcmp(to, whole, n * sizeof *to) == 0;
        if (is_same && is_same_bytes(tapped, whole_tapped, sizeof tapped)) continue;
        fail_msg("%s: %d x %d in %d x %d windows of %d x %d differs", m->net.spec.text, p.width,
                 p.height, t.columns, t.rows, t.window_width, t.window_height);
    }
    return many;
}

static void any_windows_give_the_bits_of_one(void **state) {
    (void)state;
    int32_t many = 0, taps = 0;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        hg_model *m = new_model(exact[i].spec, exact[i].channels);
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            picture p = {.height = sizes[j].height, .width = sizes[j].width};
            tap_halfway(&p, m);
            taps += p.tap > 0;
            many += compare_windows(m, p, exact[i].runs);
        }
        hg_model_free(m);
    }
    assert_true(many > 10 && taps > 20);
}

static int fill(void **state) {
    (void)state;
    for (uint32_t i = 0; i < sizeof from / sizeof *from; i++) {
        from[i] = (float)(hg__philox_run(1, i, 0, 0, 0).word[0] >> 8) * 0x1p-24F;
    }
    return 0;
}

// Windows that are the last one's to the bit are not run again: what they put is the same.
static void windows_that_are_equal_give_the_bits_of_one(void **state) {
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        const picture p = {.height = 127, .width = SIDE};
        hg_model *m = new_model(exact[i].spec, exact[i].channels);
        for (size_t k = 0; k < sizeof from / sizeof *from; k++) from[k] = 0.25F;
        (void)compare_windows(m, p, exact[i].runs);
        from[(sizeof from / sizeof *from) / 3] = 1; // one pixel in one of them
        (void)compare_windows(m, p, exact[i].runs);
        hg_model_free(m);
    }
    (void)fill(state);
}

static void edges_are_the_pictures_own(void **state) {
    (void)state;
    // One window must be the plan itself, run over the picture made whole by reflection.
    hg_model *m = new_model("keep 1, conv 6 k3 relu, maxpool 2 | up 2, conv input, add 1", 1);
    const picture p = {.height = 5, .width = 3};
    run(m, p, 1, (size_t)1 << 30);
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__image_plan *plan = hg__image_plan_new(&m->net, pool, 6, 4, NULL);
    assert_non_null(plan);
    hg__real *x = hg__image_plan_input(plan);
    for (int32_t i = 0; i < 6; i++) {
        for (int32_t j = 0; j < 4; j++) x[4 * i + j] = from[3 * (i < 5 ? i : 3) + (j < 3 ? j : 1)];
    }
    const hg__real *y = hg__image_plan_run(plan);
    for (int32_t i = 0; i < 5; i++) assert_memory_equal(to + 3 * i, y + 4 * i, 3 * sizeof *y);
    hg__image_plan_free(plan);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void what_changes_nothing_is_blended_into_itself(void **state) {
    (void)state;
    // groupnorm asks for the whole picture; behind it nothing of it is left, so windows must not show.
    hg_model *m = new_model("keep 1, conv 4 k3, groupnorm 1 | conv input k3, add 1", 1);
    hg__image_needs needs;
    assert_int_equal(hg__image_needs_of(&m->net, &needs, NULL), HG_OK);
    assert_int_equal(needs.receptive_radius, -1);
    memset(m->net.params, 0, m->net.spec.params * sizeof *m->net.params);
    for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
        const picture p = {.height = sizes[j].height, .width = sizes[j].width};
        const size_t least = smallest_budget(m, &p, 1);
        const hg__tiling t = run(m, p, 1, least);
        assert_true(t.blend && (p.height < SIDE || t.rows > 1));
        for (size_t i = 0; i < numbers_of(&p, m, 1); i++) {
            if (fabsf(to[i] - from[i]) < 1e-6F) continue;
            fail_msg("%d x %d: pixel %zu is %a, not %a", p.width, p.height, i, (double)to[i],
                     (double)from[i]);
        }
    }
    hg_model_free(m);
}

static void blended_windows_come_near_to_one(void **state) {
    (void)state;
    hg_model *m = new_model("keep 1, conv 4 k3, groupnorm 1 | conv input k3, add 1", 1);
    const picture p = {.height = SIDE, .width = SIDE};
    run(m, p, 1, (size_t)1 << 30);
    memcpy(whole, to, sizeof whole);
    run(m, p, 1, smallest_budget(m, &p, 1));
    double worst = 0, step = 0;
    for (int32_t i = 0; i < SIDE * SIDE; i++) {
        const double d = fabs((double)to[i] - (double)whole[i]);
        if (d > worst) worst = d;
        if (i % SIDE == 0) continue;
        // No seam: the difference itself changes little from pixel to pixel.
        const double before = (double)to[i - 1] - (double)whole[i - 1];
        const double change = fabs((double)to[i] - (double)whole[i] - before);
        if (change > step) step = change;
    }
    assert_true(worst > 0 && worst < 0.5 && step < 0.5);
    hg_model_free(m);
}

static void stopping_leaves_between_windows(void **state) {
    (void)state;
    hg_model *m = new_model("conv 4 k3 relu | conv input k3", 1);
    hg__image_needs needs;
    hg__tiling t;
    const volatile sig_atomic_t stop = 1;
    const hg__tile_job job = {.height = 9, .width = 9, .runs = 1, .budget = (size_t)1 << 30};
    picture p = {.height = 9, .width = 9, .channels = 1};
    const hg__tile_io io = {.context = &p,
                            .name = "x.png",
                            .get = get,
                            .put = put,
                            .need = need,
                            .done = done,
                            .listener = &(hg_listener){.stop = &stop}};
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(1, NULL);
    assert_int_equal(hg__image_needs_of(&m->net, &needs, NULL), HG_OK);
    assert_true(hg__tiling_pick(&t, &m->net, &needs, 1, &job));
    hg__tiles *tiles = hg__tiles_new(&m->net, pool, &t, NULL);
    assert_int_equal(hg__tiles_run(tiles, &io, &err), HG_ERR_STOPPED);
    assert_string_equal(err.message, "x.png: stopped on request");
    hg__tiles_free(tiles);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void a_picture_too_large_for_any_memory_is_refused(void **state) {
    (void)state;
    hg_model *m = new_model("conv 4 k3 relu | conv input k3", 1);
    hg__image_needs needs;
    hg__tiling t;
    const hg__tile_job job = {.height = INT32_MAX - 64,
                              .width = 20000,
                              .runs = 1,
                              .line_bytes = 400000,
                              .budget = 1 << 20};
    assert_int_equal(hg__image_needs_of(&m->net, &needs, NULL), HG_OK);
    assert_false(hg__tiling_pick(&t, &m->net, &needs, 1, &job));
    assert_true(t.bytes > 1 << 20 && t.bytes < 1 << 24);
    hg_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_windows_give_the_bits_of_one),
        cmocka_unit_test(windows_that_are_equal_give_the_bits_of_one),
        cmocka_unit_test(edges_are_the_pictures_own),
        cmocka_unit_test(what_changes_nothing_is_blended_into_itself),
        cmocka_unit_test(blended_windows_come_near_to_one),
        cmocka_unit_test(stopping_leaves_between_windows),
        cmocka_unit_test(a_picture_too_large_for_any_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
