// SPDX-License-Identifier: Apache-2.0
// code_spread.c - how much of its room a code uses: effective dimension and active units.
//
//   C = covariance of the codes (code, code), eigenvalues l
//   effective dimension = (sum of l)^2 / sum of l^2 = trace(C)^2 / sum of squares of C's elements
//
// so nothing is solved. Of few rows and long codes the products of rows with each other have the same eigenvalues.
#include "base/int.h"
#include "base/mem.h"
#include "detect/blocks.h"
#include "latent/code_quality.h"

// Beyond so many numbers a code is measured on as many rows as are placed: the work grows with the square.
enum { SHORT = 128 };

typedef struct products {
    const float *a; // (rows, n)
    int32_t rows, n;
    double *
        squares; // (rows): sums of squared products with the rows up to this one, those before it twice
} products;

static double dot(const float *a, const float *b, int32_t n) {
    double s[4] = {0};
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (int32_t k = 0; k < 4; k++) s[k] += (double)a[i + k] * (double)b[i + k];
    }
    for (; i < n; i++) s[0] += (double)a[i] * (double)b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static void square_products(void *context, int32_t i, int32_t thread) {
    const products *p = context;
    const float *own = p->a + (size_t)i * (size_t)p->n;
    const double d = dot(own, own, p->n);
    double sum = 0;
    (void)thread;
    for (size_t j = 0; j < (size_t)i; j++) {
        const double product = dot(own, p->a + j * (size_t)p->n, p->n);
        sum += product * product;
    }
    p->squares[i] = d * d + 2 * sum;
}

// to: (rows, code) or turned, the codes less their mean (code); gives the sum of their squares. active: numbers that vary.
static double centre(const hg__code_rows *r, int32_t rows, bool turned, float *to, double *active) {
    const size_t Z = (size_t)r->code, count = (size_t)rows;
    double all = 0;
    *active = 0;
    for (size_t z = 0; z < Z; z++) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < count; i++) mean += (double)r->z[i * Z + z];
        mean /= rows;
        for (size_t i = 0; i < count; i++) {
            const double d = (double)r->z[i * Z + z] - mean;
            to[turned ? z * count + i : i * Z + z] = (float)d;
            squares += d * d;
        }
        *active += squares / rows > 0.01;
        all += squares;
    }
    return all;
}

int hg__code_spread(const hg__code_rows *r, hg__pool *pool, hg__code_quality *q, hg_error *err) {
    const int32_t rows = r->code > SHORT ? hg__min(r->rows, HG_QUALITY_PLACED) : r->rows;
    const bool turned = r->code <= rows;
    products p = {.rows = turned ? r->code : rows, .n = turned ? rows : r->code};
    float *a = hg__numbers((size_t)rows, (size_t)r->code, err);
    if (a) p.squares = hg__alloc((size_t)p.rows, sizeof *p.squares, err);
    if (p.squares) {
        double squares = 0;
        p.a = a;
        const double trace = centre(r, rows, turned, a, &q->active_units);
        hg__run_tasks(pool, square_products, &p, p.rows);
        for (int32_t i = 0; i < p.rows; i++) squares += p.squares[i];
        if (squares > 0) q->effective_dimension = trace * trace / squares;
    }
    const int code = p.squares ? HG_OK : HG_ERR_MEMORY;
    hg__free(p.squares);
    hg__free(a);
    return code;
}
