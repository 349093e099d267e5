// SPDX-License-Identifier: Apache-2.0
// layer_batchnorm.c - y = (x - mean) / sqrt(variance + eps) * weight + bias for each channel (Ioffe & Szegedy 2015;
// PyTorch's BatchNorm1d and BatchNorm2d). Training takes mean and variance of all pixels of the whole batch,
// scoring the running ones, which follow them: r += momentum (new - r), the variance taken over n - 1.
//
// n values a channel, s = sqrt(variance + eps), xhat = (x - mean) / s:
//   dx = weight / s (dy - sum(dy) / n - xhat sum(dy xhat) / n)
//   dweight = sum(dy xhat), dbias = sum(dy)
// Each row is measured by itself, its squares around its own mean m; row after row they are brought together:
//   sum((x - mean)^2) = sum over rows of: squares + 2 (m - mean) (sum - p m) + p (m - mean)^2,   p pixels a row
#include <math.h>
#include <string.h>

#include "nn/layer.h"

enum { EPS, MOMENTUM };                           // arguments
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR }; // parameters
enum { SUM, SQUARES, DOT = SQUARES, MEASURED };   // of a row, (MEASURED, stride)
// What is known of the batch, (PARTS, stride): y = (x - MEAN) SCALE + SHIFT; BACK and the three behind it are those of
// dx = BY_DY dy + BY_X (x - BACK) + CONSTANT.
enum {
    MEAN,
    SCALE,
    SHIFT,
    BACK,
    BY_DY,
    BY_X,
    CONSTANT,
    INVERSE,  // 1 / s
    VARIANCE, // over n
    DWEIGHT,
    DBIAS,
    PARTS
};
enum { SCORING_PARTS = SHIFT + 1 };

// ---- shape, start --------------------------------------------------------------------------------

static int shape(hg__layer *l, hg_error *err) {
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};
    hg__extent e;
    HG_TRY(hg__layer_extent(l, &e, err));
    HG_TRY(hg__norm_check_eps("batchnorm", l->arg[EPS], err));
    if (!(l->arg[MOMENTUM] > 0 && l->arg[MOMENTUM] <= 1)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "batchnorm: expected a momentum above 0, at most 1, got %g",
                        l->arg[MOMENTUM]);
    }
    l->out = l->in;
    l->params = 4;
    for (int32_t i = 0; i < l->params; i++) {
        l->param[i] = (hg__param){
            .name = names[i],
            .shape = {1, {e.C}},
            .count = hg__norm_count(e.C),
            .is_state = i >= RUNNING_MEAN
        };
    }
    return HG_OK;
}

static void init(const hg__layer *l, hg__real *params, uint64_t seed) {
    (void)seed;
    for (int32_t i = 0; i < l->params; i++) {
        hg__real *at = params + l->param[i].offset;
        memset(at, 0, l->param[i].count * sizeof *at);
        const bool is_one = i == WEIGHT || i == RUNNING_VAR;
        for (int32_t c = 0; is_one && c < hg__norm_channels(l); c++) at[c] = 1;
    }
}

// ---- of the batch --------------------------------------------------------------------------------

static size_t measured_count(const hg__layer *l) {
    return MEASURED * hg__norm_stride(l);
}

static size_t statistics_count(const hg__layer *l) {
    return PARTS * hg__norm_stride(l);
}

static hg__real mean_of_row(const hg__layer *l, double sum) {
    return (hg__real)(sum / (double)hg__norm_pixels(l));
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    const int64_t n = hg__norm_pixels(l);
    const int32_t C = hg__norm_channels(l);
    for (int32_t r = 0; r < rows; r++) {
        double *sum = p->measured + (size_t)(p->row + r) * measured_count(l);
        for (int32_t c = 0; c < C; c += HG_LANES) {
            p->k->channel_sums(sum + c, hg__view_row(x, r), n, C, c);
            for (int32_t i = c; i < c + HG_LANES; i++) p->scratch[i] = mean_of_row(l, sum[i]);
            p->k->channel_squares(sum + SQUARES * hg__norm_stride(l) + c, hg__view_row(x, r),
                                  p->scratch, n, C, c);
        }
    }
}

// The sum of part SUM or DOT of channel c over all rows.
static double sum_of(const hg__layer *l, const hg__pass *p, int32_t part, int32_t c, int32_t rows) {
    const double *at = p->measured + (size_t)part * hg__norm_stride(l) + (size_t)c;
    double sum = 0;
    for (int32_t r = 0; r < rows; r++, at += measured_count(l)) sum += *at;
    return sum;
}

// The sum of (x - mean)^2 of channel c over all rows.
static double squares_of(const hg__layer *l, const hg__pass *p, int32_t c, int32_t rows,
                         double mean) {
    const double *at = p->measured + (size_t)c, n = (double)hg__norm_pixels(l);
    double squares = 0;
    for (int32_t r = 0; r < rows; r++, at += measured_count(l)) {
        const double sum = at[SUM], own = (double)mean_of_row(l, sum), off = own - mean;
        squares += at[SQUARES * hg__norm_stride(l)] + 2 * off * (sum - n * own) + n * off * off;
    }
    return squares;
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const hg__real *weight = p->params + l->param[WEIGHT].offset;
    const hg__real *bias = p->params + l->param[BIAS].offset;
    const double n = (double)hg__norm_pixels(l) * rows;
    const size_t ld = hg__norm_stride(l);
    for (int32_t c = 0; c < hg__norm_channels(l); c++) {
        hg__real *at = p->statistics + c;
        const double mean = sum_of(l, p, SUM, c, rows) / n;
        const double variance = squares_of(l, p, c, rows, mean) / n;
        const double inverse = 1 / sqrt(variance + l->arg[EPS]);
        const double scale = (double)weight[c] * inverse;
        at[MEAN * ld] = (hg__real)mean;
        at[SCALE * ld] = (hg__real)scale;
        at[SHIFT * ld] = (hg__real)((double)bias[c] + ((double)at[MEAN * ld] - mean) * scale);
        at[INVERSE * ld] = (hg__real)inverse;
        at[VARIANCE * ld] = (hg__real)variance;
    }
}

static void measure_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy,
                         int32_t rows) {
    const hg__real *mean = p->statistics + MEAN * hg__norm_stride(l);
    for (int32_t r = 0; r < rows; r++) {
        double *sum = p->measured + (size_t)(p->row + r) * measured_count(l);
        for (int32_t c = 0; c < hg__norm_channels(l); c += HG_LANES) {
            p->k->channel_dots(sum + c, sum + DOT * hg__norm_stride(l) + c, hg__view_row(dy, r),
                               hg__view_row(x, r), mean, hg__norm_pixels(l), hg__norm_channels(l),
                               c);
        }
    }
}

static void combine_back(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const hg__real *weight = p->params + l->param[WEIGHT].offset;
    const double n = (double)hg__norm_pixels(l) * rows;
    const size_t ld = hg__norm_stride(l);
    for (int32_t c = 0; c < hg__norm_channels(l); c++) {
        hg__real *at = p->statistics + c;
        const double sum = sum_of(l, p, SUM, c, rows), dot = sum_of(l, p, DOT, c, rows);
        const double inverse = (double)at[INVERSE * ld], scale = (double)weight[c] * inverse;
        at[DWEIGHT * ld] = (hg__real)(dot * inverse);
        at[DBIAS * ld] = (hg__real)sum;
        at[BACK * ld] = at[MEAN * ld];
        at[BY_DY * ld] = (hg__real)scale;
        at[BY_X * ld] = (hg__real)(-scale * inverse * inverse * dot / n);
        at[CONSTANT * ld] = (hg__real)(-scale * sum / n);
    }
}

// A batch of one value has no variance over n - 1, and changes nothing.
static void update_running(const hg__layer *l, const hg__pass *p, int32_t rows, hg__real *params) {
    const double n = (double)hg__norm_pixels(l) * rows, momentum = l->arg[MOMENTUM];
    hg__real *mean = params + l->param[RUNNING_MEAN].offset;
    hg__real *variance = params + l->param[RUNNING_VAR].offset;
    for (int32_t c = 0; c < hg__norm_channels(l) && n > 1; c++) {
        const double new_mean = (double)p->statistics[MEAN * hg__norm_stride(l) + (size_t)c];
        const double new_variance =
            (double)p->statistics[VARIANCE * hg__norm_stride(l) + (size_t)c];
        mean[c] = (hg__real)((1 - momentum) * (double)mean[c] + momentum * new_mean);
        variance[c] = (hg__real)((1 - momentum) * (double)variance[c] +
                                 momentum * (new_variance * n / (n - 1)));
    }
}

static const hg__batch_type batch = {
    .measured_count = measured_count,
    .statistics_count = statistics_count,
    .measure = measure,
    .measure_back = measure_back,
    .combine = combine,
    .combine_back = combine_back,
    .update_running = update_running,
};

// ---- forward, backward ---------------------------------------------------------------------------

// MEAN, SCALE and SHIFT of the running statistics, in the scratch.
static const hg__real *running(const hg__layer *l, const hg__pass *p) {
    const hg__real *weight = p->params + l->param[WEIGHT].offset;
    const hg__real *variance = p->params + l->param[RUNNING_VAR].offset;
    const size_t bytes = hg__norm_stride(l) * sizeof *weight;
    memcpy(p->scratch + MEAN * hg__norm_stride(l), p->params + l->param[RUNNING_MEAN].offset,
           bytes);
    memcpy(p->scratch + SHIFT * hg__norm_stride(l), p->params + l->param[BIAS].offset, bytes);
    for (int32_t c = 0; c < hg__norm_channels(l); c++) {
        const double s = sqrt((double)variance[c] + l->arg[EPS]);
        p->scratch[SCALE * hg__norm_stride(l) + (size_t)c] = (hg__real)((double)weight[c] / s);
    }
    return p->scratch;
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const hg__real *a = p->training ? p->statistics : running(l, p);
    int64_t first, count;
    hg__pass_span(p, &l->out, &first, &count);
    for (int32_t r = 0; r < rows; r++) {
        p->k->channel_affine(hg__view_row(y, r) + first, hg__view_row(x, r) + first, a,
                             count / hg__norm_channels(l), hg__norm_channels(l));
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)y;
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(dx, r);
        p->k->channel_affine_back(to, hg__view_row(dy, r), hg__view_row(x, r),
                                  p->statistics + BACK * hg__norm_stride(l), hg__norm_pixels(l),
                                  hg__norm_channels(l));
        hg__zero_padding(to, hg__norm_pixels(l) * hg__norm_channels(l));
    }
}

// One tile for weight and one for bias.
static int32_t tile_count(const hg__layer *l) {
    (void)l;
    return 2;
}

static void tile(const hg__layer *l, int32_t i, hg__tile *t) {
    *t = (hg__tile){.param = i, .offset = l->param[i].offset, .count = l->param[i].count};
}

static void gradient(const hg__layer *l, const hg__pass *p, const hg__tile *t, hg__view x,
                     hg__view dy, int32_t rows, hg__real *g) {
    (void)x, (void)dy, (void)rows;
    const size_t part = t->param == WEIGHT ? DWEIGHT : DBIAS;
    memcpy(g, p->statistics + part * hg__norm_stride(l), t->count * sizeof *g);
}

static size_t scratch_count(const hg__layer *l) {
    return SCORING_PARTS * hg__norm_stride(l);
}

static void affine(const hg__layer *l, const hg__real *params, size_t c, hg__affine *to) {
    const double variance = (double)params[l->param[RUNNING_VAR].offset + c];
    to->centre = (double)params[l->param[RUNNING_MEAN].offset + c];
    to->factor = (double)params[l->param[WEIGHT].offset + c] / sqrt(variance + l->arg[EPS]);
    to->bias = (double)params[l->param[BIAS].offset + c];
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "batchnorm", .in = {6, 5, 3}},
    {.item = "batchnorm", .in = {3, 4, 20}},
    {.item = "batchnorm 0.01 0.3", .in = {4, 3, 16}},
    {.item = "batchnorm", .in = {1, 37, 3}},
    {.item = "batchnorm", .in = {37, 3, 5}},
    {.item = "batchnorm"},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_batchnorm;
const hg__layer_type hg__layer_batchnorm = {
    .name = "batchnorm",
    .args = "eps=1e-5 momentum=0.1",
    .summary = "each channel brought to mean 0 and variance 1 over the batch, then weight and bias",
    .example = "batchnorm",
    .test_cases = test_cases,
    .bands = true,
    .keeps_scale = true,
    .affine = affine,
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .tile_count = tile_count,
    .tile = tile,
    .gradient = gradient,
    .scratch_count = scratch_count,
    .batch = &batch,
};
