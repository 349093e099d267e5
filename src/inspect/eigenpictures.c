// SPDX-License-Identifier: Apache-2.0
// eigenpictures.c - principal components of whole pictures by the pictures' own products.
#include "inspect/eigenpictures.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "inspect/principal.h"

// Pictures that axes are made of, and axes, at most; of a file, pixels a side.
enum { PICTURES = 256, MOST_AXES = 256, MOST_SIDE = 1 << 12 };
static const char mean_name[] = "detector.pictures.mean", axis_name[] = "detector.pictures.axis";

void hg__eigenpictures_size(int32_t height, int32_t width, int32_t longest, int32_t *small_height,
                            int32_t *small_width) {
    const int32_t side = hg__max(height, width), most = hg__min(side, longest);
    *small_height = hg__max(1, (int32_t)((int64_t)height * most / side));
    *small_width = hg__max(1, (int32_t)((int64_t)width * most / side));
}

void hg__eigenpictures_clear(hg__eigenpictures *e) {
    hg__free(e->mean);
    hg__free(e->axis);
    *e = (hg__eigenpictures){0};
}

static size_t pixels_of(const hg__eigenpictures *e) {
    return (size_t)e->height * (size_t)e->width;
}

// ---- fit ----------------------------------------------------------------------------------------

// x (count, pixels): made.
static int read_all(hg__eigenpictures *e, const hg__raster_source *good, int32_t count, float **x,
                    hg_error *err) {
    for (int32_t i = 0; i < count; i++) {
        hg__raster picture = {0};
        const int32_t number = (int32_t)((int64_t)i * good->count / count);
        HG_TRY(good->read(good->context, number, &picture, err));
        int code = HG_OK;
        if (i == 0) {
            e->height = picture.height;
            e->width = picture.width;
            *x = hg__alloc((size_t)count * pixels_of(e), sizeof **x, err);
            if (!*x) code = HG_ERR_MEMORY;
        } else if (picture.height != e->height || picture.width != e->width) {
            code =
                hg__fail(err, HG_ERR_DATA, "%s: expected pictures of %d x %d pixels, got %d x %d",
                         good->name, e->width, e->height, picture.width, picture.height);
        }
        if (code == HG_OK) {
            memcpy(*x + (size_t)i * pixels_of(e), picture.at, pixels_of(e) * sizeof(float));
        }
        hg__raster_clear(&picture);
        HG_TRY(code);
    }
    return HG_OK;
}

static int take_mean_off(hg__eigenpictures *e, float *x, int32_t count, hg_error *err) {
    const size_t pixels = pixels_of(e);
    e->mean = hg__alloc(pixels, sizeof *e->mean, err);
    if (!e->mean) return HG_ERR_MEMORY;
    for (size_t j = 0; j < pixels; j++) {
        double sum = 0;
        for (int32_t i = 0; i < count; i++) sum += (double)x[(size_t)i * pixels + j];
        e->mean[j] = (float)(sum / count);
        for (int32_t i = 0; i < count; i++) x[(size_t)i * pixels + j] -= e->mean[j];
    }
    return HG_OK;
}

static double product(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t j = 0; j < count; j++) sum += (double)a[j] * (double)b[j];
    return sum;
}

// How many of the eigenvalues (most) are needed for a share of `all`, their sum and that of those behind them.
static int32_t count_axes(const double *value, int32_t most, double share, double all) {
    double sum = 0;
    int32_t axes = 0;
    while (axes < most && sum < share * all && value[axes] > 1e-9 * all) sum += value[axes++];
    return axes;
}

// vector (axes, count): of the products. Pictures are added one after the other: memory is read in its order. Without any axis there is
// one of zeros.
static int keep_axes(hg__eigenpictures *e, const float *x, int32_t count, const double *value,
                     const double *vector, hg_error *err) {
    const size_t pixels = pixels_of(e);
    double *sum = hg__alloc(pixels, sizeof *sum, err);
    e->axis = hg__alloc((size_t)hg__max(1, e->axes) * pixels, sizeof *e->axis, err);
    int code = sum && e->axis ? HG_OK : HG_ERR_MEMORY;
    for (int32_t k = 0; code == HG_OK && k < e->axes; k++) {
        const double *u = vector + (ptrdiff_t)k * count;
        memset(sum, 0, pixels * sizeof *sum);
        for (int32_t i = 0; i < count; i++) {
            const float *own = x + (size_t)i * pixels;
            for (size_t j = 0; j < pixels; j++) sum[j] += u[i] * (double)own[j];
        }
        for (size_t j = 0; j < pixels; j++) {
            e->axis[(size_t)k * pixels + j] = (float)(sum[j] / sqrt(value[k]));
        }
    }
    hg__free(sum);
    e->axes = hg__max(1, e->axes);
    return code;
}

static int find_axes(hg__eigenpictures *e, const float *x, int32_t count, int32_t most,
                     double share, hg_error *err) {
    const size_t n = (size_t)count, pixels = pixels_of(e);
    double all = 0;
    double *g = hg__alloc(n * n + (size_t)most * (n + 1), sizeof *g, err);
    if (!g) return HG_ERR_MEMORY;
    double *value = g + n * n, *vector = value + most;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k <= i; k++) {
            g[i * n + k] = g[k * n + i] = product(x + i * pixels, x + k * pixels, pixels);
        }
        all += g[i * n + i];
    }
    int code = all > 0 ? hg__eigen_jacobi(g, count, most, value, vector, err) : HG_OK;
    if (code == HG_OK) {
        e->axes = all > 0 ? count_axes(value, most, share, all) : 0;
        code = keep_axes(e, x, count, value, vector, err);
    }
    hg__free(g);
    return code;
}

int hg__eigenpictures_fit(hg__eigenpictures *e, const hg__raster_source *good, int32_t most,
                          double share, hg_error *err) {
    float *x = NULL;
    const int32_t count = hg__min(good->count, PICTURES);
    *e = (hg__eigenpictures){0};
    if (count < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected 1 good picture at least, got %d",
                        good->name, count);
    }
    int code = read_all(e, good, count, &x, err);
    if (code == HG_OK) code = take_mean_off(e, x, count, err);
    if (code == HG_OK) code = find_axes(e, x, count, hg__min(most, count), share, err);
    hg__free(x);
    if (code < 0) hg__eigenpictures_clear(e);
    return code;
}

void hg__eigenpictures_leave(const hg__eigenpictures *e, hg__raster *x) {
    const size_t pixels = pixels_of(e);
    for (size_t j = 0; j < pixels; j++) x->at[j] -= e->mean[j];
    for (int32_t k = 0; k < e->axes; k++) {
        const float *axis = e->axis + (size_t)k * pixels;
        const float along = (float)product(x->at, axis, pixels);
        for (size_t j = 0; j < pixels; j++) x->at[j] -= along * axis[j];
    }
}

// ---- in a model ---------------------------------------------------------------------------------

int hg__eigenpictures_to_parts(const hg__eigenpictures *e, hg_model *model, hg_error *err) {
    const int64_t pixels = (int64_t)pixels_of(e);
    if (!e->mean) return HG_OK;
    HG_TRY(hg__model_keep_part(model, mean_name, HG_F32, e->height, e->width, e->mean, err));
    return hg__model_keep_part(model, axis_name, HG_F32, e->axes, pixels, e->axis, err);
}

int hg__eigenpictures_from_parts(hg__eigenpictures *e, const hg_model *model, const char *where,
                                 hg_error *err) {
    const hg__tensor *mean = NULL, *axis = NULL;
    *e = (hg__eigenpictures){0};
    HG_TRY(hg__model_take_numbers(model, mean_name, -1, -1, where, &mean, err));
    const int64_t height = mean->shape.dim[0], width = mean->shape.dim[1];
    if (height < 1 || width < 1 || height > MOST_SIDE || width > MOST_SIDE) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: '%s': expected 1 to %d pixels a side, got %lld x %lld", where,
                        mean_name, MOST_SIDE, (long long)width, (long long)height);
    }
    HG_TRY(hg__model_take_numbers(model, axis_name, -1, height * width, where, &axis, err));
    if (axis->shape.dim[0] < 1 || axis->shape.dim[0] > MOST_AXES) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected 1 to %d axes, got %lld", where,
                        axis_name, MOST_AXES, (long long)axis->shape.dim[0]);
    }
    e->height = (int32_t)height;
    e->width = (int32_t)width;
    e->axes = (int32_t)axis->shape.dim[0];
    const size_t pixels = pixels_of(e), count = (size_t)e->axes * pixels;
    e->mean = hg__alloc(pixels, sizeof *e->mean, err);
    e->axis = e->mean ? hg__alloc(count, sizeof *e->axis, err) : NULL;
    if (!e->axis) {
        hg__eigenpictures_clear(e);
        return HG_ERR_MEMORY;
    }
    memcpy(e->mean, mean->data, pixels * sizeof *e->mean);
    memcpy(e->axis, axis->data, count * sizeof *e->axis);
    return HG_OK;
}
