// SPDX-License-Identifier: Apache-2.0
// test_bf16.c - products of bf16 numbers: the instruction and what stands in for it, convolutions, networks, training.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "backend/bf16.h"
#include "base/mem.h"
#include "base/rng.h"
#include "exec/plan.h"
#include "exec/plan_image.h"
#include "nn/conv_bf16.h"

#include <cmocka.h>

static uint32_t word(uint32_t stream, uint32_t i) {
    return hg__philox_run(5, stream, 0, 0, i / 4).word[i % 4];
}

static hg__real *new_numbers(size_t count, uint32_t stream, double factor) {
    hg__real *x = hg__alloc(count + HG_LANES, sizeof *x, NULL);
    for (size_t i = 0; i < count; i++) {
        x[i] = (hg__real)(factor * ((double)word(stream, (uint32_t)i) / 2147483648.0 - 1));
    }
    return x;
}

// ---- numbers ------------------------------------------------------------------------------------

static float of_half(uint16_t half) {
    const uint32_t u = (uint32_t)half << 16;
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static void a_number_goes_to_the_nearest_and_a_tie_to_the_even(void **state) {
    (void)state;
    static const struct {
        float x;
        uint16_t half;
    } known[] = {
        {1,                0x3F80},
        {-1,               0xBF80},
        {0x1.01p0F,        0x3F80},
        {0x1.03p0F,        0x3F82},
        {0x1.010002p0F,    0x3F81},
        {0x1.FFp127F,      0x7F80},
        {0x1.FEFFFEp127F,  0x7F7F},
        {0x1p-126F,        0x0080},
        {0x1.FFFFFCp-127F, 0x0000},
        {-0x1p-149F,       0x8000},
        {INFINITY,         0x7F80},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (hg__bf16_of(known[i].x) != known[i].half) fail_msg("%a", (double)known[i].x);
    }
    assert_true(isnan(of_half(hg__bf16_of(NAN))));
    for (uint32_t u = 0; u < 65536; u++) { // each stays what it is, denormals aside
        const float x = of_half((uint16_t)u);
        if (isnormal(x)) assert_int_equal(hg__bf16_of(x), u);
    }
    for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
        hg__real from[70], to[35 + HG_LANES];
        for (uint32_t i = 0; i < 70; i++) {
            const uint32_t u = word(9, i);
            memcpy(&from[i], &u, sizeof u);
        }
        (*k)->narrow_bf16(to, from, 70);
        for (int i = 0; i < 70; i++) {
            uint16_t half;
            memcpy(&half, (const char *)to + 2 * i, sizeof half);
            assert_int_equal(half, hg__bf16_of(from[i]));
        }
    }
}

// ---- products -----------------------------------------------------------------------------------

enum { M = 13, N = 64, MOST_K = 5, ROUNDS = 3000 };

// Bits of a bf16 number of a kind: any, near 1, products near the smallest normal number, and special ones.
static uint32_t half_of(uint32_t kind, uint32_t random) {
    static const uint16_t special[] = {0,      0x8000, 1,      0x7F,   0x80,   0x8001, 0x807F,
                                       0x8080, 0x7F80, 0xFF80, 0x7FC0, 0x7F7F, 0xFF7F, 0x3F80,
                                       0xBF80, 0x81,   0x3F00, 0x2000, 0x1F80, 0x4000};
    switch (kind % 4) {
    case 0: return random & 0xFFFF;
    case 1: return (random & 0x807F) | (120 + (random >> 20) % 16) << 7;
    case 2: return (random & 0x807F) | (60 + (random >> 20) % 10) << 7;
    default: return special[(random >> 8) % (sizeof special / sizeof *special)];
    }
}

static void fill(uint32_t *to, uint32_t count, uint32_t kind, uint32_t stream) {
    for (uint32_t i = 0; i < count; i++) {
        to[i] = half_of(kind, word(stream, 2 * i)) | half_of(kind, word(stream, 2 * i + 1)) << 16;
    }
}

// Every float that starts a sum: 0, any, or one of the smallest.
static uint32_t start_of(uint32_t kind, uint32_t random) {
    if (kind % 3 == 0) return 0;
    return kind % 3 == 1 ? random : (random & 0x807FFFFF) | (random >> 24 & 1) << 23;
}

static uint32_t bits_of(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static void expect_same(const float *got, const float *is, const char *name, uint32_t round) {
    for (int i = 0; i < M * N; i++) {
        if (isnan(got[i]) && isnan(is[i])) continue;
        if (bits_of(got[i]) == bits_of(is[i])) continue;
        fail_msg("%s, round %u: %a, expected %a", name, round, (double)got[i], (double)is[i]);
    }
}

static void all_tables_give_the_bits_of_plain_c(void **state) {
    (void)state;
    static float a[M * MOST_K], b[MOST_K * N], start[N], is[M * N], got[M * N];
    static uint32_t words[M * MOST_K + MOST_K * N + N];
    for (uint32_t round = 0; round < ROUNDS; round++) {
        fill(words, M * MOST_K, round, 2 * round + 20);
        memcpy(a, words, sizeof a);
        fill(words, MOST_K * N, round, 2 * round + 21);
        memcpy(b, words, sizeof b);
        for (uint32_t i = 0; i < N; i++) {
            const uint32_t u = start_of(round / 4, word(2 * round + 20, 1000 + i));
            memcpy(&start[i], &u, sizeof u);
        }
        hg__gemm g = {.M = 1 + (int32_t)(round % M),
                      .N = 1 + (int32_t)(round * 7 % N),
                      .K = 1 + (int32_t)(round / 12 % MOST_K),
                      .blocks = 1,
                      .a = a,
                      .a_m = MOST_K,
                      .a_k = 1,
                      .b = b,
                      .b_k = N,
                      .c = is,
                      .c_m = N,
                      .start = start};
        memset(is, 0, sizeof is);
        hg__kernels_all()[0]->gemm_bf16(&g);
        for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
            memset(got, 0, sizeof got);
            g.c = got;
            (*k)->gemm_bf16(&g);
            expect_same(got, is, (*k)->name, round);
        }
    }
}

// ---- one convolution ----------------------------------------------------------------------------

typedef struct job {
    hg__conv c;
    bool scatters;
    int32_t C, N, in_H, in_W, H, W, taps;
    hg__real *x, *weights, *bias, *prepared, *scratch, *y;
} job;

static const struct {
    hg__conv_axis y, x;
    int32_t C, N;
    bool scatters;
} shapes[] = {
    {{9, 9, 3, 1, 1, 1},     {7, 7, 3, 1, 1, 1},     16, 16, false},
    {{40, 40, 3, 1, 1, 1},   {50, 50, 3, 1, 1, 1},   32, 80, false},
    {{1, 1, 3, 1, 1, 1},     {1, 1, 3, 1, 1, 1},     16, 16, false},
    {{34, 17, 2, 2, 0, 1},   {10, 5, 2, 2, 0, 1},    16, 32, false},
    {{34, 17, 2, 2, 0, 1},   {10, 5, 2, 2, 0, 1},    48, 32, true },
    {{37, 37, 1, 1, 0, 1},   {5, 5, 1, 1, 0, 1},     64, 64, false},
    {{20, 20, 3, 1, 1, 1},   {9, 9, 3, 1, 1, 1},     16, 32, true },
    {{35, 18, 3, 2, 1, 1},   {21, 11, 3, 2, 1, 1},   16, 16, true },
    {{35, 18, 3, 2, 1, 1},   {21, 11, 3, 2, 1, 1},   32, 16, false},
    {{30, 30, 3, 1, 2, 2},   {20, 20, 3, 1, 2, 2},   16, 16, false},
    {{36, 18, 4, 2, 1, 1},   {8, 4, 4, 2, 1, 1},     16, 16, true },
    {{200, 200, 3, 1, 1, 1}, {200, 200, 3, 1, 1, 1}, 32, 16, false},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static job new_job(int32_t i) {
    const bool scatters = shapes[i].scatters;
    job j = {
        .c = {shapes[i].y, shapes[i].x, 1},
        .scatters = scatters,
        .C = shapes[i].C,
        .N = shapes[i].N
    };
    j.taps = j.c.y.k * j.c.x.k;
    j.in_H = scatters ? j.c.y.small : j.c.y.large;
    j.in_W = scatters ? j.c.x.small : j.c.x.large;
    j.H = scatters ? j.c.y.large : j.c.y.small;
    j.W = scatters ? j.c.x.large : j.c.x.small;
    j.x = new_numbers((size_t)j.in_H * (size_t)j.in_W * (size_t)j.C, 1, 1);
    j.weights =
        new_numbers(hg__panel_count(j.taps * j.C, j.N), 2, 1 / sqrt((double)(j.taps * j.C)));
    j.bias = new_numbers((size_t)j.N, 3, 1);
    j.prepared = hg__alloc(hg__conv_bf16_count(j.taps, j.C, j.N), sizeof(hg__real), NULL);
    for (int32_t n = 0; n < j.N; n += HG_PANEL) {
        hg__conv_bf16_prepare(j.taps, j.C, j.N, j.weights, false, n, j.prepared);
    }
    j.scratch = hg__alloc(hg__conv_bf16_scratch(&j.c, scatters ? j.N : j.C, scatters ? j.C : j.N),
                          sizeof(hg__real), NULL);
    j.y = hg__alloc((size_t)j.H * (size_t)j.W * (size_t)j.N, sizeof(hg__real), NULL);
    return j;
}

static void clear_job(job *j) {
    hg__free(j->x);
    hg__free(j->weights);
    hg__free(j->bias);
    hg__free(j->prepared);
    hg__free(j->scratch);
    hg__free(j->y);
}

static void run_lines(job *j, const hg__kernels *k, int32_t top, int32_t bottom) {
    const hg__convolve v = {
        .kernels = k,
        .in = {j->x, (ptrdiff_t)j->in_W * j->C, j->C, j->C},
        .out = {j->y, (ptrdiff_t)j->W * j->N,    j->N, j->N},
        .weights = j->prepared,
        .start = j->bias,
        .top = top,
        .bottom = bottom,
        .scratch = j->scratch
    };
    hg__conv_bf16(&j->c, &v, j->scatters);
}

// The input pixel that tap k of output o sees along a side, or -1.
static int32_t seen(const hg__conv_axis *a, bool scatters, int32_t o, int32_t k) {
    if (!scatters) {
        const int32_t i = o * a->s - a->p + k * a->d;
        return i < a->large ? i : -1;
    }
    const int32_t i = o + a->p - (a->k - 1 - k) * a->d; // kernel positions stand backwards
    return i >= 0 && i % a->s == 0 && i / a->s < a->small ? i / a->s : -1;
}

// In double: of the numbers as they are, or rounded to bf16.
static double plain(const job *j, int32_t y, int32_t x, int32_t n, bool rounded) {
    double sum = (double)j->bias[n];
    for (int32_t tap = 0; tap < j->taps; tap++) {
        const int32_t iy = seen(&j->c.y, j->scatters, y, tap / j->c.x.k);
        const int32_t ix = seen(&j->c.x, j->scatters, x, tap % j->c.x.k);
        if (iy < 0 || ix < 0) continue;
        const hg__real *in = j->x + ((ptrdiff_t)iy * j->in_W + ix) * j->C;
        for (int32_t k = 0; k < j->C; k++) {
            const float w = j->weights[hg__panel_index(j->taps * j->C, j->N, tap * j->C + k, n)];
            sum += rounded ? (double)of_half(hg__bf16_of(in[k])) * (double)of_half(hg__bf16_of(w))
                           : (double)in[k] * (double)w;
        }
    }
    return sum;
}

static void expect_near(const job *j, int32_t shape, int32_t y, int32_t x) {
    for (int32_t n = 0; n < j->N; n += 5) {
        const double got = (double)j->y[((ptrdiff_t)y * j->W + x) * j->N + n];
        const double off = fabs(got - plain(j, y, x, n, false));
        const double rest = fabs(got - plain(j, y, x, n, true));
        if (off <= 0.01 && rest <= 1e-5) continue;
        fail_msg("shape %d at %d %d %d: off by %g, %g", (int)shape, (int)y, (int)x, (int)n, off,
                 rest);
    }
}

static void it_is_the_convolution_within_a_hundredth_and_exact_for_rounded_numbers(void **state) {
    (void)state;
    for (int32_t i = 0; i < SHAPES; i++) {
        job j = new_job(i);
        run_lines(&j, hg__kernels_pick(), 0, j.H);
        const int32_t every = j.H > 100 ? 13 : 1;
        for (int32_t y = 0; y < j.H; y += every) {
            for (int32_t x = 0; x < j.W; x += every) expect_near(&j, i, y, x);
        }
        clear_job(&j);
    }
}

static void expect_bands(job *j, const hg__kernels *k, const hg__real *expected, size_t size,
                         int32_t shape) {
    for (int32_t band = 3; band <= 19; band += 8) {
        memset(j->y, 0, size);
        for (int32_t top = 0; top < j->H; top += band) {
            run_lines(j, k, top, hg__min(top + band, j->H));
        }
        if (memcmp(j->y, expected, size) != 0) fail_msg("%s, shape %d", k->name, (int)shape);
    }
}

static void all_tables_and_bands_give_the_same_bits(void **state) {
    (void)state;
    for (int32_t i = 0; i < SHAPES - 1; i++) {
        job j = new_job(i);
        const size_t size = (size_t)j.H * (size_t)j.W * (size_t)j.N * sizeof(hg__real);
        hg__real *expected = hg__alloc(size, 1, NULL);
        run_lines(&j, hg__kernels_all()[0], 0, j.H);
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

static hg__network new_network(int32_t side, bool half) {
    const hg__shape shape = {
        3, {side, side, CHANNELS}
    };
    hg_error err = {0};
    hg__network net;
    if (hg__network_init(&net, UNET, &shape, 0, 4, &err) < 0) fail_msg("%s", err.message);
    hg__network_set_compute(&net, (hg__compute){half ? HG_IN_BF16 : HG_IN_FP32, false});
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
    assert_int_equal(needs.multiple, 2);
    hg__real *whole = run_window(&net, one, x, 0, 0, SIDE);
    hg__real *again = run_window(&net, three, x, 0, 0, SIDE);
    assert_memory_equal(whole, again, (size_t)SIDE * SIDE * CHANNELS * sizeof *x);
    for (int32_t left = 0; left + WINDOW <= SIDE; left += 16) {
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
    assert_true(largest_of(whole, direct, n) <= 0.02 * largest_of(direct, NULL, n));
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
static hg__network train(bool half, int32_t threads, int64_t steps, double *loss) {
    hg__network net = new_network(CROP, half);
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
                half = train(true, 1, 1, &loss[1]);
    const size_t n = first.spec.params;
    const double step = largest_of(direct.params, first.params, n);
    assert_true(step > 0);
    assert_true(fabs(loss[0] - loss[1]) <= 1e-3 * loss[0]);
    assert_true(largest_of(direct.params, half.params, n) <= 0.05 * step);
    hg__network_clear(&first);
    hg__network_clear(&direct);
    hg__network_clear(&half);
}

static void training_reaches_the_loss_of_the_plain_sum(void **state) {
    (void)state;
    double loss[3] = {0};
    hg__network direct = train(false, 1, 40, &loss[0]), half = train(true, 1, 40, &loss[1]),
                shared = train(true, 3, 40, &loss[2]);
    assert_true(fabs(loss[0] - loss[1]) <= 0.005 * loss[0]);
    assert_true(loss[1] == loss[2]);
    assert_memory_equal(half.params, shared.params, half.spec.params * sizeof *half.params);
    hg__network_clear(&direct);
    hg__network_clear(&half);
    hg__network_clear(&shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_goes_to_the_nearest_and_a_tie_to_the_even),
        cmocka_unit_test(all_tables_give_the_bits_of_plain_c),
        cmocka_unit_test(it_is_the_convolution_within_a_hundredth_and_exact_for_rounded_numbers),
        cmocka_unit_test(all_tables_and_bands_give_the_same_bits),
        cmocka_unit_test(a_window_is_the_whole_image_to_the_last_bit),
        cmocka_unit_test(gradients_are_those_of_the_plain_sum),
        cmocka_unit_test(training_reaches_the_loss_of_the_plain_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
