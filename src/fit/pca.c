// SPDX-License-Identifier: Apache-2.0
// pca.c - principal component analysis as a model like any other.
//
//   code  z  = V (x - mean)         V (code, N): the eigenvectors of the covariance with the largest values
//   back  x' = V^T z + mean
#include "fit/pca.h"

#include "base/mem.h"

// Sets one parameter of a layer from numbers in the file's layout.
static void take(hg_model *m, const hg__layer *l, int32_t param, const float *from) {
    hg__param_import(&l->param[param], m->net.params, from);
}

// V: (Z, N) components. mean: (N), in the units the model sees.
static int fill(hg_model *m, const double *V, const double *mean, hg_error *err) {
    const size_t N = (size_t)m->net.spec.width, Z = (size_t)m->net.spec.code;
    const hg__layer *encoder = &m->net.spec.layer[0],
                    *decoder = &m->net.spec.layer[m->net.spec.neck];
    float *buffer = hg__alloc(Z * N, sizeof *buffer, err);
    if (!buffer) return HG_ERR_MEMORY;
    for (size_t i = 0; i < Z * N; i++) buffer[i] = (float)V[i];
    take(m, encoder, 0, buffer);
    for (size_t z = 0; z < Z; z++) {
        for (size_t n = 0; n < N; n++) buffer[n * Z + z] = (float)V[z * N + n];
    }
    take(m, decoder, 0, buffer);
    for (size_t n = 0; n < N; n++) buffer[n] = (float)mean[n];
    take(m, decoder, 1, buffer);
    for (size_t z = 0; z < Z; z++) {
        double sum = 0;
        for (size_t n = 0; n < N; n++) sum += V[z * N + n] * mean[n];
        buffer[z] = (float)-sum; // Z <= N: it fits
    }
    take(m, encoder, 1, buffer);
    hg__free(buffer);
    return HG_OK;
}

static int make_model(hg_model **m, const hg__row_source *s, int32_t code, const double *V,
                      const double *mean, hg_error *err) {
    char spec[64];
    snprintf(spec, sizeof spec, "dense %d | dense input", code);
    hg_model *made = hg__model_from_spec(spec, &s->shape, 0, 0, err);
    if (!made) return (int)err->code;
    snprintf(made->kind, sizeof made->kind, "pca");
    made->input_scale = s->scale;
    const int result = fill(made, V, mean, err);
    if (result < 0) {
        hg_model_free(made);
        return result;
    }
    *m = made;
    return HG_OK;
}

static int check(const hg__rows *rows, int32_t code, hg_error *err) {
    const hg__row_source *s = &rows->source;
    if (s->width > HG_MAX_PCA_WIDTH) {
        return hg__fail(err, HG_ERR_USAGE, "%s: PCA expects rows of at most %d numbers, got %d",
                        s->name, HG_MAX_PCA_WIDTH, s->width);
    }
    if (code < 1 || code > s->width) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: PCA expects a code of 1 to %d numbers (the rows' width), got %d",
                        s->name, s->width, code);
    }
    if (rows->count < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: PCA expects at least 1 row, got none", s->name);
    }
    return HG_OK;
}

// The covariance, what its eigenvectors take, and they themselves with their values.
size_t hg__pca_bytes(int32_t width, int32_t code) {
    const size_t own = (size_t)code * ((size_t)width + 1) * sizeof(double);
    return hg__covariance_bytes(width) + hg__eigen_bytes(width, code) + own;
}

int hg__pca_fit(hg_model **m, const hg__rows *rows, int32_t code, hg__pool *pool, hg_error *err) {
    hg_error own;
    if (!err) err = &own;
    *m = NULL;
    HG_TRY(check(rows, code, err));
    const hg__row_source *s = &rows->source;
    hg__covariance v;
    HG_TRY(hg__covariance_fit(&v, rows, pool, err));
    const size_t Z = (size_t)code, N = (size_t)s->width; // as hg__pca_bytes() counts
    double *value = hg__alloc(Z, sizeof *value, err);
    double *V = value ? hg__alloc(Z * N, sizeof *V, err) : NULL;
    int result = HG_ERR_MEMORY;
    if (V) result = hg__eigen_top(v.c, s->width, v.stride, code, value, V, err);
    for (size_t n = 0; n < N; n++) v.mean[n] *= (double)s->scale;
    if (result == HG_OK) result = make_model(m, s, code, V, v.mean, err);
    hg__free(V);
    hg__free(value);
    hg__covariance_clear(&v);
    return result;
}
