// SPDX-License-Identifier: Apache-2.0
// pca_eigen.c - eigenvectors by LAPACK, which is opened only when PCA is asked for.
//
// Linked in, LAPACK would add 1 to 2 ms and 2 to 4 MB to every start of the command, depending on which
// implementation the machine has chosen (Debian: update-alternatives).
#include <dlfcn.h>
#include <math.h>

#include "base/mem.h"
#include "fit/pca.h"

// LAPACK's DSYEVR with Fortran's calling convention: everything by address, column-major, and the
// lengths of the three texts at the end.
typedef void dsyevr(const char *jobz, const char *range, const char *uplo, const int *n, double *a,
                    const int *lda, const double *vl, const double *vu, const int *il,
                    const int *iu, const double *abstol, int *m, double *w, double *z,
                    const int *ldz, int *isuppz, double *work, const int *lwork, int *iwork,
                    const int *liwork, int *info, size_t jobz_length, size_t range_length,
                    size_t uplo_length);

// Never closed: some implementations keep threads. NULL if there is none.
static dsyevr *find_solver(void) {
    void *library = dlopen("liblapack.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("liblapack.so", RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "dsyevr_") : NULL;
    dsyevr *solver;
    memcpy(&solver, &symbol, sizeof solver); // ISO C has no cast from an object to a function
    return solver;
}

bool hg__eigen_is_available(void) {
    return find_solver() != NULL;
}

typedef struct workspace {
    double *w, *z, *work; // (n), (n, k) column-major, (lwork)
    int *support, *iwork; // (2 n), (liwork)
    int lwork, liwork;
} workspace;

static void workspace_clear(workspace *s) {
    hg__free(s->w);
    hg__free(s->z);
    hg__free(s->work);
    hg__free(s->support);
    hg__free(s->iwork);
}

// Elements of each.
typedef struct sizes {
    size_t w, z, work, support, iwork;
} sizes;

static sizes sizes_of(int32_t n, int32_t k) {
    enum { BLOCK = 64 }; // DSYEVR asks for 26 n at least; more lets it work in blocks
    const size_t count = (size_t)n;
    return (sizes){count, count * (size_t)k, (BLOCK + 6) * count, 2 * count, 10 * count};
}

size_t hg__eigen_bytes(int32_t n, int32_t k) {
    const sizes c = sizes_of(n, k);
    return (c.w + c.z + c.work) * sizeof(double) + (c.support + c.iwork) * sizeof(int);
}

static int workspace_init(workspace *s, int32_t n, int32_t k, hg_error *err) {
    const sizes c = sizes_of(n, k);
    *s = (workspace){.lwork = (int)c.work, .liwork = (int)c.iwork};
    s->w = hg__alloc(c.w, sizeof *s->w, err);
    s->z = s->w ? hg__alloc(c.z, sizeof *s->z, err) : NULL;
    s->work = s->z ? hg__alloc(c.work, sizeof *s->work, err) : NULL;
    s->support = s->work ? hg__alloc(c.support, sizeof *s->support, err) : NULL;
    s->iwork = s->support ? hg__alloc(c.iwork, sizeof *s->iwork, err) : NULL;
    if (s->iwork) return HG_OK;
    workspace_clear(s);
    return HG_ERR_MEMORY;
}

// An eigenvector times -1 is one too: we take the one whose largest number (the first of equals) is
// positive, so that a fit repeats.
static void copy_with_sign(double *to, const double *from, int32_t n) {
    int32_t largest = 0;
    for (int32_t i = 1; i < n; i++) {
        if (fabs(from[i]) > fabs(from[largest])) largest = i;
    }
    const double sign = from[largest] < 0 ? -1 : 1;
    for (int32_t i = 0; i < n; i++) to[i] = sign * from[i];
}

int hg__eigen_top(double *a, int32_t n, int32_t stride, int32_t k, double *value, double *vector,
                  hg_error *err) {
    dsyevr *solve = find_solver();
    if (!solve) {
        return hg__fail(err, HG_ERR_MISSING,
                        "PCA: expected LAPACK on this machine, found no liblapack.so.3 (Debian "
                        "package: liblapack3)");
    }
    workspace s;
    HG_TRY(workspace_init(&s, n, k, err));
    const int first = n - k + 1, last = n; // eigenvalues come in rising order, counted from 1
    const double unused = 0, standard_tolerance = 0;
    int found = 0, info = 0;
    // Row-major with i <= j filled is, to Fortran, the lower triangle.
    solve("V", "I", "L", &n, a, &stride, &unused, &unused, &first, &last, &standard_tolerance,
          &found, s.w, s.z, &n, s.support, s.work, &s.lwork, s.iwork, &s.liwork, &info, 1, 1, 1);
    int code = HG_OK;
    if (info != 0 || found != k) {
        code =
            hg__fail(err, HG_ERR_DATA,
                     "PCA: expected %d eigenvectors of the covariance, LAPACK found %d (info %d)",
                     k, found, info);
    }
    for (int32_t i = 0; code == HG_OK && i < k; i++) {
        value[i] = s.w[k - 1 - i];
        copy_with_sign(vector + (size_t)i * (size_t)n, s.z + (size_t)(k - 1 - i) * (size_t)n, n);
    }
    workspace_clear(&s);
    return code;
}
