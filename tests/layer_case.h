// SPDX-License-Identifier: Apache-2.0
// layer_case.h - one layer of any type, built from one of its test cases, with parameters: for the shared tests.
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
    int32_t in, in2, out;      // features; in2: of the kept image, 0 if nothing is taken
    ptrdiff_t ldx, ldx2, ldy;  // row strides, padded
    size_t params;             // elements
    hg__real param[CASE_MOST]; // and what comes before and behind them
    hg__real transposed[CASE_MOST], scratch[4 * CASE_MOST];
    hg__real x2[CASE_MOST], dx2[CASE_MOST]; // (CASE_ROWS, ldx2)
    double measured[CASE_MOST];             // types with batch
    hg__real statistics[CASE_MOST], noted[CASE_MOST];
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

// Argument i of "units slope=0.01": its name's length, and where its default stands; NULL behind the last.
static inline const char *case_argument(const char *args, int i, size_t *length,
                                        const char **standard) {
    for (; args && *args; i--) {
        const size_t all = strcspn(args, " ");
        *length = strcspn(args, " =");
        *standard = *length < all ? args + *length + 1 : NULL;
        if (i == 0) return args;
        args += all + (args[all] == ' ');
    }
    return NULL;
}

// The numbers behind the name, "2 s=1", or the defaults that `args` gives.
static inline void case_arguments(hg__layer *l, const char *item, const char *args) {
    size_t length = 0;
    const char *standard = NULL, *name = NULL;
    for (int i = 0; i < HG_MAX_ARGS && case_argument(args, i, &length, &standard); i++) {
        if (standard) l->arg[i] = strtod(standard, NULL);
    }
    int position = 0;
    for (item += strcspn(item, " "); *item == ' '; item += strcspn(item, " ")) {
        item++;
        const char *equals = memchr(item, '=', strcspn(item, " "));
        int i = equals ? 0 : position++;
        while (equals && (name = case_argument(args, i, &length, &standard)) != NULL &&
               (length != (size_t)(equals - item) || memcmp(name, item, length) != 0)) {
            i++;
        }
        assert(i < HG_MAX_ARGS && case_argument(args, i, &length, &standard));
        l->arg[i] = strtod(equals ? equals + 1 : item, NULL);
    }
}

// What a type is tried with: its test cases, or its example on a vector and, if it knows bands, on an image.
// Ended by an item of NULL.
static inline const hg__test_case *test_cases_of(const hg__layer_type *t) {
    static hg__test_case example[3];
    example[0] = (hg__test_case){.item = t->example};
    example[1] = (hg__test_case){
        .item = t->bands ? t->example : NULL, .in = {37, 3, 5}
    };
    return t->test_cases ? t->test_cases : example;
}

// Buffers as the layer's input and output sides see them, from row r on.
static inline hg__view case_in(const layer_case *c, hg__real *x, int32_t r) {
    return (hg__view){x + r * c->ldx, c->ldx};
}

static inline hg__view case_out(const layer_case *c, hg__real *y, int32_t r) {
    return (hg__view){y + r * c->ldy, c->ldy};
}

// From here on the pass begins with row r of its batch.
static inline void case_begin(layer_case *c, int32_t r) {
    c->pass.row = r;
    if (!c->l.type->takes_skip && !c->l.type->nudge) return;
    c->pass.x2 = (hg__view){c->x2 + r * c->ldx2, c->ldx2};
    c->pass.dx2 = (hg__view){c->dx2 + r * c->ldx2, c->ldx2};
}

// forward() and backward(), with what comes before them where rows see each other. The pass begins with row 0 then.
static inline void case_forward(const layer_case *c, hg__view x, hg__view y, int32_t rows) {
    const bool sees_batch = c->pass.training && hg__layer_sees_batch(&c->l);
    const hg__batch_type *batch = sees_batch ? c->l.type->batch : NULL;
    if (batch) batch->measure(&c->l, &c->pass, x, rows);
    if (batch) batch->combine(&c->l, &c->pass, rows);
    c->l.type->forward(&c->l, &c->pass, x, y, rows);
}

static inline void case_backward(const layer_case *c, hg__view x, hg__view y, hg__view dy,
                                 hg__view dx, int32_t rows) {
    const hg__batch_type *batch = hg__layer_sees_batch(&c->l) ? c->l.type->batch : NULL;
    if (batch && batch->measure_back) {
        batch->measure_back(&c->l, &c->pass, x, dy, rows);
        batch->combine_back(&c->l, &c->pass, rows);
    }
    c->l.type->backward(&c->l, &c->pass, x, y, dy, dx, rows);
}

// forward(), then backward() from what it left in y. Types that work in place are not given x, others not y, and linear ones
// without parameters neither.
static inline void case_run(const layer_case *c, hg__view x, hg__view y, hg__view dy, hg__view dx,
                            int32_t rows) {
    const bool in_place = c->l.type->in_place, neither = c->l.type->is_linear && c->l.params == 0;
    case_forward(c, x, y, rows);
    case_backward(c, in_place || neither ? (hg__view){0} : x,
                  !in_place || neither ? (hg__view){0} : y, dy, dx, rows);
}

// Brings the transposed weights up to date with the parameters.
static inline void case_refresh(layer_case *c) {
    const hg__layer_type *t = c->l.type;
    for (int32_t i = 0; t->refresh && i < t->tile_count(&c->l); i++) {
        hg__tile tile = {0};
        t->tile(&c->l, i, &tile);
        t->refresh(&c->l, c->pass.k, &tile, c->param, c->transposed);
    }
}

// The gradient of one tile over `rows` rows, g (tile->count), in one of the ways a type may have; where rows see each
// other, of what case_run() was called with.
static inline void case_gradient(const layer_case *c, const hg__tile *tile, hg__real *x,
                                 hg__real *dy, int32_t rows, hg__real *g) {
    const hg__layer_type *t = c->l.type;
    if (!t->accumulate) {
        t->gradient(&c->l, &c->pass, tile, case_in(c, x + tile->x_first, 0), case_out(c, dy, 0),
                    rows, g);
        return;
    }
    static hg__real share[CASE_MOST];
    memset(share, 0, sizeof share);
    t->accumulate(&c->l, &c->pass, case_in(c, x, 0), case_out(c, dy, 0), rows, share);
    memcpy(g, share + (tile->offset - c->l.param[0].offset), tile->count * sizeof *g);
}

static inline int32_t case_elements(const hg__shape *s) {
    size_t n = 0;
    const bool fits = hg__shape_count(s, &n) && n <= CASE_MOST;
    assert(fits);
    return fits ? (int32_t)n : 0;
}

// Of a row, all rows of which fit a buffer.
static inline int32_t case_count(const hg__shape *s) {
    const int32_t n = case_elements(s);
    assert(CASE_ROWS * hg__pad_columns(n) <= CASE_MOST);
    return n;
}

// Parameters: something between -0.5 and 0.5, a variance something positive.
static inline void case_parameters(layer_case *c) {
    static float values[CASE_MOST];
    size_t offset = HG_LANES; // something lies before it
    for (int32_t i = 0; i < c->l.params; i++) {
        hg__param *p = &c->l.param[i];
        p->offset = offset;
        offset += p->count;
        assert(offset <= CASE_MOST);
        for (uint32_t j = 0; j < CASE_MOST; j++) {
            values[j] = (float)case_value(2, (uint32_t)i, j) / 4;
            if (strstr(p->name, "var")) values[j] = 1 + values[j];
        }
        hg__param_import(p, c->param, values);
    }
    c->params = offset;
}

// Returns what shape() returned; parameters are made up.
static inline int case_build(layer_case *c, const hg__layer_type *type, const hg__test_case *trial,
                             const hg__kernels *k, hg_error *err) {
    memset(c, 0, sizeof *c);
    c->l.type = type;
    c->l.in = trial->in.H ? hg__shape_of(trial->in) : (hg__shape){1, {CASE_WIDTH}};
    c->l.in2 = trial->in2.H ? hg__shape_of(trial->in2) : c->l.in;
    c->l.number = 3;
    assert(trial->item);
    case_arguments(&c->l, trial->item, type->args);
    HG_TRY(type->shape(&c->l, err));
    c->in = case_count(&c->l.in), c->out = case_count(&c->l.out);
    c->ldx = hg__pad_columns(c->in), c->ldy = hg__pad_columns(c->out);
    if (type->takes_skip || type->nudge) {
        c->in2 = case_count(&c->l.in2), c->ldx2 = hg__pad_columns(c->in2);
        case_fill(c->x2, c->ldx2, CASE_ROWS, c->in2, 22, (hg__real)5);
    }
    case_parameters(c);
    assert(!type->scratch_count || type->scratch_count(&c->l) <= 4 * CASE_MOST);
    assert(!type->transposed_count || type->transposed_count(&c->l) <= CASE_MOST);
    c->pass = (hg__pass){.k = k,
                         .params = c->param,
                         .transposed = c->transposed,
                         .training = true,
                         .seed = 11,
                         .step = 5,
                         .penalty_scale = (hg__real)0.3,
                         .scratch = c->scratch,
                         .measured = c->measured,
                         .statistics = c->statistics,
                         .noted = c->noted};
    assert(!type->batch || (type->batch->statistics_count(&c->l) <= CASE_MOST &&
                            CASE_ROWS * type->batch->measured_count(&c->l) <= CASE_MOST));
    assert(!type->batch || !type->batch->noted_count ||
           CASE_ROWS * type->batch->noted_count(&c->l) <= CASE_MOST);
    case_begin(c, 0);
    case_refresh(c);
    return HG_OK;
}
#endif
