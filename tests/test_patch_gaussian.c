// SPDX-License-Identifier: Apache-2.0
// test_patch_gaussian.c - Gaussians at each place, and errors of principal axes, against their definitions.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "inspect/feature_error.h"
#include "inspect/patch_gaussian.h"

#include <cmocka.h>

enum { H = 3, W = 4, C = 3, PICTURES = 50 };

// Channel 2 is nearly the sum of the others; each place has a mean of its own.
static int draw(const void *context, int32_t i, hg__raster *r, hg_error *err) {
    const float *factor = context;
    const int code = hg__raster_init(r, H, W, C, err);
    if (code < 0) return code;
    for (int32_t p = 0; p < H * W; p++) {
        const hg__philox u = hg__philox_run(3, (uint32_t)i, (uint32_t)p, 0, 0);
        float *x = r->at + (size_t)p * C;
        x[0] = (float)p + hg__unit_float(u.word[0]);
        x[1] = 2 * hg__unit_float(u.word[1]);
        x[2] = x[0] + x[1] + *factor * hg__unit_float(u.word[2]);
    }
    return HG_OK;
}

static const float little = 0.1F;
static const hg__raster_source good = {"good", &little, PICTURES, draw};

// Of the place's vectors: mean (C) and covariance a (C, C of C + 1).
static void measure(int32_t p, double *mean, double a[C][C + 1]) {
    float v[PICTURES][C];
    for (int32_t i = 0; i < PICTURES; i++) {
        hg__raster r = {0};
        assert_int_equal(draw(&little, i, &r, NULL), HG_OK);
        memcpy(v[i], r.at + (size_t)p * C, sizeof v[i]);
        hg__raster_clear(&r);
    }
    for (int j = 0; j < C; j++) {
        mean[j] = 0;
        for (int32_t i = 0; i < PICTURES; i++) mean[j] += (double)v[i][j] / PICTURES;
    }
    for (int jk = 0; jk < C * C; jk++) {
        const int j = jk / C, k = jk % C;
        double sum = 0;
        for (int32_t i = 0; i < PICTURES; i++) {
            sum += ((double)v[i][j] - mean[j]) * ((double)v[i][k] - mean[k]);
        }
        a[j][k] = sum / (PICTURES - 1);
    }
}

// The distance at place p of x by Gauss's elimination on the covariance, written out.
static double distance_at(int32_t p, const float *x, double added) {
    double mean[C], a[C][C + 1], off[C], square = 0;
    measure(p, mean, a);
    for (int j = 0; j < C; j++) {
        off[j] = a[j][C] = (double)x[j] - mean[j];
        a[j][j] += added;
    }
    for (int j = 0; j < C; j++) {
        for (int k = 0; k < C; k++) {
            const double by = k == j ? 0 : a[k][j] / a[j][j];
            for (int l = 0; l <= C; l++) a[k][l] -= by * a[j][l];
        }
    }
    for (int j = 0; j < C; j++) square += off[j] * a[j][C] / a[j][j];
    return sqrt(square);
}

static double mean_variance(void) {
    double sum = 0;
    for (int32_t p = 0; p < H * W; p++) {
        double mean[C], a[C][C + 1];
        measure(p, mean, a);
        for (int j = 0; j < C; j++) sum += a[j][j] / (H * W * C);
    }
    return sum;
}

static hg_model *empty_model(void) {
    const hg__shape shape = {1, {4}};
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &shape, 0, 0, NULL);
    assert_non_null(m);
    return m;
}

static void distances_are_mahalanobis_and_come_back_from_parts(void **state) {
    (void)state;
    const size_t bytes = hg__patch_gaussian_bytes(H, W, C, 100);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg_error err;
    hg__patch_gaussian *g = hg__patch_gaussian_fit(&good, 100, 1, bytes, pool, NULL);
    assert_non_null(g);
    assert_null(hg__patch_gaussian_fit(&good, 100, 1, bytes - 1, NULL, &err));
    assert_int_equal(err.code, HG_ERR_MEMORY);
    const float wide = 3;
    hg__raster x = {0}, got, again;
    assert_int_equal(draw(&wide, 77, &x, NULL), HG_OK);
    assert_int_equal(hg__patch_gaussian_run(g, &x, &got, pool, NULL), HG_OK);
    const double added = 0.01 * mean_variance();
    for (int32_t p = 0; p < H * W; p++) {
        const double want = distance_at(p, x.at + (size_t)p * C, added);
        assert_true(fabs((double)got.at[p] - want) < 1e-4 * (1 + want));
    }
    hg_model *m = empty_model();
    assert_null(hg__patch_gaussian_from_parts(m, "m", &err));
    assert_int_equal(hg__patch_gaussian_to_parts(g, m, NULL), HG_OK);
    hg__patch_gaussian *back = hg__patch_gaussian_from_parts(m, "m", &err);
    assert_non_null(back);
    assert_int_equal(hg__patch_gaussian_run(back, &x, &again, NULL, NULL), HG_OK);
    assert_memory_equal(got.at, again.at, sizeof(float) * H * W);
    hg_model_free(m);
    hg__raster_clear(&got);
    x.channels = 2; // of another shape than what was learnt
    assert_int_equal(hg__patch_gaussian_run(g, &x, &got, NULL, &err), HG_ERR_DATA);
    x.channels = C;
    hg__raster_clear(&x);
    hg__raster_clear(&again);
    hg__patch_gaussian_free(back);
    hg__patch_gaussian_free(g);
    hg__pool_free(pool);
}

static void what_axes_leave_over_is_small_on_good_maps_and_large_on_others(void **state) {
    (void)state;
    hg__feature_error_options o = hg__feature_error_defaults();
    hg__feature_error f, back;
    hg__raster x = {0}, plain, other, again;
    hg_error err;
    assert_int_equal(hg__feature_error_fit(&f, &good, &o, NULL, NULL), HG_OK);
    assert_int_equal(f.axes.dims, 2);
    assert_int_equal(draw(&little, 60, &x, NULL), HG_OK);
    assert_int_equal(hg__feature_error_run(&f, &x, &plain, NULL, NULL), HG_OK);
    x.at[5 * C + 2] += 4; // no longer the sum
    assert_int_equal(hg__feature_error_run(&f, &x, &other, NULL, NULL), HG_OK);
    for (int32_t p = 0; p < H * W; p++) {
        assert_true(plain.at[p] < 0.1F);
        assert_true(p == 5 ? other.at[p] > 5 * plain.at[p] : other.at[p] == plain.at[p]);
    }
    hg_model *m = empty_model();
    assert_int_equal(hg__feature_error_from_parts(&back, m, "m", &err), HG_ERR_MODEL);
    assert_int_equal(hg__feature_error_to_parts(&f, m, NULL), HG_OK);
    assert_int_equal(hg__feature_error_from_parts(&back, m, "m", &err), HG_OK);
    assert_int_equal(hg__feature_error_run(&back, &x, &again, NULL, NULL), HG_OK);
    assert_memory_equal(other.at, again.at, sizeof(float) * H * W);
    hg_model_free(m);
    hg__raster_clear(&x);
    hg__raster_clear(&plain);
    hg__raster_clear(&other);
    hg__raster_clear(&again);
    hg__feature_error_clear(&f);
    hg__feature_error_clear(&back);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_mahalanobis_and_come_back_from_parts),
        cmocka_unit_test(what_axes_leave_over_is_small_on_good_maps_and_large_on_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
