// SPDX-License-Identifier: Apache-2.0
// test_pca.c - PCA against known figures, a slow oracle in double, and awkward data.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/rng.h"
#include "exec/plan.h"
#include "fit/pca.h"
#include "rows/loader.h"

#include <cmocka.h>

#define NEED_LAPACK() \
 if (!hg__eigen_is_available()) skip()

// Even, from -1 to 1.
static double noise(uint32_t i, uint32_t j) {
    return 2 * (double)hg__unit_float(hg__philox_run(5, i, j, 0, 0).word[0]) - 1;
}

static hg_model *fit(const float *x, int64_t rows, int32_t width, int32_t code, hg__pool *pool) {
    hg__data d;
    hg_error err = {0};
    assert_int_equal(hg__data_wrap(&d, x, rows, width, &err), HG_OK);
    const hg__rows all = hg__rows_all(hg__array_source(&d));
    hg_model *m = NULL;
    if (hg__pca_fit(&m, &all, code, pool, &err) != HG_OK) fail_msg("%s", err.message);
    return m;
}

static void reconstruct(const hg_model *m, const float *x, int64_t rows, float *y) {
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    assert_non_null(s);
    hg_reconstruct_rows(s, x, rows, y);
    hg_scorer_free(s);
}

// Components as the file has them: (code, width).
static float *components(const hg_model *m) {
    float *v = hg__alloc((size_t)m->net.spec.code * (size_t)m->net.spec.width, sizeof *v, NULL);
    assert_non_null(v);
    hg__param_export(&m->net.spec.layer[0].param[0], m->net.params, v);
    return v;
}

// ---- an oracle: Jacobi rotations (Jacobi 1846), slow and sure ------------------------------------

enum { N = 12, ROWS = 200 };

static void rotate(double a[N][N], double v[N][N], int p, int q) {
    if (a[p][q] == 0) return;
    const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < N; k++) {
        const double x = a[k][p], y = a[k][q];
        a[k][p] = c * x - s * y;
        a[k][q] = s * x + c * y;
    }
    for (int k = 0; k < N; k++) {
        const double x = a[p][k], y = a[q][k];
        a[p][k] = c * x - s * y;
        a[q][k] = s * x + c * y;
        const double z = v[k][p], w = v[k][q];
        v[k][p] = c * z - s * w;
        v[k][q] = s * z + c * w;
    }
}

// The covariance of x times ROWS, and the mean.
static void covariance(const float *x, double a[N][N], double *mean) {
    for (int i = 0; i < ROWS * N; i++) mean[i % N] += (double)x[i] / ROWS;
    for (int r = 0; r < ROWS; r++) {
        for (int i = 0; i < N * N; i++) {
            a[i / N][i % N] +=
                ((double)x[r * N + i / N] - mean[i / N]) * ((double)x[r * N + i % N] - mean[i % N]);
        }
    }
}

// Adds every row's projection on v's column k.
static void project(const float *x, const double *mean, double v[N][N], int k, double *y) {
    for (int r = 0; r < ROWS; r++) {
        double z = 0;
        for (int i = 0; i < N; i++) z += v[i][k] * ((double)x[r * N + i] - mean[i]);
        for (int i = 0; i < N; i++) y[r * N + i] += z * v[i][k];
    }
}

// Projects each row on the `code` directions of largest spread.
static void oracle(const float *x, int code, double *y) {
    double mean[N] = {0}, a[N][N] = {{0}}, v[N][N] = {{0}};
    bool used[N] = {false};
    covariance(x, a, mean);
    for (int i = 0; i < N; i++) v[i][i] = 1;
    for (int i = 0; i < 30 * N * N; i++) { // 30 sweeps
        const int p = i / N % N, q = i % N;
        if (p < q) rotate(a, v, p, q);
    }
    for (int i = 0; i < ROWS * N; i++) y[i] = mean[i % N];
    for (int c = 0; c < code; c++) {
        int best = -1;
        for (int i = 0; i < N; i++) {
            if (!used[i] && (best < 0 || a[i][i] > a[best][best])) best = i;
        }
        used[best] = true;
        project(x, mean, v, best, y);
    }
}

static void make_rows(float *x) {
    for (uint32_t r = 0; r < ROWS; r++) {
        for (uint32_t i = 0; i < N; i++) {
            const double own = noise(r, i) / (1 + i), shared = noise(r, 100) * (i % 3);
            x[r * N + i] = (float)(own + shared + 5);
        }
    }
}

static void a_fit_equals_the_oracle_in_double(void **state) {
    (void)state;
    NEED_LAPACK();
    static float x[ROWS * N], y[ROWS * N];
    static double expected[ROWS * N];
    make_rows(x);
    for (int code = 1; code <= N; code++) {
        hg_model *m = fit(x, ROWS, N, code, NULL);
        assert_int_equal(hg_model_code_size(m), code);
        reconstruct(m, x, ROWS, y);
        oracle(x, code, expected);
        for (int i = 0; i < ROWS * N; i++) {
            assert_true(fabs((double)y[i] - expected[i]) < 5e-6);
        }
        hg_model_free(m);
    }
}

static void components_are_orthonormal_and_their_largest_number_is_positive(void **state) {
    (void)state;
    NEED_LAPACK();
    enum { CODE = 7 };
    static float x[ROWS * N];
    make_rows(x);
    hg_model *m = fit(x, ROWS, N, CODE, NULL);
    float *v = components(m);
    for (int a = 0; a < CODE; a++) {
        float largest = 0;
        for (int i = 0; i < N; i++) {
            if (fabsf(v[a * N + i]) > fabsf(largest)) largest = v[a * N + i];
        }
        assert_true(largest > 0);
        for (int b = 0; b < CODE; b++) {
            double dot = 0;
            for (int i = 0; i < N; i++) dot += (double)v[a * N + i] * (double)v[b * N + i];
            assert_true(fabs(dot - (a == b)) < 1e-6);
        }
    }
    hg__free(v);
    hg_model_free(m);
}

static void the_bits_do_not_depend_on_the_threads(void **state) {
    (void)state;
    NEED_LAPACK();
    enum { WIDE = 150, MANY = 700, CODE = 9 }; // three tiles across, three chunks down
    float *x = hg__alloc((size_t)WIDE * MANY, sizeof *x, NULL);
    assert_non_null(x);
    for (uint32_t i = 0; i < WIDE * MANY; i++) x[i] = (float)noise(i, 1);
    hg_model *alone = fit(x, MANY, WIDE, CODE, NULL);
    for (int32_t threads = 1; threads <= 3; threads++) {
        hg__pool *pool = hg__pool_new(threads, NULL);
        assert_non_null(pool);
        hg_model *m = fit(x, MANY, WIDE, CODE, pool);
        assert_memory_equal(m->net.params, alone->net.params,
                            m->net.spec.params * sizeof *m->net.params);
        hg_model_free(m);
        hg__pool_free(pool);
    }
    hg_model_free(alone);
    hg__free(x);
}

static void bytes_give_the_model_of_the_same_numbers_as_floats(void **state) {
    (void)state;
    NEED_LAPACK();
    enum { CODE = 4 };
    static uint8_t bytes[ROWS * N];
    static float x[ROWS * N], y[ROWS * N], z[ROWS * N];
    for (uint32_t i = 0; i < ROWS * N; i++) {
        bytes[i] = (uint8_t)(128 + 120 * noise(i, 2) * (i % N) / N);
        x[i] = (float)bytes[i] / 255;
    }
    const hg__data d = {
        .path = "bytes",
        .rows = ROWS,
        .width = N,
        .shape = {1, {N}},
        .dtype = HG_U8,
        .scale = 1 / 255.0F,
        .base = bytes,
        .fd = -1
    };
    const hg__rows all = hg__rows_all(hg__array_source(&d));
    hg_model *from_bytes = NULL;
    assert_int_equal(hg__pca_fit(&from_bytes, &all, CODE, NULL, NULL), HG_OK);
    hg_model *from_floats = fit(x, ROWS, N, CODE, NULL);
    reconstruct(from_bytes, x, ROWS, y);
    reconstruct(from_floats, x, ROWS, z);
    for (int i = 0; i < ROWS * N; i++) assert_true(fabsf(y[i] - z[i]) < 1e-6F);
    hg_model_free(from_bytes);
    hg_model_free(from_floats);
}

static void a_fit_takes_what_was_counted(void **state) {
    (void)state;
    NEED_LAPACK();
    enum { WIDTH = 300, CODE_SIZE = 40, COUNT = 320 };
    static float x[COUNT * WIDTH];
    for (uint32_t i = 0; i < COUNT * WIDTH; i++) x[i] = (float)noise(i, 7);
    const uint64_t before = hg__alloc_bytes();
    hg_model *m = fit(x, COUNT, WIDTH, CODE_SIZE, NULL);
    const uint64_t taken = hg__alloc_bytes() - before, counted = hg__pca_bytes(WIDTH, CODE_SIZE);
    const uint64_t rest =
        4 * m->net.spec.params * sizeof *m->net.params; // the model, and what fills it
    assert_true(taken >= counted && taken < counted + rest);
    hg_model_free(m);
}

static void rows_in_a_plane_come_back_exactly_with_more_components_than_it_has(void **state) {
    (void)state;
    NEED_LAPACK();
    static float x[ROWS * N], y[ROWS * N];
    for (uint32_t r = 0; r < ROWS; r++) {
        for (uint32_t i = 0; i < N; i++) {
            x[r * N + i] = (float)(noise(r, 0) * noise(900, i) + noise(r, 1) * noise(901, i));
        }
    }
    for (int code = 2; code <= N; code += 5) {
        hg_model *m = fit(x, ROWS, N, code, NULL);
        reconstruct(m, x, ROWS, y);
        for (int i = 0; i < ROWS * N; i++) assert_true(fabsf(x[i] - y[i]) < 2e-6F);
        hg_model_free(m);
    }
}

static void one_row_and_equal_rows_come_back_as_they_are(void **state) {
    (void)state;
    NEED_LAPACK();
    static float x[ROWS * N], y[ROWS * N];
    for (int i = 0; i < ROWS * N; i++) x[i] = (float)(i % N) + 0.5F;
    for (int64_t rows = 1; rows <= ROWS; rows += ROWS - 1) {
        hg_model *m = fit(x, rows, N, 3, NULL);
        reconstruct(m, x, rows, y);
        for (int64_t i = 0; i < rows * N; i++) assert_true(fabsf(x[i] - y[i]) < 1e-5F);
        hg_model_free(m);
    }
}

static void a_model_of_one_feature_is_possible(void **state) {
    (void)state;
    NEED_LAPACK();
    const float x[] = {1, 2, 4};
    float y[3];
    hg_model *m = fit(x, 3, 1, 1, NULL);
    reconstruct(m, x, 3, y);
    for (int i = 0; i < 3; i++) assert_true(fabsf(x[i] - y[i]) < 1e-6F);
    assert_string_equal(m->kind, "pca");
    hg_model_free(m);
}

static void a_code_wider_than_the_rows_is_refused(void **state) {
    (void)state;
    const float x[] = {1, 2, 3, 4};
    hg__data d;
    hg_error err = {0};
    hg_model *m = NULL;
    assert_int_equal(hg__data_wrap(&d, x, 2, 2, &err), HG_OK);
    const hg__rows all = hg__rows_all(hg__array_source(&d));
    assert_int_equal(hg__pca_fit(&m, &all, 3, NULL, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "array: PCA expects a code of 1 to 2 numbers (the rows' width), got 3");
    assert_null(m);
    assert_int_equal(hg__pca_fit(&m, &all, 0, NULL, NULL), HG_ERR_USAGE);
}

static void rows_that_are_too_wide_are_not_solved_exactly(void **state) {
    (void)state;
    const hg__data d = {.path = "wide", .rows = 1, .width = HG_MAX_PCA_WIDTH + 1, .fd = -1};
    const hg__rows all = hg__rows_all(hg__array_source(&d));
    hg_error err = {0};
    hg_model *m = NULL;
    const hg__pca_how how = {.code = 3, .solver = HG_PCA_EXACT};
    assert_int_equal(hg__pca_fit_by(&m, &all, &how, NULL, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "wide: PCA expects rows of at most 8192 numbers to be solved exactly, got "
                        "8193; solver=randomized takes wider ones");
}

// ---- the other ways -----------------------------------------------------------------------------

// A spectrum that falls slowly, and a mean.
static float *falling_rows(int32_t rows, int32_t width) {
    enum { PARTS = 24 };
    float *x = hg__alloc((size_t)rows * (size_t)width, sizeof *x, NULL);
    assert_non_null(x);
    for (int32_t i = 0; i < rows * width; i++) {
        const uint32_t r = (uint32_t)(i / width), j = (uint32_t)(i % width);
        double sum = 3 + 0.1 * noise(r, 5000 + j);
        for (uint32_t k = 0; k < PARTS; k++) sum += noise(r, k) * noise(70000 + k, j) / (1 + k);
        x[i] = (float)sum;
    }
    return x;
}

static hg_model *fit_by(const float *x, int64_t rows, int32_t width, const hg__pca_how *how,
                        hg__pool *pool) {
    hg__data d;
    hg_error err = {0};
    hg_model *m = NULL;
    assert_int_equal(hg__data_wrap(&d, x, rows, width, &err), HG_OK);
    const hg__rows all = hg__rows_all(hg__array_source(&d));
    if (hg__pca_fit_by(&m, &all, how, pool, &err) != HG_OK) fail_msg("%s", err.message);
    return m;
}

// 1 - squared error / squares about the mean.
static double explained(const hg_model *m, const float *x, int32_t rows, int32_t width) {
    float *y = hg__alloc((size_t)rows * (size_t)width, sizeof *y, NULL);
    double *mean = hg__alloc((size_t)width, sizeof *mean, NULL), error = 0, all = 0;
    assert_true(y && mean);
    reconstruct(m, x, rows, y);
    for (int32_t i = 0; i < rows * width; i++) mean[i % width] += (double)x[i] / rows;
    for (int32_t i = 0; i < rows * width; i++) {
        error += pow((double)x[i] - (double)y[i], 2);
        all += pow((double)x[i] - mean[i % width], 2);
    }
    hg__free(mean);
    hg__free(y);
    return 1 - error / all;
}

static const hg__pca_solver others[] = {HG_PCA_RANDOMIZED, HG_PCA_INCREMENTAL};

static void the_other_ways_explain_as_much_as_the_exact_one(void **state) {
    (void)state;
    NEED_LAPACK();
    enum { MANY = 1100, WIDE = 90 };
    float *x = falling_rows(MANY, WIDE);
    for (int32_t code = 1; code <= WIDE; code += code < 9 ? 4 : 27) {
        hg__pca_how how = {.code = code, .solver = HG_PCA_EXACT, .seed = 4};
        hg_model *exact = fit_by(x, MANY, WIDE, &how, NULL);
        const double most = explained(exact, x, MANY, WIDE);
        hg_model_free(exact);
        for (int k = 0; k < 2; k++) {
            how.solver = others[k];
            hg_model *m = fit_by(x, MANY, WIDE, &how, NULL);
            assert_true(fabs(explained(m, x, MANY, WIDE) / most - 1) < 1e-3);
            hg_model_free(m);
        }
    }
    hg__free(x);
}

static void the_other_ways_do_not_depend_on_the_threads(void **state) {
    (void)state;
    NEED_LAPACK();
    enum { MANY = 700, WIDE = 150 };
    float *x = falling_rows(MANY, WIDE);
    for (int k = 0; k < 2; k++) {
        const hg__pca_how how = {.code = 9, .solver = others[k]};
        hg_model *alone = fit_by(x, MANY, WIDE, &how, NULL);
        for (int32_t threads = 1; threads <= 3; threads++) {
            hg__pool *pool = hg__pool_new(threads, NULL);
            assert_non_null(pool);
            hg_model *m = fit_by(x, MANY, WIDE, &how, pool);
            assert_memory_equal(m->net.params, alone->net.params,
                                m->net.spec.params * sizeof *m->net.params);
            hg_model_free(m);
            hg__pool_free(pool);
        }
        hg_model_free(alone);
    }
    hg__free(x);
}

static void wide_rows_and_rows_without_spread_are_taken(void **state) {
    (void)state;
    NEED_LAPACK();
    enum { FEW = 12, WIDE = HG_MAX_PCA_WIDTH + 9 };
    float *x = hg__alloc((size_t)FEW * WIDE, sizeof *x, NULL);
    assert_non_null(x);
    for (uint32_t i = 0; i < FEW * WIDE; i++) x[i] = (float)noise(i / WIDE, i % WIDE);
    hg__pca_how how = {.code = 11, .solver = HG_PCA_AUTO};
    for (int k = 0; k < 3; k++) { // 11 components are all that 12 rows have
        hg_model *m = fit_by(x, FEW, WIDE, &how, NULL);
        assert_true(explained(m, x, FEW, WIDE) > 1 - 1e-6);
        hg_model_free(m);
        how.solver = others[k % 2];
    }
    for (int i = 0; i < FEW * 8; i++) x[i] = (float)(i % 8) + 0.5F;
    for (int k = 0; k < 2; k++) {
        float y[FEW * 8];
        how = (hg__pca_how){.code = 5, .solver = others[k]};
        hg_model *m = fit_by(x, FEW, 8, &how, NULL);
        reconstruct(m, x, FEW, y);
        for (int i = 0; i < FEW * 8; i++) assert_true(fabsf(x[i] - y[i]) < 1e-5F);
        hg_model_free(m);
    }
    hg__free(x);
}

// ---- MNIST --------------------------------------------------------------------------------------

static hg__data *open_mnist(const char *name) {
    char path[1024];
    const char *folder = getenv("HG_DATA");
    snprintf(path, sizeof path, "%s/mnist/%s", folder ? folder : "../shared/data", name);
    const hg__data_options o = {.label = "", .ignore = "", .on_bad = "stop", .memory = 192 << 20};
    return hg__data_open(path, &o, NULL);
}

// Mean squared error per pixel.
static double measure(const hg_model *m, const hg__data *d, hg__pool *pool) {
    enum { BATCH = 500 };
    const hg__rows all = hg__rows_all(hg__array_source(d));
    hg__loader *l = hg__loader_new(&all, BATCH, NULL, NULL);
    hg__run_plan *plan = hg__run_plan_new(&m->net, pool, NULL, NULL);
    assert_non_null(l);
    assert_non_null(plan);
    const hg__objective mse = hg__objective_of(hg__loss_find("mse"), 0);
    double sums[BATCH], total = 0;
    hg__batch b;
    hg__loader_start(l, false, 0, 0, 0);
    while (hg__loader_next(l, &b, NULL) > 0) {
        const hg__input in = {.row = b.row, .count = b.count, .dtype = d->dtype, .scale = d->scale};
        hg__run_loss(plan, &mse, &in, sums);
        for (int32_t i = 0; i < b.count; i++) total += sums[i];
    }
    hg__run_plan_free(plan);
    hg__loader_free(l);
    return total / (double)d->rows / d->width;
}

static void check_mnist(const hg__data *train, const hg__data *test, int32_t code, double known) {
    const hg__rows all = hg__rows_all(hg__array_source(train));
    hg__pool *pool = hg__pool_new(0, NULL);
    hg_model *m = NULL;
    assert_non_null(pool);
    assert_int_equal(hg__pca_fit(&m, &all, code, pool, NULL), HG_OK);
    const double mse = measure(m, test, pool);
    if (fabs(mse - known) > 1e-5) fail_msg("code %d: %.8f", code, mse);
    hg_model_free(m);
    hg__pool_free(pool);
}

static void mnist_has_the_known_errors_at_32_and_64(void **state) {
    (void)state;
    NEED_LAPACK();
    hg__data *train = open_mnist("train-images-idx3-ubyte.gz");
    hg__data *test = open_mnist("t10k-images-idx3-ubyte.gz");
    if (train && test) {
        check_mnist(train, test, 32, 0.01683);
        check_mnist(train, test, 64, 0.00905);
    } else {
        puts("skipped: no MNIST");
    }
    const bool is_missing = !train || !test;
    hg__data_close(train);
    hg__data_close(test);
    if (is_missing) skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_equals_the_oracle_in_double),
        cmocka_unit_test(components_are_orthonormal_and_their_largest_number_is_positive),
        cmocka_unit_test(the_bits_do_not_depend_on_the_threads),
        cmocka_unit_test(bytes_give_the_model_of_the_same_numbers_as_floats),
        cmocka_unit_test(a_fit_takes_what_was_counted),
        cmocka_unit_test(rows_in_a_plane_come_back_exactly_with_more_components_than_it_has),
        cmocka_unit_test(one_row_and_equal_rows_come_back_as_they_are),
        cmocka_unit_test(a_model_of_one_feature_is_possible),
        cmocka_unit_test(a_code_wider_than_the_rows_is_refused),
        cmocka_unit_test(rows_that_are_too_wide_are_not_solved_exactly),
        cmocka_unit_test(the_other_ways_explain_as_much_as_the_exact_one),
        cmocka_unit_test(the_other_ways_do_not_depend_on_the_threads),
        cmocka_unit_test(wide_rows_and_rows_without_spread_are_taken),
        cmocka_unit_test(mnist_has_the_known_errors_at_32_and_64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
