// SPDX-License-Identifier: Apache-2.0
// layer_dense.c - y = x W^T + b, PyTorch's Linear.
//
//   forward    Y  (rows, N) = X  (rows, K) . W^T (K, N)   W^T as panels of 64 columns
//   backward   dX (rows, K) = dY (rows, N) . W   (N, K)   W as panels too: the transposed weights
//   gradient   dW^T (K, N)  = X^T (K, rows) . dY (rows, N)
//
// A tile of the weights is 64 rows of one panel: contiguous in memory, and so in the optimiser's state.
#include <math.h>

#include "base/int.h"
#include "nn/layer.h"

enum { UNITS, TIED }; // arguments
enum { WEIGHT, BIAS, TILE_K = 64, BIAS_TILE = 512 };

static int32_t inputs(const hg__layer *l) {
    return (int32_t)l->in.dim[0];
}

static int32_t outputs(const hg__layer *l) {
    return (int32_t)l->out.dim[0];
}

static int shape(hg__layer *l, hg_error *err) {
    size_t in;
    const double units = l->arg[UNITS];
    const int32_t most = 1 << 24;
    if (!(units >= 1 && units <= most && units == floor(units))) {
        return hg__fail(err, HG_ERR_USAGE, "dense: expected 1 to %d units, got %g", most, units);
    }
    if (!(l->arg[TIED] == 0 || l->arg[TIED] == 1)) {
        return hg__fail(err, HG_ERR_USAGE, "dense: expected tied=0 or tied=1, got %g",
                        l->arg[TIED]);
    }
    if (!hg__shape_count(&l->in, &in) || in < 1 || in > (size_t)most) {
        return hg__fail(err, HG_ERR_USAGE, "dense: expected 1 to %d inputs", most);
    }
    const int64_t N = (int64_t)units, K = (int64_t)in;
    if (N * K > INT32_MAX) {
        return hg__fail(err, HG_ERR_USAGE, "dense: %lld x %lld weights are more than 2^31",
                        (long long)N, (long long)K);
    }
    l->in = (hg__shape){1, {K}};
    l->out = (hg__shape){1, {N}};
    l->params = 2;
    l->param[WEIGHT] = (hg__param){
        .name = "weight",
        .shape = {2, {N, K}},
        .panels = true,
        .count = hg__panel_count((int32_t)K, (int32_t)N)
    };
    l->param[BIAS] = (hg__param){
        .name = "bias", .shape = {1, {N}},
             .count = (size_t)hg__round_up((int32_t)N, HG_LANES)
    };
    return HG_OK;
}

static void init(const hg__layer *l, hg__real *params, uint64_t seed) {
    const double bound = 1 / sqrt((double)inputs(l));
    hg__param_init_uniform(l, WEIGHT, params, seed, bound);
    hg__param_init_uniform(l, BIAS, params, seed, bound);
}

// The weights (K, N) as panels, and a row (N) to start from, or NULL.
typedef struct matrix {
    const hg__real *panels, *start;
    int32_t K, N;
} matrix;

// c (rows, N) = a (rows, K) . weights (K, N), plus start.
static void multiply(const hg__kernels *k, hg__view a, const matrix *w, hg__view c, int32_t rows) {
    hg__gemm g = {.M = rows, .K = w->K, .blocks = 1, .a = a.at, .a_m = a.ld, .a_k = 1, .c_m = c.ld};
    for (int32_t n = 0; n < w->N; n += HG_PANEL) {
        g.N = hg__min(w->N - n, HG_PANEL);
        g.b = w->panels + (size_t)n * (size_t)w->K;
        g.b_k = (ptrdiff_t)hg__panel_width(w->N, n);
        g.c = c.at + n;
        g.start = w->start ? w->start + n : NULL;
        k->gemm(&g);
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const matrix w = {p->params + l->param[WEIGHT].offset, p->params + l->param[BIAS].offset,
                      inputs(l), outputs(l)};
    multiply(p->k, x, &w, y, rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    const matrix w = {p->transposed, NULL, outputs(l), inputs(l)};
    multiply(p->k, dy, &w, dx, rows);
}

static int32_t weight_strips(const hg__layer *l) {
    return hg__ceil_div(inputs(l), TILE_K);
}

static int32_t weight_tiles(const hg__layer *l) {
    return weight_strips(l) * hg__ceil_div(outputs(l), HG_PANEL);
}

static int32_t tile_count(const hg__layer *l) {
    return weight_tiles(l) + hg__ceil_div(outputs(l), BIAS_TILE);
}

static void tile(const hg__layer *l, int32_t i, hg__tile *t) {
    const int32_t K = inputs(l), N = outputs(l), weights = weight_tiles(l);
    if (i >= weights) {
        const int32_t n = (i - weights) * BIAS_TILE;
        *t = (hg__tile){.param = BIAS,
                        .column = n,
                        .offset = l->param[BIAS].offset + (size_t)n,
                        .count = (size_t)hg__min(hg__round_up(N, HG_LANES) - n, BIAS_TILE)};
        return;
    }
    const int32_t k = i % weight_strips(l) * TILE_K, n = i / weight_strips(l) * HG_PANEL;
    const int32_t tall = hg__min(K - k, TILE_K);
    const size_t width = hg__panel_width(N, n);
    *t = (hg__tile){.param = WEIGHT,
                    .row = k,
                    .column = n,
                    .offset = l->param[WEIGHT].offset + hg__panel_index(K, N, k, n),
                    .count = (size_t)tall * width,
                    .x_first = k,
                    .x_count = tall};
}

static void gradient(const hg__layer *l, const hg__pass *p, const hg__tile *t, hg__view x,
                     hg__view dy, int32_t rows, hg__real *g) {
    const int32_t N = outputs(l);
    if (t->param == BIAS) {
        p->k->column_sums(g, dy.at + t->column, dy.ld, rows, (int32_t)t->count);
        return;
    }
    hg__gemm m = {.M = t->x_count,
                  .N = hg__min(N - t->column, HG_PANEL),
                  .K = rows,
                  .blocks = 1,
                  .a = x.at,
                  .a_m = 1,
                  .a_k = x.ld,
                  .b = dy.at + t->column,
                  .b_k = dy.ld,
                  .c = g,
                  .c_m = (ptrdiff_t)hg__panel_width(N, t->column)};
    p->k->gemm(&m);
}

// The tile (k, n) of W^T, transposed into the panels of W: rows n, columns k.
static void refresh(const hg__layer *l, const hg__kernels *k, const hg__tile *t,
                    const hg__real *params, hg__real *transposed) {
    if (t->param != WEIGHT) return;
    const int32_t K = inputs(l), N = outputs(l);
    const int32_t tall = hg__min(K - t->row, TILE_K), wide = hg__min(N - t->column, HG_PANEL);
    k->transpose(transposed + hg__panel_index(N, K, t->column, t->row),
                 (ptrdiff_t)hg__panel_width(K, t->row), params + t->offset,
                 (ptrdiff_t)hg__panel_width(N, t->column), tall, wide);
}

static size_t transposed_count(const hg__layer *l) {
    return hg__panel_count(outputs(l), inputs(l));
}

static size_t channel(const hg__layer *l, size_t i) { // the weight is (units, inputs)
    return i / (size_t)l->param[WEIGHT].shape.dim[1];
}

extern const hg__layer_type hg__layer_dense;
const hg__layer_type hg__layer_dense = {
    .name = "dense",
    .args = "units tied=0",
    .summary = "fully connected: y = x W^T + b; tied=1: W is that of the mirrored encoder layer, "
               "turned round",
    .example = "dense 37",
    .flat = true,
    .is_linear = true,
    .tied_arg = TIED,
    .channel = channel,
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .tile_count = tile_count,
    .tile = tile,
    .gradient = gradient,
    .refresh = refresh,
    .transposed_count = transposed_count,
};
