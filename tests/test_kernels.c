// SPDX-License-Identifier: Apache-2.0
// test_kernels.c - every table against the reference, bit for bit.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/rng.h"

#include <cmocka.h>

enum { ROWS = 5, MOST = 9000, ROOM = ROWS * MOST + 256, IN = 4, OUT = 3 };

static const int32_t sizes[] = {0,  1,  7,  8,   15,  16,  17,   31,   33,
                                63, 64, 65, 127, 129, 784, 4096, 4097, 8999};

// ---- one kernel, any table -----------------------------------------------------------------------

typedef struct buffers {
    const hg__real *in[IN]; // each readable to the padded end, unaligned
    hg__real *out[OUT];     // the same in every table before the call
    double result;
} buffers;

typedef void job(const hg__kernels *k, buffers *b, int32_t n);

#define ACTIVATIONS(X) X(relu) X(leaky_relu) X(elu) X(gelu) X(silu) X(tanh) X(sigmoid) X(softplus)
#define ACTIVATION_JOBS(name)                                             \
 static void job_##name(const hg__kernels *k, buffers *b, int32_t n) {    \
  const hg__real arg = (hg__real)0.3;                                     \
  k->name(b->out[0], b->in[0], arg, n);                                   \
  k->name##_back(b->out[1], b->in[1], b->in[0], arg, n);                  \
  memcpy(b->out[2], b->in[0], (size_t)(n + HG_LANES) * sizeof(hg__real)); \
  k->name(b->out[2], b->out[2], arg, n); /* in place */                   \
  for (int32_t i = 0; i < n; i++)                                         \
   assert_memory_equal(&b->out[2][i], &b->out[0][i], sizeof(hg__real));   \
 }
ACTIVATIONS(ACTIVATION_JOBS)

static void job_dropout(const hg__kernels *k, buffers *b, int32_t n) {
    k->dropout(b->out[0], b->in[0], (hg__real)0.4, 99, 3, 17, 5, n);
    k->dropout(b->out[1], b->in[0], 0, 99, 3, 17, 5, n);
    k->dropout(b->out[2], b->in[0], 1, 99, 3, 17, 5, n);
}

static void job_random(const hg__kernels *k, buffers *b, int32_t n) {
    const uint32_t counter[3] = {3, (uint32_t)n, 5};
    k->uniform(b->out[0], 99, counter, n);
    k->normal(b->out[1], 99, counter, n);
}

static void job_layernorm(const hg__kernels *k, buffers *b, int32_t n) {
    const hg__real eps = (hg__real)1e-5;
    if (n == 0) return;
    k->layernorm(b->out[0], b->in[0], b->in[1], b->in[2], eps, n);
}
static void job_layernorm_back(const hg__kernels *k, buffers *b, int32_t n) {
    const hg__real eps = (hg__real)1e-5;
    if (n == 0) return;
    k->layernorm_back(b->out[0], b->in[1], b->in[0], b->in[2], eps, n);
    k->layernorm_params(b->out[1], b->out[2], b->in[1], b->in[0], eps, n);
}

static void job_add(const hg__kernels *k, buffers *b, int32_t n) {
    k->add(b->out[0], b->in[0], b->in[1], n);
    k->add(b->out[1], b->out[1], b->in[2], n); // in place
}

static void job_keep_larger(const hg__kernels *k, buffers *b, int32_t n) {
    memcpy(b->out[0], b->in[0], (size_t)(n + HG_LANES) * sizeof(hg__real));
    memcpy(b->out[1], b->in[2], (size_t)(n + HG_LANES) * sizeof(hg__real));
    k->keep_larger(b->out[0], b->out[1], b->in[1], 3, n);
    for (int32_t i = 0; i < n; i++) {
        if (b->in[1][i] > b->in[0][i]) {
            assert_true(b->out[0][i] == b->in[1][i] && b->out[1][i] == 3);
        }
    }
}

// The first n of `from` in a block that ends there, so that a sanitizer sees an element too many.
static hg__real *new_copy(const hg__real *from, int32_t n) {
    hg__real *copy = malloc((size_t)n * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, from, (size_t)n * sizeof *copy);
    return copy;
}

// n picks the shape: an image of up to 20 channels; windows that overlap, leave gaps, reach over its edge.
static void job_windows(const hg__kernels *k, buffers *b, int32_t n) {
    hg__window w = {.H = n % 7 + 3, .W = n % 5 + 3, .C = n % 20 + 1, .kh = 3, .kw = 2, .ph = 1};
    w.sh = n % 3 + 1, w.sw = n % 2 + 1;
    w.out_H = (w.H + 2 - 3) / w.sh + 1, w.out_W = (w.W - 2) / w.sw + 1, w.bottom = w.out_H;
    hg__real *x = new_copy(b->in[0], w.H * w.W * w.C);
    hg__real *dy = new_copy(b->in[1], w.out_H * w.out_W * w.C);
    k->maxpool(b->out[0], x, &w);
    k->maxpool_back(b->out[1], dy, x, &w);
    k->window_sum(b->out[0] + 1400, x, (hg__real)0.3, &w);
    k->window_spread(b->out[1] + 1400, dy, (hg__real)0.3, &w);
    free(dy);
    w.out_H = w.H * w.sh, w.out_W = w.W * w.sw, w.bottom = w.out_H;
    dy = new_copy(b->in[1], w.out_H * w.out_W * w.C);
    k->bilinear(b->out[2], x, &w);
    k->bilinear_back(b->out[1] + 2800, dy, &w);
    free(dy);
    free(x);
}

// n picks the number of channels and of pixels, more than are summed at once.
static void job_channels(const hg__kernels *k, buffers *b, int32_t n) {
    const int32_t C = n % 20 + 1, pixels = n % 600 + 1;
    if (C * pixels > MOST) return;
    hg__real *x = new_copy(b->in[0], C * pixels), *dy = new_copy(b->in[1], C * pixels);
    double sums[4][HG_LANES];
    for (int32_t c = 0; c < C; c += HG_LANES) {
        k->channel_sums(sums[0], x, pixels, C, c);
        k->channel_squares(sums[1], x, b->in[2], pixels, C, c);
        k->channel_dots(sums[2], sums[3], dy, x, b->in[2], pixels, C, c);
        for (int i = 0; i < 4; i++) {
            for (int32_t j = c; j < C && j < c + HG_LANES; j++) {
                b->out[0][32 * i + j] = (hg__real)sums[i][j - c];
            }
        }
    }
    k->channel_affine(b->out[1], x, b->in[2], pixels, C);
    k->channel_affine_back(b->out[2], dy, x, b->in[2], pixels, C);
    free(x);
    free(dy);
}

#define LOSSES(X) X(mse) X(mae) X(bce) X(bce_logits) X(huber)
#define LOSS_JOBS(name)                                                     \
 static void job_##name(const hg__kernels *k, buffers *b, int32_t n) {      \
  const hg__real scale = (hg__real)0.7, arg = (hg__real)0.5;                \
  b->result = k->loss_##name(b->out[0], b->in[0], b->in[1], scale, arg, n); \
  double alone = k->loss_##name(NULL, b->in[0], b->in[1], scale, arg, n);   \
  assert_memory_equal(&alone, &b->result, sizeof alone);                    \
 }
LOSSES(LOSS_JOBS)

static void job_columns(const hg__kernels *k, buffers *b, int32_t n) {
    const hg__real scale = (hg__real)0.7, arg = n % 2 ? (hg__real)1.5 : (hg__real)INFINITY;
    b->result = k->loss_columns(b->out[0], b->in[0], b->in[1], b->in[2], scale, arg, n);
    double alone = k->loss_columns(NULL, b->in[0], b->in[1], b->in[2], scale, arg, n);
    assert_memory_equal(&alone, &b->result, sizeof alone);
}

// Groups of 1 to 40 elements, more of them than a vector has lanes; some follow a flag.
static void job_groups(const hg__kernels *k, buffers *b, int32_t n) {
    enum { MOST_GROUPS = 60 };
    hg__softmax_group group[MOST_GROUPS];
    hg__real loss[MOST_GROUPS];
    int32_t groups = 0, at = 0;
    for (; at < n && groups < MOST_GROUPS; at += group[groups++].n) {
        const int32_t some = groups * 7 % 40 + 1, left = n - at;
        group[groups] = (hg__softmax_group){at, some < left ? some : left, groups % 3 ? -1 : n - 1};
    }
    if (n == 0) return;
    hg__real *y = new_copy(b->in[0], n), *t = new_copy(b->in[1], n), *spare = b->out[2];
    b->result = k->loss_groups(b->out[0], y, t, group, groups, (hg__real)0.7, loss, b->out[1]);
    double alone = k->loss_groups(NULL, y, t, group, groups, (hg__real)0.7, NULL, b->out[1]);
    assert_memory_equal(&alone, &b->result, sizeof alone);
    memcpy(spare, loss, (size_t)(groups < n ? groups : n) * sizeof *loss);
    memcpy(b->out[1], y, (size_t)n * sizeof *y);
    k->softmax(b->out[1], n);
    free(t);
    free(y);
}

#define OPTIMISERS(X) X(sgd) X(adam) X(adamw) X(rmsprop)
#define OPTIMISER_JOBS(name)                                           \
 static void job_##name(const hg__kernels *k, buffers *b, int32_t n) { \
  hg__optim_step s = {.lr = (hg__real)0.01,                            \
                      .beta2 = (hg__real)0.99,                         \
                      .eps = (hg__real)1e-8,                           \
                      .weight_decay = (hg__real)0.1,                   \
                      .momentum = (hg__real)0.9,                       \
                      .alpha = (hg__real)0.9,                          \
                      .step_size = (hg__real)0.02,                     \
                      .root_scale = (hg__real)1.5,                     \
                      .rest1 = (hg__real)0.1,                          \
                      .rest2 = (hg__real)0.01,                         \
                      .rest_alpha = (hg__real)0.1,                     \
                      .shrink = (hg__real)0.999,                       \
                      .grad_scale = (hg__real)0.5,                     \
                      .first = 1};                                     \
  int32_t whole = (n + HG_LANES - 1) / HG_LANES * HG_LANES;            \
  for (int i = 0; i < 4; i++) {                                        \
   k->name(b->out[0], b->out[1], b->out[2], b->in[i % 2], whole, &s);  \
   s.first = 0;                                                        \
   s.nesterov = i == 1;                                                \
   if (i == 2) s.momentum = 0;                                         \
  }                                                                    \
 }
OPTIMISERS(OPTIMISER_JOBS)

static void job_sums(const hg__kernels *k, buffers *b, int32_t n) {
    b->out[0][0] = (hg__real)k->sum_square_diff(b->in[0], b->in[1], n);
    b->out[0][1] = (hg__real)k->sum_abs_diff(b->in[0], b->in[1], n);
    b->out[0][2] = (hg__real)k->first_not_finite(b->in[0], n);
    b->result = k->sum_squares(b->in[0], n);
}

static void job_column_sums(const hg__kernels *k, buffers *b, int32_t n) {
    k->column_sums(b->out[0], b->in[0], n + 16, ROWS, n);
}

// From a block that ends where the row ends, so that a sanitizer sees a byte too many.
static void job_widen(const hg__kernels *k, buffers *b, int32_t n) {
    uint8_t *bytes = malloc((size_t)n + 1);
    float *floats = malloc(((size_t)n + 1) * sizeof *floats);
    assert_non_null(bytes);
    assert_non_null(floats);
    for (int32_t i = 0; i < n; i++) {
        bytes[i + 1] = (uint8_t)(i * 37 + 200), floats[i + 1] = b->in[0][i];
    }
    k->widen_u8(b->out[0], bytes + 1, (hg__real)(1 / 255.0), n);
    k->widen_f32(b->out[1], floats + 1, n);
    for (int32_t i = 0; i < n; i++) {
        assert_true(b->out[0][i] == (hg__real)bytes[i + 1] * (hg__real)(1 / 255.0));
        assert_memory_equal(&b->out[1][i], &floats[i + 1], sizeof(float));
    }
    for (int32_t i = n; i % HG_LANES; i++) assert_true(b->out[0][i] == 0 && b->out[1][i] == 0);
    free(bytes);
    free(floats);
}

// n picks the shape: C (M, N) from two blocks, A by rows and by columns, with and without a start.
static void job_gemm(const hg__kernels *k, buffers *b, int32_t n) {
    hg__gemm g = {.M = n % 23 + 1, .N = n % HG_PANEL + 1, .K = n % 37 + 1, .blocks = 2};
    const int32_t width = (g.N + HG_LANES - 1) / HG_LANES * HG_LANES;
    g.a = b->in[0], g.a_m = g.K + 3, g.a_k = 1, g.a_block = 1000;
    g.b = b->in[1], g.b_k = width, g.b_block = 37 * HG_PANEL;
    g.c = b->out[0], g.c_m = width, g.start = b->in[2];
    k->gemm(&g);
    g.a_m = 1, g.a_k = g.M + 2, g.start = NULL, g.c = b->out[1];
    k->gemm(&g);
}

static const struct {
    const char *name;
    job *run;
} jobs[] = {
#define ROW(name) {#name, job_##name},
    ACTIVATIONS(ROW) LOSSES(ROW) OPTIMISERS(ROW) ROW(dropout) ROW(random) ROW(layernorm)
        ROW(layernorm_back) ROW(add) ROW(keep_larger) ROW(windows) ROW(channels) ROW(sums)
            ROW(column_sums) ROW(widen) ROW(gemm) ROW(columns) ROW(groups)
#undef ROW
};

// ---- values --------------------------------------------------------------------------------------

enum { ORDINARY, UNIT, SPECIAL, ANY_BITS, KINDS };

static hg__real special_value(uint32_t word) {
    static const hg__real list[] = {0,         -0.0F,    1,      -1,      INFINITY,
                                    -INFINITY, NAN,      1e-45F, -1e-40F, 1.17549435e-38F,
                                    3.4e38F,   -3.4e38F, 88.73F, -87.4F,  -103.9F,
                                    1e-8F,     20,       -20,    0.5F,    16777216};
    return list[word % (sizeof list / sizeof *list)];
}

static hg__real of_bits(uint32_t word) {
    hg__real x;
    memcpy(&x, &word, sizeof x);
    return x;
}

static hg__real value_of(int kind, uint32_t word) {
    if (kind == UNIT) return word % 11 == 0 ? 0 : word % 13 == 0 ? 1 : hg__unit_float(word);
    if (kind == SPECIAL && word % 3 == 0) return special_value(word / 3);
    if (kind == ANY_BITS) return of_bits(word);
    return (hg__unit_float(word) - 0.5F) * 8;
}

static void fill(hg__real *to, int kind, uint32_t which) {
    for (uint32_t i = 0; i < ROOM; i++) {
        to[i] = value_of(kind, hg__philox_run(5, which, (uint32_t)kind, i / 4, 0).word[i % 4]);
    }
}

// ---- every table is the reference -----------------------------------------------------------------

typedef struct bench {
    hg__real *in[IN], *start[OUT], *want[OUT], *got[OUT]; // owned, (ROOM)
} bench;

static hg__real *new_block(void) {
    hg__real *block = malloc(ROOM * sizeof *block);
    assert_non_null(block);
    return block;
}

// Equal in every bit, or both NaN.
static int is_same(double a, double b) {
    return (a == b && !signbit(a) == !signbit(b)) || (isnan(a) && isnan(b));
}

static double run_job(size_t j, const hg__kernels *k, const bench *b, hg__real *const out[OUT],
                      int32_t n) {
    buffers now = {.result = 0};
    for (int i = 0; i < IN; i++) now.in[i] = b->in[i] + 1; // unaligned
    for (int i = 0; i < OUT; i++) {
        memcpy(out[i], b->start[i], ROOM * sizeof(hg__real));
        now.out[i] = out[i] + 3;
    }
    jobs[j].run(k, &now, n);
    return now.result;
}

static void compare(size_t j, const hg__kernels *k, const bench *b, int kind, int32_t n,
                    double want) {
    double got = run_job(j, k, b, b->got, n);
    if (!is_same(got, want)) {
        fail_msg("%s %s n=%d values=%d: expected %a, got %a", k->name, jobs[j].name, n, kind, want,
                 got);
    }
    for (int o = 0; o < OUT; o++) {
        for (int i = 0; i < ROOM; i++) {
            if (is_same((double)b->got[o][i], (double)b->want[o][i])) continue;
            fail_msg("%s %s n=%d values=%d out %d [%d]: expected %a, got %a", k->name, jobs[j].name,
                     n, kind, o, i - 3, (double)b->want[o][i], (double)b->got[o][i]);
        }
    }
}

// Nothing is written past the padded end of what a job may write.
static void check_end(size_t j, const bench *b, int32_t n) {
    int32_t end = (n + HG_LANES - 1) / HG_LANES * HG_LANES + 3;
    if (jobs[j].run == job_windows || jobs[j].run == job_channels) {
        end = ROOM;
    } else if (jobs[j].run == job_gemm) {
        end = 23 * HG_PANEL + 3;
    } else if (jobs[j].run != job_dropout) {
        end += HG_LANES; // the copy made for "in place"
    }
    for (int t = end; t < OUT * ROOM; t++) {
        const int o = t / ROOM, i = t % ROOM;
        if (i < end || is_same((double)b->want[o][i], (double)b->start[o][i])) continue;
        fail_msg("%s n=%d wrote [%d]", jobs[j].name, n, i - 3);
    }
}

static void every_table_gives_the_bits_of_the_reference(void **state) {
    (void)state;
    const hg__kernels *const *tables = hg__kernels_all();
    bench b;
    for (int i = 0; i < IN; i++) b.in[i] = new_block();
    for (int i = 0; i < OUT; i++) {
        b.start[i] = new_block(), b.want[i] = new_block(), b.got[i] = new_block();
    }
    for (int kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < IN; i++) fill(b.in[i], kind, i);
        for (uint32_t i = 0; i < OUT; i++) {
            fill(b.start[i], kind == ANY_BITS ? ORDINARY : kind, 10 + i);
        }
        for (size_t t = 0; t < sizeof jobs / sizeof *jobs * (sizeof sizes / sizeof *sizes); t++) {
            const size_t j = t % (sizeof jobs / sizeof *jobs);
            const int32_t n = sizes[t / (sizeof jobs / sizeof *jobs)];
            double want = run_job(j, tables[0], &b, b.want, n);
            check_end(j, &b, n);
            for (int k = 1; tables[k]; k++) compare(j, tables[k], &b, kind, n, want);
        }
    }
    for (int i = 0; i < IN; i++) free(b.in[i]);
    for (int i = 0; i < OUT; i++) free(b.start[i]), free(b.want[i]), free(b.got[i]);
}

static void sums_are_those_of_double(void **state) {
    (void)state;
    hg__real *a = new_block(), *b = new_block();
    fill(a, ORDINARY, 1);
    fill(b, ORDINARY, 2);
    for (int k = 0; hg__kernels_all()[k]; k++) {
        double squares = 0, diff = 0, size = 0;
        for (int i = 0; i < MOST; i++) {
            double d = (double)a[i] - (double)b[i];
            squares += (double)a[i] * (double)a[i], diff += d * d, size += fabs(d);
        }
        const hg__kernels *t = hg__kernels_all()[k];
        assert_true(fabs(t->sum_squares(a, MOST) / squares - 1) < 1e-6);
        assert_true(fabs(t->sum_square_diff(a, b, MOST) / diff - 1) < 1e-6);
        assert_true(fabs(t->sum_abs_diff(a, b, MOST) / size - 1) < 1e-6);
    }
    free(a);
    free(b);
}

static void the_first_value_that_is_not_finite_is_found(void **state) {
    (void)state;
    hg__real *a = new_block();
    fill(a, ORDINARY, 1);
    for (int k = 0; hg__kernels_all()[k]; k++) {
        const hg__kernels *t = hg__kernels_all()[k];
        assert_int_equal(t->first_not_finite(a, 100), -1);
        for (int i = 0; i < 100; i++) {
            hg__real kept = a[i];
            a[i] = i % 2 ? NAN : -INFINITY;
            a[100] = NAN; // past the end
            assert_int_equal(t->first_not_finite(a, 100), i);
            assert_int_equal(t->first_not_finite(a, i), -1);
            a[i] = kept;
        }
    }
    free(a);
}

// mask: a bit for each of `columns` of c (64); the rest 0.
static void check_mask(uint64_t mask, const hg__real *c, int columns, hg__real limit) {
    for (int j = 0; j < 64; j++) {
        assert_int_equal(mask >> j & 1, j < columns && !(c[j] > limit));
    }
}

static void the_mask_has_a_bit_for_what_is_not_above_the_limit(void **state) {
    (void)state;
    enum { TALL = 5, WIDE = 64 };
    hg__real c[TALL * WIDE], limit[TALL] = {0, (hg__real)0.5, (hg__real)NAN, INFINITY, -INFINITY};
    for (uint32_t i = 0; i < TALL * WIDE; i++) {
        c[i] = value_of(SPECIAL, hg__philox_run(6, i, 0, 0, 0).word[0]);
    }
    c[3] = 0, c[WIDE + 60] = (hg__real)0.5; // as high as the limit
    for (const hg__kernels *const *t = hg__kernels_all(); *t; t++) {
        for (int32_t columns = 1; columns <= WIDE; columns++) {
            uint64_t mask[TALL];
            (*t)->mask_below(mask, c, WIDE, limit, TALL, columns);
            for (int i = 0; i < TALL; i++) {
                check_mask(mask[i], c + (ptrdiff_t)i * WIDE, columns, limit[i]);
            }
        }
    }
}

static void a_row_is_as_far_from_a_box_as_from_its_nearest_corner_and_at_0_inside(void **state) {
    (void)state;
    enum { WIDTH = 3, WIDEST = 80 };
    const hg__real x[WIDTH] = {2, -1, (hg__real)NAN};
    for (const hg__kernels *const *t = hg__kernels_all(); *t; t++) {
        for (int boxes = 1; boxes <= WIDEST - HG_LANES; boxes++) {
            const int padded = (boxes + HG_LANES - 1) / HG_LANES * HG_LANES;
            hg__real low[WIDTH * WIDEST], high[WIDTH * WIDEST], to[WIDEST];
            for (int b = 0; b < padded; b++) { // box b: from b to b + 1, and from -b - 4 to -b - 3
                low[b] = (hg__real)b;
                low[padded + b] = (hg__real)(-b - 4);
                low[2 * padded + b] = 0;
                for (int j = 0; j < WIDTH; j++) high[j * padded + b] = low[j * padded + b] + 1;
            }
            (*t)->box_distances(to, x, low, high, WIDTH, boxes);
            for (int b = 0; b < boxes; b++) {
                const int one = b > 2 ? b - 2 : b < 1 ? 1 - b : 0, two = b + 2;
                assert_true(to[b] == (hg__real)(one * one + two * two));
            }
        }
    }
}

static void dropout_masks_are_philox(void **state) {
    (void)state;
    hg__real x[256], y[256];
    for (int i = 0; i < 256; i++) x[i] = 1;
    hg__kernels_all()[0]->dropout(y, x, 0.25F, 42, 3, 7, 9, 256);
    for (uint32_t i = 0; i < 256; i++) {
        hg__philox p = hg__philox_run(42, (uint32_t)HG_STREAM_DROPOUT << 16 | 3, 7, 9, i / 4);
        hg__real want = hg__unit_float(p.word[i % 4]) >= 0.25F ? 1 / 0.75F : 0;
        assert_true(y[i] == want);
    }
}

static void hg_isa_names_a_table(void **state) {
    (void)state;
    const hg__kernels *const *tables = hg__kernels_all();
    const char *wanted = getenv("HG_ISA");
    int count = 0;
    const hg__kernels *want = NULL;
    for (; tables[count]; count++) {
        if (wanted && strcmp(wanted, tables[count]->name) == 0) want = tables[count];
    }
    assert_true(count >= 1 && tables[0] && strcmp(tables[0]->name, "ref") == 0);
    assert_ptr_equal(hg__kernels_pick(), want ? want : tables[count - 1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_gives_the_bits_of_the_reference),
        cmocka_unit_test(sums_are_those_of_double),
        cmocka_unit_test(the_first_value_that_is_not_finite_is_found),
        cmocka_unit_test(the_mask_has_a_bit_for_what_is_not_above_the_limit),
        cmocka_unit_test(a_row_is_as_far_from_a_box_as_from_its_nearest_corner_and_at_0_inside),
        cmocka_unit_test(dropout_masks_are_philox),
        cmocka_unit_test(hg_isa_names_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
