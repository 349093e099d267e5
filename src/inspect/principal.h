// SPDX-License-Identifier: Apache-2.0
// principal.h - principal components of vectors that come in turn: moments, axes by our own eigenvectors, projection.
//
// fit/pca.h makes a model of rows that can be read twice, by LAPACK. Here vectors come once, a picture's at a time, and the axes are
// the same to the last bit on every machine.
#ifndef HG_INSPECT_PRINCIPAL_H
#define HG_INSPECT_PRINCIPAL_H
#include <stdbool.h>

#include "backend/pool.h"
#include "base/error.h"
#include "detect/blocks.h"

enum { HG_MAX_VECTOR = 4096 }; // numbers a vector: moments are width x width doubles

typedef struct hg__moments {
    int32_t width;
    // summed so far
    int64_t rows;
    // owned, (width): the first vector, which is taken off all
    float *shift;
    // owned, (width): of x - shift
    double *sum;
    // owned, (width, width): of (x - shift)_i (x - shift)_j, for i <= j
    double *product;
} hg__moments;

int hg__moments_init(hg__moments *m, int32_t width, hg_error *err); // m is {0} on failure
void hg__moments_clear(hg__moments *m);                             // {0} is fine
size_t hg__moments_bytes(int32_t width);
// Adds vectors x (rows, width), in order. The same bits for any number of threads and any cut into calls.
void hg__moments_add(hg__moments *m, const float *x, int64_t rows, hg__pool *pool);

// y = axis (x - mean), the axes of widest spread first, each of length 1, or divided by spread^(whitening / 4).
typedef struct hg__principal {
    int32_t width, dims;
    // owned, (width)
    float *mean;
    // owned, (dims, width): as they are multiplied with
    float *axis;
    // owned, (dims): standard deviation along each, before whitening
    float *spread;
    // owned: axis as kernels take it, and what each sum starts at, -axis . mean
    float *panel, *start;
} hg__principal;

// dims: of more than width, width. whitening, in quarters: 0 keeps distances, 4 makes every axis spread alike, 2 lies between; a
// spread is counted as `floor` times the widest at least. One vector at least must have been added.
int hg__principal_fit(hg__principal *p, const hg__moments *m, int32_t dims, int32_t whitening,
                      double floor, hg_error *err);
// From numbers that were kept: mean (width), axis (dims, width), spread (dims), all copied.
int hg__principal_from(hg__principal *p, int32_t width, int32_t dims, const float *mean,
                       const float *axis, const float *spread, hg_error *err);
void hg__principal_clear(hg__principal *p); // {0} is fine

// y (rows, dims) of x (rows, width), which is readable HG_LANES beyond (hg__numbers()).
int hg__principal_run(const hg__principal *p, const float *x, int64_t rows, float *y, hg__blocks *b,
                      hg_error *err);

// The `k` largest eigenvalues of a symmetric matrix without negative ones, largest first, and their vectors of length 1, each
// with its largest number positive. c (n, n), the whole of it, is destroyed. value (k), vector (k, n).
// Jacobi's rotations from one side (Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958); of wide
// matrices within a subspace found by iteration (Rutishauser, "Simultaneous iteration method for symmetric matrices", 1970).
int hg__eigen_jacobi(double *c, int32_t n, int32_t k, double *value, double *vector, hg_error *err);
#endif
