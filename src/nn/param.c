// SPDX-License-Identifier: Apache-2.0
// param.c - parameters between memory (padded, panels) and files (PyTorch's layout), their start, and those of layers that bring numbers to mean 0 and variance 1.
#include <string.h>

#include "base/rng.h"
#include "nn/layer.h"

// The file layout seen as a matrix (rows, columns): a vector is one row, and so is a scalar.
typedef struct matrix {
    int32_t rows, columns;
} matrix;

static matrix matrix_of(const hg__param *p) {
    int64_t columns = 1;
    for (int32_t i = p->shape.rank > 1; i < p->shape.rank; i++) columns *= p->shape.dim[i];
    return (matrix){p->shape.rank > 1 ? (int32_t)p->shape.dim[0] : 1, (int32_t)columns};
}

// Where element (row, column) of the file is in the parameter block.
static size_t place(const hg__param *p, matrix m, int32_t row, int32_t column) {
    if (p->place) return p->offset + p->place(p, (size_t)row * (size_t)m.columns + (size_t)column);
    if (p->panels) return p->offset + hg__panel_index(m.columns, m.rows, column, row);
    return p->offset + (size_t)row * (size_t)m.columns + (size_t)column;
}

void hg__param_export(const hg__param *p, const hg__real *block, float *to) {
    const matrix m = matrix_of(p);
    for (int32_t r = 0; r < m.rows; r++) {
        for (int32_t c = 0; c < m.columns; c++) *to++ = (float)block[place(p, m, r, c)];
    }
}

void hg__param_import(const hg__param *p, hg__real *block, const float *from) {
    const matrix m = matrix_of(p);
    memset(block + p->offset, 0, p->count * sizeof *block);
    for (int32_t r = 0; r < m.rows; r++) {
        for (int32_t c = 0; c < m.columns; c++) block[place(p, m, r, c)] = (hg__real)*from++;
    }
}

void hg__param_init_uniform(const hg__layer *l, int32_t param, hg__real *params, uint64_t seed,
                            double bound) {
    const hg__param *p = &l->param[param];
    const matrix m = matrix_of(p);
    hg__philox random = {{0}};
    uint64_t i = 0; // in the file's order
    memset(params + p->offset, 0, p->count * sizeof *params);
    for (int32_t r = 0; r < m.rows; r++) {
        for (int32_t c = 0; c < m.columns; c++, i++) {
            if (i % 4 == 0) {
                random = hg__philox_run(seed, HG_STREAM_INIT, (uint32_t)l->number, (uint32_t)param,
                                        (uint32_t)(i / 4));
            }
            double unit = (double)hg__unit_float(random.word[i % 4]);
            params[place(p, m, r, c)] = (hg__real)((2 * unit - 1) * bound);
        }
    }
}

enum { WEIGHT, BIAS };

int hg__norm_check_eps(const char *name, double eps, hg_error *err) {
    if (eps > 0 && eps <= 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected eps above 0, at most 1, got %g", name, eps);
}

size_t hg__norm_count(int64_t n) {
    return hg__whole_vectors((size_t)n);
}

void hg__norm_shape(hg__layer *l, int64_t n) {
    const hg__shape vector = {1, {n}};
    l->out = l->in;
    l->params = 2;
    l->param[WEIGHT] = (hg__param){.name = "weight", .shape = vector, .count = hg__norm_count(n)};
    l->param[BIAS] = (hg__param){.name = "bias", .shape = vector, .count = hg__norm_count(n)};
}

void hg__norm_init(const hg__layer *l, hg__real *params, uint64_t seed) {
    (void)seed;
    hg__real *weight = params + l->param[WEIGHT].offset, *bias = params + l->param[BIAS].offset;
    memset(weight, 0, l->param[WEIGHT].count * sizeof *weight);
    memset(bias, 0, l->param[BIAS].count * sizeof *bias);
    for (int64_t i = 0; i < l->param[WEIGHT].shape.dim[0]; i++) weight[i] = 1;
}
