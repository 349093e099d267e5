// SPDX-License-Identifier: Apache-2.0
// test_map.c - maps: neighbours stay neighbours, sums on the grid are those of all pairs, slopes those of the KL divergence, the same
// bits everywhere.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "base/rng.h"
#include "latent/map_curve.h"
#include "latent/map_internal.h"
#include "sanitized.h"

#include <cmocka.h>

enum { GROUPS = 6, WIDTH = 10 };

static float drawn(uint32_t which, uint32_t i) { // from -1/2 to 1/2
    return hg__unit_float(hg__philox_run(7, which, i, 0, 0).word[0]) - 0.5F;
}

// Points of GROUPS clusters; point i is of cluster i % GROUPS.
static float *new_clusters(int32_t n) {
    float *x = hg__alloc((size_t)n * WIDTH, sizeof *x, NULL);
    assert_non_null(x);
    for (int32_t i = 0; i < n * WIDTH; i++) {
        const int32_t group = i / WIDTH % GROUPS;
        x[i] = drawn(1, (uint32_t)i) + 4 * drawn(2, (uint32_t)(group * WIDTH + i % WIDTH));
    }
    return x;
}

static float *new_map(const float *x, int32_t n, int32_t width, const char *method,
                      int32_t iterations, int32_t threads) {
    const hg__map_options o = {method, 30, 15, 0.1, iterations, 5};
    float *y = hg__alloc((size_t)n * 2, sizeof *y, NULL);
    hg__pool *pool = threads ? hg__pool_new(threads, NULL) : NULL;
    hg_error err = {0};
    assert_non_null(y);
    if (hg__map(x, n, width, &o, pool, NULL, y, &err) < 0) fail_msg("%s", err.message);
    for (int32_t i = 0; i < 2 * n; i++) assert_true(isfinite(y[i]));
    hg__pool_free(pool);
    return y;
}

// The share of points whose nearest on the map is of their own cluster.
static double kept_share(const float *y, int32_t n) {
    int32_t kept = 0;
    for (int32_t i = 0; i < n; i++) {
        double least = HUGE_VAL;
        int32_t nearest = i;
        for (int32_t j = 0; j < n; j++) {
            const double dx = (double)(y[2 * i] - y[2 * j]),
                         dy = (double)(y[2 * i + 1] - y[2 * j + 1]);
            if (j == i || !(dx * dx + dy * dy < least)) continue;
            least = dx * dx + dy * dy;
            nearest = j;
        }
        kept += nearest % GROUPS == i % GROUPS;
    }
    return (double)kept / n;
}

static void neighbours_stay_neighbours(void **state) {
    (void)state;
    static const char *const methods[] = {"tsne", "umap"};
    for (int32_t large = 0; large < (IS_SANITIZED ? 1 : 2); large++) {
        const int32_t n = large ? HG_MAP_EXACT + 100 : 300;
        float *x = new_clusters(n);
        for (int m = 0; m < 2; m++) {
            float *y = new_map(x, n, WIDTH, methods[m], large ? 150 : 0, 2);
            assert_true(kept_share(y, n) > 0.99);
            hg__free(y);
        }
        hg__free(x);
    }
}

static void pca_is_along_the_axes_of_widest_spread(void **state) {
    (void)state;
    enum { N = 500 };
    static float x[N * 3];
    for (int32_t i = 0; i < N;
         i++) { // axes: (0.6, 0.8, 0), (-0.8, 0.6, 0), and less along the third
        const float a = 8 * drawn(3, (uint32_t)i), b = 2 * drawn(4, (uint32_t)i);
        x[3 * i] = 0.6F * a - 0.8F * b + 100;
        x[3 * i + 1] = 0.8F * a + 0.6F * b;
        x[3 * i + 2] = 0.1F * drawn(5, (uint32_t)i);
    }
    float *y = new_map(x, N, 3, "pca", 0, 1);
    double same = 0, all = 0;
    for (int32_t i = 0; i < N; i++) {
        const float a = 8 * drawn(3, (uint32_t)i);
        same += (double)y[2 * i] * (double)a;
        all += (double)a * (double)a;
    }
    assert_true(fabs(same / all - 1) < 0.01);
    hg__free(y);
}

// ---- the sums ---------------------------------------------------------------------------------------

enum { PAIR = 2 * HG_LANES };

// x (n, PAIR) is the transform of was, place `at` in one lane.
static void expect_transform(const float *x, const float *was, int32_t n, int32_t at) {
    double re = 0, im = 0;
    const int32_t lane = at % HG_LANES;
    for (int32_t i = 0; i < n; i++) {
        const double c = cos(2 * M_PI * ((double)i * at) / n);
        const double d = -sin(2 * M_PI * ((double)i * at) / n);
        const double a = (double)was[i * PAIR + lane], b = (double)was[i * PAIR + HG_LANES + lane];
        re += a * c - b * d;
        im += a * d + b * c;
    }
    assert_true(fabs((double)x[at * PAIR + lane] - re) < 2e-5);
    assert_true(fabs((double)x[at * PAIR + HG_LANES + lane] - im) < 2e-5);
}

static void lines_become_their_fourier_transforms(void **state) {
    (void)state;
    static const int32_t sizes[] = {2, 3, 4, 6, 8, 9, 12, 16, 27, 32, 48, 96, 288};
    enum { MOST = 288 };
    static float x[MOST * PAIR], was[MOST * PAIR], spare[MOST * PAIR], turn[2 * MOST];
    for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const int32_t n = sizes[s];
            for (int32_t i = 0; i < n * PAIR; i++) was[i] = x[i] = drawn(6, (uint32_t)i);
            for (int32_t i = 0; i < n; i++) {
                turn[2 * i] = (float)cos(2 * M_PI * i / n);
                turn[2 * i + 1] = -(float)sin(2 * M_PI * i / n);
            }
            (*k)->fourier_lines(x, spare, turn, n);
            for (int32_t at = 0; at < n; at++) expect_transform(x, was, n, at);
        }
    }
}

static void the_grid_pushes_as_all_pairs_do(void **state) {
    (void)state;
    enum { N = 1000 };
    static float x[N + HG_LANES], y[N + HG_LANES], want[2][N], got[2][N];
    static const float spans[] = {1e-4F, 0.5F, 7, 40,
                                  250,   3000}; // the last: coarser than it should be, but it ends
    for (size_t s = 0; s < sizeof spans / sizeof *spans; s++) {
        for (uint32_t i = 0; i < N; i++) { // clumps, as maps are
            x[i] = spans[s] * (drawn(8, i) * 0.2F + drawn(9, i % 20));
            y[i] = spans[s] * (drawn(10, i) * 0.2F + drawn(11, i % 20));
        }
        double sums[2], wrong = 0, all = 0;
        for (int is_exact = 0; is_exact < 2; is_exact++) {
            float(*to)[N] = is_exact ? want : got;
            hg__repulsion *r = hg__repulsion_new(N, is_exact, NULL, NULL);
            assert_non_null(r);
            assert_int_equal(hg__repulsion_run(r, x, y, &sums[is_exact], NULL), HG_OK);
            hg__repulsion_of(r, 0, N, to[0], to[1]);
            hg__repulsion_free(r);
        }
        if (spans[s] > 1000) continue;
        for (int32_t i = 0; i < 2 * N; i++) {
            const double a = (double)want[i / N][i % N], b = (double)got[i / N][i % N];
            wrong += (a - b) * (a - b);
            all += a * a;
        }
        assert_true(sqrt(wrong / all) < 0.01);
        assert_true(fabs(sums[0] / sums[1] - 1) < 0.01);
    }
}

enum { FEW = 14 };

// KL(P || Q) of points on a map; p (FEW, FEW) symmetric, without a diagonal.
static double divergence(const double y[2][FEW], double p[FEW][FEW]) {
    double q[FEW][FEW], z = 0, sum = 0;
    for (int i = 0; i < FEW; i++) {
        for (int j = 0; j < FEW; j++) {
            const double dx = y[0][i] - y[0][j], dy = y[1][i] - y[1][j];
            q[i][j] = i == j ? 0 : 1 / (1 + dx * dx + dy * dy);
            z += q[i][j];
        }
    }
    for (int i = 0; i < FEW; i++) {
        for (int j = 0; j < FEW; j++) {
            if (i != j) sum += p[i][j] * log(p[i][j] * z / q[i][j]);
        }
    }
    return sum;
}

// 4 (sum_j p q (y_i - y_j) - sum_j q^2 (y_i - y_j) / Z): the kernels' sums against differences of the divergence.
static void slopes_are_those_of_the_divergence(void **state) {
    (void)state;
    double p[FEW][FEW], y[2][FEW], all = 0;
    float x[2][FEW + HG_LANES] = {0}, weight[FEW][FEW + HG_LANES] = {0}, fx[FEW], fy[FEW];
    int32_t index[FEW + HG_LANES] = {0};
    for (int i = 0; i < FEW; i++) {
        index[i] = i;
        for (int d = 0; d < 2; d++) {
            y[d][i] = (double)(x[d][i] = 3 * drawn(12, (uint32_t)(2 * i + d)));
        }
        for (int j = 0; j < FEW; j++) {
            p[i][j] = i == j ? 0 : 0.6 + (double)drawn(13, (uint32_t)((i + j) * 50 + i * j));
            all += p[i][j];
        }
    }
    for (int i = 0; i < FEW * FEW; i++) {
        weight[i / FEW][i % FEW] = (float)(p[i / FEW][i % FEW] /= all);
    }
    double z;
    hg__repulsion *r = hg__repulsion_new(FEW, true, NULL, NULL);
    assert_non_null(r);
    assert_int_equal(hg__repulsion_run(r, x[0], x[1], &z, NULL), HG_OK);
    hg__repulsion_of(r, 0, FEW, fx, fy);
    for (int i = 0; i < FEW; i++) {
        float pull[2];
        hg__kernels_pick()->map_pull(pull, x[0], x[1], x[0][i], x[1][i], index, weight[i], FEW);
        for (int d = 0; d < 2; d++) {
            const double step = 1e-5, push = (double)(d ? fy : fx)[i], was = y[d][i];
            y[d][i] = was + step;
            const double more = divergence(y, p);
            y[d][i] = was - step;
            const double slope = (more - divergence(y, p)) / (2 * step);
            y[d][i] = was;
            assert_true(fabs(4 * ((double)pull[d] - push / z) - slope) < 1e-5);
        }
    }
    hg__repulsion_free(r);
}

// a = 1.577, b = 0.8951 for 0.1, as the paper's program has them; a table's numbers are the formula's.
static void the_curve_is_that_of_min_dist(void **state) {
    (void)state;
    double a, b;
    hg__map_curve_fit(0.1, &a, &b);
    assert_true(fabs(a - 1.577) < 0.002 && fabs(b - 0.8951) < 0.0005);
    hg__map_curve *c = hg__map_curve_new(0.1, NULL);
    assert_non_null(c);
    for (int i = 0; i < 33; i++) {
        const double d = 0.01 * pow(1.3, i);
        const double rest = 1 + a * pow(d, 2 * b), pull = 2 * a * b * pow(d, 2 * b - 2) / rest;
        const double push = 2 * b / ((0.001 + d * d) * rest);
        assert_true(fabs((double)hg__map_curve_pull(c, (float)(d * d)) / pull - 1) < 0.01);
        assert_true(fabs((double)hg__map_curve_push(c, (float)(d * d)) / push - 1) < 0.02);
    }
    hg__free(c);
}

// ---- the same bits ----------------------------------------------------------------------------------

static uint64_t hash_of(const void *data, size_t size, uint64_t h) { // FNV-1a
    for (size_t i = 0; i < size; i++) h = (h ^ ((const uint8_t *)data)[i]) * 0x100000001b3U;
    return h;
}

static uint64_t hash_of_all(int32_t threads) {
    static const char *const methods[] = {"tsne", "umap", "pca"};
    uint64_t h = 0xcbf29ce484222325U;
    for (int large = 0; large < 2; large++) {
        const int32_t n = large ? HG_MAP_EXACT + 77 : 200;
        float *x = new_clusters(n);
        for (int m = 0; m < 3; m++) {
            float *y = new_map(x, n, WIDTH, methods[m], IS_SANITIZED ? 3 : 20, threads);
            h = hash_of(y, 2 * (size_t)n * sizeof *y, h);
            hg__free(y);
        }
        hg__free(x);
    }
    return h;
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    (void)state;
    const uint64_t want = hash_of_all(1);
    assert_true(hash_of_all(0) == want); // no pool
    assert_true(hash_of_all(2) == want);
    assert_true(hash_of_all(3) == want);
}

// What this program prints when it runs with another kernel table.
static uint64_t hash_with(const char *isa) {
    int ends[2], status = 0;
    uint64_t h = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("HG_ISA", isa, 1);
        execl("/proc/self/exe", "test", "hash", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &h, sizeof h), sizeof h);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return h;
}

static void every_kernel_table_gives_the_same_bits(void **state) {
    (void)state;
    const uint64_t want = hash_of_all(2);
    for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
        if (hash_with((*k)->name) != want) fail_msg("%s gives another map", (*k)->name);
    }
}

// ---- odd points -------------------------------------------------------------------------------------

// n points that are drawn; each a hundred times; all the same.
static void place_odd_points(int32_t n, const char *method) {
    static float x[400 * 2];
    for (int kind = 0; kind < 3; kind++) {
        for (int32_t i = 0; i < 2 * n; i++) {
            x[i] = kind == 2 ? 3 : drawn(14, (uint32_t)(kind == 1 ? i % 4 + i / 200 : i));
        }
        hg__free(new_map(x, n, 2, method, 40, 0));
        hg__free(new_map(x, n, 1, method, 40, 0));
    }
}

static void few_points_copies_and_constants_have_places(void **state) {
    (void)state;
    static const char *const methods[] = {"tsne", "umap", "pca"};
    for (int m = 0; m < 3; m++) {
        for (int32_t n = HG_MAP_LEAST; n < 400; n = n * 2 + 1) place_odd_points(n, methods[m]);
    }
}

static void what_cannot_be_placed_is_refused(void **state) {
    (void)state;
    float x[8] = {1, 2, 3, 4, 5, 6, NAN, 8}, y[8];
    hg__map_options o = {"tsne", 30, 15, 0.1, 0, 1};
    hg_error err = {0};
    assert_int_equal(hg__map(x, 3, 2, &o, NULL, NULL, y, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "a map: expected 4 to 4000000 points, got 3");
    assert_int_equal(hg__map(x, 4, 2, &o, NULL, NULL, y, &err), HG_ERR_DATA);
    assert_non_null(
        strstr(err.message, "point 4: expected numbers up to 1e+15, got nan in column 1"));
    x[6] = 7;
    o.method = "som";
    assert_int_equal(hg__map(x, 4, 2, &o, NULL, NULL, y, &err), HG_ERR_USAGE);
}

static void a_map_stops_on_request(void **state) {
    (void)state;
    static const char *const methods[] = {"tsne", "umap"};
    float x[40], y[40];
    volatile sig_atomic_t stop = 1;
    const hg_listener l = {.size = sizeof l, .stop = &stop};
    for (int i = 0; i < 40; i++) x[i] = drawn(15, (uint32_t)i);
    for (int m = 0; m < 2; m++) {
        const hg__map_options o = {methods[m], 30, 15, 0.1, 0, 1};
        assert_int_equal(hg__map(x, 20, 2, &o, NULL, &l, y, NULL), HG_ERR_STOPPED);
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "hash") == 0) {
        const uint64_t h = hash_of_all(2);
        return write(STDOUT_FILENO, &h, sizeof h) == (ssize_t)sizeof h ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_stay_neighbours),
        cmocka_unit_test(pca_is_along_the_axes_of_widest_spread),
        cmocka_unit_test(lines_become_their_fourier_transforms),
        cmocka_unit_test(the_grid_pushes_as_all_pairs_do),
        cmocka_unit_test(slopes_are_those_of_the_divergence),
        cmocka_unit_test(the_curve_is_that_of_min_dist),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(every_kernel_table_gives_the_same_bits),
        cmocka_unit_test(few_points_copies_and_constants_have_places),
        cmocka_unit_test(what_cannot_be_placed_is_refused),
        cmocka_unit_test(a_map_stops_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
