// SPDX-License-Identifier: Apache-2.0
// layer_activation.c - the elementwise functions without parameters: y = f(x). One row a function.
//
// Where y tells the slope, the layer works in place and backward() is given y; gelu and silu are not
// monotonic, so they keep x.
#include <math.h>
#include <string.h>

#include "nn/layer.h"

static int32_t width(const hg__layer *l) {
    size_t n = 0;
    return hg__shape_count(&l->in, &n) ? (int32_t)n : 0;
}

// The output is as the input. The argument, where there is one, may not be negative: y has to tell
// on which side of 0 x was.
static int shape(hg__layer *l, hg_error *err) {
    if (l->type->args[0] && !(l->arg[0] >= 0 && l->arg[0] <= 1e6)) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected %s from 0 to 1000000, got %g",
                        l->type->name, l->type->args, l->arg[0]);
    }
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

// f for each of `rows` rows; kernels may work up to the padded end of a row.
#define FUNCTION(id, item_args, item_summary, item_example, from_y)                                \
 static void id##_forward(const hg__layer *l, const hg__pass *p, const hg__real *x, ptrdiff_t ldx, \
                          hg__real *y, ptrdiff_t ldy, int32_t rows) {                              \
  const int32_t n = width(l);                                                                      \
  for (int32_t r = 0; r < rows; r++, x += ldx, y += ldy) p->k->id(y, x, (hg__real)l->arg[0], n);   \
 }                                                                                                 \
 static void id##_backward(const hg__layer *l, const hg__pass *p, const hg__real *x,               \
                           ptrdiff_t ldx, const hg__real *y, ptrdiff_t ldy, const hg__real *dy,    \
                           ptrdiff_t lddy, hg__real *dx, ptrdiff_t lddx, int32_t rows) {           \
  const int32_t n = width(l);                                                                      \
  const hg__real *value = (from_y) ? y : x;                                                        \
  const ptrdiff_t ld = (from_y) ? ldy : ldx;                                                       \
  for (int32_t r = 0; r < rows; r++, dx += lddx, dy += lddy, value += ld)                          \
   p->k->id##_back(dx, dy, value, (hg__real)l->arg[0], n);                                         \
 }                                                                                                 \
 extern const hg__layer_type hg__layer_##id;                                                       \
 const hg__layer_type hg__layer_##id = {                                                           \
     .name = #id,                                                                                  \
     .args = (item_args),                                                                          \
     .summary = (item_summary),                                                                    \
     .example = (item_example),                                                                    \
     .in_place = (from_y),                                                                         \
     .shape = shape,                                                                               \
     .forward = id##_forward,                                                                      \
     .backward = id##_backward,                                                                    \
 }

// NOLINTBEGIN(readability-function-size): layer.h fixes the parameters
FUNCTION(relu, "", "max(x, 0)", "relu", true);
FUNCTION(leaky_relu, "slope=0.01", "x, or slope x below 0", "leaky_relu 0.1", true);
FUNCTION(elu, "alpha=1", "x, or alpha (e^x - 1) below 0", "elu 0.7", true);
FUNCTION(gelu, "", "x Phi(x), the erf form", "gelu", false);
FUNCTION(silu, "", "x sigmoid(x)", "silu", false);
FUNCTION(tanh, "", "hyperbolic tangent", "tanh", true);
FUNCTION(sigmoid, "", "1 / (1 + e^-x)", "sigmoid", true);
FUNCTION(softplus, "", "log(1 + e^x)", "softplus", true);
// NOLINTEND(readability-function-size)

// linear: what goes in comes out. Rows are copied with their padding, unless they are there already.
static void copy_rows(hg__real *to, ptrdiff_t ldto, const hg__real *from, ptrdiff_t ldfrom,
                      int32_t rows, int32_t n) {
    if (to == from) return;
    size_t bytes = ((size_t)n + HG_LANES - 1) / HG_LANES * HG_LANES * sizeof *to;
    for (int32_t r = 0; r < rows; r++, to += ldto, from += ldfrom) memcpy(to, from, bytes);
}

static void linear_forward(const hg__layer *l, const hg__pass *p, const hg__real *x, ptrdiff_t ldx,
                           hg__real *y, ptrdiff_t ldy, int32_t rows) {
    (void)p;
    copy_rows(y, ldy, x, ldx, rows, width(l));
}

// NOLINTNEXTLINE(readability-function-size): layer.h fixes the parameters
static void linear_backward(const hg__layer *l, const hg__pass *p, const hg__real *x, ptrdiff_t ldx,
                            const hg__real *y, ptrdiff_t ldy, const hg__real *dy, ptrdiff_t lddy,
                            hg__real *dx, ptrdiff_t lddx, int32_t rows) {
    (void)p, (void)x, (void)ldx, (void)y, (void)ldy;
    copy_rows(dx, lddx, dy, lddy, rows, width(l));
}

extern const hg__layer_type hg__layer_linear;
const hg__layer_type hg__layer_linear = {
    .name = "linear",
    .args = "",
    .summary = "no activation: y = x",
    .example = "linear",
    .in_place = true,
    .shape = shape,
    .forward = linear_forward,
    .backward = linear_backward,
};
