// SPDX-License-Identifier: Apache-2.0
// layer_case.h - one layer of any type, built from its example, with parameters: for the shared tests.
#ifndef HG_TESTS_LAYER_CASE_H
#define HG_TESTS_LAYER_CASE_H
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "nn/layer.h"

enum { CASE_WIDTH = 29, CASE_ROWS = 7, CASE_MOST = 16384 }; // elements a buffer

typedef struct layer_case {
    hg__layer l;
    hg__pass pass;
    int32_t in, out;    // features
    ptrdiff_t ldx, ldy; // row strides, padded
    size_t params;      // elements
    hg__real param[CASE_MOST], shadow[CASE_MOST];
} layer_case;

// Something in [-2, 2) that depends on all three; never nearer to 0 than 0.05, where relu has its kink.
static inline hg__real case_value(uint64_t seed, uint32_t which, uint32_t i) {
    double u = (double)hg__unit_float(hg__philox_run(seed, which, i, 0, 0).word[0]) * 4 - 2;
    return (hg__real)(u < 0 ? u * 0.975 - 0.05 : u * 0.975 + 0.05);
}

// rows x n values; the padding holds `padding`.
static inline void case_fill(hg__real *x, ptrdiff_t ld, int32_t rows, int32_t n, uint32_t which,
                             hg__real padding) {
    for (int32_t i = 0; i < rows * (int32_t)ld; i++) {
        x[i] = i % ld < n ? case_value(1, which, (uint32_t)i) : padding;
    }
}

// The numbers behind the name, or the defaults that `args` gives.
static inline void case_arguments(hg__layer *l, const char *item, const char *args) {
    const char *given = strchr(item, ' ');
    for (int i = 0; i < HG_MAX_ARGS && args && *args; i++) {
        const char *equals = strchr(args, '='), *next = strchr(args, ' ');
        if (equals && (!next || equals < next)) l->arg[i] = strtod(equals + 1, NULL);
        if (given) {
            char *end = NULL;
            l->arg[i] = strtod(given, &end);
            given = *end ? end : NULL;
        }
        args = next ? next + 1 : NULL;
    }
}

// Buffers as the layer's input and output sides see them, from row r on.
static inline hg__view case_in(const layer_case *c, hg__real *x, int32_t r) {
    return (hg__view){x + r * c->ldx, c->ldx};
}

static inline hg__view case_out(const layer_case *c, hg__real *y, int32_t r) {
    return (hg__view){y + r * c->ldy, c->ldy};
}

// forward(), then backward() from what it left in y. Types that work in place are not given x.
static inline void case_run(const layer_case *c, hg__view x, hg__view y, hg__view dy, hg__view dx,
                            int32_t rows) {
    const hg__layer_type *t = c->l.type;
    t->forward(&c->l, &c->pass, x, y, rows);
    t->backward(&c->l, &c->pass, t->in_place ? (hg__view){0} : x, y, dy, dx, rows);
}

// Brings the shadow copy up to date with the parameters.
static inline void case_refresh(layer_case *c) {
    const hg__layer_type *t = c->l.type;
    for (int32_t i = 0; t->refresh && i < t->tile_count(&c->l); i++) {
        hg__tile tile = {0};
        t->tile(&c->l, i, &tile);
        t->refresh(&c->l, c->pass.k, &tile, c->param, c->shadow);
    }
}

// `item`: "dense 37". Returns what shape() returned; parameters are made up.
static inline int case_build(layer_case *c, const hg__layer_type *type, const char *item,
                             const hg__kernels *k, hg_error *err) {
    memset(c, 0, sizeof *c);
    c->l.type = type;
    c->l.in = (hg__shape){1, {CASE_WIDTH}};
    c->l.number = 3;
    case_arguments(&c->l, item, type->args);
    HG_TRY(type->shape(&c->l, err));
    size_t in = 0, out = 0, offset = HG_LANES; // something lies before it
    if (!hg__shape_count(&c->l.in, &in) || !hg__shape_count(&c->l.out, &out)) return HG_ERR_USAGE;
    c->in = (int32_t)in, c->out = (int32_t)out;
    c->ldx = hg__pad_columns(c->in), c->ldy = hg__pad_columns(c->out);
    for (int32_t i = 0; i < c->l.params; i++) {
        hg__param *p = &c->l.param[i];
        p->offset = offset;
        offset += p->count;
        static float values[CASE_MOST];
        for (uint32_t j = 0; j < CASE_MOST; j++) {
            values[j] = (float)case_value(2, (uint32_t)i, j) / 4;
        }
        assert(offset <= CASE_MOST);
        hg__param_import(p, c->param, values);
    }
    c->params = offset;
    c->pass = (hg__pass){.k = k,
                         .params = c->param,
                         .shadow = c->shadow,
                         .training = true,
                         .seed = 11,
                         .step = 5,
                         .row = 0};
    case_refresh(c);
    return HG_OK;
}
#endif
