// SPDX-License-Identifier: Apache-2.0
// layer_activation.c - the elementwise functions without parameters: y = f(x). One row a function.
//
// Where y tells the slope, the layer works in place and backward() is given y; gelu and silu are not
// monotonic, so they keep x.
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
#define FUNCTION(id, item_args, item_summary, item_example, from_y, ...)                     \
 static void id##_forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y,     \
                          int32_t rows) {                                                    \
  int64_t first, n;                                                                          \
  hg__pass_span(p, &l->out, &first, &n);                                                     \
  for (int32_t r = 0; r < rows; r++) {                                                       \
   p->k->id(hg__view_row(y, r) + first, hg__view_row(x, r) + first, (hg__real)l->arg[0], n); \
  }                                                                                          \
 }                                                                                           \
 static void id##_backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y,    \
                           hg__view dy, hg__view dx, int32_t rows) {                         \
  const int32_t n = width(l);                                                                \
  const hg__view value = (from_y) ? y : x;                                                   \
  for (int32_t r = 0; r < rows; r++) {                                                       \
   p->k->id##_back(hg__view_row(dx, r), hg__view_row(dy, r), hg__view_row(value, r),         \
                   (hg__real)l->arg[0], n);                                                  \
  }                                                                                          \
 }                                                                                           \
 extern const hg__layer_type hg__layer_##id;                                                 \
 const hg__layer_type hg__layer_##id = {.name = #id,                                         \
                                        .args = (item_args),                                 \
                                        .summary = (item_summary),                           \
                                        .example = (item_example),                           \
                                        .in_place = (from_y),                                \
                                        .bands = true,                                       \
                                        .shape = shape,                                      \
                                        .forward = id##_forward,                             \
                                        .backward = id##_backward,                           \
                                        __VA_ARGS__}

// The slopes that y tells, and how they change with it.

static double relu_slope(double y, double *change) {
    *change = 0;
    return y > 0;
}

static double tanh_slope(double y, double *change) {
    *change = -2 * y;
    return 1 - y * y;
}

static double sigmoid_slope(double y, double *change) {
    *change = 1 - 2 * y;
    return y * (1 - y);
}

static double linear_slope(double y, double *change) {
    (void)y;
    *change = 0;
    return 1;
}

FUNCTION(relu, "", "max(x, 0)", "relu", true, .squared_gain = 2, .slope = relu_slope);
FUNCTION(leaky_relu, "slope=0.01", "x, or slope x below 0", "leaky_relu 0.1", true,
         .squared_gain = 2);
FUNCTION(elu, "alpha=1", "x, or alpha (e^x - 1) below 0", "elu 0.7", true, .squared_gain = 2);
FUNCTION(gelu, "", "x Phi(x), the erf form", "gelu", false, .squared_gain = 2);
FUNCTION(silu, "", "x sigmoid(x)", "silu", false, .squared_gain = 2);
FUNCTION(tanh, "", "hyperbolic tangent", "tanh", true, .squared_gain = 1, .slope = tanh_slope);
FUNCTION(sigmoid, "", "1 / (1 + e^-x)", "sigmoid", true, .is_logistic = true,
         .slope = sigmoid_slope);
FUNCTION(softplus, "", "log(1 + e^x)", "softplus", true, .squared_gain = 1);

// linear: what goes in comes out, and stays where it is if it is there already.
static void linear_forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y,
                           int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    hg__copy_rows((hg__view){y.at + first, y.ld}, (hg__view){x.at + first, x.ld}, n, rows);
}

static void linear_backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y,
                            hg__view dy, hg__view dx, int32_t rows) {
    (void)p, (void)x, (void)y;
    hg__copy_rows(dx, dy, width(l), rows);
}

extern const hg__layer_type hg__layer_linear;
const hg__layer_type hg__layer_linear = {
    .name = "linear",
    .args = "",
    .summary = "no activation: y = x",
    .example = "linear",
    .in_place = true,
    .bands = true,
    .keeps_scale = true,
    .is_linear = true,
    .slope = linear_slope,
    .shape = shape,
    .forward = linear_forward,
    .backward = linear_backward,
};
