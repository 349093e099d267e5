// SPDX-License-Identifier: Apache-2.0
// part_baseline_pca.c - whole pictures, grey and small, and what their principal components leave over: squared, pixel by pixel.
//
// Of n pictures of d pixels, n far below d: the axes are those of the pictures' own products, G = (x - mean) (x - mean)' (n, n);
// an eigenvector u of G with eigenvalue l is the axis (x - mean)' u / sqrt(l) (Turk & Pentland, "Eigenfaces for recognition", 1991).
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "inspect/part_baseline.h"
#include "inspect/principal.h"
#include "parts/resize.h"

// Pixels of the long side; pictures that axes are made of, at most: every n-th of more; axes at most.
enum { LONG_SIDE = 64, PICTURES = 256, AXES = 32 };
// Axes beyond this share of all variance are left out.
static const double kept = 0.99;

typedef struct pixel_pca {
    int32_t height, width, axes;
    float *mean; // owned, (height, width)
    float *axis; // owned, (axes, height, width), each of length 1
} pixel_pca;

static void free_pixels(void *state) {
    pixel_pca *s = state;
    if (!s) return;
    hg__free(s->mean);
    hg__free(s->axis);
    hg__free(s);
}

// to: made, (s->height, s->width, 1); the first picture says how large that is.
static int reduce(pixel_pca *s, const hg__raster *picture, hg__raster *to, hg_error *err) {
    hg__raster grey;
    if (s->height == 0) {
        const int32_t side = hg__max(picture->height, picture->width);
        const int32_t most = hg__min(side, LONG_SIDE);
        s->height = hg__max(1, (int32_t)((int64_t)picture->height * most / side));
        s->width = hg__max(1, (int32_t)((int64_t)picture->width * most / side));
    }
    HG_TRY(hg__raster_grey(&grey, picture, err));
    const int code = hg__raster_resize(to, &grey, s->height, s->width, err);
    hg__raster_clear(&grey);
    return code;
}

static size_t pixels_of(const pixel_pca *s) {
    return (size_t)s->height * (size_t)s->width;
}

// x (PICTURES, pixels): made, of `count` pictures.
static int read_all(pixel_pca *s, const hg__raster_source *good, int32_t count, float **x,
                    hg_error *err) {
    for (int32_t i = 0; i < count; i++) {
        hg__raster picture = {0}, small = {0};
        const int32_t number = (int32_t)((int64_t)i * good->count / count);
        HG_TRY(good->read(good->context, number, &picture, err));
        int code = reduce(s, &picture, &small, err);
        hg__raster_clear(&picture);
        if (code == HG_OK && !*x) {
            *x = hg__alloc((size_t)count * pixels_of(s), sizeof **x, err);
            if (!*x) code = HG_ERR_MEMORY;
        }
        if (code == HG_OK) {
            memcpy(*x + (size_t)i * pixels_of(s), small.at, pixels_of(s) * sizeof(float));
        }
        hg__raster_clear(&small);
        HG_TRY(code);
    }
    return HG_OK;
}

static int take_mean_off(pixel_pca *s, float *x, int32_t count, hg_error *err) {
    s->mean = hg__alloc(pixels_of(s), sizeof *s->mean, err);
    if (!s->mean) return HG_ERR_MEMORY;
    for (size_t j = 0; j < pixels_of(s); j++) {
        double sum = 0;
        for (int32_t i = 0; i < count; i++) sum += (double)x[(size_t)i * pixels_of(s) + j];
        s->mean[j] = (float)(sum / count);
        for (int32_t i = 0; i < count; i++) x[(size_t)i * pixels_of(s) + j] -= s->mean[j];
    }
    return HG_OK;
}

static double product(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t j = 0; j < count; j++) sum += (double)a[j] * (double)b[j];
    return sum;
}

// How many of the eigenvalues (most) are needed of `all`, their sum and that of those behind them.
static int32_t count_axes(const double *value, int32_t most, double all) {
    double sum = 0;
    int32_t axes = 0;
    while (axes < most && sum < kept * all && value[axes] > 1e-9 * all) sum += value[axes++];
    return axes;
}

// vector (most, count): of the products.
static int keep_axes(pixel_pca *s, const float *x, int32_t count, const double *value,
                     const double *vector, hg_error *err) {
    const size_t pixels = pixels_of(s);
    s->axis = hg__alloc((size_t)s->axes * pixels + 1, sizeof *s->axis, err);
    if (!s->axis) return HG_ERR_MEMORY;
    for (int32_t k = 0; k < s->axes; k++) {
        const double *u = vector + (ptrdiff_t)k * count;
        for (size_t j = 0; j < pixels; j++) {
            double sum = 0;
            for (int32_t i = 0; i < count; i++) sum += u[i] * (double)x[(size_t)i * pixels + j];
            s->axis[(size_t)k * pixels + j] = (float)(sum / sqrt(value[k]));
        }
    }
    return HG_OK;
}

static int find_axes(pixel_pca *s, const float *x, int32_t count, hg_error *err) {
    const int32_t most = hg__min(count, AXES);
    const size_t n = (size_t)count, pixels = pixels_of(s);
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
        s->axes = all > 0 ? count_axes(value, most, all) : 0;
        code = keep_axes(s, x, count, value, vector, err);
    }
    hg__free(g);
    return code;
}

static void *fit_pixels(const hg__raster_source *good, uint64_t seed, size_t max_bytes,
                        hg__pool *pool, hg_error *err) {
    (void)seed;
    (void)max_bytes; // 6 megabytes
    (void)pool;
    float *x = NULL;
    pixel_pca *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    const int32_t count = hg__min(good->count, PICTURES);
    int code = HG_OK;
    if (count < 2) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected 2 good pictures at least, got %d",
                        good->name, count);
    }
    if (code == HG_OK) code = read_all(s, good, count, &x, err);
    if (x && code == HG_OK) code = take_mean_off(s, x, count, err);
    if (x && code == HG_OK) code = find_axes(s, x, count, err);
    hg__free(x);
    if (code == HG_OK) return s;
    free_pixels(s);
    return NULL;
}

static int map_pixels(const void *state, const hg__raster *picture, hg__raster *map, hg__blocks *b,
                      hg_error *err) {
    pixel_pca shape = *(const pixel_pca *)state;
    const size_t pixels = pixels_of(&shape);
    hg__raster x;
    (void)b;
    *map = (hg__raster){0};
    HG_TRY(reduce(&shape, picture, &x, err));
    for (size_t j = 0; j < pixels; j++) x.at[j] -= shape.mean[j];
    for (int32_t k = 0; k < shape.axes; k++) {
        const float *axis = shape.axis + (size_t)k * pixels;
        const float along = (float)product(x.at, axis, pixels);
        for (size_t j = 0; j < pixels; j++) x.at[j] -= along * axis[j];
    }
    for (size_t j = 0; j < pixels; j++) x.at[j] *= x.at[j];
    const int code = hg__raster_resize(map, &x, picture->height, picture->width, err);
    hg__raster_clear(&x);
    return code;
}

const hg__part_baseline hg__part_baseline_pca = {
    "pca",
    "what principal components of grey pictures of 64 pixels leave over (Pearson 1901)",
    fit_pixels,
    map_pixels,
    free_pixels,
    1};
