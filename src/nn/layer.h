// SPDX-License-Identifier: Apache-2.0
// layer.h - what every layer type must be able to do.
//
// A row is a vector (rank 1) or an image: rank 3, (H, W, C), channels last and without gaps, here called
// NHWC. Rank 2 is an image of one channel (or, for conv1d, a signal (T, C)); a signal is an image with H = 1.
//
// A layer works on chunks of rows: x (rows, in) and y (rows, out) are views of padded buffers. Rows do
// not see each other, so chunks run on any thread in any order. Gradients of parameters are computed
// afterwards, tile by tile, from the whole batch: each tile has one owner and sums over the rows in
// order. So the result does not depend on the number of threads. Where rows do see each other while training (batchnorm),
// the plan waits for all chunks: hg__batch_type.
//
// Adding a layer: layer_<name>.c and one line in layers.def. The shared tests then check its shapes,
// gradients, batch independence, bands and file round trip from `test_cases`.
#ifndef HG_NN_LAYER_H
#define HG_NN_LAYER_H
#include "backend/kernels.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/tensor.h"
#include "nn/compute.h"

enum { HG_MAX_ARGS = 8, HG_MAX_PARAMS = 4 };

// Rows of a buffer: row r at at + r * ld. Inputs are const by convention: forward() writes y,
// backward() dx, gradient() g, and nothing else.
typedef struct hg__view {
    hg__real *at;
    ptrdiff_t ld;
} hg__view;

static inline hg__real *hg__view_row(hg__view v, int64_t r) {
    return v.at + r * v.ld;
}

// One tensor of a layer.
typedef struct hg__param {
    const char *name; // "weight": the file has encoder.0.weight
    hg__shape shape;  // as PyTorch has it, and as the file has it
    bool panels;      // shape is (N, K) and memory holds (K, N) as panels (kernels.h); else C order
    bool is_state;    // not trained: no tile covers it (running mean and variance of batchnorm)
    // Where element i of the file's order stands in memory, from offset on; NULL: as `panels` says.
    size_t (*place)(const struct hg__param *p, size_t i);
    int32_t taps, groups; // of a convolution's kernel
    size_t offset;        // in the model's parameter block, in elements
    size_t count;         // elements in memory, with padding (padding is zero and stays zero)
} hg__param;

typedef struct hg__layer {
    const struct hg__layer_type *type;
    hg__shape in, out;       // of one row
    hg__shape in2;           // add, concat, recall: of what was kept; set before shape() is called
    double arg[HG_MAX_ARGS]; // as the spec says, defaults filled in
    int32_t params;          // how many of param[] there are
    hg__param param[HG_MAX_PARAMS];
    bool is_decoder;     // which side of the neck
    const char *side;    // "encoder", "decoder", or "body" where there is no neck
    int32_t index;       // position on its side, as in nn.Sequential: encoder.<index>
    int32_t number;      // position in the whole model: the layer's random stream
    int32_t from;        // add, concat, recall: number of the keep layer they take from; else -1
    int32_t skip_takers; // keep: how many take from it
    hg__compute compute; // how, of types with prepare: the network's
    int32_t tied;        // number of the layer whose weights, turned round, are its own; else -1
    // Types with nudge: the affine layer that with an activation is all there is before it, its weight, and how y tells the
    // activation's slope; at first NULL: more is before it.
    struct {
        hg__param weight;
        double (*slope)(double y, double *change);
        int32_t number;
    } only;
} hg__layer;

// What a pass over a chunk needs besides the data.
typedef struct hg__pass {
    const hg__kernels *k;
    const hg__real *params; // the model's parameter block
    // transposed weights of this layer, which backward() reads; NULL outside training
    const hg__real *transposed;
    // weights of this layer as prepare() made them; NULL: the master weights are to be read as they are
    const hg__real *prepared;
    bool training; // dropout drops
    uint64_t seed; // of the run
    uint64_t step; // counts from 1 over the whole run
    int64_t row;   // position of the chunk's first row in its batch
    hg__view x2;   // add, concat, recall: what was kept; types with nudge: of the second run
    // backward of add, concat, recall: gradient at what was kept (at NULL: not wanted); backward of keep: that gradient, to be added
    hg__view dx2;
    hg__real penalty_scale; // backward of types with a penalty: what its slope is multiplied by
    hg__real *scratch;      // scratch_count() elements, of this thread
    double *measured;       // types with batch: (rows of the batch, measured_count())
    // of the batch; types with batch, in training: statistics_count() elements, of this layer
    hg__real *statistics;
    hg__real *noted; // the same types: (rows of the batch, noted_count()), of this layer
    // with bottom: y as a whole is hg__exceeds_cache(), and nothing works on it in place
    bool nontemporal;
    // forward of types with `bands`, outside training: lines of y; bottom 0: all
    int32_t top, bottom;
} hg__pass;

// y (n): row `row` of standard normal numbers, of p->seed: what codes' priors are made of.
static inline void hg__draw_normal(const hg__pass *p, int64_t row, int32_t n, hg__real *y) {
    const uint32_t counter[3] = {HG_STREAM_PRIOR, (uint32_t)(row >> 32), (uint32_t)row};
    p->k->normal(y, p->seed, counter, n);
}

// So much that the cache will have lost it when it is read.
static inline bool hg__exceeds_cache(size_t numbers) {
    return numbers * sizeof(hg__real) > (size_t)1 << 25;
}

// A piece of a parameter: elements offset .. offset+count-1 of the parameter block.
typedef struct hg__tile {
    int32_t param, row, column; // meaning is the layer's own
    size_t offset, count;
    int32_t x_first, x_count; // the columns of x that its gradient reads
} hg__tile;

// The image a layer's row is: rank 3 as it is, rank 2 with one channel, rank 1 as (1, 1, N).
typedef struct hg__extent {
    int32_t H, W, C;
} hg__extent;

// What the shared tests build: a spec item, its input and, for types that take, the kept image. An input of
// all zeros stands for a vector, of 29 features.
typedef struct hg__test_case {
    const char *item; // NULL ends a list
    hg__extent in, in2;
} hg__test_case;

// Between an image (H, W, C) and PyTorch's vector of it (C, H, W).
typedef enum hg__reorders { HG_REORDERS_NOT, HG_TO_VECTOR, HG_TO_IMAGE } hg__reorders;

// y = (x - centre) factor + bias
typedef struct hg__affine {
    double centre, factor, bias;
} hg__affine;

// Types whose rows see each other in training. Forward: measure() of every chunk, then combine() once on one thread, then
// forward() of every chunk, which reads pass->statistics. Backward the same with measure_back() and combine_back(), where it has them.
// update_running() follows when the step's loss is known to be finite. Where pass->training is false none is called.
typedef struct hg__batch_type {
    size_t (*measured_count)(const hg__layer *l);   // numbers a row
    size_t (*statistics_count)(const hg__layer *l); // elements, zero at first
    // Elements a row that measure() or combine() leave for the rest of the step in pass->noted; NULL: none.
    size_t (*noted_count)(const hg__layer *l);
    // Writes rows pass->row .. of pass->measured, each from one row alone: so chunks do not matter.
    void (*measure)(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows);
    void (*measure_back)(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy,
                         int32_t rows);
    // pass->measured, rows 0 .. rows-1 in order, into pass->statistics.
    void (*combine)(const hg__layer *l, const hg__pass *p, int32_t rows);
    void (*combine_back)(const hg__layer *l, const hg__pass *p, int32_t rows);
    // Changes state parameters (the running statistics) for what the batch was; NULL: there are none.
    void (*update_running)(const hg__layer *l, const hg__pass *p, int32_t rows, hg__real *params);
} hg__batch_type;

typedef struct hg__layer_type {
    const char *name;    // as written in specs and model files; never change it
    const char *args;    // "units", "slope=0.01": names and defaults, in order, separated by blanks
    const char *summary; // one line
    const char *example; // a spec item, for messages and, without test cases, for the shared tests
    // what the shared tests build; NULL: the example, on a vector and, with bands, on an image
    const hg__test_case *test_cases;
    bool in_place; // y may be x: elementwise, and backward() reads y (never x)
    // forward() can compute some lines of an image: pass->top .. bottom-1, where top * W * C is a
    // multiple of 16, and so is bottom * W * C but at the image's end
    bool bands;
    bool takes_skip;     // has a second input, pass->x2: what the keep of the same slot saw
    bool is_skip_source; // y is x, which an add, concat or recall takes up again: keep
    bool returns_skip;   // y is x2, and x is dropped: recall
    // In training all that is before it runs a second time, on rows of n numbers that this changes: x2 is what came of it, and
    // both runs are differentiated. NULL: nothing does
    void (*nudge)(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int64_t n,
                  int32_t rows);
    // The same types, where l->only tells all: their penalty's gradient at the weights of that layer is added to that of tile t, g.
    void (*add_gradient)(const hg__layer *l, const hg__pass *p, const hg__tile *t, hg__real *g);
    // Elementwise types: the slope at which y was computed, told from y, and how it changes with y. NULL: y does not tell it.
    double (*slope)(double y, double *change);
    bool flat; // wants a vector: behind an image layer the parser puts a `flatten` before it
    bool
        takes_code; // its first argument is a code's size, for which the parser puts a dense layer of twice that before it
    hg__reorders reorders; // flatten and unflatten, which the parser puts in where they are missing

    // What it is like, for who starts, folds and measures a model.
    double squared_gain; // of the weights before it, so that variance stays; 0: 1 (train/start.c)
    bool keeps_scale;    // so does what is behind it: the gain is that of the next layer
    bool is_residual;    // adds what it is to change: the weights before it start small
    bool is_logistic;    // y = 1 / (1 + e^-x): a loss can take x, the logits (loss.h)
    bool is_linear;      // y is linear in x
    // Linear types with weights: the output channel that element i of the first parameter belongs to, in the file's order.
    size_t (*channel)(const hg__layer *l, size_t i);
    int32_t bias_arg; // the argument that gives it a bias where that is a choice; else 0
    int32_t
        tied_arg; // the argument that ties its weights to those of the mirrored layer; types without one: 0
    // The argument that says how many of its numbers are used outside training, 0: all; types without one: 0.
    int32_t prefix_arg;
    // What it does to channel c outside training: the linear layer before it can take that in (hg__network_fold()).
    void (*affine)(const hg__layer *l, const hg__real *params, size_t c, hg__affine *to);
    // What PyTorch's default draws lack besides the gain so that variance stays; NULL: 1.
    double (*init_scale)(const hg__layer *l);

    // Sets l->out and l->param[] (name, shape, panels, count) from l->in and l->arg.
    int (*shape)(hg__layer *l, hg_error *err);
    // PyTorch's default initialisation. params: the model's block. NULL without parameters.
    void (*init)(const hg__layer *l, hg__real *params, uint64_t seed);
    // Where x is padded beyond `in`, the padding is finite but otherwise arbitrary; so may y's be.
    void (*forward)(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows);
    // dx = gradient at x, from dy = gradient at y. Padding of dy is zero and dx's must be made so. For
    // in_place types dx may be dy, and x may be y or nothing.
    void (*backward)(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows);

    // What is paid for the input x of one row, pass->row of its batch, beside the loss, pass->x2 being that row's (NULL: nothing);
    // backward() adds its slope, times pass->penalty_scale.
    // A loss is summed over the numbers of a row and divided by how many there are, and so is what is paid: with beta = 1 a
    // sum of squares and KL together are the evidence lower bound over that number.
    double (*penalty)(const hg__layer *l, const hg__pass *p, const hg__real *x);

    // Row `row` of those that the prior of a code has, y (out, written up to whole vectors): a function of p->seed and of it; p->params, k, scratch are there.
    // NULL: codes have no prior.
    void (*draw)(const hg__layer *l, const hg__pass *p, int64_t row, hg__real *y);
    // Of the loss gaussian, where this layer is the last: the variances, *count of them, 1 or a row's numbers. NULL: 1.
    const hg__real *(*variance)(const hg__layer *l, const hg__real *params, int32_t *count);

    // The parameters cut into tiles (NULL without parameters): how many, which, and the gradient of one
    // over the whole batch, g (tile->count). x: (rows, tile->x_count), from column tile->x_first on.
    int32_t (*tile_count)(const hg__layer *l);
    void (*tile)(const hg__layer *l, int32_t i, hg__tile *t);
    void (*gradient)(const hg__layer *l, const hg__pass *p, const hg__tile *t, hg__view x,
                     hg__view dy, int32_t rows, hg__real *g);
    // After a tile was updated: brings the transposed weights up to date. NULL if there is none.
    void (*refresh)(const hg__layer *l, const hg__kernels *k, const hg__tile *t,
                    const hg__real *params, hg__real *transposed);
    size_t (*transposed_count)(const hg__layer *l); // elements; NULL if there is none

    // Weights as the layer's way of computing (l->compute) wants them, for forward() and, where the network trains, for backward():
    // elements, 0: none. Made of the master weights in tasks that any thread takes, whenever these have changed.
    size_t (*prepared_count)(const hg__layer *l, bool trains); // NULL: never any
    int32_t (*prepare_tasks)(const hg__layer *l, bool trains);
    void (*prepare)(const hg__layer *l, const hg__kernels *k, bool trains, int32_t task,
                    const hg__real *params, hg__real *prepared);

    // Images: the gradient of all parameters, added to g chunk by chunk while the chunk is near (NULL: gradient()
    // does it afterwards). g: laid out as the layer's parameters, the first at g[0], so parameter i is at
    // g + param[i].offset - param[0].offset; zero at first. Chunks are summed in order: the same bits for any
    // number of threads. Such types have tile_count and tile, but no gradient.
    void (*accumulate)(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy, int32_t rows,
                       hg__real *g);
    size_t (*scratch_count)(const hg__layer *l); // elements a thread; NULL: none
    // How far a pixel of the output looks: the neighbours it reads on each side, in pixels of its input, and
    // output pixels for each input pixel along a side. Neighbours -1: the whole image. NULL: its own pixel only, 1 (types with `bands`).
    void (*receptive_radius)(const hg__layer *l, int32_t *neighbours, double *growth);
    // Lines and columns of its output that are computed together, counted from the image's corner: the last bits of each of these pixels
    // depend on what the others see. Bands begin and end at multiples. NULL: 1
    int32_t (*grain)(const hg__layer *l);
    // NULL: rows do not see each other. Else gradient() reads pass->statistics, not x and dy
    const hg__batch_type *batch;

    // Types that round: what backward() takes forward() to be (straight-through: Bengio, Leonard & Courville 2013). NULL: itself.
    void (*smooth)(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows);
    // Types whose outputs are symbols: how many there are, and how many places a row has for one; the symbol, from 0, in each
    // place of a row y that forward() gave. NULL: they are numbers.
    int64_t (*symbols)(const hg__layer *l, int32_t *places);
    void (*read_symbols)(const hg__layer *l, const hg__pass *p, const hg__real *y, int32_t *symbol);
} hg__layer_type;

// What row r of x has to pay, by a type with a penalty.
double hg__layer_pays(const hg__layer *l, const hg__pass *p, hg__view x, int32_t r);

// Whether what is before it runs a second time in training.
static inline bool hg__layer_nudges(const hg__layer *l) {
    return l->type->nudge && !l->only.slope;
}

// Whether its rows see each other in training: types with batch, where there is something to know of the batch.
static inline bool hg__layer_sees_batch(const hg__layer *l) {
    return l->type->batch && l->type->batch->statistics_count(l) > 0;
}

hg__extent hg__extent_of(const hg__shape *s);
size_t hg__layer_span(const hg__layer *l); // elements from its first parameter to behind its last
hg__shape hg__shape_of(hg__extent e);      // rank 3
int64_t hg__extent_count(hg__extent e);
void hg__extent_format(hg__extent e, char buffer[64]); // "64 x 64 x 3"
// l->in, if it has from 1 to 2^31 - 1 numbers; else fails and says so. The second wants an image.
int hg__layer_extent(const hg__layer *l, hg__extent *e, hg_error *err);
int hg__layer_image(const hg__layer *l, hg__extent *e, hg_error *err);
// Argument i, called `name`, as a whole number from low to high; else fails and says so.
int hg__layer_whole(const hg__layer *l, int32_t i, const char *name, int32_t low, int32_t high,
                    int32_t *value, hg_error *err);
// l->out as an image of this size, if it has fewer than 2^31 numbers; else fails and says so.
int hg__layer_set_out(hg__layer *l, int64_t H, int64_t W, int64_t C, hg_error *err);
// Rows of n numbers, and the padding behind them, copied unless they are there already.
void hg__copy_rows(hg__view to, hg__view from, int64_t n, int32_t rows);
void hg__zero_padding(hg__real *row, int64_t n); // behind n numbers, up to whole vectors

// The lines of y a layer computes in this pass: *top .. *bottom - 1.
void hg__pass_lines(const hg__pass *p, const hg__shape *out, int32_t *top, int32_t *bottom);
// The elements an elementwise layer computes in this pass: from *first on, *count of them.
void hg__pass_span(const hg__pass *p, const hg__shape *out, int64_t *first, int64_t *count);

const hg__layer_type *hg__layer_type_find(const char *name); // NULL if there is none
const hg__layer_type *hg__layer_type_reordering(hg__reorders how);
const hg__layer_type *const *hg__layer_types(void); // all, NULL-terminated

// Parameter values between memory (padded, panels) and the file (PyTorch's layout, exact copies).
void hg__param_export(const hg__param *p, const hg__real *block, float *to);   // to: shape
void hg__param_import(const hg__param *p, hg__real *block, const float *from); // padding zeroed

// Uniform in [-bound, bound): torch.nn.Linear's default, bound = 1 / sqrt(fan_in), for weight and bias.
// Element i of the file layout comes from Philox(seed; INIT, layer number, param index, i / 4).
void hg__param_init_uniform(const hg__layer *l, int32_t param, hg__real *params, uint64_t seed,
                            double bound);

// What the layers that bring numbers to mean 0 and variance 1 share: a weight and a bias for each number or channel.

int hg__norm_check_eps(const char *name, double eps, hg_error *err);
// n numbers with HG_LANES' padding.
size_t hg__norm_count(int64_t n);
// Two parameters, weight and bias, of n numbers each; out is in.
void hg__norm_shape(hg__layer *l, int64_t n);
void hg__norm_init(const hg__layer *l, hg__real *params, uint64_t seed); // weight 1, bias 0

// Of a layer whose first parameter has a number a channel.
static inline int32_t hg__norm_channels(const hg__layer *l) {
    return (int32_t)l->param[0].shape.dim[0];
}
static inline size_t hg__norm_stride(const hg__layer *l) { // channels with padding
    return l->param[0].count;
}
static inline int64_t hg__norm_pixels(const hg__layer *l) {
    const hg__extent e = hg__extent_of(&l->in);
    return (int64_t)e.H * e.W;
}
#endif
