// SPDX-License-Identifier: Apache-2.0
// layer_batch_topk.c - of a batch of B rows the k B largest numbers stay, the others become 0: k a row in the mean, more where a row
// needs more (Bussmann, Leask & Nanda, "BatchTopK sparse autoencoders", 2024). Of equal numbers the first stay, row after row.
// Of an image all numbers count alike.
//
//   y = x where x is one of the k B largest of the batch, else 0;  dx = dy there, else 0
//   threshold += momentum (the least that stayed - threshold)
//
// Outside training, where a row may come alone, what is not below the threshold stays.
#include "nn/layer.h"
#include "nn/order.h"

enum { K, MOMENTUM }; // arguments
enum {
    LEAST,
    LAST_ROW,
    LAST,
    PARTS
}; // statistics: the least that stays; of those that equal it the last that stays

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t k;
    HG_TRY(hg__layer_extent(l, &e, err));
    HG_TRY(hg__layer_whole(l, K, "k", 1, (int32_t)hg__extent_count(e), &k, err));
    if (!(l->arg[MOMENTUM] > 0 && l->arg[MOMENTUM] <= 1)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "batch_topk: expected a momentum above 0, at most 1, got %g",
                        l->arg[MOMENTUM]);
    }
    l->out = l->in;
    l->params = 1;
    l->param[0] = (hg__param){
        .name = "threshold", .shape = {1, {1}},
             .count = HG_LANES, .is_state = true
    };
    return HG_OK;
}

static void init(const hg__layer *l, hg__real *params, uint64_t seed) {
    (void)seed;
    for (size_t i = 0; i < l->param[0].count; i++) params[l->param[0].offset + i] = 0;
}

static int32_t tile_count(const hg__layer *l) { // nothing is trained
    (void)l;
    return 0;
}

// ---- of the batch --------------------------------------------------------------------------------

static size_t measured_count(const hg__layer *l) {
    return (size_t)width(l);
}

static size_t statistics_count(const hg__layer *l) {
    (void)l;
    return PARTS;
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    for (int32_t r = 0; r < rows; r++) {
        double *to = p->measured + (size_t)(p->row + r) * measured_count(l);
        for (int64_t i = 0; i < width(l); i++) to[i] = (double)hg__view_row(x, r)[i];
    }
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const hg__numbers all = {.doubles = p->measured, .count = (size_t)rows * measured_count(l)};
    const size_t wanted = (size_t)rows * (size_t)l->arg[K];
    size_t above, at = 0;
    const double least = hg__kth_largest(&all, wanted, &above);
    for (size_t ties = wanted - above; at < all.count; at++) {
        if (all.doubles[at] == least && --ties == 0) break;
    }
    p->statistics[LEAST] = (hg__real)least;
    p->statistics[LAST_ROW] = (hg__real)(at / measured_count(l));
    p->statistics[LAST] = (hg__real)(at % measured_count(l));
}

// Backward needs no more of the batch than forward had.
static void measure_back(const hg__layer *l, const hg__pass *p, hg__view x, hg__view dy,
                         int32_t rows) {
    (void)l, (void)p, (void)x, (void)dy, (void)rows;
}

static void combine_back(const hg__layer *l, const hg__pass *p, int32_t rows) {
    (void)l, (void)p, (void)rows;
}

static void update_running(const hg__layer *l, const hg__pass *p, int32_t rows, hg__real *params) {
    (void)rows;
    hg__real *threshold = params + l->param[0].offset;
    const double old = (double)*threshold;
    *threshold = (hg__real)(old + l->arg[MOMENTUM] * ((double)p->statistics[LEAST] - old));
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

// to = from where the number of x stays; else 0. All are rows, `row` of the batch.
static void keep_largest(const hg__layer *l, const hg__pass *p, int64_t row, const hg__real *x,
                         const hg__real *from, hg__real *to) {
    const hg__real *s = p->statistics;
    const hg__real least = p->training ? s[LEAST] : p->params[l->param[0].offset];
    int64_t ties = width(l); // of those that equal it, they stay before this position
    if (p->training && row >= (int64_t)s[LAST_ROW]) {
        ties = row > (int64_t)s[LAST_ROW] ? 0 : (int64_t)s[LAST] + 1;
    }
    for (int64_t i = 0; i < width(l); i++) {
        const bool is_kept = !(x[i] <= least) || (x[i] == least && i < ties); // a NaN is kept
        to[i] = is_kept ? from[i] : 0;
    }
    hg__zero_padding(to, width(l));
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    for (int32_t r = 0; r < rows; r++) {
        keep_largest(l, p, p->row + r, hg__view_row(x, r), hg__view_row(x, r), hg__view_row(y, r));
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)y;
    for (int32_t r = 0; r < rows; r++) {
        keep_largest(l, p, p->row + r, hg__view_row(x, r), hg__view_row(dy, r),
                     hg__view_row(dx, r));
    }
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "batch_topk 7"},
    {.item = "batch_topk 29"},
    {.item = "batch_topk 11 momentum=0.5", .in = {6, 5, 3}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_batch_topk;
const hg__layer_type hg__layer_batch_topk = {
    .name = "batch_topk",
    .args = "k momentum=0.1",
    .summary = "the k times rows largest numbers of a batch, the others 0; else those above a "
               "running threshold",
    .example = "batch_topk 8",
    .test_cases = test_cases,
    .keeps_scale = true,
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .tile_count = tile_count,
    .batch = &batch,
};
