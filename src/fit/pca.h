// SPDX-License-Identifier: Apache-2.0
// pca.h - principal component analysis: the linear autoencoder that no other linear one beats.
#ifndef HG_FIT_PCA_H
#define HG_FIT_PCA_H
#include "backend/pool.h"
#include "model/model.h"
#include "rows/row_source.h"

enum {
    HG_MAX_PCA_WIDTH =
        8192, // solved exactly: the covariance is width x width doubles, 512 MiB here
    HG_PCA_EXACT_WIDTH = 4096 // up to here it is, unless another way is asked for
};

typedef enum hg__pca_solver {
    HG_PCA_AUTO,  // exact where the covariance is small, else randomized
    HG_PCA_EXACT, // two passes: covariance, eigenvectors in double; rows up to HG_MAX_PCA_WIDTH
    HG_PCA_RANDOMIZED, // six passes; memory grows with width * code
    HG_PCA_INCREMENTAL // one pass; the same
} hg__pca_solver;

typedef struct hg__pca_how {
    int32_t code; // components
    hg__pca_solver solver;
    uint64_t seed; // of HG_PCA_RANDOMIZED
} hg__pca_how;

// "auto", "exact", "randomized", "incremental"; HG_PCA_AUTO for any other word.
hg__pca_solver hg__pca_solver_find(const char *name);

// Fits PCA to the rows. *m (the caller's to free) is the model "dense code | dense input" of kind "pca":
//   encoder.0.weight (code, N) = the components, widest spread first; each one's largest number is positive
//   encoder.0.bias   (code)    = -components . mean
//   decoder.0.weight (N, code) = components transposed
//   decoder.0.bias   (N)       = mean
// The result does not depend on the number of threads. pool: NULL runs on the caller's thread. A code wider
// than the rows is HG_ERR_USAGE; without LAPACK on this machine it is HG_ERR_MISSING.
int hg__pca_fit_by(hg_model **m, const hg__rows *rows, const hg__pca_how *how, hg__pool *pool,
                   hg_error *err);
// The same by HG_PCA_AUTO.
int hg__pca_fit(hg_model **m, const hg__rows *rows, int32_t code, hg__pool *pool, hg_error *err);

// Bytes that such a fit takes beside its rows and its model.
size_t hg__pca_bytes(int32_t width, int32_t code);

// ---- its parts ----------------------------------------------------------------------------------

typedef struct hg__covariance {
    int32_t N, stride; // features; doubles between rows of c
    int64_t rows;      // summed so far
    double *mean;      // owned, (stride), in stored units (not scaled)
    // owned, (stride, stride): C(i, j) for i <= j at c[i*stride + j], not divided by rows
    double *c;
} hg__covariance;

int hg__covariance_fit(hg__covariance *v, const hg__rows *rows, hg__pool *pool, hg_error *err);
size_t hg__covariance_bytes(int32_t width);
void hg__covariance_clear(hg__covariance *v); // {0} is fine

// The `k` largest eigenvalues of a symmetric matrix, largest first, and their vectors of length 1. a: as
// hg__covariance.c, and destroyed. value: (k). vector: (k, n), each with its largest number positive.
int hg__eigen_top(double *a, int32_t n, int32_t stride, int32_t k, double *value, double *vector,
                  hg_error *err);
size_t hg__eigen_bytes(int32_t n, int32_t k); // that hg__eigen_top() takes
bool hg__eigen_is_available(void);            // whether LAPACK was found on this machine
#endif
