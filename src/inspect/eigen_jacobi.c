// SPDX-License-Identifier: Apache-2.0
// eigen_jacobi.c - eigenvectors by rotations: slower than LAPACK's on wide matrices, but the same bits everywhere.
//
// From one side: the rows of G, which begins as C, are turned pair by pair until each stands at right angles to all others. Then G =
// V C with V orthogonal, so row i is eigenvalue i times eigenvector i. What is wide is first brought into a smaller space Q
// (k and a few more directions, by iteration), where Q C Q^T is turned.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "inspect/principal.h"

enum { DIRECT = 320, MORE = 8, ROUNDS = 24, SWEEPS = 40 };

static double dot(const double *a, const double *b, int32_t n) {
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++) s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

// Turns rows a and b to right angles. False where they are so already.
static bool turn(double *a, double *b, int32_t n, double nothing) {
    const double aa = dot(a, a, n), bb = dot(b, b, n), ab = dot(a, b, n);
    if (fabs(ab) <= 1e-13 * sqrt(aa) * sqrt(bb) || aa <= nothing || bb <= nothing) return false;
    const double zeta = (bb - aa) / (2 * ab);
    const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    const double c = 1 / sqrt(1 + t * t), s = c * t;
    for (int32_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
    return true;
}

static void turn_all(double *g, int32_t n) {
    double largest = 0;
    for (int32_t i = 0; i < n; i++) {
        const double *row = g + (size_t)i * (size_t)n;
        const double square = dot(row, row, n);
        if (square > largest) largest = square;
    }
    const double nothing = largest * 1e-28; // rows that are what roundings left
    bool turned = true;
    for (int32_t sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (int32_t i = 0; i < n; i++) {
            for (int32_t j = i + 1; j < n; j++) {
                turned |= turn(g + (size_t)i * (size_t)n, g + (size_t)j * (size_t)n, n, nothing);
            }
        }
    }
}

// Of equal ones the first row comes first. vector: row / its length, or 0 where there is no direction left.
static void take_longest(const double *g, double *length, int32_t n, int32_t k, double *value,
                         double *vector) {
    for (int32_t i = 0; i < n; i++) {
        const double *row = g + (size_t)i * (size_t)n;
        length[i] = sqrt(dot(row, row, n));
    }
    for (int32_t z = 0; z < k; z++) {
        int32_t best = 0;
        for (int32_t i = 1; i < n; i++) {
            if (length[i] > length[best]) best = i;
        }
        const double *row = g + (size_t)best * (size_t)n;
        double *to = vector + (size_t)z * (size_t)n;
        value[z] = length[best];
        int32_t top = 0;
        for (int32_t i = 1; i < n; i++) {
            if (fabs(row[i]) > fabs(row[top])) top = i;
        }
        const double by = value[z] > 0 ? (row[top] < 0 ? -1 : 1) / value[z] : 0;
        for (int32_t i = 0; i < n; i++) to[i] = row[i] * by;
        length[best] = -1; // taken
    }
}

static int solve_whole(double *c, int32_t n, int32_t k, double *value, double *vector,
                       hg_error *err) {
    double *length = hg__alloc((size_t)n, sizeof *length, err);
    if (!length) return HG_ERR_MEMORY;
    turn_all(c, n);
    take_longest(c, length, n, k, value, vector);
    hg__free(length);
    return HG_OK;
}

// ---- wide matrices --------------------------------------------------------------------------------

// Rows of q (d, n) to length 1 at right angles to those before (Gram and Schmidt, twice each).
static void straighten(double *q, int32_t d, int32_t n) {
    for (int32_t i = 0; i < d; i++) {
        double *row = q + (size_t)i * (size_t)n;
        for (int32_t j = 0; j < 2 * i; j++) {
            const double *other = q + (size_t)(j % i) * (size_t)n;
            const double along = dot(row, other, n);
            for (int32_t m = 0; m < n; m++) row[m] -= along * other[m];
        }
        const double length = sqrt(dot(row, row, n));
        for (int32_t m = 0; m < n; m++) row[m] = length > 0 ? row[m] / length : 0;
    }
}

// to (d, n) = q C.
static void multiply(double *to, const double *q, const double *c, int32_t d, int32_t n) {
    for (int32_t i = 0; i < d; i++) {
        for (int32_t j = 0; j < n; j++) {
            to[(size_t)i * (size_t)n + (size_t)j] =
                dot(q + (size_t)i * (size_t)n, c + (size_t)j * (size_t)n, n);
        }
    }
}

static void iterate(double *q, double *next, const double *c, int32_t d, int32_t n) {
    const size_t count = (size_t)d * (size_t)n;
    for (size_t i = 0; i < count; i++) {
        const hg__philox r = hg__philox_run(0, (uint32_t)HG_STREAM_SAMPLE, 0, 0, (uint32_t)i);
        q[i] = (double)hg__unit_float(r.word[0]) - 0.5;
    }
    straighten(q, d, n);
    for (int32_t round = 0; round < ROUNDS; round++) {
        multiply(next, q, c, d, n);
        memcpy(q, next, count * sizeof *q);
        straighten(q, d, n);
    }
    multiply(next, q, c, d, n);
}

// vector (k, n) = small (k, d) . q (d, n), signs as everywhere.
static void lead_back(const double *small, const double *q, int32_t k, int32_t d, int32_t n,
                      double *vector) {
    for (int32_t z = 0; z < k; z++) {
        double *to = vector + (size_t)z * (size_t)n;
        memset(to, 0, (size_t)n * sizeof *to);
        for (int32_t i = 0; i < d; i++) {
            const double by = small[(size_t)z * (size_t)d + (size_t)i];
            for (int32_t j = 0; j < n; j++) to[j] += by * q[(size_t)i * (size_t)n + (size_t)j];
        }
        int32_t top = 0;
        for (int32_t j = 1; j < n; j++) {
            if (fabs(to[j]) > fabs(to[top])) top = j;
        }
        const double sign = to[top] < 0 ? -1 : 1;
        for (int32_t j = 0; j < n; j++) to[j] *= sign;
    }
}

static int solve_within(const double *c, int32_t n, int32_t k, double *value, double *vector,
                        hg_error *err) {
    const int32_t d = hg__min(k + MORE, n);
    const size_t count = (size_t)d * (size_t)n, square = (size_t)d * (size_t)d;
    double *q = hg__alloc(2 * count + 2 * square, sizeof *q, err);
    if (!q) return HG_ERR_MEMORY;
    double *next = q + count, *inner = next + count, *small = inner + square;
    iterate(q, next, c, d, n);
    for (int32_t i = 0; i < d; i++) {
        for (int32_t j = 0; j < d; j++) {
            inner[i * d + j] = dot(next + (size_t)i * (size_t)n, q + (size_t)j * (size_t)n, n);
        }
    }
    const int code = solve_whole(inner, d, k, value, small, err);
    if (code == HG_OK) lead_back(small, q, k, d, n, vector);
    hg__free(q);
    return code;
}

int hg__eigen_jacobi(double *c, int32_t n, int32_t k, double *value, double *vector,
                     hg_error *err) {
    const bool is_small = n <= DIRECT || k + MORE > n / 2;
    return is_small ? solve_whole(c, n, k, value, vector, err)
                    : solve_within(c, n, k, value, vector, err);
}
