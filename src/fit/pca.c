// SPDX-License-Identifier: Apache-2.0
// pca.c - principal component analysis as a model like any other.
//
//   code  z  = V (x - mean)         V (code, N): the eigenvectors of the covariance with the largest values
//   back  x' = V^T z + mean
#include "fit/pca.h"

#include <math.h>

#include "base/int.h"
#include "base/mem.h"
#include "fit/pca_internal.h"

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

// Where most components are asked for, leaving some out saves nothing.
static hg__pca_solver pick_solver(hg__pca_solver asked, int32_t width, int32_t code) {
    const bool is_small =
        width <= HG_PCA_EXACT_WIDTH || (width <= HG_MAX_PCA_WIDTH && code > width / 4);
    if (asked != HG_PCA_AUTO) return asked;
    return is_small ? HG_PCA_EXACT : HG_PCA_RANDOMIZED;
}

static int check(const hg__rows *rows, int32_t code, hg__pca_solver solver, hg_error *err) {
    const hg__row_source *s = &rows->source;
    if (solver == HG_PCA_EXACT && s->width > HG_MAX_PCA_WIDTH) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: PCA expects rows of at most %d numbers to be solved exactly, got %d; "
                        "solver=randomized takes wider ones",
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

// ---- what the ways to solve share ---------------------------------------------------------------

void hg__component_finish(double *v, int32_t n) {
    double square = 0;
    int32_t largest = 0;
    for (int32_t i = 0; i < n; i++) {
        square += v[i] * v[i];
        if (fabs(v[i]) > fabs(v[largest])) largest = i;
    }
    const double scale = square > 0 ? (v[largest] < 0 ? -1 : 1) / sqrt(square) : 0;
    for (int32_t i = 0; i < n; i++) v[i] *= scale;
}

void hg__pca_run(hg__pool *pool, hg__task *task, void *context, int32_t count) {
    if (pool) {
        hg__pool_run(pool, task, context, count);
        return;
    }
    for (int32_t i = 0; i < count; i++) task(context, i, 0);
}

int32_t hg__pca_chunk(int32_t width) {
    enum { NUMBERS = 1 << 23, MOST = 256, LEAST = 16 };
    return hg__max(hg__min(NUMBERS / width, MOST), LEAST);
}

// ---- fitting ------------------------------------------------------------------------------------

static const char *const solvers[] = {[HG_PCA_AUTO] = "auto",
                                      [HG_PCA_EXACT] = "exact",
                                      [HG_PCA_RANDOMIZED] = "randomized",
                                      [HG_PCA_INCREMENTAL] = "incremental"};

hg__pca_solver hg__pca_solver_find(const char *name) {
    for (int i = 0; i <= HG_PCA_INCREMENTAL; i++) {
        if (strcmp(name, solvers[i]) == 0) return (hg__pca_solver)i;
    }
    return HG_PCA_AUTO;
}

// The covariance, what its eigenvectors take, and they themselves with their values.
size_t hg__pca_bytes(int32_t width, int32_t code) {
    const size_t own = (size_t)code * ((size_t)width + 1) * sizeof(double);
    if (pick_solver(HG_PCA_AUTO, width, code) != HG_PCA_EXACT) {
        return hg__pca_randomized_bytes(width, code) + own;
    }
    return hg__covariance_bytes(width) + hg__eigen_bytes(width, code) + own;
}

static int solve_exactly(const hg__components *to, const hg__rows *rows, int32_t code,
                         hg__pool *pool, hg_error *err) {
    hg__covariance v;
    HG_TRY(hg__covariance_fit(&v, rows, pool, err));
    double *value = hg__alloc((size_t)code, sizeof *value, err);
    int result = HG_ERR_MEMORY;
    if (value) result = hg__eigen_top(v.c, v.N, v.stride, code, value, to->V, err);
    memcpy(to->mean, v.mean, (size_t)v.N * sizeof *v.mean);
    hg__free(value);
    hg__covariance_clear(&v);
    return result;
}

int hg__pca_fit_by(hg_model **m, const hg__rows *rows, const hg__pca_how *how, hg__pool *pool,
                   hg_error *err) {
    hg_error own;
    if (!err) err = &own;
    *m = NULL;
    const hg__row_source *s = &rows->source;
    const hg__pca_solver solver = pick_solver(how->solver, s->width, how->code);
    HG_TRY(check(rows, how->code, solver, err));
    hg__components c = {.mean = hg__alloc((size_t)s->width, sizeof *c.mean, err)};
    if (c.mean) c.V = hg__alloc((size_t)how->code * (size_t)s->width, sizeof *c.V, err);
    int result = HG_ERR_MEMORY;
    if (c.V && solver == HG_PCA_EXACT) {
        result = solve_exactly(&c, rows, how->code, pool, err);
    } else if (c.V) {
        result = (solver == HG_PCA_RANDOMIZED ? hg__pca_randomized
                                              : hg__pca_incremental)(&c, rows, how, pool, err);
    }
    for (int32_t n = 0; result == HG_OK && n < s->width; n++) c.mean[n] *= (double)s->scale;
    if (result == HG_OK) result = make_model(m, s, how->code, c.V, c.mean, err);
    hg__free(c.V);
    hg__free(c.mean);
    return result;
}

int hg__pca_fit(hg_model **m, const hg__rows *rows, int32_t code, hg__pool *pool, hg_error *err) {
    return hg__pca_fit_by(m, rows, &(hg__pca_how){.code = code}, pool, err);
}
