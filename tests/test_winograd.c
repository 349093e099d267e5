// SPDX-License-Identifier: Apache-2.0
// test_winograd.c - Winograd's convolutions: near the plain sum, the same bits however the work is cut, and trained with.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "exec/plan.h"
#include "exec/plan_image.h"
#include "nn/conv_winograd.h"

#include <cmocka.h>

static hg__real *new_numbers(size_t count, uint32_t stream, double factor) {
    hg__real *x = hg__alloc(count + HG_LANES, sizeof *x, NULL);
    for (size_t i = 0; i < count; i++) {
        const hg__philox r = hg__philox_run(5, stream, 0, 0, (uint32_t)(i / 4));
        x[i] = (hg__real)(factor * ((double)r.word[i % 4] / 2147483648.0 - 1));
    }
    return x;
}

// ---- one convolution ----------------------------------------------------------------------------

// An image (H, W, C), a conv's weights to N channels, both ways of these, and room.
typedef struct job {
    int32_t H, W, C, N;
    hg__real *x, *weights, *bias, *prepared, *back, *scratch, *y;
} job;

static const struct {
    int32_t H, W, C, N;
} shapes[] = {
    {8,  8,  16, 16 },
    {1,  1,  16, 32 },
    {1,  9,  32, 16 },
    {7,  1,  16, 16 },
    {5,  7,  48, 80 },
    {2,  3,  64, 64 },
    {13, 37, 32, 32 },
    {33, 4,  16, 96 },
    {12, 50, 64, 144},
    {16, 16, 96, 64 },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static size_t pixels_of(const job *j) {
    return (size_t)j->H * (size_t)j->W;
}

static job new_job(int32_t i) {
    job j = {shapes[i].H, shapes[i].W, shapes[i].C, shapes[i].N, 0, 0, 0, 0, 0, 0, 0};
    const size_t most = (size_t)hg__max(j.C, j.N);
    j.x = new_numbers(pixels_of(&j) * most, 1, 1);
    j.weights = new_numbers(hg__panel_count(9 * j.C, j.N), 2, 1 / sqrt(9 * (double)j.C));
    j.bias = new_numbers((size_t)j.N, 3, 1);
    j.prepared = hg__alloc(hg__winograd_count(j.C, j.N), sizeof(hg__real), NULL);
    j.back = hg__alloc(hg__winograd_count(j.N, j.C), sizeof(hg__real), NULL);
    j.scratch = hg__alloc(hg__winograd_scratch(j.C, j.N), sizeof(hg__real), NULL);
    j.y = hg__alloc(pixels_of(&j) * most + HG_LANES, sizeof(hg__real), NULL);
    for (int32_t n = 0; n < j.N; n += HG_PANEL) {
        hg__winograd_prepare(j.C, j.N, j.weights, false, n, j.prepared);
    }
    for (int32_t n = 0; n < j.C; n += HG_PANEL) {
        hg__winograd_prepare(j.C, j.N, j.weights, true, n, j.back);
    }
    return j;
}

static void clear_job(job *j) {
    hg__free(j->x);
    hg__free(j->weights);
    hg__free(j->bias);
    hg__free(j->prepared);
    hg__free(j->back);
    hg__free(j->scratch);
    hg__free(j->y);
}

static hg__conv conv_of(const job *j) {
    return (hg__conv){
        .y = {j->H, j->H, 3, 1, 1, 1},
          .x = {j->W, j->W, 3, 1, 1, 1},
          .groups = 1
    };
}

// Lines top .. bottom-1 of y, forward or back.
static void run_lines(job *j, const hg__kernels *k, bool back, int32_t top, int32_t bottom) {
    const hg__conv c = conv_of(j);
    const int32_t from = back ? j->N : j->C, to = back ? j->C : j->N;
    const hg__convolve v = {
        .kernels = k,
        .in = {j->x, (ptrdiff_t)j->W * from, from, from},
        .out = {j->y, (ptrdiff_t)j->W * to,   to,   to  },
        .weights = back ? j->back : j->prepared,
        .start = back ? NULL : j->bias,
        .top = top,
        .bottom = bottom,
        .scratch = j->scratch
    };
    hg__winograd(&c, &v);
}

// What pixel (y, x), channel n is, in double.
static double plain(const job *j, bool back, int32_t y, int32_t x, int32_t n) {
    const int32_t K = back ? j->N : j->C;
    double sum = back ? 0 : (double)j->bias[n];
    for (int32_t tap = 0; tap < 9; tap++) {
        const int32_t sy = y + tap / 3 - 1, sx = x + tap % 3 - 1;
        if (sy < 0 || sy >= j->H || sx < 0 || sx >= j->W) continue;
        const hg__real *in = j->x + ((ptrdiff_t)sy * j->W + sx) * K;
        for (int32_t k = 0; k < K; k++) {
            const size_t at = back ? hg__panel_index(9 * j->C, j->N, (8 - tap) * j->C + n, k)
                                   : hg__panel_index(9 * j->C, j->N, tap * j->C + k, n);
            sum += (double)in[k] * (double)j->weights[at];
        }
    }
    return sum;
}

static void expect_near(const job *j, bool back) {
    const int32_t N = back ? j->C : j->N;
    double worst = 0, largest = 0;
    for (int32_t y = 0; y < j->H; y++) {
        for (int32_t x = 0; x < j->W; x++) {
            for (int32_t n = 0; n < N; n++) {
                const double is = plain(j, back, y, x, n);
                const double got = (double)j->y[((ptrdiff_t)y * j->W + x) * N + n];
                worst = fmax(worst, fabs(got - is));
                largest = fmax(largest, fabs(is));
            }
        }
    }
    if (worst <= 1e-5 * largest) return;
    fail_msg("%d x %d, %d to %d: off by %g of %g", j->H, j->W, j->C, j->N, worst, largest);
}

static void it_is_the_convolution_within_1e_5_of_the_largest(void **state) {
    (void)state;
    for (int32_t i = 0; i < SHAPES; i++) {
        job j = new_job(i);
        for (int back = 0; back < 2; back++) {
            run_lines(&j, hg__kernels_pick(), back, 0, j.H);
            expect_near(&j, back);
        }
        clear_job(&j);
    }
}

static void expect_bands(job *j, const hg__kernels *k, const hg__real *expected, size_t size,
                         int32_t shape) {
    for (int32_t band = 4; band <= 8; band += 4) {
        memset(j->y, 0, size);
        for (int32_t top = 0; top < j->H; top += band) {
            run_lines(j, k, false, top, hg__min(top + band, j->H));
        }
        if (memcmp(j->y, expected, size) != 0) fail_msg("%s, shape %d", k->name, (int)shape);
    }
}

static void all_tables_and_bands_give_the_same_bits(void **state) {
    (void)state;
    for (int32_t i = 0; i < SHAPES; i++) {
        job j = new_job(i);
        const size_t size = pixels_of(&j) * (size_t)j.N * sizeof(hg__real);
        hg__real *expected = hg__alloc(size, 1, NULL);
        run_lines(&j, hg__kernels_all()[0], false, 0, j.H);
        memcpy(expected, j.y, size);
        for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
            expect_bands(&j, *k, expected, size, i);
        }
        hg__free(expected);
        clear_job(&j);
    }
}

// ---- networks -----------------------------------------------------------------------------------

enum { SIDE = 96, CHANNELS = 3, WINDOW = 64 };

#define UNET                                                                                  \
 "conv 16 relu, keep 1, conv 32 k2 s2, conv 32 relu, conv 32 relu | deconv 16 k2 s2, add 1, " \
 "conv 16 relu, conv 16, conv input"

static hg__network new_network(int32_t side, bool fast) {
    const hg__shape shape = {
        3, {side, side, CHANNELS}
    };
    hg_error err = {0};
    hg__network net;
    if (hg__network_init(&net, UNET, &shape, 0, 4, &err) < 0) fail_msg("%s", err.message);
    hg__network_set_compute(&net, (hg__compute){HG_IN_FP32, fast});
    return net;
}

// The network on lines and columns from (top, left) on of the image x; (height, width, CHANNELS).
static hg__real *run_window(const hg__network *net, hg__pool *pool, const hg__real *x, int32_t top,
                            int32_t left, int32_t side) {
    hg_error err = {0};
    hg__image_plan *p = hg__image_plan_new(net, pool, side, side, &err);
    if (!p) fail_msg("%s", err.message);
    const size_t line = (size_t)side * CHANNELS, size = (size_t)side * line * sizeof *x;
    for (int32_t y = 0; y < side; y++) {
        memcpy(hg__image_plan_input(p) + (size_t)y * line,
               x + ((size_t)(top + y) * SIDE + (size_t)left) * CHANNELS, line * sizeof *x);
    }
    hg__real *y = hg__alloc(size, 1, NULL);
    memcpy(y, hg__image_plan_run(p), size);
    hg__image_plan_free(p);
    return y;
}

static double largest_of(const hg__real *x, const hg__real *less, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs((double)x[i] - (less ? (double)less[i] : 0)));
    }
    return most;
}

static void a_window_is_the_whole_image_to_the_last_bit(void **state) {
    (void)state;
    hg__network net = new_network(SIDE, true);
    hg__pool *one = hg__pool_new(1, NULL), *three = hg__pool_new(3, NULL);
    hg__real *x = new_numbers((size_t)SIDE * SIDE * CHANNELS, 6, 1);
    hg__image_needs needs;
    assert_int_equal(hg__image_needs_of(&net, &needs, NULL), HG_OK);
    assert_int_equal(needs.multiple, 8);
    hg__real *whole = run_window(&net, one, x, 0, 0, SIDE);
    hg__real *again = run_window(&net, three, x, 0, 0, SIDE);
    assert_memory_equal(whole, again, (size_t)SIDE * SIDE * CHANNELS * sizeof *x);
    for (int32_t left = 0; left + WINDOW <= SIDE; left += needs.multiple) {
        // What is far from the window's edge, or where the edge is the image's.
        hg__real *part = run_window(&net, three, x, 0, left, WINDOW);
        const int32_t r = needs.receptive_radius, first = left ? r : 0;
        const int32_t end = left + WINDOW == SIDE ? WINDOW : WINDOW - r;
        for (int32_t y = 0; y < WINDOW - r && first < end; y++) {
            assert_memory_equal(part + ((size_t)y * WINDOW + (size_t)first) * CHANNELS,
                                whole + ((size_t)y * SIDE + (size_t)(left + first)) * CHANNELS,
                                (size_t)(end - first) * CHANNELS * sizeof *x);
        }
        hg__free(part);
    }
    hg__network_set_compute(&net, (hg__compute){HG_IN_FP32, false});
    hg__real *direct = run_window(&net, one, x, 0, 0, SIDE);
    const size_t n = (size_t)SIDE * SIDE * CHANNELS;
    assert_true(largest_of(whole, direct, n) <= 1e-5 * largest_of(direct, NULL, n));
    assert_true(largest_of(whole, direct, n) > 0); // it was computed otherwise
    hg__free(direct);
    hg__free(whole);
    hg__free(again);
    hg__free(x);
    hg__pool_free(one);
    hg__pool_free(three);
    hg__network_clear(&net);
}

// ---- training -----------------------------------------------------------------------------------

enum { CROP = 20, ROWS = 6 };

// The weights, file by file order does not matter, after `steps` of plain descent.
static hg__network train(bool fast, int32_t threads, int64_t steps, double *loss) {
    hg__network net = new_network(CROP, fast);
    hg__pool *pool = hg__pool_new(threads, NULL);
    const size_t width = (size_t)CROP * CROP * CHANNELS;
    hg__real *x = new_numbers(ROWS * width, 7, 1);
    float *row = hg__alloc(ROWS * width, sizeof *row, NULL);
    const void *at[ROWS];
    hg_error err = {0};
    for (size_t i = 0; i < ROWS * width; i++) row[i] = (float)x[i];
    for (size_t i = 0; i < ROWS; i++) at[i] = row + i * width;
    const hg__train_setup s = {.batch = ROWS,
                               .objective = hg__objective_of(hg__loss_find("mse"), 0),
                               .optim = hg__optim_find("sgd"),
                               .optim_options = {.lr = 0.1},
                               .seed = 1};
    hg__train_plan *p = hg__train_plan_new(&net, pool, &s, &err);
    if (!p) fail_msg("%s", err.message);
    const hg__input in = {.row = at, .count = ROWS, .dtype = HG_F32, .scale = 1};
    for (int64_t i = 1; i <= steps; i++) *loss = hg__train_step(p, &in, 0.1, i);
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg__free(x);
    hg__free(row);
    return net;
}

static void gradients_are_those_of_the_plain_sum(void **state) {
    (void)state;
    double loss[2] = {0};
    hg__network first = new_network(CROP, true), direct = train(false, 1, 1, &loss[0]),
                fast = train(true, 1, 1, &loss[1]);
    const size_t n = first.spec.params;
    const double step = largest_of(direct.params, first.params, n);
    assert_true(step > 0);
    assert_true(fabs(loss[0] - loss[1]) <= 1e-6 * loss[0]);
    assert_true(largest_of(direct.params, fast.params, n) <= 1e-4 * step);
    hg__network_clear(&first);
    hg__network_clear(&direct);
    hg__network_clear(&fast);
}

static void training_reaches_the_loss_of_the_plain_sum(void **state) {
    (void)state;
    double loss[3] = {0};
    hg__network direct = train(false, 1, 40, &loss[0]), fast = train(true, 1, 40, &loss[1]),
                shared = train(true, 3, 40, &loss[2]);
    assert_true(fabs(loss[0] - loss[1]) <= 0.005 * loss[0]);
    assert_true(loss[1] == loss[2]);
    assert_memory_equal(fast.params, shared.params, fast.spec.params * sizeof *fast.params);
    hg__network_clear(&direct);
    hg__network_clear(&fast);
    hg__network_clear(&shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_convolution_within_1e_5_of_the_largest),
        cmocka_unit_test(all_tables_and_bands_give_the_same_bits),
        cmocka_unit_test(a_window_is_the_whole_image_to_the_last_bit),
        cmocka_unit_test(gradients_are_those_of_the_plain_sum),
        cmocka_unit_test(training_reaches_the_loss_of_the_plain_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
