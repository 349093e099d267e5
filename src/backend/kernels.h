// SPDX-License-Identifier: Apache-2.0
// kernels.h - the work a processor can do, as one table of functions.
//
// Kernels see pointers and sizes. They cannot fail, allocate or print; shapes were checked when the
// plan was made. Every table gives the same bits (docs/HOUSE.md, "The same bits everywhere"): each
// output element has one fixed order of fused multiply-adds, sums run over HG_LANES lanes and end in
// one fixed tree, and exp, tanh, erf, log are our own polynomials.
#ifndef HG_BACKEND_KERNELS_H
#define HG_BACKEND_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/int.h"

// float everywhere but in the gradient tests, which build this code a second time in double.
#ifdef HG_DOUBLE
typedef double hg__real;
#else
typedef float hg__real;
#endif

// Width of the virtual vector all kernels are written for, in elements. Rows of every buffer are
// padded to a multiple of it, so kernels may read and write up to the next multiple.
enum { HG_LANES = 16, HG_PANEL = 64 };

// Elements of as many vectors as n take.
static inline size_t hg__whole_vectors(size_t n) {
    return hg__round_up_size(n, HG_LANES);
}

// Columns padded to whole vectors, as an odd number of them where there are several: rows then start in different cache sets.
static inline int32_t hg__pad_columns(int32_t n) {
    int32_t vectors = hg__ceil_div(n, HG_LANES);
    return (vectors > 1 && vectors % 2 == 0 ? vectors + 1 : vectors) * HG_LANES;
}

// Weights (K, N) are kept as panels of HG_PANEL columns, each panel (K, width) contiguous, width =
// min(HG_PANEL, rest rounded up to HG_LANES). Element (k, n):
static inline size_t hg__panel_width(int32_t N, int32_t n) {
    int32_t left = n / HG_PANEL * HG_PANEL, rest = N - left;
    return (size_t)hg__min(hg__round_up(rest, HG_LANES), HG_PANEL);
}
static inline size_t hg__panel_index(int32_t K, int32_t N, int32_t k, int32_t n) {
    size_t left = (size_t)(n / HG_PANEL) * HG_PANEL;
    return left * (size_t)K + (size_t)k * hg__panel_width(N, n) + ((size_t)n - left);
}
static inline size_t hg__panel_count(int32_t K, int32_t N) { // elements with padding
    return (size_t)K * hg__whole_vectors((size_t)N);
}

// One batch-reduce product: C (M, N) = start + sum over sets, blocks and k of A(m, k) * B(k, n).
// N is at most HG_PANEL and is rounded up to HG_LANES: B must be readable and C writable that far.
typedef struct hg__gemm {
    int32_t M, N, K, blocks; // K: of one block
    const hg__real *a;       // A(set, block, m, k) = a[set*a_set + block*a_block + m*a_m + k*a_k]
    ptrdiff_t a_m, a_k, a_block;
    const hg__real *b; // B(set, block, k, n) = b[set*b_set + block*b_block + k*b_k + n]
    ptrdiff_t b_k, b_block;
    hg__real *c; // C(m, n) = c[m*c_m + n]
    ptrdiff_t c_m;
    const hg__real *start; // (N padded) first value of every row; NULL: zeros
    int32_t more_sets;     // sets of blocks beyond the first: a kernel's rows in a convolution
    ptrdiff_t a_set, b_set;
    bool nontemporal; // C goes past the cache: whole vectors, at multiples of one in memory
    bool add;         // C's own values come first instead of `start`
    // Elements between what is read and what is fetched into the cache meanwhile: along A's rows and, where a_m is 1,
    // also along B's; 0: nothing. It need not be memory.
    ptrdiff_t ahead, b_ahead;
} hg__gemm;

// Windows on an image (H, W, C): pixel (i, j) of a smaller one (out_H, out_W, C) sees lines i * sh - ph ..
// + kh - 1 and columns j * sw - pw .. + kw - 1, as far as there are any. Lines top .. bottom - 1 of the
// output are computed. Upsampling: from (H, W) to (out_H, out_W) = (H * sh, W * sw), without k and p.
typedef struct hg__window {
    int32_t H, W, C, out_H, out_W;
    int32_t kh, kw, sh, sw, ph, pw;
    int32_t top, bottom;
} hg__window;

// The same for few outputs: C (M, N) = start + sum over sets, blocks and k of A(m, k) * B(n, k), N at most
// HG_THIN. Along k, A and B are contiguous. The products are summed over HG_LANES lanes, then in a tree.
enum { HG_THIN = 4 };

typedef struct hg__dots {
    // K: of one block; A and B must be readable up to HG_LANES beyond it
    int32_t M, N, K, blocks, sets;
    const hg__real *a; // A(set, block, m, k) = a[set*a_set + block*a_block + m*a_m + k]
    ptrdiff_t a_m, a_block, a_set;
    const hg__real *b; // B(set, block, n, k) = b[set*b_set + block*b_block + n*b_n + k]
    ptrdiff_t b_n, b_block, b_set;
    hg__real *c; // C(m, n) = c[m*c_m + n], nothing beyond N is written
    ptrdiff_t c_m;
    const hg__real *start; // (N), or NULL: zeros
    ptrdiff_t ahead;       // as in hg__gemm, along A's rows
} hg__dots;

// Coefficients of one optimiser step, the same for all parameters.
typedef struct hg__optim_step {
    hg__real lr, beta1, beta2, eps, weight_decay, momentum, alpha;
    hg__real step_size;                // adam: lr / (1 - beta1^t)
    hg__real root_scale;               // adam: 1 / sqrt(1 - beta2^t)
    hg__real rest1, rest2, rest_alpha; // 1 - beta1, 1 - beta2, 1 - alpha, subtracted in double
    hg__real shrink;                   // adamw: 1 - lr * weight_decay
    hg__real grad_scale;               // gradient clipping: 1 where nothing is clipped
    int32_t nesterov;
    int32_t first; // step 1: momentum buffers start as the gradient
} hg__optim_step;

// Autoencoders with one hidden layer, tied weights and a bias a layer, on features scaled by the lowest and highest seen (formulas:
// kernels_tied.inc). Abreast: HG_LANES of them, each array with a lane for each. Wide: one; arrays (units padded), zeros behind the last.
typedef struct hg__tied {
    int32_t inputs, hidden; // of the largest lane
    hg__real rate;          // of learning
    // (2, inputs, hidden, HG_LANES): weights, 0 where a lane has fewer, and what rounding left of each; wide: (2, inputs, hidden
    // padded), and turned (2, hidden, inputs padded), the same numbers
    hg__real *weight, *turned;
    hg__real *
        bias; // (4, HG_LANES): hidden, output, and what rounding left of these; wide: the first of each
    hg__real *low, *high; // (inputs, HG_LANES), the features' ranges; wide: (inputs padded)
    hg__real *spare; // (2 inputs + 2 hidden, HG_LANES); wide: 2 (inputs padded) + 2 (hidden padded)
    const hg__real *count; // (2, HG_LANES): inputs and hidden units of each lane; wide: unused
} hg__tied;
#define HG_TIED_MOST 1e38F // what is not below it in size, or no number, counts as 0

// The loss of one row, summed over its n features (not averaged). y: output, t: target, both (n).
// dy (n padded; may be y; NULL: not wanted) = scale * d loss / d y, padding zeroed. arg: huber's delta.
typedef double hg__loss_kernel(hg__real *dy, const hg__real *y, const hg__real *t, hg__real scale,
                               hg__real arg, int32_t n);

// Elements first .. first+n-1 of a row, of which softmax is taken, n at least 1. They do not count where element `flag` of
// the target is above 1/2; -1: they always do.
typedef struct hg__softmax_group {
    int32_t first, n, flag;
} hg__softmax_group;

// Updates n parameters w from gradient g. s1, s2: the optimiser's state (adam: first and second moment;
// sgd: momentum buffer, unused; rmsprop: square average, momentum buffer). n: a multiple of HG_LANES.
typedef void hg__optim_kernel(hg__real *w, hg__real *s1, hg__real *s2, const hg__real *g, int64_t n,
                              const hg__optim_step *s);

typedef struct hg__kernels {
    const char *name; // "ref", "avx2", "avx512", "avx512bf16"

    void (*gemm)(const hg__gemm *g);
    // The same where each element of A and B is a pair of bf16 numbers (bf16.h), k and k + 1, and K counts pairs; C is of floats.
    // A by rows: a_k = 1. `ahead` is not looked at. Not there with HG_DOUBLE.
    void (*gemm_bf16)(const hg__gemm *g);
    void (*narrow_bf16)(hg__real *to, const hg__real *from, int64_t n); // n numbers as n / 2 pairs
    void (*dots)(const hg__dots *d);

    // to (columns, rows) = from (rows, columns) transposed.
    void (*transpose)(hg__real *to, ptrdiff_t to_row, const hg__real *from, ptrdiff_t from_row,
                      int32_t rows, int32_t columns);

    // Asks for memory that will soon be written, so that other cores give it up meanwhile.
    void (*claim)(const hg__real *x, size_t n);

    // Independent multiply-adds in registers, `rounds` times over; returns how many floating-point
    // operations that were. *sink keeps the compiler from leaving them out. For the bench.
    double (*peak)(int64_t rounds, hg__real *sink);

    // Rows in: widened to real; x (n), the padding up to HG_LANES zeroed.
    void (*widen_u8)(hg__real *x, const uint8_t *from, hg__real scale, int32_t n);
    void (*widen_f32)(hg__real *x, const float *from, int32_t n);

#define HG_KERNEL(name, params) void(*name) params; // NOLINT(bugprone-macro-parentheses)
#include "backend/kernels.def"
#undef HG_KERNEL

    hg__loss_kernel *loss_mse, *loss_mae, *loss_bce, *loss_huber;
    // The same of sigmoid(y): y is the sigmoid's input.
    hg__loss_kernel *loss_mse_logits, *loss_mae_logits, *loss_bce_logits, *loss_huber_logits;
    // A row of mixed columns (nn/spans.h). Numbers have a weight above 0, flags below, all else 0: the sum of weight (y - t)^2,
    // a line of the same slope where |y - t| > arg, and of |weight| times the cross-entropy of sigmoid(y). dy as above, but not y.
    double (*loss_columns)(hg__real *dy, const hg__real *y, const hg__real *t,
                           const hg__real *weight, hg__real scale, hg__real arg, int32_t n);
    // Cross-entropy of softmax(y) against t, -sum t log softmax(y), of each group, and its slope; of dy only the groups'
    // elements are written. loss (groups), or NULL: of each; spare (the groups' elements, padded).
    double (*loss_groups)(hg__real *dy, const hg__real *y, const hg__real *t,
                          const hg__softmax_group *group, int32_t groups, hg__real scale,
                          hg__real *loss, hg__real *spare);
    void (*softmax)(hg__real *y, int32_t n); // in place
    hg__optim_kernel *sgd, *adam, *adamw, *rmsprop;

    // Sums: HG_LANES lanes, one tree, then double.
    double (*sum_squares)(const hg__real *x, int64_t n);
    double (*sum_square_diff)(const hg__real *a, const hg__real *b, int32_t n);
    double (*sum_abs_diff)(const hg__real *a, const hg__real *b, int32_t n);
    int64_t (*first_not_finite)(const hg__real *x, int64_t n); // index, or -1
    // s (columns padded) = sum over rows of x (rows, columns), rows in order
    void (*column_sums)(hg__real *s, const hg__real *x, ptrdiff_t ldx, int32_t rows,
                        int32_t columns);
} hg__kernels;

// Best table for this CPU and operating system, or the one HG_ISA names. Chosen once.
const hg__kernels *hg__kernels_pick(void);

// Every table that can run here, reference first, best last; NULL-terminated.
const hg__kernels *const *hg__kernels_all(void);
#endif
